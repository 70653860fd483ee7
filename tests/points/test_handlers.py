"""What facts about tasks do to the ledger, also late, twice and out of order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.customers.models import Consent, ContactBooking, Customer
from app.events import TaskCompleted, TaskFailed, TaskPartlyCompleted, TaskRated, TaskReopened
from app.people.models import Staff
from app.points import handlers, ledger
from app.points.models import PointsEntry
from app.tasks.models import Evidence, Task, TaskAnswer, TaskLine
from tests.factories.customers import make_customer
from tests.factories.people import make_staff
from tests.factories.points import make_acknowledgement, make_rules
from tests.factories.purchases import make_product
from tests.factories.tasks import NOON, make_task

ENDED = NOON + timedelta(minutes=40)


@pytest.fixture
def associate(session: Session) -> Staff:
    person = make_staff()
    make_acknowledgement(person)
    return person


def done(associate: Staff, status: str = "completed", **changes: Any) -> Task:
    return make_task(assignee=associate, status=status, **{"endings": 1, **changes})


def about(task: Task, **changes: Any) -> dict[str, Any]:
    return {
        "task_id": task.id,
        "customer_id": task.customer_id,
        "store_id": task.store_id,
        "actor": f"staff:{task.assignee_id}",
        "assignee_id": task.assignee_id,
        "occurred_at": ENDED,
        **changes,
    }


def completed(task: Task, **changes: Any) -> TaskCompleted:
    return TaskCompleted(**about(task, **changes))


def rated(task: Task, stars: int, **changes: Any) -> TaskRated:
    return TaskRated(**about(task, stars=stars, occurred_at=ENDED + timedelta(hours=1), **changes))


def reopened(task: Task, **changes: Any) -> TaskReopened:
    return TaskReopened(**about(task, reason="wrong tap", occurred_at=ENDED + timedelta(minutes=2), **changes))


def award(fact: TaskCompleted, *, now: datetime = ENDED) -> None:
    handlers.award_for_completed_tasks([fact], now=now)


def give_door_code(session: Session, task: Task) -> None:
    """A door code proves as a photo does, and needs no picture on disk."""
    session.add(Evidence(task_id=task.id, kind="door_code", captured_at=ENDED, recorded_at=ENDED))
    session.flush()


def give_rating(session: Session, task: Task, stars: int) -> None:
    task.rating, task.rated_at = stars, ENDED + timedelta(hours=1)
    session.flush()


def answer(session: Session, task: Task, **answers: Any) -> None:
    for key, value in answers.items():
        session.add(TaskAnswer(task_id=task.id, item_key=key, value=value, answered_at=ENDED, recorded_at=ENDED))
    session.flush()


def lines(session: Session, task: Task) -> list[tuple[str, int, str]]:
    session.expire_all()
    stmt = select(PointsEntry).where(PointsEntry.task_id == task.id).order_by(PointsEntry.id)
    return [(entry.rule_key, entry.amount, entry.state) for entry in session.scalars(stmt)]


def test_a_completed_visit_earns_points_that_wait_for_the_inspection(session: Session, associate: Staff) -> None:
    task = done(associate)
    award(completed(task))
    assert lines(session, task) == [("home_visit", 20, "pending")]


def test_the_door_code_makes_them_count_at_once(session: Session, associate: Staff) -> None:
    task = done(associate)
    give_door_code(session, task)
    award(completed(task))
    assert lines(session, task) == [("home_visit", 20, "vested")]


def test_hearts_are_read_from_the_answers(session: Session, associate: Staff) -> None:
    task = done(associate)
    answer(session, task, greeted=True, product_fits="pass", note="The tin was half empty")
    give_door_code(session, task)
    award(completed(task))
    assert lines(session, task) == [("home_visit", 20, "vested"), ("hearts", 6, "vested")]


def test_ticks_alone_bring_a_line_that_says_why_they_earn_nothing(session: Session, associate: Staff) -> None:
    task = done(associate)
    answer(session, task, greeted=True, product_fits="pass")
    award(completed(task))
    assert lines(session, task) == [("home_visit", 20, "pending"), ("hearts", 0, "vested")]


def test_a_hidden_item_does_not_make_its_heart_count(session: Session, associate: Staff) -> None:
    task = done(associate)
    answer(session, task, product_fits="pass", what_is_wrong="written before the answer above was changed")
    give_door_code(session, task)
    award(completed(task))
    entry = session.scalars(select(PointsEntry).where(PointsEntry.rule_key == "hearts")).one()
    assert entry.evidence["hearts"] == ["conscience"]


def test_a_visit_is_late_by_its_arrival_and_not_by_its_end(session: Session, associate: Staff) -> None:
    on_time = done(associate, arrived_at=NOON, ended_at=NOON + timedelta(hours=6))
    late = done(associate, arrived_at=NOON + timedelta(hours=3))
    for task in (on_time, late):
        award(completed(task))
    assert lines(session, on_time) == [("home_visit", 20, "pending")]
    assert lines(session, late) == [("home_visit", 10, "pending")]


def test_an_arrival_that_was_not_noted_is_taken_from_the_usual_time(session: Session, associate: Staff) -> None:
    end_of_window = NOON + timedelta(hours=2)
    on_time = done(associate, ended_at=end_of_window + timedelta(minutes=50), expected_minutes=45)
    late = done(associate, ended_at=end_of_window + timedelta(minutes=60), expected_minutes=45)
    for task in (on_time, late):
        award(completed(task))
    assert lines(session, on_time) == [("home_visit", 20, "pending")]
    assert lines(session, late) == [("home_visit", 10, "pending")]


def test_a_callback_is_late_by_the_moment_of_the_call(session: Session, associate: Staff) -> None:
    task = done(associate, type="callback", started_at=NOON + timedelta(hours=3))
    award(completed(task))
    assert lines(session, task) == [("callback", 4, "pending")]


def test_a_partly_done_delivery_earns_half(session: Session, associate: Staff) -> None:
    task = done(associate, "partly", type="delivery")
    fact = TaskPartlyCompleted(**about(task, carried_forward_task_id=1))
    handlers.award_for_partly_completed_task(fact, now=ENDED)
    assert lines(session, task) == [("delivery", 7, "pending")]


def test_an_honest_failure_brings_a_line_of_zero(session: Session, associate: Staff) -> None:
    task = done(associate, "failed")
    handlers.judge_failed_task(TaskFailed(**about(task, reason="not_at_home")), now=ENDED)
    assert lines(session, task) == [("honest_failure", 0, "vested")]


def test_the_same_fact_twice_earns_once(session: Session, associate: Staff) -> None:
    task = done(associate)
    fact = completed(task)
    award(fact)
    award(fact)
    assert lines(session, task) == [("home_visit", 20, "pending")]


def test_work_before_the_rules_were_read_is_not_counted(session: Session) -> None:
    person = make_staff()
    make_rules()
    task = done(person)
    award(completed(task))
    assert lines(session, task) == [("acknowledgement", 0, "vested")]
    entry = session.scalars(select(PointsEntry).where(PointsEntry.task_id == task.id)).one()
    assert entry.message % entry.params == "Not counted: rules v1 unread"


def test_reading_the_rules_later_does_not_revive_it(session: Session) -> None:
    person = make_staff()
    make_acknowledgement(person, at=ENDED + timedelta(minutes=1))
    task = done(person)
    fact = completed(task)
    award(fact, now=ENDED + timedelta(hours=2))
    award(fact, now=ENDED + timedelta(hours=3))
    assert lines(session, task) == [("acknowledgement", 0, "vested")]


def test_reading_them_in_the_very_moment_counts(session: Session) -> None:
    person = make_staff()
    make_acknowledgement(person, at=ENDED)
    task = done(person)
    award(completed(task))
    assert lines(session, task) == [("home_visit", 20, "pending")]


def test_without_any_rules_nothing_is_written(session: Session) -> None:
    task = done(make_staff())
    award(completed(task))
    assert lines(session, task) == []


def test_work_before_the_first_rules_earns_nothing(session: Session) -> None:
    person = make_staff()
    make_acknowledgement(person, make_rules(ENDED + timedelta(days=1)), at=ENDED - timedelta(days=1))
    task = done(person)
    award(completed(task), now=ENDED + timedelta(days=2))
    assert lines(session, task) == []


def test_a_good_answer_earns_and_makes_the_rest_count(session: Session, associate: Staff) -> None:
    task = done(associate)
    award(completed(task))
    give_rating(session, task, 5)
    handlers.award_for_rating(rated(task, 5), now=ENDED + timedelta(hours=1))
    assert lines(session, task) == [("home_visit", 20, "vested"), ("rating", 10, "vested")]


def test_a_poor_answer_costs_nothing_and_is_proof_too(session: Session, associate: Staff) -> None:
    task = done(associate)
    award(completed(task))
    give_rating(session, task, 1)
    handlers.award_for_rating(rated(task, 1), now=ENDED + timedelta(hours=1))
    assert lines(session, task) == [("home_visit", 20, "vested"), ("rating", 0, "vested")]


def test_the_answer_delivered_before_the_completion_gives_the_same_points(session: Session, associate: Staff) -> None:
    task = done(associate)
    give_rating(session, task, 5)
    handlers.award_for_rating(rated(task, 5), now=ENDED + timedelta(hours=1))
    award(completed(task), now=ENDED + timedelta(hours=2))
    assert sorted(lines(session, task)) == [("home_visit", 20, "vested"), ("rating", 10, "vested")]


def test_the_same_answer_twice_earns_once(session: Session, associate: Staff) -> None:
    task = done(associate)
    give_rating(session, task, 5)
    handlers.award_for_rating(rated(task, 5), now=ENDED)
    handlers.award_for_rating(rated(task, 5), now=ENDED)
    assert lines(session, task) == [("rating", 10, "vested")]


def test_the_answer_to_a_contact_that_should_not_have_been_made_earns_nothing(
    session: Session, associate: Staff
) -> None:
    task = done(associate, type="callback", reason="care", started_at=NOON)
    opt_out_of_calls(session, task, at=NOON - timedelta(days=1))
    give_rating(session, task, 5)
    handlers.award_for_rating(rated(task, 5), now=ENDED)
    assert lines(session, task) == []


def test_reopening_takes_everything_back(session: Session, associate: Staff) -> None:
    task = done(associate)
    give_door_code(session, task)
    award(completed(task))
    reopen(session, task)
    handlers.reverse_for_reopened_task(reopened(task), now=ENDED)
    assert lines(session, task) == [("home_visit", 20, "reversed"), ("home_visit", -20, "reversed")]


def test_a_completion_delivered_after_its_reopening_earns_nothing(session: Session, associate: Staff) -> None:
    task = done(associate)
    fact = completed(task)
    reopen(session, task)
    handlers.reverse_for_reopened_task(reopened(task), now=ENDED)
    award(fact)
    assert lines(session, task) == []


def test_after_reopening_the_second_completion_earns_and_the_first_does_not(session: Session, associate: Staff) -> None:
    task = done(associate, endings=2)
    award(completed(task, ending=2))
    award(completed(task, ending=1))
    handlers.reverse_for_reopened_task(reopened(task, ending=1), now=ENDED)
    assert lines(session, task) == [("home_visit", 20, "pending")]


def test_an_answer_delivered_after_a_reopening_earns_nothing(session: Session, associate: Staff) -> None:
    task = done(associate)
    reopen(session, task)
    handlers.award_for_rating(rated(task, 5), now=ENDED)
    assert lines(session, task) == []


def test_the_points_go_to_whom_the_fact_names(session: Session, associate: Staff) -> None:
    colleague = make_staff()
    make_acknowledgement(colleague)
    task = done(associate)
    award(completed(task, assignee_id=colleague.id))
    entry = session.scalars(select(PointsEntry).where(PointsEntry.task_id == task.id)).one()
    assert (entry.associate_id, entry.store_id) == (colleague.id, task.store_id)


def test_selling_a_restricted_product_earns_nothing(session: Session, associate: Staff) -> None:
    task = done(associate, reason="promotion")
    carry(session, task, restricted=True)
    award(completed(task))
    assert lines(session, task) == [("restricted", 0, "vested")]


def test_delivering_a_restricted_product_that_was_asked_for_earns_as_usual(session: Session, associate: Staff) -> None:
    task = done(associate, type="delivery", reason="replenishment")
    carry(session, task, restricted=True)
    award(completed(task))
    assert lines(session, task) == [("delivery", 15, "pending")]


def test_a_call_after_an_opt_out_earns_nothing(session: Session, associate: Staff) -> None:
    task = done(associate, type="callback", reason="care", started_at=NOON)
    opt_out_of_calls(session, task, at=NOON - timedelta(days=1))
    award(completed(task))
    assert refusal_of(session, task) == "opted_out"


def test_a_call_before_the_opt_out_earns_as_usual(session: Session, associate: Staff) -> None:
    task = done(associate, type="callback", reason="care", started_at=NOON)
    opt_out_of_calls(session, task, at=NOON + timedelta(minutes=1))
    award(completed(task))
    assert lines(session, task) == [("callback", 8, "pending")]


def test_the_same_contact_twice_on_a_day_earns_once(session: Session, associate: Staff) -> None:
    customer = make_customer(store_id=associate.home_store_id)
    first = done(associate, customer=customer, reason="care", ended_at=NOON)
    second = done(associate, customer=customer, reason="care", ended_at=NOON + timedelta(hours=1))
    for task in (first, second):
        award(completed(task))
    assert lines(session, first) == [("home_visit", 20, "pending")]
    assert refusal_of(session, second) == "duplicate"


def test_a_contact_over_the_cap_earns_nothing(session: Session, associate: Staff) -> None:
    customer = make_customer(store_id=associate.home_store_id)
    book(session, customer, "another touch", days_before=3)
    task = done(associate, customer=customer, reason="care")
    award(completed(task))
    assert refusal_of(session, task) == "over_cap"


def test_a_contact_that_had_its_own_slot_is_not_over_the_cap(session: Session, associate: Staff) -> None:
    customer = make_customer(store_id=associate.home_store_id)
    book(session, customer, "another touch", days_before=3)
    task = done(associate, customer=customer, reason="care", origin_key="careplan:1:cust:9:2027-03")
    book(session, customer, "careplan:1:cust:9:2027-03", days_before=0)
    award(completed(task))
    assert lines(session, task) == [("home_visit", 20, "pending")]


def test_a_contact_outside_the_gap_is_not_over_the_cap(session: Session, associate: Staff) -> None:
    customer = make_customer(store_id=associate.home_store_id)
    book(session, customer, "another touch", days_before=7)
    task = done(associate, customer=customer, reason="care")
    award(completed(task))
    assert lines(session, task) == [("home_visit", 20, "pending")]


@pytest.mark.parametrize("reason", ["complaint", "after_purchase", "other"])
def test_answering_the_customer_is_never_over_the_cap(session: Session, associate: Staff, reason: str) -> None:
    customer = make_customer(store_id=associate.home_store_id)
    book(session, customer, "another touch", days_before=1)
    task = done(associate, customer=customer, reason=reason)
    award(completed(task))
    assert lines(session, task) == [("home_visit", 20, "pending")]


def test_the_inspection_window_is_72_hours(session: Session, associate: Staff) -> None:
    task = done(associate)
    award(completed(task))
    ledger.vest_due(now=ENDED + timedelta(hours=72) - timedelta(seconds=1))
    assert lines(session, task) == [("home_visit", 20, "pending")]
    ledger.vest_due(now=ENDED + timedelta(hours=72))
    assert lines(session, task) == [("home_visit", 20, "vested")]


def reopen(session: Session, task: Task) -> None:
    """What tasks leave behind when an ending is taken back."""
    session.execute(
        update(Task)
        .where(Task.id == task.id)
        .values(status="active", ended_at=None, end_recorded_at=None, ended_by_id=None, rating=None, rated_at=None)
    )


def opt_out_of_calls(session: Session, task: Task, *, at: datetime) -> None:
    phone = session.scalars(select(Customer.phone).where(Customer.id == task.customer_id)).one()
    session.add(Consent(phone=phone, channel="call", scope="all", state="out", changed_at=at))
    session.flush()


def refusal_of(session: Session, task: Task) -> str:
    entry = session.scalars(select(PointsEntry).where(PointsEntry.task_id == task.id)).one()
    assert (entry.rule_key, entry.amount, entry.state) == ("contact_limits", 0, "vested")
    return str(entry.evidence["refusal"])


def book(session: Session, customer: Any, origin_key: str, *, days_before: int) -> None:
    session.add(
        ContactBooking(
            household_id=customer.household_id,
            customer_id=customer.id,
            kind="cadence",
            day=(NOON - timedelta(days=days_before)).date(),
            gap_days=7,
            origin_key=origin_key,
            state="recorded",
            reserved_at=NOON,
            recorded_at=NOON,
        )
    )
    session.flush()


def carry(session: Session, task: Task, *, restricted: bool) -> None:
    product = make_product(is_restricted=restricted)
    session.add(TaskLine(task_id=task.id, product_id=product.id, name="Formula", quantity=1))
    session.flush()
