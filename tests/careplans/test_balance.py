"""After two contacts about sales the next one is for care; also when the care that lay between falls out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.careplans.models import CarePlan, Occurrence
from app.core.db import db
from app.customers import contacts, contacts_bulk
from app.customers.models import Customer
from app.customers.values import ContactKind
from app.tasks.models import Task
from tests.careplans.conftest import TODAY, Shop, bookings, occurrences, only, recorded
from tests.careplans.test_handlers import end
from tests.factories.careplans import make_occurrence, make_plan
from tests.factories.messaging import ship_templates
from tests.factories.tasks import make_task

Drain = Callable[..., int]
KINDS = {
    "cadence": (ContactKind.CADENCE, "care"),
    "win_back": (ContactKind.WIN_BACK, "lapsed"),
    "promotion": (ContactKind.PROMOTION, "promotion"),
    "replenishment": (ContactKind.REPLENISHMENT, "replenishment"),
}


@pytest.fixture(autouse=True)
def wordings(care: Shop) -> None:
    ship_templates()


def after_two_sales(care: Shop) -> Customer:
    customer = care.customer()
    for day in (date(2027, 2, 1), date(2027, 2, 15)):
        recorded(customer, day, kind="promotion", is_sales=True, now=care.now)
    return customer


def planned(
    care: Shop, customer: Customer, plan: CarePlan, day: date, *, is_made: bool = True, **changes: Any
) -> Occurrence:
    """A contact that stands in the ledger; when made, with its task."""
    kind, reason = KINDS[plan.kind]
    key = changes.pop("key", "2027-02-15")
    origin_key = f"careplan:{plan.id}:cust:{customer.id}:{key}"
    is_sales = plan.kind != "cadence"
    contacts.reserve(customer.id, kind=kind, day=day, origin_key=origin_key, now=care.now, is_sales=is_sales)
    values: dict[str, Any] = {"state": "booked", **changes}
    if is_made:
        starts = care.now + (day - TODAY) * 1
        task = make_task(
            customer=customer,
            assignee=care.ann,
            type="callback",
            reason=reason,
            status="assigned",
            origin_key=origin_key,
            window_start=starts,
            window_end=starts + timedelta(hours=2),
        )
        values |= {"state": "made", "task_id": task.id}
    return make_occurrence(plan, customer, due_day=day, booked_day=day, key=key, **values)


def task_of(found: Occurrence) -> Task:
    return db.session.get_one(Task, found.task_id, populate_existing=True)


@pytest.mark.parametrize(("kind", "state"), [("win_back", "deferred"), ("promotion", "dropped")])
def test_when_the_care_between_fails_the_third_contact_about_sales_gives_way(
    care: Shop, drain: Drain, kind: str, state: str
) -> None:
    customer = after_two_sales(care)
    between = planned(care, customer, make_plan("cadence"), TODAY + timedelta(days=1))
    third = planned(care, customer, make_plan(kind, by="callback"), TODAY + timedelta(days=8))
    task = task_of(third)
    end(task_of(between), "failed", care.now + timedelta(days=1), reason="no_answer")
    drain()
    (found,) = occurrences(kind=kind)
    assert (found.state, found.reason) == (state, "balance")
    db.session.refresh(task)
    assert task.status == "cancelled"
    assert bookings(kind=kind, state="reserved") == []


def test_a_reminder_of_what_runs_out_goes_as_care_then(care: Shop, drain: Drain) -> None:
    customer = after_two_sales(care)
    between = planned(care, customer, make_plan("cadence"), TODAY + timedelta(days=1))
    third = planned(
        care, customer, make_plan("replenishment", by="callback"), TODAY + timedelta(days=8), key="1:2027-01-01"
    )
    end(task_of(between), "cancelled", care.now, reason="other")
    drain()
    assert task_of(third).status == "assigned"
    (found,) = occurrences(kind="replenishment")
    assert (found.state, found.detail["as_care"]) == ("made", True)
    (booking,) = bookings(origin_key=f"careplan:{third.plan_id}:cust:{customer.id}:1:2027-01-01")
    assert (booking.state, booking.is_sales) == ("reserved", False)


def test_care_that_takes_place_lets_the_next_sale_be(care: Shop, drain: Drain) -> None:
    customer = after_two_sales(care)
    between = planned(care, customer, make_plan("cadence"), TODAY + timedelta(days=1))
    third = planned(care, customer, make_plan("win_back"), TODAY + timedelta(days=8))
    end(task_of(between), "completed", care.now + timedelta(days=1))
    drain()
    care.run(days_later=2)
    assert task_of(third).status == "assigned"


def test_care_that_nobody_has_done_by_its_day_is_not_counted_on(care: Shop, drain: Drain) -> None:
    customer = after_two_sales(care)
    planned(care, customer, make_plan("cadence"), TODAY + timedelta(days=1))
    third = planned(care, customer, make_plan("promotion", by="callback"), TODAY + timedelta(days=8))
    task = task_of(third)
    care.run(days_later=1)
    db.session.refresh(task)
    assert task.status == "assigned"
    care.run(days_later=2)
    drain()
    db.session.refresh(task)
    assert task.status == "cancelled"
    assert [(found.state, found.reason) for found in occurrences(kind="promotion")] == [("dropped", "balance")]


def test_care_that_is_promised_before_it_lets_a_sale_be_made(care: Shop) -> None:
    customer = after_two_sales(care)
    planned(care, customer, make_plan("cadence"), TODAY + timedelta(days=1))
    planned(
        care,
        customer,
        make_plan("promotion", by="callback", made_days_before=10),
        TODAY + timedelta(days=8),
        is_made=False,
    )
    care.run()
    assert [found.state for found in occurrences(kind="promotion")] == ["made"]


def test_a_sale_that_is_promised_counts_before_it_has_taken_place(care: Shop) -> None:
    customer = care.customer()
    recorded(customer, date(2027, 2, 15), kind="promotion", is_sales=True, now=care.now)
    planned(care, customer, make_plan("win_back"), TODAY + timedelta(days=1))
    plan = make_plan("promotion", by="callback", made_days_before=10)
    planned(care, customer, plan, TODAY + timedelta(days=8), is_made=False)
    care.run()
    assert only(kind="promotion").reason == "balance"
    assert len(db.session.scalars(select(Task)).all()) == 1


@pytest.mark.parametrize(
    ("before", "after", "is_third"),
    [
        ([True, True], [], True),
        ([True], [True], True),
        ([], [True, True], True),
        ([True], [], False),
        ([True, True, False], [], False),
        ([True], [False, True], False),
    ],
)
def test_the_ledger_says_whether_one_more_sale_would_be_the_third(
    care: Shop, before: list[bool], after: list[bool], is_third: bool
) -> None:
    customer = care.customer()
    days = [TODAY - timedelta(days=60 - 10 * number) for number in range(len(before))]
    days += [TODAY + timedelta(days=10 + 10 * number) for number in range(len(after))]
    for day, is_sales in zip(days, [*before, *after], strict=True):
        recorded(customer, day, is_sales=is_sales, now=care.now)
    assert contacts_bulk.would_be_third_sale(customer.household_id, TODAY, today=TODAY) is is_third
