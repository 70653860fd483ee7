"""Several pairs of hands, as the company has several workers: what is to be done at a moment is shared with processes
beside ours, each with its own connections and with our clock."""

from __future__ import annotations

import multiprocessing
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from flask import Flask

from app.core import clock
from app.core.db import db
from tests.conftest import connected_to
from tests.year.doing import Doing

FORK = multiprocessing.get_context("fork")


class HelperFailed(Exception):
    """A process beside ours came upon something that ends the year; with its traceback."""


class Hands:
    """Ours alone, until `joined` by helpers."""

    def __init__(self, doing: Doing) -> None:
        self.doing = doing
        self.did: Counter[str] = Counter()
        self.helpers: list[tuple[BaseProcess, Connection]] = []

    @contextmanager
    def joined(self, count: int, *, app: Flask, url: str) -> Iterator[None]:
        """With `count` helpers, forked now: they know the world as it stands."""
        # A connection that two processes share would be the end of both.
        db.session.remove()
        db.engine.dispose()
        for _ in range(count):
            ours, theirs = FORK.Pipe()
            helper = FORK.Process(target=_help, args=(theirs, self.doing, app, url), daemon=True)
            helper.start()
            self.helpers.append((helper, ours))
        try:
            yield
        finally:
            for helper, ours in self.helpers:
                ours.close()
                helper.join(timeout=10)
            self.helpers.clear()

    def share(self, what: str, items: Sequence[Any], *, now: datetime) -> list[Any]:
        """Let each take a part of the items; returns what came of them."""
        parts = len(self.helpers) + 1
        return self._each(what, [(items[number::parts],) for number in range(parts)], now=now)

    def all(self, what: str, *, now: datetime) -> list[Any]:
        """Let everybody do the same at once."""
        return self._each(what, [()] * (len(self.helpers) + 1), now=now)

    def _each(self, what: str, orders: Sequence[tuple[Any, ...]], *, now: datetime) -> list[Any]:
        busy = []
        for (_, pipe), order in zip(self.helpers, orders[1:], strict=True):
            if order != ([],):
                pipe.send((what, order, now))
                busy.append(pipe)
        found = list(getattr(self.doing, what)(*orders[0], now=now) or ())
        for pipe in busy:
            result, did, error = pipe.recv()
            if error:
                raise HelperFailed(error)
            found += result
            self.did.update(did)
        self.did.update(self.doing.did)
        self.doing.did.clear()
        return found


def _help(orders: Connection, doing: Doing, app: Flask, url: str) -> None:
    with app.app_context(), connected_to(url):
        while True:
            try:
                what, order, now = orders.recv()
            except EOFError:
                return
            try:
                with clock.fixed(now):
                    found = list(getattr(doing, what)(*order, now=now) or ())
                orders.send((found, dict(doing.did), ""))
            except Exception:
                orders.send(([], {}, traceback.format_exc()))
            doing.did.clear()
