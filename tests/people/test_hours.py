"""Shifts and time off against the real database."""

import threading
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import IntegrityError

from app.core.db import db, transaction
from app.core.errors import Forbidden, Invalid, NotFound, Problem
from app.people import hours, queries
from app.people.access import Role
from app.people.errors import CoversSomebody, OnlyOwnPeople, TimeOffDecided, TimeOffOver, TimeOffOverlaps
from app.people.hours import DayStretch, WeeklyStretch
from app.people.models import TimeOff, TimeOffReason
from tests.factories.people import actor_of, make_staff, make_store

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
TODAY = date(2027, 3, 10)  # a Wednesday
FULL_WEEK = [WeeklyStretch(weekday, time(9), time(18)) for weekday in range(7)]


@pytest.fixture
def store(session):
    return make_store()


@pytest.fixture
def supervisor(store):
    return make_staff(Role.SUPERVISOR, store)


@pytest.fixture
def associate(store):
    return make_staff(store=store)


@pytest.fixture
def colleague(store):
    return make_staff(store=store)


def at(day, hour=0):
    return datetime(2027, 3, day, hour, tzinfo=HONG_KONG)


def ask(person, *, actor, now, first=15, last=20, **changes):
    values = {"starts_at": at(first), "ends_at": at(last), "reason": TimeOffReason.LEAVE}
    return hours.request_time_off(person.id, **{**values, **changes}, actor=actor_of(actor), now=now)


def minutes_on(person, day):
    return queries.working_days([person.id], first=day, last=day, zone=HONG_KONG)[person.id][0].minutes


# Shifts


def test_the_usual_week_counts_from_today(session, now, supervisor, associate):
    hours.set_weekly(associate.id, FULL_WEEK, actor=actor_of(supervisor), now=now)
    assert minutes_on(associate, TODAY) == 540
    assert minutes_on(associate, TODAY - timedelta(days=1)) == 0


def test_a_new_week_leaves_the_past_as_it_was_worked(session, now, supervisor, associate):
    hours.set_weekly(associate.id, FULL_WEEK, actor=actor_of(supervisor), now=now)
    half = [WeeklyStretch(weekday, time(9), time(13)) for weekday in range(7)]
    next_week = TODAY + timedelta(days=7)
    hours.set_weekly(associate.id, half, valid_from=next_week, actor=actor_of(supervisor), now=now)
    assert minutes_on(associate, next_week - timedelta(days=1)) == 540
    assert minutes_on(associate, next_week) == 240


def test_a_week_planned_for_later_is_replaced_by_one_that_begins_earlier(session, now, supervisor, associate):
    later = TODAY + timedelta(days=30)
    hours.set_weekly(associate.id, FULL_WEEK, valid_from=later, actor=actor_of(supervisor), now=now)
    hours.set_weekly(associate.id, [], actor=actor_of(supervisor), now=now)
    assert minutes_on(associate, later) == 0


def test_setting_the_week_twice_on_one_day_keeps_the_second(session, now, supervisor, associate):
    for ends in (time(18), time(12)):
        week = [WeeklyStretch(2, time(9), ends)]
        hours.set_weekly(associate.id, week, actor=actor_of(supervisor), now=now)
    assert [row.ends for row in queries.weekly_pattern(associate.id, day=TODAY)] == [time(12)]


def test_a_week_that_has_passed_can_not_be_changed(session, now, supervisor, associate):
    with pytest.raises(Invalid) as refusal:
        hours.set_weekly(
            associate.id, FULL_WEEK, valid_from=TODAY - timedelta(days=1), actor=actor_of(supervisor), now=now
        )
    assert list(refusal.value.errors) == ["valid_from"]


@pytest.mark.parametrize(
    "week",
    [
        [WeeklyStretch(0, time(18), time(9))],
        [WeeklyStretch(0, time(9), time(9))],
        [WeeklyStretch(0, time(9), time(13)), WeeklyStretch(0, time(12), time(18))],
    ],
)
def test_stretches_that_end_before_they_start_or_overlap_are_refused(session, now, supervisor, associate, week):
    with pytest.raises(Invalid) as refusal:
        hours.set_weekly(associate.id, week, actor=actor_of(supervisor), now=now)
    assert list(refusal.value.errors) == ["weekly"]


