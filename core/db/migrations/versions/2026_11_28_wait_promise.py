"""Waits as they were told, insert-only."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_wait_promise"
down_revision = "2026_11_28_alert_completeness"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wait_promise",
        sa.Column("promise_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("entry_version", sa.Integer(), nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("p50_minutes", sa.Float(), nullable=False),
        sa.Column("p90_minutes", sa.Float(), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("model_published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("p50_minutes BETWEEN 0 AND p90_minutes", name=op.f("ck_wait_promise_bounds_ordered")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["queue_entry.entry_id"], name=op.f("fk_wait_promise_entry_id_queue_entry")
        ),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.queue_id"], name=op.f("fk_wait_promise_queue_id_queue")),
        sa.PrimaryKeyConstraint("promise_id", name=op.f("pk_wait_promise")),
    )
    op.create_index("ix_wait_promise_entry_id_told_at", "wait_promise", ["entry_id", "told_at"])
    op.create_index("ix_wait_promise_told_at", "wait_promise", ["told_at"])
    op.execute(
        "CREATE TRIGGER wait_promise_is_insert_only BEFORE UPDATE OR DELETE ON wait_promise "
        "FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()"
    )


def downgrade() -> None:
    op.drop_table("wait_promise")
