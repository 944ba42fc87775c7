"""The ensemble as it is released, against the known ceiling of a synthetic hospital."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.vocabulary import RISK_CLASSES, VITAL_COLUMNS, Verdict
from ml.features import build_risk_features
from ml.risk import MediSyncInsightsModel, judge
from ml.synthetic import generate_hospital


@pytest.mark.slow
def test_the_ensemble_nears_the_ceiling_is_calibrated_and_passes_the_gate() -> None:
    hospital = generate_hospital(patients=6000, years=3, seed=5, end=date(2026, 10, 31))
    rows = hospital.registrations
    model = MediSyncInsightsModel()
    model.preprocess_data(build_risk_features(rows, history=rows.iloc[:0]))
    model.train_models()
    report = model.evaluate(n_bootstrap=0, has_challengers=False)
    found = report.models["ensemble"]
    assert found.accuracy.value >= 0.97 * hospital.truth["bayes_accuracy"]
    assert found.ece.value <= 0.03
    # A split vote is a reason to doubt: it is wrong far more often.
    assert report.accuracy_disagreed < report.accuracy_agreed - 0.15
    assert_abstaining_is_right(model, rows, report.models["ensemble"].brier.value)
    verdict = judge(report.flat(), None, report.baselines())
    assert verdict.verdict is Verdict.PROMOTE, verdict.reasons


def assert_abstaining_is_right(model: MediSyncInsightsModel, rows: pd.DataFrame, brier: float) -> None:
    """Where a required vital sign is missing, a score given all the same would be worse than those that are given."""
    prepared, rule = model.ensemble.prepared, model.ensemble.rule
    test = prepared.parts.test
    vitals = [name for name in rule.required_inputs if name in VITAL_COLUMNS]
    abstains = prepared.rows.iloc[test][vitals].isna().any(axis=1).to_numpy()
    truth = prepared.labels[test]
    is_found = model.ensemble.consensus(prepared.matrix[test]).levels == 2
    of_high = [is_found[(truth == 2) & chosen].mean() for chosen in (abstains, ~abstains)]
    assert of_high[0] < of_high[1], "high risk would be missed more often among those whom it abstains from"
    blind = build_risk_features(rows.assign(**dict.fromkeys(vitals, np.nan)), history=rows.iloc[:0])
    blind = blind.set_index("registration_id").loc[prepared.rows.iloc[test]["registration_id"]]
    said = model.consensus(blind)[[f"probability_{level}" for level in RISK_CLASSES]].to_numpy()
    assert ((said - np.eye(3)[truth]) ** 2).sum(axis=1).mean() > brier + 0.02
