"""A whole day without signal: twelve tasks with twenty photos and three signatures arrive, each exactly once."""

import io
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.phone import ASSOCIATE, PASSWORD, Phone, until
from tests.browser.proxy import FaultProxy, Network
from tests.company import Caller, Company
from tests.conftest import NOW

SUPERVISOR = "+85251000002"
PHOTOS, SIGNATURES = 20, 3
LONG_SECONDS = 150
"""For everything of a day to arrive, on a machine that has other things to do."""


@pytest.fixture
def day(running_company: Company) -> list[dict[str, Any]]:
    """Twelve visits of this day; three of them, after a complaint, may be signed for."""
    supervisor = running_company.sign_in(SUPERVISOR, PASSWORD)
    me = running_company.sign_in(ASSOCIATE, PASSWORD).get("/me")
    customers = running_company.rows(
        "select id from customer where store_id = %(store)s and owner_id = %(me)s and phone is not null"
        " order by id limit 12",
        store=me["store_ids"][0],
        me=me["id"],
    )
    assert len(customers) == 12
    return [_task(supervisor, me["id"], customer["id"], number) for number, customer in enumerate(customers)]


def _task(supervisor: Caller, me: int, customer: int, number: int) -> dict[str, Any]:
    starts = NOW + timedelta(minutes=30 * number)
    is_signed = number < SIGNATURES
    asked = {
        "type": "home_visit",
        "reason": "complaint" if is_signed else "care",
        "customer_id": customer,
        "window_start": starts.isoformat(),
        "window_end": (starts + timedelta(minutes=30)).isoformat(),
        "assignee_id": me,
    }
    return supervisor.post("/tasks", asked)


class Day:
    """What the person does, and how many pictures it makes."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.taken: Counter[str] = Counter()

    def work(self, task: dict[str, Any], *, photos: int) -> None:
        page = self.phone.page
        self.phone.go(f"/m/tasks/{task['id']}")
        self.phone.press("Set out")
        self.phone.press("I have arrived")
        items = {item["key"]: item for item in task["checklist"]}
        self.phone.answer_required([item for item in task["checklist"] if item["kind"] not in ("photo", "signature")])
        if task["reason"] == "complaint":
            received = next(key for key, item in items.items() if item["kind"] == "signature")
            self.phone.sign(page.locator(f"#item-{received}"))
            self.taken["signature"] += 1
        wanted = [key for key, item in items.items() if item["kind"] == "photo"]
        shown = [key for key in wanted if page.locator(f"#item-{key}").count()]
        for number in range(max(photos, sum(items[key]["required"] for key in shown))):
            place = page.locator(f"#item-{shown[number % len(shown)]}")
            self.phone.take_photo(place, a_small_photo())
            self.taken["photo"] += 1
        self.phone.press("Finish")
        expect(page.get_by_role("status").filter(has_text="Done at")).to_be_visible()
        until(lambda: "Saving" not in self.phone.sync.inner_text(), what="the disk")


def a_small_photo() -> bytes:
    """Each another one, because noise is."""
    file = io.BytesIO()
    Image.effect_noise((640, 480), 60).convert("RGB").save(file, "JPEG", quality=80)
    return file.getvalue()


def test_a_day_of_twelve_tasks_without_signal_arrives_exactly_once(
    phone: Phone, proxy: FaultProxy, running_company: Company, day: list[dict[str, Any]]
) -> None:
    phone.sign_in()
    phone.go(f"/m/tasks/{day[-1]['id']}")
    expect(phone.page.get_by_role("button", name="Set out")).to_be_visible()
    until(lambda: phone.page.evaluate("caches.keys().then(names => names.length)"), what="the shell on the phone")
    proxy.become(Network.DOWN)
    person = Day(phone)
    for task in day[:6]:
        person.work(task, photos=1)
    phone.kill(keeps_session=True)
    phone.open()
    for number, task in enumerate(day[6:], start=6):
        left = PHOTOS - person.taken["photo"]
        person.work(task, photos=left // (len(day) - number))
    assert person.taken == {"photo": PHOTOS, "signature": SIGNATURES}
    phone.go("/m/unsent")
    entries = phone.page.locator(".unsent-row")
    until(lambda: entries.count() >= 12 * 4 + PHOTOS + SIGNATURES, what="the whole day on the phone")
    waiting = entries.count()

    # Everything that can go wrong on the way back: nobody hears the answers, the phone dies, the network is thin.
    proxy.become(Network.LOSES_ANSWERS)
    until(lambda: len(proxy.requests("(POST|PUT|PATCH) /api/v1/(tasks|blobs)/.*")) >= 3, what="unheard tries")
    phone.kill(keeps_session=True)
    proxy.become(Network.SLOW)
    phone.open()
    phone.go("/m/unsent")
    few = phone.page.locator(".unsent-row")
    until(
        lambda: 0 < few.count() <= waiting - 5,
        what="a few over a thin line",
        seconds=LONG_SECONDS,
    )
    phone.kill(keeps_session=True)
    proxy.become(Network.UP)
    phone.open()
    phone.go("/m/")
    until(lambda: phone.says("All sent"), what="the day", seconds=LONG_SECONDS)

    ids = {"ids": [task["id"] for task in day]}
    ended = running_company.rows("select status from task where id = any(%(ids)s)", **ids)
    assert [row["status"] for row in ended] == ["completed"] * 12
    steps = running_company.rows(
        "select action, count(*) as times from task_history where task_id = any(%(ids)s)"
        " and action in ('start', 'arrive', 'complete') group by action",
        **ids,
    )
    assert {row["action"]: row["times"] for row in steps} == {"start": 12, "arrive": 12, "complete": 12}
    kept = running_company.rows(
        "select kind, count(*) as rows, count(distinct blob_id) as pictures, count(distinct original_sha256) as bytes"
        " from evidence join blob on blob.id = blob_id where task_id = any(%(ids)s) group by kind",
        **ids,
    )
    assert {row["kind"]: row["rows"] for row in kept} == {"photo": PHOTOS, "signature": SIGNATURES}
    assert {row["kind"]: row["pictures"] for row in kept} == {"photo": PHOTOS, "signature": SIGNATURES}
    # The same hand signs the same way each time; no two photos are alike.
    assert next(row["bytes"] for row in kept if row["kind"] == "photo") == PHOTOS
    assert running_company.value("select count(*) from held_submission where task_id = any(%(ids)s)", **ids) == 0
    assert phone.complaints == []
