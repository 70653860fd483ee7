"""Reads an ended task as the rules want to see it, with the rules in force at that moment."""

from __future__ import annotations

import json
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

_LOCK = text("SELECT 1 FROM task WHERE id = ANY(CAST(:task_ids AS int[])) ORDER BY id FOR NO KEY UPDATE")

_READ = text("""
    SELECT t.id AS task_id, t.type, t.reason, t.status, t.customer_id, t.store_id, t.assignee_id, t.parent_id,
           t.origin_key,
           t.window_end, t.expected_minutes, t.started_at, t.arrived_at, t.ended_at, t.rating, s.zone,
           v.items, a.answers, e.photos, e.door_codes, e.signatures,
           t.endings,
           EXISTS (SELECT 1 FROM task_line l JOIN product p ON p.id = l.product_id
                   WHERE l.task_id = t.id AND p.is_restricted) AS has_restricted,
           r.id AS rule_set_id, r.version, r.rules, k.acknowledged_at
    FROM unnest(CAST(:task_ids AS int[]), CAST(:associates AS int[]), CAST(:ats AS timestamptz[]))
        AS asked(task_id, associate_id, at)
    JOIN task t ON t.id = asked.task_id
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
        FROM points_rule_set rs WHERE rs.valid_from <= asked.at ORDER BY rs.valid_from DESC, rs.version DESC LIMIT 1
    ) r ON true
    LEFT JOIN points_acknowledgement k
        ON k.rule_set_id = r.id AND k.staff_id = asked.associate_id AND k.acknowledged_at <= asked.at
""")

_REFUSALS = text("""
    SELECT x.task_id,
           EXISTS (
               SELECT 1 FROM customer c JOIN consent n ON n.phone = c.phone
               WHERE c.id = x.customer_id AND n.channel = 'call' AND n.scope = 'all' AND n.state = 'out'
                 AND n.changed_at <= x.there_at) AS opted_out,
           EXISTS (
               SELECT 1 FROM task o
               WHERE o.customer_id = x.customer_id AND o.id <> x.task_id AND o.type = x.type AND o.reason = x.reason
                 AND o.status = 'completed' AND o.ended_at < x.ended_at
                 AND o.window_start > x.ended_at - interval '8 days'
                 AND timezone(x.zone, o.ended_at)::date = timezone(x.zone, x.ended_at)::date
           ) AS duplicate,
           EXISTS (
               SELECT 1 FROM customer c JOIN contact_booking b ON b.household_id = c.household_id
               WHERE c.id = x.customer_id AND b.state = 'recorded' AND b.day <= x.day AND b.day + b.gap_days > x.day
                 AND b.origin_key NOT IN (x.own_key, x.key)
           ) AND NOT EXISTS (
               SELECT 1 FROM contact_booking b WHERE b.origin_key IN (x.own_key, x.key) AND b.state <> 'released'
           ) AS over_cap
    FROM jsonb_to_recordset(CAST(:contacts AS jsonb)) AS x(task_id int, customer_id int, type text, reason text,
        there_at timestamptz, ended_at timestamptz, zone text, day date, own_key text, key text)
""")


@dataclass(frozen=True)
class Asked:
    """Which ending of which task, and at what moment and for whom the rules are asked."""

    task_id: int
    associate_id: int | None
    at: datetime


def read_case(task_id: int, *, associate_id: int | None, at: datetime) -> Case:
    """As `read_cases`, for one."""
    return read_cases([Asked(task_id, associate_id, at)])[task_id]


def read_cases(asked: Sequence[Asked]) -> dict[int, Case]:
    """The cases as they stand now, by task.

    The tasks stay locked until the handler's transaction ends: a reopening then comes either before this reading, which
    sees it, or after the posting, which its own delivery takes back.
    """
    task_ids = [one.task_id for one in asked]
    db.session.execute(_LOCK, {"task_ids": task_ids})
    rows = db.session.execute(
        _READ,
        {
            "task_ids": task_ids,
            "associates": [one.associate_id for one in asked],
            "ats": [one.at for one in asked],
            "photo": EvidenceKind.PHOTO.value,
            "door_code": EvidenceKind.DOOR_CODE.value,
            "signature": EvidenceKind.SIGNATURE.value,
        },
    ).all()
    asked_at = {one.task_id: one.at for one in asked}
    ends = [(row, row.ended_at or asked_at[row.task_id]) for row in rows]
    seen = [(row, ended_at, _there_at(row, ended_at)) for row, ended_at in ends]
    refusals = _refusals(seen)
    return {row.task_id: _case(row, there_at, refusals.get(row.task_id)) for row, _ended_at, there_at in seen}


def _case(row: Any, there_at: datetime, refusal: ContactRefusal | None) -> Case:
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
        contact_refusal=refusal,
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


def _refusals(seen: Sequence[tuple[Any, datetime, datetime]]) -> dict[int, ContactRefusal]:
    """Which of these were contacts that should not have been made? Only asked of those made on our own account."""
    unasked = [one for one in seen if _is_unasked(one[0])]
    if not unasked:
        return {}
    contacts = [
        {
            "task_id": row.task_id,
            "customer_id": row.customer_id,
            "type": row.type,
            "reason": row.reason,
            "there_at": there_at.isoformat(),
            "ended_at": ended_at.isoformat(),
            "zone": row.zone,
            "day": there_at.astimezone(ZoneInfo(row.zone)).date().isoformat(),
            "own_key": f"task:{row.task_id}",
            "key": row.origin_key or f"task:{row.task_id}",
        }
        for row, ended_at, there_at in unasked
    ]
    type_of = {row.task_id: row.type for row, _ended_at, _there_at in unasked}
    found = db.session.execute(_REFUSALS, {"contacts": json.dumps(contacts)})
    judged = {row.task_id: _judged(row, type_of[row.task_id]) for row in found}
    return {task_id: refusal for task_id, refusal in judged.items() if refusal is not None}


def _is_unasked(row: Any) -> bool:
    return row.reason in _UNASKED and row.type != TaskType.DELIVERY and row.parent_id is None


def _judged(found: Any, task_type: str) -> ContactRefusal | None:
    if found.opted_out and task_type == TaskType.CALLBACK:
        return ContactRefusal.OPTED_OUT
    if found.duplicate:
        return ContactRefusal.DUPLICATE
    return ContactRefusal.OVER_CAP if found.over_cap else None
