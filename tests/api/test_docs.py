"""The API's own pages: the document and its viewer."""

import json
from collections import Counter

import pytest
from playwright.sync_api import Page, expect

from app.web.assets import BUILT
from tests.company import Company

PATIENCE = 90_000
"""For a document of a megabyte on a busy machine, in milliseconds."""
VIOLATIONS = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", event =>
        window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture(scope="module")
def shop(start_company) -> Company:
    return start_company(names=("web",))


def test_the_viewer_shows_every_operation_and_breaks_no_policy(shop: Company, page: Page) -> None:
    complaints: list[str] = []
    addresses: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: addresses.append(request.url))
    page.set_default_timeout(PATIENCE)
    page.add_init_script(VIOLATIONS)
    page.goto(f"{shop.url}/api/v1/docs?part=tasks")
    expect(page.locator(".info .title")).to_contain_text("Huifang", timeout=PATIENCE)
    operation = page.locator("#operations-tasks-post_tasks_task_id_complete")
    operation.locator(".opblock-summary-control").click()
    expect(operation.locator(".opblock-body")).to_contain_text("Idempotency-Key")
    expect(operation.locator(".opblock-body")).to_contain_text("allowed_actions")

    document = page.request.get(f"{shop.url}/api/v1/openapi.json").json()
    described = Counter(
        operations[method]["tags"][0]
        for operations in document["paths"].values()
        for method in operations.keys() - {"parameters"}
    )
    links = page.get_by_role("navigation", name="Parts of the API").get_by_role("link")
    assert set(links.all_inner_texts()) == set(described)
    for part, count in described.items():
        page.goto(f"{shop.url}/api/v1/docs?part={part}")
        expect(page.locator(".opblock")).to_have_count(count, timeout=PATIENCE)
        expect(page.locator(".errors-wrapper")).to_have_count(0)
    assert page.evaluate("window.violations") == []
    assert complaints == []
    assert [address for address in addresses if not address.startswith((shop.url, "data:"))] == []


def test_only_the_viewer_may_set_style_attributes(client) -> None:
    viewer = client.get("/api/v1/docs").headers["Content-Security-Policy"]
    page = client.get("/sign-in").headers["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in viewer
    assert "unsafe-inline" not in page
    assert "script-src 'self';" in viewer


def test_the_viewer_adds_nothing_to_the_field_app() -> None:
    manifest = json.loads((BUILT / ".vite" / "manifest.json").read_text())
    viewer = manifest["src/islands/api-docs.ts"]["file"]
    reached, waiting = set(), ["m.html"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += manifest[name].get("imports", []) + manifest[name].get("dynamicImports", [])
    assert viewer not in {manifest[name]["file"] for name in reached}
    assert viewer not in (BUILT / "sw.js").read_text()


@pytest.mark.parametrize(
    ("locale", "words"), [("zh_Hans", "简体"), ("zh_Hant", "繁體"), ("en", "Parts of the API")], ids=str
)
def test_the_words_around_the_viewer_come_in_the_readers_language(client, locale: str, words: str) -> None:
    client.set_cookie("lang", locale)
    page = client.get("/api/v1/docs").text
    assert f'<html lang="{locale.replace("_", "-")}">' in page
    assert words in page
    assert f'value="{locale}" lang="{locale.replace("_", "-")}" aria-pressed="true"' in page


def test_a_part_is_marked_and_an_unknown_one_leads_to_the_first(client) -> None:
    assert '<a href="?part=tasks" aria-current="page">tasks</a>' in client.get("/api/v1/docs?part=tasks").text
    assert '<a href="?part=people" aria-current="page">people</a>' in client.get("/api/v1/docs?part=nonsense").text


def test_the_page_brings_no_styles_of_its_own(client) -> None:
    page = client.get("/api/v1/docs").text
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page


@pytest.mark.parametrize("width", [320, 390, 760, 1360])
def test_nothing_is_wider_than_the_screen(shop: Company, page: Page, width: int) -> None:
    page.set_default_timeout(PATIENCE)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{shop.url}/api/v1/docs?part=care_plans")
    expect(page.locator(".opblock").first).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    here = page.locator(".api-parts [aria-current]")
    expect(here).to_be_in_viewport()
