"""The OpenAPI 3.1 document, made from the schemas that validate."""

from __future__ import annotations

from http import HTTPStatus
from threading import Lock
from typing import Any

from apispec import BasePlugin
from flask import Flask, Response, current_app, json
from flask_smorest import Api, Blueprint
from flask_smorest.arguments import ArgumentsMixin
from marshmallow import RAISE, fields
from werkzeug.routing import IntegerConverter

from app.core.schemas import ProblemView

PROBLEM_TYPE = "application/problem+json"

# The slices' blueprints share this one parser. A mistyped filter must be refused, not answered with the whole list.
ArgumentsMixin.ARGUMENTS_PARSER.DEFAULT_UNKNOWN_BY_LOCATION = {
    **ArgumentsMixin.ARGUMENTS_PARSER.DEFAULT_UNKNOWN_BY_LOCATION,
    "query": RAISE,
}


class HuifangApi(Api):  # type: ignore[misc]
    """flask-smorest with our problem documents as the only kind of error."""

    ERROR_SCHEMA = ProblemView
    # Each operation names its problems one by one; a default would make every undocumented answer look documented.
    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask) -> None:
        self.parts: dict[str, str] = {}
        """Name and description of each part of the API, in the order in which they were joined."""
        app.config.update(
            API_TITLE="Huifang",
            API_VERSION="v1",
            OPENAPI_VERSION="3.1.0",
            OPENAPI_URL_PREFIX="/api/v1",
            OPENAPI_JSON_PATH="openapi.json",
        )
        app.url_map.converters["int"] = BoundedInteger
        self._undescribed: list[tuple[Blueprint, str]] = []
        self._describing = Lock()
        self._document = ""
        super().__init__(app, spec_kwargs=_description() | {"extra_plugins": [SharedAnswers()]})
        self.ma_plugin.converter.add_attribute_function(decimal_as_text)
        self.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
        self.spec.components.security_scheme(
            "session", {"type": "apiKey", "in": "cookie", "name": app.config.get("SESSION_COOKIE_NAME", "session")}
        )

    def register_blueprint(self, blueprint: Blueprint, **options: Any) -> None:
        """Serve the routes. They are described when somebody asks: that takes longer than all else of a start."""
        name = options.get("name", blueprint.name)
        self._app.extensions["flask-smorest"]["blp_name_to_api"][name] = self
        self._app.register_blueprint(blueprint, **options)
        self._undescribed.append((blueprint, name))
        self.parts.setdefault(name, blueprint.description or "")

    def document(self) -> str:
        """The whole description as JSON, made once in each process."""
        with self._describing:
            for blueprint, name in self._undescribed:
                blueprint.register_views_in_doc(self, self._app, self.spec, name=name, parameters=None)
                self.spec.tag({"name": name, "description": blueprint.description})
            self._undescribed.clear()
            self._document = self._document or json.dumps(self.spec.to_dict(), indent=2, sort_keys=False)
        return self._document

    def _openapi_json(self) -> Response:
        return current_app.response_class(self.document(), mimetype="application/json")

    def _register_error_handlers(self) -> None:
        """app.core.http answers every error, so that pages, API and webhooks agree."""

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            if status >= HTTPStatus.BAD_REQUEST:
                content = {PROBLEM_TYPE: {"schema": ProblemView}}
                answer = {"description": status.phrase, "content": content}
                self.spec.components.response(status.name, answer, lazy=True)


class SharedAnswers(BasePlugin):
    """What every operation of a kind has in common, said once."""

    def operation_helper(self, path: str | None = None, operations: dict[str, Any] | None = None, **_: Any) -> None:
        for method, operation in (operations or {}).items():
            if not isinstance(operation, dict):
                continue
            answers = operation.setdefault("responses", {})
            if "requestBody" in operation and not {400, "400"} & set(answers):
                answers[400] = HTTPStatus.BAD_REQUEST.name  # JSON that is none
            if "{" in (path or "") and not {404, "404"} & set(answers):
                answers[404] = HTTPStatus.NOT_FOUND.name  # an id that can't be one
            operation.setdefault("operationId", _operation_id(method, path or ""))


class BoundedInteger(IntegerConverter):
    """An id beyond its column names nothing, so it is not found; werkzeug would say 405 where other methods exist."""

    def to_python(self, value: str) -> int:
        number = int(value)
        return number if self.max is None else min(number, self.max)


def decimal_as_text(_converter: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    """Amounts travel as text, which no client rounds; apispec would call them numbers all the same."""
    if not (isinstance(field, fields.Decimal) and field.as_string):
        return {}
    return {"type": ["string", "null"] if field.allow_none else "string", "format": "decimal"}


def _operation_id(method: str, path: str) -> str:
    """ "post_tasks_task_id_complete": what generated clients call the operation."""
    parts = [part.strip("{}") for part in path.removeprefix("/api/v1").split("/") if part]
    return "_".join([method, *parts]).replace("-", "_")


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
