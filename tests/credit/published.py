"""The published grade rules as schemes: bounds from the file, the way points add up read off its `formula` column.

Where a source does not say whether a bound is included (`?`), 以上 includes the number itself
(Civil Code, article 1259), so a lower bound is included and an upper one is not.
"""

import csv
import os
from decimal import Decimal
from pathlib import Path

import pytest

from evaluations.credit.schemes import Condition, Grade, Part, Scheme

DATA = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
FILE = DATA / "credit" / "credit_grade_rules.csv"

HOW_POINTS_ADD_UP = {
    "shandong-2022": {},
    "yantai-2022": {"caps": {Part.BASIC: Decimal(80), Part.GOOD: Decimal(40)}, "term_months": 12},
    "lianyungang-2018": {"start": Decimal(90)},
    "shangqiu-2022": {"calendar_year": True},
    "zhongshan": {"start": Decimal(100), "quantum": Decimal(1)},
    "beijing-12point": {"bad_adds": True},
}

CONDITIONS = {
    "没有不良信用信息": Condition.NO_BAD,
    "有不良信用信息": Condition.HAS_BAD,
    "严重失信": Condition.SERIOUS,
    "实际从事物业服务活动但未按要求参加信用信息管理": Condition.UNREGISTERED,
}


def published_schemes() -> dict[str, Scheme]:
    """Return scheme code → scheme, from the real file; skips where it is not there."""
    if not FILE.exists():
        pytest.skip(f"{FILE.name} with the published grade rules is not on this machine")
    with FILE.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    grades: dict[str, list[Grade]] = {}
    for row in rows:
        grades.setdefault(row["scheme"], []).append(
            Grade(
                name=row["grade"],
                lower=Decimal(row["lower"]) if row["lower"] else None,
                lower_included=row["lower_inclusive"] in ("Y", "?"),
                upper=Decimal(row["upper"]) if row["upper"] else None,
                upper_included=row["upper_inclusive"] == "Y",
                condition=CONDITIONS.get(row["condition"], Condition.NONE),
                on_veto="一票否决" in row["condition"],
            )
        )
    return {
        code: Scheme(code, grades=tuple(rows), **HOW_POINTS_ADD_UP[code]) for code, rows in grades.items()
    }
