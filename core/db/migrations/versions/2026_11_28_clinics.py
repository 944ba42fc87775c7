"""Clinics: how patients may book and by which rules; triage scale, day's end and version of a queue; check-in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_clinics"
down_revision = "2026_11_28_risk_override"
branch_labels = None
depends_on = None

_OPEN = "status IN ('held', 'requested', 'booked', 'arrived', 'checked_in')"
_OPEN_BEFORE = "status IN ('held', 'booked', 'arrived')"
_STATUSES = (
    "status IN ('held', 'requested', 'booked', 'arrived', 'checked_in', 'completed', 'cancelled', 'no_show', 'expired')"
)
_STATUSES_BEFORE = "status IN ('held', 'booked', 'arrived', 'completed', 'cancelled', 'no_show', 'expired')"
_MTS = "'{0,10,60,120,240}'"


def _constrain(open_rule: str, statuses: str) -> None:
    op.drop_constraint(op.f("ck_appointment_status_known"), "appointment")
    op.create_check_constraint(op.f("ck_appointment_status_known"), "appointment", statuses)
    for column in ("provider_id", "room_id", "patient_id"):
        name = f"ex_appointment_{column}_during"
        op.drop_constraint(name, "appointment")
        op.create_exclude_constraint(
            name, "appointment", (column, "="), ("during", "&&"), where=sa.text(open_rule), using="gist"
        )


def upgrade() -> None:
    op.create_table(
        "clinic",
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("portal_mode", sa.Text(), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "portal_mode IN ('view_only', 'request', 'self_book')", name=op.f("ck_clinic_portal_mode_known")
        ),
        sa.PrimaryKeyConstraint("facility", name=op.f("pk_clinic")),
    )
    op.add_column("appointment", sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True))
    _constrain(_OPEN, _STATUSES)
    op.add_column("queue", sa.Column("acuity_scale", sa.Text(), nullable=False, server_default="MTS"))
    op.add_column(
        "queue",
        sa.Column("target_minutes", sa.ARRAY(sa.SmallInteger()), nullable=False, server_default=sa.text(_MTS)),
    )
    op.add_column("queue", sa.Column("time_zone", sa.Text(), nullable=False, server_default="UTC"))
    op.add_column("queue", sa.Column("day_ends_local", sa.Time(), nullable=True))
    op.add_column("queue", sa.Column("day_closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("queue", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_check_constraint(op.f("ck_queue_scale_known"), "queue", "acuity_scale IN ('MTS', 'ESI', 'KTAS', 'CTAS')")
    op.create_check_constraint(op.f("ck_queue_five_targets"), "queue", "cardinality(target_minutes) = 5")
    op.create_index("ix_queue_entry_appointment_id", "queue_entry", ["appointment_id"])


def downgrade() -> None:
    op.drop_index("ix_queue_entry_appointment_id", table_name="queue_entry")
    for name in ("acuity_scale", "target_minutes", "time_zone", "day_ends_local", "day_closed_at", "version"):
        op.drop_column("queue", name)
    op.execute("UPDATE appointment SET status = 'booked' WHERE status = 'requested'")
    op.execute("UPDATE appointment SET status = 'arrived' WHERE status = 'checked_in'")
    _constrain(_OPEN_BEFORE, _STATUSES_BEFORE)
    op.drop_column("appointment", "arrived_at")
    op.drop_table("clinic")
