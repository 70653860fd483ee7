"""Leave an ailing provider alone: rows then wait in pending instead of becoming unknown.

Open for a while, then one row is tried; what it brings closes the breaker or keeps it open. A person who has mended the
account needs not wait for that (try_now). All by the database's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text

from app.core.db import db
from app.core.i18n import N_

UNKNOWNS_BEFORE_OPENING = 5
WITHIN_SECONDS = 60.0
OPEN_AFTER_UNKNOWNS_SECONDS = 60.0
OPEN_AFTER_CONFIG_FAILURE_SECONDS = 300.0

TOO_MANY_UNKNOWNS = N_("too many unknown outcomes")


class Gate(StrEnum):
    CLOSED = "closed"
    """All is well: send."""
    OPEN = "open"
    PROBE = "probe"
    """The caller, and nobody else for now, tries one row."""


@dataclass(frozen=True)
class Passage:
    """May rows be claimed? `only_urgent`: the sender's queue is full, the rest is not tried for now. `at_once`: how
    many calls a worker may make side by side, while the provider has lately said that there were too many."""

    gate: Gate
    only_urgent: bool = False
    at_once: int | None = None


def is_open(provider: str) -> str | None:
    """Why nothing is sent just now, or None. By the database's clock, as all back-off."""
    reason: str | None = db.session.scalar(
        text(
            "SELECT coalesce(reason, '') FROM sender_health WHERE provider = :provider AND open_at > clock_timestamp()"
        ),
        {"provider": provider},
    )
    return reason


def enter(provider: str, *, scale: float) -> Passage:
    """May the caller claim rows? After an opening the first to ask becomes the probe, the others wait for it."""
    row = db.session.execute(LOOK, {"provider": provider}).first()
    if row is None:
        return Passage(Gate.CLOSED)
    only_urgent, at_once = bool(row.is_full), row.at_once
    if not row.is_tripped:
        return Passage(Gate.CLOSED, only_urgent, at_once)
    if row.is_open:
        return Passage(Gate.OPEN, only_urgent, at_once)
    won = db.session.execute(BECOME_PROBE, {"provider": provider, "pause": OPEN_AFTER_UNKNOWNS_SECONDS * scale}).first()
    return Passage(Gate.PROBE if won else Gate.OPEN, only_urgent, at_once)


def give_up_probing(provider: str) -> None:
    """There was nothing to try: the next one who has something may."""
    db.session.execute(
        text("UPDATE sender_health SET open_at = clock_timestamp() WHERE provider = :provider AND is_tripped"),
        {"provider": provider},
    )


def close(provider: str) -> None:
    """The provider answers as it should again."""
    db.session.execute(
        text("""UPDATE sender_health SET open_at = NULL, reason = NULL, is_tripped = false, failures = 0,
                    tripped_at = NULL
                WHERE provider = :provider"""),
        {"provider": provider},
    )


def note_unknowns(provider: str, *, count: int, scale: float) -> None:
    """Too many unknown outcomes in a minute open the breaker for a minute."""
    db.session.execute(
        text("""
            INSERT INTO sender_health AS health (provider, failures, failing_since)
            VALUES (:provider, :count, clock_timestamp())
            ON CONFLICT (provider) DO UPDATE SET
                failures = CASE WHEN health.failing_since > clock_timestamp() - make_interval(secs => :within)
                                THEN health.failures + :count ELSE :count END,
                failing_since = CASE WHEN health.failing_since > clock_timestamp() - make_interval(secs => :within)
                                     THEN health.failing_since ELSE clock_timestamp() END
        """),
        {"provider": provider, "count": count, "within": WITHIN_SECONDS * scale},
    )
    db.session.execute(
        text("""UPDATE sender_health SET open_at = clock_timestamp() + make_interval(secs => :pause),
                    reason = CASE WHEN is_tripped THEN reason ELSE :reason END, failures = 0,
                    is_tripped = true, tripped_at = coalesce(tripped_at, clock_timestamp())
                WHERE provider = :provider AND (failures >= :most OR is_tripped)"""),
        {
            "provider": provider,
            "pause": OPEN_AFTER_UNKNOWNS_SECONDS * scale,
            "most": UNKNOWNS_BEFORE_OPENING,
            "reason": TOO_MANY_UNKNOWNS,
        },
    )


