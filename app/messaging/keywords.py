"""Does a text tell its reader to send a word that carriers take for an opt-out, an opt-in or a cry for help? Pure.

Whoever follows such an instruction is blocked (or unblocked) by the carrier, whatever we meant: we ask for digits.
"""

from __future__ import annotations

import re
import unicodedata

from app.messaging.intents import CARRIER_HELP, CARRIER_START, CARRIER_STOP

_LATIN = CARRIER_STOP | CARRIER_START | CARRIER_HELP | {"td", "t", "r", "n", "no"}
_CHINESE = ("退订", "退訂", "取消订阅", "取消訂閱", "拒收", "取消")
_WORD = rf"(?:{'|'.join(sorted(_LATIN, key=len, reverse=True))})(?![a-z0-9恤])|{'|'.join(_CHINESE)}"
_MARKS = r"[\s\"'“”‘’「」『』《》〈〉【】\[\]()（）:：]*"

_SAY = r"\b(?:reply|respond|answer|text|send|type|enter|write|sms)\b(?:\s+(?:us|back|with|by|the|word|sms|a|to|it))*"
_SAY_CHINESE = (
    r"(?:回复|回覆|回復|答复|答覆|答復|发送|發送|输入|輸入|编辑|編輯|短信|短訊|简讯|簡訊|请回|請回|请发|請發"
    r"|请按|請按|[，。；、,;.\s]回|^回|或回|订回|訂回|收回|[，。；、,;.\s]发|[，。；、,;.\s]發)"
)

_RULES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Reply STOP, text "CANCEL", reply with the word YES
        rf"{_SAY}{_MARKS}(?:{_WORD})",
        # 回复TD, 请回“退订”, 编辑短信 T
        rf"{_SAY_CHINESE}{_MARKS}(?:{_WORD})",
        # STOP to unsubscribe, END to opt out
        rf"\b(?:{'|'.join(sorted(CARRIER_STOP))})\b{_MARKS}(?:2|to)\s+(?:stop|end|quit|cancel|opt|unsub)",
        # TD退订, T 退訂
        r"(?<![a-z])(?:td|t|r|n)\s*(?:退订|退訂|拒收|取消)",
    )
)
# Reply 1 to confirm or CANCEL to change it: in capitals or quotes it is a word to send, wherever it stands.
_SHOUTED = re.compile(rf"\b(?:{'|'.join(sorted(word.upper() for word in _LATIN if len(word) > 2))}|NO|TD)\b")
_QUOTED = re.compile(
    rf"[\"'“‘「『](?:{'|'.join(sorted(word for word in _LATIN if len(word) > 1))}|退订|退訂)[\"'”’」』]", re.IGNORECASE
)
_SAYS = re.compile(rf"{_SAY}|{_SAY_CHINESE}", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?;。！？；\n]")


def asks_for_a_carrier_word(text: str) -> bool:
    plain = unicodedata.normalize("NFKC", text)
    if any(rule.search(plain) for rule in _RULES):
        return True
    return any(
        _SAYS.search(sentence) and (_SHOUTED.search(sentence) or _QUOTED.search(sentence))
        for sentence in _SENTENCE_END.split(plain)
    )
