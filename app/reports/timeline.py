"""Everything that happened between a customer and the shop, as one list read page by page, the newest first.

Each source is read from where the last page ended, along its own index, at most a page of it; the pages are merged
here. So a page costs the same however long the story is. Points are no part of it: they are the shop's own matter.
"""

from __future__ import annotations

import base64
import binascii
import heapq
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, true, tuple_
from sqlalchemy.orm import aliased

from app.careplans.models import Occurrence
from app.careplans.reasons import OccurrenceState
from app.complaints.access import visible_complaints
from app.complaints.models import Complaint, ComplaintStatement
from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import N_
from app.customers.models import ConsentEvent, Customer, CustomerNote, OwnerHistory
from app.messaging import queries as messaging
from app.messaging.access import visible_messages
from app.messaging.models import Conversation, Inbound, Message
from app.messaging.models import ConversationNote as _TalkNote
from app.people.access import Actor
from app.people.models import Staff
from app.purchases import queries as purchases
from app.purchases.models import Purchase
from app.tasks.access import eyes_of, is_visible
from app.tasks.models import Task

PAGE = 30
LONGEST_PAGE = 100


class Kind(StrEnum):
    """What the list can be narrowed to."""

    PURCHASE = "purchase"
    TASK = "task"
    MESSAGE = "message"
    COMPLAINT = "complaint"
    NOTE = "note"
    FILE = "file"
    """Consents given and taken back, and who looks after the customer."""
    CARE = "care"
    """Contacts that the care plans wished for and that did not come about, with the reason."""


@dataclass(frozen=True)
class Moment:
    """One line. `key` names it among all lines; `what` tells kinds of one sort apart; `words` are somebody's own."""

    key: str
    at: datetime
    kind: Kind
    what: str
    id: str
    status: str | None
    words: str
    who_id: int | None
    who: str | None
    detail: dict[str, Any]


@dataclass(frozen=True)
class Story:
    moments: Sequence[Moment]
    next_cursor: str | None


@dataclass(frozen=True)
class _Asked:
    customer: Customer
    actor: Actor
    now: datetime


@dataclass(frozen=True)
class _Source:
    """`stmt` selects rows of one customer whose last two columns are `at` and `id`; `tell` turns rows into moments.

    `code` parts the sources in cursors and keys and is never changed.
    """

    code: str
    kind: Kind
    at: ColumnElement[datetime]
    id: Any
    stmt: Callable[[_Asked], Select[Any]]
    tell: Callable[[Sequence[Any]], list[Moment]]
    as_id: Callable[[str], Any] = field(default=int)


@dataclass(frozen=True)
class _Place:
    """Where the last page ended."""

    at: datetime
    code: str
    id: str


def story(
    customer: Customer,
    *,
    actor: Actor,
    now: datetime,
    kinds: Collection[Kind] = (),
    cursor: str | None = None,
    limit: int | None = None,
) -> Story:
    """A page of the customer's story, of all kinds or of some. The caller has checked who asks, and writes it down."""
    size = min(limit or PAGE, LONGEST_PAGE)
    place = _decode(cursor) if cursor else None
    asked = _Asked(customer=customer, actor=actor, now=now)
    wanted = [source for source in _SOURCES if not kinds or source.kind in kinds]
    pages = [_page_of(source, asked, place=place, size=size + 1) for source in wanted]
    merged = heapq.merge(*pages, key=_order, reverse=True)
    found = [moment for moment, _ in zip(merged, range(size + 1), strict=False)]
    next_cursor = _encode(found[size - 1]) if len(found) > size else None
    return Story(moments=found[:size], next_cursor=next_cursor)


def newest_of(
    customer_ids: Collection[int], *, actor: Actor, now: datetime, codes: Collection[str], each: int
) -> dict[int, list[Moment]]:
    """The last `each` lines of every one of these sources for many customers, the newest first, in one statement a
    source. Sources are named by their code; their rows must know their customer. The caller has checked who asks."""
    found: dict[int, list[Moment]] = {customer_id: [] for customer_id in customer_ids}
    for source in (one for one in _SOURCES if one.code in codes) if found else ():
        rows = db.session.execute(_newest(source, customer_ids, actor=actor, now=now, each=each)).all()
        for row, moment in zip(rows, source.tell(rows) if rows else (), strict=True):
            found[row[0].customer_id].append(moment)
    return {customer_id: sorted(moments, key=_order, reverse=True) for customer_id, moments in found.items()}


