"""Stores and people for tests."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from itertools import count
from typing import Any

from app.core.db import db
from app.people.access import Actor, Role
from app.people.models import ApiToken, Skill, Staff, StaffStore, Store, TokenKind
from app.people.passwords import hash_password

PASSWORD = "a long enough secret"
LONG_AGO = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

_numbers = count(1)
_hashes: dict[str, str] = {}


def make_store(**changes: Any) -> Store:
    number = next(_numbers)
    values: dict[str, Any] = {
        "code": f"S{number:04d}",
        "name": f"Store {number}",
        "region": "Hong Kong Island",
        "country": "HK",
        "zone": "Asia/Hong_Kong",
        "languages": ["yue", "en"],
        "locale": "zh_Hant",
        "phone": "+85228000000",
        "address": "1 Example Road",
        "lat": 22.28,
        "lng": 114.16,
        "created_at": LONG_AGO,
    }
    store = Store(**{**values, **changes})
    db.session.add(store)
    db.session.flush()
    return store


def make_staff(
    role: Role | str = Role.ASSOCIATE,
    store: Store | None = None,
    *,
    stores: list[Store] | None = None,
    password: str | None = None,
    **changes: Any,
) -> Staff:
    """A person of `store` (or `stores`, the first is home). Associates and supervisors get a store if none is given."""
    number = next(_numbers)
    role = Role(role)
    places = stores if stores is not None else [store] if store is not None else []
    if not places and role is not Role.HEAD_OFFICE:
        places = [make_store()]
    values: dict[str, Any] = {
        "name": f"Person {number}",
        "phone": f"+852{54_000_000 + number}",
        "role": role.value,
        "password_hash": _hash_of(password) if password else None,
        "locale": "zh_Hant",
        "languages": ["yue"],
        "skills": [],
        "home_store_id": places[0].id if places else None,
        "created_at": LONG_AGO,
    }
    person = Staff(**{**values, **changes})
    db.session.add(person)
    db.session.flush()
    db.session.add_all(StaffStore(staff_id=person.id, store_id=place.id) for place in places)
    db.session.flush()
    return person


def make_skill(key: str = "fitting", **changes: Any) -> Skill:
    label = {"zh_Hans": "试穿", "zh_Hant": "試穿", "en": "Fitting"}
    skill = Skill(**{"key": key, "label": label, **changes})
    db.session.add(skill)
    db.session.flush()
    return skill


def actor_of(person: Staff, *stores: Store, client: str = "test") -> Actor:
    """The Actor that a request of `person` would carry; stores default to the home store."""
    ids = {store.id for store in stores} or ({person.home_store_id} if person.home_store_id else set())
    return Actor(
        id=person.id,
        name=person.name,
        role=Role(person.role),
        store_ids=frozenset(ids),
        locale=person.locale,
        client=client,
    )


def key_of(person: Staff, *, scopes: list[str] | None = None) -> dict[str, str]:
    """The header of somebody signed in, with a session's token; an API token when `scopes` are named."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        ApiToken(
            staff_id=person.id,
            kind=(TokenKind.SESSION if scopes is None else TokenKind.API).value,
            name="test",
            token_hash=hashlib.sha256(token.encode()).hexdigest(),
            hint=token[-4:],
            scopes=scopes or [],
            session_epoch=person.session_epoch,
            created_at=datetime(2020, 1, 1, tzinfo=UTC),
            expires_at=datetime(2090, 1, 1, tzinfo=UTC),
        )
    )
    db.session.flush()
    return {"Authorization": f"Bearer {token}"}


def _hash_of(password: str) -> str:
    if password not in _hashes:
        _hashes[password] = hash_password(password)
    return _hashes[password]
