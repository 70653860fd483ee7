from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from app.core import outbox
from app.core.db import db, transaction

AT = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class KettleBoiled(outbox.Fact):
    litres: int


@dataclass(frozen=True, kw_only=True)
class NobodyAsked(outbox.Fact):
    pass


@pytest.fixture
def heard(session):
    """Subscribes two handlers to KettleBoiled and gives the list of what they heard."""
    before, before_facts = outbox._subscriptions, outbox._facts
    seen: list[tuple[str, int]] = []

    def pour(fact: KettleBoiled, *, now: datetime) -> None:
        seen.append(("pour", fact.litres))

    def whistle(fact: KettleBoiled, *, now: datetime) -> None:
        if fact.litres == 13:
            raise ValueError("the whistle is stuck")
        seen.append(("whistle", fact.litres))

    outbox.use({KettleBoiled: {"cup": pour, "whistle": whistle}})
    yield seen
    outbox._subscriptions, outbox._facts = before, before_facts


def publish(litres: int) -> KettleBoiled:
    fact = KettleBoiled(litres=litres, occurred_at=AT)
    with transaction():
        outbox.publish(fact)
    return fact


def states() -> list[tuple[str, str]]:
    rows = db.session.execute(text("SELECT subscriber, state FROM delivery ORDER BY id"))
    return sorted((row[0], row[1]) for row in rows)


def make_due() -> None:
    with transaction() as session:
        session.execute(text("UPDATE delivery SET next_attempt_at = now() WHERE state = 'due'"))


def test_a_fact_reaches_each_subscriber_once(heard):
    publish(2)
    assert outbox.drain_deliveries() == 2
    assert outbox.drain_deliveries() == 0
    assert sorted(heard) == [("pour", 2), ("whistle", 2)]


def test_a_fact_of_a_rolled_back_change_was_never_said(heard):
    def change_and_fail() -> None:
        outbox.publish(KettleBoiled(litres=1, occurred_at=AT))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction():
        change_and_fail()
    assert outbox.drain_deliveries() == 0
    assert heard == []


def test_one_broken_subscriber_does_not_hold_back_the_other(heard):
    publish(13)
    assert outbox.drain_deliveries() == 1
    assert heard == [("pour", 13)]
    assert states() == [("cup", "done"), ("whistle", "due")]


def test_a_delivery_that_keeps_failing_dies_visibly_and_can_be_retried(heard, settings_with):
    with settings_with(outbox__max_attempts=3):
        publish(13)
        for _attempt in range(3):
            make_due()
            outbox.drain_deliveries()
    letters = outbox.dead_letters()
    assert [(letter.subscriber, letter.attempts) for letter in letters] == [("whistle", 3)]
    assert "the whistle is stuck" in letters[0].error
    with transaction():
        assert outbox.retry_dead(letters[0].id) == 1
    assert states() == [("cup", "done"), ("whistle", "due")]


def test_a_worker_paused_past_its_lease_changes_nothing(heard):
    publish(2)
    claimed = outbox._claim()
    make_due()
    assert outbox.drain_deliveries() == 2
    assert [outbox._run(delivery) for delivery in claimed] == [False, False]
    assert len(heard) == 2


def test_a_fact_in_no_table_is_refused(heard):
    with pytest.raises(outbox.UnknownFact, match="NobodyAsked"), transaction():
        outbox.publish(NobodyAsked(occurred_at=AT))


def test_a_stored_fact_reads_back_as_it_was(heard):
    fact = publish(4)
    payload = db.session.execute(text("SELECT payload FROM fact")).scalar_one()
    assert outbox.decode("KettleBoiled", payload) == fact


def test_the_backlog_counts_what_waits_and_what_died(heard):
    publish(2)
    state = outbox.backlog()
    assert (state.due, state.dead) == (2, 0)
    assert state.oldest_due_seconds >= 0


def test_finished_deliveries_and_their_facts_are_forgotten_later(heard):
    publish(2)
    outbox.drain_deliveries()
    with transaction() as session:
        session.execute(text("UPDATE delivery SET done_at = now() - interval '40 days'"))
        session.execute(text("UPDATE fact SET recorded_at = now() - interval '40 days'"))
    publish(3)
    with transaction():
        assert outbox.forget_done() == 2
    assert db.session.execute(text("SELECT count(*) FROM fact")).scalar_one() == 1
