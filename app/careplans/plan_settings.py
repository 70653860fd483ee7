"""What a plan says: whom it is for, when it is due, what is done, and in which season. Read and checked from its stored
form; pure. Each kind of plan has its own timing, and its own ways to act.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from app.careplans.segments import Segment, parse_segment, segment_json
from app.core.errors import Invalid
from app.core.i18n import LOCALES, N_, Text3, Worded
from app.customers.values import ContactKind, Tier
from app.tasks.kinds import Reason

_T = TypeVar("_T")


class PlanKind(StrEnum):
    CADENCE = "cadence"
    AFTER_PURCHASE = "after_purchase"
    REPLENISHMENT = "replenishment"
    BIRTHDAY = "birthday"
    FESTIVAL = "festival"
    MILESTONE = "milestone"
    WIN_BACK = "win_back"
    RECOVERY = "recovery"
    PROMOTION = "promotion"

    @property
    def contact_kind(self) -> ContactKind:
        return ContactKind(self.value)


class By(StrEnum):
    """The way a touch is made: three types of task, or a text that belongs to no task."""

    CALLBACK = "callback"
    HOME_VISIT = "home_visit"
    DELIVERY = "delivery"
    SMS = "sms"


class Festival(StrEnum):
    NEW_YEAR = "new_year"
    SPRING_FESTIVAL = "spring_festival"
    EASTER = "easter"
    MID_AUTUMN = "mid_autumn"
    CHRISTMAS = "christmas"


@dataclass(frozen=True)
class CadenceTiming:
    """Months between two contacts by tier; a tier left out is not looked after by this plan."""

    months: Mapping[str, int]
    grace_percent: int = 20


@dataclass(frozen=True)
class AfterPurchaseTiming:
    """Days after the purchase; the product's own follow-up day wins."""

    days: int = 3


@dataclass(frozen=True)
class ReplenishmentTiming:
    days_before: int = 3
    days_before_with_delivery: int = 5
    until_age_months: int = 36


@dataclass(frozen=True)
class BirthdayTiming:
    """`with_members`: the children of the household too, with their guardian's consent."""

    days_before: int = 0
    with_members: bool = True


@dataclass(frozen=True)
class FestivalTiming:
    festival: Festival
    days_before: int = 0


@dataclass(frozen=True)
class MilestoneTiming:
    age_months: tuple[int, ...]
    tips: Mapping[int, Text3]
    """What to tell at that age, in words of the shop."""


@dataclass(frozen=True)
class WinBackTiming:
    """Own cycles without a purchase; days for who has no cycle of his own yet."""

    cycles: float = 1.5
    fallback_days: int = 120


@dataclass(frozen=True)
class RecoveryTiming:
    days_after_closing: int = 7


@dataclass(frozen=True)
class PromotionTiming:
    """A promotion has no rule of time: a person gives it its day."""


Timing = (
    CadenceTiming
    | AfterPurchaseTiming
    | ReplenishmentTiming
    | BirthdayTiming
    | FestivalTiming
    | MilestoneTiming
    | WinBackTiming
    | RecoveryTiming
    | PromotionTiming
)


@dataclass(frozen=True)
class Action:
    """`words` is the text of an SMS, or what the associate reads on the task. `hours` is the window on the day, on the
    store's clock."""

    by: By
    minutes: int
    hours: tuple[str, str]
    words: Text3 | None
    made_days_before: int


@dataclass(frozen=True)
class Season:
    """The days on which a touch of this plan may lie, both included; None leaves that side open."""

    since: date | None
    until: date | None

    def holds_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class PlanSettings:
    kind: PlanKind
    segment: Segment
    timing: Timing
    action: Action
    season: Season | None


WAYS: Mapping[PlanKind, tuple[By, ...]] = {
    PlanKind.CADENCE: (By.CALLBACK, By.HOME_VISIT),
    PlanKind.AFTER_PURCHASE: (By.CALLBACK, By.HOME_VISIT, By.SMS),
    PlanKind.REPLENISHMENT: (By.SMS, By.CALLBACK),
    PlanKind.BIRTHDAY: (By.CALLBACK, By.HOME_VISIT, By.DELIVERY, By.SMS),
    PlanKind.FESTIVAL: (By.SMS, By.CALLBACK, By.HOME_VISIT, By.DELIVERY),
    PlanKind.MILESTONE: (By.CALLBACK, By.HOME_VISIT, By.SMS),
    PlanKind.WIN_BACK: (By.CALLBACK, By.HOME_VISIT),
    PlanKind.RECOVERY: (By.CALLBACK, By.HOME_VISIT),
    PlanKind.PROMOTION: (By.SMS, By.CALLBACK),
}
"""Care of a regular customer, an apology and winning somebody back ask for a voice; the rest may be written."""

