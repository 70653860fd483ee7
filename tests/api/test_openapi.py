"""The API's description is valid, whole and unambiguous."""

import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import Client

from app import create_app
from app.core import config
from tests.factories.people import make_staff

PROBLEM = "application/problem+json"
METHODS = {"get", "put", "post", "patch", "delete"}
PUBLIC = {("post", "/api/v1/sessions")}
UNLISTED = {"/api/v1/docs", "/api/v1/openapi.json", "/api/v1/events"}
"""The description itself, its viewer, and a stream, which OpenAPI can't describe."""


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    return Client(app).get("/api/v1/openapi.json").json


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, described in document["paths"].items():
        for method, operation in described.items():
            if method in METHODS:
                yield method, path, operation


def problems_of(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {}
    for status, answer in operation["responses"].items():
        if "$ref" in answer:
            answer = document["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
        if status >= "400":
            found[status] = answer
    return found


def test_it_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_of_the_api_is_described(app, document):
    served = {
        (method.lower(), re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.rule not in UNLISTED
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served == {(method, path) for method, path, _ in operations(document)}


def test_every_operation_says_what_it_does_under_a_name_of_its_own(document):
    nameless = [f"{method} {path}" for method, path, one in operations(document) if not one.get("summary")]
    assert nameless == []
    names = [one["operationId"] for *_, one in operations(document)]
    assert len(set(names)) == len(names)


def test_every_operation_names_its_problems_one_by_one(document):
    missing = []
    for method, path, one in operations(document):
        expected = set() if (method, path) in PUBLIC else {"401", "403"}
        if "requestBody" in one:
            expected |= {"400", "422"}
        if any(parameter["in"] == "query" for parameter in one.get("parameters", [])):
            expected.add("422")
        if lacking := expected - set(one["responses"]):
            missing.append(f"{method} {path}: {sorted(lacking)}")
        assert "default" not in one["responses"]
    assert missing == []


def test_every_problem_is_a_problem_document(document):
    for method, path, one in operations(document):
        for status, answer in problems_of(document, one).items():
            schema = answer["content"][PROBLEM]["schema"]
            assert list(answer["content"]) == [PROBLEM], f"{method} {path} {status}"
            assert schema == {"$ref": "#/components/schemas/ProblemView"}


def test_every_success_with_a_body_has_a_schema(document):
    bare = [
        f"{method} {path} {status}"
        for method, path, one in operations(document)
        for status, answer in one["responses"].items()
        if status.startswith("2")
        and status != "204"
        and not any(content.get("schema") for content in answer.get("content", {}).values())
    ]
    assert bare == []


def test_every_write_but_keys_and_passwords_takes_an_idempotency_key(document):
    without = {
        path
        for method, path, one in operations(document)
        if method != "get" and not any(each["name"] == "Idempotency-Key" for each in one.get("parameters", []))
    }
    # Keys too, which no stored answer may hold.
    without -= {"/api/v1/customers/{customer_id}/link", "/api/v1/tasks/{task_id}/proof-links"}
    assert {path.split("/")[3] for path in without} <= {"sessions", "tokens", "me", "staff", "message-templates"}


def test_no_two_schemas_share_a_name(app):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fresh = create_app(config.settings())
        assert Client(fresh).get("/api/v1/openapi.json").status_code == 200


def test_limits_are_numbers(document):
    def limits(part: Any) -> Iterator[Any]:
        if isinstance(part, dict):
            for name, value in part.items():
                if name in ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"):
                    yield value
                yield from limits(value)
        elif isinstance(part, list):
            for one in part:
                yield from limits(one)

    assert [limit for limit in limits(document) if not isinstance(limit, int | float)] == []


def test_every_id_in_a_path_has_the_limits_of_its_column(document):
    unbounded = [
        f"{path} {parameter['name']}"
        for path, described in document["paths"].items()
        for parameter in described.get("parameters", [])
        if parameter["schema"].get("type") == "integer" and "maximum" not in parameter["schema"]
    ]
    assert unbounded == []


def test_an_unknown_query_parameter_is_refused_by_its_name(client, session, sign_in):
    answer = client.get("/api/v1/tasks?asignee=me", headers=sign_in(make_staff()))
    assert answer.status_code == 422
    assert list(answer.json["errors"]["query"]) == ["asignee"]
