"""Care plans: the list, the editor with its preview, the versions, and the forecast of all plans."""

from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from app.careplans import forecast, plan_queries, service, why
from app.careplans.forecast import Forecast
from app.careplans.plan_queries import PlanRow, VersionRow
from app.careplans.plan_settings import TASK_REASON, WAYS, Festival, PlanKind, PlanSettings, parse
from app.careplans.saying import (
    CHOICE_WORDS,
    FESTIVALS,
    KINDS,
    Names,
    Said,
    Term,
    about,
)
from app.careplans.saying import WAYS as WAY_WORDS
from app.careplans.segments import Field
from app.careplans.speech import said
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, NotFound, StaleVersion
from app.core.i18n import N_, pick
from app.customers.values import Tier
from app.people.access import Role
from app.people.auth import requires
from app.web import conditions
from app.web.customer_panels.why import SIGNS
from app.web.formats import DEFAULT_ZONE, reader_locale
from app.web.forms import Form, form_of
from app.web.load_chart import chart_of
from app.web.pages import actor, comes_later, done, moment, number_in_address, page, to, web
from app.web.plan_form import TIMING_FIELDS, PlanDraft, draft_of, error_names, read_draft
from app.web.shop import own_stores

READERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)

WAY_SIGNS = {"callback": "call", "home_visit": "home", "delivery": "van", "sms": "chat"}
ABOUT = {
    PlanKind.CADENCE: N_("Nobody is forgotten: a contact every so many months, by tier."),
    PlanKind.AFTER_PURCHASE: N_("The sale is over, the service begins: how does it do?"),
    PlanKind.REPLENISHMENT: N_("Some days before a product is used up; the goods are kept back first."),
    PlanKind.BIRTHDAY: N_("On the day itself, by the sun’s or the moon’s calendar."),
    PlanKind.FESTIVAL: N_("A greeting on the day, nothing to sell."),
    PlanKind.MILESTONE: N_("A child comes to an age: tips for its care, nothing to sell."),
    PlanKind.WIN_BACK: N_("Who has stayed away longer than usual is asked why."),
    PlanKind.RECOVERY: N_("Some days after a complaint was closed: is it really well?"),
}
NOTES = (
    N_("Run with the plans’ own rules over the next twelve weeks; nothing is written."),
    N_("Touches of one household within the days of the contact ceiling count as one contact."),
    N_("Purchases and complaints to come are taken to be as many as in the twelve weeks before."),
)


@dataclass(frozen=True)
class Line:
    """A plan in the list."""

    row: PlanRow
    name: str
    sign: str
    when: str
    whom: list[str]
    people: int
    touches_ahead: int


@web.get("/care/plans")
@requires(*READERS)
def care_plans() -> str:
    now = moment()
    rows = plan_queries.plans()
    people = plan_queries.count_people([row.settings.segment for row in rows], actor=actor(), now=now)
    ahead = plan_queries.touches_ahead(actor=actor(), now=now)
    names = why.names_in([row.settings.segment for row in rows])
    lines = [
        Line(
            row=row,
            name=pick(row.plan.name, reader_locale()),
            sign=SIGNS[row.settings.kind],
            when=timing_words(row.settings),
            whom=[said(about(condition, names)) for condition in row.settings.segment.conditions],
            people=people[row.settings.segment],
            touches_ahead=ahead.get(row.plan.id, 0),
        )
        for row in rows
    ]
    return page(
        "care/plans.html",
        lines=lines,
        way_words=WAY_WORDS,
        way_signs=WAY_SIGNS,
        new_kinds=[(kind.value, said(Term(KINDS[kind]))) for kind in service.MADE_HERE],
        may_edit=actor().is_head_office,
        days=plan_queries.AHEAD_DAYS,
    )


@web.get("/care/plans/forecast")
@requires(*READERS)
def care_forecast() -> str:
    store_id = number_in_address("store")
    stores = own_stores(actor())
    if store_id is not None and store_id not in {store.id for store in stores}:
        raise NotFound
    whose, now, found = None if store_id is None else [store_id], moment(), None
    if not (comes_later("forecast") and forecast.takes_long()):
        found = forecast.of_all(store_ids=whose, actor=actor(), now=now)
    first, last = forecast.horizon(store_ids=whose, actor=actor(), now=now)
    return page(
        "care/forecast.html",
        fragments={"forecast": "care/_forecast.html"},
        first=first,
        last=last,
        stores=stores,
        store_id=store_id,
        forecast=found,
        charts=_charts(found) if found else [],
        notes=NOTES,
    )


