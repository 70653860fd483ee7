"""Texts about complaints: "we have heard you", and the question whether it is put right.

Deliveries come in any order and may come twice: each handler looks at the case as it stands now, and the dedupe key of
a row makes the second time nothing. Where answers can't reach us the text asks nothing; who phones notes the answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select

from app.complaints.kinds import Source, Stage
from app.complaints.models import Complaint
from app.core.db import db
from app.events import (
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintFact,
    ComplaintOpened,
    ComplaintReopened,
    ComplaintResolved,
)
from app.messaging import outbound, pointless, questions, visits, words
from app.messaging.kinds import Kind
from app.messaging.models import Message, QuestionKind, Reach
from app.messaging.outbound import Draft, Recipient
from app.messaging.questions import Ask
from app.people import queries as people
from app.tasks.models import Task

SUBJECT = "complaint"
ANSWER_WITHIN = timedelta(days=7)
OVER = "complaint settled"


def text_heard(fact: ComplaintOpened, *, now: datetime) -> None:
    _say_heard(fact, key=f"complaint:{fact.complaint_id}:heard", now=now)


def text_heard_again(fact: ComplaintReopened, *, now: datetime) -> None:
    _withdraw_question(fact.complaint_id, reason="opened again", now=now)
    _say_heard(fact, key=f"complaint:{fact.complaint_id}:heard:{fact.reopening}", now=now)


def ask_whether_put_right(fact: ComplaintResolved, *, now: datetime) -> None:
    complaint = _case(fact)
    recipient = _recipient(complaint)
    if complaint.stage != Stage.RESOLVED or complaint.satisfied is not None or recipient is None:
        return
    if complaint.resolved_at != fact.occurred_at:
        # News of an earlier remedy: the present one is asked about by a fact of its own.
        return
    _withdraw(_about(fact.complaint_id, Kind.COMPLAINT_HEARD), now=now)
    asks = recipient.reach is Reach.TWO_WAY
    ask = Ask(QuestionKind.REMEDY, SUBJECT, complaint.id, expires_at=now + ANSWER_WITHIN) if asks else None
    draft = Draft(
        kind=Kind.COMPLAINT_REMEDY,
        dedupe_key=f"complaint:{complaint.id}:remedy:{fact.version}",
        words={"who": _who(complaint, recipient)},
        ask=ask,
    )
    outbound.write(recipient, draft, now=now)


def close_questions(fact: ComplaintAnswered | ComplaintClosed, *, now: datetime) -> None:
    """The customer has answered, here or elsewhere: nothing is left to ask."""
    _withdraw_question(fact.complaint_id, reason=OVER, now=now)


def end_pointless_texts(fact: ComplaintOpened, *, now: datetime) -> None:
    """Take back what would mock who has just complained (R18)."""
    pointless.end_after_complaint(fact.customer_id, now=now)


def _say_heard(fact: ComplaintFact, *, key: str, now: datetime) -> None:
    complaint = _case(fact)
    recipient = _recipient(complaint)
    # Late news is no news: who has been called, or asked about the remedy, knows that he was heard.
    if complaint.stage not in (Stage.OPENED, Stage.ACKNOWLEDGED) or recipient is None:
        return
    by_text = complaint.source == Source.SMS and fact.actor.startswith("customer:")
    draft = Draft(
        kind=Kind.COMPLAINT_HEARD,
        dedupe_key=key,
        words={"who": _who(complaint, recipient)},
        answers_inbound_id=visits.fresh_inbound_of(complaint.customer_id, now=now) if by_text else None,
    )
    outbound.write(recipient, draft, now=now)


def _who(complaint: Complaint, recipient: Recipient) -> str:
    """Who calls: whoever has the recovery call, else "my colleague"."""
    task = db.session.get(Task, complaint.recovery_task_id) if complaint.recovery_task_id else None
    name = people.staff(task.assignee_id).name if task is not None and task.assignee_id else None
    return words.colleague(name, locale=recipient.locale)


def _case(fact: ComplaintFact) -> Complaint:
    return db.session.execute(
        select(Complaint).where(Complaint.id == fact.complaint_id).execution_options(populate_existing=True)
    ).scalar_one()


def _recipient(complaint: Complaint) -> Recipient | None:
    return outbound.recipient_of(complaint.customer_id, store_id=complaint.store_id)


def _withdraw_question(complaint_id: int, *, reason: str, now: datetime) -> None:
    _withdraw(_about(complaint_id, Kind.COMPLAINT_REMEDY), now=now)
    questions.close_about(SUBJECT, complaint_id, kinds=[QuestionKind.REMEDY], reason=reason, now=now)


def _withdraw(condition: ColumnElement[bool], *, now: datetime) -> None:
    outbound.cancel_waiting(condition, reason=OVER, now=now)


def _about(complaint_id: int, kind: Kind) -> ColumnElement[bool]:
    # Dedupe keys are ours and numeric: no wildcard can slip in.
    return and_(Message.kind == kind.value, Message.dedupe_key.like(f"complaint:{complaint_id}:%"))
