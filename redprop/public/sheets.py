"""Files of a table for people and machines: CSV, JSON and XLSX. The same rows always give the same bytes."""

import csv
import datetime as dt
import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from redprop.common.tabular.sheets import FORMULA, SheetWriter

STAMP = (1980, 1, 1, 0, 0, 0)
MARK = b"\xef\xbb\xbf"
"""By it Excel knows that a CSV file is UTF-8."""
BETWEEN = "；"


def defused(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: days and numbers as texts, counts as they are."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def flat(value: Any) -> Any:
    """Return a value as one cell of a CSV file."""
    if isinstance(value, list | tuple):
        return BETWEEN.join(map(str, value))
    return "" if value is None else plain(value)


def as_csv(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Return a CSV file that Excel opens in Chinese; beginnings of formulas are defused."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(headers)
    table.writerows([defused(flat(cell)) for cell in row] for row in rows)
    return MARK + out.getvalue().encode()


def as_json(names: Sequence[str], rows: Sequence[Sequence[Any]], **more: Any) -> bytes:
    """Return a JSON object with what is said of the table and its rows, one row a line."""
    lines = ",\n".join(
        json.dumps(
            {name: plain(value) for name, value in zip(names, row, strict=True)},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for row in rows
    )
    head = json.dumps(more, ensure_ascii=False, sort_keys=True)[:-1]
    return f'{head}{"," if more else ""}"rows":[\n{lines}\n]}}\n'.encode()


def workbook(
    title: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[Any]],
    above: Sequence[str] = (),
    numbers: Sequence[int] = (),
) -> bytes:
    """Return a workbook with one sheet. Texts in the columns `numbers` become numbers that can be summed."""
    sums = frozenset(numbers)
    with tempfile.TemporaryDirectory(prefix="redprop-sheet-") as folder:
        path = Path(folder) / "table.xlsx"
        with SheetWriter(path, title, headers, above=above) as sheet:
            for row in rows:
                sheet.append([_cell(value, i in sums) for i, value in enumerate(row)])
        return _timeless(path)


def _cell(value: Any, is_number: bool) -> Any:
    if isinstance(value, list | tuple):
        return flat(value)
    return Decimal(value) if is_number and isinstance(value, str) and value else value


def _timeless(path: Path) -> bytes:
    """Return the same ZIP without the time at which it was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            new.writestr(zipfile.ZipInfo(name, STAMP), old.read(name), zipfile.ZIP_DEFLATED, 6)
    return out.getvalue()
