"""The tier in a customer's file: set in bulk by what is computed, or pinned by a person; every change is kept.

What a customer deserves is computed above this slice; here it is written down.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select, text

from app.core import audit
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.customers import access, care_limits
from app.customers.errors import TooPrivate
from app.customers.models import Customer, TierHistory
from app.customers.values import Tier
from app.people.access import Actor, require_lead
from app.people.models import Staff, Store

LONGEST_REASON = 300


class Cause(StrEnum):
    COMPUTED = "computed"
    PINNED = "pinned"
    UNPINNED = "unpinned"
    PIN_ENDED = "pin_ended"


@dataclass(frozen=True)
class TierChange:
    """The tier a customer should have, and the figures that say so."""

    customer_id: int
    tier: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pin:
    reason: str
    pinned_at: datetime
    pinned_by: str | None
    until: date | None
    holds: bool


@dataclass(frozen=True)
class PastTier:
    """One line of the history."""

    tier: str
    previous: str
    since: datetime
    cause: str
    reason: str
    changed_by: str | None


PIN_HOLDS = """(c.tier_pinned_at IS NOT NULL
    AND (c.tier_pinned_until IS NULL
        OR c.tier_pinned_until >= (CAST(:now AS timestamptz) AT TIME ZONE s.zone)::date))"""
"""Over `customer c` and its `store s`: whether a person's word stands on the store's day of `:now`."""

_SET = text(f"""
    WITH wanted AS (
        SELECT * FROM unnest(CAST(:ids AS int[]), CAST(:tiers AS text[]), CAST(:details AS jsonb[]))
            AS w (customer_id, tier, detail)
    ), moved AS (
        UPDATE customer c
        SET tier = w.tier, tier_pin_reason = NULL, tier_pinned_at = NULL, tier_pinned_by_id = NULL,
            tier_pinned_until = NULL, updated_at = :now
        FROM wanted w, store s
        WHERE c.id = w.customer_id AND s.id = c.store_id AND NOT {PIN_HOLDS}
          AND (c.tier <> w.tier OR c.tier_pinned_at IS NOT NULL)
        RETURNING c.id, c.store_id, old.tier AS previous, new.tier AS tier, w.detail,
            CASE WHEN old.tier_pinned_at IS NULL THEN 'computed' ELSE 'pin_ended' END AS cause
    ), kept AS (
        INSERT INTO tier_history (customer_id, tier, previous, since, cause, detail)
        SELECT id, tier, previous, :now, cause, detail FROM moved
    ), logged AS (
        INSERT INTO audit_entry (at, actor, action, subject_type, subject_id, store_id, detail)
        SELECT :now, :actor, 'customer.tier', 'customer', id::text, store_id,
            jsonb_build_object('from', previous, 'to', tier, 'cause', cause)
        FROM moved
    )
    SELECT count(*) FROM moved
