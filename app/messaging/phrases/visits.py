"""Yes and no to a visit, another time, one of two times. Data."""

from __future__ import annotations

from app.messaging.meanings import Asked, IntentKind
from app.messaging.phrases.row import NOTHING, Row

CHOICE = (
    Row(
        IntentKind.CONFIRM,
        "the first of two offered times",
        under=frozenset({Asked.SLOT}),
        value=1,
        english=r"""
            (?:the )?(?:first|1st|former|earlier|earliest|sooner|option one|number one|upper|top|slot one|
                choice one)\b(?! (?:time|thing) (?:i|we))
            option a | ^(?:option )?a$
        """,
        chinese=r"""
            第(?:一|1)(?!次) | 头[一那]个? | 前(?:面|者|边|一个|个) | 上面 | 首个 | 先的 | 先那
            早(?:的|一?点的|一?些的|那|啲嗰) | 较早 | 选一 | 要一 | ^一个?$ | 首选 | 前那
        """,
        unless=r"""
            (?:都|也)(?:不|没) | \b(?:neither|none|not|nor|than)\b | 第(?:一|1).{0,6}(?:不|没) | 还是 | \bor\b | 更早
            再早 | 更晚 | 早的吗 | \?
        """,
    ),
    Row(
        IntentKind.CONFIRM,
        "the second of two offered times",
        under=frozenset({Asked.SLOT}),
        value=2,
        english=r"""
            (?:the )?(?:second|2nd|latter|later one|last one|latest|option two|number two|lower|bottom|slot two|
                choice two|later (?:slot|time|option|please|is|works|would)|the later|later)
            option b | ^(?:option )?b$
        """,
        chinese=r"""
            第(?:二|2)(?!次|天|日) | 后(?:面|者|边|一个|个) | 下面 | 尾(?:那|嗰) | 最后
            晚(?:的|一?点的|一?些的|那|啲嗰) | 迟(?:的|那|啲嗰|一点的) | 较(?:晚|迟) | 选二 | 要二 | 后那 | 尾二
        """,
        unless=r"""
            (?:都|也)(?:不|没) | \b(?:neither|none|not|nor|than)\b | 第(?:二|2).{0,6}(?:不|没) | 还是 | \bor\b | 更早
            再早 | 更晚 | 再晚 | \?
        """,
    ),
)

