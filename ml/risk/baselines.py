"""What a hospital could do without our model: NEWS2, acuity, logistic regression.

Belongs here: baselines fitted on the same training rows. Does not belong here: judging by them (`gate`).

`logistic_regression` takes what is at the bedside (age, sex, acuity, comorbidities, vital signs) and is to be beaten;
`logistic_regression_full` takes the ensemble's own matrix, and shows what the two members add to a linear model.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from core.vocabulary import VITAL_COLUMNS
from ml.risk.preprocessing import Prepared

#: What a logistic regression at the bedside sees.
BEDSIDE: Final = ("age_years", "is_female", "is_male", "acuity", "comorbidity_count", *VITAL_COLUMNS)
#: Pseudo-counts: a score never seen in training gets the overall shares.
_PRIOR_ROWS: Final = 5.0
_HIGHEST_NEWS2: Final = 20
#: Acuity 1 to 5, and 0 where it was not given.
_HIGHEST_ACUITY: Final = 5


def baseline_probabilities(prepared: Prepared, positions: NDArray[np.intp]) -> dict[str, NDArray[np.float64]]:
    """Return the (n, 3) probabilities of each baseline for the rows at `positions`.

    `news2` and `acuity` give each score the class shares that it had in the training rows; the two regressions are
    described above.
    """
    fit = prepared.parts.fit
    labels = prepared.labels[fit]
    found: dict[str, NDArray[np.float64]] = {}
    for name, column, highest in (
        ("news2", "news2_score", _HIGHEST_NEWS2),
        ("acuity", "acuity", _HIGHEST_ACUITY),
    ):
        scores = np.nan_to_num(prepared.rows[column].to_numpy(dtype=float)).astype(np.intp).clip(0, highest)
        found[name] = _score_shares(scores[fit], labels, highest)[scores[positions]]
    bedside = [prepared.encoder.columns.index(name) for name in BEDSIDE]
    for name, columns in (("logistic_regression", bedside), ("logistic_regression_full", slice(None))):
        matrix = prepared.matrix[:, columns]
        regression = LogisticRegression(max_iter=1000).fit(matrix[fit], labels)
        found[name] = regression.predict_proba(matrix[positions])
    return found


def _score_shares(scores: NDArray[np.intp], labels: NDArray[np.intp], highest: int) -> NDArray[np.float64]:
    """Class shares by score, drawn to the overall shares where there are few rows."""
    counts = np.zeros((highest + 1, 3))
    np.add.at(counts, (scores, labels), 1)
    overall = counts.sum(axis=0) / counts.sum()
    return (counts + _PRIOR_ROWS * overall) / (counts.sum(axis=1, keepdims=True) + _PRIOR_ROWS)
