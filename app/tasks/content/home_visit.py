"""Checklists of home visits: after a purchase, regular care, putting a complaint right."""

from __future__ import annotations

from app.tasks.content.items import (
    Shipped,
    choice,
    code,
    file_updated,
    follow_up,
    gift,
    news_if_due,
    next_contact,
    number,
    only_if,
    pass_fail,
    photo,
    reaction,
    reaction_words,
    signature,
    three,
    tick,
    words,
)
from app.tasks.kinds import Heart, Reason, TaskType

AFTER_PURCHASE = Shipped(
    TaskType.HOME_VISIT,
    Reason.AFTER_PURCHASE,
    three("购买后上门回访", "購買後上門回訪", "Home visit after a purchase"),
    (
        tick(
            "greeted",
            Heart.CARE,
            three(
                "问候顾客，说明来意和大约时长",
                "問候顧客，說明來意和大約時間",
                "Greeted the customer, said why we came and how long it takes",
            ),
            required=True,
        ),
        tick(
            "asked_service",
            Heart.SINCERITY,
            three(
                "问过购买那天的服务是否满意，先听完再回应",
                "問過購買當日的服務是否滿意，先聽完再回應",
                "Asked about the service on the day of purchase and listened to the end",
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
                "wrong_way": three("用法不对，已更正", "用法不對，已更正", "Used the wrong way, put right"),
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
            "shown_by_hand",
            Heart.THOUGHTFULNESS,
            three(
                "动手示范用法、洗护或安装，并请顾客自己做一次",
                "親手示範用法、洗護或安裝，並請顧客自己做一次",
                "Showed use, care or set-up by hand and let the customer try it",
            ),
            required=True,
        ),
        pass_fail(
            "product_fits",
            Heart.CONSCIENCE,
            three(
                "商品合适（尺码、肤质、宝宝月龄）",
                "貨品合適（尺碼、膚質、寶寶月齡）",
                "The product suits (size, skin, the baby's age)",
            ),
            required=True,
            help=three(
                "不合适就如实记录，退换按规定办，不劝顾客将就。",
                "不合適便如實記錄，退換按規定辦理，不勸顧客將就。",
                "If it does not suit, say so; exchange it by the rules and don't talk the customer into keeping it.",
            ),
            follow_up=follow_up(TaskType.DELIVERY, Reason.AFTER_PURCHASE, days=2),
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
            "used_share",
            Heart.DETAIL,
            three("大约已用掉多少", "大約已用掉多少", "About how much has been used"),
            low=0,
            high=100,
            unit="%",
        ),
        gift(),
        news_if_due(),
        photo(
            "scene",
            Heart.DETAIL,
            three(
                "示范或摆放的照片（不拍人脸和家中隐私）",
                "示範或擺放的相片（不拍人臉和家中私隱）",
                "Photo of the demonstration or the product in place (no faces, nothing private)",
            ),
            required_if=only_if("shown_by_hand", True),
        ),
        next_contact(),
        file_updated(),
        code(
            "door_code",
            Heart.CONSCIENCE,
            three("顾客读出的四位上门码", "顧客讀出的四位上門碼", "The four-digit code the customer reads out"),
        ),
    ),
)

CARE = Shipped(
    TaskType.HOME_VISIT,
    Reason.CARE,
    three("上门关怀", "上門關懷", "Home visit to look after a customer"),
    (
        tick(
            "greeted",
            Heart.CARE,
            three(
                "按约定时间到达，进门先问是否方便",
                "按約定時間到達，入屋前先問是否方便",
                "Came at the agreed time and asked whether it suits before entering",
            ),
            required=True,
        ),
        tick(
            "listened",
            Heart.SINCERITY,
            three(
                "问了近来使用和服务的感受，不打断",
                "問了近來使用和服務的感受，不打斷",
                "Asked how products and service have been lately, without interrupting",
            ),
            required=True,
        ),
        choice(
            "satisfaction",
            Heart.SINCERITY,
            three("顾客整体感受", "顧客整體感受", "How the customer feels overall"),
            {
                "glad": three("满意", "滿意", "Pleased"),
                "fine": three("一般", "一般", "All right"),
                "unhappy": three("不满意", "不滿意", "Not pleased"),
            },
            required=True,
        ),
        words(
            "unhappy_why",
            Heart.SINCERITY,
            three("不满意的原因，原话记录", "不滿意的原因，照原話記錄", "What is wrong, in the customer's own words"),
            visible_if=only_if("satisfaction", "unhappy"),
            required=True,
        ),
        pass_fail(
            "condition",
            Heart.CONSCIENCE,
            three(
                "检查过在用的商品：完好、未过期、保存得当",
                "檢查過使用中的貨品：完好、未過期、存放得宜",
                "Checked what is in use: sound, in date, stored well",
            ),
            required=True,
            follow_up=follow_up(TaskType.CALLBACK, Reason.CARE, days=3),
        ),
        words(
            "condition_words",
            Heart.CONSCIENCE,
            three("发现的问题和当场的处理", "發現的問題和即場的處理", "What was found and what was done on the spot"),
            visible_if=only_if("condition", "fail"),
            required=True,
        ),
        reaction(),
        reaction_words(),
        tick(
            "care_tip",
            Heart.THOUGHTFULNESS,
            three(
                "教了一个用得上的小窍门（护理、收纳、换季）",
                "教了一個用得着的小竅門（護理、收納、換季）",
                "Taught one useful thing (care, storage, change of season)",
            ),
            required=True,
        ),
        tick(
            "small_help",
            Heart.THOUGHTFULNESS,
            three(
                "顺手帮了一个小忙（熨烫、缝扣、装好新罐）",
                "順手幫了一個小忙（熨衫、釘鈕、裝好新罐）",
                "Lent a hand with something small (ironing, a button, a new tin opened)",
            ),
        ),
        number(
            "stock_left",
            Heart.DETAIL,
            three("常用商品还剩多少天的量", "常用貨品還剩多少天的份量", "Days' supply left of what is used daily"),
            low=0,
            high=365,
            unit="",
        ),
        gift(),
        news_if_due(),
        photo(
            "scene",
            Heart.DETAIL,
            three(
                "服务照片（商品或护理成果，不拍人脸）",
                "服務相片（貨品或護理成果，不拍人臉）",
                "Photo of the service (product or result, no faces)",
            ),
        ),
        next_contact(),
        file_updated(),
        code(
            "door_code",
            Heart.CONSCIENCE,
            three("顾客读出的四位上门码", "顧客讀出的四位上門碼", "The four-digit code the customer reads out"),
        ),
    ),
)

COMPLAINT = Shipped(
    TaskType.HOME_VISIT,
    Reason.COMPLAINT,
    three("上门处理投诉", "上門處理投訴", "Home visit to put a complaint right"),
    (
        tick(
            "apologised",
            Heart.SINCERITY,
            three(
                "先道歉，不解释、不推责",
                "先道歉，不辯解、不推卸責任",
                "Apologised first, without excuses or blame",
            ),
            required=True,
        ),
        tick(
            "listened",
            Heart.SINCERITY,
            three(
                "听顾客把经过讲完，并复述确认",
                "聽顧客把經過講完，並複述確認",
                "Heard the whole story and repeated it to be sure",
            ),
            required=True,
        ),
        words(
            "story",
            Heart.DETAIL,
            three("经过（原话、时间、商品）", "經過（原話、時間、貨品）", "What happened (own words, time, product)"),
            required=True,
        ),
        photo(
            "fault",
            Heart.DETAIL,
            three(
                "问题商品的照片（含批号）",
                "問題貨品的相片（包括批號）",
                "Photo of the faulty product (with batch number)",
            ),
            required=True,
        ),
        choice(
            "cause",
            Heart.CONSCIENCE,
            three("原因", "原因", "The cause"),
            {
                "product": three("商品质量", "貨品品質", "Product quality"),
                "advice": three("介绍或建议不当", "介紹或建議不當", "Wrong advice"),
                "delivery": three("送货", "送貨", "Delivery"),
                "attitude": three("服务态度", "服務態度", "Manner of service"),
                "use": three("使用方法", "使用方法", "Way of use"),
                "unclear": three("还需要查", "仍需調查", "Still to be found out"),
            },
            required=True,
        ),
        reaction(),
        reaction_words(),
        choice(
            "remedy",
            Heart.CONSCIENCE,
            three("补救办法", "補救方法", "The remedy"),
            {
                "replace": three("更换", "更換", "Replaced"),
                "refund": three("退款", "退款", "Refunded"),
                "repair": three("修补", "維修", "Repaired"),
                "explain": three("讲解清楚", "解釋清楚", "Explained"),
                "later": three("带回方案再答复", "帶回方案再答覆", "Will come back with a plan"),
            },
            required=True,
        ),
        words(
            "plan",
            Heart.SINCERITY,
            three("什么时候、由谁、怎样答复", "何時、由誰、怎樣答覆", "Who answers, when and how"),
            visible_if=only_if("remedy", "later"),
            required=True,
        ),
        pass_fail(
            "accepted",
            Heart.CARE,
            three("顾客接受这个处理", "顧客接受這個處理", "The customer accepts the remedy"),
            required=True,
            follow_up=follow_up(TaskType.CALLBACK, Reason.COMPLAINT, days=1),
        ),
        words(
            "not_accepted",
            Heart.CARE,
            three("顾客还希望什么", "顧客還希望甚麼", "What the customer still wishes"),
            visible_if=only_if("accepted", "fail"),
            required=True,
        ),
        tick(
            "tided_over",
            Heart.THOUGHTFULNESS,
            three(
                "在问题解决前，给顾客应急的办法（先换新、借用、代买）",
                "在問題解決前，給顧客應急的辦法（先換新、借用、代買）",
                "Helped the customer over the time until it is solved (a spare, a loan, an errand)",
            ),
        ),
        number(
            "visits_for_this",
            Heart.DETAIL,
            three("为这件事第几次上门", "為此事第幾次上門", "Which visit for this matter"),
            low=1,
            high=9,
            unit="×",
        ),
        tick(
            "no_selling",
            Heart.CONSCIENCE,
            three("没有推介任何商品", "沒有推介任何貨品", "Sold and offered nothing"),
            required=True,
        ),
        file_updated(),
        signature(
            "customer_signature",
            Heart.CONSCIENCE,
            three("顾客签名（可不签）", "顧客簽名（可不簽）", "Customer's signature (may be left out)"),
        ),
        code(
            "door_code",
            Heart.CONSCIENCE,
            three("顾客读出的四位上门码", "顧客讀出的四位上門碼", "The four-digit code the customer reads out"),
        ),
    ),
)
