"""A promotion seen from both sides: what it would cost and how it reads, and afterwards what came of it. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from app.careplans import promotions
from app.careplans.audience import Audience, Target
from app.careplans.promotions import Gate, Wish
from app.careplans.reasons import WhyNot
from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import LOCALES, N_, Text3, Worded
from app.core.phone import country_of
from app.messaging import touch_words, words
from app.messaging.countries import CAUTIOUS, Country, known_countries
from app.messaging.models import Reach
from app.messaging.segments import Size
from app.messaging.templates import MAX_SEGMENTS, sample_for
from app.people.access import Actor
from app.people.models import Store

ECHO = timedelta(days=7)
"""Answers and stops this long after the text are taken to be about it."""


@dataclass(frozen=True)
class Look:
    """How the text reads in one language, with names of the usual length."""

    locale: str
    body: str
    size: Size

    @property
    def is_too_long(self) -> bool:
        return touch_words.is_too_long(self.size)


@dataclass(frozen=True)
class Preview:
    """What a promotion would do now, if it went."""

    audience: Audience
    looks: Sequence[Look]
    segments: int
    costs: Mapping[str, Decimal]


@dataclass(frozen=True)
class Result:
    """What came of it so far. `waiting`: booked or written, not yet sent."""

    sent: int
    waiting: int
    not_sent: Mapping[str, int]
    replies: int
    opt_outs: int
    segments: int
    costs: Mapping[str, Decimal] = field(default_factory=dict)


def check_words(words_: Text3, stores: Sequence[Store]) -> None:
    """Raises Invalid for a language whose text would be longer than any text of ours."""
    faults = {
        look.locale: [
            Worded(N_("This text is too long: it would be more than %(count)s SMS."), count=str(MAX_SEGMENTS))
        ]
        for look in looks_of(words_, stores)
        if look.is_too_long
    }
    if faults:
        raise Invalid(errors={"settings": {"action": {"words": faults}}})


def looks_of(words_: Text3, stores: Sequence[Store]) -> list[Look]:
    """The text of each language, in the name of the store with the longest name."""
    store = max(stores, key=lambda each: len(each.name), default=None)
    return [Look(locale, *_framed(words_, store, _reach_of(store), locale)) for locale in LOCALES if words_.get(locale)]


def preview(target: Target, words_: Text3, stores: Sequence[Store], *, now: datetime) -> Preview:
    audience = promotions.preview(target, now=now)
    by_id = {store.id: store for store in stores}
    known = known_countries()
    segments, costs = 0, dict[str, Decimal]()
    for share in audience.shares:
        if share.reason is not None:
            continue
        country = known.get(share.country, CAUTIOUS)
        reach = Reach.TWO_WAY if country.two_way else Reach.ONE_WAY
        _body, size = _framed(words_, by_id.get(share.store_id), reach, share.locale)
        segments += size.segments * share.people
        _add(costs, country, size.segments * share.people)
    return Preview(audience, looks_of(words_, stores), segments, costs)


def propose(wish: Wish, *, actor: Actor, now: datetime) -> int:
    """Check the length too, which only this side can tell, and write it down; returns its id."""
    _check_length(wish, actor=actor, now=now)
    return promotions.propose(wish, actor=actor, now=now).id


def change(promotion_id: int, wish: Wish, *, version: int, actor: Actor, now: datetime) -> None:
    _check_length(wish, actor=actor, now=now)
    promotions.change(promotion_id, wish, version=version, actor=actor, now=now)


def _check_length(wish: Wish, *, actor: Actor, now: datetime) -> None:
    promotions.checked(wish, actor=actor, now=now)
    check_words(wish.words, stores_of(wish.store_ids))


def stores_of(store_ids: Sequence[int]) -> list[Store]:
    return list(db.session.query(Store).filter(Store.id.in_(store_ids)).order_by(Store.id))


def result(gate: Gate) -> Result:
    """Sent, left out by reason, answered, opted out after it."""
    values = {"plan_id": gate.plan.id, "keys": f"{gate.key_prefix}%", "echo": ECHO}
    fates = db.session.execute(_FATES, values).all()
    echo = db.session.execute(_ECHO, values).one()
    costs: dict[str, Decimal] = {}
    known = known_countries()
    for row in db.session.execute(_PAID, values):
        _add(costs, known.get(country_of(row.phone), CAUTIOUS), int(row.segments))
    return Result(
        sent=sum(row.people for row in fates if row.state == "done"),
        waiting=sum(row.people for row in fates if row.state in ("due", "deferred", "booked", "made")),
        not_sent={
            row.reason or WhyNot.NOT_SENT.value: row.people
            for row in fates
            if row.state in ("ended", "dropped", "missed")
        },
        replies=int(echo.replies),
        opt_outs=int(echo.opt_outs),
        segments=int(echo.segments or 0),
        costs=costs,
    )


_FATES = text("""
    SELECT state, reason, sum(people) AS people FROM (
        SELECT CASE WHEN state IN ('ended', 'dropped', 'missed') THEN 'ended' ELSE state END AS state,
            CASE WHEN state IN ('ended', 'dropped', 'missed') THEN reason END AS reason, count(*) AS people
        FROM occurrence WHERE plan_id = :plan_id GROUP BY state, reason) counted
    GROUP BY state, reason ORDER BY people DESC
""")
_SENT = """
    SELECT customer_id, to_phone, submitted_at, segments FROM message
    WHERE dedupe_key LIKE :keys AND kind = 'promotion' AND submitted_at IS NOT NULL
"""
_ECHO = text(f"""
    WITH sent AS ({_SENT})
    SELECT sum(segments) AS segments,
        count(DISTINCT customer_id) FILTER (WHERE EXISTS (
            SELECT FROM inbound i WHERE i.customer_id = sent.customer_id
                AND i.received_at > sent.submitted_at AND i.received_at <= sent.submitted_at + :echo)) AS replies,
        count(DISTINCT to_phone) FILTER (WHERE EXISTS (
            SELECT FROM consent_event e WHERE e.phone = sent.to_phone AND e.channel = 'sms' AND e.state = 'out'
                AND e.occurred_at > sent.submitted_at AND e.occurred_at <= sent.submitted_at + :echo)) AS opt_outs
    FROM sent
""")  # noqa: S608  fixed parts
_PAID = text(f"""
    SELECT left(to_phone, 5) AS prefix, min(to_phone) AS phone, sum(segments) AS segments FROM ({_SENT}) sent GROUP BY 1
""")  # noqa: S608  fixed parts


def _framed(words_: Text3, store: Store | None, reach: Reach, locale: str) -> tuple[str, Size]:
    common = dict(sample_for(locale))
    if store is not None:
        common["shop"] = words.shop(store.name, locale=locale)
        common["phone"] = words.phone(store.phone, country=store.country) or common["phone"]
    return touch_words.framed([words_], common=common, reach=reach, locale=locale, promotes=True)


def _reach_of(store: Store | None) -> Reach:
    country = known_countries().get(store.country, CAUTIOUS) if store is not None else CAUTIOUS
    return Reach.TWO_WAY if country.two_way else Reach.ONE_WAY


def _add(costs: dict[str, Decimal], country: Country, segments: int) -> None:
    cost = country.price_per_segment * segments
    costs[country.currency] = costs.get(country.currency, Decimal(0)) + cost


def costs_json(costs: Mapping[str, Decimal]) -> list[dict[str, Any]]:
    return [{"currency": currency, "amount": amount} for currency, amount in sorted(costs.items())]
