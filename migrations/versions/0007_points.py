"""Points: published rules, acknowledgements, the append-only ledger and its running totals.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

NEVER_CHANGED = ("points_rule_set", "points_rule", "points_acknowledgement")
FROZEN_COLUMNS = (
    "id, event_id, associate_id, store_id, task_id, ending, season, rule_set_id, rule_key, amount, message, params, "
    "evidence, effective_at, recorded_at, vests_at, reverses_id"
)


def upgrade() -> None:
    _rules()
    _ledger()
    _rollup()
    _triggers()


def _rules() -> None:
    op.create_table(
        "points_rule_set",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("summary", postgresql.JSONB, nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("published_by", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_points_rule_set"),
        sa.UniqueConstraint("version", name="uq_points_rule_set_version"),
        sa.ForeignKeyConstraint(["published_by"], ["staff.id"], name="fk_points_rule_set_published_by_staff"),
        sa.CheckConstraint("valid_from >= published_at", name=op.f("ck_points_rule_set_not_retroactive")),
    )
    op.create_index("ix_points_rule_set_valid_from", "points_rule_set", ["valid_from"])
    op.create_table(
        "points_rule",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("rule_set_id", sa.Integer, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("params", postgresql.JSONB, nullable=False),
        sa.Column("what", postgresql.JSONB, nullable=False),
        sa.Column("why", postgresql.JSONB, nullable=False),
        sa.Column("reward", postgresql.JSONB, nullable=False),
        sa.Column("penalty", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_points_rule"),
        sa.UniqueConstraint("rule_set_id", "key", name="uq_points_rule_rule_set_id_key"),
        sa.ForeignKeyConstraint(
            ["rule_set_id"], ["points_rule_set.id"], name="fk_points_rule_rule_set_id_points_rule_set"
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_points_rule_amount")),
    )
    op.create_table(
        "points_acknowledgement",
        sa.Column("rule_set_id", sa.Integer, nullable=False),
        sa.Column("staff_id", sa.Integer, nullable=False),
        sa.Column("acknowledged_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("rule_set_id", "staff_id", name="pk_points_acknowledgement"),
        sa.ForeignKeyConstraint(
            ["rule_set_id"], ["points_rule_set.id"], name="fk_points_acknowledgement_rule_set_id_points_rule_set"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_points_acknowledgement_staff_id_staff"),
    )
    op.create_index("ix_points_acknowledgement_staff_id", "points_acknowledgement", ["staff_id"])


def _ledger() -> None:
    op.create_table(
        "points_entry",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("associate_id", sa.Integer, nullable=False),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("task_id", sa.BigInteger),
        sa.Column("ending", sa.Integer, nullable=False),
        sa.Column("season", sa.Text, nullable=False),
        sa.Column("rule_set_id", sa.Integer, nullable=False),
        sa.Column("rule_key", sa.Text, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("params", postgresql.JSONB, nullable=False),
        sa.Column("evidence", postgresql.JSONB, nullable=False),
        sa.Column("effective_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("vests_at", MOMENT, nullable=False),
        sa.Column("reverses_id", sa.BigInteger),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("vested_at", MOMENT),
        sa.Column("held_by", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_points_entry"),
        sa.UniqueConstraint("reverses_id", name="uq_points_entry_reverses_id"),
        sa.ForeignKeyConstraint(["associate_id"], ["staff.id"], name="fk_points_entry_associate_id_staff"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_points_entry_store_id_store"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_points_entry_task_id_task"),
        sa.ForeignKeyConstraint(
            ["rule_set_id"], ["points_rule_set.id"], name="fk_points_entry_rule_set_id_points_rule_set"
        ),
        sa.ForeignKeyConstraint(["reverses_id"], ["points_entry.id"], name="fk_points_entry_reverses_id_points_entry"),
        sa.CheckConstraint("state IN ('pending', 'held', 'vested', 'reversed')", name=op.f("ck_points_entry_state")),
        sa.CheckConstraint("reverses_id IS NULL OR state = 'reversed'", name=op.f("ck_points_entry_reversal_state")),
        sa.CheckConstraint("state <> 'vested' OR vested_at IS NOT NULL", name=op.f("ck_points_entry_vested_at")),
    )
    op.create_index(
        "uq_points_entry_fact",
        "points_entry",
        ["event_id", "rule_key", "associate_id"],
        unique=True,
        postgresql_where=sa.text("reverses_id IS NULL"),
    )
    op.create_index("ix_points_entry_associate", "points_entry", ["associate_id", "effective_at", "id"])
    op.create_index("ix_points_entry_store", "points_entry", ["store_id", "effective_at", "id"])
    op.create_index("ix_points_entry_task", "points_entry", ["task_id"])
    op.create_index(
        "ix_points_entry_due", "points_entry", ["vests_at", "id"], postgresql_where=sa.text("state = 'pending'")
    )


def _rollup() -> None:
    op.create_table(
        "points_rollup",
        sa.Column("season", sa.Text, nullable=False),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("staff_id", sa.Integer, nullable=False),
        sa.Column("vested", sa.Integer, nullable=False),
        sa.Column("pending", sa.Integer, nullable=False),
        sa.Column("entries_count", sa.Integer, nullable=False),
        sa.Column("gained", sa.Integer, nullable=False),
        sa.Column("gained_on", sa.Date, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("season", "store_id", "staff_id", name="pk_points_rollup"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_points_rollup_store_id_store"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_points_rollup_staff_id_staff"),
    )
    op.create_index("ix_points_rollup_staff_id_season", "points_rollup", ["staff_id", "season"])
    # Room on each page for the new version of a row: postings then stay heap-only and touch no index.
    op.execute("ALTER TABLE points_rollup SET (fillfactor = 70)")


def _triggers() -> None:
    op.execute(
        """
        CREATE FUNCTION points_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in NEVER_CHANGED:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION points_are_append_only()"
        )
    op.execute(
        f"CREATE TRIGGER points_entry_is_append_only BEFORE DELETE OR UPDATE OF {FROZEN_COLUMNS} ON points_entry "
        "FOR EACH ROW EXECUTE FUNCTION points_are_append_only()"
    )
    op.execute(
        "CREATE TRIGGER points_entry_reversed_is_final BEFORE UPDATE ON points_entry FOR EACH ROW "
        "WHEN (OLD.state = 'reversed') EXECUTE FUNCTION points_are_append_only()"
    )


def downgrade() -> None:
    for table in ("points_rollup", "points_entry", "points_acknowledgement", "points_rule", "points_rule_set"):
        op.drop_table(table)
    op.execute("DROP FUNCTION points_are_append_only()")
