"""What the tiers stand on: the rules of head office, how each customer buys, and who brought whom."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class TierRule(Base):
    """One version of the thresholds; the newest effective one is in force. Without any, the shipped ones are."""

    __tablename__ = "tier_rule"
    __table_args__ = (CheckConstraint("number > 0", name="number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    settings: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(default="", server_default="")
    effective_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class BuyingHabit(Base):
    """How a customer buys, net of returns; no row for who never bought. Derived: refreshed by habits.py."""

    __tablename__ = "buying_habit"
    __table_args__ = (
        CheckConstraint("days_bought > 0", name="days_bought"),
        CheckConstraint("earned_tier in ('core', 'important', 'ordinary')", name="earned_tier"),
        CheckConstraint(
            "recency_score between 1 and 5 and frequency_score between 1 and 5 and value_score between 1 and 5",
            name="scores",
        ),
        Index("ix_buying_habit_lapses_on_customer_id", "lapses_on", "customer_id"),
    )

    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    # That of the customer's store; money in another one is not comparable and stays out of `year_value`.
    currency: Mapped[str]
    last_bought_at: Mapped[datetime]
    last_bought_on: Mapped[date]
    days_bought: Mapped[int]
    # The median number of days between two days with purchases; null while there are fewer than three.
    cycle_days: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    lapses_on: Mapped[date]
    year_purchases: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    year_value: Mapped[Decimal] = mapped_column(Numeric(14, 2), default=Decimal(0), server_default=text("0"))
    recency_score: Mapped[int | None] = mapped_column(SmallInteger)
    frequency_score: Mapped[int | None] = mapped_column(SmallInteger)
    value_score: Mapped[int | None] = mapped_column(SmallInteger)
    # Among the first so many per cent by value.
    value_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    earned_tier: Mapped[str] = mapped_column(default="ordinary", server_default="ordinary")


class Referral(Base):
    """An old customer brought a new one. It counts from the new one's first purchase until he returns all of it."""

    __tablename__ = "referral"
    __table_args__ = (
        CheckConstraint("new_customer_id <> referrer_id", name="two_people"),
        CheckConstraint("(counted_at is null) = (counted_purchase_id is null)", name="counted"),
        CheckConstraint("void_reason in ('bought_before', 'same_household')", name="void_reason"),
        CheckConstraint("void_reason is null or counted_at is null", name="void_or_counted"),
        Index("ix_referral_referrer_id_recorded_at_id", "referrer_id", "recorded_at", "id"),
        Index("ix_referral_recorded_at_id", "recorded_at", "id"),
        Index("ix_referral_counted_purchase_id", "counted_purchase_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    new_customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), unique=True)
    referrer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    counted_at: Mapped[datetime | None]
    counted_purchase_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("purchase.id"))
    taken_back_at: Mapped[datetime | None]
    void_reason: Mapped[str | None]
