"""What every test may ask for: a real database built by the migrations, rolled back after each test."""

import contextvars
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import redis
import structlog
from alembic import command
from alembic.config import Config
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from app import create_app
from app.cli import init_cli
from app.core import clock, config, outbox
from app.core.db import db
from app.people import passwords
from app.settings import DatabaseSettings, MediaSettings, MessagingSettings, Settings, ValkeySettings
from dev.browser import TEST_ARGUMENTS, find_browser
from tests.company import SECRET_KEY, Company
from tests.factories.people import key_of
from tests.scenes import STAGE, scene_of
from tests.servers import DatabaseMaker, SharedPostgres, new_folder, start_postgres, start_valkey
from workers import collect_from_now

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2027, 3, 10, 10, 0, tzinfo=timezone(timedelta(hours=8)))

# Plain tracebacks: structlog's coloured ones print every local variable and take seconds.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
    ],
    logger_factory=structlog.PrintLoggerFactory(),
)

# A busy machine is no failure: time limits of single examples say nothing about the code.
hypothesis.settings.register_profile("house", deadline=None, print_blob=True)
hypothesis.settings.load_profile("house")

# Nor is it one for a page: what is to be seen is waited for a little longer than Playwright's 5 s.
expect.set_options(timeout=20_000)

# Half the tests of pages sign somebody in, and a real hash costs more than the page: tests/people looks at real ones.
REAL_HASHER = passwords._hasher
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

_shared: SharedPostgres | None = None


# --- servers ----------------------------------------------------------------------------------------------------------


def shared_postgres() -> SharedPostgres:
    global _shared
    if _shared is None:
        _shared = SharedPostgres.start()
    return _shared


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """With xdist the controller starts the one PostgreSQL and tells each worker where it is."""
    shared = shared_postgres()
    node.workerinput["postgres"] = {"admin_url": shared.admin_url, "prefix": shared.prefix}


def pytest_configure(config: pytest.Config) -> None:
    global _shared
    if told := getattr(config, "workerinput", {}).get("postgres"):
        _shared = SharedPostgres(**told)


LONG_FILES = (
    "chaos/test_random_run.py",
    "dev/test_run.py",
    "web/test_in_browser.py",
    "chaos/test_kills.py",
    "year/test_small_year.py",
    "demo/test_company.py",
    "web/test_customer_page_in_browser.py",
    "web/test_wordings_in_browser.py",
)
"""A file stays with one process; begun late, one of these would run on alone when all others have ended."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    first = {ROOT / "tests" / name: place for place, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: first.get(item.path, len(first)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What loading makes stays, so looking through it for garbage again and again would only delay it."""
    gc.disable()
    try:
        return (yield)
    finally:
        collect_from_now()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _shared is not None and not hasattr(config, "workerinput"):
        _shared.stop()


