"""Risk, data quality, models, system: the pages beside the overview."""

import re

import pytest
from playwright.sync_api import expect

from core.vocabulary import Role
from tests.dashboard.stage import PASSWORD

pytestmark = pytest.mark.browser


def _fill(page, **values):
    for label, value in values.items():
        page.get_by_label(label.replace("_", " ")).fill(value)


def test_an_assessment_shows_level_votes_reasons_and_its_receipt(visitor):
    page = visitor.of(Role.DOCTOR, path="/risk")
    _fill(page, Age="81", Heart_rate="180", Systolic_pressure="124", Breathing_rate="24", Oxygen_saturation="88")
    _fill(page, Diastolic_pressure="80", Temperature="38,4", Other_illnesses="2")
    page.get_by_label("Sex").select_option("female")
    page.get_by_label("Acuity (ESI)").select_option("2")
    page.get_by_label("Condition", exact=True).fill("Influenza")
    page.get_by_role("button", name="Assess").click()
    result = page.get_by_role("status").filter(has_text="Model version 1")
    expect(result).to_contain_text(re.compile("High|Critical"))
    expect(result).to_contain_text("Neural network")
    expect(result).to_contain_text("Random forest")
    result.get_by_role("button", name="Receipt").click()
    expect(page.get_by_role("dialog")).to_contain_text("medisync-risk")


def test_a_value_outside_its_range_is_named_and_not_sent(visitor):
    page = visitor.of(Role.DOCTOR, path="/risk")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    _fill(page, Heart_rate="900")
    page.get_by_role("button", name="Assess").click()
    expect(page.get_by_text("Must be between 10 and 300.")).to_be_visible()
    expect(page.get_by_label("Heart rate")).to_have_attribute("aria-invalid", "true")
    assert sent == []


@pytest.mark.parametrize("path", ["/risk", "/register"])
def test_a_diastolic_pressure_above_the_systolic_one_is_said_at_both_fields_and_not_sent(visitor, path):
    page = visitor.of(Role.NURSE, path=path)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    _fill(page, Systolic_pressure="80", Diastolic_pressure="120")
    if path == "/register":
        _fill(page, Facility="North", Condition="Influenza")
        page.get_by_label("Patient number").first.fill("pressures-1")
    page.get_by_role("button", name="Assess" if path == "/risk" else "Register", exact=path == "/register").click()
    expect(page.get_by_text("Must be below the systolic pressure.")).to_be_visible()
    expect(page.get_by_text("Must be above the diastolic pressure.")).to_be_visible()
    expect(page.get_by_label("Diastolic pressure")).to_have_attribute("aria-invalid", "true")
    assert sent == []


def test_a_missing_input_makes_the_models_abstain_and_is_named(visitor):
    page = visitor.of(Role.NURSE, path="/risk")
    _fill(page, Heart_rate="90")
    page.get_by_role("button", name="Assess").click()
    result = page.get_by_role("status").filter(has_text="The models abstain")
    expect(result).to_contain_text("age (age_years) is missing")


def test_the_steward_sees_parked_rows_with_their_reasons(visitor):
    page = visitor.of(Role.STEWARD)
    row = page.get_by_role("row", name=re.compile("neiss_ed_visits.csv")).first
    expect(row).to_contain_text("age_implausible")
    expect(page.get_by_role("list", name="Reasons, all rows shown")).to_contain_text("20 age_implausible")
    expect(page.get_by_text("20 rows wait in quarantine")).to_be_visible()


def test_a_validation_run_opens_its_rules(visitor):
    page = visitor.of(Role.STEWARD)
    page.get_by_role("button", name=re.compile("^Rules of ")).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("age_years.plausible")
    expect(dialog).to_contain_text("Plausibility")


