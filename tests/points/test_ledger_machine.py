"""Whatever is posted, vested, taken back and delivered again: the totals are always the sum of the lines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.db import db
from app.points import ledger
from app.points.models import PointsEntry, PointsRollup
from app.points.rules import RuleKey
from tests.factories.people import make_staff, make_store
from tests.factories.points import MORNING, WINDOW, make_award, make_rules
from tests.factories.tasks import make_task

RULES = [RuleKey.HOME_VISIT, RuleKey.HEARTS, RuleKey.PHOTO]


class LedgerMachine(RuleBasedStateMachine):
    """A plain model of the ledger beside the real one."""

    postings = Bundle("postings")
    reopenings = Bundle("reopenings")

    @initialize()
    def open_store(self) -> None:
        self.now = MORNING
        store = make_store()
        self.people = [make_staff(store=store) for _ in range(2)]
        self.tasks = [make_task(assignee=self.people[number % 2]) for number in range(3)]
        self.rule_set_id = make_rules().id
        self.store_id = store.id
        # (event, rule) -> [person, task, ending, amount, state, due]
        self.model: dict[tuple[UUID, RuleKey], list[Any]] = {}
        self.reversals = 0

    @rule(
        target=postings,
        task=st.integers(0, 2),
        ending=st.integers(1, 3),
        amounts=st.lists(st.integers(0, 30), min_size=1, max_size=3),
        vests_now=st.booleans(),
    )
    def post(self, task: int, ending: int, amounts: list[int], vests_now: bool) -> ledger.Posting:
        posting = ledger.Posting(
            event_id=uuid4(),
            associate_id=self.people[task % 2].id,
            store_id=self.store_id,
            rule_set_id=self.rule_set_id,
            effective_at=self.now,
            awards=[
                make_award(amount, rule_key=key, vests_now=vests_now)
                for key, amount in zip(RULES, amounts, strict=False)
            ],
            task_id=self.tasks[task].id,
            ending=ending,
        )
        assert ledger.post(posting, inspection_window=WINDOW, now=self.now)
        for award in posting.awards:
            self.model[posting.event_id, award.rule_key] = [
                posting.associate_id,
                posting.task_id,
                ending,
                award.amount,
                "vested" if vests_now else "pending",
                self.now + WINDOW,
            ]
        return posting

    @rule(posting=postings)
    def deliver_again(self, posting: ledger.Posting) -> None:
        assert not ledger.post(posting, inspection_window=WINDOW, now=self.now)

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(chunk=st.integers(1, 4))
    def vest_due(self, chunk: int) -> None:
        while ledger.vest_due(now=self.now, chunk=chunk):
            pass
        self._vest(lambda line: line[5] <= self.now)

    @rule(task=st.integers(0, 2))
    def customer_answers(self, task: int) -> None:
        ledger.vest_task(self.tasks[task].id, now=self.now)
        self._vest(lambda line: line[1] == self.tasks[task].id)

    @rule(target=reopenings, task=st.integers(0, 2), ending=st.integers(1, 3))
    def reopen(self, task: int, ending: int) -> Any:
        reopening = (self.tasks[task].id, ending, uuid4(), self.now)
        self._reverse(reopening)
        return multiple(reopening)

    @rule(reopening=reopenings)
    def reopen_again(self, reopening: tuple[int, int, UUID, datetime]) -> None:
        self._reverse(reopening)

    def _reverse(self, reopening: tuple[int, int, UUID, datetime]) -> None:
        task_id, ending, event_id, at = reopening
        ledger.reverse_task(
            task_id, ending=ending, event_id=event_id, message="back %(amount)s", evidence={}, at=at, now=self.now
        )
        for line in self.model.values():
            if line[1] == task_id and line[2] <= ending and line[4] != "reversed":
                line[4] = "reversed"
                self.reversals += 1

    def _vest(self, is_meant: Any) -> None:
        for line in self.model.values():
            if line[4] == "pending" and is_meant(line):
                line[4] = "vested"

    @invariant()
    def lines_are_as_modelled(self) -> None:
        db.session.expire_all()
        stmt = select(PointsEntry).where(PointsEntry.store_id == self.store_id)
        entries = db.session.scalars(stmt).all()
        originals = {
            (entry.event_id, RuleKey(entry.rule_key)): (entry.amount, entry.state)
            for entry in entries
            if entry.reverses_id is None
        }
        assert originals == {key: (line[3], line[4]) for key, line in self.model.items()}
        assert len(entries) == len(self.model) + self.reversals

    @invariant()
    def totals_are_the_sum_of_the_lines(self) -> None:
        for person in self.people:
            vested, pending, count = db.session.execute(
                select(
                    func.coalesce(func.sum(PointsRollup.vested), 0),
                    func.coalesce(func.sum(PointsRollup.pending), 0),
                    func.coalesce(func.sum(PointsRollup.entries_count), 0),
                ).where(PointsRollup.staff_id == person.id)
            ).one()
            own = [line for line in self.model.values() if line[0] == person.id]
            assert vested == sum(line[3] for line in own if line[4] == "vested")
            assert pending == sum(line[3] for line in own if line[4] == "pending")
            assert count == len(own) + sum(line[4] == "reversed" for line in own)
        assert [found for found in ledger.audit_rollup() if found.store_id == self.store_id] == []


def test_the_totals_are_always_the_sum_of_the_lines(session: Session) -> None:
    run_machine(
        LedgerMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
