"""Is what went wrong put right? Data."""

from __future__ import annotations

from app.messaging.meanings import Asked, IntentKind
from app.messaging.phrases.row import Row

_ASKED = frozenset({Asked.REMEDY})

REMEDY = (
    Row(
        IntentKind.REFUSE,
        "it is not put right, or not well enough",
        under=_ASKED,
        words="""
            n / no / nope / not yet / no not yet / not really / not at all / still not / nothing / still no
            不 / 没 / 没有 / 还没 / 还没有 / 否 / 不是 / 不行 / 不好 / 不满意 / 不算 / 还不行 / 还没解决
        """,
        english=r"""
            ^(?:no|nope|nah)
            not (?:yet|really|at all|solved|fixed|resolved|settled|sorted|done|enough|happy|satisfied|ok|okay|good)
            still | never | unsolved | unresolved | same (?:problem|issue|again) | nobody | no one | worse
        """,
        chinese=r"""
            ^(?:不|没|否) | 还没 | 没(?:有)?(?:解决|处理|好|人|收到|改|弄好|修好|换|退|办) | 还是(?!谢) | 仍然 | 仍旧
            依然 | 又 | 未(?:解决|处理|好|收到)
            不(?:满意|算|行|够|好|能接受|接受|可以) | 更差 | 没用
        """,
        unless=r"""
            \bno (?:problems?|worries|issues?|complaints?|more (?:problems?|issues?)) | 没问题 | 没有问题 | 没事
            不错 | 不再
        """,
    ),
    Row(
        IntentKind.CONFIRM,
        "it is put right",
        under=_ASKED,
        words="""
            y / yes / ok / okay / yep / yeah / yup / sure / fine / good / great / perfect / done / solved / fixed
            all good / thanks
            好 / 是 / 是的 / 好了 / 嗯 / 可以 / 可以了 / 行 / 行了 / 得 / 满意 / 解决了 / 处理好了 / 没问题 / 没问题了
            没事了
        """,
        english=r"""
            yes | yep | yeah
            (?:all |now |is |been )?(?:solved|fixed|resolved|settled|sorted|put right|done|happy|satisfied|better)
            all good | no (?:more )?(?:problems?|issues?) | thank(?:s| you) (?:for|very|so|all)
        """,
        chinese=r"""
            解决了 | 处理(?:好|完|妥)? ?了? | 搞定 | 弄好 | 修好 | 换好 | 收到(?:新|换|退)的? | 满意
            没(?:有)?(?:问题|事) | 好了 | 可以了 | 好(?:的|多) | 谢谢
        """,
    ),
)
