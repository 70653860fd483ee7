"""One sender's pace in segments per second, kept by all workers together; the most urgent goes first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from redis import Redis

from app.core import clock
from app.messaging.drain import Drain
from app.messaging.models import Message, State
from app.messaging.pace import SharedPace
from app.settings import MessagingSettings
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.messaging.carriers import Notepad, Watch

pytestmark = pytest.mark.usefixtures("session")

ONE_THREAD = MessagingSettings(threads=1)


def pace_of(valkey: Redis, watch: Watch, segments_per_second: float = 10, sender: str = "twilio:+1") -> SharedPace:
    return SharedPace(valkey, sender=sender, segments_per_second=segments_per_second, clock=watch, sleep=watch.sleep)


def drain_paced(valkey: Redis, watch: Watch, *, segments_per_second: float = 10) -> list[tuple[float, str]]:
    """Everything that went out, with the time by the watch."""
    sent: list[tuple[float, str]] = []
    provider = Notepad(on_send=lambda message: sent.append((watch(), message.body)))
    pace = pace_of(valkey, watch, segments_per_second)
    Drain(provider, settings=MessagingSettings(threads=4), pace=pace).run(stop_after_seconds=20)
    return sent


def test_texts_leave_no_faster_than_the_pace(valkey):
    customer = make_customer()
    for number in range(35):
        make_message(customer, body=f"第{number}条")
    watch = Watch()
    started = watch()
    sent = drain_paced(valkey, watch)
    assert len(sent) == 35
    for nth, (at, _) in enumerate(sent):
        # What the last second left unused may go at once: ten; then ten each second.
        assert nth + 1 <= 10 + (at - started) * 10 + 1.01
    assert 2.3 <= watch() - started <= 3.5


def test_a_long_text_counts_for_all_its_segments(valkey):
    customer = make_customer()
    for number in range(6):
        make_message(customer, body=f"长{number}", segments=5)
    watch = Watch()
    started = watch()
    assert len(drain_paced(valkey, watch)) == 6
    assert watch() - started >= 1.5


def test_a_pace_below_one_segment_a_second_still_moves(valkey):
    customer = make_customer()
    for number in range(3):
        make_message(customer, body=f"慢{number}", segments=4)
    watch = Watch()
    sent = drain_paced(valkey, watch, segments_per_second=0.5)
    assert [round(at - 1_000) for at, _ in sent] == [0, 7, 15]


def test_what_becomes_due_meanwhile_and_is_more_urgent_goes_first(valkey):
    customer = make_customer()
    for number in range(30):
        make_message(customer, body=f"生日{number}", priority=70)
    watch = Watch(then=lambda: make_message(customer, body="门锁密码", priority=0))
    order = [body for _, body in drain_paced(valkey, watch)]
    # Ten had gone before the watch moved; the code is the very next.
    assert order.index("门锁密码") == 10


def test_nothing_lies_claimed_while_the_pace_keeps_it_waiting(valkey):
    customer = make_customer()
    rows = [make_message(customer, body=f"第{number}条") for number in range(12)]
    states: list[list[str]] = []
    watch = Watch(then=lambda: states.append(states_of(rows)))
    drain_paced(valkey, watch)
    assert set(states[0]) <= {State.SUBMITTED, State.SUBMITTING, State.PENDING}
    assert states[0].count(State.PENDING) == 2


def states_of(rows: list[Message]) -> list[str]:
    from app.core.db import db

    db.session.expire_all()
    return [db.session.get(Message, row.id).state for row in rows]


def test_two_workers_keep_one_pace_together(valkey):
    watch = Watch()
    one, other = pace_of(valkey, watch), pace_of(valkey, watch)
    assert one.take([1] * 8) + other.take([1] * 8) == 10
    watch.seconds += 0.5
    assert other.take([1] * 8) + one.take([1] * 8) == 5


def test_each_sender_has_a_pace_of_its_own(valkey):
    watch = Watch()
    assert pace_of(valkey, watch, sender="a").take([1] * 20) == 10
    assert pace_of(valkey, watch, sender="b").take([1] * 20) == 10


def test_what_was_not_used_long_ago_is_not_saved_up(valkey):
    watch = Watch()
    pace = pace_of(valkey, watch)
    pace.take([1] * 10)
    watch.seconds += 3600
    assert pace.take([1] * 100) == 10


def test_by_valkeys_own_clock_the_pace_holds_too(valkey):
    pace = SharedPace(valkey, sender="a", segments_per_second=0.001)
    assert (pace.take([1, 1]), pace.take([1]), pace.room()) == (1, 0, 0)


def test_while_valkey_is_away_nothing_is_paced(now):
    nowhere = Redis.from_url("redis://127.0.0.1:9/0", socket_connect_timeout=0.2)
    customer = make_customer()
    for number in range(25):
        make_message(customer, body=f"第{number}条")
    provider = Notepad()
    pace = SharedPace(nowhere, sender="a", segments_per_second=5)
    Drain(provider, settings=MessagingSettings(threads=4), pace=pace).run(stop_after_seconds=20)
    assert len(provider.asked) == 25


def test_without_a_pace_nobody_counts():
    assert Drain(Notepad(), settings=MessagingSettings()).pace is None


def test_a_pace_in_the_settings_is_kept(valkey):
    drain = Drain(Notepad(), settings=MessagingSettings(segments_per_second=3))
    assert isinstance(drain.pace, SharedPace)
    assert drain.pace.segments_per_second == 3


def test_without_a_pace_an_urgent_text_overtakes_those_that_were_claimed_already():
    customer = make_customer()
    for number in range(60):
        make_message(customer, body=f"生日{number}", priority=70)
    asked = iter(range(1000))

    def now() -> datetime:
        # Drain asks for the time as it works; at the tenth time something urgent comes in.
        if next(asked) == 10:
            make_message(customer, body="门锁密码", priority=0)
        return clock.now()

    provider = Notepad()
    Drain(provider, settings=ONE_THREAD, now=on_this_thread(now)).run(stop_after_seconds=20)
    assert provider.bodies.index("门锁密码") < 20


def on_this_thread(now: Callable[[], datetime]) -> Callable[[], datetime]:
    """The pool's threads ask for the time as well, and must not touch the database."""
    import threading

    mine = threading.get_ident()

    def ask() -> Any:
        return now() if threading.get_ident() == mine else clock.now()

    return ask
