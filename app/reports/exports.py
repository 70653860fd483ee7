"""Every list as a table to take away: one registry, read row by row with a cursor of the server, whatever its length.

The rows are those that the actor sees in the list, narrowed by the same filters. Phone numbers are masked; only head
office may ask for whole numbers, with a reason. Each export is written down before its first byte leaves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.db import db, transaction
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.i18n import N_, pick
from app.core.phone import mask, parse_e164
from app.customers.access import audit_name
from app.people.access import Actor, Role, may_see_store

AT_ONCE = 500
"""Rows that lie in memory at a time."""
LONGEST_REASON = 300
Say = Callable[[str], str]
WordsOf = Callable[[str, str], str]
"""Name of a list of words and a value -> the English words for it, which `Say` translates."""
Writer = Callable[[Any, Any], object]
"""A value that is there, and its row -> what stands in the cell."""


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class Kind(StrEnum):
    """How a value is written. WORD: a value of a closed list, said in words where the reader is a person."""

    PLAIN = "plain"
    PHONE = "phone"
    WORD = "word"
    TEXT3 = "text3"
    LOCAL = "local"
    LIST = "list"
    TICK = "tick"


@dataclass(frozen=True)
class Column:
    """A column of an export: its title, and the label of the select's column. `words` names a list of words; a LOCAL
    time is written on the clock of the row's `zone`."""

    title: str
    name: str
    kind: Kind = Kind.PLAIN
    words: str = ""


@dataclass(frozen=True)
class Asked:
    """The filters of the list, as they stand in its address."""

    values: Mapping[str, str]
    actor: Actor
    now: datetime

    def text(self, *names: str, longest: int = 80) -> str:
        found = next((self.values[name] for name in names if self.values.get(name)), "")
        return found.replace("\x00", "").strip()[:longest]

    def number(self, *names: str) -> int | None:
        found = self.text(*names)
        if not found:
            return None
        if not found.isdecimal() or len(found) > 9:
            raise Invalid(errors={names[0]: [N_("This is not a number we can use.")]})
        return int(found)

    def one_of(self, allowed: type[StrEnum], *names: str) -> str | None:
        found = self.text(*names)
        if found and found not in set(allowed):
            raise Invalid(errors={names[0]: [N_("Please choose one of the list.")]})
        return found or None

    def day(self, *names: str) -> date | None:
        found = self.text(*names)
        try:
            return date.fromisoformat(found) if found else None
        except ValueError as error:
            raise Invalid(errors={names[0]: [N_("This is not a date.")]}) from error

    def ticked(self, *names: str) -> bool:
        return self.text(*names).lower() in ("1", "true", "yes", "on", "bad")

    @property
    def store_id(self) -> int | None:
        """Narrowed to one store; NotFound for somebody else's."""
        store_id = self.number("store_id", "store")
        if store_id is not None and not may_see_store(self.actor, store_id):
            raise NotFound
        return store_id

    def moments(self, zone: str = "Asia/Hong_Kong") -> tuple[datetime | None, datetime | None]:
        """From the start of `from` to the end of `to`."""
        first, last = self.day("from"), self.day("to")
        home = ZoneInfo(zone)
        return (
            datetime(first.year, first.month, first.day, tzinfo=home) if first else None,
            datetime(last.year, last.month, last.day, tzinfo=home) + timedelta(days=1) if last else None,
        )


@dataclass(frozen=True)
class ExportList:
    """A list that can be taken away. `select` gives columns by the names of `columns`, in the order of the list."""

    key: str
    title: str
    columns: Sequence[Column]
    select: Callable[[Asked], Select[Any]]
    roles: frozenset[Role] = frozenset({Role.SUPERVISOR, Role.HEAD_OFFICE})

    @property
    def has_phones(self) -> bool:
        return any(column.kind is Kind.PHONE for column in self.columns)


