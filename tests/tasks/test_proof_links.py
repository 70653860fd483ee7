"""Addresses of proof sheets over the API: who may make them, see them and take them back, and what is kept of them."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core.db import db
from app.core.models import AuditEntry
from app.people.access import Role
from app.tasks import proof_links, service
from app.tasks.models import Task
from app.tasks.proof_links import TooManyLinks
from app.tasks.proof_models import ProofLink, ProofRead
from tests.factories.people import make_staff
from tests.tasks.conftest import Shop

API = "/api/v1"


@pytest.fixture
def task(shop: Shop) -> Task:
    return shop.task(assignee=shop.ann, status="completed", window_start=shop.now - timedelta(hours=2))


def make(shop: Shop, task: Task, who: str = "ann", **options: Any) -> tuple[proof_links.Link, str]:
    return proof_links.make(task.id, actor=shop.actor(who), now=shop.now, **options)


def secret_in(url: str) -> str:
    return url.rsplit("/", 1)[1]


def test_an_address_is_said_once_and_only_its_hash_is_kept(shop: Shop, task: Task) -> None:
    link, url = make(shop, task)
    row = db.session.get_one(ProofLink, link.id)
    assert row.secret_hash == hashlib.sha256(secret_in(url).encode()).hexdigest()
    assert secret_in(url) not in repr(vars(row))
    assert len(secret_in(url)) >= 32


def test_it_opens_until_it_runs_out(shop: Shop, task: Task) -> None:
    link, url = make(shop, task)
    assert link.expires_at == shop.now + timedelta(days=30)
    shorter, _ = make(shop, task, days=2)
    assert shorter.expires_at == shop.now + timedelta(days=2)

    def is_open(now: Any) -> bool:
        found = proof_links.of_secret(secret_in(url), now=now)
        assert found is not None
        return found.is_open

    assert is_open(link.expires_at - timedelta(seconds=1))
    assert not is_open(link.expires_at)
    assert proof_links.of_secret("something else", now=shop.now) is None


def test_a_revoked_address_opens_nothing_and_stays_in_the_list(shop: Shop, task: Task) -> None:
    link, url = make(shop, task)
    proof_links.revoke(task.id, link.id, actor=shop.actor("ann"), now=shop.now)
    again = proof_links.revoke(task.id, link.id, actor=shop.actor("boss"), now=shop.now + timedelta(hours=1))
    assert again.revoked_at == shop.now
    found = proof_links.of_secret(secret_in(url), now=shop.now)
    assert found is not None
    assert not found.is_open
    assert [one.is_open for one in proof_links.links_of(task.id, actor=shop.actor("ann"), now=shop.now)] == [False]


def test_reads_are_counted_with_their_time_and_nothing_else(shop: Shop, task: Task) -> None:
    link, _ = make(shop, task)
    proof_links.count_read(link.id, form="page", now=shop.now)
    proof_links.count_read(link.id, form="pdf", now=shop.now + timedelta(minutes=1))
    [seen] = proof_links.links_of(task.id, actor=shop.actor("ann"), now=shop.now)
    assert (seen.reads, seen.last_read_at) == (2, shop.now + timedelta(minutes=1))
    rows = db.session.query(ProofRead.form, ProofRead.read_at).filter_by(link_id=link.id).order_by(ProofRead.id).all()
    assert [tuple(row) for row in rows] == [("page", shop.now), ("pdf", shop.now + timedelta(minutes=1))]
    assert set(ProofRead.__table__.columns.keys()) == {"id", "link_id", "form", "read_at"}


def test_making_and_revoking_are_written_down_without_the_secret(shop: Shop, task: Task) -> None:
    link, url = make(shop, task)
    proof_links.revoke(task.id, link.id, actor=shop.actor("boss"), now=shop.now)
    noted = db.session.query(AuditEntry).filter_by(subject_type="task", subject_id=str(task.id)).order_by(AuditEntry.id)
    assert [one.action for one in noted] == ["task.make_proof_link", "task.revoke_proof_link"]
    assert all(secret_in(url) not in str(one.detail) for one in noted)


def test_an_address_outlives_a_reopened_task(shop: Shop, task: Task) -> None:
    _link, url = make(shop, task)
    service.reopen(task.id, reason="wrong line", actor=shop.actor("boss"), now=shop.now)
    found = proof_links.of_secret(secret_in(url), now=shop.now)
    assert found is not None
    assert found.is_open


def test_a_sheet_has_no_more_open_addresses_than_anybody_needs(shop: Shop, task: Task) -> None:
    for _each in range(proof_links.MOST_OPEN):
        link, _ = make(shop, task)
    with pytest.raises(TooManyLinks):
        make(shop, task)
    proof_links.revoke(task.id, link.id, actor=shop.actor("ann"), now=shop.now)
    make(shop, task)


ROLES = {"office": 200, "boss": 200, "ann": 200, "bob": 404, "stranger": 404, "elsewhere": 404}
"""Who asks -> the answer: head office, the store's leader, who came; a colleague, and people of another shop."""


