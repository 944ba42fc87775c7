"""The outlook: promises, alerts, dispositions and ratios, all insert-only."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_24_outlook"
down_revision = "2026_11_24_envelope"
branch_labels = None
depends_on = None

TABLES = (
    "forecast_promise",
    "forecast_actual",
    "surge_alert",
    "surge_closed_period",
    "surge_disposition",
    "staffing_ratio_version",
)

_REFUSE = """
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are only ever added: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$
"""


def _moment(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _text(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _real(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Float(), nullable=False) for name in names]


def _whole(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "forecast_promise",
        sa.Column("promise_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_text("forecast_id", "kind", "role"),
        _moment("made_at"),
        *_text("as_of_month", "series_id"),
        *_whole("step"),
        *_text("month"),
        *_real("mean", "lo80", "hi80", "lo95", "hi95", "naive_mean", "scale"),
        *_text("model", "dagster_run_id", "code_commit", "data_sha256"),
        sa.CheckConstraint("kind IN ('live', 'replayed')", name=op.f("ck_forecast_promise_kind_known")),
        sa.CheckConstraint("role IN ('served', 'baseline')", name=op.f("ck_forecast_promise_role_known")),
        sa.PrimaryKeyConstraint("promise_id", name=op.f("pk_forecast_promise")),
        sa.UniqueConstraint("forecast_id", "step", name=op.f("uq_forecast_promise_forecast_id_step")),
    )
    op.create_index("ix_forecast_promise_kind_series_id_month", "forecast_promise", ["kind", "series_id", "month"])
    op.create_table(
        "forecast_actual",
        sa.Column("actual_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_text("series_id", "month"),
        *_whole("count"),
        _moment("observed_at"),
        *_text("dagster_run_id"),
        sa.PrimaryKeyConstraint("actual_id", name=op.f("pk_forecast_actual")),
    )
    op.create_index("ix_forecast_actual_series_id_month", "forecast_actual", ["series_id", "month"])
    op.create_table(
        "surge_alert",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        *_text("grain", "period"),
        sa.Column("period_start_date", sa.Date(), nullable=False),
        *_whole("rank"),
        *_text("series_id"),
        *_whole("count"),
        *_real("expected", "excess", "p_exceed", "q_value"),
        *_text("level"),
        *_real("budget"),
        *_text("kind", "receipt_id", "dagster_run_id"),
        _moment("published_at"),
        sa.CheckConstraint("kind IN ('live', 'replayed')", name=op.f("ck_surge_alert_kind_known")),
        sa.CheckConstraint("grain IN ('week', 'month')", name=op.f("ck_surge_alert_grain_known")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_surge_alert")),
        sa.UniqueConstraint("grain", "period", "series_id", name=op.f("uq_surge_alert_grain_period_series_id")),
    )
    op.create_index("ix_surge_alert_grain_period", "surge_alert", ["grain", "period"])
    op.create_table(
        "surge_closed_period",
        *_text("grain", "period"),
        *_whole("judged_count", "alert_count"),
        *_real("budget"),
        *_text("kind", "receipt_id"),
        _moment("published_at"),
        sa.CheckConstraint("grain IN ('week', 'month')", name=op.f("ck_surge_closed_period_grain_known")),
        sa.PrimaryKeyConstraint("grain", "period", name=op.f("pk_surge_closed_period")),
    )
    op.create_table(
        "surge_disposition",
        sa.Column("disposition_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        *_text("disposition", "why"),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        *_text("decided_by_name", "decided_by_role"),
        _moment("decided_at"),
        sa.CheckConstraint(
            "disposition IN ('investigated', 'real', 'noise')", name=op.f("ck_surge_disposition_disposition_known")
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["surge_alert.alert_id"], name=op.f("fk_surge_disposition_alert_id_surge_alert")
        ),
        sa.PrimaryKeyConstraint("disposition_id", name=op.f("pk_surge_disposition")),
    )
    op.create_index("ix_surge_disposition_alert_id", "surge_disposition", ["alert_id"])
    op.create_table(
        "staffing_ratio_version",
        sa.Column("version", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ratios", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("beds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *_text("why"),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        *_text("made_by_name"),
        _moment("made_at"),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_staffing_ratio_version")),
    )
    op.execute(_REFUSE)
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_is_insert_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()"
        )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_rewriting()")
