"""/api/v1/docs: the API document as a page, drawn by a viewer from npm that the front-end build bundles."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, make_response, render_template, request

from app.people.auth import public

blueprint = Blueprint("docs", __name__, template_folder="templates")

# The viewer sets style attributes and carries its icons as data: addresses; it gets that here and nowhere else.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@blueprint.get("/api/v1/docs")
@public
def docs() -> Response:
    """One part at a time: the viewer loses operations when it is given some hundreds at once."""
    parts: dict[str, str] = current_app.extensions["huifang_api_parts"]
    asked = request.args.get("part", "")
    part = asked if asked in parts else next(iter(parts))
    page = render_template("api/docs.html", parts=parts, part=part, about=parts[part], page_islands=["api-docs"])
    response = make_response(page)
    response.headers["Content-Security-Policy"] = POLICY
    return response
