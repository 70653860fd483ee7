"""Which of the wishes become contacts, and on which day: rounds over all households of a stretch at once.

In the order of `manners.MANNERS` each household's next wish either joins a contact that stands within three days, or
takes a free day, or waits, or is missed. The first one of a household without contacts has nothing to compete with and
is decided at the first look. What the ledger knows is kept in `slot` meanwhile (app/customers/contacts_bulk.py), so
that no two contacts come too close, whoever else books at the same moment.
What has a day of its own goes before what can wait: a booked contact of regular care, or about sales, that stands in
its way is decided about once more, after it. And it may be told in a call that is made but that nobody has begun.

Everything happens in temporary tables: `wish` says what is wanted, `touch` what becomes of it. Occurrences and bookings
are written once, decided.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from app.careplans.generating import TODAY, Plan, Span, When, wish
from app.careplans.manners import (
    AHEAD_DAYS,
    GIVE_WAY,
    GO_FIRST,
    LONGEST_MOVE,
    MANNERS,
    MERGE_DAYS,
    QUIET_FESTIVALS,
    SALES,
    TOLD_IN_MADE_CALLS,
)
from app.careplans.plan_settings import By, PlanKind
from app.core.bulk import if_new, open_scratch, rows_of
from app.core.db import db
from app.customers import contacts_bulk
from app.customers.contacts_bulk import collides, run, too_many_sales

WORTH_ANALYZING = 1000
FEW_SAMPLES = "SET LOCAL default_statistics_target = 10"
"""The planner needs to know that there are many rows, not which ones; a thorough look took a sixth of a night."""
OWN_PLANS, ANY_PLANS = (f"SET LOCAL plan_cache_mode = {mode}" for mode in ("force_custom_plan", "auto"))
"""Each stretch is searched by its own numbers: what suits the first, in small tables, would be kept for the last. Not
when rows are written, as the checks of foreign keys would be planned row by row."""
BY_LOOKING_UP, ANYHOW = (
    (f"SET LOCAL enable_mergejoin = {mode}", f"SET LOCAL enable_memoize = {mode}") for mode in ("off", "on")
)
"""How a stretch is searched. Of birthdays PostgreSQL expects hundreds, and would sort all customers for a few of them;
and it would remember what it found of each customer, who comes once or twice."""
LATEST_START = time(12, 0)
"""Who plans after noon plans for tomorrow: nobody is to be called out of the blue this afternoon."""


def new_key_sql(alias: str) -> str:
    """How a touch is to be called in the ledger, on its task and on its text; each new try has another name."""
    return (
        f"('careplan:' || {alias}.plan_id || ':cust:' || {alias}.customer_id || ':' || {alias}.key"
        f" || CASE WHEN {alias}.tries > 0 THEN '~' || {alias}.tries ELSE '' END)"
    )


def origin_key_sql(alias: str) -> str:
    """The name of an occurrence's touch: the one it left the house under, else the one it would get."""
    made = f"CASE WHEN {alias}.state = 'made' THEN {alias}.origin_key END"
    return f"coalesce({made}, {new_key_sql(alias)})"


@dataclass(frozen=True)
class Booked:
    """What became of a stretch: rows that were decided about, by state."""

    new: int = 0
    looked_at: int = 0
    booked: int = 0
    merged: int = 0
    put_off: int = 0
    given_up: int = 0
    ended: int = 0

    @property
    def counts(self) -> dict[str, int]:
        return dict(vars(self))


def hold(span: Span) -> None:
    """Let nobody else decide about these households until the transaction ends. Two runs on the same stretch take
    turns; whoever deals with one household waits, and so sees what was decided."""
    db.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('care plans'), :first)"), {"first": span.first % (2**31)}
    )
    contacts_bulk.hold_homes(span.first, span.last)


def plan_and_book(plans: Sequence[Plan], *, when: When, span: Span, run_id: int | None = None) -> Booked:
    """All that the plans wish for the households of the span, and what was put off before: decided and written.

    `plans` are all plans, those switched off too. Runs in the caller's transaction, which has to `hold` the span.
    """
    open_tables()
    _open_shops(when)
    run(*BY_LOOKING_UP)
    ended = _tidy(when, span)
    run(OWN_PLANS)
    looked_at, new = _wish(plans, when, span)
    run(*ANYHOW)
    if not looked_at + new:
        return Booked(ended=ended)
    taken_back = _read_ledger(when)
    run(ANY_PLANS)
    if taken_back:
        contacts_bulk.release_many(_GIVEN_BACK, {}, now=when.now)
    written = _look_and_write(plans, when, run_id=run_id)
    run(OWN_PLANS)
    _play_rounds()
    run(ANY_PLANS)
    _write(when, run_id=run_id, anything_known=looked_at + taken_back > 0)
    competing = db.session.execute(text(f"SELECT {_TALLY} FROM touch")).one()  # noqa: S608  fixed parts
    booked, merged, put_off, given_up = (int(one) + int(other) for one, other in zip(written, competing, strict=True))
    return Booked(new, looked_at + taken_back, booked, merged, put_off, given_up, ended)


