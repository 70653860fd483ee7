"""What the household uses up: when it runs out, who uses how much a day, and what is kept back for it."""

from datetime import date, datetime
from typing import Any

from app.core.i18n import pick
from app.customers.models import Customer
from app.people import queries as people
from app.people.access import Actor
from app.purchases import intakes, stock_queries
from app.web.formats import local_day, reader_locale
from app.web.supply_words import BASES

SOON, NEAR = 3, 7


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:
    today = local_day(now, people.store(customer.store_id).zone)
    found = intakes.run_outs_of(customer.id, actor=actor, now=now)
    return {
        "run_outs": [(one, (one.run_out.day - today).days, _tone(one.run_out.day, today)) for one in found],
        "packs": {
            one.run_out.product_id: [
                (date.fromisoformat(pack["bought_on"]), pack["content"], date.fromisoformat(pack["used_up_on"]))
                for pack in one.run_out.packs
            ]
            for one in found
        },
        "intakes": intakes.intakes_of(customer.id, actor=actor, now=now, with_ended=False),
        "held": stock_queries.held_for(customer.id, now=now),
        "bases": BASES,
        "today": today,
        "locale": reader_locale(),
        "pick": pick,
    }


def _tone(day: date, today: date) -> str:
    left = (day - today).days
    if left < 0:
        return "quiet"
    if left <= SOON:
        return "danger"
    return "warning" if left <= NEAR else "ok"
