"""The checklist and the evidence on the phone: every kind of item, the place of arrival, the door code, the goods."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Playwright, expect

from tests.browser.phone import ASSOCIATE, PASSWORD, Phone, until
from tests.browser.proxy import FaultProxy, Network
from tests.company import Caller, Company
from tests.conftest import NOW

SUPERVISOR = "+85251000002"
HEAD_OFFICE = "+85251000001"
BARCODE = "4901234567894"

# The browser of the tests cannot read codes; what a phone's would find is put into its place. Everything around it,
# the camera too, is the real thing.
READS_CODES = f"""
window.BarcodeDetector = class {{
  static getSupportedFormats() {{ return Promise.resolve(['ean_13', 'qr_code']); }}
  detect(video) {{
    const sees = video.videoWidth > 0 ? [{{rawValue: window.nextCode || '{BARCODE}'}}] : [];
    return Promise.resolve(sees);
  }}
}};
"""


def three(words: str) -> dict[str, str]:
    return {"zh_Hans": words, "zh_Hant": words, "en": words}


def item(key: str, heart: str, kind: str, label: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "heart": heart, "kind": kind, "label": three(label), **more}


def choices(**labels: str) -> list[dict[str, Any]]:
    return [{"key": key, "label": three(label)} for key, label in labels.items()]


EVERY_KIND = [
    item("greeted", "care", "tick", "Greeted by name", required=True),
    item(
        "gift",
        "care",
        "gift",
        "Small thank-you",
        choices=choices(given="Card given", declined="Declined", none="None this time"),
    ),
    item(
        "mood", "sincerity", "choice", "How is the customer", choices=choices(glad="Glad", busy="Busy"), required=True
    ),
    item("wishes", "sincerity", "text", "What the customer wishes"),
    item(
        "fits",
        "thoughtfulness",
        "pass_fail",
        "The product suits",
        required=True,
        follow_up={"type": "callback", "reason": "complaint", "days": 1},
    ),
    item(
        "what_is_wrong",
        "thoughtfulness",
        "text",
        "What is wrong",
        visible_if={"item": "fits", "is": "fail"},
        required=True,
    ),
    item("left", "detail", "number", "Tins left", min=0, max=20, unit="tins", required=True),
    item("shelf", "detail", "photo", "The shelf", required=True),
    item("serial", "detail", "code", "Serial number"),
    item("signed", "conscience", "signature", "Signature"),
    item("door_code", "conscience", "code", "The code the customer reads out"),
]


@pytest.fixture(scope="module")
def head_office(running_company: Company) -> Caller:
    return running_company.sign_in(HEAD_OFFICE, PASSWORD)


@pytest.fixture(scope="module")
def supervisor(running_company: Company, head_office: Caller) -> Caller:
    for task_type in ("home_visit", "delivery"):
        about = {"task_type": task_type, "reason": "milestone", "name": three("Every kind"), "items": EVERY_KIND}
        head_office.post("/checklist-templates", about)
    return running_company.sign_in(SUPERVISOR, PASSWORD)


@pytest.fixture(scope="module")
def me(running_company: Company) -> dict[str, Any]:
    return running_company.sign_in(ASSOCIATE, PASSWORD).get("/me")


@pytest.fixture(scope="module")
def home(running_company: Company, me: dict[str, Any]) -> dict[str, Any]:
    """A customer whose door has a place on the map."""
    [found] = running_company.rows(
        "select id, lat::float, lng::float from customer"
        " where store_id = %(store)s and owner_id = %(me)s and phone is not null and lat is not null"
        " order by id limit 1",
        store=me["store_ids"][0],
        me=me["id"],
    )
    return found


@pytest.fixture
def make_task(supervisor: Caller, me: dict[str, Any], home: dict[str, Any]) -> Any:
    def make(**more: Any) -> dict[str, Any]:
        about = {
            "type": "home_visit",
            "reason": "milestone",
            "customer_id": home["id"],
            "window_start": (NOW + timedelta(hours=4)).isoformat(),
            "window_end": (NOW + timedelta(hours=5)).isoformat(),
            "assignee_id": me["id"],
        }
        return supervisor.post("/tasks", about | more)

    return make


@pytest.fixture
def phone(playwright: Playwright, proxy: FaultProxy, browser_type_launch_args: dict[str, Any]) -> Iterator[Phone]:
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    launch = {**browser_type_launch_args, "args": [*browser_type_launch_args["args"], *camera]}
    phone = Phone(playwright, proxy, launch=launch).open()
    yield phone
    phone.close()
    assert phone.complaints == []


def a_small_photo(colour: str) -> dict[str, Any]:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(file, "JPEG")
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def place_of(phone: Phone, key: str) -> Locator:
    return phone.page.locator(f"#item-{key}")


def goods_of(phone: Phone) -> Locator:
    return phone.page.get_by_role("region", name="Goods").locator("li")


def open_task(phone: Phone, task: dict[str, Any]) -> None:
    phone.go(f"/m/tasks/{task['id']}")
    expect(phone.page.get_by_role("region", name="Checklist")).to_be_visible()


def arrive(phone: Phone, task: dict[str, Any]) -> None:
    open_task(phone, task)
    phone.press("Set out")
    phone.press("I have arrived")


def answers_of(company: Company, task: dict[str, Any]) -> dict[str, Any]:
    rows = company.rows("select item_key, value from task_answer where task_id = %(id)s", id=task["id"])
    return {row["item_key"]: row["value"] for row in rows}


def places_of(company: Company, task: dict[str, Any]) -> list[dict[str, Any]]:
    return company.rows(
        "select place_state, distance_metres, is_exception from evidence"
        " where task_id = %(id)s and kind = 'place' order by id",
        id=task["id"],
    )


def wait_for_disk(phone: Phone) -> None:
    until(lambda: "Saving" not in (phone.sync.text_content() or ""), what="the disk")


def test_every_kind_of_item_is_answered_without_signal_and_outlives_the_phone(
    phone: Phone, proxy: FaultProxy, running_company: Company, make_task: Any
) -> None:
    task = make_task()
    phone.page.context.add_init_script(READS_CODES)
    phone.sign_in()
    arrive(phone, task)
    phone.press("No, thank you")
    phone.wait_until_sent()
    proxy.become(Network.DOWN)

    # One hand: a tap answers, and a quiet line takes the last one back.
    tick = place_of(phone, "greeted").get_by_role("checkbox")
    tick.click()
    undo = phone.page.locator(".undo-line button")
    expect(undo).to_contain_text("Greeted by name")
    undo.click()
    expect(tick).not_to_be_checked()
    tick.click()
    place_of(phone, "gift").get_by_role("radio", name="Card given").click()
    place_of(phone, "mood").get_by_role("radio", name="Busy").click()
    undo.click()
    expect(place_of(phone, "mood").get_by_role("radio", name="Busy")).not_to_be_checked()
    place_of(phone, "mood").get_by_role("radio", name="Glad").click()
    place_of(phone, "wishes").get_by_role("textbox").fill("Smaller tins")

    # What does not show is not asked; what fails opens a task, and the phone says so.
    expect(place_of(phone, "what_is_wrong")).to_have_count(0)
    place_of(phone, "fits").get_by_role("radio", name="Not good").click()
    expect(place_of(phone, "fits")).to_contain_text("a new task opens for this: Callback, tomorrow")
    place_of(phone, "what_is_wrong").get_by_role("textbox").fill("Too sweet")

    left = place_of(phone, "left")
    left.get_by_role("textbox").fill("21")
    expect(left).to_contain_text("This is more than 20")
    left.get_by_role("textbox").fill("3")
    left.get_by_role("button", name="One more").click()
    expect(left.get_by_role("textbox")).to_have_value("4")

    shelf = place_of(phone, "shelf")
    for colour in ("red", "green"):
        shelf.locator("input[type=file]").last.set_input_files(a_small_photo(colour))
    expect(shelf.locator("img")).to_have_count(2)
    shelf.locator("li").first.locator("input[type=file]").set_input_files(a_small_photo("blue"))
    expect(shelf.locator("img")).to_have_count(2)
    odd = {"name": "odd.heic", "mimeType": "image/heic", "buffer": b"a picture that this browser cannot show"}
    shelf.locator("input[type=file]").last.set_input_files(odd)
    expect(shelf.locator(".thumbnail.blank")).to_have_count(1)
    shelf.get_by_role("button", name="Remove picture 3").click()
    expect(shelf.locator("li")).to_have_count(2)

    serial = place_of(phone, "serial")
    serial.get_by_role("button", name="Scan").click()
    expect(serial.get_by_role("textbox")).to_have_value(BARCODE)

    signed = place_of(phone, "signed")
    signed.get_by_role("button", name="Type the name").click()
    signed.get_by_role("textbox", name="Name of who signs").fill("陳太")
    signed.get_by_role("button", name="Keep the name").click()
    expect(signed.locator("img")).to_be_visible()
    signed.get_by_role("button", name="Remove picture 1").click()
    phone.sign(signed)

    code = place_of(phone, "door_code")
    code.get_by_role("textbox").press_sequentially("99a99")
    expect(code.get_by_role("textbox")).to_have_value("9999")
    expect(code).to_contain_text("It is checked when it has been sent.")
    phone.page.locator(".free-photos input[type=file]").set_input_files(a_small_photo("yellow"))
    expect(phone.page.locator(".free-photos img")).to_have_count(1)
    wait_for_disk(phone)

    phone.kill()
    phone.open()
    open_task(phone, task)
    expect(place_of(phone, "greeted").get_by_role("checkbox")).to_be_checked()
    expect(place_of(phone, "left").get_by_role("textbox")).to_have_value("4")
    expect(place_of(phone, "what_is_wrong").get_by_role("textbox")).to_have_value("Too sweet")
    expect(place_of(phone, "shelf").locator("img")).to_have_count(2)
    expect(place_of(phone, "signed").locator("img")).to_be_visible()
    expect(phone.page.locator(".heart-count").filter(has_text="All done")).to_have_count(5)
    phone.press("Finish")
    expect(phone.page.get_by_role("button", name="Undo")).to_be_visible()

    proxy.become(Network.UP)
    phone.go("/m/")
    phone.sign_in_if_asked()
    phone.wait_until_sent()
    assert running_company.value("select status from task where id = %(id)s", id=task["id"]) == "completed"
    answers = answers_of(running_company, task)
    simple = {"greeted": True, "gift": "given", "mood": "glad", "wishes": "Smaller tins", "fits": "fail"}
    assert {key: answers[key] for key in simple} == simple
    assert (answers["what_is_wrong"], answers["left"], answers["serial"]) == ("Too sweet", 4, BARCODE)
    kept = running_company.rows(
        "select item_key, blob_id::text from evidence where task_id = %(id)s and blob_id is not null", id=task["id"]
    )
    assert {one["blob_id"] for one in kept if one["item_key"] == "shelf"} == set(answers["shelf"])
    assert [one["blob_id"] for one in kept if one["item_key"] == "signed"] == [answers["signed"]]
    assert len([one for one in kept if one["item_key"] is None]) == 1
    follow_up = "select type, link from task where parent_id = %(id)s"
    assert running_company.rows(follow_up, id=task["id"]) == [{"type": "callback", "link": "follow_up"}]
    assert [place["place_state"] for place in places_of(running_company, task)] == ["declined"]


def test_a_photo_whose_page_died_under_the_camera_is_there_again(
    phone: Phone, proxy: FaultProxy, running_company: Company, make_task: Any
) -> None:
    task = make_task()
    phone.sign_in()
    arrive(phone, task)
    phone.wait_until_sent()
    proxy.become(Network.DOWN)
    shelf = place_of(phone, "shelf")
    # The page dies while the picture is made smaller: this is how far it got.
    phone.page.evaluate("void (createImageBitmap = () => new Promise(() => undefined))")
    shelf.locator("input[type=file]").last.set_input_files(a_small_photo("red"))
    expect(shelf).to_contain_text("One moment")
    phone.wait_until_typed(f"taken:{task['id']}:shelf:")
    phone.kill()
    phone.open()
    open_task(phone, task)
    expect(place_of(phone, "shelf").locator("img")).to_have_count(1)
    proxy.become(Network.UP)
    phone.sign_in_if_asked()
    phone.wait_until_sent()
    assert len(answers_of(running_company, task)["shelf"]) == 1


def test_the_place_of_arrival_is_asked_for_once_and_never_holds_anybody_up(
    phone: Phone, proxy: FaultProxy, running_company: Company, make_task: Any, home: dict[str, Any]
) -> None:
    near, far, offline, denied = (make_task() for _ in range(4))
    context = phone.page.context
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"latitude": home["lat"] + 0.0003, "longitude": home["lng"], "accuracy": 12})
    phone.sign_in()
    arrive(phone, near)
    # Arrived already; the question stands in the page and locks nothing.
    expect(phone.page.get_by_role("button", name="Finish")).to_be_enabled()
    phone.press("Note the place")
    expect(phone.page.locator(".place-line")).to_contain_text("Place noted.")
    [place] = places_of(running_company, near)
    assert (place["place_state"], place["is_exception"]) == ("given", False)
    assert place["distance_metres"] < 100

    context.set_geolocation({"latitude": home["lat"] + 0.05, "longitude": home["lng"], "accuracy": 20})
    arrive(phone, far)
    expect(phone.page.locator(".place-line")).to_contain_text("far from the address")
    [place] = places_of(running_company, far)
    assert (place["is_exception"], place["distance_metres"] > 5000) == (True, True)

    open_task(phone, offline)
    proxy.become(Network.DOWN)
    phone.press("Set out")
    phone.press("I have arrived")
    expect(phone.page.locator(".place-line")).to_contain_text("not sent yet")
    proxy.become(Network.UP)
    phone.wait_until_sent()
    assert [place["place_state"] for place in places_of(running_company, offline)] == ["given"]

    context.clear_permissions()
    debugger = context.new_cdp_session(phone.page)
    setting = {"permission": {"name": "geolocation"}, "setting": "denied", "origin": proxy.url}
    debugger.send("Browser.setPermission", setting)
    arrive(phone, denied)
    expect(phone.page.locator(".place-line")).to_contain_text("does not let the app know")
    phone.wait_until_sent()
    assert [place["place_state"] for place in places_of(running_company, denied)] == ["denied"]

    # What was allowed once can be taken back.
    phone.go("/m/me")
    mine = phone.page.get_by_role("region", name="Place of arrival")
    expect(mine.get_by_role("radio", name="Note it", exact=True)).to_be_checked()
    mine.get_by_role("radio", name="Do not note it").click()
    last = make_task()
    arrive(phone, last)
    expect(phone.page.locator(".place-line")).to_contain_text("as you chose")


def test_the_door_code_is_told_right_or_wrong_and_stops_nobody(
    phone: Phone, running_company: Company, make_task: Any
) -> None:
    task = make_task()
    expected = running_company.value("select door_code from task where id = %(id)s", id=task["id"])
    phone.sign_in()
    arrive(phone, task)
    place = place_of(phone, "door_code")
    field = place.get_by_role("textbox")
    expect(field).to_have_attribute("autocomplete", "one-time-code")
    field.fill("0000" if expected != "0000" else "1111")
    expect(place).to_contain_text("This is not the customer’s code.")
    expect(phone.page.get_by_role("button", name="Finish")).to_be_enabled()
    field.fill(expected)
    expect(place).to_contain_text("The code is right.")
    assert phone.barriers() == []


def test_goods_are_checked_by_their_code_and_what_is_short_is_brought_later(
    phone: Phone, proxy: FaultProxy, running_company: Company, head_office: Caller, make_task: Any
) -> None:
    product = {"name": three("Rice cereal"), "category": "food", "barcode": BARCODE}
    tins = head_office.post("/products", {**product, "code": "RC-1"})
    other = head_office.post("/products", {**product, "code": "RC-2", "barcode": "4909999999996"})
    lines = [{"product_id": tins["id"], "quantity": 4}, {"product_id": other["id"], "quantity": 2}]
    task = make_task(type="delivery", direction="bring", lines=lines)
    phone.page.context.add_init_script(READS_CODES)
    phone.sign_in()
    arrive(phone, task)
    phone.press("No, thank you")
    phone.wait_until_sent()
    proxy.become(Network.DOWN)

    goods = goods_of(phone)
    goods.first.get_by_role("button", name="Scan").click()
    expect(goods.first).to_contain_text("The right product.")
    goods.last.get_by_role("button", name="Type the code").click()
    goods.last.get_by_role("textbox").fill("123456")
    goods.last.get_by_role("button", name="Check").click()
    expect(goods.last).to_contain_text("123456 is another product")

    phone.press("Not all done")
    counted = phone.page.locator(".line-counts li")
    counted.first.get_by_role("group", name="Delivered").get_by_role("button", name="One less").click(click_count=3)
    counted.first.get_by_role("group", name="Refused").get_by_role("button", name="One more").click()
    expect(counted.first.locator(".short")).to_contain_text("2")
    expect(phone.page.locator(".what-follows")).to_contain_text("2 pieces are brought later")
    expect(phone.page.locator(".what-follows")).to_contain_text("1 refused piece goes back")
    phone.page.get_by_role("textbox", name="Note").fill("Two tins were dented")
    phone.wait_until_typed("Two tins were dented")

    phone.kill()
    phone.open()
    open_task(phone, task)
    phone.press("Not all done")
    expect(phone.page.locator(".what-follows")).to_contain_text("2 pieces are brought later")
    expect(phone.page.get_by_role("textbox", name="Note")).to_have_value("Two tins were dented")
    phone.press("Finish in part")
    expect(goods_of(phone).first).to_contain_text("1 delivered · 1 refused · 2 still to come")
    proxy.become(Network.UP)
    phone.sign_in_if_asked()
    phone.wait_until_sent()

    columns = "select delivered, refused, is_code_checked from task_line where task_id = %(id)s order by id"
    assert running_company.rows(columns, id=task["id"]) == [
        {"delivered": 1, "refused": 1, "is_code_checked": True},
        {"delivered": 2, "refused": 0, "is_code_checked": False},
    ]
    carried = "select l.quantity from task t join task_line l on l.task_id = t.id where t.parent_id = %(id)s"
    assert running_company.rows(carried, id=task["id"]) == [{"quantity": 2}]
