"""The loop: a day is lived, then looked at."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import text

from app.core.db import db
from tests.year import watch, world
from tests.year.life import Life
from tests.year.report import Report

START = date(2027, 3, 1)
ANALYZED_EVERY = 7
"""Days. A year passes in minutes, faster than the server's own look at what has grown."""


def live(
    *, customers: int, days: int, seed: int, start: date = START, stir: int = 1, say: Callable[[str], object]
) -> Report:
    """Live `days` days with so many customers in the database of the present application context."""
    began = time.monotonic()
    company = world.build(customers=customers, seed=seed, start=start)
    say(f"company of {customers} customers built in {time.monotonic() - began:.0f} s")
    life, promises = Life(company, seed=seed, stir=stir), watch.Promises(company)
    report = Report(customers, start, days, 0, life.did, promises)
    for number in range(days):
        day = start + timedelta(days=number)
        if number % ANALYZED_EVERY == 0:
            db.session.execute(text("ANALYZE"))
            db.session.commit()
        life.live(day)
        report.breaches += watch.guard(day)
        promises.look(day)
        report.seconds = time.monotonic() - began
        left = report.seconds / (number + 1) * (days - number - 1)
        say(f"{day}  {number + 1}/{days}  {len(report.breaches)} breaches  {report.seconds:.0f} s, {left:.0f} s left")
    return report
