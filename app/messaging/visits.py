"""Texts that speak about a visit, a delivery or a call: their words and their rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.complaints.recovery import ORIGIN as RECOVERY_ORIGIN
from app.core.db import db
from app.messaging import outbound, page_links, words
from app.messaging.kinds import Kind
from app.messaging.models import WAITING, Inbound, Message, QuestionKind, Reach
from app.messaging.outbound import Draft, Recipient
from app.messaging.policy import DIRECT_ANSWER
from app.messaging.questions import Ask
from app.people import queries as people
from app.tasks.kinds import TaskType
from app.tasks.models import Task

ASKING = frozenset({Kind.BOOKED, Kind.CHANGED, Kind.REMINDER})

_DELIVERS = {
    "bring": {"zh_Hans": "送货上门", "zh_Hant": "送貨上門", "en": "deliver your order"},
    "collect": {"zh_Hans": "上门取件", "zh_Hant": "上門取件", "en": "collect your item"},
    "return": {"zh_Hans": "送还上门", "zh_Hant": "送還上門", "en": "bring your item back"},
}
_DOES = {
    TaskType.HOME_VISIT: {"zh_Hans": "上门拜访", "zh_Hant": "上門拜訪", "en": "visit you"},
    TaskType.CALLBACK: {"zh_Hans": "给您打电话", "zh_Hant": "致電您", "en": "call you"},
}


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A task as its texts see it. `associate` is the name of whoever comes."""

    id: int
    type: str
    status: str
    direction: str | None
    window_start: datetime
    window_end: datetime
    version: int
    associate: str | None = None
    door_code: str | None = None
    started_at: datetime | None = None
    arrived_at: datetime | None = None
    end_recorded_at: datetime | None = None
    endings: int = 0
    # The call that puts a complaint right: complaint_texts.py speaks of it, so no booking and no request for stars.
    is_recovery: bool = False


def visit_of(task: Task, *, associate: str | None) -> Visit:
    return Visit(
        id=task.id,
        type=task.type,
        status=task.status,
        direction=task.direction,
        window_start=task.window_start,
        window_end=task.window_end,
        version=task.version,
        associate=associate,
        door_code=task.door_code,
        started_at=task.started_at,
        arrived_at=task.arrived_at,
        end_recorded_at=task.end_recorded_at,
        endings=task.endings,
        is_recovery=(task.origin_key or "").startswith(RECOVERY_ORIGIN),
    )


def as_visit(task: Task | Visit) -> Visit:
    if isinstance(task, Visit):
        return task
    return visit_of(task, associate=people.staff(task.assignee_id).name if task.assignee_id else None)


def words_for(task: Task | Visit, recipient: Recipient) -> dict[str, str]:
    visit = as_visit(task)
    return {
        "day": words.day(visit.window_start, zone=recipient.shop_zone, locale=recipient.locale),
        "time": words.window(visit.window_start, visit.window_end, zone=recipient.shop_zone),
        "who": words.colleague(visit.associate, locale=recipient.locale),
        "what": what_happens(visit, locale=recipient.locale),
    }


def what_happens(task: Task | Visit, *, locale: str) -> str:
    if task.type == TaskType.DELIVERY:
        return _DELIVERS[task.direction or "bring"][locale]
    return _DOES[TaskType(task.type)][locale]


def visit_draft(
    kind: Kind,
    task: Task | Visit,
    recipient: Recipient,
    *,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    answers_inbound_id: int | None = None,
) -> Draft:
    """A text that names the task's present window; another window or another version of the task is another row."""
    asks = kind in ASKING and recipient.reach is Reach.TWO_WAY
    return Draft(
        kind=kind,
        dedupe_key=f"task:{task.id}:{kind}:{task.window_start.astimezone(UTC):%Y%m%dT%H%M%S}:{task.version}",
        words=words_for(task, recipient),
        task_id=task.id,
        task_type=task.type,
        speaks_of=task.window_start,
        not_before=not_before,
        expires_at=expires_at or task.window_end,
        answers_inbound_id=answers_inbound_id,
        ask=Ask(QuestionKind.CONFIRM, "task", task.id, expires_at=task.window_end) if asks else None,
    )


def replace_waiting(draft: Draft, recipient: Recipient, *, reason: str, now: datetime) -> None:
    """Write the draft and take back waiting rows of its kind about the same task; the same words are left in peace."""
    body, _ = outbound.body_of(recipient, draft, address=page_links.given_out(now))
    same_words = and_(Message.body == body, Message.speaks_of == draft.speaks_of)
    waits = Message.state.in_([state.value for state in WAITING])
    if db.session.scalar(select(Message.id).where(about(draft.task_id, draft.kind), same_words, waits).limit(1)):
        return
    outbound.cancel_waiting(
        and_(about(draft.task_id, draft.kind), Message.dedupe_key != draft.dedupe_key), reason=reason, now=now
    )
    outbound.write(recipient, draft, now=now)


def about(task_id: int | None, *kinds: Kind) -> ColumnElement[bool]:
    return and_(Message.task_id == task_id, Message.kind.in_([kind.value for kind in kinds]))


def fresh_inbound_of(customer_id: int, *, now: datetime) -> int | None:
    """The text that the customer has just sent, if any: what answers it directly may go at any hour."""
    return db.session.scalar(select(fresh_inbound(customer_id, now=now)))


def fresh_inbound(
    customer_id: int | ColumnElement[int] | InstrumentedAttribute[int], *, now: datetime | ColumnElement[datetime]
) -> ScalarSelect[int]:
    """The same inside another statement."""
    return (
        select(Inbound.id)
        .where(Inbound.customer_id == customer_id, Inbound.received_at > now - DIRECT_ANSWER)
        .order_by(Inbound.received_at.desc(), Inbound.id.desc())
        .limit(1)
        .scalar_subquery()
    )
