"""A whole day without signal: twelve tasks with twenty photos, three signatures and goods arrive, each exactly once."""

import io
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.phone import ASSOCIATE, PASSWORD, Phone, until
from tests.browser.proxy import FaultProxy, Network
from tests.company import Caller, Company
from tests.conftest import NOW

SUPERVISOR = "+85251000002"
PHOTOS, SIGNATURES = 20, 3
HANDED_OVER, IN_PART, NOT_AT_HOME = 3, 7, 5
"""Which tasks of the day are deliveries, and how each of them ends."""
ORDERED = [3, 2]
"""How many pieces each line of a delivery holds."""
LONG_SECONDS = 150
"""For everything of a day to arrive, on a machine that has other things to do."""


@pytest.fixture
def day(running_company: Company) -> list[dict[str, Any]]:
    """Twelve tasks of this day: visits, of which three after a complaint may be signed for, and three deliveries."""
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
    lines = [{"name": f"Parcel {line}", "quantity": pieces} for line, pieces in enumerate(ORDERED)]
    goods = {"type": "delivery", "reason": "after_purchase", "direction": "bring", "lines": lines}
    visit = {"type": "home_visit", "reason": "complaint" if number < SIGNATURES else "care"}
    asked = {
        **(goods if number in (HANDED_OVER, IN_PART, NOT_AT_HOME) else visit),
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
        self._arrive(task)
        self._answer(task, photos=photos)
        self.phone.press("Finish")
        expect(self.phone.page.get_by_role("status").filter(has_text="Done at")).to_be_visible()
        self._wait_for_disk()

    def hand_over_a_part(self, task: dict[str, Any], *, photos: int) -> None:
        """Of the first line one piece, with one refused and one to come; of the second all."""
        self._arrive(task)
        self._answer(task, photos=photos)
        self.phone.press("Not all done")
        first = self.phone.page.locator(".line-counts li").first
        for left in (2, 1):
            first.get_by_role("group", name="Delivered").get_by_role("button", name="One less").click()
            expect(first.get_by_role("group", name="Delivered").locator("output")).to_have_text(str(left))
        first.get_by_role("group", name="Refused").get_by_role("button", name="One more").click()
        expect(first.locator(".short output")).to_have_text("1")
        self.phone.press("Finish in part")
        expect(self._goods.first).to_contain_text("1 delivered · 1 refused · 1 still to come")
        self._wait_for_disk()

    def find_nobody(self, task: dict[str, Any]) -> None:
        self._arrive(task)
        self.phone.press("Not all done")
        self.phone.page.get_by_role("radio", name="Not possible").click()
        self.phone.page.get_by_role("radio", name="Not at home").click()
        self.phone.press("Finish as not possible")
        expect(self.phone.page.get_by_role("button", name="Undo")).to_be_visible()
        self._wait_for_disk()

    @property
    def _goods(self) -> Locator:
        return self.phone.page.get_by_role("region", name="Goods").locator("li")

    def _wait_for_disk(self) -> None:
        until(lambda: "Saving" not in self.phone.sync.inner_text(), what="the disk")

    def _arrive(self, task: dict[str, Any]) -> None:
        self.phone.go(f"/m/tasks/{task['id']}")
        self.phone.press("Set out")
        self.phone.press("I have arrived")

    def _answer(self, task: dict[str, Any], *, photos: int) -> None:
        page = self.phone.page
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


def goods_of(company: Company, task: dict[str, Any]) -> list[tuple[int, int | None, int | None]]:
    """Of each line: ordered, delivered, refused."""
    lines = "select quantity, delivered, refused from task_line where task_id = %(id)s order by id"
    return [(one["quantity"], one["delivered"], one["refused"]) for one in company.rows(lines, id=task["id"])]


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
    for number, task in enumerate(day[:6]):
        if number == NOT_AT_HOME:
            person.find_nobody(task)
        else:
            person.work(task, photos=1)
    phone.kill(keeps_session=True)
    phone.open()
    for number, task in enumerate(day[6:], start=6):
        do = person.hand_over_a_part if number == IN_PART else person.work
        do(task, photos=(PHOTOS - person.taken["photo"]) // (len(day) - number))
    assert person.taken == {"photo": PHOTOS, "signature": SIGNATURES}
    phone.go("/m/unsent")
    entries = phone.page.locator(".unsent-row")
    until(lambda: entries.count() >= 11 * 4 + 3 + PHOTOS + SIGNATURES, what="the whole day on the phone")
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
    ended = running_company.rows("select id, status from task where id = any(%(ids)s)", **ids)
    others = {day[IN_PART]["id"]: "partly", day[NOT_AT_HOME]["id"]: "failed"}
    assert {row["id"]: row["status"] for row in ended} == {one: others.get(one, "completed") for one in ids["ids"]}
    steps = running_company.rows(
        "select action, count(*) as times from task_history where task_id = any(%(ids)s)"
        " and action in ('start', 'arrive', 'complete', 'complete-partly', 'fail') group by action",
        **ids,
    )
    assert {row["action"]: row["times"] for row in steps} == {
        "start": 12,
        "arrive": 12,
        "complete": 10,
        "complete-partly": 1,
        "fail": 1,
    }
    assert goods_of(running_company, day[HANDED_OVER]) == [(3, 3, 0), (2, 2, 0)]
    assert goods_of(running_company, day[IN_PART]) == [(3, 1, 1), (2, 2, 0)]
    assert goods_of(running_company, day[NOT_AT_HOME]) == [(3, None, None), (2, None, None)]
    # What is still to come is a new delivery, once.
    carried = running_company.rows("select id from task where parent_id = any(%(ids)s) and type = 'delivery'", **ids)
    assert [goods_of(running_company, one) for one in carried] == [[(1, None, None)]]
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
