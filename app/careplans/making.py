"""Booked touches become work: tasks for the associates, and facts for those who write the texts.

A contact that tells several things is one task that names all of them, made in the most personal way among them.
What speaks against it by now (a stop, an open complaint, the balance) is asked once more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from app.careplans.booking import new_key_sql
from app.careplans.generating import TODAY, Plan, Span, When
from app.careplans.manners import MANNERS, SALES, STRENGTH
from app.careplans.plan_settings import TASK_REASON, By, MilestoneTiming, PlanKind
from app.careplans.reasons import WhyNot
from app.careplans.reorders import packs_of
from app.careplans.telling import Names, reason_of, words_of
from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import Text3, pick
from app.core.outbox import publish
from app.customers import contacts_bulk
from app.customers.models import HouseholdMember
from app.events import TasksPlanned, TouchesDue
from app.people import opening
from app.people.access import Actor
from app.purchases import stock_bulk
from app.purchases.models import Product
from app.purchases.stock_bulk import BulkWish, Kept
from app.tasks import service as tasks
from app.tasks.creating import NewTask
from app.tasks.kinds import Reason
from app.tasks.models import Task

_T = TypeVar("_T")

BATCH = 500
TEXTS_IN_A_FACT = 200
SHORTEST_WINDOW = timedelta(minutes=30)
QUARTER = timedelta(minutes=15)
"""A window that has begun starts at the next quarter of an hour."""
EARLIEST, LATEST = time(9), time(20)
ANSWER_DAYS = 2
"""So many days after it an offer can be answered, even when the goods are used up sooner."""
OUT_OF_STOCK: Text3 = {
    "zh_Hans": "店里货不够，先别承诺；商量换一种或晚几天送。",
    "zh_Hant": "店內貨量不足，先不要承諾；商量改用別款或遲幾天送。",
    "en": "The store has too little of it: promise nothing; offer another product or a later day.",
}


@dataclass(frozen=True)
class Made:
    tasks: int = 0
    texts: int = 0
    put_off: int = 0

    @property
    def counts(self) -> dict[str, int]:
        return {"tasks": self.tasks, "texts": self.texts, "put_off": self.put_off}


@dataclass(frozen=True)
class Part:
    """One occurrence that the contact tells."""

    plan: Plan
    kind: PlanKind
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Contact:
    """A booked contact with all that it tells; the first part leads."""

    id: int
    customer_id: int
    store_id: int
    booked_day: date
    origin_key: str
    assignee_id: int | None
    parts: Sequence[Part]
    stops: Sequence[tuple[str, str]]
    has_phone: bool
    in_complaint: bool
    in_reaction: bool
    sales_in_a_row: bool
    is_short: bool = False
    """The goods it would offer are not there: a person calls instead of a text that promises them."""

    @property
    def strongest(self) -> Part:
        return max(self.parts, key=lambda part: STRENGTH[part.plan.settings.action.by])

    @property
    def lead(self) -> Part:
        return self.parts[0]

    @property
    def by(self) -> By:
        by = self.strongest.plan.settings.action.by
        return By.CALLBACK if by is By.SMS and self.is_short else by

    @property
    def replenished(self) -> Sequence[Mapping[str, Any]]:
        """What runs out, of all that this contact tells."""
        return [part.detail for part in self.parts if part.kind is PlanKind.REPLENISHMENT]

    @property
    def goes_as_care(self) -> bool:
        return bool(self.lead.detail.get("as_care"))

    @property
    def is_sales(self) -> bool:
        asked = self.lead.kind is PlanKind.REPLENISHMENT and bool(self.lead.detail.get("requested"))
        return self.lead.kind in (*SALES, PlanKind.REPLENISHMENT) and not asked and not self.goes_as_care


def make(plans: Sequence[Plan], *, when: When, span: Span, run_id: int, chunk: int) -> Made:
    """Write the tasks and texts whose day has come near, in the caller's transaction."""
    known = {plan.id: plan for plan in plans}
    shops = _shops()
    written, sent, put_off = 0, 0, 0
    for rows in _batches(_due(known, when=when, span=span), BATCH):
        contacts = [contact for row in rows if (contact := _contact(row, known)) is not None]
        going = _keep_goods_back(_without_refused(contacts, shops, when=when), shops, now=when.now)
        # Whom the store can't promise the goods is called instead, which he may not wish.
        going = _without_refused(going, shops, when=when)
        put_off += len(contacts) - len(going)
        names = names_of([part for contact in going for part in contact.parts])
        calls = [contact for contact in going if contact.by is not By.SMS]
        texts = [contact for contact in going if contact.by is By.SMS]
        written += _write_tasks(calls, names, shops, when=when)
        _hand_over_texts(texts, names, shops, when=when, run_id=run_id, chunk=chunk)
        sent += len(texts)
    if written or sent:
        publish(TasksPlanned(occurred_at=when.now, run_id=run_id, chunk=chunk, tasks=written, touches=sent))
    return Made(written, sent, put_off)


