"""Every page and state of the field app, for everybody: no barrier for axe, no word cut off, no policy broken."""

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Playwright, Route, expect

from tests.browser.eyes import Eyes, Words
from tests.browser.phone import ASSOCIATE, PASSWORD, PATIENCE_MS, Phone
from tests.browser.proxy import FaultProxy, Network
from tests.company import Caller, Company
from tests.conftest import NOW

SUPERVISOR = "+85251000002"
TELL_OF_VIOLATIONS = """
    document.addEventListener("securitypolicyviolation", event =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
OPEN = """
    const db = await new Promise(opened => {
        const asked = indexedDB.open("field");
        asked.onsuccess = () => opened(asked.result);
    });
    const tx = db.transaction(["meta", "tasks"], "readwrite");
    const done = new Promise(ended => { tx.oncomplete = () => { db.close(); ended(); }; });
"""
ALL_IS_LATE = f"""async ([start, end]) => {{
    {OPEN}
    tx.objectStore("tasks").getAll().onsuccess = found => found.target.result
        .filter(one => one.task.status === "assigned")
        .forEach(one => tx.objectStore("tasks").put(
            {{ ...one, written: -1, task: {{ ...one.task, window_start: start, window_end: end }} }}));
    await done;
}}"""
NOTHING_TO_DO = f"""async () => {{
    {OPEN}
    tx.objectStore("tasks").clear();
    tx.objectStore("meta").delete("claimable");
    await done;
}}"""
A_NEWER_BUILD_WAITS = """
    Object.defineProperty(ServiceWorkerRegistration.prototype, "waiting", { get: () => ({ postMessage() {} }) });
