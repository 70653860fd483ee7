"""Every guard-rail, looked at for one day after it is over, in SQL over what really happened; and what was promised.

`guard` counts breaches, which must be none. `Promises` adds up who was reached in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from app.core.db import db
from tests.year.world import HOME, World

GRACE = 1.2
CORE_DAYS = 31
WATCHED_AGAIN_AFTER = timedelta(days=7)

# Each lists the breaches of the day from :since to :until.
BREACHES = {
    "contacts over the ceiling": """
        -- Who moved in after both contacts had been promised could no longer be spared the second one.
        SELECT b.origin_key, other.origin_key FROM contact_booking b
        JOIN contact_booking other ON other.id <> b.id
            AND (other.household_id = b.household_id OR other.customer_id = b.customer_id)
            AND other.state = 'recorded' AND other.day BETWEEN b.day - b.gap_days + 1 AND b.day
        WHERE b.state = 'recorded' AND b.recorded_at >= :since AND b.recorded_at < :until
            AND NOT EXISTS (SELECT FROM audit_entry a
                WHERE a.action LIKE '%household' AND a.at > greatest(b.reserved_at, other.reserved_at)
                AND a.subject_type = 'customer' AND a.subject_id IN (b.customer_id::text, other.customer_id::text))""",
    "contacts outside the ledger": """
        SELECT t.origin_key FROM task t
        WHERE t.origin_key LIKE 'careplan:%' AND t.status IN ('completed', 'partly')
            AND t.ended_at >= :since AND t.ended_at < :until AND NOT EXISTS (
                SELECT FROM contact_booking b WHERE b.origin_key = t.origin_key AND b.state = 'recorded')
        UNION ALL SELECT m.dedupe_key FROM message m
        WHERE m.is_proactive AND m.submitted_at >= :since AND m.submitted_at < :until AND NOT EXISTS (
            SELECT FROM contact_booking b WHERE b.origin_key = m.dedupe_key AND b.state = 'recorded')""",
    "texts in quiet hours": """
        SELECT m.id, m.kind, m.submitted_at FROM message m
        WHERE m.submitted_at >= :since AND m.submitted_at < :until
            AND m.kind NOT IN ('door_code', 'on_the_way', 'late') AND m.answers_inbound_id IS NULL
            AND timezone(m.zone, m.submitted_at)::time NOT BETWEEN time '08:00' AND time '21:00'""",
    "calls outside 9 to 20": """
        SELECT t.id FROM task t JOIN store s ON s.id = t.store_id
        WHERE t.origin_key LIKE 'careplan:%' AND (t.created_at >= :since AND t.created_at < :until
                AND (timezone(s.zone, t.window_start)::time < time '09:00'
                    OR timezone(s.zone, t.window_end)::time > time '20:00')
            OR t.type = 'callback' AND t.started_at >= :since AND t.started_at < :until
                AND timezone(s.zone, t.started_at)::time NOT BETWEEN time '09:00' AND time '20:00')""",
    "texts after an opt-out": """
        SELECT m.id, m.kind FROM message m
        JOIN consent c ON c.phone = m.to_phone AND c.channel = 'sms' AND c.state = 'out'
        WHERE m.submitted_at >= :since AND m.submitted_at < :until AND c.changed_at < m.submitted_at
            AND (c.scope = 'all' OR (c.scope = 'care' AND m.kind = 'care')
                OR (c.scope = 'promotion' AND m.kind = 'promotion'))""",
    "calls made after an opt-out": """
        SELECT t.id FROM task t JOIN customer c ON c.id = t.customer_id
        JOIN consent x ON x.phone = c.phone AND x.channel = 'call' AND x.state = 'out' AND x.scope IN ('all', 'care')
        WHERE t.origin_key LIKE 'careplan:%' AND t.type = 'callback' AND t.started_at > x.changed_at
            AND t.ended_at >= :since AND t.ended_at < :until""",
    "promotions in a freeze": """
        SELECT m.id FROM message m JOIN customer c ON c.id = m.customer_id
        JOIN complaint k ON k.household_id = c.household_id AND k.opened_at < m.submitted_at
            AND (k.closed_at IS NULL OR k.closed_at > m.submitted_at)
        WHERE m.kind = 'promotion' AND m.submitted_at >= :since AND m.submitted_at < :until""",
    "win-backs in a freeze": """
        SELECT t.id FROM task t JOIN customer c ON c.id = t.customer_id
        JOIN complaint k ON k.household_id = c.household_id AND k.opened_at < t.started_at
            AND (k.closed_at IS NULL OR k.closed_at > t.started_at)
        WHERE t.reason = 'lapsed' AND t.started_at >= :since AND t.started_at < :until""",
    "double occurrences": """
        SELECT o.customer_id, o.plan_id, o.due_day FROM occurrence o
        WHERE o.kind IN ('birthday', 'festival', 'cadence', 'win_back') AND o.state IN ('booked', 'made', 'done')
            AND o.decided_at >= :since AND o.decided_at < :until AND EXISTS (
                SELECT FROM occurrence x WHERE x.customer_id = o.customer_id AND x.plan_id = o.plan_id
                    AND x.due_day = o.due_day AND x.id < o.id AND x.state IN ('booked', 'made', 'done'))""",
    "double tasks or texts of one touch": """
        SELECT m.dedupe_key FROM message m JOIN task t ON t.origin_key = m.dedupe_key
        WHERE m.created_at >= :since AND m.created_at < :until""",
    "sales contacts beyond the balance": """
        SELECT b.origin_key FROM contact_booking b
        WHERE b.state = 'recorded' AND b.recorded_at >= :since AND b.recorded_at < :until AND b.is_sales
            AND (SELECT count(*) = 2 AND bool_and(x.is_sales) FROM (
                SELECT o.is_sales FROM contact_booking o
                WHERE o.household_id = b.household_id AND o.state = 'recorded' AND o.day < b.day
                ORDER BY o.day DESC LIMIT 2) x)""",
    "reminders of restricted goods nobody asked for": """
        SELECT o.id FROM occurrence o JOIN product p ON p.id = (o.detail ->> 'product_id')::int
        WHERE o.kind = 'replenishment' AND p.is_restricted AND NOT coalesce((o.detail ->> 'requested')::boolean, false)
            AND o.state IN ('booked', 'made', 'done') AND o.decided_at >= :since AND o.decided_at < :until""",
    "promotions to who buys only restricted goods": """
        SELECT m.id FROM message m
        WHERE m.kind = 'promotion' AND m.submitted_at >= :since AND m.submitted_at < :until
            AND NOT EXISTS (SELECT FROM purchase p JOIN purchase_line l ON l.purchase_id = p.id
                JOIN product g ON g.id = l.product_id WHERE p.customer_id = m.customer_id AND NOT g.is_restricted)
            AND EXISTS (SELECT FROM purchase p WHERE p.customer_id = m.customer_id)""",
}


# Of each follow-up that another contact was too close to, the contact that lies nearest to its day.
_FOLLOW_UPS_IN_THE_WAY = text("""
    SELECT 'follow-ups missed for: ' || coalesce(way.kind || CASE WHEN way.day < due.bought THEN ', before the purchase'
            WHEN way.day = due.bought THEN ', on its day'
            WHEN way.day < due.day THEN ', since the purchase' ELSE ', later on' END, 'what stands no more'),
        count(*)
    FROM (
        SELECT o.household_id, o.due_day AS day, CAST(timezone(s.zone, p.bought_at) AS date) AS bought
        FROM occurrence o JOIN purchase p ON 'p' || p.id = o.key JOIN store s ON s.id = p.store_id
        WHERE o.kind = 'after_purchase' AND o.state = 'missed' AND o.reason = 'ceiling'
    ) due
    LEFT JOIN LATERAL (
        SELECT b.kind, b.day FROM contact_booking b
        WHERE b.household_id = due.household_id AND b.state <> 'released'
            AND b.day > due.day - b.gap_days AND b.day < due.day + b.gap_days
        ORDER BY abs(b.day - due.day), b.day LIMIT 1
    ) way ON true
    GROUP BY 1 ORDER BY 1