def _without_refused(contacts: Sequence[Contact], shops: Mapping[int, Shop], *, when: When) -> list[Contact]:
    against = {
        contact.id: _against(contact) or _too_late(contact, shops[contact.store_id], now=when.now)
        for contact in contacts
    }
    refused = {number: why for number, why in against.items() if why is not None}
    _put_off(refused, [contact for contact in contacts if contact.id in refused], when=when)
    return [contact for contact in contacts if contact.id not in refused]


# Reading


_AFTER_SALES = contacts_bulk.sales_before(
    "o.household_id", "o.booked_day", contacts=contacts_bulk.ledger("o.household_id", "d.day")
)
_DUE = text(f"""
    WITH {TODAY}
    SELECT o.id, o.plan_id, o.kind, o.detail, o.customer_id, c.store_id, o.booked_day,
        {new_key_sql("o")} AS origin_key, c.phone IS NOT NULL AS has_phone,
        CASE WHEN away.staff_id IS NULL THEN owner.id ELSE cover.id END AS assignee_id,
        along.parts AS merged,
        (SELECT jsonb_agg(jsonb_build_array(x.channel, x.scope)) FROM consent x
            WHERE x.phone = c.phone AND x.state = 'out') AS stops,
        k.id IS NOT NULL AS in_complaint, coalesce(k.is_reaction, false) AS in_reaction,
        o.kind IN ('win_back', 'promotion', 'replenishment') AND {_AFTER_SALES} AS sales_in_a_row
    FROM occurrence o
    JOIN jsonb_to_recordset(CAST(:plans AS jsonb)) AS p(plan_id int, before int) ON p.plan_id = o.plan_id
    JOIN customer c ON c.id = o.customer_id
    JOIN store s ON s.id = c.store_id
    JOIN today d ON d.store_id = c.store_id
    LEFT JOIN (
        SELECT m.lead_id, jsonb_agg(jsonb_build_array(m.plan_id, m.kind, m.detail) ORDER BY m.id) AS parts
        FROM occurrence m
        WHERE m.household_id BETWEEN :from_id AND :until_id
            AND m.state IN ('due', 'deferred', 'booked', 'merged', 'made') AND m.state = 'merged'
        GROUP BY m.lead_id) along ON along.lead_id = o.id
    LEFT JOIN complaint k ON k.household_id = o.household_id AND k.closed_at IS NULL
    LEFT JOIN staff owner ON owner.id = c.owner_id AND owner.is_active AND owner.role = 'associate'
        AND EXISTS (SELECT FROM staff_store w WHERE w.staff_id = owner.id AND w.store_id = c.store_id)
    LEFT JOIN LATERAL (
        SELECT t.staff_id, t.cover_id FROM time_off t
        WHERE t.staff_id = owner.id AND t.status = 'approved'
            AND t.starts_at <= timezone(s.zone, o.booked_day + time '12:00')
            AND t.ends_at > timezone(s.zone, o.booked_day + time '12:00')
        LIMIT 1) away ON true
    LEFT JOIN staff cover ON cover.id = away.cover_id AND cover.is_active AND cover.role = 'associate'
        AND EXISTS (SELECT FROM staff_store w WHERE w.staff_id = cover.id AND w.store_id = c.store_id)
    WHERE o.household_id BETWEEN :from_id AND :until_id
        AND o.state IN ('due', 'deferred', 'booked', 'merged', 'made') AND o.state = 'booked'
        AND o.booked_day BETWEEN d.day AND d.day + p.before
    ORDER BY o.household_id, o.id
    FOR UPDATE OF o
""")  # noqa: S608  fixed parts, values are bound


def _due(known: Mapping[int, Plan], *, when: When, span: Span) -> Sequence[Any]:
    return db.session.execute(
        _DUE, {"plans": json.dumps([_before(plan) for plan in known.values()]), **when.values, **span.values}
    ).all()


