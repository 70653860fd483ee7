"""/occurrences and /care-runs, and asking for a run: who may, and what the answers say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.careplans import engine
from app.core.db import db
from tests.careplans.conftest import Shop, occurrences
from tests.careplans.test_booking import BIRTHDAY
from tests.factories.careplans import make_plan
from tests.factories.people import make_staff, make_store

API = "/api/v1"
SignIn = Callable[..., dict[str, str]]


@pytest.fixture
def people(care: Shop) -> dict[str, Any]:
    return {
        "boss": make_staff("head_office", locale="en"),
        "lead": make_staff("supervisor", care.store),
        "stranger": make_staff("supervisor", make_store()),
        "owner": care.ann,
        "colleague": make_staff("associate", care.store),
    }


@pytest.fixture
def planned(care: Shop) -> Shop:
    """One birthday booked for the 20th and one put off because there is no number."""
    care.customer(**BIRTHDAY, birthday_day=20)
    care.customer(**BIRTHDAY, birthday_day=21, phone=None)
    make_plan("birthday")
    care.run()
    return care


@pytest.mark.parametrize(("who", "seen"), [("boss", 2), ("lead", 2), ("stranger", 0), ("owner", 2), ("colleague", 0)])
def test_everybody_sees_the_occurrences_of_his_customers(
    planned: Shop, people: dict[str, Any], client: FlaskClient, sign_in: SignIn, who: str, seen: int
) -> None:
    answer = client.get(f"{API}/occurrences", headers=sign_in(people[who]))
    assert answer.status_code == 200
    assert len(answer.json["items"]) == seen


def test_an_occurrence_says_what_became_of_it_in_the_readers_language(
    planned: Shop, people: dict[str, Any], client: FlaskClient, sign_in: SignIn
) -> None:
    headers = sign_in(people["boss"]) | {"Accept-Language": "en"}
    booked, put_off = client.get(f"{API}/occurrences", headers=headers).json["items"]
    assert (booked["state"], booked["due_day"], booked["booked_day"]) == ("booked", "2027-03-20", "2027-03-20")
    assert (booked["reason"], booked["reason_words"], booked["plan"]["name"]) == (None, None, "Plan")
    assert (put_off["state"], put_off["reason"]) == ("deferred", "no_phone")
    assert put_off["reason_words"] == "There is no phone number in the file."


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("since=2027-03-21", ["2027-03-21"]),
        ("until=2027-03-20", ["2027-03-20"]),
        ("state=deferred", ["2027-03-21"]),
        ("kind=cadence", []),
        ("limit=1", ["2027-03-20"]),
    ],
)
def test_occurrences_can_be_narrowed(
    planned: Shop, people: dict[str, Any], client: FlaskClient, sign_in: SignIn, query: str, days: list[str]
) -> None:
    answer = client.get(f"{API}/occurrences?{query}", headers=sign_in(people["lead"]))
    assert [item["due_day"] for item in answer.json["items"]] == days


def test_the_store_of_somebody_else_is_not_asked_about(
    planned: Shop, people: dict[str, Any], client: FlaskClient, sign_in: SignIn
) -> None:
    url = f"{API}/occurrences?store_id={planned.store.id}"
    assert client.get(url, headers=sign_in(people["stranger"])).status_code in (403, 404)


@pytest.mark.parametrize(("who", "status"), [("boss", 202), ("lead", 403), ("stranger", 403), ("owner", 403)])
def test_only_head_office_asks_for_a_run(
    care: Shop, people: dict[str, Any], client: FlaskClient, sign_in: SignIn, who: str, status: int
) -> None:
    answer = client.post(f"{API}/care-plans/run", json={}, headers=sign_in(people[who]))
    assert answer.status_code == status


def test_a_run_that_was_asked_for_waits_for_the_worker_and_is_done_once(
    care: Shop, people: dict[str, Any], client: FlaskClient, sign_in: SignIn, now: datetime
) -> None:
    care.customer(**BIRTHDAY, birthday_day=20)
    make_plan("birthday")
    answer = client.post(f"{API}/care-plans/run", json={"date": "2027-03-11"}, headers=sign_in(people["boss"]))
    assert (answer.json["state"], answer.json["day"]) == ("asked", "2027-03-11")
    assert db.session.scalars(text("SELECT job FROM schedule_slot WHERE state = 'due'")).all() == ["care_runs_asked"]
    engine.run_asked(now=now)
    assert [found.booked_day for found in occurrences()] == [date(2027, 3, 20)]
    (run,) = client.get(f"{API}/care-runs", headers=sign_in(people["lead"])).json["items"]
    assert (run["state"], run["done"], run["chunks"]) == ("done", 2, 2)
    assert run["counts"]["booked"] == 1


@pytest.mark.parametrize("day", ["2027-03-01", "2027-05-01", "tomorrow"])
def test_a_day_far_away_is_refused(
    care: Shop, people: dict[str, Any], client: FlaskClient, sign_in: SignIn, day: str
) -> None:
    answer = client.post(f"{API}/care-plans/run", json={"date": day}, headers=sign_in(people["boss"]))
    assert answer.status_code == 422


@pytest.mark.parametrize(("who", "status"), [("boss", 200), ("lead", 200), ("owner", 403)])
def test_leaders_see_the_runs(
    care: Shop, people: dict[str, Any], client: FlaskClient, sign_in: SignIn, who: str, status: int
) -> None:
    assert client.get(f"{API}/care-runs", headers=sign_in(people[who])).status_code == status
