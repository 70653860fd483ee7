"""The customer's page in a real browser: light, readable for everybody, usable without scripts and on a bad line."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.company import Company
from tests.web.test_in_browser import faults_of

PASSWORD = "huifang-demo"
HEAD_OFFICE, ASSOCIATE = "+85251000001", "+85251000003"
PHONE, SMALL_PHONE, DESKTOP = (390, 844), (320, 640), (1440, 900)
LIMIT_BYTES = 30_000

PLANNED = (
    "status = 'assigned' and confirmed_at is null and window_start > '2027-03-10 20:00+08'"
    " and not exists (select from task as other where other.customer_id = task.customer_id and other.id <> task.id)"
)
RATABLE = "status = 'completed' and rated_at is null and ended_at > '2027-03-09 00:00+08'"
FAILED = "status = 'failed' and end_reason in ('no_answer', 'not_at_home') and ended_at > '2027-03-05 00:00+08'"


@pytest.fixture(scope="module")
def key_of(company: Company) -> Callable[..., dict[str, Any]]:
    """`key_of(condition)`: a key to the page of a task's customer; each call takes another task."""
    office = company.sign_in(HEAD_OFFICE, PASSWORD)
    used: list[int] = []

    def give(condition: str) -> dict[str, Any]:
        [row] = company.rows(
            f"select id, customer_id, window_start from task where {condition} and not id = any(%(used)s)"
            " order by id limit 1",
            used=used,
        )
        used.append(row["id"])
        key = office.post(f"/customers/{row['customer_id']}/link", {"task_id": row["id"]})
        return key | row | {"path": urlsplit(key["url"]).path}

    return give


