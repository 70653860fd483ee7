"""The field app where there is no signal: nothing that a person did is lost, and nothing happens twice."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.phone import ASSOCIATE, KEPT, PASSWORD, PATIENCE_MS, Phone, a_photo, end_sessions, until
from tests.browser.proxy import FaultProxy, Network
from tests.company import Caller, Company
from tests.conftest import NOW


@pytest.fixture
def visits(running_company: Company, supervisor: Caller, associate: Caller) -> list[dict[str, Any]]:
    """Two visits of this afternoon, given to the associate: after a complaint (it asks for a text), and of care."""
    me = associate.get("/me")
    customers = running_company.rows(
        "select id from customer where store_id = %(store)s and phone is not null"
        " order by (owner_id = %(me)s) desc, id limit 2",
        store=me["store_ids"][0],
        me=me["id"],
    )
    return [
        supervisor.post(
            "/tasks",
            {
                "type": "home_visit",
                "reason": reason,
                "customer_id": customer["id"],
                "window_start": (NOW + timedelta(hours=5)).isoformat(),
                "window_end": (NOW + timedelta(hours=6)).isoformat(),
                "assignee_id": me["id"],
            },
        )
        for customer, reason in zip(customers, ("complaint", "care"), strict=True)
    ]


def steps(company: Company, task: dict[str, Any], verb: str) -> int:
    return company.value(
        "select count(*) from task_history where task_id = %(id)s and action = %(verb)s", id=task["id"], verb=verb
    )


def status_of(company: Company, task: dict[str, Any]) -> str:
    return company.value("select status from task where id = %(id)s", id=task["id"])


def set_out(phone: Phone, task: dict[str, Any]) -> None:
    phone.go(f"/m/tasks/{task['id']}")
    phone.press("Set out")
    phone.press("I have arrived")


def test_a_visit_done_without_signal_arrives_after_the_phone_died(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: list[dict[str, Any]]
) -> None:
    task = visits[0]
    phone.sign_in()
    phone.go(f"/m/tasks/{task['id']}")
    proxy.become(Network.DOWN)
    set_out(phone, task)
    phone.answer_required(task["checklist"])
    phone.press("Finish")
    expect(phone.page.get_by_role("button", name="Undo")).to_be_visible()
    expect(phone.sync).to_contain_text("waiting")
    until(lambda: phone.page.evaluate("document.querySelector('a.sync').textContent !== 'Saving…'"), what="the disk")

    phone.kill()
    proxy.become(Network.UP)
    phone.open()
    phone.go("/m/")
    phone.sign_in_if_asked()
    phone.wait_until_sent()

    assert status_of(running_company, task) == "completed"
    assert [steps(running_company, task, verb) for verb in ("start", "arrive", "complete")] == [1, 1, 1]
    pictures = [item for item in task["checklist"] if item["required"] and item["kind"] in ("photo", "signature")]
    kept = running_company.value(
        "select count(*) from evidence where task_id = %(id)s and blob_id is not null", id=task["id"]
    )
    assert kept == len(pictures)


def test_a_look_at_the_day_that_comes_late_takes_no_answer_back(phone: Phone, visits: list[dict[str, Any]]) -> None:
    ticks = [item["key"] for item in visits[1]["checklist"] if item["kind"] == "tick" and item["required"]]
    first, second = (phone.page.locator(f"#item-{key} [type=checkbox]") for key in ticks[:2])
    phone.sign_in()
    set_out(phone, visits[1])
    phone.wait_until_sent()

    looks: list[tuple[Any, Any]] = []
    phone.page.route("**/api/v1/bootstrap*", lambda route: looks.append((route, route.fetch())))
    first.click()
    until(lambda: phone.page.wait_for_timeout(50) or looks, what="the look at the day")
    second.click()
    phone.wait_until_sent()
    phone.page.evaluate(
        """box => {
            window.jumpedBack = false;
            new MutationObserver(() => { window.jumpedBack ||= !document.querySelector(box).checked; })
                .observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
        }""",
        f"#item-{ticks[1]} [type=checkbox]",
    )
    route, before_the_second_tick = looks.pop(0)
    route.fulfill(response=before_the_second_tick)
    until(lambda: phone.page.wait_for_timeout(50) or looks, what="the next look at the day")
    assert second.is_checked()
    assert phone.page.evaluate("window.jumpedBack") is False


def test_an_answer_lost_on_its_way_does_not_repeat_the_step(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: list[dict[str, Any]]
) -> None:
    phone.sign_in()
    phone.go(f"/m/tasks/{visits[0]['id']}")
    proxy.become(Network.LOSES_ANSWERS)
    phone.press("Set out")
    running_company.wait_for(lambda: steps(running_company, visits[0], "start") == 1)
    expect(phone.sync).to_contain_text("1 waiting")
    proxy.become(Network.UP)
    phone.wait_until_sent()
    assert steps(running_company, visits[0], "start") == 1


def test_a_hotels_sign_in_page_is_not_taken_for_an_answer(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: list[dict[str, Any]]
) -> None:
    phone.sign_in()
    phone.go(f"/m/tasks/{visits[0]['id']}")
    proxy.become(Network.PORTAL)
    phone.press("Set out")
    phone.page.wait_for_timeout(10_000)
    expect(phone.sync).to_contain_text("1 waiting")
    # Every three seconds, and no busy loop: a phone in a lift has to last the day.
    assert 2 <= phone.tries()[0] <= 8
    assert status_of(running_company, visits[0]) == "assigned"
    proxy.become(Network.UP)
    phone.wait_until_sent()
    assert status_of(running_company, visits[0]) == "active"


def test_an_ended_session_asks_for_the_password_and_keeps_everything(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: list[dict[str, Any]]
) -> None:
    phone.sign_in()
    phone.go(f"/m/tasks/{visits[0]['id']}")
    proxy.become(Network.DOWN)
    phone.press("Set out")
    end_sessions(running_company, ASSOCIATE)
    proxy.become(Network.UP)
    expect(phone.page.get_by_text("Please sign in again. Nothing is lost.")).to_be_visible(timeout=PATIENCE_MS)
    assert status_of(running_company, visits[0]) == "assigned"
    phone.page.get_by_label("Password").fill(PASSWORD)
    phone.press("Sign in")
    phone.wait_until_sent()
    assert status_of(running_company, visits[0]) == "active"


def test_a_refused_entry_says_why_and_lets_other_tasks_go_on(
    phone: Phone, proxy: FaultProxy, running_company: Company, associate: Caller, visits: list[dict[str, Any]]
) -> None:
    refused, other = visits
    note = next(item for item in refused["checklist"] if item["kind"] == "text" and item["visible"])
    phone.sign_in()
    phone.go(f"/m/tasks/{refused['id']}")
    expect(phone.page.locator(f"#item-{note['key']} textarea")).to_be_visible()
    proxy.become(Network.DOWN)
    phone.page.locator(f"#item-{note['key']} textarea").fill("Likes lilies")
    expect(phone.sync).to_contain_text("1 waiting")
    associate.call("PATCH", f"/tasks/{refused['id']}/checklist", {"answers": {note["key"]: "Likes roses"}})
    phone.go(f"/m/tasks/{other['id']}")
    phone.press("Set out")
    proxy.become(Network.UP)

    expect(phone.sync).to_contain_text("1 needs you", timeout=PATIENCE_MS)
    running_company.wait_for(lambda: status_of(running_company, other) == "active")
    phone.go(f"/m/tasks/{refused['id']}")
    expect(phone.page.get_by_role("alert")).to_contain_text("Likes roses")
    phone.press("Change it")
    expect(phone.page.locator(f"#item-{note['key']} textarea")).to_have_value("Likes lilies")
    phone.page.locator(f"#item-{note['key']} textarea").fill("Likes roses and lilies")
    phone.wait_until_sent()
    running_company.wait_for(
        "select exists (select from task_answer where task_id = %(id)s and item_key = %(key)s"
        " and value = to_jsonb('Likes roses and lilies'::text))",
        id=refused["id"],
        key=note["key"],
    )


def test_work_on_a_visit_that_was_given_away_goes_to_the_supervisor(
    phone: Phone, proxy: FaultProxy, running_company: Company, supervisor: Caller, visits: list[dict[str, Any]]
) -> None:
    task = visits[0]
    colleague = running_company.value(
        "select staff_id from staff_store join staff on staff.id = staff_id"
        " where store_id = %(store)s and role = 'associate' and staff_id <> %(me)s order by staff_id limit 1",
        store=task["store_id"],
        me=task["assignee"]["id"],
    )
    phone.sign_in()
    phone.go(f"/m/tasks/{task['id']}")
    proxy.become(Network.DOWN)
    phone.press("Accept")
    set_out(phone, task)
    phone.answer_required(task["checklist"])
    phone.press("Finish")
    expect(phone.page.get_by_role("button", name="Undo")).to_be_visible()
    until(lambda: not phone.says("Saving"), what="the disk")
    version = supervisor.get(f"/tasks/{task['id']}")["version"]
    supervisor.post(f"/tasks/{task['id']}/assign", {"staff_id": colleague, "version": version})
    phone.kill(keeps_session=True)
    proxy.become(Network.UP)
    phone.open()
    phone.go("/m/")
    phone.wait_until_sent()

    # Accepting is pointless by now and stands in nobody's way; the work waits for the supervisor, with its proof.
    held = running_company.rows(
        "select verb, why from held_submission where task_id = %(id)s order by id", id=task["id"]
    )
    assert {row["why"] for row in held} == {"reassigned"}
    assert [row["verb"] for row in held if row["verb"] != "checklist"] == ["start", "arrive", "complete"]
    pictures = [item for item in task["checklist"] if item["required"] and item["kind"] in ("photo", "signature")]
    kept = "select count(*) from evidence where task_id = %(id)s and blob_id is not null"
    assert running_company.value(kept, id=task["id"]) == len(pictures)
    assert status_of(running_company, task) == "assigned"


def test_a_confirmation_shows_without_a_reload(
    phone: Phone, running_company: Company, supervisor: Caller, visits: list[dict[str, Any]]
) -> None:
    phone.sign_in()
    phone.go(f"/m/tasks/{visits[0]['id']}")
    expect(phone.page.get_by_role("button", name="Set out")).to_be_visible()
    supervisor.post(f"/tasks/{visits[0]['id']}/confirm", {"version": visits[0]["version"]})
    expect(phone.page.locator(".head").get_by_text("Confirmed by the customer")).to_be_visible(timeout=PATIENCE_MS)


def test_a_text_typed_but_not_finished_is_there_after_the_phone_died(
    phone: Phone, proxy: FaultProxy, visits: list[dict[str, Any]]
) -> None:
    phone.sign_in()
    phone.go(f"/m/messages/{visits[0]['customer']['id']}")
    phone.page.get_by_placeholder("Write a message").fill("I will bring the")
    phone.wait_until_typed("I will bring the")
    phone.kill()
    proxy.become(Network.DOWN)
    phone.open()
    phone.go(f"/m/messages/{visits[0]['customer']['id']}")
    expect(phone.page.get_by_placeholder("Write a message")).to_have_value("I will bring the")


def test_an_answer_brings_up_its_question_without_a_network(
    phone: Phone, proxy: FaultProxy, visits: list[dict[str, Any]]
) -> None:
    phone.sign_in()
    phone.go(f"/m/tasks/{visits[1]['id']}")
    expect(phone.page.locator("#item-satisfaction")).to_be_visible()
    proxy.become(Network.DOWN)
    expect(phone.page.locator("#item-unhappy_why")).to_have_count(0)
    phone.page.locator("#item-satisfaction").get_by_role("radio").last.check()
    expect(phone.page.locator("#item-unhappy_why textarea")).to_be_visible()
    phone.page.locator("#item-satisfaction").get_by_role("radio").first.check()
    expect(phone.page.locator("#item-unhappy_why")).to_have_count(0)


class Storage:
    """How much this browser lets the app keep. It remembers for half a minute what room there was: to be told before
    the first page is opened."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self._debugger = phone.page.context.new_cdp_session(phone.page)

    def hold(self, size: int) -> None:
        self._override(quotaSize=size)

    def hold_anything(self) -> None:
        self._override()

    def used(self) -> int:
        return int(self._phone.page.evaluate("navigator.storage.estimate().then(({usage}) => usage)"))

    def _override(self, **size: int) -> None:
        self._debugger.send("Storage.overrideQuotaForOrigin", {"origin": self._phone.proxy.url, **size})


