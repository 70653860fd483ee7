"""What a person typed, read once: values of the right type, or every complaint at once, with the input kept."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from app.core.errors import Invalid, Problem
from app.core.http import translated, translated_errors
from app.core.i18n import N_

T = TypeVar("T")

MAX_ID = 2**31 - 1
"""The largest id a column takes; a greater one would be a database error instead of a message."""


@dataclass
class Form:
    """The state of one form on a page: what stands in the fields and what is wrong with it.

    `values` are strings for the fields, `lists` the ticked values of groups, `errors` translated words per field.
    """

    values: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    summary: str = ""
    shown: frozenset[str] = frozenset()

    def loose_errors(self) -> list[str]:
        """Words about things that have no field on the page."""
        return [words for name, found in self.errors.items() if name not in self.values for words in found]


class Reader:
    """Reads the fields of a posted form; collects complaints; `check()` raises them together as Invalid."""

    def __init__(self, posted: MultiDict[str, str], *, zone: str | None = None) -> None:
        self.posted = posted
        self.zone = ZoneInfo(zone or "UTC")
        self.errors: dict[str, list[str]] = {}

    def complain(self, name: str, message: str) -> None:
        self.errors.setdefault(name, []).append(message)

    def check(self) -> None:
        if self.errors:
            raise Invalid(errors=self.errors)

    def text(self, name: str, *, required: bool = False, longest: int = 500) -> str:
        value = self.posted.get(name, "").replace("\x00", "").strip()
        if required and not value:
            self.complain(name, N_("Please fill this in."))
        if len(value) > longest:
            self.complain(name, N_("This is too long."))
        return value

    def optional_text(self, name: str, *, longest: int = 500) -> str | None:
        return self.text(name, longest=longest) or None

    def secret(self, name: str, *, required: bool = False) -> str:
        value = self.posted.get(name, "")
        if required and not value:
            self.complain(name, N_("Please fill this in."))
        return value

    def integer(self, name: str, *, lowest: int = 0, highest: int = MAX_ID) -> int | None:
        return self._parsed(
            name, lambda text: _whole_number(text, lowest, highest), N_("This is not a number we can use.")
        )

    def required_integer(self, name: str, *, lowest: int = 0, highest: int = MAX_ID) -> int:
        return self._needed(name, self.integer(name, lowest=lowest, highest=highest), 0)

    def decimal(self, name: str, *, lowest: float, highest: float) -> float | None:
        return self._parsed(name, lambda text: _number(text, lowest, highest), N_("This is not a number we can use."))

    def quantity(
        self, name: str, *, highest: Decimal = Decimal(999_999_999), above_nothing: bool = False
    ) -> Decimal | None:
        """A number of goods with up to three places, written with the comma or the point."""

        def parse(text: str) -> Decimal:
            value = Decimal(text.replace("，", ".").replace(",", "."))
            if not value.is_finite() or not 0 <= value <= highest or (above_nothing and not value):
                raise ValueError(text)
            if value != value.quantize(Decimal("0.001")):
                raise ValueError(text)
            return value

        return self._parsed(name, parse, N_("This is not a number we can use."))

    def date(self, name: str) -> dt.date | None:
        return self._parsed(name, dt.date.fromisoformat, N_("This is not a date."))

    def required_date(self, name: str) -> dt.date:
        return self._needed(name, self.date(name), dt.date(1970, 1, 1))

    def time(self, name: str) -> dt.time | None:
        return self._parsed(name, dt.time.fromisoformat, N_("This is not a time of day."))

    def required_time(self, name: str) -> dt.time:
        return self._needed(name, self.time(name), dt.time(0))

    def moment(self, name: str) -> datetime | None:
        """A datetime-local field, meant in the zone of the store."""

        def parse(text: str) -> datetime:
            local = datetime.fromisoformat(text)
            aware = local if local.tzinfo else local.replace(tzinfo=self.zone)
            return aware.astimezone(UTC)

        return self._parsed(name, parse, N_("This is not a date and time."))

    def required_moment(self, name: str) -> datetime:
        return self._needed(name, self.moment(name), datetime.fromtimestamp(0, UTC))

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        value = self.posted.get(name, "")
        if value not in allowed:
            self.complain(name, N_("Please choose one of the list."))
        return value

    def optional_choice(self, name: str, allowed: Sequence[str]) -> str | None:
        return self.choice(name, allowed) if self.posted.get(name) else None

    def many(self, name: str, allowed: Sequence[str] | None = None) -> list[str]:
        values = self.posted.getlist(name)
        if allowed is not None and not set(values) <= set(allowed):
            self.complain(name, N_("Please choose one of the list."))
        return values

    def integers(self, name: str) -> list[int]:
        try:
            return [_whole_number(text, 0, MAX_ID) for text in self.posted.getlist(name)]
        except ValueError:
            self.complain(name, N_("This is not a number we can use."))
            return []

    def words(self, name: str, *, longest: int = 40) -> list[str]:
        """A list typed as text, parted by commas of either script or by lines."""
        text = self.posted.get(name, "")
        for mark in ("，", "、", "\n", ";", "；"):
            text = text.replace(mark, ",")
        found = [word.strip()[:longest] for word in text.split(",")]
        return list(dict.fromkeys(word for word in found if word))

    def ticked(self, name: str) -> bool:
        return bool(self.posted.get(name))

    def _parsed(self, name: str, parse: Callable[[str], T], complaint: str) -> T | None:
        text = self.posted.get(name, "").strip()
        if not text:
            return None
        try:
            return parse(text)
        except (ValueError, ArithmeticError):
            self.complain(name, complaint)
            return None

    def _needed(self, name: str, value: T | None, stand_in: T) -> T:
        if value is not None:
            return value
        if name not in self.errors:
            self.complain(name, N_("Please fill this in."))
        return stand_in


def form_of(posted: MultiDict[str, str], problem: Problem | None = None) -> Form:
    """The form as it was sent, with the words of what went wrong."""
    return Form(
        values={name: posted.get(name, "") for name in posted},
        lists={name: posted.getlist(name) for name in posted},
        errors=words_per_field(problem) if problem else {},
        summary=translated(problem) if problem else "",
    )


def words_per_field(problem: Problem) -> dict[str, list[str]]:
    """Field errors in the reader's language; nested fields get dotted names."""
    found: dict[str, list[str]] = {}

    def walk(node: Any, path: str) -> None:
        if isinstance(node, Mapping):
            for name, below in node.items():
                walk(below, f"{path}.{name}" if path else str(name))
        elif isinstance(node, list):
            for below in node:
                walk(below, path)
        else:
            found.setdefault(path, []).append(str(node))

    walk(translated_errors(problem), "")
    return found


def _whole_number(text: str, lowest: int, highest: int) -> int:
    value = int(text)
    if not lowest <= value <= highest:
        raise ValueError(text)
    return value


def _number(text: str, lowest: float, highest: float) -> float:
    value = float(text)
    if not lowest <= value <= highest:
        raise ValueError(text)
    return value
