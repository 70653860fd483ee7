"""Rules, acknowledgements and ledger lines for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from app.core.db import db
from app.people.models import Staff
from app.points import ledger, service
from app.points.models import PointsAcknowledgement, PointsEntry, PointsRuleSet
from app.points.rules import Award, RuleKey
from app.tasks.models import Task

LONG_AGO = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
MORNING = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)
"""10:00 in Hong Kong on the tests' day."""
WINDOW = timedelta(hours=72)


def make_rules(now: datetime = LONG_AGO) -> PointsRuleSet:
    """The shipped version 1."""
    return service.ship_rules(now)


def make_acknowledgement(person: Staff, rule_set: PointsRuleSet | None = None, *, at: datetime = LONG_AGO) -> None:
    rule_set = rule_set or make_rules()
    db.session.add(PointsAcknowledgement(rule_set_id=rule_set.id, staff_id=person.id, acknowledged_at=at))
    db.session.flush()


def make_award(amount: int = 20, **changes: Any) -> Award:
    values: dict[str, Any] = {
        "rule_key": RuleKey.HOME_VISIT,
        "amount": amount,
        "message": "Home visit done in the promised time: %(amount)s points",
        "params": {"amount": amount},
        "evidence": {"photos": 1},
        "vests_now": True,
    }
    return Award(**{**values, **changes})


def make_entry(
    person: Staff,
    amount: int = 20,
    *,
    vested: bool = True,
    task: Task | None = None,
    ending: int = 1,
    at: datetime = MORNING,
    store_id: int | None = None,
    **award: Any,
) -> PointsEntry:
    """One posted line, with the totals moved as the ledger moves them."""
    event_id = uuid4()
    store_id = store_id or person.home_store_id
    assert store_id is not None
    posting = ledger.Posting(
        event_id=event_id,
        associate_id=person.id,
        store_id=store_id,
        rule_set_id=make_rules().id,
        effective_at=at,
        awards=[make_award(amount, vests_now=vested, **award)],
        task_id=task.id if task else None,
        ending=ending,
    )
    assert ledger.post(posting, inspection_window=WINDOW, now=at)
    return db.session.scalars(select(PointsEntry).where(PointsEntry.event_id == event_id)).one()
