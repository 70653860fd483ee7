"""What a carrier's status means, and which of two is newer news: callbacks come in any order."""

from __future__ import annotations

from app.messaging.models import State

TERMINAL = 100

_RANKS = {
    "scheduled": 5,
    "accepted": 10,
    "queued": 20,
    "sending": 30,
    "sent": 40,
    "delivered": TERMINAL,
    "undelivered": TERMINAL,
    "failed": TERMINAL,
    "canceled": TERMINAL,
    "partially_delivered": TERMINAL,
    "read": 110,
}
_STATES = {
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "partially_delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.UNDELIVERED,
    "failed": State.FAILED,
    "canceled": State.CANCELED,
}


def rank_of(status: str) -> int:
    """0 for a word we don't know: it changes nothing."""
    return _RANKS.get(status, 0)


def state_of(status: str) -> State:
    return _STATES.get(status, State.SUBMITTED)


def is_terminal(status: str) -> bool:
    return rank_of(status) >= TERMINAL
