"""Keys to the customer's own page: a signed address for links and QR codes, a short code for typing.

Both are derived from a random handle and our secret. The table keeps the handle and a keyed hash of the code, so a
stolen copy of it opens nothing, and yet an associate can be shown the same code again. A new SECRET_KEY ends all links.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, column, delete, func, or_, select, table, update
from sqlalchemy.dialects.postgresql import insert

from app.core import audit
from app.core.config import settings
from app.core.db import db
from app.core.errors import NotFound, TooMany
from app.core.i18n import N_
from app.customers import access, service
from app.customers.models import CodeTry, CustomerLinkRow
from app.people.access import Actor

LASTS_AFTER_VISIT = timedelta(days=7)
LITTLE = timedelta(hours=12)
CODE_ALPHABET = "23479ACDEFGHJKMNPQRTUVWXY"
"""No two signs that are easily taken for each other (0 O, 1 I L, 2 Z, 5 S, 6 G, 8 B)."""
CODE_LENGTH = 8
TOKEN_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"  # noqa: S105  no secret
TOKEN_LENGTH = 21
HANDLE_BYTES, SIGNATURE_BYTES = 6, 9

TRY_SPAN = timedelta(minutes=10)
TRIES_PER_ADDRESS = 8
TRIES_OF_ALL = 120
"""25**8 codes: with 10,000 links in use a patient crowd finds one in about two and a half years."""

# As in access.py: tasks lie above this slice, so the columns of the agreed table are read by name.
_task = table("task", column("id"), column("customer_id"), column("window_end"), column("status"), column("created_at"))
_LIVE = ("open", "assigned", "active")


class TooManyCodes(TooMany):
    code = "too-many-codes"
    message = N_("Too many codes were tried. Please wait ten minutes, or call us.")


@dataclass(frozen=True)
class CustomerLink:
    """A key in use. `url` is for links and QR codes, `code` ("7KQ4-M2XR") for typing at /c."""

    id: int
    customer_id: int
    task_id: int | None
    token: str
    code: str
    expires_at: datetime
    is_open: bool
    last_opened_at: datetime | None
    openings: int

    @property
    def url(self) -> str:
        return f"{settings().public_url}/c/{self.token}"

    @property
    def code_page(self) -> str:
        """Where the code is typed, short enough to be said aloud."""
        return f"{settings().public_url}/c".removeprefix("https://").removeprefix("http://")


def link_for(customer_id: int, *, task_id: int | None, now: datetime) -> CustomerLink:
    """The customer's key (for one task, or for all of them): the one in use, kept alive, or a new one.

    What has expired is never revived: an old text message must not open a page again because a new one was asked for.
    """
    while True:
        found = _in_use(customer_id, task_id, now=now)
        if found is not None and found.is_open:
            return _kept_alive(found, now=now)
        if found is not None:
            _end(CustomerLinkRow.id == found.id, now=now)
        _insert(customer_id, task_id, now=now)


def open_link_of(customer_id: int, *, task_id: int | None, now: datetime) -> CustomerLink | None:
    """The key in use, if there is one; changes nothing."""
    found = _in_use(customer_id, task_id, now=now)
    return found if found is not None and found.is_open else None


def links_of(customer_id: int, *, now: datetime) -> list[CustomerLink]:
    """Every key of the customer that still opens the page, the one that lasts longest first."""
    rows = db.session.execute(_select(now).where(CustomerLinkRow.customer_id == customer_id, _not_revoked())).all()
    found = [_link(row) for row in rows]
    return sorted((one for one in found if one.is_open), key=lambda one: one.expires_at, reverse=True)


def get(link_id: int, *, actor: Actor, now: datetime) -> CustomerLink:
    """A key in use of a customer whom the actor may see."""
    row = db.session.execute(_select(now).where(CustomerLinkRow.id == link_id, _not_revoked())).one_or_none()
    if row is None:
        raise NotFound
    service.get(row.CustomerLinkRow.customer_id, actor=actor, now=now)
    link = _link(row)
    if not link.is_open:
        raise NotFound
    return link


def of_token(token: str, *, now: datetime) -> CustomerLink | None:
    """The key that this address names, ended or not; None for one that we never signed."""
    handle = _handle_in(token)
    if handle is None:
        return None
    row = db.session.execute(_select(now).where(CustomerLinkRow.handle == handle)).one_or_none()
    return _link(row) if row is not None else None


def of_code(typed: str, *, address: str, now: datetime) -> CustomerLink | None:
    """The key with this short code; None for an unknown and for an ended one alike.

    Raises TooManyCodes when this address, or everybody together, has tried too often. The tries are counted first, so
    that many at once can't slip through; the caller commits a miss as well as a hit.
    """
    scopes = (f"address:{_keyed('address', address)[:32]}", "all")
    since = _span_of(now)
    tries = [_count(scope, since) for scope in scopes]
    if tries[0] > TRIES_PER_ADDRESS or tries[1] > TRIES_OF_ALL:
        # The transaction takes this try back with it, so the count stands at its limit and nobody else's is used up.
        raise TooManyCodes(extra={"retry_after": int(TRY_SPAN.total_seconds())})
    code_hash = _hash_of_code(_plain(typed))
    row = db.session.execute(_select(now).where(CustomerLinkRow.code_hash == code_hash, _not_revoked())).one_or_none()
    if row is None or not row.is_open:
        return None
    for scope in scopes:
        db.session.execute(
            update(CodeTry).where(CodeTry.scope == scope, CodeTry.since == since).values(tries=CodeTry.tries - 1)
        )
    return _link(row)


def count_opening(link_id: int, *, now: datetime) -> None:
    """Somebody, or a scanner of links, looked at the page."""
    db.session.execute(
        update(CustomerLinkRow)
        .where(CustomerLinkRow.id == link_id)
        .values(last_opened_at=now, openings=CustomerLinkRow.openings + 1)
    )


def revoke_all(customer_id: int, *, actor: Actor, now: datetime) -> int:
    """End every key of this customer; returns how many."""
    customer = service.get(customer_id, actor=actor, now=now)
    ended = _end(CustomerLinkRow.customer_id == customer.id, now=now)
    audit.record(
        access.audit_name(actor),
        action="customer.revoke_links",
        subject=("customer", customer.id),
        store_id=customer.store_id,
        now=now,
        detail={"ended": ended},
    )
    return ended


def hand_out(customer_id: int, *, task_id: int | None, actor: Actor, now: datetime) -> CustomerLink:
    """The key for somebody who may see the customer, to be shown or printed; audited."""
    customer = service.get(customer_id, actor=actor, now=now)
    if task_id is not None and not _belongs(task_id, customer.id):
        raise NotFound
    link = link_for(customer.id, task_id=task_id, now=now)
    audit.record(
        access.audit_name(actor),
        action="customer.hand_out_link",
        subject=("customer", customer.id),
        store_id=customer.store_id,
        now=now,
        detail={"link_id": link.id},
    )
    return link


def form_token(link: CustomerLink) -> str:
    """What the page's forms carry: only a page that was opened with this key can know it."""
    return _keyed("form", link.token)[:24]


