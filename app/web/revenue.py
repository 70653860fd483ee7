"""The 80/20 page: which few customers bring most of the revenue, as words, a curve, tenths and a list."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from flask import request
from flask_babel import gettext as _

from app.core.errors import Invalid
from app.people.access import Role
from app.people.auth import requires
from app.reports import revenue as report
from app.reports.revenue import FEW, MOST_OF_IT, Period, Revenue
from app.web.formats import DEFAULT_ZONE, local_day, reader_locale
from app.web.forms import Form, words_per_field
from app.web.pages import actor, day_of, moment, number_in_address, page, web
from app.web.shop import NoStore, own_stores

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
WIDTH, HEIGHT = 560, 360
LEFT, RIGHT, TOP, BOTTOM = 74, 30, 16, 40
MONTH, QUARTER = 30, 91


@dataclass(frozen=True)
class Mark:
    """A line of the grid with its label."""

    at: float
    words: str


@dataclass(frozen=True)
class Curve:
    """What the template draws: positions within WIDTH x HEIGHT."""

    line: str
    area: str
    across: tuple[Mark, ...]
    up: tuple[Mark, ...]
    vital: tuple[float, float]
    equal: tuple[float, float, float, float]


@web.get("/reports/revenue")
@requires(*DESK)
def revenue() -> str:
    stores = own_stores(actor())
    if not stores:
        raise NoStore
    now = moment()
    today = local_day(now, stores[0].zone if stores else DEFAULT_ZONE)
    form = Form(values={"from": request.args.get("from", ""), "to": request.args.get("to", "")})
    wanted: dict[str, Any] = {
        "store_id": number_in_address("store"),
        "currency": request.args.get("currency"),
        "actor": actor(),
    }
    try:
        scope = report.scope_for(period=_period(), **wanted)
    except Invalid as problem:
        form.errors = words_per_field(problem)
        scope = report.scope_for(period=Period(), **wanted)
    found = report.report(scope)
    bringers = report.page_of_bringers(scope, actor=actor(), now=now, cursor=request.args.get("cursor"))
    return page(
        "revenue.html",
        stores=stores,
        store_id=wanted["store_id"],
        currencies=report.currencies(actor()),
        form=form,
        found=found,
        curve=curve_of(found) if found.curve else None,
        size=(WIDTH, HEIGHT),
        frame=(LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM),
        most_of_it=int(MOST_OF_IT),
        few=int(FEW),
        rows=bringers.rows,
        next_cursor=bringers.next_cursor,
        in_money=lambda amount: round_money(Decimal(amount), scope.currency),
        periods=_periods(today),
    )


def curve_of(found: Revenue) -> Curve:
    """The points as a path; percent of customers to the right, percent of revenue up."""

    def x(percent: Decimal | int) -> float:
        return round(LEFT + float(percent) * (WIDTH - LEFT - RIGHT) / 100, 1)

    def y(percent: Decimal | int) -> float:
        return round(HEIGHT - BOTTOM - float(percent) * (HEIGHT - TOP - BOTTOM) / 100, 1)

    line = " ".join(f"{x(point.customers)},{y(point.revenue)}" for point in found.curve)
    return Curve(
        line=line,
        area=f"{x(0)},{y(0)} {line} {x(100)},{y(0)}",
        across=tuple(Mark(x(percent), f"{percent} %") for percent in (0, 20, 40, 60, 80, 100)),
        up=tuple(Mark(y(percent), f"{percent} %") for percent in (0, 20, 40, 60, 80, 100)),
        vital=(x(found.vital_percent), y(MOST_OF_IT)),
        equal=(x(0), y(0), x(100), y(100)),
    )


def round_money(amount: Decimal, currency: str) -> str:
    """HK$12,340: in sums of a year the cents are noise."""
    return str(format_currency(amount, currency, "¤#,##0", locale=reader_locale(), currency_digits=False))


def _period() -> Period:
    return Period(first=_day("from"), last=_day("to"))


def _day(name: str) -> date | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    day = day_of(text)
    if day is None:
        raise Invalid(errors={name: [_("This is not a date.")]})
    return day


def _periods(today: date) -> list[tuple[str, str | None, str | None]]:
    """Usual periods: words, first and last day."""

    def since(days: int) -> str:
        return (today - timedelta(days=days - 1)).isoformat()

    return [
        (_("A year, up to now"), None, None),
        (_("Three months"), since(QUARTER), today.isoformat()),
        (_("30 days"), since(MONTH), today.isoformat()),
        (_("This calendar year"), date(today.year, 1, 1).isoformat(), today.isoformat()),
    ]
