"""A callback given by hand to somebody who stays away: one task, in the ledger, never too close to another contact."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.careplans import win_back
from app.careplans.win_back import Frozen, TooSoon, WantsNoCalls
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound
from app.customers import consent, contacts
from app.customers.errors import NoPhone
from app.customers.models import ContactBooking, Customer
from app.customers.values import Channel, ConsentSource, ContactKind, Scope
from app.people.access import Actor, Role
from app.people.models import Store, TimeOff
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_customer
from tests.factories.people import make_staff, make_store
from tests.factories.tasks import make_checklist


@pytest.fixture(autouse=True)
def checklist(session: Session) -> None:
    make_checklist(task_type="callback")


def lead_of(customer: Customer) -> Actor:
    store = db.session.get_one(Store, customer.store_id)
    person = make_staff(Role.SUPERVISOR, store)
    return Actor(id=person.id, name="", role=Role.SUPERVISOR, store_ids=frozenset({store.id}))


def call(customer: Customer, now: datetime, day: date | None = None, actor: Actor | None = None) -> Any:
    return win_back.call_back(customer.id, day=day, actor=actor or lead_of(customer), now=now)


def test_the_owner_gets_a_callback_within_the_hours_of_calls(session: Session, now: datetime) -> None:
    store = make_store()
    owner = make_staff(Role.ASSOCIATE, store)
    customer = make_customer(store=store, owner=owner)
    task = call(customer, now).task
    assert (task.type, task.reason, task.status, task.assignee_id) == ("callback", "lapsed", "assigned", owner.id)
    assert task.window_start == now + timedelta(minutes=15)
    assert task.window_end == task.window_start + timedelta(hours=2)


def test_it_stands_in_the_ledger_under_the_tasks_own_key(session: Session, now: datetime) -> None:
    customer = make_customer()
    task = call(customer, now).task
    booking = session.scalars(select(ContactBooking)).one()
    assert (booking.origin_key, booking.kind, booking.day, booking.state) == (
        task.origin_key, "win_back", date(2027, 3, 10), "reserved",
    )  # fmt: skip


def test_pressed_twice_it_is_one_callback(session: Session, now: datetime) -> None:
    customer = make_customer()
    first, second = call(customer, now), call(customer, now + timedelta(minutes=5))
    assert (first.is_new, second.is_new) == (True, False)
    assert first.task.id == second.task.id
    assert set(win_back.planned_for([customer.id])) == {customer.id}


def test_too_close_to_another_contact_it_names_the_next_free_day(session: Session, now: datetime) -> None:
    customer = make_customer()
    contacts.reserve(customer.id, kind=ContactKind.CADENCE, day=date(2027, 3, 12), origin_key="plan:1", now=now)
    with pytest.raises(TooSoon) as caught:
        call(customer, now)
    assert caught.value.extra["next_free_day"] == "2027-03-19"
    assert session.scalars(select(ContactBooking.origin_key)).all() == ["plan:1"]
    assert call(customer, now, date(2027, 3, 19)).is_new


def test_a_housemate_is_not_called_the_next_day(session: Session, now: datetime) -> None:
    one = make_customer()
    other = make_customer(store_id=one.store_id, household_id=one.household_id)
    call(one, now)
    with pytest.raises(TooSoon):
        call(other, now + timedelta(days=1))


def test_after_two_contacts_about_sales_it_is_a_call_for_care(session: Session, now: datetime) -> None:
    customer = make_customer()
    for number, day in enumerate((date(2027, 2, 1), date(2027, 2, 15))):
        key = f"sale:{number}"
        contacts.reserve(customer.id, kind=ContactKind.WIN_BACK, day=day, origin_key=key, now=now)
        contacts.record(key, day=day, now=now)
    task = call(customer, now).task
    booking = session.scalars(select(ContactBooking).where(ContactBooking.origin_key == task.origin_key)).one()
    assert (task.reason, booking.kind, booking.is_sales) == ("care", "cadence", False)
    assert not call(customer, now).is_new


def test_a_care_contact_between_lets_it_be_about_coming_back(session: Session, now: datetime) -> None:
    customer = make_customer()
    kinds = (ContactKind.WIN_BACK, ContactKind.WIN_BACK, ContactKind.BIRTHDAY)
    for number, kind in enumerate(kinds):
        day = date(2027, 2, 1) + timedelta(days=10 * number)
        contacts.reserve(customer.id, kind=kind, day=day, origin_key=f"mix:{number}", now=now)
        contacts.record(f"mix:{number}", day=day, now=now)
    assert call(customer, now).task.reason == "lapsed"


def test_an_open_complaint_comes_first(session: Session, now: datetime) -> None:
    customer = make_customer()
    make_complaint(customer=customer)
    with pytest.raises(Frozen):
        call(customer, now)


def test_who_wants_no_calls_gets_none(session: Session, now: datetime) -> None:
    customer = make_customer()
    assert customer.phone
    consent.opt_out(
        customer.phone, source=ConsentSource.OFFICE, text="no calls", actor=Actor.system(), now=now,
        channel=Channel.CALL, scope=Scope.CARE,
    )  # fmt: skip
    with pytest.raises(WantsNoCalls):
        call(customer, now)


def test_without_a_number_there_is_no_callback(session: Session, now: datetime) -> None:
    with pytest.raises(NoPhone):
        call(make_customer(phone=None), now)


def test_late_in_the_evening_it_is_for_the_next_day(session: Session, now: datetime) -> None:
    evening = datetime(2027, 3, 10, 10, 45, tzinfo=UTC)  # 18:45 in Hong Kong
    task = call(make_customer(), evening).task
    assert task.window_start == datetime(2027, 3, 11, 2, 0, tzinfo=UTC)


def test_a_closed_day_is_passed_over(session: Session, now: datetime) -> None:
    hours = {str(weekday): [["12:00", "18:00"]] for weekday in range(7) if weekday != 2}  # closed on Wednesdays
    customer = make_customer(store=make_store(opening_hours=hours))
    assert call(customer, now).task.window_start == datetime(2027, 3, 11, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("day", [date(2027, 3, 9), date(2027, 6, 1)])
def test_a_day_that_is_over_or_far_away_is_refused(session: Session, now: datetime, day: date) -> None:
    with pytest.raises(Invalid):
        call(make_customer(), now, day)


def test_an_owner_who_has_left_leaves_the_callback_open(session: Session, now: datetime) -> None:
    store = make_store()
    owner = make_staff(Role.ASSOCIATE, store, is_active=False)
    task = call(make_customer(store=store, owner=owner), now).task
    assert (task.assignee_id, task.status) == (None, "open")


def test_the_cover_calls_while_the_owner_is_away(session: Session, now: datetime) -> None:
    store = make_store()
    owner, cover = make_staff(Role.ASSOCIATE, store), make_staff(Role.ASSOCIATE, store)
    session.add(
        TimeOff(
            staff_id=owner.id, cover_id=cover.id, status="approved", reason="leave",
            starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=3),
            asked_by=owner.id, asked_at=now,
        )
    )  # fmt: skip
    session.flush()
    assert call(make_customer(store=store, owner=owner), now).task.assignee_id == cover.id


def test_only_who_leads_the_store_gives_callbacks(session: Session, now: datetime) -> None:
    store = make_store()
    owner = make_staff(Role.ASSOCIATE, store)
    customer = make_customer(store=store, owner=owner)
    actor = Actor(id=owner.id, name="", role=Role.ASSOCIATE, store_ids=frozenset({store.id}))
    with pytest.raises(Forbidden):
        call(customer, now, actor=actor)
    with pytest.raises(NotFound):
        call(customer, now, actor=lead_of(make_customer()))
