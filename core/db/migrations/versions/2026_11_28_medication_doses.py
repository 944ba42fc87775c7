"""Dosing intervals of medicines, and the doses that were given or left out."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_medication_doses"
down_revision = "2026_11_28_assignment"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("medication", sa.Column("interval_hours", sa.SmallInteger(), nullable=True))
    op.add_column("medication", sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_medication_interval_in_range"), "medication", "interval_hours BETWEEN 1 AND 168"
    )
    op.create_check_constraint(
        op.f("ck_medication_due_while_active"),
        "medication",
        "(next_due_at IS NOT NULL) = (interval_hours IS NOT NULL AND status = 'active')",
    )
    op.create_index("ix_medication_next_due_at", "medication", ["next_due_at"])
    op.create_table(
        "medication_dose",
        sa.Column("dose_id", sa.Uuid(), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("outcome IN ('given', 'not_given')", name=op.f("ck_medication_dose_outcome_known")),
        sa.CheckConstraint(
            "(outcome = 'given') = (given_at IS NOT NULL) AND (outcome = 'given') = (reason_code IS NULL)",
            name=op.f("ck_medication_dose_told_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["medication_id"], ["medication.medication_id"], name=op.f("fk_medication_dose_medication_id_medication")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_medication_dose_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.user_id"], name=op.f("fk_medication_dose_recorded_by_user_account")
        ),
        sa.PrimaryKeyConstraint("dose_id", name=op.f("pk_medication_dose")),
        sa.UniqueConstraint("medication_id", "due_at", name=op.f("uq_medication_dose_medication_id_due_at")),
    )
    op.execute("GRANT SELECT, INSERT ON medication_dose TO medisync_app")
    op.execute("ALTER TABLE medication_dose ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE medication_dose FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY of_seen_patient ON medication_dose USING (sees_patient(patient_id))")
