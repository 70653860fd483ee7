"""Who read, exported or changed a customer's file, when and from where; and how reading is written down."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, exists, not_, or_, select, text

from app.core import audit
from app.core.db import db
from app.core.models import AuditEntry
from app.core.paging import Page, page_of
from app.customers import access, service
from app.customers.models import Customer
from app.people import queries as people
from app.people.access import Actor, Role, require_lead
from app.people.models import Staff, StaffStore

READ = "customer.read"
TIMELINE = "customer.timeline"
CARRIED = "customer.carried"
"""The name, number and address went to an associate's phone with a task."""
EXPORT = "customer.export"
READINGS = (READ, TIMELINE, CARRIED, EXPORT, "customer.reads")


TAKEN = "export"
"""A whole list was taken away as a table; which list and how many rows stand in the entry, not each customer."""

WITHOUT_CUSTOMERS = ("products", "stock", "staff", "stores", "points", "imports")
"""Lists in which no customer stands."""


class Kind(StrEnum):
    READ = "read"
    CHANGE = "change"
    EXPORT = "export"


@dataclass(frozen=True)
class LogLine:
    """One entry: `who` is the person's name, "" for the service itself; `client` the program it was done with.

    Of an export `list_key` names the list and `rows` says how much was taken.
    """

    id: int
    at: datetime
    action: str
    kind: Kind
    staff_id: int | None
    who: str
    client: str
    changed: Sequence[str]
    list_key: str | None
    rows: int | None

    @property
    def person(self) -> dict[str, Any] | None:
        return None if self.staff_id is None else {"id": self.staff_id, "name": self.who}


def record(action: str, customer: Customer, *, actor: Actor, now: datetime, **detail: Any) -> None:
    """Write down that somebody read something of the file."""
    audit.record(
        access.audit_name(actor),
        action=action,
        subject=("customer", customer.id),
        store_id=customer.store_id,
        now=now,
        detail={"client": actor.client, **detail},
    )


def record_carried(customer_ids: Collection[int], *, actor: Actor, now: datetime) -> int:
    """Write down that these customers' numbers and addresses went to the actor's phone: once in a day for each."""
    if not customer_ids:
        return 0
    result: Any = db.session.execute(
        _CARRY,
        {
            "ids": sorted(customer_ids),
            "actor": str(access.audit_name(actor)),
            "action": CARRIED,
            "client": actor.client,
            "now": now,
            "since": now - timedelta(days=1),
        },
    )
    return int(result.rowcount)


_CARRY = text("""
    INSERT INTO audit_entry (at, actor, action, subject_type, subject_id, store_id, detail)
    SELECT :now, :actor, :action, 'customer', c.id::text, c.store_id,
        jsonb_build_object('client', CAST(:client AS text))
    FROM customer c
    WHERE c.id = ANY(CAST(:ids AS int[]))
        AND NOT EXISTS (
            SELECT FROM audit_entry e
            WHERE e.subject_type = 'customer' AND e.subject_id = c.id::text AND e.actor = :actor AND e.action = :action
                AND e.at > :since)
""")


def page_of_log(
    customer_id: int,
    *,
    actor: Actor,
    now: datetime,
    kind: Kind | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """LogLine rows, newest first, for whoever leads the customer's store; looking here is written down as well."""
    customer = service.get(customer_id, actor=actor, now=now)
    require_lead(actor, customer.store_id)
    stmt: Any = select(AuditEntry).where(_wanted(customer, kind))
    page = page_of(stmt, keys=[AuditEntry.id.desc()], cursor=cursor, limit=limit)
    if cursor is None:
        record("customer.reads", customer, actor=actor, now=now)
    names = people.names_of({int(row.actor) for row in page.rows if row.actor.isdigit()})
    return Page(rows=[_line(row, names) for row in page.rows], next_cursor=page.next_cursor)


def _wanted(customer: Customer, kind: Kind | None) -> ColumnElement[bool]:
    is_reading = AuditEntry.action.in_(READINGS)
    match kind:
        case Kind.READ:
            return and_(_about(customer), is_reading)
        case Kind.CHANGE:
            return and_(_about(customer), not_(is_reading))
        case Kind.EXPORT:
            return _lists_with(customer)
        case None:
            return or_(_about(customer), _lists_with(customer))


def _about(customer: Customer) -> ColumnElement[bool]:
    """Entries of the file, and those of its household's members."""
    of_file = and_(AuditEntry.subject_type == "customer", AuditEntry.subject_id == str(customer.id))
    of_household = and_(AuditEntry.subject_type == "household", AuditEntry.subject_id == str(customer.household_id))
    return or_(of_file, of_household)


def _lists_with(customer: Customer) -> ColumnElement[bool]:
    """Lists that were taken away and may have held this customer: of the store, or of all that the person may see."""
    works_here = exists(
        select(StaffStore.staff_id).where(StaffStore.staff_id == Staff.id, StaffStore.store_id == customer.store_id)
    )
    sees_store = exists(
        select(Staff.id).where(
            cast(Staff.id, Text) == AuditEntry.actor, or_(Staff.role == Role.HEAD_OFFICE.value, works_here)
        )
    )
    in_store = or_(AuditEntry.store_id == customer.store_id, and_(AuditEntry.store_id.is_(None), sees_store))
    of_customers = and_(AuditEntry.subject_type == "list", AuditEntry.subject_id.not_in(WITHOUT_CUSTOMERS))
    return and_(of_customers, AuditEntry.action == TAKEN, in_store)


def _line(entry: AuditEntry, names: dict[int, str]) -> LogLine:
    staff_id = int(entry.actor) if entry.actor.isdigit() else None
    return LogLine(
        id=entry.id,
        at=entry.at,
        action=entry.action,
        kind=_kind_of(entry.action),
        staff_id=staff_id,
        who=names.get(staff_id, "") if staff_id is not None else "",
        client=str(entry.detail.get("client", "")),
        changed=[str(name) for name in entry.detail.get("fields", ())],
        list_key=entry.subject_id if entry.action == TAKEN else None,
        rows=entry.detail.get("rows") if entry.action == TAKEN else None,
    )


def _kind_of(action: str) -> Kind:
    if action == TAKEN:
        return Kind.EXPORT
    return Kind.READ if action in READINGS else Kind.CHANGE
