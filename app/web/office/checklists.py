"""Checklist templates: what stands, what stood before, and the editor for the next version."""

import json
import re
from typing import Any

from flask import request
from flask_babel import gettext as _

from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.core.i18n import LOCALES, N_
from app.people.access import Role
from app.people.auth import requires
from app.tasks import service
from app.tasks.kinds import Heart, ItemKind
from app.web import visits
from app.web.formats import DEFAULT_ZONE
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, page, to, web

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
CONDITIONS = ("visible_if", "required_if", "follow_up")


@web.get("/office/checklists")
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
def office_checklists() -> str:
    return page("office/checklists.html", rows=visits.checklist_templates(), zone=DEFAULT_ZONE)


@web.get("/office/checklists/<int:template_id>")
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
def office_checklist(template_id: int) -> str:
    template, versions = visits.checklist_history(template_id)
    chosen = request.args.get("version", "")
    shown = next((each for each in versions if str(each.number) == chosen), versions[0])
    return page(
        "office/checklist.html", template=template, versions=versions, shown=shown, hearts=[*Heart], zone=DEFAULT_ZONE
    )


@web.route("/office/checklists/<int:template_id>/edit", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def office_edit_checklist(template_id: int) -> Any:
    template, versions = visits.checklist_history(template_id)
    if request.method == "GET":
        values = {f"name-{locale}": template.name.get(locale, "") for locale in LOCALES}
        return _edit_page(template, versions[0].items, Form(values=values))
    form = Reader(request.form)
    items = [_read_item(form, number) for number in _numbers()]
    name = {locale: form.text(f"name-{locale}", required=True, longest=120) for locale in LOCALES}
    try:
        form.check()
        with transaction():
            version = service.publish_checklist(
                task_type=template.task_type,
                reason=template.reason,
                name=name,
                items=items,
                actor=actor(),
                now=moment(),
            )
    except (Invalid, Conflict) as problem:
        return _edit_page(template, items, form_of(request.form, problem)), problem.status
    said = _("Version %(number)s stands. Tasks made before keep theirs.", number=version.number)
    return done(said, to("office_checklist", template_id=template_id))


def _numbers() -> list[str]:
    """The numbers of the items in the order in which they stand in the form."""
    found = (re.fullmatch(r"items-(\d+)-key", name) for name in request.form)
    return [match[1] for match in found if match]


def _read_item(form: Reader, number: str) -> dict[str, Any]:
    """One item as content, in the shape that templates have; unknown conditions are kept as written."""
    place = f"items-{number}"
    item: dict[str, Any] = {
        "key": form.text(f"{place}-key", longest=40),
        "heart": form.choice(f"{place}-heart", [*Heart]),
        "kind": form.choice(f"{place}-kind", [*ItemKind]),
        "label": {locale: form.text(f"{place}-label-{locale}", longest=200) for locale in LOCALES},
    }
    if not KEY.fullmatch(item["key"]):
        form.complain(f"{place}-key", N_("Small letters, digits and _ only, beginning with a letter."))
    help_text = {locale: form.text(f"{place}-help-{locale}", longest=500) for locale in LOCALES}
    if any(help_text.values()):
        item["help"] = help_text
    if form.ticked(f"{place}-required"):
        item["required"] = True
    if item["kind"] in (ItemKind.CHOICE, ItemKind.GIFT):
        item["choices"] = _read_choices(form, f"{place}-choices")
    if item["kind"] == ItemKind.NUMBER:
        limits = {
            "min": form.decimal(f"{place}-min", lowest=-1e9, highest=1e9),
            "max": form.decimal(f"{place}-max", lowest=-1e9, highest=1e9),
            "unit": form.text(f"{place}-unit", longest=20) or None,
        }
        item |= {name: value for name, value in limits.items() if value is not None}
    return item | _read_conditions(form, f"{place}-conditions")


def _read_choices(form: Reader, name: str) -> list[dict[str, Any]]:
    """One answer a line: key | 简 | 繁 | English."""
    choices = []
    for line in form.text(name, longest=4000).splitlines():
        parts = [part.strip() for part in line.replace("｜", "|").split("|")]
        if not line.strip():
            continue
        if len(parts) != 1 + len(LOCALES) or not all(parts):
            form.complain(name, N_("Write each answer as “key | 简 | 繁 | English” on a line of its own."))
            continue
        choices.append({"key": parts[0], "label": dict(zip(LOCALES, parts[1:], strict=True))})
    return choices


def _read_conditions(form: Reader, name: str) -> dict[str, Any]:
    text = form.text(name, longest=4000)
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not set(found) <= set(CONDITIONS):
        form.complain(name, N_("Conditions are a JSON object with visible_if, required_if or follow_up."))
        return {}
    return found


def _edit_page(template: Any, items: list[dict[str, Any]], form: Form) -> str:
    shown = [
        item
        | {
            "choice_lines": "\n".join(
                " | ".join([each["key"], *(each["label"].get(locale, "") for locale in LOCALES)])
                for each in item.get("choices", ())
            ),
            "conditions": json.dumps(
                {name: item[name] for name in CONDITIONS if item.get(name)}, ensure_ascii=False, indent=1
            )
            if any(item.get(name) for name in CONDITIONS)
            else "",
        }
        for item in items
    ]
    return page(
        "office/checklist_edit.html", template=template, items=shown, form=form, hearts=[*Heart], kinds=[*ItemKind]
    )
