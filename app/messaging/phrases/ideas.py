"""Ideas that phrases are made of: `<texts>` in a phrase stands for any of these. Data."""

from __future__ import annotations

from collections.abc import Mapping

IDEAS: Mapping[str, str] = {
    "texts": r"""
        texts? | messages? | sms(?:es)? | reminders? | notifications? | alerts? | updates | ads | adverts? | promo\w*
        advertis\w+ | announcements? | broadcasts? | campaigns? | spam | newsletters? | mailing | marketing | texting
        messaging
    """,
    "by_mistake": r"""
        by (?:mistake|accident) | accidentall?y | mistaken(?:ly)? | in error | wrongly | never meant | not meant
        did not mean | not mean to | wrong (?:text|message|number|one|person|chat|button|key|thread)
        unintentional(?:ly)?
        not on purpose | without meaning to | in a hurry | typo | auto ?correct | mistyped | slip of | pocket
        my (?:kid|child|son|daughter|toddler|baby) (?:pressed|sent|typed|hit|texted|did)
    """,
    "leaving": r"""
        unsub\w* | opt(?:ed|ing|t)?[ -]?out | stop(?:p?ed)? | 退订 | 取消订阅 | quit | td?
    """,
    "list": r"""
        名单 | 列表 | 群组 | 群发 | 通讯录 | 资料库 | 数据库 | 系统 | 名册 | 记录 | list | group | database
    """,
    "strike": r"""
        (?:删|移|剔|踢|铲|抹|清|去|除|拿|摘|撤|划)(?:掉|走|除|去|干净|出) | 删了? | 铲 | 剔 | 除名 | 注销 | cut | del
        delete | remove
    """,
    "number": r"""
        (?<![0-9一二三四五六七八九十几])号码? | 电话 | 手机 | 名字? | 资料 | 个人信息 | number | phone
    """,
    "bother": r"""
        打扰 | 骚扰 | 滋扰 | 轰炸 | 刷屏 | 洗版 | 折磨 | 吵 | 烦 | 缠 | 搞
    """,
    "leave": r"""
        退订 | 取消订阅 | 拒收 | 停止接收 | 取消接收 | 不再?收 | 取消(?:发送)?.{0,3}(?:<sms>|推送)
        (?:关|停)(?:闭|掉|了|止|上)?(?:(?!机|音|灯|声)[^,。!?]){0,6}(?:<sms>|推送|功能)(?!音|灯|声|键) | unsubscribe
        opt[ -]?out | stop
        <strike>.{0,6}<number> | <number>.{0,8}<strike>
    """,
    "leave_english": r"""
        unsubscribe | opt[ -]?out | take me off | off (?:the|this|your) list
        turn (?:off )?(?:\w+ ){0,3}(?:<texts>|these|them)\b
        (?:stop|end|cancel|block|quit)(?: \w+){0,4} (?:<texts>|list|subscription) | (?:remove|delete) (?:my|our) number
    """,
    "threat": r"""
        投诉 | 举报 | 报警 | 报案 | 拉黑 | block | 告 | 打(?:12|110|电话) | 报 | 封 | 屏蔽
    """,
    "day": r"""
        today | tonight | tomorrow | monday | tuesday | wednesday | thursday | friday | saturday | sunday
        (?:the )?weekend | next week | this week | next month | (?:the )?day after
        (?:end|middle|start|beginning) of (?:the |next |this )?(?:month|week)
        (?:late|early)? ?(?:morning|afternoon|evening)s? | noon | lunch ?time | (?:the )?\d{1,2}(?:st|nd|rd|th)
    """,
    "hour": r"""
        \d{1,2}(?:[:.]\d\d)? ?(?:pm|am|p\.m\.?|a\.m\.?|o'?clock) | \d{1,2}:\d\d
        (?:after|before|around|at|till|until) \d{1,2}
    """,
    "when": r"""
        <day> | <hour>
    """,
    "ours": r"""
        you | your \w+ | the \w+ | she | he | they | staff | driver | delivery | courier | guy | man | lady | girl
        boy | associate | colleague | salesperson | visit | technician
        (?:my|our) (?:\w+ )?(?:order|parcel|package|delivery|goods|box|visit|gift)
    """,
    "sms": r"""
        短信 | 信息 | 简讯 | 短讯 | 消息 | 讯息 | 通知 | 提醒 | 提示 | 广告 | 推送 | 推广 | 垃圾信 | 宣传 | 资讯
        促销 | 推销 | sms | message | messages
        text | texts | msg | reminder
    """,
    "send": r"""
        发送 | 传送 | 发给 | 发 | 传 | 寄 | 推送 | 推 | send | text | message | sms | msg | whatsapp | 通知 | 提醒
    """,
    "no_more": r"""
        不要 | 别 | 不用 | 不必 | 不需要 | 不想 | 不准 | 不许 | 勿 | 请勿 | 停止 | 甭 | 不可以 | 无需 | 没必要
        不希望 | 唔
    """,
    "to_me": r"""
        给我 | 向我 | 跟我 | 对我 | 往我 | 给这个号码? | 到我 | 我
    """,
    "very": r"""
        太 | 很 | 好 | 超级? | 真是?的? | 非常 | 特别 | 极其? | 十分 | 巨 | 贼 | 死 | 够 | 几 | 这么 | 那么 | 有够
        实在太?
        蛮 | 挺 | 有些 | 有点儿? | 有一点 | 相当 | 完全 | 根本 | 最 | 越来越 | 更 | 十足
    """,
    "bulk": r"""
        短信 | 短讯 | 简讯 | 讯息 | 信息 | 消息 | 通知 | 提醒 | 提示 | 广告 | 推广 | 推销 | 促销 | 群发 | 垃圾信 | 推送
        营销 | 宣传 | 骚扰 | sms | text | message | msg | reminder | promo\w* | spam
    """,
    "time": r"""
        今天 | 明天 | 后天 | 大后天 | 改天 | 改日 | 下星期 | 下周 | 这周 | 本周 | 周末 | 月底 | 下个?月
        (?:星期|周|礼拜)[一二三四五六日天1-7] | 早上 | 上午 | 中午 | 下午 | 傍晚 | 晚上
        [0-9一二三四五六七八九十]+(?:点|号|时) | 半小时 | (?:一|两|1|2)(?:个)?(?:小时|天|日)
    """,
    "unit": r"""
        罐 | 盒 | 箱 | 瓶 | 枝 | 樽 | 包 | 份 | 件 | 支 | 袋 | 桶 | 套 | 条 | 听 | 组 | 单 | 次 | 打 | 只 | 管 | 块 | 提
    """,
    "count": r"""
        [一二两三四五六七八九十几半多] | [1-9][0-9]?
    """,
    "yes": r"""
        yes+ | yep+ | yea+h? | yup+ | yah | ya | aye | ok(?:ay|ies|ok)* | okok | okie | k | kk | sure
        confirm(?:ed|ing)? | fine | good | great | perfect | works? | noted | agreed? | deal | alright | all right
        all good | certainly | of course | ofc | definitely | absolutely | lovely | wonderful | excellent | awesome
        cool | np | roger | got it | will do | no (?:problems?|prob|probs|worries|issues?|objections?|changes?)
        sounds good | looks good | suits? | looking forward | see you | see ya | c you | c u
        i will be (?:there|home|in|here|at home|waiting|around|ready)
        we will be (?:there|home|in|here|at home|waiting|around) | will be (?:home|there|in|waiting|at home|here)
        be (?:home|there) | am (?:home|in|free|available|at home) | i am (?:free|home|available|in) | can
        accept(?:ed)? | affirmative | please (?:do )?come | come (?:over|then|as planned) | as planned | as scheduled
        keep (?:it|the|my) | understood | copy | received | thank you,? see | home (?:all day|then|at that time)
        waiting for you | expect(?:ing)? you | correct | right | yess?ir | 👍 | ok la | happy with
        righto? | grand | spot on | all set | you bet | <day> is on | (?:we are|it is|still) on(?: for)? | splendid
        super
        brilliant | marvell?ous | smashing | fab(?:ulous)? | brill | fantastic | by all means | deffo | ace | no bother
        that will do | it is a date | wicked | jolly good | very well | count on it | i will be waiting
        free then | available then | convenient | feel free | please proceed | proceed
    """,
}
