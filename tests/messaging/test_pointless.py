"""Which waiting texts of the care plans a customer's deeds make pointless, and which go on (R18)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.careplans.models import CarePlan
from app.core.db import db
from app.core.outbox import publish
from app.customers.models import Customer
from app.events import PurchaseRecorded
from app.messaging import inbound, pointless
from app.messaging.inbound import Received
from app.messaging.models import Message
from tests.factories.careplans import make_plan
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message, ship_templates
from tests.factories.people import make_staff, make_store
from tests.factories.purchases import make_purchase
from tests.factories.tasks import make_checklist

pytestmark = pytest.mark.usefixtures("session")

PLANS = ("birthday", "festival", "milestone", "after_purchase", "cadence")
LATER = timedelta(hours=3)


@pytest.fixture
def customer() -> Customer:
    make_checklist(task_type="callback", reason="complaint")
    ship_templates()
    store = make_store()
    return make_customer(store=store, owner=make_staff(store=store))


def waiting(customer: Customer, now: Any) -> dict[str, Message]:
    """A text of each plan that writes care, a reminder, a requested reminder of formula, an offer; all still wait."""
    texts = {kind: of_plan(customer, make_plan(kind), now, kind="care") for kind in PLANS}
    texts["reminder"] = of_plan(customer, make_plan("replenishment"), now, kind="reorder")
    texts["formula"] = of_plan(customer, make_plan("replenishment"), now, kind="reorder", is_restricted=True)
    texts["offer"] = of_plan(customer, make_plan("promotion"), now, kind="promotion")
    texts["by hand"] = make_message(customer, kind="care", not_before=now + LATER, sender_id=customer.owner_id)
    return texts


def of_plan(customer: Customer, plan: CarePlan, now: Any, **changes: Any) -> Message:
    key = f"careplan:{plan.id}:cust:{customer.id}:2027"
    return make_message(customer, dedupe_key=key, not_before=now + LATER, **changes)


def ended(texts: dict[str, Message]) -> dict[str, str | None]:
    for message in texts.values():
        db.session.refresh(message)
    return {name: message.end_reason for name, message in texts.items() if message.state == "canceled"}


def bought(customer: Customer, now: Any, *, days_ago: int = 0) -> None:
    purchase = make_purchase(customer, bought_at=now - timedelta(days=days_ago))
    fact = PurchaseRecorded(
        purchase_id=purchase.id, customer_id=customer.id, store_id=customer.store_id, occurred_at=now
    )
    publish(fact)
    db.session.commit()


def test_a_purchase_ends_offers_and_questions_how_things_are(customer, now, drain):
    texts = waiting(customer, now)
    bought(customer, now)
    drain()
    assert ended(texts) == dict.fromkeys(("cadence", "offer"), pointless.HAS_ORDERED)


def test_an_old_receipt_that_comes_late_ends_nothing(customer, now, drain):
    texts = waiting(customer, now)
    bought(customer, now, days_ago=30)
    drain()
    assert ended(texts) == {}


def test_a_complaint_ends_what_sells_or_asks_but_no_greeting_and_no_requested_reminder(customer, now, drain):
    texts = waiting(customer, now)
    make_complaint(customer, now=now)
    drain()
    assert ended(texts) == dict.fromkeys(("after_purchase", "reminder", "offer"), pointless.HAS_COMPLAINED)


def test_writing_to_a_person_ends_questions_how_things_are(customer, now, drain):
    texts = waiting(customer, now)
    said = "你们周日几点开门，我想带朋友过来看看"
    inbound.receive(
        Received(sid="SBIN7", provider="sandbox", from_phone=str(customer.phone), to_phone="+85200000000", body=said),
        now=now,
    )
    db.session.commit()
    drain()
    gone = ended(texts)
    assert set(gone) >= {"cadence", "after_purchase"}
    assert not {"birthday", "festival", "milestone", "reminder", "formula", "offer", "by hand"} & set(gone)
