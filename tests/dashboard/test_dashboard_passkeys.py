"""A passkey in a real browser, with Chromium's virtual authenticator: added, used to sign in, removed."""

import pyotp
import pytest
from playwright.sync_api import expect

from core import clock
from core.vocabulary import Role
from tests.dashboard.stage import PASSWORD

pytestmark = pytest.mark.browser

EMAIL = "key.holder@clinic.example"
#: A passkey holds for a name, never for an address of numbers.
KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def person(visitor):
    """The page of somebody who has an authenticator app and is signed in, under a name instead of numbers."""
    site = visitor.hospital.url.replace("127.0.0.1", "localhost")
    admin = visitor.of(Role.ADMIN)
    body = {"email": EMAIL, "display_name": "Key Holder", "role": "nurse", "password": PASSWORD}
    assert admin.request.post("/api/users", data=body).ok
    page = visitor.stranger()
    assert page.request.post(f"{site}/api/auth/login", data={"email": EMAIL, "password": PASSWORD}).ok
    secret = page.request.post(f"{site}/api/auth/mfa/setup").json()["secret"]
    code = {"code": pyotp.TOTP(secret).at(clock.now())}
    assert page.request.post(f"{site}/api/auth/mfa/confirm", data=code).ok
    page.goto(f"{site}/account")
    return page


def plug_in(page):
    """Give the page's browser a security key, and return how to ask how often its one credential signed."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    key = session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]
    return lambda: [
        one["signCount"] for one in session.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]
    ]


def test_a_passkey_is_added_signs_in_and_is_removed(person):
    page, sign_counts = person, plug_in(person)
    expect(page.get_by_text("You have no passkey.")).to_be_visible()
    page.get_by_label("Name of the passkey").fill("Blue key")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Blue key")).to_be_visible()
    expect(page.get_by_text("never used")).to_be_visible()
    before = sign_counts()
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/overview")
    assert [after - then for after, then in zip(sign_counts(), before, strict=True)] == [1]
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_text("last used").first).to_be_visible()
    page.get_by_role("button", name="Remove: Blue key").click()
    expect(page.get_by_text("You have no passkey.")).to_be_visible()
