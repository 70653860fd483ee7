"""Handing customers from one associate to another: for a leave, for good, and back again.

The customer is told by a text who comes now (messaging listens to CustomerHandedOver) and may wish for somebody else;
then a supervisor sees to it. Open visits go along (tasks listen to the same fact).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text, update
from sqlalchemy.orm import aliased

from app.core import audit
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.i18n import N_
from app.core.live import announce
from app.core.outbox import publish_many
from app.core.paging import Page, page_of
from app.customers import access, care_limits, owner_reasons
from app.customers.access import visible_customers
from app.customers.hand_over_models import HandOver, HandOverLine, LineState, Why
from app.customers.models import Customer
from app.events import CustomerHandedOver
from app.people import queries as people
from app.people.access import Actor, in_own_stores, may_lead_store, require_lead
from app.people.models import Staff, StaffStore, TimeOff, TimeOffStatus

MOST = 5000
"""Customers in one hand-over; a larger book goes in several."""
FINE, SOMEBODY_ELSE = "fine", "somebody_else"
STANDING = (LineState.GIVEN.value, LineState.REFUSED.value)


class HandOverOver(Conflict):
    code = "hand-over-over"
    message = N_("This hand-over has ended already.")


class NothingToHandOver(Invalid):
    code = "nothing-to-hand-over"
    message = N_("None of these customers can be handed over to this person.")


@dataclass(frozen=True)
class Book:
    """How many customers a person has, and who might look after them. `absence`: the leave that is coming or runs."""

    person: Staff
    customers: int
    stores: Sequence[int]
    absence: TimeOff | None
    standing: Sequence[HandOver]


@dataclass(frozen=True)
class Refusal:
    """A customer who wishes for somebody else."""

    line: HandOverLine
    customer: Customer
    was: str
    now: str


def hand_over(
    from_id: int,
    to_id: int,
    *,
    why: Why,
    actor: Actor,
    now: datetime,
    customer_ids: Collection[int] | None = None,
    until: datetime | None = None,
    time_off_id: int | None = None,
    note: str = "",
) -> HandOver:
    """Give customers of one person to another, all that the actor leads or those named, until a moment or for good.

    Raises Invalid for somebody who can't look after them, and NothingToHandOver.
    """
    person = people.visible_person(from_id, actor=actor)
    to = _cover(to_id, person, actor=actor)
    if not actor.sees_all_stores and not actor.is_supervisor:
        raise Forbidden(N_("Only a supervisor gives a customer to somebody else."))
    if why is Why.EXIT and until is not None:
        raise Invalid(errors={"until": [N_("Who leaves does not come back: leave this empty.")]})
    if until is not None and until <= now:
        raise Invalid(errors={"until": [N_("must lie in the future")]})
    _check_time_off(time_off_id, person)
    care_limits.require({"note": note})
    ids = _book_of(person.id, to.id, customer_ids, actor=actor, now=now)
    if not ids:
        raise NothingToHandOver
    made = HandOver(
        from_id=person.id,
        to_id=to.id,
        why=why.value,
        note=note.strip(),
        until=until,
        time_off_id=time_off_id,
        made_at=now,
        made_by_id=actor.staff_id,
    )
    db.session.add(made)
    db.session.flush()
    _give(made, ids, from_id=person.id, to_id=to.id, actor=actor, now=now)
    _audit("hand_over.make", made, actor=actor, now=now, customers=len(ids))
    return made


def end(hand_over_id: int, *, actor: Actor, now: datetime) -> HandOver:
    """Give the customers back now: the person is here again before the time."""
    made = _visible(hand_over_id, actor=actor)
    if not _leads_all(made, actor):
        raise Forbidden(N_("Only a supervisor of all these customers ends a hand-over."))
    made = db.session.get_one(HandOver, made.id, with_for_update=True, populate_existing=True)
    if made.ended_at is not None or made.until is None:
        raise HandOverOver
    _give_back(made, actor=actor, now=now)
    return made


def give_back_due(*, now: datetime) -> int:
    """Give back whose time is over, or whose leave was called off or ended early; returns how many hand-overs."""
    over = or_(
        HandOver.until <= now,
        and_(TimeOff.id.is_not(None), or_(TimeOff.status != TimeOffStatus.APPROVED.value, TimeOff.ends_at <= now)),
    )
    due = db.session.scalars(
        select(HandOver)
        .outerjoin(TimeOff, TimeOff.id == HandOver.time_off_id)
        .where(HandOver.until.is_not(None), HandOver.ended_at.is_(None), over)
        .order_by(HandOver.id)
        .with_for_update(of=HandOver, skip_locked=True)
    ).all()
    for made in due:
        _give_back(made, actor=Actor.system("hand_over"), now=now)
    return len(due)


def record_answer(line_id: int, *, is_fine: bool, words: str, actor: Actor, now: datetime) -> HandOverLine:
    """What the customer said to the new face: by text, or to a colleague who writes it down. The last word counts."""
    line = _locked_line(line_id)
    if actor.kind != "customer":
        _require_customer(line, actor=actor, now=now)
    elif line.customer_id != actor.id:
        raise NotFound
    if line.state not in STANDING:
        raise HandOverOver
    line.answer = FINE if is_fine else SOMEBODY_ELSE
    line.answered_at = now
    line.words = words.strip()[:500]
    line.state = LineState.GIVEN.value if is_fine else LineState.REFUSED.value
    db.session.flush()
    _audit_line("hand_over.answer", line, actor=actor, now=now, answer=line.answer)
    _announce([line.customer_id])
    return line


def settle(line_id: int, *, to_id: int | None, actor: Actor, now: datetime, note: str = "") -> HandOverLine:
    """See to a customer who wished for somebody else: give him to `to_id`, or leave it (None) after a talk."""
    line = _locked_line(line_id)
    customer = _require_customer(line, actor=actor, now=now)
    require_lead(actor, customer.store_id)
    if line.state != LineState.REFUSED:
        raise HandOverOver
    care_limits.require({"note": note})
    made = db.session.get_one(HandOver, line.hand_over_id)
    if to_id is not None:
        other = _cover(to_id, people.staff(line.to_id), actor=actor)
        if not _works_in(other.id, customer.store_id):
            raise Invalid(errors={"to_id": [N_("This person does not work in the customer's store.")]})
    line.state, line.ended_at, line.ended_by_id = LineState.SETTLED.value, now, actor.staff_id
    line.note = note.strip()
    db.session.flush()
    if to_id is not None:
        _give(made, [customer.id], from_id=line.to_id, to_id=to_id, actor=actor, now=now)
    _audit_line("hand_over.settle", line, actor=actor, now=now, to_id=to_id)
    _announce([customer.id])
    return line


# Reads


def book_of(person: Staff, *, actor: Actor, now: datetime) -> Book:
    """What to think of before a person goes on leave or for good."""
    mine = _customers_of(person.id, actor)
    absence = db.session.scalar(
        select(TimeOff)
        .where(TimeOff.staff_id == person.id, TimeOff.status == TimeOffStatus.APPROVED.value, TimeOff.ends_at > now)
        .order_by(TimeOff.starts_at)
        .limit(1)
    )
    standing = db.session.scalars(
        select(HandOver)
        .where(HandOver.from_id == person.id, HandOver.until.is_not(None), HandOver.ended_at.is_(None))
        .order_by(HandOver.id.desc())
    ).all()
    return Book(
        person=person,
        customers=int(db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0),
        stores=sorted(people.store_ids_of(person.id)),
        absence=absence,
        standing=standing,
    )


def page_of_book(staff_id: int, *, actor: Actor, cursor: str | None = None, limit: int | None = None) -> Page:
    """The person's customers whom the actor leads, by name."""
    stmt: Any = select(Customer).where(Customer.owner_id == staff_id, in_own_stores(Customer.store_id, actor))
    return page_of(stmt, keys=[Customer.name_key, Customer.id], cursor=cursor, limit=limit)


