"""Who sees which customers."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.access import audit_name, visible_customers
from app.customers.models import Customer
from app.people.access import Actor, Role
from app.people.models import Staff, Store, TimeOff
from tests.factories.customers import make_customer
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.tasks import make_task


@pytest.fixture
def store(session: Session) -> Store:
    return make_store()


@pytest.fixture
def associate(store: Store) -> Staff:
    return make_staff(store=store)


def seen_by(actor: Actor, now: datetime, session: Session) -> set[int]:
    return set(session.scalars(visible_customers(select(Customer.id), actor, now)))


def take_time_off(session: Session, who: Staff, cover: Staff, start: datetime, **changes: object) -> None:
    values = {
        "staff_id": who.id,
        "cover_id": cover.id,
        "starts_at": start,
        "ends_at": start + timedelta(days=2),
        "reason": "leave",
        "status": "approved",
        "asked_by": who.id,
        "asked_at": start,
        **changes,
    }
    session.add(TimeOff(**values))
    session.flush()


def test_an_associate_sees_own_customers_only(session: Session, store: Store, associate: Staff, now: datetime) -> None:
    own = make_customer(store=store, owner=associate)
    make_customer(store=store, owner=make_staff(store=store))
    make_customer(store=store)

    assert seen_by(actor_of(associate), now, session) == {own.id}


def test_a_cover_sees_the_customers_of_the_absent_while_it_lasts(
    session: Session, store: Store, associate: Staff, now: datetime
) -> None:
    absent = make_staff(store=store)
    covered = make_customer(store=store, owner=absent)
    take_time_off(session, absent, associate, now - timedelta(days=1))
    actor = actor_of(associate)

    assert seen_by(actor, now, session) == {covered.id}
    assert seen_by(actor, now - timedelta(days=2), session) == set()
    assert seen_by(actor, now + timedelta(days=1), session) == set()


@pytest.mark.parametrize("status", ["asked", "declined", "cancelled"])
def test_a_cover_sees_nothing_by_time_off_that_was_not_approved(
    session: Session, store: Store, associate: Staff, now: datetime, status: str
) -> None:
    absent = make_staff(store=store)
    make_customer(store=store, owner=absent)
    take_time_off(session, absent, associate, now - timedelta(days=1), status=status)

    assert seen_by(actor_of(associate), now, session) == set()


def test_an_assigned_task_opens_the_file_of_its_customer(
    session: Session, store: Store, associate: Staff, now: datetime
) -> None:
    customer = make_customer(store=store)
    make_task(customer=customer, assignee=associate)

    assert seen_by(actor_of(associate), now, session) == {customer.id}


def test_the_file_stays_open_for_72_hours_after_the_task(
    session: Session, store: Store, associate: Staff, now: datetime
) -> None:
    customer = make_customer(store=store)
    task = make_task(customer=customer, assignee=associate, status="completed")
    actor = actor_of(associate)

    assert seen_by(actor, task.ended_at + timedelta(hours=71, minutes=59), session) == {customer.id}
    assert seen_by(actor, task.ended_at + timedelta(hours=72), session) == set()


def test_a_task_of_somebody_else_opens_nothing(session: Session, store: Store, associate: Staff, now: datetime) -> None:
    make_task(customer=make_customer(store=store), assignee=make_staff(store=store))
    make_task(customer=make_customer(store=store))

    assert seen_by(actor_of(associate), now, session) == set()


def test_a_customer_reached_in_three_ways_is_listed_once(
    session: Session, store: Store, associate: Staff, now: datetime
) -> None:
    customer = make_customer(store=store, owner=associate)
    make_task(customer=customer, assignee=associate)
    make_task(customer=customer, assignee=associate)

    rows = session.scalars(visible_customers(select(Customer.id), actor_of(associate), now)).all()
    assert rows == [customer.id]


def test_a_supervisor_sees_own_stores(session: Session, store: Store, now: datetime) -> None:
    second = make_store()
    here, there = make_customer(store=store), make_customer(store=second)
    make_customer()
    supervisor = make_staff(Role.SUPERVISOR, stores=[store, second])

    assert seen_by(actor_of(supervisor, store, second), now, session) == {here.id, there.id}


def test_head_office_and_the_service_see_everybody(session: Session, now: datetime) -> None:
    everybody = {make_customer().id, make_customer().id}

    assert seen_by(actor_of(make_staff(Role.HEAD_OFFICE)), now, session) == everybody
    assert seen_by(Actor.system(), now, session) == everybody


def test_a_customer_sees_himself(session: Session, now: datetime) -> None:
    customer = make_customer()
    make_customer()

    assert seen_by(Actor.customer(customer.id), now, session) == {customer.id}


def test_the_audit_log_names_each_kind_of_actor(session: Session, associate: Staff) -> None:
    names = [audit_name(actor) for actor in (actor_of(associate), Actor.customer(9), Actor.system())]

    assert names == [associate.id, "customer:9", "system"]
