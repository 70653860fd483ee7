"""Reminders that are planned follow what is known of the supplies meanwhile; and a look ahead harms nothing."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from app.careplans import engine
from app.core.db import db
from app.customers.values import GuardianChannel
from app.messaging.models import Message
from app.people.access import Role
from app.purchases import intakes
from app.purchases.intakes import NewIntake, Request
from app.purchases.models import RunOut
from app.tasks.models import Task
from tests.careplans.conftest import Shop, bookings, fate, only
from tests.careplans.test_booking import BIRTHDAY
from tests.careplans.test_generating import run_out
from tests.factories.careplans import make_plan
from tests.factories.customers import make_member
from tests.factories.messaging import ship_templates
from tests.factories.people import actor_of, make_staff
from tests.factories.purchases import make_product, make_purchase


def now_known(**changes: object) -> None:
    db.session.execute(update(RunOut).values(**changes))
    db.session.flush()


def test_a_request_that_was_taken_back_frees_the_booked_reminder(care: Shop) -> None:
    run_out(care.customer(), date(2027, 3, 20), is_restricted=True, is_requested=True)
    make_plan("replenishment")
    care.run()
    now_known(is_requested=False)
    care.run(days_later=7)
    assert fate(only()) == ("deferred", "no_request", None)
    assert bookings()[0].state == "released"


def test_a_product_that_becomes_restricted_is_not_reminded_of(care: Shop) -> None:
    run_out(care.customer(), date(2027, 3, 20))
    make_plan("replenishment")
    care.run()
    now_known(is_restricted=True)
    care.run(days_later=7)
    assert fate(only()) == ("deferred", "no_request", None)


def test_a_request_that_was_taken_back_cancels_the_call_that_nobody_has_begun(
    care: Shop, drain: Callable[..., int]
) -> None:
    ship_templates()
    run_out(care.customer(), date(2027, 3, 14), is_restricted=True, is_requested=True)
    make_plan("replenishment", by="callback")
    care.run()
    assert only().state == "made"
    now_known(is_requested=False)
    care.run()
    drain()
    assert fate(only())[:2] == ("ended", "no_request")
    assert db.session.scalars(select(Task.status)).all() == ["cancelled"]


def test_a_request_made_later_lets_the_reminder_go(care: Shop) -> None:
    run_out(care.customer(), date(2027, 3, 20), is_restricted=True)
    make_plan("replenishment")
    care.run()
    now_known(is_requested=True)
    care.run(days_later=1)
    assert fate(only()) == ("booked", None, date(2027, 3, 17))


def test_who_uses_more_a_day_is_reminded_before_it_runs_out(care: Shop) -> None:
    run_out(care.customer(), date(2027, 3, 24))
    make_plan("replenishment")
    care.run()
    now_known(day=date(2027, 3, 17))
    care.run(days_later=1)
    assert fate(only()) == ("booked", None, date(2027, 3, 14))
    assert [booking.day for booking in bookings(state="reserved")] == [date(2027, 3, 14)]


def test_a_day_more_or_less_leaves_the_booked_reminder_alone(care: Shop) -> None:
    run_out(care.customer(), date(2027, 3, 24))
    make_plan("replenishment")
    care.run()
    now_known(day=date(2027, 3, 25))
    care.run(days_later=1)
    assert fate(only()) == ("booked", None, date(2027, 3, 21))


def test_a_reminder_that_would_come_on_the_last_day_comes_earlier(care: Shop) -> None:
    run_out(care.customer(), date(2027, 3, 24))
    make_plan("replenishment")
    care.run()
    now_known(day=date(2027, 3, 22))
    care.run(days_later=1)
    assert fate(only()) == ("booked", None, date(2027, 3, 19))


def test_a_run_for_a_day_to_come_leaves_what_is_booked_before_it(care: Shop, now: datetime) -> None:
    care.customer(**BIRTHDAY, birthday_day=16)
    make_plan("birthday")
    care.run()
    engine.run(date(2027, 3, 22), now=now)
    assert fate(only()) == ("booked", None, date(2027, 3, 16))


def test_what_is_told_along_finds_another_contact_in_the_night_its_lead_goes(care: Shop) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=18)
    care.customer(household_id=customer.household_id, **BIRTHDAY, birthday_day=19)
    make_plan("birthday")
    care.run()
    lead = only(state="booked")
    moved = care.customer()
    db.session.get_one(type(customer), lead.customer_id).household_id = moved.household_id
    db.session.flush()
    care.run(days_later=1)
    assert {booking.day for booking in bookings(state="reserved")} == {date(2027, 3, 18), date(2027, 3, 19)}


def withdrawn(care: Shop, drain: Callable[..., int], *, by: str, is_ended: bool = False) -> None:
    """A guardian asks for reminders, the reminder is made, and the request goes again, through the service."""
    ship_templates()
    customer = care.customer()
    formula = make_product(is_restricted=True, is_consumable=True, pack_size=800)
    make_purchase(customer, lines=[(formula, 1, 300)], bought_at=care.now - timedelta(days=7))
    actor = actor_of(make_staff(Role.SUPERVISOR, care.store), care.store)
    intake = intakes.add(
        customer.id,
        NewIntake(
            product_id=formula.id,
            per_day=Decimal(80),
            household_member_id=make_member(customer, birth_date=date(2026, 12, 1)).id,
            since=(care.now - timedelta(days=7)).date(),
            request=Request(text="please remind me", channel=GuardianChannel.PHONE),
        ),
        actor=actor,
        now=care.now,
    )
    make_plan("replenishment", by=by)
    care.run()
    drain()
    assert only().state == "made"
    end = intakes.end if is_ended else intakes.withdraw_request
    end(intake.id, version=intake.version, actor=actor, now=care.now)
    db.session.commit()
    drain()


@pytest.mark.parametrize(("is_ended", "reason"), [(False, "no_request"), (True, "not_used")])
def test_a_request_taken_back_cancels_the_call_at_once(
    care: Shop, drain: Callable[..., int], is_ended: bool, reason: str
) -> None:
    withdrawn(care, drain, by="callback", is_ended=is_ended)
    assert fate(only())[:2] == ("ended", reason)
    assert db.session.scalars(select(Task.status)).all() == ["cancelled"]
    assert bookings()[0].state == "released"


def test_a_request_taken_back_withdraws_the_text_at_once(care: Shop, drain: Callable[..., int]) -> None:
    withdrawn(care, drain, by="sms")
    assert fate(only())[:2] == ("ended", "no_request")
    assert db.session.scalars(select(Message.state)).all() == ["canceled"]
