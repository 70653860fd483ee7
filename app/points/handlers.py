"""What facts about tasks do to the ledger. Deliveries come late, twice or out of order: each handler judges what is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select

from app.core import config
from app.core.db import db
from app.core.i18n import N_
from app.core.outbox import together
from app.events import TaskCompleted, TaskFailed, TaskPartlyCompleted, TaskRated, TaskReopened
from app.points import ledger
from app.points.judging import Asked, Case, read_case, read_cases
from app.points.models import EntryState, PointsEntry
from app.points.rules import Award, RuleKey, judge, judge_rating, not_counted

TAKEN_BACK = N_("Taken back, because the task was reopened: −%(amount)s points")


@together()
def award_for_completed_tasks(facts: Sequence[TaskCompleted], *, now: datetime) -> None:
    """Of two endings of one task only the later one can stand."""
    newest = {fact.task_id: fact for fact in sorted(facts, key=lambda fact: fact.ending)}
    cases = read_cases([Asked(fact.task_id, fact.assignee_id, fact.occurred_at) for fact in newest.values()])
    postings = [_earned(fact, cases[fact.task_id]) for fact in newest.values()]
    _post([posting for posting in postings if posting is not None], now=now)


def award_for_partly_completed_task(fact: TaskPartlyCompleted, *, now: datetime) -> None:
    _award_for_ending(fact, now=now)


def judge_failed_task(fact: TaskFailed, *, now: datetime) -> None:
    """A failed visit brings a line too: the associate shall see that honesty cost nothing."""
    _award_for_ending(fact, now=now)


def award_for_rating(fact: TaskRated, *, now: datetime) -> None:
    """The customer has spoken: what waits for proof vests, and good marks earn more."""
    case = read_case(fact.task_id, associate_id=fact.assignee_id, at=fact.occurred_at)
    if case.rating is None or fact.assignee_id is None:
        return  # Undone or reopened meanwhile, which clears the rating.
    ledger.vest_task(fact.task_id, now=now)
    if case.rule_set is None or case.outcome.earns_nothing or _has_rating_line(fact):
        return
    award = judge_rating(case.rule_set, case.rating) if case.is_acknowledged else not_counted(case.rule_set.version)
    _post([_posting(fact, case, [award], associate_id=fact.assignee_id, ending=case.endings)], now=now)


def reverse_for_reopened_task(fact: TaskReopened, *, now: datetime) -> None:
    ledger.reverse_task(
        fact.task_id,
        ending=fact.ending,
        event_id=fact.event_id,
        message=TAKEN_BACK,
        evidence={"reason": fact.reason},
        at=fact.occurred_at,
        now=now,
    )


def _award_for_ending(fact: TaskPartlyCompleted | TaskFailed, *, now: datetime) -> None:
    case = read_case(fact.task_id, associate_id=fact.assignee_id, at=fact.occurred_at)
    posting = _earned(fact, case)
    if posting is not None:
        _post([posting], now=now)


def _earned(fact: TaskCompleted | TaskPartlyCompleted | TaskFailed, case: Case) -> ledger.Posting | None:
    if not case.stands(fact.ending) or case.rule_set is None:
        return None
    awards = judge(case.rule_set, case.outcome) if case.is_acknowledged else [not_counted(case.rule_set.version)]
    return _posting(fact, case, awards, associate_id=fact.assignee_id, ending=fact.ending)


def _posting(
    fact: TaskCompleted | TaskPartlyCompleted | TaskFailed | TaskRated,
    case: Case,
    awards: list[Award],
    *,
    associate_id: int,
    ending: int,
) -> ledger.Posting:
    assert case.rule_set is not None
    return ledger.Posting(
        event_id=fact.event_id,
        associate_id=associate_id,
        store_id=case.store_id,
        task_id=fact.task_id,
        ending=ending,
        rule_set_id=case.rule_set.id,
        effective_at=fact.occurred_at,
        awards=awards,
    )


def _post(postings: Sequence[ledger.Posting], *, now: datetime) -> None:
    inspection_window = timedelta(hours=config.settings().points.inspection_window_hours)
    ledger.post_all(postings, inspection_window=inspection_window, now=now)


def _has_rating_line(fact: TaskRated) -> bool:
    """The first answer counts; the task is locked, so nobody adds a second one beside us."""
    stmt = select(
        exists().where(
            PointsEntry.task_id == fact.task_id,
            PointsEntry.rule_key == RuleKey.RATING,
            PointsEntry.reverses_id.is_(None),
            PointsEntry.state != EntryState.REVERSED,
        )
    )
    return bool(db.session.scalar(stmt))
