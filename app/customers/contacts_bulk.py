"""The contact ledger for whole stretches of households at once: the same rules as contacts.py, said in sets.

`hold_homes` locks a stretch of households against everybody else who decides about contacts. `read_slots` names in the
temporary table `home` those that something is planned for, with the gap they are to be left, and reads into `slot` what
their budget knows; the caller keeps it true while it plans. `book` writes what was planned. All of it belongs to one
transaction.

Locks are taken in one order, here as in contacts.py: households by their ids, then what was planned for them, then
bookings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from app.core.bulk import insert_if_new, open_scratch, rows_of
from app.core.db import db
from app.customers.contact_budget import DEFAULT_GAP_DAYS

REMEMBERED = 40
"""The newest contacts of a household that decide about the next one: more than fit into any gap, or the balance."""
WORTH_ANALYZING = 1000
"""Of an empty table the planner expects little, of one that it was never shown a fair number of rows."""
SALES_IN_A_ROW = 2
"""After so many contacts about sales the next one is for care (R17)."""

_SURE = "(b.state = 'recorded' OR b.day >= CAST(:since AS date))"

_TABLES = (
    """CREATE TEMPORARY TABLE IF NOT EXISTS home (
        household_id int NOT NULL, store_id int NOT NULL, gap_days int NOT NULL
    ) ON COMMIT DELETE ROWS""",
    """CREATE TEMPORARY TABLE IF NOT EXISTS slot (
        household_id int NOT NULL, day date NOT NULL, gap_days int NOT NULL, is_sales boolean NOT NULL,
        is_sure boolean NOT NULL DEFAULT true, holder_id bigint, holder_kind text,
        may_take_more boolean NOT NULL DEFAULT false, is_made boolean NOT NULL DEFAULT false
    ) ON COMMIT DELETE ROWS""",
    "CREATE INDEX IF NOT EXISTS slot_household_id ON slot (household_id)",
)


def hold_homes(first: int, last: int) -> int:
    """Lock the households from one id to the other, always in this order, until the transaction ends; returns how
    many."""
    # FOR NO KEY UPDATE is what reserve() takes too: of the two one comes first, and the other one sees its bookings.
    held = db.session.execute(
        text("""
            WITH locked AS MATERIALIZED (
                SELECT h.id FROM household h WHERE h.id BETWEEN :first AND :last ORDER BY h.id FOR NO KEY UPDATE
            )
            SELECT count(*) FROM locked"""),
        {"first": first, "last": last},
    )
    return int(held.scalar_one())


def read_slots(households_sql: str, values: Mapping[str, Any], *, since: date) -> None:
    """The budgets of the households that this SELECT names, each once. Contacts before `since` matter to the balance
    only."""
    open_scratch("home", _TABLES)
    run("DELETE FROM home", "DELETE FROM slot")
    # All of it is looked up household by household: joined, whole tables would be read for every stretch.
    found = rows_of(
        f"""
            INSERT INTO home (household_id, store_id, gap_days)
            SELECT x.household_id, h.store_id, coalesce(own.gap_days, company.gap_days, {DEFAULT_GAP_DAYS})
            FROM ({households_sql}) x
            CROSS JOIN LATERAL (SELECT store_id FROM household WHERE id = x.household_id OFFSET 0) h
            LEFT JOIN contact_rule own ON own.store_id = h.store_id
            LEFT JOIN contact_rule company ON company.store_id IS NULL
        """,  # noqa: S608  fixed parts, values are bound
        values,
    )
    if found > WORTH_ANALYZING:
        run("ANALYZE home")
    known = rows_of(
        f"""
            INSERT INTO slot (household_id, day, gap_days, is_sales, is_sure)
            SELECT h.household_id, b.day, b.gap_days, b.is_sales, b.is_sure
            FROM home h CROSS JOIN LATERAL (
                SELECT b.day, b.gap_days, b.is_sales, {_SURE} AS is_sure FROM contact_booking b
                WHERE b.household_id = h.household_id AND b.state <> 'released' AND b.day >= :since - 366
                ORDER BY b.day DESC LIMIT {REMEMBERED}) b
            UNION ALL
            -- Who moved in brings his contacts along.
            SELECT h.household_id, b.day, b.gap_days, b.is_sales, b.is_sure
            FROM home h CROSS JOIN LATERAL (
                SELECT b.day, b.gap_days, b.is_sales, {_SURE} AS is_sure
                FROM customer c JOIN contact_booking b ON b.customer_id = c.id
                WHERE c.household_id = h.household_id AND b.household_id <> h.household_id AND b.state <> 'released'
                    AND b.day >= :since - 31 OFFSET 0) b
        """,  # noqa: S608  fixed parts, values are bound
        {"since": since},
    )
    if known > WORTH_ANALYZING:
        run("ANALYZE slot")


def collides(household: str, day: str, gap_days: str) -> str:
    """SQL: a contact of this household on that day would come too close to one that stands."""
    return f"""EXISTS (
        SELECT FROM slot taken WHERE taken.household_id = {household}
            AND taken.day < {day} + {gap_days} AND {day} < taken.day + taken.gap_days)"""


def too_many_sales(household: str, day: str, *, contacts: str = "slot") -> str:
    """SQL: one more contact about sales on that day would be the third in a row, whatever lies before and after it.
    `contacts`: `slot`, or `ledger` where that was not opened."""
    before = _sales_in_a_row(contacts, f"known.household_id = {household} AND known.day < {day}", "DESC")
    after = _sales_in_a_row(contacts, f"known.household_id = {household} AND known.day > {day}", "ASC")
    return f"({before} + {after} >= {SALES_IN_A_ROW})"


def sales_before(household: str, day: str, *, contacts: str) -> str:
    """SQL: the contacts just before that day are about sales, as many as may follow each other. So one on that day,
    booked already, has lost what was to lie between."""
    before = _sales_in_a_row(contacts, f"known.household_id = {household} AND known.day < {day}", "DESC")
    return f"({before} >= {SALES_IN_A_ROW})"


def _sales_in_a_row(contacts: str, where: str, direction: str) -> str:
    """A contact for care counts when it has taken place, or still can; one that is overdue may never come."""
    return f"""(SELECT count(*) FILTER (WHERE sales_only) FROM (
            SELECT bool_and(known.is_sales) OVER (ORDER BY known.day {direction}) AS sales_only
            FROM {contacts} known WHERE {where} AND (known.is_sales OR known.is_sure)) run)"""  # noqa: S608  fixed parts


def ledger(household: str, today: str) -> str:
    """SQL: the household's contacts as the balance counts them, read from the ledger itself."""
    return f"""(SELECT b.household_id, b.day, b.is_sales, b.state = 'recorded' OR b.day >= {today} AS is_sure
        FROM contact_booking b WHERE b.household_id = {household} AND b.state <> 'released')"""  # noqa: S608  columns


