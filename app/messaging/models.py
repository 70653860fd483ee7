"""The tables of messages: what goes out, what came of it, what comes in, what was asked."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    SmallInteger,
    TextClause,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class State(StrEnum):
    """Where an outbound row stands; how it moves is told in drain.py, callbacks.py and reconcile.py."""

    PENDING = "pending"
    CLAIMED = "claimed"
    SUBMITTING = "submitting"
    UNKNOWN = "unknown"
    SUBMITTED = "submitted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELED = "canceled"
    NEEDS_ATTENTION = "needs_attention"


WAITING = (State.PENDING, State.CLAIMED)
IN_FLIGHT = (State.SUBMITTING, State.UNKNOWN)
REACHED_PROVIDER = (State.SUBMITTED, State.SENT, State.DELIVERED)
ASKED = (*IN_FLIGHT, *REACHED_PROVIDER, State.NEEDS_ATTENTION)
"""States in which the customer may be looking at the text."""


class QuestionKind(StrEnum):
    CONFIRM = "confirm"
    SLOT = "slot"
    RATING = "rating"
    REORDER = "reorder"
    REMEDY = "remedy"
    OWNER = "owner"


class Reach(StrEnum):
    """Can the recipient's answer reach us? One-way texts carry a phone number and no reply words."""

    TWO_WAY = "two_way"
    ONE_WAY = "one_way"


class Attention(StrEnum):
    """Why a conversation should be read soon."""

    COMPLAINT = "complaint"
    LOW_RATING = "low_rating"
    MAYBE_OPT_OUT = "maybe_opt_out"
    UNKNOWN_SENDER = "unknown_sender"


class TurnStep(StrEnum):
    """How a conversation came to whoever has it; `answered` and after: nothing waits any more."""

    ARRIVED = "arrived"
    HANDED_OVER = "handed_over"
    COVERED = "covered"
    ASSIGNED = "assigned"
    TAKEN = "taken"
    HANDED_BACK = "handed_back"
    ANSWERED = "answered"
    SETTLED = "settled"
    OPTED_OUT = "opted_out"
    MAY_GO_ON = "may_go_on"
    ATTACHED = "attached"


class WorkNewsOutcome(StrEnum):
    """What came of news about work: `moot` is what was taken back again, or is over before anybody could be told."""

    TOLD = "told"
    SEEN = "seen"
    MOOT = "moot"
    UNWANTED = "unwanted"


def grams_of(column: str) -> TextClause:
    """Pairs of neighbouring characters: most Chinese words are two long, and trigrams don't find those."""
    return text(f"text_grams({column})")


LATE_AFTER = timedelta(minutes=30)


def one_of(column: str, values: type[StrEnum]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} in ({listed})"


