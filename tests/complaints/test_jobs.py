"""The periodic look at the clocks."""

from datetime import timedelta

import pytest

from app.complaints import jobs, service
from app.core.db import db
from app.people.access import Role
from app.tasks.models import Task
from tests.complaints.conftest import facts, history_of
from tests.factories.complaints import bring_to
from tests.factories.customers import make_customer
from tests.factories.people import make_staff

HOUR = timedelta(hours=1)


@pytest.fixture
def heard(monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(service, "announce", lambda *topics: told.extend(topics))
    return told


def look(shop, hours: float) -> int:
    found = jobs.look_at_clocks(now=shop.now + hours * HOUR)
    db.session.expire_all()
    return found


def calls() -> list[tuple[str, str]]:
    return [(fact["alarm"], fact["level"]) for fact in facts("ComplaintEscalated")]


def test_before_its_time_nothing_is_escalated(shop):
    shop.open()
    assert look(shop, 1.9) == 0
    assert calls() == []


def test_an_unacknowledged_case_calls_the_supervisors_once(shop, heard):
    complaint = shop.open()
    assert look(shop, 2) == 1
    assert look(shop, 2.1) == 0
    assert calls() == [("acknowledge", "supervisor")]
    assert (complaint.alarm, complaint.alarm_level) == ("acknowledge", "supervisor")
    assert {f"staff:{shop.boss.id}", f"staff:{shop.deputy.id}", f"complaints:{shop.store.id}"} <= set(heard)
    assert f"staff:{shop.office.id}" not in heard


def test_unanswered_it_calls_head_office_after_as_long_again(shop, heard):
    shop.open()
    look(shop, 2)
    look(shop, 4)
    assert calls() == [("acknowledge", "supervisor"), ("acknowledge", "head_office")]
    assert f"staff:{shop.office.id}" in heard


def test_a_case_without_a_plan_calls_a_day_later(shop):
    complaint = shop.open()
    service.acknowledge(complaint.id, actor=shop.actor("boss"), now=shop.now + HOUR)
    assert look(shop, 23) == 0
    look(shop, 24)
    look(shop, 48)
    assert calls() == [("plan", "supervisor"), ("plan", "head_office")]


def test_a_look_that_comes_late_tells_everything_once(shop):
    complaint = shop.open()
    assert look(shop, 100) == 1
    assert calls() == [
        ("acknowledge", "supervisor"),
        ("acknowledge", "head_office"),
        ("plan", "supervisor"),
        ("plan", "head_office"),
    ]
    assert (complaint.alarm, complaint.alarm_level, complaint.look_at) == ("plan", "head_office", None)
    assert look(shop, 200) == 0


def test_answering_silences_the_alarm(shop):
    complaint = shop.open()
    look(shop, 2)
    service.acknowledge(complaint.id, actor=shop.actor("boss"), now=shop.now + 3 * HOUR)
    assert (complaint.alarm, complaint.alarm_level) == (None, None)


@pytest.mark.parametrize("hours", [2, 3, 5])
def test_a_step_before_the_look_hides_no_clock_that_ran_out(shop, hours):
    complaint = shop.open()
    service.acknowledge(complaint.id, actor=shop.actor("boss"), now=shop.now + hours * HOUR)
    assert calls() == [("acknowledge", "supervisor"), ("acknowledge", "head_office")][: 1 + (hours > 4)]
    assert complaint.alarm is None
    look(shop, 5.1)
    assert len(calls()) == 1 + (hours > 4)
    look(shop, 24)
    assert calls()[-1] == ("plan", "supervisor")


def test_a_plan_made_after_its_time_was_late(shop):
    complaint = bring_to(shop.open(), "acknowledged", now=shop.now)
    promised = shop.now + 40 * HOUR
    service.plan(complaint.id, plan="x", promised_for=promised, actor=shop.actor("boss"), now=shop.now + 25 * HOUR)
    assert calls() == [("plan", "supervisor")]
    assert (complaint.alarm, complaint.look_at) == (None, None)
    assert [event.action for event in history_of(complaint.id)][-2:] == ["escalate", "plan"]


def test_acknowledging_late_does_not_silence_the_missing_plan(shop):
    complaint = shop.open()
    look(shop, 24)
    service.acknowledge(complaint.id, actor=shop.actor("boss"), now=shop.now + 25 * HOUR)
    assert complaint.alarm == "plan"


@pytest.mark.parametrize("stage", ["planned", "resolved", "closed"])
def test_what_is_in_hand_calls_nobody(shop, stage):
    bring_to(shop.open(), stage, now=shop.now)
    assert look(shop, 1000) == 0


def test_a_case_opened_again_has_its_clocks_again(shop):
    complaint = shop.open()
    look(shop, 5)
    bring_to(complaint, "resolved", now=shop.now + 5 * HOUR)
    service.record_answer(
        complaint.id, satisfied=False, words="2", actor=shop.actor("customer"), now=shop.now + 6 * HOUR
    )
    look(shop, 8)
    assert calls()[-1] == ("acknowledge", "supervisor")
    assert len(calls()) == 3


@pytest.mark.parametrize(
    ("called", "told"), [(1, []), (3, [("acknowledge", "supervisor")])], ids=["in time", "after the clock"]
)
def test_news_of_a_call_that_comes_late_tells_of_what_ran_out_before_it(shop, called, told):
    complaint = shop.open()
    task = db.session.get_one(Task, complaint.recovery_task_id)
    task.status, task.started_at, task.ended_at = "completed", shop.now, shop.now + called * HOUR
    db.session.flush()
    look(shop, 25)
    assert calls() == [*told, ("plan", "supervisor")]
    assert (complaint.stage, complaint.alarm) == ("acknowledged", "plan")


def test_the_call_that_was_made_acknowledges(shop):
    complaint = shop.open()
    task = db.session.get_one(Task, complaint.recovery_task_id)
    task.status, task.started_at, task.ended_at = "completed", shop.now, shop.now + HOUR
    db.session.flush()
    assert look(shop, 3) == 0
    assert (complaint.stage, complaint.acknowledged_at) == ("acknowledged", shop.now + HOUR)
    assert history_of(complaint.id)[-1].detail == {"task_id": task.id}


def test_a_call_that_failed_does_not(shop):
    complaint = shop.open()
    task = db.session.get_one(Task, complaint.recovery_task_id)
    task.status, task.ended_at, task.end_reason = "failed", shop.now + HOUR, "no_answer"
    db.session.flush()
    assert look(shop, 3) == 1
    assert complaint.stage == "opened"


def test_cases_of_all_stores_are_looked_at(shop):
    shop.open()
    elsewhere = make_customer()
    make_staff(Role.SUPERVISOR)
    shop.open(key="k2", customer=elsewhere, actor=shop.actor("system"))
    assert look(shop, 2) == 2
