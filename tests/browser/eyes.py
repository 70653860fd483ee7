"""Looks at one state of a page as people with different eyes, screens and colours would."""

import json
from functools import cache
from pathlib import Path

from playwright.sync_api import CDPSession, Page

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, SMALL_PHONE = {"width": 390, "height": 844}, {"width": 320, "height": 640}
HEIGHT = "document.documentElement.scrollHeight"
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


class Eyes:
    """`look("the day")` in light and dark, on a small screen, and with letters twice as large; `found` has it all.

    Colours are the same in each language: who walks the pages in several looks at them `in_the_dark` once.
    """

    def __init__(self, page: Page, *, in_the_dark: bool = True) -> None:
        self.page = page
        self.in_the_dark = in_the_dark
        self.found: list[str] = []
        self.seen: list[str] = []
        page.emulate_media(reduced_motion="reduce")

    def look(self, what: str) -> None:
        self.seen.append(what)
        # As tall as the page: what the bar at the bottom covers only until one scrolls is no barrier.
        self.page.set_viewport_size({**PHONE, "height": max(PHONE["height"], self.page.evaluate(HEIGHT))})
        self._note(what, self._barriers({"type": "tag", "values": RULES}))
        if self.in_the_dark:
            self.page.emulate_media(color_scheme="dark")
            self._note(f"{what}, dark", self._barriers({"type": "rule", "values": ["color-contrast"]}))
            self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(SMALL_PHONE)
        self._note(f"{what}, 320 px", ["wider than the screen"] if self.page.evaluate(TOO_WIDE) else [])
        self.page.set_viewport_size(PHONE)
        self._letters("200%")
        self._note(f"{what}, large letters", ["wider than the screen"] if self.page.evaluate(TOO_WIDE) else [])
        self._letters("")

    def _letters(self, size: str) -> None:
        self.page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)

    def _note(self, what: str, findings: list[str]) -> None:
        self.found += [f"{what}: {finding}" for finding in findings]

    def _barriers(self, run_only: dict[str, object]) -> list[str]:
        """What axe says. It comes in by the debugger: the page's own policy lets no foreign script in."""
        debugger: CDPSession = self.page.context.new_cdp_session(self.page)
        if not self.page.evaluate("typeof axe === 'object'"):
            debugger.send("Runtime.evaluate", {"expression": axe_source()})
        options = json.dumps({"resultTypes": ["violations"], "runOnly": run_only})
        run = f"axe.run(document, {options}).then(found => JSON.stringify(found.violations))"
        answer = debugger.send("Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True})
        debugger.detach()
        return [
            f"{one['id']} {node['html'][:150]} {node['any'][0]['message'] if node['any'] else ''}"
            for one in json.loads(answer["result"]["value"])
            for node in one["nodes"][:3]
        ]


@cache
def axe_source() -> str:
    return (FRONTEND / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


class Words:
    """What a text of the field app is called in a language; what is not translated yet shows in English."""

    def __init__(self, locale: str) -> None:
        path = FRONTEND / "src" / "catalogs" / f"{locale}.json"
        self._catalog = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def __call__(self, english: str) -> str:
        found = self._catalog.get(english, english)
        return found[0] if isinstance(found, list) else found
