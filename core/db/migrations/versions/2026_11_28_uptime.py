"""Minutes in which the hospital was served."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_uptime"
down_revision = "2026_11_28_language"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "served_minute",
        sa.Column("minute_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slots", sa.SmallInteger(), nullable=False),
        sa.Column("answered_count", sa.BigInteger(), nullable=False),
        sa.Column("failed_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("slots BETWEEN 1 AND 63", name=op.f("ck_served_minute_slots_are_six_bits")),
        sa.CheckConstraint(
            "failed_count BETWEEN 0 AND answered_count", name=op.f("ck_served_minute_failed_are_answers")
        ),
        sa.PrimaryKeyConstraint("minute_at", name=op.f("pk_served_minute")),
    )


def downgrade() -> None:
    op.drop_table("served_minute")
