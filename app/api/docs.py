"""/api/v1/docs: the API document as a page, drawn by a viewer from npm that the front-end build bundles."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.people.auth import public

blueprint = Blueprint("docs", __name__)


@blueprint.get("/api/v1/docs")
@public
def docs() -> str:
    return render_template("docs.html")
