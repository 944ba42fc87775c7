"""Pairs of patients who may be one person, with the match score, and the weights it is made of.

Existing patients keep `compared_form` 0: the running application writes their new blind keys and compares them, batch by
batch (a migration has no key to open them with).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_patient_pairs"
down_revision = "2026_11_28_passkeys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patient", sa.Column("compared_form", sa.SmallInteger(), nullable=False, server_default="0"))
    op.create_index(
        "ix_patient_not_compared", "patient", ["compared_form"], postgresql_where=sa.text("compared_form = 0")
    )
    op.create_table(
        "patient_pair",
        sa.Column("pair_id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.Text(), nullable=False),
        sa.Column("second_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("bits", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("contributions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_patient_pair_ordered")),
        sa.CheckConstraint("state IN ('match', 'possible_match')", name=op.f("ck_patient_pair_state_known")),
        sa.CheckConstraint(
            "status IN ('open', 'same_person', 'different_people')", name=op.f("ck_patient_pair_status_known")
        ),
        sa.CheckConstraint("(status = 'open') = (decided_at IS NULL)", name=op.f("ck_patient_pair_decided_whole")),
        sa.ForeignKeyConstraint(
            ["first_id"], ["patient.patient_id"], name=op.f("fk_patient_pair_first_id_patient"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["patient.patient_id"], name=op.f("fk_patient_pair_second_id_patient"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pair_id", name=op.f("pk_patient_pair")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_patient_pair_first_id_second_id")),
    )
    op.create_index("ix_patient_pair_status_probability", "patient_pair", ["status", "probability"])
    op.create_index("ix_patient_pair_second_id", "patient_pair", ["second_id"])
    op.create_table(
        "linkage_estimate",
        sa.Column("estimated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sample_count", sa.Integer(), nullable=False),
        sa.Column("u", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("estimated_at", name=op.f("pk_linkage_estimate")),
    )


def downgrade() -> None:
    op.drop_table("linkage_estimate")
    op.drop_table("patient_pair")
    op.drop_index("ix_patient_not_compared", table_name="patient")
    op.drop_column("patient", "compared_form")
