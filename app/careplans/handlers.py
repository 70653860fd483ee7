"""What business facts mean for the plans. Handlers may run twice and in any order: they compute from what stands now.

A finished contact is written into the ledger, whoever asked for it. What a purchase, a stop or a complaint makes
pointless ends with its reason; what it only delays waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from app.careplans import ending, joining, supplies
from app.careplans.ending import Ending
from app.careplans.manners import MANNERS, MOST_TRIES
from app.careplans.models import Occurrence
from app.careplans.plan_settings import PlanKind
from app.careplans.reasons import PENDING, OccurrenceState, WhyNot
from app.careplans.touch_keys import put_off_after
from app.core.db import db
from app.core.outbox import together
from app.customers import contacts
from app.customers.models import ContactBooking, Customer
from app.customers.values import ContactKind
from app.events import (
    ComplaintOpened,
    ComplaintReopened,
    CustomerMoved,
    CustomerOptedOut,
    CustomersMerged,
    CustomersParted,
    GuardianConsentWithdrawn,
    HouseholdChanged,
    MemberAnonymised,
    PurchaseCorrected,
    PurchaseRecorded,
    PurchaseReturned,
    ReminderRequestEnded,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskPartlyCompleted,
    TaskReopened,
    TaskRescheduled,
)
from app.people.models import Store
from app.tasks.kinds import FailReason, Reason, Status
from app.tasks.models import Task

MADE_BY_HAND: Mapping[str, ContactKind] = {
    Reason.CARE: ContactKind.CADENCE,
    Reason.BIRTHDAY: ContactKind.BIRTHDAY,
    Reason.FESTIVAL: ContactKind.FESTIVAL,
    Reason.MILESTONE: ContactKind.MILESTONE,
    Reason.LAPSED: ContactKind.WIN_BACK,
    Reason.PROMOTION: ContactKind.PROMOTION,
}
"""Reasons for which an associate or supervisor gets in touch unasked; once done they count, and plans yield to them."""
NOT_REACHED = frozenset({FailReason.NO_ANSWER, FailReason.NOT_AT_HOME})
TRY_AGAIN_AFTER = timedelta(days=2)
REST_AFTER_TRIES = timedelta(days=14)
WAITING_KINDS = ending.WAITING_KINDS


# Tasks


@dataclass(frozen=True)
class _Known:
    """A task as it stands, with the household and the local day of a moment."""

    task: Task
    household_id: int
    zone: ZoneInfo

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    @property
    def is_booked(self) -> bool:
        key = self.task.origin_key
        return key is not None and bool(
            db.session.scalar(select(ContactBooking.id).where(ContactBooking.origin_key == key))
        )


def _known(task_id: int) -> _Known | None:
    return next(iter(_all_known([task_id])), None)


def _all_known(task_ids: Collection[int]) -> list[_Known]:
    rows = db.session.execute(
        select(Task, Customer.household_id, Store.zone)
        .join(Customer, Customer.id == Task.customer_id)
        .join(Store, Store.id == Task.store_id)
        .where(Task.id.in_(task_ids))
        .order_by(Task.customer_id, Task.id)
        .execution_options(populate_existing=True)
    )
    return [_Known(row[0], row[1], ZoneInfo(row[2])) for row in rows]


@together()
def record_finished_contacts(facts: Sequence[TaskCompleted | TaskPartlyCompleted], *, now: datetime) -> None:
    finished = [
        known
        for known in _all_known([fact.task_id for fact in facts])
        if known.task.status in (Status.COMPLETED, Status.PARTLY) and known.task.ended_at is not None
    ]
    contacts.hold_all({known.task.customer_id for known in finished})
    booked = _booked_among([known.task.origin_key for known in finished])
    by_key = {str(known.task.origin_key): known for known in finished if known.task.origin_key in booked}
    days = {key: known.day(known.task.ended_at or now) for key, known in by_key.items()}
    for key, overtaken in contacts.record_many(days, now=now).items():
        ending.plan_anew(overtaken, household_id=by_key[key].household_id, now=now)
    _yield_to_contacts(list(by_key.values()), now=now)
    for known in finished:
        if known.task.origin_key is None:
            _record(known, now=now)
    _mark([known.task.id for known in finished], OccurrenceState.DONE, None, now=now)


def _booked_among(keys: Collection[str | None]) -> set[str]:
    return set(db.session.scalars(select(ContactBooking.origin_key).where(ContactBooking.origin_key.in_(keys))))


def _record(known: _Known, *, now: datetime) -> None:
    """Into the ledger: the contact that was booked, or one made by hand."""
    task = known.task
    day = known.day(task.ended_at or now)
    if known.is_booked:
        overtaken = contacts.record(str(task.origin_key), day=day, now=now)
    elif task.origin_key is None and task.reason in MADE_BY_HAND and task.parent_id is None:
        overtaken = contacts.write_down(
            task.customer_id, kind=MADE_BY_HAND[task.reason], day=day, origin_key=f"task:{task.id}", now=now
        )
    else:
        return
    ending.plan_anew(overtaken, household_id=known.household_id, now=now)
    _yield_to_contacts([known], now=now)


def _yield_to_contacts(recorded: Sequence[_Known], *, now: datetime) -> None:
    """Regular care counts from the last contact: what was planned from an older one is pointless now."""
    rows = ending.find(
        """o.kind = 'cadence' AND o.household_id = ANY(CAST(:households AS int[])) AND EXISTS (
            SELECT FROM unnest(CAST(:households AS int[]), CAST(:days AS date[]), CAST(:tasks AS int[]))
                AS x(household_id, day, task_id)
            WHERE x.household_id = o.household_id AND o.task_id IS DISTINCT FROM x.task_id
                AND CASE WHEN o.kind = 'cadence' THEN CAST(left(o.key, 10) AS date) < x.day END)""",
        {
            "households": [known.household_id for known in recorded],
            "days": [known.day(known.task.ended_at or now) for known in recorded],
            "tasks": [known.task.id for known in recorded],
        },
    )
    ending.settle([Ending(row.id, OccurrenceState.ENDED, WhyNot.CONTACTED_OTHERWISE) for row in rows], now=now)


def _mark(task_ids: Collection[int], state: OccurrenceState, reason: WhyNot | None, *, now: datetime) -> None:
    db.session.execute(
        update(Occurrence)
        .where(Occurrence.task_id.in_(task_ids), Occurrence.state == OccurrenceState.MADE)
        .values(state=state.value, reason=reason.value if reason else None, decided_at=now)
    )


def judge_failed_contact(fact: TaskFailed, *, now: datetime) -> None:
    """A customer who refused was reached, so that counts; who was not reached is tried again some days later."""
    known = _known(fact.task_id)
    if known is None or known.task.status != Status.FAILED:
        return
    contacts.hold(known.task.customer_id)
    if known.task.end_reason == FailReason.REFUSED:
        _record(known, now=now)
        _mark([fact.task_id], OccurrenceState.ENDED, WhyNot.REFUSED, now=now)
        return
    if known.task.origin_key is not None:
        contacts.release(known.task.origin_key, reason=f"failed:{known.task.end_reason}", now=now)
    again = known.task.end_reason in NOT_REACHED
    _plan_another_try(known, WhyNot.NO_ANSWER if again else WhyNot.CANCELLED, now=now)


def release_cancelled_contact(fact: TaskCancelled, *, now: datetime) -> None:
    known = _known(fact.task_id)
    if known is None or known.task.status != Status.CANCELLED:
        return
    contacts.hold(known.task.customer_id)
    if known.task.origin_key is not None:
        contacts.release(known.task.origin_key, reason="cancelled", now=now)
    _plan_another_try(known, WhyNot.CANCELLED, now=now)


def _plan_another_try(known: _Known, reason: WhyNot, *, now: datetime) -> None:
    """What has a date was missed, but of what runs out there may be time to tell tomorrow, and how a purchase does can
    be asked once more. Regular care comes round again for ever, after a rest; the others some times."""
    rows = ending.find("o.task_id = :task_id AND o.state = 'made'", {"task_id": known.task.id})
    today = known.day(now)
    for row in rows:
        tries = db.session.scalar(select(Occurrence.tries).where(Occurrence.id == row.id)) or 0
        again = _another_day(row, today, tries + 1) if reason is WhyNot.NO_ANSWER else None
        if again is not None:
            ending.settle([Ending(row.id, OccurrenceState.DEFERRED, reason)], now=now)
            ending.set_due_day(row.id, again)
            continue
        is_over = row.kind not in WAITING_KINDS or (row.kind != "cadence" and tries + 1 >= MOST_TRIES)
        if is_over:
            state = OccurrenceState.MISSED if reason is WhyNot.NO_ANSWER else OccurrenceState.ENDED
            ending.settle([Ending(row.id, state, reason)], now=now)
            continue
        rests = reason is not WhyNot.NO_ANSWER or (tries + 1) % MOST_TRIES == 0
        ending.settle([Ending(row.id, OccurrenceState.DEFERRED, reason)], now=now)
        ending.set_due_day(row.id, today + (REST_AFTER_TRIES if rests else TRY_AGAIN_AFTER))


def _another_day(row: Any, today: date, tries: int) -> date | None:
    """When a dated touch that reached nobody is of use once more. Of what runs out: tomorrow, if there is still
    something left the day after. After a purchase: once, within the days that the call might have moved to."""
    if row.kind == PlanKind.REPLENISHMENT and tries < MOST_TRIES:
        tomorrow = today + timedelta(days=1)
        return tomorrow if date.fromisoformat(row.detail["run_out"]) > tomorrow else None
    if row.kind == PlanKind.AFTER_PURCHASE and tries == 1:
        again = today + TRY_AGAIN_AFTER
        return again if again <= row.due_day + timedelta(days=MANNERS[PlanKind.AFTER_PURCHASE].later) else None
    return None


def take_back_contact(fact: TaskReopened, *, now: datetime) -> None:
    """The ending was taken back: the contact is under way again and holds its slot. A call that had failed may have
    made room for another contact, which gives way: two of them would be too many."""
    known = _known(fact.task_id)
    if known is None or known.task.status in (Status.COMPLETED, Status.PARTLY, Status.FAILED, Status.CANCELLED):
        return
    contacts.hold(known.task.customer_id)
    key = known.task.origin_key
    contacts.take_back(key or f"task:{known.task.id}", now=now)
    if key is not None:
        day = max(known.day(known.task.window_start), known.day(now))
        overtaken = contacts.hold_again(key, day=day, now=now)
        ending.plan_anew(overtaken, household_id=known.household_id, now=now)
    db.session.execute(
        update(Occurrence)
        .where(Occurrence.task_id == known.task.id, Occurrence.state.in_(["done", "ended", "missed"]))
        .values(state=OccurrenceState.MADE.value, reason=None, decided_at=now)
    )
    _take_back_another_try(known, now=now)


def _take_back_another_try(known: _Known, *, now: datetime) -> None:
    """The call that had failed goes on: nobody needs to be tried again beside it."""
    put_off = put_off_after(known.task.origin_key or "")
    if put_off is None:
        return
    # Gives the day of the new try back, if it had one already.
    ending.settle([Ending(put_off, OccurrenceState.DEFERRED, None)], now=now)
    db.session.execute(
        update(Occurrence)
        .where(Occurrence.id == put_off)
        .values(
            state=OccurrenceState.MADE.value,
            task_id=known.task.id,
            tries=Occurrence.tries - 1,
            booked_day=known.day(known.task.window_start),
        )
    )


def move_contact(fact: TaskRescheduled, *, now: datetime) -> None:  # noqa: ARG001  every handler is called with the time
    known = _known(fact.task_id)
    if known is None or known.task.origin_key is None:
        return
    day = known.day(known.task.window_start)
    if contacts.move(known.task.origin_key, day=day):
        db.session.execute(
            update(Occurrence)
            .where(Occurrence.task_id == known.task.id, Occurrence.state == OccurrenceState.MADE)
            .values(booked_day=day)
        )


# Purchases


@together()
def end_what_was_bought(facts: Sequence[PurchaseRecorded | PurchaseCorrected], *, now: datetime) -> None:
    """Bought again: the reminder of it is pointless, and nobody needs to be won back."""
    rows = ending.find(
        """EXISTS (
            SELECT FROM purchase p
            JOIN customer buyer ON buyer.id = p.customer_id
            JOIN store s ON s.id = p.store_id
            WHERE p.id = ANY(CAST(:purchases AS int[])) AND buyer.household_id = o.household_id AND CASE o.kind
                WHEN 'win_back' THEN o.customer_id = p.customer_id
                    AND CAST(timezone(s.zone, p.bought_at) AS date) > CAST(left(o.key, 10) AS date)
                WHEN 'replenishment' THEN
                    CAST(timezone(s.zone, p.bought_at) AS date) > CAST(left(split_part(o.key, ':', 2), 10) AS date)
                    AND EXISTS (SELECT FROM purchase_line l WHERE l.purchase_id = p.id AND l.quantity > l.returned
                        AND l.product_id = CAST(o.detail ->> 'product_id' AS int)) END)
            AND o.household_id = ANY(ARRAY(SELECT c2.household_id FROM customer c2
                WHERE c2.id = ANY(CAST(:customers AS int[]))))""",
        {
            "purchases": [fact.purchase_id for fact in facts],
            "customers": [fact.customer_id for fact in facts],
        },
    )
    ending.settle([Ending(row.id, OccurrenceState.ENDED, WhyNot.ORDERED) for row in rows], now=now)


def end_follow_up_of_returned(fact: PurchaseReturned | PurchaseCorrected, *, now: datetime) -> None:
    """Nothing of the purchase was kept: there is nothing to ask about."""
    rows = ending.find(
        """o.customer_id = :customer AND o.kind = 'after_purchase' AND o.key = :key AND NOT EXISTS (
            SELECT FROM purchase_line l WHERE l.purchase_id = :purchase AND l.quantity > l.returned)""",
        {"customer": fact.customer_id, "key": f"p{fact.purchase_id}", "purchase": fact.purchase_id},
    )
    ending.settle([Ending(row.id, OccurrenceState.ENDED, WhyNot.RETURNED) for row in rows], now=now)


# Wishes of the customer


def end_what_was_stopped(fact: CustomerOptedOut, *, now: datetime) -> None:
    """Touches in the way that was stopped; a text under way is suppressed by messaging."""
    rows = ending.find(
        """c.phone = :phone
            AND (v.settings -> 'action' ->> 'by' = 'sms') = (:channel = 'sms')
            AND (:scope = 'all' OR (:scope = 'promotion') = (o.kind IN ('win_back', 'promotion')))
            AND NOT (o.state = 'made' AND o.task_id IS NULL)
            AND EXISTS (SELECT FROM consent x WHERE x.phone = :phone AND x.channel = :channel AND x.scope = :scope
                AND x.state = 'out')""",
        {"phone": fact.phone, "channel": fact.channel, "scope": fact.scope},
    )
    ending.end_or_put_off(rows, ended=WhyNot.STOPPED, put_off=WhyNot.OPTED_OUT, now=now)


def freeze_for_complaint(fact: ComplaintOpened, *, now: datetime) -> None:
    """While it is open nothing is sold to the household. Whoever puts it right is in touch anyway, so regular care
    waits, and asking how the purchase does is pointless."""
    rows = ending.find(
        """o.household_id = (SELECT k.household_id FROM complaint k WHERE k.id = :complaint AND k.closed_at IS NULL)
            AND (o.kind IN ('cadence', 'win_back', 'promotion', 'after_purchase')
                OR (o.kind = 'replenishment' AND (:reaction OR NOT coalesce(CAST(o.detail ->> 'requested' AS boolean),
                    false))))
            AND NOT (o.state = 'made' AND o.task_id IS NULL)""",
        {"complaint": fact.complaint_id, "reaction": fact.is_reaction},
    )
    ending.end_or_put_off(rows, ended=WhyNot.COMPLAINED, put_off=WhyNot.COMPLAINT, now=now)


def end_care_after_reopened_complaint(fact: ComplaintReopened, *, now: datetime) -> None:
    """It was not put right after all: the call that asks whether all is well comes after the next closing."""
    rows = ending.find(
        "o.customer_id = :customer AND o.kind = 'recovery' AND split_part(o.key, ':', 1) = :key",
        {"customer": fact.customer_id, "key": f"c{fact.complaint_id}"},
    )
    ending.settle([Ending(row.id, OccurrenceState.ENDED, WhyNot.COMPLAINED) for row in rows], now=now)


def end_touches_about_member(fact: GuardianConsentWithdrawn | MemberAnonymised, *, now: datetime) -> None:
    """Also what the child was to be brought again: with the consent the requests go."""
    rows = ending.find(
        """o.household_id = :household AND o.kind IN ('birthday', 'milestone', 'replenishment')
            AND CAST(o.detail ->> 'member_id' AS int) = :member""",
        {"household": fact.household_id, "member": fact.member_id},
    )
    ending.settle([Ending(row.id, OccurrenceState.ENDED, WhyNot.STOPPED) for row in rows], now=now)


def end_reminder_nobody_wants(fact: ReminderRequestEnded, *, now: datetime) -> None:
    """At once, also when the task or the text is made already."""
    supplies.end_unwanted(fact.customer_id, fact.product_id, now=now)


# Files that move


def keep_one_contact_of_merged(fact: CustomersMerged, *, now: datetime) -> None:
    """Both files had contacts of their own; one household has one at a time."""
    _keep_one_contact(fact.kept_id, now=now)


def keep_one_contact_of_household(fact: HouseholdChanged, *, now: datetime) -> None:
    """So had both households that live together now."""
    _keep_one_contact(fact.customer_id, now=now)


def _keep_one_contact(customer_id: int, *, now: datetime) -> None:
    household_id = contacts.hold(customer_id)
    if household_id is None:
        return
    joining.bring_along(customer_id, household_id, now=now)
    joining.keep_one_contact(household_id, now=now)


def part_contacts(fact: CustomersParted, *, now: datetime) -> None:
    """What the merge has put together is two people's again."""
    household_ids = contacts.hold_all([fact.kept_id, fact.restored_id])
    joining.part_contacts(household_ids, now=now)
    for household_id in household_ids:
        joining.keep_one_contact(household_id, now=now)


def move_touches(fact: CustomerMoved, *, now: datetime) -> None:  # noqa: ARG001  every handler is called with the time
    """What is pending for the customer goes to the store that looks after him now."""
    db.session.execute(
        update(Occurrence)
        .where(Occurrence.customer_id == fact.customer_id, Occurrence.state.in_(PENDING))
        .values(store_id=fact.store_id)
    )
