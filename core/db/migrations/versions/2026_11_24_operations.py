"""Operations: queues and their moves, the waiting model, providers, rooms, schedules, appointments, the wait list."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_24_operations"
down_revision = "2026_11_24_model_governance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Trusted since PostgreSQL 13: the database's owner may create it.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "queue",
        sa.Column("queue_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("ticket_prefix", sa.Text(), nullable=False),
        sa.Column("ticket_date", sa.Date(), nullable=True),
        sa.Column("last_ticket", sa.Integer(), nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("strategy IN ('priority', 'fifo')", name=op.f("ck_queue_strategy_known")),
        sa.PrimaryKeyConstraint("queue_id", name=op.f("pk_queue")),
        sa.UniqueConstraint("name", name=op.f("uq_queue_name")),
        sa.UniqueConstraint("ticket_prefix", name=op.f("uq_queue_ticket_prefix")),
    )
    op.create_table(
        "room",
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_room")),
        sa.UniqueConstraint("name", name=op.f("uq_room_name")),
    )
    op.create_table(
        "waiting_model",
        sa.Column("model_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_waiting_model")),
    )
    op.create_table(
        "provider",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("specialty", sa.Text(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.user_id"], name=op.f("fk_provider_user_id_user_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_provider")),
    )
    op.create_table(
        "queue_entry",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("entry_seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("acuity", sa.SmallInteger(), nullable=False),
        sa.Column("news2_score", sa.SmallInteger(), nullable=True),
        sa.Column("ticket_date", sa.Date(), nullable=False),
        sa.Column("ticket_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("virtual_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_immediate", sa.Boolean(), nullable=False),
        sa.Column("overtakes", sa.Integer(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_by", sa.Uuid(), nullable=True),
        sa.Column("desk", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'called', 'in_service', 'completed', 'left', 'closed')",
            name=op.f("ck_queue_entry_state_known"),
        ),
        sa.CheckConstraint("acuity BETWEEN 1 AND 5", name=op.f("ck_queue_entry_acuity_range")),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.queue_id"], name=op.f("fk_queue_entry_queue_id_queue")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_queue_entry")),
        sa.UniqueConstraint("entry_seq", name=op.f("uq_queue_entry_entry_seq")),
        sa.UniqueConstraint("ticket_date", "ticket_code", name=op.f("uq_queue_entry_ticket_date_ticket_code")),
    )
    op.create_index("ix_queue_entry_patient_id_arrived_at", "queue_entry", ["patient_id", "arrived_at"], unique=False)
    op.create_index("ix_queue_entry_queue_id_called_at", "queue_entry", ["queue_id", "called_at"], unique=False)
    op.create_index(
        "ix_queue_entry_waiting",
        "queue_entry",
        ["queue_id", "virtual_at", "entry_seq"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "uq_queue_entry_open_patient",
        "queue_entry",
        ["queue_id", "patient_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'called', 'in_service')"),
    )
    op.create_table(
        "appointment",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("hold_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("series_id", sa.Uuid(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("patient_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("status IN ('held', 'booked', 'arrived')"),
            using="gist",
            name="ex_appointment_patient_id_during",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("provider_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("status IN ('held', 'booked', 'arrived')"),
            using="gist",
            name="ex_appointment_provider_id_during",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("room_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("status IN ('held', 'booked', 'arrived')"),
            using="gist",
            name="ex_appointment_room_id_during",
        ),
        sa.CheckConstraint(
            "(status = 'held') <= (hold_expires_at IS NOT NULL)", name=op.f("ck_appointment_hold_expires")
        ),
        sa.CheckConstraint(
            "status IN ('held', 'booked', 'arrived', 'completed', 'cancelled', 'no_show', 'expired')",
            name=op.f("ck_appointment_status_known"),
        ),
        sa.CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)",
            name=op.f("ck_appointment_during_bounded"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.provider_id"], name=op.f("fk_appointment_provider_id_provider")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.room_id"], name=op.f("fk_appointment_room_id_room")),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_appointment")),
    )
    op.create_index("ix_appointment_patient_id", "appointment", ["patient_id"], unique=False)
    op.create_index("ix_appointment_status_hold_expires_at", "appointment", ["status", "hold_expires_at"], unique=False)
    op.create_table(
        "queue_move",
        sa.Column("move_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("entry_version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["queue_entry.entry_id"], name=op.f("fk_queue_move_entry_id_queue_entry")
        ),
        sa.PrimaryKeyConstraint("move_id", name=op.f("pk_queue_move")),
        sa.UniqueConstraint("entry_id", "entry_version", name=op.f("uq_queue_move_entry_id_entry_version")),
    )
    op.create_table(
        "schedule",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("starts_local", sa.Time(), nullable=False),
        sa.Column("ends_local", sa.Time(), nullable=False),
        sa.Column("slot_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("slot_minutes BETWEEN 5 AND 240", name=op.f("ck_schedule_slot_minutes_range")),
        sa.CheckConstraint("starts_local < ends_local", name=op.f("ck_schedule_hours_in_order")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_schedule_weekday_range")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.provider_id"], name=op.f("fk_schedule_provider_id_provider")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.room_id"], name=op.f("fk_schedule_room_id_room")),
        sa.PrimaryKeyConstraint("schedule_id", name=op.f("pk_schedule")),
    )
    op.create_index("ix_schedule_provider_id", "schedule", ["provider_id"], unique=False)
    op.create_table(
        "wait_list_entry",
        sa.Column("wait_list_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('waiting', 'offered', 'booked', 'withdrawn')", name=op.f("ck_wait_list_entry_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["appointment.appointment_id"], name=op.f("fk_wait_list_entry_offer_id_appointment")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.provider_id"], name=op.f("fk_wait_list_entry_provider_id_provider")
        ),
        sa.PrimaryKeyConstraint("wait_list_id", name=op.f("pk_wait_list_entry")),
    )
    op.create_index("ix_wait_list_entry_status_created_at", "wait_list_entry", ["status", "created_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_wait_list_entry_status_created_at", table_name="wait_list_entry")
    op.drop_table("wait_list_entry")
    op.drop_index("ix_schedule_provider_id", table_name="schedule")
    op.drop_table("schedule")
    op.drop_table("queue_move")
    op.drop_index("ix_appointment_status_hold_expires_at", table_name="appointment")
    op.drop_index("ix_appointment_patient_id", table_name="appointment")
    op.drop_table("appointment")
    op.drop_index(
        "uq_queue_entry_open_patient",
        table_name="queue_entry",
        postgresql_where=sa.text("state IN ('waiting', 'called', 'in_service')"),
    )
    op.drop_index("ix_queue_entry_waiting", table_name="queue_entry", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index("ix_queue_entry_queue_id_called_at", table_name="queue_entry")
    op.drop_index("ix_queue_entry_patient_id_arrived_at", table_name="queue_entry")
    op.drop_table("queue_entry")
    op.drop_table("provider")
    op.drop_table("waiting_model")
    op.drop_table("room")
    op.drop_table("queue")
    op.execute("DROP EXTENSION IF EXISTS btree_gist")
