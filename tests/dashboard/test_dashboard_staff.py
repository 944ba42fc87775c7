"""A nurse's profile in the browser: the own part by the nurse, what is verified by an administrator."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from core import clock
from core.vocabulary import Role
from tests.dashboard.test_dashboard_access import _faults, _judge

pytestmark = pytest.mark.browser


def _proven(visitor):
    """Have the nurse's document approved, as the profession is proven elsewhere."""
    nurse = visitor.of(Role.NURSE, path="/account")
    user_id = nurse.request.get("/api/users/me").json()["user_id"]
    picture = io.BytesIO()
    Image.new("RGB", (80, 60), "olive").save(picture, "PNG")
    file = {"name": "licence.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    form = {"file": file, "wanted_role": "nurse"}
    made = nurse.request.post(f"/api/users/{user_id}/verification", multipart=form).json()
    admin = visitor.of(Role.ADMIN, path="/access")
    wish = {"decision": "approved", "reason": "checked with the chamber",
            "expires_at": f"{clock.today().year + 2}-06-30T00:00:00Z"}  # fmt: skip
    answer = admin.request.post(f"/api/verifications/{made['verification_id']}/decision", data=wish)
    assert answer.ok, answer.text()
    return nurse, admin


def test_a_nurse_edits_the_own_part_of_the_profile(visitor):
    page = visitor.of(Role.NURSE, path="/account")
    expect(page.get_by_role("heading", name="Your profile")).to_be_visible()
    page.get_by_label("Ward or unit").fill("Emergency, bay 3")
    page.get_by_label("Phone extension").fill("4417")
    page.get_by_label("Preferred shift").select_option("night")
    page.get_by_label("Add a language").select_option(label="Turkish")
    page.get_by_label("Add a language").select_option(label="German")
    page.get_by_role("button", name="Remove Turkish").click()
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Ward or unit")).to_have_value("Emergency, bay 3")
    expect(page.get_by_role("list", name="Languages").get_by_role("listitem")).to_have_text([re.compile("German")])
    page.get_by_label("Phone extension").fill("call me")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_role("alert")).to_be_visible()
    _judge(page)


def test_an_administrator_writes_down_what_is_verified_and_the_nurse_reads_it(visitor):
    nurse, admin = _proven(visitor)
    admin.reload()
    admin.get_by_role("button", name="Verify: Luis Fernández").click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_label("Registered nurse").check()
    dialog.get_by_label("Triage trained").check()
    dialog.get_by_label("Licence number").fill("RN 30551")
    dialog.get_by_label("Given by").fill("Nursing chamber of Berlin")
    assert _faults(admin) == []
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(admin.get_by_text("RN 30551, Nursing chamber of Berlin")).to_be_visible()
    nurse.reload()
    verified = nurse.get_by_role("region", name="Verified")
    expect(verified).to_contain_text("Triage trained")
    expect(verified).to_contain_text("RN 30551, Nursing chamber of Berlin")
    expect(verified).to_contain_text("Valid")
    expect(verified).to_contain_text(f"30 Jun {clock.today().year + 2}")
    expect(verified).to_contain_text("Verified by Tomasz Nowak")
    expect(verified.get_by_role("textbox")).to_have_count(0)
    _judge(admin)


def test_a_doctor_has_the_same_profile_and_others_have_none(visitor):
    doctor = visitor.of(Role.DOCTOR, path="/account")
    expect(doctor.get_by_role("heading", name="Your profile")).to_be_visible()
    steward = visitor.of(Role.STEWARD, path="/account")
    expect(steward.get_by_role("heading", name="Your account")).to_be_visible()
    expect(steward.get_by_role("heading", name="Your profile")).to_have_count(0)
