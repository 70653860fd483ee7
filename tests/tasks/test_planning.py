from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.db import db
from app.core.errors import Invalid, NotFound, StaleVersion
from app.people.access import Actor
from app.people.models import TimeOff
from app.tasks import records, service
from app.tasks.errors import NotYourStep, StepAlreadyDone, TaskTaken
from app.tasks.slots import Booked, Slot, choose, has_room
from tests.factories.tasks import NOON
from tests.tasks.conftest import Shop, facts, history_of


def test_assigning_an_open_task_tells_so(shop: Shop) -> None:
    task = shop.task()
    service.assign(task.id, shop.ann.id, actor=shop.actor("boss"), now=shop.now)
    assert (task.status, task.assignee_id, task.version) == ("assigned", shop.ann.id, 2)
    (fact,) = facts("TaskAssigned")
    assert (fact["assignee_id"], fact["previous_assignee_id"], fact["actor"]) == (
        shop.ann.id,
        None,
        f"staff:{shop.boss.id}",
    )


def test_reassigning_active_work_takes_back_the_start(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active", accepted_at=NOON)
    service.assign(task.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)
    assert (task.status, task.assignee_id, task.started_at, task.accepted_at) == ("assigned", shop.bob.id, None, None)
    assert task.former_assignee_ids == [shop.ann.id]
    assert facts("TaskAssigned")[0]["previous_assignee_id"] == shop.ann.id


def test_assigning_to_the_same_person_changes_nothing(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    service.assign(task.id, shop.ann.id, actor=shop.actor("boss"), now=shop.now)
    assert task.version == 1
    assert facts("TaskAssigned") == []


def test_a_task_is_not_given_to_somebody_of_another_store(shop: Shop) -> None:
    with pytest.raises(Invalid) as refused:
        service.assign(shop.task().id, shop.stranger.id, actor=shop.actor("boss"), now=shop.now)
    assert set(refused.value.errors or {}) == {"staff_id"}


def test_an_old_version_is_refused_and_names_the_present_one(shop: Shop) -> None:
    task = shop.task(version=7)
    with pytest.raises(StaleVersion) as refused:
        service.assign(task.id, shop.ann.id, actor=shop.actor("boss"), now=shop.now, version=6)
    assert refused.value.extra == {"current_version": 7}
    assert task.status == "open"


def test_a_supervisor_of_another_store_does_not_even_see_the_task(shop: Shop) -> None:
    from tests.factories.people import actor_of, make_staff

    with pytest.raises(NotFound):
        service.assign(shop.task().id, shop.ann.id, actor=actor_of(make_staff("supervisor")), now=shop.now)


def test_claiming_gives_open_work_to_the_one_who_asks(shop: Shop) -> None:
    task = shop.task()
    service.claim(task.id, actor=shop.actor("ann"), now=shop.now)
    assert (task.status, task.assignee_id) == ("assigned", shop.ann.id)


def test_work_that_is_not_visible_can_not_be_claimed(shop: Shop) -> None:
    with pytest.raises(NotFound):
        service.claim(shop.task().id, actor=shop.actor("stranger"), now=shop.now)


def test_claiming_what_a_colleague_has_is_refused(shop: Shop) -> None:
    with pytest.raises(TaskTaken):
        service.claim(shop.task(assignee=shop.ann).id, actor=shop.actor("bob"), now=shop.now)


def test_declining_opens_the_task_and_keeps_the_reason(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    service.decline(task.id, reason="too_far", note="Tram is down", actor=shop.actor("ann"), now=shop.now)
    assert (task.status, task.assignee_id, task.former_assignee_ids) == ("open", None, [shop.ann.id])
    assert facts("TaskDeclined")[0]["reason"] == "too_far"
    assert history_of(task.id)[-1].new["note"] == "Tram is down"


def test_acceptance_carries_the_time_of_the_phone(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, assigned_at=shop.now - timedelta(hours=3))
    tapped = shop.now - timedelta(hours=1)
    service.accept(task.id, actor=shop.actor("ann"), now=shop.now, at=tapped)
    assert task.accepted_at == tapped


def test_a_phone_that_lives_in_the_future_is_set_right(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    service.accept(task.id, actor=shop.actor("ann"), now=shop.now, at=shop.now + timedelta(days=9))
    assert task.accepted_at == shop.now


def test_the_customer_confirms(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    service.confirm(task.id, actor=shop.actor("customer"), now=shop.now)
    assert task.confirmed_at == shop.now
    assert facts("TaskConfirmed")[0]["actor"] == f"customer:{shop.customer.id}"


def test_a_customer_who_confirms_twice_is_right_both_times(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    for _ in range(2):
        service.confirm(task.id, actor=shop.actor("customer"), now=shop.now)
    assert len(facts("TaskConfirmed")) == 1


def test_a_supervisor_who_confirms_twice_is_told(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, confirmed_at=shop.now)
    with pytest.raises(StepAlreadyDone):
        service.confirm(task.id, actor=shop.actor("boss"), now=shop.now)


def test_another_customer_can_not_confirm(shop: Shop) -> None:
    with pytest.raises(NotFound):
        service.confirm(shop.task().id, actor=Actor.customer(shop.customer.id + 1), now=shop.now)


TOMORROW = NOON + timedelta(days=1)


def move(shop: Shop, task: Any, who: str = "boss", start: datetime = TOMORROW) -> Any:
    end = start + timedelta(hours=2)
    return service.reschedule(task.id, window_start=start, window_end=end, actor=shop.actor(who), now=shop.now)


def test_a_free_associate_keeps_the_moved_task(shop: Shop) -> None:
    task = move(shop, shop.task(assignee=shop.ann))
    assert (task.status, task.assignee_id, task.window_start) == ("assigned", shop.ann.id, TOMORROW)
    (fact,) = facts("TaskRescheduled")
    assert datetime.fromisoformat(fact["previous_start"]) == NOON


def test_a_task_moved_into_a_full_window_opens(shop: Shop) -> None:
    for _ in range(2):
        shop.task(assignee=shop.ann, window_start=TOMORROW, window_end=TOMORROW + timedelta(hours=2))
    task = move(shop, shop.task(assignee=shop.ann))
    assert (task.status, task.assignee_id, task.former_assignee_ids) == ("open", None, [shop.ann.id])


def test_a_task_moved_into_time_off_opens(shop: Shop) -> None:
    db.session.add(
        TimeOff(
            staff_id=shop.ann.id,
            starts_at=TOMORROW - timedelta(hours=4),
            ends_at=TOMORROW + timedelta(hours=9),
            reason="leave",
            status="approved",
            asked_by=shop.ann.id,
            asked_at=shop.now,
        )
    )
    db.session.flush()
    assert move(shop, shop.task(assignee=shop.ann)).status == "open"


def test_begun_work_moved_to_another_day_opens_and_is_no_longer_begun(shop: Shop) -> None:
    task = move(shop, shop.task(assignee=shop.ann, status="active"))
    assert (task.status, task.started_at) == ("open", None)


def test_begun_work_moved_within_the_day_stays_begun(shop: Shop) -> None:
    task = move(shop, shop.task(assignee=shop.ann, status="active"), start=NOON + timedelta(hours=3))
    assert (task.status, task.assignee_id) == ("active", shop.ann.id)


def test_a_window_chosen_by_the_customer_is_confirmed(shop: Shop) -> None:
    assert move(shop, shop.task(assignee=shop.ann), who="customer").confirmed_at == shop.now


def test_a_window_chosen_by_the_store_is_to_be_confirmed_anew(shop: Shop) -> None:
    assert move(shop, shop.task(assignee=shop.ann, confirmed_at=shop.now)).confirmed_at is None


def test_cancelling_keeps_the_reason(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    service.cancel(task.id, reason="customer_asked", note="Moved away", actor=shop.actor("boss"), now=shop.now)
    assert (task.status, task.end_reason, task.end_note, task.ended_at) == (
        "cancelled",
        "customer_asked",
        "Moved away",
        shop.now,
    )
    assert facts("TaskCancelled")[0]["assignee_id"] == shop.ann.id


def test_an_associate_can_not_cancel(shop: Shop) -> None:
    with pytest.raises(NotYourStep):
        service.cancel(shop.task(assignee=shop.ann).id, reason="duplicate", actor=shop.actor("ann"), now=shop.now)


def test_the_customer_rates_a_heart(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="completed")
    service.rate(task.id, stars=5, heart="care", actor=shop.actor("customer"), now=shop.now)
    assert (task.rating, task.rated_heart, task.rated_at) == (5, "care", shop.now)
    (fact,) = facts("TaskRated")
    assert (fact["stars"], fact["heart"], fact["assignee_id"]) == (5, "care", shop.ann.id)


@pytest.mark.parametrize(("stars", "heart"), [(0, None), (6, None), (5, "spleen")])
def test_a_rating_outside_the_scale_is_refused(shop: Shop, stars: int, heart: str | None) -> None:
    task = shop.task(assignee=shop.ann, status="completed")
    with pytest.raises(Invalid):
        service.rate(task.id, stars=stars, heart=heart, actor=shop.actor("customer"), now=shop.now)


# Slots


def local(day: int, hour: int) -> datetime:
    return datetime(2027, 3, day, hour - 8, tzinfo=UTC)


def test_two_windows_are_offered_apart_from_the_present_one(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, window_start=local(10, 14), window_end=local(10, 16))
    offered = service.offer_slots(task, shop.now)
    assert [slot.window_start for slot in offered] == [local(10, 16), local(11, 10)]


def test_a_full_window_of_the_associate_is_not_offered(shop: Shop) -> None:
    for _ in range(2):
        shop.task(assignee=shop.ann, window_start=local(10, 16), window_end=local(10, 18), expected_minutes=60)
    task = shop.task(assignee=shop.ann, window_start=local(10, 14), window_end=local(10, 16))
    assert service.offer_slots(task, shop.now)[0].window_start == local(10, 18)


def test_callbacks_are_offered_within_calling_hours(shop: Shop) -> None:
    for slot in service.offer_slots(shop.task(type="callback"), shop.now, count=20):
        assert (slot.window_start.hour + 8) % 24 >= 9
        assert (slot.window_end.hour + 8) % 24 <= 20


def test_windows_outside_the_shift_are_left_out() -> None:
    from app.people.shifts import Interval

    candidates = [Slot(local(11, hour), local(11, hour + 2)) for hour in (10, 14, 18)]
    chosen = choose(
        candidates,
        now=local(10, 10),
        taken=Slot(local(10, 12), local(10, 14)),
        booked=[],
        shifts=[Interval(local(11, 13), local(11, 19))],
        minutes=30,
        count=2,
    )
    assert chosen == [Slot(local(11, 14), local(11, 16))]


def test_a_window_has_room_until_its_minutes_are_used() -> None:
    slot = Slot(local(11, 10), local(11, 12))
    assert has_room(slot, [Booked(local(11, 10), local(11, 12), 75)], minutes=45)
    assert not has_room(slot, [Booked(local(11, 11), local(11, 13), 76)], minutes=45)


def test_both_boards_and_the_former_associate_hear_of_a_task_that_changes_stores(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = shop.task(assignee=shop.ann)
    told: list[str] = []
    monkeypatch.setattr(records, "announce", lambda *topics: told.extend(topics))
    service.move_to_store(task.id, shop.stranger.home_store_id, actor=shop.actor("system"), now=shop.now)
    boards = {topic.split(":")[1] for topic in told if topic.startswith("board:")}
    assert boards == {str(shop.store.id), str(shop.stranger.home_store_id)}
    assert f"staff:{shop.ann.id}" in told
    assert task.former_assignee_ids == [shop.ann.id]


def test_a_task_that_is_where_it_belongs_is_left_alone(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    service.move_to_store(task.id, shop.store.id, actor=shop.actor("system"), now=shop.now)
    assert (task.version, task.assignee_id) == (1, shop.ann.id)
