"""Everything that can tell us of a text, in every order and any number of times, ends in the same row.

Callbacks, our own answer to the call, the loss of the lease, a look at the carrier's list and the second look at events
that matched nothing yet: they race each other in life, so here they are played in orders nobody would think of.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from app.core.db import db
from app.messaging import callbacks
from app.messaging.callbacks import Report
from app.messaging.drain import Called, Claimed, Drain
from app.messaging.models import Message, ProviderEvent
from app.messaging.providers import Sent
from app.messaging.providers.sandbox import SandboxProvider
from app.settings import MessagingSettings
from tests.factories.messaging import make_message

pytestmark = pytest.mark.usefixtures("session")

News = tuple[str, int]
Step = Callable[["Played"], None]

BEFORE_THE_END: list[News] = [("accepted", 0), ("queued", 0), ("sending", 0), ("sent", 0)]
ENDINGS: list[News] = [
    ("delivered", 0),
    ("undelivered", 30003),
    ("undelivered", 30005),
    ("undelivered", 30008),
    ("failed", 30002),
    ("failed", 30007),
    ("failed", 21610),
    ("canceled", 0),
    ("partially_delivered", 0),
    ("sent", 0),
]
ANSWERS = ["queued", "accepted", "scheduled"]
"""What a create is answered with."""


class Played:
    """A row that was just handed over, and what happens to it."""

    def __init__(self, now: datetime, *, answered: str) -> None:
        self.now = now
        self.answered = answered
        self.sid = f"SM{uuid4().hex}"
        self.message = make_message(
            state="submitting",
            lease_owner="me",
            lease_until=datetime(2100, 1, 1, tzinfo=UTC),
            call_started_at=datetime(2027, 3, 10, 2, tzinfo=UTC),
            attempt_no=1,
            provider="twilio",
        )
        self.drain = Drain(SandboxProvider(), now=lambda: now, settings=MessagingSettings())

    def hear(self, news: News, *, is_named: bool = True) -> None:
        """A callback; without a name (`mid`) only the carrier's id tells whose it is."""
        status, error_code = news
        report = Report(
            provider="twilio",
            sid=self.sid,
            status=status,
            to_phone=self.message.to_phone,
            error_code=error_code,
            message_id=self.message.id if is_named else None,
        )
        callbacks.receive(report, now=self.now)

    def answer(self) -> None:
        """The worker writes down what the carrier answered."""
        row = Claimed(
            id=self.message.id,
            owner="me",
            to_phone=self.message.to_phone,
            body=self.message.body,
            kind=self.message.kind,
            expires_at=self.message.expires_at,
            until=self.message.expires_at,
            priority=self.message.priority,
            segments=self.message.segments,
        )
        self.drain._record([Called(row, 1, Sent(sid=self.sid, status=self.answered))])

    def lose_lease(self) -> None:
        """The worker seems dead, so somebody else calls the row unknown."""
        db.session.execute(
            text("""UPDATE message SET state = 'unknown', lease_owner = NULL, lease_until = NULL,
                    next_attempt_at = now() WHERE id = :id AND state = 'submitting'"""),
            {"id": self.message.id},
        )

    def rematch(self) -> None:
        callbacks.rematch(since=self.now - timedelta(hours=1), now=self.now)

    def final(self) -> tuple[Any, ...]:
        db.session.expire_all()
        row = db.session.get(Message, self.message.id)
        children = db.session.query(Message).filter_by(parent_id=row.id).count()
        return (
            row.state, row.provider_status, row.status_rank, row.error_code, row.end_reason, row.ended_at,
            row.submitted_at, row.lease_owner, row.lease_until, row.next_attempt_at, row.provider_sid == self.sid,
            children,
        )  # fmt: skip


def played(now: datetime, steps: list[Step], *, answered: str) -> tuple[Any, ...]:
    row = Played(now, answered=answered)
    for step in steps:
        step(row)
    return row.final()


def hear(news: News) -> Step:
    return lambda row: row.hear(news)


