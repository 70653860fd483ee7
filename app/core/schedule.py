"""Periodic work as rows: one (job, slot) pair runs once, whoever schedules it. A missed slot runs late, once."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import text

from app.core.db import db, transaction

log = structlog.get_logger()

LEASE_SECONDS = 900
MAX_ATTEMPTS = 5


@dataclass(frozen=True)
class Every:
    """A slot each `minutes`, counted from midnight UTC."""

    minutes: int

    def latest(self, now: datetime) -> datetime:
        start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        passed = int((now - start).total_seconds() // 60) // self.minutes
        return start + timedelta(minutes=passed * self.minutes)


@dataclass(frozen=True)
class Nightly:
    """A slot a day at local time `at` of `zone`; where the clock skips `at`, at the moment it would have been."""

    at: time
    zone: str

    def latest(self, now: datetime) -> datetime:
        local = now.astimezone(ZoneInfo(self.zone))
        slot = datetime.combine(local.date(), self.at, tzinfo=ZoneInfo(self.zone))
        if slot.astimezone(UTC) > now:
            slot = datetime.combine(local.date() - timedelta(days=1), self.at, tzinfo=ZoneInfo(self.zone))
        return slot.astimezone(UTC)


@dataclass(frozen=True)
class Job:
    """`run(now=...)` owns its transactions; `queue` names the worker that takes it."""

    when: Every | Nightly
    run: Callable[..., object]
    queue: str = "long"


def open_slots(jobs: Mapping[str, Job], *, now: datetime) -> list[str]:
    """Write the latest slot of each job if it is not there yet; returns the jobs that got a new one."""
    opened = []
    for name, job in jobs.items():
        row = db.session.execute(
            text("""INSERT INTO schedule_slot (job, slot) VALUES (:job, :slot)
                    ON CONFLICT DO NOTHING RETURNING job"""),
            {"job": name, "slot": job.when.latest(now)},
        ).first()
        if row is not None:
            opened.append(name)
    return opened


def due_jobs() -> list[str]:
    """Names of jobs with a slot that waits for a worker."""
    rows = db.session.execute(
        text("SELECT DISTINCT job FROM schedule_slot WHERE state = 'due' AND next_attempt_at <= now()")
    )
    return [row[0] for row in rows]


def run_due(name: str, job: Job, *, now: datetime) -> int:
    """Run the waiting slots of one job; returns how many ran well."""
    ran = 0
    while (claimed := _claim(name)) is not None:
        slot, attempt = claimed
        try:
            job.run(now=now)
        except Exception as error:
            log.warning("slot_failed", job=name, slot=slot.isoformat(), error=type(error).__name__, exc_info=True)
            _note_failure(name, slot, attempt, error)
            continue
        with transaction() as session:
            session.execute(
                text("""UPDATE schedule_slot SET state = 'done', done_at = now(), last_error = NULL
                        WHERE job = :job AND slot = :slot AND attempts = :attempt"""),
                {"job": name, "slot": slot, "attempt": attempt},
            )
        ran += 1
    return ran


def _claim(name: str) -> tuple[datetime, int] | None:
    with transaction() as session:
        row = session.execute(
            text("""UPDATE schedule_slot
                    SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => :lease)
                    WHERE (job, slot) IN (
                        SELECT job, slot FROM schedule_slot
                        WHERE job = :job AND state = 'due' AND next_attempt_at <= now()
                        ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED)
                    RETURNING slot, attempts"""),
            {"job": name, "lease": LEASE_SECONDS},
        ).first()
    return (row[0], row[1]) if row else None


def _note_failure(name: str, slot: datetime, attempt: int, error: Exception) -> None:
    with transaction() as session:
        session.execute(
            text("""UPDATE schedule_slot SET last_error = :error,
                        state = CASE WHEN attempts >= :max THEN 'dead' ELSE 'due' END,
                        next_attempt_at = now() + make_interval(secs => :delay)
                    WHERE job = :job AND slot = :slot AND attempts = :attempt"""),
            {
                "job": name,
                "slot": slot,
                "attempt": attempt,
                "max": MAX_ATTEMPTS,
                "delay": 60 * 2 ** (attempt - 1),
                "error": "".join(traceback.format_exception_only(error)).strip()[:2000],
            },
        )


def forget_old(*, older_than_days: int = 90) -> None:
    db.session.execute(
        text("DELETE FROM schedule_slot WHERE state = 'done' AND done_at < now() - make_interval(days => :days)"),
        {"days": older_than_days},
    )


def ask_for(name: str, *, now: datetime) -> None:
    """Let the job run as soon as a worker is free, besides its own times; part of the caller's transaction."""
    db.session.execute(
        text("INSERT INTO schedule_slot (job, slot) VALUES (:job, :slot) ON CONFLICT DO NOTHING"),
        {"job": name, "slot": now},
    )
