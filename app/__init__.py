"""The service: settings, extensions, errors, blueprints, subscriptions."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_migrate import Migrate

from app import api, cli, web
from app.core import clock, config, outbox
from app.core.db import db
from app.core.http import init_http
from app.core.limits import limiter
from app.people.auth import init_auth
from app.settings import Settings
from app.subscriptions import SUBSCRIPTIONS

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def create_app(settings: Settings) -> Flask:
    """Build the application for one process; the only place that puts settings to use."""
    config.use(settings)
    clock.use(settings.clock)
    outbox.use(SUBSCRIPTIONS)

    app = Flask("app", static_folder=None)
    app.config.update(_flask_config(settings))
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS))
    limiter.init_app(app)
    init_http(app)
    init_auth(app)
    web.init_web(app)
    api.init_api(app)
    cli.init_cli(app)
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.environment == "test",
        "SQLALCHEMY_DATABASE_URI": settings.database.url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": settings.database.pool_size,
            "max_overflow": 0,
            "pool_timeout": 20,
            "connect_args": {"options": "-c timezone=UTC -c idle_in_transaction_session_timeout=60000"},
        },
        "MAX_CONTENT_LENGTH": settings.media.max_bytes + 64 * 1024,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_production,
        "RATELIMIT_ENABLED": settings.rate_limits,
        "RATELIMIT_STORAGE_URI": settings.valkey.url,
        "WTF_CSRF_TIME_LIMIT": None,
        "JSON_SORT_KEYS": False,
    }
