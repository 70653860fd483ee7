"""Doing the work: start, arrive, answer the checklist, and the three endings.

Each step exists twice: by id for other slices, and on a task already loaded for the route that first asks whether the
work must be held (held.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypedDict, Unpack
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, or_, select

from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.events import TaskArrived, TaskCompleted, TaskFailed, TaskPartlyCompleted, TaskStarted
from app.people.access import Actor
from app.tasks import at_the_door, checklists
from app.tasks.creating import NewLine, NewTask, create_many
from app.tasks.errors import AnswerConflict, BlobMissing, NotYourStep, TaskAlreadyClosed, WrongStatus
from app.tasks.kinds import EvidenceKind, ItemKind, Link, PlaceState, Reason, TaskType
from app.tasks.lifecycle import Verb, Who, carried_lines, check, is_closed, may_record_work, who_is
from app.tasks.models import Blob, Evidence, Task, TaskLine
from app.tasks.planning import Step
from app.tasks.records import (
    Change,
    LoadedWork,
    NewEvidence,
    about,
    claimed_time,
    load_work,
    local_day,
    on_behalf_of,
    require_version,
    undo_window,
    write,
)

FOLLOW_UP_OPENS, FOLLOW_UP_CLOSES = time(10), time(18)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What came with a step: the client's time, what it saw (`version` or `base`), and the work itself."""

    at: datetime | None = None
    version: int | None = None
    base: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[Mapping[str, Any]] | None = None
    reason: str = ""
    note: str = ""
    lat: float | None = None
    lng: float | None = None
    accuracy: float | None = None


class Work(TypedDict, total=False):
    """The fields of a Submission, for callers that have them at hand."""

    at: datetime | None
    version: int | None
    base: Mapping[str, Any]
    answers: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]] | None
    note: str
    lat: float | None
    lng: float | None
    accuracy: float | None


def start(task_id: int, *, actor: Actor, now: datetime, **work: Unpack[Work]) -> Task:
    """The associate sets out (or dials)."""
    return start_loaded(_load(task_id, actor=actor, now=now), Submission(**work), actor=actor, now=now)


def arrive(task_id: int, *, actor: Actor, now: datetime, **work: Unpack[Work]) -> Task:
    """The associate is at the door; `lat` and `lng` are welcome, never demanded."""
    return arrive_loaded(_load(task_id, actor=actor, now=now), Submission(**work), actor=actor, now=now)


def answer_checklist(task_id: int, *, actor: Actor, now: datetime, **work: Unpack[Work]) -> Task:
    """Store `answers` (item key -> value; None takes one back)."""
    return answer_loaded(_load(task_id, actor=actor, now=now), Submission(**work), actor=actor, now=now)


def complete(task_id: int, *, actor: Actor, now: datetime, **work: Unpack[Work]) -> Task:
    """End the task as done; raises Invalid naming every required item that has no answer."""
    return complete_loaded(_load(task_id, actor=actor, now=now), Submission(**work), actor=actor, now=now)


def complete_partly(task_id: int, *, actor: Actor, now: datetime, **work: Unpack[Work]) -> Task:
    """End the task with a rest (`lines`: id, delivered, refused), which a linked open task carries forward."""
    return complete_partly_loaded(_load(task_id, actor=actor, now=now), Submission(**work), actor=actor, now=now)


def fail(task_id: int, *, reason: str, actor: Actor, now: datetime, **work: Unpack[Work]) -> Task:
    return fail_loaded(_load(task_id, actor=actor, now=now), Submission(reason=reason, **work), actor=actor, now=now)


def _load(task_id: int, *, actor: Actor, now: datetime) -> LoadedWork:
    loaded = load_work(task_id, actor=actor, now=now)
    require_visible(loaded)
    return loaded


def require_visible(loaded: LoadedWork) -> None:
    if not loaded.is_visible:
        raise NotFound


def start_loaded(loaded: LoadedWork, work: Submission, *, actor: Actor, now: datetime) -> Task:
    step = _prepare(Verb.START, loaded, work, actor=actor, now=now)
    at = claimed_time(work.at, now=now, not_before=step.task.created_at)
    fact = TaskStarted(**about(step.task, actor=actor, now=now), assignee_id=_assignee(step.task))
    return _write(step, step.columns(at), work, fact=fact, actor=actor, now=now, at=at)


def arrive_loaded(loaded: LoadedWork, work: Submission, *, actor: Actor, now: datetime) -> Task:
    step = _prepare(Verb.ARRIVE, loaded, work, actor=actor, now=now)
    task = step.task
    at = claimed_time(work.at, now=now, not_before=task.started_at or task.created_at)
    columns = step.columns(at)
    if task.started_at is None:
        columns["started_at"] = at
    fact = TaskArrived(**about(task, actor=actor, now=now), assignee_id=_assignee(task))
    return _write(step, columns, work, fact=fact, evidence=_place(task, work, at), actor=actor, now=now, at=at)


