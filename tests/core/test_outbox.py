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


@dataclass(frozen=True, kw_only=True)
class CupWashed(outbox.Fact):
    number: int


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


@pytest.fixture
def washed(session):
    """Subscribes to CupWashed one who takes them by threes and one who takes each for itself; what they were given."""
    before, before_facts = outbox._subscriptions, outbox._facts
    seen: list[list[int]] = []

    @outbox.together(at_once=3)
    def dry(facts: list[CupWashed], *, now: datetime) -> None:
        if any(fact.number == 13 for fact in facts):
            raise ValueError("the cup is broken")
        seen.append([fact.number for fact in facts])

    def count(fact: CupWashed, *, now: datetime) -> None:
        seen.append([-fact.number])

    outbox.use({CupWashed: {"cloth": dry, "list": count}})
    yield seen
    outbox._subscriptions, outbox._facts = before, before_facts


def wash(*numbers: int) -> None:
    with transaction():
        outbox.publish_many([CupWashed(number=number, occurred_at=AT) for number in numbers])


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


# Handlers that take their facts together


def test_a_handler_that_takes_facts_together_gets_no_more_than_it_wants_at_once_in_their_order(washed):
    wash(1, 2, 3, 4, 5, 6, 7)
    assert outbox.drain_deliveries() == 14
    assert [one for one in washed if one[0] > 0] == [[1, 2, 3], [4, 5, 6], [7]]
    assert sorted(one for one in washed if one[0] < 0) == [[-7], [-6], [-5], [-4], [-3], [-2], [-1]]
    assert {state for _, state in states()} == {"done"}


def test_one_broken_fact_of_a_bundle_does_not_hold_back_the_others(washed):
    wash(1, 13, 3)
    assert outbox.drain_deliveries() == 5
    assert [one for one in washed if one[0] > 0] == [[1], [3]]
    assert states().count(("cloth", "done")) == 2
    assert states().count(("cloth", "due")) == 1
    row = db.session.execute(text("SELECT attempts, last_error FROM delivery WHERE state = 'due'")).one()
    assert (row.attempts, row.last_error) == (1, "ValueError: the cup is broken")


def test_a_broken_fact_of_a_bundle_dies_alone(washed, settings_with):
    with settings_with(outbox__max_attempts=1):
        wash(1, 13)
        outbox.drain_deliveries()
    assert [letter.fact for letter in outbox.dead_letters()] == ["CupWashed"]
    assert states().count(("cloth", "done")) == 1


def test_a_bundle_that_fails_leaves_nothing_behind(washed, monkeypatch):
    wash(1, 2, 13)
    deliveries = [one for one in outbox._claim() if one.subscriber == "cloth"]
    monkeypatch.setattr(outbox, "_run", lambda _delivery: False)
    assert outbox._run_together(deliveries) == 0
    assert states().count(("cloth", "due")) == 3
    assert washed == []


def test_of_a_bundle_only_what_is_still_ours_is_handled(washed):
    wash(1, 2, 3)
    claimed = [one for one in outbox._claim() if one.subscriber == "cloth"]
    with transaction() as session:
        session.execute(text("UPDATE delivery SET attempts = attempts + 1 WHERE id = :id"), {"id": claimed[1].id})
    assert outbox._run_together(claimed) == 2
    assert washed == [[1, 3]]


def test_a_bundle_claimed_by_a_paused_worker_changes_nothing(washed):
    wash(1, 2)
    claimed = [one for one in outbox._claim() if one.subscriber == "cloth"]
    make_due()
    assert outbox.drain_deliveries() == 4
    before = list(washed)
    assert outbox._run_together(claimed) == 0
    assert washed == before
