"""Files that look like one person's are found for everybody at once."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event, text

from app.core.db import db
from app.core.errors import Forbidden, NotFound
from app.customers import duplicates, merging
from app.customers.merge_models import DuplicatePair
from app.people.access import Role
from tests.factories.customers import make_customer
from tests.factories.people import actor_of, make_staff, make_store

BORN = {"birthday_calendar": "solar", "birthday_year": 1990, "birthday_month": 5, "birthday_day": 4}


def evidence(session: Any, now: datetime) -> list[list[str]]:
    duplicates.refresh(now=now)
    return [row.evidence for row in session.query(DuplicatePair).order_by(DuplicatePair.low_id)]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ({"name": "陳大文"}, {"name": "陈大文 先生"}, ["same_name", "same_address"]),
        ({"name": "Chan Tai Man"}, {"name": "Mr. TAI MAN, Chan"}, ["same_name", "same_address"]),
        ({"name": "Wong Siu Ling"}, {"name": "Wong Siu Lin"}, ["similar_name", "same_address"]),
        (
            {"name": "陈大文", "address": "轩尼诗道 118 号 12 楼 A 室"},
            {"name": "陈大文", "address": "軒尼詩道118號12樓"},
            ["same_name", "similar_address"],
        ),
        ({"name": "陈大文", "address": "", **BORN}, {"name": "陈大文", **BORN}, ["same_name", "same_birthday"]),
        (
            {"name": "Lee Mei", "phone": "+85261234567", "address": ""},
            {"name": "Mei Lee", "phone": "+85361234567"},
            ["same_name", "same_number"],
        ),
    ],
)
def test_files_that_share_enough_are_a_pair(
    session: Any, now: datetime, one: dict[str, Any], other: dict[str, Any], found: list[str]
) -> None:
    store = make_store()
    make_customer(store=store, **one)
    make_customer(store=store, **other)
    assert evidence(session, now) == [found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "陈大文"}, {"name": "陈小文"}),
        ({"name": "陈大文"}, {"name": "陈大文", "address": "弥敦道 9 号"}),
        ({"name": "陈大文", "phone": "+85261234567"}, {"name": "李美玲", "phone": "+8613861234567", "address": "x"}),
        ({"name": "陈大文", **BORN}, {"name": "陈大文", **BORN, "birthday_day": 5}),
    ],
)
def test_what_many_people_share_makes_no_pair(
    session: Any, now: datetime, one: dict[str, Any], other: dict[str, Any]
) -> None:
    store = make_store()
    make_customer(store=store, **one)
    make_customer(store=store, **other)
    assert evidence(session, now) == []


def test_a_crowd_behind_one_key_is_left_alone(session: Any, now: datetime) -> None:
    store = make_store()
    for _ in range(duplicates.CROWD + 1):
        make_customer(store=store, name="王芳")
    assert evidence(session, now) == []


def test_the_older_file_stands_first_and_the_likeliest_pair_on_top(session: Any, now: datetime) -> None:
    store = make_store()
    boss = actor_of(make_staff(Role.HEAD_OFFICE))
    weak = [make_customer(store=store, name=name) for name in ("Wong Siu Ling", "Wong Siu Lin")]
    strong = [make_customer(store=store, name="陈大文", **BORN) for _ in range(2)]
    duplicates.refresh(now=now)
    found = duplicates.page_of_pairs(actor=boss).rows
    assert [(pair.low.id, pair.high.id) for pair in found] == [
        (strong[0].id, strong[1].id),
        (weak[0].id, weak[1].id),
    ]


def test_a_supervisor_sees_pairs_of_own_stores_only(session: Any, now: datetime) -> None:
    mine, other = make_store(), make_store()
    lead = actor_of(make_staff(Role.SUPERVISOR, mine))
    for name, stores in (("陈大文", (mine, mine)), ("李美玲", (mine, other)), ("王小燕", (other, other))):
        for store in stores:
            make_customer(store=store, name=name)
    duplicates.refresh(now=now)
    assert len(duplicates.page_of_pairs(actor=lead).rows) == 1
    assert duplicates.count_open(actor=lead) == 1
    assert duplicates.count_open(actor=actor_of(make_staff(Role.HEAD_OFFICE))) == 3


def test_two_people_who_were_told_apart_are_never_asked_about_again(session: Any, now: datetime) -> None:
    store = make_store()
    lead = actor_of(make_staff(Role.SUPERVISOR, store))
    one, other = (make_customer(store=store, name="陈大文") for _ in range(2))
    duplicates.refresh(now=now)
    duplicates.tell_apart(other.id, one.id, actor=lead, now=now)
    duplicates.refresh(now=now)
    assert duplicates.page_of_pairs(actor=lead).rows == []
    assert session.get(DuplicatePair, (one.id, other.id)).decided_by_id == lead.id


def test_only_who_leads_both_stores_tells_two_apart(session: Any, now: datetime) -> None:
    store = make_store()
    one, other = (make_customer(store=store, owner=None) for _ in range(2))
    ann = make_staff(Role.ASSOCIATE, store)
    one.owner_id = other.owner_id = ann.id
    session.flush()
    with pytest.raises(Forbidden):
        duplicates.tell_apart(one.id, other.id, actor=actor_of(ann), now=now)
    with pytest.raises(NotFound):
        duplicates.tell_apart(one.id, other.id, actor=actor_of(make_staff(Role.SUPERVISOR)), now=now)


def test_a_pair_that_is_no_longer_alike_goes_away(session: Any, now: datetime) -> None:
    store = make_store()
    _one, other = (make_customer(store=store, name="陈大文") for _ in range(2))
    assert duplicates.refresh(now=now).pairs == 1
    other.name = "李美玲"
    session.flush()
    assert duplicates.refresh(now=now).outdated == 1


def test_a_second_search_changes_nothing(session: Any, now: datetime) -> None:
    store = make_store()
    for _ in range(2):
        make_customer(store=store, name="陈大文")
    duplicates.refresh(now=now)
    assert duplicates.refresh(now=now) == duplicates.Found(pairs=1, changed=0, outdated=0)


def test_a_merge_takes_the_pair_away_and_undoing_brings_it_back(session: Any, now: datetime) -> None:
    store = make_store()
    lead = actor_of(make_staff(Role.SUPERVISOR, store))
    one, other = (make_customer(store=store, name="陈大文") for _ in range(2))
    duplicates.refresh(now=now)
    done = merging.merge(one.id, other.id, actor=lead, now=now)
    assert duplicates.count_open(actor=lead) == 0
    merging.undo(done.id, actor=lead, now=now)
    assert duplicates.count_open(actor=lead) == 1


def test_the_search_takes_the_same_statements_for_few_and_for_many(session: Any, now: datetime) -> None:
    counts = []
    for more in (2, 40):
        store = make_store()
        for number in range(more):
            make_customer(store=store, name=f"陈{number // 2}")
        seen: list[str] = []
        listener = lambda *args, seen=seen: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        duplicates.refresh(now=now)
        event.remove(db.engine, "before_cursor_execute", listener)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert session.scalar(text("SELECT count(*) FROM duplicate_pair")) > 0