def answer_loaded(loaded: LoadedWork, work: Submission, *, actor: Actor, now: datetime) -> Task:
    """Store answers as they come in; each item keeps the latest by the client's time."""
    require_visible(loaded)
    require_version(loaded.task, work.version)
    _require_may_record(loaded, actor)
    at = claimed_time(work.at, now=now)
    answers = merge_answers(loaded, work, at=at)
    evidence = _pictures(loaded, answers, actor=actor, at=at)
    if not answers:
        return loaded.task
    change = Change(
        "answer",
        at_the_door.tries_after(loaded, answers),
        answers=answers,
        evidence=evidence,
        on_behalf_of_id=on_behalf_of(loaded.task, actor),
    )
    return write(loaded, change, actor=actor, now=now, at=at)


def _require_may_record(loaded: LoadedWork, actor: Actor) -> None:
    task = loaded.task
    if may_record_work(loaded.state, actor):
        return
    if who_is(actor, loaded.state) not in (Who.ASSIGNEE, Who.SUPERVISOR):
        raise NotYourStep()
    raise TaskAlreadyClosed(status=task.status) if is_closed(task.status) else WrongStatus(status=task.status)


def complete_loaded(loaded: LoadedWork, work: Submission, *, actor: Actor, now: datetime) -> Task:
    step = _prepare(Verb.COMPLETE, loaded, work, actor=actor, now=now)
    task = step.task
    at = _end_time(task, work, now)
    answers = merge_answers(loaded, work, at=at)
    after = loaded.values | answers
    missing = checklists.missing(loaded.items, after)
    if missing:
        raise Invalid(
            errors={f"answers.{item.key}": [N_("This item needs an answer.")] for item in missing},
            extra={"missing": [item.key for item in missing]},
        )
    lines = _handed_over(task, work)
    if any(carried_lines([(one.line.quantity, one.given, one.refused) for one in lines])):
        raise Invalid(errors={"lines": [N_("Something is left over. End the task as partly done.")]})
    fact = TaskCompleted(**about(task, actor=actor, now=now), assignee_id=_assignee(task), ending=task.endings + 1)
    ended = _end(step, loaded, work, answers, lines, fact=fact, actor=actor, now=now, at=at)
    _open_follow_ups(loaded, after, now=now)
    return ended


def complete_partly_loaded(loaded: LoadedWork, work: Submission, *, actor: Actor, now: datetime) -> Task:
    step = _prepare(Verb.COMPLETE_PARTLY, loaded, work, actor=actor, now=now)
    task = step.task
    at = _end_time(task, work, now)
    answers = merge_answers(loaded, work, at=at)
    lines = _handed_over(task, work)
    rest = _rest(lines)
    carried_id = create_many([_carried(task, rest, zone=loaded.zone, now=now)], actor=Actor.system("carried"), now=now)[
        0
    ]
    fact = TaskPartlyCompleted(
        **about(task, actor=actor, now=now),
        assignee_id=_assignee(task),
        carried_forward_task_id=carried_id,
        ending=task.endings + 1,
    )
    ended = _end(step, loaded, work, answers, lines, fact=fact, actor=actor, now=now, at=at)
    _open_follow_ups(loaded, loaded.values | answers, now=now)
    return ended


def fail_loaded(loaded: LoadedWork, work: Submission, *, actor: Actor, now: datetime) -> Task:
    step = _prepare(Verb.FAIL, loaded, work, actor=actor, now=now)
    task = step.task
    at = _end_time(task, work, now)
    answers = merge_answers(loaded, work, at=at)
    fact = TaskFailed(
        **about(task, actor=actor, now=now),
        assignee_id=_assignee(task),
        reason=work.reason,
        ending=task.endings + 1,
    )
    ended = _end(step, loaded, work, answers, [], fact=fact, actor=actor, now=now, at=at)
    # A visit that could not be finished may still have met something that must be looked after.
    _open_follow_ups(loaded, loaded.values | answers, now=now)
    return ended


def _prepare(verb: Verb, loaded: LoadedWork, work: Submission, *, actor: Actor, now: datetime) -> Step:
    require_visible(loaded)
    require_version(loaded.task, work.version)
    return Step(loaded, check(verb, loaded.state, actor, now=now, undo_window=undo_window()))