def test_a_full_phone_keeps_the_words_sends_the_queue_and_takes_the_photo_later(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: list[dict[str, Any]]
) -> None:
    task = visits[0]
    tick, note, photo = (
        next(item["key"] for item in task["checklist"] if item["kind"] == kind and item["visible"])
        for kind in ("tick", "text", "photo")
    )
    answered = "select exists (select from task_answer where task_id = %(id)s and item_key = %(key)s)"
    phone.sign_in()
    set_out(phone, task)
    phone.wait_until_sent()
    proxy.become(Network.DOWN)
    phone.page.locator(f"#item-{tick} [type=checkbox]").click()
    expect(phone.sync).to_contain_text("1 waiting")
    phone.kill(keeps_session=True)
    phone.open()
    storage = Storage(phone)
    storage.hold(1)
    phone.go(f"/m/tasks/{task['id']}")
    full = phone.page.get_by_role("alert").filter(has_text="This phone is full")
    words = phone.page.locator(f"#item-{note} textarea")

    # Not a byte is left: what is typed stays in the field, and the queue goes out, which is what makes room.
    words.fill("Likes lilies")
    expect(full).to_be_visible(timeout=PATIENCE_MS)
    proxy.become(Network.UP)
    running_company.wait_for(answered, id=task["id"], key=tick, timeout=90)
    expect(words).to_have_value("Likes lilies")
    assert not running_company.value(answered, id=task["id"], key=note)

    # Room for words, not for a picture.
    storage.hold(storage.used() + 300_000)
    running_company.wait_for(answered, id=task["id"], key=note, timeout=90)
    until(lambda: phone.says("All sent"), what="the words")
    place = phone.page.locator(f"#item-{photo}")
    place.locator("input[type=file]").last.set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}
    )
    # The banner alone tells nothing about the photo: a look at the day may have found no room either.
    expect(phone.page.get_by_text("This could not be saved on the phone.")).to_be_visible(timeout=PATIENCE_MS)
    expect(full).to_be_visible(timeout=PATIENCE_MS)
    expect(place.locator("img")).to_have_count(0)
    expect(words).to_have_value("Likes lilies")
    until(lambda: phone.says("All sent"), what="nothing that waits")

    storage.hold_anything()
    phone.take_photo(place)
    expect(full).to_have_count(0)
    phone.wait_until_sent()
    kept = "select count(*) from evidence where task_id = %(id)s and blob_id is not null"
    assert running_company.value(kept, id=task["id"]) == 1
    assert phone.complaints == []


