"""Messages: templates, outbound rows with their attempts, carrier events, inbound texts, questions, conversations.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = (
    "state in ('pending', 'claimed', 'submitting', 'unknown', 'submitted', 'sent', 'delivered', 'undelivered',"
    " 'failed', 'suppressed', 'expired', 'canceled', 'needs_attention')"
)


def upgrade() -> None:
    _templates()
    _inbound()
    _outbound()
    _carrier_events()
    _questions()
    _conversations()


def _templates() -> None:
    op.create_table(
        "message_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("task_type", sa.Text(), server_default="", nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("texts", postgresql.JSONB(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("published_by_id", sa.Integer()),
        sa.CheckConstraint("reach in ('two_way', 'one_way')", name="ck_message_template_reach"),
        sa.CheckConstraint(
            "task_type in ('', 'home_visit', 'delivery', 'callback')", name="ck_message_template_task_type"
        ),
        sa.CheckConstraint("version > 0", name="ck_message_template_version"),
        sa.ForeignKeyConstraint(["published_by_id"], ["staff.id"], name="fk_message_template_published_by_id_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_message_template"),
        sa.UniqueConstraint(
            "kind", "task_type", "reach", "version", name="uq_message_template_kind_task_type_reach_version"
        ),
    )


def _inbound() -> None:
    op.create_table(
        "inbound",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("from_phone", sa.Text(), nullable=False),
        sa.Column("to_phone", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("opt_out_type", sa.Text()),
        sa.Column("media_count", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("customer_id", sa.Integer()),
        sa.Column("raw", postgresql.JSONB(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("intent", sa.Text()),
        sa.Column("handled_at", MOMENT),
        sa.CheckConstraint("provider in ('twilio', 'sandbox')", name="ck_inbound_provider"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_inbound_customer_id_customer"),
        sa.PrimaryKeyConstraint("id", name="pk_inbound"),
        sa.UniqueConstraint("sid", name="uq_inbound_sid"),
    )
    op.create_index("ix_inbound_customer_id_received_at", "inbound", ["customer_id", "received_at"])
    op.create_index("ix_inbound_from_phone_received_at", "inbound", ["from_phone", "received_at"])


def _outbound() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Integer()),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer()),
        sa.Column("to_phone", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("segments", sa.SmallInteger(), nullable=False),
        sa.Column("template_id", sa.Integer()),
        sa.Column("sender_id", sa.Integer()),
        sa.Column("answers_inbound_id", sa.BigInteger()),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("is_proactive", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("speaks_of", MOMENT),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("held_reason", sa.Text()),
        sa.Column("held_until", MOMENT),
        sa.Column("end_reason", sa.Text()),
        sa.Column("lease_owner", sa.Text()),
        sa.Column("lease_until", MOMENT),
        sa.Column("attempt_no", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", MOMENT),
        sa.Column("lookups", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("call_started_at", MOMENT),
        sa.Column("provider", sa.Text()),
        sa.Column("provider_sid", sa.Text()),
        sa.Column("provider_status", sa.Text()),
        sa.Column("status_rank", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("error_code", sa.Integer()),
        sa.Column("possible_duplicate", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("submitted_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint(
            "(state in ('claimed', 'submitting')) = (lease_owner is not null and lease_until is not null)",
            name="ck_message_lease",
        ),
        sa.CheckConstraint("encoding in ('GSM-7', 'UCS-2')", name="ck_message_encoding"),
        sa.CheckConstraint("locale in ('zh_Hans', 'zh_Hant', 'en')", name="ck_message_locale"),
        sa.CheckConstraint(
            STATES,
            name="ck_message_state",
        ),
        sa.CheckConstraint("length(body) between 1 and 1600", name="ck_message_body"),
        sa.ForeignKeyConstraint(["answers_inbound_id"], ["inbound.id"], name="fk_message_answers_inbound_id_inbound"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_message_customer_id_customer"),
        sa.ForeignKeyConstraint(["parent_id"], ["message.id"], name="fk_message_parent_id_message"),
        sa.ForeignKeyConstraint(["sender_id"], ["staff.id"], name="fk_message_sender_id_staff"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_message_store_id_store"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_message_task_id_task"),
        sa.ForeignKeyConstraint(
            ["template_id"], ["message_template.id"], name="fk_message_template_id_message_template"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("dedupe_key", name="uq_message_dedupe_key"),
        sa.UniqueConstraint("provider_sid", name="uq_message_provider_sid"),
    )
    op.create_index("ix_message_customer_id_created_at", "message", ["customer_id", "created_at"])
    op.create_index(
        "ix_message_due", "message", ["priority", "not_before"], postgresql_where=sa.text("state = 'pending'")
    )
    op.create_index(
        "ix_message_leased", "message", ["lease_until"], postgresql_where=sa.text("state in ('claimed', 'submitting')")
    )
    op.create_index("ix_message_store_id_created_at_id", "message", ["store_id", "created_at", "id"])
    op.create_index("ix_message_task_id", "message", ["task_id"], postgresql_where=sa.text("task_id is not null"))
    op.create_index("ix_message_to_phone_created_at", "message", ["to_phone", "created_at"])
    op.create_index("ix_message_waiting", "message", ["not_before"], postgresql_where=sa.text("state = 'pending'"))
    op.create_index("ix_message_unknown", "message", ["next_attempt_at"], postgresql_where=sa.text("state = 'unknown'"))
    op.create_index(
        "ix_message_unsettled", "message", ["submitted_at"], postgresql_where=sa.text("state in ('submitted', 'sent')")
    )
    op.create_index(
        "ix_message_waiting_to_phone",
        "message",
        ["to_phone"],
        postgresql_where=sa.text("state in ('pending', 'claimed')"),
    )
    op.create_table(
        "message_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("call_started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("outcome", sa.Text()),
        sa.Column("http_status", sa.SmallInteger()),
        sa.Column("code", sa.Integer()),
        sa.Column("sid", sa.Text()),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_message_attempt_message_id_message"),
        sa.PrimaryKeyConstraint("id", name="pk_message_attempt"),
        sa.UniqueConstraint("message_id", "n", name="uq_message_attempt_message_id_n"),
    )
    op.create_table(
        "sender_health",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("open_at", MOMENT),
        sa.Column("reason", sa.Text()),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", MOMENT),
        sa.PrimaryKeyConstraint("provider", name="pk_sender_health"),
    )


def _carrier_events() -> None:
    op.create_table(
        "provider_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("message_id", sa.Uuid()),
        sa.Column("to_phone", sa.Text(), nullable=False),
        sa.Column("raw", postgresql.JSONB(), nullable=False),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "verdict in ('applied', 'late', 'contradicts', 'unmatched')", name="ck_provider_event_verdict"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_provider_event"),
        sa.UniqueConstraint("sid", "status", "error_code", name="uq_provider_event_sid_status_error_code"),
    )
    op.create_index(
        "ix_provider_event_unmatched",
        "provider_event",
        ["received_at"],
        postgresql_where=sa.text("verdict = 'unmatched'"),
    )


def _questions() -> None:
    op.create_table(
        "question",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("options", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("answer", sa.Text()),
        sa.Column("answer_inbound_id", sa.BigInteger()),
        sa.Column("closed_at", MOMENT),
        sa.Column("closed_reason", sa.Text()),
        sa.CheckConstraint("kind in ('confirm', 'slot', 'rating', 'reorder')", name="ck_question_kind"),
        sa.CheckConstraint("answered_at is null or closed_at is null", name="ck_question_one_end"),
        sa.ForeignKeyConstraint(["answer_inbound_id"], ["inbound.id"], name="fk_question_answer_inbound_id_inbound"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_question_customer_id_customer"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_question_message_id_message"),
        sa.PrimaryKeyConstraint("id", name="pk_question"),
        sa.UniqueConstraint("message_id", name="uq_question_message_id"),
    )
    op.create_index("ix_question_subject_type_subject_id", "question", ["subject_type", "subject_id"])
    op.create_index(
        "uq_question_customer_id_code",
        "question",
        ["customer_id", "code"],
        unique=True,
        postgresql_where=sa.text("answered_at is null and closed_at is null"),
    )


def _conversations() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer()),
        sa.Column("phone", sa.Text()),
        sa.Column("store_id", sa.Integer()),
        sa.Column("unread", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attention", sa.Text()),
        sa.Column("waiting_since", MOMENT),
        sa.Column("paused_at", MOMENT),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("last_inbound_at", MOMENT),
        sa.Column("read_at", MOMENT),
        sa.Column("read_by_id", sa.Integer()),
        sa.CheckConstraint(
            "attention in ('complaint', 'low_rating', 'maybe_opt_out', 'unknown_sender')",
            name="ck_conversation_attention",
        ),
        sa.CheckConstraint("(customer_id is null) <> (phone is null)", name="ck_conversation_customer_or_phone"),
        sa.CheckConstraint("unread >= 0", name="ck_conversation_unread"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_conversation_customer_id_customer"),
        sa.ForeignKeyConstraint(["read_by_id"], ["staff.id"], name="fk_conversation_read_by_id_staff"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_conversation_store_id_store"),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
        sa.UniqueConstraint("customer_id", name="uq_conversation_customer_id"),
    )
    op.create_index("ix_conversation_last_at_id", "conversation", ["last_at", "id"])
    op.create_index("ix_conversation_store_id_last_at_id", "conversation", ["store_id", "last_at", "id"])
    op.create_index(
        "uq_conversation_phone", "conversation", ["phone"], unique=True, postgresql_where=sa.text("phone is not null")
    )
    op.create_table(
        "conversation_note",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(btrim(text)) > 0", name="ck_conversation_note_text_not_blank"),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"], name="fk_conversation_note_author_id_staff"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_conversation_note_conversation_id_conversation"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_conversation_note"),
    )
    op.create_index(
        "ix_conversation_note_conversation_id_created_at", "conversation_note", ["conversation_id", "created_at"]
    )


def downgrade() -> None:
    for table in (
        "conversation_note",
        "conversation",
        "question",
        "provider_event",
        "sender_health",
        "message_attempt",
        "message",
        "inbound",
        "message_template",
    ):
        op.drop_table(table)
