"""What the phone does with each answer of the server, and with none: the table of the protocol, row by row."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.phone import ASSOCIATE, PATIENCE_MS, Phone, a_photo, end_sessions, until
from tests.browser.proxy import FaultProxy, Network, Request
from tests.company import Caller, Company
from tests.conftest import NOW

TOO_LARGE_BYTES = 400_000

Visits = Callable[[int], list[dict[str, Any]]]


@pytest.fixture
def visits(running_company: Company, supervisor: Caller, associate: Caller) -> Visits:
    """`visits(3)`: so many visits after a complaint, which ask for words and photos, given to the associate."""
    me = associate.get("/me")

    def make(count: int) -> list[dict[str, Any]]:
        customers = running_company.rows(
            "select id from customer where store_id = %(store)s and phone is not null"
            " order by (owner_id = %(me)s) desc, id limit %(count)s",
            store=me["store_ids"][0],
            me=me["id"],
            count=count,
        )
        asked = {
            "type": "home_visit",
            "reason": "complaint",
            "window_start": (NOW + timedelta(hours=5)).isoformat(),
            "window_end": (NOW + timedelta(hours=6)).isoformat(),
            "assignee_id": me["id"],
        }
        return [supervisor.post("/tasks", asked | {"customer_id": one["id"]}) for one in customers]

    return make


def start_of(task: dict[str, Any]) -> str:
    return f"POST /api/v1/tasks/{task['id']}/start"


def status_of(company: Company, task: dict[str, Any]) -> str:
    return str(company.value("select status from task where id = %(id)s", id=task["id"]))


def set_out(phone: Phone, *tasks: dict[str, Any]) -> None:
    for task in tasks:
        phone.go(f"/m/tasks/{task['id']}")
        phone.press("Set out")
        saved(phone)


def saved(phone: Phone) -> None:
    until(lambda: not phone.says("Saving"), what="the disk")


def rows_on(phone: Phone) -> Locator:
    return phone.page.locator(".unsent-row")


def keys_of(requests: list[Request]) -> list[str]:
    return [request.headers["idempotency-key"] for request in requests]


def test_each_refusal_is_met_as_the_table_says(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: Visits
) -> None:
    # The first in the queue is tried again and again while nobody is there; that must not make it wait longer later.
    broken, in_flight, busy, late, ruled_out, forbidden, unknown = tasks = visits(7)
    phone.sign_in()
    proxy.become(Network.DOWN)
    set_out(phone, *tasks[:-1])
    expect(phone.sync).to_contain_text("6 waiting")
    twice = proxy.refuse(start_of(in_flight), 409, "in-flight", times=2, retry_after=1)
    once = [
        proxy.refuse(start_of(broken), 500, "internal-error"),
        proxy.refuse(start_of(busy), 429, "too-many-requests", retry_after=1),
        proxy.refuse(start_of(late), 408, "request-timeout"),
    ]
    for_good = [
        proxy.refuse(start_of(ruled_out), 422, "invalid", detail="Not on a Sunday"),
        proxy.refuse(start_of(forbidden), 403, "forbidden", detail="Not yours"),
    ]
    proxy.become(Network.UP)

    # What passes by itself goes out by itself, with the same key; what does not waits for the person, and holds up
    # nobody else.
    for task in (in_flight, broken, busy, late):
        running_company.wait_for(lambda task=task: status_of(running_company, task) == "active", timeout=60)
    assert (len(twice.met), [len(one.met) for one in once]) == (2, [1, 1, 1])
    assert {*keys_of(twice.met), *keys_of(proxy.requests(start_of(in_flight)))} == set(keys_of(twice.met)[:1])
    expect(phone.sync).to_contain_text("2 need you", timeout=PATIENCE_MS)
    assert [len(one.met) for one in for_good] == [1, 1]

    phone.kill(keeps_session=True)
    phone.open()
    phone.go(f"/m/tasks/{ruled_out['id']}")
    until(lambda: phone.says("2 need you"), what="what was refused, after the phone died")
    card = phone.page.locator(".task .blocked")
    expect(card).to_contain_text("Not on a Sunday")
    card.get_by_role("button", name="Try again").click()
    running_company.wait_for(lambda: status_of(running_company, ruled_out) == "active", timeout=60)
    expect(phone.sync).to_contain_text("1 needs you", timeout=PATIENCE_MS)
    # The step counts before the phone hears of it, and leaving the page now would leave the entry in the list.
    until(lambda: len(phone.tries()) == 1, what="the answer to the step tried again")

    phone.go("/m/unsent")
    expect(rows_on(phone)).to_contain_text("Not yours")
    phone.press("Discard")
    expect(phone.page.get_by_text("This entry was never received. Discard it?")).to_be_visible()
    phone.press("Keep it")
    expect(rows_on(phone)).to_have_count(1)
    phone.press("Discard")
    phone.press("Discard for good")
    phone.wait_until_sent()
    assert proxy.requests(start_of(forbidden)) == []

    # 426: nothing is sent, nothing is lost, and the way on is offered.
    asked = (start_of(unknown), "GET /api/v1/bootstrap.*")
    too_old = [proxy.refuse(pattern, 426, "app-too-old", times=99) for pattern in asked]
    set_out(phone, unknown)
    banner = phone.page.locator(".banner")
    expect(banner).to_contain_text("There is a new version, and this one cannot send any more.")
    expect(phone.sync).to_contain_text("1 waiting")
    # The look at the day was told first; the step asks a moment later.
    until(lambda: too_old[0].met, what="the step that was told to wait")
    assert proxy.requests(start_of(unknown)) == []
    with phone.page.expect_navigation(wait_until="commit"):
        banner.get_by_role("button", name="Reload").click()
    for one in too_old:
        one.times = 0
    running_company.wait_for(lambda: status_of(running_company, unknown) == "active", timeout=60)
    phone.wait_until_sent()
    expect(banner).to_have_count(0)


def test_pictures_are_sent_again_made_smaller_or_taken_along_as_a_copy(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: Visits, tmp_path: Path
) -> None:
    lost, large, hopeless = visits(3)
    phone.sign_in()
    for task in (lost, large, hopeless):
        set_out(phone, task)
    phone.wait_until_sent()

    missing = proxy.refuse(f"POST /api/v1/tasks/{lost['id']}/evidence", 409, "blob-missing")
    photograph(phone, lost)
    until(lambda: evidence_of(running_company, lost) == 1, what="the picture that had to be sent again")
    assert len(missing.met) == 1
    assert len(proxy.requests("PUT /api/v1/blobs/.*")) == 2

    uploads = len(proxy.requests("PUT /api/v1/blobs/.*"))
    refused = proxy.refuse(
        "PUT /api/v1/blobs/.*", 413, "too-large", times=9, when=lambda request: request.size > TOO_LARGE_BYTES
    )
    photograph(phone, large)
    until(lambda: evidence_of(running_company, large) == 1, what="the picture made smaller")
    assert len(refused.met) == 1
    (smaller,) = proxy.requests("PUT /api/v1/blobs/.*")[uploads:]
    assert smaller.line == refused.met[0].line
    assert smaller.size < TOO_LARGE_BYTES < refused.met[0].size
    phone.wait_until_sent()

    refused.times = 0
    never = proxy.refuse("PUT /api/v1/blobs/.*", 413, "too-large", times=99, detail="Too large for us")
    photograph(phone, hopeless)
    expect(phone.sync).to_contain_text("1 needs you", timeout=PATIENCE_MS)
    assert len(never.met) == 2
    card = phone.page.locator(".task .blocked")
    expect(card).to_contain_text("Too large for us")
    phone.kill(keeps_session=True)
    phone.open()
    phone.go(f"/m/tasks/{hopeless['id']}")
    until(lambda: phone.says("1 needs you"), what="the picture, after the phone died")
    with phone.page.expect_download() as saving:
        phone.page.locator(".task .blocked").get_by_role("button", name="Save a copy").click()
    (only,) = requests_in(saving.value.path(), tmp_path)
    assert (only["verb"], only["state"]) == ("evidence", "blocked")

    phone.go("/m/unsent")
    with phone.page.expect_download() as saving:
        phone.press("Save a copy of all (zip)")
    assert saving.value.suggested_filename.endswith(".zip")
    evidence, answers = requests_in(saving.value.path(), tmp_path)
    assert evidence["id"] == only["id"]
    assert evidence["blobs"][0] in json.dumps(answers["body"]["answers"])

    # Let go of it: the answer behind it does not speak of a picture that nobody has.
    rows_on(phone).first.get_by_role("button", name="Discard").click()
    rows_on(phone).first.get_by_role("button", name="Discard for good").click()
    phone.wait_until_sent()
    assert evidence_of(running_company, hopeless) == 0
    named = "select count(*) from task_answer where task_id = %(id)s and value::text like %(picture)s"
    assert running_company.value(named, id=hopeless["id"], picture=f"%{evidence['blobs'][0]}%") == 0


def test_a_picture_that_nobody_can_read_makes_place_for_another_one(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: Visits, tmp_path: Path
) -> None:
    (task,) = visits(1)
    phone.sign_in()
    set_out(phone, task)
    phone.wait_until_sent()
    key = next(item["key"] for item in task["checklist"] if item["kind"] == "photo" and item["visible"])
    odd = {"name": "odd.heic", "mimeType": "image/heic", "buffer": b"a picture of a kind that only its camera knows"}
    phone.page.locator(f"#item-{key} input[type=file]").last.set_input_files(odd)

    expect(phone.sync).to_contain_text("1 needs you", timeout=PATIENCE_MS)
    card = phone.page.locator(".task .blocked")
    expect(card).to_contain_text("This file is not a picture that we can read")
    assert phone.barriers() == []
    with phone.page.expect_download() as saving:
        card.get_by_role("button", name="Save a copy").click()
    (only,) = requests_in(saving.value.path(), tmp_path)
    assert (tmp_path / "pictures" / f"{only['blobs'][0]}.heic").read_bytes() == odd["buffer"]

    photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}
    card.locator("input[type=file]").set_input_files(photo)
    expect(card).to_have_count(0)
    phone.wait_until_sent()
    assert evidence_of(running_company, task) == 1
    named = "select value from task_answer where task_id = %(id)s and item_key = %(key)s"
    kept = "select blob_id::text from evidence where task_id = %(id)s and blob_id is not null"
    assert running_company.value(named, id=task["id"], key=key) == [running_company.value(kept, id=task["id"])]


def test_an_entry_whose_picture_has_gone_from_the_phone_says_so_and_does_not_go_round_in_circles(
    phone: Phone, proxy: FaultProxy, visits: Visits
) -> None:
    (task,) = visits(1)
    phone.sign_in()
    set_out(phone, task)
    phone.wait_until_sent()
    proxy.become(Network.DOWN)
    photograph(phone, task)
    saved(phone)
    phone.page.evaluate(FORGET_PICTURES)
    proxy.become(Network.UP)
    expect(phone.sync).to_contain_text("1 needs you", timeout=PATIENCE_MS)
    expect(phone.page.locator(".task .blocked")).to_contain_text("The photo is no longer on this phone.")
    assert len(proxy.requests(f"POST /api/v1/tasks/{task['id']}/evidence")) == 1


def test_an_entry_that_the_app_stumbles_over_holds_up_no_other_task(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: Visits
) -> None:
    stumbles, other = visits(2)
    phone.sign_in()
    set_out(phone, stumbles)
    phone.wait_until_sent()
    proxy.become(Network.DOWN)
    photograph(phone, stumbles)
    saved(phone)
    set_out(phone, other)
    # To make the picture smaller the phone has to count its sum anew.
    phone.page.evaluate("void (crypto.subtle.digest = () => Promise.reject(new Error('no sums today')))")
    proxy.refuse(
        "PUT /api/v1/blobs/.*", 413, "too-large", times=99, when=lambda request: request.size > TOO_LARGE_BYTES
    )
    proxy.become(Network.UP)
    running_company.wait_for(lambda: status_of(running_company, other) == "active", timeout=60)
    until(lambda: phone.page.wait_for_timeout(50) or phone.complaints, what="the word of what it stumbled over")
    assert set(phone.complaints) == {"no sums today"}
    phone.page.reload()
    until(lambda: evidence_of(running_company, stumbles) == 1, what="the picture, once sums are counted again")
    phone.wait_until_sent()


FORGET_PICTURES = """
() => new Promise(done => {
    const opening = indexedDB.open('field');
    opening.onsuccess = () => {
        const tx = opening.result.transaction('blobs', 'readwrite');
        tx.objectStore('blobs').clear();
        tx.oncomplete = () => { opening.result.close(); done(); };
    };
})
"""


def photograph(phone: Phone, task: dict[str, Any]) -> None:
    phone.go(f"/m/tasks/{task['id']}")
    key = next(item["key"] for item in task["checklist"] if item["kind"] == "photo" and item["visible"])
    phone.take_photo(phone.page.locator(f"#item-{key}"))


def evidence_of(company: Company, task: dict[str, Any]) -> int:
    return int(
        company.value("select count(*) from evidence where task_id = %(id)s and blob_id is not null", id=task["id"])
    )


def requests_in(path: Path, folder: Path) -> list[dict[str, Any]]:
    """Opens the copy as any computer would and checks that each picture in it is whole."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as copy:
        assert copy.testzip() is None
        told = json.loads(copy.read("requests.json"))
        copy.extractall(folder)
        for picture in told["pictures"]:
            assert sha256(copy.read(picture["file"])).hexdigest() == picture["sha256"]
    named = {blob for request in told["requests"] for blob in request["blobs"]}
    assert {picture["id"] for picture in told["pictures"]} == named
    assert told["user"]["name"]
    return list(told["requests"])


