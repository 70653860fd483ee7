"""Messages for tests: added, flushed, returned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from app.core.db import db
from app.customers.models import Customer
from app.messaging import service
from app.messaging.kinds import rule_of
from app.messaging.models import Conversation, Inbound, Message, Question
from app.people.models import Store
from app.tasks.models import Task
from tests.factories.customers import make_customer

NOW = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)  # the tests' `now`, 10:00 in Hong Kong

_numbers = count(1)


def ship_templates() -> None:
    service.ship_templates(now=NOW - timedelta(days=30))


def make_message(
    customer: Customer | None = None, *, task: Task | None = None, kind: str = "help", **changes: Any
) -> Message:
    """A text due now; its kind doesn't depend on a task unless one is given."""
    customer = customer or make_customer()
    store = db.session.get(Store, customer.store_id)
    assert store is not None
    values: dict[str, Any] = {
        "dedupe_key": f"test:{next(_numbers)}",
        "kind": kind,
        "customer_id": customer.id,
        "store_id": store.id,
        "task_id": task.id if task else None,
        "to_phone": customer.phone,
        "zone": store.zone,
        "locale": customer.locale,
        "body": "【慧芳】您好，这是一条测试短信。",
        "encoding": "UCS-2",
        "segments": 1,
        "priority": rule_of(kind).priority,
        "not_before": NOW,
        "expires_at": NOW + timedelta(hours=24),
        "created_at": NOW,
        "state": "pending",
        **changes,
    }
    message = Message(**values)
    db.session.add(message)
    db.session.flush()
    return message


def make_inbound(customer: Customer | None = None, body: str = "你好", **changes: Any) -> Inbound:
    values: dict[str, Any] = {
        "sid": f"SBIN{next(_numbers):08d}",
        "provider": "sandbox",
        "from_phone": customer.phone if customer else "+85260000001",
        "to_phone": "+85200000000",
        "body": body,
        "customer_id": customer.id if customer else None,
        "raw": {},
        "received_at": NOW,
        **changes,
    }
    inbound = Inbound(**values)
    db.session.add(inbound)
    db.session.flush()
    return inbound


def make_question(message: Message, kind: str = "confirm", **changes: Any) -> Question:
    values: dict[str, Any] = {
        "customer_id": message.customer_id,
        "message_id": message.id,
        "kind": kind,
        "subject_type": "task",
        "subject_id": message.task_id or 0,
        "options": [],
        "code": str(10 + next(_numbers) % 90),
        "asked_at": NOW,
        "expires_at": NOW + timedelta(hours=24),
        **changes,
    }
    question = Question(**values)
    db.session.add(question)
    db.session.flush()
    return question


def make_conversation(customer: Customer | None = None, **changes: Any) -> Conversation:
    customer = customer or make_customer()
    values: dict[str, Any] = {"customer_id": customer.id, "store_id": customer.store_id, "last_at": NOW, **changes}
    conversation = Conversation(**values)
    db.session.add(conversation)
    db.session.flush()
    return conversation
