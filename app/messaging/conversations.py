"""One thread per partner: what is unread, what waits for a person, what is paused. Whose turn it is: turns.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm.util import identity_key

from app.core.db import db, transaction
from app.core.live import announce
from app.core.phone import country_of
from app.customers.models import Customer
from app.messaging import turns
from app.messaging.models import (
    Attention,
    Conversation,
    ConversationNote,
    ConversationSeen,
    ConversationTurn,
    Inbound,
    TurnStep,
)
from app.people import queries as people
from app.people.models import Store

GRAVER = (Attention.UNKNOWN_SENDER, Attention.LOW_RATING, Attention.MAYBE_OPT_OUT, Attention.COMPLAINT)
"""What should be read soon never becomes less urgent by what comes after it."""


def note_inbound(
    inbound: Inbound, *, needs_person: bool, attention: Attention | None = None, pauses: bool = False
) -> None:
    """Put a received text into its thread. What the service has handled itself is shown, but not unread."""
    at = inbound.received_at
    _put_into_thread(
        {
            **_partner_of(inbound),
            "attention": attention.value if attention else None,
            "paused_at": at if pauses else None,
            "last_inbound_at": at,
        },
        needs_person=needs_person,
        at=at,
    )


def _partner_of(inbound: Inbound) -> dict[str, Any]:
    """Whose thread it is, and which store's."""
    if inbound.staff_id is not None:
        colleague = people.staff(inbound.staff_id)
        return {"staff_id": colleague.id, "store_id": colleague.home_store_id}
    customer = db.session.get(Customer, inbound.customer_id) if inbound.customer_id else None
    if customer is None:
        return {"phone": inbound.from_phone, "store_id": store_of_stranger(inbound.from_phone)}
    adopt_number(customer)
    return {"customer_id": customer.id, "store_id": customer.store_id}


def note_from_page(customer: Customer, *, attention: Attention, at: datetime) -> None:
    """Something the customer said on the signed page is for a person to see: it waits in the thread like a text."""
    values = {"customer_id": customer.id, "store_id": customer.store_id, "attention": attention.value}
    _put_into_thread(values, needs_person=True, at=at)


def _put_into_thread(values: dict[str, Any], *, needs_person: bool, at: datetime) -> None:
    blank = {**dict.fromkeys(_INTO_THREAD), "paused_at": None, "last_inbound_at": None}
    waiting = {"unread": 1 if needs_person else 0, "waiting_since": at if needs_person else None, "last_at": at}
    by = next(partner for partner in _INTO_THREAD if values.get(partner) is not None)
    conversation = db.session.execute(_INTO_THREAD[by], {**blank, **values, **waiting}).scalar_one()
    if needs_person:
        turns.arrive(conversation, now=at)
        db.session.flush()
    announce_conversation(conversation)


# Text, because each text of a customer passes here. What is urgent never becomes less so by what comes after it.
_GRAVER_SQL = "ARRAY[" + ", ".join(f"'{one.value}'" for one in GRAVER) + "]"
_INTO_THREAD = {
    column: select(Conversation)
    .from_statement(
        text(f"""
            INSERT INTO conversation AS c (customer_id, staff_id, phone, store_id, attention, paused_at,
                last_inbound_at, unread, waiting_since, last_at)
            VALUES (:customer_id, :staff_id, :phone, :store_id, :attention, :paused_at,
                :last_inbound_at, :unread, :waiting_since, :last_at)
            ON CONFLICT {target} DO UPDATE SET
                store_id = excluded.store_id,
                last_at = greatest(c.last_at, excluded.last_at),
                last_inbound_at = greatest(c.last_inbound_at, excluded.last_inbound_at),
                unread = c.unread + excluded.unread,
                attention = CASE WHEN coalesce(array_position({_GRAVER_SQL}, excluded.attention), 0)
                        > coalesce(array_position({_GRAVER_SQL}, c.attention), 0)
                    THEN excluded.attention ELSE c.attention END,
                waiting_since = coalesce(c.waiting_since, excluded.waiting_since),
                paused_at = coalesce(c.paused_at, excluded.paused_at)
            RETURNING c.*
        """)  # noqa: S608  fixed parts, values are bound
    )
    .execution_options(populate_existing=True)
    for column, target in (
        ("customer_id", "(customer_id)"),
        ("staff_id", "(staff_id)"),
        ("phone", "(phone) WHERE phone IS NOT NULL"),
    )
}


