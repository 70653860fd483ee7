"""Care plans: the plans with their versions, occurrences, runs, and a calendar of lunar dates and festivals.

Revision ID: 0021
Revises: 0020
"""

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op
from dateutil.easter import easter
from lunardate import LunarDate
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2099, 12, 31)


def upgrade() -> None:
    _plans()
    _occurrences()
    _runs()
    _calendar()
    op.add_column("contact_booking", sa.Column("is_sales", sa.Boolean, nullable=False, server_default=sa.text("false")))


def _plans() -> None:
    op.create_table(
        "care_plan",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", postgresql.JSONB, nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("current_version_id", sa.Integer),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.PrimaryKeyConstraint("id", name="pk_care_plan"),
        sa.UniqueConstraint("key", name="uq_care_plan_key"),
        sa.CheckConstraint(
            "kind in ('cadence', 'after_purchase', 'replenishment', 'birthday', 'festival', 'milestone', 'win_back',"
            " 'recovery', 'promotion')",
            name="ck_care_plan_kind",
        ),
    )
    op.create_table(
        "care_plan_version",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("plan_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("settings", postgresql.JSONB, nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("published_by_id", sa.Integer),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_care_plan_version"),
        sa.UniqueConstraint("plan_id", "number", name="uq_care_plan_version_plan_id_number"),
        sa.ForeignKeyConstraint(["plan_id"], ["care_plan.id"], name="fk_care_plan_version_plan_id_care_plan"),
        sa.ForeignKeyConstraint(["published_by_id"], ["staff.id"], name="fk_care_plan_version_published_by_id_staff"),
    )
    op.execute(
        """
        CREATE FUNCTION care_plan_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'care_plan_version is immutable: publish a new version';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER care_plan_version_immutable BEFORE UPDATE OR DELETE ON care_plan_version
        FOR EACH ROW EXECUTE FUNCTION care_plan_version_is_immutable()
        """
    )


