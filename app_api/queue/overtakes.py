"""Why somebody was passed over: everyone who came later and was called before, with the reason in words.

Belongs here: finding them and saying why. Does not belong here: the rule (`ml.waiting.order`), HTTP.
"""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.queue import moves, repository
from app_api.queue.figures_schemas import OvertakeLine, OvertakeList
from core import clock
from core.db.tables import QueueEntry
from ml.waiting.order import BOOST_MINUTES, MAX_OVERTAKES


async def of_entry(connection: AsyncConnection, entry_id: uuid.UUID) -> tuple[Row[Any], OvertakeList]:
    """Return an entry and who overtook it, the first first.

    Raises
    ------
    EntryNotFoundError
    """
    entry = await moves.entry_of(connection, entry_id)
    until = entry.called_at or entry.ended_at or clock.now()
    came_later = func.row(QueueEntry.arrived_at, QueueEntry.entry_seq) > func.row(entry.arrived_at, entry.entry_seq)
    query = (
        select(*repository.ENTRY)
        .where(QueueEntry.queue_id == entry.queue_id, QueueEntry.called_at > entry.arrived_at)
        .where(QueueEntry.called_at < until, came_later)
        .order_by(QueueEntry.called_at)
        .limit(200)
    )
    rows = (await connection.execute(query)).all()
    items = [
        OvertakeLine(
            ticket_code=row.ticket_code,
            acuity=row.acuity,
            arrived_at=row.arrived_at,
            called_at=row.called_at,
            why=why(entry, row),
        )
        for row in rows
    ]
    return entry, OvertakeList(overtakes=entry.overtakes, bound=MAX_OVERTAKES, items=items)


def why(passed: Row[Any], called: Row[Any]) -> str:
    """Say why one who came later was called before: level 1, a head start, or another doctor's patient."""
    if called.is_immediate:
        return "level 1 is called at once"
    after = round((called.arrived_at - passed.arrived_at) / timedelta(minutes=1))
    if called.virtual_at < passed.virtual_at:
        mine, theirs = BOOST_MINUTES[passed.acuity], BOOST_MINUTES[called.acuity]
        starts = f"level {called.acuity} has a head start of {theirs} min, level {passed.acuity} of {mine}"
        return f"came {after} min later; {starts}"
    if passed.provider_id is not None:
        return f"came {after} min later; this patient was assigned to a doctor, who did not call then"
    return f"came {after} min later; this patient joined, or was put back, after that call"
