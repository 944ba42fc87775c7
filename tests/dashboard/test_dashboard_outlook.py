"""Promises, surge alerts, staff and beds in a browser."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import text

from core.vocabulary import Role
from tests.dashboard.conftest import PHONE

pytestmark = pytest.mark.browser


def test_the_calendar_of_promises_says_what_is_replayed_and_what_is_live(visitor):
    page = visitor.of(Role.DOCTOR, path="/promises")
    expect(page.get_by_text(re.compile("Replayed as of .* never counted with live"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^All registrations")).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"promises that have come due"))).to_be_visible()
    page.get_by_role("button", name="Live", exact=True).click()
    expect(page.get_by_text("No live promise has come due yet")).to_be_visible()
    expect(page.get_by_role("cell", name="Open").first).to_be_visible()


def test_an_alert_is_disposed_of_and_the_share_of_real_ones_moves(visitor):
    page = visitor.of(Role.DOCTOR, path="/alerts")
    page.get_by_role("button", name=re.compile("^Say what it was")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("It was").select_option("real")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_label("Why")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Why").fill("five cases from one school")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("five cases from one school").first).to_be_visible()
    expect(page.get_by_text("1 of 1 closed alerts were real")).to_be_visible()


def test_the_detectors_exam_says_for_each_condition_what_it_can_see(visitor):
    exam = visitor.of(Role.DOCTOR, path="/alerts").get_by_role("region", name="Grades of the detector by condition")
    columns = ["Condition", "2 SD", "3 SD", "5 SD", "10 SD", "Days to detect", "False alarms", "Smallest seen"]
    expect(exam.get_by_role("columnheader")).to_have_text(columns)
    first = exam.get_by_role("row").nth(1)
    expect(first.get_by_role("cell").nth(3)).to_contain_text("%")
    expect(first.get_by_role("cell").nth(3)).to_have_attribute("title", re.compile("found after"))
    expect(first.get_by_role("cell").last).to_have_text(re.compile(r"cases$|none of these"))


@pytest.fixture
def unpublished(hospital):
    """A hospital whose pipeline has published neither ledger nor grade yet."""
    move = "UPDATE analytics_result SET section = {} WHERE section {}"
    with hospital.engine.begin() as connection:
        connection.execute(text(move.format("'away ' || section", "IN ('forecast_ledger', 'surge_grade')")))
    yield
    with hospital.engine.begin() as connection:
        connection.execute(text(move.format("substr(section, 6)", "LIKE 'away %'")))


@pytest.mark.parametrize(("path", "panel"), [("/promises", "By condition"), ("/alerts", "What the detector can see")])
def test_before_the_first_publication_a_page_says_that_nothing_is_published(visitor, unpublished, path, panel):
    page = visitor.of(Role.DOCTOR, path=path)
    section = page.locator("section", has=page.get_by_role("heading", name=panel, exact=True))
    expect(section).to_contain_text("Nothing has been published yet")
    expect(section.get_by_role("alert")).to_have_count(0)


def test_a_nurse_sees_needs_and_may_not_change_ratios(visitor):
    page = visitor.of(Role.NURSE, path="/staffing")
    expect(page.get_by_role("columnheader", name="Nurses")).to_be_visible()
    expect(page.get_by_role("button", name="Change ratios")).to_have_count(0)
    page.get_by_role("button", name="Day", exact=True).click()
    expect(page.get_by_role("rowheader", name=re.compile(r"\d{4}$")).first).to_be_visible()


def test_an_administrator_puts_new_ratios_in_force(visitor):
    page = visitor.of(Role.ADMIN, path="/staffing")
    page.get_by_role("button", name="Change ratios").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Visits a shift").first.fill("0")
    dialog.get_by_label("Why").fill("winter plan")
    dialog.get_by_role("button", name="Put in force").click()
    expect(dialog.get_by_text("A number above 0.")).to_be_visible()
    dialog.get_by_label("Visits a shift").first.fill("6")
    dialog.get_by_role("button", name="Put in force").click()
    expect(page.get_by_role("heading", name=re.compile(r"^Version \d+"))).to_be_visible()


@pytest.mark.parametrize("path", ["/promises", "/alerts", "/staffing"])
@pytest.mark.parametrize(
    ("theme", "viewport"), [("light", None), ("dark", None), ("light", PHONE)], ids=["light", "dark", "phone"]
)
def test_the_pages_are_accessible_and_fit_a_phone(visitor, path, theme, viewport):
    page = visitor.of(Role.ADMIN, path=path, theme=theme, viewport=viewport)
    expect(page.get_by_role("table").first).to_be_visible()
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
