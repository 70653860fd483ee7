"""What plans will make in twelve weeks, against the hours that people are there."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from app.careplans import forecast, hours
from app.careplans.plan_settings import parse
from app.core.db import db
from app.customers.models import ContactBooking, HouseholdMember
from app.people import shifts
from app.people.access import Actor
from app.people.models import ShiftException, ShiftPattern, TimeOff
from app.purchases import habits
from app.purchases.models import RunOut
from tests.factories.careplans import make_occurrence
from tests.factories.customers import make_customer, make_household
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.plans import make_plan, plan_settings
from tests.factories.purchases import make_product, make_purchase
from tests.factories.tasks import make_task

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
TODAY = date(2027, 3, 10)
MONDAY = date(2027, 3, 8)
SYSTEM = Actor.system()


@pytest.fixture
def store(session):
    return make_store()


def contact(customer, day):
    db.session.add(
        ContactBooking(
            household_id=customer.household_id,
            customer_id=customer.id,
            kind="cadence",
            day=day,
            gap_days=7,
            origin_key=f"test:{customer.id}:{day}",
            state="recorded",
            reserved_at=datetime.combine(day, time(4), HONG_KONG),
            recorded_at=datetime.combine(day, time(4), HONG_KONG),
        )
    )
    db.session.flush()


def of(kind, now, *, plan_id=None, **parts):
    return forecast.of_plan(
        parse(kind, plan_settings(kind, **parts)), plan_id=plan_id, store_ids=None, actor=SYSTEM, now=now
    )


def touches(found):
    """Week -> touches, of the only store."""
    [store] = found.stores
    return {week.week: week.touches for week in store.weeks if week.touches}


def monday_of(day):
    return day - timedelta(days=day.weekday())


def test_there_are_twelve_weeks_from_this_monday_on(store, now):
    [found] = of("cadence", now).stores
    assert [week.week for week in found.weeks] == [MONDAY + timedelta(weeks=number) for number in range(12)]


def test_regular_care_comes_round_by_the_tier(store, now):
    core = make_customer(store=store, tier="core")
    contact(core, date(2027, 2, 20))
    days = [date(2027, 3, 20), date(2027, 4, 20), date(2027, 5, 20)]
    assert touches(of("cadence", now)) == {monday_of(day): 1 for day in days}


def test_only_who_is_meant_and_can_be_reached_counts(store, now):
    for changes in ({"tier": "core"}, {"tier": "ordinary"}, {"tier": "core", "phone": None}):
        contact(make_customer(store=store, **changes), date(2027, 2, 20))
    only_core = [{"field": "tier", "op": "in", "value": ["core"]}]
    found = of("cadence", now, conditions=only_core)
    assert (sum(touches(found).values()), found.people) == (3, 2)


def test_a_text_is_a_touch_but_no_task(store, now):
    make_customer(store=store)
    words = {"zh_Hans": "复活节快乐", "zh_Hant": "復活節快樂", "en": "Happy Easter"}
    found = of("festival", now, action={"by": "sms", "words": words})
    assert touches(found) == {date(2027, 3, 22): 1}
    assert (found.tasks, found.minutes) == (0, 0)


def test_one_household_is_contacted_once_however_many_live_there(store, now):
    home = make_household(store=store)
    for _ in range(3):
        make_customer(store=store, household=home)
    found = of("festival", now)
    assert (found.touches, found.tasks, found.minutes) == (1, 1, 10)


def test_a_season_ends_what_would_come_after_it(store, now):
    contact(make_customer(store=store, tier="core"), date(2027, 2, 20))
    found = of("cadence", now, season={"from": None, "until": "2027-04-30"})
    assert set(touches(found)) == {monday_of(date(2027, 3, 20)), monday_of(date(2027, 4, 20))}


def test_purchases_to_come_are_taken_to_be_as_many_as_those_before(store, now):
    customer = make_customer(store=store)
    bought = datetime(2027, 1, 4, 12, tzinfo=HONG_KONG)
    make_purchase(customer, bought_at=bought)
    follow_up = bought.date() + timedelta(days=3)
    assert touches(of("after_purchase", now)) == {monday_of(follow_up + timedelta(weeks=12)): 1}


def test_the_season_of_a_follow_up_is_that_of_the_days_to_come(store, now):
    make_purchase(make_customer(store=store), bought_at=datetime(2027, 1, 4, 12, tzinfo=HONG_KONG))
    assert touches(of("after_purchase", now, season={"from": "2027-03-10", "until": None}))
    assert not touches(of("after_purchase", now, season={"from": None, "until": "2027-03-20"}))


def test_what_runs_out_is_bought_again_and_runs_out_again(store, now):
    customer, product = make_customer(store=store), make_product()
    db.session.add(
        RunOut(
            customer_id=customer.id,
            product_id=product.id,
            day=date(2027, 3, 23),
            basis="label",
            packs=[],
            last_bought_on=date(2027, 2, 23),
            reorder_quantity=Decimal(1),
            is_restricted=False,
            is_requested=False,
            needs_delivery=False,
            computed_at=now,
        )
    )
    db.session.flush()
    days = [date(2027, 3, 20), date(2027, 4, 17), date(2027, 5, 15)]
    assert touches(of("replenishment", now, action={"by": "sms"})) == {monday_of(day): 1 for day in days}


def test_who_buys_in_his_usual_rhythm_is_not_taken_to_lapse(store, now):
    loyal, away = make_customer(store=store), make_customer(store=store)
    for customer, last in ((loyal, date(2027, 3, 1)), (away, date(2027, 1, 20))):
        for number in range(4):
            make_purchase(customer, bought_at=datetime.combine(last - timedelta(days=20 * number), time(12), HONG_KONG))
    habits.refresh(now=now)
    assert of("win_back", now).touches == 1


def test_a_child_comes_to_the_ages_of_the_plan(store, now):
    parent = make_customer(store=store)
    db.session.add(
        HouseholdMember(
            household_id=parent.household_id,
            name="小宝",
            relation="baby",
            birth_date=date(2026, 10, 1),
            guardian_consent_text="同意",
            guardian_consent_channel="paper",
            guardian_consent_at=now,
            created_at=now,
        )
    )
    db.session.flush()
    assert touches(of("milestone", now)) == {monday_of(date(2027, 4, 1)): 1}


def test_what_has_left_the_house_is_not_counted_twice(store, now):
    customer = make_customer(store=store)
    plan = make_plan("festival")
    make_occurrence(plan, customer, due_day=date(2027, 3, 28), key="2027", state="made")
    assert of("festival", now, plan_id=plan.id).touches == 0
    assert of("festival", now).touches == 1


def test_regular_care_gives_way_to_another_contact_just_before_it(store, now):
    customer = make_customer(store=store, tier="core")
    contact(customer, date(2027, 3, 3))
    assert set(touches(of("cadence", now))) == {monday_of(date(2027, month, 3)) for month in (4, 5)}
    make_plan("cadence")
    make_plan("festival")
    found = forecast.of_all(store_ids=None, actor=SYSTEM, now=now)
    assert touches(found) == {date(2027, 3, 22): 1, monday_of(date(2027, 5, 3)): 1}


def test_regular_care_on_the_day_of_a_greeting_is_one_call(store, now):
    contact(make_customer(store=store, tier="core"), date(2027, 2, 28))
    make_plan("cadence")
    words = {"zh_Hans": "复活节快乐", "zh_Hant": "復活節快樂", "en": "Happy Easter"}
    make_plan("festival", settings=plan_settings("festival", action={"by": "sms", "words": words}))
    [found] = forecast.of_all(store_ids=None, actor=SYSTEM, now=now).stores
    [easter] = [week for week in found.weeks if week.week == date(2027, 3, 22)]
    assert (easter.touches, easter.tasks, easter.minutes) == (1, 1, 10)


def test_plans_that_are_off_are_not_in_the_forecast_of_all(store, now):
    make_customer(store=store)
    make_plan("festival", is_on=False)
    assert forecast.of_all(store_ids=None, actor=SYSTEM, now=now).touches == 0


def test_a_supervisor_sees_the_own_stores_only(store, now):
    elsewhere = make_store()
    for place in (store, elsewhere):
        make_customer(store=place)
    supervisor = actor_of(make_staff("supervisor", store=store))
    found = forecast.of_plan(
        parse("festival", plan_settings("festival")), plan_id=None, store_ids=None, actor=supervisor, now=now
    )
    assert ([one.store_id for one in found.stores], found.people, found.touches) == ([store.id], 1, 1)


def test_a_week_with_more_work_than_hours_is_marked(store, now):
    for _ in range(3):
        make_customer(store=store)
    associate = make_staff(store=store)
    db.session.add(
        ShiftPattern(staff_id=associate.id, weekday=0, starts=time(9), ends=time(9, 25), valid_from=date(2026, 1, 1))
    )
    db.session.flush()
    [(_, week)] = of("festival", now).crowded
    assert (week.week, week.minutes, week.available_minutes) == (date(2027, 3, 22), 30, 25)


def test_unfinished_tasks_are_booked_already(store, now):
    customer = make_customer(store=store)
    start = datetime(2027, 3, 18, 10, tzinfo=HONG_KONG)
    associate = make_staff(store=store)
    for status in ("assigned", "completed"):
        make_task(
            customer=customer,
            assignee=associate,
            status=status,
            window_start=start,
            window_end=start + timedelta(hours=1),
            expected_minutes=45,
        )
    [found] = of("cadence", now, conditions=[{"field": "tier", "op": "in", "value": ["core"]}]).stores
    assert {week.week: week.booked_minutes for week in found.weeks if week.booked_minutes} == {date(2027, 3, 15): 45}


def test_of_a_big_company_a_share_of_the_households_is_counted(store, now, monkeypatch):
    for _ in range(200):
        make_customer(store=store)
    newest = db.session.scalar(db.text("select max(id) from household"))
    assert (of("festival", now).share, of("festival", now).touches) == (1, 200)
    monkeypatch.setattr(forecast, "MOST_HOUSEHOLDS", newest // 4)
    found = of("festival", now)
    assert (found.share, found.people) == (4, 200)
    assert found.touches % 4 == 0
    assert 100 <= found.touches <= 300


# --- hours: the statement and the pure rules of shifts agree ----------------------------------------------------------

stretches = st.sampled_from([(time(9), time(13)), (time(14), time(18, 30)), (time(10), time(20))])
weekly = st.lists(
    st.tuples(
        st.integers(0, 6), stretches, st.dates(date(2027, 3, 1), date(2027, 4, 10)), st.none() | st.integers(1, 40)
    ),
    max_size=5,
    unique_by=lambda one: one[0],
)
exceptions = st.lists(
    st.tuples(st.dates(date(2027, 3, 5), date(2027, 4, 20)), st.none() | stretches),
    max_size=3,
    unique_by=lambda one: one[0],
)
absences = st.none() | st.tuples(
    st.datetimes(datetime(2027, 3, 1), datetime(2027, 4, 10)), st.integers(1, 300), st.booleans()
)


def test_the_hours_of_a_store_are_those_of_the_rules_of_shifts(session):
    @how(max_examples=40)
    @given(weekly, exceptions, absences)
    def agree(usual, changed, away):
        inner = db.session.begin_nested()
        try:
            compare(usual, changed, away)
        finally:
            inner.rollback()

    agree()


def compare(usual, changed, away):
    store = make_store()
    person = make_staff(store=store)
    rules, single, off = [], [], []
    for weekday, (starts, ends), valid_from, length in usual:
        until = valid_from + timedelta(days=length) if length else None
        db.session.add(
            ShiftPattern(
                staff_id=person.id, weekday=weekday, starts=starts, ends=ends, valid_from=valid_from, valid_until=until
            )
        )
        rules.append(shifts.WeeklyShift(weekday, starts, ends, valid_from, until))
    for day, stretch in changed:
        starts, ends = stretch or (None, None)
        db.session.add(ShiftException(staff_id=person.id, day=day, starts=starts, ends=ends, note=""))
        single.append(shifts.DayShift(day, starts, ends))
    if away:
        begins, length, approved = away
        begins = begins.replace(tzinfo=HONG_KONG)
        db.session.add(
            TimeOff(
                staff_id=person.id,
                starts_at=begins,
                ends_at=begins + timedelta(hours=length),
                reason="leave",
                status="approved" if approved else "asked",
                asked_by=person.id,
                asked_at=begins,
            )
        )
        if approved:
            off.append(shifts.Interval(begins, begins + timedelta(hours=length)))
    db.session.flush()
    first, last = date(2027, 3, 10), date(2027, 4, 18)
    wanted: dict[date, int] = {}
    for day in shifts.working_days(
        first=first, last=last, zone=HONG_KONG, weekly=rules, exceptions=single, time_off=off
    ):
        monday = hours.monday_of(day.day)
        wanted[monday] = wanted.get(monday, 0) + day.minutes
    found = hours.of_stores([store.id], first=first, last=last).available
    assert {week: minutes for (_, week), minutes in found.items() if minutes} == {
        week: minutes for week, minutes in wanted.items() if minutes
    }
