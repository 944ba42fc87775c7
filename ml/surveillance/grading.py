"""A detector grades itself: outbreaks injected into the hospital's own counts, and what became of them.

Belongs here: injection into given series and the grades. Does not belong here: simulated baselines (`simulate`),
publishing the grades.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from ml.surveillance.detector import DEFAULT_ALPHA, DEFAULT_METHOD, detect, judge_series
from ml.surveillance.exceedance import NAME as EXCEEDANCE
from ml.surveillance.simulate import OUTBREAK_SIZES, add_outbreak, draw_outbreak
from ml.surveillance.together import TOGETHER, detect_together

Floats = NDArray[np.float64]

#: A size counts as visible when at least this share of its outbreaks is detected.
VISIBLE_POD: Final = 0.5
_YEAR: Final = 52


@dataclass(frozen=True)
class SizeGrade:
    """Outbreaks of one size: share detected, mean days from onset to alarm among them, cases of the mean outbreak."""

    size: float
    injected: int
    pod: float
    days_to_detect: float | None
    cases: float


@dataclass(frozen=True)
class Grade:
    """One condition. `fpr` is the share of the last year's weeks, as they were, that raise an alarm."""

    series_id: str
    weeks: int
    fpr: float
    sizes: tuple[SizeGrade, ...]
    smallest_size: float | None
    smallest_cases: float | None


def grade_detector(
    baseline: pd.DataFrame,
    *,
    rng: np.random.Generator,
    sizes: Sequence[float] = OUTBREAK_SIZES,
    injections: int = 20,
    alpha: float = DEFAULT_ALPHA,
    method: str = DEFAULT_METHOD,
) -> tuple[Grade, ...]:
    """Inject outbreaks into the last year of each series and report what the detector makes of them.

    Parameters
    ----------
    baseline : DataFrame
        series_id, week, count: the hospital's own weekly counts, in time order.
    sizes : sequence of float
        In standard deviations of the last year's counts; an outbreak of size k adds Poisson(k sd) cases, at least one,
        spread log-normally over about three weeks.
    injections : int
        Outbreaks of each size, one at a time, at random weeks of the last year.
    method : str
        One of `detector.METHODS`, or `TOGETHER`: then a condition's weights are those of its past without the outbreak.

    Returns
    -------
    tuple of Grade
        In the order of the series; a series of less than two years, or without a report in the last one, is left out.

    Raises
    ------
    InputError
        If there is no size, or a size or the number of injections is not positive.
    """
    if not sizes or min(sizes) <= 0 or injections < 1:
        raise InputError(
            f"sizes {tuple(sizes)}, {injections} injections; at least one of each, all above 0, is allowed"
        )
    together = method == TOGETHER
    judged = (
        detect_together(baseline, alpha=alpha, newest=_YEAR)
        if together
        else detect(baseline, alpha=alpha, method=method, newest=_YEAR)
    )
    grades: list[Grade] = []
    for series, rows in baseline.groupby("series_id", sort=False).indices.items():
        part = baseline.iloc[rows]
        last_year = judged.iloc[rows].tail(_YEAR)
        if len(part) < 2 * _YEAR or not bool(last_year["p_exceed"].notna().any()):
            continue
        counts = part["count"].to_numpy(dtype=np.float64)
        weight = judged["weight"].iloc[rows].fillna(1.0).to_numpy() if together else np.ones(len(part))
        exam = _Exam(str(series), part["week"].tolist(), counts, weight, alpha, EXCEEDANCE if together else method)
        found = tuple(exam.grade(size, injections, rng) for size in sizes)
        visible = [one for one in found if one.pod >= VISIBLE_POD]
        smallest = min(visible, key=lambda one: one.size) if visible else None
        known = last_year.loc[last_year["p_exceed"].notna(), "alarm"]
        grades.append(
            Grade(
                series_id=str(series),
                weeks=len(known),
                fpr=float(known.mean()),
                sizes=found,
                smallest_size=smallest.size if smallest else None,
                smallest_cases=smallest.cases if smallest else None,
            )
        )
    return tuple(grades)


@dataclass(frozen=True)
class _Exam:
    series: str
    weeks: list[object]
    counts: Floats
    weight: Floats
    alpha: float
    method: str

    def grade(self, size: float, injections: int, rng: np.random.Generator) -> SizeGrade:
        deviation = max(float(np.nanstd(self.counts[-_YEAR:])), 0.5)
        delays: list[int] = []
        cases = 0
        for _ in range(injections):
            start = int(rng.integers(len(self.counts) - _YEAR, len(self.counts) - 2))
            outbreak = draw_outbreak(start=start, sd=deviation, size=size, last=len(self.counts) - 1, rng=rng)
            cases += int(outbreak.cases.sum())
            alarms = self._alarms(add_outbreak(self.counts, outbreak), outbreak.weeks)
            if alarms.any():
                delays.append(int(np.argmax(alarms)))
        return SizeGrade(
            size=float(size),
            injected=injections,
            pod=len(delays) / injections,
            days_to_detect=7.0 * float(np.mean(delays)) if delays else None,
            cases=cases / injections,
        )

    def _alarms(self, counts: Floats, during: slice) -> NDArray[np.bool_]:
        stop = min(during.stop, len(counts))
        judged = judge_series(
            self.weeks[:stop],
            pd.Series(counts[:stop]),
            self.series,
            alpha=self.alpha,
            method=self.method,
            newest=stop - during.start,
        )
        if self.method != EXCEEDANCE:
            return judged["alarm"][during.start : stop].astype(np.bool_)
        p_exceed = judged["p_exceed"][during.start : stop].astype(np.float64)
        return np.nan_to_num(p_exceed, nan=1.0) <= self.alpha * self.weight[during.start : stop]
