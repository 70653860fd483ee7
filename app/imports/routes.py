"""Imports over the API: hand a file in, look how it goes, start it, take it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from io import BytesIO
from typing import Any

from flask import Response, request
from flask_babel import gettext
from flask_smorest import Blueprint

from app.core import clock
from app.core.errors import Invalid
from app.core.http import problems
from app.core.i18n import N_
from app.core.idempotency import idempotent
from app.core.paging import PageArgs
from app.imports import queries, report, schemas, service
from app.imports.downloads import report_answer
from app.imports.kinds import kinds_for
from app.imports.models import ImportRun
from app.people.access import Role
from app.people.auth import current_actor, requires

blp = Blueprint("imports", __name__, description="Tables of customers, products, purchases and staff")

LEADERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)
READ, WRITE = "imports:read", "imports:write"
RUN = "/imports/<int(max=2147483647):import_id>"
TABLE_TYPES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
)
BODY = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in TABLE_TYPES},
    }
}


def takes_large_files(view: Callable[..., Any]) -> Callable[..., Any]:
    """Tables are larger than the pictures that the usual limit is made for; only who is let in may send one."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        request.max_content_length = service.MAX_BYTES + 64 * 1024
        return view(*args, **kwargs)

    return guarded


def say(message: str, params: Mapping[str, str]) -> str:
    """In the reader's language."""
    words = str(gettext(message))
    return words % dict(params) if params else words


def view_of(run: ImportRun) -> dict[str, Any]:
    fault = run.fault
    return {
        **{name: getattr(run, name) for name in ("id", "kind", "file_name", "state", "step", "rows", "mapping")},
        **{name: getattr(run, name) for name in ("store_id", "created_by_id", "created_at", "started_at")},
        "finished_at": run.finished_at,
        "undone_at": run.undone_at,
        "percent": queries.percent(run),
        "counts": run.counts,
        "table": run.table_info or None,
        "all_or_nothing": run.wants_all,
        "fault": {"code": fault["code"], "message": say(fault["message"], fault.get("params", {}))} if fault else None,
        "can_undo": queries.can_undo(run),
    }


@blp.route("/imports/kinds", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.response(200, schemas.ImportKindsView)
def list_kinds() -> dict[str, Any]:
    """What you may import, and the columns each kind understands."""
    return {
        "items": [
            {
                "key": kind.key,
                "title": say(kind.title, {}),
                "columns": [
                    {
                        "key": column.key,
                        "label": say(column.label, {}),
                        "help": say(column.help, {}) if column.help else "",
                        "is_required": column.is_required,
                        "names": list(column.names),
                    }
                    for column in kind.columns
                ],
            }
            for kind in kinds_for(current_actor())
        ]
    }


@blp.route("/imports/<any(customers,products,purchases,staff):kind>", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@takes_large_files
@idempotent
@blp.arguments(schemas.HandInArgs, location="query")
@blp.response(202, schemas.ImportView)
@problems(blp, 413, 422)
@blp.doc(**BODY)
def hand_in(args: dict[str, Any], kind: str) -> dict[str, Any]:
    """Hand in a CSV or XLSX file as the body. It is read and checked in the background: look at the import's state.

    With `dry_run=false` the good rows are imported as soon as they are checked.
    """
    if not request.content_length:
        raise Invalid(errors={"body": [N_("Send the file as the body of the request.")]})
    run = service.hand_in(
        kind,
        request.stream if request.headers.get("Idempotency-Key") is None else _cached_body(),
        name=args["name"],
        store_id=args["store_id"],
        dry_run=args["dry_run"],
        wants_all=args["all_or_nothing"],
        actor=current_actor(),
        now=clock.now(),
    )
    return view_of(run)


def _cached_body() -> BytesIO:
    """With a key the body was read for its digest already."""
    return BytesIO(request.get_data())


@blp.route("/imports", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.arguments(schemas.ImportArgs, location="query")
@blp.response(200, schemas.ImportPage)
@problems(blp, 422)
def list_imports(args: dict[str, Any]) -> dict[str, Any]:
    """Imports, newest first; a supervisor sees the own ones."""
    found = queries.page_of_runs(
        current_actor(), kind=args.get("kind"), cursor=args.get("cursor"), limit=args.get("limit")
    )
    return {"items": [view_of(run) for run in found.rows], "next_cursor": found.next_cursor}


@blp.route(RUN, methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.response(200, schemas.ImportView)
@problems(blp, 404)
def get_import(import_id: int) -> dict[str, Any]:
    """One import with its state, its progress and what it would do or did."""
    return view_of(service.get(import_id, actor=current_actor()))


@blp.route(f"{RUN}/faults", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, schemas.RowFaultPage)
@problems(blp, 404, 422)
def list_faults(args: dict[str, Any], import_id: int) -> dict[str, Any]:
    """Every wrong cell: row, column, problem and cure, in your language."""
    run = service.get(import_id, actor=current_actor())
    found = report.page_of_faults(run, say, cursor=args.get("cursor"), limit=args.get("limit"))
    return {"items": found.rows, "next_cursor": found.next_cursor}


@blp.route(f"{RUN}/report", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.arguments(schemas.ReportArgs, location="query")
@blp.response(
    200,
    {"type": "string", "format": "binary"},
    content_type="application/octet-stream",
    description="The wrong rows as a table, with problem and cure.",
)
@problems(blp, 404, 422)
def get_report(args: dict[str, Any], import_id: int) -> Response:
    """The wrong rows as they stood in the file, with problem and cure: correct them and hand the file in again."""
    run = service.get(import_id, actor=current_actor())
    answer = report_answer(run, args["format"], say, actor=current_actor(), now=clock.now())
    answer.mimetype = "application/octet-stream"
    return answer


@blp.route(f"{RUN}/mapping", methods=["PUT"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.arguments(schemas.ChooseColumns)
@blp.response(200, schemas.ImportView)
@problems(blp, 404, 409, 422)
def choose_columns(body: dict[str, Any], import_id: int) -> dict[str, Any]:
    """Say which column is which; the file is checked anew. It is remembered for the next file with this header."""
    return view_of(service.choose_columns(import_id, body["mapping"], actor=current_actor(), now=clock.now()))


@blp.route(f"{RUN}/start", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.arguments(schemas.StartImport)
@blp.response(200, schemas.ImportView)
@problems(blp, 404, 409, 422)
def start(body: dict[str, Any], import_id: int) -> dict[str, Any]:
    """Import what the check found good."""
    run = service.start(import_id, wants_all=body["all_or_nothing"], actor=current_actor(), now=clock.now())
    return view_of(run)


@blp.route(f"{RUN}/undo", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.response(200, schemas.ImportView)
@problems(blp, 404, 409)
def undo(import_id: int) -> dict[str, Any]:
    """Take the whole import back, for 30 days. Rows that were used or changed since stay, each with its reason."""
    return view_of(service.undo(import_id, actor=current_actor(), now=clock.now()))


@blp.route(RUN, methods=["DELETE"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.response(200, schemas.ImportView)
@problems(blp, 404, 409)
def discard(import_id: int) -> dict[str, Any]:
    """Throw a file away that was only checked, with all its rows."""
    return view_of(service.discard(import_id, actor=current_actor(), now=clock.now()))
