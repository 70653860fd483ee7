"""Ordering the same again. Data."""

from __future__ import annotations

from app.messaging.meanings import Asked, IntentKind
from app.messaging.phrases.row import Row

_AGAIN_EN = r"""
            (?:\d+|two|three|four|one) more (?:tins?|box(?:es)?|cans?|bottles?|packs?|bags?|tubs?|tubes?|jars?|cartons?)
            re-?order\w* | re-?stock me
            (?:order|buy)\b[\w ']{0,60}\bagain
            (?:order|buy|get|have|take|send|want|need|like|deliver|ship)\b[\w ']{0,60}\b(?:another|one more|
                some more|more of|\d+ more|two more|three more|same|refill|top ?up)\b(?! time| day| slot)
            same (?:again|order|as (?:last|before|usual|always)|thing again|one again|one please|please|stuff)
            refill | top up (?:my|the) | one more (?:time )?(?:tin|box|can|bottle|pack|bag|tub|jar|carton|please)
            another (?:tin|box|can|bottle|pack|packet|bag|tub|jar|carton|one|two|batch|set|round)
            (?:my|the) usual(?: order)? | repeat (?:my |the |last |previous |that )?(?:\w+ )?order
            (?:running|ran|run) (?:low|out)\b.{0,80}\b(?:send|order|need|more|please|want|another)
            (?:want|need|like|please send|get me|i will take|will have) (?:\w+ ){0,3}(?:\d+|two|three|
                a) (?:more )?(?:tins?|box(?:es)?|cans?|bottles?|packs?|bags?|tubs?|cartons?)
"""

# A no to something else than the goods.
_OTHER_NOES = r"""
    不(?:要|用|需要|必)(?:再)?(?:给|拿)?(?:胶|塑料|纸|环保)?(?:袋|包装|发票|礼盒|赠品|样品|小票|收据|打电话|电话|按门铃|说明书)子?
    (?:别|不要)让?(?:我|宝宝|娃|bb|孩子)?断(?:货|粮|供|奶) | 不(?:能|可以|想)(?:没有|断)(?:粮|货|供|它|他)?
    (?:别|不要|不能|千万别|不可以|请勿)(?:停|断)(?:货|了|药|奶)? | 不要(?:有)?[^,。]{1,4}(?:的那款|味的?那?款?|色的?)
    \b(?:do not|never|can not|could not)(?: ever)? (?:stop|live without|cancel|get enough|
        be without)(?: \w+ing)?(?: it)?\b
    \bno (?:reactions?|problems?|complaints?|issues?|side effects?|rash|worries|rush|hurry|
        need to call)(?: at all| so far)?\b
    没(?:有)?(?:过敏|问题|反应|不适|副作用|意见|投诉) | 不(?:急|赶|着急|过敏)
"""

_AGAIN_ZH = r"""
            再 ?(?:给我|帮我|要|来|订|买|送|下|加|补|拿|寄|order|send|buy|get|订购|购|
                多)+ ?(?:我)?(?:多)?<count>?(?:<unit>|些|点|单|货)
            再(?:下|来|订|买|order).{0,3}(?:单|次|份|一样|同样|一次) | 多(?:订|买|要|来|送|拿|加)<count>?<unit>
            (?:订|买|要|来|送|order).{0,2}多<count><unit> | 再订多 | 续订 | 续单 | 续购 | 续一 | 补货
            补(?:一|两|几|多|点|些|<count><unit>) | 复购 | 回购(?!价) | 返单 | 翻单 | 老样子 | 老规矩 | 照旧(?!时间)
            照单 | 照上次 | 照之前的
            (?:按|照|跟|同|和|像)(?:上次|之前|以前|以往|上回|平时|往常)(?:那|的|一|差不多|那个|那样|那款|同|相同|,|$)
            (?:跟|同|和)上次一样 | 一样的(?:再|来|订|单) | 同样的?(?:再|来|订|货|东西|一|两)?(?:<unit>)
            (?:没(?!有|人|再|来|送|收|用|什么|到)|用完|喝完|吃完|快没|见底|快用完|快喝完|快吃完)了?.{0,8}(?:再|送|来|
                订|买|补|要)(?!不|时候|找|说|看)<count>?
            (?:还|再|多)(?:要|来|订|买|寄|送)(?:多)?<count><unit>(?!.{0,6}(?:吗|\?)) | 留多(?:一|两|几)?<unit>
            (?:要|来|订|买|拿|寄)(?:多)?<count><unit>(?:同款|一样|同样|上次|之前)
            (?:每|逐)个?(?:月|周|星期)<count><unit>
            reorder | order again | 下(?:多)?一?单 | (?:同|一样|上次).{0,6}(?:reorder|order) | 再order | 再 order
            same as (?:before|last) | 要(?:多|再)<count><unit>
"""

