"""Tables on their way in: hand a file in, see what it would do, correct its columns, import it, take it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.core.i18n import N_
from app.imports import queries, report, service
from app.imports.downloads import report_answer, template_answer
from app.imports.kinds import KINDS, kind_of, kinds_for, require_may_import
from app.imports.models import ImportRun, State, Step
from app.imports.routes import say
from app.people import queries as people
from app.people.access import Role
from app.people.auth import requires
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, page, to, web
from app.web.shop import own_stores

LEADERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)
SHOWN_FAULTS = 100

STATES = {
    State.WAITING: N_("Being opened"),
    State.CHECKING: N_("Being checked"),
    State.MAPPING: N_("Columns to choose"),
    State.CHECKED: N_("Checked, not imported"),
    State.IMPORTING: N_("Being imported"),
    State.DONE: N_("Imported"),
    State.UNDOING: N_("Being taken back"),
    State.UNDONE: N_("Taken back"),
    State.FAILED: N_("Could not be read"),
    State.DISCARDED: N_("Thrown away"),
}
TONES = {
    State.MAPPING: "warning",
    State.CHECKED: "info",
    State.DONE: "ok",
    State.FAILED: "danger",
    State.UNDONE: "",
}
STEPS = {
    Step.READING: N_("Reading the rows"),
    Step.JUDGING: N_("Comparing with what we have"),
    Step.APPLYING: N_("Taking the rows over"),
    Step.UNDOING: N_("Taking the rows back"),
}
ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030", "big5hkscs": "Big5"}
"""Names of codes, the same in every language."""


@dataclass(frozen=True)
class ColumnChoice:
    """One of our columns and where it is found in the file."""

    key: str
    label: str
    help: str
    is_required: bool
    place: int | None


@web.url_value_preprocessor
def take_large_tables(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Before anything looks at the form: tables are larger than the pictures the usual limit is made for."""
    if endpoint == "web.office_hand_in_import":
        request.max_content_length = service.MAX_BYTES + 64 * 1024


@web.get("/office/imports")
@requires(*LEADERS)
def office_imports() -> str:
    return _list_page(Form(values={"kind": request.args.get("kind", "customers")}))


def _list_page(form: Form) -> str:
    found = queries.page_of_runs(actor(), cursor=request.args.get("cursor"))
    return page(
        "office/imports.html",
        fragments={"runs": "office/_import_rows.html"},
        form=form,
        kinds=[(kind.key, _(kind.title)) for kind in kinds_for(actor())],
        stores=[(store.id, store.name) for store in own_stores(actor())],
        runs=found.rows,
        next_cursor=found.next_cursor,
        names=people.names_of([run.created_by_id for run in found.rows]),
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "states": STATES,
        "tones": TONES,
        "steps": STEPS,
        "titles": {kind.key: kind.title for kind in KINDS.values()},
        "is_busy": queries.is_busy,
        "percent": queries.percent,
    }


@web.post("/office/imports")
@requires(*LEADERS)
def office_hand_in_import() -> Any:
    form = Reader(request.form)
    try:
        kind = form.choice("kind", list(KINDS))
        store_id = form.integer("store_id")
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            form.complain("file", N_("Choose a file."))
        form.check()
        assert sent is not None  # it would have been a complaint
        with transaction():
            run = service.hand_in(
                kind,
                sent.stream,
                name=sent.filename or "",
                store_id=store_id,
                actor=actor(),
                now=moment(),
            )
    except (Invalid, Conflict) as problem:
        return _list_page(form_of(request.form, problem)), problem.status
    words = _("The file is here and is being checked. Nothing is imported yet.")
    return done(words, to("office_import", import_id=run.id))


@web.get("/office/imports/<int:import_id>")
@requires(*LEADERS)
def office_import(import_id: int) -> str:
    return _run_page(service.get(import_id, actor=actor()), Form())


def _run_page(run: ImportRun, form: Form) -> str:
    wrong = run.state in (State.CHECKED, State.DONE, State.UNDONE) and run.counts.get("wrong")
    found = report.page_of_faults(run, say, limit=SHOWN_FAULTS) if wrong else None
    return page(
        "office/import.html",
        fragments={"import": "office/_import.html"},
        run=run,
        form=form,
        columns=_columns(run),
        faults=found.rows if found else [],
        more_faults=bool(found and found.next_cursor),
        kept=report.kept_rows(run, say) if run.counts.get("kept") else [],
        names=people.names_of([one for one in (run.created_by_id, run.undone_by_id) if one]),
        store=people.store(run.store_id) if run.store_id else None,
        fault=say(run.fault["message"], run.fault.get("params", {})) if run.fault else "",
        can_undo=queries.can_undo(run),
        encodings=ENCODINGS,
        subject_pages={"customers": "web.customer"},
        **_words(),
    )


def _columns(run: ImportRun) -> list[ColumnChoice]:
    mapping = run.mapping or {}
    return [
        ColumnChoice(
            key=column.key,
            label=_(column.label),
            help=_(column.help) if column.help else "",
            is_required=column.is_required,
            place=mapping.get(column.key),
        )
        for column in kind_of(run.kind).columns
    ]


@web.post("/office/imports/<int:import_id>/<any(mapping,start,undo,discard):verb>")
@requires(*LEADERS)
def office_import_step(import_id: int, verb: str) -> Any:
    run = service.get(import_id, actor=actor())
    who: dict[str, Any] = {"actor": actor(), "now": moment()}
    try:
        with transaction():
            if verb == "mapping":
                service.choose_columns(import_id, _chosen(run), **who)
            elif verb == "start":
                service.start(import_id, wants_all=bool(request.form.get("wants_all")), **who)
            elif verb == "undo":
                service.undo(import_id, **who)
            else:
                service.discard(import_id, **who)
    except (Invalid, Conflict) as problem:
        return _run_page(service.get(import_id, actor=actor()), form_of(request.form, problem)), problem.status
    after = to("office_imports") if verb == "discard" else to("office_import", import_id=import_id)
    return done(_(_DONE[verb]), after)


_DONE = {
    "mapping": N_("The file is checked anew. Its columns are remembered for the next file like this."),
    "start": N_("The import runs. You may leave this page."),
    "undo": N_("The import is being taken back."),
    "discard": N_("The file and its rows are deleted."),
}


def _chosen(run: ImportRun) -> dict[str, int]:
    form = Reader(request.form)
    chosen = {column.key: form.integer(f"column-{column.key}", highest=500) for column in kind_of(run.kind).columns}
    form.check()
    return {key: place for key, place in chosen.items() if place is not None}


@web.get("/office/imports/<int:import_id>/report.<any(csv,xlsx):wanted>")
@requires(*LEADERS)
def office_import_report(import_id: int, wanted: str) -> Response:
    run = service.get(import_id, actor=actor())
    return report_answer(run, wanted, say, actor=actor(), now=moment())


@web.get("/office/imports/<any(customers,products,purchases,staff):kind>.xlsx")
@requires(*LEADERS)
def office_import_template(kind: str) -> Response:
    require_may_import(kind_of(kind), actor())
    return template_answer(kind_of(kind), say)
