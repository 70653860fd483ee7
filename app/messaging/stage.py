"""A stage on which the texts of one task are played forward: the moments of its life, the sending, nothing stored.

What each moment causes comes from moments.py, whether a text may go from policy.py, its words from outbound.compose():
the stage only keeps in memory what the service keeps in rows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app.messaging import moments, outbound, policy, timing
from app.messaging.countries import Country
from app.messaging.kinds import Kind, rule_of
from app.messaging.models import ASKED
from app.messaging.moments import Renew, Step, TakeBack, Texts, Write
from app.messaging.outbound import Draft, Recipient, Wordings
from app.messaging.segments import Size
from app.messaging.timing import Timetable
from app.messaging.visits import Visit
from app.tasks.kinds import FailReason, Status, TaskType

_PAGE_KEY = re.compile(r"/c/\w+")

FOR_A_PERSON = frozenset({policy.MAYBE_OPT_OUT, policy.REACTION_OPEN})
"""Holds that no time ends: somebody has to ask."""


class Course(StrEnum):
    """How the task goes: as planned, or the associate meets nobody."""

    LIKELY = "likely"
    COULD_NOT_MEET = "could_not_meet"


class Fate(StrEnum):
    """What becomes of a text in the play."""

    WAITS = "waits"
    GOES = "goes"
    HELD = "held"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Delay:
    """A text was kept back at `at`, until `until`."""

    reason: str
    at: datetime
    until: datetime


@dataclass(kw_only=True)
class StagedText:
    """A text in the play. `is_written`: its row lies there already, with words that no new wording changes."""

    kind: Kind
    dedupe_key: str
    to_phone: str
    zone: str
    body: str
    size: Size
    country: Country
    priority: int
    speaks_of: datetime | None
    due_at: datetime
    next_look: datetime
    expires_at: datetime
    is_written: bool = False
    fate: Fate = Fate.WAITS
    reason: str | None = None
    goes_at: datetime | None = None
    delays: list[Delay] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """A text of the task that was written before the play began."""

    kind: str
    dedupe_key: str
    state: str
    speaks_of: datetime | None


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What stands around the task while it is played. `refused`: scopes refused per number; `bad`: useless numbers."""

    wordings: Wordings
    timetable: Timetable
    refused: Mapping[str, Collection[str]] = field(default_factory=dict)
    bad: Collection[str] = ()
    is_paused: bool = False


@dataclass(frozen=True)
class Happening:
    at: datetime
    to: Status


def as_planned(visit: Visit) -> Visit:
    """The visit before anything was done about it."""
    return replace(
        visit,
        status=Status.ASSIGNED if visit.associate else Status.OPEN,
        started_at=None,
        arrived_at=None,
        end_recorded_at=None,
        endings=0,
    )


def course_of(visit: Visit, recipient: Recipient | None, *, course: Course, begins_at: datetime) -> list[Happening]:
    """How the task goes from here on: given out now if nobody has it, begun in time, ended at the window's end."""
    if visit.status not in policy.LIVE_STATUSES:
        return []
    happenings = []
    starts_at = begins_at
    if visit.status in (Status.OPEN, Status.ASSIGNED):
        happenings.append(Happening(begins_at, Status.ASSIGNED))
        starts_at = max(sets_out_at(visit, recipient), begins_at)
        happenings.append(Happening(starts_at, Status.ACTIVE))
    ends_at = max(visit.window_end, starts_at)
    happenings.append(Happening(ends_at, Status.COMPLETED if course is Course.LIKELY else Status.FAILED))
    return happenings


def sets_out_at(visit: Visit, recipient: Recipient | None) -> datetime:
    """When the associate leaves to be there as the window opens, on a full minute; a call begins with its window."""
    if visit.type == TaskType.CALLBACK:
        return visit.window_start
    origin, destination = (recipient.shop_place, recipient.home) if recipient else (None, None)
    travel = timing.travel_time(origin, destination)
    return (visit.window_start - travel).astimezone(UTC).replace(second=0, microsecond=0)


def fail_reason(visit: Visit) -> FailReason:
    return FailReason.NO_ANSWER if visit.type == TaskType.CALLBACK else FailReason.NOT_AT_HOME


