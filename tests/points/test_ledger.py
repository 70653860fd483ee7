"""The ledger on PostgreSQL: what is posted, vested and taken back, and that nobody can rewrite it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.core import live
from app.core.db import db, transaction
from app.people.access import Role
from app.people.models import Staff
from app.points import ledger
from app.points.models import PointsEntry, PointsRollup, PointsRule, PointsRuleSet
from app.points.rules import RuleKey
from tests.factories.customers import make_customer
from tests.factories.people import make_staff, make_store
from tests.factories.points import MORNING, WINDOW, make_award, make_entry, make_rules
from tests.factories.tasks import make_task


def totals(person: Staff) -> dict[str, tuple[int, int, int]]:
    """Season -> vested, pending, number of lines."""
    db.session.expire_all()
    rows = db.session.scalars(select(PointsRollup).where(PointsRollup.staff_id == person.id))
    return {row.season: (row.vested, row.pending, row.entries_count) for row in rows}


def posting(person: Staff, *awards: Any, event_id: UUID | None = None, **changes: Any) -> ledger.Posting:
    assert person.home_store_id is not None
    values: dict[str, Any] = {
        "event_id": event_id or uuid4(),
        "associate_id": person.id,
        "store_id": person.home_store_id,
        "rule_set_id": make_rules().id,
        "effective_at": MORNING,
        "awards": awards or [make_award()],
    }
    return ledger.Posting(**{**values, **changes})


def post(wanted: ledger.Posting) -> bool:
    return ledger.post(wanted, inspection_window=WINDOW, now=MORNING)


def reverse(task_id: int, *, ending: int = 1, event_id: UUID | None = None) -> bool:
    return ledger.reverse_task(
        task_id,
        ending=ending,
        event_id=event_id or uuid4(),
        message="Taken back, because the task was reopened: −%(amount)s points",
        evidence={"reason": "wrong tap"},
        at=MORNING,
        now=MORNING,
    )


@pytest.fixture
def associate(session: Session) -> Staff:
    return make_staff(Role.ASSOCIATE)


def test_a_vested_line_moves_the_vested_total(associate: Staff) -> None:
    make_entry(associate, 20)
    assert totals(associate) == {"2027-03": (20, 0, 1)}


def test_a_pending_line_moves_the_pending_total(associate: Staff) -> None:
    make_entry(associate, 20, vested=False)
    assert totals(associate) == {"2027-03": (0, 20, 1)}


def test_all_lines_of_one_fact_are_posted_together(associate: Staff) -> None:
    post(
        posting(
            associate,
            make_award(20, vests_now=False),
            make_award(3, rule_key=RuleKey.PHOTO),
            make_award(0, rule_key=RuleKey.HEARTS),
        )
    )
    assert totals(associate) == {"2027-03": (3, 20, 3)}


def test_the_same_fact_posts_once(associate: Staff) -> None:
    wanted = posting(associate, make_award(20), make_award(3, rule_key=RuleKey.PHOTO))
    assert post(wanted)
    assert not post(wanted)
    assert totals(associate) == {"2027-03": (23, 0, 2)}


def test_a_pending_line_vests_after_the_inspection_window_and_no_earlier(associate: Staff) -> None:
    make_entry(associate, 20, vested=False)
    assert not ledger.vest_due(now=MORNING + WINDOW - timedelta(seconds=1))
    assert totals(associate) == {"2027-03": (0, 20, 1)}
    assert ledger.vest_due(now=MORNING + WINDOW)
    assert totals(associate) == {"2027-03": (20, 0, 1)}


def test_vesting_notes_its_moment(associate: Staff) -> None:
    entry = make_entry(associate, 20, vested=False)
    ledger.vest_due(now=MORNING + WINDOW)
    db.session.refresh(entry)
    assert (entry.state, entry.vested_at) == ("vested", MORNING + WINDOW)


def test_vesting_goes_in_chunks_until_nothing_is_left(associate: Staff) -> None:
    for _ in range(5):
        make_entry(associate, 1, vested=False)
    due = MORNING + WINDOW
    assert [ledger.vest_due(now=due, chunk=2) for _ in range(4)] == [True, True, True, False]
    assert totals(associate) == {"2027-03": (5, 0, 5)}


def test_the_customers_answer_vests_this_task_only(associate: Staff) -> None:
    done, other = make_task(assignee=associate), make_task(assignee=associate)
    make_entry(associate, 20, vested=False, task=done)
    make_entry(associate, 8, vested=False, task=other)
    assert ledger.vest_task(done.id, now=MORNING)
    assert totals(associate) == {"2027-03": (20, 8, 2)}


@pytest.mark.parametrize("vested", [True, False])
def test_a_reopened_task_gives_its_points_back(associate: Staff, vested: bool) -> None:
    task = make_task(assignee=associate)
    make_entry(associate, 20, vested=vested, task=task)
    assert reverse(task.id)
    assert totals(associate) == {"2027-03": (0, 0, 2)}


def test_a_reversal_is_a_line_of_its_own_that_names_the_original(associate: Staff) -> None:
    task = make_task(assignee=associate)
    original = make_entry(associate, 20, task=task)
    reverse(task.id)
    db.session.refresh(original)
    line = db.session.scalars(select(PointsEntry).where(PointsEntry.reverses_id == original.id)).one()
    assert (original.state, original.amount) == ("reversed", 20)
    assert (line.state, line.amount, line.evidence) == ("reversed", -20, {"reason": "wrong tap"})
    assert line.message % line.params == "Taken back, because the task was reopened: −20 points"


def test_a_line_is_taken_back_only_once(associate: Staff) -> None:
    task = make_task(assignee=associate)
    make_entry(associate, 20, task=task)
    assert reverse(task.id)
    assert not reverse(task.id)
    assert totals(associate) == {"2027-03": (0, 0, 2)}


def test_the_database_refuses_a_second_reversal(associate: Staff) -> None:
    task = make_task(assignee=associate)
    original = make_entry(associate, 20, task=task)
    reverse(task.id)
    line = db.session.scalars(select(PointsEntry).where(PointsEntry.reverses_id == original.id)).one()
    copy = {column.key: getattr(line, column.key) for column in inspect(PointsEntry).columns if column.key != "id"}
    with pytest.raises(IntegrityError, match="uq_points_entry_reverses_id"):
        db.session.execute(insert(PointsEntry), [{**copy, "event_id": uuid4()}])


def test_a_reopening_leaves_later_endings_alone(associate: Staff) -> None:
    task = make_task(assignee=associate)
    make_entry(associate, 20, task=task, ending=1)
    make_entry(associate, 10, task=task, ending=2)
    reverse(task.id, ending=1)
    assert totals(associate) == {"2027-03": (10, 0, 3)}


def test_one_reopening_takes_back_two_endings_whose_deliveries_came_late(associate: Staff) -> None:
    task = make_task(assignee=associate)
    make_entry(associate, 20, task=task, ending=1)
    make_entry(associate, 20, task=task, ending=2)
    assert reverse(task.id, ending=2)
    assert totals(associate) == {"2027-03": (0, 0, 4)}


def test_reversed_points_never_vest_again(associate: Staff) -> None:
    task = make_task(assignee=associate)
    make_entry(associate, 20, vested=False, task=task)
    reverse(task.id)
    assert not ledger.vest_due(now=MORNING + 2 * WINDOW)
    assert not ledger.vest_task(task.id, now=MORNING)
    assert totals(associate) == {"2027-03": (0, 0, 2)}


def test_a_held_line_does_not_vest_and_still_stands_beside(associate: Staff) -> None:
    entry = make_entry(associate, 20, vested=False)
    db.session.execute(update(PointsEntry).where(PointsEntry.id == entry.id).values(state="held", held_by=1))
    assert not ledger.vest_due(now=MORNING + 2 * WINDOW)
    assert ledger.audit_rollup() == []


def test_the_season_is_the_month_at_the_store(session: Session) -> None:
    hong_kong = make_staff(store=make_store(zone="Asia/Hong_Kong"))
    london = make_staff(store=make_store(zone="Europe/London"))
    last_minute = datetime(2027, 3, 31, 23, 30, tzinfo=UTC)
    make_entry(hong_kong, 5, at=last_minute)
    make_entry(london, 5, at=last_minute)
    assert (list(totals(hong_kong)), list(totals(london))) == (["2027-04"], ["2027-04"])
    make_entry(london, 5, at=datetime(2027, 2, 28, 23, 30, tzinfo=UTC))
    make_entry(hong_kong, 5, at=datetime(2027, 2, 28, 23, 30, tzinfo=UTC))
    assert (sorted(totals(hong_kong)), sorted(totals(london))) == (["2027-03", "2027-04"], ["2027-02", "2027-04"])


def test_a_reversal_counts_in_the_season_of_its_original(associate: Staff) -> None:
    task = make_task(assignee=associate)
    make_entry(associate, 20, task=task, at=MORNING - timedelta(days=20))
    reverse(task.id)
    assert totals(associate) == {"2027-02": (0, 0, 2)}


def test_what_was_gained_today_starts_anew_each_day(associate: Staff) -> None:
    make_entry(associate, 20, at=MORNING - timedelta(days=1))
    make_entry(associate, 5)
    make_entry(associate, 3)
    row = db.session.scalars(select(PointsRollup).where(PointsRollup.staff_id == associate.id)).one()
    assert (row.vested, row.gained, row.gained_on.isoformat()) == (28, 8, "2027-03-10")


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    topics: list[str] = []
    monkeypatch.setattr(live, "_send", topics.extend)
    return topics


def test_a_posting_tells_the_board_and_the_associate(associate: Staff, announced: list[str]) -> None:
    make_entry(associate, 20)
    assert announced == [f"leaderboard:{associate.home_store_id}", f"staff:{associate.id}"]


def test_a_repeated_posting_tells_nobody(associate: Staff, announced: list[str]) -> None:
    wanted = posting(associate)
    post(wanted)
    announced.clear()
    post(wanted)
    assert announced == []


def test_the_ledger_can_not_be_deleted_from(associate: Staff) -> None:
    entry = make_entry(associate)
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text("DELETE FROM points_entry WHERE id = :id"), {"id": entry.id})


CHANGEABLE = {"state", "vested_at", "held_by"}


@pytest.mark.parametrize(
    "column", [column.key for column in inspect(PointsEntry).columns if column.key not in CHANGEABLE]
)
def test_no_other_column_of_a_line_can_change(associate: Staff, column: str) -> None:
    entry = make_entry(associate)
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text(f"UPDATE points_entry SET {column} = {column} WHERE id = :id"), {"id": entry.id})


def test_a_reversed_line_can_not_come_back(associate: Staff) -> None:
    task = make_task(assignee=associate)
    entry = make_entry(associate, task=task)
    reverse(task.id)
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(update(PointsEntry).where(PointsEntry.id == entry.id).values(state="vested"))


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize(("table", "column"), [(PointsRuleSet, "version"), (PointsRule, "amount")])
def test_published_rules_can_not_change(session: Session, statement: str, table: type[Any], column: str) -> None:
    make_rules()
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text(statement.format(table.__tablename__, column, column)))


def test_the_audit_finds_no_difference_after_normal_work(associate: Staff) -> None:
    task = make_task(assignee=associate)
    make_entry(associate, 20, task=task)
    make_entry(associate, 8, vested=False)
    reverse(task.id)
    assert ledger.audit_rollup() == []


def test_the_audit_names_a_total_that_differs(associate: Staff) -> None:
    make_entry(associate, 20)
    db.session.execute(text("UPDATE points_rollup SET vested = 99 WHERE staff_id = :id"), {"id": associate.id})
    found = ledger.audit_rollup()
    assert [(each.staff_id, each.rollup, each.ledger) for each in found] == [(associate.id, (99, 0, 1), (20, 0, 1))]


def test_the_audit_names_a_total_that_is_missing(associate: Staff) -> None:
    make_entry(associate, 20)
    db.session.execute(text("DELETE FROM points_rollup WHERE staff_id = :id"), {"id": associate.id})
    assert [each.rollup for each in ledger.audit_rollup()] == [(0, 0, 0)]


def in_threads(app: Flask, *workers: list[Callable[[], Any]]) -> None:
    """Each worker does its steps in a thread, a transaction a step, all starting together; fails if a step fails."""
    start, failures = Barrier(len(workers)), []

    def run(steps: list[Callable[[], Any]]) -> None:
        try:
            with app.app_context():
                start.wait()
                for step in steps:
                    with transaction():
                        step()
        except BaseException as error:
            failures.append(error)

    threads = [Thread(target=run, args=(steps,)) for steps in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_many_workers_posting_to_the_same_people_neither_lose_nor_double_points(
    app: Flask, fresh_database: str
) -> None:
    with transaction():
        store = make_store()
        people = [make_staff(store=store) for _ in range(3)]
        wanted = [posting(person, make_award(amount)) for amount in range(1, 9) for person in people]
    # Every fact is delivered twice, by different workers, the second time in the opposite order.
    in_threads(app, *([partial(post, each) for each in share] for share in (wanted[:12], wanted[12:], wanted[::-1])))
    assert [totals(person) for person in people] == [{"2027-03": (36, 0, 8)}] * 3
    assert ledger.audit_rollup() == []


def test_vesting_and_reversing_at_the_same_time_count_each_line_once(app: Flask, fresh_database: str) -> None:
    with transaction():
        person = make_staff()
        tasks = [make_task(assignee=person, customer=make_customer(store_id=person.home_store_id)) for _ in range(12)]
        for task in tasks:
            make_entry(person, 10, vested=False, task=task)
        ids = [task.id for task in tasks]
    due = MORNING + WINDOW
    in_threads(
        app,
        [partial(reverse, task_id) for task_id in ids],
        [partial(ledger.vest_due, now=due, chunk=3)] * 4,
        [partial(ledger.vest_task, task_id, now=due) for task_id in reversed(ids)],
    )
    assert totals(person) == {"2027-03": (0, 0, 24)}
    assert ledger.audit_rollup() == []
