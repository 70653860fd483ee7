"""Rows that many tests start from, written once and put back after each of them.

A shop with its people, wordings and rules costs more than most of what is asked of it. Tests that follow one another
and ask for the same scene share its rows: they stand before a savepoint, and each test is rolled back to it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, inspect
from sqlalchemy.orm.attributes import set_committed_value

from app.core.db import Base, db

SCENES: dict[str, Callable[[datetime], Any]] = {}
SAVEPOINT = "before_the_test"


def scene(build: Callable[[datetime], Any]) -> Any:
    """Decorator: a fixture of what `build(now)` writes to the empty database; its name is one in all of tests.

    Each test gets models of its own, and objects of our own classes, dicts and lists that hold them; anything else is
    handed on as it is.
    """
    name = build.__name__
    assert name not in SCENES, f"there are two scenes called {name}"
    SCENES[name] = build

    @pytest.fixture(name=name)
    def of_this_test(session: Any) -> Any:
        assert STAGE.scene == name, f"a test has one scene, and it names {name} or a fixture that does"
        return copied(STAGE.built)

    return of_this_test


def scene_of(item: pytest.Item | None) -> str | None:
    names = set(getattr(item, "fixturenames", ()))
    return next((name for name in SCENES if name in names), None)


class Stage:
    """The one connection on which all sessions of a test stand, and the scene that is set on it."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.scene: str | None = None
        self.built: Any = None
        self.next_scene: str | None = None

    @contextmanager
    def one_connection(self) -> Iterator[Connection]:
        """In a transaction that nobody commits. Afterwards the test's rows are gone, and so is the scene,
        unless the next test has the same."""
        if self.connection is None:
            self.connection = db.engine.connect()
            self.connection.begin()
        try:
            yield self.connection
        finally:
            if self.scene is not None and self.scene == self.next_scene and not self.connection.closed:
                self.connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
            else:
                connection, self.connection, self.scene, self.built = self.connection, None, None, None
                connection.close()

    def show(self, name: str, now: datetime) -> None:
        """Write the scene, unless the test before has left it standing. Needs an application context."""
        if self.scene == name:
            return
        assert self.connection is not None
        built = SCENES[name](now)
        db.session.commit()
        for model in db.session:
            if inspect(model).expired_attributes:
                db.session.refresh(model)
        db.session.remove()
        self.connection.exec_driver_sql(f"SAVEPOINT {SAVEPOINT}")
        self.scene, self.built = name, built


STAGE = Stage()


def copied(value: Any) -> Any:
    if isinstance(value, Base):
        return _copied_model(value)
    if isinstance(value, dict):
        return {key: copied(one) for key, one in value.items()}
    if isinstance(value, list):
        return [copied(one) for one in value]
    if isinstance(value, tuple):
        return tuple(copied(one) for one in value)
    if type(value).__module__.startswith("tests."):
        twin = copy.copy(value)
        for name, one in vars(value).items():
            object.__setattr__(twin, name, copied(one))
        return twin
    return value


def _copied_model(model: Base) -> Base:
    """As freshly read, but without asking."""
    twin = db.session.merge(model, load=False)
    for key, value in inspect(twin).dict.items():
        if isinstance(value, dict | list):
            set_committed_value(twin, key, copy.deepcopy(value))
    return twin
