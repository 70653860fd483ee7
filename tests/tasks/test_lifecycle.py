"""The transition table, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.people.access import Actor, Role
from app.tasks import lifecycle
from app.tasks.errors import (
    NotYourStep,
    StepAlreadyDone,
    StepNotForType,
    TaskAlreadyClosed,
    TaskTaken,
    UndoWindowOver,
    WrongStatus,
)
from app.tasks.lifecycle import BY_VERB, TRANSITIONS, TaskState, Verb, allowed_actions, check

NOW = datetime(2027, 3, 10, 4, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=5)
STORE, OTHER_STORE, CUSTOMER = 1, 2, 9

ANN = Actor(id=11, name="Ann", role=Role.ASSOCIATE, store_ids=frozenset({STORE}))
BOB = Actor(id=12, name="Bob", role=Role.ASSOCIATE, store_ids=frozenset({STORE}))
BOSS = Actor(id=13, name="Boss", role=Role.SUPERVISOR, store_ids=frozenset({STORE}))
OFFICE = Actor(id=14, name="Office", role=Role.HEAD_OFFICE)
STRANGER = Actor(id=15, name="Stranger", role=Role.ASSOCIATE, store_ids=frozenset({OTHER_STORE}))
OTHER_BOSS = Actor(id=16, name="Other boss", role=Role.SUPERVISOR, store_ids=frozenset({OTHER_STORE}))
CLIENT = Actor.customer(CUSTOMER)
SYSTEM = Actor.system()
EVERYBODY = (ANN, BOB, BOSS, OFFICE, STRANGER, OTHER_BOSS, CLIENT, Actor.customer(10), SYSTEM)

OPEN = TaskState(type="home_visit", status="open", customer_id=CUSTOMER, store_id=STORE)
ASSIGNED = replace(OPEN, status="assigned", assignee_id=ANN.id)
ACTIVE = replace(ASSIGNED, status="active", started_at=NOW)
COMPLETED = replace(ACTIVE, status="completed", end_recorded_at=NOW, ended_by_id=ANN.id)
CANCELLED = replace(ASSIGNED, status="cancelled", end_recorded_at=NOW)


def actions(state: TaskState, actor: Actor, *, now: datetime = NOW) -> set[str]:
    return set(allowed_actions(state, actor, now=now, undo_window=WINDOW))


def test_every_verb_has_exactly_one_row() -> None:
    assert [row.verb for row in TRANSITIONS] == list(Verb)
    assert set(BY_VERB) == set(Verb)


@pytest.mark.parametrize(
    ("state", "actor", "expected"),
    [
        (OPEN, BOSS, {"assign", "confirm", "reschedule", "cancel"}),
        (OPEN, OFFICE, {"assign", "confirm", "reschedule", "cancel"}),
        (OPEN, ANN, {"claim"}),
        (OPEN, STRANGER, set()),
        (OPEN, OTHER_BOSS, set()),
        (OPEN, CLIENT, {"confirm", "reschedule"}),
        (OPEN, Actor.customer(10), set()),
        (ASSIGNED, ANN, {"accept", "decline", "start", "arrive"}),
        (ASSIGNED, BOB, set()),
        (ASSIGNED, BOSS, {"assign", "confirm", "start", "arrive", "reschedule", "cancel"}),
        (ACTIVE, ANN, {"arrive", "complete", "complete-partly", "fail"}),
        (
            ACTIVE,
            BOSS,
            {"assign", "confirm", "arrive", "complete", "complete-partly", "fail", "reschedule", "cancel"},
        ),
        (ACTIVE, OFFICE, {"assign", "confirm", "reschedule", "cancel"}),
        (COMPLETED, ANN, {"undo"}),
        (COMPLETED, BOSS, {"reopen"}),
        (COMPLETED, CLIENT, {"rate"}),
        (replace(COMPLETED, status="failed"), CLIENT, set()),
        (CANCELLED, BOSS, set()),
        (CANCELLED, ANN, set()),
    ],
)
def test_allowed_actions_follow_the_table(state: TaskState, actor: Actor, expected: set[str]) -> None:
    assert actions(state, actor) == expected


@pytest.mark.parametrize("state", [OPEN, ASSIGNED, ACTIVE, COMPLETED, CANCELLED, replace(ACTIVE, arrived_at=NOW)])
@pytest.mark.parametrize("type_", ["home_visit", "delivery", "callback"])
def test_check_lets_through_exactly_what_allowed_actions_lists(state: TaskState, type_: str) -> None:
    state = replace(state, type=type_)
    for actor in EVERYBODY:
        for now in (NOW, NOW + WINDOW, NOW + WINDOW + timedelta(seconds=1)):
            passed = set()
            for verb in Verb:
                try:
                    check(verb, state, actor, now=now, undo_window=WINDOW)
                    passed.add(verb.value)
                except (NotYourStep, TaskAlreadyClosed, WrongStatus, TaskTaken, StepAlreadyDone, StepNotForType):
                    continue
                except UndoWindowOver:
                    continue
            assert passed == actions(state, actor, now=now)


def test_a_callback_has_no_arrival() -> None:
    with pytest.raises(StepNotForType):
        check(Verb.ARRIVE, replace(ASSIGNED, type="callback"), ANN, now=NOW, undo_window=WINDOW)


def test_a_second_acceptance_is_refused() -> None:
    with pytest.raises(StepAlreadyDone):
        check(Verb.ACCEPT, replace(ASSIGNED, accepted_at=NOW), ANN, now=NOW, undo_window=WINDOW)


def test_a_second_rating_is_refused() -> None:
    with pytest.raises(StepAlreadyDone):
        check(Verb.RATE, replace(COMPLETED, rated_at=NOW), CLIENT, now=NOW, undo_window=WINDOW)


def test_claiming_taken_work_says_that_somebody_else_has_it() -> None:
    with pytest.raises(TaskTaken):
        check(Verb.CLAIM, ASSIGNED, BOB, now=NOW, undo_window=WINDOW)


def test_completing_a_closed_task_names_its_status() -> None:
    with pytest.raises(TaskAlreadyClosed) as refused:
        check(Verb.COMPLETE, CANCELLED, ANN, now=NOW, undo_window=WINDOW)
    assert refused.value.params == {"status": "cancelled"}


def test_completing_before_the_start_is_an_illegal_transition() -> None:
    with pytest.raises(WrongStatus):
        check(Verb.COMPLETE, ASSIGNED, ANN, now=NOW, undo_window=WINDOW)


def test_undo_ends_with_the_undo_window() -> None:
    check(Verb.UNDO, COMPLETED, ANN, now=NOW + WINDOW, undo_window=WINDOW)
    with pytest.raises(UndoWindowOver):
        check(Verb.UNDO, COMPLETED, ANN, now=NOW + WINDOW + timedelta(microseconds=1), undo_window=WINDOW)


def test_only_the_one_who_ended_the_task_may_undo() -> None:
    by_supervisor = replace(COMPLETED, ended_by_id=BOSS.id)
    with pytest.raises(NotYourStep):
        check(Verb.UNDO, by_supervisor, ANN, now=NOW, undo_window=WINDOW)
    assert "undo" in actions(by_supervisor, BOSS)


def test_head_office_manages_but_does_not_do_the_work() -> None:
    for verb in lifecycle.EXECUTION_VERBS:
        with pytest.raises(NotYourStep):
            check(verb, ACTIVE, OFFICE, now=NOW, undo_window=WINDOW)


def test_what_is_carried_forward_is_neither_delivered_nor_refused() -> None:
    assert lifecycle.carried_lines([(5, 3, 1), (2, 2, 0), (4, 0, 0)]) == [1, 0, 4]