def page_of_refusals(*, actor: Actor, cursor: str | None = None, limit: int | None = None) -> Page:
    """Refusal rows that wait for a supervisor, the longest waiting first."""
    was, now = aliased(Staff), aliased(Staff)
    stmt: Any = (
        select(HandOverLine, Customer, was.name, now.name)
        .join(Customer, Customer.id == HandOverLine.customer_id)
        .join(was, was.id == HandOverLine.from_id)
        .join(now, now.id == HandOverLine.to_id)
        .where(HandOverLine.state == LineState.REFUSED.value, in_own_stores(Customer.store_id, actor))
    )
    page = page_of(stmt, keys=[HandOverLine.answered_at, HandOverLine.id], cursor=cursor, limit=limit)
    return Page(rows=[Refusal(row[0], row[1], row[2], row[3]) for row in page.rows], next_cursor=page.next_cursor)


def page_of_hand_overs(*, actor: Actor, cursor: str | None = None, limit: int | None = None) -> Page:
    """(HandOver, from, to, customers, refused) rows, newest first, of people whom the actor leads."""
    was, now = aliased(Staff), aliased(Staff)
    counted = (
        select(
            HandOverLine.hand_over_id,
            func.count().label("customers"),
            func.count().filter(HandOverLine.answer == SOMEBODY_ELSE).label("refused"),
        )
        .join(Customer, Customer.id == HandOverLine.customer_id)
        .where(HandOverLine.hand_over_id == HandOver.id, in_own_stores(Customer.store_id, actor))
        .group_by(HandOverLine.hand_over_id)
        .lateral()
    )
    stmt: Any = (
        select(HandOver, was.name, now.name, counted.c.customers, counted.c.refused)
        .join(was, was.id == HandOver.from_id)
        .join(now, now.id == HandOver.to_id)
        .join(counted, counted.c.hand_over_id == HandOver.id)
    )
    return page_of(stmt, keys=[HandOver.id.desc()], cursor=cursor, limit=limit)


