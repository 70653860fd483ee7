"""What a table may hold and how a cell is understood: columns with their names in other files, cells with their faults.

Knows no business: slices declare their columns and read each row through RowReader. A fault is kept as a code; what
it says and what cures it stands in a table of words, which the edge translates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.phone import parse_e164

YES = frozenset(["yes", "y", "true", "t", "1", "x", "ok", "on", "是", "有", "对", "對", "真", "√", "✓", "✔"])
NO = frozenset(["no", "n", "false", "f", "0", "off", "否", "无", "無", "不", "没有", "沒有", "假", "×", "-", "—"])
SHOWN = 80
"""Letters of a cell that a report repeats."""


@dataclass(frozen=True)
class Column:
    """A column we understand. `names` are headers under which other programs keep it."""

    key: str
    label: str
    names: tuple[str, ...] = ()
    is_required: bool = False
    help: str = ""
    example: str = ""


def named(names: str) -> tuple[str, ...]:
    """Names parted by bars."""
    return tuple(names.split("|"))


@dataclass(frozen=True)
class FaultWords:
    """What is wrong and what to do about it, in the words of the catalog."""

    problem: str
    cure: str


_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
"""What no text of the database can hold."""

Fault = dict[str, Any]
"""{"column", "code", "value", "params"} as it is stored with the row."""


def fault(column: str, code: str, value: str = "", **params: str) -> Fault:
    found: Fault = {"column": column, "code": code}
    if value:
        found["value"] = _UNKEEPABLE.sub("\N{REPLACEMENT CHARACTER}", value[:SHOWN])
    if params:
        found["params"] = params
    return found


CELL_FAULTS: Mapping[str, FaultWords] = {
    "missing": FaultWords(N_("This cell is empty."), N_("Fill it in.")),
    "too-long": FaultWords(
        N_("This text is longer than %(most)s characters."), N_("Shorten it; the rest belongs into a note.")
    ),
    "unreadable": FaultWords(
        N_("This text holds characters that can’t be kept."), N_("Type the cell anew, without pasting.")
    ),
    "not-a-phone": FaultWords(
        N_("This is not a phone number."), N_("Write it with the country code, such as +852 9123 4567.")
    ),
    "no-such-phone": FaultWords(
        N_("This phone number does not exist in the store’s country."),
        N_("Count its digits. A number from elsewhere needs its country code, such as +86."),
    ),
    "shortened": FaultWords(
        N_("The spreadsheet has shortened this number, and its last digits are lost."),
        N_("Format the column as text in the spreadsheet and type the number anew."),
    ),
    "not-a-date": FaultWords(N_("This is not a date."), N_("Write it as 2027-03-10.")),
    "not-a-moment": FaultWords(N_("This is not a date and time."), N_("Write it as 2027-03-10 15:30.")),
    "future": FaultWords(N_("This lies in the future."), N_("Correct the date.")),
    "not-a-number": FaultWords(
        N_("This is not a number we can use."), N_("Write digits only, such as 12.50, and nothing below zero.")
    ),
    "not-whole": FaultWords(N_("This is not a whole number."), N_("Write it without a fraction, such as 3.")),
    "not-yes-or-no": FaultWords(N_("This says neither yes nor no."), N_("Write yes or no, 是 or 否.")),
    "not-in-list": FaultWords(N_("This value is not one of the list."), N_("Use one of: %(choices)s.")),
}

_DIGITAL = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?号?號?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_SHORTENED = re.compile(r"\d(?:\.\d+)?[eE]\+\d{1,3}")
"""8.61E+12: a spreadsheet wrote a long number so, and the file has no more digits than these."""
_POINT_ZERO = re.compile(r"\+?\d+\.0+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_MONEY_SIGNS = re.compile(r"HK\$|HKD|RMB|CNY|[\s$¥￥元]", re.IGNORECASE)
_TIME = re.compile(r"(\d{1,2})[:：时時](\d{1,2})分?(?:[:：](\d{1,2}))?(?:\.\d+)?")
_SPREADSHEET_EPOCH = date(1899, 12, 30)


def half_width(text: str) -> str:
    """Digits and signs as on a keyboard: Chinese input methods write ２０２７－０３ where 2027-03 is meant."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=16384)
def day_of(text: str) -> date | None:
    """2027-03-10, 2027/3/10, 2027年3月10日, 20270310, 10/3/2027 (the day first, as Hong Kong writes it), or the number
    by which spreadsheets keep a day."""
    text = half_width(text).strip()
    try:
        if found := _YEAR_FIRST.fullmatch(text) or _DIGITAL.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DAY_FIRST.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if _SERIAL.fullmatch(text):
            return _SPREADSHEET_EPOCH + timedelta(days=int(float(text)))
    except (ValueError, OverflowError):
        return None
    return None


@lru_cache(maxsize=16384)
def moment_of(text: str, zone: ZoneInfo) -> datetime | None:
    """A day with a time of the store's clock (noon when there is none), or an ISO time with its own offset."""
    text = half_width(text).strip()
    day, _, rest = text.replace("T", " ", 1).partition(" ")
    if not rest:
        found = day_of(text)
        return datetime(found.year, found.month, found.day, 12, tzinfo=zone) if found else None
    try:
        exact = datetime.fromisoformat(text)
        return exact if exact.tzinfo else exact.replace(tzinfo=zone)
    except ValueError:
        pass
    on, at = day_of(day), _TIME.fullmatch(rest.strip())
    if on is None or at is None:
        return None
    try:
        return datetime(on.year, on.month, on.day, int(at[1]), int(at[2]), int(at[3] or 0), tzinfo=zone)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def phone_of(text: str, region: str) -> str | None:
    """The number in E.164, or None; it may have passed through a spreadsheet that took it for a fraction."""
    plain = half_width(text)
    if _POINT_ZERO.fullmatch(plain):
        plain = plain.partition(".")[0]
    try:
        return parse_e164(plain, region=region)
    except Invalid:
        return None


