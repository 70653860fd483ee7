"""The verbs of this slice for routes, pages and the slices above."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy import and_, insert, select
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert as upsert

from app.core.audit import record
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound, StaleVersion
from app.core.i18n import LOCALES, N_, Text3, pick
from app.core.live import announce
from app.customers import care_limits
from app.customers import service as customers
from app.customers.access import audit_name
from app.customers.models import Customer
from app.messaging import (
    access,
    conversations,
    desk,
    drafting,
    gateway,
    outbound,
    queries,
    quick_answers,
    templates,
    visits,
    words,
)
from app.messaging import inbound as receiving
from app.messaging.errors import (
    MoreHasCome,
    NobodyTravels,
    NoPhone,
    NoSandbox,
    NotUnderWay,
)
from app.messaging.inbound import Received
from app.messaging.kinds import Kind
from app.messaging.models import Conversation, ConversationNote, Message, MessageTemplate, Reach
from app.messaging.moments import SUPERSEDED
from app.messaging.outbound import Draft
from app.messaging.segments import Size, costly_characters, measure, saves_by_look_alikes
from app.messaging.shipped import SHIPPED
from app.people.access import Actor, visible_staff
from app.people.models import Staff
from app.tasks.access import visible_tasks
from app.tasks.kinds import Status, TaskType
from app.tasks.models import Task
from app.tasks.promises import promises_of

LATEST_ETA = timedelta(hours=6)

SANDBOX_NUMBER = "+85200000000"


@dataclass(frozen=True)
class Late:
    """What became of the word that somebody comes late; no message when there was nobody left to tell."""

    eta: datetime
    message: Message | None


@dataclass(frozen=True)
class Preview:
    """A text as it would arrive, and what it costs."""

    body: str
    locale: str
    size: Size
    saves_by_look_alikes: int
    forcing: Sequence[str]
    prices: Sequence[drafting.Price]
    faults: Mapping[str, list[str]]


# Texts by people (what they write themselves: writing.py)


def tell_late(task_id: int, *, eta: datetime, actor: Actor, now: datetime) -> Late:
    """Tell the customer of a task under way the new time of arrival, once per time.

    What is no news any more (arrived, over, the time itself has passed) is told to nobody and is no error: the word may
    have waited on a phone without signal.
    """
    task = db.session.scalar(visible_tasks(select(Task).where(Task.id == task_id), actor, now))
    if task is None:
        raise NotFound
    if task.type == TaskType.CALLBACK:
        raise NobodyTravels
    if task.status in (Status.OPEN, Status.ASSIGNED):
        raise NotUnderWay
    if task.status != Status.ACTIVE or task.arrived_at is not None or eta <= now:
        return Late(eta=eta, message=None)
    if eta > max(now, task.window_end) + LATEST_ETA:
        raise Invalid(errors={"eta": [N_("This is too far away: move the task to another time instead.")]})
    recipient = outbound.recipient_of(task.customer_id, store_id=task.store_id)
    if recipient is None:
        raise NoPhone
    draft = Draft(
        kind=Kind.LATE,
        dedupe_key=f"task:{task.id}:late:{int(eta.timestamp())}",
        words=visits.words_for(task, recipient) | {"eta": words.clock(eta, zone=recipient.shop_zone)},
        task_id=task.id,
        task_type=task.type,
        speaks_of=eta,
        sender_id=actor.staff_id,
        expires_at=max(eta, now + timedelta(minutes=10)),
    )
    # An earlier estimate that has not gone out yet would only confuse.
    outbound.cancel_waiting(
        and_(visits.about(task.id, Kind.LATE), Message.dedupe_key != draft.dedupe_key), reason=SUPERSEDED, now=now
    )
    message_id = outbound.write(recipient, draft, now=now)
    return Late(eta=eta, message=_message(message_id) if message_id else None)


def late_by(task_id: int, *, minutes: int, now: datetime) -> datetime:
    """The new time of arrival: so much later than told last, or than now; to the next five minutes."""
    told = [one.promised_start for one in promises_of(task_id) if one.kind == "eta"]
    late = max([now, *told[-1:]]) + timedelta(minutes=minutes)
    return datetime.fromtimestamp(math.ceil(late.timestamp() / 300) * 300, tz=UTC)


# Conversations


def mark_read(conversation_id: int, *, actor: Actor, now: datetime) -> Conversation:
    found = queries.conversation(conversation_id, actor=actor, now=now)
    conversations.mark_read(found, reader_id=actor.staff_id, now=now)
    return found


def settle(conversation_id: int, *, actor: Actor, now: datetime, unread: int | None = None) -> Conversation:
    """Nothing is left to answer; automatic texts that waited for a person's look go on.

    `unread` is how many texts the actor knew to be unseen; a further one keeps the conversation open.
    """
    found = desk.locked(conversation_id, actor=actor, now=now)
    if unread is not None and conversations.unseen_by(found, actor.staff_id) > unread:
        raise MoreHasCome
    conversations.settle(found, actor_id=actor.staff_id, now=now)
    if found.customer_id is not None:
        outbound.release_paused(found.customer_id, now=now)
    record(
        audit_name(actor),
        action="conversation.settle",
        subject=("conversation", found.id),
        store_id=found.store_id,
        now=now,
    )
    return found


def add_note(conversation_id: int, text: str, *, actor: Actor, now: datetime, form_key: str = "") -> ConversationNote:
    """A word between colleagues; the customer never sees it. The same words from the same form (`form_key`) again are
    the note that was written then. What the file may not hold is refused (TooPrivate)."""
    found = queries.conversation(conversation_id, actor=actor, now=now)
    if actor.staff_id is None:
        raise Forbidden
    care_limits.require({"text": text})
    said = text.strip()
    key = sha256(f"{actor.staff_id}:{form_key}:{found.id}:{said}".encode()).hexdigest()[:32] if form_key else None
    row = upsert(ConversationNote).values(
        conversation_id=found.id, author_id=actor.staff_id, text=said, created_at=now, dedupe_key=key
    )
    row = row.on_conflict_do_nothing(
        index_elements=[ConversationNote.dedupe_key], index_where=ConversationNote.dedupe_key.is_not(None)
    )
    note: ConversationNote | None = db.session.scalar(row.returning(ConversationNote))
    if note is None:
        return db.session.scalars(select(ConversationNote).where(ConversationNote.dedupe_key == key)).one()
    conversations.announce_conversation(found)
    return note


# Texts that come in


def receive_inbound(received: Received, *, now: datetime) -> int | None:
    """The one way in for customers' texts; None for one that came before."""
    return receiving.receive(received, now=now)


