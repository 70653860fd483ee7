"""Complaints of the demo company in every stage, played through the services like the rest of its week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.complaints import jobs, queries, service
from app.complaints.kinds import Source, Stage
from app.complaints.models import Complaint
from app.core import clock
from app.core.db import db
from app.core.i18n import Text3, pick
from app.customers import consent
from app.customers.models import Customer
from app.demo.customers import Book
from app.demo.stories import Stage as Theatre
from app.demo.stories import Visit, actor_of, play_of
from app.people.access import Actor
from app.people.models import Staff
from app.people.opening import working_deadline
from app.tasks.kinds import Reason, TaskType
from app.tasks.models import Task


def _three(zh_hans: str, zh_hant: str, en: str) -> Text3:
    return {"zh_Hans": zh_hans, "zh_Hant": zh_hant, "en": en}


@dataclass(frozen=True)
class Tale:
    """One complaint: what was said, how long ago, how far it has come and what was done."""

    words: Text3
    hours_ago: float
    source: Source
    until: Stage
    plan: Text3 | None = None
    cause: Text3 | None = None
    remedy: Text3 | None = None
    further: Text3 | None = None
    says_yes: bool | None = None
    outcome: Text3 | None = None


APOLOGY = _three(
    "真的对不起，这是我们没有做好。", "真的對不起，這是我們沒有做好。", "We are truly sorry. We did not do this well."
)
ANSWERS = {
    True: _three("好了，谢谢你们", "好了，多謝你們", "All right now, thank you"),
    False: _three("还没有", "還未", "Not yet"),
}

RASH = Tale(
    words=_three(
        "用了两天面霜，脸上起红疹，很痒，是不是过敏？",
        "用了兩日面霜，面上起紅疹，好痕，是否敏感？",
        "After two days of the cream my face has a rash and itches. Is it an allergy?",
    ),
    hours_ago=0.8,
    source=Source.SMS,
    until=Stage.OPENED,
)
NOBODY_CAME = Tale(
    words=_three(
        "说好十点到，我请了半天假，等到一点也没有人来。",
        "講好十點到，我請了半日假，等到一點都無人來。",
        "You promised ten o'clock. I took half a day off and nobody came until one.",
    ),
    hours_ago=5,
    source=Source.SMS,
    until=Stage.OPENED,
    further=_three("打电话到店里也没人接。", "打電話去舖頭都無人聽。", "And nobody answered the phone at the store."),
)
WRONG_SIZE = Tale(
    words=_three(
        "外套送来是大一码的，袖子长了一截。", "外套送來大一個碼，衫袖長了一截。", "The jacket is one size too large."
    ),
    hours_ago=22,
    source=Source.PHONE,
    until=Stage.ACKNOWLEDGED,
)
BROKEN_PUMP = Tale(
    words=_three(
        "吸奶器用了三天就不吸了，晚上特别需要。",
        "奶泵用了三日就不吸，夜晚特別需要。",
        "The pump stopped after three days, and I need it most at night.",
    ),
    hours_ago=30,
    source=Source.PAGE,
    until=Stage.PLANNED,
    plan=_three(
        "明天上午上门换新机，并当面试用。",
        "明日上午上門換新機，並即場試用。",
        "Bring a new one tomorrow and try it together.",
    ),
)
LATE_PARCEL = Tale(
    words=_three(
        "说第二天到的货，第四天才到。", "說第二日到的貨，第四日才到。", "The next-day parcel came on the fourth day."
    ),
    hours_ago=50,
    source=Source.SMS,
    until=Stage.RESOLVED,
    plan=_three("补送试用装并免运费。", "補送試用裝並免運費。", "Refund the delivery and bring samples."),
    cause=_three(
        "仓库漏单，当天没有复核。", "倉庫漏單，當日無覆核。", "The warehouse missed the order and nobody checked."
    ),
    remedy=_three(
        "退回运费，今后当日复核。", "退回運費，以後即日覆核。", "Delivery refunded; orders are checked the same day."
    ),
)
RUDE = Tale(
    words=_three(
        "店员一直看手机，问什么都说不知道。",
        "店員一直看電話，問甚麼都說不知道。",
        "The assistant looked at the phone and knew nothing.",
    ),
    hours_ago=60,
    source=Source.OFFICE,
    until=Stage.RESOLVED,
    plan=_three(
        "店长亲自道歉并约时间试穿。", "店長親自道歉並約時間試穿。", "The manager says sorry and offers a fitting."
    ),
    cause=_three(
        "当天人手不足，交接没做好。", "當日人手不足，交接未做好。", "Too few people that day, and no handover."
    ),
    remedy=_three(
        "店长陪同重新试穿，已改排班。",
        "店長陪同再試穿，已改更表。",
        "A fitting with the manager; the shifts are mended.",
    ),
    says_yes=True,
)
ECZEMA = Tale(
    words=_three(
        "宝宝用了沐浴露后身上发痒，起了小疹子。",
        "BB用了沐浴露後身上發癢，起了小疹子。",
        "After the baby wash my child itches and has a rash.",
    ),
    hours_ago=66,
    source=Source.PHONE,
    until=Stage.CLOSED,
    plan=_three(
        "马上停用，陪同看医生，通知厂家。",
        "即時停用，陪同看醫生，通知廠方。",
        "Stop using it, see a doctor, tell the maker.",
    ),
    cause=_three("厂家正在化验同批次产品。", "廠方正化驗同批次產品。", "The maker is testing the batch."),
    remedy=_three("已退款并下架同批次。", "已退款並下架同批次。", "Refunded; the batch is off the shelf."),
    says_yes=True,
    outcome=_three(
        "医生诊治后两天消退，已向厂家通报。",
        "醫生診治後兩日消退，已向廠方通報。",
        "Gone two days after the doctor's visit; reported to the maker.",
    ),
)
STEPS = (("acknowledge", 0.7), ("plan", 2.5), ("resolve", 7.0), ("answer", 9.0), ("close", 10.0))
"""The steps and after how many opening hours they are made."""
TALES = (
    (RASH, NOBODY_CAME, WRONG_SIZE, BROKEN_PUMP, LATE_PARCEL, RUDE, ECZEMA),
    (WRONG_SIZE, LATE_PARCEL, RUDE),
    (NOBODY_CAME, BROKEN_PUMP, RUDE),
)
"""Store by store; the demo's supervisor meets all of them."""


