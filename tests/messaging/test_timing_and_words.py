"""When reminders are due, and how names and times are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.messaging import words
from app.messaging.timing import estimated_arrival, reminder_at

HK = "Asia/Hong_Kong"
START = datetime(2027, 3, 12, 2, 0, tzinfo=UTC)  # Friday 10:00


def local(text: str, zone: str = HK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_the_reminder_comes_the_evening_before():
    assert reminder_at(START, zone=HK, now=local("2027-03-10T10:00")) == local("2027-03-11T18:00")


def test_booked_late_the_evening_before_the_reminder_comes_two_hours_before():
    assert reminder_at(START, zone=HK, now=local("2027-03-11T17:00")) == START - timedelta(hours=2)


def test_booked_shortly_before_there_is_no_reminder():
    assert reminder_at(START, zone=HK, now=START - timedelta(hours=5)) is None


def test_the_evening_is_the_stores_on_the_day_clocks_change():
    start = local("2027-03-14T10:00", "America/New_York")
    due = reminder_at(start, zone="America/New_York", now=start - timedelta(days=3))
    assert due == local("2027-03-13T18:00", "America/New_York")
    assert start - due == timedelta(hours=15)


def test_the_arrival_follows_the_distance_and_is_told_in_five_minutes():
    now = START + timedelta(minutes=3)
    eta = estimated_arrival(now, window_start=START, origin=(22.28, 114.16), destination=(22.28, 114.20))
    assert timedelta(minutes=15) < eta - now < timedelta(minutes=30)
    assert eta.minute % 5 == 0


def test_the_arrival_is_never_told_before_the_promised_window():
    assert estimated_arrival(START - timedelta(hours=2), window_start=START, origin=None, destination=None) == START


@pytest.mark.parametrize(
    ("name", "gender", "locale", "expected"),
    [
        ("陈美玲", "female", "zh_Hans", "陈女士"),
        ("歐陽志強", "male", "zh_Hant", "歐陽先生"),
        ("陈美玲", None, "zh_Hans", "陈美玲"),
        ("Mary Chan", "female", "zh_Hant", "Mary Chan"),
        ("Mary Chan", "female", "en", "Mary Chan"),
        ("陈美玲", "female", "en", "there"),
    ],
)
def test_a_customer_is_addressed_as_a_shop_would(name, gender, locale, expected):
    assert words.greeting(name, gender=gender, locale=locale) == expected


@pytest.mark.parametrize(
    ("locale", "expected"), [("zh_Hans", "3月12日周五"), ("zh_Hant", "3月12日星期五"), ("en", "Fri 12 Mar")]
)
def test_a_day_is_written_out_in_the_customers_language(locale, expected):
    assert words.day(START, zone=HK, locale=locale) == expected


def test_an_english_text_keeps_to_the_cheap_alphabet():
    assert words.shop("慧芳铜锣湾店", locale="en") == "Huifang"
    assert words.colleague("李嘉欣", locale="en") == "our associate"
    assert words.colleague("Carmen", locale="en") == "Carmen"


def test_a_number_to_call_is_written_as_it_is_dialled():
    assert words.phone("+85228000000", country="HK") == "2800 0000"
    assert words.phone("+8675582000000", country="CN") == "075582000000"
    assert words.phone("+85228000000", country="US") == "+852 2800 0000"
