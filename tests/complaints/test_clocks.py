"""Both clocks in the store's hours: nights, days of rest, odd weeks and both edges of summer time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.complaints.clocks import StoreClock, acknowledge_due, call_window, plan_due
from app.complaints.kinds import Level
from app.people.opening import DEFAULT_HOURS, is_open
from app.settings import ComplaintSettings

RULES = ComplaintSettings()
HONG_KONG, BERLIN = ZoneInfo("Asia/Hong_Kong"), ZoneInfo("Europe/Berlin")
DAILY = StoreClock(DEFAULT_HOURS, HONG_KONG)
NO_SUNDAY = StoreClock(DEFAULT_HOURS | {"6": []}, HONG_KONG)
SHORT_SUNDAY = StoreClock(DEFAULT_HOURS | {"6": [["12:00", "16:00"]]}, HONG_KONG)
NEVER = StoreClock({str(day): [] for day in range(7)}, HONG_KONG)
ALL_NIGHT = StoreClock({str(day): [["00:00", "24:00"]] for day in range(7)}, HONG_KONG)
IN_BERLIN = StoreClock(DEFAULT_HOURS, BERLIN)


def at(day: int, hour: int, minute: int = 0, *, month: int = 3, zone: ZoneInfo = HONG_KONG) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=zone).astimezone(UTC)


# 2027-03-10 is a Wednesday, the 13th a Saturday.
@pytest.mark.parametrize(
    ("opened", "store", "due", "again"),
    [
        (at(10, 11), DAILY, at(10, 13), at(10, 15)),
        (at(10, 19), DAILY, at(11, 11), at(11, 13)),
        (at(10, 23), DAILY, at(11, 12), at(11, 14)),
        (at(13, 19), NO_SUNDAY, at(15, 11), at(15, 13)),
        (at(13, 18), NO_SUNDAY, at(13, 20), at(15, 12)),
        (at(10, 23), NEVER, at(11, 1), at(11, 3)),
    ],
    ids=["by-day", "over-the-night", "at-night", "over-a-day-of-rest", "till-closing-time", "store-without-hours"],
)
def test_a_complaint_is_acknowledged_within_two_working_hours(opened, store, due, again):
    clock = acknowledge_due(opened, store=store, rules=RULES)
    assert (clock.at, clock.again_at) == (due, again)


@pytest.mark.parametrize(
    ("opened", "store", "due", "again"),
    [
        (at(10, 15), DAILY, at(11, 15), at(12, 15)),
        (at(10, 23), DAILY, at(12, 10), at(13, 10)),
        (at(13, 15), NO_SUNDAY, at(15, 15), at(16, 15)),
        (at(14, 15), NO_SUNDAY, at(16, 10), at(17, 10)),
        (at(13, 18), SHORT_SUNDAY, at(15, 10), at(16, 10)),
        (at(10, 3), NEVER, at(11, 3), at(12, 3)),
    ],
    ids=[
        "the-same-time-next-day",
        "begun-at-the-next-opening",
        "a-day-of-rest-does-not-count",
        "opened-on-a-day-of-rest",
        "closed-by-then-is-due-at-the-next-opening",
        "store-without-hours",
    ],
)
def test_a_plan_is_made_within_a_day(opened, store, due, again):
    clock = plan_due(opened, store=store, rules=RULES)
    assert (clock.at, clock.again_at) == (due, again)


def test_the_day_with_the_missing_hour_is_a_day_of_24_hours_all_the_same():
    # Berlin, 28 March 2027, 02:00 becomes 03:00: 24 hours after Saturday 15:00 it is Sunday 16:00 by the wall.
    clock = plan_due(at(27, 15, zone=BERLIN), store=IN_BERLIN, rules=RULES)
    assert clock.at == at(28, 16, zone=BERLIN)


def test_the_day_with_the_doubled_hour_too():
    clock = plan_due(at(30, 15, month=10, zone=BERLIN), store=IN_BERLIN, rules=RULES)
    assert clock.at == at(31, 14, month=10, zone=BERLIN)


@pytest.mark.parametrize(("month", "day"), [(3, 27), (10, 30)], ids=["spring", "autumn"])
def test_working_hours_over_a_change_of_clocks_go_by_the_wall(month, day):
    clock = acknowledge_due(at(day, 19, month=month, zone=BERLIN), store=IN_BERLIN, rules=RULES)
    assert clock.at == at(day + 1, 11, month=month, zone=BERLIN)


def test_the_first_call_is_for_supervisors_and_the_second_for_head_office():
    clock = acknowledge_due(at(10, 11), store=DAILY, rules=RULES)
    assert clock.level_at(at(10, 12, 59)) is None
    assert clock.level_at(at(10, 13)) is Level.SUPERVISOR
    assert clock.level_at(at(10, 15)) is Level.HEAD_OFFICE


def test_other_hours_can_be_set():
    rules = ComplaintSettings(acknowledge_working_hours=1, plan_hours=48)
    assert acknowledge_due(at(10, 11), store=DAILY, rules=rules).at == at(10, 12)
    assert plan_due(at(10, 11), store=DAILY, rules=rules).at == at(12, 11)


@pytest.mark.parametrize(
    ("opened", "store", "start", "end"),
    [
        (at(10, 11), DAILY, at(10, 11), at(10, 13)),
        (at(10, 19), DAILY, at(10, 19), at(10, 20)),
        (at(10, 19, 45), DAILY, at(11, 10), at(11, 11, 45)),
        (at(10, 22), DAILY, at(11, 10), at(11, 12)),
        (at(13, 22), NO_SUNDAY, at(15, 10), at(15, 12)),
        (at(10, 2), ALL_NIGHT, at(10, 9), at(10, 9, 30)),
        (at(10, 2), NEVER, at(10, 3, 30), at(10, 4)),
    ],
    ids=[
        "at-once",
        "till-closing-time",
        "too-late-today",
        "next-morning",
        "after-a-day-of-rest",
        "not-before-nine-though-open",
        "store-without-hours",
    ],
)
def test_the_recovery_call_comes_soon_and_at_a_polite_time(opened, store, start, end):
    due = acknowledge_due(opened, store=store, rules=RULES).at
    assert call_window(opened, until=due, store=store) == (start, end)


WALL = st.integers(0, 24 * 4).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
STRETCH = st.lists(WALL, min_size=2, max_size=2, unique=True).map(sorted)
WEEK = st.fixed_dictionaries({str(day): st.lists(STRETCH, max_size=1) for day in range(7)}).filter(
    lambda week: any(week.values())
)
MOMENTS = st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@given(week=WEEK, opened=MOMENTS, zone=st.sampled_from([HONG_KONG, BERLIN]))
def test_every_clock_runs_forward_and_calls_twice(week, opened, zone):
    store = StoreClock(week, zone)
    for clock in (acknowledge_due(opened, store=store, rules=RULES), plan_due(opened, store=store, rules=RULES)):
        assert opened < clock.at < clock.again_at
    due = plan_due(opened, store=store, rules=RULES).at
    assert is_open(due, opening=week, zone=zone)
    assert due - opened >= timedelta(hours=24)


@given(week=WEEK, opened=MOMENTS, zone=st.sampled_from([HONG_KONG, BERLIN]))
def test_a_call_window_is_never_empty_and_never_past(week, opened, zone):
    store = StoreClock(week, zone)
    due = acknowledge_due(opened, store=store, rules=RULES).at
    start, end = call_window(opened, until=due, store=store)
    assert opened <= start < end
