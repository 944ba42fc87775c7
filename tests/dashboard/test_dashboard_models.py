"""The whole way of a version to champion in the browser: card, request, second person, history, return, alarm."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert, select

from core import clock
from core.db.tables import ModelMonitoring, UserAccount
from core.embedded import ports
from core.ids import new_uuid
from core.settings import Settings
from core.vocabulary import Role
from tests.dashboard.conftest import PHONE, Visitor
from tests.dashboard.stage import PASSWORD, key_space, stage
from tests.dashboard.test_dashboard_access import _faults, _settled
from tests.serving import releases
from tests.serving.alias_server import AliasServer

pytestmark = pytest.mark.browser
SECOND = "second.admin@hospital.example"
LOOK = {
    "weeks": [
        {"starts": "2026-11-09", "n": 412, "mean_probability_high": 0.18, "expected_accuracy": 0.81, "n_outcomes": 140,
         "accuracy": 0.794, "shifts": [{"name": "heart_rate", "psi": 0.31, "n": 412, "has_moved": True}]},
    ],
    "lasting": ["heart_rate"],
    "population": {"n_predicted": 900, "n_outcomes": 640, "accuracy": None, "auroc": {"value": 0.941},
                   "ece": {"value": 0.02}, "brier": None},
    "served": {"n_predicted": 40, "n_outcomes": 12, "accuracy": None, "auroc": None, "ece": None, "brier": None},
    "shadow": {"version": 2, "n": 412, "agreement": 0.96, "higher": 0.03, "lower": 0.01, "mean_difference": 0.02,
               "n_outcomes": 250, "accuracy_gain": {"value": 0.012, "low": -0.004, "high": 0.028}},
    "suggestions": ["heart_rate has been distributed otherwise than at training for 2 weeks"],
}  # fmt: skip


@pytest.fixture(scope="module")
def governed(browser, fresh_database, valkey_url, tmp_path_factory, pytestconfig):
    """A hospital where two people must agree, with a registry whose alias can be moved, and a second administrator."""
    registry = AliasServer()
    registry.version = 1
    settings = Settings(
        home=tmp_path_factory.mktemp("governed"),
        api_port=ports.find_free(),
        database_url=fresh_database(),
        redis_url=key_space(valkey_url, 8),
        mlflow_url=registry.address,
        is_mfa_required=False,
        needs_four_eyes=True,
    )
    with stage(settings, cache=pytestconfig.cache.mkdir("dashboard")) as running:
        with running.engine.begin() as connection:
            known = connection.execute(select(UserAccount.password_hash).limit(1)).scalar_one()
            account = {"user_id": new_uuid(), "email": SECOND, "display_name": "Ines Roth", "role": "admin",
                       "password_hash": known, "is_active": True, "created_at": clock.now()}  # fmt: skip
            connection.execute(insert(UserAccount), [account])
            look = {"version": 1, "dagster_run_id": "run", "suggests_retrain": True, "report": LOOK}
            connection.execute(insert(ModelMonitoring).values(**look, measured_at=clock.now()))
        yield running, registry
    registry.close()


@pytest.fixture
def people(browser, governed):
    made = Visitor(browser, governed[0])
    yield made
    made.leave()
    assert made.complaints == []


def test_a_version_goes_from_an_empty_card_over_a_second_person_to_champion_and_back(people, governed):
    _, registry = governed
    page = people.of(Role.ADMIN, path="/models")
    page.get_by_role("button", name="Promote version 2").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Better calibrated on the last quarter")
    dialog.get_by_role("button", name="Promote", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("the card of version 2 is empty at developer")
    dialog.get_by_role("button", name="Cancel").click()

    page.get_by_role("button", name="Model card of version 2").click()
    card = page.get_by_role("dialog")
    expect(card).to_contain_text("29 attributes are empty")
    card.get_by_role("button", name="Fill empty fields with the drafts").click()
    card.get_by_label("Owner").fill("Clinical safety lead")
    card.get_by_role("button", name="Sign").click()
    expect(card).to_contain_text("Nothing is empty.")
    expect(card).to_contain_text("Clinical safety lead, signed by Tomasz Nowak")
    card.get_by_role("button", name="Close").click()

    page.get_by_role("button", name="Promote version 2").click()
    dialog.get_by_label("Reason").fill("Better calibrated on the last quarter")
    dialog.get_by_role("button", name="Promote", exact=True).click()
    expect(dialog).to_contain_text("Waiting for a second person")
    expect(dialog).to_contain_text("Version 2 is not champion yet.")
    assert registry.moves == []
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Withdraw the request for version 2")).to_be_visible()
    expect(page.get_by_role("button", name="Approve version 2")).to_have_count(0)

    other = people.stranger()
    assert other.request.post("/api/auth/login", data={"email": SECOND, "password": PASSWORD}).ok
    other.goto("/models")
    other.get_by_role("button", name="Approve version 2").click()
    expect(other.get_by_text("Version 2 is the champion")).to_be_visible(timeout=30_000)
    assert registry.version == 2
    history = other.get_by_role("region", name="Champion at a moment")
    expect(history.get_by_role("row").nth(1)).to_contain_text("Ines Roth")
    expect(other.get_by_text("Version 2 was champion then.")).to_be_visible()
    other.get_by_label("Day and time").fill("2020-01-01T00:00")
    expect(other.get_by_text("No version was champion then.")).to_be_visible()

    other.get_by_role("button", name="Roll back").click()
    back = other.get_by_role("dialog")
    back.get_by_label("Reason").fill("It over-calls the old")
    back.get_by_role("button", name="Roll back").click()
    expect(other.get_by_text("Version 1 is the champion")).to_be_visible(timeout=30_000)
    assert registry.version == 1


def test_a_lasting_drift_is_shown_with_the_retrain_that_it_suggests(people):
    page = people.of(Role.ML_ENGINEER, path="/models")
    panel = page.locator("section", has=page.get_by_role("heading", name="Drift and live skill"))
    expect(panel).to_contain_text("A retrain is suggested")
    expect(panel.get_by_role("row").nth(1)).to_contain_text("0.810")
    expect(panel.get_by_role("row").nth(1)).to_contain_text("0.794")
    expect(panel).to_contain_text("Version 2 in the shadow")
    expect(panel).to_contain_text("heart rate, PSI 0.31")


def test_a_version_that_the_gate_rejected_and_somebody_moved_in_the_registry_is_an_alarm_on_the_page(people, governed):
    hospital, registry = governed
    seed = "11" * 32  # rejected before a byte is looked at
    releases.put_release(hospital.engine, 3, seed_hex=seed, verdict="REJECT")
    registry.version = 3
    page = people.of(Role.ADMIN, path="/models")
    # The application looks at the alias every ten seconds; the alarm reaches the open page by itself.
    expect(page.get_by_role("alert")).to_contain_text("The gate rejected version 3", ignore_case=True, timeout=30_000)
    row = page.get_by_role("region", name="Champion at a moment").get_by_role("row", name=re.compile("Refused"))
    expect(row).to_contain_text("3")
    for viewport in (None, PHONE):
        if viewport:
            page.set_viewport_size(viewport)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            _settled(page)
            assert _faults(page) == []
    page.get_by_role("button", name="Model card of version 3").click()
    expect(page.get_by_role("dialog")).to_contain_text("Filled by the run")
    assert _faults(page) == []
