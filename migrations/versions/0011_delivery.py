"""Delivery: what was sent again, from which sender, numbers that can't receive, and what head office must know.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CARRIER_NAME = "provider ~ '^[a-z][a-z0-9_]{0,30}$'"


def upgrade() -> None:
    op.add_column("message", sa.Column("sender", sa.Text()))
    op.add_column("message", sa.Column("resend_no", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.create_index(
        "ix_message_troubled",
        "message",
        ["ended_at"],
        postgresql_where=sa.text("state in ('undelivered', 'failed', 'needs_attention')"),
    )
    op.add_column("inbound", sa.Column("recovered_at", MOMENT))
    op.drop_constraint("ck_inbound_provider", "inbound", type_="check")
    op.create_check_constraint("ck_inbound_provider", "inbound", CARRIER_NAME)
    op.add_column(
        "sender_health", sa.Column("is_tripped", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("sender_health", sa.Column("tripped_at", MOMENT))
    op.add_column("sender_health", sa.Column("full_until", MOMENT))
    op.add_column("sender_health", sa.Column("slowed_to", sa.SmallInteger()))
    op.add_column("sender_health", sa.Column("slowed_at", MOMENT))
    op.create_table(
        "sender_alert",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.Column("settled_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(["settled_by_id"], ["staff.id"], name="fk_sender_alert_settled_by_id_staff"),
        sa.PrimaryKeyConstraint("provider", "code", name="pk_sender_alert"),
    )
    op.create_table(
        "phone_fault",
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.Column("cleared_at", MOMENT),
        sa.Column("cleared_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(["cleared_by_id"], ["staff.id"], name="fk_phone_fault_cleared_by_id_staff"),
        sa.PrimaryKeyConstraint("phone", name="pk_phone_fault"),
    )


def downgrade() -> None:
    op.drop_table("phone_fault")
    op.drop_table("sender_alert")
    op.drop_column("sender_health", "slowed_at")
    op.drop_column("sender_health", "slowed_to")
    op.drop_column("sender_health", "full_until")
    op.drop_column("sender_health", "tripped_at")
    op.drop_column("sender_health", "is_tripped")
    op.drop_constraint("ck_inbound_provider", "inbound", type_="check")
    # An earlier revision knows no further carriers.
    op.execute("UPDATE inbound SET provider = 'twilio' WHERE provider NOT IN ('twilio', 'sandbox')")
    op.create_check_constraint("ck_inbound_provider", "inbound", "provider in ('twilio', 'sandbox')")
    op.drop_column("inbound", "recovered_at")
    op.drop_index("ix_message_troubled", table_name="message")
    op.drop_column("message", "resend_no")
    op.drop_column("message", "sender")
