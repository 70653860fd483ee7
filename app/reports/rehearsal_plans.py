"""The care plans' part of a rehearsal: the texts of the day that belong to no task, with their fate. Writes nothing.

Those whose rows lie there already are played as they lie; those that are booked, or would be wished for by then, are
composed by the same rules as the real ones and judged by the same policy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from app.careplans.foreseeing import MOST, Foreseen, texts_of_the_day
from app.careplans.reasons import WORDS
from app.core.db import db
from app.core.phone import mask
from app.customers import numbers
from app.customers.models import Customer
from app.messaging import policy, touches
from app.messaging.batches import Written
from app.messaging.countries import Country, country_for
from app.messaging.kinds import rule_of
from app.messaging.models import WAITING, Message, State
from app.messaging.outbound import Recipient
from app.messaging.segments import Size, measure
from app.messaging.stage import FOR_A_PERSON, Delay, Fate
from app.people.shifts import day_bounds
from app.reports.played import Part, Played, PlayedText, Setting, paused_among, refused_scopes


@dataclass(frozen=True)
class _Surroundings:
    """What decides about the texts beside their own words."""

    refused: Mapping[str, Collection[str]]
    bad: Collection[str]
    paused: Collection[int]
    complaints: Mapping[int, bool]
    """Customers whose household has an open case; True where the body reacted."""


@dataclass(kw_only=True)
class _Text:
    """One text on its way through the day."""

    customer_id: int
    kind: str
    to_phone: str
    zone: str
    body: str
    size: Size
    country: Country
    due_at: datetime
    expires_at: datetime
    is_restricted: bool
    is_written: bool = False
    fate: Fate = Fate.WAITS
    reason: str | None = None
    goes_at: datetime | None = None
    delays: list[Delay] = field(default_factory=list)


def touches_of_the_day(setting: Setting) -> Part:
    """Every text of the plans for the day at this store."""
    today = setting.now.astimezone(ZoneInfo(setting.store.zone)).date()
    if setting.wanted.day < today:
        return Part(played=[])
    lying = _lying(setting)
    keys = {message.dedupe_key for message in lying}
    foreseen = [
        each
        for each in texts_of_the_day(setting.store, setting.wanted.day, now=setting.now)
        if each.touch["origin_key"] not in keys
    ]
    people = _people([each.customer_id for each in foreseen] + [message.customer_id or 0 for message in lying])
    recipients = touches.recipients_of(list(people))
    around = _around(people)
    played: list[Played] = []
    for message in lying:
        customer = people.get(message.customer_id or 0)
        if customer is None:
            continue
        if message.state in {state.value for state in WAITING}:
            played.append(_played(customer, [_decided(_from_row(message), around, setting.now)]))
        else:
            played.append(_played(customer, [], sent=int(message.submitted_at is not None)))
    for each in foreseen:
        customer = people.get(each.customer_id)
        if customer is not None:
            played.append(_foreseen_part(each, customer, recipients.get(each.customer_id), around, setting))
    return Part(played=played, is_cut=len(foreseen) >= MOST)


def _lying(setting: Setting) -> Sequence[Message]:
    """Rows of the plans that are due on the day."""
    first, last = day_bounds(setting.wanted.day, ZoneInfo(setting.store.zone))
    stmt = (
        select(Message)
        .where(
            Message.store_id == setting.store.id,
            Message.dedupe_key.like("careplan:%"),
            Message.task_id.is_(None),
            Message.not_before >= first,
            Message.not_before < last,
            Message.state != State.CANCELED.value,
        )
        .order_by(Message.id)
        .limit(MOST)
    )
    return db.session.scalars(stmt).all()


def _people(customer_ids: Sequence[int]) -> dict[int, Customer]:
    rows = db.session.scalars(select(Customer).where(Customer.id.in_(set(customer_ids))))
    return {customer.id: customer for customer in rows}


def _around(people: Mapping[int, Customer]) -> _Surroundings:
    phones = {customer.phone for customer in people.values() if customer.phone}
    rows = db.session.execute(
        text("""SELECT reader.id, bool_or(k.is_reaction) AS is_reaction
                FROM customer reader JOIN complaint k ON k.closed_at IS NULL AND k.household_id = reader.household_id
                WHERE reader.id = ANY(CAST(:ids AS int[])) GROUP BY reader.id"""),
        {"ids": list(people)},
    )
    return _Surroundings(
        refused=refused_scopes(phones),
        bad=numbers.faults_of(phones),
        paused=paused_among(list(people)),
        complaints={row.id: row.is_reaction for row in rows},
    )


def _foreseen_part(
    each: Foreseen, customer: Customer, recipient: Recipient | None, around: _Surroundings, setting: Setting
) -> Played:
    if recipient is None:
        return _played(customer, [], has_phone=False)
    touch = touches.read(each.touch)
    found = touches.compose(touch, recipient, book=setting.book, now=setting.now)
    if not isinstance(found, Written):
        return _played(customer, [])
    staged = _from_touch(found, customer.id)
    if each.against is not None:
        staged.fate, staged.reason = Fate.SUPPRESSED, WORDS[each.against]
        return _played(customer, [staged])
    return _played(customer, [_decided(staged, around, setting.now)])


def _from_touch(found: Written, customer_id: int) -> _Text:
    return _Text(
        customer_id=customer_id,
        kind=found.draft.kind.value,
        to_phone=found.recipient.phone,
        zone=found.recipient.zone,
        body=found.composed.body,
        size=found.composed.size,
        country=found.recipient.country,
        due_at=found.composed.not_before,
        expires_at=found.composed.expires_at,
        is_restricted=found.draft.is_restricted,
    )


def _from_row(message: Message) -> _Text:
    staged = _Text(
        customer_id=message.customer_id or 0,
        kind=message.kind,
        to_phone=message.to_phone,
        zone=message.zone,
        body=message.body,
        size=measure(message.body),
        country=country_for(message.to_phone),
        due_at=message.not_before,
        expires_at=message.expires_at,
        is_restricted=message.is_restricted,
        is_written=True,
    )
    if message.held_reason and message.held_until:
        staged.delays.append(Delay(message.held_reason, message.created_at, message.held_until))
    return staged


def _decided(staged: _Text, around: _Surroundings, now: datetime) -> _Text:
    """Let it go, or not, as the drain would from its first moment on."""
    facts = policy.Facts(
        rule=rule_of(staged.kind),
        country=staged.country,
        zone=staged.zone,
        expires_at=staged.expires_at,
        refused_scopes=around.refused.get(staged.to_phone, ()),
        is_paused=staged.customer_id in around.paused,
        number_is_bad=staged.to_phone in around.bad,
        is_restricted=staged.is_restricted,
        has_open_complaint=staged.customer_id in around.complaints,
        has_open_reaction=around.complaints.get(staged.customer_id, False),
    )
    moment = max(staged.due_at, now)
    while staged.fate is Fate.WAITS:
        match policy.decide(facts, moment):
            case policy.Send():
                staged.fate, staged.goes_at = Fate.GOES, moment
            case policy.Hold(reason=reason, until=until):
                staged.delays.append(Delay(reason, moment, until))
                if reason in FOR_A_PERSON:
                    staged.fate, staged.reason = Fate.HELD, reason
                # A look that does not move on would never end.
                moment = max(until, moment + timedelta(minutes=1))
            case policy.Suppress(reason=reason):
                staged.fate, staged.reason = Fate.SUPPRESSED, reason
            case policy.Expire(reason=reason):
                staged.fate, staged.reason = Fate.EXPIRED, reason
            case policy.Cancel(reason=reason):
                staged.fate, staged.reason = Fate.CANCELLED, reason
    return staged


def _played(customer: Customer, texts: Sequence[_Text], *, sent: int = 0, has_phone: bool = True) -> Played:
    return Played(
        customer_id=customer.id,
        name=customer.name,
        phone_masked=mask(customer.phone) if customer.phone else "",
        locale=customer.locale,
        texts=[_as_played(staged) for staged in texts],
        already_sent=sent,
        has_phone=has_phone,
    )


def _as_played(staged: _Text) -> PlayedText:
    return PlayedText(
        task_id=None,
        task_type="",
        kind=staged.kind,
        fate=staged.fate,
        reason=staged.reason,
        due_at=staged.due_at,
        goes_at=staged.goes_at,
        delays=staged.delays,
        expires_at=staged.expires_at,
        body=staged.body,
        encoding=staged.size.encoding,
        segments=staged.size.segments,
        country=staged.country.code,
        cost=staged.country.price_per_segment * staged.size.segments,
        currency=staged.country.currency,
        is_written=staged.is_written,
    )
