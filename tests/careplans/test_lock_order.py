"""The run and the handlers of facts lock in one order: the household, what is planned for it, its bookings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from flask import Flask
from sqlalchemy import text

from app.careplans import ending, engine
from app.core.db import db, transaction
from app.customers import contacts
from tests.careplans.conftest import open_shop
from tests.careplans.test_booking import BIRTHDAY
from tests.factories.careplans import make_plan

WAITING = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"""
ONE_HOUSEHOLD = "o.household_id = :household"


def beside_a_run(app: Flask, now: datetime, *, first: Callable[[], object], then: Callable[[], object]) -> list[str]:
    """Somebody takes one lock, waits until the run waits for it, and takes the other one; what failed."""
    holds, faults = threading.Event(), []

    def meddle() -> None:
        with app.app_context():
            try:
                with transaction() as session:
                    first()
                    holds.set()
                    for _ in range(200):
                        if session.scalar(text(WAITING)):
                            break
                        time.sleep(0.02)
                    then()
            except Exception as fault:
                faults.append(f"the handler: {fault}")
            finally:
                holds.set()
                db.session.remove()

    other = threading.Thread(target=meddle)
    other.start()
    holds.wait(timeout=20)
    try:
        engine.run(now=now)
    except Exception as fault:
        faults.append(f"the run: {fault}")
    other.join()
    return faults


def a_contact_that_the_run_takes_back(now: datetime) -> tuple[int, str]:
    """Its plan was switched off since it was booked; the household and the key of its booking."""
    with transaction() as session:
        customer = open_shop(now).customer(**BIRTHDAY, birthday_day=18)
        plan = make_plan("birthday")
        household_id, key = customer.household_id, f"careplan:{plan.id}:cust:{customer.id}:2027"
    engine.run(now=now)
    with transaction() as session:
        assert session.scalar(text("SELECT state FROM occurrence")) == "booked"
        session.execute(text("UPDATE care_plan SET is_on = false"))
    return household_id, key


def test_a_run_and_a_contact_that_takes_place_wait_for_each_other(
    app: Flask, fresh_database: str, now: datetime
) -> None:
    household_id, key = a_contact_that_the_run_takes_back(now)
    faults = beside_a_run(
        app,
        now,
        first=lambda: contacts.record(key, day=now.date(), now=now),
        then=lambda: ending.find(ONE_HOUSEHOLD, {"household": household_id}),
    )
    assert faults == []


def test_a_run_and_an_ending_wait_for_each_other(app: Flask, fresh_database: str, now: datetime) -> None:
    household_id, key = a_contact_that_the_run_takes_back(now)
    faults = beside_a_run(
        app,
        now,
        first=lambda: ending.find(ONE_HOUSEHOLD, {"household": household_id}),
        then=lambda: contacts.release(key, reason="stopped", now=now),
    )
    assert faults == []


def test_a_handler_that_finds_an_occurrence_first_may_still_ask_the_ledger(
    app: Flask, fresh_database: str, now: datetime
) -> None:
    household_id, key = a_contact_that_the_run_takes_back(now)
    faults = beside_a_run(
        app,
        now,
        first=lambda: ending.find(ONE_HOUSEHOLD, {"household": household_id}),
        then=lambda: contacts.record(key, day=now.date(), now=now),
    )
    assert faults == []
