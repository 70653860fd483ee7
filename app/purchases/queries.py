"""Reads of products and purchases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, or_, select

from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.customers.access import visible_customers
from app.customers.models import Customer
from app.people.access import Actor, may_lead_store
from app.people.models import Staff
from app.purchases.models import Product, Purchase, PurchaseLine

NET_QUANTITY = PurchaseLine.quantity - PurchaseLine.returned
NET_AMOUNT = PurchaseLine.amount - PurchaseLine.refunded
NET_TOTAL = Purchase.total - Purchase.refunded
"""What counts: whoever adds up purchases takes these, never quantity, amount or total."""


@dataclass(frozen=True)
class Line:
    """A line with what is printed of its product."""

    id: int
    purchase_id: int
    product_id: int
    code: str
    name: dict[str, str]
    unit: str
    is_restricted: bool
    quantity: Decimal
    amount: Decimal
    returned: Decimal
    refunded: Decimal
    is_taken: bool

    @property
    def kept(self) -> Decimal:
        return self.quantity - self.returned


@dataclass(frozen=True)
class PurchaseFile:
    """A purchase with the names a reader wants and its lines."""

    purchase: Purchase
    customer_name: str
    seller_name: str | None
    lines: Sequence[Line]


def page_of_products(
    *,
    search: str = "",
    category: str | None = None,
    include_inactive: bool = False,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Products by code; `search` is part of the code or of the name in any language."""
    stmt: Select[Any] = select(Product)
    if not include_inactive:
        stmt = stmt.where(Product.is_active)
    if category is not None:
        stmt = stmt.where(Product.category == category)
    if search.strip():
        names = [Product.name[locale].astext for locale in ("zh_Hans", "zh_Hant", "en")]
        stmt = stmt.where(or_(*(text.icontains(search.strip(), autoescape=True) for text in (Product.code, *names))))
    return page_of(stmt, keys=[Product.code, Product.id], cursor=cursor, limit=limit)


def products_used_up(limit: int = 300) -> Sequence[Product]:
    """Products of which a daily amount makes sense, by category and code."""
    stmt = (
        select(Product)
        .where(Product.is_active, Product.pack_size.is_not(None), Product.is_consumable | Product.is_restricted)
        .order_by(Product.category, Product.code)
        .limit(limit)
    )
    return db.session.scalars(stmt).all()


def page_of_purchases(
    *,
    actor: Actor,
    now: datetime,
    customer_id: int | None = None,
    store_id: int | None = None,
    source: str | None = None,
    external_id: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """PurchaseFile rows of customers the actor may see, the newest first."""
    stmt: Select[Any] = select(Purchase).join(Customer, Customer.id == Purchase.customer_id)
    if customer_id is not None:
        stmt = stmt.where(Purchase.customer_id == customer_id)
    if store_id is not None:
        stmt = stmt.where(Purchase.store_id == store_id)
    if source is not None:
        stmt = stmt.where(Purchase.source == source)
    if external_id is not None:
        stmt = stmt.where(Purchase.external_id == external_id)
    page = page_of(
        visible_customers(stmt, actor, now),
        keys=[Purchase.bought_at.desc(), Purchase.id.desc()],
        cursor=cursor,
        limit=limit,
    )
    return Page(rows=files_of(page.rows), next_cursor=page.next_cursor)


def visible_file(purchase_id: int, *, actor: Actor, now: datetime) -> PurchaseFile:
    """One purchase of a customer the actor may see, or of a store he leads."""
    purchase = db.session.get(Purchase, purchase_id)
    if purchase is None:
        raise NotFound()
    if not may_lead_store(actor, purchase.store_id):
        stmt: Select[Any] = select(Customer.id).where(Customer.id == purchase.customer_id)
        if db.session.scalar(visible_customers(stmt, actor, now)) is None:
            raise NotFound()
    return files_of([purchase])[0]


def last_purchases(customer_id: int, *, limit: int = 5) -> list[PurchaseFile]:
    """What the customer bought of late, newest first. The caller has checked who asks."""
    stmt = (
        select(Purchase)
        .where(Purchase.customer_id == customer_id)
        .order_by(Purchase.bought_at.desc(), Purchase.id.desc())
        .limit(limit)
    )
    return files_of(db.session.scalars(stmt).all())


def files_of(purchases: Sequence[Purchase]) -> list[PurchaseFile]:
    """The purchases with names and lines, in three statements whatever their number."""
    if not purchases:
        return []
    customers = _names(Customer, {row.customer_id for row in purchases})
    sellers = _names(Staff, {row.seller_id for row in purchases if row.seller_id})
    lines = lines_of([purchase.id for purchase in purchases])
    return [
        PurchaseFile(
            purchase=purchase,
            customer_name=customers[purchase.customer_id],
            seller_name=sellers.get(purchase.seller_id) if purchase.seller_id else None,
            lines=lines.get(purchase.id, []),
        )
        for purchase in purchases
    ]


def lines_of(purchase_ids: Collection[int]) -> dict[int, list[Line]]:
    stmt: Any = (
        select(
            PurchaseLine.id,
            PurchaseLine.purchase_id,
            Product.id,
            Product.code,
            Product.name,
            Product.unit,
            Product.is_restricted,
            PurchaseLine.quantity,
            PurchaseLine.amount,
            PurchaseLine.returned,
            PurchaseLine.refunded,
            PurchaseLine.is_taken,
        )
        .join(Product, Product.id == PurchaseLine.product_id)
        .where(PurchaseLine.purchase_id.in_(purchase_ids))
        .order_by(PurchaseLine.purchase_id, PurchaseLine.id)
    )
    found: dict[int, list[Line]] = {}
    for row in db.session.execute(stmt):
        line = Line(*tuple(row))
        found.setdefault(line.purchase_id, []).append(line)
    return found


def _names(kind: type[Customer] | type[Staff], ids: Collection[int]) -> dict[int, str]:
    return {row[0]: row[1] for row in db.session.execute(select(kind.id, kind.name).where(kind.id.in_(ids)))}
