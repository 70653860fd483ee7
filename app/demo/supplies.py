"""What the households of the demo company use up: daily amounts, guardians' requests, steady buying, and the stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer, HouseholdMember
from app.demo.customers import Book
from app.demo.purchases import PRODUCTS
from app.purchases import run_outs, stock
from app.purchases.models import Intake, Product, ProductStock, Purchase, PurchaseLine, RunOut, StockMovement
from app.purchases.values import MovementKind

SEED = 36
PRICES = {row[0]: row[5] for row in PRODUCTS}
ASKED = {
    "zh_Hans": "奶粉快吃完的时候请提前提醒我。",
    "zh_Hant": "奶粉快食完嘅時候請早啲提我。",
    "en": "Please remind me before the formula runs out.",
}
OF_GROWN_UPS = {"PC-CR": Decimal("0.8"), "PC-BW": Decimal(12), "PC-SH": Decimal(9), "PC-ES": Decimal("0.5")}
"""What a grown-up uses a day of each, in its unit."""
SEEN_BACK_DAYS = 110


@dataclass(frozen=True)
class Habit:
    """Who uses how much a day of what, and how many packs are bought at once."""

    customer: Customer
    product: Product
    per_day: Decimal
    packs: int
    member: HouseholdMember | None = None
    is_requested: bool = False

    @property
    def lasts_days(self) -> int:
        content = (self.product.pack_size or Decimal(1)) * self.packs
        return max(1, int(content / self.per_day))


def load(session: Session, books: list[Book], products: Sequence[Product], *, now: datetime) -> None:
    """Steady households whose supplies run out in the days around `now`, and shelves to serve them from."""
    # A sequence of its own, so that the rest of the company stays the same.
    random = Random(SEED)
    by_code = {product.code: product for product in products}
    for book in books:
        habits = [
            *_of_babies(session, book, by_code, random=random, now=now),
            *_of_grown_ups(book, by_code, random=random),
        ]
        _buy(session, book, habits, random=random, now=now)
        _fill_shelves(session, book, products, random=random, now=now)
    session.flush()
    run_outs.refresh(now)
    _keep_some_back(session, now=now)


def _of_babies(
    session: Session, book: Book, by_code: dict[str, Product], *, random: Random, now: datetime
) -> list[Habit]:
    homes: dict[int, Customer] = {}
    for customer in book.customers:
        homes.setdefault(customer.household_id, customer)
    babies = session.scalars(
        select(HouseholdMember)
        .where(HouseholdMember.household_id.in_(homes), HouseholdMember.birth_date.is_not(None))
        .order_by(HouseholdMember.id)
    )
    found = []
    for baby in babies:
        assert baby.birth_date is not None
        months = (now.date() - baby.birth_date).days // 30
        if months >= 36 or random.random() < 0.2:
            continue
        code, per_day = ("MB-F1", 110) if months < 6 else ("MB-F2", 100) if months < 12 else ("MB-F3", 70)
        customer = homes[baby.household_id]
        asks = random.random() < 0.75
        found.append(Habit(customer, by_code[code], Decimal(per_day), 2, baby, asks))
        nappies = by_code["MB-DS" if months < 5 else "MB-DM"]
        if months < 30 and random.random() < 0.7:
            found.append(Habit(customer, nappies, Decimal(7 if months < 5 else 5), 2, baby))
    return found


def _of_grown_ups(book: Book, by_code: dict[str, Product], *, random: Random) -> list[Habit]:
    regulars = random.sample(book.customers, k=max(1, len(book.customers) // 12))
    found = []
    for customer in regulars:
        code = random.choice([*OF_GROWN_UPS])
        found.append(Habit(customer, by_code[code], OF_GROWN_UPS[code], 1))
    return found


def _buy(session: Session, book: Book, habits: Sequence[Habit], *, random: Random, now: datetime) -> None:
    """Receipts at the household's own pace; the last one lets the supply run out between yesterday and two weeks on."""
    zone = ZoneInfo(book.crew.place.zone)
    currency = "HKD" if book.crew.place.country == "HK" else "CNY"
    receipts: list[tuple[Purchase, Habit]] = []
    for number, habit in enumerate(habits, start=1):
        last = now - timedelta(days=max(1, habit.lasts_days - random.randint(-1, 14)))
        day = last
        first = last
        while (now - day).days <= SEEN_BACK_DAYS:
            first = day
            receipts.append((_receipt(book, habit, len(receipts), currency=currency, at=day, number=number), habit))
            day -= timedelta(days=max(1, habit.lasts_days + random.choice([-1, 0, 0, 1])))
        session.add(_intake(habit, first, zone=zone, random=random, now=now))
    session.add_all(purchase for purchase, _habit in receipts)
    session.flush()
    session.add_all(
        PurchaseLine(
            purchase_id=purchase.id,
            product_id=habit.product.id,
            quantity=Decimal(habit.packs),
            amount=purchase.total,
        )
        for purchase, habit in receipts
    )
    session.flush()