# One plan


@web.get("/care/plans/<int:plan_id>")
@requires(*READERS)
def care_plan(plan_id: int) -> str:
    row = plan_queries.plan(plan_id)
    return _plan_page(row, draft_of(row, products=conditions.codes_in(row.settings)), Form(), row.settings)


@web.post("/care/plans/<int:plan_id>")
@requires(Role.HEAD_OFFICE)
def change_care_plan(plan_id: int) -> Any:
    """Every button of the editor comes here: another condition, one less, a preview, the publication."""
    row = plan_queries.plan(plan_id)
    draft = read_draft(request.form, row.settings.kind)
    what = request.form.get("do", "publish")
    if what == "add" or what.startswith("remove:"):
        return _plan_page(row, draft.after(what), Form(), row.settings)
    try:
        settings = service.checked_settings(row.settings.kind, draft.settings(conditions.ids_of_codes))
        if what == "preview":
            return _plan_page(row, draft, Form(), settings, is_preview=True)
        with transaction():
            service.change(
                plan_id,
                version=draft.version,
                name=draft.name,
                settings=draft.settings(conditions.ids_of_codes),
                note=draft.note,
                actor=actor(),
                now=moment(),
            )
    except (Invalid, Conflict) as problem:
        if isinstance(problem, StaleVersion):
            raise
        return _plan_page(row, draft, _form(problem), row.settings), problem.status
    return done(_("The plan is published. It holds from the next run on."), to("care_plan", plan_id=plan_id))


