"""The editor of automatic texts: how a draft looks, what it costs, versions and their return."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.core.db import db
from app.core.models import AuditEntry
from app.messaging.kinds import Kind
from app.messaging.models import MessageTemplate
from app.messaging.templates import VARIABLES
from app.web.office.texts import KINDS, PLACEHOLDERS, WHEN
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.factories.tasks import make_task

TEXTS = {
    "text-zh_Hans": "{name}您好，请回1。",
    "text-zh_Hant": "{name}您好，請回1。",
    "text-en": "Hi {name}, reply 1 to 5.",
}


@pytest.fixture
def wording(shop):
    return db.session.query(MessageTemplate).filter_by(kind="rating", reach="two_way").one()


def look(boss, wording, **changes):
    """What the editor's script gets while somebody writes."""
    answer = boss.client.post(
        f"/office/templates/{wording.id}/try",
        data={"csrf_token": boss.token} | TEXTS | changes,
        headers={"X-Fragment": "looks"},
    )
    assert answer.status_code == 200
    parts = answer.text.split('<template data-fragment="')[1:]
    return {part.split('"')[0]: part for part in parts}


def newest():
    return (
        db.session.query(MessageTemplate)
        .filter_by(kind="rating", reach="two_way")
        .order_by(MessageTemplate.version.desc())
        .first()
    )


# The list


def test_the_list_shows_kinds_with_versions_and_when_they_were_last_used(boss, shop, wording):
    customer = make_customer(store=shop.store)
    make_message(customer, kind="rating", template_id=wording.id, created_at=datetime(2027, 3, 9, 4, 0, tzinfo=UTC))
    db.session.commit()
    page = boss.page("/office/templates")
    assert "Asking for a rating" in page
    assert "five minutes after the end" in page
    assert "last used" in page
    assert "never used" in page


def test_each_wording_opens(boss, shop):
    for (template_id,) in db.session.query(MessageTemplate.id):
        boss.page(f"/office/templates/{template_id}")


# The draft


def test_the_three_languages_stand_side_by_side_with_what_the_kind_knows(boss, wording):
    page = boss.page(f"/office/templates/{wording.id}")
    assert page.count("<textarea") == 3
    assert 'data-placeholder="{who}"' in page
    assert 'data-placeholder="{eta}"' not in page


def test_a_draft_is_shown_with_its_size_and_price_per_country(boss, wording):
    parts = look(boss, wording)
    assert set(parts) == {"look-zh_Hans", "look-zh_Hant", "look-en", "fitting"}
    assert "GSM-7" in parts["look-en"]
    assert "UCS-2" in parts["look-zh_Hans"]
    assert "HK USD\xa00.0" in parts["look-en"]
    assert "CN USD" not in parts["look-en"]


def test_a_one_way_wording_is_priced_where_no_answer_comes_back(boss, shop):
    one_way = db.session.query(MessageTemplate).filter_by(kind="done", reach="one_way").one()
    assert "CN USD\xa00.0" in look(boss, one_way, **{"text-en": "Thank you"})["look-en"]


def test_signs_that_make_it_costly_are_named_and_can_be_replaced(boss, wording):
    part = look(boss, wording, **{"text-en": "It’s done – reply 1 to 5. " + "a" * 60})["look-en"]
    assert "<kbd>’</kbd>" in part
    assert "<kbd>–</kbd>" in part
    assert 'data-words="It&#39;s done - reply 1 to 5.' in part
    assert "Write plain characters: 1 SMS" in part


def test_chinese_is_not_scolded_for_being_chinese(boss, wording):
    assert "Counted in UCS-2 only" not in look(boss, wording)["look-zh_Hans"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Hi {moon} 1", "This kind of message does not know {moon}."),
        ("Hi {name 1", "A curly bracket is not closed."),
        ("Reply STOP or 1", "Never ask for a word"),
        ("Hello", "name the digits"),
        ("a 1 " * 200, "too long"),
        ("", "no text yet"),
    ],
    ids=["placeholder", "bracket", "carrier word", "question", "length", "empty"],
)
def test_what_is_wrong_is_said_for_the_language_it_is_wrong_in(boss, wording, text, complaint):
    parts = look(boss, wording, **{"text-en": text})
    assert complaint in parts["look-en"]
    assert complaint not in parts["look-zh_Hans"]


def test_without_a_script_the_whole_page_comes_back_with_the_draft(boss, wording):
    answer = boss.send(f"/office/templates/{wording.id}/try", **TEXTS | {"text-en": "My draft 1"})
    assert answer.status_code == 200
    assert "My draft 1</textarea>" in answer.text
    assert newest().version == 1


def test_a_draft_that_is_far_too_long_is_refused(boss, wording):
    assert boss.send(f"/office/templates/{wording.id}/try", **TEXTS | {"text-en": "a" * 1001}).status_code == 422


# A real customer


def test_customers_are_found_by_name(boss, shop, wording):
    customer = make_customer(store=shop.store, name="陳美玲")
    db.session.commit()
    part = look(boss, wording, q="美玲")["fitting"]
    assert f'value="{customer.id}"' in part
    assert customer.phone not in part


