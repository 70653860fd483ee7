"""Dissatisfaction with us, and bodies that react to our goods. Data."""

from __future__ import annotations

from app.messaging.meanings import IntentKind
from app.messaging.phrases.harmless import NO_REACTION, NOT_FROM_OURS, NOT_OURS, NOT_PROMISED
from app.messaging.phrases.row import Row

COMPLAINT = (
    Row(
        IntentKind.COMPLAINT,
        "used it, and a body reacted: so it is, whatever is asked besides ('can I go on using it?')",
        is_reaction=True,
        chinese=r"""
            (?:用|涂|擦|吃|喝|敷|抹|贴|换)(?:了|完|过|后|之后|以后)(?:(?!会|怕|没|不(?!舒服|适|良)|未|别|无|防|治|
                什么|才|推荐|适合|牌|海鲜|虾|蟹|芒果|火锅|药|酒|辣)[^。!?]){0,14}(?:疹|痒|肿|过敏|敏感了|红了|发红|
                泛红|又红|一片红|通红|刺痛|脱皮|掉皮|拉肚子|腹泻|呕|吐了|爆痘|长痘|火辣|灼|烂脸|不舒服|不适|
                胀气|肚胀|起.{0,2}(?:泡|痘|粒|疙瘩))(?![^,。!?]{0,4}(?:好|退|消|没|少|淡|不见)了)
        """,
        but_not=NOT_FROM_OURS,
    ),
    Row(
        IntentKind.COMPLAINT,
        "a body reacts to our goods",
        is_reaction=True,
        both="using & hurting",
        english=r"""
            rash(?:es)? | hives | itch(?:y|ing|es|ed|iness)? | swollen | swell(?:ing|ed|s)? | allerg(?:y|ic|ies)
            eczema | vomit(?:ed|ing|s)? | threw up | throwing up | throws up | puk(?:e|ed|ing) | diarr?h?o?ea
            diarrhea | burn(?:s|ing|ed|t) | sting(?:s|ing)? | stung | irritat(?:ed|ion|ing|es) | redness
            red (?:spots?|patch(?:es)?|bumps?|marks?|dots)
            (?:turned|went|goes|gone|got|all|became|so|is|are|and) red | blister(?:s|ed)? | peeling | break ?outs?
            broke out | breaking out | pimples | bumps all
            (?:felt|feels?|got|was|been|made (?:me|him|her)) (?:very |so |really |a bit |quite )?(?:sick|ill|dizzy|
                nauseous|unwell)
            nausea | upset stomach | stomach ?aches? | tummy ?aches? | tummy pain | sore | hospital(?:ised)? | numb
            headaches? (?:after|since) | fever (?:after|since) | cramps? | constipat\w+ | bad reaction
            reaction to (?:your|the|it) | had a reaction
            (?:feels?|felt|looks?|looked) like (?:sandpaper|a burn|fire|it is burning|a lobster|a tomato)
            (?:nails?|teeth|hair|skin|hands?|face)(?: \w+)? (?:turned|went|gone|goes) (?:yellow|green|orange|black|
                grey|purple|blotchy|blue)
            ended up (?:in|at) (?:a&e|a and e|the er|hospital|emergency|casualty|the doctor\w*)
            (?:face|skin|scalp|eyes?|lips?|bum|bottom)(?: \w+){0,2} on fire
            (?:will not|can not|keeps?) (?:stop )?scratching
            (?:have|got|gave me|left me with) (?:\w+ )?bruises
            red dots? | spots all over | bumps? (?:on|all)
            skin (?:is|feels|got|became|has)(?: \w+)? (?:burning|tight|dry and|rough|raw|peeling)
            (?:made|makes|left) (?:my|her|his) (?:skin|face|hands?|lips?|eyes?)
            eyes?\b[\w ]{0,30}\b(?:watering|watery|swollen|red|sting\w*) | skin (?:is )?peel\w* | all red\b
            (?:sick|ill|unwell) (?:all|the whole) (?:night|day)
        """,
        chinese=r"""
            过敏 | 敏感了 | 有点敏感 | 皮肤敏感了
            (?:用|涂|擦|吃|喝|敷|抹|洗|穿|戴|贴|搽)(?:了|完|后|过|之后|以后|着|你们).{0,14}(?:敏感|红|痒|肿|疹|痘|辣|
                刺|痛|疼|烧|不适|不舒服|吐|拉|泻|哭|晕|脱皮|闷|起|干裂|爆皮|难受|反应)
            红疹 | 起疹 | 出疹 | 皮疹 | 疹子 | 红点 | 红斑 | 起红 | 长红 | 发红 | 红肿 | 泛红 | 又红 | 好红 | 脸红
            红了 | 红晒 | 痒 | 肿 | 刺痛 | 灼 | 火辣 | 辣痛 | 脱皮 | 爆皮 | 蜕皮 | 起泡 | 水泡 | 起皮 | 爆痘 | 长痘
            长了痘 | 冒痘 | 烂脸 | 毁容 | 拉肚子 | 腹泻 | 拉稀 | 肚泻 | 肚痛 | 肚子(?:疼|痛|不舒服) | 胃痛 | 呕 | 吐了
            就吐 | 会吐 | 又吐 | 一直吐 | 想吐 | 吐奶 | 作呕 | 便血 | 便秘 | 头晕 | 头痛.{0,4}(?:用|吃|喝) | 住院
            看医生 | 进医院 | 去医院 | 送医 | 急诊 | 不良反应 | 拉了(?:一|两|好|几) | 屙
            掉皮 | 起疙瘩 | 疙瘩 | 小红 | 起疹 | 便秘 | 难受 | 刺激得 | 烧脸 | 烂了脸 | 过敏了
            (?:脖子|手腕|身上|脸上|背上|腿上|手上|胸口|腰上?|颈)[^,。!?]{0,5}(?:红(?!润|包|绳|色)|疹|泡|斑|肿) | 砂纸
            (?:成|整|满|一)个?(?:面|脸)[^,。!?]{0,3}(?:疮|痘|红|粒|疹|花)
            (?:大便|便便|屎)[^,。!?]{0,3}(?:绿|黑|稀|血|水)
            风癞 | 抓(?:损|破|烂)了? | 血丝 | 便血 | 发烫
            (?:之后|以后|后|完).{0,8}(?:哭闹|粒粒|一粒粒|烫|咳|喘|流泪|心慌|头晕|不肯喝|拒奶)
            起(?:了|晒|满|好多|很多|成)+.{0,2}(?:粒|红|疹|泡|痘|点|包)
            (?:吃|喝|用|涂|敷|抹)[^。!?]{0,20}(?:胃|肚子?|舌头?|嘴[唇巴]?|喉咙?)[^,。!?]{0,4}(?:翻|顶|胀|绞|抽|
                麻(?!烦)|痹|肿|烧)
            (?:胃|肚子?|舌头?|嘴[唇巴]?|喉咙?)[^,。!?]{0,4}(?:翻|顶|胀|绞|抽|麻(?!烦)|痹|肿|烧)[^。!?]{0,6}(?:吃|喝|
                用|涂|敷|抹)(?:了|完|过)
            出(?:了|晒|完|满).{0,2}(?:粒|痘|疹|红) | 满脸(?:痘|红|疹) | 掉头发
        """,
        unless=r"""
            ^(?!.{0,80}(?:喝|吃|用|涂|擦|敷|抹|戴|穿|洗)(?:了|完|过|后|之后|你们|那|这|上次)|.{0,80}\b(?:after|since|
                from (?:your|the)|using|used)\b).{0,80}(?:改(?:天|到|期|日|下|明|后|周|星期|约)|another (?:day|time)|
                reschedul|next week|instead|(?:can|could) (?:we|you) (?:do|make|move|come|delay|change)|postpone|
                rain ?check|different day|not make it|can not (?:come|do|make|see)|来不了|去不了|不能来|不用来|别来|
                过几天|推迟|延期|延后|下次|约)
        """,
        but_not=NO_REACTION,
    ),
    Row(
        IntentKind.COMPLAINT,
        "says so: a complaint, money back, a report to the authorities",
        english=r"""
            complain(?:t|ts|ed|ing)? | refund(?:ed|s)? | money back | compensat\w+ | scam(?:med|mers?|s)? | fraud
            cheat(?:ed|ing|ers?)? | rip ?off | ripped off | sue | consumer council | bad review
            negative (?:review|feedback) | report you
            (?:speak|talk|complain|pass|report)(?: \w+){0,4} (?:manager|supervisor|boss|head office|person in charge|
                owner)
            thanks for nothing | so much for (?:your|the|that) | is (?:this|that) how you
            (?:fed up|tired) (?:with|of) (?:this|you|your)
        """,
        chinese=r"""
            投诉 | 举报 | 差评 | 退款 | 退货 | 退钱 | 退回?货款 | 赔偿 | 赔钱 | 赔我 | 赔给 | 换货
            换一[个罐瓶盒支]好 | 假货 | 假的 | 冒牌 | 骗人 | 骗我 | 骗子 | 骗钱 | 欺骗 | 被骗 | 坑人 | 被坑 | 坑我
            黑店 | 无良 | 奸商 | 消委会 | 消费者协会 | 消协 | 12315 | 曝光 | 讨个?说法 | 给个?说法 | 给个?交代
            要个?说法 | 欺负
            (?:找|叫|要|让|见|投诉).{0,5}(?:经理|主管|老板|负责人|领导|上司|店长)
            (?:真是|真的|算是)?服了(?:你|我|了)? | 你们(?:可)?真行 | 这就是你们 | 呵呵 | 什么玩意 | 解决再说 | 先解决
            嫌多
        """,
        but_not=NOT_OURS,
    ),
    Row(
        IntentKind.COMPLAINT,
        "what was promised does not come; never again; swearing",
        english=r"""
            (?:have|has|had|did) not (?:yet |even |ever |still |actually )*(?:received?|got(?:ten)?|seen|had|get)
                (?: back)? (?:my|the|our|any|a)(?: \w+)? (?:refund|money|parcel|packages?|orders?|delivery|goods|items?|
                products?|gifts?|vouchers?|points|replacement|exchange|reply|response|answer|compensation|apology)
            (?:been|over|already|more than|after|took|taken)(?: \w+){0,2} (?:\d+|an?|two|three|four|five|six|several|
                many|few)(?:hours?|days?|weeks?|months?)[, ]+(?:and |now |later |, ?)*(?:still|no|nothing|nobody|
                not yet|never)\b
            you (?:all |guys |people )?(?:promised|said|told me|guaranteed|assured me|
                agreed)\b[\w: ]{0,40}[, ]+(?:and |but )?(?:it is (?:now |already )?(?:\d|past|gone|after)\w*|
                now it is|it is still|is still|still no\w*|still|nobody|no one|never (?:came|did|happened|called)|
                nothing|has not|did not|have not)
            (?:broken|empty|false) promises? | br(?:oke|eak|oken) (?:your|the|a) promise
            not keep (?:your|the) (?:word|promise)
            (?:was|were|is|are) (?:due|expected|booked|meant to (?:come|be here|arrive)|
                supposed to)\b[\w :.,-]{0,40}[.,;]? (?:and |but )?(?:it is|it's|its) (?:now|gone|past|nearly|almost|
                after|already|\d[\w.:]*)
            (?:you|they|she|he)(?: \w+)? said\b[\w :.,-]{0,30}[.,;] ?(?:and |but )?(?:it is|it's|
                its) (?:now |gone |past |already |nearly )?\d[\w.:]*
            supposed to\b[\w :,-]{0,30}[.,;] ?(?:and |but )?(?:it is|it's|its) (?:now|gone|past|already|nearly|
                \d[\w.:]*)
            (?:tracking|app|website|system|status|it) (?:says|said|shows|showed)(?: \w+){0,3} (?:delivered|received|
                signed)\b.{0,20}\b(?:not|nothing|no|never|but)\b
            how much longer | how many (?:more )?times (?:do|must|should|have|did|will)
            how long (?:must|do|should|have) (?:i|we)(?: \w+){0,3} wait(?:ing|ed)?
            (?:second|third|fourth|fifth|2nd|3rd|4th|5th) time (?:this|you|i am|i have (?:to|had)|it has|it is|
                already|in a row|now|running)
            chas(?:ed|ing) (?:you|this|up|for|my|after) | follow(?:ed|ing) up (?:again|many|\w+ times)
            (?<!if )(?<!sorry )no (?:reply|response|call ?back|follow[- ]?up|explanation|apology)(?! (?:needed|
                necessary|required))
            wtf | wth | what the (?:hell|heck|fuck) | for god'?s sake | ffs | bloody | shit(?:ty)? | bullshit | fuck\w*
            will (?:never|not ever)(?: \w+){0,2} (?:buy|order|shop|come back|use|return|trust|recommend)
            not (?:buying|ordering|coming back|shopping|recommending|using)(?: \w+){0,4} (?:again|anymore|any more)
            (?:promised|told|offered)\b[\w ]{0,30}\b(?:and|but) (?:i )?(?:got|received|saw|heard|have) (?:nothing|
                none|no)
            (?:hours?|days?|weeks?|minutes|ages)[, ]+(?:later )?(?:and |but |now )*(?:still|no|nobody|nothing)
            (?:you|shop|store|hotline|office|staff|company|nobody|she|he|they|line) (?:just )?(?:never|does not|
                do not|did not|will not) (?:ever )?(?:repl(?:y|ies|ied)|answer(?:s|ed)?|respond(?:s|ed)?|pick(?:s|
                ed)? up|call(?:s|ed)? back|care(?:s|d)?)
            lost (?:a|your|my|another) (?:good |loyal |old )?(?:customer|trust|business)
            last time (?:i|we) (?:ever |will )?(?:buy|order|shop|use|come)
            would not recommend | not recommended | (?:shop|buy|go|going|take my business) elsewhere
        """,
        chinese=r"""
            (?:还|仍|一直|到现在|至今|都)(?:是|都)?没(?:有)?(?:收到|拿到|见到|等到|送到|处理|退|回复|人)(?!短信|信息|
                通知|验证码)
            (?:你们|师傅|司机|送货|店员|客服|你)[^,。?]{0,4}(?:说|讲|约|答应|承诺|保证|写)[^。?]{0,14}(?:现在|已经|都|
                还|竟|结果|却)[^。?]{0,6}(?:点|没|不(?!错|好意思)|晚|才)
            (?:答应|承诺|保证|说好|讲好)(?:了|过|我|的|好|会|要)*[^,。?]{0,10},?(?:又|却|但|结果|还是)?.{0,2}(?:没|
                不(?!会|再))
            (?:显示|物流|系统|快递|app|查到)[^。!?]{0,8}(?:签收|已?送达|送到了?|派送成功|已收)[^。!?]{0,8}(?:没|未|不)
            约(?:了|的|好)[^。!?]{1,8}(?:现在|都)[^。!?]{0,6}(?:点|分|钟)
            (?:又|再|总|老是?|一直|每次都?|次次都?|次次|永远)(?:是|说|话)?(?:缺货|断货|没货|无货)
            言而无信 | 说话不算 | 不算数 | 出尔反尔 | 说一套 | 食言 | 讲一套 | 没(?:有)?交代
            (?:到底|究竟).{0,4}(?:还|有没有人|要等|处理|搞|想怎样|管不管|行不行|什么时候才|几时才)
            (?:催|问|打|反映|跟|说|讲|找|致电|投诉)(?:了|过)?.{0,4}(?:多|几|好几|两|三|四|五|n|无数|[2-9])(?:次|遍|回)
            (?:三番四次|三番两次|再三|屡次|一而再|一次又一次|无数次)
            怎么.{0,4}(?:还没|还不|都没|又|总是|老是|没人|没有人)
            怎么(?:这么|那么)(?!好|快|贴心|便宜|有心|周到|客气|nice|早|巧|厉害|漂亮)
            为什么.{0,3}(?:没|还|总|老|又|多收|扣|这么)
            (?:给|要|需要|还)(?:我|个|一个|我个|我一个|回我).{0,2}(?:解释|交代|说法|答复|公道)
            (?:麻烦|请|尽快|立刻|马上|快点)(?:给我|帮我)?(?:处理|跟进|解决) | 最后一次(?:买|来|用|光顾|帮衬|订)
            不(?:给|让|肯)(?:我)?(?:退|换|赔)(?!吗|么|\?) | (?:什么时候|几时|多久)(?:才|能|可以)?退(?:钱|款|我|给我)
            (?:讲明|说明|说好|讲好|当初)[^。!?]{0,14}(?:又|却)(?:说|话|讲)?(?:不行|不得|不可以|没有|不能)
            (?:下次|以后|今后)(?:都|也|再|就)*不(?:会)?(?:再)?(?:来了|来你|帮衬|光顾|找你)
            说好的.{1,10}呢 | 踢皮球 | 推三阻四 | 互相推 | 打太极 | 准话 | 忘了我 | 把我忘了 | 忘记我
            没有下次 | 不会(?:有)?(?:下次|第二次|推荐|介绍|再信) | 不推荐 | 不建议(?:买|购买|大家) | 劝退 | 避雷
            踩雷 | 踩坑
            中伏 | 智商税 | 割韭菜 | 失去.{0,4}(?:客|信任)
        """,
        but_not=NOT_PROMISED,
    ),
    Row(
        IntentKind.COMPLAINT,
        "people, manners and service",
        both="staff & ill_mannered",
        english=r"""
            terrible | horrible | awful | disgusting | appalling | dreadful | pathetic | shocking | lousy | atrocious
            crap(?:py)? | rubbish | trash | garbage | useless | sucks? | sucked | rude(?:ly|ness)? | impolite
            unfriendly | disrespectful | unprofessional | careless | sloppy | unreliable | incompetent | dishonest
            arrogant | aggressive | impatient | unacceptable | not acceptable | ridiculous | outrageous | joke
            nonsense | furious | angry | upset | annoy(?:ed|ing) | frustrat(?:ed|ing) | disappoint(?:ed|ing|ment|s)?
            dissatisf\w+ | unsatisf\w+ | unhappy | fed up | worst | disgrace\w* | shameful
            regret (?:buying|ordering) | let (?:me |us )?down | sick of | sick and tired | had enough of
            (?:poor|bad|slow|worse|low|shoddy|cheap|disappointing|mediocre|substandard) (?:service|attitude|quality|
                experience|manners|packaging|packing|delivery|job|handling|condition|customer service|communication|
                batch|taste|smell|product)
            (?:service|attitude|quality|packaging|staff|experience|delivery|product|item|shop) (?:is|was|are|were|
                has been|got|really|so|gone)(?: \w+)? (?:poor|bad|slow|worse|worst|low|cold|downhill|below|lacking|
                a mess|no good|not good|not great)
            (?:not|never)(?: been)?(?: very| so| too| really| at all| entirely| exactly| quite| all that| a)* (?:happy|
                satisfied|pleased|impressed|acceptable|good enough|polite|friendly|professional|right with|fair|
                ok with|the same|what i (?:ordered|asked|wanted|bought|paid)|as described|as promised|as advertised|
                as agreed)
            (?:short|cold|curt|rough|cross|dismissive|pushy|sarcastic|condescending) with me | very pushy
            (?:too|so) pushy
            never (?:listen|bother|care|help)s? | do not (?:care|listen|bother) | pressured | forced (?:me|us)
            looked down | on hold | kept me on
            (?:could not|can not) be bothered | no (?:manners|respect|sincerity|responsibility)
            treated (?:me|us|my \w+) (?:badly|like)
            laughed at | on (?:her|his|the|their) phone (?:the whole|all the) time
            not take no for an answer
            (?<!never )(?<!not )(?:felt|feel|was|were|been) (?:so |very |really )?(?:pressured|rushed|ignored|
                unwelcome|belittled|patroni[sz]ed|cornered|bullied|judged|talked down|fobbed off|brushed off|let down)
            made to (?:feel|wait|look) | (?:ended up|came home|walked out) with (?:\w+ ){0,3}(?:not|never)\b
            roll(?:ed|ing|s) (?:her|his|their) eyes | rather unkind
            (?:left|kept) (?:my (?:old |elderly )?\w+|an old \w+|her|him|us|me)(?: \w+)? (?:waiting|standing|outside|
                hanging)
            (?:surprised|shocked|taken aback) (?:by|at) how | some(?:one|body) promised to
            (?:rang|called|phoned|emailed|wrote)(?: you)? twice | left after (?:\w+ )?minutes
            on the phone the (?:whole|entire)
            (?:can|could) not get through | said no (?:\w+ )?times
            track(?:ed|ing|s) (?:mud|dirt)
            had to (?:carry|lift|fix|clean|collect|fetch)(?: \w+){0,4} (?:myself|on my own|ourselves)
            (?<!no )room for improvement | needs? to improve | could (?:do|be) (?:much |a lot |so much )?better
            leaves (?:a lot|much) to
            (?:rang|knocked|called|came)\b[\w ]{0,20}\bat (?:5|6|7|midnight) ?am | woke (?:me|us|the|my)
            (?:did not|never|refused to|would not|could not)(?: even)? (?:explain|help|carry|listen|apologi[sz]e|
                take off|greet|exchange|look|say)
            smell(?:ed|s|t) of (?:smoke|alcohol|sweat)
            expected (?:better|more)
            (?:service|quality|standard|standards|attitude)\b[\w ]{0,20}\b(?:gone down|dropped|declin\w+|slipp\w+|
                gone downhill)
            hard ?sell
            (?:kept|keeps|constantly|kept on) (?:pushing|pressuring|pestering|selling|forcing|nagging|interrupting|
                hassling)
            (?:push(?:ed|ing)|pressur(?:ed|ing)|forc(?:ed|ing)|persuad(?:ed|ing)|trick(?:ed|ing)) (?:me|us|
                my \w+) (?:to|into)
            livid | fuming | appalled | disgusted | insulted | offended | humiliated | unimpressed | underwhelm\w+
            displeased | irate | pissed(?: off)? | mad (?:at|with) | (?:a|big|huge|total|real) let ?down | nightmare
            shambles | farce | fiasco | (?:such|what|left|total|complete|real) a? ?mess | poor show | not fair | unfair
            not right(?! now| here| there| this| away) | not cool | not good enough | sub-?par | shambolic | laughable
            below (?:par|average|standard|expectations?) | not up to (?:standard|scratch|par) | mediocre | over-?priced
            (?:total|complete|absolute|big|such a) waste | robbery | swindl\w+ | deceiv\w+ | deceptive | mislead\w+
            conned | unbelievabl[ey] (?:bad|slow|rude|poor|service) | no (?:one|body) cares | does not care
            (?:not|never|no) (?:\w+ )?(?:good|great|nice|happy|pleasant) (?:experience|service|attitude)
            (?:so|too|very|really|extremely|super|damn|bloody) (?:slow|rude|bad|poor|careless|messy|unfriendly|
                expensive forwhat|dirty|smelly|flimsy)
            (?:rude|impolite|late|careless|pushy) (?:this|next|again) (?:time)?
        """,
        chinese=r"""
            太差 | 很差 | 好差 | 真差 | 极差 | 差劲 | 差极 | 更差 | 最差 | 越来越差 | 那么差 | 这么差 | 差到
            (?:服务|态度|质量|素质|包装|体验|品质|效果|印象).{0,5}(?:差(?!不)|不好|不行|不佳|有问题|冷淡|冷漠|恶劣|糟|
                烂|一般般|不敢恭维|堪忧|下降|不满)
            <very>(?:差(?!不|额|价|点|别)|烂|慢(?!慢)|凶|臭|脏|夸张|离谱|过分|糟|恶劣|失望|难吃|难喝|难用|难闻|难看|
                难搞|粗糙|敷衍|冷淡|没礼貌|无礼|不满|气人|恶心|坑|儿戏|马虎|草率|混乱|无语|无奈|心寒|扯|劣|没诚意|
                不专业|不负责)
            等(?:了)?(?:足|成|整整|差不多|快|超过|都)?(?:[一二两三四五六七八九十半几多0-9])+个?多?(?:小时|钟|天|日|
                星期)(?!再|后|内|我|吧|可以|行)
            等(?:太|很|好|这么|那么|得|超|到|了|足|够|死|超级|真的|实在|非常|特别)+(?:久|耐|长时间)
            冷冰冰 | 冷冷的 | 态度.{0,10}(?:两样|变了|冷)
            (?:踩|弄|整|搞)(?:得|到)(?:到处|满地|一地|全|都|乱|脏|一塌) | 到处都是(?!你)
            留下(?:一地|一堆|垃圾) | 没(?:收拾|清理|打扫) | 一团糟 | 乱七八糟
            求其 | (?:总部|总公司|工商局?|卫生局|媒体|报警|警察|律师|法院|海关|食环署?).{0,4}(?:反映|举报|投诉|告|找|说)
            (?:向|跟|找|去|打给|联系)(?:你们)?(?:总部|总公司|工商|媒体|律师|警察|海关|食环|消委)
            荒谬 | 荒唐 | 可笑 | 儿戏 | 什么鬼 | 醉了 | 吐血 | 气炸 | 气到 | 气坏 | 激气 | 激死 | 把火 | 火都 | 崩溃
            抓狂
            不公平 | 不合理 | 没良心 | 黑心 | 欺诈 | 诈骗 | 劣质 | 伪劣 | 三无 | 山寨 | 水货 | (?<![0-9])0分 | 次货
            残货 | 烂货
            一星都
            零分 | 负分
            (?:收到|拿到|寄来|送来|到手|实物|买回来|拆开|打开)[^,。]{0,10}(?:不一样|不同|不符|对不上|错|两样|差很|
                不是我)
            (?:说话|讲话|语气|口气)[^,。!?]{0,3}(?:很|挺|好|太|真|有点|那么|这么)*(?:冲|呛|难听|刻薄|硬邦邦|重)
            问.{1,2}句.{0,2}答.{1,2}句
            (?:全程|一直|只顾|光顾着?|顾住|低头)[^,。!?]{0,4}(?:看|玩|刷|打|讲|聊|倾)[^,。!?]{0,2}(?:手机|电话|天|微信)
            (?:穿|着|踩)[^,。!?]{0,4}鞋(?!套)[^,。!?]{0,4}(?:进|入|走|行|踩|上)[^,。!?]{0,2}(?:屋|家|门|来|地|客厅|
                房)(?![^,。!]{0,6}(?:吗|\?))
            (?:服务|态度|手法|质量|水平|效率|卫生|管理|手势)[^,。!?]{0,5}(?:有待|需要?|要|该|
                应该)[^,。!?]{0,2}(?:改善|改进|提高|提升|加强|检讨)
            (?:服务|态度|手法|质量|水平|效率|卫生|手势|效果)(?:很|真|太|也|都|好|比较|挺|实在|真的|就)*(?:一般|麻麻|
                普通|马马虎虎|欠佳|不敢)(?!的)
            (?:要不要|请|麻烦|能不能|谁能?|谁来)[^,。]{0,3}解释(?:一?下)?(?:$|\?|!|,|为什么|怎么回事)
            (?:^|[,。!])解释一?下(?:\?|$|!)
            不大好 | 不太好吧
            糟心 | 窝火 | 憋气 | 憋屈 | 来气 | 心累 | (?:都|也)不肯
            (?:没|没有)(?:一|半)?句(?:道歉|对不起|抱歉|解释|交代) | (?:道歉|对不起|抱歉|解释)(?:都|也)(?:没|不)
            (?:连|一|半)句(?:对不起|道歉|抱歉|解释)(?:都|也)?没
            (?:弄|划|刮|撞|留)(?:了|下|出|到)[^,。!?]{0,3}(?:印|痕|坑|花)
            (?:让|叫|要)我(?:们)?自己[^,。!?]{0,4}(?:搬|拎|抬|扛|装)
            一言难尽 | 不怎么(?:样|地|滴) | 阴阳怪气 | (?:这么|这样|这种)的?服务(?:都|还|也|居然)
            呼呼?喝 | 恶劣 | 不耐烦 | 没耐心 | 没礼貌 | 不礼貌 | 不客气 | 没素质 | 不专业 | 不负责 | 不尊重 | 敷衍
            马虎 | 粗鲁
            粗暴 | 好凶 | 很凶 | 太凶 | 骂人 | 骂我 | 吼我 | 大声吼 | 黑脸 | 黑面 | 臭脸 | 板着脸 | 甩脸 | 白眼 | 离谱
            过分 | 糟糕 | 垃圾(?!桶|袋|短信) | 失望 | 不满 | 不开心 | 不高兴 | 不爽 | 不舒服 | 生气 | 气死 | 气愤
            愤怒 | 恼火 | 火大 | 无语 | 受够 | 受不了 | 忍无可忍 | 心寒 | 寒心 | 不怎么样 | 不咋 | 不太好用 | 不像话
            不靠谱 | 不讲信用 | 没信用 | 不守信 | 不守时 | 不诚信 | 后悔买 | 坑爹 | 无耻 | 可恶 | 太烂 | 好烂 | 真烂
            很烂 | 烂透 | 最烂
            爱理不理 | 爱答不理 | 爱搭不理 | 不理不睬 | 心不在焉 | 粗声 | 粗口 | 讲粗 | 大声 | 不理我 | 不理人
            瞧不起 | 看不起 | 看低
            (?:这么|咁)做生意 | 不敢(?:再|买|用|恭维) | 不会再(?:帮衬|光顾) | 两码事 | 两回事
            结果(?:什么|却|没|只|就|全|根本|完全)
            一直(?:看|玩|刷)手机 | 很随便 | 不认真 | 不仔细 | 不上心 | 没诚意 | 没责任 | 不诚实 | 太贵了吧 | 宰客
            (?:不|没)(?:是)?(?:太|很|好|怎么|大|十分)?满意 | 态度(?:麻麻|一般) | 麻麻地 | 催我 | 硬销 | hard ?sell
            嘲笑 | 笑我 | 吵醒 | 骂骂咧咧 | 后悔 | 没有?(?:你们)?说的那么好
            (?:也|都)不(?:跟|和|同|给|告诉)我(?:说|讲|打|们) | 说(?:改|取消|不来)就(?:改|取消|不来)
            扔(?:在|门|到|下|地) | 占线 | 办卡 | 整(?:污糟|脏|烂)
        """,
        but_not=NOT_OURS,
    ),
    Row(
        IntentKind.COMPLAINT,
        "goods that are broken, spoilt, opened or do not work",
        both="goods & spoilt",
        english=r"""
            broken | broke | damaged | defective | faulty | crack(?:ed|s) | dent(?:ed|s)? | smashed | shattered | torn
            ripped | crushed | squashed | leak(?:s|ed|ing|y)? | spil(?:led|t|ls|ling) | mou?ldy? | rotten
            spoil(?:ed|t) | stale | expired | out of date | past its | dirty | stained | scratched | tampered
            unsealed | rusty | fake | counterfeit | malfunction\w* | fell apart | came apart | came off | falls apart
            melted | soaked | soggy
            (?:does|do|did|is|are|was|will|has|just|can)(?: \w+)? not (?:even )?(?:work(?:ing|s|ed)?|function(?:ing)?|
                turn on|open|close|spray|pump|charge|start|seal|fit|dispense)
            tast(?:es|ed) (?:like|of) (?!chocolate|vanilla|strawberry|milk|candy|heaven|home|honey|fruit)\w+
            stopped (?:charging|spinning|heating|pumping|closing|turning|spraying|ticking|lighting)
            stopped working | (?:no longer|never) works? | will not (?:open|close|turn on|pump)
            (?:seal|lid|cap|box|tin|tins|tub|bottle|pack(?:et|age|ing)?|bag|jar|tube|can|
                cans)\b(?: \w+){0,6} (?:open(?:ed)?|loose|off|used|wet|empty|half|sticky|popped|missing)
                \b(?! today| now\?)
            already (?:been )?(?:open(?:ed)?|used|unsealed) | used (?:one|product|item)
            (?:smell(?:s|ed|ing)?|tast(?:es|ed|ing)?|look(?:s|ed)?) (?:\w+ )?(?:bad|off|funny|weird|strange|sour|
                rotten|odd|horrible|rancid|fishy|different|old|used|fake|wrong)
            smells\b(?! (?:nice|good|great|lovely|amazing|so good)) | gone (?:bad|off|sour) | went (?:bad|off|sour)
            (?:texture|consistency|colou?r|smell|taste|scent|flavou?r)(?: \w+){0,3} (?:weird|strange|odd|funny|grainy|
                off|wrong|different|changed|awful|slimy|chalky)
            (?:does|did|do) not do what | does nothing | did nothing | no effect | not what you (?:said|promised)
            ruined
            not working any ?more | died on (?:me|us) | caught fire | overheat\w*
            half (?:full|empty) | (?:was|arrived|came|is) (?:all )?(?:soaking|drenched|sodden|dripping)
            (?:some(?:one|body)|they|he|she)(?: had| has| must have)? (?:opened|used|tampered|eaten)
            not fresh | (?:hair|insect|bug|worm|worms)s? in | unusable
            (?:colou?r|print|logo)(?: \w+){0,3} (?:faded|ran|came off|washed out|peel\w*) | shr[aiu]nk | insects?
            (?:about|close|going) to expire | expir(?:y|es|ing)\b[\w ]{0,20}\b(?:next|this|soon|tomorrow|in)
            soak(?:ing|ed) wet | (?:wet|empty|stuck|jammed) (?:when|box|inside|again)
            (?:machine|pump|lid|zip|cap|button|it) (?:is|was|got|is now) (?:stuck|jammed) | hair in
            wrong (?:instructions|manual)
            instructions (?:were|are) wrong
        """,
        chinese=r"""
            坏了 | 坏掉 | 是坏 | 坏的 | 都坏 | 又坏 | 弄坏 | 摔坏 | 压坏 | 撞坏 | 一用就坏 | 破了 | 破损 | 破的 | 破洞
            都破 | 爆了 | 爆开 | 烂的 | 裂了 | 裂开 | 裂痕 | 有裂 | 碎了 | 碎的 | 都碎 | 摔碎 | 漏了 | 漏出 | 漏液
            漏油 | 漏水 | 漏粉 | 漏奶 | 在漏 | 是漏 | 会漏 | 漏的 | 漏到 | 渗漏 | 渗出 | 瘪 | 凹了 | 凹陷 | 凹进
            凹的 | 变形 | 压扁 | 挤扁 | 湿了 | 湿完 | 湿透 | 湿晒 | 都湿 | 发霉 | 霉了 | 霉点 | 长霉 | 变质 | 变味
            (?:洗|除|去|散|擦|抹)不(?:走|掉|去|干净)
            (?:勺子?|盖子?|吸管|说明书|配件|充电器|标签|封口|螺丝|封膜|盒子?)(?:都|也|竟然)?没(?:有?$|有?[,。!?;]|了|
                见|放|给)
            老翻 | 翻版 | 盗版 | a货 | 假冒 | 不像正品 | 不是正品 | 不是真的 | 怀疑是假 | 印得.{0,3}(?:糊|蒙|歪)
            变色 | 馊 | 发臭 | 很臭 | 好臭 | 臭的 | 怪味 | 异味 | 酸味 | 味道.{0,4}(?:怪|不对|奇怪|不同|变)
            味.{0,2}(?:好怪|怪怪|很怪|奇怪) | 结块 | 有虫 | 长虫 | 虫子 | 头发在 | 有头发 | 异物 | 生锈 | 好脏 | 很脏
            太脏 | 脏的 | 脏了 | 弄脏 | 污渍 | 过了?期 | 已过期 | 快到期 | 快过了 | 临期 | 都快过 | 拆过 | 开过 | 被拆
            已拆 | 拆开过 | 开封 | 用过的 | 二手 | 没封 | 封口 | 没有封 | 松的 | 是松 | 松了 | 松开 | 掉了 | 断了
            脱落 | 掉色 | 褪色 | 起球 | 缩水 | 用不了 | 不能用 | 没法用 | 用不到 | 不好用 | 打不开 | 盖不 | 按不出
            压不出 | 挤不出 | 喷不出 | 开不了 | 充不了 | 失灵 | 失效 | 没反应的 | 不工作 | 故障 | 有毛病 | 有瑕疵
            瑕疵 | 次品 | 残次 | 质量问题 | 有问题 | 出问题 | 出了问题 | 划痕 | 刮花 | 花了的
            (?:就|又|会|已经)坏 | 有(?:个|一个)?(?:洞|缺口|裂口|裂缝) | (?:撒|洒)了 | (?:撒|洒)得 | 假(?:东西|药|粉)
            (?:才|刚|没|不到|用了)[^,。!?]{0,6}(?:天|次|日|个月|星期|回)[^,。!?]{0,3}就[^,。!?]{0,3}(?:不(?:转|动|亮|
                热|行|能|灵|工作|好使)|坏|断|裂|烂|松|漏|没电)
            (?:只有|只剩|得|剩|就)半(?:<unit>)
            (?<!多)(?<!至)(?<!很)少(?:个|只|支|条|把|张|件|样|包|瓶|盒|罐)(?!人|钱|月|小时)
            (?:一股|有股|股|有)[^,。!?]{0,2}(?:汽油|塑料|化学|药水|霉|腥|臭|馊|酸|酒精|橡胶|油漆|焦|机油)味
            (?:箱|盒|包裹|包装|袋)子?[^,。!?]{0,3}(?:湿|破|烂|瘪|皱|散)(?!了?(?:没|吗|\?))
            给了别人 | 件数(?:不|少) | (?:蟑螂|曱甴|苍蝇|蚂蚁|老鼠)[^,。!?]{0,3}(?:在|爬|死) | 没按时(?:来|到|送)
            ^烂了$ | 都烂了
            破(?:东西|玩意|货|公司|店|服务) | 太次 | 很次 | 是空的 | 空(?:盒|瓶|罐|箱|包)子? | 怪怪的
            (?:保质期|有效期)[^,。!?]{0,6}(?:快到|快过|快完|过了|只剩|就剩|不到|太短|已经过)
            (?:味道|气味|颜色|质地|口感|味)(?:跟|和|与|同)[^,。!?]{0,6}(?:不一样|不同|变了|两样)
            不新鲜 | 发黄 | 发黑 | 有点臭
            缩水(?!吗) | 开胶 | 甩底 | 脱胶 | 起毛 | 掉(?:色|皮|漆|扣|毛|头发) | 黑点 | 崩了 | 根头发
            有(?:根|条)头发 | (?:月|天|周|星期)就(?:到期|过期) | 快到期 | 就来过期
        """,
        but_not=NOT_OURS,
    ),
    Row(
        IntentKind.COMPLAINT,
        "the wrong goods, or too few",
        english=r"""
            wrong (?:item|order|size|product|colou?r|one|thing|things|goods|amount|address|price|bill|brand|stage|
                flavou?r|model|shade|type|version|stuff|parcel|box|formula|cream|quantity|delivery|again|milk|change|
                receipt|bag|bottle|tin|pack|set)
            (?:sent|delivered|gave|got|received|brought|shipped)(?: \w+){0,3} (?:wrong|wrongly|incorrect)
            (?:is|are|was|were|item|items|one|two|tin|box|bottle|piece|half|something|parts?|things?)(?: \w+)? missing
            (?:sent|gave|delivered|brought|got|received|posted)(?: \w+){0,5} instead of
            (?:you|they) (?:sent|gave|delivered|brought|posted)(?: me)?\b[\w ]{0,20}, ?(?:but )?i (?:ordered|wanted|
                asked|bought|paid)
            (?<!i )(?<!i have )(?:lost|misplaced|mislaid) (?:my|our) (?:\w+ )?(?:order|parcel|package|form|details|
                booking|delivery)
            (?:points?|vouchers?|coupons?|credits?|stamps?)(?: \w+){0,4} (?:disappeared|gone|vanished|missing|lost|
                not there|wrong)
            \bno (?:instructions|spoon|scoop|lid|seal|charger|manual|cable|batter(?:y|ies)|gift|samples?) (?:inside|
                in (?:the|it)|included|with it|came)
            (?:took|taken|have|got) (?:the|my) (?:money|payment)\b[\w ,]{0,12}\b(?:but|and|yet)\b[\w ]{0,12}\b(?:no|
                not|nothing|never)
            (?:nothing|not) like (?:the |in the |on the )?(?:picture|photo|description|website|advert|ad|sample)s?
            too (?:small|big|tight|large|loose|short|long)(?: for \w+)?[, ]+(?:though|although|even though|but i|
                despite)
            (?:some(?:one|body) else's|another (?:customer|person)'s) (?:parcel|order|box|delivery|package|bag)
            missing (?:from|in|item|items|one|two|a|an|the|parts?|pieces?)
            only (?:got|received|sent|delivered|\d+|one|two|three|four|five|half)\b.{0,80}\b(?:paid|ordered|instead|not|
                should)
            (?:one|two|\d+|a (?:tin|box|bottle|piece|pack)) short | short(?:ed)? (?:of |by )?(?:one|two|\d+|a)
            paid for (?:\d+|two|three|four|five|six)\b.{0,80}\b(?:got|received|only)
            not what (?:i|we) (?:ordered|asked|wanted|bought|paid|chose|expected)
            (?:ordered|asked for|wanted|bought|paid for)\b[^.;!?]{0,80}\b(?:but|and)\b[^.;!?]{0,80}\b(?:gave|sent|got|
                received|
                brought|came|delivered|only)
            (?:points?|coupons?|discounts?|gifts?|vouchers?|samples?|promotion)\b[\w ]{0,15}\bnot (?:been )?(?:added|
                applied|credited|given|included|received|there|in)
            (?:at|to) the wrong (?:door|address|house|flat|floor|building|unit|person)
            (?:size|colou?r|shade|amount|address|name|price|model|flavou?r|count|total|quantity|stage|
                order)(?: \w+)? (?:is|was|are|were|came|seems?)(?: \w+)? (?:wrong|incorrect|off|not right|different|
                mistaken)\b(?! (?:from|than) (?:last|the other)\b.{0,30}\?)
            (?:\d+|one|two|three|four|five|some|a few)(?: \w+){0,2} short
            not (?:what|as)(?: \w+)? (?:advertised|promised|described|shown|pictured|agreed)
            (?:incorrect|mistaken|mixed up|mix(?:ed)?[- ]?up) (?:item|order|size|colou?r|product|one|delivery|amount|
                address)?
            promised (?:me )?(?:a|the|free|to)\b[^?]{0,60}\b(?:none|not|never|no|but) | cancell?ed on (?:me|us)
        """,
        chinese=r"""
            (?:发|送|寄|拿|给|配|装|订|打|写|开|上)错(?!了?吗) | 错货 | 货不对 | 不对板 | 货不对版
            不是我(?:订|要|买|下)的 | 跟我(?:订|买|要)的不 | 同我(?:订|买)的不 | 少了 | 少发 | 少送 | 少给 | 少一
            少两 | 少寄 | 漏发 | 漏送 | 漏寄 | 缺了 | 缺一 | 不够数 | 数量不 | 不足 | 没有?收到(?!短信|信息|通知|消息)
            还没收到 | (?:尺码|颜色|型号|款式|段数|地址|数目|日期).{0,2}(?:不对|错|不符) | 弄丢 | 丢件 | 丢了 | 寄丢
            不见了 | 失踪 | 没送齐 | 没齐
            (?:赠品|积分|优惠|礼品|小样|折扣|礼物|试用装).{0,4}(?:没|少|不见|未)
            (?:跟|和|与|同)(?:相|样板|实物|网图)[^,。!?]{0,2}差
            (?:跟|和|与|同)(?:图片|照片|相片?|图|描述|说明|介绍|网上).{0,4}(?:不一样|不同|不符|差)
            (?:搞|弄|整)错.{0,4}我(?:要|订|买|选)的 | 我(?:要|订|买|选|点)的(?:明明)?是.{1,12}(?:不是|却|给|来|收到|发)
            到(?:邻居|隔壁|别人|楼下).{0,3}(?:家|去|那)
        """,
        but_not=NOT_OURS,
    ),
    Row(
        IntentKind.COMPLAINT,
        "a wrong bill",
        english=r"""
            over ?charg\w+ | double[ -]?charg\w+ | mis-?charg\w+
            (?:charged|billed|deducted|invoiced|debited)(?: \w+){0,3} (?:twice|double|two times|too much|wrong(?:ly)?|
                extra|more than|again|incorrect\w*)
            (?:bill|invoice|amount|price|receipt|total|change)(?: \w+){0,3} (?:wrong|incorrect|not right|
                does not match|too high|more than (?:you|what))
            paid (?:twice|double) | hidden (?:fee|charge)s?
            (?:higher|more|dearer) than (?:the price|quoted|agreed|promised|advertised|what you|you (?:quoted|said|
                told))
            not the price | wrong(?:ly)? (?:charged|billed)
            (?:took|taken|deducted|charged|billed)\b[\w ]{0,25}\b(?:twice|two times|never bought|did not buy|
                did not order|extra)
            charged(?: \w+){0,3} (?:2|3|two|three|several|multiple) times
            paid (?:the )?full price | (?:does|do|did) not add up | you (?:still )?owe me
            (?:charged|billed|invoiced|paid) for (?:\d+|one|two|three|four|five|
                six)\b[\w ,]{0,30}\bonly (?:\w+ )?(?:ordered|bought|got|received|had|took|wanted)
            (?:extra|unexplained|unknown|mystery|additional|hidden|surprise) (?:[$£€]? ?\d+|charges?|fees?|costs?|
                amount|payment)
            (?:why|what)(?: \w+){0,3} extra (?:on|in|for) (?:my|the|this)
        """,
        chinese=r"""
            (?:多扣|多收|收多|收错|扣错|算错|错收|乱收|重复(?:扣|收|付)|(?:扣|收|刷|付)了?我?(?:两|2|三|3|多)次|(?:扣|
                收)了?我?(?:双倍|两遍|两笔)|价钱?格?不对|价格不符|金额不|账单.{0,4}(?:错|不对|不符)|找错钱|少找|贵了|
                多付|没退钱|没给我退|没退给|还没退|乱扣)
            计错 | 多出(?:来)?(?:一|的|了) | (?:没|不是我)(?:买|订|点)过?的 | 不是(?:这|那)个价 | 收费(?:不|太|有)
            贵过 | 没(?:折|打折)到 | 多算 | 少退 | (?:钱|款)[^,。!?]{0,3}(?:扣|付|收|给)了[^。!?]{0,6}(?:没|不)
            (?:价钱|价格|金额|账单|单据|收据|总数|数目|优惠|折扣|积分|收费|找钱|找赎).{0,5}(?:不对|错|不符|有误|
                不一样|多了|少了|没扣|没减|没打|没算|没入|没到账|没加|对不上|高了|贵了|不合理|乱)
            (?:碌|刷|扣|收|付|过)了?我?的?卡?(?:两|2|三|3|双)(?:次|遍|倍|份|笔) | (?:双份|两份|双倍)钱
            (?:说|讲|答应|写|标|承诺|有)[^。!?]{0,10}(?:折|优惠|减|免费|特价)[^。!?]{0,8}(?:一分没少|原价|没少|没减|
                没打|照收|全价|没有?优惠)
            一分(?:钱)?(?:都|也)?没(?:少|减|便宜)
            (?:会员价|折扣|优惠|券)[^,。!?]{0,4}没(?:有)?(?:给我|帮我)?(?:算|打|减|用|扣|抵)
            多(?:刷|付|碌|扣|收)(?:了)?(?:我)? | (?:刷|碌|扣|收|付)多了? | 没(?:减|打折|优惠)
        """,
        but_not=NOT_OURS,
    ),
    Row(
        IntentKind.COMPLAINT,
        "late, nobody came, nobody answers",
        english=r"""
            (?:nobody|no one|no-one|noone|none of you|no body)(?: has| ever| even| actually| is)* (?:came|come|comes|
                coming|showed|shown|turned|called|call|answered?|answers|replied|reply|replies|picked|pick|responded|
                contacted|contact|arrived|here|apologi[sz]ed|helped|told|bothered|cares?|follow\w*|got back|rang|
                explained)
            (?:never|did not|not|has not|have not|had not)(?: even| yet| ever| actually)? (?:came|arrived?|show(?:ed|
                n)?(?: up)?|turn(?:ed)? up|delivered|received?|got (?:my|the|it|any)|call(?:ed)?(?: me)? back|replied|
                reply to|responded|apologi[sz]ed?|come back to|been (?:delivered|refunded|answered)|got back|answered|
                returned my)
            still (?:waiting|not (?:here|arrived|received|come|delivered|fixed|working|resolved|refunded)|no (?:sign|
                one|reply|delivery|refund|news|answer|response)|(?:have|has)(?: \w+)? not|has not|waiting|broken|
                haven)
            been waiting
            wait(?:ed|ing)(?: \w+){0,4} (?:hours?|minutes?|days?|weeks?|afternoon|morning|ages|long|in vain|nothing)
            waited | kept (?:me|us) waiting
            wast(?:e|ed|ing)(?: of)?(?: my| our)? (?:time|money|day|morning|afternoon)
            where is my (?:order|delivery|parcel|refund|package)\b.{0,80}\b(?:\d+|days?|week|still|late)
            <ours> (?:is|was|are|were|came|arrived|showed up|turned up|has been|have been)(?: \w+){0,3} (?:late|
                no show)
            (?:hours?|minutes?|days?|weeks?) late | late again | always late | arrived late | came late
            delivered late | so late | no[ -]show | stood (?:me|us) up | later than (?:promised|agreed|planned)
            (?:was|were|is|are) supposed to (?:come|be|arrive|call|deliver|send|bring|have|get)
            should have (?:been|come|arrived|called|received|got) | (?:hour|hours|minutes|mins) past
            why (?:has|have|did|does|is|are|am)(?: \w+){0,3} (?:nobody|no one|not|still|so late|never)
            (?:called|rung|rang|phoned|emailed|written|texted|asked|messaged)(?: \w+)? (?:you )?(?:two|three|four|
                five|several|many|\d+|so many|multiple) times
            (?:came|arrived|delivered|turned up|showed up) (?:\w+ )?(?:an?|one|two|three|four|half an|
                \d+) (?:\w+ )?(?:hours?|days?|weeks?|minutes?) (?:later|late|after|past|behind)
            get back to me | (?:what is|what\'s) (?:going on|happening) with my
            still no \w+
        """,
        chinese=r"""
            等(?:了|足|到|咗).{0,10}(?:小时|下午|上午|天|半天|久|早上|晚上|分钟|晚|钟|没|都|还|不) | 白等 | 干等
            苦等 | 空等 | 让我等 | 要我等 | 害我等
            没人(?:来|到|接|理|回|管|应|联系|联络|跟进|处理|负责|上门|打|答|送|道歉|解释|通知|听)
            没有人(?:来|到|接|理|回|管|联系|跟进|处理) | 没一个人 | 怎么还没 | 为什么还没 | 为什么没
            怎么没(?:来|到|人) | 还没(?:来|到|送|给我|回我|处理|解决|退) | 还不(?:来|到|送) | 没来 | 没到(?!过)
            没出现 | 没见人 | 不见人 | 没上门 | 没送到 | 没送来 | 没打来 | 没打给 | 没回(?:我|电|复|音|应|消息|覆)
            不回(?:我|电|复|消息) | 不接电话 | 没接 | 打不通 | 没有?(?:下文|音讯|消息|结果|后续|跟进|解决|道歉|解释)
            放.{0,5}(?:鸽子|飞机) | 爽约 | 失约 | 失信 | 不来也不 | (?<![会推延])迟到 | 晚到 | 来晚 | 来迟 | 迟了 | 迟来
            晚了.{0,4}(?:小时|分钟|天|钟) | 才(?:到|来|送|打|出现|收到|回) | 拖(?:了|到|延|拖|很久|这么) | 一拖再拖
            一直没 | 一直不 | 一直都没 | 始终没 | 说好.{0,14}(?:没|才|却|不|结果|只|现在|又)
            约(?:了|好|定).{0,10}(?:没|才|现在|到现在|不见|结果) | 答应.{0,12}(?:没|不|却)
            讲好.{0,12}(?:没|才|却|不) | 改了.{0,3}(?:两|三|几|好多|多|2|3|4)次
            (?:两|三|几|好多|多|2|3|4)次(?:都|改|取消|放|没|不|才|迟|错|打)
            第[二三四2-4]次(?:了|改|取消|这样|出|错|迟|没|发) | 次次都 | 每次都(?:迟|晚|错|没|不|要|少)
            又(?:迟|晚|错|没来|忘|改|取消|漏|少|坏|来晚|放) | 又是这样 | 老是(?:迟|晚|错|改|忘)
            总是(?:迟|晚|错|改|忘) | 忘了(?:送|给|带|我的|来|打) | 不守
            电话.{0,3}(?:不接|没接|打不通) | (?:信息|短信|微信|消息).{0,3}(?:不回|没回) | 人呢 | 人(?:去|跑)哪
            等(?:太|很|好|这么|那么|得)久
            没(?:有)?影 | 未(?:到|来|送|收到|见人|有人)(?!期|时) | 过了.{0,6}(?:小时|分钟|天).{0,6}(?:没|不|人|还)
            (?:答应|说|话)(?:了|好)?.{0,8}(?:回电|打给我|回我|回电话).{0,8}(?:天|小时|没|等)
            等了(?:足|成|快|差不多|整整|大)*[一二两三四五六七八九十几好半个多0-9]+个?半?(?:多)?(?:月|年|星期|礼拜)
            等了(?:[一二两三四五六七八九十几好半0-9]) | 没人通知 | 没通知
        """,
        but_not=NOT_OURS,
    ),
    Row(
        IntentKind.COMPLAINT,
        "something happened again, or somebody shall see to it",
        english=r"""
            (?:third|second|fourth|3rd|2nd|4th|3|three|two|2) times?\b.{0,80}\b(?:chang\w+|mov\w+|postpon\w+|cancel\w+|
                wrong|mistake|late|delay\w+|call\w*|ask\w*|told|happen\w*|problem|issue|forg\w+)
            (?:chang\w+|mov\w+|postpon\w+|cancel\w+|reschedul\w+|call\w*|ask\w*|told)(?: \w+){0,4} (?:twice|
                three times|3 times|so many times|several times|again and again|many times|last minute)\b(?! a )
            keeps? (?:changing|moving|postponing|cancel\w+|sending the wrong|breaking|happening)
            (?:sort|look|check|fix) (?:this|that|it|into (?:it|this|that)) ?(?:out)?\b.{0,80}\b(?:please|someone|
                somebody)?
            some(?:one|body)(?: \w+)? (?:look into|sort|fix) | in the rain | powder everywhere
            hate to (?:say|complain) | lied | lying to | ignor(?:ed|ing) (?:me|my|us)
            no (?:apology|reply from|response from|follow[ -]?up|explanation|refund yet) | misled | misleading
            push(?:y|ed me) | shout(?:ed|ing) | yelled | sworn? | threw (?:the|my|it) | hung up
            forgot (?:my|our|the|about|to) | delay(?:ed|s)?(?: \w+)? (?:again|twice|days?|weeks?|order|delivery)
            did not (?:fit|match|last|help at all|bring|even) | with an attitude | attitude
            (?:left|dumped) (?:it|the \w+|my \w+) (?:outside|in the|on the) | muddy
            problems? with (?:the|my|your|last|this) | issues? with (?:the|my|your|last|this)
            something(?: is|'s)? wrong | what kind of (?:service|shop|company|store) | under ?weight | never again
            not as described
        """,
        chinese=r"""
            反映一?下 | 反馈一?个?(?:问题|情况) | 想说(?:一下|说).{0,20}(?:不|没|漏|松|坏|错|脏) | 没有?换鞋
            没穿鞋套 | 不换鞋 | 鞋都没 | 弄湿 | 踩脏 | 扔在 | 丢在 | 乱放 | 随便放 | 放在(?:雨|门外|楼下|地上)
            淋(?:了|到|湿)雨? | 看看怎么处理 | 怎么处理 | 你们处理 | 怎么赔 | 怎么搞 | 怎么回事 | 搞什么 | 什么服务
            什么态度 | 什么质量 | 什么东西 | 什么意思嘛 | 跟不跟进 | 跟进一?下 | 有没有人管 | 难为你们 | 强行 | 硬要
            推销 | 逼我 | 硬推 | 态度(?:$|[,!。?]|问题|呢) | 客服.{0,4}(?:挂|骂|不) | 挂我?电话
            再也不(?:会|来|买|用|要) | 以后不(?:会|来|买) | 不会再(?:来|买|光顾|用) | 拉黑你们 | 不值 | 虚假 | 夸大
            误导 | 不符合?描述 | 跟描述 | 和描述 | 与描述 | 没效果 | 没用的 | 一点用 | 一点都不好
            服务员?(?:好|很|太)(?:慢|凶) | 太慢 | 好慢 | 慢死 | 耽误我 | 浪费(?:我|时间|钱) | 白跑 | 白走 | 闭门羹
        """,
        but_not=NOT_OURS,
    ),
)
