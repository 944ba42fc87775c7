"""Sealing the audit while the application runs, once a second, by one worker at a time.

Belongs here: the loop and the anchor file. Does not belong here: seals themselves (`core.audit_seals`).
"""

import asyncio
import logging
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from app_api.identity.context import AppContext
from core.audit_seals import anchor, seal_waiting

_LOG = logging.getLogger("medisync.audit")
EVERY_SECONDS = 1.0


async def seal_once(context: AppContext) -> int | None:
    """Seal what waits and anchor it; return the seal's number."""
    work = partial(seal_waiting, seed_hex=context.settings.secrets["audit_signing_key"])
    async with context.engine.begin() as connection:
        made = await connection.run_sync(work)
    if made is None:
        return None
    await asyncio.to_thread(anchor, context.settings.audit_anchor_file, *made)
    return made[0]


async def seal_forever(context: AppContext) -> None:
    """Seal for ever; while the database is away the events wait in it."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            while await seal_once(context) is not None:
                pass
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _LOG.warning("the audit waits for its seal", extra={"kind": type(error).__name__})
