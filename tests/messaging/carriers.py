"""Carriers for tests that only note what they are asked to send."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from app.messaging.providers import Found, Heard, LookupFailed, Outcome, Outgoing, Sent


class Notepad:
    """Answers as scripted, then accepts; `found` and `heard` are what it remembers."""

    name = "twilio"
    sender = "+15005550006"

    def __init__(
        self, *outcomes: Outcome, on_send: Callable[[Outgoing], None] = lambda _: None, accepts: bool = True
    ) -> None:
        self.asked: list[Outgoing] = []
        self.outcomes = list(outcomes)
        self.on_send = on_send
        self.accepts = accepts
        self.found: list[Found] = []
        self.heard: list[Heard] = []
        self.is_away = False

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.asked]

    def send(self, message: Outgoing) -> Outcome:
        self.on_send(message)
        self.asked.append(message)
        return self.outcomes.pop(0) if self.outcomes else Sent(sid="SM" + message.message_id.replace("-", ""))

    def find(self, *, to: str) -> list[Found]:
        self._answer()
        return self.found

    def fetch(self, sid: str) -> Found | None:
        self._answer()
        return next((one for one in self.found if one.sid == sid), None)

    def received(self, *, since: datetime) -> list[Heard]:
        self._answer()
        return self.heard

    def _answer(self) -> None:
        if self.is_away:
            raise LookupFailed("away")


class Watch:
    """A clock that only moves when somebody sleeps; `then` happens with the first sleep."""

    def __init__(self, then: Callable[[], Any] = lambda: None) -> None:
        self.seconds = 1_000.0
        self.events: Iterable[Callable[[], Any]] = iter([then])

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        next(iter(self.events), lambda: None)()
