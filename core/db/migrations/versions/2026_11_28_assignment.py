"""Assignment of queue entries to providers, and who is on duty when."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_assignment"
down_revision = "2026_11_27_receipts_of_assets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("queue_entry", sa.Column("needed_specialty", sa.Text(), nullable=True))
    op.add_column("queue_entry", sa.Column("provider_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_queue_entry_provider_id_provider"), "queue_entry", "provider", ["provider_id"], ["provider_id"]
    )
    op.create_index(
        "ix_queue_entry_open_provider_id",
        "queue_entry",
        ["provider_id"],
        postgresql_where=sa.text("state IN ('waiting', 'called', 'in_service')"),
    )
    op.add_column("queue_move", sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_index("ix_provider_user_id", "provider", ["user_id"])
    op.add_column("provider", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("provider", "version", server_default=None)
    op.create_table(
        "duty_span",
        sa.Column("span_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("shift_version", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('work', 'pause')", name=op.f("ck_duty_span_kind_known")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_duty_span_in_order")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.user_id"], name=op.f("fk_duty_span_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.queue_id"], name=op.f("fk_duty_span_queue_id_queue")),
        sa.PrimaryKeyConstraint("span_id", name=op.f("pk_duty_span")),
        sa.UniqueConstraint("shift_id", "shift_version", name=op.f("uq_duty_span_shift_id_shift_version")),
    )
    op.create_index(
        "uq_duty_span_open", "duty_span", ["user_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_index("ix_duty_span_started_at", "duty_span", ["started_at"])


def downgrade() -> None:
    op.drop_table("duty_span")
    op.drop_column("provider", "version")
    op.drop_index("ix_provider_user_id", table_name="provider")
    op.drop_column("queue_move", "details")
    op.drop_index("ix_queue_entry_open_provider_id", table_name="queue_entry")
    op.drop_constraint(op.f("fk_queue_entry_provider_id_provider"), "queue_entry")
    op.drop_column("queue_entry", "provider_id")
    op.drop_column("queue_entry", "needed_specialty")
