"""Reports of the nightly run."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_24_stored_reports"
down_revision = "2026_11_24_second_factor"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_report",
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_suppressed", sa.Boolean(), nullable=False),
        sa.Column("receipts", postgresql.JSONB(), nullable=False),
        sa.Column("dagster_run_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name="pk_stored_report"),
    )
    op.create_index("ix_stored_report_role_made_at", "stored_report", ["role", "made_at"])


def downgrade() -> None:
    op.drop_table("stored_report")
