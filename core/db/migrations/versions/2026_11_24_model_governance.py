"""Governance of models: signed statements, requests for promotion, served predictions, monitoring."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_24_model_governance"
down_revision = "2026_11_24_patients"
branch_labels = None
depends_on = None

_ONLY_ADDED = ("champion_event", "model_statement", "model_monitoring")


def upgrade() -> None:
    for name in ("card", "origin", "reference"):
        op.add_column("model_release", sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_table(
        "model_statement",
        sa.Column("statement_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_model_statement")),
        sa.UniqueConstraint(
            "model_name", "attribute", "revision", name=op.f("uq_model_statement_model_name_attribute_revision")
        ),
    )
    op.create_table(
        "promotion_request",
        sa.Column("request_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_promotion_request")),
    )
    op.create_table(
        "risk_assessment",
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registration_key", sa.Text(), nullable=True),
        sa.Column("feature_sha256", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("probability_low", sa.Double(), nullable=True),
        sa.Column("probability_moderate", sa.Double(), nullable=True),
        sa.Column("probability_high", sa.Double(), nullable=True),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_risk_assessment")),
    )
    op.create_index("ix_risk_assessment_version_assessed_at", "risk_assessment", ["version", "assessed_at"])
    op.create_index(op.f("ix_risk_assessment_registration_key"), "risk_assessment", ["registration_key"])
    op.create_table(
        "model_monitoring",
        sa.Column("monitoring_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("dagster_run_id", sa.Text(), nullable=False),
        sa.Column("suggests_retrain", sa.Boolean(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("monitoring_id", name=op.f("pk_model_monitoring")),
    )
    op.create_index("ix_model_monitoring_version_monitoring_id", "model_monitoring", ["version", "monitoring_id"])
    op.execute(
        """
        CREATE FUNCTION medisync_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME; END $$
        """
    )
    for table in _ONLY_ADDED:
        op.execute(
            f"CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION medisync_only_added()"
        )


def downgrade() -> None:
    for table in _ONLY_ADDED:
        op.execute(f"DROP TRIGGER {table}_only_added ON {table}")
    op.execute("DROP FUNCTION medisync_only_added()")
    for table in ("model_monitoring", "risk_assessment", "promotion_request", "model_statement"):
        op.drop_table(table)
    for name in ("reference", "origin", "card"):
        op.drop_column("model_release", name)
