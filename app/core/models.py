"""Tables of the core: facts and their deliveries, schedule slots, idempotency keys, the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class FactRow(Base):
    """A business fact as it was published; never changed."""

    __tablename__ = "fact"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(unique=True)
    name: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    payload: Mapped[dict[str, Any]]

    __table_args__ = (Index("ix_fact_recorded_at", "recorded_at"),)


class Delivery(Base):
    """One fact on its way to one subscriber."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    fact_id: Mapped[int] = mapped_column(ForeignKey("fact.id"))
    subscriber: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="due")
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_error: Mapped[str | None]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("fact_id", "subscriber"),
        CheckConstraint("state in ('due', 'done', 'dead')", name="state"),
        Index("ix_delivery_due", "next_attempt_at", postgresql_where=text("state = 'due'")),
        Index("ix_delivery_dead", "id", postgresql_where=text("state = 'dead'")),
    )


class ScheduleSlot(Base):
    """One run of one periodic job; the unique pair makes two schedulers harmless."""

    __tablename__ = "schedule_slot"

    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(server_default="due")
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_error: Mapped[str | None]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('due', 'done', 'dead')", name="state"),
        Index("ix_schedule_slot_due", "next_attempt_at", postgresql_where=text("state = 'due'")),
    )


class IdempotencyKey(Base):
    """The stored answer of a write, so that the same request again gets the same answer and no second effect."""

    __tablename__ = "idempotency_key"

    key: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[str]
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_idempotency_key_created_at", "created_at"),)


class AuditEntry(Base):
    """Who read, exported or changed what."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    store_id: Mapped[int | None]
    request_id: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))

    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_type", "subject_id", "id"),
        Index("ix_audit_entry_actor", "actor", "id"),
    )
