"""Profiles of doctors and nurses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_staff_profile"
down_revision = "2026_11_28_chart_documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_profile",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("shift_preference", sa.Text(), nullable=True),
        sa.Column("extension", sa.Text(), nullable=True),
        sa.Column("qualifications", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("verification_id", sa.Uuid(), nullable=True),
        sa.Column("licence_digest", sa.LargeBinary(), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "shift_preference IN ('early', 'late', 'night', 'any')",
            name=op.f("ck_staff_profile_shift_preference_known"),
        ),
        sa.CheckConstraint(
            "(licence_digest IS NULL) = (verification_id IS NULL)", name=op.f("ck_staff_profile_licence_proven")
        ),
        sa.CheckConstraint(
            "(verified_by IS NULL) = (verified_at IS NULL)", name=op.f("ck_staff_profile_verified_whole")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["data_key.key_id"], name=op.f("fk_staff_profile_key_id_data_key")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.user_id"],
            name=op.f("fk_staff_profile_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["verification_id"],
            ["verification.verification_id"],
            name=op.f("fk_staff_profile_verification_id_verification"),
        ),
        sa.ForeignKeyConstraint(
            ["verified_by"], ["user_account.user_id"], name=op.f("fk_staff_profile_verified_by_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_staff_profile")),
        sa.UniqueConstraint("licence_digest", name=op.f("uq_staff_profile_licence_digest")),
    )


def downgrade() -> None:
    op.drop_table("staff_profile")
