"""What a forecast looks like when it leaves this room: frozen values that `dataclasses.asdict` turns into JSON.

Belongs here: result shapes and how periods are written. Does not belong here: how any number in them is computed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

#: z of the two-sided 80 % and 95 % intervals of a normal distribution.
Z80 = 1.2815515655446004
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Bounds:
    """Lower and upper bounds of the two intervals per step ahead, in counts, each of shape (horizon,)."""

    lo80: Vector
    hi80: Vector
    lo95: Vector
    hi95: Vector


@dataclass(frozen=True)
class Path:
    """A model's answer for one series, in counts per step ahead.

    Parameters
    ----------
    mean : numpy.ndarray, shape (horizon,)
    bounds : Bounds
    model : str
        The model that made it.
    notes : tuple of str
        What a reader should know (not converged, shortened history, …).
    parameters : tuple of float
        Fitted parameters, for a warm start next month; empty when the model has none.
    """

    mean: Vector
    bounds: Bounds
    model: str
    notes: tuple[str, ...] = ()
    parameters: tuple[float, ...] = ()


@dataclass(frozen=True)
class Record:
    """How the served model did on this series from earlier origins, beside the seasonal naive forecast.

    Parameters
    ----------
    origins, periods : int
        Number of origins, and of periods scored from them.
    mae, naive_mae : float
        In counts.
    mase : float or None
        In units of the in-sample seasonal naive error of the whole history; None for a constant history.
    skill : float or None
        1 - mae / naive_mae.
    coverage80, coverage95 : float
        Share of the scored counts inside the intervals as they would have been given then.
    """

    origins: int
    periods: int
    mae: float
    naive_mae: float
    mase: float | None
    skill: float | None
    coverage80: float
    coverage95: float


@dataclass(frozen=True)
class ForecastStep:
    """One period ahead; bounds are never below zero, since counts are not."""

    step: int
    period: str
    mean: float
    lo80: float
    hi80: float
    lo95: float
    hi95: float


@dataclass(frozen=True)
class Forecast:
    """A forecast of one series.

    Parameters
    ----------
    series_id : str
    model : str
        The model that made the steps; another than the one asked for where `refused` says why.
    freq : str
        "M", "W" or "D".
    steps : tuple of ForecastStep
    refused : str or None
        Why the model asked for is not served.
    notes : tuple of str
    parameters : tuple of float
        For `start=` of next month's refit.
    record : Record or None
        The served model's own past on this series; None where it is too short, or the model was asked for by name.
    """

    series_id: str
    model: str
    freq: str
    steps: tuple[ForecastStep, ...]
    refused: str | None = None
    notes: tuple[str, ...] = ()
    parameters: tuple[float, ...] = ()
    record: Record | None = None


def period_text(period: pd.Period) -> str:
    """Write a period as the whole house does: "2026-11", "2026-W48" (ISO week) or "2026-11-24"."""
    code = period.freqstr[0]
    if code == "M":
        return f"{period.year:04d}-{period.month:02d}"
    if code == "W":
        year, week, _ = period.end_time.isocalendar()
        return f"{year:04d}-W{week:02d}"
    return f"{period.year:04d}-{period.month:02d}-{period.day:02d}"


def ordered(mean: Vector, bounds: Bounds) -> tuple[Vector, Bounds]:
    """No count below zero, and lo95 ≤ lo80 ≤ mean ≤ hi80 ≤ hi95."""
    centre = np.maximum(mean, 0.0)
    lo80 = np.clip(bounds.lo80, 0.0, centre)
    hi80 = np.maximum(bounds.hi80, centre)
    return centre, Bounds(lo80, hi80, np.clip(bounds.lo95, 0.0, lo80), np.maximum(bounds.hi95, hi80))


def normal_bounds(mean: Vector, sd: Vector) -> Bounds:
    """Bounds of a normal distribution: mean ± z·sd."""
    return Bounds(mean - Z80 * sd, mean + Z80 * sd, mean - Z95 * sd, mean + Z95 * sd)


def steps_of(path: Path, last: pd.Period) -> tuple[ForecastStep, ...]:
    """Put a path on the calendar after the period `last`."""
    mean, bounds = ordered(path.mean, path.bounds)
    columns = zip(mean, bounds.lo80, bounds.hi80, bounds.lo95, bounds.hi95, strict=True)
    return tuple(
        ForecastStep(step, period_text(last + step), *(float(value) for value in values))
        for step, values in enumerate(columns, start=1)
    )
