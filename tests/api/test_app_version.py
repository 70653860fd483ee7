"""A field app of another age updates before it sends; every other client gets the ordinary answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.core import config
from app.settings import FieldAppSettings


@pytest.fixture
def needs_schema_two(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "_current", replace(config.settings(), field_app=FieldAppSettings(min_schema=2)))


@pytest.mark.parametrize("schema", ["1", "one", ""])
@pytest.mark.parametrize("path", ["/api/v1/bootstrap", "/api/v1/sessions", "/api/v1/never-heard-of"])
@pytest.mark.usefixtures("needs_schema_two")
def test_an_app_that_is_too_old_is_told_to_update_whatever_it_asks(client: Any, schema: str, path: str) -> None:
    answer = client.post(path, json={}, headers={"X-App-Schema": schema, "X-App-Build": "0011aabb"})
    assert (answer.status_code, answer.json["code"]) == (426, "app-too-old")
    assert answer.headers["X-Api"] == "1"


@pytest.mark.usefixtures("needs_schema_two")
def test_an_app_that_is_new_enough_and_any_other_client_is_served(client: Any) -> None:
    assert client.get("/api/v1/bootstrap", headers={"X-App-Schema": "2"}).status_code == 401
    assert client.get("/api/v1/bootstrap").status_code == 401
    assert client.get("/m/", headers={"X-App-Schema": "1"}).status_code == 200


def test_an_operation_without_an_address_is_told_apart_from_a_missing_row(client: Any) -> None:
    app_headers = {"X-App-Schema": "2"}
    for method, path in (("POST", "/api/v1/tasks/1/juggle"), ("DELETE", "/api/v1/bootstrap")):
        answer = client.open(path, method=method, json={}, headers=app_headers)
        assert (answer.status_code, answer.json["code"]) == (426, "unknown-op")
        assert client.open(path, method=method, json={}).status_code in (404, 405)
