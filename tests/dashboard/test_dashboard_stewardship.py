"""A steward mends a row in the browser and replays its month; the pipeline's own code makes the month meanwhile."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from assets.intake import import_file
from core.vocabulary import Role
from tests.assets.intake.made_files import canonical_csv, write
from tests.assets.test_quarantine_replay import House
from tests.dashboard.conftest import PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def house(hospital, tmp_path):
    """The stage's database behind an inbox of its own, with two rows of a file parked by the pipeline."""
    made = House(tmp_path, hospital.engine.url.render_as_string(hide_password=False), "redis://127.0.0.1:1/0")
    rows = canonical_csv({}, {"age_years": "444"}, {"heart_rate": "305"})
    import_file(write(tmp_path / "ward.csv", rows), settings=made.settings)
    _aside(made.look)
    _aside(made.make, ["2024-03"])
    return made


def _aside(act, *given):
    """Let the pipeline act in a thread: a browser's event loop runs in this one, and Dagster wants its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(act, *given).result()


def _open(page, line):
    """Open a row of ward.csv, which may stand below the first ones: more are parked than are shown at first."""
    panel = page.locator("section", has=page.get_by_role("heading", name="Quarantine", exact=True))
    more = panel.get_by_role("button", name=re.compile("^Show (all|fewer)"))
    expect(more).to_be_visible()
    if more.get_attribute("aria-expanded") == "false":
        more.click()
    panel.get_by_role("button", name=f"Open the row ward.csv line {line}").click()
    return page.get_by_role("dialog")


def test_a_steward_fixes_a_row_waives_another_and_replays_the_month(house, visitor, tmp_path):
    page = visitor.of(Role.STEWARD, path="/quality")
    dialog = _open(page, 3)
    expect(dialog).to_contain_text("Nobody is older than 120 years")
    expect(dialog.get_by_label("Age")).to_have_value("444")
    dialog.get_by_role("button", name="Save correction").click()
    expect(dialog.get_by_text("Needed.", exact=True)).to_be_visible()
    dialog.get_by_label("Reason").fill("Asked the ward, typed twice")
    dialog.get_by_role("button", name="Save correction").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Change at least one field")
    dialog.get_by_label("Age").fill("440")
    dialog.get_by_role("button", name="Save correction").click()
    expect(dialog.get_by_role("alert")).to_contain_text("age_years must be a number between 0 and 120")
    dialog.get_by_label("Age").fill("44")
    dialog.get_by_role("button", name="Save correction").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Open the row ward.csv line 3")).to_have_count(0)

    dialog = _open(page, 4)
    dialog.get_by_label("Let it pass").check()
    expect(dialog.get_by_label("heart_rate_out_of_range")).to_be_checked()
    dialog.get_by_label("Reason").fill("Flutter, seen on the strip by cardiology")
    dialog.get_by_role("button", name="Let pass").click()
    expect(dialog).to_have_count(0)

    page.get_by_role("button", name="Replay affected months").click()
    status = page.get_by_role("status").filter(has_text="of 1 month made")
    expect(status).to_contain_text("Waiting for the pipeline")
    (asked,) = _aside(house.look)
    assert set(asked.values()) == {"2024-03"}
    _aside(house.make, ["2024-03"])
    expect(status).to_contain_text("Done, every row accounted for", timeout=15_000)
    for words in ("3 → 4", "1 → 3", "2 → 0", "0 → 1"):
        expect(status).to_contain_text(words)
    page.screenshot(path=tmp_path / "replayed.png", full_page=True)


def test_a_report_opens_as_a_page_with_its_own_style(house, visitor):
    page = visitor.of(Role.STEWARD, path="/quality")
    page.get_by_role("button", name=re.compile("^Rules of ")).first.click()
    link = page.get_by_role("dialog").get_by_role("link", name=re.compile("^Report of "))
    page.goto(link.get_attribute("href"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Validation of")
    width = page.evaluate("getComputedStyle(document.querySelector('table')).borderCollapse")
    assert width == "collapse", "the policy lets the page's own style in"


def test_rules_over_time_and_contracts_are_told_on_a_phone_too(house, visitor):
    page = visitor.of(Role.STEWARD, path="/quality", viewport=PHONE)
    trends = page.get_by_role("region", name="Rules over time")
    expect(trends).to_contain_text(re.compile("Plausibility|Conformance"))
    expect(page.get_by_role("region", name="Contracts of sources")).to_contain_text("ward.csv")
