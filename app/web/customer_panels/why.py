"""Why the customer did, or didn't, hear from us: each plan in a sentence, its touches on demand."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.careplans import why
from app.careplans.plan_settings import PlanKind
from app.careplans.speech import said
from app.core.i18n import pick
from app.customers.models import Customer
from app.people.access import Actor
from app.web.formats import reader_locale

SIGNS = {
    PlanKind.CADENCE: "heart",
    PlanKind.AFTER_PURCHASE: "bag",
    PlanKind.REPLENISHMENT: "undo",
    PlanKind.BIRTHDAY: "gift",
    PlanKind.FESTIVAL: "leaf",
    PlanKind.MILESTONE: "pulse",
    PlanKind.WIN_BACK: "search",
    PlanKind.RECOVERY: "complaint",
}


SHOWN_AT_ONCE = 5


@dataclass(frozen=True)
class TouchLine:
    words: str
    task_id: int | None


@dataclass(frozen=True)
class PlanLine:
    name: str
    sign: str
    words: str
    is_on: bool
    is_quiet: bool
    broken: list[str]
    touches: list[TouchLine]


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:  # noqa: ARG001  all panels alike
    answer = why.of_customer(customer, now=now)
    locale = reader_locale()
    lines = [
        PlanLine(
            name=pick(one.name, locale),
            sign=SIGNS[one.kind],
            words=said(one.words),
            is_on=one.is_on,
            is_quiet=one.next_day is None and not one.touches,
            broken=[said(line) for line in one.broken],
            touches=[TouchLine(said(touch.words), touch.task_id) for touch in one.touches],
        )
        for one in sorted(answer.plans, key=_pressing)
    ]
    return {
        "general": [said(line) for line in answer.general],
        "plans": lines[:SHOWN_AT_ONCE],
        "more": lines[SHOWN_AT_ONCE:],
    }


def _pressing(one: why.PlanWhy) -> tuple[bool, bool, date]:
    """What has touched the customer first, then what is due soonest."""
    return not one.touches, one.next_day is None, one.next_day or date.max