_TALLY = """count(*) FILTER (WHERE state = 'booked'), count(*) FILTER (WHERE state = 'merged'),
        count(*) FILTER (WHERE state = 'deferred'), count(*) FILTER (WHERE state IN ('missed', 'dropped'))"""


def play(plans: Sequence[Plan], *, when: When, span: Span) -> None:
    """What `plan_and_book` would decide as things stand, left in `wish` and `touch`. Nothing is locked or written."""
    open_tables()
    _open_shops(when)
    if sum(_wish(plans, when, span)):
        _read_ledger(when)
        _look(plans, when)
        _play_rounds()


def open_tables() -> None:
    open_scratch("wish", _TABLES)
    run(FEW_SAMPLES, "DELETE FROM wish", "DELETE FROM touch", "DELETE FROM shop_day", "DELETE FROM verdict")


def _wish(plans: Sequence[Plan], when: When, span: Span) -> tuple[int, int]:
    """Fill `wish`; returns how many were put off before, and how many are new."""
    looked_at = _take_up_undecided(span)
    new = sum(wish(plan, when=when, span=span) for plan in plans if plan.is_on)
    if looked_at + new > WORTH_ANALYZING:
        run("ANALYZE wish (household_id, plan_id, customer_id, store_id, due_day, was)")
    return looked_at, new


def _read_ledger(when: When) -> int:
    """What the households with wishes have had and will have; returns how many booked contacts were taken back, to be
    decided about after what has a day of its own."""
    contacts_bulk.read_slots("SELECT DISTINCT household_id FROM wish", {}, since=when.middle)
    return _make_room() if _name_holders() else 0


_TABLES = (
    """CREATE TEMPORARY TABLE IF NOT EXISTS wish (
        id bigint NOT NULL, plan_id int NOT NULL, plan_version_id int NOT NULL, customer_id int NOT NULL,
        household_id int NOT NULL, store_id int NOT NULL, phone text, key text NOT NULL, kind text NOT NULL,
        due_day date NOT NULL, detail jsonb NOT NULL, tries smallint NOT NULL DEFAULT 0, was text, why text
    ) ON COMMIT DELETE ROWS""",
    # Narrow, because most of its rows are written twice; what else is to be written stands in `wish`.
    """CREATE TEMPORARY TABLE IF NOT EXISTS touch (
        id bigint NOT NULL, lead_id bigint, household_id int NOT NULL, store_id int NOT NULL, turn int NOT NULL,
        gap_days int NOT NULL, due_day date NOT NULL, first_day date NOT NULL, earliest date NOT NULL,
        latest date NOT NULL, wanted date, booked_day date, rank smallint NOT NULL, is_task boolean NOT NULL,
        is_sales boolean NOT NULL, has_next boolean NOT NULL, as_care boolean NOT NULL DEFAULT false,
        joins_made boolean NOT NULL, state text NOT NULL, reason text
    ) WITH (fillfactor = 70) ON COMMIT DELETE ROWS""",
    "CREATE INDEX IF NOT EXISTS touch_turn ON touch (turn)",
    """CREATE TEMPORARY TABLE IF NOT EXISTS shop_day (
        store_id int NOT NULL, day date NOT NULL, is_open boolean NOT NULL, next_open date, first_day date NOT NULL,
        PRIMARY KEY (store_id, day)
    ) ON COMMIT DELETE ROWS""",
    """CREATE TEMPORARY TABLE IF NOT EXISTS verdict (
        id bigint NOT NULL, was text NOT NULL, state text NOT NULL, reason text, origin_key text NOT NULL,
        household_id int NOT NULL, store_id int NOT NULL
    ) ON COMMIT DELETE ROWS""",
)


# The shops


def _open_shops(when: When) -> None:
    """On which days each store may call and visit, and from which day on this run may still plan."""
    zones = list(db.session.scalars(text("SELECT DISTINCT zone FROM store WHERE is_active")))
    values = {
        "first": when.middle - timedelta(days=7),
        "last": when.middle + timedelta(days=3 * AHEAD_DAYS),
        "quiet": sorted(QUIET_FESTIVALS),
        "zones": zones,
        "starts": [first_day_of(when, zone) for zone in zones],
    }
    db.session.execute(_SHOP_DAYS, values)