""")  # noqa: S608  no text from outside


def set_tiers(changes: Sequence[TierChange], *, actor: Actor, now: datetime) -> int:
    """Write computed tiers with history and audit, in one statement whatever their number; returns how many changed.

    A pin that holds is left alone; one that has ended is taken off.
    """
    if not changes:
        return 0
    ordered = sorted(changes, key=lambda change: change.customer_id)
    count = db.session.scalar(
        _SET,
        {
            "ids": [change.customer_id for change in ordered],
            "tiers": [change.tier for change in ordered],
            "details": [json.dumps(change.detail) for change in ordered],
            "actor": str(access.audit_name(actor)),
            "now": now,
        },
    )
    return int(count or 0)


def pin(customer_id: int, tier: Tier, *, reason: str, until: date | None, actor: Actor, now: datetime) -> Customer:
    """Set the tier by hand, through the day `until` or for good. Pinning again replaces the pin."""
    customer, today = _locked(customer_id, actor=actor, now=now)
    require_lead(actor, customer.store_id)
    reason = _checked(reason)
    if until is not None and until < today:
        raise Invalid(errors={"until": [N_("This day is over.")]})
    previous = customer.tier
    customer.tier = tier.value
    customer.tier_pin_reason, customer.tier_pinned_until = reason, until
    customer.tier_pinned_at, customer.tier_pinned_by_id = now, actor.staff_id
    customer.updated_at = now
    detail: dict[str, Any] = {"until": until.isoformat() if until else None}
    _keep(customer, previous, Cause.PINNED, reason=reason, detail=detail, actor=actor, now=now)
    return customer


def unpin(customer_id: int, *, back_to: Tier, actor: Actor, now: datetime) -> Customer:
    """Take the pin off; the tier becomes the computed one again. Nothing changes where none was."""
    customer, _today = _locked(customer_id, actor=actor, now=now)
    require_lead(actor, customer.store_id)
    if customer.tier_pinned_at is None:
        return customer
    previous = customer.tier
    customer.tier = back_to.value
    customer.tier_pin_reason = customer.tier_pinned_at = None
    customer.tier_pinned_by_id = customer.tier_pinned_until = None
    customer.updated_at = now
    _keep(customer, previous, Cause.UNPINNED, reason="", detail={}, actor=actor, now=now)
    return customer


def pin_of(customer: Customer, *, now: datetime) -> Pin | None:
    """The pin with the name of who set it. The caller has checked who asks."""
    if customer.tier_pinned_at is None or customer.tier_pin_reason is None:
        return None
    name = db.session.scalar(select(Staff.name).where(Staff.id == customer.tier_pinned_by_id))
    today = _today_of(customer.store_id, now=now)
    return Pin(
        reason=customer.tier_pin_reason,
        pinned_at=customer.tier_pinned_at,
        pinned_by=name,
        until=customer.tier_pinned_until,
        holds=customer.tier_pinned_until is None or customer.tier_pinned_until >= today,
    )


def history(customer_id: int, *, limit: int = 20) -> list[PastTier]:
    """The changes of the tier, newest first. The caller has checked who asks."""
    rows = db.session.execute(
        select(TierHistory, Staff.name)
        .outerjoin(Staff, Staff.id == TierHistory.changed_by_id)
        .where(TierHistory.customer_id == customer_id)
        .order_by(TierHistory.since.desc(), TierHistory.id.desc())
        .limit(limit)
    )
    return [
        PastTier(
            tier=row.tier, previous=row.previous, since=row.since, cause=row.cause, reason=row.reason, changed_by=name
        )
        for row, name in rows
    ]


def _locked(customer_id: int, *, actor: Actor, now: datetime) -> tuple[Customer, date]:
    stmt = select(Customer).where(Customer.id == customer_id).with_for_update(key_share=True)
    stmt = access.visible_customers(stmt, actor, now).execution_options(populate_existing=True)
    customer: Customer | None = db.session.scalar(stmt)
    if customer is None:
        raise NotFound()
    return customer, _today_of(customer.store_id, now=now)


def _today_of(store_id: int, *, now: datetime) -> date:
    local = func.timezone(Store.zone, now)
    today: date = db.session.execute(select(func.date(local)).where(Store.id == store_id)).scalar_one()
    return today


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Invalid(errors={"reason": [N_("Say why, so that a colleague understands it.")]})
    if len(reason) > LONGEST_REASON:
        raise Invalid(errors={"reason": [N_("This is too long.")]})
    found = care_limits.check(reason)
    if not found.may_be_kept:
        words = [{"topic": crossing.topic.value, "word": crossing.word} for crossing in found.crossings]
        raise TooPrivate(errors={"reason": found.advice}, extra={"words": words})
    return reason


def _keep(
    customer: Customer,
    previous: str,
    cause: Cause,
    *,
    reason: str,
    detail: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    db.session.flush()
    db.session.execute(
        insert(TierHistory).values(
            customer_id=customer.id,
            tier=customer.tier,
            previous=previous,
            since=now,
            cause=cause.value,
            reason=reason,
            detail=detail,
            changed_by_id=actor.staff_id,
        )
    )
    audit.record(
        access.audit_name(actor),
        action="customer.tier",
        subject=("customer", customer.id),
        store_id=customer.store_id,
        now=now,
        detail={"from": previous, "to": customer.tier, "cause": cause.value},
    )
