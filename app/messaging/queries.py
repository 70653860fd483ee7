"""Reads for pages and API: threads, what waits to go out, templates, the sandbox phones. The inbox: inbox.py."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal, null, or_, select, text, union_all
from sqlalchemy.orm import aliased

from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.core.phone import mask
from app.customers.access import visible_customers
from app.customers.models import Customer
from app.messaging import access, gateway
from app.messaging.models import (
    Conversation,
    ConversationNote,
    Inbound,
    Message,
    MessageAttempt,
    MessageTemplate,
    Question,
    State,
)
from app.messaging.resend import SENT_AGAIN
from app.people.access import Actor, visible_staff
from app.people.models import Staff


@dataclass(frozen=True)
class Try:
    """How an earlier row of the same text ended, before it was sent again."""

    status: str
    status_reason: str | None
    at: datetime


@dataclass(frozen=True)
class Line:
    """One line of a thread: a text in ("in"), a text out ("out") or a note between colleagues ("note").

    `status` is the state as people see it: a pending row that waits for the morning is "held". A text that was sent
    again is one line with the state of its newest row; `earlier` tells of the rows before.
    """

    id: str
    direction: str
    text: str
    at: datetime
    kind: str
    status: str
    status_reason: str | None
    held_until: datetime | None
    author: str | None
    author_id: int | None
    task_id: int | None
    message_id: UUID | None
    segments: int | None
    earlier: tuple[Try, ...] = ()

    @property
    def is_inbound(self) -> bool:
        return self.direction == "in"

    @property
    def is_note(self) -> bool:
        return self.direction == "note"


@dataclass(frozen=True)
class Outgoing:
    """A row on its way, or one that did not get there, and why."""

    id: UUID
    kind: str
    status: str
    status_reason: str | None
    held_until: datetime | None
    not_before: datetime
    expires_at: datetime
    customer_id: int | None
    customer_name: str | None
    phone_masked: str
    store_id: int
    task_id: int | None
    text: str
    segments: int
    created_at: datetime


@dataclass(frozen=True)
class MessageDetail:
    message: Message
    attempts: Sequence[MessageAttempt]
    question: Question | None

    @property
    def status(self) -> str:
        return status_of(self.message.state, self.message.held_until)


@dataclass(frozen=True)
class SandboxPhone:
    """A number that the sandbox phone can be."""

    phone: str
    customer_id: int | None
    name: str
    locale: str
    store_id: int | None
    texts: int
    last_at: datetime
    last_text: str
    last_direction: str


def status_of(state: str, held_until: datetime | None) -> str:
    """The state in the words that pages and the API use."""
    if state == State.PENDING and held_until is not None:
        return "held"
    return "cancelled" if state == State.CANCELED else state


# Threads


def thread(customer_id: int, *, limit: int = 200) -> list[Line]:
    """The newest lines of a customer's thread, oldest first; the caller has checked who asks."""
    page = _page_of_lines(_lines_of_customer(customer_id), cursor=None, limit=limit)
    return list(reversed(page.rows))


def page_of_thread(
    customer_id: int, *, cursor: str | None = None, limit: int | None = None, with_notes: bool = False
) -> Page:
    """Lines, newest first."""
    return _page_of_lines(_lines_of_customer(customer_id, with_notes=with_notes), cursor=cursor, limit=limit)


def lines_of_conversation(conversation: Conversation, *, limit: int = 200) -> list[Line]:
    """The newest lines of any thread with its notes, also one whose number nobody knows; oldest first."""
    page = page_of_conversation(conversation, limit=limit, with_notes=True)
    return list(reversed(page.rows))


def page_of_conversation(
    conversation: Conversation, *, cursor: str | None = None, limit: int | None = None, with_notes: bool = False
) -> Page:
    """Lines, newest first."""
    if conversation.customer_id is not None:
        return page_of_thread(conversation.customer_id, cursor=cursor, limit=limit, with_notes=with_notes)
    if conversation.staff_id is not None:
        told = and_(Message.to_staff_id == conversation.staff_id, Message.parent_id.is_(None))
        parts = [_outbound_lines(told), _inbound_lines(Inbound.staff_id == conversation.staff_id)]
    else:
        stranger = and_(Inbound.from_phone == conversation.phone, Inbound.staff_id.is_(None))
        parts = [_inbound_lines(stranger)]
    if with_notes:
        parts.append(_note_lines(ConversationNote.conversation_id == conversation.id))
    return _page_of_lines(parts, cursor=cursor, limit=limit)