def answer_from_sandbox(phone: str, body: str, *, now: datetime) -> int:
    """Answer as the customer on the sandbox phone: the same path as a carrier's webhook."""
    if not gateway.is_sandbox():
        raise NoSandbox
    inbound_id = receive_inbound(
        Received(sid=f"SBIN{uuid4().hex}", provider="sandbox", from_phone=phone, to_phone=SANDBOX_NUMBER, body=body),
        now=now,
    )
    assert inbound_id is not None
    announce("sandbox")
    return inbound_id


def sandbox_thread(phone: str, *, actor: Actor, now: datetime) -> list[queries.Line]:
    """What one sandbox phone shows; raises NotFound for the phone of somebody whom the actor can't see."""
    require_sandbox_phone(phone, actor=actor, now=now)
    return queries.sandbox_thread(phone)


def require_sandbox_phone(phone: str, *, actor: Actor, now: datetime) -> None:
    """The sandbox shows whole texts and numbers: only of customers and colleagues whom the actor may see."""
    customer_id = db.session.scalar(select(Customer.id).where(Customer.phone == phone))
    if customer_id is not None:
        customers.get(customer_id, actor=actor, now=now)
    elif not actor.sees_all_stores:
        colleague = visible_staff(select(Staff.id).where(Staff.phone == phone), actor)
        if db.session.scalar(colleague) is None:
            raise NotFound


# Templates


