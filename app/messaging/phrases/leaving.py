"""Wanting no more texts, and wanting them again. Data."""

from __future__ import annotations

from app.messaging.meanings import IntentKind
from app.messaging.phrases.row import NOTHING, Row
from app.messaging.phrases.slips import slips_of

OPT_IN = (
    Row(
        IntentKind.OPT_IN,
        "the words by which a carrier opens a number again, and ours",
        words="""
            opt back in / opt in / opt-in / optin / please start / re-subscribe / restart / resubscribe / resume
            rejoin / re-join / sign me back up / join / join again / join back / resub / sub / back in
            sign me up / sign up / start / start again / start please / start texts / subscribe / subscribe me
            unstop / unstop please
            再订阅 / 取消退订 / 开启短信 / 开启通知 / 开通 / 恢复 / 恢复发送 / 恢复接收 / 恢复短信 / 恢复订阅
            恢复通知 / 我想恢复 / 我要恢复 / 我要订阅 / 继续接收 / 继续订阅 / 订阅 / 重新订阅
        """,
    ),
    Row(
        IntentKind.OPT_IN,
        "wants the texts (again), or left by mistake",
        english=r"""
            (?:start|resume|restart|begin|continue|keep|turn on|bring back|reactivate|enable|restore)
                (?: getting| receiving| sending| my| the| your| me| us| these| those| all| again| sms| text)* <texts>
            (?:start|resume|restart|continue|keep) (?:sending|texting|messaging)
            (?:opt|sign|add|put|turn|subscribe|include|get|switch) (?:me|my number|us) (?:back|in\b|up (?:for|to)|
                on\b|again)(?! (?:for |at |to )?<when>)
            opt(?:ing)? (?:back )?in | resubscribe | re-subscribe | subscribe (?:me )?(?:again|back|please)
            (?:want|like|love|wish|can i|could i|may i|happy)\b[\w ]{0,60}\b(?:get|receive|have|getting|receiving|
                hear)\b[\w ]{0,60}\b(?:<texts>|from you)\b[\w ]{0,60}\b(?:again|back|once more)
            (?:want|like|wish) to (?:receive|get|have)\b[\w ]{0,60}\b<texts>
            (?:still|do) want\b[\w ]{0,60}\b<texts> | want (?:the|your|my) <texts> back | miss(?:ing)? your <texts>
            (?:text|message|sms) me (?:again|once more)(?! (?:when|tomorrow|tonight|at|on|in|before|after|if|about|
                later|next|the|to)\b)
            <leaving>\b[\w \"']{0,60}<by_mistake> | <by_mistake>[\w \"']{0,60}\b<leaving>
            (?:undo|reverse|cancel|take back|ignore)\b[\w ]{0,60}\b(?:unsubscri\w+|opt[ -]?out|my stop)
            (?:unsubscribed|opted out|(?:sent|texted|replied|typed|pressed|said|wrote)(?: you)? stop|blocked you|
                left (?:the|your) list)\b[^.?]{0,40}\b(?:want|like|can|could|please|how|undo)\b[^.]{0,30}\b(?:back|
                again|resume|restart|rejoin|start|undo|in)
            (?:turn|switch|put)(?: it| them| those)? back on | (?:start|begin) (?:it|them|again)
            (?:i )?(?:consent|agree) to (?:receive|get|receiving|getting)\b[\w ]{0,20}<texts> | yes to <texts>
            changed my mind\b[\w, ]{0,60}\b(?:subscribe|texts?|messages?|back)
            turn (?:the |my |your )?<texts> (?:back )?on | want (?:the |your |my |some )?<texts> (?:back|again)
            (?:you )?(?:can|may) (?:text|message|sms) me again
            re-?add (?:me|my number) | re add (?:me|my number) | (?:count|let) me back in | (?:me )?back in$
            (?:add|put|include|enrol|register) (?:me|my (?:number|phone|mobile)|this number)(?: \w+)? (?:to|on|onto|in)
                (?: the| your) (?:\w+ )?(?:<texts>|list|database|system)
            (?:sign|add) me up again | you (?:can|may) (?:send|text|message)(?: me)?(?: your| the| some)? <texts>$
            (?:the|that|my|this) (?:stop|unsubscribe|td|opt[ -]?out)\b[\w ]{0,20}\b(?:for (?:someone|somebody|another|
                my)|not (?:meant|for you|mine|me)|wrong|sent by|typed by|pressed by)
            back on (?:your|the) list | unstop | undo (?:the |my )?(?:stop|unsubscribe|opt[ -]?out|that) | re subscribe
            let me (?:receive|get|have)\b[\w ]{0,30}\bagain | send(?: me)?(?: the| your| my)? <texts> again
            (?:yes,? |^)i (?:do )?want (?:your|the|my) <texts>
            (?:switch|turn|get)(?: my| the| your)? <texts> (?:back|on|again)\b
            unblock (?:me|my number) | want back in | include me again | re-?activate (?:me|my number|it|please)
            (?:want|like|love|wish) to (?:hear|get|receive|see)\b[\w ]{0,30}\b(?:again|back)$
            sign up (?:again )?(?:for|to) (?:the |your )?<texts>
            happy to (?:get|receive) (?:the |your )?<texts>
            (?:accept|allow|enable|approve|agree to|consent to|renew|rejoin|re-join|turn on|switch on)
                (?: my| the| your| receiving| getting)* (?:<texts>|subscription|list|mailing list)
            (?:carry on|keep(?: on)?) (?:texting|messaging|sending|them coming)
            why (?:did|have|has|are|do)\b[\w ]{0,20}<texts>[\w ]{0,20}\b(?:stop(?:ped)?|gone|end(?:ed)?)
            (?:add|put|get|take|let|bring|connect)(?: me| my number| us)? back (?:to|on|in|onto|into)?
                (?: (?:the|your))? ?(?:<texts>|list|mailing list|$)
            (?:did not|never) (?:want|mean|intend) to (?:leave|stop|unsubscribe|opt[ -]?out|quit|cancel the <texts>)
            want (?:them|these|those|it|texts) (?:again|back) | changed my mind\b[\w, ]{0,20}<leaving>
            (?:undo|reverse|revert|rejoin|re-join|come back|get back|go back|back (?:on|in)|re-?start|
                re-?activate)\b[^?]{0,40}(?:unsub\w*|opt(?:ed)?[ -]?out|stopped)
            (?:unsub\w*|opt(?:ed)?[ -]?out|sent stop|stopped)\b[^?]{0,40}\b(?:undo|reverse|revert|rejoin|re-join|
                come back|get back|go back|me back|back (?:on|in))
            left\b[\w ]{0,20}\b(?:list|<texts>)[\w ]{0,10}<by_mistake>
            (?:want|like|love|glad|happy|wish|ready) to (?:re)?(?:subscribe|join|rejoin|sign up|opt[ -]?in)
        """,
        chinese=r"""
            取消退订 | 撤销退订 | 撤回退订 | 解除退订 | 不退订了 | 不想退订 | 不要退订
            (?:误|按错|打错|发错|回错|点错|手滑|不小心|错手|搞错|不是故意|不是想|不是要|刚才错).{0,8}(?:退订|取消订阅|
                \btd?\b|stop|unsubscribe)
            (?:退订|取消订阅|stop|unsubscribe).{0,6}(?:是误|按错|打错|发错|错了|手滑|不小心|误操作)
            (?:恢复|重新开通|重新开启|开通|开启|打开|重开|restart|resume|start).{0,8}(?:<sms>|订阅|接收|发送|推送|
                服务)
            (?:重新|继续|再次|照常|照样).{0,3}(?:给我)?(?:<send>|收|接收).{0,6}(?:<sms>|给我(?:吧|了)?$|吧$|$|,)
            (?:重新|再次|继续)(?:订阅|subscribe|接收)
            (?:想|要|希望|愿意|可以|能|请|麻烦|欢迎)(?:再|收回|继续|重新|又|还想).{0,5}(?:<sms>|(?:发|传|send|text|推送)
                .{0,4}给我|给我(?:发|传|send|推送)(?!货|票|一|两))
            <bulk>(?:提醒|通知|服务|功能|推送)?.{0,4}(?:重新|再|恢复|帮我|给我|可以|继续)(?:打开|开启|开通|开回|重开|
                恢复|发|收|接收|on|开)
            (?:帮我|麻烦|请|可以|可不可以|能不能|想|要)?(?:重新|再次|恢复|再)(?:打开|开启|开通|登记|加入|接收|收取|收到)
                .{0,4}(?:<bulk>|名单|吧|$)
            re-?subscribe | re-?activate | opt back in | resume
            重新[^,。!?]{0,4}加(?:进|入|回|上)
            (?:退订|取消了?|停了?)[^。!?]{0,14}(?:想|要)(?:要|收)?(?:回来|回|返|收回)
            (?:退订|td|stop|unsubscribe)[^,。!?]{0,4}(?:是|系|被)?[^,。!?]{0,8}(?:按|点|玩|弄|打|发|send)(?:的|到的|
                错)(?!.{0,6}别发)
            (?:按|打|发|回|点|选|搞|弄)错了?.{0,6}(?:退|取消了?(?:$|,)|停了?(?:$|,)|t(?:d|$|,))
            (?:退订|取消订阅|td|stop|unsubscribe)了?.{0,8}(?:拿回|开回|要回|改回|加回|收回)
            (?:之前|上次|刚才|以前|早前|刚刚|曾经|前天|昨天).{0,6}(?:退订|取消|屏蔽|拉黑|block|停|关|拒收|stop|
                td).{0,14}(?:想|要|请|帮|可以|可不可以|能|麻烦).{0,6}(?:恢复|重新|继续|收回|收到|开|加|解|订)
            (?:取消|撤销|撤回|还原|undo|cancel)(?:刚才|之前|上次)?的?.{0,3}(?:退订|td(?![a-z])|stop|拒收|屏蔽|
                unsubscribe|opt ?out)
            (?:unsubscribe|opt ?out|stop|td|退订)(?:错)?了[^。]{0,10}(?:想|要|请|帮|可以|麻烦|
                可不可以)[^。]{0,8}(?:join|加入|恢复|收回|开回|再收|继续|返|resume|订阅|加回)
            订(?:回|返)(?!来) | 不退了(?![货款票])
            (?:td|t|stop|退订|取消订阅|unsubscribe)[^,。]{0,3}(?:是|属于|属)?(?:误|错|手滑|不小心|乱按|无意)
            (?:退订|取消订阅|unsubscribe|td|stop)[^。?]{0,14}(?:恢复|反悔|撤销|撤回|还原|收回|开回|加回|返回|变回|搞返)
            (?:反悔|撤销|撤回|还原|撤)[^。?]{0,8}(?:退订|取消订阅|unsubscribe|stop)
            (?:帮|给|请|麻烦)我?恢复(?!.{0,4}(?:出厂|密码|原))
            (?:误|错|乱|手滑|不小心).{0,4}(?:退了?订|退了|取消了?(?:订阅|<bulk>))
            退订.{0,8}(?:帮我|请|麻烦|可不可以|能不能|可以)?.{0,4}(?:开回|恢复|加回|改回|撤回|撤销|取消|重新)
            我(?:又|还是|现在)(?:想|要)(?:收|订|继续)(?!货) | 解除(?:退订|拒收|黑名单) | 移出黑名单 | 取消拉黑
            (?:想|要|希望|愿意|可以).{0,3}(?:收到|接收|收回|收).{0,6}<sms>
            (?:加回|加返|放回|加入).{0,4}(?:我|入|到|进).{0,6}(?:名单|<sms>|列表) | (?:加|放)我回
            (?:订阅|subscribe).{0,2}(?:返|回来|回)$ | (?:想|要|重新|再)(?:订阅|subscribe|opt in)
            还是(?:请)?(?:给我(?:发|传|send)|(?:发|传|send)(?:<sms>|给我)) | (?:加|放|拉)回 | 不退订
            退订.{0,10}(?:恢复|又想|还是想|现在想|后悔) | 恢复.{0,6}退订 | 乱按.{0,4}退订 | 开回.{0,3}<sms>
            订阅(?:返|回)
            (?:没有?|不是)(?:想|要|打算)(?:要)?(?:退订|取消订阅)
            取消(?:拒收|屏蔽)|解除(?:屏蔽|拒收)|解封 | 同意(?:接收|收)(?:<sms>|$)
            (?:误|错|不小心|手滑|乱)[^,。?]{0,4}(?:回|发|按|点|打|覆|复)(?:了|到|错)*停止
            (?:回|发|按|点|打|覆)错了?停止
            (?:继续|重新|再)(?:收|接收)(?:回|到|你|<sms>)
            (?:可以|能)(?:继续|再)?(?:发|send)(?:给我)?(?:了|吧)$ | 不停了 | 继续(?:发|收|send|通知) | 重启<sms>
        """,
        unless=r"""
            不(?:再)?(?:收|发)(?!到?吗)
            (?<!错)(?<!误)(?<!错了)(?<!小心)取消(?:接收|收)(?!.{0,14}(?:恢复|重新|开|误|错|加回)) | \bwaiting list\b
            (?:早上|晚上|下午|明天|中午|白天)再?(?:发|send)
            (?!停止[,。 ])(?:<no_more>).{0,3}(?:想|要|再|继续)?.{0,3}(?:收|接收|发|传|<sms>)
            不想再 | 不要再 | 不用再 | 别再 | (?<!not to )(?<!not mean to )\bstop (?:sending|texting|messaging)\b
            \b(?:not|no longer|never) (?:\w+ )?(?:want|wish|like|need)\b(?!.{0,80}\bstill want) | \bno more <texts>\b
            (?<!did )\b(?<!i )(?:do not|never|not to) (?:ever |please )?(?:send|text|message|sms|contact|resume|
                restart)\b
            \bre-?schedul
            \b(?:not|never|no longer|withdraw|revoke) (?:\w+ )?(?:consent|agree|accept|allow|approve|subscribe|sign|opt)
            不(?:同意|接受|允许|授权)
            \b(?:nearly|almost)\b | 差一?点 | 就(?:去|会|要)?(?:<threat>)
            再发(?:一|多)(?:次|遍|下) | \bwhy (?:do|are) you\b | \bno need\b[\w ]{0,12}\bkeep\b | \bagain (?:and|or) i\b
            \bone more\b
        """,
    ),
)

