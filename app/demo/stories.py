"""A week of the company, played through the real services in the order of time: work, texts, answers, points.

Nothing is written past the services, so whatever the demo shows could have happened, and did happen the same way.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from app.careplans.shipped import ship_plans
from app.core import clock, outbox
from app.core.db import db, transaction
from app.customers import consent
from app.customers.models import Customer
from app.demo import pictures, words
from app.demo.customers import Book
from app.messaging import outbound, writing
from app.messaging import service as messaging
from app.messaging.drain import drain_messages
from app.people.access import Actor, Role
from app.people.models import Staff
from app.points import jobs as points_jobs
from app.points import service as points
from app.purchases.models import Product
from app.tasks import checklists
from app.tasks import service as tasks
from app.tasks.kinds import CancelReason, DeclineReason, FailReason, ItemKind, Reason, TaskType
from app.tasks.models import ChecklistVersion, Task, TaskLine

HISTORY_DAYS = 3
TICK = timedelta(minutes=15)
KINDS: tuple[tuple[TaskType, Reason], ...] = (
    (TaskType.HOME_VISIT, Reason.CARE),
    (TaskType.CALLBACK, Reason.AFTER_PURCHASE),
    (TaskType.DELIVERY, Reason.AFTER_PURCHASE),
    (TaskType.HOME_VISIT, Reason.AFTER_PURCHASE),
    (TaskType.CALLBACK, Reason.CARE),
    (TaskType.DELIVERY, Reason.REPLENISHMENT),
    (TaskType.CALLBACK, Reason.LAPSED),
    (TaskType.HOME_VISIT, Reason.COMPLAINT),
)
WINDOWS = (
    (time(10), time(12)),
    (time(11, 30), time(13)),
    (time(14), time(16)),
    (time(15, 30), time(17)),
    (time(17), time(19)),
)

Say = Callable[[str], object]


@dataclass
class Stage:
    """The clock and the queue of what is still to happen; things happen in order of time, ties in order of planning."""

    random: Random
    until: datetime

    def __post_init__(self) -> None:
        self._queue: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._numbers = itertools.count()

    def at(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        if moment <= self.until:
            heapq.heappush(self._queue, (moment, next(self._numbers), act))

    def play(self, *, say: Say) -> None:
        """Act after act; every TICK the side effects happen, so nobody answers a text before the tick after it."""
        day: date | None = None
        settled_at: datetime | None = None
        while self._queue:
            moment, _number, act = heapq.heappop(self._queue)
            if settled_at is None or moment >= settled_at + TICK:
                settle(moment)
                settled_at = moment
            if moment.date() != day:
                day = moment.date()
                say(f"  {day.isoformat()}")
            with clock.fixed(moment), transaction():
                act(moment)
        settle(self.until)
        points_jobs.vest_due(now=self.until)


def settle(now: datetime) -> None:
    """Let every side effect happen, as the relay and the workers would; one that fails stops the play."""
    with clock.fixed(now):
        while outbox.drain_deliveries() or (outbound.has_due(now=now) and drain_messages()):
            pass
    broken = db.session.execute(text("SELECT last_error FROM delivery WHERE last_error IS NOT NULL LIMIT 1")).scalar()
    if broken:
        raise RuntimeError(f"a side effect of the demo failed: {broken}")


@dataclass(frozen=True)
class Visit:
    """One task to be played: who, for whom, when."""

    customer: Customer
    associate: Staff
    supervisor: Actor
    zone: ZoneInfo
    country: str
    kind: TaskType
    reason: Reason
    start: datetime
    end: datetime


def load(books: list[Book], products: list[Product], *, random: Random, now: datetime, say: Say) -> None:
    """Play the last days up to `now` and leave tomorrow's work waiting."""
    began = now - timedelta(days=HISTORY_DAYS + 2)
    with transaction():
        tasks.ship_templates(now=began)
        messaging.ship_templates(now=began)
        ship_plans(now=began)
        rules = points.ship_rules(now=began)
        for book in books:
            # The last associate of each store has not read the rules yet: the pages show what that means.
            for associate in book.crew.associates[:-1]:
                points.acknowledge(
                    rules.id, actor=actor_of(associate, book.crew.store.id), now=began + timedelta(hours=1)
                )
    stage = Stage(random=random, until=now)
    for book in books:
        for visit in _plan(book, random=random, now=now):
            _stage_visit(stage, visit, products)
    say("Playing a week of work, texts and answers")
    stage.play(say=say)


