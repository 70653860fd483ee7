"""A checklist template with all its versions, for the page that shows what stood when."""

from __future__ import annotations

from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotFound
from app.tasks.models import ChecklistTemplate, ChecklistVersion


def history(template_id: int) -> tuple[ChecklistTemplate, list[ChecklistVersion]]:
    """The template and its versions, the newest first; raises NotFound."""
    template = db.session.get(ChecklistTemplate, template_id)
    if template is None:
        raise NotFound()
    versions = db.session.scalars(
        select(ChecklistVersion)
        .where(ChecklistVersion.template_id == template_id)
        .order_by(ChecklistVersion.number.desc())
    )
    return template, list(versions)
