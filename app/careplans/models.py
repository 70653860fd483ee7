"""Tables of the care plans: what is planned, each firing of it with its fate, and the runs that made them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


def one_of(column: str, values: Iterable[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} in ({listed})"


PLAN_KINDS = (
    "cadence",
    "after_purchase",
    "replenishment",
    "birthday",
    "festival",
    "milestone",
    "win_back",
    "recovery",
    "promotion",
)
STATES = ("due", "booked", "merged", "deferred", "made", "done", "missed", "dropped", "ended")


class CarePlan(Base):
    __tablename__ = "care_plan"
    __table_args__ = (CheckConstraint(one_of("kind", PLAN_KINDS), name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[dict[str, str]]
    is_on: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # Only a pointer: what was in force when is told by published_at of the versions.
    current_version_id: Mapped[int | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class CarePlanVersion(Base):
    """The settings as published; a trigger forbids any later change."""

    __tablename__ = "care_plan_version"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("care_plan.id"))
    number: Mapped[int]
    settings: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    note: Mapped[str] = mapped_column(default="", server_default="")


class Occurrence(Base):
    """One firing of a plan for one customer, and what became of it. Never deleted: it answers "why did, or didn't, I
    hear from you?".

    A million of them may be written in one night, so there are few indexes, and only the two foreign keys that guard
    against lost files; household, store and run are copies that the engine renews. In the unique key the customer
    comes first, so that it also lists one customer's occurrences.
    """

    __tablename__ = "occurrence"
    __table_args__ = (
        CheckConstraint(one_of("state", STATES), name="state"),
        UniqueConstraint("customer_id", "plan_id", "key"),
        Index("ix_occurrence_store_id_due_day_id", "store_id", "due_day", "id"),
        # The nightly run looks only at what is not finished.
        Index(
            "ix_occurrence_pending_household_id",
            "household_id",
            postgresql_where=text("state in ('due', 'deferred', 'booked', 'merged', 'made')"),
        ),
        Index("ix_occurrence_lead_id", "lead_id", postgresql_where=text("lead_id is not null")),
        Index("ix_occurrence_task_id", "task_id", postgresql_where=text("task_id is not null")),
        Index("uq_occurrence_origin_key", "origin_key", unique=True, postgresql_where=text("origin_key is not null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("care_plan.id"))
    plan_version_id: Mapped[int]
    run_id: Mapped[int | None]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    household_id: Mapped[int]
    store_id: Mapped[int]
    # What fired: "2027-01-31" (the contact counted from), "p77" (the purchase), "m5:6" (the child is six months).
    key: Mapped[str]
    # In the words of the contact ledger.
    kind: Mapped[str]
    due_day: Mapped[date]
    state: Mapped[str] = mapped_column(default="due", server_default="due")
    reason: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    booked_day: Mapped[date | None]
    # The occurrence whose contact tells this one too.
    lead_id: Mapped[int | None] = mapped_column(BigInteger)
    task_id: Mapped[int | None]
    # The name under which its latest contact left the house: on task, text, booking and goods. It stays what it was
    # when the file is merged into another one. What only tells along has none.
    origin_key: Mapped[str | None]
    # How often it was tried before without reaching anybody.
    tries: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class CareRun(Base):
    """One pass of the engine over all stores, or the wish for one (`asked`). `planned_at` is the business time it
    works with, also when it is taken up again after a crash."""

    __tablename__ = "care_run"
    __table_args__ = (
        CheckConstraint(one_of("state", ("asked", "running", "done", "abandoned")), name="state"),
        CheckConstraint("(state in ('done', 'abandoned')) = (finished_at is not null)", name="finished"),
        Index("ix_care_run_open", "id", postgresql_where=text("state in ('asked', 'running')")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    # The day was named by a person; else each store's own day at `planned_at` counts.
    is_day_given: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    planned_at: Mapped[datetime]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    state: Mapped[str]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))


class CareRunChunk(Base):
    """A stretch of ids that is worked in one transaction; done chunks are not repeated after a crash."""

    __tablename__ = "care_run_chunk"
    __table_args__ = (
        CheckConstraint(one_of("state", ("due", "done")), name="state"),
        CheckConstraint("(state = 'done') = (done_at is not null)", name="done_at"),
        Index(
            "uq_care_run_chunk_run_id_step_plan_id_chunk",
            "run_id",
            "step",
            "plan_id",
            "chunk",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("care_run.id", ondelete="CASCADE"))
    step: Mapped[str]
    plan_id: Mapped[int | None]
    chunk: Mapped[int]
    from_id: Mapped[int]
    until_id: Mapped[int]
    state: Mapped[str] = mapped_column(default="due", server_default="due")
    rows: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    done_at: Mapped[datetime | None]
