"""The rehearsal: a store's day played before it happens, with the texts in force or with a draft of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.errors import Invalid, NotFound
from app.core.i18n import LOCALES, N_
from app.messaging import queries
from app.messaging.kinds import Kind
from app.messaging.models import Reach
from app.messaging.stage import Course, Fate
from app.messaging.templates import VARIABLES
from app.messaging.wordings import DraftWording
from app.people.access import Role
from app.people.auth import requires
from app.people.models import Store
from app.reports.rehearsal import CustomerPart, PlayedText, Rehearsal, Wanted, rehearse
from app.web.formats import day_and_time, local_day, price
from app.web.forms import Reader
from app.web.office import texts
from app.web.office.texts import KINDS, LONGEST, TASK_TYPE_VALUES
from app.web.pages import actor, day_of, moment, page, web
from app.web.shop import own_stores, store_in_view

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
CUSTOMERS = 50
COURSES = {"likely": N_("Everything goes as planned"), "could_not_meet": N_("Nobody is met")}
FATES = {
    "goes": N_("goes out"),
    "held": N_("held"),
    "expired": N_("expires"),
    "suppressed": N_("not sent"),
    "cancelled": N_("taken back"),
}
FATE_TONES = {"goes": "ok", "held": "night", "expired": "warning", "suppressed": "danger", "cancelled": ""}
FATE_SIGNS = {"goes": "send", "held": "moon", "expired": "clock", "suppressed": "stop", "cancelled": "undo"}


@dataclass(frozen=True)
class Figure:
    """One number on top of the page; `fate` leads to those it counts."""

    value: str
    words: str
    sign: str
    fate: str = ""
    tone: str = ""
    note: str = ""


OPEN_CARDS = 4
"""The first customers lie open; the others open at a touch, so that a phone can hold a day."""


@dataclass(frozen=True)
class Hour:
    starts_at: datetime
    messages: int
    segments: int
    share: float
    cost: str


@web.get("/rehearsal")
@requires(*DESK)
def rehearsal() -> str:
    return _page(request.args, draft=None)


@web.post("/rehearsal")
@requires(*DESK)
def rehearse_draft() -> Any:
    """The same page, played with a wording that is not published: it comes with the form and is kept nowhere."""
    try:
        return _page(request.form, draft=_draft_in_form())
    except Invalid as problem:
        # Back to the desk of the writer, with the draft as it was.
        written = Reader(request.form).integer("template")
        if written is None or not actor().is_head_office:
            raise
        return texts.editor_with(queries.template(written), problem), problem.status


def _draft_in_form() -> DraftWording:
    form = Reader(request.form)
    kind = form.choice("kind", [kind.value for kind in VARIABLES])
    task_type = form.text("task_type")
    if task_type not in TASK_TYPE_VALUES:
        form.complain("task_type", N_("Please choose one of the list."))
    reach = form.choice("reach", [reach.value for reach in Reach])
    words = {locale: form.text(f"text-{locale}", required=True, longest=LONGEST) for locale in LOCALES}
    form.check()
    return DraftWording(Kind(kind), task_type, Reach(reach), words)


def _page(asked: Mapping[str, str], *, draft: DraftWording | None) -> str:
    store = _store(asked)
    now = moment()
    today = local_day(now, store.zone)
    # In the evening nothing of the day lies ahead any more; then the next day is the one to look at.
    usual = today if now.astimezone(ZoneInfo(store.zone)).hour < 18 else today + timedelta(days=1)
    shown_day = day_of(asked.get("date", "")) or usual
    course = Course(asked["course"]) if asked.get("course") in set(Course) else Course.LIKELY
    fate = Fate(asked["fate"]) if asked.get("fate") in FATES else None
    wanted = Wanted(store_id=store.id, day=shown_day, course=course, afresh=asked.get("afresh") == "1", draft=draft)
    played = rehearse(wanted, actor=actor(), now=now)
    parts, next_cursor = played.page(cursor=asked.get("cursor") or None, limit=CUSTOMERS, fate=fate)
    return page(
        "rehearsal.html",
        store=store,
        stores=own_stores(actor()),
        zone=store.zone,
        now=now,
        shown_day=shown_day,
        today=today,
        day_before=shown_day - timedelta(days=1),
        day_after=shown_day + timedelta(days=1),
        is_over=shown_day < today,
        played=played,
        course=course.value,
        courses=COURSES,
        fate=fate.value if fate else "",
        figures=_figures(played),
        notes=_notes(played),
        hours=_hours(played),
        why_words=why_words,
        day_and_time_of=day_and_time,
        parts=parts,
        open_cards=len(parts) if len(parts) <= OPEN_CARDS * 2 else OPEN_CARDS,
        halted=_halted,
        next_cursor=next_cursor,
        cost_words=cost_words,
        text_cost=text_cost,
        kinds=KINDS,
        fates=FATES,
        tones=FATE_TONES,
        signs=FATE_SIGNS,
        draft=draft,
        asked=asked,
    )


def _store(asked: Mapping[str, str]) -> Store:
    """Of the address, as on every page of the desk; a draft brings its own along in its form."""
    wanted = asked.get("store", "")
    if request.method == "GET" or not wanted:
        return store_in_view(actor())
    stores = {str(store.id): store for store in own_stores(actor())}
    if wanted not in stores:
        raise NotFound
    return stores[wanted]


def _figures(played: Rehearsal) -> list[Figure]:
    fates = played.fates
    costs = played.total.costs or {}
    figures = [
        Figure(str(played.total.messages), _("texts go out"), "chat", fate="goes"),
        Figure(str(played.total.segments), _("SMS to pay for"), "phone"),
        Figure(cost_words(costs), _("what they cost"), "bag"),
        Figure(str(played.total.held), _("held for a while"), "moon", fate="held", tone="night"),
        Figure(str(fates.get(Fate.EXPIRED, 0)), _("expire"), "clock", fate="expired", tone="warning"),
        Figure(str(fates.get(Fate.SUPPRESSED, 0)), _("are not sent"), "stop", fate="suppressed", tone="danger"),
    ]
    if fates.get(Fate.CANCELLED):
        figures.append(Figure(str(fates[Fate.CANCELLED]), _("are taken back"), "undo", fate="cancelled"))
    return figures


def _notes(played: Rehearsal) -> list[str]:
    """What the numbers leave out."""
    notes = [ngettext("%(num)s task is played.", "%(num)s tasks are played.", played.tasks)]
    if played.is_cut:
        notes.append(_("The day has more; only the first ones are played."))
    if played.already_sent:
        notes.append(
            ngettext("%(num)s text has gone out already.", "%(num)s texts have gone out already.", played.already_sent)
        )
    if played.without_phone:
        notes.append(
            ngettext(
                "%(num)s task is for a customer without a mobile number.",
                "%(num)s tasks are for customers without a mobile number.",
                played.without_phone,
            )
        )
    notes.append(_("What customers answer is not played."))
    return notes


def _hours(played: Rehearsal) -> list[Hour]:
    most = max((each.segments for _hour, each in played.hours), default=1)
    return [
        Hour(
            starts_at=hour,
            messages=each.messages,
            segments=each.segments,
            share=round(100 * each.segments / most, 1),
            cost=cost_words(each.costs),
        )
        for hour, each in played.hours
    ]


def _halted(part: CustomerPart) -> list[tuple[str, int]]:
    """What of this customer's texts does not simply go: fate and number."""
    counted = Counter(text.fate.value for text in part.texts if text.fate is not Fate.GOES)
    late = sum(text.fate is Fate.GOES and bool(text.delays) for text in part.texts)
    if late:
        counted[Fate.HELD.value] += late
    return counted.most_common()


def why_words(text: PlayedText, zone: str, when: Any) -> list[str]:
    """Why it waits and until when, and what becomes of it in the end."""
    found = []
    for delay in text.delays:
        reason = str(_(delay.reason))
        if text.fate is Fate.HELD:
            found.append(_("held until somebody has asked: %(reason)s", reason=reason))
        else:
            found.append(_("held until %(time)s: %(reason)s", time=when(delay.until, zone), reason=reason))
    if text.reason and text.fate is not Fate.HELD:
        found.append(f"{_(FATES[text.fate.value])}: {_(text.reason)}")
    return found


def cost_words(costs: Mapping[str, Decimal]) -> str:
    """ "HKD 3.00 + USD 1.20" """
    return " + ".join(price(amount, currency) for currency, amount in sorted(costs.items())) or "–"


def text_cost(text: PlayedText) -> str:
    return price(text.cost, text.currency) if text.cost else ""
