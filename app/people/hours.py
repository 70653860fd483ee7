"""Shifts and time off: who works when, and who looks after the customers meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update

from app.core.audit import record
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.i18n import N_
from app.people import queries, shifts
from app.people.access import Actor, may_manage_hours_of
from app.people.errors import CoversSomebody, OnlyOwnPeople, TimeOffDecided, TimeOffOver, TimeOffOverlaps
from app.people.models import ShiftException, ShiftPattern, Staff, TimeOff, TimeOffReason, TimeOffStatus

MAX_DAYS_OFF = 366
DEFAULT_ZONE = ZoneInfo("Asia/Hong_Kong")


@dataclass(frozen=True, slots=True)
class WeeklyStretch:
    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class DayStretch:
    """Work on one day instead of the usual week; without times, no work that day."""

    day: date
    starts: time | None = None
    ends: time | None = None
    note: str = ""


def zone_of(person: Staff) -> ZoneInfo:
    """The clock a person works by: that of the home store, else of the first of the stores."""
    store_id = person.home_store_id or min(queries.store_ids_of(person.id), default=None)
    return queries.zone_of_store(store_id) if store_id else DEFAULT_ZONE


def may_manage(person: Staff, *, actor: Actor) -> bool:
    return may_manage_hours_of(actor, role=person.role, store_ids=queries.store_ids_of(person.id))


# Shifts


def set_weekly(
    staff_id: int, weekly: Sequence[WeeklyStretch], *, actor: Actor, now: datetime, valid_from: date | None = None
) -> None:
    """Replace the usual week from `valid_from` (default: today) on; what was worked before stays known."""
    person = _managed(staff_id, actor=actor)
    today = now.astimezone(zone_of(person)).date()
    start = valid_from or today
    if start < today:
        raise Invalid(errors={"valid_from": [N_("A week that has passed can't be changed.")]})
    _check_stretches({"weekly": [(stretch.weekday, stretch.starts, stretch.ends) for stretch in weekly]})
    _replace_weekly(staff_id, weekly, start=start)
    record(
        actor.id,
        action="shifts.set",
        subject=("staff", staff_id),
        store_id=person.home_store_id,
        now=now,
        detail={"valid_from": start.isoformat(), "stretches": len(weekly)},
    )


def set_exceptions(staff_id: int, days: Sequence[DayStretch], *, actor: Actor, now: datetime) -> None:
    """Replace all single-day changes from today on; past ones stay known."""
    person = _managed(staff_id, actor=actor)
    today = now.astimezone(zone_of(person)).date()
    if any(stretch.day < today for stretch in days):
        raise Invalid(errors={"exceptions": [N_("A day that has passed can't be changed.")]})
    _check_exceptions(days)
    db.session.execute(delete(ShiftException).where(ShiftException.staff_id == staff_id, ShiftException.day >= today))
    if days:
        db.session.execute(
            insert(ShiftException),
            [{"staff_id": staff_id, "day": d.day, "starts": d.starts, "ends": d.ends, "note": d.note} for d in days],
        )
    record(
        actor.id,
        action="shifts.exceptions",
        subject=("staff", staff_id),
        store_id=person.home_store_id,
        now=now,
        detail={"days": sorted({stretch.day.isoformat() for stretch in days})},
    )


def _replace_weekly(staff_id: int, weekly: Sequence[WeeklyStretch], *, start: date) -> None:
    own = ShiftPattern.staff_id == staff_id
    db.session.execute(delete(ShiftPattern).where(own, ShiftPattern.valid_from >= start))
    db.session.execute(
        update(ShiftPattern)
        .where(own, (ShiftPattern.valid_until.is_(None)) | (ShiftPattern.valid_until > start))
        .values(valid_until=start)
    )
    if weekly:
        db.session.execute(
            insert(ShiftPattern),
            [
                {"staff_id": staff_id, "weekday": w.weekday, "starts": w.starts, "ends": w.ends, "valid_from": start}
                for w in weekly
            ],
        )


def _check_exceptions(days: Sequence[DayStretch]) -> None:
    for day, group in groupby(sorted(days, key=attrgetter("day")), key=attrgetter("day")):
        stretches = list(group)
        if len(stretches) > 1 and any(stretch.starts is None for stretch in stretches):
            raise Invalid(errors={"exceptions": [N_("A day is either free or has working times, not both.")]})
        if any((stretch.starts is None) != (stretch.ends is None) for stretch in stretches):
            raise Invalid(errors={"exceptions": [N_("Give both times, or neither for a free day.")]})
        worked = [(day.toordinal(), s.starts, s.ends) for s in stretches if s.starts and s.ends]
        _check_stretches({"exceptions": worked})


def _check_stretches(named: dict[str, list[tuple[int, time, time]]]) -> None:
    for field, stretches in named.items():
        if any(starts >= ends for _, starts, ends in stretches):
            raise Invalid(errors={field: [N_("Work must end after it starts, on the same day.")]})
        days = {day for day, _, _ in stretches}
        if any(shifts.overlapping((s, e) for on, s, e in stretches if on == day) for day in days):
            raise Invalid(errors={field: [N_("Two stretches of one day overlap.")]})


# Time off


def request_time_off(
    staff_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    reason: TimeOffReason,
    actor: Actor,
    now: datetime,
    note: str = "",
    cover_id: int | None = None,
) -> TimeOff:
    """Ask for time off, or grant it at once when the actor plans this person's hours."""
    person = queries.visible_person(staff_id, actor=actor)
    is_manager = may_manage(person, actor=actor)
    if not is_manager and person.id != actor.id:
        raise OnlyOwnPeople
    _check_span(starts_at, ends_at)
    if not is_manager and ends_at <= now:
        raise Invalid(errors={"ends_at": [N_("Ask before the time off is over.")]})
    _lock_people(staff_id, cover_id)
    _check_free(person, starts_at=starts_at, ends_at=ends_at)
    _check_cover(person, cover_id, starts_at=starts_at, ends_at=ends_at)
    status = TimeOffStatus.APPROVED if is_manager else TimeOffStatus.ASKED
    absence = TimeOff(
        staff_id=staff_id,
        cover_id=cover_id,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason.value,
        note=note,
        status=status.value,
        asked_by=actor.id,
        asked_at=now,
        decided_by=actor.id if is_manager else None,
        decided_at=now if is_manager else None,
    )
    db.session.add(absence)
    db.session.flush()
    _record(absence, "time_off.request", person, actor=actor, now=now)
    return absence