""")


# What the questions above, and those of life, look for by time; the product asks for these rows in other ways.
_INDEXES = (
    "message (submitted_at)",
    "message (created_at)",
    "contact_booking (recorded_at)",
    "task (ended_at)",
    "task (created_at)",
    "task (started_at)",
    "task (window_start) WHERE status IN ('open', 'assigned', 'active')",
    "occurrence (decided_at)",
    "occurrence (household_id)",
)
_HAPPENED = text("""
    SELECT 'tasks made: ' || type || ', ' || reason, count(*) FROM task GROUP BY 1
    UNION ALL SELECT 'texts sent: ' || kind, count(*) FROM message WHERE submitted_at IS NOT NULL GROUP BY 1
    UNION ALL SELECT 'texts ended unsent: ' || state, count(*) FROM message WHERE submitted_at IS NULL GROUP BY 1
    UNION ALL SELECT 'texts received: ' || coalesce(intent, 'not understood'), count(*) FROM inbound GROUP BY 1
    UNION ALL SELECT 'occurrences: ' || kind || ', ' || state
        || CASE WHEN state IN ('missed', 'dropped', 'ended') THEN ' (' || coalesce(reason, 'no reason') || ')' ELSE ''
            END, count(*)
        FROM occurrence GROUP BY 1
    ORDER BY 1
