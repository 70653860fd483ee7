"""What a phone has to fetch before it shows the day, counted on the wire with an empty cache."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.phone import ASSOCIATE, PASSWORD, PATIENCE_MS
from tests.company import Company

LIMIT_BYTES, SCRIPT_LIMIT_BYTES = 40_000, 30_000
NOTE_WHEN_THE_DAY_SHOWS = """
    new MutationObserver((_, watch) => {
        if (!document.querySelector(".today .day-progress")) return;
        window.shownAt = Date.now() / 1000;
        watch.disconnect();
    }).observe(document, { childList: true, subtree: true });
"""


@pytest.fixture(scope="module")
def browser_here(playwright: Playwright, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    browser = playwright.chromium.launch(**browser_type_launch_args)
    yield browser
    browser.close()


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant", "en"])
def test_the_first_load_is_small(browser_here: Browser, running_company: Company, locale: str) -> None:
    context = browser_here.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": "lang", "value": locale.replace("_", "-"), "url": running_company.url}])
    body = {"phone": ASSOCIATE, "password": PASSWORD, "session": "cookie"}
    assert context.request.post(f"{running_company.url}/api/v1/sessions", data=body).ok
    # What a server does only for its first reader of the day is not to be waited for here: the app would show its door.
    assert context.request.get(f"{running_company.url}/api/v1/bootstrap").ok
    page = context.new_page()
    page.add_init_script(NOTE_WHEN_THE_DAY_SHOWS)
    fetched: dict[str, dict[str, Any]] = {}

    def asked(seen: dict[str, Any]) -> None:
        fetched.setdefault(seen["requestId"], {"begun": seen["wallTime"]})

    def answered(seen: dict[str, Any]) -> None:
        fetched[seen["requestId"]].update(seen["response"], of=seen["type"])

    def ended(seen: dict[str, Any]) -> None:
        fetched[seen["requestId"]].update(bytes=seen["encodedDataLength"])

    wire = context.new_cdp_session(page)
    wire.on("Network.requestWillBeSent", asked)
    wire.on("Network.responseReceived", answered)
    wire.on("Network.loadingFinished", ended)
    wire.send("Network.enable")
    page.goto(f"{running_company.url}/m/")
    expect(page.locator(".today .day-progress")).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_timeout(500)
    shown_at = page.evaluate("window.shownAt")
    context.close()

    # The day itself is as long as the day is; what is bounded is the app that shows it.
    files = [
        one for one in fetched.values() if "bytes" in one and "/api/" not in one["url"] and one["begun"] <= shown_at
    ]
    scripts = [one for one in files if one["of"] == "Script"]
    listing = "\n".join(f"{one['bytes']:>6} {one['url'].rpartition('/')[2]}" for one in files)
    assert any("/assets/m-" in one["url"] for one in scripts), listing
    assert sum(one["bytes"] for one in files) < LIMIT_BYTES, listing
    assert sum(one["bytes"] for one in scripts) < SCRIPT_LIMIT_BYTES, listing
