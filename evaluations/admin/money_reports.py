"""Pages of the money: where it went, the outlook to the year's end, and the way of old compounds to the market."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.models import Fund, SubsidyBatch, SubsidyRule
from evaluations.services.audit_packs import PACKERS, request_pack
from evaluations.services.outlooks import year_outlook
from evaluations.services.subsidy_jobs import start_computing
from evaluations.subsidies.market import Place, Stage, counts, way_to_market
from evaluations.subsidies.pack import LEAST_PASSWORD
from evaluations.subsidies.reports import DIMENSIONS, chosen, use_by, years_of
from redprop.areas.models import District, Subdistrict
from redprop.common.charts import stacked
from redprop.common.errors import Refused
from redprop.common.money import ZERO, format_yuan
from redprop.common.periods import Period, PeriodKind
from redprop.common.tabular.writing import ENDINGS, Table
from redprop.core.admin.base import districts_of, today_of
from redprop.core.downloads import send
from redprop.core.services.listings import Listing, heading

ROWS = 50
MOST_BARS = 24
QUARTERS_BACK = 7


class ReportPages:
    """Adds the reports to the page of entitlements."""

    def get_urls(self) -> list:
        def page(route: str, view: Any, name: str) -> Any:
            return path(route, self.admin_site.admin_view(view), name=f"evaluations_entitlement_{name}")  # type: ignore[attr-defined]

        return [
            page("report/", self.report_view, "report"),
            page("outlook/", self.outlook_view, "outlook"),
            page("market/", self.market_view, "market"),
            page("compute/", self.compute_view, "compute"),
            page("pack/<int:pk>/", self.pack_view, "pack"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def _district(self, request: HttpRequest) -> District:
        scope = request.user.scope  # type: ignore[union-attr]
        found = next(iter(districts_of(request)), None)
        if found is None and scope.subdistrict_ids:
            found = District.objects.filter(subdistricts__in=scope.subdistrict_ids).first()
        if found is None:
            raise PermissionDenied
        return found

    def _page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        return TemplateResponse(
            request,
            template,
            {**self.admin_site.each_context(request), "opts": self.opts, **context},  # type: ignore[attr-defined]
        )

    def report_view(self, request: HttpRequest) -> HttpResponse:
        """Due, approved and paid by one dimension, filtered; chart and table, or the table as a file."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        district, wanted = self._district(request), request.GET.dict()
        by = wanted.get("by", "month") if wanted.get("by", "month") in DIMENSIONS else "month"
        years = years_of(request.user)
        # Instalments that fall due next year stand in the register already: nobody means them without saying so.
        begun = [year for year in years if year <= today_of(request).year]
        wanted.setdefault("year", str((begun or years or [""])[0]))
        rows = use_by(by, chosen(request.user, wanted))
        title = _("Use of the subsidies by %(what)s") % {"what": DIMENSIONS[by][0]}
        heads = [str(DIMENSIONS[by][0]), _("Entitlements"), *map(str, SUMS)]
        if "export" in request.GET:
            table = ([row.label, row.entitlements, row.due, row.approved, row.paid, row.open] for row in rows)
            return _file(request, district, title, heads, table, len(rows), money=(2, 3, 4, 5))
        total = {
            name: sum((getattr(row, name) for row in rows), ZERO if name != "entitlements" else 0)
            for name in ("entitlements", "due", "approved", "paid", "open")
        }
        chart = stacked(
            [(row.label, [row.approved, row.open], format_yuan(row.due)) for row in rows[:MOST_BARS]],
            names=[_("approved"), _("due, not approved yet")],
            title=title,
        )
        return self._page(
            request,
            "admin/evaluations/subsidy_report.html",
            title=title,
            rows=rows,
            total=total,
            chart=chart,
            by=by,
            by_label=DIMENSIONS[by][0],
            dimensions=[(name, label) for name, (label, _path) in DIMENSIONS.items()],
            wanted=wanted,
            years=years,
            benefits=SubsidyRule.Benefit.choices,
            subdistricts=Subdistrict.objects.filter(district=district).order_by("code"),
            funds=Fund.objects.filter(district=district).order_by("code"),
            query=_query(request),
            may_compute=self._may_compute(request),
        )

    def outlook_view(self, request: HttpRequest) -> HttpResponse:
        """The year as the adopted rules pay it: the forecast to the year's end against the funds."""
        if not request.user.has_perm("evaluations.view_fund"):
            raise PermissionDenied
        district = self._district(request)
        year = today_of(request).year
        if request.GET.get("year", "").isdigit() and 2000 <= int(request.GET["year"]) <= 2100:
            year = int(request.GET["year"])
        outlook = year_outlook(district=district, year=year)
        chart = stacked(
            [(one.name, [one.after], format_yuan(one.after)) for one in outlook.rules],
            names=[],
            title=_("Outlook of %(year)s by rule") % {"year": year},
        )
        return self._page(
            request,
            "admin/evaluations/outlook.html",
            title=_("Outlook of %(year)s") % {"year": year},
            outlook=outlook,
            chart=chart,
            year=year,
        )

    def market_view(self, request: HttpRequest) -> HttpResponse:
        """How many old compounds stand on their own feet on a day, by subdistrict and over the quarters."""
        if not request.user.has_perm("communities.view_residentfee"):
            raise PermissionDenied
        district, scope = self._district(request), request.user.scope
        day = _day_of(request.GET.get("on", "")) or today_of(request)
        own = None if scope.everything or scope.district_ids else sorted(scope.subdistrict_ids)
        quarter = Period.of(PeriodKind.QUARTER, day)
        before = [quarter.shift(-back).end for back in range(QUARTERS_BACK, 0, -1)]
        every = way_to_market(district, [*before, day], own)
        places = [place for place in every if place.day == day]
        wanted = request.GET.get("stage", "")
        if wanted in Stage.values:
            shown = [place for place in places if place.stage == wanted]
        else:
            shown, wanted = places, ""
        title = _("The way to the market on %(day)s") % {"day": day}
        if "export" in request.GET:
            return _file(
                request, district, title, [str(head) for head in PLACE_HEADS], map(_cells, shown), len(shown)
            )
        return self._page(
            request,
            "admin/evaluations/market.html",
            title=title,
            day=day,
            stage=wanted,
            stages=_stages(places),
            total=len(places),
            chart=stacked(
                _by_subdistrict(places),
                names=[str(label) for label in Stage.labels],
                title=_("Old compounds by subdistrict and stage"),
            ),
            history=stacked(
                [(str(one), [number], str(number)) for one, number in _history(every, [*before, day])],
                names=[],
                title=_("Compounds on their own feet, at the end of each quarter"),
            ),
            page=Paginator(shown, ROWS).get_page(request.GET.get("p")),
            query=_query(request),
        )

    def pack_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what an audit pack holds; have one made, encrypted with the password typed."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        batch = SubsidyBatch.objects.for_user(request.user).select_related("district").filter(pk=pk).first()
        if batch is None:
            raise Http404
        if not PACKERS & request.user.roles:  # type: ignore[union-attr]
            raise PermissionDenied
        if request.method == "POST":
            try:
                request_pack(
                    batch=batch,
                    password=request.POST.get("password", ""),
                    acting_user=request.user,  # type: ignore[arg-type]
                )
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, _("The pack is being made. You are told when it can be fetched."))
                return HttpResponseRedirect(reverse("desk:exports"))
        return self._page(
            request,
            "admin/evaluations/audit_pack.html",
            title=_("Audit pack of %(batch)s") % {"batch": batch.number},
            batch=batch,
            least=LEAST_PASSWORD,
        )

    def _may_compute(self, request: HttpRequest) -> bool:
        return request.user.has_perm("evaluations.prepare_subsidybatch")

    def compute_view(self, request: HttpRequest) -> HttpResponse:
        """Have a worker compute a period again; it changes nothing that is already right."""
        if request.method != "POST" or not self._may_compute(request):
            raise PermissionDenied
        try:
            start_computing(
                district=self._district(request),
                period=request.POST.get("period", ""),
                acting_user=request.user,  # type: ignore[arg-type]
            )
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(
                request, _("The computation was handed to a worker. Its result stands below “Jobs”.")
            )
        return HttpResponseRedirect(reverse("admin:evaluations_entitlement_report"))