# A no or a stop to something else than our texts: goods, calls at a bad hour, an address, somebody else's phone.
_NOT_THE_TEXTS = r"""
    (?<!再)(?:不用|不要|别|不必|无需|不需要)寄(?:了|过来|来)?(?=[,。!]|$) | (?:停止?|不要|别|先别|不用)发货
    (?:不用|不必|无需)再?(?:提醒|通知|发)(?:我|了)?,?(?:我)?(?:都|会|还|有)?(?:记得|记住|知道|准时|会到|会来|没忘)
    (?:不要|别|不用|不想|先别)再?(?:找|联系|联络|打给|打扰|烦|告诉)我(?:的)?(?:老公|老婆|太太|先生|妈|爸|家|女儿|儿子|
        丈夫|妹|姐|弟|哥|同事|公司|朋友|婆婆|奶奶)[^,。!?]{0,10}
    (?:先(?!生)|今天(?!起|开始|之?后)|今晚|上班|开会)[^,。!?]{0,4}(?:别|不要|不用)再?(?:联系|联络|打|发|找|打扰)
    (?:别|不要)烦(?:恼|心|人家) | 授权书 | 同意书
    [^,。!?]{0,6}(?:地址|订单|预约|旧的|旧号)(?:(?!把|我|电话)[^,。!?]){0,4}(?:<strike>)
    (?:<strike>)[^,。!?]{0,4}(?:地址|订单|预约|购物车)
    不想再?收到?(?:旧|坏|错|假|过期|次品)[^,。!?]{0,6}
    (?:快递|包裹|箱|货|件)[^,。!?]{0,4}拒收了? | 拒收了?(?:一|两|那|这|个)*(?:箱|件|快递|包裹|货)
"""