def load(books: list[Book], *, random: Random, now: datetime) -> None:
    theatre = Theatre(random=random, until=now)
    for book, tales in zip(books, TALES, strict=True):
        people = _people_to_complain(book)
        for tale in tales:
            _Case(theatre, book, next(people), tale).put_on(now)
    theatre.play(say=lambda _line: None)
    with clock.fixed(now):
        jobs.look_at_clocks(now=now)


def _people_to_complain(book: Book) -> Iterator[Customer]:
    """Customers with a familiar face, from the end of the book: the front rows are busy with visits."""
    seen: set[int] = set()
    for customer in reversed(book.customers):
        reachable = customer.phone is not None and not consent.is_opted_out(customer.phone)
        if customer.owner_id is not None and reachable and customer.household_id not in seen:
            seen.add(customer.household_id)
            yield customer


class _Case:
    """The acts of one complaint, put on the demo's stage in the order of time."""

    def __init__(self, theatre: Theatre, book: Book, customer: Customer, tale: Tale) -> None:
        self.theatre, self.book, self.customer, self.tale = theatre, book, customer, tale
        self.supervisor = actor_of(book.crew.supervisor, book.crew.store.id)
        self.complaint_id = 0

    def put_on(self, now: datetime) -> None:
        tale = self.tale
        opened = now - timedelta(hours=tale.hours_ago)
        if tale.source in (Source.PHONE, Source.OFFICE):
            opened = min(self._worked(opened, 0), now)
        self.theatre.at(opened, self.open)
        if tale.further:
            self.theatre.at(opened + timedelta(hours=1), self.say_more)
        reached = list(Stage).index(tale.until)
        wanted = STEPS[: 4 if tale.says_yes is not None and tale.until is Stage.RESOLVED else reached]
        if tale.until is Stage.CLOSED:
            wanted = STEPS
        for number, (name, hours) in enumerate(wanted):
            # Done in opening hours, and in any case before the play ends.
            latest = now - timedelta(minutes=5 * (len(wanted) - number))
            self.theatre.at(min(self._worked(opened, hours), latest), getattr(self, name))

    def _worked(self, since: datetime, hours: float) -> datetime:
        store = self.book.crew.store
        return working_deadline(since, hours, opening=store.opening_hours, zone=ZoneInfo(store.zone))

    def open(self, now: datetime) -> None:
        by_customer = self.tale.source in (Source.SMS, Source.PAGE)
        case = service.open_case(
            self.customer.id,
            source=self.tale.source,
            words=self._say(self.tale.words),
            origin_key=f"demo:{self.customer.id}:1",
            actor=Actor.customer(self.customer.id) if by_customer else self.supervisor,
            now=now,
        )
        self.complaint_id = case.id

    def say_more(self, now: datetime) -> None:
        assert self.tale.further is not None
        service.open_case(
            self.customer.id,
            source=Source.PHONE,
            words=self._say(self.tale.further),
            origin_key=f"demo:{self.customer.id}:2",
            actor=self.supervisor,
            now=now,
        )

    def acknowledge(self, now: datetime) -> None:
        """The familiar face makes the recovery call; where none was found, the supervisor has spoken."""
        task = self._recovery_call()
        caller = self._associate(task.assignee_id) if task is not None else None
        if task is not None and caller is not None:
            play = play_of(self.theatre, self._visit(task, caller), task_id=task.id)
            play.start(now)
        if self._case().stage == Stage.OPENED:
            service.acknowledge(self.complaint_id, actor=self.supervisor, now=now)

    def plan(self, now: datetime) -> None:
        plan = self._say(self.tale.plan or self.tale.words)
        # What is still to be put right is promised for tomorrow; what has been was kept in time.
        still_open = self.tale.until is Stage.PLANNED
        promised = (self.theatre.until if still_open else now) + timedelta(hours=26)
        service.plan(self.complaint_id, plan=plan, promised_for=promised, actor=self.supervisor, now=now)

    def resolve(self, now: datetime) -> None:
        assert self.tale.cause is not None
        assert self.tale.remedy is not None
        cause, remedy = self._say(self.tale.cause), self._say(self.tale.remedy)
        apology = self._say(APOLOGY)
        service.resolve(self.complaint_id, apology=apology, cause=cause, remedy=remedy, actor=self.supervisor, now=now)

    def answer(self, now: datetime) -> None:
        satisfied = bool(self.tale.says_yes)
        words = self._say(ANSWERS[satisfied])
        actor = Actor.customer(self.customer.id) if self.book.crew.place.country == "HK" else self.supervisor
        service.record_answer(self.complaint_id, satisfied=satisfied, words=words, actor=actor, now=now)

    def close(self, now: datetime) -> None:
        outcome = self._say(self.tale.outcome) if self.tale.outcome else ""
        service.close(self.complaint_id, outcome=outcome, actor=self.supervisor, now=now)

    def _say(self, text: Text3) -> str:
        return pick(text, self.customer.locale)

    def _case(self) -> Complaint:
        return queries.visible(self.complaint_id, actor=self.supervisor, now=self.theatre.until)

    def _recovery_call(self) -> Task | None:
        task_id = self._case().recovery_task_id
        return db.session.get(Task, task_id) if task_id is not None else None

    def _associate(self, staff_id: int | None) -> Staff | None:
        return next((person for person in self.book.crew.associates if person.id == staff_id), None)

    def _visit(self, task: Task, caller: Staff) -> Visit:
        return Visit(
            customer=self.customer,
            associate=caller,
            supervisor=self.supervisor,
            zone=ZoneInfo(self.book.crew.place.zone),
            # Nobody rates a recovery call by text.
            country="",
            kind=TaskType.CALLBACK,
            reason=Reason.COMPLAINT,
            start=task.window_start,
            end=task.window_end,
        )