def lines_of_task(task_id: int) -> list[Line]:
    """The texts about one task, oldest first."""
    firsts = and_(Message.task_id == task_id, Message.parent_id.is_(None))
    page = _page_of_lines([_outbound_lines(firsts)], cursor=None, limit=100)
    return list(reversed(page.rows))


def _lines_of_customer(customer_id: int, *, with_notes: bool = True) -> list[Any]:
    parts = [
        _outbound_lines(and_(Message.customer_id == customer_id, Message.parent_id.is_(None))),
        _inbound_lines(Inbound.customer_id == customer_id),
    ]
    if with_notes:
        parts.append(_note_lines(Conversation.customer_id == customer_id))
    return parts


# A line stands where it was, or will be, read.
_READ_AT = func.coalesce(Message.submitted_at, func.greatest(Message.created_at, Message.not_before))

_OUT: tuple[Any, ...] = (
    (literal("out:") + cast(Message.id, Text)).label("key"),
    literal("out").label("direction"),
    Message.body.label("body"),
    _READ_AT.label("at"),
    Message.kind.label("kind"),
    Message.state.label("state"),
    func.coalesce(Message.end_reason, Message.held_reason).label("reason"),
    Message.held_until.label("held_until"),
    Message.sender_id.label("author_id"),
    Staff.name.label("author"),
    Message.task_id.label("task_id"),
    Message.id.label("message_id"),
    Message.segments.label("segments"),
    Message.error_code.label("error_code"),
    Message.provider.label("provider"),
)
_IN: tuple[Any, ...] = (
    (literal("in:") + cast(Inbound.id, Text)).label("key"),
    literal("in").label("direction"),
    Inbound.body.label("body"),
    Inbound.received_at.label("at"),
    func.coalesce(Inbound.intent, "").label("kind"),
    literal("received").label("state"),
)
_NOTE: tuple[Any, ...] = (
    (literal("note:") + cast(ConversationNote.id, Text)).label("key"),
    literal("note").label("direction"),
    ConversationNote.text.label("body"),
    ConversationNote.created_at.label("at"),
    literal("note").label("kind"),
    literal("note").label("state"),
)


def _outbound_lines(where: ColumnElement[bool]) -> Any:
    return select(*_OUT).outerjoin(Staff, Staff.id == Message.sender_id).where(where)


def _inbound_lines(where: ColumnElement[bool]) -> Any:
    columns = [*_IN, *_blank(len(_OUT) - len(_IN))]
    return select(*columns).where(where)


def _note_lines(where: ColumnElement[bool]) -> Any:
    columns = [*_NOTE, null(), null(), ConversationNote.author_id, Staff.name, *_blank(5)]
    return (
        select(*columns)
        .join(Conversation, Conversation.id == ConversationNote.conversation_id)
        .join(Staff, Staff.id == ConversationNote.author_id)
        .where(where)
    )


def _blank(columns: int) -> list[Any]:
    return [null() for _ in range(columns)]


def _page_of_lines(parts: Sequence[Any], *, cursor: str | None, limit: int | None) -> Page:
    lines: Any = _together(*parts).subquery()
    stmt: Any = select(lines)
    page = page_of(stmt, keys=[lines.c.at.desc(), lines.c.key.desc()], cursor=cursor, limit=limit)
    return Page(rows=_with_their_story([_line(row) for row in page.rows]), next_cursor=page.next_cursor)


def _with_their_story(lines: Sequence[Line]) -> list[Line]:
    """Rows that send a text again belong to the line of its first row."""
    ids = [line.message_id for line in lines if line.message_id is not None]
    again: dict[UUID, list[Any]] = {}
    if ids:
        for row in db.session.execute(FOLLOWERS, {"ids": ids}):
            again.setdefault(row.first_id, []).append(row)
    return [_told(line, again[line.message_id]) if line.message_id in again else line for line in lines]


FOLLOWERS = text("""
    WITH RECURSIVE chain AS (
        SELECT parent_id AS first_id, message.id FROM message WHERE parent_id = ANY(:ids)
        UNION ALL
        SELECT chain.first_id, message.id FROM message JOIN chain ON message.parent_id = chain.id)
    SELECT chain.first_id, message.id, message.state, message.end_reason, message.held_reason, message.held_until,
        message.error_code, message.provider, message.body, message.segments,
        coalesce(message.submitted_at, greatest(message.created_at, message.not_before)) AS at
    FROM chain JOIN message ON message.id = chain.id
    ORDER BY message.created_at, message.id""")


