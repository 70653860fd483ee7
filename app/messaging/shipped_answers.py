"""The quick answers that come with the service; head office changes them like its own."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.i18n import Text3


@dataclass(frozen=True)
class Shipped:
    key: str
    titles: Text3
    texts: Text3


def _three(zh_hans: str, zh_hant: str, en: str) -> Text3:
    return {"zh_Hans": zh_hans, "zh_Hant": zh_hant, "en": en}


SHIPPED: tuple[Shipped, ...] = (
    Shipped(
        "thanks",
        _three("谢谢", "多謝", "Thank you"),
        _three("谢谢{name}，我们记下了。", "多謝{name}，我們記下了。", "Thank you, {name}. We have noted it."),
    ),
    Shipped(
        "look_into_it",
        _three("先查一查", "先查一查", "Looking into it"),
        _three(
            "{name}，谢谢您告诉我们。我这就去查，今天之内回复您。{me}",
            "{name}，多謝您告訴我們。我這就去查，今天之內回覆您。{me}",
            "Thank you for telling us, {name}. I will look into it and write back today. {me}",
        ),
    ),
    Shipped(
        "on_my_way",
        _three("在路上", "在路上", "On my way"),
        _three(
            "{name}，我在路上了，大约15分钟到。{me}",
            "{name}，我在路上了，大約15分鐘到。{me}",
            "{name}, I am on my way and will be with you in about 15 minutes. {me}",
        ),
    ),
    Shipped(
        "at_the_door",
        _three("到门口了", "到門口了", "At the door"),
        _three("{name}，我到门口了。{me}", "{name}，我到門口了。{me}", "{name}, I am at your door. {me}"),
    ),
    Shipped(
        "confirm_visit",
        _three("确认时间", "確認時間", "The time stands"),
        _three(
            "{name}，那就{day} {time}，{who}会{what}。到时见。",
            "{name}，那就{day} {time}，{who}會{what}。到時見。",
            "{name}, so it is {day} {time}: {who} will {what}. See you then.",
        ),
    ),
    Shipped(
        "when_suits",
        _three("哪天方便", "哪天方便", "When does it suit"),
        _three(
            "{name}，请问哪天、上午还是下午方便？我来安排。",
            "{name}，請問哪天、上午還是下午方便？我來安排。",
            "{name}, which day suits you, morning or afternoon? I will arrange it.",
        ),
    ),
    Shipped(
        "may_we_call",
        _three("可以打电话吗", "可以致電嗎", "May we call"),
        _three(
            "{name}，电话里说得更清楚，请问几点打给您方便？",
            "{name}，電話裡說得更清楚，請問幾點致電您方便？",
            "{name}, this is easier on the phone. What is a good time to call you?",
        ),
    ),
    Shipped(
        "address",
        _three("核对地址", "核對地址", "Which address"),
        _three(
            "{name}，请把楼号和门牌再发我一次，免得走错。谢谢。",
            "{name}，請把座數和門牌再發我一次，免得走錯。多謝。",
            "{name}, please send me the building and flat number once more, so that we find you. Thank you.",
        ),
    ),
    Shipped(
        "sorry",
        _three("道歉", "道歉", "We are sorry"),
        _three(
            "{name}，实在对不起，给您添麻烦了。我们会把它处理好，我马上和您联系。{me}",
            "{name}，實在對不起，給您添麻煩了。我們會把它處理好，我馬上和您聯絡。{me}",
            "{name}, we are sorry for the trouble. We will put it right, and I will be in touch at once. {me}",
        ),
    ),
    Shipped(
        "how_to_use",
        _three("上门教您用", "上門教您用", "Show how to use it"),
        _three(
            "{name}，用法我上门给您演示一遍更明白，不收费。您哪天方便？{me}",
            "{name}，用法我上門給您示範一遍更明白，不收費。您哪天方便？{me}",
            "{name}, I would rather show you how it works at your home, free of charge. Which day suits you? {me}",
        ),
    ),
    Shipped(
        "in_stock",
        _three("帮您留货", "幫您留貨", "Kept for you"),
        _three(
            "{name}，您要的有货，{shop}已经替您留好了。要送上门还是您来取？",
            "{name}，您要的有貨，{shop}已經替您留好了。要送上門還是您來取？",
            "{name}, it is in stock and {shop} has put it aside for you. Shall we bring it, or will you come by?",
        ),
    ),
    Shipped(
        "call_the_shop",
        _three("急事请来电", "急事請致電", "Call the shop"),
        _three(
            "{name}，急事请打{shop}的电话{phone}，我们马上有人接。",
            "{name}，急事請致電{shop} {phone}，我們馬上有人接聽。",
            "{name}, if it is urgent please call {shop}: {phone}. Somebody will answer at once.",
        ),
    ),
    Shipped(
        "more_texts",
        _three("还要收短信吗", "還要收短訊嗎", "Texts or none"),
        _three(
            "{name}，请问我们的短信您还想收吗？您说一声，我们照办。{me}",
            "{name}，請問我們的短訊您還想收嗎？您說一聲，我們照辦。{me}",
            "{name}, would you still like to get our texts? Tell us either way and we will keep to it. {me}",
        ),
    ),
)
