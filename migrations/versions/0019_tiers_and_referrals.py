"""Tiers with their rules, pins and history; how each customer buys; who brought whom.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("customer", sa.Column("tier_pin_reason", sa.Text))
    op.add_column("customer", sa.Column("tier_pinned_at", MOMENT))
    op.add_column("customer", sa.Column("tier_pinned_by_id", sa.Integer))
    op.add_column("customer", sa.Column("tier_pinned_until", sa.Date))
    op.create_foreign_key("fk_customer_tier_pinned_by_id_staff", "customer", "staff", ["tier_pinned_by_id"], ["id"])
    op.create_check_constraint(
        "ck_customer_tier_pin_whole",
        "customer",
        "(tier_pinned_at is null) = (tier_pin_reason is null)"
        " and (tier_pinned_at is not null or (tier_pinned_by_id is null and tier_pinned_until is null))",
    )
    op.create_table(
        "tier_history",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("customer_id", sa.Integer, nullable=False),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("detail", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Column("changed_by_id", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_tier_history"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_tier_history_customer_id_customer"),
        sa.ForeignKeyConstraint(["changed_by_id"], ["staff.id"], name="fk_tier_history_changed_by_id_staff"),
        sa.CheckConstraint(
            "tier in ('core', 'important', 'ordinary') and previous in ('core', 'important', 'ordinary')",
            name="ck_tier_history_tier",
        ),
        sa.CheckConstraint("cause in ('computed', 'pinned', 'unpinned', 'pin_ended')", name="ck_tier_history_cause"),
    )
    op.create_index("ix_tier_history_customer_id_since", "tier_history", ["customer_id", "since"])
    op.create_table(
        "tier_rule",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("settings", postgresql.JSONB, nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("effective_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by_id", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_tier_rule"),
        sa.UniqueConstraint("number", name="uq_tier_rule_number"),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name="fk_tier_rule_created_by_id_staff"),
        sa.CheckConstraint("number > 0", name="ck_tier_rule_number"),
    )
    op.create_table(
        "buying_habit",
        sa.Column("customer_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("last_bought_at", MOMENT, nullable=False),
        sa.Column("last_bought_on", sa.Date, nullable=False),
        sa.Column("days_bought", sa.Integer, nullable=False),
        sa.Column("cycle_days", sa.Numeric(8, 2)),
        sa.Column("lapses_on", sa.Date, nullable=False),
        sa.Column("year_purchases", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("year_value", sa.Numeric(14, 2), nullable=False, server_default=sa.text("0")),
        sa.Column("recency_score", sa.SmallInteger),
        sa.Column("frequency_score", sa.SmallInteger),
        sa.Column("value_score", sa.SmallInteger),
        sa.Column("value_percent", sa.Numeric(5, 2)),
        sa.Column("earned_tier", sa.Text, nullable=False, server_default="ordinary"),
        sa.PrimaryKeyConstraint("customer_id", name="pk_buying_habit"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_buying_habit_customer_id_customer", ondelete="CASCADE"
        ),
        sa.CheckConstraint("days_bought > 0", name="ck_buying_habit_days_bought"),
        sa.CheckConstraint("earned_tier in ('core', 'important', 'ordinary')", name="ck_buying_habit_earned_tier"),
        sa.CheckConstraint(
            "recency_score between 1 and 5 and frequency_score between 1 and 5 and value_score between 1 and 5",
            name="ck_buying_habit_scores",
        ),
    )
    op.create_index("ix_buying_habit_lapses_on_customer_id", "buying_habit", ["lapses_on", "customer_id"])
    op.create_table(
        "referral",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("new_customer_id", sa.Integer, nullable=False),
        sa.Column("referrer_id", sa.Integer, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by_id", sa.Integer),
        sa.Column("counted_at", MOMENT),
        sa.Column("counted_purchase_id", sa.BigInteger),
        sa.Column("taken_back_at", MOMENT),
        sa.Column("void_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_referral"),
        sa.UniqueConstraint("new_customer_id", name="uq_referral_new_customer_id"),
        sa.ForeignKeyConstraint(["new_customer_id"], ["customer.id"], name="fk_referral_new_customer_id_customer"),
        sa.ForeignKeyConstraint(["referrer_id"], ["customer.id"], name="fk_referral_referrer_id_customer"),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["staff.id"], name="fk_referral_recorded_by_id_staff"),
        sa.ForeignKeyConstraint(
            ["counted_purchase_id"], ["purchase.id"], name="fk_referral_counted_purchase_id_purchase"
        ),
        sa.CheckConstraint("new_customer_id <> referrer_id", name="ck_referral_two_people"),
        sa.CheckConstraint("(counted_at is null) = (counted_purchase_id is null)", name="ck_referral_counted"),
        sa.CheckConstraint("void_reason in ('bought_before', 'same_household')", name="ck_referral_void_reason"),
        sa.CheckConstraint("void_reason is null or counted_at is null", name="ck_referral_void_or_counted"),
    )
    op.create_index("ix_referral_referrer_id_recorded_at_id", "referral", ["referrer_id", "recorded_at", "id"])
    op.create_index("ix_referral_recorded_at_id", "referral", ["recorded_at", "id"])
    op.create_index("ix_referral_counted_purchase_id", "referral", ["counted_purchase_id"])


def downgrade() -> None:
    for table in ("referral", "buying_habit", "tier_rule", "tier_history"):
        op.drop_table(table)
    op.drop_constraint("ck_customer_tier_pin_whole", "customer")
    for column in ("tier_pinned_until", "tier_pinned_by_id", "tier_pinned_at", "tier_pin_reason"):
        op.drop_column("customer", column)
