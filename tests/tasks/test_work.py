from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select

from app.core.db import db
from app.core.errors import Invalid
from app.tasks import places, service, work
from app.tasks.errors import AnswerConflict, BlobMissing, NotYourStep, TaskAlreadyClosed, WrongStatus
from app.tasks.models import Evidence, Task, TaskAnswer, TaskLine
from tests.factories.tasks import ENOUGH_ANSWERS
from tests.tasks.conftest import Shop, facts, history_of


def answers_of(task_id: int) -> dict[str, Any]:
    rows = db.session.scalars(select(TaskAnswer).where(TaskAnswer.task_id == task_id)).all()
    return {row.item_key: row.value for row in rows}


def evidence_of(task_id: int) -> list[Evidence]:
    return list(db.session.scalars(select(Evidence).where(Evidence.task_id == task_id).order_by(Evidence.id)))


def active(shop: Shop, **changes: Any) -> Task:
    return shop.task(**({"assignee": shop.ann, "status": "active", "started_at": shop.now} | changes))


def test_starting_stamps_the_time_of_the_phone(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    tapped = shop.now - timedelta(minutes=12)
    service.start(task.id, actor=shop.actor("ann"), now=shop.now, at=tapped)
    assert (task.status, task.started_at) == ("active", tapped)
    line = history_of(task.id)[-1]
    assert (line.at, line.recorded_at, line.client) == (tapped, shop.now, "test")


def test_work_by_a_supervisor_is_recorded_as_on_behalf(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    service.start(task.id, actor=shop.actor("boss"), now=shop.now)
    line = history_of(task.id)[-1]
    assert (line.actor_id, line.on_behalf_of_id) == (shop.boss.id, shop.ann.id)
    assert facts("TaskStarted")[0]["assignee_id"] == shop.ann.id


def test_arriving_without_a_start_is_both(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    service.arrive(task.id, actor=shop.actor("ann"), now=shop.now)
    assert (task.status, task.started_at, task.arrived_at) == ("active", shop.now, shop.now)


def test_the_place_of_arrival_is_kept_with_its_distance(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    service.arrive(task.id, actor=shop.actor("ann"), now=shop.now, lat=22.2784, lng=114.1748)
    (place,) = evidence_of(task.id)
    assert (place.kind, place.is_exception) == ("place", False)
    assert 0 < (place.distance_metres or 0) < 50


def test_arriving_far_off_is_an_exception_not_a_refusal(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    service.arrive(task.id, actor=shop.actor("ann"), now=shop.now, lat=22.40, lng=114.17, accuracy=40)
    assert task.status == "active"
    assert evidence_of(task.id)[0].is_exception


def test_the_phones_own_doubt_counts_for_the_associate() -> None:
    assert not places.is_too_far(900, accuracy=800)
    assert places.is_too_far(900, accuracy=None)


# Answers


def test_answers_are_stored_as_they_come(shop: Shop) -> None:
    task = active(shop)
    service.answer_checklist(task.id, actor=shop.actor("ann"), now=shop.now, answers={"greeted": True, "stock_left": 3})
    assert answers_of(task.id) == {"greeted": True, "stock_left": 3}
    assert history_of(task.id)[-1].new["answers"] == {"greeted": True, "stock_left": 3}


def test_ticking_does_not_make_the_boards_version_old(shop: Shop) -> None:
    task = active(shop)
    service.answer_checklist(task.id, actor=shop.actor("ann"), now=shop.now, answers={"greeted": True})
    assert task.version == 1


def test_the_latest_tick_by_the_phones_clock_wins(shop: Shop) -> None:
    task = active(shop)
    late, early = shop.now - timedelta(minutes=1), shop.now - timedelta(minutes=5)
    service.answer_checklist(task.id, actor=shop.actor("ann"), now=shop.now, answers={"greeted": True}, at=late)
    service.answer_checklist(task.id, actor=shop.actor("ann"), now=shop.now, answers={"greeted": False}, at=early)
    assert answers_of(task.id) == {"greeted": True}


def test_null_takes_an_answer_back(shop: Shop) -> None:
    task = active(shop)
    for value in (True, None):
        service.answer_checklist(task.id, actor=shop.actor("ann"), now=shop.now, answers={"greeted": value})
    assert answers_of(task.id) == {"greeted": None}


def test_a_note_changed_meanwhile_conflicts_and_shows_both(shop: Shop) -> None:
    task = active(shop)
    service.answer_checklist(task.id, actor=shop.actor("boss"), now=shop.now, answers={"note": "Has a dog"})
    with pytest.raises(AnswerConflict) as refused:
        service.answer_checklist(
            task.id, actor=shop.actor("ann"), now=shop.now, answers={"note": "Has a cat"}, base={"note": ""}
        )
    assert refused.value.extra == {
        "field": "answers.note",
        "server_value": "Has a dog",
        "your_value": "Has a cat",
    }
    assert answers_of(task.id) == {"note": "Has a dog"}


def test_a_note_on_the_seen_base_is_taken(shop: Shop) -> None:
    task = active(shop)
    ann = shop.actor("ann")
    service.answer_checklist(task.id, actor=ann, now=shop.now, answers={"note": "Has a dog"}, base={"note": None})
    service.answer_checklist(
        task.id, actor=ann, now=shop.now, answers={"note": "Has two dogs"}, base={"note": "Has a dog"}
    )
    assert answers_of(task.id) == {"note": "Has two dogs"}


def test_a_colleague_can_not_answer(shop: Shop) -> None:
    shop.customer.owner_id = shop.bob.id
    with pytest.raises(NotYourStep):
        service.answer_checklist(active(shop).id, actor=shop.actor("bob"), now=shop.now, answers={"greeted": True})


def test_a_closed_task_takes_no_more_answers(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="completed")
    with pytest.raises(TaskAlreadyClosed):
        service.answer_checklist(task.id, actor=shop.actor("ann"), now=shop.now, answers={"greeted": True})


# Completed


def test_completing_ends_the_task_and_says_so(shop: Shop) -> None:
    task = active(shop)
    done = shop.now + timedelta(minutes=30)
    service.complete(task.id, actor=shop.actor("ann"), now=done, answers=ENOUGH_ANSWERS)
    assert (task.status, task.ended_at, task.ended_by_id, task.endings) == ("completed", done, shop.ann.id, 1)
    (fact,) = facts("TaskCompleted")
    assert (fact["task_id"], fact["assignee_id"], fact["ending"]) == (task.id, shop.ann.id, 1)


def test_missing_answers_are_named_and_nothing_changes(shop: Shop) -> None:
    task = active(shop)
    with pytest.raises(Invalid) as refused:
        service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers={"product_fits": "fail"})
    assert set(refused.value.errors or {}) == {"answers.greeted", "answers.what_is_wrong"}
    assert (task.status, answers_of(task.id), facts("TaskCompleted")) == ("active", {}, [])


def test_answers_given_before_count(shop: Shop) -> None:
    task = active(shop)
    service.answer_checklist(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS)
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now)
    assert task.status == "completed"


def test_work_done_without_signal_ends_when_the_phone_says(shop: Shop) -> None:
    task = active(shop, started_at=shop.now - timedelta(hours=2))
    done = shop.now - timedelta(hours=1)
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS, at=done)
    assert (task.ended_at, task.end_recorded_at) == (done, shop.now)


def test_an_end_before_the_start_is_set_right(shop: Shop) -> None:
    task = active(shop)
    before = shop.now - timedelta(hours=5)
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS, at=before)
    assert task.ended_at == task.started_at


def test_the_right_door_code_is_proof(shop: Shop) -> None:
    task = active(shop, door_code="0420")
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS | {"door": "0420"})
    assert task.door_code_checked_at == shop.now
    assert [proof.kind for proof in evidence_of(task.id)] == ["door_code"]


