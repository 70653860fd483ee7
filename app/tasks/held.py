"""Work that was done on the phone and arrived after the task had moved on: kept, shown, decided by a supervisor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update

from app.core.db import db
from app.core.errors import NotFound
from app.events import WorkHeld
from app.people import queries as people
from app.people.access import Actor, in_own_stores, require_lead
from app.tasks import work
from app.tasks.errors import AlreadyDecided, NoLongerYours, TaskAlreadyClosed
from app.tasks.kinds import HeldState, Status
from app.tasks.lifecycle import Verb
from app.tasks.models import HeldSubmission, Task
from app.tasks.records import Change, LoadedWork, Teller, about, claimed_time, load_work, write
from app.tasks.work import Submission

CHECKLIST = "checklist"
_ENDINGS = (Status.COMPLETED, Status.PARTLY, Status.FAILED)

Perform = Callable[..., Task]
PERFORM: Mapping[str, Perform] = {
    Verb.START: work.start_loaded,
    Verb.ARRIVE: work.arrive_loaded,
    CHECKLIST: work.answer_loaded,
    Verb.COMPLETE: work.complete_loaded,
    Verb.COMPLETE_PARTLY: work.complete_partly_loaded,
    Verb.FAIL: work.fail_loaded,
}


def submit(
    verb: str, task_id: int, *, work: Submission, actor: Actor, now: datetime, teller: Teller | None = None
) -> Task | HeldSubmission:
    """Do the step, or hold it when the task has moved on while the phone had no signal."""
    loaded = load_work(task_id, actor=actor, now=now, shown=teller is not None)
    why = why_held(loaded.task, actor, at=work.at)
    if why is not None:
        return _hold(loaded, verb, work, why=why, actor=actor, now=now)
    return PERFORM[verb](replace(loaded, teller=teller), work, actor=actor, now=now)


def require_still_yours(task_id: int, *, at: datetime | None, actor: Actor, now: datetime) -> None:
    """Raises NoLongerYours for a word about the plan (accept, decline) when work of this moment would be held.

    Nothing is lost with it, and whatever the phone did after it must not wait behind a refusal.
    """
    if at is not None and why_held(load_work(task_id, actor=actor, now=now).task, actor, at=at) is not None:
        raise NoLongerYours


def why_held(task: Task, actor: Actor, *, at: datetime | None) -> str | None:
    """Why this work can't simply be applied; None when it can, or must be judged as any other request."""
    if at is None or not actor.is_associate:
        return None
    if actor.id != task.assignee_id and actor.id not in task.former_assignee_ids:
        return None
    if task.status == Status.CANCELLED:
        return "cancelled"
    if actor.id != task.assignee_id:
        return "reassigned"
    if task.status in _ENDINGS and task.ended_by_id != actor.id:
        return "ended"
    return None


def _hold(loaded: LoadedWork, verb: str, work: Submission, *, why: str, actor: Actor, now: datetime) -> HeldSubmission:
    task = loaded.task
    at = claimed_time(work.at, now=now)
    held = HeldSubmission(
        task_id=task.id,
        store_id=task.store_id,
        verb=verb,
        payload=_payload(work),
        why=why,
        at=at,
        received_at=now,
        staff_id=actor.id,
        client=actor.client,
        state=HeldState.PENDING.value,
    )
    db.session.add(held)
    db.session.flush()
    fact = WorkHeld(**about(task, actor=actor, now=now), held_id=held.id, staff_id=actor.id)
    change = Change("held", fact=fact, details={"held_id": held.id, "verb": verb, "why": why})
    write(loaded, change, actor=actor, now=now, at=at)
    return held


def _payload(work: Submission) -> dict[str, Any]:
    """What was sent, without what only mattered on arrival."""
    skipped = {"at", "version", "base"}
    values = {f.name: getattr(work, f.name) for f in fields(work) if f.name not in skipped}
    return {name: value for name, value in values.items() if value not in (None, "", {}, [])}


