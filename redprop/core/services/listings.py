"""A list as a table: the same for the page, the job and the scheduled report, under the rights of one user.

The admin's lists and those of the desk register themselves here (`source`); an export names one by its
page, and by the register whose columns it takes ("list": the columns as shown).
"""

import html
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.urls import get_resolver
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.timezone import is_aware, localtime, make_naive
from django.utils.translation import gettext as _

from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.tabular.writing import Table

AS_SHOWN = "list"
"""The name of an export that takes the columns as the page shows them."""

NOT_KEPT = ("p", "page", "e", "all", "_popup", "_to_field")
"""What in an address of a list has nothing to do with which rows it shows."""

NOTHING = frozenset({"", "-", "–", "—"})
"""How a page shows that there is nothing."""


@dataclass
class Listing:
    """One list as one user sees it. `rows` is counted; the table reads the rows when it is written.

    `scope` names the area that decided which rows those are: a file kept for the user is theirs as
    long as it stays the same.
    """

    page: str
    register: str
    district: District
    table: Table
    rows: int
    query: str = ""
    filters: str = ""
    scope: str = ""

    @property
    def title(self) -> str:
        """What the list is called."""
        return self.table.title

    def file_name(self, ending: str) -> str:
        """The name of its file: title and business day."""
        return f"{self.title}-{localtime(business_now(self.district)):%Y%m%d}.{ending}"


Source = Callable[[User, str, str, QueryDict], Listing]
_SOURCES: dict[str, Source] = {}


def source(prefix: str) -> Callable[[Source], Source]:
    """Decorator: the function opens the pages whose names begin with `prefix` and a colon."""

    def add(function: Source) -> Source:
        _SOURCES[prefix] = function
        return function

    return add


def open_listing(*, user: User, page: str, register: str = AS_SHOWN, query: str = "") -> Listing:
    """Return the list as the user sees it now; raises Refused or PermissionDenied."""
    _addresses = get_resolver().url_patterns  # a worker, too, has then imported whoever shows lists
    opened = _SOURCES.get(page.partition(":")[0])
    if opened is None:
        raise Refused(_("This list does not exist any more."), code="no-list")
    return opened(user, page, register, QueryDict(clean_query(query)))


def scope_text(user: User, *more: object) -> str:
    """Return the user's area of today as a text to be compared."""
    scope = user.scope
    areas = (scope.district_ids, scope.subdistrict_ids, scope.community_ids, scope.administered_ids)
    parts = [" ".join(map(str, sorted(ids))) for ids in areas] + [str(scope.everything), *map(str, more)]
    return "/".join(parts)


def clean_query(query: str) -> str:
    """Return the search words, filters and order in an address, without the page and the like."""
    kept = QueryDict(query, mutable=True)
    for name in NOT_KEPT:
        kept.pop(name, None)
    return kept.urlencode()


def heading(title: str, district: District, rows: int, filters: str = "") -> list[str]:
    """Return the lines over the header of a workbook: title, district, how many rows as of when, filters."""
    facts = _("%(district)s · %(rows)s rows · data as of %(when)s") % {
        "district": district.name,
        "rows": rows,
        "when": f"{localtime(business_now(district)):%Y-%m-%d %H:%M}",
    }
    return [title, facts + (" · " + _("Filter: %(filters)s") % {"filters": filters} if filters else "")]


def plain(value: Any) -> Any:
    """Return what a list shows as a cell: text without marks, numbers and dates as themselves."""
    if value is None or (isinstance(value, int | Decimal) and not isinstance(value, bool)):
        return value
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return make_naive(localtime(value)) if is_aware(value) else value
    if isinstance(value, date | float):
        return value
    if isinstance(value, list | tuple):
        return "、".join(str(plain(one)) for one in value if one not in (None, "")) or None
    text = html.unescape(strip_tags(value)).strip() if isinstance(value, SafeString) else str(value)
    return None if text in NOTHING else text