def test_a_wrong_door_code_is_no_proof_and_no_refusal(shop: Shop) -> None:
    task = active(shop, door_code="0420")
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS | {"door": "0421"})
    assert (task.status, task.door_code_checked_at, evidence_of(task.id)) == ("completed", None, [])


def test_a_photo_that_never_arrived_stops_the_completion(shop: Shop) -> None:
    task = active(shop)
    missing = str(uuid4())
    with pytest.raises(BlobMissing) as refused:
        service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS | {"shelf": [missing]})
    assert refused.value.extra == {"blob_ids": [missing]}
    assert task.status == "active"


def test_completing_before_the_start_is_refused(shop: Shop) -> None:
    with pytest.raises(WrongStatus):
        service.complete(shop.task(assignee=shop.ann).id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS)


def test_completing_takes_two_statements(shop: Shop) -> None:
    task = active(shop)
    service.answer_checklist(task.id, actor=shop.actor("ann"), now=shop.now, answers={"greeted": True})
    statements: list[str] = []
    listen: Any = lambda _c, _cur, statement, *_: statements.append(statement)  # noqa: E731
    event.listen(db.session.connection(), "before_cursor_execute", listen)
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers={"product_fits": "pass"})
    assert len(statements) == 2


# Follow-ups


def test_a_failed_item_opens_its_follow_up_once(shop: Shop) -> None:
    task = active(shop)
    answers = {"greeted": True, "product_fits": "fail", "what_is_wrong": "Too small"}
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=answers)
    child = db.session.scalars(select(Task).where(Task.parent_id == task.id)).one()
    assert (child.type, child.reason, child.link, child.status) == ("callback", "complaint", "follow_up", "open")
    assert child.reasons[0]["en"] == "The product suits"
    assert child.window_start.astimezone(ZoneInfo("Asia/Hong_Kong")).strftime("%d %H:%M") == "11 10:00"


