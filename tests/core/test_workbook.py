"""Workbooks as they are written: piece by piece, whole only at the end, and with nothing in them that is computed."""

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from app.core import workbook
from app.core.tabular import open_table
from app.core.workbook import LONGEST_TEXT, xlsx_file, xlsx_pieces


def sheets_of(data: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def cell_back(cell: object) -> object:
    """What a program reads where this was written."""
    [rows] = sheets_of(b"".join(xlsx_pieces(["title"], [[cell]]))).values()
    return rows[1][0]


def test_the_first_bytes_go_out_before_the_first_row_is_there() -> None:
    asked: list[int] = []

    def rows() -> Iterator[list[object]]:
        asked.append(1)
        yield ["Ann"]

    pieces = xlsx_pieces(["name"], rows())
    assert next(pieces).startswith(b"PK\x03\x04")
    assert not asked


def test_rows_go_out_while_more_are_still_to_come() -> None:
    read = 0

    def rows() -> Iterator[list[object]]:
        nonlocal read
        for read in range(20_000):
            yield [f"Customer {read * 7919 % 20_000}", read]

    seen = [read for _ in xlsx_pieces(["name", "number"], rows())]
    assert len(seen) > 10
    assert seen[2] < 10_000


def test_what_breaks_off_is_no_workbook() -> None:
    def rows() -> Iterator[list[object]]:
        for number in range(1_000):
            yield [f"Customer {number}"]
        raise RuntimeError("the database went away")

    got: list[bytes] = []
    with pytest.raises(RuntimeError, match="went away"):
        got.extend(xlsx_pieces(["name"], rows()))
    assert b"".join(got).startswith(b"PK")
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(got)))


def test_who_goes_away_half_way_stops_it() -> None:
    asked: list[int] = []

    def rows() -> Iterator[list[object]]:
        for number in range(100_000):
            asked.append(number)
            yield [number]

    pieces = xlsx_pieces(["name"], rows())
    next(pieces)
    next(pieces)
    pieces.close()
    assert len(asked) < 100_000
    assert next(pieces, None) is None


@pytest.mark.parametrize("text", ["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\t=1", "=HYPERLINK(1)", "＝1+1", "＠SUM(A1)"])
def test_text_that_looks_like_a_formula_stays_text(text: str) -> None:
    assert cell_back(text) == text


@pytest.mark.parametrize("text", ["https://example.org", "mailto:ann@example.org", "internal:Sheet2!A1"])
def test_nothing_becomes_a_link(text: str) -> None:
    data = b"".join(xlsx_pieces(["title"], [[text]]))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"hyperlink" not in archive.read("xl/worksheets/sheet1.xml")
    assert cell_back(text) == text


@pytest.mark.parametrize(
    ("cell", "back"),
    [
        (5, 5),
        (-3, -3),
        (2.5, 2.5),
        (Decimal("1234567.80"), 1234567.8),
        (Decimal("1E+3"), 1000),
        (1e-7, 1e-7),
        (True, "1"),
        (False, "0"),
        (dt.date(2027, 3, 10), dt.date(2027, 3, 10)),
        (dt.datetime(2027, 3, 10, 14, 45), dt.datetime(2027, 3, 10, 14, 45)),
        (["a", "b"], "['a', 'b']"),
    ],
)
def test_each_kind_of_cell_is_read_back(cell: object, back: object) -> None:
    assert cell_back(cell) == back


def test_a_moment_keeps_the_clock_it_was_told_on() -> None:
    told = dt.datetime(2027, 3, 10, 14, 45, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    assert cell_back(told) == dt.datetime(2027, 3, 10, 14, 45)


@pytest.mark.parametrize("day", [dt.date(1899, 12, 30), dt.date(1900, 2, 28), dt.date(1812, 5, 1)])
def test_days_that_spreadsheets_cannot_count_are_text(day: dt.date) -> None:
    assert cell_back(day) == day.isoformat()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), Decimal("NaN"), 12345678901234567])
