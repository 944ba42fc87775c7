"""Medication due in the browser: prescribed on a chart, due on the first page and the flow board, recorded."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert, select

from core import clock
from core.db.tables import CareTeam, MedicationDose, UserAccount
from core.vocabulary import Role
from tests.dashboard.conftest import DESKTOP, PHONE
from tests.dashboard.test_dashboard_access import _faults, _settled

pytestmark = pytest.mark.browser


def _patient(page: Page) -> str:
    wish = {"given_name": "Ada", "family_name": f"Byron{uuid.uuid4().hex[:6]}", "birth_date": "1955-12-10"}
    wish["is_new_person"] = True  # one of that name may have been entered by another test
    answer = page.request.post("/api/patients", data=wish)
    assert answer.status == 201, answer.text()
    return answer.json()["patient_id"]


def _care(hospital, patient_id, role):
    """Put a person of this role on the care team of a patient whom somebody else entered."""
    with hospital.engine.begin() as connection:
        user_id = connection.execute(select(UserAccount.user_id).where(UserAccount.role == role)).scalar_one()
        connection.execute(insert(CareTeam).values(patient_id=patient_id, user_id=user_id, assigned_at=clock.now()))


@pytest.fixture
def medicine(visitor, hospital):
    """A medicine every eight hours that a doctor prescribed on a chart; its patient is the nurse's too."""
    doctor = visitor.of(Role.DOCTOR, path="/risk")
    patient_id, name = _patient(doctor), f"Amoxicillin {uuid.uuid4().hex[:6]}"
    doctor.goto(f"/charts?patient={patient_id}")
    doctor.get_by_label("Medicine", exact=False).first.fill(name)
    doctor.get_by_label("Dose", exact=False).first.fill("500 mg")
    doctor.get_by_label("How to take it").fill("with water")
    doctor.get_by_label("How often").select_option("8")
    doctor.get_by_role("button", name="Prescribe").click()
    expect(doctor.get_by_text("every 8 hours, next dose")).to_be_visible()
    _care(hospital, patient_id, Role.NURSE)
    return name, patient_id


def test_a_nurse_records_a_dose_and_it_leaves_the_list(visitor, hospital, medicine):
    name, _ = medicine
    nurse, colleague = visitor.of(Role.NURSE), visitor.of(Role.NURSE)
    panel = nurse.locator("section", has=nurse.get_by_role("heading", name="Medication due"))
    line = panel.get_by_role("listitem").filter(has_text=name)
    expect(line).to_contain_text("due now")
    expect(colleague.get_by_text(name)).to_be_visible()
    line.get_by_role("button", name=re.compile(f"^Record: {name}")).click()
    dialog = nurse.get_by_role("dialog")
    expect(dialog).to_contain_text("For Byron")
    assert _faults(nurse) == []
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(line.get_by_role("button")).to_have_count(0)
    # The other screen hears of it by itself.
    expect(colleague.get_by_role("button", name=re.compile(f"^Record: {name}"))).to_have_count(0)
    with hospital.engine.connect() as connection:
        outcomes = connection.execute(select(MedicationDose.outcome).order_by(MedicationDose.recorded_at.desc()))
        assert outcomes.scalars().first() == "given"


def test_a_dose_that_is_left_out_asks_why_and_not_when(visitor, medicine):
    name, _ = medicine
    nurse = visitor.of(Role.NURSE)
    nurse.get_by_role("button", name=re.compile(f"^Record: {name}")).click()
    dialog = nurse.get_by_role("dialog")
    expect(dialog.get_by_label("Given at")).to_be_visible()
    dialog.get_by_label("What became of it").select_option("nil_by_mouth")
    expect(dialog.get_by_label("Given at")).to_be_hidden()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(nurse.get_by_role("button", name=re.compile(f"^Record: {name}"))).to_have_count(0)


def test_the_flow_board_marks_what_is_due_in_a_table_and_as_cards_on_a_phone(visitor, operations, medicine):
    _, patient_id = medicine
    nurse = visitor.of(Role.NURSE, path="/queue")
    nurse.get_by_label("Patient number").fill(patient_id)
    nurse.get_by_label("Acuity (ESI)").select_option("3")
    nurse.get_by_role("button", name="Add to the queue").click()
    row = nurse.locator("tr[data-ticket]").filter(has_text=patient_id)
    expect(row).to_contain_text("dose due")
    nurse.set_viewport_size(PHONE)
    card = nurse.locator("li[data-ticket]").filter(has_text=patient_id)
    expect(card).to_contain_text("dose due")
    expect(nurse.locator("tr[data-ticket]")).to_have_count(0)
    for theme in ("light", "dark"):
        nurse.emulate_media(color_scheme=theme)
        _settled(nurse)
        assert _faults(nurse) == [], theme
    assert not nurse.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    ticket = card.get_attribute("data-ticket")
    card.get_by_role("button", name=f"Has left, {ticket}").click()
    expect(card).to_have_count(0)
    nurse.set_viewport_size(DESKTOP)
