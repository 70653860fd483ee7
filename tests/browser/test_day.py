"""My day on the phone: the list, what is at risk, what was called off, and the same stops on a map."""

import io
import os
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.people.models import Staff, Store
from tests.browser.eyes import PHONE, Eyes
from tests.browser.phone import PATIENCE_MS, until
from tests.company import Company
from tests.conftest import NOW
from tests.factories.tasks import make_task
from tests.flows.shop import ASSOCIATE, CUSTOMERS, PASSWORD, SUPERVISOR, open_shop

PLACES = {
    "陈美玲": (22.2783, 114.1747, "轩尼诗道 300 号 富德楼 7 楼 B"),
    "李嘉欣": (22.2799, 114.1842, "渣甸街 5 号 渣甸中心 12 楼"),
    "黄志明": (22.2866, 114.1917, "天后庙道 18 号 6 楼"),
    "何佩珊": (22.2455, 114.1690, "鸭脷洲大街 88 号 2 座 21 楼"),
    "郑家豪": (22.2913, 114.2003, "英皇道 250 号 9 楼"),
    "吴慧敏": (22.2770, 114.1729, "庄士敦道 60 号"),
    "梁国强": (22.2783, 114.1747, "轩尼诗道 300 号 富德楼 9 楼 A"),
}
BIRTHDAY = {"zh_Hans": "生日", "zh_Hant": "生日", "en": "Birthday"}
RUNS_OUT = {
    "zh_Hans": "快用完了：温和洗发露",
    "zh_Hant": "快用完：溫和洗髮露",
    "en": "Running out soon: Gentle shampoo",
}
MINUTES = timedelta(minutes=1)


def a_day(session: Session) -> None:
    """10:00: one visit done, the next waits, the one after it has become impossible, and what else a day brings."""
    open_shop(session)
    found = {one.name: one for one in session.scalars(select(Customer).where(Customer.name.in_(CUSTOMERS)))}
    for name, (lat, lng, address) in PLACES.items():
        found[name].lat, found[name].lng, found[name].address = lat, lng, address
    found["李嘉欣"].dialect = "yue"
    me = session.scalar(select(Staff).where(Staff.phone == ASSOCIATE))
    store = session.scalar(select(Store).where(Store.code == "CWB"))
    store.lat, store.lng = 22.2803, 114.1831

    def visit(name: str, starts: int, ends: int, **changes: Any) -> None:
        window = {"window_start": NOW + starts * MINUTES, "window_end": NOW + ends * MINUTES}
        make_task(customer=found[name], assignee=me, **({"status": "assigned"} | window | changes))

    visit("陈美玲", -90, -30, status="completed", arrived_at=NOW - 75 * MINUTES, ended_at=NOW - 40 * MINUTES)
    visit("李嘉欣", 20, 80, reason="birthday", reasons=[BIRTHDAY, RUNS_OUT], confirmed_at=NOW - timedelta(hours=20))
    visit("何佩珊", 60, 75, reason="care")
    visit("黄志明", 150, 240, type="delivery", lines=[("奶粉", 2)])
    visit("郑家豪", 240, 300, type="callback", reason="care")
    visit("梁国强", 300, 360, reason="care")
    visit("吴慧敏", 200, 260, reason="care")
    visit("谢婉婷", 24 * 60, 25 * 60)
    visit("周子轩", -25 * 60, -24 * 60)
    make_task(customer=found["冯倩怡"], window_start=NOW + 180 * MINUTES, window_end=NOW + 240 * MINUTES, status="open")


class Tiles(ThreadingHTTPServer):
    """Pictures of a map that remember who asked for them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), TileAnswers)
        self.asked: list[tuple[str, str | None]] = []
        file = io.BytesIO()
        Image.new("RGB", (256, 256), "#dfe8d8").save(file, "PNG")
        self.picture = file.getvalue()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{{z}}/{{x}}/{{y}}.png"


class TileAnswers(BaseHTTPRequestHandler):
    server: Tiles

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Referer")))
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(self.server.picture)

    def log_message(self, *_arguments: Any) -> None:
        """The test's own output stays readable."""


@pytest.fixture(scope="module")
def tiles() -> Iterator[Tiles]:
    server = Tiles()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def company(start_company: Callable[..., Company], tiles: Tiles) -> Company:
    env = {"MAP_TILES": tiles.address, "MAP_ATTRIBUTION": "© Makers of maps"}
    return start_company(prepare=a_day, env=env)


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What the browser's console says about our own code and its security policy."""
    return []