def test_numbers_that_a_spreadsheet_would_spoil_are_text(number: Any) -> None:
    assert cell_back(number) == str(number)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=30))
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    assert cell_back(text) == text


def test_marks_that_look_like_escaped_signs_are_kept() -> None:
    assert cell_back("_x000D_ and _x005F_") == "_x000D_ and _x005F_"


@pytest.mark.parametrize("sign", ["\ud800", "\ufffe", "\uffff"])
def test_signs_that_no_file_may_hold_are_replaced(sign: str) -> None:
    assert cell_back(f"a{sign}b") == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("sign", ["x", "陈", "\N{HEAVY BLACK HEART}", "\N{GRINNING FACE}"])
def test_a_text_beyond_what_a_cell_holds_is_cut(sign: str) -> None:
    back = str(cell_back(sign * 40_000))
    assert LONGEST_TEXT - 2 < len(back.encode("utf-16-le")) // 2 <= LONGEST_TEXT


def test_empty_cells_keep_their_place() -> None:
    [rows] = sheets_of(b"".join(xlsx_pieces(["a", "b", "c"], [[None, "", 3], [1, None, None]]))).values()
    assert rows == [["a", "b", "c"], ["", "", 3], [1, "", ""]]


def test_a_list_without_rows_has_its_titles() -> None:
    assert sheets_of(b"".join(xlsx_pieces(["a", "b"], []))) == {"Sheet1": [["a", "b"]]}


@pytest.mark.parametrize(("count", "sheets"), [(2, 1), (3, 1), (4, 2), (7, 3)])
def test_what_is_too_long_for_one_sheet_goes_on_in_the_next(
    monkeypatch: pytest.MonkeyPatch, count: int, sheets: int
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    found = sheets_of(b"".join(xlsx_pieces(["number"], [[number] for number in range(count)], sheet="Customers")))
    assert list(found) == ["Customers", "Customers 2", "Customers 3"][:sheets]
    assert all(rows[0] == ["number"] for rows in found.values())
    assert [row[0] for rows in found.values() for row in rows[1:]] == list(range(count))


def test_a_sheet_of_too_many_bytes_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_BYTES", 10_000)
    found = sheets_of(b"".join(xlsx_pieces(["words"], [["x" * 100] for _ in range(500)])))
    assert [len(rows) - 1 for rows in found.values()] == [200, 200, 100]


def test_a_title_is_a_name_that_a_sheet_may_have() -> None:
    assert list(sheets_of(b"".join(xlsx_pieces(["a"], [], sheet="a/b [c]")))) == ["a b  c"]
    monstrous = "Customers of all stores of the company and beyond"
    assert list(sheets_of(b"".join(xlsx_pieces(["a"], [], sheet=monstrous)))) == [monstrous[:31].strip()]


def test_every_part_is_whole_xml_and_belongs_to_the_book() -> None:
    data = b"".join(xlsx_pieces(["a", "b"], [["<&>", dt.date(2027, 3, 10)]] * 500))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        for name in names:
            ElementTree.fromstring(archive.read(name))
        types = archive.read("[Content_Types].xml").decode()
    assert len(names) == len(set(names))
    assert all(f'"/{name}"' in types for name in names if name.startswith("xl/") and name.endswith("sheet1.xml"))


def test_the_header_stays_in_sight_and_columns_have_a_width() -> None:
    with zipfile.ZipFile(io.BytesIO(b"".join(xlsx_pieces(["a", "b"], [], widths=[30, 10])))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in sheet
    assert sheet.count("<col ") == 2


def test_a_file_of_it_is_read_back_by_our_own_reader(tmp_path: Any) -> None:
    path = tmp_path / "written.xlsx"
    with xlsx_file(["name", "day", "count"], [["陈", dt.date(2027, 3, 10), 5], ["", None, 2.5]], sheet="a/b") as file:
        path.write_bytes(file.read())
    with open_table(path) as (info, rows):
        assert info.sheet == "a b"
        assert [cells for _, cells in rows] == [["陈", "2027-03-10", "5"], ["", "", "2.5"]]
