"""What may happen to a complaint. Every step asks the table in lifecycle.py, writes history and publishes a fact."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.complaints import clocks, queries, recovery
from app.complaints.access import visible_complaints
from app.complaints.clocks import Due
from app.complaints.errors import AnotherCaseOpen
from app.complaints.kinds import Alarm, Level, Source, Stage, Verb
from app.complaints.lifecycle import CaseState, Transition, check, needs_outcome
from app.complaints.models import Complaint, ComplaintEvent, ComplaintStatement
from app.core.config import settings
from app.core.db import db
from app.core.errors import Invalid, NotFound, StaleVersion
from app.core.i18n import N_
from app.core.live import announce
from app.core.outbox import publish
from app.customers import care_limits
from app.customers import service as customers
from app.customers.models import Customer, Household
from app.events import (
    ComplaintAcknowledged,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintOpened,
    ComplaintPlanned,
    ComplaintReopened,
    ComplaintResolved,
)
from app.people import queries as people
from app.people.access import Actor, Role
from app.people.models import Staff, Store
from app.people.opening import next_opening
from app.tasks.models import Task
from app.tasks.records import name_of

LONGEST_WORDS = 2000
MAX_ID = 2**31 - 1
OPEN_END = timedelta(days=60)
"""The furthest day that may be promised."""


# Opening


def open_case(
    customer_id: int,
    *,
    source: Source,
    words: str,
    origin_key: str,
    actor: Actor,
    now: datetime,
    task_id: int | None = None,
    is_reaction: bool | None = None,
    at: datetime | None = None,
) -> Complaint:
    """The household's case with these words in it: a new one, or the open one, which they join.

    The same `origin_key` again changes nothing. `is_reaction=None` is judged from the words; a reaction is never
    unsaid. Words that come after "it is put right" open the case again. `at`, the time on the phone that heard them, is
    kept with the words; the clocks of the case run from when the house knows.
    """
    customer = customers.get(customer_id, actor=actor, now=now)
    text = _required("words", words)
    _lock_household(customer.household_id)
    known = _case_of(origin_key)
    if known is not None:
        return known
    _check_task(task_id, customer)
    told_reaction = is_reaction if is_reaction is not None else care_limits.check(text).reaction is not None
    said: dict[str, Any] = {
        "customer_id": customer.id,
        "task_id": task_id,
        "source": Source(source).value,
        "words": text,
        "is_reaction": told_reaction,
        "origin_key": origin_key,
        "said_at": min(at or now, now),
    }
    complaint = _open_case_locked(customer)
    if complaint is not None:
        return _join(complaint, customer, said, actor=actor, now=now)
    complaint = _new_case(customer, said, now=now)
    _say(complaint, said, actor=actor, now=now)
    _write(complaint, "open", actor=actor, now=now, detail={"source": said["source"]})
    recovery.end_pointless_touches(customer.household_id, number=complaint.number, now=now)
    recovery.ensure_task(complaint, customer, _store(complaint), words=text, now=now)
    publish(ComplaintOpened(**_about(complaint, actor=actor, now=now), source=complaint.source))
    if complaint.is_reaction:
        escalate(complaint, Alarm.REACTION, Level.SUPERVISOR, now=now)
    db.session.flush()
    return complaint


def _new_case(customer: Customer, said: dict[str, Any], *, now: datetime) -> Complaint:
    complaint = Complaint(
        customer_id=customer.id,
        household_id=customer.household_id,
        store_id=customer.store_id,
        task_id=said["task_id"],
        source=said["source"],
        stage=Stage.OPENED.value,
        is_reaction=said["is_reaction"],
        opened_at=now,
        reopenings=0,
    )
    _start_clocks(complaint, people.store(customer.store_id), now=now)
    db.session.add(complaint)
    db.session.flush()
    return complaint


def _join(complaint: Complaint, customer: Customer, said: dict[str, Any], *, actor: Actor, now: datetime) -> Complaint:
    """A further statement in an open case."""
    _say(complaint, said, actor=actor, now=now)
    becomes_reaction = said["is_reaction"] and not complaint.is_reaction
    complaint.is_reaction = complaint.is_reaction or said["is_reaction"]
    if complaint.task_id is None:
        complaint.task_id = said["task_id"]
    _write(complaint, Verb.STATE, actor=actor, now=now, detail={"source": said["source"]})
    if complaint.stage == Stage.RESOLVED:
        _open_again(complaint, words=said["words"], actor=actor, now=now)
    else:
        recovery.ensure_task(complaint, customer, _store(complaint), words=said["words"], now=now)
    if becomes_reaction:
        if complaint.stage == Stage.OPENED:
            complaint.due_at = min(complaint.due_at, now)
        escalate(complaint, Alarm.REACTION, Level.SUPERVISOR, now=now)
    db.session.flush()
    return complaint


def add_statement(
    complaint_id: int,
    *,
    source: Source,
    words: str,
    origin_key: str,
    actor: Actor,
    now: datetime,
    is_reaction: bool | None = None,
    version: int | None = None,
) -> Complaint:
    """What the customer said further about this case."""
    complaint, _ = _prepared(Verb.STATE, complaint_id, actor=actor, now=now, version=version)
    text = _required("words", words)
    if _case_of(origin_key) is not None:
        return complaint
    told_reaction = is_reaction if is_reaction is not None else care_limits.check(text).reaction is not None
    said: dict[str, Any] = {
        "customer_id": complaint.customer_id,
        "task_id": None,
        "source": Source(source).value,
        "words": text,
        "is_reaction": told_reaction,
        "origin_key": origin_key,
    }
    return _join(complaint, db.session.get_one(Customer, complaint.customer_id), said, actor=actor, now=now)


# The steps


def acknowledge(complaint_id: int, *, actor: Actor, now: datetime, version: int | None = None) -> Complaint:
    """Somebody has spoken with the customer and taken the case."""
    complaint, row = _prepared(Verb.ACKNOWLEDGE, complaint_id, actor=actor, now=now, version=version)
    _acknowledged(complaint, actor=actor, at=now)
    _move(complaint, row, now=now)
    _write(complaint, Verb.ACKNOWLEDGE, actor=actor, now=now)
    publish(ComplaintAcknowledged(**_about(complaint, actor=actor, now=now)))
    return complaint


def acknowledge_by_call(complaint: Complaint, *, task_id: int, called_at: datetime, now: datetime) -> Complaint:
    """The recovery call was made, which is what acknowledging means. `complaint` is locked by the caller."""
    actor = Actor.system(recovery.CLIENT)
    row = check(Verb.ACKNOWLEDGE, state_of(complaint), actor)
    _acknowledged(complaint, actor=actor, at=called_at)
    _move(complaint, row, now=now, called_at=called_at)
    _write(complaint, Verb.ACKNOWLEDGE, actor=actor, now=now, detail={"task_id": task_id})
    publish(ComplaintAcknowledged(**_about(complaint, actor=actor, now=now)))
    return complaint


def plan(
    complaint_id: int, *, plan: str, promised_for: datetime, actor: Actor, now: datetime, version: int | None = None
) -> Complaint:
    """What will be done, and until when the customer was told it will be. May be said anew."""
    complaint, row = _prepared(Verb.PLAN, complaint_id, actor=actor, now=now, version=version)
    text = _required("plan", plan)
    if promised_for <= now:
        raise Invalid(errors={"promised_for": [N_("Promise a time that is still to come.")]})
    if promised_for > now + OPEN_END:
        raise Invalid(errors={"promised_for": [N_("Promise a day within the next two months.")]})
    old = {"plan": complaint.plan, "promised_for": _iso(complaint.promised_for)} if complaint.planned_at else {}
    _acknowledged(complaint, actor=actor, at=now)
    complaint.plan, complaint.promised_for = text, promised_for
    complaint.planned_at = complaint.planned_at or now
    _move(complaint, row, now=now)
    detail = {"plan": text, "promised_for": _iso(promised_for), **({"old": old} if old else {})}
    _write(complaint, Verb.PLAN, actor=actor, now=now, detail=detail)
    publish(ComplaintPlanned(**_about(complaint, actor=actor, now=now), promised_for=promised_for))
    return complaint


def resolve(
    complaint_id: int,
    *,
    apology: str,
    cause: str,
    remedy: str,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> Complaint:
    """It is put right as far as we know: what we are sorry for, why it happened, what we did. The customer is asked."""
    complaint, row = _prepared(Verb.RESOLVE, complaint_id, actor=actor, now=now, version=version)
    given = _all_required({"apology": apology, "cause": cause, "remedy": remedy})
    for name, text in given.items():
        setattr(complaint, name, text)
    complaint.resolved_at = now
    complaint.satisfied = complaint.answered_at = None
    complaint.answer = ""
    _acknowledged(complaint, actor=actor, at=now)
    _move(complaint, row, now=now)
    _write(complaint, Verb.RESOLVE, actor=actor, now=now, detail=given)
    publish(ComplaintResolved(**_about(complaint, actor=actor, now=now), version=complaint.version))
    return complaint


def record_answer(
    complaint_id: int, *, satisfied: bool, words: str, actor: Actor, now: datetime, version: int | None = None
) -> Complaint:
    """The customer's own answer, sent, tapped, or told to the person who phoned. "No" opens the case again."""
    complaint, _ = _prepared(Verb.ANSWER, complaint_id, actor=actor, now=now, version=version)
    complaint.satisfied, complaint.answered_at = satisfied, now
    complaint.answer = words.strip()[:LONGEST_WORDS]
    _write(complaint, Verb.ANSWER, actor=actor, now=now, detail={"satisfied": satisfied, "words": complaint.answer})
    publish(ComplaintAnswered(**_about(complaint, actor=actor, now=now), satisfied=satisfied))
    if not satisfied:
        _open_again(complaint, words=complaint.answer, actor=actor, now=now)
    db.session.flush()
    return complaint


