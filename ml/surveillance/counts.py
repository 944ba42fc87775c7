"""Distributions of counts: the Poisson and the quasi-Poisson read as a negative binomial with variance phi times mean.

Belongs here: tail probabilities, quantiles and log-likelihoods of counts. Does not belong here: estimation.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]

#: Below this overdispersion the negative binomial is the Poisson to every digit shown.
_POISSON_BELOW = 1.0 + 1e-6


def tail_probability(count: Any, mean: Any, phi: Any) -> Floats:
    """Return P(Y >= count) for a mean and a variance of phi x mean.

    Parameters
    ----------
    count, mean, phi : array_like
        Broadcast together; phi >= 1; cases.

    Returns
    -------
    ndarray
        1 where count is 0; NaN where an argument is NaN.

    Examples
    --------
    >>> round(float(tail_probability(3, 1.0, 1.0)), 4)
    0.0803
    """
    y, mu, dispersion = (np.asarray(a, dtype=np.float64) for a in np.broadcast_arrays(count, mean, phi))
    at_least_one = np.maximum(y, 1.0)
    poisson = special.gammainc(at_least_one, mu)
    extra = np.maximum(dispersion, _POISSON_BELOW) - 1.0
    negative_binomial = special.betainc(at_least_one, np.maximum(mu, 1e-12) / extra, extra / (1.0 + extra))
    tail = np.where(dispersion < _POISSON_BELOW, poisson, negative_binomial)
    tail = np.where(y <= 0, 1.0, tail)
    return np.where(np.isnan(y) | np.isnan(mu) | np.isnan(dispersion), np.nan, tail)


def upper_quantile(alpha: Any, mean: Any, phi: Any) -> Floats:
    """Return the smallest count u with P(Y <= u) >= 1 - alpha: a count above u has a tail probability <= alpha."""
    mu, dispersion = (np.asarray(a, dtype=np.float64) for a in np.broadcast_arrays(mean, phi))
    known = ~(np.isnan(mu) | np.isnan(dispersion))
    positive = np.maximum(np.where(known, mu, 1.0), 1e-12)
    extra = np.maximum(np.where(known, dispersion, 1.0), _POISSON_BELOW) - 1.0
    poisson = stats.poisson.ppf(1.0 - alpha, positive)
    negative_binomial = stats.nbinom.ppf(1.0 - alpha, positive / extra, 1.0 / (1.0 + extra))
    quantile = np.where(np.where(known, dispersion, 1.0) < _POISSON_BELOW, poisson, negative_binomial)
    return np.where(known, np.maximum(quantile, 0.0), np.nan)
