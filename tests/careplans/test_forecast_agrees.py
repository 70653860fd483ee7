"""The forecast and the explanation look ahead with the engine's own statement: they wish for what it writes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import select, text

from app.careplans import engine, forecast, generating, plan_queries, why
from app.careplans.generating import Span, When
from app.careplans.manners import AHEAD_DAYS
from app.careplans.models import Occurrence
from app.core.db import db
from app.customers.models import ContactBooking, HouseholdMember
from app.purchases import habits
from app.purchases.models import RunOut
from tests.careplans.conftest import write_due
from tests.factories.customers import make_customer
from tests.factories.people import make_staff, make_store
from tests.factories.plans import make_plan, plan_settings
from tests.factories.purchases import make_product, make_purchase
from tests.factories.tasks import make_checklist

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
TODAY = date(2027, 3, 10)
KINDS = ("cadence", "birthday", "festival", "milestone", "replenishment", "win_back", "after_purchase")

people = st.fixed_dictionaries(
    {
        "tier": st.sampled_from(["core", "important", "ordinary"]),
        "born": st.none() | st.tuples(st.sampled_from(["solar", "lunar"]), st.integers(1, 12), st.integers(1, 28)),
        "contact": st.none() | st.integers(0, 120),
        "bought": st.none() | st.integers(0, 200),
        "child": st.none() | st.integers(0, 400),
        "runs_out": st.none() | st.integers(-5, 30),
    }
)


def at_noon(days_ago):
    return datetime.combine(TODAY - timedelta(days=days_ago), time(12), HONG_KONG)


def admit(store, product, facts):
    calendar, month, day = facts["born"] or (None, None, None)
    customer = make_customer(
        store=store, tier=facts["tier"], birthday_calendar=calendar, birthday_month=month, birthday_day=day
    )
    if facts["contact"] is not None:
        moment = at_noon(facts["contact"])
        db.session.add(
            ContactBooking(
                household_id=customer.household_id,
                customer_id=customer.id,
                kind="cadence",
                day=moment.date(),
                gap_days=7,
                origin_key=f"test:{customer.id}",
                state="recorded",
                reserved_at=moment,
                recorded_at=moment,
            )
        )
    if facts["bought"] is not None:
        make_purchase(customer, lines=[(product, 1, 10)], bought_at=at_noon(facts["bought"]))
    if facts["child"] is not None:
        db.session.add(
            HouseholdMember(
                household_id=customer.household_id,
                name="小宝",
                relation="baby",
                birth_date=TODAY - timedelta(days=facts["child"]),
                guardian_consent_text="同意",
                guardian_consent_channel="paper",
                guardian_consent_at=at_noon(0),
                created_at=at_noon(0),
            )
        )
    if facts["runs_out"] is not None:
        db.session.add(
            RunOut(
                customer_id=customer.id,
                product_id=product.id,
                day=TODAY + timedelta(days=facts["runs_out"]),
                basis="label",
                packs=[],
                last_bought_on=TODAY - timedelta(days=40),
                reorder_quantity=Decimal(1),
                is_restricted=False,
                is_requested=False,
                needs_delivery=False,
                computed_at=at_noon(0),
            )
        )
    db.session.flush()
    return customer


@pytest.mark.parametrize("kind", KINDS)
def test_the_forecast_wishes_for_what_the_engine_writes(session, now, kind):
    @how(max_examples=8)
    @given(st.lists(people, min_size=1, max_size=5))
    def agree(crowd):
        compare(kind, crowd, now)

    agree()


def compare(kind, crowd, now):
    """In a store of its own: the habits commit, so what an earlier example made stays until the test is over."""
    store, product = make_store(), make_product()
    for facts in crowd:
        admit(store, product, facts)
    habits.refresh(now=now)
    action = {"by": "sms"} if kind == "replenishment" else {"by": "callback"}
    plan = make_plan(kind, settings=plan_settings(kind, action=action))
    known = forecast.plan_of(plan_queries.plan(plan.id))
    last = TODAY + timedelta(days=AHEAD_DAYS)
    sql, own = forecast.touches_sql(known, today=TODAY, last=last, now=now, estimates=False)
    shared = {"now": now, "day": TODAY, "first": TODAY, "last": last, "stores": [store.id], "share": 1}
    wished = {
        (row.customer_id, row.key): row.due_day
        for row in db.session.execute(text(f"WITH {generating.TODAY} SELECT * FROM ({sql}) t"), {**own, **shared})
        if row.number == 0
    }
    write_due(known, when=When(now=now, day=TODAY))
    written = {
        (row.customer_id, row.key): row.due_day
        for row in db.session.scalars(select(Occurrence).where(Occurrence.plan_id == plan.id))
        if row.store_id == store.id and row.due_day >= TODAY
    }
    assert wished == written


def test_who_is_told_a_next_day_is_due_on_that_day_when_it_comes(session, now):
    store, product = make_store(), make_product()
    customer = admit(
        store,
        product,
        {"tier": "core", "born": ("lunar", 8, 15), "contact": 3, "bought": None, "child": 100, "runs_out": None},
    )
    plans = {kind: make_plan(kind, settings=plan_settings(kind)) for kind in ("cadence", "birthday", "milestone")}
    told = {one.plan_id: one.next_day for one in why.of_customer(customer, now=now).plans}
    for plan in plans.values():
        day = told[plan.id]
        assert day is not None
        known = forecast.plan_of(plan_queries.plan(plan.id))
        span = Span(customer.household_id, customer.household_id)
        assert write_due(known, when=When(now=now, day=day - timedelta(days=AHEAD_DAYS + 1)), span=span) == 0
        assert write_due(known, when=When(now=now, day=day), span=span) == 1
        [row] = db.session.scalars(select(Occurrence).where(Occurrence.plan_id == plan.id))
        assert row.due_day == day


def test_after_a_night_the_file_tells_what_the_night_decided(session, now):
    store = make_store()
    make_checklist(task_type="callback", reason="birthday")
    make_checklist(task_type="callback", reason="care")
    customer = make_customer(
        store=store,
        owner=make_staff(store=store),
        birthday_calendar="solar",
        birthday_month=3,
        birthday_day=16,
    )
    birthday = make_plan("birthday", settings=plan_settings("birthday"))
    regular = make_plan("cadence", settings=plan_settings("cadence"))
    engine.run(now=now)
    answers = {one.plan_id: one for one in why.of_customer(customer, now=now).plans}
    assert answers[birthday.id].words.text in ("Booked for %(day)s.", "Under way for %(day)s.")
    assert answers[birthday.id].words.params["day"] == date(2027, 3, 16)
    assert answers[regular.id].touches, "regular care was due, so the file says what became of it"
