"""The occurrence behind an origin key, found by its unique index."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import text

from app.careplans.booking import origin_key_sql
from app.core.db import db

_KEY = re.compile(r"careplan:(\d{1,9}):cust:(\d{1,9}):")


def occurrence_of(origin_key: str) -> Any | None:
    """The leading occurrence of this contact, locked; None when it is tried again under another key by now."""
    found = _KEY.match(origin_key)
    if found is None:
        return None
    return db.session.execute(
        text(f"""
            SELECT o.id, o.state, o.reason, o.task_id, o.customer_id, o.store_id, o.kind, o.detail, o.household_id
            FROM occurrence o
            WHERE o.customer_id = :customer AND o.plan_id = :plan AND {origin_key_sql("o")} = :key FOR UPDATE
        """),  # noqa: S608  fixed parts, values are bound
        {"plan": int(found[1]), "customer": int(found[2]), "key": origin_key},
    ).first()


def put_off_after(origin_key: str) -> int | None:
    """The occurrence that is to be tried again because the contact of this key failed, as long as nobody has begun the
    new try; locked."""
    found = _KEY.match(origin_key)
    if found is None:
        return None
    name, _, tries = origin_key.partition("~")
    occurrence_id: int | None = db.session.scalar(
        text("""
            SELECT o.id FROM occurrence o
            WHERE o.customer_id = :customer AND o.plan_id = :plan
                AND 'careplan:' || o.plan_id || ':cust:' || o.customer_id || ':' || o.key = :name
                AND o.tries = :tries + 1 AND o.state IN ('due', 'deferred', 'booked', 'merged') FOR UPDATE
        """),
        {"plan": int(found[1]), "customer": int(found[2]), "name": name, "tries": int(tries or 0)},
    )
    return occurrence_id
