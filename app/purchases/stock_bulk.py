"""Keeping goods back for many at once: the same rules as stock.reserve, in a handful of statements.

Who comes first in the list gets the goods first. A shelf is locked before it is counted, so nobody promises the same
piece meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import text

from app.core.db import db
from app.purchases.stock import Place


class Kept(StrEnum):
    """Did the goods lie there? `uncounted`: nobody has counted this product in the store, so nothing is known."""

    RESERVED = "reserved"
    SHORT = "short"
    UNCOUNTED = "uncounted"


@dataclass(frozen=True)
class BulkWish:
    """One product for one origin; an origin may wish for several."""

    origin_key: str
    customer_id: int
    store_id: int
    product_id: int
    quantity: Decimal
    expires_at: datetime


_LOOK = """
    SELECT store_id, product_id, on_hand FROM product_stock
    WHERE (store_id, product_id) IN (
        SELECT store_id, product_id FROM jsonb_to_recordset(CAST(:wishes AS jsonb)) AS w(store_id int, product_id int))
"""
_LOCK = f"{_LOOK} ORDER BY store_id, product_id FOR UPDATE"
# A second statement: its picture of the reservations is taken when the locks are held.
_KEPT_BACK = text("""
    SELECT r.store_id, r.product_id, own.origin_key, sum(r.quantity) AS quantity
    FROM stock_reservation r
    LEFT JOIN unnest(CAST(:origins AS text[])) AS own(origin_key) ON own.origin_key = r.origin_key
    WHERE (r.store_id, r.product_id) IN (
        SELECT store_id, product_id FROM jsonb_to_recordset(CAST(:wishes AS jsonb)) AS w(store_id int, product_id int))
        AND r.state = 'held' AND r.expires_at > :now AND r.purchase_id IS NULL
    GROUP BY r.store_id, r.product_id, own.origin_key
""")
_HOLD = text("""
    INSERT INTO stock_reservation (origin_key, store_id, product_id, customer_id, quantity, state, reserved_at,
        expires_at)
    SELECT w.origin_key, w.store_id, w.product_id, w.customer_id, w.quantity, 'held', :now, w.expires_at
    FROM jsonb_to_recordset(CAST(:wishes AS jsonb)) AS w(origin_key text, customer_id int, store_id int,
        product_id int, quantity numeric, expires_at timestamptz)
    ORDER BY w.origin_key, w.product_id
    ON CONFLICT (origin_key, product_id) DO UPDATE SET store_id = excluded.store_id,
        customer_id = excluded.customer_id, quantity = excluded.quantity, state = 'held',
        expires_at = greatest(stock_reservation.expires_at, excluded.expires_at), ended_at = NULL,
        purchase_id = CASE WHEN stock_reservation.state = 'held' THEN stock_reservation.purchase_id END
    WHERE stock_reservation.state <> 'taken'
""")


def reserve_many(wishes: Sequence[BulkWish], *, now: datetime) -> dict[str, Kept]:
    """By origin: whether all it wishes for is kept back now. In the caller's transaction.

    Who can't be given all he wishes for takes nothing away from those who come after him.
    """
    told, held = _share_out(wishes, shelves=_LOCK, now=now)
    if held:
        db.session.execute(_HOLD, {"wishes": _json(held), "now": now})
    return told


def foresee(wishes: Sequence[BulkWish], *, now: datetime) -> dict[str, Kept]:
    """What reserve_many() would answer as things stand. Locks and keeps back nothing."""
    return _share_out(wishes, shelves=_LOOK, now=now)[0]


def _share_out(wishes: Sequence[BulkWish], *, shelves: str, now: datetime) -> tuple[dict[str, Kept], list[BulkWish]]:
    """By origin what it is told, and what is to be kept back."""
    if not wishes:
        return {}, []
    wanted: dict[str, dict[Place, BulkWish]] = {}
    for wish in wishes:
        place = (wish.store_id, wish.product_id)
        of_origin = wanted.setdefault(wish.origin_key, {})
        before = of_origin.get(place)
        of_origin[place] = wish if before is None else replace(wish, quantity=wish.quantity + before.quantity)
    free, own = _free(wanted, shelves=shelves, now=now)
    told: dict[str, Kept] = {}
    held: list[BulkWish] = []
    for origin, lines in wanted.items():
        told[origin] = _told(origin, lines, free, own)
        if told[origin] is Kept.RESERVED:
            for place, wish in lines.items():
                free[place] += own.get((origin, place), Decimal(0)) - wish.quantity
            held += lines.values()
    return told, held


def _free(
    wanted: Mapping[str, Mapping[Place, BulkWish]], *, shelves: str, now: datetime
) -> tuple[dict[Place, Decimal], dict[tuple[str, Place], Decimal]]:
    """What nobody holds of each counted shelf, and what these origins hold of it already."""
    values = {"wishes": _json([wish for lines in wanted.values() for wish in lines.values()])}
    free = {(row.store_id, row.product_id): row.on_hand for row in db.session.execute(text(shelves), values)}
    own: dict[tuple[str, Place], Decimal] = {}
    for row in db.session.execute(_KEPT_BACK, values | {"origins": list(wanted), "now": now}):
        place = (row.store_id, row.product_id)
        if place in free:
            free[place] -= row.quantity
        if row.origin_key is not None:
            own[row.origin_key, place] = row.quantity
    return free, own


def _told(
    origin: str,
    lines: Mapping[Place, BulkWish],
    free: Mapping[Place, Decimal],
    own: Mapping[tuple[str, Place], Decimal],
) -> Kept:
    def is_short(place: Place, wish: BulkWish) -> bool:
        return free[place] + own.get((origin, place), Decimal(0)) < wish.quantity

    if any(is_short(place, wish) for place, wish in lines.items() if place in free):
        return Kept.SHORT
    return Kept.RESERVED if all(place in free for place in lines) else Kept.UNCOUNTED


def _json(wishes: Sequence[BulkWish]) -> str:
    return json.dumps([_row(wish) for wish in wishes])


def _row(wish: BulkWish) -> dict[str, Any]:
    return {
        "origin_key": wish.origin_key,
        "customer_id": wish.customer_id,
        "store_id": wish.store_id,
        "product_id": wish.product_id,
        "quantity": str(wish.quantity),
        "expires_at": wish.expires_at.isoformat(),
    }
