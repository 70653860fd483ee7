"""What is due, by each kind of plan: the day, the key, and once only."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.careplans import generating
from app.careplans.calendar import months_after
from app.careplans.generating import Span, When
from app.careplans.models import CarePlan, Occurrence
from app.core.db import db
from app.customers.models import Customer
from app.purchases import habits
from app.purchases.models import RunOut
from tests.careplans.conftest import TODAY, Shop, occurrences, only, recorded, write_due
from tests.factories.careplans import make_plan
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_member
from tests.factories.people import make_store
from tests.factories.purchases import make_product, make_purchase


def generate(plan: CarePlan, now: datetime, *, day: date | None = None, span: Span = generating.EVERYBODY) -> int:
    (found,) = [known for known in generating.all_plans() if known.id == plan.id]
    return write_due(found, when=When(now, day), span=span)


def due_days() -> list[tuple[str, date]]:
    return [(found.key, found.due_day) for found in occurrences()]


# Regular care


@pytest.mark.parametrize(("tier", "due"), [("core", 1), ("important", 2), ("ordinary", 3)])
def test_regular_care_comes_after_the_months_of_the_tier(care: Shop, now: datetime, tier: str, due: int) -> None:
    customer = care.customer(tier=tier)
    last = months_after(TODAY + timedelta(days=5), -due)
    recorded(customer, last, now=now)
    assert generate(make_plan("cadence"), now) == 1
    assert due_days() == [(last.isoformat(), months_after(last, due))]


def test_it_counts_from_the_last_contact_of_anybody_in_the_household(care: Shop, now: datetime) -> None:
    customer = care.customer(tier="core")
    partner = care.customer(tier="core", household_id=customer.household_id)
    recorded(partner, date(2027, 2, 20), now=now)
    recorded(customer, date(2027, 1, 10), now=now)
    generate(make_plan("cadence"), now)
    assert {found.due_day for found in occurrences()} == {date(2027, 3, 20)}


def test_a_new_contact_starts_the_next_round(care: Shop, now: datetime) -> None:
    customer, plan = care.customer(tier="core"), make_plan("cadence")
    recorded(customer, date(2027, 2, 12), now=now)
    generate(plan, now)
    only().state = "done"
    recorded(customer, date(2027, 3, 14), now=now)
    assert generate(plan, now + timedelta(days=25)) == 1
    assert [found.key for found in occurrences()] == ["2027-02-12", "2027-03-14"]


@pytest.mark.parametrize(
    ("last", "today", "due"),
    [
        (date(2027, 1, 31), date(2027, 2, 20), date(2027, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 20), date(2028, 2, 29)),
        (date(2027, 3, 31), date(2027, 4, 20), date(2027, 4, 30)),
    ],
)
def test_a_month_from_the_31st_is_the_last_day_of_a_short_month(
    care: Shop, now: datetime, last: date, today: date, due: date
) -> None:
    customer = care.customer(tier="core", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    recorded(customer, last, now=now)
    generate(make_plan("cadence"), now, day=today)
    assert only().due_day == due


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    last=st.dates(min_value=date(2025, 1, 1), max_value=date(2031, 1, 1)),
    tier=st.sampled_from(["core", "important", "ordinary"]),
)
def test_the_statement_counts_months_as_the_rule_does(care: Shop, now: datetime, last: date, tier: str) -> None:
    months = {"core": 1, "important": 2, "ordinary": 3}[tier]
    with db.session.begin_nested() as nested:
        customer = care.customer(tier=tier, created_at=datetime(2024, 1, 1, tzinfo=UTC))
        recorded(customer, last, now=now)
        generate(make_plan("cadence"), now, day=months_after(last, months) - timedelta(days=1))
        assert only(customer_id=customer.id).due_day == months_after(last, months)
        nested.rollback()


def test_what_is_long_overdue_is_spread_over_two_weeks(care: Shop, now: datetime) -> None:
    for _ in range(28):
        care.customer(created_at=datetime(2026, 1, 1, tzinfo=UTC))
    generate(make_plan("cadence"), now)
    days = [found.due_day for found in occurrences()]
    assert {days.count(day) for day in days} == {2}
    assert (min(days), max(days)) == (TODAY, TODAY + timedelta(days=13))


def test_a_tier_without_months_is_left_alone(care: Shop, now: datetime) -> None:
    care.customer(tier="ordinary", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert generate(make_plan("cadence", timing={"months": {"core": 1}, "grace_percent": 20}), now) == 0


# After a purchase


def test_a_follow_up_comes_on_the_third_day_or_the_products_own(care: Shop, now: datetime) -> None:
    customer = care.customer()
    plain = make_purchase(customer, lines=[(make_product(follow_up_day=None), 1, 10)], bought_at=now)
    cream = make_purchase(customer, lines=[(make_product(follow_up_day=10), 1, 10)], bought_at=now)
    generate(make_plan("after_purchase"), now)
    assert dict(due_days()) == {f"p{plain.id}": date(2027, 3, 13), f"p{cream.id}": date(2027, 3, 20)}


def test_a_purchase_that_was_returned_is_not_asked_about(care: Shop, now: datetime) -> None:
    purchase = make_purchase(care.customer(), bought_at=now)
    db.session.execute(
        text("UPDATE purchase_line SET returned = quantity WHERE purchase_id = :id"), {"id": purchase.id}
    )
    assert generate(make_plan("after_purchase"), now) == 0


def test_the_day_of_a_purchase_is_that_of_the_store(care: Shop, now: datetime) -> None:
    late = datetime(2027, 3, 9, 17, 0, tzinfo=UTC)  # already the 10th in Hong Kong
    make_purchase(care.customer(), lines=[(make_product(follow_up_day=3), 1, 10)], bought_at=late)
    generate(make_plan("after_purchase"), now)
    assert only().due_day == date(2027, 3, 13)


@pytest.mark.parametrize(
    ("bought", "due"),
    [
        (datetime(2027, 3, 14, 3, 0, tzinfo=UTC), date(2027, 3, 16)),  # 22:00 of the 13th; clocks go forward that night
        (datetime(2027, 11, 7, 2, 30, tzinfo=UTC), date(2027, 11, 9)),  # 22:30 of the 6th; clocks go back that night
    ],
)
def test_days_are_counted_across_both_changes_of_the_clock(care: Shop, bought: datetime, due: date) -> None:
    care.store.zone = "America/New_York"
    make_purchase(care.customer(), lines=[(make_product(follow_up_day=3), 1, 10)], bought_at=bought)
    generate(make_plan("after_purchase"), bought + timedelta(hours=20))
    assert only().due_day == due


# Replenishment


def run_out(customer: Customer, day: date, **changes: object) -> RunOut:
    values = {
        "customer_id": customer.id,
        "product_id": make_product().id,
        "day": day,
        "basis": "label",
        "packs": [],
        "last_bought_on": date(2027, 2, 1),
        "reorder_quantity": Decimal(1),
        "is_restricted": False,
        "is_requested": False,
        "needs_delivery": False,
        "computed_at": datetime(2027, 3, 1, tzinfo=UTC),
    }
    found = RunOut(**{**values, **changes})
    db.session.add(found)
    db.session.flush()
    return found


def test_a_reminder_comes_three_days_before_it_runs_out(care: Shop, now: datetime) -> None:
    found = run_out(care.customer(), date(2027, 3, 20))
    generate(make_plan("replenishment"), now)
    assert due_days() == [(f"{found.product_id}:2027-02-01", date(2027, 3, 17))]


def test_and_five_days_before_when_it_is_delivered(care: Shop, now: datetime) -> None:
    run_out(care.customer(), date(2027, 3, 20), needs_delivery=True)
    generate(make_plan("replenishment"), now)
    assert only().due_day == date(2027, 3, 15)


def test_a_run_out_that_is_computed_anew_reminds_only_once(care: Shop, now: datetime) -> None:
    plan, found = make_plan("replenishment"), run_out(care.customer(), date(2027, 3, 20))
    generate(plan, now)
    found.day = date(2027, 3, 21)
    db.session.flush()
    assert generate(plan, now) == 0


def test_who_has_outgrown_it_is_not_reminded(care: Shop, now: datetime) -> None:
    run_out(care.customer(), date(2027, 3, 20), ends_on=date(2027, 3, 18))
    assert generate(make_plan("replenishment"), now) == 0


def test_what_has_run_out_already_is_too_late(care: Shop, now: datetime) -> None:
    run_out(care.customer(), TODAY)
    assert generate(make_plan("replenishment"), now) == 0


# Birthdays and festivals


def test_a_solar_birthday_is_due_on_its_day(care: Shop, now: datetime) -> None:
    care.customer(birthday_calendar="solar", birthday_month=3, birthday_day=15)
    care.customer(birthday_calendar="solar", birthday_month=5, birthday_day=15)
    generate(make_plan("birthday"), now)
    assert due_days() == [("2027", date(2027, 3, 15))]


def test_a_lunar_birthday_is_due_on_its_day_of_this_lunar_year(care: Shop, now: datetime) -> None:
    # The second lunar month of 2027 begins on 8 March.
    care.customer(birthday_calendar="lunar", birthday_month=2, birthday_day=10)
    generate(make_plan("birthday"), now)
    assert due_days() == [("2027", date(2027, 3, 17))]


def test_a_birthday_may_be_thought_of_some_days_before(care: Shop, now: datetime) -> None:
    care.customer(birthday_calendar="solar", birthday_month=3, birthday_day=15)
    generate(make_plan("birthday", timing={"days_before": 2}), now)
    assert only().due_day == date(2027, 3, 13)


def test_a_birthday_around_new_year_is_kept_once_each_year(care: Shop, now: datetime) -> None:
    care.customer(birthday_calendar="solar", birthday_month=1, birthday_day=2)
    plan = make_plan("birthday")
    for day in (date(2026, 12, 25), date(2026, 12, 30), date(2027, 12, 28)):
        generate(plan, now, day=day)
    assert due_days() == [("2027", date(2027, 1, 2)), ("2028", date(2028, 1, 2))]


def test_a_festival_is_due_for_everybody_of_the_segment(care: Shop, now: datetime) -> None:
    core = care.customer(tier="core")
    care.customer(tier="ordinary")
    plan = make_plan(
        "festival",
        timing={"festival": "easter", "days_before": 0},
        conditions=[{"field": "tier", "op": "in", "value": ["core"]}],
    )
    generate(plan, now + timedelta(days=6))
    found = only()
    assert (found.customer_id, found.key, found.due_day) == (core.id, "2027", date(2027, 3, 28))


# Milestones, winning back, recovery


def test_a_child_comes_to_an_age_with_the_guardians_consent(care: Shop, now: datetime) -> None:
    customer = care.customer()
    baby = make_member(customer, birth_date=date(2026, 9, 15), relation="baby")
    make_member(
        customer,
        birth_date=date(2026, 9, 16),
        relation="baby",
        guardian_consent_text=None,
        guardian_consent_channel=None,
        guardian_consent_at=None,
    )
    generate(make_plan("milestone"), now)
    found = only()
    assert (found.key, found.due_day) == (f"m{baby.id}:6", date(2027, 3, 15))


def test_six_months_after_the_31st_of_august_is_the_end_of_february(care: Shop, now: datetime) -> None:
    make_member(care.customer(), birth_date=date(2026, 8, 31), relation="baby")
    generate(make_plan("milestone"), now, day=date(2027, 2, 20))
    assert only().due_day == date(2027, 2, 28)


def test_who_stays_away_one_and_a_half_of_his_own_cycles_is_won_back_once(care: Shop, now: datetime) -> None:
    customer = care.customer()
    for days in (100, 80, 60):
        make_purchase(customer, bought_at=now - timedelta(days=days))
    habits.refresh_for([customer.id], now=now)
    plan = make_plan("win_back")
    assert generate(plan, now) == 1
    assert only().key == (TODAY - timedelta(days=60)).isoformat()
    assert generate(plan, now + timedelta(days=40)) == 0


def test_who_has_no_cycle_yet_is_won_back_after_the_plans_days(care: Shop, now: datetime) -> None:
    customer = care.customer()
    make_purchase(customer, bought_at=now - timedelta(days=115))
    habits.refresh_for([customer.id], now=now)
    generate(make_plan("win_back"), now)
    assert only().due_day == TODAY + timedelta(days=5)


def test_a_week_after_a_complaint_was_closed_somebody_asks_again(care: Shop, now: datetime) -> None:
    make_complaint(care.customer(), stage="closed", now=now)
    generate(make_plan("recovery"), now)
    assert only().due_day == TODAY + timedelta(days=7)


# All kinds


def test_a_season_bounds_the_days(care: Shop, now: datetime) -> None:
    care.customer(birthday_calendar="solar", birthday_month=3, birthday_day=15)
    assert generate(make_plan("birthday", season={"from": "2027-03-16", "until": None}), now) == 0
    assert generate(make_plan("birthday", season={"from": None, "until": "2027-03-14"}), now) == 0
    assert generate(make_plan("birthday", season={"from": "2027-03-15", "until": "2027-03-15"}), now) == 1


def test_doing_it_again_makes_nothing(care: Shop, now: datetime) -> None:
    care.customer(birthday_calendar="solar", birthday_month=3, birthday_day=15)
    plan = make_plan("birthday")
    assert [generate(plan, now), generate(plan, now)] == [1, 0]


def test_only_the_span_of_households_is_looked_at(care: Shop, now: datetime) -> None:
    first = care.customer(birthday_calendar="solar", birthday_month=3, birthday_day=15)
    second = care.customer(birthday_calendar="solar", birthday_month=3, birthday_day=15)
    plan = make_plan("birthday")
    generate(plan, now, span=Span(first.household_id, first.household_id))
    assert only().customer_id == first.id
    generate(plan, now, span=Span(second.household_id, second.household_id))
    assert len(occurrences()) == 2


def test_a_store_that_is_no_longer_in_use_is_left_alone(care: Shop, now: datetime) -> None:
    care.customer(birthday_calendar="solar", birthday_month=3, birthday_day=15)
    care.store.is_active = False
    db.session.flush()
    assert generate(make_plan("birthday"), now) == 0


def test_each_store_lives_by_its_own_day(care: Shop, now: datetime) -> None:
    """At 10:00 in Hong Kong it is still the evening before in Honolulu."""
    care.store.zone = "Pacific/Honolulu"
    care.customer(birthday_calendar="solar", birthday_month=3, birthday_day=9)
    care.customer(store=make_store(), owner=None, birthday_calendar="solar", birthday_month=3, birthday_day=9)
    generate(make_plan("birthday"), now)
    assert [(found.store_id, found.due_day) for found in occurrences()] == [(care.store.id, date(2027, 3, 9))]


def test_an_occurrence_keeps_plan_version_and_kind(care: Shop, now: datetime) -> None:
    customer, plan = care.customer(birthday_calendar="solar", birthday_month=3, birthday_day=15), make_plan("birthday")
    generate(plan, now)
    found: Occurrence = only()
    assert (found.plan_id, found.plan_version_id, found.kind, found.state) == (
        plan.id,
        plan.current_version_id,
        "birthday",
        "due",
    )
    assert (found.household_id, found.store_id) == (customer.household_id, care.store.id)
