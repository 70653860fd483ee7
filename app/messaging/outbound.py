"""Writing outbound rows with the change that makes them due. Nothing here talks to a provider."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text, update

from app.core.db import db
from app.core.i18n import pick
from app.core.live import announce
from app.core.outbox import ring
from app.customers import contacts
from app.customers.models import Customer
from app.messaging import page_links, policy, questions, templates, touch_ends, words
from app.messaging.countries import Country, country_for, zone_for
from app.messaging.errors import PromotesRestricted
from app.messaging.kinds import Kind, rule_of
from app.messaging.models import ASKED, WAITING, Inbound, Message, MessageTemplate, Reach, State
from app.messaging.questions import Ask
from app.messaging.segments import Size, measure
from app.people.models import Store
from app.purchases import restricted


@dataclass(frozen=True)
class Recipient:
    """Whom a text goes to and in whose name, with what its words need."""

    customer_id: int | None
    phone: str
    name: str
    gender: str | None
    locale: str
    zone: str
    country: Country
    store_id: int
    shop: str
    shop_phone: str | None
    shop_zone: str
    home: tuple[float, float] | None = None
    shop_place: tuple[float, float] | None = None
    staff_id: int | None = None
    """A colleague instead of a customer."""

    @property
    def reach(self) -> Reach:
        return Reach.TWO_WAY if self.country.two_way else Reach.ONE_WAY

    def common_words(self) -> dict[str, str]:
        return {
            "shop": words.shop(self.shop, locale=self.locale),
            "name": words.greeting(self.name, gender=self.gender, locale=self.locale),
            "phone": words.phone(self.shop_phone, country=self.country.code),
        }


@dataclass(frozen=True)
class Draft:
    """A text about to be written. `words` fill the template of the kind; `body` replaces it (texts by people).

    `is_proactive`: it takes a slot of the household's contact budget; a kind that is unasked does so by itself, unless
    it belongs to a task. `is_restricted`: it is about a restricted product, whatever its words say.
    """

    kind: Kind
    dedupe_key: str
    words: Mapping[str, str] | None = None
    body: str | None = None
    task_id: int | None = None
    task_type: str = ""
    speaks_of: datetime | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    answers_inbound_id: int | None = None
    sender_id: int | None = None
    is_proactive: bool = False
    is_restricted: bool = False
    ask: Ask | None = None


def recipient_of(customer_id: int, *, store_id: int | None = None) -> Recipient | None:
    """The customer as a recipient, in the name of `store_id` (else the own store); None without a phone."""
    row = db.session.execute(
        select(Customer, Store)
        .join(Store, Store.id == (store_id if store_id is not None else Customer.store_id))
        .where(Customer.id == customer_id)
    ).first()
    if row is None or not row.Customer.phone:
        return None
    return recipient_from(row.Customer, row.Store)


def recipient_from(customer: Any, store: Any) -> Recipient:
    """The customer, who has a phone, as a recipient in the name of this store; rows of a narrower select will do."""
    return Recipient(
        customer_id=customer.id,
        phone=customer.phone,
        name=customer.name,
        gender=customer.gender,
        locale=customer.locale,
        zone=zone_for(customer.phone, store_zone=store.zone, store_country=store.country),
        country=country_for(customer.phone),
        store_id=store.id,
        shop=store.name,
        shop_phone=store.phone,
        shop_zone=store.zone,
        home=_point(customer.lat, customer.lng),
        shop_place=_point(store.lat, store.lng),
    )


RECIPIENT = (
    Customer.id.label("customer_id"),
    Customer.phone.label("phone"),
    Customer.name.label("name"),
    Customer.gender.label("gender"),
    Customer.locale.label("locale"),
    Customer.lat.label("lat"),
    Customer.lng.label("lng"),
    Store.id.label("store_id"),
    Store.name.label("shop"),
    Store.phone.label("shop_phone"),
    Store.zone.label("shop_zone"),
    Store.country.label("shop_country"),
    Store.lat.label("shop_lat"),
    Store.lng.label("shop_lng"),
)
"""Columns of a select over Customer and Store that make a recipient, without the two entities."""


def recipient_of_row(row: Any) -> Recipient:
    """The recipient in a row that has the columns RECIPIENT and a phone."""
    return Recipient(
        customer_id=row.customer_id,
        phone=row.phone,
        name=row.name,
        gender=row.gender,
        locale=row.locale,
        zone=zone_for(row.phone, store_zone=row.shop_zone, store_country=row.shop_country),
        country=country_for(row.phone),
        store_id=row.store_id,
        shop=row.shop,
        shop_phone=row.shop_phone,
        shop_zone=row.shop_zone,
        home=_point(row.lat, row.lng),
        shop_place=_point(row.shop_lat, row.shop_lng),
    )


@dataclass(frozen=True)
class Composed:
    """A draft with its words and its times: what a row is made of."""

    body: str
    template_id: int | None
    size: Size
    priority: int
    not_before: datetime
    expires_at: datetime


class Wordings(Protocol):
    """Where the words of a kind come from: the published ones, or those of a rehearsal."""

    def find(self, kind: Kind, task_type: str, reach: Reach) -> Wording | None: ...


class Wording(Protocol):
    @property
    def id(self) -> int | None: ...

    @property
    def texts(self) -> Mapping[str, str]: ...


def compose(
    recipient: Recipient,
    draft: Draft,
    *,
    wordings: Wordings | None = None,
    address: page_links.Address = page_links.stand_in,
    now: datetime,
) -> Composed:
    """What would be written for this draft now. Writes nothing, unless `address` gives out keys to the page."""
    rule = rule_of(draft.kind)
    body, template_id = body_of(recipient, draft, wordings=wordings, address=address)
    not_before = max(draft.not_before or now, now)
    return Composed(
        body=body,
        template_id=template_id,
        size=measure(body),
        priority=rule.priority,
        not_before=not_before,
        expires_at=draft.expires_at or not_before + timedelta(hours=rule.useful_hours),
    )


def write(recipient: Recipient, draft: Draft, *, now: datetime) -> UUID | None:
    """Write one outbound row, and its question; None when a row with this dedupe key exists already.

    Raises PromotesRestricted for a promotion that is about restricted products, or for who buys nothing else.
    """
    written = write_row(recipient, draft, now=now)
    return written.id if written is not None else None


def write_row(recipient: Recipient, draft: Draft, *, now: datetime) -> Message | None:
    """The same, giving the row itself."""
    if _answers_too_late(draft):
        return None
    written: Message | None = db.session.scalar(WRITE, values_of(recipient, draft, now=now))
    if written is None:
        return None
    ring()
    if draft.ask is not None and recipient.customer_id is not None:
        questions.ask(draft.ask, customer_id=recipient.customer_id, message_id=written.id, now=now)
    announce(f"conversations:{recipient.store_id}")
    return written


def values_of(recipient: Recipient, draft: Draft, *, now: datetime) -> dict[str, Any]:
    """The columns of the row that this draft becomes. Raises PromotesRestricted."""
    composed = compose(recipient, draft, address=page_links.given_out(now), now=now)
    rule = rule_of(draft.kind)
    if rule.promotes and _is_restricted(recipient, draft, composed.body):
        raise PromotesRestricted
    return {
        "dedupe_key": draft.dedupe_key,
        "kind": draft.kind.value,
        "customer_id": recipient.customer_id,
        "store_id": recipient.store_id,
        "task_id": draft.task_id,
        "to_phone": recipient.phone,
        "zone": recipient.zone,
        "locale": recipient.locale,
        "body": composed.body,
        "encoding": composed.size.encoding,
        "segments": composed.size.segments,
        "template_id": composed.template_id,
        "sender_id": draft.sender_id,
        "to_staff_id": recipient.staff_id,
        "answers_inbound_id": draft.answers_inbound_id,
        "priority": composed.priority,
        "is_proactive": draft.is_proactive or (rule.is_proactive and draft.task_id is None),
        "is_restricted": draft.is_restricted,
        "speaks_of": draft.speaks_of,
        "not_before": composed.not_before,
        "expires_at": composed.expires_at,
        "created_at": now,
    }


# Text, because each text passes here.
INSERT = """
    INSERT INTO message (dedupe_key, kind, customer_id, store_id, task_id, to_phone, zone, locale, body, encoding,
        segments, template_id, sender_id, to_staff_id, answers_inbound_id, priority, is_proactive, is_restricted,
        speaks_of, not_before, expires_at, created_at)
    VALUES (:dedupe_key, :kind, :customer_id, :store_id, :task_id, :to_phone, :zone, :locale, :body, :encoding,
        :segments, :template_id, :sender_id, :to_staff_id, :answers_inbound_id, :priority, :is_proactive,
        :is_restricted, :speaks_of, :not_before, :expires_at, :created_at)
    ON CONFLICT (dedupe_key) DO NOTHING
