"""The edge of HTTP: request ids, access log, problem documents, and how routes declare them."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, Response, current_app, g, jsonify, request
from flask_babel import gettext
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.core import metrics
from app.core.errors import Invalid, Problem, TooLarge, TooMany, Unavailable
from app.core.i18n import N_, Worded
from app.core.schemas import ProblemView

log = structlog.get_logger()

_PROBLEM = ProblemView()

WORTH_PACKING = 1000
"""Bytes; less than that fits into one packet anyway."""
PACKING_LEVEL = 5

PageErrors = Callable[[Problem], Any]
"""Shows a problem as a page; installed by app.web."""

HTTP_MESSAGES = {
    400: N_("The request could not be understood."),
    404: N_("There is nothing at this address."),
    405: N_("This address does not take that kind of request."),
    406: N_("This answer is not available in that form."),
    408: N_("The request took too long to arrive."),
    413: N_("The request is too large."),
    415: N_("This kind of content is not understood here."),
    429: N_("Too many tries. Please wait a moment."),
}


class InternalError(Problem):
    """Something broke on our side; its cause is in the log only."""

    status = 500
    code = "internal-error"
    message = N_("Something went wrong on our side. It has been noted; please try again.")


def init_http(app: Flask) -> None:
    """Install request ids, the access log, metrics and error handling."""
    app.before_request(_begin)
    app.after_request(_end)
    app.register_error_handler(Problem, _answer)
    app.register_error_handler(HTTPException, _from_http_exception)
    app.register_error_handler(DBAPIError, _database_away)
    app.register_error_handler(PoolTimeout, _database_away)
    app.register_error_handler(Exception, _unexpected)


def problems(blueprint: Any, *statuses: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: document the problem answers of a route."""
    documented = [
        blueprint.alt_response(status, schema=_PROBLEM, content_type="application/problem+json", success=False)
        for status in statuses
    ]

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        shown = view
        for document in documented:
            shown = document(shown)
        # flask-smorest wraps the view once more for each answer; only its notes are wanted, not ten calls in a row.
        if hasattr(shown, "_apidoc"):
            view._apidoc = shown._apidoc  # type: ignore[attr-defined]
        return view

    return declare


def _begin() -> None:
    g.began = time.perf_counter()
    request_id = request.headers.get("X-Request-Id", "")
    # Only a short plain token is taken over: the id is written into logs.
    g.request_id = request_id if request_id.isalnum() and len(request_id) <= 64 else uuid4().hex
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Api"] = "1"
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else "unmatched"
    metrics.requests.labels(request.method, route, str(response.status_code)).inc()
    metrics.request_seconds.labels(request.method, route).observe(seconds)
    if route not in ("/healthz", "/readyz", "/metrics") and not route.startswith("/static"):
        log.info(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            actor=g.get("idempotency_owner"),
        )
    structlog.contextvars.clear_contextvars()
    return response


def packed(answer: Response) -> Response:
    """The answer compressed, if the asker takes that and it is worth it: for long texts and phones with a weak signal.

    Not for answers that repeat what a stranger may choose beside something secret: their length would tell of it.
    """
    answer.vary.add("Accept-Encoding")
    if answer.status_code == 304 or answer.is_streamed or request.accept_encodings["gzip"] <= 0:
        return answer
    plain = answer.get_data()
    if len(plain) >= WORTH_PACKING:
        answer.set_data(gzip.compress(plain, compresslevel=PACKING_LEVEL, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def wants_document() -> bool:
    """Programs get a problem document, people a page."""
    return request.path.startswith(("/api/", "/twilio/", "/events", "/metrics", "/readyz", "/healthz"))


def problem_response(problem: Problem) -> Response:
    """The problem as RFC 9457, in the reader's language."""
    document: dict[str, Any] = {
        "type": f"urn:huifang:problem:{problem.code}",
        "title": _translate(problem.message, problem.params),
        "status": problem.status,
        "code": problem.code,
        "request_id": g.get("request_id", ""),
    }
    if problem.errors:
        document["errors"] = _translate_errors(problem.errors)
        document["detail"] = "; ".join(_lines(document["errors"]))
    for name, value in problem.extra.items():
        document.setdefault(name, value)
    response = jsonify(document)
    response.status_code = problem.status
    response.mimetype = "application/problem+json"
    if "retry_after" in problem.extra:
        response.headers["Retry-After"] = str(problem.extra["retry_after"])
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def translated(problem: Problem) -> str:
    """The problem's sentence in the reader's language."""
    return _translate(problem.message, problem.params)


def translated_errors(problem: Problem) -> Any:
    """The problem's field errors in the reader's language."""
    return _translate_errors(problem.errors or {})


def _translate(message: str, params: Mapping[str, Any]) -> str:
    words = {name: gettext(value) if isinstance(value, str) and value else value for name, value in params.items()}
    return str(gettext(message, **words))


def _translate_errors(errors: Any) -> Any:
    if isinstance(errors, Mapping):
        return {str(name): _translate_errors(value) for name, value in errors.items()}
    if isinstance(errors, list | tuple):
        return [_translate_errors(value) for value in errors]
    if isinstance(errors, str):
        return in_words(errors)
    return str(errors)


def in_words(message: str) -> str:
    """A marked message in the reader's language, with its values if it has some."""
    if not message:
        return message
    return str(gettext(message, **message.params) if isinstance(message, Worded) else gettext(message))


def _lines(errors: Any, path: str = "") -> list[str]:
    if isinstance(errors, Mapping):
        return [line for name, value in errors.items() for line in _lines(value, f"{path}.{name}" if path else name)]
    if isinstance(errors, list):
        return [line for value in errors for line in _lines(value, path)]
    return [f"{path}: {errors}" if path else str(errors)]


def _answer(problem: Problem) -> Any:
    show_page: PageErrors | None = _page_errors()
    if wants_document() or show_page is None:
        return problem_response(problem)
    return show_page(problem)


def _page_errors() -> PageErrors | None:
    return current_app.extensions.get("huifang_page_errors")


def _from_http_exception(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error.get_response()
    return _answer(problem_of(error))


def problem_of(error: HTTPException) -> Problem:
    """The problem that says what a werkzeug or flask-smorest abort means."""
    data = getattr(error, "data", None) or {}
    if error.code == 422 and "messages" in data:
        messages = data["messages"]
        # webargs groups by location; a body's fields are named alone, others keep "query", "headers".
        return Invalid(errors=messages.get("json", messages) if isinstance(messages, Mapping) else {"body": messages})
    status = error.code or 500
    kind: type[Problem] = {413: TooLarge, 429: TooMany}.get(status, Problem)
    problem = kind(HTTP_MESSAGES.get(status, N_("The request could not be understood.")))
    problem.status = status
    if kind is Problem:
        problem.code = (error.name or "error").lower().replace(" ", "-")
    retry_after = dict(error.get_response().headers).get("Retry-After")
    if retry_after:
        problem.extra["retry_after"] = retry_after
    return problem


def _database_away(error: SQLAlchemyError) -> Any:
    """The database is restarting or every connection is taken: it passes, so say "again", not "broken"."""
    if isinstance(error, DBAPIError) and not error.connection_invalidated and not _never_connected(error):
        return _unexpected(error)
    log.warning("database_away", error=type(error).__name__)
    return _answer(Unavailable(extra={"retry_after": 2}))


def _never_connected(error: DBAPIError) -> bool:
    return isinstance(error, OperationalError) and error.statement is None


def _unexpected(error: Exception) -> Any:
    log.error("unexpected_error", error=type(error).__name__, exc_info=True)
    return _answer(InternalError())
