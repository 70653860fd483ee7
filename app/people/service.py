"""Stores, people and skills: what head office changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import available_timezones

from sqlalchemy import column, delete, func, select, table, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from app.core.audit import record
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound, StaleVersion
from app.core.i18n import LOCALES, N_
from app.core.phone import parse_e164
from app.people import opening, queries, sessions
from app.people.access import Actor, Role
from app.people.errors import CodeTaken, LastHeadOffice, NotYourself, PhoneTaken, StillHasCustomers, StoreInUse
from app.people.models import Skill, Staff, StaffStore, Store, TimeOff

# Customers lie above this slice, so the one column is read by name.
_customer = table("customer", column("owner_id"))

UNIQUE_VIOLATION = "23505"
Row = TypeVar("Row", Store, Staff)

OWN_WISHES = frozenset({"locale", "work_texts"})
STAFF_FIELDS = frozenset({"name", "phone", "role", "locale", "languages", "skills", "home_store_id", "is_active"})
STORE_FIELDS = frozenset(
    {
        "code",
        "name",
        "region",
        "country",
        "zone",
        "languages",
        "locale",
        "phone",
        "address",
        "lat",
        "lng",
        "opening_hours",
        "is_active",
    }
)


# Stores


def create_store(
    *,
    code: str,
    name: str,
    region: str,
    country: str,
    zone: str,
    locale: str,
    languages: Sequence[str],
    actor: Actor,
    now: datetime,
    phone: str | None = None,
    address: str = "",
    lat: float | None = None,
    lng: float | None = None,
    opening_hours: Mapping[str, Any] | None = None,
) -> Store:
    values: dict[str, Any] = {"zone": zone, "locale": locale, "phone": phone, "country": country}
    values |= {"lat": lat, "lng": lng, "opening_hours": opening_hours or opening.DEFAULT_HOURS}
    store = Store(
        code=code,
        name=name,
        region=region,
        languages=list(languages),
        address=address,
        created_at=now,
        **_checked_store(values, country=country),
    )
    with _unless_taken(_code_taken()):
        db.session.add(store)
    record(actor.id, action="store.create", subject=("store", store.id), store_id=store.id, now=now)
    return store


def update_store(store_id: int, changes: Mapping[str, Any], *, version: int, actor: Actor, now: datetime) -> Store:
    """Change some of STORE_FIELDS; raises StaleVersion if somebody else was faster."""
    store = _locked(Store, store_id)
    _require_version(store, version)
    changes = _only(changes, STORE_FIELDS)
    if changes.get("is_active") is False and store.is_active and _works_somebody(store_id):
        raise StoreInUse
    changes = _checked_store(changes, country=changes.get("country", store.country))
    with _unless_taken(_code_taken()):
        changed = _apply(store, changes)
    record(
        actor.id, action="store.update", subject=("store", store.id), store_id=store.id, now=now, detail=_named(changed)
    )
    return store


def _checked_store(values: Mapping[str, Any], *, country: str) -> dict[str, Any]:
    checked = dict(values)
    errors: dict[str, list[str]] = {}
    if "zone" in checked and checked["zone"] not in available_timezones():
        errors["zone"] = [N_("This time zone does not exist.")]
    if "locale" in checked and checked["locale"] not in LOCALES:
        errors["locale"] = [N_("There is no such language here.")]
    day_errors: dict[str, list[str]] = {}
    if "opening_hours" in checked:
        checked["opening_hours"], day_errors = opening.checked(checked["opening_hours"])
    if errors or day_errors:
        raise Invalid(errors=errors | ({"opening_hours": day_errors} if day_errors else {}))
    if checked.get("phone"):
        checked["phone"] = parse_e164(checked["phone"], region=country)
    return checked


def _works_somebody(store_id: int) -> bool:
    return db.session.scalar(select(Staff.id).where(queries.works_in(store_id), Staff.is_active).limit(1)) is not None


# People


def create_staff(
    *,
    name: str,
    phone: str,
    role: Role,
    locale: str,
    actor: Actor,
    now: datetime,
    store_ids: Collection[int] = (),
    home_store_id: int | None = None,
    languages: Sequence[str] = (),
    skills: Sequence[str] = (),
) -> Staff:
    """A new person, who can sign in once sessions.set_password has given a password."""
    stores = frozenset(store_ids)
    home = _checked_home(role, stores, home_store_id, ordered=list(store_ids))
    person = Staff(
        name=name,
        phone=_staff_phone(phone, home),
        role=role.value,
        locale=_known_locale(locale),
        languages=list(dict.fromkeys(languages)),
        skills=_known_skills(skills),
        home_store_id=home,
        created_at=now,
    )
    with _unless_taken(_phone_taken()):
        db.session.add(person)
    _set_stores(person.id, stores)
    record(
        actor.id,
        action="staff.create",
        subject=("staff", person.id),
        store_id=home,
        now=now,
        detail={"role": role.value, "store_ids": sorted(stores)},
    )
    return person


def update_staff(
    staff_id: int,
    changes: Mapping[str, Any],
    *,
    version: int,
    actor: Actor,
    now: datetime,
    store_ids: Collection[int] | None = None,
) -> Staff:
    """Change some of STAFF_FIELDS, and the stores when given; takes effect with the person's next request."""
    if changes.get("is_active") is False or "role" in changes:
        # Taken before the person's own row, always in the same order: two of head office can't remove each other.
        _lock_head_office()
    person = _locked(Staff, staff_id)
    _require_version(person, version)
    changes = _only(changes, STAFF_FIELDS)
    _keep_the_keys(person, changes, actor=actor)
    if changes.get("is_active") is False and person.is_active:
        _require_no_customers(person)
    role = Role(changes.get("role", person.role))
    before = queries.store_ids_of(staff_id)
    after = before if store_ids is None else frozenset(store_ids)
    changes["role"] = role.value
    home = changes.get("home_store_id", person.home_store_id)
    if "home_store_id" not in changes and home not in after:
        home = None
    changes["home_store_id"] = _checked_home(role, after, home, ordered=list(store_ids or sorted(after)))
    if "phone" in changes:
        changes["phone"] = _staff_phone(changes["phone"], changes["home_store_id"])
    if "skills" in changes:
        changes["skills"] = _known_skills(changes["skills"])
    if "locale" in changes:
        _known_locale(changes["locale"])
    was_active = person.is_active
    with _unless_taken(_phone_taken()):
        changed = _apply(person, changes)
    if after != before:
        _set_stores(staff_id, after)
        changed = sorted({*changed, "store_ids"})
    if was_active and not person.is_active:
        _close_down(person, actor=actor, now=now)
    if not was_active and person.is_active:
        person.deactivated_at = None
    record(
        actor.id,
        action="staff.update",
        subject=("staff", staff_id),
        store_id=person.home_store_id,
        now=now,
        detail=_named(changed),
    )
    return person