def _receipt(book: Book, habit: Habit, place: int, *, currency: str, at: datetime, number: int) -> Purchase:
    return Purchase(
        source="till",
        external_id=f"{book.crew.place.code}-S{number:03d}-{place:05d}",
        customer_id=habit.customer.id,
        store_id=book.crew.store.id,
        seller_id=habit.customer.owner_id,
        bought_at=at,
        total=Decimal(PRICES[habit.product.code] * habit.packs),
        currency=currency,
        recorded_at=at,
    )


def _intake(habit: Habit, first: datetime, *, zone: ZoneInfo, random: Random, now: datetime) -> Intake:
    asked = habit.is_requested
    return Intake(
        household_member_id=habit.member.id if habit.member else None,
        customer_id=habit.customer.id,
        product_id=habit.product.id,
        per_day=habit.per_day,
        since=first.astimezone(zone).date(),
        requested_at=now - timedelta(days=random.randint(5, 60)) if asked else None,
        requested_by_text=ASKED[habit.customer.locale] if asked else None,
        requested_channel=random.choice(["in_person", "phone", "sms"]) if asked else None,
        request_collector_id=habit.customer.owner_id if asked else None,
        created_by_id=habit.customer.owner_id,
        created_at=first,
    )


def _fill_shelves(session: Session, book: Book, products: Sequence[Product], *, random: Random, now: datetime) -> None:
    counted_at = now - timedelta(hours=14)
    shelves = [
        ProductStock(
            store_id=book.crew.store.id,
            product_id=product.id,
            on_hand=Decimal(random.choice([3, 8, 12, 24]) if product.pack_size == 1 else random.randint(12, 60)),
            counted_at=counted_at,
            updated_at=counted_at,
        )
        for product in products
    ]
    session.add_all(shelves)
    session.flush()
    session.add_all(
        StockMovement(
            store_id=shelf.store_id,
            product_id=shelf.product_id,
            kind=MovementKind.COUNT.value,
            change=shelf.on_hand,
            on_hand=shelf.on_hand,
            actor_kind="system",
            occurred_at=counted_at,
            recorded_at=counted_at,
        )
        for shelf in shelves
    )


def _keep_some_back(session: Session, *, now: datetime) -> None:
    """A few promised goods, as the days before a run-out leave them."""
    soonest = session.scalars(
        select(RunOut)
        .where(RunOut.is_requested, RunOut.day >= now.date())
        .order_by(RunOut.day, RunOut.customer_id)
        .limit(3)
    )
    for number, due in enumerate(soonest.all(), start=1):
        stock.reserve(
            due.customer_id,
            due.product_id,
            due.reorder_quantity,
            origin_key=f"promised:{number}",
            expires_at=now + timedelta(days=4),
            now=now,
        )