SUMS = (
    gettext_lazy("due (yuan)"),
    gettext_lazy("approved (yuan)"),
    gettext_lazy("paid (yuan)"),
    gettext_lazy("not approved yet (yuan)"),
)
PLACE_HEADS = (
    gettext_lazy("own code"),
    gettext_lazy("compound"),
    gettext_lazy("subdistrict"),
    gettext_lazy("enterprise"),
    gettext_lazy("stage"),
    gettext_lazy("fee agreed (yuan per m² and month)"),
    gettext_lazy("fee charged (yuan per m² and month)"),
    gettext_lazy("quarter"),
    gettext_lazy("collection rate"),
    gettext_lazy("other income (yuan)"),
    gettext_lazy("month of the subsidy"),
    gettext_lazy("subsidy of the month (yuan)"),
)


def _cells(place: Place) -> list[Any]:
    return [
        place.code,
        place.name,
        place.subdistrict,
        place.enterprise,
        place.stage_label,
        place.agreed_fee,
        place.charged_fee,
        place.quarter and str(Period.of(PeriodKind.QUARTER, place.quarter)),
        None if place.rate is None else f"{place.rate * 100:.1f}%",
        place.other_income,
        place.subsidy_month,
        place.subsidy,
    ]


def _stages(places: Sequence[Place]) -> list[dict[str, Any]]:
    found, total = counts(places), len(places) or 1
    return [
        {
            "value": value,
            "label": label,
            "count": found[value],
            "percent": f"{Decimal(found[value]) * 100 / total:.1f}",
        }
        for value, label in Stage.choices
    ]


def _by_subdistrict(places: Sequence[Place]) -> list[tuple[str, list[int], str]]:
    found: dict[str, Counter[str]] = {}
    for place in places:
        found.setdefault(place.subdistrict or "–", Counter())[place.stage] += 1
    return [
        (
            name,
            [number[value] for value in Stage.values],
            f"{number[Stage.OWN_FEET]} / {sum(number.values())}",
        )
        for name, number in found.items()
    ]


def _history(places: Iterable[Place], days: Sequence[dt.date]) -> list[tuple[dt.date, int]]:
    found = Counter(place.day for place in places if place.stage == Stage.OWN_FEET)
    return [(day, found[day]) for day in days]


def _query(request: HttpRequest) -> str:
    query = request.GET.copy()
    for name in ("export", "p"):
        query.pop(name, None)
    return query.urlencode()


def _day_of(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _file(
    request: HttpRequest,
    district: District,
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Any]],
    count: int,
    money: Sequence[int] = (),
) -> HttpResponse:
    ending = request.GET["export"]
    if ending not in ENDINGS:
        raise Http404
    words = "；".join(
        f"{name}={value}" for name, value in request.GET.items() if value and name not in ("export", "p")
    )
    table = Table(
        title,
        heads,
        rows,
        widths=[max(16, len(head) * 2 + 4) for head in heads],
        above=heading(title, district, count, words),
        money=money,
    )
    page = "admin:evaluations.entitlement"
    return send(request, Listing(page, "list", district, table, count, _query(request), words), ending)
