"""Reminders that are planned already follow what is known of the supplies: a request that was taken back or made, a
consumer who uses more or less a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.careplans import ending
from app.careplans.ending import OPEN_STATES, Ending
from app.careplans.generating import Span
from app.careplans.reasons import OccurrenceState, WhyNot
from app.core.db import db

BEARABLE_DAYS = 2
"""A booked reminder stays where it is when supplies last so much longer or shorter, unless it comes too late."""
DAYS_TO_BRING = 2
"""So long before the run-out a booked reminder is to come: told on the last day, goods could hardly be brought."""


def follow(span: Span, *, now: datetime) -> None:
    """In the caller's transaction. What nobody wishes for any more is ended also when its task or text is made."""
    changed = _changed(span)
    if not changed:
        return
    ending.settle([end for row in changed if (end := _ending(row)) is not None], now=now)
    db.session.execute(
        text("""
            UPDATE occurrence o SET
                due_day = CASE WHEN o.state IN ('due', 'deferred')
                    THEN o.due_day + (r.day - CAST(o.detail ->> 'run_out' AS date)) ELSE o.due_day END,
                detail = o.detail || jsonb_build_object('run_out', r.day, 'requested', r.is_requested,
                    'restricted', r.is_restricted, 'quantity', r.reorder_quantity, 'delivery', r.needs_delivery)
            FROM run_out r
            WHERE o.id = ANY(CAST(:ids AS bigint[])) AND o.state IN ('due', 'deferred', 'booked', 'merged')
                AND r.customer_id = o.customer_id AND r.product_id = CAST(o.detail ->> 'product_id' AS int)
        """),
        {"ids": [row.id for row in changed]},
    )


def _changed(span: Span) -> list[Any]:
    return list(
        db.session.execute(
            text(f"""
                SELECT o.id, o.state, o.lead_id, r.is_restricted AND NOT r.is_requested AS is_unasked,
                    r.day < o.booked_day + {DAYS_TO_BRING}
                        OR abs(r.day - CAST(o.detail ->> 'run_out' AS date)) > {BEARABLE_DAYS} AS is_off
                FROM occurrence o
                JOIN run_out r ON r.customer_id = o.customer_id
                    AND r.product_id = CAST(o.detail ->> 'product_id' AS int)
                WHERE o.household_id BETWEEN :from_id AND :until_id AND o.state IN {OPEN_STATES}
                    AND o.kind = 'replenishment'
                    AND (CAST(o.detail ->> 'run_out' AS date), CAST(o.detail ->> 'requested' AS boolean),
                        CAST(o.detail ->> 'restricted' AS boolean))
                        IS DISTINCT FROM (r.day, r.is_requested, r.is_restricted)
                ORDER BY o.id FOR UPDATE OF o
            """),  # noqa: S608  fixed parts, values are bound
            span.values,
        )
    )


def _ending(row: Any) -> Ending | None:
    is_made = row.state == OccurrenceState.MADE
    if row.is_unasked:
        if not is_made:
            return Ending(row.id, OccurrenceState.DEFERRED, WhyNot.NO_REQUEST)
        return Ending(row.id, OccurrenceState.ENDED, WhyNot.NO_REQUEST) if row.lead_id is None else None
    is_planned = row.state in (OccurrenceState.BOOKED, OccurrenceState.MERGED)
    return Ending(row.id, OccurrenceState.DUE, None) if is_planned and row.is_off else None


def end_unwanted(customer_id: int, product_id: int, *, now: datetime) -> None:
    """A request was taken back, or the product is used no more: what stands now says which reminders go."""
    rows = db.session.execute(
        text(f"""
            SELECT o.id, o.state, o.lead_id, r.known IS NULL AS is_gone, r.is_unasked, false AS is_off
            FROM occurrence o
            LEFT JOIN LATERAL (
                SELECT true AS known, bool_and(x.is_restricted AND NOT x.is_requested) AS is_unasked
                FROM run_out x JOIN customer c ON c.id = x.customer_id
                WHERE c.household_id = o.household_id AND x.product_id = :product_id HAVING count(*) > 0) r ON true
            WHERE o.household_id = (SELECT household_id FROM customer WHERE id = :customer_id)
                AND o.state IN {OPEN_STATES} AND o.kind = 'replenishment'
                AND CAST(o.detail ->> 'product_id' AS int) = :product_id AND (r.known IS NULL OR r.is_unasked)
            ORDER BY o.id FOR UPDATE OF o
        """),  # noqa: S608  fixed parts, values are bound
        {"customer_id": customer_id, "product_id": product_id},
    ).all()
    gone = [Ending(row.id, OccurrenceState.ENDED, WhyNot.NOT_USED) for row in rows if row.is_gone]
    unasked = [end for row in rows if not row.is_gone and (end := _ending(row)) is not None]
    ending.settle([*gone, *unasked], now=now)
