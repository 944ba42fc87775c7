"""Queue and appointments in the browser: two people see the same line change."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert, select, update

from core import clock
from core.db.tables import Queue, QueueEntry, UserAccount
from core.ids import new_uuid
from core.vocabulary import Role
from tests.dashboard.stage import close_lines

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def empty_lines(hospital, operations):
    close_lines(hospital.engine)


def test_a_call_on_one_screen_appears_on_the_other_and_on_the_wall(visitor):
    nurse, doctor = visitor.of(Role.NURSE, path="/queue"), visitor.of(Role.DOCTOR, path="/queue")
    wall = visitor.of(Role.NURSE, path="/wall")
    nurse.get_by_label("Patient number").fill("browser-patient")
    nurse.get_by_label("Breathing rate").fill("26")
    nurse.get_by_label("Oxygen saturation").fill("90")
    nurse.get_by_role("button", name="Add to the queue").click()
    expect(doctor.get_by_role("cell", name="browser-patient")).to_be_visible()
    doctor.get_by_label("Your desk or room").fill("Room 9")
    doctor.get_by_role("button", name="Call next").click()
    expect(wall.get_by_text("Room 9")).to_be_visible()
    expect(nurse.get_by_text("Called", exact=True).first).to_be_visible()
    assert "browser-patient" not in wall.content()


def test_what_is_wrong_with_an_added_patient_is_said_beside_the_form(visitor):
    page = visitor.of(Role.NURSE, path="/queue")
    form = page.locator("form").filter(has=page.get_by_role("button", name="Add to the queue"))
    form.get_by_label("Patient number").fill("Z" * 300)
    form.get_by_role("button", name="Add to the queue").click()
    expect(form.get_by_role("alert")).to_contain_text("Patient number: The server does not take this value")


def test_a_wait_has_the_colour_of_its_own_levels_target(visitor, hospital):
    now = clock.now()
    with hospital.engine.begin() as connection:
        queue_id, targets = connection.execute(
            select(Queue.queue_id, Queue.target_minutes).where(Queue.ticket_prefix == "E")
        ).one()
        for ticket, level, share in (("Z901", 3, 0.5), ("Z902", 3, 0.85), ("Z903", 3, 1.5), ("Z904", 5, 0.375)):
            # What the third has waited is late at its level and in time at the fourth one's.
            arrived = now - share * timedelta(minutes=targets[level - 1])
            entry = {"entry_id": new_uuid(), "queue_id": queue_id, "patient_id": f"colour-{ticket}", "acuity": level,
                     "ticket_date": now.date(), "ticket_code": ticket, "state": "waiting", "arrived_at": arrived,
                     "virtual_at": arrived, "is_immediate": False}  # fmt: skip
            connection.execute(insert(QueueEntry).values(**entry))
    page = visitor.of(Role.NURSE, path="/queue")
    for ticket, tone in (("Z901", "in-time"), ("Z902", "soon"), ("Z903", "late"), ("Z904", "in-time")):
        expect(page.locator(f"[data-ticket={ticket}] .wait")).to_have_class(re.compile(rf"\b{tone}\b"))


def test_a_time_is_held_and_confirmed(visitor):
    page = visitor.of(Role.NURSE, path="/booking")
    page.get_by_label("Patient number").fill("booking-patient")
    times = page.locator(".time")
    expect(times.first).to_be_visible()
    before = times.count()
    times.first.click()
    held = page.get_by_role("status").filter(has_text="Held for")
    expect(held).to_contain_text("Held for patient booking-patient:")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("cell", name="booking-patient")).to_be_visible()
    expect(times).to_have_count(before - 1)


def test_a_patient_reads_that_a_time_is_held_for_them(visitor, hospital):
    with hospital.engine.begin() as connection:
        # Whichever chart other tests gave the account; alone, this one finds it without any.
        own = update(UserAccount).where(UserAccount.role == Role.PATIENT)
        connection.execute(own.values(patient_id="holding-patient"))
    page = visitor.of(Role.PATIENT, path="/booking")
    expect(page.get_by_text("It is held for you for five minutes")).to_be_visible()
    page.locator(".time").first.click()
    held = page.get_by_role("status").filter(has_text="Held for")
    expect(held).to_contain_text("Held for you:")
    page.get_by_role("button", name="Let it go").click()
    expect(held).to_have_count(0)


def test_an_appointment_is_moved_and_cancelled_with_a_reason(visitor):
    page = visitor.of(Role.NURSE, path="/booking")
    page.get_by_label("Patient number").fill("move-patient")
    times = page.locator(".time")
    times.first.click()
    page.get_by_role("button", name="Confirm", exact=True).click()
    row = page.get_by_role("row", name="move-patient")
    expect(row).to_contain_text("Booked")
    before = row.locator("th").inner_text()
    row.get_by_role("button", name="Move").click()
    times.last.click()
    expect(row.locator("th")).not_to_have_text(before)
    row.get_by_role("button", name="Cancel").click()
    row.get_by_label("Reason").fill("is ill")
    row.get_by_role("button", name="Cancel it").click()
    expect(row).to_have_count(0)


def test_where_staff_confirm_the_patient_is_told_so(visitor):
    admin = visitor.of(Role.ADMIN, path="/access")
    mode = admin.get_by_label("Patients may")
    mode.select_option("request")
    admin.get_by_role("button", name="Save: Main").click()
    patient = visitor.of(Role.PATIENT, path="/booking")
    expect(patient.get_by_text("the clinic confirms it")).to_be_visible()
    mode.select_option("self_book")
    admin.get_by_role("button", name="Save: Main").click()
    patient.reload()
    expect(patient.get_by_role("heading", name="Free times")).to_be_visible()
    expect(patient.get_by_text("the clinic confirms it")).to_have_count(0)


def test_an_administrator_sees_who_left_unseen_and_whether_groups_wait_alike(visitor):
    page = visitor.of(Role.ADMIN, path="/system")
    queues = page.get_by_role("region", name="Queues, last 28 days")
    expect(queues.get_by_role("row", name="Emergency department")).to_contain_text("%")
    groups = page.get_by_role("region", name="Do groups wait alike?")
    expect(groups.get_by_role("row").nth(1)).to_contain_text(re.compile("No difference shown|Apart|Too few"))
