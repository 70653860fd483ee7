"""The worker of the benchmarks of the care plans: does what it is told, one JSON line a command, and says when done.

Ours and raw SQL run in the same process over the same connection, so both pay alike for everything around them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app import create_app
from app.careplans import engine
from app.core.db import db, transaction
from app.people.access import Actor
from app.settings import settings_from_environment
from app.tasks import service as tasks
from app.tasks.creating import NewTask
from bench.world import NOW

BATCH = 500
"""Tasks in one go, as the plans make them."""
TOLD_EVERY = 5
"""Stretches: a line for each of them would hide the others."""


def main() -> None:
    with create_app(settings_from_environment()).app_context():
        tell({"ready": True})
        for line in sys.stdin:
            told = json.loads(line)
            tell({"done": WORK[told.pop("do")](**told)})


def tell(what: Mapping[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def say(line: str) -> None:
    tell({"say": line})


def night(step: str, now: str = NOW.isoformat(), most: int | None = None) -> int:
    """One step of a run, as engine.run does it: "plan" begins a new run, "make" goes on with it, through all stretches
    of households or only so many. How many new rows."""
    if step == "plan":
        with transaction() as session:
            session.execute(text("DELETE FROM care_run"))
    run = engine._begin(None, now=datetime.fromisoformat(now), chunk=engine.CHUNK)
    done = 0
    while (most is None or done < most) and engine._work_one(run, step, say=say if done % TOLD_EVERY == 0 else None):
        done += 1
    with transaction() as session:
        return int(
            session.execute(text("SELECT sum(rows) FROM care_run_chunk WHERE step = :step"), {"step": step}).scalar()
            or 0
        )


def create(mark: str, count: int) -> int:
    """So many tasks for customers with their owners, as the making step creates them."""
    with transaction() as session:
        people = session.execute(
            text("SELECT id, owner_id FROM customer ORDER BY id LIMIT :count"), {"count": count}
        ).all()
    starts = NOW + timedelta(days=2)
    made = 0
    for first in range(0, len(people), BATCH):
        with transaction():
            made += len(
                tasks.create_many(
                    [
                        NewTask(
                            type="callback",
                            customer_id=person.id,
                            window_start=starts,
                            window_end=starts + timedelta(hours=9),
                            assignee_id=person.owner_id,
                            expected_minutes=10,
                            reasons=[{"zh_Hans": "定期问候", "zh_Hant": "定期問候", "en": "Regular care"}],
                            origin_key=f"{mark}:{person.id}",
                        )
                        for person in people[first : first + BATCH]
                    ],
                    actor=Actor.system("care plans"),
                    now=NOW,
                )
            )
    return made


def sql(statements: list[str]) -> int:
    """Raw statements in one transaction; the rows of all of them."""
    with transaction():
        return sum(int(db.session.execute(text(statement)).rowcount) for statement in statements)  # type: ignore[attr-defined]


WORK: Mapping[str, Callable[..., int]] = {"night": night, "create": create, "sql": sql}

if __name__ == "__main__":
    main()
