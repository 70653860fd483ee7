"""What only shows when several people do it at the same moment: real threads, real commits."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import pairwise
from threading import Barrier, Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.core.db import db, transaction
from app.core.models import FactRow
from app.customers import consent, contacts, links, members, service
from app.customers.contacts import Refused, Reserved
from app.customers.errors import PhoneTaken
from app.customers.models import Consent, ContactBooking, Customer, CustomerLinkRow
from app.customers.service import NewCustomer
from app.customers.values import ConsentSource, ContactKind, GuardianChannel
from app.people.access import Actor
from tests.factories.customers import make_customer, make_household, make_member
from tests.factories.people import make_store

WORKERS = 16
DAY = date(2027, 3, 12)


def at_once(app: Flask, jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run the jobs in threads that start together, each in a transaction of its own; exceptions are results."""
    together = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        with app.app_context():
            together.wait()
            try:
                with transaction():
                    return job()
            except Exception as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def committed_household(members: int) -> list[int]:
    household = make_household()
    ids = [make_customer(household=household).id for _ in range(members)]
    db.session.commit()
    return ids


def test_sixteen_workers_get_one_slot_of_a_household(app: Flask, fresh_database: str, now: datetime) -> None:
    members = committed_household(4)

    def job(number: int) -> Callable[[], Any]:
        return lambda: contacts.reserve(
            members[number % 4],
            kind=ContactKind.CADENCE,
            day=DAY + timedelta(days=number % 3),
            origin_key=f"plan:{number}",
            now=now,
        )

    answers = at_once(app, [job(number) for number in range(WORKERS)])

    assert sum(isinstance(answer, Reserved) for answer in answers) == 1
    assert sum(isinstance(answer, Refused) for answer in answers) == WORKERS - 1
    assert len(db.session.scalars(select(ContactBooking)).all()) == 1


def test_sixteen_workers_with_one_origin_make_one_booking(app: Flask, fresh_database: str, now: datetime) -> None:
    [customer_id] = committed_household(1)

    def job() -> Any:
        return contacts.reserve(customer_id, kind=ContactKind.BIRTHDAY, day=DAY, origin_key="plan:1", now=now)

    answers = at_once(app, [job] * WORKERS)

    assert all(isinstance(answer, Reserved) for answer in answers), answers
    assert sum(answer.is_new for answer in answers) == 1
    assert len({answer.booking_id for answer in answers}) == 1


def test_many_workers_over_many_weeks_never_come_closer_than_the_gap(
    app: Flask, fresh_database: str, now: datetime
) -> None:
    members = committed_household(3)

    def job(number: int) -> Callable[[], Any]:
        def reserve_and_sometimes_record() -> Any:
            day = DAY + timedelta(days=(number * 5) % 40)
            key = f"plan:{number}"
            answer = contacts.reserve(members[number % 3], kind=ContactKind.CADENCE, day=day, origin_key=key, now=now)
            if isinstance(answer, Reserved) and number % 2:
                contacts.record(key, day=day, now=now)
            return answer

        return reserve_and_sometimes_record

    answers = at_once(app, [job(number) for number in range(WORKERS)])

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    days = sorted(db.session.scalars(select(ContactBooking.day).where(ContactBooking.state != "released")))
    assert len(days) >= 3
    assert all(later - earlier >= timedelta(days=7) for earlier, later in pairwise(days))


def test_the_same_number_entered_at_two_desks_makes_one_file(app: Flask, fresh_database: str, now: datetime) -> None:
    store_id = make_store().id
    db.session.commit()

    def job() -> Any:
        new = NewCustomer(name="陳美玲", phone="6123 4567", store_id=store_id)
        return service.create(new, actor=Actor.system(), now=now).id

    answers = at_once(app, [job] * 8)

    assert sum(isinstance(answer, int) for answer in answers) == 1
    assert sum(isinstance(answer, PhoneTaken) for answer in answers) == 7
    assert len(db.session.scalars(select(Customer)).all()) == 1


