"""Reads the first sheet of a workbook that shows anything, and prints its rows as JSON lines. A program of its own.

The library holds a whole sheet in memory. In a process that ends with the file this memory is given back, a broken or
hostile file can take down nothing but this process, and a limit can be put on it. It imports nothing of the house.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
from typing import Any

MEMORY_LIMIT = 1024 * 1024 * 1024
"""Of address space; a sheet that unpacks to more is refused instead of eating the machine."""

PASSWORD, NO_SHEET, BROKEN, TOO_LARGE = "password", "no-sheet", "broken", "too-large"


def main(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    write = sys.stdout.write
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with CalamineWorkbook.from_path(path) as book:
            name, sheet = _first_with_cells(book)
            if sheet is None:
                write(json.dumps({"error": NO_SHEET}) + "\n")
                return
            # From the first row of the sheet on, also when nothing stands in it.
            write(json.dumps({"sheet": name, "rows": sheet.start[0] + sheet.height}) + "\n")
            for row in sheet.iter_rows():
                write(json.dumps([_text(cell) for cell in row], ensure_ascii=False) + "\n")
    except PasswordError:
        write(json.dumps({"error": PASSWORD}) + "\n")
    except MemoryError:
        write(json.dumps({"error": TOO_LARGE}) + "\n")
    except CalamineError:
        write(json.dumps({"error": BROKEN}) + "\n")


def _first_with_cells(book: Any) -> tuple[str, Any]:
    """Hidden sheets hold lists to choose from and old versions: what nobody sees is taken only if nothing else is."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    tables = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    for about in sorted(tables, key=lambda one: one.visible != SheetVisibleEnum.Visible):
        sheet = book.get_sheet_by_name(about.name)
        if sheet.start is not None and sheet.height:
            return about.name, sheet
    return "", None


def _text(cell: Any) -> str:
    """A cell as a person would have typed it: whole numbers without a point, days as 2027-03-10."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        if (cell.hour, cell.minute, cell.second) == (0, 0, 0):
            return cell.date().isoformat()
        return cell.replace(microsecond=0).isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=False)  # type: ignore[union-attr]
    main(sys.argv[1])