OPT_OUT = (
    Row(
        IntentKind.OPT_OUT,
        "the words by which a carrier stops a number, ours, and near misspellings that mean nothing else",
        words="""
            cancel / cancel all / cancell / cancle / cansel / delete me / dtop / end / end all / leave me alone
            no messages / no more ads / no more messages / no more sms / no more texts / no sms / no texts / opt out
            opt-out / optout / optuot / please stop / qiut / quit / quitt / remove / remove me / revok / revoke
            tui ding / sotp / sstop / sto / stoo / stoop / stop / stop all / stop all texts
            stop it please stop
            stop message / stop messages / stop messaging / stop msg / stop now please / stop please / stop sending
            stop sms / stop text / stop texting / stop texts / stop thank you / stop thanks / stop!!! / stop1 / stop2
            stopall / stopp / stoppp / stops / stp / stpo / sttop / t / t d / td / tuiding / unsub / unsubs
            unsubscribe
            td退订 / t退订 / 不再接收 / 不收 / 停发 / 停止发送 / 停止短信 / 停止订阅 / 删掉我 / 删除我 / 取消推送
            取消短信 / 取消短讯 / 取消订阅 / 取消通知 / 回t / 回td / 回td退订 / 回t退订 / 回复t / 回复td / 屏蔽
            我要退订 / 拒收 / 拒收短信 / 拒绝 / 拒绝接收 / 移除 / 退订 / 退订短信 / 退订阅 / 退阅
            discontinue / cease / halt / block / 不收 / 不收了取消 / 不要再发 / 封锁
            stahp / stawp / 我要t / 我要td / 要t / 发td / 按td / 打td / 停止接收 / 停止推送 / 关闭提醒 / 关掉提醒
            no more contact / no further contact / stop contact / cease and desist
            st0p / stop stop / stop stop stop / unsubscribed / un subscribe / un-subscribe
        """
        + slips_of(
            "stop", "stopall", "unsubscribe", "cancel", "optout", "revoke", "quit", but="top sop tops cancer qui quits"
        ),
    ),
    Row(
        IntentKind.OPT_OUT,
        "only asks how leaving works, or whether to: a person decides",
        doubtful=True,
        english=r"""
            (?:how|where|can i|could i|may i|is it possible|what do i (?:text|reply|send))\b[\w ]{0,60}\b(?:unsubscribe|
                opt[ -]?out|(?:stop|get off|turn off|cancel|end|block|quit)[\w ]{0,60}\b(?:<texts>|these|this|list|
                subscription))
            (?:how|where|who|which|what is|what's|is there|any|can i|could i|do i (?:have|need) to)\b[\w ']{0,60}\b
                (?:<leave_english>)
            (?:unsubscribe|opt[ -]?out|stop) (?:link|button|option|page|code|word)
            (?:cancel|close|delete|end|terminate|deactivate) (?:my|our|the) (?:account|membership(?! card| fee)|profile)
        """,
        chinese=r"""
            (?:怎么|怎样|在哪里?|哪里|去哪里?).{0,6}(?:退订|取消订阅|取消(?:<sms>|推送|接收)|拒收|停止接收|
                关闭(?:短信|通知|推送))
            (?:可以|能|可不可以|能不能|是不是可以|有没有办法).{0,4}(?:退订|取消订阅|拒收|不收(?:短信|
                通知)).{0,3}(?:吗|么|\?|$)
            (?:退订|取消订阅).{0,4}(?:回什么|怎么|回复什么|发什么|按什么)
            怎么(?:才能)?(?:不再?收到?|不让|停掉?|停止|关掉).{0,8}(?:短信|信息|短讯|消息|讯息|通知|广告)
            怎么(?:才|先|样|能|可以|做|办|搞|弄)*.{0,6}(?:不再?|别再?|停止?)(?:再)?(?:收|发|有|接收|看到|send)
            (?:有(?:没有)?|什么)(?:办法|方法|渠道).{0,6}(?:不再?收|不收|停|退订|取消|拒收)
            (?:怎么|在?哪里?|在?哪儿?|去哪|哪个|什么地方|有没有|是不是|是否)[^,。!?]{0,10}(?:<leave>)
            (?:<leave>)[^。!?]{0,6}(?:是不是|是否|要不要|需不需要|要|得|该|能|可以)?(?:怎么|去哪|在哪|找谁|打电话|
                打热线|打去|按几|回几|链接|连结|link)
            注销(?:我的?|掉|这个|了)*(?:会员|账[号户]|帐[号户]|资料)
        """,
        unless=r"""
            (?:别|不要|不用|不许|不准)再?(?:<send>|打扰|骚扰|联系|来) | 别来 | 不收了 | 我要(?:退订|opt out|unsubscribe)
            \b(?:who|why) would\b | 怎么(?:还|又|都|老|总|退订了|会) | how (?:many times|often|much)
            \b(?:told|telling|asked) you
            <strike>.{0,6}(?:订单|地址|预约) | (?:订单|地址|预约).{0,6}<strike>
            (?:cancel|end|stop|quit|block)\b[\w ,']{0,40}\b(?:come|rebook|reschedul\w*|move|another|later|instead|
                appointment|visit|slot|booking|delivery|<when>)
            影响 | 积分 | 会员 | \bpoints\b | \baffect\b
        """,
    ),
    Row(
        IntentKind.OPT_OUT,
        "wants no more texts, in so many words",
        english=r"""
            unsub(?:s|scribe)? | un?s[subcrie]{4,9}(?: me| please| us)? | opt[ -](?:me |us )?out | opting out
            (?:stop|quit|cease|halt|discontinue|end)(?: all| these| this| the| your| with| to| please| it)* (?:<texts>|
                contacting|spamming|bothering|harassing|disturbing|annoying|smsing|txting|pestering)\b(?! (?:him|her|
                my|about the))
            (?:stop|quit|cease) (?:sending|send)(?: (?:to|me|us|them|it|these|this|those|any|your|all|the|more|
                out))* ?(?:<texts>|
                stuff|things|anything|$|[,.!?]|to me|to my|to this|please|thanks|thank|now|already|anymore)
            stop\b(?! by\b| at\b| over\b)[\w ]{0,12}\b(?:<texts>|unsubscri\w*)
            (?:do not|not|never|no)\b(?: ever| please| you| to| need you to| want you to| like you to)* (?:text|sms|
                message|messaging|texting|contact|spam|disturb) (?:me|us|this number|my (?:phone|number|mobile)|here|
                anymore|any more|again|back)\b(?!.{0,12}(?:after|before|between|during|at (?:night|work|\d)|in the|
                until|so late|on (?:sun|week|mon))\b)
            (?:do not|not|never)\b(?: ever| please)* (?:send|sending|forward)(?: me| us)?(?: (?:any|these|those|this|
                more|
                further|anymore|your|such|the))* ?(?:more |
                marketing |promo\w* )?<texts>
            (?:do not|not|never) (?:send|sending) (?:me|us|it|them|these) (?:anything|any ?more|again)
            (?:do not|not|never) (?:send|sending) (?:anything|any ?more|things?|
                stuff)(?: further| more| else| again)?(?: to)?(?: me| us| it| this| my| here| him| her| the)\b
                (?!.{0,24}\b(?:until|before|till|yet))
            (?:do not|not|never)\b(?: ever| please| you)* (?:text|sms|message|messaging|texting|contact|spam|
                disturb)(?: this| his| her| my| our| the) (?:phone|mobile|line|number|mother|father|mum|mom|dad|
                parents|wife|husband|son|daughter|kids?)\b(?!.{0,12}(?:after|before|between|during|
                until)\b)(?= again| any ?more| ever| please|$|[.!])
            (?:do not|not|never)\b(?: ever| please| you)* (?:reach out|get in touch|write)(?: (?:to|with) (?:me|us))?
                (?: again| any ?more| ever)
            (?:do not|not|never)\b(?: ever| please)* (?:bombard|hound|bug|nag|plague) (?:me|us)
            (?:do not|not|no longer|never|would not|rather not)\b(?: (?:really|want|need|wish|care|like|interested|to|
                in|for))+(?: be)?(?: (?:receive|
                receiving|get|getting|have|having|see|seeing|hear|any|of|more|your|these|those|such|the|
                from))* ?(?:\w+ ){0,2}(?:<texts>|
                hearing|from you|on (?:your|the|this) list|contacted|texted|messaged|subscribed)
            no (?:more|further)(?: of)?(?: your| these| those| the| such)?(?: \w+)? <texts>
            (?:remove|take|delete|drop|erase|strike|get) (?:me|us|my (?:phone )?(?:number|name|contact|details|
                mobile)|this number|number)\b(?: off| out| from|$| please| now| thanks)
                (?!.{0,24}(?:<day>|schedule|appointment|slot|visit|delivery|route|calendar))
            (?:lose|forget|delete|block) (?:my|this) number | leave me alone | unsubscribe (?:me|us|please)
            (?:please|want to|like to|to|wish to|must|now|just|and|me|,) unsubscribe
            ^(?:please |kindly |hi |hello |hey |pls )*(?:stop|unsubscribe|stopall|stop all)
                (?: (?:please|thanks|thank you|immediately|asap|all))*$
            (?:take|get|want|keep) (?:me )?off (?:your|the|this) (?:list|database|system|<texts>)\b(?!.{0,24}(?:<day>|
                schedule|appointment|slot|visit|delivery))
            cancel (?:my |the |this |these |all )?(?:subscription|<texts>)
            block(?:ing)? (?:these|your|you|this number)
            (?:enough|no more|sick|tired)(?: with| of)?(?: the| your| these| all)* <texts>
            ^no (?:more )?<texts>(?: please| thanks| thank you)?$
            (?:please|just|too much|enough|interested|annoying)[,.! ]*stop(?: it| please| thanks)?$
            ^(?:do not|never) (?:text|message|sms|contact)(?: please)?$
            (?:[,.;!]|spam|texts?|messages?|and|too much) ?stop$ | stop(?: stop)+
            (?:(?:too|so) many|enough|sick|tired|fed up|hate|annoyed)[\w ]{0,14}<texts>[\w ,]{0,20}\b(?:stop|end|remove|
                cancel|unsubscribe|off)
            (?:stop|quit|cease|discontinue|terminate|mute|silence|block|unsubscribe|exclude|
                cancel)(?!(?: my| the| our| this)?(?: order| appointment| visit| delivery| booking| slot| call)\b)
                (?: (?!and\b|then\b|but\b|or\b|to\b|by\b|at\b|if\b|until\b|because\b|it\b|just\b)\w+){0,6} (?:<texts>|
                mailing list|your list|sms list|text list|contact list|database|subscription)
            (?:remove|delete|withdraw|exclude|erase|wipe|purge|scrub|clear)(?: \w+){0,4} (?:from|off|
                out of)(?: \w+){0,3} (?:<texts>|lists?|database|system|records?|files?)(?!.{0,24}(?:<day>|schedule|
                appointment|slot|visit|delivery|order))
            (?:erase|wipe|purge|scrub|destroy) (?:all )?(?:my|our) (?:data|details|number|records?|info\w*|name|phone)
            (?:stop|cease|object(?:s|ed)? to|against)\b[\w ]{0,24}\b(?:direct marketing|telemarketing|
                (?:us(?:e|ing)|process(?:ing)?|shar(?:e|ing)) (?:of )?my (?:\w+ )?(?:data|number|details|information|
                phone|name))
            (?:cease|stop|end|no more|no further)(?: \w+){0,2} (?:contact|communications?|correspondence)
            (?:stop|quit|enough with the) (?:bugging|hounding|blowing|bombarding|nagging|chasing me to|flooding|
                plaguing)
            (?:stop|quit) (?:asking|begging|chasing|reminding|telling)(?: (?:me|us))?(?: (?:to|for|about) (?:rate|
                review|ratings?|reviews?|stars|feedback|order|buy|scores?|offers?|deals?)|$)
            (?:one more|another|the next|any more)(?: \w+)? <texts>\b[\w ,]{0,24}\b(?:i|we) (?:will|am|shall|
                report|block|complain|call|sue)
            (?:text|message|sms|contact|send)(?: \w+){0,3} again (?:and|or)\b[\w ]{0,24}\b(?:police|lawyer|report|
                block|complain|sue|authorit\w+)
            (?:moved|left|relocat\w+|emigrat\w+|no longer|not a customer|
                do not live)\b[^.!?]{0,50}\bno need to (?:keep |continue )?(?:text|messag|send|remind|notify|contact)\w*
            no (?:longer )?need (?:to (?:keep|continue) (?:texting|messaging|sending|contacting)|(?:for )?(?:these|
                those|any|your|the) (?:\w+ )?<texts>)
            (?:no longer|do not) need(?: \w+){0,3} <texts>
            <texts>[\w ,]{0,40}\b(?:stop|end|cancel|kill) (?:them|these|those|this|it)\b
            (?:my number|my details|my contact|my phone)\b[^.!]{0,20}?[?,.! ]+(?:please |now |just |and )*(?:delete|
                remove|erase|lose) (?:it|them|me)
            (?:i|we)(?: have| had| already| did| just)* (?:said|told (?:you|them)|asked(?: you| them)?|sent|texted|
                replied|typed|wrote)(?: \w+){0,4}(?: unsubscribe| opt out| stop(?=$|
                [.,!?;]| sending| texting| messag| spam| contact| these| already|
                weeks| before| last| days| many| several| twice| three| \d| but| and i| and you| yet))
            (?:say|tell you(?: to)?|ask you(?: to)?) (?:stop|unsubscribe)(?=$|[.,!?;]| sending| texting| messag)
            (?:get|getting|receive|receiving|got)\b[\w ,]{0,20}(?:<texts>|these)\b[\w ,]{0,12}\bafter (?:stop|
                i (?:unsub\w+|opted|left)|opting|unsub\w+)
            get (?:\w+ ){0,3}<texts> off | (?:do not|never|no) spam(?:ming)? | (?:and|so)(?: please| just)? stop$
            (?:delete|erase|remove) my (?:contact )?(?:info\w*|details|data|number|contacts?)$
            count me out of | want out(?: please| now)?$ | turn (?:these|them|those) off
            discontinue (?:this|the|your|my) (?:service|subscription|sms)
            (?:i )?(?:will |can )?stop (?:me )?(?:getting|receiving)(?: \w+){0,3} <texts>
            (?:no longer|not|never|rather not)(?: \w+){0,3} (?:receive|receiving|get|getting|hear|see) (?:these|them|
                this|those|any|anyof these|anything|more|stuff like this)\b(?! (?:week|month|morning|afternoon|
                evening|weekend|parcel|order|yet))
            (?:too|so) many <texts>[\w ,]{0,14}(?:no more|enough|please stop)
            (?:turn|switch|shut)(?: \w+){0,3} off(?: \w+){0,3} <texts>|(?:turn|switch|shut)(?: \w+){0,3} <texts> off
            (?:no longer|not) (?:\w+ ){0,3}(?:interested in|wish|want|need|require|care for|consent to|agree to)
                (?:\w+ ){0,5}(?:<texts>|mailing list|your list)
            (?:rather|prefer|please|wish|want) (?:to )?not (?:to )?be (?:texted|messaged|contacted|disturbed|bothered|
                spammed|added|notified)
            (?:mute|silence|stop|disable|turn off|switch off) (?:all |the |your |any )*<texts>
            <texts>[\w ,]{0,30}\bstop(?: them| it| these| this| please| now)+$
            (?:do|did|will) not (?:consent|agree|sign up) (?:to|for)(?: \w+){0,4} (?:<texts>|marketing)
            not (?:keen on|interested in|fond of|a fan of|into)(?: \w+){0,3} <texts>
            (?:want|wish|like) (?:to be |to get |to come |to opt )?(?:out|off)(?: of)? (?:this|the|your) (?:list|
                texts|sms|group|thing)
            (?:withdraw|revoke|take back)(?: my)? (?:consent|permission)
            (?:remove|delete|take|erase|drop|strike|clear)(?: \w+){0,2} (?:number|contact|phone|details)(?: off| out|
                from| on)?(?: \w+){0,4}(?: (?:list|system|database|records?|phone ?book|sms))
            (?:please |kindly |just )?(?:leave|let) me (?:alone|be|in peace) | lose my number | go away
            (?:do not|never) (?:bother|disturb|harass|pester|contact|reach|spam) (?:me|us)
            (?:spare|save) me (?:the|your|these|from) [\w ]{0,10}<texts>
            (?:never|did not) (?:ask(?:ed)? for|sign(?:ed)? up for|subscribed? to) (?:this|these|your|any)\b[\w ]{0,20}
        """,
        chinese=r"""
            退[订定丁汀钉顶盯厅锭](?![单金货房票制位做购了]) | [推腿褪][订定丁](?:$|吧|短) | 退订了?吧?$
            取消[订定](?:阅|月|越|悦|閲)
            取消(?:了|我的?|你们的?|所有|全部|这些)?(?:<sms>|接收|关注)(?!我|了我|.{0,4}预约) | 拒(?:绝)?(?:收|接收)
            (?:关闭|关掉|关了|停掉|停止|屏蔽)(?:(?!机|音|灯|声)[^,。!?]){0,5}(?:<sms>|推送|发送)(?!音|灯|声|键) | 拉黑
            (?:<no_more>)(?:你们|你|总是|老是|天天|一直)?(?:再|继续|老|总|乱|随便|经常)*(?:<to_me>)?(?:再|继续|老|
                总)* ?<send> ?(?:来|过来|任何|什么|这些|这种|这类|那些|太多|些|这么多|你们的|的|给我)*
                (?:我)? ?(?:<sms>|了|给我|过来|来(?:了|$)|我(?:了|$|[,.!])|[,!。.~]|$)
            (?:不想|不愿意?|不需要|不要|不想要|不用|不再|不希望|没有?兴趣|没必要|别让我|不打算)(?:再|继续|要|想|让我)*
                (?:收到?|接收|接到|看到?|订阅|订)(?:你们|你|贵|任何|这些|这种|此类|这类|那些|些|什么|的|店|公司|发)*
                (?:<sms>|了|$|[,!。])
            (?:把|将|请把|帮我把).{0,6}(?:号|我|电话|手机|名).{0,8}(?:删|移|除|踢|拿掉|去掉|剔)
            (?:从|在).{0,4}(?:名单|列表|系统).{0,4}(?:删|移|除|去掉)
            (?:删|移)(?:除|掉|走|去)?.{0,3}我的?(?:号|电话|手机|名字|资料)
            (?:不要|别|请勿|勿|停止)(?:再|总|老|一直)*(?:来)?(?:打扰|骚扰|烦|滋扰|搞)(?:我|了)? | 不要再联系
            别再联系 | 不要联络我 | 勿扰
            (?:不要|别|不用)(?:再)? ?(?:sms|text|message|msg|send|发) ?(?:我|给我|到我)
            (?:我|想|要|请|帮我|麻烦|给我) ?(?:unsubscribe|opt out|stop) | ^stop [^a-z]{0,80}(?:发|了)
            (?:unsubscribe|opt out)(?:我| 我|吧|$) | ^(?:请|麻烦|帮我)?退(?:订)?$
            (?:太多|这么多|天天|整天).{0,3}<sms>.{0,8}(?:停|别发|不要|烦死|取消)
            <sms>.{0,4}(?:太多|太烦).{0,6}(?:停|取消|退|别|不要)
            <sms>.{0,6}(?:别再?发|不要再?发|停了?吧|停止|停掉|取消吧?$|不要了|不用了)
            (?:不需要|不想要|不要|用不着|不想看)(?:再)?(?:这些|这种|这类|你们的|任何|此类|什么)?<sms>
            (?:不要|别|不用|不想)再?(?:找|联系|联络|打给|烦|理)我
            (?:不要|别|不用)(?:再)?<send>(?:到|去|给|往)?(?:这|我|本)(?:个|的)?(?:号|手机|电话)
            (?:不要|别|不用)(?:再)?<send>.{0,3}(?:东西|任何东西)给我
            (?:删|移)(?:除|掉|走|去)?(?:了)?我[的个]?(?:号|电话|手机|名字|资料)
            (?:太烦|烦死|好烦).{0,4}(?:别|不要|停|退)
            不再需要.{0,6}<sms> | (?:不想|不要|不希望)(?:再)?(?:被)?(?:打扰|骚扰|滋扰) | 停发
            取消(?:了)?我的?(?:订阅|<sms>|资料|号码)
            (?:不要|别|不用)(?:再)? ?<send> ?(?:东西|什么|任何东西)(?:来|过来|给我)?
            (?:<no_more>|拒绝|取消|删除|删掉|关闭|关掉|关了|屏蔽|免去|退出|终止|中止|不看|不收(?!费|钱|到)|不接收|
                不再)(?:(?!改|换|打|来电|忘|带|等|约|上门|送货|紧|急|错|误|漏|停|退|没收|里|内|看到|
                收到吗)[^,。!?;]){0,8}(?:短信|短讯|简讯|广告|推广|推销|促销|群发|垃圾信|营销|骚扰|spam|promo\w*|
                ads?(?![a-z]))(?!里|中|上|说|内)
            (?:短信|短讯|简讯|讯息|广告|推广|推销|促销|群发|垃圾信|推送|营销|promo|sms|message|msg)s?(?:了|的|都|全部|
                请|真的|我|就| ){0,3}(?:不要了|不用了|不必了|免了|停了?吧|停掉|可以停|取消吧|取消掉|别再|不要再|
                关了吧|关掉|退了|退掉|全退|删掉|不想要|不想收|不想看|不需要)(?!改)
            (?:删|移|剔|踢|拿|除|去|抽|退|delete|remove|take)(?:掉|出|除|走|了)?.{0,10}(?:名单|通讯录|资料库|数据库|
                group|群组|mailing list|list)(?!里的[时地])
            (?:我|这)(?:的|个|支)?(?:号码?|电话|手机号?|number).{0,6}(?:删|移除|剔|踢|拿走|除名|拉黑|remove|delete)
            (?:撤回|收回|撤销)(?:我的?)?(?:同意|授权)
            (?:再|还)(?:发|send|传|吵|烦|骚扰).{0,6}(?:我就|就)(?:投诉|举报|拉黑|block|报警|告|封锁|封了|屏蔽)
            (?:不要|别|不用|不准|请勿|勿)(?:再)?<send>(?:来|到|去|给|往|过来)*(?:这|我|本)(?:个|的|支)?(?:号|手机|
                电话|number)
            (?:不想|不要|不愿|不愿意|不再|不打算)(?:再)?收(?!货|拾|据|快递|包裹|件|费|钱|藏|购)(?:你|这|那|到|任何|
                东西|了|$|,)
            (?:删|移|剔|踢|铲)(?:除|掉|走|去|了)*我?的?(?:联系|联络|个人|客户)(?:资料|方式|信息|人|电话)
            (?:<list>)(?:里面?|中|上|内|入面|那边|这边)?[^,。!?]{0,8}(?:<strike>)(?!.{0,4}(?:订单|地址|预约))
            (?:<number>)[^,。!?]{0,14}(?:<list>)[^,。!?]{0,8}(?:<strike>)
            (?:<no_more>|禁止|严禁|不得)再?(?:总|老|一直)?(?:往|向|朝|到)[^,。!?]{0,8}(?:号|手机|电话|number|这里?|
                这边|这儿)[^,。!?]{0,4}(?:<send>)
            (?:<no_more>|禁止|严禁)再?(?:<send>)[^,。!?]{0,6}(?:到|来|去|给)(?:这(?:里|边|儿|个号|号|部|$|来|,)|此号)
            (?:<no_more>|禁止|严禁)再?(?:<send>)(?:<sms>|东西|任何|什么)*给(?:他|她|我妈|我爸|家母|家父|老人)(?:了|$|
                [,!])
            (?:<no_more>|禁止|严禁)再?(?:<send>|联系|联络|打扰)(?:<sms>|东西)?(?:$|[,!])
            (?:<no_more>|禁止|严禁|求你?们?)再?(?:轰炸|刷屏|洗版|折磨|吵我|吵着|发疯)
            (?:放过|饶了)我.{0,20}(?:<sms>|发) | (?:<sms>|发).{0,20}(?:放过|饶了)我
            (?:<bulk>)[^,。!?]{0,6}(?:一律|一概|统统|通通|全部|全都|都|也|就)+(?:给我)?(?:不收|不看|不要(?:了|$|
                ,)|不用(?:了|$|,|发|给)|免了|别来|别发|甭|省了|停)
            (?:这|那|此)(?:种|类|些)(?:<bulk>)[^,。!?]{0,8}(?:免了|不收|不看|省了)
            (?:再|又|还)(?:收到|发|来|send|传|见到)[^,。!?]{0,10}(?:条|<sms>|给我)[^。!?]{0,6}就(?:去|会|
                要)?(?:<threat>)
            (?:撤回|收回|撤销|取消|终止)[^,。!?]{0,10}(?:授权|同意|许可)
            (?:不许|不准|禁止|不得|停止|拒绝|反对|不同意|请勿|不要|别)再?[^,。!?]{0,4}(?:用|使用|拿|处理|将|
                把)[^,。!?]{0,10}(?:资料|数据|号码?|电话|手机|number)[^,。!?]{0,10}(?:联系|联络|推广|推销|促销|营销|
                发|直销|广告|打|send)
            (?:拒绝|反对|停止|不要|不接受|拒)[^,。!?]{0,6}(?:直销|直接促销|商业短信|营销)
            (?<!没人)(?<!收到)(?:<bulk>)(?:(?!约|单|货|门|会|奶粉|说|里|通知我)[^。!?]){0,16}(?:(?:停|关|cut|闭)(?:了|
                掉)+(?:他|它|吧|$|,)|(?:删|取消|del)(?:了|掉)*(?:他|它|吧$))
            (?:<sms>|功能)[^,。!?]{0,6}(?:关|停)(?:掉|了|闭)
            (?:不用|不要|别|不必|无需)再?(?:<send>)我(?:了|们)?(?:$|[,!])(?!.{0,12}(?:会到|见|准时|记得|记住))
            (?:以后|今后|从此)[^,。!?]{0,12}(?:都|也|就)?(?:不要|别|不用|不必)再?(?:给我)?(?:<send>|问|联系|联络|烦|
                催|推)(?:我|了|$|,)(?!.{0,12}(?:打电话|微信))
            谢绝(?:<sms>|推销|打扰|来电|任何|一切) | (?:<no_more>)再?(?:<send>)[^,。!?]{0,6}(?:资讯|<sms>)
            (?:退订|\btd\b|取消订阅|stop|unsubscribe)(?:了|过)?(?:几|两|三|四|五|n|好多|好几|多|[2-9])次
            (?:已经|早就|都|明明)(?:<leave>|说|讲|话|要求)[^。!]{0,14}(?:还|又|仍|照)(?:在|是)?(?:<send>|收到)
            停止(?:一切|所有|任何|向我|给我)?(?:的)?(?:联络|联系|打扰|骚扰|来信|发) | 把我(?:给)?(?:删|除名|拉出|踢)
            删了我
            取消(?:发送|推送|通知|提醒)(?!时间) | 不(?:同意|接受|授权|允许).{0,6}(?:接收|收|<bulk>)
            (?:收|看)(?:够|到烦|到厌|到怕|厌)了?[^。]{0,14}(?:短信|短讯|讯息|广告|推广|推销|宣传|促销|sms|text|message)
            (?:删|移除|剔|踢|铲)(?:掉|除|走|去|了)*.{0,2}(?:个|的|我)*(?:电话|号码|手机号|名字?)(?!.{0,8}(?:换|改|加|
                新|错))
            (?:封锁|屏蔽|block)(?:了)?(?:你|这个号|你们)
            (?:别|不要|不准|不许)再?(?:吵|烦|搞|滋扰|缠)(?:我|着我|人|住我)
            (?:cut|remove|delete|del|take|剔除?|删|踢) ?(?:了|走|掉)?.{0,2}我[的个]?.{0,2}(?:名单|number|号|名|电话|
                phone)
        """,
        unless=r"""
            (?:不要|别|不用|不必)(?:再)?(?:发|寄|送|推)(?:货|快递|顺丰|.{0,8}(?:改|换|推迟|迟|明天|后天|周|星期|
                下个?月|过几天|<time>|等我))
            (?:短信|通知|提醒)里?.{0,4}(?:时间|日期|预约|那天)
            \b(?:do not|not|never|please not) (?:\w+ )?(?:unsubscribe|opt me out|stop (?:sending|texting|messaging|
                the|your|these))
            (?:不要|别|千万别|不想|没有|没|不)(?:要|想|再)?(?:停止|取消|退订|取消订阅|停)
            (?:退订|取消订阅|退了订).{0,8}(?:会|影响|还能|有没有|是不是|还有).{0,10}(?:吗|\?|么|$)
            \bif i (?:unsubscribe|opt out|stop)\b
            \b(?:never|do not|don't)(?: ever| you)*(?: dare)? (?:take|remove|drop|delete|cut|kick) (?:me|us)\b
            \b(?:who|why|would never|will never|never)(?: would| will| ever| could| i| anyone| to)* (?:unsubscribe|
                opt out|stop (?:these|your|the) <texts>)\b(?! me)
            (?:退订|取消订阅|unsubscribe|opt out)(?:个)?(?:什么|干嘛|干什么)(?!.{0,3}(?:数字|时候|号|\?))
            (?:为什么|干嘛|怎么会|怎么舍得|谁会?|谁舍得|哪会|哪舍得)(?:要|想)?(?:退订|取消订阅|unsubscribe)
            (?:别|千万别|不要|不许)(?:把我)?[^,。!?]{0,8}(?:cancel|cut|删|踢|移除|剔)(?!.{0,12}(?:别发|不要发|退订))
            (?:短信|短讯|信息|text|sms),? ?(?:直接|请|改|可以|麻烦|都是)?打(?:电话|给我)(?:给我|就|吧|
                联系)?(?!.{0,6}(?:不要|别))
            不要.{0,3}(?:发错|发票|传真) | 别.{0,2}(?:发错|忘)
        """,
        but_not=_NOT_THE_TEXTS,
    ),
)

