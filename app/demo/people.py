"""Stores, staff, skills and shifts of the demo company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core.i18n import Text3
from app.demo import names
from app.demo.places import CAUSEWAY_BAY, NANSHAN, PLACES, SHA_TIN, Place
from app.people.access import Role
from app.people.models import ShiftException, ShiftPattern, Skill, Staff, StaffStore, Store, TimeOff
from app.people.opening import WEEK
from app.people.passwords import hash_password

PASSWORD = "huifang-demo"
HEAD_OFFICE_PHONE = "+85251000001"
SUPERVISOR_PHONE = "+85251000002"
ASSOCIATE_PHONE = "+85251000003"

SKILLS: dict[str, Text3] = {
    "baby_care": {"zh_Hans": "母婴护理", "zh_Hant": "母嬰護理", "en": "Baby care"},
    "skin_care": {"zh_Hans": "皮肤护理", "zh_Hant": "皮膚護理", "en": "Skin care"},
    "fitting": {"zh_Hans": "量身试衣", "zh_Hant": "度身試衫", "en": "Fitting and alterations"},
    "installation": {"zh_Hans": "产品安装示范", "zh_Hant": "產品安裝示範", "en": "Set-up and hands-on instruction"},
    "lifting": {"zh_Hans": "大件搬运", "zh_Hant": "大件搬運", "en": "Heavy goods"},
}
ASSOCIATES_PER_PLACE = {SHA_TIN.code: 9, CAUSEWAY_BAY.code: 8, NANSHAN.code: 7}


@dataclass(frozen=True)
class Crew:
    """One store with the people in it."""

    place: Place
    store: Store
    supervisor: Staff
    associates: list[Staff]


@dataclass(frozen=True)
class Staffing:
    head_office: Staff
    crews: list[Crew]


def load(session: Session, *, random: Random, now: datetime) -> Staffing:
    """Three stores, one head office login, four supervisors, twenty-four associates; all share one password."""
    session.add_all(Skill(key=key, label=label, is_active=True) for key, label in SKILLS.items())
    stores = {place.code: _store(place, now) for place in PLACES}
    session.add_all(stores.values())
    session.flush()

    password_hash = hash_password(PASSWORD)
    opened = now - timedelta(days=700)

    def member(name: str, phone: str, role: Role, store: Store, languages: list[str], skills: list[str]) -> Staff:
        home = store.id if role is Role.ASSOCIATE else None
        return Staff(
            name=name, phone=phone, role=role.value, password_hash=password_hash, locale=store.locale,
            languages=languages, skills=skills, home_store_id=home, created_at=opened,
        )  # fmt: skip

    sha_tin, causeway_bay, nanshan = (stores[place.code] for place in PLACES)
    boss = member("葉翠珊", HEAD_OFFICE_PHONE, Role.HEAD_OFFICE, sha_tin, ["yue", "cmn", "en"], [])
    boss.locale = "zh_Hans"
    supervisors = {
        sha_tin.id: member("何淑儀", SUPERVISOR_PHONE, Role.SUPERVISOR, sha_tin, ["yue", "cmn"], []),
        causeway_bay.id: member("郭偉文", "+85251000011", Role.SUPERVISOR, causeway_bay, ["yue", "en"], []),
        nanshan.id: member("周丽娟", "+8613800100012", Role.SUPERVISOR, nanshan, ["cmn", "yue"], []),
    }
    deputy = member("梁家慧", "+85251000013", Role.SUPERVISOR, sha_tin, ["yue", "cmn", "en"], [])
    session.add_all([boss, *supervisors.values(), deputy])
    session.flush()
    for store_id, supervisor in supervisors.items():
        session.add(StaffStore(staff_id=supervisor.id, store_id=store_id))
    # The deputy covers both Hong Kong stores, so that "own stores" means more than one somewhere in the demo.
    session.add_all(StaffStore(staff_id=deputy.id, store_id=store.id) for store in (sha_tin, causeway_bay))

    crews = []
    used = {boss.name, deputy.name, *(supervisor.name for supervisor in supervisors.values())}
    number = 100
    for place in PLACES:
        store = stores[place.code]
        associates = []
        for position in range(ASSOCIATES_PER_PLACE[place.code]):
            number += 1
            is_demo_login = place is SHA_TIN and position == 0
            name = "林詠詩" if is_demo_login else _fresh_name(random, place, used)
            used.add(name)
            phone = ASSOCIATE_PHONE if is_demo_login else _staff_phone(place, number)
            languages = list(dict.fromkeys([place.languages[0], *random.sample(place.languages, k=2)]))
            skills = sorted(random.sample(sorted(SKILLS), k=random.choice([1, 2, 2, 3])))
            associates.append(member(name, phone, Role.ASSOCIATE, store, languages, skills))
        session.add_all(associates)
        session.flush()
        session.add_all(StaffStore(staff_id=one.id, store_id=store.id) for one in associates)
        _shifts(session, associates, random=random, opened=opened.date(), today=now.date())
        crews.append(Crew(place=place, store=store, supervisor=supervisors[store.id], associates=associates))
    _leave(session, crews[0], now=now)
    session.flush()
    return Staffing(head_office=boss, crews=crews)


def _store(place: Place, now: datetime) -> Store:
    return Store(
        code=place.code, name=place.name, region=place.region, country=place.country, zone=place.zone,
        languages=list(place.languages), locale=place.locale, phone=place.phone, address=place.address,
        lat=place.lat, lng=place.lng, opening_hours=_week(place), created_at=now - timedelta(days=900),
    )  # fmt: skip


def _week(place: Place) -> dict[str, list[list[str]]]:
    """The same hours all week, others on Sunday; without Sunday hours the store rests that day."""
    sunday = [list(place.sunday)] if place.sunday else []
    return {str(weekday): [list(place.daily)] for weekday in range(WEEK - 1)} | {str(WEEK - 1): sunday}


def _fresh_name(random: Random, place: Place, used: set[str]) -> str:
    while (name := names.person(random, place.country).full) in used:
        pass
    return name


def _staff_phone(place: Place, number: int) -> str:
    return f"+85251000{number:03d}" if place.country == "HK" else f"+86138001{number:05d}"


def _shifts(session: Session, associates: list[Staff], *, random: Random, opened: date, today: date) -> None:
    """Five days a week, early or late; nobody is away on the demo's first day but those on leave."""
    for position, associate in enumerate(associates):
        early = position % 3 != 2
        starts, ends = (time(9, 30), time(18, 30)) if early else (time(11, 0), time(20, 0))
        away = {(today.weekday() + 2 + position) % 7, (today.weekday() + 3 + position) % 7} - {today.weekday()}
        for weekday in range(7):
            if weekday in away:
                continue
            session.add(
                ShiftPattern(staff_id=associate.id, weekday=weekday, starts=starts, ends=ends, valid_from=opened)
            )
    trainee = random.choice(associates[1:])
    session.add(
        ShiftException(
            staff_id=trainee.id, day=today + timedelta(days=1), starts=time(14, 0), ends=time(20, 0), note="培訓後返工"
        )
    )


def _leave(session: Session, crew: Crew, *, now: datetime) -> None:
    """One associate is on leave this week, covered by a colleague; another has asked for next month."""
    away, cover, asks = crew.associates[-1], crew.associates[0], crew.associates[2]
    midnight = datetime.combine(now.astimezone(ZoneInfo(crew.place.zone)).date(), time(), ZoneInfo(crew.place.zone))
    session.add_all(
        [
            TimeOff(
                staff_id=away.id, cover_id=cover.id, starts_at=midnight - timedelta(days=2),
                ends_at=midnight + timedelta(days=4), reason="leave", note="回鄉探親", status="approved",
                asked_by=away.id,
                asked_at=now - timedelta(days=20), decided_by=crew.supervisor.id, decided_at=now - timedelta(days=19),
            ),
            TimeOff(
                staff_id=asks.id, cover_id=crew.associates[3].id, starts_at=midnight + timedelta(days=24),
                ends_at=midnight + timedelta(days=27), reason="leave", note="家庭旅行", status="asked",
                asked_by=asks.id, asked_at=now - timedelta(days=1),
            ),
        ]
    )  # fmt: skip
