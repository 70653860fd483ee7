"""A run of the engine: once is enough, two share the work, and a killed one is taken up again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.careplans import engine
from app.careplans.models import CareRun, CareRunChunk
from app.core.db import db, transaction
from tests.careplans.conftest import Shop, occurrences, open_shop, recorded
from tests.careplans.test_booking import BIRTHDAY
from tests.factories.careplans import make_plan
from tests.factories.purchases import make_product, make_purchase

ROOT = Path(__file__).resolve().parent.parent.parent
KINDS = ("cadence", "after_purchase", "replenishment", "birthday", "milestone", "win_back", "recovery")

OUTCOME = """
    SELECT o.customer_id, o.plan_id, o.key, o.kind, o.due_day, o.state, o.reason, o.booked_day, o.tries, t.origin_key,
        l.key AS told_with, b.day, b.state AS slot, b.is_sales, t.window_start, t.assignee_id
    FROM occurrence o
    LEFT JOIN task t ON t.id = o.task_id
    LEFT JOIN occurrence l ON l.id = o.lead_id
    LEFT JOIN contact_booking b ON b.origin_key = 'careplan:' || o.plan_id || ':cust:' || o.customer_id || ':' || o.key
    ORDER BY 1, 2, 3"""


def outcome() -> list[Any]:
    """All that a run decides, without ids of its rows."""
    with transaction() as session:
        return [tuple(row) for row in session.execute(text(OUTCOME))]


def fill(now: datetime, *, customers: int = 60) -> None:
    """A shop in which something is due for everybody, on many households, some of two people."""
    with transaction():
        shop = open_shop(now)
        soap = make_product(follow_up_day=4)
        for number in range(customers):
            customer = shop.customer(
                tier=("core", "important", "ordinary")[number % 3], **BIRTHDAY, birthday_day=10 + number % 15
            )
            if number % 4 == 0:
                shop.customer(household_id=customer.household_id, **BIRTHDAY, birthday_day=12 + number % 10)
            if number % 2:
                recorded(customer, date(2027, 2, 10) + timedelta(days=number % 10), now=now)
            if number % 3 == 0:
                make_purchase(customer, lines=[(soap, 1, 10)], bought_at=now - timedelta(days=number % 4))
        for kind in KINDS:
            make_plan(kind)


# Once is enough


def test_a_second_run_of_the_day_makes_nothing(care: Shop) -> None:
    care.customer(**BIRTHDAY, birthday_day=12)
    make_plan("birthday")
    first, second = care.run(), care.run()
    assert (first.counts["new"], first.made) == (1, 1)
    assert (second.counts["new"], second.made) == (0, 0)
    assert second.run_id != first.run_id


def test_a_run_tells_what_it_counts_and_how_far_it_is(care: Shop, now: datetime) -> None:
    care.customer(**BIRTHDAY, birthday_day=12)
    make_plan("birthday")
    said: list[str] = []
    report = engine.run(now=now, say=said.append)
    assert said == ["plan 1/2: new 1, booked 1", "make 2/2: tasks 1"]
    run = db.session.get_one(CareRun, report.run_id)
    assert (run.state, run.day, run.counts["booked"]) == ("done", date(2027, 3, 10), 1)
    assert engine.progress(run.id) == (2, 2)


def test_a_given_day_is_planned_as_if_it_were_that_day(care: Shop, now: datetime) -> None:
    care.customer(**BIRTHDAY, birthday_day=30)
    make_plan("birthday")
    engine.run(date(2027, 3, 27), now=now)
    assert [(found.booked_day, found.state) for found in occurrences()] == [(date(2027, 3, 30), "made")]


def test_a_plan_that_is_off_makes_nothing(care: Shop) -> None:
    care.customer(**BIRTHDAY, birthday_day=12)
    make_plan("birthday", is_on=False)
    assert care.run().counts["new"] == 0


def test_each_night_adds_only_what_came_into_sight(care: Shop) -> None:
    for day in range(10, 30):
        care.customer(**BIRTHDAY, birthday_day=day)
    make_plan("birthday")
    assert [care.run(days_later=later).counts["new"] for later in range(4)] == [15, 1, 1, 1]


def test_a_run_that_was_asked_for_is_done_by_the_worker(care: Shop, now: datetime) -> None:
    care.customer(**BIRTHDAY, birthday_day=12)
    make_plan("birthday")
    with transaction():
        asked = engine.ask(None, staff_id=None, now=now)
    (report,) = engine.run_asked(now=now)
    assert report.run_id == asked.id
    assert report.counts["new"] == 1
    assert engine.run_asked(now=now) == []


def test_a_run_nobody_finished_for_a_day_is_left_to_lie(care: Shop, now: datetime) -> None:
    db.session.add(CareRun(day=date(2027, 3, 9), planned_at=now - timedelta(days=1), started_at=now, state="running"))
    db.session.flush()
    care.run()
    assert db.session.scalars(select(CareRun.state).order_by(CareRun.id)).all() == ["abandoned", "done"]


# Two at once, and one killed


def test_stretches_of_any_size_come_to_the_same(fresh_database: str, now: datetime) -> None:
    fill(now)
    engine.run(now=now, chunk=7)
    small = outcome()
    forget()
    engine.run(now=now)
    assert outcome() == small
    assert {row[5] for row in small} >= {"booked", "merged", "made", "deferred"}


def forget() -> None:
    with transaction() as session:
        session.execute(text("TRUNCATE occurrence, care_run, care_run_chunk, task RESTART IDENTITY CASCADE"))
        session.execute(text("DELETE FROM contact_booking WHERE origin_key LIKE 'careplan:%'"))


def test_two_runs_at_the_same_moment_share_the_work(app: Flask, fresh_database: str, now: datetime) -> None:
    fill(now)
    engine.run(now=now, chunk=5)
    clean = outcome()
    forget()
    start, reports, faults = threading.Barrier(2), [], []

    def work() -> None:
        with app.app_context():
            start.wait()
            try:
                reports.append(engine.run(now=now, chunk=5))
            except Exception as fault:
                faults.append(fault)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert outcome() == clean
    assert len({report.run_id for report in reports}) <= 2
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM care_run WHERE state <> 'done'")) == 0


def test_a_desk_that_books_meanwhile_never_breaks_a_run(app: Flask, fresh_database: str, now: datetime) -> None:
    fill(now, customers=30)
    with transaction() as session:
        ids = list(session.scalars(text("SELECT id FROM customer ORDER BY id")))
    stop, faults = threading.Event(), []

    def book() -> None:
        from app.customers import contacts
        from app.customers.values import ContactKind

        with app.app_context():
            number = 0
            while not stop.is_set():
                number += 1
                try:
                    with transaction():
                        contacts.reserve(
                            ids[number % len(ids)],
                            kind=ContactKind.PERSONAL,
                            day=date(2027, 3, 10) + timedelta(days=number % 17),
                            origin_key=f"desk:{number}",
                            now=now,
                        )
                except Exception as fault:
                    faults.append(fault)
            db.session.remove()

    desk = threading.Thread(target=book)
    desk.start()
    try:
        engine.run(now=now, chunk=4)
    finally:
        stop.set()
        desk.join()
    assert faults == []
    with transaction() as session:
        close = session.execute(
            text("""SELECT a.origin_key, b.origin_key FROM contact_booking a JOIN contact_booking b
                    ON a.household_id = b.household_id AND a.id < b.id AND a.state = 'reserved' AND b.state = 'reserved'
                    AND abs(a.day - b.day) < 7""")
        ).all()
    assert close == []


RUNNER = """
import sys
from datetime import datetime
from app import create_app
from app.settings import settings_from_environment
from app.careplans import engine
app = create_app(settings_from_environment())
with app.app_context():
    engine.run(now=datetime.fromisoformat(sys.argv[1]), chunk=2, say=lambda line: print(line, flush=True))