def _newest(source: _Source, customer_ids: Collection[int], *, actor: Actor, now: datetime, each: int) -> Select[Any]:
    """Along the source's own index, customer by customer: a long story costs no more than a short one."""
    of: Any = aliased(Customer)
    asked = _Asked(customer=of, actor=actor, now=now)
    newest = (
        source.stmt(asked)
        .with_only_columns(source.id.label("id"))
        .where(source.at <= now)
        .order_by(source.at.desc(), source.id.desc())
        .limit(each)
        .correlate(of)
        .lateral("newest")
    )
    ids = select(newest.c.id).select_from(of).join(newest, true()).where(of.id.in_(customer_ids))
    again: Any = aliased(Customer)
    stmt = source.stmt(_Asked(customer=again, actor=actor, now=now))
    return stmt.where(again.id.in_(customer_ids), source.id.in_(ids)).order_by(source.at.desc(), source.id.desc())


def _page_of(source: _Source, asked: _Asked, *, place: _Place | None, size: int) -> list[Moment]:
    stmt = source.stmt(asked)
    if place is not None:
        stmt = stmt.where(_after(source, place))
    stmt = stmt.order_by(source.at.desc(), source.id.desc()).limit(size)
    rows = db.session.execute(stmt).all()
    return source.tell(rows) if rows else []


def _after(source: _Source, place: _Place) -> ColumnElement[bool]:
    """What comes later in the list: older, or at the same moment of a source that follows, or further down in it."""
    if source.code == place.code:
        try:
            last = source.as_id(place.id)
        except ValueError as error:
            raise _not_a_cursor() from error
        below: ColumnElement[bool] = tuple_(source.at, source.id) < (place.at, last)
        return below
    return source.at <= place.at if source.code < place.code else source.at < place.at


def _order(moment: Moment) -> tuple[datetime, str]:
    """Within a source the database has put the lines in order, and a merge keeps it."""
    return moment.at, moment.key.partition(":")[0]


def _encode(moment: Moment) -> str:
    code, _, identity = moment.key.partition(":")
    plain = json.dumps([moment.at.isoformat(), code, identity])
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _decode(cursor: str) -> _Place:
    try:
        at, code, identity = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place = _Place(at=datetime.fromisoformat(at), code=code, id=identity)
        if place.at.tzinfo is None or code not in _CODES or not isinstance(identity, str) or len(identity) > 40:
            raise ValueError("not a cursor of this list")
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError) as error:
        raise _not_a_cursor() from error
    return place


def _not_a_cursor() -> Invalid:
    return Invalid(errors={"cursor": [N_("This is not a cursor of this list.")]})


# Purchases


def _purchases(asked: _Asked) -> Select[Any]:
    stmt: Any = select(Purchase).where(Purchase.customer_id == asked.customer.id)
    return stmt  # type: ignore[no-any-return]


def _tell_purchases(rows: Sequence[Any]) -> list[Moment]:
    return [
        _moment(
            "purchase",
            Kind.PURCHASE,
            "purchase",
            at=file.purchase.bought_at,
            identity=file.purchase.id,
            who=(file.purchase.seller_id, file.seller_name),
            detail={
                "store_id": file.purchase.store_id,
                "total": f"{file.purchase.total - file.purchase.refunded:.2f}",
                "currency": file.purchase.currency,
                "lines": [
                    {
                        "name": dict(line.name),
                        "quantity": float(line.quantity),
                        "returned": float(line.returned),
                        "unit": line.unit,
                    }
                    for line in file.lines
                ],
            },
        )
        for file in purchases.files_of([row[0] for row in rows])
    ]


# Visits, deliveries, calls


def _tasks(asked: _Asked) -> Select[Any]:
    eyes = eyes_of(asked.actor, asked.now)
    stmt: Any = select(Task, Staff.name).outerjoin(Staff, Staff.id == Task.assignee_id)
    return stmt.where(Task.customer_id == asked.customer.id, is_visible(eyes))  # type: ignore[no-any-return]


def _tell_tasks(rows: Sequence[Any]) -> list[Moment]:
    return [
        _moment(
            "task",
            Kind.TASK,
            task.type,
            at=task.window_start,
            identity=task.id,
            status=task.status,
            words=task.end_note or "",
            who=(task.assignee_id, name),
            detail={
                "number": task.number,
                "reason": task.reason,
                "window_end": task.window_end.isoformat(),
                "end_reason": task.end_reason,
                "rating": task.rating,
            },
        )
        for task, name in rows
    ]


# Texts, both ways


