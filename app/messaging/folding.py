"""Different ways of writing the same thing made one, before anybody asks what it means. Pure.

Two steps: `normalise` keeps the words (width, case, 繁 to 简, punctuation, keycaps, thumbs); `in_plain_words` also
puts written Cantonese into the words of the north and English shorthand into full words, so that the table of phrases
needs each thing once.
"""

from __future__ import annotations

import re
import unicodedata

from app.messaging.misspelt import mended

# Traditional characters and their simplified twins, in pairs; those that the phrases contain. A converter for the whole
# language would be a native library of seven megabytes, and what it changes besides is never looked at.
_PAIRS = (
    "丟丢並并亂乱佔占併并來来係系個个們们傘伞備备傢家傳传價价儘尽償偿優优兇凶兒儿兩两別别刪删則则剛刚劃划勁劲動动務务區区協协卻却卽即員员問问啓启啟启喫吃單单嗎吗嘔呕噁恶噠哒噴喷嚮向囉啰國国圖图報报塊块塗涂壓压壞坏"
    "夠够奬奖妝妆姊姐姦奸媽妈學学實实寫写寬宽寶宝將将專专尋寻對对導导帶带幫帮幷并幹干幾几廠厂廣广廳厅強强彆别彈弹彔录後后從从復复恥耻悅悦悶闷惡恶惱恼愛爱態态慮虑憂忧憤愤應应掛挂揀拣換换損损摺折撲扑撳揿擔担據据擠挤"
    "擾扰敎教數数斷断時时晝昼暈晕暫暂曉晓曏向曬晒書书會会東东枱台査查條条棗枣業业極极榘矩榦干樓楼標标樣样機机檢检檯台歡欢殘残毀毁氣气氾泛汎泛汙污決决沒没沖冲況况淚泪減减測测湊凑準准溼湿滲渗滾滚滿满漬渍濕湿瀉泻灑洒"
    "為为無无煩烦熱热燈灯燒烧燙烫燬毁爛烂爲为爺爷牀床獎奖現现產产産产異异痠酸癒愈癟瘪癢痒發发盡尽眞真瞭了確确碼码祕秘禮礼種种積积筆笔箇个節节簡简粧妆約约紅红細细紹绍終终組组結结絕绝絡络給给統统絲丝絶绝經经綫线維维"
    "網网緊紧線线編编緩缓緻致縫缝縮缩總总繫系繼继續续纔才罵骂翫玩聯联聲声聽听脩修脫脱腦脑腫肿腳脚膚肤膠胶臉脸臟脏臨临臺台與与興兴舉举舊旧華华萬万著着葯药蓋盖薦荐藥药處处虛虚號号蛻蜕蟲虫衕同衝冲衹只裏里補补裝装裡里"
    "製制複复襯衬覆回見见規规視视覺觉訂订計计訊讯討讨託托記记訪访許许訴诉診诊註注証证評评試试話话該该誇夸認认語语誠诚誤误說说説说誰谁課课調调請请諾诺講讲謝谢證证識识譜谱譭毁議议變变讓让豐丰負负貨货責责貴贵買买費费"
    "貼贴資资賠赔質质賬账購购贈赠趕赶蹤踪車车軟软較较輕轻輸输辦办迴回這这週周進进遊游過过遞递適适遲迟選选還还邊边郵邮鄰邻醣糖醫医釋释釘钉針针釦扣鈅钥鈡钟鈴铃銷销銹锈錄录錠锭錢钱錯错録录錶表鍼针鍾钟鎖锁鏈链鏽锈鐘钟"
    "鑰钥長长門门閉闭開开閑闲閒闲間间閤合閱阅閲阅闆板關关陣阵隨随隻只雙双離离難难電电靈灵靜静韆千響响頂顶項项順顺預预領领頭头題题額额顏颜顔颜願愿類类顧顾颱台颳刮飛飞飲饮餵喂餿馊饋馈馬马駛驶駡骂騙骗騷骚驗验髒脏體体"
    "髮发鬆松鬧闹魯鲁鮮鲜鴿鸽麪面麫面麵面麼么麽么黃黄點点黴霉齊齐齣出"
    "偽伪傷伤僞伪內内剷铲勢势勸劝厲厉噹当嚇吓嚴严囂嚣圍围團团塵尘屢屡層层嵗岁師师庫库弔吊張张彎弯懶懒戲戏擇择擰拧擺摆權权歲岁殻壳殼壳潰溃澱淀煙烟營营爾尔當当瘡疮皺皱睜睁稅税簽签籤签糰团級级綠绿綳绷緑绿繃绷纏缠羣群聞闻職职脅胁脣唇脹胀膿脓菸烟蕁荨蟻蚁蠻蛮褲裤襪袜襬摆親亲詐诈諷讽謊谎謬谬護护讀读賊贼贖赎輪轮轉转遠远鈕钮鉅巨銀银鍵键鏟铲闇暗陰阴陽阳雜杂須须顆颗風风餅饼鬚须乾干佈布轆辘閂闩痺痹轟轰饒饶夾夹賤贱頸颈嚨咙癩癞"
)
_FOLD = str.maketrans(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)) | {"’": "'", "‘": "'"})

