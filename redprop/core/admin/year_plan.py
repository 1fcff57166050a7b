"""The page on which the registrar plans a year: twelve months, the text of the notice, what would move, then saved."""

import calendar
import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.core.admin.base import districts_of, today_of
from redprop.core.services.calendar import (
    Planned,
    as_text,
    days_of,
    effects_of,
    missing_year,
    read_plan,
    save_year,
)

YEARS = range(2000, 2100)


class YearPlanPages:
    """Adds the year's page to the register of holidays."""

    list_before_template = "admin/core/year_links.html"

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.year_view)  # type: ignore[attr-defined]
        return [path("year/<int:year>/", view, name="core_holiday_year"), *super().get_urls()]  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        year = today_of(request).year
        districts = districts_of(request)
        context = {
            "years": [year, year + 1],
            "missing": missing_year(districts[0]) if districts else None,
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)  # type: ignore[misc]

    def year_view(self, request: HttpRequest, year: int) -> HttpResponse:
        """Show the year; on POST check the text, and with `save` keep it."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        districts = districts_of(request)
        if year not in YEARS or not districts:
            raise Http404
        district = districts[0]
        may_plan = self.has_change_permission(request)  # type: ignore[attr-defined]
        if request.method == "POST" and not may_plan:
            raise PermissionDenied
        entered = days_of(district, year)
        text = request.POST.get("text", as_text(entered))
        plan = read_plan(text, year) if request.method == "POST" else None
        days = plan.days if plan else entered
        if plan and not plan.problems and "save" in request.POST:
            try:
                save_year(district=district, year=year, days=days, acting_user=request.user)  # type: ignore[arg-type]
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(
                    request,
                    _("The calendar of %(year)s is saved: %(count)s days.")
                    % {"year": year, "count": len(days)},
                )
                return HttpResponseRedirect(reverse("admin:core_holiday_year", args=[year]))
        changes = _changes(entered, days) if plan else []
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("Calendar of %(year)s, %(district)s") % {"year": year, "district": district},
            "year": year,
            "months": _months(year, days),
            "text": text,
            "plan": plan,
            "changes": changes,
            "effects": effects_of(district, year, days) if changes and plan and not plan.problems else [],
            "off": sum(not one.is_workday for one in days.values()),
            "made_up": sum(one.is_workday for one in days.values()),
            "may_plan": may_plan,
            "is_empty": not entered,
            "back": reverse("admin:core_holiday_changelist"),
        }
        return TemplateResponse(request, "admin/core/year_plan.html", context)


def _changes(entered: dict[dt.date, Planned], days: dict[dt.date, Planned]) -> list[str]:
    """Sentences about the days that differ."""
    found = []
    for day in sorted({*entered, *days}):
        old, new = entered.get(day), days.get(day)
        if old == new:
            continue
        if new is None:
            found.append(_("%(day)s: by the week's rule again.") % {"day": day})
        elif new.is_workday:
            found.append(_("%(day)s: worked. %(name)s") % {"day": day, "name": new.name})
        else:
            found.append(_("%(day)s: off. %(name)s") % {"day": day, "name": new.name})
    return found


def _months(year: int, days: dict[dt.date, Planned]) -> list[dict[str, Any]]:
    """Twelve months of weeks; each day with its kind and mark."""
    months = []
    for month in range(1, 13):
        weeks = []
        for week in calendar.Calendar().monthdatescalendar(year, month):
            weeks.append([_day(day, month, days) for day in week])
        months.append({"number": month, "weeks": weeks})
    return months


def _day(day: dt.date, month: int, days: dict[dt.date, Planned]) -> dict[str, Any]:
    if day.month != month:
        return {}
    planned = days.get(day)
    if planned is None:
        return {"number": day.day, "kind": "weekend" if day.weekday() >= 5 else "work"}
    kind = "made-up" if planned.is_workday else "off"
    mark = _("work") if planned.is_workday else _("off")
    return {"number": day.day, "kind": kind, "mark": mark, "name": planned.name}
