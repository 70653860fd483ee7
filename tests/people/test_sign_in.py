"""Coming in by the API and by a browser's cookie, and what a cookie's write has to prove."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import redis

from app import create_app
from app.core import clock, config
from app.core.limits import limiter
from app.people import auth, passwords
from app.people.access import Role
from tests.conftest import IsolatedClient
from tests.factories.people import PASSWORD, make_staff

API = "/api/v1"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def person(session):
    return make_staff(password=PASSWORD)


def enter(client, person, *, password=PASSWORD, **more):
    headers = more.pop("headers", {})
    body = {"phone": person.phone, "password": password, **more}
    return client.post(f"{API}/sessions", json=body, headers=headers)


def write(client, **headers):
    """A harmless write, with the key that cookie clients send."""
    return client.patch(
        f"{API}/me", data=json.dumps({"locale": "en"}), headers={"Idempotency-Key": str(uuid4()), **headers}
    )


JSON_TYPE = {"Content-Type": "application/json"}


# With a token


def test_signing_in_gives_a_token_its_end_and_the_person(client, person, now):
    answer = enter(client, person)
    assert answer.status_code == 201
    assert set(answer.json) == {"token", "expires_at", "staff"}
    assert answer.json["expires_at"] == (now + timedelta(days=30)).isoformat()
    assert answer.json["staff"]["id"] == person.id
    assert answer.json["staff"]["store_ids"] == [person.home_store_id]
    assert "Set-Cookie" not in answer.headers


def test_a_queue_of_somebody_else_is_not_taken_in_the_name_of_who_has_the_phone_now(client, person):
    headers = {"Authorization": f"Bearer {enter(client, person).json['token']}", **JSON_TYPE}
    refused = write(client, **headers, **{"X-App-User": str(person.id + 1)})
    assert (refused.status_code, refused.json["code"]) == (401, "sign-in-again")
    assert write(client, **headers, **{"X-App-User": str(person.id)}).status_code == 200


def test_the_token_opens_the_service_until_signed_out(client, person):
    headers = {"Authorization": f"Bearer {enter(client, person).json['token']}"}
    assert client.get(f"{API}/me", headers=headers).status_code == 200
    assert client.delete(f"{API}/sessions", headers=headers).status_code == 204
    assert client.get(f"{API}/me", headers=headers).json["code"] == "sign-in-again"


def test_a_wrong_password_and_an_unknown_number_get_the_same_answer(client, person):
    wrong = enter(client, person, password="wrong")
    unknown = client.post(f"{API}/sessions", json={"phone": "+85291234567", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    for answer in (wrong, unknown):
        answer.json.pop("request_id")
    assert {**wrong.json, "request_id": ""} == {**unknown.json, "request_id": ""}


def test_after_five_wrong_passwords_the_answer_says_how_long_to_wait(client, person):
    for _ in range(passwords.LOCKOUT.tries):
        answer = enter(client, person, password="wrong")
    assert (answer.status_code, answer.json["code"]) == (429, "sign-in-locked")
    assert answer.headers["Retry-After"] == "900"
    assert "15" in answer.json["title"]
    assert enter(client, person).status_code == 429


def test_a_lockout_ends_by_itself(client, person, now):
    for _ in range(passwords.LOCKOUT.tries):
        enter(client, person, password="wrong")
    with clock.fixed(now + timedelta(minutes=15)):
        assert enter(client, person).status_code == 201


def test_the_refusal_is_told_in_the_reader_s_language(client, person):
    english = enter(client, person, password="wrong", headers={"Accept-Language": "en"}).json
    assert english["title"] == "The phone number or the password is wrong."


@pytest.mark.parametrize(
    ("body", "blamed"),
    [
        ({}, "phone"),
        ({"phone": "+85291234567"}, "password"),
        ({"phone": 7, "password": "x"}, "phone"),
        ({"phone": "no number", "password": "x"}, "phone"),
        ({"phone": "+85291234567", "password": "x" * 201}, "password"),
        ({"phone": "+85291234567", "password": "a\x00"}, "password"),
        ({"phone": "+85291234567", "password": "x", "session": "forever"}, "session"),
        ({"phone": "+85291234567", "password": "x", "remember": True}, "remember"),
    ],
)
def test_a_sign_in_that_makes_no_sense_names_the_field(client, session, body, blamed):
    answer = client.post(f"{API}/sessions", json=body)
    assert answer.status_code == 422
    assert blamed in answer.json["errors"]


@pytest.mark.parametrize("data", ["", "[]", "7", "{", '"text"'])
def test_a_body_that_is_no_object_is_a_problem_not_a_crash(client, session, data):
    answer = client.post(f"{API}/sessions", data=data, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"


def test_a_form_can_not_sign_in(client, person):
    answer = client.post(f"{API}/sessions", data={"phone": person.phone, "password": PASSWORD, "session": "cookie"})
    assert answer.status_code in (415, 422)
    assert "Set-Cookie" not in answer.headers


def test_the_password_is_in_no_log(client, person, capfd):
    enter(client, person)
    enter(client, person, password="a wrong but precious secret")
    written = "".join(capfd.readouterr())
    assert PASSWORD not in written
    assert "precious" not in written
    assert person.phone not in written


# With a cookie


def test_a_browser_gets_a_permanent_cookie_that_scripts_can_not_read(client, person):
    answer = enter(client, person, session="cookie")
    assert answer.status_code == 201
    assert set(answer.json) == {"expires_at", "staff"}
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires=" in cookie
    assert client.get(f"{API}/me").json["id"] == person.id


def test_signing_out_forgets_the_cookie_and_ends_its_session(client, person):
    enter(client, person, session="cookie")
    kept = client.get_cookie("huifang").value
    assert client.delete(f"{API}/sessions", headers=OWN_PAGE).status_code == 204
    assert client.get(f"{API}/me").status_code == 401
    client.set_cookie("huifang", kept)
    assert client.get(f"{API}/me").status_code == 401


def test_the_cookie_s_key_is_no_bearer_token(client, person, app):
    enter(client, person, session="cookie")
    with app.test_request_context(headers={"Cookie": f"huifang={client.get_cookie('huifang').value}"}):
        from flask import session as cookie

        key = cookie["_user_id"]
    client.delete_cookie("huifang")
    assert client.get(f"{API}/me", headers={"Authorization": f"Bearer {key}"}).status_code == 401


def test_a_changed_cookie_opens_nothing(client, person):
    enter(client, person, session="cookie")
    client.set_cookie("huifang", client.get_cookie("huifang").value[:-3] + "abc")
    assert client.get(f"{API}/me").status_code == 401


def test_signing_out_everywhere_reaches_the_other_browser(client, person, app):
    enter(client, person, session="cookie")
    other = app.test_client()
    enter(other, person, session="cookie")
    assert client.post(f"{API}/sessions/end-all", json={}, headers=OWN_PAGE).status_code == 204
    assert other.get(f"{API}/me").status_code == 401
    assert client.get(f"{API}/me").status_code == 401


def test_a_new_password_keeps_this_browser_and_ends_the_other(client, person, app):
    enter(client, person, session="cookie")
    other = app.test_client()
    enter(other, person, session="cookie")
    body = {"old_password": PASSWORD, "password": "another long secret"}
    assert client.put(f"{API}/me/password", json=body, headers=OWN_PAGE).status_code == 204
    assert client.get(f"{API}/me").status_code == 200
    assert other.get(f"{API}/me").status_code == 401
    assert enter(other, person).status_code == 401
    assert enter(other, person, password="another long secret").status_code == 201


def test_a_bearer_header_counts_even_when_a_cookie_is_there(client, person, sign_in):
    boss = make_staff(Role.HEAD_OFFICE)
    enter(client, person, session="cookie")
    assert client.get(f"{API}/me", headers=sign_in(boss)).json["id"] == boss.id
    assert client.get(f"{API}/me", headers={"Authorization": "Bearer nonsense"}).status_code == 401


# What a cookie's write has to prove


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    ],
)
def test_our_own_page_may_write(client, person, headers):
    enter(client, person, session="cookie")
    assert write(client, **JSON_TYPE, **headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
)
def test_a_foreign_page_s_write_is_refused_and_changes_nothing(client, person, headers):
    enter(client, person, session="cookie")
    answer = write(client, **JSON_TYPE, **headers)
    assert (answer.status_code, answer.json["code"]) == (403, "cross-site-write")
    assert client.get(f"{API}/me").json["locale"] == "zh_Hant"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_a_type_that_a_foreign_form_can_send_is_refused(client, person, kind):
    enter(client, person, session="cookie")
    assert write(client, **OWN_PAGE, **{"Content-Type": kind}).json["code"] == "cross-site-write"


def test_raw_bytes_are_a_type_that_no_form_can_send(app, person):
    for kind, allowed in (("application/octet-stream", True), ("image/jpeg", True), ("text/plain", False)):
        with app.test_request_context(
            "/",
            method="PUT",
            headers={**OWN_PAGE, "Content-Type": kind},
            input_stream=io.BytesIO(b"x"),
            content_length=1,
        ):
            if allowed:
                auth.require_own_page()
            else:
                with pytest.raises(auth.CrossSiteWrite):
                    auth.require_own_page()


def test_a_token_s_write_has_nothing_to_prove(client, person, sign_in):
    assert write(client, **JSON_TYPE, **sign_in(person), Origin="https://evil.example").status_code == 200


def test_a_foreign_page_can_not_sign_its_visitor_in(client, person):
    answer = enter(client, person, session="cookie", headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json["code"]) == (403, "cross-site-write")
    assert "Set-Cookie" not in answer.headers


def test_a_cookie_s_write_needs_an_idempotency_key(client, person):
    enter(client, person, session="cookie")
    answer = client.patch(f"{API}/me", json={"locale": "en"}, headers=OWN_PAGE)
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency-key-missing")


# How fast one may try


@pytest.fixture(scope="module")
def paced_app(app):
    """The same application with its rate limits on."""
    before = config.settings()
    paced_app = create_app(replace(before, rate_limits=True))
    paced_app.test_client_class = IsolatedClient
    config.use(before)
    limiter.enabled = False
    yield paced_app
    limiter.enabled = False


@pytest.fixture
def paced(paced_app, session, valkey, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", True)
    return paced_app.test_client()


def test_one_number_can_be_tried_ten_times_a_minute(paced, person):
    answers = [enter(paced, person).status_code for _ in range(11)]
    assert answers == [201] * 10 + [429]


def test_the_eleventh_try_says_when_to_come_back(paced, person):
    for _ in range(11):
        answer = enter(paced, person)
    assert answer.json["code"] == "too-many-requests"
    assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_writing_a_number_differently_does_not_buy_more_tries(paced, person):
    for _ in range(10):
        enter(paced, person)
    spaced = " ".join(person.phone)
    assert paced.post(f"{API}/sessions", json={"phone": spaced, "password": "x"}).status_code == 429


def test_another_number_is_paced_on_its_own(paced, person):
    for _ in range(11):
        enter(paced, person)
    assert enter(paced, make_staff(password=PASSWORD)).status_code == 201


def test_one_address_can_not_try_many_numbers(paced, person):
    answers = [
        paced.post(f"{API}/sessions", json={"phone": f"+8526100{number:04d}", "password": "x"}).status_code
        for number in range(61)
    ]
    assert answers[:60] == [401] * 60
    assert answers[60] == 429


def test_sign_in_goes_on_when_valkey_is_away(paced, person, monkeypatch):
    def away(*_args, **_kwargs):
        raise redis.ConnectionError("nobody answers")

    monkeypatch.setattr(limiter.limiter, "hit", away)
    assert enter(paced, person).status_code == 201
