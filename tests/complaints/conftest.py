"""A small shop with somebody to complain: two associates, a supervisor, head office, and a shop next door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.complaints import service
from app.complaints.kinds import Source
from app.complaints.models import Complaint, ComplaintEvent
from app.core.db import db
from app.core.models import FactRow
from app.customers.models import Customer
from app.people.access import Actor, Role
from app.people.models import Staff, Store
from tests.factories.complaints import WORDS
from tests.factories.customers import make_customer
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.tasks import make_checklist
from tests.scenes import scene


@dataclass(frozen=True)
class Shop:
    store: Store
    ann: Staff
    bob: Staff
    boss: Staff
    deputy: Staff
    office: Staff
    stranger: Staff
    neighbour: Staff
    customer: Customer
    now: datetime

    def actor(self, name: str) -> Actor:
        if name == "customer":
            return Actor.customer(self.customer.id)
        if name == "system":
            return Actor.system()
        return actor_of(getattr(self, name))

    def open(self, words: str = WORDS, *, key: str = "k1", **changes: Any) -> Complaint:
        values: dict[str, Any] = {"source": Source.PHONE, "actor": self.actor("boss"), "now": self.now}
        customer = changes.pop("customer", self.customer)
        return service.open_case(customer.id, words=words, origin_key=key, **{**values, **changes})


def make_shop(now: datetime) -> Shop:
    store = make_store(name="沙田店")
    for reason in ("care", "complaint"):
        make_checklist(task_type="callback", reason=reason)
    ann = make_staff(Role.ASSOCIATE, store, name="Ann")
    return Shop(
        store=store,
        ann=ann,
        bob=make_staff(Role.ASSOCIATE, store, name="Bob"),
        boss=make_staff(Role.SUPERVISOR, store, name="Boss"),
        deputy=make_staff(Role.SUPERVISOR, store, name="Deputy"),
        office=make_staff(Role.HEAD_OFFICE),
        stranger=make_staff(Role.ASSOCIATE, name="Stranger"),
        neighbour=make_staff(Role.SUPERVISOR, name="Neighbour"),
        customer=make_customer(store=store, owner_id=ann.id),
        now=now,
    )


@scene
def complaints_scene(now: datetime) -> Shop:
    return make_shop(now)


@pytest.fixture
def shop(complaints_scene: Shop) -> Shop:
    return complaints_scene


def facts(*names: str) -> list[dict[str, Any]]:
    """Payloads of the facts published so far, oldest first."""
    stmt = select(FactRow.name, FactRow.payload).order_by(FactRow.id)
    rows = db.session.execute(stmt.where(FactRow.name.in_(names)) if names else stmt)
    return [{"name": name, **payload} for name, payload in rows]


def history_of(complaint_id: int) -> list[ComplaintEvent]:
    stmt = select(ComplaintEvent).where(ComplaintEvent.complaint_id == complaint_id)
    return list(db.session.scalars(stmt.order_by(ComplaintEvent.id)))
