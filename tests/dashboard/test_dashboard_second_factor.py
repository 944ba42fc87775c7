"""Signing in with a second factor, at an application as it is delivered: staff must have one."""

import dataclasses
import re
import shutil
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from app_api.identity.passwords import hash_password
from core import clock
from core.db.tables import UserAccount
from core.embedded import api, ports, service
from core.embedded.home import room_of
from core.ids import new_uuid
from core.vocabulary import Role
from tests.dashboard.conftest import DESKTOP, PHONE, Visitor
from tests.dashboard.stage import PASSWORD
from tests.dashboard.test_dashboard_access import _faults

pytestmark = pytest.mark.browser
EMAIL = "second.factor@hospital.example"


@pytest.fixture(scope="module")
def strict(hospital, tmp_path_factory):
    """The same hospital, served by an application that lets no staff in without a second factor."""
    home = tmp_path_factory.mktemp("strict")
    shutil.copy(hospital.settings.root / "secrets.json", home)
    changes = {"home": home, "is_mfa_required": True, "api_port": ports.find_free()}
    settings = hospital.settings.model_copy(update=changes)
    with hospital.engine.begin() as connection:
        connection.execute(
            insert(UserAccount).values(
                user_id=new_uuid(), email=EMAIL, display_name="Dr Noor Haddad", role=Role.DOCTOR.value,
                password_hash=hash_password(PASSWORD), is_active=True, created_at=clock.now(),
            )
        )  # fmt: skip
    server, room = api.service(settings), room_of(settings)
    service.start(server, room)
    yield dataclasses.replace(hospital, url=settings.api_address)
    service.stop(server, room)


def _password(page: Page) -> None:
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def _code(page: Page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Confirm").click()


def _without_fault(page: Page) -> None:
    for viewport in (DESKTOP, PHONE):
        page.set_viewport_size(viewport)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            assert _faults(page) == [], (viewport, theme)


def test_an_authenticator_is_set_up_then_asked_for_and_a_recovery_code_stands_in_once(strict, browser):
    people = Visitor(browser, strict)
    page = people.stranger()
    page.goto("/risk")

    # The first time: no way in without setting one up.
    _password(page)
    expect(page.get_by_role("img", name=re.compile("QR|picture", re.I))).to_be_visible()
    secret = page.locator("code").inner_text()
    _without_fault(page)
    # A code of two steps ago is refused; the one of now is taken.
    _code(page, pyotp.TOTP(secret).at(clock.now() - timedelta(minutes=2)))
    expect(page.get_by_role("alert")).to_be_visible()
    _code(page, pyotp.TOTP(secret).at(clock.now()))
    codes = page.locator(".codes li")
    expect(codes).to_have_count(10)
    recovery = codes.first.inner_text()
    _without_fault(page)
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Assess risk")

    # Again: the password alone opens nothing, the code that was used neither.
    again = people.stranger()
    again.goto("/risk")
    _password(again)
    expect(again.get_by_label("Code")).to_be_visible()
    expect(again.locator("code")).to_have_count(0)
    _code(again, pyotp.TOTP(secret).at(clock.now() - timedelta(minutes=2)))
    expect(again.get_by_role("alert")).to_be_visible()
    assert again.request.get("/api/users/me").status == 401
    # A step ahead is within the window and was not used.
    _code(again, pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30)))
    expect(again.get_by_role("heading", level=1)).to_have_text("Assess risk")

    # The phone is lost: a recovery code opens the door once, and no second time.
    for _ in range(2):
        lost = people.stranger()
        lost.goto("/risk")
        _password(lost)
        _code(lost, recovery)
        if _ == 0:
            expect(lost.get_by_role("heading", level=1)).to_have_text("Assess risk")
        else:
            expect(lost.get_by_role("alert")).to_be_visible()
    people.leave()
    assert people.complaints == []
