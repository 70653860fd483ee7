"""Texts that the care plans send and that belong to no task: written when due, taken back when their plan says so, and
told back when they end.

Whether such a text may go is asked like that of any other (policy.py), when it is claimed and once more just before the
call; its slot in the contact ledger stands under the same key since the plan booked it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.core.i18n import N_, Text3, Worded
from app.core.outbox import publish_many
from app.customers.models import Customer
from app.events import TouchEnded, TouchesDue, TouchesWithdrawn
from app.messaging import outbound, page_links, policy, touch_ends, touch_words
from app.messaging.batches import Written, write_many
from app.messaging.kinds import Kind, rule_of
from app.messaging.models import QuestionKind, Reach
from app.messaging.outbound import Composed, Draft, Recipient
from app.messaging.questions import Ask
from app.messaging.segments import measure
from app.messaging.templates import MAX_SEGMENTS
from app.messaging.wordings import WordingBook, book_in_force
from app.people.models import Store
from app.purchases import restricted, restricted_buyers
from app.purchases.models import Product

REORDER, SUBJECT = "reorder", "occurrence"
GONE, PHONELESS = N_("the customer’s file is gone"), N_("there is no phone number in the file")
TOO_LONG = N_("the text would be more than %(count)s SMS")
NOTHING_TO_SAY = N_("the plan has no words for this text")


@dataclass(frozen=True)
class Goods:
    """What a customer may order by answering."""

    product_id: int
    quantity: int
    name: Text3


@dataclass(frozen=True, kw_only=True)
class Touch:
    """One text as the plans want it. `sayings`: the words of the plans that this contact tells, the leading one first;
    `goods` with `asks`: what "1" orders, until `answer_by`."""

    occurrence_id: int
    customer_id: int
    kind: str
    origin_key: str
    sayings: Sequence[Text3]
    send_at: datetime
    expires_at: datetime
    answer_by: datetime
    goods: Sequence[Goods] = ()
    asks: bool = False
    is_restricted: bool = False

    @property
    def message_kind(self) -> Kind:
        if self.kind == Kind.PROMOTION:
            return Kind.PROMOTION
        return Kind.REORDER if self.asks and self.goods else Kind.CARE


def write_touches(fact: TouchesDue, *, now: datetime) -> None:
    """Write a text for each touch; those that can have none end at once with their reason. Twice is once."""
    touches = [read(raw) for raw in fact.touches]
    recipients = recipients_of([touch.customer_id for touch in touches])
    book, check = book_in_force(), _Check.of(touches)
    rows: list[Written] = []
    unsent: list[TouchEnded] = []
    for touch in touches:
        recipient = recipients.get(touch.customer_id)
        found = compose(touch, recipient, book=book, now=now) if recipient else _missing(touch)
        if isinstance(found, Written) and (why := check.against(touch, found.composed.body)):
            found = why
        if isinstance(found, Written):
            rows.append(found)
        else:
            unsent.append(touch_ends.ended(touch.origin_key, "suppressed", found, now=now))
    write_many(rows, now=now)
    publish_many(unsent)


def withdraw_touches(fact: TouchesWithdrawn, *, now: datetime) -> None:
    """The plan takes its texts back: what no carrier has seen ends."""
    reason = touch_ends.WITHDRAWN.get(fact.reason, touch_ends.TAKEN_BACK)
    outbound.cancel_waiting(outbound.first_key().in_(fact.origin_keys), reason=reason, now=now)


def read(raw: Mapping[str, Any]) -> Touch:
    """A touch as it stands in the fact."""
    send_at = datetime.fromisoformat(raw["send_at"])
    expires_at = datetime.fromisoformat(raw["expires_at"])
    answer_by = raw.get("answer_by")
    return Touch(
        occurrence_id=raw["occurrence_id"],
        customer_id=raw["customer_id"],
        kind=raw["kind"],
        origin_key=raw["origin_key"],
        sayings=[words for words in (raw["words"], *raw.get("more", ())) if words],
        send_at=send_at,
        expires_at=max(expires_at, send_at),
        answer_by=datetime.fromisoformat(answer_by) if answer_by else send_at + timedelta(days=3),
        goods=[Goods(each["product_id"], each["quantity"], each["name"]) for each in raw.get("goods", ())],
        asks=raw["asks"] == REORDER,
        is_restricted=bool(raw["restricted"]),
    )


def recipients_of(customer_ids: Sequence[int]) -> dict[int, Recipient | None]:
    """By customer, in the name of the own store; None for who has no phone."""
    rows = db.session.execute(
        select(Customer, Store).join(Store, Store.id == Customer.store_id).where(Customer.id.in_(customer_ids))
    ).all()
    return {
        row.Customer.id: outbound.recipient_from(row.Customer, row.Store) if row.Customer.phone else None
        for row in rows
    }


def compose(touch: Touch, recipient: Recipient, *, book: WordingBook, now: datetime) -> Written | str:
    """The text for this recipient, or why there is none. Reads nothing and writes nothing."""
    draft = _draft(touch, recipient)
    if draft is None:
        return NOTHING_TO_SAY
    composed = outbound.compose(recipient, draft, wordings=book, address=page_links.stand_in, now=now)
    if draft.body is None and touch.sayings:
        body = touch_words.with_more(composed.body, touch.sayings, locale=recipient.locale)
        composed = Composed(
            body, composed.template_id, measure(body), composed.priority, composed.not_before, composed.expires_at
        )
    if touch_words.is_too_long(composed.size):
        return Worded(TOO_LONG, count=str(MAX_SEGMENTS))
    return Written(recipient, draft, composed)


def _draft(touch: Touch, recipient: Recipient) -> Draft | None:
    kind = touch.message_kind
    body, words, ask = None, None, None
    if kind is Kind.REORDER:
        goods = [(each.name, each.quantity) for each in touch.goods]
        words = {"goods": touch_words.goods_words(goods, locale=recipient.locale)}
        ask = _ask(touch) if recipient.reach is Reach.TWO_WAY else None
    elif touch.sayings:
        body, _size = touch_words.framed(
            touch.sayings,
            common=recipient.common_words(),
            reach=recipient.reach,
            locale=recipient.locale,
            promotes=rule_of(kind).promotes,
        )
    elif kind is Kind.PROMOTION:
        return None
    return Draft(
        kind=kind,
        dedupe_key=touch.origin_key,
        body=body,
        words=words,
        not_before=touch.send_at,
        expires_at=touch.expires_at,
        is_restricted=touch.is_restricted,
        ask=ask,
    )


def _ask(touch: Touch) -> Ask:
    options = [{"product_id": each.product_id, "quantity": each.quantity, "name": each.name} for each in touch.goods]
    return Ask(QuestionKind.REORDER, SUBJECT, touch.occurrence_id, expires_at=touch.answer_by, options=options)


def _missing(touch: Touch) -> str:
    exists = db.session.scalar(select(Customer.id).where(Customer.id == touch.customer_id))
    return PHONELESS if exists else GONE


@dataclass(frozen=True)
class _Check:
    """What a promotion may not be about, and to whom it may not go: read once for a whole batch."""

    products: Sequence[tuple[Mapping[str, str], str]]
    buyers: frozenset[int]

    @classmethod
    def of(cls, touches: Sequence[Touch]) -> _Check:
        promoting = [touch.customer_id for touch in touches if rule_of(touch.message_kind).promotes]
        if not promoting:
            return cls((), frozenset())
        rows = db.session.execute(select(Product.name, Product.code).where(Product.is_restricted)).all()
        return cls([(row.name, row.code) for row in rows], restricted_buyers.among(promoting))

    def against(self, touch: Touch, body: str) -> str | None:
        if not rule_of(touch.message_kind).promotes:
            return None
        names_one = bool(self.products) and restricted.names_one_of(body, self.products)
        return policy.RESTRICTED if touch.is_restricted or names_one or touch.customer_id in self.buyers else None
