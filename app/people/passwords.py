"""Passwords: how they are kept, how they are checked, and when guessing is stopped."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
MAX_LENGTH = 200

# OWASP's smaller argon2id profile: a full shop signing in at nine o'clock must fit into a small machine's memory.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = threading.BoundedSemaphore(4)


@dataclass(frozen=True, slots=True)
class LockoutRule:
    """`tries` wrong passwords in a row lock a number for `minutes`; a quiet `forget_minutes` starts the count anew."""

    tries: int = 5
    minutes: int = 15
    forget_minutes: int = 60


LOCKOUT = LockoutRule()


def hash_password(password: str) -> str:
    with _at_once:
        return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Compare; without a hash the same work is done for nothing, so that time never tells which numbers we know."""
    with _at_once:
        try:
            return _hasher.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def tries_after_failure(
    tries: int,
    *,
    last_tried_at: datetime,
    locked_until: datetime | None,
    now: datetime,
    rule: LockoutRule = LOCKOUT,
) -> int:
    """Wrong passwords in a row including this one; a served lockout and a long pause start the count anew."""
    is_served = locked_until is not None and locked_until <= now
    is_forgotten = now - last_tried_at > timedelta(minutes=rule.forget_minutes)
    return 1 if is_served or is_forgotten else tries + 1


def locked_until(tries: int, *, now: datetime, rule: LockoutRule = LOCKOUT) -> datetime | None:
    return now + timedelta(minutes=rule.minutes) if tries >= rule.tries else None


def minutes_left(until: datetime, *, now: datetime) -> int:
    """Rounded up: "in 0 minutes" helps nobody."""
    return max(1, -int(-(until - now).total_seconds() // 60))


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("a password that nobody has")
