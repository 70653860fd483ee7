"""Periodic work on the ledger; each job owns its transactions."""

from __future__ import annotations

from datetime import datetime

from app.core.db import transaction
from app.points import ledger


def vest_due(*, now: datetime) -> None:
    """Vest every line whose inspection window is over, a transaction per chunk so that no posting waits long."""
    more = True
    while more:
        with transaction():
            more = ledger.vest_due(now=now)


def audit_rollup(*, now: datetime) -> list[ledger.Difference]:  # noqa: ARG001  every job is called with the time
    """Nightly: does every total still equal the sum of its lines?"""
    with transaction():
        return ledger.audit_rollup()
