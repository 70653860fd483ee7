"""Is somebody else welcome to look after the customer? Data."""

from __future__ import annotations

from app.messaging.meanings import Asked, IntentKind
from app.messaging.phrases.row import Row

_ASKED = frozenset({Asked.OWNER})

OWNER = (
    Row(
        IntentKind.REFUSE,
        "wants somebody else",
        under=_ASKED,
        words="""
            n / no / nope / no thanks / no thank you / someone else / somebody else / another one / not her / not him
            不 / 不要 / 不行 / 不好 / 不可以 / 不方便 / 换人 / 换个人 / 换一个 / 换别人 / 别人 / 其他人 / 不同意
        """,
        english=r"""
            ^(?:no|nope|nah)
            (?:some(?:one|body)|any(?:one|body)) else | (?:another|a different|other) (?:person|associate|colleague|one)
            (?:do not|not) (?:want|like|agree|know|ok|okay|happy|comfortable) | rather (?:not|have) | prefer
            wait (?:for|until|till) | the (?:old|same|former|previous) (?:one|person|associate)
        """,
        chinese=r"""
            换(?:个|一个|别|其他|另)?(?:人|位|同事|专员)? | (?:别|其他|另外?)(?:的)?(?:人|位|同事|专员)
            ^(?:不|唔|别) | 不(?:想|要|喜欢|认识|同意|愿意|接受|习惯)
            还是(?:要|想|原来|以前|之前) | (?:原来|以前|之前)的
            等(?:她|他|原来)
        """,
        unless=r"""
            \bno (?:problems?|worries|issues?) | 没问题 | 没事 | 不错 | 不用换 | 不换 | 不介意 | 不客气 | 不用
        """,
    ),
    Row(
        IntentKind.CONFIRM,
        "the new face is welcome",
        under=_ASKED,
        words="""
            y / yes / ok / okay / yep / yeah / yup / sure / fine / good / great / perfect / agreed / welcome / noted
            got it / thanks / thank you
            好 / 好的 / 是 / 是的 / 嗯 / 可以 / 行 / 得 / 同意 / 没问题 / 欢迎 / 收到 / 知道了 / 谢谢 / 不介意 / 不用换
        """,
        english=r"""
            yes | yep | yeah | ok(?:ay)? | fine | sure | no (?:problem|worries) | sounds good | all good | agreed
            welcome | thank(?:s| you)
        """,
        chinese=r"""
            ^(?:好|可以|行|嗯|同意|没问题|欢迎|收到|知道) | 没(?:有)?(?:问题|关系|事) | 不(?:介意|用换) | 谢谢
        """,
    ),
)
