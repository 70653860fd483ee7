"""The relay is rung over Valkey after a commit; a ring that nobody hears costs no more than one tick."""

import time
from collections.abc import Iterator
from threading import Timer
from uuid import uuid4

import pytest
import redis
from redis.client import PubSub

from app.core import live, outbox
from app.core.db import transaction
from workers import relay


@pytest.fixture
def channel(app, monkeypatch) -> Iterator[PubSub]:
    # Of its own: other tests may share this Valkey.
    monkeypatch.setattr(live, "CHANNEL", f"live-{uuid4()}")
    with app.app_context(), live.listening() as channel:
        channel.get_message(timeout=5)  # that it listens now
        yield channel


def seconds_waited(channel: PubSub) -> float:
    began = time.monotonic()
    relay.wait_for_ring(channel)
    return time.monotonic() - began


@pytest.fixture
def long_tick(monkeypatch):
    monkeypatch.setattr(relay, "TICK_SECONDS", 30.0)


def test_a_commit_that_left_something_due_ends_the_wait(channel, long_tick):
    with transaction():
        outbox.ring()
    assert seconds_waited(channel) < 15


def test_what_rings_while_it_waits_ends_the_wait(channel, long_tick):
    later = Timer(0.2, live._send, [[outbox.BELL]])
    later.start()
    assert seconds_waited(channel) < 15
    later.join()


def test_one_look_answers_all_that_have_rung(channel, monkeypatch):
    for _ in range(50):
        outbox.ring()
    live.valkey().ping()  # it answers when all that came before has been passed on
    relay.wait_for_ring(channel)
    monkeypatch.setattr(relay, "TICK_SECONDS", 0.2)
    assert seconds_waited(channel) >= 0.2


def test_news_for_pages_alone_does_not_ring(channel, monkeypatch):
    monkeypatch.setattr(relay, "TICK_SECONDS", 0.2)
    live.announce("board:1:2027-03-10", "due:3")
    assert seconds_waited(channel) >= 0.2


def test_without_any_ring_it_looks_after_a_second(channel):
    assert 0.9 < seconds_waited(channel) < 15


def test_a_change_that_fails_rings_nobody(channel, monkeypatch):
    def change_and_fail() -> None:
        outbox.ring()
        raise ZeroDivisionError

    monkeypatch.setattr(relay, "TICK_SECONDS", 0.2)
    with pytest.raises(ZeroDivisionError), transaction():
        change_and_fail()
    assert seconds_waited(channel) >= 0.2


def test_the_relay_looks_though_valkey_is_away(app, monkeypatch):
    looks = []
    its = relay.Relay()

    def refuse() -> None:
        raise redis.ConnectionError

    def look() -> None:
        looks.append(1)
        its.stop(15, None)

    monkeypatch.setattr(relay, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(live, "listening", refuse)
    monkeypatch.setattr(its, "look", look)
    with app.app_context():
        its.run()
    assert looks == [1]
