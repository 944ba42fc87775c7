"""Intervals that keep their promise: how many standard deviations an interval must span, learnt from past errors.

Belongs here: the errors of the structural model from earlier origins and what follows from them (spans, record).
Does not belong here: the model itself (structural.py), or the decision to serve (auto.py).
"""

from dataclasses import dataclass

import numpy as np

from ml.forecasting.results import Matrix, Vector
from ml.forecasting.structural import Predictive, root, structural

#: Standard deviations that 80 % and 95 % of the errors stayed within, in 384 monthly hospital series (decision 0010).
PRIOR_SPANS = (1.17, 1.97)
#: Errors of the last so many periods calibrate; older ones come from shorter histories and are too wide.
WINDOW = 6
#: A panel's own errors get at most this weight, and half of that at PRIOR_ERRORS errors.
OWN_WEIGHT = 0.5
PRIOR_ERRORS = 100.0
#: Histories shorter than this many periods know their own noise badly: spans widen by 10·(1/t - 1/SHORT).
SHORT = 60
#: Beyond this many steps ahead the span of the last one is used.
LONGEST_STEP = 13
#: A history is split for the first time after so many periods.
FIRST_ORIGIN = {"M": 24, "W": 60, "D": 28}
#: Origins of a record. Those of weeks reach over more than a year, since a wave may come late (decision 0011).
ORIGINS = {"M": 3, "W": 8, "D": 3}
#: A record is made of at least so many periods per origin, however short the horizon asked for.
RECORD_STEPS = {"M": 12, "W": 13, "D": 14}
#: Every so-manieth origin calibrates: neighbouring weeks and days tell nearly the same.
STRIDE = {"M": 1, "W": 3, "D": 6}


@dataclass(frozen=True)
class Backtest:
    """Forecasts from earlier origins of one panel, made from the counts before each origin only.

    Parameters
    ----------
    counts : numpy.ndarray, shape (n, t)
    forecasts : dict of int to Predictive
        By origin: the number of periods seen.
    freq : str
    record_origins : tuple of int
        The origins on which the model is compared with the seasonal naive forecast, oldest first.
    """

    counts: Matrix
    forecasts: dict[int, Predictive]
    freq: str
    record_origins: tuple[int, ...]

    def spans(self, horizon: int, *, now: int | None = None) -> tuple[Vector, Vector]:
        """Standard deviations that the 80 % and 95 % intervals must span, per step, as known after `now` periods.

        Returns
        -------
        tuple of numpy.ndarray, each of shape (horizon,)

        Notes
        -----
        Split conformal prediction (Lei et al. 2018) on standardised absolute errors, pooled over the series and the
        last WINDOW periods, pulled towards PRIOR_SPANS:
        span = prior + w·(own - prior), w = OWN_WEIGHT·N/(N + PRIOR_ERRORS), all in units of sd × widening.
        """
        known = self.counts.shape[1] if now is None else now
        prior = np.array(PRIOR_SPANS)
        spans = np.tile(prior[:, None], horizon)
        for step in range(min(horizon, LONGEST_STEP)):
            errors = [
                (root(self.counts[:, origin + step]) - self.forecasts[origin].centre[:, step])
                / np.maximum(self.forecasts[origin].sd[:, step] * _widening(origin), 1e-9)
                for origin in range(known - step - WINDOW * STRIDE[self.freq], known - step)
                if origin in self.forecasts
            ]
            if errors:
                own = np.quantile(np.abs(np.concatenate(errors)), (0.8, 0.95))
                size = sum(len(error) for error in errors)
                weight = OWN_WEIGHT * size / (size + PRIOR_ERRORS)
                spans[:, step:] = (prior + weight * (own - prior))[:, None]
        return spans[0] * _widening(known), spans[1] * _widening(known)


def _widening(seen: int) -> float:
    """Factor on the standard deviation after `seen` periods: 1 from SHORT on, 1.25 after 24, 1.7 after 12."""
    return 1.0 + 10.0 * max(0.0, 1.0 / seen - 1.0 / SHORT)


def record_origins(seen: int, *, horizon: int, freq: str) -> tuple[int, ...]:
    """ORIGINS origins before the end, a horizon apart where the history allows it, else closer; none when too short."""
    origins = ORIGINS[freq]
    step = min(horizon, (seen - FIRST_ORIGIN[freq]) // origins)
    return tuple(seen - step * back for back in range(origins, 0, -1)) if step >= 1 else ()


def backtest(counts: Matrix, *, horizon: int, freq: str, features: Matrix | None) -> Backtest:
    """Forecast a panel from the origins that calibration and record need.

    Parameters
    ----------
    counts : numpy.ndarray, shape (n, t)
    horizon : int
    freq : str
    features : numpy.ndarray, shape (at least t, k), optional
        Calendar features (calendar.py).
    """
    seen = counts.shape[1]
    horizon = max(horizon, RECORD_STEPS[freq])
    record = record_origins(seen, horizon=horizon, freq=freq)
    steps = min(horizon, LONGEST_STEP)
    wanted = {*record}
    for end in (*record, seen):
        wanted.update(range(max(end - steps - WINDOW * STRIDE[freq] + 1, FIRST_ORIGIN[freq]), end, STRIDE[freq]))
    forecasts: dict[int, Predictive] = {}
    for origin in sorted(wanted):
        ahead = min(horizon, seen - origin)
        known = None if features is None else features[: origin + ahead]
        forecasts[origin] = structural(counts[:, :origin], horizon=ahead, freq=freq, features=known)
    return Backtest(counts, forecasts, freq, record)
