"""Every address either names who may use it or stands on the short list of those that anybody may."""

import re
from collections.abc import Callable
from typing import Any

from flask import Flask

PUBLIC = {
    "/",
    "/sw.js",
    "/favicon.ico",
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/v1/openapi.json",
    "/api/v1/docs",
    "/api/v1/sessions",
    "/twilio/inbound",
    "/twilio/status",
    "/sms/<name>/inbound",
    "/sms/<name>/status",
    "/sign-in",
    "/language",
    "/c",
}
"""Addresses for anybody: health, the contract, coming in, and callers who prove themselves by a signature."""

PUBLIC_UNDER = ("/static/", "/m", "/c/", "/p/", "/api/v1/docs/")
"""Built files, the field app's shell (no data in it), and what a signed link opens."""


NO_STORED_ANSWER = {
    "/api/v1/sessions",
    "/api/v1/sessions/end-all",
    "/api/v1/tokens",
    "/api/v1/tokens/token_id",
    "/api/v1/me/password",
    "/api/v1/staff/staff_id/password",
    "/api/v1/staff/staff_id/end-sessions",
    "/api/v1/customers/customer_id/link",
    "/api/v1/tasks/task_id/proof-links",
}
"""Keys and passwords: a repeated call does no harm, and neither they nor their answers may lie in a table."""


def view_of(app: Flask, endpoint: str) -> Callable[..., Any]:
    return app.view_functions[endpoint]


def is_public_address(rule: str) -> bool:
    return rule in PUBLIC or rule.startswith(PUBLIC_UNDER)


def test_every_endpoint_requires_a_role_or_stands_on_the_public_list(app: Flask) -> None:
    open_doors = [
        f"{sorted(rule.methods - {'HEAD', 'OPTIONS'})} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if not hasattr(view_of(app, rule.endpoint), "requirement") and not is_public_address(rule.rule)
    ]
    assert open_doors == []


def test_endpoints_marked_public_stand_on_the_list(app: Flask) -> None:
    surprises = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(view_of(app, rule.endpoint), "is_public", False) and not is_public_address(rule.rule)
    ]
    assert surprises == []


def test_writing_routes_of_the_api_take_an_idempotency_key(app: Flask) -> None:
    without = [
        f"{sorted(rule.methods & {'POST', 'PUT', 'PATCH', 'DELETE'})} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        and rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
        and re.sub(r"<[^>]*:(\w+)>", r"\1", rule.rule) not in NO_STORED_ANSWER
        and not getattr(view_of(app, rule.endpoint), "is_idempotent", False)
    ]
    assert without == []
