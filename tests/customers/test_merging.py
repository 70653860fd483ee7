"""One file out of two, and two again."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from app.core.db import db
from app.core.errors import Forbidden, NotFound
from app.core.models import AuditEntry
from app.customers import contacts, merge_map, merging, service
from app.customers.merge_map import Way
from app.customers.merge_models import CustomerMerge
from app.customers.merging import Choice, NotMergeable, NotUndoable
from app.customers.models import ContactBooking, Customer, Household, HouseholdMember
from app.customers.redirects import MergedAway
from app.customers.values import ContactKind
from app.people.access import Role
from app.purchases.models import Purchase
from app.tasks.models import Task
from tests.factories.careplans import make_occurrence, make_plan
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_customer, make_household, make_member, make_note
from tests.factories.messaging import make_conversation, make_inbound, make_message
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.purchases import make_intake, make_product, make_purchase
from tests.factories.tasks import make_task

EVERYTHING = """
    SELECT c.relname AS table_name, a.attname AS column_name, f.relname AS points_at
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_class f ON f.oid = k.confrelid
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey)
    WHERE k.contype = 'f' AND f.relname IN ('customer', 'household', 'conversation')"""
BY_NAME = """
    SELECT c.relname, a.attname FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname ~ '(^|_)(customer|household)_id$'"""


@pytest.fixture
def lead(session: Any) -> Any:
    store = make_store()
    return actor_of(make_staff(Role.SUPERVISOR, store), store)


def two_files(lead: Any, **changes: Any) -> tuple[Customer, Customer]:
    (store_id,) = lead.store_ids
    kept = make_customer(store_id=store_id, name="陈大文", tags=["vip"], sizes={"shoes": "38"})
    gone = make_customer(store_id=store_id, name="陳大文", tags=["baby"], sizes={"shirt": "M"}, **changes)
    return kept, gone


def everything_of(session: Any) -> dict[str, list[Any]]:
    """All rows of all tables a merge may touch, as they stand."""
    tables = {table for table, _ in [*merge_map.OF_CUSTOMER, *merge_map.OF_HOUSEHOLD, *merge_map.OF_CONVERSATION]}
    tables |= {"household", "conversation"}
    tables -= {"customer_merge", "owner_history"}
    found = {}
    for table in sorted(tables):
        rows = session.execute(text(f"SELECT to_jsonb(t.*) - 'version' - 'updated_at' FROM \"{table}\" t")).scalars()
        found[table] = sorted(rows, key=str)
    return found


def test_every_reference_to_a_customer_or_household_has_a_way(session: Any) -> None:
    known = {**merge_map.OF_CUSTOMER, **merge_map.OF_HOUSEHOLD, **merge_map.OF_CONVERSATION}
    pointing = {(row.table_name, row.column_name) for row in session.execute(text(EVERYTHING))}
    named = {(row[0], row[1]) for row in session.execute(text(BY_NAME))}
    assert pointing | named == set(known)


def test_a_merge_moves_whatever_points_at_the_file(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    task, purchase, note = make_task(customer=gone), make_purchase(customer=gone), make_note(gone)
    make_conversation(gone)
    text_in = make_inbound(gone)
    complaint = make_complaint(gone)
    session.execute(text("DELETE FROM delivery"))
    gone_id, kept_id = gone.id, kept.id
    done = merging.merge(kept_id, gone_id, actor=lead, now=now)
    assert session.get(Customer, gone_id) is None
    for row in (task, purchase, note, text_in, complaint):
        session.refresh(row)
        assert row.customer_id == kept_id
    assert done.moved["task"] == 1
    moving = [place for place, way in merge_map.OF_CUSTOMER.items() if way is Way.MOVE]
    for table, column in moving:
        assert session.scalar(text(f'SELECT count(*) FROM "{table}" WHERE {column} = :id'), {"id": gone_id}) == 0


def test_an_undone_merge_leaves_everything_as_it_was(session: Any, now: datetime, lead: Any) -> None:
    household = make_household(store_id=next(iter(lead.store_ids)))
    kept, gone = two_files(lead, household=household)
    partner = make_customer(household=household)
    baby = make_member(gone)
    make_member(kept, customer_id=kept.id, name=kept.name, relation="other", birth_date=None)
    make_member(gone, customer_id=gone.id, name=gone.name, relation="other", birth_date=None)
    product = make_product()
    for file in (kept, gone):
        make_task(customer=file)
        make_purchase(customer=file)
        make_note(file)
        make_conversation(file, unread=1)
        make_inbound(file)
        make_message(file)
        make_intake(file, product=product)
    make_complaint(gone)
    session.execute(text("DELETE FROM delivery"))
    for number, file in enumerate((kept, gone, partner)):
        contacts.reserve(
            file.id,
            kind=ContactKind.CADENCE,
            day=now.date() + timedelta(days=number * 2),
            origin_key=f"k{file.id}",
            now=now,
        )
    session.flush()
    session.expire_all()
    before = everything_of(session)
    done = merging.merge(kept.id, gone.id, actor=lead, now=now)
    assert everything_of(session) != before
    assert session.get(HouseholdMember, baby.id).household_id == session.get(Customer, done.kept_id).household_id
    undone = merging.undo(done.id, actor=lead, now=now + timedelta(hours=1))
    session.expire_all()
    assert undone.stayed == {}
    after = everything_of(session)
    for table, rows in before.items():
        assert after[table] == rows, table


def test_the_contacts_of_both_count_after_a_merge(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    contacts.write_down(gone.id, kind=ContactKind.CADENCE, day=now.date(), origin_key="call", now=now)
    merging.merge(kept.id, gone.id, actor=lead, now=now)
    asked = contacts.reserve(
        kept.id, kind=ContactKind.CADENCE, day=now.date() + timedelta(days=2), origin_key="next", now=now
    )
    assert isinstance(asked, contacts.Refused)


def test_of_two_promised_contacts_too_close_the_one_of_the_file_that_goes_yields(
    session: Any, now: datetime, lead: Any
) -> None:
    kept, gone = two_files(lead)
    for file, days in ((kept, 3), (gone, 5)):
        day = now.date() + timedelta(days=days)
        contacts.reserve(file.id, kind=ContactKind.CADENCE, day=day, origin_key=f"k{days}", now=now)
    merging.merge(kept.id, gone.id, actor=lead, now=now)
    states = dict(session.execute(select(ContactBooking.origin_key, ContactBooking.state)).all())
    assert states == {"k3": "reserved", "k5": "released"}


def test_each_field_takes_the_chosen_value(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead, preferences="浅色")
    phone, kept_id = gone.phone, kept.id
    choices = {"name": Choice.GONE, "phone": Choice.GONE, "tags": Choice.KEPT}
    merging.merge(kept.id, gone.id, actor=lead, now=now, choices=choices)
    file = session.get(Customer, kept_id)
    assert (file.name, file.phone, file.tags) == ("陳大文", phone, ["vip"])
    assert file.sizes == {"shirt": "M", "shoes": "38"}
    assert file.preferences == "浅色"


def test_a_number_chosen_from_the_other_file_goes_back_with_it(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    numbers, gone_id = (kept.phone, gone.phone), gone.id
    done = merging.merge(kept.id, gone.id, actor=lead, now=now, choices={"phone": Choice.GONE})
    merging.undo(done.id, actor=lead, now=now)
    assert (session.get(Customer, done.kept_id).phone, session.get(Customer, gone_id).phone) == numbers


def test_the_others_of_the_household_come_along_only_if_wanted(session: Any, now: datetime, lead: Any) -> None:
    household = make_household(store_id=next(iter(lead.store_ids)))
    kept, gone = two_files(lead, household=household)
    partner = make_customer(household=household)
    merging.merge(kept.id, gone.id, actor=lead, now=now, join_households=False)
    assert session.get(Customer, partner.id).household_id == household.id
    assert session.get(Household, household.id) is not None


def test_households_of_different_stores_stay_apart(session: Any, now: datetime) -> None:
    boss = actor_of(make_staff(Role.HEAD_OFFICE))
    kept = make_customer()
    household = make_household()
    gone, _partner = make_customer(household=household), make_customer(household=household)
    with pytest.raises(NotMergeable) as refused:
        merging.merge(kept.id, gone.id, actor=boss, now=now, join_households=True)
    assert refused.value.extra["reason"] == "other_store"


def test_two_open_complaints_keep_two_files_apart(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    make_complaint(kept)
    make_complaint(gone)
    with pytest.raises(NotMergeable) as refused:
        merging.merge(kept.id, gone.id, actor=lead, now=now)
    assert refused.value.extra["reason"] == "two_complaints"


def test_a_file_that_was_merged_away_says_where_it_went(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    gone_id, kept_id = gone.id, kept.id
    merging.merge(kept_id, gone_id, actor=lead, now=now)
    with pytest.raises(MergedAway) as met:
        service.get(gone_id, actor=lead, now=now)
    assert met.value.extra["merged_into"] == kept_id
    stranger = actor_of(make_staff(Role.SUPERVISOR))
    with pytest.raises(NotFound) as hidden:
        service.get(gone_id, actor=stranger, now=now)
    assert hidden.value.extra == {}


def test_a_chain_of_merges_leads_to_the_last_file_and_is_undone_from_its_end(
    session: Any, now: datetime, lead: Any
) -> None:
    first, second = two_files(lead)
    third = make_customer(store_id=next(iter(lead.store_ids)))
    first_id, second_id, third_id = first.id, second.id, third.id
    inner = merging.merge(first_id, second_id, actor=lead, now=now).id
    outer = merging.merge(third_id, first_id, actor=lead, now=now).id
    assert merging.kept_file_of(second_id) == third_id
    with pytest.raises(NotUndoable) as refused:
        merging.undo(inner, actor=lead, now=now)
    assert refused.value.extra["reason"] == "merged_on"
    merging.undo(outer, actor=lead, now=now)
    merging.undo(inner, actor=lead, now=now)
    assert {first_id, second_id, third_id} <= set(session.scalars(select(Customer.id)))


def test_a_merge_is_not_undone_while_somebody_else_has_the_number(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    phone = gone.phone
    done = merging.merge(kept.id, gone.id, actor=lead, now=now)
    make_customer(phone=phone)
    with pytest.raises(NotUndoable) as refused:
        merging.undo(done.id, actor=lead, now=now)
    assert refused.value.extra["reason"] == "phone_taken"


def test_what_was_bought_since_stays_with_the_file_that_was_kept(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    old, gone_id = make_purchase(customer=gone), gone.id
    done = merging.merge(kept.id, gone.id, actor=lead, now=now)
    new = make_purchase(customer=session.get(Customer, done.kept_id))
    merging.undo(done.id, actor=lead, now=now)
    assert session.get(Purchase, old.id).customer_id == gone_id
    assert session.get(Purchase, new.id).customer_id == done.kept_id


def test_a_field_that_somebody_changed_since_keeps_the_newer_word(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    done = merging.merge(kept.id, gone.id, actor=lead, now=now, choices={"name": Choice.GONE})
    file = session.get(Customer, done.kept_id)
    service.update(file.id, {"name": "陈文"}, version=file.version, actor=lead, now=now)
    merging.undo(done.id, actor=lead, now=now)
    assert session.get(Customer, done.kept_id).name == "陈文"


def test_a_row_that_has_gone_elsewhere_since_stays_there_and_is_named(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    task = make_task(customer=gone)
    third = make_customer(store_id=kept.store_id)
    done = merging.merge(kept.id, gone.id, actor=lead, now=now)
    session.execute(text("UPDATE task SET customer_id = :id"), {"id": third.id})
    undone = merging.undo(done.id, actor=lead, now=now)
    assert undone.stayed == {"task": 1}
    assert session.get(Task, task.id).customer_id == third.id


def test_a_merge_is_undone_once(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    done = merging.merge(kept.id, gone.id, actor=lead, now=now)
    merging.undo(done.id, actor=lead, now=now)
    with pytest.raises(NotUndoable):
        merging.undo(done.id, actor=lead, now=now)


def test_a_merge_waits_for_side_effects_on_their_way(session: Any, now: datetime, lead: Any, drain: Any) -> None:
    kept, gone = two_files(lead)
    other = make_store()
    boss = actor_of(make_staff(Role.HEAD_OFFICE))
    service.update(gone.id, {"store_id": other.id}, version=gone.version, actor=boss, now=now)
    with pytest.raises(NotMergeable) as refused:
        merging.merge(kept.id, gone.id, actor=boss, now=now)
    assert refused.value.extra["reason"] == "just_busy"
    drain()
    merging.merge(kept.id, gone.id, actor=boss, now=now)


def test_an_associate_merges_nothing(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    store_id = next(iter(lead.store_ids))
    ann = make_staff(Role.ASSOCIATE, store=db.session.get(type(make_store()), store_id))
    for file in (kept, gone):
        file.owner_id = ann.id
    session.flush()
    with pytest.raises(Forbidden):
        merging.merge(kept.id, gone.id, actor=actor_of(ann), now=now)


def test_merging_and_undoing_are_audited_in_both_files(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    gone_id = gone.id
    done = merging.merge(kept.id, gone.id, actor=lead, now=now)
    merging.undo(done.id, actor=lead, now=now)
    told = session.execute(
        select(AuditEntry.action, AuditEntry.subject_id)
        .where(AuditEntry.action.like("customer.%"))
        .order_by(AuditEntry.id)
    ).all()
    assert [tuple(row) for row in told] == [
        ("customer.merge", str(done.kept_id)),
        ("customer.merged_away", str(gone_id)),
        ("customer.merge_undo", str(done.kept_id)),
        ("customer.parted", str(gone_id)),
    ]


def test_what_is_computed_follows_the_merge(session: Any, now: datetime, lead: Any, drain: Any) -> None:
    kept, gone = two_files(lead)
    make_purchase(customer=kept)
    make_purchase(customer=gone)
    done = merging.merge(kept.id, gone.id, actor=lead, now=now)
    drain()
    assert session.scalar(text("SELECT count(*) FROM buying_habit WHERE customer_id = :id"), {"id": done.kept_id}) == 1
    merging.undo(done.id, actor=lead, now=now)
    drain()
    assert session.scalar(text("SELECT count(*) FROM buying_habit")) == 2


def test_a_merge_costs_the_same_whatever_it_moves(session: Any, now: datetime, lead: Any) -> None:
    from sqlalchemy import event

    counts = []
    for tasks in (1, 6):
        kept, gone = two_files(lead)
        for _ in range(tasks):
            make_task(customer=gone)
        session.flush()
        seen: list[str] = []
        listener = lambda *args, seen=seen: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        merging.merge(kept.id, gone.id, actor=lead, now=now)
        event.remove(db.engine, "before_cursor_execute", listener)
        counts.append(len(seen))
    assert counts[1] <= counts[0]


def test_the_tombstone_names_the_file_and_keeps_its_row(session: Any, now: datetime, lead: Any) -> None:
    kept, gone = two_files(lead)
    phone = gone.phone
    done = merging.merge(kept.id, gone.id, actor=lead, now=now)
    stored = session.get(CustomerMerge, done.id)
    assert (stored.gone_name, stored.gone["phone"]) == ("陳大文", phone)


def test_the_day_of_a_second_try_of_the_file_that_goes_is_free_again(lead: Any, now: datetime) -> None:
    kept, gone = two_files(lead)
    plan = make_plan("cadence")
    make_occurrence(plan, gone, key="2027-01-01", due_day=now.date(), state="booked", booked_day=now.date(), tries=1)
    key = f"careplan:{plan.id}:cust:{gone.id}:2027-01-01~1"
    contacts.reserve(gone.id, kind=ContactKind.CADENCE, day=now.date(), origin_key=key, now=now)
    merging.merge(kept.id, gone.id, actor=lead, now=now)
    assert db.session.scalar(select(ContactBooking.state).where(ContactBooking.origin_key == key)) == "released"
