"""What a receipt, its correction and its returns do to the stock of the store that sold."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from app.core.db import db
from app.people.access import Actor
from app.purchases import stock
from app.purchases.models import ProductStock, Purchase, PurchaseChange, PurchaseLine, StockMovement, StockReservation
from app.purchases.values import ChangeKind, MovementKind, ReservationState

BILLED_WITHIN = timedelta(days=14)
"""How long after goods were handed over a receipt of the same customer is taken for theirs."""


def settle(purchase_id: int, *, now: datetime) -> None:
    """Bring the stock in line with a purchase as it stands; run twice it moves nothing the second time.

    Goods that were handed over from a reservation have left the stock already, so a receipt for them moves only the
    rest. What was sold before the last count is part of that count.
    """
    purchase = db.session.get_one(Purchase, purchase_id, populate_existing=True)
    products = {*_sold(purchase_id), *_restocked(purchase_id), *_moved(purchase_id)}
    shelves = stock.lock([(purchase.store_id, product_id) for product_id in products])
    # Read under the lock: a correction may have been settled while we waited.
    sold, restocked = _sold(purchase_id), _restocked(purchase_id)
    for place, shelf in shelves.items():
        if purchase.bought_at >= shelf.counted_at:
            _settle_sale(purchase, shelf, sold.get(place[1], Decimal(0)), now=now)
        _settle_returns(purchase, shelf, restocked.get(place[1], {}), now=now)


def _settle_sale(purchase: Purchase, shelf: ProductStock, quantity: Decimal, *, now: datetime) -> None:
    place = (shelf.store_id, shelf.product_id)
    missing = quantity - _gone(purchase.id, place)
    if missing > 0:
        missing -= _bill_reservations(purchase, shelf, missing)
    if missing:
        stock.move(
            place,
            -missing,
            kind=MovementKind.SOLD,
            purchase_id=purchase.id,
            actor=Actor.system(),
            at=purchase.bought_at,
            now=now,
        )


def _settle_returns(
    purchase: Purchase, shelf: ProductStock, by_time: dict[datetime, Decimal], *, now: datetime
) -> None:
    place = (shelf.store_id, shelf.product_id)
    came_back = sum((quantity for at, quantity in by_time.items() if at >= shelf.counted_at), Decimal(0))
    missing = came_back - _booked(purchase.id, place, MovementKind.RETURNED, since=shelf.counted_at)
    if missing > 0:
        stock.move(
            place,
            missing,
            kind=MovementKind.RETURNED,
            purchase_id=purchase.id,
            actor=Actor.system(),
            at=max(by_time),
            now=now,
        )


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


def _gone(purchase_id: int, place: stock.Place) -> Decimal:
    """How much of the purchase has left the stock, by the till or out of a reservation."""
    handed_over: Decimal = db.session.execute(
        select(func.coalesce(func.sum(-StockMovement.change), 0)).where(
            StockMovement.kind == MovementKind.TAKEN.value,
            StockMovement.store_id == place[0],
            StockMovement.product_id == place[1],
            StockMovement.origin_key.in_(
                select(StockReservation.origin_key).where(
                    StockReservation.purchase_id == purchase_id, StockReservation.product_id == place[1]
                )
            ),
        )
    ).scalar_one()
    return handed_over - _booked(purchase_id, place, MovementKind.SOLD)


def _booked(purchase_id: int, place: stock.Place, kind: MovementKind, *, since: datetime | None = None) -> Decimal:
    stmt = select(func.coalesce(func.sum(StockMovement.change), 0)).where(
        StockMovement.purchase_id == purchase_id,
        StockMovement.store_id == place[0],
        StockMovement.product_id == place[1],
        StockMovement.kind == kind.value,
    )
    if since is not None:
        stmt = stmt.where(StockMovement.occurred_at >= since)
    total: Decimal = db.session.execute(stmt).scalar_one()
    return total


def _sold(purchase_id: int) -> dict[int, Decimal]:
    rows = db.session.execute(
        select(PurchaseLine.product_id, func.sum(PurchaseLine.quantity))
        .where(PurchaseLine.purchase_id == purchase_id)
        .group_by(PurchaseLine.product_id)
    )
    return {row[0]: row[1] for row in rows}


def _moved(purchase_id: int) -> set[int]:
    rows = select(StockMovement.product_id).where(StockMovement.purchase_id == purchase_id)
    return set(db.session.scalars(rows))


def _restocked(purchase_id: int) -> dict[int, dict[datetime, Decimal]]:
    """What came back and went on the shelf again, by product and time. A tin of formula that came back does not."""
    changes = db.session.scalars(
        select(PurchaseChange).where(
            PurchaseChange.purchase_id == purchase_id, PurchaseChange.kind == ChangeKind.RETURN.value
        )
    )
    found: dict[int, dict[datetime, Decimal]] = defaultdict(dict)
    for change in changes:
        for line in change.after["returned"]:
            if line["is_restocked"]:
                at = change.occurred_at
                of_product = found[line["product_id"]]
                of_product[at] = of_product.get(at, Decimal(0)) + Decimal(line["quantity"])
    return found
