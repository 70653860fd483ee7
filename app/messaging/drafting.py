"""What a writer of texts wants to know before publishing: how a draft looks, what it costs, what it replaces."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum

from sqlalchemy import column as sql_column
from sqlalchemy import func, select, true, values
from sqlalchemy.orm import aliased

from app.core.db import db
from app.core.i18n import LOCALES, Text3, pick
from app.customers.models import Customer
from app.messaging import outbound, policy, segments, templates, visits
from app.messaging.countries import Country, known_countries
from app.messaging.kinds import Kind
from app.messaging.models import Message, MessageTemplate, Reach
from app.messaging.outbound import Recipient
from app.messaging.segments import Size, measure
from app.people.models import Staff, Store
from app.tasks.models import Task

_CHINESE = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True)
class Price:
    """What one text of this size costs in a country."""

    country: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Look:
    """A draft in one language, filled with words of the usual length.

    `forcing`: characters of the draft itself that make it UCS-2. `plain`: the draft with their look-alikes of GSM-7,
    when that makes the whole text GSM-7.
    """

    locale: str
    body: str
    size: Size
    prices: Sequence[Price]
    faults: Sequence[str]
    forcing: Sequence[str]
    plain: str | None
    plain_segments: int


@dataclass(frozen=True)
class Fitting:
    """The draft as one customer would get it, or why he or she would not."""

    customer_id: int
    name: str
    recipient: Recipient | None
    body: str = ""
    size: Size | None = None
    price: Price | None = None
    fits_reach: bool = True
    has_fault: bool = False
    is_about_a_task: bool = False


def looks_of(kind: Kind, reach: Reach, texts: Text3, *, countries: Sequence[Country]) -> dict[str, Look]:
    """Each language of a draft."""
    found = templates.faults(kind, reach, texts)
    return {locale: _look(locale, texts.get(locale, ""), found.get(locale, []), countries) for locale in LOCALES}


def _look(locale: str, text: str, faults: Sequence[str], countries: Sequence[Country]) -> Look:
    body = templates.try_render(text, templates.sample_for(locale))
    size = measure(body)
    plain = segments.without_look_alikes(text)
    plain_size = measure(templates.try_render(plain, templates.sample_for(locale)))
    gains = plain != text and size.encoding != "GSM-7" and plain_size.encoding == "GSM-7"
    return Look(
        locale=locale,
        body=body,
        size=size,
        prices=[price_of(size, country) for country in countries],
        faults=faults,
        # A few signs in an English text are worth a word; Chinese is what it is.
        forcing=() if _CHINESE.search(text) else segments.costly_characters(text),
        plain=plain if gains else None,
        plain_segments=plain_size.segments,
    )


def price_of(size: Size, country: Country) -> Price:
    return Price(country.code, country.price_per_segment * size.segments, country.currency)


def countries_of(reach: Reach) -> list[Country]:
    """The countries whose customers get this wording, those with a store of ours first."""
    with_store = set(db.session.scalars(select(Store.country).where(Store.is_active).distinct()))
    fitting = [
        country
        for country in known_countries().values()
        if country.sends and country.two_way is (reach is Reach.TWO_WAY)
    ]
    return sorted(fitting, key=lambda country: (country.code not in with_store, country.code))


def fit(kind: Kind, task_type: str, reach: Reach, texts: Text3, *, customer: Customer, now: datetime) -> Fitting:
    """The draft for this customer, whom the caller may see: own language, own country, own next visit."""
    recipient = outbound.recipient_of(customer.id)
    if recipient is None:
        return Fitting(customer.id, customer.name, None)
    text = pick(texts, recipient.locale)
    task = _next_task(customer.id, task_type, now=now)
    said = visits.words_for(task, recipient) if task else {}
    words = templates.sample_for(recipient.locale) | recipient.common_words() | said
    body = templates.try_render(text, words)
    size = measure(body)
    return Fitting(
        customer_id=customer.id,
        name=customer.name,
        recipient=recipient,
        body=body,
        size=size,
        price=price_of(size, recipient.country),
        fits_reach=recipient.reach is reach,
        has_fault=recipient.locale in templates.faults(kind, reach, texts),
        is_about_a_task=task is not None,
    )


def _next_task(customer_id: int, task_type: str, *, now: datetime) -> Task | None:
    """The customer's task that such a text would speak of: the live one that comes next, else the last one."""
    stmt = select(Task).where(Task.customer_id == customer_id)
    if task_type:
        stmt = stmt.where(Task.type == task_type)
    is_live = Task.status.in_(sorted(policy.LIVE_STATUSES))
    distance = func.abs(func.extract("epoch", Task.window_start - now))
    return db.session.scalar(stmt.order_by(is_live.desc(), distance, Task.id).limit(1))


# What was there before


class Turn(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True)
class Piece:
    """A stretch of text in a comparison of two wordings."""

    turn: Turn
    text: str


@dataclass(frozen=True)
class Version:
    """One version of a wording, with what is different in the one in force."""

    wording: MessageTemplate
    author: str | None
    last_used_at: datetime | None
    is_current: bool
    changes: Mapping[str, Sequence[Piece]]


def versions_of(wording: MessageTemplate) -> list[Version]:
    """All versions of this wording, newest first, each compared with the one in force."""
    author = aliased(Staff)
    rows = db.session.execute(
        select(MessageTemplate, author.name)
        .outerjoin(author, author.id == MessageTemplate.published_by_id)
        .where(
            MessageTemplate.kind == wording.kind,
            MessageTemplate.task_type == wording.task_type,
            MessageTemplate.reach == wording.reach,
        )
        .order_by(MessageTemplate.version.desc())
    ).all()
    used = last_used_at([row[0].id for row in rows])
    newest = rows[0][0]
    return [
        Version(
            wording=each,
            author=name,
            last_used_at=used.get(each.id),
            is_current=each.id == newest.id,
            changes={
                locale: changes_between(each.texts.get(locale, ""), newest.texts.get(locale, ""))
                for locale in LOCALES
                if each.texts.get(locale) != newest.texts.get(locale)
            },
        )
        for each, name in rows
    ]


def last_used_at(template_ids: Collection[int]) -> dict[int, datetime]:
    """When each wording last made a text; one look into the index per wording, however many texts there are."""
    if not template_ids:
        return {}
    wanted = values(sql_column("id", MessageTemplate.id.type), name="wanted").data([(one,) for one in template_ids])
    newest = (
        select(Message.created_at)
        .where(Message.template_id == wanted.c.id)
        .order_by(Message.created_at.desc())
        .limit(1)
        .lateral("newest")
    )
    rows = db.session.execute(select(wanted.c.id, newest.c.created_at).join(newest, true())).all()
    return {row.id: row.created_at for row in rows}


def changes_between(old: str, new: str) -> list[Piece]:
    """From the old text to the new one, in stretches; placeholders and Latin words stay whole."""
    before, after = _tokens(old), _tokens(new)
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Turn.SAME, "".join(before[i1:i2])))
            continue
        if i2 > i1:
            pieces.append(Piece(Turn.GONE, "".join(before[i1:i2])))
        if j2 > j1:
            pieces.append(Piece(Turn.NEW, "".join(after[j1:j2])))
    return pieces


def _tokens(text: str) -> list[str]:
    return templates.TOKEN.findall(text)