_SHOP_DAYS = text("""
    INSERT INTO shop_day (store_id, day, is_open, next_open, first_day)
    SELECT x.store_id, x.day, x.is_open,
        min(CASE WHEN x.is_open THEN x.day END) OVER (PARTITION BY x.store_id ORDER BY x.day DESC), x.first_day
    FROM (
        SELECT s.id AS store_id, d.day, zone.first_day, d.is_working
            AND coalesce(s.opening_hours -> d.weekday, '[]') NOT IN ('[]', 'null') AS is_open
        FROM store s
        JOIN unnest(CAST(:zones AS text[]), CAST(:starts AS date[])) AS zone(name, first_day) ON zone.name = s.zone
        CROSS JOIN (
            SELECT CAST(day AS date) AS day, CAST(extract(isodow FROM day) - 1 AS text) AS weekday,
                NOT EXISTS (SELECT FROM calendar_day f
                    WHERE f.day = CAST(each.day AS date) AND f.festival = ANY(CAST(:quiet AS text[]))) AS is_working
            FROM generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp), interval '1 day') AS each(day)
            OFFSET 0
        ) d
        WHERE s.is_active
    ) x
""")


def first_day_of(when: When, zone: str) -> date:
    """The first day for which a run at this moment may still plan at a store of this zone."""
    local = when.now.astimezone(ZoneInfo(zone))
    if when.day is not None and when.day != local.date():
        return when.day
    return local.date() + timedelta(days=1) if local.time() >= LATEST_START else local.date()


# What became of what was planned before


def _tidy(when: When, span: Span) -> int:
    """End what has become pointless, free what was not done in time; returns how many occurrences came to an end.

    The handlers of facts do the same at once for one customer; this also sees what no fact told.
    """
    db.session.execute(text(_VERDICTS), when.values | span.values | {"long_past": when.long_past})
    if not db.session.scalar(text("SELECT EXISTS (SELECT FROM verdict)")):
        return 0
    db.session.execute(
        text("""UPDATE occurrence o SET state = v.state, reason = v.reason, decided_at = :now,
                    household_id = v.household_id, store_id = v.store_id,
                    booked_day = CASE WHEN v.state = 'due' THEN NULL ELSE o.booked_day END,
                    lead_id = CASE WHEN v.state = 'due' THEN NULL ELSE o.lead_id END
                FROM verdict v WHERE o.id = v.id AND o.state = v.was"""),
        {"now": when.now},
    )
    contacts_bulk.release_many(
        "SELECT origin_key, coalesce(reason, 'planned_anew') AS reason FROM verdict WHERE was IN ('booked', 'made')",
        {},
        now=when.now,
    )
    # What was to be told along with these looks for another contact in this same run, not a night later.
    run("""UPDATE occurrence o SET state = 'due', lead_id = NULL, booked_day = NULL
           FROM verdict v WHERE v.was = 'booked' AND o.lead_id = v.id AND o.state = 'merged'""")
    return int(
        db.session.scalar(text("SELECT count(*) FROM verdict WHERE state IN ('ended', 'dropped', 'missed')")) or 0
    )


def _looked_up(table: str, where: str) -> str:
    """A part of FROM: the row of this condition, looked up for each row before it. As a plain join PostgreSQL reads and
    sorts the whole table for every stretch, which is dear in a big company."""
    return f"LEFT JOIN LATERAL (SELECT * FROM {table} WHERE {where} OFFSET 0)"  # noqa: S608  fixed parts


_OF_ITS_PRODUCT = """o.kind = 'replenishment' AND customer_id = o.customer_id
        AND product_id = CAST(o.detail ->> 'product_id' AS int)"""
