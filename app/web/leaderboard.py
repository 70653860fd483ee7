"""Points of a store's season, live: who has earned what, and why."""

import re

from flask import request
from flask_babel import gettext

from app.core.errors import NotFound
from app.people.access import Role
from app.people.auth import requires
from app.points import queries
from app.points.queries import EntryLine
from app.points.seasons import SEASON_PATTERN, season_of
from app.web.pages import actor, moment, page, web
from app.web.shop import own_stores, store_in_view

LINES = 200
RECENT = 12


@web.get("/leaderboard")
@requires(Role.SUPERVISOR, Role.HEAD_OFFICE)
def leaderboard() -> str:
    store = store_in_view(actor())
    now = moment()
    present = season_of(now, store.zone)
    season = request.args.get("season") or present
    if not re.fullmatch(SEASON_PATTERN, season):
        raise NotFound()
    board = queries.board(actor(), now=now, store_id=store.id, season=season, lines=LINES)
    recent = queries.entries(actor(), store_id=store.id, season=season, limit=RECENT)
    longest = max((line.vested + line.pending for line in board.lines), default=0) or 1
    return page(
        "leaderboard.html",
        fragments={"ranks": "_ranks.html", "lines": "_point_lines.html"},
        store=store,
        stores=own_stores(actor()),
        season=season,
        seasons=[_month_before(present, count) for count in range(6)],
        is_present=season == present,
        board=board,
        lines=recent.rows,
        percent=lambda points: f"{max(0.0, 100 * points / longest):.2f}%",
        reason_of=reason_of,
        zone=store.zone,
        now=now,
    )


def reason_of(line: EntryLine) -> str:
    """The arithmetic of a line in the reader's words."""
    return str(gettext(line.message, **line.params))


def _month_before(season: str, count: int) -> str:
    year, month = (int(part) for part in season.split("-"))
    months = year * 12 + month - 1 - count
    return f"{months // 12:04d}-{months % 12 + 1:02d}"
