"""The words of automatic texts: what is in force, how a draft looks and what it costs, the next version, old ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import render_template, request, session
from flask_babel import gettext as _

from app.core.db import transaction
from app.core.errors import Conflict, Invalid, NotFound
from app.core.http import in_words
from app.core.i18n import LOCALES, N_, Text3
from app.customers import present
from app.customers import queries as customer_queries
from app.customers import service as customers
from app.customers.queries import CustomerFilter
from app.messaging import drafting, queries, service, templates
from app.messaging.drafting import Fitting
from app.messaging.kinds import Kind
from app.messaging.models import MessageTemplate, Reach
from app.messaging.segments import measure
from app.messaging.templates import VARIABLES
from app.people.access import Role
from app.people.auth import requires
from app.web.formats import DEFAULT_ZONE, price
from app.web.forms import Form, Reader, form_of
from app.web.pages import FRAGMENT_HEADER, actor, done, moment, page, to, web

KINDS = {
    "booked": N_("Booked"),
    "changed": N_("Time changed"),
    "cancelled": N_("Cancelled"),
    "reminder": N_("Reminder"),
    "on_the_way": N_("On the way"),
    "late": N_("Late"),
    "door_code": N_("Door code"),
    "done": N_("Done"),
    "partly_done": N_("Partly done"),
    "rating": N_("Asking for a rating"),
    "could_not_meet": N_("Could not meet"),
    "confirmed": N_("Confirmed"),
    "slots": N_("Offering other times"),
    "free_choice": N_("Free choice of a time"),
    "which_one": N_("Asking which one is meant"),
    "help": N_("Help"),
    "staff": N_("Written by hand"),
    "care": N_("Care"),
    "reorder": N_("Running out soon"),
    "not_now": N_("Not this time"),
    "promotion": N_("Promotion"),
    "complaint_heard": N_("Complaint heard"),
    "complaint_remedy": N_("Is it put right?"),
    "hand_over": N_("Somebody new"),
    "work": N_("Work has changed"),
}
WHEN = {
    "booked": N_("when somebody has been given the task"),
    "changed": N_("when the time of a task moves"),
    "cancelled": N_("when a task that the customer knew of is cancelled"),
    "reminder": N_("the evening before a visit or a delivery"),
    "on_the_way": N_("when the associate sets out"),
    "late": N_("when the associate says that it will be later"),
    "door_code": N_("together with “on the way”"),
    "done": N_("five minutes after the end, where answers can't reach us"),
    "partly_done": N_("five minutes after the end, when something is still open"),
    "rating": N_("five minutes after the end"),
    "could_not_meet": N_("when nobody was met"),
    "confirmed": N_("when the customer has said yes or chosen a time"),
    "slots": N_("when the customer wants another time"),
    "free_choice": N_("when neither of the two times suits the customer"),
    "which_one": N_("when an answer fits several tasks"),
    "help": N_("when the customer asks who we are"),
    "care": N_("when a care plan looks after somebody by SMS"),
    "reorder": N_("some days before a product is used up"),
    "not_now": N_("when the customer doesn't want what is running out"),
    "complaint_heard": N_("when a complaint comes in"),
    "complaint_remedy": N_("when a complaint has been put right"),
    "hand_over": N_("when somebody else looks after the customer from now on"),
    "work": N_("to an associate whose app is closed, when work of today or tomorrow changes"),
}
ORDER = {kind: place for place, kind in enumerate(WHEN)}
PLACEHOLDERS = {
    "shop": N_("the name of the store"),
    "name": N_("how the customer is addressed"),
    "phone": N_("the store's phone number"),
    "day": N_("the day of the task"),
    "time": N_("from when to when"),
    "who": N_("who comes"),
    "what": N_("what is done there"),
    "eta": N_("when he or she arrives"),
    "code": N_("the four digits for the door"),
    "link": N_("the customer's own page"),
    "slot1": N_("the first time on offer"),
    "slot2": N_("the second time on offer"),
    "options": N_("the tasks to choose from"),
    "goods": N_("what will soon be used up"),
    "changes": N_("the days and times of the work that changed"),
    "former": N_("who looked after the customer before"),
    "period": N_("from now on, or until when"),
}
REACHES = {"two_way": N_("answers reach us"), "one_way": N_("one way: a phone number instead of reply words")}
TASK_TYPE_VALUES = ("", "home_visit", "delivery", "callback")
LONGEST = 1000
FOUND = 6
ALL_WORDINGS = 200


@dataclass(frozen=True)
class Listed:
    """One wording of the list. `sizes`: SMS per language at the usual length."""

    wording: MessageTemplate
    sizes: Mapping[str, int]
    last_used_at: datetime | None


@web.get("/office/templates")
@requires(Role.HEAD_OFFICE)
def office_templates() -> str:
    found = queries.current_templates(cursor=request.args.get("cursor"), limit=ALL_WORDINGS)
    used = drafting.last_used_at([row.id for row in found.rows])
    rows = [Listed(row, _sizes(row), used.get(row.id)) for row in found.rows]
    rows.sort(key=_place_in_list)
    groups = [(kind, list(each)) for kind, each in groupby(rows, key=lambda row: row.wording.kind)]
    return page(
        "office/texts.html",
        groups=groups,
        next_cursor=found.next_cursor,
        kinds=KINDS,
        when=WHEN,
        reaches=REACHES,
        zone=DEFAULT_ZONE,
    )


@web.route("/office/templates/<int:template_id>", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def office_template(template_id: int) -> Any:
    wording = queries.template(template_id)
    if request.method == "GET":
        return _edit_page(wording, None)
    form = Reader(request.form)
    texts = {locale: form.text(f"text-{locale}", required=True, longest=LONGEST) for locale in LOCALES}
    seen_version = form.integer("seen_version")
    if not form.errors and texts == drafting.versions_of(wording)[0].wording.texts:
        return done(_("These are the words in use: nothing to publish."), to("office_template", template_id=wording.id))
    try:
        form.check()
        with transaction():
            published = service.publish_template(
                Kind(wording.kind),
                task_type=wording.task_type,
                reach=Reach(wording.reach),
                texts=texts,
                seen_version=seen_version,
                actor=actor(),
                now=moment(),
            )
    except (Invalid, Conflict) as problem:
        return _edit_page(wording, _with_complaints(problem)), problem.status
    said = _("Version %(version)s is in use from now on.", version=published.version)
    return done(said, to("office_template", template_id=published.id))


@web.post("/office/templates/<int:template_id>/try")
@requires(Role.HEAD_OFFICE)
def try_text(template_id: int) -> str:
    """The draft as it would look: parts of the page for the editor, the whole page without its script."""
    wording = queries.template(template_id)
    form = Reader(request.form)
    for locale in LOCALES:
        form.text(f"text-{locale}", longest=LONGEST)
    form.check()
    if FRAGMENT_HEADER not in request.headers:
        return _edit_page(wording, form_of(request.form))
    shown = _shown(wording, _texts_of(request.form))
    parts = {f"look-{locale}": "office/_text_look.html" for locale in LOCALES}
    parts["fitting"] = "office/_text_fitting.html"
    return "".join(
        f'<template data-fragment="{name}">{render_template(file, code=name.removeprefix("look-"), **shown)}</template>'
        for name, file in parts.items()
    )


@web.post("/office/templates/<int:template_id>/bring-back")
@requires(Role.HEAD_OFFICE)
def bring_text_back(template_id: int) -> Any:
    """Put the words of an earlier version into use again, as a version of its own."""
    wording = queries.template(template_id)
    seen_version = Reader(request.form).integer("seen_version")
    try:
        with transaction():
            published = service.bring_back(template_id, seen_version=seen_version, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        shown = form_of(request.form, problem)
        shown.values |= {f"text-{locale}": wording.texts.get(locale, "") for locale in LOCALES}
        return _edit_page(wording, _named_by_language(shown)), problem.status
    said = _(
        "The words of version %(old)s are in use again, as version %(version)s.",
        old=wording.version,
        version=published.version,
    )
    return done(said, to("office_template", template_id=published.id))


def _place_in_list(row: Listed) -> tuple[int, str, bool]:
    wording = row.wording
    return ORDER.get(wording.kind, len(ORDER)), wording.task_type, wording.reach != Reach.TWO_WAY


def _sizes(wording: MessageTemplate) -> dict[str, int]:
    return {
        locale: measure(templates.try_render(wording.texts.get(locale, ""), templates.sample_for(locale))).segments
        for locale in LOCALES
    }


def _edit_page(wording: MessageTemplate, form: Form | None) -> str:
    versions = drafting.versions_of(wording)
    current = versions[0].wording
    shown_form = form or Form(values={f"text-{locale}": current.texts.get(locale, "") for locale in LOCALES})
    texts = _texts_of(shown_form.values)
    return page(
        "office/text_edit.html",
        wording=wording,
        current=current,
        versions=versions,
        form=shown_form,
        seen_version=shown_form.values.get("seen_version") or current.version,
        placeholders=[(name, words) for name, words in PLACEHOLDERS.items() if name in VARIABLES[Kind(wording.kind)]],
        kinds=KINDS,
        when=WHEN,
        reaches=REACHES,
        zone=DEFAULT_ZONE,
        is_changed=any(texts[locale] != current.texts.get(locale, "") for locale in LOCALES),
        **_shown(wording, texts),
    )


def _shown(wording: MessageTemplate, texts: Text3) -> dict[str, Any]:
    """What the parts of the page need that change while somebody writes."""
    kind, reach = Kind(wording.kind), Reach(wording.reach)
    looks = drafting.looks_of(kind, reach, texts, countries=drafting.countries_of(reach))
    search = request.form.get("q", "").strip()[:80]
    return {
        "looks": looks,
        "fitting": _fitting(wording, texts),
        "search": search,
        "found": _found(search) if search else [],
        "fault_words": in_words,
        "price_words": lambda cost: price(cost.amount, cost.currency),
        "longest_sms": templates.MAX_SEGMENTS,
    }


def _fitting(wording: MessageTemplate, texts: Text3) -> Fitting | None:
    """The draft for the chosen customer; choosing one reads a file and is written down, once."""
    # The page remembers one customer; without its script a pressed button names another one after it.
    named = [value for value in request.form.getlist("customer_id") if value.isdecimal() and len(value) < 10]
    if not named:
        return None
    chosen = int(named[-1])
    try:
        if session.get("previewed") != chosen:
            with transaction():
                customer = customers.read_file(chosen, actor=actor(), now=moment())
            session["previewed"] = chosen
        customer = customers.get(chosen, actor=actor(), now=moment())
    except NotFound:
        return None
    return drafting.fit(
        Kind(wording.kind), wording.task_type, Reach(wording.reach), texts, customer=customer, now=moment()
    )


def _found(search: str) -> list[Any]:
    rows = customer_queries.page_of_customers(
        CustomerFilter(search=search), actor=actor(), now=moment(), limit=FOUND
    ).rows
    return [present.row(row[0], row[1]) for row in rows]


def _texts_of(values: Mapping[str, Any]) -> Text3:
    return {locale: str(values.get(f"text-{locale}", "")).replace("\x00", "").strip() for locale in LOCALES}


def editor_with(wording: MessageTemplate, problem: Invalid) -> str:
    """The editor as it was sent, with what is wrong at its language."""
    shown = _with_complaints(problem)
    shown.errors = {name.replace("draft.text-", "text-"): words for name, words in shown.errors.items()}
    return _edit_page(wording, shown)


def _with_complaints(problem: Invalid | Conflict) -> Form:
    return _named_by_language(form_of(request.form, problem))


def _named_by_language(form: Form) -> Form:
    form.errors = {name.replace("texts.", "text-"): words for name, words in form.errors.items()}
    return form
