"""What people are told of the pipeline, and profiles of its monthly layers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_24_notices"
down_revision = "2026_11_24_stored_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notification",
        sa.Column("notification_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("check_name", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dagster_run_id", sa.Text(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("webhook_state", sa.Text(), nullable=False),
        sa.Column("webhook_attempts", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('failed_check', 'failed_run', 'late_data')", name=op.f("ck_notification_kind_known")
        ),
        sa.CheckConstraint("severity IN ('critical', 'warning')", name=op.f("ck_notification_severity_known")),
        sa.CheckConstraint(
            "webhook_state IN ('off', 'waiting', 'sent', 'given_up')", name=op.f("ck_notification_webhook_state_known")
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_notification")),
        sa.UniqueConstraint("event_key", name=op.f("uq_notification_event_key")),
    )
    op.create_table(
        "notification_reading",
        sa.Column("notification_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.notification_id"],
            name=op.f("fk_notification_reading_notification_id_notification"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notification_id", "user_id", name=op.f("pk_notification_reading")),
    )
    op.create_table(
        "layer_profile",
        sa.Column("profile_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("null_fractions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reference_months", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("shifts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dagster_run_id", sa.Text(), nullable=False),
        sa.Column("profiled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", name=op.f("pk_layer_profile")),
    )
    op.create_index("ix_layer_profile_asset_month", "layer_profile", ["asset", "month"], unique=True)
