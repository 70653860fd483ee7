"""What complaints do about facts of other slices, and about one of their own that must not wait in its own step."""

from __future__ import annotations

from datetime import datetime

from app.complaints import service
from app.events import ComplaintClosed, CustomerMoved, HouseholdChanged


def move_case(fact: CustomerMoved, *, now: datetime) -> None:
    service.follow(fact.customer_id, now=now)


def rehouse_case(fact: HouseholdChanged, *, now: datetime) -> None:
    service.follow(fact.customer_id, now=now)


def rehouse_other_case(fact: ComplaintClosed, *, now: datetime) -> None:
    service.follow_after(fact.complaint_id, now=now)
