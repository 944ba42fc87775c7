"""Where patients went when their visit was completed, their age band at arrival, and the model of beds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_beds"
down_revision = "2026_11_28_staff_profile"
branch_labels = None
depends_on = None

#: As `core.vocabulary.AGE_BANDS` were when this was written.
_BANDS = """
    UPDATE queue_entry AS e SET age_band = CASE
        WHEN found.age BETWEEN 0 AND 19 THEN '0-19' WHEN found.age BETWEEN 20 AND 39 THEN '20-39'
        WHEN found.age BETWEEN 40 AND 59 THEN '40-59' WHEN found.age BETWEEN 60 AND 79 THEN '60-79'
        WHEN found.age BETWEEN 80 AND 120 THEN '80+' END
    FROM (
        SELECT entry_id, CAST(extract(year FROM arrived_at AT TIME ZONE 'UTC') AS integer) - birth_year AS age
        FROM queue_entry JOIN patient USING (patient_id)
    ) AS found
    WHERE found.entry_id = e.entry_id
"""


def upgrade() -> None:
    op.add_column("queue_entry", sa.Column("age_band", sa.Text(), nullable=True))
    op.add_column("queue_entry", sa.Column("disposition", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_queue_entry_disposition_known"),
        "queue_entry",
        "disposition IN ('discharged', 'admitted', 'transferred')",
    )
    op.create_check_constraint(
        op.f("ck_queue_entry_disposition_of_completed"),
        "queue_entry",
        "disposition IS NULL OR state = 'completed'",
    )
    op.execute(_BANDS)
    op.create_index("ix_queue_entry_arrived_at", "queue_entry", ["arrived_at"])
    op.create_table(
        "bed_model",
        sa.Column("model_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_bed_model")),
    )


def downgrade() -> None:
    op.drop_table("bed_model")
    op.drop_index("ix_queue_entry_arrived_at", table_name="queue_entry")
    op.drop_constraint(op.f("ck_queue_entry_disposition_of_completed"), "queue_entry")
    op.drop_constraint(op.f("ck_queue_entry_disposition_known"), "queue_entry")
    op.drop_column("queue_entry", "disposition")
    op.drop_column("queue_entry", "age_band")
