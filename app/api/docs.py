"""/api/v1/docs: the API document as a page, drawn by a viewer from npm that the front-end build bundles."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template

from app.people.auth import public

blueprint = Blueprint("docs", __name__, template_folder="templates")

# The viewer sets style attributes and carries its icons as data: addresses; it gets that here and nowhere else.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


@blueprint.get("/api/v1/docs")
@public
def docs() -> Response:
    response = make_response(render_template("api/docs.html"))
    response.headers["Content-Security-Policy"] = POLICY
    return response
