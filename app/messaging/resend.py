"""What a reported failure asks of us: a new row, a note on the number, a word to head office. No row is sent twice.

A new row carries the same words under the same questions, and policy looks at it anew when it is claimed: who has opted
out meanwhile, whose visit is over or whose text would come too late gets nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import config
from app.core.db import db
from app.core.i18n import N_
from app.customers import consent, numbers
from app.customers.values import ConsentSource
from app.messaging import breaker, gateway, outbound
from app.messaging.countries import country_for
from app.messaging.models import Message, Question, State
from app.messaging.providers import Act, Meaning
from app.people.access import Actor

SENT_AGAIN = N_("it did not arrive and is sent again")
ARRIVED = N_("the first one has arrived after all")
FAILED = (State.UNDELIVERED, State.FAILED)

COPIED = (
    "kind", "customer_id", "store_id", "task_id", "to_phone", "zone", "locale", "body", "encoding", "segments",
    "template_id", "sender_id", "to_staff_id", "answers_inbound_id", "priority", "is_proactive", "is_restricted",
    "speaks_of", "expires_at",
)  # fmt: skip


def after_failure(message: Message, *, code: int, now: datetime) -> UUID | None:
    """Do what the code of an undelivered or failed row asks; returns the id of a new row, if there is one."""
    if message.state not in FAILED or not message.provider:
        return None
    meaning = gateway.meaning_of(message.provider, code)
    match meaning.act:
        case Act.NUMBER:
            numbers.note_fault(message.to_phone, reason=meaning.reason, code=code, now=now)
        case Act.OPTED_OUT:
            consent.opt_out(
                message.to_phone,
                source=ConsentSource.PROVIDER,
                text=str(code),
                actor=Actor.system("sms"),
                now=now,
            )
        case Act.ACCOUNT:
            breaker.open_hard(message.provider, reason=meaning.reason, scale=_scale())
        case Act.FULL:
            breaker.note_full(message.provider, seconds=meaning.wait_seconds * _scale())
    if meaning.tells_office:
        breaker.alert(message.provider, code=code, reason=meaning.reason, now=now)
    resent = _send_again(message, meaning, now=now) if message.resend_no < meaning.resends else None
    _explain(message, SENT_AGAIN if resent else meaning.reason)
    return resent


def take_back(message_id: UUID, *, now: datetime) -> None:
    """It has arrived after all: the row that would repeat it is not sent, if there is still time."""
    outbound.cancel_waiting(Message.parent_id == message_id, reason=ARRIVED, now=now)


def _send_again(message: Message, meaning: Meaning, *, now: datetime) -> UUID | None:
    due = _due(message, meaning, now=now)
    if message.expires_at <= due or _is_repeated(message):
        return None
    key = f"{outbound.contact_key(message.dedupe_key)}{outbound.RESEND}{message.resend_no + 1}"
    return repeat(message, dedupe_key=key, not_before=due, now=now)


def repeat(
    message: Message, *, dedupe_key: str, not_before: datetime, now: datetime, possible_duplicate: bool = False
) -> UUID | None:
    """The same words to the same reader as a new row; None when `dedupe_key` has brought one already."""
    child: UUID | None = db.session.execute(
        insert(Message)
        .values(
            **{name: getattr(message, name) for name in COPIED},
            dedupe_key=dedupe_key,
            parent_id=message.id,
            resend_no=message.resend_no + 1,
            possible_duplicate=possible_duplicate,
            not_before=not_before,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Message.dedupe_key])
        .returning(Message.id)
    ).scalar()
    if child is None:
        return None
    # The customer answers the text that arrives; what it asks is what the first one asked.
    db.session.execute(
        update(Question)
        .where(Question.message_id == message.id, Question.answered_at.is_(None), Question.closed_at.is_(None))
        .values(message_id=child)
        .execution_options(synchronize_session="fetch")
    )
    outbound.wake_drain()
    return child


def _is_repeated(message: Message) -> bool:
    """Somebody has tried it again by hand while nobody knew what had become of it."""
    child = select(Message.id).where(Message.parent_id == message.id, Message.state != State.CANCELED.value)
    return db.session.scalar(child.limit(1)) is not None


def _due(message: Message, meaning: Meaning, *, now: datetime) -> datetime:
    if not meaning.next_day:
        return now + timedelta(seconds=meaning.wait_seconds * _scale())
    zone = ZoneInfo(message.zone)
    morning = country_for(message.to_phone).quiet_to
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), morning, tzinfo=zone)


def _explain(message: Message, reason: str) -> None:
    db.session.execute(
        update(Message)
        .where(Message.id == message.id)
        .values(end_reason=reason)
        .execution_options(synchronize_session="fetch")
    )


def _scale() -> float:
    return config.settings().messaging.time_scale
