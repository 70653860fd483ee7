"""Tables of the tasks slice. States change only through lifecycle.py and store.py."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.tasks.kinds import Direction, EvidenceKind, HeldState, Link, PlaceState, Reason, Status, TaskType


def one_of(column: str, values: type[StrEnum]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


class ChecklistTemplate(Base):
    """One checklist for a type and reason of visit; its content lives in immutable versions."""

    __tablename__ = "checklist_template"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("task_type", "reason"),
        CheckConstraint(one_of("task_type", TaskType), name="task_type"),
        CheckConstraint(one_of("reason", Reason), name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    task_type: Mapped[str]
    reason: Mapped[str]
    name: Mapped[dict[str, str]]
    # Only a pointer: which version was in force is told by published_at of the versions.
    current_version_id: Mapped[int | None]
    created_at: Mapped[datetime]


class ChecklistVersion(Base):
    """The items as published; a trigger forbids any later change."""

    __tablename__ = "checklist_version"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("checklist_template.id"))
    number: Mapped[int]
    items: Mapped[list[dict[str, Any]]]
    digest: Mapped[str]
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Task(Base):
    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint(one_of("type", TaskType), name="type"),
        CheckConstraint(one_of("reason", Reason), name="reason"),
        CheckConstraint(one_of("status", Status), name="status"),
        CheckConstraint(one_of("direction", Direction), name="direction"),
        CheckConstraint("(type = 'delivery') = (direction IS NOT NULL)", name="direction_of_delivery"),
        CheckConstraint(one_of("link", Link), name="link"),
        CheckConstraint("(parent_id IS NULL) = (link IS NULL)", name="link_of_parent"),
        CheckConstraint("window_end > window_start", name="window"),
        CheckConstraint("expected_minutes BETWEEN 1 AND 1440", name="expected_minutes"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("status <> 'open' OR assignee_id IS NULL", name="open_is_unassigned"),
        CheckConstraint(
            "status NOT IN ('assigned', 'active', 'completed', 'partly', 'failed') OR assignee_id IS NOT NULL",
            name="work_has_assignee",
        ),
        CheckConstraint(
            "(status IN ('completed', 'partly', 'failed', 'cancelled')) = (ended_at IS NOT NULL)", name="ended_at"
        ),
        UniqueConstraint("number"),
        UniqueConstraint("origin_key"),
        Index("ix_task_store_id_window_start_id", "store_id", "window_start", "id"),
        Index("ix_task_assignee_id_window_start_id", "assignee_id", "window_start", "id"),
        Index("ix_task_customer_id_window_start_id", "customer_id", "window_start", "id"),
        Index("ix_task_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        # Not by status: each step of a task would then have to write all of its indexes, and no row could be changed
        # within its page, where the fill factor keeps room for that.
        Index("ix_task_claimable", "store_id", "window_start", "id", postgresql_where=text("assignee_id IS NULL")),
        Index("ix_task_former_assignee_ids", "former_assignee_ids", postgresql_using="gin"),
        {"postgresql_with": {"fillfactor": 85}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(
        Text, Computed("'T' || lpad(id::text, greatest(6, length(id::text)), '0')", persisted=True)
    )
    type: Mapped[str]
    reason: Mapped[str]
    status: Mapped[str]
    direction: Mapped[str | None]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    former_assignee_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"))
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    expected_minutes: Mapped[int] = mapped_column(SmallInteger)
    reasons: Mapped[list[dict[str, str]]] = mapped_column(JSONB, server_default=text("'[]'"))
    note: Mapped[str] = mapped_column(Text, server_default="")
    # Read out by the customer at the door; never shown to the associate.
    door_code: Mapped[str | None]
    # Wrong codes sent so far; who guesses gets no proof.
    door_code_tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    origin_key: Mapped[str | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    link: Mapped[str | None]
    checklist_version_id: Mapped[int] = mapped_column(ForeignKey("checklist_version.id"))
    created_at: Mapped[datetime]
    assigned_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    # The associate's own clock, bounded by ours; the *_recorded_at twin is when the server learned of it.
    started_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_recorded_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    end_reason: Mapped[str | None]
    end_note: Mapped[str | None]
    # How often the task was brought to an end; tells one completion from the next after an undo.
    endings: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    door_code_checked_at: Mapped[datetime | None]
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    rated_at: Mapped[datetime | None]
    rated_heart: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class TaskLine(Base):
    """What a delivery carries; a line without product is goods fetched from elsewhere or the customer's own."""

    __tablename__ = "task_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("delivered >= 0 AND refused >= 0 AND delivered + refused <= quantity", name="outcome"),
        CheckConstraint("(delivered IS NULL) = (refused IS NULL)", name="outcome_together"),
        Index("ix_task_line_task_id", "task_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    name: Mapped[str]
    quantity: Mapped[int]
    delivered: Mapped[int | None]
    refused: Mapped[int | None]
    # The code on the pack was read at the door and is that of the product.
    is_code_checked: Mapped[bool] = mapped_column(server_default=text("false"))


class TaskAnswer(Base):
    """The latest answer to one checklist item; earlier ones stand in the history."""

    __tablename__ = "task_answer"

    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), primary_key=True)
    item_key: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB(none_as_null=False))
    answered_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class TaskHistory(Base):
    """Who did what, when, from which client, old and new; a trigger keeps it append-only."""

    __tablename__ = "task_history"
    __table_args__ = (Index("ix_task_history_task_id_id", "task_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    action: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    client: Mapped[str]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    old: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    new: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class Blob(Base):
    """One uploaded picture: what the phone sent (hash, size) and what we keep (re-encoded, no EXIF)."""

    __tablename__ = "blob"
    __table_args__ = (
        CheckConstraint("original_bytes > 0 AND size_bytes > 0", name="size"),
        Index("ix_blob_sha256", "sha256"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    original_sha256: Mapped[str]
    original_bytes: Mapped[int]
    sha256: Mapped[str]
    size_bytes: Mapped[int]
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    uploaded_at: Mapped[datetime]


class Evidence(Base):
    """What proves that service really happened: a picture, the door code, the place of arrival."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint(one_of("kind", EvidenceKind), name="kind"),
        CheckConstraint("(kind IN ('photo', 'signature')) = (blob_id IS NOT NULL)", name="picture_has_blob"),
        CheckConstraint(one_of("place_state", PlaceState), name="place_state"),
        CheckConstraint("(kind = 'place') = (place_state IS NOT NULL)", name="place_has_state"),
        UniqueConstraint("task_id", "blob_id"),
        Index("ix_evidence_blob_id", "blob_id", postgresql_where=text("blob_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    kind: Mapped[str]
    blob_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("blob.id"))
    item_key: Mapped[str | None]
    captured_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    lat: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    lng: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    accuracy_metres: Mapped[int | None]
    # How the place was asked for: a place that nobody gave is told apart from one that nobody asked for.
    place_state: Mapped[str | None]
    distance_metres: Mapped[int | None]
    # Too far from the customer's door: something to look at, never a reason to refuse the work.
    is_exception: Mapped[bool] = mapped_column(server_default=text("false"))


class Promise(Base):
    """A window or an arrival time that the customer was told."""

    __tablename__ = "promise"
    __table_args__ = (
        CheckConstraint("kind IN ('window', 'eta')", name="kind"),
        CheckConstraint("promised_end >= promised_start", name="promised"),
        UniqueConstraint("told_key"),
        Index("ix_promise_task_id_told_at", "task_id", "told_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    kind: Mapped[str]
    promised_start: Mapped[datetime]
    promised_end: Mapped[datetime]
    channel: Mapped[str]
    told_key: Mapped[str]
    told_at: Mapped[datetime]


class HeldSubmission(Base):
    """Work that arrived after the task had moved on: kept as sent until the supervisor decides."""

    __tablename__ = "held_submission"
    __table_args__ = (
        CheckConstraint(one_of("state", HeldState), name="state"),
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided_at"),
        Index("ix_held_submission_store_id_state_id", "store_id", "state", "id"),
        Index("ix_held_submission_task_id", "task_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    verb: Mapped[str]
    payload: Mapped[dict[str, Any]]
    why: Mapped[str]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    client: Mapped[str]
    state: Mapped[str] = mapped_column(Text, server_default="pending")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decision_note: Mapped[str | None]
