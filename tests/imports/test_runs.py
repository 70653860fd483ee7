"""How a run goes on: killed and resumed, two at once, kept apart from those who work at their desks meanwhile."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.core import files
from app.core.db import db, transaction
from app.customers.models import Customer
from app.imports import jobs, service
from app.imports.models import ImportRun
from app.people.access import Role
from app.people.models import Staff
from tests.factories.people import make_staff
from tests.imports.conftest import Cells, Shop, csv_of, faults_of, open_shop, rows_of, work

HEAD = ["姓名", "电话", "门店"]


def many(count: int, *, start: int = 0) -> Cells:
    return [HEAD, *(["陈小明", f"{91000000 + number + start}", "HK01"] for number in range(count))]


def hand_in(rows: Cells, shop: Shop, now: datetime, **options: Any) -> int:
    with transaction():
        run = service.hand_in(
            "customers", csv_of(rows), name="file.csv", actor=shop.head, now=now, dry_run=False, **options
        )
    return run.id


def get(run_id: int) -> ImportRun:
    db.session.rollback()
    return db.session.get_one(ImportRun, run_id, populate_existing=True)


def customers() -> int:
    return int(db.session.scalar(select(func.count()).select_from(Customer)) or 0)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 10)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("breaks_at", ["_stage", "_mark_lost"])
def test_a_run_that_broke_half_way_continues_behind_its_last_chunk(
    shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch, breaks_at: str
) -> None:
    run_id = hand_in(many(45), shop, now)
    calls: list[int] = []
    original = getattr(jobs, breaks_at)

    def breaks_once(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("pulled the plug")
        original(*arguments)

    monkeypatch.setattr(jobs, breaks_at, breaks_once)
    jobs.run_due()
    broken = db.session.get_one(ImportRun, run_id, populate_existing=True)
    assert broken.state in ("checking", "importing")
    assert 0 < broken.step_done < 46
    db.session.execute(text("UPDATE import_run SET leased_until = NULL"))
    done = work(broken)
    assert (done.state, done.rows, done.counts["new"]) == ("done", 45, 45)
    assert customers() == 45


KILLED = """
import os, signal, sys
from app import create_app
from app.imports import jobs
from app.settings import settings_from_environment
app = create_app(settings_from_environment())
jobs.CHUNK = 20
calls = []
original = jobs._mark_lost
def dies(*arguments):
    calls.append(1)
    if len(calls) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    original(*arguments)
jobs._mark_lost = dies
with app.app_context():
    jobs.run_due()
"""


def test_a_worker_killed_with_9_leaves_whole_chunks_and_its_successor_finishes(
    app: Flask, fresh_database: str, now: datetime, tmp_path: Any
) -> None:
    shop = open_shop()
    db.session.commit()
    run_id = hand_in(many(200), shop, now)
    environment = {
        **os.environ,
        "DATABASE_URL": fresh_database,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": "for a test of a killed worker only",
        "MEDIA_ROOT": str(files.path_of("0" * 64).parents[2]),
        "CLOCK": now.isoformat(),
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, "4"], env=environment, capture_output=True, timeout=120, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    left = get(run_id)
    # Three chunks of twenty rows, the header among them.
    assert (left.state, customers()) == ("importing", 59)
    assert jobs.run_due() == 0, "its lease still holds"
    db.session.execute(text("UPDATE import_run SET leased_until = now() - interval '1 second'"))
    db.session.commit()
    jobs.run_due()
    done = get(run_id)
    assert (done.state, done.counts) == ("done", {"new": 200, "changed": 0, "same": 0, "wrong": 0})
    assert customers() == 200
    assert db.session.execute(text("SELECT count(*) FROM household")).scalar_one() == 200


def test_two_imports_of_the_same_people_at_once_make_each_once(
    app: Flask, fresh_database: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 25)
    shop = open_shop()
    db.session.commit()
    ids = [hand_in(many(150), shop, now), hand_in(many(150, start=75), shop, now)]
    together = threading.Barrier(2)

    def worker() -> None:
        with app.app_context():
            together.wait()
            jobs.run_due()
            db.session.remove()

    threads = [threading.Thread(target=worker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runs = [get(run_id) for run_id in ids]
    assert [run.state for run in runs] == ["done", "done"]
    assert customers() == 225
    assert sum(run.counts["new"] for run in runs) == 225
    assert sum(run.counts["wrong"] for run in runs) == 0


def test_a_desk_that_is_faster_turns_a_new_row_into_a_change(app: Flask, fresh_database: str, now: datetime) -> None:
    """The desk's customer is written, not yet committed, while the import inserts the same number."""
    shop = open_shop()
    db.session.commit()
    run_id = hand_in(many(3), shop, now)
    store_id, written = shop.store.id, threading.Event()

    def desk() -> None:
        with app.app_context():
            session = db.session()
            household = session.execute(
                text("INSERT INTO household (store_id, created_at) VALUES (:store, now()) RETURNING id"),
                {"store": store_id},
            ).scalar_one()
            session.execute(
                text("""INSERT INTO customer (name, name_key, phone, household_id, store_id, locale, created_at,
                            updated_at)
                        VALUES ('desk', '00', '+85291000001', :household, :store, 'en', now(), now())"""),
                {"household": household, "store": store_id},
            )
            written.set()
            time.sleep(1.5)
            session.commit()
            db.session.remove()

    thread = threading.Thread(target=desk)
    thread.start()
    written.wait()
    jobs.run_due()
    thread.join()
    done = get(run_id)
    assert (done.state, done.counts) == ("done", {"new": 2, "changed": 1, "same": 0, "wrong": 0})
    assert customers() == 3
    assert db.session.execute(text("SELECT count(*) FROM household")).scalar_one() == 3


