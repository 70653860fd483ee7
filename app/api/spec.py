"""The OpenAPI 3.1 document, made from the schemas that validate."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_smorest import Api

from app.core.schemas import ProblemView


class HuifangApi(Api):  # type: ignore[misc]
    """flask-smorest with our problem documents as the only kind of error."""

    ERROR_SCHEMA = ProblemView

    def __init__(self, app: Flask) -> None:
        app.config.update(
            API_TITLE="Huifang",
            API_VERSION="v1",
            OPENAPI_VERSION="3.1.0",
            OPENAPI_URL_PREFIX="/api/v1",
            OPENAPI_JSON_PATH="openapi.json",
        )
        super().__init__(app, spec_kwargs=_description())
        self.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
        self.spec.components.security_scheme(
            "session", {"type": "apiKey", "in": "cookie", "name": app.config.get("SESSION_COOKIE_NAME", "session")}
        )

    def _register_error_handlers(self) -> None:
        """app.core.http answers every error, so that pages, API and webhooks agree."""


def _description() -> dict[str, Any]:
    return {
        "info": {
            "description": (
                "The after-sales desk of a chain of shops: tasks, customers, messages and points. "
                "Times are ISO 8601 with zone. Lists page by cursor. Writes may carry an Idempotency-Key (UUID). "
                "Errors are problem documents (RFC 9457)."
            ),
            "license": {"name": "Proprietary"},
        },
        "security": [{"token": []}, {"session": []}],
    }
