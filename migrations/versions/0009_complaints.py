"""Complaints: cases, their clocks and steps; questions about a remedy.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SOURCES = "source in ('sms', 'page', 'phone', 'office')"
FROZEN = ("complaint_statement", "complaint_event")


def upgrade() -> None:
    _cases()
    _statements()
    _events()
    op.execute(
        """
        CREATE FUNCTION refuse_complaint_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in FROZEN:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_complaint_change()"
        )
    _question_kinds("'confirm', 'slot', 'rating', 'reorder', 'remedy'")


def _question_kinds(kinds: str) -> None:
    op.drop_constraint("ck_question_kind", "question", type_="check")
    op.create_check_constraint(op.f("ck_question_kind"), "question", f"kind in ({kinds})")


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _cases() -> None:
    op.create_table(
        "complaint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "number",
            sa.Text(),
            sa.Computed("'C' || lpad(id::text, greatest(6, length(id::text)), '0')", persisted=True),
            nullable=False,
        ),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("recovery_task_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), server_default="opened", nullable=False),
        sa.Column("is_reaction", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("clocks_since", MOMENT, nullable=False),
        sa.Column("acknowledge_due_at", MOMENT, nullable=False),
        sa.Column("acknowledge_again_at", MOMENT, nullable=False),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("plan_due_at", MOMENT, nullable=False),
        sa.Column("plan_again_at", MOMENT, nullable=False),
        sa.Column("planned_at", MOMENT, nullable=True),
        _text("plan"),
        sa.Column("promised_for", MOMENT, nullable=True),
        sa.Column("resolved_at", MOMENT, nullable=True),
        _text("apology"),
        _text("cause"),
        _text("remedy"),
        _text("outcome"),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        _text("answer"),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("alarm", sa.Text(), nullable=True),
        sa.Column("alarm_level", sa.Text(), nullable=True),
        sa.Column("escalated_at", MOMENT, nullable=True),
        sa.Column("look_at", MOMENT, nullable=True),
        sa.Column("reopenings", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(SOURCES, name=op.f("ck_complaint_source")),
        sa.CheckConstraint(
            "stage in ('opened', 'acknowledged', 'planned', 'resolved', 'closed')", name=op.f("ck_complaint_stage")
        ),
        sa.CheckConstraint("(stage = 'closed') = (closed_at is not null)", name=op.f("ck_complaint_closed_at")),
        sa.CheckConstraint("stage <> 'closed' or satisfied", name=op.f("ck_complaint_closed_by_the_customers_answer")),
        sa.CheckConstraint(
            "stage <> 'closed' or not is_reaction or outcome <> ''", name=op.f("ck_complaint_outcome_of_reaction")
        ),
        sa.CheckConstraint(
            "stage not in ('resolved', 'closed') or (apology <> '' and cause <> '' and remedy <> '')",
            name=op.f("ck_complaint_apology_cause_remedy"),
        ),
        sa.CheckConstraint(
            "stage <> 'planned' or (plan <> '' and promised_for is not null)", name=op.f("ck_complaint_plan")
        ),
        sa.CheckConstraint("(satisfied is null) = (answered_at is null)", name=op.f("ck_complaint_answer")),
        sa.CheckConstraint("alarm in ('acknowledge', 'plan', 'reaction')", name=op.f("ck_complaint_alarm")),
        sa.CheckConstraint("alarm_level in ('supervisor', 'head_office')", name=op.f("ck_complaint_alarm_level")),
        sa.CheckConstraint("(alarm is null) = (alarm_level is null)", name=op.f("ck_complaint_alarm_whole")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_complaint_customer_id_customer")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_complaint_household_id_household")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_complaint_store_id_store")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_complaint_task_id_task")),
        sa.ForeignKeyConstraint(["recovery_task_id"], ["task.id"], name=op.f("fk_complaint_recovery_task_id_task")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_complaint_owner_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
    )
    op.create_index("uq_complaint_number", "complaint", ["number"], unique=True)
    op.create_index(
        "uq_complaint_open_household",
        "complaint",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index("ix_complaint_due_at_id", "complaint", ["due_at", "id"])
    op.create_index(
        "ix_complaint_open_due_at_id", "complaint", ["due_at", "id"], postgresql_where=sa.text("closed_at is null")
    )
    op.create_index("ix_complaint_store_id_due_at_id", "complaint", ["store_id", "due_at", "id"])
    op.create_index("ix_complaint_customer_id_opened_at", "complaint", ["customer_id", "opened_at"])
    op.create_index("ix_complaint_look_at", "complaint", ["look_at"], postgresql_where=sa.text("look_at is not null"))


def _statements() -> None:
    op.create_table(
        "complaint_statement",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("complaint_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("is_reaction", sa.Boolean(), nullable=False),
        sa.Column("origin_key", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.CheckConstraint(SOURCES, name=op.f("ck_complaint_statement_source")),
        sa.CheckConstraint("length(btrim(words)) > 0", name=op.f("ck_complaint_statement_words")),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_statement_complaint_id_complaint")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_complaint_statement_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_complaint_statement_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_statement")),
    )
    op.create_index("uq_complaint_statement_origin_key", "complaint_statement", ["origin_key"], unique=True)
    op.create_index("ix_complaint_statement_complaint_id_id", "complaint_statement", ["complaint_id", "id"])


def _events() -> None:
    op.create_table(
        "complaint_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("complaint_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("detail", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_event_complaint_id_complaint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_event")),
    )
    op.create_index("ix_complaint_event_complaint_id_id", "complaint_event", ["complaint_id", "id"])


def downgrade() -> None:
    op.execute("DELETE FROM question WHERE kind = 'remedy'")
    _question_kinds("'confirm', 'slot', 'rating', 'reorder'")
    op.drop_table("complaint_event")
    op.drop_table("complaint_statement")
    op.drop_table("complaint")
    op.execute("DROP FUNCTION refuse_complaint_change()")
