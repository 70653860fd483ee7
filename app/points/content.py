"""Version 1 of the rules, in the words the associates read: what, why, what good work brings, what bad work costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.core.i18n import Text3
from app.points.rules import RuleKey


@dataclass(frozen=True, kw_only=True)
class RuleText:
    key: RuleKey
    amount: int
    params: dict[str, Any]
    what: Text3
    why: Text3
    reward: Text3
    penalty: Text3


def _three(zh_hans: str, zh_hant: str, en: str) -> Text3:
    return {"zh_Hans": zh_hans, "zh_Hant": zh_hant, "en": en}


SUMMARY = _three(
    "第一版：做到位、留凭证、守时间，就有积分。每一分都写明理由。",
    "第一版：做到位、留憑證、守時間，就有積分。每一分都寫明理由。",
    "Version 1: do it well, show it, keep the promised time. Every point comes with its reason.",
)

_TAKEN_BACK = _three(
    "迟到得一半；没做完得一半；撤销或被重新打开，积分收回，重做后再算。不罚钱。",
    "遲到得一半；沒做完得一半；撤銷或被重新打開，積分收回，重做後再算。不罰錢。",
    "Late: half. Partly done: half. Undone or reopened: taken back until it is done again. Never money.",
)
_NO_PENALTY = _three("不扣分。", "不扣分。", "None.")
_WORK_PARAMS = {"grace_minutes": 10, "late_percent": 50, "partly_percent": 50}

VERSION_1 = (
    RuleText(
        key=RuleKey.HOME_VISIT,
        amount=20,
        params=_WORK_PARAMS,
        what=_three(
            "在约定时间内到顾客家，做完上门服务。晚到 10 分钟以内仍算准时。",
            "在約定時間內到顧客家，做完上門服務。晚到 10 分鐘以內仍算準時。",
            "Be at the customer's home in the promised time and finish the visit. 10 minutes late is still on time.",
        ),
        why=_three(
            "顾客为我们留出了时间。守时，是诚心的第一步。",
            "顧客為我們留出了時間。守時，是誠心的第一步。",
            "The customer kept the time free for us. Being punctual is where sincerity begins.",
        ),
        reward=_three("准时完成得 20 分。", "準時完成得 20 分。", "20 points when done on time."),
        penalty=_TAKEN_BACK,
    ),
    RuleText(
        key=RuleKey.DELIVERY,
        amount=15,
        params=_WORK_PARAMS,
        what=_three(
            "在约定时间内把东西送到（或取回）、点清数量，教会顾客怎么用。",
            "在約定時間內把東西送到（或取回）、點清數量，教會顧客怎麼用。",
            "Bring or collect the goods in the promised time, count them together and show how they are used.",
        ),
        why=_three(
            "东西准时到手、会用、好用，这次购买才算真正完成。",
            "東西準時到手、會用、好用，這次購買才算真正完成。",
            "A purchase is complete only when the goods are there, on time, and the customer can use them.",
        ),
        reward=_three("准时送到得 15 分。", "準時送到得 15 分。", "15 points when done on time."),
        penalty=_TAKEN_BACK,
    ),
    RuleText(
        key=RuleKey.CALLBACK,
        amount=8,
        params=_WORK_PARAMS,
        what=_three(
            "在约定时间内回电，听顾客说，把听到的记下来。",
            "在約定時間內回電，聽顧客說，把聽到的記下來。",
            "Call in the promised time, listen, and write down what you heard.",
        ),
        why=_three(
            "一通记得住事的电话，比十条短信更贴心。",
            "一通記得住事的電話，比十條短訊更貼心。",
            "One call that remembers is worth more than ten messages.",
        ),
        reward=_three("准时回电得 8 分。", "準時回電得 8 分。", "8 points when made on time."),
        penalty=_TAKEN_BACK,
    ),
    RuleText(
        key=RuleKey.HEARTS,
        amount=2,
        params={},
        what=_three(
            "清单按五颗心分组：关心、诚心、贴心、细心、良心。一颗心的必填项都做完，而且看得到凭证（照片、签名、门码、数字或文字记录），就算一颗。",
            "清單按五顆心分組：關心、誠心、貼心、細心、良心。一顆心的必填項都做完，而且看得到憑證（照片、簽名、門碼、數字或文字記錄），就算一顆。",
            "The checklist is grouped by the five hearts. A heart counts when its required items are done and "
            "there is something to see: a photo, a signature, a door code, a number or a written note.",
        ),
        why=_three(
            "五颗心是我们的服务标准。只打勾、没凭证，是走形式。",
            "五顆心是我們的服務標準。只打勾、沒憑證，是走形式。",
            "The five hearts are how we serve. Ticks with nothing to see are a formality.",
        ),
        reward=_three("每颗心得 2 分，最多 10 分。", "每顆心得 2 分，最多 10 分。", "2 points a heart, 10 at most."),
        penalty=_three(
            "只打勾没凭证得 0 分，不倒扣。", "只打勾沒憑證得 0 分，不倒扣。", "Only ticked: 0 points. Nothing is lost."
        ),
    ),
    RuleText(
        key=RuleKey.PHOTO,
        amount=3,
        params={},
        what=_three(
            "征得顾客同意，拍一张能看出做了什么的照片。",
            "徵得顧客同意，拍一張能看出做了什麼的照片。",
            "With the customer's consent, take a photo that shows what was done.",
        ),
        why=_three(
            "有照片，顾客放心，你的积分也马上生效，不用等检查期。",
            "有照片，顧客放心，你的積分也馬上生效，不用等檢查期。",
            "It reassures the customer, and your points count at once instead of after the inspection time.",
        ),
        reward=_three(
            "得 3 分，本次积分即时生效。", "得 3 分，本次積分即時生效。", "3 points, and the whole task vests at once."
        ),
        penalty=_three("没有照片不扣分。", "沒有照片不扣分。", "No photo, nothing lost."),
    ),
    RuleText(
        key=RuleKey.RATING,
        amount=10,
        params={"four": 5},
        what=_three(
            "服务结束后，顾客用短信或网页给 1 到 5 分。",
            "服務結束後，顧客用短訊或網頁給 1 到 5 分。",
            "After the service the customer answers with 1 to 5, by SMS or on the page.",
        ),
        why=_three(
            "服务好不好，顾客说了算。",
            "服務好不好，顧客說了算。",
            "Whether it was good is for the customer to say.",
        ),
        reward=_three(
            "5 分得 10 分，4 分得 5 分；顾客一回复，本次积分即时生效。",
            "5 分得 10 分，4 分得 5 分；顧客一回覆，本次積分即時生效。",
            "10 points for a 5, 5 points for a 4; any answer makes the task's points count at once.",
        ),
        penalty=_three(
            "1 到 3 分得 0 分，不倒扣；督导会和你一起看怎么做得更好。",
            "1 到 3 分得 0 分，不倒扣；督導會和你一起看怎麼做得更好。",
            "1 to 3: no points, none lost; your supervisor looks with you at what could be better.",
        ),
    ),
    RuleText(
        key=RuleKey.HONEST_FAILURE,
        amount=0,
        params={},
        what=_three(
            "没做成时，如实选原因：没人接、不在家、拒绝、地址不对、缺货、不安全等。",
            "沒做成時，如實選原因：沒人接、不在家、拒絕、地址不對、缺貨、不安全等。",
            "When it could not be done, say honestly why: no answer, not at home, refused, out of stock, unsafe.",
        ),
        why=_three(
            "实话能让下一次更顺利。说实话，永远不吃亏。",
            "實話能讓下一次更順利。說實話，永遠不吃虧。",
            "The truth makes the next visit easier. Telling it never costs you.",
        ),
        reward=_three("得 0 分。", "得 0 分。", "0 points."),
        penalty=_NO_PENALTY,
    ),
    RuleText(
        key=RuleKey.CONTACT_LIMITS,
        amount=0,
        params={},
        what=_three(
            "超出打扰额度、顾客已退订，或重复的联系，不算积分。",
            "超出打擾額度、顧客已退訂，或重複的聯絡，不算積分。",
            "A contact over the household's limit, after an opt-out or made twice earns nothing.",
        ),
        why=_three(
            "关心要有度。积分不能变成打扰顾客的理由。",
            "關心要有度。積分不能變成打擾顧客的理由。",
            "Care has limits. Points must never be a reason to disturb somebody.",
        ),
        reward=_three("得 0 分。", "得 0 分。", "0 points."),
        penalty=_NO_PENALTY,
    ),
    RuleText(
        key=RuleKey.RESTRICTED,
        amount=0,
        params={},
        what=_three(
            "婴儿配方奶粉等受限商品，推销不算积分；顾客要求的送货照常计分。",
            "嬰兒配方奶粉等受限商品，推銷不算積分；顧客要求的送貨照常計分。",
            "Selling infant formula and other restricted products earns nothing; a requested delivery does.",
        ),
        why=_three(
            "这是法律，也是良心。",
            "這是法律，也是良心。",
            "It is the law, and it is conscience.",
        ),
        reward=_three("得 0 分。", "得 0 分。", "0 points."),
        penalty=_NO_PENALTY,
    ),
    RuleText(
        key=RuleKey.ACKNOWLEDGEMENT,
        amount=0,
        params={},
        what=_three(
            "新规则生效前，请先读完并点“我已阅读”。没读之前做的工作不按新规则计分，之后也不补。",
            "新規則生效前，請先讀完並按「我已閱讀」。沒讀之前做的工作不按新規則計分，之後也不補。",
            "Please read each new version and confirm it. Work done before that is not counted, also not later.",
        ),
        why=_three(
            "先说清楚，再计分：谁也不该被没见过的规则奖罚。",
            "先說清楚，再計分：誰也不該被沒見過的規則獎罰。",
            "First clear, then counted: nobody should win or lose by rules they have never seen.",
        ),
        reward=_three("读完之后的工作全部计分。", "讀完之後的工作全部計分。", "All work after reading counts."),
        penalty=_NO_PENALTY,
    ),
)