@pytest.fixture(scope="module")
def page(browser: Browser, company: Company, complaints: list[str]) -> Iterator[Page]:
    context = browser.new_context(
        viewport=PHONE,
        locale="en-US",
        geolocation={"latitude": 22.2820, "longitude": 114.1790, "accuracy": 40},
        permissions=["geolocation"],
    )
    context.add_cookies([{"name": "lang", "value": "en", "url": company.url}])
    context.add_init_script("localStorage.setItem('tour', 'seen')")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda line: (
            complaints.append(line.text)
            if line.type == "error" and "Failed to load resource" not in line.text
            else None
        ),
    )
    page.goto(f"{company.url}/m/")
    page.locator("input[type=tel]").fill(ASSOCIATE)
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("form .button.main").click()
    expect(page.locator(".day-progress")).to_be_visible()
    yield page
    context.close()


@pytest.fixture(scope="module")
def eyes(page: Page) -> Eyes:
    return Eyes(page)


def keep(page: Page, name: str) -> None:
    """Kept only for whoever asks: SCREENSHOTS=folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.wait_for_timeout(500)
        page.screenshot(path=Path(folder) / f"{name}.png")


def row(page: Page, name: str) -> Locator:
    return page.locator(".task-row").filter(has_text=name)


def open_day(page: Page, company: Company, path: str = "/m/") -> None:
    if page.url != company.url + path:
        page.goto(company.url + path)
    expect(page.locator(".days")).to_be_visible()


def at_rest(locator: Locator) -> dict[str, float]:
    """Where it stands once it no longer moves: what comes late moves what is below it."""
    seen: list[Any] = [None, locator.bounding_box()]
    while seen[-1] != seen[-2]:
        locator.page.wait_for_timeout(200)
        seen.append(locator.bounding_box())
    return seen[-1]


def centre_of(locator: Locator) -> float:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2


def test_the_day_shows_its_next_visit_what_is_at_risk_and_what_is_left_from_yesterday(page: Page, eyes: Eyes) -> None:
    keep(page, "day")
    card = page.locator(".next")
    expect(card.get_by_role("heading", name="李嘉欣")).to_be_visible()
    expect(card).to_contain_text("Birthday + Running out soon: Gentle shampoo")
    expect(card).to_contain_text(re.compile(r"\d\.\d km, about \d+ min"))
    expect(page.locator(".day-progress")).to_contain_text("1 of 7 done · the last until about")
    expect(row(page, "何佩珊")).to_contain_text("At risk: about 11:")
    expect(row(page, "黄志明")).not_to_contain_text("At risk")
    expect(page.get_by_role("link", name="1 task of yesterday has no ending yet.")).to_have_attribute(
        "href", "/m/yesterday"
    )
    expect(page.get_by_role("button", name="Take the task of 冯倩怡")).to_be_visible()
    eyes.look("the day")
    # As written, not as drawn: rows that are not on the screen are not laid out.
    open_times = page.locator("#rest ~ .cards .task-time").all_text_contents()
    assert open_times == sorted(open_times)


def test_a_visit_at_risk_says_when_somebody_will_be_there_and_offers_to_write(
    page: Page, eyes: Eyes, company: Company
) -> None:
    open_day(page, company)
    row(page, "何佩珊").click()
    detail = page.locator(".task")
    expect(detail.get_by_role("list", name="Steps")).to_contain_text("Arrived")
    expect(detail).to_contain_text(re.compile(r"you will be there at about 11:\d\d\. 11:15 was promised"))
    expect(detail.get_by_role("link", name="Write to 何佩珊")).to_have_attribute("href", re.compile(r"/m/messages/\d+"))
    eyes.look("a visit at risk")
    keep(page, "task")


def test_what_is_called_off_stays_for_the_day_with_its_reason(page: Page, eyes: Eyes, company: Company) -> None:
    open_day(page, company)
    supervisor = company.sign_in(SUPERVISOR, PASSWORD)
    task = company.rows(
        "select t.id, t.version from task t join customer c on c.id = t.customer_id where c.name = '吴慧敏'"
    )[0]
    supervisor.post(f"/tasks/{task['id']}/cancel", {"reason": "customer_asked", "version": task["version"]})
    off = page.locator("#cancelled ~ .cards .task-row")
    expect(off).to_contain_text("吴慧敏")
    expect(off).to_contain_text("The customer asked for it")
    expect(page.locator(".day-progress")).to_contain_text("1 of 6 done")
    off.click()
    expect(page.locator(".notice")).to_contain_text("Called off at")
    expect(page.locator(".checklist")).to_have_count(0)
    eyes.look("a visit called off")
    keep(page, "cancelled")


def test_the_map_shows_the_stops_with_their_numbers_and_the_same_stops_as_a_list(
    page: Page, eyes: Eyes, tiles: Tiles, company: Company
) -> None:
    open_day(page, company)
    page.get_by_role("link", name="Map", exact=True).click()
    region = page.get_by_role("region", name="Map of the day")
    marks = region.get_by_role("button")
    expect(marks).to_have_count(4)
    expect(region.get_by_role("button", name="Stops 1, 5")).to_be_visible()
    rows = page.locator(".stops .stop")
    expect(rows).to_have_count(6)
    expect(rows.nth(1)).to_contain_text("渣甸街 5 号")
    expect(rows.nth(1)).to_contain_text(re.compile(r"km, about \d+ min from the stop before"))
    expect(rows.filter(has_text="郑家豪").get_by_role("button")).to_have_count(0)

    expect(region.locator(".map-tiles img").first).to_be_visible()
    until_loaded = "document.querySelectorAll('.map-tiles img').values().some(one => one.naturalWidth === 256)"
    until(lambda: page.evaluate(until_loaded), what="a picture of the ground")
    assert {referer for _path, referer in tiles.asked} == {company.url + "/"}
    assert all(re.fullmatch(r"/\d+/\d+/\d+\.png", path) for path, _referer in tiles.asked)
    expect(page.get_by_text("© Makers of maps")).to_be_visible()
    eyes.look("the map")
    keep(page, "map")


def test_the_map_moves_by_finger_wheel_and_keys_and_leads_to_the_stop(page: Page, company: Company) -> None:
    open_day(page, company, "/m/map")
    region = page.get_by_role("region", name="Map of the day")
    second = region.get_by_role("button", name="Stop 2: 李嘉欣")
    expect(second).to_be_visible()
    frame = at_rest(region)
    page.mouse.move(frame["x"] + 20, frame["y"] + frame["height"] - 60)
    page.mouse.down()
    before = second.bounding_box()
    page.mouse.move(frame["x"] + 60, frame["y"] + frame["height"] - 90, steps=4)
    page.mouse.up()
    moved = second.bounding_box()
    assert (round(moved["x"] - before["x"]), round(moved["y"] - before["y"])) == (40, -30)
    region.focus()
    page.keyboard.press("ArrowRight")
    assert round(moved["x"] - second.bounding_box()["x"]) == 80
    page.get_by_role("button", name="Show all stops").click()
    page.get_by_role("button", name="Show stop 2 on the map").click()
    until(lambda: round(centre_of(second) - frame["x"]) == round(frame["width"] / 2), what="the stop in the middle")
    middle = second.bounding_box()
    page.get_by_role("button", name="Nearer").click()
    assert second.bounding_box() == middle
    second.click()
    expect(page.locator(".stop.chosen a.stop-link")).to_be_focused()


def test_the_own_place_is_shown_only_when_asked_for(page: Page, company: Company) -> None:
    open_day(page, company, "/m/map")
    expect(page.locator(".map-own")).to_have_count(0)
    page.get_by_role("button", name="Show my place").click()
    expect(page.locator(".map-own")).to_have_count(1)
    expect(page.get_by_text("It is not sent or kept.")).to_be_visible()
    keep(page, "map-own")


def test_where_no_tile_arrives_the_squares_below_are_seen(page: Page, company: Company, tiles: Tiles) -> None:
    open_day(page, company, "/m/map")
    page.route(f"**:{tiles.server_port}/**", lambda route: route.abort())
    page.get_by_role("button", name="Farther").click()
    page.get_by_role("button", name="Farther").click()
    expect(page.locator(".map-tiles img").first).to_be_hidden()
    expect(page.locator(".map-tiles img:visible")).to_have_count(0)
    expect(page.locator(".map-grid")).to_be_visible()
    page.unroute(f"**:{tiles.server_port}/**")


def test_without_tiles_the_map_is_a_grid_with_a_scale_and_works_without_a_network(
    page: Page, eyes: Eyes, company: Company
) -> None:
    def without_tiles(route: Any) -> None:
        answer = route.fetch()
        body = answer.json()
        route.fulfill(response=answer, json=body | {"map": {"tiles": "", "attribution": "", "max_zoom": 19}})

    open_day(page, company, "/m/map")
    page.route("**/api/v1/bootstrap*", without_tiles)
    page.reload()
    expect(page.locator(".map-stop").first).to_be_visible()
    expect(page.locator(".map-tiles")).to_have_count(0)
    expect(page.locator(".map-grid")).to_be_visible()
    expect(page.locator(".map-scale")).to_contain_text(re.compile(r"\d+ k?m"))
    eyes.look("the grid")
    page.get_by_role("link", name="Tomorrow").click()
    expect(page.locator(".stops .stop")).to_have_count(1)
    expect(page.get_by_role("button", name="Stop 1: 谢婉婷")).to_be_visible()
    page.unroute("**/api/v1/bootstrap*")
    keep(page, "map-grid")


def test_everything_reads_well_and_fits_a_small_phone_with_large_letters(eyes: Eyes, complaints: list[str]) -> None:
    assert eyes.seen == ["the day", "a visit at risk", "a visit called off", "the map", "the grid"]
    assert eyes.found == []
    assert complaints == []
