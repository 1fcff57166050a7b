"""Words from which the demo's fictional names are made. Nobody and nothing real is meant."""

import random
from collections.abc import Iterator
from itertools import product

from stdnum.cn import uscc

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
GIVEN = "一子文志建国明华丽芳敏静强军磊洋勇艳杰娟涛超秀霞平刚桂英玉兰红梅凤琴云莉萍燕波斌宇浩凯俊峰鹏飞旭阳晨曦佳怡欣雨婷雪思琪诗涵梓萱博文昊天睿哲嘉懿若溪书瑶清越安宁远航致和景行知行"

STEM_FIRST = "砚禾岚澄笙屿槿苇芷榆栀葭蒲桐榕棠荻茗芃岫泠汀漪霁晞旸暄皓煦翊翎鹭鹮麓垚堃圩坞埠畈"
STEM_SECOND = "序笺禾畔岸渡浦汀洲汐泊沐渔砚墨弦琴磬檐廊舫榭橼椿桁栎枫梓楠榛苓茯菁葵蔚萸薇"
NEW_SUFFIXES = ("苑", "雅居", "家园", "花园", "府", "公馆", "云邸", "新城")
OLD_SUFFIXES = ("里", "坊", "巷", "新村", "宿舍", "大院", "小区", "里弄")

FIRM_FIRST = "昱珩瑾璟翊骐骥驰鸿鹄鸢鸾麒麟颢颖颐顼韫韬鞅霖雱"
FIRM_SECOND = "泽沛沄沣浔淇淙湉溥滢漾澍濂瀚灏炜烨煜焘熠"
FIRM_THIRD = "达邻居安家宜佳诚睦和康泰"
WELFARE = ("惠邻共治", "众邻同兴")

STREETS = [
    "澄苇路",
    "砚禾街",
    "榆序巷",
    "桐浦路",
    "岚渡街",
    "棠沐路",
    "麓舫路",
    "芷汀街",
    "霁檐路",
    "鹭洲大道",
]


def persons(chance: random.Random) -> Iterator[str]:
    """Endless names of persons; some occur twice, as in life."""
    while True:
        name = chance.choice(SURNAMES) + chance.choice(GIVEN)
        yield name + chance.choice(GIVEN) if chance.random() < 0.72 else name


def _stems(first: str, second: str, chance: random.Random) -> list[str]:
    stems = [a + b for a, b in product(first, second) if a != b]
    chance.shuffle(stems)
    return stems


def compounds(chance: random.Random, suffixes: tuple[str, ...], part: int) -> Iterator[str]:
    """Names of compounds, none twice; `part` (0 or 1) takes another half of the stems."""
    stems = _stems(STEM_FIRST, STEM_SECOND, random.Random(7))[part::2]
    chance.shuffle(stems)
    for number in range(1, 1_000_000):
        for stem in stems:
            name = stem + chance.choice(suffixes)
            yield name if number == 1 else f"{name}{number}区"


def firms(chance: random.Random) -> Iterator[str]:
    """Trade names of enterprises, none twice."""
    stems = [a + b + c for a, b, c in product(FIRM_FIRST, FIRM_SECOND, FIRM_THIRD)]
    chance.shuffle(stems)
    yield from stems
    for number in range(2, 1_000):
        yield from (f"{stem}{number}" for stem in stems)


ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def credit_code(number: int) -> str:
    """A unified social credit code with valid check digits, in the region 999999 that does not exist.

    The ninth to seventeenth places are an organisation code (GB 11714) that begins with DEM.
    """
    body = f"DEM{number:05d}"
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    rest = 11 - sum(alphabet.index(c) * w for c, w in zip(body, ORGANISATION_WEIGHTS, strict=True)) % 11
    first = "91999999" + body + ("0" if rest == 11 else "X" if rest == 10 else str(rest))
    return first + uscc.calc_check_digit(first)
