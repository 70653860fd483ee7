"""A store's day played before it happens: which texts would go to whom, when, and at what price. Reads only.

The rules are those of the real thing: moments.py says which texts a task causes, policy.py whether they may go. Here
the rows are read, once for all tasks, and what was played is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.config import settings
from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.phone import mask
from app.customers import numbers
from app.customers.models import Customer
from app.messaging import outbound, templates, timing, visits, wordings
from app.messaging.countries import country_for
from app.messaging.kinds import Kind
from app.messaging.models import WAITING, Message
from app.messaging.segments import measure
from app.messaging.stage import Course, Delay, Fate, Scene, Stage, StagedText, Told, as_planned, course_of
from app.people import queries as people
from app.people.access import Actor
from app.people.models import Staff, Store
from app.people.shifts import day_bounds
from app.reports.played import Part, Played, PlayedText, Setting, Source, Wanted, paused_among, refused_scopes
from app.reports.rehearsal_plans import touches_of_the_day
from app.tasks.access import visible_tasks
from app.tasks.kinds import Status
from app.tasks.models import Task

__all__ = ["CustomerPart", "PlayedText", "Rehearsal", "Sum", "Wanted", "rehearse"]

MOST_TASKS = 1000
"""A day with more is played up to here, and says so."""

HIDDEN_CODE = "••••"

FARTHEST = timedelta(days=400)


@dataclass(frozen=True, kw_only=True)
class CustomerPart:
    """The texts of one customer, in their order."""

    customer_id: int
    name: str
    phone_masked: str
    locale: str
    texts: Sequence[PlayedText]
    messages: int
    segments: int
    costs: Mapping[str, Decimal]


@dataclass(frozen=True)
class Why:
    """So many texts did not go, or not at once, for this reason."""

    fate: Fate
    reason: str
    count: int


@dataclass
class Sum:
    """What goes within an hour, a kind, or the whole play; `held`: how many texts were kept back for a while."""

    messages: int = 0
    segments: int = 0
    held: int = 0
    costs: dict[str, Decimal] = field(default_factory=dict)

    def add(self, text: PlayedText) -> None:
        if text.fate is Fate.GOES:
            self.messages += 1
            self.segments += text.segments
            self.costs[text.currency] = self.costs.get(text.currency, Decimal(0)) + text.cost


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """The play and its sums. `tasks`: how many were played; `is_cut`: the day has more than we play."""

    store: Store
    day: date
    course: Course
    afresh: bool
    tasks: int
    is_cut: bool
    without_phone: int
    already_sent: int
    total: Sum
    fates: Mapping[Fate, int]
    reasons: Sequence[Why]
    hours: Sequence[tuple[datetime, Sum]]
    kinds: Sequence[tuple[str, Sum]]
    customers: Sequence[CustomerPart]

    def page(
        self, *, cursor: str | None, limit: int, fate: Fate | None = None
    ) -> tuple[Sequence[CustomerPart], str | None]:
        """Some of the customers; the cursor names the last one seen."""
        shown = self.customers if fate is None else [part for part in self.customers if _shows(part, fate)]
        first = 0
        if cursor:
            seen = [place for place, part in enumerate(shown) if str(part.customer_id) == cursor]
            if not seen:
                raise Invalid(errors={"cursor": [N_("This is not a cursor of this list.")]})
            first = seen[0] + 1
        rows = shown[first : first + limit]
        more = len(shown) > first + limit
        return rows, str(rows[-1].customer_id) if more else None


def rehearse(wanted: Wanted, *, actor: Actor, now: datetime) -> Rehearsal:
    """Play the day. Raises NotFound for a store out of sight, Invalid for a draft with faults."""
    store = people.visible_store(wanted.store_id, actor=actor)
    today = now.astimezone(ZoneInfo(store.zone)).date()
    if abs(wanted.day - today) > FARTHEST:
        raise Invalid(errors={"date": [N_("Choose a day within a year.")]})
    if wanted.day < today:
        # Nothing of a day that is over lies ahead; it can only be played again.
        wanted = _played_again(wanted)
    if wanted.draft is not None:
        faults = templates.faults(wanted.draft.kind, wanted.draft.reach, wanted.draft.texts)
        if faults:
            raise Invalid(errors={"draft": {"texts": faults}})
    setting = Setting(wanted, store, wordings.book_in_force(draft=wanted.draft), actor, now)
    parts = [source(setting) for source in SOURCES]
    return _summed_up(setting, parts)


def _played_again(wanted: Wanted) -> Wanted:
    return Wanted(store_id=wanted.store_id, day=wanted.day, course=wanted.course, afresh=True, draft=wanted.draft)


def _shows(part: CustomerPart, fate: Fate) -> bool:
    if fate is Fate.HELD:
        return any(text.delays for text in part.texts)
    return any(text.fate is fate for text in part.texts)


# The tasks of the day


def tasks_of_the_day(setting: Setting) -> Part:
    """Every task whose window opens on the day, each on a stage of its own."""
    rows = _tasks(setting)
    is_cut, rows = len(rows) > MOST_TASKS, rows[:MOST_TASKS]
    task_ids = [row.Task.id for row in rows]
    lying = {} if setting.wanted.afresh else _texts_of(task_ids)
    phones = {row.Customer.phone for row in rows if row.Customer.phone}
    phones |= {text.to_phone for texts in lying.values() for text in texts}
    refused, bad = refused_scopes(phones), numbers.faults_of(phones)
    paused = paused_among([row.Customer.id for row in rows])
    timetable = timing.timetable_of(settings())
    played = []
    for row in rows:
        scene = Scene(
            wordings=setting.book,
            timetable=timetable,
            refused=refused,
            bad=bad,
            is_paused=row.Customer.id in paused,
        )
        played.append(_play(row, scene, lying.get(row.Task.id, ()), setting))
    acted = [part for part in played if part is not None]
    return Part(played=acted, tasks=len(acted), is_cut=is_cut)


SOURCES: tuple[Source, ...] = (tasks_of_the_day, touches_of_the_day)
"""What brings texts to a day: its tasks, and the care plans."""


def _tasks(setting: Setting) -> Sequence[Any]:
    first, last = day_bounds(setting.wanted.day, ZoneInfo(setting.store.zone))
    stmt: Any = (
        select(Task, Customer, Staff.name.label("associate"))
        .join(Customer, Customer.id == Task.customer_id)
        .outerjoin(Staff, Staff.id == Task.assignee_id)
        .where(Task.store_id == setting.store.id, Task.window_start >= first, Task.window_start < last)
        .order_by(Task.window_start, Task.id)
        .limit(MOST_TASKS + 1)
    )
    return db.session.execute(visible_tasks(stmt, setting.actor, setting.now)).all()


def _texts_of(task_ids: Collection[int]) -> dict[int, list[Message]]:
    found: dict[int, list[Message]] = {}
    for message in db.session.scalars(
        select(Message).where(Message.task_id.in_(task_ids)).order_by(Message.created_at, Message.id)
    ):
        found.setdefault(message.task_id or 0, []).append(message)
    return found


def _play(row: Any, scene: Scene, lying: Sequence[Message], setting: Setting) -> Played | None:
    """One task's part; None for a task that causes nothing any more."""
    task, customer = row.Task, row.Customer
    recipient = outbound.recipient_from(customer, setting.store) if customer.phone else None
    visit = visits.visit_of(task, associate=row.associate)
    begins_at = setting.now
    if setting.wanted.afresh:
        if task.status == Status.CANCELLED:
            return None
        visit = as_planned(visit)
        begins_at = task.assigned_at or task.created_at
    waiting = [_staged(message, setting.now) for message in lying if message.state in WAITING]
    happenings = course_of(visit, recipient, course=setting.wanted.course, begins_at=begins_at)
    if not happenings and not waiting:
        return None
    told = [
        Told(message.kind, message.dedupe_key, message.state, message.speaks_of)
        for message in lying
        if message.state not in WAITING
    ]
    texts = Stage(visit, recipient, scene=scene, told=told, waiting=waiting).play(happenings)
    return Played(
        customer_id=customer.id,
        name=customer.name,
        phone_masked=mask(customer.phone) if customer.phone else "",
        locale=customer.locale,
        texts=[_played_text(text, task) for text in texts],
        already_sent=sum(message.submitted_at is not None for message in lying),
        has_phone=recipient is not None,
    )


