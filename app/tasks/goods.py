"""Goods and deliveries: keep back what a delivery will carry, let it go when it leaves, bring large purchases home.

These handlers follow tasks by their facts, so a delivery is never refused because a shelf is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select

from app.core.db import db
from app.core.i18n import Text3
from app.core.outbox import together
from app.customers.models import Customer
from app.events import (
    PurchaseCorrected,
    PurchaseRecorded,
    PurchaseReturned,
    TaskCancelled,
    TaskCompleted,
    TaskCreated,
    TaskFact,
    TaskFailed,
    TaskPartlyCompleted,
    TaskReopened,
    TaskRescheduled,
)
from app.people.access import Actor
from app.people.models import Store
from app.people.opening import Opening, open_stretches
from app.purchases import stock
from app.purchases.models import Product, ProductStock, Purchase, PurchaseLine, StockReservation
from app.purchases.stock import Wish
from app.purchases.values import ReservationState
from app.tasks import planning
from app.tasks.creating import NewLine, NewTask, create_or_find_id
from app.tasks.kinds import CancelReason, Direction, Reason, Status, TaskType
from app.tasks.models import Task, TaskLine
from app.tasks.slots import POLITE_FROM, POLITE_TO

KEPT_AFTER = timedelta(days=2)
"""How long after the promised window the goods still lie ready."""
DAYS_LOOKED_AHEAD = 14
_TO_DO = (Status.OPEN.value, Status.ASSIGNED.value, Status.ACTIVE.value)
LARGE_PURCHASE: Text3 = {
    "zh_Hans": "大件商品，次日送货",
    "zh_Hant": "大件貨品，翌日送貨",
    "en": "A large purchase, brought the next day",
}


def origin_of(task_id: int) -> str:
    """Under which name a delivery keeps goods back."""
    return f"task:{task_id}"


def origin_of_purchase(purchase_id: int) -> str:
    return f"purchase:{purchase_id}:delivery"


@together()
def reserve_for_deliveries(facts: Sequence[TaskCreated], *, now: datetime) -> None:
    """Keep back what a delivery carries, or take over what an offer under the same origin key held already.

    What a receipt has paid for has left the books and needs no reservation.
    """
    for task_id in _deliveries_among(facts):
        keep_back(task_id, now=now)


def hold_longer(fact: TaskRescheduled, *, now: datetime) -> None:
    keep_back(fact.task_id, now=now)


def keep_back(task_id: int, *, now: datetime) -> None:
    task = db.session.get(Task, task_id, populate_existing=True)
    if task is None or not _carries_our_goods(task) or task.status not in _TO_DO:
        return
    expires_at = max(task.window_end, now) + KEPT_AFTER
    if task.origin_key is not None:
        stock.adopt(task.origin_key, as_=origin_of(task.id), expires_at=expires_at, now=now)
    wishes = _wishes(task.id)
    if wishes:
        stock.reserve_all(task.customer_id, wishes, origin_key=origin_of(task.id), expires_at=expires_at, now=now)


@together()
def take_all_delivered(facts: Sequence[TaskCompleted], *, now: datetime) -> None:
    deliveries = set(_deliveries_among(facts))
    for fact in facts:
        if fact.task_id in deliveries:
            take_delivered(fact, now=now)


def take_delivered(fact: TaskCompleted | TaskPartlyCompleted, *, now: datetime) -> None:
    """What was handed over has left the store; what was refused or carried forward is free again."""
    task = db.session.get(Task, fact.task_id, populate_existing=True)
    # The fact may be late: after an undo the ending it tells of no longer stands.
    if task is None or task.endings != fact.ending or task.status not in (Status.COMPLETED, Status.PARTLY):
        return
    delivered: dict[int, Decimal] = {}
    for line in _lines(task.id):
        quantity = line.quantity if line.delivered is None else line.delivered
        delivered[line.product_id or 0] = delivered.get(line.product_id or 0, Decimal(0)) + quantity
    stock.take(origin_of(task.id), now=now, quantities=delivered)
    if isinstance(fact, TaskPartlyCompleted):
        # It may have asked before these goods were free.
        keep_back(fact.carried_forward_task_id, now=now)


def release_undelivered(fact: TaskFailed | TaskCancelled, *, now: datetime) -> None:
    task = db.session.get(Task, fact.task_id, populate_existing=True)
    if task is not None and task.status in (Status.FAILED, Status.CANCELLED):
        stock.release(origin_of(task.id), now=now)


def take_back_in(fact: TaskReopened, *, now: datetime) -> None:
    """The ending didn't happen: the goods are kept back again until it does."""
    task = db.session.get(Task, fact.task_id, populate_existing=True)
    if task is None or task.status != Status.ACTIVE or not _carries_our_goods(task):
        return
    stock.untake(origin_of(task.id), expires_at=max(task.window_end, now) + KEPT_AFTER, now=now)
    keep_back(task.id, now=now)


