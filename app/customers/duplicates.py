"""Files that are probably the same person's: found for everybody at once, looked at by people.

The search reads each file once and compares only those that share something rare already (a blocking key), so that a
million customers cost sorts and hash joins, never a comparison of everybody with everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, text
from sqlalchemy.orm import aliased

from app.core import audit
from app.core.db import db, transaction
from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.paging import Page, page_of
from app.customers import access, name_folding, service
from app.customers.merge_models import DuplicatePair
from app.customers.models import Customer
from app.people.access import Actor, in_own_stores, require_lead

EVIDENCE = {
    "same_name": N_("same name"),
    "similar_name": N_("similar name"),
    "same_number": N_("same number with another country code"),
    "same_address": N_("same address"),
    "similar_address": N_("similar address"),
    "same_birthday": N_("same birthday"),
    "other_birthday": N_("another birthday"),
    "other_gender": N_("another gender"),
}
WEIGHTS = {
    "same_name": 40,
    "similar_name": 25,
    "same_number": 30,
    "same_address": 25,
    "similar_address": 15,
    "same_birthday": 25,
    "other_birthday": -30,
    "other_gender": -20,
}
"""What each observation speaks for or against; from LEAST points on people should look."""
LEAST = 50
CROWD = 30
"""More files than this behind one key are no duplicates: a common name, a block of flats, an office."""
AT_ONCE = 100_000
"""Up to so many files a person may start the search and wait for it; it runs every night anyway."""


def folded_files() -> str:
    name, address = name_folding.folded_name("c.name"), name_folding.folded_address("c.address")
    return f"""
    CREATE TEMP TABLE duplicate_file ON COMMIT DROP AS
    SELECT f.*,
        count(*) OVER (PARTITION BY f.name, f.store_id) AS of_name,
        count(*) OVER (PARTITION BY f.address, f.store_id) AS of_address,
        count(*) OVER (PARTITION BY f.tail) AS of_tail
    FROM (
        SELECT c.id, c.store_id, c.gender, {name} AS name, {address} AS address,
            right(regexp_replace(c.phone, '[^0-9]', '', 'g'), 8) AS tail,
            c.birthday_calendar || '-' || c.birthday_month || '-' || c.birthday_day AS born
        FROM customer c) f"""  # noqa: S608  fixed parts, values are bound


PAIRS = """
    WITH pair AS MATERIALIZED (
        SELECT a.id AS low, b.id AS high
        FROM duplicate_file a JOIN duplicate_file b ON b.name = a.name AND b.address = a.address AND b.id > a.id
        WHERE a.name <> '' AND a.address <> '' AND a.of_name <= :crowd
        UNION
        SELECT a.id, b.id
        FROM duplicate_file a JOIN duplicate_file b ON b.name = a.name AND b.born = a.born AND b.id > a.id
        WHERE a.name <> '' AND a.of_name <= :crowd
        UNION
        SELECT a.id, b.id
        FROM duplicate_file a JOIN duplicate_file b ON b.store_id = a.store_id AND b.name = a.name AND b.id > a.id
        WHERE a.name <> '' AND a.of_name BETWEEN 2 AND :crowd AND a.address <> '' AND b.address <> ''
            AND similarity(a.address, b.address) >= 0.5
        UNION
        SELECT a.id, b.id
        FROM duplicate_file a
            JOIN duplicate_file b ON b.store_id = a.store_id AND b.address = a.address AND b.id > a.id
        WHERE a.address <> '' AND a.of_address BETWEEN 2 AND :crowd AND similarity(a.name, b.name) >= 0.5
        UNION
        SELECT a.id, b.id
        FROM duplicate_file a JOIN duplicate_file b ON b.tail = a.tail AND b.id > a.id
        WHERE length(a.tail) = 8 AND a.of_tail BETWEEN 2 AND :crowd
            AND (similarity(a.name, b.name) >= 0.3 OR (b.address = a.address AND a.address <> ''))
    ), seen AS (
        SELECT pair.low, pair.high,
            a.name = b.name AS same_name,
            similarity(a.name, b.name) >= 0.5 AS similar_name,
            coalesce(a.tail = b.tail, false) AS same_number,
            a.address <> '' AND a.address = b.address AS same_address,
            a.address <> '' AND b.address <> '' AND similarity(a.address, b.address) >= 0.5 AS similar_address,
            coalesce(a.born = b.born, false) AS same_birthday,
            coalesce(a.born <> b.born, false) AS other_birthday,
            coalesce(a.gender <> b.gender, false) AS other_gender
        FROM pair JOIN duplicate_file a ON a.id = pair.low JOIN duplicate_file b ON b.id = pair.high
    ), judged AS (
        SELECT low, high, array_remove(ARRAY[
            CASE WHEN same_name THEN 'same_name' WHEN similar_name THEN 'similar_name' END,
            CASE WHEN same_number THEN 'same_number' END,
            CASE WHEN same_address THEN 'same_address' WHEN similar_address THEN 'similar_address' END,
            CASE WHEN same_birthday THEN 'same_birthday' WHEN other_birthday THEN 'other_birthday' END,
            CASE WHEN other_gender THEN 'other_gender' END], NULL) AS evidence
        FROM seen
    ), scored AS (
        SELECT low, high, evidence, (
            SELECT sum(CAST(CAST(:weights AS jsonb) ->> one AS int)) FROM unnest(evidence) AS one) AS score
        FROM judged
    ), found AS (
        SELECT low, high, to_jsonb(evidence) AS evidence, least(score, 100) AS score FROM scored WHERE score >= :least
    ), written AS (
        INSERT INTO duplicate_pair AS p (low_id, high_id, score, evidence, found_at)
        SELECT low, high, score, evidence, :now FROM found
        ON CONFLICT (low_id, high_id) DO UPDATE SET score = excluded.score, evidence = excluded.evidence
        WHERE p.state = 'open' AND (p.score, p.evidence) IS DISTINCT FROM (excluded.score, excluded.evidence)
        RETURNING 1
    ), outdated AS (
        DELETE FROM duplicate_pair p
        WHERE p.state = 'open' AND NOT EXISTS (SELECT FROM found WHERE low = p.low_id AND high = p.high_id)
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM found), (SELECT count(*) FROM written), (SELECT count(*) FROM outdated)"""


@dataclass(frozen=True)
class Found:
    """`pairs` look alike now, those told apart included; `changed` are new or seen anew, `outdated` no longer alike."""

    pairs: int
    changed: int
    outdated: int


@dataclass(frozen=True)
class Pair:
    """Two files side by side; the older one first, which by default stays."""

    pair: DuplicatePair
    low: Customer
    high: Customer


def refresh(*, now: datetime) -> Found:
    """Look through all files. What a person has told apart stays so. The caller owns the transaction."""
    # Two searches at once would only write the same.
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('duplicates', 0))"))
    db.session.execute(text("DROP TABLE IF EXISTS duplicate_file"))
    db.session.execute(text("SET LOCAL work_mem = '64MB'"))
    db.session.execute(text(folded_files()), name_folding.values())
    db.session.execute(text("ANALYZE duplicate_file"))
    row = db.session.execute(text(PAIRS), {"crowd": CROWD, "least": LEAST, "weights": _json(WEIGHTS), "now": now}).one()
    db.session.execute(text("DROP TABLE duplicate_file"))
    return Found(pairs=row[0], changed=row[1], outdated=row[2])


def find_nightly(*, now: datetime) -> Found:
    """The job of the night."""
    with transaction():
        return refresh(now=now)


def may_search_now() -> bool:
    """Is the company small enough to wait for the search?"""
    few = db.session.scalar(select(func.count()).select_from(select(Customer.id).limit(AT_ONCE + 1).subquery()))
    return int(few or 0) <= AT_ONCE


def page_of_pairs(
    *, actor: Actor, store_id: int | None = None, cursor: str | None = None, limit: int | None = None
) -> Page:
    """Pair rows that nobody has decided about, the likeliest first, of stores the actor leads."""
    low, high = aliased(Customer), aliased(Customer)
    stmt: Any = (
        select(DuplicatePair, low, high)
        .join(low, low.id == DuplicatePair.low_id)
        .join(high, high.id == DuplicatePair.high_id)
        .where(DuplicatePair.state == "open", _is_mine(low, high, actor))
    )
    if store_id is not None:
        stmt = stmt.where(or_(low.store_id == store_id, high.store_id == store_id))
    keys = [DuplicatePair.score.desc(), DuplicatePair.low_id.desc(), DuplicatePair.high_id.desc()]
    page = page_of(stmt, keys=keys, cursor=cursor, limit=limit)
    return Page(rows=[Pair(row[0], row[1], row[2]) for row in page.rows], next_cursor=page.next_cursor)


def count_open(*, actor: Actor, at_most: int = 100) -> int:
    low, high = aliased(Customer), aliased(Customer)
    some = (
        select(DuplicatePair.low_id)
        .join(low, low.id == DuplicatePair.low_id)
        .join(high, high.id == DuplicatePair.high_id)
        .where(DuplicatePair.state == "open", _is_mine(low, high, actor))
        .limit(at_most)
    )
    return int(db.session.scalar(select(func.count()).select_from(some.subquery())) or 0)


def of_customer(customer_id: int, *, actor: Actor) -> Sequence[Pair]:
    """What may be the same person as this one."""
    low, high = aliased(Customer), aliased(Customer)
    rows = db.session.execute(
        select(DuplicatePair, low, high)
        .join(low, low.id == DuplicatePair.low_id)
        .join(high, high.id == DuplicatePair.high_id)
        .where(
            DuplicatePair.state == "open",
            or_(DuplicatePair.low_id == customer_id, DuplicatePair.high_id == customer_id),
            _is_mine(low, high, actor),
        )
        .order_by(DuplicatePair.score.desc())
        .limit(5)
    )
    return [Pair(row[0], row[1], row[2]) for row in rows]


def tell_apart(one_id: int, other_id: int, *, actor: Actor, now: datetime) -> DuplicatePair:
    """They are two people: nobody is asked about them again. Saying so twice changes nothing."""
    if one_id == other_id:
        raise NotFound
    files = [service.get(customer_id, actor=actor, now=now) for customer_id in sorted((one_id, other_id))]
    for customer in files:
        require_lead(actor, customer.store_id)
    key = (files[0].id, files[1].id)
    pair = db.session.get(DuplicatePair, key, with_for_update=True, populate_existing=True)
    if pair is None:
        pair = DuplicatePair(low_id=key[0], high_id=key[1], score=0, evidence=[], state="open", found_at=now)
        db.session.add(pair)
    if pair.state != "different":
        pair.state, pair.decided_at, pair.decided_by_id = "different", now, actor.staff_id
        db.session.flush()
        audit.record(
            access.audit_name(actor),
            action="customer.told_apart",
            subject=("customer", key[0]),
            store_id=files[0].store_id,
            now=now,
            detail={"other_id": key[1], "client": actor.client},
        )
    return pair


def _is_mine(low: Any, high: Any, actor: Actor) -> ColumnElement[bool]:
    return and_(in_own_stores(low.store_id, actor), in_own_stores(high.store_id, actor))


def _json(weights: dict[str, int]) -> str:
    return "{" + ", ".join(f'"{name}": {weight}' for name, weight in weights.items()) + "}"