def approve_time_off(
    time_off_id: int, *, actor: Actor, now: datetime, cover_id: int | None = None, note: str = ""
) -> TimeOff:
    """Grant what was asked; a cover named here replaces the one that was asked for."""
    absence, person = _to_decide(time_off_id, actor=actor)
    cover = cover_id if cover_id is not None else absence.cover_id
    _lock_people(person.id, cover)
    _check_free(person, starts_at=absence.starts_at, ends_at=absence.ends_at, except_id=absence.id)
    _check_cover(person, cover, starts_at=absence.starts_at, ends_at=absence.ends_at, except_id=absence.id)
    absence.cover_id = cover
    _decide(absence, TimeOffStatus.APPROVED, actor=actor, now=now, note=note)
    _record(absence, "time_off.approve", person, actor=actor, now=now)
    return absence


def decline_time_off(time_off_id: int, *, actor: Actor, now: datetime, note: str) -> TimeOff:
    absence, person = _to_decide(time_off_id, actor=actor)
    _decide(absence, TimeOffStatus.DECLINED, actor=actor, now=now, note=note)
    _record(absence, "time_off.decline", person, actor=actor, now=now)
    return absence


def cancel_time_off(time_off_id: int, *, actor: Actor, now: datetime, note: str = "") -> TimeOff:
    """Call time off before it begins, or end it now when the person came back early."""
    absence, person = _visible_absence(time_off_id, actor=actor)
    if person.id != actor.id and not may_manage(person, actor=actor):
        raise OnlyOwnPeople
    if absence.status not in queries.STANDING or absence.ends_at <= now:
        raise TimeOffOver
    if absence.status == TimeOffStatus.APPROVED and absence.starts_at < now:
        absence.ends_at = now
        db.session.flush()
    else:
        _decide(absence, TimeOffStatus.CANCELLED, actor=actor, now=now, note=note)
    _record(absence, "time_off.cancel", person, actor=actor, now=now)
    return absence


