"""Tables as people keep them: read whatever way they were saved, written so that no spreadsheet computes them."""

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from app.core import sheet_reader, tabular
from app.core.tabular import (
    BrokenOff,
    EmptyTable,
    LockedWorkbook,
    NotATable,
    OldWorkbook,
    OpenQuote,
    TableInfo,
    TableTooLarge,
    TooManyColumns,
    UnknownEncoding,
    csv_rows,
    open_table,
    safe_text,
    without_guard,
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


def test_a_tab_separated_file_of_excel_in_utf_16_is_read(tmp_path: Path) -> None:
    info, rows = read(saved(tmp_path, SIMPLIFIED.replace(",", "\t").encode("utf-16")))
    assert (info.encoding, info.delimiter) == ("utf-16", "\t")
    assert rows == [(2, ["陈小明", "+852 9123 4567", "喜欢浅色的外套"])]


@pytest.mark.parametrize("tail", ["", 'Zoe,HK01,92000000,"fine"\n'])
def test_a_quotation_mark_that_is_never_closed_is_named_and_swallows_no_rows(tmp_path: Path, tail: str) -> None:
    lines = ["name,store,phone,note", "Ann,HK01,91234567,plain", 'Bea,HK01,91234568,"likes blue']
    lines += [f"Customer {number},HK01,9{number:07d},x" for number in range(50)]
    with pytest.raises(OpenQuote) as caught:
        read(saved(tmp_path, ("\n".join(lines) + "\n" + tail).encode()))
    assert caught.value.params == {"row": "3"}


def test_a_quotation_mark_open_over_a_megabyte_is_named_too(tmp_path: Path) -> None:
    data = b'name,note\nAnn,"open\n' + b"one line without a sign\n" * 60_000
    with pytest.raises(OpenQuote):
        read(saved(tmp_path, data))


def test_a_note_of_several_lines_is_no_open_quotation_mark(tmp_path: Path) -> None:
    data = b'name,phone,note\nAnn,1,"red, blue\ngreen, size 38, long\nplain\nend"\nBea,2,x\n'
    rows = read(saved(tmp_path, data))[1]
    assert [number for number, _ in rows] == [2, 6]


def test_a_cell_of_32_000_characters_passes(tmp_path: Path) -> None:
    words = "浅" * 32_000
    assert read(saved(tmp_path, f"name,note\nAnn,{words}\n".encode()))[1] == [(2, ["Ann", words])]
    assert read(workbook(tmp_path, [["name", "note"], ["Ann", words]]))[1] == [(2, ["Ann", words])]


def test_a_hidden_sheet_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    lists, people = book.add_worksheet("lists"), book.add_worksheet("people")
    book.add_worksheet("later").write_row(0, 0, ["name", "phone"])
    lists.write_column(0, 0, ["female", "male"])
    lists.hide()
    people.write_row(0, 0, ["name", "phone"])
    people.write_row(1, 0, ["Ann", "91234567"])
    people.activate()
    people.set_first_sheet()
    book.close()
    info, rows = read(path)
    assert (info.sheet, rows) == ("people", [(2, ["Ann", "91234567"])])


def test_an_empty_first_sheet_and_a_chart_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=people!$B$1:$B$2"})
    book.add_chartsheet("chart").set_chart(chart)
    book.add_worksheet("empty")
    book.add_worksheet("people").write_row(0, 0, ["name", "phone"])
    book.close()
    assert read(path)[0].sheet == "people"


def test_a_table_that_begins_lower_and_further_right_keeps_its_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(4, 2, ["name", "phone"])
    sheet.write_row(7, 2, ["Ann", "91234567"])
    book.close()
    info, rows = read(path)
    assert info.header_row == 5
    assert [(number, [cell for cell in cells if cell]) for number, cells in rows] == [(8, ["Ann", "91234567"])]


def test_a_formula_gives_its_value_and_a_broken_one_gives_no_number(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["name", "amount", "phone", "code"])
    sheet.write_string(1, 0, "Ann")
    sheet.write_formula(1, 1, "=100+98.5", None, 198.5)
    sheet.write_formula(1, 2, '="+852"&"91234567"', None, "+85291234567")
    sheet.write_formula(1, 3, "=1/0", None, "#DIV/0!")
    book.close()
    (number, cells), *_ = read(path)[1]
    assert (number, cells[:3]) == (2, ["Ann", "198.5", "+85291234567"])
    assert cells[3] in ("", "#DIV/0!")


def test_dates_of_a_workbook_are_days_also_in_the_years_of_the_old_macintosh(tmp_path: Path) -> None:
    for year_1904 in (False, True):
        path = tmp_path / "book.xlsx"
        book = xlsxwriter.Workbook(str(path), {"date_1904": year_1904})
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy/m/d"})
        moment, clock = book.add_format({"num_format": "yyyy-mm-dd hh:mm"}), book.add_format({"num_format": "hh:mm"})
        sheet.write_row(0, 0, ["born", "bought", "at"])
        sheet.write_datetime(1, 0, dt.datetime(1980, 3, 1), day)
        sheet.write_datetime(1, 1, dt.datetime(2027, 3, 10, 15, 30), moment)
        sheet.write_datetime(1, 2, dt.time(15, 30), clock)
        book.close()
        assert read(path)[1] == [(2, ["1980-03-01", "2027-03-10 15:30:00", "15:30:00"])], year_1904


def test_a_workbook_that_would_unpack_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path, [["name"], ["Ann"]])
    monkeypatch.setattr(tabular, "MAX_UNPACKED", 500)
    with pytest.raises(TableTooLarge), open_table(path):
        pass


def test_a_small_workbook_with_cells_at_both_ends_of_the_sheet_does_not_eat_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_string(0, 0, "name")
    sheet.write_string(1_048_575, 16_383, "end")
    book.close()
    with pytest.raises(TableTooLarge), open_table(path) as (_info, rows):
        list(rows)


@pytest.mark.parametrize("last_words", ["", '["Bea", "912'])
def test_a_reader_that_was_ended_half_way_does_not_pass_for_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last_words: str
) -> None:
    path = workbook(tmp_path, [["name", "phone"], ["Ann", "91234567"], ["Bea", "91234568"]])
    lines = ['{"sheet": "s", "rows": 3}', '["name", "phone"]', '["Ann", "91234567"]', last_words]
    dying = tmp_path / "dying.py"
    dying.write_text(f"import os, sys\nsys.stdout.write({chr(10).join(lines)!r})\nsys.stdout.flush()\nos.abort()\n")
    monkeypatch.setattr(sheet_reader, "__file__", str(dying))
    with pytest.raises(BrokenOff), open_table(path) as (_info, rows):
        list(rows)


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


@pytest.mark.parametrize("text", ["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\t=1", "=HYPERLINK(1)", "＝1+1", "＠SUM(A1)"])
def test_text_that_looks_like_a_formula_is_written_as_text(text: str) -> None:
    assert safe_text(text) == "'" + text
    assert without_guard(safe_text(text)) == text


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
