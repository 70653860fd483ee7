"""The proof sheet: what was agreed, what was done and how it ended, in the customer's own words and language.

One reading serves the page, the paper and the API. It shows what was done and seen, never what colleagues write for
each other: notes, free text of the checklist, distances and exceptions stay inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask_babel import force_locale, gettext, ngettext
from sqlalchemy import exists, select

from app.core import files
from app.core.db import db
from app.core.i18n import DEFAULT_LOCALE, LOCALES, N_, pick
from app.core.phone import format_for_people
from app.messaging.words import given_name
from app.people import queries as people
from app.people.access import Actor
from app.tasks import queries
from app.tasks.kinds import EvidenceKind, FailReason, Heart, ItemKind, Link, Status, TaskType
from app.tasks.models import Blob, Promise, Task
from app.tasks.proof_links import PROVEN, NothingToProve

INSIDE = frozenset({"news", "file_updated"})
"""Items of the shipped checklists that remind the associate of something and mean nothing to the customer."""
NONE = "none"
"""The choice that says: not this time."""

KINDS = {
    "home_visit": N_("Home visit"),
    "callback": N_("Phone call"),
    "bring": N_("Delivery"),
    "collect": N_("Collection"),
    "return": N_("Return"),
}
HEARTS = {
    Heart.CARE: N_("Care"),
    Heart.SINCERITY: N_("Sincerity"),
    Heart.THOUGHTFULNESS: N_("Thoughtfulness"),
    Heart.DETAIL: N_("Detail"),
    Heart.CONSCIENCE: N_("Conscience"),
}
OUTCOMES = {
    Status.COMPLETED: N_("Done"),
    Status.PARTLY: N_("Partly done"),
    Status.FAILED: N_("It could not be done this time"),
}
TONES = {Status.COMPLETED: "ok", Status.PARTLY: "warning", Status.FAILED: "warning"}
WHY = {
    FailReason.NO_ANSWER: N_("Nobody answered the phone."),
    FailReason.NOT_AT_HOME: N_("Nobody was at home."),
    FailReason.REFUSED: N_("You did not wish it this time."),
    FailReason.WRONG_ADDRESS: N_("We could not find the address."),
    FailReason.WRONG_NUMBER: N_("The phone number we have did not work."),
    FailReason.OUT_OF_STOCK: N_("What you were to get was out of stock."),
    FailReason.UNSAFE: N_("The work could not be done safely."),
    FailReason.OTHER: N_("Something came in between."),
}
NEXT = {
    FailReason.NO_ANSWER: N_("We will try again. A call from you helps us to find a good time."),
    FailReason.NOT_AT_HOME: N_("Let us find another time: please call us whenever it suits you."),
    FailReason.REFUSED: N_("Should you change your mind, a call is enough."),
    FailReason.WRONG_ADDRESS: N_("Please tell us the right address, and we will come."),
    FailReason.WRONG_NUMBER: N_("Please tell us the right number, and we will call."),
    FailReason.OUT_OF_STOCK: N_("We will tell you as soon as it is there."),
    FailReason.UNSAFE: N_("We will call you and find another way."),
    FailReason.OTHER: N_("Let us find another time: please call us whenever it suits you."),
}


@dataclass(frozen=True)
class Done:
    """One thing that was done or seen; `is_good` is false for a check that did not go well."""

    text: str
    answer: str
    is_good: bool


@dataclass(frozen=True)
class HeartDone:
    heart: str
    word: str
    items: Sequence[Done]


@dataclass(frozen=True)
class Goods:
    """`delivered` is None when nobody counted; then the rest is unknown too."""

    name: str
    quantity: int
    delivered: int | None
    refused: int
    short: int


@dataclass(frozen=True)
class Picture:
    id: int
    kind: str
    caption: str
    taken: str
    captured_at: datetime
    sha256: str
    media_type: str
    width: int
    height: int
    is_there: bool
    """Pictures are kept for a while only; that one was taken stays true."""


@dataclass(frozen=True)
class Step:
    """A moment of the work: what happened, and when in the store's zone."""

    key: str
    word: str
    time: str
    at: datetime


@dataclass(frozen=True)
class Party:
    name: str
    address: str
    phone: str = ""