def _before(plan: Plan) -> dict[str, int]:
    """A text is written on its day: until then much may make it pointless."""
    action = plan.settings.action
    return {"plan_id": plan.id, "before": 0 if action.by is By.SMS else action.made_days_before}


def _contact(row: Any, known: Mapping[int, Plan]) -> Contact | None:
    lead = known.get(row.plan_id)
    if lead is None:
        return None
    merged = [
        Part(known[plan_id], PlanKind(kind), detail) for plan_id, kind, detail in row.merged or () if plan_id in known
    ]
    merged.sort(key=lambda part: MANNERS[part.kind].rank)
    return Contact(
        id=row.id,
        customer_id=row.customer_id,
        store_id=row.store_id,
        booked_day=row.booked_day,
        origin_key=row.origin_key,
        assignee_id=row.assignee_id,
        parts=(Part(lead, PlanKind(row.kind), row.detail), *merged),
        stops=[(channel, scope) for channel, scope in row.stops or ()],
        has_phone=row.has_phone,
        in_complaint=row.in_complaint,
        in_reaction=row.in_reaction,
        sales_in_a_row=bool(row.sales_in_a_row),
    )


def _against(contact: Contact) -> WhyNot | None:
    """What has come between since the day was booked."""
    channel = "sms" if contact.by is By.SMS else "call"
    scopes = {"all", "promotion" if contact.lead.kind in SALES else "care"}
    if not contact.has_phone:
        return WhyNot.NO_PHONE
    if any(way == channel and scope in scopes for way, scope in contact.stops):
        return WhyNot.OPTED_OUT
    if contact.in_reaction and contact.lead.kind is PlanKind.REPLENISHMENT:
        return WhyNot.REACTION
    if contact.in_complaint and (contact.is_sales or contact.lead.kind is PlanKind.CADENCE):
        return WhyNot.COMPLAINT
    if contact.sales_in_a_row and contact.is_sales:
        return WhyNot.BALANCE
    return None


def _too_late(contact: Contact, shop: Shop, *, now: datetime) -> WhyNot | None:
    """A run late in the evening makes no call or visit whose hours are over. A text ends by itself."""
    if contact.by is By.SMS:
        return None
    _starts, ends = window(contact.booked_day, contact.strongest.plan.settings.action.hours, shop, now=now)
    return WhyNot.TOO_LATE if ends <= now else None


def names_of(parts: Sequence[Part]) -> Names:
    details = [part.detail for part in parts]
    products = {detail["product_id"] for detail in details if detail.get("product_id")}
    products |= {number for detail in details for number in detail.get("products", ())}
    members = {detail["member_id"] for detail in details if detail.get("member_id")}
    return Names(
        products={
            row.id: row.name
            for row in db.session.execute(select(Product.id, Product.name).where(Product.id.in_(products)))
        }
        if products
        else {},
        members={
            row.id: row.name
            for row in db.session.execute(
                select(HouseholdMember.id, HouseholdMember.name).where(HouseholdMember.id.in_(members))
            )
        }
        if members
        else {},
    )


def _keep_goods_back(contacts: Sequence[Contact], shops: Mapping[int, Shop], *, now: datetime) -> list[Contact]:
    """Reserve what would be offered before anybody is told. Who can't be promised anything is called, not written to.

    Where nobody counts the stock nothing is known, so the text goes out; the goods are looked for when ordered.
    """
    wishes = [
        BulkWish(
            origin_key=contact.origin_key,
            customer_id=contact.customer_id,
            store_id=contact.store_id,
            product_id=detail["product_id"],
            quantity=Decimal(packs_of(detail)),
            expires_at=_answer_by(contact, shops[contact.store_id], now=now),
        )
        for contact in contacts
        for detail in contact.replenished
    ]
    kept = stock_bulk.reserve_many(wishes, now=now)
    return [replace(contact, is_short=kept.get(contact.origin_key) is Kept.SHORT) for contact in contacts]


def _answer_by(contact: Contact, shop: Shop, *, now: datetime) -> datetime:
    """How long the offer stands and the goods lie ready: to the end of the day they run out, some days at least."""
    run_out = max((date.fromisoformat(detail["run_out"]) for detail in contact.replenished), default=contact.booked_day)
    last = max(run_out, contact.booked_day + timedelta(days=ANSWER_DAYS))
    return max(_at(last + timedelta(days=1), time(), shop.zone), now + timedelta(days=1))


