"""What a receipt, its correction and its returns do to the stock of the store that sold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, func, select, update

from app.core.db import db
from app.people.access import Actor
from app.purchases import stock
from app.purchases.models import ProductStock, Purchase, PurchaseChange, PurchaseLine, StockMovement, StockReservation
from app.purchases.values import ChangeKind, MovementKind, ReservationState

Item = tuple[int, int]
"""A purchase and a product of it."""

BILLED_WITHIN = timedelta(days=14)
"""How long after goods were handed over a receipt of the same customer is taken for theirs."""


def settle(purchase_ids: Collection[int], *, now: datetime) -> None:
    """Bring the stock in line with purchases as they stand; run twice it moves nothing the second time.

    Goods that were handed over from a reservation have left the stock already, so a receipt for them moves only the
    rest. What was sold before the last count is part of that count.
    """
    rows = select(Purchase).where(Purchase.id.in_(purchase_ids)).order_by(Purchase.id)
    purchases = db.session.scalars(rows.execution_options(populate_existing=True)).all()
    shelves = stock.lock(_places(purchases))
    _let_go_what_they_pay_no_more([purchase.id for purchase in purchases])
    # Read under the lock: a correction may have been settled while we waited.
    books = _Books.of(purchases)
    moves: list[stock.Move] = []
    for purchase in purchases:
        for product_id in sorted(books.products_of(purchase.id)):
            shelf = shelves.get((purchase.store_id, product_id))
            if shelf is None:
                continue
            if purchase.bought_at >= shelf.counted_at:
                moves += _settle_sale(purchase, shelf, books)
            moves += _settle_returns(purchase, shelf, books)
    stock.move_all(moves, actor=Actor.system(), now=now)


def _places(purchases: Sequence[Purchase]) -> list[stock.Place]:
    store_of = {purchase.id: purchase.store_id for purchase in purchases}
    touched = {*_sold(store_of), *_moved(store_of), *_restocked(store_of), *_paid(store_of)}
    return [(store_of[purchase_id], product_id) for purchase_id, product_id in touched]


@dataclass(frozen=True)
class _Books:
    """What the purchases have sold and what of it the stock knows; by purchase and product."""

    sold: Mapping[Item, Decimal]
    restocked: Mapping[Item, Mapping[datetime, Decimal]]
    moved: Collection[Item]
    by_till: Mapping[tuple[int, int, int], Decimal]
    handed_over: Mapping[tuple[int, int, int], Decimal]
    reserved: Collection[tuple[int, int, int]]

    @classmethod
    def of(cls, purchases: Sequence[Purchase]) -> _Books:
        ids = [purchase.id for purchase in purchases]
        return cls(
            sold=_sold(ids),
            restocked=_restocked(ids),
            moved=_moved(ids),
            by_till=_by_till(ids),
            handed_over=_handed_over(ids),
            reserved=_reserved([purchase.customer_id for purchase in purchases]),
        )

    def products_of(self, purchase_id: int) -> set[int]:
        known = (self.sold, self.restocked, self.moved)
        return {product_id for items in known for one, product_id in items if one == purchase_id}


def _settle_sale(purchase: Purchase, shelf: ProductStock, books: _Books) -> list[stock.Move]:
    product_id = shelf.product_id
    place = (purchase.id, shelf.store_id, product_id)
    by_till = books.by_till.get(place, Decimal(0))
    missing = books.sold.get((purchase.id, product_id), Decimal(0)) - by_till
    missing -= books.handed_over.get(place, Decimal(0))
    # Goods that were handed over don't lie here again because the receipt now says less.
    missing = max(missing, -by_till)
    if missing > 0 and (purchase.customer_id, shelf.store_id, product_id) in books.reserved:
        missing -= _bill_reservations(purchase, shelf, missing)
    if not missing:
        return []
    return [stock.Move(shelf, -missing, kind=MovementKind.SOLD, purchase_id=purchase.id, at=purchase.bought_at)]


def _settle_returns(purchase: Purchase, shelf: ProductStock, books: _Books) -> list[stock.Move]:
    by_time = books.restocked.get((purchase.id, shelf.product_id), {})
    came_back = sum((quantity for at, quantity in by_time.items() if at >= shelf.counted_at), Decimal(0))
    if not came_back:
        return []
    missing = came_back - _returned(purchase.id, (shelf.store_id, shelf.product_id), since=shelf.counted_at)
    if missing <= 0:
        return []
    return [stock.Move(shelf, missing, kind=MovementKind.RETURNED, purchase_id=purchase.id, at=max(by_time))]


def _bill_reservations(purchase: Purchase, shelf: ProductStock, quantity: Decimal) -> Decimal:
    """Tie the customer's reservations to the receipt that pays for them; how much of it had left the stock before."""
    rows = db.session.scalars(
        select(StockReservation)
        .where(
            StockReservation.customer_id == purchase.customer_id,
            StockReservation.product_id == shelf.product_id,
            StockReservation.store_id == shelf.store_id,
            StockReservation.purchase_id.is_(None),
            StockReservation.reserved_at <= purchase.bought_at,
            (StockReservation.state == ReservationState.HELD)
            | (
                (StockReservation.state == ReservationState.TAKEN)
                & (StockReservation.ended_at >= purchase.bought_at - BILLED_WITHIN)
            ),
        )
        .order_by(StockReservation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    left, handed_over = quantity, Decimal(0)
    for row in rows:
        if row.quantity > left:
            continue
        row.purchase_id = purchase.id
        left -= row.quantity
        if row.state == ReservationState.TAKEN:
            handed_over += row.quantity
    db.session.flush()
    return handed_over


def _reserved(customer_ids: Collection[int]) -> set[tuple[int, int, int]]:
    """Whose goods of which shelf are, or were, kept back and not yet paid for."""
    rows = db.session.execute(
        select(StockReservation.customer_id, StockReservation.store_id, StockReservation.product_id).where(
            StockReservation.customer_id.in_(customer_ids),
            StockReservation.purchase_id.is_(None),
            StockReservation.state.in_([ReservationState.HELD.value, ReservationState.TAKEN.value]),
        )
    )
    return {(row[0], row[1], row[2]) for row in rows}


def _let_go_what_they_pay_no_more(purchase_ids: Collection[int]) -> None:
    """A receipt that was corrected to another customer, or to nothing of the product, pays for no reservation: what
    still lies here is kept back again, what was handed over waits for the receipt that is really its own."""
    sells_it = exists(
        select(PurchaseLine.id).where(
            PurchaseLine.purchase_id == Purchase.id, PurchaseLine.product_id == StockReservation.product_id
        )
    )
    db.session.execute(
        update(StockReservation)
        .where(
            StockReservation.purchase_id.in_(purchase_ids),
            Purchase.id == StockReservation.purchase_id,
            (StockReservation.customer_id != Purchase.customer_id) | ~sells_it,
        )
        .values(purchase_id=None)
        .execution_options(synchronize_session=False)
    )


def _by_till(purchase_ids: Collection[int]) -> dict[tuple[int, int, int], Decimal]:
    """What of a purchase has left which shelf by the till: by purchase, store, product."""
    rows: Any = db.session.execute(
        select(
            StockMovement.purchase_id,
            StockMovement.store_id,
            StockMovement.product_id,
            func.sum(-StockMovement.change),
        )
        .where(StockMovement.purchase_id.in_(purchase_ids), StockMovement.kind == MovementKind.SOLD.value)
        .group_by(StockMovement.purchase_id, StockMovement.store_id, StockMovement.product_id)
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _handed_over(purchase_ids: Collection[int]) -> dict[tuple[int, int, int], Decimal]:
    """The same out of the reservations that it pays for."""
    rows: Any = db.session.execute(
        select(
            StockReservation.purchase_id,
            StockMovement.store_id,
            StockMovement.product_id,
            func.sum(-StockMovement.change),
        )
        .join(
            StockMovement,
            (StockMovement.origin_key == StockReservation.origin_key)
            & (StockMovement.product_id == StockReservation.product_id),
        )
        .where(StockReservation.purchase_id.in_(purchase_ids), StockMovement.kind == MovementKind.TAKEN.value)
        .group_by(StockReservation.purchase_id, StockMovement.store_id, StockMovement.product_id)
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _returned(purchase_id: int, place: stock.Place, *, since: datetime) -> Decimal:
    total: Decimal = db.session.execute(
        select(func.coalesce(func.sum(StockMovement.change), 0)).where(
            StockMovement.purchase_id == purchase_id,
            StockMovement.store_id == place[0],
            StockMovement.product_id == place[1],
            StockMovement.kind == MovementKind.RETURNED.value,
            StockMovement.occurred_at >= since,
        )
    ).scalar_one()
    return total


def _sold(purchase_ids: Collection[int]) -> dict[Item, Decimal]:
    rows: Any = db.session.execute(
        select(PurchaseLine.purchase_id, PurchaseLine.product_id, func.sum(PurchaseLine.quantity))
        .where(PurchaseLine.purchase_id.in_(purchase_ids))
        .group_by(PurchaseLine.purchase_id, PurchaseLine.product_id)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _moved(purchase_ids: Collection[int]) -> set[Item]:
    rows: Any = db.session.execute(
        select(StockMovement.purchase_id, StockMovement.product_id)
        .where(StockMovement.purchase_id.in_(purchase_ids))
        .distinct()
    )
    return {(row[0], row[1]) for row in rows}


def _paid(purchase_ids: Collection[int]) -> set[Item]:
    """Which goods that were kept back it pays for."""
    rows: Any = db.session.execute(
        select(StockReservation.purchase_id, StockReservation.product_id).where(
            StockReservation.purchase_id.in_(purchase_ids)
        )
    )
    return {(row[0], row[1]) for row in rows}


def _restocked(purchase_ids: Collection[int]) -> dict[Item, dict[datetime, Decimal]]:
    """What came back and went on the shelf again, by time. A tin of formula that came back does not."""
    changes = db.session.scalars(
        select(PurchaseChange).where(
            PurchaseChange.purchase_id.in_(purchase_ids), PurchaseChange.kind == ChangeKind.RETURN.value
        )
    )
    found: dict[Item, dict[datetime, Decimal]] = defaultdict(dict)
    for change in changes:
        for line in change.after["returned"]:
            if line["is_restocked"]:
                at = change.occurred_at
                of_item = found[change.purchase_id, line["product_id"]]
                of_item[at] = of_item.get(at, Decimal(0)) + Decimal(line["quantity"])
    return found
