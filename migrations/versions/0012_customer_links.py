"""The customer's own page: links and short codes, tries at codes, what helps to reach the door.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("customer", sa.Column("access_notes", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "customer_link",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("customer_id", sa.Integer, nullable=False),
        sa.Column("task_id", sa.Integer),
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("last_opened_at", MOMENT),
        sa.Column("openings", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("id", name="pk_customer_link"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_customer_link_customer_id_customer"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_customer_link_task_id_task"),
        sa.UniqueConstraint("handle", name="uq_customer_link_handle"),
        sa.CheckConstraint("expires_at > created_at", name="ck_customer_link_expires_at"),
        sa.CheckConstraint("openings >= 0", name="ck_customer_link_openings"),
    )
    op.create_index(
        "uq_customer_link_in_use",
        "customer_link",
        ["customer_id", "task_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at is null"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "uq_customer_link_code_hash",
        "customer_link",
        ["code_hash"],
        unique=True,
        postgresql_where=sa.text("revoked_at is null"),
    )
    op.create_index("ix_customer_link_task_id", "customer_link", ["task_id"])
    op.create_table(
        "customer_code_try",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("scope", "since", name="pk_customer_code_try"),
    )
    op.create_index("ix_customer_code_try_since", "customer_code_try", ["since"])


def downgrade() -> None:
    op.drop_table("customer_code_try")
    op.drop_table("customer_link")
    op.drop_column("customer", "access_notes")
