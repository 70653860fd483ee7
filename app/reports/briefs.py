"""What to know of customers before the bell rings: for one, or for all of a day's in the same number of statements.

Who may see a customer may read this of him. What another member of the household complained about freezes offers too,
but its words are shown only to those who may see that case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.complaints.models import Complaint, ComplaintStatement
from app.core.db import db
from app.core.i18n import Text3
from app.customers import contacts, members
from app.customers.access import visible_customers
from app.customers.contacts import Budget
from app.customers.models import Consent, Customer, HouseholdMember
from app.customers.values import BookingState, Channel, ConsentState, Scope
from app.messaging.models import Conversation, Question
from app.people.access import Actor
from app.people.models import Staff, Store
from app.purchases.models import Intake, Product, Purchase, PurchaseLine, RunOut, StockReservation
from app.purchases.stock import keeps_back
from app.reports.cautions import Caution, Standing, cautions
from app.reports.day import UNFINISHED
from app.reports.timeline import Kind, Moment, newest_of
from app.tasks.access import eyes_of, is_visible
from app.tasks.models import Promise, Task

LAST_CONTACTS = 5
READ_OF_EACH = 4
"""Lines of each sort that are read to find the last contacts: unfinished tasks among them are left out."""
OPEN_SHOWN = 6
RUN_OUTS_SHOWN = 4
STALE_AFTER = timedelta(days=30)
"""A run-out so long past says nothing any more: the product is bought elsewhere, or not used."""
RESTRICTED_WITHIN = timedelta(days=365)
_TOLD = ("task", "text", "reply", "note")

Row = TypeVar("Row")


@dataclass(frozen=True)
class Use:
    """How much of a product somebody uses up in a day."""

    product: Text3
    per_day: float
    unit: str
    is_restricted: bool


@dataclass(frozen=True)
class AtHome:
    member: HouseholdMember
    uses: Sequence[Use]


@dataclass(frozen=True)
class RunsOut:
    run_out: RunOut
    product: Text3
    unit: str
    consumer: str | None
    reserved: StockReservation | None


@dataclass(frozen=True)
class Case:
    """An open complaint of the household. Its words and plan only for those who may see the case itself."""

    complaint: Complaint
    words: str
    is_readable: bool


@dataclass(frozen=True)
class Brief:
    """All of one customer. `own_uses` is what he uses himself; `others` are the files of his household the reader may
    see; `promised` are windows and arrival times of open work, the newest of each."""

    customer: Customer
    zone: ZoneInfo
    owner: str | None
    at_home: Sequence[AtHome]
    own_uses: Sequence[Use]
    others: Sequence[Customer]
    last_contacts: Sequence[Moment]
    tasks: Sequence[tuple[Task, str | None]]
    cases: Sequence[Case]
    waiting: Conversation | None
    questions: Sequence[Question]
    run_outs: Sequence[RunsOut]
    promised: Sequence[Promise]
    budget: Budget
    cautions: Sequence[Caution]
    restricted: Sequence[Text3]

    @property
    def today(self) -> date:
        return self.budget.today


def briefs(customer_ids: Collection[int], *, actor: Actor, now: datetime) -> dict[int, Brief]:
    """Of those customers whom the actor may see now. The caller writes down that they were read."""
    found = _customers(customer_ids, actor=actor, now=now)
    if not found:
        return {}
    ids = sorted(found)
    households = sorted({row.Customer.household_id for row in found.values()})
    at_home = _by(members.members_of_all(households), lambda one: one.household_id)
    others = _others(households, actor=actor, now=now)
    budgets = contacts.budgets(households, now=now)
    uses = _uses(ids, [one.id for group in at_home.values() for one in group])
    run_outs = _run_outs(ids, now=now)
    cases = _cases(households, seen={*ids, *(one.id for group in others.values() for one in group)}, actor=actor)
    tasks = _open_tasks(ids, actor=actor, now=now)
    promised = _promised([task.id for group in tasks.values() for task, _name in group])
    waiting, questions = _waiting(ids), _questions(ids, now=now)
    stops = _stops([row.Customer.phone for row in found.values() if row.Customer.phone])
    restricted = _restricted(ids, now=now)
    told = newest_of(ids, actor=actor, now=now, codes=_TOLD, each=READ_OF_EACH)
    whole = {}
    for customer_id, row in found.items():
        customer: Customer = row.Customer
        budget = budgets[customer.household_id]
        home = [AtHome(one, uses.get((one.id, None), ())) for one in at_home[customer.household_id]]
        own_uses = uses.get((None, customer_id), ())
        household_cases = cases.get(customer.household_id, [])
        named = [use.product for use in (*own_uses, *(use for one in home for use in one.uses)) if use.is_restricted]
        bought = restricted.get(customer_id, [])
        whole[customer_id] = Brief(
            customer=customer,
            zone=ZoneInfo(row.zone),
            owner=row.owner,
            at_home=home,
            own_uses=own_uses,
            others=[one for one in others[customer.household_id] if one.id != customer_id],
            last_contacts=[line for line in told[customer_id] if not _is_unfinished(line)][:LAST_CONTACTS],
            tasks=tasks[customer_id][:OPEN_SHOWN],
            cases=household_cases,
            waiting=waiting.get(customer_id),
            questions=questions[customer_id],
            run_outs=run_outs[customer_id][:RUN_OUTS_SHOWN],
            promised=[promise for task, _name in tasks[customer_id] for promise in promised[task.id]],
            budget=budget,
            cautions=cautions(
                Standing(
                    has_open_complaint=bool(household_cases),
                    has_open_reaction=any(case.complaint.is_reaction for case in household_cases),
                    **stops[customer.phone or ""],
                    buys_restricted=bool(named or bought),
                    sales_contacts=_sales_before(budget),
                )
            ),
            restricted=_once([*named, *bought]),
        )
    return whole


def _by(rows: Iterable[Row], key: Any) -> defaultdict[Any, list[Row]]:
    groups: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _customers(customer_ids: Collection[int], *, actor: Actor, now: datetime) -> dict[int, Any]:
    stmt: Any = (
        select(Customer, Store.zone.label("zone"), Staff.name.label("owner"))
        .join(Store, Store.id == Customer.store_id)
        .outerjoin(Staff, Staff.id == Customer.owner_id)
        .where(Customer.id.in_(sorted(set(customer_ids))))
    )
    rows = db.session.execute(visible_customers(stmt, actor, now)) if customer_ids else ()
    return {row.Customer.id: row for row in rows}


def _others(household_ids: Sequence[int], *, actor: Actor, now: datetime) -> defaultdict[int, list[Customer]]:
    """Everybody with a file in these households whom the reader may see."""
    stmt = select(Customer).where(Customer.household_id.in_(household_ids)).order_by(Customer.id)
    return _by(db.session.scalars(visible_customers(stmt, actor, now)), lambda one: one.household_id)


def _uses(customer_ids: Sequence[int], member_ids: Sequence[int]) -> dict[tuple[int | None, int | None], list[Use]]:
    """What is used up now, by consumer: a member, or else the customer himself."""
    stmt = (
        select(Intake, Product.name, Product.unit, Product.is_restricted)
        .join(Product, Product.id == Intake.product_id)
        .where(
            Intake.until.is_(None),
            or_(Intake.customer_id.in_(customer_ids), Intake.household_member_id.in_(member_ids)),
        )
        .order_by(Intake.id)
    )
    found: dict[tuple[int | None, int | None], list[Use]] = {}
    for intake, name, unit, is_restricted in db.session.execute(stmt):
        member_id = intake.household_member_id
        key = (member_id, intake.customer_id if member_id is None else None)
        found.setdefault(key, []).append(Use(name, float(intake.per_day), unit, is_restricted))
    return found


def _run_outs(customer_ids: Sequence[int], *, now: datetime) -> defaultdict[int, list[RunsOut]]:
    """What runs out when, the soonest first, with what is kept back of it now."""
    kept = aliased(StockReservation)
    newest = (
        select(func.max(StockReservation.id))
        .where(
            StockReservation.customer_id == RunOut.customer_id,
            StockReservation.product_id == RunOut.product_id,
            *keeps_back(now),
        )
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(RunOut, Product.name, Product.unit, HouseholdMember.name, kept)
        .join(Product, Product.id == RunOut.product_id)
        .outerjoin(HouseholdMember, HouseholdMember.id == RunOut.household_member_id)
        .outerjoin(kept, kept.id == newest)
        .where(RunOut.customer_id.in_(customer_ids), RunOut.day > now.date() - STALE_AFTER)
        .order_by(RunOut.day, RunOut.product_id)
    )
    return _by((RunsOut(*row) for row in rows), lambda one: one.run_out.customer_id)


def _cases(household_ids: Sequence[int], *, seen: Collection[int], actor: Actor) -> dict[int, list[Case]]:
    """The open cases of each household, also one that a member brought along; the reactions first."""
    first_words = (
        select(ComplaintStatement.words)
        .where(ComplaintStatement.complaint_id == Complaint.id)
        .order_by(ComplaintStatement.id)
        .limit(1)
        .scalar_subquery()
    )
    lives_in = Customer.household_id
    stmt = (
        select(Complaint, func.coalesce(first_words, ""), lives_in)
        .join(Customer, Customer.id == Complaint.customer_id)
        .where(
            Complaint.closed_at.is_(None), or_(Complaint.household_id.in_(household_ids), lives_in.in_(household_ids))
        )
        .order_by(Complaint.is_reaction.desc(), Complaint.due_at, Complaint.id)
    )
    found: dict[int, list[Case]] = {}
    for complaint, words, moved_to in db.session.execute(stmt):
        is_readable = _may_read(complaint, seen=seen, actor=actor)
        case = Case(complaint, words if is_readable else "", is_readable)
        for household_id in {complaint.household_id, moved_to}:
            found.setdefault(household_id, []).append(case)
    return found


def _may_read(complaint: Complaint, *, seen: Collection[int], actor: Actor) -> bool:
    """As complaints.access says it, for cases whose customers' visibility is known."""
    if actor.is_supervisor:
        return complaint.store_id in actor.store_ids
    return actor.sees_all_stores or complaint.owner_id == actor.staff_id or complaint.customer_id in seen


