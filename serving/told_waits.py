"""The metric of told waits: what share was longer than said.

Belongs here: the loop that renews two gauges. Does not belong here: counting (`app_api.queue.told`).
"""

import asyncio
import logging
import math

from sqlalchemy.exc import SQLAlchemyError

from app_api.identity.context import AppContext
from app_api.queue import told
from core import clock
from serving.metrics import Metrics

_LOG = logging.getLogger("medisync.told_waits")
EVERY_SECONDS = 60.0


async def watch_told_waits(context: AppContext, metrics: Metrics) -> None:
    """Count once a minute how told waits came true."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await measure(context, metrics)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _LOG.warning("told waits are counted later", extra={"kind": type(error).__name__})


async def measure(context: AppContext, metrics: Metrics) -> None:
    """Set the gauges to what is known now."""
    async with context.engine.connect() as connection:
        overall = (await told.came_true(connection, now=clock.now())).overall
    metrics.waits_past_p90.set(math.nan if overall.past_p90 is None else overall.past_p90)
    metrics.waits_settled.set(overall.settled_count)
