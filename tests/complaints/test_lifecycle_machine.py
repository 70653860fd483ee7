"""Random steps by random people on the real database: what the table allows happens, nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.complaints import jobs, queries, service
from app.complaints.kinds import Source, Stage, Verb
from app.complaints.lifecycle import allowed_actions
from app.complaints.models import Complaint
from app.core.db import db
from app.core.errors import Problem
from tests.complaints.conftest import Shop, history_of, make_shop
from tests.factories.complaints import RIGHT
from tests.factories.customers import make_customer

PEOPLE = ("ann", "bob", "boss", "office", "neighbour", "customer", "system")
ORDER = list(Stage)


class CaseMachine(RuleBasedStateMachine):
    shop: Shop

    @initialize(words=st.sampled_from(("It broke", "I have a rash")))
    def begin(self, words: str) -> None:
        self.now, self.said = self.shop.now, 1
        # One household has one open case, so each story is another customer's.
        customer = make_customer(store=self.shop.store, owner_id=self.shop.ann.id)
        self.shop = replace(self.shop, customer=customer)
        complaint = self.shop.open(words, key=f"machine:{customer.id}:1")
        self.case_id, self.was_reaction = complaint.id, complaint.is_reaction

    @rule(verb=st.sampled_from(list(Verb)), who=st.sampled_from(PEOPLE), minutes=st.sampled_from((0, 30, 700)))
    def somebody_tries(self, verb: Verb, who: str, minutes: int) -> None:
        self._try(verb, who, minutes)

    @rule(data=st.data(), minutes=st.sampled_from((0, 30, 700)))
    def somebody_does_what_the_page_offers(self, data: st.DataObject, minutes: int) -> None:
        state = service.state_of(db.session.get_one(Complaint, self.case_id))
        offered = [(verb, who) for who in PEOPLE for verb in allowed_actions(state, self.shop.actor(who))]
        verb, who = data.draw(st.sampled_from(offered))
        self._try(Verb(verb), who, minutes)

    @rule(hours=st.sampled_from((1, 3, 30)))
    def the_clocks_are_looked_at(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        jobs.look_at_clocks(now=self.now)
        assert jobs.look_at_clocks(now=self.now) == 0

    def _try(self, verb: Verb, who: str, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        actor = self.shop.actor(who)
        complaint = db.session.get_one(Complaint, self.case_id, populate_existing=True)
        state = service.state_of(complaint)
        sees = self._sees(who)
        expected = sees and verb.value in allowed_actions(state, actor)
        before = (complaint.stage, complaint.version, len(history_of(self.case_id)))
        same_owner = verb is Verb.ASSIGN and complaint.owner_id == self.shop.bob.id
        try:
            with db.session.begin_nested():
                self._do(verb, actor)
            assert expected, (verb, who, before)
            if not same_owner:
                assert len(history_of(self.case_id)) > before[2]
        except Problem:
            assert not expected, (verb, who, before)
            db.session.refresh(complaint)
            assert (complaint.stage, complaint.version, len(history_of(self.case_id))) == before

    def _sees(self, who: str) -> bool:
        try:
            queries.visible(self.case_id, actor=self.shop.actor(who), now=self.now)
        except Problem:
            return False
        return True

    def _do(self, verb: Verb, actor: Any) -> None:
        common = {"actor": actor, "now": self.now}
        self.said += 1
        match verb:
            case Verb.ACKNOWLEDGE:
                service.acknowledge(self.case_id, **common)
            case Verb.PLAN:
                soon = self.now + timedelta(days=1)
                service.plan(self.case_id, plan="A new one", promised_for=soon, **common)
            case Verb.RESOLVE:
                service.resolve(self.case_id, **RIGHT, **common)
            case Verb.ANSWER:
                service.record_answer(self.case_id, satisfied=self.said % 3 > 0, words="", **common)
            case Verb.CLOSE:
                service.close(self.case_id, outcome="Healed", **common)
            case Verb.REOPEN:
                service.reopen(self.case_id, words="Again", **common)
            case Verb.ASSIGN:
                service.assign(self.case_id, self.shop.bob.id, **common)
            case Verb.STATE:
                key = f"machine:{self.shop.customer.id}:{self.said}"
                service.add_statement(self.case_id, source=Source.PHONE, words="And that", origin_key=key, **common)

    @invariant()
    def the_case_holds_together(self) -> None:
        if not hasattr(self, "case_id"):
            return
        complaint = db.session.get_one(Complaint, self.case_id, populate_existing=True)
        stage = Stage(complaint.stage)
        assert complaint.is_reaction or not self.was_reaction
        open_case = queries.open_case_in(complaint.household_id)
        assert (open_case is not None) == (stage is not Stage.CLOSED)
        assert (stage is Stage.OPENED) == (complaint.acknowledged_at is None)
        if stage in (Stage.RESOLVED, Stage.CLOSED):
            assert complaint.apology
            assert complaint.cause
            assert complaint.remedy
        if stage is Stage.CLOSED:
            assert complaint.satisfied is True
            assert complaint.outcome or not complaint.is_reaction
        if ORDER.index(stage) >= ORDER.index(Stage.PLANNED):
            assert complaint.look_at is None
        history = history_of(self.case_id)
        assert complaint.version == len(history)
        assert [step.at for step in history] == sorted(step.at for step in history)


def test_random_steps_keep_to_the_table(session: Any, now: datetime) -> None:
    class Machine(CaseMachine):
        shop = make_shop(now)

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=20,
            deadline=None,
            # Shrinking replays against the database for minutes; the unshrunk story is readable enough.
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
