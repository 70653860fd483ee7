"""A small shop: two associates, a supervisor, head office, and a shop next door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.core.models import FactRow
from app.customers.models import Customer
from app.people.access import Actor, Role
from app.people.models import Staff, Store
from app.tasks.models import Task, TaskHistory
from tests.factories.customers import make_customer
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.tasks import make_checklist, make_task
from tests.scenes import scene


@dataclass(frozen=True)
class Shop:
    store: Store
    ann: Staff
    bob: Staff
    boss: Staff
    office: Staff
    stranger: Staff
    customer: Customer
    now: datetime

    def actor(self, name: str) -> Actor:
        if name == "customer":
            return Actor.customer(self.customer.id)
        if name == "system":
            return Actor.system()
        return actor_of(getattr(self, name))

    def task(self, **changes: Any) -> Task:
        return make_task(**({"customer": self.customer} | changes))


def make_shop(now: datetime) -> Shop:
    store = make_store()
    for task_type in ("home_visit", "delivery", "callback"):
        for reason in ("after_purchase", "care"):
            make_checklist(task_type=task_type, reason=reason)
    return Shop(
        store=store,
        ann=make_staff(Role.ASSOCIATE, store, name="Ann"),
        bob=make_staff(Role.ASSOCIATE, store, name="Bob"),
        boss=make_staff(Role.SUPERVISOR, store, name="Boss"),
        office=make_staff(Role.HEAD_OFFICE),
        stranger=make_staff(Role.ASSOCIATE, name="Stranger"),
        customer=make_customer(store=store),
        now=now,
    )


@scene
def tasks_scene(now: datetime) -> Shop:
    return make_shop(now)


@pytest.fixture
def shop(tasks_scene: Shop) -> Shop:
    return tasks_scene


def facts(*names: str) -> list[dict[str, Any]]:
    """Payloads of the facts published so far, oldest first."""
    stmt = select(FactRow.name, FactRow.payload).order_by(FactRow.id)
    rows = db.session.execute(stmt.where(FactRow.name.in_(names)) if names else stmt)
    return [{"name": name, **payload} for name, payload in rows]


def history_of(task_id: int) -> list[TaskHistory]:
    return list(db.session.scalars(select(TaskHistory).where(TaskHistory.task_id == task_id).order_by(TaskHistory.id)))
