"""Checklists of calls: after a purchase, regular care, winning back a customer not seen for a while."""

from __future__ import annotations

from app.tasks.content.items import (
    Raw,
    Shipped,
    choice,
    file_updated,
    follow_up,
    news_if_due,
    next_contact,
    number,
    only_if,
    pass_fail,
    photo,
    reaction,
    reaction_words,
    three,
    tick,
    words,
)
from app.tasks.kinds import Heart, Reason, TaskType

WANTS_IT = "wants_it"
"""The item of a call before something runs out whose "yes" makes the delivery (careplans/reorders.py)."""


def _good_moment() -> Raw:
    return tick(
        "good_moment",
        Heart.CARE,
        three(
            "自报姓名和门店，先问现在方便说话吗",
            "自報姓名和門市，先問現在方便講話嗎",
            "Gave name and store, and asked whether it is a good moment",
        ),
        required=True,
    )


def _sent_picture() -> Raw:
    return photo(
        "sent_picture",
        Heart.DETAIL,
        three(
            "顾客发来的照片（如有）",
            "顧客傳來的相片（如有）",
            "A picture the customer sent, if any",
        ),
    )


AFTER_PURCHASE = Shipped(
    TaskType.CALLBACK,
    Reason.AFTER_PURCHASE,
    three("购买后电话回访", "購買後電話回訪", "Call after a purchase"),
    (
        _good_moment(),
        tick(
            "thanked",
            Heart.SINCERITY,
            three(
                "感谢顾客，并问当天服务哪里可以更好",
                "多謝顧客，並問當日服務有何可以改善",
                "Thanked the customer and asked what we could have done better",
            ),
            required=True,
        ),
        choice(
            "usage",
            Heart.CARE,
            three("商品用得怎样", "貨品用得怎樣", "How the product is being used"),
            {
                "well": three("在用，满意", "正在使用，滿意", "In use, pleased"),
                "unsure": three("在用，有疑问", "正在使用，有疑問", "In use, with questions"),
                "not_yet": three("还没开始用", "還未開始使用", "Not started yet"),
            },
            required=True,
        ),
        words(
            "question",
            Heart.SINCERITY,
            three("顾客的疑问和我们的回答", "顧客的疑問和我們的回答", "The customer's question and our answer"),
            visible_if=only_if("usage", "unsure"),
            required=True,
        ),
        tick(
            "talked_through",
            Heart.THOUGHTFULNESS,
            three(
                "把用法、用量、保养逐步讲清楚",
                "把用法、用量、保養逐步講清楚",
                "Talked through use, amount and care step by step",
            ),
            required=True,
        ),
        pass_fail(
            "product_fits",
            Heart.CONSCIENCE,
            three("商品合适", "貨品合適", "The product suits"),
            required=True,
            follow_up=follow_up(TaskType.HOME_VISIT, Reason.AFTER_PURCHASE, days=2),
        ),
        words(
            "misfit",
            Heart.CONSCIENCE,
            three(
                "哪里不合适，顾客想怎样处理",
                "哪裏不合適，顧客想怎樣處理",
                "What does not suit and what the customer wishes",
            ),
            visible_if=only_if("product_fits", "fail"),
            required=True,
        ),
        reaction(),
        reaction_words(),
        number(
            "stars",
            Heart.SINCERITY,
            three("顾客给这次购物打几分", "顧客給這次購物多少分", "The customer's mark for this purchase"),
            low=1,
            high=5,
            unit="★",
        ),
        _sent_picture(),
        news_if_due(),
        next_contact(),
        file_updated(),
    ),
)

