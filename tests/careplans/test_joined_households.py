"""Two files or two households become one: one contact at a time, from that moment on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import select, text

from app.core.db import db
from app.core.outbox import publish
from app.customers import contacts, merging
from app.customers.models import Customer
from app.customers.values import ContactKind
from app.events import HouseholdChanged
from app.people.access import Role
from app.tasks.models import Task
from tests.careplans.conftest import TODAY, Shop, bookings, occurrences, only, recorded
from tests.careplans.test_booking import BIRTHDAY
from tests.careplans.test_handlers import end
from tests.factories.careplans import make_plan
from tests.factories.messaging import ship_templates
from tests.factories.people import actor_of, make_staff

Drain = Callable[..., int]


@pytest.fixture(autouse=True)
def wordings(care: Shop) -> None:
    ship_templates()


@pytest.fixture
def lead(care: Shop) -> Any:
    return actor_of(make_staff(Role.SUPERVISOR, care.store), care.store)


def tasks_by_status() -> dict[str, list[Task]]:
    db.session.expire_all()
    found: dict[str, list[Task]] = {}
    for task in db.session.scalars(select(Task).order_by(Task.id)):
        found.setdefault(task.status, []).append(task)
    return found


def day_of(task: Task) -> date:
    return (task.window_start + timedelta(hours=8)).date()


def two_with_birthdays(care: Shop, drain: Drain, *, first: int = 11, second: int = 13) -> tuple[Customer, Customer]:
    """Two files with a birthday each, and a call made for both; the earlier day is that of the first."""
    make_plan("birthday", made_days_before=7)
    both = tuple(care.customer(**BIRTHDAY, birthday_day=day) for day in (first, second))
    care.run()
    drain()
    assert len(tasks_by_status()["assigned"]) == 2
    return both  # type: ignore[return-value]


def merged(kept: Customer, gone: Customer, lead: Any, now: datetime, drain: Drain) -> int:
    done = merging.merge(kept.id, gone.id, actor=lead, now=now).id
    db.session.commit()
    drain()
    return done


def moves_in(customer: Customer, host: Customer, now: datetime, drain: Drain) -> None:
    customer.household_id = host.household_id
    publish(HouseholdChanged(customer_id=customer.id, household_id=host.household_id, occurred_at=now))
    db.session.commit()
    drain()


@pytest.mark.parametrize("keeps_the_earlier_file", [True, False])
def test_of_two_calls_already_made_the_earlier_one_stays(
    care: Shop, lead: Any, now: datetime, drain: Drain, keeps_the_earlier_file: bool
) -> None:
    earlier, later = two_with_birthdays(care, drain)
    kept, gone = (earlier, later) if keeps_the_earlier_file else (later, earlier)
    merged(kept, gone, lead, now, drain)
    found = tasks_by_status()
    assert [day_of(task) for task in found["assigned"]] == [date(2027, 3, 11)]
    assert [(day_of(task), task.end_reason) for task in found["cancelled"]] == [(date(2027, 3, 13), "duplicate")]
    assert [booking.day for booking in bookings(state="reserved")] == [date(2027, 3, 11)]


def test_the_call_that_stays_tells_what_the_other_would_have_told(
    care: Shop, lead: Any, now: datetime, drain: Drain
) -> None:
    customer = care.customer(tier="core")
    recorded(customer, date(2027, 2, 13), now=now)
    make_plan("cadence", made_days_before=7)
    other = one_with_birthday(care, drain)
    merged(other, customer, lead, now, drain)
    (task,) = tasks_by_status()["assigned"]
    assert len(task.reasons) == 2
    lead_row, follower = only(kind="birthday"), only(kind="cadence")
    assert (follower.state, follower.lead_id, follower.task_id) == ("made", lead_row.id, task.id)


def one_with_birthday(care: Shop, drain: Drain) -> Customer:
    make_plan("birthday", made_days_before=7)
    other = care.customer(**BIRTHDAY, birthday_day=12)
    care.run()
    drain()
    return other


def test_when_the_call_is_done_so_is_what_it_told_along(care: Shop, lead: Any, now: datetime, drain: Drain) -> None:
    kept, gone = two_with_birthdays(care, drain)
    merged(kept, gone, lead, now, drain)
    (task,) = tasks_by_status()["assigned"]
    end(task, "completed", now + timedelta(days=1))
    drain()
    assert [found.state for found in occurrences()] == ["done", "done"]
    assert len(bookings(state="recorded")) == 1


def test_too_far_apart_to_be_told_together_the_later_one_waits_with_its_reason(
    care: Shop, lead: Any, now: datetime, drain: Drain
) -> None:
    kept, gone = two_with_birthdays(care, drain, first=11, second=16)
    merged(kept, gone, lead, now, drain)
    found = tasks_by_status()
    assert (len(found["assigned"]), len(found["cancelled"])) == (1, 1)
    assert (only(due_day=date(2027, 3, 16)).state, only(due_day=date(2027, 3, 16)).reason) == ("deferred", "ceiling")
    care.run(days_later=1)
    drain()
    assert len(tasks_by_status()["assigned"]) == 1


def test_a_time_that_the_customer_has_confirmed_stays(care: Shop, lead: Any, now: datetime, drain: Drain) -> None:
    kept, gone = two_with_birthdays(care, drain)
    later = next(task for task in tasks_by_status()["assigned"] if day_of(task) == date(2027, 3, 13))
    later.confirmed_at = now
    db.session.flush()
    merged(kept, gone, lead, now, drain)
    assert [day_of(task) for task in tasks_by_status()["assigned"]] == [date(2027, 3, 13)]


def test_a_call_under_way_stays_with_its_associate(care: Shop, lead: Any, now: datetime, drain: Drain) -> None:
    kept, gone = two_with_birthdays(care, drain)
    later = next(task for task in tasks_by_status()["assigned"] if day_of(task) == date(2027, 3, 13))
    later.status, later.started_at = "active", now
    db.session.flush()
    merged(kept, gone, lead, now, drain)
    found = tasks_by_status()
    assert [day_of(task) for task in found["active"]] == [date(2027, 3, 13)]
    assert [day_of(task) for task in found["cancelled"]] == [date(2027, 3, 11)]
    assert [booking.day for booking in bookings(state="reserved")] == [date(2027, 3, 13)]


def test_what_is_only_booked_for_who_stays_is_planned_anew(care: Shop, lead: Any, now: datetime, drain: Drain) -> None:
    make_plan("birthday", made_days_before=3)
    made, booked = (care.customer(**BIRTHDAY, birthday_day=day) for day in (12, 17))
    care.run()
    drain()
    merged(booked, made, lead, now, drain)
    assert only(due_day=date(2027, 3, 17)).state == "due"
    assert [day_of(task) for task in tasks_by_status()["assigned"]] == [date(2027, 3, 12)]
    assert [booking.day for booking in bookings(state="reserved")] == [date(2027, 3, 12)]


def test_who_moves_in_brings_no_second_call(care: Shop, now: datetime, drain: Drain) -> None:
    host, guest = two_with_birthdays(care, drain)
    moves_in(guest, host, now, drain)
    found = tasks_by_status()
    assert [day_of(task) for task in found["assigned"]] == [date(2027, 3, 11)]
    assert len(found["cancelled"]) == 1
    assert {found.household_id for found in occurrences()} == {host.household_id}


def test_who_moves_in_to_a_household_just_called_is_not_called(care: Shop, now: datetime, drain: Drain) -> None:
    make_plan("birthday", made_days_before=7)
    host = care.customer()
    recorded(host, date(2027, 3, 9), now=now)
    guest = care.customer(**BIRTHDAY, birthday_day=13)
    care.run()
    drain()
    moves_in(guest, host, now, drain)
    assert set(tasks_by_status()) == {"cancelled"}
    assert (only().state, only().reason) == ("deferred", "ceiling")


def test_who_moves_in_keeps_a_call_that_lies_far_enough_away(care: Shop, now: datetime, drain: Drain) -> None:
    make_plan("birthday", made_days_before=7)
    host = care.customer()
    recorded(host, date(2027, 3, 2), now=now)
    guest = care.customer(**BIRTHDAY, birthday_day=13)
    care.run()
    drain()
    moves_in(guest, host, now, drain)
    assert set(tasks_by_status()) == {"assigned"}
    assert only().state == "made"


def test_a_contact_that_a_person_has_planned_is_not_touched(care: Shop, now: datetime, drain: Drain) -> None:
    make_plan("birthday", made_days_before=7)
    host = care.customer()
    contacts.reserve(host.id, kind=ContactKind.PERSONAL, day=date(2027, 3, 15), origin_key="by hand", now=now)
    guest = care.customer(**BIRTHDAY, birthday_day=13)
    care.run()
    drain()
    moves_in(guest, host, now, drain)
    assert set(tasks_by_status()) == {"cancelled"}
    assert bookings(origin_key="by hand")[0].state == "reserved"


def test_hearing_of_it_twice_changes_nothing(care: Shop, now: datetime, drain: Drain) -> None:
    host, guest = two_with_birthdays(care, drain)
    moves_in(guest, host, now, drain)
    before = {status: [task.id for task in found] for status, found in tasks_by_status().items()}
    moves_in(guest, host, now, drain)
    assert {status: [task.id for task in found] for status, found in tasks_by_status().items()} == before


def test_an_undone_merge_lets_each_be_told_of_his_own(care: Shop, lead: Any, now: datetime, drain: Drain) -> None:
    customer = care.customer(tier="core")
    recorded(customer, date(2027, 2, 13), now=now)
    make_plan("cadence", made_days_before=7)
    other = one_with_birthday(care, drain)
    done = merged(other, customer, lead, now, drain)
    merging.undo(done, actor=lead, now=now)
    db.session.commit()
    drain()
    (task,) = tasks_by_status()["assigned"]
    assert len(task.reasons) == 1
    assert (only(kind="cadence").state, only(kind="cadence").lead_id) == ("due", None)
    care.run()
    drain()
    assert len(tasks_by_status()["assigned"]) == 2


def test_after_an_undone_merge_what_has_lost_its_day_is_planned_anew(
    care: Shop, lead: Any, now: datetime, drain: Drain
) -> None:
    make_plan("birthday", made_days_before=0)
    kept, gone = care.customer(), care.customer(**BIRTHDAY, birthday_day=17)
    member = care.customer(household_id=gone.household_id)
    care.run()
    drain()
    done = merged(kept, gone, lead, now, drain)
    near = TODAY + timedelta(days=6)
    contacts.reserve(member.id, kind=ContactKind.PERSONAL, day=near, origin_key="taken", now=now)
    merging.undo(done, actor=lead, now=now)
    db.session.commit()
    drain()
    assert (only().state, only().booked_day) == ("due", None)


def test_the_migration_finds_the_names_that_touches_left_the_house_under(
    care: Shop, lead: Any, now: datetime, drain: Drain
) -> None:
    gone, kept = two_with_birthdays(care, drain)
    customer = care.customer(tier="core")
    recorded(customer, date(2027, 2, 12), now=now)
    make_plan("cadence")
    care.run()
    end(only_task_of(customer), "failed", now, reason="no_answer")
    drain()
    merged(kept, gone, lead, now, drain)
    names = {found.id: found.origin_key for found in occurrences()}
    assert [name.split(":")[3] for name in names.values() if name] == [str(gone.id), str(customer.id)]
    migration = import_module("migrations.versions.0024_touch_names")
    db.session.execute(text("UPDATE occurrence SET origin_key = NULL"))
    db.session.execute(text(migration.KEPT_BY_NOW))
    assert {found.id: found.origin_key for found in occurrences()} == names


def only_task_of(customer: Customer) -> Task:
    return db.session.scalars(select(Task).where(Task.customer_id == customer.id)).one()
