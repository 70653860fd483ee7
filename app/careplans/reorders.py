"""The answer to "shall we bring you more?", by text or in a call: yes makes a delivery with the goods kept back, no
frees them.

A yes that can't be kept (the goods are gone, or nobody asked to be reminded of a restricted product any more) becomes a
call, so that a person finds a way. The keys of task and reservation make a second yes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from sqlalchemy import Select, select, text

from app.careplans import ending
from app.careplans.booking import new_key_sql
from app.careplans.ending import Ending
from app.careplans.models import Occurrence
from app.careplans.reasons import OccurrenceState, WhyNot
from app.core.db import db
from app.core.i18n import Text3, pick
from app.core.outbox import together
from app.customers import contacts
from app.customers.models import Customer
from app.events import QuestionAnswered, TaskCompleted, TaskReopened
from app.people import queries as people
from app.people.access import Actor
from app.people.models import Store
from app.purchases import stock
from app.purchases.models import Product, RunOut
from app.purchases.stock import Short, Wish
from app.tasks import service as tasks
from app.tasks import slots
from app.tasks.content.callback import WANTS_IT
from app.tasks.creating import EXPECTED_MINUTES, NewLine, NewTask, create_or_find_id
from app.tasks.kinds import CancelReason, Direction, Reason, Status, TaskType
from app.tasks.models import Task, TaskAnswer
from app.tasks.slots import Slot

REORDER, SUBJECT = "reorder", "occurrence"
ORDER = "reorder:"
YES = frozenset({"1", "reorder", "confirm"})
KEPT_AFTER = timedelta(days=2)

ORDERED_BY_TEXT: Text3 = {
    "zh_Hans": "顾客短信回复要再订：{name}",
    "zh_Hant": "顧客以短訊回覆再訂：{name}",
    "en": "Ordered again by text: {name}",
}
ORDERED_IN_A_CALL: Text3 = {
    "zh_Hans": "顾客在电话里要再订：{name}",
    "zh_Hant": "顧客在電話中要再訂：{name}",
    "en": "Ordered again in a call: {name}",
}
GOODS_GONE: Text3 = {
    "zh_Hans": "顾客已回复要订，但店里货不够。请致电商量。",
    "zh_Hant": "顧客已回覆要訂，但店內貨量不足。請致電商量。",
    "en": "The customer said yes, but the store has too little of it. Please call and find a way.",
}
NO_REQUEST: Text3 = {
    "zh_Hans": "顾客已回复要订，但档案里已没有监护人的提醒要求。请致电确认。",
    "zh_Hant": "顧客已回覆要訂，但檔案中已沒有監護人的提醒要求。請致電確認。",
    "en": "The customer said yes, but the guardian’s request for reminders has ended. Please call and make sure.",
}
NO_TIME: Text3 = {
    "zh_Hans": "顾客已回复要订，但近期没有可送货的时间。请致电商量。",
    "zh_Hant": "顧客已回覆要訂，但近期沒有可送貨的時間。請致電商量。",
    "en": "The customer said yes, but there is no free time for a delivery. Please call and find one.",
}


@dataclass(frozen=True)
class Offer:
    """What was offered: the occurrence with those told along, and under which key its goods are kept back."""

    occurrence_id: int
    customer_id: int
    origin_key: str
    wishes: Sequence[Wish]
    names: Mapping[int, Text3]

    asked_by: str = ""
    """Which call got the yes; nothing for a text."""

    @property
    def order_key(self) -> str:
        return f"{ORDER}{self.occurrence_id}{self.asked_by}"

    def reason(self) -> Text3:
        between = {"zh_Hans": "、", "zh_Hant": "、", "en": ", "}
        return {
            locale: words.format(name=between[locale].join(pick(name, locale) for name in self.names.values()))
            for locale, words in (ORDERED_IN_A_CALL if self.asked_by else ORDERED_BY_TEXT).items()
        }


def order_again(fact: QuestionAnswered, *, now: datetime) -> None:
    if fact.kind != REORDER or fact.subject_type != SUBJECT:
        return
    offer = _offer(fact.subject_id, fact.customer_id)
    if offer is None:
        return
    if fact.answer in YES:
        _deliver(offer, now=now)
        _note(offer.occurrence_id, answer="yes")
    else:
        _decline(offer, now=now)


@together()
def order_after_calls(facts: Sequence[TaskCompleted], *, now: datetime) -> None:
    """Customers were called about what runs out, if only along with a birthday, and the associates have noted what they
    want. Few calls are about that: should two bundles ever wait for each other's shelves, each call is handled for
    itself."""
    about_goods = (
        select(Task.id)
        .join(TaskAnswer, TaskAnswer.task_id == Task.id)
        .where(
            Task.id.in_({fact.task_id for fact in facts}),
            Task.type == TaskType.CALLBACK.value,
            Task.status == Status.COMPLETED.value,
            TaskAnswer.item_key == WANTS_IT,
        )
    )
    called = set(db.session.scalars(about_goods))
    for fact in sorted(facts, key=lambda fact: fact.customer_id):
        if fact.task_id in called:
            _order_after_call(fact, now=now)


def _order_after_call(fact: TaskCompleted, *, now: datetime) -> None:
    task = db.session.get(Task, fact.task_id, populate_existing=True)
    if task is None or task.status != Status.COMPLETED or task.type != TaskType.CALLBACK:
        return
    said = db.session.scalar(
        select(TaskAnswer.value).where(TaskAnswer.task_id == task.id, TaskAnswer.item_key == WANTS_IT)
    )
    occurrence_id = _occurrence_behind(task)
    if said not in ("yes", "not_now") or occurrence_id is None:
        return
    offer = _offer(occurrence_id, task.customer_id, asked_by=f":{task.id}:{fact.ending}")
    if offer is None:
        return
    if said == "yes":
        _deliver(offer, now=now)
        _note(offer.occurrence_id, answer="yes")
    else:
        _decline(offer, now=now)


def take_back_order(fact: TaskReopened, *, now: datetime) -> None:
    """The call goes on, so nothing is agreed yet: what its ending has made is taken back while nobody has begun it."""
    task = db.session.get(Task, fact.task_id)
    occurrence_id = _occurrence_behind(task) if task is not None else None
    if task is None or occurrence_id is None:
        return
    made = db.session.scalar(
        select(Task.id).where(
            Task.origin_key == f"{ORDER}{occurrence_id}:{task.id}:{fact.ending}",
            Task.status.in_([Status.OPEN.value, Status.ASSIGNED.value]),
        )
    )
    if made is not None:
        tasks.cancel(made, reason=CancelReason.UNDONE.value, actor=Actor.system("care plans"), now=now)


def _occurrence_behind(task: Task) -> int | None:
    """The one whose contact the call was; or the one that was answered with a yes which could not be kept."""
    if (task.origin_key or "").startswith(ORDER):
        return int(str(task.origin_key).split(":")[1])
    return db.session.scalar(
        select(Occurrence.id).where(Occurrence.task_id == task.id, Occurrence.lead_id.is_(None)).limit(1)
    )


def _decline(offer: Offer, *, now: datetime) -> None:
    """Not this time: the goods are free, and nobody asks again before it is bought again."""
    stock.release(offer.origin_key, now=now)
    db.session.execute(
        text("""UPDATE occurrence SET state = 'ended', reason = :refused, decided_at = :now
                WHERE (id = :id OR lead_id = :id) AND kind = 'replenishment' AND state IN ('made', 'done')"""),
        {"id": offer.occurrence_id, "refused": WhyNot.REFUSED.value, "now": now},
    )
    others = ending.find(
        """o.household_id = (SELECT x.household_id FROM occurrence x WHERE x.id = :id) AND o.id <> :id
            AND o.kind = 'replenishment'
            AND CAST(o.detail ->> 'product_id' AS int) = ANY(CAST(:products AS int[]))""",
        {"id": offer.occurrence_id, "products": [wish.product_id for wish in offer.wishes]},
    )
    ending.settle([Ending(row.id, OccurrenceState.ENDED, WhyNot.REFUSED) for row in others], now=now)
    _note(offer.occurrence_id, answer="no")


def _offer(occurrence_id: int, customer_id: int, *, asked_by: str = "") -> Offer | None:
    if contacts.hold(customer_id) is None:
        return None
    rows = db.session.execute(
        text(f"""
            SELECT o.id, o.detail, coalesce(o.origin_key, {new_key_sql("o")}) AS origin_key FROM occurrence o
            WHERE (o.id = :id AND o.customer_id = :customer) OR (o.lead_id = :id AND EXISTS (
                SELECT FROM occurrence lead WHERE lead.id = :id AND lead.customer_id = :customer))
            ORDER BY o.id FOR UPDATE
        """),  # noqa: S608  fixed parts, values are bound
        {"id": occurrence_id, "customer": customer_id},
    ).all()
    lead = next((row for row in rows if row.id == occurrence_id), None)
    if lead is None:
        return None
    wanted: dict[int, Decimal] = {}
    for row in rows:
        if row.detail.get("run_out") and row.detail.get("product_id"):
            wanted[row.detail["product_id"]] = Decimal(packs_of(row.detail))
    if not wanted:
        return None
    names = {
        row.id: row.name for row in db.session.execute(select(Product.id, Product.name).where(Product.id.in_(wanted)))
    }
    wishes = [Wish(product_id, quantity) for product_id, quantity in wanted.items()]
    return Offer(occurrence_id, customer_id, lead.origin_key, wishes, names, asked_by)


def packs_of(detail: Mapping[str, Any]) -> int:
    """Whole packs to bring, at least one."""
    return max(1, int(Decimal(str(detail.get("quantity") or 1)).to_integral_value(ROUND_CEILING)))


def _deliver(offer: Offer, *, now: datetime) -> None:
    if db.session.scalar(select(Task.id).where(Task.origin_key == offer.order_key)) is not None:
        # The same yes once more: its goods belong to that task by now.
        return
    customer = db.session.get_one(Customer, offer.customer_id, populate_existing=True)
    assignee_id = _who(customer, now=now)
    minutes = EXPECTED_MINUTES[TaskType.DELIVERY]
    found = slots.first_slots(
        customer.store_id, task_type=TaskType.DELIVERY, minutes=minutes, assignee_id=assignee_id, now=now
    )
    slot = found[0] if found else None
    against = _against(offer, slot, now=now)
    if against is not None:
        _call(offer, customer, assignee_id, against, now=now)
        return
    assert slot is not None
    create_or_find_id(
        NewTask(
            type=TaskType.DELIVERY,
            reason=Reason.REPLENISHMENT,
            direction=Direction.BRING,
            customer_id=customer.id,
            window_start=slot.window_start,
            window_end=slot.window_end,
            assignee_id=assignee_id,
            reasons=[offer.reason()],
            origin_key=offer.order_key,
            lines=[NewLine(quantity=int(wish.quantity), product_id=wish.product_id) for wish in offer.wishes],
        ),
        actor=Actor.system("text"),
        now=now,
    )


def _against(offer: Offer, slot: Slot | None, *, now: datetime) -> Text3 | None:
    """Why a delivery can't be promised; else the goods are kept back for it."""
    if not _all_requested(offer):
        stock.release(offer.origin_key, now=now)
        return NO_REQUEST
    if slot is None:
        return NO_TIME
    expires_at = slot.window_end + KEPT_AFTER
    # The delivery takes this key over as soon as it exists.
    stock.adopt(offer.origin_key, as_=offer.order_key, expires_at=expires_at, now=now)
    kept = stock.reserve_all(
        offer.customer_id, offer.wishes, origin_key=offer.order_key, expires_at=expires_at, now=now
    )
    # Where nobody counts, whoever packs the goods finds out.
    return GOODS_GONE if isinstance(kept, Short) and kept.is_counted else None


