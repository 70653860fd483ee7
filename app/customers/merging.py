"""Making one file of two, and taking it back.

A merge moves everything that points at the file that goes (merge_map.py), writes down each step (journal.py), and lets
the file leave the table of customers: its tombstone is the row of customer_merge, which redirects whoever asks for it.
Undoing takes the steps back from the last to the first. What was added since, and what somebody has changed since,
stays with the file that was kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, or_, select, text

from app.core import audit
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_
from app.core.outbox import publish
from app.core.paging import Page, page_of
from app.customers import access, journal, merge_map, redirects, service
from app.customers.merge_map import Files
from app.customers.merge_models import CustomerMerge, CustomerMergeStep
from app.customers.models import Customer, Household
from app.customers.naming import sort_key
from app.events import CustomersMerged, CustomersParted
from app.people.access import Actor, in_own_stores, require_lead
from app.people.models import Staff

__all__ = [
    "CHOICES",
    "FIELDS",
    "Choice",
    "NotMergeable",
    "NotUndoable",
    "defaults",
    "differing",
    "kept_file_of",
    "merge",
    "obstacles_of",
    "page_of_merges",
    "undo",
    "why_not_undo",
]
kept_file_of = redirects.kept_file_of


class Choice(StrEnum):
    """Whose value the file has afterwards. BOTH only where two values can stand side by side."""

    KEPT = "kept"
    GONE = "gone"
    BOTH = "both"


FIELDS: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    "phone": ("phone",),
    "owner": ("owner_id",),
    "locale": ("locale",),
    "dialect": ("dialect",),
    "gender": ("gender",),
    "birthday": ("birthday_calendar", "birthday_year", "birthday_month", "birthday_day"),
    "address": ("address", "district", "lat", "lng"),
    "access_notes": ("access_notes",),
    "tags": ("tags",),
    "preferences": ("preferences",),
    "sizes": ("sizes",),
    "occupation": ("occupation",),
    "industry": ("industry",),
    "income_band": ("income_band",),
}
"""What is chosen, and its columns; the store and the tier are those of the file that stays."""

JOINABLE = frozenset({"tags", "preferences", "sizes"})
CHOICES: Mapping[str, tuple[Choice, ...]] = {
    name: (Choice.KEPT, Choice.GONE, Choice.BOTH) if name in JOINABLE else (Choice.KEPT, Choice.GONE) for name in FIELDS
}


class SameFile(Invalid):
    code = "same-file"
    message = N_("These are one and the same file.")


class NotMergeable(Conflict):
    """`reason` names which of the obstacles it is."""

    code = "not-mergeable"

    def __init__(self, reason: str) -> None:
        super().__init__(OBSTACLES[reason], extra={"reason": reason})


class NotUndoable(Conflict):
    code = "merge-not-undoable"

    def __init__(self, reason: str) -> None:
        super().__init__(OBSTACLES[reason], extra={"reason": reason})


OBSTACLES = {
    "two_complaints": N_("Both households have an open complaint. Close one of them first."),
    "other_store": N_(
        "The two households belong to different stores, and somebody else lives in the one that would go."
    ),
    "just_busy": N_("Something about the second file is being worked on at this moment. Please try again in a minute."),
    "undone": N_("This merge was undone already."),
    "merged_on": N_("The file that was kept has itself been merged into another one. Undo that first."),
    "phone_taken": N_("The number of the file that went belongs to another customer now."),
    "two_owners": N_("Only a supervisor of both stores can merge these files."),
}


@dataclass(frozen=True)
class Undone:
    """`stayed`: rows that have gone elsewhere meanwhile, by table, and were left there."""

    merge: CustomerMerge
    stayed: Mapping[str, int] = field(default_factory=dict)


def merge(
    kept_id: int,
    gone_id: int,
    *,
    actor: Actor,
    now: datetime,
    choices: Mapping[str, Choice] | None = None,
    join_households: bool | None = None,
) -> CustomerMerge:
    """Let the second file go into the first one. For whoever leads the stores of both.

    `choices` says per field of FIELDS whose value is kept; by default what the kept file lacks is filled in from the
    other. `join_households`: everybody who lives with the second one moves along; by default if the store is the same.
    """
    if kept_id == gone_id:
        raise SameFile
    kept, gone = _locked_pair(kept_id, gone_id, actor=actor, now=now)
    joins = _joins(kept, gone, join_households)
    _check_complaints(kept, gone, joins=joins)
    if _is_being_worked_on(gone.id):
        raise NotMergeable("just_busy")
    chosen = {**defaults(kept, gone), **(choices or {})}
    _check_choices(chosen)
    row = _stored_row(gone.id)
    done = CustomerMerge(
        gone_id=gone.id,
        into_id=kept.id,
        kept_id=kept.id,
        store_id=kept.store_id,
        gone_name=gone.name,
        gone=row,
        changes={},
        moved={},
        merged_at=now,
        merged_by_id=actor.staff_id,
    )
    db.session.add(done)
    db.session.flush()
    after = _values_after(kept, gone, chosen)
    steps = journal.Journal(done.id)
    files = Files(
        kept=kept.id,
        gone=gone.id,
        kept_household=kept.household_id,
        gone_household=gone.household_id,
        joins=joins,
        now=now,
    )
    db.session.expunge(gone)
    merge_map.move_everything(steps, files)
    db.session.execute(text("DELETE FROM customer WHERE id = :gone"), {"gone": files.gone})
    merge_map.close_household(steps, files)
    done.changes = _change(kept, after, actor=actor, now=now)
    done.moved = steps.counts
    db.session.flush()
    # Rows in this session still say the old file; the database knows better.
    db.session.expire_all()
    publish(CustomersMerged(merge_id=done.id, kept_id=files.kept, gone_id=files.gone, occurred_at=now))
    _audit("customer.merge", done, actor=actor, now=now, detail={"gone_id": files.gone, "moved": dict(steps.counts)})
    _audit_of(files.gone, "customer.merged_away", done, actor=actor, now=now)
    return done


def undo(merge_id: int, *, actor: Actor, now: datetime) -> Undone:
    """Part the two files again. Raises NotUndoable with the reason, and then nothing has changed."""
    done = _visible(merge_id, actor=actor)
    require_lead(actor, done.store_id)
    done = db.session.get_one(CustomerMerge, merge_id, with_for_update=True, populate_existing=True)
    reason = why_not_undo(done)
    if reason is not None:
        raise NotUndoable(reason)
    kept = db.session.get_one(Customer, done.kept_id, with_for_update=True, populate_existing=True)
    require_lead(actor, int(done.gone["store_id"]))
    _restore_fields(kept, done, now=now)
    steps = db.session.scalars(
        select(CustomerMergeStep).where(CustomerMergeStep.merge_id == done.id).order_by(CustomerMergeStep.id.desc())
    ).all()
    deleted = [step for step in steps if step.kind == "deleted" and step.table_name == "household"]
    stayed: dict[str, int] = {}
    for step in deleted:
        journal.take_back(step)
    _insert_file(done, now=now)
    for step in steps:
        if step in deleted:
            continue
        left = journal.take_back(step)
        if left:
            stayed[step.table_name] = stayed.get(step.table_name, 0) + left
    done.undone_at, done.undone_by_id = now, actor.staff_id
    db.session.flush()
    db.session.expire_all()
    done = db.session.get_one(CustomerMerge, merge_id)
    publish(CustomersParted(merge_id=done.id, kept_id=done.kept_id, restored_id=done.gone_id, occurred_at=now))
    _audit("customer.merge_undo", done, actor=actor, now=now, detail={"restored_id": done.gone_id, "stayed": stayed})
    _audit_of(done.gone_id, "customer.parted", done, actor=actor, now=now)
    return Undone(merge=done, stayed=stayed)


def why_not_undo(done: CustomerMerge) -> str | None:
    """The reason (a key of OBSTACLES) why this merge can't be taken back now."""
    return obstacles_of([done])[done.id]


