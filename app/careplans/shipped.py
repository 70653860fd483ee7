"""The plans every installation starts with, on from the first day. A shop changes them by publishing new versions.

What the doctrine says decides the way: a birthday is worth a call, a festival greeting is a text, and a milestone is a
call with nothing to sell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.careplans.models import CarePlan, CarePlanVersion
from app.careplans.plan_settings import (
    DEFAULT_HOURS,
    DEFAULT_MINUTES,
    Action,
    AfterPurchaseTiming,
    BirthdayTiming,
    By,
    CadenceTiming,
    Festival,
    FestivalTiming,
    MilestoneTiming,
    PlanKind,
    PlanSettings,
    RecoveryTiming,
    ReplenishmentTiming,
    Timing,
    WinBackTiming,
    settings_json,
)
from app.careplans.segments import EVERYBODY
from app.core.db import db
from app.core.i18n import Text3
from app.customers.values import Tier


@dataclass(frozen=True)
class ShippedPlan:
    key: str
    name: Text3
    settings: PlanSettings


def _t(hans: str, hant: str, en: str) -> Text3:
    return {"zh_Hans": hans, "zh_Hant": hant, "en": en}


def _plan(
    kind: PlanKind, timing: Timing, *, name: Text3, words: Text3 | None, by: By = By.CALLBACK, key: str = ""
) -> ShippedPlan:
    action = Action(by=by, minutes=DEFAULT_MINUTES[by], hours=DEFAULT_HOURS, words=words, made_days_before=3)
    settings = PlanSettings(kind=kind, segment=EVERYBODY, timing=timing, action=action, season=None)
    return ShippedPlan(key=key or kind.value, name=name, settings=settings)


def _greeting(festival: Festival, name: Text3, words: Text3) -> ShippedPlan:
    return _plan(PlanKind.FESTIVAL, FestivalTiming(festival), name=name, words=words, by=By.SMS, key=festival.value)


TIPS: dict[int, Text3] = {
    1: _t(
        "满月：按需喂养，喂后竖抱拍嗝；宝宝仰睡，床上不放枕头和玩具；妈妈也要多休息。",
        "滿月：按需餵養，餵後直抱掃風；寶寶仰睡，床上不放枕頭和玩具；媽媽也要多休息。",
        "One month: feed on demand, hold upright afterwards; baby sleeps on the back in an empty cot; rest too.",
    ),
    4: _t(
        "四个月：开始翻身，高处不要离手；口水多，围兜常换、下巴擦干；每天趴着玩几次。",
        "四個月：開始轉身，高處不要離手；口水多，口水巾常換、下巴抹乾；每天俯臥玩幾次。",
        "Four months: rolling begins, so never leave baby alone up high; change bibs often; tummy time each day.",
    ),
    6: _t(
        "六个月：可以试着添加辅食，先吃含铁的泥糊，一次只加一样，观察两三天；坐稳了再用餐椅。",
        "六個月：可以試著添加固體食物，先吃含鐵質的糊仔，每次只加一樣，觀察兩三天；坐穩了才用餐椅。",
        "Six months: first solid food, rich in iron, one new thing every two or three days; then a high chair.",
    ),
    12: _t(
        "一周岁：和家人同桌吃饭，少盐少糖；学走路时家里的桌角、插座要护好；鞋子合脚、底软。",
        "一歲：和家人同枱吃飯，少鹽少糖；學行時家中枱角、插座要護好；鞋子合腳、底要軟。",
        "One year: family meals, little salt and sugar; cover corners and sockets for first steps; soft shoes.",
    ),
    24: _t(
        "两周岁：早晚刷牙，用米粒大小的含氟牙膏；多读绘本多说话；如厕不用急，顺着孩子来。",
        "兩歲：早晚刷牙，用米粒大小的含氟牙膏；多讀圖書多傾談；如廁不用急，跟著孩子的步伐。",
        "Two years: brush twice a day with a grain of fluoride paste; read and talk a lot; no hurry with the potty.",
    ),
}

SHIPPED: tuple[ShippedPlan, ...] = (
    _plan(
        PlanKind.RECOVERY,
        RecoveryTiming(),
        name=_t("投诉后的关怀", "投訴後的關懷", "Care after a complaint"),
        words=_t(
            "再次道歉，问问现在是否一切都好；只听，不推销。",
            "再次致歉，問問現在是否一切都好；只聽，不推銷。",
            "Say sorry once more and ask whether all is well now. Listen; sell nothing.",
        ),
    ),
    _plan(
        PlanKind.REPLENISHMENT,
        ReplenishmentTiming(),
        name=_t("快用完时的提醒", "快用完時的提醒", "Before something runs out"),
        words=None,
        by=By.SMS,
    ),
    _plan(
        PlanKind.BIRTHDAY,
        BirthdayTiming(),
        name=_t("生日", "生日", "Birthday"),
        words=_t(
            "亲口说一声生日快乐，问问近况；今天不谈买卖。",
            "親口說一聲生日快樂，問候近況；今天不談買賣。",
            "Wish a happy birthday in person and ask how they are. No business today.",
        ),
    ),
    _plan(
        PlanKind.AFTER_PURCHASE,
        AfterPurchaseTiming(),
        name=_t("购买后第三天", "購買後第三天", "Day 3 after a purchase"),
        words=_t(
            "问问用得怎么样，讲清用法；哪里不满意，当场记下来。",
            "問問用得如何，講清用法；有甚麼不滿意，即時記下。",
            "Ask how it does, explain how to use it, and write down at once what does not please.",
        ),
    ),
    _greeting(
        Festival.NEW_YEAR,
        _t("元旦问候", "元旦問候", "New Year"),
        _t(
            "新年好！愿您和家人新的一年平安健康，事事顺心。谢谢您一直以来的信任。",
            "新年快樂！願您和家人新一年平安健康，事事順心。多謝您一直以來的信任。",
            "Happy New Year! We wish you and your family a healthy and peaceful year. Thank you for your trust.",
        ),
    ),
    _greeting(
        Festival.SPRING_FESTIVAL,
        _t("春节问候", "農曆新年問候", "Chinese New Year"),
        _t(
            "给您和家人拜年了！祝新春吉祥，身体健康，阖家团圆。",
            "恭賀新禧！祝您和家人新春吉祥，身體健康，闔家團圓。",
            "Happy Chinese New Year! We wish you and your family good health and a joyful reunion.",
        ),
    ),
    _greeting(
        Festival.EASTER,
        _t("复活节问候", "復活節問候", "Easter"),
        _t(
            "复活节快乐！愿您和家人度过一个轻松的春日假期。",
            "復活節快樂！願您和家人度過一個輕鬆的春日假期。",
            "Happy Easter! We wish you and your family bright and restful spring days.",
        ),
    ),
    _greeting(
        Festival.MID_AUTUMN,
        _t("中秋问候", "中秋問候", "Mid-Autumn"),
        _t(
            "中秋快乐！月圆人团圆，愿您和家人今晚共赏好月色。",
            "中秋節快樂！月圓人團圓，願您和家人今晚共賞好月色。",
            "Happy Mid-Autumn Festival! May you and your family enjoy the full moon together tonight.",
        ),
    ),
    _greeting(
        Festival.CHRISTMAS,
        _t("圣诞问候", "聖誕問候", "Christmas"),
        _t(
            "圣诞快乐！愿您和家人度过一个温暖的冬日。",
            "聖誕快樂！願您和家人度過一個溫暖的冬日。",
            "Merry Christmas! We wish you and your family warm and happy days.",
        ),
    ),
    _plan(
        PlanKind.MILESTONE,
        MilestoneTiming(age_months=tuple(TIPS), tips=TIPS),
        name=_t("宝宝成长的日子", "寶寶成長的日子", "As a baby grows"),
        words=_t(
            "只讲照顾宝宝的小知识，什么都不卖；身体不适请家长问医生。",
            "只講照顧寶寶的小知識，甚麼都不賣；身體不適請家長問醫生。",
            "Only tips for looking after the baby; nothing to sell. Questions of health belong to the doctor.",
        ),
    ),
    _plan(
        PlanKind.CADENCE,
        CadenceTiming(months={Tier.CORE.value: 1, Tier.IMPORTANT.value: 2, Tier.ORDINARY.value: 3}),
        name=_t("定期问候", "定期問候", "Regular care"),
        words=_t(
            "问候近况，听听这段时间服务得怎么样；有需要再谈商品。",
            "問候近況，聽聽這段時間服務得如何；有需要才談商品。",
            "Ask how they are and how we have served them; speak of goods only if they wish.",
        ),
    ),
    _plan(
        PlanKind.WIN_BACK,
        WinBackTiming(),
        name=_t("久未光顾", "久未光顧", "Not seen for long"),
        words=_t(
            "先问候，再问问有什么让您不再来；不催促，记下原因。",
            "先問候，再問問是甚麼令您少了光顧；不催促，記下原因。",
            "Greet first, then ask what kept them away. Do not push; write down the reason.",
        ),
    ),
)


def ship_plans(*, now: datetime) -> int:
    """Add the shipped plans that this installation lacks, switched on; returns how many. What a shop has made of one
    of them stays as it is."""
    known = set(db.session.scalars(select(CarePlan.key)))
    missing = [shipped for shipped in SHIPPED if shipped.key not in known]
    for shipped in missing:
        _add(shipped, now=now)
    return len(missing)


def _add(shipped: ShippedPlan, *, now: datetime) -> None:
    plan = CarePlan(
        key=shipped.key, kind=shipped.settings.kind.value, name=shipped.name, is_on=True, created_at=now, version=1
    )
    db.session.add(plan)
    db.session.flush()
    first = CarePlanVersion(
        plan_id=plan.id, number=1, settings=settings_json(shipped.settings), published_at=now, note=""
    )
    db.session.add(first)
    db.session.flush()
    plan.current_version_id = first.id
    db.session.flush()
