"""Every change of a customer's file. Callers own the transaction; who may not see a customer gets NotFound."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy import update as update_rows
from sqlalchemy.exc import IntegrityError

from app.core import audit
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound, StaleVersion
from app.core.i18n import N_
from app.core.outbox import publish
from app.core.phone import parse_e164
from app.customers import access, care_limits, consent, file_fields, members, numbers, redirects
from app.customers.birthdays import Birthday, fault_of
from app.customers.errors import NewerWordKnown, NoPhone, OtherStoresHousehold, PhoneTaken
from app.customers.models import Customer, CustomerNote, Household, OwnerHistory
from app.customers.naming import sort_key
from app.customers.values import (
    Calendar,
    Channel,
    ConsentSource,
    ConsentState,
    IncomeBand,
    Industry,
    Occupation,
    OptionalField,
    Scope,
)
from app.events import CustomerDetailsChanged, CustomerMoved, HouseholdChanged
from app.people.access import Actor, may_lead_store, may_see_store, require_lead
from app.people.models import Staff, StaffStore, Store

ON_THE_WAY = ("name", "phone", "address", "district", "lat", "lng", "access_notes", "preferences")
"""What whoever is about to visit the customer should hear of at once."""
EDITABLE = frozenset(
    {
        "name",
        "phone",
        "store_id",
        "owner_id",
        "locale",
        "dialect",
        "gender",
        "birthday",
        "address",
        "district",
        "lat",
        "lng",
        "tags",
        "preferences",
        "access_notes",
        "sizes",
        "occupation",
        "industry",
        "income_band",
    }
)
OPTIONAL: Mapping[str, type[StrEnum]] = {
    OptionalField.OCCUPATION.value: Occupation,
    OptionalField.INDUSTRY.value: Industry,
    OptionalField.INCOME_BAND.value: IncomeBand,
}


@dataclass(frozen=True, kw_only=True)
class NewCustomer:
    """A file to open. `phone` may be written as in the store's country; without `locale` the store's is taken."""

    name: str
    store_id: int
    phone: str | None = None
    owner_id: int | None = None
    household_id: int | None = None
    locale: str | None = None
    dialect: str | None = None
    gender: str | None = None
    birthday: Birthday | None = None
    address: str = ""
    district: str = ""
    lat: float | None = None
    lng: float | None = None
    tags: Collection[str] = ()
    preferences: str = ""
    access_notes: str = ""
    sizes: Mapping[str, str] = field(default_factory=dict)
    occupation: str | None = None
    industry: str | None = None
    income_band: str | None = None


@dataclass(frozen=True)
class SavedNote:
    """The note, and what to offer the writer when it tells of a reaction to a product."""

    note: CustomerNote
    offer: str | None


def get(customer_id: int, *, actor: Actor, now: datetime) -> Customer:
    """The customer if the actor may see him now, else NotFound. Writes no audit entry: see read_file."""
    stmt = access.visible_customers(select(Customer).where(Customer.id == customer_id), actor, now)
    customer: Customer | None = db.session.scalar(stmt)
    if customer is None:
        raise redirects.not_found(customer_id, actor=actor, now=now)
    return customer


def read_file(customer_id: int, *, actor: Actor, now: datetime) -> Customer:
    """The full file, phone number and all; the reading is audited."""
    customer = get(customer_id, actor=actor, now=now)
    _audit("customer.read", customer, actor=actor, now=now)
    return customer


def create(new: NewCustomer, *, actor: Actor, now: datetime) -> Customer:
    """Open a file. An associate opens it in an own store and becomes the owner."""
    store = _store(new.store_id, actor=actor)
    owner_id = actor.id if actor.is_associate and new.owner_id is None else new.owner_id
    if actor.is_associate and owner_id != actor.id:
        raise Forbidden(N_("Only a supervisor gives a customer to somebody else."))
    _check_owner(owner_id, store_id=store.id)
    _check_words(
        {"preferences": new.preferences, "access_notes": new.access_notes, "tags": new.tags, "sizes": new.sizes},
        name=new.name,
    )
    optional = {name: getattr(new, name) for name in OPTIONAL if getattr(new, name) is not None}
    _check_optional(optional)
    _check_birthday(new.birthday, now=now)
    _check_position(new.lat, new.lng)
    household_id = new.household_id
    if household_id is None:
        household_id = _new_household(store.id, now=now)
    else:
        _check_household(household_id, store_id=store.id, actor=actor, now=now)
    customer = Customer(
        name=new.name.strip(),
        phone=parse_e164(new.phone, region=store.country) if new.phone else None,
        household_id=household_id,
        store_id=store.id,
        owner_id=owner_id,
        locale=new.locale or store.locale,
        dialect=new.dialect,
        gender=new.gender,
        address=new.address.strip(),
        district=new.district.strip(),
        lat=new.lat,
        lng=new.lng,
        tags=_plain_tags(new.tags),
        preferences=new.preferences.strip(),
        access_notes=new.access_notes.strip(),
        sizes=dict(new.sizes),
        **optional,
        created_at=now,
        updated_at=now,
        **_birthday_columns(new.birthday),
    )
    with _unique_phone():
        db.session.add(customer)
    db.session.execute(
        insert(OwnerHistory).values(
            customer_id=customer.id,
            owner_id=owner_id,
            since=now,
            reason="",
            changed_by_kind=actor.kind,
            changed_by_id=actor.id or None,
        )
    )
    _audit("customer.create", customer, actor=actor, now=now)
    return customer


def update(
    customer_id: int,
    changes: Mapping[str, Any],
    *,
    version: int,
    actor: Actor,
    now: datetime,
    owner_reason: str = "",
) -> Customer:
    """Change the named fields (EDITABLE) of the version the actor has seen; raises StaleVersion for an older one.

    `birthday` is a Birthday or None. Owner and store are changed by whoever leads the store.
    """
    unknown = set(changes) - EDITABLE
    if unknown:
        raise ValueError(f"not fields of the file: {sorted(unknown)}")
    customer = _locked(customer_id, actor=actor, now=now)
    if customer.version != version:
        raise StaleVersion(extra={"version": customer.version})
    values = dict(changes)
    store_id = values.pop("store_id", customer.store_id)
    moved = store_id != customer.store_id
    if moved:
        _move_to_store(customer, store_id, actor=actor, now=now)
    owner_id = values.pop("owner_id", customer.owner_id)
    if moved and "owner_id" not in changes and not _works_in(owner_id, store_id):
        owner_id = None
    if owner_id != customer.owner_id:
        _give_to(customer, owner_id, reason=owner_reason, actor=actor, now=now)
    elif moved:
        _check_owner(owner_id, store_id=store_id)
    before = {name: getattr(customer, name) for name in ON_THE_WAY if name in values}
    with _unique_phone():
        _apply(customer, values, now=now)
        customer.version += 1
        customer.updated_at = now
    told = sorted(name for name, value in before.items() if getattr(customer, name) != value)
    if told:
        publish(
            CustomerDetailsChanged(customer_id=customer.id, store_id=customer.store_id, fields=told, occurred_at=now)
        )
    _audit("customer.update", customer, actor=actor, now=now, detail={"fields": sorted(changes)})
    return customer


def change_owner(
    customer_id: int, owner_id: int | None, *, reason: str, actor: Actor, now: datetime, version: int | None = None
) -> Customer:
    """Hand the customer to another associate of the store, or to nobody, with the reason kept."""
    customer = get(customer_id, actor=actor, now=now)
    return update(
        customer_id,
        {"owner_id": owner_id},
        version=customer.version if version is None else version,
        owner_reason=reason,
        actor=actor,
        now=now,
    )


def join_household(customer_id: int, *, with_customer_id: int, actor: Actor, now: datetime) -> Customer:
    """Let the customer share the household, and so the contact budget, of another one of the same store."""
    customer = _locked(customer_id, actor=actor, now=now)
    other = get(with_customer_id, actor=actor, now=now)
    if other.store_id != customer.store_id:
        raise OtherStoresHousehold()
    if other.household_id == customer.household_id:
        return customer
    _put_into(customer, other.household_id, now=now)
    _audit("customer.join_household", customer, actor=actor, now=now, detail={"household_id": other.household_id})
    return customer


def leave_household(customer_id: int, *, actor: Actor, now: datetime) -> Customer:
    """Give the customer a household of his own; nothing changes for one who lives alone."""
    customer = _locked(customer_id, actor=actor, now=now)
    if not _has_others(customer):
        return customer
    _put_into(customer, _new_household(customer.store_id, now=now), now=now)
    _audit("customer.leave_household", customer, actor=actor, now=now)
    return customer


def rename_household(household_id: int, name: str, *, actor: Actor, now: datetime) -> Household:
    household = db.session.scalar(select(Household).where(Household.id == household_id).with_for_update(key_share=True))
    if household is None:
        raise NotFound()
    require_lead(actor, household.store_id)
    care_limits.require({}, names={"name": name})
    household.name = name.strip()
    audit.record(
        access.audit_name(actor),
        action="household.update",
        subject=("household", household.id),
        store_id=household.store_id,
        now=now,
        detail={"fields": ["name"]},
    )
    db.session.flush()
    return household


def add_note(customer_id: int, text: str, *, actor: Actor, now: datetime, at: datetime | None = None) -> SavedNote:
    """Keep a note unless it tells of private life (TooPrivate). A reaction to a product is kept, and a complaint
    offered."""
    customer = get(customer_id, actor=actor, now=now)
    found = care_limits.require({"text": text})
    note = CustomerNote(
        customer_id=customer.id,
        author_kind=actor.kind,
        author_id=actor.id or None,
        text=text.strip(),
        created_at=now,
        written_at=None if at is None else min(at, now),
    )
    db.session.add(note)
    db.session.flush()
    _audit("customer.note", customer, actor=actor, now=now, detail={"note_id": note.id})
    return SavedNote(note=note, offer=care_limits.REACTION_OFFER if found.reaction else None)


def keep_access_notes(customer_id: int, words: str, *, actor: Actor, now: datetime) -> Customer:
    """How to reach the door, as the customer says it. Private life is refused; the same words change nothing."""
    customer = _locked(customer_id, actor=actor, now=now)
    words = words.strip()
    if words == customer.access_notes:
        return customer
    care_limits.require({"access_notes": words})
    customer.access_notes = words
    customer.version += 1
    customer.updated_at = now
    db.session.flush()
    _audit("customer.access_notes", customer, actor=actor, now=now)
    return customer


def record_consent(
    customer_id: int,
    state: ConsentState,
    *,
    channel: Channel,
    scope: Scope,
    text: str,
    source: ConsentSource,
    said_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> Customer:
    """Write down what the customer told us. An associate may take a stop; a consent is taken by who leads the store.

    Saying the same again changes nothing; raises NewerWordKnown if something else was said later.
    """
    customer = get(customer_id, actor=actor, now=now)
    if state is ConsentState.IN and not may_lead_store(actor, customer.store_id):
        raise Forbidden(N_("A supervisor records a consent; you may record that the customer wants no more messages."))
    if customer.phone is None:
        raise NoPhone()
    if said_at is not None and said_at > now:
        raise Invalid(errors={"said_at": [N_("This lies in the future.")]})
    change = consent.opt_out if state is ConsentState.OUT else consent.opt_in
    changed = change(
        customer.phone,
        source=source,
        text=text,
        actor=actor,
        now=now,
        channel=channel,
        scope=scope,
        said_at=said_at,
    )
    if not changed and not _says(customer.phone, channel, scope, state):
        raise NewerWordKnown()
    _audit(
        "customer.consent",
        customer,
        actor=actor,
        now=now,
        detail={"channel": channel.value, "scope": scope.value, "state": state.value, "changed": changed},
    )
    return customer


def clear_phone_fault(customer_id: int, *, actor: Actor, now: datetime) -> Customer:
    """Somebody has asked the customer, or corrected the number: texts to it are tried again."""
    customer = get(customer_id, actor=actor, now=now)
    if not may_lead_store(actor, customer.store_id):
        raise Forbidden(N_("A supervisor decides that a number is to be tried again."))
    if customer.phone is None:
        raise NoPhone()
    cleared = numbers.clear_fault(customer.phone, actor=actor, now=now)
    _audit("customer.clear_phone_fault", customer, actor=actor, now=now, detail={"changed": cleared})
    return customer


def _says(phone: str, channel: Channel, scope: Scope, state: ConsentState) -> bool:
    return any(row.channel == channel and row.scope == scope and row.state == state for row in consent.present(phone))


def _locked(customer_id: int, *, actor: Actor, now: datetime) -> Customer:
    stmt = select(Customer).where(Customer.id == customer_id).with_for_update(key_share=True)
    stmt = access.visible_customers(stmt, actor, now).execution_options(populate_existing=True)
    customer: Customer | None = db.session.scalar(stmt)
    if customer is None:
        raise redirects.not_found(customer_id, actor=actor, now=now)
    return customer


def _store(store_id: int, *, actor: Actor) -> Store:
    store = db.session.get(Store, store_id)
    if store is None or not may_see_store(actor, store_id):
        # A foreign store looks as if it did not exist.
        raise Invalid(errors={"store_id": [N_("There is no such store, or it is not yours.")]})
    return store


def _works_in(staff_id: int | None, store_id: int) -> bool:
    return staff_id is not None and bool(
        db.session.scalar(
            select(Staff.id)
            .join(StaffStore, StaffStore.staff_id == Staff.id)
            .where(Staff.id == staff_id, Staff.is_active, StaffStore.store_id == store_id)
        )
    )


def _check_owner(owner_id: int | None, *, store_id: int) -> None:
    if owner_id is not None and not _works_in(owner_id, store_id):
        raise Invalid(errors={"owner_id": [N_("This person does not work in the customer's store.")]})


def _check_household(household_id: int, *, store_id: int, actor: Actor, now: datetime) -> None:
    members = access.visible_customers(
        select(Customer.id).where(Customer.household_id == household_id, Customer.store_id == store_id), actor, now
    )
    if db.session.scalar(members.limit(1)) is None:
        raise Invalid(errors={"household_id": [N_("There is no such household in this store.")]})


def _check_words(values: Mapping[str, Any], *, name: str) -> None:
    """Every free text of a file keeps the limits of care."""
    sizes = values.get("sizes") or {}
    texts = {
        "preferences": values.get("preferences") or "",
        "access_notes": values.get("access_notes") or "",
        "tags": "\n".join(values.get("tags") or ()),
        "sizes": "\n".join(f"{what} {size}" for what, size in sizes.items()),
    }
    care_limits.require(texts, names={"name": name})


def _check_optional(given: Mapping[str, Any]) -> None:
    file_fields.require_in_use(given)
    wrong = {name for name, value in given.items() if value is not None and value not in set(OPTIONAL[name])}
    if wrong:
        raise Invalid(errors={name: [N_("Please choose one of the list.")] for name in sorted(wrong)})


def _check_birthday(birthday: Birthday | None, *, now: datetime) -> None:
    fault = fault_of(birthday, this_year=now.year) if birthday else None
    if fault:
        raise Invalid(errors={"birthday": [fault]})


def _check_position(lat: float | None, lng: float | None) -> None:
    if (lat is None) != (lng is None):
        raise Invalid(errors={"lat": [N_("Latitude and longitude belong together.")]})


def _birthday_columns(birthday: Birthday | None) -> dict[str, Any]:
    return {
        "birthday_calendar": Calendar(birthday.calendar).value if birthday else None,
        "birthday_year": birthday.year if birthday else None,
        "birthday_month": birthday.month if birthday else None,
        "birthday_day": birthday.day if birthday else None,
    }


def _plain_tags(tags: Collection[str]) -> list[str]:
    return list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))


def _apply(customer: Customer, values: dict[str, Any], *, now: datetime) -> None:
    _check_words(values, name=values.get("name") or "")
    _check_optional({name: values[name] for name in OPTIONAL if name in values})
    if "birthday" in values:
        birthday = values.pop("birthday")
        _check_birthday(birthday, now=now)
        values.update(_birthday_columns(birthday))
    if "phone" in values:
        country = db.session.get_one(Store, customer.store_id).country
        values["phone"] = parse_e164(values["phone"], region=country) if values["phone"] else None
    if "tags" in values:
        values["tags"] = _plain_tags(values["tags"])
    if "name" in values:
        values["name"] = values["name"].strip()
        values["name_key"] = sort_key(values["name"])
    _check_position(values.get("lat", customer.lat), values.get("lng", customer.lng))
    for name, value in values.items():
        setattr(customer, name, value)


@contextmanager
def _unique_phone() -> Iterator[None]:
    """The unique number is decided by the database, because two desks may enter it at the same moment."""
    try:
        with db.session.begin_nested():
            yield
            db.session.flush()
    except IntegrityError as error:
        if "uq_customer_phone" not in str(error.orig):
            raise
        raise PhoneTaken() from error


def _give_to(customer: Customer, owner_id: int | None, *, reason: str, actor: Actor, now: datetime) -> None:
    if not may_lead_store(actor, customer.store_id):
        raise Forbidden(N_("Only a supervisor gives a customer to somebody else."))
    _check_owner(owner_id, store_id=customer.store_id)
    care_limits.require({"owner_reason": reason})
    write_owner(customer, owner_id, reason=reason, actor=actor, now=now)


def write_owner(customer: Customer, owner_id: int | None, *, reason: str, actor: Actor, now: datetime) -> None:
    """Set the owner and go on with the history. Whoever calls this has checked that the actor may."""
    customer.owner_id = owner_id
    db.session.execute(
        update_rows(OwnerHistory)
        .where(OwnerHistory.customer_id == customer.id, OwnerHistory.until.is_(None))
        .values(until=func.greatest(OwnerHistory.since, now))
    )
    db.session.execute(
        insert(OwnerHistory).values(
            customer_id=customer.id,
            owner_id=owner_id,
            since=now,
            reason=reason.strip(),
            changed_by_kind=actor.kind,
            changed_by_id=actor.id or None,
        )
    )


def _move_to_store(customer: Customer, store_id: int, *, actor: Actor, now: datetime) -> None:
    """To a store the actor leads as well; a household stays in its store, so who shares one gets an own."""
    if not may_lead_store(actor, customer.store_id):
        raise Forbidden(N_("Only a supervisor moves a customer to another store."))
    _store(store_id, actor=actor)
    customer.store_id = store_id
    if _has_others(customer):
        left, customer.household_id = customer.household_id, _new_household(store_id, now=now)
        db.session.flush()
        members.follow(customer.id, from_household=left, to_household=customer.household_id)
    else:
        db.session.execute(
            update_rows(Household).where(Household.id == customer.household_id).values(store_id=store_id)
        )
    publish(CustomerMoved(customer_id=customer.id, store_id=store_id, occurred_at=now))


def _has_others(customer: Customer) -> bool:
    others = select(Customer.id).where(Customer.household_id == customer.household_id, Customer.id != customer.id)
    return db.session.scalar(others.limit(1)) is not None


def _put_into(customer: Customer, household_id: int, *, now: datetime) -> None:
    left, customer.household_id = customer.household_id, household_id
    customer.version += 1
    customer.updated_at = now
    db.session.flush()
    members.follow(customer.id, from_household=left, to_household=household_id)
    publish(HouseholdChanged(customer_id=customer.id, household_id=household_id, occurred_at=now))


def _new_household(store_id: int, *, now: datetime) -> int:
    household = Household(store_id=store_id, name="", created_at=now)
    db.session.add(household)
    db.session.flush()
    return household.id


def _audit(
    action: str, customer: Customer, *, actor: Actor, now: datetime, detail: Mapping[str, Any] | None = None
) -> None:
    audit.record(
        access.audit_name(actor),
        action=action,
        subject=("customer", customer.id),
        store_id=customer.store_id,
        now=now,
        detail={"client": actor.client, **(detail or {})},
    )
