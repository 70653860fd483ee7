"""Takes the README's pictures of a running demo company: `python -m dev.screenshots [address]`."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from urllib.parse import urljoin

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dev.browser import LAUNCH_ARGUMENTS, find_browser

DOCS = Path(__file__).resolve().parent.parent / "docs"
PASSWORD = "huifang-demo"
HEAD_OFFICE = "+85251000001"
SUPERVISOR = "+85251000002"
ASSOCIATE = "+85251000003"
DESKTOP = (1360, 860)
PHONE = (390, 844)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.screenshots", description=__doc__)
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--language", default="zh_Hans", choices=["zh_Hans", "zh_Hant", "en"])
    options = parser.parse_args()
    path = find_browser()
    if path is None:
        raise SystemExit("no Chromium: `python -m dev.browser` gets one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=LAUNCH_ARGUMENTS)
        take_all(browser, options.address.rstrip("/"), language=options.language)
        browser.close()


def take_all(browser: Browser, address: str, *, language: str) -> None:
    desk = window(browser, address, DESKTOP, language=language)
    sign_in(desk, f"{address}/sign-in", SUPERVISOR)
    desk.goto(f"{address}/board")
    keep(desk, "board")
    desk.goto(f"{address}/sandbox")
    expect(desk.locator("#handset .bubble").last).to_be_visible()
    keep(desk, "sandbox")
    desk.goto(f"{address}/customers?tier=core")
    follow(desk, 'main .who a[href^="/customers/"]')
    expect(desk.locator("#why, .facts").first).to_be_visible()
    keep(desk, "customer")

    office = window(browser, address, DESKTOP, language=language)
    sign_in(office, f"{address}/sign-in", HEAD_OFFICE)
    office.goto(f"{address}/care/plans")
    follow(office, 'main h2 a[href^="/care/plans/"]')
    expect(office.locator("#plan-form")).to_be_visible()
    keep(office, "plan")

    phone = window(browser, address, PHONE, language=language)
    sign_in(phone, f"{address}/m/", ASSOCIATE)
    expect(phone.locator(".day-progress")).to_be_visible()
    keep(phone, "phone")


def window(browser: Browser, address: str, size: tuple[int, int], *, language: str) -> Page:
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, is_mobile=size is PHONE)
    context.add_cookies([{"name": "lang", "value": language, "url": address}])
    return context.new_page()


def sign_in(page: Page, address: str, phone: str) -> None:
    page.goto(address)
    page.locator("input[name=phone]").fill(phone)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form button.primary, form button.main").first.click()
    page.locator("input[name=password]").wait_for(state="detached")


def follow(page: Page, links: str) -> None:
    """Open the first of these links as a page of its own; a click would open a panel beside the list."""
    page.goto(urljoin(page.url, page.locator(links).first.get_attribute("href") or ""))


def keep(page: Page, name: str) -> None:
    """Once the live sign has its colour and pictures are there."""
    page.wait_for_timeout(800)
    path = DOCS / f"{name}.png"
    DOCS.mkdir(exist_ok=True)
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(path, optimize=True)
    print(f"  {path.relative_to(DOCS.parent)}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
