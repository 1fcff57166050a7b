"""Opening a table file: its sheets as streams of (row number, cells), whatever the format.

Row numbers are those the user sees in Excel. What the cells mean is decided in `cells`, which row is
the header and which sheet is meant in `headers`.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.tabular import recognising
from redprop.common.tabular.ods import open_ods
from redprop.common.tabular.streams import BadLine, Cells, Sheet
from redprop.common.tabular.textfiles import open_csv
from redprop.common.tabular.webtable import open_html
from redprop.common.tabular.xls import open_xls
from redprop.common.tabular.xlsx import open_xlsx

_OPENERS: dict[str, Callable[[Path], list[Sheet]]] = {
    "xlsx": open_xlsx,
    "xls": open_xls,
    "ods": open_ods,
    "csv": open_csv,
    "html": open_html,
}


def open_sheets(path: Path, sheet: str | None = None) -> list[Sheet]:
    """Return the sheets of a file (hidden ones marked so), or the one called `sheet` (name or number from 1).

    Raises Refused for a file that is no readable table.
    """
    kind = recognising.kind_of(path)
    found = _OPENERS[kind](path)
    if not found:
        raise empty(path)
    if sheet is None or kind == "csv":
        return found
    chosen = [one for one in found if one.name == sheet] or [
        one for number, one in enumerate(found, 1) if str(number) == sheet
    ]
    if not chosen:
        raise Refused(
            _("The file has no sheet “%(sheet)s”. Its sheets: %(names)s.")
            % {"sheet": sheet, "names": "、".join(one.name for one in found)},
            code="no-sheet",
        )
    return [replace(chosen[0], hidden=False)]


def empty(path: Path) -> Refused:
    """Return the refusal for a file without a single filled cell."""
    return Refused(
        _("“%(path)s” has no filled cell. Fill in the template of this register and send it again.")
        % {"path": path.name},
        code="empty-table",
    )


__all__ = ["BadLine", "Cells", "Sheet", "empty", "open_sheets"]