@pytest.fixture
def visit(browser: Browser, company: Company) -> Iterator[Callable[..., Page]]:
    """`visit(path, size=..., language="en", dark=False, scripts=True)`: somebody's browser, at this address."""
    contexts: list[BrowserContext] = []

    def open_page(
        path: str, *, size: tuple[int, int] = PHONE, language: str = "en", dark: bool = False, scripts: bool = True
    ) -> Page:
        context = browser.new_context(
            base_url=company.url,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        context.add_cookies([{"name": "lang", "value": language, "url": company.url}])
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def look_now(page: Page) -> None:
    """What the page does when the reader comes back to it."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def unfold_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")


def statements_of(company: Company, key: dict[str, Any]) -> int:
    """How often the customer's words were kept."""
    asked = "select count(*) from complaint_statement where customer_id = %(id)s"
    return int(company.value(asked, id=key["customer_id"]))


# What it weighs and how it reads


def test_the_first_look_weighs_less_than_30_kb_and_asks_nobody_else(browser, company, key_of):
    key = key_of(PLANNED)
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    asked: dict[str, str] = {}
    weights: dict[str, int] = {}
    network.on("Network.requestWillBeSent", lambda said: asked.update({said["requestId"]: said["request"]["url"]}))
    network.on("Network.loadingFinished", lambda said: weights.update({said["requestId"]: said["encodedDataLength"]}))
    page.goto(key["url"], wait_until="networkidle")
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_timeout(500)
    total = sum(weights.values())
    context.close()
    assert {urlsplit(url).netloc for url in asked.values()} == {urlsplit(company.url).netloc}
    kinds = sorted(urlsplit(asked[name]).path.rsplit(".", 1)[-1] for name in weights)
    assert [kind for kind in kinds if kind in ("css", "js")] == ["css", "js"]
    assert 5_000 < total < LIMIT_BYTES, {asked[name]: size for name, size in weights.items()}


@pytest.mark.parametrize(
    ("size", "language", "dark"),
    [(PHONE, "zh_Hant", False), (SMALL_PHONE, "en", True), (DESKTOP, "zh_Hans", False)],
    ids=["phone-hant", "small-dark-en", "desktop-hans"],
)
def test_every_state_fits_and_reads_well(visit, key_of, company, size, language, dark):
    empty = company.value("select id from customer where not exists (select from task where customer_id = customer.id)")
    office = company.sign_in(HEAD_OFFICE, PASSWORD)
    paths = [key_of(condition)["path"] for condition in (PLANNED, RATABLE, FAILED)]
    paths += [urlsplit(office.post(f"/customers/{empty}/link", {})["url"]).path, "/c"]
    wrong: dict[str, Any] = {}
    for path in paths:
        page = visit(path, size=size, language=language, dark=dark)
        said: list[str] = []
        page.on("console", lambda line, said=said: said.append(line.text) if line.type == "error" else None)
        page.reload()
        expect(page.locator("h1")).to_have_count(1)
        assert page.locator("html").get_attribute("lang") == language.replace("_", "-")
        unfold_all(page)
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        faults = faults_of(page)
        if faults or said or too_wide > 0:
            wrong[path] = (faults, said, too_wide)
    assert wrong == {}


def test_large_letters_do_not_break_the_page(visit, key_of):
    page = visit(key_of(PLANNED)["path"], size=SMALL_PHONE)
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    unfold_all(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


# Doing things


def test_a_double_tap_confirms_once_and_another_phone_sees_it(visit, key_of, company):
    key = key_of(PLANNED)
    page, other = visit(key["path"]), visit(key["path"])
    page.evaluate("window.stayed = true")
    page.get_by_role("button", name="Yes, this suits me").dblclick()
    expect(page.locator("#said")).to_contain_text("It is confirmed.")
    assert page.evaluate("document.activeElement.id") == "said"
    assert page.evaluate("window.stayed") is True
    expect(page.locator(".visit").first).to_contain_text("Confirmed")
    look_now(other)
    expect(other.locator(".visit").first).to_contain_text("Confirmed")
    done = "select count(*) from task_history where task_id = %(id)s and action = 'confirm' and client = 'page'"
    assert company.value(done, id=key["id"]) == 1


def test_a_typed_word_stays_when_news_arrive(visit, key_of):
    key = key_of(PLANNED)
    page, other = visit(key["path"]), visit(key["path"])
    page.locator("#complain > summary").click()
    page.fill("#words", "I was just going to say")
    other.get_by_role("button", name="Yes, this suits me").click()
    expect(other.locator("#said")).to_contain_text("It is confirmed.")
    look_now(page)
    expect(page.locator(".visit").first).to_contain_text("Confirmed")
    expect(page.locator("#words")).to_have_value("I was just going to say")


def test_another_time_is_chosen_from_all_that_are_free(visit, key_of, company):
    key = key_of(PLANNED)
    page = visit(key["path"])
    page.get_by_text("Another time", exact=True).click()
    choices = page.locator(".free select option")
    assert choices.count() > 10
    wanted = choices.nth(9).get_attribute("value")
    page.select_option(".free select", wanted)
    page.get_by_role("button", name="Take this time").click()
    expect(page.locator("#said")).to_contain_text("Your new time is fixed.")
    start = company.value(
        "select extract(epoch from window_start)::bigint / 60 from task where id = %(id)s", id=key["id"]
    )
    assert str(start) == wanted
    assert company.value("select confirmed_at is not null from task where id = %(id)s", id=key["id"])


def test_stars_are_given_with_the_keyboard_alone(visit, key_of, company):
    key = key_of(RATABLE)
    page = visit(key["path"])
    page.locator(".stars input").first.focus()
    for _time in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Your answer helps us.")
    expect(page.locator(".given")).to_contain_text("You gave 4 stars.")
    [row] = company.rows("select rating, rated_heart from task where id = %(id)s", id=key["id"])
    assert row["rating"] == 4
    assert row["rated_heart"] in ("care", "sincerity", "thoughtfulness", "detail", "conscience")


def test_after_a_missed_visit_a_new_time_is_one_tap(visit, key_of, company):
    key = key_of(FAILED)
    page = visit(key["path"])
    page.locator(".near button").first.click()
    expect(page.locator("#said")).to_contain_text("Your new appointment is fixed.")
    expect(page.locator(".visit").first).to_contain_text("Confirmed")
    assert company.value("select count(*) from task where parent_id = %(id)s", id=key["id"]) == 1


def test_a_complaint_with_a_reaction_reaches_the_shop(visit, key_of, company):
    key = key_of(PLANNED)
    page = visit(key["path"])
    page.locator("#complain > summary").click()
    page.fill("#words", "My arm itches since I use the cream")
    page.check("[name=reaction]")
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("#case")).to_contain_text("We have heard you.")
    [case] = company.rows("select source, is_reaction from complaint where customer_id = %(id)s", id=key["customer_id"])
    assert case == {"source": "page", "is_reaction": True}


def test_texts_are_stopped_and_allowed_again(visit, key_of, company):
    key = key_of(PLANNED)
    page = visit(key["path"])
    for button, said in (("Stop them", "no more text messages"), ("Allow them again", "get our text messages again")):
        page.locator("#texts > summary").click()
        page.get_by_role("button", name=button).click()
        expect(page.locator("#said")).to_contain_text(said)
    states = "select state from consent_event where source = 'page' and collector_id = %(id)s order by id"
    assert [row["state"] for row in company.rows(states, id=key["customer_id"])] == ["out", "in"]


def test_private_words_come_back_with_advice_and_are_not_lost(visit, key_of, company):
    key = key_of(PLANNED)
    page = visit(key["path"])
    page.locator("#notes > summary").click()
    page.fill("#access", "I have cancer, ring twice")
    page.get_by_role("button", name="Save this").click()
    expect(page.locator("#access-error")).to_be_visible()
    expect(page.locator("#access")).to_have_value("I have cancer, ring twice")
    page.fill("#access", "Gate code 2580, ring twice")
    page.get_by_role("button", name="Save this").click()
    expect(page.locator("#said")).to_contain_text("We will find the way.")
    kept = company.value("select access_notes from customer where id = %(id)s", id=key["customer_id"])
    assert kept == "Gate code 2580, ring twice"


def test_the_language_is_switched_for_the_whole_page(visit, key_of):
    page = visit(key_of(PLANNED)["path"])
    page.get_by_role("button", name="繁體").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant")


# Without scripts, without a line, and backwards


def test_everything_works_without_scripts(visit, key_of, company):
    key = key_of(PLANNED)
    page = visit(key["path"], scripts=False)
    page.get_by_role("button", name="Yes, this suits me").click()
    expect(page.locator("#said")).to_contain_text("It is confirmed.")
    page.get_by_text("Another time", exact=True).click()
    page.locator(".near button").first.click()
    expect(page.locator("#said")).to_contain_text("Your new time is fixed.")
    page.locator("#complain > summary").click()
    page.fill("#words", "The bell is broken")
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("#said")).to_contain_text("We have heard you.")
    page.get_by_role("link", name="Look again").click()
    expect(page.locator(".visit").first).to_contain_text("Confirmed")
    assert company.value("select count(*) from complaint where customer_id = %(id)s", id=key["customer_id"]) == 1


