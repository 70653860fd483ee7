"""Keys to the service: sign-in, sessions, passwords and the tokens of other systems."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.audit import record
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.core.phone import parse_e164
from app.people import passwords
from app.people.access import Actor
from app.people.errors import SignInLocked, WrongPhoneOrPassword
from app.people.models import ApiToken, SignInFailure, Staff, TokenKind

SESSION_DAYS = 30
API_TOKEN_DAYS = 365
MAX_API_TOKEN_DAYS = 730
FORGET_FAILURES_DAYS = 1
PHONE_REGIONS = ("HK", "CN")
INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")
SESSION_KINDS = (TokenKind.SESSION.value, TokenKind.COOKIE.value)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A try to sign in, before the password is checked; `staff_id` is None for a number nobody has."""

    phone: str
    staff_id: int | None
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A key at the only moment when it can be read."""

    id: int
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    staff: Staff
    key: IssuedToken


def hash_token(token: str) -> str:
    """Tokens are 256 random bits, so a fast hash keeps them as safe as a slow one would."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def candidate(phone: str) -> Candidate:
    """Who would be signed in by this number; raises Invalid if it is no phone number."""
    number = _dialled(phone)
    person = db.session.execute(
        select(Staff.id, Staff.password_hash).where(Staff.phone == number, Staff.is_active)
    ).first()
    return Candidate(number, person.id if person else None, person.password_hash if person else None)


def conclude(
    who: Candidate, *, password_is_right: bool, kind: TokenKind, now: datetime, new_hash: str | None = None
) -> SignedIn | WrongPhoneOrPassword | SignInLocked:
    """Count the try and open a session if the password was right.

    The refusal is returned, not raised: the count has to be committed. A number locked meanwhile stays locked for the
    right password too, so guesses sent all at once gain nothing. `new_hash` replaces a hash of outdated strength.
    """
    failure = db.session.get(SignInFailure, _hash_phone(who.phone), with_for_update=True, populate_existing=True)
    if failure and failure.locked_until and failure.locked_until > now:
        return _locked(failure.locked_until, now=now)
    person = db.session.get(Staff, who.staff_id, populate_existing=True) if who.staff_id else None
    # A password replaced since it was compared opens nothing any more.
    if person is None or not password_is_right or person.password_hash != who.password_hash:
        return _count_failure(who.phone, now=now)
    if failure:
        db.session.delete(failure)
    if new_hash:
        person.password_hash = new_hash
    key = open_session(person.id, kind=kind, now=now)
    record(person.id, action="session.open", subject=("staff", person.id), now=now, detail={"kind": kind.value})
    return SignedIn(staff=person, key=key)


def open_session(staff_id: int, *, kind: TokenKind, now: datetime, days: int = SESSION_DAYS) -> IssuedToken:
    """A new session of this person; his or her long expired ones are cleared away."""
    db.session.execute(
        delete(ApiToken).where(
            ApiToken.staff_id == staff_id,
            ApiToken.kind.in_(SESSION_KINDS),
            ApiToken.expires_at < now - timedelta(days=SESSION_DAYS),
        )
    )
    return _issue(staff_id, kind=kind, name="", scopes=(), expires_at=now + timedelta(days=days), now=now)


def close_session(token_id: int, *, actor: Actor, now: datetime) -> None:
    """End the session that this key opened."""
    _revoke(ApiToken.id == token_id, now=now)
    record(actor.id, action="session.close", subject=("staff", actor.id), now=now)


def close_all_sessions(staff_id: int, *, actor: Actor, now: datetime) -> None:
    """Sign a person out everywhere: programs, browsers and the tokens given to other systems."""
    close_sessions_but_keep_api_tokens(staff_id, actor=actor, now=now)
    _revoke(ApiToken.staff_id == staff_id, now=now)


def close_sessions_but_keep_api_tokens(staff_id: int, *, actor: Actor, now: datetime) -> None:
    """Sign a person out of programs and browsers; the shop's till keeps sending purchases."""
    db.session.execute(update(Staff).where(Staff.id == staff_id).values(session_epoch=Staff.session_epoch + 1))
    _revoke(ApiToken.staff_id == staff_id, ApiToken.kind.in_(SESSION_KINDS), now=now)
    record(actor.id, action="session.close_all", subject=("staff", staff_id), now=now)


def change_own_password(old: str, new: str, *, token_id: int, actor: Actor, now: datetime) -> None:
    """Replace the actor's password and end every other session; the one in use (`token_id`) goes on."""
    person = db.session.get_one(Staff, actor.id, with_for_update=True, populate_existing=True)
    if not passwords.matches(person.password_hash, old):
        raise Invalid(errors={"old_password": [N_("This is not your present password.")]})
    _set_password(person, new, actor=actor, now=now)
    db.session.execute(
        update(ApiToken).where(ApiToken.id == token_id).values(revoked_at=None, session_epoch=person.session_epoch)
    )


