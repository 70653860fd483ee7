"""What messaging does about facts: it writes outbound rows, or takes back those that became pointless.

Deliveries come in any order and may come twice: each handler looks at the task as it stands now, and the dedupe key
of a row (task, kind, occurrence) makes the second time nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, select

from app.core.config import settings
from app.core.db import db
from app.core.i18n import N_
from app.customers.values import Channel, Scope
from app.events import (
    CustomerOptedOut,
    InboundReceived,
    TaskAssigned,
    TaskCancelled,
    TaskCompleted,
    TaskFact,
    TaskFailed,
    TaskPartlyCompleted,
    TaskReopened,
    TaskRescheduled,
    TaskStarted,
)
from app.messaging import conversations, outbound, policy, questions, replies, timing, visits, words
from app.messaging.kinds import Kind
from app.messaging.models import Message, QuestionKind, Reach, State
from app.messaging.outbound import Draft, Recipient
from app.messaging.questions import Ask
from app.tasks.kinds import CancelReason, FailReason, Status, TaskType
from app.tasks.models import Task

RATING_OPEN_FOR = timedelta(hours=72)
LEAST_NOTICE_OF_ARRIVAL = timedelta(minutes=10)
NAMES_A_WINDOW = (Kind.BOOKED, Kind.CHANGED, Kind.REMINDER, Kind.CONFIRMED)
TELLS_THE_WINDOW = (Kind.BOOKED, Kind.CHANGED, Kind.CONFIRMED)
ENDINGS = (Kind.DONE, Kind.RATING, Kind.PARTLY_DONE, Kind.COULD_NOT_MEET)
REMINDED = (TaskType.HOME_VISIT, TaskType.DELIVERY)
"""A call is announced once; a text that announces a call twice is a bother."""

# The customer knows, or was never to know.
SILENT_FAILURES = frozenset({FailReason.REFUSED, FailReason.WRONG_NUMBER, FailReason.UNSAFE})
SILENT_CANCELLATIONS = frozenset({CancelReason.UNDONE, CancelReason.DUPLICATE, CancelReason.OPTED_OUT})

SUPERSEDED = N_("replaced by a newer text")
REOPENED = N_("the task was reopened")


def text_booked(fact: TaskAssigned, *, now: datetime) -> None:
    """Tell the customer who comes and when, once per window, and lay down the reminder."""
    task = _task(fact)
    recipient = _recipient(task)
    if recipient is None or task.status != Status.ASSIGNED or task.window_end <= now:
        return
    if not outbound.has_told(task.id, TELLS_THE_WINDOW, window_start=task.window_start):
        draft = visits.visit_draft(Kind.BOOKED, task, recipient)
        visits.replace_waiting(draft, recipient, reason=SUPERSEDED, now=now)
    _renew_reminder(task, recipient, now=now)


def text_changed(fact: TaskRescheduled, *, now: datetime) -> None:
    """Tell the new window: as a change to who knew the old one, as a yes to who asked for it, else as a booking."""
    task = _task(fact)
    knew = outbound.has_told(task.id, NAMES_A_WINDOW)
    _forget_other_windows(task, now=now)
    recipient = _recipient(task)
    if recipient is None or task.status not in policy.LIVE_STATUSES or task.window_end <= now:
        return
    if fact.actor.startswith("customer:"):
        inbound_id = visits.fresh_inbound_of(task.customer_id, now=now)
        draft = visits.visit_draft(Kind.CONFIRMED, task, recipient, answers_inbound_id=inbound_id)
        visits.replace_waiting(draft, recipient, reason=SUPERSEDED, now=now)
    elif knew or task.assignee_id is not None:
        draft = visits.visit_draft(Kind.CHANGED if knew else Kind.BOOKED, task, recipient)
        visits.replace_waiting(draft, recipient, reason=SUPERSEDED, now=now)
    _renew_reminder(task, recipient, now=now)


def text_on_the_way(fact: TaskStarted, *, now: datetime) -> None:
    """Say that somebody is coming and when, and send the code to be read out at the door."""
    task = _task(fact)
    if task.status != Status.ACTIVE:
        return
    outbound.cancel_waiting(visits.about(task.id, *NAMES_A_WINDOW), reason=SUPERSEDED, now=now)
    _close_visit_questions(task, now=now)
    recipient = _recipient(task)
    if recipient is None or task.type == TaskType.CALLBACK or task.arrived_at is not None:
        return
    started_at = task.started_at or fact.occurred_at
    eta = timing.estimated_arrival(
        started_at, window_start=task.window_start, origin=recipient.shop_place, destination=recipient.home
    )
    key = f"task:{task.id}:on_the_way:{int(started_at.timestamp())}"
    said = visits.words_for(task, recipient)
    outbound.write(
        recipient,
        Draft(
            kind=Kind.ON_THE_WAY,
            dedupe_key=key,
            words=said | {"eta": words.clock(eta, zone=recipient.shop_zone)},
            task_id=task.id,
            task_type=task.type,
            speaks_of=eta,
            expires_at=max(eta, now + LEAST_NOTICE_OF_ARRIVAL),
        ),
        now=now,
    )
    if task.door_code:
        outbound.write(
            recipient,
            Draft(
                kind=Kind.DOOR_CODE,
                dedupe_key=f"{key}:door_code",
                words=said | {"code": task.door_code},
                task_id=task.id,
                task_type=task.type,
            ),
            now=now,
        )


def text_done_and_ask_rating(fact: TaskCompleted, *, now: datetime) -> None:
    """Thank the customer and ask for stars, once the associate can no longer take the ending back."""
    task = _task(fact)
    if task.status != Status.COMPLETED or task.endings != fact.ending:
        return
    recipient = _recipient(task)
    kind = Kind.RATING if recipient and recipient.reach is Reach.TWO_WAY else Kind.DONE
    _write_ending(kind, task, recipient, fact, now=now)


def text_partly_done(fact: TaskPartlyCompleted, *, now: datetime) -> None:
    task = _task(fact)
    if task.status == Status.PARTLY and task.endings == fact.ending:
        _write_ending(Kind.PARTLY_DONE, task, _recipient(task), fact, now=now)


def text_could_not_meet(fact: TaskFailed, *, now: datetime) -> None:
    task = _task(fact)
    if task.status != Status.FAILED or task.endings != fact.ending:
        return
    outbound.cancel_waiting(visits.about(task.id, *NAMES_A_WINDOW), reason=policy.TASK_OVER, now=now)
    if fact.reason not in SILENT_FAILURES:
        _write_ending(Kind.COULD_NOT_MEET, task, _recipient(task), fact, now=now)


def text_cancelled(fact: TaskCancelled, *, now: datetime) -> None:
    """Take back what waits; write to the customer only if he or she expects somebody."""
    task = _task(fact)
    if task.status != Status.CANCELLED:
        return
    draft_key = f"task:{task.id}:cancelled"
    expects_us = outbound.has_told(task.id, NAMES_A_WINDOW) and task.window_end > now
    outbound.cancel_waiting(
        and_(Message.task_id == task.id, Message.dedupe_key != draft_key), reason=policy.TASK_OVER, now=now
    )
    _close_visit_questions(task, now=now)
    recipient = _recipient(task)
    if recipient is None or not expects_us or fact.reason in SILENT_CANCELLATIONS:
        return
    outbound.write(
        recipient,
        Draft(
            kind=Kind.CANCELLED,
            dedupe_key=draft_key,
            words=visits.words_for(task, recipient),
            task_id=task.id,
            task_type=task.type,
            expires_at=task.window_end,
        ),
        now=now,
    )


def withdraw_ending_texts(fact: TaskReopened, *, now: datetime) -> None:
    """The ending did not happen: its texts that still wait are taken back, its rating question closes."""
    outbound.cancel_waiting(
        and_(
            visits.about(fact.task_id, *ENDINGS),
            Message.dedupe_key.in_([_ending_key(fact.task_id, kind, fact.ending) for kind in ENDINGS]),
        ),
        reason=REOPENED,
        now=now,
    )
    task = _task(fact)
    if task.status not in (Status.COMPLETED, Status.PARTLY):
        questions.close_about("task", fact.task_id, kinds=[QuestionKind.RATING], reason=REOPENED, now=now)


def suppress_pending(fact: CustomerOptedOut, *, now: datetime) -> None:
    """Show at once what the consent row forbids; the drain would find out by itself."""
    if fact.channel == Channel.SMS and fact.scope == Scope.ALL:
        outbound.end_waiting(Message.to_phone == fact.phone, state=State.SUPPRESSED, reason=policy.OPTED_OUT, now=now)
        conversations.announce_phone(fact.phone)


def understand_inbound(fact: InboundReceived, *, now: datetime) -> None:
    replies.understand(fact.inbound_id, now=now)


def _task(fact: TaskFact) -> Task:
    return db.session.execute(
        select(Task).where(Task.id == fact.task_id).execution_options(populate_existing=True)
    ).scalar_one()


def _recipient(task: Task) -> Recipient | None:
    return outbound.recipient_of(task.customer_id, store_id=task.store_id)


def _renew_reminder(task: Task, recipient: Recipient, *, now: datetime) -> None:
    """One reminder lies in wait, naming the present window and person."""
    due = timing.reminder_at(task.window_start, zone=recipient.shop_zone, now=now)
    if due is None or task.type not in REMINDED or task.status != Status.ASSIGNED:
        if due is not None:
            outbound.cancel_waiting(visits.about(task.id, Kind.REMINDER), reason=SUPERSEDED, now=now)
        return
    draft = visits.visit_draft(Kind.REMINDER, task, recipient, not_before=due, expires_at=task.window_start)
    visits.replace_waiting(draft, recipient, reason=SUPERSEDED, now=now)


def _write_ending(kind: Kind, task: Task, recipient: Recipient | None, fact: TaskFact, *, now: datetime) -> None:
    # A 2 that comes now means two stars, no longer another time.
    _close_visit_questions(task, now=now)
    if recipient is None:
        return
    undo_window = timedelta(seconds=settings().tasks.undo_window_seconds)
    sends_at = (task.end_recorded_at or fact.occurred_at) + undo_window
    wish = Ask(QuestionKind.RATING, "task", task.id, expires_at=sends_at + RATING_OPEN_FOR)
    outbound.write(
        recipient,
        Draft(
            kind=kind,
            dedupe_key=_ending_key(task.id, kind, task.endings),
            words=visits.words_for(task, recipient),
            task_id=task.id,
            task_type=task.type,
            not_before=sends_at,
            ask=wish if kind is Kind.RATING else None,
        ),
        now=now,
    )


def _ending_key(task_id: int, kind: Kind, ending: int) -> str:
    return f"task:{task_id}:{kind}:ending:{ending}"


def _forget_other_windows(task: Task, *, now: datetime) -> None:
    """What was written or asked about a window that is no longer the task's."""
    elsewhere = and_(visits.about(task.id, *NAMES_A_WINDOW), Message.speaks_of != task.window_start)
    outbound.cancel_waiting(elsewhere, reason=policy.TASK_MOVED, now=now)
    asked = list(db.session.scalars(select(Message.id).where(elsewhere)))
    questions.close_of_messages(asked, reason=policy.TASK_MOVED, now=now)


def _close_visit_questions(task: Task, *, now: datetime) -> None:
    questions.close_about(
        "task", task.id, kinds=[QuestionKind.CONFIRM, QuestionKind.SLOT], reason=policy.TASK_OVER, now=now
    )
