"""What lies behind a generated hospital, as plain values for truth.json.

Belongs here: the summary of rates, outbreaks and risk. Does not belong here: drawing anything.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.vocabulary import RISK_CLASSES
from ml.synthetic.conditions import Condition
from ml.synthetic.counts import DailyCounts

OUTBREAK_DEFINITION = (
    "cases ~ Poisson(size x weekly_sd), spread from start by lognormal(0, 0.5) weeks; weekly_sd = sqrt(mean + "
    "cv^2 mean^2) of the undisturbed weekly count at the start (Noufaily et al. 2013)"
)


def risk_truth(probabilities: NDArray[np.float64]) -> dict[str, Any]:
    """Return the ceiling of accuracy and the mean share of each class; None where there is no row.

    Parameters
    ----------
    probabilities : ndarray, shape (rows, 3)
        True class probabilities.
    """
    if not len(probabilities):
        return {"bayes_accuracy": None, "class_shares": None}
    shares = probabilities.mean(axis=0).tolist()
    return {
        "bayes_accuracy": float(probabilities.max(axis=1).mean()),
        "class_shares": {str(level): share for level, share in zip(RISK_CLASSES, shares, strict=True)},
    }


def count_truth(conditions: Sequence[Condition], daily: DailyCounts) -> dict[str, Any]:
    """Return the outbreaks and the expected registrations per condition and calendar month.

    The first and last month cover only the days of the period.
    """
    days = np.arange(daily.expected.shape[1]).astype("timedelta64[D]") + np.datetime64(daily.first_day)
    months, starts = np.unique(days.astype("datetime64[M]").astype(str), return_index=True)
    monthly = np.round(np.add.reduceat(daily.expected, starts, axis=1), 4)
    return {
        "outbreak_definition": OUTBREAK_DEFINITION,
        "outbreaks": [
            asdict(outbreak) | {"start": outbreak.start.isoformat(), "end": outbreak.end.isoformat()}
            for outbreak in daily.outbreaks
        ],
        "rate_per_month": {
            condition.name: dict(zip(months.tolist(), monthly[row].tolist(), strict=True))
            for row, condition in enumerate(conditions)
        },
    }
