"""What a purchase, a correction or a return changes for its customer: the buying habits, and who brought whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from app.core.outbox import together
from app.purchases import habits, referrals


class AboutPurchase(Protocol):
    @property
    def customer_id(self) -> int: ...


@together()
def follow_purchases(facts: Sequence[AboutPurchase], *, now: datetime) -> None:
    """Handler of every fact about a purchase; reads the purchases as they stand, so it may run twice or late."""
    buyers = {fact.customer_id for fact in facts}
    habits.refresh_for(buyers, now=now)
    referrals.recount_among(buyers, now=now)