def obstacles_of(merges: Collection[CustomerMerge]) -> dict[int, str | None]:
    """The same for many, by merge."""
    phones = {phone for done in merges if (phone := done.gone.get("phone")) is not None}
    held = select(Customer.phone, Customer.id).where(Customer.phone.in_(phones))
    holders: dict[str, int] = {row[0]: row[1] for row in db.session.execute(held) if row[0]} if phones else {}
    return {done.id: _obstacle(done, holders) for done in merges}


def _obstacle(done: CustomerMerge, holders: Mapping[str, int]) -> str | None:
    if done.undone_at is not None:
        return "undone"
    if done.kept_id != done.into_id:
        return "merged_on"
    phone = done.gone.get("phone")
    holder = holders.get(phone) if phone is not None else None
    gives_back = done.changes.get("phone", [None, None])[1] == phone
    return "phone_taken" if holder is not None and not (gives_back and holder == done.kept_id) else None


def page_of_merges(*, actor: Actor, cursor: str | None = None, limit: int | None = None) -> Page:
    """Rows of CustomerMerge, the name of the file that stays, and who merged, newest first."""
    stmt: Any = (
        select(CustomerMerge, Customer.name, Staff.name)
        .join(Customer, Customer.id == CustomerMerge.kept_id)
        .outerjoin(Staff, Staff.id == CustomerMerge.merged_by_id)
        .where(in_own_stores(CustomerMerge.store_id, actor), in_own_stores(Customer.store_id, actor))
    )
    return page_of(stmt, keys=[CustomerMerge.id.desc()], cursor=cursor, limit=limit)


