"""The nightly reports: what was published last, as one PDF a role.

Belongs here: the asset, and keeping its files. Does not belong here: content and typesetting (`reports`), who may read
them (`serving.reports`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import pandas as pd
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from assets.database import Database
from core import clock, ids
from core.db.tables import AnalyticsResult, ChampionEvent, Receipt, StoredReport
from core.vocabulary import ANALYTICS_SECTIONS, Role
from ml.small_cells import suppress_sections
from reports.daily import daily_block
from reports.document import document_of
from reports.plans import PLANS
from reports.render import render

#: Role -> whether small counts are hidden from it.
ROLES = {Role.DOCTOR: False, Role.NURSE: False, Role.ADMIN: True}
#: What needs the web workers' own figures is in the report on request only.
_LIVE = frozenset({"overview", "capacity", "system_health"})
#: What the asset's own table tells of a report; the file itself lies in the database.
_LISTED = ("report_id", "as_of", "made_at", "is_suppressed", "sha256")
#: Nights that are kept.
KEPT = 90


class ReportShelf(dg.ConfigurableResource):
    """Reads what was published last and keeps the reports made from it."""

    database: dg.ResourceDependency[Database]
    is_synthetic: bool

    def make(self, role: Role, *, run_id: str) -> dict[str, Any] | None:
        """Make and keep one role's report; None while nothing is published."""
        now = clock.now()
        with self.database.engine.begin() as connection:
            rows = _published(connection)
            if not rows:
                return None
            receipts = [row["receipt"] for row in rows.values()]
            content = render(
                document_of(
                    role,
                    [name for name in PLANS[role].sections if name not in _LIVE],
                    _blocks(rows, is_suppressed=ROLES[role]),
                    provenance=_provenance(connection, receipts),
                    is_synthetic=self.is_synthetic,
                    is_suppressed=ROLES[role],
                    model_version=_champion(connection),
                    now=now,
                ),
                now=now,
            )
            kept = {
                "report_id": ids.new_id("rep"),
                "role": role.value,
                "as_of": min(row["moment"] for row in rows.values()),
                "made_at": now,
                "is_suppressed": ROLES[role],
                "receipts": receipts,
                "dagster_run_id": run_id,
                "sha256": hashlib.sha256(content).hexdigest(),
                "content": content,
            }
            connection.execute(insert(StoredReport).values(kept))
            newest = select(StoredReport.report_id).where(StoredReport.role == role.value)
            newest = newest.order_by(StoredReport.made_at.desc()).limit(KEPT)
            old = delete(StoredReport).where(StoredReport.role == role.value, StoredReport.report_id.not_in(newest))
            connection.execute(old)
        return kept


def _published(connection: Connection) -> dict[str, dict[str, Any]]:
    query = select(AnalyticsResult).ext(distinct_on(AnalyticsResult.section))
    query = query.with_only_columns(
        AnalyticsResult.section, AnalyticsResult.as_of, AnalyticsResult.receipt_id, AnalyticsResult.payload
    )
    query = query.where(AnalyticsResult.section.in_(ANALYTICS_SECTIONS))
    query = query.order_by(AnalyticsResult.section, AnalyticsResult.result_id.desc())
    return {
        row.section: {"moment": row.as_of, "receipt": row.receipt_id, "payload": row.payload}
        for row in connection.execute(query)
    }


def _blocks(rows: Mapping[str, Mapping[str, Any]], *, is_suppressed: bool) -> dict[str, dict[str, Any] | None]:
    payloads = {section: row["payload"] for section, row in rows.items()}
    shown = suppress_sections(payloads) if is_suppressed else payloads
    blocks: dict[str, dict[str, Any] | None] = {
        section: {"as_of": clock.iso(row["moment"]), "receipt": row["receipt"], "data": shown[section]}
        for section, row in rows.items()
    }
    return {**blocks, "staffing": daily_block(blocks.get("patient_volume"))}


def _provenance(connection: Connection, receipts: Sequence[str]) -> dict[str, dict[str, Any]]:
    query = select(Receipt.receipt_id, Receipt.provenance).where(Receipt.receipt_id.in_(receipts))
    return {row.receipt_id: row.provenance for row in connection.execute(query)}


def _champion(connection: Connection) -> int | None:
    query = select(ChampionEvent.version).where(ChampionEvent.kind != "out_of_band")
    return connection.scalar(query.order_by(ChampionEvent.event_id.desc()).limit(1))


@dg.asset(
    group_name="report",
    owners=["team:analytics"],
    code_version="2",
    kinds={"typst", "postgres", "parquet"},
    deps=[dg.AssetKey(f"analytics_{section}") for section in ANALYTICS_SECTIONS],
    description="The report of doctors, nurses and administrators as PDF, of what was published last.",
)
def report_roles(context: dg.AssetExecutionContext, report_shelf: ReportShelf) -> dg.MaterializeResult[pd.DataFrame]:
    made = {role: report_shelf.make(role, run_id=context.run_id) for role in ROLES}
    found = {role: report for role, report in made.items() if report is not None}
    rows = [
        {"role": role.value, "bytes": len(report["content"]), **{name: report[name] for name in _LISTED}}
        for role, report in found.items()
    ]
    if not found:
        note = "nothing is published yet: no report was made"
        return dg.MaterializeResult(value=pd.DataFrame(), metadata={"reports": 0, "note": note})
    return dg.MaterializeResult(
        value=pd.DataFrame(rows),
        metadata={
            "reports": len(found),
            "as_of": clock.iso(min(report["as_of"] for report in found.values())),
            "bytes": sum(row["bytes"] for row in rows),
        },
    )