def _staged(message: Message, now: datetime) -> StagedText:
    """A row that waits already, as it lies there."""
    text = StagedText(
        kind=Kind(message.kind),
        dedupe_key=message.dedupe_key,
        to_phone=message.to_phone,
        zone=message.zone,
        body=message.body,
        size=measure(message.body),
        country=country_for(message.to_phone),
        priority=message.priority,
        speaks_of=message.speaks_of,
        due_at=message.not_before,
        next_look=max(message.not_before, now),
        expires_at=message.expires_at,
        is_written=True,
    )
    if message.held_reason and message.held_until:
        text.delays.append(Delay(message.held_reason, message.created_at, message.held_until))
    return text


def _played_text(text: StagedText, task: Task) -> PlayedText:
    return PlayedText(
        task_id=task.id,
        task_type=task.type,
        kind=text.kind.value,
        fate=text.fate,
        reason=text.reason,
        due_at=text.due_at,
        goes_at=text.goes_at,
        delays=text.delays,
        expires_at=text.expires_at,
        body=_without_code(text.body, task.door_code),
        encoding=text.size.encoding,
        segments=text.size.segments,
        country=text.country.code,
        cost=text.country.price_per_segment * text.size.segments,
        currency=text.country.currency,
        is_written=text.is_written,
    )


