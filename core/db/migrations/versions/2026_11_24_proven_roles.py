"""Roles that were proven by a document and run out; second factors that two administrators take away."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_proven_roles"
down_revision = "2026_11_24_stewardship"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_account", sa.Column("role_expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "mfa_reset_request",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("ck_mfa_reset_request_two_people")),
        sa.CheckConstraint("status IN ('open', 'approved', 'refused')", name=op.f("ck_mfa_reset_request_status_known")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.user_id"],
            name=op.f("fk_mfa_reset_request_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_mfa_reset_request")),
    )
    op.create_index(
        "uq_mfa_reset_request_open",
        "mfa_reset_request",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