def test_words_typed_on_a_full_phone_find_the_place_that_was_kept_for_them(
    phone: Phone, proxy: FaultProxy, visits: list[dict[str, Any]]
) -> None:
    note = next(item["key"] for item in visits[0]["checklist"] if item["kind"] == "text" and item["visible"])
    phone.sign_in()
    set_out(phone, visits[0])
    phone.wait_until_sent()
    until(lambda: has_reserve(phone), what="the reserve")
    proxy.become(Network.DOWN)
    phone.kill(keeps_session=True)
    phone.open()
    storage = Storage(phone)
    storage.hold(1)
    phone.go(f"/m/tasks/{visits[0]['id']}")
    words = phone.page.locator(f"#item-{note} textarea")
    expect(words).to_be_visible()
    storage.hold(storage.used())

    words.fill("Likes lilies, and her mother moved in")
    expect(phone.sync).to_contain_text("1 waiting")
    expect(phone.page.get_by_role("status").filter(has_text="This phone is almost full")).to_be_visible()
    assert not has_reserve(phone)
    phone.kill(keeps_session=True)
    phone.open()
    phone.go(f"/m/tasks/{visits[0]['id']}")
    expect(phone.page.locator(f"#item-{note} textarea")).to_have_value("Likes lilies, and her mother moved in")
    # There is room again: a place is kept for the next time.
    until(lambda: has_reserve(phone), what="a new reserve")
    assert phone.complaints == []