def _write(
    step: Step,
    columns: Mapping[str, Any],
    work: Submission,
    *,
    fact: Any,
    actor: Actor,
    now: datetime,
    at: datetime,
    evidence: Sequence[NewEvidence] = (),
) -> Task:
    change = Change(
        step.row.verb,
        columns,
        fact=fact,
        evidence=evidence,
        details={"note": work.note} if work.note else {},
        on_behalf_of_id=on_behalf_of(step.task, actor),
    )
    return write(step.loaded, change, actor=actor, now=now, at=at)


def _end(
    step: Step,
    loaded: LoadedWork,
    work: Submission,
    answers: Mapping[str, Any],
    lines: Sequence[Handed],
    *,
    fact: Any,
    actor: Actor,
    now: datetime,
    at: datetime,
) -> Task:
    task = step.task
    evidence = _pictures(loaded, answers, actor=actor, at=at)
    columns = step.columns(now, endings=task.endings + 1, end_reason=work.reason or None, end_note=work.note or None)
    columns |= {"ended_at": at, "end_recorded_at": now, "ended_by_id": actor.id}
    columns |= at_the_door.tries_after(loaded, answers)
    if at_the_door.proves(loaded, answers):
        columns["door_code_checked_at"] = now
        evidence = [*evidence, NewEvidence(EvidenceKind.DOOR_CODE, captured_at=at)]
    change = Change(
        step.row.verb,
        columns,
        answers=answers,
        lines=[
            {"id": one.line.id, "delivered": one.given, "refused": one.refused, "is_code_checked": one.is_code_checked}
            for one in lines
        ],
        evidence=evidence,
        fact=fact,
        on_behalf_of_id=on_behalf_of(task, actor),
    )
    return write(loaded, change, actor=actor, now=now, at=at)


def _assignee(task: Task) -> int:
    assert task.assignee_id is not None, "the table lets nobody work on a task without an assignee"
    return task.assignee_id


def _end_time(task: Task, work: Submission, now: datetime) -> datetime:
    return claimed_time(work.at, now=now, not_before=task.arrived_at or task.started_at)


def _place(task: Task, work: Submission, at: datetime) -> list[NewEvidence]:
    if work.lat is None or work.lng is None:
        return []
    place = at_the_door.Place(PlaceState.GIVEN, lat=work.lat, lng=work.lng, accuracy=work.accuracy)
    return [at_the_door.place_proof(task, place, at=at)]


# Answers


def merge_answers(loaded: LoadedWork, work: Submission, *, at: datetime) -> dict[str, Any]:
    """The answers to write: checked, with what is older than the stored one left out.

    A text that changed since the phone saw it is the one thing that last-write-wins would destroy, so it conflicts.
    """
    cleaned = checklists.clean_answers(loaded.items, work.answers)
    for item in loaded.items:
        if item.kind is ItemKind.TEXT and item.key in cleaned and item.key in work.base:
            _require_same_text(loaded, item.key, seen=work.base[item.key], wanted=cleaned[item.key])
    fresh = {key: value for key, value in cleaned.items() if key not in loaded.answers or loaded.answers[key][1] <= at}
    at_the_door.require_no_forbidden_gift(loaded, fresh)
    return fresh


def _require_same_text(loaded: LoadedWork, key: str, *, seen: Any, wanted: Any) -> None:
    stored = loaded.values.get(key) or ""
    if stored not in ((seen or ""), (wanted or "")):
        raise AnswerConflict(
            errors={f"answers.{key}": [AnswerConflict.message]},
            extra={"field": f"answers.{key}", "server_value": stored, "your_value": wanted},
        )


def _pictures(loaded: LoadedWork, answers: Mapping[str, Any], *, actor: Actor, at: datetime) -> list[NewEvidence]:
    """Pictures named by answers become evidence of the task."""
    kinds = {ItemKind.PHOTO: EvidenceKind.PHOTO, ItemKind.SIGNATURE: EvidenceKind.SIGNATURE}
    found = []
    for item in loaded.items:
        value = answers.get(item.key)
        if item.kind in kinds and value:
            names = value if isinstance(value, list) else [value]
            found += [
                NewEvidence(kinds[item.kind], captured_at=at, blob_id=UUID(name), item_key=item.key) for name in names
            ]
    require_blobs([entry.blob_id for entry in found if entry.blob_id], task_id=loaded.task.id, actor=actor)
    return found


def require_blobs(blob_ids: Sequence[UUID], *, task_id: int, actor: Actor) -> None:
    """Raises BlobMissing unless each picture was uploaded by this person or already belongs to the task."""
    if not blob_ids:
        return
    belongs = exists(select(Evidence.id).where(Evidence.blob_id == Blob.id, Evidence.task_id == task_id))
    known = set(
        db.session.scalars(select(Blob.id).where(Blob.id.in_(blob_ids), or_(Blob.uploaded_by_id == actor.id, belongs)))
    )
    missing = [str(blob_id) for blob_id in blob_ids if blob_id not in known]
    if missing:
        raise BlobMissing(extra={"blob_ids": missing})


