"""Telling associates by SMS of work that changed while their app was closed: few texts, short ones, none too many.

News wait a moment (work_news.py), so that several become one text and whoever has the app open sees them there. Who has
fetched the day since (presence) is told nothing. Sensible hours are those of the shift; a text says days and times
only, because a phone lies open on tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from app.core import presence
from app.core.config import settings
from app.core.db import db, transaction
from app.core.i18n import N_
from app.messaging import outbound, policy, work_words
from app.messaging.countries import country_for, zone_for
from app.messaging.kinds import Kind, rule_of
from app.messaging.models import Message, State, WorkNewsOutcome
from app.messaging.outbound import Draft, Recipient
from app.messaging.work_hours import Opening, next_opening
from app.messaging.work_words import Change, News
from app.people import queries as people
from app.people.models import Staff, Store
from app.people.shifts import Interval, day_bounds
from app.tasks.kinds import Status

LIVE = (Status.ASSIGNED, Status.ACTIVE)
LOOK_AGAIN = timedelta(minutes=1)
KEEP_DAYS = 60
"""Longer than the outbox keeps its facts."""
SEEN_MEANWHILE = N_("seen in the app meanwhile")


def tell_due(*, now: datetime) -> int:
    """Tell everybody whose news have waited long enough; returns how many texts were written."""
    with transaction():
        _take_back_what_was_seen(now=now)
    due = db.session.scalars(_DUE, {"now": now}).all()
    db.session.rollback()
    told = 0
    for staff_id in due:
        with transaction():
            told += _tell(staff_id, now=now)
    return told


_DUE = text("SELECT DISTINCT staff_id FROM work_news WHERE settled_at IS NULL AND due_at <= :now ORDER BY staff_id")

_UNTOLD = text("""
    SELECT news.id, news.had_it, news.window_start, news.new_address, news.changed_at, task.store_id,
           task.assignee_id = news.staff_id AS has_it, task.status, task.window_start AS begins,
           task.window_end AS ends, greatest(task.accepted_at, task.started_at, task.arrived_at) AS touched_at
    FROM work_news AS news JOIN task ON task.id = news.task_id
    WHERE news.staff_id = :staff_id AND news.settled_at IS NULL
    ORDER BY news.id FOR UPDATE OF news
""")
_SETTLE = text("""
    UPDATE work_news SET settled_at = :now, outcome = :outcome, message_id = CAST(:message_id AS uuid)
    WHERE id = ANY(CAST(:ids AS bigint[]))