def _told(line: Line, again: Sequence[Any]) -> Line:
    tries = [Try(line.status, line.status_reason, line.at)]
    tries += [Try(status_of(row.state, row.held_until), _why_of(row), row.at) for row in again]
    last = again[-1]
    return replace(
        line,
        text=last.body,
        status=tries[-1].status,
        status_reason=tries[-1].status_reason,
        held_until=last.held_until if last.state == State.PENDING else None,
        message_id=last.id,
        segments=last.segments,
        earlier=tuple(tries[:-1]),
    )


def _why_of(row: Any) -> str | None:
    return _why(row.end_reason or row.held_reason, row.provider, row.error_code)


def _why(reason: str | None, provider: str | None, error_code: int | None) -> str | None:
    """The reason that was written down; for a row that another one follows, what the carrier said about it."""
    if provider and error_code and (reason is None or reason == SENT_AGAIN):
        return gateway.meaning_of(provider, error_code).reason
    return reason


# Loosely typed: mypy can't follow a union of selects with a variable number of columns.
_together: Any = union_all


def _line(row: Any) -> Line:
    return Line(
        id=row[0],
        direction=row[1],
        text=row[2],
        at=row[3],
        kind=row[4],
        status=status_of(row[5], row[7]),
        status_reason=_why(row[6], row[14], row[13]),
        held_until=row[7] if row[5] == State.PENDING else None,
        author_id=row[8],
        author=row[9],
        task_id=row[10],
        message_id=row[11],
        segments=row[12],
    )


# Conversations


def conversation(conversation_id: int, *, actor: Actor, now: datetime) -> Conversation:
    stmt = select(Conversation).where(Conversation.id == conversation_id)
    found: Conversation | None = db.session.scalar(access.visible_conversations(stmt, actor, now))
    if found is None:
        raise NotFound
    return found


def conversation_of(customer_id: int) -> Conversation | None:
    """The customer's conversation, if anybody has written yet; the caller has checked who asks."""
    return db.session.scalar(select(Conversation).where(Conversation.customer_id == customer_id))


# What goes out