"""


@pytest.fixture(scope="module")
def running_company(start_company: Callable[..., Company]) -> Company:
    """Where what was done can be undone long enough to be looked at."""
    return start_company(demo=True, undo_window=3600.0)


@pytest.fixture
def phone(playwright: Playwright, proxy: FaultProxy, browser_type_launch_args: dict[str, Any]) -> Iterator[Phone]:
    phone = Phone(playwright, proxy, launch=browser_type_launch_args).open()
    phone.page.add_init_script(TELL_OF_VIOLATIONS)
    yield phone
    phone.close()


@pytest.fixture
def tasks(running_company: Company, associate: Caller) -> dict[str, dict[str, Any]]:
    """One of each kind for this afternoon, given to the associate; the visit after a complaint asks for a text."""
    supervisor = running_company.sign_in(SUPERVISOR, PASSWORD)
    me = associate.get("/me")
    customers = running_company.rows(
        "select id from customer where owner_id = %(me)s and phone is not null order by id limit 3", me=me["id"]
    )
    product = running_company.value("select id from product where is_active order by id limit 1")
    extras = {
        "home_visit": {"reason": "complaint"},
        "callback": {"reason": "care"},
        "delivery": {
            "reason": "replenishment",
            "direction": "bring",
            "lines": [{"product_id": product, "quantity": 3}],
        },
    }
    return {
        kind: supervisor.post(
            "/tasks",
            {
                "type": kind,
                "customer_id": customer["id"],
                "window_start": (NOW + timedelta(hours=5)).isoformat(),
                "window_end": (NOW + timedelta(hours=6)).isoformat(),
                "assignee_id": me["id"],
                **more,
            },
        )
        for (kind, more), customer in zip(extras.items(), customers, strict=True)
    }


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant", "en"])
def test_every_page_and_state_is_for_everybody(
    locale: str, phone: Phone, proxy: FaultProxy, associate: Caller, tasks: dict[str, dict[str, Any]]
) -> None:
    eyes, words = Eyes(phone.page, in_the_dark=locale == "en"), Words(locale)
    phone.page.context.add_cookies([{"name": "lang", "value": locale.replace("_", "-"), "url": proxy.url}])
    walk = Walk(phone, proxy, eyes, words)
    walk.door()
    walk.first_steps_and_day()
    walk.visit(tasks["home_visit"])
    walk.other_kinds(tasks["delivery"], tasks["callback"])
    walk.people(tasks["home_visit"]["customer"]["id"])
    walk.own_place(associate)
    walk.days_of_others_making()
    walk.refused_and_without_signal(tasks["delivery"])
    assert eyes.found == []
    assert phone.complaints == []
    assert phone.page.evaluate("document.documentElement.lang") == locale.replace("_", "-")


def test_a_barrier_would_be_seen(phone: Phone) -> None:
    phone.go("/m/")
    phone.page.locator("input[name=phone]").wait_for()
    phone.page.evaluate(
        """() => {
            const wide = document.createElement("p");
            wide.append("Too wide and too pale");
            wide.style.width = "700px";
            wide.style.color = "#dddddd";
            document.querySelector("main").append(wide, document.createElement("img"));
        }"""
    )
    eyes = Eyes(phone.page)
    eyes.look("this page")
    findings = "\n".join(eyes.found)
    for barrier in ("image-alt", "color-contrast", "320 px: wider", "large letters: wider"):
        assert barrier in findings


def test_the_field_app_lets_no_string_become_script(phone: Phone) -> None:
    phone.sign_in()
    policy = phone.page.request.get(f"{phone.proxy.url}/m/").headers["content-security-policy"]
    assert "require-trusted-types-for 'script'" in policy
    assert "'unsafe-inline'" not in policy
    assert "'unsafe-eval'" not in policy
    assert phone.complaints == []
    refused = phone.page.evaluate(
        """() => {
            const tries = [
                () => { document.createElement("div").innerHTML = "<b>bold</b>"; },
                () => { document.createElement("script").src = "/static/other.js"; },
                () => { new Worker("/static/other.js"); },
                () => { trustedTypes.createPolicy("other", {}); },
            ];
            const isRefused = one => {
                try { one(); return false; } catch (error) { return error instanceof TypeError; }
            };
            return tries.filter(isRefused).length;
        }"""
    )
    assert refused == 4


class Walk:
    """From state to state like somebody who tries everything once."""

    def __init__(self, phone: Phone, proxy: FaultProxy, eyes: Eyes, words: Words) -> None:
        self.phone, self.proxy, self.page = phone, proxy, phone.page
        self.look, self.words = eyes.look, words

    def press(self, english: str) -> None:
        self.phone.press(self.words(english))

    def see(self, css: str) -> None:
        expect(self.page.locator(css).first).to_be_visible(timeout=PATIENCE_MS)

    def open(self, path: str, css: str) -> None:
        self.phone.go(path)
        self.see(css)

    def as_it_is(self) -> None:
        """The server answers for itself again; a request that is still on its way may end as it likes."""
        self.page.unroute_all(behavior="ignoreErrors")

    def door(self) -> None:
        self.open("/m/", "input[name=phone]")
        self.look("sign-in")
        self.page.locator("input[name=phone]").fill(ASSOCIATE)
        self.page.locator("input[name=password]").fill("not this one")
        self.press("Sign in")
        self.see(".notice.danger")
        self.look("sign-in refused")
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.press("Sign in")
        self.see(".day-progress")

    def first_steps_and_day(self) -> None:
        for card in ("first", "second", "third"):
            self.see(".tour")
            self.look(f"{card} card of the tour")
            self.page.locator(".tour .button.main").click()
        expect(self.page.locator(".tour")).to_have_count(0)
        self.look("today")
        self.open("/m/yesterday", ".today")
        self.look("yesterday")
        self.open("/m/tomorrow", ".today")
        self.look("tomorrow")
        self.open("/m/map", "main")
        self.look("map")

    def visit(self, task: dict[str, Any]) -> None:
        self.open(f"/m/tasks/{task['id']}", ".task .actions")
        self.look("visit, given")
        self.press("Decline")
        self.see(".panel")
        self.look("visit, declining")
        self.page.locator(".panel").get_by_role("button", name=self.words("Back"), exact=True).click()
        self.press("Set out")
        self.look("visit, on the way")
        self.press("I have arrived")
        expect(self.page.get_by_role("button", name=self.words("Finish"), exact=True)).to_be_visible()
        self.press("Finish")
        self.see(".still-open")
        self.look("visit, what is missing")
        self.press("Not all done")
        self.see(".panel")
        for way in range(self.page.locator(".panel input[name=way]").count()):
            self.page.locator(".panel input[name=way]").nth(way).check()
            self.look(f"visit, ending in way {way + 1}")
        self.page.locator(".panel input[name=reason]").first.check()
        self.press("Finish as not possible")
        self.see(".actions.undo")
        self.look("visit, ended")

    def other_kinds(self, delivery: dict[str, Any], callback: dict[str, Any]) -> None:
        self.open(f"/m/tasks/{callback['id']}", ".task .actions")
        self.look("callback, given")
        self.press("Start the call")
        self.look("callback, on the phone")
        self.open(f"/m/tasks/{delivery['id']}", ".task .actions")
        self.press("Set out")
        self.press("I have arrived")
        self.press("Not all done")
        self.see(".panel")
        self.look("delivery, in part")
        self.open("/m/tasks/999999", ".empty")
        self.look("a task that is not there")

    def people(self, customer_id: int) -> None:
        for path, css in (
            ("/m/messages", ".app"),
            (f"/m/messages/{customer_id}", "textarea"),
            ("/m/customers", "input[type=search]"),
            (f"/m/customers/{customer_id}", ".card.customer"),
        ):
            self.open(path, css)
            self.look(path)

    def own_place(self, associate: Caller) -> None:
        rules = associate.get("/points/rules")["items"]
        told = {"rules_to_acknowledge": rules}
        self.page.route("**/api/v1/bootstrap*", lambda route: changed(route, **told))
        self.open("/m/me", ".ways")
        expect(self.page.locator(".way .chip")).to_be_visible(timeout=PATIENCE_MS)
        self.look("me")
        self.open("/m/points", ".entry")
        self.see(".rules")
        self.page.locator(".entry summary").first.click()
        self.page.locator(".rules summary").first.click()
        self.look("points with new rules")
        told["rules_to_acknowledge"] = []
        self.press("I have read them")
        expect(self.page.locator(".rules")).to_have_count(0)
        self.as_it_is()
        self.open("/m/install", ".install-steps")
        self.page.locator(".install summary").first.click()
        self.look("onto the home screen")
        self.open("/m/unsent", ".unsent")
        self.look("nothing unsent")

    def days_of_others_making(self) -> None:
        self.proxy.become(Network.DOWN)
        # A page that has never met the server has no answer left to write over what is changed here.
        self.open("/m/", ".today")
        window = [(NOW - timedelta(hours=hours)).isoformat() for hours in (2, 1)]
        self.page.evaluate(ALL_IS_LATE, window)
        self.open("/m/", ".chip.danger")
        self.look("a late day")
        self.page.evaluate(NOTHING_TO_DO)
        self.open("/m/", ".empty")
        self.look("an empty day")
        self.proxy.become(Network.UP)
        other = self.page.context.new_page()
        other.add_init_script(A_NEWER_BUILD_WAITS)
        other.goto(f"{self.proxy.url}/m/")
        expect(other.locator(".banner button")).to_be_visible(timeout=PATIENCE_MS)
        newer = Eyes(other)
        newer.look("a newer build waits")
        other.close()
        assert newer.found == []

    def refused_and_without_signal(self, task: dict[str, Any]) -> None:
        self.page.route("**/checklist", refuse)
        self.open(f"/m/tasks/{task['id']}", ".task .actions")
        self.page.locator("[id^=item-] input[type=checkbox]").first.click()
        self.see(".blocked")
        self.look("an answer that the server refuses")
        self.open("/m/unsent", ".unsent-row.blocked")
        self.look("unsent, refused")
        self.as_it_is()
        self.proxy.become(Network.DOWN)
        self.open("/m/", ".today")
        self.look("today without signal")
        self.open("/m/me", ".ways")
        self.press("Sign out")
        self.see("[role=alert]")
        self.look("signing out with unsent work")


def changed(route: Route, **fields: Any) -> None:
    """The server's answer with some of it replaced."""
    with contextlib.suppress(PlaywrightError):  # The page may have gone on before the answer came.
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps(answer.json() | fields))


def refuse(route: Route) -> None:
    problem = {
        "type": "about:blank",
        "status": 409,
        "code": "conflict",
        "title": "Somebody else wrote here meanwhile.",
        "detail": "Somebody else wrote here meanwhile.",
        "server_value": "Another word",
    }
    headers = {"X-Api": "1", "Content-Type": "application/problem+json"}
    route.fulfill(status=409, headers=headers, body=json.dumps(problem))
