"""Cells as people and spreadsheets write them: understood when the meaning is plain, named when it is not."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from app.core.columns import Column, RowReader, day_of, fault, moment_of, plain_name, proposed

HONG_KONG = ZoneInfo("Asia/Hong_Kong")


def reading(cell: str) -> RowReader:
    return RowReader({"cell": cell})


def codes(row: RowReader) -> list[str]:
    return [one["code"] for one in row.faults]


@pytest.mark.parametrize(
    ("cell", "region", "number"),
    [
        ("91234567.0", "HK", "+85291234567"),
        ("13800138000.0", "CN", "+8613800138000"),
        ("９１２３ ４５６７", "HK", "+85291234567"),
        ("＋８５２ ９１２３ ４５６７", "CN", "+85291234567"),
        ("\N{LEFT-TO-RIGHT OVERRIDE}+852 9123 4567\N{POP DIRECTIONAL FORMATTING}", "HK", "+85291234567"),
        ("0755-12345678", "CN", "+8675512345678"),
    ],
)
def test_a_number_is_read_however_it_was_typed_or_kept(cell: str, region: str, number: str) -> None:
    row = reading(cell)
    assert row.phone("cell", region=region) == number
    assert row.faults == []


@pytest.mark.parametrize("cell", ["8.61E+12", "9.12e+07", "1E+12"])
def test_a_number_that_lost_its_digits_says_so(cell: str) -> None:
    for row in (reading(cell), reading(cell)):
        assert row.phone("cell", region="HK") is None
        assert codes(row) == ["shortened"]
    receipt = reading(cell)
    assert receipt.code("cell") is None
    assert codes(receipt) == ["shortened"]


def test_two_numbers_in_one_cell_are_not_guessed_at() -> None:
    row = reading("91234567 / 91234568")
    assert row.phone("cell", region="HK") is None
    assert codes(row) == ["no-such-phone"]


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("12.50", "12.50"),
        ("1,200.50", "1200.50"),
        ("HK$ 1,234,567.8", "1234567.80"),
        ("¥１２．５", "12.50"),
        ("rmb 98", "98.00"),
        ("300元", "300.00"),
    ],
)
def test_an_amount_is_read_with_its_signs(cell: str, number: str) -> None:
    assert reading(cell).decimal("cell", places=2) == Decimal(number)


@pytest.mark.parametrize(
    "cell", ["12,50", "1.200,50", "1,20", "12,3456", "NaN", "1e999", "-5", "five", ",5", "1,234,56"]
)
def test_what_could_be_another_amount_is_no_number(cell: str) -> None:
    row = reading(cell)
    assert row.decimal("cell", places=2) is None
    assert codes(row) == ["not-a-number"]


def test_a_fraction_is_not_rounded_to_a_whole_number() -> None:
    row = reading("3.5")
    assert row.whole("cell", least=1, most=365) is None
    assert codes(row) == ["not-whole"]
    assert reading("3.0").whole("cell", least=1, most=365) == 3


@pytest.mark.parametrize(
    "cell", ["2027-03-10", "2027/3/10", "２０２７－０３－１０", "２０２７年３月１０日", "10/3/2027", "46456"]
)
def test_a_day_is_read_as_people_and_spreadsheets_write_it(cell: str) -> None:
    assert day_of(cell) == date(2027, 3, 10)


@pytest.mark.parametrize("cell", ["2027-02-30", "2027-13-01", "99999999", "1/5/26", "0000-01-01"])
def test_a_day_that_does_not_exist_is_none(cell: str) -> None:
    assert day_of(cell) is None


def test_a_moment_is_on_the_clock_of_the_store_unless_it_names_its_own() -> None:
    at = datetime(2027, 3, 10, 7, 30, tzinfo=UTC)
    for cell in ("2027-03-10 15:30", "2027/3/10 15:30:00", "２０２７－０３－１０　１５：３０", "2027-03-10T07:30:00Z"):
        assert moment_of(cell, HONG_KONG) == at, cell


@pytest.mark.parametrize("cell", ["是", "ＹＥＳ", "Y", "√", "１"])
def test_yes_is_understood(cell: str) -> None:
    assert reading(cell).yes_or_no("cell") is True


def test_spaces_around_a_name_go_and_those_within_stay() -> None:
    assert reading("　陈 小明 \N{NO-BREAK SPACE}").text("cell") == "陈 小明"


def test_a_cell_that_cannot_be_kept_is_named_without_its_characters() -> None:
    row = reading("a\x00b")
    assert row.text("cell") is None
    assert codes(row) == ["unreadable"]
    long = reading("\x00" * 300)
    long.text("cell", longest=200)
    assert "\x00" not in long.faults[0]["value"]
    assert fault("cell", "x", "\ud800")["value"] == "\N{REPLACEMENT CHARACTER}"


def test_titles_are_known_in_any_width_and_case() -> None:
    columns = [Column("code", "Code", ("SKU",)), Column("phone", "Phone", ("电话",))]
    assert proposed(columns, ["ＳＫＵ", " 电 话 "]) == {"code": 0, "phone": 1}
    assert plain_name("Sold-By:") == "soldby"


def test_of_two_columns_with_one_title_the_first_is_proposed() -> None:
    assert proposed([Column("phone", "Phone")], ["phone", "Phone "]) == {"phone": 0}
