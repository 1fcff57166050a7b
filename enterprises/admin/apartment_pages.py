"""The page “talent apartments”: figures as of a day, the rows behind each of them, the waiting list in its order, files."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.apartments import FIGURES, opened
from enterprises.coverage import Reach
from enterprises.models import ApartmentApplication, ApartmentLease, ApartmentOffer, TalentApartment
from enterprises.services.apartments import terms_on
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common import charts
from redprop.common.errors import Refused
from redprop.common.tabular.writing import ENDINGS, Table
from redprop.core.admin.base import districts_of, today_of
from redprop.core.downloads import send
from redprop.core.services.listings import AS_SHOWN, Listing, plain, scope_text, source

SEE = "enterprises.view_apartmentlease"
PER_PAGE = 50
SHOWN = 10
BELOW = ("waiting", "offers", "left", "ending")
"""Lists whose first rows stand on the page itself."""

NEXT = {
    "waiting": gettext_lazy("The first of the list is offered the next free unit: open the name."),
    "offers": gettext_lazy(
        "Enter the answer on the application's page; unanswered offers lapse by themselves."
    ),
    "left": gettext_lazy("End the lease once the tenant has moved out: open the name."),
    "ending": gettext_lazy("Let on for the second term, or tell the tenant to move out: open the name."),
}


class ApartmentPages:
    """Adds the page, the rows behind a figure and their files to the register of units."""

    def get_urls(self) -> list[Any]:
        """The addresses in front of the usual ones."""
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        name = "enterprises_talentapartment"
        return [
            path("overview/", wrap(self.overview_view), name=f"{name}_overview"),
            path("rows/<slug:code>/", wrap(self.rows_view), name=f"{name}_rows"),
            path("rows/<slug:code>/file.<slug:ending>", wrap(self.rows_file_view), name=f"{name}_rows_file"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def _reach(self, request: HttpRequest) -> Reach:
        if not request.user.has_perm(SEE) or not districts_of(request):
            raise PermissionDenied
        return Reach(districts_of(request)[0], _day(request.GET, today_of(request)), request.user)  # type: ignore[arg-type]

    def overview_view(self, request: HttpRequest) -> HttpResponse:
        """Show the figures of a day and what is to be done."""
        reach = self._reach(request)
        values = {code: one.rows(reach).order_by().count() for code, one in FIGURES.items()}
        rows = [
            {
                "figure": one,
                "value": values[code],
                "share": _share(values[code], values[one.of]) if one.of else "",
                "url": reverse("admin:enterprises_talentapartment_rows", args=[code])
                + f"?on={reach.day.isoformat()}",
                "is_gap": one.is_gap and values[code] > 0,
            }
            for code, one in FIGURES.items()
        ]
        title = _("Talent apartments")
        bars = [
            (str(FIGURES[code].title), values[code], str(values[code])) for code in ("let", "free", "out")
        ]
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "title": title,
            "day": reach.day,
            "district": reach.district,
            "rows": rows,
            "chart": charts.bars(bars, title=title),
            "terms": terms_on(reach.district, reach.day),
            "lists": [_short(code, reach, values[code]) for code in BELOW],
            "list_url": reverse("admin:enterprises_talentapartment_changelist"),
            "add_url": reverse("admin:enterprises_apartmentapplication_add"),
        }
        return TemplateResponse(request, "admin/enterprises/apartments.html", context)

    def rows_view(self, request: HttpRequest, code: str) -> HttpResponse:
        """Show the rows behind a figure."""
        reach = self._reach(request)
        if code not in FIGURES:
            raise Http404
        one, rows = opened(code, reach)
        found = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "title": f"{_('Talent apartments')} · {one.title}",
            "day": reach.day,
            "headers": [header for header, _cell in one.columns],
            "rows": _lines(one, found.object_list),
            "found": found,
            "back": reverse("admin:enterprises_talentapartment_overview"),
        }
        return TemplateResponse(request, "admin/enterprises/party_rows.html", context)

    def rows_file_view(self, request: HttpRequest, code: str, ending: str) -> HttpResponse:
        """The rows behind a figure as a file."""
        self._reach(request)
        if ending not in ENDINGS or code not in FIGURES:
            raise Http404
        listing = apartment_listing(request.user, f"apartments:{code}", AS_SHOWN, request.GET)  # type: ignore[arg-type]
        return send(request, listing, ending)  # type: ignore[no-any-return]


def _day(query: QueryDict, today: dt.date) -> dt.date:
    try:
        day = parse_date(query.get("on", ""))
    except ValueError:
        day = None
    return min(day, today) if day else today


def _share(value: int, whole: int) -> str:
    return f"{value * 1000 // whole / 10:.1f}%" if whole else "—"


def _address(row: Any) -> str:
    """Where the row is worked on: an offer on the page of its application."""
    if isinstance(row, ApartmentOffer):
        return reverse("admin:enterprises_apartmentapplication_change", args=[row.application_id])
    names = {
        TalentApartment: "talentapartment",
        ApartmentLease: "apartmentlease",
        ApartmentApplication: "apartmentapplication",
    }
    return reverse(f"admin:enterprises_{names[type(row)]}_change", args=[row.pk])


def _lines(one: Any, rows: Any) -> list[Any]:
    return [(_address(row), [(header, plain(cell(row))) for header, cell in one.columns]) for row in rows]


def _short(code: str, reach: Reach, count: int) -> dict[str, Any]:
    one, rows = opened(code, reach)
    return {
        "title": one.title,
        "count": count,
        "next": NEXT[code],
        "headers": [header for header, _cell in one.columns],
        "rows": _lines(one, rows[:SHOWN]),
        "url": reverse("admin:enterprises_talentapartment_rows", args=[code])
        + f"?on={reach.day.isoformat()}",
        "more": count > SHOWN,
    }


@source("apartments")
def apartment_listing(user: User, page: str, register: str, query: QueryDict) -> Listing:
    """Open the rows behind a figure as a table; the day stands in the address."""
    code = page.partition(":")[2]
    if not (user.is_active and user.is_staff and user.has_perm(SEE)):
        raise PermissionDenied
    mine = District.objects.for_user(user).order_by("pk").first()
    if mine is None:
        raise PermissionDenied
    if code not in FIGURES:
        raise Refused(_("This list does not exist any more."), code="no-list")
    reach = Reach(mine, _day(query, business_today(mine)), user)
    one, rows = opened(code, reach)

    def cells() -> Iterator[list[Any]]:
        for row in rows:
            yield [plain(cell(row)) for _header, cell in one.columns]

    headers = [str(header) for header, _cell in one.columns]
    table = Table(f"{_('Talent apartments')}-{one.title}", headers, cells(), widths=[20] * len(headers))
    table.above = [
        f"{mine.name}人才公寓：{one.title}",
        f"填报单位：{mine.name}　　截止日期：{reach.day:%Y年%-m月%-d日}",
    ]
    words = f"截止日期：{reach.day.isoformat()}"
    return Listing(page, register, mine, table, len(rows), query.urlencode(), words, scope_text(user))
