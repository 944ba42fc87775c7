"""The estimate of one wait: what is known of the queue, and the fitted numbers that turn it into an interval.

Belongs here: what a web worker computes, in plain arithmetic. Does not belong here: fitting (`fit`) and reading
histories (`history`).
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

#: Below this many calls in four hours there is no flow to speak of.
MIN_CALLS: Final = 3
#: No estimate is longer: past it only a person can say.
MAX_MINUTES: Final = 12 * 60.0


@dataclass(frozen=True)
class QueueState:
    """What is known at the moment of asking; every field is of the patient's own queue.

    Parameters
    ----------
    acuity : int
        1 to 5.
    ahead_count, waiting_count : int
        Those who would be called before, and all who wait.
    with_staff_count : int
        Those who were called and are not finished with: how many staff work on this queue.
    calls_60, calls_240 : int
        Calls in the last one and four hours: the flow.
    head_wait_minutes : float
        How long the longest waiter has waited so far: those still waiting speak too.
    last_wait_minutes : float
        How long the one who was called last had waited.
    waited_minutes : float
        What this patient has waited already.
    hour : float
        Hour of the day, 0 to 24.
    """

    acuity: int
    ahead_count: int
    waiting_count: int
    with_staff_count: int
    calls_60: int
    calls_240: int
    head_wait_minutes: float
    last_wait_minutes: float
    waited_minutes: float
    hour: float


FEATURES: Final = (
    "one", "log_ahead", "is_next", "log_expected_60", "log_expected_240", "log_waiting", "log_head_wait",
    "log_last_wait", "log_waited", "log_turns", "log_staff", "level_1", "level_2", "level_4", "level_5",
    "ahead_x_level_5", "sin_day", "cos_day", "sin_half_day", "cos_half_day",
)  # fmt: skip
SPREAD_FEATURES: Final = ("one", "log_expected_240", "is_next", "is_urgent", "is_minor")


def location_row(state: QueueState) -> list[float]:
    """Return the features of the location, in the order of `FEATURES`."""
    ahead = math.log1p(state.ahead_count)
    turn = 2 * math.pi * state.hour / 24
    return [
        1.0,
        ahead,
        float(state.ahead_count == 0),
        math.log1p((state.ahead_count + 1) * 60 / (state.calls_60 + 0.5)),
        math.log1p((state.ahead_count + 1) * 240 / (state.calls_240 + 1)),
        math.log1p(state.waiting_count),
        math.log1p(state.head_wait_minutes),
        math.log1p(state.last_wait_minutes),
        math.log1p(state.waited_minutes),
        math.log1p((state.ahead_count + 1) / max(state.with_staff_count, 1)),
        math.log(max(state.with_staff_count, 1)),
        *(float(state.acuity == level) for level in (1, 2, 4, 5)),
        ahead * (state.acuity == 5),
        math.sin(turn),
        math.cos(turn),
        math.sin(2 * turn),
        math.cos(2 * turn),
    ]


def spread_row(state: QueueState) -> list[float]:
    """Return the features of the spread, in the order of `SPREAD_FEATURES`."""
    return [
        1.0,
        math.log1p((state.ahead_count + 1) * 240 / (state.calls_240 + 1)),
        float(state.ahead_count == 0),
        float(state.acuity <= 2),
        float(state.acuity >= 4),
    ]


@dataclass(frozen=True)
class WaitModel:
    """A log-location-scale model of the remaining wait: log(1 + wait) = location + spread * z.

    Parameters
    ----------
    location, spread : tuple of float
        Coefficients of `FEATURES` and `SPREAD_FEATURES` (the spread's on the log scale).
    z50, z90 : float
        Quantiles of z, by Kaplan and Meier on days that the coefficients have not seen.
    """

    location: tuple[float, ...]
    spread: tuple[float, ...]
    z50: float
    z90: float

    def interval(self, state: QueueState) -> tuple[float, float]:
        """Return the median and the 90th percentile of the remaining wait, in minutes."""
        mu = _dot(self.location, location_row(state))
        sigma = math.exp(_dot(self.spread, spread_row(state)))
        p50, p90 = (_minutes(mu + sigma * z) for z in (self.z50, self.z90))
        return p50, max(p50, p90)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_dict(cls, content: dict[str, Any]) -> "WaitModel":
        """Read what `as_dict` wrote.

        Raises
        ------
        ValueError
            If the numbers do not belong to the features of this code.
        """
        location, spread = tuple(content["location"]), tuple(content["spread"])
        if len(location) != len(FEATURES) or len(spread) != len(SPREAD_FEATURES):
            raise ValueError("the stored waiting model was fitted for other features; fit it again")
        return cls(location, spread, content["z50"], content["z90"])


def _dot(weights: tuple[float, ...], row: list[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, row, strict=True))


def _minutes(log_wait: float) -> float:
    return min(MAX_MINUTES, max(0.0, math.expm1(min(log_wait, 20.0))))
