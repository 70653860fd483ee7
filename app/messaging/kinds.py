"""The kinds of message, with what each may do, as one table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.customers.values import Scope


class Kind(StrEnum):
    BOOKED = "booked"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    ON_THE_WAY = "on_the_way"
    LATE = "late"
    DOOR_CODE = "door_code"
    DONE = "done"
    PARTLY_DONE = "partly_done"
    RATING = "rating"
    COULD_NOT_MEET = "could_not_meet"
    CONFIRMED = "confirmed"
    SLOTS = "slots"
    FREE_CHOICE = "free_choice"
    WHICH_ONE = "which_one"
    HELP = "help"
    STAFF = "staff"
    CARE = "care"
    REORDER = "reorder"
    NOT_NOW = "not_now"
    PROMOTION = "promotion"
    COMPLAINT_HEARD = "complaint_heard"
    COMPLAINT_REMEDY = "complaint_remedy"
    HAND_OVER = "hand_over"
    WORK = "work"


@dataclass(frozen=True)
class KindRule:
    """`priority`: the lower, the sooner. `useful_hours`: how long the text makes sense when nothing shorter is said.

    `scope`: the consent it needs; a refusal of everything (`all`) stops each kind. `is_proactive`: nobody asked for
    it, so it keeps to the hours for such texts and, without a task, to the household's contact budget. `promotes`: it
    sells something. `carrier_seconds`: how long the carrier may go on trying, at most; shorter when the text is of no
    use any more sooner.
    """

    priority: int
    scope: Scope = Scope.ALL
    any_hour: bool = False
    answers_customer: bool = False
    needs_live_task: bool = False
    needs_active_task: bool = False
    resend_when_unknown: bool = False
    is_proactive: bool = False
    promotes: bool = False
    useful_hours: float = 24.0
    carrier_seconds: int = 36_000


RULES: dict[Kind, KindRule] = {
    Kind.DOOR_CODE: KindRule(
        priority=0, any_hour=True, needs_active_task=True, resend_when_unknown=True, useful_hours=2
    ),
    Kind.ON_THE_WAY: KindRule(priority=10, any_hour=True, needs_active_task=True, useful_hours=1, carrier_seconds=900),
    Kind.LATE: KindRule(priority=10, any_hour=True, needs_active_task=True, useful_hours=1, carrier_seconds=900),
    Kind.SLOTS: KindRule(priority=20, answers_customer=True, needs_live_task=True),
    Kind.FREE_CHOICE: KindRule(priority=20, answers_customer=True, needs_live_task=True),
    Kind.WHICH_ONE: KindRule(priority=20, answers_customer=True),
    Kind.CONFIRMED: KindRule(priority=20, answers_customer=True, useful_hours=12),
    Kind.NOT_NOW: KindRule(priority=20, answers_customer=True, useful_hours=12),
    Kind.HELP: KindRule(priority=20, answers_customer=True, useful_hours=12),
    Kind.STAFF: KindRule(priority=20, answers_customer=True),
    Kind.COMPLAINT_HEARD: KindRule(priority=20, answers_customer=True, useful_hours=24),
    Kind.COMPLAINT_REMEDY: KindRule(priority=30, useful_hours=72),
    Kind.CANCELLED: KindRule(priority=30),
    Kind.CHANGED: KindRule(priority=30, needs_live_task=True),
    Kind.COULD_NOT_MEET: KindRule(priority=30),
    # To an associate, not to a customer; work_texts.py keeps to the hours of the shift.
    Kind.WORK: KindRule(priority=40, any_hour=True, useful_hours=2, carrier_seconds=3600),
    Kind.BOOKED: KindRule(priority=40, needs_live_task=True, useful_hours=24 * 60),
    Kind.REMINDER: KindRule(priority=50, needs_live_task=True),
    Kind.DONE: KindRule(priority=60),
    Kind.PARTLY_DONE: KindRule(priority=60),
    Kind.RATING: KindRule(priority=60),
    Kind.REORDER: KindRule(priority=65, scope=Scope.CARE, is_proactive=True, useful_hours=72),
    Kind.HAND_OVER: KindRule(priority=65, scope=Scope.CARE, is_proactive=True, useful_hours=24 * 14),
    Kind.CARE: KindRule(priority=70, scope=Scope.CARE, is_proactive=True, useful_hours=72),
    Kind.PROMOTION: KindRule(priority=80, scope=Scope.PROMOTION, is_proactive=True, promotes=True, useful_hours=48),
}


def rule_of(kind: str) -> KindRule:
    return RULES[Kind(kind)]