def visible_held(stmt: Select[Any], actor: Actor) -> Select[Any]:
    """A supervisor sees what waits in own stores, an associate what he or she sent."""
    if actor.is_associate:
        return stmt.where(HeldSubmission.staff_id == actor.id)
    return stmt.where(in_own_stores(HeldSubmission.store_id, actor))


def accept(held_id: int, *, actor: Actor, now: datetime, note: str = "") -> Task:
    """Let the work count: the task goes back to whoever did it, and this and his or her earlier held steps are done.

    A task that somebody else has meanwhile ended stays as it is: TaskAlreadyClosed.
    """
    held = _pending(held_id, actor=actor)
    loaded = load_work(held.task_id, actor=actor, now=now)
    task = loaded.task
    if task.status in _ENDINGS:
        raise TaskAlreadyClosed(status=task.status)
    steps = list(
        db.session.scalars(
            select(HeldSubmission)
            .where(
                HeldSubmission.task_id == held.task_id,
                HeldSubmission.staff_id == held.staff_id,
                HeldSubmission.state == HeldState.PENDING.value,
                HeldSubmission.id <= held.id,
            )
            .order_by(HeldSubmission.id)
        )
    )
    _give_back(loaded, steps, actor=actor, now=now)
    # The steps count as what they are: the associate's own work, let in by the supervisor.
    doer = people.actor_for(held.staff_id, client=held.client)
    for step in steps:
        again = load_work(held.task_id, actor=doer, now=now)
        PERFORM[step.verb](again, Submission(at=step.at, **step.payload), actor=doer, now=now)
    _decide(steps, HeldState.ACCEPTED, note=note, actor=actor, now=now)
    return load_work(held.task_id, actor=actor, now=now).task


def _give_back(loaded: LoadedWork, steps: list[HeldSubmission], *, actor: Actor, now: datetime) -> None:
    """Put the task where it was when the work was done, so that the held steps apply as they would have."""
    task = loaded.task
    staff_id = steps[0].staff_id
    was_started = not any(step.verb == Verb.START for step in steps)
    former = {*task.former_assignee_ids, *([task.assignee_id] if task.assignee_id else [])} - {staff_id}
    columns: dict[str, Any] = {
        "status": (Status.ACTIVE if was_started else Status.ASSIGNED).value,
        "assignee_id": staff_id,
        "former_assignee_ids": sorted(former),
        "assigned_at": task.assigned_at or now,
        "accepted_at": None,
        "started_at": min(step.at for step in steps) if was_started else None,
        "arrived_at": None,
        "ended_at": None,
        "end_recorded_at": None,
        "ended_by_id": None,
        "end_reason": None,
        "end_note": None,
    }
    change = Change("accept-held", columns, details={"held_ids": [step.id for step in steps]}, on_behalf_of_id=staff_id)
    write(loaded, change, actor=actor, now=now)


def dismiss(held_id: int, *, actor: Actor, now: datetime, note: str = "") -> HeldSubmission:
    """Leave the task as it is; what was sent stays on record."""
    held = _pending(held_id, actor=actor)
    loaded = load_work(held.task_id, actor=actor, now=now)
    write(
        loaded,
        Change("dismiss-held", details={"held_id": held.id, "note": note}, on_behalf_of_id=held.staff_id),
        actor=actor,
        now=now,
    )
    _decide([held], HeldState.DISMISSED, note=note, actor=actor, now=now)
    db.session.refresh(held)
    return held


def _pending(held_id: int, *, actor: Actor) -> HeldSubmission:
    held: HeldSubmission | None = db.session.scalar(
        visible_held(select(HeldSubmission).where(HeldSubmission.id == held_id).with_for_update(), actor)
    )
    if held is None:
        raise NotFound
    require_lead(actor, held.store_id)
    if held.state != HeldState.PENDING:
        raise AlreadyDecided()
    return held


def _decide(steps: list[HeldSubmission], state: HeldState, *, note: str, actor: Actor, now: datetime) -> None:
    db.session.execute(
        update(HeldSubmission)
        .where(HeldSubmission.id.in_([step.id for step in steps]))
        .values(state=state.value, decided_at=now, decided_by_id=actor.staff_id, decision_note=note or None)
    )