def test_of_two_texts_the_person_keeps_the_own_the_other_or_both(
    phone: Phone, proxy: FaultProxy, running_company: Company, associate: Caller, visits: Visits
) -> None:
    tasks = dict(zip(("Keep mine", "Keep theirs", "Keep both"), visits(3), strict=True))
    (note, *_) = [item["key"] for item in tasks["Keep mine"]["checklist"] if item["kind"] == "text" and item["visible"]]
    phone.sign_in()
    for task in tasks.values():
        set_out(phone, task)
    phone.wait_until_sent()
    for number, task in enumerate(tasks.values(), start=1):
        phone.go(f"/m/tasks/{task['id']}")
        expect(phone.page.locator(f"#item-{note} textarea")).to_be_visible()
        proxy.become(Network.DOWN)
        phone.page.locator(f"#item-{note} textarea").fill("Likes lilies")
        expect(phone.sync).to_contain_text(f"{number} waiting")
    for task in tasks.values():
        assert associate.call("PATCH", f"/tasks/{task['id']}/checklist", {"answers": {note: "Likes roses"}}).ok
    phone.kill(keeps_session=True)
    proxy.become(Network.UP)
    phone.open()
    phone.go("/m/")
    until(lambda: phone.says("3 need you"), what="three texts to decide")

    for choice, task in tasks.items():
        phone.go(f"/m/tasks/{task['id']}")
        card = phone.page.locator(".task .blocked")
        expect(card.locator("dd").nth(0)).to_have_text("Likes lilies")
        expect(card.locator("dd").nth(1)).to_have_text("Likes roses")
        assert phone.barriers() == []
        card.get_by_role("button", name=choice).click()
        expect(card).to_have_count(0)
    phone.wait_until_sent()
    wanted = {"Keep mine": "Likes lilies", "Keep theirs": "Likes roses", "Keep both": "Likes roses\nLikes lilies"}
    for choice, task in tasks.items():
        told = running_company.value(
            "select value #>> '{}' from task_answer where task_id = %(id)s and item_key = %(key)s",
            id=task["id"],
            key=note,
        )
        assert told == wanted[choice]
        keys = keys_of(proxy.requests(f"PATCH /api/v1/tasks/{task['id']}/checklist"))
        assert len(set(keys)) == (1 if choice == "Keep theirs" else 2), choice


