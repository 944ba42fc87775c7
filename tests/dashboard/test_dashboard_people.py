"""Charts, accounts and one's own account in the browser: a document handed in and approved, a protocol planned."""

import io
import re
from datetime import timedelta

import pytest
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import delete, insert, select, update

from core import clock
from core.db.tables import CareTeam, Patient, Registration, UserAccount
from core.key_store import read_ring, sealed_columns
from core.vocabulary import Role
from tests.dashboard.conftest import PHONE
from tests.dashboard.test_dashboard_access import _judge

pytestmark = pytest.mark.browser

ILL = {
    "age_years": 71.0, "sex": "female", "condition": "Pneumonia", "condition_code": "J18", "acuity": 2,
    "comorbidity_count": 2, "systolic_bp": 98.0, "diastolic_bp": 60.0, "heart_rate": 118.0,
    "respiratory_rate": 27.0, "temperature_c": 38.9, "spo2_pct": 90.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def chart(hospital):
    with hospital.engine.begin() as connection:
        there = select(Registration.registration_id).where(Registration.registration_id == "people-1")
        if connection.execute(there).one_or_none() is None:
            now = clock.now()
            row = {"registration_id": "people-1", "patient_id": "people-1", "facility": "North",
                   "registered_at": now, "recorded_at": now, **ILL}  # fmt: skip
            connection.execute(insert(Registration).values(**row))
    return "people-1"


def _enter(page, patient_id):
    # Like nobody whom other tests enter: who may be somebody else is refused at first.
    wish = {
        "given_name": "Theodora",
        "family_name": "Quillfeather",
        "patient_id": patient_id,
        "birth_date": "1949-03-07",
    }
    assert page.request.post("/api/patients", data=wish).status in (201, 409)


def test_a_step_of_a_protocol_becomes_a_task(visitor, chart):
    page = visitor.of(Role.DOCTOR, path="/overview")
    _enter(page, chart)
    page.goto(f"/charts?patient={chart}")
    expect(page.get_by_text("Community-acquired pneumonia of adults")).to_be_visible()
    page.get_by_role("button", name="Plan: Measure blood lactate").first.click()
    expect(page.get_by_role("button", name="Done: Measure blood lactate").first).to_be_visible()


def test_a_patient_reads_what_to_do_and_who_looked_and_no_level_of_risk(visitor, hospital, chart):
    doctor = visitor.of(Role.DOCTOR, path="/overview")
    _enter(doctor, chart)
    doctor.goto(f"/charts?patient={chart}")
    expect(doctor.get_by_role("heading", name="Risk of the last visit")).to_be_visible()
    with hospital.engine.begin() as connection:
        connection.execute(update(UserAccount).where(UserAccount.role == Role.PATIENT).values(patient_id=chart))
    page = visitor.of(Role.PATIENT)
    expect(page.get_by_text("Some of your measurements at the last visit were not as usual.")).to_be_visible()
    look = page.get_by_role("row").filter(has_text="Dr Amara Baldé").filter(has_text="Opened your record").first
    expect(look).to_contain_text("on your care team")
    expect(page.get_by_text(re.compile("^(Low|Moderate|High|Critical)$"))).to_have_count(0)


def test_on_a_phone_the_chart_that_was_chosen_comes_into_sight(visitor, chart):
    page = visitor.of(Role.DOCTOR, path="/overview", viewport=PHONE)
    _enter(page, chart)
    page.goto("/charts")
    page.locator(".people button").first.click()
    expect(page.get_by_role("heading", name="What the rules say")).to_be_in_viewport()


@pytest.fixture
def many(hospital):
    """More patients of the doctor's than a page of the list has; the one who was entered first is Aurelia Zzyzx."""
    with hospital.engine.begin() as connection:
        ring = read_ring(connection, hospital.settings.secrets["phi_master_key"])
        doctor = connection.execute(select(UserAccount.user_id).where(UserAccount.role == Role.DOCTOR)).scalar_one()
        now = clock.now()
        for number in range(405):
            name = {"given_name": "Aurelia" if number == 0 else f"Many {number}", "family_name": "Zzyzx"}
            row = {"patient_id": f"many-{number}", "sex": "other", "birth_year": 1980, "is_synthetic": True,
                   "version": 1, "created_at": now - timedelta(days=900, minutes=-number),
                   "updated_at": now, **sealed_columns(ring, name, "patient", f"many-{number}")}  # fmt: skip
            connection.execute(insert(Patient).values(**row))
            team = {"patient_id": row["patient_id"], "user_id": doctor, "assigned_at": now}
            connection.execute(insert(CareTeam).values(**team))
    yield
    with hospital.engine.begin() as connection:
        for table in (CareTeam, Patient):
            connection.execute(delete(table).where(table.patient_id.like("many-%")))


def test_a_patient_is_found_however_many_are_newer(visitor, many):
    page = visitor.of(Role.DOCTOR, path="/charts")
    expect(page.locator(".people button").nth(404)).to_be_attached()
    page.get_by_label("Find by name or number").fill("aurelia")
    expect(page.locator(".people button")).to_have_text(re.compile("Zzyzx, Aurelia"))
    expect(page.get_by_text("There are more")).to_have_count(0)


def test_a_document_is_handed_in_and_approved(visitor):
    picture = io.BytesIO()
    Image.new("RGB", (80, 60), "white").save(picture, "PNG")
    nurse = visitor.of(Role.NURSE, path="/account")
    nurse.get_by_label("I am").select_option("nurse")
    document = {"name": "licence.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    nurse.get_by_label("Document", exact=True).set_input_files(document)
    nurse.get_by_role("button", name="Hand in").click()
    expect(nurse.get_by_text("Waits for a decision").first).to_be_visible()
    admin = visitor.of(Role.ADMIN, path="/access")
    admin.get_by_label("Reason, shown to the person").first.fill("checked with the chamber")
    admin.get_by_label("Valid until").first.fill(f"{clock.today().year + 1}-06-30")
    admin.get_by_role("button", name="Approve: Luis").first.click()
    expect(admin.get_by_text("Approved", exact=True).first).to_be_visible()
    nurse.reload()
    expect(nurse.get_by_text("holds until").first).to_be_visible()


@pytest.mark.parametrize(("role", "path"), [
    (Role.DOCTOR, "/charts?patient=people-1"), (Role.NURSE, "/account"), (Role.ADMIN, "/access"),
])  # fmt: skip
def test_pages_about_people_have_no_fault_in_any_theme_or_width(visitor, chart, role, path):
    page = visitor.of(role, path="/overview")
    if role is Role.DOCTOR:
        _enter(page, chart)
    page.goto(path)
    _judge(page)