def test_a_chosen_customer_sees_it_in_the_own_language_country_and_visit(boss, shop, wording):
    customer = make_customer(store=shop.store, name="Grace Chan", locale="en")
    make_task(customer=customer, assignee=shop.associate)
    db.session.commit()
    part = look(boss, wording, customer_id=customer.id, **{"text-en": "Hi {name} {day}, 1"})["fitting"]
    assert "Hi Grace Chan Wed 10 Mar, 1" in part
    assert "HK" in part
    assert "With the words of the next task." in part


def test_reading_a_file_for_it_is_written_down_once(boss, shop, wording):
    customer = make_customer(store=shop.store)
    db.session.commit()
    for _keystroke in range(3):
        look(boss, wording, customer_id=customer.id)
    read = db.session.query(AuditEntry).filter_by(action="customer.read", subject_id=str(customer.id)).all()
    assert [entry.actor for entry in read] == [str(shop.boss.id)]


def test_who_would_get_the_other_wording_is_told_so(boss, shop, wording):
    customer = make_customer(store=shop.store, phone="+8613800138000")
    db.session.commit()
    assert "would get the other wording" in look(boss, wording, customer_id=customer.id)["fitting"]


def test_a_customer_without_a_number_has_no_preview(boss, shop, wording):
    customer = make_customer(store=shop.store, phone=None)
    db.session.commit()
    assert "no mobile number" in look(boss, wording, customer_id=customer.id)["fitting"]


@pytest.mark.parametrize("chosen", ["999999", "x", "9" * 30])
def test_a_customer_who_is_not_there_shows_nothing(boss, wording, chosen):
    assert "look-bubble" not in look(boss, wording, customer_id=chosen)["fitting"]


# Publishing, versions, return


def test_a_version_published_meanwhile_is_not_overwritten_unseen(boss, wording):
    boss.told(f"/office/templates/{wording.id}", seen_version="1", **TEXTS)
    answer = boss.send(f"/office/templates/{wording.id}", seen_version="1", **TEXTS | {"text-en": "Mine, 1"})
    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in answer.text
    assert "Mine, 1</textarea>" in answer.text
    assert newest().version == 2


def test_the_words_in_use_are_not_published_again(boss, wording):
    boss.told(f"/office/templates/{wording.id}", seen_version="1", **TEXTS)
    assert "nothing to publish" in boss.told(f"/office/templates/{wording.id}", seen_version="2", **TEXTS)
    assert newest().version == 2


def test_a_refused_rehearsal_leads_back_to_the_draft(boss, wording):
    fields = TEXTS | {"text-en": "Reply STOP, 1", "kind": "rating", "task_type": "", "reach": "two_way"}
    answer = boss.send("/rehearsal", template=wording.id, seen_version="1", **fields)
    assert answer.status_code == 422
    assert "Reply STOP, 1</textarea>" in answer.text
    assert "Never ask for a word" in answer.text


def test_versions_name_their_author_and_what_is_different_today(boss, shop, wording):
    boss.told(f"/office/templates/{wording.id}", seen_version="1", **TEXTS)
    page = boss.page(f"/office/templates/{wording.id}")
    assert shop.boss.name in page
    assert "shipped with Huifang" in page
    assert "<del>" in page
    assert "<ins>" in page


def test_an_earlier_version_comes_back_as_a_new_one(boss, wording):
    boss.told(f"/office/templates/{wording.id}", seen_version="1", **TEXTS)
    page = boss.told(f"/office/templates/{wording.id}/bring-back", seen_version="2")
    assert "The words of version 1 are in use again, as version 3." in page
    assert (newest().version, newest().texts) == (3, wording.texts)


def test_a_return_that_somebody_forestalled_is_refused(boss, wording):
    boss.told(f"/office/templates/{wording.id}", seen_version="1", **TEXTS)
    boss.told(f"/office/templates/{wording.id}", seen_version="2", **TEXTS | {"text-en": "Other words, 1"})
    answer = boss.send(f"/office/templates/{wording.id}/bring-back", seen_version="2")
    assert answer.status_code == 409
    assert newest().version == 3


def test_an_old_version_that_no_longer_passes_is_not_brought_back(boss, wording):
    boss.told(f"/office/templates/{wording.id}", seen_version="1", **TEXTS)
    db.session.query(MessageTemplate).filter_by(id=wording.id).update(
        {"texts": wording.texts | {"en": "Reply STOP, 1 to 5"}}
    )
    db.session.commit()
    answer = boss.send(f"/office/templates/{wording.id}/bring-back", seen_version="2")
    assert answer.status_code == 422
    assert "Never ask for a word" in answer.text
    assert newest().version == 2


@pytest.mark.parametrize("path", ["", "/try", "/bring-back"])
def test_a_wording_that_is_not_there_is_not_found(boss, shop, path):
    assert boss.send(f"/office/templates/999999{path}", **TEXTS).status_code == 404


# Words for all of them


def test_each_kind_of_text_and_each_placeholder_is_called_something():
    assert [kind for kind in Kind if kind.value not in KINDS] == []
    assert [kind for kind in VARIABLES if kind.value not in WHEN] == []
    assert {name for names in VARIABLES.values() for name in names} == set(PLACEHOLDERS)
