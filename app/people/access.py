"""Who acts, and which stores and people he or she may see. The other slices narrow their own queries with these."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, exists, select, true

from app.core.errors import Forbidden, NotFound
from app.people.models import Staff, StaffStore, Store

Stmt = TypeVar("Stmt", bound=Select[Any])


class Role(StrEnum):
    HEAD_OFFICE = "head_office"
    SUPERVISOR = "supervisor"
    ASSOCIATE = "associate"
    SYSTEM = "system"
    CUSTOMER = "customer"


STAFF_ROLES = (Role.HEAD_OFFICE, Role.SUPERVISOR, Role.ASSOCIATE)


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or process behind a change. `id` is a staff id, a customer id, or 0 for the service itself."""

    id: int
    name: str
    role: Role
    store_ids: frozenset[int] = field(default_factory=frozenset)
    locale: str = "zh_Hans"
    client: str = "web"

    @classmethod
    def system(cls, client: str = "system") -> Actor:
        """The service itself: care plans, handlers, the demo."""
        return cls(id=0, name="", role=Role.SYSTEM, client=client)

    @classmethod
    def customer(cls, customer_id: int, *, client: str = "sms", locale: str = "zh_Hans") -> Actor:
        """A customer who answers a message or uses the signed page."""
        return cls(id=customer_id, name="", role=Role.CUSTOMER, locale=locale, client=client)

    @property
    def kind(self) -> str:
        """What `id` refers to: "staff", "customer" or "system"."""
        return self.role.value if self.role in (Role.SYSTEM, Role.CUSTOMER) else "staff"

    @property
    def staff_id(self) -> int | None:
        return self.id if self.kind == "staff" else None

    @property
    def sees_all_stores(self) -> bool:
        return self.role in (Role.HEAD_OFFICE, Role.SYSTEM)

    @property
    def is_head_office(self) -> bool:
        return self.role is Role.HEAD_OFFICE

    @property
    def is_supervisor(self) -> bool:
        return self.role is Role.SUPERVISOR

    @property
    def is_associate(self) -> bool:
        return self.role is Role.ASSOCIATE


def may_see_store(actor: Actor, store_id: int | None) -> bool:
    return actor.sees_all_stores or store_id in actor.store_ids


def require_store(actor: Actor, store_id: int | None) -> None:
    """A store of somebody else looks as if it did not exist."""
    if not may_see_store(actor, store_id):
        raise NotFound()


def in_own_stores(column: Any, actor: Actor) -> ColumnElement[bool]:
    """Condition that narrows any query with a store column to what the actor may see."""
    return true() if actor.sees_all_stores else column.in_(sorted(actor.store_ids))


def may_lead_store(actor: Actor, store_id: int | None) -> bool:
    """Head office leads every store, a supervisor the own ones."""
    return actor.sees_all_stores or (actor.is_supervisor and store_id in actor.store_ids)


def require_lead(actor: Actor, store_id: int | None) -> None:
    """Not visible is 404; visible but led by somebody else is 403."""
    require_store(actor, store_id)
    if not may_lead_store(actor, store_id):
        raise Forbidden()


def visible_stores(stmt: Stmt, actor: Actor) -> Stmt:
    return stmt.where(in_own_stores(Store.id, actor))


def visible_staff(stmt: Stmt, actor: Actor) -> Stmt:
    """Head office sees everybody; the others themselves and whoever shares a store with them."""
    if actor.sees_all_stores:
        return stmt
    shares_a_store = exists(
        select(StaffStore.staff_id).where(
            StaffStore.staff_id == Staff.id, StaffStore.store_id.in_(sorted(actor.store_ids))
        )
    )
    return stmt.where((Staff.id == (actor.staff_id or 0)) | shares_a_store)


def may_see_details_of(actor: Actor, staff_id: int) -> bool:
    """Phone, skills and hours: for those who lead, and for the person; colleagues see names."""
    return actor.sees_all_stores or actor.is_supervisor or actor.staff_id == staff_id


def may_manage_hours_of(actor: Actor, *, role: str, store_ids: frozenset[int]) -> bool:
    """A supervisor plans the associates of own stores; supervisors' own hours are head office's."""
    if actor.sees_all_stores:
        return True
    return actor.is_supervisor and role == Role.ASSOCIATE and bool(actor.store_ids & store_ids)
