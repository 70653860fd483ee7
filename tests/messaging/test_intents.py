"""What customers' texts mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging.intents import Asked, IntentKind, normalise, read


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "１",
        "1。",
        " 1 ",
        "①",
        "1!",
        "一",
        "1 ok",
        "1 谢谢",
        "回1",
        "Reply 1",
        "YES",
        "yes!",
        "OK",
        "好",
        "好的，謝謝",
        "可以",
        "冇問題",
        "确认",
        "確認",
        "👍",
        "👌🏻",
    ],
)
def test_these_confirm(text):
    assert read(text, Asked.CONFIRM).kind is IntentKind.CONFIRM


@pytest.mark.parametrize(
    "text",
    [
        "2",
        "２",
        "二",
        "no",
        "NO",
        "N",
        "R",
        "改时间",
        "改時間",
        "可以改明天吗",
        "不方便",
        "唔得閒",
        "can't make it",
        "Can we move the visit to Friday afternoon?",
        "reschedule please",
    ],
)
def test_these_ask_for_another_time(text):
    assert read(text, Asked.CONFIRM).kind is IntentKind.RESCHEDULE


@pytest.mark.parametrize(
    ("text", "stars"),
    [("5", 5), ("５", 5), ("五", 5), ("5分", 5), ("4 stars", 4), ("3星", 3), ("1", 1), ("5/5", 5), ("5！谢谢", 5)],
)
def test_these_rate(text, stars):
    intent = read(text, Asked.RATING)
    assert (intent.kind, intent.value) == (IntentKind.RATING, stars)


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        "Stop!",
        "stop please",
        "Stop please",
        "STOPALL",
        "UNSUBSCRIBE",
        "CANCEL",
        "END",
        "QUIT",
        "REVOKE",
        "OPTOUT",
        "退订",
        "退訂",
        "取消订阅",
        "取消訂閱",
        "TD",
        "td",
        "T",
        "Ｔ",
        "ＴＤ",
        "stopp",
        "sotp",
        "退定",
        "unsubcribe",
        "please stop texting me",
        "Don't text me",
        "請不要再發短訊",
        "唔好再send sms",
        "别再发短信了",
        "回TD退订",
    ],
)
@pytest.mark.parametrize("asked", [None, Asked.CONFIRM, Asked.RATING, Asked.SLOT])
def test_an_opt_out_wins_over_any_question(text, asked):
    intent = read(text, asked)
    assert (intent.kind, intent.doubtful) == (IntentKind.OPT_OUT, False)


@pytest.mark.parametrize(
    "text",
    [
        "别停",
        "別停",
        "stop by at 3",
        "Can you stop by tomorrow?",
        "the bus stop is here",
        "don't stop!",
        "end of the month is better",
        "I quit smoking",
        "please cancel my appointment",
        "取消预约",
        "取消",
        "td bank is closed",
        "停车场在哪",
        "不停下雨",
        "stop sending the cream, I have enough",
        "T恤收到了",
        "订阅号是什么",
        "t 123",
        "no problem",
        "No need to call first",
    ],
)
def test_these_only_look_like_an_opt_out(text):
    intent = read(text)
    assert intent.kind is not IntentKind.OPT_OUT or intent.doubtful


@pytest.mark.parametrize("text", ["R", "N", "NO", "no"])
def test_no_without_a_question_may_be_an_opt_out(text):
    intent = read(text)
    assert (intent.kind, intent.doubtful) == (IntentKind.OPT_OUT, True)


@pytest.mark.parametrize(
    "text",
    [
        "我要投诉",
        "我要投訴",
        "太差了",
        "寶寶起紅疹",
        "用了过敏",
        "The bottle is broken",
        "I want a refund",
        "terrible service",
        "I have a complaint",
        "等了一下午没人来",
    ],
)
@pytest.mark.parametrize("asked", [None, Asked.CONFIRM, Asked.RATING])
def test_a_complaint_wins_over_any_question(text, asked):
    assert read(text, asked).kind is IntentKind.COMPLAINT


@pytest.mark.parametrize(
    "text",
    [
        "no complaints!",
        "No complaints at all",
        "没有过敏",
        "沒有投訴",
        "没什么不满意",
        "not disappointed",
        "never had a rash",
        "不用退货了",
        "没有起红疹",
    ],
)
def test_these_only_look_like_a_complaint(text):
    assert read(text).kind is not IntentKind.COMPLAINT


@pytest.mark.parametrize(("text", "value"), [("1", 1), ("2", 2), ("２", 2), ("选2", 2)])
def test_asked_for_a_slot_a_digit_chooses(text, value):
    intent = read(text, Asked.SLOT)
    assert (intent.kind, intent.value) == (IntentKind.CONFIRM, value)


@pytest.mark.parametrize("text", ["3", "no", "都不行，改时间"])
def test_asked_for_a_slot_three_means_neither(text):
    assert read(text, Asked.SLOT).kind is IntentKind.RESCHEDULE


def test_a_yes_chooses_no_slot():
    assert read("yes", Asked.SLOT).kind is IntentKind.OTHER


@pytest.mark.parametrize("text", ["1", "好的", "再来两罐", "order again"])
def test_asked_whether_to_order_again(text):
    assert read(text, Asked.REORDER).kind is IntentKind.REORDER


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1", IntentKind.CONFIRM),
        ("2", IntentKind.RESCHEDULE),
        ("3", IntentKind.RATING),
        ("5", IntentKind.RATING),
        ("9", IntentKind.OTHER),
    ],
)
def test_without_a_question_digits_have_their_usual_meaning(text, kind):
    assert read(text).kind is kind


@pytest.mark.parametrize("text", ["HELP", "help", "INFO", "帮助", "幫助", "？"])
def test_these_ask_for_help(text):
    assert read(text).kind is IntentKind.HELP


@pytest.mark.parametrize("text", ["START", "start", "UNSTOP", "恢复订阅", "重新訂閱"])
def test_these_opt_in(text):
    assert read(text).kind is IntentKind.OPT_IN


@pytest.mark.parametrize("text", ["请带两罐奶粉", "谢谢你们的照顾", "How much is it?", "2 boxes please", ""])
@pytest.mark.parametrize("asked", [Asked.CONFIRM, Asked.RATING])
def test_free_text_is_for_a_person(text, asked):
    assert read(text, asked).kind is IntentKind.OTHER


@pytest.mark.parametrize("text", ["1 o'clock is better", "我1点后在家", "3pm?", "5点以后才在家"])
def test_an_hour_is_no_number_of_stars_and_no_yes(text):
    assert read(text, Asked.RATING).kind is IntentKind.OTHER
    assert read(text, Asked.CONFIRM).kind is not IntentKind.RATING


def test_yes_is_told_from_one_because_it_may_opt_in():
    assert (read("YES", Asked.CONFIRM).word, read("1", Asked.CONFIRM).word) == ("yes", "")


def test_full_width_and_traditional_writing_is_folded():
    assert normalise("  ＯＫ，沒問題！！ ") == "ok,没问题"


@given(st.text(max_size=200), st.sampled_from([None, *Asked]))
def test_any_text_has_a_meaning(text, asked):
    intent = read(text, asked)
    assert intent.kind in IntentKind
    assert intent.value is None or 1 <= intent.value <= 9
