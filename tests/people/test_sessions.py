"""Sign-in, sessions and keys against the real database."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import Invalid, NotFound
from app.core.models import AuditEntry
from app.people import auth, passwords, sessions
from app.people.access import Role
from app.people.errors import SignInLocked, WrongPhoneOrPassword
from app.people.models import ApiToken, SignInFailure, Staff, TokenKind
from tests.factories.people import PASSWORD, actor_of, make_staff, make_store


def try_to_sign_in(phone, password, *, now, kind=TokenKind.SESSION):
    who = sessions.candidate(phone)
    is_right = passwords.matches(who.password_hash, password)
    return sessions.conclude(who, password_is_right=is_right, kind=kind, now=now)


def lock(person, *, now):
    for _ in range(passwords.LOCKOUT.tries):
        outcome = try_to_sign_in(person.phone, "wrong", now=now)
    return outcome


def test_the_right_password_opens_a_session_for_thirty_days(session, now):
    person = make_staff(password=PASSWORD)
    outcome = try_to_sign_in(person.phone, PASSWORD, now=now)
    assert outcome.staff.id == person.id
    assert outcome.key.expires_at == now + timedelta(days=30)


def test_only_the_hash_of_a_token_is_kept(session, now):
    person = make_staff(password=PASSWORD)
    outcome = try_to_sign_in(person.phone, PASSWORD, now=now)
    row = session.get(ApiToken, outcome.key.id)
    assert row.token_hash == sessions.hash_token(outcome.key.token)
    assert outcome.key.token not in (row.token_hash, row.hint, row.name)


def test_a_number_may_be_typed_as_people_write_it(session, now):
    person = make_staff(password=PASSWORD, phone="+85291234567")
    assert try_to_sign_in(" 9123 4567 ", PASSWORD, now=now).staff.id == person.id


def test_a_mainland_number_may_be_typed_without_its_country(session, now):
    person = make_staff(password=PASSWORD, phone="+8613800138000")
    assert try_to_sign_in("138 0013 8000", PASSWORD, now=now).staff.id == person.id


def test_what_is_no_number_is_said_to_be_none(session, now):
    with pytest.raises(Invalid) as refusal:
        sessions.candidate("not a number")
    assert "phone" in refusal.value.errors


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD.upper()])
def test_a_wrong_password_opens_nothing(session, now, password):
    person = make_staff(password=PASSWORD)
    assert isinstance(try_to_sign_in(person.phone, password, now=now), WrongPhoneOrPassword)
    assert session.scalar(select(ApiToken.id)) is None


def test_somebody_who_left_can_not_sign_in(session, now):
    person = make_staff(password=PASSWORD, is_active=False)
    assert isinstance(try_to_sign_in(person.phone, PASSWORD, now=now), WrongPhoneOrPassword)


def test_somebody_without_a_password_can_not_sign_in(session, now):
    person = make_staff()
    assert isinstance(try_to_sign_in(person.phone, "a password that nobody has", now=now), WrongPhoneOrPassword)


def test_five_wrong_passwords_lock_the_number(session, now):
    person = make_staff(password=PASSWORD)
    outcome = lock(person, now=now)
    assert isinstance(outcome, SignInLocked)
    assert outcome.params == {"minutes": 15}
    assert outcome.extra["retry_after"] == 900


def test_a_locked_number_refuses_the_right_password_too(session, now):
    person = make_staff(password=PASSWORD)
    lock(person, now=now)
    later = now + timedelta(minutes=14)
    assert isinstance(try_to_sign_in(person.phone, PASSWORD, now=later), SignInLocked)


def test_after_the_lockout_the_right_password_works_and_forgets_the_failures(session, now):
    person = make_staff(password=PASSWORD)
    lock(person, now=now)
    assert try_to_sign_in(person.phone, PASSWORD, now=now + timedelta(minutes=15)).staff.id == person.id
    assert session.scalar(select(SignInFailure.tries)) is None


def test_a_number_nobody_has_is_locked_in_the_same_way(session, now):
    for _ in range(passwords.LOCKOUT.tries):
        outcome = try_to_sign_in("+85291234567", "wrong", now=now)
    assert isinstance(outcome, SignInLocked)


def test_failures_are_kept_without_the_number(session, now):
    person = make_staff(password=PASSWORD)
    try_to_sign_in(person.phone, "wrong", now=now)
    assert session.scalars(select(SignInFailure.phone_hash)).one() != person.phone


def test_old_failures_are_cleared_away(session, now):
    session.add(SignInFailure(phone_hash="somebody", tries=3, last_tried_at=now - timedelta(days=2)))
    session.flush()
    try_to_sign_in("+85291234567", "wrong", now=now)
    assert session.get(SignInFailure, "somebody") is None


def test_a_password_replaced_while_it_was_compared_opens_nothing(session, now):
    person = make_staff(password=PASSWORD)
    who = sessions.candidate(person.phone)
    sessions.set_password(person.id, "another long secret", actor=actor_of(person), now=now)
    outcome = sessions.conclude(who, password_is_right=True, kind=TokenKind.SESSION, now=now)
    assert isinstance(outcome, WrongPhoneOrPassword)


def test_an_outdated_hash_is_replaced_at_sign_in(session, now):
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    person = make_staff(password_hash=weak)
    session.commit()
    auth.sign_in(person.phone, PASSWORD, kind=TokenKind.SESSION)
    session.refresh(person)
    assert person.password_hash != weak
    assert not passwords.is_outdated(person.password_hash)


def test_guesses_sent_all_at_once_get_no_further_than_one_by_one(fresh_database, app, now):
    """However many comparisons run side by side, only the allowed number of them gets an answer."""
    with transaction():
        person = make_staff(password=PASSWORD)
        phone = person.phone
    outcomes = []
    who = sessions.candidate(phone)
    db.session.commit()
    gate = threading.Barrier(8)

    def guess():
        with app.app_context():
            gate.wait()
            with transaction():
                outcomes.append(
                    sessions.conclude(who, password_is_right=False, kind=TokenKind.SESSION, now=clock.now())
                )

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused_once = [outcome for outcome in outcomes if isinstance(outcome, WrongPhoneOrPassword)]
    assert len(outcomes) == 8
    assert len(refused_once) == passwords.LOCKOUT.tries - 1
    with transaction():
        late = sessions.conclude(who, password_is_right=True, kind=TokenKind.SESSION, now=clock.now())
    assert isinstance(late, SignInLocked)


# Sessions and their end


def test_signing_out_ends_this_session_only(session, now):
    person = make_staff()
    here, there = (sessions.open_session(person.id, kind=TokenKind.SESSION, now=now) for _ in range(2))
    sessions.close_session(here.id, actor=actor_of(person), now=now)
    assert [key for key in (here, there) if _opens(key.token)] == [there]


def test_signing_out_everywhere_ends_sessions_cookies_and_api_tokens(session, now):
    person = make_staff(Role.SUPERVISOR)
    keys = [sessions.open_session(person.id, kind=kind, now=now) for kind in (TokenKind.SESSION, TokenKind.COOKIE)]
    keys.append(_api_token(person, now=now))
    sessions.close_all_sessions(person.id, actor=actor_of(person), now=now)
    assert not any(_opens(key.token) for key in keys)


def test_the_tills_key_can_be_kept_when_signing_out_everywhere(session, now):
    person = make_staff(Role.SUPERVISOR)
    phone, till = sessions.open_session(person.id, kind=TokenKind.SESSION, now=now), _api_token(person, now=now)
    sessions.close_sessions_but_keep_api_tokens(person.id, actor=actor_of(person), now=now)
    assert not _opens(phone.token)
    assert _opens(till.token)


def test_signing_out_everywhere_leaves_other_people_signed_in(session, now):
    person, other = make_staff(), make_staff()
    key = sessions.open_session(other.id, kind=TokenKind.SESSION, now=now)
    sessions.close_all_sessions(person.id, actor=actor_of(person), now=now)
    assert _opens(key.token)


def test_a_session_ends_with_its_thirtieth_day(session, now):
    key = sessions.open_session(make_staff().id, kind=TokenKind.SESSION, now=now)
    assert _opens(key.token)
    with clock.fixed(now + timedelta(days=30)):
        assert not _opens(key.token)


def test_long_expired_sessions_are_cleared_away_at_the_next_sign_in(session, now):
    person = make_staff()
    old = sessions.open_session(person.id, kind=TokenKind.SESSION, now=now - timedelta(days=61))
    sessions.open_session(person.id, kind=TokenKind.SESSION, now=now)
    session.expire_all()
    assert session.get(ApiToken, old.id) is None


def test_the_key_says_who_in_which_stores_with_one_query(session, now):
    one, two = make_store(), make_store()
    person = make_staff(Role.SUPERVISOR, stores=[one, two])
    key = sessions.open_session(person.id, kind=TokenKind.SESSION, now=now)
    actor = _credentials(key.token).actor
    assert actor.id == person.id
    assert actor.role is Role.SUPERVISOR
    assert actor.store_ids == {one.id, two.id}


def test_a_deactivated_person_is_out_at_once(session, now):
    person = make_staff()
    key = sessions.open_session(person.id, kind=TokenKind.SESSION, now=now)
    person.is_active = False
    session.flush()
    assert not _opens(key.token)


# Passwords


def test_a_new_password_ends_the_other_sessions_but_not_this_one(session, now):
    person = make_staff(password=PASSWORD)
    here, there = (sessions.open_session(person.id, kind=TokenKind.SESSION, now=now) for _ in range(2))
    sessions.change_own_password(PASSWORD, "another long secret", token_id=here.id, actor=actor_of(person), now=now)
    assert _opens(here.token)
    assert not _opens(there.token)


def test_the_present_password_is_asked_for(session, now):
    person = make_staff(password=PASSWORD)
    key = sessions.open_session(person.id, kind=TokenKind.SESSION, now=now)
    with pytest.raises(Invalid) as refusal:
        sessions.change_own_password("wrong", "another long secret", token_id=key.id, actor=actor_of(person), now=now)
    assert "old_password" in refusal.value.errors


def test_a_short_password_is_refused(session, now):
    person = make_staff()
    with pytest.raises(Invalid) as refusal:
        sessions.set_password(person.id, "1234567", actor=actor_of(person), now=now)
    assert "password" in refusal.value.errors


def test_a_password_given_by_head_office_lifts_the_lockout(session, now):
    person, boss = make_staff(password=PASSWORD), make_staff(Role.HEAD_OFFICE)
    lock(person, now=now)
    sessions.set_password(person.id, "another long secret", actor=actor_of(boss), now=now)
    assert try_to_sign_in(person.phone, "another long secret", now=now).staff.id == person.id


def test_passwords_and_tokens_never_reach_the_audit_log(session, now):
    person = make_staff(password=PASSWORD)
    outcome = try_to_sign_in(person.phone, PASSWORD, now=now)
    sessions.set_password(person.id, "another long secret", actor=actor_of(person), now=now)
    entries = session.scalars(select(AuditEntry)).all()
    assert {entry.action for entry in entries} >= {"session.open", "staff.password"}
    written = " ".join(str(vars(entry)) for entry in entries)
    for secret in (PASSWORD, "another long secret", outcome.key.token, person.phone):
        assert secret not in written


# API tokens


def test_a_scope_that_no_route_asks_for_can_not_be_given(session, now):
    with pytest.raises(Invalid) as refusal:
        _api_token(make_staff(Role.SUPERVISOR), now=now, scopes=["people:read", "world:rule"])
    assert refusal.value.extra == {"unknown_scopes": ["world:rule"]}


def test_an_api_token_ends_when_it_expires(session, now):
    key = _api_token(make_staff(Role.SUPERVISOR), now=now, days=1)
    with clock.fixed(now + timedelta(hours=23)):
        assert _opens(key.token)
    with clock.fixed(now + timedelta(days=1)):
        assert not _opens(key.token)


def test_head_office_can_end_anybodys_token_others_only_their_own(session, now):
    owner, stranger, boss = make_staff(Role.SUPERVISOR), make_staff(Role.SUPERVISOR), make_staff(Role.HEAD_OFFICE)
    key = _api_token(owner, now=now)
    with pytest.raises(NotFound):
        sessions.revoke_api_token(key.id, actor=actor_of(stranger), now=now)
    assert _opens(key.token)
    sessions.revoke_api_token(key.id, actor=actor_of(boss), now=now)
    assert not _opens(key.token)


def test_a_session_can_not_be_ended_as_if_it_were_an_api_token(session, now):
    person = make_staff(Role.SUPERVISOR)
    key = sessions.open_session(person.id, kind=TokenKind.SESSION, now=now)
    with pytest.raises(NotFound):
        sessions.revoke_api_token(key.id, actor=actor_of(person), now=now)


def _api_token(person: Staff, *, now, scopes=("people:read",), days=365):
    return sessions.create_api_token(
        name="till",
        scopes=scopes,
        known_scopes=auth.known_scopes,
        days=days,
        actor=actor_of(person),
        now=now,
    )


def _credentials(token):
    return auth.look_up(token)


def _opens(token):
    return _credentials(token) is not None
