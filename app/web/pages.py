"""The one blueprint of all pages, and what their routes share."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.wrappers import Response
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from app.core import clock
from app.people.access import Actor
from app.people.auth import current_actor

csrf = CSRFProtect()
web = Blueprint("web", __name__, template_folder="templates")

FRAGMENT_HEADER = "X-Fragment"
"""An island names the parts of a page it wants again; the page then answers with those parts only."""

FIRST_YEAR, LAST_YEAR = 1900, 2200

EVERY_PAGE = {"flashes": "_flashes.html", "places": "_places.html"}


def moment() -> datetime:
    return clock.now()


def actor() -> Actor:
    return current_actor()


def comes_later(region: str) -> bool:
    """Whether this answer may leave a region that takes long to its island (`data-later`), which fetches it at once;
    who reads without scripts asks for the `whole` page."""
    if request.method != "GET" or "whole" in request.args:
        return False
    return region not in request.headers.get(FRAGMENT_HEADER, "").split()


def page(template: str, /, *, fragments: dict[str, str] | None = None, **values: Any) -> str:
    """The page, or those parts of it that an island asked for (`fragments`: region id -> template)."""
    parts = EVERY_PAGE | (fragments or {})
    wanted = [name for name in request.headers.get(FRAGMENT_HEADER, "").split() if name in parts]
    if not wanted:
        return render_template(template, **values)
    # Flashes last: reading them takes them out of the session, and a part may still add one.
    ordered = sorted(wanted, key=lambda name: name == "flashes")
    return "".join(
        f'<template data-fragment="{name}">{render_template(parts[name], **values)}</template>' for name in ordered
    )


def own_address(address: str | None, otherwise: str) -> str:
    """The address if it stays on this site, else the other one: an open redirect helps only those who fish."""
    if not address:
        return otherwise
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not address.startswith("/") or address.startswith(("//", "/\\")):
        return otherwise
    return address


def back(otherwise: str) -> AnyResponse:
    """After a write: to the page it came from, with GET."""
    return redirect(own_address(request.form.get("back"), otherwise), 303)


def done(words: str, otherwise: str) -> AnyResponse:
    """After a write that went well: say so and go back."""
    flash(words, "ok")
    return back(otherwise)


def number_in_address(name: str) -> int | None:
    """A number from the query; what is no number, or greater than any id, counts as not given."""
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def day_of(text: str | None) -> date | None:
    """A day from the query; what is none, or lies too far away to reckon with, counts as not given."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def here() -> str:
    """Address of this page with its query, for coming back to it."""
    return request.full_path if request.query_string else request.path


def here_with(**changes: Any) -> str:
    """Address of this page with some of its query changed; None takes a value out."""
    query = {name: values for name, values in request.args.lists() if name not in changes}
    query |= {name: [str(value)] for name, value in changes.items() if value is not None}
    return f"{request.path}?{urlencode(query, doseq=True)}" if query else request.path


@web.before_request
def check_csrf() -> None:
    if current_app.config.get("WTF_CSRF_ENABLED", True):
        csrf.protect()


@web.after_request
def say_what_varies(answer: Response) -> Response:
    answer.headers.add("Vary", FRAGMENT_HEADER)
    answer.headers.add("Vary", "Cookie")
    return answer


def to(endpoint: str, **values: Any) -> str:
    return url_for(f"web.{endpoint}", **values)