@dataclass(frozen=True)
class Shop:
    zone: ZoneInfo
    locale: str
    hours: opening.Opening


def _shops() -> dict[int, Shop]:
    rows = db.session.execute(text("SELECT id, zone, locale, opening_hours FROM store"))
    return {row.id: Shop(ZoneInfo(row.zone), row.locale, row.opening_hours) for row in rows}


# Windows


def window(day: date, hours: tuple[str, str], shop: Shop, *, now: datetime) -> tuple[datetime, datetime]:
    """When on that day: within the plan's hours and the store's, not in the past."""
    begins, ends = (_at(day, time.fromisoformat(mark), shop.zone) for mark in hours)
    stretches = opening.open_stretches(day, opening=shop.hours, zone=shop.zone)
    if stretches:
        opens, closes = stretches[0][0], stretches[-1][1]
        if min(ends, closes) - max(begins, opens) >= SHORTEST_WINDOW:
            begins, ends = max(begins, opens), min(ends, closes)
        else:
            begins = max(opens, _at(day, EARLIEST, shop.zone))
            ends = max(min(closes, _at(day, LATEST, shop.zone)), begins + SHORTEST_WINDOW)
    if begins < now < ends - SHORTEST_WINDOW:
        begins = _next_quarter(now)
    return begins, ends


def _at(day: date, wall: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, wall, tzinfo=zone)


def _next_quarter(now: datetime) -> datetime:
    start = now.replace(minute=0, second=0, microsecond=0)
    while start < now:
        start += QUARTER
    return start


# Writing


def _write_tasks(contacts: Sequence[Contact], names: Names, shops: Mapping[int, Shop], *, when: When) -> int:
    wanted = [(contact, _new_task(contact, names, shops[contact.store_id], now=when.now)) for contact in contacts]
    wanted = _create(wanted, when=when)
    if not wanted:
        return 0
    keys = [contact.origin_key for contact, _task in wanted]
    ids = {
        key: number
        for number, key in db.session.execute(select(Task.id, Task.origin_key).where(Task.origin_key.in_(keys)))
    }
    _mark_made({contact.id: ids[contact.origin_key] for contact, _task in wanted}, now=when.now)
    return len(wanted)


def _create(wanted: list[tuple[Contact, NewTask]], *, when: When) -> list[tuple[Contact, NewTask]]:
    """Create them all; those that can't be made (no checklist is published) are put aside with their reason."""
    if not wanted:
        return []
    try:
        tasks.create_many([task for _contact, task in wanted], actor=Actor.system("care plans"), now=when.now)
    except Invalid as invalid:
        faulty = {int(path.split(".")[0]) if "." in path else 0 for path in invalid.errors or ()}
        bad = [contact for number, (contact, _task) in enumerate(wanted) if number in faulty]
        _put_off({contact.id: WhyNot.NOT_MADE for contact in bad}, bad, when=when)
        return _create([pair for number, pair in enumerate(wanted) if number not in faulty], when=when)
    return wanted


def _new_task(contact: Contact, names: Names, shop: Shop, *, now: datetime) -> NewTask:
    action = contact.strongest.plan.settings.action
    starts, ends = window(contact.booked_day, action.hours, shop, now=now)
    return NewTask(
        type=contact.by.value,
        customer_id=contact.customer_id,
        window_start=starts,
        window_end=ends,
        reason=Reason.CARE if contact.goes_as_care else TASK_REASON[contact.lead.kind],
        assignee_id=contact.assignee_id,
        expected_minutes=max(part.plan.settings.action.minutes for part in contact.parts) or None,
        reasons=reasons_of(contact.parts, names),
        note="\n".join(pick(words, shop.locale) for words in _words(contact)),
        origin_key=contact.origin_key,
        # Whatever the call is made for: only there the customer's "yes" is asked for, which makes the delivery.
        checklist_of=Reason.REPLENISHMENT if contact.replenished and contact.by is By.CALLBACK else None,
    )


def reasons_of(parts: Sequence[Part], names: Names) -> list[Text3]:
    found: list[Text3] = []
    for part in parts:
        reason = reason_of(part.kind, part.detail, names)
        if reason not in found:
            found.append(reason)
    return found


def _words(contact: Contact) -> list[Text3]:
    return [*([OUT_OF_STOCK] if contact.is_short else []), *words_of_task(contact.parts)]


