"""Files that look like one person's, merges of files, and the journal by which a merge is taken back.

A merged file leaves the table of customers and lives on as a row of customer_merge. What a customer said in a complaint
is kept as it was said, under the number of the file of that time, so it refers to that number without a foreign key.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_constraint("fk_complaint_statement_customer_id_customer", "complaint_statement", type_="foreignkey")
    _pairs()
    _merges()
    _steps()


def _pairs() -> None:
    op.create_table(
        "duplicate_pair",
        sa.Column("low_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("high_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("score", sa.SmallInteger, nullable=False),
        sa.Column("evidence", JSONB, nullable=False),
        sa.Column("state", sa.Text, server_default="open", nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by_id", sa.Integer),
        sa.PrimaryKeyConstraint("low_id", "high_id", name="pk_duplicate_pair"),
        sa.ForeignKeyConstraint(["low_id"], ["customer.id"], name="fk_duplicate_pair_low_id_customer"),
        sa.ForeignKeyConstraint(["high_id"], ["customer.id"], name="fk_duplicate_pair_high_id_customer"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name="fk_duplicate_pair_decided_by_id_staff"),
        sa.CheckConstraint("low_id < high_id", name=op.f("ck_duplicate_pair_order")),
        sa.CheckConstraint("state in ('open', 'different')", name=op.f("ck_duplicate_pair_state")),
        sa.CheckConstraint("(state = 'open') = (decided_at is null)", name=op.f("ck_duplicate_pair_decided")),
    )
    op.create_index("ix_duplicate_pair_high_id", "duplicate_pair", ["high_id"])
    op.create_index(
        "ix_duplicate_pair_open",
        "duplicate_pair",
        ["score", "low_id", "high_id"],
        postgresql_where=sa.text("state = 'open'"),
    )


def _merges() -> None:
    op.create_table(
        "customer_merge",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("gone_id", sa.Integer, nullable=False),
        sa.Column("into_id", sa.Integer, nullable=False),
        sa.Column("kept_id", sa.Integer, nullable=False),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("gone_name", sa.Text, nullable=False),
        sa.Column("gone", JSONB, nullable=False),
        sa.Column("changes", JSONB, nullable=False),
        sa.Column("moved", JSONB, nullable=False),
        sa.Column("merged_at", MOMENT, nullable=False),
        sa.Column("merged_by_id", sa.Integer),
        sa.Column("undone_at", MOMENT),
        sa.Column("undone_by_id", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_customer_merge"),
        sa.ForeignKeyConstraint(["kept_id"], ["customer.id"], name="fk_customer_merge_kept_id_customer"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_customer_merge_store_id_store"),
        sa.ForeignKeyConstraint(["merged_by_id"], ["staff.id"], name="fk_customer_merge_merged_by_id_staff"),
        sa.ForeignKeyConstraint(["undone_by_id"], ["staff.id"], name="fk_customer_merge_undone_by_id_staff"),
        sa.CheckConstraint("gone_id <> into_id", name=op.f("ck_customer_merge_two_files")),
        sa.CheckConstraint("undone_at is not null or undone_by_id is null", name=op.f("ck_customer_merge_undone")),
    )
    op.create_index(
        "uq_customer_merge_gone_id",
        "customer_merge",
        ["gone_id"],
        unique=True,
        postgresql_where=sa.text("undone_at is null"),
    )
    op.create_index("ix_customer_merge_kept_id", "customer_merge", ["kept_id"])
    op.create_index("ix_customer_merge_store_id_id", "customer_merge", ["store_id", "id"])


def _steps() -> None:
    op.create_table(
        "customer_merge_step",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("merge_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("column_name", sa.Text, server_default="", nullable=False),
        sa.Column("old_id", sa.Integer),
        sa.Column("new_id", sa.Integer),
        sa.Column("rows", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer_merge_step"),
        sa.ForeignKeyConstraint(
            ["merge_id"], ["customer_merge.id"], name="fk_customer_merge_step_merge_id_customer_merge"
        ),
        sa.CheckConstraint("kind in ('moved', 'changed', 'deleted')", name=op.f("ck_customer_merge_step_kind")),
    )
    op.create_index("ix_customer_merge_step_merge_id_id", "customer_merge_step", ["merge_id", "id"])


def downgrade() -> None:
    for table in ("customer_merge_step", "customer_merge", "duplicate_pair"):
        op.drop_table(table)
    op.create_foreign_key(
        "fk_complaint_statement_customer_id_customer", "complaint_statement", "customer", ["customer_id"], ["id"]
    )
