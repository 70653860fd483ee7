"""Several workers, real commits: each text goes out once, none after a stop."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.core import clock
from app.core.db import db, transaction
from app.customers import consent
from app.messaging import callbacks, upkeep
from app.messaging.callbacks import Report
from app.messaging.drain import Drain
from app.messaging.models import Message, State
from app.messaging.providers import Found, Outgoing, Sent
from app.messaging.providers.twilio import TwilioProvider
from app.people.access import Actor
from app.settings import MessagingSettings, TwilioSettings
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.messaging.carriers import Notepad
from tests.simulator import twilio as simulator_module
from tests.simulator.twilio import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, TwilioSimulator

FEW = MessagingSettings(threads=4, claim_size=10)


class Recorder:
    """A provider that only notes what it is asked to send, and when."""

    name = "sandbox"
    sender = "sandbox"

    def __init__(self, on_send: Callable[[Outgoing], None] = lambda _: None) -> None:
        self.sent: list[str] = []
        self.on_send = on_send

    def send(self, message: Outgoing) -> Sent:
        self.on_send(message)
        self.sent.append(message.message_id)
        return Sent(sid=f"SB{message.message_id}", is_delivered=True)

    def find(self, *, to: str) -> list[Any]:
        return []

    def fetch(self, sid: str) -> None:
        return None

    def received(self, *, since: Any) -> list[Any]:
        return []


@pytest.fixture
def simulator() -> Iterator[TwilioSimulator]:
    with TwilioSimulator() as running:
        yield running


def in_threads(app: Flask, count: int, work: Callable[[int], None]) -> None:
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            with app.app_context():
                work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []


def test_four_workers_send_each_text_once(app, fresh_database, simulator):
    customers = [make_customer() for _ in range(10)]
    for number in range(120):
        make_message(customers[number % 10], body=f"第{number}条")
    db.session.commit()
    simulator.script(*[simulator_module.TOO_MANY] * 5)
    settings = TwilioSettings(ACCOUNT_SID, AUTH_TOKEN, from_number=FROM_NUMBER, api_base_url=simulator.url)
    fast = MessagingSettings(threads=4, claim_size=10, time_scale=0.001)

    def work(_: int) -> None:
        provider = TwilioProvider(settings, timeout_seconds=10, threads=4)
        while db.session.query(Message).filter(Message.state.in_(["pending", "claimed"])).count():
            Drain(provider, settings=fast).run(stop_after_seconds=20)
            db.session.remove()

    in_threads(app, 4, work)
    assert Counter(Counter(message.body for message in simulator.messages).values()) == {1: 120}
    assert {row.state for row in db.session.query(Message)} == {State.SUBMITTED}


def test_a_stop_that_is_committed_lets_no_further_text_through(app, fresh_database):
    customer = make_customer()
    for number in range(60):
        make_message(customer, body=f"第{number}条")
    db.session.commit()
    stopped = threading.Event()
    late: list[str] = []
    pause = threading.Event()

    def note(message: Outgoing) -> None:
        if stopped.is_set():
            late.append(message.message_id)
        pause.wait(0.005)

    provider = Recorder(note)

    def work(number: int) -> None:
        if number == 0:
            pause.wait(0.05)
            with transaction():
                consent.opt_out(customer.phone, source="sms", text="STOP", actor=Actor.system(), now=clock.now())
            # What was submitted before the commit may still be on its way; nothing new may begin.
            db.session.execute(text("SELECT 1"))
            under_way.update(
                str(row[0])
                for row in db.session.execute(text("SELECT id FROM message WHERE state IN ('submitting', 'delivered')"))
            )
            stopped.set()
        else:
            Drain(provider, settings=FEW).run(stop_after_seconds=10)

    under_way: set[str] = set()
    in_threads(app, 3, work)
    assert set(late) <= under_way
    states = Counter(row.state for row in db.session.query(Message))
    assert states[State.DELIVERED] == len(provider.sent)
    assert states[State.SUPPRESSED] + states[State.PENDING] + states[State.DELIVERED] == 60


def test_a_stop_waits_for_a_submit_that_holds_the_number(app, fresh_database):
    customer = make_customer()
    make_message(customer)
    db.session.commit()
    order: list[str] = []
    holding, released = threading.Event(), threading.Event()

    def work(number: int) -> None:
        if number == 0:
            with transaction():
                consent.hold([customer.phone])
                holding.set()
                released.wait(0.3)
                order.append("submitted")
        else:
            holding.wait(5)
            with transaction():
                consent.opt_out(customer.phone, source="sms", text="STOP", actor=Actor.system(), now=clock.now())
            order.append("stopped")

    in_threads(app, 2, work)
    assert order == ["submitted", "stopped"]


def test_a_result_is_kept_while_the_database_is_away_for_a_moment(session, monkeypatch):
    message = make_message()
    recorder = Recorder()
    drain = Drain(recorder, settings=FEW)
    record, failures = drain._record, iter([True, True])

    def stumble(done: Any) -> None:
        if done and next(failures, False):
            raise OperationalError("UPDATE", {}, Exception("server closed the connection"))
        record(done)

    monkeypatch.setattr(drain, "_record", stumble)
    message_id = message.id
    drain.run(stop_after_seconds=10)
    assert db.session.get(Message, message_id).state == State.DELIVERED
    assert recorder.sent == [str(message_id)]


def test_a_callback_and_a_look_up_of_twins_never_wait_for_each_other_and_agree(app, fresh_database):
    """Two texts with the same words, both unknown; the carrier has both, and its callbacks come while we look."""
    called = datetime(2027, 3, 10, 2, tzinfo=UTC)
    customer = make_customer()
    twins = [
        make_message(
            customer,
            body="好的",
            state="unknown",
            provider="twilio",
            attempt_no=1,
            call_started_at=called,
            next_attempt_at=datetime(2020, 1, 1, tzinfo=UTC),
        )
        for _ in range(2)
    ]
    ids, phone = [twin.id for twin in twins], customer.phone
    db.session.commit()
    provider = Notepad()
    provider.found = [
        Found(sid=f"SM{number}", status="sent", body="好的", created_at=called + timedelta(seconds=1))
        for number in (1, 0)
    ]

    def work(number: int) -> None:
        for _ in range(15):
            if number == 2:
                upkeep.reconcile_unknown(now=clock.now(), provider=provider)
                with transaction():
                    db.session.execute(
                        text("UPDATE message SET next_attempt_at = '2020-01-01Z' WHERE state = 'unknown'")
                    )
            else:
                report = Report(
                    provider="twilio", sid=f"SM{number}", status="delivered", to_phone=phone, message_id=ids[number]
                )
                with transaction():
                    callbacks.receive(report, now=clock.now())

    in_threads(app, 3, work)
    db.session.expire_all()
    found = {row.id: (row.provider_sid, row.state) for row in db.session.query(Message)}
    assert found == {ids[0]: ("SM0", State.DELIVERED), ids[1]: ("SM1", State.DELIVERED)}


def test_matching_again_holds_one_row_at_a_time(app, fresh_database, monkeypatch):
    """A worker writes two results in the order opposite to the one in which their news came."""
    now = clock.now()
    rows = [make_message(state="submitting", provider="twilio", attempt_no=1, lease_owner="me", lease_until=now)]
    rows.append(make_message(state="submitting", provider="twilio", attempt_no=1, lease_owner="me", lease_until=now))
    ids = [row.id for row in rows]
    for number, row in enumerate(rows):
        report = Report(provider="twilio", sid=f"SM{number}", status="sent", to_phone=row.to_phone)
        callbacks.receive(report, now=now)
        row.provider_sid = f"SM{number}"
    db.session.commit()
    first_is_held, second_is_held = threading.Event(), threading.Event()
    apply = callbacks.apply

    def apply_slowly(message: Message, *args: Any, **kwargs: Any) -> None:
        apply(message, *args, **kwargs)
        if message.id == ids[0]:
            first_is_held.set()
            second_is_held.wait(5)
            time.sleep(0.2)

    monkeypatch.setattr(callbacks, "apply", apply_slowly)

    def work(number: int) -> None:
        if number == 0:
            upkeep.expire_due(now=now)
            return
        first_is_held.wait(5)
        with transaction():
            # Not RECORD_SENT itself, whose order is PostgreSQL's to choose.
            for one in reversed(ids):
                db.session.execute(text("UPDATE message SET lookups = 1 WHERE id = :id"), {"id": one})
                second_is_held.set()

    in_threads(app, 2, work)
    db.session.expire_all()
    assert {row.state for row in db.session.query(Message)} == {State.SENT}
