"""Tables of the promotion gate: what somebody wants to promote, and the days it holds in the stores' calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.careplans.models import one_of
from app.core.db import Base

STATES = ("proposed", "confirmed", "stopped", "withdrawn")


class Promotion(Base):
    """A promotion is a plan of its own kind whose touches are written once, when a person has confirmed them."""

    __tablename__ = "promotion"
    __table_args__ = (
        UniqueConstraint("plan_id"),
        CheckConstraint(one_of("state", STATES), name="state"),
        CheckConstraint("length(btrim(reason)) >= 2", name="reason"),
        CheckConstraint(
            "(confirmed_at is not null) = (confirmed_count is not null)"
            " and (state <> 'confirmed' or confirmed_at is not null)",
            name="confirmed",
        ),
        CheckConstraint("(state in ('stopped', 'withdrawn')) = (ended_at is not null)", name="ended"),
        Index("ix_promotion_day_id", "day", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("care_plan.id"))
    # Why we get in touch about something to buy: no promotion without a reason that can be named.
    reason: Mapped[str]
    day: Mapped[date]
    state: Mapped[str] = mapped_column(default="proposed", server_default="proposed")
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    proposed_at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    confirmed_at: Mapped[datetime | None]
    # How many the person saw when confirming.
    confirmed_count: Mapped[int | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(default="", server_default="")
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class PromotionStore(Base):
    """The days a promotion holds in a store's calendar: one promotion per store at a time."""

    __tablename__ = "promotion_store"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="days"),
        ExcludeConstraint(
            (Column("store_id"), "="),
            (text("daterange(first_day, last_day, '[]')"), "&&"),
            where=text("is_live"),
            using="gist",
            name="ex_promotion_store_one_at_a_time",
        ),
    )

    promotion_id: Mapped[int] = mapped_column(ForeignKey("promotion.id", ondelete="CASCADE"), primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"), primary_key=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    is_live: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
