"""Proof sheets by link: addresses that end, and when they were opened.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "proof_link",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("task_id", sa.Integer, nullable=False),
        sa.Column("secret_hash", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by_id", sa.Integer, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("revoked_by_id", sa.Integer),
        sa.Column("reads", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("last_read_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_proof_link"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_proof_link_task_id_task"),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name="fk_proof_link_created_by_id_staff"),
        sa.ForeignKeyConstraint(["revoked_by_id"], ["staff.id"], name="fk_proof_link_revoked_by_id_staff"),
        sa.CheckConstraint("expires_at > created_at", name="ck_proof_link_expires_at"),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="ck_proof_link_revoked_by"),
        sa.CheckConstraint("reads >= 0", name="ck_proof_link_reads"),
    )
    op.create_index("ix_proof_link_task_id_id", "proof_link", ["task_id", "id"])
    op.create_index("uq_proof_link_secret_hash", "proof_link", ["secret_hash"], unique=True)
    op.create_table(
        "proof_read",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("link_id", sa.BigInteger, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_proof_read"),
        sa.ForeignKeyConstraint(["link_id"], ["proof_link.id"], name="fk_proof_read_link_id_proof_link"),
        sa.CheckConstraint("form IN ('page', 'pdf')", name="ck_proof_read_form"),
    )
    op.create_index("ix_proof_read_link_id_id", "proof_read", ["link_id", "id"])


def downgrade() -> None:
    op.drop_table("proof_read")
    op.drop_table("proof_link")
