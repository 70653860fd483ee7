"""Complaints for tests, opened and brought on by the service itself: a case has no other way to come into being."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from app.complaints import service
from app.complaints.kinds import Source, Stage
from app.complaints.models import Complaint
from app.core import clock
from app.customers.models import Customer
from app.people.access import Actor, Role
from tests.factories.customers import make_customer

_numbers = count(1)

WORDS = "The zip broke on the first day."
RIGHT = {"apology": "We are sorry.", "cause": "A faulty batch.", "remedy": "A new jacket, brought today."}


def make_complaint(
    customer: Customer | None = None, *, stage: str = Stage.OPENED, now: datetime | None = None, **changes: Any
) -> Complaint:
    """A case of `customer` brought to `stage` by the service; `changes` are those of open_case()."""
    moment = now or clock.now()
    who = customer or make_customer()
    values: dict[str, Any] = {
        "source": Source.PHONE,
        "words": WORDS,
        "origin_key": f"test:{next(_numbers)}",
        "actor": Actor.system(),
    }
    complaint = service.open_case(who.id, **{**values, **changes}, now=moment)
    return bring_to(complaint, stage, now=moment)


def bring_to(complaint: Complaint, stage: str, *, now: datetime) -> Complaint:
    lead = Actor(id=0, name="", role=Role.HEAD_OFFICE, client="test")
    order = list(Stage)
    steps = {
        Stage.ACKNOWLEDGED: lambda: service.acknowledge(complaint.id, actor=lead, now=now),
        Stage.PLANNED: lambda: service.plan(
            complaint.id, plan="Bring a new one.", promised_for=now + timedelta(days=1), actor=lead, now=now
        ),
        Stage.RESOLVED: lambda: service.resolve(complaint.id, **RIGHT, actor=lead, now=now),
        Stage.CLOSED: lambda: _close(complaint, lead, now),
    }
    for step in order[1 : order.index(Stage(stage)) + 1]:
        steps[step]()
    return complaint


def _close(complaint: Complaint, lead: Actor, now: datetime) -> Complaint:
    service.record_answer(complaint.id, satisfied=True, words="1", actor=lead, now=now)
    return service.close(complaint.id, outcome="The skin has healed.", actor=lead, now=now)
