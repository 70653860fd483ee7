"""What a customer's text means. Pure: text in, intent out; who asked what is a parameter."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class IntentKind(StrEnum):
    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    RATING = "rating"
    REORDER = "reorder"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    COMPLAINT = "complaint"
    HELP = "help"
    OTHER = "other"


class Asked(StrEnum):
    """What the message that the customer answers has asked."""

    CONFIRM = "confirm"
    SLOT = "slot"
    RATING = "rating"
    REORDER = "reorder"


@dataclass(frozen=True)
class Intent:
    """`value`: the digit (rating, or the slot chosen). `doubtful`: may be an opt-out, a person decides.

    `word`: the normalised text when the whole of it is a known word, so that the caller can tell YES from 1.
    """

    kind: IntentKind
    value: int | None = None
    doubtful: bool = False
    word: str = ""


# The carrier's own words (Twilio blocks or unblocks the number itself and answers in its own name).
CARRIER_STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
CARRIER_START = frozenset({"start", "yes", "unstop"})
CARRIER_HELP = frozenset({"help", "info"})

# Chinese words below are written in simplified characters only: the text is folded before it is compared.
_OPT_OUT = CARRIER_STOP | {
    "opt out",
    "stop all",
    "unsub",
    "remove me",
    "退订",
    "退订短信",
    "我要退订",
    "取消订阅",
    "取消短信",
    "拒收",
    "拒绝接收",
    "td",
    "t",
    # near misspellings that mean nothing else
    "sotp",
    "stpo",
    "stopp",
    "sstop",
    "stoop",
    "s t o p",
    "unsubcribe",
    "unsubscibe",
    "unsuscribe",
    "unsubscribed",
    "退定",
    "退订阅",
    "推订",
    "腿订",
    "退丁",
    "退汀",
    "取消订月",
    "回t退订",
    "回td退订",
    "回复td",
    "回复t",
}
_OPT_OUT_PHRASES = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(please |pls )?(stop|quit|no more|don'?t|do not) "
        r"(texting|messaging|sending|send|text|message|sms|contacting|contact)( me| us)?"
        r"( any ?more| any| these| more)*( (texts?|messages?|sms))?( please)?$",
        r"^(please )?(unsubscribe|remove|take) me( off| from)?.*$",
        r"^(stop|unsubscribe|退订|取消订阅) ?(please|pls|thanks|thank you|谢谢|吧|了|!)?$",
        r"^(please|pls|请|麻烦|帮我|我要|我想|想) ?(stop|unsubscribe|退订|取消订阅)$",
        r"(不要|别|不用|请勿|勿|唔好|停止)(再)?(给我|同我|俾我)?(再)? ?(发|传|寄|send)(来)? ?"
        r"(短信|信息|简讯|短讯|消息|讯息|广告|sms)",
        r"^(请)?(不要|别|唔好)再(给我|同我|俾我)?(发|传|send)(了|啦)?$",
        r"^(不想|不愿)(再)?收(到)?(你们的|你地的)?(短信|信息|简讯|短讯|消息|讯息)(了)?$",
    )
)
_DOUBTFUL_OPT_OUT = frozenset(
    {"r", "n", "no", "不", "不要", "唔要", "不用", "停", "停止", "stop it", "no more", "step", "top"}
)
_OPT_IN = frozenset(
    {"start", "unstop", "subscribe", "resume", "opt in", "optin", "订阅", "恢复", "恢复订阅", "重新订阅"}
)

_CONFIRM = frozenset(
    {
        "yes", "y", "ok", "okay", "okey", "k", "yep", "yeah", "yup", "sure", "confirm", "confirmed", "fine", "good",
        "yes please", "sounds good", "see you", "see you then", "great", "perfect", "no problem",
        "好", "好的", "好啊", "好呀", "好哒", "好吧", "可以", "可以的", "可以呀", "行", "行的", "没问题", "冇问题",
        "确认", "确定", "同意", "是", "是的", "嗯", "嗯嗯", "对", "ok的", "ok啦", "得", "得啦", "好嘅", "收到",
        "到时见", "方便", "方便的", "有空", "在家", "准时", "欢迎",
    }
)  # fmt: skip
_RESCHEDULE = frozenset(
    {
        "reschedule", "change", "change time", "change the time", "another time", "other time", "another day", "later",
        "not available", "busy", "can't", "cannot", "cant", "can't make it", "not convenient", "postpone",
        "改", "改期", "改时间", "换时间", "换个时间", "改个时间", "改日", "改天", "另约", "另约时间", "不行", "不方便",
        "没空", "没时间", "唔得", "唔得闲", "冇时间", "冇空", "不在", "不在家", "不可以", "延期", "推迟", "改约",
        "换一天",
    }
)  # fmt: skip
_RESCHEDULE_PHRASES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(能|可以|可|想|要|需要|麻烦|请)?(改|换|挪|调)(到|成|为|个|一下)?(时间|日期|日子|期|第二天|另一天|下周|明天|后天)",
        r"\b(reschedule|postpone)\b",
        r"\b(change|move|switch)\b.*\b(time|date|day|appointment|visit|tomorrow|monday|tuesday|wednesday|thursday|friday"
        r"|saturday|sunday|afternoon|morning)\b",
        r"\b(another|different|other) (time|day|date)\b",
        r"(不方便|没空|没时间|唔得闲|不在家)",
    )
)
_WHEN_ASKED_NO = frozenset({"no", "n", "r", "nope", "no thanks", "不", "不要", "唔要", "不用", "不了"})
_REORDER = frozenset(
    {
        "reorder",
        "order again",
        "order",
        "buy again",
        "再订",
        "再来",
        "再来一份",
        "再来一罐",
        "再买",
        "下单",
        "补货",
        "续订",
        "要",
        "要的",
    }
)
_REORDER_PHRASES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(re-?order|order (it |some |one |the same )?again|buy (it |some |one )?again)\b",
        r"(再|多)(订|买|要|来|送)(一|两|二|三|四|几|[1-9])(罐|盒|箱|瓶|包|份|件|支|袋)",
    )
)
_HELP = CARRIER_HELP | {
    "帮助",
    "帮忙",
    "求助",
    "?",
    "??",
    "怎么用",
    "who is this",
    "who are you",
    "你是谁",
    "你哪位",
    "边位",
}

_COMPLAINT_PHRASES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(complain(t|ts|ing)?|refund|unacceptable|terrible|horrible|awful|disgusting|rude|scam|broken|damaged|defective"
        r"|expired product|rash|allerg(y|ic)|itch(y|ing)?|swollen|vomit(ing|ed)?|diarrh?o?ea|furious|angry"
        r"|disappoint(ed|ing)|worst|ridiculous|poor service|bad service|never (came|arrived|showed))\b",
        r"(投诉|举报|差评|退款|退货|赔偿|退钱|太差|很差|好差|差劲|态度差|态度不好|态度恶劣|不满意|好失望|很失望|太失望|失望|骗人|欺骗|假货|坏了"
        r"|坏的|破损|漏了|过期|变质|过敏|红疹|起疹|皮疹|发红|好痕|很痒|痒|肿|拉肚子|呕吐|吐奶严重|生气|气死|太过分|过分|垃圾|没人来|冇人来"
        r"|没有来|等了.{0,6}(没|冇)|不负责任|消委会|消费者协会|12315)",
    )
)
_NOT_A_COMPLAINT = re.compile(
    r"\b(no|not|never|without|zero|any|isn'?t|aren'?t|wasn'?t|don'?t|didn'?t)( \w+){0,2} "
    r"(complain(t|ts|ing)?|disappoint(ed|ing)?|angry|broken|damaged|rash|allergic|refund|rude|bad)\b"
    r"|(没有|没|冇|无|不是|不会|并非|不用|不需要|从未|从不|从来没有?)(什么|任何|要|想|觉得|再|过|起|长)*"
    r"(投诉|举报|差评|退款|退货|失望|不满意|生气|过敏|红疹|起疹|痒|坏的|坏|破损|过期|变质|肿|发红)"
)

# The traditional characters of customers' short answers, and their simplified twins in the same order.
_TRADITIONAL = (
    "訴獲樂陳劉親攔壓"
    "訂閱復複覆繫係絡們個對時間沒問題確認從來飯與換約嗎週後為發傳簡訊壞過腫癢氣騙貨態惡賠償錢滿質嘔瀉舉報"
    "險費協會單補續買兩幾這裡裏幫麼誰邊無給開門點現應該見謝樣別請廣絕閒調寶貝親愛聽說話語廳電車還準願紅責"
    "負將選擇號顆兒媽達運動務處濕產變爛髒臟專導員遲誤歡經當實讓嚴鐘鍾臺灣學醫藥條體頭臉腳燒熱試錯聯轉區樓"
    "層鎖幹麗煩擾騷僅倆則夠嘆圖塊夾妳據撥數斷歲殘決狀獎獨畫盤碼禮種穩節範級紙線總練織罰聲舊藝蟲規視覺計記"
    "設許評詢誠課談論證識讀貴貼資賣賬贈趕跡較輕輛辦農進遠適遞郵鄰針鈴銀鋪錄關陽隊階隨雙雜離難靜頁項順須預"
    "頻顏類顧風飛養馬驚鮮黃齊"
)
_SIMPLIFIED = (
    "诉获乐陈刘亲拦压"
    "订阅复复复系系络们个对时间没问题确认从来饭与换约吗周后为发传简讯坏过肿痒气骗货态恶赔偿钱满质呕泻举报"
    "险费协会单补续买两几这里里帮么谁边无给开门点现应该见谢样别请广绝闲调宝贝亲爱听说话语厅电车还准愿红责"
    "负将选择号颗儿妈达运动务处湿产变烂脏脏专导员迟误欢经当实让严钟钟台湾学医药条体头脸脚烧热试错联转区楼"
    "层锁干丽烦扰骚仅俩则够叹图块夹你据拨数断岁残决状奖独画盘码礼种稳节范级纸线总练织罚声旧艺虫规视觉计记"
    "设许评询诚课谈论证识读贵贴资卖账赠赶迹较轻辆办农进远适递邮邻针铃银铺录关阳队阶随双杂离难静页项顺须预"
    "频颜类顾风飞养马惊鲜黄齐"
)
_FOLD = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
_NUMERALS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_POLITE = (
    r"(?:ok|okay|yes|thanks?|thank you|thx|please|pls|ty|good|great"
    r"|谢谢|多谢|唔该|谢|好|好的|好啊|可以|确认|没问题|哦|啊|呀|啦|哈|吧|了|您|你)"
)
_DIGIT = re.compile(
    rf"^(?:选|选择|回复|回|答|reply|option|no\.?|number|#)? ?([1-9]|[一二三四五]|one|two|three|four|five)"
    rf" ?(?:分|星|号|stars?|points?|/5)?[ ,.!、~]*(?:{_POLITE}[ ,.!~]*)*$"
)
_THUMB = re.compile("[👍👌🆗✅✔☑]\ufe0f?[\U0001f3fb-\U0001f3ff]?")
_EDGES = " \t\r\n.,!?;:。，！？；：、~～…'\"“”‘’()（）[]【】<>《》*_-—"


def normalise(text: str) -> str:
    """Lower case, half width, simplified Chinese, one space between words, no punctuation or emoji at the edges."""
    spoken = _THUMB.sub(" ok ", text.replace("\x00", ""))
    folded = unicodedata.normalize("NFKC", spoken).casefold().translate(_FOLD)
    folded = "".join(
        char for char in folded if unicodedata.category(char) not in ("Cf", "Cc", "So", "Sk", "Mn") or char in "\n\t"
    )
    collapsed = re.sub(r"\s+", " ", folded.replace("’", "'").replace("‘", "'"))
    return collapsed.strip(_EDGES) or collapsed.strip()


def read(text: str, asked: Asked | str | None = None) -> Intent:
    """The meaning of `text`, given what was asked.

    Opt-out and complaint words win over any question. Asked for a slot, 1 and 2 are a CONFIRM with the number chosen.
    Without a question 1 = confirm, 2 = reschedule, 3-5 = rating.
    """
    said = normalise(text)
    question = Asked(asked) if asked else None
    return (
        _opt_out(said, question)
        or _complaint(said)
        or _digit(said, question)
        or _word(said, question)
        or Intent(IntentKind.OTHER)
    )


def _opt_out(said: str, asked: Asked | None) -> Intent | None:
    if said in _OPT_OUT or any(phrase.search(said) for phrase in _OPT_OUT_PHRASES):
        return Intent(IntentKind.OPT_OUT, word=said)
    if said in _DOUBTFUL_OPT_OUT and not (asked and said in _WHEN_ASKED_NO):
        return Intent(IntentKind.OPT_OUT, doubtful=True, word=said)
    return None


def _complaint(said: str) -> Intent | None:
    heard = _NOT_A_COMPLAINT.sub(" ", said)
    if any(phrase.search(heard) for phrase in _COMPLAINT_PHRASES):
        return Intent(IntentKind.COMPLAINT)
    return None


def _digit(said: str, asked: Asked | None) -> Intent | None:
    match = _DIGIT.match(said)
    if match is None:
        return None
    found = match.group(1)
    number = int(found) if found.isdigit() else _NUMERALS[found]
    match asked:
        case Asked.RATING:
            return Intent(IntentKind.RATING, value=number) if number <= 5 else None
        case Asked.SLOT:
            return (
                Intent(IntentKind.CONFIRM, value=number) if number <= 2 else Intent(IntentKind.RESCHEDULE, value=number)
            )
        case Asked.REORDER:
            return Intent(IntentKind.REORDER, value=number) if number == 1 else None
        case Asked.CONFIRM:
            return _confirm_or_reschedule(number)
        case None:
            if number in (3, 4, 5):
                return Intent(IntentKind.RATING, value=number)
            return _confirm_or_reschedule(number)


def _confirm_or_reschedule(number: int) -> Intent | None:
    kinds = {1: IntentKind.CONFIRM, 2: IntentKind.RESCHEDULE}
    return Intent(kinds[number], value=number) if number in kinds else None


def _word(said: str, asked: Asked | None) -> Intent | None:
    if said in _HELP:
        return Intent(IntentKind.HELP, word=said)
    if said in _OPT_IN:
        return Intent(IntentKind.OPT_IN, word=said)
    if said in _REORDER and (asked is Asked.REORDER or said not in ("要", "要的", "order")):
        return Intent(IntentKind.REORDER, word=said)
    agreed = said in _CONFIRM or _without_polite_tail(said) in _CONFIRM
    if agreed and asked is Asked.REORDER:
        return Intent(IntentKind.REORDER, word=said)
    # A "good" or a "yes" is no number of stars and no choice between two times: a person reads it.
    if agreed and asked in (Asked.CONFIRM, None):
        return Intent(IntentKind.CONFIRM, word=said)
    refused = asked in (Asked.CONFIRM, Asked.SLOT) and said in _WHEN_ASKED_NO
    moved = said in _RESCHEDULE or any(phrase.search(said) for phrase in _RESCHEDULE_PHRASES)
    if refused or (moved and asked is not Asked.RATING):
        return Intent(IntentKind.RESCHEDULE, word=said)
    if any(phrase.search(said) for phrase in _REORDER_PHRASES):
        return Intent(IntentKind.REORDER)
    return None


def _without_polite_tail(said: str) -> str:
    return re.sub(r"[ ,.!、]*(thanks?|thank you|thx|谢谢|多谢|唔该|谢谢你|谢谢您|please)$", "", said).strip(_EDGES)