def outbox(
    actor: Actor,
    *,
    now: datetime,
    states: Collection[str] = (),
    store_id: int | None = None,
    task_id: int | None = None,
    customer_id: int | None = None,
    kind: str | None = None,
    only_held: bool = False,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Outbound texts, newest first, with the reason why each waits or ended."""
    rows: Any = select(Message, Customer.name).outerjoin(Customer, Customer.id == Message.customer_id)
    stmt = access.visible_messages(rows, actor, now)
    if states:
        stmt = stmt.where(Message.state.in_(list(states)))
    if only_held:
        stmt = stmt.where(Message.state == State.PENDING.value, Message.held_reason.is_not(None))
    if store_id is not None:
        stmt = stmt.where(Message.store_id == store_id)
    if task_id is not None:
        stmt = stmt.where(Message.task_id == task_id)
    if customer_id is not None:
        stmt = stmt.where(Message.customer_id == customer_id)
    if kind is not None:
        stmt = stmt.where(Message.kind == kind)
    page = page_of(stmt, keys=[Message.created_at.desc(), Message.id.desc()], cursor=cursor, limit=limit)
    return Page(rows=[_outgoing(row[0], row[1]) for row in page.rows], next_cursor=page.next_cursor)


def message(message_id: UUID, *, actor: Actor, now: datetime) -> MessageDetail:
    stmt = select(Message).where(Message.id == message_id)
    found: Message | None = db.session.scalar(access.visible_messages(stmt, actor, now))
    if found is None:
        raise NotFound
    attempts = db.session.scalars(
        select(MessageAttempt).where(MessageAttempt.message_id == message_id).order_by(MessageAttempt.n)
    ).all()
    question = db.session.scalar(select(Question).where(Question.message_id == message_id))
    return MessageDetail(message=found, attempts=attempts, question=question)


def counts_by_state() -> dict[str, int]:
    """How many rows stand in each state that is not an end, for metrics."""
    rows = db.session.execute(
        select(Message.state, func.count())
        .where(Message.state.in_(["pending", "claimed", "submitting", "unknown", "submitted", "sent"]))
        .group_by(Message.state)
    )
    return {row[0]: row[1] for row in rows}


def _outgoing(row: Message, customer_name: str | None) -> Outgoing:
    return Outgoing(
        id=row.id,
        kind=row.kind,
        status=status_of(row.state, row.held_until),
        status_reason=row.end_reason or row.held_reason,
        held_until=row.held_until if row.state == State.PENDING else None,
        not_before=row.not_before,
        expires_at=row.expires_at,
        customer_id=row.customer_id,
        customer_name=customer_name,
        phone_masked=mask(row.to_phone),
        store_id=row.store_id,
        task_id=row.task_id,
        text=row.body,
        segments=row.segments,
        created_at=row.created_at,
    )


# Templates


def current_templates(*, cursor: str | None = None, limit: int | None = None) -> Page:
    """The wording in force for each kind, type of task and reach."""
    newer = aliased(MessageTemplate)
    superseded = (
        select(newer.id)
        .where(
            newer.kind == MessageTemplate.kind,
            newer.task_type == MessageTemplate.task_type,
            newer.reach == MessageTemplate.reach,
            newer.version > MessageTemplate.version,
        )
        .exists()
    )
    keys = [MessageTemplate.kind, MessageTemplate.task_type, MessageTemplate.reach, MessageTemplate.id]
    return page_of(select(MessageTemplate).where(~superseded), keys=keys, cursor=cursor, limit=limit)


def template(template_id: int) -> MessageTemplate:
    found = db.session.get(MessageTemplate, template_id)
    if found is None:
        raise NotFound
    return found


def versions_of(wording: MessageTemplate) -> Sequence[MessageTemplate]:
    """All versions of this wording, newest first."""
    return db.session.scalars(
        select(MessageTemplate)
        .where(
            MessageTemplate.kind == wording.kind,
            MessageTemplate.task_type == wording.task_type,
            MessageTemplate.reach == wording.reach,
        )
        .order_by(MessageTemplate.version.desc())
    ).all()


# The sandbox phones


def sandbox_phones(actor: Actor, *, now: datetime, limit: int = 100) -> list[SandboxPhone]:
    """The numbers that got or sent a text lately, the liveliest first."""
    lines = union_all(
        select(
            Message.to_phone.label("phone"),
            Message.submitted_at.label("at"),
            Message.body.label("body"),
            literal("out").label("direction"),
            Message.store_id.label("store_id"),
        ).where(Message.provider == "sandbox", Message.state == State.DELIVERED.value),
        select(
            Inbound.from_phone, Inbound.received_at, Inbound.body, literal("in"), cast(null(), Message.store_id.type)
        ).where(Inbound.provider == "sandbox"),
    ).subquery()
    ranked: Any = select(
        lines,
        func.row_number().over(partition_by=lines.c.phone, order_by=lines.c.at.desc()).label("place"),
        func.count().over(partition_by=lines.c.phone).label("texts"),
    ).subquery()
    stmt = (
        select(
            ranked,
            Customer.id,
            func.coalesce(Customer.name, Staff.name).label("name"),
            func.coalesce(Customer.locale, Staff.locale).label("locale"),
            func.coalesce(Customer.store_id, Staff.home_store_id),
        )
        .outerjoin(Customer, Customer.phone == ranked.c.phone)
        .outerjoin(Staff, and_(Staff.phone == ranked.c.phone, Customer.id.is_(None)))
        .where(ranked.c.place == 1)
        .order_by(ranked.c.at.desc())
        .limit(limit)
    )
    if not actor.sees_all_stores:
        theirs = Customer.id.in_(visible_customers(select(Customer.id), actor, now))
        stmt = stmt.where(or_(theirs, Staff.id.in_(visible_staff(select(Staff.id), actor))))
    return [
        SandboxPhone(
            phone=row.phone,
            customer_id=row.id,
            name=row.name or mask(row.phone),
            locale=row.locale or "zh_Hans",
            store_id=row[-1],
            texts=row.texts,
            last_at=row.at,
            last_text=row.body,
            last_direction=row.direction,
        )
        for row in db.session.execute(stmt)
    ]


def sandbox_thread(phone: str, *, limit: int = 100) -> list[Line]:
    """What this phone shows: only texts that reached it, and what it sent; oldest first."""
    shown = and_(Message.to_phone == phone, Message.provider == "sandbox", Message.state == State.DELIVERED.value)
    page = _page_of_lines(
        [_outbound_lines(shown), _inbound_lines(Inbound.from_phone == phone)], cursor=None, limit=limit
    )
    return list(reversed(page.rows))