def _without_code(body: str, door_code: str | None) -> str:
    """The code is the customer's alone to read out; nobody here needs it to judge a text."""
    return body.replace(door_code, HIDDEN_CODE) if door_code else body


# Sums


def _summed_up(setting: Setting, parts: Sequence[Part]) -> Rehearsal:
    played = [each for part in parts for each in part.played]
    texts = sorted((text for each in played for text in each.texts), key=lambda text: text.at)
    total, hours, kinds = Sum(), dict[datetime, Sum](), dict[str, Sum]()
    zone = ZoneInfo(setting.store.zone)
    for text in texts:
        hour = text.at.astimezone(zone).replace(minute=0, second=0, microsecond=0)
        sums = [total, kinds.setdefault(text.kind, Sum())]
        if text.fate is Fate.GOES:
            sums.append(hours.setdefault(hour, Sum()))
        for each in sums:
            each.add(text)
            each.held += bool(text.delays)
    return Rehearsal(
        store=setting.store,
        day=setting.wanted.day,
        course=setting.wanted.course,
        afresh=setting.wanted.afresh,
        tasks=sum(part.tasks for part in parts),
        is_cut=any(part.is_cut for part in parts),
        without_phone=sum(not each.has_phone for each in played),
        already_sent=sum(each.already_sent for each in played),
        total=total,
        fates=Counter(text.fate for text in texts),
        reasons=_reasons(texts),
        hours=sorted(hours.items()),
        kinds=sorted(kinds.items(), key=lambda item: -item[1].messages),
        customers=_by_customer(played),
    )


def _reasons(texts: Iterable[PlayedText]) -> list[Why]:
    counted: Counter[tuple[Fate, str]] = Counter()
    for text in texts:
        # Held and then gone is a delay; what was held and never went counts with its end.
        counted.update((Fate.HELD, reason) for reason in {delay.reason for delay in text.delays})
        if text.reason and text.fate is not Fate.HELD:
            counted[text.fate, text.reason] += 1
    return [Why(fate, reason, count) for (fate, reason), count in counted.most_common()]


def _by_customer(played: Sequence[Played]) -> list[CustomerPart]:
    grouped: dict[int, list[Played]] = {}
    for each in played:
        if each.texts:
            grouped.setdefault(each.customer_id, []).append(each)
    parts = []
    for same in grouped.values():
        texts = sorted((text for each in same for text in each.texts), key=lambda text: (text.at, text.kind))
        total = Sum()
        for text in texts:
            total.add(text)
        parts.append(
            CustomerPart(
                customer_id=same[0].customer_id,
                name=same[0].name,
                phone_masked=same[0].phone_masked,
                locale=same[0].locale,
                texts=texts,
                messages=total.messages,
                segments=total.segments,
                costs=total.costs,
            )
        )
    return sorted(parts, key=lambda part: (part.texts[0].at, part.customer_id))
