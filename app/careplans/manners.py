"""How each kind of touch behaves in the calendar: who goes first, what keeps its day, what may wait; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.careplans.plan_settings import By, PlanKind

AHEAD_DAYS = 14
"""Slots are booked so many days ahead."""
MERGE_DAYS = 3
"""Touches of a household this close become one contact."""
SPREAD_DAYS = 14
"""What is long overdue when a plan starts is spread over so many days, so that no shop drowns on the first one."""
LONG_OVERDUE_DAYS = 7
LOOK_BACK_DAYS = 3
"""What was learnt late (a purchase sent the next day) is still planned so many days after its day."""
MOST_TRIES = 3


@dataclass(frozen=True)
class Manner:
    """`rank`: the order in which slots are given out. A dated touch has a window around its day and is missed after it;
    others wait for a free day. `earlier` and `later` are the days it may move when its own is taken; a touch that keeps
    its day moves (by MERGE_DAYS at most) only when the store is closed."""

    rank: int
    is_dated: bool
    earlier: int = 0
    later: int = 0
    keeps_its_day: bool = False


MANNERS: Mapping[PlanKind, Manner] = {
    PlanKind.RECOVERY: Manner(1, is_dated=False),
    PlanKind.REPLENISHMENT: Manner(2, is_dated=True, earlier=3),
    PlanKind.BIRTHDAY: Manner(3, is_dated=True, keeps_its_day=True),
    # A week after a contact on the day of the purchase itself, which is often what led to it, the household is free.
    PlanKind.AFTER_PURCHASE: Manner(4, is_dated=True, later=4),
    PlanKind.FESTIVAL: Manner(5, is_dated=True, keeps_its_day=True),
    PlanKind.MILESTONE: Manner(6, is_dated=True, earlier=3, later=3),
    PlanKind.CADENCE: Manner(7, is_dated=False),
    PlanKind.WIN_BACK: Manner(8, is_dated=False),
    PlanKind.PROMOTION: Manner(10, is_dated=True, later=3),
}

LONGEST_MOVE = max(max(manner.earlier, manner.later) for manner in MANNERS.values())

SALES = frozenset({PlanKind.WIN_BACK, PlanKind.PROMOTION})
"""Contacts about buying again, whatever the customer asked for. A replenishment is one unless it was asked for."""

GIVE_WAY = tuple(kind.value for kind in (PlanKind.CADENCE, PlanKind.WIN_BACK, PlanKind.PROMOTION))
"""Booked contacts that make room for what has a day of its own and is known only now, a follow-up above all: the first
two find another day, or are pointless after it; a promotion is dropped."""
GO_FIRST = tuple(
    kind.value
    for kind in (
        PlanKind.REPLENISHMENT,
        PlanKind.BIRTHDAY,
        PlanKind.AFTER_PURCHASE,
        PlanKind.FESTIVAL,
        PlanKind.MILESTONE,
    )
)

TOLD_IN_MADE_CALLS = frozenset({PlanKind.BIRTHDAY, PlanKind.AFTER_PURCHASE, PlanKind.FESTIVAL, PlanKind.MILESTONE})
"""What may be told in a call that is made already but not begun. What runs out is not among them: its goods are kept
back when the contact is made; nor what can wait."""

QUIET_FESTIVALS = frozenset({"spring_festival"})
"""Days on which nobody is called or visited, though the store may be open; a text may go out."""

STRENGTH: Mapping[By, int] = {By.SMS: 0, By.CALLBACK: 1, By.DELIVERY: 2, By.HOME_VISIT: 3}
"""Of several touches told in one contact the most personal way is taken."""