def _open_tasks(
    customer_ids: Sequence[int], *, actor: Actor, now: datetime
) -> defaultdict[int, list[tuple[Task, str | None]]]:
    stmt: Any = (
        select(Task, Staff.name)
        .outerjoin(Staff, Staff.id == Task.assignee_id)
        .where(Task.customer_id.in_(customer_ids), Task.status.in_(UNFINISHED), is_visible(eyes_of(actor, now)))
        .order_by(Task.window_start, Task.id)
    )
    return _by(((row[0], row[1]) for row in db.session.execute(stmt)), lambda one: one[0].customer_id)


def _promised(task_ids: Sequence[int]) -> defaultdict[int, list[Promise]]:
    """What was told last of each task: its window, its time of arrival."""
    stmt = (
        select(Promise)
        .where(Promise.task_id.in_(task_ids))
        .order_by(Promise.task_id, Promise.kind, Promise.told_at.desc(), Promise.id.desc())
        .ext(distinct_on(Promise.task_id, Promise.kind))
    )
    return _by(db.session.scalars(stmt), lambda one: one.task_id)


def _waiting(customer_ids: Sequence[int]) -> dict[int, Conversation]:
    stmt = select(Conversation).where(
        Conversation.customer_id.in_(customer_ids), Conversation.waiting_since.is_not(None)
    )
    return {talk.customer_id or 0: talk for talk in db.session.scalars(stmt)}


