"""The words behind care_limits, by topic. English entries are regular expressions that stand between word ends.

Chinese has no word ends, so each word must say the private thing by itself: 病 alone would also forbid 病毒防护.
"""

from __future__ import annotations

from enum import StrEnum


class Topic(StrEnum):
    MARRIAGE = "marriage"
    FAMILY_QUARREL = "family_quarrel"
    ILLNESS = "illness"
    FAITH = "faith"
    MONEY = "money"


SIMPLIFIED = {
    Topic.MARRIAGE: "离婚 再婚 婚姻 婚变 结婚了 丧偶 分居 婚外情 出轨 第三者 前夫 前妻 单亲 分手 同居",
    Topic.FAMILY_QUARREL: "吵架 争吵 家暴 打架 婆媳 不和睦 家庭矛盾 夫妻矛盾 夫妻不和 离家出走 争家产 闹翻 冷战 不孝",
    Topic.ILLNESS: (
        "癌 肿瘤 糖尿病 高血压 心脏病 抑郁 忧郁症 焦虑症 精神病 住院 动手术 生病 患病 得病 重病 病情 病史 "
        "肝炎 乙肝 艾滋 流产 不孕 化疗 中风 瘫痪 绝症 确诊"
    ),
    # 教会 alone is left out: it also means having taught somebody, which every good visit does.
    Topic.FAITH: "信佛 佛教 基督教 基督徒 天主教 伊斯兰 穆斯林 回教 道教 教徒 去教会 信教 宗教 信仰 做礼拜 清真寺",
    # 断供 is left out: it is also said of goods.
    Topic.MONEY: "欠债 欠钱 负债 破产 借钱 没钱 缺钱 失业 下岗 被裁 赌博 高利贷 还不起 经济困难 经济拮据 手头紧",
}

TRADITIONAL = {
    # 小三 is left out: in Hong Kong it is a class of the primary school.
    Topic.MARRIAGE: "離婚 再婚 婚姻 婚變 結婚了 結咗婚 離咗婚 喪偶 分居 婚外情 出軌 第三者 前夫 前妻 單親 分手 同居",
    Topic.FAMILY_QUARREL: (
        "吵架 嗌交 爭吵 家暴 打架 婆媳 不和睦 家庭矛盾 夫妻矛盾 夫妻不和 離家出走 爭家產 鬧翻 冷戰 不孝"
    ),
    Topic.ILLNESS: (
        "癌 腫瘤 糖尿病 高血壓 心臟病 抑鬱 憂鬱症 焦慮症 精神病 住院 入院 動手術 生病 患病 得病 重病 病情 病史 "
        "肝炎 乙肝 愛滋 流產 不孕 化療 中風 癱瘓 絕症 確診"
    ),
    Topic.FAITH: (
        "信佛 佛教 基督教 基督徒 天主教 伊斯蘭 穆斯林 回教 道教 教徒 返教會 去教會 信教 宗教 信仰 做禮拜 清真寺"
    ),
    Topic.MONEY: ("欠債 欠錢 負債 破產 借錢 沒錢 冇錢 缺錢 失業 下崗 被裁 賭博 高利貸 還不起 經濟困難 經濟拮据 手頭緊"),
}

ENGLISH = {
    Topic.MARRIAGE: r"divorc\w*|marriage|married|remarri\w*|ex-?(?:husband|wife)|widow\w*"
    r"|single (?:mother|mum|mom|father|dad|parent)|having an affair|cheat(?:s|ed|ing) on|broke up with|lives? apart",
    Topic.FAMILY_QUARREL: r"quarrel\w*|domestic (?:violence|abuse)|abusive|in-laws"
    r"|(?:argues?|argued|arguing|fights?|fighting) with (?:her|his|the|their) \w+"
    r"|family (?:feud|dispute|trouble|problems)",
    Topic.ILLNESS: r"cancer|tumou?r|diabet\w*|hypertension|high blood pressure|heart (?:disease|attack|failure)"
    r"|depress(?:ion|ed)|anxiety|mental(?:ly)? ill\w*|hospitali[sz]ed|in hospital|surgery|illness|disease|hepatitis"
    r"|hiv|miscarr\w*|infertil\w*|chemo\w*|(?:had|has had|after) a stroke|paraly[sz]ed|diagnos\w*",
    Topic.FAITH: r"religio\w*|buddhis\w*|christianity|christians|(?:is|are|be) (?:a )?christian|catholic\w*|muslims?"
    r"|islam\w*|jewish|judaism|hindu\w*|taois\w*|mosque|church(?:es)?(?! (?:street|road|lane|st))"
    r"|(?:her|his|their) faith|atheis\w*",
    Topic.MONEY: r"in debt|debts|bankrupt\w*|insolven\w*|unemployed|jobless|lost (?:her|his|their) job|laid off"
    r"|gambl\w*|money (?:trouble|problems|worries)|short of money|financial (?:trouble|problems|difficult\w*)"
    r"|foreclos\w*|can(?:'|no)t afford",
}

REACTION_SIMPLIFIED = (
    "过敏 红疹 皮疹 起疹 疹子 荨麻疹 湿疹 红肿 发痒 瘙痒 很痒 刺痛 灼热 脱皮 起水泡 拉肚子 腹泻 呕吐 烂脸 不良反应"
)
REACTION_TRADITIONAL = (
    "過敏 敏感反應 紅疹 皮疹 起疹 疹子 蕁麻疹 濕疹 紅腫 發癢 搔癢 很癢 好痕 刺痛 灼熱 脫皮 起水泡 "
    "肚瀉 腹瀉 嘔吐 爛臉 不良反應"
)
REACTION_ENGLISH = (
    r"allerg\w*|rash(?:es)?|hives|eczema|itch(?:y|es|ed|ing)?|swollen|swelling|blister\w*|skin irritation|burning skin"
    r"|burn(?:s|ed|t|ing)? (?:her|his|the|their) (?:skin|face)|diarrh?o?ea|vomit\w*|adverse reaction"
)
