"""Reads an ended task as the rules want to see it, with the rules in force at that moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import text

from app.core.db import db
from app.points.rules import ContactRefusal, Ending, Outcome, Rule, RuleKey, RuleSet, SeenItem
from app.tasks import checklists
from app.tasks.kinds import EvidenceKind, Reason, Status, TaskType


@dataclass(frozen=True, kw_only=True)
class Case:
    """All that a handler needs to decide about one ending of one task."""

    store_id: int
    assignee_id: int | None
    status: str
    endings: int
    outcome: Outcome
    rating: int | None
    rule_set: RuleSet | None
    is_acknowledged: bool

    def stands(self, ending: int) -> bool:
        """False once that ending was undone or reopened: its delivery came too late to count."""
        return self.status in _ENDINGS and self.endings == ending


_ENDINGS: Mapping[str, Ending] = {
    Status.COMPLETED: Ending.COMPLETED,
    Status.PARTLY: Ending.PARTLY,
    Status.FAILED: Ending.FAILED,
}
_UNASKED = frozenset({Reason.CARE, Reason.BIRTHDAY, Reason.FESTIVAL, Reason.MILESTONE, Reason.LAPSED, Reason.PROMOTION})
"""Reasons for which we knock on our own account; the rest answers something the customer did."""

_LOCK = text("SELECT 1 FROM task WHERE id = :task_id FOR NO KEY UPDATE")

_READ = text("""
    SELECT t.type, t.reason, t.status, t.customer_id, t.store_id, t.assignee_id, t.parent_id, t.origin_key,
           t.window_end, t.expected_minutes, t.started_at, t.arrived_at, t.ended_at, t.rating, s.zone,
           v.items, a.answers, e.photos, e.door_codes, e.signatures,
           t.endings,
           EXISTS (SELECT 1 FROM task_line l JOIN product p ON p.id = l.product_id
                   WHERE l.task_id = t.id AND p.is_restricted) AS has_restricted,
           r.id AS rule_set_id, r.version, r.rules, k.acknowledged_at
    FROM task t
    JOIN store s ON s.id = t.store_id
    JOIN checklist_version v ON v.id = t.checklist_version_id
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(item_key, value) AS answers FROM task_answer WHERE task_id = t.id
    ) a ON true
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE kind = :photo) AS photos, count(*) FILTER (WHERE kind = :door_code) AS door_codes,
               count(*) FILTER (WHERE kind = :signature) AS signatures
        FROM evidence WHERE task_id = t.id
    ) e ON true
    LEFT JOIN LATERAL (
        SELECT rs.id, rs.version,
               (SELECT jsonb_object_agg(key, jsonb_build_object('amount', amount, 'params', params))
                FROM points_rule WHERE rule_set_id = rs.id) AS rules
        FROM points_rule_set rs WHERE rs.valid_from <= :at ORDER BY rs.valid_from DESC, rs.version DESC LIMIT 1
    ) r ON true
    LEFT JOIN points_acknowledgement k
        ON k.rule_set_id = r.id AND k.staff_id = :associate_id AND k.acknowledged_at <= :at
    WHERE t.id = :task_id
""")

_REFUSALS = text("""
    SELECT EXISTS (
               SELECT 1 FROM customer c JOIN consent n ON n.phone = c.phone
               WHERE c.id = :customer_id AND n.channel = 'call' AND n.scope = 'all' AND n.state = 'out'
                 AND n.changed_at <= :there_at) AS opted_out,
           EXISTS (
               SELECT 1 FROM task o
               WHERE o.customer_id = :customer_id AND o.id <> :task_id AND o.type = :type AND o.reason = :reason
                 AND o.status = 'completed' AND o.ended_at < :ended_at
                 AND o.window_start > CAST(:ended_at AS timestamptz) - interval '8 days'
                 AND timezone(:zone, o.ended_at)::date = timezone(:zone, CAST(:ended_at AS timestamptz))::date
           ) AS duplicate,
           EXISTS (
               SELECT 1 FROM customer c JOIN contact_booking b ON b.household_id = c.household_id
               WHERE c.id = :customer_id AND b.state = 'recorded' AND b.day <= :day AND b.day + b.gap_days > :day
                 AND NOT b.origin_key = ANY(:own_keys)
           ) AND NOT EXISTS (
               SELECT 1 FROM contact_booking b WHERE b.origin_key = ANY(:own_keys) AND b.state <> 'released'
           ) AS over_cap
