"""Customers at the desk: masked in the list, whole in the file, every reading on record."""

import pytest

from app.core.db import db
from app.core.models import AuditEntry
from app.customers import consent
from app.customers.models import Customer, CustomerNote
from tests.factories.customers import make_customer, make_household, make_note
from tests.factories.messaging import make_message
from tests.factories.purchases import make_purchase
from tests.factories.tasks import make_task


@pytest.fixture
def customer(shop):
    return make_customer(
        store=shop.store,
        owner=shop.associate,
        name="黃美玲",
        phone="+85291234567",
        tags=["敏感肌"],
        preferences="喜歡素色",
        sizes={"鞋": "38"},
    )


def test_the_list_masks_numbers(supervisor, customer):
    page = supervisor.page("/customers")
    assert "黃美玲" in page
    assert "91234567" not in page.replace(" ", "")
    assert "••67" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=美玲", True),
        ("q=4567", True),
        ("q=敏感肌", True),
        ("q=李", False),
        ("tier=core", False),
        ("tag=敏感肌", True),
    ],
)
def test_the_list_is_searched_by_name_number_and_tag(supervisor, customer, query, found):
    assert ("黃美玲" in supervisor.page(f"/customers?{query}")) is found


def test_nobody_found_says_what_to_try(supervisor, customer):
    assert "Try part of the name" in supervisor.page("/customers?q=nobody")


def test_the_file_shows_what_helps_to_serve(supervisor, customer, shop, now):
    make_note(customer, author=shop.associate, text="上次試過藍色")
    make_task(customer=customer, assignee=shop.associate)
    make_message(customer, state="delivered", provider="sandbox", submitted_at=now, body="【沙田店】您好")
    make_purchase(customer)
    make_customer(household=make_household(store=shop.store), name="別人")
    make_customer(
        store=shop.store, household=db.session.get(type(make_household()), customer.household_id), name="黃爸爸"
    )
    page = supervisor.page(f"/customers/{customer.id}")
    for words in (
        "+852 9123 4567",
        "喜歡素色",
        "鞋 38",
        "上次試過藍色",
        "【沙田店】您好",
        "delivered",
        "黃爸爸",
        "Home visit",
    ):
        assert words in page, words
    assert "別人" not in page


def test_reading_a_file_is_on_record(supervisor, customer, shop):
    supervisor.page(f"/customers/{customer.id}")
    entry = db.session.query(AuditEntry).filter_by(action="customer.read").one()
    assert (entry.actor, entry.subject_id) == (str(shop.supervisor.id), str(customer.id))


def test_a_new_file_is_opened_from_the_form(supervisor, shop):
    page = supervisor.told(
        "/customers/new",
        name="李家慧",
        phone="9876 5432",
        store_id=shop.store.id,
        locale="zh_Hant",
        owner_id=shop.associate.id,
        tags="素色、敏感肌, 送貨",
        sizes="鞋：38\n衣: M",
        birthday_month="5",
        birthday_day="20",
        birthday_calendar="lunar",
    )
    found = db.session.query(Customer).filter_by(name="李家慧").one()
    assert "The file of 李家慧 is open." in page
    assert (found.phone, found.owner_id) == ("+85298765432", shop.associate.id)
    assert (found.tags, found.sizes) == (["素色", "敏感肌", "送貨"], {"鞋": "38", "衣": "M"})
    assert (found.birthday_calendar, found.birthday_month, found.birthday_day) == ("lunar", 5, 20)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"name": ""}, "name"),
        ({"phone": "12"}, "phone"),
        ({"locale": "tlh"}, "locale"),
        ({"birthday_month": "5"}, "birthday_month"),
        ({"lat": "north"}, "lat"),
        ({"sizes": "38"}, "sizes"),
        ({"owner_id": "99999"}, "owner_id"),
    ],
)
def test_what_can_t_be_kept_is_explained_at_its_field_with_the_input_kept(supervisor, shop, fields, name):
    whole = {"name": "李家慧", "store_id": shop.store.id, "locale": "zh_Hant", "address": "沙田正街 1 號"} | fields
    answer = supervisor.send("/customers/new", **whole)
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert "沙田正街 1 號" in answer.text
    assert db.session.query(Customer).filter_by(name="李家慧").count() == 0


def test_a_number_that_somebody_has_is_refused_without_saying_who(supervisor, shop, customer):
    answer = supervisor.send(
        "/customers/new", name="李家慧", phone="91234567", store_id=shop.store.id, locale="zh_Hant"
    )
    assert answer.status_code == 409
    assert 'id="phone-error"' in answer.text
    assert "黃美玲" not in answer.text


def edit(desk, customer, **changes):
    values = {"name": customer.name, "phone": customer.phone, "locale": "zh_Hant", "version": customer.version}
    return desk.send(f"/customers/{customer.id}/edit", **{**values, "owner_id": customer.owner_id, **changes})


def test_a_file_is_changed_from_the_form(supervisor, customer):
    assert edit(supervisor, customer, preferences="喜歡藍色").status_code == 303
    db.session.refresh(customer)
    assert customer.preferences == "喜歡藍色"


def test_an_old_version_of_a_file_changes_nothing(supervisor, customer):
    seen = customer.version
    edit(supervisor, customer, preferences="一")
    answer = edit(supervisor, customer, preferences="二", version=seen)
    db.session.refresh(customer)
    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in answer.text
    assert customer.preferences == "一"


def test_a_note_about_private_life_is_not_kept_and_its_words_stay_in_the_box(supervisor, customer):
    answer = supervisor.send(f"/customers/{customer.id}/notes", text="她刚离婚，喜歡早上")
    assert answer.status_code == 422
    assert "Marriage and separation are private" in answer.text
    assert "她刚离婚，喜歡早上</textarea>" in answer.text
    assert db.session.query(CustomerNote).count() == 0


def test_a_note_is_kept_with_its_author(supervisor, customer, shop):
    assert "何淑儀" in supervisor.told(f"/customers/{customer.id}/notes", text="喜歡早上")
    assert db.session.query(CustomerNote).one().author_id == shop.supervisor.id


def test_a_stop_told_to_the_desk_holds_at_once(supervisor, customer):
    page = supervisor.told(f"/customers/{customer.id}/consent", state="out", scope="all", text="請不要再發短訊")
    assert consent.is_opted_out(customer.phone)
    assert "wants no messages" in page
    assert "請不要再發短訊" in page


def test_a_customer_gets_another_familiar_face_with_a_reason(supervisor, customer, shop):
    page = supervisor.told(f"/customers/{customer.id}/owner", owner_id=shop.colleague.id, reason="搬到附近")
    db.session.refresh(customer)
    assert customer.owner_id == shop.colleague.id
    assert "搬到附近" in page


def test_words_that_look_like_a_page_stay_words(supervisor, shop):
    made = make_customer(store=shop.store, name="<script>alert(1)</script>", tags=['"><img src=x>'])
    for path in ("/customers", f"/customers/{made.id}", f"/customers/{made.id}/edit"):
        page = supervisor.page(path)
        assert "<script>alert" not in page
        assert "<img src=x>" not in page