# What speaks of a change in order to refuse it, or of times that stay as they are.
_STAYS = r"""
    \b(?:do not|not|no|never|without|please not)(?: \w+){0,2}? (?:cancel|change|move|reschedul\w*|postpone|
        need to (?:change|move|reschedul\w*|cancel)|changes?|chang\w+)\b(?: \w+)?
    \bno need(?: to (?:change|move|reschedul\w*|postpone))?\b | \bcan not wait\b
    \b(?:still|keep|stick|stay|same|original|that|this|unchanged)(?: \w+){0,2} (?:time|appointment|date|day|
        slot|plan|schedul\w+)\b
    \b(?:not|never) (?:be |going to be )?(?:busy|a problem|going anywhere|late|changing)\b
    \b(?:late|later|delayed|slow) (?:reply|response|answer)\b
    \bsee you (?:later|then|soon|next|on|at|tomorrow|this|in)?(?: \w+){0,3} | \btalk (?:to you )?later\b
    \bwait(?:ing)? (?:for you )?(?:till|until|from)\b
    \b(?:wife|husband|mum|mom|helper|maid|mother|father|son|daughter)(?: will| is| can| would)? (?:be )?(?:home|
        there|in|at home|available|around)\b
    \bon (?:my|the) way\b | \bbusy? but (?:ok|fine|can|yes|will)\b
    <time>{1,4}(?:见|等) | 在家等
    (?:不|没|别|无|不用|不要|不必|不需要|没必要|无需|不想|不会|没有)(?:再|用|要|需要|必|想|去|有|
        打算)?(?:改期?|换|变|调整|更改|变更|推迟|取消|提前|延期|调|改时间|改动|另约|变动|延后)(?:了|时间|的|
        吧|啦)?
    照(?:旧|常|原|样|计划|之前|原来)(?:的)?(?:时间)? | 按(?:原来|原定|原|照|时|约定)(?:的)?(?:时间|计划)?
    准时(?:来|到)? | 原(?:来|定)的?时间 | 这个时间 | 那个时间 | 到时候? | 不忙 | 不见不散 | 不麻烦 | 忙完
    忙(?:吧|去|你|着) | 辛苦 | 帮忙 | 慢慢来 | 没事 | 有事(?:再|会|就|打|联系|找|我|随时) | 不在话下
    提前(?:打|说|通知|告诉|联系|电话|给|致电|call|讲|发|準備|准备|半小时打|半小时通知|十分钟|10分钟|一点打|
        5分钟|五分钟)
    (?:来|出发|到|上门)之?前(?:打|说|通知|告诉|联系|给|电话|先|请|call|麻烦|讲|发)
    (?:我|太太|妈妈|老公|先生|老婆|工人|阿姨|家人|妈|爸爸?|家里)(?:.{0,4})(?:会)?在家
    ^(?:可以|好|得|行|没问题|ok|嗯|收到|知道)(?:的|呀|啊|亲|了|呢|啦| |,|!|。)+(?:(?!改|但|不过|可是|还是|换|才|吗|\?|
        晚一?点|早一?点|迟).){0,14}(?:见|会到|准时到|过来找?你?们?|去你们?(?:店|那)|在家等|等你们?|在家)(?:$|[,。!]|
        的|了)
    <time>{1,4},?(?:我|我们|我会|我们会|一定|会|准时|按时|肯定|必定){1,3}(?:到|去|来|在)
    (?:之后|以后)(?:我)?(?:都|一直)?(?:在家|在|有空|都在|都行|都可以|都得) | 整天(?:都)?在 | 不好意思
"""

