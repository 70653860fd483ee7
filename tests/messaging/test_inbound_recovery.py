"""Customers' texts whose webhook never came are fetched from the carrier's list, once; old ones get no answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.customers import consent
from app.messaging import service, upkeep
from app.messaging.inbound import Received
from app.messaging.models import Conversation, Inbound, Message
from app.messaging.providers import Heard, LookupFailed
from app.messaging.providers.twilio import TwilioProvider
from app.people.access import Actor
from app.settings import TwilioSettings
from app.tasks.models import Task
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message, make_question, ship_templates
from tests.factories.tasks import make_task
from tests.messaging.carriers import Notepad
from tests.simulator.twilio import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, TwilioSimulator

pytestmark = pytest.mark.usefixtures("session")

SID = "SM" + "7" * 32


def heard(customer: Any, body: str, *, at: datetime, sid: str = SID) -> Heard:
    return Heard(sid=sid, from_phone=customer.phone, to_phone="+15005550006", body=body, at=at)


def recover(*texts: Heard, now: datetime) -> int:
    db.session.commit()
    provider = Notepad()
    provider.heard = list(texts)
    found = upkeep.recover_inbound(now=now, provider=provider)
    db.session.expire_all()
    return found


def stored() -> list[Inbound]:
    return list(db.session.scalars(select(Inbound).order_by(Inbound.id)))


def asked(now: datetime) -> tuple[Any, Task]:
    """A customer who was asked to confirm a visit."""
    ship_templates()
    customer = make_customer()
    task = make_task(
        customer=customer, window_start=now + timedelta(days=1), window_end=now + timedelta(days=1, hours=2)
    )
    message = make_message(customer, task=task, kind="booked", state="delivered", submitted_at=now - timedelta(hours=9))
    make_question(message, expires_at=task.window_start)
    return customer, task


def test_a_missed_text_is_kept_under_the_time_it_was_written_at(now):
    customer = make_customer()
    assert recover(heard(customer, "你好", at=now - timedelta(hours=5)), now=now) == 1
    [row] = stored()
    assert (row.body, row.customer_id) == ("你好", customer.id)
    assert (row.received_at, row.recovered_at) == (now - timedelta(hours=5), now)


def test_a_text_that_came_by_its_webhook_is_not_kept_twice(now):
    customer = make_customer()
    service.receive_inbound(
        Received(sid=SID, provider="twilio", from_phone=customer.phone, to_phone="+15005550006", body="你好"), now=now
    )
    assert recover(heard(customer, "你好", at=now), now=now) == 0
    assert stored()[0].recovered_at is None


def test_looking_twice_finds_nothing_new(now):
    customer = make_customer()
    texts = [heard(customer, "你好", at=now, sid=f"SM{n}") for n in range(3)]
    assert (recover(*texts, now=now), recover(*texts, now=now)) == (3, 0)


def test_a_missed_confirmation_still_confirms(now, drain):
    customer, task = asked(now)
    recover(heard(customer, "1", at=now - timedelta(hours=5)), now=now)
    drain()
    assert db.session.get(Task, task.id).confirmed_at is not None


def test_an_old_one_gets_no_answer_by_itself_but_a_person_looks(now, drain):
    customer, _ = asked(now)
    recover(heard(customer, "1", at=now - timedelta(hours=5)), now=now)
    drain()
    assert db.session.query(Message).filter(Message.answers_inbound_id.is_not(None)).count() == 0
    assert db.session.scalar(select(Conversation.unread).where(Conversation.customer_id == customer.id)) == 1


def test_one_that_is_only_minutes_old_is_answered_as_usual(now, drain):
    customer, _ = asked(now)
    recover(heard(customer, "1", at=now - timedelta(minutes=5)), now=now)
    drain()
    assert db.session.query(Message).filter(Message.answers_inbound_id.is_not(None)).count() == 1


def test_a_missed_stop_takes_effect(now, drain):
    customer = make_customer()
    recover(heard(customer, "STOP", at=now - timedelta(hours=5)), now=now)
    assert consent.is_opted_out(customer.phone)
    drain()


def test_a_stop_said_before_a_later_start_stays_undone(now):
    customer = make_customer()
    consent.opt_out(customer.phone, source="sms", text="STOP", actor=Actor.system(), now=now - timedelta(days=2))
    consent.opt_in(customer.phone, source="sms", text="START", actor=Actor.system(), now=now - timedelta(hours=1))
    recover(heard(customer, "STOP", at=now - timedelta(hours=5)), now=now)
    assert not consent.is_opted_out(customer.phone)


def test_several_are_told_in_the_order_they_were_written(now):
    customer = make_customer()
    late = heard(customer, "第二", at=now - timedelta(hours=1), sid="SM2")
    early = heard(customer, "第一", at=now - timedelta(hours=2), sid="SM1")
    recover(late, early, now=now)
    assert [row.body for row in stored()] == ["第一", "第二"]


def test_when_the_carrier_can_not_be_asked_the_job_is_run_again(now):
    provider = Notepad()
    provider.is_away = True
    with pytest.raises(LookupFailed):
        upkeep.recover_inbound(now=now, provider=provider)


# Through Twilio's list


@pytest.fixture(scope="module")
def simulator() -> Iterator[TwilioSimulator]:
    with TwilioSimulator() as running:
        yield running


@pytest.mark.parametrize("service_sid", ["", "MG" + "5" * 32], ids=["a number", "a service"])
def test_twilios_list_gives_what_customers_wrote_and_nothing_else(simulator, service_sid):
    simulator.reset()
    settings = TwilioSettings(
        ACCOUNT_SID,
        AUTH_TOKEN,
        messaging_service_sid=service_sid,
        from_number="" if service_sid else FROM_NUMBER,
        api_base_url=simulator.url,
    )
    provider = TwilioProvider(settings, timeout_seconds=5, threads=2)
    refused = lambda *_: 503  # noqa: E731
    simulator.text_in(to_url="http://localhost/twilio/inbound", sender="+85261234567", body="改时间", post=refused)
    [text] = provider.received(since=simulator.inbound[0].created_at - timedelta(days=1))
    assert (text.sid, text.body) == (simulator.inbound[0].sid, "改时间")
    assert (text.from_phone, text.to_phone) == ("+85261234567", FROM_NUMBER)
    assert text.at is not None
