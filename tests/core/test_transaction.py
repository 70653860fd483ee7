import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.core.db import after_commit, db, run_plain, transaction


def slots() -> int:
    return db.session.execute(text("SELECT count(*) FROM schedule_slot")).scalar_one()


def write_slot(name: str) -> None:
    db.session.execute(text("INSERT INTO schedule_slot (job, slot) VALUES (:name, now())"), {"name": name})


def test_what_happens_inside_is_kept(session):
    with transaction():
        write_slot("kept")
    db.session.rollback()
    assert slots() == 1


def test_an_error_inside_leaves_nothing(session):
    def write_and_fail() -> None:
        write_slot("lost")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction():
        write_and_fail()
    assert slots() == 0


def test_it_refuses_to_nest(session):
    with pytest.raises(RuntimeError, match="does not nest"), transaction(), transaction():
        pass


def test_a_hook_runs_after_the_commit_and_not_after_a_failure(session):
    seen = []
    with transaction():
        after_commit(lambda: seen.append("committed"))
        assert seen == []
    assert seen == ["committed"]

    def note_and_fail() -> None:
        after_commit(lambda: seen.append("never"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction():
        note_and_fail()
    assert seen == ["committed"]


def test_a_hook_outside_a_transaction_runs_at_once(session):
    seen = []
    after_commit(lambda: seen.append(1))
    assert seen == [1]


def test_a_connection_whose_server_went_away_is_not_handed_out(fresh_database):
    dead = db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    db.session.remove()
    with psycopg.connect(fresh_database, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [dead])
    assert db.session.execute(text("SELECT pg_backend_pid()")).scalar_one() != dead


def test_a_plain_statement_whose_server_goes_away_says_so_and_the_next_one_works(fresh_database):
    (dead,) = run_plain(text("SELECT pg_backend_pid() AS pid"), {}).first()
    with psycopg.connect(fresh_database, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [dead])
    with pytest.raises(OperationalError) as refused:
        run_plain(text("SELECT 1 AS one"), {})
    assert refused.value.connection_invalidated
    db.session.rollback()
    assert run_plain(text("SELECT 1 AS one"), {}).first().one == 1
