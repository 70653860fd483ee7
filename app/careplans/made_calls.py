"""What the night's booking lets a call tell that was made before: the task names it too, so the associate who has not
begun it asks about both."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from app.careplans import retelling
from app.core.db import db


def tell_along(*, now: datetime) -> int:
    """After booking.plan_and_book, in the same transaction; returns how many calls tell more now."""
    found = db.session.execute(
        text("""SELECT o.id, o.task_id, array_agg(t.id) AS along FROM touch t JOIN occurrence o ON o.id = t.lead_id
                WHERE t.state = 'merged' AND o.state = 'made' AND o.task_id IS NOT NULL
                GROUP BY o.id ORDER BY o.id""")
    ).all()
    for lead in found:
        before = retelling.parts_of(lead.id)
        db.session.execute(
            text("UPDATE occurrence SET state = 'made', task_id = :task_id WHERE id = ANY(CAST(:ids AS bigint[]))"),
            {"task_id": lead.task_id, "ids": lead.along},
        )
        retelling.retell(lead.id, before=before, now=now)
    return len(found)
