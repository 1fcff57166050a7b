"""Kinds of cells that stand for more than one value: months, sets of rows or texts, small tables.

What is stored of a set comes from a subquery as a list; a table's lines as texts "left:right".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from redprop.common.tabular import cells, kinds
from redprop.common.tabular.cells import CellError, clean
from redprop.common.tabular.kinds import Kind

_BETWEEN = re.compile(r"[、;\n]+")
_LINES = re.compile(r"[;；\n]+")


@dataclass(frozen=True)
class Month(kinds.Date):
    """A month, stored as its first day, written as 2026-07."""

    def parse(self, raw: object, factor: int = 1) -> date | None:
        """Return the first day of the month."""
        found = super().parse(raw, factor)
        return found.replace(day=1) if found else None

    def out(self, value: Any) -> Any:
        """Return 2026-07."""
        return f"{value:%Y-%m}" if value else None

    def show(self, value: Any) -> str:
        """Return 2026-07."""
        return self.out(value) or ""


def split(text: str) -> list[str]:
    """Return the parts between 、 ; and line breaks, each once, in order of writing."""
    return list(dict.fromkeys(part for part in (clean(part) for part in _BETWEEN.split(text)) if part))


@dataclass(frozen=True)
class Names(Kind):
    """Several texts in one cell, between 、 or ;. Their order does not matter."""

    cleared: Any = ()

    def parse(self, raw: object, factor: int = 1) -> tuple[str, ...]:
        """Return the texts in order."""
        found = split(clean(raw))
        for text in found:
            super().parse(text)
        return tuple(sorted(found))

    def same(self, stored: Any, new: Any) -> bool:
        """Compare what an export of the stored ones would be read as."""
        return {part for text in stored or () for part in split(text)} == set(new or ())

    def out(self, value: Any) -> Any:
        """Return the texts with 、 between them."""
        return "、".join(value or ())


@dataclass(frozen=True)
class References(kinds.Reference):
    """Several rows of another register in one cell. What cannot be found stays a text: the register refuses it."""

    cleared: Any = ()

    def parse(self, raw: object, factor: int = 1) -> str:
        """Return the keys as one text, which the engine resolves."""
        text = super().parse(raw)
        return "、".join(sorted(split(text)))

    def same(self, stored: Any, new: Any) -> bool:
        """Compare sets of primary keys."""
        return set(stored or ()) == set(new or ())

    def out(self, value: Any) -> Any:
        """Return the keys with 、 between them."""
        return "、".join(value or ())


def resolve_each(resolve: kinds.Resolver) -> kinds.Resolver:
    """Return the resolver of `References` for the one of single keys: key → primary keys, unknown ones as texts."""

    def resolved(context: Any, keys: set[str]) -> Mapping[str, Any]:
        wanted = {part for key in keys for part in split(key)}
        found = resolve(context, wanted)
        return {
            key: tuple(
                part if (pk := found.get(part)) is None or isinstance(pk, kinds.Ambiguous) else pk
                for part in split(key)
            )
            for key in keys
        }

    return resolved


@dataclass(frozen=True)
class Table(Kind):
    """Lines "left:right" in one cell, between ; : bands (90:1.1; 80:1), ceilings. Numbers on both sides, left ones once.

    `left` maps words to what they mean (一类 is 1), `unit` may follow the right side.
    """

    places: int = 4
    most: int = 10**10
    left: Mapping[str, Any] | None = None

    cleared: Any = ()
    width = 30

    def parse(self, raw: object, factor: int = 1) -> tuple[tuple[Any, Decimal], ...]:
        """Return the lines, highest left side first."""
        text = super().parse(raw)
        found: dict[Any, Decimal] = {}
        for line in filter(None, (part.strip() for part in _LINES.split(text))):
            left, mark, right = (part.strip() for part in line.partition(":"))
            key = self._left(left)
            if not mark or key is None or key in found:
                raise CellError(self._wrong(line))
            found[key] = self._number(right)
        return tuple(sorted(found.items(), key=lambda pair: str(pair[0]) if self.left else -pair[0]))

    def _left(self, text: str) -> Any:
        if self.left is not None:
            return self.left.get(text)
        return self._number(text)

    def _number(self, text: str) -> Decimal:
        value = cells.number(text)
        if cells.places(value) > self.places or not -self.most < value < self.most:
            raise CellError(self._wrong(text))
        return value.normalize() if value else Decimal(0)

    def _wrong(self, line: str) -> str:
        return _(
            "“%(line)s” cannot be read. Write each line as left:right, with ; between the lines: %(like)s."
        ) % {
            "line": line[:40],
            "like": f"{next(iter(self.left))}:0.26" if self.left else "90:1.1;80:1",
        }

    def same(self, stored: Any, new: Any) -> bool:
        """Compare as tables of numbers."""
        return (self.parse(self.out(stored)) if stored else ()) == tuple(new or ())

    def out(self, value: Any) -> Any:
        """Return the lines as text: from stored texts or from parsed pairs."""
        names = {key: name for name, key in list((self.left or {}).items())[::-1]}
        lines = []
        for line in value or ():
            left, right = line.split(":", 1) if isinstance(line, str) else line
            if self.left is not None:
                left = names.get(left, left)
            lines.append(f"{_plain(left)}:{_plain(right)}")
        return "; ".join(lines) or None

    def show(self, value: Any) -> str:
        """Return the lines as text."""
        return self.out(value) or ""


def _plain(value: Any) -> str:
    """Return a number without trailing zeros; another text as it is."""
    try:
        return format(Decimal(value).normalize() + 0, "f")
    except ArithmeticError:
        return str(value)