def has_reserve(phone: Phone) -> bool:
    return any(one["id"] == "reserve" for one in json.loads(phone.page.evaluate(KEPT, "blobs")))


def test_what_went_out_without_room_to_note_it_takes_no_tick_any_more(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: list[dict[str, Any]]
) -> None:
    task = visits[1]
    first, second = [item["key"] for item in task["checklist"] if item["kind"] == "tick" and item["required"]][:2]
    answered = "select exists (select from task_answer where task_id = %(id)s and item_key = %(key)s)"
    phone.sign_in()
    phone.go(f"/m/tasks/{task['id']}")
    expect(phone.page.get_by_role("button", name="Set out")).to_be_visible()
    proxy.become(Network.DOWN)
    set_out(phone, task)
    phone.page.locator(f"#item-{first} [type=checkbox]").click()
    expect(phone.sync).to_contain_text("3 waiting")
    phone.kill(keeps_session=True)
    phone.open()
    Storage(phone).hold(1)
    phone.page.route("**/checklist", lambda route: (route.fetch(), route.abort()))
    phone.go(f"/m/tasks/{task['id']}")
    expect(phone.sync).to_contain_text("3 waiting")
    assert phone.tries()[-1] == 0

    # It arrives, the answer is lost, and the phone has no room to count the attempt before it dies.
    proxy.become(Network.UP)
    until(
        lambda: phone.page.wait_for_timeout(100) or running_company.value(answered, id=task["id"], key=first), what="it"
    )
    assert phone.tries() == [0]
    phone.kill(keeps_session=True)
    proxy.become(Network.DOWN)
    phone.open()
    phone.go(f"/m/tasks/{task['id']}")
    phone.page.locator(f"#item-{second} [type=checkbox]").click()
    expect(phone.sync).to_contain_text("2 waiting")
    proxy.become(Network.UP)
    phone.wait_until_sent()
    running_company.wait_for(answered, id=task["id"], key=second)
    keys = [one.headers["idempotency-key"] for one in proxy.requests(f"PATCH /api/v1/tasks/{task['id']}/checklist")]
    assert len(set(keys)) == 2
    assert phone.complaints == []


