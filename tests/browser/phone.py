"""An associate's phone: a browser whose profile survives being killed, and the acts of the person who holds it."""

import contextlib
import io
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, expect
from playwright.sync_api import Error as PlaywrightError

from tests.browser.proxy import FaultProxy
from tests.company import Company

AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "huifang-demo"
ASSOCIATE = "+85251000003"
PATIENCE_MS = 60_000
"""Longer than the app's own: it gives up a request that hangs after 30 s, and looks by itself every 20 s."""
KEPT = """
store => new Promise((done, failed) => {
    const opening = indexedDB.open('field');
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
        const asking = opening.result.transaction(store).objectStore(store).getAll();
        asking.onsuccess = () => { opening.result.close(); done(JSON.stringify(asking.result)); };
        asking.onerror = () => failed(asking.error);
    };
})
"""


class Phone:
    """`open()` starts the browser, `kill()` is a battery that dies; the next `open()` finds what was kept."""

    def __init__(self, playwright: Playwright, proxy: FaultProxy, *, launch: dict[str, Any]) -> None:
        self.proxy = proxy
        self.complaints: list[str] = []
        """What the browser's console says about our own code and its security policy."""
        self._playwright = playwright
        self._launch = launch
        self._profile = Path(tempfile.mkdtemp(prefix="phone-"))
        self._context: BrowserContext | None = None
        self._session: list[Any] = []
        self.page: Page

    def open(self) -> "Phone":
        self._context = self._playwright.chromium.launch_persistent_context(
            str(self._profile),
            viewport={"width": 390, "height": 844},
            locale="en-US",
            **self._launch,
        )
        self._context.add_cookies([{"name": "lang", "value": "en", "url": self.proxy.url}, *self._session])
        self.page = self._context.pages[0]
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self._listen(message.type, message.text))
        return self

    def _listen(self, kind: str, text: str) -> None:
        # A lost network is what these tests are about; the browser reports each failed request by itself.
        if kind == "error" and "Failed to load resource" not in text and "EventSource" not in text:
            self.complaints.append(text)

    def close(self) -> None:
        if self._context:
            self._context.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def kill(self, *, keeps_session: bool = False) -> None:
        """kill -9 of every process of this browser, and of no other one.

        A browser writes cookies late, so whether the session survives is a matter of luck, unless it is kept here.
        """
        self._session = self._context.cookies() if self._context and keeps_session else []
        # Until all of it is gone: a part that is still dying holds the files that the next browser has to open.
        until(lambda: not self._strike(), what="the end of the browser")
        with contextlib.suppress(Exception):
            self._context.close()
        self._context = None
        for lock in self._profile.glob("Singleton*"):
            lock.unlink(missing_ok=True)

    def _strike(self) -> int:
        """Kills what there is of this browser; how many processes that were."""
        mark, struck = f"--user-data-dir={self._profile}".encode(), 0
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if folder.name.isdigit() and mark in (folder / "cmdline").read_bytes().split(b"\0"):
                    os.kill(int(folder.name), signal.SIGKILL)
                    struck += 1
        return struck

    # --- the person ---------------------------------------------------------------------------------------------------

    def go(self, path: str) -> None:
        self.page.goto(self.proxy.url + path)

    def sign_in(self, phone: str = ASSOCIATE) -> None:
        self.go("/m/")
        self.page.get_by_label("Phone number").fill(phone)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.locator(".day-progress")).to_be_visible(timeout=PATIENCE_MS)
        # Never awaited inside the page: a worker that does not come would hang the test.
        until(lambda: self.page.evaluate("!!navigator.serviceWorker.controller"), what="the service worker")

    def sign_in_if_asked(self) -> None:
        """A browser writes cookies late: a kill may take the session along, never the queue."""
        password = self.page.get_by_label("Password")
        expect(password.or_(self.sync.filter(has_text="All sent"))).to_be_visible(timeout=PATIENCE_MS)
        if password.count():
            password.fill(PASSWORD)
            self.press("Sign in")

    def is_signed_in(self) -> bool:
        """Signs in where the app asks for it; to be asked again and again, because it asks when the server does."""
        password = self.page.get_by_label("Password")
        button = self.page.get_by_role("button", name="Sign in", exact=True)
        if button.count():
            with contextlib.suppress(PlaywrightError):
                # While it is at it, the panel goes and the button has another name.
                password.fill(PASSWORD, timeout=2_000)
                button.click(timeout=2_000)
        return not password.count()

    def says(self, words: str) -> bool:
        """Whether the chip in the corner says so now."""
        return any(words in text for text in self.sync.all_inner_texts())

    @property
    def sync(self) -> Locator:
        """The chip that says what is safe."""
        return self.page.locator("a.sync")

    def wait_until_sent(self) -> None:
        try:
            expect(self.sync).to_contain_text("All sent", timeout=PATIENCE_MS)
        except AssertionError as error:
            self.go("/m/unsent")
            found = self.page.locator(".unsent, .signin")
            expect(found).to_be_visible()
            raise AssertionError(found.inner_text()) from error

    def wait_until_typed(self, words: str) -> None:
        """Until the disk has what was typed; it gets there with every key, but nothing on the screen says so."""
        until(lambda: words in self.page.evaluate(KEPT, "drafts"), what=f"{words!r} on the disk")

    def tries(self) -> list[int]:
        """How often each entry of the outbox has been tried."""
        return [row["attempts"] for row in json.loads(self.page.evaluate(KEPT, "outbox"))]

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def barriers(self) -> list[str]:
        """What axe finds on this page. Injected by the debugger: the page's own policy lets no foreign script in."""
        debugger = self.page.context.new_cdp_session(self.page)
        debugger.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
        run = "axe.run({resultTypes: ['violations']}).then(found => JSON.stringify(found.violations))"
        ask = {"expression": run, "awaitPromise": True}
        answer = debugger.send("Runtime.evaluate", {**ask, "returnByValue": True})
        found = json.loads(answer["result"]["value"])
        return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]

    def answer_required(self, items: list[dict[str, Any]]) -> None:
        """Answer every required item that shows, as a careful person would."""
        for item in items:
            place = self.page.locator(f"#item-{item['key']}")
            if item["required"] and place.count() > 0:
                self._answer(item, place)

    def _answer(self, item: dict[str, Any], place: Locator) -> None:
        kind = item["kind"]
        if kind == "tick":
            place.get_by_role("checkbox").click()
            expect(place.get_by_role("checkbox")).to_be_checked()
        elif kind in ("pass_fail", "choice"):
            place.get_by_role("radio").first.click()
            expect(place.get_by_role("radio").first).to_be_checked()
        elif kind == "number":
            place.get_by_role("textbox").fill(str(item["min"] or 1))
        elif kind == "code":
            place.get_by_role("textbox").fill("1234")
        elif kind == "text":
            place.get_by_role("textbox").fill("She likes roses")
        elif kind == "photo":
            self.take_photo(place)
        elif kind == "signature":
            self.sign(place)

    def take_photo(self, place: Locator, content: bytes | None = None) -> None:
        shown = place.locator("img").count()
        # The others take a picture anew.
        place.locator("input[type=file]").last.set_input_files(
            {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": content or a_photo()}
        )
        expect(place.locator("img")).to_have_count(shown + 1)

    def sign(self, place: Locator) -> None:
        place.get_by_role("button", name="Sign here").click()
        canvas, mouse = place.locator("canvas"), self.page.mouse
        # Waits until it stands still, and is asked for its place only then.
        canvas.hover(position={"x": 30, "y": 40})
        box = canvas.bounding_box()
        mouse.down()
        mouse.move(box["x"] + 120, box["y"] + 80)
        mouse.move(box["x"] + 220, box["y"] + 30)
        mouse.up()
        place.get_by_role("button", name="Keep the signature").click()
        expect(place.locator("img")).to_be_visible()


def end_sessions(company: Company, phone: str) -> None:
    """Sign a person out of every browser, as a supervisor can.

    At the server: a cookie that a test clears comes back with any answer that was still on its way, for each renews it.
    """
    ended = company.rows(
        """UPDATE api_token SET revoked_at = now() FROM staff
           WHERE staff.id = staff_id AND staff.phone = %(phone)s AND kind = 'cookie' AND revoked_at IS NULL
           RETURNING api_token.id""",
        phone=phone,
    )
    assert ended, f"{phone} was signed in nowhere"


def until(question: Callable[[], Any], *, what: str, seconds: float = PATIENCE_MS / 1000) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.1)


def a_photo() -> bytes:
    """Larger than what the app sends, so that it has to be made smaller."""
    file = io.BytesIO()
    Image.effect_noise((2400, 1800), 40).convert("RGB").save(file, "JPEG", quality=85)
    return file.getvalue()