TASK_REASON: Mapping[PlanKind, Reason] = {
    PlanKind.CADENCE: Reason.CARE,
    PlanKind.AFTER_PURCHASE: Reason.AFTER_PURCHASE,
    PlanKind.REPLENISHMENT: Reason.REPLENISHMENT,
    PlanKind.BIRTHDAY: Reason.BIRTHDAY,
    PlanKind.FESTIVAL: Reason.FESTIVAL,
    PlanKind.MILESTONE: Reason.MILESTONE,
    PlanKind.WIN_BACK: Reason.LAPSED,
    PlanKind.RECOVERY: Reason.COMPLAINT,
    PlanKind.PROMOTION: Reason.PROMOTION,
}
"""The reason of the task that a touch becomes; with the type it chooses the checklist."""

DEFAULT_MINUTES = {By.CALLBACK: 10, By.HOME_VISIT: 45, By.DELIVERY: 30, By.SMS: 0}
DEFAULT_HOURS = ("10:00", "19:00")
FIRST_HOUR, LAST_HOUR = "09:00", "20:00"
"""Nobody is called or visited outside of these, in the customer's zone."""
LONGEST_WORDS = 400
BOOKED_AHEAD = 14
"""Days for which slots are booked ahead; a task can't be made before its slot is booked."""

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_ADDRESS = re.compile(r"https?://|www\.|\b[a-z0-9-]+\.(com|net|org|cn|hk|tw|co|io|me)\b", re.IGNORECASE)
_ASKS_FOR_REPLY = re.compile(
    r"\b(reply|text back|respond with)\b|回复|回覆|回復|请回|請回"
    r"|退订|退訂|取消订阅|取消訂閱|\b(STOP|UNSUBSCRIBE|TD)\b",
    re.IGNORECASE,
)


# Reading


def parse(kind: PlanKind | str, data: Any) -> PlanSettings:
    """The settings of a plan of this kind; raises Invalid that names every faulty field at once."""
    kind = PlanKind(kind)
    if not isinstance(data, Mapping):
        raise Invalid(errors={"settings": [N_("Give the plan's segment, timing, action and season.")]})
    faults: dict[str, Any] = {
        str(name): [N_("There is no such field.")] for name in set(data) - {"segment", "timing", "action", "season"}
    }
    segment = _part(faults, "segment", parse_segment, data.get("segment"))
    timing = _part(faults, "timing", _TIMINGS[kind], _mapping(data.get("timing")))
    action = _part(faults, "action", lambda raw: _action(kind, raw), _mapping(data.get("action")))
    season = _part(faults, "season", _season, data.get("season"))
    if faults or segment is None or timing is None or action is None:
        raise Invalid(errors=faults)
    return PlanSettings(kind=kind, segment=segment, timing=timing, action=action, season=season)


def settings_json(settings: PlanSettings) -> dict[str, Any]:
    """As it is stored; `parse` reads it back."""
    action, season = settings.action, settings.season
    return {
        "segment": segment_json(settings.segment),
        "timing": _timing_json(settings.timing),
        "action": {
            "by": action.by.value,
            "minutes": action.minutes,
            "hours": list(action.hours),
            "words": action.words,
            "made_days_before": action.made_days_before,
        },
        "season": season
        and {
            "from": season.since.isoformat() if season.since else None,
            "until": season.until.isoformat() if season.until else None,
        },
    }


def _timing_json(timing: Timing) -> dict[str, Any]:
    if isinstance(timing, MilestoneTiming):
        return {
            "age_months": list(timing.age_months),
            "tips": {str(age): words for age, words in timing.tips.items()},
        }
    return asdict(timing)


def _part(faults: dict[str, Any], name: str, read: Callable[[Any], _T], raw: Any) -> _T | None:
    try:
        return read(raw)
    except Invalid as invalid:
        faults[name] = invalid.errors
        return None


def _mapping(raw: Any) -> Any:
    return {} if raw is None else raw


class _Reader:
    """Takes the fields of one mapping, collects what is wrong with each, and refuses what nobody asked for."""

    def __init__(self, raw: Any) -> None:
        self.faults: dict[str, Any] = {}
        if not isinstance(raw, Mapping):
            raise Invalid(errors={"_schema": [N_("Give a group of named fields.")]})
        self.raw = raw
        self.asked: set[str] = set()

    def get(self, name: str) -> Any:
        self.asked.add(name)
        return self.raw.get(name)

    def fault(self, name: str, message: Any) -> None:
        self.faults.setdefault(name, message if isinstance(message, Mapping) else [message])

    def whole(self, name: str, *, low: int, high: int, default: int) -> int:
        value = self.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(name, between(low, high))
            return default
        return value

    def yes_or_no(self, name: str, *, default: bool) -> bool:
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(name, N_("Say yes or no."))
            return default
        return value

    def close(self) -> None:
        for name in set(self.raw) - self.asked:
            self.fault(str(name), N_("There is no such field."))
        if self.faults:
            raise Invalid(errors=self.faults)


