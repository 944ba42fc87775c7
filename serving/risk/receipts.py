"""Receipts of assessments, written beside the answer.

Belongs here: the queue and its writer. Does not belong here: what a receipt says (`provenance`), reading one.

The answer does not wait for the disk: a receipt is queued and a task writes what has gathered in 50 ms. A receipt that
is asked for sooner is looked for in the queue as well (`pending`), so that an id which was handed out always resolves.
"""

import asyncio
import logging
from itertools import islice
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection

from core import clock, ids, sealing
from core.errors import UnavailableError
from serving.metrics import Metrics
from serving.risk import repository

_LOG = logging.getLogger("medisync.receipts")
#: Receipts that may wait while the database is away; beyond, no assessment is given.
MAX_PENDING = 10_000
_BATCH = 500
_RETRY_SECONDS = 0.5
#: How long receipts gather before they are written together.
GATHER_SECONDS = 0.05


class ReceiptWriter:
    """Queues receipts and writes them in batches; close it to write what is left."""

    def __init__(self, engine: AsyncEngine, metrics: Metrics, *, pseudonym_key: str) -> None:
        self._engine = engine
        self._metrics = metrics
        self._pseudonym_key = pseudonym_key
        self._pending: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._news = asyncio.Event()

    def add(self, provenance: dict[str, Any], prediction: dict[str, Any]) -> str:
        """Queue a receipt of an assessment, and the prediction to be met by its outcome; return the receipt's id.

        Raises
        ------
        UnavailableError
            If the database has been away for so long that no more receipts can wait: no receipt, no answer.
        """
        if len(self._pending) >= MAX_PENDING:
            raise UnavailableError("receipts cannot be kept at the moment; try again", code="receipts_full")
        receipt_id = ids.new_id("rcp")
        now = clock.now()
        receipt = {"receipt_id": receipt_id, "kind": "risk", "provenance": provenance, "created_at": now}
        self._pending[receipt_id] = (receipt, {**prediction, "receipt_id": receipt_id, "assessed_at": now})
        self._news.set()
        return receipt_id

    def registration_key(self, registration_id: str) -> str:
        """Return what stands for a registration beside a prediction: without the key it can't be computed back."""
        return sealing.pseudonyms([registration_id], key=self._pseudonym_key)[registration_id]

    def pending(self, receipt_id: str) -> dict[str, Any] | None:
        """Return a receipt that is not written yet."""
        waiting = self._pending.get(receipt_id)
        return waiting[0] if waiting else None

    async def write_forever(self) -> None:
        """Write what is queued as soon as it is queued."""
        while True:
            await self._news.wait()
            self._news.clear()
            # One statement for all that arrive in this time: a write each would cost more than the answers.
            await asyncio.sleep(GATHER_SECONDS)
            while self._pending:
                if not await self._write_some():
                    await asyncio.sleep(_RETRY_SECONDS)

    async def close(self) -> None:
        """Write what is left, once; what then cannot be written is counted as lost."""
        while self._pending:
            if not await self._write_some():
                self._metrics.receipts_lost.inc(len(self._pending))
                _LOG.error("receipts lost at shutdown", extra={"count": len(self._pending)})
                return

    async def _write_some(self) -> bool:
        waiting = list(islice(self._pending.values(), _BATCH))
        batch = [receipt for receipt, _ in waiting]
        try:
            async with self._engine.begin() as connection:
                await repository.add_receipts(connection, batch)
                await repository.add_predictions(connection, [prediction for _, prediction in waiting])
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _LOG.warning("receipts wait", extra={"kind": type(error).__name__, "count": len(self._pending)})
            return False
        for row in batch:
            del self._pending[row["receipt_id"]]
        return True


async def writer_of(connection: HTTPConnection) -> ReceiptWriter:
    """Return the receipt writer of the application that this request came to."""
    return connection.app.state.receipts


Receipts = Annotated[ReceiptWriter, Depends(writer_of)]