OPT_OUT_TIRED = (
    Row(
        IntentKind.OPT_OUT,
        "is tired of our texts without saying stop: a person decides",
        doubtful=True,
        words="""
            spam / you are spamming / spamming me / this is spam / stop spam / 骚扰 / 垃圾短信 / 骚扰短信 / 又来广告
            又是广告 / 有完没完 / 求放过 / 放过我吧 / 饶了我吧 / 烦不烦 / 广告 / 推销
        """,
        english=r"""
            why (?:do|are) you\b[\w ]{0,24}\b(?:text|texting|spam\w*|messag\w+|send(?:ing)? (?:me )?(?:these|this|
                so many|<texts>))
            (?:so|too|way too|far too) many <texts>(?! from (?!you)) | (?:sick|tired|fed up)(?: \w+){0,3} <texts>
        """,
        chinese=r"""
            垃圾(?:短信|信息|讯息|短讯|广告) | 骚扰(?:短信|信息|讯息|短讯|电话) | 有完没完
            (?:为什么|干嘛|凭什么|怎么)(?:还|又|要|会)*(?:老是?|总是?|一直|天天|整天|成天|日日|不停)(?:都|在)?(?:给我|
                跟我|向我)?(?:<send>|收到)
            (?:老是?|总是?|天天|整天|成天|日日|不停)(?:都|在)?(?:给我|跟我|向我)(?:<send>)(?!货)
            (?:天天|整天|成天|日日|不停|老是?|一直)(?:都|在)?(?:<send>|收到)[^。!?]{0,8}(?:烦|多|短信|短讯|简讯|讯息|
                信息|消息|广告|推送|sms|text|message|msg)
            (?:短信|短讯|简讯|讯息|信息|消息|广告|推送|sms|text|message|msg)[^,。!?]{0,4}(?:太多|太烦|好烦|很烦|真烦|
                烦死|没完|多到)
        """,
        unless=r"""
            谢 | 贴心 | 喜欢 | 有用 | 感恩 | \bthank | \b(?:love|useful|helpful|handy)\b | 送货 | 电话打 | 没看到
            没看见 | 抱歉 | 不好意思 | \b(?:sorry|missed)\b
        """,
    ),
)

