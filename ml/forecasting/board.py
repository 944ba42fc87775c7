"""What is put on the board each month: of every series the served forecast, the named baseline, and what both are
measured by.

Belongs here: one call over all series, the rows to be frozen, replays from earlier months. Does not belong here: the
rule of what is served (auto.py), storage (assets/), scores of what came (ledger.py).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from core.errors import InputError
from ml.completeness import START_SLACK
from ml.forecasting import scores
from ml.forecasting.evaluation import Evaluation, evaluate_split
from ml.forecasting.many import forecast_many
from ml.forecasting.naive import seasonal_naive
from ml.forecasting.panel import SeriesError
from ml.forecasting.results import Forecast, Vector
from ml.forecasting.seasons import counts_of, grain_of

BASELINE: Final = "sarima"
#: The whole hospital among the series.
ALL: Final = "all"
SERVED_ROLE, BASELINE_ROLE = "served", "baseline"
#: A replay needs this much history before it, so that a season shows itself.
LEAST_HISTORY: Final = 36
ROW_COLUMNS: Final = (
    "role", "series_id", "step", "month", "mean", "lo80", "hi80", "lo95", "hi95", "naive_mean", "scale", "model",
    "data_sha256",
)  # fmt: skip


@dataclass(frozen=True)
class Posted:
    """One series on the board.

    Parameters
    ----------
    served : Forecast
        By the rule; `served.refused` says why the structural model is not what is served, `served.record` how the rule
        measured itself on earlier months of this series.
    baseline : Forecast or None
        SARIMA(1,1,1)(1,1,1,12); None where the history is too short for it, and `baseline_note` says so.
    split : Evaluation or None
        The baseline on the 70-30 split.
    naive_mean : numpy.ndarray, shape (horizon,)
    scale : float
        In-sample seasonal naive error.
    data_sha256 : str
        Over the months and counts that were known.
    """

    served: Forecast
    baseline: Forecast | None
    baseline_note: str | None
    split: Evaluation | None
    naive_mean: Vector
    scale: float
    data_sha256: str


def post(
    series: Mapping[str, pd.Series],
    *,
    horizon: int,
    baselines: frozenset[str] | None = None,
    with_split: bool = True,
    starts: Mapping[str, tuple[float, ...]] | None = None,
) -> tuple[tuple[Posted, ...], tuple[SeriesError, ...]]:
    """Forecast every series in one call, with the baseline beside it.

    Parameters
    ----------
    series : mapping of str to pandas.Series
        Counts on complete PeriodIndexes.
    horizon : int
    baselines : frozenset of str, optional
        Series that get a baseline too; all when left out.
    with_split : bool
        Whether the baseline is also scored on the 70-30 split.
    starts : mapping, optional
        Parameters of the last baselines, for a warm start.

    Returns
    -------
    tuple of (posted in the order of `series`, errors of the series that cannot be forecast)
    """
    served, errors = forecast_many(series, horizon=horizon)
    wanted = {name: series[name] for name in series if baselines is None or name in baselines}
    fitted, unfit = forecast_many(wanted, horizon=horizon, model=BASELINE, starts=starts)
    # A series too short for SARIMA comes back as another model: that is no baseline.
    by_name = {one.series_id: one for one in fitted if one.model == BASELINE}
    notes = {one.series_id: one.refused for one in fitted if one.model != BASELINE}
    notes |= {error.series_id: error.message for error in unfit}
    posted: list[Posted] = []
    for one in served:
        counts = series[one.series_id]
        values, season = counts_of(counts), grain_of(counts.index).season
        baseline = by_name.get(one.series_id)
        posted.append(
            Posted(
                served=one,
                baseline=baseline,
                baseline_note=notes.get(one.series_id),
                split=_split(counts) if with_split and baseline is not None else None,
                naive_mean=seasonal_naive(values, season=season, horizon=horizon).mean,
                scale=scores.seasonal_scale(values, season),
                data_sha256=counts_hash(counts),
            )
        )
    return tuple(posted), errors


def rows_of(posted: tuple[Posted, ...]) -> pd.DataFrame:
    """Return one row per role, series and step: ROW_COLUMNS."""
    rows: list[dict[str, Any]] = []
    for one in posted:
        for role, forecast in ((SERVED_ROLE, one.served), (BASELINE_ROLE, one.baseline)):
            if forecast is None:
                continue
            rows += [
                {
                    "role": role,
                    "series_id": forecast.series_id,
                    "step": step.step,
                    "month": step.period,
                    "mean": step.mean,
                    "lo80": step.lo80,
                    "hi80": step.hi80,
                    "lo95": step.lo95,
                    "hi95": step.hi95,
                    "naive_mean": float(one.naive_mean[step.step - 1]),
                    "scale": one.scale,
                    "model": forecast.model,
                    "data_sha256": one.data_sha256,
                }
                for step in forecast.steps
            ]
    return pd.DataFrame(rows, columns=list(ROW_COLUMNS))


def beside_the_whole(whole: pd.Series, conditions: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    """Return the whole hospital's series and its conditions'.

    A condition that is called like the whole is counted in it and not beside it.
    """
    return {ALL: whole, **{name: counts for name, counts in conditions.items() if name != ALL}}


def first_whole_month(since: pd.Timestamp) -> pd.Period:
    """Return the first month that is whole of registrations that begin at `since` (UTC); a first day may be quiet.

    A hospital that began on the 28th has no low month then, and no low season for all years to come.

    Examples
    --------
    >>> [str(first_whole_month(pd.Timestamp(day, tz="UTC"))) for day in ("2020-11-28", "2020-11-01T20:00")]
    ['2020-12', '2020-11']
    """
    month = pd.Period(since.tz_localize(None), freq="M")
    return month if since.tz_localize(None) <= month.start_time + START_SLACK else month + 1


def last_whole_month(until: pd.Timestamp) -> pd.Period:
    """Return the last month that is over at `until` (UTC).

    Examples
    --------
    >>> [str(last_whole_month(pd.Timestamp(day, tz="UTC"))) for day in ("2026-11-30T14:00", "2026-12-01")]
    ['2026-10', '2026-11']
    """
    return pd.Period(until.tz_localize(None), freq="M") - 1


def known_by(registrations: pd.DataFrame, month: pd.Period) -> dict[str, pd.Series]:
    """Return monthly series per condition and for all (`ALL`), of what was recorded by the end of `month`.

    The first month is left out when the registrations begin within it.

    Parameters
    ----------
    registrations : DataFrame
        registered_at, recorded_at (UTC; missing: recorded when it happened), condition.
    """
    end = (month + 1).start_time.tz_localize("UTC")
    recorded = registrations["recorded_at"].fillna(registrations["registered_at"])
    then = registrations[(registrations["registered_at"] < end) & (recorded < end)]
    if then.empty:
        return {}
    first = first_whole_month(then["registered_at"].min())
    if first > month:
        return {}
    months = pd.PeriodIndex(then["registered_at"].dt.tz_localize(None), freq="M")
    table = then.groupby([months, then["condition"].to_numpy()]).size().unstack(fill_value=0)
    table = table.reindex(pd.period_range(first, month, freq="M"), fill_value=0).astype("float64")
    return beside_the_whole(table.sum(axis=1), {str(name): table[name] for name in table.columns})


def counts_hash(counts: pd.Series) -> str:
    """Return the SHA-256 over the months and counts of a series."""
    text = ";".join(f"{period}={value:g}" for period, value in counts.items())
    return hashlib.sha256(text.encode()).hexdigest()


def _split(counts: pd.Series) -> Evaluation | None:
    try:
        return evaluate_split(counts, train_share=0.7, model=BASELINE)
    except InputError:
        return None
