"""Telling the sockets what was committed: the outbox, drained into the numbered stream.

Belongs here: the loop. Does not belong here: the outbox table (`app_api.envelope.outbox`), the stream (`events`).

A message leaves the table in the transaction that tells it: a crash between the two tells it again, under the same
name, which the stream recognises. While Valkey is away the messages wait.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from app_api.envelope import answers, outbox
from app_api.identity.context import AppContext
from core import clock
from serving.realtime import events

Told = Callable[[float], None]
_LOG = logging.getLogger("medisync.outbox")
#: How often the table is looked at when nobody nudges: what another worker left behind.
LOOK_SECONDS = 2.0
_PURGE_EVERY = 900


class _AwayError(Exception):
    """Valkey took nothing: leave the messages where they are."""


async def drain(context: AppContext, told: Told = lambda seconds: None) -> int:
    """Tell all waiting messages; return how many. Zero while Valkey is away. `told` hears how old each was."""
    count = 0
    while True:
        try:
            async with context.engine.begin() as connection:
                rows = await outbox.take(connection)
                for row in rows:
                    await _tell(context, row)
        except _AwayError:
            return count
        for row in rows:
            told((clock.now() - row.created_at).total_seconds())
        count += len(rows)
        if not rows:
            return count


async def _tell(context: AppContext, row: Row[Any]) -> None:
    await events.relay(context.valkey, name=f"o{row.outbox_id}", topic=row.topic, data=row.payload)
    if context.valkey.is_away:
        raise _AwayError


async def drain_forever(context: AppContext, told: Told = lambda seconds: None) -> None:
    """Drain when nudged and every two seconds; forget old idempotency keys now and then."""
    rounds = 0
    while True:
        # Not `wait_for`: in Python 3.11 it forgets a cancellation that meets a nudge, and the worker never stops.
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await context.outbox_nudge.wait()
        context.outbox_nudge.clear()
        try:
            await drain(context, told)
            if rounds % _PURGE_EVERY == 0:
                async with context.engine.begin() as connection:
                    await answers.purge(connection)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _LOG.warning("the outbox waits", extra={"kind": type(error).__name__})
        rounds += 1
