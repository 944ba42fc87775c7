"""What a quiet period should bring: level, trend and season learnt from the years before, for any length of history.

Belongs here: our one-step-ahead baseline, a penalised log-linear regression for many periods at once. Does not belong
here: Farrington's baseline (`farrington`), evidence, alarms.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.surveillance.timeline import Grain

Floats = NDArray[np.float64]

_BATCH = 256
_MAX_STEPS = 30
_TOLERANCE = 1e-4  # of a coefficient, on the log scale: one part in ten thousand of the expected count


@dataclass(frozen=True)
class BaselineSettings:
    """How far back, what is left out, and how strongly each part is held to nothing.

    Attributes
    ----------
    years : int
        Length of history used; older counts say little about this year.
    excluded : int
        Newest periods left out, so that a surge does not teach its own baseline; with a short history a quarter of it.
    harmonics : int
        Sine and cosine pairs of the season.
    trend_sd, season_sd : float
        Prior standard deviations, on the log scale: of the trend per year, and of the first harmonic (the h-th: 1 / h).
    least_reports : int
        Fewer known periods than this and there is no judgement.
    threshold : float
        Anscombe residual above which a past period is down-weighted (as in Noufaily et al. 2013).
    level_cases : float
        Prior of the level: a gamma distribution worth this many cases and no time (Jeffreys: one half), so that zeros
        alone foresee little but not nothing.
    rounds : int
        Times that weights and fit are renewed; with few, large past surges hide one another (decision 0022).
    dispersion, dispersion_weight : float
        Prior guess of the overdispersion and how many periods it counts for.
    """

    years: int = 4
    excluded: int = 8
    harmonics: int = 2
    trend_sd: float = 0.3
    season_sd: float = 0.5
    least_reports: int = 5
    threshold: float = 2.58
    rounds: int = 6
    level_cases: float = 0.5
    dispersion: float = 1.2
    dispersion_weight: float = 8.0


SETTINGS: Final[dict[Grain, BaselineSettings]] = {
    "week": BaselineSettings(),
    "month": BaselineSettings(excluded=2),
}


@dataclass(frozen=True)
class Baseline:
    """One step ahead: mean, and overdispersion phi with the mean's own uncertainty in it; NaN where unknown."""

    mean: Floats
    phi: Floats


def foresee(counts: Floats, *, periods_per_year: float, settings: BaselineSettings, since: int = 0) -> Baseline:
    """Foresee every period from earlier ones.

    Parameters
    ----------
    counts : ndarray, shape (T,)
        Cases in consecutive periods, NaN for a missing report.
    periods_per_year : float
        52.18 for calendar weeks, 52 for years of 52 weeks, 12 for months.
    since : int
        Periods before this index are left out (NaN).

    Notes
    -----
    Posterior mode of log(mean) = level + trend + harmonics under a quasi-Poisson likelihood with normal priors around
    no trend and no season, by Newton steps; then `rounds` times again with weights that shrink the pull of past
    outbreaks. The variance of a new count is phi mean + mean^2 v, where v is the variance of log(mean): wide after few
    reports, so a short history warns less readily instead of needing another method.
    """
    size = counts.size
    mean, phi = np.full(size, np.nan), np.full(size, np.nan)
    rows = round(settings.years * periods_per_year)
    padded = np.concatenate([np.full(rows, np.nan), counts])
    for first in range(max(since, 0), size, _BATCH):
        nows = np.arange(first, min(first + _BATCH, size))
        window = padded[nows[:, None] + np.arange(rows)]
        mean[nows], phi[nows] = _foresee_batch(window, nows, periods_per_year, settings)
    return Baseline(mean, phi)


