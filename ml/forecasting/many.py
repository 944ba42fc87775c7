"""Forecasts of many series at once: together where they share a calendar, in processes where a model is slow.

Belongs here: how a panel is cut into pieces of work. Does not belong here: reading it (panel.py), models, the rule.
"""

import multiprocessing
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pandas as pd

from core.errors import InputError
from ml.forecasting.auto import forecast_cohort
from ml.forecasting.models import AUTO, STRUCTURAL, find
from ml.forecasting.panel import SeriesError
from ml.forecasting.results import Forecast
from ml.forecasting.seasons import counts_of, grain_of
from ml.forecasting.serve import forecast_of, forecast_series

#: A second process has to import statsmodels first: it pays from so many series on.
WORTH_A_PROCESS = 60
#: Models that take tens of milliseconds and more a series.
SLOW = ("sarima", "ets", "auto_arima", "combination")
#: Series given to a process at once.
BATCH = 16

Progress = Callable[[int], None]


def forecast_many(
    series: Mapping[str, pd.Series],
    *,
    horizon: int,
    model: str = AUTO,
    starts: Mapping[str, tuple[float, ...]] | None = None,
    processes: int = 1,
    progress: Progress | None = None,
) -> tuple[tuple[Forecast, ...], tuple[SeriesError, ...]]:
    """Forecast every series; one that fails does not keep the others from theirs.

    Parameters
    ----------
    series : mapping of str to pandas.Series
        As for `forecast_series`.
    horizon : int
    model : str
    starts : mapping of str to tuple of float, optional
        `Forecast.parameters` of last month, by series, for a warm start.
    processes : int
        How many processes a slow model may use.
    progress : callable, optional
        Called with the number of series done, now and then.

    Returns
    -------
    tuple of (forecasts in the order of `series`, errors)

    Raises
    ------
    InputError
        `unknown_model`, `invalid_horizon`.
    """
    if horizon < 1:
        raise InputError(f"horizon {horizon}; 1 and more is allowed", code="invalid_horizon")
    tell = progress or (lambda _: None)
    if model in (AUTO, STRUCTURAL):
        done = _together(series, horizon=horizon, may_refuse=model == AUTO, tell=tell)
    else:
        find(model)
        work = [(name, counts, (starts or {}).get(name, ())) for name, counts in series.items()]
        used = processes if model in SLOW and len(work) >= WORTH_A_PROCESS else 1
        done = _one_by_one(work, horizon=horizon, model=model, processes=used, tell=tell)
    answers = [done[name] for name in series]
    forecasts = tuple(one for one in answers if isinstance(one, Forecast))
    return forecasts, tuple(one for one in answers if isinstance(one, SeriesError))


def _together(
    series: Mapping[str, pd.Series], *, horizon: int, may_refuse: bool, tell: Progress
) -> dict[str, Forecast | SeriesError]:
    """Forecast series that cover the same periods as one matrix."""
    done: dict[str, Forecast | SeriesError] = {}
    cohorts: dict[tuple[str, int, int], list[str]] = defaultdict(list)
    for name, counts in series.items():
        try:
            counts_of(counts)
        except InputError as error:
            done[name] = SeriesError(name, error.code, error.message)
        else:
            periods = pd.PeriodIndex(counts.index)
            cohorts[periods.freqstr, int(periods.asi8[0]), len(counts)].append(name)
    for names in cohorts.values():
        index = pd.PeriodIndex(series[names[0]].index)
        matrix = np.array([counts_of(series[name]) for name in names])
        answers = forecast_cohort(matrix, index, grain=grain_of(index), horizon=horizon, may_refuse=may_refuse)
        for name, answer in zip(names, answers, strict=True):
            done[name] = forecast_of(answer, index, series_id=name)
        tell(len(done))
    return done


def _one_by_one(
    work: list[tuple[str, pd.Series, tuple[float, ...]]], *, horizon: int, model: str, processes: int, tell: Progress
) -> dict[str, Forecast | SeriesError]:
    """Forecast each series on its own, in several processes when there are enough of them."""
    done: dict[str, Forecast | SeriesError] = {}
    task = partial(_forecast_one, horizon=horizon, model=model)
    if processes < 2:
        for name, answer in map(task, work):
            done[name] = answer
            tell(len(done))
        return done
    # Spawned, not forked: the parent may hold threads of BLAS or of an orchestrator.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        for name, answer in pool.map(task, work, chunksize=BATCH):
            done[name] = answer
            tell(len(done))
    return done


def _forecast_one(
    job: tuple[str, pd.Series, tuple[float, ...]], *, horizon: int, model: str
) -> tuple[str, Forecast | SeriesError]:
    name, counts, start = job
    try:
        return name, forecast_series(counts, horizon=horizon, model=model, series_id=name, start=start)
    except InputError as error:
        return name, SeriesError(name, error.code, error.message)
