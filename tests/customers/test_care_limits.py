"""What a note may hold."""

import pytest

from app.customers.care_limits import ADVICE, check, check_name, require
from app.customers.care_words import Topic
from app.customers.errors import TooPrivate

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
    ("她是单亲妈妈", Topic.MARRIAGE),
    ("佢老公包二奶", Topic.MARRIAGE),
    ("in a custody case", Topic.MARRIAGE),
    ("跟家里断绝关系", Topic.FAMILY_QUARREL),
    ("同屋企人反晒面", Topic.FAMILY_QUARREL),
    ("estranged from her son", Topic.FAMILY_QUARREL),
    ("孩子有自闭症", Topic.ILLNESS),
    ("個仔有哮喘", Topic.ILLNESS),
    ("her father has dementia", Topic.ILLNESS),
    ("昨天中风了", Topic.ILLNESS),
    ("他是基督徒", Topic.FAITH),
    ("家姐信耶穌", Topic.FAITH),
    ("goes to bible study", Topic.FAITH),
    ("被公司炒鱿鱼", Topic.MONEY),
    ("攞綜援過日子", Topic.MONEY),
    ("was made redundant", Topic.MONEY),
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
    # Words that arise between two others.
    "订单亲自送上门",
    "大部分手工洗，十分手软",
    "小区部分居民从后门进",
    "以前夫人来取货",
    "皮包养护套装要两份",
    "面包养成每周一订的习惯",
    "露台回家暴晒会褪色",
    "店里热闹翻天，改约周三",
    "送的是晒衣打架子",
    "觉得病毒防护口罩好用",
    "其中风衣要改短",
    "中风险地区，放门口",
    "货放后住院子门口",
    "打开刀片包装要小心",
    "微信教她怎么用",
    "相信教一次就会",
    "想知道教程在哪",
    "她教徒弟做面包",
    "上回教的方法很好用",
    "突破产品缺货的问题",
    "没钱包的礼盒",
    "物流产品编号贴外箱",
    "送到佛教黃鳳翎中學門口",
    "天主教小学放学后再打电话",
    "衣服反面有标签",
    # The shop's own trade.
    "结婚礼服改腰围，情人节前要",
    "生日蛋糕要低保湿盒",
    "needs the parcel at Mosque Street",
    "her favourite is Christian Dior",
    "works in hospital, call after six",
    "halal only, please",
    "wheelchair at the door, use the ramp",
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


@pytest.mark.parametrize("text", ["订单亲自送，听说她单亲", "其中风衣要改，他中风了", "微信教她，她信教"])
def test_a_look_alike_hides_no_private_word_beside_it(text: str) -> None:
    assert len(check(text).crossings) == 1


def test_the_refusal_names_the_words_and_what_to_write_instead() -> None:
    with pytest.raises(TooPrivate) as refused:
        require({"text": "她离婚了，还欠债"})
    advice = refused.value.errors["text"]
    assert advice[:2] == [ADVICE[Topic.MARRIAGE], ADVICE[Topic.MONEY]]
    assert advice[2].params == {"words": "离婚, 欠债"}


@pytest.mark.parametrize("name", ["Charlotte Church", "Christian Louboutin", "陈单", "李主教", "Faith Cancer"])
def test_a_name_is_a_name(name: str) -> None:
    assert check_name(name).may_be_kept


@pytest.mark.parametrize("name", ["前夫", "her ex-husband", "李太（離婚）", "Tom, divorced"])
def test_a_name_that_tells_of_private_life_is_none(name: str) -> None:
    assert not check_name(name).may_be_kept
