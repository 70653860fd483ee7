"""A store's opening hours through the API: the whole week, checked day by day."""

import pytest

from app.people.access import Role
from app.people.models import Store
from app.people.opening import DEFAULT_HOURS
from tests.factories.people import make_staff, make_store

API = "/api/v1"
HALF_DAYS = {"0": [["14:00", "18:00"], ["09:00", "12:00"]], "5": [["10:00", "24:00"]]}


@pytest.fixture
def boss(session, sign_in):
    return sign_in(make_staff(Role.HEAD_OFFICE))


def patch(client, boss, store, hours):
    body = {"opening_hours": hours, "version": store.version}
    return client.patch(f"{API}/stores/{store.id}", json=body, headers=boss)


def test_a_new_store_is_open_from_ten_to_eight(client, boss):
    body = {"code": "NEW", "name": "New", "country": "HK", "zone": "Asia/Hong_Kong", "locale": "en"}
    answer = client.post(f"{API}/stores", json=body, headers=boss)
    assert (answer.status_code, answer.json["opening_hours"]) == (201, DEFAULT_HOURS)


def test_a_store_can_be_opened_with_its_own_hours(client, boss):
    body = {"code": "NEW", "name": "New", "country": "HK", "zone": "Asia/Hong_Kong", "locale": "en"}
    answer = client.post(f"{API}/stores", json={**body, "opening_hours": HALF_DAYS}, headers=boss)
    assert answer.json["opening_hours"]["5"] == [["10:00", "24:00"]]


def test_the_week_is_kept_in_order_and_a_day_left_out_is_closed(client, boss, session):
    store = make_store()
    answer = patch(client, boss, store, HALF_DAYS)
    assert answer.status_code == 200
    assert answer.json["opening_hours"]["0"] == [["09:00", "12:00"], ["14:00", "18:00"]]
    assert answer.json["opening_hours"]["1"] == []
    assert session.get(Store, store.id).opening_hours == answer.json["opening_hours"]


@pytest.mark.parametrize(
    ("hours", "day"),
    [
        ({"2": [["18:00", "09:00"]]}, "2"),
        ({"3": [["09:00", "12:00"], ["11:00", "13:00"]]}, "3"),
        ({"4": [["9:00", "12:00"]]}, "4"),
        ({"6": [["10:00", "24:30"]]}, "6"),
        ({str(day): [] for day in range(7)}, "0"),
    ],
    ids=["closes-before-it-opens", "overlapping", "not-a-time", "past-midnight", "never-open"],
)
def test_hours_that_can_t_be_kept_name_their_day(client, boss, hours, day):
    answer = patch(client, boss, make_store(), hours)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["opening_hours"]) == [day]


@pytest.mark.parametrize(
    "hours",
    [None, [], "10-20", {"7": [["10:00", "20:00"]]}, {"0": [["10:00"]]}, {"0": "10:00"}, {"0": [["10:00", 20]]}],
    ids=repr,
)
def test_what_is_no_week_is_refused(client, boss, hours):
    assert patch(client, boss, make_store(), hours).status_code == 422


def test_only_head_office_sets_them(client, sign_in, session):
    store = make_store()
    supervisor = sign_in(make_staff(Role.SUPERVISOR, store))
    assert patch(client, supervisor, store, HALF_DAYS).status_code == 403
