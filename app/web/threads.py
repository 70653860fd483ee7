"""Messages as the pages show them: each line with its fate in words, and texts at hand for an answer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import force_locale, gettext, ngettext
from flask_babel import gettext as _

from app.core.i18n import N_, pick
from app.messaging import outbound, queries, templates, visits
from app.messaging.kinds import Kind
from app.messaging.models import Conversation, State
from app.messaging.segments import measure
from app.people.access import Actor
from app.reports import day as days
from app.tasks import queries as tasks
from app.web.formats import clock_time, day_and_time, local_day

STATES = {
    "pending": N_("waits to be sent"),
    "held": N_("held"),
    "claimed": N_("is being sent"),
    "submitting": N_("is being sent"),
    "unknown": N_("sent, waiting for word from the carrier"),
    "submitted": N_("sent"),
    "sent": N_("sent"),
    "delivered": N_("delivered"),
    "undelivered": N_("did not arrive"),
    "failed": N_("could not be sent"),
    "suppressed": N_("not sent"),
    "expired": N_("not sent"),
    "cancelled": N_("taken back"),
    "needs_attention": N_("nobody knows whether it arrived: please ask the customer"),
}
SIGNS = {"delivered": "double_check", "pending": "clock", "held": "moon", "cancelled": "undo", "suppressed": "stop"}
WAITING = frozenset({"pending", "held", "claimed", "submitting"})
NEVER_SENT = frozenset({"suppressed", "expired", "cancelled"})
TROUBLE = frozenset({"undelivered", "failed", "needs_attention"})
NEWEST = 30
STOCK_ANSWERS = (
    N_("Thank you for your message. We will look into it and write back today."),
    N_("Thank you. We have noted it."),
    N_("May we call you? Please tell us a good time."),
    N_("We are sorry for the trouble. We will put it right."),
)
PLACEHOLDER = re.compile(r"\{(\w+)\}")
ANSWER_KINDS = (Kind.CONFIRMED, Kind.COULD_NOT_MEET, Kind.DONE, Kind.HELP)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One text of a thread. `held_words` say until when and why a text is kept back."""

    key: str
    at: datetime
    body: str
    is_inbound: bool
    is_note: bool
    who: str
    is_waiting: bool
    was_never_sent: bool
    held_until: datetime | None
    held_words: str
    state_words: str
    sign: str
    trouble: bool


@dataclass(frozen=True)
class Thread:
    conversation_id: int | None
    lines: list[Line]


@dataclass(frozen=True)
class Troubled:
    words: str
    to_masked: str
    at: datetime


def shown(lines: Iterable[queries.Line], *, zone: str, now: datetime) -> list[Line]:
    return [_line(line, zone=zone, now=now) for line in lines]


def of_customer(customer_id: int, *, zone: str, now: datetime) -> Thread:
    """The newest part of a customer's thread; the caller has checked who asks."""
    talk = queries.conversation_of(customer_id)
    return Thread(talk.id if talk else None, shown(queries.thread(customer_id, limit=NEWEST), zone=zone, now=now))


def of_conversation(conversation: Conversation, *, zone: str, now: datetime) -> list[Line]:
    return shown(queries.lines_of_conversation(conversation), zone=zone, now=now)


def of_task(task_id: int, *, zone: str, now: datetime) -> list[Line]:
    """The texts about one task; the caller has checked who asks."""
    return shown(queries.lines_of_task(task_id), zone=zone, now=now)


def needing_attention(*, actor: Actor, now: datetime) -> list[Troubled]:
    """Texts whose fate nobody knows."""
    page = queries.outbox(actor, now=now, states=[State.NEEDS_ATTENTION.value], limit=50)
    return [Troubled(words=row.text[:80], to_masked=row.phone_masked, at=row.created_at) for row in page.rows]


def texts_at_hand(customer_id: int, *, locale: str, actor: Actor, now: datetime) -> list[str]:
    """Answers to start from, in the customer's language: courtesies, and our wordings filled in for the next visit."""
    with force_locale(locale):
        answers = [str(gettext(text)) for text in STOCK_ANSWERS]
    return answers + _wordings(customer_id, actor=actor, now=now)


def size_words(text: str) -> str:
    """ "2 SMS, UCS-2, 85 characters" """
    size = measure(text)
    parts = [
        ngettext("%(num)s SMS", "%(num)s SMS", size.segments),
        size.encoding,
        ngettext("%(num)s character", "%(num)s characters", size.units),
    ]
    return " · ".join(parts)


def _wordings(customer_id: int, *, actor: Actor, now: datetime) -> list[str]:
    recipient = outbound.recipient_of(customer_id)
    if recipient is None:
        return []
    newest = days.rows_of_customer(customer_id, actor=actor, now=now, limit=1)
    task = tasks.task(newest[0].id, actor=actor, now=now) if newest else None
    values = recipient.common_words() | (visits.words_for(task, recipient) if task else {})
    found = []
    for kind in ANSWER_KINDS:
        wording = outbound.template_for(kind, task.type if task else "", recipient.reach)
        text = pick(wording.texts, recipient.locale) if wording else ""
        # A wording that speaks of a visit is of no use for a customer who has none.
        if text and all(name in values for name in PLACEHOLDER.findall(text)):
            found.append(templates.render(text, values))
    return found


def _line(line: queries.Line, *, zone: str, now: datetime) -> Line:
    status = line.status
    held = line.held_until if status == "held" else None
    is_out = not line.is_inbound and not line.is_note
    return Line(
        key=line.id,
        at=line.at,
        body=line.text,
        is_inbound=line.is_inbound,
        is_note=line.is_note,
        who=line.author or "",
        is_waiting=is_out and status in WAITING,
        was_never_sent=is_out and status in NEVER_SENT,
        held_until=held,
        held_words=_held_words(held, line.status_reason, zone=zone, now=now) if held else "",
        state_words=_state_words(line, zone=zone, now=now) if is_out else "",
        sign=SIGNS.get(status, "check"),
        trouble=status in TROUBLE,
    )


def _held_words(until: datetime, reason: str | None, *, zone: str, now: datetime) -> str:
    words = str(gettext(reason)) if reason else ""
    when = _when(until, zone=zone, now=now)
    if not words:
        return str(_("held until %(time)s", time=when))
    return str(_("held until %(time)s because of %(reason)s", time=when, reason=words))


def _state_words(line: queries.Line, *, zone: str, now: datetime) -> str:
    if line.status == "pending" and line.at > now:
        return str(_("goes out at %(time)s", time=_when(line.at, zone=zone, now=now)))
    state = str(gettext(STATES.get(line.status, line.status)))
    return f"{state}: {gettext(line.status_reason)}" if line.status_reason and line.status in NEVER_SENT else state


def _when(moment: datetime, *, zone: str, now: datetime) -> str:
    """The time alone on the same night, else with its day."""
    is_near = (local_day(moment, zone) - local_day(now, zone)).days <= 1
    return clock_time(moment, zone) if is_near else day_and_time(moment, zone)
