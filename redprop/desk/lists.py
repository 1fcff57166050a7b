"""Lists of the desk that leave it as files: each page declares its rows once, for the screen and for the file.

A list is a function `(desk, query) -> DeskList` under a name; the page shows its rows, the template
includes `desk/parts/export.html` with that name. The same function serves the job and the report.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.lights import Light
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.tabular.writing import Table
from redprop.core.services.listings import Listing, heading, plain, scope_text, source
from redprop.desk.page import Desk

CHUNK = 500

LIGHTS = {
    Light.GREEN: gettext_lazy("In time"),
    Light.YELLOW: gettext_lazy("Due soon"),
    Light.RED: gettext_lazy("Overdue"),
    Light.DONE: gettext_lazy("Closed"),
}
"""What a light says in a file."""

Cell = str | Callable[[Any], Any]


@dataclass
class DeskList:
    """What a list of the desk shows to one user.

    `columns` are (header, cell): a path such as "project.enterprise" (a method at its end is called), a
    key when rows are dicts, or a function of the row. `rows` is a queryset in the order of the page, or a
    sequence. `filters` are (label, chosen) in words. `prepare(rows)` fills in what a query cannot, a
    page or a part of a file at a time. `money` names the headers of amounts in yuan.
    """

    title: str
    rows: Any
    columns: Sequence[tuple[str, Cell]]
    filters: Sequence[tuple[str, Any]] = ()
    prepare: Callable[[list[Any]], Any] | None = None
    money: Sequence[str] = ()

    def __len__(self) -> int:
        """How many rows there are (one query)."""
        return self.rows.order_by().count() if isinstance(self.rows, QuerySet) else len(self.rows)

    def table(self) -> Table:
        """The list as a table; its rows are read when it is written."""
        headers = [str(header) for header, _cell in self.columns]
        return Table(
            title=self.title,
            headers=headers,
            rows=self._cells(),
            widths=[max(16, len(header) * 2 + 4) for header in headers],
            money=[i for i, header in enumerate(headers) if header in self.money],
        )

    def _cells(self) -> Iterator[list[Any]]:
        of_query = isinstance(self.rows, QuerySet)
        rows = iter(self.rows.iterator(chunk_size=CHUNK) if of_query else self.rows)
        while part := list(islice(rows, CHUNK)):
            if self.prepare is not None:
                self.prepare(part)
            for row in part:
                yield [plain(_value(row, cell)) for _header, cell in self.columns]


def _value(row: Any, cell: Cell) -> Any:
    if callable(cell):
        return cell(row)
    value = row
    for name in cell.split("."):
        value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
        if value is None:
            return None
        if callable(value) and not isinstance(value, type):
            value = value()
    return value


Opener = Callable[[Desk, QueryDict], DeskList]
_LISTS: dict[str, Opener] = {}


def desk_list(name: str) -> Callable[[Opener], Opener]:
    """Decorator: the function opens the list `name`; it raises Http404 for a user who has no such list."""

    def add(function: Opener) -> Opener:
        if name in _LISTS:
            raise ValueError(f"List {name} of the desk is declared twice.")
        _LISTS[name] = function
        return function

    return add


@source("desk")
def desk_listing(user: User, page: str, register: str, query: QueryDict) -> Listing:
    """Open a list of the desk, by "desk:name"."""
    function = _LISTS.get(page.partition(":")[2])
    if function is None:
        raise Refused(_("This list does not exist any more."), code="no-list")
    desk = Desk(user)
    posted = not user.scope.is_empty or user.scope.administered_ids
    if not user.is_active or not (posted or desk.enterprises) or desk.district is None:
        raise PermissionDenied
    try:
        found = function(desk, query)
    except Http404:
        raise Refused(_("This list is not open to you (any more)."), code="no-list") from None
    table, count = found.table(), len(found)
    words = "；".join(f"{label}：{chosen}" for label, chosen in found.filters if chosen)
    table.above = heading(table.title, desk.district, count, words)
    scope = scope_text(user, sorted(e.pk for e in desk.enterprises), sorted(desk.kept_community_ids))
    return Listing(page, register, desk.district, table, count, query.urlencode(), words, scope)
