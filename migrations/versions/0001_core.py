"""Facts and deliveries, schedule slots, idempotency keys, the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "fact",
        sa.Column("id", sa.BigInteger, sa.Identity()),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("payload", JSONB, nullable=False),
        sa.UniqueConstraint("event_id", name="uq_fact_event_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fact"),
    )
    op.create_index("ix_fact_recorded_at", "fact", ["recorded_at"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger, sa.Identity()),
        sa.Column("fact_id", sa.BigInteger, sa.ForeignKey("fact.id", name="fk_delivery_fact_id_fact"), nullable=False),
        sa.Column("subscriber", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="due"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_attempt_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("last_error", sa.Text),
        sa.Column("done_at", MOMENT),
        sa.UniqueConstraint("fact_id", "subscriber", name="uq_delivery_fact_id_subscriber"),
        sa.CheckConstraint("state in ('due', 'done', 'dead')", name="ck_delivery_state"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
    )
    op.create_index("ix_delivery_due", "delivery", ["next_attempt_at"], postgresql_where=sa.text("state = 'due'"))
    op.create_index("ix_delivery_dead", "delivery", ["id"], postgresql_where=sa.text("state = 'dead'"))
    op.create_table(
        "schedule_slot",
        sa.Column("job", sa.Text),
        sa.Column("slot", MOMENT),
        sa.Column("state", sa.Text, nullable=False, server_default="due"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_attempt_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("last_error", sa.Text),
        sa.Column("done_at", MOMENT),
        sa.CheckConstraint("state in ('due', 'done', 'dead')", name="ck_schedule_slot_state"),
        sa.PrimaryKeyConstraint("job", "slot", name="pk_schedule_slot"),
    )
    op.create_index(
        "ix_schedule_slot_due", "schedule_slot", ["next_attempt_at"], postgresql_where=sa.text("state = 'due'")
    )
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.Uuid),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("key", name="pk_idempotency_key"),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"])
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger, sa.Identity()),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject_type", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("store_id", sa.Integer),
        sa.Column("request_id", sa.Text),
        sa.Column("detail", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject_type", "subject_id", "id"])
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor", "id"])


def downgrade() -> None:
    for table in ("audit_entry", "idempotency_key", "schedule_slot", "delivery", "fact"):
        op.drop_table(table)
