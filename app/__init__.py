"""The service: settings, extensions, errors, blueprints, subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from app.core import clock, config, outbox
from app.core.db import db
from app.settings import Settings


class Service(Flask):
    """Flask without coroutines."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view of ours is a coroutine; to ask each wrapper of each request took a fortieth of its time."""
        return func


def create_app(settings: Settings) -> Flask:
    """Build the application of a process that people talk to."""
    # Imported here: pages and API take longer to load than all the rest, and whoever works backstage has none.
    from app import api, web
    from app.core.addresses import LateRule
    from app.core.http import init_http
    from app.core.limits import limiter
    from app.people.auth import init_auth

    app = create_backstage(settings)
    app.url_rule_class = LateRule
    app.config.update(_web_config(settings))
    limiter.init_app(app)
    init_http(app)
    init_auth(app)
    web.init_web(app)
    api.init_api(app)
    return app


def create_backstage(settings: Settings) -> Flask:
    """What the relay and the workers need: settings, clock, database and subscriptions.

    This and create_app are the only places that put settings to use.
    """
    from app.subscriptions import SUBSCRIPTIONS

    config.use(settings)
    clock.use(settings.clock)
    outbox.use(SUBSCRIPTIONS)

    app = Service("app", static_folder=None)
    app.config.update(_config(settings))
    db.init_app(app)
    return app


def _config(settings: Settings) -> dict[str, object]:
    return {
        "TESTING": settings.environment == "test",
        "SQLALCHEMY_DATABASE_URI": settings.database.url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": settings.database.pool_size,
            "max_overflow": 0,
            "pool_timeout": 20,
            "connect_args": {"options": "-c timezone=UTC -c idle_in_transaction_session_timeout=60000"},
        },
    }


def _web_config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": settings.media.max_bytes + 64 * 1024,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_production,
        "RATELIMIT_ENABLED": settings.rate_limits,
        "RATELIMIT_STORAGE_URI": settings.valkey.url,
        "WTF_CSRF_TIME_LIMIT": None,
        "JSON_SORT_KEYS": False,
    }