""")


def read_case(task_id: int, *, associate_id: int | None, at: datetime) -> Case:
    """The case as it stands now.

    The task stays locked until the handler's transaction ends: a reopening then comes either before this reading, which
    sees it, or after the posting, which its own delivery takes back.
    """
    db.session.execute(_LOCK, {"task_id": task_id})
    row = db.session.execute(
        _READ,
        {
            "task_id": task_id,
            "associate_id": associate_id,
            "at": at,
            "photo": EvidenceKind.PHOTO.value,
            "door_code": EvidenceKind.DOOR_CODE.value,
            "signature": EvidenceKind.SIGNATURE.value,
        },
    ).one()
    ended_at = row.ended_at or at
    there_at = _there_at(row, ended_at)
    outcome = Outcome(
        task_type=row.type,
        ending=_ENDINGS.get(row.status, Ending.FAILED),
        window_end=row.window_end,
        there_at=there_at,
        items=_items(row.items, row.answers or {}),
        photos=row.photos,
        has_door_code=row.door_codes > 0,
        has_signature=row.signatures > 0,
        rating=row.rating,
        sells_restricted=row.has_restricted and (row.type != TaskType.DELIVERY or row.reason == Reason.PROMOTION),
        contact_refusal=_refusal(task_id, row, there_at=there_at, ended_at=ended_at),
    )
    return Case(
        store_id=row.store_id,
        assignee_id=row.assignee_id,
        status=row.status,
        endings=row.endings,
        outcome=outcome,
        rating=row.rating,
        rule_set=_rule_set(row),
        is_acknowledged=row.acknowledged_at is not None,
    )


def _there_at(row: Any, ended_at: datetime) -> datetime:
    """The call, or the arrival; who forgot to note it is taken to have been there for the usual time before the end."""
    if row.type == TaskType.CALLBACK:
        return cast(datetime, row.started_at or ended_at)
    usual = ended_at - timedelta(minutes=row.expected_minutes)
    return cast(datetime, row.arrived_at or max(usual, row.started_at or usual))


def _items(raw: Sequence[Mapping[str, Any]], answers: Mapping[str, Any]) -> tuple[SeenItem, ...]:
    return tuple(
        SeenItem(
            key=state.item.key,
            heart=state.item.heart,
            kind=state.item.kind.value,
            required=state.required,
            answered=state.answered,
        )
        for state in checklists.evaluate(checklists.parse(raw), answers)
        if state.visible
    )


def _rule_set(row: Any) -> RuleSet | None:
    if row.rule_set_id is None:
        return None
    rules = {RuleKey(key): Rule(amount=rule["amount"], params=rule["params"]) for key, rule in row.rules.items()}
    return RuleSet(id=row.rule_set_id, version=row.version, rules=rules)


def _refusal(task_id: int, row: Any, *, there_at: datetime, ended_at: datetime) -> ContactRefusal | None:
    """Was this a contact that should not have been made? Only asked of contacts made on our own account."""
    if row.reason not in _UNASKED or row.type == TaskType.DELIVERY or row.parent_id is not None:
        return None
    found = db.session.execute(
        _REFUSALS,
        {
            "task_id": task_id,
            "customer_id": row.customer_id,
            "type": row.type,
            "reason": row.reason,
            "there_at": there_at,
            "ended_at": ended_at,
            "zone": row.zone,
            "day": there_at.astimezone(ZoneInfo(row.zone)).date(),
            "own_keys": [f"task:{task_id}", row.origin_key or f"task:{task_id}"],
        },
    ).one()
    if found.opted_out and row.type == TaskType.CALLBACK:
        return ContactRefusal.OPTED_OUT
    if found.duplicate:
        return ContactRefusal.DUPLICATE
    return ContactRefusal.OVER_CAP if found.over_cap else None
