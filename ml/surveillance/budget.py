"""How many alerts a week may cost, and how many were worth it.

Belongs here: the false-discovery budget over all conditions of a week, and the ranking; pure functions. Does not belong
here: detection, what became of the alerts (`ml.dispositions`).
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError

ALERT_COLUMNS: Final = (
    "week", "rank", "series_id", "count", "expected", "excess", "p_exceed", "q_value", "level",
)  # fmt: skip
#: Carried along where the judgement knows them (`reporting.with_completion`).
_CARRIED: Final = ("complete_share", "estimate", "estimate_low", "estimate_high")


def weekly_alerts(judged: pd.DataFrame, *, budget: float, dependent: bool = False) -> pd.DataFrame:
    """Pick and rank each week's alerts so that the expected share of false ones among them is at most `budget`.

    Parameters
    ----------
    judged : DataFrame
        Result of `detect` or `detect_together`: series_id, week, count, expected, p_exceed, level.
    budget : float
        False-discovery rate per week, over all conditions; between 0 and 1. On data without any surge it is the
        probability of any alert in a week.
    dependent : bool
        True divides the budget by 1 + 1/2 + … + 1/m (Benjamini & Yekutieli 2001), which holds under any dependence
        between conditions; False is Benjamini & Hochberg 1995, for independent or positively dependent ones.

    Returns
    -------
    DataFrame
        `ALERT_COLUMNS`: weeks in the order of their first appearance, in each week the strongest alert first
        (smallest p_exceed, then largest excess). `q_value` is the smallest budget that would have let the alert pass.
        The excess is that of the final count where one is estimated; the estimate and its share come along.

    Raises
    ------
    InputError
        If the budget is not between 0 and 1.
    """
    if not 0.0 < budget < 1.0:
        raise InputError(f"budget {budget} is not allowed; it lies between 0 and 1")
    known = judged.loc[judged["p_exceed"].notna()].copy()
    final = known["estimate"] if "estimate" in known else known["count"]
    known["excess"] = final.astype("float64") - known["expected"]
    weeks = known.groupby("week", sort=False)
    q_values = weeks["p_exceed"].transform(lambda p: _q_values(p.to_numpy(dtype=np.float64), dependent=dependent))
    known["q_value"] = q_values.astype("float64")
    known["week_order"] = weeks.ngroup()
    chosen = known.loc[known["q_value"] <= budget]
    chosen = chosen.sort_values(["week_order", "p_exceed", "excess"], ascending=[True, True, False], kind="stable")
    chosen = chosen.assign(rank=chosen.groupby("week_order").cumcount() + 1)
    carried = [name for name in _CARRIED if name in chosen]
    return chosen[[*ALERT_COLUMNS, *carried]].reset_index(drop=True)


def _q_values(p: NDArray[np.float64], *, dependent: bool) -> NDArray[np.float64]:
    number = p.size
    order = np.argsort(p, kind="stable")
    penalty = float((1.0 / np.arange(1, number + 1)).sum()) if dependent else 1.0
    stepped = p[order] * number * penalty / np.arange(1, number + 1)
    adjusted = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    out = np.empty(number)
    out[order] = adjusted
    return out
