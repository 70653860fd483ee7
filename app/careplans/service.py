"""What head office does to plans: make, change by a new version, switch on and off, copy. Versions never change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from app.careplans import kept_fields
from app.careplans.models import CarePlan, CarePlanVersion
from app.careplans.plan_settings import PlanKind, PlanSettings, parse, settings_json
from app.careplans.segments import Bought, Field, Segment
from app.core import audit
from app.core.db import db
from app.core.errors import FieldErrors, Forbidden, Invalid, NotFound, StaleVersion
from app.core.i18n import LOCALES, N_, Text3, Worded
from app.people.access import Actor
from app.people.models import Store
from app.purchases.models import Product

LONGEST_NAME = 60
LONGEST_NOTE = 500

MADE_HERE = tuple(kind for kind in PlanKind if kind is not PlanKind.PROMOTION)
"""The kinds of plans that are written here. A promotion goes through its own gate."""


def create(
    *, kind: PlanKind, name: Mapping[str, str], settings: Any, note: str = "", actor: Actor, now: datetime
) -> CarePlan:
    """A new plan, switched off: first look at the forecast, then switch it on."""
    _require_office(actor)
    if kind not in MADE_HERE:
        raise Invalid(errors={"kind": [N_("A promotion is planned on its own page.")]})
    return _begin(kind, _checked(kind, name, settings), note=note, actor=actor, now=now)


def _begin(kind: PlanKind, checked: tuple[Text3, PlanSettings], *, note: str, actor: Actor, now: datetime) -> CarePlan:
    name, settings = checked
    plan = CarePlan(
        key=f"{kind.value}-{uuid4().hex[:12]}",
        kind=kind.value,
        name=name,
        is_on=False,
        created_at=now,
        version=1,
    )
    db.session.add(plan)
    db.session.flush()
    _add_version(plan, settings, number=1, note=note, actor=actor, now=now)
    _note_down(plan, "care_plan.created", actor=actor, now=now, kind=kind.value)
    return plan


def change(
    plan_id: int,
    *,
    version: int,
    settings: Any = None,
    name: Mapping[str, str] | None = None,
    note: str = "",
    actor: Actor,
    now: datetime,
) -> CarePlan:
    """Publish new settings as the next version, in force from the next run on, and/or give the plan another name.

    What was planned under an older version keeps pointing to it. The same settings again make no new version.
    """
    _require_office(actor)
    plan = _locked(plan_id, version=version)
    known = current_version(plan)
    checked_name, checked = _checked(
        PlanKind(plan.kind),
        plan.name if name is None else name,
        known.settings if settings is None else settings,
        as_it_stands=settings is None,
    )
    changed = []
    if checked_name != plan.name:
        plan.name = checked_name
        changed.append("name")
    if settings_json(checked) != known.settings:
        number = (
            db.session.scalar(select(func.max(CarePlanVersion.number)).where(CarePlanVersion.plan_id == plan.id)) or 0
        ) + 1
        _add_version(plan, checked, number=number, note=note, actor=actor, now=now)
        changed.append("settings")
    if changed:
        plan.version += 1
        db.session.flush()
        _note_down(plan, "care_plan.changed", actor=actor, now=now, changed=changed)
    return plan


def switch(plan_id: int, *, is_on: bool, version: int | None = None, actor: Actor, now: datetime) -> CarePlan:
    """Let the plan make touches from the next run on, or no more. Doing it twice changes nothing."""
    _require_office(actor)
    plan = _locked(plan_id, version=version)
    if plan.is_on == is_on:
        return plan
    plan.is_on = is_on
    plan.version += 1
    db.session.flush()
    _note_down(plan, "care_plan.switched_on" if is_on else "care_plan.switched_off", actor=actor, now=now)
    return plan


def copy(plan_id: int, *, name: Mapping[str, str] | None = None, actor: Actor, now: datetime) -> CarePlan:
    """A new plan, switched off, with the settings this one has now."""
    _require_office(actor)
    known = _visible(plan_id)
    kind, settings = PlanKind(known.kind), current_version(known).settings
    checked = _checked(kind, name or _name_of_copy(known.name), settings, as_it_stands=True)
    return _begin(kind, checked, note="", actor=actor, now=now)


def current_version(plan: CarePlan) -> CarePlanVersion:
    found = db.session.get(CarePlanVersion, plan.current_version_id)
    if found is None:
        raise NotFound()
    return found


def settings_of(plan: CarePlan) -> PlanSettings:
    return parse(plan.kind, current_version(plan).settings)


def checked_settings(kind: PlanKind, settings: Any) -> PlanSettings:
    """Settings that nobody has published; raises Invalid as a publication would."""
    checked = _settings(kind, settings)
    if isinstance(checked, PlanSettings):
        return checked
    raise Invalid(errors={"settings": checked})


_COPY_SIGNS = {"zh_Hans": "（副本）", "zh_Hant": "（副本）", "en": " (copy)"}


def _name_of_copy(name: Mapping[str, str]) -> Text3:
    return {locale: name[locale][: LONGEST_NAME - len(sign)] + sign for locale, sign in _COPY_SIGNS.items()}


def _checked(
    kind: PlanKind, name: Mapping[str, str], settings: Any, *, as_it_stands: bool = False
) -> tuple[Text3, PlanSettings]:
    """Both parts of a plan; what is wrong with either is told at once."""
    faults: dict[str, Any] = {}
    if name_faults := _name_faults(name):
        faults["name"] = name_faults
    checked = _settings(kind, settings, as_it_stands=as_it_stands)
    if not isinstance(checked, PlanSettings):
        faults["settings"] = checked
    if faults or not isinstance(checked, PlanSettings):
        raise Invalid(errors=faults)
    return {locale: name[locale].strip() for locale in LOCALES}, checked


def _settings(kind: PlanKind, raw: Any, *, as_it_stands: bool = False) -> PlanSettings | FieldErrors:
    """The settings, or what is wrong with them. What stands already may ask for a field switched off since."""
    try:
        settings = parse(kind, raw)
    except Invalid as invalid:
        return invalid.errors or {}
    faults = _unknown_rows(settings.segment)
    if not as_it_stands:
        faults |= kept_fields.faults_of(settings.segment)
    return {"segment": {"conditions": faults}} if faults else settings


def _name_faults(name: Mapping[str, str]) -> Any:
    if set(name) - set(LOCALES):
        return [N_("Give the words in all three languages.")]
    faults: dict[str, Any] = {}
    for locale in LOCALES:
        text = name.get(locale)
        if not isinstance(text, str) or not text.strip():
            faults[locale] = [N_("Words are missing in this language.")]
        elif len(text) > LONGEST_NAME:
            faults[locale] = [Worded(N_("At most %(count)s characters."), count=str(LONGEST_NAME))]
    return faults


def _unknown_rows(segment: Segment) -> dict[str, Any]:
    """Conditions that name stores or products which don't exist."""
    faults: dict[str, Any] = {}
    for position, condition in enumerate(segment.conditions):
        value = condition.value
        if condition.field is Field.STORE and isinstance(value, tuple):
            known = set(db.session.scalars(select(Store.id).where(Store.id.in_(value))))
            if set(value) - known:
                faults[str(position)] = {"value": [N_("There is no such store.")]}
        elif condition.field is Field.PRODUCT and isinstance(value, Bought):
            known = set(db.session.scalars(select(Product.id).where(Product.id.in_(value.of))))
            if set(value.of) - known:
                faults[str(position)] = {"value": [N_("There is no such product.")]}
    return faults


