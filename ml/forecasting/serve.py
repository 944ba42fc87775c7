"""One series in, one forecast out: what the other rooms call.

Belongs here: the result put together. Does not belong here: models (models.py), panels and files (panel.py).
"""

import pandas as pd

from ml.forecasting.auto import Answer
from ml.forecasting.models import AUTO, answer_of
from ml.forecasting.results import Forecast, steps_of


def forecast_series(
    counts: pd.Series, *, horizon: int, model: str = AUTO, series_id: str = "", start: tuple[float, ...] = ()
) -> Forecast:
    """Forecast one series.

    Parameters
    ----------
    counts : pandas.Series
        Counts ≥ 0 on a complete PeriodIndex of months, weeks or days.
    horizon : int
        Periods ahead, 1 and more.
    model : str
        "auto" or the name of one model (`models.MODELS`, "structural").
    series_id : str
    start : tuple of float, optional
        `Forecast.parameters` of the last run of the same series and model.

    Raises
    ------
    InputError
        A broken calendar or count (see `seasons.counts_of`), an unknown model, a horizon below 1.
    """
    answer = answer_of(counts, model=model, horizon=horizon, start=start)
    return forecast_of(answer, counts.index, series_id=series_id)


def forecast_of(answer: Answer, index: pd.Index, *, series_id: str) -> Forecast:
    """Put an answer on the calendar after `index`."""
    periods = pd.PeriodIndex(index)
    path = answer.path
    return Forecast(
        series_id=series_id,
        model=path.model,
        freq=periods.freqstr[0],
        steps=steps_of(path, periods[-1]),
        refused=answer.refused,
        notes=path.notes,
        parameters=path.parameters,
        record=answer.record,
    )
