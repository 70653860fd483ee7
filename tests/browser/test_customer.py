"""Knowing the customer where there is no signal: the brief, the own book, a note and a complaint that arrive once."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.phone import Phone, until
from tests.browser.proxy import FaultProxy, Network
from tests.company import Caller, Company
from tests.conftest import NOW


@pytest.fixture
def own(running_company: Company, associate: Caller) -> list[dict[str, Any]]:
    """Own customers without an open case, who have no visit today."""
    return running_company.rows(
        "select id, name, phone, district from customer where owner_id = %(me)s and phone is not null"
        " and not exists (select from complaint where household_id = customer.household_id and closed_at is null)"
        " and not exists (select from task where customer_id = customer.id and status in ('assigned', 'active'))"
        " order by id desc limit 3",
        me=associate.get("/me")["id"],
    )


def plan_visit(supervisor: Caller, customer: dict[str, Any], assignee_id: int) -> dict[str, Any]:
    return supervisor.post(
        "/tasks",
        {
            "type": "home_visit",
            "reason": "care",
            "customer_id": customer["id"],
            "window_start": (NOW + timedelta(hours=5)).isoformat(),
            "window_end": (NOW + timedelta(hours=6)).isoformat(),
            "assignee_id": assignee_id,
        },
    )


def wait_for_the_disk(phone: Phone) -> None:
    until(lambda: phone.page.evaluate("document.querySelector('a.sync').textContent !== 'Saving…'"), what="the disk")


def test_the_brief_and_the_own_book_are_there_without_signal(
    phone: Phone, proxy: FaultProxy, supervisor: Caller, associate: Caller, own: list[dict[str, Any]]
) -> None:
    page, (visited, other, _) = phone.page, own
    supervisor.post("/complaints", {"customer_id": visited["id"], "words": "The jacket came with a torn sleeve."})
    associate.post(f"/customers/{visited['id']}/notes", {"text": "Likes jasmine tea"})
    task = plan_visit(supervisor, visited, associate.get("/me")["id"])
    phone.sign_in()
    phone.wait_until_sent()
    phone.go("/m/customers")
    expect(page.locator(".customers .talk").first).to_be_visible()

    proxy.become(Network.DOWN)
    phone.go(f"/m/tasks/{task['id']}")
    cautions = page.get_by_role("region", name="What not to say")
    expect(cautions.locator("li").first).to_contain_text("A complaint is open")
    expect(cautions).to_contain_text("No offers until it is put right")
    card = page.locator("section.customer")
    expect(card).to_contain_text("The jacket came with a torn sleeve.")
    card.get_by_text("Last contacts").click()
    expect(card).to_contain_text("Likes jasmine tea")
    expect(card).to_contain_text("this month")
    assert phone.barriers() == []

    phone.go("/m/customers")
    field, rows = page.get_by_label("Name, district or last digits"), page.locator(".customers .talk")
    for words in (other["name"], other["phone"][-4:], f"{other['district']} {other['name'][0]}"):
        field.fill(words)
        expect(rows.filter(has_text=other["name"]).first).to_be_visible()
    field.fill("nobody is called that")
    expect(page.get_by_text("Nobody of yours is called that.")).to_be_visible()
    assert phone.barriers() == []

    field.fill(visited["name"])
    rows.filter(has_text=visited["name"]).first.click()
    expect(page.get_by_role("region", name="What not to say")).to_contain_text("A complaint is open")
    expect(page.locator(".contacts")).to_contain_text("Likes jasmine tea")
    assert phone.barriers() == []
    page.go_back()
    expect(field).to_have_value(visited["name"])

    field.fill(other["name"])
    rows.filter(has_text=other["name"]).first.click()
    expect(page.get_by_text("This file is not on the phone yet.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Note for the file")).to_be_editable()
    assert phone.complaints == []


def test_a_note_and_a_complaint_written_without_signal_arrive_once_after_the_phone_died(
    phone: Phone, proxy: FaultProxy, running_company: Company, own: list[dict[str, Any]]
) -> None:
    customer = own[2]
    address = f"/m/customers/{customer['id']}"
    phone.sign_in()
    phone.go(address)
    expect(phone.page.get_by_role("heading", name="Before you meet")).to_be_visible()
    note = phone.page.get_by_role("textbox", name="Note for the file")

    proxy.become(Network.DOWN)
    note.fill("Wants to be called after three")
    phone.press("Keep the note")
    phone.press("Report a complaint")
    phone.page.get_by_label("What the customer said").fill("The cream left red spots on her arm.")
    phone.page.get_by_label("The skin or the body reacted to a product").check()
    phone.press("Report it")
    expect(phone.page.locator(".unsent-words")).to_have_count(2)
    note.fill("Half a thou")
    expect(phone.sync).to_contain_text("2 waiting")
    wait_for_the_disk(phone)
    phone.wait_until_typed("Half a thou")

    phone.kill()
    phone.open()
    phone.go(address)
    expect(phone.page.locator(".unsent-words")).to_have_count(2)
    expect(phone.page.get_by_role("textbox", name="Note for the file")).to_have_value("Half a thou")
    proxy.become(Network.LOSES_ANSWERS)
    unheard = f"POST /api/v1/customers/{customer['id']}/notes"
    until(lambda: proxy.requests(unheard), what="a try that nobody hears of")
    proxy.become(Network.UP)
    phone.go(address)
    phone.sign_in_if_asked()
    phone.wait_until_sent()

    kept = "select count(*) from customer_note where customer_id = %(id)s and text = 'Wants to be called after three'"
    assert running_company.value(kept, id=customer["id"]) == 1
    [case] = running_company.rows("select * from complaint where customer_id = %(id)s", id=customer["id"])
    assert (case["is_reaction"], case["source"]) == (True, "visit")
    said = "select count(*) from complaint_statement where complaint_id = %(id)s"
    assert running_company.value(said, id=case["id"]) == 1
    cautions = phone.page.get_by_role("region", name="What not to say")
    expect(cautions.locator("li").first).to_contain_text("A reaction of the body was reported")

    note = phone.page.get_by_role("textbox", name="Note for the file")
    note.fill("She is divorced and sad")
    phone.press("Keep the note")
    refused = phone.page.locator(".blocked")
    expect(refused).to_contain_text("Please rephrase")
    expect(refused).to_contain_text("divorced")
    assert phone.barriers() == []
    phone.press("Change it")
    expect(note).to_have_value("She is divorced and sad")
    note.fill("Please call her in the morning")
    phone.press("Keep the note")
    phone.wait_until_sent()
    expect(refused).to_have_count(0)
    expect(phone.page.locator(".contacts")).to_contain_text("Please call her in the morning")
    notes = "select text from customer_note where customer_id = %(id)s and text ~ 'divorced|morning'"
    assert [row["text"] for row in running_company.rows(notes, id=customer["id"])] == ["Please call her in the morning"]
    assert phone.complaints == []
