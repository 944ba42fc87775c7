"""A day in the hospital, in the browser: six people at one house, each seeing what the others do.

The registry is one alias over HTTP and the pipeline is its own code called at the moment it would run; everything else
is the application as it is served.
"""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from assets.intake import import_file
from core.embedded import ports
from core.settings import Settings
from core.vocabulary import Role
from medisync.demo_operations import seed_operations
from tests.assets.intake.made_files import canonical_csv, write
from tests.assets.test_quarantine_replay import House
from tests.dashboard.conftest import Visitor
from tests.dashboard.stage import key_space, stage
from tests.dashboard.test_dashboard_stewardship import _aside, _open
from tests.serving.alias_server import AliasServer

pytestmark = pytest.mark.browser
VITALS = {"Heart rate": "118", "Breathing rate": "27", "Systolic pressure": "98", "Temperature": "38.9",
          "Oxygen saturation": "90"}  # fmt: skip


@pytest.fixture(scope="module")
def house(browser, fresh_database, valkey_url, tmp_path_factory, pytestconfig):
    """A hospital of its own with queues and schedules, a registry whose alias can be moved, and a parked row."""
    registry, home = AliasServer(), tmp_path_factory.mktemp("day")
    registry.version = 1
    dsn = fresh_database()
    settings = Settings(
        home=home, api_port=ports.find_free(), database_url=dsn, redis_url=key_space(valkey_url, 7),
        mlflow_url=registry.address, is_mfa_required=False,
    )  # fmt: skip
    with stage(settings, cache=pytestconfig.cache.mkdir("dashboard")) as running:
        seed_operations(running.engine, seed=3)
        # The first page names six who wait: at a busy hour of the simulated day more would come before her.
        few = "SELECT entry_seq FROM queue_entry WHERE state = 'waiting' ORDER BY entry_seq DESC LIMIT 3"
        with running.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE queue_entry SET state = 'closed', ended_at = now() "
                    f"WHERE state = 'waiting' AND entry_seq NOT IN ({few})"
                )
            )
        pipeline = House(home, running.engine.url.render_as_string(hide_password=False), "redis://127.0.0.1:1/0")
        import_file(write(home / "ward.csv", canonical_csv({}, {"age_years": "444"})), settings=pipeline.settings)
        _aside(pipeline.look)
        _aside(pipeline.make, ["2024-03"])
        yield running, registry, pipeline
    registry.close()


@pytest.fixture
def people(house, browser):
    """Whoever works there that day; they leave before the house closes, however the day went."""
    made = Visitor(browser, house[0])
    try:
        yield made
    finally:
        made.leave()
    assert made.complaints == []