_VERDICTS = f"""
    INSERT INTO verdict (id, was, state, reason, origin_key, household_id, store_id)
    WITH {TODAY}
    SELECT o.id, o.state, v.say[1], v.say[2], {origin_key_sql("o")}, c.household_id, c.store_id
    FROM occurrence o
    JOIN care_plan p ON p.id = o.plan_id
    {_looked_up("customer", "id = o.customer_id")} c ON true
    LEFT JOIN today d ON d.store_id = c.store_id
    {_looked_up("occurrence", "id = o.lead_id")} lead ON true
    {_looked_up("buying_habit", "o.kind = 'win_back' AND customer_id = o.customer_id")} h ON true
    {_looked_up("run_out", _OF_ITS_PRODUCT)} r ON true
    LEFT JOIN (
        SELECT b.household_id, max(b.day) AS day FROM contact_booking b
        WHERE b.household_id BETWEEN :from_id AND :until_id AND b.state = 'recorded' GROUP BY b.household_id
    ) last ON last.household_id = o.household_id AND o.kind = 'cadence' AND o.state <> 'made'
    CROSS JOIN LATERAL (SELECT CASE
        WHEN o.state = 'made' AND o.task_id IS NOT NULL THEN NULL
        -- Asked for each of these few: joined, the whole ledger would be read for every stretch.
        WHEN o.state = 'made' AND o.lead_id IS NULL THEN
            CASE (SELECT b.state FROM contact_booking b WHERE b.origin_key = {origin_key_sql("o")})
                WHEN 'recorded' THEN ARRAY['done', NULL] WHEN 'released' THEN ARRAY['ended', 'not_sent'] END
        WHEN o.state = 'made' AND lead.state = 'done' THEN ARRAY['done', NULL]
        WHEN o.state = 'made' AND lead.state IN ('ended', 'missed', 'dropped') THEN ARRAY['ended', lead.reason]
        WHEN o.state = 'made' THEN NULL
        WHEN d.store_id IS NULL THEN ARRAY['dropped', 'store_closed_down']
        WHEN o.kind = 'cadence' AND last.day > CAST(left(o.key, 10) AS date) THEN ARRAY['ended', 'contacted_otherwise']
        WHEN o.kind = 'win_back' AND h.customer_id IS NULL THEN ARRAY['ended', 'returned']
        WHEN o.kind = 'win_back' AND h.last_bought_on > CAST(left(o.key, 10) AS date)
            THEN ARRAY['ended', 'pointless:ordered']
        WHEN o.kind = 'replenishment' AND r.customer_id IS NULL THEN ARRAY['ended', 'returned']
        WHEN o.kind = 'replenishment' AND r.last_bought_on > CAST(left(split_part(o.key, ':', 2), 10) AS date)
            THEN ARRAY['ended', 'pointless:ordered']
        WHEN o.state = 'merged' AND lead.state = 'done' THEN ARRAY['done', NULL]
        WHEN o.state = 'merged' AND coalesce(lead.state, '') NOT IN ('booked', 'made') THEN ARRAY['due', NULL]
        WHEN o.state IN ('booked', 'merged')
            AND (o.booked_day < least(d.day, CAST(:long_past AS date)) OR NOT p.is_on) THEN ARRAY['due', NULL]
        WHEN o.state = 'booked' AND c.household_id <> o.household_id THEN ARRAY['due', NULL]
        WHEN c.household_id <> o.household_id THEN ARRAY['due', NULL]
    END AS say) v
    WHERE o.household_id BETWEEN :from_id AND :until_id
        AND o.state IN ('due', 'deferred', 'booked', 'merged', 'made') AND v.say IS NOT NULL
"""  # noqa: S608  fixed parts, values are bound


def _take_up_undecided(span: Span) -> int:
    return int(
        db.session.execute(
            text(f"""INSERT INTO wish (id, plan_id, plan_version_id, customer_id, household_id, store_id, phone, key,
                        kind, due_day, detail, tries, was, why)
                    SELECT o.id, o.plan_id, o.plan_version_id, o.customer_id, o.household_id, c.store_id, c.phone,
                        o.key, o.kind, o.due_day, o.detail, o.tries, o.state, o.reason
                    FROM occurrence o JOIN customer c ON c.id = o.customer_id
                    WHERE o.household_id BETWEEN :from_id AND :until_id
                        AND o.state IN ('due', 'deferred', 'booked', 'merged', 'made')
                        AND o.state IN ('due', 'deferred') AND {span.of_its_store}"""),  # noqa: S608  fixed parts
            span.values,
        ).rowcount  # type: ignore[attr-defined]
    )


# One look at everything that speaks against a wish


def _look(plans: Sequence[Plan], when: When) -> None:
    """Bring the wishes of each household into their order and decide about what nothing competes with; all into
    `touch`."""
    db.session.execute(text(_LOOK), _look_values(plans, when))


def _look_and_write(plans: Sequence[Plan], when: When, *, run_id: int | None) -> Sequence[int]:
    """As `_look`, but what is decided for good and nothing else is to be compared with is written at once, most of a
    night with few plans: it would only pass through `touch`. Returns the tally of it."""
    values = {**_look_values(plans, when), "run_id": run_id, "now": when.now}
    written = if_new(lambda: db.session.execute(text(_LOOK_AND_WRITE), values).one())
    if written is not None:
        return tuple(written)
    # A booking of that name stands already, released before: book() knows how to revive it.
    _look(plans, when)
    return (0, 0, 0, 0)


def _look_values(plans: Sequence[Plan], when: When) -> dict[str, Any]:
    return {"plans": json.dumps([_rule(plan) for plan in plans]), "ahead": AHEAD_DAYS, "long_past": when.long_past}


def _rule(plan: Plan) -> dict[str, Any]:
    """What the statements need to know of a plan."""
    manner, by, season = MANNERS[plan.kind], plan.settings.action.by, plan.settings.season
    return {
        "plan_id": plan.id,
        "rank": manner.rank,
        "is_task": by is not By.SMS,
        "is_dated": manner.is_dated,
        "earlier": manner.earlier,
        "later": manner.later,
        "keeps": manner.keeps_its_day,
        "is_sales": plan.kind in SALES,
        "joins_made": plan.kind in TOLD_IN_MADE_CALLS and by in (By.SMS, By.CALLBACK),
        "channel": "sms" if by is By.SMS else "call",
        "is_on": plan.is_on,
        "since": season.since.isoformat() if season and season.since else None,
        "until": season.until.isoformat() if season and season.until else None,
    }


