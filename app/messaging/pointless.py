"""Automatic texts that a customer's own words or deeds make pointless (R18): each is taken back with its reason.

| the customer | ends what waits unsent of |
| --- | --- |
| gives stars | requests for stars about the same visit |
| orders again, or has just bought | promotions, care that asks how things are; what was bought: the reminder of it |
| writes something that a person answers | care that asks how things are |
| complains | promotions, requests for stars and care that sells or asks, of the whole household (complaint_texts.py) |
| opts out | everything (handlers.suppress_pending) |

What people wrote stays, and so does what the visit itself needs: its reminder, its door code. Greetings stay too: a
festival comes whether or not somebody has bought.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, exists, not_, or_, select, text

from app.core.db import db
from app.core.i18n import N_
from app.core.outbox import together
from app.customers.models import Customer
from app.events import PurchaseRecorded
from app.messaging import outbound
from app.messaging.kinds import Kind
from app.messaging.models import Message
from app.messaging.touch_ends import HAS_COMPLAINED, HAS_ORDERED, HAS_WRITTEN
from app.purchases.models import Purchase

__all__ = ["HAS_COMPLAINED", "HAS_ORDERED", "HAS_RATED", "HAS_WRITTEN"]

HAS_RATED = N_("the customer has given stars already")
JUST_BOUGHT = timedelta(days=2)
"""Receipts may come late, and old ones by the thousand: only a purchase of these days says something about today."""
GREETINGS = ("birthday", "festival", "milestone")
ASKS_ABOUT_A_PURCHASE = "after_purchase"


def end_after_rating(task_id: int, *, now: datetime) -> None:
    if task_id in outbound.tasks_with_waiting([task_id]):
        outbound.cancel_waiting(
            and_(Message.task_id == task_id, Message.kind == Kind.RATING.value), reason=HAS_RATED, now=now
        )


def end_after_order(customer_id: int, *, now: datetime) -> None:
    _end_after_orders([customer_id], now=now)


@together()
def end_after_purchases(facts: Sequence[PurchaseRecorded], *, now: datetime) -> None:
    """The reminder of what was bought is taken back by its plan, which knows the product."""
    customer_of = {fact.purchase_id: fact.customer_id for fact in facts}
    just_bought = db.session.scalars(
        select(Purchase.id).where(Purchase.id.in_(customer_of), Purchase.bought_at > now - JUST_BOUGHT)
    )
    customer_ids = sorted({customer_of[purchase_id] for purchase_id in just_bought})
    if customer_ids:
        _end_after_orders(customer_ids, now=now)


def _end_after_orders(customer_ids: Collection[int], *, now: datetime) -> None:
    _end(customer_ids, or_(_of(Kind.PROMOTION), _asking(ASKS_ABOUT_A_PURCHASE)), reason=HAS_ORDERED, now=now)


def end_after_writing(customer_id: int, *, now: datetime) -> None:
    _end([customer_id], _asking(), reason=HAS_WRITTEN, now=now)


def end_after_complaint(customer_id: int, *, now: datetime) -> None:
    """Of the whole household. What a guardian asked to be reminded of goes on; so do greetings."""
    household_id = select(Customer.household_id).where(Customer.id == customer_id).scalar_subquery()
    members = select(Customer.id).where(Customer.household_id == household_id)
    is_pointless = or_(
        _of(Kind.PROMOTION, Kind.RATING),
        and_(_of(Kind.REORDER), not_(Message.is_restricted)),
        and_(_of(Kind.CARE), _from_plan([ASKS_ABOUT_A_PURCHASE])),
    )
    outbound.cancel_waiting(
        and_(Message.customer_id.in_(members), Message.sender_id.is_(None), is_pointless),
        reason=HAS_COMPLAINED,
        now=now,
    )


def _asking(*except_plans: str) -> ColumnElement[bool]:
    """Care that only asks how things are."""
    return and_(_of(Kind.CARE), not_(_from_plan([*GREETINGS, *except_plans])))


def _of(*kinds: Kind) -> ColumnElement[bool]:
    return Message.kind.in_([kind.value for kind in kinds])


def _from_plan(kinds: Collection[str]) -> ColumnElement[bool]:
    """Does the text come from a care plan of one of these kinds? Its key begins careplan:{plan}:."""
    is_its_plan = text(
        "message.dedupe_key LIKE 'careplan:%' AND CAST(care_plan.id AS text) = split_part(message.dedupe_key, ':', 2)"
        " AND care_plan.kind = ANY(:plan_kinds)"
    ).bindparams(bindparam("plan_kinds", list(kinds), unique=True))
    return exists(select(text("1")).select_from(text("care_plan")).where(is_its_plan))


# Most who write or buy have nothing waiting, and asking costs a fraction of ending.
_SOMETHING_WAITS = text("""
    SELECT EXISTS (SELECT FROM message
        WHERE customer_id = ANY(CAST(:customers AS int[])) AND state IN ('pending', 'claimed'))
""")


def _end(customer_ids: Collection[int], which: ColumnElement[bool], *, reason: str, now: datetime) -> None:
    if not db.session.scalar(_SOMETHING_WAITS, {"customers": list(customer_ids)}):
        return
    outbound.cancel_waiting(
        and_(Message.customer_id.in_(customer_ids), which, Message.sender_id.is_(None)), reason=reason, now=now
    )
