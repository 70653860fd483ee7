"""Names and addresses in one writing, for comparing them in SQL: traditional characters that names and streets use as
simplified ones, no forms of address, Latin words in any order, no punctuation."""

# ruff: noqa: S608  fragments of SQL about a column that the caller names

from __future__ import annotations

_PAIRS = (
    "陳陈張张黃黄劉刘楊杨趙赵吳吴鄭郑馮冯蔣蒋韓韩許许鄧邓蕭萧葉叶閻阎蘇苏盧卢賈贾鐘钟鍾钟譚谭陸陆範范龍龙萬万錢钱湯汤賴赖"
    "喬乔莊庄顏颜倫伦嚴严歐欧關关羅罗謝谢鄒邹區区麥麦簡简畢毕龐庞聶聂齊齐華华國国偉伟強强軍军傑杰詩诗麗丽鳳凤蘭兰鶯莺"
    "瓊琼雲云連连貴贵寶宝榮荣勝胜學学慶庆東东亞亚達达興兴發发財财順顺濤涛飛飞鵬鹏鴻鸿輝辉煒炜瑩莹穎颖靜静潔洁婭娅嬌娇"
    "嫻娴愛爱雙双紅红綺绮純纯綠绿緣缘纖纤經经維维綱纲紹绍絲丝義义聖圣樂乐業业橋桥樹树權权歡欢瀾澜淺浅澤泽濱滨漢汉滿满"
    "烏乌爾尔獻献瑤瑶瑪玛環环現现電电畫画碩硕禮礼禎祯禪禅稱称穩稳筆笔節节聰聪聲声職职膽胆臨临藝艺薩萨蓮莲藍蓝見见規规"
    "親亲覺觉記记詠咏誠诚語语諾诺謙谦識识讓让豐丰賓宾賢贤質质贊赞車车軒轩載载輕轻轉转運运進进遠远適适選选鄉乡鋒锋銘铭"
    "銀银鋼钢錦锦鐵铁鑽钻長长門门開开間间陽阳陰阴隊队際际隨随險险雋隽離离難难霧雾靈灵韻韵響响頌颂頓顿題题願愿顧顾風风"
    "馬马駿骏騰腾驕骄體体魚鱼魯鲁鮑鲍鳴鸣黨党齡龄龔龚號号樓楼層层園园灣湾廈厦臺台廣广場场縣县鎮镇單单邊边頭头"
)
TRADITIONAL, SIMPLIFIED = _PAIRS[::2], _PAIRS[1::2]


def folded_name(column: str) -> str:
    """SQL: the name in one writing; '' for none."""
    plain = f"translate(lower(normalize({column}, NFKC)), :traditional, :simplified)"
    bare = rf"regexp_replace({plain}, '(先生|女士|小姐|太太)$|^(mr|mrs|ms|miss|dr)[. ]+', '')"
    words = rf"regexp_split_to_table(regexp_replace({bare}, '[^[:alnum:]]+', ' ', 'g'), ' ')"
    return f"""CASE WHEN {column} ~ '^[[:alpha:]]+$' AND {column} !~ '[A-Za-z]' THEN {bare}
        ELSE coalesce((SELECT string_agg(word, '' ORDER BY word) FROM {words} AS word), '') END"""


def folded_address(column: str) -> str:
    plain = f"translate(lower(normalize({column}, NFKC)), :traditional, :simplified)"
    return f"regexp_replace({plain}, '[^[:alnum:]]+', '', 'g')"


def values() -> dict[str, str]:
    """Bound parameters of both."""
    return {"traditional": TRADITIONAL, "simplified": SIMPLIFIED}
