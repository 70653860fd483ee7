"""Is it alive, is it ready, and how is it doing: for load balancers and Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock, metrics, outbox
from app.core.db import db
from app.core.live import hub, valkey
from app.messaging import health as sms
from app.people.auth import public

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """This process answers; nothing else is asked."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """Ready when PostgreSQL answers and is migrated. Valkey away means slower, not unready: it is reported."""
    parts = {"database": _database(), "valkey": _valkey()}
    ready = parts["database"] == "ok"
    return jsonify(status="ok" if ready else "not ready", parts=parts), 200 if ready else 503


@blueprint.get("/metrics")
@public
def figures() -> Response:
    state = outbox.backlog()
    extra = {
        "huifang_outbox_due": state.due,
        "huifang_outbox_dead": state.dead,
        "huifang_outbox_oldest_due_seconds": state.oldest_due_seconds,
    }
    extra |= sms.gauges(now=clock.now())
    metrics.streams.set(hub.count())
    return Response(metrics.render(extra), mimetype="text/plain")


def _database() -> str:
    try:
        db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        return "ok"
    except DBAPIError as error:
        db.session.rollback()
        return type(error).__name__


def _valkey() -> str:
    try:
        valkey().ping()
        return "ok"
    except RedisError as error:
        return type(error).__name__