"""


@pytest.mark.parametrize("stretches", [1, 9, 23])
def test_a_run_killed_half_way_and_started_again_is_one_clean_run(
    fresh_database: str, now: datetime, valkey_url: str, stretches: int
) -> None:
    fill(now, customers=30)
    engine.run(now=now, chunk=2)
    clean = outcome()
    forget()
    environment = os.environ | {
        "DATABASE_URL": fresh_database,
        "REDIS_URL": valkey_url,
        "SECRET_KEY": "x" * 40,
        "PUBLIC_URL": "http://localhost",
        "PYTHONPATH": str(ROOT),
    }
    victim = subprocess.Popen(
        [sys.executable, "-c", RUNNER, now.isoformat()], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert victim.stdout is not None
    seen = 0
    for line in victim.stdout:
        seen += line.startswith(("plan", "make"))
        if seen == stretches:
            break
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    wait_until_its_sessions_are_gone()
    with transaction() as session:
        left = session.scalar(select(text("count(*)")).select_from(CareRunChunk).where(CareRunChunk.state == "due"))
    assert left
    report = engine.run(now=now + timedelta(minutes=5), chunk=2)
    assert outcome() == clean
    with transaction() as session:
        assert session.scalars(select(CareRun.id)).all() == [report.run_id]


def wait_until_its_sessions_are_gone() -> None:
    """PostgreSQL notices a killed client when it next speaks to it."""
    for _ in range(900):
        with transaction() as session:
            others = session.scalar(
                text("""SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'""")
            )
        if not others:
            return
        time.sleep(0.1)
    raise AssertionError("the killed run still works in the database")