@together()
def deliver_large_purchases(
    facts: Sequence[PurchaseRecorded | PurchaseCorrected | PurchaseReturned], *, now: datetime
) -> None:
    """A large purchase is brought the next day the store is open; once, and only while anything large is kept."""
    ids = {fact.purchase_id for fact in facts}
    large = db.session.scalars(
        select(PurchaseLine.purchase_id)
        .join(Product, Product.id == PurchaseLine.product_id)
        .where(PurchaseLine.purchase_id.in_(ids), Product.is_large)
    )
    origin_keys = {origin_of_purchase(purchase_id): purchase_id for purchase_id in ids}
    known = db.session.scalars(select(Task.origin_key).where(Task.origin_key.in_(origin_keys)))
    for purchase_id in sorted({*large, *(origin_keys[str(key)] for key in known)}):
        _deliver_large_purchase(purchase_id, now=now)


def _deliver_large_purchase(purchase_id: int, *, now: datetime) -> None:
    purchase = db.session.get(Purchase, purchase_id, populate_existing=True)
    if purchase is None:
        return
    large = _large_lines(purchase.id)
    origin_key = origin_of_purchase(purchase.id)
    task = db.session.scalar(select(Task).where(Task.origin_key == origin_key))
    if task is not None:
        if not large and task.status in (Status.OPEN, Status.ASSIGNED):
            planning.cancel(task.id, reason=CancelReason.NOT_NEEDED, actor=Actor.system(), now=now)
        return
    if not large:
        return
    store = db.session.get_one(Store, purchase.store_id)
    window = next_day_window(purchase.bought_at, opening=store.opening_hours, zone=ZoneInfo(store.zone))
    # A receipt of long ago, sent today: the goods are long at home.
    if window is None or window[1] <= now:
        return
    create_or_find_id(
        NewTask(
            type=TaskType.DELIVERY,
            customer_id=purchase.customer_id,
            window_start=window[0],
            window_end=window[1],
            reason=Reason.OTHER,
            direction=Direction.BRING,
            reasons=[LARGE_PURCHASE],
            origin_key=origin_key,
            lines=large,
        ),
        actor=Actor.system(),
        now=now,
    )


