"""Six hundred customers with households, babies, preferences, notes and a few opt-outs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from sqlalchemy.orm import Session

from app.customers.models import (
    Consent,
    ConsentEvent,
    Customer,
    CustomerNote,
    Household,
    HouseholdMember,
    MemberConsentEvent,
    OwnerHistory,
)
from app.customers.values import IncomeBand, Industry, Occupation, Relation
from app.demo import names, places
from app.demo.people import Crew, Staffing
from app.people.models import Staff

CUSTOMERS_PER_PLACE = {"HK-ST": 230, "HK-CB": 190, "SZ-NS": 180}

TAGS_HK = ("孕媽媽", "新手爸媽", "敏感肌", "VIP", "送禮多", "鍾意素色", "要送貨上門", "怕嘈", "會員日常客", "介紹朋友")
TAGS_CN = ("孕妈妈", "新手爸妈", "敏感肌", "VIP", "爱送礼", "喜欢素色", "需送货上门", "怕吵", "会员日常客", "老带新")
PREFERENCES_HK = (
    "放工後先得閒，夜晚七點後聯絡較好。",
    "屋企有長者，上門請先按鐘等耐啲。",
    "鍾意無香味嘅產品。",
    "屋企養貓，貨請放高啲。",
    "BB 下晝兩點至四點瞓覺，唔好按鐘。",
    "要開發票，抬頭寫公司名。",
    "怕用錯份量，要示範多次。",
    "送貨請交管理處都得。",
)
PREFERENCES_CN = (
    "下班后才有空，晚上七点后联系较好。",
    "家里有老人，上门请多等一会儿。",
    "喜欢无香味的产品。",
    "家里养猫，货请放高一点。",
    "宝宝下午两点到四点睡觉，不要按门铃。",
    "需要开发票，抬头写公司。",
    "怕用错量，需要多示范一次。",
    "可以放丰巢柜。",
)
NOTES_HK = (
    "上次試咗新款沐浴露，話幾滑。",
    "問過三段奶粉幾時到貨。",
    "外套袖長想改短兩厘米。",
    "介紹咗樓上陳太，陳太星期六嚟。",
    "上次送貨遲咗廿分鐘，已道歉，客人話唔緊要。",
    "想試敏感肌精華，下次帶兩包試用裝。",
)
NOTES_CN = (
    "上次试用了新款沐浴露，说很滑。",
    "问过三段奶粉什么时候到货。",
    "外套袖长想改短两厘米。",
    "介绍了楼上王姐，周六到店。",
    "上次送货晚了二十分钟，已道歉，顾客说没关系。",
    "想试敏感肌精华，下次带两包试用装。",
)
GUARDIAN_AGREED = {
    "zh_Hans": "本人是孩子的监护人，同意门店保存孩子的名字和出生日期，用于按月龄提醒和送货。",
    "zh_Hant": "本人是孩子的監護人，同意門店保存孩子的名字和出生日期，用於按月齡提醒和送貨。",
    "en": "I am the child's guardian and agree that the shop keeps its name and birth date for reminders by age.",
}


@dataclass(frozen=True)
class Book:
    """The customers with a phone of one store."""

    crew: Crew
    customers: list[Customer]


def load(session: Session, staffing: Staffing, *, random: Random, now: datetime) -> list[Book]:
    """Customers spread over associates unevenly, as real books are; some share a home with a baby or a spouse."""
    books = []
    number = 0
    for crew in staffing.crews:
        customers: list[Customer] = []
        homes: list[tuple[Household, list[Customer | HouseholdMember]]] = []
        babies: list[HouseholdMember] = []
        while len(customers) < CUSTOMERS_PER_PLACE[crew.place.code]:
            number += 1
            joins = bool(homes) and random.random() < 0.12
            before = customers[-1] if joins else None
            customer = _customer(crew, before, number, random=random, now=now)
            customers.append(customer)
            if joins:
                homes[-1][1].append(customer)
                continue
            household = Household(store_id=crew.store.id, name=customer.name, created_at=now - timedelta(days=600))
            homes.append((household, [customer]))
            if "新手爸" in "".join(customer.tags):
                babies.append(_baby(customer, random=random, now=now))
                homes[-1][1].append(babies[-1])
        _move_in(session, homes)
        _keep_proof(session, babies)
        _file_papers(session, crew, customers, random=random, now=now)
        books.append(Book(crew=crew, customers=customers))
    session.flush()
    return books


def _move_in(session: Session, homes: list[tuple[Household, list[Customer | HouseholdMember]]]) -> None:
    """All households of a store in one go, then all who live in them: one by one they would take seconds."""
    session.add_all(household for household, _people in homes)
    session.flush()
    for household, people in homes:
        for person in people:
            person.household_id = household.id
            session.add(person)


def _customer(crew: Crew, spouse: Customer | None, number: int, *, random: Random, now: datetime) -> Customer:
    place = crew.place
    hong_kong = place.country == "HK"
    reads_english = hong_kong and spouse is None and random.random() < 0.07
    reads_simplified = hong_kong and not reads_english and random.random() < 0.10
    name = names.english_name(random) if reads_english else names.person(random, place.country)
    home = places.home(random, place)
    owner = spouse.owner_id if spouse else _weighted(crew, random).id
    tier = random.choices(["core", "important", "ordinary"], weights=[20, 30, 50])[0]
    joined = now - timedelta(days=random.randint(20, 600))
    sized = random.random() < 0.4
    return Customer(
        name=name.full,
        phone=_phone(number, hong_kong=hong_kong),
        store_id=crew.store.id,
        owner_id=owner,
        locale="en" if reads_english else "zh_Hans" if reads_simplified or not hong_kong else "zh_Hant",
        dialect="en" if reads_english else random.choices(_dialects(place.country), weights=[8, 2, 1])[0],
        gender="female" if name.gender == "f" else "male",
        birthday_calendar=random.choice(["solar", "solar", "lunar"]),
        birthday_year=random.randint(1958, 2002),
        birthday_month=random.randint(1, 12),
        birthday_day=random.randint(1, 28),
        address=spouse.address if spouse else home.address,
        district=spouse.district if spouse else home.district,
        lat=spouse.lat if spouse else home.lat,
        lng=spouse.lng if spouse else home.lng,
        tags=sorted(random.sample(TAGS_HK if hong_kong else TAGS_CN, k=random.choice([0, 1, 1, 2, 3]))),
        preferences=random.choice(PREFERENCES_HK if hong_kong else PREFERENCES_CN) if random.random() < 0.55 else "",
        sizes={"上衣": random.choice("SML"), "鞋": str(random.randint(36, 44))} if sized else {},
        occupation=_nth(Occupation, number) if number % 5 < 2 else None,
        industry=_nth(Industry, number * 7) if number % 5 < 2 else None,
        income_band=_nth(IncomeBand, number) if number % 9 == 0 else None,
        tier=tier,
        created_at=joined,
        updated_at=joined,
    )


def _nth(values: type[StrEnum], number: int) -> str:
    return str([*values][number % len(values)])


def _phone(number: int, *, hong_kong: bool) -> str:
    """A number that could exist, another one for each `number`; not every +852 9 is a mobile."""
    digits = number * 7919 % 1_000_000
    return f"+8529{'467'[number % 3]}{digits:06d}" if hong_kong else f"+86139{10_000_000 + number * 7919:08d}"


def _dialects(country: str) -> tuple[str, str, str]:
    return ("yue", "cmn", "hak") if country == "HK" else ("cmn", "yue", "nan")


def _weighted(crew: Crew, random: Random) -> Staff:
    # The demo associate has a full book, so that the first login shows a full day.
    weights = [3.0] + [1.0 + 0.15 * (position % 4) for position in range(len(crew.associates) - 1)]
    return random.choices(crew.associates, weights=weights)[0]


def _baby(parent: Customer, *, random: Random, now: datetime) -> HouseholdMember:
    """A baby of the household, kept with the consent that the parent gave when the file was opened."""
    hong_kong = bool(parent.phone and parent.phone.startswith("+852"))
    born = now - timedelta(days=random.randint(40, 900))
    agreed = max(parent.created_at, born)
    return HouseholdMember(
        name=names.baby(random, "HK" if hong_kong else "CN", parent.name[0]),
        relation=Relation.BABY.value,
        birth_date=born.date(),
        guardian_consent_text=GUARDIAN_AGREED[parent.locale],
        guardian_consent_channel=random.choice(["in_person", "paper"]),
        guardian_consent_at=agreed,
        guardian_consent_collector_id=parent.owner_id,
        created_at=agreed,
    )


def _keep_proof(session: Session, babies: list[HouseholdMember]) -> None:
    session.flush()
    session.add_all(
        MemberConsentEvent(
            member_id=baby.id, state="in", text=baby.guardian_consent_text, channel=baby.guardian_consent_channel,
            occurred_at=baby.guardian_consent_at, collector_kind="staff",
            collector_id=baby.guardian_consent_collector_id, recorded_at=baby.guardian_consent_at,
        )
        for baby in babies
    )  # fmt: skip


def _file_papers(session: Session, crew: Crew, customers: list[Customer], *, random: Random, now: datetime) -> None:
    """Owner history, notes, and consent with its words."""
    hong_kong = crew.place.country == "HK"
    for customer in customers:
        session.add(
            OwnerHistory(
                customer_id=customer.id, owner_id=customer.owner_id, since=customer.created_at,
                changed_by_kind="system",
            )
        )  # fmt: skip
        if random.random() < 0.35:
            session.add(
                CustomerNote(
                    customer_id=customer.id, author_kind="staff", author_id=customer.owner_id,
                    text=random.choice(NOTES_HK if hong_kong else NOTES_CN),
                    created_at=now - timedelta(days=random.randint(3, 120)),
                )
            )  # fmt: skip
        state = "out" if random.random() < 0.02 else "in"
        asked = customer.created_at + timedelta(minutes=10)
        words = "同意以短訊接收服務通知" if hong_kong else "同意以短信接收服务通知"
        session.add(
            ConsentEvent(
                phone=customer.phone, channel="sms", scope="all", state=state, source="office",
                text=words if state == "in" else "退訂", collector_kind="staff", collector_id=customer.owner_id,
                occurred_at=asked, recorded_at=asked,
            )
        )  # fmt: skip
        session.add(Consent(phone=customer.phone, channel="sms", scope="all", state=state, changed_at=asked))
