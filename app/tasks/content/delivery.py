"""Checklists of deliveries: bringing a purchase, bringing what runs out, fetching and returning what we care for."""

from __future__ import annotations

from app.tasks.content.items import (
    Shipped,
    choice,
    code,
    file_updated,
    follow_up,
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
    TaskType.DELIVERY,
    Reason.AFTER_PURCHASE,
    three("送货上门", "送貨上門", "Bringing a purchase home"),
    (
        tick(
            "called_ahead",
            Heart.CARE,
            three(
                "出发前联系过顾客，确认有人在家",
                "出發前聯絡過顧客，確認有人在家",
                "Called ahead to be sure someone is at home",
            ),
            required=True,
        ),
        tick(
            "asked_service",
            Heart.SINCERITY,
            three(
                "问过购买当天的服务，有不满先致歉并记下",
                "問過購買當日的服務，如有不滿先致歉並記下",
                "Asked how the purchase went; apologised for and noted what was not right",
            ),
            required=True,
        ),
        pass_fail(
            "goods_complete",
            Heart.CONSCIENCE,
            three(
                "当面点清：品种、数量、效期、包装完好",
                "當面點清：款式、數量、有效期、包裝完好",
                "Checked together: items, quantity, date, packing sound",
            ),
            required=True,
            follow_up=follow_up(TaskType.DELIVERY, Reason.AFTER_PURCHASE, days=1),
        ),
        words(
            "goods_fault",
            Heart.CONSCIENCE,
            three("缺什么、坏什么", "欠甚麼、壞甚麼", "What is missing or damaged"),
            visible_if=only_if("goods_complete", "fail"),
            required=True,
        ),
        tick(
            "shown_by_hand",
            Heart.THOUGHTFULNESS,
            three(
                "拆箱、装好，动手示范一次用法",
                "拆箱、裝好，親手示範一次用法",
                "Unpacked, set up and showed its use by hand",
            ),
            required=True,
        ),
        tick(
            "leaflet",
            Heart.THOUGHTFULNESS,
            three(
                "留下说明、保养要点和门店电话",
                "留下說明、保養要點和門市電話",
                "Left instructions, care notes and the store's number",
            ),
        ),
        tick(
            "no_charge",
            Heart.CONSCIENCE,
            three("没有收取任何送货费用", "沒有收取任何送貨費用", "Took no money for the delivery"),
            required=True,
        ),
        number(
            "boxes_taken",
            Heart.DETAIL,
            three("带走的空箱数", "帶走的空箱數目", "Empty boxes taken away"),
            low=0,
            high=50,
            unit="×",
        ),
        choice(
            "placed",
            Heart.DETAIL,
            three("放在哪里", "放在哪裏", "Where it was left"),
            {
                "inside": three("按顾客要求放好", "按顧客要求放好", "Placed where the customer wished"),
                "door": three("门口交给顾客", "在門口交給顧客", "Handed over at the door"),
                "desk": three("顾客同意放管理处", "顧客同意放在管理處", "At the desk, as the customer agreed"),
            },
            required=True,
        ),
        words(
            "desk_name",
            Heart.DETAIL,
            three("管理处签收人", "管理處簽收人", "Who took it at the desk"),
            visible_if=only_if("placed", "desk"),
            required=True,
        ),
        photo(
            "handover",
            Heart.DETAIL,
            three(
                "交接照片（商品，不拍人脸）", "交接相片（貨品，不拍人臉）", "Photo of the goods handed over (no faces)"
            ),
            required=True,
        ),
        signature("received", Heart.CONSCIENCE, three("签收", "簽收", "Signature on receipt")),
        code(
            "door_code",
            Heart.CONSCIENCE,
            three("顾客读出的四位收货码", "顧客讀出的四位收貨碼", "The four-digit code the customer reads out"),
        ),
        file_updated(),
    ),
)

