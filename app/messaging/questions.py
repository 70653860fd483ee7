"""Open questions: what was asked of whom. An answer is matched against these and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, insert, select, text, update
from sqlalchemy.orm.util import identity_key

from app.core.db import db
from app.messaging.models import ASKED, Message, Question, QuestionKind

FIRST_CODE, LAST_CODE = 11, 99


@dataclass(frozen=True)
class Ask:
    """The wish to store a question with a text."""

    kind: QuestionKind
    subject_type: str
    subject_id: int
    expires_at: datetime
    options: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Open:
    """An open question and what its text spoke of."""

    question: Question
    message: Message


def ask(wish: Ask, *, customer_id: int, message_id: UUID, now: datetime) -> int:
    """Store a question under a two-digit code that no other open question of this customer has."""
    _close(and_(Question.customer_id == customer_id, Question.expires_at <= now), reason="expired", now=now)
    code = db.session.scalar(
        text("""SELECT min(candidate) FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS candidate
                WHERE NOT EXISTS (SELECT 1 FROM question WHERE customer_id = :customer_id AND answered_at IS NULL
                                  AND closed_at IS NULL AND code = candidate::text)"""),
        {"customer_id": customer_id, "first": FIRST_CODE, "last": LAST_CODE},
    )
    question_id: int | None = db.session.scalar(
        insert(Question)
        .values(
            customer_id=customer_id,
            message_id=message_id,
            kind=wish.kind.value,
            subject_type=wish.subject_type,
            subject_id=wish.subject_id,
            options=wish.options,
            code=str(code or LAST_CODE + 1),
            asked_at=now,
            expires_at=wish.expires_at,
        )
        .returning(Question.id)
    )
    assert question_id is not None
    return question_id


def open_of(customer_id: int, *, now: datetime) -> list[Open]:
    """The questions that the customer can have read and that still wait, newest first, one per matter."""
    rows = db.session.execute(_open_stmt(), {"customer": customer_id, "moment": now}).all()
    seen: set[tuple[str, str, int]] = set()
    newest = []
    for question, message in rows:
        matter = (question.kind, question.subject_type, question.subject_id)
        if matter not in seen:
            seen.add(matter)
            newest.append(Open(question=question, message=message))
    return newest


@cache
def _open_stmt() -> Any:
    """Put together once: that costs more than running it."""
    return (
        select(Question, Message)
        .join(Message, Message.id == Question.message_id)
        .where(
            Question.customer_id == bindparam("customer"),
            _is_open(),
            Question.expires_at > bindparam("moment"),
            Message.state.in_([state.value for state in ASKED]),
        )
        .order_by(Message.submitted_at.desc().nulls_first(), Question.id.desc())
        .with_for_update(of=Question)
        .execution_options(populate_existing=True)
    )


def answer(question: Question, *, with_text: str, inbound_id: int | None, now: datetime) -> None:
    """Mark it answered, and close its twins about the same matter that were asked already (a reminder repeats)."""
    closed = db.session.scalars(
        _ANSWER,
        {
            "id": question.id,
            "customer_id": question.customer_id,
            "kind": question.kind,
            "subject_type": question.subject_type,
            "subject_id": question.subject_id,
            "answer": with_text[:200],
            "inbound_id": inbound_id,
            "asked": [state.value for state in ASKED],
            "now": now,
        },
    ).all()
    known = db.session().identity_map
    for twin in (known.get(identity_key(Question, number)) for number in (question.id, *closed)):
        if twin is not None:
            db.session.expire(twin)


# Text, because each answer passes here.
_ANSWER = text("""
    WITH answered AS (
        UPDATE question SET answered_at = :now, answer = :answer, answer_inbound_id = :inbound_id
        WHERE id = :id AND answered_at IS NULL AND closed_at IS NULL
    )
    UPDATE question q SET closed_at = :now, closed_reason = 'answered elsewhere'
    FROM message m
    WHERE q.id <> :id AND q.customer_id = :customer_id AND q.kind = :kind AND q.subject_type = :subject_type
        AND q.subject_id = :subject_id AND q.answered_at IS NULL AND q.closed_at IS NULL
        AND m.id = q.message_id AND m.state = ANY(CAST(:asked AS text[]))
    RETURNING q.id
""")


def open_about(subject_type: str, subject_ids: Collection[int]) -> set[int]:
    """About which of these something is asked and not answered."""
    about = and_(Question.subject_type == subject_type, Question.subject_id.in_(subject_ids))
    return set(db.session.scalars(select(Question.subject_id).where(about, _is_open())))


def close_about(
    subject_type: str, subject_id: int, *, kinds: Collection[QuestionKind], reason: str, now: datetime
) -> None:
    _close(
        and_(
            Question.subject_type == subject_type,
            Question.subject_id == subject_id,
            Question.kind.in_([kind.value for kind in kinds]),
        ),
        reason=reason,
        now=now,
    )


def close_of_messages(message_ids: Sequence[UUID], *, reason: str, now: datetime) -> None:
    if message_ids:
        _close(Question.message_id.in_(message_ids), reason=reason, now=now)


def close_expired(*, now: datetime) -> int:
    return _close(Question.expires_at <= now, reason="expired", now=now)


def _close(condition: ColumnElement[bool], *, reason: str, now: datetime) -> int:
    result = db.session.execute(
        update(Question)
        .where(condition, _is_open())
        .values(closed_at=now, closed_reason=reason)
        .execution_options(synchronize_session="fetch")
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def _is_open() -> ColumnElement[bool]:
    return and_(Question.answered_at.is_(None), Question.closed_at.is_(None))
