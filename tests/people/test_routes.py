"""Every people route, asked by everybody: who may, who may not, and for whom the thing does not exist."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from app.core.db import db
from app.people import sessions
from app.people.access import Role
from app.people.models import Staff, Store, TimeOff, TokenKind
from tests.factories.people import PASSWORD, actor_of, make_skill, make_staff, make_store
from tests.scenes import scene

API = "/api/v1"
UNKNOWN = 2**31 - 1


@dataclass
class World:
    """Two stores; the things in the first one are asked for."""

    store: Store
    other_store: Store
    people: dict[str, Staff]
    absence: TimeOff
    token_id: int
    ids: dict[str, Any] = field(default_factory=dict)


@scene
def people_scene(now):
    store, other_store = make_store(), make_store()
    make_skill("fitting")
    people = {
        "head_office": make_staff(Role.HEAD_OFFICE),
        "supervisor": make_staff(Role.SUPERVISOR, store),
        "associate": make_staff(store=store, password=PASSWORD),
        "colleague": make_staff(store=store),
        "other_supervisor": make_staff(Role.SUPERVISOR, other_store),
        "other_associate": make_staff(store=other_store),
    }
    associate = people["associate"]
    absence = TimeOff(
        staff_id=associate.id,
        starts_at=now + timedelta(days=5),
        ends_at=now + timedelta(days=6),
        reason="leave",
        status="asked",
        asked_by=associate.id,
        asked_at=now,
    )
    db.session.add(absence)
    db.session.flush()
    boss = people["head_office"]
    token = sessions.create_api_token(
        name="till", scopes=["people:read"], known_scopes=["people:read"], days=1, actor=actor_of(boss), now=now
    )
    ids = {"store": store.id, "associate": associate.id, "absence": absence.id, "token": token.id}
    return World(store, other_store, people, absence, token.id, ids)


@pytest.fixture
def world(people_scene):
    return people_scene


NEW_STORE = {
    "code": "NEW",
    "name": "新店",
    "region": "Kowloon",
    "country": "HK",
    "zone": "Asia/Hong_Kong",
    "locale": "zh_Hant",
    "languages": ["yue"],
}
TIME_OFF = {"starts_at": "2027-04-01T00:00:00+08:00", "ends_at": "2027-04-03T00:00:00+08:00", "reason": "leave"}
LABEL = {"zh_Hans": "试穿", "zh_Hant": "試穿", "en": "Fitting"}
STRANGER = {"name": "陳美玲", "phone": "+85291234599", "role": "head_office", "locale": "zh_Hant"}
ASKERS = ("nobody", "head_office", "supervisor", "associate", "colleague", "other_supervisor", "other_associate")


def row(method, path, body, *statuses):
    return pytest.param(method, path, body, dict(zip(ASKERS, statuses, strict=True)), id=f"{method} {path}")


MATRIX = [
    #                                                        nobody head  sup  own  col osup oass
    row("GET", "/me", None, 401, 200, 200, 200, 200, 200, 200),
    row("PATCH", "/me", {"locale": "en"}, 401, 200, 200, 200, 200, 200, 200),
    row("GET", "/stores", None, 401, 200, 200, 200, 200, 200, 200),
    row("POST", "/stores", NEW_STORE, 401, 201, 403, 403, 403, 403, 403),
    row("GET", "/stores/{store}", None, 401, 200, 200, 200, 200, 404, 404),
    row("PATCH", "/stores/{store}", {"name": "X", "version": 1}, 401, 200, 403, 403, 403, 403, 403),
    row("GET", "/staff", None, 401, 200, 200, 200, 200, 200, 200),
    row("POST", "/staff", STRANGER, 401, 201, 403, 403, 403, 403, 403),
    row("GET", "/staff/{associate}", None, 401, 200, 200, 200, 200, 404, 404),
    row("PATCH", "/staff/{associate}", {"name": "X", "version": 1}, 401, 200, 403, 403, 403, 403, 403),
    row("PUT", "/staff/{associate}/password", {"password": "a new secret"}, 401, 204, 403, 403, 403, 403, 403),
    row("POST", "/staff/{associate}/end-sessions", None, 401, 204, 204, 403, 403, 404, 403),
    row("GET", "/skills", None, 401, 200, 200, 200, 200, 200, 200),
    row("PUT", "/skills/sewing", {"label": LABEL}, 401, 200, 403, 403, 403, 403, 403),
    row("GET", "/staff/{associate}/shifts", None, 401, 200, 200, 200, 403, 404, 404),
    row("PUT", "/staff/{associate}/shifts", {"weekly": []}, 401, 200, 200, 403, 403, 404, 403),
    row("GET", "/staff/{associate}/time-off", None, 401, 200, 200, 200, 403, 404, 404),
    row("POST", "/staff/{associate}/time-off", TIME_OFF, 401, 201, 201, 201, 403, 404, 404),
    row("GET", "/time-off", None, 401, 200, 200, 200, 200, 200, 200),
    row("POST", "/time-off/{absence}/approve", {}, 401, 200, 200, 403, 403, 404, 403),
    row("POST", "/time-off/{absence}/decline", {"note": "no"}, 401, 200, 200, 403, 403, 404, 403),
    row("POST", "/time-off/{absence}/cancel", {}, 401, 200, 200, 200, 404, 404, 404),
    row("GET", "/tokens", None, 401, 200, 200, 403, 403, 200, 403),
    row("POST", "/tokens", {"name": "t", "scopes": ["people:read"]}, 401, 201, 201, 403, 403, 201, 403),
    row("DELETE", "/tokens/{token}", None, 401, 204, 404, 403, 403, 404, 403),
    row("DELETE", "/sessions", None, 401, 204, 204, 204, 204, 204, 204),
    row("POST", "/sessions/end-all", {}, 401, 204, 204, 204, 204, 204, 204),
]


@pytest.mark.parametrize("asker", ASKERS)
@pytest.mark.parametrize(("method", "path", "body", "statuses"), MATRIX)
def test_each_route_answers_each_role_as_agreed(client, world, sign_in, method, path, body, statuses, asker):
    headers = {} if asker == "nobody" else sign_in(world.people[asker])
    answer = client.open(API + path.format(**world.ids), method=method, json=body, headers=headers)
    assert answer.status_code == statuses[asker], answer.get_data(as_text=True)
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json"
        assert answer.json["status"] == answer.status_code
        assert answer.json["code"]


def test_the_matrix_names_every_route_of_people(app):
    asked = {(param.values[0], param.values[1].split("{")[0]) for param in MATRIX}
    elsewhere = {("POST", "/sessions"), ("PUT", "/me/password")}
    offered = {
        (method, rule.rule.removeprefix(API).split("<")[0])
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("people.")
    }
    assert {(method, path.replace("sewing", "")) for method, path in asked} | elsewhere == offered


# What people see of each other


def test_a_colleague_shows_name_role_and_shared_stores_only(client, world, sign_in):
    answer = client.get(f"{API}/staff/{world.ids['associate']}", headers=sign_in(world.people["colleague"]))
    assert set(answer.json) == {"id", "name", "role", "store_ids", "home_store_id", "is_active"}


def test_an_associate_sees_the_own_details_but_never_the_password(client, world, sign_in):
    answer = client.get(f"{API}/staff/{world.ids['associate']}", headers=sign_in(world.people["associate"]))
    assert answer.json["phone"] == world.people["associate"].phone
    assert answer.json["has_password"] is True
    assert "argon2" not in answer.get_data(as_text=True)


def test_a_list_of_people_holds_those_of_the_own_store(client, world, sign_in):
    answer = client.get(f"{API}/staff", headers=sign_in(world.people["supervisor"]))
    expected = {world.people[name].id for name in ("supervisor", "associate", "colleague")}
    assert {person["id"] for person in answer.json["items"]} == expected


def test_a_foreign_store_can_not_be_listed(client, world, sign_in):
    path = f"{API}/staff?store_id={world.other_store.id}"
    assert client.get(path, headers=sign_in(world.people["supervisor"])).status_code == 404


def test_people_can_be_filtered_by_store_role_and_state(client, world, sign_in):
    headers = sign_in(world.people["head_office"])
    path = f"{API}/staff?store_id={world.store.id}&role=associate&is_active=true"
    found = {person["id"] for person in client.get(path, headers=headers).json["items"]}
    assert found == {world.people["associate"].id, world.people["colleague"].id}


def test_pages_of_people_hold_everybody_once(client, world, sign_in):
    headers, seen, cursor = sign_in(world.people["head_office"]), [], ""
    while cursor is not None:
        page = client.get(f"{API}/staff?limit=2" + (f"&cursor={cursor}" if cursor else ""), headers=headers).json
        seen += [person["id"] for person in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(person.id for person in world.people.values())


def test_a_list_of_people_takes_as_many_queries_for_six_as_for_one(client, world, sign_in, app):
    headers = sign_in(world.people["head_office"])
    assert _queries(client, f"{API}/staff", headers) == _queries(client, f"{API}/staff?limit=1", headers)


def test_knowing_who_asks_takes_one_query(client, world, sign_in):
    headers = sign_in(world.people["associate"])
    assert _queries(client, f"{API}/skills", headers) == 2  # the person, and the skills


def test_me_knows_stores_and_language(client, world, sign_in):
    me = client.get(f"{API}/me", headers=sign_in(world.people["associate"])).json
    assert me["id"] == world.ids["associate"]
    assert [store["id"] for store in me["stores"]] == [world.store.id]
    assert me["stores"][0]["zone"] == "Asia/Hong_Kong"


def test_choosing_a_language_is_remembered(client, world, sign_in):
    headers = sign_in(world.people["associate"])
    client.patch(f"{API}/me", json={"locale": "en"}, headers=headers)
    assert client.get(f"{API}/me", headers=headers).json["locale"] == "en"


def test_an_asked_absence_tells_each_asker_what_may_be_done(client, world, sign_in):
    def actions(name):
        page = client.get(f"{API}/staff/{world.ids['associate']}/time-off", headers=sign_in(world.people[name])).json
        return page["items"][0]["allowed_actions"]

    assert actions("associate") == ["cancel"]
    assert actions("supervisor") == ["approve", "decline", "cancel"]


def test_shifts_show_the_hours_that_follow(client, world, sign_in):
    headers = sign_in(world.people["supervisor"])
    path = f"{API}/staff/{world.ids['associate']}/shifts"
    body = {
        "weekly": [{"weekday": 2, "starts": "09:00", "ends": "18:00"}],
        "exceptions": [{"day": "2027-03-17", "note": "stocktaking"}],
    }
    assert client.put(path, json=body, headers=headers).status_code == 200
    shifts = client.get(f"{path}?first=2027-03-10&last=2027-03-17", headers=headers).json
    assert shifts["zone"] == "Asia/Hong_Kong"
    worked = {day["day"]: day["minutes"] for day in shifts["days"]}
    assert worked["2027-03-10"] == 540
    assert worked["2027-03-17"] == 0
    assert shifts["days"][0]["intervals"] == [
        {"starts_at": "2027-03-10T01:00:00+00:00", "ends_at": "2027-03-10T10:00:00+00:00"}
    ]


# Bad input


BAD_BODIES = [
    ("POST", "/stores", {**NEW_STORE, "name": 7}, "name"),
    ("POST", "/stores", {**NEW_STORE, "name": "  "}, "name"),
    ("POST", "/stores", {key: value for key, value in NEW_STORE.items() if key != "code"}, "code"),
    ("POST", "/stores", {**NEW_STORE, "colour": "red"}, "colour"),
    ("POST", "/stores", {**NEW_STORE, "lat": 91}, "lat"),
    ("POST", "/stores", {**NEW_STORE, "zone": "Mars/Olympus"}, "zone"),
    ("POST", "/stores", {**NEW_STORE, "name": "a\x00b"}, "name"),
    ("POST", "/stores", {**NEW_STORE, "name": "\ud800"}, "name"),
    ("POST", "/stores", {**NEW_STORE, "phone": "12"}, "phone"),
    ("POST", "/staff", {**STRANGER, "phone": "not a number"}, "phone"),
    ("POST", "/staff", {**STRANGER, "role": "customer"}, "role"),
    ("POST", "/staff", {**STRANGER, "role": "associate"}, "store_ids"),
    ("POST", "/staff", {**STRANGER, "store_ids": ["1"]}, "store_ids"),
    ("POST", "/staff", {**STRANGER, "store_ids": [UNKNOWN]}, "store_ids"),
    ("POST", "/staff", {**STRANGER, "skills": ["flying"]}, "skills"),
    ("POST", "/staff", {**STRANGER, "password": "in the wrong place"}, "password"),
    ("PATCH", "/staff/{associate}", {"name": "X"}, "version"),
    ("PUT", "/staff/{associate}/password", {"password": "short"}, "password"),
    ("PUT", "/skills/sewing", {"label": {"en": "Sewing"}}, "label"),
    ("PUT", "/skills/sewing", {"label": {**LABEL, "fr": "Couture"}}, "label"),
    ("PUT", "/skills/se%20wing", {"label": LABEL}, "key"),
    ("POST", "/stores", {**NEW_STORE, "country": "HK\n"}, "country"),
    ("POST", "/stores", {**NEW_STORE, "languages": ["yue\n"]}, "languages"),
    ("PUT", "/staff/{associate}/shifts", {}, "weekly"),
    ("PUT", "/staff/{associate}/shifts", {"weekly": [{"weekday": 7, "starts": "09:00", "ends": "18:00"}]}, "weekly"),
    ("PUT", "/staff/{associate}/shifts", {"weekly": [{"weekday": 1, "starts": "9am", "ends": "18:00"}]}, "weekly"),
    ("PUT", "/staff/{associate}/shifts", {"weekly": [{"weekday": 1, "starts": "18:00", "ends": "09:00"}]}, "weekly"),
    ("PUT", "/staff/{associate}/shifts", {"exceptions": [{"day": "2027-03-09"}]}, "exceptions"),
    ("POST", "/staff/{associate}/time-off", {**TIME_OFF, "ends_at": TIME_OFF["starts_at"]}, "ends_at"),
    ("POST", "/staff/{associate}/time-off", {**TIME_OFF, "starts_at": "2027-04-01T00:00:00"}, "starts_at"),
    ("POST", "/staff/{associate}/time-off", {**TIME_OFF, "starts_at": "9999-01-01T00:00:00Z"}, "starts_at"),
    ("POST", "/staff/{associate}/time-off", {**TIME_OFF, "reason": "moonshine"}, "reason"),
    ("POST", "/staff/{associate}/time-off", {**TIME_OFF, "cover_id": UNKNOWN}, "cover_id"),
    ("POST", "/time-off/{absence}/decline", {}, "note"),
    ("POST", "/tokens", {"name": "till", "scopes": ["world:rule"]}, "scopes"),
    ("POST", "/tokens", {"name": "till", "scopes": []}, "scopes"),
    ("POST", "/tokens", {"name": "till", "scopes": ["people:read"], "days": 5000}, "days"),
]


@pytest.mark.parametrize(("method", "path", "body", "blamed"), BAD_BODIES)
def test_bad_input_is_refused_and_the_field_is_named(client, world, sign_in, method, path, body, blamed):
    headers = sign_in(world.people["head_office"])
    answer = client.open(API + path.format(**world.ids), method=method, json=body, headers=headers)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert blamed in answer.json["errors"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/stores/{unknown}", None),
        ("PATCH", "/stores/{unknown}", {"version": 1}),
        ("GET", "/staff/{unknown}", None),
        ("PATCH", "/staff/{unknown}", {"version": 1}),
        ("PUT", "/staff/{unknown}/password", {"password": "a new secret"}),
        ("GET", "/staff/{unknown}/shifts", None),
        ("PUT", "/staff/{unknown}/shifts", {"weekly": []}),
        ("POST", "/staff/{unknown}/time-off", TIME_OFF),
        ("POST", "/time-off/{unknown}/approve", {}),
        ("DELETE", "/tokens/{unknown}", None),
        ("GET", "/staff/99999999999999999999", None),
        ("GET", "/staff/seven", None),
    ],
)
def test_what_does_not_exist_is_404(client, world, sign_in, method, path, body):
    headers = sign_in(world.people["head_office"])
    assert client.open(API + path.format(unknown=UNKNOWN), method=method, json=body, headers=headers).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "/staff?cursor=nonsense",
        "/staff?limit=0",
        "/staff?limit=1000",
        "/staff?role=customer",
        "/staff?store_id=-1",
        "/staff/{associate}/shifts?first=2027-03-10&last=2027-03-09",
        "/staff/{associate}/shifts?first=2027-03-10&last=2030-01-01",
        "/staff/{associate}/shifts?first=0001-01-01",
        "/time-off?status=sleeping",
    ],
)
def test_a_query_that_makes_no_sense_is_refused(client, world, sign_in, query):
    headers = sign_in(world.people["head_office"])
    assert client.get(API + query.format(**world.ids), headers=headers).status_code == 422


def test_a_stale_version_gets_the_present_state(client, world, sign_in):
    headers = sign_in(world.people["head_office"])
    path = f"{API}/staff/{world.ids['associate']}"
    client.patch(path, json={"name": "First", "version": 1}, headers=headers)
    answer = client.patch(path, json={"name": "Second", "version": 1}, headers=headers)
    assert answer.status_code == 409
    assert answer.json["code"] == "stale-version"
    assert (answer.json["current"]["name"], answer.json["current"]["version"]) == ("First", 2)
    assert client.get(path, headers=headers).json["name"] == "First"


def test_a_taken_phone_number_is_a_conflict_that_names_the_field(client, world, sign_in):
    headers = sign_in(world.people["head_office"])
    body = {**STRANGER, "phone": world.people["associate"].phone}
    answer = client.post(f"{API}/staff", json=body, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (409, "phone-taken")
    assert list(answer.json["errors"]) == ["phone"]


def test_the_same_key_twice_makes_one_person(client, world, sign_in):
    headers = {**sign_in(world.people["head_office"]), "Idempotency-Key": "7e1ab5f4-0f0f-4c7e-9d43-6b0a7b2f1c11"}
    first = client.post(f"{API}/staff", json=STRANGER, headers=headers)
    again = client.post(f"{API}/staff", json=STRANGER, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["id"] == again.json["id"]


def test_the_same_key_with_another_body_is_refused(client, world, sign_in):
    headers = {**sign_in(world.people["head_office"]), "Idempotency-Key": "7e1ab5f4-0f0f-4c7e-9d43-6b0a7b2f1c11"}
    client.post(f"{API}/staff", json=STRANGER, headers=headers)
    answer = client.post(f"{API}/staff", json={**STRANGER, "name": "X"}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (422, "key-reused")


# What an API token may do


def test_a_token_may_do_what_its_scope_says(client, world, sign_in):
    headers = sign_in(world.people["head_office"], scopes=["people:read"])
    assert client.get(f"{API}/staff", headers=headers).status_code == 200
    answer = client.post(f"{API}/stores", json=NEW_STORE, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (403, "missing-scope")
    assert "people:write" in answer.json["title"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/tokens", None),
        ("POST", "/tokens", {"name": "more", "scopes": ["people:read"]}),
        ("PUT", "/me/password", {"old_password": "x", "password": "another secret"}),
        ("POST", "/sessions/end-all", {}),
        ("PUT", "/staff/{associate}/password", {"password": "another secret"}),
    ],
)
def test_a_token_never_hands_out_power(client, world, sign_in, method, path, body):
    headers = sign_in(world.people["head_office"], scopes=["people:read", "people:write"])
    answer = client.open(API + path.format(**world.ids), method=method, json=body, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (403, "sessions-only")


def test_a_new_token_is_shown_once_and_works(client, world, sign_in):
    headers = sign_in(world.people["supervisor"])
    made = client.post(f"{API}/tokens", json={"name": "till", "scopes": ["people:read"]}, headers=headers).json
    listed = client.get(f"{API}/tokens", headers=headers)
    assert made["token"] not in listed.get_data(as_text=True)
    assert [token["hint"] for token in listed.json["items"]] == [made["token"][-4:]]
    assert client.get(f"{API}/me", headers={"Authorization": f"Bearer {made['token']}"}).status_code == 200


def test_an_expired_token_opens_nothing(client, world, sign_in, now):
    person = world.people["associate"]
    key = sessions.open_session(person.id, kind=TokenKind.SESSION, now=now - timedelta(days=31))
    answer = client.get(f"{API}/me", headers={"Authorization": f"Bearer {key.token}"})
    assert (answer.status_code, answer.json["code"]) == (401, "sign-in-again")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Bearer nonsense", "Basic YTpi", "Bearer \xff"])
def test_a_header_that_opens_nothing_is_401(client, world, header):
    assert client.get(f"{API}/me", headers={"Authorization": header}).status_code == 401


def _queries(client, path, headers):
    client.get(path, headers=headers)
    counted = []

    def count(_connection, _cursor, statement, *_):
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            counted.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        assert client.get(path, headers=headers).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return len(counted)
