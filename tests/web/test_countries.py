"""Head office's countries: the list, one country, its history, a new one."""

from datetime import time

import pytest

from app.core.db import db
from app.messaging import country_book
from app.messaging.models import SmsCountry

AS_IT_STANDS = {
    "sends": "1",
    "two_way": "1",
    "links": "1",
    "promotions": "1",
    "quiet_from": "21:00",
    "quiet_to": "08:00",
    "proactive_from": "09:00",
    "proactive_to": "20:00",
    "pause_from": "",
    "pause_to": "",
    "registration_status": "registered",
    "registration": "Sender id",
    "price_per_segment": "0.0499",
    "currency": "usd",
    "version": "1",
}


def test_the_list_says_what_texts_may_do_where(boss):
    page = boss.page("/office/countries")
    assert "Hong Kong" in page
    assert "still to be checked" in page
    assert "not 12:30–13:30" in page
    assert "Everywhere else" in page


@pytest.mark.parametrize(("locale", "name"), [("zh_Hans", "中国香港特别行政区"), ("zh_Hant", "中國香港特別行政區")])
def test_countries_are_named_in_the_readers_language(boss, locale, name):
    boss.told("/language", lang=locale, back="/office/countries")
    assert name in boss.page("/office/countries")


def test_a_change_is_saved_and_its_history_shown(boss, shop):
    told = boss.told("/office/countries/HK", **{**AS_IT_STANDS, "quiet_from": "22:00", "links": ""})
    assert "The rules for Hong Kong" in told
    row = db.session.get(SmsCountry, "HK", populate_existing=True)
    assert (row.quiet_from, row.links, row.currency, row.version) == (time(22), False, "USD", 2)
    page = boss.page("/office/countries/HK")
    assert shop.boss.name in page
    assert "<s>21:00</s> → <b>22:00</b>" in page
    assert "<s>yes</s> → <b>no</b>" in page


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"quiet_to": "21:00"}, "quiet_to"),
        ({"quiet_to": ""}, "quiet_to"),
        ({"proactive_to": "08:00"}, "proactive_to"),
        ({"pause_from": "12:30"}, "pause_to"),
        ({"price_per_segment": "cheap"}, "price_per_segment"),
        ({"price_per_segment": "NaN"}, "price_per_segment"),
        ({"currency": "ZZZ"}, "currency"),
    ],
    ids=["same", "empty", "backwards", "half a rest", "no number", "not a number", "no currency"],
)
def test_what_makes_no_sense_is_explained_at_its_field(boss, changes, name):
    answer = boss.send("/office/countries/HK", **{**AS_IT_STANDS, **changes})
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text


def test_a_country_is_changed_only_from_its_newest_version(boss):
    boss.told("/office/countries/HK", **{**AS_IT_STANDS, "quiet_from": "22:00"})
    answer = boss.send("/office/countries/HK", **{**AS_IT_STANDS, "quiet_from": "20:00"})
    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in answer.text


def test_a_new_country_starts_careful_and_is_entered(boss):
    page = boss.page("/office/countries/new")
    assert '<option value="FR">France</option>' in page
    assert '<option value="HK">' not in page
    told = boss.told("/office/countries/new", code="FR", **{**AS_IT_STANDS, "currency": "EUR"})
    assert "France is in the list." in told
    assert country_book.country("FR").currency == "EUR"
    assert "entered the country" in boss.page("/office/countries/FR")


def test_a_country_that_is_off_is_marked(boss):
    boss.told("/office/countries/HK", **{**AS_IT_STANDS, "sends": ""})
    assert ">off</span>" in boss.page("/office/countries")


def test_a_country_that_is_not_in_the_list_is_not_found(boss):
    assert boss.get("/office/countries/FR").status_code == 404
