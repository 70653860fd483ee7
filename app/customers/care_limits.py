"""Care has limits: a note about somebody's private life is not ours to keep. Pure rules over the words of a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.core.i18n import N_


class Topic(StrEnum):
    MARRIAGE = "marriage"
    FAMILY_QUARREL = "family_quarrel"
    ILLNESS = "illness"
    FAITH = "faith"
    MONEY = "money"


ADVICE = {
    Topic.MARRIAGE: N_(
        "Marriage and separation are private. Write what the customer would like us to do, such as when to call."
    ),
    Topic.FAMILY_QUARREL: N_(
        "Quarrels in a family are private. Write what the customer would like us to do, such as whom to speak to."
    ),
    Topic.ILLNESS: N_(
        "Illness is private. Write what helps the service, such as soft fabrics, a chair, or short visits."
    ),
    Topic.FAITH: N_("Faith is private. Write the wish itself, such as a material to avoid or a day not to call."),
    Topic.MONEY: N_("Money trouble is private. Write what the customer is looking for, such as a price range."),
}

REACTION_OFFER = N_(
    "This sounds like a reaction to a product. It is no private matter: please open a complaint, so that it is looked into."
)


@dataclass(frozen=True)
class Crossing:
    """A word that went too far, as it was written, and the topic it belongs to."""

    topic: Topic
    word: str


@dataclass(frozen=True)
class CareCheck:
    crossings: tuple[Crossing, ...]
    reaction: str | None

    @property
    def may_be_kept(self) -> bool:
        return not self.crossings

    @property
    def advice(self) -> list[str]:
        """One sentence per topic, for the catalog."""
        return [ADVICE[topic] for topic in dict.fromkeys(crossing.topic for crossing in self.crossings)]


# Chinese has no word ends, so each word must be one that says the private thing by itself: 病 alone would also forbid
# a weather remark. English words stand between word ends.
_CHINESE = {
    Topic.MARRIAGE: (
        "离婚 離婚 再婚 婚姻 结婚了 結婚了 未婚 丧偶 喪偶 分居 婚外情 出轨 出軌 小三 前夫 前妻 单亲 單親 闹离 鬧離 分手 同居"
    ),
    Topic.FAMILY_QUARREL: (
        "吵架 争吵 爭吵 家暴 打架 婆媳 不和睦 家庭矛盾 夫妻矛盾 夫妻不和 离家出走 離家出走 争家产 爭家產 闹翻 鬧翻 冷战 冷戰 不孝"
    ),
    Topic.ILLNESS: (
        "癌 肿瘤 腫瘤 糖尿病 高血压 高血壓 心脏病 心臟病 抑郁 抑鬱 忧郁症 憂鬱症 焦虑症 焦慮症 精神病 住院 动手术 動手術 "
        "生病 患病 得病 重病 病情 病史 肝炎 乙肝 艾滋 愛滋 流产 流產 不孕 化疗 化療 中风 中風 瘫痪 癱瘓 绝症 絕症 确诊 確診"
    ),
    Topic.FAITH: (
        "信佛 佛教 基督教 基督徒 天主教 伊斯兰 伊斯蘭 穆斯林 回教 道教 教徒 教会 教會 信教 宗教 信仰 做礼拜 做禮拜 清真寺 "
        "法轮功 法輪功"
    ),
    Topic.MONEY: (
        "欠债 欠債 欠钱 欠錢 负债 負債 破产 破產 借钱 借錢 没钱 沒錢 缺钱 缺錢 失业 失業 下岗 下崗 被裁 赌博 賭博 高利贷 高利貸 "
        "还不起 還不起 断供 斷供 经济困难 經濟困難 经济拮据 經濟拮据 手头紧 手頭緊"
    ),
}

_ENGLISH = {
    Topic.MARRIAGE: r"divorc\w*|marriage|married|remarri\w*|ex-?(?:husband|wife)|widow\w*|single (?:mother|mum|mom|father|dad|parent)"
    r"|love affair|having an affair|cheat(?:s|ed|ing) on|broke up with|lives? apart",
    Topic.FAMILY_QUARREL: r"quarrel\w*|domestic (?:violence|abuse)|abusive|in-laws|argu(?:e|es|ed|ing) with (?:her|his|the|their) \w+"
    r"|fight(?:s|ing)? with (?:her|his|the|their) \w+|family (?:feud|dispute|trouble|problems)",
    Topic.ILLNESS: r"cancer|tumou?r|diabet\w*|hypertension|high blood pressure|heart (?:disease|attack|failure)|depress(?:ion|ed)|anxiety"
    r"|mental(?:ly)? ill\w*|hospitali[sz]ed|in hospital|surgery|illness|disease|hepatitis|hiv|aids|miscarr\w*|infertil\w*"
    r"|chemo\w*|stroke|paraly[sz]ed|diagnos\w*",
    Topic.FAITH: r"religio\w*|buddhis\w*|christianity|christian(?! (?:dior|louboutin|lacroix))|catholic\w*|muslims?|islam\w*"
    r"|jewish|judaism|hindu\w*|taois\w*|mosque|church\w*|her faith|his faith|their faith|atheis\w*",
    Topic.MONEY: r"in debt|debts|bankrupt\w*|insolven\w*|unemployed|jobless|lost (?:her|his|their) job|laid off|gambl\w*"
    r"|money (?:trouble|problems|worries)|short of money|financial (?:trouble|problems|difficult\w*)|foreclos\w*|can(?:'|no)t afford",
}

_CHINESE_REACTION = (
    "过敏 過敏 红疹 紅疹 皮疹 起疹 疹子 荨麻疹 蕁麻疹 湿疹 濕疹 红肿 紅腫 发痒 發癢 瘙痒 搔癢 很痒 很癢 刺痛 灼热 灼熱 脱皮 脫皮 "
    "起水泡 拉肚子 腹泻 腹瀉 呕吐 嘔吐 烂脸 爛臉 不良反应 不良反應"
)
_ENGLISH_REACTION = (
    r"allerg\w*|rash(?:es)?|hives|eczema|itch(?:y|es|ed|ing)?|swollen|swelling|blister\w*|skin irritation|burning skin"
    r"|burn(?:s|ed|t|ing)? (?:her|his|the|their) (?:skin|face)|diarrh?o?ea|vomit\w*|adverse reaction"
)


def _pattern(chinese: str, english: str) -> re.Pattern[str]:
    # The longest first, so that the word shown is the whole one.
    words = sorted(chinese.split(), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)) + rf"|\b(?:{english})\b")


_TOPICS = {topic: _pattern(_CHINESE[topic], _ENGLISH[topic]) for topic in Topic}
_REACTION = _pattern(_CHINESE_REACTION, _ENGLISH_REACTION)


def check(text: str) -> CareCheck:
    """What in this text is too private to keep, and whether it tells of a bodily reaction to a product."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    crossings = [
        Crossing(topic=topic, word=word)
        for topic, pattern in _TOPICS.items()
        for word in dict.fromkeys(pattern.findall(plain))
    ]
    reaction = _REACTION.search(plain)
    return CareCheck(crossings=tuple(crossings), reaction=reaction.group() if reaction else None)


def check_all(texts: Iterable[str]) -> CareCheck:
    return check("\n".join(texts))