""")


def make_quick() -> None:
    """A database for one year may be made for the questions asked here."""
    for columns in _INDEXES:
        db.session.execute(text(f"CREATE INDEX ON {columns}"))
    db.session.commit()


def happened() -> dict[str, int]:
    """What there was of everything, as the tables tell it."""
    found = {row[0]: int(row[1]) for asked in (_HAPPENED, _FOLLOW_UPS_IN_THE_WAY) for row in db.session.execute(asked)}
    db.session.rollback()
    return found


@dataclass(frozen=True)
class Breach:
    day: date
    rail: str
    rows: list[Any]


def guard(day: date) -> list[Breach]:
    """What should never have happened on this day."""
    since = datetime.combine(day, time(), tzinfo=HOME)
    values = {"since": since, "until": since + timedelta(days=1)}
    found = []
    for rail, statement in BREACHES.items():
        rows = db.session.execute(text(statement), values).all()
        if rows:
            found.append(Breach(day, rail, [tuple(row) for row in rows[:3]]))
    db.session.rollback()
    return found


_CORE = text("""
    SELECT count(*), count(*) FILTER (WHERE EXISTS (
        SELECT FROM contact_booking b WHERE b.household_id = c.household_id AND b.state = 'recorded'
            AND b.day > :day - CAST(:days AS int) AND b.day <= :day))
    FROM customer c JOIN store s ON s.id = c.store_id
    WHERE c.tier = 'core' AND c.phone IS NOT NULL
        AND NOT EXISTS (SELECT FROM tier_history h
            WHERE h.customer_id = c.id AND h.since > :at - make_interval(days => :days))
        AND NOT EXISTS (SELECT FROM consent x WHERE x.phone = c.phone AND x.channel = 'call' AND x.state = 'out')
        AND NOT EXISTS (SELECT FROM complaint k WHERE k.household_id = c.household_id
            AND (k.closed_at IS NULL OR k.closed_at > :at - make_interval(days => :days)))
        AND NOT EXISTS (SELECT FROM audit_entry a WHERE a.subject_type = 'customer' AND a.subject_id = c.id::text
            AND a.action IN ('customer.update', 'customer.join_household', 'customer.leave_household')
            AND a.at > :at - make_interval(days => :days))