def test_exceptions_replace_the_days_from_today_on(session, now, supervisor, associate):
    actor = actor_of(supervisor)
    hours.set_weekly(associate.id, FULL_WEEK, actor=actor, now=now)
    hours.set_exceptions(associate.id, [DayStretch(TODAY), DayStretch(date(2027, 3, 12))], actor=actor, now=now)
    hours.set_exceptions(associate.id, [DayStretch(TODAY, time(9), time(10))], actor=actor, now=now)
    assert minutes_on(associate, TODAY) == 60
    assert minutes_on(associate, date(2027, 3, 12)) == 540


def test_exceptions_of_the_past_stay_known(session, now, supervisor, associate):
    actor = actor_of(supervisor)
    hours.set_exceptions(associate.id, [DayStretch(TODAY, note="stocktaking")], actor=actor, now=now)
    tomorrow = now + timedelta(days=1)
    hours.set_exceptions(associate.id, [], actor=actor, now=tomorrow)
    assert [row.note for row in queries.shift_exceptions(associate.id, first=TODAY)] == ["stocktaking"]


@pytest.mark.parametrize(
    "days",
    [
        [DayStretch(TODAY - timedelta(days=1))],
        [DayStretch(TODAY), DayStretch(TODAY, time(9), time(12))],
        [DayStretch(TODAY), DayStretch(TODAY)],
        [DayStretch(TODAY, time(9), None)],
        [DayStretch(TODAY, time(9), time(12)), DayStretch(TODAY, time(11), time(13))],
        [DayStretch(TODAY, time(9), time(8))],
    ],
)
def test_exceptions_that_make_no_sense_are_refused(session, now, supervisor, associate, days):
    with pytest.raises(Invalid) as refusal:
        hours.set_exceptions(associate.id, days, actor=actor_of(supervisor), now=now)
    assert list(refusal.value.errors) == ["exceptions"]


def test_an_associate_does_not_plan_the_own_hours(session, now, associate):
    with pytest.raises(OnlyOwnPeople):
        hours.set_weekly(associate.id, FULL_WEEK, actor=actor_of(associate), now=now)


def test_a_supervisor_does_not_plan_another_supervisor(session, now, supervisor, store):
    with pytest.raises(OnlyOwnPeople):
        hours.set_weekly(make_staff(Role.SUPERVISOR, store).id, FULL_WEEK, actor=actor_of(supervisor), now=now)


def test_a_foreign_store_s_associate_does_not_exist_for_a_supervisor(session, now, supervisor):
    with pytest.raises(NotFound):
        hours.set_weekly(make_staff().id, FULL_WEEK, actor=actor_of(supervisor), now=now)


def test_a_store_s_day_lists_each_active_associate_once(session, now, supervisor, associate, colleague, store):
    make_staff(store=store, is_active=False)
    hours.set_weekly(associate.id, FULL_WEEK, actor=actor_of(supervisor), now=now)
    found = queries.working_hours_of_store(store.id, day=TODAY)
    assert {staff_id: len(intervals) for staff_id, intervals in found.items()} == {associate.id: 1, colleague.id: 0}


def test_approved_time_off_takes_the_hours_away_and_asked_does_not(session, now, supervisor, associate):
    hours.set_weekly(associate.id, FULL_WEEK, actor=actor_of(supervisor), now=now)
    absence = ask(associate, actor=associate, now=now)
    assert minutes_on(associate, date(2027, 3, 15)) == 540
    hours.approve_time_off(absence.id, actor=actor_of(supervisor), now=now)
    assert minutes_on(associate, date(2027, 3, 15)) == 0
    assert minutes_on(associate, date(2027, 3, 20)) == 540


# Time off


def test_an_associate_asks_and_a_supervisor_grants(session, now, supervisor, associate):
    assert ask(associate, actor=associate, now=now).status == "asked"
    assert ask(associate, actor=supervisor, now=now, first=25, last=26).status == "approved"


def test_nobody_asks_for_a_colleague(session, now, associate, colleague):
    with pytest.raises(OnlyOwnPeople):
        ask(colleague, actor=associate, now=now)


