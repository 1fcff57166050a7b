"""The files that the import is measured with: compounds of a district, the same ones every time."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from redprop.common.tabular import declare
from redprop.common.tabular.writing import Table, write_table

_CHARS = "红旗东风花园新村光明解放和平胜利团结前进向阳百步亭后湖塔子二七永清四唯大智一元车站劳动台北球场丹水池谌家矶"
_CONDITIONS = ("好", "一般", "差")


def headers() -> list[str]:
    """Return the headers of the register, in its order."""
    return [column.header for column in declare.get("compounds").columns if not column.read_only]


def rows(count: int) -> Iterator[list[Any]]:
    """Yield `count` compounds with everything the register keeps of one in its own table."""
    chance = random.Random(20261020)
    head = headers()
    for number in range(count):
        name = "".join(chance.choices(_CHARS, k=4))
        values = {
            "小区编号": f"XQ{number:06d}",
            "小区名称": f"{name}{number}小区",
            "地址": f"{name[:2]}大道{number % 900 + 1}号",
            "建成年份": 1980 + number % 40,
            "楼栋数": number % 30 + 1,
            "户数": number % 2000 + 1,
            "人口": number % 5000,
            "建筑面积（㎡）": 1000 + number * 0.25,
            "房屋状况": chance.choice(_CONDITIONS),
            "路面状况": chance.choice(_CONDITIONS),
            "线路状况": chance.choice(_CONDITIONS),
            "绿化状况": chance.choice(_CONDITIONS),
            "登记日期": "2017-03-01",
        }
        yield [values.get(header, "") for header in head]


def write(path: Path, count: int) -> None:
    """Write `count` compounds as .csv, or as .xlsx in the way of Excel: texts in a table of their own."""
    if path.suffix == ".csv":
        write_table(path, Table("小区", headers(), rows(count)))
        return
    book = Workbook(write_only=True)
    sheet = book.create_sheet("小区")
    sheet.append(headers())
    for row in rows(count):
        sheet.append(row)
    book.save(path)
