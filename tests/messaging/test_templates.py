"""The wordings we ship, and what may be published."""

from __future__ import annotations

import pytest

from app.core.i18n import LOCALES
from app.messaging.kinds import Kind
from app.messaging.models import Reach
from app.messaging.segments import measure
from app.messaging.shipped import SHIPPED
from app.messaging.templates import LINK, VARIABLES, faults, render, sample_for

ALL = [pytest.param(key, texts, id=f"{key[0]}-{key[1] or 'any'}-{key[2]}") for key, texts in SHIPPED.items()]
TASK_TYPES = ("home_visit", "delivery", "callback")
TWO_WAY_ONLY = {Kind.RATING, Kind.SLOTS, Kind.FREE_CHOICE, Kind.WHICH_ONE, Kind.NOT_NOW}


@pytest.mark.parametrize(("key", "texts"), ALL)
def test_a_shipped_wording_has_no_faults(key, texts):
    assert faults(key[0], key[2], texts) == {}


@pytest.mark.parametrize(("key", "texts"), ALL)
@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant"])
def test_a_shipped_chinese_text_fits_one_segment_or_two_when_it_lists_times_or_carries_the_page(key, texts, locale):
    size = measure(render(texts[locale], sample_for(locale)))
    assert size.segments == (2 if key[0] is Kind.SLOTS or LINK in texts[locale] else 1), f"{size.units} units"


@pytest.mark.parametrize(("key", "texts"), ALL)
def test_a_shipped_english_text_is_one_plain_segment(key, texts):
    size = measure(render(texts["en"], sample_for("en")))
    assert (size.encoding, size.segments) == ("GSM-7", 1), f"{size.units} units"


@pytest.mark.parametrize("kind", VARIABLES)
@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("reach", Reach)
def test_each_kind_has_words_for_each_task_and_reach(kind, task_type, reach):
    if reach is Reach.ONE_WAY and kind in TWO_WAY_ONLY:
        return
    visit_only = {Kind.REMINDER} if task_type == "callback" else set()
    found = SHIPPED.get((kind, task_type, reach)) or SHIPPED.get((kind, "", reach))
    assert (found is not None) or kind in visit_only


@pytest.mark.parametrize("locale", LOCALES)
def test_a_missing_language_is_a_fault(locale):
    texts = {**SHIPPED[(Kind.DONE, "", Reach.TWO_WAY)], locale: " "}
    assert list(faults(Kind.DONE, Reach.TWO_WAY, texts)) == [locale]


def changed(text: str, kind: Kind = Kind.DONE, reach: Reach = Reach.TWO_WAY) -> bool:
    texts = dict.fromkeys(LOCALES, "ok 1") | {"en": text}
    return faults(kind, reach, texts) != {}


@pytest.mark.parametrize(
    "text",
    [
        "Reply STOP to end",
        "Text CANCEL to cancel",
        "不想收请回复TD",
        "回复退订",
        "請回T退訂",
        "Reply YES to confirm",
        'reply "stop"',
    ],
)
def test_a_carriers_word_is_never_an_instruction(text):
    assert changed(text)


def test_an_unknown_placeholder_is_a_fault():
    assert changed("Hello {surname}")


@pytest.mark.parametrize("text", ["{name.__class__}", "{name!r}", "{name:>10}", "{0}", "{name", "}{"])
def test_only_plain_placeholders_are_taken(text):
    assert changed(text)


@pytest.mark.parametrize("text", ["See https://example.com", "Reply 1", "请回1", "see huifang.com"])
def test_one_way_texts_carry_no_link_and_no_reply_words(text):
    assert changed(text, reach=Reach.ONE_WAY)


@pytest.mark.parametrize("reach", Reach)
def test_the_address_of_the_customers_page_is_for_countries_with_answers(reach):
    assert changed("Your page: {link}", reach=reach) is (reach is Reach.ONE_WAY)


def test_a_kind_that_speaks_of_no_visit_has_no_page_to_name():
    assert changed("Your page: {link}", kind=Kind.HELP)


def test_a_question_without_digits_is_a_fault():
    assert changed("Does that suit you?", kind=Kind.BOOKED)


def test_a_text_of_five_segments_is_too_long():
    assert changed("a" * 650)


def test_braces_in_values_are_left_alone():
    assert render("Hi {name}", {"name": "{phone}"}) == "Hi {phone}"