def close(
    complaint_id: int, *, actor: Actor, now: datetime, outcome: str = "", version: int | None = None
) -> Complaint:
    """The end: apology, cause, remedy and a satisfied customer are there, and after a reaction what came of it."""
    complaint, row = _prepared(Verb.CLOSE, complaint_id, actor=actor, now=now, version=version)
    text = outcome.strip()[:LONGEST_WORDS]
    if needs_outcome(state_of(complaint)) and not text:
        raise Invalid(errors={"outcome": [N_("Write down what came of the reaction: it is never explained away.")]})
    complaint.outcome = text
    complaint.closed_at = now
    _move(complaint, row, now=now)
    _write(complaint, Verb.CLOSE, actor=actor, now=now, detail={"outcome": text} if text else {})
    recovery.call_off(complaint, now=now)
    publish(ComplaintClosed(**_about(complaint, actor=actor, now=now)))
    return complaint


def reopen(complaint_id: int, *, words: str, actor: Actor, now: datetime, version: int | None = None) -> Complaint:
    """It is not put right after all: both clocks start anew."""
    complaint, _ = _prepared(Verb.REOPEN, complaint_id, actor=actor, now=now, version=version)
    text = _required("words", words)
    if complaint.closed_at is not None:
        customer = db.session.get_one(Customer, complaint.customer_id, populate_existing=True)
        _lock_household(customer.household_id)
        other = queries.open_case_in(customer.household_id)
        if other is not None:
            raise AnotherCaseOpen(extra={"complaint_id": other.id})
    _open_again(complaint, words=text, actor=actor, now=now)
    db.session.flush()
    return complaint


