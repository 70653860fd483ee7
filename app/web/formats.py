"""Moments, numbers and names as a reader expects them: the reader's language, the store's zone."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from app.core.i18n import DEFAULT_LOCALE
from app.core.phone import format_for_people, mask

DEFAULT_ZONE = "Asia/Hong_Kong"


def reader_locale() -> str:
    return str(get_locale() or DEFAULT_LOCALE)


def in_zone(moment: datetime, zone: str | None) -> datetime:
    return moment.astimezone(ZoneInfo(zone or DEFAULT_ZONE))


def local_day(moment: datetime, zone: str | None) -> date:
    return in_zone(moment, zone).date()


def clock_time(moment: datetime | None, zone: str | None = None) -> str:
    """10:05"""
    if moment is None:
        return ""
    return str(format_time(in_zone(moment, zone).time(), "HH:mm", locale=reader_locale()))


def day(moment: date | datetime | None, zone: str | None = None) -> str:
    """Wed, 10 Mar"""
    if moment is None:
        return ""
    local = local_day(moment, zone) if isinstance(moment, datetime) else moment
    return str(format_skeleton("MMMEd", datetime.combine(local, time(), UTC), locale=reader_locale()))


def long_day(moment: date | datetime | None, zone: str | None = None) -> str:
    """Wednesday, 10 March 2027"""
    if moment is None:
        return ""
    local = local_day(moment, zone) if isinstance(moment, datetime) else moment
    return str(format_date(local, "full", locale=reader_locale()))


def calendar_date(moment: date | None) -> str:
    """10 Mar 2027"""
    return "" if moment is None else str(format_date(moment, "medium", locale=reader_locale()))


def birthday(month: int, day_of_month: int, year: int | None, *, is_lunar: bool) -> str:
    """15 Jul 1974; a lunar day stays in numbers, because its months are not the calendar's."""
    if is_lunar:
        return f"{year}/{month}/{day_of_month}" if year else f"{month}/{day_of_month}"
    # Without a year any leap year will do: somebody is born on 29 February.
    moment = datetime(year or 2000, month, day_of_month, tzinfo=UTC)
    return str(format_skeleton("yMMMd" if year else "MMMd", moment, locale=reader_locale()))


def money(amount: Decimal, currency: str) -> str:
    return str(format_currency(amount, currency, locale=reader_locale()))


def price(amount: Decimal, currency: str) -> str:
    """USD 0.0499: the code, because "$" is another coin in each shop; parts of a cent, because a text costs few."""
    pattern = "¤¤\xa0#,##0.00" if amount >= 1 else "¤¤\xa0#,##0.00##"
    words = format_currency(amount, currency, pattern, locale=reader_locale(), currency_digits=False)
    return str(words)


def short_day(moment: date) -> str:
    """Wed 10"""
    return str(format_skeleton("Ed", datetime.combine(moment, time(), UTC), locale=reader_locale()))


def day_and_time(moment: datetime | None, zone: str | None = None) -> str:
    """Wed, 10 Mar 10:05"""
    return f"{day(moment, zone)} {clock_time(moment, zone)}" if moment else ""


def window(start: datetime | None, end: datetime | None, zone: str | None = None) -> str:
    """10:00–11:00"""
    if start is None or end is None:
        return clock_time(start or end, zone)
    return f"{clock_time(start, zone)}–{clock_time(end, zone)}"


def ago(moment: datetime | None, now: datetime) -> str:
    """5 minutes ago"""
    if moment is None:
        return ""
    gone: timedelta = moment - now
    return str(format_timedelta(gone, add_direction=True, granularity="minute", locale=reader_locale()))


def number(value: float | int | None) -> str:
    return "" if value is None else str(format_decimal(value, locale=reader_locale()))


def unit(name: str, amount: Decimal | float = 2) -> str:
    """The reader's word for what a product is counted in. Measures such as g and ml are the same everywhere."""
    count = 1 if amount == 1 else 2
    words = {
        "pc": ngettext("piece", "pieces", count),
        "pack": ngettext("pack", "packs", count),
        "box": ngettext("box", "boxes", count),
        "tin": ngettext("tin", "tins", count),
        "bottle": ngettext("bottle", "bottles", count),
        "sachet": ngettext("sachet", "sachets", count),
        "capsule": ngettext("capsule", "capsules", count),
    }
    return str(words.get(name.lower(), name))


def signed(value: int) -> str:
    return f"+{number(value)}" if value > 0 else number(value)


def input_moment(moment: datetime | None, zone: str | None = None) -> str:
    """The value of a datetime-local field."""
    return in_zone(moment, zone).strftime("%Y-%m-%dT%H:%M") if moment else ""


def initial(name: str | None) -> str:
    """What stands in the round sign of a person: the family name of a Chinese name, else the first letter."""
    return (name or "·").strip()[:1].upper()


def pairs(rows: Iterable[Any]) -> list[tuple[int, str]]:
    """Id and name of rows, as a select wants them."""
    return [(row.id, row.name) for row in rows]


def zip_self(values: Iterable[str]) -> list[tuple[str, str]]:
    """Values that are their own words, as a select wants them."""
    return [(value, value) for value in values]


def topics(ids: Iterable[int], kind: str) -> str:
    """What a live page watches: "board:1,board:2"."""
    return ",".join(f"{kind}:{each}" for each in ids)


def age(months: int) -> str:
    """How old somebody is, as parents say it: in months at first, then in years."""
    if months < 24:
        return str(ngettext("%(num)s month", "%(num)s months", months))
    return str(ngettext("%(num)s year", "%(num)s years", months // 12))


def distance(metres: int) -> str:
    """Near by in metres, far off in kilometres."""
    if metres < 1000:
        return str(_("%(count)s m", count=number(metres)))
    return str(_("%(count)s km", count=number(round(metres / 1000, 1))))


FILTERS = {
    "pairs": pairs,
    "topics": topics,
    "zip_self": zip_self,
    "clock_time": clock_time,
    "day": day,
    "calendar_date": calendar_date,
    "short_day": short_day,
    "long_day": long_day,
    "day_and_time": day_and_time,
    "number": number,
    "unit": unit,
    "signed": signed,
    "distance": distance,
    "mask_phone": mask,
    "write_phone": format_for_people,
    "input_moment": input_moment,
}
GLOBALS = {"window_words": window, "ago_words": ago, "initial": initial, "birthday_words": birthday, "age_words": age}
