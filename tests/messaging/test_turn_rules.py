"""Who answers first, and when it goes to whoever leads the store."""

from datetime import UTC, datetime

import pytest

from app.messaging.turn_rules import Known, Person, first_to_answer, hand_over_due
from app.people.opening import DEFAULT_HOURS

HOLDER, TRAVELLER, MET, OWNER, COVER = (Person(number) for number in (1, 2, 3, 4, 5))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Known(holder=HOLDER, on_the_way=TRAVELLER, met_lately=MET, owner=OWNER), 1),
        (Known(on_the_way=TRAVELLER, met_lately=MET, owner=OWNER), 2),
        (Known(met_lately=MET, owner=OWNER), 3),
        (Known(owner=OWNER), 4),
        (Known(), None),
    ],
    ids=["given by hand", "on the way", "met lately", "owner", "nobody"],
)
def test_the_most_familiar_face_answers_first(known, expected):
    assert first_to_answer(known) == expected


def test_a_doubtful_no_goes_to_the_owner_whoever_else_is_near():
    known = Known(on_the_way=TRAVELLER, met_lately=MET, owner=OWNER)
    assert first_to_answer(known, is_for_the_owner=True) == OWNER.id


def test_the_cover_answers_for_somebody_away():
    assert first_to_answer(Known(owner=Person(4, is_away=True, cover_id=COVER.id))) == COVER.id


def test_somebody_away_without_a_cover_is_passed_over():
    assert first_to_answer(Known(met_lately=Person(3, is_away=True), owner=OWNER)) == OWNER.id


def test_somebody_who_left_the_store_is_passed_over():
    assert first_to_answer(Known(met_lately=Person(3, works_here=False), owner=OWNER)) == OWNER.id


@pytest.mark.parametrize(
    ("since", "due"),
    [
        ("2027-03-10T10:00+08:00", "2027-03-10T10:30+08:00"),
        ("2027-03-10T19:50+08:00", "2027-03-11T10:20+08:00"),
        ("2027-03-10T23:00+08:00", "2027-03-11T10:30+08:00"),
    ],
    ids=["by day", "before closing", "at night"],
)
def test_the_half_hour_counts_while_the_store_is_open(since, due):
    found = hand_over_due(datetime.fromisoformat(since), minutes=30, opening=DEFAULT_HOURS, zone="Asia/Hong_Kong")
    assert found == datetime.fromisoformat(due).astimezone(UTC)
