"""What SMS may do in a country, as head office's rows say: answers, links, hours, registration, price."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import phonenumbers
from phonenumbers.timezone import time_zones_for_number
from sqlalchemy import select

from app.core.db import after_commit, db
from app.core.phone import country_of
from app.messaging.models import SmsCountry


class Registration(StrEnum):
    """How far we may send there. What is still to be checked goes out; what is missing holds texts back."""

    NOT_NEEDED = "not_needed"
    TO_CHECK = "to_check"
    REGISTERED = "registered"
    MISSING = "missing"


@dataclass(frozen=True)
class Country:
    """`two_way`: answers reach us. `links`: a text may carry an address. Hours are the recipient's.

    Nothing goes in the quiet hours; what nobody asked for goes in the proactive hours only, without their pause.
    """

    code: str
    two_way: bool
    links: bool
    quiet_from: time = time(21)
    quiet_to: time = time(8)
    registration: str = ""
    registration_status: Registration = Registration.NOT_NEEDED
    sends: bool = True
    promotions: bool = True
    proactive_from: time = time(9)
    proactive_to: time = time(20)
    pause_from: time | None = None
    pause_to: time | None = None
    price_per_segment: Decimal = Decimal(0)
    currency: str = "USD"


# A country we know nothing about gets the text that is safe everywhere: no link, no reply words, no offer, a phone
# number to call.
CAUTIOUS = Country("", two_way=False, links=False, promotions=False)

FRESH_SECONDS = 5.0
_CHANGED_HERE = "sms_countries_changed"


@dataclass(frozen=True)
class _Kept:
    at: float
    table: Mapping[str, Country]


# By what the session is bound to: this process's engine, in tests the one connection that is rolled back.
_kept: WeakKeyDictionary[Any, _Kept] = WeakKeyDictionary()


def country_for(phone: str) -> Country:
    return known_countries().get(country_of(phone), CAUTIOUS)


def known_countries() -> Mapping[str, Country]:
    """The table by code, at most a few seconds old. What a transaction changes, only it sees before the commit."""
    session = db.session()
    kept: _Kept | None = session.info.get(_CHANGED_HERE) or _kept.get(session.get_bind())
    if kept is None or clock.monotonic() - kept.at > FRESH_SECONDS:
        return read_again()
    return kept.table


def read_again() -> Mapping[str, Country]:
    """The table as it stands now; a drain calls this once per claim."""
    session = db.session()
    kept = _read()
    if _CHANGED_HERE in session.info:
        session.info[_CHANGED_HERE] = kept
    else:
        _kept[session.get_bind()] = kept
    return kept.table


def note_change() -> None:
    """The table was changed in this transaction; with the commit this process forgets what it knew."""
    session = db.session()
    session.info[_CHANGED_HERE] = _read()
    after_commit(partial(_forget, session.get_bind()))


def _forget(bind: Any) -> None:
    _kept.pop(bind, None)


def _read() -> _Kept:
    rows = db.session.execute(select(*SmsCountry.__table__.columns))
    return _Kept(at=clock.monotonic(), table={row.code: _country(row) for row in rows})


def _country(row: object) -> Country:
    values = {name: getattr(row, name) for name in Country.__dataclass_fields__}
    return Country(**values | {"registration_status": Registration(values["registration_status"])})


def zone_for(phone: str, *, store_zone: str, store_country: str) -> str:
    """The recipient's zone: the store's for a number of the store's country, else where the number lives."""
    if country_of(phone) == store_country:
        return store_zone
    try:
        zones = time_zones_for_number(phonenumbers.parse(phone, None))
    except phonenumbers.NumberParseException:
        return store_zone
    return zones[0] if zones and zones[0] != "Etc/Unknown" else store_zone