def _texts_out(asked: _Asked) -> Select[Any]:
    stmt: Any = select(Message, Staff.name).outerjoin(Staff, Staff.id == Message.sender_id)
    # A row that repeats another one belongs to the line of that one.
    stmt = stmt.where(Message.customer_id == asked.customer.id, Message.parent_id.is_(None))
    # Who may see the customer may read the texts; a supervisor those of own stores.
    if asked.actor.is_supervisor:
        stmt = visible_messages(stmt, asked.actor, asked.now)
    return stmt  # type: ignore[no-any-return]


def _tell_texts_out(rows: Sequence[Any]) -> list[Moment]:
    newest: dict[UUID, Any] = {}
    for again in db.session.execute(messaging.FOLLOWERS, {"ids": [message.id for message, _name in rows]}):
        newest[again.first_id] = again
    moments = []
    for message, name in rows:
        last = newest.get(message.id, message)
        moments.append(
            _moment(
                "text",
                Kind.MESSAGE,
                "out",
                at=message.created_at,
                identity=message.id,
                status=messaging.status_of(last.state, last.held_until),
                words=message.body,
                who=(message.sender_id, name),
                detail={
                    "kind": message.kind,
                    "task_id": message.task_id,
                    "status_reason": last.end_reason or last.held_reason,
                },
            )
        )
    return moments


def _texts_in(asked: _Asked) -> Select[Any]:
    stmt: Any = select(Inbound).where(Inbound.customer_id == asked.customer.id)
    return stmt  # type: ignore[no-any-return]


def _tell_texts_in(rows: Sequence[Any]) -> list[Moment]:
    return [
        _moment("reply", Kind.MESSAGE, "in", at=text.received_at, identity=text.id, words=text.body) for (text,) in rows
    ]


# Complaints


def _complaints(asked: _Asked) -> Select[Any]:
    first_words = (
        select(ComplaintStatement.words)
        .where(ComplaintStatement.complaint_id == Complaint.id)
        .order_by(ComplaintStatement.id)
        .limit(1)
        .scalar_subquery()
    )
    stmt: Any = (
        select(Complaint, Staff.name, func.coalesce(first_words, ""))
        .outerjoin(Staff, Staff.id == Complaint.owner_id)
        .where(Complaint.customer_id == asked.customer.id)
    )
    if asked.actor.is_supervisor:
        stmt = visible_complaints(stmt, asked.actor, asked.now)
    return stmt  # type: ignore[no-any-return]


def _tell_complaints(rows: Sequence[Any]) -> list[Moment]:
    return [
        _moment(
            "case",
            Kind.COMPLAINT,
            "complaint",
            at=case.opened_at,
            identity=case.id,
            status=case.stage,
            words=words,
            who=(case.owner_id, name),
            detail={
                "number": case.number,
                "is_reaction": case.is_reaction,
                "closed_at": case.closed_at.isoformat() if case.closed_at else None,
            },
        )
        for case, name, words in rows
    ]


# Notes: in the file, and between colleagues in the thread


def _notes(asked: _Asked) -> Select[Any]:
    is_authors = and_(Staff.id == CustomerNote.author_id, CustomerNote.author_kind == "staff")
    stmt: Any = select(CustomerNote, Staff.name).outerjoin(Staff, is_authors)
    return stmt.where(CustomerNote.customer_id == asked.customer.id)  # type: ignore[no-any-return]


def _tell_notes(rows: Sequence[Any]) -> list[Moment]:
    return [
        _moment(
            "note",
            Kind.NOTE,
            "note",
            at=note.created_at,
            identity=note.id,
            words=note.text,
            who=(note.author_id if note.author_kind == "staff" else None, name),
        )
        for note, name in rows
    ]


def _talk_notes(asked: _Asked) -> Select[Any]:
    thread = select(Conversation.id).where(Conversation.customer_id == asked.customer.id).scalar_subquery()
    stmt: Any = select(_TalkNote, Staff.name).join(Staff, Staff.id == _TalkNote.author_id)
    return stmt.where(_TalkNote.conversation_id == thread)  # type: ignore[no-any-return]


def _tell_talk_notes(rows: Sequence[Any]) -> list[Moment]:
    return [
        _moment(
            "word",
            Kind.NOTE,
            "between_colleagues",
            at=note.created_at,
            identity=note.id,
            words=note.text,
            who=(note.author_id, name),
        )
        for note, name in rows
    ]


# The file itself: consents, and who looks after the customer