def _occurrences() -> None:
    op.create_table(
        "occurrence",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("plan_id", sa.Integer, nullable=False),
        sa.Column("plan_version_id", sa.Integer, nullable=False),
        sa.Column("run_id", sa.Integer),
        sa.Column("customer_id", sa.Integer, nullable=False),
        sa.Column("household_id", sa.Integer, nullable=False),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("due_day", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="due"),
        sa.Column("reason", sa.Text),
        sa.Column("detail", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Column("booked_day", sa.Date),
        sa.Column("lead_id", sa.BigInteger),
        sa.Column("task_id", sa.Integer),
        sa.Column("tries", sa.SmallInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("decided_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_occurrence"),
        sa.UniqueConstraint("customer_id", "plan_id", "key", name="uq_occurrence_customer_id_plan_id_key"),
        sa.ForeignKeyConstraint(["plan_id"], ["care_plan.id"], name="fk_occurrence_plan_id_care_plan"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_occurrence_customer_id_customer"),
        sa.CheckConstraint(
            "state in ('due', 'booked', 'merged', 'deferred', 'made', 'done', 'missed', 'dropped', 'ended')",
            name="ck_occurrence_state",
        ),
    )
    op.create_index("ix_occurrence_store_id_due_day_id", "occurrence", ["store_id", "due_day", "id"])
    op.create_index(
        "ix_occurrence_pending_household_id",
        "occurrence",
        ["household_id"],
        postgresql_where=sa.text("state in ('due', 'deferred', 'booked', 'merged', 'made')"),
    )
    for column in ("lead_id", "task_id"):
        op.create_index(
            f"ix_occurrence_{column}", "occurrence", [column], postgresql_where=sa.text(f"{column} is not null")
        )


def _runs() -> None:
    op.create_table(
        "care_run",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("is_day_given", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("asked_by_id", sa.Integer),
        sa.Column("counts", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.PrimaryKeyConstraint("id", name="pk_care_run"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["staff.id"], name="fk_care_run_asked_by_id_staff"),
        sa.CheckConstraint("state in ('asked', 'running', 'done', 'abandoned')", name="ck_care_run_state"),
        sa.CheckConstraint("(state in ('done', 'abandoned')) = (finished_at is not null)", name="ck_care_run_finished"),
    )
    op.create_index("ix_care_run_open", "care_run", ["id"], postgresql_where=sa.text("state in ('asked', 'running')"))
    op.create_table(
        "care_run_chunk",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("plan_id", sa.Integer),
        sa.Column("chunk", sa.Integer, nullable=False),
        sa.Column("from_id", sa.Integer, nullable=False),
        sa.Column("until_id", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="due"),
        sa.Column("rows", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("done_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_care_run_chunk"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["care_run.id"], name="fk_care_run_chunk_run_id_care_run", ondelete="CASCADE"
        ),
        sa.CheckConstraint("state in ('due', 'done')", name="ck_care_run_chunk_state"),
        sa.CheckConstraint("(state = 'done') = (done_at is not null)", name="ck_care_run_chunk_done_at"),
    )
    op.create_index(
        "uq_care_run_chunk_run_id_step_plan_id_chunk",
        "care_run_chunk",
        ["run_id", "step", "plan_id", "chunk"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def _calendar() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("lunar_year", sa.SmallInteger, nullable=False),
        sa.Column("lunar_month", sa.SmallInteger, nullable=False),
        sa.Column("lunar_day", sa.SmallInteger, nullable=False),
        sa.Column("is_leap_month", sa.Boolean, nullable=False),
        sa.Column("festival", sa.Text),
        sa.PrimaryKeyConstraint("day", name="pk_calendar_day"),
        sa.CheckConstraint(
            "festival in ('new_year', 'spring_festival', 'easter', 'mid_autumn', 'christmas')",
            name="ck_calendar_day_festival",
        ),
    )
    op.create_index(
        "ix_calendar_day_festival_day",
        "calendar_day",
        ["festival", "day"],
        postgresql_where=sa.text("festival is not null"),
    )
    days = [FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1)]
    lunar: list[LunarDate] = []
    for day in days:
        # Each lunar month has 29 days at least: only what comes after them needs looking up, else it takes seconds.
        if lunar and lunar[-1].day < 29:
            before = lunar[-1]
            lunar.append(LunarDate(before.year, before.month, before.day + 1, before.is_leap_month))
        else:
            lunar.append(LunarDate.from_solar_date(day.year, day.month, day.day))
    op.get_bind().execute(
        sa.text(
            """
            INSERT INTO calendar_day (day, lunar_year, lunar_month, lunar_day, is_leap_month, festival)
            SELECT * FROM unnest(CAST(:days AS date[]), CAST(:years AS smallint[]), CAST(:months AS smallint[]),
                CAST(:numbers AS smallint[]), CAST(:leaps AS boolean[]), CAST(:festivals AS text[]))
            """
        ),
        {
            "days": days,
            "years": [moon.year for moon in lunar],
            "months": [moon.month for moon in lunar],
            "numbers": [moon.day for moon in lunar],
            "leaps": [bool(moon.is_leap_month) for moon in lunar],
            "festivals": [_festival(day, moon) for day, moon in zip(days, lunar, strict=True)],
        },
    )


def _festival(day: date, lunar: Any) -> str | None:
    if (day.month, day.day) == (1, 1):
        return "new_year"
    if (day.month, day.day) == (12, 25):
        return "christmas"
    if not lunar.is_leap_month and (lunar.month, lunar.day) == (1, 1):
        return "spring_festival"
    if not lunar.is_leap_month and (lunar.month, lunar.day) == (8, 15):
        return "mid_autumn"
    return "easter" if day == easter(day.year) else None


def downgrade() -> None:
    op.drop_column("contact_booking", "is_sales")
    for table in ("calendar_day", "care_run_chunk", "care_run", "occurrence", "care_plan_version", "care_plan"):
        op.drop_table(table)
    op.execute("DROP FUNCTION care_plan_version_is_immutable()")