def line_of(customer_id: int) -> tuple[HandOver, HandOverLine, str, str] | None:
    """The customer's standing hand-over with both names, if there is one."""
    was, now = aliased(Staff), aliased(Staff)
    row = db.session.execute(
        select(HandOver, HandOverLine, was.name, now.name)
        .join(HandOverLine, HandOverLine.hand_over_id == HandOver.id)
        .join(was, was.id == HandOverLine.from_id)
        .join(now, now.id == HandOverLine.to_id)
        .where(HandOverLine.customer_id == customer_id, HandOverLine.state.in_(STANDING))
    ).first()
    return None if row is None else (row[0], row[1], row[2], row[3])


def lines_of(hand_over_id: int) -> Sequence[HandOverLine]:
    return db.session.scalars(
        select(HandOverLine).where(HandOverLine.hand_over_id == hand_over_id).order_by(HandOverLine.id)
    ).all()


def covers_for(person: Staff) -> list[Staff]:
    """Active people of the same stores who may look after customers, by name."""
    return covers_of([person.id]).get(person.id, [])


def covers_of(staff_ids: Collection[int]) -> dict[int, list[Staff]]:
    """The same for many, by person."""
    if not staff_ids:
        return {}
    mine, theirs = aliased(StaffStore), aliased(StaffStore)
    rows = db.session.execute(
        select(mine.staff_id, Staff)
        .join(theirs, theirs.store_id == mine.store_id)
        .join(Staff, Staff.id == theirs.staff_id)
        .where(
            mine.staff_id.in_(sorted(staff_ids)),
            Staff.is_active,
            Staff.id != mine.staff_id,
            Staff.role.in_(("associate", "supervisor")),
        )
        .order_by(Staff.role, Staff.name, Staff.id)
    )
    found: dict[int, dict[int, Staff]] = {}
    for staff_id, cover in rows:
        found.setdefault(staff_id, {})[cover.id] = cover
    return {staff_id: list(covers.values()) for staff_id, covers in found.items()}


def count_refusals(*, actor: Actor) -> int:
    stmt = (
        select(func.count())
        .select_from(HandOverLine)
        .join(Customer, Customer.id == HandOverLine.customer_id)
        .where(HandOverLine.state == LineState.REFUSED.value, in_own_stores(Customer.store_id, actor))
    )
    return int(db.session.scalar(stmt) or 0)


# Writing