def hear_unnamed(news: News) -> Step:
    return lambda row: row.hear(news, is_named=False)


@pytest.mark.parametrize("ending", ENDINGS, ids=[f"{status} {code}" for status, code in ENDINGS])
def test_every_order_of_callbacks_and_our_own_answer_ends_alike(now, ending):
    """All orders of what usually comes: two receipts on the way, the end, and our own answer."""
    steps: list[Step] = [hear(("queued", 0)), hear(("sent", 0)), hear(ending), Played.answer]
    straight = played(now, [Played.answer, *steps[:3]], answered="queued")
    for order in permutations(steps):
        assert played(now, list(order), answered="queued") == straight


@pytest.mark.parametrize("lease", [{"lease_owner": None, "lease_until": None}, {}], ids=["pending", "claimed"])
def test_our_own_answer_that_comes_last_of_all_ends_the_waiting_too(now, lease):
    """The worker was paused until the row had been looked for in vain and put back, to go once more."""
    row = Played(now, answered="queued")
    row.message.possible_duplicate = True
    row.message.state = "pending" if lease else "claimed"
    for name, value in lease.items():
        setattr(row.message, name, value)
    db.session.flush()
    row.answer()
    db.session.expire_all()
    message = db.session.get(Message, row.message.id)
    assert (message.state, message.provider_sid, message.lease_owner) == ("submitted", row.sid, None)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), ending=st.sampled_from(ENDINGS), answered=st.sampled_from(ANSWERS))
def test_any_order_repetition_and_loss_of_the_lease_ends_alike(session, now, data, ending, answered):
    """Whatever races: callbacks with repetitions, our own answer or its repetition, a lease that was lost."""
    news = [*BEFORE_THE_END, ending]
    again = data.draw(st.lists(st.sampled_from(news), max_size=4))
    others = data.draw(st.lists(st.sampled_from([Played.answer, Played.lose_lease, Played.rematch]), max_size=3))
    steps = [hear(one) for one in news + again] + [Played.answer, *others]
    straight = played(now, [Played.answer, *[hear(one) for one in news]], answered=answered)
    assert played(now, data.draw(st.permutations(steps)), answered=answered) == straight


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), ending=st.sampled_from(ENDINGS))
def test_the_callbacks_alone_tell_all_when_the_worker_died(session, now, data, ending):
    """No answer was written: the first callback binds the carrier's id to the row that became unknown."""
    news = [*BEFORE_THE_END, ending]
    steps: list[Step] = [hear(one) for one in news + data.draw(st.lists(st.sampled_from(news), max_size=4))]
    steps += [Played.lose_lease] * data.draw(st.integers(0, 2)) + [Played.rematch] * data.draw(st.integers(0, 1))
    straight = played(now, [Played.answer, *[hear(one) for one in news]], answered="queued")
    assert played(now, data.draw(st.permutations(steps)), answered="queued") == straight


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), ending=st.sampled_from(ENDINGS))
@example(data=None, ending=("delivered", 0))
def test_callbacks_without_our_name_find_their_row_once_the_id_is_known(session, now, data, ending):
    """Those that came before our own answer match nothing yet; they are looked at again."""
    news = [*BEFORE_THE_END, ending]
    steps: list[Step] = [hear_unnamed(one) for one in news] + [Played.answer]
    order = [*steps[:-1], steps[-1]] if data is None else data.draw(st.permutations(steps))
    straight = played(now, [Played.answer, *[hear(one) for one in news]], answered="queued")
    assert played(now, [*order, Played.rematch], answered="queued") == straight


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), ending=st.sampled_from(ENDINGS))
def test_the_same_news_is_kept_once_however_often_it_comes(session, now, data, ending):
    row = Played(now, answered="queued")
    news = [*BEFORE_THE_END, ending]
    for one in data.draw(st.permutations(news * 2)):
        row.hear(one)
    kept = db.session.scalars(select(ProviderEvent.status).where(ProviderEvent.sid == row.sid)).all()
    assert sorted(kept) == sorted(status for status, _ in set(news))
