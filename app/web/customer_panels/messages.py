"""The newest texts, both ways."""

from datetime import datetime
from typing import Any

from app.customers.models import Customer
from app.people import queries as people
from app.people.access import Actor
from app.web import threads


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:  # noqa: ARG001  all panels alike
    zone = people.store(customer.store_id).zone
    return {"thread": threads.of_customer(customer.id, zone=zone, now=now)}
