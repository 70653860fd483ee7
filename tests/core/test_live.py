import queue
import time

import pytest

from app.api.live import topics_for
from app.core import live
from app.core.db import transaction
from app.core.errors import Invalid
from app.people.access import Actor, Role
from tests.factories.people import make_store

ASSOCIATE = Actor(id=7, name="A", role=Role.ASSOCIATE, store_ids=frozenset({3}))
HEAD_OFFICE = Actor(id=1, name="H", role=Role.HEAD_OFFICE)


def test_a_person_watches_own_topics_under_the_names_that_were_asked():
    assert topics_for(ASSOCIATE, "me,leaderboard:3") == {"staff:7": "me", "leaderboard:3": "leaderboard:3"}
    assert topics_for(ASSOCIATE, "conversations") == {"conversations:3": "conversations", "staff:7": "conversations"}
    assert topics_for(HEAD_OFFICE, "board:9:2027-03-10,sandbox")["board:9:2027-03-10"] == "board:9:2027-03-10"


@pytest.mark.parametrize("asked", ["leaderboard:4", "staff:8", "sandbox", "", "leaderboard:x", "nonsense"])
def test_what_is_not_yours_to_watch_is_refused(asked):
    with pytest.raises(Invalid):
        topics_for(ASSOCIATE, asked)


def test_an_announcement_reaches_every_stream_that_watches_its_topic(app):
    with app.app_context():
        with live.hub.watch(frozenset({"leaderboard:3"})) as first, live.hub.watch(frozenset({"other"})) as second:
            heard = None
            for _attempt in range(50):
                live.announce("leaderboard:3")
                try:
                    heard = first.get(timeout=0.1)
                    break
                except queue.Empty:
                    time.sleep(0.02)
            assert heard == "leaderboard:3"
            assert second.empty()
        assert live.hub.count() == 0


def test_one_announcement_may_name_several_topics(app):
    with app.app_context(), live.hub.watch(frozenset({"staff:7", "board:1"})) as stream:
        for _attempt in range(50):
            live.announce("board:1", "staff:7", "staff:8")
            try:
                assert {stream.get(timeout=0.1), stream.get(timeout=0.1)} == {"board:1", "staff:7"}
                return
            except queue.Empty:
                time.sleep(0.02)
        raise AssertionError("nothing was heard")


def test_a_full_process_sends_further_streams_away(app, monkeypatch):
    monkeypatch.setattr(live, "MAX_STREAMS", 1)
    with live.hub.watch(frozenset({"a"})), pytest.raises(live.Full), live.hub.watch(frozenset({"a"})):
        pass


def test_head_office_watches_every_inbox_and_the_one_of_strangers(session):
    store = make_store()
    assert set(topics_for(HEAD_OFFICE, "conversations")) == {
        f"conversations:{store.id}",
        "conversations:unknown",
        "staff:1",
    }


def test_a_transaction_announces_once_whatever_changed_within_it(app, monkeypatch):
    sent: list[tuple[str, str]] = []

    class Wire:
        def publish(self, channel: str, message: str) -> None:
            sent.append((channel, message))

    monkeypatch.setattr(live, "valkey", Wire)
    with app.app_context():
        with transaction():
            live.announce("staff:7")
            live.announce("board:1", "staff:7")
            live.announce("staff:8")
            assert sent == []
        assert sent == [(live.CHANNEL, "staff:7 board:1 staff:8")]
        live.announce("staff:9")
    assert sent[1:] == [(live.CHANNEL, "staff:9")]


def test_a_transaction_that_fails_announces_nothing(app, monkeypatch):
    sent: list[object] = []
    monkeypatch.setattr(live, "_send", sent.append)

    def change_and_fail() -> None:
        live.announce("staff:7")
        raise ZeroDivisionError

    with app.app_context():
        with pytest.raises(ZeroDivisionError), transaction():
            change_and_fail()
        with transaction():
            pass
    assert sent == []
