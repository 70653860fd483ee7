"""Every business fact, on one page. Fields are only ever added: stored facts are read back by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.outbox import Fact


@dataclass(frozen=True, kw_only=True)
class TaskFact(Fact):
    """Common to all facts about one task. `actor` is "staff:7", "customer:9" or "system"."""

    task_id: int
    customer_id: int
    store_id: int
    actor: str


@dataclass(frozen=True, kw_only=True)
class TaskCreated(TaskFact):
    assignee_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class TaskAssigned(TaskFact):
    """Also published when a task moves to another associate (`previous_assignee_id`)."""

    assignee_id: int
    previous_assignee_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class TaskDeclined(TaskFact):
    assignee_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class TaskConfirmed(TaskFact):
    pass


@dataclass(frozen=True, kw_only=True)
class TaskRescheduled(TaskFact):
    window_start: datetime
    window_end: datetime
    previous_start: datetime
    previous_end: datetime
    # Who had the task before; it may be nobody's now.
    assignee_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class TaskStarted(TaskFact):
    assignee_id: int


@dataclass(frozen=True, kw_only=True)
class TaskArrived(TaskFact):
    assignee_id: int


@dataclass(frozen=True, kw_only=True)
class TaskCompleted(TaskFact):
    """`ending` tells one completion from the next one after an undo or a reopen."""

    assignee_id: int
    ending: int = 1


@dataclass(frozen=True, kw_only=True)
class TaskPartlyCompleted(TaskFact):
    assignee_id: int
    carried_forward_task_id: int
    ending: int = 1


@dataclass(frozen=True, kw_only=True)
class TaskFailed(TaskFact):
    assignee_id: int
    reason: str
    ending: int = 1


@dataclass(frozen=True, kw_only=True)
class TaskCancelled(TaskFact):
    reason: str
    assignee_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class TaskReopened(TaskFact):
    """An ending taken back by undo or by a supervisor; `ending` is the one taken back."""

    assignee_id: int | None
    reason: str
    ending: int = 1


@dataclass(frozen=True, kw_only=True)
class TaskRated(TaskFact):
    assignee_id: int | None
    stars: int
    heart: str | None = None


@dataclass(frozen=True, kw_only=True)
class WorkHeld(TaskFact):
    """Work done on the phone arrived after the task had moved on; a supervisor decides."""

    held_id: int
    staff_id: int


@dataclass(frozen=True, kw_only=True)
class CustomerOptedOut(Fact):
    """The consent row is the stop; this only tells pages and tidies what became pointless."""

    phone: str
    scope: str
    source: str
    channel: str = "sms"


@dataclass(frozen=True, kw_only=True)
class CustomerOptedIn(Fact):
    phone: str
    scope: str
    source: str
    channel: str = "sms"


@dataclass(frozen=True, kw_only=True)
class CustomerMoved(Fact):
    """Another store looks after the customer from now on."""

    customer_id: int
    store_id: int


@dataclass(frozen=True, kw_only=True)
class CustomerDetailsChanged(Fact):
    """What somebody on the way to the customer should know has changed; `fields` names it."""

    customer_id: int
    store_id: int
    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class HouseholdChanged(Fact):
    """The customer shares another household, or none, within the same store."""

    customer_id: int
    household_id: int


@dataclass(frozen=True, kw_only=True)
class CustomersMerged(Fact):
    """One file went into another: everything that pointed at `gone_id` points at `kept_id` now."""

    merge_id: int
    kept_id: int
    gone_id: int


@dataclass(frozen=True, kw_only=True)
class CustomersParted(Fact):
    """A merge was undone: `restored_id` is a file of its own again."""

    merge_id: int
    kept_id: int
    restored_id: int


@dataclass(frozen=True, kw_only=True)
class CustomerHandedOver(Fact):
    """Somebody else looks after the customer from now on, until `until` if that is given. `is_back`: the one who was
    away does so again. `introduces`: the customer is to be told who it is."""

    line_id: int
    customer_id: int
    store_id: int
    from_id: int | None
    to_id: int | None
    until: datetime | None = None
    is_back: bool = False
    introduces: bool = False


@dataclass(frozen=True, kw_only=True)
class GuardianConsentWithdrawn(Fact):
    """A guardian took back the consent for a child: what was asked for in its name ends."""

    member_id: int
    household_id: int


@dataclass(frozen=True, kw_only=True)
class ReminderRequestEnded(Fact):
    """The customer's request to be reminded of a product was taken back, or the product is used no more."""

    customer_id: int
    product_id: int