def between(low: int, high: int) -> Worded:
    return Worded(N_("Give a whole number from %(low)s to %(high)s."), low=str(low), high=str(high))


def _cadence(raw: Any) -> CadenceTiming:
    fields = _Reader(raw)
    grace = fields.whole("grace_percent", low=0, high=100, default=20)
    months = fields.get("months")
    found: dict[str, int] = {}
    if not isinstance(months, Mapping) or not months:
        fields.fault("months", N_("Give the months between two contacts for at least one tier."))
    else:
        wrong: dict[str, Any] = {}
        for tier, count in months.items():
            if tier not in tuple(Tier):
                wrong[str(tier)] = [N_("There is no such tier.")]
            elif isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 24:
                wrong[str(tier)] = [between(1, 24)]
            else:
                found[str(tier)] = count
        if wrong:
            fields.fault("months", wrong)
    fields.close()
    return CadenceTiming(months=found, grace_percent=grace)


def _after_purchase(raw: Any) -> AfterPurchaseTiming:
    fields = _Reader(raw)
    timing = AfterPurchaseTiming(days=fields.whole("days", low=1, high=365, default=3))
    fields.close()
    return timing


def _replenishment(raw: Any) -> ReplenishmentTiming:
    fields = _Reader(raw)
    timing = ReplenishmentTiming(
        days_before=fields.whole("days_before", low=0, high=30, default=3),
        days_before_with_delivery=fields.whole("days_before_with_delivery", low=0, high=30, default=5),
        until_age_months=fields.whole("until_age_months", low=1, high=240, default=36),
    )
    fields.close()
    return timing


def _birthday(raw: Any) -> BirthdayTiming:
    fields = _Reader(raw)
    timing = BirthdayTiming(
        days_before=fields.whole("days_before", low=0, high=14, default=0),
        with_members=fields.yes_or_no("with_members", default=True),
    )
    fields.close()
    return timing


def _festival(raw: Any) -> FestivalTiming:
    fields = _Reader(raw)
    name = fields.get("festival")
    known = isinstance(name, str) and name in tuple(Festival)
    if not known:
        fields.fault("festival", N_("Choose one of the festivals."))
    days_before = fields.whole("days_before", low=0, high=14, default=0)
    fields.close()
    return FestivalTiming(festival=Festival(name), days_before=days_before)


def _milestone(raw: Any) -> MilestoneTiming:
    fields = _Reader(raw)
    ages, tips = fields.get("age_months"), fields.get("tips")
    if (
        not isinstance(ages, Sequence)
        or isinstance(ages, str)
        or not 1 <= len(ages) <= 24
        or not all(isinstance(age, int) and not isinstance(age, bool) and 0 <= age <= 216 for age in ages)
    ):
        fields.fault("age_months", N_("Give one to 24 ages in months, each from 0 to 216."))
        ages = ()
    found: dict[int, Text3] = {}
    if tips is not None and not isinstance(tips, Mapping):
        fields.fault("tips", N_("Give the words for each age."))
    else:
        wrong: dict[str, Any] = {}
        for age, words in (tips or {}).items():
            if not str(age).isascii() or not str(age).isdigit() or int(age) not in ages:
                wrong[str(age)] = [N_("This age is not among the plan's ages.")]
            elif fault := words_fault(words):
                wrong[str(age)] = fault
            else:
                found[int(age)] = {locale: words[locale].strip() for locale in LOCALES}
        if wrong:
            fields.fault("tips", wrong)
    fields.close()
    return MilestoneTiming(age_months=tuple(sorted(set(ages))), tips=found)


def _win_back(raw: Any) -> WinBackTiming:
    fields = _Reader(raw)
    cycles = fields.get("cycles")
    if cycles is None:
        cycles = 1.5
    elif isinstance(cycles, bool) or not isinstance(cycles, int | float) or not 1 <= cycles <= 5:
        fields.fault("cycles", Worded(N_("Give a number from %(low)s to %(high)s."), low="1", high="5"))
    fallback = fields.whole("fallback_days", low=14, high=730, default=120)
    fields.close()
    return WinBackTiming(cycles=float(cycles), fallback_days=fallback)


def _recovery(raw: Any) -> RecoveryTiming:
    fields = _Reader(raw)
    timing = RecoveryTiming(days_after_closing=fields.whole("days_after_closing", low=1, high=60, default=7))
    fields.close()
    return timing


