"""Proof at the door: how the place was asked for, tries of the door code, codes on packs.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("product", sa.Column("barcode", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_product_barcode_not_blank"), "product", "length(btrim(barcode)) > 0")
    op.add_column("task", sa.Column("door_code_tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column(
        "task_line", sa.Column("is_code_checked", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("evidence", sa.Column("accuracy_metres", sa.Integer(), nullable=True))
    op.add_column("evidence", sa.Column("place_state", sa.Text(), nullable=True))
    op.execute("UPDATE evidence SET place_state = 'given' WHERE kind = 'place'")
    op.create_check_constraint(
        op.f("ck_evidence_place_state"),
        "evidence",
        "place_state IN ('given', 'declined', 'denied', 'unavailable')",
    )
    op.create_check_constraint(
        op.f("ck_evidence_place_has_state"), "evidence", "(kind = 'place') = (place_state IS NOT NULL)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_evidence_place_has_state"), "evidence")
    op.drop_constraint(op.f("ck_evidence_place_state"), "evidence")
    op.drop_column("evidence", "place_state")
    op.drop_column("evidence", "accuracy_metres")
    op.drop_column("task_line", "is_code_checked")
    op.drop_column("task", "door_code_tries")
    op.drop_constraint(op.f("ck_product_barcode_not_blank"), "product")
    op.drop_column("product", "barcode")
