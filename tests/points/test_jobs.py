"""The periodic work, with real commits."""

from __future__ import annotations

from sqlalchemy import func, select

from app.core.db import db, transaction
from app.points import jobs, ledger
from app.points.models import PointsEntry
from tests.factories.people import make_staff
from tests.factories.points import MORNING, WINDOW, make_entry


def test_vesting_goes_on_until_every_due_line_counts(fresh_database: str, monkeypatch) -> None:
    monkeypatch.setattr(ledger, "VEST_CHUNK", 2)
    with transaction():
        person = make_staff()
        for _ in range(5):
            make_entry(person, 4, vested=False)
        make_entry(person, 4, vested=False, at=MORNING + WINDOW)
    jobs.vest_due(now=MORNING + WINDOW)
    states = dict(db.session.execute(select(PointsEntry.state, func.count()).group_by(PointsEntry.state)).all())
    assert states == {"vested": 5, "pending": 1}


def test_the_nightly_audit_is_silent_after_it(fresh_database: str) -> None:
    with transaction():
        make_entry(make_staff(), 4, vested=False)
    jobs.vest_due(now=MORNING + WINDOW)
    assert jobs.audit_rollup(now=MORNING + WINDOW) == []
