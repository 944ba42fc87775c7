"""Receipts: from a number on a screen back to the rows, the check and the run that made it.

Belongs here: `GET /api/receipts/{id}`. Does not belong here: writing receipts (`assets/`, `serving.risk`).
"""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from app_api.identity.access import need
from app_api.identity.context import AppContext, Context
from app_api.identity.session_book import Principal
from app_api.permissions import CLINICAL_ROLES
from app_api.problem_docs import problems
from core.errors import NotFoundError
from serving.analytics import live_receipt, repository
from serving.risk import repository as risk_repository
from serving.risk.raw_rows import changed_rows
from serving.risk.receipts import GATHER_SECONDS, Receipts

router = APIRouter(prefix="/api/receipts", tags=["receipts"])


class Verification(BaseModel):
    """Whether what a receipt names is still there and unchanged."""

    is_intact: bool
    findings: list[str] = Field(description="What differs, in sentences; empty when nothing does")
    raw_rows_checked: int = Field(ge=0, le=2**31 - 1)


class ReceiptView(BaseModel):
    """Where a number comes from; what `provenance` holds depends on `kind`."""

    receipt_id: str
    kind: Literal["analytics", "risk", "live"]
    provenance: dict[str, Any]
    created_at: datetime
    verification: Verification | None = Field(None, description="Of a risk receipt, made at this moment")


@router.get("/{receipt_id}", responses=problems(404))
async def read_receipt(
    receipt_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")],
    context: Context,
    written_beside: Receipts,
    person: Annotated[Principal, Depends(need("receipt.read"))],
) -> ReceiptView:
    """Follow a number home; of an assessment, check on the way whether its rows and its model are what they were."""
    live = live_receipt.parse(receipt_id)
    if live is not None:
        async with context.engine.connect() as connection:
            told = await live_receipt.provenance(connection, live, is_clinical=person.role in CLINICAL_ROLES)
        return ReceiptView(receipt_id=receipt_id, kind="live", provenance=told, created_at=live.until)
    waiting = written_beside.pending(receipt_id)
    if waiting is not None:
        return await _checked(context, ReceiptView(**waiting))
    for wait in (0.0, 2 * GATHER_SECONDS):
        # Another worker may be about to write it.
        await asyncio.sleep(wait)
        async with context.engine.connect() as connection:
            row = await repository.receipt(connection, receipt_id)
        if row is not None:
            return await _checked(context, ReceiptView.model_validate(row, from_attributes=True))
    raise NotFoundError(f"no receipt {receipt_id}", code="receipt_not_found")


async def _checked(context: AppContext, view: ReceiptView) -> ReceiptView:
    """Add what stands beside the version, and whether rows and release still fit their hashes."""
    if view.kind != "risk" or "model_version" not in view.provenance:
        return view
    told = view.provenance
    rows: list[dict[str, Any]] = told.get("raw_rows", [])
    async with context.engine.connect() as connection:
        release = await risk_repository.release_header(connection, told["model_version"])
        changed = await changed_rows(connection, rows) if rows else []
    findings = [f"raw row {number} is not what it was when this was assessed" for number in changed]
    if release is None:
        findings.append(f"version {told['model_version']} is no longer on the shelf")
    elif release.payload_sha256 != told.get("payload_sha256"):
        findings.append(f"the release of version {release.version} is not the one that answered")
    verification = Verification(is_intact=not findings, findings=findings, raw_rows_checked=len(rows))
    origin = {"model_origin": release.origin} if release is not None and release.origin else {}
    return view.model_copy(update={"provenance": {**told, **origin}, "verification": verification})