REORDER = (
    Row(
        IntentKind.REORDER,
        "yes, order it again",
        under=frozenset({Asked.REORDER}),
        words="""
            again / buy / can / confirm / deal / fine / go / good / great / k / kk / more / ok / okay / okok / order
            perfect / please / same / send / sure / y / yeah / yep / yes / yup
            下单 / 中 / 买 / 再买 / 再来 / 再订 / 可 / 可以 / 嗯 / 好 / 妥 / 对 / 得 / 恩 / 成 / 是 / 来 / 没问题
            照旧 / 行 / 补 / 要 / 订 / 送
        """,
        english=_AGAIN_EN
        + r"""
            (?<![a-z])(?:yes+|yep+|yea+h?|yup+|yah|ok(?:ay|ok)*|okok|sure|confirm(?:ed)?|go ahead|please do|
                order (?:it|one|some|please|now|more|this|that|two|\d)|please order|place (?:the |an |my )?order|
                i will (?:take|have|order|buy)|send (?:it|one|them|me|over|some|two|\d)|please send|count me in|
                sounds good|of course|definitely|absolutely|fine|great|perfect|no problem|why not|proceed|do it|
                ship it|go on then|(?:\d+|one|two|three|four|five) please|deliver (?:it|one)|want (?:it|one|some|more|
                two)|need (?:it|one|some|more|two)|would like|order)(?![a-z])
            top (?:me|us|it|them|mine) up | top(?:-| )?up | fill (?:me|us|it) up | (?:the |my )?usual(?:,| please|$)
            (?:just |only |let us (?:do|say|have|stop at) |make (?:it|that) |i will have |maybe )?(?:the )?(?:\d{1,2}|
                one|two|three|four|a couple of) (?:\w+ )?(?:tins?|box(?:es)?|cans?|bottles?|packs?|bags?|tubs?|tubes?|
                jars?|cartons?|pots?)
            (?:just|only|make (?:it|that)) (?:\d{1,2}|one|two|three|four)(?: this time| please|,|$)
        """,
        chinese=_AGAIN_ZH
        + r"""
            ^(?:嗯|那|就|哦|喂|你好|,| |好)*(?:好(?:的|呀|啊|吧|滴|,|!|。|~| |$|来|就|帮|送|要|订|再|谢|可)|可以|
                行(?!吗)|没问题|ok|okay|yes|sure|得|要(?!不|是|问|先|等|看|多少)|是的|嗯|成|订|下单|来<count><unit>|
                送<count>)
            (?:帮我|给我|麻烦|请|正好|就|正要|还|想|再|也|需要)(?:要|订|下单|买|送|安排|order|补|拿|来)(?!吗|\?)
            送(?:来|过来|一|两|<count><unit>) | (?:要|来|订|买|拿|寄)<count><unit> | 下(?:单|订) | order | 送嚟
            安排(?:上|起来|吧|$|一下|,|!) | 照单 | 续(?:上|着|吧|$|,|!) | ^囤<count>?(?:<unit>|点|$)
            ^(?:帮我|给我)?(?:整|留|加|补)(?:多)?<count><unit>
            (?:就|^|,)<count><unit>(?:吧|就好|够了|,|$) | 上车 | 冲(?:呀|啊|$)
        """,
        unless=r"""
            \b(?:for now|for the moment|at the moment|for the time being|right now|i will pass|pass|skip\w*|hold off|
                stocked|unopened|just (?:bought|got|ordered)|loads|leave it (?:for|this|out|until)|give it a miss|
                money is tight|all set)\b
            囤(?:了|过|着|得|货) | 不[续补囤] | 算了 | 用不着 | 没(?:开|拆)
            \b(?:no|(?<!can )not(?! stop)|not(?! stop)|never|nope|later|too much|enough|plenty|still (?:have|got)|
                how much|what is the price|any (?:discount|offer|promo\w*|gift)|other brand|changed brand|
                next (?:time|month)|cheaper|do you have|got any(?:thing)?|stopped|is there|are there)\b(?! (?:problem|
                worries|complaint|prob)s?)
            ^(?:不(?!错|停)|唔|别(?!停|断)|no(?! (?:problem|worries|prob|issue))|没有?需要|暂时)
            不(?:用|要|需要|想|订|买|喝|吃|了|急|必)(?!担心|客气|谢|改|变)
            还(?:没|有(?!货)|剩|够|多|很多) | 没(?:用完|喝完|吃完) | 够(?:了|用|喝|吃) | 很多 | 仲有 | 暂时 | 先不
            以后再 | 下次 | 下个月 | 用完再 | 喝完再 | 考虑 | 看看再 | 多少钱 | 价格 | 优惠 | 赠品 | 打折 | 折扣
            便宜 | (?:有没有|有冇|有).{0,6}(?:优惠|赠|新|其他|别的|适合|折|活动|促销) | 断奶 | 戒
            换(?:了|牌子|别的|其他)
        """,
        but_not=_OTHER_NOES,
    ),
    Row(
        IntentKind.REFUSE,
        "not this time, or enough of it is left",
        under=frozenset({Asked.REORDER}),
        words="""
            n / no / nope / nah / no thanks / no thank you / no need / not now / not yet / not this time / not needed
            later / maybe later / next time / maybe next time / not today / no not now / no not yet / i am good
            不 / 否 / 不了 / 不用 / 不用了 / 不要 / 不要了 / 不需要 / 不需要了 / 不必 / 不必了 / 不订 / 不买 / 算了
            免了 / 暂时不用 / 暂时不要 / 暂时不需要 / 先不用 / 先不要 / 先不订 / 还有 / 还有呢 / 够了 / 够用 / 下次
            pass / skip / skip it / skip this one / not just yet / all good / we are good / i am fine / no ty / 用不着
            过阵子 / 再等等 / 不急 / 不续 / 不续了 / 不补 / 不补了
            下次吧 / 下次再说 / 以后再说 / 迟些再说 / 用完再说
        """,
        english=r"""
            ^(?:no|nope|nah)
            not (?:now|yet|today|this (?:time|month|week)|at the moment|right now|for now|needed|necessary)
            no (?:need|thanks|thank you) | (?:do not|does not|will not) (?:need|want)
            still (?:have|got) | (?:have|got|has) (?:enough|plenty|lots|some left)
            (?:enough|plenty) (?:left|at home|for)
            skip(?: it| this| that| the)?(?: one| month| time| round| order| now)?(?: please| thanks|,|$)
            skip(?:ping)? this
            pass(?: on (?:it|this|that))?(?: this (?:time|month|round)| for now| thanks|,|$)
            (?:will|have to|gonna|going to) pass
            (?:good|fine|ok|okay|all set|sorted|covered|alright|all right) (?:for (?:now|the moment|a while|this month|
                the time being)|at the moment|right now)
            all (?:set|stocked) | well stocked | stocked up | stock(?:pil\w+|ed)
            (?:loads|heaps|tons|masses|lots|plenty|some|half)(?: \w+){0,3} left | unopened
            just (?:bought|got|ordered|picked up|stocked)\b | hold off
            leave it(?: \w+)? (?:for now|this time|this month|out|until|till|a while) | give (?:it|this one) a miss
            money(?: is|'s)? (?:a bit )?tight | (?:bit )?(?:short of cash|broke|skint) | not (?:just|quite) yet
            too soon
            (?:maybe|perhaps|try me|ask me|check back|come back|another)(?: again)? (?:in|after|another|time|month)\b
            (?:do not|not) (?:run|running) (?:out|low)
            (?:maybe|perhaps) (?:later|next) | next (?:time|month) (?:please|maybe|perhaps|then)
        """,
        chinese=r"""
            ^(?:谢谢|多谢|哦|嗯|好的?|[,。! ])*(?:暂时|目前|现在|这次|今次|先|这个月|还)*(?:都|就|也|可以)?
                不(?:用|要|需要|必|订|买|了|送)(?!担心|客气|谢|改|变|停|是|太)
            还有(?!货|没|吗|新|别|其他|什么|问|一|两|个|谁) | 还剩 | 还够 | 够(?:用|喝|吃|了)
            (?:还)?[没未](?:有)?(?:用|喝|吃)完
            (?:还|家里)[^,。!?]{0,2}(?:有|剩|囤|存)[^,。!?]{0,8}(?:没(?:开|拆|用|动)|<unit>)
            都不(?:要|用|需要|买|订)了?$ | 不(?:补|续|囤|加|添)(?:了|货|住|吧|$|,) | 囤(?:了|过|着|得|货|太)
            刚(?:刚)?(?:才)?(?:买|囤|补|订|入)(?:了|过|完|的)
            (?:上周|上星期|上个?月|昨天|前天|前两天)(?:才|刚|先)?(?:买|囤|补|订)(?:了|过|$) | 用不着 | 多着呢 | 有排
            (?:这|今)(?:次|回|趟|个月|单|期)?(?:就|都|也|先)*(?:不(?:用|要|订|买|补|续|了|需要)|算了|免了|pass|skip)
            ^算了 | 先(?:不|别)(?:要|补|订|用|买|续|送|了)
            手头?(?:有点|比较|很|好|太)?紧 | 没(?:有)?钱 | 吃土
            (?:过|等|迟|晚)(?:一?阵子?|段时间|排|几天|一?个月|季|年|些|一?点|双十一|双11|发工资|
                出粮)[^,。!?]{0,3}(?:先|再|吧|算|$|,)
            下(?:个)?(?:月|季|周|星期)(?:先|再|吧|算|才) | 下次(?:先|吧|一定|再)
            (?:下次|下个月|以后|迟些|用完|喝完|吃完)再(?:说|找|联系|订|买|要|讲)
        """,
        unless=r"""
            \? | 吗 | 什么 | 多少 | 价 | 优惠 | 赠 | 打折 | 折扣 | 便宜 | 贵 | 活动 | 促销 | 换 | 改 | 别的 | 其他 | 另
            适合 | 断奶 | 戒 | 人 | 电话 | 投诉
            (?:再|帮我|给我)(?:来|送|订|要|拿)(?!说) | 送(?:来|过来)
            \b(?:how much|prices?|discounts?|offers?|promo\w*|gifts?|cheaper|expensive|brand|instead|different|other|
                another|switch\w*|changed?|stopped|moved|toddlers?|call me|speak|talk|who|what|why|when|which|but|yes|
                send|deliver|order it|please order)\b
        """,
        but_not=_OTHER_NOES,
    ),
    Row(
        IntentKind.REORDER,
        "orders the same again although nobody asked",
        under=frozenset({None, Asked.CONFIRM, Asked.RATING, Asked.REMEDY}),
        words="""
            buy again / order again / order again please / re-order / reorder / same again / same order
            下单 / 再下单 / 再买 / 再来 / 再来一份 / 再来一单 / 再来一罐 / 再订 / 回购 / 复购 / 我要下单 / 我要补货
            照旧 / 续单 / 续订 / 老样子 / 补货
        """,
        english=_AGAIN_EN,
        chinese=_AGAIN_ZH,
        unless=r"""
            \b(?:text|message|sms|visit|appointment|call|(?<!last )(?<!this )time|day|unsubscribe)\w*\b
            \b(?:not|never|no|do not|too late)\b(?! (?:problem|worries)) | \b(?:come|see you|see) again\b
            \b(?:receipt|invoice|link|address|code|catalogue|brochure|question|look|try|chance|bag|leaflet)s?\b
            \bwhen (?:can|will|is)\b | \bsame (?:time|day|person|lady|guy)\b | \bhow much\b | \?.{0,80}\?
            不(?:用|要|需要|想|必|再)(?!.{0,4}(?:谢|客气)) | 别 | (?:用|喝|吃)完再(?:找|说|联系|看) | 多少钱 | 下次
            发票 | (?<!老)(?<!旧)(?<!原)地址(?!没变|没改|一样|不变|照旧|同上|相同) | 链接 | 收据 | 号码 | 目录 | 考虑
            退 | 时间 | 上门 | 预约 | 照旧时间 | 改 | 短信 | 还没
        """,
        but_not=_OTHER_NOES,
    ),
)