def deactivate_staff(staff_id: int, *, version: int, actor: Actor, now: datetime) -> Staff:
    """End a person's access at once; the history keeps the name."""
    return update_staff(staff_id, {"is_active": False}, version=version, actor=actor, now=now)


def change_own_locale(locale: str, *, actor: Actor, now: datetime) -> Staff:
    return change_own_wishes({"locale": locale}, actor=actor, now=now)


def change_own_wishes(changes: Mapping[str, Any], *, actor: Actor, now: datetime) -> Staff:
    """What each person decides for himself or herself: `locale`, `work_texts`."""
    changes = _only(changes, OWN_WISHES)
    if "locale" in changes:
        _known_locale(changes["locale"])
    person = _locked(Staff, actor.id)
    changed = _apply(person, changes)
    db.session.flush()
    record(actor.id, action="staff.update", subject=("staff", person.id), now=now, detail=_named(changed))
    return person


def _keep_the_keys(person: Staff, changes: Mapping[str, Any], *, actor: Actor) -> None:
    loses_access = changes.get("is_active") is False and person.is_active
    loses_role = "role" in changes and changes["role"] != person.role
    if person.id == actor.id and (loses_access or loses_role):
        raise NotYourself
    if person.role == Role.HEAD_OFFICE and person.is_active and (loses_access or loses_role):
        others = select(Staff.id).where(Staff.role == Role.HEAD_OFFICE.value, Staff.is_active, Staff.id != person.id)
        if db.session.scalar(others.limit(1)) is None:
            raise LastHeadOffice


def _require_no_customers(person: Staff) -> None:
    """Whoever leaves has handed the customers over, so that nobody is forgotten."""
    count = db.session.scalar(select(func.count()).where(_customer.c.owner_id == person.id)) or 0
    if count:
        raise StillHasCustomers(name=person.name, count=str(count), extra={"customers": count})


def _lock_head_office() -> None:
    stmt = select(Staff.id).where(Staff.role == Role.HEAD_OFFICE.value).order_by(Staff.id)
    db.session.execute(stmt.with_for_update(key_share=True))


