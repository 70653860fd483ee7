"""Short ways to write checklist items in three languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.core.i18n import Text3
from app.tasks.kinds import Heart, ItemKind, Reason, TaskType

Raw = dict[str, Any]


@dataclass(frozen=True)
class Shipped:
    """A checklist that comes with the service."""

    task_type: TaskType
    reason: Reason
    name: Text3
    items: tuple[Raw, ...]

    @property
    def key(self) -> str:
        return f"{self.task_type}.{self.reason}"


def three(zh_hans: str, zh_hant: str, en: str) -> Text3:
    return {"zh_Hans": zh_hans, "zh_Hant": zh_hant, "en": en}


def item(key: str, heart: Heart, kind: ItemKind, label: Text3, **more: Any) -> Raw:
    return {"key": key, "heart": heart.value, "kind": kind.value, "label": label, **more}


def tick(key: str, heart: Heart, label: Text3, **more: Any) -> Raw:
    return item(key, heart, ItemKind.TICK, label, **more)


def pass_fail(key: str, heart: Heart, label: Text3, **more: Any) -> Raw:
    return item(key, heart, ItemKind.PASS_FAIL, label, **more)


def number(key: str, heart: Heart, label: Text3, *, low: float, high: float, unit: str, **more: Any) -> Raw:
    return item(key, heart, ItemKind.NUMBER, label, min=low, max=high, unit=unit, **more)


def choice(key: str, heart: Heart, label: Text3, choices: dict[str, Text3], **more: Any) -> Raw:
    listed = [{"key": name, "label": words} for name, words in choices.items()]
    return item(key, heart, ItemKind.CHOICE, label, choices=listed, **more)


def words(key: str, heart: Heart, label: Text3, **more: Any) -> Raw:
    return item(key, heart, ItemKind.TEXT, label, **more)


def photo(key: str, heart: Heart, label: Text3, **more: Any) -> Raw:
    return item(key, heart, ItemKind.PHOTO, label, **more)


def signature(key: str, heart: Heart, label: Text3, **more: Any) -> Raw:
    return item(key, heart, ItemKind.SIGNATURE, label, **more)


def code(key: str, heart: Heart, label: Text3, **more: Any) -> Raw:
    return item(key, heart, ItemKind.CODE, label, **more)


def thank_you(key: str, heart: Heart, label: Text3, choices: dict[str, Text3], **more: Any) -> Raw:
    listed = [{"key": name, "label": words} for name, words in choices.items()]
    return item(key, heart, ItemKind.GIFT, label, choices=listed, **more)


def only_if(key: str, value: Any) -> dict[str, Any]:
    return {"item": key, "is": value}


def follow_up(task_type: TaskType, reason: Reason, *, days: int) -> dict[str, Any]:
    return {"type": task_type.value, "reason": reason.value, "days": days}


# Items that several checklists share.


def file_updated() -> Raw:
    return tick(
        "file_updated",
        Heart.DETAIL,
        three(
            "顾客档案已更新（地址、尺码、喜好、方便的时间）",
            "顧客檔案已更新（地址、尺碼、喜好、方便的時間）",
            "Customer file brought up to date (address, sizes, tastes, best times)",
        ),
        required=True,
    )


def news_if_due() -> Raw:
    return choice(
        "news",
        Heart.CONSCIENCE,
        three("新品或优惠信息", "新品或優惠資訊", "News or offers"),
        {
            "not_due": three("这次不该提，没有提", "今次不該提，沒有提", "Not due, not mentioned"),
            "wanted": three(
                "顾客愿意听，已简单介绍", "顧客願意聽，已簡單介紹", "Customer wished to hear, told briefly"
            ),
            "declined": three("顾客不想听，已停止", "顧客不想聽，已停止", "Customer did not wish to hear, stopped"),
        },
        help=three(
            "有投诉未了结、或近期已介绍过，就不要提。配方奶等受限商品一律不推介。",
            "有投訴未了結，或近期已介紹過，就不要提。配方奶粉等受限商品一律不推介。",
            "Leave it out while a complaint is open or if it was told lately. Never promote restricted goods such as "
            "infant formula.",
        ),
    )


def reaction() -> Raw:
    """A bodily reaction is never explained away: it opens a call by the supervisor's side at once."""
    return pass_fail(
        "no_reaction",
        Heart.CONSCIENCE,
        three(
            "使用后没有不适（红疹、过敏、腹泻等）",
            "使用後沒有不適（紅疹、敏感、肚瀉等）",
            "No bad reaction after use (rash, allergy, upset stomach)",
        ),
        required=True,
        help=three(
            "有任何不适都记“不合格”，请顾客先停用并建议就医，不要自行解释或下判断。",
            "有任何不適都記「不合格」，請顧客先停用並建議求醫，不要自行解釋或下判斷。",
            "Mark any reaction as failed; ask the customer to stop using it and see a doctor; don't explain it away.",
        ),
        follow_up=follow_up(TaskType.CALLBACK, Reason.COMPLAINT, days=0),
    )


def reaction_words() -> Raw:
    return words(
        "reaction_words",
        Heart.CONSCIENCE,
        three(
            "不适情况：何时、哪件商品、什么样",
            "不適情況：何時、哪件貨品、怎樣",
            "The reaction: when, which product, what it looks like",
        ),
        visible_if=only_if("no_reaction", "fail"),
        required=True,
    )


def next_contact() -> Raw:
    return choice(
        "next_contact",
        Heart.THOUGHTFULNESS,
        three("顾客希望下次怎样联系", "顧客希望下次怎樣聯絡", "How the customer would like to be contacted next"),
        {
            "call": three("电话", "電話", "By phone"),
            "visit": three("上门", "上門", "By a visit"),
            "message": three("短信", "短訊", "By text message"),
            "none": three("暂时不用联系", "暫時不用聯絡", "Not for now"),
        },
    )


def gift() -> Raw:
    return thank_you(
        "gift",
        Heart.CARE,
        three("小心意", "小心意", "Small thank-you"),
        {
            "given": three("已送上小样或感谢卡", "已送上試用裝或感謝卡", "Sample or thank-you card given"),
            "declined": three("顾客婉拒", "顧客婉拒", "Customer declined"),
            "none": three("这次没有", "今次沒有", "None this time"),
        },
        help=three(
            "受限商品（如婴儿配方奶）不得赠送，也不得附带任何赠品。",
            "受限商品（例如嬰兒配方奶粉）不得贈送，亦不得附帶任何贈品。",
            "Never a restricted product such as infant formula, and no gift along with one.",
        ),
    )