"""
WRITE = select(Message).from_statement(text(f"{INSERT} RETURNING *"))


def body_of(
    recipient: Recipient,
    draft: Draft,
    *,
    wordings: Wordings | None = None,
    address: page_links.Address = page_links.stand_in,
) -> tuple[str, int | None]:
    """The text as it will be read, and the wording it was made from."""
    if draft.body is not None:
        return draft.body, None
    find = wordings.find if wordings is not None else template_for
    template = find(draft.kind, draft.task_type, recipient.reach)
    if template is None:
        raise LookupError(f"no words for {draft.kind} {draft.task_type} {recipient.reach}")
    wording = pick(template.texts, recipient.locale)
    values = recipient.common_words() | dict(draft.words or {})
    if templates.LINK in wording:
        values["link"] = _page_address(recipient, draft, address)
    return templates.render(wording, values), template.id


def _page_address(recipient: Recipient, draft: Draft, address: page_links.Address) -> str:
    """Nothing where a text may carry no links: the wording is made to end well without it."""
    if recipient.customer_id is None or not recipient.country.links:
        return ""
    return address(recipient.customer_id, draft.task_id)


def _answers_too_late(draft: Draft) -> bool:
    """It would answer by itself what the customer wrote long ago; a person does that."""
    if draft.answers_inbound_id is None or draft.sender_id is not None:
        return False
    answered = db.session.get(Inbound, draft.answers_inbound_id)
    return answered is not None and answered.is_late


RESEND = ":resend:"
"""Stands in the dedupe key of a row that repeats another one."""


def contact_key(dedupe_key: str) -> str:
    """The key under which a proactive text stands in the contact ledger; sent again it is the same contact."""
    return dedupe_key.split(RESEND)[0]


def first_key() -> ColumnElement[str]:
    """The same of a row, inside a statement: what is said of a text holds for the rows that repeat it."""
    return func.split_part(Message.dedupe_key, RESEND, 1)


def _is_restricted(recipient: Recipient, draft: Draft, body: str) -> bool:
    if draft.is_restricted or restricted.text_names_restricted(body):
        return True
    return recipient.customer_id is not None and restricted.buys_nothing_else(recipient.customer_id)


def wake_drain() -> None:
    """The relay hears of it after the commit; its poll would find the row anyway, a second later."""
    ring()


def template_for(kind: Kind, task_type: str, reach: Reach) -> MessageTemplate | None:
    """The newest wording, the one for this type of task before the general one."""
    return db.session.scalar(
        select(MessageTemplate)
        .where(
            MessageTemplate.kind == kind.value,
            MessageTemplate.task_type.in_({task_type, ""}),
            MessageTemplate.reach == reach.value,
        )
        .order_by(MessageTemplate.task_type.desc(), MessageTemplate.version.desc())
        .limit(1)
    )


def follow(customer_id: int) -> None:
    """What still waits for the customer is for the new store to see; a text about a visit stays with the visit's."""
    store_id = db.session.scalar(select(Customer.store_id).where(Customer.id == customer_id))
    db.session.execute(
        update(Message)
        .where(
            Message.customer_id == customer_id,
            Message.task_id.is_(None),
            Message.store_id != store_id,
            Message.state.in_([state.value for state in WAITING]),
        )
        .values(store_id=store_id)
        .execution_options(synchronize_session=False)
    )


