"""What customers' texts mean."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.messaging.folding import in_plain_words, sentence
from app.messaging.intents import LONGEST, Asked, Intent, IntentKind, is_sure_stop, normalise, read
from app.messaging.misspelt import mended
from app.messaging.phrases import ANSWERS, STAYING_OR_LEAVING, WINNING
from app.messaging.phrases.families import FAMILIES
from app.messaging.phrases.row import Row


def is_opt_out(intent: Intent) -> bool:
    return intent.kind is IntentKind.OPT_OUT and not intent.doubtful


def _written(row: Row) -> str:
    return "".join((row.words, row.english, row.chinese, row.unless, row.but_not))


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
        "I received the wrong item",
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


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("4.5", 4),
        ("4.6", 5),
        ("9/10", 4),
        ("10/10", 5),
        ("满分", 5),
        ("★★★★", 4),
        ("俾四粒星", 4),
        ("four out of five", 4),
    ],
)
def test_fractions_and_words_are_stars_too_and_never_more_than_was_said(text, stars):
    assert read(text, Asked.RATING).value == stars


@pytest.mark.parametrize("text", ["6", "0", "5 for Mei, 3 for the driver", "we were 2 people", "带2罐来"])
def test_these_are_no_stars(text):
    assert read(text, Asked.RATING).kind is IntentKind.OTHER


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1", IntentKind.CONFIRM),
        ("好了，谢谢", IntentKind.CONFIRM),
        ("没问题了", IntentKind.CONFIRM),
        ("2", IntentKind.REFUSE),
        ("not yet", IntentKind.REFUSE),
        ("还没有人来", IntentKind.COMPLAINT),
    ],
)
def test_asked_whether_a_wrong_was_put_right(text, kind):
    assert read(text, Asked.REMEDY).kind is kind


@pytest.mark.parametrize(
    "text", ["搽完之後塊面又紅又痕", "my son vomited after drinking the new formula", "宝宝喝了一直拉肚子"]
)
def test_a_bodily_reaction_is_told_from_other_complaints(text):
    assert read(text).is_reaction


@pytest.mark.parametrize("text", ["The lid was broken", "你们的送货员态度很差"])
def test_other_complaints_are_no_reaction(text):
    assert not read(text).is_reaction


def test_a_time_of_the_customers_own_is_told_from_a_bare_no():
    assert read("Friday 3pm better?", Asked.CONFIRM).names_time
    assert not read("can't make it", Asked.CONFIRM).names_time


def test_a_question_beside_a_yes_is_noticed():
    assert read("好的，要准备什么吗？", Asked.CONFIRM).asks_too
    assert not read("好的，到时见", Asked.CONFIRM).asks_too


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("唔使嚟喇", "不用来"),
        ("聽日唔得閒", "明天没空"),
        ("pls dont txt me tmr", "please do not text me tomorrow"),
        ("I can't, I'm busy", "i can not, i am busy"),
        ("冇關係", "没有关系"),
    ],
)
def test_cantonese_and_shorthand_are_put_into_plain_words(text, plain):
    assert in_plain_words(sentence(text)) == plain


def test_full_width_and_traditional_writing_is_folded():
    assert normalise("  ＯＫ，沒問題！！ ") == "ok,没问题"


ANY_TEXT = st.text(max_size=200)
QUESTIONS = st.sampled_from([None, *Asked])
# Pieces of the phrases themselves: what a clumsy pattern would try again and again.
PIECES = sorted(
    {
        piece
        for row in (*STAYING_OR_LEAVING, *WINNING, *ANSWERS)
        for piece in re.findall(r"[a-z]+|[一-鿿]+", _written(row))
    }
    | {
        piece
        for family in FAMILIES.values()
        for piece in re.findall(r"[a-z]+|[一-鿿]+", family.english + family.chinese)
    }
)


@given(ANY_TEXT, QUESTIONS)
def test_any_text_has_a_meaning(text, asked):
    intent = read(text, asked)
    assert intent.kind in IntentKind
    assert intent.value is None or 1 <= intent.value <= 9


@given(ANY_TEXT)
def test_what_the_webhook_takes_for_a_stop_is_an_opt_out_under_every_question(text):
    readings = [read(text, asked) for asked in (None, *Asked)]
    assert {is_opt_out(reading) for reading in readings} == {is_sure_stop(text)}


@given(ANY_TEXT)
def test_folding_twice_changes_nothing_more(text):
    assert normalise(normalise(text)) == normalise(text)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4), st.sampled_from(["", " "]), QUESTIONS)
def test_the_longest_text_is_read_in_a_moment(pieces, gap, asked):
    text = (gap.join(pieces) + gap) * LONGEST
    started = time.process_time()
    read(text, asked)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    "text", ["unsubcribe me", "unsubscirbed", "dissappointed with you", "no delivry", "anothr day"]
)
def test_one_slip_in_a_long_word_is_put_right(text):
    assert mended(text) != text


@pytest.mark.parametrize(
    "text", ["subscribed", "a massage for me", "he delivers", "compliant", "stop by tomorrow", "I complained"]
)
def test_words_that_only_come_near_are_left_alone(text):
    assert mended(text) == text


@pytest.mark.parametrize(
    "text", ["the nozzle came loose", "蓋鬆咗", "條裙有個窿", "your courier swore at my mum", "那个司机骂人"]
)
def test_harmless_words_that_meet_in_one_clause_complain(text):
    assert read(text).kind is IntentKind.COMPLAINT


@pytest.mark.parametrize("text", ["the nozzle is not loose", "the nozzle is fine, I have loose powder", "盖子没有松"])
def test_what_is_denied_or_said_in_another_clause_does_not_complain(text):
    assert read(text).kind is not IntentKind.COMPLAINT


@pytest.mark.parametrize("text", ["刚才误退定了，帮我恢复", "how do I undo my unsubscribe?", "㩒錯退訂，可唔可以開返"])
def test_undoing_a_stop_is_no_stop(text):
    assert read(text).kind is IntentKind.OPT_IN


@pytest.mark.parametrize(("text", "stars"), [("5 not 2", 5), ("按错了，是5分不是2分", 5), ("fiver!", 5)])
def test_a_mark_taken_back_does_not_count(text, stars):
    assert read(text, Asked.RATING).value == stars


@pytest.mark.parametrize("text", ["別停，照上次再來兩罐", "No reaction at all so yes another tube please"])
def test_a_no_to_something_else_keeps_the_order(text):
    assert read(text, Asked.REORDER).kind is IntentKind.REORDER


@pytest.mark.parametrize(
    "text",
    [
        "用完面霜有点痒，还可以用吗？",
        "搽完起紅疹，仲可唔可以繼續用？",
        "喝了拉肚子，剩下的还没开",
        "My face is red after the mask, can I still use it?",
    ],
)
def test_a_reaction_is_one_whatever_is_asked_besides(text):
    assert read(text).is_reaction


@pytest.mark.parametrize(
    "text", ["以前换季就脸红发痒，用了你们家的再没犯过", "Any nuts in it? My son is allergic", "别家的面膜把我脸敷烂了"]
)
def test_a_reaction_that_is_over_or_not_from_our_goods_does_not_complain(text):
    assert read(text).kind is not IntentKind.COMPLAINT


@pytest.mark.parametrize(
    "text",
    [
        "I told you to stop",
        "已经退订了怎么还发",
        "再收到一条我就举报",
        "把我从你们名单里拿掉",
        "I object to direct marketing",
        "please do not send anything further to this number",
    ],
)
def test_a_demand_to_be_left_alone_needs_no_carrier_word(text):
    assert is_opt_out(read(text))


@pytest.mark.parametrize(
    "text", ["where is the unsubscribe link?", "在哪儿关掉你们的通知？", "why do you keep texting me", "有完没完"]
)
def test_who_asks_how_to_leave_or_groans_about_our_texts_is_for_a_person(text):
    intent = read(text)
    assert (intent.kind, intent.doubtful) == (IntentKind.OPT_OUT, True)


@pytest.mark.parametrize(
    "text",
    [
        "不用寄，我自己来拿",
        "不用提醒，我记得的",
        "不要联系我老公，联系我",
        "已拒收快递",
        "怎么关掉机器的提示音",
        "I told you to stop at the gate",
        "don't contact my husband, it's a surprise gift",
        "别把我从名单里删掉",
        "remove the lipstick from my order",
    ],
)
def test_a_no_to_something_else_stops_no_texts(text):
    assert read(text).kind is not IntentKind.OPT_OUT
