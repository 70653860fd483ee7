"""Reads for pages and API: threads, the inbox, what waits to go out, templates, the sandbox phones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal, null, select, union_all
from sqlalchemy.orm import aliased

from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.core.phone import mask
from app.customers.access import visible_customers
from app.customers.models import Customer
from app.messaging import access
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
from app.people.access import Actor
from app.people.models import Staff

HANDED_OVER_AFTER = timedelta(minutes=30)
"""A customer who waits longer than this for a person is the supervisor's."""


@dataclass(frozen=True)
class Line:
    """One line of a thread: a text in ("in"), a text out ("out") or a note between colleagues ("note").

    `status` is the state as people see it: a pending row that waits for the morning is "held".
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

    @property
    def is_inbound(self) -> bool:
        return self.direction == "in"

    @property
    def is_note(self) -> bool:
        return self.direction == "note"


@dataclass(frozen=True)
class Talk:
    """A conversation as the inbox lists it."""

    id: int
    customer_id: int | None
    name: str
    phone_masked: str
    locale: str
    store_id: int | None
    owner_id: int | None
    owner_name: str | None
    unread: int
    attention: str | None
    waiting_since: datetime | None
    is_handed_over: bool
    is_paused: bool
    can_send: bool
    last_at: datetime
    last_text: str | None
    last_direction: str | None


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
    """The newest lines of any thread, also one whose number nobody knows; oldest first."""
    if conversation.customer_id is not None:
        return thread(conversation.customer_id, limit=limit)
    page = _page_of_lines([_inbound_lines(Inbound.from_phone == conversation.phone)], cursor=None, limit=limit)
    return list(reversed(page.rows))


def lines_of_task(task_id: int) -> list[Line]:
    """The texts about one task, oldest first."""
    page = _page_of_lines([_outbound_lines(Message.task_id == task_id)], cursor=None, limit=100)
    return list(reversed(page.rows))


def _lines_of_customer(customer_id: int, *, with_notes: bool = True) -> list[Any]:
    parts = [
        _outbound_lines(Message.customer_id == customer_id),
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
    columns = [*_NOTE, null(), null(), ConversationNote.author_id, Staff.name, *_blank(3)]
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
    return Page(rows=[_line(row) for row in page.rows], next_cursor=page.next_cursor)


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
        status_reason=row[6],
        held_until=row[7] if row[5] == State.PENDING else None,
        author_id=row[8],
        author=row[9],
        task_id=row[10],
        message_id=row[11],
        segments=row[12],
    )


# The inbox


def conversation(conversation_id: int, *, actor: Actor, now: datetime) -> Conversation:
    stmt = select(Conversation).where(Conversation.id == conversation_id)
    found: Conversation | None = db.session.scalar(access.visible_conversations(stmt, actor, now))
    if found is None:
        raise NotFound
    return found


def conversation_of(customer_id: int) -> Conversation | None:
    """The customer's conversation, if anybody has written yet; the caller has checked who asks."""
    return db.session.scalar(select(Conversation).where(Conversation.customer_id == customer_id))


def inbox(
    actor: Actor,
    *,
    now: datetime,
    cursor: str | None = None,
    limit: int | None = None,
    unread: bool | None = None,
    waiting: bool | None = None,
    store_id: int | None = None,
    search: str | None = None,
) -> Page:
    """The conversations that the actor may see, the liveliest first."""
    stmt = access.visible_conversations(_talks(), actor, now)
    if unread is not None:
        stmt = stmt.where(Conversation.unread > 0 if unread else Conversation.unread == 0)
    if waiting is not None:
        stmt = stmt.where(Conversation.waiting_since.is_not(None) if waiting else Conversation.waiting_since.is_(None))
    if store_id is not None:
        stmt = stmt.where(Conversation.store_id == store_id)
    if search:
        stmt = stmt.where(Customer.name.contains(search, autoescape=True))
    keys = [Conversation.last_at.desc(), Conversation.id.desc()]
    page = page_of(stmt, keys=keys, cursor=cursor, limit=limit)
    return Page(rows=[_talk(row, now=now) for row in page.rows], next_cursor=page.next_cursor)


def talk(conversation_id: int, *, actor: Actor, now: datetime) -> Talk:
    stmt = access.visible_conversations(_talks().where(Conversation.id == conversation_id), actor, now)
    row = db.session.execute(stmt).first()
    if row is None:
        raise NotFound
    return _talk(row, now=now)


def unread_count(actor: Actor, *, now: datetime) -> int:
    """How many conversations of the actor have unread texts."""
    stmt = select(func.count()).select_from(Conversation).where(Conversation.unread > 0)
    return int(db.session.scalar(access.visible_conversations(stmt, actor, now)) or 0)


def _talks() -> Any:
    owner = aliased(Staff)
    newest = union_all(
        select(Message.body.label("body"), literal("out").label("direction"), Message.submitted_at.label("at"))
        .where(Message.customer_id == Conversation.customer_id, Message.submitted_at.is_not(None))
        .order_by(Message.submitted_at.desc())
        .limit(1)
        .correlate(Conversation)
        .subquery()
        .select(),
        select(Inbound.body, literal("in"), Inbound.received_at)
        .where(_belongs(Inbound, Conversation))
        .order_by(Inbound.received_at.desc())
        .limit(1)
        .correlate(Conversation)
        .subquery()
        .select(),
    ).subquery()
    last = select(newest).order_by(newest.c.at.desc()).limit(1).lateral("last_text")
    return (
        select(Conversation, Customer, owner.name, last.c.body, last.c.direction)
        .outerjoin(Customer, Customer.id == Conversation.customer_id)
        .outerjoin(owner, owner.id == Customer.owner_id)
        .outerjoin(last, literal(True))
    )


def _belongs(inbound: Any, talk_: Any) -> ColumnElement[bool]:
    known = and_(talk_.customer_id.is_not(None), inbound.customer_id == talk_.customer_id)
    unknown = and_(talk_.customer_id.is_(None), inbound.from_phone == talk_.phone)
    return known | unknown


def _talk(row: Any, *, now: datetime) -> Talk:
    found, customer, owner_name, last_text, last_direction = row[:5]
    waits = found.waiting_since is not None and now - found.waiting_since > HANDED_OVER_AFTER
    phone = customer.phone if customer else found.phone
    return Talk(
        id=found.id,
        customer_id=found.customer_id,
        name=customer.name if customer else mask(found.phone),
        phone_masked=mask(phone),
        locale=customer.locale if customer else "zh_Hans",
        store_id=found.store_id,
        owner_id=customer.owner_id if customer else None,
        owner_name=owner_name,
        unread=found.unread,
        attention=found.attention,
        waiting_since=found.waiting_since,
        is_handed_over=waits,
        is_paused=found.paused_at is not None,
        can_send=customer is not None and customer.phone is not None,
        last_at=found.last_at,
        last_text=last_text,
        last_direction=last_direction,
    )


# What goes out


def outbox(
    actor: Actor,
    *,
    now: datetime,
    states: Collection[str] = (),
    store_id: int | None = None,
    task_id: int | None = None,
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
        select(ranked, Customer.id, Customer.name, Customer.locale, Customer.store_id)
        .outerjoin(Customer, Customer.phone == ranked.c.phone)
        .where(ranked.c.place == 1)
        .order_by(ranked.c.at.desc())
        .limit(limit)
    )
    if not actor.sees_all_stores:
        stmt = visible_customers(stmt, actor, now)
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
