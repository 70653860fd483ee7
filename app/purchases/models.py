"""Products and purchases."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

FOLLOW_UP_DAY = 3
"""Days after a purchase on which we ask how it does, unless the product says otherwise."""


class Product(Base):
    """Something we sell. A restricted one (infant formula) gets no gifts, no promotion and no sales points."""

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("length(btrim(code)) > 0", name="code_not_blank"),
        CheckConstraint("pack_size > 0", name="pack_size"),
        CheckConstraint("follow_up_day between 1 and 365", name="follow_up_day"),
        Index("ix_product_category_code", "category", "code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, str]]
    category: Mapped[str]
    pack_size: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    unit: Mapped[str] = mapped_column(default="", server_default="")
    is_restricted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    follow_up_day: Mapped[int | None] = mapped_column(default=FOLLOW_UP_DAY, server_default=text("3"))
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    created_at: Mapped[datetime]


class Purchase(Base):
    """One receipt of a till or order of a web shop; `source` and `external_id` name it there."""

    __tablename__ = "purchase"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        CheckConstraint("total >= 0", name="total"),
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
    currency: Mapped[str]
    recorded_at: Mapped[datetime]


class PurchaseLine(Base):
    __tablename__ = "purchase_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("amount >= 0", name="amount"),
        Index("ix_purchase_line_purchase_id", "purchase_id"),
        Index("ix_purchase_line_product_id", "product_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