@dataclass(frozen=True, kw_only=True)
class MemberAnonymised(Fact):
    """Nothing is known of this member any more. `reason`: "withdrawn", "removed" or "purpose_ended"."""

    member_id: int
    household_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class TasksPlanned(Fact):
    """A stretch of a care-plan run wrote its tasks and texts down."""

    run_id: int
    chunk: int
    tasks: int
    touches: int


@dataclass(frozen=True, kw_only=True)
class TouchesDue(Fact):
    """Texts that belong to no task are to be sent. Each touch is a mapping with occurrence_id, customer_id, kind,
    origin_key, plan_id, reasons, words, more (what is told along), send_at, expires_at, asks, answer_by, goods,
    restricted and is_sales; at most 200 of them."""

    run_id: int
    chunk: int
    touches: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class TouchesWithdrawn(Fact):
    """Texts of a care plan shall not go out any more; `reason` is what their rows will say."""

    origin_keys: list[str]
    reason: str


@dataclass(frozen=True, kw_only=True)
class TouchEnded(Fact):
    """What became of a care plan's text. `outcome`: "sent" (the carrier has it), else the state in which it ended;
    `why` is a word of a closed list (ordered, answered, opted_out ...) or empty, `reason` what its row says."""

    origin_key: str
    outcome: str
    why: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PurchaseRecorded(Fact):
    purchase_id: int
    customer_id: int
    store_id: int


@dataclass(frozen=True, kw_only=True)
class PurchaseCorrected(Fact):
    """What a receipt says was put right. `previous_customer_id` when it had been written on somebody else."""

    purchase_id: int
    customer_id: int
    store_id: int
    version: int
    previous_customer_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class PurchaseReturned(Fact):
    """Goods of a purchase came back, some or all of them; `version` tells one return from the next."""

    purchase_id: int
    customer_id: int
    store_id: int
    version: int


@dataclass(frozen=True, kw_only=True)
class InboundReceived(Fact):
    """A text from a customer lies stored and waits to be understood."""

    inbound_id: int


@dataclass(frozen=True, kw_only=True)
class QuestionAnswered(Fact):
    """A customer answered an open question about something that lies above messaging."""

    question_id: int
    customer_id: int
    kind: str
    subject_type: str
    subject_id: int
    answer: str


@dataclass(frozen=True, kw_only=True)
class ComplaintFact(Fact):
    """Common to all facts about one complaint. `actor` is "staff:7", "customer:9" or "system"."""

    complaint_id: int
    customer_id: int
    store_id: int
    is_reaction: bool
    actor: str


@dataclass(frozen=True, kw_only=True)
class ComplaintOpened(ComplaintFact):
    source: str


@dataclass(frozen=True, kw_only=True)
class ComplaintAcknowledged(ComplaintFact):
    pass


@dataclass(frozen=True, kw_only=True)
class ComplaintPlanned(ComplaintFact):
    promised_for: datetime


@dataclass(frozen=True, kw_only=True)
class ComplaintResolved(ComplaintFact):
    """`version` tells one remedy from the next one after a case was opened again."""

    version: int


@dataclass(frozen=True, kw_only=True)
class ComplaintAnswered(ComplaintFact):
    """The customer said whether it is put right. A "no" opens the case again."""

    satisfied: bool


@dataclass(frozen=True, kw_only=True)
class ComplaintClosed(ComplaintFact):
    pass


@dataclass(frozen=True, kw_only=True)
class ComplaintReopened(ComplaintFact):
    reopening: int


@dataclass(frozen=True, kw_only=True)
class ComplaintEscalated(ComplaintFact):
    """A clock ran out ("acknowledge", "plan") or the body reacted ("reaction"); `level` is who must hear of it."""

    alarm: str
    level: str