def _close_down(person: Staff, *, actor: Actor, now: datetime) -> None:
    """A person who left opens nothing any more and covers nobody."""
    person.deactivated_at = now
    db.session.flush()
    sessions.close_all_sessions(person.id, actor=actor, now=now)
    db.session.execute(
        update(TimeOff).where(TimeOff.cover_id == person.id, TimeOff.ends_at > now).values(cover_id=None)
    )
    db.session.refresh(person)


def _checked_home(
    role: Role, store_ids: Collection[int], home_store_id: int | None, *, ordered: Sequence[int]
) -> int | None:
    """The home store: the one named, else the first of the stores."""
    known = set(db.session.scalars(select(Store.id).where(Store.id.in_(store_ids), Store.is_active)))
    if set(store_ids) - known:
        raise Invalid(errors={"store_ids": [N_("There is no such store.")]})
    if role is not Role.HEAD_OFFICE and not store_ids:
        raise Invalid(errors={"store_ids": [N_("A supervisor or associate needs at least one store.")]})
    if home_store_id is not None and home_store_id not in known:
        raise Invalid(errors={"home_store_id": [N_("The home store must be one of the person's stores.")]})
    return home_store_id or next(iter(ordered), None)


def _set_stores(staff_id: int, store_ids: Collection[int]) -> None:
    db.session.execute(
        delete(StaffStore).where(StaffStore.staff_id == staff_id, StaffStore.store_id.not_in(sorted(store_ids)))
    )
    if store_ids:
        rows = [{"staff_id": staff_id, "store_id": store_id} for store_id in sorted(store_ids)]
        db.session.execute(insert(StaffStore).values(rows).on_conflict_do_nothing())


def _staff_phone(phone: str, home_store_id: int | None) -> str:
    country = queries.store(home_store_id).country if home_store_id else "HK"
    return parse_e164(phone, region=country)


def _known_locale(locale: str) -> str:
    if locale not in LOCALES:
        raise Invalid(errors={"locale": [N_("There is no such language here.")]})
    return locale


def _known_skills(keys: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(keys))
    known = set(db.session.scalars(select(Skill.key).where(Skill.key.in_(wanted)))) if wanted else set()
    if set(wanted) - known:
        raise Invalid(errors={"skills": [N_("There is no such skill.")]})
    return wanted


# Skills


def put_skill(key: str, *, label: Mapping[str, str], is_active: bool, actor: Actor, now: datetime) -> Skill:
    """Add a skill or change its words; a retired one stays with those who have it."""
    missing = [locale for locale in LOCALES if not label.get(locale, "").strip()]
    if missing or set(label) - set(LOCALES):
        raise Invalid(errors={"label": [N_("A label needs a text in each language: zh_Hans, zh_Hant and en.")]})
    values = {"label": dict(label), "is_active": is_active}
    db.session.execute(
        insert(Skill).values(key=key, **values).on_conflict_do_update(index_elements=[Skill.key], set_=values)
    )
    record(actor.id, action="skill.put", subject=("skill", key), now=now)
    return db.session.get_one(Skill, key, populate_existing=True)


# Shared


def _locked(kind: type[Row], row_id: int) -> Row:
    found = db.session.get(kind, row_id, with_for_update={"key_share": True}, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _require_version(row: Store | Staff, version: int) -> None:
    if row.version != version:
        raise StaleVersion(extra={"current": {"id": row.id, "version": row.version}})


def _only(changes: Mapping[str, Any], allowed: frozenset[str]) -> dict[str, Any]:
    unknown = set(changes) - allowed
    if unknown:
        raise Invalid(errors={name: [N_("This can't be changed.")] for name in sorted(unknown)})
    return dict(changes)


def _apply(row: Store | Staff, changes: Mapping[str, Any]) -> list[str]:
    """Set what differs and raise the version; returns the names of what changed."""
    changed = sorted(name for name, value in changes.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, changes[name])
    row.version += 1
    return changed


def _named(changed: Sequence[str]) -> dict[str, Any]:
    return {"changed": list(changed)}


@contextmanager
def _unless_taken(refusal: Conflict) -> Iterator[None]:
    """Write what happens inside, or say in the shop's words that a unique value is taken.

    Two who try at once get the same answer as two in a row: the constraint decides, not a look beforehand.
    """
    try:
        with db.session.begin_nested():
            yield
            db.session.flush()
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", "") != UNIQUE_VIOLATION:
            raise
        raise refusal from error


def _phone_taken() -> PhoneTaken:
    return PhoneTaken(errors={"phone": [N_("This phone number is taken.")]})


def _code_taken() -> CodeTaken:
    return CodeTaken(errors={"code": [N_("This code is taken.")]})
