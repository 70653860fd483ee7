"""The proof sheet in a real browser: the customer's page, the desk that gives it out, and the phone at the door."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.company import Caller, Company
from tests.factories.proofs import jpeg, signature
from tests.web.test_in_browser import faults_of

PASSWORD = "huifang-demo"
SUPERVISOR, ASSOCIATE = "+85251000002", "+85251000003"
PHONE, SMALL, DESKTOP = (390, 844), (320, 640), (1280, 900)

THEIRS = (
    "task.store_id in (select store_id from staff_store join staff on staff.id = staff_store.staff_id"
    f" where staff.phone = '{SUPERVISOR}')"
)
PROVEN = "task.status in ('completed', 'partly', 'failed') and task.ended_at > '2027-03-08 12:00+08'"


@pytest.fixture(scope="module")
def lead(company: Company) -> Caller:
    return company.sign_in(SUPERVISOR, PASSWORD)


@pytest.fixture
def visit(browser: Browser, company: Company) -> Iterator[Callable[..., Page]]:
    """`visit(path, size=..., dark=False, scripts=True)`: somebody's browser; what it complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(path: str, *, size: tuple[int, int] = PHONE, dark: bool = False, scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=company.url,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        context.add_cookies([{"name": "lang", "value": "en", "url": company.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def task_of(company: Company, condition: str) -> int:
    asked = f"select task.id from task join customer on customer.id = task.customer_id where {PROVEN} and {condition}"
    return company.value(f"{asked} order by task.ended_at desc, task.id limit 1")


def add_picture(person: Caller, task_id: int, data: bytes, *, kind: str) -> None:
    blob_id = uuid4()
    digest = {"X-Content-SHA256": hashlib.sha256(data).hexdigest(), "Content-Type": "application/octet-stream"}
    sent = person.call("PUT", f"/blobs/{blob_id}", data=data, headers=digest)
    assert sent.ok, sent.text
    person.post(f"/tasks/{task_id}/evidence", {"blob_id": str(blob_id), "kind": kind})


def path_of(person: Caller, task_id: int) -> str:
    return urlsplit(person.post(f"/tasks/{task_id}/proof-links", {})["url"]).path


def is_narrow(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant", "en"])
def test_the_page_is_for_everybody_on_every_screen(company: Company, visit: Any, locale: str) -> None:
    office = company.sign_in("+85251000001", PASSWORD)
    path = path_of(office, task_of(company, f"customer.locale = '{locale}'"))
    for size, dark in ((PHONE, False), (SMALL, True), (DESKTOP, False)):
        page = visit(path, size=size, dark=dark)
        assert page.locator("html").get_attribute("lang") == locale.replace("_", "-")
        assert faults_of(page) == []
        assert is_narrow(page)


def test_pictures_show_without_scripts_and_nothing_is_asked_elsewhere(
    company: Company, lead: Caller, visit: Any
) -> None:
    task_id = task_of(company, f"task.type <> 'callback' and {THEIRS}")
    add_picture(lead, task_id, jpeg(), kind="photo")
    add_picture(lead, task_id, signature(), kind="signature")
    path = path_of(lead, task_id)
    page = visit(path, scripts=False)
    for picture in (page.locator(".photos img").last, page.locator(".signatures img").last):
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
    seen = visit(path)
    asked = seen.evaluate("performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)")
    assert all(one.startswith((f"{path}/pictures/", "/static/")) for one in asked)
    seen.locator(".photos img").last.scroll_into_view_if_needed()
    expect(seen.locator(".photos img").last).to_have_js_property("naturalWidth", 800)


def test_an_address_that_opens_nothing_is_a_kind_page_for_everybody(company: Company, lead: Caller, visit: Any) -> None:
    task_id = task_of(company, THEIRS)
    made = lead.post(f"/tasks/{task_id}/proof-links", {})
    lead.call("DELETE", f"/tasks/{task_id}/proof-links/{made['id']}", headers={"Idempotency-Key": str(uuid4())})
    for path in (urlsplit(made["url"]).path, "/p/unknown"):
        page = visit(path, size=SMALL)
        assert faults_of(page) == []
        assert is_narrow(page)
        assert page.locator("a[href^='tel:']").count() >= 1


def test_the_desk_makes_copies_and_ends_an_address(company: Company, visit: Any) -> None:
    task_id = task_of(company, THEIRS)
    page = visit(f"/sign-in?next=/tasks/{task_id}", size=DESKTOP)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.fill("[name=phone]", SUPERVISOR)
    page.fill("[name=password]", PASSWORD)
    page.click("button.primary")
    section = page.locator("#proof")
    section.get_by_role("button", name="Make an address for the customer").click()
    field = section.get_by_label("Address for the customer")
    address = field.input_value()
    section.get_by_role("button", name="Copy").click()
    expect(section.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address
    assert faults_of(page) == []
    section.get_by_role("button", name="End it: the address of").first.click()
    expect(field).to_have_count(0)
    assert page.request.get(urlsplit(address).path).status == 410


def test_the_phone_shows_an_address_to_scan_and_says_when_it_needs_a_connection(company: Company, visit: Any) -> None:
    mine = "task.assignee_id = (select id from staff where phone = '+85251000003') and task.status = 'completed'"
    task_id = task_of(company, f"{mine} and task.window_start > '2027-03-09 00:00+08'")
    page = visit("/m/")
    page.get_by_label("Phone number").fill(ASSOCIATE)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".day-progress")).to_be_visible()
    page.goto(f"/m/tasks/{task_id}")
    page.get_by_text("Proof sheet").click()
    make = page.get_by_role("button", name="Make an address for the customer")
    expect(make).to_be_enabled()

    page.context.set_offline(True)
    make.click()
    expect(page.locator(".proof-said")).to_contain_text("needs a connection")
    page.context.set_offline(False)

    make.click()
    expect(page.get_by_role("img", name="QR code of the proof sheet")).to_be_visible()
    address = page.locator(".proof-address").inner_text()
    assert faults_of(page) == []
    seen = visit(urlsplit(address).path)
    expect(seen.locator(".outcome")).to_be_visible()

    page.get_by_role("button", name="End it").first.click()
    page.get_by_role("button", name="End this address").click()
    expect(page.locator(".proof-address")).to_have_count(0)
    seen.reload()
    expect(seen.locator(".ended")).to_be_visible()
