"""Two households have become one: by a merge of two files, or because somebody moved in. Their contacts were booked
without knowing of each other, and some are made already. Of two that lie too close one stays, and tells what the other
would have told where that is near enough; so the household's ceiling holds at once and not from the next night on.

Handlers of facts call this, which may run twice: everything is computed from what stands now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.careplans import ending, retelling
from app.careplans.booking import origin_key_sql
from app.careplans.ending import Ending
from app.careplans.manners import MANNERS, MERGE_DAYS
from app.careplans.plan_settings import PlanKind
from app.careplans.reasons import OccurrenceState, WhyNot
from app.core.db import db
from app.core.outbox import publish
from app.customers import contacts, contacts_bulk
from app.customers.contact_budget import Stretch
from app.customers.values import BookingState
from app.events import TouchesWithdrawn
from app.people.access import Actor
from app.purchases import stock
from app.tasks import service as tasks
from app.tasks.kinds import CancelReason, Status

LOOK_BACK = timedelta(days=60)
TAKES_MORE = (Status.OPEN, Status.ASSIGNED, Status.ACTIVE)


@dataclass(frozen=True)
class Planned:
    """A contact that the plans have booked, or made already."""

    id: int
    kind: PlanKind
    is_made: bool
    task_id: int | None
    status: str | None
    is_confirmed: bool
    day: date
    origin_key: str
    holds_slot: bool
    last_day: date | None
    """Told later it would be of no use."""

    @property
    def is_under_way(self) -> bool:
        return self.status == Status.ACTIVE

    @property
    def is_text_made(self) -> bool:
        return self.is_made and self.task_id is None

    @property
    def worth(self) -> tuple[Any, ...]:
        """Whose day stays: work that has begun, a time that the customer has agreed to, then the earlier day."""
        return not self.is_under_way, not self.is_confirmed, self.day, MANNERS[self.kind].rank, self.id

    def may_tell(self, other: Planned) -> bool:
        """As the night's booking merges touches. A text that is written can't tell more than it says."""
        takes_more = not self.is_made or self.status in TAKES_MORE
        is_near = abs((self.day - other.day).days) <= MERGE_DAYS
        is_in_time = other.last_day is None or self.day <= other.last_day
        return takes_more and is_near and is_in_time and PlanKind.PROMOTION not in (self.kind, other.kind)


def keep_one_contact(household_id: int, *, now: datetime) -> None:
    """Let the household keep those of its planned contacts that lie far enough apart. The caller holds the household
    (contacts.hold)."""
    planned = _planned(household_id)
    if not planned:
        return
    own = {one.origin_key for one in planned}
    gap_days = contacts.gap_days_of(household_id)
    standing = [
        (Stretch(booking.day, booking.gap_days), None)
        for booking in contacts.standing(household_id, since=(now - LOOK_BACK).date())
        if booking.origin_key not in own or booking.state == BookingState.RECORDED
    ]
    kept: list[tuple[Stretch, Planned | None]] = list(standing)
    staying: list[Planned] = []
    yielding: list[tuple[Planned, Planned | None]] = []
    for one in sorted(planned, key=lambda each: each.worth):
        wanted = Stretch(one.day, gap_days)
        in_the_way = [holder for stretch, holder in kept if wanted.collides_with(stretch)]
        if in_the_way and not one.is_under_way:
            yielding.append((one, _nearest(one, in_the_way)))
        else:
            kept.append((wanted, one))
            staying.append(one)
    for one, holder in yielding:
        _yield(one, holder, now=now)
    for one in staying:
        if not one.holds_slot:
            # The merge of the files gave it up for the other one, which has just made way.
            contacts.hold_again(one.origin_key, day=one.day, now=now)


def _planned(household_id: int) -> list[Planned]:
    rows = db.session.execute(
        text(f"""
            SELECT o.id, o.kind, o.state, o.task_id, t.status, t.confirmed_at, o.detail ->> 'run_out' AS run_out,
                coalesce(CASE WHEN b.state = 'reserved' THEN b.day END, o.booked_day, b.day,
                    CAST(timezone(s.zone, t.window_start) AS date)) AS day,
                {origin_key_sql("o")} AS origin_key, b.state AS slot
            FROM occurrence o
            JOIN store s ON s.id = o.store_id
            LEFT JOIN task t ON t.id = o.task_id
            LEFT JOIN contact_booking b ON b.origin_key = {origin_key_sql("o")}
            WHERE o.household_id = :household_id AND o.state IN {ending.OPEN_STATES}
                AND o.state IN ('booked', 'made') AND o.lead_id IS NULL
                AND (t.id IS NULL OR t.status IN ('open', 'assigned', 'active'))
            ORDER BY o.id FOR UPDATE OF o
        """),  # noqa: S608  fixed parts, values are bound
        {"household_id": household_id},
    ).all()
    return [
        Planned(
            id=row.id,
            kind=PlanKind(row.kind),
            is_made=row.state == OccurrenceState.MADE,
            task_id=row.task_id,
            status=row.status,
            is_confirmed=row.confirmed_at is not None,
            day=row.day,
            origin_key=row.origin_key,
            holds_slot=row.slot == BookingState.RESERVED,
            last_day=date.fromisoformat(row.run_out) - timedelta(days=1) if row.run_out else None,
        )
        for row in rows
        # What has taken place is no plan any more, though its own fact may still be on its way here.
        if row.slot != BookingState.RECORDED and row.day is not None
    ]


def _nearest(one: Planned, holders: Sequence[Planned | None]) -> Planned | None:
    fitting = [holder for holder in holders if holder is not None and holder.may_tell(one)]
    return min(fitting, key=lambda holder: abs((holder.day - one.day).days), default=None)


def _yield(one: Planned, holder: Planned | None, *, now: datetime) -> None:
    if holder is not None:
        _tell_along(one, holder, now=now)
    elif not one.is_made:
        ending.settle([Ending(one.id, OccurrenceState.DUE, None)], now=now)
    elif one.kind is PlanKind.PROMOTION or one.is_text_made:
        # Perhaps it is just being sent; nothing is written a second time.
        ending.settle([Ending(one.id, OccurrenceState.ENDED, WhyNot.CEILING)], now=now)
    else:
        # The night looks for another day within its own ones, or lets it be missed.
        ending.settle([Ending(one.id, OccurrenceState.DEFERRED, WhyNot.CEILING)], now=now)


def _tell_along(one: Planned, holder: Planned, *, now: datetime) -> None:
    before = retelling.parts_of(holder.id) if holder.is_made else []
    contacts.release(one.origin_key, reason=WhyNot.MERGED_FILE.value, now=now)
    if holder.is_made:
        stock.adopt(one.origin_key, as_=holder.origin_key, expires_at=now, now=now)
    else:
        # The one that stays keeps the goods back when it is made.
        stock.release(one.origin_key, now=now)
    db.session.execute(
        text("""UPDATE occurrence SET state = :state, lead_id = :lead_id, task_id = :task_id, booked_day = :day,
                    origin_key = NULL, reason = NULL, decided_at = :now
                WHERE id = :id OR (lead_id = :id AND state IN ('merged', 'made'))"""),
        {
            "id": one.id,
            "lead_id": holder.id,
            "state": (OccurrenceState.MADE if holder.is_made else OccurrenceState.MERGED).value,
            "task_id": holder.task_id,
            "day": holder.day,
            "now": now,
        },
    )
    if one.is_text_made:
        publish(TouchesWithdrawn(occurred_at=now, origin_keys=[one.origin_key], reason=WhyNot.MERGED_FILE.value))
    if one.task_id is not None:
        tasks.cancel(one.task_id, reason=CancelReason.DUPLICATE.value, actor=Actor.system("care plans"), now=now)
    if holder.is_made:
        retelling.retell(holder.id, before=before, now=now)


def bring_along(customer_id: int, household_id: int, *, now: datetime) -> None:
    """Who moves to another household takes along what was made for him; what was only planned is planned anew there."""
    values = {"customer_id": customer_id, "household_id": household_id}
    planned = ending.find(
        "o.customer_id = :customer_id AND o.household_id <> :household_id AND o.state IN ('booked', 'merged')", values
    )
    ending.settle([Ending(row.id, OccurrenceState.DUE, None) for row in planned], now=now)
    db.session.execute(
        text(f"""UPDATE occurrence o SET household_id = :household_id
                 WHERE o.customer_id = :customer_id AND o.state IN {ending.OPEN_STATES}
                    AND o.household_id <> :household_id"""),  # noqa: S608  fixed parts, values are bound
        values,
    )


def part_contacts(household_ids: Sequence[int], *, now: datetime) -> None:
    """A merge was undone: nobody is told in another household's contact, and what is booked holds its slot."""
    rows = db.session.execute(
        text(f"""
            SELECT o.id, o.state, o.lead_id, {origin_key_sql("o")} AS origin_key, b.day,
                o.state = 'made' AND o.lead_id IS NULL AS is_made_lead
            FROM occurrence o
            LEFT JOIN occurrence lead ON lead.id = o.lead_id
            LEFT JOIN task t ON t.id = o.task_id
            LEFT JOIN contact_booking b ON b.origin_key = {origin_key_sql("o")}
            WHERE o.household_id = ANY(:household_ids) AND o.state IN {ending.OPEN_STATES} AND (
                (o.lead_id IS NOT NULL AND (lead.household_id <> o.household_id
                    OR (o.state = 'merged' AND lead.state <> 'booked')))
                OR (o.state = 'booked' AND coalesce(b.state, '') <> 'reserved')
                OR (o.state = 'made' AND o.lead_id IS NULL AND b.state = 'released'
                    AND t.status IN ('open', 'assigned', 'active')))
            ORDER BY o.id FOR UPDATE OF o
        """),  # noqa: S608  fixed parts, values are bound
        {"household_ids": list(household_ids)},
    ).all()
    told = {row.lead_id: retelling.parts_of(row.lead_id) for row in rows if row.state == "made" and row.lead_id}
    ending.settle([Ending(row.id, OccurrenceState.DUE, None) for row in rows if not row.is_made_lead], now=now)
    for lead_id, before in told.items():
        retelling.retell(lead_id, before=before, now=now)
    _release_orphans(household_ids, now=now)
    for row in rows:
        if row.is_made_lead:
            overtaken = contacts.hold_again(row.origin_key, day=row.day, now=now)
            for household_id in household_ids:
                ending.plan_anew(overtaken, household_id=household_id, now=now)


def _release_orphans(household_ids: Sequence[int], *, now: datetime) -> None:
    """The undone merge has brought days back for contacts that have been told with others meanwhile."""
    contacts_bulk.release_many(
        f"""SELECT b.origin_key, 'taken_back' AS reason FROM contact_booking b
            JOIN customer c ON c.id = b.customer_id
            WHERE c.household_id = ANY(:household_ids) AND b.state = 'reserved' AND b.origin_key LIKE 'careplan:%'
                AND NOT EXISTS (
                    SELECT FROM occurrence o
                    WHERE o.household_id = ANY(:household_ids) AND o.state IN {ending.OPEN_STATES}
                        AND o.state IN ('booked', 'made') AND o.lead_id IS NULL
                        AND {origin_key_sql("o")} = b.origin_key)""",  # noqa: S608  fixed parts, values are bound
        {"household_ids": list(household_ids)},
        now=now,
    )
