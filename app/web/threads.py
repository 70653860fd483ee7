"""Messages as the pages show them: each line with its fate in words, and texts at hand for an answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext, ngettext
from flask_babel import gettext as _

from app.core.i18n import N_
from app.messaging import queries
from app.messaging.models import Conversation, State
from app.messaging.segments import measure
from app.people.access import Actor
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
    segments: int
    earlier: tuple[str, ...]


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


def size_words(text: str) -> str:
    """ "2 SMS, UCS-2, 85 characters" """
    size = measure(text)
    parts = [
        ngettext("%(num)s SMS", "%(num)s SMS", size.segments),
        size.encoding,
        ngettext("%(num)s character", "%(num)s characters", size.units),
    ]
    return " · ".join(parts)


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
        segments=line.segments or 0,
        earlier=tuple(_try_words(one, zone=zone, now=now) for one in line.earlier),
    )


def _try_words(one: queries.Try, *, zone: str, now: datetime) -> str:
    """ "10:05 did not arrive: the phone was off" """
    state = str(gettext(STATES.get(one.status, one.status)))
    why = f": {gettext(one.status_reason)}" if one.status_reason else ""
    return f"{when(one.at, zone=zone, now=now)} {state}{why}"


def _held_words(until: datetime, reason: str | None, *, zone: str, now: datetime) -> str:
    words = str(gettext(reason)) if reason else ""
    until_words = when(until, zone=zone, now=now)
    if not words:
        return str(_("held until %(time)s", time=until_words))
    return str(_("held until %(time)s because of %(reason)s", time=until_words, reason=words))


def _state_words(line: queries.Line, *, zone: str, now: datetime) -> str:
    if line.status == "pending" and line.at > now:
        return str(_("goes out at %(time)s", time=when(line.at, zone=zone, now=now)))
    state = str(gettext(STATES.get(line.status, line.status)))
    says_why = line.status in NEVER_SENT | TROUBLE
    return f"{state}: {gettext(line.status_reason)}" if line.status_reason and says_why else state


def when(moment: datetime, *, zone: str, now: datetime) -> str:
    """The time alone on the same night, else with its day."""
    is_near = -1 < (local_day(moment, zone) - local_day(now, zone)).days <= 1
    return clock_time(moment, zone) if is_near else day_and_time(moment, zone)
