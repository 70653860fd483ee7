"""What must not be said or done at a customer's door, in the order in which it has to be known. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.customers.contacts_bulk import SALES_IN_A_ROW


class Caution(StrEnum):
    """The gravest first."""

    REACTION = "reaction"
    """A bodily reaction was reported: it is never explained away, the supervisor deals with it."""
    COMPLAINT = "complaint"
    """A complaint of the household is open: listen, and offer nothing."""
    NO_TEXTS = "no_texts"
    NO_CALLS = "no_calls"
    NO_PROMOTION = "no_promotion"
    RESTRICTED = "restricted"
    """The household buys infant formula or the like: no gift and no promotion of it, by law."""
    CARE_FIRST = "care_first"
    """The last contacts were about buying: this one is for care only."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the rules look at. `sales_contacts`: of the contacts before this one, the newest first, which sold."""

    has_open_complaint: bool = False
    has_open_reaction: bool = False
    texts_stopped: bool = False
    calls_stopped: bool = False
    promotion_stopped: bool = False
    buys_restricted: bool = False
    sales_contacts: Sequence[bool] = ()


def cautions(standing: Standing) -> list[Caution]:
    """A reaction is a complaint too; the graver word is enough. Who wants no texts at all wants no promotion either,
    but it is said all the same: it holds for what is said at the door."""
    last = list(standing.sales_contacts[:SALES_IN_A_ROW])
    holds = {
        Caution.REACTION: standing.has_open_reaction,
        Caution.COMPLAINT: standing.has_open_complaint and not standing.has_open_reaction,
        Caution.NO_TEXTS: standing.texts_stopped,
        Caution.NO_CALLS: standing.calls_stopped,
        Caution.NO_PROMOTION: standing.promotion_stopped,
        Caution.RESTRICTED: standing.buys_restricted,
        Caution.CARE_FIRST: len(last) == SALES_IN_A_ROW and all(last),
    }
    return [caution for caution in Caution if holds[caution]]