def words_of_task(parts: Sequence[Part]) -> list[Text3]:
    """What the associate reads: the words of the plans, and of a milestone its tips."""
    found: list[Text3] = []
    for part in parts:
        timing, action = part.plan.settings.timing, part.plan.settings.action
        if action.words and action.by is not By.SMS and action.words not in found:
            found.append(action.words)
        if isinstance(timing, MilestoneTiming) and (tips := timing.tips.get(part.detail.get("age_months", -1))):
            found.append(tips)
    return found


def _hand_over_texts(
    contacts: Sequence[Contact], names: Names, shops: Mapping[int, Shop], *, when: When, run_id: int, chunk: int
) -> None:
    for group in _batches(contacts, TEXTS_IN_A_FACT):
        touches = [_touch(contact, names, shops[contact.store_id], now=when.now) for contact in group]
        publish(TouchesDue(occurred_at=when.now, run_id=run_id, chunk=chunk, touches=touches))
    _mark_made({contact.id: None for contact in contacts}, now=when.now)


def _touch(contact: Contact, names: Names, shop: Shop, *, now: datetime) -> dict[str, Any]:
    action = contact.lead.plan.settings.action
    by_text = [part for part in contact.parts[1:] if part.plan.settings.action.by is By.SMS]
    begins, ends = (_at(contact.booked_day, time.fromisoformat(mark), shop.zone) for mark in action.hours)
    replenished = contact.replenished
    return {
        "occurrence_id": contact.id,
        "customer_id": contact.customer_id,
        "kind": "cadence" if contact.goes_as_care else contact.lead.kind.value,
        "origin_key": contact.origin_key,
        "plan_id": contact.lead.plan.id,
        "reasons": reasons_of(contact.parts, names),
        "words": _text_of(contact.lead, names),
        "more": [words for part in by_text if (words := _text_of(part, names))],
        "send_at": max(begins, now).isoformat(),
        "expires_at": max(ends, now).isoformat(),
        "asks": "reorder" if replenished else None,
        "answer_by": _answer_by(contact, shop, now=now).isoformat(),
        "goods": [
            {"product_id": detail["product_id"], "quantity": packs_of(detail), "name": name}
            for detail in replenished
            if (name := names.products.get(detail["product_id"]))
        ],
        "restricted": any(detail.get("restricted") for detail in replenished),
        "is_sales": contact.is_sales,
        "detail": dict(replenished[0] if replenished else contact.lead.detail),
    }


def _text_of(part: Part, names: Names) -> Text3 | None:
    return words_of(part.kind, part.detail, names, words=part.plan.settings.action.words)


def _mark_made(task_ids: Mapping[int, int | None], *, now: datetime) -> None:
    if not task_ids:
        return
    values = {"ids": list(task_ids), "tasks": list(task_ids.values()), "now": now}
    for own, state, name in (("o.id", "booked", new_key_sql("o")), ("o.lead_id", "merged", "NULL")):
        db.session.execute(
            text(f"""UPDATE occurrence o SET state = 'made', task_id = x.task_id, decided_at = :now, origin_key = {name}
                    FROM unnest(CAST(:ids AS bigint[]), CAST(:tasks AS int[])) AS x(id, task_id)
                    WHERE {own} = x.id AND o.state = '{state}'"""),  # noqa: S608  fixed parts
            values,
        )


def _put_off(reasons: Mapping[int, WhyNot], contacts: Sequence[Contact], *, when: When) -> None:
    """Give the days back; the next run looks again at whom it may contact then."""
    if not reasons:
        return
    values = {
        "ids": list(reasons),
        "reasons": [why.value for why in reasons.values()],
        "keys": [contact.origin_key for contact in contacts],
    }
    contacts_bulk.release_many(
        "SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:reasons AS text[])) AS x(origin_key, reason)",
        values,
        now=when.now,
    )
    db.session.execute(
        text("""UPDATE occurrence o SET state = 'deferred', reason = x.reason, booked_day = NULL,
                    decided_at = :now
                FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS x(id, reason) WHERE o.id = x.id"""),
        values | {"now": when.now},
    )
    db.session.execute(
        text("""UPDATE occurrence SET state = 'due', lead_id = NULL, booked_day = NULL
                WHERE lead_id = ANY(CAST(:ids AS bigint[])) AND state = 'merged'"""),
        {"ids": list(reasons)},
    )


def _batches(rows: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))
