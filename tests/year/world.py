"""The company that lives through the year: three stores, their people, customers with a past year of purchases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from app.careplans.shipped import ship_plans
from app.core.db import db, transaction
from app.customers.models import Customer, Household, HouseholdMember, OwnerHistory
from app.messaging import service as messaging
from app.people.access import Actor, Role
from app.people.models import ShiftPattern, Staff, StaffStore, Store
from app.points import service as points
from app.purchases import habits, run_outs, tiers
from app.purchases.models import Intake, Product, ProductStock, Purchase, PurchaseLine
from app.tasks import service as tasks

HOME = ZoneInfo("Asia/Hong_Kong")
CUSTOMERS_PER_ASSOCIATE = 170
SHARED_EVERY = 10
"""Of so many customers of a store two share a household."""
STEADY = 0.1
"""The part of the customers who use something up every day and buy it anew."""
PLENTY = Decimal(1_000_000)

PLACES = (
    ("Y-ST", "沙田店", "HK", "Asia/Hong_Kong", "zh_Hant", "+85226010001"),
    ("Y-CB", "铜锣湾店", "HK", "Asia/Hong_Kong", "zh_Hant", "+85226010002"),
    ("Y-NS", "南山店", "CN", "Asia/Shanghai", "zh_Hans", "+8675526010003"),
)
# code, category, pack size, unit, price, restricted
GOODS = (
    ("Y-F1", "formula", 900, "g", 298, True),
    ("Y-ND", "nappies", 64, "pc", 139, False),
    ("Y-CR", "skin", 50, "g", 360, False),
    ("Y-BW", "body", 500, "ml", 88, False),
    ("Y-CT", "apparel", None, "", 1980, False),
)
# How much of a product one consumer uses in a day; the pack then lasts 15 to 33 days.
PER_DAY = {"Y-F1": Decimal(60), "Y-ND": Decimal(3), "Y-CR": Decimal("1.5"), "Y-BW": Decimal(20)}


@dataclass(frozen=True)
class Shop:
    """A store with who works there."""

    id: int
    country: str
    zone: str
    locale: str
    supervisor: Actor
    associates: tuple[Actor, ...]


@dataclass
class Consumer:
    """Somebody who uses a product up. `left` is what lies at home in packs' units, by the customer's own count."""

    customer_id: int
    store_id: int
    product_id: int
    pack: Decimal
    per_day: Decimal
    packs_each_time: int
    left: Decimal
    last_bought: date
    last_brought: date | None = None
    """When it was last handed over at the door, ordered in answer to a reminder."""


@dataclass
class World:
    start: date
    shops: dict[int, Shop]
    products: dict[str, int]
    prices: dict[int, int]
    customer_ids: list[int]
    store_of: dict[int, int]
    phone_of: dict[int, str]
    tempo: dict[int, float]
    """Purchases a day, by customer."""
    consumers: list[Consumer] = field(default_factory=list)
    head_office: Actor | None = None
    used_by: dict[int, set[int]] = field(default_factory=dict)
    """By customer what somebody of the household uses up steadily: it is bought when it is gone, never at random."""

    def at_random(self, customer_id: int, random: Random) -> int:
        """A product this customer may take home on a whim."""
        return random.choice([one for one in self.prices if one not in self.used_by.get(customer_id, ())])


def build(*, customers: int, seed: int, start: date) -> World:
    """Everything as it stands on the eve of `start`."""
    random = Random(seed)
    now = datetime.combine(start, time(12), tzinfo=HOME) - timedelta(days=1)
    with transaction():
        tasks.ship_templates(now=now)
        messaging.ship_templates(now=now)
        points.ship_rules(now=now)
        ship_plans(now=now)
        shops = _shops(customers, now=now)
        head_office = _person("总部", "+85251999999", Role.HEAD_OFFICE, None, "zh_Hans", now=now)
        products = _products(now=now)
        world = World(
            start=start,
            shops=shops,
            products={product.code: product.id for product in products},
            prices={product.id: goods[4] for product, goods in zip(products, GOODS, strict=True)},
            customer_ids=[],
            store_of={},
            phone_of={},
            tempo={},
            head_office=_actor(head_office, None),
        )
        _stock(world, now=now)
        _customers(world, customers, random=random, now=now)
        _consumers(world, random=random, now=now)
        _past_year(world, random=random, now=now)
    habits.refresh(now=now)
    tiers.recompute(now=now)
    run_outs.refresh_all(now=now)
    return world


def _shops(customers: int, *, now: datetime) -> dict[int, Shop]:
    shops = {}
    heads = max(2, round(customers / len(PLACES) / CUSTOMERS_PER_ASSOCIATE))
    for number, (code, name, country, zone, locale, phone) in enumerate(PLACES):
        store = Store(
            code=code, name=name, region="", country=country, zone=zone, languages=["yue", "cmn"], locale=locale,
            phone=phone, address="", lat=22.3, lng=114.1, created_at=now - timedelta(days=900),
        )  # fmt: skip
        db.session.add(store)
        db.session.flush()
        boss = _person(f"督导{number}", f"+8525199{number:04d}", Role.SUPERVISOR, store.id, locale, now=now)
        crew = [
            _person(f"导购{number}-{one}", f"+85251{number}{one:05d}", Role.ASSOCIATE, store.id, locale, now=now)
            for one in range(heads)
        ]
        db.session.add_all(
            ShiftPattern(
                staff_id=one.id, weekday=day, starts=time(9, 30), ends=time(20), valid_from=now.date() - timedelta(900)
            )
            for one in crew
            for day in range(7)
        )
        shops[store.id] = Shop(
            store.id, country, zone, locale, _actor(boss, store.id), tuple(_actor(one, store.id) for one in crew)
        )
    return shops


def _person(name: str, phone: str, role: Role, store_id: int | None, locale: str, *, now: datetime) -> Staff:
    person = Staff(
        name=name, phone=phone, role=role.value, locale=locale, created_at=now - timedelta(days=800),
        home_store_id=store_id if role is Role.ASSOCIATE else None,
    )  # fmt: skip
    db.session.add(person)
    db.session.flush()
    if store_id is not None:
        db.session.add(StaffStore(staff_id=person.id, store_id=store_id))
        db.session.flush()
    return person


def _actor(person: Staff, store_id: int | None) -> Actor:
    stores = frozenset() if store_id is None else frozenset({store_id})
    return Actor(person.id, person.name, Role(person.role), stores, person.locale, "year")


def _products(*, now: datetime) -> list[Product]:
    found = [
        Product(
            code=code, name=dict.fromkeys(("zh_Hans", "zh_Hant", "en"), code), category=category,
            pack_size=None if pack is None else Decimal(pack), unit=unit, is_restricted=restricted,
            created_at=now - timedelta(days=800),
        )
        for code, category, pack, unit, _price, restricted in GOODS
    ]  # fmt: skip
    db.session.add_all(found)
    db.session.flush()
    return found


def _stock(world: World, *, now: datetime) -> None:
    db.session.add_all(
        ProductStock(store_id=shop, product_id=product, on_hand=PLENTY, counted_at=now, updated_at=now)
        for shop in world.shops
        for product in world.products.values()
    )
    db.session.flush()


def _customers(world: World, count: int, *, random: Random, now: datetime) -> None:
    shops = list(world.shops.values())
    opened = now - timedelta(days=500)
    homes = [Household(store_id=shops[number % len(shops)].id, created_at=opened) for number in range(count)]
    db.session.add_all(homes)
    db.session.flush()
    for number, home in enumerate(homes):
        shop = shops[number % len(shops)]
        phone = f"+8529{number:07d}" if shop.country == "HK" else f"+86139{number:08d}"
        lunar = random.random() < 0.2
        db.session.add(
            Customer(
                name=f"顾客{number}", phone=phone if random.random() > 0.02 else None, store_id=shop.id,
                household_id=home.id, owner_id=random.choice(shop.associates).id, locale=shop.locale,
                gender=random.choice(["female", "female", "male"]),
                birthday_calendar="lunar" if lunar else "solar",
                birthday_year=random.randint(1955, 2005), birthday_month=random.randint(1, 12),
                birthday_day=random.randint(1, 30 if lunar else 28), created_at=opened, updated_at=opened,
            )
        )  # fmt: skip
    db.session.flush()
    rows = db.session.query(Customer.id, Customer.store_id, Customer.phone, Customer.owner_id).order_by(Customer.id)
    by_store: dict[int, list[int]] = {}
    for customer_id, store_id, phone, owner_id in rows:
        world.customer_ids.append(customer_id)
        world.store_of[customer_id] = store_id
        by_store.setdefault(store_id, []).append(customer_id)
        if phone:
            world.phone_of[customer_id] = phone
        db.session.add(OwnerHistory(customer_id=customer_id, owner_id=owner_id, since=opened, changed_by_kind="system"))
        # A few buy every other week, most once in a season; on the whole one every seven weeks.
        world.tempo[customer_id] = 1 / random.choice([14, 30, 60, 60, 60, 90, 90, 90, 120, 180])
    db.session.flush()
    for ids in by_store.values():
        for first, second in zip(ids[::SHARED_EVERY], ids[1::SHARED_EVERY], strict=False):
            home = db.session.get_one(Customer, first).household_id
            db.session.get_one(Customer, second).household_id = home
    db.session.flush()


def _past_year(world: World, *, random: Random, now: datetime) -> None:
    """Receipts of the year before, as an import of old data would leave them: without a follow-up of each."""
    receipts = []
    for customer_id in world.customer_ids:
        for _ in range(min(26, round(365 * world.tempo[customer_id] * random.uniform(0.7, 1.3)))):
            receipts.append((customer_id, now - timedelta(days=random.uniform(5, 360))))
    lines = []
    for number, (customer_id, _at) in enumerate(receipts):
        product = world.at_random(customer_id, random)
        lines.append((number, product, Decimal(world.prices[product]) * random.choice([1, 1, 2])))
    currency = {shop.id: "CNY" if shop.country == "CN" else "HKD" for shop in world.shops.values()}
    if not receipts:
        return
    ids = db.session.scalars(
        insert(Purchase).returning(Purchase.id, sort_by_parameter_order=True),
        [
            {
                "source": "history",
                "external_id": f"h{number}",
                "customer_id": customer_id,
                "store_id": world.store_of[customer_id],
                "bought_at": at,
                "total": lines[number][2],
                "currency": currency[world.store_of[customer_id]],
                "recorded_at": now,
            }
            for number, (customer_id, at) in enumerate(receipts)
        ],
    ).all()
    db.session.execute(
        insert(PurchaseLine),
        [
            {"purchase_id": ids[number], "product_id": product, "quantity": 1, "amount": amount}
            for number, product, amount in lines
        ],
    )


def _consumers(world: World, *, random: Random, now: datetime) -> None:
    """Some use one product up day by day; formula only with the guardian's consent and request."""
    for customer_id in random.sample(world.customer_ids, k=round(len(world.customer_ids) * STEADY)):
        # What two of a household use up is one shelf; each product has one consumer there, who counts by himself.
        code = random.choice([one for one in PER_DAY if world.products[one] not in world.used_by.get(customer_id, ())])
        product_id, pack = world.products[code], next(Decimal(goods[2] or 0) for goods in GOODS if goods[0] == code)
        is_formula = code == "Y-F1"
        home = db.session.get_one(Customer, customer_id).household_id
        for mate in db.session.scalars(select(Customer.id).where(Customer.household_id == home)):
            world.used_by.setdefault(mate, set()).add(product_id)
        packs = random.choice([2, 3]) if is_formula else random.choice([1, 2])
        member_id = _baby(customer_id, random=random, now=now) if is_formula else None
        bought = now - timedelta(days=random.randint(1, 6))
        db.session.add(
            Intake(
                household_member_id=member_id, customer_id=customer_id, product_id=product_id, per_day=PER_DAY[code],
                since=bought.date(), created_at=bought,
                requested_at=bought if is_formula else None,
                requested_by_text="快喝完时请提醒我" if is_formula else None,
                requested_channel="in_person" if is_formula else None,
            )
        )  # fmt: skip
        purchase = Purchase(
            source="history", external_id=f"c{customer_id}", customer_id=customer_id,
            store_id=world.store_of[customer_id], bought_at=bought, total=Decimal(world.prices[product_id] * packs),
            currency="CNY" if world.shops[world.store_of[customer_id]].country == "CN" else "HKD", recorded_at=now,
        )  # fmt: skip
        db.session.add(purchase)
        db.session.flush()
        db.session.add(
            PurchaseLine(purchase_id=purchase.id, product_id=product_id, quantity=packs, amount=purchase.total)
        )
        world.consumers.append(
            Consumer(
                customer_id, world.store_of[customer_id], product_id, pack, PER_DAY[code], packs,
                left=pack * packs - PER_DAY[code] * (now.date() - bought.date()).days, last_bought=bought.date(),
            )
        )  # fmt: skip
    db.session.flush()


def _baby(customer_id: int, *, random: Random, now: datetime) -> int:
    home = db.session.get_one(Customer, customer_id).household_id
    baby = HouseholdMember(
        household_id=home, name="宝宝", relation="baby", birth_date=now.date() - timedelta(random.randint(10, 600)),
        guardian_consent_text="同意保存姓名和生日，用来提醒", guardian_consent_channel="in_person",
        guardian_consent_at=now - timedelta(days=7), guardian_consent_collector_id=None, created_at=now,
    )  # fmt: skip
    db.session.add(baby)
    db.session.flush()
    return baby.id
