"""What clinicians decided otherwise than the risk models."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_risk_override"
down_revision = "2026_11_28_medication_doses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "risk_override",
        sa.Column("override_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("override_id", name=op.f("pk_risk_override")),
    )
    op.create_index("ix_risk_override_receipt_id", "risk_override", ["receipt_id"])
    op.execute(
        "CREATE TRIGGER risk_override_only_added BEFORE UPDATE OR DELETE ON risk_override "
        "FOR EACH ROW EXECUTE FUNCTION medisync_only_added()"
    )


def downgrade() -> None:
    op.drop_table("risk_override")