@pytest.fixture(scope="session")
def databases(app: Flask) -> DatabaseMaker:
    """Makes databases from templates: `databases.copy(migrated_template)`."""
    return app.extensions["test_databases"]


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if url := os.environ.get("REDIS_URL"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        yield f"{url.rsplit('/', 1)[0] if url.count('/') > 2 else url}/{int(worker) % 16}"
        return
    server = start_valkey(tmp_path_factory.mktemp("valkey"))
    yield server.url
    server.kill()


# --- the application --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def app(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application of this test process on a migrated database of its own."""
    shared = shared_postgres()
    databases = DatabaseMaker(shared.admin_url, shared.prefix)
    settings = Settings(
        database=DatabaseSettings(url=driver_url(shared.admin_url)),
        valkey=ValkeySettings(url=valkey_url),
        secret_key=SECRET_KEY,
        environment="test",
        public_url="http://localhost",
        media=MediaSettings(root=str(tmp_path_factory.mktemp("media"))),
        messaging=MessagingSettings(spool_root=str(tmp_path_factory.mktemp("spool"))),
        rate_limits=False,
    )
    app = create_app(settings)
    init_cli(app)
    app.test_client_class = IsolatedClient
    app.extensions["test_databases"] = databases
    # Else a commit inside a request would end the test's own transaction and nothing could be rolled back.
    db.session.session_factory.configure(join_transaction_mode="create_savepoint")
    name = databases.copy(migrated_template_of(app, databases))
    with app.app_context():
        db.engines[None] = engine_for(databases.url(name))
    config.use(replace(settings, database=DatabaseSettings(url=driver_url(databases.url(name)))))
    collect_from_now()
    yield app
    with app.app_context():
        db.engine.dispose()
    databases.drop(name)


def migrated_template_of(app: Flask, databases: DatabaseMaker) -> str:
    def migrate(url: str) -> None:
        with app.app_context(), connected_to(url):
            upgrade()

    return databases.template("migrated", build=migrate)


def upgrade(revision: str = "head") -> None:
    """Run the migrations on the database of the current application context."""
    command.upgrade(alembic_config(), revision)


def alembic_config() -> Config:
    settings = Config(str(ROOT / "migrations" / "alembic.ini"))
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    settings.attributes["configure_logger"] = False
    return settings


@contextmanager
def connected_to(url: str) -> Iterator[None]:
    """Point the current application context at another database."""
    before, settings = db.engines[None], config.settings()
    db.session.remove()
    db.engines[None] = engine_for(url)
    config.use(replace(settings, database=DatabaseSettings(url=driver_url(url))))
    try:
        yield
    finally:
        db.session.remove()
        db.engines[None].dispose()
        db.engines[None] = before
        config.use(settings)


@cache
def engine_for(url: str) -> Engine:
    """The same one when a database is come back to, or another of its name: it knows by heart what it once compiled."""
    return create_engine(
        driver_url(url), pool_size=8, query_cache_size=5000, connect_args={"options": "-c timezone=UTC"}
    )


def driver_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


class IsolatedClient(FlaskClient):
    """Each request runs in an application context of its own, as in production, not in the test's.

    Else `g`, and with it the signed-in person, would leak from one request into the next.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        # Give what the test prepared to the connection that both share, and forget what the request may have changed.
        db.session.commit()
        try:
            return contextvars.Context().run(super().open, *args, **kwargs)
        finally:
            db.session.expire_all()


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def now() -> Iterator[datetime]:
    """The business time: a Wednesday, 10:00 in Hong Kong. It stands still; `clock.fixed(later)` moves it."""
    with clock.fixed(NOW) as moment:
        yield moment


# --- one database, rolled back ----------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    STAGE.next_scene = scene_of(nextitem)


@pytest.fixture
def session(
    app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Session]:
    """db.session inside an application context; everything in it, commits too, is gone after the test."""
    with app.app_context(), STAGE.one_connection() as connection:
        session_class = db.session.session_factory.class_
        # Flask-SQLAlchemy chooses an engine per table; here every session has to stay on the one connection.
        monkeypatch.setattr(session_class, "get_bind", lambda *_args, **_kwargs: connection)
        try:
            if name := scene_of(request.node):
                STAGE.show(name, now)
            yield db.session
        finally:
            db.session.remove()


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """Talks to the application; requests see the test's rows and their changes are rolled back with them."""
    return app.test_client()


@pytest.fixture
def sign_in(now: datetime) -> Callable[..., dict[str, str]]:
    """`client.get(url, headers=sign_in(person))`; needs `session` or `fresh_database`."""
    return key_of


@pytest.fixture
def drain() -> Callable[..., int]:
    """Run due deliveries here and now until none is left; a handler that fails fails the test."""

    def run(*, may_fail: bool = False) -> int:
        done = 0
        while count := outbox.drain_deliveries():
            done += count
        db.session.expire_all()
        if not may_fail:
            broken = db.session.execute(
                text("""SELECT fact.name, delivery.subscriber, delivery.last_error FROM delivery
                        JOIN fact ON fact.id = delivery.fact_id WHERE delivery.last_error IS NOT NULL""")
            ).all()
            assert not broken, f"handlers failed: {broken}"
        return done

    return run


@pytest.fixture
def valkey(valkey_url: str) -> Iterator[redis.Redis]:
    """This test process's Valkey, empty."""
    with redis.Redis.from_url(valkey_url) as connection:
        connection.flushdb()
        yield connection


# --- databases with real commits --------------------------------------------------------------------------------------


@pytest.fixture
def fresh_database(app: Flask, databases: DatabaseMaker, now: datetime) -> Iterator[str]:
    """A database of this test's own, where commits are real and other connections see them; its address.

    For races, locks and anything that needs more than one connection. An application context is open on it;
    other threads open theirs with `with app.app_context():`.
    """
    name = databases.copy(migrated_template_of(app, databases))
    with app.app_context(), connected_to(databases.url(name)):
        yield databases.url(name)
    databases.drop(name)


# --- a whole company --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def start_company(app: Flask, databases: DatabaseMaker) -> Iterator[Callable[..., Company]]:
    """`start_company(clock=..., undo_window=..., demo=True, own_postgres=True, env={...}, names=(...))`.

    Real processes on free ports against a database of their own, ended with the module (or by `company.stop()`).
    `own_postgres` gives it a server that a test may kill. `prepare(session)` fills the database first.
    """
    companies: list[Company] = []

    def start(
        *,
        demo: bool = False,
        own_postgres: bool = False,
        prepare: Callable[[Any], None] | None = None,
        **changes: Any,
    ) -> Company:
        server = None
        if own_postgres:
            folder = new_folder()
            server = start_postgres(folder)
            changes["folder"] = folder
            url = server.url()
            with app.app_context(), connected_to(url):
                upgrade()
                if demo:
                    load_demo()
        else:
            template = demo_template_of(app, databases) if demo else migrated_template_of(app, databases)
            url = databases.url(databases.copy(template))
        if prepare:
            with app.app_context(), connected_to(url):
                prepare(db.session)
                db.session.commit()
        company = Company(database_url=url, postgres=server, **changes)
        companies.append(company)
        return company.start()

    yield start
    for company in companies:
        company.stop()
        if company.postgres is None:
            databases.drop(company.database_url.rsplit("/", 1)[1])


def demo_template_of(app: Flask, databases: DatabaseMaker) -> str:
    def load(url: str) -> None:
        with app.app_context(), connected_to(url):
            load_demo()

    return databases.template("demo", build=load, base=migrated_template_of(app, databases))


def load_demo() -> None:
    """The demo company as of the tests' `now`, into the database of the current application context."""
    from app.demo import company as demo_company

    with clock.fixed(NOW) as moment:
        demo_company.load(now=moment, say=lambda _line: None)


@pytest.fixture(scope="module")
def running_company(start_company: Callable[..., Company]) -> Company:
    """The demo company, open for business at 10:00 on the tests' day, with an undo window of 2 s."""
    return start_company(demo=True)


# --- browsers ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = find_browser()
    assert path, "no Chromium: run `make test`, which gets one, or set CHROMIUM"
    return {**browser_type_launch_args, "executable_path": path, "args": TEST_ARGUMENTS}
