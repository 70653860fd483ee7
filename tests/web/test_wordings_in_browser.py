"""The editor of texts and the rehearsal in a browser: what changes while somebody writes, readable for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.company import Company
from tests.web.test_in_browser import DESKTOP, HEAD_OFFICE, PHONE, SMALL_PHONE, SUPERVISOR, look_at

RATING = "select id from message_template where kind = 'rating' and reach = 'two_way' order by version desc limit 1"
PAGES = ("/office/templates", "/office/templates/{wording}", "/rehearsal?date=2027-03-11", "/rehearsal?date=2027-03-30")


@pytest.fixture
def editor(desk: Any, company: Company) -> Page:
    page: Page = desk(HEAD_OFFICE, DESKTOP)
    page.goto(f"/office/templates/{company.value(RATING)}")
    return page


@pytest.mark.parametrize(
    ("size", "language", "dark", "with_axe"),
    [
        (DESKTOP, "zh_Hans", False, True),
        (DESKTOP, "en", True, True),
        (PHONE, "zh_Hant", False, True),
        (SMALL_PHONE, "en", False, False),
    ],
    ids=["desktop", "desktop-dark", "phone", "small-phone"],
)
def test_the_pages_fit_and_read_well(desk, company, size, language, dark, with_axe):
    page = desk(HEAD_OFFICE, size, language=language, dark=dark)
    assert look_at(page, PAGES, {"wording": company.value(RATING)}, with_axe=with_axe) == {}


def test_size_and_faults_follow_the_writing(editor):
    editor.fill("#f-en", "Reply STOP, or 1 to 5 {moon}")
    expect(editor.locator("#look-en")).to_contain_text("does not know {moon}")
    editor.fill("#f-en", "a" * 161 + "1")
    expect(editor.locator("#look-en")).to_contain_text("2 SMS")
    expect(editor.locator("#look-en")).to_contain_text("162 of 306")


def test_a_placeholder_goes_where_the_writer_is(editor):
    editor.fill("#f-en", "Hi , reply 1")
    editor.evaluate("() => { const box = document.querySelector('#f-en'); box.setSelectionRange(3, 3); }")
    editor.click("[data-placeholder='{name}'][data-for='f-en']")
    expect(editor.locator("#f-en")).to_have_value("Hi {name}, reply 1")
    expect(editor.locator("#look-en .bubble")).to_contain_text("Hi Ms Chan, reply 1")


def test_one_press_writes_plain_signs(editor):
    editor.fill("#f-en", "It’s {name} – 1 to 5")
    editor.click("#look-en [data-replace]")
    expect(editor.locator("#f-en")).to_have_value("It's {name} - 1 to 5")
    expect(editor.locator("#look-en")).to_contain_text("GSM-7")


def test_a_real_customer_is_found_and_shown_without_losing_the_draft(editor, company):
    name = company.value(
        "select name from customer where left(phone, 4) = '+852' and locale = 'zh_Hant' order by id limit 1"
    )
    editor.fill("#f-zh_Hant", "新的說法，請回1至5")
    editor.fill("[data-customer-search]", name)
    editor.locator("[data-customer]").first.click()
    expect(editor.locator("#fitting .bubble")).to_contain_text("新的說法")
    expect(editor.locator("#f-zh_Hant")).to_have_value("新的說法，請回1至5")


def test_a_draft_is_rehearsed_and_the_writer_comes_back_to_it(editor):
    editor.fill("#f-en", "My draft for {name}: 1 to 5")
    editor.click("button[formaction='/rehearsal']")
    expect(editor.locator(".play-draft")).to_contain_text("Played with your draft")
    editor.click(".play-draft button")
    expect(editor.locator("#f-en")).to_have_value("My draft for {name}: 1 to 5")


def test_a_customer_s_texts_unfold_in_the_rehearsal(desk):
    page = desk(SUPERVISOR, PHONE)
    page.goto("/rehearsal?date=2027-03-11")
    last = page.locator("details.play").last
    expect(last.locator(".bubble").first).to_be_hidden()
    last.locator("summary").click(position={"x": 200, "y": 10})
    expect(last.locator(".bubble").first).to_be_visible()
