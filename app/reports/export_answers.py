"""An export as the answer to a request: it flows at once, row by row, whether as CSV or as a workbook."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response
from flask_babel import get_locale, get_translations

from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.tabular import csv_rows
from app.core.workbook import xlsx_pieces
from app.people.auth import current_actor
from app.reports import exports
from app.reports.export_lists import LISTS
from app.reports.exports import Format, WordsOf

MEDIA = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def as_it_is(_words: str, value: str) -> str:
    """For programs: the values of the API."""
    return value


def answer(
    key: str,
    filters: Mapping[str, str],
    *,
    format: Format,
    full_numbers: bool = False,
    reason: str = "",
    words_of: WordsOf = as_it_is,
) -> Response:
    """The list as a file, for the person of this request, in his or her language."""
    chosen = LISTS.get(key)
    if chosen is None:
        raise NotFound
    now = clock.now()
    prepared = exports.prepare(
        chosen,
        filters,
        format=format,
        actor=current_actor(),
        now=now,
        locale=str(get_locale() or "en"),
        say=get_translations().ugettext,  # knows its language without a request
        words_of=words_of,
        full_numbers=full_numbers,
        reason=reason,
    )
    # A session of its own, begun now: the request and its context are over while the rows are still flowing.
    session = db.session.session_factory()
    lines = prepared.lines(session)
    if format is Format.CSV:
        pieces = csv_rows(prepared.header, lines)
    else:
        pieces = xlsx_pieces(prepared.header, lines, sheet=prepared.say(prepared.of.title))
    told = Response(pieces, mimetype=MEDIA[format])
    told.call_on_close(session.close)
    told.headers["Content-Disposition"] = f'attachment; filename="{key}-{now:%Y%m%d-%H%M}.{format}"'
    told.headers["Cache-Control"] = "no-store"
    told.headers["X-Row-Count"] = str(prepared.rows)
    return told
