"""The standing: ties, places, neighbours, the way since last night, and who may see how much."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core.db import db
from app.core.errors import NotFound
from app.people.access import Role
from app.people.models import Staff, Store
from app.points import leaderboard, queries
from app.points.seasons import day_of
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.points import MORNING, make_acknowledgement, make_entry, make_rules

SEASON = "2027-03"
YESTERDAY = MORNING - timedelta(days=1)


@pytest.fixture
def store(session: Session) -> Store:
    return make_store()


def people_with(store: Store, *points: int, at: datetime = MORNING) -> list[Staff]:
    """One associate per number; None-like zero means a line of zero points."""
    people = [make_staff(store=store, name=f"Associate {number}") for number in range(1, len(points) + 1)]
    for person, amount in zip(people, points, strict=True):
        make_entry(person, amount, at=at)
    return people


def ranks(lines: list[leaderboard.Line]) -> list[tuple[str, int, int]]:
    return [(line.name, line.rank, line.vested) for line in lines]


def place(person: Staff, store: Store) -> leaderboard.Line:
    return leaderboard.place_of(person.id, season=SEASON, store_id=store.id, today=day_of(MORNING, store.zone))


def test_people_are_ranked_by_vested_points(store: Store) -> None:
    people_with(store, 10, 30, 20)
    assert ranks(leaderboard.top(season=SEASON, store_id=store.id)) == [
        ("Associate 2", 1, 30),
        ("Associate 3", 2, 20),
        ("Associate 1", 3, 10),
    ]


def test_equal_points_share_a_rank_and_the_next_rank_counts_both(store: Store) -> None:
    people_with(store, 10, 30, 30, 20)
    assert [line.rank for line in leaderboard.top(season=SEASON, store_id=store.id)] == [1, 1, 3, 4]


def test_pending_points_stand_beside_and_do_not_rank(store: Store) -> None:
    first, second = people_with(store, 10, 9)
    make_entry(second, 50, vested=False)
    lines = leaderboard.top(season=SEASON, store_id=store.id)
    assert [(line.staff_id, line.vested, line.pending) for line in lines] == [(first.id, 10, 0), (second.id, 9, 50)]


def test_the_board_shows_only_the_first_lines(store: Store) -> None:
    people_with(store, 5, 4, 3, 2, 1)
    assert [line.vested for line in leaderboard.top(season=SEASON, store_id=store.id, lines=2)] == [5, 4]


def test_other_stores_and_other_seasons_do_not_count(store: Store) -> None:
    (person,) = people_with(store, 5)
    people_with(make_store(), 50)
    make_entry(person, 70, at=MORNING - timedelta(days=30))
    assert [(line.staff_id, line.vested) for line in leaderboard.top(season=SEASON, store_id=store.id)] == [
        (person.id, 5)
    ]


def test_the_company_board_adds_up_what_a_person_earned_in_several_stores(store: Store) -> None:
    other = make_store()
    person = make_staff(stores=[store, other], name="Two stores")
    make_entry(person, 20, store_id=store.id)
    make_entry(person, 15, store_id=other.id)
    people_with(store, 30)
    assert ranks(leaderboard.top(season=SEASON, store_id=None)) == [("Two stores", 1, 35), ("Associate 1", 2, 30)]


def test_the_own_place_agrees_with_the_whole_board(store: Store) -> None:
    people = people_with(store, 10, 30, 30, 20, 0)
    board = {line.staff_id: line.rank for line in leaderboard.top(season=SEASON, store_id=store.id)}
    assert {person.id: place(person, store).rank for person in people} == board


def test_somebody_without_a_line_has_a_place_behind_all_who_have_points(store: Store) -> None:
    people_with(store, 10, 30, 0)
    newcomer = make_staff(store=store)
    mine = place(newcomer, store)
    assert (mine.rank, mine.vested, mine.entries_count) == (3, 0, 0)


def test_the_trend_is_the_places_won_since_last_night(store: Store) -> None:
    first, second, third = people_with(store, 30, 20, 10, at=YESTERDAY)
    make_entry(third, 15)
    assert (place(third, store).rank, place(third, store).trend) == (2, 1)
    assert (place(second, store).rank, place(second, store).trend) == (3, -1)
    assert (place(first, store).rank, place(first, store).trend) == (1, 0)


def test_what_was_gained_on_another_day_is_no_trend_today(store: Store) -> None:
    people = people_with(store, 30, 20, at=YESTERDAY)
    assert [place(person, store).trend for person in people] == [0, 0]


def test_the_neighbours_are_the_nearest_two_on_each_side(store: Store) -> None:
    people = people_with(store, 70, 60, 50, 40, 30, 20, 10)
    lines = leaderboard.around(place(people[3], store), season=SEASON, store_id=store.id)
    assert [(line.rank, line.vested, line.is_me) for line in lines] == [
        (2, 60, False),
        (3, 50, False),
        (4, 40, True),
        (5, 30, False),
        (6, 20, False),
    ]


def test_neighbours_with_equal_points_share_the_rank(store: Store) -> None:
    people = people_with(store, 40, 30, 30, 30, 10)
    lines = leaderboard.around(place(people[2], store), season=SEASON, store_id=store.id)
    assert [line.rank for line in lines] == [1, 2, 2, 2, 5]


def test_the_first_has_neighbours_below_only(store: Store) -> None:
    people = people_with(store, 40, 30, 20)
    lines = leaderboard.around(place(people[0], store), season=SEASON, store_id=store.id)
    assert [line.vested for line in lines] == [40, 30, 20]


def test_a_newcomer_sees_those_just_above(store: Store) -> None:
    people_with(store, 40, 30, 20)
    newcomer = make_staff(store=store)
    lines = leaderboard.around(place(newcomer, store), season=SEASON, store_id=store.id)
    assert [(line.rank, line.vested) for line in lines] == [(2, 30), (3, 20), (4, 0)]


def test_an_associate_sees_the_own_place_and_neighbours_only(store: Store) -> None:
    people = people_with(store, 70, 60, 50, 40, 30, 20, 10)
    board = queries.board(actor_of(people[6]), now=MORNING, store_id=store.id)
    assert not board.is_whole
    assert [line.vested for line in board.lines] == [30, 20, 10]
    assert board.me is not None
    assert board.me.rank == 7


def test_a_supervisor_sees_the_whole_list_of_own_stores(store: Store) -> None:
    people_with(store, *range(1, 31))
    board = queries.board(actor_of(make_staff(Role.SUPERVISOR, store)), now=MORNING, store_id=store.id, lines=200)
    assert (board.is_whole, len(board.lines), board.me) == (True, 30, None)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ASSOCIATE])
def test_the_board_of_a_foreign_store_is_not_there(store: Store, role: Role) -> None:
    stranger = actor_of(make_staff(role))
    with pytest.raises(NotFound):
        queries.board(stranger, now=MORNING, store_id=store.id)


def test_head_office_sees_every_store_and_the_company(store: Store) -> None:
    people_with(store, 10)
    head = actor_of(make_staff(Role.HEAD_OFFICE))
    assert queries.board(head, now=MORNING, store_id=store.id).is_whole
    assert queries.board(head, now=MORNING).store_id is None


def test_without_a_store_everybody_else_sees_the_own_one(store: Store) -> None:
    for role in (Role.SUPERVISOR, Role.ASSOCIATE):
        assert queries.board(actor_of(make_staff(role, store)), now=MORNING).store_id == store.id


def test_an_unknown_store_is_not_found_for_head_office_too(session: Session) -> None:
    with pytest.raises(NotFound):
        queries.board(actor_of(make_staff(Role.HEAD_OFFICE)), now=MORNING, store_id=999_999)


def test_the_board_never_reads_the_ledger(store: Store) -> None:
    people = people_with(store, 10, 20)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        queries.board(actor_of(people[0]), now=MORNING, store_id=store.id)
        queries.board(actor_of(make_staff(Role.HEAD_OFFICE)), now=MORNING)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert any("points_rollup" in statement for statement in statements)
    assert not any("points_entry" in statement for statement in statements)


def test_my_points_add_up_today_the_season_and_what_waits(store: Store) -> None:
    person = make_staff(store=store)
    make_entry(person, 30, at=YESTERDAY)
    make_entry(person, 20)
    make_entry(person, 8, vested=False)
    mine = queries.my_points(actor_of(person), now=MORNING)
    assert (mine.today, mine.season, mine.pending, mine.season_key, mine.rank) == (28, 50, 8, SEASON, 1)
    assert [entry.amount for entry in mine.entries] == [8, 20, 30]


def test_my_points_come_with_those_who_stand_next_to_me(store: Store) -> None:
    people = [make_staff(store=store) for _ in range(6)]
    for place, person in enumerate(people):
        make_entry(person, 60 - 10 * place)
    mine = queries.my_points(actor_of(people[3]), now=MORNING)
    assert [(line.rank, line.staff_id, line.is_me) for line in mine.neighbours] == [
        (place + 1, people[place].id, place == 3) for place in (1, 2, 3, 4, 5)
    ]


def test_today_begins_at_midnight_of_the_store(store: Store) -> None:
    person = make_staff(store=store)
    midnight = MORNING.replace(hour=16, minute=0) - timedelta(days=1)  # 00:00 in Hong Kong
    make_entry(person, 5, at=midnight)
    make_entry(person, 7, at=midnight - timedelta(seconds=1))
    assert queries.my_points(actor_of(person), now=MORNING).today == 5


def test_head_office_has_no_points_and_no_rank(session: Session) -> None:
    mine = queries.my_points(actor_of(make_staff(Role.HEAD_OFFICE)), now=MORNING)
    assert (mine.today, mine.season, mine.pending, mine.rank, list(mine.entries)) == (0, 0, 0, None, [])


def test_unread_rules_are_asked_of_associates_only(store: Store) -> None:
    rules = make_rules()
    associate, supervisor = make_staff(store=store), make_staff(Role.SUPERVISOR, store)
    asked = queries.rules_to_acknowledge(actor_of(associate), now=MORNING)
    assert [each.version for each in asked] == [1]
    assert queries.rules_to_acknowledge(actor_of(supervisor), now=MORNING) == []
    make_acknowledgement(associate, rules)
    assert queries.rules_to_acknowledge(actor_of(associate), now=MORNING) == []
