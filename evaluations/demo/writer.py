"""Writes rows by COPY, in chunks, with ids known beforehand.

A `Sheet` knows the columns of a model and the default of each; a caller names only what differs.
Inserted rows record their own author and time, so nothing here enters the history of changes.
"""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from django.db import connection, models
from psycopg import sql

CHUNK = 20_000
"""Rows kept in memory per table before they are sent."""

NULL = "\\N"


def _text(value: str) -> str:
    if "\\" in value or "\n" in value or "\t" in value:
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return value


def _moment(value: dt.datetime) -> str:
    return value.isoformat(" ")


_FORMS: dict[type, Any] = {
    str: _text,
    int: str,
    bool: lambda value: "t" if value else "f",
    dt.date: dt.date.isoformat,
    dt.datetime: _moment,
    Decimal: str,
    float: str,
    type(None): lambda value: NULL,
    list: lambda value: "{" + ",".join(json.dumps(v, ensure_ascii=False) for v in value) + "}",
    dict: lambda value: _text(json.dumps(value, ensure_ascii=False, sort_keys=True)),
}


def cell(value: Any) -> str:
    """Return a value as COPY's text format wants it."""
    form = _FORMS.get(type(value))
    return form(value) if form else _text(str(value))


class Sheet:
    """Rows of one table on their way into the database."""

    def __init__(self, model: type[models.Model], *, always: dict[str, Any] | None = None) -> None:
        """Open the sheet of `model`; `always` are values that every row has."""
        self.model = model
        self.table = model._meta.db_table
        self.fields = list(model._meta.concrete_fields)
        self.position: dict[str, int] = {}
        self.blank: list[str] = []
        for index, field in enumerate(self.fields):
            self.position[field.attname] = index
            self.position.setdefault(field.name, index)
            clock_driven = isinstance(field, models.DateTimeField)
            self.blank.append(NULL if clock_driven else cell(field.get_default()))
        for name, value in (always or {}).items():
            self.blank[self.position[name]] = cell(value)
        self.lines: list[str] = []
        self.rows = 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [self.table])
            self.sequence = cursor.fetchone()[0]
            cursor.execute(f"SELECT last_value, is_called FROM {self.sequence}")
            last, called = cursor.fetchone()
        self.last_id = last if called else last - 1

    def add(self, **values: Any) -> int:
        """Add a row; returns its id."""
        row = self.blank.copy()
        position, forms = self.position, _FORMS
        for name, value in values.items():
            form = forms.get(type(value))
            row[position[name]] = form(value) if form else _text(str(value))
        self.last_id += 1
        row[0] = str(self.last_id)
        self.lines.append("\t".join(row))
        if len(self.lines) >= CHUNK:
            self.flush()
        return self.last_id

    def flush(self) -> None:
        """Send what is waiting."""
        if not self.lines:
            return
        copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(self.table), sql.SQL(", ").join(sql.Identifier(f.column) for f in self.fields)
        )
        with connection.cursor() as cursor:
            with cursor.copy(copy) as stream:
                stream.write("\n".join(self.lines) + "\n")
            cursor.execute("SELECT setval(%s, %s)", [self.sequence, self.last_id])
        self.rows += len(self.lines)
        self.lines = []


class Book:
    """All sheets of one load."""

    def __init__(self) -> None:
        self.sheets: dict[type[models.Model], Sheet] = {}

    def sheet(self, model: type[models.Model], **always: Any) -> Sheet:
        """The sheet of `model`, opened at its first use."""
        if model not in self.sheets:
            self.sheets[model] = Sheet(model, always=always)
        return self.sheets[model]

    def flush(self) -> None:
        """Send everything that is waiting, in the order in which the sheets were opened."""
        for sheet in self.sheets.values():
            sheet.flush()

    @property
    def rows(self) -> dict[str, int]:
        """Rows written, by table."""
        return {sheet.table: sheet.rows for sheet in self.sheets.values() if sheet.rows}
