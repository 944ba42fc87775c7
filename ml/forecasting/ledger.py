"""The promise ledger's arithmetic: frozen forecasts beside what came, and how often they held.

Belongs here: scores over promises, per kind, horizon and series. Does not belong here: where promises are kept
(`core.db.tables.outlook`), forecasting, publishing.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from ml.forecasting import scores
from ml.forecasting.results import Vector

Kept = Literal["kept80", "kept95", "broken", "open", "none"]

#: `live` promises were shown to people when they were made; `replayed` ones never were. They are never pooled.
KINDS: Final = ("live", "replayed")
#: Horizons that the calendar of kept and broken promises shows.
CALENDAR_STEPS: Final = (1, 3, 6, 12)
CALENDAR_MONTHS: Final = 24
#: Below so many scored promises a coverage says little: the check waits.
LEAST_SCORED: Final = 100
#: Tolerances of the check: nominal share ± this.
TOLERANCES: Final = {"coverage80": (0.80, 0.05), "coverage95": (0.95, 0.03)}


@dataclass(frozen=True)
class Score:
    """Promises of one group that have come due.

    Parameters
    ----------
    scored : int
        Promises whose month is over and counted.
    coverage80, coverage95 : float or None
        Share of the counts inside the intervals; None before the first.
    wis : float or None
        Mean weighted interval score, in counts, from the mean (as median) and both intervals.
    mase : float or None
        Mean absolute error in units of each series' in-sample seasonal naive error at the time.
    skill : float or None
        1 - error / error of the seasonal naive forecast frozen beside each promise.
    """

    scored: int
    coverage80: float | None
    coverage95: float | None
    wis: float | None
    mase: float | None
    skill: float | None


@dataclass(frozen=True)
class StepScore:
    """One horizon, in months ahead."""

    step: int
    score: Score


@dataclass(frozen=True)
class SeriesScore:
    """One series, with the model of its newest promise."""

    series_id: str
    model: str
    score: Score


@dataclass(frozen=True)
class CalendarRow:
    """What became of one series' promises made `step` months before each month of the calendar."""

    series_id: str
    step: int
    states: tuple[Kept, ...]


@dataclass(frozen=True)
class KindLedger:
    """All promises of one kind."""

    kind: str
    promised: int
    still_open: int
    first_as_of: str | None
    last_as_of: str | None
    served: Score
    #: SARIMA's promises, and what was served on exactly the same series, origins and months.
    baseline: Score
    served_beside_baseline: Score
    steps: tuple[StepScore, ...]
    series: tuple[SeriesScore, ...]
    months: tuple[str, ...]
    calendar: tuple[CalendarRow, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Ledger:
    """The published ledger: the two kinds side by side."""

    live: KindLedger
    replayed: KindLedger


def score_ledger(promises: pd.DataFrame, actuals: pd.DataFrame) -> Ledger:
    """Score promises against what came.

    Parameters
    ----------
    promises : DataFrame
        kind, role, made_at, as_of_month, series_id, step, month, mean, lo80, hi80, lo95, hi95, naive_mean, scale,
        model. Of several forecasts of one kind, role, series and as-of month the first made counts: a later one knew
        corrections that the first could not.
    actuals : DataFrame
        series_id, month, count: one row each.
    """
    known = actuals.rename(columns={"count": "actual"})[["series_id", "month", "actual"]]
    first = promises.sort_values("made_at", kind="stable").drop_duplicates(
        ["kind", "role", "series_id", "as_of_month", "step"]
    )
    table = first.merge(known, on=["series_id", "month"], how="left")
    live, replayed = (_ledger_of(kind, table[table["kind"] == kind]) for kind in KINDS)
    return Ledger(live, replayed)


def _ledger_of(kind: str, table: pd.DataFrame) -> KindLedger:
    served = table[table["role"] == "served"]
    baseline = table[table["role"] == "baseline"]
    keys = ["series_id", "as_of_month", "step"]
    beside = served.merge(baseline[keys], on=keys)
    total = score(served)
    steps = sorted(int(step) for step in served["step"].unique())
    months = tuple(sorted(served["month"].unique()))
    due = tuple(sorted(served.loc[served["actual"].notna(), "month"].unique()))[-CALENDAR_MONTHS:]
    shown = (*due, *[month for month in months if not due or month > due[-1]][:1])
    return KindLedger(
        kind=kind,
        promised=len(served),
        still_open=int(served["actual"].isna().sum()),
        first_as_of=min(served["as_of_month"], default=None),
        last_as_of=max(served["as_of_month"], default=None),
        served=total,
        baseline=score(baseline),
        served_beside_baseline=score(beside),
        steps=tuple(StepScore(step, score(served[served["step"] == step])) for step in steps),
        series=tuple(
            SeriesScore(str(name), str(part.sort_values("made_at")["model"].iloc[-1]), score(part))
            for name, part in served.groupby("series_id", sort=False)
        ),
        months=shown,
        calendar=_calendar(served, shown),
        warnings=tuple(warnings_of(total)),
    )


def score(table: pd.DataFrame) -> Score:
    """Score the promises of a table that have an actual count."""
    due = table[table["actual"].notna()]
    if due.empty:
        return Score(0, None, None, None, None, None)
    actual, mean = _floats(due, "actual"), _floats(due, "mean")
    low80, high80, low95, high95 = (_floats(due, name) for name in ("lo80", "hi80", "lo95", "hi95"))
    error, naive_error = np.abs(actual - mean), np.abs(actual - _floats(due, "naive_mean"))
    scale = _floats(due, "scale")
    has_scale = scale > 0
    return Score(
        scored=len(due),
        coverage80=scores.coverage(actual, low80, high80),
        coverage95=scores.coverage(actual, low95, high95),
        wis=scores.wis(actual, mean, {0.2: (low80, high80), 0.05: (low95, high95)}),
        mase=float(np.mean(error[has_scale] / scale[has_scale])) if has_scale.any() else None,
        skill=scores.skill(float(error.mean()), float(naive_error.mean())),
    )


def warnings_of(total: Score) -> list[str]:
    """Say which coverage left its tolerance; nothing while fewer than LEAST_SCORED promises came due."""
    if total.scored < LEAST_SCORED:
        return []
    found: list[str] = []
    for name, (nominal, tolerance) in TOLERANCES.items():
        value = float(getattr(total, name))
        if abs(value - nominal) > tolerance:
            found.append(
                f"{name} is {value:.3f} over {total.scored} promises; {nominal - tolerance:.2f} to "
                f"{nominal + tolerance:.2f} is promised"
            )
    return found


def _calendar(served: pd.DataFrame, months: tuple[str, ...]) -> tuple[CalendarRow, ...]:
    states = np.select(
        [
            served["actual"].isna(),
            served["actual"].between(served["lo80"], served["hi80"]),
            served["actual"].between(served["lo95"], served["hi95"]),
        ],
        ["open", "kept80", "kept95"],
        "broken",
    )
    marked = served.assign(state=states)
    rows: list[CalendarRow] = []
    for step in CALENDAR_STEPS:
        for name, part in marked[marked["step"] == step].groupby("series_id", sort=False):
            by_month: dict[str, Kept] = dict(zip(part["month"], part["state"], strict=True))
            rows.append(CalendarRow(str(name), step, tuple(by_month.get(month, "none") for month in months)))
    return tuple(rows)


def _floats(table: pd.DataFrame, name: str) -> Vector:
    return table[name].to_numpy(dtype=np.float64)
