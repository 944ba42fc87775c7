"""Programs by SMART Backend Services: clients, used assertions, access tokens."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_smart"
down_revision = "2026_11_28_wall_token"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "smart_client",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("public_keys", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cardinality(scopes) > 0", name=op.f("ck_smart_client_has_scopes")),
        sa.CheckConstraint("(revoked_by IS NULL) = (revoked_at IS NULL)", name=op.f("ck_smart_client_revoked_whole")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_smart_client")),
    )
    # A patient reads who looked, behind the second wall: the name of a program, and nothing else of it.
    op.execute("GRANT SELECT (client_id, name) ON smart_client TO medisync_app")
    op.create_table(
        "smart_assertion",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("jti_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["smart_client.client_id"], name=op.f("fk_smart_assertion_client_id_smart_client")
        ),
        sa.PrimaryKeyConstraint("client_id", "jti_hash", name=op.f("pk_smart_assertion")),
    )
    op.create_index(op.f("ix_smart_assertion_expires_at"), "smart_assertion", ["expires_at"])
    op.create_table(
        "smart_access_token",
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["smart_client.client_id"], name=op.f("fk_smart_access_token_client_id_smart_client")
        ),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_smart_access_token")),
    )
    op.create_index(op.f("ix_smart_access_token_client_id"), "smart_access_token", ["client_id"])
    op.create_index(op.f("ix_smart_access_token_expires_at"), "smart_access_token", ["expires_at"])


def downgrade() -> None:
    op.drop_table("smart_access_token")
    op.drop_table("smart_assertion")
    op.drop_table("smart_client")
