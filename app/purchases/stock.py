"""What lies in the stores and what is kept back for whom.

A product that nobody has counted in a store can't be promised. Every promise locks the row of the product in the store
first, so two people can't give away the same piece; a reservation that has expired keeps nothing back, whether or not
the job that tidies it has come by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.core import audit
from app.core.db import db
from app.core.errors import Invalid, NotFound, StaleVersion
from app.core.i18n import N_
from app.customers.access import audit_name
from app.customers.models import Customer
from app.people.access import Actor, require_lead
from app.purchases.models import Product, ProductStock, StockMovement, StockReservation
from app.purchases.values import MovementKind, ReservationState

Place = tuple[int, int]
"""A store and a product in it."""

MOST_ON_HAND = Decimal(999_999_999)


@dataclass(frozen=True)
class Reserved:
    """The goods lie ready until `expires_at`; `free` is what is left for others."""

    origin_key: str
    expires_at: datetime
    free: Decimal


@dataclass(frozen=True)
class Short:
    """Not enough: `free` is what could still be promised, 0 and `is_counted` False where nobody has counted."""

    product_id: int
    free: Decimal
    is_counted: bool = True


@dataclass(frozen=True)
class Wish:
    product_id: int
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class Count:
    """What somebody found on the shelf, the product named by id or code; `version` as in the list, if it was seen."""

    on_hand: Decimal
    product_id: int | None = None
    product_code: str | None = None
    version: int | None = None


def reserve(
    customer_id: int, product_id: int, quantity: Decimal, *, origin_key: str, expires_at: datetime, now: datetime
) -> Reserved | Short:
    """Keep goods back in the customer's store. The same origin again is answered with what it already holds."""
    wish = Wish(product_id, Decimal(quantity))
    return reserve_all(customer_id, [wish], origin_key=origin_key, expires_at=expires_at, now=now)


def reserve_all(
    customer_id: int, wishes: Sequence[Wish], *, origin_key: str, expires_at: datetime, now: datetime
) -> Reserved | Short:
    """All of it or nothing; Short names the first product that is missing. A held origin gets the later expiry."""
    if not wishes:
        raise ValueError("nothing to reserve")
    if expires_at <= now:
        raise ValueError("a reservation ends after it begins")
    store_id = db.session.execute(select(Customer.store_id).where(Customer.id == customer_id)).scalar_one()
    wanted: dict[int, Decimal] = {}
    for wish in wishes:
        wanted[wish.product_id] = wanted.get(wish.product_id, Decimal(0)) + wish.quantity
    shelves = _lock([(store_id, product_id) for product_id in wanted])
    held = {row.product_id: row for row in _of_origin(origin_key)}
    free = Decimal(0)
    for product_id, quantity in sorted(wanted.items()):
        known = held.get(product_id)
        if known is not None and (known.state == ReservationState.TAKEN or _holds(known, store_id, quantity, now)):
            continue
        shelf = shelves.get((store_id, product_id))
        if shelf is None:
            return Short(product_id, Decimal(0), is_counted=False)
        free = shelf.on_hand - _kept_back(store_id, product_id, now=now, except_origin=origin_key)
        if free < quantity:
            return Short(product_id, max(free, Decimal(0)))
        free -= quantity
    for product_id, quantity in wanted.items():
        _hold(store_id, product_id, customer_id, quantity, origin_key=origin_key, expires_at=expires_at, now=now)
    return Reserved(origin_key, expires_at, free)


def adopt(origin_key: str, *, as_: str, expires_at: datetime, now: datetime) -> int:
    """Let a reservation go on under the name of what it has become (an offer becomes a delivery); how many lines.

    One that expired meanwhile is not revived: nobody knows whether the goods are still there. reserve() asks again.
    """
    return _count(
        update(StockReservation)
        .where(
            StockReservation.origin_key == origin_key,
            StockReservation.state == ReservationState.HELD,
            StockReservation.expires_at > now,
        )
        .values(origin_key=as_, expires_at=func.greatest(StockReservation.expires_at, expires_at))
    )


