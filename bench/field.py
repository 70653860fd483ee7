"""The field app in a phone's hands (F1): a full day and a long queue against one task and an empty one, offline.

From the browser's own tracing: CPU time of the page's main thread, with the processor slowed down four times.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.compare import NotPrepared
from bench.results import Row
from dev.browser import LAUNCH_ARGUMENTS, find_browser

if TYPE_CHECKING:
    from bench.run import Bench

SLOWER = 4
TASKS, QUEUED, ITEMS = 60, 200, 24
ROUNDS, TICKS, OPENINGS = 5, 4, 3
MAX_RATIO, MAX_TASK_MS = 1.5, 200.0
CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
SETTLES_MS = 900
"""Until what an act causes behind the paint is done too: the disk, and a look at the network."""

Say = Callable[[str], None]

# The database as the app itself fills it, without a server's day in between.
SEED = """async ({ tasks, queued, items }) => {
    const hearts = ["care", "sincerity", "thoughtfulness", "detail", "conscience"];
    const three = text => ({ zh_Hans: text, zh_Hant: text, en: text });
    const at = minutes => new Date(Date.now() + minutes * 60000).toISOString();
    const checklist = Array.from({ length: items }, (_, place) => ({
        key: `item${place}`, heart: hearts[place % 5], kind: "tick", label: three(`Look after point ${place}`),
        help: null, required: place % 2 === 0, always_required: place % 2 === 0, required_if: null, visible: true,
        visible_if: place % 6 === 5 ? { item: `item${place - 1}`, answered: true } : null,
        choices: null, min: null, max: null, unit: null, answer: null, answered_at: null,
    }));
    const task = id => ({
        id, number: `T${id}`, type: "home_visit", reason: "care", status: "active",
        allowed_actions: ["complete", "complete-partly", "fail"], direction: null,
        customer: { id, name: `Customer ${id}`, phone: "+85261234567", address: "1 Nathan Road", district: "Central",
                    lat: 22.3, lng: 114.17, locale: "en", dialect: "yue", tags: [], preferences: "Tea" },
        store_id: 1, zone: "Asia/Hong_Kong", assignee: { id: 1, name: "A" }, window_start: at(id / 10),
        window_end: at(60 + id / 10), expected_minutes: 30, reasons: [three("Regular care")], note: null, checklist,
        lines: [], evidence: [], promised: [], accepted_at: at(-60), confirmed_at: null, started_at: at(-30),
        arrived_at: at(-10), ended_at: null, rating: null, undo_until: null, parent_id: null, end_reason: null,
        end_note: null, version: 3,
    });
    const row = place => ({
        id: crypto.randomUUID(), user: 1, target: `task:${1 + (place % tasks)}`, verb: "checklist", method: "PATCH",
        path: `/api/v1/tasks/${1 + (place % tasks)}/checklist`,
        body: { answers: { [`item${18 + (place % 5)}`]: true }, base: {}, at: at(-5) }, blobs: [], attempts: 1,
        nextAt: 0, state: "queued", error: null, at: at(-5), device: navigator.userAgent, build: "bench", schema: 2,
    });
    const db = await new Promise((opened, failed) => {
        const asked = indexedDB.open("field");
        asked.onsuccess = () => opened(asked.result);
        asked.onerror = () => failed(asked.error);
    });
    const tx = db.transaction(["meta", "tasks", "outbox"], "readwrite");
    const store = { id: 1, name: "Store", zone: "Asia/Hong_Kong" };
    tx.objectStore("meta").put({ id: 1, name: "A", role: "associate", locale: "en", store }, "user");
    tx.objectStore("meta").put(at(0), "syncedAt");
    for (let id = 1; id <= tasks; id++) {
        tx.objectStore("tasks").put({ id, task: task(id), held: false, extra: false, written: id });
    }
    for (let place = 0; place < queued; place++) tx.objectStore("outbox").add(row(place));
    await new Promise((done, failed) => { tx.oncomplete = done; tx.onerror = () => failed(tx.error); });
    db.close();
    localStorage.setItem("tour", "seen");
}"""


@dataclass
class Acts:
    """What each act of one kind cost: CPU milliseconds until its paint, and the longest task it caused."""

    to_paint: list[float] = field(default_factory=list)
    longest: float = 0.0

    @property
    def middle(self) -> float:
        return median(self.to_paint)


def f1(bench: Bench, say: Say) -> None:
    bench.rows += rows(f"http://127.0.0.1:{bench.ours.port}", say, rounds=min(bench.plan.rounds, ROUNDS))


def rows(address: str, say: Say, *, rounds: int = ROUNDS) -> list[Row]:
    path = find_browser()
    if path is None:
        raise NotPrepared("no Chromium: `python -m dev.browser` gets one")
    ticks, openings = (Acts(), Acts()), (Acts(), Acts())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=LAUNCH_ARGUMENTS)
        sides = [phone(browser, address, tasks=TASKS, queued=QUEUED), phone(browser, address, tasks=1, queued=0)]
        for number in range(rounds + 1):
            for place, (name, page) in enumerate(zip(("full", "bare"), sides, strict=True)):
                found = (opening(browser, page), ticking(browser, page, first=(number * TICKS) % 16))
                opened, ticked = (acts.middle for acts in found)
                say(f"F1    pass {number}/{rounds} {name} opening {opened:6.1f} ms, tick {ticked:6.1f} ms")
                if number:  # the first one warms the page up
                    for kept, new in ((openings[place], found[0]), (ticks[place], found[1])):
                        kept.to_paint += new.to_paint
                        kept.longest = max(kept.longest, new.longest)
        browser.close()
    longest = max(openings[0].longest, ticks[0].longest)
    return [
        row("open a task offline, to paint", openings),
        row("tick to paint", ticks),
        Row(
            key="F1",
            title=f"longest task of a full day / {MAX_TASK_MS:g} ms",
            clients="",
            ours=longest,
            limit=MAX_TASK_MS,
            unit=f"ms (CPU / {SLOWER})",
            ratio=longest / MAX_TASK_MS,
            target=1.0,
            at_least=False,
        ),
    ]


def row(title: str, sides: tuple[Acts, Acts]) -> Row:
    full, bare = sides
    return Row(
        key="F1",
        title=f"{title}, {TASKS} tasks and {QUEUED} queued / one and none",
        clients="",
        ours=full.middle,
        limit=bare.middle,
        unit=f"ms (CPU / {SLOWER})",
        ratio=full.middle / bare.middle,
        target=MAX_RATIO,
        at_least=False,
    )


def phone(browser: Browser, address: str, *, tasks: int, queued: int) -> Page:
    """The app on a phone that was filled and has lost its network since."""
    context: BrowserContext = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
    page = context.new_page()
    page.goto(f"{address}/m/")
    page.wait_for_selector("input[name=phone]")
    for _ in range(300):  # asked again and again: the page's policy forbids the kind of waiting that evaluates strings
        if page.evaluate("!!navigator.serviceWorker.controller"):
            break
        page.wait_for_timeout(100)
    page.evaluate(SEED, {"tasks": tasks, "queued": queued, "items": ITEMS})
    context.set_offline(True)
    page.goto(f"{address}/m/")
    page.wait_for_selector(".today a[href='/m/tasks/1']")
    page.wait_for_timeout(2_000)
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page


def opening(browser: Browser, page: Page) -> Acts:
    with traced(browser, page) as trace:
        for _ in range(OPENINGS):
            go_back(page)
            click(page, ".today a[href='/m/tasks/1']")
            page.wait_for_selector("#item-item0")
    return acts_in(trace)


def ticking(browser: Browser, page: Page, *, first: int) -> Acts:
    with traced(browser, page) as trace:
        for place in range(first, first + TICKS):
            click(page, f"#item-item{place} input")
    return acts_in(trace)


def go_back(page: Page) -> None:
    if "/tasks/" in page.url:
        page.evaluate("history.back()")
    page.wait_for_selector(".today a[href='/m/tasks/1']")
    page.wait_for_timeout(SETTLES_MS)


def click(page: Page, css: str) -> None:
    """By its place on the screen: a locator's own checks would run on the thread that is measured."""
    page.locator(css).first.scroll_into_view_if_needed()
    box = page.locator(css).first.bounding_box()
    if box is None:
        raise NotPrepared(f"{css} is not on the screen")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(150)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_timeout(SETTLES_MS)


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[list[dict[str, Any]]]:
    events: list[dict[str, Any]] = []
    browser.start_tracing(page=page, categories=CATEGORIES)
    yield events
    events += json.loads(browser.stop_tracing())["traceEvents"]


