"""The desk's pages in a real browser: readable for everybody, nothing blocked, nothing wider than the screen, keys."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.company import Company
from tests.web.conftest import DEMO_PASSWORD

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SUPERVISOR, HEAD_OFFICE = "+85251000002", "+85251000001"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESKTOP, PHONE, SMALL_PHONE = (1440, 900), (390, 844), (320, 640)

DESK_PAGES = (
    "/complaints",
    "/complaints/{late_case}",
    "/complaints/{settled_case}",
    "/complaints/new?customer={customer}",
    "/board",
    "/board?task={task}",
    "/tasks/new?customer={customer}",
    "/conversations?thread={thread}",
    "/conversations?view=unknown&thread={stranger}",
    "/customers",
    "/customers/{customer}",
    "/people",
    "/people/{associate}",
    "/leaderboard",
    "/sandbox",
    "/account",
)
OFFICE_PAGES = (
    "/office",
    "/office/stores/1",
    "/office/staff",
    "/office/checklists/1",
    "/office/checklists/1/edit",
    "/office/templates",
    "/office/quick-answers",
    "/office/quick-answers/1",
    "/office/templates/1",
    "/office/rules",
    "/office/health",
)


@pytest.fixture(scope="module")
def ids(company: Company) -> dict[str, int]:
    """Something of each kind in the supervisor's store, with something to show."""
    store = "(select store_id from staff_store join staff on id = staff_id where phone = '+85251000002' limit 1)"
    found = {
        "task": company.value(
            f"select id from task where store_id = {store} and status = 'completed' order by id limit 1"
        ),
        "customer": company.value(f"select customer_id from task where store_id = {store} order by id limit 1"),
        "thread": company.value(f"select id from conversation where store_id = {store} order by last_at desc limit 1"),
        "stranger": company.value("select id from conversation where phone is not null limit 1"),
        "associate": company.value("select id from staff where phone = '+85251000003'"),
        "late_case": company.value(f"select id from complaint where store_id = {store} order by due_at limit 1"),
        "settled_case": company.value(
            f"select id from complaint where store_id = {store} and stage = 'resolved' order by id limit 1"
        ),
    }
    assert all(found.values()), found
    return found


def faults_of(page: Page) -> list[Any]:
    """What axe finds. It comes in through the debugger: our own policy forbids foreign scripts."""
    debugger = page.context.new_cdp_session(page)
    debugger.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
    # Of what passes axe would else describe every element.
    wanted = {"runOnly": RULES, "resultTypes": ["violations"]}
    asked = f"axe.run(document, {json.dumps(wanted)}).then(found => JSON.stringify(found.violations.map("
    asked += "one => [one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 120))])))"
    answer = debugger.send("Runtime.evaluate", {"expression": asked, "awaitPromise": True, "returnByValue": True})
    return list(json.loads(answer["result"]["value"]))


def look_at(page: Page, paths: tuple[str, ...], ids: dict[str, int], *, with_axe: bool) -> dict[str, Any]:
    """Path -> what is wrong there: refused, too wide, blocked by the policy, hard to read."""
    wrong: dict[str, Any] = {}
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in paths:
        said.clear()
        answer = page.goto(path.format(**ids))
        expect(page.locator("h1")).to_have_count(1)
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        faults = faults_of(page) if with_axe else []
        if answer is None or answer.status != 200 or too_wide > 1 or faults or said:
            wrong[path] = {
                "status": answer and answer.status,
                "too wide": too_wide,
                "axe": faults,
                "console": list(said),
            }
    return wrong


@pytest.mark.parametrize(
    ("phone", "paths"), [(SUPERVISOR, DESK_PAGES), (HEAD_OFFICE, OFFICE_PAGES)], ids=["desk", "office"]
)
@pytest.mark.parametrize(
    ("size", "language", "dark", "with_axe"),
    [(DESKTOP, "zh_Hant", False, True), (PHONE, "en", True, True), (SMALL_PHONE, "en", False, False)],
    ids=["desktop", "phone-dark", "small-phone"],
)
def test_every_page_fits_and_reads_well(desk, ids, phone, paths, size, language, dark, with_axe):
    page = desk(phone, size, language=language, dark=dark)
    assert look_at(page, paths, ids, with_axe=with_axe) == {}


def test_the_board_is_used_with_keys_alone(desk, ids):
    page = desk(SUPERVISOR, DESKTOP)
    page.goto("/board")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-row]").nth(1)).to_have_class(re.compile(r"\bat\b"))
    page.keyboard.press("Enter")
    expect(page.locator("#panel .panel-head")).to_be_visible()
    expect(page).to_have_url(re.compile("task="))
    page.keyboard.press("Escape")
    expect(page.locator("#panel .panel-head")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.locator("[name=q]")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_choosing_rows_shows_the_bar_for_many(desk):
    page = desk(SUPERVISOR, DESKTOP)
    page.goto("/board?date=2027-03-11")
    bar = page.locator("[data-bulk]")
    expect(bar).to_be_hidden()
    page.locator("[data-tick]").nth(0).check()
    page.locator("[data-tick]").nth(1).check()
    expect(bar).to_contain_text("Chosen: 2")


def test_an_assignment_happens_in_place_and_two_desks_agree(desk):
    mine, other = desk(SUPERVISOR, DESKTOP), desk(HEAD_OFFICE, DESKTOP)
    for page in (mine, other):
        page.goto("/board?date=2027-03-11&store=1")
        expect(page.locator("[data-live]")).to_have_count(1)
        page.evaluate("window.stayed = true")
    select = mine.locator("select[name=staff_id][id^=a]").first
    now, row = select.input_value(), select.get_attribute("id")
    options = [option.get_attribute("value") for option in select.locator("option").all()]
    wanted = next(value for value in options if value and value != now)
    select.select_option(wanted)
    expect(mine.locator("#flashes")).to_contain_text("has the task now")
    expect(other.locator(f"#{row}")).to_have_value(wanted)
    assert mine.evaluate("window.stayed") is True
    assert other.evaluate("window.stayed") is True


def test_without_scripts_the_day_can_still_be_handed_out(browser, company):
    context = browser.new_context(base_url=company.url, java_script_enabled=False)
    context.add_cookies([{"name": "lang", "value": "en", "url": company.url}])
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("[name=phone]", SUPERVISOR)
    page.fill("[name=password]", DEMO_PASSWORD)
    page.click("button.primary")
    page.goto("/board?date=2027-03-11")
    form = page.locator("form.save-row").first
    select = form.locator("select")
    options = [option.get_attribute("value") for option in select.locator("option").all()]
    select.select_option(next(value for value in options if value and value != select.input_value()))
    form.locator("button").click()
    expect(page.locator("#flashes")).to_contain_text("has the task now")
    context.close()