def fresh_key() -> str:
    """Tells one form from the next, so that the same one sent twice is known again."""
    return secrets.token_hex(8)


def is_form_token(link: CustomerLink, sent: str) -> bool:
    return hmac.compare_digest(form_token(link).encode(), sent.encode())


def _belongs(task_id: int, customer_id: int) -> bool:
    stmt = select(_task.c.id).where(_task.c.id == task_id, _task.c.customer_id == customer_id)
    return db.session.scalar(stmt) is not None


def _select(now: datetime) -> Any:
    """Keys with their true end: a visit that was moved keeps the page of its old text message alive."""
    ends = func.greatest(CustomerLinkRow.expires_at, _end_of_visits())
    is_open = and_(CustomerLinkRow.revoked_at.is_(None), ends > now)
    return select(CustomerLinkRow, ends.label("ends"), is_open.label("is_open")).execution_options(
        populate_existing=True
    )


def _end_of_visits() -> ColumnElement[Any]:
    """Seven days after the last window that is still to come to pass; null when there is none.

    A visit that was booked when the key had ended already does not open it again.
    """
    key = CustomerLinkRow
    every_visit = and_(key.task_id.is_(None), _task.c.created_at <= key.expires_at)
    return (
        select(func.max(_task.c.window_end) + LASTS_AFTER_VISIT)
        .where(
            _task.c.customer_id == key.customer_id,
            or_(_task.c.id == key.task_id, every_visit),
            _task.c.status.in_(_LIVE),
        )
        .scalar_subquery()
    )


def _not_revoked() -> ColumnElement[bool]:
    return CustomerLinkRow.revoked_at.is_(None)


def _in_use(customer_id: int, task_id: int | None, *, now: datetime) -> CustomerLink | None:
    row = db.session.execute(
        _select(now).where(
            CustomerLinkRow.customer_id == customer_id,
            CustomerLinkRow.task_id.is_not_distinct_from(task_id),
            _not_revoked(),
        )
    ).one_or_none()
    return _link(row) if row is not None else None