CARE = Shipped(
    TaskType.CALLBACK,
    Reason.CARE,
    three("关怀电话", "關懷電話", "Care call"),
    (
        _good_moment(),
        tick(
            "remembered",
            Heart.CARE,
            three(
                "提起上次聊到的事（先看过档案）",
                "提起上次傾談的事（先看過檔案）",
                "Picked up what was said last time (read the file first)",
            ),
            required=True,
        ),
        choice(
            "mood",
            Heart.CARE,
            three("顾客接电话的反应", "顧客接電話的反應", "How the customer took the call"),
            {
                "glad": three("高兴聊", "樂意傾談", "Glad to talk"),
                "busy": three("在忙，长话短说", "正在忙，長話短說", "Busy, kept it short"),
                "unwilling": three("不想被打扰", "不想被打擾", "Does not want calls"),
            },
            required=True,
        ),
        tick(
            "will_call_less",
            Heart.CONSCIENCE,
            three(
                "已道歉，并在档案里记下少打电话",
                "已致歉，並在檔案記下少打電話",
                "Apologised and noted in the file to call less",
            ),
            visible_if=only_if("mood", "unwilling"),
            required=True,
        ),
        tick(
            "asked_service",
            Heart.SINCERITY,
            three(
                "问了使用情况和对服务的意见",
                "問了使用情況和對服務的意見",
                "Asked about the products in use and about our service",
            ),
            required_if={"item": "mood", "in": ["glad", "busy"]},
        ),
        reaction(),
        reaction_words(),
        pass_fail(
            "nothing_wrong",
            Heart.SINCERITY,
            three("没有未解决的问题", "沒有未解決的問題", "No problem is left open"),
            required=True,
            follow_up=follow_up(TaskType.HOME_VISIT, Reason.CARE, days=3),
        ),
        words(
            "problem",
            Heart.SINCERITY,
            three("什么问题，答应了什么", "甚麼問題，答應了甚麼", "What the problem is and what we promised"),
            visible_if=only_if("nothing_wrong", "fail"),
            required=True,
        ),
        tick(
            "care_tip",
            Heart.THOUGHTFULNESS,
            three(
                "给了一个合时宜的小提醒（天气、换季、宝宝月龄）",
                "給了一個合時的小提示（天氣、換季、寶寶月齡）",
                "Gave one timely tip (weather, season, the baby's age)",
            ),
            required_if=only_if("mood", "glad"),
        ),
        number(
            "stock_left",
            Heart.DETAIL,
            three(
                "常用商品大约还够用几天", "常用貨品大約還夠用幾天", "About how many days the daily products will last"
            ),
            low=0,
            high=365,
            unit="",
        ),
        _sent_picture(),
        news_if_due(),
        next_contact(),
        file_updated(),
    ),
)

REPLENISHMENT = Shipped(
    TaskType.CALLBACK,
    Reason.REPLENISHMENT,
    three("快用完时的电话", "快用完時的電話", "Call before something runs out"),
    (
        _good_moment(),
        choice(
            WANTS_IT,
            Heart.SINCERITY,
            three("要不要送来", "要不要送來", "Shall we bring it"),
            {
                "yes": three("要，请送来", "要，請送來", "Yes, please bring it"),
                "not_now": three("这次不需要", "今次不需要", "Not this time"),
                "other": three("另有安排（写在下面）", "另有安排（寫在下面）", "Something else (write it below)"),
            },
            required=True,
            help=three(
                "选“要”并完成后，送货任务会自动建好，货已留着。只问，不劝。",
                "選「要」並完成後，送貨任務會自動建立，貨已留起。只問，不勸。",
                "A yes makes the delivery as soon as the call is done, with the goods kept back. Ask, don't urge.",
            ),
        ),
        words(
            "agreed_otherwise",
            Heart.SINCERITY,
            three("顾客想怎样", "顧客想怎樣", "What the customer would like"),
            visible_if=only_if(WANTS_IT, "other"),
            required=True,
        ),
        pass_fail(
            "still_fits",
            Heart.CARE,
            three("段数、尺码现在仍合适", "階段、尺碼現在仍合適", "Stage and size still suit"),
            required=True,
            follow_up=follow_up(TaskType.CALLBACK, Reason.CARE, days=2),
        ),
        reaction(),
        reaction_words(),
        number(
            "stock_left",
            Heart.DETAIL,
            three("大约还够用几天", "大約還夠用幾天", "About how many days it will last"),
            low=0,
            high=365,
            unit="",
        ),
        _sent_picture(),
        next_contact(),
        file_updated(),
    ),
)

