"""The same request twice, as phones without signal send it: one effect, the same answer."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import requests

from tests.conftest import NOW
from tests.flows.shop import ASSOCIATE, PASSWORD, RIVAL, Shop


@pytest.fixture
def booking(shop: Shop) -> Iterator[dict[str, Any]]:
    """A task to be created; no two tests create the same."""
    if not hasattr(shop, "only_customer"):
        shop.only_customer = shop.fresh_customer()
    return {
        "type": "callback",
        "customer_id": shop.only_customer["id"],
        "window_start": (NOW + timedelta(hours=3)).isoformat(),
        "window_end": (NOW + timedelta(hours=4)).isoformat(),
        "note": str(uuid4()),
    }


def made(shop: Shop, booking: dict[str, Any]) -> int:
    return shop.company.value("select count(*) from task where note = %(note)s", note=booking["note"])


def create(shop: Shop, booking: dict[str, Any], key: str) -> requests.Response:
    return shop.supervisor.call("POST", "/tasks", booking, headers={"Idempotency-Key": key})


def test_the_same_key_gets_the_same_answer_and_makes_nothing_new(shop: Shop, booking: dict[str, Any]) -> None:
    key = str(uuid4())
    first, second = create(shop, booking, key), create(shop, booking, key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert made(shop, booking) == 1


def test_the_same_key_with_another_body_is_refused(shop: Shop, booking: dict[str, Any]) -> None:
    key = str(uuid4())
    create(shop, booking, key)
    other = {**booking, "note": str(uuid4())}
    answer = create(shop, other, key)
    assert (answer.status_code, answer.json()["code"]) == (422, "key-reused")
    assert made(shop, other) == 0


def test_the_same_key_of_another_person_is_refused(shop: Shop) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    body = {"locale": "zh_Hant"}
    assert shop.associate.call("PATCH", "/me", body, headers=key).status_code == 200
    rival = shop.company.sign_in(RIVAL, PASSWORD)
    answer = rival.call("PATCH", "/me", body, headers=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "key-reused")
    assert rival.get("/me")["locale"] == "zh_Hans"


def test_a_refused_request_may_be_mended_under_its_key(shop: Shop, booking: dict[str, Any]) -> None:
    key = str(uuid4())
    assert create(shop, {**booking, "window_end": booking["window_start"]}, key).status_code == 422
    assert create(shop, booking, key).status_code == 201


def test_a_key_that_is_no_uuid_is_refused(shop: Shop, booking: dict[str, Any]) -> None:
    answer = create(shop, booking, "once")
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")
    assert made(shop, booking) == 0


def test_a_cookie_client_without_a_key_is_refused(shop: Shop) -> None:
    browser = signed_in_by_cookie(shop)
    answer = browser.patch(f"{shop.company.url}/api/v1/me", json={"locale": "en"})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")
    with_key = {"Idempotency-Key": str(uuid4())}
    assert browser.patch(f"{shop.company.url}/api/v1/me", json={"locale": "en"}, headers=with_key).status_code == 200


def test_a_cookie_from_another_site_changes_nothing(shop: Shop) -> None:
    browser = signed_in_by_cookie(shop)
    headers = {"Idempotency-Key": str(uuid4()), "Origin": "https://example.org", "Sec-Fetch-Site": "cross-site"}
    assert browser.patch(f"{shop.company.url}/api/v1/me", json={"locale": "en"}, headers=headers).status_code == 403


def test_eight_at_once_with_one_key_have_one_effect(shop: Shop, booking: dict[str, Any]) -> None:
    key = str(uuid4())
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: create(shop, booking, key), range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"in-flight"}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert made(shop, booking) == 1
    shop.company.wait_until_quiet()
    assert create(shop, booking, key).headers["Idempotency-Replayed"] == "true"


def test_a_step_sent_again_while_it_is_under_way_is_not_refused(shop: Shop) -> None:
    task = shop.visit(shop.fresh_customer())
    key = {"Idempotency-Key": str(uuid4())}

    def set_out(_number: int) -> requests.Response:
        return shop.associate.call("POST", f"/tasks/{task['id']}/start", {}, headers=key)

    answers = at_once(shop, task, set_out)
    assert [answer.status_code for answer in answers] == [200, 200, 200], [answer.text for answer in answers]
    assert sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers) == ["", "true", "true"]
    steps = "select count(*) from task_history where task_id = %(id)s and action = 'start'"
    assert shop.company.value(steps, id=task["id"]) == 1


def test_two_who_set_out_at_once_are_told_who_was_later(shop: Shop) -> None:
    task = shop.visit(shop.fresh_customer())

    def set_out(_number: int) -> requests.Response:
        key = {"Idempotency-Key": str(uuid4())}
        return shop.associate.call("POST", f"/tasks/{task['id']}/start", {}, headers=key)

    answers = at_once(shop, task, set_out)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


def at_once(
    shop: Shop, task: dict[str, Any], send: Callable[[int], requests.Response], *, count: int = 3
) -> list[requests.Response]:
    """So many, which all have begun before the first of them can go on."""
    waiting = (
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and wait_event_type = 'Lock' and query ilike '%%task%%'"
    )
    shop.company.wait_until_quiet()  # or workers would wait there too
    with psycopg.connect(shop.company.database_url) as desk, ThreadPoolExecutor(count) as threads:
        desk.execute("select from task where id = %s for update", [task["id"]])
        sent = [threads.submit(send, number) for number in range(count)]
        # A periodic job may come to wait here as well.
        shop.company.wait_for(lambda: shop.company.value(waiting) >= count)
        desk.rollback()
        return [one.result() for one in sent]


def signed_in_by_cookie(shop: Shop) -> requests.Session:
    browser = requests.Session()
    browser.headers["Origin"] = shop.company.url
    who = {"phone": ASSOCIATE, "password": PASSWORD, "session": "cookie"}
    answer = browser.post(f"{shop.company.url}/api/v1/sessions", json=who)
    assert browser.cookies, f"{answer.status_code} {answer.text}"
    return browser