def extend(origin_key: str, *, expires_at: datetime, now: datetime) -> int:
    """Hold until later, or at least until then. What has expired stays expired."""
    return adopt(origin_key, as_=origin_key, expires_at=expires_at, now=now)


def release(origin_key: str, *, now: datetime) -> int:
    """The goods are free again; how many lines were held. Released, expired or taken ones stay as they are."""
    return _count(
        update(StockReservation)
        .where(StockReservation.origin_key == origin_key, StockReservation.state == ReservationState.HELD)
        .values(state=ReservationState.RELEASED.value, ended_at=now)
    )


def expire_due(*, now: datetime, limit: int = 1000) -> int:
    """Mark reservations whose time is over, one chunk; how many. They have kept nothing back since."""
    due = (
        select(StockReservation.id)
        .where(StockReservation.state == ReservationState.HELD, StockReservation.expires_at <= now)
        .order_by(StockReservation.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return _count(
        update(StockReservation)
        .where(StockReservation.id.in_(due.scalar_subquery()))
        .values(state=ReservationState.EXPIRED.value, ended_at=now)
    )


def take(
    origin_key: str,
    *,
    now: datetime,
    quantities: Mapping[int, Decimal] | None = None,
    actor: Actor | None = None,
) -> int:
    """The goods leave the store; how many lines. `quantities` (by product) when less was handed over than kept back.

    What expired unnoticed is taken all the same: it has left the shelf. Goods that a receipt has already paid for left
    the books with it.
    """
    _lock_shelves_of(origin_key)
    rows = [row for row in _of_origin(origin_key) if row.state in (ReservationState.HELD, ReservationState.EXPIRED)]
    taken = 0
    for row in rows:
        quantity = row.quantity if quantities is None else min(row.quantity, quantities.get(row.product_id, Decimal(0)))
        if quantity <= 0:
            row.state, row.ended_at = ReservationState.RELEASED.value, now
            continue
        row.state, row.ended_at, row.quantity = ReservationState.TAKEN.value, now, quantity
        taken += 1
        if row.purchase_id is None:
            move(
                (row.store_id, row.product_id),
                -quantity,
                kind=MovementKind.TAKEN,
                origin_key=origin_key,
                actor=actor or Actor.system(),
                at=now,
                now=now,
            )
    db.session.flush()
    return taken


def untake(origin_key: str, *, expires_at: datetime, now: datetime, actor: Actor | None = None) -> int:
    """A delivery was taken back by undo or reopened: the goods lie here again, kept back until `expires_at`."""
    _lock_shelves_of(origin_key)
    rows = [row for row in _of_origin(origin_key) if row.state == ReservationState.TAKEN]
    for row in rows:
        row.state, row.ended_at, row.expires_at = ReservationState.HELD.value, None, expires_at
        if row.purchase_id is None:
            move(
                (row.store_id, row.product_id),
                row.quantity,
                kind=MovementKind.TAKEN,
                origin_key=origin_key,
                actor=actor or Actor.system(),
                at=now,
                now=now,
            )
    db.session.flush()
    return len(rows)


def count(
    store_id: int,
    counts: Sequence[Count],
    *,
    actor: Actor,
    now: datetime,
    counted_at: datetime | None = None,
    note: str = "",
) -> list[ProductStock]:
    """Write down what lies in a store; what was sold before `counted_at` is part of the count.

    Raises Invalid with errors by position and then writes nothing; StaleVersion when a seen row has changed since.
    """
    require_lead(actor, store_id)
    at = counted_at or now
    products = _named(counts)
    errors: dict[str, Any] = {}
    if at > now:
        errors["counted_at"] = [N_("This lies in the future.")]
    found: dict[int, Count] = {}
    for position, one in enumerate(counts):
        product_id = products.get(one.product_id if one.product_id is not None else one.product_code)
        field = "product_code" if one.product_id is None else "product_id"
        if product_id is None:
            errors[str(position)] = {field: [N_("There is no such product.")]}
        elif product_id in found:
            errors[str(position)] = {field: [N_("This product is named twice.")]}
        else:
            found[product_id] = one
    if errors:
        raise Invalid(errors=errors)
    if not found:
        return []
    _open_shelves(store_id, found, at=at, now=now)
    shelves = _lock([(store_id, product_id) for product_id in found])
    for product_id, one in found.items():
        shelf = shelves[(store_id, product_id)]
        if one.version is not None and one.version != shelf.version:
            raise StaleVersion(extra={"version": shelf.version})
        shelf.counted_at = at
        move(
            (store_id, product_id),
            one.on_hand - shelf.on_hand,
            kind=MovementKind.COUNT,
            note=note,
            actor=actor,
            at=at,
            now=now,
        )
    audit.record(
        audit_name(actor),
        action="stock.count",
        subject=("store", store_id),
        store_id=store_id,
        now=now,
        detail={"products": sorted(found)},
    )
    return [shelves[(store_id, product_id)] for product_id in found]


def release_one(reservation_id: int, *, actor: Actor, now: datetime) -> StockReservation:
    """Somebody who leads the store frees what is kept back."""
    row = db.session.get(StockReservation, reservation_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound()
    require_lead(actor, row.store_id)
    if row.state == ReservationState.HELD:
        row.state, row.ended_at = ReservationState.RELEASED.value, now
        db.session.flush()
        audit.record(
            audit_name(actor),
            action="stock.release",
            subject=("stock_reservation", row.id),
            store_id=row.store_id,
            now=now,
        )
    return row


@dataclass(frozen=True, kw_only=True)
class Move:
    """A change of a locked shelf and why."""

    shelf: ProductStock = field(kw_only=False)
    change: Decimal = field(kw_only=False)
    kind: MovementKind
    at: datetime
    purchase_id: int | None = None
    origin_key: str | None = None
    note: str = ""


def move(
    place: Place,
    change: Decimal,
    *,
    kind: MovementKind,
    actor: Actor,
    at: datetime,
    now: datetime,
    purchase_id: int | None = None,
    origin_key: str | None = None,
    note: str = "",
) -> None:
    """Change the stock of a locked shelf and write why."""
    shelf = db.session.get_one(ProductStock, place)
    one = Move(shelf, change, kind=kind, at=at, purchase_id=purchase_id, origin_key=origin_key, note=note)
    move_all([one], actor=actor, now=now)


def move_all(moves: Sequence[Move], *, actor: Actor, now: datetime) -> None:
    """The same for many, in their order. More than is there leaves none: counts run behind."""
    rows = []
    for one in moves:
        shelf = one.shelf
        shelf.on_hand = min(MOST_ON_HAND, max(Decimal(0), shelf.on_hand + one.change))
        shelf.updated_at = now
        shelf.version += 1
        rows.append(
            {
                "store_id": shelf.store_id,
                "product_id": shelf.product_id,
                "kind": one.kind.value,
                "change": one.change,
                "on_hand": shelf.on_hand,
                "purchase_id": one.purchase_id,
                "origin_key": one.origin_key,
                "note": one.note.strip(),
                "actor_kind": actor.kind,
                "actor_id": actor.id or None,
                "occurred_at": one.at,
                "recorded_at": now,
            }
        )
    if rows:
        db.session.flush()
        db.session.execute(insert(StockMovement), rows)


def lock(places: Sequence[Place]) -> dict[Place, ProductStock]:
    """The counted ones of these shelves, locked until the transaction ends and read anew."""
    return _lock(places)


def _lock(places: Sequence[Place]) -> dict[Place, ProductStock]:
    if not places:
        return {}
    # Always in the same order, so that nobody waits for each other in a circle.
    rows = db.session.scalars(
        select(ProductStock)
        .where(tuple_(ProductStock.store_id, ProductStock.product_id).in_(sorted(set(places))))
        .order_by(ProductStock.store_id, ProductStock.product_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(row.store_id, row.product_id): row for row in rows}


def _lock_shelves_of(origin_key: str) -> None:
    """Shelves before reservations, as everywhere: a delivery told twice at once then takes once."""
    places = db.session.execute(
        select(StockReservation.store_id, StockReservation.product_id).where(StockReservation.origin_key == origin_key)
    )
    _lock([(row[0], row[1]) for row in places])


def _of_origin(origin_key: str) -> list[StockReservation]:
    return list(
        db.session.scalars(
            select(StockReservation)
            .where(StockReservation.origin_key == origin_key)
            .order_by(StockReservation.product_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def _holds(row: StockReservation, store_id: int, quantity: Decimal, now: datetime) -> bool:
    return (
        row.state == ReservationState.HELD
        and row.expires_at > now
        and row.store_id == store_id
        and row.quantity == quantity
    )


def _kept_back(store_id: int, product_id: int, *, now: datetime, except_origin: str) -> Decimal:
    total: Decimal = db.session.execute(
        select(func.coalesce(func.sum(StockReservation.quantity), 0)).where(
            StockReservation.store_id == store_id,
            StockReservation.product_id == product_id,
            StockReservation.origin_key != except_origin,
            *keeps_back(now),
        )
    ).scalar_one()
    return total


def keeps_back(now: datetime) -> tuple[Any, ...]:
    """Which reservations lower what is free: held, not over, and not yet taken off the books by a receipt."""
    return (
        StockReservation.state == ReservationState.HELD,
        StockReservation.expires_at > now,
        StockReservation.purchase_id.is_(None),
    )


def _hold(
    store_id: int,
    product_id: int,
    customer_id: int,
    quantity: Decimal,
    *,
    origin_key: str,
    expires_at: datetime,
    now: datetime,
) -> None:
    is_held = StockReservation.state == ReservationState.HELD.value
    written = upsert(StockReservation).values(
        origin_key=origin_key,
        store_id=store_id,
        product_id=product_id,
        customer_id=customer_id,
        quantity=quantity,
        state=ReservationState.HELD.value,
        reserved_at=now,
        expires_at=expires_at,
    )
    db.session.execute(
        written.on_conflict_do_update(
            index_elements=[StockReservation.origin_key, StockReservation.product_id],
            set_={
                "store_id": store_id,
                "customer_id": customer_id,
                "quantity": quantity,
                "state": ReservationState.HELD.value,
                "expires_at": func.greatest(StockReservation.expires_at, expires_at),
                "ended_at": None,
                # What ended was paid with its own receipt; goods that are kept back anew are not.
                "purchase_id": case((is_held, StockReservation.purchase_id), else_=None),
            },
            where=StockReservation.state != ReservationState.TAKEN.value,
        )
    )


def _open_shelves(store_id: int, product_ids: Mapping[int, Count], *, at: datetime, now: datetime) -> None:
    """Rows for what is counted for the first time."""
    rows = [
        {"store_id": store_id, "product_id": product_id, "on_hand": 0, "counted_at": at, "updated_at": now}
        for product_id in sorted(product_ids)
    ]
    db.session.execute(upsert(ProductStock).values(rows).on_conflict_do_nothing())


def _named(counts: Sequence[Count]) -> dict[int | str | None, int]:
    ids = {one.product_id for one in counts if one.product_id is not None}
    codes = {one.product_code for one in counts if one.product_id is None and one.product_code is not None}
    rows = db.session.execute(select(Product.id, Product.code).where(Product.id.in_(ids) | Product.code.in_(codes)))
    return {name: identity for identity, code in rows for name in (identity, code)}


def _count(stmt: Any) -> int:
    return int(db.session.execute(stmt).rowcount)  # type: ignore[attr-defined]