class Stage:
    """One task with its texts, moved forward by play()."""

    def __init__(
        self,
        visit: Visit,
        recipient: Recipient | None,
        *,
        scene: Scene,
        told: Sequence[Told] = (),
        waiting: Sequence[StagedText] = (),
    ) -> None:
        self.visit = visit
        self.recipient = recipient
        self.scene = scene
        self.told = list(told)
        self.texts = list(waiting)

    def play(self, happenings: Sequence[Happening]) -> list[StagedText]:
        """Let everything happen in its order, and each text go, or not, when it is due."""
        ahead = list(happenings)
        while True:
            due = self._next_due()
            if ahead and (due is None or ahead[0].at <= due):
                self._happen(ahead.pop(0))
            elif due is not None:
                self._send_due(due)
            else:
                return self.texts

    def has_told(self, kinds: Sequence[Kind], *, window_start: datetime | None = None) -> bool:
        states = {state.value for state in ASKED}
        before = any(
            told.state in states and told.kind in kinds and window_start in (None, told.speaks_of) for told in self.told
        )
        return before or any(
            text.fate is Fate.GOES and text.kind in kinds and window_start in (None, text.speaks_of)
            for text in self.texts
        )

    def _happen(self, happening: Happening) -> None:
        now, timetable = happening.at, self.scene.timetable
        is_new = self.visit.status != happening.to
        if is_new:
            self.visit = _after(happening, self.visit)
        visit, recipient = self.visit, self.recipient
        match happening.to:
            case Status.ASSIGNED:
                # Who has the task already was told of it then, or that text waits: only what is new is said again.
                if is_new or not self._was_announced():
                    self._carry_out(
                        moments.booked(visit, recipient, memory=self, timetable=timetable, now=now), now=now
                    )
            case Status.ACTIVE:
                self._carry_out(moments.started(visit, recipient, at=now, now=now), now=now)
            case Status.COMPLETED:
                steps = moments.completed(visit, recipient, ending=visit.endings, at=now, timetable=timetable)
                self._carry_out(steps, now=now)
            case Status.FAILED:
                reason = fail_reason(visit)
                steps = moments.failed(
                    visit, recipient, reason=reason, ending=visit.endings, at=now, timetable=timetable
                )
                self._carry_out(steps, now=now)

    def _was_announced(self) -> bool:
        known = [(told.kind, told.speaks_of) for told in self.told]
        known += [(text.kind, text.speaks_of) for text in self.texts]
        return any(
            kind in moments.TELLS_THE_WINDOW and speaks_of == self.visit.window_start for kind, speaks_of in known
        )

    def _carry_out(self, steps: Sequence[Step], *, now: datetime) -> None:
        for step in steps:
            match step:
                case Write(draft=draft):
                    self._write(draft, now=now)
                case Renew(draft=draft):
                    self._renew(draft, now=now)
                case TakeBack(texts=texts, reason=reason):
                    self._take_back(texts, reason)

    def _write(self, draft: Draft, *, now: datetime) -> None:
        assert self.recipient is not None
        keys = {told.dedupe_key for told in self.told} | {text.dedupe_key for text in self.texts}
        if draft.dedupe_key in keys:
            return
        composed = outbound.compose(self.recipient, draft, wordings=self.scene.wordings, now=now)
        self.texts.append(
            StagedText(
                kind=draft.kind,
                dedupe_key=draft.dedupe_key,
                to_phone=self.recipient.phone,
                zone=self.recipient.zone,
                body=composed.body,
                size=composed.size,
                country=self.recipient.country,
                priority=composed.priority,
                speaks_of=draft.speaks_of,
                due_at=composed.not_before,
                next_look=composed.not_before,
                expires_at=composed.expires_at,
            )
        )

    def _renew(self, draft: Draft, *, now: datetime) -> None:
        assert self.recipient is not None
        body = outbound.compose(self.recipient, draft, wordings=self.scene.wordings, now=now).body
        waiting = [text for text in self.texts if text.fate is Fate.WAITS and text.kind is draft.kind]
        if any(_reads_like(text.body, body) and text.speaks_of == draft.speaks_of for text in waiting):
            return
        self._take_back(Texts([draft.kind], not_key=draft.dedupe_key), moments.SUPERSEDED)
        self._write(draft, now=now)

    def _take_back(self, texts: Texts, reason: str) -> None:
        for text in self.texts:
            if text.fate is Fate.WAITS and _is_among(texts, text):
                text.fate, text.reason = Fate.CANCELLED, reason

    def _next_due(self) -> datetime | None:
        return min((text.next_look for text in self.texts if text.fate is Fate.WAITS), default=None)

    def _send_due(self, now: datetime) -> None:
        for text in sorted(self.texts, key=lambda text: text.priority):
            if text.fate is Fate.WAITS and text.next_look <= now:
                self._decide(text, now)

    def _decide(self, text: StagedText, now: datetime) -> None:
        facts = policy.Facts(
            rule=rule_of(text.kind),
            country=text.country,
            zone=text.zone,
            expires_at=text.expires_at,
            refused_scopes=self.scene.refused.get(text.to_phone, ()),
            task_status=self.visit.status,
            task_window_start=self.visit.window_start,
            speaks_of_window_start=text.speaks_of,
            is_paused=self.scene.is_paused,
            number_is_bad=text.to_phone in self.scene.bad,
        )
        match policy.decide(facts, now):
            case policy.Send():
                text.fate, text.goes_at = Fate.GOES, now
            case policy.Hold(reason=reason, until=until):
                text.delays.append(Delay(reason, now, until))
                if reason in FOR_A_PERSON:
                    text.fate, text.reason = Fate.HELD, reason
                # A look that does not move on would never end.
                text.next_look = max(until, now + timedelta(minutes=1))
            case policy.Suppress(reason=reason):
                text.fate, text.reason = Fate.SUPPRESSED, reason
            case policy.Expire(reason=reason):
                text.fate, text.reason = Fate.EXPIRED, reason
            case policy.Cancel(reason=reason):
                text.fate, text.reason = Fate.CANCELLED, reason


def _after(happening: Happening, visit: Visit) -> Visit:
    moved = replace(visit, status=happening.to, version=visit.version + 1)
    match happening.to:
        case Status.ACTIVE:
            return replace(moved, started_at=happening.at)
        case Status.COMPLETED | Status.FAILED:
            return replace(moved, end_recorded_at=happening.at, endings=visit.endings + 1)
    return moved


def _reads_like(one: str, other: str) -> bool:
    """The same words, whatever key to the customer's page they carry: a rehearsal gives out none."""
    return _PAGE_KEY.sub("/c/", one) == _PAGE_KEY.sub("/c/", other)


def _is_among(texts: Texts, text: StagedText) -> bool:
    # What is said of a text holds for the rows that repeat it.
    key = text.dedupe_key.split(outbound.RESEND)[0]
    return (
        (not texts.kinds or text.kind in texts.kinds)
        and (not texts.keys or key in texts.keys)
        and key != texts.not_key
        and (texts.not_of is None or (text.speaks_of is not None and text.speaks_of != texts.not_of))
    )