_THUMB = re.compile("[👍👌🆗✅✔☑]\ufe0f?[\U0001f3fb-\U0001f3ff]?")
_STAR = re.compile("[⭐★🌟☆]\ufe0f?")
_UNSEEN = frozenset({"Cf", "Cc", "So", "Sk", "Mn", "Me", "Cs"})
_EDGES = " \t\r\n.,!?;:。，！？；：、~～…'\"“”‘’()（）[]【】<>《》*_-—"
_EDGES_OF_A_SENTENCE = _EDGES.replace("?", "").replace("*", "").replace("？", "")
_SPACE = re.compile(r"\s+")


def normalise(text: str) -> str:
    """Lower case, half width, simplified Chinese, one space between words, no punctuation or emoji at the edges."""
    folded = _folded(text)
    return folded.strip(_EDGES) or folded.strip()


def sentence(text: str) -> str:
    """Like `normalise`, but a question keeps its mark and stars are kept."""
    return _folded(text).strip(_EDGES_OF_A_SENTENCE)


def _folded(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _STAR.sub("*", _THUMB.sub(" ok ", text)))
    text = text.casefold()
    if not text.isascii():
        text = text.translate(_FOLD)
        text = "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in _UNSEEN)
    return _SPACE.sub(" ", text.replace("\x00", ""))


def core(plain: str) -> str:
    """The text without courtesies around it and gaps inside: "optout please", "td 谢谢", "s.t.o.p", 退 订."""
    bare = _COURTESY.sub("", plain).strip(_EDGES)
    if not bare.isascii() or _SPELLED.fullmatch(bare):
        return _GAPS.sub("", bare)
    return bare


def in_plain_words(said: str) -> str:
    """A text in the words of the phrases: 唔使嚟喇 becomes 不用来, "pls dont txt" becomes "please do not text"."""
    if not said.isascii():
        said = _CANTONESE.sub(lambda found: _NORTHERN[found.group()], said)
        said = _SLIP_OF_LEAVING.sub("退订", _ALL_OF_IT.sub("了", _ITCH.sub("痒", said)))
        said = _TO_BE.sub("是", _HOW_IN_ENGLISH.sub("怎么", _ENDINGS.sub("", said)))
    if _LATIN.search(said):
        said = _SHORT_NOT.sub(" not", said.replace("can't", "can not").replace("won't", "will not"))
        said = _SHORT_IS.sub(r"\1 is", said)
        said = _SHORT_BE.sub(lambda found: _FULL_BE[found.group(1)], said)
        said = _SHORTHAND.sub(lambda found: _FULL[found.group()], said)
        said = _NUMBER.sub("number", mended(said))
    return said


_LATIN = re.compile("[a-z]")
_COURTESY = re.compile(
    r"^(?:(?:please|hi|hello|hey|sorry|dear|thanks|thank you|kindly"
    r"|你好|您好|请|麻烦你?|谢谢|不好意思|喂|请问)[ ,.!]*)+"
    r"|(?:[ ,.!]*(?:please|thanks|thank you|sorry|bye|谢谢你?您?|拜托|麻烦了?|辛苦了?))+[ ,.!]*$"
)
_SPELLED = re.compile(r"[a-z](?:[ .,-][a-z])+")
_GAPS = re.compile(r"[ .,-]+")
_SHORT_NOT = re.compile(r"(?<=[a-z])n't\b")
_FULL_BE = {"ll": " will", "m": " am", "re": " are", "ve": " have", "d": " would"}
# "what's" asks; "it's" may be "it has" and stays.
_SHORT_IS = re.compile(r"\b(what|who|where|how|when|that)'s\b")
_SHORT_BE = re.compile(r"(?<=[a-z])'(ll|m|re|ve|d)\b")

