"""Opening hours: stretches of a day, time counted in them, and what people may write."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people import opening
from app.people.opening import DEFAULT_HOURS, is_open, open_stretches, working_deadline, working_time_between

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
BERLIN = ZoneInfo("Europe/Berlin")
NO_SUNDAY = DEFAULT_HOURS | {"6": []}
WITH_BREAK = {str(day): [["10:00", "13:00"], ["14:00", "20:00"]] for day in range(7)}
NIGHT_AND_DAY = {str(day): [["00:00", "24:00"]] for day in range(7)}
NEVER: dict[str, list[list[str]]] = {str(day): [] for day in range(7)}
# 2027-03-10 is a Wednesday.
WEDNESDAY = date(2027, 3, 10)


def at(day: int, hour: int, minute: int = 0, *, month: int = 3, zone: ZoneInfo = HONG_KONG) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=zone).astimezone(UTC)


def due(start: datetime, hours: float, week: opening.Opening = DEFAULT_HOURS, zone: ZoneInfo = HONG_KONG) -> datetime:
    return working_deadline(start, hours, opening=week, zone=zone)


def test_a_day_has_its_stretches_in_utc():
    assert open_stretches(WEDNESDAY, opening=WITH_BREAK, zone=HONG_KONG) == [
        (at(10, 10), at(10, 13)),
        (at(10, 14), at(10, 20)),
    ]


def test_a_closed_day_has_none():
    assert open_stretches(date(2027, 3, 14), opening=NO_SUNDAY, zone=HONG_KONG) == []


def test_a_store_is_open_from_the_first_minute_and_shut_from_closing_time_on():
    assert is_open(at(10, 10), opening=DEFAULT_HOURS, zone=HONG_KONG)
    assert not is_open(at(10, 20), opening=DEFAULT_HOURS, zone=HONG_KONG)
    assert not is_open(at(10, 9, 59), opening=DEFAULT_HOURS, zone=HONG_KONG)


def test_the_weekday_is_the_stores_not_utcs():
    monday_only = NEVER | {"0": [["01:00", "03:00"]]}
    # Monday 01:30 in Hong Kong is still Sunday in UTC.
    assert is_open(at(15, 1, 30), opening=monday_only, zone=HONG_KONG)


@pytest.mark.parametrize(
    ("start", "hours", "week", "deadline"),
    [
        (at(10, 11), 2, DEFAULT_HOURS, at(10, 13)),
        (at(10, 18), 2, DEFAULT_HOURS, at(10, 20)),
        (at(10, 19), 2, DEFAULT_HOURS, at(11, 11)),
        (at(10, 23), 2, DEFAULT_HOURS, at(11, 12)),
        (at(10, 8), 2, DEFAULT_HOURS, at(10, 12)),
        (at(10, 12), 2, WITH_BREAK, at(10, 15)),
        (at(13, 19, 30), 2, NO_SUNDAY, at(15, 11, 30)),
        (at(10, 11), 24, DEFAULT_HOURS, at(12, 15)),
        (at(10, 22), 0, DEFAULT_HOURS, at(11, 10)),
        (at(10, 12), 0, DEFAULT_HOURS, at(10, 12)),
        (at(10, 3), 30, NEVER, at(11, 9)),
        (at(10, 23), 2, NIGHT_AND_DAY, at(11, 1)),
    ],
    ids=[
        "in-the-middle-of-the-day",
        "up-to-closing-time",
        "over-the-night",
        "begun-at-night",
        "begun-before-opening",
        "over-a-break",
        "over-a-closed-sunday",
        "over-two-days",
        "nothing-at-night-is-the-next-opening",
        "nothing-while-open-is-now",
        "a-store-without-hours-never-sleeps",
        "open-night-and-day",
    ],
)
def test_a_deadline_counts_only_opening_hours(start, hours, week, deadline):
    assert due(start, hours, week) == deadline


def test_the_night_in_which_clocks_jump_is_an_hour_shorter():
    # Berlin, 28 March 2027: from 02:00 to 03:00.
    assert due(at(27, 23, zone=BERLIN), 5, NIGHT_AND_DAY, BERLIN) == at(28, 5, zone=BERLIN)


def test_the_night_in_which_clocks_fall_back_is_an_hour_longer():
    # Berlin, 31 October 2027: 03:00 becomes 02:00.
    assert due(at(30, 23, month=10, zone=BERLIN), 5, NIGHT_AND_DAY, BERLIN) == at(31, 3, month=10, zone=BERLIN)


def test_hours_that_the_change_of_clocks_swallows_are_no_hours():
    sunday_night = NEVER | {"6": [["02:00", "03:00"]]}
    assert open_stretches(date(2027, 3, 28), opening=sunday_night, zone=BERLIN) == []
    assert due(at(28, 0, zone=BERLIN), 0.5, sunday_night, BERLIN) == at(4, 2, 30, month=4, zone=BERLIN)


def test_opening_at_ten_stays_ten_by_the_wall_on_both_sides_of_the_change():
    friday_evening = at(26, 19, zone=BERLIN)
    assert due(friday_evening, 21, DEFAULT_HOURS, BERLIN) == at(28, 20, zone=BERLIN)


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        (at(10, 11), at(10, 13), 2),
        (at(10, 19), at(11, 11), 2),
        (at(10, 21), at(11, 9), 0),
        (at(10, 13), at(10, 11), 0),
        (at(10, 0), at(17, 0), 70),
    ],
)
def test_time_between_counts_only_opening_hours(first, last, hours):
    assert working_time_between(first, last, opening=DEFAULT_HOURS, zone=HONG_KONG) == timedelta(hours=hours)


WALL = st.integers(0, 24 * 4).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
STRETCH = st.lists(WALL, min_size=2, max_size=2, unique=True).map(sorted)
WEEK = st.fixed_dictionaries({str(day): st.lists(STRETCH, max_size=1) for day in range(7)}).filter(
    lambda week: any(week.values())
)


@given(
    week=WEEK,
    start=st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    minutes=st.integers(1, 3000),
    zone=st.sampled_from([HONG_KONG, BERLIN]),
)
def test_until_a_deadline_exactly_its_hours_pass(week, start, minutes, zone):
    deadline = working_deadline(start, minutes / 60, opening=week, zone=zone)
    passed = working_time_between(start, deadline, opening=week, zone=zone)
    assert abs(passed - timedelta(minutes=minutes)) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("typed", "stretches"),
    [
        ("", []),
        ("10:00-20:00", [["10:00", "20:00"]]),
        ("9:30 – 13:00，14:00至20:00", [["09:30", "13:00"], ["14:00", "20:00"]]),
        ("14：00-24：00、9：00-12：00", [["09:00", "12:00"], ["14:00", "24:00"]]),
    ],
)
def test_hours_are_read_as_people_type_them(typed, stretches):
    assert opening.read(typed) == stretches


@pytest.mark.parametrize(
    "typed", ["ten to eight", "10-20", "10:00", "25:00-26:00", "20:00-10:00", "10:00-13:00,12:00-15:00"]
)
def test_hours_that_can_t_be_read_are_refused_with_words(typed):
    with pytest.raises(opening.HoursFault, match=r"\w+ \w+"):
        opening.read(typed)


def test_written_hours_read_back():
    assert opening.read(opening.write(WITH_BREAK["0"])) == WITH_BREAK["0"]