def _consents(asked: _Asked) -> Select[Any]:
    is_collectors = and_(Staff.id == ConsentEvent.collector_id, ConsentEvent.collector_kind == "staff")
    stmt: Any = select(ConsentEvent, Staff.name).outerjoin(Staff, is_collectors)
    # A number may have been another customer's before.
    return stmt.where(  # type: ignore[no-any-return]
        ConsentEvent.phone == (asked.customer.phone or ""), ConsentEvent.occurred_at >= asked.customer.created_at
    )


def _tell_consents(rows: Sequence[Any]) -> list[Moment]:
    return [
        _moment(
            "consent",
            Kind.FILE,
            "consent",
            at=event.occurred_at,
            identity=event.id,
            status=event.state,
            words=event.text,
            who=(event.collector_id if event.collector_kind == "staff" else None, name),
            detail={"channel": event.channel, "scope": event.scope, "source": event.source},
        )
        for event, name in rows
    ]


def _owners(asked: _Asked) -> Select[Any]:
    stmt: Any = select(OwnerHistory, Staff.name).outerjoin(Staff, Staff.id == OwnerHistory.owner_id)
    return stmt.where(OwnerHistory.customer_id == asked.customer.id)  # type: ignore[no-any-return]


def _tell_owners(rows: Sequence[Any]) -> list[Moment]:
    return [
        _moment(
            "owner",
            Kind.FILE,
            "owner",
            at=history.since,
            identity=history.id,
            words=history.reason,
            who=(history.owner_id, name),
        )
        for history, name in rows
    ]


# Care that did not come about

_NOT_DONE = (OccurrenceState.MISSED.value, OccurrenceState.DROPPED.value, OccurrenceState.ENDED.value)
_DECIDED = func.coalesce(Occurrence.decided_at, Occurrence.created_at)


def _care(asked: _Asked) -> Select[Any]:
    stmt: Any = select(Occurrence, _DECIDED)
    return stmt.where(  # type: ignore[no-any-return]
        Occurrence.customer_id == asked.customer.id, Occurrence.state.in_(_NOT_DONE)
    )


def _tell_care(rows: Sequence[Any]) -> list[Moment]:
    return [
        _moment(
            "care",
            Kind.CARE,
            occurrence.kind,
            at=decided_at,
            identity=occurrence.id,
            status=occurrence.state,
            detail={"reason": occurrence.reason, "due_day": occurrence.due_day.isoformat()},
        )
        for occurrence, decided_at in rows
    ]


def _moment(
    code: str,
    kind: Kind,
    what: str,
    *,
    at: datetime,
    identity: Any,
    status: str | None = None,
    words: str = "",
    who: tuple[int | None, str | None] = (None, None),
    detail: dict[str, Any] | None = None,
) -> Moment:
    return Moment(
        key=f"{code}:{identity}",
        at=at,
        kind=kind,
        what=what,
        id=str(identity),
        status=status,
        words=words,
        who_id=who[0],
        who=who[1],
        detail=detail or {},
    )


_SOURCES: tuple[_Source, ...] = (
    _Source("purchase", Kind.PURCHASE, Purchase.bought_at.expression, Purchase.id, _purchases, _tell_purchases),
    _Source("task", Kind.TASK, Task.window_start.expression, Task.id, _tasks, _tell_tasks),
    _Source("text", Kind.MESSAGE, Message.created_at.expression, Message.id, _texts_out, _tell_texts_out, UUID),
    _Source("reply", Kind.MESSAGE, Inbound.received_at.expression, Inbound.id, _texts_in, _tell_texts_in),
    _Source("case", Kind.COMPLAINT, Complaint.opened_at.expression, Complaint.id, _complaints, _tell_complaints),
    _Source("note", Kind.NOTE, CustomerNote.created_at.expression, CustomerNote.id, _notes, _tell_notes),
    _Source("word", Kind.NOTE, _TalkNote.created_at.expression, _TalkNote.id, _talk_notes, _tell_talk_notes),
    _Source("consent", Kind.FILE, ConsentEvent.occurred_at.expression, ConsentEvent.id, _consents, _tell_consents),
    _Source("owner", Kind.FILE, OwnerHistory.since.expression, OwnerHistory.id, _owners, _tell_owners),
    _Source("care", Kind.CARE, _DECIDED, Occurrence.id, _care, _tell_care),
)  # fmt: skip
_CODES = frozenset(source.code for source in _SOURCES)


def kinds_of(words: Iterable[str]) -> list[Kind]:
    """The kinds among these words; what is none is left out."""
    return [Kind(word) for word in words if word in set(Kind)]
