"""What complaints do about facts of other slices."""

from __future__ import annotations

from datetime import datetime

from app.complaints import service
from app.events import CustomerMoved


def move_case(fact: CustomerMoved, *, now: datetime) -> None:
    service.follow(fact.customer_id, now=now)
