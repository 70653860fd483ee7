"""Alembic's entry: one connection, short lock waits, the metadata of app.core.db."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from app.core.db import Base, db

LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "10min"


def include_object(obj: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    return not (kind == "table" and name == "alembic_version")


def run() -> None:
    engine = db.engine
    with engine.connect() as connection:
        # A migration that waits behind a long query would make everybody else wait behind it.
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=include_object,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
