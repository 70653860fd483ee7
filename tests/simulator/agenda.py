"""Things that happen later, each on a thread of a small pool."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Agenda:
    """`skip(3600)` lets an hour pass for everything that waits."""

    def __init__(self, *, threads: int = 16) -> None:
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._running = 0
        self._is_over = False
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="simulator")
        self._thread = threading.Thread(target=self._run, name="simulator-agenda", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._is_over = True
            self._waiting.clear()
            self._changed.notify()
        self._thread.join(timeout=5)
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def is_busy(self) -> bool:
        with self._changed:
            return bool(self._waiting) or self._running > 0

    def put(self, seconds: float, action: Callable[[], None]) -> None:
        with self._changed:
            if not self._is_over:
                heapq.heappush(self._waiting, (time.monotonic() + seconds, next(self._numbers), action))
                self._changed.notify()

    def skip(self, seconds: float) -> None:
        with self._changed:
            self._waiting = [(when - seconds, number, action) for when, number, action in self._waiting]
            self._changed.notify()

    def clear(self) -> None:
        with self._changed:
            self._waiting.clear()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._is_over:
                    wait = self._waiting[0][0] - time.monotonic() if self._waiting else None
                    if wait is not None and wait <= 0:
                        break
                    self._changed.wait(wait)
                if self._is_over:
                    return
                action = heapq.heappop(self._waiting)[2]
                self._running += 1
            with contextlib.suppress(RuntimeError):  # the pool has been shut down in between
                self._pool.submit(self._do, action)

    def _do(self, action: Callable[[], None]) -> None:
        try:
            action()
        finally:
            with self._changed:
                self._running -= 1
