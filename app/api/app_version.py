"""A phone may come back after weeks with an app that this service no longer understands: it updates before it sends."""

from __future__ import annotations

import structlog
from flask import request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from app.core.config import settings
from app.core.errors import Problem
from app.core.i18n import N_

log = structlog.get_logger()

SCHEMA, BUILD = "X-App-Schema", "X-App-Build"


class AppTooOld(Problem):
    status = 426
    code = "app-too-old"
    message = N_("There is a new version of the app. Load it, then everything that waits is sent.")


class UnknownOperation(Problem):
    """The field app asks for something that there is no address for: it is of another age than this service."""

    status = 426
    code = "unknown-op"
    message = N_("The app and the service are of different versions. Load the newest one; nothing is lost.")


def turn_away_strangers() -> None:
    """Only the field app names its schema; other clients go by the API's document and get the ordinary answers.

    A 404 would make the app give the entry up, so an address that does not exist is told apart from a missing row.
    """
    schema = request.headers.get(SCHEMA)
    if schema is None or not request.path.startswith("/api/"):
        return
    if not schema.isdecimal() or int(schema) < settings().field_app.min_schema:
        log.info("app_too_old", schema=schema[:20], build=request.headers.get(BUILD, "")[:20])
        raise AppTooOld
    if isinstance(request.routing_exception, NotFound | MethodNotAllowed):
        raise UnknownOperation
