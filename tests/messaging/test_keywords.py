"""No text of ours tells a customer to send a word that a carrier acts upon; ordinary words stay free."""

from __future__ import annotations

import pytest

from app.messaging.intents import CARRIER_HELP, CARRIER_START, CARRIER_STOP
from app.messaging.keywords import asks_for_a_carrier_word
from app.messaging.shipped import SHIPPED

INSTRUCTIONS = (
    "Reply STOP to end",
    "Text CANCEL to cancel",
    "Reply YES to confirm",
    'reply "stop"',
    "Reply with HELP",
    "Please answer END",
    "Send QUIT to us",
    "Text us START",
    "Reply info",
    "reply optout",
    "Reply REVOKE",
    "reply unstop",
    "Respond STOPALL",
    "Type UNSUBSCRIBE",
    "STOP to opt out",
    "Stop to end",
    "Reply 1 to confirm or CANCEL to change it",
    "Reply 1 for yes, or NO.",
    "不想收请回复TD",
    "回复退订",
    "請回T退訂",
    "回復「退訂」",
    "回覆ＴＤ",
    "TD退订",
    "退订回T",
    "退订请回复TD",
    "拒收请回复R",
    "回1确认，回N改期",
    "輸入“YES”確認",
    "编辑短信T发送",
    "请回“取消订阅”",
    "回复取消可取消预约",
)
ORDINARY = (
    "Your visit was cancelled",
    "cancelled",
    "Reply 1 if that suits you, 2 for another time.",
    "If you want to cancel, reply 2",
    "Just answer this text if you need anything.",
    "Please answer this text and our staff will help.",
    "Our store is open from start to end",
    "Say yes to spring!",
    "We will help you",
    "Reply 1 to start your visit",
    "We stop to greet you",
    "Stop by at 3, we start at 2",
    "For information call us",
    "A reply ends the matter",
    "The answer is no longer needed",
    "No problem! 1: morning. 2: evening. Reply 1 or 2",
    "预约已取消。有需要直接回复我们就好。",
    "取消请致电2800 0000",
    "请回1至5，5分最满意",
    "您的T恤已送到，请回1",
    "请把验证码发送到您手机",
    "回访时间是周二",
)


@pytest.mark.parametrize("text", INSTRUCTIONS)
def test_an_instruction_is_seen(text):
    assert asks_for_a_carrier_word(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_are_left_alone(text):
    assert not asks_for_a_carrier_word(text)


@pytest.mark.parametrize("word", sorted(CARRIER_STOP | CARRIER_START | CARRIER_HELP))
@pytest.mark.parametrize("pattern", ["Reply {}", "text {} now", "请回复{}", "請回「{}」", "reply 1, or “{}”"])
def test_each_of_the_carriers_words_is_seen_in_each_disguise(word, pattern):
    assert asks_for_a_carrier_word(pattern.format(word.upper()))


@pytest.mark.parametrize("key", SHIPPED, ids=lambda key: "-".join(str(part) for part in key))
def test_no_shipped_text_asks_for_one(key):
    assert not any(asks_for_a_carrier_word(text) for text in SHIPPED[key].values())
