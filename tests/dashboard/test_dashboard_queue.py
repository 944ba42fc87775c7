"""Queue and appointments in the browser: two people see the same line change."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select, text

from core.db.tables import Queue
from core.vocabulary import Role
from medisync.demo_operations import seed_operations

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def operations(hospital):
    with hospital.engine.connect() as connection:
        there = connection.execute(select(func.count()).select_from(Queue)).scalar_one()
    if not there:
        seed_operations(hospital.engine, seed=3)
    with hospital.engine.begin() as connection:
        connection.execute(text("UPDATE queue_entry SET state = 'closed' WHERE state = 'waiting'"))


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


def test_a_time_is_held_and_confirmed(visitor):
    page = visitor.of(Role.NURSE, path="/booking")
    page.get_by_label("Patient number").fill("booking-patient")
    times = page.locator(".time")
    expect(times.first).to_be_visible()
    before = times.count()
    times.first.click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("cell", name="booking-patient")).to_be_visible()
    expect(times).to_have_count(before - 1)
