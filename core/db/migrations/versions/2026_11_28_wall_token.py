"""The queue that a wall screen's token is bound to."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_wall_token"
down_revision = "2026_11_28_uptime"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_token", sa.Column("queue_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_api_token_queue_id_queue"), "api_token", "queue", ["queue_id"], ["queue_id"], ondelete="CASCADE"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_api_token_queue_id_queue"), "api_token", type_="foreignkey")
    op.drop_column("api_token", "queue_id")
