"""From places on the globe to places on paper: a plane fitted to points, their hull, a scale. Pure, no drawing."""

import math
from collections.abc import Iterable, Sequence

from redprop.common.matching.places import EARTH_RADIUS, Point

STEPS = (50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Lengths in metres that a scale may show."""


class Plane:
    """A map with north up: longitude and latitude in WGS-84 become pixels, true to shape within a district."""

    def __init__(
        self, points: Sequence[Point], *, width: int, margin: int, least: float = 0.004, tallest: float = 1.3
    ) -> None:
        """Fit the points into `width` pixels; few points are never magnified beyond `least` degrees."""
        wests, souths = [x for x, _y in points], [y for _x, y in points]
        middle = ((min(wests) + max(wests)) / 2, (min(souths) + max(souths)) / 2)
        self.squeeze = math.cos(math.radians(middle[1]))
        across = max((max(wests) - min(wests)) * self.squeeze, least)
        up = max(max(souths) - min(souths), least * 0.6)
        room = width - 2 * margin
        self.scale = min(room / across, room * tallest / up)
        self.width, self.height = width, math.ceil(up * self.scale) + 2 * margin
        self.middle = middle

    def place(self, point: Point) -> tuple[float, float]:
        """Return where a point lies, in pixels from the upper left."""
        return (
            self.width / 2 + (point[0] - self.middle[0]) * self.squeeze * self.scale,
            self.height / 2 - (point[1] - self.middle[1]) * self.scale,
        )

    def pixels(self, metres: float) -> float:
        """Return how long a way is on the map."""
        return math.degrees(metres / EARTH_RADIUS) * self.scale

    def bar(self) -> tuple[int, float]:
        """Return the length of the scale: metres and pixels, about a fifth of the width."""
        fitting = [m for m in STEPS if self.pixels(m) <= self.width / 4]
        metres = fitting[-1] if fitting else STEPS[0]
        return metres, self.pixels(metres)


def hull(points: Iterable[Point]) -> list[Point]:
    """Return the corners of the smallest convex ring round the points (Andrew's monotone chain)."""
    rows = sorted(set(points))
    if len(rows) < 3:
        return rows

    def half(some: Iterable[Point]) -> list[Point]:
        ring: list[Point] = []
        for point in some:
            while len(ring) > 1 and _turn(ring[-2], ring[-1], point) <= 0:
                ring.pop()
            ring.append(point)
        return ring[:-1]

    return half(rows) + half(reversed(rows))


def _turn(one: Point, two: Point, three: Point) -> float:
    return (two[0] - one[0]) * (three[1] - one[1]) - (two[1] - one[1]) * (three[0] - one[0])


def middle_of(points: Sequence[Point]) -> Point:
    """Return the mean of the points."""
    return sum(x for x, _y in points) / len(points), sum(y for _x, y in points) / len(points)
