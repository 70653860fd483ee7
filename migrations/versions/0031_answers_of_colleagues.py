"""What associates answer to texts about work: kept as theirs, in a thread of their own.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("inbound", "conversation"):
        op.add_column(table, sa.Column("staff_id", sa.Integer))
        op.create_foreign_key(f"fk_{table}_staff_id_staff", table, "staff", ["staff_id"], ["id"])
    op.create_check_constraint("ck_inbound_one_writer", "inbound", "customer_id is null or staff_id is null")
    op.create_index(
        "ix_inbound_staff_id_received_at",
        "inbound",
        ["staff_id", "received_at"],
        postgresql_where=sa.text("staff_id is not null"),
    )
    op.create_index(
        "ix_message_to_staff_id_created_at",
        "message",
        ["to_staff_id", "created_at"],
        postgresql_where=sa.text("to_staff_id is not null"),
    )
    op.create_unique_constraint("uq_conversation_staff_id", "conversation", ["staff_id"])
    op.drop_constraint("ck_conversation_customer_or_phone", "conversation", type_="check")
    # What associates have written so far stands among the unknown numbers.
    op.execute("""
        UPDATE inbound SET staff_id = staff.id FROM staff
        WHERE staff.phone = inbound.from_phone AND staff.is_active AND staff.role = 'associate'
          AND inbound.customer_id IS NULL""")
    op.execute("""
        UPDATE conversation SET staff_id = staff.id, store_id = staff.home_store_id, phone = NULL,
            attention = nullif(attention, 'unknown_sender')
        FROM staff
        WHERE staff.phone = conversation.phone AND staff.is_active AND staff.role = 'associate'""")
    op.create_check_constraint(
        "ck_conversation_one_partner", "conversation", "num_nonnulls(customer_id, staff_id, phone) = 1"
    )


def downgrade() -> None:
    op.drop_constraint("ck_conversation_one_partner", "conversation", type_="check")
    op.execute("""
        UPDATE conversation SET phone = staff.phone, staff_id = NULL FROM staff
        WHERE staff.id = conversation.staff_id""")
    op.create_check_constraint(
        "ck_conversation_customer_or_phone", "conversation", "(customer_id is null) <> (phone is null)"
    )
    op.drop_constraint("uq_conversation_staff_id", "conversation", type_="unique")
    op.drop_index("ix_message_to_staff_id_created_at", "message")
    op.drop_index("ix_inbound_staff_id_received_at", "inbound")
    op.drop_constraint("ck_inbound_one_writer", "inbound", type_="check")
    for table in ("conversation", "inbound"):
        op.drop_column(table, "staff_id")
