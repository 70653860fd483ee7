"""Sixteen workers at once: no household gets more unasked texts than its contact budget has slots."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.core.db import db, transaction
from app.customers import contacts
from app.customers.models import ContactBooking, Customer
from app.customers.values import ContactKind
from app.messaging import policy
from app.messaging.drain import Drain
from app.messaging.models import Message, State
from app.messaging.providers import Outgoing, Sent
from app.messaging.providers.sandbox import SandboxProvider
from app.settings import MessagingSettings
from tests.factories.customers import make_customer, make_household
from tests.factories.messaging import make_message
from tests.factories.people import make_store

WORKERS = 16
HOUSEHOLDS = 12
MEMBERS = 3
TODAY = date(2027, 3, 10)


class Slow(SandboxProvider):
    """Notes what it sends and takes its time, so that the workers meet."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def send(self, message: Outgoing) -> Any:
        time.sleep(0.02)
        self.sent.append(message.message_id)
        return Sent(sid=f"SB{message.message_id}", is_delivered=True)


def in_threads(app: Flask, works: list[Callable[[], None]]) -> None:
    failures: list[BaseException] = []
    together = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        try:
            with app.app_context():
                together.wait()
                work()
                db.session.remove()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert failures == []


def households_with_texts(now: datetime) -> list[int]:
    """Each member waits for two texts; every second household has booked one, every fourth was contacted lately."""
    store = make_store()
    homes = [make_household(store=store) for _ in range(HOUSEHOLDS)]
    for number, home in enumerate(homes):
        members = [make_customer(household=home, store=store) for _ in range(MEMBERS)]
        for member in members:
            booked = make_message(member, kind="care", is_proactive=True, expires_at=now + timedelta(days=20))
            make_message(member, kind="promotion", is_proactive=True, expires_at=now + timedelta(days=20))
            if number % 2 == 0:
                contacts.reserve(member.id, kind=ContactKind.CADENCE, day=TODAY, origin_key=booked.dedupe_key, now=now)
        if number % 4 == 0:
            key = f"visit:{home.id}"
            far = date(2027, 6, 1)
            contacts.reserve(members[0].id, kind=ContactKind.BIRTHDAY, day=far, origin_key=key, now=now)
            contacts.record(key, day=TODAY - timedelta(days=3), now=now)
    db.session.commit()
    return [home.id for home in homes]


def calls_per_household(sent: list[str]) -> Counter[int]:
    rows = db.session.execute(
        select(Customer.household_id).join(Message, Message.customer_id == Customer.id).where(Message.id.in_(sent))
    )
    return Counter(rows.scalars())


def test_sixteen_workers_never_exceed_the_ceiling_of_a_household(
    app: Flask, fresh_database: str, now: datetime
) -> None:
    homes = households_with_texts(now)
    provider = Slow()
    settings = MessagingSettings(threads=4, claim_size=3, time_scale=0.01)

    def work() -> None:
        Drain(provider, now=lambda: now, settings=settings).run(stop_after_seconds=30)

    in_threads(app, [work] * WORKERS)
    db.session.expire_all()
    contacted_before = set(homes[::4])
    assert calls_per_household(provider.sent) == {home: 1 for home in homes if home not in contacted_before}
    waiting = db.session.scalars(select(Message).where(Message.state == State.PENDING.value)).all()
    assert {row.held_reason for row in waiting} == {policy.CONTACTED_LATELY}
    assert len(waiting) + len(provider.sent) == HOUSEHOLDS * MEMBERS * 2


def test_bookings_made_while_texts_go_out_keep_the_ceiling(app: Flask, fresh_database: str, now: datetime) -> None:
    """Supervisors book contacts by hand while workers send: each household ends with one contact in the gap."""
    store = make_store()
    homes = [make_household(store=store) for _ in range(HOUSEHOLDS)]
    members = [make_customer(household=home, store=store).id for home in homes]
    for member in members:
        customer = db.session.get(Customer, member)
        make_message(customer, kind="care", is_proactive=True, expires_at=now + timedelta(days=20))
    db.session.commit()
    provider = Slow()

    def work() -> None:
        Drain(provider, now=lambda: now, settings=MessagingSettings(threads=4, claim_size=3)).run(stop_after_seconds=30)

    def book() -> None:
        for member in members:
            with transaction():
                contacts.reserve(
                    member,
                    kind=ContactKind.PERSONAL,
                    day=TODAY + timedelta(days=1),
                    origin_key=f"hand:{member}",
                    now=now,
                )

    in_threads(app, [work] * 8 + [book] * 8)
    db.session.expire_all()
    live = db.session.scalars(select(ContactBooking).where(ContactBooking.state != "released")).all()
    assert Counter(row.household_id for row in live) == dict.fromkeys((home.id for home in homes), 1)
    taken_by_hand = sum(row.origin_key.startswith("hand:") for row in live)
    assert len(provider.sent) == HOUSEHOLDS - taken_by_hand
