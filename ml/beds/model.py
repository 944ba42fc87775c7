"""The fitted model of beds: the chance of admission, the path until a bed is asked for, arrivals.

Belongs here: the numbers, their JSON form, and what a web worker computes of one patient. Does not belong here: fitting
(`fit`), the distribution of the count (`forecast`).
"""

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from core.errors import InputError
from ml.beds.visits import BANDS, Person, Present

#: Length of a step of time.
STEP_MINUTES: Final = 15
#: Steps a day: after so long nothing more is told apart.
STEPS: Final = 24 * 60 // STEP_MINUTES
HOURS: Final = 8
STEPS_AN_HOUR: Final = 60 // STEP_MINUTES
HORIZON: Final = HOURS * STEPS_AN_HOUR
#: Levels that share their times: urgent, middle, minor.
GROUPS: Final = 3
_USUAL_LEVEL: Final = 3
_USUAL_BAND: Final = "40-59"
FEATURES: Final = (
    "one", *(f"level_{level}" for level in range(1, 6) if level != _USUAL_LEVEL),
    *(f"age_{band}" for band in BANDS if band != _USUAL_BAND), "has_news2", "news2",
)  # fmt: skip
#: From 12 on a score says no more.
_HIGHEST_NEWS2: Final = 12


def feature_row(person: Person) -> list[float]:
    """Return the features of the chance of admission, in the order of `FEATURES`."""
    score = person.news2_score
    return [
        1.0,
        *(float(person.acuity == level) for level in range(1, 6) if level != _USUAL_LEVEL),
        *(float(person.age_band == band) for band in BANDS if band != _USUAL_BAND),
        float(score is not None),
        0.0 if score is None else min(score, _HIGHEST_NEWS2) / 4,
    ]


def group_of(acuity: int) -> int:
    """Return which levels' times hold: 0 urgent (1, 2), 1 middle (3), 2 minor (4, 5)."""
    return 0 if acuity <= 2 else 1 if acuity == 3 else 2


@dataclass(frozen=True)
class Path:
    """Times of one group of levels, in steps.

    Parameters
    ----------
    call, leave : tuple of float, length STEPS
        Chance that one who waits is called, or goes unseen, in the step; the last one holds from then on.
    bed_left, other_left : tuple of float, length STEPS + 1
        Share still with staff so many steps after the call, of those who in the end get a bed and of the others.
    share : float
        Of all arrivals.
    chance : float
        Mean chance of admission of those who are called.
    """

    call: tuple[float, ...]
    leave: tuple[float, ...]
    bed_left: tuple[float, ...]
    other_left: tuple[float, ...]
    share: float
    chance: float


@dataclass(frozen=True)
class BedsModel:
    """Everything that is fitted.

    Parameters
    ----------
    coefficients : tuple of float
        Of `FEATURES`, log odds of admission once called.
    paths : tuple of Path
        Of the three groups of levels.
    arrivals : tuple of 168 floats
        Expected arrivals of each hour of a week, Monday 00:00 UTC first.
    spread : float
        Squared coefficient of variation of eight hours' busyness.
    carry : float
        Covariance of the busyness of eight hours with that of the eight before.
    registrations_per_week : float, optional
        Of the weeks that `arrivals` come from; what a forecast of registrations is held against.
    """

    coefficients: tuple[float, ...]
    paths: tuple[Path, ...]
    arrivals: tuple[float, ...]
    spread: float
    carry: float
    registrations_per_week: float | None = None

    def chance(self, person: Person) -> float:
        """Return the chance that a patient is admitted once they are called."""
        odds = sum(weight * value for weight, value in zip(self.coefficients, feature_row(person), strict=True))
        return 1 / (1 + math.exp(-max(-35.0, min(35.0, odds))))

    def arrivals_at(self, moment: datetime) -> float:
        """Return the expected arrivals an hour at a moment (UTC)."""
        return self.arrivals[moment.weekday() * 24 + moment.hour]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_dict(cls, content: dict[str, Any]) -> "BedsModel":
        """Read what `as_dict` wrote.

        Raises
        ------
        InputError
            `beds_model_of_other_code`: if the numbers do not belong to this code.
        """
        try:
            model = cls(
                coefficients=tuple(content["coefficients"]),
                paths=tuple(_path(path) for path in content["paths"]),
                arrivals=tuple(content["arrivals"]),
                spread=content["spread"],
                carry=content["carry"],
                registrations_per_week=content["registrations_per_week"],
            )
        except (KeyError, TypeError) as fault:
            raise _other_code() from fault
        lengths = {(len(p.call), len(p.leave), len(p.bed_left), len(p.other_left)) for p in model.paths}
        is_ours = (
            len(model.coefficients) == len(FEATURES)
            and len(model.paths) == GROUPS
            and len(model.arrivals) == 168
            and lengths == {(STEPS, STEPS, STEPS + 1, STEPS + 1)}
        )
        if not is_ours:
            raise _other_code()
        return model


