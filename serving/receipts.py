"""Receipts: from a number on a screen back to the rows, the check and the run that made it.

Belongs here: `GET /api/receipts/{id}`. Does not belong here: writing receipts (`assets/`, `serving.risk`).
"""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel

from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.problem_docs import problems
from core.errors import NotFoundError
from serving.analytics import repository
from serving.risk.receipts import GATHER_SECONDS, Receipts

router = APIRouter(prefix="/api/receipts", tags=["receipts"])


class ReceiptView(BaseModel):
    """Where a number comes from; what `provenance` holds depends on `kind`."""

    receipt_id: str
    kind: Literal["analytics", "risk"]
    provenance: dict[str, Any]
    created_at: datetime


@router.get("/{receipt_id}", responses=problems(404), dependencies=[Depends(need("receipt.read"))])
async def read_receipt(
    receipt_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")], context: Context, written_beside: Receipts
) -> ReceiptView:
    """Follow a number home."""
    waiting = written_beside.pending(receipt_id)
    if waiting is not None:
        return ReceiptView(**waiting)
    for wait in (0.0, 2 * GATHER_SECONDS):
        # Another worker may be about to write it.
        await asyncio.sleep(wait)
        async with context.engine.connect() as connection:
            row = await repository.receipt(connection, receipt_id)
        if row is not None:
            return ReceiptView.model_validate(row, from_attributes=True)
    raise NotFoundError(f"no receipt {receipt_id}", code="receipt_not_found")
