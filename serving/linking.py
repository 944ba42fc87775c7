"""Comparing patients behind the requests: new blind keys for old entries, and the stewards' list of pairs.

Belongs here: the loop. Does not belong here: what a comparison is (`app_api.patients.doubles`).
"""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from app_api.identity.context import AppContext
from app_api.patients import doubles, doubles_repository
from core.errors import MediSyncError
from ml.linkage import KEY_FORM

_LOG = logging.getLogger("medisync.linking")
EVERY_SECONDS = 15.0
#: Between two batches, for the requests.
_PAUSE_SECONDS = 0.05


async def link_forever(context: AppContext) -> None:
    """Compare whoever was entered or changed; the workers take turns."""
    is_new_form = True
    while True:
        try:
            await doubles.renew_weights(context)
            if is_new_form:
                async with context.engine.begin() as connection:
                    await doubles_repository.forget_older_forms(connection, KEY_FORM)
                is_new_form = False
            while await doubles.compare_batch(context):
                await asyncio.sleep(_PAUSE_SECONDS)
        except (SQLAlchemyError, OSError, TimeoutError, MediSyncError) as error:
            _LOG.warning("the comparison of patients waits", extra={"kind": type(error).__name__})
        await asyncio.sleep(EVERY_SECONDS)
