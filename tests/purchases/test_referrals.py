"""Who brings whom: what is refused, when it counts, when it is taken back, and who sees it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound
from app.customers import merging
from app.customers.models import Customer
from app.people.access import Actor, Role
from app.people.models import Store
from app.purchases import following, referrals, service
from app.purchases.changes import NewReturn, ReturnedLine, give_back
from app.purchases.errors import BoughtBefore, BroughtAlready, ReferralInCircle, SameHousehold, SamePerson
from app.purchases.models import Purchase, PurchaseLine
from app.purchases.referrals import ReferralState
from app.purchases.service import NewLine, NewPurchase
from app.purchases.tier_models import BuyingHabit, Referral
from tests.factories.customers import make_customer
from tests.factories.people import make_staff, make_store
from tests.factories.purchases import make_product, make_purchase

SYSTEM = Actor.system()


def lead_of(*stores: Store) -> Actor:
    person = make_staff(Role.SUPERVISOR, stores[0])
    return Actor(id=person.id, name="", role=Role.SUPERVISOR, store_ids=frozenset(store.id for store in stores))


def brings(old: Customer, new: Customer, now: datetime, actor: Actor = SYSTEM) -> Referral:
    return referrals.record(new.id, referrer_id=old.id, actor=actor, now=now)


def state(referral: Referral) -> ReferralState:
    db.session.refresh(referral)
    return referrals.state_of(referral)


def buys(customer: Customer, at: datetime) -> Purchase:
    purchase = make_purchase(customer, bought_at=at)
    referrals.recount(customer.id, now=at)
    return purchase


def returns_all(purchase: Purchase, at: datetime) -> None:
    for line in db.session.scalars(select(PurchaseLine).where(PurchaseLine.purchase_id == purchase.id)):
        line.returned = line.quantity
    db.session.flush()
    referrals.recount(purchase.customer_id, now=at)


# What is refused


def test_nobody_brings_himself(session: Session, now: datetime) -> None:
    customer = make_customer()
    with pytest.raises(SamePerson):
        brings(customer, customer, now)


def test_nobody_brings_his_own_household(session: Session, now: datetime) -> None:
    old = make_customer()
    new = make_customer(store_id=old.store_id, household_id=old.household_id)
    with pytest.raises(SameHousehold):
        brings(old, new, now)


def test_a_new_customer_is_brought_once(session: Session, now: datetime) -> None:
    new = make_customer()
    brings(make_customer(), new, now)
    with pytest.raises(BroughtAlready):
        brings(make_customer(), new, now)


def test_who_bought_before_is_not_new(session: Session, now: datetime) -> None:
    new = make_customer()
    make_purchase(new, bought_at=now - timedelta(days=1))
    with pytest.raises(BoughtBefore):
        brings(make_customer(), new, now)


def test_who_gave_everything_back_before_is_still_new(session: Session, now: datetime) -> None:
    new = make_customer()
    returns_all(make_purchase(new, bought_at=now - timedelta(days=9)), now - timedelta(days=8))
    assert state(brings(make_customer(), new, now)) is ReferralState.WAITING


def test_two_do_not_bring_each_other(session: Session, now: datetime) -> None:
    one, two = make_customer(), make_customer()
    brings(one, two, now)
    with pytest.raises(ReferralInCircle):
        brings(two, one, now)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=14))
def test_no_order_of_referrals_closes_a_circle(session: Session, now: datetime, pairs: list[tuple[int, int]]) -> None:
    with session.begin_nested() as nested:
        people = [make_customer(phone=None) for _ in range(6)]
        for old, new in pairs:
            try:
                brings(people[old], people[new], now)
            except (SamePerson, BroughtAlready, ReferralInCircle):
                continue
        above = {row.new_customer_id: row.referrer_id for row in session.scalars(select(Referral))}
        for start in above:
            seen, at = {start}, start
            while at in above:
                at = above[at]
                assert at not in seen
                seen.add(at)
        nested.rollback()


@pytest.mark.parametrize(
    "named",
    [{}, {"referrer_id": 1, "referrer_phone": "+85261000000"}, {"referrer_id": 999_999}, {"referrer_phone": "12"},
     {"referrer_phone": "+85261999999"}],
)  # fmt: skip
def test_the_referrer_is_named_once_and_exists(session: Session, now: datetime, named: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        referrals.record(make_customer().id, actor=SYSTEM, now=now, **named)


# When it counts


def test_it_counts_when_the_new_customer_first_buys(session: Session, now: datetime) -> None:
    new = make_customer()
    referral = brings(make_customer(), new, now)
    assert state(referral) is ReferralState.WAITING
    first = buys(new, now + timedelta(days=3))
    buys(new, now + timedelta(days=9))
    assert state(referral) is ReferralState.COUNTED
    assert (referral.counted_purchase_id, referral.counted_at) == (first.id, now + timedelta(days=3))


def test_a_purchase_through_the_till_counts_it(session: Session, now: datetime, drain: Any) -> None:
    new, product = make_customer(), make_product()
    referral = brings(make_customer(), new, now)
    service.record_purchase(
        NewPurchase(
            source="till",
            external_id="A-1",
            store_id=new.store_id,
            bought_at=now,
            customer_id=new.id,
            lines=[NewLine(product_id=product.id, quantity=Decimal(1), amount=Decimal(88))],
        ),
        actor=SYSTEM,
        now=now,
    )
    drain()
    assert state(referral) is ReferralState.COUNTED


def test_bought_on_the_same_day_before_it_was_written_down_counts(session: Session, now: datetime) -> None:
    new = make_customer()
    make_purchase(new, bought_at=now - timedelta(hours=1))
    assert state(brings(make_customer(), new, now)) is ReferralState.COUNTED


def test_a_purchase_of_an_earlier_day_that_arrives_late_makes_it_void(session: Session, now: datetime) -> None:
    new = make_customer()
    referral = brings(make_customer(), new, now)
    buys(new, now - timedelta(days=2))
    assert state(referral) is ReferralState.VOID
    assert referral.void_reason == "bought_before"


def test_who_has_moved_in_with_the_referrer_does_not_count(session: Session, now: datetime) -> None:
    old, new = make_customer(), make_customer()
    referral = brings(old, new, now)
    new.household_id = old.household_id
    buys(new, now + timedelta(days=1))
    assert (state(referral), referral.void_reason) == (ReferralState.VOID, "same_household")


def test_it_is_taken_back_when_the_first_purchase_is_wholly_returned(session: Session, now: datetime) -> None:
    new = make_customer()
    referral = brings(make_customer(), new, now)
    purchase = buys(new, now + timedelta(days=1))
    returns_all(purchase, now + timedelta(days=4))
    assert state(referral) is ReferralState.TAKEN_BACK
    assert (referral.counted_purchase_id, referral.taken_back_at) == (None, now + timedelta(days=4))


def test_a_part_returned_takes_nothing_back(session: Session, now: datetime) -> None:
    new, product = make_customer(), make_product()
    referral = brings(make_customer(), new, now)
    purchase = make_purchase(new, lines=[(product, 2, 100), (product, 1, 50)], bought_at=now)
    line = session.scalars(select(PurchaseLine).where(PurchaseLine.purchase_id == purchase.id)).first()
    assert line is not None
    line.returned = line.quantity
    session.flush()
    referrals.recount(new.id, now=now)
    assert state(referral) is ReferralState.COUNTED


def test_after_a_return_the_next_purchase_counts(session: Session, now: datetime) -> None:
    new = make_customer()
    referral = brings(make_customer(), new, now)
    returns_all(buys(new, now + timedelta(days=1)), now + timedelta(days=4))
    second = buys(new, now + timedelta(days=20))
    assert (state(referral), referral.counted_purchase_id) == (ReferralState.COUNTED, second.id)
    assert referral.taken_back_at is None


def test_the_same_fact_twice_changes_nothing(session: Session, now: datetime) -> None:
    new = make_customer()
    referral = brings(make_customer(), new, now)
    buys(new, now)

    class Bought:
        customer_id = new.id

    for hours in (1, 2):
        following.follow_purchases([Bought()], now=now + timedelta(hours=hours))
    assert (state(referral), referral.counted_at) == (ReferralState.COUNTED, now)


# Who does what


def test_an_associate_names_the_referrer_by_the_number_told(session: Session, now: datetime) -> None:
    store = make_store()
    person, colleague = make_staff(Role.ASSOCIATE, store), make_staff(Role.ASSOCIATE, store)
    new, old = make_customer(store=store, owner=person), make_customer(store=store, owner=colleague)
    actor = Actor(id=person.id, name="", role=Role.ASSOCIATE, store_ids=frozenset({store.id}))
    with pytest.raises(Invalid):  # he can't see the colleague's customer
        referrals.record(new.id, referrer_id=old.id, actor=actor, now=now)
    referral = referrals.record(new.id, referrer_phone=old.phone, actor=actor, now=now)
    assert referral.referrer_id == old.id


def test_the_number_of_another_companys_store_opens_nothing(session: Session, now: datetime) -> None:
    new, elsewhere = make_customer(), make_customer(store=make_store())
    lead = lead_of(db.session.get_one(Store, new.store_id))
    with pytest.raises(Invalid):
        referrals.record(new.id, referrer_phone=elsewhere.phone, actor=lead, now=now)


def test_a_customer_of_another_store_can_not_be_written_down(session: Session, now: datetime) -> None:
    with pytest.raises(NotFound):
        referrals.record(make_customer().id, referrer_id=1, actor=lead_of(make_store()), now=now)


def test_the_author_takes_a_mistake_back_while_it_does_not_count(session: Session, now: datetime) -> None:
    store = make_store()
    person = make_staff(Role.ASSOCIATE, store)
    actor = Actor(id=person.id, name="", role=Role.ASSOCIATE, store_ids=frozenset({store.id}))
    new, old = make_customer(store=store, owner=person), make_customer(store=store, owner=person)
    referral = brings(old, new, now, actor)
    referrals.withdraw(referral.id, actor=actor, now=now)
    assert session.scalar(select(Referral.id)) is None
    counted = brings(old, new, now, actor)
    buys(new, now)
    with pytest.raises(Forbidden):
        referrals.withdraw(counted.id, actor=actor, now=now)
    referrals.withdraw(counted.id, actor=lead_of(store), now=now)
    actions = session.scalars(text("SELECT action FROM audit_entry WHERE action LIKE 'referral.%' ORDER BY id")).all()
    assert actions == ["referral.create", "referral.withdraw", "referral.create", "referral.withdraw"]


def test_the_list_shows_own_stores_and_hides_names_of_others(session: Session, now: datetime) -> None:
    here, there = make_store(), make_store()
    old_there, new_here, new_there = make_customer(store=there), make_customer(store=here), make_customer(store=there)
    brings(old_there, new_here, now)
    brings(old_there, new_there, now)
    shown = referrals.page_of_referrals(actor=lead_of(here), now=now).rows
    assert [(one.newcomer.id, one.referrer.name, one.referrer.id) for one in shown] == [(new_here.id, None, None)]
    everything = referrals.page_of_referrals(actor=SYSTEM, now=now).rows
    assert {one.referrer.name for one in everything} == {old_there.name}
    assert len(everything) == 2


def test_the_list_is_read_by_state(session: Session, now: datetime) -> None:
    old = make_customer()
    waiting, counted, void = make_customer(), make_customer(), make_customer()
    for new in (waiting, counted, void):
        brings(old, new, now)
    buys(counted, now)
    buys(void, now - timedelta(days=5))
    for wanted, new in ((ReferralState.WAITING, waiting), (ReferralState.COUNTED, counted), (ReferralState.VOID, void)):
        rows = referrals.page_of_referrals(actor=SYSTEM, now=now, state=wanted).rows
        assert [one.newcomer.id for one in rows] == [new.id]
    assert referrals.page_of_referrals(actor=SYSTEM, now=now, state=ReferralState.TAKEN_BACK).rows == []
    (best,) = referrals.top_referrers(actor=SYSTEM, now=now)
    assert (best.customer_id, best.counted, best.waiting) == (old.id, 1, 1)


def test_the_file_says_who_brought_the_customer_and_whom_he_brought(session: Session, now: datetime) -> None:
    grandmother, mother, daughter = make_customer(), make_customer(), make_customer()
    brings(grandmother, mother, now)
    brings(mother, daughter, now)
    buys(daughter, now)
    found = referrals.of_customer(mother, actor=SYSTEM, now=now)
    assert found.brought_by is not None
    assert found.brought_by.referrer.id == grandmother.id
    assert [one.newcomer.id for one in found.brought] == [daughter.id]
    assert (found.counted, found.may_be_recorded) == (1, False)
    assert referrals.of_customer(grandmother, actor=SYSTEM, now=now).may_be_recorded


def test_a_return_over_the_counter_takes_the_referral_back(session: Session, now: datetime, drain: Any) -> None:
    new, product = make_customer(), make_product()
    referral = brings(make_customer(), new, now)
    sold = service.record_purchase(
        NewPurchase(
            source="till",
            external_id="A-2",
            store_id=new.store_id,
            bought_at=now,
            customer_id=new.id,
            lines=[NewLine(product_id=product.id, quantity=Decimal(2), amount=Decimal(88))],
        ),
        actor=SYSTEM,
        now=now,
    )
    drain()
    assert state(referral) is ReferralState.COUNTED
    for number, expected in ((1, ReferralState.COUNTED), (2, ReferralState.TAKEN_BACK)):
        back = NewReturn(
            external_id=f"B-{number}", lines=[ReturnedLine(product_id=product.id, quantity=Decimal(1))], returned_at=now
        )
        give_back(sold.purchase.id, back, actor=SYSTEM, now=now)
        drain()
        assert state(referral) is expected
    assert session.get(BuyingHabit, new.id) is None


# When two files become one


def become_one(kept: Customer, gone: Customer, now: datetime) -> None:
    merging.merge(kept.id, gone.id, actor=SYSTEM, now=now)
    db.session.expire_all()


def pairs() -> set[tuple[int, int]]:
    rows = db.session.execute(select(Referral.referrer_id, Referral.new_customer_id))
    return {(row[0], row[1]) for row in rows}


def test_who_turns_out_to_be_one_person_has_not_brought_himself(session: Session, now: datetime) -> None:
    one, same = make_customer(), make_customer()
    brings(one, same, now)
    become_one(one, same, now)
    assert pairs() == set()


def test_a_merge_closes_no_circle(session: Session, now: datetime) -> None:
    first, second, third, same = (make_customer() for _ in range(4))
    brings(first, second, now)
    brings(second, third, now)
    brings(third, same, now)
    kept, middle, last = first.id, second.id, third.id
    become_one(first, same, now)
    assert pairs() == {(kept, middle), (middle, last)}


def test_of_a_circle_that_a_merge_would_close_the_file_that_stays_is_believed(session: Session, now: datetime) -> None:
    first, second, third, same = (make_customer() for _ in range(4))
    brings(same, second, now)
    brings(second, third, now)
    brings(third, first, now)
    kept, middle, last = first.id, second.id, third.id
    become_one(first, same, now)
    assert pairs() == {(middle, last), (last, kept)}


def test_what_the_file_that_goes_brought_goes_along(session: Session, now: datetime) -> None:
    kept, gone, friend = (make_customer() for _ in range(3))
    brings(gone, friend, now)
    kept_id, friend_id = kept.id, friend.id
    become_one(kept, gone, now)
    assert pairs() == {(kept_id, friend_id)}


def test_who_bought_before_under_his_other_file_is_brought_by_nobody(
    session: Session, now: datetime, drain: Any
) -> None:
    old, new, same = (make_customer() for _ in range(3))
    make_purchase(same, bought_at=now - timedelta(days=30))
    referral = brings(old, new, now)
    buys(new, now)
    assert state(referral) is ReferralState.COUNTED
    become_one(new, same, now)
    drain()
    assert state(referral) is ReferralState.VOID