def test_a_person_of_another_store_is_not_there(session, now, associate):
    with pytest.raises(NotFound):
        ask(make_staff(), actor=associate, now=now)


def test_time_off_must_end_after_it_starts_and_within_a_year(session, now, associate):
    for last in (at(15), at(15) + timedelta(days=400)):
        with pytest.raises(Invalid) as refusal:
            ask(associate, actor=associate, now=now, ends_at=last)
        assert list(refusal.value.errors) == ["ends_at"]


def test_asking_afterwards_is_too_late_but_a_supervisor_may_write_it_down(session, now, supervisor, associate):
    with pytest.raises(Invalid):
        ask(associate, actor=associate, now=now, first=1, last=2)
    assert ask(associate, actor=supervisor, now=now, first=1, last=2, reason=TimeOffReason.SICK).status == "approved"


def test_two_absences_of_one_person_can_not_overlap(session, now, associate):
    ask(associate, actor=associate, now=now, first=15, last=20)
    with pytest.raises(TimeOffOverlaps):
        ask(associate, actor=associate, now=now, first=19, last=22)
    assert ask(associate, actor=associate, now=now, first=20, last=22).status == "asked"


def test_the_database_itself_refuses_overlapping_absences(session, now, associate):
    ask(associate, actor=associate, now=now)
    session.add(
        TimeOff(
            staff_id=associate.id,
            starts_at=at(16),
            ends_at=at(17),
            reason="leave",
            status="approved",
            asked_by=associate.id,
            asked_at=now,
        )
    )
    with pytest.raises(IntegrityError, match="ex_time_off_no_overlap"), session.begin_nested():
        session.flush()


def test_a_declined_absence_makes_room_for_another(session, now, supervisor, associate):
    absence = ask(associate, actor=associate, now=now)
    hours.decline_time_off(absence.id, actor=actor_of(supervisor), now=now, note="stocktaking")
    assert ask(associate, actor=associate, now=now).status == "asked"


def test_the_cover_looks_after_the_customers_while_the_person_is_away(session, now, supervisor, associate, colleague):
    ask(associate, actor=supervisor, now=now, cover_id=colleague.id)
    during = at(16, 12)
    assert queries.cover_of(associate.id, now=during) == colleague.id
    assert session.scalars(queries.covered_by(colleague.id, now=during)).all() == [associate.id]
    assert session.scalars(queries.covered_by(colleague.id, now=now)).all() == []
    assert queries.is_away(associate.id, now=during)
    assert not queries.is_away(associate.id, now=at(20))


def test_a_cover_who_is_only_asked_for_sees_nothing_yet(session, now, associate, colleague):
    ask(associate, actor=associate, now=now, cover_id=colleague.id)
    assert session.scalars(queries.covered_by(colleague.id, now=at(16))).all() == []


def covers(kind, store, associate):
    return {
        "the person": lambda: associate,
        "another store": lambda: make_staff(),
        "gone": lambda: make_staff(store=store, is_active=False),
        "a supervisor": lambda: make_staff(Role.SUPERVISOR, store),
    }[kind]()


@pytest.mark.parametrize("kind", ["the person", "another store", "gone", "a supervisor"])
def test_a_cover_must_be_an_active_associate_of_the_same_store(session, now, supervisor, store, associate, kind):
    with pytest.raises(Invalid) as refusal:
        ask(associate, actor=supervisor, now=now, cover_id=covers(kind, store, associate).id)
    assert list(refusal.value.errors) == ["cover_id"]


def test_an_unknown_cover_is_refused(session, now, supervisor, associate):
    with pytest.raises(Invalid):
        ask(associate, actor=supervisor, now=now, cover_id=2**31 - 1)


def test_a_cover_who_is_away_too_is_refused(session, now, supervisor, associate, colleague):
    ask(colleague, actor=colleague, now=now, first=19, last=25)
    with pytest.raises(Invalid) as refusal:
        ask(associate, actor=supervisor, now=now, cover_id=colleague.id)
    assert list(refusal.value.errors) == ["cover_id"]


def test_who_covers_somebody_can_not_be_away_meanwhile(session, now, supervisor, associate, colleague):
    ask(associate, actor=supervisor, now=now, cover_id=colleague.id)
    with pytest.raises(CoversSomebody) as refusal:
        ask(colleague, actor=supervisor, now=now, first=18, last=22)
    assert refusal.value.params == {"name": colleague.name}


