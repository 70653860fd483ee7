"""Leave an ailing provider alone: rows then wait in pending instead of becoming unknown."""

from __future__ import annotations

from sqlalchemy import text

from app.core.db import db

UNKNOWNS_BEFORE_OPENING = 5
WITHIN_SECONDS = 60.0
OPEN_AFTER_UNKNOWNS_SECONDS = 60.0
OPEN_AFTER_CONFIG_FAILURE_SECONDS = 300.0


def is_open(provider: str) -> str | None:
    """Why nothing is sent just now, or None. By the database's clock, as all back-off."""
    reason: str | None = db.session.scalar(
        text(
            "SELECT coalesce(reason, '') FROM sender_health WHERE provider = :provider AND open_at > clock_timestamp()"
        ),
        {"provider": provider},
    )
    return reason


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
                    reason = 'too many unknown outcomes', failures = 0
                WHERE provider = :provider AND failures >= :most"""),
        {
            "provider": provider,
            "pause": OPEN_AFTER_UNKNOWNS_SECONDS * scale,
            "most": UNKNOWNS_BEFORE_OPENING,
        },
    )


def open_hard(provider: str, *, reason: str, scale: float) -> None:
    """Credentials or sender are wrong: trying on would only fail each row."""
    db.session.execute(
        text("""
            INSERT INTO sender_health (provider, open_at, reason)
            VALUES (:provider, clock_timestamp() + make_interval(secs => :pause), :reason)
            ON CONFLICT (provider) DO UPDATE SET open_at = excluded.open_at, reason = excluded.reason
        """),
        {"provider": provider, "pause": OPEN_AFTER_CONFIG_FAILURE_SECONDS * scale, "reason": reason},
    )
