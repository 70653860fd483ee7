"""What a made task is about, said anew when it tells more, or less, than when it was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from app.careplans import making
from app.careplans.generating import Plan, all_plans
from app.careplans.making import Part
from app.careplans.manners import MANNERS
from app.careplans.models import Occurrence
from app.careplans.plan_settings import PlanKind
from app.core.db import db
from app.core.i18n import Text3, pick
from app.people.access import Actor
from app.people.models import Store
from app.tasks import service as tasks
from app.tasks.models import Task

LIVE = ("open", "assigned", "active")


def parts_of(lead_id: int) -> list[Part]:
    """What the contact of this occurrence tells, the leading one first."""
    plans = {plan.id: plan for plan in all_plans()}
    rows = db.session.execute(
        text("""SELECT o.id, o.plan_id, o.kind, o.detail FROM occurrence o
                WHERE (o.id = :lead_id OR o.lead_id = :lead_id) AND o.state = 'made' ORDER BY o.id"""),
        {"lead_id": lead_id},
    ).all()
    rows = [row for row in rows if row.plan_id in plans]
    rows.sort(key=lambda row: (row.id != lead_id, MANNERS[PlanKind(row.kind)].rank, row.id))
    return [_part(row, plans) for row in rows]


def _part(row: Any, plans: dict[int, Plan]) -> Part:
    return Part(plans[row.plan_id], PlanKind(row.kind), row.detail)


def retell(lead_id: int, *, before: Sequence[Part], now: datetime) -> None:
    """Let the task of this occurrence name what it tells now; `before`: what it told. What people wrote stays."""
    found = db.session.execute(
        select(Task.id, Task.note, Task.reasons, Store.locale)
        .join(Store, Store.id == Task.store_id)
        .where(
            Task.id == select(Occurrence.task_id).where(Occurrence.id == lead_id).scalar_subquery(),
            Task.status.in_(LIVE),
        )
    ).first()
    parts = parts_of(lead_id)
    if found is None or not parts:
        return
    names = making.names_of([*before, *parts])
    told, telling = making.reasons_of(before, names), making.reasons_of(parts, names)
    reasons = [reason for reason in found.reasons if reason not in told or reason in telling]
    reasons += [reason for reason in telling if reason not in reasons]
    note = _note(found.note, making.words_of_task(before), making.words_of_task(parts), found.locale)
    if (reasons, note) != (list(found.reasons), found.note):
        tasks.retell(found.id, reasons=reasons, note=note, actor=Actor.system("care plans"), now=now)


def _note(note: str, told: Sequence[Text3], telling: Sequence[Text3], locale: str) -> str:
    for words in told:
        if words not in telling:
            note = note.replace(pick(words, locale), "")
    lines = [line for line in note.split("\n") if line.strip()]
    lines += [pick(words, locale) for words in telling if pick(words, locale) not in note]
    return "\n".join(lines)
