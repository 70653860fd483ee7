"""Products, purchases and their lines.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "product",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", postgresql.JSONB, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("pack_size", sa.Numeric(12, 3)),
        sa.Column("unit", sa.Text, nullable=False, server_default=""),
        sa.Column("is_restricted", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("follow_up_day", sa.Integer, server_default=sa.text("3")),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.text("true")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_product"),
        sa.UniqueConstraint("code", name="uq_product_code"),
        sa.CheckConstraint("length(btrim(code)) > 0", name="ck_product_code_not_blank"),
        sa.CheckConstraint("pack_size > 0", name="ck_product_pack_size"),
        sa.CheckConstraint("follow_up_day between 1 and 365", name="ck_product_follow_up_day"),
    )
    op.create_index("ix_product_category_code", "product", ["category", "code"])
    op.create_table(
        "purchase",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Integer, nullable=False),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("seller_id", sa.Integer),
        sa.Column("bought_at", MOMENT, nullable=False),
        sa.Column("total", sa.Numeric(12, 2), nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_purchase"),
        sa.UniqueConstraint("source", "external_id", name="uq_purchase_source_external_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_purchase_customer_id_customer"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_purchase_store_id_store"),
        sa.ForeignKeyConstraint(["seller_id"], ["staff.id"], name="fk_purchase_seller_id_staff"),
        sa.CheckConstraint("total >= 0", name="ck_purchase_total"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="ck_purchase_currency"),
    )
    op.create_index("ix_purchase_customer_id_bought_at_id", "purchase", ["customer_id", "bought_at", "id"])
    op.create_index("ix_purchase_store_id_bought_at_id", "purchase", ["store_id", "bought_at", "id"])
    op.create_index("ix_purchase_bought_at_id", "purchase", ["bought_at", "id"])
    op.create_table(
        "purchase_line",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("purchase_id", sa.BigInteger, nullable=False),
        sa.Column("product_id", sa.Integer, nullable=False),
        sa.Column("quantity", sa.Numeric(12, 3), nullable=False),
        sa.Column("amount", sa.Numeric(12, 2), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_purchase_line"),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name="fk_purchase_line_purchase_id_purchase"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_purchase_line_product_id_product"),
        sa.CheckConstraint("quantity > 0", name="ck_purchase_line_quantity"),
        sa.CheckConstraint("amount >= 0", name="ck_purchase_line_amount"),
    )
    op.create_index("ix_purchase_line_purchase_id", "purchase_line", ["purchase_id"])
    op.create_index("ix_purchase_line_product_id", "purchase_line", ["product_id"])


def downgrade() -> None:
    for table in ("purchase_line", "purchase", "product"):
        op.drop_table(table)
