"""Books of customers handed over, with the customers' own answers.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
BEFORE = "'confirm', 'slot', 'rating', 'reorder', 'remedy'"


def upgrade() -> None:
    _hand_over()
    _line()
    _question_kinds(f"{BEFORE}, 'owner'")


def _hand_over() -> None:
    op.create_table(
        "hand_over",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("from_id", sa.Integer, nullable=False),
        sa.Column("to_id", sa.Integer, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("note", sa.Text, server_default="", nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("time_off_id", sa.Integer),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", sa.Integer),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_hand_over"),
        sa.ForeignKeyConstraint(["from_id"], ["staff.id"], name="fk_hand_over_from_id_staff"),
        sa.ForeignKeyConstraint(["to_id"], ["staff.id"], name="fk_hand_over_to_id_staff"),
        sa.ForeignKeyConstraint(["time_off_id"], ["time_off.id"], name="fk_hand_over_time_off_id_time_off"),
        sa.ForeignKeyConstraint(["made_by_id"], ["staff.id"], name="fk_hand_over_made_by_id_staff"),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_hand_over_two_people")),
        sa.CheckConstraint("why in ('leave', 'exit', 'other')", name=op.f("ck_hand_over_why")),
    )
    op.create_index("ix_hand_over_from_id", "hand_over", ["from_id"])
    op.create_index(
        "ix_hand_over_due", "hand_over", ["until"], postgresql_where=sa.text("until is not null and ended_at is null")
    )


def _line() -> None:
    op.create_table(
        "hand_over_line",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("hand_over_id", sa.Integer, nullable=False),
        sa.Column("customer_id", sa.Integer, nullable=False),
        sa.Column("from_id", sa.Integer, nullable=False),
        sa.Column("to_id", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, server_default="given", nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("answered_at", MOMENT),
        sa.Column("words", sa.Text, server_default="", nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_id", sa.Integer),
        sa.Column("note", sa.Text, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hand_over_line"),
        sa.ForeignKeyConstraint(["hand_over_id"], ["hand_over.id"], name="fk_hand_over_line_hand_over_id_hand_over"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_hand_over_line_customer_id_customer"),
        sa.ForeignKeyConstraint(["from_id"], ["staff.id"], name="fk_hand_over_line_from_id_staff"),
        sa.ForeignKeyConstraint(["to_id"], ["staff.id"], name="fk_hand_over_line_to_id_staff"),
        sa.ForeignKeyConstraint(["ended_by_id"], ["staff.id"], name="fk_hand_over_line_ended_by_id_staff"),
        sa.CheckConstraint(
            "state in ('given', 'refused', 'settled', 'returned', 'over')", name=op.f("ck_hand_over_line_state")
        ),
        sa.CheckConstraint("answer in ('fine', 'somebody_else')", name=op.f("ck_hand_over_line_answer")),
        sa.CheckConstraint("(answer is null) = (answered_at is null)", name=op.f("ck_hand_over_line_answered")),
        sa.CheckConstraint("state <> 'refused' or answer = 'somebody_else'", name=op.f("ck_hand_over_line_refused")),
        sa.CheckConstraint(
            "(state in ('given', 'refused')) = (ended_at is null)", name=op.f("ck_hand_over_line_ended")
        ),
    )
    op.create_index("ix_hand_over_line_hand_over_id", "hand_over_line", ["hand_over_id"])
    op.create_index("ix_hand_over_line_customer_id_id", "hand_over_line", ["customer_id", "id"])
    op.create_index(
        "ix_hand_over_line_refused",
        "hand_over_line",
        ["answered_at", "id"],
        postgresql_where=sa.text("state = 'refused'"),
    )
    op.create_index(
        "uq_hand_over_line_standing",
        "hand_over_line",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("state in ('given', 'refused')"),
    )


def _question_kinds(kinds: str) -> None:
    op.drop_constraint("ck_question_kind", "question", type_="check")
    op.create_check_constraint(op.f("ck_question_kind"), "question", f"kind in ({kinds})")


def downgrade() -> None:
    op.execute("DELETE FROM question WHERE kind = 'owner'")
    _question_kinds(BEFORE)
    op.drop_table("hand_over_line")
    op.drop_table("hand_over")
