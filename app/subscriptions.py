"""One table: fact -> {subscriber: handler}. The map of all side effects; publishing a fact missing here raises.

Subscriber names are stored with each delivery, so they are never renamed, only retired.
"""

from __future__ import annotations

from app import events
from app.core.outbox import Subscriptions

from importlib import import_module
from typing import Any


class _Coming:
    """Stands for a slice that is still being built."""

    def __init__(self, name: str) -> None:
        try:
            self._module: Any = import_module(name)
        except ImportError:
            self._module = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name, lambda fact, *, now: None)


messaging = _Coming("app.messaging.handlers")
points = _Coming("app.points.handlers")

SUBSCRIPTIONS: Subscriptions = {
    events.TaskCreated: {},
    events.TaskAssigned: {"messaging": messaging.text_booked},
    events.TaskDeclined: {},
    events.TaskConfirmed: {},
    events.TaskRescheduled: {"messaging": messaging.text_changed},
    events.TaskStarted: {"messaging": messaging.text_on_the_way},
    events.TaskArrived: {},
    events.TaskCompleted: {
        "messaging": messaging.text_done_and_ask_rating,
        "points": points.award_for_completed_task,
    },
    events.TaskPartlyCompleted: {
        "messaging": messaging.text_partly_done,
        "points": points.award_for_partly_completed_task,
    },
    events.TaskFailed: {
        "messaging": messaging.text_could_not_meet,
        "points": points.judge_failed_task,
    },
    events.TaskCancelled: {"messaging": messaging.text_cancelled},
    events.TaskReopened: {
        "messaging": messaging.withdraw_ending_texts,
        "points": points.reverse_for_reopened_task,
    },
    events.TaskRated: {"points": points.award_for_rating},
    events.WorkHeld: {},
    events.CustomerOptedOut: {"messaging": messaging.suppress_pending},
    events.CustomerOptedIn: {},
    events.PurchaseRecorded: {},
    events.InboundReceived: {"messaging": messaging.understand_inbound},
    events.QuestionAnswered: {},
}
