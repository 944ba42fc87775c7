"""The known risk: what can be seen decides, and the ceiling is a ceiling."""

import numpy as np
import pandas as pd
import pytest

from core.vocabulary import RISK_CLASSES, RISK_OF_OUTCOME
from ml.synthetic import Hospital, generate_hospital, risk_probabilities

LABELS = {str(outcome): [str(c) for c in RISK_CLASSES].index(level) for outcome, level in RISK_OF_OUTCOME.items()}


def _labels(frame: pd.DataFrame) -> np.ndarray:
    return frame["outcome"].map(LABELS).to_numpy(dtype=float)


def test_true_probabilities_can_be_computed_from_what_is_seen(hospital: Hospital) -> None:
    p = risk_probabilities(hospital.registrations)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert (p >= 0).all()
    assert p.max(axis=1).mean() == pytest.approx(hospital.truth["bayes_accuracy"], abs=1e-12)
    np.testing.assert_allclose(p.mean(axis=0), list(hospital.truth["class_shares"].values()), atol=1e-12)


def test_the_class_mix_is_as_promised_and_the_ceiling_leaves_room(hospital: Hospital) -> None:
    low, moderate, high = hospital.truth["class_shares"].values()
    assert (low, moderate, high) == pytest.approx((0.62, 0.27, 0.11), abs=0.02)
    assert 0.85 <= hospital.truth["bayes_accuracy"] <= 0.9


def test_the_likeliest_class_reaches_the_ceiling_within_chance(hospital: Hospital) -> None:
    frame = hospital.registrations
    p, label = risk_probabilities(frame), _labels(frame)
    known = ~np.isnan(label)
    right = (p.argmax(axis=1) == label)[known].mean()
    ceiling = hospital.truth["bayes_accuracy"]
    assert abs(right - ceiling) < 4 * np.sqrt(ceiling * (1 - ceiling) / known.sum())


def test_outcomes_are_calibrated_to_the_true_probabilities(hospital: Hospital) -> None:
    p, label = risk_probabilities(hospital.registrations), _labels(hospital.registrations)
    known = ~np.isnan(label)
    for column in range(3):
        for low in np.arange(0, 1, 0.1):
            bucket = known & (p[:, column] >= low) & (p[:, column] < low + 0.1)
            n = bucket.sum()
            if n > 200:
                mean = p[bucket, column].mean()
                share = (label[bucket] == column).mean()
                assert abs(share - mean) < 4.5 * np.sqrt(mean * (1 - mean) / n) + 1e-9


def test_earlier_visits_carry_signal(hospital: Hospital) -> None:
    whole = hospital.registrations
    alone = whole.drop_duplicates("patient_id", keep="last")
    with_history = risk_probabilities(whole)[alone.index]
    without = risk_probabilities(alone)
    assert (with_history[:, 2] >= without[:, 2] - 1e-12).all()
    assert (with_history[:, 2] > without[:, 2] + 0.05).mean() > 0.03


def test_unknown_outcomes_are_only_those_still_to_come(hospital: Hospital) -> None:
    frame = hospital.registrations
    open_rows = frame[frame["outcome"].isna()]
    assert 0 < len(open_rows) < 0.01 * len(frame)
    assert (open_rows["registered_at"] > pd.Timestamp("2026-10-05", tz="UTC")).all()


def test_the_ceiling_does_not_depend_on_the_seed() -> None:
    end = pd.Timestamp("2026-10-31").date()
    ceilings = [
        generate_hospital(patients=8000, years=3, seed=seed, end=end).truth["bayes_accuracy"] for seed in range(3)
    ]
    assert max(ceilings) - min(ceilings) < 0.01
