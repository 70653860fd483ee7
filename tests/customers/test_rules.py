"""Completeness, birthdays, sort keys and the arithmetic of the contact budget, without a database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.customers.birthdays import Birthday, fault_of
from app.customers.completeness import completeness
from app.customers.contact_budget import Stretch, first_free_day
from app.customers.models import Customer
from app.customers.naming import sort_key
from app.customers.values import Calendar

DAY = date(2027, 3, 10)


def full_file(**changes: object) -> Customer:
    values: dict[str, object] = {
        "phone": "+85291234567",
        "address": "1 Nathan Road",
        "lat": 22.3,
        "lng": 114.2,
        "dialect": "yue",
        "gender": "female",
        "birthday_month": 5,
        "owner_id": 7,
        "preferences": "",
        "tags": ["pale colours"],
        "sizes": {"dress": "M"},
    }
    return Customer(**{**values, **changes})


def test_a_full_file_is_complete() -> None:
    assert completeness(full_file()).percent == 100
    assert completeness(full_file()).missing == ()


def test_an_empty_file_misses_everything() -> None:
    nothing = Customer(address="", preferences="", tags=[], sizes={})

    assert completeness(nothing).percent == 0
    assert len(completeness(nothing).missing) == 9


def test_what_is_missing_is_named() -> None:
    file = completeness(full_file(birthday_month=None, phone=None))

    assert file.missing == ("phone", "birthday")
    assert file.percent == 78


@pytest.mark.parametrize(
    "birthday",
    [
        Birthday(Calendar.SOLAR, 2, 29),
        Birthday(Calendar.SOLAR, 2, 29, 1996),
        Birthday(Calendar.LUNAR, 12, 30, 1988),
    ],
)
def test_a_real_birthday_has_no_fault(birthday: Birthday) -> None:
    assert fault_of(birthday, this_year=2027) is None


@pytest.mark.parametrize(
    "birthday",
    [
        Birthday(Calendar.SOLAR, 2, 29, 1995),
        Birthday(Calendar.SOLAR, 4, 31),
        Birthday(Calendar.SOLAR, 13, 1),
        Birthday(Calendar.SOLAR, 1, 0),
        Birthday(Calendar.LUNAR, 3, 31),
        Birthday(Calendar.SOLAR, 3, 3, 1850),
        Birthday(Calendar.SOLAR, 3, 3, 2028),
    ],
)
def test_a_day_that_does_not_exist_is_no_birthday(birthday: Birthday) -> None:
    assert fault_of(birthday, this_year=2027) is not None


def test_simplified_names_sort_by_their_pinyin_after_latin_ones() -> None:
    names = ["张伟", "Mary Wong", "陈静", "王芳", "alice Lee", "李娜"]

    assert sorted(names, key=sort_key) == ["alice Lee", "Mary Wong", "陈静", "李娜", "王芳", "张伟"]


def test_names_with_the_same_traditional_surname_stand_together() -> None:
    names = ["陳大文", "黃小姐", "陳美玲", "黃志強"]

    surnames = [name[0] for name in sorted(names, key=sort_key)]
    assert surnames in (["陳", "陳", "黃", "黃"], ["黃", "黃", "陳", "陳"])


def test_the_key_of_the_longest_name_is_short() -> None:
    assert len(sort_key("\N{CHERRY BLOSSOM}" * 120)) <= 200


def test_a_contact_blocks_the_days_before_and_after_it() -> None:
    booked = Stretch(DAY, 7)

    assert booked.collides_with(Stretch(DAY + timedelta(days=6), 7))
    assert booked.collides_with(Stretch(DAY - timedelta(days=6), 7))
    assert not booked.collides_with(Stretch(DAY + timedelta(days=7), 7))
    assert not booked.collides_with(Stretch(DAY - timedelta(days=7), 7))


def test_the_next_free_day_jumps_over_a_gap_that_is_too_small() -> None:
    taken = [Stretch(DAY, 7), Stretch(DAY + timedelta(days=10), 7)]

    assert first_free_day(taken, gap_days=7, not_before=DAY) == DAY + timedelta(days=17)


def test_a_household_without_contacts_is_free_at_once() -> None:
    assert first_free_day([], gap_days=7, not_before=DAY) == DAY


@given(
    days=st.lists(st.integers(-60, 60), max_size=12),
    gaps=st.lists(st.integers(1, 20), min_size=12, max_size=12),
    gap_days=st.integers(1, 20),
)
def test_the_next_free_day_is_free_and_none_before_it_is(days: list[int], gaps: list[int], gap_days: int) -> None:
    taken = [Stretch(DAY + timedelta(days=day), gap) for day, gap in zip(days, gaps, strict=False)]

    free = first_free_day(taken, gap_days=gap_days, not_before=DAY)

    assert not any(Stretch(free, gap_days).collides_with(stretch) for stretch in taken)
    for earlier in range((free - DAY).days):
        day = DAY + timedelta(days=earlier)
        assert any(Stretch(day, gap_days).collides_with(stretch) for stretch in taken)
