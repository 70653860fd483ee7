"""The panels of a customer's page. Each is a function that says what its template needs, or None to stay away.

A panel is one line in PANELS, a module here with `panel(customer, *, actor, now)`, and a template
`customer/_<name>.html`, which reads what the function returned as `panel`, and `customer`, `store`, `zone`, `now` and
`may_lead` of the page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.customers.models import Customer
from app.people.access import Actor
from app.web.customer_panels import (
    consents,
    contact_budget,
    facts,
    household,
    open_matters,
    owners,
    page_key,
    referrals,
    supplies,
    tier,
    timeline,
    why,
)

Make = Callable[..., Mapping[str, Any] | None]


class Column(StrEnum):
    MAIN = "main"
    SIDE = "side"


@dataclass(frozen=True)
class Panel:
    """`name` names the template; `make(customer, actor=, now=)` returns what it shows."""

    name: str
    make: Make
    column: Column

    @property
    def template(self) -> str:
        return f"customer/_{self.name}.html"


@dataclass(frozen=True)
class ShownPanel:
    template: str
    values: Mapping[str, Any]


PANELS: tuple[Panel, ...] = (
    Panel("facts", facts.panel, Column.MAIN),
    Panel("open_matters", open_matters.panel, Column.MAIN),
    Panel("supplies", supplies.panel, Column.MAIN),
    Panel("timeline", timeline.panel, Column.MAIN),
    Panel("household", household.panel, Column.SIDE),
    Panel("tier", tier.panel, Column.SIDE),
    Panel("why", why.panel, Column.SIDE),
    Panel("contact_budget", contact_budget.panel, Column.SIDE),
    Panel("consents", consents.panel, Column.SIDE),
    Panel("owners", owners.panel, Column.SIDE),
    Panel("referrals", referrals.panel, Column.SIDE),
    Panel("page_key", page_key.panel, Column.SIDE),
)


def panels_of(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, list[ShownPanel]]:
    """What each column shows, in the order of PANELS."""
    shown: dict[str, list[ShownPanel]] = {column.value: [] for column in Column}
    for one in PANELS:
        values = one.make(customer, actor=actor, now=now)
        if values is not None:
            shown[one.column.value].append(ShownPanel(template=one.template, values=values))
    return shown