def cancel_waiting(condition: ColumnElement[bool], *, reason: str, now: datetime) -> list[UUID]:
    """Take back rows that no provider has seen; their questions close with them."""
    return end_waiting(condition, state=State.CANCELED, reason=reason, now=now)


def end_waiting(condition: ColumnElement[bool], *, state: State, reason: str, now: datetime) -> list[UUID]:
    ended = db.session.execute(
        update(Message)
        .where(condition, Message.state.in_([state.value for state in WAITING]))
        .values(
            state=state.value,
            end_reason=reason,
            ended_at=now,
            held_reason=None,
            held_until=None,
            lease_owner=None,
            lease_until=None,
        )
        .returning(Message.id, Message.store_id, Message.is_proactive, Message.dedupe_key)
        .execution_options(synchronize_session="fetch")
    ).all()
    for row in ended:
        if row.is_proactive:
            contacts.release(contact_key(row.dedupe_key), reason=reason, now=now)
    touch_ends.tell([contact_key(row.dedupe_key) for row in ended], state.value, reason, now=now)
    ids = [row.id for row in ended]
    questions.close_of_messages(ids, reason=reason, now=now)
    for store_id in {row.store_id for row in ended}:
        announce(f"conversations:{store_id}")
    return ids


def has_told(task_id: int, kinds: Sequence[Kind], *, window_start: datetime | None = None) -> bool:
    """Has such a text about the task (and about this window, if given) gone out, or is it just going out?"""
    stmt = select(Message.id).where(
        Message.task_id == task_id,
        Message.kind.in_([kind.value for kind in kinds]),
        Message.state.in_([state.value for state in ASKED]),
    )
    if window_start is not None:
        stmt = stmt.where(Message.speaks_of == window_start)
    return db.session.scalar(stmt.limit(1)) is not None


