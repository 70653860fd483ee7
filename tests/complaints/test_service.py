"""What happens to a case: opening, joining, the steps, the answer, the end."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.complaints import queries, service
from app.complaints.errors import AnotherCaseOpen, AnswerMissing, WrongStage
from app.complaints.kinds import Source
from app.complaints.models import Complaint
from app.core.db import db
from app.core.errors import Invalid, NotFound, StaleVersion
from app.customers import service as customers
from app.people.models import TimeOff
from app.tasks import service as tasks
from app.tasks.models import Task
from tests.complaints.conftest import facts, history_of
from tests.factories.complaints import RIGHT, bring_to, make_complaint
from tests.factories.customers import make_customer
from tests.factories.people import make_staff
from tests.factories.tasks import make_task

TOMORROW = timedelta(days=1)


def recovery_of(complaint) -> Task:
    return db.session.get_one(Task, complaint.recovery_task_id, populate_existing=True)


# Opening


def test_a_complaint_opens_a_case_with_both_clocks(shop):
    complaint = shop.open()
    assert (complaint.stage, complaint.store_id, complaint.number[:1]) == ("opened", shop.store.id, "C")
    assert complaint.acknowledge_due_at == shop.now + timedelta(hours=2)
    assert complaint.plan_due_at == shop.now + timedelta(hours=24)
    assert complaint.due_at == complaint.look_at == complaint.acknowledge_due_at


def test_opening_is_told_as_a_fact_and_written_into_the_history(shop):
    complaint = shop.open()
    (fact,) = facts("ComplaintOpened")
    assert (fact["complaint_id"], fact["is_reaction"], fact["source"]) == (complaint.id, False, "phone")
    assert fact["actor"] == f"staff:{shop.boss.id}"
    assert [(step.action, step.actor_id) for step in history_of(complaint.id)] == [("open", shop.boss.id)]


def test_the_same_text_twice_is_the_same_case(shop):
    first = shop.open(key="inbound:7")
    again = shop.open(key="inbound:7")
    assert again.id == first.id
    assert len(queries.statements_of([first.id])[first.id]) == 1
    assert len(facts("ComplaintOpened")) == 1


def test_the_same_text_is_the_same_case_even_after_it_was_closed(shop):
    complaint = bring_to(shop.open(key="inbound:7"), "closed", now=shop.now)
    assert shop.open(key="inbound:7").id == complaint.id
    assert complaint.stage == "closed"


def test_a_second_complaint_of_the_household_joins_the_open_case(shop):
    first = shop.open("The zip broke.", key="k1")
    wife = make_customer(store=shop.store, household_id=shop.customer.household_id)
    joined = shop.open("And nobody called back!", key="k2", customer=wife)
    assert joined.id == first.id
    said = queries.statements_of([first.id])[first.id]
    assert [(one.customer_id, one.words) for one in said] == [
        (shop.customer.id, "The zip broke."),
        (wife.id, "And nobody called back!"),
    ]
    assert len(facts("ComplaintOpened")) == 1


def test_another_household_has_its_own_case(shop):
    assert shop.open().id != shop.open(key="k2", customer=make_customer(store=shop.store)).id


def test_after_the_end_a_new_complaint_is_a_new_case(shop):
    closed = bring_to(shop.open(), "closed", now=shop.now)
    assert shop.open(key="k2").id != closed.id


def test_words_must_be_there(shop):
    with pytest.raises(Invalid) as refused:
        shop.open("   ")
    assert "words" in refused.value.errors


def test_an_associate_reports_a_complaint_of_an_own_customer(shop):
    assert shop.open(actor=shop.actor("ann")).store_id == shop.store.id


@pytest.mark.parametrize("who", ["stranger", "neighbour", "bob"])
def test_nobody_reports_for_customers_of_others(shop, who):
    with pytest.raises(NotFound):
        shop.open(actor=shop.actor(who))


def test_a_visit_complained_about_must_have_been_with_the_household(shop):
    foreign = make_task(customer=make_customer(store=shop.store))
    with pytest.raises(Invalid):
        shop.open(task_id=foreign.id)
    own = make_task(customer=shop.customer)
    assert shop.open(task_id=own.id).task_id == own.id


# The recovery call


def test_a_recovery_call_is_made_at_once_for_the_familiar_face(shop):
    task = recovery_of(shop.open("The zip broke."))
    assert (task.type, task.reason, task.assignee_id) == ("callback", "complaint", shop.ann.id)
    assert (task.window_start, task.window_end) == (shop.now, shop.now + timedelta(hours=2))
    assert task.note == "The zip broke."


def test_at_night_the_call_waits_for_the_morning(shop):
    night = datetime(2027, 3, 10, 23, 0, tzinfo=UTC).replace(hour=15)
    task = recovery_of(shop.open(now=night))
    assert task.window_start == datetime(2027, 3, 11, 2, 0, tzinfo=UTC)


def test_further_words_make_no_second_call(shop):
    shop.open(key="k1")
    shop.open(key="k2")
    made = db.session.scalars(select(Task).where(Task.reason == "complaint")).all()
    assert len(made) == 1


def test_when_the_call_is_over_further_words_bring_a_new_one_only_with_a_new_round(shop):
    complaint = shop.open()
    first = complaint.recovery_task_id
    tasks.cancel(first, reason="not_needed", actor=shop.actor("boss"), now=shop.now)
    bring_to(complaint, "resolved", now=shop.now)
    service.record_answer(complaint.id, satisfied=False, words="No", actor=shop.actor("customer"), now=shop.now)
    assert complaint.recovery_task_id != first


def test_whose_own_visit_is_complained_about_does_not_make_the_call(shop):
    visit = make_task(customer=shop.customer, assignee=shop.ann, status="assigned")
    assert recovery_of(shop.open(task_id=visit.id)).assignee_id is None


def test_while_the_familiar_face_is_away_the_cover_calls(shop):
    db.session.add(
        TimeOff(
            staff_id=shop.ann.id,
            cover_id=shop.bob.id,
            starts_at=shop.now - TOMORROW,
            ends_at=shop.now + TOMORROW,
            reason="leave",
            status="approved",
            asked_by=shop.ann.id,
            asked_at=shop.now - TOMORROW,
        )
    )
    db.session.flush()
    assert recovery_of(shop.open()).assignee_id == shop.bob.id


def test_without_an_owner_the_supervisor_hands_the_call_out(shop):
    nobodys = make_customer(store=shop.store)
    task = recovery_of(shop.open(customer=nobodys))
    assert (task.status, task.assignee_id) == ("open", None)


def test_a_case_stands_even_where_no_checklist_lets_a_task_be_made(session, now):
    complaint = make_complaint(make_customer(), now=now)
    assert (complaint.stage, complaint.recovery_task_id) == ("opened", None)


def test_automatic_promotions_and_win_backs_of_the_household_end(shop):
    wife = make_customer(store=shop.store, household_id=shop.customer.household_id)

    def touch(**changes) -> Task:
        return make_task(**{"customer": shop.customer, "type": "callback", "status": "open", **changes})

    promotion = touch(customer=wife, reason="promotion", origin_key="careplan:1")
    win_back = touch(reason="lapsed", origin_key="careplan:2")
    refill = touch(reason="replenishment", origin_key="careplan:3")
    by_hand = touch(reason="promotion")
    complaint = shop.open()
    for task in (promotion, win_back, refill, by_hand):
        db.session.refresh(task)
    assert [task.status for task in (promotion, win_back)] == ["cancelled", "cancelled"]
    assert [task.status for task in (refill, by_hand)] == ["open", "open"]
    assert (promotion.end_reason, promotion.end_note) == ("not_needed", complaint.number)


# Reactions


@pytest.mark.parametrize(
    "words",
    [
        "My face is itchy and swollen",
        "用了以后起红疹",
        "BB飲完奶嘔吐",
        "敷完面膜皮肤过敏",
        "allergic reaction after use",
    ],
)
def test_a_reaction_of_the_body_is_marked_and_escalated_at_once(shop, words):
    complaint = shop.open(words)
    assert (complaint.is_reaction, complaint.alarm, complaint.alarm_level) == (True, "reaction", "supervisor")
    (fact,) = facts("ComplaintEscalated")
    assert (fact["complaint_id"], fact["alarm"], fact["level"]) == (complaint.id, "reaction", "supervisor")


def test_a_reaction_waits_for_no_clock(shop):
    complaint = shop.open("It came late.")
    assert complaint.due_at == complaint.acknowledge_due_at
    later = shop.now + timedelta(minutes=10)
    shop.open("And now I have a rash!", key="k2", now=later)
    assert complaint.due_at == later
    other = shop.open("A rash!", key="k3", customer=make_customer(store=shop.store))
    assert other.due_at == shop.now


def test_other_words_are_no_reaction(shop):
    assert not shop.open("The parcel came two days late.").is_reaction
    assert facts("ComplaintEscalated") == []


def test_the_one_who_writes_it_down_may_know_better_than_the_words(shop):
    assert shop.open("She feels unwell since she used it", is_reaction=True).is_reaction


def test_a_reaction_told_later_marks_the_open_case_too(shop):
    complaint = shop.open("It came late.")
    shop.open("And now I have a rash!", key="k2")
    assert (complaint.is_reaction, complaint.alarm) == (True, "reaction")


def test_a_reaction_is_never_unsaid(shop):
    complaint = shop.open("I have a rash")
    shop.open("Never mind the rest", key="k2", is_reaction=False)
    assert complaint.is_reaction


def test_a_reaction_is_handed_out_by_the_supervisor(shop):
    assert recovery_of(shop.open("I have a rash")).assignee_id is None


def test_a_reaction_closes_only_with_what_came_of_it(shop):
    complaint = bring_to(shop.open("I have a rash"), "resolved", now=shop.now)
    service.record_answer(complaint.id, satisfied=True, words="ok", actor=shop.actor("customer"), now=shop.now)
    with pytest.raises(Invalid) as refused:
        service.close(complaint.id, actor=shop.actor("boss"), now=shop.now, outcome="  ")
    assert "outcome" in refused.value.errors
    service.close(complaint.id, actor=shop.actor("boss"), now=shop.now, outcome="Saw a doctor; reported to the maker.")
    assert complaint.stage == "closed"


# Steps


def test_acknowledging_stops_the_first_clock_and_takes_the_case(shop):
    complaint = shop.open()
    service.acknowledge(complaint.id, actor=shop.actor("boss"), now=shop.now)
    assert (complaint.stage, complaint.owner_id, complaint.acknowledged_at) == ("acknowledged", shop.boss.id, shop.now)
    assert complaint.due_at == complaint.look_at == complaint.plan_due_at


def test_a_plan_promises_a_time_and_stops_the_second_clock(shop):
    complaint = shop.open()
    by = shop.now + TOMORROW
    service.plan(complaint.id, plan="A new one", promised_for=by, actor=shop.actor("boss"), now=shop.now)
    assert (complaint.stage, complaint.promised_for, complaint.due_at) == ("planned", by, by)
    assert complaint.acknowledged_at == complaint.planned_at == shop.now
    assert complaint.look_at is None


@pytest.mark.parametrize("days", [-1, 0, 61])
def test_a_promise_lies_in_the_near_future(shop, days):
    complaint = shop.open()
    by = shop.now + timedelta(days=days)
    with pytest.raises(Invalid):
        service.plan(complaint.id, plan="A new one", promised_for=by, actor=shop.actor("boss"), now=shop.now)


def test_a_plan_may_be_made_anew_and_the_old_one_stays_in_the_history(shop):
    complaint = bring_to(shop.open(), "planned", now=shop.now)
    by = shop.now + 2 * TOMORROW
    service.plan(complaint.id, plan="Money back", promised_for=by, actor=shop.actor("boss"), now=shop.now)
    assert history_of(complaint.id)[-1].detail["old"]["plan"] == "Bring a new one."


@pytest.mark.parametrize("missing", ["apology", "cause", "remedy"])
def test_resolving_takes_apology_cause_and_remedy(shop, missing):
    complaint = bring_to(shop.open(), "planned", now=shop.now)
    with pytest.raises(Invalid) as refused:
        service.resolve(complaint.id, **{**RIGHT, missing: " "}, actor=shop.actor("boss"), now=shop.now)
    assert list(refused.value.errors) == [missing]


def test_resolved_waits_for_the_customer(shop):
    complaint = bring_to(shop.open(), "resolved", now=shop.now)
    assert complaint.due_at > shop.now + timedelta(hours=71)
    assert facts("ComplaintResolved")[0]["version"] == complaint.version
    with pytest.raises(AnswerMissing):
        service.close(complaint.id, actor=shop.actor("boss"), now=shop.now)


def test_a_yes_lets_the_supervisor_close_and_calls_off_the_call(shop):
    complaint = bring_to(shop.open(), "resolved", now=shop.now)
    service.record_answer(complaint.id, satisfied=True, words="1", actor=shop.actor("customer"), now=shop.now)
    assert (complaint.stage, complaint.satisfied) == ("resolved", True)
    service.close(complaint.id, actor=shop.actor("boss"), now=shop.now)
    assert (complaint.stage, complaint.closed_at, complaint.look_at) == ("closed", shop.now, None)
    assert recovery_of(complaint).status == "cancelled"


def test_a_no_opens_the_case_again_with_fresh_clocks(shop):
    complaint = bring_to(shop.open(), "resolved", now=shop.now)
    later = shop.now + timedelta(hours=5)
    service.record_answer(complaint.id, satisfied=False, words="2", actor=shop.actor("customer"), now=later)
    assert (complaint.stage, complaint.reopenings, complaint.satisfied) == ("opened", 1, None)
    assert complaint.acknowledge_due_at == later + timedelta(hours=2)
    assert complaint.acknowledged_at is None
    assert [step.action for step in history_of(complaint.id)][-2:] == ["answer", "reopen"]
    assert facts("ComplaintAnswered")[0]["satisfied"] is False


def test_words_after_put_right_open_the_case_again(shop):
    complaint = bring_to(shop.open(), "resolved", now=shop.now)
    shop.open("It broke again!", key="k2", actor=shop.actor("customer"), source=Source.SMS)
    assert (complaint.stage, complaint.reopenings) == ("opened", 1)


def test_a_closed_case_can_be_opened_again(shop):
    complaint = bring_to(shop.open(), "closed", now=shop.now)
    service.reopen(complaint.id, words="It broke again", actor=shop.actor("boss"), now=shop.now)
    assert (complaint.stage, complaint.closed_at, complaint.apology) == ("opened", None, RIGHT["apology"])


def test_not_while_the_household_has_another_one(shop):
    first = bring_to(shop.open(), "closed", now=shop.now)
    shop.open(key="k2")
    with pytest.raises(AnotherCaseOpen):
        service.reopen(first.id, words="Again", actor=shop.actor("boss"), now=shop.now)


def test_the_database_holds_one_open_case_per_household(shop):
    shop.open()
    with pytest.raises(IntegrityError, match="uq_complaint_open_household"), db.session.begin_nested():
        db.session.execute(
            text(
                """INSERT INTO complaint (customer_id, household_id, store_id, source, opened_at, clocks_since,
                       acknowledge_due_at, acknowledge_again_at, plan_due_at, plan_again_at, due_at)
                   SELECT customer_id, household_id, store_id, source, opened_at, clocks_since, acknowledge_due_at,
                       acknowledge_again_at, plan_due_at, plan_again_at, due_at FROM complaint"""
            )
        )


@pytest.mark.parametrize("table", ["complaint_statement", "complaint_event"])
@pytest.mark.parametrize("change", ["UPDATE {0} SET actor_id = 1", "DELETE FROM {0}"])
def test_what_was_said_and_done_stays(shop, table, change):
    shop.open()
    with pytest.raises(IntegrityError, match="append-only"), db.session.begin_nested():
        db.session.execute(text(change.format(table)))


def test_an_old_version_is_refused_with_the_present_one(shop):
    complaint = shop.open()
    with pytest.raises(StaleVersion) as refused:
        service.acknowledge(complaint.id, actor=shop.actor("boss"), now=shop.now, version=complaint.version + 1)
    assert refused.value.extra["current_version"] == complaint.version


def test_each_step_makes_a_new_version(shop):
    complaint = shop.open()
    assert complaint.version == 1
    bring_to(complaint, "closed", now=shop.now)
    assert complaint.version == len(history_of(complaint.id))


def test_a_refused_step_leaves_nothing_behind(shop):
    complaint = shop.open()
    before = (complaint.version, len(history_of(complaint.id)), len(facts()))
    with pytest.raises(WrongStage):
        service.resolve(complaint.id, **RIGHT, actor=shop.actor("boss"), now=shop.now)
    assert (complaint.version, len(history_of(complaint.id)), len(facts())) == before


# Who handles


def test_the_case_is_handed_to_a_supervisor_or_associate_of_the_store(shop):
    complaint = shop.open()
    for person in (shop.deputy, shop.bob):
        service.assign(complaint.id, person.id, actor=shop.actor("boss"), now=shop.now)
        assert complaint.owner_id == person.id


def test_handing_to_the_same_person_changes_nothing(shop):
    complaint = shop.open()
    service.assign(complaint.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)
    version = complaint.version
    service.assign(complaint.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)
    assert complaint.version == version


@pytest.mark.parametrize("who", ["stranger", "office", "nobody"])
def test_not_to_people_from_elsewhere(shop, who):
    staff_id = 2**40 if who == "nobody" else getattr(shop, who).id
    complaint = shop.open()
    with pytest.raises(Invalid):
        service.assign(complaint.id, staff_id, actor=shop.actor("boss"), now=shop.now)


def test_whom_the_case_was_given_to_may_note_the_answer(shop):
    complaint = bring_to(shop.open(), "resolved", now=shop.now)
    service.assign(complaint.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)
    service.record_answer(complaint.id, satisfied=True, words="Happy now", actor=shop.actor("bob"), now=shop.now)
    assert history_of(complaint.id)[-1].actor_id == shop.bob.id


# What others ask


@pytest.mark.parametrize("stage", ["opened", "acknowledged", "planned", "resolved", "closed"])
def test_an_open_case_freezes_the_household_until_it_is_closed(shop, stage):
    assert queries.open_case_in(shop.customer.household_id) is None
    complaint = bring_to(shop.open(), stage, now=shop.now)
    frozen_by = queries.open_case_in(shop.customer.household_id)
    assert frozen_by is (None if stage == "closed" else complaint)


def test_who_moves_in_brings_the_case_along(shop):
    other = make_customer(store=shop.store)
    complaint = shop.open(customer=other)
    assert queries.open_case_in(shop.customer.household_id) is None
    customers.join_household(other.id, with_customer_id=shop.customer.id, actor=shop.actor("boss"), now=shop.now)
    assert queries.open_case_in(shop.customer.household_id) is complaint
    assert queries.open_case_of(shop.customer.id).id == complaint.id


def test_each_sees_the_cases_that_are_theirs(shop):
    complaint = shop.open()
    seeing = {
        name
        for name in ("ann", "bob", "boss", "deputy", "office", "stranger", "neighbour", "customer", "system")
        if _sees(shop, name, complaint)
    }
    assert seeing == {"ann", "boss", "deputy", "office", "customer", "system"}


def _sees(shop, name: str, complaint: Complaint) -> bool:
    try:
        return queries.visible(complaint.id, actor=shop.actor(name), now=shop.now) is not None
    except NotFound:
        return False


def test_whom_a_case_was_given_to_sees_it(shop):
    complaint = shop.open()
    service.assign(complaint.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)
    assert _sees(shop, "bob", complaint)


def test_a_supervisor_without_home_in_the_store_can_not_be_named(shop):
    other = make_staff(role="supervisor")
    complaint = shop.open()
    with pytest.raises(Invalid):
        service.assign(complaint.id, other.id, actor=shop.actor("boss"), now=shop.now)
