"""What this slice does about facts. Everything is computed from the rows as they stand, so the order doesn't matter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.core.db import db
from app.core.outbox import together
from app.customers.models import Customer
from app.events import (
    CustomersMerged,
    CustomersParted,
    GuardianConsentWithdrawn,
    MemberAnonymised,
    PurchaseCorrected,
    PurchaseRecorded,
    PurchaseReturned,
)
from app.purchases import habits, intakes, referrals, run_outs, stock_sales
from app.purchases.changes import buyers_of


@together()
def keep_run_outs_after_purchases(facts: Sequence[PurchaseRecorded], *, now: datetime) -> None:
    purchase_ids = [fact.purchase_id for fact in facts]
    buyers = buyers_of(purchase_ids, [fact.customer_id for fact in facts])
    # Households first, as everywhere; the amounts within them are ours then.
    run_outs.lock_households(buyers)
    intakes.follow_stages(purchase_ids, now=now)
    run_outs.refresh(now, buyers)


def keep_run_outs_after_correction(fact: PurchaseCorrected, *, now: datetime) -> None:
    intakes.follow_stages([fact.purchase_id], now=now)
    run_outs.refresh(now, buyers_of([fact.purchase_id], [fact.customer_id, fact.previous_customer_id]))


def keep_habits_after_correction(fact: PurchaseCorrected, *, now: datetime) -> None:
    """A receipt written on somebody else by mistake changes the habits of both."""
    for customer_id in sorted(buyers_of([fact.purchase_id], [fact.customer_id, fact.previous_customer_id])):
        habits.refresh_for([customer_id], now=now)
        referrals.recount(customer_id, now=now)


def keep_run_outs_after_return(fact: PurchaseReturned, *, now: datetime) -> None:
    run_outs.refresh(now, buyers_of([fact.purchase_id], [fact.customer_id]))


@together()
def settle_stock(facts: Sequence[PurchaseRecorded | PurchaseCorrected | PurchaseReturned], *, now: datetime) -> None:
    stock_sales.settle({fact.purchase_id for fact in facts}, now=now)


def end_intakes_without_consent(fact: GuardianConsentWithdrawn, *, now: datetime) -> None:
    intakes.end_for_member(fact.member_id, reason="consent withdrawn", now=now)


def end_intakes_of_forgotten_member(fact: MemberAnonymised, *, now: datetime) -> None:
    intakes.end_for_member(fact.member_id, reason="member removed", now=now)


def recompute_after_merge(fact: CustomersMerged, *, now: datetime) -> None:
    _recompute([fact.kept_id], now=now)


def recompute_after_parting(fact: CustomersParted, *, now: datetime) -> None:
    _recompute([fact.kept_id, fact.restored_id], now=now)


def _recompute(customer_ids: list[int], *, now: datetime) -> None:
    """Whose purchases and daily amounts have changed; who was merged further meanwhile is computed with that merge."""
    standing = sorted(db.session.scalars(select(Customer.id).where(Customer.id.in_(customer_ids))))
    for customer_id in standing:
        habits.refresh_for([customer_id], now=now)
        referrals.recount(customer_id, now=now)
    run_outs.refresh(now, standing)
