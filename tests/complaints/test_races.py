"""Two people at the same moment, on a database with real commits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.complaints import jobs, service
from app.complaints.kinds import Source
from app.complaints.models import Complaint, ComplaintEvent, ComplaintStatement
from app.core.db import db, transaction
from app.core.errors import Problem
from app.people.access import Actor
from app.tasks.models import Task
from tests.complaints.conftest import make_shop
from tests.factories.complaints import bring_to
from tests.factories.people import actor_of


def at_once(app: Flask, deeds: list[Callable[[], Any]]) -> list[str]:
    """Run all deeds at the same moment, each in a transaction of its own; "done" or the refusal's code of each."""
    start = Barrier(len(deeds))
    outcomes: list[str] = []

    def run(deed: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait(timeout=20)
            try:
                with transaction():
                    deed()
                outcomes.append("done")
            except Problem as refusal:
                outcomes.append(refusal.code)

    threads = [Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    db.session.expire_all()
    return sorted(outcomes)


def test_of_two_supervisors_who_acknowledge_at_once_one_is_told_to_look_again(
    app: Flask, fresh_database: str, now: Any
) -> None:
    shop = make_shop(now)
    complaint = shop.open()
    complaint_id, people = complaint.id, [actor_of(shop.boss), actor_of(shop.deputy)]
    db.session.commit()

    def acknowledge(actor: Actor) -> Callable[[], Any]:
        return lambda: service.acknowledge(complaint_id, actor=actor, now=now, version=1)

    assert at_once(app, [acknowledge(actor) for actor in people]) == ["done", "stale-version"]
    steps = db.session.scalars(select(ComplaintEvent).where(ComplaintEvent.action == "acknowledge")).all()
    assert len(steps) == 1
    assert db.session.get_one(Complaint, complaint_id).owner_id == steps[0].actor_id


def test_six_complaints_of_one_household_at_once_are_one_case_with_six_statements(
    app: Flask, fresh_database: str, now: Any
) -> None:
    shop = make_shop(now)
    customer_id = shop.customer.id
    db.session.commit()

    def complain(number: int) -> Callable[[], Any]:
        actor = Actor.customer(customer_id)
        words = {"source": Source.SMS, "words": f"Bad {number}", "origin_key": f"inbound:{number}"}
        return lambda: service.open_case(customer_id, **words, actor=actor, now=now)

    assert at_once(app, [complain(number) for number in range(6)]) == ["done"] * 6
    assert len(db.session.scalars(select(Complaint)).all()) == 1
    assert len(db.session.scalars(select(ComplaintStatement)).all()) == 6
    assert len(db.session.scalars(select(Task).where(Task.reason == "complaint")).all()) == 1


def test_a_new_complaint_and_a_reopening_at_once_leave_one_open_case(app: Flask, fresh_database: str, now: Any) -> None:
    shop = make_shop(now)
    complaint_id, customer_id = bring_to(shop.open(), "closed", now=now).id, shop.customer.id
    lead = actor_of(shop.boss)
    db.session.commit()
    words: dict[str, Any] = {"source": Source.SMS, "words": "Bad", "actor": Actor.customer(customer_id), "now": now}

    def complain(number: int) -> Callable[[], Any]:
        return lambda: service.open_case(customer_id, origin_key=f"inbound:{number}", **words)

    def reopen() -> None:
        service.reopen(complaint_id, words="Again", actor=lead, now=now)

    outcomes = at_once(app, [complain(1), reopen, complain(2)])
    assert outcomes in (["done"] * 3, ["another-case-open", "done", "done"])
    assert len(db.session.scalars(select(Complaint).where(Complaint.closed_at.is_(None))).all()) == 1


def test_the_same_text_handled_twice_at_once_is_one_statement(app: Flask, fresh_database: str, now: Any) -> None:
    shop = make_shop(now)
    customer_id = shop.customer.id
    db.session.commit()
    actor = Actor.customer(customer_id)
    words = {"source": Source.SMS, "words": "Bad", "origin_key": "inbound:1"}

    deeds: list[Callable[[], Any]] = [lambda: service.open_case(customer_id, **words, actor=actor, now=now)] * 4
    assert at_once(app, deeds) == ["done"] * 4
    assert len(db.session.scalars(select(ComplaintStatement)).all()) == 1


def test_a_case_is_escalated_once_by_two_workers(app: Flask, fresh_database: str, now: Any) -> None:
    shop = make_shop(now)
    shop.open()
    db.session.commit()
    start = Barrier(2)

    def look() -> None:
        with app.app_context():
            start.wait(timeout=20)
            jobs.look_at_clocks(now=now + timedelta(hours=2))

    threads = [Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    db.session.expire_all()
    calls = db.session.scalars(select(ComplaintEvent).where(ComplaintEvent.action == "escalate")).all()
    assert [call.detail for call in calls] == [{"alarm": "acknowledge", "level": "supervisor"}]


def test_an_answer_and_a_closing_at_once_end_in_one_of_the_two_orders(
    app: Flask, fresh_database: str, now: Any
) -> None:
    shop = make_shop(now)
    complaint = bring_to(shop.open(), "resolved", now=now)
    lead = actor_of(shop.boss)
    service.record_answer(complaint.id, satisfied=True, words="1", actor=lead, now=now)
    complaint_id, customer_id = complaint.id, shop.customer.id
    db.session.commit()
    no = {"satisfied": False, "words": "2", "actor": Actor.customer(customer_id), "now": now}
    outcomes = at_once(
        app,
        [
            lambda: service.record_answer(complaint_id, **no),
            lambda: service.close(complaint_id, actor=lead, now=now),
        ],
    )
    stage = db.session.get_one(Complaint, complaint_id).stage
    refused = next(outcome for outcome in outcomes if outcome != "done")
    assert (stage, refused) in {("closed", "complaint-already-closed"), ("opened", "wrong-stage")}
