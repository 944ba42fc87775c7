"""Stewardship: decisions, replays, counts of months, visits over months, contracts of sources."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_24_stewardship"
down_revision = "2026_11_24_notices"
branch_labels = None
depends_on = None

#: Rows of these are only ever added; `refuse_rewriting` came with the outlook.
ONLY_ADDED = ("quarantine_decision", "replay_request", "month_count", "visit_move", "source_contract")


def _text(*names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, postgresql.ARRAY(sa.Text()), nullable=False) for name in names]


def _json(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _seq(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.Identity(always=True), nullable=False)


def upgrade() -> None:
    op.create_table(
        "quarantine_decision",
        _seq("decision_seq"),
        *_text("content_hash", "month", "kind"),
        *_texts("rules", "fields"),
        _json("corrected", nullable=True),
        *_text("new_month", "reason"),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        *_text("decided_by_name"),
        _moment("decided_at"),
        _moment("expires_at", nullable=True),
        sa.CheckConstraint("kind IN ('fix', 'waive')", name=op.f("ck_quarantine_decision_kind_known")),
        sa.CheckConstraint("(kind = 'fix') = (corrected IS NOT NULL)", name=op.f("ck_quarantine_decision_fix_has_row")),
        sa.PrimaryKeyConstraint("decision_seq", name=op.f("pk_quarantine_decision")),
    )
    for column in ("content_hash", "month", "new_month"):
        op.create_index(f"ix_quarantine_decision_{column}", "quarantine_decision", [column])
    op.create_table(
        "replay_request",
        _seq("replay_seq"),
        sa.Column("replay_id", sa.Uuid(), nullable=False),
        *_texts("months"),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        *_text("requested_by_name"),
        _moment("requested_at"),
        sa.PrimaryKeyConstraint("replay_seq", name=op.f("pk_replay_request")),
        sa.UniqueConstraint("replay_id", name=op.f("uq_replay_request_replay_id")),
    )
    counts = ("raw", "validated", "quarantined", "superseded", "duplicate", "waived")
    op.create_table(
        "month_count",
        _seq("count_seq"),
        *_text("month"),
        *[sa.Column(f"{name}_count", sa.Integer(), nullable=False) for name in counts],
        *[sa.Column(name, sa.BigInteger(), nullable=False) for name in ("replay_seq", "decision_seq")],
        *_text("dagster_run_id"),
        _moment("counted_at"),
        sa.PrimaryKeyConstraint("count_seq", name=op.f("pk_month_count")),
    )
    op.create_index("ix_month_count_month_count_seq", "month_count", ["month", "count_seq"])
    op.create_table(
        "visit_month",
        sa.Column("visit_key", sa.BigInteger(), autoincrement=False, nullable=False),
        *_text("month"),
        sa.PrimaryKeyConstraint("visit_key", "month", name=op.f("pk_visit_month")),
    )
    op.create_index("ix_visit_month_month", "visit_month", ["month"])
    op.create_table(
        "visit_move",
        _seq("move_seq"),
        sa.Column("visit_key", sa.BigInteger(), nullable=False),
        *_text("month", "other_month"),
        _moment("noted_at"),
        sa.PrimaryKeyConstraint("move_seq", name=op.f("pk_visit_move")),
        sa.UniqueConstraint(
            "visit_key", "month", "other_month", name=op.f("uq_visit_move_visit_key_month_other_month")
        ),
    )
    op.create_index("ix_visit_move_month", "visit_move", ["month"])
    op.create_table(
        "source_contract",
        _seq("contract_seq"),
        *_text("source", "version", "verdict"),
        _json("columns"),
        _json("changes"),
        *_text("file_name", "file_sha256"),
        *_text("reason", nullable=True),
        _moment("noted_at"),
        sa.CheckConstraint("verdict IN ('accepted', 'refused')", name=op.f("ck_source_contract_verdict_known")),
        sa.PrimaryKeyConstraint("contract_seq", name=op.f("pk_source_contract")),
    )
    op.create_index("ix_source_contract_source_contract_seq", "source_contract", ["source", "contract_seq"])
    op.add_column("import_batch", _json("columns", nullable=True))
    for table in ONLY_ADDED:
        op.execute(
            f"CREATE TRIGGER {table}_is_insert_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()"
        )


def downgrade() -> None:
    op.drop_column("import_batch", "columns")
    for table in ("source_contract", "visit_move", "visit_month", "month_count", "replay_request"):
        op.drop_table(table)
    op.drop_table("quarantine_decision")