_FULL = {
    short: full
    for full, shorts in {
        "please": "pls plz plse",
        "thanks": "thx tks thks ty tq tysm",
        "you": "u ya",
        "your": "ur yr",
        "are": "r",
        "tomorrow": "tmr tmrw tmw tmrow tomoro tomorow tommorow tommorrow 2moro 2mrw",
        "today": "tdy 2day",
        "does not": "doesnt",
        "did not": "didnt",
        "can not": "cant cannot",
        "will not": "wont",
        "is not": "isnt",
        "was not": "wasnt",
        "would not": "wouldnt",
        "could not": "couldnt",
        "have not": "havent",
        "has not": "hasnt",
        "i am": "im",
        "i have": "ive",
        "message": "msg mesage",
        "messages": "msgs messges",
        "messaging": "msging messagin",
        "text": "txt",
        "texts": "txts",
        "texting": "txting textin",
        "reschedule": "resched reschedual rescedule reshedule",
        "appointment": "appt apptmt appointmnt",
        "minutes": "mins",
        "hour": "hr",
        "hours": "hrs",
        "because": "cuz coz bcos",
        "want to": "wanna",
        "going to": "gonna",
        "got to": "gotta",
        "okay": "okey okie oki okk okkk",
        "monday": "mon",
        "tuesday": "tue tues",
        "wednesday": "wed",
        "thursday": "thu thur thurs",
        "friday": "fri",
        "saturday": "sat",
        "for": "4u",
        "receive": "recieve recv",
        "received": "recieved rcvd recvd recd",
        "stop": "sotp stpo stp stopp stoppp dtop sttop st0p stoip",
        "what": "wat wot wht",
        "how": "hw",
        "about": "abt",
        "before": "b4",
        "do not": "dont dnt donot dun",
        "number": "num nmbr",
        "next": "nxt",
        "week": "wk",
        "weeks": "wks",
        "weekend": "wkend",
        "tonight": "2nite tonite 2night",
        "yesterday": "ytd yday ystd",
        "people": "ppl",
        "never": "nvr",
        "something": "sth smth",
        "what is": "whats",
        "that is": "thats",
        "how is": "hows",
        "who is": "whos",
        "where is": "wheres",
        "be": "b",
        "back": "bk",
        "with": "w",
        "five": "fiver",
        "another": "nother",
        "meeting": "mtg",
        "from": "frm",
        "later": "ltr l8r",
        "late": "l8",
        "package": "pkg",
        "bottle": "btl",
        "great": "gr8",
        "again": "agn",
        "see you": "cu cya",
    }.items()
    for short in shorts.split()
}
_NUMBER = re.compile(r"(?<=\bmy )no\b\.?|(?<=\bphone )no\b\.?|(?<=\bmobile )no\b\.?")
_SHORTHAND = re.compile(
    rf"(?<![a-z0-9])(?:{'|'.join(sorted(map(re.escape, _FULL), key=len, reverse=True))})(?![a-z0-9'])"
)