_LOOKED = f"""
    SELECT y.id, y.plan_id, y.plan_version_id, y.customer_id, y.household_id, y.store_id, y.key, y.kind, y.detail,
        y.tries, y.turn, y.gap_days, y.due_day, y.first_day, y.earliest, y.latest, y.wanted, y.rank, y.is_task,
        y.is_sales, y.joins_made, next.is_due AS has_next, CAST(NULL AS bigint) AS lead_id, false AS as_care,
        CASE WHEN free.is_sure THEN 'booked' ELSE y.state END AS state,
        CASE WHEN free.is_sure THEN y.wanted END AS booked_day,
        CASE y.state WHEN 'missed' THEN coalesce(y.reason, y.why, 'too_late') ELSE y.reason END AS reason,
        y.was IS NULL AND (y.state <> 'due' OR free.is_sure AND NOT next.is_due) AS is_final
    FROM (
        SELECT x.*, row_number() OVER household AS turn, lead(x.state) OVER household AS next_state
        FROM (
            SELECT w.id, w.plan_id, w.plan_version_id, w.customer_id, w.household_id, w.store_id, w.key, w.kind,
                w.detail, w.tries, w.was, w.due_day, w.why,
                h.gap_days, sd.first_day, p.rank, p.is_task, sales.is_sales, p.joins_made,
                stretch.earliest, stretch.latest,
                against.reason,
                CASE WHEN p.is_dated
                    THEN CASE WHEN w.due_day >= sd.first_day AND (sd.is_open OR NOT p.is_task) THEN w.due_day END
                    WHEN p.is_task THEN sd.next_open
                    ELSE greatest(w.due_day, sd.first_day) END AS wanted,
                CASE WHEN p.is_dated AND stretch.latest < least(sd.first_day, CAST(:long_past AS date)) THEN 'missed'
                    WHEN against.reason IS NULL THEN 'due'
                    WHEN w.kind = 'promotion' THEN 'dropped'
                    WHEN p.is_dated AND against.reason IN ('plan_switched_off', 'out_of_season') THEN 'dropped'
                    ELSE 'deferred' END AS state
            FROM wish w
            JOIN jsonb_to_recordset(CAST(:plans AS jsonb)) AS p(plan_id int, rank int, is_task boolean,
                is_dated boolean, earlier int, later int, keeps boolean, is_sales boolean, joins_made boolean,
                channel text, is_on boolean, since date, until date) ON p.plan_id = w.plan_id
            JOIN home h ON h.household_id = w.household_id
            JOIN (SELECT DISTINCT ON (store_id) store_id, first_day FROM shop_day) shop ON shop.store_id = w.store_id
            -- A touch with a day of its own asks whether the store is open on it, the others when it is open next.
            LEFT JOIN shop_day near ON near.store_id = w.store_id
                AND near.day = CASE WHEN p.is_dated THEN w.due_day ELSE greatest(w.due_day, shop.first_day) END
            CROSS JOIN LATERAL (SELECT shop.first_day, coalesce(near.is_open, false) AS is_open, near.next_open) sd
            LEFT JOIN complaint k ON k.household_id = w.household_id AND k.closed_at IS NULL
            LEFT JOIN phone_fault f ON f.phone = w.phone AND f.cleared_at IS NULL AND NOT p.is_task
            -- OFFSET 0: looked up once a wish, and not wherever the answer is used.
            CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM consent o WHERE o.phone = w.phone AND o.channel = p.channel
                AND o.scope IN ('all', CASE WHEN p.is_sales THEN 'promotion' ELSE 'care' END) AND o.state = 'out'
                ) AS of_this OFFSET 0) stop
            CROSS JOIN LATERAL (SELECT p.is_sales OR (w.kind = 'replenishment'
                AND NOT coalesce(CAST(w.detail ->> 'requested' AS boolean), false)) AS is_sales) sales
            CROSS JOIN LATERAL (SELECT
                CASE WHEN NOT p.is_dated THEN w.due_day
                    WHEN p.keeps AND p.is_task AND NOT sd.is_open THEN w.due_day - {MERGE_DAYS}
                    ELSE w.due_day - p.earlier END AS earliest,
                CASE WHEN NOT p.is_dated THEN greatest(w.due_day, sd.first_day) + :ahead
                    WHEN w.kind = 'replenishment' THEN CAST(w.detail ->> 'run_out' AS date) - 1
                    WHEN p.keeps AND p.is_task AND NOT sd.is_open THEN w.due_day + {MERGE_DAYS}
                    ELSE w.due_day + p.later END AS latest) stretch
            CROSS JOIN LATERAL (SELECT CASE
                WHEN NOT p.is_on THEN 'plan_switched_off'
                WHEN w.due_day < p.since OR w.due_day > p.until THEN 'out_of_season'
                WHEN w.phone IS NULL THEN 'no_phone'
                WHEN stop.of_this THEN 'opted_out'
                WHEN f.phone IS NOT NULL THEN 'unreachable'
                WHEN w.kind = 'replenishment' AND CAST(w.detail ->> 'restricted' AS boolean)
                    AND NOT CAST(w.detail ->> 'requested' AS boolean) THEN 'no_request'
                WHEN w.kind = 'replenishment' AND k.is_reaction THEN 'reaction'
                WHEN k.id IS NOT NULL AND (sales.is_sales OR w.kind = 'cadence') THEN 'complaint'
            END AS reason) against
        ) x
        WINDOW household AS (PARTITION BY x.household_id
            ORDER BY x.state <> 'due', x.rank, x.due_day, x.plan_id, x.customer_id, x.key)
    ) y
    LEFT JOIN (
        SELECT household_id, max(day) AS last_day, max(day + gap_days) AS free_from FROM slot GROUP BY household_id
    ) busy ON busy.household_id = y.household_id
    CROSS JOIN LATERAL (SELECT coalesce(y.next_state = 'due', false) AS is_due) next
    -- The first of its household, with all contacts long past or none at all: the rounds could only say the same. Of
    -- contacts about sales they count how many there have been in a row.
    CROSS JOIN LATERAL (SELECT y.state = 'due' AND y.turn = 1 AND coalesce(y.wanted <= y.latest, false)
        AND (busy.household_id IS NULL
            OR NOT y.is_sales AND busy.last_day < y.first_day AND busy.free_from <= y.wanted) AS is_sure) free
"""  # noqa: S608  fixed parts, values are bound
_TOUCHED = """
    INSERT INTO touch (id, lead_id, household_id, store_id, turn, gap_days, due_day, first_day, earliest, latest,
        wanted, booked_day, rank, is_task, is_sales, has_next, as_care, joins_made, state, reason)
    SELECT id, lead_id, household_id, store_id, turn, gap_days, due_day, first_day, earliest, latest,
        wanted, booked_day, rank, is_task, is_sales, has_next, as_care, joins_made, state, reason FROM looked"""
