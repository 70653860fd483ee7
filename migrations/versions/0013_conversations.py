"""Conversations: whose turn it is, what each person has seen, search by words, quick answers.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STEPS = (
    "step in ('arrived', 'handed_over', 'covered', 'assigned', 'taken', 'handed_back', 'answered', 'settled',"
    " 'opted_out', 'may_go_on', 'attached')"
)
GRAMS = (("inbound", "body", None), ("message", "body", "kind = 'staff'"), ("conversation_note", "text", None))


def upgrade() -> None:
    _turns()
    _seen()
    _search()
    _quick_answers()
    op.create_index("ix_message_parent_id", "message", ["parent_id"], postgresql_where=sa.text("parent_id is not null"))


def _turns() -> None:
    for name in ("assigned_at", "handed_over_at", "hand_over_due_at"):
        op.add_column("conversation", sa.Column(name, MOMENT))
    op.add_column("conversation", sa.Column("assignee_id", sa.Integer()))
    op.add_column("conversation", sa.Column("by_hand", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_foreign_key("fk_conversation_assignee_id_staff", "conversation", "staff", ["assignee_id"], ["id"])
    for name in ("assignee_id", "hand_over_due_at"):
        op.create_index(
            f"ix_conversation_{name}", "conversation", [name], postgresql_where=sa.text(f"{name} is not null")
        )
    # What the number beside "Messages" counts on every page: few of a store's conversations wait.
    op.create_index(
        "ix_conversation_waiting", "conversation", ["store_id"], postgresql_where=sa.text("waiting_since is not null")
    )
    op.create_table(
        "conversation_turn",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("assignee_id", sa.Integer()),
        sa.Column("actor_id", sa.Integer()),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(STEPS, name="ck_conversation_turn_step"),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name="fk_conversation_turn_conversation_id_conversation",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["assignee_id"], ["staff.id"], name="fk_conversation_turn_assignee_id_staff"),
        sa.ForeignKeyConstraint(["actor_id"], ["staff.id"], name="fk_conversation_turn_actor_id_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_conversation_turn"),
    )
    op.create_index("ix_conversation_turn_conversation_id_id", "conversation_turn", ["conversation_id", "id"])


def _seen() -> None:
    op.create_table(
        "conversation_seen",
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name="fk_conversation_seen_conversation_id_conversation",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_conversation_seen_staff_id_staff"),
        sa.PrimaryKeyConstraint("conversation_id", "staff_id", name="pk_conversation_seen"),
    )


def _search() -> None:
    # Pairs of characters instead of pg_trgm: most Chinese words are two characters long, and a trigram index can't
    # look for them. Lower case, so that Latin words are found however they are written.
    op.execute("""CREATE FUNCTION text_grams(words text) RETURNS text[]
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN ARRAY(SELECT DISTINCT substr(lower(words), place, 2)
                     FROM generate_series(1, length(words) - 1) AS place)""")
    for table, column, where in GRAMS:
        op.create_index(
            f"ix_{table}_grams",
            table,
            [sa.text(f"text_grams({column})")],
            postgresql_using="gin",
            postgresql_where=sa.text(where) if where else None,
        )


def _quick_answers() -> None:
    op.create_table(
        "quick_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text()),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("titles", postgresql.JSONB(), nullable=False),
        sa.Column("texts", postgresql.JSONB(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(["changed_by_id"], ["staff.id"], name="fk_quick_answer_changed_by_id_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_quick_answer"),
        sa.UniqueConstraint("key", name="uq_quick_answer_key"),
    )
    op.create_index("ix_quick_answer_place_id", "quick_answer", ["place", "id"])


def downgrade() -> None:
    op.drop_table("quick_answer")
    for table, _column, _where in GRAMS:
        op.drop_index(f"ix_{table}_grams", table)
    op.execute("DROP FUNCTION text_grams(text)")
    op.drop_index("ix_message_parent_id", "message")
    op.drop_table("conversation_seen")
    op.drop_table("conversation_turn")
    op.drop_index("ix_conversation_waiting", "conversation")
    op.drop_constraint("fk_conversation_assignee_id_staff", "conversation")
    for name in ("assignee_id", "by_hand", "assigned_at", "handed_over_at", "hand_over_due_at"):
        op.drop_column("conversation", name)
