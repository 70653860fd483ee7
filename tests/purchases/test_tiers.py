"""Who is core, important, ordinary; who is moved at night; what head office is shown before it saves."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from math import ceil
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound, StaleVersion
from app.customers import tiers as files
from app.customers.errors import TooPrivate
from app.customers.models import Customer, TierHistory
from app.customers.values import Tier
from app.people.access import Actor, Role
from app.people.models import Store
from app.purchases import habits, tiers
from app.purchases.tier_models import BuyingHabit
from app.purchases.tier_rules import SHIPPED, Basis, Scores, Steps, TierRules, Within, from_json, to_json
from tests.factories.customers import make_customer
from tests.factories.people import make_staff, make_store
from tests.factories.purchases import make_product, make_purchase

BOSS = Actor(id=0, name="", role=Role.SYSTEM)


def spends(store: Store, now: datetime, total: int, *, days_ago: int = 10, times: int = 1, **changes: Any) -> Customer:
    customer = make_customer(store=store, phone=None, **changes)
    for number in range(times):
        part = total // times
        make_purchase(
            customer,
            lines=[],
            total=Decimal(part),
            bought_at=now - timedelta(days=days_ago + number),
            currency="CNY" if store.country == "CN" else "HKD",
        )
    return customer


def tier_of(customer: Customer) -> str:
    db.session.expire_all()
    return db.session.get_one(Customer, customer.id).tier


def lead_of(store: Store) -> Actor:
    person = make_staff(Role.SUPERVISOR, store)
    return Actor(id=person.id, name=person.name, role=Role.SUPERVISOR, store_ids=frozenset({store.id}))


def office() -> Actor:
    person = make_staff(Role.HEAD_OFFICE)
    return Actor(id=person.id, name=person.name, role=Role.HEAD_OFFICE)


# What is computed


def test_the_first_fifth_by_value_is_core_and_the_next_three_tenths_important(session: Session, now: datetime) -> None:
    store = make_store()
    people = [spends(store, now, 100 * number) for number in range(1, 11)]
    tiers.recompute(now=now)
    assert [tier_of(person) for person in people] == ["ordinary"] * 5 + ["important"] * 3 + ["core"] * 2


def test_who_bought_nothing_within_a_year_is_ordinary(session: Session, now: datetime) -> None:
    store = make_store()
    long_ago = spends(store, now, 90_000, days_ago=400, tier="core")
    never = make_customer(store=store, tier="important")
    tiers.recompute(now=now)
    assert (tier_of(long_ago), tier_of(never)) == ("ordinary", "ordinary")


def test_each_money_is_compared_with_itself(session: Session, now: datetime) -> None:
    hong_kong, shenzhen = make_store(), make_store(country="CN", zone="Asia/Shanghai")
    rich = [spends(hong_kong, now, 10_000 + number) for number in range(5)]
    modest = [spends(shenzhen, now, 100 + number) for number in range(5)]
    tiers.recompute(now=now)
    assert [tier_of(person) for person in rich].count("core") == 1
    assert [tier_of(person) for person in modest].count("core") == 1


def test_head_office_may_compare_within_each_store(session: Session, now: datetime) -> None:
    big, small = make_store(), make_store()
    for number in range(5):
        spends(big, now, 10_000 + number)
    locals_ = [spends(small, now, 100 + number) for number in range(5)]
    tiers.save_rules(TierRules(within=Within.STORE), note="", number=0, effective_at=None, actor=office(), now=now)
    tiers.recompute(now=now)
    assert [tier_of(person) for person in locals_].count("core") == 1


def test_returned_goods_cost_the_tier(session: Session, now: datetime) -> None:
    store = make_store()
    people = [spends(store, now, 1000 + number) for number in range(5)]
    tiers.recompute(now=now)
    best = people[-1]
    assert tier_of(best) == "core"
    db.session.execute(text("UPDATE purchase SET refunded = total WHERE customer_id = :id"), {"id": best.id})
    tiers.recompute(now=now + timedelta(days=1))
    assert tier_of(best) == "ordinary"


def test_points_add_up_how_lately_how_often_and_how_much(session: Session, now: datetime) -> None:
    store = make_store()
    rules = TierRules(
        basis=Basis.POINTS,
        scores=Scores.STEPS,
        core_points=13,
        important_points=9,
        steps=Steps(purchases=(2, 4, 6, 8), value={"HKD": (100, 500, 1000, 5000), "CNY": (1, 2, 3, 4)}),
    )
    faithful = spends(store, now, 4000, days_ago=30, times=8)  # 5 + 5 + 4
    rare = spends(store, now, 9000, days_ago=31)  # 4 + 1 + 5
    little = spends(store, now, 50, days_ago=300)  # 1 + 1 + 1
    tiers.save_rules(rules, note="", number=0, effective_at=None, actor=office(), now=now)
    tiers.recompute(now=now)
    assert [tier_of(person) for person in (faithful, rare, little)] == ["core", "important", "ordinary"]
    habit = db.session.get_one(BuyingHabit, faithful.id)
    assert (habit.recency_score, habit.frequency_score, habit.value_score) == (5, 5, 4)


def test_core_may_ask_for_a_number_of_purchases(session: Session, now: datetime) -> None:
    store = make_store()
    once = spends(store, now, 9000)
    often = spends(store, now, 900, times=3)
    tiers.save_rules(
        TierRules(core_percent=100, important_percent=100, core_purchases=3),
        note="", number=0, effective_at=None, actor=office(), now=now,
    )  # fmt: skip
    tiers.recompute(now=now)
    assert (tier_of(once), tier_of(often)) == ("important", "core")


numbers = count(1)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    buyers=st.lists(
        st.tuples(
            st.integers(min_value=0, max_value=300),  # value
            st.integers(min_value=1, max_value=4),  # purchases
            st.integers(min_value=0, max_value=360),  # days ago
        ),
        min_size=1,
        max_size=14,
    ),
    core=st.integers(min_value=1, max_value=60),
    more=st.integers(min_value=0, max_value=40),
    basis=st.sampled_from(Basis),
)
def test_the_ranking_is_that_of_a_plain_model(
    session: Session, now: datetime, buyers: list[tuple[int, int, int]], core: int, more: int, basis: Basis
) -> None:
    rules = TierRules(basis=basis, core_percent=core, important_percent=core + more, core_points=12, important_points=8)
    with session.begin_nested() as nested:
        session.execute(text("DELETE FROM buying_habit"))
        store = make_store(code=f"T{next(numbers)}")
        rows = []
        for value, purchases, days in buyers:
            customer = make_customer(store=store, phone=None)
            bought_at = now - timedelta(days=days)
            session.add(
                BuyingHabit(
                    customer_id=customer.id, currency="HKD", last_bought_at=bought_at, last_bought_on=bought_at.date(),
                    days_bought=purchases, lapses_on=now.date(), year_purchases=purchases, year_value=Decimal(value),
                )
            )  # fmt: skip
            rows.append((customer.id, value, purchases, days))
        session.flush()
        tiers.rank(rules, now=now)
        session.expire_all()
        people = len(rows)
        placed = sorted(rows, key=lambda row: (-row[1], -row[2], row[3], row[0]))
        for place, (customer_id, value, purchases, days) in enumerate(placed, start=1):
            habit = session.get_one(BuyingHabit, customer_id)
            scores = (
                min(5, 1 + 5 * sum(other[3] > days for other in rows) // people),
                min(5, 1 + 5 * sum(other[2] < purchases for other in rows) // people),
                min(5, 1 + 5 * sum(other[1] < value for other in rows) // people),
            )
            assert (habit.recency_score, habit.frequency_score, habit.value_score) == scores
            if basis is Basis.SHARE:
                is_core, is_important = place <= ceil(people * core / 100), place <= ceil(people * (core + more) / 100)
            else:
                is_core, is_important = sum(scores) >= 12, sum(scores) >= 8
            expected = "ordinary" if value == 0 else "core" if is_core else "important" if is_important else "ordinary"
            assert habit.earned_tier == expected
        nested.rollback()


# The nightly run


def test_a_second_run_moves_and_writes_nothing(session: Session, now: datetime) -> None:
    store = make_store()
    for number in range(10):
        spends(store, now, 100 * number + 100)
    first = tiers.recompute(now=now)
    assert (first.habits, first.ranked, first.moved) == (10, 10, 5)
    again = tiers.recompute(now=now)
    assert (again.habits, again.ranked, again.moved) == (0, 0, 0)


def test_a_move_is_kept_with_the_figures_and_audited(session: Session, now: datetime) -> None:
    customer = spends(make_store(), now, 5000)
    tiers.recompute(now=now)
    row = session.scalars(select(TierHistory).where(TierHistory.customer_id == customer.id)).one()
    assert (row.previous, row.tier, row.cause, row.since) == ("ordinary", "core", "computed", now)
    assert row.detail["scores"] == [1, 1, 1]
    audited = session.execute(
        text("SELECT actor, detail FROM audit_entry WHERE action = 'customer.tier' AND subject_id = :id"),
        {"id": str(customer.id)},
    ).one()
    assert audited == ("system", {"from": "ordinary", "to": "core", "cause": "computed"})


def test_a_run_that_was_cut_short_is_finished_by_the_next(session: Session, now: datetime) -> None:
    store = make_store()
    people = [spends(store, now, 100 * number + 100) for number in range(5)]
    habits.refresh(now=now)
    tiers.rank(SHIPPED, now=now)  # and then the lights went out
    assert tier_of(people[-1]) == "ordinary"
    tiers.recompute(now=now)
    assert tier_of(people[-1]) == "core"


def test_the_nightly_job_finds_what_was_written_past_the_service_within_a_week(session: Session, now: datetime) -> None:
    spends(make_store(), now, 500)
    nights = [tiers.recompute_nightly(now=now + timedelta(days=number)) for number in range(1, 8)]
    assert sum(night.habits for night in nights) == 1


# Pins


def test_a_pinned_tier_is_left_alone(session: Session, now: datetime) -> None:
    store = make_store()
    customer = make_customer(store=store)
    files.pin(customer.id, Tier.CORE, reason="Speaks for us in the quarter", until=None, actor=lead_of(store), now=now)
    assert tiers.recompute(now=now).moved == 0
    assert tier_of(customer) == "core"


def test_a_pin_ends_after_its_last_day(session: Session, now: datetime) -> None:
    store = make_store()
    customer = make_customer(store=store)
    until = now.date() + timedelta(days=2)
    files.pin(
        customer.id, Tier.IMPORTANT, reason="Wedding year is over soon", until=until, actor=lead_of(store), now=now
    )
    tiers.recompute(now=now + timedelta(days=2))
    assert tier_of(customer) == "important"
    tiers.recompute(now=now + timedelta(days=3))
    assert tier_of(customer) == "ordinary"
    assert db.session.get_one(Customer, customer.id).tier_pinned_at is None
    causes = [past.cause for past in files.history(customer.id)]
    assert causes == ["pin_ended", "pinned"]


def test_an_unpinned_customer_gets_back_what_he_earned(session: Session, now: datetime) -> None:
    store = make_store()
    lead = lead_of(store)
    customer = spends(store, now, 5000)
    tiers.recompute(now=now)
    files.pin(customer.id, Tier.ORDINARY, reason="A dealer, buys for others", until=None, actor=lead, now=now)
    assert tier_of(customer) == "ordinary"
    tiers.unpin(customer.id, actor=lead, now=now)
    assert tier_of(customer) == "core"
    past = files.history(customer.id)
    assert [(one.cause, one.previous, one.tier) for one in past] == [
        ("unpinned", "ordinary", "core"), ("pinned", "core", "ordinary"), ("computed", "ordinary", "core"),
    ]  # fmt: skip
    assert past[1].reason == "A dealer, buys for others"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_a_pin_needs_a_reason(session: Session, now: datetime, reason: str) -> None:
    store = make_store()
    customer = make_customer(store=store)
    with pytest.raises(Invalid):
        files.pin(customer.id, Tier.CORE, reason=reason, until=None, actor=lead_of(store), now=now)


def test_the_reason_of_a_pin_stays_out_of_private_life(session: Session, now: datetime) -> None:
    store = make_store()
    customer = make_customer(store=store)
    with pytest.raises(TooPrivate):
        files.pin(customer.id, Tier.CORE, reason="刚刚离婚，需要照顾", until=None, actor=lead_of(store), now=now)


def test_a_pin_can_not_end_yesterday(session: Session, now: datetime) -> None:
    store = make_store()
    customer = make_customer(store=store)
    with pytest.raises(Invalid):
        files.pin(
            customer.id, Tier.CORE, reason="Friend of the house", until=now.date() - timedelta(days=1),
            actor=lead_of(store), now=now,
        )  # fmt: skip


def test_an_associate_does_not_pin(session: Session, now: datetime) -> None:
    store = make_store()
    person = make_staff(Role.ASSOCIATE, store)
    customer = make_customer(store=store, owner=person)
    actor = Actor(id=person.id, name="", role=Role.ASSOCIATE, store_ids=frozenset({store.id}))
    with pytest.raises(Forbidden):
        files.pin(customer.id, Tier.CORE, reason="My favourite", until=None, actor=actor, now=now)


def test_another_stores_supervisor_finds_nobody_to_pin(session: Session, now: datetime) -> None:
    customer = make_customer()
    with pytest.raises(NotFound):
        files.pin(customer.id, Tier.CORE, reason="Seen once", until=None, actor=lead_of(make_store()), now=now)


# Rules and preview


def test_the_preview_says_who_would_move_and_writes_nothing(session: Session, now: datetime) -> None:
    store, other = make_store(), make_store()
    people = [spends(store, now, 100 * number + 100) for number in range(9)] + [spends(other, now, 50)]
    tiers.recompute(now=now)
    shown = tiers.preview(TierRules(core_percent=30, important_percent=40), actor=BOSS, now=now)
    moves = {one.store_id: one for one in shown.stores}
    assert moves[store.id].now == {"core": 2, "important": 3, "ordinary": 4}
    assert moves[store.id].then == {"core": 3, "important": 1, "ordinary": 5}
    assert (moves[store.id].up, moves[store.id].down) == (1, 1)
    assert (moves[other.id].up, moves[other.id].down) == (0, 0)
    assert shown.moves == {("important", "core"): 1, ("important", "ordinary"): 1}
    assert [(mover.customer_id, mover.tier, mover.then) for mover in shown.samples] == [
        (people[6].id, "important", "core"), (people[4].id, "important", "ordinary"),
    ]  # fmt: skip
    assert shown.samples[0].value == Decimal(700)
    assert tier_of(people[6]) == "important"


def test_what_the_preview_says_is_what_happens(session: Session, now: datetime) -> None:
    store = make_store()
    for number in range(12):
        spends(store, now, 100 + number * 37 % 900, days_ago=number * 20, times=1 + number % 3)
    tiers.recompute(now=now)
    rules = TierRules(basis=Basis.POINTS, core_points=11, important_points=7)
    shown = tiers.preview(rules, actor=BOSS, now=now)
    tiers.save_rules(rules, note="By points", number=0, effective_at=None, actor=office(), now=now)
    assert tiers.recompute(now=now).moved == shown.moving > 0
    assert tiers.standings(BOSS)[0].counts == shown.stores[0].then


def test_a_pinned_customer_does_not_move_in_the_preview(session: Session, now: datetime) -> None:
    store = make_store()
    customer = spends(store, now, 900)
    tiers.recompute(now=now)
    files.pin(customer.id, Tier.CORE, reason="Friend of the house", until=None, actor=lead_of(store), now=now)
    shown = tiers.preview(TierRules(core_purchases=5, important_purchases=5), actor=BOSS, now=now)
    assert shown.moving == 0


def test_rules_are_versions_and_the_newest_in_force_decides(session: Session, now: datetime) -> None:
    boss = office()
    assert tiers.rules_in_force(now) == tiers.RulesInForce(rules=SHIPPED, number=0)
    tiers.save_rules(TierRules(core_percent=10), note="Fewer", number=0, effective_at=None, actor=boss, now=now)
    later = now + timedelta(days=10)
    tiers.save_rules(TierRules(core_percent=5), note="Fewer still", number=1, effective_at=later, actor=boss, now=now)
    assert tiers.rules_in_force(now).rules.core_percent == 10
    assert tiers.rules_in_force(later).rules.core_percent == 5
    assert [one.number for one in tiers.versions()] == [2, 1]


def test_saving_rules_in_force_asks_for_the_computation(session: Session, now: datetime) -> None:
    tiers.save_rules(SHIPPED, note="", number=0, effective_at=None, actor=office(), now=now)
    asked = session.execute(text("SELECT slot FROM schedule_slot WHERE job = 'compute_tiers'")).scalar_one()
    assert asked == now


def test_two_authors_do_not_overwrite_each_other(session: Session, now: datetime) -> None:
    tiers.save_rules(SHIPPED, note="", number=0, effective_at=None, actor=office(), now=now)
    with pytest.raises(StaleVersion):
        tiers.save_rules(SHIPPED, note="", number=0, effective_at=None, actor=office(), now=now)


def test_a_supervisor_neither_saves_nor_previews(session: Session, now: datetime) -> None:
    lead = lead_of(make_store())
    with pytest.raises(Forbidden):
        tiers.preview(SHIPPED, actor=lead, now=now)
    with pytest.raises(Forbidden):
        tiers.save_rules(SHIPPED, note="", number=0, effective_at=None, actor=lead, now=now)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"core_percent": 0}, "core_percent"),
        ({"core_percent": True}, "core_percent"),
        ({"core_percent": 40, "important_percent": 30}, "important_percent"),
        ({"core_points": 8, "important_points": 9}, "important_points"),
        ({"basis": "luck"}, "basis"),
        ({"steps": {"recency_days": [30, 20, 40, 50]}}, "steps.recency_days"),
        ({"steps": {"purchases": [1, 2, 3]}}, "steps.purchases"),
        ({"steps": {"value": {"USD": [1, 2, 3, 4]}}}, "steps.value"),
        ({"steps": 5}, "steps"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_rules_that_make_no_sense_are_refused_by_field(sent: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        from_json(sent)
    assert field in (caught.value.errors or {})


@given(
    st.builds(
        TierRules,
        basis=st.sampled_from(Basis),
        within=st.sampled_from(Within),
        scores=st.sampled_from(Scores),
        core_percent=st.integers(1, 50),
        important_percent=st.integers(50, 100),
        core_points=st.integers(9, 15),
        important_points=st.integers(3, 9),
    )
)
def test_rules_are_read_as_they_were_written(rules: TierRules) -> None:
    assert from_json(to_json(rules)) == rules


def test_a_product_costs_nothing_here(session: Session, now: datetime) -> None:
    """A gift is a purchase of no value: it counts as a visit, and lifts nobody."""
    customer = make_customer()
    make_purchase(customer, lines=[(make_product(), 1, 0)], bought_at=now - timedelta(days=3))
    tiers.recompute(now=now)
    assert tier_of(customer) == "ordinary"
