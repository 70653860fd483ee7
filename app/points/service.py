"""Publishing rules and noting who has read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import selectinload

from app.core.audit import record
from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import LOCALES, N_, Text3
from app.core.live import announce
from app.people.access import Actor
from app.points import content, queries
from app.points.errors import NoSuchRules, RulesSuperseded
from app.points.models import PointsAcknowledgement, PointsRule, PointsRuleSet
from app.points.rules import RuleKey, mistakes_in

QUESTIONS = ("what", "why", "reward", "penalty")
MAX_TEXT = 2000
MAX_ID = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class RuleChange:
    """What the next version says differently about one rule; None keeps what the version before says."""

    key: RuleKey
    amount: int | None = None
    params: Mapping[str, int] | None = None
    texts: Mapping[str, Text3] = field(default_factory=dict)


def ship_rules(now: datetime) -> PointsRuleSet:
    """Publish the product's own version 1 unless the company has rules already."""
    _one_publisher_at_a_time()
    first = db.session.scalars(select(PointsRuleSet).order_by(PointsRuleSet.version).limit(1)).first()
    if first is not None:
        return first
    rules = [
        {
            "key": rule.key,
            "amount": rule.amount,
            "params": rule.params,
            "what": rule.what,
            "why": rule.why,
            "reward": rule.reward,
            "penalty": rule.penalty,
        }
        for rule in content.VERSION_1
    ]
    return _publish(rules, version=1, summary=content.SUMMARY, valid_from=now, published_by=None, now=now)


def publish(
    changes: Sequence[RuleChange], *, summary: Text3, valid_from: datetime | None, actor: Actor, now: datetime
) -> PointsRuleSet:
    """Publish the next version: the last one with these changes, valid from now or later, never earlier."""
    _one_publisher_at_a_time()
    latest = db.session.scalars(
        select(PointsRuleSet).options(selectinload(PointsRuleSet.rules)).order_by(PointsRuleSet.version.desc()).limit(1)
    ).first()
    if latest is None:
        latest = ship_rules(now)
    starts = valid_from or max(now, latest.valid_from)
    _check(changes, summary=summary, starts=starts, latest=latest, now=now)
    by_key = {change.key: change for change in changes}
    rules = [_changed(rule, by_key.get(RuleKey(rule.key))) for rule in latest.rules]
    published = _publish(
        rules,
        version=latest.version + 1,
        summary=dict(summary),
        valid_from=starts,
        published_by=actor.staff_id,
        now=now,
    )
    record(
        actor.staff_id,
        action="points.rules.publish",
        subject=("points_rule_set", published.id),
        detail={"version": published.version, "changed": sorted(by_key)},
        now=now,
    )
    return published


def acknowledge(rule_set_id: int, *, actor: Actor, now: datetime) -> datetime:
    """Note that the actor has read this version; the first time counts. Returns that time."""
    rule_set = db.session.get(PointsRuleSet, rule_set_id) if rule_set_id <= MAX_ID else None
    if rule_set is None:
        raise NoSuchRules()
    in_force = queries.rules_in_force(now)
    if in_force is not None and rule_set.version < in_force.version:
        raise RulesSuperseded(version=rule_set.version)
    db.session.execute(
        upsert(PointsAcknowledgement)
        .values(rule_set_id=rule_set_id, staff_id=actor.id, acknowledged_at=now)
        .on_conflict_do_nothing()
    )
    announce(f"staff:{actor.id}")
    stmt = select(PointsAcknowledgement.acknowledged_at).where(
        PointsAcknowledgement.rule_set_id == rule_set_id, PointsAcknowledgement.staff_id == actor.id
    )
    return db.session.scalars(stmt).one()


def _one_publisher_at_a_time() -> None:
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('points.publish'))"))


def _publish(
    rules: Sequence[Mapping[str, Any]],
    *,
    version: int,
    summary: Text3,
    valid_from: datetime,
    published_by: int | None,
    now: datetime,
) -> PointsRuleSet:
    rule_set = PointsRuleSet(
        version=version, summary=summary, published_at=now, valid_from=valid_from, published_by=published_by
    )
    db.session.add(rule_set)
    db.session.flush()
    db.session.execute(
        insert(PointsRule),
        [{**rule, "rule_set_id": rule_set.id, "position": position} for position, rule in enumerate(rules, start=1)],
    )
    db.session.refresh(rule_set, ["rules"])
    return rule_set


def _changed(rule: PointsRule, change: RuleChange | None) -> dict[str, Any]:
    kept: dict[str, Any] = {"key": rule.key, "amount": rule.amount, "params": rule.params, **rule.four_questions}
    if change is None:
        return kept
    if change.amount is not None:
        kept["amount"] = change.amount
    if change.params is not None:
        kept["params"] = {**rule.params, **change.params}
    return {**kept, **{question: dict(words) for question, words in change.texts.items()}}


def _check(
    changes: Sequence[RuleChange], *, summary: Text3, starts: datetime, latest: PointsRuleSet, now: datetime
) -> None:
    errors: dict[str, list[str]] = {}
    if starts < now:
        errors["valid_from"] = [N_("Rules are never retroactive: choose a time from now on.")]
    elif starts < latest.valid_from:
        errors["valid_from"] = [N_("The version before this one starts later.")]
    if not _is_complete(summary):
        errors["summary"] = [N_("Needs a text in all three languages.")]
    present = {rule.key: rule for rule in latest.rules}
    seen: set[RuleKey] = set()
    for index, change in enumerate(changes):
        if change.key in seen:
            errors[f"rules.{index}.key"] = [N_("This rule stands here twice.")]
        seen.add(change.key)
        rule = _changed(present[change.key], change)
        for path, messages in mistakes_in(change.key, rule["amount"], rule["params"]).items():
            errors[f"rules.{index}.{path}"] = messages
        for question, words in change.texts.items():
            if question not in QUESTIONS or not _is_complete(words):
                errors[f"rules.{index}.{question}"] = [N_("Needs a text in all three languages.")]
    if errors:
        raise Invalid(errors=errors)


def _is_complete(words: Mapping[str, str]) -> bool:
    return set(words) == set(LOCALES) and all(
        isinstance(words[locale], str) and words[locale].strip() and len(words[locale]) <= MAX_TEXT
        for locale in LOCALES
    )
