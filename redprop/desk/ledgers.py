"""Ledger pages of community work: one way to show a list with filters, columns and files, and one to show a form.

A page declares a `DeskList` (its rows and columns, also for the file) and a `Ledger` around it (what the
page says). The template shows the columns of the list, so page and file never differ.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from redprop.areas.models import Community, Subdistrict
from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind
from redprop.desk.lists import DeskList
from redprop.desk.page import Desk, show

PAGE = 50
MONTHS_OFFERED = 36


@dataclass(frozen=True)
class Choice:
    """A filter of a list: name in the address, label, and what may be chosen (value, label)."""

    name: str
    label: str
    choices: Sequence[tuple[str, str]]
    chosen: str = ""

    @property
    def word(self) -> str:
        """What was chosen, in words; empty for everything."""
        return str(dict(self.choices).get(self.chosen, "")) if self.chosen else ""


@dataclass(frozen=True)
class Link:
    """A button of a page."""

    url: str
    label: str
    primary: bool = False


@dataclass(frozen=True)
class Ledger:
    """What a page says around its list. `link` gives the address of a row; `list_name` its files ("" for none)."""

    lead: str
    why: str
    todo: str
    list_name: str = ""
    link: Callable[[Any], str] | None = None
    choices: Sequence[Choice] = ()
    buttons: Sequence[Link] = ()
    tabs: Sequence[dict[str, Any]] = ()
    figures: Sequence[tuple[str, Any]] = ()
    crumbs: Sequence[Link] = ()
    note: str = ""
    more: dict[str, Any] = field(default_factory=dict)


def show_ledger(
    request: HttpRequest, found: DeskList, ledger: Ledger, template: str = "desk/ledger.html"
) -> HttpResponse:
    """Render a page of the list; the number of queries does not grow with its rows."""
    page = Paginator(found.rows, PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    columns = _columns_for(request.desk, found.columns)
    headers = [str(header) for header, _cell in columns]
    shown_rows = replace(found, rows=page.object_list, columns=columns).table().rows
    rows = []
    for row, values in zip(page.object_list, shown_rows, strict=True):
        cells = [
            (label, shown(value), is_number(value)) for label, value in zip(headers, values, strict=True)
        ]
        rows.append({"url": ledger.link(row) if ledger.link else "", "head": cells[0][1], "cells": cells[1:]})
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {
        "title": found.title,
        "ledger": ledger,
        "headers": headers,
        "numeric": _numeric_headers(headers, rows),
        "rows": rows,
        "page_obj": page,
        "page_query": f"{kept.urlencode()}&" if kept else "",
        # What stands chosen before anybody has chosen is no filter to take back.
        "filtered": any(choice.chosen and request.GET.get(choice.name) for choice in ledger.choices),
        **ledger.more,
    }
    return show(request, template, context)


def _columns_for(desk: Desk, columns: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The columns of the page: whoever has one community only is not told its name in every row (files keep it)."""
    alone = len(desk.communities) == 1 and not (
        desk.subdistrict_ids or desk.sees_district or desk.enterprises
    )
    label = str(_("Community"))
    return [
        column for place, column in enumerate(columns) if not (alone and place and str(column[0]) == label)
    ]


