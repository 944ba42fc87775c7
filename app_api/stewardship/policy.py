"""The rules of fixing and waiving that need no database.

Belongs here: what a corrected field may hold, which rules may be waived, in which month a row belongs, which months the
pipeline makes. Does not belong here: the suites: whether the corrected row is good in all respects is judged when its
month is made again.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from app_api.stewardship.errors import FieldFaultError, MonthOutsideError, NotWaivableError
from core.vocabulary import PLAUSIBLE_RANGES, REGISTRATION_COLUMNS, UNITS, Outcome, Sex

#: A fix never sets these: a correction is known when it is made.
NOT_TO_FIX = frozenset({"recorded_at"})
FIXABLE = tuple(name for name in REGISTRATION_COLUMNS if name not in NOT_TO_FIX)
_MOMENTS = ("registered_at", "outcome_at")
_WHOLE = ("acuity", "comorbidity_count")
_NEEDED = ("registration_id", "patient_id", "facility", "registered_at", "age_years", "condition")
_WORDS = {"sex": tuple(Sex), "outcome": tuple(Outcome)}
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
#: What could not be read, is missing or is a word of no vocabulary has no value that could be let pass; and a visit
#: without a credible moment belongs to no month.
_NEVER = re.compile(
    r"record_unreadable|columns_.*|.*_not_a_number|.*_not_an_integer|.*_not_a_moment|.*_missing"
    r"|.*_not_in_value_set|registered_at_.*|patient_id_identifies"
)


@dataclass(frozen=True)
class History:
    """The months that the pipeline makes, YYYY-MM: from its first one to the current one. It never makes another."""

    first: str
    last: str

    def __contains__(self, month: str) -> bool:
        return self.first <= month <= self.last

    def ensure(self, *months: str) -> None:
        """Refuse a month that the pipeline never makes: whatever waited for it would wait for ever.

        Raises
        ------
        MonthOutsideError
        """
        for month in months:
            if month not in self:
                raise MonthOutsideError(
                    f"{month} is no month that the pipeline makes; those are {self.first} to {self.last}"
                )


def history(first_month: str, *, now: datetime) -> History:
    """Return the months from `MEDISYNC_HISTORY_START` to now."""
    return History(first_month, f"{now.astimezone(UTC):%Y-%m}")


def is_waivable(rule: str) -> bool:
    """Say whether a row may break a rule by leave of a steward."""
    return _NEVER.fullmatch(rule) is None


def rules_to_waive(broken: Iterable[str], wanted: Iterable[str] | None) -> list[str]:
    """Return the rules that a waiver covers: those wanted, or all that the row broke.

    Raises
    ------
    NotWaivableError
        If the row did not break one of them, or nobody may waive it.
    """
    there = list(dict.fromkeys(broken))
    chosen = there if wanted is None else list(dict.fromkeys(wanted))
    for rule in chosen:
        if rule not in there:
            raise NotWaivableError(
                f"this row did not break {rule}; it broke {', '.join(there)}", code="rule_not_broken"
            )
        if not is_waivable(rule):
            raise NotWaivableError(f"{rule} cannot be waived: correct the row instead")
    return chosen


def corrected(
    raw: Mapping[str, str | None], changes: Mapping[str, str | None], *, now: datetime
) -> dict[str, str | None]:
    """Return the whole row with the changes in it.

    Raises
    ------
    FieldFaultError
        Naming the first field that cannot be right and what is allowed.
    """
    if not changes:
        raise FieldFaultError(f"no field was changed; a fix changes at least one of {', '.join(FIXABLE)}")
    for name, value in changes.items():
        if name not in FIXABLE:
            raise FieldFaultError(f"{name} is no field to fix; those are {', '.join(FIXABLE)}")
        _check(name, value, now)
    row = {name: raw.get(name) for name in FIXABLE} | dict(changes)
    if all((row[name] or "") == (raw.get(name) or "") for name in FIXABLE):
        raise FieldFaultError("the fields are what they were: nothing is corrected", code="nothing_changed")
    return row


def _check(name: str, value: str | None, now: datetime) -> None:
    if value is None or not value.strip():
        if name in _NEEDED:
            raise FieldFaultError(f"{name} is needed")
        return
    if name in PLAUSIBLE_RANGES:
        low, high = PLAUSIBLE_RANGES[name]
        unit = f" {UNITS[name]}" if name in UNITS else ""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not low <= number <= high or (name in _WHOLE and number != int(number)):
            kind = "a whole number" if name in _WHOLE else "a number"
            raise FieldFaultError(f"{name} must be {kind} between {low:g} and {high:g}{unit}")
    elif name in _MOMENTS:
        moment = moment_of(value)
        if moment is None or not _EARLIEST <= moment <= now:
            raise FieldFaultError(f"{name} must be a moment such as 2026-03-01T14:30:00Z, from 1900 to now")
    elif name in _WORDS and value.strip().lower() not in _WORDS[name]:
        raise FieldFaultError(f"{name} must be one of {', '.join(_WORDS[name])}")


def moment_of(text: str | None) -> datetime | None:
    """Read an ISO 8601 moment as UTC; None when it is none."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def month_of(registered_at: str | None, *, otherwise: str, now: datetime) -> str:
    """Return the month that a row belongs to; `otherwise` when its moment cannot be one."""
    moment = moment_of(registered_at)
    return f"{moment:%Y-%m}" if moment is not None and _EARLIEST <= moment <= now else otherwise


def state_of_replay(months: int, *, done: int, outside: int) -> Literal["waiting", "running", "done", "refused"]:
    """Return how far a replay is, by the number of its months, of those made, and of those that are never made."""
    if done == months:
        return "done"
    if done + outside == months:
        return "refused"
    return "running" if done else "waiting"
