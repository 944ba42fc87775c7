"""How much of an alert's period was reported when it was judged, and what the period comes to."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_alert_completeness"
down_revision = "2026_11_28_clinics"
branch_labels = None
depends_on = None

COLUMNS = ("complete_share", "estimate", "estimate_low", "estimate_high")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("surge_alert", sa.Column(name, sa.Float()))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("surge_alert", name)