class MessageTemplate(Base):
    """One version of the words for a kind; a new wording is a new row. `task_type` "" serves every type."""

    __tablename__ = "message_template"
    __table_args__ = (
        UniqueConstraint("kind", "task_type", "reach", "version"),
        CheckConstraint(one_of("reach", Reach), name="reach"),
        CheckConstraint("task_type in ('', 'home_visit', 'delivery', 'callback')", name="task_type"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    task_type: Mapped[str] = mapped_column(server_default="")
    reach: Mapped[str]
    version: Mapped[int]
    texts: Mapped[dict[str, str]]
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Inbound(Base):
    """A text as it came, a customer's or a colleague's. Unique per carrier id: carriers repeat themselves."""

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("sid"),
        CheckConstraint("provider ~ '^[a-z][a-z0-9_]{0,30}$'", name="provider"),
        CheckConstraint("customer_id is null or staff_id is null", name="one_writer"),
        Index("ix_inbound_customer_id_received_at", "customer_id", "received_at"),
        Index(
            "ix_inbound_staff_id_received_at",
            "staff_id",
            "received_at",
            postgresql_where=text("staff_id is not null"),
        ),
        Index("ix_inbound_from_phone_received_at", "from_phone", "received_at"),
        Index("ix_inbound_grams", grams_of("body"), postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sid: Mapped[str]
    provider: Mapped[str]
    from_phone: Mapped[str]
    to_phone: Mapped[str]
    body: Mapped[str]
    # What the carrier itself did with the text (STOP, START, HELP); it has answered in its own name.
    opt_out_type: Mapped[str | None]
    media_count: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    # The associate whose number it came from (colleagues.py).
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    raw: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    # Its webhook never came: found later in the carrier's own list.
    recovered_at: Mapped[datetime | None]
    intent: Mapped[str | None]
    handled_at: Mapped[datetime | None]

    @property
    def is_late(self) -> bool:
        """It reached us so long after it was written that an answer by itself would be odd."""
        return self.recovered_at is not None and self.recovered_at - self.received_at > LATE_AFTER


class Message(Base):
    """One outbound text, written with the change that made it due; drained by workers."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        UniqueConstraint("provider_sid"),
        CheckConstraint(one_of("state", State), name="state"),
        CheckConstraint("locale in ('zh_Hans', 'zh_Hant', 'en')", name="locale"),
        CheckConstraint("encoding in ('GSM-7', 'UCS-2')", name="encoding"),
        CheckConstraint("length(body) between 1 and 1600", name="body"),
        CheckConstraint(
            "(state in ('claimed', 'submitting')) = (lease_owner is not null and lease_until is not null)",
            name="lease",
        ),
        Index("ix_message_due", "priority", "not_before", postgresql_where=text("state = 'pending'")),
        # Only what people wrote is looked for by its words; automatic texts all say the same.
        Index("ix_message_grams", grams_of("body"), postgresql_using="gin", postgresql_where=text("kind = 'staff'")),
        Index("ix_message_parent_id", "parent_id", postgresql_where=text("parent_id is not null")),
        Index("ix_message_waiting", "not_before", postgresql_where=text("state = 'pending'")),
        Index("ix_message_leased", "lease_until", postgresql_where=text("state in ('claimed', 'submitting')")),
        Index("ix_message_unknown", "next_attempt_at", postgresql_where=text("state = 'unknown'")),
        Index("ix_message_unsettled", "submitted_at", postgresql_where=text("state in ('submitted', 'sent')")),
        Index("ix_message_waiting_to_phone", "to_phone", postgresql_where=text("state in ('pending', 'claimed')")),
        Index("ix_message_customer_id_created_at", "customer_id", "created_at"),
        Index("ix_message_task_id", "task_id", postgresql_where=text("task_id is not null")),
        Index(
            "ix_message_template_id_created_at",
            "template_id",
            "created_at",
            postgresql_where=text("template_id is not null"),
        ),
        Index(
            "ix_message_troubled",
            "ended_at",
            postgresql_where=text("state in ('undelivered', 'failed', 'needs_attention')"),
        ),
        Index(
            "ix_message_stopped", "ended_at", postgresql_where=text("state in ('suppressed', 'expired', 'canceled')")
        ),
        Index("ix_message_store_id_created_at_id", "store_id", "created_at", "id"),
        Index("ix_message_to_phone_created_at", "to_phone", "created_at"),
        Index(
            "ix_message_to_staff_id_created_at",
            "to_staff_id",
            "created_at",
            postgresql_where=text("to_staff_id is not null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, server_default=text("uuidv7()"))
    dedupe_key: Mapped[str]
    kind: Mapped[str]
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    to_phone: Mapped[str]
    zone: Mapped[str]
    locale: Mapped[str]
    body: Mapped[str]
    encoding: Mapped[str]
    segments: Mapped[int] = mapped_column(SmallInteger)
    template_id: Mapped[int | None] = mapped_column(ForeignKey("message_template.id"))
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # The colleague whom it tells of work; then it is no contact with any customer.
    to_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    answers_inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    # The row that failed and that this one repeats; a row itself is never sent again.
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))
    resend_no: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    priority: Mapped[int] = mapped_column(SmallInteger)
    # Counts against the household's contact budget, booked there under this row's dedupe_key.
    is_proactive: Mapped[bool] = mapped_column(server_default=text("false"))
    # Names a product of which the law allows neither offers nor gifts, or goes to who buys nothing else.
    is_restricted: Mapped[bool] = mapped_column(server_default=text("false"))
    # The start of the task's window that the text names: moved away from, the text is wrong.
    speaks_of: Mapped[datetime | None]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="pending")
    held_reason: Mapped[str | None]
    held_until: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempt_no: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    # Back-off before the next send, or the next look at an unknown one; by the database's clock.
    next_attempt_at: Mapped[datetime | None]
    lookups: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    call_started_at: Mapped[datetime | None]
    provider: Mapped[str | None]
    sender: Mapped[str | None]
    provider_sid: Mapped[str | None]
    provider_status: Mapped[str | None]
    status_rank: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    error_code: Mapped[int | None]
    possible_duplicate: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # A person has looked at what became of it, and need not be called again.
    handled_at: Mapped[datetime | None]
    handled_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class WorkNews(Base):
    """Work of an associate that changed, until it is known whether he or she has seen it; kept as what came of it.

    It holds what the associate knew before the first change; what to say follows from how the task stands when the
    text is written, so that what was given and taken back again is not told at all.
    """

    __tablename__ = "work_news"
    __table_args__ = (
        CheckConstraint(one_of("outcome", WorkNewsOutcome), name="outcome"),
        CheckConstraint("(settled_at is null) = (outcome is null)", name="settled"),
        CheckConstraint("(outcome = 'told') = (message_id is not null)", name="told"),
        Index(
            "uq_work_news_untold",
            "staff_id",
            "task_id",
            unique=True,
            postgresql_where=text("settled_at is null"),
        ),
        Index("ix_work_news_due", "due_at", postgresql_where=text("settled_at is null")),
        Index("ix_work_news_staff_id_task_id", "staff_id", "task_id"),
        Index("ix_work_news_told", "staff_id", "settled_at", postgresql_where=text("outcome = 'told'")),
        Index("ix_work_news_task_id", "task_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    # Before the first change: was the task this person's, from when to when, and where?
    had_it: Mapped[bool]
    window_start: Mapped[datetime]
    new_address: Mapped[bool] = mapped_column(server_default=text("false"))
    since: Mapped[datetime]
    changed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    # The facts that it holds; one that comes twice is known by it.
    events: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))


class MessageAttempt(Base):
    """One call of the provider: written before the call, filled in after it."""

    __tablename__ = "message_attempt"
    __table_args__ = (UniqueConstraint("message_id", "n"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    n: Mapped[int] = mapped_column(SmallInteger)
    lease_owner: Mapped[str]
    provider: Mapped[str]
    call_started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    http_status: Mapped[int | None] = mapped_column(SmallInteger)
    code: Mapped[int | None]
    sid: Mapped[str | None]


class ProviderEvent(Base):
    """A status callback as it came; the same news counts once."""

    __tablename__ = "provider_event"
    __table_args__ = (
        UniqueConstraint("sid", "status", "error_code"),
        Index("ix_provider_event_unmatched", "received_at", postgresql_where=text("verdict = 'unmatched'")),
        CheckConstraint("verdict in ('applied', 'late', 'contradicts', 'unmatched')", name="verdict"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider: Mapped[str]
    sid: Mapped[str]
    status: Mapped[str]
    error_code: Mapped[int] = mapped_column(server_default=text("0"))
    message_id: Mapped[UUID | None]
    to_phone: Mapped[str]
    raw: Mapped[dict[str, Any]]
    headers: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    verdict: Mapped[str]


class Question(Base):
    """What an outbound text asked. Answers are matched against open questions only."""

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("message_id"),
        CheckConstraint(one_of("kind", QuestionKind), name="kind"),
        CheckConstraint("answered_at is null or closed_at is null", name="one_end"),
        Index(
            "uq_question_customer_id_code",
            "customer_id",
            "code",
            unique=True,
            postgresql_where=text("answered_at is null and closed_at is null"),
        ),
        Index("ix_question_subject_type_subject_id", "subject_type", "subject_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    kind: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[int]
    options: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    code: Mapped[str]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    answer_inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[str | None]


class Conversation(Base):
    """One thread per customer, per colleague, or per number while nobody knows whose it is."""

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("customer_id"),
        UniqueConstraint("staff_id"),
        CheckConstraint("num_nonnulls(customer_id, staff_id, phone) = 1", name="one_partner"),
        CheckConstraint("unread >= 0", name="unread"),
        CheckConstraint(one_of("attention", Attention), name="attention"),
        Index("uq_conversation_phone", "phone", unique=True, postgresql_where=text("phone is not null")),
        Index("ix_conversation_store_id_last_at_id", "store_id", "last_at", "id"),
        Index("ix_conversation_last_at_id", "last_at", "id"),
        Index("ix_conversation_waiting", "store_id", postgresql_where=text("waiting_since is not null")),
        Index("ix_conversation_assignee_id", "assignee_id", postgresql_where=text("assignee_id is not null")),
        Index(
            "ix_conversation_hand_over_due_at",
            "hand_over_due_at",
            postgresql_where=text("hand_over_due_at is not null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    # The colleague who wrote; whose turn it is stands in assignee_id.
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    phone: Mapped[str | None]
    store_id: Mapped[int | None] = mapped_column(ForeignKey("store.id"))
    # Texts since the last answer that a person has to read; how many of them each has seen: conversation_seen.
    unread: Mapped[int] = mapped_column(server_default=text("0"))
    attention: Mapped[str | None]
    # The oldest text that no person has answered; the supervisor takes over when it grows old.
    waiting_since: Mapped[datetime | None]
    # Whose turn it is while the customer waits; nobody named means whoever leads the store. Afterwards: who had it.
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    assigned_at: Mapped[datetime | None]
    # Given by a person, not by the rule: the next texts of this talk come here too.
    by_hand: Mapped[bool] = mapped_column(server_default=text("false"))
    handed_over_at: Mapped[datetime | None]
    hand_over_due_at: Mapped[datetime | None]
    # Automatic texts wait while somebody finds out whether the customer wants any.
    paused_at: Mapped[datetime | None]
    last_at: Mapped[datetime]
    last_inbound_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    read_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class ConversationNote(Base):
    """A word between colleagues inside a thread; the customer never sees it."""

    __tablename__ = "conversation_note"
    __table_args__ = (
        CheckConstraint("length(btrim(text)) > 0", name="text_not_blank"),
        Index("ix_conversation_note_conversation_id_created_at", "conversation_id", "created_at"),
        Index("ix_conversation_note_grams", grams_of("text"), postgresql_using="gin"),
        Index(
            "uq_conversation_note_dedupe_key",
            "dedupe_key",
            unique=True,
            postgresql_where=text("dedupe_key is not null"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    text: Mapped[str]
    created_at: Mapped[datetime]
    # One form brings the same words once.
    dedupe_key: Mapped[str | None]


class SmsCountry(Base):
    """What SMS may do in one country. Head office changes it; a country without a row is treated with care."""

    __tablename__ = "sms_country"
    __table_args__ = (
        CheckConstraint("code ~ '^[A-Z]{2}$'", name="code"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("price_per_segment >= 0", name="price_per_segment"),
        CheckConstraint("quiet_from <> quiet_to", name="quiet_hours"),
        CheckConstraint("proactive_from < proactive_to", name="proactive_hours"),
        CheckConstraint("(pause_from is null) = (pause_to is null)", name="pause"),
        CheckConstraint(
            "registration_status in ('not_needed', 'to_check', 'registered', 'missing')", name="registration_status"
        ),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    sends: Mapped[bool] = mapped_column(server_default=text("true"))
    two_way: Mapped[bool]
    links: Mapped[bool]
    promotions: Mapped[bool] = mapped_column(server_default=text("true"))
    quiet_from: Mapped[time] = mapped_column(server_default=text("'21:00'"))
    quiet_to: Mapped[time] = mapped_column(server_default=text("'08:00'"))
    proactive_from: Mapped[time] = mapped_column(server_default=text("'09:00'"))
    proactive_to: Mapped[time] = mapped_column(server_default=text("'20:00'"))
    # A rest in the middle of the proactive hours, where the law knows one.
    pause_from: Mapped[time | None]
    pause_to: Mapped[time | None]
    registration_status: Mapped[str] = mapped_column(server_default="to_check")
    registration: Mapped[str] = mapped_column(server_default="")
    price_per_segment: Mapped[Decimal] = mapped_column(Numeric(10, 5), server_default=text("0"))
    currency: Mapped[str] = mapped_column(server_default="USD")
    version: Mapped[int] = mapped_column(server_default=text("1"))
    # By whom stands in the audit log: the table refers to nobody, so that it outlives a wiped company.
    updated_at: Mapped[datetime | None]


class ConversationSeen(Base):
    """How many of the unread texts of a conversation one person has seen; emptied when it is answered."""

    __tablename__ = "conversation_seen"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    seen: Mapped[int]
    seen_at: Mapped[datetime]


class ConversationTurn(Base):
    """Each step a conversation took from hand to hand; only ever added to."""

    __tablename__ = "conversation_turn"
    __table_args__ = (
        CheckConstraint(one_of("step", TurnStep), name="step"),
        Index("ix_conversation_turn_conversation_id_id", "conversation_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    step: Mapped[str]
    # Whose turn it is from here on; nobody means whoever leads the store, or that nothing waits.
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # The person who did it; nobody means that it came about by itself.
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]


class QuickAnswer(Base):
    """A text at hand for answers by people; its placeholders are filled in for the customer."""

    __tablename__ = "quick_answer"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_quick_answer_place_id", "place", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Names a shipped one, so that it is not shipped again.
    key: Mapped[str | None]
    place: Mapped[int]
    titles: Mapped[dict[str, str]]
    texts: Mapped[dict[str, str]]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class SenderHealth(Base):
    """Whether a provider is to be left alone for a while, and why. One row per provider; told in breaker.py."""

    __tablename__ = "sender_health"

    provider: Mapped[str] = mapped_column(primary_key=True)
    # Nothing is tried before this moment.
    open_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    failing_since: Mapped[datetime | None]
    is_tripped: Mapped[bool] = mapped_column(server_default=text("false"))
    tripped_at: Mapped[datetime | None]
    # Until then the sender's queue at the carrier is taken to be full.
    full_until: Mapped[datetime | None]
    # So many calls at once were too many a moment ago: every worker starts again from here.
    slowed_to: Mapped[int | None] = mapped_column(SmallInteger)
    slowed_at: Mapped[datetime | None]


class SenderAlert(Base):
    """A code of a carrier that only people can do something about, until somebody has."""

    __tablename__ = "sender_alert"

    provider: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str]
    times: Mapped[int] = mapped_column(server_default=text("1"))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
