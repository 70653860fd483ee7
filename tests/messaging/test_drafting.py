"""What a writer of texts is shown: size, price, costly signs, differences, when a wording was last used."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql

from app.core import clock
from app.core.db import db
from app.core.i18n import LOCALES
from app.messaging import drafting, segments, service, templates
from app.messaging.countries import Country
from app.messaging.drafting import Turn, changes_between
from app.messaging.kinds import Kind
from app.messaging.models import MessageTemplate, Reach
from app.people.access import Actor
from tests.factories.messaging import make_message, ship_templates
from tests.factories.people import make_store

HK = Country("HK", two_way=True, links=True, price_per_segment=Decimal("0.05"), currency="USD")
texts_of_any_kind = st.text(alphabet="abc {}name天氣。,1’", max_size=60)


def look(text: str, locale: str = "en") -> drafting.Look:
    texts = dict.fromkeys(LOCALES, "{name} 1") | {locale: text}
    return drafting.looks_of(Kind.RATING, Reach.TWO_WAY, texts, countries=[HK])[locale]


def test_the_price_follows_the_segments():
    assert [price.amount for price in look("1" + "a" * 200).prices] == [Decimal("0.10")]


def test_the_size_is_that_of_the_text_as_it_will_be_read():
    assert look("Hi {name}, 1").size.units == len("Hi Ms Chan, 1")


@pytest.mark.parametrize(
    ("text", "forcing", "plain"),
    [
        ("It’s 1", ("’",), "It's 1"),
        ("1 – 5…", ("–", "…"), "1 - 5..."),
        ("It's 1", (), None),
        ("It’s 1 😀", ("’", "😀"), None),
        ("您好，请回1", (), None),
    ],
)
def test_costly_signs_are_named_and_replaced_only_when_that_helps(text, forcing, plain):
    found = look(text)
    assert (tuple(found.forcing), found.plain) == (forcing, plain)


def test_traditional_samples_are_written_in_traditional_script():
    body = look("{shop}{name}{day}{what}{slot1}1", "zh_Hant").body
    assert not set(body) & set("铜锣湾陈门货")


@given(texts_of_any_kind)
def test_any_draft_can_be_looked_at(text):
    shown = look(text)
    assert shown.size == segments.measure(shown.body)


# Differences


def test_what_changed_is_told_in_whole_words_and_placeholders():
    pieces = changes_between("Hi {name}, see you.", "Hello {shop}, see you soon.")
    assert [(piece.turn, piece.text) for piece in pieces if piece.turn is not Turn.SAME] == [
        (Turn.GONE, "Hi"),
        (Turn.NEW, "Hello"),
        (Turn.GONE, "{name}"),
        (Turn.NEW, "{shop}"),
        (Turn.NEW, " soon"),
    ]


def test_chinese_is_compared_sign_by_sign():
    pieces = changes_between("明天上门", "后天上门")
    assert [(piece.turn, piece.text) for piece in pieces] == [
        (Turn.GONE, "明"),
        (Turn.NEW, "后"),
        (Turn.SAME, "天上门"),
    ]


@given(texts_of_any_kind, texts_of_any_kind)
def test_both_texts_can_be_read_back_from_their_difference(old, new):
    pieces = changes_between(old, new)
    assert "".join(piece.text for piece in pieces if piece.turn is not Turn.NEW) == old
    assert "".join(piece.text for piece in pieces if piece.turn is not Turn.GONE) == new


@given(texts_of_any_kind)
def test_a_text_without_faults_renders_alike_tried_or_final(text):
    if templates.faults(Kind.HELP, Reach.TWO_WAY, dict.fromkeys(LOCALES, text)):
        return
    values = templates.sample_for("en")
    assert templates.try_render(text, values) == templates.render(text, values)


# With rows


@pytest.mark.usefixtures("session")
class TestInTheDatabase:
    def test_each_wording_tells_when_it_was_last_used(self):
        ship_templates()
        first, second = db.session.query(MessageTemplate).order_by(MessageTemplate.id).limit(2)
        for days in (3, 1, 2):
            make_message(template_id=first.id, created_at=clock.now() - timedelta(days=days))
        assert drafting.last_used_at([first.id, second.id]) == {first.id: clock.now() - timedelta(days=1)}

    def test_looking_it_up_reads_the_index_not_the_messages(self):
        plan = db.session.execute(sql("SET LOCAL enable_seqscan = off")) and db.session.scalars(
            sql("EXPLAIN SELECT created_at FROM message WHERE template_id = 1 ORDER BY created_at DESC LIMIT 1")
        )
        assert any("ix_message_template_id_created_at" in line for line in plan)

    def test_the_stores_countries_stand_first(self):
        make_store(country="CN")
        codes = [country.code for country in drafting.countries_of(Reach.ONE_WAY)]
        assert codes[0] == "CN"
        assert "HK" not in codes

    def test_versions_are_compared_with_the_one_in_force(self):
        ship_templates()
        first = db.session.query(MessageTemplate).filter_by(kind="done", reach="two_way").one()
        changed = first.texts | {"en": "{shop}: Thank you so much, {name}!"}
        service.publish_template(
            Kind.DONE, task_type="", reach=Reach.TWO_WAY, texts=changed, actor=Actor.system(), now=clock.now()
        )
        newest, oldest = drafting.versions_of(first)
        assert (newest.is_current, newest.changes) == (True, {})
        assert list(oldest.changes) == ["en"]
        assert newest.wording.published_at == clock.now() > datetime(2027, 1, 1, tzinfo=clock.now().tzinfo)