def open_hard(provider: str, *, reason: str, scale: float) -> None:
    """Credentials or sender are wrong: trying on would only fail each row."""
    db.session.execute(
        text("""
            INSERT INTO sender_health AS health (provider, open_at, reason, is_tripped, tripped_at)
            VALUES (:provider, clock_timestamp() + make_interval(secs => :pause), :reason, true, clock_timestamp())
            ON CONFLICT (provider) DO UPDATE SET open_at = excluded.open_at, reason = excluded.reason,
                is_tripped = true, tripped_at = coalesce(health.tripped_at, excluded.tripped_at)
        """),
        {"provider": provider, "pause": OPEN_AFTER_CONFIG_FAILURE_SECONDS * scale, "reason": reason},
    )


def note_full(provider: str, *, seconds: float) -> None:
    """The sender's queue at the carrier is full: for so long only what is urgent is tried."""
    db.session.execute(
        text("""
            INSERT INTO sender_health AS health (provider, full_until)
            VALUES (:provider, clock_timestamp() + make_interval(secs => :seconds))
            ON CONFLICT (provider) DO UPDATE SET full_until = greatest(health.full_until, excluded.full_until)
        """),
        {"provider": provider, "seconds": seconds},
    )


def note_too_many(provider: str, *, at_once: int) -> None:
    """So many calls at once were too many: all workers go on with half, and one more each second."""
    db.session.execute(
        text("""
            INSERT INTO sender_health (provider, slowed_to, slowed_at)
            VALUES (:provider, greatest(CAST(:at_once AS int) / 2, 1), clock_timestamp())
            ON CONFLICT (provider) DO UPDATE SET slowed_to = excluded.slowed_to, slowed_at = excluded.slowed_at
        """),
        {"provider": provider, "at_once": at_once},
    )


def try_now(provider: str) -> bool:
    """A person has mended it: the next drain tries one row at once. Returns whether the breaker was open."""
    opened = db.session.execute(
        text("""UPDATE sender_health SET open_at = clock_timestamp(), full_until = NULL
                WHERE provider = :provider AND (is_tripped OR full_until > clock_timestamp()) RETURNING provider"""),
        {"provider": provider},
    ).first()
    return opened is not None


# What head office must know


def alert(provider: str, *, code: int, reason: str, now: datetime) -> None:
    """Tell head office of a code that only people can mend; it stays on the health page until it is settled."""
    db.session.execute(
        text("""
            INSERT INTO sender_alert AS alert (provider, code, reason, times, first_at, last_at)
            VALUES (:provider, :code, :reason, 1, :now, :now)
            ON CONFLICT (provider, code) DO UPDATE SET reason = excluded.reason, last_at = excluded.last_at,
                times = CASE WHEN alert.settled_at IS NULL THEN alert.times + 1 ELSE 1 END,
                first_at = CASE WHEN alert.settled_at IS NULL THEN alert.first_at ELSE excluded.first_at END,
                settled_at = NULL, settled_by_id = NULL
        """),
        {"provider": provider, "code": code, "reason": reason, "now": now},
    )


def settle_alert(provider: str, code: int, *, staff_id: int | None, now: datetime) -> bool:
    settled = db.session.execute(
        text("""UPDATE sender_alert SET settled_at = :now, settled_by_id = :staff_id
                WHERE provider = :provider AND code = :code AND settled_at IS NULL RETURNING code"""),
        {"provider": provider, "code": code, "staff_id": staff_id, "now": now},
    ).first()
    return settled is not None


LOOK = text("""
    SELECT is_tripped, open_at > clock_timestamp() AS is_open, full_until > clock_timestamp() AS is_full,
        CASE WHEN slowed_at > clock_timestamp() - interval '60 seconds'
             THEN slowed_to + CAST(extract(epoch FROM clock_timestamp() - slowed_at) AS int) END AS at_once
    FROM sender_health WHERE provider = :provider
""")

BECOME_PROBE = text("""
    UPDATE sender_health SET open_at = clock_timestamp() + make_interval(secs => :pause)
    WHERE provider = :provider AND is_tripped AND (open_at IS NULL OR open_at <= clock_timestamp())
    RETURNING provider
""")