def test_a_follow_up_due_today_moves_on_when_the_day_is_over() -> None:
    zone = ZoneInfo("Asia/Hong_Kong")
    evening = datetime(2027, 3, 10, 17, 30, tzinfo=zone)
    start, end = work.follow_up_window(days=0, zone=zone, now=evening)
    assert start == datetime(2027, 3, 11, 10, tzinfo=zone).astimezone(UTC)
    assert end == datetime(2027, 3, 11, 18, tzinfo=zone).astimezone(UTC)


# Goods and partial completion


def delivery(shop: Shop) -> tuple[Task, list[TaskLine]]:
    task = active(shop, type="delivery", lines=[("Milk powder", 4), ("Nappies", 2)])
    return task, list(db.session.scalars(select(TaskLine).where(TaskLine.task_id == task.id).order_by(TaskLine.id)))


def test_a_completed_delivery_delivered_everything(shop: Shop) -> None:
    task, lines = delivery(shop)
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS)
    for line in lines:
        db.session.refresh(line)
    assert [(line.delivered, line.refused) for line in lines] == [(4, 0), (2, 0)]


def test_a_delivery_with_a_rest_is_not_completed(shop: Shop) -> None:
    task, lines = delivery(shop)
    short = [{"id": lines[0].id, "delivered": 3, "refused": 0}]
    with pytest.raises(Invalid) as refused:
        service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS, lines=short)
    assert set(refused.value.errors or {}) == {"lines"}


def test_the_rest_is_carried_forward_to_a_linked_open_task(shop: Shop) -> None:
    task, lines = delivery(shop)
    short = [{"id": lines[0].id, "delivered": 1, "refused": 1}]
    service.complete_partly(task.id, actor=shop.actor("ann"), now=shop.now, lines=short)
    child = db.session.scalars(select(Task).where(Task.parent_id == task.id)).one()
    (carried,) = db.session.scalars(select(TaskLine).where(TaskLine.task_id == child.id)).all()
    assert (task.status, child.status, child.link) == ("partly", "open", "carried")
    assert (carried.name, carried.quantity) == ("Milk powder", 2)
    assert child.window_start == task.window_start + timedelta(days=1)
    assert facts("TaskPartlyCompleted")[0]["carried_forward_task_id"] == child.id
    db.session.refresh(lines[0])
    assert (lines[0].delivered, lines[0].refused) == (1, 1)


def test_a_partly_done_visit_carries_the_whole_task(shop: Shop) -> None:
    task = active(shop)
    service.complete_partly(task.id, actor=shop.actor("ann"), now=shop.now, note="Baby woke up")
    assert task.end_note == "Baby woke up"
    assert db.session.scalars(select(Task).where(Task.parent_id == task.id)).one().type == "home_visit"


@pytest.mark.parametrize(
    ("outcome", "path"),
    [
        ([(4, 0), (2, 0)], "lines"),
        ([(0, 0), (0, 0)], "lines"),
        ([(5, 0), (0, 0)], "lines.0.delivered"),
        ([(3, 2), (0, 0)], "lines.0.delivered"),
    ],
)
def test_an_outcome_that_is_no_partial_one_is_refused(shop: Shop, outcome: list[tuple[int, int]], path: str) -> None:
    task, lines = delivery(shop)
    said = [
        {"id": line.id, "delivered": given, "refused": refused}
        for line, (given, refused) in zip(lines, outcome, strict=True)
    ]
    with pytest.raises(Invalid) as problem:
        service.complete_partly(task.id, actor=shop.actor("ann"), now=shop.now, lines=said)
    assert path in (problem.value.errors or {})


def test_a_line_of_another_task_is_refused(shop: Shop) -> None:
    task, _lines = delivery(shop)
    said = [{"id": 999_999, "delivered": 1, "refused": 0}]
    with pytest.raises(Invalid) as problem:
        service.complete_partly(task.id, actor=shop.actor("ann"), now=shop.now, lines=said)
    assert set(problem.value.errors or {}) == {"lines.0.id"}


def test_the_carried_window_keeps_the_clock_over_a_time_change() -> None:
    zone = ZoneInfo("Europe/London")
    start = datetime(2027, 3, 27, 10, tzinfo=zone)  # clocks go forward that night
    moved, end = work.next_day(start, start + timedelta(hours=2), zone=zone, now=start)
    assert moved.astimezone(zone) == datetime(2027, 3, 28, 10, tzinfo=zone)
    assert end - moved == timedelta(hours=2)


# Failed


def test_a_failed_visit_keeps_its_reason(shop: Shop) -> None:
    task = active(shop)
    service.fail(task.id, reason="not_at_home", note="Rang twice", actor=shop.actor("ann"), now=shop.now)
    assert (task.status, task.end_reason, task.end_note) == ("failed", "not_at_home", "Rang twice")
    assert facts("TaskFailed")[0]["reason"] == "not_at_home"
