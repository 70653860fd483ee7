"""The page of a day's contacts: what the plans wished for, what became of it, and the runs."""

from typing import Any

from app.careplans import engine
from app.core.db import db
from tests.factories.careplans import make_occurrence, make_plan
from tests.factories.customers import make_customer
from tests.web.conftest import Desk, Shop


def test_a_day_shows_its_contacts_with_their_fate(shop: Shop, supervisor: Desk, now: Any) -> None:
    plan = make_plan("birthday")
    day = now.date()
    make_occurrence(
        plan, make_customer(store=shop.store, name="Lau Ka-ho"), due_day=day, state="deferred", reason="no_phone"
    )
    make_occurrence(plan, make_customer(store=shop.store, name="Mak Sze"), due_day=day, state="booked", booked_day=day)
    page = supervisor.page(f"/care/contacts?date={day}")
    assert "Lau Ka-ho" in page
    assert "There is no phone number in the file." in page
    booked = supervisor.page(f"/care/contacts?date={day}&state=booked")
    assert "Mak Sze" in booked
    assert "Lau Ka-ho" not in booked


def test_a_day_without_any_says_so(supervisor: Desk) -> None:
    assert "Nothing is due on this day" in supervisor.page("/care/contacts?date=2027-06-01")


def test_head_office_asks_for_a_run_and_sees_it(boss: Desk, shop: Shop, now: Any) -> None:
    make_customer(store=shop.store, birthday_calendar="solar", birthday_month=3, birthday_day=20)
    make_plan("birthday")
    assert "The plans are being worked through." in boss.told("/care/contacts/run")
    assert "waits for the worker" in boss.page("/care/contacts")
    engine.run_asked(now=now)
    db.session.expire_all()
    page = boss.page("/care/contacts")
    assert "waits for the worker" not in page
    assert "1 booked" in page


def test_a_supervisor_can_not_ask_for_a_run(supervisor: Desk) -> None:
    assert "/care/contacts/run" not in supervisor.page("/care/contacts")
    assert supervisor.send("/care/contacts/run").status_code == 403


def test_a_strange_day_is_today(supervisor: Desk, now: Any) -> None:
    assert f'value="{now.date()}"' in supervisor.page("/care/contacts?date=someday&state=odd&kind=odd")
