"""Farrington Flexible: each period against a quasi-Poisson regression on five earlier years.

Belongs here: the method of Noufaily et al. 2013 as R surveillance's `farringtonFlexible` runs it. Does not belong here:
short histories, frames, levels.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.surveillance.counts import tail_probability, upper_quantile
from ml.surveillance.quasipoisson import Fits, anscombe_weights, fit_batch
from ml.surveillance.timeline import Grain, season_offsets

Floats = NDArray[np.float64]

_BATCH = 256


@dataclass(frozen=True)
class FarringtonSettings:
    """Parameters of Noufaily et al. 2013, Statistics in Medicine 32(7):1206-1222.

    Attributes
    ----------
    years : int
        b, years of history.
    half_window : int
        w, periods either side of the same season that form the reference level.
    levels : int
        Levels of the seasonal factor, the reference level among them.
    excluded : int
        Newest periods left out, so that an outbreak in progress does not teach the baseline.
    threshold : float
        Anscombe residual above which a past period is down-weighted.
    least_cases, least_span : int
        Low-count guard (`limit54`): fewer cases than this in the newest `least_span` periods raise no alarm.
    """

    years: int = 5
    half_window: int = 3
    levels: int = 10
    excluded: int = 26
    threshold: float = 2.58
    least_cases: int = 5
    least_span: int = 4


SETTINGS: Final[dict[Grain, FarringtonSettings]] = {
    "week": FarringtonSettings(),
    "month": FarringtonSettings(half_window=1, levels=4, excluded=6, least_span=1),
}

#: Fewer years than this and the seasonal factor would rest on one visit to each season.
LEAST_YEARS: Final = 2


@dataclass(frozen=True)
class Predictions:
    """One step ahead, per period: mean, overdispersion, years of history used (0 where not judged)."""

    mean: Floats
    phi: Floats
    years: NDArray[np.int64]


def seasonal_layout(offsets: tuple[int, ...], settings: FarringtonSettings) -> NDArray[np.int64]:
    """Return the seasonal level of every period from the oldest reference window up to now.

    Parameters
    ----------
    offsets : tuple of int
        Periods back to the same season, 0 to b years ago.

    Returns
    -------
    ndarray of int, shape (offsets[-1] + w + 1,)
        0 is the level of the windows around the same season, 1 to levels - 1 the stretches between them, of equal
        length as far as it goes (longer ones first); the last element is now.
    """
    w, parts = settings.half_window, settings.levels - 1
    span = offsets[-1] + w + 1
    level = np.zeros(span, dtype=np.int64)
    for newer, older in pairwise(offsets):
        start = span - 1 - older + w + 1
        length = older - newer - 2 * w - 1
        if parts > 0 and length > 0:
            sizes = np.full(parts, length // parts) + (np.arange(parts) < length % parts)
            level[start : start + length] = np.repeat(np.arange(1, parts + 1), sizes)
    return level


def predict(
    counts: Floats, positions: NDArray[np.int64], *, grain: Grain, period: int, mondays: bool,
    settings: FarringtonSettings | None = None, least_years: int = LEAST_YEARS, since: int = 0,
) -> Predictions:  # fmt: skip
    """Predict every period from earlier ones.

    Parameters
    ----------
    counts : ndarray, shape (T,)
        Cases in consecutive periods; NaN for a period without a report, which teaches nothing.
    positions : ndarray of int, shape (T,)
        Consecutive.
    least_years : int
        Periods with fewer years of history than this are left to another method (mean NaN).
    since : int
        Periods before this index are left out (mean NaN).

    Notes
    -----
    log(mean) = level + trend x time; the trend is dropped with less than three years, when the fit with it does not
    converge, and when it foresees more than ever was observed; fitted twice, the second time with Anscombe weights.
    """
    chosen = settings or SETTINGS[grain]
    size = counts.size
    mean, phi = np.full(size, np.nan), np.full(size, np.nan)
    years = np.zeros(size, dtype=np.int64)
    layouts: dict[tuple[int, ...], list[int]] = {}
    for now in range(max(since, 0), size):
        offsets = season_offsets(int(positions[now]), years=chosen.years, period=period, mondays=mondays)
        reachable = [o for o in offsets if o + chosen.half_window <= now]
        if len(reachable) - 1 >= least_years:
            layouts.setdefault(tuple(reachable), []).append(now)
    for offsets, periods in layouts.items():
        for first in range(0, len(periods), _BATCH):
            nows = np.array(periods[first : first + _BATCH])
            mean[nows], phi[nows] = _predict_batch(counts, nows, offsets, chosen)
            years[nows] = len(offsets) - 1
    return Predictions(mean, phi, years)


def _predict_batch(
    counts: Floats, nows: NDArray[np.int64], offsets: tuple[int, ...], settings: FarringtonSettings
) -> tuple[Floats, Floats]:
    level = seasonal_layout(offsets, settings)[: -settings.excluded - 1]
    back = np.arange(level.size) - offsets[-1] - settings.half_window
    response = counts[nows[:, None] + back]
    present = ~np.isnan(response)
    response = np.where(present, response, 0.0)
    seasons = np.eye(settings.levels)[level]
    time = back / (offsets[-1] / (len(offsets) - 1))
    with_trend = np.broadcast_to(np.column_stack([seasons, time]), (nows.size, level.size, settings.levels + 1))
    without = with_trend[:, :, :-1]
    has_reference = (present & (level == 0)).any(axis=1)
    mean, phi = _two_pass(without, response, present, settings)[1:]
    if len(offsets) - 1 >= 3:
        fits, mean_trend, phi_trend = _two_pass(with_trend, response, present, settings)
        plausible = fits.converged & (mean_trend <= response.max(axis=1))
        mean, phi = np.where(plausible, mean_trend, mean), np.where(plausible, phi_trend, phi)
    return np.where(has_reference, mean, np.nan), np.where(has_reference, phi, np.nan)


def _two_pass(
    design: Floats, response: Floats, present: NDArray[np.bool_], settings: FarringtonSettings
) -> tuple[Fits, Floats, Floats]:
    first = fit_batch(design, response, present.astype(np.float64))
    weights = anscombe_weights(first, response, present, threshold=settings.threshold)
    second = fit_batch(design, response, weights)
    return second, np.exp(np.clip(second.beta[:, 0], -30.0, 30.0)), second.phi


def enough_cases(counts: Floats, settings: FarringtonSettings) -> NDArray[np.bool_]:
    """Say where the newest periods hold enough cases for an alarm (missing reports count as none)."""
    known = np.nan_to_num(counts)
    total = np.convolve(known, np.ones(settings.least_span))[: counts.size]
    return total >= settings.least_cases


def judge(
    counts: Floats, prediction: Predictions, *, alpha: float, settings: FarringtonSettings
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return P(Y >= count), the upper bound and the alarm, by the negative binomial plug-in (`nbPlugin`)."""
    p_exceed = tail_probability(counts, prediction.mean, prediction.phi)
    upper = upper_quantile(alpha, prediction.mean, prediction.phi)
    alarm = (counts > upper) & enough_cases(counts, settings)
    return p_exceed, upper, alarm