def defaults(kept: Customer, gone: Customer) -> dict[str, Choice]:
    """What stays without a word: the value of the file that stays, the other's where it has none, both of lists."""
    chosen = {}
    for name, columns in FIELDS.items():
        mine, other = _filled(kept, columns), _filled(gone, columns)
        if name in JOINABLE and mine and other:
            chosen[name] = Choice.BOTH
        else:
            chosen[name] = Choice.GONE if other and not mine else Choice.KEPT
    return chosen


def differing(one: Customer, other: Customer) -> list[str]:
    """The fields in which two files differ, in the order of FIELDS."""
    return [
        name
        for name, columns in FIELDS.items()
        if any(getattr(one, column) != getattr(other, column) for column in columns)
    ]


def _locked_pair(kept_id: int, gone_id: int, *, actor: Actor, now: datetime) -> tuple[Customer, Customer]:
    """Both files, held in the order of their ids so that two merges can't wait for each other."""
    found: dict[int, Customer] = {}
    for customer_id in sorted((kept_id, gone_id)):
        customer = service.get(customer_id, actor=actor, now=now)
        require_lead(actor, customer.store_id)
        locked = db.session.get(Customer, customer_id, with_for_update=True, populate_existing=True)
        if locked is None:
            raise NotFound
        found[customer_id] = locked
    households = sorted({one.household_id for one in found.values()})
    db.session.execute(
        select(Household.id).where(Household.id.in_(households)).order_by(Household.id).with_for_update()
    )
    return found[kept_id], found[gone_id]


def _joins(kept: Customer, gone: Customer, wanted: bool | None) -> bool:
    if kept.household_id == gone.household_id:
        return False
    lives_alone = not db.session.scalar(
        select(Customer.id).where(Customer.household_id == gone.household_id, Customer.id != gone.id).limit(1)
    )
    if lives_alone:
        return True
    if wanted and kept.store_id != gone.store_id:
        raise NotMergeable("other_store")
    return kept.store_id == gone.store_id if wanted is None else wanted


def _check_complaints(kept: Customer, gone: Customer, *, joins: bool) -> None:
    """A household has one open case at a time, which is what its contacts are frozen by."""
    if kept.household_id == gone.household_id:
        return
    theirs = "household_id = :gone_household" if joins else "customer_id = :gone"
    both = db.session.scalar(
        text(f"""SELECT EXISTS (SELECT FROM complaint WHERE household_id = :household AND closed_at IS NULL)
                 AND EXISTS (SELECT FROM complaint WHERE {theirs} AND closed_at IS NULL)"""),  # noqa: S608  one of two fixed conditions
        {"household": kept.household_id, "gone_household": gone.household_id, "gone": gone.id},
    )
    if both:
        raise NotMergeable("two_complaints")


def _is_being_worked_on(customer_id: int) -> bool:
    """Side effects on their way would look for the file after it has gone. They take a moment, rarely more."""
    return bool(
        db.session.scalar(
            text("""SELECT EXISTS (
                SELECT FROM delivery d JOIN fact f ON f.id = d.fact_id
                WHERE d.state = 'due' AND (f.payload @> jsonb_build_object('customer_id', CAST(:id AS int))
                    OR f.payload @> jsonb_build_object('touches',
                        jsonb_build_array(jsonb_build_object('customer_id', CAST(:id AS int))))))"""),
            {"id": customer_id},
        )
    )


def _check_choices(chosen: Mapping[str, Choice]) -> None:
    wrong = {name for name, choice in chosen.items() if choice not in CHOICES.get(name, ())}
    if wrong:
        raise Invalid(errors={name: [N_("Please choose one of the list.")] for name in sorted(wrong)})


def _stored_row(customer_id: int) -> dict[str, Any]:
    row = db.session.scalar(text("SELECT to_jsonb(c.*) FROM customer c WHERE c.id = :id"), {"id": customer_id})
    assert isinstance(row, dict)
    return row


def _filled(customer: Customer, columns: Sequence[str]) -> bool:
    return any(getattr(customer, column) not in (None, "", [], {}) for column in columns)


