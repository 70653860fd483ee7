"""What people of the demo say: notes of associates, texts of customers, answers of the shop."""

from __future__ import annotations

from random import Random

from app.core.i18n import Text3, pick


def _three(zh_hans: str, zh_hant: str, en: str) -> Text3:
    return {"zh_Hans": zh_hans, "zh_Hant": zh_hant, "en": en}


TASK_NOTES: dict[str, tuple[Text3, ...]] = {
    "home_visit": (
        _three(
            "带两包试用装，教一次清洁步骤。",
            "帶兩包試用裝，示範一次清潔步驟。",
            "Bring two samples; show how to clean it.",
        ),
        _three(
            "宝宝下午睡觉，到门口先发短信。",
            "BB 下晝瞓覺，到門口先發短訊。",
            "Baby naps in the afternoon; text at the door.",
        ),
        _three(
            "上次说推车有异响，带工具看看。",
            "上次話手推車有異響，帶工具睇下。",
            "Pushchair squeaks; bring the tool kit.",
        ),
    ),
    "delivery": (
        _three("货在后仓 3 号架，已包好。", "貨喺後倉 3 號架，已包好。", "Goods packed on shelf 3."),
        _three("管理处可代收，先致电。", "管理處可代收，先致電。", "The lobby may take it; call first."),
        _three("连同发票一起送。", "連同發票一齊送。", "Deliver with the invoice."),
    ),
    "callback": (
        _three("问精华用得怎样，别推销。", "問精華用得點，唔好推銷。", "Ask how the serum does; nothing to sell."),
        _three(
            "两个月没来，问问近况和意见。",
            "兩個月冇嚟，問下近況同意見。",
            "Not seen for two months; ask how we can do better.",
        ),
    ),
}
ANSWERS: tuple[Text3, ...] = (
    _three("顾客说很满意，没有问题。", "客人話好滿意，冇問題。", "The customer is pleased; no questions."),
    _three("问了用量，已示范一次。", "問咗用量，已示範一次。", "Asked about the amount; shown once."),
    _three("想下个月试新款，已记录。", "想下個月試新款，已記錄。", "Would like to try the new one next month; noted."),
    _three("提醒要放阴凉处，顾客明白。", "提醒要放陰涼處，客人明白。", "Reminded to keep it cool; understood."),
)
THANKS: tuple[Text3, ...] = (
    _three("谢谢，小姑娘很细心", "唔該晒，個妹妹好細心呀", "Thank you, she was very careful"),
    _three("东西收到了，包装很好", "收到喇，包裝好靚", "Got it, nicely packed"),
    _three("辛苦了，下次还找她", "辛苦晒，下次都搵佢", "Thanks, please send her again next time"),
)
QUESTIONS: tuple[Text3, ...] = (
    _three("请问三段奶粉有货吗？", "請問三段奶粉有冇貨？", "Is stage 3 in stock?"),
    _three("可以顺便带一瓶沐浴露吗", "可唔可以順便帶支沐浴露", "Could she bring a body wash too?"),
    _three("楼下闸门密码是 2580", "樓下閘密碼係 2580", "The gate code downstairs is 2580"),
    _three("我可能晚到十分钟", "我可能遲十分鐘", "I may be ten minutes late"),
)
REPLIES: tuple[Text3, ...] = (
    _three(
        "有的，帮您留一罐，送到时再付款。",
        "有呀，幫您留一罐，送到先畀錢。",
        "Yes, we keep one for you; pay on delivery.",
    ),
    _three("好的，已告诉同事，一起带上。", "好呀，已同同事講，一齊帶嚟。", "Of course, she will bring it along."),
    _three("收到，谢谢您告诉我们。", "收到，多謝您話我哋知。", "Noted, thank you for telling us."),
)


def one_of(random: Random, texts: tuple[Text3, ...], locale: str) -> str:
    return pick(random.choice(texts), locale)