@web.route("/care/plans/new", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def new_care_plan() -> Any:
    kind = _kind_in_address()
    if request.method == "GET":
        return _plan_page(None, PlanDraft.new(kind), Form(), None)
    draft = read_draft(request.form, kind)
    what = request.form.get("do", "publish")
    if what == "add" or what.startswith("remove:"):
        return _plan_page(None, draft.after(what), Form(), None)
    try:
        settings = service.checked_settings(kind, draft.settings(conditions.ids_of_codes))
        if what == "preview":
            return _plan_page(None, draft, Form(), settings, is_preview=True)
        with transaction():
            plan = service.create(
                kind=kind,
                name=draft.name,
                settings=draft.settings(conditions.ids_of_codes),
                note=draft.note,
                actor=actor(),
                now=moment(),
            )
            plan_id = plan.id
    except Invalid as problem:
        return _plan_page(None, draft, _form(problem), None), problem.status
    return done(_("The plan is written. It is off until you switch it on."), to("care_plan", plan_id=plan_id))


@web.post("/care/plans/<int:plan_id>/<any(on,off):way>")
@requires(Role.HEAD_OFFICE)
def switch_care_plan(plan_id: int, way: str) -> Any:
    with transaction():
        service.switch(plan_id, is_on=way == "on", actor=actor(), now=moment())
    if way == "on":
        return done(_("The plan is on. It works from the next run on."), to("care_plan", plan_id=plan_id))
    return done(_("The plan is off. What has not begun ends with the next run."), to("care_plan", plan_id=plan_id))


@web.post("/care/plans/<int:plan_id>/copy")
@requires(Role.HEAD_OFFICE)
def copy_care_plan(plan_id: int) -> Any:
    with transaction():
        twin_id = service.copy(plan_id, actor=actor(), now=moment()).id
    return done(_("This is the copy. It is off until you switch it on."), to("care_plan", plan_id=twin_id))


def _kind_in_address() -> PlanKind:
    kind = request.args.get("kind", "")
    if kind not in {each.value for each in service.MADE_HERE}:
        raise NotFound
    return PlanKind(kind)


def _plan_page(
    row: PlanRow | None, draft: PlanDraft, form: Form, settings: PlanSettings | None, *, is_preview: bool = False
) -> str:
    """The editor, or for a supervisor the same facts to read. `settings` are those the figures are about."""
    now = moment()
    found = people = None
    if settings is not None:
        found = forecast.of_plan(settings, plan_id=row.plan.id if row else None, store_ids=None, actor=actor(), now=now)
        people = found.people
    form.values = {**draft.values(), **form.values}
    form.lists = {**draft.lists(), **form.lists}
    names = why.names_in([settings.segment]) if settings else None
    return page(
        "care/plan.html",
        row=row,
        kind=draft.kind,
        kind_words=said(Term(KINDS[draft.kind])),
        sign=SIGNS[draft.kind],
        reason=TASK_REASON[draft.kind].value,
        about=_(ABOUT[draft.kind]),
        name=pick(row.plan.name, reader_locale()) if row else _("New plan"),
        form=form,
        draft=draft,
        is_preview=is_preview,
        may_edit=actor().is_head_office,
        settings=settings,
        when=timing_words(settings) if settings else "",
        whom=[said(about(condition, names)) for condition in settings.segment.conditions] if settings and names else [],
        forecast=found,
        people=people,
        charts=_charts(found) if found else [],
        notes=NOTES,
        versions=_versions(row) if row else [],
        ways=[(way.value, said(Term(WAY_WORDS[way]))) for way in WAYS[draft.kind]],
        way_words=WAY_WORDS,
        way_signs=WAY_SIGNS,
        timing_fields=TIMING_FIELDS[draft.kind],
        festivals=[(each.value, said(Term(FESTIVALS[each]))) for each in Festival],
        tiers=[(tier.value, said(Term(CHOICE_WORDS[Field.TIER][tier]))) for tier in Tier],
        without_effect=conditions.without_effect(settings) if settings else [],
        **conditions.for_editor(),
        zone=DEFAULT_ZONE,
    )


@dataclass(frozen=True)
class VersionLine:
    """A published version, and what it says in a few words."""

    row: VersionRow
    says: list[str]


def _versions(row: PlanRow) -> list[VersionLine]:
    rows = plan_queries.versions_of(row.plan.id)
    parsed = [parse(row.plan.kind, each.version.settings) for each in rows]
    names = why.names_in([settings.segment for settings in parsed])
    return [VersionLine(each, _says(settings, names)) for each, settings in zip(rows, parsed, strict=True)]


def _says(settings: PlanSettings, names: Names) -> list[str]:
    whom = [said(about(condition, names)) for condition in settings.segment.conditions]
    way = said(Term(WAY_WORDS[settings.action.by]))
    lines = [timing_words(settings), *(whom or [_("for everybody")]), f"{way}, {'–'.join(settings.action.hours)}"]
    if settings.action.words:
        lines.append(f"“{pick(settings.action.words, reader_locale())}”")
    return lines


def _charts(found: Forecast) -> list[tuple[Any, Any]]:
    return [(store, chart_of(store)) for store in found.stores]


def _form(problem: Invalid | Conflict) -> Form:
    form = form_of(request.form, problem)
    return Form(errors=error_names(form.errors), summary=form.summary)


# When, in a few words


def timing_words(settings: PlanSettings) -> str:
    timing: Any = settings.timing
    match settings.kind:
        case PlanKind.CADENCE:
            parts = [
                ngettext(
                    "%(tier)s every %(num)s month",
                    "%(tier)s every %(num)s months",
                    timing.months[tier],
                    tier=said(Term(CHOICE_WORDS[Field.TIER][tier])),
                )
                for tier in Tier
                if tier in timing.months
            ]
            return (", " if reader_locale() == "en" else "，").join(parts)
        case PlanKind.AFTER_PURCHASE:
            return str(_("%(days)s days after a purchase, or as the product says", days=timing.days))
        case PlanKind.REPLENISHMENT:
            return str(
                _(
                    "%(days)s days before it runs out, %(delivery)s if it must be delivered",
                    days=timing.days_before,
                    delivery=timing.days_before_with_delivery,
                )
            )
        case PlanKind.BIRTHDAY:
            words = (
                _("%(days)s days before the birthday", days=timing.days_before)
                if timing.days_before
                else _("on the birthday")
            )
            return str(_("%(when)s, of the children too", when=words) if timing.with_members else words)
        case PlanKind.FESTIVAL:
            festival = said(Term(FESTIVALS[timing.festival]))
            if timing.days_before:
                return str(_("%(days)s days before %(festival)s", days=timing.days_before, festival=festival))
            return str(_("on %(festival)s", festival=festival))
        case PlanKind.MILESTONE:
            return said(Said(N_("at %(ages)s months"), {"ages": ", ".join(map(str, timing.age_months))}))
        case PlanKind.WIN_BACK:
            return str(
                _(
                    "after %(cycles)s own cycles without a purchase, or %(days)s days",
                    cycles=timing.cycles,
                    days=timing.fallback_days,
                )
            )
        case PlanKind.RECOVERY:
            return str(_("%(days)s days after a complaint was closed", days=timing.days_after_closing))
        case _:
            return ""