def _give(
    made: HandOver, ids: Sequence[int], *, from_id: int, to_id: int, actor: Actor, now: datetime, is_back: bool = False
) -> None:
    """Owner, history and line of many customers, in one statement each."""
    ordered = sorted(ids)
    _change_owners(ordered, to_id, reason=_reason(made, is_back=is_back), actor=actor, now=now)
    db.session.execute(
        update(HandOverLine)
        .where(HandOverLine.customer_id.in_(ordered), HandOverLine.state.in_(STANDING))
        .values(state=LineState.OVER.value, ended_at=now, ended_by_id=actor.staff_id)
        .execution_options(synchronize_session="fetch")
    )
    rows = db.session.execute(
        text("""WITH line AS (
                    INSERT INTO hand_over_line (hand_over_id, customer_id, from_id, to_id, made_at)
                    SELECT :hand_over, given.id, :from_id, :to_id, :now FROM unnest(CAST(:ids AS int[])) AS given (id)
                    RETURNING id, customer_id)
                SELECT line.id, c.id AS customer_id, c.store_id, c.phone IS NOT NULL AS has_phone
                FROM line JOIN customer c ON c.id = line.customer_id ORDER BY line.id"""),
        {"hand_over": made.id, "from_id": from_id, "to_id": to_id, "now": now, "ids": ordered},
    ).all()
    publish_many(
        [
            CustomerHandedOver(
                line_id=row.id,
                customer_id=row.customer_id,
                store_id=row.store_id,
                from_id=from_id,
                to_id=to_id,
                until=made.until,
                introduces=row.has_phone,
                occurred_at=now,
            )
            for row in rows
        ]
    )