def test_a_day_from_the_door_to_the_registry(house, people):
    _, registry, pipeline = house
    nurse = people.of(Role.NURSE, path="/register")
    doctor = people.of(Role.DOCTOR, path="/overview")
    counted = doctor.locator("dl.kpis > *").filter(has_text="Registrations, last 24 h")
    expect(counted).to_contain_text("96")

    # Register: a person whom the hospital does not know, and her visit; the doctor's screen counts it by itself.
    nurse.get_by_label("Given name").fill("Ada")
    nurse.get_by_label("Family name").fill("Byron")
    nurse.get_by_label("Birth date").fill("1955-12-10")
    nurse.get_by_role("button", name="Enter patient").click()
    expect(nurse.get_by_text(re.compile("^Entered as pat_"))).to_be_visible()
    number = nurse.get_by_label("Patient number").input_value()
    assert number.startswith("pat_")
    nurse.get_by_label("Facility").fill("Main")
    nurse.get_by_label("Condition").first.fill("Pneumonia")
    nurse.get_by_label("Age").first.fill("70")
    nurse.get_by_label("Sex", exact=True).select_option("female")
    nurse.get_by_label("Acuity (ESI)").select_option("3")
    nurse.get_by_label("Diastolic pressure").fill("60")
    nurse.get_by_label("Other illnesses").fill("2")
    for label, value in VITALS.items():
        nurse.get_by_label(label).fill(value)
    nurse.get_by_role("button", name="Register").click()
    expect(nurse.get_by_role("status").filter(has_text="is stored")).to_be_visible()
    expect(counted).to_contain_text("97")

    # Triage: the vital signs make level 3 a level 2; she stands on the doctor's first page at once.
    nurse.goto("/queue")
    nurse.get_by_label("Patient number").fill(number)
    nurse.get_by_label("Acuity (ESI)").select_option("3")
    for label, value in VITALS.items():
        nurse.get_by_label(label).fill(value)
    nurse.get_by_role("button", name="Add to the queue").click()
    added = nurse.get_by_role("status").filter(has_text="level 2")
    expect(added).to_be_visible()
    ticket = re.search(r"\b[A-Z]\d+\b", added.inner_text()).group()
    waiting = doctor.get_by_role("region", name="Waiting now")
    # Between word boundaries: a pseudonym is random letters, and may have a ticket's in the middle.
    of_ticket = re.compile(rf"\b{ticket}\b")
    expect(waiting.get_by_role("row", name=of_ticket)).to_contain_text("Level 2")

    # Call, undo, call again: the nurse's board follows.
    doctor.get_by_label("Your desk or room").fill("Room 9")
    for _ in range(10):
        doctor.get_by_role("button", name="Call next").click()
        called = doctor.get_by_role("status").filter(has_text="was called")
        expect(called).to_be_visible()
        if of_ticket.search(called.inner_text()):
            break
    row = nurse.get_by_role("region", name="Waiting").get_by_role("row", name=of_ticket)
    expect(row).to_contain_text("Room 9")
    doctor.get_by_role("button", name=f"Undo, {ticket}").first.click()
    expect(row).to_contain_text("Waiting")
    doctor.get_by_role("button", name="Call next").click()
    expect(row).to_contain_text("Called")

    # Assess, record, prescribe: the call opened the chart.
    doctor.goto(f"/charts?patient={number}")
    expect(doctor.get_by_role("heading", name="Byron, Ada")).to_be_visible()
    risk = doctor.locator("section", has=doctor.get_by_role("heading", name="Risk of the last visit"))
    expect(risk).to_contain_text("Neural network")
    expect(risk).to_contain_text("Random forest")
    expect(doctor.get_by_text("Community-acquired pneumonia of adults")).to_be_visible()
    doctor.get_by_label("Medicine").fill("Amoxicillin")
    doctor.get_by_label("Dose").fill("1 g")
    doctor.get_by_label("How to take it").fill("three times a day for five days")
    doctor.get_by_role("button", name="Prescribe").click()
    expect(doctor.get_by_text("Amoxicillin 1 g")).to_be_visible()
    doctor.get_by_label("What is to be done").fill("Second set of vital signs")
    doctor.get_by_label("Due").fill("2020-01-01T08:00")
    doctor.get_by_role("button", name="Plan it").click()
    expect(doctor.get_by_role("button", name="Done: Second set of vital signs")).to_be_visible()

    # The nurse finds the task on her first page and does it.
    nurse.goto("/overview")
    nurse.get_by_role("button", name="Done: Second set of vital signs, Byron, Ada").click()
    expect(nurse.get_by_role("button", name=re.compile("Second set of vital signs"))).to_have_count(0)

    # Discharge: an entry of its kind, and the visit completed in the line.
    doctor.get_by_label("Kind", exact=True).select_option("discharge")
    doctor.get_by_label(re.compile("^Title(?! of)")).fill("Home with antibiotics")
    doctor.get_by_label("Text").fill("Review by the family doctor in two days.")
    doctor.get_by_role("button", name="Save").click()
    history = doctor.locator("section", has=doctor.get_by_role("heading", name="History"))
    expect(history).to_contain_text("Home with antibiotics")
    expect(history).to_contain_text("Discharge")
    doctor.goto("/queue")
    doctor.get_by_role("button", name=f"Begin, {ticket}").first.click()
    doctor.get_by_role("button", name=f"Complete, {ticket}").first.click()
    ending = doctor.get_by_role("dialog")
    ending.get_by_role("radio", name="Home").check()
    ending.get_by_role("button", name="Complete").click()
    expect(doctor.get_by_role("row", name=of_ticket)).to_have_count(0)

    # Book the review.
    nurse.goto("/booking")
    nurse.get_by_label("Patient number").fill(number)
    nurse.locator(".time").first.click()
    nurse.get_by_role("button", name="Confirm").click()
    expect(nurse.get_by_role("cell", name=number)).to_be_visible()

    # Promote a model: the card is signed first, then assessments use it.
    admin = people.of(Role.ADMIN, path="/models")
    admin.get_by_role("button", name="Model card of version 2").click()
    card = admin.get_by_role("dialog")
    card.get_by_role("button", name="Fill empty fields with the drafts").click()
    card.get_by_label("Owner").fill("Clinical safety lead")
    card.get_by_role("button", name="Sign").click()
    expect(card).to_contain_text("Nothing is empty.")
    card.get_by_role("button", name="Close").click()
    admin.get_by_role("button", name="Promote version 2").click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Better calibrated on the last quarter")
    dialog.get_by_role("button", name="Promote", exact=True).click()
    expect(admin.get_by_text("Version 2 is the champion")).to_be_visible(timeout=30_000)
    assert registry.version == 2

    # Fix a parked row and replay its month.
    steward = people.of(Role.STEWARD, path="/quality")
    parked = _open(steward, 3)
    parked.get_by_label("Age").fill("44")
    parked.get_by_label("Reason").fill("Asked the ward, typed twice")
    parked.get_by_role("button", name="Save correction").click()
    expect(parked).to_have_count(0)
    steward.get_by_role("button", name="Replay affected months").click()
    status = steward.get_by_role("status").filter(has_text="of 1 month made")
    # The wish is written down: what looked for it before would make the month as it was.
    expect(status).to_contain_text("Waiting for the pipeline")
    _aside(pipeline.look)
    _aside(pipeline.make, ["2024-03"])
    expect(status).to_contain_text("Done, every row accounted for", timeout=15_000)
