"""What is to become of the rows of one claim: policy is asked about each, and what goes unasked takes a slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.core.db import db
from app.core.live import announce
from app.customers import contacts
from app.customers.contacts import Touch
from app.customers.values import ContactKind
from app.messaging import outbound, policy
from app.messaging.countries import country_for, read_again
from app.messaging.drain_sql import HOLD
from app.messaging.kinds import Kind, rule_of
from app.messaging.models import Message, State

CONTACT_KINDS = {Kind.CARE.value: ContactKind.CADENCE, Kind.PROMOTION.value: ContactKind.PROMOTION}
"""What a text counts as in the contact ledger when nobody has booked it there."""


def judge(rows: Sequence[Any], moment: datetime) -> list[tuple[Any, policy.Verdict]]:
    """What is to become of each claimed row. What would go unasked takes its household's slot of today, or waits."""
    if rows:
        read_again()
    judged = [(row, facts := _facts(row), policy.decide(facts, moment)) for row in rows]
    touches = [
        Touch(row.dedupe_key, row.customer_id, CONTACT_KINDS.get(row.kind, ContactKind.PERSONAL))
        for row, facts, verdict in judged
        if facts.is_proactive and isinstance(verdict, policy.Send)
    ]
    free_from = contacts.take_today(touches, now=moment) if touches else {}
    return [
        (row, policy.decide(replace(facts, budget_free_at=free_from[row.dedupe_key]), moment))
        if row.dedupe_key in free_from
        else (row, verdict)
        for row, facts, verdict in judged
    ]


def _facts(row: Any) -> policy.Facts:
    return policy.Facts(
        rule=rule_of(row.kind),
        country=country_for(row.to_phone),
        zone=row.zone,
        expires_at=row.expires_at,
        refused_scopes=row.refused_scopes,
        answers_inbound_at=row.answers_inbound_at,
        task_status=row.task_status,
        task_window_start=row.task_window_start,
        speaks_of_window_start=row.speaks_of,
        is_paused=row.is_paused,
        number_is_bad=row.number_is_bad,
        is_proactive=row.is_proactive and row.customer_id is not None,
        is_restricted=row.is_restricted,
        has_open_complaint=row.has_open_complaint,
        has_open_reaction=row.has_open_reaction,
    )


def settle(row: Any, owner: str, verdict: policy.Verdict, moment: datetime) -> None:
    """Write down why a claimed row does not go now, or never."""
    match verdict:
        case policy.Hold(reason=reason, until=until):
            db.session.execute(HOLD, {"id": row.id, "owner": owner, "reason": reason, "until": until})
        case policy.Suppress(reason=reason):
            _end(row, State.SUPPRESSED, reason, moment)
        case policy.Expire(reason=reason):
            _end(row, State.EXPIRED, reason, moment)
        case policy.Cancel(reason=reason):
            _end(row, State.CANCELED, reason, moment)
        case policy.Send():
            return
    announce(f"conversations:{row.store_id}")


def _end(row: Any, state: State, reason: str, moment: datetime) -> None:
    outbound.end_waiting(Message.id == row.id, state=state, reason=reason, now=moment)
