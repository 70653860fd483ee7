"""What a note may hold."""

import pytest

from app.customers.care_limits import check
from app.customers.care_words import Topic

TOO_PRIVATE = [
    ("听说她离婚了，别打晚上的电话", Topic.MARRIAGE),
    ("佢離咗婚，唔好提", Topic.MARRIAGE),
    ("She got divorced last year", Topic.MARRIAGE),
    ("婆媳关系紧张", Topic.FAMILY_QUARREL),
    ("成日同老公嗌交", Topic.FAMILY_QUARREL),
    ("often argues with her husband", Topic.FAMILY_QUARREL),
    ("她有糖尿病", Topic.ILLNESS),
    ("上個月入院", Topic.ILLNESS),
    ("was diagnosed in May", Topic.ILLNESS),
    ("全家信佛", Topic.FAITH),
    ("星期日要返教會", Topic.FAITH),
    ("They are Muslim", Topic.FAITH),
    ("最近失业，手头紧", Topic.MONEY),
    ("屋企欠債", Topic.MONEY),
    ("can’t afford it now", Topic.MONEY),
]

FINE = [
    "喜欢浅色，领标要剪掉",
    "上门教会她怎么用吸奶器",
    "囡囡讀小三，要大一碼校服",
    "奶粉断供时通知她",
    "鍾意無香味嘅產品",
    "Wears Christian Dior, size M; meet at Church Street",
    "Window display caught her eye; likes brush strokes on silk",
    "needs hearing aids batteries with each delivery",
    "",
]


@pytest.mark.parametrize(("text", "topic"), TOO_PRIVATE)
def test_private_life_is_recognised_in_each_language(text: str, topic: Topic) -> None:
    found = check(text)

    assert not found.may_be_kept
    assert {crossing.topic for crossing in found.crossings} == {topic}


@pytest.mark.parametrize("text", FINE)
def test_ordinary_words_of_the_shop_may_be_kept(text: str) -> None:
    assert check(text).may_be_kept


def test_advice_is_given_once_per_topic() -> None:
    found = check("离婚后又再婚，还欠债")

    assert [crossing.word for crossing in found.crossings] == ["离婚", "再婚", "欠债"]
    assert len(found.advice) == 2


def test_full_width_letters_hide_nothing() -> None:
    assert not check("ＤＩＶＯＲＣＥＤ").may_be_kept


@pytest.mark.parametrize("text", ["用了面霜后过敏", "面霜搽完起紅疹", "The cream gave him a rash"])
def test_a_bodily_reaction_is_kept_and_recognised(text: str) -> None:
    found = check(text)

    assert found.may_be_kept
    assert found.reaction is not None


def test_a_text_without_reaction_offers_nothing() -> None:
    assert check("喜欢浅色").reaction is None