def _path(content: dict[str, Any]) -> Path:
    return Path(
        call=tuple(content["call"]),
        leave=tuple(content["leave"]),
        bed_left=tuple(content["bed_left"]),
        other_left=tuple(content["other_left"]),
        share=content["share"],
        chance=content["chance"],
    )


def _other_code() -> InputError:
    return InputError(
        "the stored model of beds was fitted by other code; fit it again", code="beds_model_of_other_code"
    )


class Progress:
    """Until when patients ask for a bed, by a model; what is worked out once is kept."""

    def __init__(self, model: BedsModel) -> None:
        self._model = model
        self._waiting: dict[tuple[int, int], tuple[float, ...]] = {}

    def of_present(self, one: Present, now: datetime) -> tuple[float, ...]:
        """Return the chance that one who is there asks for a bed within 0, 1, … HORIZON steps; never falling."""
        chance, group = self._model.chance(one.person), group_of(one.person.acuity)
        if one.called_at is None:
            return tuple(chance * share for share in self.of_waiting(group, _steps(one.arrived_at, now)))
        path, since = self._model.paths[group], _steps(one.called_at, now)
        # Who has been with staff for long is more (or less) likely to be one of those who get a bed.
        bed = chance * path.bed_left[min(since, STEPS)]
        here = bed + (1 - chance) * path.other_left[min(since, STEPS)]
        chance = bed / here if here > 0 else chance
        left = _left(path.bed_left, since)
        return tuple(chance * (1 - _left(path.bed_left, since + step) / left) for step in range(HORIZON + 1))

    def of_waiting(self, group: int, since: int) -> tuple[float, ...]:
        """Return the share that has a bed within so many steps, of those who wait since `since` steps and would get
        one if they were seen."""
        since = min(since, STEPS)
        if (group, since) not in self._waiting:
            self._waiting[group, since] = self._from_waiting(self._model.paths[group], since)
        return self._waiting[group, since]

    def of_arrivals(self) -> tuple[float, ...]:
        """Return the chance that one who arrives now asks for a bed within so many steps."""
        parts = [
            [path.share * path.chance * share for share in self.of_waiting(group, 0)]
            for group, path in enumerate(self._model.paths)
        ]
        return tuple(sum(step) for step in zip(*parts, strict=True))

    @staticmethod
    def _from_waiting(path: Path, since: int) -> tuple[float, ...]:
        called, waits = [], 1.0
        for step in range(HORIZON):
            place = min(since + step, STEPS - 1)
            called.append(waits * path.call[place])
            waits *= 1 - path.call[place] - path.leave[place]
        # Whoever is called in a step is called in its middle, on average.
        done = [1 - path.bed_left[step] for step in range(HORIZON + 1)]
        halves = [(done[step] + done[step + 1]) / 2 for step in range(HORIZON)]
        return tuple(
            sum(called[step] * halves[until - step - 1] for step in range(until)) for until in range(HORIZON + 1)
        )


def _steps(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds() // (60 * STEP_MINUTES)))


def _left(left: tuple[float, ...], step: int) -> float:
    """Return the share that is left after so many steps; past the last one it falls as it fell there."""
    if step <= STEPS:
        return left[step]
    ratio = left[STEPS] / left[STEPS - 1] if left[STEPS - 1] > 0 else 0.0
    return left[STEPS] * ratio ** (step - STEPS)