_LOOK = f"WITH looked AS ({_LOOKED}) {_TOUCHED}"


def _name_holders() -> int:
    """Which contacts of the ledger are occurrences that may still take up others: booked, or made as a call or visit
    that nobody has begun; returns how many."""
    return rows_of(
        """UPDATE slot SET holder_id = o.id, holder_kind = o.kind, may_take_more = o.kind <> 'promotion',
               is_made = o.state = 'made'
           FROM occurrence o
           WHERE o.household_id = slot.household_id AND o.state IN ('due', 'deferred', 'booked', 'merged', 'made')
               AND o.booked_day = slot.day AND o.lead_id IS NULL
               AND (o.state = 'booked' OR o.state = 'made' AND EXISTS (
                   -- OFFSET 0: looked up for each of these few; else all open tasks there are may be read.
                   SELECT FROM task t WHERE t.id = o.task_id AND t.status IN ('open', 'assigned') OFFSET 0))""",
        {},
    )


def _make_room() -> int:
    """Take booked contacts that can wait out of the way of what has a day of its own and can't be told in them: they
    are wished for once more, with what they would have told along. Returns how many."""
    found = rows_of(_IN_THE_WAY, {"first": list(GO_FIRST), "yielding": list(GIVE_WAY)})
    if found:
        run("DELETE FROM slot USING wish w WHERE w.was = 'booked' AND slot.holder_id = w.id")
        found += rows_of(_TOLD_IN_THEM, {})
    return found


_WISHED_ONCE_MORE = """
    INSERT INTO wish (id, plan_id, plan_version_id, customer_id, household_id, store_id, phone, key, kind, due_day,
        detail, tries, was)
    SELECT o.id, o.plan_id, o.plan_version_id, o.customer_id, o.household_id, c.store_id, c.phone, o.key, o.kind,
        o.due_day, o.detail, o.tries, o.state
    FROM occurrence o JOIN customer c ON c.id = o.customer_id AND c.household_id = o.household_id"""
_IN_THE_WAY = f"""
    {_WISHED_ONCE_MORE}
    WHERE o.id IN (
        SELECT held.holder_id FROM slot held
        JOIN wish w ON w.household_id = held.household_id AND w.kind = ANY(CAST(:first AS text[]))
            AND coalesce(w.why, 'ceiling') = 'ceiling'
        JOIN home h ON h.household_id = held.household_id
        WHERE held.holder_kind = ANY(CAST(:yielding AS text[])) AND NOT held.is_made
            -- Whatever the day that it may move to.
            AND held.day < w.due_day + {LONGEST_MOVE} + h.gap_days
            AND w.due_day - {LONGEST_MOVE} < held.day + held.gap_days
            AND (NOT held.may_take_more OR abs(held.day - w.due_day) > {MERGE_DAYS}))
"""  # noqa: S608  fixed parts, values are bound
_TOLD_IN_THEM = f"""
    {_WISHED_ONCE_MORE}
    WHERE o.state = 'merged' AND o.lead_id IN (SELECT id FROM wish WHERE was = 'booked')
"""  # noqa: S608  fixed parts


# The rounds


