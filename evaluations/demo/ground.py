"""Where the compounds of the demo lie: invented points round the middle of their real subdistrict.

No compound of the demo exists, so no point is one. Every third is kept in GCJ-02, as a register filled
from maps on sale would have it.
"""

import math
from collections import defaultdict
from decimal import Decimal

from redprop.common.matching.places import to_gcj02

MIDDLES = {
    "420102002": (114.2955, 30.5868),
    "420102003": (114.3058, 30.5905),
    "420102004": (114.3000, 30.5960),
    "420102005": (114.3108, 30.5978),
    "420102006": (114.3172, 30.6052),
    "420102007": (114.3088, 30.6072),
    "420102008": (114.2985, 30.6052),
    "420102009": (114.3175, 30.6140),
    "420102010": (114.3285, 30.6195),
    "420102011": (114.3195, 30.6245),
    "420102012": (114.3425, 30.6330),
    "420102014": (114.2880, 30.6110),
    "420102015": (114.2860, 30.6215),
    "420102016": (114.3740, 30.6790),
    "420102017": (114.2985, 30.6480),
    "420102018": (114.2750, 30.6420),
    "420102400": (114.3245, 30.6480),
}
"""Roughly the middle of each subdistrict by its code: longitude and latitude in WGS-84."""

STEP, WIDE_STEP = 0.0008, 0.0016
"""Some 90 and 180 metres: how far apart neighbours lie at least, in the old town and in the new."""

WIDE = ("420102012", "420102014", "420102015", "420102016", "420102017", "420102018", "420102400")

TURN = math.pi * (3 - math.sqrt(5))
DEGREE = Decimal("0.000001")


class Ground:
    """Gives out places by the code of the subdistrict: round each middle in an opening spiral, which never lays two on one another."""

    def __init__(self) -> None:
        self.given: dict[str, int] = defaultdict(int)

    def place(self, subdistrict: str) -> dict[str, object]:
        """Return the fields of the next place in the subdistrict with this code; empty where the middle is not known."""
        middle = MIDDLES.get(subdistrict)
        if middle is None:
            return {}
        number = self.given[subdistrict]
        self.given[subdistrict] += 1
        step = WIDE_STEP if subdistrict in WIDE else STEP
        away, angle = step * math.sqrt(number + 0.5), TURN * number
        point = (
            middle[0] + away * math.cos(angle) / math.cos(math.radians(middle[1])),
            middle[1] + away * math.sin(angle),
        )
        datum = "wgs84" if number % 3 else "gcj02"
        east, north = point if datum == "wgs84" else to_gcj02(point)
        return {
            "longitude": Decimal(str(east)).quantize(DEGREE),
            "latitude": Decimal(str(north)).quantize(DEGREE),
            "datum": datum,
        }