REPLENISHMENT = Shipped(
    TaskType.DELIVERY,
    Reason.REPLENISHMENT,
    three("补货送上门", "補貨送上門", "Bringing what is running out"),
    (
        tick(
            "asked_for",
            Heart.CONSCIENCE,
            three(
                "核对过：这是顾客本人要求的补货",
                "核對過：這是顧客本人要求的補貨",
                "Made sure the customer asked for this order",
            ),
            required=True,
            help=three(
                "婴儿配方奶须有监护人登记的要求才可补货，不赠、不推、不劝换大包装。",
                "嬰兒配方奶粉須有監護人登記的要求才可補貨，不贈、不推、不勸換大包裝。",
                "Infant formula only on the guardian's recorded request: no gift, no promotion, no urging to buy more.",
            ),
        ),
        pass_fail(
            "goods_complete",
            Heart.CONSCIENCE,
            three(
                "当面点清：品种、段数或尺码、数量、效期",
                "當面點清：款式、階段或尺碼、數量、有效期",
                "Checked together: item, stage or size, quantity, date",
            ),
            required=True,
            follow_up=follow_up(TaskType.DELIVERY, Reason.REPLENISHMENT, days=1),
        ),
        words(
            "goods_fault",
            Heart.CONSCIENCE,
            three("缺什么、错什么", "欠甚麼、錯甚麼", "What is missing or wrong"),
            visible_if=only_if("goods_complete", "fail"),
            required=True,
        ),
        pass_fail(
            "still_fits",
            Heart.CARE,
            three(
                "段数、尺码现在仍合适",
                "階段、尺碼現在仍合適",
                "Stage and size still suit",
            ),
            required=True,
            follow_up=follow_up(TaskType.CALLBACK, Reason.REPLENISHMENT, days=2),
        ),
        reaction(),
        reaction_words(),
        number(
            "daily_use",
            Heart.DETAIL,
            three("现在每天的用量", "現在每天的用量", "Daily use now"),
            low=0,
            high=3000,
            unit="g",
            help=three(
                "据此重算下次用完的日子。",
                "據此重新計算下次用完的日子。",
                "The next run-out day is worked out from it.",
            ),
        ),
        number(
            "stock_left",
            Heart.DETAIL,
            three("家里还剩多少件未开封", "家中還剩多少件未開封", "Unopened packs left at home"),
            low=0,
            high=99,
            unit="×",
            required=True,
        ),
        tick(
            "old_first",
            Heart.THOUGHTFULNESS,
            three(
                "帮顾客把旧货放前面，先用旧的",
                "幫顧客把舊貨放前面，先用舊的",
                "Put the older packs in front, to be used first",
            ),
        ),
        tick(
            "opened_shown",
            Heart.THOUGHTFULNESS,
            three(
                "示范开封、密封和保存的方法",
                "示範開封、密封和存放的方法",
                "Showed how to open, seal and store it",
            ),
        ),
        choice(
            "next_time",
            Heart.SINCERITY,
            three("下次补货", "下次補貨", "Next time"),
            {
                "remind": three("到时提醒我", "屆時提醒我", "Remind me when due"),
                "order_myself": three("我自己会订", "我會自行訂購", "I will order myself"),
                "stop": three("不再需要", "不再需要", "No longer needed"),
            },
            required=True,
        ),
        photo(
            "handover",
            Heart.DETAIL,
            three("交接照片（商品和效期）", "交接相片（貨品和有效期）", "Photo of the goods with their date"),
            required=True,
        ),
        code(
            "door_code",
            Heart.CONSCIENCE,
            three("顾客读出的四位收货码", "顧客讀出的四位收貨碼", "The four-digit code the customer reads out"),
        ),
        file_updated(),
    ),
)

CARE = Shipped(
    TaskType.DELIVERY,
    Reason.CARE,
    three(
        "取送护理（洗护、熨烫、修补）",
        "取送護理（洗護、熨衫、修補）",
        "Fetching and returning for care (washing, ironing, mending)",
    ),
    (
        choice(
            "way",
            Heart.DETAIL,
            three("这一趟", "這一程", "This trip"),
            {
                "collect": three("取走", "取走", "Fetching"),
                "return": three("送回", "送回", "Bringing back"),
            },
            required=True,
        ),
        number(
            "pieces",
            Heart.DETAIL,
            three("件数（当面点清）", "件數（當面點清）", "Pieces, counted together"),
            low=1,
            high=60,
            unit="×",
            required=True,
        ),
        tick(
            "pockets",
            Heart.CONSCIENCE,
            three(
                "当面掏空口袋，归还物品",
                "當面清空口袋，交還物品",
                "Emptied the pockets together and handed back what was in them",
            ),
            visible_if=only_if("way", "collect"),
            required=True,
        ),
        words(
            "stains",
            Heart.DETAIL,
            three("污渍、破损、掉扣的位置", "污漬、破損、甩鈕的位置", "Where stains, tears or missing buttons are"),
            visible_if=only_if("way", "collect"),
        ),
        words(
            "wishes",
            Heart.THOUGHTFULNESS,
            three(
                "顾客的要求（不熨折线、低温等）",
                "顧客的要求（不熨摺線、低溫等）",
                "The customer's wishes (no creases, low heat)",
            ),
            visible_if=only_if("way", "collect"),
        ),
        pass_fail(
            "result_good",
            Heart.CONSCIENCE,
            three(
                "顾客看过成品，满意",
                "顧客看過成品，滿意",
                "The customer has looked at the result and is pleased",
            ),
            visible_if=only_if("way", "return"),
            required=True,
            follow_up=follow_up(TaskType.DELIVERY, Reason.CARE, days=1),
        ),
        words(
            "result_fault",
            Heart.CONSCIENCE,
            three("哪里不满意，怎样返工", "哪裏不滿意，怎樣返工", "What is not right and how we redo it"),
            visible_if=only_if("result_good", "fail"),
            required=True,
        ),
        tick(
            "hung_up",
            Heart.THOUGHTFULNESS,
            three("帮顾客挂好、收好", "幫顧客掛好、收好", "Hung it up or put it away for the customer"),
            visible_if=only_if("way", "return"),
        ),
        tick(
            "care_tip",
            Heart.CARE,
            three(
                "讲了一个日常洗护的要点",
                "講了一個日常洗護的要點",
                "Told one thing about daily washing and care",
            ),
            required=True,
        ),
        tick(
            "no_charge",
            Heart.CONSCIENCE,
            three("没有收取任何费用", "沒有收取任何費用", "Took no money"),
            required=True,
        ),
        photo(
            "pieces_photo",
            Heart.DETAIL,
            three("全部衣物的照片", "全部衣物的相片", "Photo of all pieces"),
            required=True,
        ),
        signature("received", Heart.SINCERITY, three("顾客签名", "顧客簽名", "Customer's signature")),
        code(
            "door_code",
            Heart.CONSCIENCE,
            three("顾客读出的四位码", "顧客讀出的四位碼", "The four-digit code the customer reads out"),
        ),
        file_updated(),
    ),
)
