"""Keeping goods back for many at once: the same rules as stock.reserve, said in sets.

Who comes first in the list gets the goods first. A shelf is locked before it is counted, so nobody promises the same
piece meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import text

from app.core.db import db


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


_LOCK = text("""
    SELECT store_id, product_id FROM product_stock
    WHERE (store_id, product_id) IN (
        SELECT store_id, product_id FROM jsonb_to_recordset(CAST(:wishes AS jsonb)) AS w(store_id int, product_id int))
    ORDER BY store_id, product_id FOR UPDATE
""")
# A second statement: its picture of the reservations is taken when the locks are held.
_RESERVE = text("""
    WITH wish AS (
        SELECT * FROM jsonb_to_recordset(CAST(:wishes AS jsonb)) AS w(place int, origin_key text, customer_id int,
            store_id int, product_id int, quantity numeric, expires_at timestamptz)
    ), shelf AS (
        SELECT p.store_id, p.product_id, p.on_hand - coalesce((
            SELECT sum(r.quantity) FROM stock_reservation r
            WHERE r.store_id = p.store_id AND r.product_id = p.product_id AND r.state = 'held'
                AND r.expires_at > :now AND r.purchase_id IS NULL
                AND r.origin_key NOT IN (SELECT origin_key FROM wish)), 0) AS free
        FROM product_stock p WHERE (p.store_id, p.product_id) IN (SELECT store_id, product_id FROM wish)
    ), told AS (
        SELECT w.*, CASE
            WHEN s.store_id IS NULL THEN 'uncounted'
            WHEN sum(w.quantity) OVER (PARTITION BY w.store_id, w.product_id ORDER BY w.place) <= s.free THEN 'reserved'
            ELSE 'short' END AS kept
        FROM wish w LEFT JOIN shelf s USING (store_id, product_id)
    ), held AS (
        INSERT INTO stock_reservation (origin_key, store_id, product_id, customer_id, quantity, state, reserved_at,
            expires_at)
        SELECT t.origin_key, t.store_id, t.product_id, t.customer_id, t.quantity, 'held', :now, t.expires_at
        FROM told t
        -- All that an origin wishes for, or nothing.
        WHERE NOT EXISTS (SELECT FROM told other WHERE other.origin_key = t.origin_key AND other.kept <> 'reserved')
        ORDER BY t.origin_key, t.product_id
        ON CONFLICT (origin_key, product_id) DO UPDATE SET store_id = excluded.store_id,
            customer_id = excluded.customer_id, quantity = excluded.quantity, state = 'held',
            expires_at = greatest(stock_reservation.expires_at, excluded.expires_at), ended_at = NULL
        WHERE stock_reservation.state <> 'taken'
    )
    SELECT origin_key, CASE
        WHEN bool_or(kept = 'short') THEN 'short' WHEN bool_or(kept = 'uncounted') THEN 'uncounted'
        ELSE 'reserved' END AS kept
    FROM told GROUP BY origin_key
""")


def reserve_many(wishes: Sequence[BulkWish], *, now: datetime) -> dict[str, Kept]:
    """By origin: whether all it wishes for is kept back now. In the caller's transaction."""
    if not wishes:
        return {}
    values = {"wishes": json.dumps([_row(place, wish) for place, wish in enumerate(wishes)]), "now": now}
    db.session.execute(_LOCK, {"wishes": values["wishes"]})
    return {row.origin_key: Kept(row.kept) for row in db.session.execute(_RESERVE, values)}


def _row(place: int, wish: BulkWish) -> dict[str, Any]:
    return {
        "place": place,
        "origin_key": wish.origin_key,
        "customer_id": wish.customer_id,
        "store_id": wish.store_id,
        "product_id": wish.product_id,
        "quantity": str(wish.quantity),
        "expires_at": wish.expires_at.isoformat(),
    }
