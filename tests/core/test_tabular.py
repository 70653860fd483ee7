"""Tables as people keep them: read whatever way they were saved, written so that no spreadsheet computes them."""

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from app.core.tabular import (
    EmptyTable,
    LockedWorkbook,
    NotATable,
    OldWorkbook,
    TableInfo,
    TooManyColumns,
    UnknownEncoding,
    csv_rows,
    open_table,
    safe_text,
    without_guard,
    xlsx_file,
)

SIMPLIFIED = "姓名,电话,备注\r\n陈小明,+852 9123 4567,喜欢浅色的外套\r\n"
TRADITIONAL = "姓名,電話,備註\r\n陳小明,+852 9123 4567,鍾意淺色嘅外套\r\n"


def read(path: Path) -> tuple[TableInfo, list[tuple[int, list[str]]]]:
    with open_table(path) as (info, rows):
        return info, list(rows)


def saved(folder: Path, data: bytes, name: str = "table") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def workbook(folder: Path, rows: list[list[object]]) -> Path:
    path = folder / "book.xlsx"
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return path


@pytest.mark.parametrize(
    ("text", "codec", "named"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8"),
        (SIMPLIFIED, "utf-16", "utf-16"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (TRADITIONAL, "utf-8-sig", "utf-8"),
        (TRADITIONAL, "big5hkscs", "big5hkscs"),
        (TRADITIONAL.replace("嘅", "的"), "big5", "big5hkscs"),
    ],
)
def test_a_csv_is_read_in_the_characters_it_was_written_in(tmp_path: Path, text: str, codec: str, named: str) -> None:
    info, rows = read(saved(tmp_path, text.encode(codec)))
    assert (info.encoding, info.header) == (named, tuple(text.split("\r\n")[0].split(",")))
    assert rows == [(2, text.split("\r\n")[1].split(","))]


def test_a_fault_far_down_the_file_still_tells_gb18030_from_utf_8(tmp_path: Path) -> None:
    text = "name,note\n" + "Ann,plain\n" * 200_000 + "陈,浅色\n"
    assert read(saved(tmp_path, text.encode("gb18030")))[0].encoding == "gb18030"


@pytest.mark.parametrize("sign", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(tmp_path: Path, sign: str) -> None:
    lines = [["name", "phone"], ["Ann, the elder" if sign != "," else "Ann", "91234567"], ["Bea", "91234568"]]
    info, rows = read(saved(tmp_path, "\n".join(sign.join(line) for line in lines).encode()))
    assert info.delimiter == sign
    assert [cells for _, cells in rows] == lines[1:]


def test_a_title_above_the_header_is_passed_over_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    data = "Customers of March,,\n,,\nname,phone,store\nAnn,91234567,HK01\n,,\nBea,91234568,HK01\n"
    info, rows = read(saved(tmp_path, data.encode()))
    assert info.header == ("name", "phone", "store")
    assert [number for number, _ in rows] == [4, 6]


def test_a_cell_with_line_breaks_is_one_cell_and_its_row_is_where_it_begins(tmp_path: Path) -> None:
    rows = read(saved(tmp_path, b'name,note\nAnn,"one\ntwo"\nBea,x\n'))[1]
    assert rows == [(2, ["Ann", "one\ntwo"]), (4, ["Bea", "x"])]


def test_short_rows_are_filled_and_long_ones_cut_to_the_header(tmp_path: Path) -> None:
    assert read(saved(tmp_path, b"a,b\n1\n1,2,3\n"))[1] == [(2, ["1", ""]), (3, ["1", "2"])]


def test_a_workbook_gives_cells_as_they_would_be_typed(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, [["name", "phone", "born", "amount"], ["陈小明", 91234567, dt.date(1980, 3, 1), 12.5], [], ["Bea"]]
    )
    info, rows = read(path)
    assert (info.kind, info.sheet) == ("xlsx", "Sheet1")
    assert rows == [(2, ["陈小明", "91234567", "1980-03-01", "12.5"]), (4, ["Bea", "", "", ""])]


def test_a_workbook_in_an_old_format_is_named_so(tmp_path: Path) -> None:
    with pytest.raises(OldWorkbook), open_table(saved(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)):
        pass


def test_a_locked_workbook_is_named_so(tmp_path: Path) -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(LockedWorkbook), open_table(saved(tmp_path, data)):
        pass


@pytest.mark.parametrize("data", [b"", b"  \r\n\r\n", b",,,\n,,\n"])
def test_an_empty_file_is_named_so(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(EmptyTable), open_table(saved(tmp_path, data)):
        pass


def test_an_empty_workbook_is_named_so(tmp_path: Path) -> None:
    with pytest.raises(EmptyTable), open_table(workbook(tmp_path, [])):
        pass


def a_zip() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return held.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\nsomething\n",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00",
        a_zip(),
        b"PK\x03\x04broken",
        b"<html><table></table>",
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NotATable), open_table(saved(tmp_path, data)):
        pass


def test_a_broken_workbook_is_refused(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook")
    with pytest.raises(NotATable), open_table(saved(tmp_path, held.getvalue())):
        pass


def test_characters_of_no_known_code_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownEncoding), open_table(saved(tmp_path, b"name,note\nAnn,\xff\xff\xff\n")):
        pass


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TooManyColumns), open_table(saved(tmp_path, ",".join("abcd" * 60).encode() + b"\n")):
        pass


@pytest.mark.parametrize("text", ["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\t=1", "=HYPERLINK(1)"])
def test_text_that_looks_like_a_formula_is_written_as_text(text: str, tmp_path: Path) -> None:
    assert safe_text(text) == "'" + text
    assert without_guard(safe_text(text)) == text
    with xlsx_file(["note"], [[text]]) as file:
        cells = CalamineWorkbook.from_filelike(io.BytesIO(file.read())).get_sheet_by_index(0).to_python()
    assert cells[1] == [text]


@pytest.mark.parametrize("text", ["+85291234567", "+852 9123 4567", "-12.50", "2027-03-10", "Ann", "'quoted"])
def test_numbers_phones_and_plain_text_stay_as_they_are(text: str) -> None:
    assert safe_text(text) == text
    assert without_guard(text) == text


def test_what_is_written_as_csv_is_read_back(tmp_path: Path) -> None:
    rows = [["陈小明", "+85291234567", "=1+1", 'says "hi", twice'], ["Bea", None, dt.date(2027, 3, 10), True]] * 300
    path = saved(tmp_path, b"".join(csv_rows(["name", "phone", "note", "words"], rows)))
    info, back = read(path)
    assert info.encoding == "utf-8"
    assert back[0][1] == ["陈小明", "+85291234567", "'=1+1", 'says "hi", twice']
    assert back[-1] == (601, ["Bea", "", "2027-03-10", "1"])


def test_what_is_written_as_a_workbook_is_read_back(tmp_path: Path) -> None:
    with xlsx_file(["name", "day", "count"], [["陈", dt.date(2027, 3, 10), 5], ["", None, 2.5]], sheet="a/b") as file:
        path = saved(tmp_path, file.read(), "written.xlsx")
    info, rows = read(path)
    assert info.sheet == "a b"
    assert [cells for _, cells in rows] == [["陈", "2027-03-10", "5"], ["", "", "2.5"]]
