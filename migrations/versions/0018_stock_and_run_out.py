"""Corrections and returns of purchases, stock with reservations, daily amounts and run-out days.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
QUANTITY = sa.Numeric(12, 3)
MONEY = sa.Numeric(12, 2)
APPEND_ONLY = ("purchase_change", "stock_movement")


def upgrade() -> None:
    extend_products_and_purchases()
    create_purchase_changes()
    create_stock()
    create_intakes()
    create_run_outs()
    op.execute("""
        CREATE FUNCTION refuse_purchase_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_purchase_change()"
        )


def extend_products_and_purchases() -> None:
    no = sa.text("false")
    op.add_column("product", sa.Column("is_large", sa.Boolean, nullable=False, server_default=no))
    op.add_column("product", sa.Column("is_consumable", sa.Boolean, nullable=False, server_default=no))
    op.add_column("product", sa.Column("until_age_months", sa.Integer))
    op.add_column("product", sa.Column("next_product_id", sa.Integer))
    op.add_column("product", sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.create_foreign_key("fk_product_next_product_id_product", "product", "product", ["next_product_id"], ["id"])
    op.create_check_constraint("ck_product_until_age_months", "product", "until_age_months between 1 and 240")
    op.create_check_constraint("ck_product_next_product", "product", "next_product_id <> id")
    op.add_column("purchase", sa.Column("refunded", MONEY, nullable=False, server_default=sa.text("0")))
    op.add_column("purchase", sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.add_column("purchase", sa.Column("corrected_at", MOMENT))
    op.create_check_constraint("ck_purchase_refunded", "purchase", "refunded between 0 and total")
    op.add_column("purchase_line", sa.Column("returned", QUANTITY, nullable=False, server_default=sa.text("0")))
    op.add_column("purchase_line", sa.Column("refunded", MONEY, nullable=False, server_default=sa.text("0")))
    op.add_column("purchase_line", sa.Column("is_taken", sa.Boolean, nullable=False, server_default=no))
    op.create_check_constraint("ck_purchase_line_returned", "purchase_line", "returned between 0 and quantity")
    op.create_check_constraint("ck_purchase_line_refunded", "purchase_line", "refunded between 0 and amount")


def create_purchase_changes() -> None:
    op.create_table(
        "purchase_change",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("purchase_id", sa.BigInteger, nullable=False),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Integer),
        sa.Column("before", postgresql.JSONB, nullable=False),
        sa.Column("after", postgresql.JSONB, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_purchase_change"),
        sa.UniqueConstraint("purchase_id", "external_id", name="uq_purchase_change_purchase_id_external_id"),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name="fk_purchase_change_purchase_id_purchase"),
        sa.CheckConstraint("kind in ('correction', 'return')", name="ck_purchase_change_kind"),
        sa.CheckConstraint("length(btrim(external_id)) > 0", name="ck_purchase_change_external_id_not_blank"),
    )


def create_stock() -> None:
    op.create_table(
        "product_stock",
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("product_id", sa.Integer, nullable=False),
        sa.Column("on_hand", QUANTITY, nullable=False),
        sa.Column("counted_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.PrimaryKeyConstraint("store_id", "product_id", name="pk_product_stock"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_product_stock_store_id_store"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_product_stock_product_id_product"),
        sa.CheckConstraint("on_hand >= 0", name="ck_product_stock_on_hand"),
    )
    op.create_index("ix_product_stock_product_id", "product_stock", ["product_id"])
    op.create_table(
        "stock_movement",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("product_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("change", QUANTITY, nullable=False),
        sa.Column("on_hand", QUANTITY, nullable=False),
        sa.Column("purchase_id", sa.BigInteger),
        sa.Column("origin_key", sa.Text),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Integer),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stock_movement"),
        sa.ForeignKeyConstraint(
            ["store_id", "product_id"],
            ["product_stock.store_id", "product_stock.product_id"],
            name="fk_stock_movement_store_id_product_id_product_stock",
        ),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name="fk_stock_movement_purchase_id_purchase"),
        sa.CheckConstraint("kind in ('count', 'sold', 'returned', 'taken')", name="ck_stock_movement_kind"),
    )
    op.create_index("ix_stock_movement_store_id_product_id_id", "stock_movement", ["store_id", "product_id", "id"])
    op.create_index(
        "ix_stock_movement_purchase_id",
        "stock_movement",
        ["purchase_id"],
        postgresql_where=sa.text("purchase_id is not null"),
    )
    op.create_table(
        "stock_reservation",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("origin_key", sa.Text, nullable=False),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("product_id", sa.Integer, nullable=False),
        sa.Column("customer_id", sa.Integer, nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="held"),
        sa.Column("purchase_id", sa.BigInteger),
        sa.Column("reserved_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_stock_reservation"),
        sa.UniqueConstraint("origin_key", "product_id", name="uq_stock_reservation_origin_key_product_id"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_stock_reservation_store_id_store"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_stock_reservation_product_id_product"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_stock_reservation_customer_id_customer"),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name="fk_stock_reservation_purchase_id_purchase"),
        sa.CheckConstraint("quantity > 0", name="ck_stock_reservation_quantity"),
        sa.CheckConstraint("state in ('held', 'taken', 'released', 'expired')", name="ck_stock_reservation_state"),
        sa.CheckConstraint("(state = 'held') = (ended_at is null)", name="ck_stock_reservation_ended_at"),
    )
    is_held = sa.text("state = 'held'")
    op.create_index(
        "ix_stock_reservation_held",
        "stock_reservation",
        ["store_id", "product_id", "expires_at"],
        postgresql_where=is_held,
    )
    op.create_index("ix_stock_reservation_due", "stock_reservation", ["expires_at"], postgresql_where=is_held)
    op.create_index("ix_stock_reservation_customer_id_product_id", "stock_reservation", ["customer_id", "product_id"])


def create_intakes() -> None:
    op.create_table(
        "intake",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("household_member_id", sa.Integer),
        sa.Column("customer_id", sa.Integer, nullable=False),
        sa.Column("product_id", sa.Integer, nullable=False),
        sa.Column("per_day", QUANTITY, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("end_reason", sa.Text, nullable=False, server_default=""),
        sa.Column("requested_at", MOMENT),
        sa.Column("requested_by_text", sa.Text),
        sa.Column("requested_channel", sa.Text),
        sa.Column("request_collector_id", sa.Integer),
        sa.Column("created_by_id", sa.Integer),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.PrimaryKeyConstraint("id", name="pk_intake"),
        sa.ForeignKeyConstraint(
            ["household_member_id"], ["household_member.id"], name="fk_intake_household_member_id_household_member"
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_intake_customer_id_customer"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_intake_product_id_product"),
        sa.ForeignKeyConstraint(["request_collector_id"], ["staff.id"], name="fk_intake_request_collector_id_staff"),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name="fk_intake_created_by_id_staff"),
        sa.CheckConstraint("per_day > 0", name="ck_intake_per_day"),
        sa.CheckConstraint("until >= since", name="ck_intake_until"),
        sa.CheckConstraint(
            "requested_channel in ('in_person', 'paper', 'phone', 'sms', 'page')", name="ck_intake_requested_channel"
        ),
        sa.CheckConstraint(
            "(requested_at is null) = (requested_by_text is null)"
            " and (requested_at is null) = (requested_channel is null)",
            name="ck_intake_request_whole",
        ),
    )
    op.create_index(
        "uq_intake_open",
        "intake",
        ["customer_id", "product_id", "household_member_id"],
        unique=True,
        postgresql_where=sa.text("until is null"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_intake_customer_id_product_id", "intake", ["customer_id", "product_id"])
    op.create_index("ix_intake_household_member_id", "intake", ["household_member_id"])


def create_run_outs() -> None:
    op.create_table(
        "run_out",
        sa.Column("customer_id", sa.Integer, nullable=False),
        sa.Column("product_id", sa.Integer, nullable=False),
        sa.Column("household_member_id", sa.Integer),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("packs", postgresql.JSONB, nullable=False),
        sa.Column("last_bought_on", sa.Date, nullable=False),
        sa.Column("reorder_quantity", QUANTITY, nullable=False),
        sa.Column("is_restricted", sa.Boolean, nullable=False),
        sa.Column("is_requested", sa.Boolean, nullable=False),
        sa.Column("needs_delivery", sa.Boolean, nullable=False),
        sa.Column("ends_on", sa.Date),
        sa.Column("computed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "product_id", name="pk_run_out"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_run_out_customer_id_customer"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_run_out_product_id_product"),
        sa.ForeignKeyConstraint(
            ["household_member_id"], ["household_member.id"], name="fk_run_out_household_member_id_household_member"
        ),
        sa.CheckConstraint("basis in ('label', 'measured', 'reorder')", name="ck_run_out_basis"),
    )
    op.create_index("ix_run_out_day", "run_out", ["day"])
    op.create_index("ix_run_out_product_id", "run_out", ["product_id"])
    op.create_index("ix_run_out_household_member_id", "run_out", ["household_member_id"])


def downgrade() -> None:
    for table in ("run_out", "intake", "stock_reservation", "stock_movement", "product_stock", "purchase_change"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_purchase_change()")
    op.drop_constraint("ck_purchase_line_refunded", "purchase_line", type_="check")
    op.drop_constraint("ck_purchase_line_returned", "purchase_line", type_="check")
    for column in ("is_taken", "refunded", "returned"):
        op.drop_column("purchase_line", column)
    op.drop_constraint("ck_purchase_refunded", "purchase", type_="check")
    for column in ("corrected_at", "version", "refunded"):
        op.drop_column("purchase", column)
    op.drop_constraint("ck_product_next_product", "product", type_="check")
    op.drop_constraint("ck_product_until_age_months", "product", type_="check")
    op.drop_constraint("fk_product_next_product_id_product", "product", type_="foreignkey")
    for column in ("version", "next_product_id", "until_age_months", "is_consumable", "is_large"):
        op.drop_column("product", column)