# Goods


@dataclass(frozen=True)
class Handed:
    """A line of a delivery with what became of its pieces."""

    line: TaskLine
    given: int
    refused: int
    is_code_checked: bool = False


def _handed_over(task: Task, work: Submission) -> list[Handed]:
    """Each line with what was delivered and refused; lines not mentioned were delivered in full."""
    if task.type != TaskType.DELIVERY:
        if work.lines:
            raise Invalid(errors={"lines": [N_("Only a delivery carries goods.")]})
        return []
    lines = {line.id: line for line in db.session.scalars(select(TaskLine).where(TaskLine.task_id == task.id))}
    outcome = {line.id: Handed(line, line.quantity, 0) for line in lines.values()}
    checked = at_the_door.lines_with_their_code(work.lines or ())
    errors: dict[str, list[str]] = {}
    for position, said in enumerate(work.lines or ()):
        line = lines.get(said["id"])
        given, refused = said["delivered"], said.get("refused", 0)
        if line is None:
            errors[f"lines.{position}.id"] = [N_("This task has no such line.")]
        elif given + refused > line.quantity:
            errors[f"lines.{position}.delivered"] = [N_("This is more than was ordered.")]
        else:
            outcome[line.id] = Handed(line, given, refused, is_code_checked=line.id in checked)
    if errors:
        raise Invalid(errors=errors)
    return [handed for _line_id, handed in sorted(outcome.items())]


def _rest(lines: Sequence[Handed]) -> list[NewLine]:
    """What is still to be delivered; a delivery without a rest is done, one without anything handed over has failed."""
    if not lines:
        return []
    rest = [
        NewLine(quantity=left, name=one.line.name, product_id=one.line.product_id)
        for one in lines
        if (left := one.line.quantity - one.given - one.refused) > 0
    ]
    if not rest:
        raise Invalid(errors={"lines": [N_("Nothing is left over. End the task as completed.")]})
    if not any(one.given or one.refused for one in lines):
        raise Invalid(errors={"lines": [N_("Nothing was handed over. End the task as failed.")]})
    return rest


def _carried(task: Task, rest: Sequence[NewLine], *, zone: ZoneInfo, now: datetime) -> NewTask:
    """The rest on the next day at the same time of day, open for whoever is free."""
    start, end = next_day(task.window_start, task.window_end, zone=zone, now=now)
    return NewTask(
        type=task.type,
        reason=task.reason,
        direction=task.direction,
        customer_id=task.customer_id,
        window_start=start,
        window_end=end,
        expected_minutes=task.expected_minutes,
        reasons=task.reasons,
        note=task.note,
        lines=rest,
        origin_key=f"task:{task.id}:carried:{task.endings + 1}",
        parent_id=task.id,
        link=Link.CARRIED,
    )


def next_day(start: datetime, end: datetime, *, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """The window moved to the day after it, or after today if that is later, by the store's wall clock."""
    local = start.astimezone(zone)
    day = max(local.date(), local_day(now, zone)) + timedelta(days=1)
    moved = datetime.combine(day, local.time(), zone).astimezone(UTC)
    return moved, moved + (end - start)


def _open_follow_ups(loaded: LoadedWork, answers: Mapping[str, Any], *, now: datetime) -> None:
    """One follow-up task for each failed item that asks for it; the origin key lets it be made only once."""
    failed = checklists.failed_items(loaded.items, answers)
    if not failed:
        return
    task = loaded.task
    new = []
    for item in failed:
        assert item.follow_up is not None
        start, end = follow_up_window(days=item.follow_up["days"], zone=loaded.zone, now=now)
        new.append(
            NewTask(
                type=item.follow_up["type"],
                reason=Reason(item.follow_up["reason"]),
                customer_id=task.customer_id,
                window_start=start,
                window_end=end,
                reasons=[item.label],
                origin_key=f"task:{task.id}:item:{item.key}",
                parent_id=task.id,
                link=Link.FOLLOW_UP,
            )
        )
    create_many(new, actor=Actor.system("follow-up"), now=now)


def follow_up_window(*, days: int, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """The open hours of that local day; today only while at least an hour of them is left."""
    day = local_day(now, zone) + timedelta(days=days)
    end = datetime.combine(day, FOLLOW_UP_CLOSES, zone)
    if end - now < timedelta(hours=1):
        day += timedelta(days=1)
        end = datetime.combine(day, FOLLOW_UP_CLOSES, zone)
    return datetime.combine(day, FOLLOW_UP_OPENS, zone).astimezone(UTC), end.astimezone(UTC)