def _promotion(raw: Any) -> PromotionTiming:
    _Reader(raw).close()
    return PromotionTiming()


_TIMINGS: Mapping[PlanKind, Callable[[Any], Timing]] = {
    PlanKind.CADENCE: _cadence,
    PlanKind.AFTER_PURCHASE: _after_purchase,
    PlanKind.REPLENISHMENT: _replenishment,
    PlanKind.BIRTHDAY: _birthday,
    PlanKind.FESTIVAL: _festival,
    PlanKind.MILESTONE: _milestone,
    PlanKind.WIN_BACK: _win_back,
    PlanKind.RECOVERY: _recovery,
    PlanKind.PROMOTION: _promotion,
}


def _action(kind: PlanKind, raw: Any) -> Action:
    fields = _Reader(raw)
    by = _by(fields, kind)
    minutes = fields.whole("minutes", low=0 if by is By.SMS else 5, high=240, default=DEFAULT_MINUTES[by])
    hours = _hours(fields)
    words = fields.get("words")
    if words is not None and (fault := words_fault(words)):
        fields.fault("words", fault)
    if words is None and by is By.SMS and kind in _NEEDS_WORDS:
        fields.fault("words", N_("A text needs its words in all three languages."))
    made = fields.whole("made_days_before", low=0, high=BOOKED_AHEAD, default=3)
    fields.close()
    return Action(
        by=by,
        minutes=0 if by is By.SMS else minutes,
        hours=hours,
        words={locale: words[locale].strip() for locale in LOCALES} if words else None,
        made_days_before=made,
    )


_NEEDS_WORDS = frozenset(set(PlanKind) - {PlanKind.REPLENISHMENT})
"""What is used up, and how to order it, is written by whoever sends the text; all else brings its own words."""


def _by(fields: _Reader, kind: PlanKind) -> By:
    raw = fields.get("by")
    if isinstance(raw, str) and raw in tuple(By) and By(raw) in WAYS[kind]:
        return By(raw)
    fields.fault("by", N_("A plan of this kind can't act in this way."))
    return WAYS[kind][0]


def _hours(fields: _Reader) -> tuple[str, str]:
    raw = fields.get("hours")
    if raw is None:
        return DEFAULT_HOURS
    if (
        not isinstance(raw, Sequence)
        or isinstance(raw, str)
        or len(raw) != 2
        or not all(isinstance(mark, str) and _TIME.fullmatch(mark) for mark in raw)
    ):
        fields.fault("hours", N_("Give two times such as 10:00 and 19:00."))
        return DEFAULT_HOURS
    opens, closes = raw
    if opens >= closes:
        fields.fault("hours", N_("The window must end after it starts."))
    elif opens < FIRST_HOUR or closes > LAST_HOUR:
        fields.fault("hours", N_("Nobody is contacted before 9:00 or after 20:00."))
    return opens, closes


def words_fault(words: Any) -> Any:
    """What is wrong with a text in three languages, per language; None when nothing is.

    Mainland numbers take no links, and most countries no reply words of ours, so a plan's words bring neither.
    """
    if not isinstance(words, Mapping) or set(words) - set(LOCALES):
        return [N_("Give the words in all three languages.")]
    faults = {locale: [fault] for locale in LOCALES if (fault := _one_text_fault(words.get(locale)))}
    return faults or None


def _one_text_fault(text: Any) -> str | None:
    if not isinstance(text, str) or not text.strip():
        return N_("Words are missing in this language.")
    if len(text) > LONGEST_WORDS:
        return Worded(N_("At most %(count)s characters."), count=str(LONGEST_WORDS))
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        return N_("This text holds characters that can't be kept.")
    if "{" in text or "}" in text:
        return N_("The shop and the name are put before these words; write them without placeholders.")
    if _ADDRESS.search(text):
        return N_("These words may hold no internet address: some countries refuse such texts.")
    if _ASKS_FOR_REPLY.search(text):
        return N_("These words may not ask for a reply: what to answer is added where a country allows it.")
    return None


def _season(raw: Any) -> Season | None:
    if raw is None:
        return None
    fields = _Reader(raw)
    since, until = _day(fields, "from"), _day(fields, "until")
    if since and until and until < since:
        fields.fault("until", N_("The end must not lie before the beginning."))
    fields.close()
    return Season(since, until) if since or until else None


def _day(fields: _Reader, name: str) -> date | None:
    raw = fields.get(name)
    if raw is None or raw == "":
        return None
    try:
        return date.fromisoformat(raw)
    except (TypeError, ValueError):
        fields.fault(name, N_("Give a day such as 2027-01-31."))
        return None