LAPSED = Shipped(
    TaskType.CALLBACK,
    Reason.LAPSED,
    three("久未联系的顾客", "久未聯絡的顧客", "Customer not seen for a while"),
    (
        _good_moment(),
        tick(
            "no_reproach",
            Heart.SINCERITY,
            three(
                "只表示惦记，不问“为什么不来了”",
                "只表示掛念，不問「為何不來了」",
                "Said we have been thinking of them, without asking why they stay away",
            ),
            required=True,
        ),
        choice(
            "why_away",
            Heart.SINCERITY,
            three("顾客主动讲到的原因", "顧客主動提到的原因", "What the customer said of their own accord"),
            {
                "no_need": three("暂时不需要", "暫時不需要", "No need at present"),
                "moved": three("搬家或不顺路", "搬家或不順路", "Moved, or out of the way"),
                "price": three("价格", "價錢", "Price"),
                "service": three("服务让人不满意", "服務令人不滿意", "Unhappy with the service"),
                "product": three("商品让人不满意", "貨品令人不滿意", "Unhappy with the product"),
                "untold": three("没有说", "沒有說", "Did not say"),
            },
            required=True,
        ),
        words(
            "fault_story",
            Heart.SINCERITY,
            three(
                "哪次、哪里做得不好（原话）",
                "哪次、哪裏做得不好（原話）",
                "When and what went wrong, in their own words",
            ),
            visible_if={"item": "why_away", "in": ["service", "product"]},
            required=True,
        ),
        tick(
            "apologised",
            Heart.CONSCIENCE,
            three("已诚恳道歉，说明会怎样改", "已誠懇道歉，說明會怎樣改善", "Apologised and said what we will change"),
            visible_if={"item": "why_away", "in": ["service", "product"]},
            required=True,
        ),
        pass_fail(
            "products_fine",
            Heart.CARE,
            three(
                "以前买的商品用着没问题",
                "以前買的貨品使用正常",
                "What was bought before works well",
            ),
            required=True,
            follow_up=follow_up(TaskType.HOME_VISIT, Reason.CARE, days=3),
        ),
        words(
            "product_problem",
            Heart.CARE,
            three("哪件商品、什么问题", "哪件貨品、甚麼問題", "Which product and what is wrong"),
            visible_if=only_if("products_fine", "fail"),
            required=True,
        ),
        tick(
            "service_reminder",
            Heart.THOUGHTFULNESS,
            three(
                "提醒仍可享用的免费服务（洗护、修补、量尺）",
                "提醒仍可享用的免費服務（洗護、修補、量身）",
                "Mentioned the free services still open to them (care, mending, fitting)",
            ),
        ),
        choice(
            "may_call",
            Heart.CONSCIENCE,
            three("以后还可以联系吗", "以後還可以聯絡嗎", "May we call again"),
            {
                "yes": three("可以", "可以", "Yes"),
                "seldom": three("偶尔，有事再说", "偶爾，有事再說", "Seldom, when there is a reason"),
                "no": three("不要再联系", "不要再聯絡", "No more calls"),
            },
            required=True,
            help=three(
                "说“不要”就马上登记退订，不再劝。",
                "說「不要」就馬上登記拒收，不再游說。",
                "If the answer is no, record the opt-out at once and don't argue.",
            ),
        ),
        tick(
            "opt_out_recorded",
            Heart.CONSCIENCE,
            three("已在档案里登记拒绝联系", "已在檔案登記拒絕聯絡", "The opt-out is recorded in the file"),
            visible_if=only_if("may_call", "no"),
            required=True,
        ),
        number(
            "months_away",
            Heart.DETAIL,
            three(
                "距上次到店大约几个月",
                "距上次到店大約幾個月",
                "About how many months since the last visit to the store",
            ),
            low=0,
            high=120,
            unit="",
        ),
        _sent_picture(),
        news_if_due(),
        next_contact(),
        file_updated(),
    ),
)
