"""What is wrong with the rows of a file, in words, and as a file with the wrong rows to correct and hand in again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text

from app.core import files
from app.core.columns import FaultWords
from app.core.db import db
from app.core.i18n import N_
from app.core.paging import Page, page_of
from app.core.staging import StagedRow
from app.core.tabular import open_table
from app.imports.kinds import kind_of
from app.imports.models import ImportRun
from app.people.import_batch import KEPT_WORDS

Translate = Callable[[str, Mapping[str, str]], str]
"""A text of the catalog with its values, in the reader's language; only the edge knows which that is."""

UNKNOWN = FaultWords(N_("This row can’t be imported."), N_("Check the row and try again."))
AT_A_TIME = 1_000


@dataclass(frozen=True)
class RowFault:
    """One thing that is wrong: where, what, and what to do."""

    row: int
    column: str
    column_title: str
    value: str
    code: str
    problem: str
    cure: str


@dataclass(frozen=True)
class KeptRow:
    """A row that stayed when its import was taken back."""

    row: int
    target_id: int
    reason: str


def page_of_faults(run: ImportRun, say: Translate, *, cursor: str | None = None, limit: int | None = None) -> Page:
    """The wrong rows, in the order of the file; a row with two faults stands twice."""
    stmt = select(StagedRow).where(StagedRow.run_id == run.id, StagedRow.verdict == "wrong")
    found = page_of(stmt, keys=[StagedRow.row], cursor=cursor, limit=limit)
    return Page([fault for row in found.rows for fault in worded(run, row.row, row.faults, say)], found.next_cursor)


def worded(run: ImportRun, row: int, faults: Sequence[Mapping[str, Any]], say: Translate) -> list[RowFault]:
    kind = kind_of(run.kind)
    header = run.table_info.get("header", [])
    labels = {column.key: column.label for column in kind.columns}
    told = []
    for one in faults:
        words = kind.faults.get(one["code"], UNKNOWN)
        place = (run.mapping or {}).get(one["column"])
        title = header[place] if isinstance(place, int) and place < len(header) else ""
        params = dict(one.get("params", {}))
        if "reason" in params:
            params["reason"] = say(params["reason"], {})
        label = labels.get(one["column"])
        told.append(
            RowFault(
                row=row,
                column=one["column"],
                column_title=title or (say(label, {}) if label else ""),
                value=one.get("value", ""),
                code=one["code"],
                problem=say(words.problem, params),
                cure=say(words.cure, params),
            )
        )
    return told


def kept_rows(run: ImportRun, say: Translate, *, limit: int = 200) -> list[KeptRow]:
    rows = db.session.execute(
        select(StagedRow.row, StagedRow.target_id, StagedRow.kept)
        .where(StagedRow.run_id == run.id, StagedRow.kept.is_not(None))
        .order_by(StagedRow.row)
        .limit(limit)
    )
    return [KeptRow(row.row, row.target_id, say(KEPT_WORDS[row.kept], {})) for row in rows]


def wrong_rows(run: ImportRun, say: Translate) -> tuple[list[str], Iterator[list[str]]]:
    """The wrong rows as they stood in the file, with what is wrong in three more columns."""
    header = list(run.table_info.get("header", []))
    titles = [say(N_("Row"), {}), say(N_("Problem"), {}), say(N_("Cure"), {})]
    return header + titles, _cells_and_words(run, say)


def _cells_and_words(run: ImportRun, say: Translate) -> Iterator[list[str]]:
    path = files.path_of(run.file_sha256)
    if not path.exists():
        return
    wrong = _wrong(run)
    at = next(wrong, None)
    with open_table(path) as (_info, rows):
        for number, cells in rows:
            if at is None:
                return
            if number != at[0]:
                continue
            told = worded(run, number, at[1], say)
            problems = "\n".join(
                f"{one.column_title}: {one.problem}" if one.column_title else one.problem for one in told
            )
            yield [*cells, str(number), problems, "\n".join(one.cure for one in told)]
            at = next(wrong, None)


def _wrong(run: ImportRun) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """In pieces: a report may be long, and goes out while it is read."""
    last = 0
    stmt = text("""SELECT row, faults FROM import_row WHERE run_id = :run AND verdict = 'wrong' AND row > :last
                   ORDER BY row LIMIT :count""")
    while True:
        found = db.session.execute(stmt, {"run": run.id, "last": last, "count": AT_A_TIME}).all()
        for row in found:
            yield row.row, row.faults
            last = row.row
        if len(found) < AT_A_TIME:
            return
