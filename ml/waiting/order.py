"""Who is next: the order of a queue as a strategy, and the bound on being overtaken.

Belongs here: the rule, pure. Does not belong here: locks, tables, and what may become of an entry
(`app_api.queue.policy`). The simulator and the application order by this same rule.

The rule of `priority`: level 1 first. Everyone else by `virtual_at = arrived_at - boost(acuity)`: waiting ages all
levels alike, so the key never changes and no job recomputes it. Whoever has been overtaken `MAX_OVERTAKES` times by
somebody who came later is owed: they go before all but level 1, the earliest arrival first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

#: Head start in minutes of each level (ESI); level 1 is called first anyway.
BOOST_MINUTES: Final[Mapping[int, int]] = {1: 40, 2: 40, 3: 20, 4: 5, 5: 0}
#: Nobody is overtaken more often than this, level 1 not counted.
MAX_OVERTAKES: Final = 8
#: Nobody below level 1 who comes later than this overtakes, in minutes.
OVERTAKE_WINDOW_MINUTES: Final = max(BOOST_MINUTES.values()) - min(BOOST_MINUTES.values())
#: Minutes until a patient should be seen: target times of the Manchester Triage System.
TARGET_MINUTES: Final[Mapping[int, int]] = {1: 0, 2: 10, 3: 60, 4: 120, 5: 240}


class Standing(Protocol):
    """What the order needs to know of one who waits."""

    @property
    def entry_seq(self) -> int: ...
    @property
    def arrived_at(self) -> datetime: ...
    @property
    def virtual_at(self) -> datetime: ...
    @property
    def is_immediate(self) -> bool: ...
    @property
    def overtakes(self) -> int: ...


@dataclass(frozen=True)
class Placing:
    """The sort key that a strategy gives to an arrival."""

    is_immediate: bool
    virtual_at: datetime


class Strategy(Protocol):
    """Where an arrival is placed."""

    def __call__(self, arrived_at: datetime, acuity: int) -> Placing: ...


def fifo(arrived_at: datetime, acuity: int) -> Placing:
    """Place by arrival alone."""
    del acuity
    return Placing(False, arrived_at)


def priority(arrived_at: datetime, acuity: int) -> Placing:
    """Place by arrival, with the head start of the level; level 1 before everyone.

    Raises
    ------
    ValueError
        If `acuity` is not 1 to 5.
    """
    if acuity not in BOOST_MINUTES:
        raise ValueError(f"acuity {acuity} is not a level; allowed are 1 to 5")
    return Placing(acuity == 1, arrived_at - timedelta(minutes=BOOST_MINUTES[acuity]))


STRATEGIES: Final[Mapping[str, Strategy]] = {"fifo": fifo, "priority": priority}

S = TypeVar("S", bound=Standing)


def is_owed(entry: Standing) -> bool:
    """Say whether an entry has been overtaken as often as anyone may be."""
    return entry.overtakes >= MAX_OVERTAKES


def rank(entry: Standing) -> tuple[bool, bool, datetime, int]:
    """Return the key by which those who wait are sorted; the smallest is called next."""
    owed = is_owed(entry)
    return not entry.is_immediate, not owed, entry.arrived_at if owed else entry.virtual_at, entry.entry_seq


def in_order(waiting: Iterable[S]) -> list[S]:
    """Return those who wait in the order in which they will be called if nobody else comes."""
    return sorted(waiting, key=rank)


def is_overtaken(waiting: Standing, called: Standing) -> bool:
    """Say whether calling `called` overtakes `waiting`: it came later and is not immediate.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from datetime import UTC, datetime
    >>> def at(minute, seq):
    ...     moment = datetime(2026, 1, 1, 8, minute, tzinfo=UTC)
    ...     return SimpleNamespace(arrived_at=moment, entry_seq=seq, is_immediate=False)
    >>> is_overtaken(at(0, 1), at(5, 2)), is_overtaken(at(5, 2), at(0, 1))
    (True, False)
    """
    if called.is_immediate or waiting.is_immediate:
        return False
    return (called.arrived_at, called.entry_seq) > (waiting.arrived_at, waiting.entry_seq)
