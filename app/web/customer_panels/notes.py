"""What the people of the store wrote down."""

from datetime import datetime
from typing import Any

from app.customers import queries
from app.customers.models import Customer
from app.people.access import Actor

SHOWN = 50


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:  # noqa: ARG001  all panels alike
    return {"notes": [(row[0], row[1]) for row in queries.page_of_notes(customer.id, limit=SHOWN).rows]}
