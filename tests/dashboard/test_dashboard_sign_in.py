"""Signing in and out, and where each role arrives."""

import pytest
from playwright.sync_api import expect

from core.vocabulary import Role
from tests.dashboard.stage import PASSWORD

pytestmark = pytest.mark.browser

HOMES = {
    Role.DOCTOR: "/overview",
    Role.NURSE: "/overview",
    Role.PATIENT: "/patient",
    Role.ADMIN: "/system",
    Role.STEWARD: "/quality",
    Role.ML_ENGINEER: "/models",
}


def _fill(page, email, password):
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_wrong_password_is_refused_in_words(visitor):
    page = visitor.stranger()
    page.goto("/")
    _fill(page, visitor.hospital.emails[Role.DOCTOR], "not the password")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("E-mail")).to_have_value(visitor.hospital.emails[Role.DOCTOR])


def test_a_deep_link_is_followed_after_signing_in(visitor):
    page = visitor.stranger()
    page.goto("/risk")
    page.wait_for_url("**/login?next=/risk")
    _fill(page, visitor.hospital.emails[Role.NURSE], PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Assess risk")


def test_an_address_of_another_site_is_not_followed(visitor):
    page = visitor.stranger()
    page.goto("/login?next=//evil.example/x")
    _fill(page, visitor.hospital.emails[Role.DOCTOR], PASSWORD)
    page.wait_for_url("**/overview")


@pytest.mark.parametrize("role", list(Role))
def test_each_role_arrives_at_its_own_page(visitor, role):
    page = visitor.of(role)
    page.wait_for_url(f"**{HOMES[role]}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Synthetic data. Not for clinical decisions.").filter(visible=True).first).to_be_visible()


def test_a_page_of_another_role_leads_home(visitor):
    page = visitor.of(Role.NURSE, path="/quality")
    page.wait_for_url("**/overview")


def test_signing_out_ends_the_session(visitor):
    page = visitor.of(Role.DOCTOR, path="/risk")
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    page.goto("/overview")
    page.wait_for_url("**/login?next=/overview")
