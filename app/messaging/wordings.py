"""The wordings in force, read once for many texts; a rehearsal may put a draft in their midst."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core.db import db
from app.core.i18n import Text3
from app.messaging.kinds import Kind
from app.messaging.models import MessageTemplate, Reach


@dataclass(frozen=True)
class DraftWording:
    """A wording that is not published yet."""

    kind: Kind
    task_type: str
    reach: Reach
    texts: Text3
    id: int | None = None


@dataclass(frozen=True)
class _Published:
    id: int | None
    texts: Mapping[str, str]


class WordingBook:
    """Answers what outbound.template_for() answers, without asking the database for each text."""

    def __init__(self, published: Mapping[tuple[str, str, str], _Published], draft: DraftWording | None = None) -> None:
        self._pages: dict[tuple[str, str, str], _Published | DraftWording] = dict(published)
        if draft is not None:
            self._pages[draft.kind.value, draft.task_type, draft.reach.value] = draft

    def find(self, kind: Kind, task_type: str, reach: Reach) -> _Published | DraftWording | None:
        return self._pages.get((kind.value, task_type, reach.value)) or self._pages.get((kind.value, "", reach.value))


def book_in_force(*, draft: DraftWording | None = None) -> WordingBook:
    """Every wording in force, with one statement."""
    key = (MessageTemplate.kind, MessageTemplate.task_type, MessageTemplate.reach)
    rows = db.session.execute(
        select(*key, MessageTemplate.id, MessageTemplate.texts)
        .ext(distinct_on(*key))
        .order_by(*key, MessageTemplate.version.desc())
    )
    return WordingBook({(row.kind, row.task_type, row.reach): _Published(row.id, row.texts) for row in rows}, draft)
