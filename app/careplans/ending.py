"""Ending touches before their time, with a reason: the slot is given back, tasks nobody has begun are cancelled, and
what was to be told along is free for another contact."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from app.careplans.booking import origin_key_sql
from app.careplans.generating import Span
from app.careplans.reasons import OccurrenceState, WhyNot
from app.core.db import db
from app.core.outbox import publish
from app.customers import contacts_bulk
from app.customers.contacts import Overtaken
from app.events import TouchesWithdrawn
from app.people.access import Actor
from app.purchases import stock
from app.tasks import service as tasks
from app.tasks.errors import TaskAlreadyClosed
from app.tasks.kinds import CancelReason, Status

UNBEGUN = (Status.OPEN.value, Status.ASSIGNED.value)
UNDER_WAY = (Status.ACTIVE.value, Status.COMPLETED.value, Status.PARTLY.value)
OPEN_STATES = "('due', 'deferred', 'booked', 'merged', 'made')"
"""As the partial index says it, so that it is used."""
WAITING_KINDS = frozenset({"cadence", "win_back", "recovery"})
"""Touches without a date: what speaks against them now may pass, so they are put off and not ended."""

CANCELLED_FOR = {WhyNot.STOPPED: CancelReason.OPTED_OUT, WhyNot.OPTED_OUT: CancelReason.OPTED_OUT}


@dataclass(frozen=True)
class Ending:
    """What shall become of one occurrence."""

    id: int
    state: OccurrenceState
    reason: WhyNot | None


def find(where: str, values: dict[str, Any]) -> Sequence[Any]:
    """Unfinished occurrences, locked; the condition knows them as `o`, their customer as `c` and their plan's version
    as `v`. Their households are locked before them, as the nightly run does it: else the two could wait for each other.
    """
    found = f"""
        FROM occurrence o
        JOIN customer c ON c.id = o.customer_id
        JOIN care_plan_version v ON v.id = o.plan_version_id
        WHERE o.state IN {OPEN_STATES} AND {where}"""
    homes = db.session.execute(
        text(f"""
            SELECT h.id FROM household h WHERE h.id IN (SELECT o.household_id {found})
            ORDER BY h.id FOR NO KEY UPDATE"""),  # noqa: S608  as above
        values,
    ).all()
    if not homes:
        return []
    return db.session.execute(
        text(f"""
            SELECT o.id, o.kind, o.state, o.customer_id, o.household_id, o.due_day, o.detail, o.key {found}
            ORDER BY o.id FOR UPDATE OF o"""),
        values,
    ).all()


def settle(endings: Collection[Ending], *, now: datetime) -> int:
    """Bring these occurrences to their ends, or put them off, in the caller's transaction; returns how many changed.

    One whose task is under way already is left to it.
    """
    if not endings:
        return 0
    values = {
        "ids": [ending.id for ending in endings],
        "states": [ending.state.value for ending in endings],
        "reasons": [ending.reason.value if ending.reason else None for ending in endings],
        "now": now,
        "under_way": list(UNDER_WAY),
    }
    settled = db.session.execute(
        text(f"""
            UPDATE occurrence o SET state = x.state, reason = x.reason, decided_at = :now, booked_day = NULL,
                lead_id = NULL, task_id = CASE WHEN x.state IN ('due', 'deferred') THEN NULL ELSE o.task_id END,
                tries = CASE WHEN x.state IN ('due', 'deferred') AND o.state = 'made' THEN o.tries + 1 ELSE o.tries END
            FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:reasons AS text[])) AS x(id, state,
                reason)
            JOIN occurrence before ON before.id = x.id
            LEFT JOIN task t ON t.id = before.task_id
            WHERE o.id = x.id AND o.state IN {OPEN_STATES}
                AND (t.id IS NULL OR t.status <> ALL(CAST(:under_way AS text[])))
            RETURNING o.id, o.household_id, before.state AS was, before.lead_id, before.task_id, t.status, x.reason,
                {origin_key_sql("before")} AS key
        """),  # noqa: S608  fixed parts, values are bound
        values,
    ).all()
    leading = [row for row in settled if row.was in ("booked", "made") and row.lead_id is None]
    contacts_bulk.release_many(
        "SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:whys AS text[])) AS x(origin_key, reason)",
        {"keys": [row.key for row in leading], "whys": [row.reason or "planned_anew" for row in leading]},
        now=now,
    )
    for row in leading:
        stock.release(row.key, now=now)
    _withdraw_texts([row for row in leading if row.was == "made" and row.task_id is None], now=now)
    free_followers([row.id for row in settled])
    for task_id, reason in {row.task_id: row.reason for row in leading if row.status in UNBEGUN}.items():
        _cancel(task_id, reason, now=now)
    keep_the_balance(households={row.household_id for row in leading}, now=now)
    return len(settled)


def keep_the_balance(*, households: Collection[int] = (), span: Span | None = None, now: datetime) -> int:
    """What lay between two contacts about sales has gone: a third one that is planned already becomes one for care, if
    it reminds of something used up, or waits; how many. Of a whole span only what has left the house is looked at, as
    the run asks about the rest when it makes it."""
    if not households and span is None:
        return 0
    where = (
        "o.state = 'made' AND o.household_id BETWEEN :from_id AND :until_id"
        if span is not None
        else "o.state IN ('booked', 'made') AND o.household_id = ANY(CAST(:households AS int[]))"
    )
    rows = db.session.execute(
        text(f"""
            SELECT o.id, o.kind, o.state, o.task_id, {origin_key_sql("o")} AS key
            FROM occurrence o
            JOIN contact_booking booked ON booked.origin_key = {origin_key_sql("o")}
                AND booked.state = 'reserved' AND booked.is_sales
            JOIN customer c ON c.id = o.customer_id
            JOIN store s ON s.id = c.store_id
            LEFT JOIN task t ON t.id = o.task_id
            WHERE {where} AND o.state IN {OPEN_STATES} AND o.lead_id IS NULL
                AND o.kind IN ('win_back', 'promotion', 'replenishment')
                AND (t.id IS NULL OR t.status <> ALL(CAST(:under_way AS text[])))
                AND {_AFTER_SALES}
            ORDER BY o.id FOR UPDATE OF o
        """),  # noqa: S608  fixed parts, values are bound
        {"households": sorted(households), "under_way": list(UNDER_WAY), "now": now, **(span.values if span else {})},
    ).all()
    _let_go_as_care([row for row in rows if row.kind == "replenishment"])
    settle([_give_way(row) for row in rows if row.kind != "replenishment"], now=now)
    return len(rows)


_AFTER_SALES = contacts_bulk.sales_before(
    "booked.household_id",
    "booked.day",
    contacts=contacts_bulk.ledger("booked.household_id", "CAST(timezone(s.zone, CAST(:now AS timestamptz)) AS date)"),
)


def _let_go_as_care(rows: Sequence[Any]) -> None:
    """As the booking would have decided, had it known."""
    values = {"ids": [row.id for row in rows], "keys": [row.key for row in rows]}
    if not rows:
        return
    db.session.execute(
        text("""UPDATE occurrence SET detail = detail || '{"as_care": true}' WHERE id = ANY(CAST(:ids AS bigint[]))"""),
        values,
    )
    db.session.execute(
        text("""UPDATE contact_booking SET is_sales = false, kind = 'cadence'
                WHERE origin_key = ANY(CAST(:keys AS text[]))"""),
        values,
    )


def _give_way(row: Any) -> Ending:
    """A promotion has its day; a text that may be on its way is not written a second time."""
    is_text_made = row.state == OccurrenceState.MADE and row.task_id is None
    if row.kind in WAITING_KINDS and not is_text_made:
        return Ending(row.id, OccurrenceState.DEFERRED, WhyNot.BALANCE)
    return Ending(row.id, OccurrenceState.ENDED if is_text_made else OccurrenceState.DROPPED, WhyNot.BALANCE)


def _withdraw_texts(rows: Sequence[Any], *, now: datetime) -> None:
    """Their texts may still wait; what is out is out."""
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        by_reason.setdefault(row.reason or "", []).append(row.key)
    for reason, keys in by_reason.items():
        publish(TouchesWithdrawn(occurred_at=now, origin_keys=keys, reason=reason))


def free_followers(lead_ids: Collection[int]) -> None:
    """What was to be told along with these is to be planned anew."""
    if lead_ids:
        db.session.execute(
            text("""UPDATE occurrence SET state = 'due', lead_id = NULL, booked_day = NULL, task_id = NULL
                    WHERE lead_id = ANY(CAST(:ids AS bigint[])) AND state IN ('merged', 'made')"""),
            {"ids": list(lead_ids)},
        )


def plan_anew(overtaken: Sequence[Overtaken], *, household_id: int, now: datetime) -> None:
    """Another contact took place too close to these bookings of the household: they get another day."""
    if not overtaken:
        return
    rows = find(
        f"o.household_id = :household AND {origin_key_sql('o')} = ANY(CAST(:keys AS text[]))",
        {"household": household_id, "keys": [booking.origin_key for booking in overtaken]},
    )
    settle([Ending(row.id, OccurrenceState.DUE, None) for row in rows], now=now)


def end_or_put_off(rows: Sequence[Any], *, ended: WhyNot, put_off: WhyNot, now: datetime) -> int:
    """Dated touches end; those without a date wait until what speaks against them has passed."""
    return settle(
        [
            Ending(row.id, OccurrenceState.DEFERRED, put_off)
            if row.kind in WAITING_KINDS
            else Ending(row.id, OccurrenceState.ENDED, ended)
            for row in rows
        ],
        now=now,
    )


def set_due_day(occurrence_id: int, due_day: date) -> None:
    db.session.execute(
        text("UPDATE occurrence SET due_day = :day WHERE id = :id"), {"id": occurrence_id, "day": due_day}
    )


def _cancel(task_id: int, reason: str | None, *, now: datetime) -> None:
    why = CANCELLED_FOR.get(WhyNot(reason), CancelReason.NOT_NEEDED) if reason else CancelReason.NOT_NEEDED
    try:
        tasks.cancel(task_id, reason=why.value, actor=Actor.system("care plans"), now=now)
    except TaskAlreadyClosed:
        return
