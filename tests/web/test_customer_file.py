"""The customer's file at the desk: members and their guardian's consent, the story, who read it, what is kept."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.audit import record
from app.core.db import db
from app.core.models import AuditEntry
from app.customers import file_fields, merging, owner_reasons, service
from app.customers.hand_over_models import Why
from app.customers.models import Customer, HouseholdMember
from app.customers.values import OptionalField
from app.web import file_words
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_customer, make_household, make_member, make_note
from tests.factories.messaging import make_conversation, make_inbound, make_message
from tests.factories.people import actor_of
from tests.factories.purchases import make_purchase
from tests.factories.tasks import make_checklist, make_task

APP = Path(file_fields.__file__).parent.parent
ACTION = re.compile(r'"((?:customer|member|intake|referral|household)\.[a-z_]+)"')


@pytest.fixture
def customer(shop):
    return make_customer(store=shop.store, owner=shop.associate, name="黃美玲", phone="+85291234567")


# Who looks after the customer


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("hand_over:leave", "Cover during a leave"),
        ("hand_over:exit: moves to Sha Tin", "The one before has left: moves to Sha Tin"),
        ("hand_over:back", "Back again"),
        ("merge", "Two files became one"),
        ("搬到附近", "搬到附近"),
        ("hand_over: as she asked", "hand_over: as she asked"),
    ],
)
def test_why_somebody_else_looks_after_the_customer_is_said_in_words(supervisor, shop, customer, now, reason, words):
    service.write_owner(customer, shop.colleague.id, reason=reason, actor=actor_of(shop.supervisor), now=now)
    assert f" · {words}</p>" in supervisor.page(f"/customers/{customer.id}")
    assert words in supervisor.page(f"/customers/{customer.id}/timeline")


def test_every_reason_of_ours_has_words():
    ours = {owner_reasons.of_hand_over(why.value, "") for why in Why}
    assert set(owner_reasons.WORDS) == ours | {owner_reasons.GIVEN_BACK, merging.OWNER_REASON}


# What is known


def test_the_file_says_what_is_missing_and_leads_to_its_field(supervisor, shop):
    made = make_customer(store=shop.store, phone=None, lat=None, lng=None)
    page = supervisor.page(f"/customers/{made.id}")
    assert f'href="/customers/{made.id}/edit#f-lat">place on the map</a>' in page
    assert f'href="/customers/{made.id}/edit#f-phone">phone</a>' in page


def test_a_lunar_birthday_is_shown_with_the_day_on_which_it_comes_round(supervisor, customer):
    customer.birthday_calendar, customer.birthday_month, customer.birthday_day = "lunar", 8, 15
    page = supervisor.page(f"/customers/{customer.id}")
    assert "lunar" in page
    assert "next on 15 September" in page or "September 15" in page


def test_a_birthday_today_is_marked(supervisor, customer, now):
    customer.birthday_calendar, customer.birthday_month, customer.birthday_day = "solar", 3, 10
    assert 'class="pill brand"' in supervisor.page(f"/customers/{customer.id}")


def test_optional_fields_are_taken_and_shown(supervisor, customer):
    supervisor.told(
        f"/customers/{customer.id}/edit",
        name=customer.name,
        locale="zh_Hant",
        version=customer.version,
        occupation="retired",
        income_band="20k_to_40k",
    )
    db.session.refresh(customer)
    assert (customer.occupation, customer.income_band) == ("retired", "20k_to_40k")
    page = supervisor.page(f"/customers/{customer.id}")
    assert "Retired" in page
    assert "20,000 to 40,000 a month" in page


def test_a_field_that_is_off_has_no_place_in_form_and_file(supervisor, customer, shop, now):
    customer.income_band = "20k_to_40k"
    file_fields.switch({OptionalField.INCOME_BAND: False}, actor=actor_of(shop.boss), now=now)
    assert "a month" not in supervisor.page(f"/customers/{customer.id}")
    assert "income_band" not in supervisor.page(f"/customers/{customer.id}/edit")


def test_head_office_chooses_what_a_file_holds(boss, customer):
    page = boss.told("/office/file", kept=["occupation"])
    assert file_fields.in_use() == ("occupation",)
    assert page.count("switched off") >= 2
    assert "9 Apr" in page or "Apr 9" in page  # a month later what was kept goes
    boss.told("/office/file", kept=["occupation", "industry", "income_band"])
    assert file_fields.switched_off() == frozenset()


# What is open, what happened


def test_open_work_cases_and_texts_stand_above_the_story(supervisor, customer, shop, now):
    make_checklist(task_type="callback", reason="complaint")
    make_task(customer=customer, assignee=shop.associate, window_start=now, window_end=now + timedelta(hours=2))
    case = make_complaint(customer, now=now)
    talk = make_conversation(customer, waiting_since=now)
    page = supervisor.page(f"/customers/{customer.id}")
    start = page.index('id="open"')
    matters = page[start : page.index("</section>", start)]
    assert "林詠詩" in matters
    assert case.number in matters
    assert f"thread={talk.id}" in matters


def test_the_story_tells_everything_in_one_list(supervisor, customer, shop, now):
    make_note(customer, author=shop.associate, text="上次試過藍色")
    make_inbound(customer, "幾點嚟？")
    make_message(customer, state="delivered", provider="sandbox", submitted_at=now, body="【沙田店】您好")
    make_purchase(customer)
    page = supervisor.page(f"/customers/{customer.id}/timeline")
    for words in ("上次試過藍色", "幾點嚟？", "【沙田店】您好", "delivered", "Bought for", "Familiar face: 林詠詩"):
        assert words in page, words


def test_the_story_is_narrowed_to_a_kind(supervisor, customer, shop):
    make_note(customer, text="上次試過藍色")
    make_purchase(customer)
    page = supervisor.page(f"/customers/{customer.id}/timeline?kind=note")
    assert "上次試過藍色" in page
    assert "Bought for" not in page


def test_the_story_goes_on_page_by_page(supervisor, customer, now):
    for number in range(40):
        make_note(customer, text=f"第{number}條", created_at=now - timedelta(days=number))
    first = supervisor.page(f"/customers/{customer.id}/timeline")
    assert "第29條" in first
    assert "第30條" not in first
    rest = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = supervisor.page(rest)
    assert "第30條" in second
    assert "第29條" not in second


def test_an_address_that_makes_no_sense_shows_the_whole_story(supervisor, customer):
    assert "Familiar face" in supervisor.page(f"/customers/{customer.id}/timeline?kind=points")


# Who read it


def test_a_supervisor_sees_who_read_the_file_when_and_with_what(supervisor, boss, customer, shop):
    boss.page(f"/customers/{customer.id}")
    page = supervisor.page(f"/customers/{customer.id}/reads")
    assert "葉翠珊" in page
    assert "opened the file" in page
    assert "desk" in page


def test_changes_name_the_fields_and_not_their_values(supervisor, customer):
    supervisor.told(
        f"/customers/{customer.id}/edit", name="黃大明", locale="zh_Hant", version=customer.version, phone="98765432"
    )
    page = supervisor.page(f"/customers/{customer.id}/reads?view=change")
    assert "changed the file" in page
    assert "98765432" not in page.replace(" ", "")


def test_the_log_has_words_for_everything_that_is_written_down_about_a_file():
    """What a slice records about a customer is found by its spelling: "customer.read", "member.create"."""
    written = set()
    for path in APP.rglob("*.py"):
        if "web" not in path.relative_to(APP).parts and "customer" in path.read_text():
            written |= set(ACTION.findall(path.read_text()))
    unknown = written - set(file_words.LOG_ACTIONS) - {"customer.id", "customer.html", "household.id"}
    assert len(written) > 20
    assert unknown == set()


def test_reading_story_and_log_is_written_down(supervisor, customer):
    supervisor.page(f"/customers/{customer.id}/timeline")
    supervisor.page(f"/customers/{customer.id}/reads")
    actions = {entry.action for entry in db.session.query(AuditEntry).filter_by(subject_id=str(customer.id))}
    assert {"customer.timeline", "customer.reads"} <= actions


# Members


def add(desk, customer, **changes):
    fields = {
        "name": "乐乐",
        "relation": "baby",
        "birth_date": "2026-11-03",
        "consent_text": "同意保存名字和出生日期",
        "consent_channel": "paper",
    }
    return desk.send(f"/customers/{customer.id}/members/new", **{**fields, **changes})


def test_a_baby_is_added_with_its_guardian_s_consent(supervisor, customer, shop):
    answer = add(supervisor, customer)
    assert answer.status_code == 303
    made = db.session.query(HouseholdMember).one()
    assert (made.name, made.guardian_consent_channel) == ("乐乐", "paper")
    assert made.guardian_consent_collector_id == shop.supervisor.id
    page = supervisor.page(f"/customers/{customer.id}")
    assert "乐乐" in page
    assert "4 months" in page
    assert "Guardian agreed on paper" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"consent_text": ""}, "consent_text"),
        ({"name": ""}, "name"),
        ({"name": "前夫"}, "name"),
        ({"relation": "cousin"}, "relation"),
        ({"birth_date": "2030-01-01"}, "birth_date"),
        ({"birth_date": "soon"}, "birth_date"),
        ({"consent_text": "單親媽媽同意"}, "consent_text"),
    ],
)
def test_what_can_t_be_kept_is_explained_with_the_input_kept(supervisor, customer, changes, field):
    answer = add(supervisor, customer, **changes)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert db.session.query(HouseholdMember).count() == 0
    if "name" not in changes:
        assert 'value="乐乐"' in answer.text


def test_a_member_is_changed_and_an_old_version_changes_nothing(supervisor, customer):
    made = make_member(customer)
    path = f"/customers/{customer.id}/members/{made.id}"
    fields = {"relation": "baby", "birth_date": "2026-11-03"}
    supervisor.told(path, name="樂樂", version=1, **fields)
    db.session.refresh(made)
    assert made.name == "樂樂"
    answer = supervisor.send(path, name="又", version=1, **fields)
    assert answer.status_code == 409
    db.session.refresh(made)
    assert made.name == "樂樂"


def test_the_member_s_page_shows_the_consent_with_its_collector_and_end(supervisor, customer, shop):
    made = make_member(customer, collector=shop.associate)
    page = supervisor.page(f"/customers/{customer.id}/members/{made.id}")
    for words in ("同意保存孩子的名字和出生日期", "林詠詩", "3 Dec"):
        assert words in page or words.replace("3 Dec", "Dec 3") in page, words


def test_a_consent_taken_back_deletes_the_child_and_says_so(supervisor, customer):
    made = make_member(customer, name="陈独一")
    page = supervisor.told(f"/customers/{customer.id}/members/{made.id}/withdraw", channel="phone", text="請刪除")
    assert "reminders for this child end" in page
    assert "陈独一" not in page
    db.session.refresh(made)
    assert (made.name, made.birth_date) == ("", None)
    assert supervisor.get(f"/customers/{customer.id}/members/{made.id}").status_code == 404


def test_a_consent_is_recorded_for_somebody_known_without_one(supervisor, customer, shop):
    made = make_member(customer, guardian_consent_text=None, guardian_consent_channel=None, guardian_consent_at=None)
    assert "consent is missing" in supervisor.page(f"/customers/{customer.id}")
    page = supervisor.told(
        f"/customers/{customer.id}/members/{made.id}/consent", consent_text="同意", consent_channel="sms"
    )
    assert "in force" in page
    db.session.refresh(made)
    assert made.guardian_consent_collector_id == shop.supervisor.id


def test_a_member_is_removed(supervisor, customer):
    made = make_member(customer, name="陈先生", relation="partner", birth_date=None)
    assert "陈先生" not in supervisor.told(f"/customers/{customer.id}/members/{made.id}/remove")


def test_a_member_of_another_household_is_not_on_this_page(supervisor, customer, shop):
    other = make_member(make_customer(store=shop.store))
    for part in ("", "/consent", "/withdraw", "/remove"):
        path = f"/customers/{customer.id}/members/{other.id}{part}"
        answer = supervisor.send(path, channel="sms", consent_text="x") if part else supervisor.get(path)
        assert answer.status_code == 404, path
    db.session.refresh(other)
    assert other.name


def test_who_has_a_file_stands_once_in_the_household(supervisor, customer, shop):
    household = db.session.get(type(make_household()), customer.household_id)
    spouse = make_customer(store=shop.store, household=household, name="黃爸爸")
    make_member(customer, name="黃爸爸", relation="partner", birth_date=None, customer_id=spouse.id)
    page = supervisor.page(f"/customers/{customer.id}")
    assert page.count(">黃爸爸</a>") == 1
    assert "Partner" in page


def test_two_customers_are_put_into_one_household_by_number(supervisor, customer, shop):
    other = make_customer(store=shop.store, phone="+85298765432", name="黃爸爸")
    page = supervisor.told(f"/customers/{customer.id}/household/join", phone="9876 5432")
    db.session.refresh(customer)
    assert customer.household_id == other.household_id
    assert "黃爸爸" in page
    supervisor.told(f"/customers/{customer.id}/household/leave")
    db.session.refresh(customer)
    assert customer.household_id != other.household_id


@pytest.mark.parametrize("typed", ["9123 4567", "9876 0000", "12", "6111 2222"])
def test_a_number_of_nobody_or_of_another_store_joins_nothing(supervisor, customer, shop, typed):
    make_customer(store=shop.elsewhere, phone="+85261112222", name="別店客人")
    before = customer.household_id
    page = supervisor.told(f"/customers/{customer.id}/household/join", phone=typed, back=f"/customers/{customer.id}")
    db.session.refresh(customer)
    assert customer.household_id == before
    assert "別店客人" not in page


def test_the_log_tells_of_lists_that_may_have_held_the_customer(supervisor, boss, customer, shop, now):
    def take(actor, key, store_id):
        record(actor.id, action="export", subject=("list", key), store_id=store_id, now=now, detail={"rows": 1200})

    take(shop.boss, "customers", None)
    take(shop.supervisor, "households", shop.store.id)
    take(shop.supervisor, "lapsed", None)
    take(shop.stranger, "complaints", None)
    take(shop.stranger, "purchases", shop.elsewhere.id)
    take(shop.boss, "staff", None)
    page = boss.page(f"/customers/{customer.id}/reads?view=export")
    for title in ("“Customers” with 1,200 rows", "“Households”", "“Lapsed customers”"):
        assert title in page, title
    for title in ("“Complaints”", "“Purchases”", "“Staff”"):
        assert title not in page, title
    assert "“Customers” with 1,200 rows" in boss.page(f"/customers/{customer.id}/reads")
    assert "“Customers”" not in boss.page(f"/customers/{customer.id}/reads?view=read")


def test_words_that_look_like_a_page_stay_words(supervisor, customer):
    made = make_member(customer, name="<b>乐</b>", guardian_consent_text="<script>alert(1)</script>")
    make_inbound(customer, "<img src=x>")
    for path in ("", "/timeline", f"/members/{made.id}"):
        page = supervisor.page(f"/customers/{customer.id}{path}")
        assert "<b>乐" not in page
        assert "<script>alert" not in page
        assert "<img src=x>" not in page


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_every_page_of_a_file_opens_in_each_language(supervisor, customer, shop, language, now):
    made = make_member(customer)
    shop.supervisor.locale = language
    db.session.commit()
    make_purchase(customer)
    for path in ("", "/edit", "/timeline", "/reads", "/members/new", f"/members/{made.id}"):
        assert supervisor.get(f"/customers/{customer.id}{path}").status_code == 200


def test_a_file_needs_the_same_statements_however_much_happened(supervisor, customer, now):
    from sqlalchemy import event

    def count():
        sent = []
        listen = lambda _c, _k, statement, *_r: sent.append(statement)  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        supervisor.page(f"/customers/{customer.id}")
        event.remove(db.engine, "before_cursor_execute", listen)
        return len([one for one in sent if "SAVEPOINT" not in one])

    make_note(customer)
    make_purchase(customer)
    make_member(customer)
    make_message(customer)
    make_task(customer=customer, window_start=now, window_end=now + timedelta(hours=1))
    count()
    few = count()
    for number in range(10):
        make_note(customer)
        make_purchase(customer)
        make_member(customer, name=f"宝宝{number}")
        make_message(customer)
        make_task(customer=customer, window_start=now, window_end=now + timedelta(hours=1))
    assert count() <= few


def test_an_associate_has_no_desk(sit, shop, customer):
    desk = sit(shop.associate)
    for path in ("", "/timeline", "/reads", "/members/new"):
        assert desk.get(f"/customers/{customer.id}{path}").status_code == 403


def test_a_file_of_another_store_is_not_there(sit, shop, customer):
    desk = sit(shop.stranger)
    for path in ("", "/timeline", "/reads", "/members/new"):
        assert desk.get(f"/customers/{customer.id}{path}").status_code == 404
    assert db.session.get(Customer, customer.id) is not None
