"""Reads about stores and people, for this slice and those above it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.core.db import db
from app.core.errors import NotFound
from app.people import shifts
from app.people.access import Actor, Role, visible_staff, visible_stores
from app.people.models import (
    ApiToken,
    ShiftException,
    ShiftPattern,
    Skill,
    Staff,
    StaffStore,
    Store,
    TimeOff,
    TimeOffStatus,
    TokenKind,
)

STANDING = (TimeOffStatus.ASKED.value, TimeOffStatus.APPROVED.value)


def store(store_id: int) -> Store:
    """The store, whoever asks; raises NotFound."""
    found = db.session.get(Store, store_id)
    if found is None:
        raise NotFound
    return found


def staff(staff_id: int) -> Staff:
    """The person, whoever asks; raises NotFound."""
    found = db.session.get(Staff, staff_id)
    if found is None:
        raise NotFound
    return found


def visible_store(store_id: int, *, actor: Actor) -> Store:
    found = db.session.scalar(visible_stores(select(Store).where(Store.id == store_id), actor))
    if found is None:
        raise NotFound
    return found


def visible_person(staff_id: int, *, actor: Actor) -> Staff:
    found = db.session.scalar(visible_staff(select(Staff).where(Staff.id == staff_id), actor))
    if found is None:
        raise NotFound
    return found


def stores(actor: Actor) -> Select[Store]:
    return visible_stores(select(Store), actor)


def people(
    actor: Actor, *, store_id: int | None = None, role: str | None = None, is_active: bool | None = None
) -> Select[Staff]:
    stmt = visible_staff(select(Staff), actor)
    if store_id is not None:
        stmt = stmt.where(works_in(store_id))
    if role is not None:
        stmt = stmt.where(Staff.role == role)
    if is_active is not None:
        stmt = stmt.where(Staff.is_active.is_(is_active))
    return stmt


def works_in(store_id: int) -> ColumnElement[bool]:
    return Staff.id.in_(select(StaffStore.staff_id).where(StaffStore.store_id == store_id))


def zone_of_store(store_id: int) -> ZoneInfo:
    return ZoneInfo(store(store_id).zone)


def store_ids_of(staff_id: int) -> frozenset[int]:
    return frozenset(db.session.scalars(select(StaffStore.store_id).where(StaffStore.staff_id == staff_id)))


def store_ids_by_staff(staff_ids: Collection[int]) -> dict[int, list[int]]:
    rows = db.session.execute(
        select(StaffStore.staff_id, func.array_agg(StaffStore.store_id.distinct()))
        .where(StaffStore.staff_id.in_(staff_ids))
        .group_by(StaffStore.staff_id)
    )
    return {staff_id: list(store_ids) for staff_id, store_ids in rows}


def staff_by_id(staff_ids: Collection[int]) -> dict[int, Staff]:
    return {person.id: person for person in db.session.scalars(select(Staff).where(Staff.id.in_(staff_ids)))}


def stores_by_id(store_ids: Collection[int]) -> dict[int, Store]:
    return {found.id: found for found in db.session.scalars(select(Store).where(Store.id.in_(store_ids)))}


def associates_of(store_id: int) -> list[Staff]:
    """The active associates of a store, by name."""
    return _active(store_id, Role.ASSOCIATE)


def supervisors_of(store_id: int) -> list[Staff]:
    return _active(store_id, Role.SUPERVISOR)


def _active(store_id: int, role: Role) -> list[Staff]:
    stmt = select(Staff).where(works_in(store_id), Staff.role == role.value, Staff.is_active)
    return list(db.session.scalars(stmt.order_by(Staff.name, Staff.id)))


def actor_for(staff_id: int, *, client: str = "system") -> Actor:
    """The person as an actor outside of a request: for handlers and jobs that act on somebody's behalf."""
    person = staff(staff_id)
    return Actor(
        id=person.id,
        name=person.name,
        role=Role(person.role),
        store_ids=store_ids_of(staff_id),
        locale=person.locale,
        client=client,
    )


def has_anybody() -> bool:
    """Whether this installation has a person who could sign in."""
    return bool(db.session.scalar(select(select(Staff.id).exists())))


def names_of(staff_ids: Collection[int]) -> dict[int, str]:
    if not staff_ids:
        return {}
    rows = db.session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(staff_ids)))
    return {row.id: row.name for row in rows}


def skills(*, only_active: bool = False) -> list[Skill]:
    stmt = select(Skill).order_by(Skill.key)
    return list(db.session.scalars(stmt.where(Skill.is_active) if only_active else stmt))


def api_tokens(*, actor: Actor, now: datetime) -> list[ApiToken]:
    """Keys of other systems that still open something: head office sees all, others their own."""
    stmt = select(ApiToken).where(
        ApiToken.kind == TokenKind.API.value, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now
    )
    if not actor.sees_all_stores:
        stmt = stmt.where(ApiToken.staff_id == actor.id)
    return list(db.session.scalars(stmt.order_by(ApiToken.id)))


# Time off and cover


def covered_by(staff_id: int, *, now: datetime) -> Select[int]:
    """Ids of the people whose customers `staff_id` looks after at `now`; made to be used in IN (...)."""
    return select(TimeOff.staff_id).where(
        TimeOff.cover_id == staff_id,
        TimeOff.status == TimeOffStatus.APPROVED.value,
        TimeOff.starts_at <= now,
        TimeOff.ends_at > now,
    )