def test_somebody_elses_queue_waits_unseen_until_its_owner_is_back(
    phone: Phone, proxy: FaultProxy, running_company: Company, visits: Visits
) -> None:
    (task,) = visits(1)
    colleague = running_company.value(
        "select phone from staff where role = 'associate' and phone <> %(mine)s and is_active order by id limit 1",
        mine=ASSOCIATE,
    )
    phone.sign_in()
    proxy.become(Network.DOWN)
    set_out(phone, task)
    phone.kill(keeps_session=True)
    phone.open()
    end_sessions(running_company, ASSOCIATE)
    proxy.become(Network.UP)
    phone.go("/m/")
    expect(phone.page.get_by_text("Please sign in again. Nothing is lost.")).to_be_visible(timeout=PATIENCE_MS)
    phone.page.get_by_label("Phone number").fill(colleague)
    until(phone.is_signed_in, what="the colleague's day")
    phone.wait_until_sent()
    phone.go("/m/unsent")
    expect(phone.page.get_by_text("Nothing waits on this phone.")).to_be_visible()
    assert status_of(running_company, task) == "assigned"
    asked_before = len(proxy.requests(start_of(task)))

    end_sessions(running_company, colleague)
    phone.go("/m/me")
    expect(phone.page.get_by_text("Please sign in again.")).to_be_visible(timeout=PATIENCE_MS)
    phone.page.get_by_label("Phone number").fill(ASSOCIATE)
    until(phone.is_signed_in, what="the owner's day")
    running_company.wait_for(lambda: status_of(running_company, task) == "active", timeout=60)
    assert len(proxy.requests(start_of(task))) == asked_before + 1
