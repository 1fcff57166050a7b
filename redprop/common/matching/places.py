"""Where a compound lies: distances between coordinates of different datums, and roads in an address.

Maps sold in China carry an offset of some 300 to 700 metres (GCJ-02), Baidu's another on top (BD-09).
The offset is undone here to within a metre, which is plenty for telling two compounds apart.
"""

import math
import re
from collections.abc import Iterable
from functools import lru_cache

from redprop.common.text import normalise

Point = tuple[float, float]
"""Longitude and latitude in degrees."""

_AXIS, _FLATTENING = 6378245.0, 0.00669342162296594323
_BD = math.pi * 3000.0 / 180.0
EARTH_RADIUS = 6371008.8


def to_wgs84(point: Point, datum: str) -> Point:
    """Return the point in WGS-84; `datum` is wgs84, cgcs2000 (the same within a metre), gcj02 or bd09."""
    if datum == "bd09":
        point, datum = _bd09_to_gcj02(point), "gcj02"
    return _gcj02_to_wgs84(point) if datum == "gcj02" else point


def _offset(point: Point) -> Point:
    x, y = point[0] - 105.0, point[1] - 35.0
    waves = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    radians = point[1] / 180 * math.pi
    magic = 1 - _FLATTENING * math.sin(radians) ** 2
    root = math.sqrt(magic)
    return (
        east * 180 / (_AXIS / root * math.cos(radians) * math.pi),
        north * 180 / (_AXIS * (1 - _FLATTENING) / (magic * root) * math.pi),
    )


def to_gcj02(point: Point) -> Point:
    """Return a WGS-84 point with the offset of GCJ-02."""
    east, north = _offset(point)
    return point[0] + east, point[1] + north


def _gcj02_to_wgs84(point: Point) -> Point:
    guess = point
    for _turn in range(4):
        east, north = _offset(guess)
        guess = point[0] - east, point[1] - north
    return guess


def _bd09_to_gcj02(point: Point) -> Point:
    x, y = point[0] - 0.0065, point[1] - 0.006
    radius = math.hypot(x, y) - 0.00002 * math.sin(y * _BD)
    angle = math.atan2(y, x) - 0.000003 * math.cos(x * _BD)
    return radius * math.cos(angle), radius * math.sin(angle)


def metres(one: Point, other: Point) -> float:
    """Return the distance of two points of the same datum in metres."""
    lng1, lat1, lng2, lat2 = map(math.radians, (*one, *other))
    h = math.sin((lat2 - lat1) / 2) ** 2
    h += math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(min(1.0, h)))


def is_inside(point: Point, ring: Iterable[Point]) -> bool:
    """Tell whether a point lies inside a ring of points (of the same datum)."""
    corners = list(ring)
    inside = False
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y1 > point[1]) != (y2 > point[1]) and point[0] < (x2 - x1) * (point[1] - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def metres_to_ring(point: Point, ring: Iterable[Point]) -> float:
    """Return the distance of a point to the nearest edge of a ring in metres (flat, for some kilometres)."""
    corners = list(ring)
    scale = math.cos(math.radians(point[1]))
    flat = [((x - point[0]) * scale, y - point[1]) for x, y in corners]
    best = math.inf
    for (x1, y1), (x2, y2) in zip(flat, flat[1:] + flat[:1], strict=True):
        dx, dy = x2 - x1, y2 - y1
        length = dx * dx + dy * dy
        along = 0.0 if not length else max(0.0, min(1.0, -(x1 * dx + y1 * dy) / length))
        best = min(best, math.hypot(x1 + along * dx, y1 + along * dy))
    return math.radians(best) * EARTH_RADIUS


_NOISE = re.compile(r"[\u4e00-\u9fff]{1,4}?(?:街道办事处|街办事处|街街道|街道)|[\u4e00-\u9fff]{2}区|办事处")
_ROAD = re.compile(
    r"([\u4e00-\u9fff]{1,6}?(?:大道|大街|小路|一路|二路|三路|四路|五路|路|街|巷))((?:特|附)?\d+)?"
)


@lru_cache(maxsize=8192)
def roads(address: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """Return the roads an address names, and those with a house number: 解放大道1号 gives (解放大道, 1)."""
    text = re.sub(r"[\s()\-,，、;；]+", " ", normalise(address))
    found, numbered = set(), set()
    for part in text.split():
        for road, number in _ROAD.findall(_NOISE.sub(" ", part).replace(" ", "")):
            found.add(road)
            if number:
                numbered.add((road, number))
    return frozenset(found), frozenset(numbered)
