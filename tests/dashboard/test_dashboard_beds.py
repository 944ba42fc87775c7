"""Beds of the next hours in a browser, and where a patient goes when a visit is completed."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import delete, insert, select

from assets.beds import judged_model, visits_of_queues
from core import clock
from core.db.tables import BedModel, QueueEntry, Receipt
from core.vocabulary import Role
from tests.dashboard.conftest import PHONE
from tests.dashboard.test_dashboard_access import _faults

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("operations")]
TITLE = "Beds of the next eight hours"


@pytest.fixture
def published(hospital):
    """The model as the asset fits it on the queues' own history."""
    now = clock.now()
    with hospital.engine.begin() as connection:
        judged, model, refused = judged_model(visits_of_queues(connection), None, now=now)
        assert refused is None
        payload = {"model": model.as_dict(), "held_out": judged.as_dict(), "refused": None}
        row = {"receipt_id": "rcp_beds", "payload": payload, "published_at": now}
        connection.execute(insert(BedModel).values(**row))
        origin = {"asset": "operations_beds", "dagster_run_id": "r", "row_count": 4800, "held_out": judged.as_dict()}
        connection.execute(
            insert(Receipt).values(receipt_id="rcp_beds", kind="analytics", provenance=origin, created_at=now)
        )
    yield judged
    with hospital.engine.begin() as connection:
        connection.execute(delete(BedModel))
        connection.execute(delete(Receipt).where(Receipt.receipt_id == "rcp_beds"))


def panel_of(page):
    return page.locator("section", has=page.get_by_role("heading", name=TITLE))


@pytest.mark.parametrize(("role", "path"), [(Role.NURSE, "/overview"), (Role.ADMIN, "/system")])
def test_the_beds_are_told_with_an_interval_their_parts_a_table_and_the_receipt(visitor, published, role, path):
    page = visitor.of(role, path=path)
    panel = panel_of(page)
    expect(panel).to_contain_text(re.compile(r"\d+ beds? by \d\d:\d\d, 80 % \d+–\d+"))
    # At a quiet hour of the simulated day there is one.
    here = re.compile(r"^for the (\d+ patients who are|patient who is) here$")
    expect(panel.get_by_text(here)).to_be_visible()
    expect(panel.get_by_text("for those who will come")).to_be_visible()
    expect(panel).to_contain_text("days that it had not seen, off by")
    expect(panel.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile(r"^Beds asked for from now on\. By .*80 % interval \d+ to \d+")
    )
    panel.get_by_role("button", name=re.compile("table", re.I)).click()
    expect(panel.get_by_role("row")).to_have_count(9)
    expect(panel.get_by_role("columnheader", name="Of it from patients here")).to_be_visible()
    with page.expect_download() as download:
        panel.get_by_role("button", name=re.compile("CSV")).click()
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("Until,Beds from now on (median),lo80,hi80,lo95,hi95,Expected")
    assert len(lines) == 9
    panel.get_by_role("button", name=re.compile("[Rr]eceipt|comes from")).click()
    expect(page.get_by_role("dialog")).to_contain_text("operations_beds")


def test_without_a_model_the_panel_says_why_and_shows_no_number(visitor):
    panel = panel_of(visitor.of(Role.NURSE, path="/overview"))
    expect(panel).to_contain_text("No model of beds is published yet.")
    expect(panel.get_by_role("img")).to_have_count(0)


def test_a_steward_neither_sees_the_beds_nor_may_ask_for_them(visitor, published):
    steward = visitor.of(Role.STEWARD, path="/overview")
    expect(steward.get_by_role("heading", level=1)).to_be_visible()
    expect(steward.get_by_role("heading", name=TITLE)).to_have_count(0)
    assert steward.request.get("/api/demand/beds").status == 403


def test_a_visit_is_completed_by_saying_where_the_patient_goes_with_the_keyboard_alone(visitor, hospital):
    page = visitor.of(Role.DOCTOR, path="/queue")
    page.get_by_label("Patient number").fill("ending-patient")
    page.get_by_label("Acuity (ESI)").select_option("1")
    page.get_by_role("button", name="Add to the queue").click()
    added = page.get_by_role("status").filter(has_text="level 1")
    expect(added).to_be_visible()
    ticket = re.search(r"\b[A-Z]\d+\b", added.inner_text()).group()
    of_ticket = re.compile(rf"\b{ticket}\b")
    for _ in range(10):
        page.get_by_role("button", name="Call next").click()
        called = page.get_by_role("status").filter(has_text="was called")
        expect(called).to_be_visible()
        if of_ticket.search(called.inner_text()):
            break
    page.get_by_role("button", name=f"Begin, {ticket}").first.click()
    complete = page.get_by_role("button", name=f"Complete, {ticket}").first

    complete.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name="Home")).to_be_focused()
    expect(dialog.get_by_role("radio", checked=True)).to_have_count(0)
    assert _faults(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("row", name=of_ticket).first).to_contain_text("In treatment")

    complete.press("Enter")
    expect(dialog.get_by_role("radio", name="Home")).to_be_focused()
    dialog.get_by_role("button", name="Complete").press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("Choose one of the three.")
    expect(dialog.get_by_role("radio", name="Home")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("radio", name="To a bed in this hospital")).to_be_checked()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("row", name=of_ticket)).to_have_count(0)
    with hospital.engine.connect() as connection:
        query = select(QueueEntry.state, QueueEntry.disposition).where(QueueEntry.patient_id == "ending-patient")
        assert connection.execute(query).one() == ("completed", "admitted")


@pytest.mark.parametrize(("role", "path"), [(Role.NURSE, "/overview"), (Role.ADMIN, "/system")])
@pytest.mark.parametrize(
    ("theme", "viewport"), [("light", None), ("dark", None), ("light", PHONE)], ids=["light", "dark", "phone"]
)
def test_the_panel_is_accessible_and_fits_a_phone(visitor, published, role, path, theme, viewport):
    page = visitor.of(role, path=path, theme=theme, viewport=viewport)
    expect(panel_of(page).get_by_role("img")).to_be_visible()
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