def actor_of(person: Staff, store_id: int) -> Actor:
    return Actor(
        id=person.id, name=person.name, role=Role(person.role), store_ids=frozenset({store_id}),
        locale=person.locale, client="demo",
    )  # fmt: skip


def _plan(book: Book, *, random: Random, now: datetime) -> list[Visit]:
    """Who does what on which day: two or three tasks a head, a full day for the demo's first associate."""
    crew = book.crew
    zone = ZoneInfo(crew.place.zone)
    today = now.astimezone(zone).date()
    supervisor = actor_of(crew.supervisor, crew.store.id)
    waiting = [customer for customer in book.customers if customer.tier != "ordinary"] + book.customers
    by_owner: dict[int, list[Customer]] = {}
    for customer in dict.fromkeys(waiting):
        by_owner.setdefault(customer.owner_id or 0, []).append(customer)
    visits = []
    for offset in range(-HISTORY_DAYS, 2):
        day = today + timedelta(days=offset)
        for position, associate in enumerate(crew.associates):
            own = by_owner.get(associate.id, [])
            wanted = (
                (5 if offset == 0 else 3) if position == 0 else random.choice([2, 2, 3] if offset >= -1 else [1, 1, 2])
            )
            windows = sorted(random.sample(WINDOWS, k=wanted))
            if offset == 0 and position < 4:
                windows += _window_of_the_hour(now.astimezone(zone))
            for starts, ends in windows[: len(own)]:
                kind, reason = random.choice(KINDS)
                visits.append(
                    Visit(
                        customer=own.pop(0), associate=associate, supervisor=supervisor, zone=zone,
                        country=crew.place.country, kind=kind, reason=reason,
                        start=datetime.combine(day, starts, zone), end=datetime.combine(day, ends, zone),
                    )
                )  # fmt: skip
    return visits


def _window_of_the_hour(local: datetime) -> list[tuple[time, time]]:
    """While the shop is open some work is always going on, at whatever hour the demo is loaded."""
    return [(time(local.hour - 1, 30), time(local.hour + 1, 30))] if 9 <= local.hour <= 20 else []


def _stage_visit(stage: Stage, visit: Visit, products: list[Product]) -> None:
    """Put one task's life on stage: made the afternoon before, confirmed, done, rated; sometimes otherwise."""
    random = stage.random
    made_at = (visit.start - timedelta(days=1)).replace(hour=15) + timedelta(minutes=random.randint(0, 150))
    unassigned = random.random() < 0.05 and visit.start.date() >= stage.until.astimezone(visit.zone).date()
    act = _Play(stage, visit, products)
    # What lies ahead of the play's end has been made by then all the same: the shop plans a day ahead.
    stage.at(
        min(made_at, stage.until - timedelta(minutes=random.randint(5, 240))), act.make_open if unassigned else act.make
    )


def play_of(stage: Stage, visit: Visit, *, task_id: int) -> _Play:
    """The acts of a task that somebody else has made."""
    play = _Play(stage, visit, [])
    play.task_id = task_id
    return play