def _values_after(kept: Customer, gone: Customer, chosen: Mapping[str, Choice]) -> dict[str, Any]:
    after: dict[str, Any] = {}
    for name, choice in chosen.items():
        for column in FIELDS[name]:
            mine, other = getattr(kept, column), getattr(gone, column)
            if choice is Choice.BOTH:
                after[column] = BOTH[name](mine, other)
            else:
                after[column] = other if choice is Choice.GONE else mine
    return after


def _joined_words(mine: str, other: str) -> str:
    return mine if not other or other in mine else f"{mine}\n{other}".strip()


BOTH: Mapping[str, Callable[[Any, Any], Any]] = {
    "tags": lambda mine, other: list(dict.fromkeys([*mine, *other])),
    "preferences": _joined_words,
    "sizes": lambda mine, other: {**other, **mine},
}


def _change(kept: Customer, after: Mapping[str, Any], *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Write the chosen values; returns what changed as [before, after]."""
    changes = {name: [getattr(kept, name), value] for name, value in after.items() if getattr(kept, name) != value}
    for name, value in after.items():
        setattr(kept, name, value)
    if "name" in changes:
        kept.name_key = sort_key(kept.name)
    if "owner_id" in changes:
        service.write_owner(kept, kept.owner_id, reason=OWNER_REASON, actor=actor, now=now)
    kept.version += 1
    kept.updated_at = now
    db.session.flush()
    return changes


OWNER_REASON = "merge"


def _restore_fields(kept: Customer, done: CustomerMerge, *, now: datetime) -> None:
    """Give the kept file its own values back, but for those that somebody has changed since."""
    for name, (before, after) in done.changes.items():
        if getattr(kept, name) == after:
            setattr(kept, name, before)
            if name == "owner_id":
                service.write_owner(kept, before, reason=OWNER_REASON, actor=Actor.system("merge"), now=now)
    kept.name_key = sort_key(kept.name)
    kept.version += 1
    kept.updated_at = now
    db.session.flush()


def _insert_file(done: CustomerMerge, *, now: datetime) -> None:
    """The row as it was, in its household; a household that has become another one's since is made anew."""
    household_id = int(done.gone["household_id"])
    if db.session.get(Household, household_id) is None:
        new = Household(store_id=int(done.gone["store_id"]), name="", created_at=now)
        db.session.add(new)
        db.session.flush()
        household_id = new.id
    row = {**done.gone, "household_id": household_id, "version": int(done.gone["version"]) + 1}
    owner_id = row["owner_id"]
    if owner_id is not None and not db.session.scalar(select(Staff.is_active).where(Staff.id == owner_id)):
        row["owner_id"] = None
    journal.insert_again("customer", [row])


def _visible(merge_id: int, *, actor: Actor) -> CustomerMerge:
    stmt: Select[Any] = select(CustomerMerge).where(
        CustomerMerge.id == merge_id, in_own_stores(CustomerMerge.store_id, actor)
    )
    found: CustomerMerge | None = db.session.scalar(stmt)
    if found is None:
        raise NotFound
    return found


def merges_of(customer_id: int) -> Sequence[CustomerMerge]:
    """What went into this file, newest first."""
    return db.session.scalars(
        select(CustomerMerge)
        .where(CustomerMerge.kept_id == customer_id, CustomerMerge.undone_at.is_(None))
        .order_by(CustomerMerge.id.desc())
    ).all()


def count_open_merges(customer_ids: Sequence[int]) -> int:
    """How many merges stand that involve one of these files."""
    return int(
        db.session.scalar(
            select(func.count())
            .select_from(CustomerMerge)
            .where(
                CustomerMerge.undone_at.is_(None),
                or_(CustomerMerge.kept_id.in_(customer_ids), CustomerMerge.gone_id.in_(customer_ids)),
            )
        )
        or 0
    )


def _audit(
    action: str, done: CustomerMerge, *, actor: Actor, now: datetime, detail: Mapping[str, Any] | None = None
) -> None:
    audit.record(
        access.audit_name(actor),
        action=action,
        subject=("customer", done.kept_id),
        store_id=done.store_id,
        now=now,
        detail={"merge_id": done.id, "client": actor.client, **(detail or {})},
    )


def _audit_of(customer_id: int, action: str, done: CustomerMerge, *, actor: Actor, now: datetime) -> None:
    audit.record(
        access.audit_name(actor),
        action=action,
        subject=("customer", customer_id),
        store_id=done.store_id,
        now=now,
        detail={"merge_id": done.id, "kept_id": done.kept_id, "client": actor.client},
    )