def _numeric_headers(headers: list[str], rows: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    numeric = [False] * len(headers)
    for row in rows:
        for place, (_label, _text, number) in enumerate(row["cells"], 1):
            numeric[place] = numeric[place] or number
    return list(zip(headers, numeric, strict=True))


def is_number(value: Any) -> bool:
    """Whether a cell stands to the right."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def shown(value: Any) -> str:
    """A cell as text: ISO dates, numbers without needless zeros, a dash for nothing."""
    if value is None or value == "":
        return "—"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


# Filters that many lists have


def month_choice(desk: Desk, query: QueryDict, name: str = "month") -> tuple[Choice, Period | None]:
    """The filter by month: the last three years."""
    this = Period.of(PeriodKind.MONTH, desk.today)
    offered = [this.shift(-back) for back in range(MONTHS_OFFERED)]
    chosen = query.get(name, "")
    period = next((one for one in offered if str(one) == chosen), None)
    choices = [("", _("All months")), *((str(one), str(one)) for one in offered)]
    return Choice(name, _("Month"), choices, str(period) if period else ""), period


def value_choice(
    query: QueryDict, name: str, label: str, choices: Sequence[tuple[Any, Any]], default: str = ""
) -> Choice:
    """A filter by a fixed set of values; another value means everything."""
    chosen = query.get(name, default)
    known = [(str(value), str(text)) for value, text in choices]
    return Choice(name, label, [("", _("All")), *known], chosen if chosen in dict(known) else "")


def area_choice(desk: Desk, query: QueryDict) -> list[Choice]:
    """The filter by subdistrict (district staff) or community (clerks, secretaries of several, contacts none)."""
    if desk.sees_district:
        rows: QuerySet = Subdistrict.objects.for_user(desk.user).order_by("code")
        name, label = "subdistrict", _("Subdistrict")
    elif desk.subdistrict_ids:
        rows = Community.objects.filter(subdistrict__in=desk.subdistrict_ids).order_by("code")
        name, label = "community", _("Community")
    else:
        return []
    return [value_choice(query, name, label, [(row.pk, row.name) for row in rows])]


def narrow_to_area(rows: QuerySet, choices: Sequence[Choice], path: str = "community") -> QuerySet:
    """Apply `area_choice`."""
    for choice in choices:
        if choice.chosen and choice.name == "subdistrict":
            rows = rows.filter(**{f"{path}__subdistrict": int(choice.chosen)})
        elif choice.chosen and choice.name == "community":
            rows = rows.filter(**{path: int(choice.chosen)})
    return rows


def in_words(choices: Sequence[Choice]) -> list[tuple[str, str]]:
    """The filters as the file and the log tell them."""
    return [(choice.label, choice.word) for choice in choices]


# Forms


def show_form(
    request: HttpRequest,
    form: Form,
    *,
    title: str,
    lead: str = "",
    button: str,
    crumbs: Sequence[Link] = (),
    kept_as: str,
    template: str = "desk/ledger_form.html",
    **more: Any,
) -> HttpResponse:
    """Render a form of community work; what is typed is kept on the device until it has arrived."""
    context = {
        "form": form,
        "title": title,
        "lead": lead,
        "button": button,
        "crumbs": crumbs,
        "kept_as": f"{kept_as}-{request.user.pk}" if kept_as else "",
        **more,
    }
    return show(request, template, context)


def run_form(
    request: HttpRequest, form: Form, act: Callable[[], Any], done: str, url: Callable[[Any], str]
) -> HttpResponse | None:
    """Save a posted form through a service. A refusal stands at its field; None asks to show the form again."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        row = act()
    except Refused as refused:
        name = refused.fields.get("field")
        form.add_error(name if name in form.fields else None, str(refused))
        return None
    if done:
        messages.success(request, done)
    return redirect(url(row))


def require_area(desk: Desk, *, contacts: bool = False) -> None:
    """Raise Http404 for a user without an area (and, unless `contacts`, for the contacts of enterprises)."""
    if desk.sees_meetings and (desk.communities or desk.subdistrict_ids or desk.sees_district):
        return
    if contacts and desk.enterprises:
        return
    raise Http404


# One row, with what may be done to it


@dataclass(frozen=True)
class Act:
    """One thing that the user may do on the page of a row; `call(data)` is one service call."""

    name: str
    label: str
    call: Callable[[dict[str, Any]], Any]
    done: str
    form: type[Form] | Callable[..., Form] | None = None
    hint: str = ""
    button: str = ""
    primary: bool = False
    back: str = ""
    initial: dict[str, Any] = field(default_factory=dict)

    def made(self, data: Any = None) -> Form | None:
        """The form of the act; its names carry the act's name."""
        return self.form(data, prefix=self.name, initial=self.initial) if self.form else None


@dataclass(frozen=True)
class Part:
    """A table on the page of a row."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]
    why: str = ""


def show_detail(
    request: HttpRequest,
    *,
    title: str,
    facts: Sequence[tuple[str, Any]],
    acts: Sequence[Act] = (),
    parts: Sequence[Part] = (),
    crumbs: Sequence[Link] = (),
    buttons: Sequence[Link] = (),
    state: str = "",
    note: str = "",
    kept_as: str = "",
) -> HttpResponse:
    """Render the page of a row; a POST carries out the act it names, and its refusal stands at the field."""
    open_act, bound = "", None
    if request.method == "POST":
        act = next((one for one in acts if one.name == request.POST.get("act")), None)
        if act is None:
            raise Http404
        bound = act.made(request.POST)
        if bound is None or bound.is_valid():
            try:
                act.call(bound.cleaned_data if bound else {})
            except Refused as refused:
                if bound is None:
                    messages.error(request, str(refused))
                    return redirect(request.path)
                name = refused.fields.get("field")
                bound.add_error(name if name in bound.fields else None, str(refused))
            else:
                messages.success(request, act.done)
                return redirect(act.back or request.path)
        open_act = act.name
    context = {
        "title": title,
        "facts": [(label, shown(value)) for label, value in facts],
        "acts": [(one, bound if one.name == open_act else one.made()) for one in acts],
        "open_act": open_act,
        "parts": [
            (
                part,
                [
                    [(h, shown(v), is_number(v)) for h, v in zip(part.headers, row, strict=True)]
                    for row in part.rows
                ],
            )
            for part in parts
        ],
        "crumbs": crumbs,
        "buttons": buttons,
        "state": state,
        "note": note,
        "kept_as": f"{kept_as}-{request.user.pk}" if kept_as and request.GET.get("filed") else "",
    }
    return show(request, "desk/ledger_detail.html", context)
