"""What the customer agreed to, and what was said."""

from datetime import datetime
from typing import Any

from app.customers import consent
from app.customers.models import Customer
from app.people.access import Actor

SHOWN = 20


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:  # noqa: ARG001  all panels alike
    return {
        "states": consent.present(customer.phone) if customer.phone else [],
        "history": consent.history(customer.phone, limit=SHOWN) if customer.phone else [],
    }
