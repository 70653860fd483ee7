"""Reads for the inbox: conversations as people list them, how many are whose, search by name, number and words."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, union, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.core.phone import mask
from app.customers.models import Customer
from app.messaging import access
from app.messaging.kinds import Kind
from app.messaging.models import Attention, Conversation, ConversationNote, ConversationSeen, Inbound, Message
from app.people.access import Actor
from app.people.models import Staff

NEWEST_MATCHES = 500
"""So many texts with the words looked for are considered, the newest first."""

LEAST_DIGITS = 7
"""A shorter piece of a number would lay open, one search after the other, what is masked."""

LEAST_SIGNS = 2

_NUMBER = re.compile(r"[\d\s()+.-]+")


class View(StrEnum):
    """Which conversations a list shows."""

    MINE = "mine"
    UNREAD = "unread"
    WAITING = "waiting"
    HANDED_OVER = "handed_over"
    COMPLAINT = "complaint"
    LOW_RATING = "low_rating"
    MAYBE_OPT_OUT = "maybe_opt_out"
    UNKNOWN = "unknown"


ALL_WAIT = (View.MINE, View.WAITING, View.HANDED_OVER)
GRAVEST = (Attention.COMPLAINT, Attention.LOW_RATING, Attention.MAYBE_OPT_OUT)
"""Who waits is answered in this order, everybody else after them; within each the one who has waited longest."""


class Turn(StrEnum):
    """Whose turn it is: nobody waits, a person has it, or whoever leads the store."""

    NOBODY = "nobody"
    PERSON = "person"
    LEAD = "lead"


@dataclass(frozen=True)
class Talk:
    """A conversation as the inbox lists it. `unread` is what the asking person has not seen."""

    id: int
    customer_id: int | None
    colleague_id: int | None
    name: str
    phone_masked: str
    locale: str
    store_id: int | None
    owner_id: int | None
    owner_name: str | None
    unread: int
    attention: str | None
    waiting_since: datetime | None
    turn: Turn
    is_mine: bool
    assignee_id: int | None
    assignee_name: str | None
    handed_over_at: datetime | None
    hand_over_due_at: datetime | None
    is_paused: bool
    can_send: bool
    last_at: datetime
    last_text: str | None
    last_direction: str | None

    @property
    def is_handed_over(self) -> bool:
        return self.waiting_since is not None and self.handed_over_at is not None


@dataclass(frozen=True)
class Counts:
    """`to_answer`: my turn. `unread`: of those, with texts that I have not seen; the number beside "Messages".

    The rest is about all that the person may see, whoever's turn it is.
    """

    to_answer: int
    unread: int
    store_unread: int
    store_waiting: int
    handed_over: int
    unknown_numbers: int


@dataclass(frozen=True)
class LastText:
    customer_id: int
    text: str
    direction: str
    at: datetime


def inbox(
    actor: Actor,
    *,
    now: datetime,
    cursor: str | None = None,
    limit: int | None = None,
    view: View | None = None,
    unread: bool | None = None,
    waiting: bool | None = None,
    store_id: int | None = None,
    search: str | None = None,
) -> Page:
    """The conversations that the actor may see, the liveliest first; where all wait, the gravest, then the oldest."""
    where: list[ColumnElement[bool]] = []
    if view is not None:
        where.append(_shown_in(view, actor))
    if unread is not None:
        where.append(_unseen() > 0 if unread else _unseen() <= 0)
    if waiting is not None:
        where.append(Conversation.waiting_since.is_not(None) if waiting else Conversation.waiting_since.is_(None))
    if store_id is not None:
        # Strangers' texts belong to no store; they stand in every list of those who may see them.
        where.append(or_(Conversation.store_id == store_id, Conversation.store_id.is_(None)))
    if search and search.strip():
        where.append(_matches(search.strip(), actor, now))
    if waiting or view in ALL_WAIT:
        return _gravest_first(where, actor=actor, now=now, cursor=cursor, limit=limit)
    stmt = access.visible_conversations(_talks(actor).where(*where), actor, now)
    keys = [Conversation.last_at.desc(), Conversation.id.desc()]
    page = page_of(stmt, keys=keys, cursor=cursor, limit=limit)
    return Page(rows=[_talk(row) for row in page.rows], next_cursor=page.next_cursor)


def _gravest_first(
    where: list[ColumnElement[bool]], *, actor: Actor, now: datetime, cursor: str | None, limit: int | None
) -> Page:
    """No index has this order. So what waits is sorted without the texts, which are read for one page only."""
    order: dict[str, Any] = {attention.value: place for place, attention in enumerate(GRAVEST)}
    place = case(order, value=Conversation.attention, else_=len(GRAVEST))
    ids = _with_seen(select(Conversation.id).outerjoin(Customer, Customer.id == Conversation.customer_id), actor)
    stmt = access.visible_conversations(ids.where(*where), actor, now)
    page = page_of(stmt, keys=[place, Conversation.waiting_since, Conversation.id], cursor=cursor, limit=limit)
    found = db.session.execute(_talks(actor).where(Conversation.id.in_(page.rows)))
    talks = {talk.id: talk for talk in map(_talk, found)}
    # A stranger may have been recognised between the two reads, and the thread joined to another.
    return Page(rows=[talks[one] for one in page.rows if one in talks], next_cursor=page.next_cursor)


def talk(conversation_id: int, *, actor: Actor, now: datetime) -> Talk:
    stmt = access.visible_conversations(_talks(actor).where(Conversation.id == conversation_id), actor, now)
    row = db.session.execute(stmt).first()
    if row is None:
        raise NotFound
    return _talk(row)


def talk_as_it_is(conversation_id: int, *, actor: Actor) -> Talk:
    """For the answer to a change that may have given it out of the actor's sight; the change has checked who asks."""
    return _talk(db.session.execute(_talks(actor).where(Conversation.id == conversation_id)).one())