@dataclass(frozen=True)
class Prepared:
    """An export that was asked for, allowed and written down."""

    of: ExportList
    stmt: Select[Any]
    rows: int
    full_numbers: bool
    locale: str
    say: Say
    words_of: WordsOf
    header: list[str] = field(default_factory=list)

    def lines(self, session: Session) -> Iterator[list[object]]:
        """The rows one after the other; a cursor of the database hands them out, some hundreds at a time. Nothing is
        asked of it before the first row is wanted."""
        # By then the request, from which a session learns its database, may be over.
        return self._lines(session.connection())

    def _lines(self, connection: Connection) -> Iterator[list[object]]:
        found = connection.execute(self.stmt, execution_options={"stream_results": True, "yield_per": AT_ONCE})
        places = {name: place for place, name in enumerate(found.keys())}
        cells = [(places[column.name], self._writer(column, places)) for column in self.of.columns]
        for row in found:
            yield [_cell(row[place], row, write) for place, write in cells]

    def _writer(self, column: Column, places: Mapping[str, int]) -> Writer | None:
        """How a value of this column is written, found out once and not for each of a hundred thousand rows; None: as
        it is."""
        match column.kind:
            case Kind.PLAIN:
                return None
            case Kind.PHONE:
                return None if self.full_numbers else lambda value, _row: mask(value)
            case Kind.WORD:
                # Of few words: each is looked up once.
                said = cache(lambda value: self.say(self.words_of(column.words, value)))
                return lambda value, _row: said(str(value))
            case Kind.TEXT3:
                return lambda value, _row: pick(value, self.locale)
            case Kind.LOCAL:
                zone = places["zone"]
                return lambda value, row: value.astimezone(ZoneInfo(row[zone])).replace(tzinfo=None)
            case Kind.LIST:
                return lambda value, _row: _listed(value)
            case Kind.TICK:
                yes = self.say(YES)
                return lambda value, _row: yes if value else None


def _cell(value: Any, row: Any, write: Writer | None) -> object:
    if value is None or value == "":
        return None
    return value if write is None else write(value, row)


def _listed(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items() if one)
    return ", ".join(str(one) for one in value)


YES = N_("yes")


def prepare(
    chosen: ExportList,
    values: Mapping[str, str],
    *,
    format: Format,
    actor: Actor,
    now: datetime,
    locale: str,
    say: Say,
    words_of: WordsOf,
    full_numbers: bool = False,
    reason: str = "",
) -> Prepared:
    """Check who asks and for what, count the rows, and write the export down, in a transaction of its own.

    Raises Forbidden, NotFound for a store of somebody else, and Invalid for filters that are none or a missing reason.
    """
    if actor.role not in chosen.roles and not actor.sees_all_stores:
        raise Forbidden
    reason = reason.replace("\x00", "").strip()
    if full_numbers:
        if not actor.is_head_office:
            raise Forbidden(N_("Only head office takes whole phone numbers out of the house."))
        if not reason or len(reason) > LONGEST_REASON:
            raise Invalid(errors={"reason": [N_("Please say what the whole numbers are needed for.")]})
    stmt = chosen.select(Asked(values, actor, now))
    count = int(db.session.scalar(select(func.count()).select_from(stmt.order_by(None).subquery())) or 0)
    with transaction():
        audit.record(
            audit_name(actor),
            action="export",
            subject=("list", chosen.key),
            store_id=Asked(values, actor, now).store_id,
            now=now,
            detail={
                "format": format.value,
                "rows": count,
                "filters": _filters(values),
                "full_numbers": full_numbers and chosen.has_phones,
                "reason": _without_numbers(reason),
                "client": actor.client,
            },
        )
    return Prepared(
        of=chosen,
        stmt=stmt,
        rows=count,
        full_numbers=full_numbers,
        locale=locale,
        say=say,
        words_of=words_of,
        header=[say(column.title) for column in chosen.columns],
    )


def _filters(values: Mapping[str, str]) -> dict[str, str]:
    return {
        name: _without_numbers(str(value)[:80]) for name, value in sorted(values.items()) if name in FILTERS and value
    }


_NUMBER = re.compile(r"(?<![\d-])(?!\d{4}-\d{2}-\d{2}\b)\+?\d(?:[ ().-]*\d){6,}")
"""Seven digits and more, unless they are a day."""


def _without_numbers(said: str) -> str:
    """A log is read by more people than a list: a phone number that somebody typed into a filter is masked in it."""
    return _NUMBER.sub(lambda found: _masked(found[0]), unicodedata.normalize("NFKC", said))


def _masked(typed: str) -> str:
    try:
        return mask(parse_e164(typed))
    except Invalid:
        return "•••"


_FILTER_NAMES = """
    store store_id owner owner_id tier tag number phone_fault customer customer_id status type assignee assignee_id date
    day from to stage open overdue reaction is_reaction kind state group why silence season staff staff_id category
    role all source currency
"""
FILTERS = frozenset(_FILTER_NAMES.split())
"""The filters that are named in the log. What was searched for is not: it may be a number or a name."""
