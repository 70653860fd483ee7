"""Desks that press at the same moment, on real connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

from flask import Flask
from sqlalchemy import func, select, text

from app.careplans import win_back
from app.core.db import db, transaction
from app.core.errors import Conflict
from app.customers.models import ContactBooking, TierHistory
from app.people.access import Actor
from app.purchases import referrals, tiers
from app.purchases.tier_models import BuyingHabit, Referral
from app.tasks.models import Task
from tests.factories.customers import make_customer
from tests.factories.people import make_store
from tests.factories.purchases import make_purchase
from tests.factories.tasks import make_checklist

SYSTEM = Actor.system()
DESKS = 6


def at_once(app: Flask, work: Callable[[int], Any], *, desks: int = DESKS) -> list[Any]:
    """What each desk's work returned, or the refusal it met; all begin together, each on a connection of its own."""
    together = Barrier(desks)

    def run(desk: int) -> Any:
        with app.app_context():
            together.wait()
            try:
                return work(desk)
            except Conflict as refusal:
                return refusal
            finally:
                db.session.remove()

    with ThreadPoolExecutor(desks) as pool:
        return list(pool.map(run, range(desks)))


def test_desks_that_press_together_make_one_callback(app: Flask, fresh_database: str, now: datetime) -> None:
    make_checklist(task_type="callback")
    customer_id = make_customer().id
    db.session.commit()

    def press(_desk: int) -> bool:
        with transaction():
            return win_back.call_back(customer_id, day=None, actor=SYSTEM, now=now).is_new

    assert sorted(at_once(app, press)) == [False] * (DESKS - 1) + [True]
    for table in (Task, ContactBooking):
        assert db.session.scalar(select(func.count()).select_from(table)) == 1


def test_housemates_pressed_together_get_one_callback(app: Flask, fresh_database: str, now: datetime) -> None:
    make_checklist(task_type="callback")
    first = make_customer()
    people = [first.id, *(make_customer(store_id=first.store_id, household_id=first.household_id).id for _ in range(3))]
    db.session.commit()

    def press(desk: int) -> bool:
        with transaction():
            return win_back.call_back(people[desk], day=None, actor=SYSTEM, now=now).is_new

    answers = at_once(app, press, desks=len(people))
    assert answers.count(True) == 1
    assert sum(isinstance(answer, win_back.TooSoon) for answer in answers) == len(people) - 1
    assert db.session.scalar(select(func.count()).select_from(Task)) == 1


def test_a_circle_written_down_at_one_moment_is_never_closed(app: Flask, fresh_database: str, now: datetime) -> None:
    store = make_store()
    people = [make_customer(store=store).id for _ in range(DESKS)]
    db.session.commit()

    def write_down(desk: int) -> int:
        with transaction():
            brought_by = people[(desk + 1) % DESKS]
            return referrals.record(people[desk], referrer_id=brought_by, actor=SYSTEM, now=now).id

    refused = [answer for answer in at_once(app, write_down) if isinstance(answer, Conflict)]
    assert len(refused) == 1
    assert db.session.scalar(select(func.count()).select_from(Referral)) == DESKS - 1


def test_the_tiers_computed_twice_at_once_are_those_of_one_run(app: Flask, fresh_database: str, now: datetime) -> None:
    store = make_store()
    for number in range(1, 21):
        make_purchase(
            make_customer(store=store, phone=None), lines=[], total=Decimal(number), bought_at=now - timedelta(days=5)
        )
    db.session.commit()

    def compute(_desk: int) -> int:
        return tiers.recompute(now=now).moved

    assert sum(at_once(app, compute, desks=2)) == 10
    assert db.session.scalar(select(func.count()).select_from(TierHistory)) == 10
    assert db.session.scalar(select(func.count()).select_from(BuyingHabit)) == 20
    found = db.session.execute(text("SELECT tier, count(*) AS people FROM customer GROUP BY 1"))
    assert {row.tier: row.people for row in found} == {"core": 4, "important": 6, "ordinary": 10}