""")
_RUN_OUT = text("""
    SELECT EXISTS (
        SELECT FROM occurrence o LEFT JOIN occurrence lead ON lead.id = o.lead_id
        JOIN contact_booking b ON b.customer_id = coalesce(lead.customer_id, o.customer_id)
            AND b.state = 'recorded' AND b.day > :bought
            -- Who has answered the reminder and got it at the door on the same day, had not used it up.
            AND (b.day < :day OR b.day = :day AND CAST(:brought AS boolean))
        WHERE (o.customer_id = :customer OR o.household_id = (SELECT household_id FROM customer WHERE id = :customer))
            AND o.kind = 'replenishment' AND (o.detail ->> 'product_id')::int = :product
            AND o.key = :product || ':' || :bought)
""")


_HOW_IT_WAS = text("""
    SELECT coalesce((SELECT string_agg(o.state || coalesce(' (' || o.reason || ')', '') || ' for ' || o.due_day, ', ')
            FROM occurrence o WHERE o.household_id = h.id AND o.kind = 'replenishment'
                AND o.key = :product || ':' || :bought), 'nothing planned')
        || '; contacts: ' || coalesce((SELECT string_agg(b.day || ' ' || b.kind || ' ' || b.state
                || coalesce(' (' || b.release_reason || ')', ''), ', ' ORDER BY b.day)
            FROM contact_booking b WHERE b.household_id = h.id AND b.day BETWEEN :day - 21 AND :day + 7), 'none')
    FROM (SELECT household_id AS id FROM customer WHERE id = :customer) h
""")


class Promises:
    """The floor of the core customers and the reminders before something runs out, over the whole time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.core_seen = self.core_met = 0
        self.runs_out = self.told_before = 0
        self._bought = {(one.customer_id, one.product_id): one.last_bought for one in world.consumers}
        self.missed: list[str] = []

    def look(self, day: date) -> None:
        """After the day: the core customers once a week, and each consumer who has just used something up."""
        passed = (day - self.world.start).days
        grace_days = round(CORE_DAYS * GRACE)
        if passed > grace_days and passed % WATCHED_AGAIN_AFTER.days == 0:
            at = datetime.combine(day, time(23, 59), tzinfo=HOME)
            seen, met = db.session.execute(_CORE, {"day": day, "at": at, "days": grace_days}).one()
            self.core_seen += seen
            self.core_met += met
        for consumer in self.world.consumers:
            before = self._bought[consumer.customer_id, consumer.product_id]
            if consumer.last_bought == before:
                continue
            self._bought[consumer.customer_id, consumer.product_id] = consumer.last_bought
            if before >= self.world.start and self._may_be_told(consumer.customer_id, before):
                values = {
                    "customer": consumer.customer_id, "product": consumer.product_id, "bought": before, "day": day,
                    "brought": consumer.last_brought == day,
                }  # fmt: skip
                told = bool(db.session.scalar(_RUN_OUT, values))
                self.runs_out += 1
                self.told_before += told
                if not told:
                    how = db.session.scalar(_HOW_IT_WAS, values)
                    self.missed.append(f"customer {consumer.customer_id}, used up {day}: {how}")
        db.session.rollback()

    def _may_be_told(self, customer_id: int, bought: date) -> bool:
        return bool(
            db.session.scalar(
                text("""SELECT EXISTS (SELECT FROM customer c WHERE c.id = :id AND c.phone IS NOT NULL
                    AND NOT EXISTS (SELECT FROM consent x WHERE x.phone = c.phone AND x.state = 'out')
                    AND NOT EXISTS (SELECT FROM complaint k WHERE k.household_id = c.household_id
                        AND coalesce(k.closed_at, 'infinity') > :bought))"""),
                {"id": customer_id, "bought": datetime.combine(bought, time(), tzinfo=HOME)},
            )
        )

    @property
    def floor(self) -> float:
        return self.core_met / self.core_seen if self.core_seen else 1.0

    @property
    def reminded(self) -> float:
        return self.told_before / self.runs_out if self.runs_out else 1.0
