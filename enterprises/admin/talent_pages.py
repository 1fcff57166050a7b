"""Two pages that add up: the funnel of campus campaigns, and retention of recruits; as of a day, printable, as files.

They hang on the lists of campaigns and of graduates; the counting is in `enterprises.retention`.
"""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from enterprises.admin.talent_tables import (
    funnel_table,
    offer_rows,
    reach_of,
    recruit_rows,
    retention_table,
    send_file,
    shown_by,
    year_of,
)
from enterprises.retention import (
    BY,
    STEPS,
    years_of,
)
from redprop.core.services.listings import plain

PER_PAGE = 50


# Pages


class _Pages:
    """What both mixins share."""

    def _wrapped(self, route: str, view: Any, name: str) -> Any:
        return path(route, self.admin_site.admin_view(view), name=name)  # type: ignore[attr-defined]

    def _show(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),  # type: ignore[attr-defined]
                "opts": self.model._meta,  # type: ignore[attr-defined]
                **context,
            },
        )

    def _rows_page(
        self, request: HttpRequest, table: tuple[list[str], list[list[Any]]], title: str, back: str
    ) -> HttpResponse:
        reach = reach_of(request)
        headers, rows = table
        found = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
        kept = request.GET.copy()
        kept.pop("p", None)
        return self._show(
            request,
            "admin/enterprises/talent_rows.html",
            title=title,
            day=reach.day,
            headers=headers,
            rows=[list(zip(headers, map(plain, row), strict=True)) for row in found.object_list],
            found=found,
            query=kept.urlencode(),
            back=f"{back}?on={reach.day.isoformat()}",
        )


class FunnelPages(_Pages):
    """Adds the funnel to the page of campaigns."""

    def get_urls(self) -> list[Any]:
        """The addresses in front of the usual ones."""
        name = "enterprises_campaign_funnel"
        return [
            self._wrapped("funnel/", self.funnel_view, name),
            self._wrapped("funnel/file.<slug:ending>", self.funnel_file_view, f"{name}_file"),
            self._wrapped("funnel/rows/", self.funnel_rows_view, f"{name}_rows"),
            self._wrapped("funnel/rows/file.<slug:ending>", self.funnel_rows_file_view, f"{name}_rows_file"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list with links to the pages."""
        return super().changelist_view(request, {**talent_links(), **(extra_context or {})})  # type: ignore[misc]

    def funnel_view(self, request: HttpRequest) -> HttpResponse:
        """Show the campaigns of a year, or all, as of the chosen day."""
        reach, year = reach_of(request), year_of(request.GET)
        shown = funnel_table(reach, year)
        chips = [("", _("all years"))] + [(str(one), str(one)) for one in years_of(reach)]
        return self._show(
            request,
            "admin/enterprises/talent_table.html",
            title=_("Funnel of campus recruiting"),
            help=_(
                "Offers made are the sum of the six columns behind them; “in post on the day” is a part of those who started work. Each number opens the rows behind it."
            ),
            day=reach.day,
            district=reach.district,
            shown=shown,
            chips=[(value, label, value == (str(year) if year else "")) for value, label in chips],
            chip="year",
            chosen=str(year or ""),
            back=reverse("admin:enterprises_campaign_changelist"),
            back_title=_("campus recruiting campaigns"),
            empty=_("No campaign was held up to this day."),
            todo=_("Enter the campaigns, or import the register “campaigns”; offers are recorded with them."),
        )

    def funnel_file_view(self, request: HttpRequest, ending: str) -> HttpResponse:
        """The page as a file."""
        return send_file(request, "funnel", ending)

    def funnel_rows_view(self, request: HttpRequest) -> HttpResponse:
        """Show the offers behind a number."""
        step = request.GET.get("step", "made")
        title = f"{_('Funnel of campus recruiting')} · {STEPS.get(step, STEPS['made'])}"
        table = offer_rows(reach_of(request), request.GET)
        return self._rows_page(request, table, title, reverse("admin:enterprises_campaign_funnel"))

    def funnel_rows_file_view(self, request: HttpRequest, ending: str) -> HttpResponse:
        """The offers behind a number as a file."""
        return send_file(request, "offers", ending)


class RetentionPages(_Pages):
    """Adds retention to the page of graduates."""

    def get_urls(self) -> list[Any]:
        """The addresses in front of the usual ones."""
        name = "enterprises_graduate_retention"
        return [
            self._wrapped("retention/", self.retention_view, name),
            self._wrapped("retention/file.<slug:ending>", self.retention_file_view, f"{name}_file"),
            self._wrapped("retention/rows/", self.retention_rows_view, f"{name}_rows"),
            self._wrapped(
                "retention/rows/file.<slug:ending>", self.retention_rows_file_view, f"{name}_rows_file"
            ),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list with links to the pages."""
        return super().changelist_view(request, {**talent_links(), **(extra_context or {})})  # type: ignore[misc]

    def retention_view(self, request: HttpRequest) -> HttpResponse:
        """Show who stayed, by year, campaign, enterprise or school, as of the chosen day."""
        reach, by = reach_of(request), shown_by(request.GET)
        return self._show(
            request,
            "admin/enterprises/talent_table.html",
            title=_("Retention of recruits"),
            help=_(
                "Recruits are at the first enterprise, at another one of the district, or have left: the three add up. A share counts those whose months are full; who moved within the district counts as still here."
            ),
            day=reach.day,
            district=reach.district,
            shown=retention_table(reach, by),
            chips=[(value, label, value == by) for value, label in BY.items()],
            chip="by",
            chosen=by,
            back=reverse("admin:enterprises_graduate_changelist"),
            back_title=_("graduates"),
            empty=_("Nobody was recruited under the programme up to this day."),
            todo=_("Record hires at their offers, or import the register “graduates”."),
        )

    def retention_file_view(self, request: HttpRequest, ending: str) -> HttpResponse:
        """The page as a file."""
        return send_file(request, "retention", ending)

    def retention_rows_view(self, request: HttpRequest) -> HttpResponse:
        """Show the recruits behind a number."""
        table = recruit_rows(reach_of(request), request.GET)
        return self._rows_page(
            request, table, _("Retention of recruits"), reverse("admin:enterprises_graduate_retention")
        )

    def retention_rows_file_view(self, request: HttpRequest, ending: str) -> HttpResponse:
        """The recruits behind a number as a file."""
        return send_file(request, "recruits", ending)


def talent_links() -> dict[str, Any]:
    """Links to the three pages of talent, for the lists they hang on."""
    return {
        "talent_links": [
            {"title": _("Funnel of campus recruiting"), "url": reverse("admin:enterprises_campaign_funnel")},
            {"title": _("Retention of recruits"), "url": reverse("admin:enterprises_graduate_retention")},
            {
                "title": _("Growth of graduates"),
                "url": reverse("admin:enterprises_partyorganisation_figures", args=["talent"]),
            },
        ]
    }


__all__ = ["FunnelPages", "RetentionPages"]
