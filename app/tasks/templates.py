"""Checklist templates: each change is a new version; tasks keep the version they were made with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import LOCALES, N_, Text3
from app.people.access import Actor
from app.tasks.checklists import check_template, digest_of
from app.tasks.content import SHIPPED
from app.tasks.models import ChecklistTemplate, ChecklistVersion


def publish(
    *, task_type: str, reason: str, name: Text3, items: Sequence[Mapping[str, Any]], actor: Actor, now: datetime
) -> ChecklistVersion:
    """Publish the next version for this type and reason; the same content again is the version that stands."""
    check_template(items)
    if not all(name.get(locale) for locale in LOCALES):
        raise Invalid(errors={"name": [N_("Needs a text in all three languages.")]})
    template = _locked_template(task_type, reason, name=name, now=now)
    template.name = dict(name)
    current = current_version(template)
    digest = digest_of(items)
    if current is not None and current.digest == digest:
        return current
    version = ChecklistVersion(
        template_id=template.id,
        number=1 if current is None else current.number + 1,
        items=[dict(item) for item in items],
        digest=digest,
        published_at=now,
        published_by_id=actor.staff_id,
    )
    db.session.add(version)
    db.session.flush()
    template.current_version_id = version.id
    db.session.flush()
    return version


def _locked_template(task_type: str, reason: str, *, name: Text3, now: datetime) -> ChecklistTemplate:
    """The template, made if need be; two people who publish at once get versions one after the other."""
    db.session.execute(
        insert(ChecklistTemplate)
        .values(key=f"{task_type}.{reason}", task_type=task_type, reason=reason, name=dict(name), created_at=now)
        .on_conflict_do_nothing()
    )
    is_wanted = (ChecklistTemplate.task_type == task_type, ChecklistTemplate.reason == reason)
    return db.session.scalars(
        select(ChecklistTemplate).where(*is_wanted).with_for_update().execution_options(populate_existing=True)
    ).one()


def current_version(template: ChecklistTemplate) -> ChecklistVersion | None:
    if template.current_version_id is None:
        return None
    return db.session.get_one(ChecklistVersion, template.current_version_id)


def templates() -> list[tuple[ChecklistTemplate, ChecklistVersion]]:
    """Every template with its current version."""
    rows = db.session.execute(
        select(ChecklistTemplate, ChecklistVersion)
        .join(ChecklistVersion, ChecklistVersion.id == ChecklistTemplate.current_version_id)
        .order_by(ChecklistTemplate.id)
    )
    return [(template, version) for template, version in rows]


def ship_templates(now: datetime) -> int:
    """Publish the templates that come with the service; what head office has changed is left alone. Returns how many
    versions are new."""
    standing = {template.key: version for template, version in templates()}
    published = 0
    for shipped in SHIPPED:
        current = standing.get(shipped.key)
        is_ours = current is None or current.published_by_id is None
        if is_ours and (current is None or current.digest != digest_of(shipped.items)):
            publish(
                task_type=shipped.task_type,
                reason=shipped.reason,
                name=shipped.name,
                items=shipped.items,
                actor=Actor.system("shipped"),
                now=now,
            )
            published += 1
    return published
