"""One import as a worker does it, or the bare work it is compared with: `python -m bench.import_work ours FILE KIND`.

Prints a JSON line with the seconds it took and what came of it. The bare work reads the file with the same library and
copies its cells as they are into a table without a single rule, index or check. `taken` writes a list into the file as
a request does, `copied` the same columns as PostgreSQL itself writes them.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg


def main() -> None:
    side, path, kind = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    works = {"ours": lambda: ours(path, kind), "bare": lambda: bare(path)}
    works |= {"taken": lambda: taken(path, kind), "copied": lambda: copied(path)}
    print(json.dumps(works[side]()), flush=True)


def taken(path: Path, key: str) -> dict[str, object]:
    """The list as head office takes it, numbers masked."""
    from app import create_app
    from app.core import clock
    from app.core.db import db
    from app.core.tabular import csv_rows
    from app.core.workbook import xlsx_pieces
    from app.people.access import Actor
    from app.reports import exports
    from app.reports.export_lists import LISTS
    from app.settings import settings_from_environment

    with create_app(settings_from_environment()).app_context(), path.open("wb") as file:
        began = time.perf_counter()
        prepared = exports.prepare(
            LISTS[key],
            {},
            format=exports.Format(path.suffix[1:]),
            actor=Actor.system(),
            now=clock.now(),
            locale="en",
            say=str,
            words_of=lambda _words, value: value,
        )
        lines = prepared.lines(db.session())
        write = csv_rows if path.suffix == ".csv" else xlsx_pieces
        pieces = write(prepared.header, lines)
        file.write(next(pieces))
        first = time.perf_counter() - began
        file.writelines(pieces)
        return {"seconds": time.perf_counter() - began, "first": first, "rows": prepared.rows}


def copied(path: Path) -> dict[str, object]:
    began = time.perf_counter()
    with (
        psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", "")) as connection,
        connection.cursor() as cursor,
        path.open("wb") as file,
        cursor.copy(
            "COPY (SELECT c.*, s.name, s.zone, o.name FROM customer c JOIN store s ON s.id = c.store_id "
            "LEFT JOIN staff o ON o.id = c.owner_id ORDER BY c.name_key, c.id) TO STDOUT (FORMAT csv)"
        ) as copy,
    ):
        file.writelines(copy)
    return {"seconds": time.perf_counter() - began}


def ours(path: Path, kind: str) -> dict[str, object]:
    from app import create_app
    from app.core import clock
    from app.core.db import db, transaction
    from app.imports import jobs, service
    from app.imports.models import ImportRun
    from app.people.access import Role
    from app.people.models import Staff
    from app.people.queries import actor_for
    from app.settings import settings_from_environment

    with create_app(settings_from_environment()).app_context():
        now = clock.now()
        with transaction() as session:
            head = session.query(Staff).filter(Staff.role == Role.HEAD_OFFICE.value).first()
            if head is None:
                head = Staff(name="Head", phone="+85228880000", role="head_office", locale="en", created_at=now)
                session.add(head)
                session.flush()
            with path.open("rb") as file:
                run_id = service.hand_in(
                    kind, file, name=path.name, actor=actor_for(head.id), now=now, dry_run=False
                ).id
        began = time.perf_counter()
        jobs.run_due()
        seconds = time.perf_counter() - began
        with transaction():
            run = db.session.get_one(ImportRun, run_id, populate_existing=True)
            return {"seconds": seconds, "state": run.state, "counts": run.counts}


def bare(path: Path) -> dict[str, object]:
    began = time.perf_counter()
    with psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", "")) as connection:
        rows = _cells(path)
        width = len(next(rows))
        names = [f"c{number}" for number in range(width)]
        connection.execute("DROP TABLE IF EXISTS bare_import")
        connection.execute(f"CREATE TABLE bare_import ({', '.join(f'{name} text' for name in names)})")
        count = 0
        with connection.cursor() as cursor, cursor.copy("COPY bare_import FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
    return {"seconds": time.perf_counter() - began, "rows": count}


def _cells(path: Path) -> Iterator[list[str]]:
    if path.suffix == ".csv":
        with path.open(encoding="gb18030", newline="") as file:
            yield from csv.reader(file)
        return
    from python_calamine import CalamineWorkbook

    for row in CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).iter_rows():
        yield [str(cell) for cell in row]


if __name__ == "__main__":
    main()
