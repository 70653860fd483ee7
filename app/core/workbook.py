"""A workbook (XLSX) that goes out while its rows are still being read: the first bytes at once, and in the same memory
whatever its length. Knows no business.

XlsxWriter writes what stands around the rows (styles, titles, the parts and how they belong together); it would hold
everything back until the last row, so the rows themselves are written here. A ZIP archive needs no seeking back: sizes
follow each part, and the directory comes last. What breaks off half way lacks it, and no program opens that as a whole.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, count, islice
from math import isfinite
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]

MOST_ROWS = 1_048_575
"""Rows of a sheet below its header; what is beyond goes on in a further sheet."""
MOST_BYTES = 1024 * 1024 * 1024
"""XML of one sheet: far below what an archive can tell of a part whose size is not known beforehand."""
LONGEST_TEXT = 32_767
"""Signs in a cell; programs call a workbook with more damaged."""
AT_ONCE = 200
"""Rows that are packed together. A web thread lets others run in between."""
PACKING = 3
"""Level of compression: a third of the time of the usual one for a file a tenth longer."""

_FIRST_PART = "_rels/.rels"
"""By it, at its very beginning, programs tell a workbook from any other archive."""
_EPOCH = date(1899, 12, 30).toordinal()
_FIRST_DAY = 61
"""Spreadsheets believe in a 29 February 1900: earlier days would be off by one, so they are written as text."""
_PRECISION = 10**15
"""From here on a spreadsheet would round a whole number."""


def xlsx_pieces(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, sheet: str = "Sheet1", widths: Sequence[int] = ()
) -> Generator[bytes]:
    """A workbook piece by piece: a header that stays in sight, and a row for each of `rows`.

    Text stays text whatever it begins with: nothing is written as a formula or a link.
    """
    held = _Held()
    left = iter(rows)
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=PACKING) as archive:
        for number in count(1):
            frame = _frame(header, sheet, widths, sheets=number)
            if number == 1:
                archive.writestr(_part(_FIRST_PART), frame.parts[_FIRST_PART])
            with archive.open(_part(frame.last), "w") as page:
                page.write(frame.head)
                # So that whoever waits sees at once that something comes, however long the first row takes.
                yield held.taken()
                for block in _blocks(left, frame):
                    page.write(block)
                    if held.size:
                        yield held.taken()
                page.write(frame.tail)
            following = next(left, None)
            if following is None:
                break
            left = chain((following,), left)
        for name, content in frame.parts.items():
            if name != _FIRST_PART:
                archive.writestr(_part(name), content)
    yield held.taken()


def xlsx_file(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, sheet: str = "Sheet1", widths: Sequence[int] = ()
) -> IO[bytes]:
    """The same as an open temporary file at its start; the caller closes it, which deletes it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  handed to the caller
    file.writelines(xlsx_pieces(header, rows, sheet=sheet, widths=widths))
    file.seek(0)
    return file


