"""Fitting calibrations, and trying better ones as challengers.

Belongs here: fits on the validation part. Does not belong here: applying the served one (`ml.release.calibration`).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from ml.release.calibration import PROBABILITY_FLOOR, Calibration


def fit_temperature(probabilities: NDArray[np.floating], labels: NDArray[np.intp]) -> Calibration:
    """Fit temperature and class offsets by maximum likelihood.

    Parameters
    ----------
    probabilities : numpy.ndarray
        (n, 3) predictions for rows that the members were not trained on.
    labels : numpy.ndarray of int
        Their classes.

    Notes
    -----
    A small ridge on the offsets keeps the fit finite where a class is absent from few rows.
    """
    logits = np.log(np.maximum(probabilities, PROBABILITY_FLOOR))
    rows = np.arange(len(labels))

    def loss(parameters: NDArray[np.float64]) -> float:
        scaled = logits / np.exp(parameters[0]) + parameters[1:]
        top = scaled.max(axis=1, keepdims=True)
        log_sum = top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1))
        return float((log_sum - scaled[rows, labels]).mean() + 1e-4 * (parameters[1:] ** 2).sum())

    found = minimize(loss, np.zeros(4), method="L-BFGS-B", bounds=[(-2.3, 2.3), (-3, 3), (-3, 3), (-3, 3)])
    offsets = found.x[1:] - found.x[1:].mean()
    return Calibration(float(np.exp(found.x[0])), (float(offsets[0]), float(offsets[1]), float(offsets[2])))


def isotonic(
    fit: NDArray[np.floating], labels: NDArray[np.intp], probabilities: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return `probabilities` after isotonic regression of each class against the rest, renormalised: a challenger.

    It needs the fitted steps at serving and makes ties; the temperature is served unless this is clearly better.
    """
    columns = [
        IsotonicRegression(y_min=PROBABILITY_FLOOR, y_max=1.0, out_of_bounds="clip")
        .fit(fit[:, code], labels == code)
        .predict(probabilities[:, code])
        for code in range(fit.shape[1])
    ]
    stacked = np.column_stack(columns)
    return stacked / stacked.sum(axis=1, keepdims=True)