def test_only_the_administrator_may_move_the_champion(visitor):
    admin = visitor.of(Role.ADMIN, path="/models")
    expect(admin.get_by_role("button", name="Promote version 2")).to_be_visible()
    engineer = visitor.of(Role.ML_ENGINEER)
    expect(engineer.get_by_role("row", name=re.compile("Champion"))).to_contain_text("AUROC")
    expect(engineer.get_by_role("button", name=re.compile("^Promote"))).to_have_count(0)


def test_a_promotion_asks_for_a_reason_and_says_when_it_cannot_be_done(visitor):
    page = visitor.of(Role.ADMIN, path="/models")
    page.get_by_role("button", name="Promote version 2").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Promote", exact=True).click()
    expect(dialog.get_by_text("Needed.", exact=True)).to_be_visible()
    dialog.get_by_label("Reason").fill("Better calibrated on the last quarter")
    dialog.get_by_role("button", name="Promote", exact=True).click()
    # No model registry runs beside this application.
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Champion"))).to_have_count(1)


def test_a_return_to_the_champion_before_asks_for_a_reason(visitor):
    page = visitor.of(Role.ADMIN, path="/models")
    page.get_by_role("button", name="Roll back").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("no")
    dialog.get_by_role("button", name="Roll back").click()
    expect(dialog.get_by_text("At least five characters.")).to_be_visible()


def test_a_nurse_sees_who_waits_first_then_what_is_due_and_what_comes(visitor):
    page = visitor.of(Role.NURSE)
    panel = page.locator("section", has=page.get_by_role("heading", name="A day in the coming months"))
    expect(panel.get_by_role("listitem").first).to_contain_text(re.compile(r"\d\.\d\s*a day"))
    expect(panel.get_by_role("listitem").first).to_contain_text(re.compile(r"80 % \d"))
    titles = (
        "Waiting now", "Medication due", "To do", "The next hours", "Beds of the next eight hours",
        "A day in the coming months",
    )  # fmt: skip
    for place, title in enumerate(titles):
        expect(page.locator("section h2").nth(place)).to_have_text(title)


def test_the_administrator_sees_which_service_is_away(visitor):
    page = visitor.of(Role.ADMIN)
    expect(page.get_by_role("listitem").filter(has_text="PostgreSQL")).to_contain_text("Ready")
    expect(page.get_by_role("listitem").filter(has_text="Model registry").first).to_contain_text("Away")


def test_a_patient_gets_no_analytics(visitor):
    page = visitor.of(Role.PATIENT, path="/overview")
    page.wait_for_url("**/patient")
    expect(page.get_by_role("heading", name="Hello, Grace Lim")).to_be_visible()
    assert page.request.get("/api/analytics/").status == 403


def test_an_address_from_dagster_opens_the_receipt_and_one_from_mlflow_the_card(visitor):
    page = visitor.of(Role.ML_ENGINEER, path="/receipts/rcp_volume_forecast")
    page.wait_for_url("**/models")
    receipt = page.get_by_role("dialog")
    expect(receipt).to_contain_text("volume_forecast")
    expect(receipt.get_by_role("link", name=re.compile("^Dagster run"))).to_have_attribute(
        "href", re.compile("/runs/4b0f1c2e")
    )
    page.keyboard.press("Escape")
    expect(receipt).to_be_hidden()
    page.goto("/models?version=1")
    card = page.get_by_role("dialog")
    expect(card).to_contain_text("Model card")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    page.wait_for_url("**/models")
    row = page.get_by_role("row", name=re.compile("Champion"))
    expect(row.get_by_role("link", name=re.compile("MLflow|registry", re.I))).to_have_attribute(
        "href", re.compile("/models/medisync-risk/versions/1$")
    )
    asset = page.get_by_role("link", name="volume_forecast", exact=True)
    expect(asset).to_have_attribute("href", re.compile("/assets/"))


def test_a_link_to_a_receipt_survives_the_sign_in(visitor):
    page = visitor.stranger()
    page.goto("/receipts/rcp_surge_grade")
    page.get_by_label("E-mail").fill(visitor.hospital.emails[Role.STEWARD])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("dialog")).to_contain_text("surge_grade")
