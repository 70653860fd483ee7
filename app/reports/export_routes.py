"""/exports: every list as CSV or XLSX."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_babel import gettext
from flask_smorest import Blueprint
from marshmallow import EXCLUDE, fields, validate

from app.core.http import problems
from app.core.schemas import Input, View
from app.people.access import Role
from app.people.auth import current_actor, requires
from app.reports import export_answers
from app.reports.export_lists import LISTS
from app.reports.exports import LONGEST_REASON, Format

blp = Blueprint("exports", __name__, description="Lists to take away")
DESK = (Role.HEAD_OFFICE, Role.SUPERVISOR)


class ExportArgs(Input):
    """Besides these, the filters of the list, by the names that the list has them."""

    format = fields.String(validate=validate.OneOf(list(Format)), load_default=Format.CSV.value)
    full_numbers = fields.Boolean(load_default=False, metadata={"description": "head office only, with a reason"})
    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_REASON))


class ExportView(View):
    key = fields.String()
    title = fields.String()
    columns = fields.List(fields.String())


class ExportsView(View):
    items = fields.List(fields.Nested(ExportView))


@blp.route("/exports", methods=["GET"])
@requires(*DESK, scope="exports:read")
@blp.response(200, ExportsView)
@problems(blp, 401, 403)
def list_exports() -> dict[str, Any]:
    """The lists that you may take away, and their columns."""
    role = current_actor().role
    return {
        "items": [
            {"key": one.key, "title": gettext(one.title), "columns": [column.name for column in one.columns]}
            for one in LISTS.values()
            if role in one.roles
        ]
    }


@blp.route("/exports/<string:key>", methods=["GET"])
@requires(*DESK, scope="exports:read")
@blp.arguments(ExportArgs, location="query", unknown=EXCLUDE)
@blp.response(200, {"type": "string", "format": "binary"}, content_type="text/csv")
@problems(blp, 401, 403, 404, 422)
def export(args: dict[str, Any], key: str) -> Response:
    """One list as you see it, as CSV or XLSX. Numbers are masked; every export is written down with its rows."""
    return export_answers.answer(
        key,
        request.args.to_dict(),
        format=Format(args["format"]),
        full_numbers=args["full_numbers"],
        reason=args["reason"],
    )
