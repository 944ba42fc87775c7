"""Simulated baselines and outbreaks with known truth, to grade detectors on.

Belongs here: the 42 scenarios and the outbreaks of Noufaily et al. 2013, and outbreaks injected into a given
baseline. Does not belong here: the synthetic hospital (`ml.synthetic`), or any detector.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Count = TypeVar("Count", np.int64, np.float64)

#: Sizes of outbreak in the literature: multiples of the baseline's standard deviation (Noufaily et al. 2013, 2019).
OUTBREAK_SIZES: Final = (2.0, 3.0, 5.0, 10.0)
_SPREAD_WEEKS: Final = 0.5  # sdlog of the log-normal that spreads an outbreak's cases over its weeks


@dataclass(frozen=True)
class Scenario:
    """log(mean) = theta + beta t + the first `harmonics` of gamma1 cos + gamma2 sin; variance = phi mean."""

    theta: float
    beta: float
    gamma1: float
    gamma2: float
    phi: float
    harmonics: int

    def mean(self, weeks: int) -> Floats:
        """Return the mean of weeks 1 to `weeks`, in cases."""
        time = np.arange(1, weeks + 1, dtype=np.float64)
        order = np.arange(1, self.harmonics + 1)[:, None]
        angle = 2.0 * np.pi * order * time / 52.0
        season = (self.gamma1 * np.cos(angle) + self.gamma2 * np.sin(angle)).sum(axis=0)
        return np.exp(self.theta + self.beta * time + season)


_CLUSTERS: Final = (
    (0.1, 0.0025, 0.6, 0.6, 1.5),
    (-2.0, 0.005, 0.1, 0.3, 2.0),
    (1.5, 0.003, 0.2, -0.4, 1.0),
    (0.5, 0.002, 0.5, 0.5, 5.0),
    (2.5, 0.001, 1.0, 0.1, 3.0),
    (3.75, 0.001, 0.1, -0.1, 1.1),
    (5.0, 0.0001, 0.05, 0.01, 1.2),
)

#: Seven clusters of theta and phi, each with and without trend, and with 0, 1 and 2 harmonics.
SCENARIOS: Final = tuple(
    Scenario(theta, beta * trend, gamma1, gamma2, phi, harmonics)
    for theta, beta, gamma1, gamma2, phi in _CLUSTERS
    for trend in (0, 1)
    for harmonics in (0, 1, 2)
)


@dataclass(frozen=True)
class Outbreak:
    """Where it starts, how many cases it adds in each week from there, and its size in standard deviations."""

    start: int
    cases: NDArray[np.int64]
    size: float

    @property
    def weeks(self) -> slice:
        """From the start to the last week that it adds a case to."""
        return slice(self.start, self.start + self.cases.size)


def draw_counts(mean: Floats, phi: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw counts of the given mean, with variance phi x mean (Poisson for phi 1)."""
    if phi <= 1.0:
        return rng.poisson(mean)
    return rng.negative_binomial(np.maximum(mean, 1e-12) / (phi - 1.0), 1.0 / phi)


def draw_outbreak(*, start: int, sd: float, size: float, last: int, rng: np.random.Generator) -> Outbreak:
    """Draw an outbreak of Poisson(size x sd) cases, at least one, spread log-normally from its start.

    Parameters
    ----------
    start, last : int
        First week of the outbreak, and the last week that there is; cases past it are not yet seen.
    sd : float
        Standard deviation of the baseline at the start, cases.
    size : float
        Multiple of `sd`; see `OUTBREAK_SIZES`.
    """
    number = max(int(rng.poisson(size * sd)), 1)
    after = np.floor(rng.lognormal(0.0, _SPREAD_WEEKS, number)).astype(np.int64)
    after = after[start + after <= last]
    cases = np.bincount(after) if after.size else np.zeros(1, dtype=np.int64)
    return Outbreak(start, cases.astype(np.int64), size)


def add_outbreak(counts: NDArray[Count], outbreak: Outbreak) -> NDArray[Count]:
    """Return a copy of `counts` with the outbreak's cases added."""
    out = counts.copy()
    out[outbreak.weeks] += outbreak.cases
    return out
