"""Whether the model serves every group: recall of high risk and calibration by sex and age band.

Belongs here: subgroup figures and gaps. Does not belong here: what the gate makes of them (`gate`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.vocabulary import AGE_BANDS, UNKNOWN_BAND
from ml.risk.metrics import Estimate, estimate, resamples

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
    calibration_gap: float
    is_judged: bool


@dataclass(frozen=True)
class Fairness:
    """All subgroups and the worst of those that are judged.

    `worst_recall_high` is NaN where no group is judged; `recall_gap` is overall minus worst.
    """

    subgroups: tuple[Subgroup, ...]
    worst_group: str
    worst_recall_high: float
    recall_gap: float


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
    n_bootstrap: int,
    seed: int,
) -> Fairness:
    """Measure each sex and age band; `decisions` and `labels` are class indices, 2 is high."""
    attributes = {"sex": sexes(rows), "age_band": age_bands(rows["age_years"].to_numpy(dtype=float))}
    is_high, is_hit = labels == 2, decisions == labels
    found: list[Subgroup] = []
    for attribute, values in attributes.items():
        for group in np.unique(values):
            member = values == group
            high = is_high[member]
            found.append(
                Subgroup(
                    attribute=attribute,
                    group=str(group),
                    n=int(member.sum()),
                    high_count=int(high.sum()),
                    accuracy=_share(is_hit[member], n_bootstrap, seed),
                    recall_high=_share(is_hit[member][high], n_bootstrap, seed),
                    calibration_gap=float(high_probability[member].mean() - high.mean()),
                    is_judged=int(high.sum()) >= LEAST_CASES,
                )
            )
    judged = [group for group in found if group.is_judged]
    if not judged:
        return Fairness(tuple(found), "", float("nan"), float("nan"))
    worst = min(judged, key=lambda group: group.recall_high.value)
    overall = float(is_hit[is_high].mean())
    name = f"{worst.attribute} {worst.group}"
    return Fairness(tuple(found), name, worst.recall_high.value, overall - worst.recall_high.value)


def _share(hits: NDArray[np.bool_], n_bootstrap: int, seed: int) -> Estimate:
    if not len(hits):
        return Estimate(float("nan"), float("nan"), float("nan"))
    drawn = [(weights @ hits) / len(hits) for weights in resamples(len(hits), None, n_bootstrap, seed)]
    return estimate(float(hits.mean()), np.concatenate(drawn) if drawn else np.empty(0))
