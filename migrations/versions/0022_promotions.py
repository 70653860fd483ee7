"""The promotion gate: promotions with their reason and their days in the stores' calendar.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "promotion",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("plan_id", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="proposed"),
        sa.Column("proposed_by_id", sa.Integer),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("confirmed_by_id", sa.Integer),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("confirmed_count", sa.Integer),
        sa.Column("ended_by_id", sa.Integer),
        sa.Column("ended_at", MOMENT),
        sa.Column("end_reason", sa.Text, nullable=False, server_default=""),
        sa.Column("counts", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.PrimaryKeyConstraint("id", name="pk_promotion"),
        sa.UniqueConstraint("plan_id", name="uq_promotion_plan_id"),
        sa.ForeignKeyConstraint(["plan_id"], ["care_plan.id"], name="fk_promotion_plan_id_care_plan"),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["staff.id"], name="fk_promotion_proposed_by_id_staff"),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["staff.id"], name="fk_promotion_confirmed_by_id_staff"),
        sa.ForeignKeyConstraint(["ended_by_id"], ["staff.id"], name="fk_promotion_ended_by_id_staff"),
        sa.CheckConstraint("state in ('proposed', 'confirmed', 'stopped', 'withdrawn')", name="ck_promotion_state"),
        sa.CheckConstraint("length(btrim(reason)) >= 2", name="ck_promotion_reason"),
        sa.CheckConstraint(
            "(confirmed_at is not null) = (confirmed_count is not null)"
            " and (state <> 'confirmed' or confirmed_at is not null)",
            name="ck_promotion_confirmed",
        ),
        sa.CheckConstraint("(state in ('stopped', 'withdrawn')) = (ended_at is not null)", name="ck_promotion_ended"),
    )
    op.create_index("ix_promotion_day_id", "promotion", ["day", "id"])
    op.create_table(
        "promotion_store",
        sa.Column("promotion_id", sa.Integer, nullable=False),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("is_live", sa.Boolean, nullable=False, server_default=sa.text("true")),
        sa.PrimaryKeyConstraint("promotion_id", "store_id", name="pk_promotion_store"),
        sa.ForeignKeyConstraint(
            ["promotion_id"], ["promotion.id"], name="fk_promotion_store_promotion_id_promotion", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_promotion_store_store_id_store"),
        sa.CheckConstraint("last_day >= first_day", name="ck_promotion_store_days"),
        postgresql.ExcludeConstraint(
            (sa.Column("store_id"), "="),
            (sa.text("daterange(first_day, last_day, '[]')"), "&&"),
            where=sa.text("is_live"),
            using="gist",
            name="ex_promotion_store_one_at_a_time",
        ),
    )


def downgrade() -> None:
    op.drop_table("promotion_store")
    op.drop_table("promotion")