def test_all_or_nothing_takes_back_what_is_in_when_the_world_moved(
    shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 10)
    run_id = hand_in(many(25), shop, now, wants_all=True)
    original = jobs._apply

    def another_store_is_faster(claim: Any, run: Any, kind: Any, actor: Any) -> None:
        from tests.factories.customers import make_customer

        make_customer(store=shop.other, phone="+85291000020")
        original(claim, run, kind, actor)

    monkeypatch.setattr(jobs, "_apply", another_store_is_faster)
    jobs.run_due()
    run = db.session.get_one(ImportRun, run_id, populate_existing=True)
    assert run.state == "undone"
    assert faults_of(run) == [(22, "phone", "other-store")]
    assert db.session.scalars(select(Customer.phone)).all() == ["+85291000020"]


def test_who_may_no_longer_import_imports_nothing(shop: Shop, now: datetime) -> None:
    run_id = hand_in(many(2), shop, now)
    db.session.get_one(Staff, shop.head.id).is_active = False
    db.session.flush()
    jobs.run_due()
    run = db.session.get_one(ImportRun, run_id, populate_existing=True)
    assert (run.state, run.fault["code"] if run.fault else "") == ("failed", "not-allowed")
    assert customers() == 0


def test_a_file_whose_worker_dies_each_time_is_given_up(shop: Shop, now: datetime) -> None:
    run_id = hand_in(many(2), shop, now)
    db.session.execute(text("UPDATE import_run SET attempts = 5"))
    jobs.run_due()
    run = db.session.get_one(ImportRun, run_id, populate_existing=True)
    assert (run.state, run.fault["code"] if run.fault else "") == ("failed", "broken")


@pytest.mark.parametrize("codec", ["gb18030", "utf-8-sig"])
def test_a_file_in_gb18030_is_imported_like_one_in_utf_8(shop: Shop, now: datetime, codec: str) -> None:
    with transaction():
        run = service.hand_in(
            "customers", csv_of(many(3), codec=codec), name="a.csv", actor=shop.head, now=now, dry_run=False
        )
    assert work(run).counts["new"] == 3
    assert set(db.session.scalars(select(Customer.name))) == {"陈小明"}


def test_a_file_in_big5_is_imported_too(shop: Shop, now: datetime) -> None:
    rows = [["姓名", "電話", "門店"], ["陳小明", "91234567", "HK01"], ["黃詠詩", "91234568", "HK01"]]
    with transaction():
        run = service.hand_in(
            "customers", csv_of(rows, codec="big5"), name="a.csv", actor=shop.head, now=now, dry_run=False
        )
    assert work(run).counts["new"] == 2
    assert set(db.session.scalars(select(Customer.name))) == {"陳小明", "黃詠詩"}


def test_rows_and_file_are_deleted_when_nobody_can_undo_any_more(shop: Shop, now: datetime) -> None:
    run_id = hand_in(many(2), shop, now)
    jobs.run_due()
    run = db.session.get_one(ImportRun, run_id, populate_existing=True)
    path = files.path_of(run.file_sha256)
    assert path.exists()
    jobs.forget_old(now=now + timedelta(days=29))
    assert path.exists()
    jobs.forget_old(now=now + timedelta(days=31))
    db.session.expire_all()
    assert not path.exists()
    assert rows_of(run) == []
    assert run.forgotten_at is not None
    with pytest.raises(service.TooLateToUndo), transaction():
        service.undo(run_id, actor=shop.head, now=now)


def test_a_supervisor_cannot_start_what_head_office_handed_in(shop: Shop, now: datetime) -> None:
    run_id = hand_in(many(2), shop, now)
    make_staff(Role.SUPERVISOR)
    with pytest.raises(service.NotFound):
        service.get(run_id, actor=shop.lead)