def cover_of(staff_id: int, *, now: datetime) -> int | None:
    """Who looks after this person's customers at `now`, if he or she is away and has a cover."""
    return db.session.scalar(
        select(TimeOff.cover_id).where(
            TimeOff.staff_id == staff_id,
            TimeOff.status == TimeOffStatus.APPROVED.value,
            TimeOff.starts_at <= now,
            TimeOff.ends_at > now,
        )
    )


def is_away(staff_id: int, *, now: datetime) -> bool:
    return bool(away_among([staff_id], starts=now, ends=None))


def away_among(staff_ids: Collection[int], *, starts: datetime, ends: datetime | None) -> frozenset[int]:
    """Who of these is away at some moment of [starts, ends), or at `starts` if `ends` is None."""
    overlaps = TimeOff.starts_at <= starts if ends is None else TimeOff.starts_at < ends
    return frozenset(
        db.session.scalars(
            select(TimeOff.staff_id).where(
                TimeOff.staff_id.in_(staff_ids),
                TimeOff.status == TimeOffStatus.APPROVED.value,
                overlaps,
                TimeOff.ends_at > starts,
            )
        )
    )


def time_off_of(staff_id: int, *, ends_after: datetime | None = None) -> Select[TimeOff]:
    stmt = select(TimeOff).where(TimeOff.staff_id == staff_id)
    return stmt.where(TimeOff.ends_at > ends_after) if ends_after else stmt


def visible_time_off(actor: Actor, *, status: str | None = None, store_id: int | None = None) -> Select[TimeOff]:
    """Absences of the people whom the actor leads; an associate's own."""
    stmt = select(TimeOff).join(Staff, Staff.id == TimeOff.staff_id)
    stmt = stmt.where(Staff.id == actor.id) if actor.is_associate else visible_staff(stmt, actor)
    if status is not None:
        stmt = stmt.where(TimeOff.status == status)
    return stmt.where(works_in(store_id)) if store_id is not None else stmt


def standing_time_off(
    staff_ids: Collection[int], *, starts: datetime, ends: datetime, except_id: int | None = None
) -> list[TimeOff]:
    """Asked or approved absences of these people, or covered by them, that overlap [starts, ends)."""
    stmt = select(TimeOff).where(
        or_(TimeOff.staff_id.in_(staff_ids), TimeOff.cover_id.in_(staff_ids)),
        TimeOff.status.in_(STANDING),
        TimeOff.starts_at < ends,
        TimeOff.ends_at > starts,
    )
    return list(db.session.scalars(stmt.where(TimeOff.id != except_id) if except_id else stmt))


# Shifts


def weekly_pattern(staff_id: int, *, day: date) -> list[ShiftPattern]:
    """The usual week in force on `day`."""
    stmt = select(ShiftPattern).where(ShiftPattern.staff_id == staff_id, _in_force(day, day))
    return list(db.session.scalars(stmt.order_by(ShiftPattern.weekday, ShiftPattern.starts)))


def shift_exceptions(staff_id: int, *, first: date, last: date | None = None) -> list[ShiftException]:
    stmt = select(ShiftException).where(ShiftException.staff_id == staff_id, ShiftException.day >= first)
    stmt = stmt.where(ShiftException.day <= last) if last else stmt
    return list(db.session.scalars(stmt.order_by(ShiftException.day, ShiftException.starts)))


def working_days(
    staff_ids: Collection[int], *, first: date, last: date, zone: ZoneInfo
) -> dict[int, list[shifts.WorkingDay]]:
    """What each of these people works from `first` to `last`, in three queries however many they are."""
    begin, end = shifts.day_bounds(first, zone)[0], shifts.day_bounds(last, zone)[1]
    patterns = db.session.scalars(
        select(ShiftPattern).where(ShiftPattern.staff_id.in_(staff_ids), _in_force(first, last))
    ).all()
    exceptions = db.session.scalars(
        select(ShiftException).where(
            ShiftException.staff_id.in_(staff_ids), ShiftException.day >= first, ShiftException.day <= last
        )
    ).all()
    absences = db.session.scalars(
        select(TimeOff).where(
            TimeOff.staff_id.in_(staff_ids),
            TimeOff.status == TimeOffStatus.APPROVED.value,
            TimeOff.starts_at < end,
            TimeOff.ends_at > begin,
        )
    ).all()
    return {
        staff_id: shifts.working_days(
            first=first,
            last=last,
            zone=zone,
            weekly=[
                shifts.WeeklyShift(p.weekday, p.starts, p.ends, p.valid_from, p.valid_until)
                for p in patterns
                if p.staff_id == staff_id
            ],
            exceptions=[shifts.DayShift(e.day, e.starts, e.ends) for e in exceptions if e.staff_id == staff_id],
            time_off=[shifts.Interval(a.starts_at, a.ends_at) for a in absences if a.staff_id == staff_id],
        )
        for staff_id in staff_ids
    }


def working_hours_of_store(store_id: int, *, day: date) -> dict[int, list[shifts.Interval]]:
    """The stretches each active associate of the store works on a local day; those who don't work have none."""
    zone = zone_of_store(store_id)
    found = working_days([person.id for person in associates_of(store_id)], first=day, last=day, zone=zone)
    return {staff_id: days[0].intervals for staff_id, days in found.items()}


def _in_force(first: date, last: date) -> ColumnElement[bool]:
    return and_(
        ShiftPattern.valid_from <= last, or_(ShiftPattern.valid_until.is_(None), ShiftPattern.valid_until > first)
    )
