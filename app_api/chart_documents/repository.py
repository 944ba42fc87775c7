"""All SQL of a chart's documents.

Belongs here: queries on `chart_document` and `chart_document_file`. Does not belong here: rules, `commit`.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app_api.locks import hold
from core.db.tables import ChartDocument, ChartDocumentFile, UserAccount


async def lock_uploads(connection: AsyncConnection, patient_id: str) -> None:
    """Let one upload into a chart go on at a time, so that its documents can be counted and compared."""
    await hold(connection, f"chart_document {patient_id}")


async def hashes(connection: AsyncConnection, patient_id: str) -> Sequence[Row[Any]]:
    """Return `file_sha256` and `status` of a chart's documents."""
    query = select(ChartDocument.file_sha256, ChartDocument.status).where(ChartDocument.patient_id == patient_id)
    return (await connection.execute(query)).all()


async def add(connection: AsyncConnection, columns: Mapping[str, Any], file: Mapping[str, Any]) -> None:
    await connection.execute(insert(ChartDocument).values(**columns))
    await connection.execute(insert(ChartDocumentFile).values(**file))


async def of_patient(
    connection: AsyncConnection, patient_id: str, *, only_current: bool, offset: int, limit: int
) -> Sequence[Row[Any]]:
    """Return a patient's documents with who filed and who marked them, the newest first."""
    uploader, marker = aliased(UserAccount), aliased(UserAccount)
    query = (
        select(
            *ChartDocument.__table__.columns,
            uploader.display_name.label("uploaded_by_name"),
            marker.display_name.label("marked_by_name"),
        )
        .join(uploader, uploader.user_id == ChartDocument.uploaded_by)
        .outerjoin(marker, marker.user_id == ChartDocument.marked_by)
        .where(ChartDocument.patient_id == patient_id)
        .order_by(ChartDocument.uploaded_at.desc(), ChartDocument.document_id)
    )
    if only_current:
        query = query.where(ChartDocument.status == "current")
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def one(
    connection: AsyncConnection, patient_id: str, document_id: uuid.UUID, *, is_change: bool = False
) -> Row[Any] | None:
    query = select(*ChartDocument.__table__.columns).where(
        ChartDocument.patient_id == patient_id, ChartDocument.document_id == document_id
    )
    if is_change:
        query = query.with_for_update()
    return (await connection.execute(query)).one_or_none()


async def sealed_file(connection: AsyncConnection, document_id: uuid.UUID) -> bytes:
    query = select(ChartDocumentFile.sealed).where(ChartDocumentFile.document_id == document_id)
    return (await connection.execute(query)).scalar_one()


async def mark(connection: AsyncConnection, document_id: uuid.UUID, **columns: Any) -> None:
    await connection.execute(update(ChartDocument).where(ChartDocument.document_id == document_id).values(**columns))


async def name_of(connection: AsyncConnection, user_id: uuid.UUID) -> str:
    query = select(UserAccount.display_name).where(UserAccount.user_id == user_id)
    return (await connection.execute(query)).scalar_one()
