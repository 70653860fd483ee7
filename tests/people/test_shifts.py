"""Working hours as rules: the usual week, exceptions, absences, and the days when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people.shifts import (
    DayShift,
    Interval,
    WeeklyShift,
    day_bounds,
    is_working,
    overlapping,
    without,
    working_days,
    working_intervals,
)

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
WEDNESDAY = date(2027, 3, 10)
SPRING = date(2027, 3, 14)  # New York skips 02:00-03:00
AUTUMN = date(2027, 11, 7)  # New York repeats 01:00-02:00


def every_day(*stretches: tuple[time, time]) -> list[WeeklyShift]:
    return [WeeklyShift(weekday, starts, ends) for weekday in range(7) for starts, ends in stretches]


NINE_TO_SIX = every_day((time(9), time(18)))


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_a_usual_day_is_worked_in_the_stores_own_time():
    assert working_intervals(WEDNESDAY, zone=HONG_KONG, weekly=NINE_TO_SIX) == [
        Interval(utc(2027, 3, 10, 1), utc(2027, 3, 10, 10))
    ]


def test_a_weekday_without_a_stretch_is_free():
    monday_only = [WeeklyShift(0, time(9), time(18))]
    assert working_intervals(WEDNESDAY, zone=HONG_KONG, weekly=monday_only) == []


def test_a_break_parts_the_day():
    with_lunch = every_day((time(9), time(12)), (time(13), time(18)))
    assert [i.minutes for i in working_intervals(WEDNESDAY, zone=HONG_KONG, weekly=with_lunch)] == [180, 300]


def test_touching_stretches_become_one():
    touching = every_day((time(9), time(12)), (time(12), time(18)))
    assert [i.minutes for i in working_intervals(WEDNESDAY, zone=HONG_KONG, weekly=touching)] == [540]


def test_an_exception_replaces_the_usual_day():
    short = [DayShift(WEDNESDAY, time(14), time(16))]
    found = working_intervals(WEDNESDAY, zone=HONG_KONG, weekly=NINE_TO_SIX, exceptions=short)
    assert found == [Interval(utc(2027, 3, 10, 6), utc(2027, 3, 10, 8))]


def test_an_exception_without_times_is_a_free_day():
    assert working_intervals(WEDNESDAY, zone=HONG_KONG, weekly=NINE_TO_SIX, exceptions=[DayShift(WEDNESDAY)]) == []


def test_an_exception_leaves_other_days_alone():
    thursday = WEDNESDAY + timedelta(days=1)
    found = working_intervals(thursday, zone=HONG_KONG, weekly=NINE_TO_SIX, exceptions=[DayShift(WEDNESDAY)])
    assert len(found) == 1


def test_a_week_counts_only_while_it_is_in_force():
    old = WeeklyShift(2, time(9), time(12), valid_from=date(2027, 1, 1), valid_until=WEDNESDAY)
    new = WeeklyShift(2, time(13), time(18), valid_from=WEDNESDAY)
    week_before = WEDNESDAY - timedelta(days=7)
    assert [i.minutes for i in working_intervals(WEDNESDAY, zone=HONG_KONG, weekly=[old, new])] == [300]
    assert [i.minutes for i in working_intervals(week_before, zone=HONG_KONG, weekly=[old, new])] == [180]


def test_an_hour_off_in_the_middle_cuts_the_day_in_two():
    dentist = Interval(utc(2027, 3, 10, 3), utc(2027, 3, 10, 4))
    found = working_intervals(WEDNESDAY, zone=HONG_KONG, weekly=NINE_TO_SIX, time_off=[dentist])
    assert [i.minutes for i in found] == [120, 360]


def test_time_off_also_holds_on_a_day_with_an_exception():
    away = Interval(*day_bounds(WEDNESDAY, HONG_KONG))
    extra = [DayShift(WEDNESDAY, time(20), time(22))]
    assert working_intervals(WEDNESDAY, zone=HONG_KONG, weekly=[], exceptions=extra, time_off=[away]) == []


def test_a_day_says_that_the_person_is_away_even_if_nothing_was_planned():
    away = Interval(*day_bounds(WEDNESDAY, HONG_KONG))
    day = working_days(first=WEDNESDAY, last=WEDNESDAY, zone=HONG_KONG, weekly=[], time_off=[away])[0]
    assert day.is_away


def test_time_off_outside_of_the_shift_makes_nobody_away():
    evening = Interval(utc(2027, 3, 10, 12), utc(2027, 3, 10, 14))
    day = working_days(first=WEDNESDAY, last=WEDNESDAY, zone=HONG_KONG, weekly=NINE_TO_SIX, time_off=[evening])[0]
    assert not day.is_away
    assert day.minutes == 540


def test_the_end_of_a_shift_is_no_longer_work():
    assert is_working(utc(2027, 3, 10, 9, 59), zone=HONG_KONG, weekly=NINE_TO_SIX)
    assert not is_working(utc(2027, 3, 10, 10), zone=HONG_KONG, weekly=NINE_TO_SIX)


def test_a_night_across_the_spring_change_is_an_hour_shorter():
    night = every_day((time(0), time(6)))
    assert working_days(first=SPRING, last=SPRING, zone=NEW_YORK, weekly=night)[0].minutes == 5 * 60


def test_a_night_across_the_autumn_change_is_an_hour_longer():
    night = every_day((time(0), time(6)))
    assert working_days(first=AUTUMN, last=AUTUMN, zone=NEW_YORK, weekly=night)[0].minutes == 7 * 60


def test_a_start_in_the_skipped_hour_is_the_change_itself():
    found = working_intervals(SPRING, zone=NEW_YORK, weekly=every_day((time(2, 30), time(4))))
    assert found == [Interval(utc(2027, 3, 14, 7), utc(2027, 3, 14, 8))]


def test_a_shift_inside_the_skipped_hour_does_not_exist():
    assert working_intervals(SPRING, zone=NEW_YORK, weekly=every_day((time(2, 10), time(2, 50)))) == []


def test_a_shift_inside_the_repeated_hour_covers_both_turns():
    found = working_intervals(AUTUMN, zone=NEW_YORK, weekly=every_day((time(1, 15), time(1, 45))))
    assert found == [Interval(utc(2027, 11, 7, 5, 15), utc(2027, 11, 7, 6, 45))]


def test_shifts_that_meet_in_the_repeated_hour_are_not_counted_twice():
    meeting = every_day((time(0), time(1, 30)), (time(1, 30), time(3)))
    found = working_intervals(AUTUMN, zone=NEW_YORK, weekly=meeting)
    assert [i.minutes for i in found] == [4 * 60]


def test_a_half_hour_change_is_taken_as_such():
    changed = date(2027, 10, 3)  # Lord Howe skips 02:00-02:30
    assert working_days(first=changed, last=changed, zone=LORD_HOWE, weekly=every_day((time(0), time(6))))[
        0
    ].minutes == int(5.5 * 60)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (WEDNESDAY, 24)])
def test_a_local_day_has_the_hours_its_clock_shows(day, hours):
    begin, end = day_bounds(day, NEW_YORK)
    assert end - begin == timedelta(hours=hours)


def test_stretches_that_touch_do_not_overlap():
    assert not overlapping([(time(9), time(12)), (time(12), time(18))])
    assert overlapping([(time(9), time(12)), (time(11, 59), time(18))])


# What holds for every week, zone and day, the days of the change first of all.

zones = st.sampled_from(
    [
        ZoneInfo(name)
        for name in (
            "Asia/Hong_Kong",
            "America/New_York",
            "Europe/London",
            "Australia/Lord_Howe",
            "America/Santiago",
            "Africa/Cairo",
            "Pacific/Auckland",
        )
    ]
)
changes = [date(2027, 3, 14), date(2027, 11, 7), date(2027, 3, 28), date(2027, 10, 31), date(2027, 4, 4)]
days = st.one_of(st.sampled_from(changes), st.dates(date(2026, 1, 1), date(2028, 12, 31)))
quarters = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
stretches = st.lists(st.tuples(quarters, quarters).filter(lambda pair: pair[0] < pair[1]), max_size=4)


@given(days, zones, stretches)
def test_stretches_are_sorted_apart_not_empty_and_within_their_day(day, zone, stretches):
    found = working_intervals(day, zone=zone, weekly=every_day(*stretches))
    begin, end = day_bounds(day, zone)
    assert all(begin <= i.starts_at < i.ends_at <= end for i in found)
    assert all(left.ends_at < right.starts_at for left, right in pairwise(found))


@given(days, zones, stretches, quarters)
def test_who_works_is_asked_of_the_wall_clock(day, zone, stretches, wall):
    """At any moment of the day, the person works exactly if the store's clock stands inside a stretch."""
    moment = datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)
    local = moment.astimezone(zone)
    if local.date() != day:
        return
    ambiguous = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    inside = any(starts <= local.time() < ends for starts, ends in stretches)
    if not ambiguous:
        assert is_working(moment, zone=zone, weekly=every_day(*stretches)) == inside
    elif inside:
        # In a repeated hour nobody loses work; two stretches may join across it.
        assert is_working(moment, zone=zone, weekly=every_day(*stretches))


@given(days, zones)
def test_working_round_the_clock_fills_the_local_day_to_its_last_minute(day, zone):
    around = every_day((time.min, time(23, 59)))
    found = working_intervals(day, zone=zone, weekly=around)
    begin, end = day_bounds(day, zone)
    assert sum(i.minutes for i in found) == (end - begin).total_seconds() // 60 - 1


@given(days, zones, stretches, st.integers(-1440, 2880), st.integers(1, 2000))
def test_time_off_takes_away_exactly_what_it_overlaps(day, zone, stretches, after_midnight, minutes):
    begin, _ = day_bounds(day, zone)
    away = Interval(begin + timedelta(minutes=after_midnight), begin + timedelta(minutes=after_midnight + minutes))
    whole = working_intervals(day, zone=zone, weekly=every_day(*stretches))
    left = working_intervals(day, zone=zone, weekly=every_day(*stretches), time_off=[away])
    taken = without(whole, left)
    assert sum(i.minutes for i in left) + sum(i.minutes for i in taken) == sum(i.minutes for i in whole)
    assert not any(i.overlaps(away) for i in left)
    assert all(away.starts_at <= i.starts_at and i.ends_at <= away.ends_at for i in taken)