class _Held(io.RawIOBase):
    """Takes what the archive writes until somebody takes it on. It can't go back, so the archive never asks it to."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self.pieces.append(piece)
        self.size += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        piece = b"".join(self.pieces)
        self.pieces.clear()
        self.size = 0
        return piece


def _part(name: str) -> zipfile.ZipInfo:
    part = zipfile.ZipInfo(name)
    part.compress_type = zipfile.ZIP_DEFLATED
    part.external_attr = 0o600 << 16
    return part


# What stands around the rows


@dataclass(frozen=True)
class _Frame:
    """The parts of a workbook without its sheets; the name of the last sheet, its XML up to its rows and behind them.
    `columns` are the letters of its columns, `day` and `moment` the numbers of the styles of dates and times."""

    parts: Mapping[str, bytes]
    last: str
    head: bytes
    tail: bytes
    columns: Sequence[str]
    day: str
    moment: str


_ROWS_END = "</sheetData>"
_SAMPLES = re.compile(r'<row r="2".*?</row><row r="3".*?</row>', re.S)
_STYLE = re.compile(r'<c r="A[23]" s="(\d+)"')
_DIMENSION = re.compile(r"<dimension [^>]*/>")


def _frame(header: Sequence[str], sheet: str, widths: Sequence[int], *, sheets: int) -> _Frame:
    """Written with two rows of samples, by which the styles are known; then they are cut out."""
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True, "bottom": 1})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for number in range(1, sheets + 1):
        page = book.add_worksheet(_sheet_name(sheet, number))
        for column, width in enumerate(widths or [max(12, min(len(title) * 2 + 2, 40)) for title in header]):
            page.set_column(column, column, width)
        page.freeze_panes(1, 0)
        for column, title in enumerate(header):
            page.write_string(0, column, str(title), bold)
        page.write_number(1, 0, 1, day)
        page.write_number(2, 0, 1, moment)
    book.close()
    with zipfile.ZipFile(held) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = [f"xl/worksheets/sheet{number}.xml" for number in range(1, sheets + 1)]
    xml = [parts.pop(name) for name in names][-1].decode()
    day_style, moment_style = _STYLE.findall(xml)
    # The extent of the sheet is not known yet, and need not be told.
    head, tail = _DIMENSION.sub("", _SAMPLES.sub("", xml)).split(_ROWS_END)
    return _Frame(
        parts=parts,
        last=names[-1],
        head=head.encode(),
        tail=(_ROWS_END + tail).encode(),
        columns=[xl_col_to_name(column) for column in range(len(header))],
        day=day_style,
        moment=moment_style,
    )


def _sheet_name(name: str, number: int) -> str:
    ending = f" {number}" if number > 1 else ""
    return (re.sub(r"[\[\]:*?/\\']", " ", name).strip()[: 31 - len(ending)].strip() or "Sheet") + ending


# The rows


def _blocks(rows: Iterator[Sequence[object]], frame: _Frame) -> Iterator[bytes]:
    """The next rows as XML, some hundreds at a time, until the sheet is full or there are none."""
    written = size = 0
    while written < MOST_ROWS and size < MOST_BYTES:
        some = list(islice(rows, min(AT_ONCE, MOST_ROWS - written)))
        if not some:
            return
        # The header is the first row.
        block = "".join([_row(number, row, frame) for number, row in enumerate(some, start=written + 2)]).encode()
        written += len(some)
        size += len(block)
        yield block


def _row(number: int, row: Sequence[object], frame: _Frame) -> str:
    cells = [f'<row r="{number}">']
    for column, cell in zip(frame.columns, row, strict=True):
        if cell is None or cell == "":
            continue
        if isinstance(cell, bool):
            cells.append(_text_cell(f"{column}{number}", "1" if cell else "0"))
        elif isinstance(cell, str):
            cells.append(_text_cell(f"{column}{number}", cell))
        elif isinstance(cell, int | float | Decimal):
            cells.append(_number_cell(f"{column}{number}", cell))
        elif isinstance(cell, date):
            cells.append(_date_cell(f"{column}{number}", cell, frame))
        else:
            cells.append(_text_cell(f"{column}{number}", str(cell)))
    cells.append("</row>")
    return "".join(cells)


def _text_cell(place: str, text: str) -> str:
    if len(text) > LONGEST_TEXT // 2:
        # They count as UTF-16 does.
        text = text.encode("utf-16-le", "replace")[: LONGEST_TEXT * 2].decode("utf-16-le", "ignore")
    kept = ' xml:space="preserve"' if text[0].isspace() or text[-1].isspace() else ""
    if _SPECIAL.search(text):
        text = _SPECIAL.sub(_escaped, text)
    return f'<c r="{place}" t="inlineStr"><is><t{kept}>{text}</t></is></c>'


_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""What XML must not hold as it is; and what would be read as one of the marks that stand for it."""
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    if sign in _NAMED:
        return _NAMED[sign]
    return f"_x{ord(sign):04X}_" if sign < "\x7f" else "\N{REPLACEMENT CHARACTER}"


def _number_cell(place: str, number: int | float | Decimal) -> str:
    if not isfinite(number) or (isinstance(number, int) and abs(number) >= _PRECISION):
        return _text_cell(place, str(number))
    told = format(number, "f") if isinstance(number, Decimal) else repr(number)
    return f'<c r="{place}"><v>{told}</v></c>'


def _date_cell(place: str, day: date, frame: _Frame) -> str:
    """A moment is told on the clock that it comes with; spreadsheets know no zones."""
    passed = day.toordinal() - _EPOCH
    if passed < _FIRST_DAY:
        return _text_cell(place, day.isoformat())
    if isinstance(day, datetime):
        seconds = (day.hour * 60 + day.minute) * 60 + day.second
        return f'<c r="{place}" s="{frame.moment}"><v>{passed + seconds / 86_400!r}</v></c>'
    return f'<c r="{place}" s="{frame.day}"><v>{passed}</v></c>'
