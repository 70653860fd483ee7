"""Work arrives on an open phone: new, moved, called off, given to a colleague; marked until it is opened."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.people import passwords
from app.people.models import Staff
from tests.browser.phone import PASSWORD, PATIENCE_MS, Phone, until
from tests.browser.proxy import FaultProxy, Network
from tests.company import Company
from tests.conftest import NOW
from tests.flows import shop


def a_shop(session: Session) -> None:
    """Two associates; the phone's own password opens all doors."""
    shop.open_shop(session)
    for person in session.scalars(select(Staff)):
        person.password_hash = passwords.hash_password(PASSWORD)


@pytest.fixture(scope="module")
def company(start_company: Callable[..., Company]) -> Company:
    return start_company(prepare=a_shop)


@pytest.fixture(scope="module")
def desk(company: Company) -> "Desk":
    return Desk(company)


@pytest.fixture
def proxy(company: Company) -> Iterator[FaultProxy]:
    with FaultProxy(company.port) as proxy:
        yield proxy


class Desk:
    """The supervisor, who changes the associate's day while the phone lies open."""

    def __init__(self, company: Company) -> None:
        self.supervisor = company.sign_in(shop.SUPERVISOR, PASSWORD)
        self.associate = company.sign_in(shop.ASSOCIATE, PASSWORD)
        self.me = self.associate.get("/me")["id"]
        self.customers = cycle(company.rows("select id from customer where owner_id = %(me)s order by id", me=self.me))
        self.colleague = company.rows("select id from staff where phone = %(phone)s", phone=shop.RIVAL)[0]["id"]

    def give(self, *, hours: float) -> dict[str, Any]:
        start = NOW + timedelta(hours=hours)
        body = {"type": "home_visit", "reason": "care", "customer_id": next(self.customers)["id"]}
        window = {"window_start": start.isoformat(), "window_end": (start + timedelta(hours=1)).isoformat()}
        return self.supervisor.post("/tasks", body | window | {"assignee_id": self.me})

    def tell_of_the_door(self, task: dict[str, Any], words: str) -> None:
        path = f"/customers/{task['customer']['id']}"
        change = {"access_notes": words, "version": self.supervisor.get(path)["version"]}
        assert self.supervisor.call("PATCH", path, change).ok

    def do(self, task: dict[str, Any], verb: str, **body: Any) -> None:
        self.supervisor.post(f"/tasks/{task['id']}/{verb}", body)


def test_work_arrives_marked_on_an_open_phone_and_the_mark_stays_until_it_is_opened(
    phone: Phone, desk: "Desk", record_property: Callable[..., None]
) -> None:
    stays, moves, goes, leaves = (desk.give(hours=hours) for hours in (3, 4, 5, 6))
    phone.sign_in(shop.ASSOCIATE)
    page = phone.page
    rows = {task["id"]: page.locator(f'a[href="/m/tasks/{task["id"]}"]').first for task in (stays, moves, goes, leaves)}
    expect(rows[stays["id"]]).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".chip.news")).to_have_count(0)

    seen: dict[str, int] = {}

    def measure(what: str, change: Callable[[], object], shows: Callable[[], Locator]) -> None:
        change()
        began = time.monotonic()
        expect(shows()).to_be_visible(timeout=PATIENCE_MS)
        seen[what] = round((time.monotonic() - began) * 1000)

    def row(task: dict[str, Any], words: str) -> Locator:
        return page.locator(f'a[href="/m/tasks/{task["id"]}"]').filter(has_text=words).first

    made: dict[str, Any] = {}
    measure("new", lambda: made.update(desk.give(hours=7)), lambda: row(made, "New"))
    later = NOW + timedelta(hours=8)
    window = {"window_start": later.isoformat(), "window_end": (later + timedelta(hours=1)).isoformat()}
    measure("time", lambda: desk.do(moves, "reschedule", **window), lambda: row(moves, "New time"))
    measure("cancelled", lambda: desk.do(goes, "cancel", reason="customer_asked"), lambda: row(goes, "Just called off"))
    measure(
        "away", lambda: desk.do(leaves, "assign", staff_id=desk.colleague), lambda: row(leaves, "No longer with you")
    )
    changed = page.locator(".next .chip.news").filter(has_text="Changed")
    measure("about", lambda: desk.tell_of_the_door(stays, "Back door, ring twice"), lambda: changed)
    record_property("milliseconds", seen)
    print(f"seen on the phone after (ms): {seen}")

    # The marks are on the disk: neither a reload nor a dead battery takes them.
    page.reload()
    expect(changed).to_be_visible(timeout=PATIENCE_MS)
    for task, words in ((made, "New"), (moves, "New time"), (goes, "Just called off"), (leaves, "No longer with you")):
        expect(row(task, words)).to_be_visible(timeout=PATIENCE_MS)
    assert phone.barriers() == []

    was = datetime.fromisoformat(moves["window_start"]).astimezone(NOW.tzinfo)
    row(moves, "New time").click()
    expect(page.get_by_text(re.compile(rf"The time has changed\. It was .*{was:%H:%M} before\."))).to_be_visible()
    page.go_back()
    expect(page.locator(f'a[href="/m/tasks/{moves["id"]}"] .chip.news')).to_have_count(0)
    rows[stays["id"]].click()
    expect(page.get_by_text("What is said about this task has changed. Please read it again.")).to_be_visible()
    expect(page.get_by_text("Back door, ring twice").first).to_be_visible()
    page.go_back()
    expect(page.locator(".next h2")).to_be_visible()
    expect(changed).to_have_count(0)
    row(leaves, "No longer with you").click()
    expect(page.get_by_text(re.compile("no longer with you")).first).to_be_visible()
    assert phone.barriers() == []
    page.go_back()
    desk.give(hours=9)  # the next look at the day lets go what was opened
    expect(page.locator(f'a[href="/m/tasks/{leaves["id"]}"]')).to_have_count(0, timeout=PATIENCE_MS)
    assert phone.complaints == []


def test_what_changed_while_the_phone_had_no_signal_is_marked_when_it_is_back(
    phone: Phone, proxy: FaultProxy, desk: "Desk"
) -> None:
    begun = desk.give(hours=0.5)
    desk.associate.post(f"/tasks/{begun['id']}/start")
    phone.sign_in(shop.ASSOCIATE)
    page = phone.page
    page.locator(f'a[href="/m/tasks/{begun["id"]}"]').first.click()
    note = page.get_by_role("button", name=re.compile("I have arrived"))
    expect(note.first).to_be_visible(timeout=PATIENCE_MS)
    proxy.become(Network.DOWN)
    desk.do(begun, "assign", staff_id=desk.colleague)
    proxy.become(Network.UP)
    notice = page.get_by_text(re.compile("your supervisor decides"))
    until(lambda: notice.count() > 0, what="the word that it is with somebody else", seconds=60)
    # Work under way keeps its steps: what was done is told, and the supervisor decides.
    expect(note.first).to_be_visible()
