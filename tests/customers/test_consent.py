"""Opting out and in: the row is the stop."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.core.models import FactRow
from app.customers import consent
from app.customers.models import Consent, ConsentEvent, Customer
from app.customers.values import Channel, ConsentSource, Scope
from app.people.access import Actor
from tests.factories.customers import make_customer

PHONE = "+85261234567"
SYSTEM = Actor.system()


def stop(now: datetime, phone: str = PHONE, **changes: object) -> bool:
    return consent.opt_out(
        phone,
        source=ConsentSource.SMS,
        text="退订",
        actor=Actor.customer(1),
        now=now,
        **changes,  # type: ignore[arg-type]
    )


def start(now: datetime, phone: str = PHONE, **changes: object) -> bool:
    return consent.opt_in(
        phone,
        source=ConsentSource.OFFICE,
        text="agreed at the till",
        actor=SYSTEM,
        now=now,
        **changes,  # type: ignore[arg-type]
    )


def facts(session: Session, name: str) -> list[dict[str, object]]:
    return list(session.scalars(select(FactRow.payload).where(FactRow.name == name)))


def test_a_number_nobody_spoke_about_is_not_opted_out(session: Session) -> None:
    assert not consent.is_opted_out(PHONE)


def test_an_opt_out_holds_at_once_and_is_published(session: Session, now: datetime) -> None:
    assert stop(now)

    assert consent.is_opted_out(PHONE)
    [fact] = facts(session, "CustomerOptedOut")
    assert (fact["phone"], fact["scope"], fact["channel"], fact["source"]) == (PHONE, "all", "sms", "sms")


def test_the_second_opt_out_changes_and_publishes_nothing(session: Session, now: datetime) -> None:
    stop(now)

    assert not stop(now + timedelta(seconds=5))
    assert len(facts(session, "CustomerOptedOut")) == 1
    assert session.scalar(select(func.count()).select_from(ConsentEvent)) == 1


def test_opting_in_again_lifts_the_stop(session: Session, now: datetime) -> None:
    stop(now)

    assert start(now + timedelta(hours=1))
    assert not consent.is_opted_out(PHONE)
    assert len(facts(session, "CustomerOptedIn")) == 1


def test_the_words_way_time_and_collector_are_kept(session: Session, now: datetime) -> None:
    stop(now)

    [event] = consent.history(PHONE)
    assert (event.text, event.source, event.occurred_at) == ("退订", "sms", now)
    assert (event.collector_kind, event.collector_id) == ("customer", 1)


def test_an_opt_in_said_before_the_stop_does_not_lift_it(session: Session, now: datetime) -> None:
    stop(now)

    assert not start(now + timedelta(hours=1), said_at=now - timedelta(days=1))
    assert consent.is_opted_out(PHONE)


def test_a_stop_of_promotions_lets_service_messages_through(session: Session, now: datetime) -> None:
    stop(now, scope=Scope.PROMOTION)

    assert consent.is_opted_out(PHONE, Scope.PROMOTION)
    assert not consent.is_opted_out(PHONE)


def test_a_stop_of_everything_covers_promotions(session: Session, now: datetime) -> None:
    stop(now)

    assert consent.is_opted_out(PHONE, Scope.PROMOTION)


def test_a_stop_of_messages_is_no_stop_of_calls(session: Session, now: datetime) -> None:
    stop(now)

    assert not consent.is_opted_out(PHONE, channel=Channel.CALL)


def test_a_batch_is_checked_in_one_statement(session: Session, now: datetime) -> None:
    numbers = [f"+8526100000{n}" for n in range(5)]
    stop(now, numbers[1])
    stop(now, numbers[3])

    assert consent.opted_out_phones(numbers) == {numbers[1], numbers[3]}
    assert consent.opted_out_phones([]) == frozenset()


def test_other_statements_can_leave_stopped_numbers_out(session: Session, now: datetime) -> None:
    stopped, free = make_customer(), make_customer()
    stop(now, str(stopped.phone))

    reachable = session.scalars(select(Customer.id).where(~consent.is_stopped(Customer.phone))).all()

    assert free.id in reachable
    assert stopped.id not in reachable


@pytest.mark.parametrize("change", [update(ConsentEvent).values(text="never said"), delete(ConsentEvent)])
def test_what_was_said_can_be_neither_changed_nor_deleted(session: Session, now: datetime, change: object) -> None:
    stop(now)

    with pytest.raises(ProgrammingError, match="append-only"), session.begin_nested():
        session.execute(change)  # type: ignore[call-overload]


def test_the_states_of_a_number_are_listed_in_a_fixed_order(session: Session, now: datetime) -> None:
    stop(now, scope=Scope.PROMOTION)
    stop(now, channel=Channel.CALL)
    start(now)

    states = [(row.channel, row.scope, row.state) for row in consent.present(PHONE)]
    assert states == [("call", "all", "out"), ("sms", "all", "in"), ("sms", "promotion", "out")]


def test_the_database_keeps_one_row_per_number_channel_and_scope(session: Session, now: datetime) -> None:
    stop(now)
    start(now + timedelta(hours=1))
    stop(now + timedelta(hours=2))

    assert session.scalar(select(func.count()).select_from(Consent)) == 1
    assert session.execute(text("select count(*) from consent_event")).scalar() == 3