def assign(complaint_id: int, staff_id: int, *, actor: Actor, now: datetime, version: int | None = None) -> Complaint:
    """Name who handles the case: a supervisor or an associate of its store. The same one changes nothing."""
    complaint, _ = _prepared(Verb.ASSIGN, complaint_id, actor=actor, now=now, version=version)
    if complaint.owner_id == staff_id:
        return complaint
    if not _handles_cases_of(complaint.store_id, staff_id):
        raise Invalid(errors={"staff_id": [N_("There is nobody of this store by that name.")]})
    detail = {"old": complaint.owner_id, "new": staff_id}
    complaint.owner_id = staff_id
    _write(complaint, Verb.ASSIGN, actor=actor, now=now, detail=detail)
    announce(f"staff:{staff_id}")
    db.session.flush()
    return complaint


def follow(customer_id: int, *, now: datetime) -> None:
    """The customer's open case belongs to the store that looks after the customer, whose lead hands it out, and to the
    household in which the customer lives now."""
    _lock_household(db.session.scalars(select(Customer.household_id).where(Customer.id == customer_id)).one())
    found = db.session.scalars(
        select(Complaint)
        .where(Complaint.customer_id == customer_id, Complaint.closed_at.is_(None))
        .order_by(Complaint.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    customer = db.session.get_one(Customer, customer_id, populate_existing=True)
    for complaint in found:
        _go_along(complaint, customer, now=now)
    db.session.flush()


def follow_after(complaint_id: int, *, now: datetime) -> None:
    """A case is over: another one, whose customer has moved in meanwhile, may take its place in the household."""
    household_id = db.session.scalar(select(Complaint.household_id).where(Complaint.id == complaint_id))
    other = None if household_id is None else queries.open_case_in(household_id)
    if other is not None:
        follow(other.customer_id, now=now)


def _go_along(complaint: Complaint, customer: Customer, *, now: datetime) -> None:
    _rehouse(complaint, customer.household_id)
    old_store, old_owner = complaint.store_id, complaint.owner_id
    if old_store == customer.store_id:
        return
    complaint.store_id = customer.store_id
    if old_owner is not None and not _handles_cases_of(complaint.store_id, old_owner):
        complaint.owner_id = None
        announce(f"staff:{old_owner}")
    detail = {"old": old_store, "new": complaint.store_id, "old_owner": old_owner, "new_owner": complaint.owner_id}
    _write(complaint, "move", actor=Actor.system(recovery.CLIENT), now=now, detail=detail)
    announce(f"complaints:{old_store}")
    recovery.hand_along(complaint, now=now)


def _rehouse(complaint: Complaint, household_id: int) -> None:
    """Where another case is open already, this one keeps its place until that one is over: a household has one."""
    other = select(Complaint.id).where(Complaint.household_id == household_id, Complaint.closed_at.is_(None))
    if complaint.household_id != household_id and db.session.scalar(other.limit(1)) is None:
        complaint.household_id = household_id


def _handles_cases_of(store_id: int, staff_id: int) -> bool:
    works_there = select(Staff.id).where(
        Staff.id == staff_id,
        Staff.is_active,
        Staff.role.in_([Role.SUPERVISOR.value, Role.ASSOCIATE.value]),
        people.works_in(store_id),
    )
    return staff_id <= MAX_ID and db.session.scalar(works_there) is not None


def escalate(complaint: Complaint, alarm: Alarm, level: Level, *, now: datetime) -> None:
    """Mark the case and let the right people hear of it. The caller holds the row; once per clock and level."""
    complaint.alarm, complaint.alarm_level, complaint.escalated_at = alarm.value, level.value, now
    actor = Actor.system(recovery.CLIENT)
    _write(complaint, "escalate", actor=actor, now=now, detail={"alarm": alarm.value, "level": level.value})
    publish(ComplaintEscalated(**_about(complaint, actor=actor, now=now), alarm=alarm.value, level=level.value))
    announce(*(f"staff:{staff_id}" for staff_id in _who_hears(complaint.store_id, level)))


def escalate_overdue(complaint: Complaint, *, now: datetime, called_at: datetime | None = None) -> None:
    """Tell of every clock that ran out since the last look, and move `look_at` on. The caller holds the row.

    A call that was made in time answers the first clock, however late its news comes.
    """
    since = complaint.look_at
    if since is None or since > now:
        return
    calls = [
        (moment, due.alarm, level)
        for due in dues_of(complaint)
        for moment, level in ((due.at, Level.SUPERVISOR), (due.again_at, Level.HEAD_OFFICE))
        if since <= moment <= (called_at if called_at and due.alarm is Alarm.ACKNOWLEDGE else now)
    ]
    for _, alarm, level in sorted(calls, key=lambda call: call[0]):
        escalate(complaint, alarm, level, now=now)
    complaint.look_at = next_look(complaint, after=now)


def _who_hears(store_id: int, level: Level) -> list[int]:
    supervisors = [person.id for person in people.supervisors_of(store_id)]
    if level is Level.SUPERVISOR:
        return supervisors
    bosses = select(Staff.id).where(Staff.role == Role.HEAD_OFFICE.value, Staff.is_active)
    return [*supervisors, *db.session.scalars(bosses)]


# What the steps share


def state_of(complaint: Complaint) -> CaseState:
    return CaseState(
        stage=complaint.stage,
        customer_id=complaint.customer_id,
        store_id=complaint.store_id,
        owner_id=complaint.owner_id,
        is_reaction=complaint.is_reaction,
        satisfied=complaint.satisfied,
    )


def dues_of(complaint: Complaint) -> list[Due]:
    """The clocks that still run."""
    acknowledge_clock = Due(Alarm.ACKNOWLEDGE, complaint.acknowledge_due_at, complaint.acknowledge_again_at)
    plan_clock = Due(Alarm.PLAN, complaint.plan_due_at, complaint.plan_again_at)
    if complaint.stage == Stage.OPENED:
        return [acknowledge_clock, plan_clock]
    return [plan_clock] if complaint.stage == Stage.ACKNOWLEDGED else []


def next_look(complaint: Complaint, *, after: datetime) -> datetime | None:
    """When a clock of this case runs out next."""
    moments = [moment for due in dues_of(complaint) for moment in (due.at, due.again_at) if moment > after]
    return min(moments, default=None)


def _start_clocks(complaint: Complaint, store: Store, *, now: datetime) -> None:
    rules, clock = settings().complaints, recovery.clock_of(store)
    first = clocks.acknowledge_due(now, store=clock, rules=rules)
    second = clocks.plan_due(now, store=clock, rules=rules)
    complaint.clocks_since = now
    complaint.acknowledge_due_at, complaint.acknowledge_again_at = first.at, first.again_at
    complaint.plan_due_at, complaint.plan_again_at = second.at, second.again_at
    # A reaction waits for no clock.
    complaint.due_at = now if complaint.is_reaction else first.at
    complaint.look_at = next_look(complaint, after=now)


def _acknowledged(complaint: Complaint, *, actor: Actor, at: datetime) -> None:
    complaint.acknowledged_at = complaint.acknowledged_at or at
    if complaint.owner_id is None and actor.staff_id is not None and not actor.is_head_office:
        complaint.owner_id = actor.staff_id


def _open_again(complaint: Complaint, *, words: str, actor: Actor, now: datetime) -> None:
    customer = db.session.get_one(Customer, complaint.customer_id)
    # A closed case has stayed where it was.
    _go_along(complaint, customer, now=now)
    store = _store(complaint)
    complaint.stage = Stage.OPENED.value
    complaint.reopenings += 1
    for name in ("acknowledged_at", "planned_at", "promised_for", "resolved_at", "closed_at"):
        setattr(complaint, name, None)
    complaint.satisfied = complaint.answered_at = None
    complaint.plan = complaint.outcome = ""
    complaint.alarm = complaint.alarm_level = None
    _start_clocks(complaint, store, now=now)
    _write(complaint, Verb.REOPEN, actor=actor, now=now, detail={"words": words})
    recovery.ensure_task(complaint, customer, store, words=words, now=now)
    publish(ComplaintReopened(**_about(complaint, actor=actor, now=now), reopening=complaint.reopenings))
    if complaint.is_reaction:
        escalate(complaint, Alarm.REACTION, Level.SUPERVISOR, now=now)


def _move(complaint: Complaint, row: Transition, *, now: datetime, called_at: datetime | None = None) -> None:
    """Set the stage, what is due next, and silence alarms that this step answers; what ran out before it is told."""
    if row.to is None:
        return
    escalate_overdue(complaint, now=now, called_at=called_at)
    complaint.stage = row.to.value
    complaint.due_at = _due_at(complaint, now=now)
    complaint.look_at = next_look(complaint, after=now)
    if not (complaint.stage == Stage.ACKNOWLEDGED and complaint.alarm == Alarm.PLAN):
        complaint.alarm = complaint.alarm_level = None


def _due_at(complaint: Complaint, *, now: datetime) -> datetime:
    if complaint.stage == Stage.ACKNOWLEDGED:
        return complaint.plan_due_at
    if complaint.stage == Stage.PLANNED:
        assert complaint.promised_for is not None
        return complaint.promised_for
    if complaint.stage == Stage.RESOLVED:
        clock = recovery.clock_of(_store(complaint))
        asked = now + timedelta(hours=settings().complaints.answer_hours)
        return next_opening(asked, opening=clock.opening, zone=clock.zone)
    return now


def _prepared(
    verb: Verb, complaint_id: int, *, actor: Actor, now: datetime, version: int | None
) -> tuple[Complaint, Transition]:
    """Lock the case and ask the table; raises NotFound, StaleVersion or the table's refusal."""
    if not 0 < complaint_id <= MAX_ID:
        raise NotFound()
    stmt = visible_complaints(select(Complaint).where(Complaint.id == complaint_id), actor, now)
    complaint = db.session.scalar(stmt.with_for_update(of=Complaint).execution_options(populate_existing=True))
    if complaint is None:
        raise NotFound()
    if version is not None and version != complaint.version:
        raise StaleVersion(extra={"current_version": complaint.version})
    return complaint, check(verb, state_of(complaint), actor)


def _write(
    complaint: Complaint, action: str, *, actor: Actor, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    """The history row of a change, the new version, and word to the pages that watch."""
    complaint.version = (complaint.version or 0) + 1 if action != "open" else 1
    db.session.add(
        ComplaintEvent(
            complaint_id=complaint.id,
            action=str(action),
            actor_kind=actor.kind,
            actor_id=actor.id or None,
            client=actor.client,
            at=now,
            detail=detail or {},
        )
    )
    db.session.flush()
    announce(f"complaints:{complaint.store_id}")


def _say(complaint: Complaint, said: dict[str, Any], *, actor: Actor, now: datetime) -> None:
    db.session.add(
        ComplaintStatement(
            **{"said_at": now, **said},
            complaint_id=complaint.id,
            actor_kind=actor.kind,
            actor_id=actor.id or None,
        )
    )
    db.session.flush()


def _about(complaint: Complaint, *, actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "occurred_at": now,
        "complaint_id": complaint.id,
        "customer_id": complaint.customer_id,
        "store_id": complaint.store_id,
        "is_reaction": complaint.is_reaction,
        "actor": name_of(actor),
    }


def _case_of(origin_key: str) -> Complaint | None:
    return db.session.scalar(
        select(Complaint)
        .join(ComplaintStatement, ComplaintStatement.complaint_id == Complaint.id)
        .where(ComplaintStatement.origin_key == origin_key)
    )


def _open_case_locked(customer: Customer) -> Complaint | None:
    found = queries.open_case_in(customer.household_id)
    if found is None:
        return None
    locked = select(Complaint).where(Complaint.id == found.id, Complaint.closed_at.is_(None)).with_for_update()
    return db.session.scalar(locked.execution_options(populate_existing=True))


def _lock_household(household_id: int) -> None:
    """Of two who complain at once for one household, the second joins the case of the first."""
    db.session.execute(select(Household.id).where(Household.id == household_id).with_for_update(key_share=True))


def _check_task(task_id: int | None, customer: Customer) -> None:
    if task_id is None:
        return
    household_id = db.session.scalar(
        select(Customer.household_id).join(Task, Task.customer_id == Customer.id).where(Task.id == task_id)
    )
    if household_id != customer.household_id:
        raise Invalid(errors={"task_id": [N_("This visit was not with this customer.")]})


def _store(complaint: Complaint) -> Store:
    return people.store(complaint.store_id)


def _required(name: str, text: str) -> str:
    return _all_required({name: text})[name]


def _all_required(texts: dict[str, str]) -> dict[str, str]:
    plain = {name: text.strip() for name, text in texts.items()}
    errors = {name: [N_("Please fill this in.")] for name, text in plain.items() if not text}
    errors |= {name: [N_("This is too long.")] for name, text in plain.items() if len(text) > LONGEST_WORDS}
    if errors:
        raise Invalid(errors=errors)
    return plain


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