def _graver(one: str | None, other: str | None) -> str | None:
    return max(one, other, key=lambda attention: GRAVER.index(Attention(attention)) if attention else -1)


# A person has written: nobody waits any longer. Whether the customer wants texts at all stays to be decided. Text, and
# the end of statements that write the row `written`, because people answer all day; turns.end() is the same elsewhere.
STAFF_WROTE = """
    thread AS (
        INSERT INTO conversation AS c (customer_id, store_id, last_at)
        SELECT customer_id, store_id, created_at FROM written
        ON CONFLICT (customer_id) DO UPDATE SET
            store_id = excluded.store_id, last_at = excluded.last_at, unread = 0, waiting_since = NULL,
            attention = CASE WHEN c.paused_at IS NOT NULL THEN c.attention END,
            handed_over_at = CASE WHEN c.waiting_since IS NULL THEN c.handed_over_at END,
            hand_over_due_at = CASE WHEN c.waiting_since IS NULL THEN c.hand_over_due_at END
        RETURNING c.id, c.assignee_id, old.waiting_since IS NOT NULL AS waited, old.unread > 0 AS was_unread
    ), turn AS (
        INSERT INTO conversation_turn (conversation_id, step, actor_id, at)
        SELECT thread.id, 'answered', written.sender_id, written.created_at FROM thread, written WHERE waited
    )
"""


def after_staff_text(conversation_id: int, *, store_id: int, assignee_id: int | None, was_unread: bool) -> None:
    """What STAFF_WROTE can't do: who had seen what, once the row is ours, and telling those who watch."""
    if was_unread:
        _forget_seen(conversation_id)
    _expire(conversation_id)
    announce(f"conversations:{store_id}", *([f"staff:{assignee_id}"] if assignee_id is not None else []))


def mark_read(conversation: Conversation, *, reader_id: int | None, now: datetime) -> None:
    """Seen by this person; for the others it stays unread, and it goes on waiting for an answer."""
    conversation.read_at = now
    conversation.read_by_id = reader_id
    db.session.flush()
    if reader_id is None:
        return
    # The row is ours only now: a colleague's answer may just have cleared what was counted before.
    db.session.refresh(conversation, ["unread"])
    row = insert(ConversationSeen).values(
        conversation_id=conversation.id, staff_id=reader_id, seen=conversation.unread, seen_at=now
    )
    values = {"seen": row.excluded.seen, "seen_at": row.excluded.seen_at}
    keys = [ConversationSeen.conversation_id, ConversationSeen.staff_id]
    db.session.execute(row.on_conflict_do_update(index_elements=keys, set_=values))
    announce(f"staff:{reader_id}")


def unseen_by(conversation: Conversation, staff_id: int | None) -> int:
    """How many texts wait here that this person has not seen."""
    own = and_(ConversationSeen.conversation_id == conversation.id, ConversationSeen.staff_id == staff_id)
    return conversation.unread - (db.session.scalar(select(ConversationSeen.seen).where(own)) or 0)


def settle(
    conversation: Conversation, *, now: datetime, actor_id: int | None = None, step: TurnStep = TurnStep.SETTLED
) -> None:
    """Nothing is left to answer here; a pause ends too."""
    _clear(conversation)
    conversation.attention = None
    conversation.paused_at = None
    turns.end(conversation, step=step, actor_id=actor_id, now=now)
    db.session.flush()
    announce_conversation(conversation)


def _clear(conversation: Conversation) -> None:
    conversation.unread = 0
    conversation.waiting_since = None
    _forget_seen(conversation.id)


def _forget_seen(conversation_id: int) -> None:
    db.session.execute(delete(ConversationSeen).where(ConversationSeen.conversation_id == conversation_id))


def _expire(conversation_id: int) -> None:
    """A statement has changed the row behind the session's back."""
    known = db.session().identity_map.get(identity_key(Conversation, conversation_id))
    if known is not None:
        db.session.expire(known)


# Numbers nobody knows


def store_of_stranger(phone: str) -> int | None:
    """A stranger's text belongs to the only store of the number's country; among several head office decides."""
    country = country_of(phone)
    stores = db.session.scalars(select(Store.id).where(Store.country == country, Store.is_active).limit(2)).all()
    return stores[0] if len(stores) == 1 else None


_OF_STRANGER = select(Conversation).where(Conversation.phone == bindparam("number"))


