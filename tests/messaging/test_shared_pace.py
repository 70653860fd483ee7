"""Several workers, real commits, one pace."""

from __future__ import annotations

import threading
from collections import Counter

from app.core.db import db
from app.messaging.drain import Drain
from app.messaging.models import Message, State
from app.messaging.pace import SharedPace
from app.settings import MessagingSettings
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.messaging.carriers import Notepad, Watch
from tests.messaging.test_races import in_threads

PER_SECOND = 10


def test_three_workers_send_each_text_once_and_together_keep_the_pace(app, fresh_database, valkey):
    customers = [make_customer() for _ in range(5)]
    for number in range(60):
        make_message(customers[number % 5], body=f"第{number}条")
    db.session.commit()
    watch = Watch()
    turn = threading.Lock()
    sent: list[tuple[float, str]] = []

    def sleep(seconds: float) -> None:
        with turn:
            watch.sleep(seconds)

    def work(_: int) -> None:
        provider = Notepad(on_send=lambda message: sent.append((watch(), message.body)))
        pace = SharedPace(valkey, sender="one", segments_per_second=PER_SECOND, clock=watch, sleep=sleep)
        while db.session.query(Message).filter(Message.state.in_(["pending", "claimed"])).count():
            Drain(provider, settings=MessagingSettings(threads=2), pace=pace).run(stop_after_seconds=20)
            db.session.remove()

    started = watch()
    in_threads(app, 3, work)
    assert Counter(Counter(body for _, body in sent).values()) == {1: 60}
    assert {row.state for row in db.session.query(Message)} == {State.SUBMITTED}
    for second in range(int(watch() - started) + 1):
        by_then = sum(at <= started + second for at, _ in sent)
        # The watch may move between the grant and the call, never before it: no second sees more than its share.
        assert by_then <= PER_SECOND + PER_SECOND * second + 3
