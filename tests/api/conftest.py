"""The demo company in a database of this module's own, asked in-process, with a key for each role."""

import contextvars
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis.openapi.loaders import from_wsgi
from sqlalchemy import text

from app.core import clock
from app.core.db import db
from app.people.models import ApiToken, Staff, TokenKind
from tests.conftest import NOW, connected_to, demo_template_of
from tests.servers import DatabaseMaker

ROLES = ("head_office", "supervisor", "associate")
PHONES = dict(zip(ROLES, ("+85251000001", "+85251000002", "+85251000003"), strict=True))


@dataclass(frozen=True)
class DemoApi:
    """The API of the demo company: its description, a signed-in person of each role, and ids that exist."""

    app: Flask
    description: schemathesis.BaseSchema
    headers: dict[str, dict[str, str]]
    ids: dict[str, list[Any]]

    def call(self, case: schemathesis.Case, *, role: str) -> schemathesis.Response:
        """As in production, in a context of its own: nothing of one request may be left for the next."""
        # A browser unpacks what comes packed; this client shows it as it came.
        headers = {"Accept-Encoding": "identity", **self.headers[role], **(case.headers or {})}
        return contextvars.Context().run(case.call, headers=headers)


@pytest.fixture(scope="module")
def demo_api(app: Flask, databases: DatabaseMaker) -> Iterator[DemoApi]:
    name = databases.copy(demo_template_of(app, databases))
    with app.app_context(), connected_to(databases.url(name)), clock.fixed(NOW):
        headers = {role: key_of(phone) for role, phone in PHONES.items()}
        ids = known_ids()
        db.session.commit()
        yield DemoApi(app=app, description=from_wsgi("/api/v1/openapi.json", app), headers=headers, ids=ids)
    databases.drop(name)


def key_of(phone: str) -> dict[str, str]:
    person = db.session.query(Staff).filter_by(phone=phone).one()
    token = secrets.token_urlsafe(32)
    db.session.add(
        ApiToken(
            staff_id=person.id,
            kind=TokenKind.SESSION.value,
            name="test",
            token_hash=hashlib.sha256(token.encode()).hexdigest(),
            hint=token[-4:],
            scopes=[],
            session_epoch=person.session_epoch,
            created_at=datetime(2020, 1, 1, tzinfo=UTC),
            expires_at=datetime(2090, 1, 1, tzinfo=UTC),
        )
    )
    return {"Authorization": f"Bearer {token}"}


def known_ids() -> dict[str, list[Any]]:
    """Name of a field or path parameter -> values that exist in the demo company."""

    def some(table: str, column: str = "id") -> list[Any]:
        return list(db.session.scalars(text(f"select {column} from {table} order by 1 limit 30")))

    staff, tasks = some("staff"), some("task")
    return {
        "store_id": some("store"),
        "staff_id": staff,
        "assignee_id": staff,
        "owner_id": staff,
        "cover_id": staff,
        "complaint_id": some("complaint"),
        "customer_id": some("customer"),
        "household_id": some("household"),
        "member_id": some("household_member"),
        "product_id": some("product"),
        "task_id": tasks,
        "conversation_id": some("conversation"),
        "message_id": [str(message_id) for message_id in some("message")],
        "template_id": some("message_template"),
        "rule_set_id": some("points_rule_set"),
        "time_off_id": some("time_off"),
        "held_id": some("held_submission"),
        "token_id": some("api_token"),
        "blob_id": [str(blob_id) for blob_id in some("blob")],
        "key": some("skill", "key"),
        "phone": some("customer", "phone"),
    }
