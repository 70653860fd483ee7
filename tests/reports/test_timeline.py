"""A customer's story: every source in one list, page by page, the same cost however long it is."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, text, update

from app.core.db import db
from app.core.errors import Invalid
from app.customers import consent
from app.customers.values import Channel, ConsentSource, Scope
from app.messaging.models import ConversationNote
from app.people.access import Actor, Role
from app.purchases.models import PurchaseLine
from app.reports.open_matters import open_matters
from app.reports.timeline import Kind, Story, story
from tests.factories.careplans import make_occurrence, make_plan
from tests.factories.complaints import bring_to, make_complaint
from tests.factories.customers import make_customer, make_note
from tests.factories.messaging import make_conversation, make_inbound, make_message, ship_templates
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.purchases import make_product, make_purchase
from tests.factories.tasks import make_checklist, make_task

SYSTEM = Actor.system()


@pytest.fixture
def customer(session: Any, now: datetime) -> Any:
    store = make_store()
    return make_customer(store=store, owner=make_staff(store=store, name="李导购"))


@pytest.fixture
def statements(session: Any) -> Callable[[], AbstractContextManager[list[str]]]:
    @contextmanager
    def listening() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            sent.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return listening


def tell_everything(customer: Any, now: datetime, *, times: int = 1) -> None:
    """One of each kind, `times` over, a day apart."""
    make_checklist()
    ship_templates()
    author = make_staff(name="何督导")
    talk = make_conversation(customer)
    for number in range(times):
        at = now - timedelta(days=number + 1)
        make_purchase(customer, lines=[(make_product(), 2, 176)], bought_at=at - timedelta(hours=1))
        make_task(customer=customer, window_start=at - timedelta(hours=2), window_end=at)
        make_message(customer, created_at=at - timedelta(hours=3), body="【沙田店】您好")
        make_inbound(customer, "几点来？", received_at=at - timedelta(hours=4))
        make_note(customer, author=author, created_at=at - timedelta(hours=5))
        db.session.add(
            ConversationNote(
                conversation_id=talk.id, author_id=author.id, text="已回电", created_at=at - timedelta(hours=6)
            )
        )
    db.session.flush()


def read(customer: Any, now: datetime, **wanted: Any) -> Story:
    return story(customer, actor=wanted.pop("actor", SYSTEM), now=now, **wanted)


def whole(customer: Any, now: datetime, **wanted: Any) -> list[str]:
    """The keys of all pages, in their order."""
    found, cursor = [], None
    while True:
        page = read(customer, now, cursor=cursor, **wanted)
        found += [moment.key for moment in page.moments]
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_all_that_happened_stands_in_one_list_the_newest_first(customer: Any, now: datetime) -> None:
    tell_everything(customer, now)
    moments = read(customer, now).moments
    codes = [moment.key.split(":")[0] for moment in moments]
    assert codes == ["purchase", "task", "text", "reply", "note", "word", "owner"]
    assert [moment.at for moment in moments] == sorted((moment.at for moment in moments), reverse=True)


def test_each_line_says_whose_words_they_are(customer: Any, now: datetime) -> None:
    tell_everything(customer, now)
    by_code = {moment.key.split(":")[0]: moment for moment in read(customer, now).moments}
    assert by_code["reply"].words == "几点来？"
    assert by_code["text"].words == "【沙田店】您好"
    assert (by_code["word"].words, by_code["word"].who) == ("已回电", "何督导")
    assert by_code["owner"].who == "李导购"
    assert by_code["purchase"].detail["total"] == "176.00"
    assert by_code["purchase"].detail["lines"][0]["quantity"] == 2.0
    assert by_code["task"].status is not None


def test_complaints_consents_and_care_left_out_belong_to_it(customer: Any, now: datetime) -> None:
    make_checklist(task_type="callback", reason="complaint")
    ship_templates()
    case = make_complaint(customer, now=now)
    consent.opt_out(
        customer.phone,
        source=ConsentSource.PAGE,
        text="不要再发",
        actor=SYSTEM,
        now=now,
        channel=Channel.SMS,
        scope=Scope.PROMOTION,
    )
    make_occurrence(
        make_plan("cadence"), customer, due_day=now.date(), state="missed", reason="ceiling", decided_at=now
    )
    make_occurrence(make_plan("cadence"), customer, due_day=now.date(), state="booked")
    by_kind = {moment.kind: moment for moment in read(customer, now).moments if moment.what != "owner"}
    assert by_kind[Kind.COMPLAINT].detail["number"] == case.number
    assert (by_kind[Kind.FILE].status, by_kind[Kind.FILE].words) == ("out", "不要再发")
    assert (by_kind[Kind.CARE].status, by_kind[Kind.CARE].detail["reason"]) == ("missed", "ceiling")


def test_what_was_returned_is_told_and_what_was_paid_back_taken_off(customer: Any, now: datetime) -> None:
    sale = make_purchase(customer, lines=[(make_product(), 2, 176)], refunded=Decimal(88))
    db.session.execute(update(PurchaseLine).where(PurchaseLine.purchase_id == sale.id).values(returned=1, refunded=88))
    [line] = read(customer, now, kinds=[Kind.PURCHASE]).moments
    assert line.detail["total"] == "88.00"
    assert (line.detail["lines"][0]["quantity"], line.detail["lines"][0]["returned"]) == (2.0, 1.0)


def test_points_are_no_part_of_it() -> None:
    assert "points" not in {kind.value for kind in Kind}


@pytest.mark.parametrize("kind", [Kind.PURCHASE, Kind.TASK, Kind.MESSAGE, Kind.NOTE, Kind.FILE])
def test_a_kind_alone_leaves_out_the_others(customer: Any, now: datetime, kind: Kind) -> None:
    tell_everything(customer, now, times=2)
    found = read(customer, now, kinds=[kind]).moments
    assert found
    assert {moment.kind for moment in found} == {kind}


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 30])
def test_pages_of_any_size_tell_the_same_story(customer: Any, now: datetime, limit: int) -> None:
    tell_everything(customer, now, times=4)
    keys = whole(customer, now, limit=limit)
    assert keys == whole(customer, now, limit=100)
    assert len(keys) == len(set(keys)) == 4 * 6 + 1


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_what_happened_at_the_same_moment_is_neither_lost_nor_told_twice(
    customer: Any, now: datetime, limit: int
) -> None:
    for _ in range(3):
        make_note(customer, created_at=now)
        make_inbound(customer, received_at=now)
        make_purchase(customer, bought_at=now, lines=[])
        make_message(customer, created_at=now)
    keys = whole(customer, now, limit=limit)
    assert len(keys) == len(set(keys)) == 13


def test_what_comes_in_while_one_reads_moves_nothing(customer: Any, now: datetime) -> None:
    tell_everything(customer, now, times=2)
    first = read(customer, now, limit=4)
    make_note(customer, created_at=now)
    second = read(customer, now, limit=4, cursor=first.next_cursor)
    assert not {moment.key for moment in first.moments} & {moment.key for moment in second.moments}


def test_a_text_that_was_sent_again_is_one_line_with_its_last_state(customer: Any, now: datetime) -> None:
    first = make_message(customer, state="failed", created_at=now - timedelta(hours=1))
    make_message(customer, state="delivered", created_at=now, parent_id=first.id, resend_no=1)
    [line] = read(customer, now, kinds=[Kind.MESSAGE]).moments
    assert (line.id, line.status) == (str(first.id), "delivered")


@pytest.mark.parametrize("cursor", ["x", "e30", "WyIyMDI3IiwidGFzayIsIjEiXQ", "WyJub3ciLCJ0YXNrIiwiMSJd", "ńż"])
def test_a_cursor_that_is_not_ours_is_refused(customer: Any, now: datetime, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(customer, now, cursor=cursor)
    assert list(refused.value.errors) == ["cursor"]


def test_a_consent_of_who_had_the_number_before_is_not_told(customer: Any, now: datetime) -> None:
    consent.opt_out("+85266660001", source=ConsentSource.SMS, text="STOP", actor=SYSTEM, now=now - timedelta(days=9))
    later = make_customer(phone="+85266660001", created_at=now)
    assert [moment.what for moment in read(later, now).moments] == ["owner"]


# Who sees what


def test_a_supervisor_reads_nothing_of_another_store(customer: Any, now: datetime) -> None:
    elsewhere = make_store()
    make_task(customer=customer, store_id=elsewhere.id, window_start=now, window_end=now + timedelta(hours=1))
    make_message(customer, store_id=elsewhere.id, created_at=now)
    make_message(customer, created_at=now, body="自己店的")
    lead = Actor(id=1, name="", role=Role.SUPERVISOR, store_ids=frozenset({customer.store_id}))
    words = [moment.words for moment in read(customer, now, actor=lead, kinds=[Kind.MESSAGE, Kind.TASK]).moments]
    assert words == ["自己店的"]


def test_who_serves_a_customer_for_a_day_sees_only_the_own_task(customer: Any, now: datetime) -> None:
    helper = make_staff(name="帮手")
    mine = make_task(customer=customer, assignee=helper, window_start=now, window_end=now + timedelta(hours=1))
    other = make_staff()
    make_task(customer=customer, assignee=other, window_start=now, window_end=now + timedelta(hours=1))
    found = read(customer, now, actor=actor_of(helper), kinds=[Kind.TASK]).moments
    assert [moment.id for moment in found] == [str(mine.id)]


# What it costs


def test_a_page_needs_the_same_few_statements_however_long_the_story(
    customer: Any, now: datetime, statements: Any
) -> None:
    tell_everything(customer, now, times=2)
    db.session.expire_all()
    with statements() as short:
        read(customer, now)
    for number in range(20):
        make_purchase(customer, bought_at=now - timedelta(days=30 + number))
        make_message(customer, created_at=now - timedelta(days=30 + number))
        make_note(customer, created_at=now - timedelta(days=30 + number))
    with statements() as long:
        read(customer, now, limit=100)
    assert len(long) <= len(short) <= 16


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("purchase", "bought_at"),
        ("task", "window_start"),
        ("message", "created_at"),
        ("inbound", "received_at"),
        ("complaint", "opened_at"),
        ("customer_note", "created_at"),
        ("owner_history", "since"),
    ],
)
def test_each_source_has_an_index_that_leads_to_the_place_where_the_last_page_ended(
    session: Any, table: str, column: str
) -> None:
    """With sequential scans made dear, the plan says whether an index can serve at all."""
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    db.session.execute(text("SET LOCAL enable_bitmapscan = off"))
    query = f"EXPLAIN SELECT * FROM {table} WHERE customer_id = 7 AND {column} <= now() ORDER BY {column} DESC LIMIT 31"
    plan = "\n".join(db.session.execute(text(query)).scalars())
    assert "Index Scan Backward" in plan
    assert "Sort" not in plan


# What is open


def test_open_matters_are_work_planned_cases_and_a_text_that_waits(customer: Any, now: datetime) -> None:
    make_checklist(task_type="callback", reason="complaint")
    ship_templates()
    done = make_task(customer=customer, status="cancelled", ended_at=now)
    planned = make_task(customer=customer, window_start=now, window_end=now + timedelta(hours=1))
    case = make_complaint(customer, now=now)
    talk = make_conversation(customer, waiting_since=now)
    found = open_matters(customer, actor=SYSTEM, now=now)
    ids = {task.id for task, _name in found.tasks}
    assert planned.id in ids
    assert done.id not in ids
    assert [one.id for one in found.complaints] == [case.id]
    assert found.waiting is not None
    assert found.waiting.id == talk.id


def test_a_closed_case_is_not_open(customer: Any, now: datetime) -> None:
    make_checklist(task_type="callback", reason="complaint")
    ship_templates()
    bring_to(make_complaint(customer, now=now), "closed", now=now)
    assert open_matters(customer, actor=SYSTEM, now=now).complaints == []