def test_what_took_the_place_of_an_entry_on_its_way_is_sent_too(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: list[dict[str, Any]]
) -> None:
    task = visits[1]
    first, second = [item["key"] for item in task["checklist"] if item["kind"] == "tick" and item["required"]][:2]
    phone.sign_in()
    set_out(phone, task)
    phone.wait_until_sent()
    held: list[Any] = []
    phone.page.route("**/checklist", lambda route: held.append(route))
    phone.page.locator(f"#item-{first} [type=checkbox]").click()
    until(lambda: phone.page.wait_for_timeout(50) or held, what="the tick on its way")
    # As a person does in another tab: changed, so with another key, in the same place of the queue.
    phone.page.evaluate(CHANGE_THE_ONLY_ENTRY, {"id": str(uuid4()), "key": second})
    held.pop().continue_()
    phone.page.unroute("**/checklist")
    phone.wait_until_sent()
    for key in (first, second):
        running_company.wait_for(
            "select exists (select from task_answer where task_id = %(id)s and item_key = %(key)s)",
            id=task["id"],
            key=key,
        )


CHANGE_THE_ONLY_ENTRY = """
({id, key}) => new Promise(done => {
    const opening = indexedDB.open('field');
    opening.onsuccess = () => {
        const tx = opening.result.transaction('outbox', 'readwrite');
        const asking = tx.objectStore('outbox').openCursor();
        asking.onsuccess = () => {
            const row = asking.result.value;
            const body = {...row.body, answers: {[key]: true}, base: {[key]: null}};
            asking.result.update({...row, id, attempts: 0, body});
        };
        tx.oncomplete = () => { opening.result.close(); done(); };
    };
})
"""