def _play_rounds() -> None:
    """In each turn at most one wish of a household is decided about, so that they never compete with each other."""
    turns = db.session.execute(
        text("SELECT turn, count(*) FROM touch WHERE state = 'due' GROUP BY turn ORDER BY turn")
    ).all()
    if sum(due for _, due in turns) > WORTH_ANALYZING:
        run("ANALYZE touch (id, household_id, turn, rank, state, is_sales, has_next)")
    held, known_to_planner = rows_of(_HOLD.format(which="t.state = 'booked'"), {}), 0
    for turn, _ in turns:
        # The planner knows nothing of rows that came since: it would go through all of them for each household.
        if held > WORTH_ANALYZING and held > 2 * known_to_planner:
            run("ANALYZE slot")
            known_to_planner = held
        held += _round(turn)


_RANK_OF_CADENCE = MANNERS[PlanKind.CADENCE].rank
_RANK_OF_REPLENISHMENT = MANNERS[PlanKind.REPLENISHMENT].rank
_RANK_OF_PROMOTION = MANNERS[PlanKind.PROMOTION].rank


def _round(turn: int) -> int:
    """Decide about these; returns how many days were taken."""
    for step in _STEPS:
        db.session.execute(step, {"turn": turn})
    return rows_of(_HOLD.format(which="t.turn = :turn AND t.state = 'booked'"), {"turn": turn})


_DUE = "t.turn = :turn AND t.state = 'due'"
_MERGE = f"""
    UPDATE touch t SET state = 'merged', lead_id = m.holder_id, booked_day = m.day
    FROM (
        SELECT DISTINCT ON (t.id) t.ctid AS place, held.holder_id, held.day
        FROM touch t
        JOIN slot held ON held.household_id = t.household_id AND held.may_take_more
            AND held.day BETWEEN t.due_day - {MERGE_DAYS} AND t.due_day + {MERGE_DAYS}
            AND held.day BETWEEN t.first_day AND greatest(t.latest, t.due_day + {MERGE_DAYS})
            AND (t.rank <> {_RANK_OF_REPLENISHMENT} OR held.day <= t.latest)
            AND (t.joins_made OR NOT held.is_made)
        WHERE {_DUE} AND t.rank <> {_RANK_OF_PROMOTION}
        ORDER BY t.id, abs(held.day - t.due_day), held.day
    ) m WHERE t.ctid = m.place
"""  # noqa: S608  fixed parts
# A contact that comes first renews what the cadence counts from; the wish is looked at again after it.
_WAIT_FOR_ANOTHER = f"""
    UPDATE touch t SET state = 'deferred', reason = 'contacted_otherwise'
    WHERE {_DUE} AND t.rank = {_RANK_OF_CADENCE} AND EXISTS (
        SELECT FROM slot held WHERE held.household_id = t.household_id
            AND held.day BETWEEN t.first_day AND greatest(t.due_day, t.first_day) + t.gap_days - 1)
"""  # noqa: S608  fixed parts
_TAKE_THE_WANTED_DAY = f"""
    UPDATE touch t SET state = 'booked', booked_day = t.wanted
    WHERE {_DUE} AND t.wanted <= t.latest AND NOT {collides("t.household_id", "t.wanted", "t.gap_days")}
"""  # noqa: S608  fixed parts
_TAKE_ANOTHER_DAY = f"""
    UPDATE touch t SET state = 'booked', booked_day = free.day
    FROM (
        SELECT t.ctid AS place, (
            SELECT sd.day FROM shop_day sd
            WHERE sd.store_id = t.store_id AND (sd.is_open OR NOT t.is_task)
                AND sd.day BETWEEN greatest(t.earliest, t.first_day) AND t.latest
                AND NOT {collides("t.household_id", "sd.day", "t.gap_days")}
            -- Told on its last day, goods could hardly be brought in time.
            ORDER BY t.rank = {_RANK_OF_REPLENISHMENT} AND sd.day = t.latest, abs(sd.day - t.due_day), sd.day LIMIT 1
        ) AS day
        FROM touch t WHERE {_DUE}
    ) free WHERE t.ctid = free.place AND free.day IS NOT NULL
"""  # noqa: S608  fixed parts
# A reminder of something used up is still a service: as the third about sales it goes as care that names the run-out.
_KEEP_THE_BALANCE = f"""
    UPDATE touch t SET
        is_sales = false,
        as_care = t.rank = {_RANK_OF_REPLENISHMENT},
        state = CASE t.rank WHEN {_RANK_OF_REPLENISHMENT} THEN 'booked' WHEN {_RANK_OF_PROMOTION} THEN 'dropped'
            ELSE 'deferred' END,
        reason = CASE t.rank WHEN {_RANK_OF_REPLENISHMENT} THEN NULL ELSE 'balance' END,
        booked_day = CASE t.rank WHEN {_RANK_OF_REPLENISHMENT} THEN t.booked_day END
    WHERE t.turn = :turn AND t.state = 'booked' AND t.is_sales AND {too_many_sales("t.household_id", "t.booked_day")}
"""  # noqa: S608  fixed parts
_PUT_OFF = f"""
    UPDATE touch t SET
        state = CASE t.rank WHEN {_RANK_OF_PROMOTION} THEN 'dropped' ELSE 'deferred' END,
        reason = CASE WHEN t.is_task AND NOT EXISTS (
            SELECT FROM shop_day sd WHERE sd.store_id = t.store_id AND sd.is_open
                AND sd.day BETWEEN greatest(t.earliest, t.first_day) AND t.latest) THEN 'closed' ELSE 'ceiling' END
    WHERE {_DUE}
"""  # noqa: S608  fixed parts
_STEPS = tuple(
    map(text, (_MERGE, _WAIT_FOR_ANOTHER, _TAKE_THE_WANTED_DAY, _TAKE_ANOTHER_DAY, _KEEP_THE_BALANCE, _PUT_OFF))
)
# Only for those who have more to be decided about.
_HOLD = f"""
    INSERT INTO slot (household_id, day, gap_days, is_sales, holder_id, may_take_more)
    SELECT t.household_id, t.booked_day, t.gap_days, t.is_sales, t.id, t.rank <> {_RANK_OF_PROMOTION}
    FROM touch t WHERE {{which}} AND t.has_next
"""  # noqa: S608  fixed parts


