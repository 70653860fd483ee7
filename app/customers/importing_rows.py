"""One row of a table of customers, understood by itself: numbers, days, names of stores and people, limits of care."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.columns import RowReader, half_width
from app.core.db import db
from app.customers import care_limits, file_fields
from app.customers.birthdays import Birthday, fault_of
from app.customers.importing_columns import CALENDARS, GENDERS, LANGUAGES
from app.customers.naming import sort_key
from app.customers.values import Calendar, IncomeBand, Industry, Occupation, OptionalField
from app.people.access import in_own_stores
from app.people.import_batch import Checked, RowCheck, Setting
from app.people.models import Staff, StaffStore, Store

_LUNAR = re.compile(r"^\s*(农历|農曆|阴历|陰曆|lunar)\s*", re.IGNORECASE)
_MONTH_AND_DAY = re.compile(r"(\d{1,2})\s*[-/月]\s*(\d{1,2})\s*[日号號]?")
_OPTIONAL = {
    OptionalField.OCCUPATION.value: {one.value: one.value for one in Occupation},
    OptionalField.INDUSTRY.value: {one.value: one.value for one in Industry},
    OptionalField.INCOME_BAND.value: {one.value: one.value for one in IncomeBand},
}
_LIMITED = ("preferences", "access_notes", "note", "tags")
"""Free texts, which hold what people write about people."""
LONGEST = {"address": 300, "district": 80, "dialect": 40, "preferences": 2000, "access_notes": 1000}


@dataclass(frozen=True)
class Owners:
    """Who works where, by (store, phone) and by (store, name); a name that two share has no id."""

    ids: Mapping[tuple[int, str], int | None]

    @classmethod
    def read(cls) -> Owners:
        rows = db.session.execute(
            select(StaffStore.store_id, Staff.id, Staff.name, Staff.phone)
            .join(Staff, Staff.id == StaffStore.staff_id)
            .where(Staff.is_active)
        )
        ids: dict[tuple[int, str], int | None] = {}
        for store_id, staff_id, name, phone in rows:
            ids[(store_id, phone)] = staff_id
            named = (store_id, name.casefold())
            ids[named] = None if named in ids else staff_id
        return cls(ids)

    def find(self, row: RowReader, column: str, store: Store) -> int | None:
        """Who is meant by the name or number in this cell, among those who work in the store."""
        said = row.text(column)
        if said is None:
            return None
        place = (store.id, said.casefold())
        if place not in self.ids:
            quiet = RowReader(row.cells)
            place = (store.id, quiet.phone(column, region=store.country) or "")
        if place not in self.ids:
            row.complain(column, "no-such-owner")
            return None
        if self.ids[place] is None:
            row.complain(column, "two-owners")
        return self.ids[place]


@dataclass(frozen=True)
class Stores:
    """The stores of whoever imports, by what a file calls them."""

    by_name: Mapping[str, Store]
    chosen: Store | None

    @classmethod
    def read(cls, setting: Setting) -> Stores:
        rows = list(db.session.scalars(select(Store).where(Store.is_active, in_own_stores(Store.id, setting.actor))))
        by_name = {name.casefold(): row for row in rows for name in (row.name, row.code)}
        chosen = next((row for row in rows if row.id == setting.store_id), None)
        if chosen is None and len(rows) == 1:
            chosen = rows[0]
        return cls(by_name, chosen)

    def of(self, row: RowReader) -> Store | None:
        named = row.text("store")
        if named is None:
            if self.chosen is None:
                row.complain("store", "no-store")
            return self.chosen
        found = self.by_name.get(named.casefold()) or self.by_name.get(half_width(named).casefold())
        if found is None:
            row.complain("store", "no-such-store")
        return found


def prepare(setting: Setting) -> RowCheck:
    stores, owners = Stores.read(setting), Owners.read()
    off = file_fields.switched_off()

    def check(cells: Mapping[str, str]) -> Checked:
        row = RowReader(cells)
        name = row.text("name", longest=100, required=True) or ""
        store = stores.of(row)
        # Without the store there is no telling which country's number it is.
        phone = row.phone("phone", region=store.country) if store else None
        fields: dict[str, Any] = {"name": name, "name_key": sort_key(name)}
        fields |= {key: value for key in LONGEST if (value := row.text(key, longest=LONGEST[key])) is not None}
        fields |= _chosen(row, off)
        fields |= _birthday(row, this_year=setting.now.year)
        tags = row.words("tags")
        if tags:
            fields["tags"] = tags
        if store is not None and (owner_id := owners.find(row, "owner", store)):
            fields["owner_id"] = owner_id
        note = row.text("note", longest=4000)
        _keep_limits(row, name)
        data: dict[str, Any] = {"fields": fields, "phone": phone}
        if note:
            data["note"] = note
        if store is not None:
            data |= {"store_id": store.id, "locale": store.locale}
            data |= _consent(row, phone, setting, store)
        if row.faults or store is None:
            return Checked(None, data, row.faults)
        household = row.text("household", longest=100)
        key = phone or f"{store.id}:{fields['name_key']}:{name}"
        return Checked(key, data, row.faults, f"{store.id}:{household}" if household else None)

    return check


def _chosen(row: RowReader, off: frozenset[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if gender := row.choice("gender", GENDERS):
        fields["gender"] = gender
    if locale := row.choice("locale", LANGUAGES):
        fields["locale"] = locale
    for key, values in _OPTIONAL.items():
        if key in off:
            if row.cells.get(key, "").strip():
                row.complain(key, "field-off")
        elif value := row.choice(key, values):
            fields[key] = value
    return fields


def _birthday(row: RowReader, *, this_year: int) -> Mapping[str, Any]:
    said = row.text("birthday", longest=40)
    named = row.choice("birthday_calendar", CALENDARS)
    if said is None:
        return {}
    fields = _birthday_fields(said, named == Calendar.LUNAR.value, this_year)
    if not fields:
        row.complain("birthday", "no-such-birthday")
    return fields


@lru_cache(maxsize=16384)
def _birthday_fields(said: str, is_named_lunar: bool, this_year: int) -> Mapping[str, Any]:
    said = half_width(said)
    is_lunar = is_named_lunar or _LUNAR.match(said) is not None
    birthday = _read_birthday(_LUNAR.sub("", said), Calendar.LUNAR if is_lunar else Calendar.SOLAR)
    if birthday is None or fault_of(birthday, this_year=this_year):
        return {}
    return {
        "birthday_calendar": birthday.calendar.value,
        "birthday_year": birthday.year,
        "birthday_month": birthday.month,
        "birthday_day": birthday.day,
    }


_YEAR_MONTH_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号號]?(?:[ T].*)?")


def _read_birthday(said: str, calendar: Calendar) -> Birthday | None:
    """A lunar day need not exist in the solar calendar (the 30th of the second month), so it is not read as a date."""
    if found := _YEAR_MONTH_DAY.fullmatch(said):
        return Birthday(calendar, int(found[2]), int(found[3]), int(found[1]))
    if found := _MONTH_AND_DAY.fullmatch(said):
        return Birthday(calendar, int(found[1]), int(found[2]))
    return None


def _keep_limits(row: RowReader, name: str) -> None:
    """One look at all words of the row; only when it finds something each cell is looked at by itself."""
    texts = {key: row.cells[key] for key in _LIMITED if row.cells.get(key)}
    if not care_limits.may_cross("\n".join([name, *texts.values()])):
        return
    for key, words in texts.items():
        crossings = care_limits.check(words).crossings
        if crossings:
            row.complain(key, "too-private", words=", ".join(one.word for one in crossings))
    if name and not (found := care_limits.check_name(name)).may_be_kept:
        row.complain("name", "too-private", words=", ".join(one.word for one in found.crossings))


def _consent(row: RowReader, phone: str | None, setting: Setting, store: Store) -> dict[str, Any]:
    agrees = row.yes_or_no("consent_sms")
    said_at = row.moment("consent_at", zone=ZoneInfo(store.zone), latest=setting.now)
    words = row.text("consent_text", longest=1000)
    if agrees is None:
        return {}
    if phone is None:
        row.complain("consent_sms", "no-phone-to-text")
        return {}
    return {
        "consent": "in" if agrees else "out",
        "consent_at": said_at.isoformat() if said_at else None,
        "consent_text": words or row.cells.get("consent_sms", "").strip(),
    }