def next_day_window(bought_at: datetime, *, opening: Opening, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """The opening hours of the first open day after the purchase, cut to a polite time; None if it never opens."""
    bought_on = bought_at.astimezone(zone).date()
    for number in range(1, DAYS_LOOKED_AHEAD + 1):
        window = _polite_hours(bought_on + timedelta(days=number), opening=opening, zone=zone)
        if window is not None:
            return window
    return None


def _polite_hours(day: date, *, opening: Opening, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    earliest = datetime.combine(day, POLITE_FROM, zone).astimezone(UTC)
    latest = datetime.combine(day, POLITE_TO, zone).astimezone(UTC)
    stretches = [
        (max(opens, earliest), min(closes, latest))
        for opens, closes in open_stretches(day, opening=opening, zone=zone)
        if opens < latest and closes > earliest
    ]
    return (stretches[0][0], stretches[-1][1]) if stretches else None


@dataclass(frozen=True)
class Uncovered:
    """A delivery with lines (name, quantity) for which nothing is kept back."""

    task_id: int
    number: str
    window_start: datetime
    customer_name: str
    lines: tuple[tuple[str, int], ...]


def uncovered(store_id: int, *, now: datetime, most_lines: int = 20) -> list[Uncovered]:
    """Open deliveries of counted goods that the store does not have; the soonest first."""
    held = exists().where(
        StockReservation.origin_key == func.concat("task:", Task.id),
        StockReservation.product_id == TaskLine.product_id,
        StockReservation.state == ReservationState.HELD,
        StockReservation.expires_at > now,
    )
    counted = exists().where(ProductStock.store_id == Task.store_id, ProductStock.product_id == TaskLine.product_id)
    rows = db.session.execute(
        select(Task.id, Task.number, Task.window_start, Customer.name, TaskLine.name, TaskLine.quantity)
        .join(TaskLine, TaskLine.task_id == Task.id)
        .join(Customer, Customer.id == Task.customer_id)
        .where(
            Task.store_id == store_id,
            Task.type == TaskType.DELIVERY,
            Task.direction == Direction.BRING,
            Task.status.in_(_TO_DO),
            Task.origin_key.is_(None) | ~Task.origin_key.startswith("purchase:"),
            Task.window_end > now,
            counted,
            ~held,
        )
        .order_by(Task.window_start, TaskLine.id)
        .limit(most_lines)
    )
    found: dict[int, Uncovered] = {}
    for task_id, number, window_start, customer_name, name, quantity in rows:
        known = found.get(task_id)
        lines = (*(known.lines if known else ()), (name, quantity))
        found[task_id] = Uncovered(task_id, number, window_start, customer_name, lines)
    return list(found.values())


def _deliveries_among(facts: Sequence[TaskFact]) -> list[int]:
    """The tasks of these facts that carry goods, with the shelves of all of them locked: together first and in one
    order, so that two of us don't wait for each other in a circle."""
    tasks = select(Task.id).where(Task.id.in_({fact.task_id for fact in facts}), Task.type == TaskType.DELIVERY)
    found = list(db.session.scalars(tasks.order_by(Task.id)))
    if len(found) > 1:
        shelves = (
            select(Task.store_id, TaskLine.product_id)
            .join(TaskLine, TaskLine.task_id == Task.id)
            .where(Task.id.in_(found), TaskLine.product_id.is_not(None))
        )
        places: Any = db.session.execute(shelves)
        stock.lock([(row[0], row[1]) for row in places])
    return found


def _carries_our_goods(task: Task) -> bool:
    return (
        task.type == TaskType.DELIVERY
        and task.direction == Direction.BRING
        and not (task.origin_key or "").startswith("purchase:")
    )


def _lines(task_id: int) -> list[TaskLine]:
    stmt = select(TaskLine).where(TaskLine.task_id == task_id, TaskLine.product_id.is_not(None)).order_by(TaskLine.id)
    return list(db.session.scalars(stmt.execution_options(populate_existing=True)))


def _wishes(task_id: int) -> list[Wish]:
    return [Wish(line.product_id or 0, Decimal(line.quantity)) for line in _lines(task_id)]


def _large_lines(purchase_id: int) -> list[NewLine]:
    rows: Any = db.session.execute(
        select(PurchaseLine.product_id, PurchaseLine.quantity - PurchaseLine.returned)
        .join(Product, Product.id == PurchaseLine.product_id)
        .where(
            PurchaseLine.purchase_id == purchase_id,
            Product.is_large,
            ~PurchaseLine.is_taken,
            PurchaseLine.quantity > PurchaseLine.returned,
        )
        .order_by(PurchaseLine.id)
    )
    return [NewLine(quantity=int(kept.to_integral_value(ROUND_CEILING)), product_id=product) for product, kept in rows]
