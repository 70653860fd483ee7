"""What can go wrong, in the domain's words. The edge makes each a problem document (RFC 9457) or a page message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.i18n import N_

FieldErrors = Mapping[str, Any]
"""Field path -> list of messages; nested for nested fields."""


class Problem(Exception):
    """An expected refusal.

    Subclasses set `status` (HTTP), `code` (stable, for programs) and `message` (English source text, translated at the
    edge with the keyword arguments as its placeholders). `errors` names the fields; `extra` goes into the document.
    """

    status = 400
    code = "bad-request"
    message = N_("The request could not be understood.")

    def __init__(
        self,
        message: str | None = None,
        *,
        errors: FieldErrors | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> None:
        if message is not None:
            self.message = message
        self.params = params
        self.errors = errors
        self.extra = dict(extra or {})
        super().__init__(self.message % params if params else self.message)


class Unauthorized(Problem):
    status = 401
    code = "unauthorized"
    message = N_("Please sign in.")


class Forbidden(Problem):
    status = 403
    code = "forbidden"
    message = N_("You may not do this.")


class NotFound(Problem):
    status = 404
    code = "not-found"
    message = N_("There is nothing here, or it is not yours to see.")


class Conflict(Problem):
    status = 409
    code = "conflict"
    message = N_("This no longer fits what has happened meanwhile.")


class StaleVersion(Conflict):
    """The client's version is old; `extra["current"]` carries the present state when the edge can show it."""

    code = "stale-version"
    message = N_("Somebody else changed this meanwhile. Please look again and repeat your change.")


class TooLarge(Problem):
    status = 413
    code = "too-large"
    message = N_("This file is larger than %(limit)s MB.")


class Invalid(Problem):
    status = 422
    code = "invalid"
    message = N_("Some of the values can't be used.")


class TooMany(Problem):
    status = 429
    code = "too-many-requests"
    message = N_("Too many tries. Please wait a moment.")


class Unavailable(Problem):
    status = 503
    code = "unavailable"
    message = N_("The service is busy. Please try again in a moment.")