def set_password(staff_id: int, new: str, *, actor: Actor, now: datetime) -> None:
    """Give a person a password, end all sessions and lift a lockout."""
    person = db.session.get(Staff, staff_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise NotFound
    _set_password(person, new, actor=actor, now=now)
    unlock(person.phone)


def unlock(phone: str) -> None:
    """Forget the wrong passwords typed for this number."""
    db.session.execute(delete(SignInFailure).where(SignInFailure.phone_hash == _hash_phone(phone)))


def create_api_token(
    *, name: str, scopes: Collection[str], known_scopes: Collection[str], days: int, actor: Actor, now: datetime
) -> IssuedToken:
    """A key for another system, acting as its maker within `scopes`."""
    unknown = sorted(set(scopes) - set(known_scopes))
    if unknown:
        raise Invalid(errors={"scopes": [N_("There is no such scope.")]}, extra={"unknown_scopes": unknown})
    expires_at = now + timedelta(days=days)
    key = _issue(actor.id, kind=TokenKind.API, name=name, scopes=scopes, expires_at=expires_at, now=now)
    record(
        actor.id, action="token.create", subject=("api_token", key.id), now=now, detail={"scopes": sorted(set(scopes))}
    )
    return key


def revoke_api_token(token_id: int, *, actor: Actor, now: datetime) -> None:
    """End a system's key; head office may end anybody's, others their own."""
    found = db.session.get(ApiToken, token_id)
    is_own = found is not None and (actor.sees_all_stores or found.staff_id == actor.id)
    if found is None or not is_own or found.kind != TokenKind.API or found.revoked_at is not None:
        raise NotFound
    _revoke(ApiToken.id == token_id, now=now)
    record(actor.id, action="token.revoke", subject=("api_token", token_id), now=now)


def _set_password(person: Staff, new: str, *, actor: Actor, now: datetime) -> None:
    if not passwords.MIN_LENGTH <= len(new) <= passwords.MAX_LENGTH:
        raise Invalid(errors={"password": [N_("A password has at least 8 and at most 200 characters.")]})
    person.password_hash = passwords.hash_password(new)
    close_sessions_but_keep_api_tokens(person.id, actor=actor, now=now)
    db.session.flush()
    db.session.refresh(person)
    record(actor.id, action="staff.password", subject=("staff", person.id), now=now)


def _issue(
    staff_id: int, *, kind: TokenKind, name: str, scopes: Collection[str], expires_at: datetime, now: datetime
) -> IssuedToken:
    token = f"hf_{secrets.token_urlsafe(32)}"
    epoch = select(Staff.session_epoch).where(Staff.id == staff_id).scalar_subquery()
    token_id = db.session.scalar(
        insert(ApiToken)
        .values(
            staff_id=staff_id,
            kind=kind.value,
            name=name,
            token_hash=hash_token(token),
            hint=token[-4:],
            scopes=sorted(set(scopes)),
            session_epoch=epoch,
            created_at=now,
            expires_at=expires_at,
        )
        .returning(ApiToken.id)
    )
    assert token_id is not None
    return IssuedToken(id=token_id, token=token, expires_at=expires_at)


def _revoke(*which: object, now: datetime) -> None:
    db.session.execute(
        update(ApiToken)
        .where(*which, ApiToken.revoked_at.is_(None))  # type: ignore[arg-type]
        .values(revoked_at=now)
        .execution_options(synchronize_session="fetch")
    )


def _count_failure(phone: str, *, now: datetime) -> WrongPhoneOrPassword | SignInLocked:
    phone_hash = _hash_phone(phone)
    forgotten = now - timedelta(days=FORGET_FAILURES_DAYS)
    db.session.execute(delete(SignInFailure).where(SignInFailure.last_tried_at < forgotten))
    db.session.execute(
        insert(SignInFailure)
        .values(phone_hash=phone_hash, tries=0, last_tried_at=now)
        .on_conflict_do_nothing(index_elements=[SignInFailure.phone_hash])
    )
    failure = db.session.get_one(SignInFailure, phone_hash, with_for_update=True, populate_existing=True)
    failure.tries = passwords.tries_after_failure(
        failure.tries, last_tried_at=failure.last_tried_at, locked_until=failure.locked_until, now=now
    )
    failure.last_tried_at = now
    failure.locked_until = passwords.locked_until(failure.tries, now=now)
    return _locked(failure.locked_until, now=now) if failure.locked_until else WrongPhoneOrPassword()


def _locked(until: datetime, *, now: datetime) -> SignInLocked:
    minutes = passwords.minutes_left(until, now=now)
    return SignInLocked(minutes=minutes, extra={"retry_after": minutes * 60})


def _hash_phone(phone: str) -> str:
    return hashlib.sha256(phone.encode()).hexdigest()


def _dialled(phone: str) -> str:
    """The number as E.164; a number typed without its country is one of ours.

    In full it is taken as it stands: an operator's newest range must not keep anybody out.
    """
    plain = re.sub(r"[\s().-]", "", phone)
    if INTERNATIONAL.fullmatch(plain):
        return plain
    for region in PHONE_REGIONS[:-1]:
        try:
            return parse_e164(phone, region=region)
        except Invalid:
            continue
    return parse_e164(phone, region=PHONE_REGIONS[-1])
