"""The rules of a shift that need no database: what may follow what, and when a forgotten one ends.

Belongs here: states as values. Does not belong here: SQL, and what a pause does to a queue (`app_api.queue`).
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from app_api.shifts.errors import ShiftChangeError


class Duty(StrEnum):
    OFF = "off"
    WORKING = "working"
    PAUSED = "paused"


#: Duty -> kind of the span that stands for it; off duty is no span.
KIND_OF: Final[Mapping[Duty, str]] = {Duty.WORKING: "work", Duty.PAUSED: "pause"}
DUTY_OF: Final[Mapping[str, Duty]] = {kind: duty for duty, kind in KIND_OF.items()}
NEXT: Final[Mapping[Duty, frozenset[Duty]]] = {
    Duty.OFF: frozenset({Duty.WORKING}),
    Duty.WORKING: frozenset({Duty.PAUSED, Duty.OFF}),
    Duty.PAUSED: frozenset({Duty.WORKING, Duty.OFF}),
}
#: A shift that nobody ended is over after this.
LONGEST: Final = timedelta(hours=16)


def check_change(duty: Duty, to: Duty) -> None:
    """Refuse a change that cannot follow.

    Raises
    ------
    ShiftChangeError
    """
    if to not in NEXT[duty]:
        raise ShiftChangeError(f"to is {to}, and you are {duty}; allowed are {', '.join(sorted(NEXT[duty]))}")
