"""What a purchase, a correction or a return changes for its customer: the buying habits, and who brought whom."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from app.purchases import habits, referrals


class AboutPurchase(Protocol):
    @property
    def customer_id(self) -> int: ...


def follow_purchase(fact: AboutPurchase, *, now: datetime) -> None:
    """Handler of every fact about a purchase; reads the purchases as they stand, so it may run twice or late."""
    habits.refresh_for([fact.customer_id], now=now)
    referrals.recount(fact.customer_id, now=now)
