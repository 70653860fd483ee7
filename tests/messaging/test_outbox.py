"""The list of what goes out, and what a person may do about one text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from app.core import clock
from app.core.db import db
from app.core.models import AuditEntry
from app.customers import consent, contacts
from app.customers.models import ContactBooking
from app.customers.values import ConsentSource, ContactKind, Scope
from app.messaging import outbox, policy
from app.messaging.drain import Drain
from app.messaging.models import Message, Question, State
from app.messaging.outbox import Group, Wanted
from app.messaging.providers.sandbox import SandboxProvider
from app.people.access import Actor, Role
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message, make_question
from tests.factories.people import make_staff, make_store
from tests.factories.tasks import make_task

API = "/api/v1/messages"
BOSS = Actor(id=0, name="", role=Role.SYSTEM)


@pytest.fixture
def desk(session: Any, client: Any, sign_in: Any, now: datetime) -> SimpleNamespace:
    """Two stores, and the people who may or may not look at the texts of the first."""
    store, elsewhere = make_store(), make_store()
    people = {
        "boss": make_staff(Role.HEAD_OFFICE, locale="en"),
        "lead": make_staff(Role.SUPERVISOR, store, locale="en"),
        "stranger": make_staff(Role.SUPERVISOR, elsewhere, locale="en"),
        "ann": make_staff(Role.ASSOCIATE, store, locale="en"),
    }
    keys = {name: sign_in(person) for name, person in people.items()}

    def ask(who: str, path: str, method: str = "POST") -> Any:
        return client.open(API + path, method=method, headers=keys[who])

    return SimpleNamespace(
        ask=ask, store=store, elsewhere=elsewhere, people=people, customer=make_customer(store=store)
    )


ENDED = datetime(2027, 3, 10, 1, 0, tzinfo=UTC)

ROWS: dict[str, tuple[dict[str, Any], Group]] = {
    "waiting": ({}, Group.WAITING),
    "held": ({"held_reason": policy.QUIET_HOURS, "held_until": ENDED}, Group.HELD),
    "unknown": ({"state": "unknown"}, Group.UNDER_WAY),
    "submitted": ({"state": "submitted"}, Group.UNDER_WAY),
    "nobody knows": ({"state": "needs_attention", "ended_at": ENDED}, Group.ATTENTION),
    "looked at": ({"state": "needs_attention", "ended_at": ENDED, "handled_at": ENDED}, Group.FAILED),
    "failed": ({"state": "failed", "ended_at": ENDED}, Group.FAILED),
    "undelivered": ({"state": "undelivered", "ended_at": ENDED}, Group.FAILED),
    "suppressed": ({"state": "suppressed", "ended_at": ENDED}, Group.STOPPED),
    "expired": ({"state": "expired", "ended_at": ENDED}, Group.STOPPED),
    "cancelled": ({"state": "canceled", "ended_at": ENDED}, Group.STOPPED),
    "delivered": ({"state": "delivered", "ended_at": ENDED}, Group.ARRIVED),
}


def listed(now: datetime, *, actor: Actor = BOSS, **wanted: Any) -> list[Any]:
    return list(outbox.page_of_texts(Wanted(**wanted), actor=actor, now=now, cursor=None, limit=50).rows)


# The lists


def test_each_text_stands_in_exactly_one_list(desk, now):
    texts = {name: make_message(desk.customer, **changes) for name, (changes, _group) in ROWS.items()}
    for name, (_changes, group) in ROWS.items():
        found = {one for one in Group if texts[name].id in {row.id for row in listed(now, group=one)}}
        assert found == {group, Group.ALL}, name


def test_what_waits_is_listed_in_the_order_in_which_it_goes(desk, now):
    later = make_message(desk.customer, not_before=now + timedelta(hours=2))
    sooner = make_message(desk.customer, not_before=now + timedelta(hours=1))
    assert [row.id for row in listed(now, group=Group.WAITING)] == [sooner.id, later.id]


def test_what_has_ended_is_listed_newest_first(desk, now):
    older = make_message(desk.customer, state="failed", ended_at=ENDED)
    newer = make_message(desk.customer, state="undelivered", ended_at=ENDED + timedelta(minutes=1))
    assert [row.id for row in listed(now, group=Group.FAILED)] == [newer.id, older.id]


@pytest.mark.parametrize("group", [Group.WAITING, Group.FAILED, Group.ALL])
def test_pages_follow_one_another(desk, now, group):
    changes = {"state": "failed", "ended_at": ENDED} if group is Group.FAILED else {}
    texts = {make_message(desk.customer, **changes).id for _ in range(5)}
    seen, cursor = [], None
    while True:
        page = outbox.page_of_texts(Wanted(group=group), actor=BOSS, now=now, cursor=cursor, limit=2)
        seen += [row.id for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == 5
    assert set(seen) == texts


def test_a_text_says_why_it_waits_until_when_and_what_it_costs(desk, now):
    held_until = now + timedelta(hours=3)
    make_message(desk.customer, held_reason=policy.CONTACTED_LATELY, held_until=held_until, segments=2)
    (row,) = listed(now)
    assert (row.status, row.reason, row.held_until) == ("held", policy.CONTACTED_LATELY, held_until)
    assert (row.price, row.currency) == (Decimal("0.0998"), "USD")
    assert row.phone_masked != desk.customer.phone


def test_lists_are_narrowed_by_store_kind_customer_and_name(desk, now):
    other = make_customer(store=desk.elsewhere, name="黄大文")
    make_message(desk.customer, kind="help")
    make_message(other, kind="staff")
    assert [row.customer_id for row in listed(now, store_id=desk.store.id)] == [desk.customer.id]
    assert [row.customer_id for row in listed(now, kind="staff")] == [other.id]
    assert [row.customer_id for row in listed(now, customer_id=other.id)] == [other.id]
    assert [row.customer_id for row in listed(now, search="大文")] == [other.id]


def test_a_supervisor_sees_the_own_stores_texts_only(desk, now):
    make_message(desk.customer)
    lead = Actor(id=1, name="", role=Role.SUPERVISOR, store_ids=frozenset({desk.store.id}))
    stranger = Actor(id=2, name="", role=Role.SUPERVISOR, store_ids=frozenset({desk.elsewhere.id}))
    assert len(listed(now, actor=lead)) == 1
    assert listed(now, actor=stranger) == []
    assert outbox.counts(actor=stranger, now=now)[Group.WAITING] == 0


def test_counts_speak_of_what_somebody_should_look_at(desk, now):
    for changes, _group in ROWS.values():
        make_message(desk.customer, **changes)
    make_message(desk.customer, state="failed", ended_at=now - timedelta(days=8))
    assert outbox.counts(actor=BOSS, now=now) == {
        Group.ATTENTION: 1,
        Group.HELD: 1,
        Group.WAITING: 1,
        Group.FAILED: 3,
    }


# Taking back


@pytest.mark.parametrize(
    ("who", "status"), [("boss", 200), ("lead", 200), ("stranger", 404), ("ann", 403)], ids=lambda value: str(value)
)
@pytest.mark.parametrize("verb", ["cancel", "try-again", "leave"])
def test_only_who_leads_the_store_may_do_something(desk, who, status, verb):
    state = "pending" if verb == "cancel" else "needs_attention"
    text = make_message(desk.customer, state=state, ended_at=None if verb == "cancel" else ENDED)
    answer = desk.ask(who, f"/{text.id}/{verb}")
    assert answer.status_code == (201 if status == 200 and verb == "try-again" else status)


@pytest.mark.parametrize("verb", ["cancel", "try-again", "leave"])
def test_a_text_that_is_not_there_is_not_found(desk, verb):
    assert desk.ask("boss", f"/{uuid4()}/{verb}").status_code == 404


def test_a_waiting_text_is_taken_back_with_its_question_and_its_slot(desk, now):
    text = make_message(desk.customer, kind="care", is_proactive=True)
    question = make_question(text)
    contacts.reserve(desk.customer.id, kind=ContactKind.CADENCE, day=now.date(), origin_key=text.dedupe_key, now=now)
    assert desk.ask("lead", f"/{text.id}/cancel").json["status"] == "cancelled"
    db.session.expire_all()
    assert (text.state, text.end_reason) == (State.CANCELED, outbox.CANCELLED_BY_HAND)
    assert question.closed_at is not None
    assert db.session.query(ContactBooking).one().state == "released"
    assert db.session.query(AuditEntry).filter_by(action="message.cancel", subject_id=str(text.id)).count() == 1


@pytest.mark.parametrize("state", ["submitting", "submitted", "delivered", "expired"])
def test_what_waits_no_longer_can_t_be_taken_back(desk, now, state):
    leased = {"lease_owner": "w", "lease_until": now + timedelta(minutes=1)} if state == "submitting" else {}
    text = make_message(desk.customer, state=state, **leased)
    assert desk.ask("lead", f"/{text.id}/cancel").json["code"] == "message-on-its-way"
    db.session.expire_all()
    assert text.state == state


# Trying again


def test_a_text_nobody_knows_of_is_tried_again_as_a_new_flagged_row(desk, now):
    text = make_message(desk.customer, state="needs_attention", ended_at=ENDED)
    question = make_question(text)
    answer = desk.ask("lead", f"/{text.id}/try-again")
    assert answer.json["possible_duplicate"]
    db.session.expire_all()
    child = db.session.query(Message).filter_by(parent_id=text.id).one()
    assert (child.state, child.body, child.possible_duplicate) == (State.PENDING, text.body, True)
    assert (text.state, text.handled_by_id) == (State.NEEDS_ATTENTION, desk.people["lead"].id)
    assert db.session.get(Question, question.id).message_id == child.id
    with clock.fixed(now):
        assert Drain(SandboxProvider()).run(stop_after_seconds=5) == 1


def test_a_text_that_surely_failed_is_tried_again_without_a_flag(desk):
    text = make_message(desk.customer, state="failed", ended_at=ENDED)
    assert not desk.ask("lead", f"/{text.id}/try-again").json["possible_duplicate"]


def test_a_text_is_tried_again_once(desk):
    text = make_message(desk.customer, state="failed", ended_at=ENDED)
    assert desk.ask("lead", f"/{text.id}/try-again").status_code == 201
    assert desk.ask("lead", f"/{text.id}/try-again").json["code"] == "message-tried-again"


@pytest.mark.parametrize("state", ["pending", "submitted", "delivered", "suppressed", "expired", "canceled"])
def test_nothing_else_can_be_tried_again(desk, state):
    text = make_message(desk.customer, state=state)
    assert desk.ask("lead", f"/{text.id}/try-again").json["code"] == "message-not-tried-again"


@pytest.mark.parametrize(
    ("kind", "scope", "status"),
    [("help", Scope.ALL, 409), ("care", Scope.CARE, 409), ("help", Scope.PROMOTION, 201)],
    ids=["all", "care", "other"],
)
def test_who_has_opted_out_is_not_tried_again(desk, now, kind, scope, status):
    text = make_message(desk.customer, kind=kind, state="failed", ended_at=ENDED)
    consent.opt_out(desk.customer.phone, source=ConsentSource.PAGE, text="", actor=Actor.system(), now=now, scope=scope)
    assert desk.ask("lead", f"/{text.id}/try-again").status_code == status


def test_a_text_of_no_use_is_not_tried_again(desk, now):
    text = make_message(desk.customer, state="failed", ended_at=ENDED, expires_at=now)
    assert desk.ask("lead", f"/{text.id}/try-again").json["code"] == "message-too-late"


def test_what_is_tried_again_still_obeys_its_task(desk, now):
    task = make_task(customer=desk.customer, status="cancelled", ended_at=now)
    text = make_message(desk.customer, task=task, kind="reminder", state="failed", ended_at=ENDED)
    desk.ask("lead", f"/{text.id}/try-again")
    with clock.fixed(now):
        assert Drain(SandboxProvider()).run(stop_after_seconds=5) == 0
    db.session.expire_all()
    assert db.session.query(Message).filter_by(parent_id=text.id).one().end_reason == policy.TASK_OVER


# Leaving it


def test_a_text_that_is_left_stands_among_the_failed_with_a_name(desk, now):
    text = make_message(desk.customer, state="needs_attention", ended_at=ENDED)
    assert desk.ask("lead", f"/{text.id}/leave").status_code == 200
    assert listed(now, group=Group.ATTENTION) == []
    (row,) = listed(now, group=Group.FAILED)
    assert row.handled_by == desk.people["lead"].name


def test_only_a_text_nobody_knows_of_is_left(desk):
    text = make_message(desk.customer, state="failed", ended_at=ENDED)
    assert desk.ask("lead", f"/{text.id}/leave").status_code == 409


# The list over the API


def test_the_api_narrows_by_kind_and_customer(desk):
    other = make_customer(store=desk.store)
    texts = {make_message(customer, kind=kind).id for customer in (desk.customer, other) for kind in ("help", "staff")}
    found = desk.ask("lead", f"?kind=help&customer_id={other.id}", "GET").json["items"]
    assert [(item["kind"], item["customer_id"]) for item in found] == [("help", other.id)]
    assert len(desk.ask("lead", "", "GET").json["items"]) == len(texts)
    assert desk.ask("lead", "?kind=gossip", "GET").status_code == 422
