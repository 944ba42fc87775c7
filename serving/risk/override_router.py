"""HTTP of overrides: a clinician who decides otherwise than the models says so, and why.

Belongs here: `/api/risk/overrides`. Does not belong here: assessing (`router`), acting on a level. An override changes
neither the assessment nor the model: it is kept beside the receipt, for whoever judges or retrains the model.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.wire import Cursor, Limit, Page, keyset_page
from core import clock
from core.errors import NotFoundError
from core.vocabulary import OverrideReason, RiskLevel
from serving.analytics import repository as analytics_repository
from serving.risk import repository
from serving.risk.receipts import Receipts, ReceiptWriter

router = APIRouter(prefix="/api/risk/overrides", tags=["risk"])


class NewOverride(BaseModel):
    """What the clinician decides; no free text, which could name a person."""

    model_config = ConfigDict(extra="forbid")

    receipt: Annotated[str, Field(pattern=r"^rcp_[A-Za-z0-9_-]{1,60}$", description="Of the assessment")]
    level: RiskLevel
    reason: OverrideReason


class OverrideView(BaseModel):
    """One override as feedback: what the models said, and what a clinician decided."""

    override_id: int = Field(ge=1, le=2**53 - 1)
    receipt: str
    model_version: int = Field(ge=1, le=2**31 - 1)
    said: RiskLevel | None = Field(description="Null when the models abstained")
    level: RiskLevel
    reason: OverrideReason
    decided_at: datetime


class OverrideList(Page):
    items: list[OverrideView]


@router.post("", status_code=201, response_model=OverrideView, responses=problems_of_writes(404))
async def override_assessment(
    body: NewOverride,
    person: Annotated[Principal, Depends(need("risk.override"))],
    written_beside: Receipts,
    write: Write,
) -> Response:
    """Decide otherwise than an assessment, with a reason; the newest decision on an assessment counts."""

    async def act(tx: Act) -> OverrideView:
        tx.about("risk_assessment", body.receipt, reason_code=body.reason.value, fields=["level"])
        told = await _provenance(tx.connection, written_beside, body.receipt)
        row = await repository.add_override(
            tx.connection,
            receipt_id=body.receipt,
            version=told["model_version"],
            said=told["level"],
            level=body.level.value,
            reason=body.reason.value,
            decided_by=person.user_id,
            decided_at=clock.now(),
        )
        return _view(row)

    return await write.once(person, "risk.override", act, status=201)


@router.get("", dependencies=[Depends(need("risk.feedback"))])
async def list_overrides(context: Context, limit: Limit = 50, cursor: Cursor = None) -> OverrideList:
    """List overrides, newest first, without who decided or about whom: feedback on the models, not on people."""
    async with context.engine.connect() as connection:
        rows = await repository.overrides(connection, before=cursor, limit=limit + 1)
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.override_id)
    return OverrideList(items=[_view(row) for row in shown], next=following)


async def _provenance(connection: AsyncConnection, written_beside: ReceiptWriter, receipt_id: str) -> dict[str, Any]:
    """Return what the receipt of an assessment says.

    Raises
    ------
    NotFoundError
        If there is no such receipt, or it is of no assessment.
    """
    waiting = written_beside.pending(receipt_id)
    if waiting is not None:
        return waiting["provenance"]
    row = await analytics_repository.receipt(connection, receipt_id)
    if row is None or row.kind != "risk":
        raise NotFoundError(f"no assessment has the receipt {receipt_id}", code="receipt_not_found")
    return row.provenance


def _view(row: Any) -> OverrideView:
    return OverrideView(
        override_id=row.override_id,
        receipt=row.receipt_id,
        model_version=row.version,
        said=row.said,
        level=row.level,
        reason=row.reason,
        decided_at=row.decided_at,
    )
