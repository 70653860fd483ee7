"""Find what a receipt has paid for by the receipt and by the reservation, not by reading the whole shelf.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_stock_movement_origin_key",
        "stock_movement",
        ["origin_key"],
        postgresql_where=sa.text("origin_key is not null"),
    )
    op.create_index(
        "ix_stock_reservation_purchase_id",
        "stock_reservation",
        ["purchase_id"],
        postgresql_where=sa.text("purchase_id is not null"),
    )


def downgrade() -> None:
    op.drop_index("ix_stock_reservation_purchase_id", table_name="stock_reservation")
    op.drop_index("ix_stock_movement_origin_key", table_name="stock_movement")
