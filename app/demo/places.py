"""Stores and the estates around them: streets and coordinates (WGS 84) as they are, flats invented."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Estate:
    """A housing estate: `blocks` are names of its towers."""

    name: str
    street: str
    district: str
    lat: float
    lng: float
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where a store stands and where its customers live."""

    code: str
    name: str
    region: str
    country: str
    zone: str
    locale: str
    phone: str
    address: str
    lat: float
    lng: float
    languages: tuple[str, ...]
    estates: tuple[Estate, ...]
    daily: tuple[str, str] = ("10:00", "20:00")
    sunday: tuple[str, str] | None = ("11:00", "19:00")


def _blocks(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SHA_TIN = Place(
    code="HK-ST",
    name="沙田店",
    region="新界",
    country="HK",
    zone="Asia/Hong_Kong",
    locale="zh_Hant",
    phone="+85226011100",
    address="沙田正街18號新城市廣場一期4樓",
    lat=22.3815,
    lng=114.1889,
    languages=("yue", "cmn", "en"),
    estates=(
        Estate("沙田第一城", "銀城街", "沙田", 22.3862, 114.2043, _blocks("1座 5座 12座 23座 36座 47座")),
        Estate("河畔花園", "大涌橋路", "沙田", 22.3748, 114.1903, _blocks("A座 B座 C座 D座")),
        Estate("瀝源邨", "瀝源街", "沙田", 22.3846, 114.1920, _blocks("榮瑞樓 貴和樓 福海樓 壽全樓")),
        Estate("大圍名城", "車公廟路", "大圍", 22.3722, 114.1789, _blocks("1座 2座 3座 6座 8座")),
        Estate("馬鞍山新港城", "西沙路", "馬鞍山", 22.4252, 114.2309, _blocks("A座 D座 H座 K座 P座")),
        Estate("錦英苑", "恆康街", "馬鞍山", 22.4233, 114.2386, _blocks("錦蕙閣 錦禮閣 錦穗閣")),
    ),
)
CAUSEWAY_BAY = Place(
    code="HK-CB",
    name="銅鑼灣店",
    region="港島",
    country="HK",
    zone="Asia/Hong_Kong",
    locale="zh_Hant",
    phone="+85225762200",
    address="銅鑼灣軒尼詩道555號東角中心10樓",
    lat=22.2803,
    lng=114.1845,
    languages=("yue", "cmn", "en"),
    estates=(
        Estate("太古城", "太古城道", "鰂魚涌", 22.2866, 114.2178, _blocks("金楓閣 海棠閣 夏宮閣 銀柏閣 洞庭閣")),
        Estate("康怡花園", "康山道", "鰂魚涌", 22.2841, 114.2131, _blocks("A座 E座 J座 N座")),
        Estate("渣甸山花園大廈", "大坑道", "大坑", 22.2752, 114.1925, _blocks("1座 2座 3座")),
        Estate("北角城市花園", "電氣道", "北角", 22.2893, 114.1949, _blocks("2座 5座 9座 14座")),
        Estate("跑馬地樂活臺", "樂活道", "跑馬地", 22.2669, 114.1859, _blocks("A座 B座 C座")),
        Estate("杏花邨", "盛泰道", "柴灣", 22.2768, 114.2399, _blocks("8座 17座 26座 39座")),
    ),
)
NANSHAN = Place(
    code="SZ-NS",
    name="深圳南山店",
    region="广东",
    country="CN",
    zone="Asia/Shanghai",
    locale="zh_Hans",
    phone="+8675586543300",
    address="深圳市南山区文心五路33号海岸城购物中心3层",
    lat=22.5184,
    lng=113.9347,
    languages=("cmn", "yue"),
    daily=("09:30", "19:30"),
    sunday=None,
    estates=(
        Estate("后海花半里", "海德三道", "南山", 22.5118, 113.9402, _blocks("1栋 2栋 4栋 7栋")),
        Estate("蔚蓝海岸", "创业路", "南山", 22.5149, 113.9287, _blocks("A栋 C栋 F栋 H栋")),
        Estate("桃源居", "前进二路", "宝安", 22.5715, 113.8722, _blocks("3栋 8栋 11栋 16栋")),
        Estate("华侨城东方花园", "香山东街", "华侨城", 22.5412, 113.9866, _blocks("5栋 9栋 13栋")),
        Estate("科技园麻雀岭", "科苑路", "粤海", 22.5436, 113.9441, _blocks("2栋 6栋 10栋")),
    ),
)
PLACES = (SHA_TIN, CAUSEWAY_BAY, NANSHAN)


@dataclass(frozen=True)
class Home:
    address: str
    district: str
    lat: float
    lng: float


def home(random: Random, place: Place) -> Home:
    """A flat in one of the estates, within some 300 m of the estate's middle."""
    estate = random.choice(place.estates)
    block = random.choice(estate.blocks)
    floor = random.randint(3, 34)
    if place.country == "HK":
        flat = random.choice("ABCDEFGH")
        address = f"{estate.district}{estate.street}{estate.name}{block}{floor}樓{flat}室"
    else:
        address = f"深圳市{estate.district}区{estate.street}{estate.name}{block}{floor}{random.randint(1, 6):02d}室"
    return Home(
        address=address,
        district=estate.district,
        lat=round(estate.lat + random.uniform(-0.0027, 0.0027), 6),
        lng=round(estate.lng + random.uniform(-0.0027, 0.0027), 6),
    )