def said_about(task_ids: Collection[int]) -> defaultdict[int, set[tuple[str, datetime | None]]]:
    """By task, what has gone out about it, or is just going out: the kind and of which window it speaks."""
    asked = Message.state.in_([state.value for state in ASKED])
    rows = db.session.execute(
        select(Message.task_id, Message.kind, Message.speaks_of).where(Message.task_id.in_(task_ids), asked)
    )
    said: defaultdict[int, set[tuple[str, datetime | None]]] = defaultdict(set)
    for task_id, kind, speaks_of in rows:
        said[task_id or 0].add((kind, speaks_of))
    return said


def tasks_with_waiting(task_ids: Collection[int]) -> set[int]:
    """Which of these tasks have texts that no provider has seen."""
    return set(db.session.scalars(_WITH_WAITING, {"task_ids": list(task_ids)}))


_WITH_WAITING = text("""
    SELECT task_id FROM message WHERE task_id = ANY(CAST(:task_ids AS int[])) AND state IN ('pending', 'claimed')
""")


def release_paused(customer_id: int, *, now: datetime) -> None:
    """Let the texts go on that waited until somebody had asked whether the customer wants any."""
    db.session.execute(
        update(Message)
        .where(
            Message.customer_id == customer_id,
            Message.state == State.PENDING.value,
            Message.held_reason == policy.MAYBE_OPT_OUT,
        )
        .values(not_before=now, held_until=None, held_reason=None)
        .execution_options(synchronize_session="fetch")
    )
    wake_drain()


def has_due(*, now: datetime) -> bool:
    """Is there anything for the drain to do?"""
    return bool(
        db.session.scalar(
            text("""SELECT EXISTS (SELECT 1 FROM message WHERE state = 'pending' AND not_before <= :now
                        AND (next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp()))
                    OR EXISTS (SELECT 1 FROM message WHERE state IN ('claimed', 'submitting')
                        AND lease_until <= clock_timestamp())"""),
            {"now": now},
        )
    )


def _point(lat: float | None, lng: float | None) -> tuple[float, float] | None:
    return (lat, lng) if lat is not None and lng is not None else None
