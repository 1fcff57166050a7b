"""What an app declares about a register: its columns, natural key, scope, checks and how it is saved.

Each app's `imports.py` calls `register()`; `load()` imports them all. Headers are Chinese literals:
they are the vocabulary of the district's files, not of the interface.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.tabular.kinds import Kind

if TYPE_CHECKING:
    from redprop.common.tabular.books import Book
    from redprop.common.tabular.engine import Plan, Row


@dataclass(frozen=True)
class Context:
    """For whom and for which day an import or export runs. `user` None is the system itself.

    `accept_matches` takes proposed rows of the same name, with `accept_from` all of so many points.
    `decisions` are a person's: row number → "new" or the key of the row of the register it is.
    """

    district: Any
    user: Any
    day: date
    accept_matches: bool = False
    reason: str = ""
    accept_from: int | None = None
    decisions: Mapping[int, str] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True)
class Column:
    """One column of a register's files.

    `source` is the queryset path (or annotation) of the stored value, `shown` that of what an export
    writes where it differs (the natural key of a reference); `attr` the attribute to set. A column
    with `attr` None is saved by the register itself. `fixed` columns cannot change once a row exists;
    `read_only` ones are exported for the reader and ignored on import; `transient` ones say something
    about the import itself (the day a change holds from) and never count as a difference. `hidden`
    read-only ones stand in no file: the register's `before` sets them in new rows (the inspection of a mark).
    `own` lets a reference to the register itself find rows of the same file too, by these of their columns.
    """

    field: str
    header: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    required: bool = False
    fixed: bool = False
    read_only: bool = False
    transient: bool = False
    hidden: bool = False
    help: str = ""
    example: str = ""
    source: Any = None
    shown: Any = None
    attr: str | None = ""
    own: tuple[str, ...] = ()

    @property
    def path(self) -> Any:
        """The queryset path of the stored value."""
        return self.field if self.source is None else self.source

    @property
    def shown_path(self) -> Any:
        """The queryset path of what an export writes."""
        return self.path if self.shown is None else self.shown

    @property
    def attribute(self) -> str | None:
        """The model attribute this column sets, None if the register saves it by itself."""
        return self.field if self.attr == "" else self.attr


Check = Callable[[Context, "Plan"], None]


@dataclass(frozen=True)
class Register:
    """A register that can be imported and exported; see `Column` for the parts.

    `rows(context)` is the queryset of what exists and the user may see, with the annotations that
    columns name. `match(context, plan, rows)` proposes existing rows for rows without a key.
    `check(context, plan)` adds errors set-wise; `allot(context, plan)` gives keys to new rows just before
    they are written; `prepare(context, instance)` fills derived fields (named in `derived`) of each
    instance whose `derived_from` columns change; `before` runs ahead of the plain writer (`saving.save`), `after` behind it.
    With `part_wise` these hooks look at one row at a time and never compare rows of the file: they are
    called once for each part of a long file and see that part alone. `match` always is called so.
    `page_path` leads from a row to the row of the page that lists it (the inspection of a mark): filters and
    order of that page hold for the export too.
    `book` names the columns that stand on sheets of their own in a workbook.
    `stays` is a sentence: why an import of this register is never undone, and what to do instead.
    """

    name: str
    title: Any
    model: type[Model]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: Callable[[Context], QuerySet[Any]]
    order: tuple[str, ...] = ("pk",)
    prepare: Callable[[Context, Model], None] | None = None
    match: Callable[[Context, "Plan", "list[Row]"], None] | None = None
    check: Check | None = None
    allot: Check | None = None
    derived: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ("name",)
    before: Check | None = None
    after: Check | None = None
    allotted_key: bool = False
    optional_key: tuple[str, ...] = ()
    keep_file: bool = True
    part_wise: bool = False
    page_path: str = ""
    book: "Book | None" = None
    stays: Any = ""
    by_field: dict[str, Column] = field(init=False, hash=False, compare=False, default_factory=dict)

    @property
    def exported(self) -> tuple[Column, ...]:
        """The columns that an export writes."""
        return tuple(column for column in self.columns if not column.hidden)

    def __post_init__(self) -> None:
        """Index the columns."""
        self.by_field.update({column.field: column for column in self.columns})


_REGISTERS: dict[str, Register] = {}


def register(declared: Register) -> Register:
    """Add a register; a second one of the same name is a programming error."""
    if declared.name in _REGISTERS:
        raise ValueError(f"Register {declared.name} is declared twice.")
    _REGISTERS[declared.name] = declared
    return declared


def also_check(name: str, check: Check) -> None:
    """Add a rule that an app further up has about a register: closed periods, for the facts they counted."""
    declared = _REGISTERS[name]
    first = declared.check

    def both(context: Context, plan: "Plan") -> None:
        if first:
            first(context, plan)
        check(context, plan)

    _REGISTERS[name] = replace(declared, check=both)


@cache
def load() -> None:
    """Import every app's `imports` module; asked for again, it does nothing: looking in every app took 20 ms a page."""
    autodiscover_modules("imports")


def registers() -> list[Register]:
    """Return all registers, in the order in which files should be imported."""
    load()
    return list(_REGISTERS.values())


def get(name: str) -> Register:
    """Return a register by name; raises Refused with the names there are."""
    load()
    try:
        return _REGISTERS[name]
    except KeyError:
        raise Refused(
            _("There is no register “%(name)s”. Registers: %(names)s.")
            % {"name": name, "names": " ".join(_REGISTERS)},
            code="no-register",
        ) from None


def for_model(model: type[Model]) -> Register | None:
    """Return the register of a model, if it has one."""
    load()
    return next((one for one in _REGISTERS.values() if one.model is model), None)


def names(found: Iterable[Column]) -> str:
    """Return headers as a list for a sentence."""
    return "、".join(column.header for column in found)
