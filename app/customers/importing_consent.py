"""Consent by the table: the later word stands, a stop is never loosened by a table without a date."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.core.db import db
from app.core.outbox import publish_many
from app.customers.values import Channel, ConsentSource, Scope
from app.events import CustomerOptedIn, CustomerOptedOut
from app.people.import_batch import Batch

KNOWN = """
    LEFT JOIN consent k ON k.phone = r.data ->> 'phone' AND k.channel = 'sms' AND k.scope = 'all'
"""
# A yes without a date is older than every word we know; a no without a date is said now.
_IS_NEWS = """
    r.data ? 'consent' AND (k.id IS NULL OR (k.state <> r.data ->> 'consent' AND (
        CASE WHEN r.data ->> 'consent_at' IS NULL THEN r.data ->> 'consent' = 'out'
             ELSE k.changed_at <= (r.data ->> 'consent_at')::timestamptz END)))
"""
MEANT = f"""
    r.data ->> 'phone' AS phone, CASE WHEN {_IS_NEWS} THEN r.data ->> 'consent' END AS state,
    coalesce((r.data ->> 'consent_at')::timestamptz, CAST(:now AS timestamptz)) AS said_at,
    coalesce(r.data ->> 'consent_text', '') AS words,
    CASE WHEN {_IS_NEWS} THEN jsonb_build_object('consent', r.data ->> 'consent', 'consent_before', k.state) END AS undo
"""
"""What a waiting row `r` with its KNOWN word `k` says about texts; the state is null when that is no news."""

WRITTEN = """
    kept AS (
        INSERT INTO consent (phone, channel, scope, state, changed_at)
        SELECT phone, 'sms', 'all', state, said_at FROM meant ORDER BY phone
        ON CONFLICT (phone, channel, scope) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at
    ), told AS (
        INSERT INTO consent_event (phone, channel, scope, state, source, text, collector_kind, collector_id,
            occurred_at, recorded_at)
        SELECT phone, 'sms', 'all', state, 'import', words || ' (' || :file || ', ' || row || ')', :actor_kind,
            :actor_id, said_at, :now FROM meant ORDER BY row
    )
"""
"""What follows from `meant`, as further parts of the same statement."""

_BATCH = "r.run_id = :run AND r.row BETWEEN :first AND :last AND r.verdict IN ('new', 'changed')"
# The same lock as one word at a time takes, in the order of the numbers: a send that holds one is waited for.
_LOCK = text(f"""
    SELECT pg_advisory_xact_lock(turn) FROM (
        SELECT hashtextextended('consent:' || phone, 0) AS turn
        FROM (SELECT {MEANT} FROM import_row r {KNOWN} WHERE {_BATCH} AND r.did IS NULL) meant
        WHERE state IS NOT NULL ORDER BY turn) turns
""")  # noqa: S608  no text from outside
_TAKE = text(f"""
    WITH said AS (
        SELECT r.row, {MEANT} FROM import_row r {KNOWN}
        WHERE {_BATCH} AND r.did = 'changed' AND NOT coalesce(r.undo ? 'consent', false)
    ), meant AS MATERIALIZED (SELECT * FROM said WHERE state IS NOT NULL), {WRITTEN}
    UPDATE import_row r SET undo = coalesce(r.undo, '{{}}'::jsonb) || meant.undo
    FROM meant WHERE r.run_id = :run AND r.row = meant.row AND r.row BETWEEN :first AND :last
    RETURNING meant.phone, meant.state, meant.said_at
""")  # noqa: S608  no text from outside


def lock(values: Mapping[str, Any]) -> None:
    """Wait for everybody who is just reading or changing a consent that the batch may change."""
    db.session.execute(_LOCK, values)


def take(values: Mapping[str, Any]) -> None:
    """Write down what rows about known customers say about texts, where it is the later word."""
    tell(db.session.execute(_TAKE, values).all())


def tell(rows: Sequence[Any]) -> None:
    """Publish what was written down: rows with a phone, a state, and since when; rows without a state said nothing."""
    publish_many([_told(CustomerOptedOut, row.phone, row.said_at) for row in rows if row.state == "out"])
    publish_many([_told(CustomerOptedIn, row.phone, row.said_at) for row in rows if row.state == "in"])


def _told(
    kind: type[CustomerOptedIn] | type[CustomerOptedOut], phone: str, at: datetime
) -> CustomerOptedIn | CustomerOptedOut:
    return kind(
        phone=phone,
        channel=Channel.SMS.value,
        scope=Scope.ALL.value,
        source=ConsentSource.IMPORT.value,
        occurred_at=at,
    )


# Only a yes is taken back, and only while it still stands: a stop stays whoever brought it.
_GIVEN = """
    SELECT r.data ->> 'phone' AS phone, r.undo ->> 'consent_before' AS before
    FROM import_row r JOIN consent n ON n.phone = r.data ->> 'phone' AND n.channel = 'sms' AND n.scope = 'all'
    WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.undo ->> 'consent' = 'in' AND n.state = 'in'
      AND n.changed_at = coalesce((r.data ->> 'consent_at')::timestamptz, n.changed_at)
      AND (r.did = 'changed' OR r.target_id = ANY(CAST(:gone AS bigint[])))
"""
_TAKE_BACK = text(f"""
    WITH given AS ({_GIVEN}), forgotten AS (
        DELETE FROM consent n USING given g
        WHERE g.before IS NULL AND n.phone = g.phone AND n.channel = 'sms' AND n.scope = 'all'
    ), stopped AS (
        UPDATE consent n SET state = 'out', changed_at = :now FROM given g
        WHERE g.before = 'out' AND n.phone = g.phone AND n.channel = 'sms' AND n.scope = 'all'
    )
    INSERT INTO consent_event (phone, channel, scope, state, source, text, collector_kind, collector_id,
        occurred_at, recorded_at)
    SELECT phone, 'sms', 'all', 'out', 'import', :file || ' (undone)', :actor_kind, :actor_id, :now, :now FROM given
""")  # noqa: S608  no text from outside


def take_back(batch: Batch, *, gone: Collection[int]) -> None:
    """Let the consents of an import that is undone count no more; the proof that they were given stays."""
    values = batch.values | {
        "file": batch.file,
        "gone": sorted(gone),
        "actor_kind": batch.actor.kind,
        "actor_id": batch.actor.id or None,
    }
    db.session.execute(_TAKE_BACK, values)
