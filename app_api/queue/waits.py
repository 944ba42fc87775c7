"""What is known of a queue at this moment, and the estimate made from it.

Belongs here: from rows to `ml.waiting`, and why there is no estimate. Does not belong here: the arithmetic, SQL.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from app_api.queue.presence import Presence
from app_api.queue.schemas import WaitEstimate
from app_api.queue.spanish import SENTENCES
from app_api.sentences import PhraseBook
from core.vocabulary import Language
from ml.waiting.estimate import MIN_CALLS, QueueState, WaitModel

NO_MODEL = "There is no estimate yet: too few visits have been recorded to learn from."
NO_FLOW = "There is no estimate now: too few patients were called in the last four hours."
NO_STAFF = "There is no estimate now: everybody who works on this queue pauses or has gone home."
NOT_WAITING = "This patient is not waiting."
_SPANISH = PhraseBook(SENTENCES)


def said_in(language: Language, reason: str | None) -> str | None:
    """Return why there is no estimate in the reader's language."""
    if reason is None or language is not Language.SPANISH:
        return reason
    return _SPANISH.say(reason) or reason


def place_of(entry: Row[Any], open_entries: Sequence[Row[Any]]) -> int | None:
    """Return the place in line, 1 for the next; None for one who does not wait."""
    waiting = [other.entry_id for other in open_entries if other.state == "waiting"]
    return waiting.index(entry.entry_id) + 1 if entry.entry_id in waiting else None


def estimate(
    entry: Row[Any],
    *,
    open_entries: Sequence[Row[Any]],
    calls: Sequence[Row[Any]],
    model: Row[Any] | None,
    at_work: Presence | None,
    now: datetime,
) -> tuple[WaitEstimate | None, str | None]:
    """Return the interval of the remaining wait, or the reason why there is none.

    Parameters
    ----------
    open_entries : sequence of Row
        Of the queue, those who wait in the queue's order.
    calls : sequence of Row
        Of the last four hours, the newest first.
    at_work : Presence, optional
        Where shifts are kept: calls are expected of those who are at work now.
    """
    place = place_of(entry, open_entries)
    if place is None:
        return None, NOT_WAITING
    if model is None:
        return None, NO_MODEL
    if len(calls) < MIN_CALLS:
        return None, NO_FLOW
    if at_work is not None and at_work.working_count == 0:
        return None, NO_STAFF
    calls_60, calls_240 = sum(_minutes(call.called_at, now) <= 60 for call in calls), len(calls)
    if at_work is not None:
        calls_60, calls_240 = at_work.scaled(calls_60, at_work.mean_60), at_work.scaled(calls_240, at_work.mean_240)
    waiting = [other for other in open_entries if other.state == "waiting"]
    state = QueueState(
        acuity=entry.acuity,
        ahead_count=place - 1,
        waiting_count=len(waiting),
        with_staff_count=len(open_entries) - len(waiting),
        calls_60=calls_60,
        calls_240=calls_240,
        head_wait_minutes=max(_minutes(other.arrived_at, now) for other in waiting),
        last_wait_minutes=_minutes(calls[0].arrived_at, calls[0].called_at),
        waited_minutes=_minutes(entry.arrived_at, now),
        hour=now.hour + now.minute / 60,
    )
    try:
        fitted = WaitModel.of_dict(model.payload["model"])
    except (KeyError, ValueError):
        return None, NO_MODEL
    p50, p90 = fitted.interval(state)
    return WaitEstimate(
        p50_minutes=round(p50, 1),
        p90_minutes=round(p90, 1),
        receipt=model.receipt_id,
        as_of=model.published_at,
        told_at=now,
    ), None


def _minutes(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds() / 60)
