"""Tables as people keep them: CSV in the encodings of China and Hong Kong, and XLSX, which workbook.py writes. Reading
and writing, row by row.

Knows no business. Reading takes the same memory for a hundred rows and for a hundred thousand; so does writing.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO

from app.core import sheet_reader
from app.core.encodings import decoded_start, encoding_of
from app.core.errors import Problem
from app.core.i18n import N_

DELIMITERS = (",", "\t", ";", "|")
MAX_COLUMNS = 200
LOOK_AT_ROWS = 20
"""How far down the header may stand: people write a title and a date above it."""
MAX_UNPACKED = 700 * 1024 * 1024
"""Bytes of XML a workbook may hold; 100,000 rows of 20 columns are some 120 MB."""

csv.field_size_limit(1024 * 1024)


class NotATable(Problem):
    status = 422
    code = "not-a-table"
    message = N_("This file is not a table. Save it as XLSX or CSV and choose it again.")


class OldWorkbook(NotATable):
    code = "old-workbook"
    message = N_("This is a workbook of an old kind (XLS). Open it, save it as XLSX, and choose that file.")


class LockedWorkbook(NotATable):
    code = "locked-workbook"
    message = N_("This workbook is locked by a password. Take the password off, save it, and choose it again.")


class EmptyTable(NotATable):
    code = "empty-table"
    message = N_("There are no rows in this file. The first row must name the columns, and the rows come below it.")


class UnknownEncoding(NotATable):
    code = "unknown-encoding"
    message = N_("The characters of this file can’t be read. Save it as “CSV UTF-8” or as XLSX.")


class TableTooLarge(NotATable):
    code = "table-too-large"
    message = N_("This workbook is too large to be opened. Split it, or save it as CSV.")


class OpenQuote(NotATable):
    code = "open-quote"
    message = N_("A quotation mark in row %(row)s is not closed, so the rows below run into one. Correct that cell.")


class BrokenOff(NotATable):
    code = "broken-off"
    message = N_("This workbook could not be read to its end. Save it once more, or as CSV, and choose that file.")


class TooManyColumns(NotATable):
    code = "too-many-columns"
    message = N_("This table has more than %(most)s columns. Take out those that are not needed.")


@dataclass(frozen=True)
class TableInfo:
    """What kind of file it is and where its header stands; `header_row` counts as the spreadsheet does, from 1."""

    kind: str
    encoding: str
    delimiter: str
    sheet: str
    header: tuple[str, ...]
    header_row: int


Row = tuple[int, list[str]]
"""The number of the row in the file, and its cells; as many as the header has."""


@contextmanager
def open_table(path: Path) -> Iterator[tuple[TableInfo, Iterator[Row]]]:
    """The header of a table and its rows, one after the other; empty rows are left out. Raises NotATable."""
    with path.open("rb") as file:
        start = file.read(8192)
    if not start.strip():
        raise EmptyTable()
    if start.startswith(b"PK\x03\x04"):
        with _workbook(path) as (sheet, rows):
            yield _with_header("xlsx", "", "", sheet, rows)
    elif start.startswith(b"\xd0\xcf\x11\xe0"):
        raise LockedWorkbook() if _is_encrypted(path) else OldWorkbook()
    else:
        with _text(path) as (encoding, delimiter, rows):
            yield _with_header("csv", encoding, delimiter, "", rows)


def _with_header(
    kind: str, encoding: str, delimiter: str, sheet: str, rows: Iterator[Row]
) -> tuple[TableInfo, Iterator[Row]]:
    """The header is the first row that is about as wide as the table; titles above it are narrower."""
    looked: list[Row] = []
    for row in rows:
        if any(cell.strip() for cell in row[1]):
            looked.append(row)
        if len(looked) == LOOK_AT_ROWS:
            break
    if not looked:
        raise EmptyTable()
    widest = max(_filled(cells) for _, cells in looked)
    place = next(place for place, (_, cells) in enumerate(looked) if _filled(cells) * 10 >= widest * 6)
    header_row, cells = looked[place]
    header = [" ".join(cell.replace("\x00", "").split()) for cell in cells]
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise TooManyColumns(most=str(MAX_COLUMNS))
    info = TableInfo(kind, encoding, delimiter, sheet, tuple(header), header_row)
    return info, _below(looked[place + 1 :], rows, width=len(header))


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def _below(looked: Sequence[Row], rows: Iterator[Row], *, width: int) -> Iterator[Row]:
    for part in (looked, rows):
        for number, cells in part:
            if any(cells) and any(cell.strip() for cell in cells):
                yield number, (cells + [""] * (width - len(cells)))[:width]


# Workbooks


@contextmanager
def _workbook(path: Path) -> Iterator[tuple[str, Iterator[Row]]]:
    _check_archive(path)
    reader = subprocess.Popen(
        [sys.executable, "-I", sheet_reader.__file__, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    assert reader.stdout is not None  # it is a pipe
    lines = io.TextIOWrapper(reader.stdout, encoding="utf-8")
    try:
        # A reader that says nothing was stopped by its memory limit: Rust gives up without a word.
        begun = json.loads(lines.readline() or '{"error": "too-large"}')
        if "error" in begun:
            raise _FAULTS[begun["error"]]()
        yield begun["sheet"], _lines(lines, count=begun["rows"])
    finally:
        reader.kill()
        lines.close()
        reader.wait()


_FAULTS: dict[str, type[NotATable]] = {
    sheet_reader.PASSWORD: LockedWorkbook,
    sheet_reader.NO_SHEET: EmptyTable,
    sheet_reader.BROKEN: NotATable,
    sheet_reader.TOO_LARGE: TableTooLarge,
}


def _lines(lines: IO[str], *, count: int) -> Iterator[Row]:
    number = 0
    for number, line in enumerate(lines, start=1):
        if not line.endswith("\n"):
            raise BrokenOff()
        read = json.loads(line)
        if isinstance(read, dict):
            raise _FAULTS[read["error"]]()
        yield number, read
    if number < count:
        raise BrokenOff()  # the reader was ended from outside: what it left must not pass for the whole


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise NotATable() from error
    if not any(entry.filename.lower() == "xl/workbook.xml" for entry in entries):
        raise NotATable()
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise TableTooLarge()


def _is_encrypted(path: Path) -> bool:
    # Office keeps an encrypted XLSX inside the container of the old XLS; the stream's name tells them apart.
    return "EncryptedPackage".encode("utf-16-le") in path.read_bytes()


# Text


@contextmanager
def _text(path: Path) -> Iterator[tuple[str, str, Iterator[Row]]]:
    encoding = encoding_of(path)
    if encoding is None:
        with path.open("rb") as file:
            raise NotATable() if b"\x00" in file.read(8192) else UnknownEncoding()
    start = decoded_start(path, encoding)
    if "\x00" in start or start.lstrip().startswith(("%PDF", "{", "<")):
        raise NotATable()
    delimiter = delimiter_of(start)
    with path.open(encoding=encoding, newline="") as file:
        yield encoding.removesuffix("-sig"), delimiter, _csv(file, delimiter)


def _csv(file: IO[str], delimiter: str) -> Iterator[Row]:
    reader = csv.reader(file, delimiter=delimiter)
    last = usual = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # Mostly a cell without an end. A row of that length is no row either way.
            raise OpenQuote(row=str(last + 1)) from error
        # A cell may hold line breaks: a row is named by the line on which it begins.
        number, last = last + 1, reader.line_num
        if last == number:
            usual = max(usual, len(cells))
        elif _swallowed(cells, delimiter, usual):
            raise OpenQuote(row=str(number))
        yield number, cells


def _swallowed(cells: Sequence[str], delimiter: str, usual: int) -> bool:
    """Does a cell hold several lines that are rows by themselves? Then its quotation mark was never closed."""
    for cell in cells:
        within = cell.splitlines()[1:-1]
        if len(within) > 1 and usual > 1 and all(line.count(delimiter) == usual - 1 for line in within):
            return True
    return False


def delimiter_of(text: str) -> str:
    """The sign that parts the cells: the one that gives most rows the same number of cells, and most cells."""
    lines = text.splitlines(keepends=True)
    sample = "".join(lines[: LOOK_AT_ROWS * 2] if len(lines) <= LOOK_AT_ROWS * 2 else lines[: LOOK_AT_ROWS * 2 - 1])
    scores: dict[str, tuple[int, int]] = {}
    for sign in DELIMITERS:
        widths = [len(cells) for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=sign) if cells]
        usual = max(widths, key=lambda width: (widths.count(width), width), default=1)
        scores[sign] = (widths.count(usual) * (usual > 1), usual)
    best = max(DELIMITERS, key=lambda sign: scores[sign])
    return best if scores[best][0] else ","


# Writing

AT_ONCE = 200
"""Rows that are written together."""
_WIDE = tuple(
    unicodedata.lookup(f"FULLWIDTH {sign}") for sign in ("EQUALS SIGN", "PLUS SIGN", "HYPHEN-MINUS", "COMMERCIAL AT")
)
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", *_WIDE)
"""A Chinese Excel computes what begins with the wide signs as well."""
_HARMLESS = re.compile(r"[+-]?\d[\d ,.:/-]*")
"""Numbers, days and phone numbers may begin with a sign; nothing in them is computed."""


def csv_rows(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """A CSV file piece by piece, in UTF-8 with the mark by which Excel knows it, and its header at once, however long
    the first row takes. Safe to be opened: see `safe_text`."""
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    held.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    writer.writerow([safe_text(cell) for cell in header])
    yield held.getvalue().encode()
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        held.seek(0)
        held.truncate()
        writer.writerows([_safe_cell(cell) for cell in row] for row in some)
        yield held.getvalue().encode()


def safe_text(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula: one that looks like it gets an apostrophe in front."""
    if text.startswith(_DANGEROUS) and not _HARMLESS.fullmatch(text):
        return "'" + text
    return text


def without_guard(text: str) -> str:
    """What `safe_text` put in front is taken off again, so that an export can be read back."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_DANGEROUS) else text


def _safe_cell(cell: object) -> str:
    if isinstance(cell, str):
        return safe_text(cell)
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, bool):
        return "1" if cell else "0"
    return safe_text(str(cell))
