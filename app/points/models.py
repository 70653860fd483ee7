"""Points: published rules, who has read them, the ledger that only grows, and its running totals."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base
from app.core.i18n import Text3


class EntryState(StrEnum):
    PENDING = "pending"
    HELD = "held"
    VESTED = "vested"
    REVERSED = "reversed"


class PointsRuleSet(Base):
    """One version of all rules, never changed after publication (trigger): the next one replaces it from its day."""

    __tablename__ = "points_rule_set"
    __table_args__ = (
        UniqueConstraint("version"),
        Index("ix_points_rule_set_valid_from", "valid_from"),
        CheckConstraint("valid_from >= published_at", name="not_retroactive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    summary: Mapped[dict[str, str]]
    published_at: Mapped[datetime]
    valid_from: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Empty for the rules that come with the product."""

    rules: Mapped[list[PointsRule]] = relationship(order_by="PointsRule.position", lazy="raise")


class PointsRule(Base):
    """One rule of a version: its amount and the four questions, answered for the associates."""

    __tablename__ = "points_rule"
    __table_args__ = (
        UniqueConstraint("rule_set_id", "key"),
        CheckConstraint("amount >= 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_set_id: Mapped[int] = mapped_column(ForeignKey("points_rule_set.id"))
    key: Mapped[str]
    position: Mapped[int]
    amount: Mapped[int]
    params: Mapped[dict[str, Any]]
    what: Mapped[dict[str, str]]
    why: Mapped[dict[str, str]]
    reward: Mapped[dict[str, str]]
    penalty: Mapped[dict[str, str]]

    @property
    def four_questions(self) -> dict[str, Text3]:
        return {"what": self.what, "why": self.why, "reward": self.reward, "penalty": self.penalty}


class PointsAcknowledgement(Base):
    """This person has read this version. Work before that moment does not count under it."""

    __tablename__ = "points_acknowledgement"

    rule_set_id: Mapped[int] = mapped_column(ForeignKey("points_rule_set.id"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True, index=True)
    acknowledged_at: Mapped[datetime]


class PointsEntry(Base):
    """One line of the ledger.

    A trigger forbids DELETE and every UPDATE but of state, vested_at and held_by; `reversed` is final. A fact posts a
    rule to a person once; a line is reversed once. The uniqueness of facts leaves reversals out, because one reopening
    may take back the lines of two earlier endings whose deliveries came late.
    """

    __tablename__ = "points_entry"
    __table_args__ = (
        Index(
            "uq_points_entry_fact",
            "event_id",
            "rule_key",
            "associate_id",
            unique=True,
            postgresql_where=text("reverses_id IS NULL"),
        ),
        UniqueConstraint("reverses_id"),
        Index("ix_points_entry_associate", "associate_id", "effective_at", "id"),
        Index("ix_points_entry_store", "store_id", "effective_at", "id"),
        Index("ix_points_entry_task", "task_id"),
        Index("ix_points_entry_due", "vests_at", "id", postgresql_where=text("state = 'pending'")),
        CheckConstraint("state IN ('pending', 'held', 'vested', 'reversed')", name="state"),
        CheckConstraint("reverses_id IS NULL OR state = 'reversed'", name="reversal_state"),
        CheckConstraint("state <> 'vested' OR vested_at IS NOT NULL", name="vested_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[UUID]
    associate_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    task_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("task.id"))
    ending: Mapped[int]
    """Which ending of the task this line belongs to; an undo or a reopening takes one ending back."""
    season: Mapped[str]
    rule_set_id: Mapped[int] = mapped_column(ForeignKey("points_rule_set.id"))
    rule_key: Mapped[str]
    amount: Mapped[int]
    message: Mapped[str]
    """Catalog id of the arithmetic in words; `params` fill it in the reader's language."""
    params: Mapped[dict[str, Any]]
    evidence: Mapped[dict[str, Any]]
    effective_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    vests_at: Mapped[datetime]
    """When a pending line vests by itself: the end of the inspection window."""
    reverses_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("points_entry.id"))
    state: Mapped[str]
    vested_at: Mapped[datetime | None]
    held_by: Mapped[int | None]
    """The dispute that holds the line."""


class PointsRollup(Base):
    """Running totals of the ledger, changed in the statement that changes the ledger. Boards read only this.

    `vested` and `pending` (held included) are sums of amounts by state. `gained` is what vested on the local day
    `gained_on`, so that the standing of the evening before is known without asking the ledger.
    The totals carry no index: each posting then stays a heap-only update, and one store's board is a short scan.
    """

    __tablename__ = "points_rollup"
    __table_args__ = (Index("ix_points_rollup_staff_id_season", "staff_id", "season"),)

    season: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    vested: Mapped[int]
    pending: Mapped[int]
    entries_count: Mapped[int]
    gained: Mapped[int]
    gained_on: Mapped[date]
    updated_at: Mapped[datetime]
