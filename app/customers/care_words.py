"""The words behind care_limits, by topic. English entries are regular expressions that stand between word ends.

Chinese has no word ends, so each word must say the private thing by itself: 病 alone would also forbid 病毒防护. Where
such a word also arises between two others (订单|亲自 holds 单亲), the longer phrase stands in LOOK_ALIKES.
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
    Topic.MARRIAGE: (
        "离婚 离了婚 离过婚 离异 再婚 复婚 二婚 婚姻 婚变 结婚了 丧偶 守寡 寡妇 分居 婚外情 外遇 出轨 第三者 情妇 二奶 "
        "包养 前夫 前妻 单亲 单身妈妈 单身爸爸 抚养权 私生子 分手 同居"
    ),
    Topic.FAMILY_QUARREL: (
        "吵架 争吵 吵翻 家暴 虐待 打架 打老婆 婆媳 不和睦 家庭矛盾 家庭纠纷 夫妻矛盾 夫妻不和 离家出走 赶出家门 "
        "断绝关系 争家产 争遗产 闹翻 翻脸 冷战 不孝"
    ),
    Topic.ILLNESS: (
        "癌 肿瘤 白血病 糖尿病 高血压 心脏病 心肌梗 脑梗 抑郁 忧郁症 焦虑症 躁郁 精神病 自闭症 多动症 唐氏 癫痫 哮喘 "
        "帕金森 老年痴呆 失智 认知障碍 住院 动手术 做手术 开刀 生病 患病 得病 重病 病情 病史 肝炎 肝硬化 乙肝 丙肝 "
        "肾病 尿毒症 透析 艾滋 流产 不孕 试管婴儿 化疗 放疗 中风 瘫痪 绝症 确诊"
    ),
    # 教会 alone is left out: it also means having taught somebody, which every good visit does.
    Topic.FAITH: (
        "信佛 拜佛 佛教 信主 信耶稣 基督教 基督徒 天主教 摩门教 犹太教 印度教 伊斯兰 穆斯林 回教 道教 教徒 去教会 "
        "信教 宗教 信仰 做礼拜 祷告 清真寺"
    ),
    # 断供 is left out: it is also said of goods.
    Topic.MONEY: (
        "欠债 欠钱 负债 讨债 催债 被追债 破产 借钱 没钱 缺钱 失业 下岗 被裁 炒鱿鱼 赌博 高利贷 网贷 还不起 信用卡逾期 "
        "低保户 领低保 周转不灵 经济困难 经济拮据 经济紧张 手头紧"
    ),
}

TRADITIONAL = {
    # 小三 is left out: in Hong Kong it is a class of the primary school.
    Topic.MARRIAGE: (
        "離婚 離了婚 離過婚 離異 再婚 復婚 二婚 婚姻 婚變 結婚了 結咗婚 離咗婚 喪偶 守寡 寡婦 分居 婚外情 外遇 出軌 "
        "第三者 情婦 二奶 包養 包二奶 前夫 前妻 單親 單身媽媽 單身爸爸 撫養權 私生子 分手 同居"
    ),
    Topic.FAMILY_QUARREL: (
        "吵架 嗌交 爭吵 吵翻 家暴 虐待 打架 打老婆 婆媳 不和睦 家庭矛盾 家庭糾紛 夫妻矛盾 夫妻不和 離家出走 趕出家門 "
        "斷絕關係 爭家產 爭遺產 鬧翻 反晒面 冷戰 不孝"
    ),
    Topic.ILLNESS: (
        "癌 腫瘤 白血病 糖尿病 高血壓 心臟病 心肌梗 腦梗 抑鬱 憂鬱症 焦慮症 躁鬱 精神病 自閉症 過度活躍症 多動症 唐氏 "
        "癲癇 哮喘 柏金遜 帕金森 老人痴呆 老年痴呆 失智 認知障礙 住院 入院 動手術 做手術 開刀 生病 患病 得病 重病 病情 "
        "病史 肝炎 肝硬化 乙肝 丙肝 腎病 尿毒症 洗腎 透析 愛滋 流產 不孕 試管嬰兒 化療 電療 中風 癱瘓 絕症 確診"
    ),
    Topic.FAITH: (
        "信佛 拜佛 佛教 信主 信耶穌 基督教 基督徒 天主教 摩門教 猶太教 印度教 伊斯蘭 穆斯林 回教 道教 教徒 返教會 "
        "去教會 信教 宗教 信仰 做禮拜 祈禱會 禱告 清真寺"
    ),
    Topic.MONEY: (
        "欠債 欠錢 負債 討債 追債 爛賭 破產 借錢 沒錢 冇錢 缺錢 失業 下崗 被裁 炒魷魚 賭博 高利貸 大耳窿 還不起 "
        "欠卡數 攞綜援 領綜援 周轉不靈 經濟困難 經濟拮据 經濟緊張 手頭緊"
    ),
}

ENGLISH = {
    Topic.MARRIAGE: r"divorc\w*|marriage|married|remarri\w*|ex-?(?:husband|wife)|widow\w*"
    r"|single[- ](?:mother|mum|mom|father|dad|parent)|having an affair|cheat(?:s|ed|ing) on|broke up with|lives? apart"
    r"|separated from (?:her|his|the) \w+|custody|her mistress|his mistress",
    Topic.FAMILY_QUARREL: r"quarrel\w*|domestic (?:violence|abuse)|abusive|in-laws|estranged|disowned"
    r"|(?:argues?|argued|arguing|fights?|fighting) with (?:her|his|the|their) \w+"
    r"|not on speaking terms|family (?:feud|dispute|trouble|problems)",
    Topic.ILLNESS: r"cancer|tumou?r|leuk\w*mia|diabet\w*|hypertension|high blood pressure"
    r"|heart (?:disease|attack|failure)|depress(?:ion|ed)|anxiety|bipolar|schizophren\w*|mental(?:ly)? ill\w*|autis\w*"
    r"|adhd|down(?:'s)? syndrome|dementia|alzheimer\w*|parkinson\w*|epilep\w*|asthma\w*|kidney (?:disease|failure)"
    r"|dialysis|hospitali[sz]ed|in hospital|surgery|illness|disease|hepatitis"
    r"|hiv|miscarr\w*|infertil\w*|ivf|chemo\w*|(?:had|has had|after) a stroke|paraly[sz]ed|diagnos\w*",
    Topic.FAITH: r"religio\w*|buddhis\w*|christianity|christians|(?:is|are|be) (?:a )?christian|catholic\w*|muslims?"
    r"|islam\w*|jewish|judaism|hindu\w*|taois\w*|mormon\w*|mosque|church(?:es)?(?! (?:street|road|lane|st))"
    r"|(?:her|his|their) faith|atheis\w*|bible (?:study|group|class)",
    Topic.MONEY: r"in debt|debts|bankrupt\w*|insolven\w*|unemployed|jobless|lost (?:her|his|their) job|laid off"
    r"|made redundant|gambl\w*|loan sharks?|behind on (?:the|her|his|their) (?:rent|mortgage|payments)|on welfare"
    r"|money (?:trouble|problems|worries)|short of money|financial (?:trouble|problems|difficult\w*)"
    r"|foreclos\w*|can(?:'|no)t afford",
}

SCHOOLS = r"小學|中學|學校|書院|幼稚園|醫院|小学|中学|学校|书院|幼儿园|幼稚园|医院"
"""Many schools and hospitals carry a church in their name; where a child is fetched from is no faith."""

LOOK_ALIKES = (
    # A word that arises between two others.
    "单亲自|單親自|单亲手|單親手|部分手|十分手|充分手|部分居|十分居|共同居|一同居|出轨道|出軌道|滑出轨|以前夫|之前夫"
    "|从前夫|從前夫|以前妻|之前妻|包养护|包養護|面包养|麵包養|回家暴晒|回家暴曬|家暴雨|热闹翻|熱鬧翻|打架子|打架設"
    "|觉得病|覺得病|值得病|卫生病|衛生病|花生病|其中风|其中風|集中风|集中風|当中风|當中風|之中风|之中風|空中风|空中風"
    "|中风险|中風險|中风格|中風格|住院子|入院子|入院舍|出入院|公开刀|公開刀|打开刀|打開刀|切开刀|切開刀"
    "|相信教|微信教|短信教|书信教|電信教|电信教|微信佛|相信主|微信主|短信主|知道教|难道教|難道教|渠道教|教徒弟"
    "|上回教|下回教|这回教|這回教|一回教|带回教|帶回教|突破产|突破產|收没钱|有没钱包|有沒錢包|没钱包|沒錢包|冇錢包"
    "|消失业|消失業|流产品|流產品|主流产|主流產|上流产|一流产|一流產|水流产|物流产|物流產|合流产"
    rf"|(?:天主教|基督教|佛教|道教)(?=[一-鿿]{{0,8}}(?:{SCHOOLS}))"
    # English.
    r"|\bmosque (?:street|junction|road)\b|\bchristian (?:dior|louboutin|lacroix)\b"
    r"|\b(?:is|are|be) (?:a )?christian (?:dior|louboutin|lacroix)\b"
    r"|\b(?:works?|working|nurse|doctor|shop|counter|kiosk|delivery|deliver) in hospital\b|\btree surgery\b"
    r"|\bcustody of (?:the|her|his) (?:key|keys|parcel)\b|\bmarried (?:colours?|fabrics?)\b"
)
"""What only looks like one of the words above, as one regular expression; a crossing inside of it is none."""

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
