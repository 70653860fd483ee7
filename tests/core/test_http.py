import json

import pytest
from sqlalchemy.exc import OperationalError

PROBLEM = "application/problem+json"


def test_an_unknown_address_of_the_api_is_a_problem_document(client):
    answer = client.get("/api/v1/nothing-here", headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert answer.content_type == PROBLEM
    assert answer.json["title"] == "There is nothing at this address."
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_a_problem_speaks_the_readers_language(client):
    answer = client.get("/api/v1/nothing-here", headers={"Accept-Language": "zh-CN"})
    assert answer.json["title"] not in ("", "There is nothing at this address.")


def test_a_wrong_method_is_named(client):
    answer = client.delete("/api/v1/openapi.json")
    assert (answer.status_code, answer.json["code"]) == (405, "method-not-allowed")


def test_broken_json_is_a_problem_not_a_crash(client):
    answer = client.post("/api/v1/sessions", data="{", content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.content_type == PROBLEM


def test_an_unexpected_error_shows_nothing_of_itself(app, client, monkeypatch):
    def broken() -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setitem(app.view_functions, "health.healthz", broken)
    answer = client.get("/healthz")
    assert answer.status_code == 500
    assert answer.json["code"] == "internal-error"
    assert "secret inside" not in answer.get_data(as_text=True)


def test_api_answers_are_marked_and_not_cached(client):
    answer = client.get("/api/v1/openapi.json")
    assert answer.headers["X-Api"] == "1"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_request_id_is_taken_over_only_when_it_is_harmless(client):
    assert client.get("/healthz", headers={"X-Request-Id": "abc123"}).headers["X-Request-Id"] == "abc123"
    assert client.get("/healthz", headers={"X-Request-Id": "a b"}).headers["X-Request-Id"] != "a b"


def test_health_and_readiness(client):
    assert client.get("/healthz").json == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["parts"]) == (200, {"database": "ok", "valkey": "ok"})


def test_metrics_tell_about_requests_and_the_outbox(client):
    client.get("/healthz")
    text = client.get("/metrics").get_data(as_text=True)
    assert "huifang_requests_total" in text
    assert "huifang_outbox_due" in text


@pytest.mark.parametrize("name", ["openapi.json"])
def test_the_api_description_is_version_3_1(client, name):
    document = json.loads(client.get(f"/api/v1/{name}").data)
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Huifang"


def test_a_database_that_is_away_means_again_not_broken(app, client, monkeypatch):
    def away() -> None:
        raise OperationalError(None, None, Exception("connection refused"))

    monkeypatch.setitem(app.view_functions, "health.healthz", away)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "2"


def test_a_wrong_statement_is_our_fault_and_no_reason_to_try_again(app, client, monkeypatch):
    def wrong() -> None:
        raise OperationalError("SELECT 1", {}, Exception("statement timeout"))

    monkeypatch.setitem(app.view_functions, "health.healthz", wrong)
    assert client.get("/healthz").status_code == 500
