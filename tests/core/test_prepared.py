"""What a read leaves behind on its connection."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError

from app.core.db import db

COUNT = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 4711%'"


def test_statements_stay_prepared_when_reads_end(app):
    with app.app_context(), db.engine.connect() as connection:
        for _read in range(8):
            connection.execute(text("SELECT 4711"))
            connection.rollback()
        assert connection.execute(text(COUNT)).scalar() == 1


def test_a_rollback_still_undoes_what_was_written(app):
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE kept (id int)"))
        connection.commit()
        connection.execute(text("INSERT INTO kept VALUES (1)"))
        connection.rollback()
        assert connection.execute(text("SELECT count(*) FROM kept")).scalar() == 0


def test_a_failed_transaction_is_rolled_back_too(app):
    with app.app_context(), db.engine.connect() as connection:
        with pytest.raises(DataError):
            connection.execute(text("SELECT 1 / 0"))
        connection.rollback()
        assert connection.execute(text("SELECT 1")).scalar() == 1
