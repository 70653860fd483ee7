"""What has a day of its own goes before what can wait, also when that was booked before: a follow-up is known for three
days only. And it is told in a call that is made already but not begun."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.customers.models import Customer
from app.tasks.models import Task
from tests.careplans.conftest import TODAY, Shop, bookings, fate, occurrences, only, recorded
from tests.careplans.test_booking import BIRTHDAY
from tests.careplans.test_generating import run_out
from tests.careplans.test_handlers import end
from tests.factories.careplans import make_occurrence, make_plan
from tests.factories.messaging import ship_templates
from tests.factories.purchases import make_product, make_purchase

Drain = Callable[..., int]

BOUGHT_ON = TODAY + timedelta(days=1)
FOLLOW_UP_ON = date(2027, 3, 14)


@pytest.fixture(autouse=True)
def wordings(care: Shop) -> None:
    ship_templates()


def buys(customer: Customer, now: datetime, *, days_later: int = 1) -> None:
    soap = make_product(name={"zh_Hans": "香皂", "zh_Hant": "香皂", "en": "Soap"})
    make_purchase(customer, lines=[(soap, 1, 9)], bought_at=now + timedelta(days=days_later))


def nobody_answers(task: Task, at: datetime, drain: Drain) -> None:
    end(task, "failed", at, reason="no_answer")
    with clock.fixed(at):
        drain()


def task_of(kind: str) -> Task:
    return db.session.get_one(Task, only(kind=kind).task_id)


# Giving way


@pytest.fixture
def in_care(care: Shop, now: datetime) -> Customer:
    """A core customer whose regular call is booked for 18 March, so that a follow-up on the 14th would be too close."""
    customer = care.customer(tier="core")
    recorded(customer, date(2027, 2, 18), now=now)
    make_plan("cadence")
    make_plan("after_purchase")
    care.run()
    assert only().booked_day == date(2027, 3, 18)
    return customer


def test_regular_care_gives_way_to_a_follow_up(care: Shop, in_care: Customer, now: datetime) -> None:
    buys(in_care, now)
    care.run(days_later=2)
    assert fate(only(kind="after_purchase")) == ("made", None, FOLLOW_UP_ON)
    assert fate(only(kind="cadence")) == ("deferred", "contacted_otherwise", None)
    assert [(found.kind, found.state) for found in bookings() if found.day >= TODAY] == [
        ("after_purchase", "reserved"),
        ("cadence", "released"),
    ]


def test_regular_care_that_gave_way_is_over_when_the_follow_up_was_done(
    care: Shop, in_care: Customer, now: datetime, drain: Drain
) -> None:
    buys(in_care, now)
    care.run(days_later=2)
    end(task_of("after_purchase"), "completed", now + timedelta(days=4))
    drain()
    assert fate(only(key="2027-02-18"))[:2] == ("ended", "contacted_otherwise")


def test_regular_care_near_enough_tells_the_follow_up_and_stays(care: Shop, in_care: Customer, now: datetime) -> None:
    buys(in_care, now, days_later=3)
    care.run(days_later=4)
    cadence, follow_up = only(kind="cadence"), only(kind="after_purchase")
    assert (follow_up.lead_id, follow_up.task_id) == (cadence.id, cadence.task_id)
    assert cadence.booked_day == date(2027, 3, 18)


def test_what_was_to_be_told_in_a_call_that_gives_way_is_decided_about_too(
    care: Shop, in_care: Customer, now: datetime
) -> None:
    care.customer(household_id=in_care.household_id, **BIRTHDAY, birthday_day=20)
    make_plan("birthday")
    care.run(days_later=1)
    assert only(kind="birthday").state == "merged"
    buys(in_care, now)
    care.run(days_later=2)
    assert fate(only(kind="after_purchase")) == ("deferred", "ceiling", None)
    assert fate(only(kind="birthday"))[0] == "booked"


def test_a_promotion_that_has_not_gone_out_is_dropped_for_a_follow_up(care: Shop, now: datetime) -> None:
    customer = care.customer()
    make_occurrence(make_plan("promotion"), customer, due_day=date(2027, 3, 13))
    make_plan("after_purchase")
    care.run()
    assert only().state == "booked"
    buys(customer, now)
    care.run(days_later=2)
    assert fate(only(kind="after_purchase")) == ("made", None, FOLLOW_UP_ON)
    assert fate(only(kind="promotion")) == ("dropped", "ceiling", None)


def test_a_promotion_that_is_far_enough_away_keeps_its_day(care: Shop, now: datetime) -> None:
    customer = care.customer()
    make_occurrence(make_plan("promotion"), customer, due_day=date(2027, 3, 22))
    make_plan("after_purchase")
    care.run()
    buys(customer, now)
    care.run(days_later=2)
    assert fate(only(kind="promotion")) == ("booked", None, date(2027, 3, 22))
    assert [(found.kind, found.state) for found in bookings()] == [
        ("after_purchase", "reserved"),
        ("promotion", "reserved"),
    ]


def test_a_greeting_keeps_its_day(care: Shop, now: datetime) -> None:
    """Both have a day of their own: what was promised first stands."""
    customer = care.customer(**BIRTHDAY, birthday_day=19)
    make_plan("birthday")
    make_plan("after_purchase")
    care.run()
    buys(customer, now)
    care.run(days_later=2)
    assert fate(only(kind="birthday")) == ("booked", None, date(2027, 3, 19))
    assert fate(only(kind="after_purchase")) == ("deferred", "ceiling", None)


def test_the_same_night_once_more_changes_nothing(care: Shop, in_care: Customer, now: datetime) -> None:
    buys(in_care, now)
    care.run(days_later=2)
    before = [fate(found) for found in occurrences()]
    care.run(days_later=2)
    assert [fate(found) for found in occurrences()] == before
    assert len(bookings(state="reserved")) == 1


# Told in a call that is made


@pytest.fixture
def birthday(care: Shop, now: datetime) -> Customer:
    """A birthday call is made for 13 March, and on the 11th something is bought."""
    customer = care.customer(**BIRTHDAY, birthday_day=13)
    make_plan("birthday")
    make_plan("after_purchase")
    care.run()
    assert only().state == "made"
    buys(customer, now)
    return customer


def test_a_call_that_is_made_asks_about_the_purchase_too(care: Shop, birthday: Customer) -> None:
    care.run(days_later=2)
    lead, follow_up = only(kind="birthday"), only(kind="after_purchase")
    assert (follow_up.state, follow_up.lead_id, follow_up.task_id) == ("made", lead.id, lead.task_id)
    assert [reason["en"] for reason in task_of("birthday").reasons] == ["Birthday", "Follow-up after a purchase: Soap"]
    assert len(bookings()) == 1


def test_when_that_call_is_done_so_is_the_follow_up(
    care: Shop, birthday: Customer, now: datetime, drain: Drain
) -> None:
    care.run(days_later=2)
    end(task_of("birthday"), "completed", now + timedelta(days=3))
    drain()
    assert [found.state for found in occurrences()] == ["done", "done"]


def test_when_that_call_reaches_nobody_the_follow_up_gets_its_own(
    care: Shop, birthday: Customer, now: datetime, drain: Drain
) -> None:
    care.run(days_later=2)
    nobody_answers(task_of("birthday"), now + timedelta(days=3), drain)
    assert only(kind="birthday").state == "missed"
    care.run(days_later=4)
    assert fate(only(kind="after_purchase"))[0::2] == ("made", date(2027, 3, 15))
    assert [reason["en"] for reason in task_of("after_purchase").reasons] == ["Follow-up after a purchase: Soap"]


@pytest.mark.parametrize("status", ["active", "completed"])
def test_who_is_on_the_phone_already_is_told_nothing_more(
    care: Shop, birthday: Customer, now: datetime, status: str
) -> None:
    task = task_of("birthday")
    task.status, task.started_at = status, now
    task.ended_at = now if status == "completed" else None
    db.session.flush()
    care.run(days_later=2)
    assert fate(only(kind="after_purchase")) == ("deferred", "ceiling", None)


def test_a_visit_is_not_told_in_a_call(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=13)
    make_plan("birthday")
    make_plan("after_purchase", by="home_visit")
    care.run()
    buys(customer, now)
    care.run(days_later=2)
    assert fate(only(kind="after_purchase")) == ("deferred", "ceiling", None)


def test_goods_are_not_offered_in_a_call_made_without_them(care: Shop) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=13)
    make_plan("birthday")
    make_plan("replenishment")
    care.run()
    run_out(customer, date(2027, 3, 17))
    care.run(days_later=1)
    assert fate(only(kind="replenishment")) == ("deferred", "ceiling", None)


# Moving


@pytest.mark.parametrize(
    ("spoken_on", "booked"),
    [(BOUGHT_ON, date(2027, 3, 18)), (BOUGHT_ON - timedelta(days=1), date(2027, 3, 17)), (FOLLOW_UP_ON, None)],
)
def test_after_a_contact_on_the_day_of_the_purchase_the_follow_up_comes_a_week_later(
    care: Shop, now: datetime, spoken_on: date, booked: date | None
) -> None:
    customer = care.customer()
    make_plan("after_purchase")
    buys(customer, now)
    recorded(customer, spoken_on, now=now)
    care.run(days_later=2)
    assert only().booked_day == booked


# Not reached


def test_who_is_not_reached_after_a_purchase_is_called_once_more(care: Shop, now: datetime, drain: Drain) -> None:
    make_plan("after_purchase")
    buys(care.customer(), now, days_later=0)
    care.run()
    first = task_of("after_purchase")
    nobody_answers(first, now + timedelta(days=3), drain)
    assert (fate(only())[:2], only().due_day) == (("deferred", "no_answer"), date(2027, 3, 15))
    care.run(days_later=4)
    second = db.session.scalars(select(Task).where(Task.id != first.id)).one()
    assert second.window_start.date() == date(2027, 3, 15)
    nobody_answers(second, now + timedelta(days=5), drain)
    assert fate(only())[:2] == ("missed", "no_answer")


def test_a_follow_up_that_moved_to_its_last_day_is_not_tried_again(care: Shop, now: datetime, drain: Drain) -> None:
    make_plan("after_purchase")
    buys(care.customer(), now, days_later=0)
    care.run()
    nobody_answers(task_of("after_purchase"), now + timedelta(days=6), drain)
    assert fate(only())[:2] == ("missed", "no_answer")