RESCHEDULE = (
    Row(
        IntentKind.RESCHEDULE,
        "neither of the two times",
        under=frozenset({Asked.SLOT}),
        words="""
            n / neither / no / no thanks / none / nope / r
            不 / 不了 / 不可以 / 不方便 / 不用 / 不行 / 不要 / 两个都不 / 否 / 没 / 没有 / 没空 / 都不 / 都不好
            都不行 / 都没空
        """,
        english=r"""
            neither | none | not (?:those|these|them) | no luck | both (?:no|not|are (?:bad|not|no))
            not? (?:either|any|both) | nor | no good | no,
            can not (?:do|make) | no (?:time|slot) | ^no | ^nope | ^sorry,? no
        """,
        chinese=r"""
            都不 | 都没 | 都唔 | 都要(?:上班|返工|开会|上课) | 都(?:有事|有约|忙|冲突|撞)
            (?:两|2|二)个(?:时间|时段)?(?:都|也)(?:不|没|有|太|撞|要) | 没(?:有)?(?:一个|合适) | 一个都不
            ^不(?!过|如|是|好意思) | ^no | neither | none | (?:赶|凑|约|排|对)不(?:上|及|到) | 没戏 | 不成
        """,
    ),
    Row(
        IntentKind.RESCHEDULE,
        "no to the time told",
        under=frozenset({Asked.CONFIRM}),
        words="""
            busy / can not / cancel it / cannot / cant / change / later / n / nah / negative / no / no can do
            no good / no sorry / no thank you / no thanks / nope / not good / not ok / not okay / r / sorry no
            no呀 / no啊 / 不 / 不ok / 不了 / 不去 / 不可 / 不可以 / 不同意 / 不好 / 不得 / 不用 / 不确定 / 不确认
            不行 / 不要 / 不要了 / 否 / 换 / 改 / 未必 / 没 / 没有
        """,
        english=r"""
            ^(?:no|nope|nah|n)\b(?! (?:worries|problems?|prob|issues?|need|rush|idea|doubt|objections?|changes?|prob|
                probs|hurry|matter|questions?|complaints?))
        """,
        chinese=r"""
            ^(?:no|nope)(?![a-z ]*(?:problem|worries|prob|issue))
            ^不(?:行|可以|好(?!意思)|得(?!了)|方便|太行|太方便|来|要来|去|是很)
            (?<!照)(?:时间|日子)(?:不|没).{0,3}(?:行|合适|可以|对|好)
        """,
        but_not=_STAYS,
    ),
    Row(
        IntentKind.RESCHEDULE,
        "wants another time than what is offered",
        under=frozenset({Asked.CONFIRM, Asked.SLOT}),
        english=r"""
            re-?schedul\w* | postpone\w* | rain ?check | push(?:ed)? (?:it |this |the \w+ )?(?:back|to|forward)
            bring (?:it |this )?forward | delay (?:it|the|my|until|till|to) | re-?arrang\w+ | re-?book | re-?time
            (?:change|move|switch|shift|swap|adjust|put off|push)\b(?! my mind)[\w ']{0,60}\b(?:time|times|date|day|
                days|
                appointment|visit|booking|slot|delivery|it|to|until|later|earlier|call|hour|schedule)
            (?:another|different|other|better|new|alternative|some other|later|earlier|any other|diff|next) (?:time|
                day|date|slot|appointment|session|week|timing|days|times)
            (?:drop|pop|come|swing) (?:in|by|over)\b[\w ]{0,20}<when>
            (?:come|deliver|visit|call)(?: on)? <day>(?! as planned) | bad (?:day|time|timing)
            do not come <when> | any chance\b[\w ]{0,60}<when> | instead | rather (?:have|do|than) | prefer(?:ably|s)?
            (?:better|best|easier|suits?|works?) (?:for|with) (?:me|us)\b.{0,80}<when>
            <when>[\w ,']{0,60}\b(?:better|best|preferred|easier|would be good|would work|would suit|works better|
                suits me)
            (?:can|could|may|would|how|what|is it|shall|any chance|possible|possibly)\b(?! you tell)[\w ']{0,60}\b(?:do|
                make|come|move|stop by|drop by|pop by|visit|about|deliver|
                have it|it be|we say|fit|call|available|free|ok|okay|possible|swing by|arrive|be)\b[\w ']{0,60}<when>
            (?:can|could|will|would|may|might) not (?:really |actually |possibly |quite |able to )?(?:make|do|come|be|
                attend|manage|host|meet|take|accept|see you|get|receive|see)\b(?! (?:happier|better))
            unable to | not able to | not going to (?:be|make|work) | not gonna | will not (?:work|be|make|do)
            (?:does|do|is|that|it|this|time|day) not (?:really )?(?:work|suit|good|ok|okay|possible|convenient|ideal|
                suitable|great|fit)
            not (?:really |so |very |too )?(?:free|available|home|in town|at home|around|convenient|good|ok|okay|
                suitable|possible|ready|in|working|there|here)\b(?! yet)
            ^(?:sorry,? )?(?:i )?can not\b(?! wait) | busy | unavailable | inconvenient | occupied | engaged
            out of town | overseas | abroad | travell?ing
            (?:down|sick|ill|off|home|stuck|busy) with | not feeling (?:well|good|great) | unwell
            (?:got|have|caught)(?: a| the)?(?:flu|cold|fever|covid) | day off
            on (?:a )?(?:trip|holiday|leave|vacation|business) | away
            something(?:'s)? (?:has |is |just )*(?:came|come|cropped) up
            have to work | got to work | need to work | working (?:then|that|late) | at work (?:then|that|until|till)
            in a meeting
            have (?:a |an |another |my )?(?:\w+(?:'s)? )?(?:meeting|class|appointment|exam|flight|shift|wedding|trip)
            got (?:a |an )?(?:meeting|class|appointment) | out (?:then|that|all|tomorrow|today|until|till|at that)
            not (?:until|till|before|this|that) | clash(?:es)? | conflict | emergency
            too (?:early|late) | (?:a )?(?:bit|little|half an hour|an hour|hour|two hours) (?:later|earlier)
            come (?:later|earlier) | (?:later|earlier) (?:please|is|would|possible|ok|if|than|in|on|that)
            only (?:free|available|home|after|before|on|in|evenings?|weekends?|mornings?|afternoons?)
            after (?:work|school|lunch|dinner|\d) | make it <when> | let us (?:do|make|say|try)
            (?:might|would|could|can|may|is)\b[\w ']{0,40}\b(?:(?:following|next|coming) \w+|\w+ (?:after|before|
                later))[\w ]{0,14}\b(?:possible|ok|okay|work|suit|do|convenient|free|available)
            (?:other|different|more|later|earlier) (?:slots|dates|days|times)
            make it (?:at )?\d{1,2}\b(?! (?:stars?|points?|box|tin))
            only if | as long as\b.{0,30}<when>
            (?:can|could|shall) (?:we|you|she|he|i) (?:do|make it|say|come at|come) (?:at )?\d{1,2}\b(?! (?:more|of|
                for|box|tin|people|things))
            \d{1,2}ish\b | (?:following|coming) (?:week|monday|tuesday|wednesday|thursday|friday|saturday|sunday)
            week after
            (?:rather than|instead of) <when>
            free (?:on|after|only|from|at|in) | available (?:on|after|only|from|at|in)
            home (?:after|from|only|until|by)
            (?:how about|what about|maybe|perhaps|say|try|next|any time|anytime|sometime|would|must be|has to be|on|
                for|to|until)\b[\w ]{0,60} ?<when>[\w ]{0,60}\?
            ^(?:hi |hello |sorry |no |nope |,)*<when>(?:,? (?:at |around |after |before )?<when>)*(?: (?:please|then|
                maybe|thanks|better|possible))*\??$
            ^<when>(?:,? (?:at |around |after |before )?<when>)*(?: (?:ok|okay|fine|good|works|possible))+\?$
            <day>(?: at| around| after)? <hour>[a-z ]*\?
            cancel\b[\w ,]{0,40}<when>
            (?:put|book|slot|pencil|fit) (?:me|us|it|this)(?: (?:in|down|on|for|to))+ <when>
            next (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|week|month)
            (?:end|middle|start|beginning) of (?:the |next |this )?(?:month|week) | (?:this|on|the|over the) weekend
            day after
        """,
        chinese=r"""
            改(?:到|成|为|个|一下|下|期|时间|日期|日子|时候|约|在|天|日|星期|周|明|后|早|晚|上|下|其他|另|第|再|至|去|
                可以|行|吗|吧|去|早上)
            (?:想|要|能|可以|可不可以|能不能|麻烦|请|帮我|需要|得|希望)(?:再)?(?:改|换|调|挪|推迟|提前|延期|延后|另约)
                (?!善|变|进|货|掉|一罐|一个|一瓶|尿|奶|鞋|衣|颜色|尺码)
            ^(?:改|换)$ | 更改 | 变更 | 调整 | 重新约 | 重约 | 另约 | 再约 | 另外约 | 另改
            约(?:第二|另|其他|别的|过|下)
            (?:换|挪|调|移|推|延|约)(?:到|成|为|个|一下|下|去|在)?(?:别的|其他|另外?|第二)?(?:个|一)?(?:时间|日期|
                日子|期|天|时段|时候|下周|下星期|明天|后天|周|星期|早|晚)
            推迟 | 延期 | 延后 | 押后 | 顺延 | 往后(?:推|延|挪|移|改) | 往前(?:推|挪|移) | 提前 | 提早 | 推后 | 拖后
            改日 | 改天 | 下次(?:吧|再|先) | 改次 | 延迟
            (?:可以|可不可以|能不能|能|可|想|要不|不如|最好|麻烦|希望|得|请)(?:再|你们?|您|稍微|尽量|不)?(?:早|晚|迟|
                夜)(?:一|半|两|些|点|少少|啲)
            (?:早|晚|迟|夜)(?:一?点|一?些|少少|半小时|半个|一小时|一个小时|两个?小时)(?:儿)?(?:来|到|行|可以|吗|好|再|
                得|上门|$|\?|吧)
            (?:早|晚|迟)(?:上)?半小时
            (?:之后|以后|后|前|之前|以前)(?:才|先|再)?(?:行|可以|有空|方便|在家|得|来|到|好|$|\?|吧|都)
            没空 | 没时间 | 没有空 | 没有时间 | 抽不开 | 抽不出 | 走不开 | 不得闲 | 不方便 | 不便
            不在(?!意|乎|话|线|这)
            不(?:太|大|怎么|是很|是太)?(?:行(?!不)|可以(?!不)|合适|方便|得空|合时|ok|适合|凑巧|巧)
            (?:在|要|得|还要|都要|正在|突然|临时|刚好|忽然|可能|需要)(?:出差|上班|加班|开会|上课|外出|出门|出去|外地|
                国外|旅行|旅游|看病|考试|值班|返工|返学|接孩子|接小朋友|应酬)
            有 ?(?:个|一个)?(?:meeting|class|exam|appointment|conference|call|考试|饭局|婚礼|酒席|活动|课|堂|聚会|面试)
            <time> ?(?:得|ok|可以|行|方便|好) ?(?:吗|不|么|\?|嘛|没)
            出差 | 加班 | 有事 | 有约 | 有安排 | 有会 | 约了人
            约了(?!三|四|五|两|一|二|六|七|八|九|十|1|2|3|4|5|6|7|8|9) | 忙 | 赶不(?:及|上|回|到) | 凑不上
            (?:搬|移|挪|change)(?:去|到|至|成) | late ?(?:少少|一点|点|些)
            要?(?:晚|迟|夜|早)(?:少少|一?点|些)(?:$|,|啦|呀)
            <time>[^,。!?]{0,6}(?:成不成?|成吗|中不中?|中吗|行不(?!行)|得不得|可不可以|可不|ok不) | 来不及 | 撞期 | 冲突
            在外(?:地|面|国|头) | 不行(?!吗) | 没法 | 去不了 | 回不(?:来|去|到) | 约不了
            时间不(?:对|合|行|好|方便|啱) | 不合适
            下(?:个)?(?:周|星期|礼拜|月)(?:再|先|吧|行|可以|好|才|都|有空|比较|$|\?|吗|一|二|三|四|五|六|日)
            月底(?:再|先|吧|行|可以|好|才|$|\?|吗) | 周末(?:再|先|吧|行|可以|好|才|$|\?|吗|有空|比较)
            过(?:两|几|些)(?:天|日)
            (?:可以|能|能不能|可不可以|行不行|不如|要不|最好|想|要|改|等|等到|只有|只能|还是|才|得|想要|希望|或者|
                麻烦|请(?!了?假)).{0,5}<time>.{0,8}(?:吗|\?|么|吧|行不行|好不好|可以|来|先|再|比较|有空|方便|合适|好|
                $|才|嘛|怎么样|过来|上门|送)
            <time>.{0,6}(?:行吗|行不行|可以吗|好吗|好不好|可不可以|方便吗|方便些|更方便|比较方便|怎么样|怎样|先|再来|
                再说|再约|再送|才(?:有空|方便|在家|行|可以|回|得)|比较好|更好|好些|好点|合适些|得吗|能来吗|来得及吗|
                有空吗|有没有|ok吗|呢\?|呢$)
            ^(?:那|要不|不如|就|还是)?<time>(?:<time>|的|或|和|,| |左右|以后|之后|前|后|吧|先|三|两){0,8}\??$
            (?:别的|其他|另一?个|另外|第二个?|其它)(?:的)?(?:时间|日子|时段|日期|天|一天) | (?:换|改)(?:一|个|另)
            再(?:等|晚|迟|过|推)(?:一|几|两|些|下)?(?:天|周|星期|点|会|下|阵)?(?:吗|行|可以|吧|$|先)
            (?:别|不要|不用)<time>(?:来|上门|送)
        """,
        but_not=_STAYS,
    ),
    Row(
        IntentKind.RESCHEDULE,
        "wants to move an appointment that nobody asked about",
        under=NOTHING,
        words="""
            another day / another time / can not make it / change / change date / change the time / change time
            later / not available / not convenient / other time / please reschedule / postpone / reschedule
            reschedule please
            不在 / 不在家 / 不方便 / 另约 / 另约时间 / 延后 / 延期 / 想改期 / 换一天 / 换个时间 / 换时间 / 推迟 / 提前
            改 / 改个时间 / 改天 / 改日 / 改日期 / 改时间 / 改期 / 改约 / 没时间 / 没空 / 要改期
        """,
        english=r"""
            re-?schedul\w* | postpone | rain ?check | re-?book | push (?:it|my|the)(?: \w+)? back
            (?:bring|move)(?: \w+){1,3} forward
            (?:change|move|switch|shift|swap|push|delay)\b(?! my mind)[\w ']{0,60}\b(?:time|date|day|appointment|visit|
                booking|slot|delivery|call|monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|
                next week|afternoon|morning|evening)
            (?:another|different|other|alternative|better) (?:time|day|date|slot|timing)
            (?:appointment|visit|delivery|booking|come|deliver)\b[\w ']{0,60}\b(?:instead|<when> instead|later than|
                earlier than)
            (?:move|change|shift|swap|switch|push|bring|transfer)
                (?: \w+){1,3} (?:from (?:the )?[\w ]{1,14} )?to (?:the )?(?:<when>|(?:following|next) \w+|the week)
            (?:rather than|instead of) (?:<when>) | can not make (?:it|the|my|our)
            will not be (?:home|in|there|around) (?:<when>|for)
            not (?:free|available|home|at home) (?:<when>|for|that|on|anymore)
            can not (?:do|make|keep)\b[\w' ]{0,20}\b(?:appointment|visit|delivery|slot|booking)
        """,
        chinese=r"""
            改期 | 改.{0,5}(?:时间|日期|日子) | 改(?:一下|下|到|个|成)?(?:时间|日期|日子|期|预约|约)
            (?:预约|上门|送货|时间|拜访|安排|约|来电|配送|那天|订的|取件|回访).{0,8}(?:改|换|挪|推迟|推后|提前|延期|
                延后|往后推|往前|调到?|早点|晚点|晚一点|早一点)
            (?:搬|移|挪|调|改|换|推|change)(?:去|到|至|成)[^,。!?]{0,3}(?:[0-9一二三四五六七八九十廿]+(?:号(?!楼|铺|
                门|房|店)|日|点)|<time>(?<!号)|初|下|月)
            从?[0-9一二三四五六七八九十廿]+[号日](?:挪|改|搬|移|换|调)
            change[^,。!?]{0,14}(?:去|到|下)(?:个|一)?(?:月|周|星期|appointment)
            (?:换|挪|调|移|推|改)(?:到|成|个|一下|至)(?:别的|另|第二|其他)?(?:时间|日期|天|下周|下星期|明天|后天|周|
                星期|改天|早|晚|下午|上午|月|号)
            改约 | 另约 | 重约 | 往后(?:推|延|挪|移) | 推迟 | 延期 | 延后 | 改日 | 改天(?:来|送|再|吧|约|先)
            (?:明天|今天|后天|下午|上午|周.|星期.|那天|原定).{0,6}(?:不方便|没空|不在家|不行|没时间|有事|出差|赶不)
            (?:不方便|没空|不在家|有事|没时间).{0,8}<time>
            可以(?:改|换|提前|推迟|晚|早)(?:一?点|一?些|到|成|吗|天|时间)
        """,
        but_not=r"""
            \b(?:do not|not|no need to|never)(?: \w+){0,2}? (?:cancel|change|move|reschedul\w*|postpone)\b
            \bchange (?:my |the )?(?:address|number|size|colou?r|order|phone|password|language|name|mind|card)\b
            (?:不|没|别|不用|不要|不必)(?:再|用|要)?(?:改|换|推迟|取消|延期)
            改(?:地址|电话|名|号码|密码|尺码|颜色|善|变|进) | 换(?:地址|电话|名|号码|尺码|颜色|货|一罐)
            提前(?:打|说|通知|告诉|联系|电话) | 几点 | 什么时候
        """,
    ),
)