@dataclass(frozen=True)
class Outcome:
    status: str
    tone: str
    title: str
    why: str
    next: str


@dataclass(frozen=True, kw_only=True)
class ProofSheet:
    """Everything a sheet says. All texts are in `locale`, all times in `zone`."""

    task_id: int
    number: str
    type: str
    direction: str | None
    kind: str
    locale: str
    zone: str
    shop: Party
    customer: Party
    who: str
    day: str
    agreed: str
    was_told: bool
    steps: Sequence[Step]
    kept: str
    is_late: bool
    outcome: Outcome
    hearts: Sequence[HeartDone]
    goods: Sequence[Goods]
    pictures: Sequence[Picture]
    checked: Sequence[str]
    rating: int | None
    rated: str
    ended_at: datetime

    @property
    def photos(self) -> list[Picture]:
        return [one for one in self.pictures if one.kind == EvidenceKind.PHOTO]

    @property
    def signatures(self) -> list[Picture]:
        return [one for one in self.pictures if one.kind == EvidenceKind.SIGNATURE]


def read(task_id: int, *, now: datetime) -> ProofSheet:
    """The sheet of an ended task as it stands. Whoever asks has been let in already; raises NothingToProve."""
    view = queries.view(task_id, actor=Actor.system(), now=now)
    if view["status"] not in PROVEN:
        raise NothingToProve()
    wanted = view["customer"]["locale"]
    locale = wanted if wanted in LOCALES else DEFAULT_LOCALE
    with force_locale(locale):
        return _sheet(view, locale=locale)


def _sheet(view: dict[str, Any], *, locale: str) -> ProofSheet:
    zone = ZoneInfo(view["zone"])
    store = people.store(view["store_id"])
    start, end, was_told = _agreed(view)
    kind = KINDS[view["direction"] or view["type"]]
    steps = _steps(view, zone=zone)
    kept, is_late = _kept(view, start=start, end=end)
    return ProofSheet(
        task_id=view["id"],
        number=view["number"],
        type=view["type"],
        direction=view["direction"],
        kind=gettext(kind),
        locale=locale,
        zone=view["zone"],
        shop=Party(store.name, store.address or "", format_for_people(store.phone) if store.phone else ""),
        customer=Party(view["customer"]["name"], view["customer"]["address"] or ""),
        who=given_name((view["assignee"] or {}).get("name", "")),
        day=_day(_moment(view["arrived_at"] or view["started_at"] or view["ended_at"]), zone, locale),
        agreed=_window(start, end, zone=zone, locale=locale),
        was_told=was_told,
        steps=steps,
        kept=kept,
        is_late=is_late,
        outcome=_outcome(view, zone=zone, locale=locale),
        hearts=_hearts(view["checklist"], locale=locale),
        goods=[_goods(line) for line in view["lines"]],
        pictures=_pictures(view, zone=zone, locale=locale),
        checked=_checked(view, zone=zone),
        rating=view["rating"],
        rated=gettext(HEARTS[Heart(view["rated_heart"])]) if view["rated_heart"] else "",
        ended_at=_moment(view["ended_at"]),
    )


# When


def _moment(text: str | datetime) -> datetime:
    return text if isinstance(text, datetime) else datetime.fromisoformat(text)


def _day(moment: datetime, zone: ZoneInfo, locale: str) -> str:
    local: date = moment.astimezone(zone).date()
    return str(format_date(local, "full", locale=locale))


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}"


def _window(start: datetime, end: datetime, *, zone: ZoneInfo, locale: str) -> str:
    return f"{_day(start, zone, locale)} {_clock(start, zone)}–{_clock(end, zone)}"


def _agreed(view: dict[str, Any]) -> tuple[datetime, datetime, bool]:
    """The window that the customer was told last, or the planned one when nobody told any."""
    told = [one for one in view["promised"] if one["kind"] == "window"]
    if told:
        return _moment(told[-1]["start"]), _moment(told[-1]["end"]), True
    return _moment(view["window_start"]), _moment(view["window_end"]), False


