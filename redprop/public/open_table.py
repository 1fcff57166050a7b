"""What a table of the open data is made of: its fields with type, meaning and unit, and the fields that several share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from redprop.public import content
from redprop.public.results import Results

Row = tuple[Any, ...]
STRING, INTEGER, NUMBER, DATE, LIST = "string", "integer", "number", "date", "array"


@dataclass(frozen=True)
class Field:
    """One column: its name in files and interface, its type, its title and what it means."""

    name: str
    type: str
    title: str
    meaning: str = ""
    unit: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table. `year` names the field by whose first four characters its files are also cut into years."""

    name: str
    title: str
    meaning: str
    source: str
    updated: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    rows: Callable[[Results], Iterable[Row]]
    filters: tuple[str, ...] = ()
    year: str = ""

    @property
    def names(self) -> list[str]:
        """The names of its fields, in order."""
        return [field.name for field in self.fields]


def code_field(title: str, meaning: str = "") -> tuple[str, str, str, str]:
    """The words of a code of one of our registers, in the order of `Field`."""
    return ("code", STRING, title, meaning)


def period_field() -> Field:
    """The period of a row."""
    return Field(
        "period",
        STRING,
        _("Period"),
        _("Month 2026-07, quarter 2026Q3, half-year 2026H1 or year 2026"),
    )


def colour_field() -> Field:
    """The result of an entry."""
    meaning = _(
        "red: red list; watch: key supervision; black: black list; undetermined: surveyed again; unlisted"
    )
    return Field("colour", STRING, _("Result"), meaning, choices=(*content.LISTED, content.UNLISTED))


def uscc_field() -> Field:
    """The credit code of an enterprise."""
    return Field(
        "uscc", STRING, _("Credit code"), _("Unified social credit code of the enterprise, 18 characters")
    )
