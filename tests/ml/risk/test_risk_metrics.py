"""Our vectorised figures against scikit-learn's, their intervals, and what they mean at the edges."""

import numpy as np
import pytest
from sklearn import metrics as sk

from ml.risk.calibration import fit_temperature, isotonic
from ml.risk.consensus import fitted_weight
from ml.risk.metrics import measure, resamples
from ml.risk.utility import alert_burden, decision_curve

NAMES = ("low", "moderate", "high")


def draw(n: int, seed: int, sharpness: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from known probabilities; those are returned sharpened, so 1 is perfectly calibrated."""
    rng = np.random.default_rng(seed)
    truth = rng.dirichlet([0.6, 0.4, 0.3], n)
    labels = (rng.random(n)[:, None] > truth.cumsum(axis=1)).sum(axis=1).clip(max=2)
    shown = np.maximum(truth, 1e-9) ** sharpness
    return labels, np.round(shown / shown.sum(axis=1, keepdims=True), 3)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_figures_equal_scikit_learns(seed: int) -> None:
    labels, probabilities = draw(900, seed)
    found = measure(labels, probabilities, classes=NAMES, n_bootstrap=0)
    chosen = probabilities.argmax(axis=1)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(labels, chosen, average="weighted", zero_division=0)
    assert found.accuracy.value == pytest.approx(sk.accuracy_score(labels, chosen))
    assert found.precision.value == pytest.approx(precision)
    assert found.recall.value == pytest.approx(recall)
    assert found.f1.value == pytest.approx(f1)
    assert found.f1_macro.value == pytest.approx(sk.f1_score(labels, chosen, average="macro"))
    one_hot = np.eye(3)[labels]
    assert found.auroc.value == pytest.approx(sk.roc_auc_score(one_hot, probabilities, average="macro"), abs=1e-6)
    average = sk.average_precision_score(one_hot, probabilities, average="macro")
    assert found.auprc.value == pytest.approx(average, abs=1e-6)
    assert found.brier.value == pytest.approx(((probabilities - one_hot) ** 2).sum(axis=1).mean(), abs=1e-6)


def test_a_resample_by_weights_equals_the_repeated_rows() -> None:
    labels, probabilities = draw(300, 5)
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 300, 300)
    from ml.risk.metrics import _Scoring

    weights = np.bincount(rows, minlength=300).astype(np.float32)[None, :]
    weighted = _Scoring(labels, probabilities, probabilities.argmax(axis=1)).figures(weights)
    repeated = measure(labels[rows], probabilities[rows], classes=NAMES, n_bootstrap=0)
    for name in ("accuracy", "f1", "auroc", "auprc", "ece", "brier"):
        assert weighted[name][0] == pytest.approx(getattr(repeated, name).value, abs=1e-5), name


def test_the_interval_covers_the_known_accuracy_about_as_often_as_it_says() -> None:
    hits = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 2, 250)
        chosen = np.where(rng.random(250) < 0.8, labels, 1 - labels)
        found = measure(labels, np.eye(2)[chosen], classes=("a", "b"), n_bootstrap=120, seed=seed).accuracy
        hits += found.low <= 0.8 <= found.high
    assert 50 <= hits <= 60


def test_calibration_error_is_small_for_true_probabilities_and_large_for_sharpened_ones() -> None:
    labels, honest = draw(20_000, 7)
    _, boastful = draw(20_000, 7, sharpness=3)
    assert measure(labels, honest, classes=NAMES, n_bootstrap=0).ece.value < 0.015
    assert measure(labels, boastful, classes=NAMES, n_bootstrap=0).ece.value > 0.05


def test_temperature_mends_sharpened_probabilities() -> None:
    labels, boastful = draw(20_000, 9, sharpness=3)
    calibration = fit_temperature(boastful[:10_000], labels[:10_000])
    assert calibration.temperature == pytest.approx(3, rel=0.15)
    mended = measure(labels[10_000:], calibration.apply(boastful[10_000:]), classes=NAMES, n_bootstrap=0)
    before = measure(labels[10_000:], boastful[10_000:], classes=NAMES, n_bootstrap=0)
    assert mended.ece.value < before.ece.value / 3
    steps = isotonic(boastful[:10_000], labels[:10_000], boastful[10_000:])
    np.testing.assert_allclose(steps.sum(axis=1), 1)


def test_decisions_may_differ_from_the_likeliest_class() -> None:
    labels, probabilities = draw(200, 3)
    found = measure(labels, probabilities, decisions=labels, classes=NAMES, n_bootstrap=0)
    assert found.accuracy.value == 1
    assert found.class_recall["high"].value == 1
    assert found.auroc.value < 1


def test_a_class_that_never_occurs_has_no_recall_and_spoils_no_mean() -> None:
    labels, probabilities = draw(200, 3)
    found = measure(np.minimum(labels, 1), probabilities, classes=NAMES, n_bootstrap=10)
    assert np.isnan(found.class_recall["high"].value)
    assert np.isfinite(found.auroc.value)


def test_net_benefit_and_alert_burden_follow_their_definitions() -> None:
    event = np.array([True, True, False, False, False, False, False, False, False, False])
    probability = np.array([0.9, 0.05, 0.6, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01])
    half = next(point for point in decision_curve(event, probability) if point.threshold == 0.5)
    assert half.model.value == pytest.approx((1 - 1 * 1) / 10)
    assert half.all.value == pytest.approx(0.2 - 0.8)
    burden = alert_burden(event, probability > 0.5)
    assert (burden.alerts_per_100.value, burden.positive_predictive_value.value) == (20, 0.5)
    assert (burden.number_to_evaluate.value, burden.sensitivity.value) == (2, 0.5)
    assert np.isnan(alert_burden(event, probability > 1).number_to_evaluate.value)


def test_net_benefit_and_alert_burden_have_intervals_of_the_right_width() -> None:
    rng = np.random.default_rng(3)
    event, is_alert = rng.random(1000) < 0.2, rng.random(1000) < 0.3
    draws = list(resamples(1000, None, 400, 0))
    burden = alert_burden(event, is_alert, draws=draws)
    # The normal approximation of a share of 30 %, a hundredfold.
    assert burden.alerts_per_100.high - burden.alerts_per_100.low == pytest.approx(2 * 1.96 * 1.449, rel=0.15)
    assert burden.sensitivity.low < burden.sensitivity.value < burden.sensitivity.high
    for point in decision_curve(event, is_alert * 0.9, draws=draws):
        assert point.model.low < point.model.value < point.model.high
        assert point.all.low < point.all.value < point.all.high


def test_the_fitted_weight_goes_to_the_better_member() -> None:
    labels, good = draw(3000, 4)
    bad = np.random.default_rng(0).dirichlet([1, 1, 1], 3000)
    assert fitted_weight(good, bad, labels) > 0.8
    assert fitted_weight(bad, good, labels) < 0.2
