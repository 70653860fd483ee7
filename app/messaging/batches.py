"""Many outbound rows, and the questions they ask, in a handful of statements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.core.db import db
from app.core.live import announce
from app.messaging.kinds import rule_of
from app.messaging.models import QuestionKind
from app.messaging.outbound import Composed, Draft, Recipient, wake_drain
from app.messaging.questions import FIRST_CODE, LAST_CODE, Ask


@dataclass(frozen=True)
class Written:
    """A text that is to be a row: whom it goes to, what it is, what it says."""

    recipient: Recipient
    draft: Draft
    composed: Composed


def write_many(rows: Sequence[Written], *, now: datetime) -> int:
    """Write those whose key is new, with their questions; returns how many. As `outbound.write`, for texts that no
    person sends, that answer none, and whose words were checked by the caller."""
    if not rows:
        return 0
    written = db.session.execute(_WRITE, {"rows": json.dumps([_row(row, now) for row in rows])}).all()
    ids = {row.dedupe_key: row.id for row in written}
    _ask(
        [
            (row.draft.ask, row.recipient.customer_id or 0, ids[row.draft.dedupe_key])
            for row in rows
            if row.draft.ask is not None and row.draft.dedupe_key in ids
        ],
        now=now,
    )
    for store_id in {row.store_id for row in written}:
        announce(f"conversations:{store_id}")
    if written:
        wake_drain()
    return len(written)


_WRITE = text("""
    INSERT INTO message (dedupe_key, kind, customer_id, store_id, task_id, to_phone, zone, locale, body, encoding,
        segments, template_id, priority, is_proactive, is_restricted, speaks_of, not_before, expires_at, created_at)
    SELECT dedupe_key, kind, customer_id, store_id, task_id, to_phone, zone, locale, body, encoding, segments,
        template_id, priority, is_proactive, is_restricted, speaks_of, not_before, expires_at, created_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(dedupe_key text, kind text, customer_id int, store_id int,
        task_id int, to_phone text, zone text, locale text, body text, encoding text, segments smallint,
        template_id int, priority smallint, is_proactive boolean, is_restricted boolean, speaks_of timestamptz,
        not_before timestamptz, expires_at timestamptz, created_at timestamptz)
    ORDER BY dedupe_key
    ON CONFLICT (dedupe_key) DO NOTHING
    RETURNING id, dedupe_key, store_id
""")


def _row(row: Written, now: datetime) -> dict[str, Any]:
    recipient, draft, composed = row.recipient, row.draft, row.composed
    return {
        "dedupe_key": draft.dedupe_key,
        "kind": draft.kind.value,
        "customer_id": recipient.customer_id,
        "store_id": recipient.store_id,
        "task_id": draft.task_id,
        "to_phone": recipient.phone,
        "zone": recipient.zone,
        "locale": recipient.locale,
        "body": composed.body,
        "encoding": composed.size.encoding,
        "segments": composed.size.segments,
        "template_id": composed.template_id,
        "priority": composed.priority,
        "is_proactive": draft.is_proactive or (rule_of(draft.kind).is_proactive and draft.task_id is None),
        "is_restricted": draft.is_restricted,
        "speaks_of": draft.speaks_of.isoformat() if draft.speaks_of else None,
        "not_before": composed.not_before.isoformat(),
        "expires_at": composed.expires_at.isoformat(),
        "created_at": now.isoformat(),
    }


def _ask(wishes: Sequence[tuple[Ask, int, UUID]], *, now: datetime) -> None:
    """Codes as `questions.ask` gives them: the lowest that no other open question of the customer has."""
    if not wishes:
        return
    customers = sorted({customer_id for _wish, customer_id, _message_id in wishes})
    db.session.execute(
        text("""UPDATE question SET closed_at = :now, closed_reason = 'expired'
                WHERE customer_id = ANY(CAST(:customers AS int[])) AND expires_at <= :now
                    AND answered_at IS NULL AND closed_at IS NULL"""),
        {"customers": customers, "now": now},
    )
    db.session.execute(
        text("""
            INSERT INTO question (customer_id, message_id, kind, subject_type, subject_id, options, code, asked_at,
                expires_at)
            SELECT a.customer_id, a.message_id, a.kind, a.subject_type, a.subject_id, a.options,
                CAST(coalesce((
                    SELECT candidate FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS candidate
                    WHERE NOT EXISTS (SELECT FROM question q WHERE q.customer_id = a.customer_id
                        AND q.answered_at IS NULL AND q.closed_at IS NULL AND q.code = candidate::text)
                    ORDER BY candidate OFFSET a.nth LIMIT 1), CAST(:last AS int) + 1) AS text),
                :now, a.expires_at
            FROM (SELECT r.*, row_number() OVER (PARTITION BY customer_id ORDER BY message_id) - 1 AS nth
                FROM jsonb_to_recordset(CAST(:wishes AS jsonb)) AS r(customer_id int, message_id uuid, kind text,
                    subject_type text, subject_id int, options jsonb, expires_at timestamptz)) a
        """),
        {
            "wishes": json.dumps(
                [
                    {
                        "customer_id": customer_id,
                        "message_id": str(message_id),
                        "kind": QuestionKind(wish.kind).value,
                        "subject_type": wish.subject_type,
                        "subject_id": wish.subject_id,
                        "options": wish.options,
                        "expires_at": wish.expires_at.isoformat(),
                    }
                    for wish, customer_id, message_id in wishes
                ]
            ),
            "first": FIRST_CODE,
            "last": LAST_CODE,
            "now": now,
        },
    )
