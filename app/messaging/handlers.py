"""What messaging does about facts: it writes outbound rows, or takes back those that became pointless.

Deliveries come in any order and may come twice: each handler looks at the task as it stands now, and the dedupe key
of a row (task, kind, occurrence) makes the second time nothing. Which texts a moment causes stands in moments.py. What
the associate has to know of it is kept by work_news.py; the customer is told at once, the associate a little later.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select

from app.core.config import settings
from app.core.db import db
from app.core.live import announce
from app.core.outbox import together
from app.customers.models import Customer
from app.customers.values import Channel
from app.events import (
    CustomerDetailsChanged,
    CustomerMoved,
    CustomerOptedOut,
    CustomersMerged,
    CustomersParted,
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
from app.messaging import (
    conversations,
    moments,
    outbound,
    page_links,
    policy,
    questions,
    replies,
    timing,
    visits,
    work_news,
)
from app.messaging.batches import Written, write_many
from app.messaging.kinds import RULES, Kind
from app.messaging.models import Message, State
from app.messaging.moments import CloseQuestions, CloseQuestionsOf, Renew, Step, TakeBack, Texts, Write
from app.messaging.outbound import Recipient
from app.messaging.timing import Timetable
from app.messaging.visits import Visit
from app.messaging.wordings import book_in_force
from app.people import queries as people
from app.people.models import Store
from app.tasks.models import Task


@together()
def text_booked(facts: Sequence[TaskAssigned], *, now: datetime) -> None:
    work_news.note_assigned(facts, now=now)
    told, timetable = _all_told(facts), _timetable()
    said = outbound.said_about(list(told))
    _carry_out_many(
        [
            (one, moments.booked(one.visit, one.recipient, memory=_Memory(said[task_id]), timetable=timetable, now=now))
            for task_id, one in told.items()
        ],
        now=now,
    )


def text_changed(fact: TaskRescheduled, *, now: datetime) -> None:
    work_news.note_rescheduled(fact, now=now)
    told = _told(fact)
    by_customer = fact.actor.startswith("customer:")
    steps = moments.moved(
        told.visit,
        told.recipient,
        memory=told,
        timetable=_timetable(),
        now=now,
        by_customer=by_customer,
        answers_inbound_id=visits.fresh_inbound_of(fact.customer_id, now=now) if by_customer else None,
    )
    _carry_out(steps, told, now=now)


@together()
def text_on_the_way(facts: Sequence[TaskStarted], *, now: datetime) -> None:
    told = _all_told(facts)
    starts = [(fact, told[fact.task_id]) for fact in facts]
    _carry_out_many(
        [(one, moments.started(one.visit, one.recipient, at=fact.occurred_at, now=now)) for fact, one in starts],
        now=now,
    )


@together()
def text_done_and_ask_rating(facts: Sequence[TaskCompleted], *, now: datetime) -> None:
    told, timetable = _all_told(facts), _timetable()
    ends = [(fact, told[fact.task_id]) for fact in facts]
    _carry_out_many(
        [
            (
                one,
                moments.completed(
                    one.visit, one.recipient, ending=fact.ending, at=fact.occurred_at, timetable=timetable
                ),
            )
            for fact, one in ends
        ],
        now=now,
    )


def text_partly_done(fact: TaskPartlyCompleted, *, now: datetime) -> None:
    told = _told(fact)
    steps = moments.partly_completed(
        told.visit, told.recipient, ending=fact.ending, at=fact.occurred_at, timetable=_timetable()
    )
    _carry_out(steps, told, now=now)


def text_could_not_meet(fact: TaskFailed, *, now: datetime) -> None:
    told = _told(fact)
    steps = moments.failed(
        told.visit,
        told.recipient,
        reason=fact.reason,
        ending=fact.ending,
        at=fact.occurred_at,
        timetable=_timetable(),
    )
    _carry_out(steps, told, now=now)


def text_cancelled(fact: TaskCancelled, *, now: datetime) -> None:
    work_news.note_cancelled(fact, now=now)
    told = _told(fact)
    steps = moments.cancelled(told.visit, told.recipient, memory=told, reason=fact.reason, now=now)
    _carry_out(steps, told, now=now)


def withdraw_ending_texts(fact: TaskReopened, *, now: datetime) -> None:
    told = _told(fact)
    _carry_out(moments.reopened(told.visit, ending=fact.ending), told, now=now)


def suppress_pending(fact: CustomerOptedOut, *, now: datetime) -> None:
    """Show at once what the consent row forbids; the drain would find out by itself."""
    if fact.channel == Channel.SMS:
        refused = [kind.value for kind, rule in RULES.items() if policy.is_refused(rule.scope, {fact.scope})]
        theirs = and_(Message.to_phone == fact.phone, Message.kind.in_(refused))
        outbound.end_waiting(theirs, state=State.SUPPRESSED, reason=policy.OPTED_OUT, now=now)
        conversations.announce_phone(fact.phone)


def note_new_address(fact: CustomerDetailsChanged, *, now: datetime) -> None:
    work_news.note_new_address(fact, now=now)


def move_conversation(fact: CustomerMoved, *, now: datetime) -> None:
    conversations.follow(fact.customer_id, now=now)
    outbound.follow(fact.customer_id)


def show_merged_thread(fact: CustomersMerged, *, now: datetime) -> None:
    _show_threads([fact.kept_id], now=now)


def show_parted_threads(fact: CustomersParted, *, now: datetime) -> None:
    _show_threads([fact.kept_id, fact.restored_id], now=now)


def _show_threads(customer_ids: list[int], *, now: datetime) -> None:
    """The threads belong to the stores of the files as they stand now, and open pages look again."""
    for customer in db.session.scalars(select(Customer).where(Customer.id.in_(customer_ids)).order_by(Customer.id)):
        conversations.follow(customer.id, now=now)
        outbound.follow(customer.id)
        announce(f"conversations:{customer.store_id}")


def understand_inbound(fact: InboundReceived, *, now: datetime) -> None:
    replies.understand(fact.inbound_id, now=now)


def _timetable() -> Timetable:
    return timing.timetable_of(settings())


@dataclass(frozen=True)
class _Told:
    """A task as it stands now, whom it is for, and what was said about it."""

    visit: Visit
    recipient: Recipient | None

    def has_told(self, kinds: Sequence[Kind], *, window_start: datetime | None = None) -> bool:
        return outbound.has_told(self.visit.id, kinds, window_start=window_start)


@dataclass(frozen=True)
class _Memory:
    """What was said about a task, read with that of others."""

    said: Collection[tuple[str, datetime | None]]

    def has_told(self, kinds: Sequence[Kind], *, window_start: datetime | None = None) -> bool:
        return any(kind in kinds and window_start in (None, speaks_of) for kind, speaks_of in self.said)


def _told(fact: TaskFact) -> _Told:
    return _all_told([fact])[fact.task_id]


def _all_told(facts: Sequence[TaskFact]) -> dict[int, _Told]:
    """By task."""
    rows = db.session.execute(
        select(Task, Customer, Store)
        .join(Customer, Customer.id == Task.customer_id)
        .join(Store, Store.id == Task.store_id)
        .where(Task.id.in_([fact.task_id for fact in facts]))
        .order_by(Task.id)
        .execution_options(populate_existing=True)
    ).all()
    names = people.names_of({row.Task.assignee_id for row in rows if row.Task.assignee_id})
    return {
        row.Task.id: _Told(
            visit=visits.visit_of(row.Task, associate=names.get(row.Task.assignee_id)),
            recipient=outbound.recipient_from(row.Customer, row.Store) if row.Customer.phone else None,
        )
        for row in rows
    }


def _carry_out_many(told_and_steps: Sequence[tuple[_Told, Sequence[Step]]], *, now: datetime) -> None:
    """As `_carry_out`, looking first which of the tasks have anything to be taken back, and writing at the end."""
    task_ids = [told.visit.id for told, _steps in told_and_steps]
    waiting, asked = outbound.tasks_with_waiting(task_ids), questions.open_about("task", task_ids)
    book, address = book_in_force(), page_links.given_out(now)
    rows: dict[str, Written] = {}
    for told, steps in told_and_steps:
        has_waiting = told.visit.id in waiting
        for step in steps:
            match step:
                case Write(draft=draft) | Renew(draft=draft) if told.recipient and _is_plain(step, has_waiting):
                    composed = outbound.compose(told.recipient, draft, wordings=book, address=address, now=now)
                    rows[draft.dedupe_key] = Written(told.recipient, draft, composed)
                case TakeBack() if not has_waiting:
                    continue
                case CloseQuestions() if told.visit.id not in asked:
                    continue
                case _:
                    _carry_out([step], told, now=now)
    write_many(list(rows.values()), now=now)


def _is_plain(step: Write | Renew, has_waiting: bool) -> bool:
    """Nothing has to be compared with it, and it answers nothing: it may be written with others."""
    return step.draft.answers_inbound_id is None and not (isinstance(step, Renew) and has_waiting)


def _carry_out(steps: Sequence[Step], told: _Told, *, now: datetime) -> None:
    for step in steps:
        match step:
            case Write(draft=draft) if told.recipient:
                outbound.write(told.recipient, draft, now=now)
            case Renew(draft=draft) if told.recipient:
                visits.replace_waiting(draft, told.recipient, reason=moments.SUPERSEDED, now=now)
            case TakeBack(texts=texts, reason=reason):
                outbound.cancel_waiting(_rows(texts, told.visit.id), reason=reason, now=now)
            case CloseQuestions(kinds=kinds, reason=reason):
                questions.close_about("task", told.visit.id, kinds=kinds, reason=reason, now=now)
            case CloseQuestionsOf(texts=texts, reason=reason):
                asked = list(db.session.scalars(select(Message.id).where(_rows(texts, told.visit.id))))
                questions.close_of_messages(asked, reason=reason, now=now)


def _rows(texts: Texts, task_id: int) -> ColumnElement[bool]:
    narrowed = [Message.task_id == task_id]
    if texts.kinds:
        narrowed.append(Message.kind.in_([kind.value for kind in texts.kinds]))
    if texts.keys:
        narrowed.append(outbound.first_key().in_(texts.keys))
    if texts.not_key is not None:
        narrowed.append(outbound.first_key() != texts.not_key)
    if texts.not_of is not None:
        narrowed.append(Message.speaks_of != texts.not_of)
    return and_(*narrowed)
