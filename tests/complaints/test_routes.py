"""The routes: each with each role, bad input, pages, versions, repeated requests."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event

from app.complaints.models import Complaint
from app.core import clock
from app.core.db import db
from app.people.access import Role
from tests.factories.complaints import RIGHT, bring_to
from tests.factories.customers import make_customer
from tests.factories.people import make_staff

API = "/api/v1/complaints"
PEOPLE = ("nobody", "office", "boss", "deputy", "ann", "bob", "neighbour", "stranger")


@pytest.fixture
def ask(client, shop, sign_in):
    keys = {name: sign_in(getattr(shop, name)) for name in PEOPLE if name != "nobody"} | {"nobody": {}}

    def send(who, method, path="", body=None, **headers):
        options = {"json": body} if body is not None else {}
        return client.open(f"{API}{path}", method=method, headers={**keys[who], **headers}, **options)

    return send


def steps(shop) -> dict[str, tuple[str, str, dict]]:
    """step -> (stage it starts from, path, body)"""
    soon = (shop.now + timedelta(days=1)).isoformat()
    return {
        "acknowledge": ("opened", "acknowledge", {}),
        "plan": ("acknowledged", "plan", {"plan": "A new one", "promised_for": soon}),
        "resolve": ("planned", "resolve", RIGHT),
        "answer": ("resolved", "answer", {"satisfied": True, "words": "Fine"}),
        "close": ("resolved", "close", {"outcome": ""}),
        "reopen": ("resolved", "reopen", {"words": "It broke again"}),
        "assign": ("opened", "assign", {"staff_id": shop.bob.id}),
        "statements": ("opened", "statements", {"words": "And it was late"}),
    }


#              nobody office boss deputy ann bob neighbour stranger
EXPECTED = {
    "acknowledge": (401, 200, 200, 200, 403, 404, 404, 404),
    "plan": (401, 200, 200, 200, 403, 404, 404, 404),
    "resolve": (401, 200, 200, 200, 403, 403, 404, 403),
    "answer": (401, 200, 200, 200, 403, 404, 404, 404),
    "close": (401, 200, 200, 200, 403, 403, 404, 403),
    "reopen": (401, 200, 200, 200, 403, 403, 404, 403),
    "assign": (401, 200, 200, 200, 403, 403, 404, 403),
    "statements": (401, 201, 201, 201, 201, 404, 404, 404),
}


@pytest.mark.parametrize("step", EXPECTED)
@pytest.mark.parametrize("who", PEOPLE)
def test_each_step_for_each_role(ask, shop, step, who):
    stage, path, body = steps(shop)[step]
    complaint = bring_to(shop.open(), stage, now=shop.now)
    if step == "close":
        complaint.satisfied, complaint.answered_at = True, shop.now
        db.session.flush()
    answer = ask(who, "POST", f"/{complaint.id}/{path}", {**body, "version": complaint.version})
    assert answer.status_code == EXPECTED[step][PEOPLE.index(who)], answer.text


@pytest.mark.parametrize("who", PEOPLE)
def test_reading_for_each_role(ask, shop, who):
    complaint = shop.open()
    may = who in ("office", "boss", "deputy", "ann")
    one, listed = ask(who, "GET", f"/{complaint.id}"), ask(who, "GET")
    if who == "nobody":
        assert (one.status_code, listed.status_code) == (401, 401)
        return
    assert one.status_code == (200 if may else 404)
    assert [item["id"] for item in listed.json["items"]] == ([complaint.id] if may else [])


@pytest.mark.parametrize("who", PEOPLE)
def test_opening_for_each_role(ask, shop, who):
    answer = ask(who, "POST", body={"customer_id": shop.customer.id, "words": "The zip broke"})
    allowed = {"nobody": 401} | dict.fromkeys(("office", "boss", "deputy", "ann"), 201)
    assert answer.status_code == allowed.get(who, 404)


def test_whom_a_case_was_given_to_may_acknowledge_and_plan_it(ask, shop):
    complaint = shop.open()
    complaint.owner_id = shop.bob.id
    db.session.flush()
    answer = ask("bob", "POST", f"/{complaint.id}/acknowledge", {"version": complaint.version})
    assert (answer.status_code, answer.json["stage"]) == (200, "acknowledged")


def test_a_case_shows_everything_said_and_done(ask, shop):
    opened = ask("boss", "POST", body={"customer_id": shop.customer.id, "words": "I have a rash", "source": "office"})
    shown = ask("boss", "GET", f"/{opened.json['id']}").json
    assert shown["is_reaction"] is True
    assert [(one["words"], one["source"]) for one in shown["statements"]] == [("I have a rash", "office")]
    assert [one["action"] for one in shown["history"]] == ["open", "escalate"]
    assert shown["history"][0]["actor_name"] == "Boss"
    assert shown["recovery_task"]["status"] == "open"
    assert shown["clocks"]["acknowledge"]["is_overdue"] is False
    assert set(shown["allowed_actions"]) == {"acknowledge", "plan", "assign", "statements"}
    assert shop.customer.phone not in str(shown)


def test_the_same_key_again_finds_the_case(ask, shop):
    body = {"customer_id": shop.customer.id, "words": "The zip broke", "origin_key": "pos:77"}
    first, again = ask("boss", "POST", body=body), ask("boss", "POST", body=body)
    assert first.json["id"] == again.json["id"]
    assert len(again.json["statements"]) == 1


def test_a_repeated_request_brings_the_stored_answer(ask, shop):
    key = {"Idempotency-Key": str(uuid4())}
    body = {"customer_id": shop.customer.id, "words": "The zip broke"}
    first, again = ask("boss", "POST", body=body, **key), ask("boss", "POST", body=body, **key)
    assert (first.status_code, again.json) == (201, first.json)
    assert db.session.query(Complaint).count() == 1


def test_a_stale_version_is_answered_with_the_present_case(ask, shop):
    complaint = bring_to(shop.open(), "acknowledged", now=shop.now)
    answer = ask("boss", "POST", f"/{complaint.id}/acknowledge", {"version": 1})
    assert (answer.status_code, answer.json["code"]) == (409, "stale-version")
    assert answer.json["current"]["stage"] == "acknowledged"


def test_closing_without_the_customers_yes_is_refused(ask, shop):
    complaint = bring_to(shop.open(), "resolved", now=shop.now)
    answer = ask("boss", "POST", f"/{complaint.id}/close", {"version": complaint.version})
    assert (answer.status_code, answer.json["code"]) == (409, "customers-answer-missing")


def test_a_no_noted_by_phone_opens_the_case_again(ask, shop):
    complaint = bring_to(shop.open(), "resolved", now=shop.now)
    body = {"satisfied": False, "words": "Still broken", "version": complaint.version}
    answer = ask("boss", "POST", f"/{complaint.id}/answer", body)
    assert (answer.json["stage"], answer.json["reopenings"]) == ("opened", 1)


BAD = [
    ("", {"words": "x"}, "customer_id"),
    ("", {"customer_id": 0, "words": "x"}, "customer_id"),
    ("", {"customer_id": 2**40, "words": "x"}, "customer_id"),
    ("", {"customer_id": "7", "words": "x"}, "customer_id"),
    ("", {"customer_id": 1, "words": "  "}, "words"),
    ("", {"customer_id": 1, "words": "x" * 2001}, "words"),
    ("", {"customer_id": 1, "words": "a\x00b"}, "words"),
    ("", {"customer_id": 1, "words": "x", "source": "sms"}, "source"),
    ("", {"customer_id": 1, "words": "x", "colour": "red"}, "colour"),
    ("/{id}/acknowledge", {}, "version"),
    ("/{id}/plan", {"version": 1, "plan": "x"}, "promised_for"),
    ("/{id}/plan", {"version": 1, "plan": "x", "promised_for": "tomorrow"}, "promised_for"),
    ("/{id}/plan", {"version": 1, "plan": "x", "promised_for": "2027-03-10T09:00:00+08:00"}, "promised_for"),
    ("/{id}/plan", {"version": 1, "plan": "x", "promised_for": "2027-03-20T09:00:00"}, "promised_for"),
    ("/{id}/plan", {"version": 1, "plan": "x", "promised_for": "2028-03-20T09:00:00+08:00"}, "promised_for"),
    ("/{id}/resolve", {"version": 1, "apology": "x", "cause": "y"}, "remedy"),
    ("/{id}/answer", {"version": 1, "satisfied": "perhaps"}, "satisfied"),
    ("/{id}/reopen", {"version": 1, "words": ""}, "words"),
    ("/{id}/assign", {"version": 1, "staff_id": 2**31 - 1}, "staff_id"),
    ("/{id}/statements", {"words": "\t"}, "words"),
]


@pytest.mark.parametrize(
    ("path", "body", "field"), BAD, ids=[f"{path}-{field}-{n}" for n, (path, _, field) in enumerate(BAD)]
)
def test_bad_input_names_its_field(ask, shop, path, body, field):
    complaint = shop.open()
    if body.get("customer_id") == 1:
        body = {**body, "customer_id": shop.customer.id}
    answer = ask("boss", "POST", path.format(id=complaint.id), body)
    assert answer.status_code == 422, answer.text
    assert field in answer.json["errors"]


@pytest.mark.parametrize(
    "query", ["stage=lost", "cursor=abc", "limit=0", "store_id=x", "is_open=perhaps", "colour=red"]
)
def test_a_list_asked_for_wrongly_is_refused(ask, query):
    assert ask("boss", "GET", f"?{query}").status_code == 422


@pytest.mark.parametrize("number", [999_999, 2**31 - 1])
def test_what_is_not_there_is_not_found(ask, number):
    assert ask("office", "GET", f"/{number}").status_code == 404
    assert ask("office", "POST", f"/{number}/acknowledge", {"version": 1}).status_code == 404


# Lists


@pytest.fixture
def several(shop):
    """Four open cases and one closed, of as many customers; the later opened the later due."""
    cases = {}
    for number, (name, stage) in enumerate(
        [
            ("late", "opened"),
            ("planned", "planned"),
            ("fresh", "opened"),
            ("closed", "closed"),
            ("resolved", "resolved"),
        ]
    ):
        customer = make_customer(store=shop.store)
        words = "I have a rash" if name == "fresh" else "It broke"
        opened_at = shop.now + timedelta(minutes=number)
        complaint = shop.open(words, key=name, customer=customer, actor=shop.actor("system"), now=opened_at)
        cases[name] = bring_to(complaint, stage, now=opened_at)
    return {name: complaint.id for name, complaint in cases.items()}


def names_in(answer, several) -> list[str]:
    found = {number: name for name, number in several.items()}
    return [found[item["id"]] for item in answer.json["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("is_open=true", ["fresh", "late", "planned", "resolved"]),
        ("is_open=false", ["closed"]),
        ("stage=opened", ["fresh", "late"]),
        ("is_reaction=true", ["fresh"]),
        ("overdue=true", ["fresh", "late"]),
    ],
)
def test_a_list_is_narrowed_and_shows_first_what_is_due_first(ask, shop, several, query, expected):
    with clock.fixed(shop.now + timedelta(hours=2, seconds=30)):
        assert names_in(ask("boss", "GET", f"?{query}"), several) == expected


def test_a_list_is_read_page_by_page(ask, several):
    seen, cursor = [], ""
    while cursor is not None:
        answer = ask("boss", "GET", f"?limit=2{f'&cursor={cursor}' if cursor else ''}")
        seen += names_in(answer, several)
        cursor = answer.json["next_cursor"]
    assert sorted(seen) == sorted(several)


def test_a_list_of_one_customer_or_store(ask, shop, several):
    complaint = db.session.get_one(Complaint, several["fresh"])
    assert names_in(ask("boss", "GET", f"?customer_id={complaint.customer_id}"), several) == ["fresh"]
    assert len(ask("office", "GET", f"?store_id={shop.store.id}").json["items"]) == 5
    assert ask("neighbour", "GET", f"?store_id={shop.store.id}").status_code == 404


def test_a_longer_list_takes_no_more_queries(ask, shop, several):
    def count() -> int:
        seen: list[str] = []
        note = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert ask("boss", "GET").status_code == 200
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len([one for one in seen if "SAVEPOINT" not in one])

    before = count()
    for number in range(5):
        customer = make_customer(store=shop.store)
        shop.open(key=f"more{number}", customer=customer, actor=shop.actor("system"))
    assert count() == before


def test_head_office_sees_every_store(ask, shop):
    other = make_customer()
    make_staff(Role.SUPERVISOR)
    elsewhere = shop.open(customer=other, actor=shop.actor("system"))
    assert [item["id"] for item in ask("office", "GET").json["items"]] == [elsewhere.id]
    assert ask("boss", "GET").json["items"] == []
