"""What vouches for a visit: the place of arrival, the code read out, the codes on packs; and what a gift may not be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.tasks import at_the_door, queries, service
from app.tasks.at_the_door import Place
from app.tasks.errors import NotYourStep
from app.tasks.kinds import PlaceState
from app.tasks.models import Evidence, Task, TaskLine
from tests.factories.purchases import make_product
from tests.factories.tasks import ENOUGH_ANSWERS, SMALL_CHECKLIST, make_checklist, text3
from tests.tasks.conftest import Shop
from tests.tasks.test_evidence import picture, upload

AT_THE_DOOR = Place(PlaceState.GIVEN, lat=22.2784, lng=114.1748, accuracy=24.6)
FAR_AWAY = Place(PlaceState.GIVEN, lat=22.3193, lng=114.1694, accuracy=30)
GIFT: dict[str, Any] = {
    "key": "gift",
    "heart": "care",
    "kind": "gift",
    "label": text3("Small thank-you"),
    "choices": [{"key": "given", "label": text3("Given")}, {"key": "none", "label": text3("None")}],
}


def active(shop: Shop, **changes: Any) -> Task:
    return shop.task(**({"assignee": shop.ann, "status": "active", "started_at": shop.now} | changes))


def places_of(task: Task) -> list[Evidence]:
    stmt = select(Evidence).where(Evidence.task_id == task.id, Evidence.kind == "place")
    return list(db.session.scalars(stmt.order_by(Evidence.id)))


def add_place(shop: Shop, task: Task, place: Place, *, who: str = "ann") -> Evidence:
    return service.add_place(task.id, place=place, actor=shop.actor(who), now=shop.now, captured_at=shop.now)


def view(shop: Shop, task: Task, who: str = "ann") -> dict[str, Any]:
    return queries.view(task.id, actor=shop.actor(who), now=shop.now)


def type_code(shop: Shop, task: Task, code: str | None, *, minutes: int = 0) -> None:
    now = shop.now + timedelta(minutes=minutes)
    service.answer_checklist(task.id, actor=shop.actor("ann"), now=now, at=now, answers={"door": code})


def test_the_place_that_follows_the_arrival_is_kept_with_its_distance_and_doubt(shop: Shop) -> None:
    found = add_place(shop, active(shop), AT_THE_DOOR)
    assert (found.place_state, found.accuracy_metres, found.is_exception) == ("given", 25, False)
    assert found.distance_metres is not None
    assert found.distance_metres < 300


def test_a_place_far_from_the_door_is_for_the_supervisor_to_look_at(shop: Shop) -> None:
    task = active(shop)
    add_place(shop, task, FAR_AWAY)
    (entry,) = view(shop, task, "boss")["evidence"]
    assert entry["is_exception"] is True
    assert entry["distance_metres"] > 3000


@pytest.mark.parametrize("state", [PlaceState.DECLINED, PlaceState.DENIED, PlaceState.UNAVAILABLE])
def test_a_place_that_nobody_gave_is_kept_as_such(shop: Shop, state: PlaceState) -> None:
    found = add_place(shop, active(shop), Place(state))
    assert (found.place_state, found.lat, found.is_exception) == (state, None, False)


def test_the_same_place_sent_again_is_the_same(shop: Shop) -> None:
    task = active(shop)
    assert add_place(shop, task, AT_THE_DOOR).id == add_place(shop, task, AT_THE_DOOR).id
    assert len(places_of(task)) == 1


def test_a_place_of_a_former_assignee_is_never_dropped(shop: Shop) -> None:
    task = shop.task(assignee=shop.bob, former_assignee_ids=[shop.ann.id])
    add_place(shop, task, AT_THE_DOOR)
    assert [place.staff_id for place in places_of(task)] == [shop.ann.id]


def test_a_colleague_tells_no_place(shop: Shop) -> None:
    with pytest.raises((NotYourStep, NotFound)):
        add_place(shop, active(shop), AT_THE_DOOR, who="bob")


def test_the_phone_learns_whether_the_code_is_right_but_never_the_code(shop: Shop) -> None:
    task = active(shop, door_code="0420")
    assert view(shop, task)["door_code"] is None
    type_code(shop, task, "1111")
    assert view(shop, task)["door_code"] == "wrong"
    assert "0420" not in repr(view(shop, task))
    type_code(shop, task, "0420", minutes=1)
    assert view(shop, task)["door_code"] == "right"


def test_half_a_code_is_no_try(shop: Shop) -> None:
    task = active(shop, door_code="0420")
    for minutes, typed in enumerate(["0", "04", "042"]):
        type_code(shop, task, typed, minutes=minutes)
    assert task.door_code_tries == 0


def test_whoever_guesses_is_told_nothing_more_and_has_no_proof(shop: Shop) -> None:
    task = active(shop, door_code="0420")
    for number in range(at_the_door.MOST_TRIES + 1):
        type_code(shop, task, f"100{number}", minutes=number)
    type_code(shop, task, "0420", minutes=9)
    assert view(shop, task)["door_code"] == "too_many"
    later = shop.now + timedelta(minutes=10)
    service.complete(task.id, actor=shop.actor("ann"), now=later, answers=ENOUGH_ANSWERS)
    assert task.status == "completed"
    assert task.door_code_checked_at is None


def test_a_code_on_a_product_is_not_taken_for_the_door_code(shop: Shop) -> None:
    serial = {"key": "serial", "heart": "detail", "kind": "code", "label": text3("Serial number")}
    version = make_checklist(items=[*SMALL_CHECKLIST, serial])
    task = active(shop, door_code="0420", checklist=version)
    now = shop.now
    service.answer_checklist(task.id, actor=shop.actor("ann"), now=now, at=now, answers={"serial": "0420"})
    assert view(shop, task)["door_code"] is None
    assert [item["key"] for item in view(shop, task)["checklist"] if item["is_door_code"]] == ["door"]


def test_a_picture_taken_anew_stays_on_record_and_is_marked(shop: Shop) -> None:
    task = active(shop)
    first, second = upload(shop, picture())[0], upload(shop, picture(colour="blue"))[0]
    for minutes, blob in enumerate([first, second], start=1):
        now = shop.now + timedelta(minutes=minutes)
        answers = {"shelf": [str(blob.id)]}
        service.answer_checklist(task.id, actor=shop.actor("ann"), now=now, at=now, answers=answers)
    kept = {entry["blob_id"]: entry["is_taken_out"] for entry in view(shop, task)["evidence"]}
    assert kept == {str(first.id): True, str(second.id): False}


def test_a_visit_that_failed_still_opens_the_follow_up_of_what_it_met(shop: Shop) -> None:
    task = active(shop)
    answers = {"product_fits": "fail"}
    service.fail(task.id, reason="refused", actor=shop.actor("ann"), now=shop.now, answers=answers)
    child = db.session.scalars(select(Task).where(Task.parent_id == task.id)).one()
    assert (child.type, child.reason, child.link) == ("callback", "complaint", "follow_up")


def test_the_phone_knows_which_items_open_a_follow_up(shop: Shop) -> None:
    shown = {item["key"]: item["follow_up"] for item in view(shop, active(shop))["checklist"]}
    assert shown["product_fits"] == {"type": "callback", "days": 1}
    assert shown["greeted"] is None


def delivery(shop: Shop, **product: Any) -> tuple[Task, TaskLine]:
    task = active(shop, type="delivery", lines=[("Milk powder", 2)])
    line = db.session.scalars(select(TaskLine).where(TaskLine.task_id == task.id)).one()
    line.product_id = make_product(**product).id
    db.session.flush()
    return task, line


@pytest.mark.parametrize(
    ("scanned", "is_checked"), [("4901234567894", True), (" mb-f1 ", True), ("4900000000000", False), ("", False)]
)
def test_the_code_on_the_pack_confirms_the_line_and_a_wrong_one_is_no_error(
    shop: Shop, scanned: str, is_checked: bool
) -> None:
    task, line = delivery(shop, code="MB-F1", barcode="4901234567894")
    said = [{"id": line.id, "delivered": 2, "refused": 0, "scanned_code": scanned}]
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS, lines=said)
    (shown,) = view(shop, task)["lines"]
    assert (shown["is_code_checked"], shown["code"], shown["barcode"]) == (is_checked, "MB-F1", "4901234567894")


def test_a_restricted_product_comes_without_any_gift(shop: Shop) -> None:
    make_checklist(task_type="delivery", items=[*SMALL_CHECKLIST, GIFT])
    task, _line = delivery(shop, is_restricted=True)
    with pytest.raises(Invalid) as refused:
        service.answer_checklist(task.id, actor=shop.actor("ann"), now=shop.now, answers={"gift": "given"})
    assert set(refused.value.errors or {}) == {"answers.gift"}
    service.answer_checklist(task.id, actor=shop.actor("ann"), now=shop.now, answers={"gift": "none"})


def test_a_gift_beside_other_goods_is_kept(shop: Shop) -> None:
    make_checklist(task_type="delivery", items=[*SMALL_CHECKLIST, GIFT])
    task, _line = delivery(shop)
    service.answer_checklist(task.id, actor=shop.actor("ann"), now=shop.now, answers={"gift": "given"})
    answers = {item["key"]: item["answer"] for item in view(shop, task)["checklist"]}
    assert answers["gift"] == "given"


def test_a_gift_needs_an_answer_that_says_it_was_given(shop: Shop) -> None:
    choices = [{"key": "yes", "label": text3("Yes")}, {"key": "no", "label": text3("No")}]
    with pytest.raises(Invalid) as refused:
        service.publish_checklist(
            task_type="home_visit",
            reason="care",
            name=text3("Care"),
            items=[*SMALL_CHECKLIST, GIFT | {"choices": choices}],
            actor=shop.actor("office"),
            now=shop.now,
        )
    assert set(refused.value.errors or {}) == {f"items.{len(SMALL_CHECKLIST)}.choices"}