@lru_cache(maxsize=4096)
def decimal_of(text: str) -> Decimal | None:
    """12.50, HK$1,200.50. A comma parts thousands and nothing else: 12,50 is no number, rather than 1250."""
    plain = _MONEY_SIGNS.sub("", half_width(text))
    if "," in plain:
        if not _GROUPED.fullmatch(plain):
            return None
        plain = plain.replace(",", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


@dataclass(slots=True)
class RowReader:
    """Understands the cells of one row and collects what is wrong with them. An empty cell is None: nothing is said."""

    cells: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)

    def complain(self, column: str, code: str, **params: str) -> None:
        self.faults.append(fault(column, code, self.cells.get(column, ""), **params))

    def text(self, column: str, *, longest: int = 200, required: bool = False) -> str | None:
        value = self.cells.get(column)
        if value:
            value = value.strip()
        if not value:
            if required:
                self.complain(column, "missing")
            return None
        if len(value) > longest:
            self.complain(column, "too-long", most=str(longest))
            return None
        if not value.isprintable() and _UNKEEPABLE.search(value):
            self.faults.append(fault(column, "unreadable"))
            return None
        return value

    def code(self, column: str, *, longest: int = 80, required: bool = False) -> str | None:
        """A number that names something: of a receipt, of a product. One that has lost digits names another thing."""
        value = self.text(column, longest=longest, required=required)
        if value is not None and _SHORTENED.fullmatch(value):
            self.complain(column, "shortened")
            return None
        return value

    def phone(self, column: str, *, region: str, required: bool = False) -> str | None:
        value = self.code(column, longest=60, required=required)
        if value is None:
            return None
        found = phone_of(value, region)
        if found is None:
            has_digits = sum(sign.isdigit() for sign in value) >= 5
            self.complain(column, "no-such-phone" if has_digits else "not-a-phone")
        return found

    def day(self, column: str) -> date | None:
        value = self.text(column, longest=40)
        found = day_of(value) if value else None
        if value and found is None:
            self.complain(column, "not-a-date")
        return found

    def moment(self, column: str, *, zone: ZoneInfo, latest: datetime, required: bool = False) -> datetime | None:
        value = self.text(column, longest=40, required=required)
        if value is None:
            return None
        found = moment_of(value, zone)
        if found is None or found.year < 1950:
            self.complain(column, "not-a-moment")
        elif found > latest:
            self.complain(column, "future")
        else:
            return found
        return None

    def decimal(
        self, column: str, *, places: int, least: str = "0", most: str = "9999999", required: bool = False
    ) -> Decimal | None:
        value = self.text(column, longest=40, required=required)
        if value is None:
            return None
        number = decimal_of(value)
        if number is not None and Decimal(least) <= number <= Decimal(most):
            return number.quantize(Decimal(1).scaleb(-places))
        self.complain(column, "not-a-number")
        return None

    def whole(self, column: str, *, least: int, most: int) -> int | None:
        number = self.decimal(column, places=6, least=str(least), most=str(most))
        if number is None:
            return None
        if number != int(number):
            self.complain(column, "not-whole")
            return None
        return int(number)

    def yes_or_no(self, column: str) -> bool | None:
        value = self.text(column, longest=20)
        if value is None:
            return None
        word = half_width(value).casefold()
        if word in YES or word in NO:
            return word in YES
        self.complain(column, "not-yes-or-no")
        return None

    def choice(self, column: str, words: Mapping[str, str]) -> str | None:
        """`words`: what people write, in small letters -> the value."""
        value = self.text(column, longest=60)
        if value is None:
            return None
        found = words.get(value.casefold()) or words.get(half_width(value).casefold())
        if found is None:
            self.complain(column, "not-in-list", choices=", ".join(dict.fromkeys(words.values())))
        return found

    def words(self, column: str, *, longest: int = 40) -> list[str]:
        """A list in one cell, parted by commas of either script."""
        value = self.text(column, longest=1000)
        parts = re.split(r"[,，、;；\n]", value) if value else []
        found = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
        if any(len(word) > longest for word in found):
            self.complain(column, "too-long", most=str(longest))
            return []
        return found


def plain_name(header: str) -> str:
    """A header without case, signs and blanks: two that look the same to people are the same."""
    return re.sub(r"[\W_]+", "", half_width(header).casefold())


def proposed(columns: Sequence[Column], header: Sequence[str]) -> dict[str, int]:
    """Which column of the file is which of ours, as far as the names tell: key -> place in the header."""
    places: dict[str, int] = {}
    for number, title in enumerate(header):
        places.setdefault(plain_name(title), number)
    places.pop("", None)
    found: dict[str, int] = {}
    for column in columns:
        for name in (column.key, column.label, *column.names):
            place = places.get(plain_name(name))
            if place is not None and place not in found.values():
                found[column.key] = place
                break
    return found