OPT_OUT_MAYBE = (
    Row(
        IntentKind.OPT_OUT,
        "a bare no or stop to nothing that was asked: the texts, the goods or something else, a person decides",
        under=NOTHING,
        doubtful=True,
        words="""
            do not send / please do not send / do not send please / do not send liao
            n / nah / no / no need / no thank you / no thanks / nope / not interested / r / no ty / do not want
            i do not want these / i do not want them / i do not want it / i do not want this / do not want it
            不 / 不了 / 不感兴趣 / 不用 / 不用了 / 不用谢谢 / 不要 / 不要了 / 不要再来 / 不要来 / 不要谢谢 / 不需要
            不需要了 / 别来 / 否 / 唔要 / 没兴趣 / 算了
        """,
    ),
    Row(
        IntentKind.OPT_OUT,
        "stop, but perhaps not the texts",
        doubtful=True,
        words="""
            enough / no more / no more please / no more thanks / ok stop / ok stop now / okay stop / okay stop now
            please no more / shop stop / step / stop it / stop la / stop now / stop that / stop this / stopping
            that is enough / top
            不要再 / 停 / 停一停 / 停下 / 停下来 / 停了 / 停吧 / 停啦 / 停掉 / 停止 / 别再 / 够了 / 打住
        """,
    ),
)