@pytest.mark.parametrize(("who", "expected"), ROLES.items())
def test_each_route_answers_each_role_as_it_should(
    shop: Shop, task: Task, client: FlaskClient, sign_in: Any, who: str, expected: int
) -> None:
    link, _ = make(shop, task, "boss")
    person = make_staff(Role.SUPERVISOR) if who == "elsewhere" else getattr(shop, who)
    headers = sign_in(person)
    base = f"{API}/tasks/{task.id}"
    for path in ("proof", "proof.pdf", "proof-links"):
        assert client.get(f"{base}/{path}", headers=headers).status_code == expected, path
    made = client.post(f"{base}/proof-links", json={}, headers=headers)
    assert made.status_code == (201 if expected == 200 else expected)
    others = client.delete(f"{base}/proof-links/{link.id}", headers=headers)
    assert others.status_code == (403 if who == "ann" else expected)
    if expected == 200:
        own = client.delete(f"{base}/proof-links/{made.json['id']}", headers=headers)
        assert (own.status_code, own.json["is_open"]) == (200, False)


def test_nobody_gets_a_sheet_without_signing_in(task: Task, client: FlaskClient) -> None:
    for path in ("proof", "proof.pdf", "proof-links"):
        assert client.get(f"{API}/tasks/{task.id}/{path}").status_code == 401


def test_after_three_days_the_sheet_is_no_longer_the_associates(shop: Shop, client: FlaskClient, sign_in: Any) -> None:
    old = shop.task(assignee=shop.ann, status="completed", window_start=shop.now - timedelta(days=4))
    for path in ("proof", "proof.pdf"):
        assert client.get(f"{API}/tasks/{old.id}/{path}", headers=sign_in(shop.ann)).status_code == 403
        assert client.get(f"{API}/tasks/{old.id}/{path}", headers=sign_in(shop.boss)).status_code == 200


def test_work_that_has_not_ended_has_no_sheet_yet(shop: Shop, client: FlaskClient, sign_in: Any) -> None:
    running = shop.task(assignee=shop.ann, status="active")
    for path in ("proof", "proof.pdf"):
        answer = client.get(f"{API}/tasks/{running.id}/{path}", headers=sign_in(shop.ann))
        assert (answer.status_code, answer.json["code"]) == (409, "nothing-to-prove")
    assert client.post(f"{API}/tasks/{running.id}/proof-links", json={}, headers=sign_in(shop.ann)).status_code == 409
    assert client.get(f"{API}/tasks/{running.id}/proof-links", headers=sign_in(shop.ann)).json == {"items": []}


def test_days_have_bounds(task: Task, shop: Shop, client: FlaskClient, sign_in: Any) -> None:
    for days in (0, 366):
        answer = client.post(f"{API}/tasks/{task.id}/proof-links", json={"days": days}, headers=sign_in(shop.ann))
        assert answer.status_code == 422


def test_the_file_says_what_it_is_and_taking_it_is_written_down(
    task: Task, shop: Shop, client: FlaskClient, sign_in: Any
) -> None:
    answer = client.get(f"{API}/tasks/{task.id}/proof.pdf", headers=sign_in(shop.boss))
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    assert f"proof-{task.number}.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    noted = db.session.query(AuditEntry).filter_by(action="task.proof_pdf", subject_id=str(task.id)).one()
    assert noted.actor == str(shop.boss.id)
