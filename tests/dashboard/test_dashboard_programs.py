"""Programs that read by FHIR, in the browser: registered by their public keys, shown, revoked, in both languages."""

import json
import re

import pytest
from joserfc.jwk import ECKey
from playwright.sync_api import expect

from core.vocabulary import Role
from tests.dashboard.test_dashboard_access import _judge

pytestmark = pytest.mark.browser

KEY = ECKey.generate_key("P-384", {"kid": "registry-1"})


def _set(*, private=False):
    return json.dumps({"keys": [KEY.as_dict(private=private)]})


def test_an_administrator_registers_a_program_by_its_public_keys_and_revokes_it(visitor):
    page = visitor.of(Role.ADMIN, path="/access")
    panel = page.locator("section.panel").filter(has=page.get_by_role("heading", name="Programs that read by FHIR"))
    expect(panel.get_by_text("No program is registered.")).to_be_visible()
    register = panel.get_by_role("button", name="Register")
    expect(register).to_be_disabled()
    panel.get_by_label("Name of the program").fill("Cancer registry")
    keys = panel.get_by_label("Its public keys")
    keys.fill("-----BEGIN PUBLIC KEY-----")
    expect(panel.get_by_text("This is no JSON with a list named keys.")).to_be_visible()
    panel.get_by_label("Slots").select_option("rs")
    panel.get_by_label("Appointments").select_option("s")
    expect(register).to_be_disabled()
    keys.fill(_set(private=True))
    register.click()
    expect(panel.get_by_role("alert")).to_contain_text("holds its private part")
    keys.fill(_set())
    register.click()
    made = panel.get_by_role("status").filter(has_text="Registered.")
    expect(made.locator("code")).to_have_text(re.compile(r"^[0-9a-f-]{36}$"))
    line = panel.get_by_role("listitem").filter(has_text="Cancer registry")
    expect(line).to_contain_text("system/Appointment.s, system/Slot.rs")
    expect(line).to_contain_text("registry-1 (ES384)")
    expect(line).to_contain_text("was never given a token")
    expect(keys).to_have_value("")
    _judge(page)
    line.get_by_role("button", name="Revoke: Cancer registry").click()
    expect(line.get_by_text("Revoked", exact=True)).to_be_visible()
    expect(line.get_by_role("button")).to_have_count(0)
