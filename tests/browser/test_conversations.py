"""A customer's text as it travels between people: onto the phone, to the supervisor's desk, and back with an answer."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.messaging.segments import measure
from tests.browser.phone import PASSWORD, PATIENCE_MS, Phone, until
from tests.browser.proxy import FaultProxy, Network
from tests.company import Caller, Company
from tests.conftest import NOW

HEAD_OFFICE, SUPERVISOR = "+85251000001", "+85251000002"


@pytest.fixture
def customer(running_company: Company, associate: Caller) -> dict[str, Any]:
    """One of the associate's, who has never written."""
    return running_company.rows(
        "select id, name, phone from customer where owner_id = %(me)s and phone is not null"
        " and not exists (select from conversation where customer_id = customer.id) order by id limit 1",
        me=associate.get("/me")["id"],
    )[0]


def at_the_desk(browser: Browser, company: Company, path: str, *, who: str = SUPERVISOR) -> Page:
    context = browser.new_context(base_url=company.url, viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "lang", "value": "en", "url": company.url}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"/sign-in?next={path}")
    page.fill("[name=phone]", who)
    page.fill("[name=password]", PASSWORD)
    page.click("button.primary")
    # The address of signing in names the path too; and the page must listen before anybody types.
    expect(page).to_have_url(re.compile("^" + re.escape(company.url + path)))
    page.wait_for_load_state()
    page.evaluate("window.neverReloaded = true")
    return page


def number_at_the_desk(page: Page) -> int:
    badge = page.locator("#unread .count")
    return int(badge.inner_text()) if badge.count() else 0


def number_on_the_phone(phone: Phone) -> int:
    badge = phone.page.get_by_role("navigation", name="Places").locator("a[href='/m/messages'] .badge")
    return int(badge.inner_text()) if badge.count() else 0


def says(supervisor: Caller, customer: dict[str, Any], text: str) -> None:
    supervisor.post("/sandbox/messages", {"phone": customer["phone"], "text": text})


def test_a_text_shows_live_with_whose_turn_it_is_and_an_answer_without_signal_arrives_once(
    phone: Phone,
    proxy: FaultProxy,
    browser: Browser,
    running_company: Company,
    supervisor: Caller,
    customer: dict[str, Any],
) -> None:
    board = at_the_desk(browser, running_company, "/board")
    phone.sign_in()
    mine, theirs = number_on_the_phone(phone), number_at_the_desk(board)

    says(supervisor, customer, "你哋幾點收工？")
    until(lambda: number_on_the_phone(phone) == mine + 1, what="the number on the phone")
    assert number_at_the_desk(board) == theirs

    phone.go(f"/m/messages/{customer['id']}")
    expect(phone.page.locator(".bubble.in")).to_contain_text("你哋幾點收工？")
    phone.press("Supervisor")
    until(lambda: number_at_the_desk(board) == theirs + 1, what="the number at the desk")
    assert board.evaluate("window.neverReloaded === true")

    proxy.become(Network.DOWN)
    phone.page.get_by_role("group", name="Quick answers").get_by_role("button", name="Thank you").click()
    box = phone.page.get_by_label("Message", exact=True)
    assert "{" not in box.input_value()
    box.fill("我哋九點收工。")
    expect(phone.page.locator(".cost")).to_contain_text("1 SMS")
    phone.press("Send")
    expect(phone.page.locator(".bubble.out").last).to_contain_text("Not sent yet")
    expect(phone.sync).to_contain_text("waiting")

    desk = at_the_desk(browser, running_company, "/conversations?view=mine")
    desk.locator("#inbox").get_by_role("link", name=re.compile(customer["name"])).first.click()
    expect(desk.locator("#thread .bubble.in")).to_contain_text("你哋幾點收工？")
    desk.locator("#answer").fill("我嚟答")
    proxy.become(Network.UP)
    phone.wait_until_sent()
    expect(desk.locator("#thread .bubble.out").last).to_contain_text("我哋九點收工。")
    expect(desk.locator("#answer")).to_have_value("我嚟答")
    expect(phone.page.locator(".bubble.out").last).to_contain_text("Delivered", timeout=PATIENCE_MS)
    written = "select count(*) from message where customer_id = %(id)s and kind = 'staff'"
    assert running_company.value(written, id=customer["id"]) == 1
    until(lambda: number_at_the_desk(board) == theirs, what="the number after the answer")
    assert phone.barriers() == []
    assert phone.complaints == []


def test_running_late_is_told_when_the_signal_is_back(
    phone: Phone,
    proxy: FaultProxy,
    running_company: Company,
    supervisor: Caller,
    associate: Caller,
    customer: dict[str, Any],
) -> None:
    task = supervisor.post(
        "/tasks",
        {
            "type": "home_visit",
            "reason": "care",
            "customer_id": customer["id"],
            "window_start": (NOW + timedelta(hours=7)).isoformat(),
            "window_end": (NOW + timedelta(hours=8)).isoformat(),
            "assignee_id": associate.get("/me")["id"],
        },
    )
    associate.post(f"/tasks/{task['id']}/start", None)
    phone.sign_in()
    phone.go(f"/m/tasks/{task['id']}")
    late = phone.page.get_by_role("region", name="Running late?")
    expect(late).to_be_visible()
    proxy.become(Network.DOWN)
    late.get_by_role("button", name=re.compile(r"\+20 min")).click()
    expect(late).to_contain_text("not sent yet")
    proxy.become(Network.UP)
    phone.wait_until_sent()
    told = "select count(*) from message where task_id = %(id)s and kind = 'late'"
    until(lambda: running_company.value(told, id=task["id"]) == 1, what="the text")


def test_the_browser_counts_a_text_as_the_server_does(browser: Browser, running_company: Company) -> None:
    page = at_the_desk(browser, running_company, "/office/quick-answers/new", who=HEAD_OFFICE)
    box, size = page.locator("#x-en"), page.locator("#s-en")
    for text in (
        "a" * 160,
        "a" * 161,
        "[" * 80,
        "[" * 81,
        "你" * 70,
        "你" * 71,
        "😀" * 35,
        "😀" * 36,
        "€" * 154,
        "é" * 10,
    ):
        box.fill(text)
        segments = measure(text).segments
        expect(size).to_have_text("1 SMS" if segments == 1 else f"{segments} SMS")
