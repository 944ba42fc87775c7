"""The rules of appointments that need no database: slots on a wall clock, repeats, what may become of a booking.

Belongs here: time zones and daylight saving, statuses, the ranking of slots by load. Does not belong here: SQL.

A schedule says what the clock on the wall shows. On the day when clocks go forward an hour is missing: slots that would
begin in it do not exist. On the day when they go back an hour comes twice: only its first pass is offered.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app_api.appointments.errors import ChangeNotAllowedError
from core.errors import InputError

HOLD: Final = timedelta(minutes=5)
OFFER: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
FURTHEST: Final = timedelta(days=366)
LONGEST_SEARCH: Final = timedelta(days=31)
#: Earlier times that a patient waits for at once.
MOST_WAITING: Final = 10
#: A booked patient who has not come this long after the end is recorded as a no-show.
NO_SHOW_AFTER: Final = timedelta(minutes=30)

#: status -> the statuses that a person may give it next.
NEXT: Final[Mapping[str, frozenset[str]]] = {
    "held": frozenset({"booked", "cancelled"}),
    "requested": frozenset({"booked", "cancelled"}),
    "booked": frozenset({"arrived", "completed", "cancelled", "no_show"}),
    "arrived": frozenset({"completed", "cancelled"}),
    "checked_in": frozenset({"completed", "cancelled"}),
}
#: Hours of the wall clock in which a slot begins.
PARTS_OF_DAY: Final[Mapping[str, range]] = {
    "morning": range(12),
    "afternoon": range(12, 17),
    "evening": range(17, 24),
}
#: What a patient may do with an appointment of theirs.
OF_PATIENT: Final = frozenset({"booked", "cancelled"})
#: From where a patient is checked in.
CAN_CHECK_IN: Final = frozenset({"booked", "arrived"})


@dataclass(frozen=True)
class Hours:
    """Weekly hours on a wall clock."""

    weekday: int
    starts_local: time
    ends_local: time
    slot_minutes: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class Slot:
    starts_at: datetime
    ends_at: datetime


def to_utc(day: date, at: time, tz: ZoneInfo) -> datetime | None:
    """Return the moment when the wall clock shows `at` on `day`; None when it never does (clocks go forward)."""
    local = datetime.combine(day, at, tzinfo=tz)
    moment = local.astimezone(UTC)
    return moment if moment.astimezone(tz).replace(tzinfo=None) == local.replace(tzinfo=None) else None


def slots(hours: Iterable[Hours], tz: ZoneInfo, *, start: datetime, end: datetime) -> list[Slot]:
    """Return the slots of weekly hours that lie within [start, end), in time order."""
    found: set[Slot] = set()
    rules = list(hours)
    day = start.astimezone(tz).date() - timedelta(days=1)
    while day <= end.astimezone(tz).date():
        for rule in rules:
            is_valid = rule.valid_from <= day and (rule.valid_to is None or day <= rule.valid_to)
            if is_valid and rule.weekday == day.weekday():
                found.update(slot for slot in _of_day(rule, day, tz) if start <= slot.starts_at and slot.ends_at <= end)
        day += timedelta(days=1)
    return sorted(found, key=lambda slot: slot.starts_at)


def _of_day(rule: Hours, day: date, tz: ZoneInfo) -> Iterator[Slot]:
    length = timedelta(minutes=rule.slot_minutes)
    at = datetime.combine(day, rule.starts_local)
    while at + length <= datetime.combine(day, rule.ends_local):
        starts_at = to_utc(day, at.time(), tz)
        if starts_at is not None:
            yield Slot(starts_at, starts_at + length)
        at += length


def repeats(starts_at: datetime, ends_at: datetime, tz: ZoneInfo, *, count: int, every_weeks: int) -> list[Slot]:
    """Return a series at the same time on the wall, across changes of the clock.

    Raises
    ------
    InputError
        If one of them falls into an hour that does not exist.
    """
    local, length = starts_at.astimezone(tz), ends_at - starts_at
    found = []
    for number in range(count):
        day = local.date() + timedelta(weeks=every_weeks * number)
        moment = starts_at if number == 0 else to_utc(day, local.time(), tz)
        if moment is None:
            raise InputError(f"on {day} the clock skips that time; choose another", code="time_does_not_exist")
        found.append(Slot(moment, moment + length))
    return found


def check_span(starts_at: datetime, ends_at: datetime, *, now: datetime) -> None:
    """Refuse a span that is empty, past, too long or too far away.

    Raises
    ------
    InputError
    """
    if ends_at <= starts_at:
        raise InputError("ends_at must be after starts_at", code="span_empty")
    if ends_at - starts_at > LONGEST:
        raise InputError("an appointment lasts at most 12 hours", code="span_too_long")
    if starts_at < now:
        raise InputError("starts_at is in the past", code="span_past")
    if starts_at - now > FURTHEST:
        raise InputError("starts_at is more than a year away", code="span_too_far")


def check_change(status: str, to: str, *, is_patient: bool) -> None:
    """Refuse a change of status that is not possible, or not a patient's to make.

    Raises
    ------
    ChangeNotAllowedError
    """
    allowed = NEXT.get(status, frozenset())
    if is_patient:
        allowed = allowed & (OF_PATIENT if status != "requested" else {"cancelled"})
    if to not in allowed:
        words = ", ".join(sorted(allowed)) or "nothing"
        raise ChangeNotAllowedError(f"the appointment is {status}; it may become {words}")


@dataclass(frozen=True)
class Preference:
    """When a patient would rather come, on the wall clock of the provider; what is left out does not matter."""

    part_of_day: str | None = None
    weekdays: frozenset[int] = frozenset()

    def fits(self, starts_at: datetime, tz: ZoneInfo) -> bool:
        """Say whether a slot is what the patient would rather have; True where nothing was said.

        Examples
        --------
        >>> noon = datetime(2026, 6, 1, 11, tzinfo=UTC)
        >>> [Preference(part).fits(noon, ZoneInfo("Europe/Berlin")) for part in ("morning", "afternoon", None)]
        [False, True, True]
        """
        local = starts_at.astimezone(tz)
        is_day = not self.weekdays or local.weekday() in self.weekdays
        return is_day and (self.part_of_day is None or local.hour in PARTS_OF_DAY[self.part_of_day])


def suggested(
    loads: list[tuple[datetime, float | None]], *, preferred: set[datetime] | None = None, few: int = 3
) -> set[datetime]:
    """Return the starts of the slots to suggest: the quietest, the earlier of two that are alike.

    Parameters
    ----------
    loads : list of (start, load)
        The load is None without a forecast; then nothing is suggested, unless something is preferred.
    preferred : set of datetime, optional
        Starts that the patient would rather have: of these only, as long as one is free; without a forecast the
        earliest of them.
    """
    wanted = [(starts_at, load) for starts_at, load in loads if preferred and starts_at in preferred]
    chosen = wanted or [(starts_at, load) for starts_at, load in loads if load is not None]
    known = [(0.0 if load is None else round(load, 3), starts_at) for starts_at, load in chosen]
    return {starts_at for _, starts_at in sorted(known)[:few]}
