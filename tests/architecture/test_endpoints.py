"""Every address either names who may use it or stands on the short list of those that anybody may."""

from collections.abc import Callable
from typing import Any

from flask import Flask

PUBLIC = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/v1/openapi.json",
    "/api/v1/docs",
    "/api/v1/sessions",
    "/twilio/inbound",
    "/twilio/status",
    "/sign-in",
    "/language",
}
"""Addresses for anybody: health, the contract, coming in, and callers who prove themselves by a signature."""

PUBLIC_UNDER = ("/static/", "/m", "/c/", "/api/v1/docs/")
"""Built files, the field app's shell (no data in it), and what a signed link opens."""


def view_of(app: Flask, endpoint: str) -> Callable[..., Any]:
    return app.view_functions[endpoint]


def is_public_address(rule: str) -> bool:
    return rule in PUBLIC or rule.startswith(PUBLIC_UNDER)


def test_every_endpoint_requires_a_role_or_is_marked_public(app: Flask) -> None:
    open_doors = [
        f"{sorted(rule.methods - {'HEAD', 'OPTIONS'})} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if not hasattr(view_of(app, rule.endpoint), "requirement")
        and not getattr(view_of(app, rule.endpoint), "is_public", False)
    ]
    assert open_doors == []


def test_public_endpoints_stand_on_the_list(app: Flask) -> None:
    surprises = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(view_of(app, rule.endpoint), "is_public", False) and not is_public_address(rule.rule)
    ]
    assert surprises == []


def test_writing_routes_of_the_api_take_an_idempotency_key(app: Flask) -> None:
    """Signing in and out stores no answer: a token must not lie in a table."""
    without = [
        f"{sorted(rule.methods & {'POST', 'PUT', 'PATCH', 'DELETE'})} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        and rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
        and not rule.rule.startswith("/api/v1/sessions")
        and not getattr(view_of(app, rule.endpoint), "is_idempotent", False)
    ]
    assert without == []
