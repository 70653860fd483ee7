"""Alembic's entry: one connection and short lock waits.

Migrations are written by hand and spell every name out, so no target_metadata is given: with the models' naming
convention at hand Alembic would prefix each name a second time. tests/architecture compares models and tables.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from app.core.db import db

LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "10min"


def run() -> None:
    engine = db.engine
    with engine.connect() as connection:
        # A migration that waits behind a long query would make everybody else wait behind it.
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=None,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
