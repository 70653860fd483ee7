"""Which wishes become contacts and when: the budget of the household, merging, balance, consent, quiet days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from app.core.db import db
from app.customers import consent, contacts
from app.customers.contacts import Refused
from app.customers.models import ContactRule
from app.customers.values import Channel, ConsentSource, ContactKind, Scope
from app.people.access import Actor
from app.purchases import habits
from tests.careplans.conftest import TODAY, Shop, bookings, fate, occurrences, only, recorded
from tests.careplans.test_generating import run_out
from tests.factories.careplans import make_occurrence, make_plan
from tests.factories.complaints import make_complaint
from tests.factories.purchases import make_product, make_purchase

BIRTHDAY = {"birthday_calendar": "solar", "birthday_month": 3}
OVERDUE = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


def stop(phone: str | None, now: datetime, *, channel: Channel = Channel.CALL, scope: Scope = Scope.ALL) -> None:
    consent.opt_out(
        str(phone),
        source=ConsentSource.OFFICE,
        text="no calls",
        actor=Actor.system(),
        now=now,
        channel=channel,
        scope=scope,
    )


# One contact


def test_a_free_day_is_booked_in_the_ledger(care: Shop) -> None:
    customer, plan = care.customer(**BIRTHDAY, birthday_day=18), make_plan("birthday")
    care.run()
    assert fate(only()) == ("booked", None, date(2027, 3, 18))
    (booking,) = bookings()
    assert booking.origin_key == f"careplan:{plan.id}:cust:{customer.id}:2027"
    assert (booking.kind, booking.day, booking.state, booking.is_sales) == (
        "birthday",
        date(2027, 3, 18),
        "reserved",
        False,
    )


def test_a_touch_within_three_days_joins_the_contact_that_stands(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=18)
    make_purchase(customer, lines=[(make_product(follow_up_day=6), 1, 9)], bought_at=now)
    make_plan("birthday")
    make_plan("after_purchase")
    care.run()
    lead, follower = only(kind="birthday"), only(kind="after_purchase")
    assert fate(follower) == ("merged", None, date(2027, 3, 18))
    assert follower.lead_id == lead.id
    assert len(bookings()) == 1


def test_a_run_counts_what_is_decided_at_once_and_what_had_to_compete(care: Shop) -> None:
    care.customer(**BIRTHDAY, birthday_day=18)
    care.customer(**BIRTHDAY, birthday_day=18, phone=None)
    first = care.customer(**BIRTHDAY, birthday_day=18)
    care.customer(**BIRTHDAY, birthday_day=19, household_id=first.household_id)
    make_plan("birthday")
    counts = care.run().counts
    assert {name: counts[name] for name in ("new", "booked", "merged", "put_off")} == {
        "new": 4,
        "booked": 2,
        "merged": 1,
        "put_off": 1,
    }


def test_a_day_that_was_given_back_under_the_same_name_is_booked_again(care: Shop, now: datetime) -> None:
    first, second = (care.customer(**BIRTHDAY, birthday_day=18) for _ in range(2))
    plan = make_plan("birthday")
    key = f"careplan:{plan.id}:cust:{first.id}:2027"
    contacts.reserve(first.id, kind=ContactKind.BIRTHDAY, day=date(2027, 3, 12), origin_key=key, now=now)
    contacts.release(key, reason="planned_anew", now=now)
    care.run()
    assert [(one.customer_id, one.state, one.day.day) for one in bookings()] == [
        (first.id, "reserved", 18),
        (second.id, "reserved", 18),
    ]


def test_touches_of_a_whole_household_are_one_contact(care: Shop) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=18)
    care.customer(household_id=customer.household_id, **BIRTHDAY, birthday_day=19)
    make_plan("birthday")
    care.run()
    assert sorted(found.state for found in occurrences()) == ["booked", "merged"]


def test_a_dated_touch_waits_for_its_day_and_is_then_missed_with_the_reason(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=16)
    recorded(customer, TODAY, now=now)
    make_plan("birthday")
    care.run()
    assert fate(only()) == ("deferred", "ceiling", None)
    care.run(days_later=7)
    assert fate(only()) == ("missed", "ceiling", None)


def test_a_dated_touch_is_booked_when_the_contact_in_its_way_falls_through(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=18)
    contacts.reserve(customer.id, kind=ContactKind.PERSONAL, day=date(2027, 3, 14), origin_key="text:1", now=now)
    make_plan("birthday")
    care.run()
    assert fate(only()) == ("deferred", "ceiling", None)
    contacts.release("text:1", reason="withdrawn", now=now)
    care.run()
    assert fate(only()) == ("booked", None, date(2027, 3, 18))


def test_a_follow_up_may_move_three_days_back(care: Shop, now: datetime) -> None:
    customer = care.customer()
    recorded(customer, date(2027, 3, 8), now=now)
    make_purchase(customer, lines=[(make_product(follow_up_day=3), 1, 9)], bought_at=now)
    make_plan("after_purchase")
    care.run()
    assert fate(only()) == ("booked", None, date(2027, 3, 15))


def test_regular_care_takes_the_first_free_day(care: Shop, now: datetime) -> None:
    customer = care.customer(tier="core")
    recorded(customer, date(2027, 2, 12), now=now)
    make_plan("cadence")
    care.run()
    assert only().booked_day == date(2027, 3, 12)


def test_regular_care_waits_for_a_contact_that_comes_anyway(care: Shop, now: datetime) -> None:
    customer = care.customer(tier="core", **BIRTHDAY, birthday_day=17)
    recorded(customer, date(2027, 2, 12), now=now)
    make_plan("birthday")
    make_plan("cadence")
    care.run()
    assert fate(only(kind="birthday"))[0] == "booked"
    assert fate(only(kind="cadence")) == ("deferred", "contacted_otherwise", None)


def test_regular_care_ends_when_somebody_was_in_touch_since(care: Shop, now: datetime) -> None:
    customer = care.customer(tier="core")
    recorded(customer, date(2027, 2, 20), now=now)
    make_plan("cadence")
    care.run()
    recorded(customer, TODAY, now=now)
    care.run(days_later=1)
    assert fate(only(key="2027-02-20"))[:2] == ("ended", "contacted_otherwise")
    assert [booking.state for booking in bookings() if booking.origin_key.startswith("careplan")] == ["released"]


def test_a_wider_gap_of_the_store_counts(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=24)
    db.session.add(ContactRule(store_id=care.store.id, gap_days=14, changed_at=now))
    contacts.write_down(customer.id, kind=ContactKind.CADENCE, day=date(2027, 3, 11), origin_key="call:1", now=now)
    make_plan("birthday")
    care.run()
    assert fate(only()) == ("deferred", "ceiling", None)


def test_nobody_else_can_book_too_close_to_what_a_run_booked(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=18)
    make_plan("birthday")
    care.run()
    answer = contacts.reserve(customer.id, kind=ContactKind.PERSONAL, day=date(2027, 3, 16), origin_key="x", now=now)
    assert isinstance(answer, Refused)


def test_who_moved_in_brings_his_contacts_along(care: Shop, now: datetime) -> None:
    customer, newcomer = care.customer(**BIRTHDAY, birthday_day=14), care.customer()
    recorded(newcomer, TODAY, now=now)
    newcomer.household_id = customer.household_id
    db.session.flush()
    make_plan("birthday")
    care.run()
    assert fate(only()) == ("deferred", "ceiling", None)


# Order


def test_slots_are_given_out_in_the_order_of_the_kinds(care: Shop, now: datetime) -> None:
    customer = care.customer(tier="core", **BIRTHDAY, birthday_day=20)
    run_out(customer, date(2027, 3, 18))
    make_plan("birthday")
    make_plan("replenishment")
    care.run()
    assert fate(only(kind="replenishment")) == ("booked", None, date(2027, 3, 15))
    assert fate(only(kind="birthday")) == ("deferred", "ceiling", None)


# Quiet days


def test_a_dated_call_moves_to_the_nearest_day_on_which_the_store_is_open(care: Shop) -> None:
    care.store.opening_hours = {str(day): [["10:00", "20:00"]] for day in range(5)}  # closed at weekends
    care.customer(**BIRTHDAY, birthday_day=20)
    make_plan("birthday")
    care.run()
    assert fate(only()) == ("booked", None, date(2027, 3, 19))


def test_the_last_day_before_a_run_out_is_taken_only_when_no_other_is_free(care: Shop) -> None:
    care.store.opening_hours = {str(day): [["10:00", "20:00"]] for day in (4, 6)}  # Fridays and Sundays
    run_out(care.customer(), date(2027, 3, 20))
    make_plan("replenishment", by="callback")
    care.run()
    assert fate(only()) == ("booked", None, date(2027, 3, 14))


def test_a_text_goes_out_though_the_store_is_closed(care: Shop) -> None:
    care.store.opening_hours = {str(day): [["10:00", "20:00"]] for day in range(5)}
    care.customer(**BIRTHDAY, birthday_day=20)
    make_plan("birthday", by="sms")
    care.run()
    assert fate(only()) == ("booked", None, date(2027, 3, 20))


def test_nobody_is_called_on_new_years_day_of_the_moon(care: Shop, now: datetime) -> None:
    care.customer(tier="core", birthday_calendar="solar", birthday_month=2, birthday_day=6)
    make_plan("birthday")
    care.run(days_later=-40)
    assert fate(only()) == ("booked", None, date(2027, 2, 5))


def test_after_noon_nobody_is_planned_for_the_same_day(care: Shop, now: datetime) -> None:
    customer = care.customer(tier="core")
    recorded(customer, date(2027, 2, 10), now=now)
    make_plan("cadence")
    care.now = now + timedelta(hours=4)
    care.run()
    assert only().booked_day == date(2027, 3, 11)


# What speaks against it


def test_without_a_number_nobody_is_contacted(care: Shop) -> None:
    care.customer(**BIRTHDAY, birthday_day=18, phone=None)
    make_plan("birthday")
    care.run()
    assert fate(only()) == ("deferred", "no_phone", None)


def test_a_stop_holds_for_its_way_only(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=18)
    stop(customer.phone, now)
    make_plan("birthday")
    make_plan("birthday", by="sms")
    care.run()
    assert sorted((found.state, found.reason) for found in occurrences()) == [
        ("booked", None),
        ("deferred", "opted_out"),
    ]


def test_regular_care_that_waits_for_the_end_of_a_stop_is_wished_for_once(care: Shop, now: datetime) -> None:
    customer = care.customer(tier="core", created_at=OVERDUE)
    stop(customer.phone, now)
    make_plan("cadence")
    make_purchase(customer, bought_at=now - timedelta(days=40))
    habits.refresh_for([customer.id], now=now)
    care.run()
    assert (only().key, only().state, only().reason) == ("2027-01-29", "deferred", "opted_out")
    make_purchase(customer, bought_at=now - timedelta(days=25))
    habits.refresh_for([customer.id], now=now)
    care.run()
    assert (only().key, only().state) == ("2027-01-29", "deferred")


def test_a_stop_of_promotions_does_not_stop_care(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=18)
    stop(customer.phone, now, scope=Scope.PROMOTION)
    make_plan("birthday")
    care.run()
    assert only().state == "booked"


def test_a_restricted_product_is_reminded_of_only_on_request(care: Shop) -> None:
    run_out(care.customer(), date(2027, 3, 20), is_restricted=True)
    asked = run_out(care.customer(), date(2027, 3, 20), is_restricted=True, is_requested=True)
    make_plan("replenishment")
    care.run()
    assert fate(only(customer_id=asked.customer_id))[0] == "booked"
    (silent,) = [found for found in occurrences() if found.customer_id != asked.customer_id]
    assert fate(silent) == ("deferred", "no_request", None)


def test_an_open_complaint_freezes_sales_and_regular_care(care: Shop, now: datetime) -> None:
    customer = care.customer(tier="core")
    recorded(customer, date(2027, 2, 12), now=now)
    run_out(customer, date(2027, 3, 20))
    make_complaint(customer, now=now)
    promotion = make_occurrence(make_plan("promotion"), customer, due_day=date(2027, 3, 22))
    for kind in ("cadence", "replenishment"):
        make_plan(kind)
    care.run()
    assert fate(only(kind="cadence")) == ("deferred", "complaint", None)
    assert fate(only(kind="replenishment")) == ("deferred", "complaint", None)
    assert fate(only(id=promotion.id)) == ("dropped", "complaint", None)


def test_after_a_reaction_nobody_is_reminded_to_buy_again(care: Shop, now: datetime) -> None:
    customer = care.customer()
    run_out(customer, date(2027, 3, 20), is_requested=True)
    make_complaint(customer, now=now, is_reaction=True)
    make_plan("replenishment")
    care.run()
    assert fate(only()) == ("deferred", "reaction", None)


def test_a_plan_that_was_switched_off_gives_its_days_back(care: Shop) -> None:
    care.customer(**BIRTHDAY, birthday_day=18)
    plan = make_plan("birthday")
    care.run()
    plan.is_on = False
    db.session.flush()
    care.run()
    assert fate(only()) == ("dropped", "plan_switched_off", None)
    assert [booking.state for booking in bookings()] == ["released"]


# Balance


def test_after_two_sales_a_reminder_goes_as_care_that_names_the_run_out(care: Shop, now: datetime) -> None:
    customer = care.customer()
    for day in (date(2027, 2, 1), date(2027, 2, 20)):
        recorded(customer, day, kind="promotion", is_sales=True, now=now)
    run_out(customer, date(2027, 3, 20))
    make_plan("replenishment")
    care.run()
    found = only()
    assert (found.state, found.detail["as_care"]) == ("booked", True)
    (booking,) = bookings(state="reserved")
    assert (booking.kind, booking.is_sales) == ("cadence", False)


def test_after_two_sales_nobody_is_won_back_before_a_contact_of_care(care: Shop, now: datetime) -> None:
    customer = care.customer()
    for day in (date(2027, 2, 1), date(2027, 2, 20)):
        recorded(customer, day, kind="promotion", is_sales=True, now=now)
    make_occurrence(make_plan("win_back"), customer, due_day=TODAY, key="2026-10-01")
    db.session.execute(
        text("""INSERT INTO buying_habit (customer_id, currency, last_bought_at, last_bought_on, days_bought, lapses_on)
                VALUES (:id, 'HKD', :now, '2026-10-01', 1, '2027-02-01')"""),
        {"id": customer.id, "now": now},
    )
    care.run()
    assert fate(only()) == ("deferred", "balance", None)
    recorded(customer, date(2027, 3, 9), kind="birthday", now=now)
    care.run()
    assert fate(only()) == ("booked", None, date(2027, 3, 16))


def test_a_promotion_that_would_be_the_third_about_sales_is_dropped(care: Shop, now: datetime) -> None:
    customer = care.customer()
    for day in (date(2027, 2, 1), date(2027, 2, 20)):
        recorded(customer, day, kind="win_back", is_sales=True, now=now)
    make_occurrence(make_plan("promotion"), customer, due_day=date(2027, 3, 20))
    care.run()
    assert fate(only()) == ("dropped", "balance", None)


def test_sales_booked_for_later_count_too(care: Shop, now: datetime) -> None:
    customer = care.customer()
    recorded(customer, date(2027, 2, 20), kind="promotion", is_sales=True, now=now)
    contacts.reserve(customer.id, kind=ContactKind.PROMOTION, day=date(2027, 3, 24), origin_key="promo:1", now=now)
    make_occurrence(make_plan("promotion"), customer, due_day=date(2027, 3, 15))
    care.run()
    assert fate(only()) == ("dropped", "balance", None)


def test_a_reminder_somebody_asked_for_is_no_sale(care: Shop) -> None:
    run_out(care.customer(), date(2027, 3, 20), is_requested=True)
    make_plan("replenishment")
    care.run()
    assert [booking.is_sales for booking in bookings()] == [False]


def test_a_promotion_never_moves_beyond_three_days(care: Shop, now: datetime) -> None:
    customer = care.customer()
    recorded(customer, date(2027, 3, 9), now=now)
    make_occurrence(make_plan("promotion"), customer, due_day=date(2027, 3, 11))
    care.run()
    assert fate(only()) == ("dropped", "ceiling", None)


def test_a_promotion_joins_no_contact_of_care(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=15)
    make_occurrence(make_plan("promotion"), customer, due_day=date(2027, 3, 14))
    make_plan("birthday")
    care.run()
    assert fate(only(kind="promotion")) == ("dropped", "ceiling", None)


@pytest.mark.parametrize("days_later", [1, 5, 13])
def test_what_was_booked_stays_booked_on_later_nights(care: Shop, days_later: int) -> None:
    care.customer(**BIRTHDAY, birthday_day=24)
    make_plan("birthday", made_days_before=0)
    care.run()
    before = fate(only())
    care.run(days_later=days_later)
    assert fate(only()) == before
    assert len(bookings()) == 1
