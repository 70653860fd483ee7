"""Families of words that mean something only beside one of another family: goods beside damage, staff beside manners.

Each word alone is harmless ("the lid", "loose"); a row names two families that meet in one clause. Data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Alternatives as in a row. An English one begins and ends with a word."""

    english: str
    chinese: str


FAMILIES: Mapping[str, Family] = {
    "goods": Family(
        english=r"""
            box(?:es)? | tins? | cans | bottles? | jars? | tubes? | tubs? | packs? | packets? | packages? | packaging
            packing | parcels? | bags? | cartons? | lids? | caps? | seals? | pumps? | nozzles? | sprays? | scoops?
            spoons? | zips? | zippers? | buttons? | straps? | sleeves? | heels? | soles? | stitch(?:es|ing) | seams?
            hems? | collars? | linings? | fabrics? | coats? | jackets? | shirts? | t-?shirts? | dress(?:es)? | shoes?
            boots? | trousers | pants | skirts? | sweaters? | jumpers? | cardigans? | scar(?:f|ves) | gloves? | socks?
            hats? | creams? | lotions? | milk | powder | formula | masks? | serums? | shampoos? | conditioner
            lipsticks? | foundation | perfumes? | essence | toner | cleanser | soaps? | oil | gel | machine | devices?
            strollers? | prams? | products? | items? | orders? | goods | delivery | gifts? | labels? | wrapping
            wheels? | brakes? | tablets? | drawers? | sets? | kits? | drops | leaflets?
            wrappers? | sachets? | liquid | contents | capsules? | pills? | vitamins? | supplements? | nappies
            diapers? | wipes | teats? | handles? | plugs? | batter(?:y|ies) | wheels? | clothes | ones? | stuff
        """,
        chinese=r"""
            日期 | 盒 | 箱 | 罐 | 瓶 | 袋 | 包装 | 包裹 | 快递 | 盖 | 封口 | 封条 | 封膜 | 泵 | 喷头 | 压头 | 勺 | 管
            外壳
            衣 | 衫 | 裤 | 裙 | 鞋 | 袜 | 帽 | 外套 | 围巾 | 手套 | 拉链 | 扣 | 袖 | 领口 | 面料 | 布料 | 霜 | 乳液
            精华 | 奶粉 | 面膜 | 洗发水 | 洗头水 | 洗发露 | 沐浴露 | 护发素 | 口红 | 唇膏 | 粉底 | 粉饼 | 香水 | 爽肤水
            维生素 | 胶囊 | 药 | 产品 | 商品 | 货 | 东西 | 礼盒 | 礼物 | 赠品 | 套装 | 机 | 推车 | 里面 | 膏 | 液 | 奶嘴
            尿片 | 尿布 | 尿裤 | 湿巾 | 标签 | 吊牌 | 电池 | 插头 | 按钮 | 轮子
            推车 | 婴儿车 | 童车 | bb车 | 辘 | 底 | 带子 | 罐口 | 瓶口 | 药片 | 胶囊 | 粉(?!红|丝|色|嫩) | 药丸 | 药膏
            牙刷 | 鞋底
            [这那有一两几][支个件条只双对张樽盒罐瓶]
            lid | box | pump | 支 | 件
        """,
    ),
    "spoilt": Family(
        english=r"""
            holes? | stain(?:s|ed)? | scratch(?:es|ed)? | scuff(?:s|ed)? | chip(?:ped|s) | bent | snapped
            split(?! ends?) | burst | exploded | loose(?! powder) | frayed | unravel\w* | loose threads? | faded
            discolou?red | yellow(?:ed|ing) | (?:turned|gone|went) (?:yellow|brown|black|hard|solid|runny|watery)
            mou?ld | fungus | rancid | stinks? | stank | reeks? | bitter | watery | curdled | bugs? | ants? | worms?
            dusty | dust(?! bag) | rust | lump(?:s|y) | clump(?:s|y|ed|ing) | caked | dried (?:up|out) | rock hard
            hard as \w+ | half (?:empty|full|gone) | damp | sticky | greasy | stuck | jam(?:med|s) | clogged | blocked
            missing | incomplete | crooked | uneven | flimsy | tore | tears? | rip | warped | deformed | misshapen
            worn | second ?hand | refilled | melted | separated | gritty | gone off | unwearable | undone
            fall(?:s|ing)? (?:off|apart|out) | fell (?:off|apart|out) | comes? (?:off|apart|loose|undone)
            coming (?:off|apart|loose|undone) | came (?:off|apart|loose|undone) | died | dead | do(?:es)? not fit
            (?:was|were|came|arrived|been|already|seems?|seemed) (?:\w+ )?(?:open(?:ed)?|unsealed|empty|wet|used|
                tampered|bad|off)
            (?:was|were|is|are) (?:flat|dead|stuck|short)
            (?:would|will|does|did|do) not (?:open|close|start|turn|work|charge|fit|pump|spray|dissolve|foam|lather|
                mix|heat|light|spin|go (?:down|up|in|on|back)|come (?:out|off|on)|stay (?:on|up|closed|shut)|shut|hold|
                stick)
            (?:had|has|have|with|was|is|were|are|came with|having) no (?:seal|lid|cap|scoop|spoon|label|box|cover|date|
                instructions|charger|cable|leaflet|wrapping|padding)
            dies | d(?:ead|ied) (?:already|after|in) | crushed | squashed | in pieces | to pieces
            without (?:a |the |any )?(?:lid|cap|seal|scoop|spoon|box|label|instructions|charger|cable)
            expir(?:es|ed|ing|y) (?:already|passed|last|next|in|soon|date (?:is|was|has))
        """,
        chinese=r"""
            (?:裂|破|烂|碎|爆|凹|歪|弯|断|散|松|脱|掉|甩|漏|渗|湿|潮|硬|黄|黑|锈|臭|馊|霉|皱|缩|脏|塞|堵|卡|坏|扁|瘪|
                穿|撞|压|磨|融|溶|洒|撒|倒)(?:了|开|出来|到|得|住|死|完)(?!货|奶|堵)
            有(?:个|条|一个|一条|好多|很多|几个|点|些|一股|股|阵|根|只)?(?:大|小|好大)?的?(?:洞|窟窿|孔|裂|破|虫|蚁|
                渍|污|霉|灰|尘|线头|味道?(?:$|,|的)|臭|毛病|瑕疵|划|刮|毛球|杂质|沉淀|颗粒|黑点|头发)
            结(?:成|了|块|团) | 一块块 | 一粒粒 | 分层 | 出水 | 发黄 | 变黄 | 变黑 | 变色 | 变硬 | 变味 | 变稀 | 变质
            发臭 | 发酸 | 酸了 | 起毛 | 起球 | 毛球 | 褪色 | 甩色 | 掉色 | 缩水 | 开线 | 爆线 | 走线 | 脱线 | 线头
            开口 | 开了口 | 没封 | 没盖 | 没有盖 | 没勺 | 没有勺 | 没包好 | 没包装 | 翻新 | 是旧的 | 别人用过 | 人家用过
            半瓶 | 半罐
            只有一半 | 只剩 | 不满 | 不转 | 不动了? | 不亮 | 不热 | 没吸力
            (?:拧|扭|打|拉|按|开|盖|关|合|挤|压|喷|拆|装|插|充|连|扣|撕|锁|吸|调|转|洗|套)(?:极|死|来拧去|
                了?半天)?(?:都|也)?不(?:开|到|了|上|出|进|动|紧|牢|住|回|满|下)
            掉(?:$|,|在) | 干(?:了|巴巴) | 一点(?:水|精华|液)都没 | 没有?(?:封膜|封条|封口|密封) | 卡(?:住|死)
            挤不 | 用不到(?:两|三|几|一)(?:次|天|日) | 太久远 | 早就过 | 都过了(?:期)? | 过了日期
            日期(?:都|已经|早)*过 | 太小 | 太紧 | 穿不(?:上|进|下) | 不合身
        """,
    ),
    "using": Family(
        english=r"""
            after | since | using | used | use | tried | try | trying | appl(?:y|ied|ying) | ate | eats | eating | drank
            drinking | drinks | wore | wearing | put on | putting | your | from (?:the|this|it)
            gave (?:him|her|my \w+)
            fed | feeding | washed | switched | cream | lotion | milk | formula | mask | serum | shampoo | product
        """,
        chinese=r"""
            用 | 涂 | 擦 | 吃 | 喝 | 敷 | 抹 | 洗 | 穿 | 戴 | 贴 | 搽 | 试 | 冲 | 自从 | 换了 | 面膜 | 面霜 | 奶粉
            精华
        """,
    ),
    "hurting": Family(
        english=r"""
            hair (?:is |was |has |keeps |started )?(?:falling|fell|fallen|coming|dropping)(?: out)? | (?:losing|lost)
                (?:\w+ ){0,3}hair | puff(?:y|ed)(?: up)? | blotch(?:y|es) | welts? | acne(?! prone| skin| cream) | zits?
            spots | scab(?:s|by)? | flak(?:y|ing|ed) | dermatitis | inflam\w+ | the runs
            loose (?:stools?|motions?|poos?) | (?:green|black|bloody|runny|hard) (?:stools?|poops?|poos?|nappies)
            bloat(?:ed|ing) | gassy | reflux | spit(?:ting|s)? up | chok(?:ed|ing) | cough(?:ing|ed|s) | wheez\w+
            (?:trouble|difficulty|hard|can not) breath\w+ | dizzy | faint(?:ed|ing)? | tingl\w+ | bleed(?:ing|s)? | bled
            bruis\w+ | flare(?:d|s)?(?: |-)?ups? | flared | reacted | a&e | emergency room | poison(?:ed|ing)?
            (?:face|skin|eyes?|lips?|cheeks?|ears?|arms?|legs?|bum|bottom|body|gums|nose|chest|neck|throat|scalp|
                hands?|stomach|tummy)(?: \w+){0,3} (?:hurts?|hot|painful|on fire|tight|dry|rough|purple|raw|worse|
                watery|water(?:ing)?|red|redder|itch\w*|pain|aching|closing|puffy|red)
            tingl(?:y|ed) | palpitations | heart (?:is |was )?(?:racing|pounding) | jittery
            (?:came|come|coming|broke|broken|brought (?:me|him|her)) (?:up|out) in
            covered in (?:\w+ )?(?:spots|bumps|dots)
            (?:tummy|stomach|gut|belly|bowels?)(?: \w+){0,3} (?:off|upset|churning|sore|bad|aches?|knots|funny|gurgling)
            (?:gave|gives|giving|got|getting)(?: me| him| her| us)?(?: a| the| these| such)?(?: \w+)? (?:headaches?|
                migraines?|spots|hives|stomach ?aches?|cramps|nosebleeds?)
            nauseous | queasy | nosebleeds? | lumps? on | (?:tiny|little|small|red) (?:bumps|dots|spots)
            pain(?:ful)? | hurts? | fever | crying | cries | screaming | refuses | worse
        """,
        chinese=r"""
            (?:胃|肚子?|喉咙?|嘴唇?|唇|舌头?|口|眼|脸|面|手|脚|皮肤|头皮?|心口?|背脊?|颈|身上|屁股|
                屁屁)[^,。!?]{0,4}(?:顶|胀|翻|麻(?!烦)|痹|谷|绞|抽(?!奖)|烧|紧(?!致|实)|烫|粒|绷|掉皮|甩皮|慌|晕|
                一片红|发红|红了|红晒|闷|刺|疼|痛|痒)
            [睡瞓训]不(?:着|到) | 心慌 | 心跳 | 起.{0,2}粒 | 痹 | 一片片 | 一块块 | (?:掉|脱|甩)了?.{0,2}皮
            掉.{0,4}头发 | 头发.{0,4}掉 | 脱发 | 起(?:疙瘩|包|泡|皮|红|痘|疹|粒|屑) | 刺(?:刺|痛|激) | 辣 | 烫 | 发炎
            红肿
            溃烂 | 流血 | 出血 | 流脓 | 流泪 | 眼.{0,4}(?:痛|红|痒|睁不开|肿) | 唇.{0,3}(?:肿|麻|裂|红) | 麻(?!烦) | 喘
            咳 | 呼吸 | 发烧 | 发热 | 头疼 | 恶心 | 反胃 | 胀气 | 肚胀 | 胃胀 | 绿便 | 血 | 哭闹 | 大哭 | 睡不着
            心跳 | 心悸
            (?:皮肤|脸|面|头皮|手).{0,6}(?:差了|变差|更差|干裂|紧绷|绷|疼|痛|不舒服|粗了|烂|严重|出油|发黑) | 越用越
            更严重
            恶化 | 加重 | 暗沉 | 闭口 | 粉刺 | 暗疮 | (?:起|出|长|有|满|生|发)(?:了|出|满)?.{0,2}湿疹 | 荨麻疹 | 风疹
            风团 | 长(?:了|满|出).{0,3}(?:痘|疮|疹|粒|包)
        """,
    ),
    "staff": Family(
        english=r"""
            staff | drivers? | couriers? | delivery (?:guy|man|men|boy|person|team|people) | guys? | lad(?:y|ies)
            girls? | boys? | associates? | colleagues? | assistants? | consultants? | advis(?:e|o)rs? | sales\w*
            technicians? | agents? | operators? | receptionists? | cashiers? | manager | people | team | she | he
            they | someone | person | man | woman | you | your
        """,
        chinese=r"""
            店员 | 员工 | 职员 | 服务员 | 客服 | 导购 | 顾问 | 送货 | 师傅 | 司机 | 快递 | 配送 | 阿姨 | 小姐 | 先生
            同事 | 人员 | 销售 | sales | 店长 | 经理 | 你们 | 他 | 她 | 那个人 | 那人 | 小哥 | 阿叔 | 大叔 | 哥仔 | 收银
            staff | driver | 工作人员 | 哥哥 | 姐姐 | 阿姐 | 热线 | 店里
        """,
    ),
    "ill_mannered": Family(
        english=r"""
            shout(?:ed|ing)? | yell(?:ed|ing)? | swore | swearing | curs(?:ed|ing) | scold(?:ed|ing)? | argued | arguing
            snapped at | ignor(?:ed|es|ing) | slammed | hung up | hang(?:s|ing)? up | lied | lying | lies | liars?
            mock(?:ed|ing) | laughed at | pushy | lazy | clueless | drunk | (?<!quit )smok(?:ed|ing) | spat
            threaten(?:ed|ing)?
            (?:bad|poor|awful|terrible|nasty|such|that|this|what|the) (?:tone|attitude) | unhelpful | not helpful
            no help | walked off | left without | disappeared | (?:left|made) (?:a|such a|the) mess | mudd?y
            threw | dumped | kicked | banged | cheeky | nasty | mean to | hostile | grumpy | moody | sulky | unfriendly
            rushed (?:me|us|off|through) | did not (?:bother|care|apologi[sz]e|greet|listen|explain|help|know)
            no idea what | never (?:said sorry|apologi[sz]ed?|smiled?|explained) | talk(?:s|ed) down | patroni[sz]\w+
            broke (?:my|our|the) | scratched (?:my|our|the) | stained (?:my|our|the) | trod | dirt(?:y|ied)
            overcharg\w+ | trick(?:ed|s)? | mislead\w* | misled | mis-?sold
            forgot(?:ten)? (?:to|my|the|our|about|half|one)
            roll(?:ed|ing|s) (?:her|his|their) eyes | sigh(?:ed|ing|s) | tutt?ed | sneer(?:ed|s)? | smirk(?:ed|s)?
            huff(?:ed|y)
            (?:would|did|does|could) not (?:take no|let me (?:speak|finish|leave)|stop talking|listen|smile|leave until)
            ma(?:de|kes?) (?:me|us|my \w+|her|him) (?:wait|stand|look (?:stupid|small)|feel (?:stupid|small|bad|guilty|
                awful|terrible|uncomfortable|unwelcome|like a (?:thief|nuisance|fool|burden|criminal)))
            talk(?:ed|ing|s) over
            (?:left|kept) (?:me|us|her|him|them|an? (?:old|elderly|pregnant) \w+|my (?:elderly |old )?(?:mum|mom|
                mother|father|dad|wife|husband|gran\w*|son|daughter|parents|baby|kids?))(?: \w+)? (?:waiting|standing|
                outside|alone|hanging|in the)
            (?:with|kept|in) (?:her|his|their) (?:dirty |muddy )?(?:shoes|boots) on | footprints
            (?:chatt(?:ed|ing)|gossip\w*|scrolling)\b[\w ]{0,30}\b(?:whole|never looked|while|all the|entire)
            (?:rather |so |very |quite |a bit |too )?(?:unkind|uncaring|unwelcoming|abrupt|brusque|snappy|snooty|
                snobb\w+|surly|curt|offhand|indifferent|stuck[- ]up|condescending|sarcastic|bossy|harsh|heartless|
                distracted)
            blam(?:ed|es|ing) (?:me|us) | refus(?:ed|es|ing) to | do not (?:care|listen|reply|answer)
        """,
        chinese=r"""
            串(?:到|爆|得|死) | 呼(?:呼)?喝 | (?:说话|讲话|语气|口气).{0,4}(?:冲|呛|难听|刻薄|硬|重|差|不好) | 翻白眼
            (?:全程|一直|只顾|光顾着?|顾住|成日|不停|低头)[^,。!?]{0,4}(?:看|玩|刷|打|篤|讲|聊|倾|
                吹)[^,。!?]{0,2}(?:手机|电话|天|微信|水)
            没(?:有)?(?:脱|换|除)鞋 | 不(?:脱|换|除)鞋(?![^,。!]{0,6}(?:吗|\?))
            凶 | 恶(?:$|劣|言|狠|到|,) | 骂 | 吼 | 喝斥 | 呵斥 | 冷淡 | 冷漠 | 冷冰冰 | 黑着?[脸面口] | 臭脸 | 摆款
            串嘴
            好串 | 很串 | 寸嘴 | 好寸 | 不理 | 不睬 | 没睬 | 不耐烦 | 没礼 | 无礼 | 不礼貌 | 推搪 | 推卸 | 推来推去
            敷衍 | 说谎 | 撒谎 | 大话 | 骗 | 吹牛 | 嘲 | 讽 | 阴阳怪气 | 偷懒 | 抽烟 | 食烟 | 吃烟 | 烟味 | 酒味 | 摔门
            挂断 | 挂(?:了|我).{0,3}(?:电话|线) | cut(?:了)?(?:我)?(?:线|电话) | 收我线 | 收线 | 乱扔 | 乱丢 | 乱放 | 扔
            踩脏 | 没换鞋 | 懒 | 一问三不知 | 什么都不(?:知|懂|会) | 不专业 | 不(?:肯|愿意?)(?:帮|换|退|搬|上楼|解释|说|
                听|认|道歉) | 没(?:有)?(?:道歉|解释|交代|说对不起|打招呼|通知) | 不道歉 | 不解释 | 不认账 | 不认(?:$|,)
            硬推 | 强推 | 强买 | 强迫 | 硬要 | 死缠 | 缠着 | 吓 | 威胁 | 逼 | 欺 | 歧视 | 看不起 | 白眼 | 翻脸 | 嘴脸
            粗鲁 | 粗暴 | 粗手粗脚 | 手势差 | 毛手毛脚 | 弄(?:坏|脏|破|花) | 整(?:坏|脏|破|烂|花) | 撞(?:坏|花|到|了)
            没个?笑容 | 爱理 | 拽 | 嚣张 | 大声 | 阴湿 | (?<![推延])迟到 | 忘了 | 忘记 | 漏了 | 又没 | 没做 | 没有做
        """,
    ),
}