def test_without_a_line_nothing_is_lost_and_the_page_says_how_old_it_is(visit, key_of, company):
    key = key_of(PLANNED)
    page = visit(key["path"])
    page.locator("#complain > summary").click()
    page.fill("#words", "The box was torn")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("#unsent")).to_be_visible()
    expect(page.locator("#words")).to_have_value("The box was torn")
    look_now(page)
    expect(page.locator("#offline")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("#case")).to_be_visible()
    expect(page.locator("#unsent")).to_be_hidden()
    expect(page.locator("#offline")).to_be_hidden()
    assert (
        company.value("select count(*) from complaint_statement where customer_id = %(id)s", id=key["customer_id"]) == 1
    )


def test_an_answer_lost_after_it_was_kept_is_harmless_to_repeat(visit, key_of, company):
    key = key_of(PLANNED)
    page = visit(key["path"])
    page.locator("#complain > summary").click()
    page.fill("#words", "The lid leaks")
    page.route("**/complain", lambda route: (route.fetch(max_redirects=0), route.abort()))
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("#unsent")).to_be_visible()
    page.unroute("**/complain")
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("#case")).to_be_visible()
    assert (
        company.value("select count(*) from complaint_statement where customer_id = %(id)s", id=key["customer_id"]) == 1
    )


def test_going_back_shows_the_page_as_it_is_now(visit, key_of):
    page = visit(key_of(PLANNED)["path"], scripts=False)
    page.get_by_role("button", name="Yes, this suits me").click()
    expect(page.locator("#said")).to_contain_text("It is confirmed.")
    page.go_back()
    expect(page.locator(".visit").first).to_contain_text("Confirmed")
    expect(page.get_by_role("button", name="Yes, this suits me")).to_have_count(0)


def test_the_code_from_the_receipt_opens_the_page(visit, key_of):
    key = key_of(PLANNED)
    page = visit("/c")
    page.fill("#code", key["code"].lower().replace("-", " "))
    page.keyboard.press("Enter")
    expect(page.locator(".visit").first).to_be_visible()
    assert urlsplit(page.url).path == key["path"]


# At the door


def test_the_associate_shows_the_code_even_when_the_signal_is_gone(visit, company):
    page = visit("/m/")
    page.fill("[name=phone]", ASSOCIATE)
    page.fill("[name=password]", PASSWORD)
    page.locator("form button.main, form button.primary").first.click()
    page.locator('a[href^="/m/tasks/"]').first.click()
    fold = page.locator(".key-fold")
    fold.locator("summary").click()
    expect(fold.locator(".key-code")).to_be_visible()
    shown = fold.locator(".key-code").text_content()
    expect(fold.locator("img")).to_be_visible()
    # Settled when it has been read, or could not be.
    assert fold.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    fold.locator("summary").click()
    page.context.set_offline(True)
    fold.locator("summary").click()
    expect(fold.locator(".key-code")).to_have_text(shown or "")
