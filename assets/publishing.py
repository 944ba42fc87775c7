"""Handing results to serving: rows in PostgreSQL, a receipt behind each, and a nudge through Valkey.

Belongs here: writing published results, receipts, validation runs, parked rows and releases. Does not belong here:
computing any of them.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster as dg
import orjson
import pandas as pd
import redis
from pydantic import Field
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from assets.database import Database
from core import clock, ids
from core.db.tables import AnalyticsResult, MonthCount, QuarantinedRegistration, Receipt, ValidationRun
from core.errors import IntegrityError
from core.vocabulary import PROVENANCE_COLUMNS, REGISTRATION_COLUMNS

CHANNEL = "medisync:published"
_LOG = logging.getLogger(__name__)
_BATCH = 2_000


def as_json(result: object) -> Any:
    """Turn a result of `ml` (dataclasses, numpy values, NaN) into plain JSON values; NaN and infinities become null."""
    return orjson.loads(orjson.dumps(result, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_SERIALIZE_DATACLASS))


class Publisher(dg.ConfigurableResource):
    """Writes what serving reads. The row is the truth; the message through Valkey only makes it quick."""

    database: dg.ResourceDependency[Database]
    redis_dsn: str = Field(description="redis:// address of Valkey")
    api_address: str = Field(default="", description="Where the API is seen from Dagster's pages; empty: at their host")

    def shown(self, receipt_id: str) -> dict[str, Any]:
        """Return a receipt as metadata of a materialization: its id, and its page in the dashboard."""
        page = dg.MetadataValue.url(f"{self.api_address}/receipts/{receipt_id}")
        return {"receipt": receipt_id, "receipt_page": page}

    def section(self, section: str, result: object, *, as_of: datetime, provenance: Mapping[str, Any]) -> str:
        """Publish one analysis with its receipt, in one transaction; return the receipt's id."""
        receipt_id = ids.new_id("rcp")
        now = clock.now()
        with self.database.engine.begin() as connection:
            connection.execute(
                insert(Receipt).values(
                    receipt_id=receipt_id, kind="analytics", provenance=as_json(provenance), created_at=now
                )
            )
            connection.execute(
                insert(AnalyticsResult).values(
                    section=section, as_of=as_of, receipt_id=receipt_id, payload=as_json(result), published_at=now
                )
            )
        self.nudge(section)
        return receipt_id

    def receipt(self, provenance: Mapping[str, Any]) -> str:
        """Keep the receipt of results that lie in tables of their own; return its id."""
        receipt_id = ids.new_id("rcp")
        row = {"receipt_id": receipt_id, "kind": "analytics", "provenance": as_json(provenance)}
        with self.database.engine.begin() as connection:
            connection.execute(insert(Receipt).values(**row, created_at=clock.now()))
        return receipt_id

    def validation_run(self, report: Any, *, month: str, run_id: str) -> str:
        """Keep one run of one suite over one month; counts per rule, never a value. Return its id."""
        identifier = ids.new_uuid()
        rules = [
            {
                "rule": rule.rule,
                "column": rule.column,
                "severity": str(rule.severity),
                "kahn": str(rule.kahn),
                "reason": rule.reason,
                "success": bool(rule.success),
                "failed_rows": int(rule.failed_rows),
                "waived_rows": int(rule.waived_rows),
            }
            for rule in report.rules
        ]
        with self.database.engine.begin() as connection:
            connection.execute(
                insert(ValidationRun).values(
                    validation_run_id=identifier,
                    suite=report.suite,
                    suite_version=report.version,
                    month=month,
                    dagster_run_id=run_id,
                    row_count=report.row_count,
                    failed_row_count=report.failed_row_count,
                    is_success=report.is_success,
                    rules=rules,
                    ran_at=clock.now(),
                )
            )
        return str(identifier)

    def report_url(self, validation_run_id: str) -> str:
        """Return where stewards read the report of a validation run."""
        return f"{self.api_address}/api/validation/runs/{validation_run_id}/report"

    def quarantine(
        self, parked: pd.DataFrame, *, month: str, run_id: str, reopened: Collection[str] = frozenset()
    ) -> None:
        """Make the month's parked rows the ones that stewards see.

        Rows that no longer fail (a rule or a mapping changed) leave the list while they are open; a row that a steward
        fixed or waived keeps that state, unless its waiver has ended (`reopened`).
        """
        now = clock.now()
        names = [*REGISTRATION_COLUMNS, *PROVENANCE_COLUMNS]
        rows = [
            {
                "content_hash": row["content_hash"],
                "month": month,
                "source": row["source"],
                "source_record": row["source_record"],
                "reasons": list(row["reasons"]),
                "raw": {name: None if pd.isna(row[name]) else str(row[name]) for name in names},
                "status": "open",
                "dagster_run_id": run_id,
                "quarantined_at": now,
            }
            for row in parked.to_dict("records")
        ]
        table = QuarantinedRegistration
        with self.database.engine.begin() as connection:
            hashes = [row["content_hash"] for row in rows]
            connection.execute(
                delete(table).where(table.month == month, table.status == "open", table.content_hash.not_in(hashes))
            )
            again = sorted(set(reopened) & set(hashes))
            if again:
                connection.execute(
                    update(table).where(table.content_hash.in_(again), table.status == "waived").values(status="open")
                )
            for start in range(0, len(rows), _BATCH):
                new = insert(table).values(rows[start : start + _BATCH])
                connection.execute(
                    new.on_conflict_do_update(
                        index_elements=[table.content_hash],
                        set_={"reasons": new.excluded.reasons, "dagster_run_id": new.excluded.dagster_run_id},
                        where=table.status == "open",
                    )
                )

    def month_count(
        self,
        parted: Any,
        *,
        month: str,
        raw_count: int,
        waived: Collection[str],
        replay_seq: int,
        decision_seq: int,
        run_id: str,
    ) -> None:
        """Keep where the month's raw rows went: raw = validated + quarantined + superseded + duplicates.

        Raises
        ------
        IntegrityError
            If they do not add up: a row would have been lost.
        """
        counts = {
            "validated_count": len(parted.validated),
            "quarantined_count": len(parted.quarantined),
            "superseded_count": len(parted.superseded),
            "duplicate_count": int(parted.duplicates),
        }
        if sum(counts.values()) != raw_count:
            raise IntegrityError(f"{month}: {raw_count} raw rows went in and {sum(counts.values())} came out: {counts}")
        row = {
            "month": month,
            "raw_count": raw_count,
            **counts,
            "waived_count": len(waived),
            "replay_seq": replay_seq,
            "decision_seq": decision_seq,
            "dagster_run_id": run_id,
            "counted_at": clock.now(),
        }
        with self.database.engine.begin() as connection:
            connection.execute(insert(MonthCount).values(**row))

    def validation_ids(self, suite: str, months: Sequence[str]) -> list[str]:
        """Return the newest validation run of each of the months, for a receipt."""
        query = (
            select(ValidationRun.validation_run_id)
            .where(ValidationRun.suite == suite, ValidationRun.month.in_(months))
            .ext(distinct_on(ValidationRun.month))
            .order_by(ValidationRun.month, ValidationRun.ran_at.desc())
        )
        with self.database.engine.connect() as connection:
            return [str(value) for value in connection.execute(query).scalars()]

    def nudge(self, topic: str) -> None:
        """Tell the web workers that something new is there; without Valkey they find it at their next poll."""
        try:
            with redis.Redis.from_url(self.redis_dsn, socket_timeout=2, socket_connect_timeout=2) as client:
                client.incr(CHANNEL)
                client.publish(CHANNEL, topic)
        except redis.RedisError as error:
            _LOG.warning("valkey is away, workers will poll", extra={"topic": topic, "error": type(error).__name__})
