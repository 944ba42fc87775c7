"""Who may be whom, in the browser: told at the desk, decided by a steward."""

import re

import pytest
from playwright.sync_api import expect

from core.vocabulary import Role
from serving.linking import EVERY_SECONDS
from tests.dashboard.test_dashboard_access import _judge, _settled

pytestmark = pytest.mark.browser

KNOWN = {"given_name": "Marguerite", "family_name": "Zschokke", "birth_date": "1947-03-09", "sex": "female",
         "phone": "+49 30 5550777"}  # fmt: skip


def _known(page):
    """Enter the person once, whichever test comes first."""
    assert page.request.post("/api/patients", data=KNOWN).status in (201, 409)
    matches = page.request.post("/api/patients/matches", data=KNOWN).json()["items"]
    return min(match["patient_id"] for match in matches)


def _write_again(page, *, given="Marguerite", family="Zschoke", birth="1947-09-03"):
    page.goto("/register")
    page.get_by_label("Given name").fill(given)
    page.get_by_label("Family name").fill(family)
    page.get_by_label("Birth date").fill(birth)
    page.get_by_label("Recorded sex").select_option("female")
    page.get_by_role("button", name="Enter patient").click()


def test_a_desk_sees_why_somebody_may_be_known_and_takes_that_patient(visitor):
    page = visitor.of(Role.NURSE, path="/register")
    known = _known(page)
    _write_again(page)
    match = page.get_by_role("article").filter(has_text=known)
    expect(match).to_contain_text(re.compile("Match|Possible match"))
    expect(match.get_by_role("row", name=re.compile("Birth date day and month swapped"))).to_be_visible()
    expect(match.get_by_role("row", name=re.compile("Family name nearly the same"))).to_be_visible()
    expect(match).not_to_contain_text("Zschokke")
    _judge(page)
    match.get_by_role("button", name=f"Register the visit for this patient: {known}").click()
    expect(page.get_by_label("Patient number").first).to_have_value(known)


def test_a_change_of_the_form_takes_the_doubt_away(visitor):
    page = visitor.of(Role.NURSE, path="/register")
    _known(page)
    _write_again(page)
    expect(page.get_by_role("article").first).to_be_visible()
    page.get_by_label("Birth date").fill("1990-01-01")
    expect(page.get_by_role("article")).to_have_count(0)


def test_a_steward_decides_on_a_pair_that_the_desk_entered_anyway(visitor):
    nurse = visitor.of(Role.NURSE, path="/register")
    known = _known(nurse)
    _write_again(nurse)
    nurse.get_by_role("button", name="It is another person: enter anyway").click()
    expect(nurse.get_by_role("status").filter(has_text="Entered as")).to_be_visible()
    steward = visitor.of(Role.STEWARD, path="/quality")
    pair = steward.get_by_role("listitem").filter(has_text=known).first
    for _ in range(6):
        steward.reload()
        _settled(steward)
        if pair.is_visible():
            break
        steward.wait_for_timeout(EVERY_SECONDS * 1000 / 3)
    expect(pair.get_by_role("row", name=re.compile("Given name the same"))).to_be_visible()
    expect(pair).not_to_contain_text("Marguerite")
    _judge(steward)
    pair.get_by_role("button", name=re.compile("^Different people")).click()
    expect(pair).to_be_hidden()
    steward.get_by_label("Show", exact=True).select_option("different_people")
    expect(steward.get_by_role("listitem").filter(has_text=known).first).to_contain_text("Priya Raman")
