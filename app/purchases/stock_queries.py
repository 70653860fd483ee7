"""Reads about stock: what lies in a store, what is kept back for whom, and why it is what it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select

from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.customers.models import Customer
from app.people import queries as people
from app.purchases.models import Product, ProductStock, StockMovement, StockReservation
from app.purchases.stock import keeps_back


@dataclass(frozen=True)
class Shelf:
    """A product in a store; `stock` is None where nobody has counted it yet."""

    product: Product
    stock: ProductStock | None
    reserved: Decimal

    @property
    def free(self) -> Decimal | None:
        return None if self.stock is None else max(Decimal(0), self.stock.on_hand - self.reserved)


@dataclass(frozen=True)
class KeptBack:
    reservation: StockReservation
    product: Product
    customer_name: str


@dataclass(frozen=True)
class Moved:
    movement: StockMovement
    by: str | None


def page_of_shelves(
    store_id: int,
    *,
    now: datetime,
    search: str = "",
    only_counted: bool = False,
    only_short: bool = False,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Shelf rows of a store by product code: what is sold, and what lies there. The caller has checked who asks."""
    stmt, reserved = _shelves(store_id, now=now)
    stmt = stmt.where(Product.is_active | (ProductStock.on_hand > 0))
    if search.strip():
        names = [Product.name[locale].astext for locale in ("zh_Hans", "zh_Hant", "en")]
        stmt = stmt.where(or_(*(words.icontains(search.strip(), autoescape=True) for words in (Product.code, *names))))
    if only_counted:
        stmt = stmt.where(ProductStock.product_id.is_not(None))
    if only_short:
        stmt = stmt.where(ProductStock.on_hand <= reserved)
    page = page_of(stmt, keys=[Product.code, Product.id], cursor=cursor, limit=limit)
    return Page(rows=[Shelf(row[0], row[1], row[2]) for row in page.rows], next_cursor=page.next_cursor)


def shelves(store_id: int, product_ids: Collection[int], *, now: datetime) -> list[Shelf]:
    """These products in a store, by code."""
    stmt, _reserved = _shelves(store_id, now=now)
    rows = db.session.execute(stmt.where(Product.id.in_(product_ids)).order_by(Product.code))
    return [Shelf(row[0], row[1], row[2]) for row in rows]


def product(product_id: int) -> Product:
    found = db.session.get(Product, product_id)
    if found is None:
        raise NotFound()
    return found


def products_like(product: Product, *, limit: int = 100) -> Sequence[Product]:
    """Others of the same category, and the one that follows it."""
    stmt = (
        select(Product)
        .where(
            Product.id != product.id, (Product.category == product.category) | (Product.id == product.next_product_id)
        )
        .order_by(Product.code)
        .limit(limit)
    )
    return db.session.scalars(stmt).all()


def _shelves(store_id: int, *, now: datetime) -> tuple[Any, Any]:
    """Every product with its row of the store, and what is kept back of it."""
    reserved = (
        select(func.coalesce(func.sum(StockReservation.quantity), 0))
        .where(
            StockReservation.store_id == store_id,
            StockReservation.product_id == Product.id,
            *keeps_back(now),
        )
        .correlate(Product)
        .scalar_subquery()
    )
    stmt: Any = select(Product, ProductStock, reserved).outerjoin(
        ProductStock, (ProductStock.product_id == Product.id) & (ProductStock.store_id == store_id)
    )
    return stmt, reserved


def page_of_reservations(
    store_id: int,
    *,
    now: datetime,
    product_id: int | None = None,
    only_held: bool = True,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """KeptBack rows of a store, the newest first. The caller has checked who asks."""
    stmt: Any = (
        select(StockReservation, Product, Customer.name)
        .join(Product, Product.id == StockReservation.product_id)
        .join(Customer, Customer.id == StockReservation.customer_id)
        .where(StockReservation.store_id == store_id)
    )
    if product_id is not None:
        stmt = stmt.where(StockReservation.product_id == product_id)
    if only_held:
        stmt = stmt.where(*keeps_back(now))
    page = page_of(stmt, keys=[StockReservation.id.desc()], cursor=cursor, limit=limit)
    return Page(rows=[KeptBack(row[0], row[1], row[2]) for row in page.rows], next_cursor=page.next_cursor)


def page_of_movements(
    store_id: int, *, product_id: int | None = None, cursor: str | None = None, limit: int | None = None
) -> Page:
    """Moved rows of a store, the newest first. The caller has checked who asks."""
    stmt = select(StockMovement).where(StockMovement.store_id == store_id)
    if product_id is not None:
        stmt = stmt.where(StockMovement.product_id == product_id)
    page = page_of(stmt, keys=[StockMovement.id.desc()], cursor=cursor, limit=limit)
    ids = {row.actor_id for row in page.rows if row.actor_kind == "staff" and row.actor_id}
    names = people.names_of(ids)
    rows = [Moved(row, names.get(row.actor_id) if row.actor_kind == "staff" else None) for row in page.rows]
    return Page(rows=rows, next_cursor=page.next_cursor)


def held_for(customer_id: int, *, now: datetime) -> list[KeptBack]:
    """What is kept back for a customer now. The caller has checked who asks."""
    rows = db.session.execute(
        select(StockReservation, Product, Customer.name)
        .join(Product, Product.id == StockReservation.product_id)
        .join(Customer, Customer.id == StockReservation.customer_id)
        .where(StockReservation.customer_id == customer_id, *keeps_back(now))
        .order_by(StockReservation.id)
    )
    return [KeptBack(row[0], row[1], row[2]) for row in rows]
