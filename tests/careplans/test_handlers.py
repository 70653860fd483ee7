"""What business facts do to planned contacts: record, free, end, put off."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.careplans import ending
from app.careplans.ending import Ending
from app.careplans.reasons import OccurrenceState, WhyNot
from app.core.db import db
from app.core.outbox import publish
from app.customers import consent
from app.customers.models import Customer
from app.customers.values import Channel, ConsentSource, Scope
from app.events import (
    GuardianConsentWithdrawn,
    PurchaseRecorded,
    PurchaseReturned,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskReopened,
    TaskRescheduled,
)
from app.people.access import Actor
from app.purchases.models import Product
from app.tasks.models import Task
from tests.careplans.conftest import TODAY, Shop, bookings, fate, occurrences, only, recorded
from tests.careplans.test_booking import BIRTHDAY
from tests.careplans.test_generating import run_out
from tests.factories.careplans import make_plan
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_member
from tests.factories.messaging import ship_templates
from tests.factories.purchases import make_product, make_purchase
from tests.factories.tasks import make_task

Drain = Callable[..., int]


@pytest.fixture(autouse=True)
def wordings(care: Shop) -> None:
    ship_templates()


@pytest.fixture
def care_task(care: Shop, now: datetime) -> Task:
    """A call of regular care, made for 12 March, to a core customer."""
    customer = care.customer(tier="core")
    recorded(customer, date(2027, 2, 12), now=now)
    make_plan("cadence")
    care.run()
    return the_task()


@pytest.fixture
def birthday_task(care: Shop) -> Task:
    """A birthday call, made for 13 March."""
    care.customer(**BIRTHDAY, birthday_day=13)
    make_plan("birthday")
    care.run()
    return the_task()


def the_task() -> Task:
    db.session.expire_all()
    return db.session.scalars(select(Task)).one()


def about(task: Task, at: datetime) -> dict:
    return {
        "occurred_at": at,
        "task_id": task.id,
        "customer_id": task.customer_id,
        "store_id": task.store_id,
        "actor": "system",
    }


def end(task: Task, status: str, at: datetime, *, reason: str | None = None) -> None:
    task.status, task.ended_at, task.end_reason = status, at, reason
    if status == "cancelled":
        publish(TaskCancelled(**about(task, at), reason=reason or "other"))
    elif status == "failed":
        publish(TaskFailed(**about(task, at), assignee_id=task.assignee_id or 0, reason=reason or "other"))
    else:
        publish(TaskCompleted(**about(task, at), assignee_id=task.assignee_id or 0))
    db.session.flush()


# Endings of tasks


def test_a_finished_call_stands_in_the_ledger(care_task: Task, now: datetime, drain: Drain) -> None:
    end(care_task, "completed", now + timedelta(days=2))
    drain()
    booking = bookings(origin_key=care_task.origin_key)[0]
    assert (booking.state, booking.day) == ("recorded", date(2027, 3, 12))
    assert only().state == "done"


def test_a_finished_call_starts_the_next_round(care: Shop, care_task: Task, now: datetime, drain: Drain) -> None:
    end(care_task, "completed", now + timedelta(days=2))
    drain()
    care.run(days_later=20)
    assert [(found.key, found.due_day) for found in occurrences(state="booked")] == [("2027-03-12", date(2027, 4, 12))]


def test_who_was_not_reached_is_tried_again_two_days_later(
    care: Shop, care_task: Task, now: datetime, drain: Drain
) -> None:
    end(care_task, "failed", now + timedelta(days=2), reason="no_answer")
    drain()
    assert (only().state, only().reason, only().tries, only().task_id) == ("deferred", "no_answer", 1, None)
    care.run(days_later=2)
    tasks = db.session.scalars(select(Task).order_by(Task.id)).all()
    assert [task.origin_key for task in tasks] == [care_task.origin_key, f"{care_task.origin_key}~1"]


def test_regular_care_rests_after_three_tries_and_never_ends(
    care: Shop, care_task: Task, now: datetime, drain: Drain
) -> None:
    only().tries = 2
    end(care_task, "failed", now, reason="no_answer")
    drain()
    assert (only().state, only().due_day) == ("deferred", TODAY + timedelta(days=14))


def test_a_birthday_nobody_answered_was_missed(birthday_task: Task, now: datetime, drain: Drain) -> None:
    end(birthday_task, "failed", now + timedelta(days=3), reason="no_answer")
    drain()
    assert fate(only())[:2] == ("missed", "no_answer")
    assert bookings()[0].state == "released"


@pytest.mark.parametrize(
    ("run_out_in_days", "expected"),
    [(3, ("deferred", "no_answer", TODAY + timedelta(days=1))), (1, ("missed", "no_answer", None))],
)
def test_who_is_not_reached_about_what_runs_out_is_called_tomorrow_while_there_is_time(
    care: Shop, now: datetime, drain: Drain, run_out_in_days: int, expected: tuple[str, str, date | None]
) -> None:
    run_out(care.customer(), TODAY + timedelta(days=3))
    make_plan("replenishment", by="callback")
    care.run()
    only().detail = {**only().detail, "run_out": (TODAY + timedelta(days=run_out_in_days)).isoformat()}
    db.session.flush()
    end(the_task(), "failed", now, reason="no_answer")
    drain()
    state, reason, due_day = expected
    assert fate(only())[:2] == (state, reason)
    assert due_day is None or only().due_day == due_day


def test_the_second_call_about_what_runs_out_is_made_the_next_night(care: Shop, now: datetime, drain: Drain) -> None:
    run_out(care.customer(), TODAY + timedelta(days=3))
    make_plan("replenishment", by="callback")
    care.run()
    first = the_task()
    end(first, "failed", now, reason="no_answer")
    drain()
    care.run(days_later=1)
    second = db.session.scalars(select(Task).where(Task.id != first.id)).one()
    assert second.window_start.date() == TODAY + timedelta(days=1)


def test_a_refusal_was_a_contact(birthday_task: Task, now: datetime, drain: Drain) -> None:
    end(birthday_task, "failed", now + timedelta(days=3), reason="refused")
    drain()
    assert fate(only())[:2] == ("ended", "refused")
    assert bookings()[0].state == "recorded"


def test_a_cancelled_call_gives_its_day_back(birthday_task: Task, now: datetime, drain: Drain) -> None:
    end(birthday_task, "cancelled", now, reason="customer_asked")
    drain()
    assert fate(only())[:2] == ("ended", "cancelled")
    assert bookings()[0].state == "released"


def test_an_ending_taken_back_is_under_way_again(birthday_task: Task, now: datetime, drain: Drain) -> None:
    end(birthday_task, "completed", now)
    drain()
    birthday_task.status, birthday_task.ended_at = "active", None
    publish(TaskReopened(**about(birthday_task, now), assignee_id=birthday_task.assignee_id, reason="undo"))
    drain()
    assert only().state == "made"
    assert bookings()[0].state == "reserved"


@pytest.mark.parametrize("days_later", [0, 2])
def test_a_failure_taken_back_leaves_no_second_try(
    care: Shop, care_task: Task, now: datetime, drain: Drain, days_later: int
) -> None:
    end(care_task, "failed", now, reason="no_answer")
    drain()
    if days_later:
        only().due_day = TODAY + timedelta(days=6)
        care.run()
        assert only().state == "booked"
    care_task.status, care_task.ended_at, care_task.end_reason = "active", None, None
    publish(TaskReopened(**about(care_task, now), assignee_id=care_task.assignee_id, reason="undo"))
    drain()
    assert (only().state, only().task_id, only().tries) == ("made", care_task.id, 0)
    assert [booking.origin_key for booking in bookings(state="reserved")] == [care_task.origin_key]
    care.run(days_later=9)
    assert db.session.scalars(select(Task.id)).all() == [care_task.id]


def test_a_call_on_another_day_takes_its_slot_along(birthday_task: Task, now: datetime, drain: Drain) -> None:
    before = (birthday_task.window_start, birthday_task.window_end)
    birthday_task.window_start, birthday_task.window_end = (moment + timedelta(days=2) for moment in before)
    publish(
        TaskRescheduled(
            **about(birthday_task, now),
            window_start=birthday_task.window_start,
            window_end=birthday_task.window_end,
            previous_start=before[0],
            previous_end=before[1],
        )
    )
    drain()
    assert bookings()[0].day == date(2027, 3, 15)
    assert only().booked_day == date(2027, 3, 15)


@pytest.mark.parametrize("reason", ["care", "birthday", "festival", "lapsed", "promotion"])
def test_a_call_made_by_hand_counts_and_plans_yield_to_it(care: Shop, now: datetime, drain: Drain, reason: str) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=18)
    make_plan("birthday")
    care.run()
    task = make_task(customer=customer, assignee=care.ann, type="callback", reason=reason, status="completed")
    task.ended_at = now + timedelta(days=5)
    publish(TaskCompleted(**about(task, now), assignee_id=care.ann.id))
    drain()
    by_hand = bookings(origin_key=f"task:{task.id}")[0]
    assert (by_hand.state, by_hand.day, by_hand.is_sales) == (
        "recorded",
        date(2027, 3, 15),
        reason in ("lapsed", "promotion"),
    )
    assert fate(only()) == ("due", None, None)
    care.run(days_later=5)
    assert fate(only())[:2] == ("deferred", "ceiling")


@pytest.mark.parametrize("reason", ["complaint", "after_purchase", "other"])
def test_work_the_customer_asked_for_is_no_contact(care: Shop, now: datetime, drain: Drain, reason: str) -> None:
    task = make_task(customer=care.customer(), assignee=care.ann, type="callback", reason=reason, status="completed")
    publish(TaskCompleted(**about(task, now), assignee_id=care.ann.id))
    drain()
    assert bookings() == []


# Purchases


def test_buying_it_again_ends_the_reminder(care: Shop, now: datetime, drain: Drain) -> None:
    found = run_out(care.customer(), date(2027, 3, 20))
    make_plan("replenishment")
    care.run()
    product = db.session.get_one(Product, found.product_id)
    customer_id = found.customer_id
    purchase = make_purchase(db.session.get_one(Customer, customer_id), lines=[(product, 1, 9)], bought_at=now)
    publish(PurchaseRecorded(occurred_at=now, purchase_id=purchase.id, customer_id=customer_id, store_id=care.store.id))
    drain()
    assert fate(only(kind="replenishment"))[:2] == ("ended", "pointless:ordered")
    assert bookings()[0].state == "released"


def test_returning_everything_ends_the_follow_up(care: Shop, now: datetime, drain: Drain) -> None:
    customer = care.customer()
    purchase = make_purchase(customer, lines=[(make_product(follow_up_day=8), 1, 9)], bought_at=now)
    make_plan("after_purchase")
    care.run()
    db.session.connection().exec_driver_sql("UPDATE purchase_line SET returned = quantity")
    publish(
        PurchaseReturned(
            occurred_at=now, purchase_id=purchase.id, customer_id=customer.id, store_id=care.store.id, version=2
        )
    )
    drain()
    assert fate(only())[:2] == ("ended", "returned")


# Wishes


def stop(phone: str | None, now: datetime, *, channel: Channel, scope: Scope = Scope.ALL) -> None:
    consent.opt_out(
        str(phone),
        source=ConsentSource.OFFICE,
        text="stop",
        actor=Actor.system(),
        now=now,
        channel=channel,
        scope=scope,
    )


def test_a_stop_of_calls_ends_the_birthday_call_and_its_task(
    care: Shop, birthday_task: Task, now: datetime, drain: Drain
) -> None:
    stop(db.session.get_one(Customer, birthday_task.customer_id).phone, now, channel=Channel.CALL)
    drain()
    assert fate(only())[:2] == ("ended", "pointless:opted_out")
    assert (the_task().status, the_task().end_reason) == ("cancelled", "opted_out")


def test_a_stop_of_calls_puts_regular_care_off(care: Shop, care_task: Task, now: datetime, drain: Drain) -> None:
    stop(db.session.get_one(Customer, care_task.customer_id).phone, now, channel=Channel.CALL)
    drain()
    assert fate(only())[:2] == ("deferred", "opted_out")


def test_a_stop_of_texts_leaves_calls_alone(care: Shop, birthday_task: Task, now: datetime, drain: Drain) -> None:
    stop(db.session.get_one(Customer, birthday_task.customer_id).phone, now, channel=Channel.SMS)
    drain()
    assert only().state == "made"
    assert the_task().status == "assigned"


def test_a_complaint_puts_regular_care_off_and_cancels_its_call(
    care: Shop, care_task: Task, now: datetime, drain: Drain
) -> None:
    complaint = make_complaint(db.session.get_one(Customer, care_task.customer_id), now=now)
    assert complaint.id
    drain()
    assert fate(only())[:2] == ("deferred", "complaint")
    states = {task.origin_key: task.status for task in db.session.scalars(select(Task))}
    assert states[care_task.origin_key] == "cancelled"


def test_a_complaint_makes_asking_after_the_purchase_pointless(care: Shop, now: datetime, drain: Drain) -> None:
    customer = care.customer()
    make_purchase(customer, lines=[(make_product(follow_up_day=8), 1, 9)], bought_at=now)
    make_plan("after_purchase")
    care.run()
    make_complaint(customer, now=now)
    drain()
    assert fate(only())[:2] == ("ended", "pointless:complained")


def test_what_was_told_along_is_planned_anew_when_its_lead_ends(care: Shop, now: datetime, drain: Drain) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=18)
    make_purchase(customer, lines=[(make_product(follow_up_day=8), 1, 9)], bought_at=now)
    make_plan("birthday")
    make_plan("after_purchase")
    care.run()
    assert only(kind="after_purchase").state == "merged"
    ending.settle([Ending(only(kind="birthday").id, OccurrenceState.ENDED, WhyNot.CANCELLED)], now=now)
    assert fate(only(kind="after_purchase")) == ("due", None, None)


def test_without_the_guardians_consent_no_milestone_is_told(care: Shop, now: datetime, drain: Drain) -> None:
    customer = care.customer()
    baby = make_member(customer, birth_date=date(2026, 9, 20))
    make_plan("milestone")
    care.run()
    publish(GuardianConsentWithdrawn(occurred_at=now, member_id=baby.id, household_id=customer.household_id))
    drain()
    assert fate(only())[:2] == ("ended", "pointless:opted_out")


def test_with_the_consent_goes_the_call_about_what_the_child_uses(care: Shop, now: datetime, drain: Drain) -> None:
    customer = care.customer()
    baby = make_member(customer)
    run_out(customer, date(2027, 3, 14), household_member_id=baby.id, is_restricted=True, is_requested=True)
    make_plan("replenishment", by="callback")
    care.run()
    task = the_task()
    publish(GuardianConsentWithdrawn(occurred_at=now, member_id=baby.id, household_id=customer.household_id))
    drain()
    assert (fate(only())[:2], task.status) == (("ended", "pointless:opted_out"), "cancelled")


def test_a_task_under_way_is_left_to_its_associate(
    care: Shop, birthday_task: Task, now: datetime, drain: Drain
) -> None:
    birthday_task.status = "active"
    db.session.flush()
    stop(db.session.get_one(Customer, birthday_task.customer_id).phone, now, channel=Channel.CALL)
    drain()
    assert only().state == "made"


def test_hearing_of_it_twice_changes_nothing(care: Shop, care_task: Task, now: datetime, drain: Drain) -> None:
    for _ in range(2):
        publish(TaskCompleted(**about(care_task, now), assignee_id=care.ann.id))
    end(care_task, "completed", now + timedelta(days=2))
    drain()
    assert only().state == "done"
    assert len(bookings(state="recorded")) == 2
