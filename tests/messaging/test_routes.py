"""Each message route, asked by each role."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from app.core.db import db
from app.messaging import queries
from app.messaging.models import Conversation, Message
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.messaging.roles import ALL, API, LEADERS, OFFICE, SEES, TEXTS, WRITES, ask, each


@each(SEES)
def test_who_may_read_a_thread(client, world, role, status):
    answer = ask(client, world, role, "GET", f"/customers/{world.customer.id}/messages")
    assert answer.status_code == status
    if status == 200:
        assert {line["direction"] for line in answer.json["items"]} == {"in", "out"}


@each(WRITES)
def test_who_may_write_to_a_customer(client, world, role, status):
    answer = ask(client, world, role, "POST", f"/customers/{world.customer.id}/messages", {"text": "晚上九点。"})
    assert answer.status_code == status
    if status == 201:
        assert (answer.json["status"], answer.json["text"], answer.json["segments"]) == ("pending", "晚上九点。", 1)


def test_what_was_written_is_answered_as_it_is_shown_later(client, world):
    written = ask(
        client, world, "supervisor", "POST", f"/customers/{world.customer.id}/messages", {"text": "晚上九点。"}
    )
    shown = ask(client, world, "supervisor", "GET", f"/messages/{written.json['id']}")
    assert written.json == shown.json


def test_a_text_by_hand_takes_four_statements(client, world):
    address, body = f"/customers/{world.customer.id}/messages", {"text": "晚上九点。"}
    ask(client, world, "supervisor", "POST", address, body)
    statements = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            statements.append(statement)

    headers = world.headers["supervisor"] | {"Idempotency-Key": str(uuid4())}
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.post(f"/api/v1{address}", json=body, headers=headers).status_code == 201
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(statements) == 4, statements


@each(SEES)
def test_who_may_see_one_message(client, world, role, status):
    answer = ask(client, world, role, "GET", f"/messages/{world.message.id}")
    assert answer.status_code == status
    assert status != 200 or answer.json["phone_masked"] != world.customer.phone


@pytest.mark.parametrize(
    ("role", "count"), [("head_office", 1), ("supervisor", 1), ("owner", 1), ("colleague", 0), ("other_supervisor", 0)]
)
def test_who_sees_the_conversation_in_the_inbox(client, world, role, count):
    answer = ask(client, world, role, "GET", "/conversations?unread=true")
    assert (answer.status_code, len(answer.json["items"])) == (200, count)


def test_the_inbox_shows_the_last_text_and_a_masked_number(client, world):
    [talk] = ask(client, world, "owner", "GET", "/conversations").json["items"]
    assert (talk["unread"], talk["customer"]["name"]) == (1, "陈美玲")
    assert talk["last_message"]["text"]
    assert world.customer.phone not in str(talk)


@pytest.mark.parametrize("verb", ["read", "settle"])
@each(SEES)
def test_who_may_mark_a_conversation(client, world, role, status, verb):
    answer = ask(client, world, role, "POST", f"/conversations/{world.conversation.id}/{verb}")
    assert answer.status_code == status
    if status == 200:
        assert answer.json["unread"] == 0


def test_read_is_not_answered(client, world):
    ask(client, world, "owner", "POST", f"/conversations/{world.conversation.id}/read")
    assert db.session.get(Conversation, world.conversation.id).waiting_since is not None


@each(WRITES)
def test_who_may_leave_a_note(client, world, role, status):
    answer = ask(client, world, role, "POST", f"/conversations/{world.conversation.id}/notes", {"text": "喜欢下午"})
    assert answer.status_code == status


def test_a_note_is_shown_only_when_asked_for(client, world):
    ask(client, world, "owner", "POST", f"/conversations/{world.conversation.id}/notes", {"text": "喜欢下午"})
    path = f"/customers/{world.customer.id}/messages"
    assert "喜欢下午" not in str(ask(client, world, "owner", "GET", path).json)
    assert "喜欢下午" in str(ask(client, world, "owner", "GET", f"{path}?notes=true").json)


@each(LEADERS)
def test_who_may_see_what_goes_out(client, world, role, status):
    answer = ask(client, world, role, "GET", "/messages")
    assert answer.status_code == status
    if status == 200:
        assert len(answer.json["items"]) == (0 if role == "other_supervisor" else 1)


@pytest.mark.parametrize(
    ("status", "count"), [("held", 1), ("pending", 1), ("delivered", 1), ("cancelled", 0), ("unknown", 0)]
)
def test_what_goes_out_can_be_narrowed(client, world, now, status, count):
    make_message(world.customer, held_reason="quiet hours", held_until=now)
    answer = ask(client, world, "supervisor", "GET", f"/messages?status={status}&store_id={world.store.id}")
    assert len(answer.json["items"]) == count
    if status == "held":
        assert answer.json["items"][0]["held_until"] == now.isoformat()
        assert answer.json["items"][0]["status_reason"]


@each(ALL)
def test_everybody_reads_the_wordings(client, world, role, status):
    answer = ask(client, world, role, "GET", "/message-templates?limit=200")
    assert answer.status_code == status
    assert all(item["version"] == 1 for item in answer.json["items"])


@each(ALL)
def test_everybody_reads_one_wording(client, world, role, status):
    wording = queries.current_templates().rows[0]
    assert ask(client, world, role, "GET", f"/message-templates/{wording.id}").status_code == status


@each(OFFICE)
def test_who_may_publish_a_wording(client, world, role, status):
    body = {"kind": "done", "reach": "two_way", "texts": TEXTS}
    answer = ask(client, world, role, "POST", "/message-templates", body)
    assert answer.status_code == status
    if status == 201:
        assert (answer.json["version"], answer.json["texts"]) == (2, TEXTS)


def test_a_new_version_takes_the_place_of_the_old_one(client, world):
    ask(
        client, world, "head_office", "POST", "/message-templates", {"kind": "done", "reach": "two_way", "texts": TEXTS}
    )
    items = ask(client, world, "owner", "GET", "/message-templates?limit=200").json["items"]
    [shown] = [item for item in items if (item["kind"], item["reach"], item["task_type"]) == ("done", "two_way", "")]
    assert shown["version"] == 2


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"kind": "nonsense"}, "kind"),
        ({"reach": "maybe"}, "reach"),
        ({"task_type": "party"}, "task_type"),
        ({"texts": {**TEXTS, "en": ""}}, "texts"),
        ({"texts": {**TEXTS, "en": "Reply STOP"}}, "texts"),
        ({"texts": {**TEXTS, "en": "{secret}"}}, "texts"),
        ({"texts": {**TEXTS, "fr": "Merci"}}, "texts"),
    ],
)
def test_a_faulty_wording_is_refused_with_the_place_of_the_fault(client, world, change, path):
    body = {"kind": "done", "reach": "two_way", "texts": TEXTS} | change
    answer = ask(client, world, "head_office", "POST", "/message-templates", body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [path])


@each(LEADERS)
def test_who_may_preview_a_wording(client, world, role, status):
    wording = queries.current_templates().rows[0]
    answer = ask(client, world, role, "POST", f"/message-templates/{wording.id}/preview", {"locale": "zh_Hans"})
    assert answer.status_code == status
    if status == 200:
        assert (answer.json["encoding"], answer.json["segments"]) == ("UCS-2", 1)


def test_a_preview_of_a_draft_names_its_faults_and_its_cost(client, world):
    wording = queries.current_templates().rows[0]
    draft = {"texts": {"en": "{shop}: It’s " + "x" * 100}, "locale": "en"}
    shown = ask(client, world, "supervisor", "POST", f"/message-templates/{wording.id}/preview", draft).json
    assert (shown["encoding"], shown["segments"], shown["saves_by_look_alikes"]) == ("UCS-2", 2, 1)


def test_a_preview_uses_a_customers_own_name(client, world):
    wording = next(row for row in queries.current_templates(limit=200).rows if row.kind == "help")
    body = {"customer_id": world.customer.id, "locale": "zh_Hans"}
    shown = ask(client, world, "supervisor", "POST", f"/message-templates/{wording.id}/preview", body).json
    assert "陈美玲" in shown["text"]


def test_a_preview_for_a_customer_of_another_store_is_not_found(client, world):
    wording = queries.current_templates().rows[0]
    body = {"customer_id": world.customer.id}
    answer = ask(client, world, "other_supervisor", "POST", f"/message-templates/{wording.id}/preview", body)
    assert answer.status_code == 404


@each(ALL)
def test_the_sandbox_lists_only_phones_of_customers_one_may_see(client, world, role, status):
    answer = ask(client, world, role, "GET", "/sandbox/phones")
    assert answer.status_code == status
    assert len(answer.json["items"]) == (0 if role in ("colleague", "other_supervisor") else 1)


@each(SEES)
def test_who_may_look_at_a_sandbox_phone(client, world, role, status):
    phone = world.customer.phone.replace("+", "%2B")
    assert ask(client, world, role, "GET", f"/sandbox/messages?phone={phone}").status_code == status


@each(WRITES)
def test_who_may_answer_on_a_sandbox_phone(client, world, role, status):
    body = {"phone": world.customer.phone, "text": "1"}
    assert ask(client, world, role, "POST", "/sandbox/messages", body).status_code == status


PATHS = [
    ("GET", "/conversations"),
    ("POST", "/conversations/1/read"),
    ("POST", "/conversations/1/settle"),
    ("POST", "/conversations/1/notes"),
    ("GET", "/customers/1/messages"),
    ("POST", "/customers/1/messages"),
    ("GET", "/messages"),
    ("GET", "/messages/00000000-0000-4000-8000-000000000001"),
    ("GET", "/message-templates"),
    ("POST", "/message-templates"),
    ("GET", "/message-templates/1"),
    ("POST", "/message-templates/1/preview"),
    ("GET", "/sandbox/phones"),
    ("GET", "/sandbox/messages"),
    ("POST", "/sandbox/messages"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_strangers_get_nothing(client, session, method, path):
    answer = client.open(f"{API}{path}", method=method, json={} if method == "POST" else None)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/customers/999999/messages", None),
        ("POST", "/customers/999999/messages", {"text": "x"}),
        ("GET", "/messages/00000000-0000-4000-8000-000000000001", None),
        ("POST", "/conversations/999999/read", None),
        ("POST", "/conversations/999999/settle", None),
        ("POST", "/conversations/999999/notes", {"text": "x"}),
        ("GET", "/message-templates/999999", None),
        ("POST", "/message-templates/999999/preview", {}),
    ],
)
def test_an_unknown_id_is_not_found(client, world, method, path, body):
    assert ask(client, world, "head_office", method, path, body).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "   "}, {"text": 5}, {"text": "x", "more": 1}, {"text": "字" * 1001}]
)
def test_a_bad_text_is_refused(client, world, body):
    assert ask(client, world, "owner", "POST", f"/customers/{world.customer.id}/messages", body).status_code == 422


def test_a_repeated_key_sends_one_text(client, world):
    headers = world.headers["owner"] | {"Idempotency-Key": str(uuid4())}
    path = f"{API}/customers/{world.customer.id}/messages"
    first, second = (client.post(path, headers=headers, json={"text": "晚上九点。"}) for _ in range(2))
    assert (first.status_code, first.json) == (second.status_code, second.json)
    assert db.session.query(Message).filter_by(kind="staff").count() == 1
    assert client.post(path, headers=headers, json={"text": "别的"}).status_code == 422


def test_a_customer_who_wants_none_gets_none(client, world, now):
    from app.customers import consent
    from app.people.access import Actor

    consent.opt_out(world.customer.phone, source="office", text="", actor=Actor.system(), now=now)
    answer = ask(client, world, "owner", "POST", f"/customers/{world.customer.id}/messages", {"text": "x"})
    assert (answer.status_code, answer.json["code"]) == (409, "customer-opted-out")


def test_a_customer_without_a_number_can_not_be_written_to(client, world):
    silent = make_customer(store=world.store, owner=world.people["owner"], phone=None)
    answer = ask(client, world, "owner", "POST", f"/customers/{silent.id}/messages", {"text": "x"})
    assert (answer.status_code, answer.json["code"]) == (409, "customer-has-no-phone")


def test_pages_of_a_thread_follow_each_other(client, world, now):
    for number in range(5):
        make_message(world.customer, body=f"第{number}条")
    path = f"/customers/{world.customer.id}/messages?limit=3"
    first = ask(client, world, "owner", "GET", path).json
    rest = ask(client, world, "owner", "GET", f"{path}&cursor={first['next_cursor']}").json
    last = ask(client, world, "owner", "GET", f"{path}&cursor={rest['next_cursor']}").json
    ids = [line["id"] for page in (first, rest, last) for line in page["items"]]
    assert len(ids) == len(set(ids)) == 7
    assert last["next_cursor"] is None
