"""What a forecast looks like when it leaves this room: frozen values that `dataclasses.asdict` turns into JSON.

Belongs here: result shapes and how periods are written. Does not belong here: how any number in them is computed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Vector = NDArray[np.float64]

#: z of the two-sided 80 % and 95 % intervals of a normal distribution.
Z80 = 1.2815515655446004
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Path:
    """A model's answer for one series: `mean` and standard deviation `sd` per step ahead, in counts.

    Parameters
    ----------
    mean, sd : numpy.ndarray, shape (horizon,)
    model : str
        The model that made it.
    notes : tuple of str
        What a reader should know (not converged, shortened history, …).
    parameters : tuple of float
        Fitted parameters, for a warm start next month; empty when the model has none.
    """

    mean: Vector
    sd: Vector
    model: str
    notes: tuple[str, ...] = ()
    parameters: tuple[float, ...] = ()


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
    """

    series_id: str
    model: str
    freq: str
    steps: tuple[ForecastStep, ...]
    refused: str | None = None
    notes: tuple[str, ...] = ()
    parameters: tuple[float, ...] = ()


def period_text(period: pd.Period) -> str:
    """Write a period as the whole house does: "2026-11", "2026-W48" (ISO week) or "2026-11-24"."""
    code = period.freqstr[0]
    if code == "M":
        return f"{period.year:04d}-{period.month:02d}"
    if code == "W":
        year, week, _ = period.end_time.isocalendar()
        return f"{year:04d}-W{week:02d}"
    return f"{period.year:04d}-{period.month:02d}-{period.day:02d}"


def steps_of(mean: Vector, bounds: dict[str, Vector], last: pd.Period) -> tuple[ForecastStep, ...]:
    """Put means and bounds on the calendar after `last`: none below zero, lo95 ≤ lo80 ≤ mean ≤ hi80 ≤ hi95."""
    centre = np.maximum(mean, 0.0)
    lo80, lo95 = (np.clip(bounds[name], 0.0, None) for name in ("lo80", "lo95"))
    lo80 = np.minimum(lo80, centre)
    lo95 = np.minimum(lo95, lo80)
    hi80 = np.maximum(bounds["hi80"], centre)
    hi95 = np.maximum(bounds["hi95"], hi80)
    return tuple(
        ForecastStep(
            step=step + 1,
            period=period_text(last + step + 1),
            mean=float(centre[step]),
            lo80=float(lo80[step]),
            hi80=float(hi80[step]),
            lo95=float(lo95[step]),
            hi95=float(hi95[step]),
        )
        for step in range(len(centre))
    )


def normal_bounds(path: Path) -> dict[str, Vector]:
    """Bounds of a normal distribution around the path: mean ± z·sd."""
    return {
        "lo80": path.mean - Z80 * path.sd,
        "hi80": path.mean + Z80 * path.sd,
        "lo95": path.mean - Z95 * path.sd,
        "hi95": path.mean + Z95 * path.sd,
    }
