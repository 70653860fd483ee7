"""The answer to a step, put together from what was loaded for it: read again it would cost as much as the step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from app.people.access import Actor
from app.tasks.records import Change, LoadedWork, undo_window
from app.tasks.views import task_view

Keep = Callable[[str], Mapping[str, Any]]
"""Takes the answer; gives what a statement needs to keep it under the request's key."""

LATELY = timedelta(hours=1)
"""Ended longer ago, the customer may be hidden from who did the work; then the answer is read."""


@dataclass
class Telling:
    """`body` is the answer once the step is written; None when it has to be read: new rows have ids that only the
    database knows."""

    actor: Actor
    now: datetime
    keep: Keep
    body: str | None = None

    def kept_with(self, loaded: LoadedWork, change: Change, *, at: datetime) -> Mapping[str, Any]:
        ended_at = change.columns.get("ended_at")
        if change.evidence or change.lines or (ended_at is not None and ended_at < self.now - LATELY):
            return {}
        row = after(loaded, change, at=at)
        view = task_view(row, loaded.items, actor=self.actor, now=self.now, undo_window=undo_window())
        self.body = msgspec.json.encode(view).decode()
        return self.keep(self.body)


def after(loaded: LoadedWork, change: Change, *, at: datetime) -> dict[str, Any]:
    """The row of the task as it will stand when the change is written."""
    task = loaded.task
    moment = at.astimezone(UTC).isoformat()
    return {
        **loaded.shown,
        **change.columns,
        "version": task.version + (1 if change.columns else 0),
        "expected_code": task.door_code,
        "answers": {
            **(loaded.shown["answers"] or {}),
            **{key: [value, moment] for key, value in change.answers.items()},
        },
    }