def allowed_actions(absence: TimeOff, *, may_decide: bool, may_cancel: bool, now: datetime) -> list[str]:
    """What the asking person may do with this time off: the URL verbs."""
    decide = ["approve", "decline"] if absence.status == TimeOffStatus.ASKED and may_decide else []
    is_standing = absence.status in queries.STANDING and absence.ends_at > now
    return [*decide, "cancel"] if is_standing and may_cancel else decide


def _managed(staff_id: int, *, actor: Actor) -> Staff:
    person = queries.visible_person(staff_id, actor=actor)
    if not may_manage(person, actor=actor):
        raise OnlyOwnPeople
    _lock_people(staff_id)
    return person


def _visible_absence(time_off_id: int, *, actor: Actor) -> tuple[TimeOff, Staff]:
    absence = db.session.get(TimeOff, time_off_id, with_for_update=True, populate_existing=True)
    if absence is None:
        raise NotFound
    if actor.is_associate and absence.staff_id != actor.id:
        raise NotFound
    return absence, queries.visible_person(absence.staff_id, actor=actor)


def _to_decide(time_off_id: int, *, actor: Actor) -> tuple[TimeOff, Staff]:
    absence, person = _visible_absence(time_off_id, actor=actor)
    if person.id == actor.id and not actor.is_head_office:
        raise Forbidden(N_("Somebody else has to decide about your own time off."))
    if not may_manage(person, actor=actor):
        raise OnlyOwnPeople
    if absence.status != TimeOffStatus.ASKED:
        raise TimeOffDecided
    return absence, person


def _decide(absence: TimeOff, status: TimeOffStatus, *, actor: Actor, now: datetime, note: str) -> None:
    absence.status = status.value
    absence.decided_by = actor.id
    absence.decided_at = now
    absence.decision_note = note
    db.session.flush()


def _check_span(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Invalid(errors={"ends_at": [N_("must be after the start")]})
    if ends_at - starts_at > timedelta(days=MAX_DAYS_OFF):
        raise Invalid(errors={"ends_at": [N_("Time off can last a year at most; deactivate the person instead.")]})


def _check_free(person: Staff, *, starts_at: datetime, ends_at: datetime, except_id: int | None = None) -> None:
    standing = queries.standing_time_off([person.id], starts=starts_at, ends=ends_at, except_id=except_id)
    if any(absence.staff_id == person.id for absence in standing):
        raise TimeOffOverlaps
    if standing:
        raise CoversSomebody(name=person.name)


def _check_cover(
    person: Staff, cover_id: int | None, *, starts_at: datetime, ends_at: datetime, except_id: int | None = None
) -> None:
    if cover_id is None:
        return
    message = _why_not_cover(person, cover_id, starts_at=starts_at, ends_at=ends_at, except_id=except_id)
    if message:
        raise Invalid(errors={"cover_id": [message]})


def _why_not_cover(
    person: Staff, cover_id: int, *, starts_at: datetime, ends_at: datetime, except_id: int | None
) -> str | None:
    if cover_id == person.id:
        return N_("Nobody can cover for himself or herself.")
    cover = db.session.get(Staff, cover_id)
    if cover is None or not (queries.store_ids_of(cover_id) & queries.store_ids_of(person.id)):
        return N_("The cover must work in the same store.")
    if not cover.is_active:
        return N_("This person no longer works here.")
    if cover.role != person.role:
        return N_("The cover must have the same role.")
    standing = queries.standing_time_off([cover_id], starts=starts_at, ends=ends_at, except_id=except_id)
    if any(absence.staff_id == cover_id for absence in standing):
        return N_("This person is away at that time too.")
    return None


def _lock_people(*staff_ids: int | None) -> None:
    """Two absences that would cover each other must meet here; always in the same order."""
    wanted: Collection[int] = sorted({staff_id for staff_id in staff_ids if staff_id is not None})
    stmt = select(Staff.id).where(Staff.id.in_(wanted)).order_by(Staff.id)
    db.session.execute(stmt.with_for_update(key_share=True))


def _record(absence: TimeOff, action: str, person: Staff, *, actor: Actor, now: datetime) -> None:
    record(
        actor.id,
        action=action,
        subject=("time_off", absence.id),
        store_id=person.home_store_id,
        now=now,
        detail={"staff_id": person.id, "cover_id": absence.cover_id, "status": absence.status},
    )