def _kept_alive(link: CustomerLink, *, now: datetime) -> CustomerLink:
    """Whoever is shown a key today can use it for the full time."""
    until = now + LASTS_AFTER_VISIT
    if link.expires_at >= until - LITTLE:
        return link
    db.session.execute(update(CustomerLinkRow).where(CustomerLinkRow.id == link.id).values(expires_at=until))
    return replace(link, expires_at=until)


def _insert(customer_id: int, task_id: int | None, *, now: datetime) -> None:
    """Nothing happens when somebody else was faster, or when the code is taken: the caller looks again."""
    handle = secrets.token_hex(HANDLE_BYTES)
    db.session.execute(
        insert(CustomerLinkRow)
        .values(
            customer_id=customer_id,
            task_id=task_id,
            handle=handle,
            code_hash=_hash_of_code(_code_of(handle)),
            created_at=now,
            expires_at=now + LASTS_AFTER_VISIT,
        )
        .on_conflict_do_nothing()
    )


def _end(condition: ColumnElement[bool], *, now: datetime) -> int:
    ended = db.session.execute(
        update(CustomerLinkRow)
        .where(condition, _not_revoked())
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def _link(row: Row[Any]) -> CustomerLink:
    stored: CustomerLinkRow = row.CustomerLinkRow
    return CustomerLink(
        id=stored.id,
        customer_id=stored.customer_id,
        task_id=stored.task_id,
        token=_token_of(stored.handle),
        code=_grouped(_code_of(stored.handle)),
        expires_at=row.ends,
        is_open=row.is_open,
        last_opened_at=stored.last_opened_at,
        openings=stored.openings,
    )


# Tries at codes: kept in the database, because a lock that opens when Valkey is away is none.


def _count(scope: str, since: datetime) -> int:
    tries = db.session.scalar(
        insert(CodeTry)
        .values(scope=scope, since=since, tries=1)
        .on_conflict_do_update(index_elements=[CodeTry.scope, CodeTry.since], set_={"tries": CodeTry.tries + 1})
        .returning(CodeTry.tries)
    )
    if tries == 1:
        db.session.execute(delete(CodeTry).where(CodeTry.since < since - TRY_SPAN))
    return int(tries or 0)


def _span_of(now: datetime) -> datetime:
    seconds = int(TRY_SPAN.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, now.tzinfo)


# Deriving and reading keys


def _keyed(purpose: str, words: str) -> str:
    return hmac.new(settings().secret_key.encode(), f"customer-link:{purpose}:{words}".encode(), sha256).hexdigest()


def _token_of(handle: str) -> str:
    number = int(handle + _keyed("token", handle)[: SIGNATURE_BYTES * 2], 16)
    return _written(number, TOKEN_ALPHABET, TOKEN_LENGTH)


def _handle_in(token: str) -> str | None:
    if len(token) != TOKEN_LENGTH or any(sign not in TOKEN_ALPHABET for sign in token):
        return None
    number = 0
    for sign in token:
        number = number * len(TOKEN_ALPHABET) + TOKEN_ALPHABET.index(sign)
    if number >= 1 << 8 * (HANDLE_BYTES + SIGNATURE_BYTES):
        return None
    written = f"{number:0{2 * (HANDLE_BYTES + SIGNATURE_BYTES)}x}"
    handle = written[: HANDLE_BYTES * 2]
    # Compared in constant time before the database is asked anything.
    return handle if hmac.compare_digest(_token_of(handle), token) else None


def _code_of(handle: str) -> str:
    number = int(_keyed("code", handle), 16) % len(CODE_ALPHABET) ** CODE_LENGTH
    return _written(number, CODE_ALPHABET, CODE_LENGTH)


def _written(number: int, alphabet: str, length: int) -> str:
    signs = []
    for _position in range(length):
        number, rest = divmod(number, len(alphabet))
        signs.append(alphabet[rest])
    return "".join(reversed(signs))


def _hash_of_code(code: str) -> str:
    return _keyed("typed", code)


def _plain(typed: str) -> str:
    """What was meant: any width, any case, with or without the hyphen."""
    wide = unicodedata.normalize("NFKC", typed).upper()
    return "".join(sign for sign in wide if sign.isalnum())


def _grouped(code: str) -> str:
    half = CODE_LENGTH // 2
    return f"{code[:half]}-{code[half:]}"
