"""A screen on a wall: opened by an address, without a session, with the right to walls and to nothing else."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, insert, select, update

from core import clock
from core.db.tables import ApiToken, Queue
from core.vocabulary import Role
from tests.dashboard.conftest import DESKTOP, PHONE
from tests.dashboard.stage import close_lines
from tests.dashboard.test_dashboard_access import _faults, _judge

pytestmark = pytest.mark.browser

TELEVISION = {"width": 3840, "height": 2160}
#: A screen asks every five seconds.
SOON = 15_000
REFUSED = "This screen’s address is not valid, or no longer"


@pytest.fixture(autouse=True)
def no_screens_and_empty_lines(hospital, operations):
    with hospital.engine.begin() as connection:
        connection.execute(delete(ApiToken))
    close_lines(hospital.engine)


def _hang(page: Page) -> str:
    page.get_by_role("button", name="Hang on a wall").click()
    expect(page.get_by_role("status").filter(has_text="It is shown this once")).to_be_visible()
    return page.locator(".made code").inner_text()


def _call(page: Page, queue_id: str, patient_id: str, desk: str) -> str:
    joined = page.request.post(f"/api/queues/{queue_id}/entries", data={"patient_id": patient_id, "acuity": 2})
    assert joined.status == 201, joined.text()
    called = page.request.post(f"/api/queues/{queue_id}/call-next", data={"desk": desk})
    assert called.status == 200, called.text()
    return called.json()["ticket_code"]


@pytest.mark.parametrize("role", [Role.NURSE, Role.DOCTOR, Role.ADMIN])
def test_whoever_may_see_a_wall_may_hang_it_for_the_longest_time(visitor, hospital, role):
    page = visitor.of(role, path="/wall")
    queue = page.locator("select option:checked").inner_text()
    address = _hang(page)
    with hospital.engine.connect() as connection:
        made = connection.execute(select(ApiToken)).one()
    assert (made.name, list(made.scopes), (made.expires_at - clock.now()).days) == (
        f"Wall screen: {queue}",
        ["queue.wall"],
        89,
    )
    assert re.fullmatch(rf"{hospital.url}/screen/[0-9a-f-]{{36}}#mds_{made.token_id}_[\w-]{{43}}", address)
    page.reload()
    expect(page.get_by_role("button", name="Hang on a wall")).to_be_visible()
    assert "mds_" not in page.content()


def test_a_screen_without_a_session_shows_a_call_and_leads_nowhere(visitor):
    nurse, screen = visitor.of(Role.NURSE, path="/wall"), visitor.stranger()
    address = _hang(nurse)
    asked = []
    screen.on("request", lambda request: asked.append(request))
    screen.goto(address)
    expect(screen.get_by_role("heading", name="Now called")).to_be_visible()
    ticket = _call(nurse, re.search("screen/([^#]+)", address)[1], "hung-patient", "Room 7")
    row = screen.get_by_role("listitem").filter(has_text=ticket)
    expect(row).to_contain_text("Room 7", timeout=SOON)
    expect(screen.get_by_text("Synthetic data.")).to_be_visible()
    assert "hung-patient" not in screen.content()
    assert screen.context.cookies() == []
    assert screen.locator("a, button, input, select").count() == 0
    assert {request.url.split("/", 3)[3].split("?")[0] for request in asked if "/api/" in request.url} == {
        f"api/queues/{re.search('screen/([^#]+)', address)[1]}/wall"
    }
    told = [request.url.split("#")[0] + " " + request.headers.get("referer", "") for request in asked]
    assert [one for one in told if "mds_" in one or "/screen/" in one.split(" ")[1]] == []
    screen.reload()
    expect(row).to_contain_text("Room 7")


def test_an_address_is_of_one_queue_and_says_in_its_last_week_when_it_ends(visitor, hospital):
    nurse, screen = visitor.of(Role.NURSE, path="/wall"), visitor.stranger()
    address = _hang(nurse)
    queue_id = re.search("screen/([^#]+)", address)[1]
    with hospital.engine.begin() as connection:
        other = connection.execute(select(Queue.queue_id).where(Queue.queue_id != queue_id)).scalars().first()
    screen.goto(address)
    expect(screen.get_by_text("waiting", exact=False)).to_be_visible()
    expect(screen.get_by_text("address of this screen ends")).to_have_count(0)
    with hospital.engine.begin() as connection:
        connection.execute(update(ApiToken).values(expires_at=clock.now() + timedelta(days=6)))
    ends = screen.get_by_text("The address of this screen ends on")
    expect(ends).to_be_visible(timeout=SOON)
    assert _faults(screen) == []
    screen.goto(address.replace(queue_id, str(other)))
    screen.reload()
    expect(screen.get_by_role("status")).to_contain_text(REFUSED)


def test_a_revoked_address_ends_its_screen(visitor):
    nurse, screen = visitor.of(Role.NURSE, path="/wall"), visitor.stranger()
    screen.goto(_hang(nurse))
    expect(screen.get_by_text("waiting", exact=False)).to_be_visible()
    nurse.get_by_role("link", name="Your account").click()
    nurse.get_by_role("button", name="Revoke: Wall screen").click()
    expect(screen.get_by_role("status")).to_contain_text(REFUSED, timeout=SOON)
    expect(screen.get_by_text("waiting", exact=False)).to_have_count(0)
    assert screen.url.split("#")[0].split("/")[-2] == "screen"


def test_a_screen_keeps_the_last_calls_while_the_server_is_away(visitor):
    nurse, screen = visitor.of(Role.NURSE, path="/wall"), visitor.stranger()
    address = _hang(nurse)
    ticket = _call(nurse, re.search("screen/([^#]+)", address)[1], "kept-patient", "Room 8")
    screen.goto(address)
    row = screen.get_by_role("listitem").filter(has_text=ticket)
    expect(row).to_be_visible()
    screen.route("**/wall", lambda route: route.abort())
    expect(screen.get_by_role("status")).to_contain_text(
        re.compile(rf"cannot be reached. These calls are from .*{clock.today().year}.*\d\d:\d\d"), timeout=SOON
    )
    expect(row).to_be_visible()
    screen.unroute("**/wall")
    expect(screen.get_by_role("status")).to_be_empty(timeout=SOON)


def test_a_screen_in_the_browser_of_somebody_signed_in_shows_no_more(visitor):
    nurse = visitor.of(Role.NURSE, path="/wall")
    address = _hang(nurse)
    with nurse.context.expect_page() as opened:
        nurse.get_by_role("link", name="Open", exact=True).click()
    screen = opened.value
    expect(screen.get_by_text("waiting", exact=False)).to_be_visible()
    expect(screen.get_by_role("navigation")).to_have_count(0)
    assert screen.url == address
    screen.goto(address[:-1] + ("A" if address[-1] != "A" else "B"))
    screen.reload()
    expect(screen.get_by_role("status")).to_contain_text(REFUSED)
    nurse.reload()
    expect(nurse.get_by_role("button", name="Hang on a wall")).to_be_visible()


def test_a_person_with_too_many_tokens_is_told_where_to_end_one(visitor, hospital):
    page = visitor.of(Role.ADMIN, path="/wall")
    _hang(page)
    with hospital.engine.begin() as connection:
        row = connection.execute(select(ApiToken)).mappings().one()
        others = [{**row, "token_id": f"{number:08d}"} for number in range(49)]
        connection.execute(insert(ApiToken), others)
    page.reload()
    page.get_by_role("button", name="Hang on a wall").click()
    expect(page.get_by_role("alert")).to_contain_text("at most 50 tokens")
    page.locator(".made").get_by_role("link", name="Your account").click()
    expect(page.get_by_role("button", name="Revoke: Wall screen").first).to_be_visible()


def test_screens_and_their_addresses_have_no_fault_in_any_theme_or_width(visitor):
    nurse, screen = visitor.of(Role.NURSE, path="/wall"), visitor.stranger(viewport=TELEVISION)
    address = _hang(nurse)
    _call(nurse, re.search("screen/([^#]+)", address)[1], "wide-patient", "The room at the end of the corridor")
    _judge(nurse)
    screen.goto(address)
    expect(screen.get_by_text("The room at the end of the corridor").first).to_be_visible()
    assert _faults(screen) == []
    for viewport in (TELEVISION, DESKTOP, PHONE):
        screen.set_viewport_size(viewport)
        for item in screen.get_by_role("listitem").all():
            assert item.evaluate("one => one.scrollWidth <= one.clientWidth"), viewport
    _judge(screen)
    screen.goto(f"{address[:-1]}?")
    expect(screen.get_by_role("status")).to_contain_text(REFUSED)
    _judge(screen)


def test_a_screen_speaks_the_language_of_its_browser(visitor):
    nurse, screen = visitor.of(Role.NURSE, path="/wall"), visitor.stranger(locale="es-ES")
    screen.goto(_hang(nurse))
    expect(screen.get_by_role("heading", name="Se llama ahora")).to_be_visible()
    expect(screen.get_by_text("en espera")).to_be_visible()
