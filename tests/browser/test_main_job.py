"""The main job as people see it: a supervisor's desk, a customer's phone, an associate's phone, and the leaderboard."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.phone import PATIENCE_MS, a_photo
from tests.company import Company
from tests.conftest import NOW
from tests.flows.shop import ASSOCIATE, PASSWORD, SUPERVISOR, Shop, open_shop

DESKTOP = {"width": 1360, "height": 900}
PHONE = {"width": 390, "height": 844}
STARS = "1至5"


@dataclass
class Screens:
    """Opens windows in the reader's English; each has its own cookies, as on different devices."""

    browser: Browser
    complaints: list[str]

    def open(self, company: Company, *, on: dict[str, int]) -> Page:
        is_phone = on is PHONE
        context = self.browser.new_context(viewport=on, locale="en-US", has_touch=is_phone, is_mobile=is_phone)
        context.add_cookies([{"name": "lang", "value": "en", "url": company.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._listen(message.type, message.text))
        return page

    def _listen(self, kind: str, text: str) -> None:
        # The app learns by a 401 that nobody is signed in yet; the browser reports it by itself.
        if kind == "error" and "401" not in text:
            self.complaints.append(text)


@pytest.fixture
def screens(browser: Browser) -> Iterator[Screens]:
    screens = Screens(browser, [])
    yield screens
    for context in browser.contexts:
        context.close()
    assert screens.complaints == []


def at_the_desk(screens: Screens, company: Company, path: str) -> Page:
    page = screens.open(company, on=DESKTOP)
    page.goto(f"{company.url}/sign-in?next={path}")
    sign_in(page, SUPERVISOR)
    # The address of signing in names the path too; and the page must listen before anybody types.
    expect(page).to_have_url(re.compile("^" + re.escape(company.url + path)))
    page.wait_for_load_state()
    return page


def on_the_phone(screens: Screens, company: Company) -> Page:
    page = screens.open(company, on=PHONE)
    page.goto(f"{company.url}/m/")
    sign_in(page, ASSOCIATE)
    expect(page.get_by_role("navigation", name="Day")).to_be_visible()
    return page


def sign_in(page: Page, phone: str) -> None:
    page.get_by_label("Phone number").fill(phone)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def mark(page: Page) -> None:
    """A reload would lose this."""
    page.evaluate("window.neverReloaded = true")


def was_never_reloaded(page: Page) -> bool:
    return page.evaluate("window.neverReloaded === true")


def picture(page: Page, name: str, *, around: Locator | None = None) -> None:
    """Kept only for whoever asks: SCREENSHOTS=folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.wait_for_timeout(400)
        if around:
            around.evaluate("element => element.scrollIntoView({block: 'center'})")
        page.screenshot(path=Path(folder) / f"{name}.png")


def assign_on_the_board(board: Page, customer: dict[str, Any], associate: str) -> None:
    chooser = board.get_by_label(f"Associate for {customer['name']}")
    chooser.select_option(label=associate)
    expect(board.get_by_text(f"{associate} has the task now.")).to_be_visible()


def answer_on_the_sandbox_phone(phone: Page, customer: dict[str, Any], text: str) -> None:
    handset = phone.get_by_role("region", name="The customer’s phone")
    handset.get_by_label("Answer as the customer").fill(text)
    handset.get_by_role("button", name="Send").click()
    expect(handset.locator(".from-customer").last).to_contain_text(text)


def work_through(phone: Page, checklist: list[dict[str, Any]]) -> None:
    """Answer what is required, as it shows itself: an answer may ask for more."""
    for item in checklist:
        place = phone.locator(f"#item-{item['key']}")
        if item["kind"] == "photo" and place.count():
            file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}
            place.locator("input[type=file]").set_input_files(file)
            expect(place.locator("img")).to_be_visible()
        elif not item["required"] or not place.count():
            continue
        elif item["kind"] == "tick":
            place.get_by_role("checkbox").click()
            expect(place.get_by_role("checkbox")).to_be_checked()
        elif item["kind"] in ("pass_fail", "choice"):
            place.get_by_role("radio").first.click()
            expect(place.get_by_role("radio").first).to_be_checked()
        elif item["kind"] == "number":
            place.get_by_role("textbox").fill("1")
        else:
            place.get_by_role("textbox").fill("Likes it very much")


def test_the_main_job(screens: Screens, start_company: Callable[..., Company]) -> None:
    shop = Shop(start_company(prepare=open_shop))
    company, customer = shop.company, shop.fresh_customer()
    task = shop.visit(customer, assigned=False)

    leaderboard = at_the_desk(screens, company, "/leaderboard")
    expect(leaderboard.locator("#ranks li").first).to_contain_text("欧阳静")
    expect(leaderboard.locator(".live-sign")).to_have_text("live")
    mark(leaderboard)

    phone = on_the_phone(screens, company)
    mark(phone)

    board = at_the_desk(screens, company, "/board")
    assign_on_the_board(board, customer, "林咏诗")
    picture(board, "1-assigned")

    sandbox = at_the_desk(screens, company, "/sandbox")
    sandbox.get_by_role("navigation", name="Phones").get_by_role("link", name=re.compile(customer["name"])).click()
    shown = sandbox.locator("#handset")
    expect(shown.locator(".from-shop").last).to_contain_text("请回1")
    mark(sandbox)
    picture(sandbox, "2-sms")

    phone.get_by_role("link", name=customer["name"]).first.click()
    expect(phone.get_by_text("Confirmed by the customer")).to_have_count(0)
    answer_on_the_sandbox_phone(sandbox, customer, "1")
    expect(phone.get_by_text("Confirmed by the customer")).to_be_visible()
    assert was_never_reloaded(phone)
    picture(phone, "3-confirmed")

    phone.get_by_role("button", name="Set out").click()
    phone.get_by_role("button", name="I have arrived").click()
    work_through(phone, task["checklist"])
    picture(phone, "4-checklist")
    phone.get_by_role("button", name="Finish", exact=True).click()
    expect(phone.get_by_role("status").filter(has_text="Done at")).to_be_visible()
    picture(phone, "5-finished")

    expect(shown.locator(".from-shop").last).to_contain_text(STARS)
    picture(sandbox, "6-rating-asked")
    answer_on_the_sandbox_phone(sandbox, customer, "5")
    expect(phone.locator(".task").get_by_text("Rated 5 of 5")).to_be_visible()

    expect(leaderboard.locator("#ranks li").first).to_contain_text("林咏诗")
    assert was_never_reloaded(leaderboard)
    assert was_never_reloaded(sandbox)
    picture(leaderboard, "7-leaderboard")

    phone.get_by_role("button", name="Back").click()
    phone.get_by_role("link", name="Me", exact=True).click()
    phone.get_by_role("link", name="My points").click()
    points = phone.get_by_role("main")
    picture(phone, "8-points")
    expect(points.locator(".entry").filter(has_text="5 of 5")).to_contain_text("+10")
    expect(points.locator(".entry").filter(has_text="promised time")).to_contain_text("+20")
    assert was_never_reloaded(phone)


def test_a_text_at_night_waits_for_the_morning_and_the_page_says_so(
    screens: Screens, start_company: Callable[..., Company]
) -> None:
    shop = Shop(start_company(prepare=open_shop, clock="2027-03-10T23:00+08:00"))
    customer = shop.fresh_customer()
    # Tomorrow afternoon: the reminder is due two hours before, the booking text at once.
    shop.visit(customer, hours=29, assigned=False)

    board = at_the_desk(screens, shop.company, f"/board?date={NOW.date() + timedelta(days=1)}")
    assign_on_the_board(board, customer, "林咏诗")
    board.get_by_role("link", name=customer["name"]).click()
    held = board.locator(".bubble.out").filter(has_text="请回1").first
    expect(held).to_contain_text("8:00")
    expect(held).to_contain_text("quiet hours")
    picture(board, "9-held-until-morning", around=held)
    assert shop.texts_on(customer["phone"]) == []