CONFIRM = (
    Row(
        IntentKind.CONFIRM,
        "yes to the time told",
        under=frozenset({Asked.CONFIRM}),
        words="""
            can / cfm / confirm / confirmed / fine / good / great / k / kk / ok / okay / perfect / see you
            see you then / sounds good / sure / y / yeah / yep / yes / yup
            阔以 / 阔以阔以 / 可以可以 / 掂 / 搞掂 / 搞定 / 没毛病 / ojbk / 必到 / 一言为定 / 说定了 / 就这么定
            就这么定了 / 得得 / 得得得 / 稳 / 欧了 / 约起 / 约约约 / 来来来
            中 / 准 / 可 / 嗯 / 好 / 妥 / 对 / 得 / 恩 / 成 / 是 / 来 / 行 / 要 / 诺
        """,
        english=r"""
            (?<![a-z])<yes>(?![a-z])
            on time | (?:will )?not be late | thumbs up | aight | door (?:will be|is) open
            no need to (?:reschedule|change|move|cancel)
            (?:do not|not) (?:change|cancel|move|reschedule)
        """,
        chinese=r"""
            (?:^|[ ,.!?~。、…]|那就|那|都|就|嗯|哦|也|的话|行|好|是|这样|时间|明天|下午|上午|点)(?:好(?:的|呀|啊|吧|滴|
                哒|嘞|咧|哦|了|来|好|勒|,|!|。|~| |$|就|那|没|知|谢|可|行|明|到|我|等|ok)|可以(?!不)|行(?!不)|没问题|ok|
                yes|得(?!不)|中(?!午|不)|成(?!不)|妥|是的|对(?!不)的?|嗯)
            没问题 | 没有问题 | 确认 | 确定 | 同意 | 收到 | 知道了 | 知悉 | 明白 | 了解 | 方便(?!吗) | 有空 | 在家
            在屋 | 到时(?:候)?(?:见|来|等) | (?:明天|后天|周.|星期.|下午|上午|晚上)见 | 见面 | 等(?:你|您|着) | 恭候
            静候 | 准时 | 欢迎 | 来吧 | 过来吧 | 照旧 | 照常 | 照原 | 就(?:这|那)个(?:时间|时候)
            就(?:这样|这么|那天|那个) | 按时 | 没意见 | 无异议 | 不变 | 放心 | 记(?:住|得|下) | 不见不散 | 随时 | 都行
            都可以 | 可以的 | 好的 | 行的 | 妥妥 | 安排吧 | 麻烦你们?了 | 辛苦(?:了|你) | 约定 | 1号 | confirm | ok
            yes | sure | no problem | see you | noted | 好呀 | 好吧 | 没变
            (?<![a-z])<yes>(?![a-z])
            (?:不用|不必|无需|不需要|不)(?:再)?(?:改|换|变|推迟|提前(?!打|说|通知|告诉|联系|电话|讲|发))
            (?<!几)(?<!哪)(?:点|半|钟|分|刻)(?:钟)?(?:见|准到|准时|到|过来|过去|等)(?!吗|不) | 准到 | 必到 | 阔以
            一言为定 | (?:就这么|说|约|讲)定
            (?:星期|周|礼拜)[一二三四五六日天](?:我|都|就|也)*(?:得|可以|行|没问题|有空|ok)(?!吗|不|才|先)
            家里?(?:会)?有人(?!病|生)
            (?:我?(?:妈妈?|太太|老公|老婆|先生|爸爸?)|阿姨|工人|家人|婆婆)[^,。!?]{0,4}在(?:家|$|,|的|等) | 没什么问题
            照(?:去|来|到|过来) | (?:合适|刚好|正好)(?:的)?时间 | ^我(?:们)?(?:会)?(?:来|到)(?:的|$|,)
            (?:,|^)我(?:们)?(?:会|一定|照)?(?:来|到|去)(?:的|$|,|。)
            (?:会|肯定|一定|准时|必定|绝对)(?:会)?(?:来|到|去|在(?!外|出|上)) | (?:不要|别|千万别)取消
        """,
        unless=r"""
            ^(?:sorry,? )?(?:i )?can not\b(?! wait)
            \b(?:not|never|no longer|is not|n't) (?:\w+ )?(?:ok|okay|good|fine|great|work|works|confirm\w*|suit\w*|
                sure|free|available|home|convenient|agree)\b
            ^(?:who|what|when|where|which|how|why|is it|is there|do you|do i|does|are you|are there|can i|can you|
                could you|will (?:it|you|she|he|there)|should i|may i)\b(?!.{0,80}\b(?:yes|confirmed?|see you)\b)
            不(?:确认|确定|同意|方便|行|可以|在家|好(?!意思)|对)
            ^(?:请问|想问|问一?下|什么|谁|几|怎么|为什么|多少|哪|会不会|是不是|有没有|需不需要|要不要|来几).{0,80}
        """,
    ),
    Row(
        IntentKind.CONFIRM,
        "says so although nobody asked",
        under=NOTHING,
        words="""
            confirm / confirmed / fine / good / great / i confirm / k / kk / no problem / ok / ok thank you
            ok thanks / okay / okok / perfect / see you / see you then / sounds good / sure / y / yeah / yep / yes
            yes confirm / yes confirmed / yes please / yes thanks / yup
            ok的 / 准时 / 到时见 / 可以 / 可以的 / 同意 / 嗯 / 嗯嗯 / 在家 / 好 / 好的 / 对 / 已确认 / 得 / 我确认
            收到 / 方便 / 方便的 / 是 / 是的 / 有空 / 欢迎 / 没问题 / 确定 / 确认 / 确认了 / 行 / 行的
        """,
        english=r"""
            ^(?:hi |hello |yes |ok |sure |i |we |,)*(?:confirm(?:ed|ing)?|to confirm)\b(?![\w ]{0,60}\?)
            i (?:can |would like to |want to |hereby )?confirm\b(?! if| whether| with)
            confirm (?:my|the|our) (?:appointment|visit|booking|delivery|slot|time)\b(?!.{0,80}\?)
        """,
        chinese=r"""
            ^(?:好的?|嗯|可以|你好|您好|我|已|,| )*(?:确认|确定)(?!.{0,12}(?:吗|\?|一下.{0,6}(?:吗|没有)))
            (?:预约|时间|明天|后天|上门|送货)(?:已|已经|我)?确认(?!.{0,6}(?:吗|\?|没|了没))
        """,
        unless=r"""
            不(?:能|可以|想)?确认 | 没(?:有)?确认 | \bcan not confirm\b | \bnot confirm\w*\b | 能不能确认 | 可否确认
            帮我确认 | 麻烦确认 | 请确认 | 确认(?:一?下)?(?:是不是|有没有|地址|收货|订单|付款|价)
        """,
    ),
)