def _foresee_batch(
    window: Floats, nows: NDArray[np.int64], periods_per_year: float, settings: BaselineSettings
) -> tuple[Floats, Floats]:
    """`window` holds the periods before each of `nows`, oldest first."""
    back = np.arange(-window.shape[1], 0)
    held_back = np.minimum(settings.excluded, nows // 4)
    present = ~np.isnan(window) & (back < -held_back[:, None])
    response = np.where(present, window, 0.0)
    regression = _Regression(_columns(back / periods_per_year, settings.harmonics), _penalty(settings), settings)
    weights = present.astype(np.float64)
    phi = np.full(nows.size, settings.dispersion)
    beta, fitted, _ = regression.fit(response, weights, phi, None)
    phi = regression.dispersion(response, weights, fitted)
    normal = np.empty(0)
    for _ in range(settings.rounds):
        weights = _weights(response, present, fitted, phi, settings.threshold)
        beta, fitted, normal = regression.fit(response, weights, phi, beta)
        phi = regression.dispersion(response, weights, fitted)
    now = _columns(np.zeros(1), settings.harmonics)[0]
    mean = np.exp(np.clip(beta @ now, -12.0, 14.0))
    variance = phi * np.einsum("p,bpq,q->b", now, np.linalg.inv(normal), now)
    known = present.sum(axis=1) >= settings.least_reports
    return np.where(known, mean, np.nan), np.where(known, phi + mean * variance, np.nan)


def _columns(years: Floats, harmonics: int) -> Floats:
    angle = 2.0 * np.pi * np.arange(1, harmonics + 1) * years[:, None]
    season = np.stack([np.cos(angle), np.sin(angle)], axis=2).reshape(years.size, 2 * harmonics)
    return np.column_stack([np.ones(years.size), years, season])


def _penalty(settings: BaselineSettings) -> Floats:
    order = np.repeat(np.arange(1, settings.harmonics + 1), 2)
    return np.concatenate([[0.0, settings.trend_sd**-2], (settings.season_sd / order) ** -2])


def _weights(response: Floats, present: NDArray[np.bool_], fitted: Floats, phi: Floats, threshold: float) -> Floats:
    residual = 1.5 * (response ** (2 / 3) * fitted ** (-1 / 6) - np.sqrt(fitted)) / np.sqrt(phi)[:, None]
    relative = np.where(residual > threshold, np.maximum(residual, threshold) ** -2, 1.0) * present
    rows = present.sum(axis=1, keepdims=True)
    return relative * rows / np.maximum(relative.sum(axis=1, keepdims=True), 1e-9)


@dataclass(frozen=True)
class _Regression:
    """The same design (rows x columns) for every member of a batch; weights say which rows count."""

    design: Floats
    penalty: Floats
    settings: BaselineSettings

    @cached_property
    def products(self) -> Floats:
        """Outer product of each row of the design with itself, flattened."""
        return (self.design[:, :, None] * self.design[:, None, :]).reshape(self.design.shape[0], -1)

    def fit(
        self, response: Floats, weights: Floats, phi: Floats, start: Floats | None
    ) -> tuple[Floats, Floats, Floats]:
        """Return coefficients, fitted means and the curvature at the mode."""
        level_cases = self.settings.level_cases
        columns = self.design.shape[1]
        if start is None:
            start = np.zeros((response.shape[0], columns))
            cases, rows = (weights * response).sum(axis=1), weights.sum(axis=1)
            start[:, 0] = np.log(cases + level_cases) - np.log(np.maximum(rows, 1.0))
        beta = start.copy()
        normal = np.zeros((response.shape[0], columns, columns))
        active = np.arange(response.shape[0])
        for _ in range(_MAX_STEPS):
            step, normal[active] = self._step(response[active], weights[active], phi[active], beta[active])
            beta[active] += step
            active = active[np.abs(step).max(axis=1) > _TOLERANCE]
            if active.size == 0:
                break
        return beta, self._mean(beta), normal

    def _mean(self, beta: Floats) -> Floats:
        return np.exp(np.clip(beta @ self.design.T, -12.0, 14.0))

    def _step(self, response: Floats, weights: Floats, phi: Floats, beta: Floats) -> tuple[Floats, Floats]:
        """Return a Newton step, short enough to move no fitted log mean by more than 1.5, and the curvature."""
        columns = self.design.shape[1]
        fitted = self._mean(beta)
        gradient = (weights * (response - fitted)) @ self.design - phi[:, None] * self.penalty * beta
        gradient[:, 0] += self.settings.level_cases
        normal = ((weights * fitted) @ self.products).reshape(-1, columns, columns)
        normal += phi[:, None, None] * (np.eye(columns) * self.penalty)
        normal[:, 0, 0] += 1e-9
        step = np.linalg.solve(normal, gradient[:, :, None])[:, :, 0]
        largest = np.abs(step @ self.design.T).max(axis=1)
        return step * np.minimum(1.0, 1.5 / np.maximum(largest, 1e-12))[:, None], normal

    def dispersion(self, response: Floats, weights: Floats, fitted: Floats) -> Floats:
        """Return the Pearson dispersion, drawn to the prior guess while there are few rows; at least 1."""
        pearson = (weights * (response - fitted) ** 2 / fitted).sum(axis=1)
        free = np.maximum((weights > 0).sum(axis=1) - self.design.shape[1], 0)
        prior = self.settings.dispersion_weight
        return np.maximum((pearson + prior * self.settings.dispersion) / (free + prior), 1.0)
