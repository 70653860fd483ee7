"""The nightly forgetting of what has no purpose any more. One transaction per chunk; it may run twice or late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.core.db import transaction
from app.customers import file_fields, hand_overs, members


@dataclass(frozen=True)
class Forgotten:
    members: int
    files: int


def forget_what_has_ended(*, now: datetime) -> Forgotten:
    """Anonymise children whose purpose has ended, and empty optional fields that have been off for long."""
    gone = emptied = 0
    while True:
        with transaction():
            done = members.anonymise_ended(now=now)
        if not done:
            break
        gone += done
    while True:
        with transaction():
            done = file_fields.empty_next(now=now)
        if not done:
            break
        emptied += done
    return Forgotten(members=gone, files=emptied)


def give_back_due(*, now: datetime) -> int:
    """Customers go back to who is here again."""
    with transaction():
        return hand_overs.give_back_due(now=now)