def _add_version(
    plan: CarePlan, settings: PlanSettings, *, number: int, note: str, actor: Actor, now: datetime
) -> None:
    if len(note) > LONGEST_NOTE:
        raise Invalid(errors={"note": [Worded(N_("At most %(count)s characters."), count=str(LONGEST_NOTE))]})
    version = CarePlanVersion(
        plan_id=plan.id,
        number=number,
        settings=settings_json(settings),
        published_at=now,
        published_by_id=actor.staff_id,
        note=note.strip(),
    )
    db.session.add(version)
    db.session.flush()
    plan.current_version_id = version.id
    db.session.flush()


def _visible(plan_id: int) -> CarePlan:
    plan = db.session.get(CarePlan, plan_id)
    if plan is None or plan.kind == PlanKind.PROMOTION:
        raise NotFound()
    return plan


def _locked(plan_id: int, *, version: int | None) -> CarePlan:
    plan = db.session.scalar(
        select(CarePlan).where(CarePlan.id == plan_id).with_for_update().execution_options(populate_existing=True)
    )
    if plan is None or plan.kind == PlanKind.PROMOTION:
        raise NotFound()
    if version is not None and plan.version != version:
        raise StaleVersion()
    return plan


def _require_office(actor: Actor) -> None:
    if not actor.sees_all_stores:
        raise Forbidden()


def _note_down(plan: CarePlan, action: str, *, actor: Actor, now: datetime, **detail: Any) -> None:
    audit.record(
        actor.id,
        action=action,
        subject=("care_plan", plan.id),
        now=now,
        detail={"version_id": plan.current_version_id, **detail},
    )