def adopt_number(customer: Customer) -> None:
    """A number whose owner was unknown belongs to this customer now: its texts join the thread."""
    stranger = db.session.scalar(_OF_STRANGER, {"number": customer.phone})
    if stranger is not None:
        join(stranger, customer)


def join(stranger: Conversation, customer: Customer) -> Conversation:
    """All that was written from an unknown number becomes part of the customer's thread."""
    db.session.execute(
        update(Inbound)
        .where(Inbound.from_phone == stranger.phone, Inbound.customer_id.is_(None), Inbound.staff_id.is_(None))
        .values(customer_id=customer.id)
        .execution_options(synchronize_session=False)
    )
    known = db.session.scalar(
        select(Conversation).where(Conversation.customer_id == customer.id).with_for_update(of=Conversation)
    )
    if known is None:
        stranger.customer_id, stranger.phone, stranger.store_id = customer.id, None, customer.store_id
        _no_longer_unknown(stranger)
        return stranger
    for table in (ConversationNote, ConversationTurn):
        moved = update(table).where(table.conversation_id == stranger.id).values(conversation_id=known.id)
        db.session.execute(moved.execution_options(synchronize_session=False))
    known.unread += stranger.unread
    known.last_at = max(known.last_at, stranger.last_at)
    known.last_inbound_at = max(filter(None, (known.last_inbound_at, stranger.last_inbound_at)), default=None)
    known.waiting_since = min(filter(None, (known.waiting_since, stranger.waiting_since)), default=None)
    known.paused_at = known.paused_at or stranger.paused_at
    known.attention = _graver(known.attention, stranger.attention)
    _no_longer_unknown(known)
    db.session.delete(stranger)
    db.session.flush()
    return known


def follow(customer_id: int, *, now: datetime) -> None:
    """The thread belongs where the customer does; what waits in it finds somebody of the new store."""
    customer = db.session.get_one(Customer, customer_id, populate_existing=True)
    found = db.session.scalar(
        select(Conversation)
        .where(Conversation.customer_id == customer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None or found.store_id == customer.store_id:
        return
    announce(f"conversations:{found.store_id}")
    found.store_id = customer.store_id
    if found.waiting_since is not None:
        turns.hand_back(found, actor_id=None, now=now)
    db.session.flush()
    announce_conversation(found)


def _no_longer_unknown(conversation: Conversation) -> None:
    if conversation.attention == Attention.UNKNOWN_SENDER:
        conversation.attention = None
    db.session.flush()


def keep_in_order(*, now: datetime) -> int:
    """Each minute: what nobody answered moves on, and strangers who became customers get their thread."""
    with transaction():
        adopted = adopt_known_numbers()
    return adopted + turns.hand_over_waiting(now=now)


def adopt_known_numbers() -> int:
    """Files opened with a number that had written before get their texts."""
    found = db.session.execute(
        select(Conversation, Customer)
        .join(Customer, Customer.phone == Conversation.phone)
        .limit(turns.AT_ONCE)
        .with_for_update(of=Conversation, skip_locked=True)
    ).all()
    for stranger, customer in found:
        attach(stranger, customer, actor_id=None, now=stranger.last_at)
    return len(found)


def attach(stranger: Conversation, customer: Customer, *, actor_id: int | None, now: datetime) -> Conversation:
    """Join, and let whom the customer knows have what waits."""
    conversation = join(stranger, customer)
    if conversation.waiting_since is not None:
        turns.hand_back(conversation, actor_id=actor_id, now=now)
    turns.remember_attached(conversation, actor_id=actor_id, now=now)
    announce_conversation(conversation)
    announce(turns.UNKNOWN)
    return conversation


# Telling those who watch


def announce_phone(phone: str) -> None:
    found = db.session.scalar(
        select(Conversation).join(Customer, Customer.id == Conversation.customer_id).where(Customer.phone == phone)
    )
    if found is not None:
        announce_conversation(found)


def announce_conversation(conversation: Conversation) -> None:
    announce(f"conversations:{conversation.store_id}" if conversation.store_id else turns.UNKNOWN)
    if conversation.assignee_id is not None:
        announce(f"staff:{conversation.assignee_id}")


def lock_thread(customer_id: int) -> None:
    """One answer of a customer is understood at a time, so that two texts can't answer one question."""
    db.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('thread:' || :customer_id, 0))"),
        {"customer_id": customer_id},
    )
