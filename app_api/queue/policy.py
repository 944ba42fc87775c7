"""The rules of a queue that need no database: what may become of an entry, tickets, undo, the score's level.

Belongs here: moves as values. Does not belong here: who is next (`ml.waiting.order`), SQL.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from app_api.queue.errors import MoveNotAllowedError, NotAssignedError, NothingToUndoError
from core.errors import InputError
from core.vocabulary import AGE_BANDS, Disposition


class State(StrEnum):
    WAITING = "waiting"
    CALLED = "called"
    IN_SERVICE = "in_service"
    COMPLETED = "completed"
    #: Left without being seen.
    LEFT = "left"
    #: Still open when the day was closed; not an observed wait.
    CLOSED = "closed"


OPEN: Final = (State.WAITING, State.CALLED, State.IN_SERVICE)
#: A mistake can be taken back for this long.
UNDO_WITHIN: Final = timedelta(minutes=15)


@dataclass(frozen=True)
class Move:
    """One move: its name, from which states it is possible, and where it leads."""

    kind: str
    from_states: frozenset[State]
    to_state: State


def _move(kind: str, to_state: State, *from_states: State) -> Move:
    return Move(kind, frozenset(from_states), to_state)


CALL: Final = _move("call", State.CALLED, State.WAITING)
TRANSFER: Final = _move("transfer", State.WAITING, *OPEN)
CLOSE: Final = _move("close", State.CLOSED, *OPEN)
#: Moves of a visit that only the assigned may make. Anybody may note that a patient left, or move them over.
OF_ASSIGNED: Final = frozenset({"start", "complete", "return"})
#: `to` of a transition -> the move. A call is made by call-next only, so that nobody is called out of turn.
MOVES: Final = {
    move.to_state: move
    for move in (
        _move("start", State.IN_SERVICE, State.CALLED),
        _move("complete", State.COMPLETED, State.CALLED, State.IN_SERVICE),
        _move("leave", State.LEFT, State.WAITING, State.CALLED),
        _move("return", State.WAITING, State.CALLED, State.IN_SERVICE),
    )
}


def move_to(to: State, *, state: State) -> Move:
    """Return the move from `state` to `to`.

    Raises
    ------
    MoveNotAllowedError
    """
    move = MOVES.get(to)
    if move is None:
        raise MoveNotAllowedError(f"a transition to {to} is not possible; allowed are {', '.join(MOVES)}")
    check(move, state=state)
    return move


def check(move: Move, *, state: State) -> None:
    """Refuse a move from a state that it does not start from.

    Raises
    ------
    MoveNotAllowedError
    """
    if state not in move.from_states:
        allowed = ", ".join(sorted(move.from_states))
        raise MoveNotAllowedError(f"the entry is {state}; {move.kind} is possible from {allowed}")


def check_disposition(to: State, disposition: Disposition | None) -> None:
    """Refuse to say where a patient went when the visit is not completed by it.

    Raises
    ------
    InputError
        `disposition_not_allowed`
    """
    if disposition is not None and to is not State.COMPLETED:
        raise InputError(
            f"disposition is {disposition} with a transition to {to}; it is allowed with {State.COMPLETED} only",
            code="disposition_not_allowed",
        )


def age_band(birth_year: int | None, arrived_at: datetime) -> str | None:
    """Return the age band of a patient at arrival; None where no year of birth is known.

    Examples
    --------
    >>> age_band(1956, datetime(2026, 7, 1, tzinfo=UTC))
    '60-79'
    """
    if birth_year is None:
        return None
    age = arrived_at.year - birth_year
    return next((name for name, first, past in AGE_BANDS if first <= age < past), None)


def check_undo(kind: str, moved_at: datetime, *, now: datetime) -> None:
    """Refuse to undo the arrival, an undo, or what was done long ago.

    Raises
    ------
    NothingToUndoError
    """
    if kind in ("join", "undo"):
        raise NothingToUndoError("there is no move to take back")
    if now - moved_at > UNDO_WITHIN:
        raise NothingToUndoError("the last move is too long ago; it can be taken back within 15 minutes")


def check_assigned(kind: str, *, assigned_user: uuid.UUID | None, name: str, actor: uuid.UUID) -> None:
    """Refuse a move of a visit to whoever is not the one to whom the patient is assigned.

    Raises
    ------
    NotAssignedError
    """
    if kind in OF_ASSIGNED and assigned_user is not None and assigned_user != actor:
        raise NotAssignedError(f"{kind}: the patient is assigned to {name}; take the patient over first")


def due_at(arrived_at: datetime, acuity: int, target_minutes: Sequence[int]) -> datetime:
    """Return when the target time of the level is over; `target_minutes` are the queue's, of levels 1 to 5."""
    return arrived_at + timedelta(minutes=target_minutes[acuity - 1])


def last_day_end(now: datetime, ends_local: time, tz: ZoneInfo) -> datetime:
    """Return the newest end of a day that is not after `now`, by the wall clock of the queue's time zone.

    Examples
    --------
    >>> from datetime import UTC
    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> last_day_end(datetime(2026, 7, 1, 17, tzinfo=UTC), time(20), berlin).isoformat()
    '2026-06-30T18:00:00+00:00'
    >>> last_day_end(datetime(2026, 7, 1, 18, tzinfo=UTC), time(20), berlin).isoformat()
    '2026-07-01T18:00:00+00:00'
    """
    local = now.astimezone(tz)
    end = datetime.combine(local.date(), ends_local, tzinfo=tz)
    if end.astimezone(UTC) > now:
        end = datetime.combine(local.date() - timedelta(days=1), ends_local, tzinfo=tz)
    return end.astimezone(UTC)


def ticket(prefix: str, number: int) -> str:
    """Return what the wall shows instead of a name.

    Examples
    --------
    >>> ticket("E", 7)
    'E007'
    """
    return f"{prefix}{number:03d}"


def level_of_score(news2: int, *, has_red: bool) -> int:
    """Return the least urgent level that a NEWS2 score allows; the nurse may be stricter, never laxer.

    RCP 2017: 7 or more asks for an emergency response, 5 to 6 or a single red score for an urgent one.
    """
    if news2 >= 7:
        return 2
    return 3 if news2 >= 5 or has_red else 5
