"""The reminder: laid down with the booking, moved with the task, at the hour the installation chose, on every clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core import clock, config
from app.core.db import db, transaction
from app.messaging.drain import drain_messages
from app.messaging.models import Message, State
from app.messaging.moments import SUPERSEDED
from app.messaging.policy import TASK_MOVED
from app.messaging.timing import Timetable, reminder_at, timetable_of
from app.settings import InvalidSettings, settings_from_environment
from app.tasks import service as tasks
from tests.factories.customers import make_customer
from tests.factories.messaging import ship_templates
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.tasks import make_task

NEW_YORK = "America/New_York"
SPRING, AUTUMN = "2027-03-14", "2027-11-07"
"""The two Sundays on which New York changes its clocks, at 02:00."""


def local(text: str, zone: str = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


# When


@pytest.mark.parametrize(
    ("start", "due", "hours"),
    [
        ("2027-03-13T10:00", "2027-03-12T18:00", 16),
        (f"{SPRING}T10:00", "2027-03-13T18:00", 15),
        ("2027-03-15T10:00", f"{SPRING}T18:00", 16),
        (f"{AUTUMN}T10:00", "2027-11-06T18:00", 17),
        ("2027-11-08T10:00", f"{AUTUMN}T18:00", 16),
    ],
)
def test_it_is_18_00_by_the_store_s_clock_whatever_the_clocks_do_that_night(start, due, hours):
    found = reminder_at(local(start), zone=NEW_YORK, now=local(start) - timedelta(days=5))
    assert found == local(due)
    assert local(start) - found == timedelta(hours=hours)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_two_hours_before_are_two_hours_that_pass_also_when_clocks_change(day):
    start = local(f"{day}T04:00")
    found = reminder_at(start, zone=NEW_YORK, now=start - timedelta(hours=9))
    assert start - found == timedelta(hours=2)


def test_the_hour_of_an_evening_that_does_not_exist_is_the_next_one_that_does():
    timetable = Timetable(evening=time(2, 30))
    found = reminder_at(local("2027-03-15T10:00"), zone=NEW_YORK, now=local("2027-03-10T10:00"), timetable=timetable)
    assert found == local(f"{SPRING}T03:30")


@pytest.mark.parametrize(("hour", "due"), [(9, "2027-03-11T09:00"), (20, "2027-03-11T20:00")])
def test_an_installation_chooses_the_hour(hour, due):
    zone = "Asia/Hong_Kong"
    found = reminder_at(
        local("2027-03-12T10:00", zone),
        zone=zone,
        now=local("2027-03-09T10:00", zone),
        timetable=Timetable(evening=time(hour)),
    )
    assert found == local(due, zone)


def test_an_installation_chooses_the_short_notice():
    start = local("2027-03-12T18:00")
    found = reminder_at(
        start, zone=NEW_YORK, now=local("2027-03-12T08:00"), timetable=Timetable(short_notice=timedelta(hours=5))
    )
    assert start - found == timedelta(hours=5)


def test_the_environment_sets_both(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/x")
    monkeypatch.setenv("REDIS_URL", "redis://localhost")
    monkeypatch.setenv("SECRET_KEY", "x" * 32)
    monkeypatch.setenv("MESSAGING_REMINDER_HOUR", "9")
    monkeypatch.setenv("MESSAGING_REMINDER_NOTICE_HOURS", "1.5")
    timetable = timetable_of(settings_from_environment())
    assert (timetable.evening, timetable.short_notice) == (time(9), timedelta(minutes=90))


@pytest.mark.parametrize("hour", ["24", "-1", "late"])
def test_an_hour_that_no_clock_shows_is_refused(monkeypatch, hour):
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/x")
    monkeypatch.setenv("REDIS_URL", "redis://localhost")
    monkeypatch.setenv("SECRET_KEY", "x" * 32)
    monkeypatch.setenv("MESSAGING_REMINDER_HOUR", hour)
    with pytest.raises(InvalidSettings, match="MESSAGING_REMINDER_HOUR"):
        settings_from_environment()


# The row


class Shop:
    def __init__(self, drain, zone: str) -> None:
        self.drain = drain
        self.store = make_store(zone=zone)
        self.associate = make_staff(store=self.store)
        supervisor = make_staff("supervisor", store=self.store)
        self.boss = actor_of(supervisor, self.store)
        self.customer = make_customer(store=self.store)
        ship_templates()

    def visit(self, start: datetime):
        task = make_task(
            customer=self.customer,
            window_start=start,
            window_end=start + timedelta(hours=2),
            created_at=clock.now(),
        )
        self.do(lambda now: tasks.assign(task.id, self.associate.id, actor=self.boss, now=now))
        return task

    def move(self, task, start: datetime) -> None:
        self.do(
            lambda now: tasks.reschedule(
                task.id, window_start=start, window_end=start + timedelta(hours=2), actor=self.boss, now=now
            )
        )

    def do(self, step) -> None:
        with transaction():
            step(clock.now())
        while self.drain() or drain_messages():
            pass
        db.session.expire_all()

    def reminders(self) -> list[Message]:
        return db.session.query(Message).filter_by(kind="reminder").order_by(Message.created_at, Message.id).all()


@pytest.fixture
def shop(session, drain) -> Shop:
    return Shop(drain, NEW_YORK)


@pytest.mark.parametrize(
    ("booked", "first", "moved", "due"),
    [
        ("2027-03-10T10:00", "2027-03-13T10:00", f"{SPRING}T10:00", "2027-03-13T18:00"),
        ("2027-03-10T10:00", f"{SPRING}T10:00", "2027-03-15T10:00", f"{SPRING}T18:00"),
        ("2027-11-03T10:00", "2027-11-06T10:00", f"{AUTUMN}T10:00", "2027-11-06T18:00"),
        ("2027-11-03T10:00", "2027-11-08T10:00", "2027-11-06T10:00", "2027-11-05T18:00"),
    ],
)
def test_moved_across_a_change_of_clocks_one_reminder_waits_for_the_new_evening(shop, booked, first, moved, due):
    with clock.fixed(local(booked)):
        task = shop.visit(local(first))
        shop.move(task, local(moved))
        old, new = shop.reminders()
    assert (old.state, old.end_reason) == (State.CANCELED, TASK_MOVED)
    assert (new.state, new.not_before, new.speaks_of) == (State.PENDING, local(due), local(moved))
    assert new.expires_at == local(moved)


def test_the_reminder_lies_ready_with_the_booking_and_goes_at_its_time(shop):
    with clock.fixed(local("2027-03-10T10:00")):
        shop.visit(local(f"{SPRING}T10:00"))
        [row] = shop.reminders()
        assert (row.state, row.not_before) == (State.PENDING, local("2027-03-13T18:00"))
    with clock.fixed(local("2027-03-13T17:59")):
        shop.do(lambda now: None)
        assert shop.reminders()[0].state == State.PENDING
    with clock.fixed(local("2027-03-13T18:00")):
        shop.do(lambda now: None)
        assert shop.reminders()[0].submitted_at == local("2027-03-13T18:00")


def test_moved_to_a_time_too_near_for_a_reminder_none_is_left(shop):
    with clock.fixed(local("2027-03-10T10:00")):
        task = shop.visit(local("2027-03-12T10:00"))
        shop.move(task, local("2027-03-10T13:00"))
        assert [row.state for row in shop.reminders()] == [State.CANCELED]


def test_moved_back_again_the_reminder_names_the_first_time_again(shop):
    with clock.fixed(local("2027-03-10T10:00")):
        task = shop.visit(local("2027-03-12T10:00"))
        shop.move(task, local("2027-03-13T10:00"))
        shop.move(task, local("2027-03-12T10:00"))
        waiting = [row for row in shop.reminders() if row.state == State.PENDING]
    assert [row.speaks_of for row in waiting] == [local("2027-03-12T10:00")]


def test_another_associate_s_reminder_replaces_the_first(shop):
    with clock.fixed(local("2027-03-10T10:00")):
        task = shop.visit(local("2027-03-12T10:00"))
        other = make_staff(store=shop.store)
        shop.do(lambda now: tasks.assign(task.id, other.id, actor=shop.boss, now=now))
        old, new = shop.reminders()
    assert (old.state, old.end_reason) == (State.CANCELED, SUPERSEDED)
    assert new.state == State.PENDING


def test_the_chosen_hour_reaches_the_row(shop):
    with clock.fixed(local("2027-03-10T10:00")), reminders_at(hour=9):
        shop.visit(local(f"{SPRING}T15:00"))
        assert [row.not_before for row in shop.reminders()] == [local("2027-03-13T09:00")]


@contextmanager
def reminders_at(*, hour: int) -> Iterator[None]:
    before = config.settings()
    config.use(replace(before, messaging=replace(before.messaging, reminder_hour=hour)))
    try:
        yield
    finally:
        config.use(before)
