"""Who may be written to or called. Consent belongs to a phone number, a channel and a scope, not to a file.

The consent row *is* the stop: senders look at it when they claim a message and again when they submit it. An opt-out
takes an exclusive lock on its number and a sender a shared one (`hold`), so one of the two comes first: a send that
held the number before the stop goes out, none starts after. The lock is advisory because most numbers have no row yet
and there would be nothing to lock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, insert, or_, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from app.core.db import db
from app.core.outbox import publish
from app.customers.models import Consent, ConsentEvent
from app.customers.values import Channel, ConsentSource, ConsentState, Scope
from app.events import CustomerOptedIn, CustomerOptedOut
from app.people.access import Actor


def opt_out(
    phone: str,
    *,
    source: ConsentSource | str,
    text: str,
    actor: Actor,
    now: datetime,
    channel: Channel = Channel.SMS,
    scope: Scope = Scope.ALL,
    said_at: datetime | None = None,
) -> bool:
    """Stop all messages, or promotions, to this number at once.

    Returns whether anything changed: a second stop, or one said before a later opt-in, changes and writes nothing.
    """
    if not _change(ConsentState.OUT, phone, source, text, actor=actor, now=now, key=(channel, scope), said_at=said_at):
        return False
    publish(
        CustomerOptedOut(
            phone=phone, channel=channel.value, scope=scope.value, source=str(source), occurred_at=said_at or now
        )
    )
    return True


def opt_in(
    phone: str,
    *,
    source: ConsentSource | str,
    text: str,
    actor: Actor,
    now: datetime,
    channel: Channel = Channel.SMS,
    scope: Scope = Scope.ALL,
    said_at: datetime | None = None,
) -> bool:
    """Allow messages again, or for the first time. Returns whether anything changed, as opt_out does."""
    if not _change(ConsentState.IN, phone, source, text, actor=actor, now=now, key=(channel, scope), said_at=said_at):
        return False
    publish(
        CustomerOptedIn(
            phone=phone, channel=channel.value, scope=scope.value, source=str(source), occurred_at=said_at or now
        )
    )
    return True


def is_opted_out(phone: str, scope: Scope = Scope.ALL, *, channel: Channel = Channel.SMS) -> bool:
    return bool(opted_out_phones([phone], scope=scope, channel=channel))


def opted_out_phones(
    phones: Collection[str], *, scope: Scope = Scope.ALL, channel: Channel = Channel.SMS
) -> frozenset[str]:
    """Those of `phones` that must not be reached; one statement for a whole batch."""
    stmt = select(Consent.phone).where(Consent.phone.in_(list(phones)), *_is_stop(channel, scope))
    return frozenset(db.session.scalars(stmt))


def is_stopped(phone: Any, *, scope: Scope = Scope.ALL, channel: Channel = Channel.SMS) -> ColumnElement[bool]:
    """Condition for a statement of another slice: the number in this column must not be reached."""
    return exists(select(Consent.id).where(Consent.phone == phone, *_is_stop(channel, scope)))


def hold(phones: Collection[str]) -> None:
    """Keep these numbers from opting out or in until the caller's transaction ends; call before checking them."""
    # Sorted, so that two senders with overlapping batches and an opt-out never wait for each other in a circle.
    db.session.execute(
        text("""SELECT pg_advisory_xact_lock_shared(turn) FROM (
                    SELECT DISTINCT hashtextextended('consent:' || phone, 0) AS turn
                    FROM unnest(CAST(:phones AS text[])) AS phone ORDER BY turn) AS turns"""),
        {"phones": list(phones)},
    )


def present(phone: str) -> Sequence[Consent]:
    """The present states of a number, in a fixed order."""
    return db.session.scalars(
        select(Consent).where(Consent.phone == phone).order_by(Consent.channel, Consent.scope)
    ).all()


def history(phone: str, *, limit: int = 200) -> Sequence[ConsentEvent]:
    """What was said about this number, newest first."""
    return db.session.scalars(
        select(ConsentEvent)
        .where(ConsentEvent.phone == phone)
        .order_by(ConsentEvent.occurred_at.desc(), ConsentEvent.id.desc())
        .limit(limit)
    ).all()


def _is_stop(channel: Channel, scope: Scope) -> tuple[ColumnElement[bool], ...]:
    reaching = [Scope.ALL.value] if scope is Scope.ALL else [Scope.ALL.value, scope.value]
    reaches = or_(*[Consent.scope == one for one in reaching])
    return (Consent.channel == channel.value, reaches, Consent.state == ConsentState.OUT.value)


def _change(
    state: ConsentState,
    phone: str,
    source: ConsentSource | str,
    words: str,
    *,
    actor: Actor,
    now: datetime,
    key: tuple[Channel, Scope],
    said_at: datetime | None,
) -> bool:
    channel, scope = key
    occurred_at = said_at or now
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("consent:" + phone, 0))))
    row = upsert(Consent).values(
        phone=phone, channel=channel.value, scope=scope.value, state=state.value, changed_at=occurred_at
    )
    # The later word stands, whenever it reaches us.
    changed = db.session.execute(
        row.on_conflict_do_update(
            index_elements=[Consent.phone, Consent.channel, Consent.scope],
            set_={"state": row.excluded.state, "changed_at": row.excluded.changed_at},
            where=(Consent.state != row.excluded.state) & (Consent.changed_at <= row.excluded.changed_at),
        ).returning(Consent.id)
    ).scalar()
    if changed is None:
        return False
    db.session.execute(
        insert(ConsentEvent).values(
            phone=phone,
            channel=channel.value,
            scope=scope.value,
            state=state.value,
            source=ConsentSource(source).value,
            text=words,
            collector_kind=actor.kind,
            collector_id=actor.id or None,
            occurred_at=occurred_at,
            recorded_at=now,
        )
    )
    return True
