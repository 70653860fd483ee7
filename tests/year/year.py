"""The loop: a day is lived, then looked at."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import date, timedelta

from sqlalchemy import text

from app.core import outbox
from app.core.db import db, transaction
from tests.year import watch, world
from tests.year.hands import Hands
from tests.year.life import Life
from tests.year.report import Report

START = date(2027, 3, 1)
TENDED_ON, TENDED_EVERY = (0, 3, 7, 14), 28
"""Days. A year passes in minutes, faster than the server's own look at what has grown and what is dead."""

Helpers = Callable[[Hands], AbstractContextManager[None]]


def live(
    *,
    customers: int,
    days: int,
    seed: int,
    say: Callable[[str], object],
    start: date = START,
    stir: int = 1,
    helpers: Helpers | None = None,
) -> Report:
    """Live `days` days with so many customers in the database of the present application context."""
    began = time.monotonic()
    company = world.build(customers=customers, seed=seed, start=start)
    watch.make_quick()
    say(f"company of {customers} customers built in {time.monotonic() - began:.0f} s")
    life, promises = Life(company, seed=seed, stir=stir), watch.Promises(company)
    report = Report(customers, start, days, 0, life.did, promises)
    with helpers(life.hands) if helpers is not None else nullcontext():
        for number in range(days):
            day = start + timedelta(days=number)
            if number in TENDED_ON or number % TENDED_EVERY == 0:
                _tend()
            life.live(day)
            report.breaches += watch.guard(day)
            promises.look(day)
            report.seconds = time.monotonic() - began
            left = report.seconds / (number + 1) * (days - number - 1)
            say(f"{day}  {number + 1}/{days}  {len(report.breaches)} breaches  {report.seconds:.0f} s, {left:.0f} left")
        report.happened = watch.happened()
    return report


def _tend() -> None:
    """What a server forgets after a month of its own clock is forgotten here after a month of ours."""
    with transaction():
        outbox.forget_done(older_than_days=0)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
