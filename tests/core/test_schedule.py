from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.core import schedule
from app.core.db import db, transaction
from app.core.schedule import Every, Job, Nightly

AT = datetime(2027, 3, 10, 2, 7, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, st.sampled_from([1, 5, 10, 15, 60]))
def test_a_regular_slot_is_in_the_past_and_less_than_one_period_old(moment, minutes):
    slot = Every(minutes=minutes).latest(moment)
    assert timedelta(0) <= moment - slot < timedelta(minutes=minutes)


@given(MOMENTS, st.sampled_from(["Asia/Hong_Kong", "Europe/Berlin", "America/New_York"]))
def test_a_nightly_slot_is_at_most_25_hours_old_over_both_clock_changes(moment, zone):
    slot = Nightly(at=time(2, 30), zone=zone).latest(moment)
    assert timedelta(0) <= moment - slot <= timedelta(hours=25)


def test_a_slot_runs_once_however_many_schedulers_open_it(session):
    ran = []
    job = Job(when=Every(minutes=5), run=lambda *, now: ran.append(now))
    with transaction():
        assert schedule.open_slots({"tidy": job}, now=AT) == ["tidy"]
        assert schedule.open_slots({"tidy": job}, now=AT) == []
    assert schedule.due_jobs() == ["tidy"]
    assert schedule.run_due("tidy", job, now=AT) == 1
    assert schedule.run_due("tidy", job, now=AT) == 0
    assert ran == [AT]


def test_a_failing_slot_is_tried_again_later_and_then_given_up(session):
    def fail(*, now: datetime) -> None:
        raise ValueError("no")

    job = Job(when=Every(minutes=5), run=fail)
    with transaction():
        schedule.open_slots({"tidy": job}, now=AT)
    for _attempt in range(schedule.MAX_ATTEMPTS):
        schedule.run_due("tidy", job, now=AT)
        assert schedule.due_jobs() == []
        with transaction() as open_session:
            open_session.execute(text("UPDATE schedule_slot SET next_attempt_at = now()"))
    row = db.session.execute(text("SELECT state, attempts, last_error FROM schedule_slot")).one()
    assert row.state == "dead"
    assert row.attempts == schedule.MAX_ATTEMPTS
    assert "no" in row.last_error