def _steps(view: dict[str, Any], *, zone: ZoneInfo) -> list[Step]:
    is_call = view["type"] == TaskType.CALLBACK
    words = {
        "started_at": gettext("Called") if is_call else gettext("Set out"),
        "arrived_at": gettext("Arrived"),
        "ended_at": gettext("Ended"),
    }
    known = ((name, _moment(view[name])) for name in words if view[name])
    return [Step(name.removesuffix("_at"), words[name], _clock(at, zone), at) for name, at in known]


def _kept(view: dict[str, Any], *, start: datetime, end: datetime) -> tuple[str, bool]:
    """Did we come within the agreed time? Nothing is said when nobody noted the arrival, or when we came early."""
    is_call = view["type"] == TaskType.CALLBACK
    came = view["started_at"] if is_call else view["arrived_at"]
    if came is None or _moment(came) < start:
        return "", False
    minutes = int((_moment(came) - end).total_seconds() // 60)
    if minutes <= 0:
        kept = gettext("We called within the agreed time.") if is_call else gettext("We came within the agreed time.")
        return kept, False
    return (
        ngettext(
            "We were %(num)s minute later than agreed. We are sorry.",
            "We were %(num)s minutes later than agreed. We are sorry.",
            minutes,
        ),
        True,
    )


# What


def _hearts(checklist: Sequence[dict[str, Any]], *, locale: str) -> list[HeartDone]:
    shown = [
        (item["heart"], done)
        for item in checklist
        if item["visible"] and item["key"] not in INSIDE and (done := _done(item, locale=locale)) is not None
    ]
    grouped = {heart: [done for each, done in shown if each == heart] for heart in Heart}
    return [HeartDone(heart.value, gettext(HEARTS[heart]), items) for heart, items in grouped.items() if items]


def _done(item: dict[str, Any], *, locale: str) -> Done | None:
    """An answered item in words; None for what says nothing to the customer or stands elsewhere on the sheet."""
    kind, answer, label = item["kind"], item["answer"], pick(item["label"], locale)
    if answer in (None, "", [], False):
        return None
    if kind == ItemKind.PASS_FAIL:
        is_good = answer == "pass"
        return Done(label, "" if is_good else gettext("we follow this up"), is_good)
    if kind == ItemKind.NUMBER:
        return Done(label, f"{answer:g} {_unit(item['unit'], locale)}".strip(), True)
    if kind == ItemKind.CHOICE:
        words = {choice["key"]: pick(choice["label"], locale) for choice in item["choices"] or []}
        return None if answer == NONE else Done(label, words.get(answer, ""), True)
    # Free text is written for colleagues; pictures and codes have their own places.
    return Done(label, "", True) if kind == ItemKind.TICK else None


def _unit(unit: Any, locale: str) -> str:
    """The sign for "times" tells nothing beside a count."""
    words = pick(unit, locale) if isinstance(unit, dict) else unit or ""
    return "" if words == "×" else words


def _goods(line: dict[str, Any]) -> Goods:
    delivered, refused = line["delivered"], line["refused"] or 0
    short = 0 if delivered is None else line["quantity"] - delivered - refused
    return Goods(line["name"], line["quantity"], delivered, refused, short)


def _pictures(view: dict[str, Any], *, zone: ZoneInfo, locale: str) -> list[Picture]:
    """Photos first, then signatures, each in the order in which they were taken."""
    labels = {item["key"]: pick(item["label"], locale) for item in view["checklist"]}
    shown = [one for one in view["evidence"] if one["blob_id"]]
    ids = [UUID(one["blob_id"]) for one in shown]
    blobs = {blob.id: blob for blob in db.session.scalars(select(Blob).where(Blob.id.in_(ids)))} if ids else {}
    words = {EvidenceKind.PHOTO: gettext("Photo"), EvidenceKind.SIGNATURE: gettext("Signature")}
    found = []
    for one in shown:
        blob, at = blobs[UUID(one["blob_id"])], _moment(one["captured_at"])
        found.append(
            Picture(
                id=one["id"],
                kind=one["kind"],
                caption=labels.get(one["item_key"] or "", "") or words[EvidenceKind(one["kind"])],
                taken=f"{format_date(at.astimezone(zone).date(), 'medium', locale=locale)} {_clock(at, zone)}",
                captured_at=at,
                sha256=blob.sha256,
                media_type=blob.media_type,
                width=blob.width,
                height=blob.height,
                is_there=files.path_of(blob.sha256).exists(),
            )
        )
    return sorted(found, key=lambda one: (one.kind != EvidenceKind.PHOTO, one.captured_at, one.id))


def _checked(view: dict[str, Any], *, zone: ZoneInfo) -> list[str]:
    """What shows that we really were there. A place that is far off is looked at inside; it proves nothing here."""
    found = []
    if view["door_code_checked_at"]:
        time = _clock(_moment(view["door_code_checked_at"]), zone)
        found.append(gettext("Your door code was checked at %(time)s.", time=time))
    places = [one for one in view["evidence"] if one["kind"] == EvidenceKind.PLACE]
    if any(one["distance_metres"] is not None and not one["is_exception"] for one in places):
        found.append(gettext("The place of arrival was confirmed."))
    return found


# How it ended


def _outcome(view: dict[str, Any], *, zone: ZoneInfo, locale: str) -> Outcome:
    status = Status(view["status"])
    return Outcome(
        status=status.value,
        tone=TONES[status],
        title=gettext(OUTCOMES[status]),
        why=_why(view, status),
        next=_next(view, status, zone=zone, locale=locale),
    )


def _why(view: dict[str, Any], status: Status) -> str:
    if status is Status.FAILED:
        return str(gettext(WHY[FailReason(view["end_reason"])])) if view["end_reason"] in set(FailReason) else ""
    if status is Status.COMPLETED:
        return ""
    goods = [_goods(line) for line in view["lines"]]
    if any(line.short for line in goods):
        return str(gettext("Not everything could be handed over."))
    return str(gettext("Not everything could be finished."))


def _next(view: dict[str, Any], status: Status, *, zone: ZoneInfo, locale: str) -> str:
    after = _what_followed(view["id"], Link.CARRIED if status is Status.PARTLY else Link.FOLLOW_UP)
    if after is not None and after.status == Status.COMPLETED:
        day = _day(_moment(after.ended_at or after.window_end), zone, locale)
        if status is Status.PARTLY:
            return str(gettext("The rest was done on %(day)s.", day=day))
        return str(gettext("We took care of it on %(day)s.", day=day))
    if after is not None and after.status in (Status.OPEN, Status.ASSIGNED, Status.ACTIVE) and _is_known(after):
        when = _window(after.window_start, after.window_end, zone=zone, locale=locale)
        if status is Status.PARTLY:
            return str(gettext("The rest follows: %(when)s.", when=when))
        if after.type == TaskType.CALLBACK:
            return str(gettext("We call you again: %(when)s.", when=when))
        return str(gettext("We come again: %(when)s.", when=when))
    if status is Status.PARTLY:
        return str(gettext("The rest follows. We will tell you when."))
    if status is Status.FAILED:
        return str(gettext(NEXT[FailReason(view["end_reason"])])) if view["end_reason"] in set(FailReason) else ""
    return ""


def _what_followed(task_id: int, link: Link) -> Task | None:
    stmt = select(Task).where(Task.parent_id == task_id, Task.link == link.value, Task.status != Status.CANCELLED)
    return db.session.scalar(stmt.order_by(Task.id.desc()).limit(1))


def _is_known(task: Task) -> bool:
    """A time that nobody has told the customer yet may still change; the sheet does not run ahead of it."""
    if task.confirmed_at is not None:
        return True
    told = select(exists().where(Promise.task_id == task.id, Promise.kind == "window"))
    return bool(db.session.scalar(told))


def words_of(sheet: ProofSheet) -> Iterator[str]:
    """Every text on the sheet that comes from data or catalogs."""
    yield from (sheet.number, sheet.kind, sheet.who, sheet.day, sheet.agreed, sheet.kept, sheet.rated)
    for party in (sheet.shop, sheet.customer):
        yield from (party.name, party.address, party.phone)
    yield from (sheet.outcome.title, sheet.outcome.why, sheet.outcome.next)
    for step in sheet.steps:
        yield from (step.word, step.time)
    for heart in sheet.hearts:
        yield heart.word
        for item in heart.items:
            yield from (item.text, item.answer)
    yield from (line.name for line in sheet.goods)
    for picture in sheet.pictures:
        yield from (picture.caption, picture.taken)
    yield from sheet.checked
