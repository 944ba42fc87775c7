"""Fitting the model of beds on visits that ended, and on those that are still going on.

Belongs here: the regression, the hazards, arrivals and their spread. Does not belong here: judging (`evaluation`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from core.vocabulary import Disposition
from ml.beds.model import FEATURES, GROUPS, HOURS, STEP_MINUTES, STEPS, BedsModel, Path, feature_row, group_of
from ml.beds.visits import LEFT, Visit, known_at
from ml.forecasting.hours import WEEKS, week_profile

#: Fewer completed visits with a disposition, admissions or whole weeks than this say too little.
MIN_VISITS: Final = 400
MIN_ADMISSIONS: Final = 40
MIN_WEEKS: Final = 2
#: Where more than a tenth of completed visits have no disposition, those that have one speak for themselves only.
MIN_KNOWN: Final = 0.9
_RIDGE: Final = 1.0
#: The mean hazard counts as much as so many patients.
_PRIOR: Final = 5.0
_SPAN: Final = timedelta(hours=HOURS)

Floats = NDArray[np.float64]


def fit(visits: Sequence[Visit], *, until: datetime, registrations_per_week: float | None = None) -> BedsModel:
    """Fit on what was known at a moment.

    Parameters
    ----------
    visits : sequence of Visit
        In any order; what came after `until` is not looked at.
    until : datetime
        UTC.
    registrations_per_week : float, optional
        Of the weeks before `until`; kept beside the arrivals.

    Raises
    ------
    InputError
        `too_few_visits`, `dispositions_missing`, `too_few_admissions` or `too_few_weeks`, each naming what there is and
        what is needed.

    Notes
    -----
    Cause-specific hazards by the life table (those censored within a step count half), shrunk to the mean hazard of
    their group as if five more patients had it. Whoever is still there, was tidied up at a day's end, or has no
    disposition is censored.
    """
    known = known_at(visits, until)
    seen = [visit for visit in known if visit.called_at is not None]
    _check(known, seen)
    judged = [visit for visit in seen if visit.end in set(Disposition)]
    coefficients = _regression(judged)
    arrived = [visit.arrived_at for visit in known]
    rates, weeks = arrival_rates(arrived, until=until)
    spread, carry = _busyness([at for at in arrived if at > until - weeks], rates, until=until, weeks=weeks)
    chances = _sigmoid(np.array([feature_row(visit.person) for visit in seen]) @ coefficients)
    return BedsModel(
        tuple(coefficients.tolist()),
        tuple(_path(group, known, chances, seen, until=until) for group in range(GROUPS)),
        rates,
        spread,
        carry,
        registrations_per_week,
    )


def _check(known: Sequence[Visit], seen: Sequence[Visit]) -> None:
    done = [visit for visit in seen if visit.ended_at is not None and visit.end is None]
    judged = [visit for visit in seen if visit.end in set(Disposition)]
    admitted = sum(visit.asked_for_bed for visit in judged)
    completed = len(done) + len(judged)
    days = len({visit.arrived_at.date() for visit in known})
    if completed < MIN_VISITS:
        raise InputError(
            f"{completed} completed visits are too few for a model of beds; it needs {MIN_VISITS}",
            code="too_few_visits",
        )
    if len(judged) < MIN_KNOWN * completed:
        raise InputError(
            f"{len(judged)} of {completed} completed visits say where the patient went; it needs {MIN_KNOWN:.0%}",
            code="dispositions_missing",
        )
    if admitted < MIN_ADMISSIONS:
        raise InputError(
            f"{admitted} admissions are too few for a model of beds; it needs {MIN_ADMISSIONS}",
            code="too_few_admissions",
        )
    if days < 7 * MIN_WEEKS:
        raise InputError(
            f"visits of {days} days are too few for a model of beds; it needs {MIN_WEEKS} weeks", code="too_few_weeks"
        )


def _regression(visits: Sequence[Visit]) -> Floats:
    """Return the log odds' coefficients by Newton's method; the ridge leaves the intercept alone."""
    rows = np.array([feature_row(visit.person) for visit in visits])
    admitted = np.array([float(visit.asked_for_bed) for visit in visits])
    ridge = np.full(len(FEATURES), _RIDGE)
    ridge[0] = 0.0
    found = np.zeros(len(FEATURES))
    found[0] = np.log(admitted.mean() / (1 - admitted.mean())) if 0 < admitted.mean() < 1 else 0.0
    for _ in range(50):
        chance = _sigmoid(rows @ found)
        slope = rows.T @ (admitted - chance) - ridge * found
        curve = (rows.T * (chance * (1 - chance))) @ rows + np.diag(ridge + 1e-9)
        step = np.linalg.solve(curve, slope)
        found = found + step
        if float(np.abs(step).max()) < 1e-8:
            break
    return found


def _sigmoid(odds: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(odds, -35, 35)))
    return found


def _path(group: int, known: Sequence[Visit], chances: Floats, seen: Sequence[Visit], *, until: datetime) -> Path:
    mine = [visit for visit in known if group_of(visit.person.acuity) == group]
    waits = [(visit.arrived_at, visit.called_at or visit.ended_at or until, _end_of_wait(visit)) for visit in mine]
    stays = [(visit.called_at, visit.ended_at or until, _end_of_stay(visit)) for visit in mine if visit.called_at]
    call, leave = _hazards(waits, ("called", LEFT))
    bed, other = _hazards(stays, ("bed", "other"))
    of_group = np.array([group_of(visit.person.acuity) == group for visit in seen])
    chance = float(chances[of_group].mean()) if of_group.any() else float(chances.mean())
    return Path(
        tuple(call.tolist()),
        tuple(leave.tolist()),
        _left(bed, other),
        _left(other, bed),
        len(mine) / len(known),
        chance,
    )


def _end_of_wait(visit: Visit) -> str:
    return "called" if visit.called_at is not None else LEFT if visit.end == LEFT else ""


def _end_of_stay(visit: Visit) -> str:
    if visit.end == Disposition.ADMITTED:
        return "bed"
    return "other" if visit.end in (Disposition.DISCHARGED, Disposition.TRANSFERRED, LEFT) else ""


def _hazards(spans: Iterable[tuple[datetime, datetime, str]], causes: tuple[str, str]) -> tuple[Floats, Floats]:
    """Return the chance of each of two causes in each step, of those who are left."""
    ended = {cause: np.zeros(STEPS) for cause in (*causes, "")}
    for start, end, cause in spans:
        minutes = max(0.0, (end - start).total_seconds() / 60)
        ended[cause][min(int(minutes // STEP_MINUTES), STEPS - 1)] += 1
    gone = ended[causes[0]] + ended[causes[1]] + ended[""]
    at_risk = gone[::-1].cumsum()[::-1] - ended[""] / 2
    found = []
    for cause in causes:
        # Half of one in a thousand more, so that nothing is impossible.
        usual = (ended[cause].sum() + 0.5) / (at_risk.sum() + 1000)
        found.append((ended[cause] + _PRIOR * usual) / (at_risk + _PRIOR))
    total = found[0] + found[1]
    scale = np.where(total > 0.999, 0.999 / total, 1.0)
    return found[0] * scale, found[1] * scale


def _left(mine: Floats, rival: Floats) -> tuple[float, ...]:
    """Return the share left after each step of those who end by `mine` in the end."""
    here = np.concatenate([[1.0], np.cumprod(1 - mine - rival)])
    later = here[-1] * mine[-1] / (mine[-1] + rival[-1])
    ends = here[:-1] * mine
    left = np.concatenate([ends[::-1].cumsum()[::-1] + later, [later]])
    return tuple((left / left[0]).tolist())


def arrival_rates(arrived: Sequence[datetime], *, until: datetime) -> tuple[tuple[float, ...], timedelta]:
    """Return the usual arrivals of each hour of a week, and the whole weeks before `until` that they come from.

    Raises
    ------
    InputError
        `too_few_weeks`, if `week_profile` finds too few arrivals.
    """
    first = min(arrived).replace(hour=0, minute=0, second=0, microsecond=0)
    weeks = timedelta(weeks=min(WEEKS, max(1, (until - first).days // 7)))
    recent = [at for at in arrived if until - weeks < at <= until]
    profile = week_profile(pd.Series(pd.DatetimeIndex(recent)), until=pd.Timestamp(until)) if recent else None
    if profile is None:
        raise InputError(
            f"{len(recent)} arrivals in {weeks.days // 7} weeks are too few for a model of beds", code="too_few_weeks"
        )
    per_week = len(recent) / (weeks / timedelta(weeks=1))
    return tuple(share * per_week for share in profile), weeks


def _busyness(
    arrived: Sequence[datetime], rates: Sequence[float], *, until: datetime, weeks: timedelta
) -> tuple[float, float]:
    """Return the spread of eight hours' busyness, and its covariance with the eight hours before, by moments."""
    start = until - weeks
    hours = int(weeks / timedelta(hours=1))
    places = np.array([int((at - start) / timedelta(hours=1)) for at in arrived])
    counts = np.bincount(places[places < hours], minlength=hours).astype(np.float64)
    first = (start.weekday() * 24 + start.hour) % 168
    usual = np.array([rates[(first + hour) % 168] for hour in range(hours)])
    window = np.ones(HOURS)
    seen, expected = np.convolve(counts, window, "valid"), np.convolve(usual, window, "valid")
    apart = seen - expected
    spread = float((apart**2 - expected).sum() / (expected**2).sum())
    pairs = expected[:-HOURS] * expected[HOURS:]
    carry = float((apart[:-HOURS] * apart[HOURS:]).sum() / pairs.sum())
    spread = max(0.0, spread)
    return spread, min(max(0.0, carry), spread)
