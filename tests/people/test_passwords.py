"""Rules of passwords and of the lockout."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app.people import passwords
from app.people.passwords import LockoutRule, hash_password, locked_until, matches, minutes_left, tries_after_failure
from tests.conftest import REAL_HASHER

NOW = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def real_strength(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in production; all other tests hash as cheaply as can be."""
    monkeypatch.setattr(passwords, "_hasher", REAL_HASHER)
    passwords._nobodys_hash.cache_clear()
    yield
    passwords._nobodys_hash.cache_clear()


def test_a_password_is_kept_as_argon2id_in_the_strength_that_owasp_names():
    assert hash_password("correct horse").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_right_password_matches_and_a_wrong_one_does_not():
    kept = hash_password("correct horse")
    assert matches(kept, "correct horse")
    assert not matches(kept, "correct horsf")


def test_nothing_matches_where_no_password_is_set():
    assert not matches(None, "a password that nobody has")


def test_a_broken_hash_matches_nothing():
    assert not matches("not a hash", "anything")


def test_checking_for_nobody_costs_what_checking_a_password_costs():
    kept = hash_password("correct horse")
    matches(None, "warm up")

    def best_of_five(password_hash):
        times = []
        for _ in range(5):
            begun = time.process_time()
            matches(password_hash, "wrong")
            times.append(time.process_time() - begun)
        return min(times)

    somebody, nobody = best_of_five(kept), best_of_five(None)
    assert 0.5 < nobody / somebody < 2


def test_each_wrong_password_in_a_row_counts():
    assert tries_after_failure(2, last_tried_at=NOW, locked_until=None, now=NOW + timedelta(minutes=1)) == 3


def test_a_quiet_hour_starts_the_count_anew():
    assert tries_after_failure(4, last_tried_at=NOW, locked_until=None, now=NOW + timedelta(minutes=61)) == 1


def test_a_served_lockout_starts_the_count_anew():
    over = NOW + timedelta(minutes=15)
    assert tries_after_failure(5, last_tried_at=NOW, locked_until=over, now=over) == 1


def test_the_last_allowed_try_locks():
    rule = LockoutRule(tries=3, minutes=10)
    assert locked_until(2, now=NOW, rule=rule) is None
    assert locked_until(3, now=NOW, rule=rule) == NOW + timedelta(minutes=10)


def test_the_wait_is_told_in_full_minutes_and_never_as_zero():
    assert minutes_left(NOW + timedelta(seconds=61), now=NOW) == 2
    assert minutes_left(NOW + timedelta(seconds=1), now=NOW) == 1


def test_a_hash_of_another_strength_is_outdated():
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")
    assert passwords.is_outdated(weak)
    assert not passwords.is_outdated(hash_password("x"))
