"""Documents of a chart, each sealed file in a row of its own."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_chart_documents"
down_revision = "2026_11_28_patient_pairs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chart_document",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_by", sa.Uuid(), nullable=True),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('referral', 'discharge_letter', 'result', 'consent', 'other')",
            name=op.f("ck_chart_document_kind_known"),
        ),
        sa.CheckConstraint(
            "media_type IN ('application/pdf', 'image/jpeg', 'image/png')",
            name=op.f("ck_chart_document_media_type_known"),
        ),
        sa.CheckConstraint("status IN ('current', 'entered_in_error')", name=op.f("ck_chart_document_status_known")),
        sa.CheckConstraint(
            "(status = 'current') = (marked_at IS NULL) AND (marked_at IS NULL) = (marked_by IS NULL)",
            name=op.f("ck_chart_document_marked_whole"),
        ),
        sa.ForeignKeyConstraint(["key_id"], ["data_key.key_id"], name=op.f("fk_chart_document_key_id_data_key")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_chart_document_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["user_account.user_id"], name=op.f("fk_chart_document_uploaded_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["marked_by"], ["user_account.user_id"], name=op.f("fk_chart_document_marked_by_user_account")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_chart_document")),
    )
    op.create_index("ix_chart_document_patient_id_uploaded_at", "chart_document", ["patient_id", "uploaded_at"])
    op.create_table(
        "chart_document_file",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["chart_document.document_id"],
            name=op.f("fk_chart_document_file_document_id_chart_document"),
        ),
        sa.ForeignKeyConstraint(["key_id"], ["data_key.key_id"], name=op.f("fk_chart_document_file_key_id_data_key")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_chart_document_file_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_chart_document_file")),
    )
    # No right to delete, and of a document only what marking it changes.
    op.execute("GRANT SELECT, INSERT ON chart_document, chart_document_file TO medisync_app")
    op.execute("GRANT UPDATE (status, version, marked_by, marked_at, sealed, key_id) ON chart_document TO medisync_app")
    for table in ("chart_document", "chart_document_file"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_seen_patient ON {table} USING (sees_patient(patient_id))")


def downgrade() -> None:
    op.drop_table("chart_document_file")
    op.drop_table("chart_document")
