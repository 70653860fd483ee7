"""Imports: the runs, the rows that wait in them, and which column of whose file is which of ours.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
EMPTY_OBJECT = sa.text("'{}'::jsonb")
STATES = "'waiting', 'checking', 'mapping', 'checked', 'importing', 'done', 'undoing', 'undone', 'failed', 'discarded'"


def upgrade() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("file_sha256", sa.Text, nullable=False),
        sa.Column("file_size", sa.BigInteger, nullable=False),
        sa.Column("store_id", sa.Integer),
        sa.Column("created_by_id", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
        sa.Column("wants_all", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("goes_on", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("table_info", postgresql.JSONB, nullable=False, server_default=EMPTY_OBJECT),
        sa.Column("mapping", postgresql.JSONB),
        sa.Column("step", sa.Text, nullable=False, server_default="reading"),
        sa.Column("step_done", sa.Integer, nullable=False, server_default="0"),
        sa.Column("rows", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_row", sa.Integer, nullable=False, server_default="0"),
        sa.Column("counts", postgresql.JSONB, nullable=False, server_default=EMPTY_OBJECT),
        sa.Column("fault", postgresql.JSONB),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("undone_by_id", sa.Integer),
        sa.Column("undone_at", MOMENT),
        sa.Column("forgotten_at", MOMENT),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("leased_until", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_import_run"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_import_run_store_id_store"),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name="fk_import_run_created_by_id_staff"),
        sa.ForeignKeyConstraint(["undone_by_id"], ["staff.id"], name="fk_import_run_undone_by_id_staff"),
        sa.CheckConstraint("kind in ('customers', 'products', 'purchases', 'staff')", name="ck_import_run_kind"),
        sa.CheckConstraint(f"state in ({STATES})", name="ck_import_run_state"),
        sa.CheckConstraint("step in ('reading', 'judging', 'applying', 'undoing')", name="ck_import_run_step"),
    )
    op.create_index("ix_import_run_created_by_id_id", "import_run", ["created_by_id", "id"])
    op.create_index(
        "ix_import_run_due",
        "import_run",
        ["id"],
        postgresql_where=sa.text("state in ('waiting', 'checking', 'importing', 'undoing')"),
    )
    op.create_table(
        "import_row",
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("group_key", sa.Text),
        sa.Column("data", postgresql.JSONB, nullable=False),
        sa.Column("verdict", sa.Text),
        sa.Column("faults", postgresql.JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
        sa.Column("target_id", sa.BigInteger),
        sa.Column("did", sa.Text),
        sa.Column("undo", postgresql.JSONB),
        sa.Column("kept", sa.Text),
        sa.PrimaryKeyConstraint("run_id", "row", name="pk_import_row"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_run.id"], name="fk_import_row_run_id_import_run", ondelete="CASCADE"
        ),
        sa.CheckConstraint("verdict in ('new', 'changed', 'same', 'wrong')", name="ck_import_row_verdict"),
        sa.CheckConstraint("did in ('created', 'changed', 'undone')", name="ck_import_row_did"),
    )
    op.create_index("ix_import_row_run_id_key_row", "import_row", ["run_id", "key", "row"])
    op.create_index(
        "ix_import_row_run_id_group_key",
        "import_row",
        ["run_id", "group_key"],
        postgresql_where=sa.text("group_key is not null"),
    )
    op.create_index(
        "ix_import_row_wrong", "import_row", ["run_id", "row"], postgresql_where=sa.text("verdict = 'wrong'")
    )
    # Each row is written once and marked twice: room on its page keeps the indexes out of it.
    op.execute("ALTER TABLE import_row SET (fillfactor = 60)")
    op.create_table(
        "import_mapping",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("header_key", sa.Text, nullable=False),
        sa.Column("mapping", postgresql.JSONB, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("kind", "header_key", name="pk_import_mapping"),
        sa.ForeignKeyConstraint(["changed_by_id"], ["staff.id"], name="fk_import_mapping_changed_by_id_staff"),
    )


def downgrade() -> None:
    op.drop_table("import_mapping")
    op.drop_table("import_row")
    op.drop_table("import_run")