def counts(actor: Actor, *, now: datetime) -> Counts:
    mine, unseen = access.is_my_turn(actor), _unseen() > 0
    stmt = _with_seen(
        select(
            func.count().filter(mine),
            func.count().filter(mine, unseen),
            func.count().filter(unseen),
            func.count().filter(Conversation.waiting_since.is_not(None)),
            func.count().filter(_shown_in(View.HANDED_OVER, actor)),
            func.count().filter(_shown_in(View.UNKNOWN, actor)),
        ).select_from(Conversation),
        actor,
    )
    row = db.session.execute(access.visible_conversations(stmt, actor, now)).one()
    return Counts(*row)


def unread_count(actor: Actor) -> int:
    """How many conversations wait for this person with texts that he or she has not seen."""
    stmt = _with_seen(select(func.count()).select_from(Conversation), actor)
    return int(db.session.scalar(stmt.where(access.is_my_turn(actor), _unseen() > 0)) or 0)


def last_texts(customer_ids: Collection[int]) -> list[LastText]:
    """The newest text to or from each of these customers, automatic ones too; the caller has checked who asks."""
    if not customer_ids:
        return []
    out = (
        select(Message.customer_id, Message.body, literal("out"), Message.submitted_at)
        .where(Message.customer_id.in_(customer_ids), Message.submitted_at.is_not(None))
        .ext(distinct_on(Message.customer_id))
        .order_by(Message.customer_id, Message.submitted_at.desc())
    )
    into = (
        select(Inbound.customer_id, Inbound.body, literal("in"), Inbound.received_at)
        .where(Inbound.customer_id.in_(customer_ids))
        .ext(distinct_on(Inbound.customer_id))
        .order_by(Inbound.customer_id, Inbound.received_at.desc())
    )
    newest: dict[int, LastText] = {}
    for row in [*db.session.execute(out), *db.session.execute(into)]:
        text = LastText(*row)
        if text.customer_id not in newest or text.at > newest[text.customer_id].at:
            newest[text.customer_id] = text
    return list(newest.values())


def _talks(actor: Actor) -> Any:
    owner, assignee, colleague = aliased(Staff), aliased(Staff), aliased(Staff)
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
    stmt = (
        select(
            Conversation,
            Customer,
            owner.name,
            assignee.name,
            _unseen(),
            access.is_my_turn(actor),
            last.c.body,
            last.c.direction,
            colleague,
        )
        .outerjoin(Customer, Customer.id == Conversation.customer_id)
        .outerjoin(colleague, colleague.id == Conversation.staff_id)
        .outerjoin(owner, owner.id == Customer.owner_id)
        .outerjoin(assignee, assignee.id == Conversation.assignee_id)
        .outerjoin(last, literal(True))
    )
    return _with_seen(stmt, actor)


def _with_seen(stmt: Any, actor: Actor) -> Any:
    own = and_(ConversationSeen.conversation_id == Conversation.id, ConversationSeen.staff_id == (actor.staff_id or 0))
    return stmt.outerjoin(ConversationSeen, own)


def _unseen() -> ColumnElement[int]:
    return Conversation.unread - func.coalesce(ConversationSeen.seen, 0)


