"""Tables of the complaints slice. Stages change only through lifecycle.py and service.py."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Identity, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.complaints.kinds import Alarm, Level, Source, Stage
from app.core.db import Base


def one_of(column: str, values: type[StrEnum]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} in ({listed})"


class Complaint(Base):
    """One case. While it is open it is the household's only one, and the household gets no promotion."""

    __tablename__ = "complaint"
    __table_args__ = (
        CheckConstraint(one_of("source", Source), name="source"),
        CheckConstraint(one_of("stage", Stage), name="stage"),
        CheckConstraint("(stage = 'closed') = (closed_at is not null)", name="closed_at"),
        CheckConstraint("stage <> 'closed' or satisfied", name="closed_by_the_customers_answer"),
        CheckConstraint("stage <> 'closed' or not is_reaction or outcome <> ''", name="outcome_of_reaction"),
        CheckConstraint(
            "stage not in ('resolved', 'closed') or (apology <> '' and cause <> '' and remedy <> '')",
            name="apology_cause_remedy",
        ),
        CheckConstraint("stage <> 'planned' or (plan <> '' and promised_for is not null)", name="plan"),
        CheckConstraint("(satisfied is null) = (answered_at is null)", name="answer"),
        CheckConstraint(one_of("alarm", Alarm), name="alarm"),
        CheckConstraint(one_of("alarm_level", Level), name="alarm_level"),
        CheckConstraint("(alarm is null) = (alarm_level is null)", name="alarm_whole"),
        Index("uq_complaint_number", "number", unique=True),
        Index("uq_complaint_open_household", "household_id", unique=True, postgresql_where=text("closed_at is null")),
        Index("ix_complaint_due_at_id", "due_at", "id"),
        # What is overdue is counted on every page: among the few open cases, however many were closed.
        Index("ix_complaint_open_due_at_id", "due_at", "id", postgresql_where=text("closed_at is null")),
        Index("ix_complaint_store_id_due_at_id", "store_id", "due_at", "id"),
        Index("ix_complaint_customer_id_opened_at", "customer_id", "opened_at"),
        Index("ix_complaint_look_at", "look_at", postgresql_where=text("look_at is not null")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(
        Text, Computed("'C' || lpad(id::text, greatest(6, length(id::text)), '0')", persisted=True)
    )
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    # The visit, delivery or call complained about, where one is known.
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    recovery_task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    source: Mapped[str]
    stage: Mapped[str] = mapped_column(server_default="opened")
    is_reaction: Mapped[bool] = mapped_column(server_default=text("false"))
    opened_at: Mapped[datetime]
    # Since when the clocks run: the opening, or the last time it was opened again.
    clocks_since: Mapped[datetime]
    acknowledge_due_at: Mapped[datetime]
    acknowledge_again_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    plan_due_at: Mapped[datetime]
    plan_again_at: Mapped[datetime]
    planned_at: Mapped[datetime | None]
    plan: Mapped[str] = mapped_column(server_default="")
    # What the customer was told: by then it is put right.
    promised_for: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    apology: Mapped[str] = mapped_column(server_default="")
    cause: Mapped[str] = mapped_column(server_default="")
    remedy: Mapped[str] = mapped_column(server_default="")
    outcome: Mapped[str] = mapped_column(server_default="")
    satisfied: Mapped[bool | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(server_default="")
    closed_at: Mapped[datetime | None]
    # When the next step is due, whatever it is; of a closed case when it was closed.
    due_at: Mapped[datetime]
    # The highest call so far that nobody has answered yet.
    alarm: Mapped[str | None]
    alarm_level: Mapped[str | None]
    escalated_at: Mapped[datetime | None]
    # When the clocks must be looked at again; null when nothing can run out.
    look_at: Mapped[datetime | None]
    reopenings: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class ComplaintStatement(Base):
    """What the customer said, each time; a trigger keeps it as it was said."""

    __tablename__ = "complaint_statement"
    __table_args__ = (
        CheckConstraint(one_of("source", Source), name="source"),
        CheckConstraint("length(btrim(words)) > 0", name="words"),
        Index("uq_complaint_statement_origin_key", "origin_key", unique=True),
        Index("ix_complaint_statement_complaint_id_id", "complaint_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"))
    # The file of that time, which may have been merged into another one since: what was said stays as it was said.
    customer_id: Mapped[int]
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    source: Mapped[str]
    words: Mapped[str]
    is_reaction: Mapped[bool]
    origin_key: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    said_at: Mapped[datetime]


class ComplaintEvent(Base):
    """Who did what, when, from which client; a trigger keeps it append-only."""

    __tablename__ = "complaint_event"
    __table_args__ = (Index("ix_complaint_event_complaint_id_id", "complaint_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"))
    action: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    client: Mapped[str]
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
