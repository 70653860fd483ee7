"""Periodic work of this slice. It owns its transactions and may run twice or late."""

from __future__ import annotations

from datetime import datetime

from app.core.db import transaction
from app.purchases import run_outs, stock

CHUNK = 1000


def expire_reservations(*, now: datetime) -> int:
    """Mark reservations whose time is over; returns how many."""
    expired = 0
    while True:
        with transaction():
            done = stock.expire_due(now=now, limit=CHUNK)
        expired += done
        if done < CHUNK:
            return expired


def refresh_run_outs(*, now: datetime) -> int:
    """Everybody's run-out days anew: for purchases that came by import and products that were changed."""
    return run_outs.refresh_all(now=now)
