"""A refusal as a page: the same words as the problem document, in the reader's language."""

from flask import flash, g, redirect, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response as AnyResponse

from app.core.errors import Conflict, Invalid, Problem, TooLarge, TooMany, Unauthorized
from app.core.http import translated
from app.core.i18n import N_
from app.web.forms import words_per_field
from app.web.pages import own_address, to, web

REPEATABLE = (Conflict, Invalid, TooLarge, TooMany)
"""Refusals of a form that its sender can mend where he or she stands."""

TITLES = {
    403: N_("This is not yours to open"),
    404: N_("We can't find this"),
    405: N_("We can't find this"),
    429: N_("A short pause, please"),
    500: N_("Something broke on our side"),
    503: N_("We are busy just now"),
}


class FormTooOld(Problem):
    code = "form-too-old"
    message = N_("This page has been open for a long time. Please load it again and repeat your change.")


def show_problem(problem: Problem) -> AnyResponse | tuple[str, int, dict[str, str]]:
    """Ask to sign in, send a form back with the reason, or show an error page."""
    if isinstance(problem, Unauthorized):
        return _ask_to_sign_in(problem)
    if request.method == "POST" and isinstance(problem, REPEATABLE) and (place := _where_it_came_from()):
        flash(" ".join([translated(problem), *_field_lines(problem)]), "danger")
        return redirect(place, 303)
    if request.method == "GET" and "merged_into" in problem.extra:
        return redirect(to("customer", customer_id=problem.extra["merged_into"]), 302)
    page = render_template(
        "problem.html",
        title=_(TITLES.get(problem.status, N_("This did not work"))),
        words=translated(problem),
        request_id=g.get("request_id") if problem.status >= 500 else None,
    )
    headers = {"Retry-After": str(problem.extra["retry_after"])} if "retry_after" in problem.extra else {}
    return page, problem.status, headers


def _ask_to_sign_in(problem: Unauthorized) -> AnyResponse:
    wanted = request.full_path if request.query_string else request.path
    if request.method != "GET":
        flash(translated(problem), "warning")
        wanted = _where_it_came_from() or "/"
    return redirect(to("sign_in", next=None if wanted == "/" else wanted), 303)


def _where_it_came_from() -> str | None:
    named = own_address(request.form.get("back"), "")
    if named:
        return named
    referrer = request.referrer or ""
    return own_address(referrer.removeprefix(request.host_url.rstrip("/")), "") or None


def _field_lines(problem: Problem) -> list[str]:
    return list(dict.fromkeys(words for found in words_per_field(problem).values() for words in found))


@web.errorhandler(CSRFError)
def form_too_old(_error: CSRFError) -> AnyResponse | tuple[str, int, dict[str, str]]:
    return show_problem(FormTooOld())
