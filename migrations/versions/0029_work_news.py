"""News of work for associates whose app is closed, and the texts that tell them.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("staff", sa.Column("work_texts", sa.Boolean, server_default=sa.text("true"), nullable=False))
    op.add_column("message", sa.Column("to_staff_id", sa.Integer))
    op.create_foreign_key("fk_message_to_staff_id_staff", "message", "staff", ["to_staff_id"], ["id"])
    op.create_table(
        "work_news",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("staff_id", sa.Integer, nullable=False),
        sa.Column("task_id", sa.Integer, nullable=False),
        sa.Column("had_it", sa.Boolean, nullable=False),
        sa.Column("window_start", MOMENT, nullable=False),
        sa.Column("new_address", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("events", ARRAY(sa.Uuid), nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.Column("outcome", sa.Text),
        sa.Column("message_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_work_news"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_work_news_staff_id_staff"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_work_news_task_id_task"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_work_news_message_id_message"),
        sa.CheckConstraint("outcome in ('told', 'seen', 'moot', 'unwanted')", name=op.f("ck_work_news_outcome")),
        sa.CheckConstraint("(settled_at is null) = (outcome is null)", name=op.f("ck_work_news_settled")),
        sa.CheckConstraint("(outcome = 'told') = (message_id is not null)", name=op.f("ck_work_news_told")),
    )
    untold = sa.text("settled_at is null")
    op.create_index("uq_work_news_untold", "work_news", ["staff_id", "task_id"], unique=True, postgresql_where=untold)
    op.create_index("ix_work_news_due", "work_news", ["due_at"], postgresql_where=untold)
    op.create_index("ix_work_news_staff_id_task_id", "work_news", ["staff_id", "task_id"])
    op.create_index(
        "ix_work_news_told", "work_news", ["staff_id", "settled_at"], postgresql_where=sa.text("outcome = 'told'")
    )
    op.create_index("ix_work_news_task_id", "work_news", ["task_id"])


def downgrade() -> None:
    op.drop_table("work_news")
    op.execute("DELETE FROM message_attempt WHERE message_id IN (SELECT id FROM message WHERE to_staff_id IS NOT NULL)")
    op.execute("DELETE FROM message WHERE to_staff_id IS NOT NULL")
    op.drop_column("message", "to_staff_id")
    op.drop_column("staff", "work_texts")