def test_approving_looks_again_whether_the_cover_is_still_there(session, now, supervisor, store, associate, colleague):
    absence = ask(associate, actor=associate, now=now, cover_id=colleague.id)
    colleague.is_active = False
    session.flush()
    with pytest.raises(Invalid):
        hours.approve_time_off(absence.id, actor=actor_of(supervisor), now=now)
    other = make_staff(store=store)
    approved = hours.approve_time_off(absence.id, cover_id=other.id, actor=actor_of(supervisor), now=now)
    assert (approved.status, approved.cover_id) == ("approved", other.id)


def test_an_answer_is_given_once(session, now, supervisor, associate):
    absence = ask(associate, actor=associate, now=now)
    hours.approve_time_off(absence.id, actor=actor_of(supervisor), now=now)
    with pytest.raises(TimeOffDecided):
        hours.decline_time_off(absence.id, actor=actor_of(supervisor), now=now, note="late")


def test_a_supervisor_does_not_grant_the_own_time_off(session, now, supervisor):
    absence = ask(supervisor, actor=supervisor, now=now)
    assert absence.status == "asked"
    with pytest.raises(Forbidden):
        hours.approve_time_off(absence.id, actor=actor_of(supervisor), now=now)
    boss = make_staff(Role.HEAD_OFFICE)
    assert hours.approve_time_off(absence.id, actor=actor_of(boss), now=now).status == "approved"


def test_an_absence_can_be_called_off_before_it_begins(session, now, associate):
    absence = ask(associate, actor=associate, now=now)
    assert hours.cancel_time_off(absence.id, actor=actor_of(associate), now=now).status == "cancelled"
    with pytest.raises(TimeOffOver):
        hours.cancel_time_off(absence.id, actor=actor_of(associate), now=now)


def test_who_comes_back_early_was_away_until_then(session, now, supervisor, associate):
    absence = ask(associate, actor=supervisor, now=now)
    back = at(17, 9)
    hours.cancel_time_off(absence.id, actor=actor_of(associate), now=back)
    assert (absence.status, absence.ends_at) == ("approved", back)
    assert not queries.is_away(associate.id, now=back)


def test_a_colleague_s_absence_is_not_there_for_an_associate(session, now, associate, colleague):
    absence = ask(colleague, actor=colleague, now=now)
    with pytest.raises(NotFound):
        hours.cancel_time_off(absence.id, actor=actor_of(associate), now=now)


def test_the_lists_show_each_person_what_is_theirs_to_see(session, now, supervisor, associate, colleague):
    for person in (associate, colleague):
        ask(person, actor=person, now=now)
    stranger = make_staff()
    ask(stranger, actor=stranger, now=now)

    def seen_by(person):
        return {absence.staff_id for absence in session.scalars(queries.visible_time_off(actor_of(person)))}

    assert seen_by(associate) == {associate.id}
    assert seen_by(supervisor) == {associate.id, colleague.id}
    assert seen_by(make_staff(Role.HEAD_OFFICE)) == {associate.id, colleague.id, stranger.id}


@pytest.mark.parametrize("turn", range(3))
def test_two_people_who_name_each_other_as_cover_at_once_do_not_both_go(fresh_database, app, now, turn):
    with transaction():
        store = make_store()
        boss, one, two = make_staff(Role.HEAD_OFFICE), make_staff(store=store), make_staff(store=store)
        actor = actor_of(boss)
        pairs = [(one.id, two.id), (two.id, one.id)]
    db.session.remove()
    gate, outcomes = threading.Barrier(2), []

    def go(staff_id, cover_id):
        with app.app_context():
            gate.wait()
            try:
                with transaction():
                    hours.request_time_off(
                        staff_id,
                        starts_at=at(15),
                        ends_at=at(20),
                        reason=TimeOffReason.LEAVE,
                        cover_id=cover_id,
                        actor=actor,
                        now=now,
                    )
                outcomes.append("granted")
            except Problem as refusal:
                outcomes.append(type(refusal).__name__)

    threads = [threading.Thread(target=go, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) in (["Invalid", "granted"], ["CoversSomebody", "granted"])
