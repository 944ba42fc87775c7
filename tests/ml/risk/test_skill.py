"""The ensemble as it is released, against the known ceiling of a synthetic hospital."""

from datetime import date

import pytest

from core.vocabulary import Verdict
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
    verdict = judge(report.flat(), None, report.baselines())
    assert verdict.verdict is Verdict.PROMOTE, verdict.reasons
