"""Products, purchases, stock, and what a household uses up of what it bought."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Numeric,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.customers.values import GuardianChannel
from app.purchases.values import Basis, ChangeKind, MovementKind, ReservationState, one_of

FOLLOW_UP_DAY = 3
"""Days after a purchase on which we ask how it does, unless the product says otherwise."""


class Product(Base):
    """Something we sell. A restricted one (infant formula) gets no gifts, no promotion and no sales points."""

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("length(btrim(code)) > 0", name="code_not_blank"),
        CheckConstraint("length(btrim(barcode)) > 0", name="barcode_not_blank"),
        CheckConstraint("pack_size > 0", name="pack_size"),
        CheckConstraint("follow_up_day between 1 and 365", name="follow_up_day"),
        CheckConstraint("until_age_months between 1 and 240", name="until_age_months"),
        CheckConstraint("next_product_id <> id", name="next_product"),
        Index("ix_product_category_code", "category", "code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    # What is printed on the pack; two codes of ours may share one pack, so it need not be unique.
    barcode: Mapped[str | None]
    name: Mapped[dict[str, str]]
    category: Mapped[str]
    pack_size: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    unit: Mapped[str] = mapped_column(default="", server_default="")
    is_restricted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    follow_up_day: Mapped[int | None] = mapped_column(default=FOLLOW_UP_DAY, server_default=text("3"))
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    # Too big to carry home: it is brought the day after it was bought, and its run-out is announced earlier.
    is_large: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # It is used up and bought again; of other products only a recorded daily amount says when they run out.
    is_consumable: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # The age at which a child has outgrown it, and what follows then (formula of the next stage).
    until_age_months: Mapped[int | None]
    next_product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    created_at: Mapped[datetime]


class Purchase(Base):
    """One receipt of a till or order of a web shop; `source` and `external_id` name it there.

    `total` is what was paid, `refunded` what was given back since: whoever adds up takes the difference.
    """

    __tablename__ = "purchase"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        CheckConstraint("total >= 0", name="total"),
        CheckConstraint("refunded between 0 and total", name="refunded"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        Index("ix_purchase_customer_id_bought_at_id", "customer_id", "bought_at", "id"),
        Index("ix_purchase_store_id_bought_at_id", "store_id", "bought_at", "id"),
        Index("ix_purchase_bought_at_id", "bought_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source: Mapped[str]
    external_id: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    bought_at: Mapped[datetime]
    total: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    refunded: Mapped[Decimal] = mapped_column(Numeric(12, 2), default=Decimal(0), server_default=text("0"))
    currency: Mapped[str]
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    corrected_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]


class PurchaseLine(Base):
    """`returned` pieces came back and `refunded` of the amount was paid back: the customer keeps the rest."""

    __tablename__ = "purchase_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("returned between 0 and quantity", name="returned"),
        CheckConstraint("refunded between 0 and amount", name="refunded"),
        Index("ix_purchase_line_purchase_id", "purchase_id"),
        Index("ix_purchase_line_product_id", "product_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    returned: Mapped[Decimal] = mapped_column(Numeric(12, 3), default=Decimal(0), server_default=text("0"))
    refunded: Mapped[Decimal] = mapped_column(Numeric(12, 2), default=Decimal(0), server_default=text("0"))
    # The customer carried it home, however large it is.
    is_taken: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class PurchaseChange(Base):
    """One correction or return with how the purchase stood before and after. Append-only (trigger)."""

    __tablename__ = "purchase_change"
    __table_args__ = (
        UniqueConstraint("purchase_id", "external_id"),
        CheckConstraint(one_of("kind", ChangeKind), name="kind"),
        CheckConstraint("length(btrim(external_id)) > 0", name="external_id_not_blank"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))
    external_id: Mapped[str]
    kind: Mapped[str]
    # The version of the purchase that this change made.
    version: Mapped[int]
    reason: Mapped[str] = mapped_column(default="", server_default="")
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class ProductStock(Base):
    """What lies in a store. Without a row nobody has counted yet, and nothing can be promised."""

    __tablename__ = "product_stock"
    __table_args__ = (
        CheckConstraint("on_hand >= 0", name="on_hand"),
        Index("ix_product_stock_product_id", "product_id"),
    )

    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    on_hand: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    counted_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class StockMovement(Base):
    """Why the stock is what it is. Append-only (trigger)."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "product_id"], ["product_stock.store_id", "product_stock.product_id"]),
        CheckConstraint(one_of("kind", MovementKind), name="kind"),
        Index("ix_stock_movement_store_id_product_id_id", "store_id", "product_id", "id"),
        Index(
            "ix_stock_movement_purchase_id",
            "purchase_id",
            postgresql_where=text("purchase_id is not null"),
        ),
        Index("ix_stock_movement_origin_key", "origin_key", postgresql_where=text("origin_key is not null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    store_id: Mapped[int]
    product_id: Mapped[int]
    kind: Mapped[str]
    change: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    on_hand: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    purchase_id: Mapped[int | None] = mapped_column(ForeignKey("purchase.id"))
    origin_key: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="", server_default="")
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class StockReservation(Base):
    """Goods kept back for a customer until `expires_at`. `purchase_id` is the receipt that has paid for them."""

    __tablename__ = "stock_reservation"
    __table_args__ = (
        UniqueConstraint("origin_key", "product_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint(one_of("state", ReservationState), name="state"),
        CheckConstraint("(state = 'held') = (ended_at is null)", name="ended_at"),
        Index(
            "ix_stock_reservation_held",
            "store_id",
            "product_id",
            "expires_at",
            postgresql_where=text("state = 'held'"),
        ),
        Index("ix_stock_reservation_due", "expires_at", postgresql_where=text("state = 'held'")),
        Index("ix_stock_reservation_customer_id_product_id", "customer_id", "product_id"),
        Index("ix_stock_reservation_purchase_id", "purchase_id", postgresql_where=text("purchase_id is not null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    origin_key: Mapped[str]
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    state: Mapped[str] = mapped_column(default=ReservationState.HELD, server_default="held")
    purchase_id: Mapped[int | None] = mapped_column(ForeignKey("purchase.id"))
    reserved_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Intake(Base):
    """How much of a product somebody uses up in a day: a member of the household, or the customer himself.

    `per_day` counts in the product's unit. The request is the guardian's own wish to be reminded, as it was said.
    """

    __tablename__ = "intake"
    __table_args__ = (
        CheckConstraint("per_day > 0", name="per_day"),
        CheckConstraint("until >= since", name="until"),
        CheckConstraint(one_of("requested_channel", GuardianChannel), name="requested_channel"),
        CheckConstraint(
            "(requested_at is null) = (requested_by_text is null)"
            " and (requested_at is null) = (requested_channel is null)",
            name="request_whole",
        ),
        Index(
            "uq_intake_open",
            "customer_id",
            "product_id",
            "household_member_id",
            unique=True,
            postgresql_where=text("until is null"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_intake_customer_id_product_id", "customer_id", "product_id"),
        Index("ix_intake_household_member_id", "household_member_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_member_id: Mapped[int | None] = mapped_column(ForeignKey("household_member.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    per_day: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    since: Mapped[date]
    # The last day on which it was used; still used when empty.
    until: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(default="", server_default="")
    requested_at: Mapped[datetime | None]
    requested_by_text: Mapped[str | None]
    requested_channel: Mapped[str | None]
    request_collector_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class RunOut(Base):
    """The day on which a household will have used up a product; computed by run_outs.refresh, never written by hand.

    `customer_id` is whose file the daily amount stands in, else who bought last. `household_member_id` is the consumer
    when there is only one. From `ends_on` on the child has outgrown the product.
    """

    __tablename__ = "run_out"
    __table_args__ = (
        CheckConstraint(one_of("basis", Basis), name="basis"),
        Index("ix_run_out_day", "day"),
        Index("ix_run_out_product_id", "product_id"),
        Index("ix_run_out_household_member_id", "household_member_id"),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    household_member_id: Mapped[int | None] = mapped_column(ForeignKey("household_member.id"))
    day: Mapped[date]
    basis: Mapped[str]
    packs: Mapped[list[dict[str, Any]]]
    last_bought_on: Mapped[date]
    # How much was bought the last time, in packs: what to keep back for the next.
    reorder_quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    is_restricted: Mapped[bool]
    is_requested: Mapped[bool]
    needs_delivery: Mapped[bool]
    ends_on: Mapped[date | None]
    computed_at: Mapped[datetime]
