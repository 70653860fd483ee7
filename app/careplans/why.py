"""Why did, or didn't, this customer hear from us? Each plan that is on answers in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from app.careplans import kept_fields, plan_queries
from app.careplans.forecast import plan_of, touches_of
from app.careplans.generating import Span
from app.careplans.models import Occurrence
from app.careplans.plan_queries import PlanRow
from app.careplans.plan_settings import BirthdayTiming, CadenceTiming, FestivalTiming, PlanKind
from app.careplans.reasons import WORDS, OccurrenceState
from app.careplans.saying import FESTIVALS, Listed, Names, Said, Term, broken, not_kept, value_said
from app.careplans.segments import Bought, Condition, Field, Op, OpenMatter, Segment, condition_sql
from app.core.db import db
from app.core.i18n import N_, Text3
from app.customers import consent, contacts
from app.customers.models import Customer, HouseholdMember
from app.customers.values import Channel, ConsentState, Scope
from app.people import queries as people
from app.purchases.models import Product

LOOK_AHEAD = timedelta(days=400)
SHOWN_TOUCHES = 6


@dataclass(frozen=True)
class TouchWhy:
    """One occurrence and what became of it."""

    occurrence_id: int
    due_day: date
    booked_day: date | None
    state: str
    reason: str | None
    task_id: int | None
    words: Said


@dataclass(frozen=True)
class PlanWhy:
    plan_id: int
    name: Text3
    kind: PlanKind
    is_on: bool
    words: Said
    next_day: date | None
    broken: tuple[Said, ...]
    touches: tuple[TouchWhy, ...]


@dataclass(frozen=True)
class Why:
    """`general` holds for every plan: the contact budget, opt-outs, no number."""

    general: tuple[Said, ...]
    plans: tuple[PlanWhy, ...]


def of_customer(customer: Customer, *, now: datetime) -> Why:
    """What every plan says about this customer; plans that are off only where they have touched him."""
    store = people.store(customer.store_id)
    today = now.astimezone(ZoneInfo(store.zone)).date()
    touches = _touches_of(customer.id)
    rows = [row for row in plan_queries.plans() if row.plan.is_on or touches.get(row.plan.id)]
    holding = _holding(customer.id, rows, today=today)
    on = [row for row in rows if row.plan.is_on]
    coming = touches_of(
        [plan_of(row) for row in on],
        customer_id=customer.id,
        span=Span(customer.household_id, customer.household_id),
        store_id=customer.store_id,
        today=today,
        last=today + LOOK_AHEAD,
        now=now,
    )
    names = _names([condition for row in rows for condition in row.settings.segment.conditions])
    own = _OwnValues(customer, today=today, names=names)
    off = kept_fields.switched_off([row.settings.segment for row in rows])
    answers = []
    for row in rows:
        faults = tuple(
            not_kept(condition) if condition.field in off else broken(condition, own.of(condition), names)
            for condition, holds in zip(row.settings.segment.conditions, holding[row.plan.id], strict=True)
            if not holds
        )
        answers.append(
            _answer(
                row,
                faults,
                touches.get(row.plan.id, ()),
                coming.get(row.plan.id),
                customer=customer,
                today=today,
            )
        )
    return Why(general=_general(customer, now=now), plans=tuple(answers))


def _answer(
    row: PlanRow,
    faults: tuple[Said, ...],
    touches: Sequence[TouchWhy],
    next_day: date | None,
    *,
    customer: Customer,
    today: date,
) -> PlanWhy:
    return PlanWhy(
        plan_id=row.plan.id,
        name=row.plan.name,
        kind=row.settings.kind,
        is_on=row.plan.is_on,
        words=_words(row, faults, touches, next_day, customer=customer, today=today),
        next_day=next_day if row.plan.is_on and not faults else None,
        broken=faults,
        touches=tuple(touches[:SHOWN_TOUCHES]),
    )


_STANDING = (OccurrenceState.BOOKED, OccurrenceState.MERGED, OccurrenceState.MADE)


def _words(
    row: PlanRow,
    faults: Sequence[Said],
    touches: Sequence[TouchWhy],
    next_day: date | None,
    *,
    customer: Customer,
    today: date,
) -> Said:
    """The answer in one sentence: what stands, else what does not hold, else when it is due next, else why never."""
    standing = next((touch for touch in touches if touch.state in _STANDING), None)
    if standing:
        return standing.words
    if not row.plan.is_on:
        return Said(N_("This plan is switched off."))
    if faults:
        return faults[0]
    season = row.settings.season
    if season and season.until and season.until < today:
        return Said(N_("The plan’s season ended on %(day)s."), {"day": season.until})
    if next_day:
        if touches and touches[0].due_day >= today - timedelta(days=30):
            return Said(N_("%(last)s Due next on %(day)s."), {"last": touches[0].words, "day": next_day})
        return Said(N_("Due next on %(day)s."), {"day": next_day})
    if touches:
        return touches[0].words
    return _never(row, customer)


def _never(row: PlanRow, customer: Customer) -> Said:
    """Nothing within a year and nothing behind us: what the plan waits for."""
    timing = row.settings.timing
    if isinstance(timing, CadenceTiming) and customer.tier not in timing.months:
        return Said(N_("This plan does not look after customers of this tier."))
    if isinstance(timing, FestivalTiming):
        return Said(N_("No %(festival)s within the plan’s season."), {"festival": Term(FESTIVALS[timing.festival])})
    if isinstance(timing, BirthdayTiming) and customer.birthday_month is None:
        if timing.with_members:
            return Said(N_("No birthday is known, of the customer or of a child that the guardian has agreed to."))
        return Said(N_("The file holds no birthday."))
    return Said(_WAITS_FOR[row.settings.kind])


_WAITS_FOR: Mapping[PlanKind, str] = {
    PlanKind.CADENCE: N_("Nothing is due."),
    PlanKind.AFTER_PURCHASE: N_("Nothing was bought of late."),
    PlanKind.REPLENISHMENT: N_("Nothing is known to run out: no goods that are used up, or no daily amount."),
    PlanKind.BIRTHDAY: N_("No birthday falls into the plan’s season."),
    PlanKind.FESTIVAL: N_("Nothing is due."),
    PlanKind.MILESTONE: N_(
        "No child of the household comes to one of the plan’s ages, or the guardian has not agreed."
    ),
    PlanKind.WIN_BACK: N_("The customer comes as often as ever."),
    PlanKind.RECOVERY: N_("No complaint was closed of late."),
    PlanKind.PROMOTION: N_("Nothing is due."),
}


# What stands


def _touches_of(customer_id: int) -> Mapping[int, Sequence[TouchWhy]]:
    """By plan, newest first."""
    rows = db.session.scalars(
        select(Occurrence)
        .where(Occurrence.customer_id == customer_id)
        .order_by(Occurrence.due_day.desc(), Occurrence.id.desc())
        .limit(100)
    ).all()
    leads = _leads_of([row.lead_id for row in rows if row.lead_id])
    children = _children_in(rows)
    found: defaultdict[int, list[TouchWhy]] = defaultdict(list)
    for row in rows:
        found[row.plan_id].append(
            TouchWhy(
                occurrence_id=row.id,
                due_day=row.due_day,
                booked_day=row.booked_day,
                state=row.state,
                reason=row.reason,
                task_id=row.task_id,
                words=_about_whom(row, children, _touch_words(row, leads)),
            )
        )
    return found


def _leads_of(ids: Sequence[int]) -> Mapping[int, tuple[Text3, date]]:
    """Plan name and day of the occurrences into which others were merged."""
    if not ids:
        return {}
    rows = db.session.execute(
        text("""
            select o.id, p.name, coalesce(o.booked_day, o.due_day) as day
            from occurrence o join care_plan p on p.id = o.plan_id where o.id = any(cast(:ids as bigint[]))
        """),
        {"ids": list(ids)},
    )
    return {row.id: (row.name, row.day) for row in rows}


_ABOUT_CHILDREN = frozenset({PlanKind.BIRTHDAY, PlanKind.MILESTONE})


def _children_in(rows: Sequence[Occurrence]) -> Mapping[int, str]:
    """Names of the children that these occurrences are about; none of who has been made nameless since."""
    ids = {row.detail["member_id"] for row in rows if row.kind in _ABOUT_CHILDREN and row.detail.get("member_id")}
    if not ids:
        return {}
    found = db.session.execute(
        select(HouseholdMember.id, HouseholdMember.name).where(
            HouseholdMember.id.in_(ids), HouseholdMember.anonymised_at.is_(None)
        )
    )
    return {row.id: row.name for row in found}


def _about_whom(row: Occurrence, children: Mapping[int, str], said: Said) -> Said:
    name = children.get(row.detail.get("member_id", 0)) if row.kind in _ABOUT_CHILDREN else None
    return Said(N_("%(name)s: %(what)s"), {"name": name, "what": said}) if name else said


_WITH_ANOTHER = (OccurrenceState.MERGED, OccurrenceState.MADE, OccurrenceState.DONE)


def _touch_words(row: Occurrence, leads: Mapping[int, tuple[Text3, date]]) -> Said:
    day = row.booked_day or row.due_day
    why = Term(WORDS[row.reason]) if row.reason and row.reason in WORDS else None
    if row.lead_id and row.lead_id in leads and row.state in _WITH_ANOTHER:
        name, lead_day = leads[row.lead_id]
        said = Said(N_("Told together with “%(plan)s” on %(day)s."), {"plan": name, "day": lead_day})
        return Said("%(what)s %(why)s", {"what": said, "why": why}) if why else said
    match row.state:
        case OccurrenceState.BOOKED:
            said = Said(N_("Booked for %(day)s."), {"day": day})
        case OccurrenceState.MERGED:
            said = Said(N_("Told together with another contact on %(day)s."), {"day": day})
        case OccurrenceState.MADE:
            said = Said(N_("Under way for %(day)s."), {"day": day})
        case OccurrenceState.DONE:
            return Said(N_("Done on %(day)s."), {"day": day})
        case OccurrenceState.DEFERRED:
            said = Said(N_("Due on %(day)s and put off."), {"day": row.due_day})
        case OccurrenceState.MISSED:
            said = Said(N_("Missed on %(day)s."), {"day": row.due_day})
        case OccurrenceState.DROPPED:
            said = Said(N_("Dropped on %(day)s."), {"day": row.due_day})
        case OccurrenceState.ENDED:
            said = Said(N_("Ended before %(day)s."), {"day": day})
        case _:
            return Said(N_("Due on %(day)s; the next run decides."), {"day": row.due_day})
    return Said("%(what)s %(why)s", {"what": said, "why": why}) if why else said


# What does not hold


def _holding(customer_id: int, rows: Sequence[PlanRow], *, today: date) -> dict[int, list[bool]]:
    """By plan, whether each condition of its segment holds for the customer; one statement for all."""
    columns: list[str] = []
    values: dict[str, Any] = {"customer_id": customer_id, "day": today}
    for row in rows:
        for number, condition in enumerate(row.settings.segment.conditions):
            sql, own = condition_sql(condition, prefix=f"w{row.plan.id}_{number}")
            columns.append(sql)
            values |= own
    if not columns:
        return {row.plan.id: [] for row in rows}
    statement = (
        f"select {', '.join(columns)} from customer c join store s on s.id = c.store_id where c.id = :customer_id"  # noqa: S608  fixed parts, values are bound
    )
    found = list(db.session.execute(text(statement), values).one())
    result: dict[int, list[bool]] = {}
    for row in rows:
        count = len(row.settings.segment.conditions)
        result[row.plan.id], found = found[:count], found[count:]
    return result


def names_in(segments: Sequence[Segment]) -> Names:
    """Names of the stores and products that these segments mention."""
    return _names([condition for segment in segments for condition in segment.conditions])


def _names(conditions: Sequence[Condition]) -> Names:
    stores = [
        store_id
        for one in conditions
        if one.field is Field.STORE and isinstance(one.value, tuple)
        for store_id in one.value
    ]
    products = [
        product_id
        for one in conditions
        if one.field is Field.PRODUCT and isinstance(one.value, Bought)
        for product_id in one.value.of
    ]
    known = {row.id: row.name for row in people.stores_by_id(stores).values()} if stores else {}
    goods = db.session.execute(select(Product.id, Product.name).where(Product.id.in_(products))) if products else ()
    return Names(stores=known, products={row.id: row.name for row in goods})


class _OwnValues:
    """What the file says about a field, to stand beside what a plan asks for."""

    def __init__(self, customer: Customer, *, today: date, names: Names) -> None:
        self.customer, self.today, self.names = customer, today, names

    def of(self, condition: Condition) -> Any:
        customer = self.customer
        match condition.field:
            case Field.TIER:
                return self._word(condition.field, customer.tier)
            case Field.STORE:
                return people.store(customer.store_id).name
            case Field.GENDER:
                return self._word(condition.field, customer.gender)
            case Field.OCCUPATION:
                return self._word(condition.field, customer.occupation)
            case Field.LOCALE:
                return self._word(condition.field, customer.locale)
            case Field.TAGS:
                return Listed(tuple(customer.tags)) if customer.tags else Term(N_("without tags"))
            case Field.AGE:
                return self._age()
            case Field.MEMBER_AGE_MONTHS:
                ages = self._children()
                return Listed(tuple(ages)) if ages else Term(N_("no child that the guardian has agreed to"))
            case Field.PRODUCT | Field.CATEGORY:
                return Term(N_("otherwise"))
            case Field.DAYS_SINCE_PURCHASE:
                return self._days(
                    "select max(p.bought_at at time zone s.zone)::date from customer c"
                    " join store s on s.id = c.store_id join purchase p on p.customer_id = c.id where c.id = :id",
                    N_("never bought"),
                )
            case Field.DAYS_SINCE_CONTACT:
                return self._days(
                    "select max(b.day) from customer c join contact_booking b"
                    " on b.household_id = c.household_id and b.state = 'recorded' where c.id = :id",
                    N_("never contacted"),
                )
            case Field.OPEN:
                return self._open()

    def _word(self, field: Field, value: str | None) -> Any:
        return None if value is None else value_said(field, value, self.names)

    def _age(self) -> int | None:
        customer = self.customer
        if customer.birthday_year is None or customer.birthday_month is None or customer.birthday_day is None:
            return None
        is_ahead = (customer.birthday_month, customer.birthday_day) > (self.today.month, self.today.day)
        return self.today.year - customer.birthday_year - is_ahead

    def _children(self) -> list[int]:
        rows = db.session.execute(
            text("""
                select cast(extract(year from age(cast(:day as date), m.birth_date)) * 12
                    + extract(month from age(cast(:day as date), m.birth_date)) as int) as months
                from household_member m
                where m.household_id = :household_id and m.birth_date <= :day and m.relation in ('baby', 'child')
                    and m.anonymised_at is null and m.guardian_consent_at is not null
                    and m.consent_withdrawn_at is null
                order by m.birth_date desc
            """),
            {"household_id": self.customer.household_id, "day": self.today},
        )
        return [row.months for row in rows]

    def _days(self, sql: str, never: str) -> Said | Term:
        last = db.session.scalar(text(sql), {"id": self.customer.id})
        return Term(never) if last is None else Said(N_("%(days)s days"), {"days": (self.today - last).days})

    def _open(self) -> Any:
        found = []
        for matter in OpenMatter:
            sql, values = condition_sql(_is_open(matter))
            statement = f"select {sql} from customer c where c.id = :id"  # noqa: S608  fixed parts, values are bound
            if db.session.scalar(text(statement), values | {"id": self.customer.id}):
                found.append(value_said(Field.OPEN, matter.value, self.names))
        return Listed(tuple(found)) if found else Term(N_("nothing open"))


def _is_open(matter: OpenMatter) -> Condition:
    return Condition(Field.OPEN, Op.ANY_OF, (matter.value,))


# What holds for all plans


def _general(customer: Customer, *, now: datetime) -> tuple[Said, ...]:
    lines: list[Said] = []
    if customer.phone is None:
        lines.append(Said(N_("There is no phone number in the file: nobody can call or write.")))
    else:
        lines += _opted_out(customer.phone)
    budget = contacts.budget(customer.household_id, now=now)
    if budget.next:
        lines.append(Said(N_("The household’s next contact is booked for %(day)s."), {"day": budget.next.day}))
    if budget.is_free_today:
        lines.append(Said(N_("The household may be contacted today.")))
    else:
        lines.append(
            Said(
                N_("At most one contact in %(days)s days: the household may be contacted again from %(day)s."),
                {"days": budget.gap_days, "day": budget.next_free_day},
            )
        )
    return tuple(lines)


def _opted_out(phone: str) -> list[Said]:
    stopped = {(row.channel, row.scope) for row in consent.present(phone) if row.state == ConsentState.OUT}
    words = {
        (Channel.SMS, Scope.ALL): N_("The customer wants no texts."),
        (Channel.SMS, Scope.CARE): N_("The customer wants no care texts."),
        (Channel.SMS, Scope.PROMOTION): N_("The customer wants no promotions by text."),
        (Channel.CALL, Scope.ALL): N_("The customer wants no calls."),
        (Channel.CALL, Scope.CARE): N_("The customer wants no care calls."),
        (Channel.CALL, Scope.PROMOTION): N_("The customer wants no promotions by phone."),
    }
    return [Said(line) for key, line in words.items() if key in stopped]
