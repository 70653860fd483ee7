"""The contact ledger on a real database."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.customers import contacts, service
from app.customers.contacts import Overtaken, RefusalReason, Refused, Reserved
from app.customers.errors import OriginKeyTaken
from app.customers.models import ContactBooking, ContactRule, Customer
from app.customers.values import ContactKind
from app.people.access import Actor
from tests.factories.customers import make_customer, make_household
from tests.factories.people import make_store

DAY = date(2027, 3, 12)


@pytest.fixture
def customer(session: Session) -> Customer:
    return make_customer()


def reserve(customer: Customer, day: date, key: str, now: datetime) -> Reserved | Refused:
    return contacts.reserve(customer.id, kind=ContactKind.CADENCE, day=day, origin_key=key, now=now)


def booking(session: Session, key: str) -> ContactBooking:
    return session.scalars(select(ContactBooking).where(ContactBooking.origin_key == key)).one()


def test_a_free_household_can_be_contacted(customer: Customer, now: datetime) -> None:
    answer = reserve(customer, DAY, "plan:1", now)

    assert isinstance(answer, Reserved)
    assert answer.is_new
    assert answer.day == DAY


@pytest.mark.parametrize("days", [-6, -1, 0, 1, 6])
def test_a_second_contact_within_seven_days_is_refused(customer: Customer, now: datetime, days: int) -> None:
    reserve(customer, DAY, "plan:1", now)

    answer = reserve(customer, DAY + timedelta(days=days), "plan:2", now)

    assert isinstance(answer, Refused)
    assert (answer.reason, answer.held_by, answer.held_on) == (RefusalReason.CEILING, "plan:1", DAY)
    assert answer.next_free_day == DAY + timedelta(days=7)


@pytest.mark.parametrize("days", [-7, 7])
def test_seven_days_apart_is_far_enough(customer: Customer, now: datetime, days: int) -> None:
    reserve(customer, DAY, "plan:1", now)

    assert isinstance(reserve(customer, DAY + timedelta(days=days), "plan:2", now), Reserved)


def test_a_refusal_leaves_nothing_behind(session: Session, customer: Customer, now: datetime) -> None:
    reserve(customer, DAY, "plan:1", now)
    reserve(customer, DAY, "plan:2", now)

    assert [row.origin_key for row in session.scalars(select(ContactBooking))] == ["plan:1"]


def test_the_same_origin_gets_the_same_booking(customer: Customer, now: datetime) -> None:
    first = reserve(customer, DAY, "plan:1", now)
    again = reserve(customer, DAY + timedelta(days=1), "plan:1", now)

    assert isinstance(first, Reserved)
    assert again == Reserved(booking_id=first.booking_id, day=DAY, is_new=False)


def test_one_origin_cannot_book_for_two_households(customer: Customer, now: datetime) -> None:
    reserve(customer, DAY, "plan:1", now)

    with pytest.raises(OriginKeyTaken):
        reserve(make_customer(), DAY, "plan:1", now)


def test_members_of_a_household_share_one_budget(session: Session, now: datetime) -> None:
    household = make_household()
    mother, father = make_customer(household=household), make_customer(household=household)
    reserve(mother, DAY, "plan:1", now)

    assert isinstance(reserve(father, DAY, "plan:2", now), Refused)


def test_other_households_are_not_concerned(customer: Customer, now: datetime) -> None:
    reserve(customer, DAY, "plan:1", now)

    assert isinstance(reserve(make_customer(), DAY, "plan:2", now), Reserved)


def test_who_joins_a_household_brings_his_contacts_along(session: Session, now: datetime) -> None:
    store = make_store()
    mother, son = make_customer(store=store), make_customer(store=store)
    reserve(son, DAY, "plan:1", now)
    service.join_household(son.id, with_customer_id=mother.id, actor=Actor.system(), now=now)

    assert isinstance(reserve(mother, DAY, "plan:2", now), Refused)


def test_a_released_slot_is_free_again(session: Session, customer: Customer, now: datetime) -> None:
    reserve(customer, DAY, "plan:1", now)

    assert contacts.release("plan:1", reason="opted-out", now=now)
    assert booking(session, "plan:1").release_reason == "opted-out"
    assert isinstance(reserve(customer, DAY, "plan:2", now), Reserved)


def test_releasing_twice_or_nothing_changes_nothing(customer: Customer, now: datetime) -> None:
    reserve(customer, DAY, "plan:1", now)
    contacts.release("plan:1", reason="cancelled", now=now)

    assert not contacts.release("plan:1", reason="cancelled", now=now)
    assert not contacts.release("plan:404", reason="cancelled", now=now)


def test_a_released_touch_can_be_booked_anew(session: Session, customer: Customer, now: datetime) -> None:
    first = reserve(customer, DAY, "plan:1", now)
    contacts.release("plan:1", reason="cancelled", now=now)

    again = reserve(customer, DAY + timedelta(days=2), "plan:1", now)

    assert isinstance(first, Reserved)
    assert again == Reserved(booking_id=first.booking_id, day=DAY + timedelta(days=2), is_new=True)
    assert booking(session, "plan:1").release_reason is None


def test_a_recorded_contact_keeps_the_distance_too(session: Session, customer: Customer, now: datetime) -> None:
    reserve(customer, DAY, "plan:1", now)
    contacts.record("plan:1", day=DAY, now=now)

    assert booking(session, "plan:1").state == "recorded"
    assert isinstance(reserve(customer, DAY + timedelta(days=6), "plan:2", now), Refused)


def test_what_took_place_is_not_released(customer: Customer, session: Session, now: datetime) -> None:
    reserve(customer, DAY, "plan:1", now)
    contacts.record("plan:1", day=DAY, now=now)

    assert not contacts.release("plan:1", reason="cancelled", now=now)
    assert booking(session, "plan:1").state == "recorded"


def test_a_contact_counts_from_the_day_it_took_place(customer: Customer, now: datetime) -> None:
    reserve(customer, DAY, "plan:1", now)
    contacts.record("plan:1", day=DAY + timedelta(days=5), now=now)

    answer = reserve(customer, DAY + timedelta(days=8), "plan:2", now)

    assert isinstance(answer, Refused)
    assert answer.next_free_day == DAY + timedelta(days=12)


def test_a_late_contact_releases_the_booking_it_came_too_close_to(
    session: Session, customer: Customer, now: datetime
) -> None:
    reserve(customer, DAY, "plan:1", now)
    reserve(customer, DAY + timedelta(days=7), "plan:2", now)

    overtaken = contacts.record("plan:1", day=DAY + timedelta(days=4), now=now)

    assert overtaken == (Overtaken(origin_key="plan:2", day=DAY + timedelta(days=7)),)
    assert booking(session, "plan:2").release_reason == "overtaken"


def test_recording_twice_changes_nothing(session: Session, customer: Customer, now: datetime) -> None:
    reserve(customer, DAY, "plan:1", now)
    contacts.record("plan:1", day=DAY, now=now)

    assert contacts.record("plan:1", day=DAY + timedelta(days=3), now=now) == ()
    assert booking(session, "plan:1").day == DAY


def test_a_contact_that_took_place_after_its_release_is_still_a_contact(
    session: Session, customer: Customer, now: datetime
) -> None:
    reserve(customer, DAY, "plan:1", now)
    contacts.release("plan:1", reason="cancelled", now=now)

    contacts.record("plan:1", day=DAY, now=now)

    assert booking(session, "plan:1").state == "recorded"


def test_an_unknown_origin_cannot_be_recorded(session: Session, now: datetime) -> None:
    with pytest.raises(NotFound):
        contacts.record("plan:404", day=DAY, now=now)


def test_an_unknown_customer_cannot_be_booked(session: Session, now: datetime) -> None:
    with pytest.raises(NotFound):
        contacts.reserve(987654, kind=ContactKind.CADENCE, day=DAY, origin_key="plan:1", now=now)


def test_a_store_may_keep_a_longer_distance(session: Session, customer: Customer, now: datetime) -> None:
    session.add(ContactRule(store_id=customer.store_id, gap_days=14, changed_at=now))
    session.flush()
    reserve(customer, DAY, "plan:1", now)

    assert isinstance(reserve(customer, DAY + timedelta(days=13), "plan:2", now), Refused)
    assert isinstance(reserve(customer, DAY + timedelta(days=14), "plan:3", now), Reserved)


def test_the_database_itself_refuses_two_reservations_in_the_gap(
    session: Session, customer: Customer, now: datetime
) -> None:
    def row(key: str, day: date) -> ContactBooking:
        return ContactBooking(
            household_id=customer.household_id,
            customer_id=customer.id,
            kind="cadence",
            day=day,
            gap_days=7,
            origin_key=key,
            reserved_at=now,
        )

    session.add(row("plan:1", DAY))
    session.flush()
    session.add(row("plan:2", DAY + timedelta(days=6)))
    with pytest.raises(IntegrityError, match="ex_contact_booking_one_in_the_gap"):
        session.flush()


def test_the_budget_shows_the_last_the_next_and_the_first_free_day(
    session: Session, customer: Customer, now: datetime
) -> None:
    today = date(2027, 3, 10)
    reserve(customer, today - timedelta(days=5), "plan:1", now)
    contacts.record("plan:1", day=today - timedelta(days=5), now=now)
    reserve(customer, today + timedelta(days=4), "plan:2", now)

    budget = contacts.budget(customer.household_id, now=now)

    assert (budget.today, budget.gap_days, budget.is_free_today) == (today, 7, False)
    assert budget.last is not None
    assert budget.last.origin_key == "plan:1"
    assert budget.next is not None
    assert budget.next.origin_key == "plan:2"
    assert budget.next_free_day == today + timedelta(days=11)


def test_an_untouched_household_is_free_today(customer: Customer, now: datetime) -> None:
    budget = contacts.budget(customer.household_id, now=now)

    assert budget.is_free_today
    assert (budget.last, budget.next, list(budget.contacts)) == (None, None, [])


def test_today_is_the_day_in_the_stores_zone(session: Session, now: datetime) -> None:
    far_west = make_customer(store=make_store(zone="America/Los_Angeles"))

    assert contacts.budget(far_west.household_id, now=now).today == date(2027, 3, 9)
