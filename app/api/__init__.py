"""The API under /api/v1: the slices' blueprints, the routes that join slices, and its OpenAPI document."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from app.api import docs, health, live
from app.api.spec import HuifangApi

PREFIX = "/api/v1"


def init_api(app: Flask) -> None:
    api = HuifangApi(app)
    for name in ("people", "customers", "purchases", "tasks", "messaging", "points"):
        try:
            module = import_module(f"app.{name}.routes")
        except ModuleNotFoundError:
            continue
        api.register_blueprint(module.blp, url_prefix=PREFIX)
    try:
        from app.api import me

        api.register_blueprint(me.blp, url_prefix=PREFIX)
    except ImportError:
        pass
    try:
        from app.messaging import webhooks

        app.register_blueprint(webhooks.twilio)
    except ImportError:
        pass
    app.register_blueprint(health.blueprint)
    app.register_blueprint(live.blueprint)
    app.register_blueprint(docs.blueprint)
