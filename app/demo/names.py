"""Plausible names, in Mandarin order with the spelling that Hong Kong or the mainland would print."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

HONG_KONG_SURNAMES = (
    ("陳", "Chan"),
    ("黃", "Wong"),
    ("李", "Lee"),
    ("張", "Cheung"),
    ("林", "Lam"),
    ("劉", "Lau"),
    ("何", "Ho"),
    ("梁", "Leung"),
    ("吳", "Ng"),
    ("鄭", "Cheng"),
    ("鄧", "Tang"),
    ("馮", "Fung"),
    ("葉", "Yip"),
    ("郭", "Kwok"),
    ("羅", "Law"),
    ("曾", "Tsang"),
    ("蔡", "Choi"),
    ("譚", "Tam"),
    ("周", "Chow"),
    ("盧", "Lo"),
    ("余", "Yu"),
    ("麥", "Mak"),
    ("關", "Kwan"),
    ("潘", "Poon"),
)
MAINLAND_SURNAMES = (
    "王",
    "李",
    "张",
    "刘",
    "陈",
    "杨",
    "黄",
    "赵",
    "周",
    "吴",
    "徐",
    "孙",
    "朱",
    "马",
    "胡",
    "林",
    "郭",
    "何",
    "高",
    "罗",
    "郑",
    "梁",
    "谢",
    "宋",
    "唐",
    "许",
    "邓",
    "冯",
    "韩",
    "曹",
)
HONG_KONG_WOMEN = (
    "嘉欣",
    "詠詩",
    "芷晴",
    "慧敏",
    "佩珊",
    "美玲",
    "凱晴",
    "穎琳",
    "思敏",
    "淑儀",
    "樂怡",
    "曉彤",
    "家慧",
    "雅文",
    "惠芳",
    "麗華",
    "秀英",
    "綺雯",
    "子晴",
    "靜宜",
    "倩彤",
    "寶珠",
    "婉婷",
    "敏儀",
)
HONG_KONG_MEN = (
    "志明",
    "家豪",
    "俊傑",
    "偉文",
    "浩然",
    "子軒",
    "國強",
    "建華",
    "永康",
    "嘉樂",
    "啟文",
    "柏熹",
    "梓軒",
    "文傑",
    "振邦",
    "錦榮",
)
MAINLAND_WOMEN = (
    "雨桐",
    "思怡",
    "婷婷",
    "丽娟",
    "晓雯",
    "静",
    "敏",
    "佳慧",
    "梦瑶",
    "秀兰",
    "玉梅",
    "欣怡",
    "雪",
    "莉",
    "红霞",
    "诗涵",
    "美琪",
    "春燕",
    "文静",
    "海燕",
)
MAINLAND_MEN = ("伟", "浩宇", "建国", "志强", "俊杰", "宇轩", "磊", "海涛", "文博", "明", "国栋", "子涵", "鹏", "立军")
ENGLISH = (
    "Joyce",
    "Karen",
    "Emily",
    "Grace",
    "Winnie",
    "Vivian",
    "Carol",
    "Michelle",
    "Kelly",
    "Fiona",
    "Jason",
    "Kevin",
    "Raymond",
    "Eric",
    "Alex",
)
BABIES_HK = ("心悅", "樂兒", "晞晴", "朗晴", "柏言", "梓朗", "以諾", "芊柔")
BABIES_CN = ("一诺", "沐宸", "梓涵", "安安", "若曦", "浩然", "可欣", "糖糖")


@dataclass(frozen=True)
class Name:
    """`full` as written on the file; `surname` alone for salutations; gender "f" or "m"."""

    full: str
    surname: str
    gender: str


def person(random: Random, country: str, *, gender: str | None = None) -> Name:
    """One person; seven of ten customers of such a shop are women."""
    sex = gender or ("f" if random.random() < 0.7 else "m")
    if country == "HK":
        surname, _spelling = random.choice(HONG_KONG_SURNAMES)
        given = random.choice(HONG_KONG_WOMEN if sex == "f" else HONG_KONG_MEN)
    else:
        surname = random.choice(MAINLAND_SURNAMES)
        given = random.choice(MAINLAND_WOMEN if sex == "f" else MAINLAND_MEN)
    return Name(full=surname + given, surname=surname, gender=sex)


def english_name(random: Random) -> Name:
    """One of the few customers who read English."""
    _character, spelling = random.choice(HONG_KONG_SURNAMES)
    first = random.choice(ENGLISH)
    return Name(full=f"{first} {spelling}", surname=spelling, gender="f" if ENGLISH.index(first) < 10 else "m")


def baby(random: Random, country: str, surname: str) -> str:
    return surname + random.choice(BABIES_HK if country == "HK" else BABIES_CN)
