"""Books of customers that went from one associate to another."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class Why(StrEnum):
    LEAVE = "leave"
    EXIT = "exit"
    OTHER = "other"


class LineState(StrEnum):
    """`given`: the new one looks after the customer. `refused`: the customer wishes for somebody else, and a supervisor
    has to see to it. The rest are ends: `settled` by a supervisor, `returned` to who was away, `over` otherwise."""

    GIVEN = "given"
    REFUSED = "refused"
    SETTLED = "settled"
    RETURNED = "returned"
    OVER = "over"


def one_of(column: str, values: type[StrEnum]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} in ({listed})"


class HandOver(Base):
    """One decision of a supervisor: these customers of this person go to that one, for a time or for good."""

    __tablename__ = "hand_over"
    __table_args__ = (
        CheckConstraint("from_id <> to_id", name="two_people"),
        CheckConstraint(one_of("why", Why), name="why"),
        Index("ix_hand_over_from_id", "from_id"),
        Index("ix_hand_over_due", "until", postgresql_where=text("until is not null and ended_at is null")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    why: Mapped[str]
    note: Mapped[str] = mapped_column(default="", server_default="")
    # When the customers go back; null for good.
    until: Mapped[datetime | None]
    # The absence it covers: when that is called off or ends early, so does this.
    time_off_id: Mapped[int | None] = mapped_column(ForeignKey("time_off.id"))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]


class HandOverLine(Base):
    """One customer of a hand-over, and what he or she said to it."""

    __tablename__ = "hand_over_line"
    __table_args__ = (
        CheckConstraint(one_of("state", LineState), name="state"),
        CheckConstraint("answer in ('fine', 'somebody_else')", name="answer"),
        CheckConstraint("(answer is null) = (answered_at is null)", name="answered"),
        CheckConstraint("state <> 'refused' or answer = 'somebody_else'", name="refused"),
        CheckConstraint("(state in ('given', 'refused')) = (ended_at is null)", name="ended"),
        Index("ix_hand_over_line_hand_over_id", "hand_over_id"),
        Index("ix_hand_over_line_customer_id_id", "customer_id", "id"),
        Index("ix_hand_over_line_refused", "answered_at", "id", postgresql_where=text("state = 'refused'")),
        Index(
            "uq_hand_over_line_standing",
            "customer_id",
            unique=True,
            postgresql_where=text("state in ('given', 'refused')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    hand_over_id: Mapped[int] = mapped_column(ForeignKey("hand_over.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    from_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    state: Mapped[str] = mapped_column(default=LineState.GIVEN, server_default="given")
    made_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    # The customer's own words, or what a colleague wrote down of them.
    words: Mapped[str] = mapped_column(default="", server_default="")
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    note: Mapped[str] = mapped_column(default="", server_default="")
