"""Promotions: the calendar, the proposal with its preview, the confirmation as a step apart, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, request
from flask_babel import format_date
from flask_babel import gettext as _

from app.careplans import audience, forecast, promotions, service, why
from app.careplans.audience import Target
from app.careplans.manners import AHEAD_DAYS
from app.careplans.plan_queries import PlanRow
from app.careplans.plan_settings import PlanKind
from app.careplans.promotions import Gate, Wish
from app.careplans.reasons import WORDS, WhyNot
from app.careplans.saying import about
from app.careplans.speech import said
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, StaleVersion
from app.core.i18n import LOCALES, N_
from app.people import queries as people
from app.people.access import Role
from app.people.auth import requires
from app.reports import promotions as reports
from app.web import conditions
from app.web.formats import DEFAULT_ZONE, local_day, price
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, comes_later, done, moment, page, to, web
from app.web.plan_form import PlanDraft, draft_of, error_names, read_draft
from app.web.refusals import words_of
from app.web.shop import own_stores

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
WEEKS = 5
SHOWN = 30
NAMED = 50

STATES = {
    "proposed": N_("proposed"),
    "confirmed": N_("confirmed"),
    "stopped": N_("stopped"),
    "withdrawn": N_("taken back"),
}
STATE_TONES = {"proposed": "warning", "confirmed": "ok", "stopped": "danger", "withdrawn": "quiet"}
STATE_SIGNS = {"proposed": "clock", "confirmed": "check", "stopped": "stop", "withdrawn": "undo"}
REASON_SIGNS: Mapping[str, str] = {
    WhyNot.COMPLAINT: "complaint",
    WhyNot.OPTED_OUT: "stop",
    WhyNot.NO_PHONE: "phone",
    WhyNot.UNREACHABLE: "phone",
    WhyNot.COUNTRY: "globe",
    WhyNot.RESTRICTED: "warning",
    WhyNot.CEILING: "calendar",
    WhyNot.BALANCE: "heart",
    WhyNot.CONTACTED_OTHERWISE: "home",
}


@dataclass(frozen=True)
class Cell:
    """A day of the calendar with the promotions that hold it."""

    day: date
    is_today: bool
    is_past: bool
    gates: list[Gate]
    opens_month: bool

    @property
    def number(self) -> str:
        """The day of the month; with the month where one begins."""
        return f"{self.day.month}/{self.day.day}" if self.opens_month else str(self.day.day)


@dataclass(frozen=True)
class Reason:
    """So many are left out, or were not written to, for this reason."""

    value: str
    words: str
    sign: str
    people: int


@web.get("/care/promotions")
@requires(*DESK)
def care_promotions() -> str:
    now = moment()
    today = local_day(now, DEFAULT_ZONE)
    weeks = _calendar(today)
    ahead = promotions.page_of_gates(
        actor=actor(), since=today, cursor=request.args.get("cursor"), limit=SHOWN, is_live=True
    )
    past = promotions.page_of_past_gates(actor=actor(), today=today, cursor=request.args.get("past"), limit=SHOWN)
    return page(
        "care/promotions.html",
        weeks=weeks,
        weekdays=[format_date(cell.day, "EEE") for cell in weeks[0]],
        ahead=ahead.rows,
        next_cursor=ahead.next_cursor,
        past=past.rows,
        more_past=past.next_cursor,
        states=STATES,
        tones=STATE_TONES,
        signs=STATE_SIGNS,
        store_count=len(own_stores(actor())),
    )


def _calendar(today: date) -> list[list[Cell]]:
    first = today - timedelta(days=today.weekday())
    days = [first + timedelta(days=number) for number in range(7 * WEEKS)]
    gates = promotions.gates_between(days[0], days[-1], actor=actor())
    cells = [
        Cell(
            day,
            is_today=day == today,
            is_past=day < today,
            gates=[gate for gate in gates if gate.promotion.day <= day <= gate.last_day],
            opens_month=day.day == 1 or day == first,
        )
        for day in days
    ]
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


# Proposing


@web.route("/care/promotions/new", methods=["GET", "POST"])
@requires(*DESK)
def new_promotion() -> Any:
    if request.method == "GET":
        return _form_page(None, PlanDraft.new(PlanKind.PROMOTION), _new_values(), Form())
    return _answer_form(None)


@web.route("/care/promotions/<int:promotion_id>/edit", methods=["GET", "POST"])
@requires(*DESK)
def change_promotion(promotion_id: int) -> Any:
    gate = promotions.gate(promotion_id, actor=actor())
    if request.method == "POST":
        return _answer_form(gate)
    row = PlanRow(gate.plan, service.current_version(gate.plan), gate.settings)
    values = {"reason": gate.promotion.reason, "day": gate.promotion.day.isoformat()}
    stores = [str(store_id) for store_id in gate.store_ids]
    return _form_page(gate, draft_of(row, products=conditions.codes_in(gate.settings)), (values, stores), Form())


def _answer_form(gate: Gate | None) -> Any:
    """Every button of the editor comes here: another condition, one less, a preview, the proposal itself."""
    draft = read_draft(request.form, PlanKind.PROMOTION)
    what = request.form.get("do", "preview")
    kept = _kept_values()
    if what == "add" or what.startswith("remove:"):
        return _form_page(gate, draft.after(what), kept, Form())
    try:
        wish = _wish(draft)
        if what == "preview":
            return _form_page(gate, draft, kept, Form(), wish=wish)
        with transaction():
            if gate is None:
                promotion_id = reports.propose(wish, actor=actor(), now=moment())
            else:
                promotion_id = gate.promotion.id
                version = Reader(request.form).integer("seen_version") or 0
                reports.change(promotion_id, wish, version=version, actor=actor(), now=moment())
    except StaleVersion:
        raise
    except (Invalid, Conflict) as problem:
        form = form_of(request.form, problem)
        errors = error_names(form.errors)
        return _form_page(gate, draft, kept, Form(errors=errors, summary=form.summary)), problem.status
    return done(
        _("Proposed. Its days are held; nothing goes out before head office confirms it."),
        to("care_promotion", promotion_id=promotion_id),
    )


def _wish(draft: PlanDraft) -> Wish:
    form = Reader(request.form)
    day = form.required_date("day")
    store_ids = form.integers("store_ids")
    form.check()
    return Wish(
        reason=form.text("reason", longest=500),
        day=day,
        store_ids=tuple(dict.fromkeys(store_ids)),
        segment=draft.settings(conditions.ids_of_codes)["segment"],
        words={locale: draft.words.get(locale, "") for locale in LOCALES},
        hours=(draft.opens, draft.closes),
    )


def _new_values() -> tuple[dict[str, str], list[str]]:
    tomorrow = local_day(moment(), DEFAULT_ZONE) + timedelta(days=1)
    stores = own_stores(actor())
    return {"reason": "", "day": tomorrow.isoformat()}, [str(stores[0].id)] if len(stores) == 1 else []


def _kept_values() -> tuple[dict[str, str], list[str]]:
    return {name: request.form.get(name, "") for name in ("reason", "day")}, request.form.getlist("store_ids")


def _form_page(
    gate: Gate | None,
    draft: PlanDraft,
    kept: tuple[dict[str, str], list[str]],
    form: Form,
    *,
    wish: Wish | None = None,
) -> str:
    """The editor; with a wish that has no faults, what it would do stands beside it."""
    now = moment()
    found = None
    if wish is not None:
        settings = promotions.checked(wish, actor=actor(), now=now)
        stores = reports.stores_of(wish.store_ids)
        reports.check_words(wish.words, stores)
        target = Target(settings.segment, wish.store_ids, wish.day)
        found = reports.preview(target, wish.words, stores, now=now)
    values, stores_ticked = kept
    form.values = {**draft.values(), **values, **form.values}
    form.lists = {**draft.lists(), "store_ids": stores_ticked, **form.lists}
    return page(
        "care/promotion_form.html",
        gate=gate,
        form=form,
        draft=draft,
        preview=found,
        left_out=_reasons(found.audience.left_out) if found else [],
        cost=cost_words(found.costs) if found else "",
        stores=[(store.id, store.name) for store in own_stores(actor())],
        today=local_day(now, DEFAULT_ZONE),
        days=audience.LATER_DAYS + 1,
        **conditions.for_editor(),
    )


# One promotion


@web.get("/care/promotions/<int:promotion_id>")
@requires(*DESK)
def care_promotion(promotion_id: int) -> str:
    return _promotion_page(promotions.gate(promotion_id, actor=actor()), Form())


@web.post("/care/promotions/<int:promotion_id>/confirm")
@requires(Role.HEAD_OFFICE)
def confirm_promotion(promotion_id: int) -> Any:
    """The deliberate second step: whoever confirms types the number of people just seen."""
    gate = promotions.gate(promotion_id, actor=actor())
    form = Reader(request.form)
    try:
        count = form.required_integer("count")
        version = form.required_integer("version")
        form.check()
        with transaction():
            promotions.confirm(promotion_id, count=count, version=version, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        shown = form_of(request.form, problem)
        return _promotion_page(gate, shown), problem.status
    return done(
        _("Confirmed. The texts go on the day, within the allowed hours."),
        to("care_promotion", promotion_id=promotion_id),
    )


@web.post("/care/promotions/<int:promotion_id>/stop")
@requires(*DESK)
def stop_promotion(promotion_id: int) -> Any:
    try:
        with transaction():
            stopped = promotions.stop(promotion_id, reason=request.form.get("reason", ""), actor=actor(), now=moment())
            was_going = stopped.state == "stopped"
    except Conflict as problem:
        flash(words_of(problem), "warning")
        return redirect(to("care_promotion", promotion_id=promotion_id), 303)
    words = _("Stopped. What has not gone out stays here.") if was_going else _("Taken back. Its days are free again.")
    return done(words, to("care_promotion", promotion_id=promotion_id))


def _promotion_page(gate: Gate, form: Form) -> str:
    now = moment()
    is_proposed = gate.promotion.state == "proposed"
    found = None
    if is_proposed and not (comes_later("preview") and forecast.takes_long()):
        found = reports.preview(gate.target, gate.words, gate.stores, now=now)
    result = reports.result(gate) if gate.promotion.confirmed_at else None
    reason = request.args.get("left_out", "")
    shown = reason if found and reason in {each.value for each in WhyNot} else ""
    today = local_day(now, DEFAULT_ZONE)
    segment = gate.settings.segment
    names = why.names_in([segment])
    return page(
        "care/promotion.html",
        fragments={"preview": "care/_promotion_now.html", "second-look": "care/_promotion_gate.html"},
        is_proposed=is_proposed,
        gate=gate,
        promotion=gate.promotion,
        form=form,
        states=STATES,
        tones=STATE_TONES,
        signs=STATE_SIGNS,
        whom=[said(about(condition, names)) for condition in segment.conditions],
        without_effect=conditions.without_effect(gate.settings),
        preview=found,
        looks=found.looks if found else reports.looks_of(gate.words, gate.stores),
        left_out=_reasons(found.audience.left_out) if found else [],
        named=audience.left_out(gate.target, reason=WhyNot(shown), actor=actor(), now=now, limit=NAMED)
        if shown
        else [],
        named_reason=shown,
        result=result,
        not_sent=_reasons(result.not_sent) if result else [],
        cost=cost_words(found.costs if found else result.costs if result else {}),
        may_confirm=promotions.may_confirm(actor()),
        may_change=actor().is_head_office or set(gate.store_ids) <= set(actor().store_ids),
        is_too_early=gate.promotion.day > today + timedelta(days=AHEAD_DAYS),
        is_over=gate.promotion.day < today,
        confirm_from=gate.promotion.day - timedelta(days=AHEAD_DAYS),
        people=_people_of(gate),
        zone=DEFAULT_ZONE,
    )


def _people_of(gate: Gate) -> dict[int, str]:
    ids = [gate.promotion.proposed_by_id, gate.promotion.confirmed_by_id, gate.promotion.ended_by_id]
    return people.names_of([one for one in ids if one is not None])


def _reasons(counted: Any) -> list[Reason]:
    found = []
    for value, count in counted.items():
        words = _(WORDS[value]) if value in WORDS else str(value)
        found.append(Reason(str(value), words, REASON_SIGNS.get(value, "leaf"), count))
    return found


def cost_words(costs: Any) -> str:
    return " + ".join(price(amount, currency) for currency, amount in sorted(costs.items())) or "0"
