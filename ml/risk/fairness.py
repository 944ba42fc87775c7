"""Whether the model serves every group: recall of high risk and calibration by sex and age band.

Belongs here: subgroup figures and gaps. Does not belong here: what the gate makes of them (`gate`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.vocabulary import AGE_BANDS, UNKNOWN_BAND
from ml.risk.metrics import Draws, Estimate, estimate, ratio_estimate, ratios

#: Fewer high-risk cases than this, and a group's recall says nothing: it is shown but not judged.
LEAST_CASES: Final = 20


@dataclass(frozen=True)
class Subgroup:
    """One group of the test part."""

    attribute: str
    group: str
    n: int
    high_count: int
    accuracy: Estimate
    recall_high: Estimate
    #: Mean predicted minus observed share of high risk: above 0 the group is over-called.
    calibration_gap: Estimate
    is_judged: bool


@dataclass(frozen=True)
class Fairness:
    """All subgroups and the worst of those that are judged.

    `worst_recall_high` is NaN where no group is judged; `recall_gap` is overall minus worst.
    """

    subgroups: tuple[Subgroup, ...]
    worst_group: str
    worst_recall_high: float
    recall_gap: Estimate


def age_bands(ages: NDArray[np.floating]) -> NDArray[np.str_]:
    """Return the band of each age in years; unknown ages form their own."""
    bands = np.full(len(ages), UNKNOWN_BAND, dtype="U12")
    for label, first, past in AGE_BANDS:
        bands[(ages >= first) & (ages < past)] = label
    return bands


def sexes(rows: pd.DataFrame) -> NDArray[np.str_]:
    """Return female, male, or other for both other and unknown, from the feature columns."""
    is_female, is_male = rows["is_female"].to_numpy() == 1, rows["is_male"].to_numpy() == 1
    return np.where(is_female, "female", np.where(is_male, "male", "other"))


def compare_groups(
    rows: pd.DataFrame,
    labels: NDArray[np.intp],
    decisions: NDArray[np.intp],
    high_probability: NDArray[np.floating],
    *,
    draws: Draws = (),
) -> Fairness:
    """Measure each sex and age band.

    Parameters
    ----------
    rows : pandas.DataFrame
        (n,) feature rows.
    labels, decisions : numpy.ndarray of int
        (n,) class indices; 2 is high.
    high_probability : numpy.ndarray
        (n,) of high risk.
    draws : sequence of numpy.ndarray
        Blocks of (b, n) resampling counts (`ml.risk.metrics.resamples`); without them intervals are NaN.
    """
    attributes = {"sex": sexes(rows), "age_band": age_bands(rows["age_years"].to_numpy(dtype=float))}
    is_high, is_hit = labels == 2, decisions == labels
    excess = high_probability - is_high
    members = {
        (attribute, str(group)): values == group
        for attribute, values in attributes.items()
        for group in np.unique(values)
    }
    found = [
        Subgroup(
            attribute=attribute,
            group=group,
            n=int(member.sum()),
            high_count=int((is_high & member).sum()),
            accuracy=ratio_estimate(is_hit & member, member, draws),
            recall_high=ratio_estimate(is_hit & is_high & member, is_high & member, draws),
            calibration_gap=ratio_estimate(excess * member, member, draws),
            is_judged=int((is_high & member).sum()) >= LEAST_CASES,
        )
        for (attribute, group), member in members.items()
    ]
    judged = [group for group in found if group.is_judged]
    if not judged:
        return Fairness(tuple(found), "", float("nan"), estimate(float("nan"), np.empty(0)))
    worst = min(judged, key=lambda group: group.recall_high.value)
    theirs = is_high & members[worst.attribute, worst.group]
    gaps = ratios(is_hit & is_high, is_high, draws) - ratios(is_hit & theirs, theirs, draws)
    name = f"{worst.attribute} {worst.group}"
    return Fairness(tuple(found), name, worst.recall_high.value, estimate(float(gaps[0]), gaps[1:]))