def ship_templates(*, now: datetime) -> int:
    """Install the first wording of each kind where there is none yet, and the quick answers; returns how many wordings
    were added.
    """
    quick_answers.ship(now=now)
    rows = [
        {
            "kind": kind.value,
            "task_type": task_type,
            "reach": reach.value,
            "version": 1,
            "texts": texts,
            "published_at": now,
        }
        for (kind, task_type, reach), texts in SHIPPED.items()
    ]
    stmt = upsert(MessageTemplate).on_conflict_do_nothing()
    return len(db.session.execute(stmt.returning(MessageTemplate.id), rows).all())


def publish_template(
    kind: Kind,
    *,
    task_type: str,
    reach: Reach,
    texts: Text3,
    actor: Actor,
    now: datetime,
    seen_version: int | None = None,
) -> MessageTemplate:
    """Publish a new version of a wording; from now on it is used. Raises Invalid with the faults by language.

    `seen_version`: the version that the writer started from; StaleVersion when somebody has published since.
    """
    if not access.may_change_templates(actor):
        raise Forbidden
    faults = templates.faults(kind, reach, texts)
    if faults:
        raise Invalid(errors={"texts": faults})
    # One publisher at a time: the next number is read before it is written.
    db.session.execute(
        sql("SELECT pg_advisory_xact_lock(hashtextextended('wording:' || :wording, 0))"),
        {"wording": f"{kind.value}:{task_type}:{reach.value}"},
    )
    last = db.session.scalar(
        select(MessageTemplate.version)
        .where(
            MessageTemplate.kind == kind.value,
            MessageTemplate.task_type == task_type,
            MessageTemplate.reach == reach.value,
        )
        .order_by(MessageTemplate.version.desc())
        .limit(1)
    )
    if seen_version is not None and seen_version != (last or 0):
        raise StaleVersion
    wording_id = db.session.scalar(
        insert(MessageTemplate)
        .values(
            kind=kind.value,
            task_type=task_type,
            reach=reach.value,
            version=(last or 0) + 1,
            texts={locale: texts[locale].strip() for locale in LOCALES},
            published_at=now,
            published_by_id=actor.staff_id,
        )
        .returning(MessageTemplate.id)
    )
    assert wording_id is not None
    record(
        audit_name(actor),
        action="message_template.publish",
        subject=("message_template", wording_id),
        detail={"kind": kind.value, "task_type": task_type, "reach": reach.value},
        now=now,
    )
    return queries.template(wording_id)


def bring_back(template_id: int, *, actor: Actor, now: datetime, seen_version: int | None = None) -> MessageTemplate:
    """Publish the words of an earlier version again, as a version of its own. Raises Invalid where they have faults."""
    earlier = queries.template(template_id)
    return publish_template(
        Kind(earlier.kind),
        task_type=earlier.task_type,
        reach=Reach(earlier.reach),
        texts=earlier.texts,
        actor=actor,
        now=now,
        seen_version=seen_version,
    )


def preview(
    template_id: int,
    *,
    actor: Actor,
    now: datetime,
    locale: str | None = None,
    texts: Text3 | None = None,
    customer_id: int | None = None,
) -> Preview:
    """How a wording, or a draft of its next version, reads for a customer of the actor's, or with sample words.

    With a customer the reading of the file is audited.
    """
    wording = queries.template(template_id)
    kind, reach = Kind(wording.kind), Reach(wording.reach)
    drafted = {**wording.texts, **(texts or {})}
    found = templates.faults(kind, reach, drafted)
    recipient = None
    if customer_id is not None:
        recipient = outbound.recipient_of(customers.read_file(customer_id, actor=actor, now=now).id)
    chosen = locale or (recipient.locale if recipient else actor.locale)
    values = templates.sample_for(chosen) | (recipient.common_words() if recipient else {})
    text = pick(drafted, chosen)
    body = templates.try_render(text, values)
    size = measure(body)
    countries = [recipient.country] if recipient else drafting.countries_of(reach)
    return Preview(
        body=body,
        locale=chosen,
        size=size,
        saves_by_look_alikes=saves_by_look_alikes(body),
        forcing=costly_characters(text),
        prices=[drafting.price_of(size, country) for country in countries],
        faults=found,
    )


def _message(message_id: UUID) -> Message:
    return db.session.execute(select(Message).where(Message.id == message_id)).scalar_one()
