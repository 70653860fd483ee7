"""Texts at hand for people who answer customers: kept by head office, filled in for the customer in front of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert

from app.core.audit import record
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.i18n import LOCALES, N_, Text3, pick
from app.core.paging import Page, page_of
from app.customers.access import audit_name
from app.messaging import access, keywords, templates, visits, words
from app.messaging.models import QuickAnswer
from app.messaging.outbound import Recipient
from app.messaging.shipped_answers import SHIPPED
from app.people.access import Actor
from app.tasks.kinds import Status
from app.tasks.models import Task

ABOUT_ANYBODY = frozenset({"name", "shop", "phone", "me"})
ABOUT_A_VISIT = frozenset({"day", "time", "who", "what"})
PLACEHOLDERS = ABOUT_ANYBODY | ABOUT_A_VISIT
LONGEST_TITLE, LONGEST_TEXT = 40, 400
LIVE = (Status.OPEN, Status.ASSIGNED, Status.ACTIVE)


@dataclass(frozen=True)
class Filled:
    """A quick answer as it would be sent to one customer; its title is in the writer's language."""

    id: int
    title: str
    text: str


def ship(*, now: datetime) -> int:
    """Install the shipped answers that were never there; returns how many were added."""
    rows = [
        {"key": one.key, "place": (number + 1) * 10, "titles": one.titles, "texts": one.texts, "changed_at": now}
        for number, one in enumerate(SHIPPED)
    ]
    stmt = insert(QuickAnswer).on_conflict_do_nothing(index_elements=[QuickAnswer.key])
    return len(db.session.execute(stmt.returning(QuickAnswer.id), rows).all())


def page(*, only_active: bool = False, cursor: str | None = None, limit: int | None = None) -> Page:
    stmt = select(QuickAnswer)
    if only_active:
        stmt = stmt.where(QuickAnswer.is_active)
    return page_of(stmt, keys=[QuickAnswer.place, QuickAnswer.id], cursor=cursor, limit=limit)


def one(answer_id: int) -> QuickAnswer:
    found = db.session.get(QuickAnswer, answer_id)
    if found is None:
        raise NotFound
    return found


def filled_for(recipient: Recipient, *, writer: str, locale: str, now: datetime) -> list[Filled]:
    """Those that make sense for this customer: one that speaks of a visit needs a visit. `locale`: the writer's."""
    values = values_for(recipient, writer=writer, now=now)
    active = db.session.scalars(
        select(QuickAnswer).where(QuickAnswer.is_active).order_by(QuickAnswer.place, QuickAnswer.id)
    )
    return [
        Filled(answer.id, pick(answer.titles, locale), templates.render(text, values))
        for answer in active
        if names_in(text := pick(answer.texts, recipient.locale)) <= values.keys()
    ]


def values_for(recipient: Recipient, *, writer: str, now: datetime) -> dict[str, str]:
    values = recipient.common_words() | {"me": words.signature(writer, locale=recipient.locale)}
    task = _nearest_task(recipient.customer_id, now=now)
    known = values | (visits.words_for(task, recipient) if task else {})
    return {name: value for name, value in known.items() if value or name == "me"}


def _nearest_task(customer_id: int | None, *, now: datetime) -> Task | None:
    """What the customer is most likely asking about: what is under way, else what comes next."""
    return db.session.scalar(
        select(Task)
        .where(Task.customer_id == customer_id, Task.status.in_([status.value for status in LIVE]))
        .where((Task.window_end > now) | (Task.status == Status.ACTIVE.value))
        .order_by(case((Task.status == Status.ACTIVE.value, 0), else_=1), Task.window_start, Task.id)
        .limit(1)
    )


def names_in(text: str) -> frozenset[str]:
    return frozenset(name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None)


# What head office does


def add(*, titles: Text3, texts: Text3, actor: Actor, now: datetime) -> QuickAnswer:
    """One more answer, at the end. Raises Invalid with the faults by language."""
    _check(titles, texts, actor=actor)
    last = db.session.scalar(select(func.max(QuickAnswer.place))) or 0
    answer = QuickAnswer(
        place=last + 10,
        titles=_trimmed(titles),
        texts=_trimmed(texts),
        is_active=True,
        changed_at=now,
        changed_by_id=actor.staff_id,
    )
    db.session.add(answer)
    db.session.flush()
    _record("quick_answer.add", answer, actor=actor, now=now)
    return answer


def change(
    answer_id: int,
    *,
    actor: Actor,
    now: datetime,
    titles: Text3 | None = None,
    texts: Text3 | None = None,
    is_active: bool | None = None,
    place: int | None = None,
) -> QuickAnswer:
    """Change what is given. What people have inserted already stays as they wrote it."""
    answer = one(answer_id)
    wanted_titles, wanted_texts = {**answer.titles, **(titles or {})}, {**answer.texts, **(texts or {})}
    _check(wanted_titles, wanted_texts, actor=actor)
    answer.titles, answer.texts = _trimmed(wanted_titles), _trimmed(wanted_texts)
    answer.is_active = answer.is_active if is_active is None else is_active
    answer.place = answer.place if place is None else place
    answer.changed_at, answer.changed_by_id = now, actor.staff_id
    db.session.flush()
    _record("quick_answer.change", answer, actor=actor, now=now)
    return answer


def faults_of(titles: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, dict[str, list[str]]]:
    """What is wrong, by field and language; empty when it may be kept."""
    found = {
        "titles": {locale: _title_faults(titles.get(locale, "")) for locale in LOCALES},
        "texts": {locale: _text_faults(texts.get(locale, "")) for locale in LOCALES},
    }
    narrowed = {
        field: {locale: faults for locale, faults in by_locale.items() if faults} for field, by_locale in found.items()
    }
    return {field: by_locale for field, by_locale in narrowed.items() if by_locale}


def _check(titles: Text3, texts: Text3, *, actor: Actor) -> None:
    if not access.may_change_templates(actor):
        raise Forbidden
    faults = faults_of(titles, texts)
    if faults:
        raise Invalid(errors=faults)


def _title_faults(title: str) -> list[str]:
    if not title.strip():
        return [N_("This language has no name for it yet.")]
    return [N_("This is too long.")] if len(title) > LONGEST_TITLE else []


def _text_faults(text: str) -> list[str]:
    if not text.strip():
        return [N_("This language has no text yet.")]
    if len(text) > LONGEST_TEXT:
        return [N_("This text is too long for an SMS.")]
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return [N_("A curly bracket is not closed.")]
    is_plain = not any(spec or conversion for _literal, _name, spec, conversion in parts)
    if not is_plain or not names_in(text) <= PLACEHOLDERS:
        return [N_("This text uses a placeholder that quick answers don't know.")]
    if keywords.asks_for_a_carrier_word(text):
        return [N_("Never ask for a word that the carrier takes for an opt-out or opt-in: ask for digits.")]
    return []


def _trimmed(texts: Mapping[str, str]) -> dict[str, str]:
    return {locale: texts[locale].strip() for locale in LOCALES}


def _record(action: str, answer: QuickAnswer, *, actor: Actor, now: datetime) -> None:
    record(audit_name(actor), action=action, subject=("quick_answer", answer.id), now=now)
