"""From a customer's text to the customer's own answer, through the real handlers and the drain."""

import pytest

from app.complaints import service
from app.complaints.models import Complaint
from app.core.db import db
from app.messaging import service as messaging
from app.messaging.drain import drain_messages
from app.messaging.models import Message
from tests.factories.complaints import RIGHT
from tests.factories.messaging import ship_templates


@pytest.fixture
def settle(drain):
    def run() -> None:
        while drain() or drain_messages():
            pass

    return run


@pytest.mark.parametrize(("answer", "stage", "satisfied"), [("1", "resolved", True), ("2", "opened", None)])
def test_a_complaint_by_text_ends_with_an_answer_by_text(shop, settle, now, answer, stage, satisfied):
    ship_templates()
    messaging.answer_from_sandbox(shop.customer.phone, "你們的服務太差了，我要投訴", now=now)
    settle()
    case = db.session.query(Complaint).one()
    assert (case.source, case.stage, case.customer_id) == ("sms", "opened", shop.customer.id)
    boss = shop.actor("boss")
    service.acknowledge(case.id, actor=boss, now=now)
    service.resolve(case.id, **RIGHT, actor=boss, now=now)
    settle()
    kinds = [text.kind for text in db.session.query(Message).order_by(Message.id)]
    assert kinds == ["complaint_heard", "complaint_remedy"]
    messaging.answer_from_sandbox(shop.customer.phone, answer, now=now)
    settle()
    db.session.refresh(case)
    assert (case.stage, case.satisfied) == (stage, satisfied)