# What was decided, written down


def _occurrences(decided: str) -> str:
    return f"""
        INSERT INTO occurrence (id, plan_id, plan_version_id, run_id, customer_id, household_id, store_id, key, kind,
            due_day, state, reason, detail, booked_day, lead_id, tries, decided_at, created_at)
        SELECT d.id, d.plan_id, d.plan_version_id, CAST(:run_id AS int), d.customer_id, d.household_id, d.store_id,
            d.key, d.kind, d.due_day, d.state, d.reason,
            CASE WHEN d.as_care THEN d.detail || '{{"as_care": true}}' ELSE d.detail END, d.booked_day, d.lead_id,
            d.tries, CAST(:now AS timestamptz), CAST(:now AS timestamptz)
        FROM {decided} d"""  # noqa: S608  fixed parts, values are bound


def _bookings(decided: str) -> str:
    return f"""
        SELECT d.household_id, d.customer_id, CASE WHEN d.as_care THEN 'cadence' ELSE d.kind END AS kind,
            d.booked_day AS day, d.gap_days, {new_key_sql("d")} AS origin_key, d.is_sales
        FROM {decided} d WHERE d.state = 'booked'"""  # noqa: S608  fixed parts


_FINAL = "(SELECT * FROM looked WHERE is_final)"
_LOOK_AND_WRITE = f"""
    WITH looked AS MATERIALIZED ({_LOOKED}),
    competing AS ({_TOUCHED} WHERE NOT is_final),
    written AS ({_occurrences(_FINAL)}),
    booked AS ({contacts_bulk.booking_sql(_bookings(_FINAL))})
    SELECT {_TALLY} FROM {_FINAL} d
"""  # noqa: S608  fixed parts
_DECIDED = """(
        SELECT w.id, w.plan_id, w.plan_version_id, w.customer_id, w.household_id, w.store_id, w.key, w.kind, w.due_day,
            w.detail, w.tries, t.state, t.reason, t.booked_day, t.lead_id, t.as_care, t.gap_days, t.is_sales
        FROM wish w JOIN touch t ON t.id = w.id WHERE w.was IS {})"""
_NEW, _KNOWN = (_DECIDED.format(what) for what in ("NULL", "NOT NULL"))


def _write(when: When, *, run_id: int | None, anything_known: bool) -> None:
    db.session.execute(text(_occurrences(_NEW)), {"now": when.now, "run_id": run_id})
    contacts_bulk.book(_bookings(_NEW), {}, now=when.now)
    if not anything_known:
        return
    db.session.execute(
        text("""
            UPDATE occurrence o SET state = t.state, reason = t.reason, booked_day = t.booked_day, lead_id = t.lead_id,
                store_id = t.store_id, decided_at = :now,
                detail = CASE WHEN t.as_care THEN o.detail || '{"as_care": true}' ELSE o.detail END
            FROM wish w JOIN touch t ON t.id = w.id
            WHERE w.was IS NOT NULL AND o.id = w.id
                AND (w.was IN ('booked', 'merged') OR (w.was, w.why) IS DISTINCT FROM (t.state, t.reason))
        """),
        {"now": when.now},
    )
    contacts_bulk.book(_bookings(_KNOWN), {}, now=when.now, again=True)


# What was booked and is decided about once more; the name stays, so that a day that is kept after all is booked again.
_GIVEN_BACK = f"""
    SELECT {new_key_sql("w")} AS origin_key, 'planned_anew' AS reason FROM wish w WHERE w.was = 'booked'"""  # noqa: S608
