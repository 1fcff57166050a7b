"""Drop-downs of a template: every list of choices stands once on a hidden sheet, however long it is."""

from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

FIRST_ROW, LAST_ROW = 4, 5_000
"""Rows of a template that a person fills in: below header, help and example."""
MOST_CHOICES = 5_000
OPTIONS = "选项"


class DropDowns:
    """Adds lists to the sheets of one workbook; a text outside a list is warned of, the import decides."""

    def __init__(self, book: Workbook) -> None:
        self.sheet: Any = book.create_sheet(OPTIONS)
        self.sheet.sheet_state = "hidden"
        self.places: dict[tuple[str, ...], str] = {}

    def add(self, sheet: Any, column: int, texts: Sequence[str]) -> None:
        """Offer `texts` in a column of a sheet (counted from 1); nothing happens when there are none."""
        if not texts:
            return
        rule = DataValidation(
            type="list",
            formula1=self._place(tuple(texts[:MOST_CHOICES])),
            allow_blank=True,
            showErrorMessage=True,
            errorStyle="warning",
            errorTitle="请选择",
            error="请从下拉列表中选择。",
        )
        letter = get_column_letter(column)
        rule.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}")
        sheet.add_data_validation(rule)

    def _place(self, texts: tuple[str, ...]) -> str:
        """Return where the list stands, as a formula names it."""
        if texts not in self.places:
            column = len(self.places) + 1
            for row, text in enumerate(texts, start=1):
                cell = self.sheet.cell(row, column, text)
                cell.data_type, cell.number_format = "s", "@"
            letter = get_column_letter(column)
            self.places[texts] = f"'{OPTIONS}'!${letter}$1:${letter}${len(texts)}"
        return self.places[texts]
