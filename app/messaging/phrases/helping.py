"""Asking how these texts work. Data."""

from __future__ import annotations

from app.messaging.meanings import IntentKind
from app.messaging.phrases.row import Row
from app.messaging.phrases.slips import slips_of

HELP = (
    Row(
        IntentKind.HELP,
        "asks what these texts are or how to answer",
        words="""
            huh / explain / how do i do this / not sure / no idea what this is / 怎么做 / 怎么填 / 什么短信
            这是什么短信 / 要回吗 / 回什么 / 回几
            ? / ?? / ??? / commands / explain / faq / guide / help / help me / help me please / help please / help!
            how / how does it work / how does this work / how to / i need help / info / instruction / instructions
            menu / need help / option / options / please help / what / what do i do / what is this / who are you
            who dis / who is it / who is this
            不会用 / 不懂 / 不明白 / 什么意思 / 你哪位 / 你是 / 你是谁 / 使用说明 / 功能 / 帮助 / 帮帮我 / 帮忙 / 帮我
            帮手 / 怎么办 / 怎么回 / 怎么弄 / 怎么操作 / 怎么玩 / 怎么用 / 您哪位 / 我要帮助 / 指令 / 指南 / 指引
            救命 / 教程 / 求助 / 看不懂 / 菜单 / 说明 / 请指教 / 谁 / 这是什么 / 需要帮助
        """
        + slips_of("help", but="hep elp hel yelp heal heap hep hlep")
        + " / hlep",
    ),
    Row(
        IntentKind.HELP,
        "asks what these texts are or how to answer",
        english=r"""
            what (?:do|should|can|must|shall|am|are|could) (?:i|we) (?:supposed to |to |meant to |
                allowed to )?(?:reply|text|answer|send|press|say|type|write|respond|enter|put|choose|
                pick)
            how (?:do|does|should|can|to|must|could|would) ?(?:i|we|one|this|it|these)? ?(?:reply|answer|respond|
                text back|choose|pick|select|use this|use these|use it|work|this work|confirm by|rate|vote|
                score)\b(?! (?:the (?:cream|product|mask|lotion|serum)))
            (?:what|which) (?:does|do|is|are)? ?(?:number|numbers|digit|digits|code|codes|the numbers?|the digits?|
                the codes?|commands?|options?|keys?|words?)\b[\w ]{0,60}\b(?:mean|use|reply|text|send|there|available|
                for|
                work|press|type|i)
            what (?:are|is) (?:the |my |our )?(?:choices?|options?) | which (?:one|number) (?:means|is for|for|stands)
            [15] is (?:the )?(?:best|worst|highest|top),? (?:right|yes|no|correct)
            who sent (?:this|me this) | am i (?:talking|texting|chatting|speaking|writing) (?:to|with)
            (?:do|did) not (?:understand|get) (?:your|this|the|that) (?:message|text|sms|question)
            (?:send|resend|give|list|repeat|show)(?: me)? (?:the |my |all )?(?:options|choices|commands|instructions|
                menu)(?: again)?
            what commands? | what (?:are )?(?:the|my) options | what options
            what (?:does|do|is|are) (?:the )?[\"']?[1-9][\"']?(?: and| or| ?/| ?,| &|$| mean|\?)
            [1-5] (?:mean|means|stands? for)
            (?:is|does) (?:a )?[1-5] (?:the )?(?:good|bad|best|worst|high\w*|low\w*|top|mean|max\w*)
            (?:1|5|one|five) (?:is )?(?:the )?(?:best|worst|highest|lowest) or | out of (?:what|how many)
            which (?:one|number) is (?:best|better|good|highest)
            (?:do|did) not (?:understand|get|know|follow)\b[\w ]{0,60}\b(?:what|how|this|the (?:message|text|question|
                number|instructions?))
            not sure (?:what|how) to (?:reply|answer|say|press|send|do|respond|text|choose) | confused
            (?:send|give|need|see|show|any|got|have)\b[\w ]{0,60}\b(?:instructions?|commands|menu|help (?:with (?:this|
                replying|these texts|the texts?|answering)|here|menu))
            ^(?:please |i |can you |can i get |could you |can someone |somebody |someone |get |just |hi |hello |me )*
                (?:need |want |give )?(?:some |a bit of )?help(?: me| out| please| us| thanks| thank you| needed| here)*
                $
            ^help\b(?! (?:me |us )?(?:find|choose|with|get|order|pick|check|buy|look|book|move|change|carry))
                [^a-z]{0,80}
                [a-z ]{0,12}$
            help (?:me )?(?:with (?:this|replying|these|the reply)|reply|answer|understand)
            how (?:do|does) (?:this|it|these|your)(?: \w+)? (?:work|service)
            how do i use\b(?: this| it| these)?(?: service| number| texts?)?$
            what (?:is|are) (?:this|these|the) (?:number|texts?|messages?|service|sms)
            who (?:is|are) (?:this|you|texting|it|messaging) | can (?:you )?teach me how
            is this (?:a )?(?:bot|robot|automated|real person|auto)
            what can (?:i|you)\b[\w ]{0,60}\b(?:text|do here|number|reply)
            how (?:can|do|should) (?:i|we) (?:text|reply|answer|respond|sms|rate)
            what (?:does|do) (?:this|it|that|these|they|you|the (?:message|text|sms)) mean
            what happens if i (?:reply|text|press|send)
            (?:do|must|should|can|may) i (?:need to |have to |just |directly )?(?:reply|answer|respond|text back)
                (?: to (?:this|you|it|these))?\??$
            how to (?:use|do|do it|do this) ?\??$ | list of (?:commands|options|words|codes)
            (?:do|did) not (?:get|understand) (?:it|this)
            how (?:do|does|is) (?:the |this |your )?(?:rating|reply|replying|voting|system|number|texts?|messages?|
                scoring|score)s? (?:work|done|given)
            (?:whose|what|which) (?:number|company|shop|store) (?:is|are) (?:this|these|you)
            what (?:is )?this (?:number|text)
            (?:do|should|must|can) (?:i|we) (?:just |only )?(?:text|send|
                reply with)(?: you)? (?:a |the |my |back a )?(?:number|digit|code|letter|word|yes|ok|1|one)
            (?:can|may|could) (?:i|we) (?:reply|answer|text|write|respond)(?: back| to this| to you)? (?:in|with|by|
                using)
            who am i (?:texting|talking|speaking|messaging)(?: to| with)?
            what (?:do|does|did) (?:you|they) (?:want|need|expect)(?: me| us)? (?:to |from )(?:do|reply|say|send|me|
                answer|press)
            what is (?:this|that|it)(?: \w+)? (?:about|for|regarding|all about) | what is it about
            (?:charge[ds]?|cost|fees?|free|pay|extra|expensive|rates?)\b[\w ]{0,30}\b(?:reply|replying|respond\w*|
                answer\w*|texting|text back|sms|these texts|these messages)
            (?:reply|replying|responding|answering|text back|sms|texting)\b[\w ]{0,24}\b(?:free|charged?|cost|fee|pay)
            (?:do|should|must|shall|could|am|are) (?:i|we) (?:just |only |have to |need to |supposed to |meant to )?
                (?:reply|respond|type|press|key in|text back|enter|punch)\b
            (?:what|which|where|how)(?: \w+)? (?:do|does|should|shall|must|can|to|am|are)(?: i| we| one)?
                (?: supposed to| meant to)? ?(?:type|key in|enter|punch|put in|reply|respond|press)
            (?:which|what) (?:key|button|digit|number|letter|word|code)
            reply (?:what|with what|how|where|to who|to whom)
            (?:1|one) or (?:5|five)\b[\w ]{0,14}\b(?:best|good|high\w*|top)
            (?:is|are) (?:there|this|you|i talking to)\b[\w ]{0,14}\b(?:human|person|machine|robot|bot|computer|
                automatic|automated)
            can you (?:read|see|understand|get) (?:my|these|chinese|english|what)\b[\w ]{0,14}
            (?:do not|no) (?:know|idea|clue) (?:how|what) (?:to|i|this|you want)\b[\w ]{0,14}\b(?:reply|answer|type|
                press|send|do|say|text|mean)
            [15] (?:is |= ?)?(?:the )?(?:best|worst|highest|lowest|top)\b(?= ?(?:\?|or\b))
            explain (?:what|how|the|this|these|it|1|2|one)\b[\w ]{0,20}
            (?:do|should|must|can|could) i (?:just |only |simply )?(?:type|send|press|enter|say|put|
                write) (?:a |the )?(?:numbers?|digits?|[1-5]|one|two|words?|reply|yes|ok)
            how (?:do|can|should|to) i? ?(?:say|do this|do it) | (?:ok|okay|fine|possible) to (?:reply|answer|text back)
        """,
        chinese=r"""
            怎么(?:回(?!事|收|家|去|来|店|访|国)|选|挑|答|填|评|打分|操作|弄|回复|回答|reply|respond|发|按|确认|评分|
                给分)(?!的?货)
            (?:回复?|答|发|按|填|打|写|选|输入?|reply|覆)(?:个)?(?:什么|哪个|哪些|几|多少|啥|些什么|哪一个|哪几个)
                (?!时候|点|时|家|型号|款|颜色|尺码)
            (?:要|该|应该|得|能|可以|需要)(?:怎么)?(?:回复?|答)(?:$|什么|哪|几|些|你们|吗)
            (?:能|可以|可)(?:回|回复|发|覆)些?(?:什么|哪些|哪个)
            (?:看不|不|搞不|弄不)(?:懂|明白?|清楚?|知道|会|清)(?:得)?(?:要|该|应该|怎么|如何|点|需要)?.{0,3}(?:回|用|
                答|选|按|操作|弄|意思|reply|短信|短讯|打分|评分|填|写)
            看不懂(?:$|短|信|讯|这|,|了|你) | 不会(?:弄|操作|回|reply|打字)
            (?:数字|号码|代码|编号|选项|[1-5]|一|二|三|四|五|短信|短讯|信息|讯息|分).{0,6}(?:什么意思|是什么|代表什么|
                代表啥|什么来的?|啥意思|点解|指什么|有什么用|有咩用|各自|怎么解|怎么理解|分别)
            [1-5一五](?:分)?(?:是|代表|算|系|即系|即是|即|先是|才是)?(?:最|是最|还是|代表最)?(?:最)?(?:好|高|满意|差|
                低|坏|最好|最差)(?:还是|定|或|,|是不是|吗|\?)
            (?:几分|多少分|哪个数?字?|几|哪个)(?:是|算|代表|才是)?(?:最好|最高|满分|满意|最差|好评)
            (?:满分|最高).{0,3}(?:是|几|多少).{0,3}(?:几|多少|分)?\??$(?<!满分)
            (?:(?<!积)分数?|打分|评分|评价)(?:怎么|是怎样|标准|方法|规则)
            ^(?:这个?|这短信|短信|这条短信|这个短信|请问)?(?:要|是|到底|该)?怎么用(?:的|啊|呢)?$
            (?:这个|这)(?:号码|短信|短讯|服务|平台|系统|信息|号).{0,3}(?:怎么用|干什么|干嘛|做什么|有什么用|是什么|
                什么用|能做什么|可以做什么|是谁|哪里|哪来)
            (?:有|要|给我?|发我?|看|求|需要|想要|有没有|发个)(?:个|份|一份|一下|些|点)?(?:使用)?(?:说明|指引|教程|
                帮助|指南|指示|操作方法|菜单)(?!书)
            (?:教|指导)(?:一?下|教)?(?:我|下我)
            (?:你们?|您|这)(?:是)?(?:谁|哪位|哪家|哪里的?|机器人|真人)(?:$|\?|啊|呀|的)
            是(?:不是)?(?:机器人|自动回复|人工|真人)
            ^(?:请|需要|我要|我需要|要|想|请求|可以)?(?:帮助|帮忙|帮手|帮帮忙|协助)(?:一?下|我|啊|谢谢)?(?:吗)?$
            你们?(?:是)?(?:哪家|哪间|什么)(?:店|公司|机构|人) | (?:这|那)(?:条|个)?(?:短信|信息|短讯)?(?:是)?谁发
            (?:^|这个?|那个?)是什么来的?$ | ^你们?谁(?:来的?)?$
            (?:收不收|要不要|用不用|使不使)(?:钱|费).{0,8}(?:回|<bulk>)
            (?:回|<bulk>).{0,8}(?:收不收|要不要|用不用)(?:钱|费)
            help(?:[^a-z]|$)(?!.{0,3}(?:find|me find)) | 怎么(?:样)?(?: )?(?:reply|confirm|rate|text|answer) | 回哪
            按哪 | 选哪个数字 | 要回(?:吗|么) | 需要回复?(?:吗|么) | 怎么才(?:能|算)(?:回|确认)
            (?:回|选|按|答)[1-9](?:还是|或者?|和)(?:回|选|按|答)? ?[1-9]
            (?:可以|能|需要|要|是不是|可不可以|能不能)(?:直接)?(?:回复?|答)(?:数字)?(?:吗|么|\?|就)
            回(?:谁|哪)?个?数字 | 怎么评 | 怎么打
            什么(?:短信|短讯|信息|号码)$ | [1-5]和[1-5].{0,4}(?:区别|不同|差别|分别|意思|什么)
            操作(?:指引|方法|说明|指南)
            (?:可以|能|可不可以)(?:用|回复?|打|写|发)?(?:文字|中文|英文|字|语音|数字).{0,3}(?:回|吗|\?|$)
            (?:用不用|要不要|需不需要|使不使)(?:回|答)
            (?:reply|回复?|confirm|答) ?什么 | [1-5]分?(?:是|算|代表)(?:好|坏|高|低|差)
            回[1-9].{0,4}(?:就是|是不是|就|是).{0,8}(?:吗|\?)
            怎么用(?:这个?|这东西|这号码)(?:$|\?|啊|呢|短)
            怎么(?:用|回|答|看|操作|弄)的?.{0,3}(?:这个?|那个?)?.{0,2}<bulk>
            (?:这个?|那个?)?(?: ?number ?|号码?|电话|<bulk>| )+(?:是|来自|是哪来|到底是)(?:谁|哪|什么)
            (?:这个?|你|你们)是(?:什么|哪个|哪间|哪一家)(?:号码?|人|公司|店|机构|地方|部门)
            <bulk>(?:是|要|到底|该|应该|系统)?(?:怎么|如何)(?:用|回|答|操作|弄|搞|看|玩)
            (?:回复?|答|覆|发|传|回传|reply|<bulk>).{0,6}(?:收费|收钱|扣钱|要钱|付费|免费|计费|扣费|另外收|额外收|
                话费|使钱)
            (?:收费|收钱|扣钱|要钱|免费|计费|扣费).{0,6}(?:回复?|答|覆|reply|短信|短讯|sms)
            [1-5一五]分?(?:到|至|-|~|和|还是|或者?)[1-5一五]分?.{0,6}(?:最好|最高|最差|好|高|怎么|哪|是什么|什么意思|
                先|才)
            [1-5一五]分?.{0,3}(?:才|就|先)?(?:算|是)(?:最)?(?:好|高|差|低)(?:的)?(?:吗|\?|还是|对吗|对不对)
            (?:按|打|写|输|填|选|键入|输入)(?:哪|什么|几|多少)(?:个)?(?:键|掣|数|号|字|钮|码)?
            (?:打字|文字|数字|按键).{0,3}(?:还是|或者?|定).{0,3}(?:打字|文字|数字|按键|按)
            (?:不知道?|不清楚|不明|不太懂|搞不懂)(?:该|要|应该|怎么|如何)*(?:怎么|如何|什么)?(?:回|答|填|按|打|操作|选)
            什么意思(?:$|\?|啊|呀|来的) | 是什么(?:短信|短讯|信息|讯息|来的|东西来) | 干什么用的 | 有什么用的?(?:$|\?)
            (?:看得懂|读得懂|认得|支持)(?:中文|英文|繁体|简体|广东话|文字)
            [1-5](?:就)?是.{1,5}(?:吗|么|\?) | (?:是不是|是否)(?:回|按|选|发)[1-9] | 怎么(?:做|计分|算分|弄) | 怎么算$
        """,
        unless=r"""
            \bhelp (?:me |us )?(?:find|choose|get|order|pick|check|buy|look|book|move|change|carry|cancel)\b
            \bwhat (?:size|colou?r|time|stage|product)\b
            怎么(?:用|涂|吃|喝|冲|泡|洗|保存|敷|选).{0,2}(?:面霜|奶粉|面膜|精华|乳液|产品|洗发|这款|这罐|这瓶|尺码|
                颜色|款|段数)
            (?:面霜|奶粉|面膜|精华|乳液|产品|洗发水|药|霜|粉|乳|水|膏|机|器).{0,4}怎么(?:用|吃|涂|冲|喝|泡|选|洗|保存|
                操作|弄)
            帮我(?:看|找|查|问|订|拿|留|选|改|取消) | 怎么(?:回收|发货|发票|发快递|发奖)
            回(?:什么|哪个|几).{0,3}(?:时候|点|店) | (?:按|发|选)(?:什么|哪个|几)(?:时间|货|快递|颜色)
        """,
    ),
)
