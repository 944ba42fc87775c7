"""The language of an account."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_language"
down_revision = "2026_11_28_beds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_account", sa.Column("language", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_user_account_language_known"), "user_account", sa.text("language IN ('en', 'es')")
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_user_account_language_known"), "user_account", type_="check")
    op.drop_column("user_account", "language")
