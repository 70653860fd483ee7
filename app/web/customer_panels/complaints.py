"""Cases of the customer."""

from datetime import datetime
from typing import Any

from app.complaints import queries
from app.customers.models import Customer
from app.people.access import Actor
from app.web.complaints import STAGE_SIGNS, STAGE_TONES, STAGES


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:  # noqa: ARG001  all panels alike
    cases = queries.of_customer(customer.id)
    return {"cases": cases, "stages": STAGES, "stage_tones": STAGE_TONES, "stage_signs": STAGE_SIGNS}
