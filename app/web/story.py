"""The lines of a customer's story as a page shows them: a sign, a title, words, how it stands, where it leads."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.careplans.reasons import WORDS as WHY_NOT
from app.core.i18n import pick
from app.reports.timeline import Kind, Moment
from app.web import words
from app.web.complaints import STAGE_SIGNS, STAGE_TONES, STAGES
from app.web.formats import calendar_date, clock_time, day_and_time, in_zone, money, number, reader_locale, window
from app.web.pages import to
from app.web.threads import STATES, TROUBLE


@dataclass(frozen=True)
class StoryLine:
    """`tone`, `status` and `sign` make the pill; `words` are quoted when they are the customer's."""

    key: str
    kind: str
    when: str
    icon: str
    title: str
    words: str
    is_quote: bool
    who: str
    status: str
    tone: str
    sign: str
    address: str


def shown(moment: Moment, *, zone: str, now: datetime) -> StoryLine:
    return replace(_SHOW[moment.kind](moment, zone), when=told_at(moment.at, zone, now))


def told_at(at: datetime, zone: str, now: datetime) -> str:
    """Day and time; of another year the year instead of the weekday."""
    if in_zone(at, zone).year == in_zone(now, zone).year:
        return day_and_time(at, zone)
    return f"{calendar_date(in_zone(at, zone))} {clock_time(at, zone)}"


def _purchase(moment: Moment, _zone: str) -> StoryLine:
    locale = reader_locale()
    detail = moment.detail
    lines = [_goods(line, locale) for line in detail["lines"]]
    total = money(Decimal(detail["total"]), detail["currency"])
    return _line(moment, "bag", str(_("Bought for %(total)s", total=total)), words=_joined(lines), who=moment.who or "")


def _goods(line: dict[str, Any], locale: str) -> str:
    words = f"{pick(line['name'], locale)} × {number(line['quantity'])}"
    if not line["returned"]:
        return words
    return str(_("%(goods)s (%(number)s returned)", goods=words, number=number(line["returned"])))


def _task(moment: Moment, zone: str) -> StoryLine:
    detail = moment.detail
    end = datetime.fromisoformat(detail["window_end"])
    what = words.word(words.TASK_TYPES, moment.what)
    why = words.word(words.REASONS, detail["reason"])
    told = [moment.words] if moment.words else []
    if detail["end_reason"]:
        told.insert(0, words.word(words.END_REASONS, detail["end_reason"]))
    if detail["rating"]:
        told.append(str(_("%(stars)s of 5", stars=detail["rating"])))
    return _line(
        moment,
        words.TYPE_SIGNS.get(moment.what, "home"),
        f"{what} · {why} · {window(moment.at, end, zone)}",
        words=" · ".join(told),
        who=moment.who or str(_("nobody yet")),
        status=words.word(words.STATUSES, moment.status),
        tone=words.STATUS_TONES.get(moment.status or "", ""),
        sign=words.STATUS_SIGNS.get(moment.status or "", ""),
        address=to("task", task_id=int(moment.id)),
    )


def _message(moment: Moment, _zone: str) -> StoryLine:
    if moment.what == "in":
        return _line(moment, "chat", str(_("The customer wrote")), words=moment.words, is_quote=True)
    state = str(_(STATES.get(moment.status or "", moment.status or "")))
    return _line(
        moment,
        "send",
        str(_("Text to the customer")),
        words=moment.words,
        who=moment.who or "",
        status=state,
        tone="danger" if moment.status in TROUBLE else "",
    )


def _complaint(moment: Moment, _zone: str) -> StoryLine:
    stage = moment.status or ""
    title = _("Complaint %(number)s", number=moment.detail["number"])
    if moment.detail["is_reaction"]:
        title = _("Complaint %(number)s, the body reacted", number=moment.detail["number"])
    return _line(
        moment,
        "complaint",
        str(title),
        words=moment.words,
        is_quote=True,
        who=moment.who or "",
        status=words.word(STAGES, stage),
        tone=STAGE_TONES.get(stage, ""),
        sign=STAGE_SIGNS.get(stage, ""),
        address=to("complaint", complaint_id=int(moment.id)),
    )


def _note(moment: Moment, _zone: str) -> StoryLine:
    title = _("Between colleagues") if moment.what == "between_colleagues" else _("Note")
    return _line(moment, "note", str(title), words=moment.words, who=moment.who or str(_("Huifang itself")))


def _file(moment: Moment, _zone: str) -> StoryLine:
    if moment.what == "owner":
        title = _("Familiar face: %(name)s", name=moment.who or _("nobody"))
        return _line(moment, "person", str(title), words=words.owner_reason(moment.words))
    detail = moment.detail
    state = words.word(words.CONSENT_STATES, moment.status)
    scope = words.word(words.SCOPES, detail["scope"])
    channel = words.word(words.CHANNELS, detail["channel"])
    source = words.word(words.CONSENT_SOURCES, detail["source"])
    return _line(
        moment,
        "check" if moment.status == "in" else "stop",
        f"{state}: {channel}, {scope} ({source})",
        words=moment.words,
        is_quote=True,
        who=moment.who or "",
    )


def _care(moment: Moment, _zone: str) -> StoryLine:
    kind = words.word(words.CONTACT_KINDS, moment.what)
    reason = moment.detail["reason"] or ""
    title = _("No contact: %(kind)s", kind=kind)
    return _line(moment, "leaf", str(title), words=words.word(WHY_NOT, reason))


_SHOW = {
    Kind.PURCHASE: _purchase,
    Kind.TASK: _task,
    Kind.MESSAGE: _message,
    Kind.COMPLAINT: _complaint,
    Kind.NOTE: _note,
    Kind.FILE: _file,
    Kind.CARE: _care,
}


def _joined(parts: list[str]) -> str:
    return (", " if reader_locale() == "en" else "、").join(parts)


def _line(moment: Moment, icon: str, title: str, **more: Any) -> StoryLine:
    blank = {"words": "", "is_quote": False, "who": "", "status": "", "tone": "", "sign": "", "address": ""}
    return StoryLine(key=moment.key, kind=moment.kind.value, when="", icon=icon, title=title, **{**blank, **more})
