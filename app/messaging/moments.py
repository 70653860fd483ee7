"""Which texts each moment in a task's life writes and takes back. Reads nothing, writes nothing.

The fact handlers carry the steps out on rows (handlers.py), the rehearsal on a stage (stage.py): one set of rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.core.i18n import N_
from app.messaging import policy, timing, visits, words
from app.messaging.kinds import Kind
from app.messaging.models import QuestionKind, Reach
from app.messaging.outbound import Draft, Recipient
from app.messaging.questions import Ask
from app.messaging.timing import Timetable
from app.messaging.visits import Visit
from app.tasks.kinds import CancelReason, FailReason, Status, TaskType

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


@dataclass(frozen=True)
class Texts:
    """Some of the texts about one task; what is left out does not narrow. `not_of`: of another window than this."""

    kinds: Sequence[Kind] = ()
    keys: Sequence[str] = ()
    not_key: str | None = None
    not_of: datetime | None = None


@dataclass(frozen=True)
class Write:
    """Write this text unless its row is there already."""

    draft: Draft


@dataclass(frozen=True)
class Renew:
    """Write this text and take back waiting ones of its kind, unless the same words already wait."""

    draft: Draft


@dataclass(frozen=True)
class TakeBack:
    """End those of the texts that no provider has seen."""

    texts: Texts
    reason: str


@dataclass(frozen=True)
class CloseQuestions:
    """Close what was asked about the task."""

    kinds: Sequence[QuestionKind]
    reason: str


@dataclass(frozen=True)
class CloseQuestionsOf:
    """Close what these texts asked."""

    texts: Texts
    reason: str


Step = Write | Renew | TakeBack | CloseQuestions | CloseQuestionsOf


class Memory(Protocol):
    """What the customer of this task has been told."""

    def has_told(self, kinds: Sequence[Kind], *, window_start: datetime | None = None) -> bool: ...


def booked(
    visit: Visit, recipient: Recipient | None, *, memory: Memory, timetable: Timetable, now: datetime
) -> list[Step]:
    """Tell the customer who comes and when, once per window, and lay down the reminder."""
    if recipient is None or visit.is_recovery or visit.status != Status.ASSIGNED or visit.window_end <= now:
        return []
    steps: list[Step] = []
    if not memory.has_told(TELLS_THE_WINDOW, window_start=visit.window_start):
        steps.append(Renew(visits.visit_draft(Kind.BOOKED, visit, recipient)))
    return steps + _renew_reminder(visit, recipient, timetable=timetable, now=now)


def moved(
    visit: Visit,
    recipient: Recipient | None,
    *,
    memory: Memory,
    timetable: Timetable,
    now: datetime,
    by_customer: bool,
    answers_inbound_id: int | None = None,
) -> list[Step]:
    """Tell the new window: as a change to who knew the old one, as a yes to who asked for it, else as a booking."""
    knew = memory.has_told(NAMES_A_WINDOW)
    elsewhere = Texts(NAMES_A_WINDOW, not_of=visit.window_start)
    steps: list[Step] = [TakeBack(elsewhere, policy.TASK_MOVED), CloseQuestionsOf(elsewhere, policy.TASK_MOVED)]
    if recipient is None or visit.status not in policy.LIVE_STATUSES or visit.window_end <= now:
        return steps
    if by_customer:
        steps.append(Renew(visits.visit_draft(Kind.CONFIRMED, visit, recipient, answers_inbound_id=answers_inbound_id)))
    elif knew or visit.associate is not None:
        steps.append(Renew(visits.visit_draft(Kind.CHANGED if knew else Kind.BOOKED, visit, recipient)))
    return steps + _renew_reminder(visit, recipient, timetable=timetable, now=now)


def started(visit: Visit, recipient: Recipient | None, *, at: datetime, now: datetime) -> list[Step]:
    """Say that somebody is coming and when, and send the code to be read out at the door."""
    if visit.status != Status.ACTIVE:
        return []
    steps: list[Step] = [TakeBack(Texts(NAMES_A_WINDOW), SUPERSEDED), _close_visit_questions()]
    if recipient is None or visit.type == TaskType.CALLBACK or visit.arrived_at is not None:
        return steps
    started_at = visit.started_at or at
    eta = timing.estimated_arrival(
        started_at, window_start=visit.window_start, origin=recipient.shop_place, destination=recipient.home
    )
    key = f"task:{visit.id}:on_the_way:{int(started_at.timestamp())}"
    said = visits.words_for(visit, recipient)
    on_the_way = Draft(
        kind=Kind.ON_THE_WAY,
        dedupe_key=key,
        words=said | {"eta": words.clock(eta, zone=recipient.shop_zone)},
        task_id=visit.id,
        task_type=visit.type,
        speaks_of=eta,
        expires_at=max(eta, now + LEAST_NOTICE_OF_ARRIVAL),
    )
    steps.append(Write(on_the_way))
    if visit.door_code:
        door_code = Draft(
            kind=Kind.DOOR_CODE,
            dedupe_key=f"{key}:door_code",
            words=said | {"code": visit.door_code},
            task_id=visit.id,
            task_type=visit.type,
        )
        steps.append(Write(door_code))
    return steps


def completed(
    visit: Visit, recipient: Recipient | None, *, ending: int, at: datetime, timetable: Timetable
) -> list[Step]:
    """Thank the customer and ask for stars, once the associate can no longer take the ending back."""
    if visit.status != Status.COMPLETED or visit.endings != ending or visit.is_recovery:
        return []
    kind = Kind.RATING if recipient and recipient.reach is Reach.TWO_WAY else Kind.DONE
    return _ending(kind, visit, recipient, at=at, timetable=timetable)


def partly_completed(
    visit: Visit, recipient: Recipient | None, *, ending: int, at: datetime, timetable: Timetable
) -> list[Step]:
    if visit.status != Status.PARTLY or visit.endings != ending:
        return []
    return _ending(Kind.PARTLY_DONE, visit, recipient, at=at, timetable=timetable)


def failed(
    visit: Visit, recipient: Recipient | None, *, reason: str, ending: int, at: datetime, timetable: Timetable
) -> list[Step]:
    if visit.status != Status.FAILED or visit.endings != ending:
        return []
    steps: list[Step] = [TakeBack(Texts(NAMES_A_WINDOW), policy.TASK_OVER)]
    if reason in SILENT_FAILURES:
        return steps
    return steps + _ending(Kind.COULD_NOT_MEET, visit, recipient, at=at, timetable=timetable)


def cancelled(visit: Visit, recipient: Recipient | None, *, memory: Memory, reason: str, now: datetime) -> list[Step]:
    """Take back what waits; write to the customer only if he or she expects somebody."""
    if visit.status != Status.CANCELLED:
        return []
    key = f"task:{visit.id}:cancelled"
    expects_us = memory.has_told(NAMES_A_WINDOW) and visit.window_end > now
    steps: list[Step] = [TakeBack(Texts(not_key=key), policy.TASK_OVER), _close_visit_questions()]
    if recipient is not None and expects_us and reason not in SILENT_CANCELLATIONS:
        draft = Draft(
            kind=Kind.CANCELLED,
            dedupe_key=key,
            words=visits.words_for(visit, recipient),
            task_id=visit.id,
            task_type=visit.type,
            expires_at=visit.window_end,
        )
        steps.append(Write(draft))
    return steps


def reopened(visit: Visit, *, ending: int) -> list[Step]:
    """The ending did not happen: its texts that still wait are taken back, its rating question closes."""
    keys = [_ending_key(visit.id, kind, ending) for kind in ENDINGS]
    steps: list[Step] = [TakeBack(Texts(ENDINGS, keys=keys), REOPENED)]
    if visit.status not in (Status.COMPLETED, Status.PARTLY):
        steps.append(CloseQuestions([QuestionKind.RATING], REOPENED))
    return steps


def _renew_reminder(visit: Visit, recipient: Recipient, *, timetable: Timetable, now: datetime) -> list[Step]:
    """One reminder lies in wait, naming the present window and person."""
    due = timing.reminder_at(visit.window_start, zone=recipient.shop_zone, now=now, timetable=timetable)
    if due is None:
        return []
    if visit.type not in REMINDED or visit.status != Status.ASSIGNED:
        return [TakeBack(Texts([Kind.REMINDER]), SUPERSEDED)]
    return [Renew(visits.visit_draft(Kind.REMINDER, visit, recipient, not_before=due, expires_at=visit.window_start))]


def _ending(kind: Kind, visit: Visit, recipient: Recipient | None, *, at: datetime, timetable: Timetable) -> list[Step]:
    # A 2 that comes now means two stars, no longer another time.
    steps: list[Step] = [_close_visit_questions()]
    if recipient is None:
        return steps
    sends_at = (visit.end_recorded_at or at) + timetable.undo_window
    wish = Ask(QuestionKind.RATING, "task", visit.id, expires_at=sends_at + RATING_OPEN_FOR)
    draft = Draft(
        kind=kind,
        dedupe_key=_ending_key(visit.id, kind, visit.endings),
        words=visits.words_for(visit, recipient),
        task_id=visit.id,
        task_type=visit.type,
        not_before=sends_at,
        ask=wish if kind is Kind.RATING else None,
    )
    return [*steps, Write(draft)]


def _ending_key(task_id: int, kind: Kind, ending: int) -> str:
    return f"task:{task_id}:{kind}:ending:{ending}"


def _close_visit_questions() -> Step:
    return CloseQuestions([QuestionKind.CONFIRM, QuestionKind.SLOT], policy.TASK_OVER)
