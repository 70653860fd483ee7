"""Visits, deliveries and calls."""

from datetime import datetime
from typing import Any

from app.customers.models import Customer
from app.people.access import Actor
from app.web import visits


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:
    return {"tasks": visits.of_customer(customer.id, actor=actor, now=now)}