def _all_requested(offer: Offer) -> bool:
    """Of restricted goods each needs the guardian's request as it stands now, in whose file of the household it may be:
    who is told along may be another one than who answers."""
    products = [wish.product_id for wish in offer.wishes]
    restricted = set(db.session.scalars(select(Product.id).where(Product.id.in_(products), Product.is_restricted)))
    requested = set(
        db.session.scalars(
            select(RunOut.product_id).where(
                RunOut.customer_id.in_(_household_of(offer.customer_id)),
                RunOut.product_id.in_(restricted),
                RunOut.is_requested,
            )
        )
    )
    return restricted <= requested


def _household_of(customer_id: int) -> Select[int]:
    home = select(Customer.household_id).where(Customer.id == customer_id).scalar_subquery()
    return select(Customer.id).where(Customer.household_id == home)


def _who(customer: Customer, *, now: datetime) -> int | None:
    """The owner, or the cover; somebody who works in the store, else nobody yet."""
    if customer.owner_id is None:
        return None
    wanted = people.cover_of(customer.owner_id, now=now) if people.is_away(customer.owner_id, now=now) else None
    there = {person.id for person in people.associates_of(customer.store_id)}
    return next((one for one in (wanted or customer.owner_id,) if one in there), None)


def _call(offer: Offer, customer: Customer, assignee_id: int | None, why: Text3, *, now: datetime) -> None:
    """A person calls: within the store's next hours, or when it opens next."""
    minutes = EXPECTED_MINUTES[TaskType.CALLBACK]
    found = slots.first_slots(
        customer.store_id, task_type=TaskType.CALLBACK, minutes=minutes, assignee_id=assignee_id, now=now
    )
    start = found[0].window_start if found else now + slots.EARLIEST_NOTICE
    end = found[0].window_end if found else start + timedelta(hours=1)
    locale = db.session.execute(select(Store.locale).where(Store.id == customer.store_id)).scalar_one()
    create_or_find_id(
        NewTask(
            type=TaskType.CALLBACK,
            reason=Reason.REPLENISHMENT,
            customer_id=customer.id,
            window_start=start,
            window_end=end,
            assignee_id=assignee_id,
            reasons=[offer.reason()],
            note=pick(why, locale),
            origin_key=offer.order_key,
        ),
        actor=Actor.system("text"),
        now=now,
    )


def _note(occurrence_id: int, *, answer: str) -> None:
    db.session.execute(
        text("UPDATE occurrence SET detail = detail || CAST(:told AS jsonb) WHERE id = :id"),
        {"id": occurrence_id, "told": json.dumps({"answer": answer})},
    )
