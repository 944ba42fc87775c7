"""Drift: twenty clean weeks are silent, a planted shift is found in two; live skill needs outcomes after training."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from ml.features import build_risk_features
from ml.risk import MediSyncInsightsModel, TrainingConfig
from ml.risk.drift import compare, lasting, reference
from ml.risk.monitoring import LEAST_OUTCOMES, look
from ml.stability import LEAST_ROWS
from ml.synthetic import generate_hospital


@pytest.fixture(scope="module")
def hospital():
    """Three years to train on, and half a year that comes after."""
    made = generate_hospital(patients=5000, years=3, seed=3, end=date(2026, 10, 31)).registrations
    features = build_risk_features(made, history=made.iloc[:0])
    cut = pd.Timestamp("2026-05-31T00:00Z")
    return features[features["registered_at"] < cut], features[features["registered_at"] >= cut]


@pytest.fixture(scope="module")
def model(hospital):
    model = MediSyncInsightsModel(config=TrainingConfig(epochs=2, trees=30, depth=6))
    model.preprocess_data(hospital[0])
    return model.train_models()


@pytest.fixture(scope="module")
def known(model):
    return reference(model)


def weeks_of(rows, count):
    """Chunks of as many rows as a week has, in time order."""
    size = max(LEAST_ROWS, len(rows) // count)
    return [rows.iloc[start : start + size] for start in range(0, size * count, size)]


def shifts_of(model, known, weeks):
    return [compare(known, week, model.consensus_frame(week)["probability_high"].to_numpy()) for week in weeks]


def test_twenty_clean_weeks_raise_no_alarm(hospital, model, known):
    drawn = hospital[0][hospital[0]["registered_at"] > "2025-06-01"].sample(frac=1, random_state=7)
    found = shifts_of(model, known, weeks_of(drawn, 20))
    assert len(found) == 20
    assert all(week for week in found)
    assert [lasting(found[: upto + 1]) for upto in range(20)] == [()] * 20


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("age_years", lambda values: values + 18),
        ("spo2_pct", lambda values: values.where(np.arange(len(values)) % 2 == 0)),
        ("condition", lambda values: values.where(np.arange(len(values)) % 3 == 0, "A new illness")),
    ],
)
def test_a_planted_shift_is_found_within_two_weeks_and_named(hospital, model, known, name, change):
    drawn = hospital[0][hospital[0]["registered_at"] > "2025-06-01"].sample(frac=1, random_state=7)
    clean = weeks_of(drawn, 20)
    shifted = [week.assign(**{name: change(week[name])}) for week in clean[:2]]
    found = shifts_of(model, known, clean[:2] + shifted)
    assert lasting(found[:3]) == (), "one week is not enough"
    assert name in lasting(found)


def test_too_few_rows_say_nothing(hospital, model, known):
    assert compare(known, hospital[1].iloc[: LEAST_ROWS - 1], np.zeros(LEAST_ROWS - 1)) == ()


def test_live_skill_counts_only_what_came_after_training_and_suggests_when_it_falls(hospital, model, known):
    past, later = hospital
    bundle = model.to_bundle({})
    now = later["registered_at"].max()
    asked = {"trained_until": past["registered_at"].max(), "now": now, "held_out_auroc": 0.9}
    nothing = pd.DataFrame({f"probability_{name}": [] for name in ("low", "moderate", "high")} | {"risk_label": []})
    rows = pd.concat([past, later])
    found = look(bundle, known, rows, nothing, **asked)
    assert found.population.n_predicted == len(later)
    assert found.population.n_outcomes == int(later["risk_label"].notna().sum()) >= LEAST_OUTCOMES
    assert found.population.auroc.low < found.population.auroc.value < found.population.auroc.high
    assert found.served.n_outcomes == 0
    assert found.served.auroc is None
    assert 6 <= len(found.weeks) <= 8
    assert not any("AUROC" in words for words in found.suggestions)
    swapped = later.assign(risk_label=later["risk_label"].sample(frac=1, random_state=1).to_numpy())
    fallen = look(bundle, known, pd.concat([past, swapped]), nothing, **asked)
    assert any("AUROC" in words for words in fallen.suggestions)


def test_served_answers_meet_their_outcomes(hospital, model, known):
    past, later = hospital
    said = model.consensus_frame(later)
    served = said[["probability_low", "probability_moderate", "probability_high"]].assign(
        risk_label=later["risk_label"]
    )
    found = look(
        model.to_bundle({}), known, later, served,
        trained_until=past["registered_at"].max(), now=later["registered_at"].max(), held_out_auroc=0.9,
    )  # fmt: skip
    assert found.served.n_outcomes == found.population.n_outcomes
    assert found.served.auroc.value == pytest.approx(found.population.auroc.value, abs=1e-3)
