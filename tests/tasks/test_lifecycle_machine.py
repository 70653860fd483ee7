"""Random steps by random people on the real database: what the table allows happens, nothing else does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.core.db import db
from app.core.errors import Problem
from app.tasks import service
from app.tasks.kinds import Status
from app.tasks.lifecycle import Verb, allowed_actions
from app.tasks.models import Task, TaskLine
from app.tasks.records import state_of, undo_window
from tests.factories.tasks import ENOUGH_ANSWERS
from tests.tasks.conftest import Shop, history_of, make_shop

ENDINGS = (Verb.COMPLETE, Verb.COMPLETE_PARTLY, Verb.FAIL)
MINUTES = st.sampled_from((0, 1, 4, 6))
_PLANNED = (Status.OPEN, Status.ASSIGNED, Status.ACTIVE)
PEOPLE = ("ann", "bob", "boss", "office", "stranger", "customer", "system")
TYPES = ("home_visit", "delivery", "callback")


class TaskMachine(RuleBasedStateMachine):
    shop: Shop

    @initialize(type_=st.sampled_from(TYPES), status=st.sampled_from(_PLANNED))
    def begin(self, type_: str, status: Status) -> None:
        self.now = self.shop.now
        lines = [("Milk powder", 4)] if type_ == "delivery" else []
        assignee = None if status is Status.OPEN else self.shop.ann
        task = self.shop.task(type=type_, lines=lines, status=status.value, assignee=assignee, started_at=None)
        self.task_id, self.first, self.status = task.id, status.value, status.value
        self.history = len(history_of(self.task_id))

    @rule(
        verb=st.sampled_from(list(Verb)),
        who=st.sampled_from(PEOPLE),
        other=st.sampled_from(("ann", "bob")),
        minutes=MINUTES,
    )
    def somebody_tries(self, verb: Verb, who: str, other: str, minutes: int) -> None:
        self._try(verb, who, other, minutes=minutes)

    @rule(data=st.data(), other=st.sampled_from(("ann", "bob")), minutes=MINUTES)
    def somebody_does_what_the_page_offers(self, data: st.DataObject, other: str, minutes: int) -> None:
        """Blind tries alone hardly ever get as far as an ending, and a cancelled task ends the story."""
        state = state_of(db.session.get_one(Task, self.task_id))
        offered = [
            (verb, who)
            for who in PEOPLE
            for verb in allowed_actions(state, self.shop.actor(who), now=self.now, undo_window=undo_window())
            if verb != Verb.CANCEL
        ]
        if offered:
            verb = data.draw(st.sampled_from(sorted({verb for verb, _who in offered})))
            who = data.draw(st.sampled_from([who for offer, who in offered if offer == verb]))
            self._try(Verb(verb), who, other, minutes=minutes)

    @rule(verb=st.sampled_from(ENDINGS), after=st.sampled_from((Verb.UNDO, Verb.REOPEN, Verb.RATE)), minutes=MINUTES)
    def an_ending_and_what_may_come_after(self, verb: Verb, after: Verb, minutes: int) -> None:
        for who in ("ann", "boss"):
            self._try(verb, who, "ann", minutes=0)
        for who in PEOPLE:
            self._try(after, who, "ann", minutes=minutes)

    def _try(self, verb: Verb, who: str, other: str, *, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        actor = self.shop.actor(who)
        task = db.session.get_one(Task, self.task_id)
        before = (task.status, task.version, task.assignee_id)
        expected = verb.value in allowed_actions(state_of(task), actor, now=self.now, undo_window=undo_window())
        says_yes_again = verb is Verb.CONFIRM and who == "customer" and task.confirmed_at and task.status in _PLANNED
        same_again = verb is Verb.ASSIGN and task.assignee_id == getattr(self.shop, other).id
        refusals: list[int] = []
        try:
            self._do(verb, other, actor=actor, now=self.now)
            happened = True
        except Problem as problem:
            refusals.append(problem.status)
            happened = False
        db.session.refresh(task)
        assert set(refusals) <= {403, 404, 409}
        if says_yes_again:
            assert happened
        else:
            assert happened == expected, (verb, who, before)
        if happened and not says_yes_again and not same_again:
            self.history += 1
            assert task.version == before[1] + 1
        else:
            assert (task.status, task.version, task.assignee_id) == before
        self.status = task.status

    def _do(self, verb: Verb, other: str, *, actor: Any, now: datetime) -> None:
        who: dict[str, Any] = {"actor": actor, "now": now}
        task_id = self.task_id
        match verb:
            case Verb.ASSIGN:
                service.assign(task_id, getattr(self.shop, other).id, **who)
            case Verb.DECLINE:
                service.decline(task_id, reason="no_time", **who)
            case Verb.RESCHEDULE:
                start = now + timedelta(days=1)
                service.reschedule(task_id, window_start=start, window_end=start + timedelta(hours=2), **who)
            case Verb.CANCEL:
                service.cancel(task_id, reason="duplicate", **who)
            case Verb.COMPLETE:
                service.complete(task_id, answers=ENOUGH_ANSWERS, **who)
            case Verb.COMPLETE_PARTLY:
                service.complete_partly(task_id, lines=self._some_lines(), **who)
            case Verb.FAIL:
                service.fail(task_id, reason="not_at_home", **who)
            case Verb.REOPEN:
                service.reopen(task_id, reason="A mistake", **who)
            case Verb.RATE:
                service.rate(task_id, stars=4, **who)
            case _:
                getattr(service, verb.value)(task_id, **who)

    def _some_lines(self) -> list[dict[str, int]] | None:
        ids = db.session.query(TaskLine.id).filter_by(task_id=self.task_id).all()
        return [{"id": line_id, "delivered": 1, "refused": 1} for (line_id,) in ids] or None

    @invariant()
    def the_history_tells_the_whole_story(self) -> None:
        if not hasattr(self, "task_id"):
            return
        rows = history_of(self.task_id)
        assert len(rows) == self.history
        told = [row.new["status"] for row in rows if "status" in row.new]
        assert (told[-1] if told else self.first) == self.status
        for earlier, later in zip(told, [row.old["status"] for row in rows if "status" in row.old][1:], strict=False):
            assert earlier == later


def test_only_allowed_steps_happen_and_each_leaves_one_line_of_history(session: Any, now: datetime) -> None:
    class Machine(TaskMachine):
        shop = make_shop(now)

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=20,
            deadline=None,
            # Shrinking replays against the database for minutes; the unshrunk story is readable enough.
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