def test_who_signs_in_again_in_one_tab_has_signed_in_in_all(
    phone: Phone, proxy: FaultProxy, visits: list[dict[str, Any]]
) -> None:
    phone.sign_in()
    other = phone.page.context.new_page()
    other.goto(f"{proxy.url}/m/")
    expect(other.locator(".day-progress")).to_be_visible(timeout=PATIENCE_MS)
    ended = proxy.refuse("GET /api/v1/bootstrap.*", 401, "sign-in-again", times=99)
    for page in (other, phone.page):
        page.goto(f"{proxy.url}/m/me")
        expect(page.get_by_text("Please sign in again.")).to_be_visible(timeout=PATIENCE_MS)
    ended.times = 0
    until(phone.is_signed_in, what="the day in the one tab")
    expect(other.get_by_text("Please sign in again.")).to_have_count(0, timeout=PATIENCE_MS)


def test_signing_out_with_unsent_work_asks_first(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: list[dict[str, Any]]
) -> None:
    phone.sign_in()
    phone.go(f"/m/tasks/{visits[0]['id']}")
    proxy.become(Network.DOWN)
    phone.press("Set out")
    phone.go("/m/me")
    phone.press("Sign out")
    expect(phone.page.get_by_text("1 entry has not been sent.")).to_be_visible()
    phone.press("Sign out anyway")
    expect(phone.page.get_by_label("Phone number")).to_be_visible()
    with phone.page.expect_response(lambda answer: answer.url.endswith("/api/v1/sessions")):
        proxy.become(Network.UP)
        phone.go("/m/")  # The cookie is still there; the app ends its session now that it can.
    phone.sign_in()
    phone.wait_until_sent()
    assert status_of(running_company, visits[0]) == "active"


def test_four_tabs_send_one_step_once(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: list[dict[str, Any]]
) -> None:
    phone.sign_in()
    phone.go(f"/m/tasks/{visits[0]['id']}")
    proxy.become(Network.DOWN)
    phone.press("Set out")
    expect(phone.sync).to_contain_text("1 waiting")
    phone.kill(keeps_session=True)
    phone.open()
    tabs = [phone.page, *(phone.page.context.new_page() for _ in range(3))]
    for tab in tabs:
        tab.goto(f"{proxy.url}/m/")
        expect(tab.locator("a.sync")).to_contain_text("1 waiting", timeout=PATIENCE_MS)
    proxy.become(Network.UP)
    phone.wait_until_sent()
    assert steps(running_company, visits[0], "start") == 1


def test_everybody_can_use_the_pages(phone: Phone, visits: list[dict[str, Any]]) -> None:
    phone.sign_in()
    for path in ("/m/", f"/m/tasks/{visits[0]['id']}", "/m/messages", "/m/me", "/m/unsent"):
        phone.go(path)
        expect(phone.sync).to_be_visible()
        phone.page.wait_for_timeout(500)
        assert phone.barriers() == [], path


def test_the_pages_break_neither_script_nor_policy(phone: Phone, visits: list[dict[str, Any]]) -> None:
    phone.sign_in()
    for path in ("/m/", "/m/tomorrow", f"/m/tasks/{visits[0]['id']}", "/m/messages", "/m/me", "/m/unsent"):
        phone.go(path)
        expect(phone.sync).to_be_visible()
    assert phone.complaints == []
