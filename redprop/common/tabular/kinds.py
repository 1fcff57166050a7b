"""Column kinds: how a cell of each sort is read, compared with what is stored, shown and written.

A kind knows nothing of models. References are read as keys here and resolved set-wise by the engine.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.identifiers import check_uscc, find_personal_numbers, mask_number
from redprop.common.tabular import cells
from redprop.common.tabular.cells import CellError, clean
from redprop.common.text import normalise_name

MANY_DIGITS = re.compile(r"(?:\d[\s\-]?){11}")
PERCENT_HEADER = -1
_POINT_ZERO = re.compile(r"(\d{5,15})\.0+")
"""A code that some program took for a number on its way."""


@lru_cache(maxsize=8192)
def _same_text(stored: str) -> str:
    return clean("'" + stored if stored.startswith("'") else stored)


@dataclass(frozen=True)
class Kind:
    """Free text: one line, at most `longest` characters, no personal numbers unless `personal` is set."""

    longest: int = 0
    personal: bool = False
    multiline: bool = False

    cleared: Any = ""
    width = 20

    def parse(self, raw: object, factor: int = 1) -> Any:
        """Return the value of a filled cell, or raise CellError."""
        if cells.is_date_cell(raw):
            raise CellError(
                _("Excel has turned this text into a date. Set the cell to “Text” and type it again.")
            )
        text = clean(raw)
        self.refuse_personal(text)
        if self.longest and len(text) > self.longest:
            raise CellError(
                _("The text has %(length)s characters; at most %(limit)s fit.")
                % {"length": len(text), "limit": self.longest}
            )
        return str(text)

    def refuse_personal(self, text: str) -> None:
        """Raise when `text` holds an ID-like or mobile number and this column must not."""
        if self.personal or not MANY_DIGITS.search(text):
            return
        if found := find_personal_numbers(text):
            raise CellError(
                _(
                    "This field must not hold a mobile or ID number (found %(masked)s). Delete the number from the cell."
                )
                % {"masked": mask_number(found[0])},
                hide=True,
            )

    def is_empty(self, raw: object) -> bool:
        """Tell whether the cell says nothing. In a text a dash is a text."""
        return raw is None or (isinstance(raw, str) and (raw == "" or clean(raw) == ""))

    def same(self, stored: Any, new: Any) -> bool:
        """Tell whether importing `new` would leave `stored` as it is."""
        return stored == new or (isinstance(stored, str) and _same_text(stored) == new)

    def out(self, value: Any) -> Any:
        """Return what an export writes for a stored value."""
        return value

    def show(self, value: Any) -> str:
        """Return a value as the preview shows it."""
        return "" if value is None else str(self.out(value))

    def choices_out(self) -> list[str]:
        """Return the texts a drop-down offers; empty when there is none."""
        return []

    def key(self, value: Any) -> Any:
        """Return what two spellings of one natural key have in common."""
        return value


Text = Kind


@dataclass(frozen=True)
class Name(Kind):
    """A name: as text, without the spaces typed between Chinese characters."""

    def parse(self, raw: object, factor: int = 1) -> str:
        """Return the name in its stored form."""
        return normalise_name(super().parse(raw))


@dataclass(frozen=True)
class Code(Kind):
    """A code: no spaces inside, compared without regard to case."""

    digits: int = 0
    width = 18

    def parse(self, raw: object, factor: int = 1) -> str:
        """Return the code; with `digits`, exactly that many."""
        text = super().parse(raw).replace(" ", "")
        if found := _POINT_ZERO.fullmatch(text):
            text = found[1]
        if cells.is_shortened(text):
            raise CellError(
                _(
                    "Excel has shortened this number to “%(value)s” and its digits are lost. Set the cell to “Text” and type the code again."
                )
                % {"value": text}
            )
        if self.digits and not (text.isdigit() and len(text) == self.digits):
            raise CellError(
                _("“%(value)s” is not a code of %(digits)s digits.")
                % {"value": text[:40], "digits": self.digits}
            )
        return text

    def key(self, value: Any) -> Any:
        """Return the code in one case."""
        return value.casefold() if isinstance(value, str) else value

    def same(self, stored: Any, new: Any) -> bool:
        """Codes that differ in case only are the same."""
        return self.key(stored) == self.key(new)


@dataclass(frozen=True)
class Uscc(Kind):
    """A unified social credit code with its check character (GB 32100-2015)."""

    width = 22

    def parse(self, raw: object, factor: int = 1) -> str:
        """Return the code in capitals."""
        try:
            return check_uscc(clean(raw))
        except Refused as refusal:
            raise CellError(str(refusal)) from None


@dataclass(frozen=True)
class Number(Kind):
    """A decimal number with at most `places` places between `least` and `most`; `units` may follow it."""

    places: int = 2
    least: Decimal | int | None = 0
    most: Decimal | int | None = None
    units: tuple[str, ...] = ()

    cleared: Any = None
    width = 14

    def is_empty(self, raw: object) -> bool:
        """A dash in a number column says "none"."""
        return raw is None or (isinstance(raw, str) and cells.is_nothing(clean(raw)))

    def read(self, raw: object, factor: int) -> Decimal:
        """Return the bare number."""
        return cells.number(raw, factor=factor, units=self.units)

    def parse(self, raw: object, factor: int = 1) -> Any:
        """Return a Decimal; never rounds."""
        value = self.read(raw, max(factor, 1))
        if cells.places(value) > self.places:
            raise CellError(
                _(
                    "%(value)s has more than %(places)s decimal places. Round it yourself; nothing is rounded here."
                )
                % {"value": value, "places": self.places}
                if self.places
                else _("%(value)s is not a whole number.") % {"value": value}
            )
        if self.least is not None and value < self.least:
            raise CellError(
                _("%(value)s is too small; the least is %(limit)s.") % {"value": value, "limit": self.least}
            )
        if self.most is not None and value > self.most:
            raise CellError(
                _("%(value)s is too large; the most is %(limit)s.") % {"value": value, "limit": self.most}
            )
        return value

    def same(self, stored: Any, new: Any) -> bool:
        """Compare as numbers."""
        return (stored is not None and new is not None and stored == new) or stored is new

    def show(self, value: Any) -> str:
        """Return plain digits."""
        return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


@dataclass(frozen=True)
class Money(Number):
    """Yuan with at most two places."""

    units: tuple[str, ...] = ("元", "圆", "元整", "元人民币", "RMB", "yuan")


@dataclass(frozen=True)
class Integer(Number):
    """A whole number; a unit such as 户 or 栋 may follow it."""

    places: int = 0
    width = 10

    def parse(self, raw: object, factor: int = 1) -> int:
        """Return an int."""
        return int(super().parse(raw, factor))


@dataclass(frozen=True)
class Year(Number):
    """A year: 2015, 2015年, 2015年建成."""

    places: int = 0
    least: Decimal | int | None = 1800
    most: Decimal | int | None = 2100
    units: tuple[str, ...] = ("年", "年建成", "年建")
    width = 10

    def parse(self, raw: object, factor: int = 1) -> int:
        """Return the year as int."""
        if isinstance(raw, cells.Merged):
            raw = raw.value
        if isinstance(raw, date):
            return raw.year
        return int(super().parse(raw, 1))


@dataclass(frozen=True)
class Share(Number):
    """A share as a fraction of 1, written as 12.5%."""

    places: int = 4
    least: Decimal | int | None = 0
    most: Decimal | int | None = 1

    def parse(self, raw: object, factor: int = 1) -> Decimal:
        """Return the fraction; a % in the header arrives as `factor` PERCENT_HEADER."""
        value = cells.share(raw, percent_header=factor == PERCENT_HEADER)
        if cells.places(value) > self.places or not 0 <= value <= (self.most or 1):
            raise CellError(
                _("“%(value)s” is not a share between 0%% and 100%%.") % {"value": clean(raw)[:40]}
            )
        return value

    def out(self, value: Any) -> Any:
        """Return 12.5% as text, which every reader takes back unchanged."""
        return None if value is None else f"{format((value * 100).normalize(), 'f')}%"

    def show(self, value: Any) -> str:
        """Return the text with the sign."""
        return self.out(value) or ""


@dataclass(frozen=True)
class Date(Kind):
    """A date; with `end` a month means its last day and 长期 an open end."""

    end: bool = False

    cleared: Any = None
    width = 14

    def is_empty(self, raw: object) -> bool:
        """A dash in a date column says "none"."""
        return raw is None or (isinstance(raw, str) and cells.is_nothing(clean(raw)))

    def parse(self, raw: object, factor: int = 1) -> date | None:
        """Return a date (None: an open end)."""
        return cells.day(raw, end=self.end)

    def same(self, stored: Any, new: Any) -> bool:
        """Compare as dates."""
        return bool(stored == new)

    def show(self, value: Any) -> str:
        """Return 2026-10-20."""
        return value.isoformat() if value else ""


@dataclass(frozen=True)
class Boolean(Kind):
    """Yes or no."""

    cleared: Any = None
    width = 8

    def parse(self, raw: object, factor: int = 1) -> bool:
        """Return True or False."""
        return cells.yes_or_no(raw)

    def same(self, stored: Any, new: Any) -> bool:
        """Compare as truth values; unknown is neither."""
        return stored is new

    def out(self, value: Any) -> Any:
        """Return 是 or 否."""
        return None if value is None else "是" if value else "否"

    def show(self, value: Any) -> str:
        """Return 是 or 否."""
        return self.out(value) or ""

    def choices_out(self) -> list[str]:
        """Return 是, 否."""
        return ["是", "否"]


@dataclass(frozen=True)
class Choice(Kind):
    """One of a list. `choices` are (stored value, label); files carry the Chinese label, value or an alias."""

    choices: tuple[tuple[Any, Any], ...] = ()
    aliases: Mapping[str, Any] = field(default_factory=dict, hash=False)
    also: tuple[tuple[Any, Any], ...] = ()
    width = 14

    def labels(self) -> dict[Any, str]:
        """Return stored value → label as files carry it (Chinese)."""
        with translation.override("zh-hans"):
            return {value: str(label) for value, label in self.choices}

    def _table(self) -> dict[str, Any]:
        found = {str(value).casefold(): value for value, _label in self.choices}
        for language in ("en", "zh-hans"):
            with translation.override(language):
                found |= {str(label).casefold(): value for value, label in (*self.also, *self.choices)}
        return found | {clean(alias).casefold(): value for alias, value in self.aliases.items()}

    def parse(self, raw: object, factor: int = 1) -> Any:
        """Return the stored value."""
        text = clean(raw)
        table = _cached(self, "table", self._table)
        try:
            return table[text.casefold()]
        except KeyError:
            raise CellError(
                _("“%(value)s” is not one of: %(choices)s.")
                % {"value": text[:40], "choices": "、".join(self.choices_out())}
            ) from None

    def same(self, stored: Any, new: Any) -> bool:
        """Compare stored values."""
        return bool(stored == new)

    def out(self, value: Any) -> Any:
        """Return the label."""
        return None if value in (None, "") else _cached(self, "labels", self.labels).get(value, str(value))

    def show(self, value: Any) -> str:
        """Return the label."""
        return self.out(value) or ""

    def choices_out(self) -> list[str]:
        """Return the labels."""
        return list(_cached(self, "labels", self.labels).values())


_CACHE: dict[tuple[int, str], tuple[object, Any]] = {}


def _cached(owner: object, name: str, make: Callable[[], Any]) -> Any:
    found = _CACHE.get((id(owner), name))
    if found is None or found[0] is not owner:
        found = _CACHE[(id(owner), name)] = (owner, make())
    return found[1]


class Ambiguous(tuple[str, ...]):
    """What a resolver answers for a key that several rows carry: their codes or names."""


Resolver = Callable[[Any, set[str]], Mapping[str, Any]]


@dataclass(frozen=True)
class Reference(Kind):
    """A row of another register, by its natural key.

    `resolve(context, keys)` returns key → primary key (or Ambiguous) with a fixed number of queries;
    `offer(context)` lists keys for the drop-down. `what` names the register for the user.
    """

    resolve: Resolver | None = None
    what: Any = ""
    offer: Callable[[Any], Iterable[str]] | None = None
    same_case: bool = False

    cleared: Any = None
    width = 18

    def is_empty(self, raw: object) -> bool:
        """A dash says "none"."""
        return raw is None or (isinstance(raw, str) and cells.is_nothing(clean(raw)))

    def same(self, stored: Any, new: Any) -> bool:
        """Compare primary keys."""
        return bool(stored == new)


def _several(text: str) -> list[str]:
    parts = re.split(r"[、;|\n]+", text)
    return list(dict.fromkeys(found for part in parts if (found := normalise_name(part))))


@dataclass(frozen=True)
class Several(Kind):
    """Several short texts in one cell, between 、 or ;."""

    cleared: Any = None

    def parse(self, raw: object, factor: int = 1) -> list[str]:
        """Return the texts."""
        found = _several(clean(raw))
        for text in found:
            Kind.parse(self, text)
        return found

    def same(self, stored: Any, new: Any) -> bool:
        """Compare as lists, as the stored one reads when it is written into one cell."""
        found = [text for one in stored or [] for text in _several(_same_text(one))]
        return list(dict.fromkeys(found)) == list(new or [])

    def out(self, value: Any) -> Any:
        """Return the texts with 、 between them."""
        return "、".join(value or [])
