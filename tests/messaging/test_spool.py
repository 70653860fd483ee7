"""A carrier's answer that the database would not take is kept in a file and applied as soon as it can."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from app.core import config
from app.core.db import db
from app.messaging import drain as drains
from app.messaging import health, spool, upkeep
from app.messaging.drain import Drain, drain_messages
from app.messaging.models import Message, State
from app.messaging.spool import Kept
from app.settings import MessagingSettings
from tests.factories.messaging import make_message
from tests.messaging.carriers import Notepad

pytestmark = pytest.mark.usefixtures("session")

SID = "SM" + "5" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before = config.settings()
    config.use(replace(before, messaging=replace(before.messaging, spool_root=str(tmp_path / "spool"))))
    yield tmp_path / "spool"
    config.use(before)


def lost_call(**changes: Any) -> Message:
    """A text that was handed over; its worker could not write down what came of it."""
    return make_message(state="unknown", provider="twilio", attempt_no=1, **changes)


def kept(message: Message, *, sid: str = SID) -> Kept:
    return Kept(str(message.id), "twilio", sid, "queued", message.to_phone)


def fresh(message: Message) -> Message:
    db.session.expire_all()
    return db.session.get(Message, message.id)


def test_what_was_kept_binds_the_carriers_id_to_its_row(folder, now):
    message = lost_call()
    spool.keep([kept(message)])
    assert spool.apply(now=now) == 1
    assert (fresh(message).state, fresh(message).provider_sid) == (State.SUBMITTED, SID)
    assert list(folder.iterdir()) == []


def test_the_next_drain_applies_it_by_itself(folder, now):
    message = lost_call()
    spool.keep([kept(message)])
    drain_messages(provider=Notepad())
    assert fresh(message).provider_sid == SID


def test_the_upkeep_applies_it_too(folder, now):
    message = lost_call()
    spool.keep([kept(message)])
    assert upkeep.apply_spool(now=now) == 1
    assert fresh(message).provider_sid == SID


def test_what_a_callback_has_told_already_stands(folder, now):
    message = make_message(
        state="delivered", provider="twilio", provider_sid=SID, provider_status="delivered", status_rank=100,
        submitted_at=now, ended_at=now,
    )  # fmt: skip
    spool.keep([kept(message)])
    spool.apply(now=now)
    assert (fresh(message).state, fresh(message).provider_status) == (State.DELIVERED, "delivered")


def test_applying_twice_is_applying_once(folder, now):
    message = lost_call()
    for _ in range(2):
        spool.keep([kept(message)])
        spool.apply(now=now)
    assert fresh(message).state == State.SUBMITTED


def test_a_file_that_the_database_still_refuses_stays(folder, now, monkeypatch):
    message = lost_call()
    spool.keep([kept(message)])

    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("away"))

    with monkeypatch.context() as patch:
        patch.setattr(spool.callbacks, "receive", refuse)
        assert spool.apply(now=now) == 0
    assert spool.apply(now=now) == 1


def test_a_file_that_can_not_be_applied_is_set_aside_and_stops_nothing(folder, now):
    message, waiting = lost_call(), make_message()
    spool.keep([replace(kept(message), message_id="not one of ours"), kept(message)])
    db.session.commit()
    drain_messages(provider=Notepad())
    assert (fresh(message).provider_sid, fresh(waiting).state) == (SID, State.SUBMITTED)
    assert [path.suffix for path in folder.iterdir()] == [spool.SET_ASIDE]
    assert health.gauges(now=now)["huifang_sms_results_set_aside"] == 1
    assert spool.apply(now=now) == 0


def test_a_file_that_is_no_text_keeps_no_other_from_its_rows(folder, now):
    message = lost_call()
    spool.keep([kept(message)])
    (folder / "0.jsonl").write_bytes(b"\xff\xfe")
    assert spool.apply(now=now) == 1
    assert fresh(message).provider_sid == SID
    assert (folder / "0.failed").exists()


def test_a_file_that_another_worker_is_applying_is_left_to_it(folder, now):
    spool.keep([kept(lost_call())])
    [path] = folder.iterdir()
    path.rename(path.with_suffix(".taken"))
    assert spool.apply(now=now) == 0


def test_a_file_whose_worker_died_over_it_is_applied(folder, now):
    message = lost_call()
    spool.keep([kept(message)])
    [path] = folder.iterdir()
    taken = path.rename(path.with_suffix(".taken"))
    long_ago = time.time() - spool.STALE_SECONDS - 1
    os.utime(taken, (long_ago, long_ago))
    assert spool.apply(now=now) == 1
    assert fresh(message).provider_sid == SID


def test_without_a_place_to_write_nothing_breaks(now, tmp_path):
    (tmp_path / "file").write_text("in the way")
    before = config.settings()
    config.use(replace(before, messaging=replace(before.messaging, spool_root=str(tmp_path / "file" / "spool"))))
    try:
        assert spool.keep([kept(lost_call())]) is None
        assert spool.apply(now=now) == 0
    finally:
        config.use(before)


@pytest.fixture
def no_folder(tmp_path: Path) -> Iterator[None]:
    """Something else stands where the folder should be: reading it fails for everybody, also for root."""
    (tmp_path / "file").write_text("in the way")
    before = config.settings()
    config.use(replace(before, messaging=replace(before.messaging, spool_root=str(tmp_path / "file"))))
    yield
    config.use(before)


@pytest.mark.usefixtures("no_folder")
def test_a_folder_that_can_not_be_read_stops_no_sending(now):
    waiting = make_message()
    db.session.commit()
    with capture_logs() as logs:
        drain_messages(provider=Notepad())
    assert fresh(waiting).state == State.SUBMITTED
    assert "sms_spool_unreadable" in {line["event"] for line in logs}
    assert health.gauges(now=now)["huifang_sms_spool_unreadable"] == 1
    assert not health.sending(now=now).is_well


def test_a_folder_that_was_never_needed_is_well(folder, now):
    assert spool.look() == spool.Look(str(folder), 0, is_readable=True)
    assert health.gauges(now=now)["huifang_sms_spool_unreadable"] == 0


def test_a_file_that_can_not_be_deleted_stops_nothing(folder, now, monkeypatch):
    path = spool.keep([kept(lost_call())])

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        spool.forget(path)
    assert spool.apply(now=now) == 1


def test_a_file_that_can_not_be_put_back_stops_nothing(folder, now, monkeypatch):
    spool.keep([kept(lost_call())])
    rename = Path.rename

    def rename_once(path: Path, target: Path) -> Path:
        if path.suffix == spool.TAKEN:
            raise PermissionError
        return rename(path, target)

    monkeypatch.setattr(spool.callbacks, "receive", lambda *_, **__: (_ for _ in ()).throw(away()))
    monkeypatch.setattr(Path, "rename", rename_once)
    assert spool.apply(now=now) == 0
    assert [path.suffix for path in folder.iterdir()] == [spool.TAKEN]


def away() -> OperationalError:
    return OperationalError("UPDATE", {}, Exception("server closed the connection"))


def test_a_drain_that_loses_the_database_keeps_every_id_it_got(folder, now, monkeypatch):
    rows = [make_message(body=f"第{number}条") for number in range(3)]
    ids = {str(row.id) for row in rows}
    db.session.commit()
    drain = Drain(Notepad(), settings=MessagingSettings(threads=4))
    record = drain._record

    def lose(done: Any) -> None:
        if done:
            raise away()
        record(done)

    monkeypatch.setattr(drain, "_record", lose)
    monkeypatch.setattr(drains, "LEAST_RECORD_SECONDS", 0.0)
    monkeypatch.setattr(drain, "_patience", lambda _done: 0.0)
    with pytest.raises(OperationalError):
        drain.run(stop_after_seconds=5)
    lines = [json.loads(line) for path in folder.iterdir() for line in path.read_text().splitlines()]
    assert {line["message_id"] for line in lines} == ids
    db.session.execute(text("UPDATE message SET state = 'unknown', lease_owner = NULL, lease_until = NULL"))
    assert spool.apply(now=now) >= 3
    assert {fresh(row).state for row in rows} == {State.SUBMITTED}


def test_a_result_that_is_stored_after_all_leaves_no_file(folder, now, monkeypatch):
    message = make_message()
    db.session.commit()
    drain = Drain(Notepad(), settings=MessagingSettings(threads=1))
    record, failures = drain._record, iter([True])

    def stumble(done: Any) -> None:
        if done and next(failures, False):
            raise away()
        record(done)

    monkeypatch.setattr(drain, "_record", stumble)
    message_id = message.id
    drain.run(stop_after_seconds=5)
    assert db.session.get(Message, message_id).state == State.SUBMITTED
    assert list(folder.iterdir()) == []


def test_a_line_that_was_cut_off_keeps_no_other_from_its_row(folder, now):
    message = lost_call()
    spool.keep([kept(message)])
    [path] = folder.iterdir()
    path.write_text('{"message_id": "half' + "\n" + path.read_text())
    assert spool.apply(now=now) == 1
    assert fresh(message).provider_sid == SID
