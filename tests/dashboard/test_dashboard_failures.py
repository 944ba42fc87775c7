"""What a page says and does when an answer fails, a socket is lost, a session ends: nothing old, nothing silent."""

import re

import pytest
from playwright.sync_api import expect

from core.vocabulary import Role
from tests.dashboard.stage import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("operations")]


def _panel(page, title):
    return page.locator("section", has=page.get_by_role("heading", name=title, exact=True))


def test_nothing_that_one_person_read_is_shown_to_the_next_at_the_same_screen(visitor):
    page = visitor.of(Role.DOCTOR, path="/account")
    expect(_panel(page, "Open sessions").get_by_text("This session")).to_be_visible()
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    page.route("**/api/auth/sessions", lambda route: route.abort())
    page.get_by_label("E-mail").fill(visitor.hospital.emails[Role.NURSE])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/overview")
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("link", name="Your account").click()
    sessions = _panel(page, "Open sessions")
    expect(sessions.get_by_role("alert")).to_contain_text("could not load")
    expect(sessions.get_by_role("listitem")).to_have_count(0)
    page.unroute("**/api/auth/sessions")
    sessions.get_by_role("button", name="Try again").click()
    expect(sessions.get_by_text("This session")).to_be_visible()


def test_the_queue_goes_on_by_itself_where_no_socket_can_be_opened(visitor):
    page = visitor.of(Role.DOCTOR, path="/risk")
    page.route_web_socket(re.compile("/ws/realtime"), lambda socket: socket.close())
    page.goto("/queue")
    expect(page.get_by_role("heading", name="Add a patient")).to_be_visible()
    page.wait_for_load_state("networkidle")
    other = visitor.of(Role.NURSE, path="/queue")
    other.get_by_label("Patient number").fill("without-socket")
    other.get_by_label("Acuity (ESI)").select_option("3")
    other.get_by_role("button", name="Add to the queue").click()
    expect(page.get_by_text("without-socket").first).to_be_visible(timeout=25_000)


@pytest.mark.parametrize(("path", "title"), [("/queue", "Waiting"), ("/overview", "Waiting now")])
def test_queues_that_cannot_be_read_say_so_and_can_be_tried_again(visitor, path, title):
    page = visitor.of(Role.NURSE, path="/risk")
    queues = re.compile(r"/api/queues/?\?limit")
    page.route(queues, lambda route: route.fulfill(status=503, json={"code": "database_away"}))
    page.goto(path)
    panel = _panel(page, title)
    expect(panel.get_by_role("alert")).to_contain_text("The service did not answer")
    page.unroute(queues)
    panel.get_by_role("button", name="Try again").click()
    expect(panel.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("button", name="Call next")).to_be_enabled()


def test_what_a_button_could_not_do_is_said_beside_it(visitor):
    visitor.of(Role.ML_ENGINEER)
    page = visitor.of(Role.ML_ENGINEER, path="/account")
    page.route("**/api/auth/sessions/*", lambda route: route.fulfill(status=503, json={"code": "database_away"}))
    sessions = _panel(page, "Open sessions")
    sessions.get_by_role("button", name="End session").first.click()
    expect(sessions.get_by_role("alert")).to_contain_text("The service did not answer")


def test_a_card_that_cannot_be_read_says_so(visitor):
    page = visitor.of(Role.ADMIN, path="/models")
    page.route("**/api/models/*/card", lambda route: route.fulfill(status=503, json={"code": "database_away"}))
    page.get_by_role("button", name="Model card of version 1").click()
    dialog = page.get_by_role("dialog", name="Model card of version 1")
    expect(dialog.get_by_role("alert")).to_contain_text("The service did not answer")
    page.unroute("**/api/models/*/card")
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.get_by_text("Filled by the run")).to_be_visible()


def test_a_screen_that_nobody_uses_is_cleared_though_the_server_is_away(visitor):
    page = visitor.of(Role.STEWARD, path="/livez")
    page.clock.install()
    page.goto("/quality")
    expect(page.get_by_text("20 rows wait in quarantine")).to_be_visible()
    page.route("**/api/auth/logout", lambda route: route.abort())
    page.clock.run_for(16 * 60_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_role("status")).to_contain_text("Your session has ended")


def test_a_sign_out_that_did_not_happen_is_said(visitor):
    page = visitor.of(Role.DOCTOR, path="/risk")
    page.route("**/api/auth/logout", lambda route: route.abort())
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    expect(page.get_by_role("heading", level=1)).to_have_text("Assess risk")


@pytest.mark.parametrize("path", ["/patient", "/booking", "/account"])
def test_a_patients_page_asks_for_nothing_that_patients_may_not_have(visitor, path):
    page = visitor.of(Role.PATIENT, path="/livez")
    refused = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 403 else None)
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert refused == []


def test_a_patient_is_told_what_to_do_in_an_emergency_whatever_the_record_says(visitor):
    page = visitor.of(Role.PATIENT, path="/livez")
    one = {"patient_id": "P1", "display_name": "Lim, Grace", "birth_year": 1938, "sex": "female", "is_synthetic": True}
    page.route(re.compile(r"/api/patients/?\?"), lambda route: route.fulfill(json={"items": [one], "next": None}))
    page.route("**/api/patients/P1/*", lambda route: route.fulfill(json={"items": [], "next": None}))
    page.goto("/patient")
    expect(page.get_by_text("No rule has anything to say about your record now.")).to_be_visible()
    expect(page.get_by_text("call the emergency number")).to_be_visible()
