"""Hours and time off at the desk."""

import pytest

from app.core.db import db
from app.people.models import ShiftException, ShiftPattern, TimeOff


def week(**changes):
    fields = {f"starts-{day}-0": "09:30" for day in range(5)} | {f"ends-{day}-0": "18:30" for day in range(5)}
    return fields | changes


def test_the_usual_week_is_saved_and_shown(supervisor, shop):
    page = supervisor.told(f"/people/{shop.associate.id}/week", **week(**{"starts-5-0": "10:00", "ends-5-0": "14:00"}))
    assert db.session.query(ShiftPattern).count() == 6
    assert 'value="14:00"' in page
    assert "09:30" in supervisor.page("/people")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends-0-0": ""}, "Give both times"),
        ({"ends-0-0": "08:00"}, "Work must end after it starts"),
        ({"starts-0-1": "10:00", "ends-0-1": "12:00"}, "Two stretches of one day overlap"),
        ({"starts-0-0": "late"}, "This is not a time of day."),
        ({"valid_from": "2020-01-01"}, "A week that has passed"),
    ],
)
def test_a_week_that_can_t_be_is_explained_and_not_saved(supervisor, shop, changes, words):
    page = supervisor.told(f"/people/{shop.associate.id}/week", **week(**changes), back=f"/people/{shop.associate.id}")
    assert words in page.replace("&#39;", "'")
    assert db.session.query(ShiftPattern).count() == 0


def test_a_single_day_differs_and_can_be_dropped(supervisor, shop):
    address = f"/people/{shop.associate.id}/days"
    supervisor.told(address, day="2027-03-15", starts="12:00", ends="16:00", note="考試")
    supervisor.told(address, day="2027-03-16")
    rows = db.session.query(ShiftException).order_by(ShiftException.day).all()
    assert [(str(row.day), str(row.starts)) for row in rows] == [("2027-03-15", "12:00:00"), ("2027-03-16", "None")]
    page = supervisor.told(f"{address}/{rows[0].id}/drop")
    assert "考試" not in page
    assert db.session.query(ShiftException).count() == 1


def time_off(desk, person, **changes):
    fields = {"starts_at": "2027-03-20T09:00", "ends_at": "2027-03-22T18:00", "reason": "leave", "note": "回鄉"}
    return desk.told(f"/people/{person.id}/time-off", **{**fields, **changes})


def test_a_supervisor_enters_time_off_with_a_cover(supervisor, shop):
    page = time_off(supervisor, shop.associate, cover_id=shop.colleague.id)
    absence = db.session.query(TimeOff).one()
    assert (absence.status, absence.cover_id) == ("approved", shop.colleague.id)
    assert absence.starts_at.isoformat() == "2027-03-20T01:00:00+00:00"
    assert "張嘉欣 looks after the customers" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_at": "2027-03-19T09:00"}, "must be after the start"),
        ({"reason": "boredom"}, "Please choose one of the list."),
        ({"starts_at": ""}, "Please fill this in."),
        ({"cover_id": "{self}"}, "Nobody can cover for himself or herself."),
    ],
)
def test_time_off_that_can_t_be_is_explained(supervisor, shop, changes, words):
    changes = {name: value.format(self=shop.associate.id) for name, value in changes.items()}
    assert words in time_off(supervisor, shop.associate, **changes, back=f"/people/{shop.associate.id}")
    assert db.session.query(TimeOff).count() == 0


@pytest.fixture
def asked(shop, now):
    absence = TimeOff(
        staff_id=shop.associate.id,
        starts_at=now.replace(day=20),
        ends_at=now.replace(day=22),
        reason="leave",
        status="asked",
        asked_by=shop.associate.id,
        asked_at=now,
    )
    db.session.add(absence)
    db.session.commit()
    return absence


def test_what_is_asked_waits_on_the_page_of_the_store(supervisor, asked):
    assert "asks for time off" in supervisor.page("/people")


@pytest.mark.parametrize(
    ("verb", "status"), [("approve", "approved"), ("decline", "declined"), ("cancel", "cancelled")]
)
def test_time_off_is_decided_once(supervisor, shop, asked, verb, status):
    address = f"/people/{shop.associate.id}/time-off/{asked.id}/{verb}"
    supervisor.told(address, cover_id=shop.colleague.id if verb == "approve" else "", note="好")
    db.session.refresh(asked)
    assert asked.status == status
    if verb != "approve":
        again = supervisor.send(address, back=f"/people/{shop.associate.id}")
        assert "notice danger" in supervisor.page(again.location)
