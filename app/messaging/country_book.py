"""Head office's book of countries: what SMS may do where, who changed it and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import phonenumbers
from babel.core import Locale
from babel.numbers import is_currency
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.audit import record
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from app.core.i18n import N_
from app.core.models import AuditEntry
from app.customers.access import audit_name
from app.messaging import countries, outbound, policy
from app.messaging.countries import Country, Registration
from app.messaging.models import Message, SmsCountry, State
from app.people.access import Actor, Role
from app.people.models import Staff

CHANGEABLE = (
    "sends",
    "two_way",
    "links",
    "promotions",
    "quiet_from",
    "quiet_to",
    "proactive_from",
    "proactive_to",
    "pause_from",
    "pause_to",
    "registration_status",
    "registration",
    "price_per_segment",
    "currency",
)
SHOWN_CHANGES = 50
HIGHEST_PRICE = Decimal(100)

# A day without a jump of the clock, to try the hours on.
_PLAIN_DAY = date(2027, 1, 15)


class CountryKnown(Conflict):
    code = "country-known"
    message = N_("This country is in the list already.")


@dataclass(frozen=True)
class Change:
    """One entry of a country's history: each field with what stood there and what stands there now."""

    at: datetime
    who: str | None
    action: str
    fields: Mapping[str, Sequence[Any]]


def may_change(actor: Actor) -> bool:
    return actor.role in (Role.HEAD_OFFICE, Role.SYSTEM)


def countries_in_order() -> Sequence[SmsCountry]:
    return db.session.scalars(select(SmsCountry).order_by(SmsCountry.code)).all()


def country(code: str) -> SmsCountry:
    found = db.session.get(SmsCountry, code, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def codes_to_add(known: Sequence[str]) -> list[str]:
    """Countries with phone numbers that have no row yet."""
    return sorted(set(phonenumbers.SUPPORTED_REGIONS) - set(known))


def name_of(code: str, locale: str) -> str:
    """The country's name in the reader's language."""
    return str(Locale.parse(locale).territories.get(code, code))


def add(code: str, values: Mapping[str, Any], *, actor: Actor, now: datetime) -> SmsCountry:
    """Enter a country. Raises Forbidden, Invalid, CountryKnown."""
    if not may_change(actor):
        raise Forbidden
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise Invalid(errors={"code": [N_("We know no phone numbers of this country.")]})
    _check({**_usual(), **values})
    done = db.session.execute(
        insert(SmsCountry)
        .values(code=code, **{name: values[name] for name in CHANGEABLE if name in values}, updated_at=now)
        .on_conflict_do_nothing()
        .returning(SmsCountry.code)
    ).scalar()
    if done is None:
        raise CountryKnown(errors={"code": [CountryKnown.message]})
    added = country(code)
    _note(added, "sms_country.add", {name: [None, _plain(getattr(added, name))] for name in CHANGEABLE}, actor, now)
    return added


def change(code: str, values: Mapping[str, Any], *, version: int, actor: Actor, now: datetime) -> SmsCountry:
    """Change what SMS may do there; it holds from the next claim of waiting texts on.

    Raises NotFound, Forbidden, Invalid, StaleVersion.
    """
    if not may_change(actor):
        raise Forbidden
    found = db.session.scalar(
        select(SmsCountry).where(SmsCountry.code == code).with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    if found.version != version:
        raise StaleVersion()
    wanted = {name: values.get(name, getattr(found, name)) for name in CHANGEABLE}
    _check(wanted)
    changed = {
        name: [_plain(getattr(found, name)), _plain(value)]
        for name, value in wanted.items()
        if getattr(found, name) != value
    }
    if not changed:
        return found
    for name, value in (wanted | {"updated_at": now}).items():
        setattr(found, name, value)
    found.version += 1
    db.session.flush()
    _note(found, "sms_country.change", changed, actor, now)
    if found.sends and found.registration_status != Registration.MISSING:
        _look_again_at_held(code, now=now)
    return found


def history(code: str, *, limit: int = SHOWN_CHANGES) -> list[Change]:
    """Who changed what when, newest first."""
    rows = db.session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_type == "sms_country", AuditEntry.subject_id == code)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    ).all()
    ids = {int(row.actor) for row in rows if row.actor.isdecimal()}
    names = {staff.id: staff.name for staff in db.session.scalars(select(Staff).where(Staff.id.in_(ids)))}
    return [
        Change(
            at=row.at,
            who=names.get(int(row.actor)) if row.actor.isdecimal() else None,
            action=row.action,
            fields=row.detail.get("fields", {}),
        )
        for row in rows
    ]


def _note(row: SmsCountry, action: str, fields: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    record(audit_name(actor), action=action, subject=("sms_country", row.code), detail={"fields": fields}, now=now)
    countries.note_change()


def _look_again_at_held(code: str, *, now: datetime) -> None:
    """Texts that the old hours hold are looked at anew with the next claim; it holds them again if it must."""
    held = db.session.execute(
        select(Message.id, Message.to_phone).where(
            Message.state == State.PENDING.value,
            Message.held_reason.in_([policy.QUIET_HOURS, policy.UNASKED_HOURS]),
            Message.not_before > now,
        )
    )
    theirs = [row.id for row in held if countries.country_for(row.to_phone).code == code]
    if theirs:
        db.session.execute(
            update(Message)
            .where(Message.id.in_(theirs), Message.state == State.PENDING.value)
            .values(not_before=now, held_until=None, held_reason=None)
            .execution_options(synchronize_session="fetch")
        )
        outbound.wake_drain()


def _check(values: Mapping[str, Any]) -> None:
    errors: dict[str, list[str]] = {}
    if values["quiet_from"] == values["quiet_to"]:
        errors["quiet_to"] = [N_("Quiet hours need an end that differs from their start.")]
    if values["proactive_from"] >= values["proactive_to"]:
        errors["proactive_to"] = [N_("This must be later than the start.")]
    pause = (values["pause_from"], values["pause_to"])
    if (pause[0] is None) != (pause[1] is None):
        errors["pause_to"] = [N_("Give both times of the pause, or neither.")]
    elif pause[0] is not None and pause[0] >= pause[1]:
        errors["pause_to"] = [N_("This must be later than the start.")]
    if not is_currency(values["currency"]):
        errors["currency"] = [N_("This is not the code of a currency, such as HKD.")]
    if not 0 <= values["price_per_segment"] <= HIGHEST_PRICE:
        errors["price_per_segment"] = [N_("This is not a price for one SMS segment.")]
    if values["registration_status"] not in [*Registration]:
        errors["registration_status"] = [N_("Please choose one of the list.")]
    if not errors and not _ever_opens(values):
        errors["proactive_to"] = [N_("No hour is left for such texts: the quiet hours cover them all.")]
    if errors:
        raise Invalid(errors=errors)


def _ever_opens(values: Mapping[str, Any]) -> bool:
    hours = policy.unasked_hours(
        Country("", two_way=True, links=True, **{name: values[name] for name in CHANGEABLE if _is_hour(name)}), "UTC"
    )
    marks = {edge for stretch in hours.closed for edge in stretch}
    return any(hours.is_open(datetime.combine(_PLAIN_DAY, mark, tzinfo=UTC)) for mark in marks)


def _is_hour(name: str) -> bool:
    return name.startswith(("quiet_", "proactive_", "pause_"))


def _usual() -> dict[str, Any]:
    careful = countries.CAUTIOUS
    return {name: getattr(careful, name) for name in CHANGEABLE}


def _plain(value: Any) -> Any:
    """As the history keeps it."""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value
