"""Patients, their charts, the keys that seal them, and row-level security as the second wall."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_patients"
down_revision = "2026_11_24_outlook"
branch_labels = None
depends_on = None

#: What the account of requests about patients may do; it owns nothing, so policies bind it.
_GRANTS = {
    "SELECT, INSERT, UPDATE": (
        "patient", "record", "record_version", "medication", "care_task", "care_team", "break_glass", "answered_key",
    ),
    "SELECT, INSERT, DELETE": ("patient_index",),
    "SELECT, INSERT": ("audit_event", "data_key"),
    "INSERT": ("audit_unsealed", "outbox_message"),
    "SELECT": ("user_account", "registration"),
}  # fmt: skip

_SEES = """
CREATE FUNCTION sees_patient(wanted text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT CASE current_setting('app.role', true)
    WHEN 'patient' THEN wanted = current_setting('app.patient_id', true)
    WHEN 'doctor' THEN holds_patient(wanted)
    WHEN 'nurse' THEN holds_patient(wanted) OR EXISTS (
      SELECT 1 FROM registration r
      WHERE r.patient_id = wanted AND r.registered_at > clock_timestamp() - interval '24 hours')
    ELSE false END
$$
"""
_HOLDS = """
CREATE FUNCTION holds_patient(wanted text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT EXISTS (
      SELECT 1 FROM care_team c
      WHERE c.patient_id = wanted AND c.user_id = nullif(current_setting('app.user_id', true), '')::uuid
        AND (c.ends_at IS NULL OR c.ends_at > clock_timestamp()))
    OR EXISTS (
      SELECT 1 FROM break_glass b
      WHERE b.patient_id = wanted AND b.user_id = nullif(current_setting('app.user_id', true), '')::uuid
        AND b.expires_at > clock_timestamp())
$$
"""


def upgrade() -> None:
    op.create_table(
        "data_key",
        sa.Column("key_id", sa.SmallInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('current', 'retired')", name=op.f("ck_data_key_state_known")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_data_key")),
    )
    op.create_index(
        "uq_data_key_current", "data_key", ["state"], unique=True, postgresql_where=sa.text("state = 'current'")
    )
    op.create_table(
        "patient",
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("birth_year", sa.SmallInteger(), nullable=True),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["data_key.key_id"], name=op.f("fk_patient_key_id_data_key")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_patient")),
    )
    op.create_index("ix_patient_created_at", "patient", ["created_at"], unique=False)
    op.create_table(
        "break_glass",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("verdict IN ('justified', 'not_justified')", name=op.f("ck_break_glass_verdict_known")),
        sa.CheckConstraint("expires_at > granted_at", name=op.f("ck_break_glass_lasts")),
        sa.ForeignKeyConstraint(["key_id"], ["data_key.key_id"], name=op.f("fk_break_glass_key_id_data_key")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_break_glass_patient_id_patient"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.user_id"], name=op.f("fk_break_glass_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_break_glass")),
    )
    op.create_index("ix_break_glass_user_id_patient_id", "break_glass", ["user_id", "patient_id"], unique=False)
    op.create_table(
        "care_task",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'done', 'cancelled')", name=op.f("ck_care_task_status_known")),
        sa.CheckConstraint("priority BETWEEN 1 AND 3", name=op.f("ck_care_task_priority_in_range")),
        sa.ForeignKeyConstraint(["key_id"], ["data_key.key_id"], name=op.f("fk_care_task_key_id_data_key")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"], name=op.f("fk_care_task_patient_id_patient")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_care_task")),
    )
    op.create_index("ix_care_task_patient_id", "care_task", ["patient_id"], unique=False)
    op.create_index("ix_care_task_status_due_at", "care_task", ["status", "due_at"], unique=False)
    op.create_table(
        "care_team",
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_care_team_patient_id_patient"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.user_id"], name=op.f("fk_care_team_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("patient_id", "user_id", name=op.f("pk_care_team")),
    )
    op.create_index("ix_care_team_user_id", "care_team", ["user_id"], unique=False)
    op.create_table(
        "medication",
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("prescribed_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'stopped')", name=op.f("ck_medication_status_known")),
        sa.ForeignKeyConstraint(["key_id"], ["data_key.key_id"], name=op.f("fk_medication_key_id_data_key")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"], name=op.f("fk_medication_patient_id_patient")),
        sa.PrimaryKeyConstraint("medication_id", name=op.f("pk_medication")),
    )
    op.create_index("ix_medication_patient_id", "medication", ["patient_id"], unique=False)
    op.create_table(
        "patient_index",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_patient_index_patient_id_patient"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("kind", "digest", "patient_id", name=op.f("pk_patient_index")),
    )
    op.create_index("ix_patient_index_patient_id", "patient_index", ["patient_id"], unique=False)
    op.create_table(
        "record",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("condition_code", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('note', 'diagnosis', 'plan', 'result', 'discharge')", name=op.f("ck_record_kind_known")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.patient_id"], name=op.f("fk_record_patient_id_patient")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_record")),
    )
    op.create_index("ix_record_patient_id_created_at", "record", ["patient_id", "created_at"], unique=False)
    op.create_table(
        "record_version",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["data_key.key_id"], name=op.f("fk_record_version_key_id_data_key")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_record_version_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(["record_id"], ["record.record_id"], name=op.f("fk_record_version_record_id_record")),
        sa.PrimaryKeyConstraint("record_id", "version", name=op.f("pk_record_version")),
    )
    _second_wall()


def _second_wall() -> None:
    op.execute(
        "DO $$ BEGIN CREATE ROLE medisync_app NOLOGIN; "
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute("GRANT medisync_app TO CURRENT_USER")
    op.execute("GRANT USAGE ON SCHEMA public TO medisync_app")
    for rights, tables in _GRANTS.items():
        op.execute(f"GRANT {rights} ON {', '.join(tables)} TO medisync_app")
    op.execute(_HOLDS)
    op.execute(_SEES)
    for table in ("patient", "record", "record_version", "medication", "care_task"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY seen ON patient FOR SELECT USING (sees_patient(patient_id))")
    op.execute("CREATE POLICY changed ON patient FOR UPDATE USING (sees_patient(patient_id))")
    op.execute(
        "CREATE POLICY entered ON patient FOR INSERT "
        "WITH CHECK (current_setting('app.role', true) IN ('doctor', 'nurse', 'admin'))"
    )
    for table in ("record", "record_version", "medication", "care_task"):
        op.execute(f"CREATE POLICY of_seen_patient ON {table} USING (sees_patient(patient_id))")