def _give_back(made: HandOver, *, actor: Actor, now: datetime) -> None:
    """Whom the cover still looks after goes back; whom somebody has given elsewhere since stays there. When the person
    has left meanwhile, the cover keeps them all."""
    made.ended_at = now
    lines = db.session.scalars(
        select(HandOverLine)
        .where(HandOverLine.hand_over_id == made.id, HandOverLine.state.in_(STANDING))
        .order_by(HandOverLine.customer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    person = db.session.get_one(Staff, made.from_id)
    holder_of = {line.customer_id: line.to_id for line in lines}
    files = db.session.execute(
        select(Customer.id, Customer.owner_id, Customer.store_id)
        .where(Customer.id.in_(list(holder_of)))
        .order_by(Customer.id)
        .with_for_update(key_share=True)
    ).all()
    homes = people.store_ids_of(person.id)
    back = {
        row.id: row.store_id
        for row in files
        if person.is_active and row.owner_id == holder_of[row.id] and row.store_id in homes
    }
    for line in lines:
        line.state = (LineState.RETURNED if line.customer_id in back else LineState.OVER).value
        line.ended_at, line.ended_by_id = now, actor.staff_id
    db.session.flush()
    if back:
        _change_owners(sorted(back), person.id, reason=_reason(made, is_back=True), actor=actor, now=now)
    publish_many(
        [
            CustomerHandedOver(
                line_id=line.id,
                customer_id=line.customer_id,
                store_id=back[line.customer_id],
                from_id=line.to_id,
                to_id=person.id,
                is_back=True,
                occurred_at=now,
            )
            for line in lines
            if line.customer_id in back
        ]
    )
    _audit("hand_over.end", made, actor=actor, now=now, customers=len(back), kept=len(lines) - len(back))


def _change_owners(ids: Sequence[int], to_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    values = {
        "ids": list(ids),
        "to_id": to_id,
        "now": now,
        "reason": reason,
        "kind": actor.kind,
        "actor": actor.id or None,
    }
    db.session.execute(
        text("""WITH ended AS (
                    UPDATE owner_history SET until = greatest(since, :now)
                    WHERE customer_id = ANY(CAST(:ids AS int[])) AND until IS NULL RETURNING 1)
                UPDATE customer SET owner_id = :to_id, version = version + 1, updated_at = :now
                WHERE id = ANY(CAST(:ids AS int[])) AND (SELECT count(*) FROM ended) >= 0"""),
        values,
    )
    db.session.execute(
        text("""INSERT INTO owner_history (customer_id, owner_id, since, reason, changed_by_kind, changed_by_id)
                SELECT given.id, :to_id, :now, :reason, :kind, :actor
                FROM unnest(CAST(:ids AS int[])) AS given (id)"""),
        values,
    )
    db.session.expire_all()


def _reason(made: HandOver, *, is_back: bool) -> str:
    """Kept in the history as a key, which pages put into words; a note stands as it was written."""
    return owner_reasons.GIVEN_BACK if is_back else owner_reasons.of_hand_over(made.why, made.note)


# Who and whom


def _cover(to_id: int, person: Staff, *, actor: Actor) -> Staff:
    if to_id == person.id:
        raise Invalid(errors={"to_id": [N_("Nobody can cover for himself or herself.")]})
    found = db.session.scalar(select(Staff).where(Staff.id == to_id).with_for_update(key_share=True))
    homes = people.store_ids_of(to_id) & people.store_ids_of(person.id) if found is not None else frozenset()
    if found is None or not homes or found.role not in ("associate", "supervisor"):
        raise Invalid(errors={"to_id": [N_("The cover must work in the same store.")]})
    if not actor.sees_all_stores and not homes & actor.store_ids:
        raise Invalid(errors={"to_id": [N_("The cover must work in the same store.")]})
    if not found.is_active:
        raise Invalid(errors={"to_id": [N_("This person no longer works here.")]})
    return found


def _works_in(staff_id: int, store_id: int) -> bool:
    return store_id in people.store_ids_of(staff_id)


def _check_time_off(time_off_id: int | None, person: Staff) -> None:
    if time_off_id is None:
        return
    absence = db.session.get(TimeOff, time_off_id)
    if absence is None or absence.staff_id != person.id or absence.status != TimeOffStatus.APPROVED:
        raise Invalid(errors={"time_off_id": [N_("There is no such leave of this person.")]})


def _customers_of(staff_id: int, actor: Actor) -> Select[Any]:
    return select(Customer.id).where(Customer.owner_id == staff_id, in_own_stores(Customer.store_id, actor))


def _book_of(
    from_id: int, to_id: int, customer_ids: Collection[int] | None, *, actor: Actor, now: datetime
) -> list[int]:
    """The customers that go along: of the person, led by the actor, in a store where the other one works."""
    stmt = (
        visible_customers(_customers_of(from_id, actor), actor, now)
        .where(Customer.store_id.in_(select(StaffStore.store_id).where(StaffStore.staff_id == to_id)))
        .order_by(Customer.id)
        .limit(MOST)
        .with_for_update(key_share=True)
    )
    if customer_ids is not None:
        stmt = stmt.where(Customer.id.in_(sorted(set(customer_ids))))
    ids = list(db.session.scalars(stmt))
    if customer_ids is not None and set(customer_ids) - set(ids):
        raise Invalid(errors={"customer_ids": [N_("Some of these are not this person’s customers in a shared store.")]})
    return ids


def _visible(hand_over_id: int, *, actor: Actor) -> HandOver:
    """A hand-over of which the actor sees at least one customer."""
    mine: ColumnElement[bool] = (
        select(HandOverLine.id)
        .join(Customer, Customer.id == HandOverLine.customer_id)
        .where(HandOverLine.hand_over_id == HandOver.id, in_own_stores(Customer.store_id, actor))
        .exists()
    )
    made = db.session.scalar(select(HandOver).where(HandOver.id == hand_over_id, mine))
    if made is None:
        raise NotFound
    return made


def _leads_all(made: HandOver, actor: Actor) -> bool:
    stores = db.session.scalars(
        select(Customer.store_id)
        .join(HandOverLine, HandOverLine.customer_id == Customer.id)
        .where(HandOverLine.hand_over_id == made.id)
        .distinct()
    )
    return all(may_lead_store(actor, store_id) for store_id in stores)


def _locked_line(line_id: int) -> HandOverLine:
    line = db.session.scalar(
        select(HandOverLine)
        .where(HandOverLine.id == line_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if line is None:
        raise NotFound
    return line


def _require_customer(line: HandOverLine, *, actor: Actor, now: datetime) -> Customer:
    stmt = visible_customers(select(Customer).where(Customer.id == line.customer_id), actor, now)
    customer: Customer | None = db.session.scalar(stmt)
    if customer is None:
        raise NotFound
    return customer


def _announce(customer_ids: Sequence[int]) -> None:
    for store_id in db.session.scalars(select(Customer.store_id).where(Customer.id.in_(customer_ids)).distinct()):
        announce(f"conversations:{store_id}")


def _audit(action: str, made: HandOver, *, actor: Actor, now: datetime, **detail: Any) -> None:
    audit.record(
        access.audit_name(actor),
        action=action,
        subject=("hand_over", made.id),
        now=now,
        detail={"from_id": made.from_id, "to_id": made.to_id, "why": made.why, "client": actor.client, **detail},
    )


def _audit_line(action: str, line: HandOverLine, *, actor: Actor, now: datetime, **detail: Any) -> None:
    audit.record(
        access.audit_name(actor),
        action=action,
        subject=("customer", line.customer_id),
        now=now,
        detail={"hand_over_id": line.hand_over_id, "client": actor.client, **detail},
    )
