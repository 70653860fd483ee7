"""Who is on the list of those who stay away, and who is not."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core.db import db
from app.customers import consent, contacts
from app.customers.models import Customer
from app.customers.values import Channel, ConsentSource, ContactKind, Scope, Tier
from app.people.access import Actor, Role
from app.people.models import Store
from app.purchases import habits, lapsed
from app.purchases.lapsed import LapsedCustomer, LapsedFilter, Silence
from tests.factories.customers import make_customer
from tests.factories.people import make_staff, make_store
from tests.factories.purchases import make_purchase
from tests.factories.tasks import make_task

SYSTEM = Actor.system()


def buys(now: datetime, *days_ago: int, **changes: Any) -> Customer:
    customer = make_customer(**changes)
    for days in days_ago:
        make_purchase(customer, lines=[], bought_at=now - timedelta(days=days), total=Decimal(50))
    habits.refresh_for([customer.id], now=now)
    return customer


def listed(now: datetime, actor: Actor = SYSTEM, **wanted: Any) -> list[LapsedCustomer]:
    return list(lapsed.page_of_lapsed(LapsedFilter(**wanted), actor=actor, now=now).rows)


def served(customer: Customer, status: str, ended_at: datetime) -> None:
    person = make_staff(Role.ASSOCIATE, db.session.get_one(Store, customer.store_id))
    make_task(customer=customer, assignee=person, status=status, ended_at=ended_at)


def contacted(customer: Customer, day: datetime) -> None:
    key = f"test:{customer.id}:{day.date()}"
    contacts.reserve(customer.id, kind=ContactKind.CADENCE, day=day.date(), origin_key=key, now=day)
    contacts.record(key, day=day.date(), now=day)


def test_after_one_and_a_half_own_cycles_somebody_is_lapsed(session: Session, now: datetime) -> None:
    customer = buys(now, 70, 50, 30)  # every 20 days; 30 days have passed
    assert [row.customer_id for row in listed(now)] == [customer.id]
    assert listed(now - timedelta(days=1)) == []
    (row,) = listed(now)
    assert (row.days_away, row.cycle_days, row.today) == (30, Decimal(20), now.date())


def test_without_a_rhythm_it_takes_120_days(session: Session, now: datetime) -> None:
    buys(now, 119)
    gone = buys(now, 120)
    assert [row.customer_id for row in listed(now)] == [gone.id]


def test_the_latest_to_lapse_comes_first_and_pages_follow(session: Session, now: datetime) -> None:
    store = make_store()
    people = [buys(now, 130 + number, store=store) for number in range(5)]
    first = lapsed.page_of_lapsed(LapsedFilter(), actor=SYSTEM, now=now, limit=3)
    rest = lapsed.page_of_lapsed(LapsedFilter(), actor=SYSTEM, now=now, limit=3, cursor=first.next_cursor)
    assert [row.customer_id for row in [*first.rows, *rest.rows]] == [person.id for person in people]
    assert lapsed.count_lapsed(LapsedFilter(), actor=SYSTEM, now=now) == 5


def test_the_list_is_narrowed_by_store_owner_and_tier(session: Session, now: datetime) -> None:
    store = make_store()
    owner = make_staff(Role.ASSOCIATE, store)
    mine = buys(now, 200, store=store, owner=owner, tier="core")
    buys(now, 200, store=store)
    buys(now, 200)
    assert len(listed(now)) == 3
    assert len(listed(now, store_id=store.id)) == 2
    assert [row.customer_id for row in listed(now, owner_id=owner.id)] == [mine.id]
    assert [row.customer_id for row in listed(now, tier=Tier.CORE)] == [mine.id]
    (row,) = listed(now, tier=Tier.CORE)
    assert (row.owner_name, row.store_name) == (owner.name, store.name)


def test_a_supervisor_sees_own_stores_and_an_associate_own_customers(session: Session, now: datetime) -> None:
    store = make_store()
    owner = make_staff(Role.ASSOCIATE, store)
    lead = make_staff(Role.SUPERVISOR, store)
    mine = buys(now, 200, store=store, owner=owner)
    colleagues = buys(now, 201, store=store)
    buys(now, 200)
    stores = frozenset({store.id})
    seen = listed(now, Actor(id=lead.id, name="", role=Role.SUPERVISOR, store_ids=stores))
    assert [row.customer_id for row in seen] == [mine.id, colleagues.id]
    seen = listed(now, Actor(id=owner.id, name="", role=Role.ASSOCIATE, store_ids=stores))
    assert [row.customer_id for row in seen] == [mine.id]


def test_the_last_contact_is_the_later_of_ledger_and_finished_task(session: Session, now: datetime) -> None:
    customer = buys(now, 200)
    assert listed(now)[0].last_contact_on is None
    contacted(customer, now - timedelta(days=90))
    assert listed(now)[0].last_contact_on == (now - timedelta(days=90)).date()
    served(customer, "completed", now - timedelta(days=40))
    assert listed(now)[0].last_contact_on == (now - timedelta(days=40)).date()
    served(customer, "failed", now - timedelta(days=4))
    assert listed(now)[0].last_contact_on == (now - timedelta(days=40)).date()


def test_who_wants_no_calls_is_marked(session: Session, now: datetime) -> None:
    customer = buys(now, 200)
    assert not listed(now)[0].wants_no_calls
    assert customer.phone
    consent.opt_out(
        customer.phone, source=ConsentSource.OFFICE, text="please don't call", actor=SYSTEM, now=now,
        channel=Channel.CALL, scope=Scope.ALL,
    )  # fmt: skip
    assert listed(now)[0].wants_no_calls


# Nobody contacted


def not_contacted(now: datetime, store: Store) -> list[int]:
    return [row.customer_id for row in listed(now, silence=Silence.NOT_CONTACTED, store_id=store.id)]


def test_who_was_never_contacted_is_listed_core_customers_first(session: Session, now: datetime) -> None:
    store = make_store()
    ordinary = buys(now, 5, store=store)
    never_bought = make_customer(store=store)
    core = buys(now, 5, store=store, tier="core")
    assert not_contacted(now, store) == [core.id, ordinary.id, never_bought.id]


def test_a_contact_within_the_measure_takes_the_customer_off(session: Session, now: datetime) -> None:
    store = make_store()
    customer = buys(now, 70, 50, 30, store=store)  # measure: 30 days
    contacted(customer, now - timedelta(days=30))
    assert not_contacted(now, store) == []
    assert not_contacted(now + timedelta(days=1), store) == [customer.id]


def test_a_visit_within_the_measure_does_too(session: Session, now: datetime) -> None:
    store = make_store()
    customer = buys(now, 70, 50, 30, store=store)
    served(customer, "partly", now - timedelta(days=10))
    assert not_contacted(now, store) == []


def test_a_new_file_is_not_neglected_yet(session: Session, now: datetime) -> None:
    store = make_store()
    make_customer(store=store, created_at=now - timedelta(days=119))
    assert not_contacted(now, store) == []


def test_a_housemates_contact_counts_for_the_household(session: Session, now: datetime) -> None:
    store = make_store()
    one = make_customer(store=store)
    make_customer(store=store, household_id=one.household_id)
    contacted(one, now - timedelta(days=3))
    assert not_contacted(now, store) == []


@pytest.mark.parametrize("silence", list(Silence))
def test_a_page_of_the_list_costs_a_fixed_number_of_statements(
    session: Session, now: datetime, silence: Silence
) -> None:
    store = make_store()

    def count() -> int:
        seen: list[str] = []

        def note(*args: Any) -> None:
            seen.append(args[2])

        event.listen(db.engine, "before_cursor_execute", note)
        listed(now, silence=silence, store_id=store.id)
        event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    buys(now, 300, store=store)
    with_one = count()
    for _ in range(4):
        buys(now, 300, store=store)
    assert count() == with_one > 0
