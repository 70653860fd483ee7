"""Reads about complaints, for this slice and those above it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, text

from app.complaints.access import visible_complaints
from app.complaints.kinds import Stage
from app.complaints.models import Complaint, ComplaintEvent, ComplaintStatement
from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.customers.models import Customer
from app.people.access import Actor
from app.people.models import Staff, Store
from app.tasks.models import Task


def open_in(household: str) -> str:
    """The condition, as SQL, on rows of `complaint`: open, and of this household, which is a column or a parameter.

    A member who moved in brings the case along.
    """
    return f"""complaint.closed_at IS NULL AND (
        complaint.household_id = {household} OR complaint.customer_id IN (
            SELECT member.id FROM customer AS member WHERE member.household_id = {household}))"""  # noqa: S608


def open_case_of(customer_id: int) -> Complaint | None:
    """The open case of the customer's household."""
    household_id = db.session.scalar(select(Customer.household_id).where(Customer.id == customer_id))
    return None if household_id is None else open_case_in(household_id)


def open_case_in(household_id: int) -> Complaint | None:
    """The open case that freezes this household's promotions."""
    stmt = select(Complaint).where(text(open_in(":household_id")).bindparams(household_id=household_id))
    return db.session.scalar(stmt.order_by(Complaint.opened_at, Complaint.id).limit(1))


def visible(complaint_id: int, *, actor: Actor, now: datetime) -> Complaint:
    """One case; raises NotFound when it is not the actor's to see."""
    stmt = visible_complaints(select(Complaint).where(Complaint.id == complaint_id), actor, now)
    found: Complaint | None = db.session.scalar(stmt.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


# Lists


@dataclass(frozen=True, kw_only=True)
class ComplaintFilter:
    """What a list is narrowed to; None leaves a question open."""

    store_id: int | None = None
    customer_id: int | None = None
    owner_id: int | None = None
    stage: str | None = None
    is_open: bool | None = None
    is_overdue: bool = False
    is_reaction: bool | None = None


@dataclass(frozen=True)
class Row:
    """A case in a list with the names that belong to it."""

    complaint: Complaint
    customer: Customer
    store: Store
    owner: str | None
    task: Task | None
    words: str


def page_of_complaints(
    wanted: ComplaintFilter, *, actor: Actor, now: datetime, cursor: str | None = None, limit: int | None = None
) -> Page:
    """Rows by the moment at which the next step is due; of closed cases the last closed first."""
    closed_only = wanted.is_open is False or wanted.stage == Stage.CLOSED
    keys: list[Any] = [Complaint.due_at, Complaint.id]
    if closed_only:
        keys = [key.desc() for key in keys]
    stmt = visible_complaints(_rows().where(*_conditions(wanted, now)), actor, now)
    page = page_of(stmt, keys=keys, cursor=cursor, limit=limit)
    return Page(rows=[Row(*row[:6]) for row in page.rows], next_cursor=page.next_cursor)


def row(complaint_id: int, *, actor: Actor, now: datetime) -> Row:
    """One case with its names; raises NotFound."""
    stmt = visible_complaints(_rows().where(Complaint.id == complaint_id), actor, now)
    found = db.session.execute(stmt.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound()
    return Row(*found)


def of_customer(customer_id: int, *, limit: int = 20) -> list[Complaint]:
    """The customer's cases, newest first. The caller has checked who asks."""
    stmt = select(Complaint).where(Complaint.customer_id == customer_id)
    return list(db.session.scalars(stmt.order_by(Complaint.opened_at.desc(), Complaint.id.desc()).limit(limit)))


def overdue_count(actor: Actor, *, now: datetime) -> int:
    stmt = select(func.count()).select_from(Complaint).where(is_overdue(now))
    return db.session.scalar(visible_complaints(stmt, actor, now)) or 0


def is_overdue(now: datetime) -> ColumnElement[bool]:
    return Complaint.closed_at.is_(None) & (Complaint.due_at <= now)


@dataclass(frozen=True)
class Tally:
    """How many open cases stand where, over everything the filter's store shows."""

    stages: dict[str, int]
    overdue: int
    reactions: int

    @property
    def open(self) -> int:
        return sum(self.stages.values())


def tally(actor: Actor, *, store_id: int | None, now: datetime) -> Tally:
    columns: tuple[Any, ...] = (
        Complaint.stage,
        func.count(),
        func.count().filter(is_overdue(now)),
        func.count().filter(Complaint.is_reaction),
    )
    stmt: Select[Any] = select(*columns).where(Complaint.closed_at.is_(None)).group_by(Complaint.stage)
    if store_id is not None:
        stmt = stmt.where(Complaint.store_id == store_id)
    rows = db.session.execute(visible_complaints(stmt, actor, now)).all()
    return Tally(
        stages={stage: count for stage, count, _, _ in rows},
        overdue=sum(late for _, _, late, _ in rows),
        reactions=sum(reactions for _, _, _, reactions in rows),
    )


def statements_of(complaint_ids: Collection[int]) -> dict[int, list[ComplaintStatement]]:
    stmt = select(ComplaintStatement).where(ComplaintStatement.complaint_id.in_(sorted(complaint_ids)))
    found: dict[int, list[ComplaintStatement]] = {complaint_id: [] for complaint_id in complaint_ids}
    for statement in db.session.scalars(stmt.order_by(ComplaintStatement.id)):
        found[statement.complaint_id].append(statement)
    return found


def events_of(complaint_id: int) -> list[tuple[ComplaintEvent, str | None]]:
    """The history with the names of those who acted, oldest first."""
    stmt = (
        select(ComplaintEvent, Staff.name)
        .outerjoin(Staff, (Staff.id == ComplaintEvent.actor_id) & (ComplaintEvent.actor_kind == "staff"))
        .where(ComplaintEvent.complaint_id == complaint_id)
        .order_by(ComplaintEvent.id)
    )
    return [(found[0], found[1]) for found in db.session.execute(stmt)]


def _rows() -> Select[Any]:
    first_words = (
        select(ComplaintStatement.words)
        .where(ComplaintStatement.complaint_id == Complaint.id)
        .order_by(ComplaintStatement.id)
        .limit(1)
        .scalar_subquery()
    )
    columns: tuple[Any, ...] = (Complaint, Customer, Store, Staff.name, Task, func.coalesce(first_words, ""))
    return (
        select(*columns)
        .join(Customer, Customer.id == Complaint.customer_id)
        .join(Store, Store.id == Complaint.store_id)
        .outerjoin(Staff, Staff.id == Complaint.owner_id)
        .outerjoin(Task, Task.id == Complaint.recovery_task_id)
    )


def narrowed(wanted: ComplaintFilter, now: datetime) -> list[ColumnElement[bool]]:
    """What the filter asks of Complaint, for selects of other lists."""
    return _conditions(wanted, now)


def _conditions(wanted: ComplaintFilter, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (Complaint.store_id, wanted.store_id),
        (Complaint.customer_id, wanted.customer_id),
        (Complaint.owner_id, wanted.owner_id),
        (Complaint.stage, wanted.stage),
        (Complaint.is_reaction, wanted.is_reaction),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.is_open is not None:
        conditions.append(Complaint.closed_at.is_(None) if wanted.is_open else Complaint.closed_at.is_not(None))
    if wanted.is_overdue:
        conditions.append(is_overdue(now))
    return conditions