""")
_WAIT = text("UPDATE work_news SET due_at = :due_at WHERE id = ANY(CAST(:ids AS bigint[]))")
_LAST_TOLD = text("SELECT max(settled_at) FROM work_news WHERE staff_id = :staff_id AND outcome = 'told'")


@dataclass(frozen=True)
class _Untold:
    """A change that is still worth a word."""

    id: int
    change: Change
    ends: datetime


def _tell(staff_id: int, *, now: datetime) -> int:
    # Two workers at once would each write a text: the person's row lets one in after the other.
    person = db.session.get(Staff, staff_id, with_for_update={"key_share": True}, populate_existing=True)
    rows = db.session.execute(_UNTOLD, {"staff_id": staff_id}).all()
    if person is None or not rows:
        return 0
    if not (person.is_active and person.work_texts):
        return _settle([row.id for row in rows], WorkNewsOutcome.UNWANTED, now=now)
    look = presence.last_look(f"staff:{staff_id}")
    seen = [row for row in rows if _is_seen(row, look)]
    _settle([row.id for row in seen], WorkNewsOutcome.SEEN, now=now)
    store = people.store(person.home_store_id or rows[0].store_id)
    zone = ZoneInfo(store.zone)
    today = now.astimezone(zone).date()
    left = [row for row in rows if row not in seen]
    news = [found for row in left if (found := _worth_telling(row, today, zone, now)) is not None]
    telling = {found.id for found in news}
    _settle([row.id for row in left if row.id not in telling], WorkNewsOutcome.MOOT, now=now)
    if not news:
        return 0
    is_of_today = any(_day(found.change.at, zone) == today for found in news)
    opening = _opening(person, store, today, at_night_too=is_of_today, now=now)
    if opening is None:
        # Off until these days are over: they come back to a day that the app shows anyway.
        return _settle([found.id for found in news], WorkNewsOutcome.MOOT, now=now)
    due_at = max(opening.opens_at, _after_the_last_text(staff_id))
    if due_at <= now and presence.is_watching(f"staff:{staff_id}"):
        # The app is open and is just fetching it, or its connection died unnoticed: the next look will tell.
        due_at = now + LOOK_AGAIN
    if due_at > now:
        db.session.execute(_WAIT, {"ids": [found.id for found in news], "due_at": due_at})
        return 0
    return _write(person, store, news, until=opening.until, now=now)


def _is_seen(row: Any, look: datetime | None) -> bool:
    """The phone has fetched it, or the person has done something with it since."""
    return (look is not None and look >= row.changed_at) or (
        row.has_it and row.touched_at is not None and row.touched_at >= row.changed_at
    )


def _worth_telling(row: Any, today: date, zone: ZoneInfo, now: datetime) -> _Untold | None:
    change = _change(row)
    if change is None or row.status in (Status.COMPLETED, Status.PARTLY, Status.FAILED):
        return None
    ends = row.window_start + (row.ends - row.begins) if change.news is News.GONE else row.ends
    days = {_day(change.at, zone), _day(row.window_start, zone)}
    is_near = any(today <= day <= today + timedelta(days=1) for day in days)
    return _Untold(row.id, change, ends) if is_near and ends > now else None


def _change(row: Any) -> Change | None:
    """From what the person knew to how it stands; None when that is the same."""
    has_it = bool(row.has_it) and row.status in LIVE
    if has_it and not row.had_it:
        return Change(News.NEW, row.begins)
    if row.had_it and not has_it:
        return Change(News.GONE, row.window_start)
    if has_it and row.begins != row.window_start:
        return Change(News.MOVED, row.begins)
    return Change(News.ADDRESS, row.begins) if has_it and row.new_address else None


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _opening(person: Staff, store: Store, today: date, *, at_night_too: bool, now: datetime) -> Opening | None:
    """The next sensible moment of today or tomorrow, by the shifts; who has none on file is on duty all day."""
    zone, tomorrow = ZoneInfo(store.zone), today + timedelta(days=1)
    days = people.working_days([person.id], first=today, last=tomorrow, zone=zone)[person.id]
    shifts = [interval for day in days for interval in day.intervals]
    if not shifts and not people.weekly_pattern(person.id, day=today) and not any(day.is_exception for day in days):
        whole = Interval(day_bounds(today, zone)[0], day_bounds(tomorrow, zone)[1])
        shifts = [] if people.is_away(person.id, now=now) else [whole]
    reader_zone = zone_for(person.phone, store_zone=store.zone, store_country=store.country)
    quiet = policy.quiet_hours(country_for(person.phone), reader_zone)
    return next_opening(now, shifts, quiet=quiet, at_night_too=at_night_too)


def _after_the_last_text(staff_id: int) -> datetime:
    last: datetime | None = db.session.scalar(_LAST_TOLD, {"staff_id": staff_id})
    gap = timedelta(minutes=settings().messaging.work_gap_minutes)
    return last + gap if last is not None else datetime.min.replace(tzinfo=ZoneInfo("UTC"))


def _write(person: Staff, store: Store, news: Sequence[_Untold], *, until: datetime, now: datetime) -> int:
    changes = work_words.told([found.change for found in news], zone=store.zone, locale=person.locale)
    of_use_until = min(until, max(found.ends for found in news), now + timedelta(hours=rule_of(Kind.WORK).useful_hours))
    draft = Draft(
        Kind.WORK,
        dedupe_key=f"work:{person.id}:{max(found.id for found in news)}",
        words={"changes": changes},
        expires_at=of_use_until,
    )
    message_id = outbound.write(_recipient(person, store), draft, now=now)
    if message_id is None:
        return 0
    _settle([found.id for found in news], WorkNewsOutcome.TOLD, now=now, message_id=message_id)
    return 1


def _recipient(person: Staff, store: Store) -> Recipient:
    return Recipient(
        customer_id=None,
        staff_id=person.id,
        phone=person.phone,
        name=person.name,
        gender=None,
        locale=person.locale,
        zone=zone_for(person.phone, store_zone=store.zone, store_country=store.country),
        country=country_for(person.phone),
        store_id=store.id,
        shop=store.name,
        shop_phone=store.phone,
        shop_zone=store.zone,
    )


def forget_old(*, now: datetime) -> int:
    """Delete what was settled long ago; the texts stay, and no fact of then can come again."""
    forgotten = db.session.execute(
        text("DELETE FROM work_news WHERE settled_at < :before"), {"before": now - timedelta(days=KEEP_DAYS)}
    )
    return int(forgotten.rowcount)  # type: ignore[attr-defined]


def _settle(ids: Sequence[int], outcome: WorkNewsOutcome, *, now: datetime, message_id: Any = None) -> int:
    if ids:
        values = {"ids": list(ids), "outcome": outcome.value, "now": now, "message_id": message_id}
        db.session.execute(_SETTLE, values)
    return 0


def _take_back_what_was_seen(*, now: datetime) -> None:
    """A text that could not go at once (its carrier was away) is of no use once the app has been opened."""
    waiting = db.session.execute(
        select(Message.id, Message.to_staff_id, Message.created_at).where(
            Message.kind == Kind.WORK.value, Message.state == State.PENDING.value, Message.not_before <= now
        )
    ).all()
    for message_id, staff_id, created_at in waiting:
        look = presence.last_look(f"staff:{staff_id}")
        if look is not None and look > created_at:
            outbound.cancel_waiting(Message.id == message_id, reason=SEEN_MEANWHILE, now=now)
