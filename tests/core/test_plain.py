"""Statements that go to the driver itself: SQLAlchemy's errors, listeners and values all the same."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import bindparam, event, literal, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.core.db import db, run_plain, worded

pytestmark = pytest.mark.usefixtures("session")


def test_rows_have_their_columns_as_names():
    row = run_plain(text("SELECT :n + 1 AS next, '100 %' AS share"), {"n": 1}).first()
    assert (row.next, row.share) == (2, "100 %")


def test_the_first_of_no_rows_is_none():
    assert run_plain(text("SELECT 1 WHERE false"), {}).first() is None


def test_a_statement_that_brings_no_rows_brings_an_empty_list():
    assert run_plain(text("SET LOCAL application_name = 'x'"), {}) == []


def test_a_broken_rule_of_the_database_is_an_integrity_error():
    with pytest.raises(IntegrityError, match="null value"), db.session.begin_nested():
        run_plain(text("INSERT INTO household (store_id) VALUES (NULL)"), {})


def test_after_an_error_the_rest_of_the_transaction_can_be_kept():
    with pytest.raises(ProgrammingError), db.session.begin_nested():
        run_plain(text("SELECT nothing FROM nowhere"), {})
    assert run_plain(text("SELECT 1 AS one"), {}).first().one == 1


def test_who_listens_to_statements_hears_of_it():
    heard: list[str] = []

    def listen(*given: Any) -> None:
        heard.append(given[2])

    connection = db.session.connection()
    event.listen(connection, "before_cursor_execute", listen)
    run_plain(text("SELECT 1 AS heard"), {})
    event.remove(connection, "before_cursor_execute", listen)
    assert heard == ["SELECT 1 AS heard"]


def test_a_select_keeps_the_values_that_stand_in_it():
    stmt = worded(select(literal("kept").label("kept"), bindparam("given", type_=None).label("given")))
    row = run_plain(stmt, {"given": "now"}).first()
    assert (row.kept, row.given) == ("kept", "now")


def test_a_list_for_in_can_not_be_put_into_words():
    with pytest.raises(ValueError, match="length"):
        worded(select(literal(1)).where(literal(1).in_([1, 2])))