def would_be_third_sale(household_id: int, day: date, *, today: date) -> bool:
    """Whether one more contact about sales on that day would be one too many; see too_many_sales."""
    household, wanted = "CAST(:household AS int)", "CAST(:day AS date)"
    known = ledger(household, "CAST(:today AS date)")
    return bool(
        db.session.scalar(
            text(f"SELECT {too_many_sales(household, wanted, contacts=known)}"),
            {"household": household_id, "day": day, "today": today},
        )
    )


def book(bookings_sql: str, values: Mapping[str, Any], *, now: datetime, again: bool = False) -> int:
    """Write the bookings of this SELECT (household_id, customer_id, kind, day, gap_days, origin_key, is_sales).

    A key that was released before lives again; only with `again` many of them are looked for. The households are held
    and `slot` said that the days are free, so nothing can collide; what nevertheless does is left out and not an error.
    """
    told = {**values, "now": now}
    insert = booking_sql(bookings_sql)
    if not again and (written := insert_if_new(insert, told)) is not None:
        return written
    revived = rows_of(
        f"""
            UPDATE contact_booking b SET household_id = x.household_id, kind = x.kind, day = x.day,
                gap_days = x.gap_days, is_sales = x.is_sales, state = 'reserved', reserved_at = :now,
                released_at = NULL, release_reason = NULL
            FROM ({bookings_sql}) x WHERE b.origin_key = x.origin_key AND b.state = 'released'
        """,  # noqa: S608  fixed parts, values are bound
        told,
    )
    return revived + rows_of(f"{insert} ON CONFLICT DO NOTHING", told)


def booking_sql(bookings_sql: str) -> str:
    """The INSERT of these, for who writes more in the same statement; it fails when one of their keys stands already.
    Its value is `now`."""
    return f"""
        INSERT INTO contact_booking (household_id, customer_id, kind, day, gap_days, origin_key, is_sales, state,
            reserved_at)
        SELECT x.household_id, x.customer_id, x.kind, x.day, x.gap_days, x.origin_key, x.is_sales, 'reserved',
            CAST(:now AS timestamptz)
        FROM ({bookings_sql}) x ORDER BY x.household_id, x.day"""  # noqa: S608  fixed parts, values are bound


def release_many(keys_sql: str, values: Mapping[str, Any], *, now: datetime) -> int:
    """Give back what this SELECT (origin_key, reason) names, as far as it is still only reserved."""
    return rows_of(
        f"""
            UPDATE contact_booking b SET state = 'released', released_at = :now, release_reason = x.reason
            FROM ({keys_sql}) x WHERE b.origin_key = x.origin_key AND b.state = 'reserved'
        """,  # noqa: S608  fixed parts, values are bound
        {**values, "now": now},
    )


def run(*statements: str) -> None:
    for statement in statements:
        db.session.execute(text(statement))
