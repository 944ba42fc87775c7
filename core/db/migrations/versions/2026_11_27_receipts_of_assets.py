"""An index that finds the newest receipt of each asset."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_receipts_of_assets"
down_revision = "2026_11_24_proven_roles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_receipt_asset_created_at",
        "receipt",
        [sa.text("(provenance ->> 'asset')"), "created_at"],
        postgresql_where=sa.text("kind = 'analytics'"),
    )


def downgrade() -> None:
    op.drop_index("ix_receipt_asset_created_at", "receipt")
