"""Quasi-Poisson regressions with a log link, many at once.

Belongs here: iteratively reweighted least squares over a batch of small designs, dispersion, leverages, Anscombe
residuals. Does not belong here: which weeks enter a design, or what is done with the fit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TOLERANCE = 1e-8
_MAX_ITERATIONS = 25


@dataclass(frozen=True)
class Fits:
    """A batch of B regressions of up to N rows on P columns.

    Attributes
    ----------
    beta : ndarray, shape (B, P)
    mean : ndarray, shape (B, N)
    phi : ndarray, shape (B,)
        Pearson dispersion, at least 1.
    leverage : ndarray, shape (B, N)
    converged : ndarray of bool, shape (B,)
    """

    beta: Floats
    mean: Floats
    phi: Floats
    leverage: Floats
    converged: NDArray[np.bool_]


def fit_batch(design: Floats, response: Floats, weights: Floats) -> Fits:
    """Fit log(mean) = design @ beta by maximum quasi-likelihood.

    Parameters
    ----------
    design : ndarray, shape (B, N, P)
    response : ndarray, shape (B, N)
        Counts; anything finite where the weight is 0.
    weights : ndarray, shape (B, N)
        Prior weights; 0 leaves a row out.

    Notes
    -----
    McCullagh & Nelder 1989, 2.5: starts at response + 0.1 and stops when the relative change of the deviance is below
    1e-8 or after 25 steps. A ridge of one part in 10^10 keeps a group of zeros alone from making the step singular.
    """
    mean = response + 0.1
    eta = np.log(mean)
    beta = np.zeros(design.shape[::2])
    converged = np.zeros(design.shape[0], dtype=bool)
    previous = _deviance(response, mean, weights)
    for _ in range(_MAX_ITERATIONS):
        active = np.flatnonzero(~converged)
        if active.size == 0:
            break
        x, y, w, m, e = design[active], response[active], weights[active], mean[active], eta[active]
        working = w * m
        normal = _normal_matrix(x, working)
        target = np.einsum("bnp,bn->bp", x, working * (e + (y - m) / m))
        step = np.linalg.solve(normal, target[:, :, None])[:, :, 0]
        new_eta = np.clip(np.einsum("bnp,bp->bn", x, step), -30.0, 30.0)
        beta[active], eta[active], mean[active] = step, new_eta, np.exp(new_eta)
        deviance = _deviance(y, mean[active], w)
        converged[active] = np.abs(deviance - previous[active]) / (np.abs(deviance) + 0.1) < _TOLERANCE
        previous[active] = deviance
    inverse = np.linalg.inv(_normal_matrix(design, weights * mean))
    leverage = weights * mean * np.einsum("bnp,bpq,bnq->bn", design, inverse, design)
    rows = (weights > 0).sum(axis=1)
    pearson = (weights * (response - mean) ** 2 / mean).sum(axis=1)
    columns = (np.abs(design) * (weights > 0)[:, :, None]).any(axis=1).sum(axis=1)
    phi = np.maximum(pearson / np.maximum(rows - columns, 1), 1.0)
    return Fits(beta, mean, phi, np.clip(leverage, 0.0, 1.0), converged)


def _normal_matrix(design: Floats, working: Floats) -> Floats:
    normal = np.matmul((design * working[:, :, None]).transpose(0, 2, 1), design)
    size = design.shape[2]
    ridge = 1e-10 * np.trace(normal, axis1=1, axis2=2) / size + 1e-12
    return normal + ridge[:, None, None] * np.eye(size)


def _deviance(response: Floats, mean: Floats, weights: Floats) -> Floats:
    ratio = np.where(response > 0, response, 1.0) / np.where(response > 0, mean, 1.0)
    return 2.0 * (weights * (response * np.log(ratio) - (response - mean))).sum(axis=1)


def anscombe_weights(fits: Fits, response: Floats, present: NDArray[np.bool_], *, threshold: float) -> Floats:
    """Return prior weights that shrink the pull of past outbreaks (Noufaily et al. 2013, 2.3).

    Parameters
    ----------
    fits : Fits
    response : ndarray, shape (B, N)
    present : ndarray of bool, shape (B, N)
        Rows that take part.
    threshold : float
        Standardised Anscombe residual above which a row's weight becomes proportional to 1 / residual squared.

    Returns
    -------
    ndarray, shape (B, N)
        Sums to the number of rows that take part.
    """
    raw = 1.5 * (response ** (2 / 3) * fits.mean ** (-1 / 6) - np.sqrt(fits.mean))
    residual = raw / np.sqrt(np.maximum(fits.phi[:, None] * (1.0 - fits.leverage), 1e-12))
    high = (residual > threshold) & present
    relative = np.where(high, 1.0 / np.where(high, residual, 1.0) ** 2, 1.0) * present
    rows = present.sum(axis=1, keepdims=True)
    return relative * rows / np.maximum(relative.sum(axis=1, keepdims=True), 1e-300)
