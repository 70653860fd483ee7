"""Rows of this slice as the plain values its views dump; pages and other slices' views may use them too."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import segno

from app.core.phone import mask
from app.customers.birthdays import Birthday, next_date
from app.customers.completeness import completeness
from app.customers.links import CustomerLink
from app.customers.member_rules import months_old, needs_guardian, purpose_ends_on
from app.customers.models import (
    Consent,
    ConsentEvent,
    Customer,
    CustomerNote,
    HouseholdMember,
    MemberConsentEvent,
    OwnerHistory,
)
from app.customers.values import Calendar, Relation


def person(identity: int | None, name: str | None) -> dict[str, Any] | None:
    return None if identity is None else {"id": identity, "name": name or ""}


def row(customer: Customer, owner_name: str | None) -> dict[str, Any]:
    """One line of a list, with the number masked."""
    return {
        "id": customer.id,
        "name": customer.name,
        "phone_masked": mask(customer.phone),
        "store_id": customer.store_id,
        "household_id": customer.household_id,
        "owner": person(customer.owner_id, owner_name),
        "locale": customer.locale,
        "district": customer.district,
        "tags": customer.tags,
        "tier": customer.tier,
        "completeness": completeness(customer),
    }


def file(
    customer: Customer,
    owners: Sequence[tuple[OwnerHistory, str | None]],
    *,
    today: date,
    optional: Collection[str],
) -> dict[str, Any]:
    """The full file; whoever shows it has it audited (service.read_file). `optional` names the fields in use."""
    present_owner = next((name for history, name in owners if history.until is None), None)
    return row(customer, present_owner) | {
        "phone": customer.phone,
        "dialect": customer.dialect,
        "gender": customer.gender,
        "birthday": birthday(customer),
        "next_birthday": next_birthday(customer, today=today),
        "address": customer.address,
        "lat": customer.lat,
        "lng": customer.lng,
        "preferences": customer.preferences,
        "access_notes": customer.access_notes,
        "sizes": customer.sizes,
        "owners": [
            {
                "owner": person(history.owner_id, name),
                "since": history.since,
                "until": history.until,
                "reason": history.reason,
            }
            for history, name in owners
        ],
        "version": customer.version,
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
        **{name: getattr(customer, name) for name in optional},
    }


def next_birthday(customer: Customer, *, today: date) -> date | None:
    """The solar date on which the birthday comes round next, today included."""
    month, day = customer.birthday_month, customer.birthday_day
    if month is None or day is None:
        return None
    born = Birthday(Calendar(customer.birthday_calendar or Calendar.SOLAR), month, day)
    return next_date(born, today=today)


def members(found: Iterable[HouseholdMember], collectors: Mapping[int, str], *, today: date) -> list[dict[str, Any]]:
    return [_member(one, collectors, today=today) for one in found]


def _member(one: HouseholdMember, collectors: Mapping[int, str], *, today: date) -> dict[str, Any]:
    relation, is_gone = Relation(one.relation), one.anonymised_at is not None
    ends = purpose_ends_on(relation, one.birth_date, known_since=one.created_at.date())
    collector_id = one.guardian_consent_collector_id
    consent = {
        "text": one.guardian_consent_text,
        "channel": one.guardian_consent_channel,
        "at": one.guardian_consent_at,
        "collector": person(collector_id, collectors.get(collector_id or 0)),
        "withdrawn_at": one.consent_withdrawn_at,
    }
    return {
        "id": one.id,
        "household_id": one.household_id,
        "customer_id": one.customer_id,
        "name": one.name,
        "relation": one.relation,
        "birth_date": one.birth_date,
        "age_months": months_old(one.birth_date, today) if one.birth_date else None,
        "consent": consent if one.guardian_consent_at else None,
        "needs_consent": not is_gone and needs_guardian(relation, one.birth_date, today=today),
        "kept_until": None if is_gone or one.customer_id else ends,
        "anonymised_at": one.anonymised_at,
        "version": one.version,
    }


def member_consents(history: Iterable[tuple[MemberConsentEvent, str | None]]) -> list[dict[str, Any]]:
    return [
        {
            "state": event.state,
            "text": event.text,
            "channel": event.channel,
            "collector": {"kind": event.collector_kind, "id": event.collector_id},
            "occurred_at": event.occurred_at,
            "recorded_at": event.recorded_at,
        }
        for event, _name in history
    ]


def birthday(customer: Customer) -> dict[str, Any] | None:
    if customer.birthday_month is None:
        return None
    return {
        "calendar": customer.birthday_calendar,
        "year": customer.birthday_year,
        "month": customer.birthday_month,
        "day": customer.birthday_day,
    }


def note(written: CustomerNote, author_name: str | None) -> dict[str, Any]:
    is_staff = written.author_kind == "staff"
    return {
        "id": written.id,
        "text": written.text,
        "author": person(written.author_id, author_name) if is_staff else None,
        "created_at": written.created_at,
        "written_at": written.written_at,
    }


def link(key: CustomerLink) -> dict[str, Any]:
    """A key to the customer's page, ready to be shown or printed."""
    return {"url": key.url, "code": key.code, "expires_at": key.expires_at, "qr_svg": qr_svg(key.url)}


def qr_svg(address: str) -> str:
    """The address as a QR code: dark on white in every theme, with the margin that cameras need."""
    drawn = io.BytesIO()
    drawing = segno.make_qr(address, error="m")
    drawing.save(drawn, kind="svg", xmldecl=False, nl=False, omitsize=True, border=4, dark="#1f2430", light="#fff")
    return drawn.getvalue().decode()


def consents(customer: Customer, now_in_force: Sequence[Consent], history: Sequence[ConsentEvent]) -> dict[str, Any]:
    return {
        "customer_id": customer.id,
        "phone_masked": mask(customer.phone),
        "consents": now_in_force,
        "history": [
            {
                "channel": event.channel,
                "scope": event.scope,
                "state": event.state,
                "source": event.source,
                "text": event.text,
                "collector": {"kind": event.collector_kind, "id": event.collector_id},
                "occurred_at": event.occurred_at,
                "recorded_at": event.recorded_at,
            }
            for event in history
        ],
    }