# Written Cantonese (its traditional characters folded already) in the words of the north.
_NORTHERN = {
    cantonese: northern
    for northern, ways in {
        "谢谢": "唔该晒 唔该 多谢晒 多谢 麻烦晒 谢晒",
        "不好意思": "唔好意思",
        "不用": "唔使 唔驶 唔洗",
        "不要": "唔好",
        "骂人": "闹人",
        "骂我": "闹我",
        "骗人": "呃人",
        "骗我": "呃我",
        "说好": "话好",
        "说过": "话过",
        "说会": "话会",
        "又说": "又话",
        "哪间": "边间 边家",
        "拿回": "攞返 拎返",
        "不要再": "咪再 咪又再",
        "掉头发": "甩头发 甩好多头发 甩晒头发",
        "掉": "甩咗 甩晒 甩出",
        "拿走": "攞走 拎走",
        "关了": "闩咗 熄咗 闩埋 熄埋",
        "赶不及": "赶唔切 赶唔到",
        "凑不上": "夹唔到 夹唔啱",
        "找不到": "搵唔到",
        "别怪": "唔好怪 咪怪",
        "洞": "窿",
        "破了": "穿咗窿 穿窿 穿咗 爆拆 爆咗",
        "答应": "应承",
        "门铃": "门钟",
        "这短信": "呢个sms 呢条sms 呢个短讯 呢条短讯 呢个短信",
        "删": "铲 剔走 剷",
        "不需要": "唔需要 冇需要",
        "不想": "唔想",
        "别来": "咪嚟",
        "别再": "咪又",
        "别发": "咪发 咪send",
        "别烦": "咪搞 咪烦",
        "没空": "唔得闲 冇空 冇时间",
        "有空": "得闲",
        "行不行": "得唔得 得吗 好唔好",
        "可不可以": "可唔可以 可否",
        "能不能": "能唔能",
        "不行": "唔得",
        "不合适": "唔啱",
        "合适": "啱",
        "刚刚": "啱啱 头先",
        "是不是": "系唔系 系咪",
        "不是": "唔系",
        "不要紧": "唔紧要",
        "不会": "唔识 唔会 唔晓",
        "不懂": "唔明白 唔明",
        "不": "唔",
        "不错": "唔错",
        "没得说": "冇得弹",
        "没有": "冇得 冇",
        "没问题": "冇问题 无问题",
        "没人": "冇人",
        "没礼貌": "冇礼貌",
        "什么": "咩嘢 咩野 乜嘢 乜野 咩 乜 啥",
        "有事": "有嘢",
        "东西": "嘢",
        "为什么": "点解 为啥",
        "怎么": "点样 怎样 如何 咋",
        "怎么办": "点算",
        "怎么回": "点覆 点复 点回",
        "怎么用": "点用",
        "怎么选": "点拣 点选",
        "怎么答": "点答",
        "怎么改": "点改",
        "怎么取消": "点取消",
        "怎么退": "点退",
        "哪个数字": "边个数字 边个号码 边个号",
        "谁": "边个 边位",
        "哪里": "边度 边处",
        "什么时候": "几时",
        "多少": "几多",
        "来": "嚟",
        "在": "喺",
        "家": "屋企",
        "在家": "系屋企",
        "他们": "佢哋 佢地",
        "他": "佢",
        "你们": "你哋 你地",
        "我们": "我哋 我地",
        "的": "嘅",
        "了": "咗",
        "坏了": "烂咗 烂了",
        "些": "啲",
        "那": "嗰",
        "这个": "呢个",
        "这": "呢度 呢啲",
        "现在": "而家 依家 宜家",
        "明天": "听日 听晚",
        "昨天": "寻日 琴日",
        "今天": "今日",
        "后天": "后日",
        "改天": "第二日 第日",
        "下午": "下昼 晏昼",
        "上午": "上昼 朝早 朝头早 成朝",
        "晚上": "夜晚",
        "小时": "个钟头 个钟 钟头 个小时",
        "半小时": "半个钟 半粒钟",
        "星期": "礼拜",
        "下星期": "下个礼拜 下礼拜 下个星期 下周 下个周",
        "下单": "落单 落多次单 落多单",
        "给": "俾 畀",
        "给我": "比我",
        "看": "睇",
        "吃": "食",
        "喝": "饮",
        "涂": "搽",
        "这么": "咁",
        "找": "搵",
        "怎么评分": "点评分 点打分",
        "怎么计分": "点计分",
        "怎么做": "点做",
        "怎么才": "点先 点样先 点先可以 点样先可以 点样才可以 点样可以",
        "用不用": "使唔使",
        "开回": "开返",
        "没有痒": "冇痕",
        "不痒": "唔痕",
        "痒": "痕痒",
        "好痒": "好痕",
        "又痒": "又痕",
        "拉肚子": "肚屙 屙肚 肚泻 屙呕 肚痾",
        "生气": "嬲 火滚 火大",
        "哭": "喊",
        "和": "同埋",
        "还": "仲",
        "还是": "定系",
        "还是最": "定最",
        "按": "撳 揿",
        "选": "拣",
        "收回": "收返",
        "加回": "加返",
        "恢复": "恢复返",
        "讲": "讲返",
        "好像": "好似",
        "整晚": "成晚",
        "离谱": "离晒谱 离大谱",
        "整天": "成日",
        "整个": "成个",
        "我想说": "我想讲",
    }.items()
    for cantonese in ways.split()
}
_CANTONESE = re.compile("|".join(sorted(_NORTHERN, key=len, reverse=True)))
_HOW_IN_ENGLISH = re.compile("点(?= ?(?:reply|text|answer|rate|confirm))")
# 系 is "to be" except in 联系, 没关系, 系统.
_TO_BE = re.compile("(?<![联关干体])系(?![统列数])")
# 晒 behind a verb is "all of it": 漏晒, 湿晒; elsewhere the sun.
_ALL_OF_IT = re.compile("(?<=[烂漏碎湿红肿裂爆散脱掉坏脏臭穿黑黄断软溶融潮甩干化])晒(?![太衫干伤后黑衣斑])")
# 痕 is an itch behind a part of the body or "so", else a mark: 手痕, 好痕, 裂痕.
_ITCH = re.compile("(?<=[手脚面脸身背头颈眼肤又好很皮鬼超止发])痕(?!迹)|痕(?=到|得|死)")
_SLIP_OF_LEAVING = re.compile("退[定丁汀钉顶盯厅锭](?![单金货房票制位做购了])")
_ENDINGS = re.compile(r"[呀啊喇啦㗎架喎咯啰哦喔嘛吖嘞哒滴哈噢欸]+(?=$|[ ,.!?~、。…]|thank|thx|please)")
