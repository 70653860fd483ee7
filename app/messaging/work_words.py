"""What an SMS to an associate says of changed work: days, times and numbers, never whose work it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from app.messaging import words


class News(StrEnum):
    """What has become of somebody's work."""

    NEW = "new"
    MOVED = "moved"
    ADDRESS = "address"
    GONE = "gone"


@dataclass(frozen=True)
class Change:
    """`at` is when the work begins now; of work that is gone, when it would have begun."""

    news: News
    at: datetime


_ONE: Mapping[str, Mapping[News, str]] = {
    "zh_Hans": {
        News.NEW: "新增{time}",
        News.MOVED: "改到{time}",
        News.ADDRESS: "{time}换地址",
        News.GONE: "取消{time}",
    },
    "zh_Hant": {
        News.NEW: "新增{time}",
        News.MOVED: "改到{time}",
        News.ADDRESS: "{time}換地址",
        News.GONE: "取消{time}",
    },
    "en": {
        News.NEW: "new {time}",
        News.MOVED: "moved to {time}",
        News.ADDRESS: "new address {time}",
        News.GONE: "off {time}",
    },
}
_SEVERAL: Mapping[str, Mapping[News, str]] = {
    "zh_Hans": {
        News.NEW: "新增{count}项（{time}起）",
        News.MOVED: "改时间{count}项",
        News.ADDRESS: "换地址{count}项",
        News.GONE: "取消{count}项",
    },
    "zh_Hant": {
        News.NEW: "新增{count}項（{time}起）",
        News.MOVED: "改時間{count}項",
        News.ADDRESS: "換地址{count}項",
        News.GONE: "取消{count}項",
    },
    "en": {
        News.NEW: "{count} new from {time}",
        News.MOVED: "{count} moved",
        News.ADDRESS: "{count} new addresses",
        News.GONE: "{count} off",
    },
}
_ORDER = {news: place for place, news in enumerate(News)}
_BETWEEN = {"zh_Hans": ("：", "，", "；"), "zh_Hant": ("：", "，", "；"), "en": (": ", ", ", "; ")}


def told(changes: Sequence[Change], *, zone: str, locale: str) -> str:
    """ "3月11日周四：新增2项（10:00起），取消14:00；3月12日周五：改到09:30"."""
    after_day, between, between_days = _BETWEEN[locale]
    local = ZoneInfo(zone)

    def by_day(change: Change) -> object:
        return change.at.astimezone(local).date()

    days = []
    for _day, of_day in groupby(sorted(changes, key=lambda one: (one.at, _ORDER[one.news])), key=by_day):
        found = list(of_day)
        parts = [_part([one for one in found if one.news is news], zone=zone, locale=locale) for news in News]
        day = words.day(found[0].at, zone=zone, locale=locale)
        days.append(day + after_day + between.join(part for part in parts if part))
    return between_days.join(days)


def _part(alike: Sequence[Change], *, zone: str, locale: str) -> str:
    if not alike:
        return ""
    wording = (_ONE if len(alike) == 1 else _SEVERAL)[locale][alike[0].news]
    return wording.format(time=words.clock(alike[0].at, zone=zone), count=len(alike))
