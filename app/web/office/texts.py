"""The words of automatic texts: what is in force, what it costs, the next version."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.core.http import translated_errors
from app.core.i18n import LOCALES, N_, Text3
from app.messaging import queries, service
from app.messaging.kinds import Kind
from app.messaging.models import MessageTemplate, Reach
from app.messaging.segments import measure
from app.messaging.templates import VARIABLES
from app.people.access import Role
from app.people.auth import requires
from app.web import threads
from app.web.formats import DEFAULT_ZONE
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, page, to, web

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
    "which_one": N_("Asking which one is meant"),
    "help": N_("Help"),
    "staff": N_("Written by hand"),
    "care": N_("Care"),
    "promotion": N_("Promotion"),
}
REACHES = {"two_way": N_("answers reach us"), "one_way": N_("one way: a phone number instead of reply words")}
LONGEST = 1000


@web.get("/office/templates")
@requires(Role.HEAD_OFFICE)
def office_templates() -> str:
    found = queries.current_templates(cursor=request.args.get("cursor"), limit=100)
    sizes = [{locale: measure(row.texts.get(locale, "")).segments for locale in LOCALES} for row in found.rows]
    return page(
        "office/texts.html",
        wordings=list(zip(found.rows, sizes, strict=True)),
        next_cursor=found.next_cursor,
        kinds=KINDS,
        reaches=REACHES,
    )


@web.route("/office/templates/<int:template_id>", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def office_template(template_id: int) -> Any:
    wording = queries.template(template_id)
    current = queries.versions_of(wording)[0]
    if request.method == "GET":
        return _edit_page(wording, Form(values={f"text-{locale}": current.texts.get(locale, "") for locale in LOCALES}))
    form = Reader(request.form)
    texts = {locale: form.text(f"text-{locale}", required=True, longest=LONGEST) for locale in LOCALES}
    try:
        form.check()
        with transaction():
            published = service.publish_template(
                Kind(wording.kind),
                task_type=wording.task_type,
                reach=Reach(wording.reach),
                texts=texts,
                actor=actor(),
                now=moment(),
            )
    except (Invalid, Conflict) as problem:
        shown = form_of(request.form, problem)
        shown.errors = {name.replace("texts.", "text-"): words for name, words in shown.errors.items()}
        return _edit_page(wording, shown), problem.status
    said = _("Version %(version)s is in use from now on.", version=published.version)
    return done(said, to("office_template", template_id=published.id))


@web.post("/office/templates/<int:template_id>/measure")
@requires(Role.HEAD_OFFICE)
def measure_text(template_id: int) -> tuple[str, int, dict[str, str]]:
    """What a draft in one language would look like and cost, as plain words for the editor."""
    form = Reader(request.form)
    text = form.text("text", longest=LONGEST)
    locale = form.choice("locale", LOCALES)
    form.check()
    return _preview_words(template_id, {locale: text}, locale), 200, {"Content-Type": "text/plain; charset=utf-8"}


def _preview_words(template_id: int, texts: Text3, locale: str) -> str:
    preview = service.preview(template_id, actor=actor(), now=moment(), locale=locale, texts=texts)
    lines = [preview.body, threads.size_words(preview.body)]
    if preview.saves_by_look_alikes:
        lines.append(_("Plain quotes and dashes would save %(count)s SMS.", count=preview.saves_by_look_alikes))
    lines += translated_errors(Invalid(errors={"faults": list(preview.faults.get(locale, []))}))["faults"]
    return "\n".join(lines)


def _edit_page(wording: MessageTemplate, form: Form) -> str:
    drafts = {locale: str(form.values.get(f"text-{locale}", "")) for locale in LOCALES}
    return page(
        "office/text_edit.html",
        wording=wording,
        versions=queries.versions_of(wording),
        form=form,
        previews={locale: _preview_words(wording.id, drafts, locale) for locale in LOCALES},
        placeholders=sorted(VARIABLES[Kind(wording.kind)]),
        kinds=KINDS,
        reaches=REACHES,
        zone=DEFAULT_ZONE,
    )