def acts_in(events: list[dict[str, Any]]) -> Acts:
    """From the task that dispatches a click to the one that paints: all that the main thread did in between."""
    clicks = sorted(
        (one for one in events if one["name"] == "EventDispatch" and one["args"]["data"]["type"] == "click"),
        key=lambda one: one["ts"],
    )
    if not clicks:
        raise NotPrepared("the trace shows no click")
    thread = (clicks[0]["pid"], clicks[0]["tid"])
    own = [one for one in events if (one["pid"], one["tid"]) == thread and "dur" in one]
    tasks = sorted((one for one in own if one["name"] == "ThreadControllerImpl::RunTask"), key=lambda one: one["ts"])
    paints = sorted(one["ts"] for one in own if one["name"] == "Paint")
    acts = Acts()
    for one in clicks:
        painted = next((ts for ts in paints if ts > one["ts"] + one["dur"]), None)
        if painted is None:
            raise NotPrepared("a click was not followed by a paint")
        until = [task for task in tasks if task["ts"] + task["dur"] > one["ts"] and task["ts"] <= painted]
        after = [task for task in tasks if one["ts"] <= task["ts"] + task["dur"] and task["ts"] < one["ts"] + 1_000_000]
        acts.to_paint.append(sum(cpu(task) for task in until) / 1000)
        acts.longest = max(acts.longest, *(cpu(task) / 1000 for task in after))
    return acts


def cpu(task: dict[str, Any]) -> float:
    """Microseconds; the wall's where the thread's own clock is not in the trace."""
    return float(task.get("tdur", task["dur"]))