class _Play:
    """The acts of one task. Each act puts the next one on stage."""

    def __init__(self, stage: Stage, visit: Visit, products: list[Product]) -> None:
        self.stage = stage
        self.visit = visit
        self.products = products
        self.random = stage.random
        self.associate = actor_of(visit.associate, visit.customer.store_id)
        self.locale = visit.customer.locale
        self.task_id = 0

    @property
    def answers_texts(self) -> bool:
        return self.visit.country == "HK"

    def make_open(self, now: datetime) -> None:
        self._create(now, assignee_id=None)

    def make(self, now: datetime) -> None:
        self._create(now, assignee_id=self.visit.associate.id)
        chance = self.random.random()
        soon = now + TICK + timedelta(minutes=self.random.randint(1, 80))
        if self.visit.country == "CN":
            if chance < 0.6:
                self.stage.at(soon, self.confirm_by_phone)
        elif chance < 0.62:
            self.stage.at(soon, lambda at: self._text("1", at))
        elif chance < 0.70:
            self.stage.at(soon, lambda at: self._text(words.one_of(self.random, words.QUESTIONS, self.locale), at))
            self.stage.at(soon + timedelta(minutes=25), self.reply)
        elif chance < 0.74:
            self.stage.at(soon, lambda at: self._text("2", at))
        fate = self.random.random()
        start = self._work_starts_at()
        if fate < 0.03:
            self.stage.at(start - timedelta(hours=1), self.cancel)
        elif fate < 0.05:
            self.stage.at(now + timedelta(hours=1), self.decline)
        else:
            self.stage.at(start, self.start)

    def _create(self, now: datetime, *, assignee_id: int | None) -> None:
        visit = self.visit
        lines: tuple[tasks.NewLine, ...] = ()
        if visit.kind is TaskType.DELIVERY:
            chosen = self.random.sample(self.products, k=self.random.choice([1, 2]))
            lines = tuple(
                tasks.NewLine(quantity=self.random.randint(1, 3), product_id=product.id) for product in chosen
            )
        task = tasks.create(
            tasks.NewTask(
                type=visit.kind, reason=visit.reason, customer_id=visit.customer.id, assignee_id=assignee_id,
                window_start=visit.start, window_end=visit.end, lines=lines,
                note=words.one_of(self.random, words.TASK_NOTES[visit.kind], visit.associate.locale),
            ),
            actor=visit.supervisor,
            now=now,
        )  # fmt: skip
        self.task_id = task.id

    def _work_starts_at(self) -> datetime:
        late = self.random.random() < 0.08
        spread = (self.visit.end - self.visit.start).total_seconds() / 60
        return self.visit.start + timedelta(
            minutes=self.random.uniform(spread * 0.9, spread + 40) if late else self.random.uniform(-15, spread * 0.5)
        )

    def confirm_by_phone(self, now: datetime) -> None:
        if self._is("assigned", "active") and self._task().confirmed_at is None:
            tasks.confirm(self.task_id, actor=self.visit.supervisor, now=now)

    def cancel(self, now: datetime) -> None:
        if self._is("assigned"):
            tasks.cancel(
                self.task_id, reason=CancelReason.CUSTOMER_ASKED, note="", actor=self.visit.supervisor, now=now
            )

    def decline(self, now: datetime) -> None:
        if self._is("assigned"):
            tasks.decline(self.task_id, reason=DeclineReason.NO_TIME, note="", actor=self.associate, now=now)

    def start(self, now: datetime) -> None:
        task = self._task()
        # The customer may have moved the visit meanwhile; then it isn't today's work any more.
        if not self._is("assigned") or task.window_start != self.visit.start:
            return
        tasks.start(self.task_id, actor=self.associate, now=now, at=now)
        if self.visit.kind is TaskType.CALLBACK:
            self.stage.at(now + timedelta(minutes=self.random.randint(4, 14)), self.finish)
        else:
            self.stage.at(now + timedelta(minutes=self.random.randint(9, 28)), self.arrive)

    def arrive(self, now: datetime) -> None:
        if not self._is("active"):
            return
        customer = self.visit.customer
        place: dict[str, Any] = {}
        if customer.lat is not None and customer.lng is not None and self.random.random() < 0.7:
            place = {"lat": customer.lat + self.random.uniform(-2e-4, 2e-4), "lng": customer.lng, "accuracy": 18.0}
        tasks.arrive(self.task_id, actor=self.associate, now=now, at=now, **place)
        self.stage.at(now + timedelta(minutes=self.random.randint(14, 48)), self.finish)

    def finish(self, now: datetime) -> None:
        if not self._is("active"):
            return
        chance = self.random.random()
        if chance < 0.06:
            callback = self.visit.kind is TaskType.CALLBACK
            reason = FailReason.NO_ANSWER if callback else FailReason.NOT_AT_HOME
            tasks.fail(self.task_id, actor=self.associate, now=now, at=now, reason=reason)
            return
        answers = self._answers(now)
        lines = self._lines()
        # One single thing is handed over or not: only of two or more can one be missing.
        is_short = chance > 0.9 and sum(line["delivered"] for line in lines) > 1
        if is_short:
            lines[-1]["delivered"] -= 1
        end = tasks.complete_partly if is_short else tasks.complete
        end(self.task_id, actor=self.associate, now=now, at=now, answers=answers, lines=lines)
        if self.answers_texts and self.random.random() < 0.6:
            stars = self.random.choices(["5", "4", "3", "2"], weights=[70, 22, 6, 2])[0]
            answered = now + TICK + timedelta(minutes=self.random.randint(6, 140))
            self.stage.at(answered, lambda at: self._text(stars, at))
            if self.random.random() < 0.15:
                thanks = words.one_of(self.random, words.THANKS, self.locale)
                self.stage.at(answered + timedelta(minutes=1), lambda at: self._text(thanks, at))

    def reply(self, now: datetime) -> None:
        assert self.visit.customer.phone is not None
        if consent.is_opted_out(self.visit.customer.phone):
            return
        answer = words.one_of(self.random, words.REPLIES, self.locale)
        writing.write_by_hand(self.visit.customer.id, answer, actor=self.associate, now=now)

    def _text(self, body: str, now: datetime) -> None:
        assert self.visit.customer.phone is not None
        messaging.answer_from_sandbox(self.visit.customer.phone, body, now=now)

    def _task(self) -> Task:
        return db.session.execute(select(Task).where(Task.id == self.task_id)).scalar_one()

    def _is(self, *statuses: str) -> bool:
        return self._task().status in statuses

    def _lines(self) -> list[dict[str, int]]:
        lines = db.session.scalars(select(TaskLine).where(TaskLine.task_id == self.task_id).order_by(TaskLine.id)).all()
        return [{"id": line.id, "delivered": line.quantity, "refused": 0} for line in lines]

    def _answers(self, now: datetime) -> Mapping[str, Any]:
        """Fill the checklist as a careful associate does: what is required, and most of the rest."""
        raw = db.session.execute(
            select(ChecklistVersion.items)
            .join(Task, Task.checklist_version_id == ChecklistVersion.id)
            .where(Task.id == self.task_id)
        ).scalar_one()
        items = checklists.parse(raw)
        answers: dict[str, Any] = {}
        for position in range(len(items)):
            state = checklists.evaluate(items, answers)[position]
            if state.visible and (state.required or self.random.random() < 0.6):
                answers[state.item.key] = self._answer(state.item, now)
        return answers

    def _answer(self, item: checklists.Item, now: datetime) -> Any:
        match item.kind:
            case ItemKind.TICK:
                return True
            case ItemKind.PASS_FAIL:
                return "fail" if self.random.random() < 0.04 else "pass"
            case ItemKind.NUMBER:
                low, high = int(item.minimum or 0), int(item.maximum if item.maximum is not None else 10)
                # Marks are mostly good; amounts and counts lie near the lower end of what is allowed.
                return (
                    self.random.randint(high - 1, high) if high <= 5 else self.random.randint(low, min(high, low + 9))
                )
            case ItemKind.CHOICE | ItemKind.GIFT:
                keys = [key for key, _label in item.choices]
                return self.random.choices(keys, weights=[8] + [1] * (len(keys) - 1))[0]
            case ItemKind.TEXT:
                return words.one_of(self.random, words.ANSWERS, self.visit.associate.locale)
            case ItemKind.PHOTO:
                return [self._upload(pictures.scene(self.random.randint(0, 11)), now)]
            case ItemKind.SIGNATURE:
                return self._upload(pictures.signature(self.random.randint(0, 5)), now)
            case ItemKind.CODE:
                return self._task().door_code or "0000"

    def _upload(self, data: bytes, now: datetime) -> str:
        blob_id = UUID(int=self.random.getrandbits(128), version=4)
        tasks.put_blob(blob_id, data, sha256=hashlib.sha256(data).hexdigest(), actor=self.associate, now=now)
        return str(blob_id)
