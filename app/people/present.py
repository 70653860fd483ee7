"""Rows as the API and the pages show them to the person who asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.people import hours, queries
from app.people.access import Actor, Role, may_manage_hours_of, may_see_details_of
from app.people.models import Staff, Store, TimeOff


def store(row: Store) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        "region": row.region,
        "country": row.country,
        "zone": row.zone,
        "languages": list(row.languages),
        "locale": row.locale,
        "phone": row.phone,
        "address": row.address,
        "lat": row.lat,
        "lng": row.lng,
        "opening_hours": row.opening_hours,
        "is_active": row.is_active,
        "version": row.version,
    }


def people(rows: Sequence[Staff], *, actor: Actor) -> list[dict[str, Any]]:
    """Several people, with one query for all their stores."""
    stores = queries.store_ids_by_staff([row.id for row in rows])
    return [_person(row, sorted(stores.get(row.id, [])), actor=actor) for row in rows]


def person(row: Staff, *, actor: Actor) -> dict[str, Any]:
    return people([row], actor=actor)[0]


def me(row: Staff, *, actor: Actor) -> dict[str, Any]:
    view = person(row, actor=actor)
    own = queries.stores_by_id(view["store_ids"])
    return {**view, "stores": [store(own[store_id]) for store_id in view["store_ids"]]}


def time_off(rows: Sequence[TimeOff], *, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Absences with names and with what the asking person may do; three queries however many they are."""
    ids = {row.staff_id for row in rows} | {row.cover_id for row in rows if row.cover_id}
    found = queries.staff_by_id(ids)
    stores = queries.store_ids_by_staff(list(ids))
    return [_time_off(row, found, stores, actor=actor, now=now) for row in rows]


def _person(row: Staff, store_ids: list[int], *, actor: Actor) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": row.id,
        "name": row.name,
        "role": row.role,
        "store_ids": [store_id for store_id in store_ids if _may_name(actor, row, store_id)],
        "home_store_id": row.home_store_id,
        "is_active": row.is_active,
    }
    if not may_see_details_of(actor, row.id):
        return view
    return {
        **view,
        "phone": row.phone,
        "locale": row.locale,
        "languages": list(row.languages),
        "skills": list(row.skills),
        "has_password": row.password_hash is not None,
        "work_texts": row.work_texts,
        "version": row.version,
    }


def _may_name(actor: Actor, row: Staff, store_id: int) -> bool:
    return actor.sees_all_stores or row.id == actor.id or store_id in actor.store_ids


def _time_off(
    row: TimeOff, found: dict[int, Staff], stores: dict[int, list[int]], *, actor: Actor, now: datetime
) -> dict[str, Any]:
    who = found[row.staff_id]
    is_own = who.id == actor.id
    may_decide = may_manage_hours_of(actor, role=who.role, store_ids=frozenset(stores.get(who.id, [])))
    # Head office has nobody above, so it decides about itself.
    counts_as_own = is_own and actor.role is not Role.HEAD_OFFICE
    return {
        "id": row.id,
        "staff": {"id": who.id, "name": who.name},
        "cover": {"id": row.cover_id, "name": found[row.cover_id].name} if row.cover_id else None,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "reason": row.reason,
        "note": row.note,
        "status": row.status,
        "asked_by": row.asked_by,
        "asked_at": row.asked_at,
        "decided_by": row.decided_by,
        "decided_at": row.decided_at,
        "decision_note": row.decision_note,
        "allowed_actions": hours.allowed_actions(
            row, may_decide=may_decide and not counts_as_own, may_cancel=may_decide or is_own, now=now
        ),
    }
