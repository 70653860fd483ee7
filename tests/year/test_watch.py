"""Each guard-rail of the simulated year finds its breach when there is one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core.db import db
from app.customers.models import Consent, ContactBooking, Customer
from tests.factories.careplans import make_occurrence, make_plan
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.factories.people import make_staff, make_store
from tests.factories.purchases import make_product, make_purchase
from tests.factories.tasks import make_task
from tests.year.watch import BREACHES, Promises, guard, happened
from tests.year.world import HOME, Consumer, World

DAY = date(2027, 3, 10)
NOON = datetime(2027, 3, 10, 12, tzinfo=HOME)
NIGHT = datetime(2027, 3, 10, 23, tzinfo=HOME)
MORNING = datetime(2027, 3, 10, 9, tzinfo=HOME)


def book(customer: Customer, key: str, *, day: date = DAY, at: datetime | None = NOON, **changes: Any) -> None:
    """A contact of the ledger that took place."""
    values = {
        "household_id": customer.household_id, "customer_id": customer.id, "kind": "cadence", "day": day,
        "gap_days": 7, "origin_key": key, "state": "recorded", "reserved_at": NOON - timedelta(days=20),
        "recorded_at": at,
    }  # fmt: skip
    db.session.add(ContactBooking(**{**values, **changes}))
    db.session.flush()


def text_sent(customer: Customer, *, kind: str = "help", at: datetime = NOON, **changes: Any) -> None:
    make_message(customer, kind=kind, state="submitted", submitted_at=at, created_at=at, **changes)


def call_of_plan(customer: Customer, *, key: str = "careplan:1:cust:1:k", **changes: Any) -> None:
    """A care call that was made."""
    values = {
        "type": "callback", "reason": "care", "status": "completed", "origin_key": key, "window_start": NOON,
        "window_end": NOON + timedelta(hours=2), "created_at": NOON, "started_at": NOON, "ended_at": NOON,
    }  # fmt: skip
    make_task(customer=customer, assignee=make_staff(), **{**values, **changes})


def refuse(customer: Customer, *, channel: str, scope: str = "all", at: datetime = MORNING) -> None:
    db.session.add(Consent(phone=customer.phone, channel=channel, scope=scope, state="out", changed_at=at))
    db.session.flush()


def two_contacts_in_the_gap(customer: Customer) -> None:
    book(customer, "a", day=DAY - timedelta(days=6), at=NOON - timedelta(days=6))
    book(customer, "b")


def a_call_without_a_booking(customer: Customer) -> None:
    call_of_plan(customer)


def an_unasked_text_without_a_booking(customer: Customer) -> None:
    text_sent(customer, kind="care", is_proactive=True)


def a_text_at_night(customer: Customer) -> None:
    text_sent(customer, at=NIGHT)


def a_call_planned_at_night(customer: Customer) -> None:
    late = {"window_start": NOON + timedelta(hours=7), "window_end": NOON + timedelta(hours=9)}
    call_of_plan(customer, status="assigned", started_at=None, ended_at=None, **late)


def a_call_made_at_night(customer: Customer) -> None:
    make_task(
        customer=customer, assignee=make_staff(),
        type="callback", reason="care", status="completed", origin_key="careplan:1:cust:1:k",
        window_start=NOON, window_end=NOON + timedelta(hours=2), created_at=NOON - timedelta(days=2),
        started_at=NIGHT, ended_at=NIGHT,
    )  # fmt: skip
    book(customer, "careplan:1:cust:1:k")


def a_text_after_the_stop(customer: Customer) -> None:
    refuse(customer, channel="sms")
    text_sent(customer)


def a_promotion_after_no_to_promotions(customer: Customer) -> None:
    refuse(customer, channel="sms", scope="promotion")
    text_sent(customer, kind="promotion")


def a_call_after_the_stop(customer: Customer) -> None:
    refuse(customer, channel="call")
    call_of_plan(customer)
    book(customer, "careplan:1:cust:1:k")


def a_promotion_in_a_freeze(customer: Customer) -> None:
    make_complaint(customer, now=MORNING)
    text_sent(customer, kind="promotion")


def a_win_back_in_a_freeze(customer: Customer) -> None:
    make_complaint(customer, now=MORNING)
    make_task(
        customer=customer, assignee=make_staff(),
        type="callback", reason="lapsed", status="completed", started_at=NOON, ended_at=NOON,
        window_start=NOON, window_end=NOON + timedelta(hours=1),
    )  # fmt: skip


def a_birthday_kept_twice(customer: Customer) -> None:
    plan = make_plan("birthday")
    for key in ("2027", "2027-again"):
        make_occurrence(plan, customer, due_day=DAY, key=key, state="made", decided_at=NOON)


def a_touch_as_task_and_text(customer: Customer) -> None:
    call_of_plan(customer, status="assigned", started_at=None, ended_at=None)
    make_message(customer, dedupe_key="careplan:1:cust:1:k", created_at=NOON)


def a_third_sale_in_a_row(customer: Customer) -> None:
    for weeks in (2, 1, 0):
        past = timedelta(days=7 * weeks)
        book(customer, f"s{weeks}", day=DAY - past, at=NOON - past, kind="win_back", is_sales=True)


def formula_nobody_asked_for(customer: Customer) -> None:
    product = make_product(is_restricted=True)
    make_occurrence(
        make_plan("replenishment"), customer, due_day=DAY, state="booked", decided_at=NOON, booked_day=DAY,
        detail={"product_id": product.id},
    )  # fmt: skip


def a_promotion_to_who_buys_only_formula(customer: Customer) -> None:
    make_purchase(customer, lines=[(make_product(is_restricted=True), 1, 298)])
    text_sent(customer, kind="promotion")


PLANTED: tuple[tuple[str, Callable[[Customer], None]], ...] = (
    ("contacts over the ceiling", two_contacts_in_the_gap),
    ("contacts outside the ledger", a_call_without_a_booking),
    ("contacts outside the ledger", an_unasked_text_without_a_booking),
    ("texts in quiet hours", a_text_at_night),
    ("calls outside 9 to 20", a_call_planned_at_night),
    ("calls outside 9 to 20", a_call_made_at_night),
    ("texts after an opt-out", a_text_after_the_stop),
    ("texts after an opt-out", a_promotion_after_no_to_promotions),
    ("calls made after an opt-out", a_call_after_the_stop),
    ("promotions in a freeze", a_promotion_in_a_freeze),
    ("win-backs in a freeze", a_win_back_in_a_freeze),
    ("double occurrences", a_birthday_kept_twice),
    ("double tasks or texts of one touch", a_touch_as_task_and_text),
    ("sales contacts beyond the balance", a_third_sale_in_a_row),
    ("reminders of restricted goods nobody asked for", formula_nobody_asked_for),
    ("promotions to who buys only restricted goods", a_promotion_to_who_buys_only_formula),
)


@pytest.fixture
def customer(session: Session) -> Customer:
    return make_customer()


@pytest.mark.parametrize(("rail", "plant"), PLANTED, ids=[plant.__name__ for _, plant in PLANTED])
def test_a_planted_breach_is_found_and_nothing_else(
    customer: Customer, rail: str, plant: Callable[[Customer], None]
) -> None:
    plant(customer)
    db.session.commit()
    assert [breach.rail for breach in guard(DAY)] == [rail]


def test_every_guard_rail_has_a_planted_breach() -> None:
    assert {rail for rail, _ in PLANTED} == set(BREACHES)


def test_a_breach_of_another_day_is_not_counted_again(customer: Customer) -> None:
    two_contacts_in_the_gap(customer)
    db.session.commit()
    assert guard(DAY + timedelta(days=1)) == []


def test_a_day_on_which_all_is_well_has_no_breach(customer: Customer) -> None:
    book(customer, "before", day=DAY - timedelta(days=7), at=NOON - timedelta(days=7), is_sales=True)
    book(customer, "careplan:1:cust:1:k", kind="win_back", is_sales=True)
    call_of_plan(customer)
    text_sent(customer)
    refuse(customer, channel="sms", at=NIGHT)
    db.session.commit()
    assert guard(DAY) == []


# The two measures


def world_of(*consumers: Consumer) -> World:
    return World(DAY - timedelta(days=42), {}, {}, {}, [], {}, {}, {}, list(consumers))


def core_customer(**changes: Any) -> Customer:
    return make_customer(tier="core", **changes)


def test_the_floor_is_met_by_a_contact_within_the_month_and_its_grace(customer: Customer) -> None:
    core = core_customer(store=make_store())
    book(core, "met", day=DAY - timedelta(days=36), at=NOON - timedelta(days=36))
    db.session.commit()
    promises = Promises(world_of())
    promises.look(DAY)
    assert (promises.core_seen, promises.core_met, promises.floor) == (1, 1, 1.0)


def test_the_floor_is_missed_by_a_contact_a_day_too_long_ago(customer: Customer) -> None:
    core = core_customer(store=make_store())
    book(core, "late", day=DAY - timedelta(days=37), at=NOON - timedelta(days=37))
    db.session.commit()
    promises = Promises(world_of())
    promises.look(DAY)
    assert (promises.core_seen, promises.core_met, promises.floor) == (1, 0, 0.0)


def test_who_refuses_calls_is_not_reachable(customer: Customer) -> None:
    refuse(core_customer(), channel="call")
    db.session.commit()
    promises = Promises(world_of())
    promises.look(DAY)
    assert promises.core_seen == 0


BOUGHT = DAY - timedelta(days=20)


def bought_anew(customer: Customer) -> Promises:
    """Somebody who has just used up what was bought on BOUGHT."""
    product = make_product()
    one = Consumer(customer.id, customer.store_id, product.id, Decimal(20), Decimal(1), 1, Decimal(0), BOUGHT)
    promises = Promises(world_of(one))
    one.last_bought = DAY
    return promises


def remind(customer: Customer, promises: Promises, *, day: date) -> None:
    product_id = promises.world.consumers[0].product_id
    make_occurrence(
        make_plan("replenishment"), customer, due_day=day, key=f"{product_id}:{BOUGHT}", state="done",
        decided_at=NOON, detail={"product_id": product_id, "requested": True},
    )  # fmt: skip
    book(customer, "reminder", day=day, kind="replenishment")
    db.session.commit()


def test_a_reminder_before_the_last_is_gone_counts(customer: Customer) -> None:
    promises = bought_anew(customer)
    remind(customer, promises, day=DAY - timedelta(days=2))
    promises.look(DAY)
    assert (promises.runs_out, promises.told_before) == (1, 1)


@pytest.mark.parametrize("day", [BOUGHT - timedelta(days=1), DAY])
def test_a_reminder_too_early_or_on_the_day_itself_does_not_count(customer: Customer, day: date) -> None:
    promises = bought_anew(customer)
    remind(customer, promises, day=day)
    promises.look(DAY)
    assert (promises.runs_out, promises.told_before) == (1, 0)


def test_who_answers_the_reminder_and_gets_it_on_the_same_day_was_told_in_time(customer: Customer) -> None:
    promises = bought_anew(customer)
    promises.world.consumers[0].last_brought = DAY
    remind(customer, promises, day=DAY)
    promises.look(DAY)
    assert (promises.runs_out, promises.told_before) == (1, 1)


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (DAY - timedelta(days=1), "birthday, before the purchase"),
        (DAY, "birthday, on its day"),
        (DAY + timedelta(days=1), "birthday, since the purchase"),
        (DAY + timedelta(days=8), "birthday, later on"),
        (DAY + timedelta(days=20), "what stands no more"),
    ],
)
def test_the_table_says_which_contact_kept_a_follow_up_away(customer: Customer, day: date, told: str) -> None:
    purchase = make_purchase(customer, lines=[(make_product(), 1, 9)], bought_at=NOON)
    make_occurrence(
        make_plan("after_purchase"), customer, due_day=DAY + timedelta(days=3), key=f"p{purchase.id}",
        state="missed", reason="ceiling", decided_at=NOON,
    )  # fmt: skip
    book(customer, "other", day=day, kind="birthday")
    db.session.commit()
    assert happened()[f"follow-ups missed for: {told}"] == 1
    assert happened()["occurrences: after_purchase, missed (ceiling)"] == 1


def test_a_contact_that_spoke_of_something_else_does_not_count(customer: Customer) -> None:
    promises = bought_anew(customer)
    book(customer, "cadence", day=DAY - timedelta(days=2))
    db.session.commit()
    promises.look(DAY)
    (missed,) = promises.missed
    assert missed.startswith(f"customer {customer.id}, used up {DAY}: nothing planned")
    assert f"{DAY - timedelta(days=2)} cadence recorded" in missed
