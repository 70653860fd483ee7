"""What is open with the customer now: work planned, complaints, a text that waits for an answer."""

from datetime import datetime
from typing import Any

from app.customers.models import Customer
from app.messaging import queries as messaging
from app.people.access import Actor
from app.reports.open_matters import open_matters
from app.web.complaints import STAGE_SIGNS, STAGE_TONES, STAGES


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:
    talk = messaging.conversation_of(customer.id)
    return {
        "open": open_matters(customer, actor=actor, now=now),
        "conversation_id": talk.id if talk else None,
        "stages": STAGES,
        "stage_tones": STAGE_TONES,
        "stage_signs": STAGE_SIGNS,
    }