def _shown_in(view: View, actor: Actor) -> ColumnElement[bool]:
    waits = Conversation.waiting_since.is_not(None)
    match view:
        case View.MINE:
            return access.is_my_turn(actor)
        case View.UNREAD:
            return _unseen() > 0
        case View.WAITING:
            return waits
        case View.HANDED_OVER:
            return and_(waits, Conversation.handed_over_at.is_not(None))
        case View.UNKNOWN:
            return Conversation.phone.is_not(None)
        case View.COMPLAINT | View.LOW_RATING | View.MAYBE_OPT_OUT:
            return Conversation.attention == Attention(view.value).value


def _belongs(inbound: Any, talk_: Any) -> ColumnElement[bool]:
    known = and_(talk_.customer_id.is_not(None), inbound.customer_id == talk_.customer_id)
    colleagues = and_(talk_.staff_id.is_not(None), inbound.staff_id == talk_.staff_id)
    unknown = and_(talk_.phone.is_not(None), inbound.from_phone == talk_.phone, inbound.staff_id.is_(None))
    return known | colleagues | unknown


# Search


def _matches(search: str, actor: Actor, now: datetime) -> ColumnElement[bool]:
    found: list[ColumnElement[bool]] = [Customer.name.icontains(search, autoescape=True)]
    colleague: ColumnElement[bool] = Staff.name.icontains(search, autoescape=True)
    digits = re.sub(r"\D", "", search)
    if _NUMBER.fullmatch(search) and len(digits) >= LEAST_DIGITS:
        found += [Customer.phone.endswith(digits), Conversation.phone.endswith(digits)]
        colleague |= Staff.phone.endswith(digits)
    found.append(Conversation.staff_id.in_(select(Staff.id).where(colleague)))
    if len(search) >= LEAST_SIGNS:
        found.append(Conversation.id.in_(_with_words(search, actor, now)))
    return or_(*found)


def _with_words(search: str, actor: Actor, now: datetime) -> Any:
    """Ids of conversations with these words in a customer's text, in one by a person, or in a note of colleagues."""
    inbound: Any = select(Conversation.id.label("id"), Inbound.received_at.label("at"))
    inbound = inbound.join(Inbound, _belongs(Inbound, Conversation)).where(_says(Inbound.body, search))
    written: Any = select(Conversation.id, Message.created_at).join(
        Message, Message.customer_id == Conversation.customer_id
    )
    written = written.where(Message.kind == Kind.STAFF.value, _says(Message.body, search))
    noted: Any = select(Conversation.id, ConversationNote.created_at)
    noted = noted.join(ConversationNote, ConversationNote.conversation_id == Conversation.id)
    noted = noted.where(_says(ConversationNote.text, search))
    parts = [
        select(_newest(access.visible_conversations(part, actor, now)).subquery().c.id)
        for part in (inbound, written, noted)
    ]
    return union(*parts)


def _newest(part: Any) -> Any:
    return part.order_by(part.selected_columns[1].desc()).limit(NEWEST_MATCHES)


def _says(column: Any, search: str) -> ColumnElement[bool]:
    """The index finds texts with all pairs of neighbouring characters; the second look makes sure of their order."""
    holds_all = func.text_grams(column).op("@>", is_comparison=True)(func.text_grams(search))
    return and_(holds_all, column.icontains(search, autoescape=True))


def _talk(row: Any) -> Talk:
    found, customer, owner_name, assignee_name, unseen, is_mine, last_text, last_direction, colleague = row[:9]
    partner = customer or colleague
    phone = partner.phone if partner else found.phone
    waits = found.waiting_since is not None
    return Talk(
        id=found.id,
        customer_id=found.customer_id,
        colleague_id=found.staff_id,
        name=partner.name if partner else mask(phone),
        phone_masked=mask(phone),
        locale=partner.locale if partner else "zh_Hans",
        store_id=found.store_id,
        owner_id=customer.owner_id if customer else None,
        owner_name=owner_name,
        unread=max(unseen, 0),
        attention=found.attention,
        waiting_since=found.waiting_since,
        turn=Turn.NOBODY if not waits else Turn.LEAD if found.assignee_id is None else Turn.PERSON,
        is_mine=bool(is_mine),
        assignee_id=found.assignee_id,
        assignee_name=assignee_name,
        handed_over_at=found.handed_over_at if waits else None,
        hand_over_due_at=found.hand_over_due_at if waits else None,
        is_paused=found.paused_at is not None,
        can_send=customer is not None and customer.phone is not None,
        last_at=found.last_at,
        last_text=last_text,
        last_direction=last_direction,
    )