def _questions(customer_ids: Sequence[int], *, now: datetime) -> defaultdict[int, list[Question]]:
    stmt = (
        select(Question)
        .where(
            Question.customer_id.in_(customer_ids),
            Question.answered_at.is_(None),
            Question.closed_at.is_(None),
            Question.expires_at > now,
        )
        .order_by(Question.asked_at, Question.id)
    )
    return _by(db.session.scalars(stmt), lambda one: one.customer_id)


def _stops(phones: Collection[str]) -> defaultdict[str, dict[str, bool]]:
    """What a number does not want. Who wants nothing at all wants no promotion either."""
    stops: defaultdict[str, dict[str, bool]] = defaultdict(
        lambda: {"texts_stopped": False, "calls_stopped": False, "promotion_stopped": False}
    )
    stmt = select(Consent).where(Consent.phone.in_(sorted(phones)), Consent.state == ConsentState.OUT.value)
    for one in db.session.scalars(stmt):
        if one.scope in (Scope.ALL, Scope.PROMOTION):
            stops[one.phone]["promotion_stopped"] = True
        if one.scope == Scope.ALL:
            stops[one.phone]["texts_stopped" if one.channel == Channel.SMS else "calls_stopped"] = True
    return stops


def _restricted(customer_ids: Sequence[int], *, now: datetime) -> dict[int, list[Text3]]:
    """Restricted products that were bought of late and kept."""
    stmt = (
        select(Purchase.customer_id, Product.id, Product.name)
        .join(PurchaseLine, PurchaseLine.purchase_id == Purchase.id)
        .join(Product, Product.id == PurchaseLine.product_id)
        .where(
            and_(Purchase.customer_id.in_(customer_ids), Purchase.bought_at > now - RESTRICTED_WITHIN),
            Product.is_restricted,
            PurchaseLine.quantity > PurchaseLine.returned,
        )
        .order_by(Purchase.customer_id, Product.id)
        .distinct()
    )
    found: dict[int, list[Text3]] = {}
    for customer_id, _product_id, name in db.session.execute(stmt):
        found.setdefault(customer_id, []).append(name)
    return found


def _sales_before(budget: Budget) -> list[bool]:
    """Of the contacts that took place, the newest first, which were about buying again."""
    past = [one for one in budget.contacts if one.state == BookingState.RECORDED and one.day < budget.today]
    return [one.is_sales for one in reversed(past)]


def _is_unfinished(line: Moment) -> bool:
    return line.kind is Kind.TASK and line.status in UNFINISHED


def _once(names: Iterable[Text3]) -> list[Text3]:
    seen: Mapping[str, Text3] = {str(sorted(name.items())): name for name in names}
    return list(seen.values())
