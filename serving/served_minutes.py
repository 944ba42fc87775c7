"""Each worker's word that the hospital is served, every few seconds.

Belongs here: the loop, and the two gauges that are read from what all workers wrote. Does not belong here: what it adds
up to (`operations.uptime`), SQL (`operations.repository`).
"""

import asyncio
import logging
import math
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from core import clock
from serving.metrics import Metrics
from serving.operations import repository
from serving.operations.uptime import minute_of, slot_of

_LOG = logging.getLogger("medisync.served_minutes")
#: Twice in each slot of ten seconds.
EVERY_SECONDS = 4.0
KEPT = timedelta(days=400)


async def note_forever(engine: AsyncEngine, metrics: Metrics) -> None:
    """Write down again and again that this worker stands; once a minute renew the gauges and let go of what is old."""
    reviewed_at: datetime | None = None
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await note(engine, metrics)
            if reviewed_at != (minute := minute_of(clock.now())):
                await review(engine, metrics)
                reviewed_at = minute
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _LOG.warning("this moment counts as not served", extra={"kind": type(error).__name__})


async def note(engine: AsyncEngine, metrics: Metrics) -> None:
    """Write this slot and the answers since the last note; what could not be written is counted with the next."""
    now, (answered, failed) = clock.now(), metrics.tally.take()
    try:
        async with engine.begin() as connection:
            await repository.note_served(
                connection, minute_at=minute_of(now), slot=slot_of(now), answered=answered, failed=failed
            )
    except BaseException:
        metrics.tally.add(answered, failed)
        raise


async def review(engine: AsyncEngine, metrics: Metrics) -> None:
    """Set the gauges to what all workers wrote; forget minutes older than `KEPT`."""
    now = clock.now()
    async with engine.begin() as connection:
        found = await repository.uptime(connection, now=now)
        await repository.forget_minutes(connection, before=now - KEPT)
    metrics.uptime.set(math.nan if found.share is None else found.share)
    metrics.error_budget.set(found.left_minutes)
