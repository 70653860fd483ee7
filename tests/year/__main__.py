"""`make year`: the simulated year on servers of its own, with progress; ends non-zero when a promise was broken."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from contextlib import AbstractContextManager
from dataclasses import replace

import psycopg
import structlog
from flask import Flask
from psycopg import sql

from app import create_app
from app.core import config
from app.core.db import db
from app.settings import DatabaseSettings, MediaSettings, MessagingSettings, Settings, ValkeySettings
from tests.company import SECRET_KEY
from tests.conftest import connected_to, driver_url, migrated_template_of
from tests.servers import DatabaseMaker, SharedPostgres, new_folder, start_valkey
from tests.year.hands import Hands
from tests.year.year import live

PROCESSORS = os.cpu_count() or 1
"""Each process waits for PostgreSQL a part of its time, so one more than this keeps them busy."""


def main() -> int:
    wanted = argparse.ArgumentParser(prog="make year")
    wanted.add_argument("--customers", type=int, default=5000)
    wanted.add_argument("--days", type=int, default=365)
    wanted.add_argument("--seed", type=int, default=2027)
    wanted.add_argument("--processes", type=int, default=min(3, PROCESSORS + 1))
    args = wanted.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    shared, folder = SharedPostgres.start(), new_folder()
    valkey = start_valkey(folder)
    try:
        app = _application(shared, valkey.url, str(folder))
        databases = DatabaseMaker(shared.admin_url, shared.prefix)
        app.extensions["test_databases"] = databases
        name = databases.copy(migrated_template_of(app, databases))
        url = databases.url(name)
        _need_not_last(shared.admin_url, name)

        def helpers(hands: Hands) -> AbstractContextManager[None]:
            return hands.joined(args.processes - 1, app=app, url=url)

        with app.app_context(), connected_to(url):
            report = live(customers=args.customers, days=args.days, seed=args.seed, say=_say, helpers=helpers)
            db.session.remove()
    finally:
        valkey.kill()
        shared.stop()
    sys.stdout.write("\n".join(report.lines()) + "\n")
    return 0 if report.is_kept else 1


def _need_not_last(admin_url: str, name: str) -> None:
    """A power cut may have this database, and rubbish is collected seldom: most of what lives here lives on."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        wish = sql.SQL("alter database {} set synchronous_commit = off").format(sql.Identifier(name))
        connection.execute(wish)
    gc.set_threshold(50_000, 20, 50)


def _application(shared: SharedPostgres, valkey_url: str, folder: str) -> Flask:
    settings = Settings(
        database=DatabaseSettings(url=driver_url(shared.admin_url)),
        valkey=ValkeySettings(url=valkey_url),
        secret_key=SECRET_KEY,
        environment="test",
        public_url="http://localhost",
        media=MediaSettings(root=f"{folder}/media"),
        messaging=replace(MessagingSettings(), spool_root=f"{folder}/spool"),
        rate_limits=False,
    )
    app = create_app(settings)
    config.use(settings)
    return app


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
