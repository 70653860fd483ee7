"""What becomes of an occurrence when its text was sent, or ended unsent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import text

from app.careplans import ending
from app.careplans.ending import Ending
from app.careplans.reasons import OccurrenceState, WhyNot
from app.careplans.touch_keys import occurrence_of
from app.core.db import db
from app.core.outbox import together
from app.customers import contacts
from app.events import TouchEnded
from app.purchases import stock

SENT, MAYBE_SENT = "sent", "needs_attention"

REASONS: Mapping[str, WhyNot] = {
    "ordered": WhyNot.ORDERED,
    "answered": WhyNot.ANSWERED,
    "complained": WhyNot.COMPLAINED,
    "opted_out": WhyNot.STOPPED,
    "unreachable": WhyNot.UNREACHABLE,
    "too_late": WhyNot.TOO_LATE,
    "switched_off": WhyNot.PLAN_SWITCHED_OFF,
    "restricted": WhyNot.RESTRICTED,
    "country": WhyNot.COUNTRY,
}


@together()
def settle_texts(facts: Sequence[TouchEnded], *, now: datetime) -> None:
    """Sent is done. What ended unsent gives its slot and its goods back, and keeps the reason."""
    contacts.hold_all(contacts.customers_behind([fact.origin_key for fact in facts]))
    for fact in facts:
        if fact.outcome == MAYBE_SENT:
            # Nobody knows: it may have been read, so it counts as a contact.
            contacts.record_now(fact.origin_key, now=now)
    _done([fact for fact in facts if fact.outcome in (SENT, MAYBE_SENT)], now=now)
    for fact in facts:
        if fact.outcome not in (SENT, MAYBE_SENT):
            _ended(fact, now=now)


def _ended(fact: TouchEnded, *, now: datetime) -> None:
    contacts.release(fact.origin_key, reason=fact.why or "not_sent", now=now)
    stock.release(fact.origin_key, now=now)
    row = occurrence_of(fact.origin_key)
    if row is None or row.state != OccurrenceState.MADE or row.task_id is not None:
        return
    _note(row.id, outcome=fact.outcome, words=fact.reason)
    ending.settle([Ending(row.id, OccurrenceState.ENDED, REASONS.get(fact.why, WhyNot.NOT_SENT))], now=now)


def _done(facts: Sequence[TouchEnded], *, now: datetime) -> None:
    """Also what was told along. A text that had failed may have been sent again by hand."""
    if facts:
        outcomes = {fact.origin_key: fact.outcome for fact in facts}
        db.session.execute(_DONE, {"keys": list(outcomes), "outcomes": list(outcomes.values()), "now": now})


_DONE = text("""
    WITH told AS (
        SELECT o.id, x.outcome
        FROM unnest(CAST(:keys AS text[]), CAST(:outcomes AS text[])) AS x(key, outcome)
        JOIN occurrence o ON o.origin_key = x.key
        WHERE o.task_id IS NULL AND (o.state = 'made' OR (o.state = 'ended' AND o.reason = 'not_sent'))
        ORDER BY o.id FOR UPDATE OF o
    ), along AS (
        UPDATE occurrence o SET state = 'done', reason = NULL, decided_at = :now
        FROM told WHERE o.lead_id = told.id AND o.state = 'made'
    )
    UPDATE occurrence o SET state = 'done', reason = NULL, decided_at = :now,
        detail = o.detail || jsonb_build_object('text', told.outcome)
    FROM told WHERE o.id = told.id
""")


def _note(occurrence_id: int, *, outcome: str, words: str) -> None:
    told = {"text": outcome} | ({"text_reason": words} if words else {})
    db.session.execute(
        text("UPDATE occurrence SET detail = detail || CAST(:told AS jsonb) WHERE id = :id"),
        {"id": occurrence_id, "told": json.dumps(told)},
    )
