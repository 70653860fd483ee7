"""What sounds like a complaint and is none: it is taken out of a text before anybody looks for one. Data."""

from __future__ import annotations

# Praise and a plain no: what is denied is not complained about.
_DENIED = r"""
    (?<!still )\b(?:no|not|never|without|zero|nothing|none|hardly any|free of|neither|nor|did not|does not|do not|
        is not|was not|
        any)\b(?! one\b| only\b| been (?:so|this|such)\b| to be (?:so|as)\b| felt (?:so|such)\b| seen (?:such|so)\b)
        (?: \w+){0,3}? (?:complain(?:t|ts|ed|ing)?|disappoint(?:ed|ing|ment|s)?|angry|upset|annoyed|broken|damaged|
        damage|leak(?:s|ed|ing)?|crack(?:ed|s)?|rash(?:es)?|itch(?:y|ing|es)?|allerg(?:y|ic|ies)|reactions?|redness|
        swelling|swollen|irritat(?:ed|ion|ing|es)|rude|bad|terrible|awful|wrong|missing|expired|sick|late|issues?|
        problems?|regret|faulty|waste|dent(?:ed|s)?|burn(?:s|ing)?|sting(?:s|ing)?|breakouts?|unhappy|refund|
        delay(?:ed|s)?|vomit(?:ing|ed)?|diarr?h?o?ea|hurt|attitude|sore|joke|scam|fake|fussy)\b
    \b(?:do not|not|no)(?: \w+){0,3} (?:need|want|looking)(?: \w+){0,4} (?:refund|compensation|money back)\b
    \brefund (?:not needed|is fine|has been |was |is )?(?:received|arrived|came|in my|done|ok|went through)\b
    \b(?<!not )(?:got|received|have)(?: \w+)? refund\b
    \bthanks? (?:you )?for the (?:quick |fast )?(?:refund|compensation)\b | \b(?:refund|return|exchange) policy\b
    \bhow (?:do|does|can|to)\b[\w ]{0,60}\brefund\b
    \b(?:nothing|no) to complain\b | \bcan not (?:complain|fault|wait)\b | \bcould not (?:be happier|fault|ask|wait)\b
    \bnever (?:disappoints?|lets? (?:me|us) down|fails)\b | \bno (?:waiting|wait|need to wait)\b | \bworth the wait\b
    \bnot (?:so |too |that |half )*bad\b | \bbad(?:ly)? (?:need|want)\w* | \bnot (?:late|rude|pushy)(?: at all)?\b
"""
# Other brands, things of the customer's own, weather and traffic.
_FROM_OTHERS = r"""
    \b(?:previous|other|another|different|old|their|last|former|cheaper|competitor's?|some)(?: \w+)? (?:brand|shop|
        store|company|supplier|one i used)s?\b[^,.;!?]{0,80}
    \b(?:used to|before (?:i|we) (?:found|switched|used|tried)|before your)\b[^,.;!?]{0,80}
    \b(?:my|our|the|his|her)? ?(?:phone|mobile|handset|screen|lift|elevator|doorbell|door bell|bell|intercom|car|
        laptop|computer|charger|line|signal|internet|wifi|arm|leg|back|fridge|washing machine|heart|key|lock|gate|
        printer)\b(?: \w+){0,4} (?:broken|broke|damaged|crack(?:ed)?|out of order|dead|down|not work(?:ing)?|
        does not work|stopped working|faulty|bad|terrible|wrong|hurt|sore|leaking)\b
    \bbroken (?:phone|mobile|screen|lift|elevator|doorbell|bell|intercom|leg|arm|car|heart)\b
    \b(?:traffic|weather|rain|storm|typhoon|mtr|day|week|timing|signal|line|headache|cold|memory|parking|jam|flight|
        hangover|exams?|boss|meeting|work|morning|schedule|eyesight|english|handwriting)\b(?: \w+){0,3} (?:terrible|
        awful|horrible|bad|worst|ridiculous|annoying|late|delayed|cancelled|shocking|sucks?|upset|frustrating)\b
    \b(?:terrible|awful|horrible|bad|worst|ridiculous|annoying|late|delayed|shocking|rubbish) (?:traffic|weather|rain|
        storm|day|week|timing|signal|headache|cold|memory|jam|flight|flu|news|cook|mother|father|at (?:cooking|
        texting|typing|this|remembering|replying))\b
"""
# What the customer did or is.
_BY_THE_CUSTOMER = r"""
    \b(?:i|we)(?: (?:am|will|was|were|might|may|can|could|would|have|are|be|been|
        probably|just|running|always|get|run|arrive|come))*
        (?: (?:an?|bit|little|about|around|\d+|half|few|so|very|really|quite|too|
        rather))* (?:hours? |minutes? |quarter )?(?:late|rude|upset|angry|
        delayed|annoying|stupid|careless|impatient|forgetful|terrible|awful|sick|ill|wrong)\b(?! (?:with|at|by|about|
        that|because|after|since|from))
    \b(?:running|be|being) (?:\w+ ){0,2}late\b | \bsorry(?: \w+){0,3} late\b | \b(?:my|the) late reply\b
    \btoo late\b | \blate (?:reply|response|afternoon|evening|night|morning|lunch|shift|meeting)\b
    \b(?:i|we) (?:broke|cracked|spilled|spilt|damaged|scratched|dropped|forgot|delayed|waited for)\b[^,.;!?]{0,80}
    \bi(?: am)?(?: was)? (?:wrong|mistaken)\b | \bmy (?:mistake|fault|bad)\b | \bsorry (?:if|that) i\b[^,.;!?]{0,80}
    \b(?:i|we) (?:put|gave|typed|sent|wrote|picked|chose|ordered|bought|entered)(?: \w+){0,3} wrong \w+
"""
# Questions before use, and goods that are named for what they are against; what is over and done.
_BEFORE_USE = r"""
    \b(?:allergic|allergies|allergy|reacts?) to (?!it\b|your|the (?:new|cream|formula|product|mask|lotion|milk you|
        one you))\w+
    \b(?:allergy|eczema|itch|rash|nappy rash|diaper rash|anti[- ]itch|sun ?burn|burn) (?:season|test|tested|friendly|
        relief|cream|balm|lotion|ointment|prone|medicine|powder)\b
    \bhypo-?allergenic\b | \bpollen\b
    \b(?:good|cream|lotion|balm|anything|something|products?|recommend\w*|suitable|ok|okay|safe|works?|best|help|use)
        (?: \w+){0,3} (?:for|with|on|against)(?: \w+){0,4} (?:allerg(?:y|ic|ies)|eczema|rash(?:es)?|itch(?:y|ing)?|
        irritat(?:ed|ion)|redness|burns?|breakouts?|pimples|diarr?h?o?ea|constipation|stains?|mould|sore)(?: \w+)?\b
    \b(?:could|might|may|would|will|does|do|can|is) (?:it|this|that|they|the \w+) (?:\w+ )?(?:cause|give|make|leak|
        burn|sting|itch|irritate|expire|smell|break|stain)\b[^,.;!]{0,80}\?
    \bhow long (?:before|until|till)[^?]{0,80}\? | \bwhen (?:does|do|will)[\w ]{0,60}(?:expire|expired)\b
    \bjust checking\b
    \bin case\b[^,.;!?]{0,80}
    \b(?:all|everything|problem|issue|it) (?:is |was |has been |got )?(?:sorted|fixed|resolved|settled|solved)
        (?: out| now)?\b
    \b(?:better|gone|cleared|fine|good) now\b | \bno longer (?:itchy|red|swollen|angry|upset)\b
    \bsick (?:of love|!+) | \bis sick!+ | \bsick!+ | \bsinking feeling\b | \bbreak(?:ing)? news\b | \bto die for\b
    \bmissing (?:you|your|u)\b | \bmiss(?:ed)? (?:you|the call|your call)\b
    \bwait(?:ed)? for (?:the sale|my (?:wife|husband|salary|pay))\b | \bburnt orange\b | \bbreak ?fast\b
    \bred (?:one|colou?r|lipstick|packet|box|wine|dress|date)s?\b | \bin red\b
"""
_OTHERS_ZH = r"""
    (?:以前|之前|过去|原来|别的|其他|另一个|另外|别家|人家|前一个|上一个|那个|旧)[^,。!?;]{0,6}(?:牌子?|品牌|家|
        店(?!员|长)|款|厂)[^,。!?;]{0,80}
"""
# The same in Chinese: denied, settled, not ours, not yet.
_DENIED_ZH = r"""
    (?:没有|没|无|不是|不会|并非|不用|不需要|不必|从未|从不|从来没有?|没什么|没啥|零|毫无|未见|不|未有|未|不再|不觉得|
        别)(?:什么|任何|要|想|觉得|再|过|起|长|可|好|东西|点|需要|打算|一点|出现|发生|有|很|太|那么|算|得|是|可以|
        地方|发|会|给|被|碰|弄|打|为|来|因为|说|申请|办|人|哪里|一处){0,3}(?:投诉|举报|差评|退款|退货|失望|不满意?|
        生气|过敏|敏感|红疹|起疹|疹子?|痒|红肿|肿|发红|泛红|坏掉?|破损?|裂|漏|过期|变质|刺痛|不舒服|不适|不良反应|
        副作用|反应|拉肚子|吐|瑕疵|问题|毛病|异味|赔偿|换货|失约|迟到|晚到|脱皮|痘|味道|骗|划痕|弄错|送错|发错|错|
        浪费|推销|辣|挑剔|怪|难受|变形|掉色|差)
    最好.{0,4}最差 | (?:不要|别|没|不会|不|没有)忘 | 没得说 | 没得挑 | 挑不出(?:什么)?(?:毛病|问题|错)?
    一点儿?也?都?不差 | 一点都不差 | 不错 | 没错 | 无可挑剔
    差不多 | 差点 | 差一?点 | 误差 | 时差 | 出差 | (?<!同)(?<!跟)(?<!和)相差 | 差额 | 差别 | 差异 | 还差 | 差几 | 补差价
    差价 | 差旅
    邮差 | 没问题 | 有(?:没有)?(?:什么)?问题(?:再|会|就|随时|我|找|联系|吗|\?) | 如果有问题
    有问题(?:再|会|就|随时|我|找|联系|吗) | 红包 | 红色 | 红枣 | 口红 | 大红 | 红酒 | 红糖 | 红茶 | 红花 | 红外 | 网红
    红盒 | 粉红 | 桃红 | 红罐 | 红妆 | 红利 | 脸红扑扑 | 开红 | 不好意思 | 不好说 | 消肿 | 止痒 | 祛痘 | 退红 | 止吐
    防漏 | 防过敏 | 抗过敏 | 低敏 | 防敏 | 抗敏 | 舒敏 | 敏感肌 | 敏感皮肤 | 皮肤敏感的?人 | 好了 | 痊愈 | 不痒 | 不红
    不肿 | 消了 | 退了 | 不吐了 | 不拉了
    退款.{0,3}(?<!没)(?<!还没)(?:已经)?(?:收到|到账|到了|退了|入账|已到) | (?<!没)收到(?:了)?退款
    (?:怎么|怎样|可以|能|能不能|可不可以|想问|请问).{0,8}(?:退货|退款|换货).{0,6}(?:吗|流程|政策|\?|期)
    退货(?:政策|期限|流程|地址) | 退换货?(?:政策|期限|流程) | (?:谢谢|感谢).{0,8}(?:退款|换货|赔偿)
    (?:电话|手机|屏幕|门铃|对讲机?|电梯|(?<![推儿童b])车(?!轮|辘|轴)子?|洗衣机|冰箱|电脑|天气|身体|记性|信号|网络|
        wifi|心情|视力|(?<![用涂擦敷抹洗][完了后])(?<![之以]后)眼睛|路况|交通|耳朵|打印机|门锁|锁|灯|我部机|充电器|
        水管|空调|热水器|身份证|脚|腰|腿|雨伞|钥匙|钱包)(?:.{0,5})(?:坏了?掉?|差|破了?|碎了?|裂了?|不好|有问题|没电|
        失灵|断了?|掉了|丢了|不见了|太烂|打不开|故障|不舒服|没反应|很痛|痛)
    我(?:们|自己|这边|老公|太太|妈|爸)?(?:今天|明天|大概|可能|应该|估计|也许|恐怕|要|会|又|正|还|现在|那天|昨天|上次|
        之前|真的|都|的){0,4}(?:会|要)?(?:迟到|晚到|迟.{0,4}到|晚.{0,4}到|来晚|迟一?些|晚一?点|堵车|塞车|不小心|打翻|
        打破|弄坏|摔坏|打碎|弄丢|记错|打错|写错|填错|搞错|看错|买错|订错|下错|选错|按错|发错|拿错|说错|忘了|没接|没听|
        没收好|没来得及|没空|没回|态度)(?:.{0,4}(?:了|电话|消息|信息|短信))?
    不好意思.{0,3}(?:没|刚|才|迟|晚).{0,6}(?:接|回|看|复|覆|到)
    从前[^,。!?;]{0,80}
    过敏(?:季节|体质|源|原|测试|史|吗|的人|怎么办|可以|能) | 容易过敏 | 怕过敏 | 会过敏吗 | 会不会过敏
    对.{1,6}(?:过敏|敏感)(?!了)
    (?:适合|针对|专门|推荐|治|改善|缓解|预防|有没有).{0,8}(?:过敏|敏感|痒|红|湿疹|痘|肿|脱皮|皮疹)
    (?:过敏|敏感|痒|红肿|湿疹|疹子|长痘|脱皮|便秘|拉肚子|肚泻).{0,6}(?:可以用|能用|能不能用|可不可以用|适合|用什么|
        吃什么|推荐|用哪|怎么办|有什么)
    (?:会不会|会).{0,4}(?:痒|红|刺激|过敏|漏|过期|坏|变形|掉色|刺痛|肿).{0,3}(?:吗|\?|么)
    什么时候过期 | 几时过期 | (?:多久|什么时候|多长时间).{0,5}(?:过期|坏|变质)
    (?:保质期|有效期)(?![^,。!?]{0,8}(?:快到|快过|快完|过了|只剩|就剩|不到|太短|已经)) | 过期(?:时间|日期)
    积分.{0,4}过期 | (?:优惠|券|积分|会员).{0,6}(?:过期|快到期|到期|临期) | 生日
    等(?:我|了解|下次|你们的?消息|一下|一会|会|着|到货|过年) | 我等(?:你|着) | 慢慢等 | 不用等 | 别等 | 久等了
    才(?:能|会|可以|有空|知道|想起|发现|行|下班|放学|回家|回来|收工|起床) | 才(?:到|回到?)家
    (?:我|家里|老公|老婆|妈妈|先生|太太|阿姨|保姆|宝宝|孩子).{0,4}(?:没来|没到|还没到|才到|还没来|才回|没人在)
    跟进一?下(?:我的)?(?:积分|会员|发票) | 有没有(?:收到|到|来|送到|寄出|发货) | 还没(?:收到吗|到吗)
    没(?:有)?(?:来得及|到过|来过) | 垃圾(?:桶|袋|分类) | 什么东西(?:都|可以|要) | 需要.{0,4}换鞋 | 要不要换鞋 | 脏衣
    洗脏 | 去脏 | 便血检 | 送错(?:吗|了吗) | 不值得?一提 | 红了眼 | 气色 | 出气 | 客气 | 生气勃勃 | 打开过吗 | 松紧
    松软 | 轻松 | 放松 | 宽松 | 松子
    \b(?:<when>|both|neither|either|times?|dates?|days?|slots?|that|those|they)(?: \w+){0,2} (?:do|does|will|would|
        did) not work
    \bnot work(?:ing)? (?:for|with) (?:me|us|my)\b
    没(?:接|听)到(?:你|您|你们)?的?(?:电话|来电) | 过期了?(?:还能|能不能|可以|怎么)
    退(?:换)?货.{0,6}(?:几天|多久|多少天|时间|期限)
    你们处理(?:得|好|了|完) | (?:已经|都|全)?(?:解决|处理好|弄好|搞定|修好|换好)了 | 没(?:有)?(?:痒|痕|红)
    不(?:痒|痕|红)
    (?:还是|应该|不会|是不是|有没有|会不会)(?:坏|假)的?(?:吗|\?)
    [1-5]分?(?:是|算)?(?:最)?(?:好|高)还是(?:最)?[坏差低] | 好还是(?:坏|差)
    \b(?:coupons?|vouchers?|points?|membership|card|passport|offer|licence|parking|it)(?: \w+){0,2} (?:expired?|expires)
    \b(?:has|have|had) (?:it|they) expired
    \bif (?:it|they|one|the \w+) (?:leaks?|breaks?|is broken|stings?|itches|expires?)[^.;!]{0,80}
    \b(?:rash|itch|redness|swelling|spots?) (?:is|are|has|have) (?:all )?(?:gone|better|cleared|healed)
    \b(?:last|that|old|previous) brand[^.;!]{0,80} | \bitchy (?:in|during|every|when) (?:winter|summer|cold|dry|the)
    (?:别|人|其他|另外?一?)家[^,。!?;]{0,8}(?:差|不好|贵|慢|坏) | 白跑.{0,3}(?<=白跑)
    (?:红疹|疹子?|痒|肿|红|湿疹).{0,4}(?:已经)?(?:好|退|消|没)(?:了|完|晒|光)?
    (?:万一|如果|要是|假如|会不会)[^,。!]{0,10} | 会[^,。!]{0,4}(?:吗|么|\?)
    (?:坏了?|漏了?|破了?|过期)[^,。!]{0,4}(?:怎么保修|保修|怎么修|怎么换|可以换吗) | 多久[^,。!]{0,4}(?:过期|坏|变质)
    (?:太太|老公|老婆|妈妈?|爸爸?|先生|家人|孩子|宝宝|小孩|老人|婆婆|奶奶|爷爷|我)[^,。!]{0,4}(?:住院|生病|感冒|发烧|
        看医生|进医院|去医院)
    ^太贵了?$ | 没坏 | 不会用
    \b(?:a )?(?:bit|little|too|rather) late (?:for|in)\b
    \b(?:flight|train|bus|ferry)(?: \w+){0,3} (?:delayed|late|cancelled)\b
"""
# What is only feared, asked about or prevented; a rule of the shop; what went away.
ONLY_FEARED = r"""
    \bif\b[^.,;!?]{0,60}
    \b(?:worried|worry|afraid|scared|nervous|prone|sensitive|prevents?|avoid(?:s|ing)?|protects?|soothes?|soothing|
        calms?|calming|treats?|relieves?|heals?|reduces?|helps?|helped)(?: (?:\w+ ){0,4}| )(?:rash(?:es)?|itch\w*|
        allerg\w+|redness|irritat\w+|reactions?|eczema|acne|swelling|leak\w*|break\w*|spots|sore|dermatitis|pain|
        late)\b
    \banti[- ]?\w+
    \b(?:damaged|broken|sore|dry|sensitive|irritated|cracked|itchy|burnt) (?:hair|skin|lips|heels|hands|nails|scalp|
        gums|nipples)\b
    \b(?:best|highest|good|top) or (?:the )?(?:worst|lowest|bad)\b
    \b(?:broke|cracked|lost|dropped|damaged) (?:my|our|his|her) (?:own )?(?:phone|mobile|leg|arm|ankle|screen|glasses|
        key|wrist|foot|toe|hip|car|laptop)\b
    (?:坏|烂|碎|破|摔|裂|丢|跌|打烂)(?:了|坏|烂)?(?:我的?)?(?:部|个|只|架|台)?(?:电话|手机|屏幕|电脑|车|眼镜|门铃|电梯)
    我(?:刚才|好像|昨天|上次|可能|们)?(?:漏|忘|丢|留|跌|掉)(?:低|下)?了?(?:[^,。]{0,8}(?:在|到)你|把|个|件|张|条|部)
    (?:打|按|输|填|点|选|回|评|撳)错(?!我)
    \bcomplain(?:ed|ing)? to my \w+
    \bmy (?:last|old|previous|current|other|own) (?!<ours>|consultant|order|parcel|visit|appoint|purchase|package|
        facial|treatment|batch|bill|invoice)\w+(?: \w+)? (?:broke|broken|leaked|leaks|died|cracked|tore|was|is|got|
        had)[^,.;!?]{0,60}
    丢了?.{0,4}(?:卡|会员|收据|小票) | (?:坏|烂|旧|破)了?的[^,。]{0,10}(?:回收|扔哪|可以扔|怎么丢)
    \bbetter than\b[^.;!?]{0,60} | 比[^,。!?;]{0,10}(?:好|强|快)
    \b(?:does|do|can|will|would|is|are|did|should) (?:the|it|this|they|these|its|your) ?[\w ]{0,24}\b(?:come|comes|
        coming|fall|go|get)(?: \w+)?[^.;!?]{0,30}(?:\?|$)
    \bfrom (?:another|a different|other|some other|someone else'?s|an old) [\w ]{0,20}
    \b(?:rash|reaction|allergy|itch\w*|eczema)\b[\w ]{0,30}\b(?:from|to) (?:another|a different|other|
        some other)\b[\w ]{0,30}
    \b(?:do|can|could|would) (?:you|u|someone) (?:fix|repair|mend|alter|resole|restring)\b[^.;!]{0,40}
    (?:破|坏|烂|断|松|掉)了?[^。!?]{0,6}(?:能|可以|可不可以|能不能|有没有)(?:帮忙|帮我)?(?:补|修|缝|改)
    漏水[^,。!?]{0,3}(?:修|水管) | (?:水管|家里|楼上|天花板?|浴室|厨房|洗手间)[^,。!?]{0,3}漏水 | 推掉了?
    不小心[^,。!?]{0,14} | (?:大?门|路|路灯|闸|密码锁)口?坏了?
    (?:宝宝|宝贝|孩子|小孩|我|老公|老婆|妈妈?|老人|家人|他|她)(?:今天|有点|最近|身体|人|又|突然|这两天)*不舒服
    ^(?:does|do|will|would|can) (?:it|this|that|they|these|the \w+) (?:\w+ )?(?:shrink|fade|peel|crack|melt|tear|leak|
        itch|sting|burn|smell|stain|break|expire)\b
    开封(?:后|之后|以后|多久)
    \bwhat happens (?:if|when)\b[^.;!]{0,80} | \b(?:is|are) (?:it|they|this) easy to (?:return|exchange)\b
    (?:怕|担心|避免|防止|预防|以免|免得|容易|会不会|是否|不知会不会)[^,。!?]{0,8}(?:过敏|痒|红|敏感|刺激|漏|碎|坏|晚|
        迟|湿|肿|痘)
    (?:别|他|杂|副)(?:牌|家)[^,。!?;]{0,80} | 别人家[^,。!?;]{0,80}
    (?:网上|超市|药房|淘宝|别处|别的地方)买的[^,。!?;]{0,80}
    (?:一点儿?|半点|一丝|丝毫)也?[^,。!?]{0,6}(?:都|也)没(?:有|见)?
    (?:不满意|不合适|不喜欢|不合身|坏了|有问题|过敏)(?:了)?(?:的话)?.{0,4}(?:可以|能|可不可以|能不能|怎么|如何|是否|包|
        给|支持)(?:退|换|修|不)(?:货|款|换|修)*
    退(?:换)?(?:货|款)?的?(?:说明|政策|流程|须知|条款|规定|方式|手续|期|规则) | 先问(?:清楚|好|一下)[^,。!]{0,10}
    (?:痘痘?|粉刺|湿疹|暗疮|疹|红|痒|闭口|干|斑|掉发|脱发|伤口|疤).{0,6}(?:好|少|消|没(?!退|消|好)|退|淡|改善|减|
        不见)(?:了|多|失|退|很多|轻)
"""
# What looks like anger, blame or a reaction and is a joke, a slip of the customer's own, an illness, or over.
_NO_BLAME = r"""
    (?:不?投诉|骗|怪|骂|退)(?:你|他|她|你们|人)?(?:什么|啥|干嘛|干什么|做什么)(?!时候|流程|电话|渠道|都没|结果|用|方法)
    (?:投诉|骗|差评)\?(?:没有的事|怎么会|哪有|不会|才不) | 不投诉
    (?:想|要|本来想)(?:挑|骂|闹|投诉|弹|嫌|说)[^,。!?]{0,6}(?:都|也)(?:找不到(?!人|你|电话|门|客服|经理|渠道)|
        没(?:有)?(?:得|什么|理由|借口)|挑不出)[^,。!?]{0,8}
    (?:没有?|不会|从未|从来没有?|未|零|从不)(?:再|有|试过|让我)?(?:踩(?:过)?(?:雷|坑)|中(?:过)?伏)
    [^。!?]{0,20}(?:(?<!不)是我的?(?:错|不好|问题|疏忽)|(?<!别)怪我|我不好|我的锅)(?!吗|\?|咯|喽)[^。!?]{0,20}
    (?:迟到|晚到|来晚|弄错|搞错|记错|看错|写错)了?(?:的|那)?(?:个|位)?(?:人)?是我
    (?:别|不要|不能|不)怪(?:他|她|你|人家|小|师傅)[^,。!?]{0,8}
    (?:不关|跟|与)(?:他|她|你们|你|师傅|快递)(?:的)?(?:事|无关)
    \btake (?:\w+ ){1,4}off\b
    \b(?:what|anything|something|how)\b[\w ]{0,14}\b(?:stop|soothe|calm|relieve|ease|cure)s? (?:the |an? )?\w+
    (?:她|他)(?:正|还)?在?住院 | 老是忘记?[^。!?]{0,4}谢
    头发[^,。!?]{0,3}少了 | (?:胀气|吐奶|上火)[^,。!?]{0,4}(?:能|可以|适合)(?:喝|吃|用)
    (?:不|没|没有|一点也?都?不|从不)(?:敷衍|马虎|坑|催|硬销|凶|贵)(?:人|我|过)?
    没(?:有)?等(?:很|太|多|得很)?久
    (?:链接|连结|网页|页面|二维码|小程序|app)[^,。!?]{0,4}(?:不开|开不了|失效|不了|不到)
    \b(?:link|website|web page|page|app|qr code)s?\b(?: \w+){0,5} (?:not (?:open|work|load)\w*|broken|expired)
    \b(?:my|our) (?:husband|wife|son|daughter|mother|mum|mom|dad|father|sister|
        brother)\b[^.;!?]{0,30}\b(?:always |never )?late\b
    \b(?:help|helps|good|works?|anything|something|recommend\w*|best) (?:with|for|against)(?: \w+){0,3} (?:cramps?|
        burns?|headaches?|pain|nausea|fever|cough\w*|sore\w*|stomach\w*|dry\w*|acne|colds?)\b
    (?<!不)是我(?:自己|们)?(?:整|迟|晚|弄|记|搞|打|摔|跌|坐|撞|忘|漏|看|写|报|填)[^,。!?]{0,8}
    (?:我|我家|孩子|宝宝|狗|猫|老公|我妈|bb|阿仔|阿女)(?:自己)?(?:不小心)?(?:摔|跌|打|弄|撞|坐|咬|踩)(?:碎|烂|坏|破|
        断|裂|爆)了?
    (?:我|刚|才|之前|刚刚|不好意思)?(?:看漏|听漏|漏看|漏接|漏听|漏回|漏了看|漏了回)了?[^,。!?]{0,6}
    (?:气死|激死|气坏|激气|烦死|生气)[^。!?]{0,16}(?:老公|老婆|女儿|儿子|阿仔|阿女|妈|爸|孩子|娃|狗|猫|工人|室友|妹|
        姐|哥|弟)[^。!?]{0,8}(?:偷|用|吃|喝|抢|拿|抹)[^,。!?]{0,6}
    (?:便宜|好[吃用看闻喝]|香|划算|可爱|漂亮|美|靓|贴心|快|滑|嫩)(?:得|到)(?:离谱|夸张|过分|哭|要命|不行|无语|爆|飞起)
    (?:感冒|伤风|流感|中招|手足口|水痘|确诊|新冠|打疫苗|大姨妈|孕吐|蚊叮|蚊子|蚊虫)[^。!?]{0,14}
    [^,。!?]{0,8}(?=[,、]?(?:感冒|伤风|流感|中招|确诊))
    ^(?:不好意思|抱歉|对不起|哎呀?|唉|我|今天|有点|人|身体|很|好|[, ])*不舒服
    \b(?:terribly|awfully|dreadfully|really|very|ever so) sorry\b
    \b(?:terrible|awful|dreadful|horrible|horrid|rough|bad|nasty|rotten) (?:day|week|month|time|morning|night|cold|flu|
        bug|weather|traffic|headache|cough|back|knee|memory|signal|reception)\b
    \b(?:it was|it is|that was) (?:me|my (?:son|dog|cat|kids?|husband|wife|fault))\b[^.;!?]{0,40}
    [^.;!?]{0,40}\bbut (?:that|it|this) was (?:me|my \w+)\b
    \b(?:do not|not) blame (?:him|her|them|you|your \w+)
    \b(?:son|daughter|husband|wife|kids?|dog|cat|flatmate|mum|mother|sister)s? (?:ate|used|drank|finished|nicked|stole|
        pinched|emptied)\b[^.!?]{0,60}
"""
# A trouble of earlier days that our goods ended, or that others' goods made.
_BEFORE_US = r"""
    \b(?:had|suffered|struggled|used to|years of|always had|plagued)\b[^.;!?]{0,70}\b(?:until|till|before) (?:i|we|
        your|this|the|trying|finding|using|you)\b
    \b(?:used to|years of|months of|always|for years)\b[^;!?]{0,70}\b(?:all clear|not any ?more|cleared up|now nothing|
        gone now|nothing now|never came back|no more|all gone)\b
    [^!?]{0,80}\b(?:all clear now|has (?:all )?cleared up|have (?:all )?cleared up)\b
    (?:以前|之前(?!买|用|吃|喝)|从前|本来|原来|年年|每年|小时候|一到|一换季|冬天)[^。!?]{0,20}(?:用|换|转|吃|喝|
        涂)(?:了|用|上|开|成)*(?:你们|你家|这|咱)[^。!?]{0,10}(?:没再?|再也?没|不再|好了|没事|改善)[^,。!?]{0,6}
    [^。!?]{0,30}(?:换|转|改)(?:了|用|到|成|吃|喝|用了)*(?:你们|你家|贵|这)[^。!?]{0,8}(?:没再?|再也?没|不再|好了|
        没事|改善|才好)[^,。!?]{0,6}
    (?:其他|别的|第二(?:个|只|款|间)?|另一?(?:个|只|款)?|上一?(?:个|只|款)|别个|外面)(?:的)?(?:牌子?|品牌|brand|
        店买)[^,。!?;]{0,80}
    \b(?:my|our) (?:last|old|previous|former|usual) (?!<ours>|consultant|guy|order|deliver|parcel|visit|box|tin|bottle|
        appoint|purchase|package|facial|treatment|tube|jar|pack|batch|one\b|bill|invoice|time|lot)\w+(?: (?:one|cream|
        brand|lotion|milk|formula))?(?: \w+){0,3} (?:stung|stings?|burn\w*|itch\w*|gave|made|broke|left|caused|
        irritat\w+|was|is|were)[^.;!?]{0,60}
    \b(?:drug ?store|supermarket|chemist'?s?|pharmacy|high street|shop'?s own|own[- ]brand|cheap)(?: \w+){0,3} (?:gave|
        brought|made|burn\w*|stung|caused|left|broke)[^.;!?]{0,60}
"""
# Asked before use: what is in it, whether it suits, nothing opened yet.
_ASKED_BEFORE = r"""
    \b(?:any|contains?|containing|is there|are there|does it have|have|has|free of|without|
        ingredients?)\b[^.!]{0,60}\?[^?]{0,60}\ballergic\b[^.;!?]{0,40}
    \b(?:any|contains?|free of)\b[^.!?]{0,40}[,?] ?(?:my|our|she|he|i)\b[^.!?]{0,20}\ballergic\b
    \b(?:is|are|am|'s) (?:very |highly |slightly )?allergic to (?!it\b|your|the|this|these|them)\w+
    \b(?:all right|alright|gentle|mild|right|okay?|kind)(?: enough)? (?:for|on|with)(?: \w+){0,3} (?:allerg\w+|eczema|
        rash\w*|itch\w*|irritat\w+|redness|burns?|rosacea|acne|sore|psoriasis)(?: \w+)?\b
    ^(?=[^?]{0,200}\?).{0,200}\b(?:have not|has not|not|before i|before we|before) (?:opened|tried|used|started|use|
        using|open|buy|try)\b
    (?:含|有没有|有|成分|配料|加了)[^。!]{0,10}(?:吗|\?|么|没)[^。!?]{0,14}(?:过敏|敏感)(?!了)
    (?:花生|牛奶|奶|鸡蛋|海鲜|坚果|酒精|香精|蛋白|乳糖|麸质|大豆|尘螨|花粉)(?:蛋白)?(?:会|有点|严重)?(?:过敏|敏感)
    ^(?=.{0,200}(?:\?|吗)).{0,80}(?:没|未)(?:有)?(?:用|拆|开|试|吃|喝)过?(?:呢|啊|的)?$
    (?:疹|红|痒|过敏|敏感|痘)[^。!]{0,12}(?:可以|能|用不用得|适合)[^。!?]{0,6}(?:用|吃|喝|涂|擦)[^。!]{0,14}(?:吗|\?)
    (?:疹|过敏|敏感|痘)[^。!]{0,8}用不用得[^。!]{0,14}
"""
NOT_OURS = (
    ONLY_FEARED
    + _NO_BLAME
    + _BEFORE_US
    + _DENIED
    + _DENIED_ZH
    + _FROM_OTHERS
    + _OTHERS_ZH
    + _BY_THE_CUSTOMER
    + _BEFORE_USE
)
NOT_PROMISED = ONLY_FEARED + _NO_BLAME
NOT_FROM_OURS = ONLY_FEARED + _NO_BLAME + _BEFORE_US + _FROM_OTHERS + _OTHERS_ZH
NO_REACTION = NOT_OURS + _ASKED_BEFORE
