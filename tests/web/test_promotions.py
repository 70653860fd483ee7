"""The pages of promotions: calendar, proposal, second look, stopping; each asked by each role."""

from typing import Any

import pytest
from sqlalchemy import select

from app.careplans import forecast
from app.careplans.promotion_models import Promotion
from app.core.db import db
from tests.factories.customers import make_customer
from tests.web.conftest import Desk, Shop

FIELDS = {
    "reason": "Spring tea is here",
    "day": "2027-03-12",
    "opens": "10:00",
    "closes": "19:00",
    "words-zh_Hans": "春茶到店。",
    "words-zh_Hant": "春茶到店。",
    "words-en": "Spring tea is here.",
}


@pytest.fixture
def customer(shop: Shop) -> Any:
    return make_customer(store=shop.store, name="Lau Ka-ho", locale="en")


def fields(shop: Shop, **changes: Any) -> dict[str, Any]:
    return {**FIELDS, "store_ids": [str(shop.store.id)], **changes}


def proposed(desk: Desk, shop: Shop) -> int:
    desk.told("/care/promotions/new", **fields(shop, do="propose"))
    return db.session.scalars(select(Promotion.id)).one()


def test_a_supervisor_proposes_and_sees_it_in_the_calendar(shop: Shop, supervisor: Desk, customer: Any) -> None:
    page = supervisor.told("/care/promotions/new", **fields(shop, do="propose"))
    assert "nothing goes out before head office confirms it" in page
    calendar = supervisor.page("/care/promotions")
    assert calendar.count("promo-mark warning") == 4
    assert "Spring tea is here" in calendar


def test_the_preview_shows_the_numbers_and_the_words_and_keeps_nothing(
    shop: Shop, supervisor: Desk, customer: Any
) -> None:
    answer = supervisor.send("/care/promotions/new", **fields(shop, do="preview"))
    assert answer.status_code == 200
    assert "would get it" in answer.text
    assert "! Spring tea is here. For no more offers call" in answer.text
    assert db.session.scalars(select(Promotion.id)).all() == []


def test_faults_stand_at_their_fields(shop: Shop, supervisor: Desk) -> None:
    answer = supervisor.send("/care/promotions/new", **fields(shop, do="propose", reason="", **{"words-en": ""}))
    assert answer.status_code == 422
    assert "Name the reason" in answer.text
    assert "Words are missing in this language." in answer.text


def test_a_condition_is_added_and_taken_away_without_losing_the_rest(shop: Shop, supervisor: Desk) -> None:
    more = supervisor.send("/care/promotions/new", **fields(shop, do="add", wanted_field="tier")).text
    assert 'name="c0-field" value="tier"' in more
    assert 'value="Spring tea is here"' in more
    less = supervisor.send("/care/promotions/new", **fields(shop, do="remove:0", **{"c0-field": "tier"})).text
    assert 'name="c0-field"' not in less


def test_a_proposal_is_changed(shop: Shop, supervisor: Desk, customer: Any) -> None:
    promotion_id = proposed(supervisor, shop)
    assert "Spring tea is here" in supervisor.page(f"/care/promotions/{promotion_id}/edit")
    changed = fields(shop, do="propose", reason="New tea", seen_version="1")
    assert "New tea" in supervisor.told(f"/care/promotions/{promotion_id}/edit", **changed)


def test_head_office_confirms_by_typing_the_number(shop: Shop, supervisor: Desk, boss: Desk, customer: Any) -> None:
    path = f"/care/promotions/{proposed(supervisor, shop)}"
    assert "It would go to 1 person now." in boss.page(path)
    wrong = boss.send(f"{path}/confirm", count="5", version="1")
    assert wrong.status_code == 409
    assert "it would go to 1 now" in wrong.text
    page = boss.told(f"{path}/confirm", count="1", version="1")
    assert "What came of it" in page
    assert "Confirmed for 1 person" in page


def test_the_numbers_of_a_big_company_come_after_the_page(
    shop: Shop, supervisor: Desk, boss: Desk, customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = proposed(supervisor, shop)
    monkeypatch.setattr(forecast, "takes_long", lambda: True)
    shown = boss.page(f"/care/promotions/{number}")
    assert 'data-later="preview second-look"' in shown
    assert 'name="count"' not in shown
    parts = {"X-Fragment": "preview second-look"}
    later = boss.get(f"/care/promotions/{number}", headers=parts).get_data(as_text=True)
    assert "<progress" not in later
    assert 'name="count"' in later
    # Beside a fault the numbers stand at once.
    assert 'name="count"' in boss.send(f"/care/promotions/{number}/confirm", count="", version="1").text


def test_a_supervisor_waits_for_head_office(shop: Shop, supervisor: Desk, customer: Any) -> None:
    path = f"/care/promotions/{proposed(supervisor, shop)}"
    assert "Head office looks at these numbers and confirms them." in supervisor.page(path)
    assert supervisor.send(f"{path}/confirm", count="1", version="1").status_code == 403


def test_it_is_taken_back_before_and_stopped_after_the_confirmation(
    shop: Shop, supervisor: Desk, boss: Desk, customer: Any
) -> None:
    path = f"/care/promotions/{proposed(supervisor, shop)}"
    boss.told(f"{path}/confirm", count="1", version="1")
    assert "What has not gone out stays here." in supervisor.told(f"{path}/stop", reason="A typo")
    assert "A typo" in supervisor.page(path)


def test_who_is_left_out_is_named(shop: Shop, supervisor: Desk) -> None:
    make_customer(store=shop.store, name="Mak Sze", phone=None)
    promotion_id = proposed(supervisor, shop)
    page = supervisor.page(f"/care/promotions/{promotion_id}?left_out=no_phone")
    assert "Mak Sze" in page
    assert "There is no phone number in the file." in page


@pytest.mark.parametrize(("who", "status"), [("boss", 200), ("supervisor", 200), ("associate", 403), ("stranger", 404)])
@pytest.mark.parametrize("page", ["", "/edit"])
def test_who_sees_one(shop: Shop, sit: Any, supervisor: Desk, who: str, status: int, page: str) -> None:
    path = f"/care/promotions/{proposed(supervisor, shop)}{page}"
    assert sit(getattr(shop, who)).get(path).status_code == status


@pytest.mark.parametrize("path", ["/care/promotions", "/care/promotions/new"])
@pytest.mark.parametrize(("who", "status"), [("boss", 200), ("supervisor", 200), ("associate", 403), ("stranger", 200)])
def test_who_sees_the_calendar_and_the_form(shop: Shop, sit: Any, who: str, status: int, path: str) -> None:
    assert sit(getattr(shop, who)).get(path).status_code == status


@pytest.mark.parametrize(("who", "status"), [("boss", 303), ("supervisor", 303), ("associate", 403), ("stranger", 404)])
def test_who_stops_one(shop: Shop, sit: Any, supervisor: Desk, who: str, status: int) -> None:
    promotion_id = proposed(supervisor, shop)
    assert sit(getattr(shop, who)).send(f"/care/promotions/{promotion_id}/stop").status_code == status


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant", "en"])
def test_the_pages_are_there_in_each_language(
    shop: Shop, sit: Any, supervisor: Desk, customer: Any, locale: str
) -> None:
    promotion_id = proposed(supervisor, shop)
    shop.boss.locale = locale
    db.session.commit()
    desk = sit(shop.boss)
    for path in ("", "/new", f"/{promotion_id}", f"/{promotion_id}/edit"):
        assert desk.get(f"/care/promotions{path}").status_code == 200
