"""Files that leave the house: the wrong rows of an import, and an empty table to fill in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO

from flask import Response, request
from werkzeug.wsgi import wrap_file

from app.core import audit
from app.core.db import transaction
from app.core.tabular import csv_rows
from app.core.workbook import xlsx_file
from app.customers.access import audit_name
from app.imports.models import ImportRun
from app.imports.report import Translate, wrong_rows
from app.people.access import Actor
from app.people.import_batch import ImportKind

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"


def report_answer(run: ImportRun, wanted: str, say: Translate, *, actor: Actor, now: datetime) -> Response:
    """The report as CSV or XLSX. It holds personal data, so whoever takes it is audited."""
    with transaction():
        audit.record(
            audit_name(actor),
            action="import.report",
            subject=("import", run.id),
            store_id=run.store_id,
            now=now,
            detail={"format": wanted, "client": actor.client},
        )
    header, rows = wrong_rows(run, say)
    # Written whole before the first byte goes out: it is read from the database as it is made.
    file = _csv_file(header, rows) if wanted == "csv" else xlsx_file(header, rows)
    answer = _download(file, f"import-{run.id}-to-correct.{wanted}", CSV if wanted == "csv" else XLSX)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def template_answer(kind: ImportKind, say: Translate) -> Response:
    """An empty table with the titles we know, and a row that shows what they hold."""
    titles = [say(column.label, {}) for column in kind.columns]
    return _download(xlsx_file(titles, [[column.example for column in kind.columns]]), f"{kind.key}.xlsx", XLSX)


def _csv_file(header: Sequence[str], rows: Iterable[Sequence[object]]) -> IO[bytes]:
    held = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it
    for piece in csv_rows(header, rows):
        held.write(piece)
    held.seek(0)
    return held


def _download(file: IO[bytes], name: str, kind: str) -> Response:
    answer = Response(wrap_file(request.environ, file), mimetype=kind, direct_passthrough=True)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