def test_eight_stops_at_once_are_one_stop(app: Flask, fresh_database: str, now: datetime) -> None:
    def job() -> Any:
        return consent.opt_out("+85261234567", source=ConsentSource.SMS, text="STOP", actor=Actor.customer(1), now=now)

    answers = at_once(app, [job] * 8)

    assert sorted(map(str, answers)) == ["False"] * 7 + ["True"]
    assert len(db.session.scalars(select(Consent)).all()) == 1


@pytest.mark.parametrize("other_numbers", [[], ["+85261111111", "+85262222222"]])
def test_a_stop_waits_for_a_sender_that_holds_the_number(
    app: Flask, fresh_database: str, now: datetime, other_numbers: list[str]
) -> None:
    phone = "+85261234567"
    held, may_send = Event(), Event()
    order: list[str] = []

    def send() -> None:
        with app.app_context():
            with transaction():
                consent.hold([*other_numbers, phone])
                held.set()
                assert may_send.wait(10)
                assert not consent.is_opted_out(phone)
                order.append("sent")
            db.session.remove()

    def stop() -> None:
        with app.app_context():
            with transaction():
                consent.opt_out(phone, source=ConsentSource.SMS, text="STOP", actor=Actor.customer(1), now=now)
            order.append("stopped")
            db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        sending = pool.submit(send)
        assert held.wait(10)
        stopping = pool.submit(stop)
        wait_until_somebody_waits_for_a_lock()
        may_send.set()
        sending.result(timeout=10)
        stopping.result(timeout=10)

    assert order == ["sent", "stopped"]
    assert consent.is_opted_out(phone)


def wait_until_somebody_waits_for_a_lock() -> None:
    waiting = text(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    deadline = time.monotonic() + 10
    while not db.session.execute(waiting).scalar():
        db.session.rollback()
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.02)


def test_sixteen_texts_at_once_carry_the_same_key(app: Flask, fresh_database: str, now: datetime) -> None:
    [customer_id] = committed_household(1)
    keys = at_once(app, [lambda: links.link_for(customer_id, task_id=None, now=now)] * WORKERS)
    assert len({key.token for key in keys}) == 1
    assert db.session.scalar(select(func.count()).select_from(CustomerLinkRow)) == 1


def test_trying_codes_all_at_once_slips_through_no_limit(app: Flask, fresh_database: str, now: datetime) -> None:
    answers = at_once(app, [lambda: links.of_code("AAAA-AAAA", address="203.0.113.9", now=now)] * WORKERS)
    assert answers.count(None) == links.TRIES_PER_ADDRESS
    assert sum(isinstance(answer, links.TooManyCodes) for answer in answers) == WORKERS - links.TRIES_PER_ADDRESS


def committed_child() -> int:
    kept = make_member(make_customer(household=make_household()))
    db.session.commit()
    return kept.id


def test_a_consent_taken_back_at_several_desks_is_taken_back_once(
    app: Flask, fresh_database: str, now: datetime
) -> None:
    child = committed_child()

    def job() -> Any:
        return members.withdraw(child, text="删除", channel=GuardianChannel.SMS, actor=Actor.system(), now=now).id

    assert at_once(app, [job] * 8) == [child] * 8
    assert [event.state for event, _ in members.consent_history(child)] == ["out"]
    facts = select(func.count()).select_from(FactRow).where(FactRow.name == "GuardianConsentWithdrawn")
    assert db.session.scalar(facts) == 1


def test_nobody_writes_a_name_back_over_a_child_that_was_forgotten(
    app: Flask, fresh_database: str, now: datetime
) -> None:
    child = committed_child()

    def rename() -> Any:
        return members.change(child, {"name": "又来"}, version=1, actor=Actor.system(), now=now).name

    def forget() -> Any:
        return members.anonymise_ended(now=now + timedelta(days=365 * 4))

    for _ in range(3):
        at_once(app, [rename, forget, rename, forget])
    db.session.expire_all()
    found = members.member(child)
    assert found is not None
    assert (found.name, found.birth_date) == ("", None)
    assert found.anonymised_at is not None
