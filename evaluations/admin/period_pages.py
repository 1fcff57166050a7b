"""Pages of a period beside its steps: the standing so far of all projects (provisional), and the district over the periods."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext

from enterprises.models import ServiceProject
from evaluations.explaining import distance_of, explain_line, indicator_or_none, lost_points, vetoes_in
from evaluations.models import EvaluationPeriod
from evaluations.services.rubrics import value_of
from evaluations.services.run_data import quarter_numbers
from evaluations.services.so_far import (
    evidence_so_far,
    parameters_so_far,
    reached_so_far,
    standing_so_far,
)
from evaluations.trend_charts import district_charts
from evaluations.trends import district_trend
from redprop.accounts.clock import business_today

PAGE = 50


class PeriodPages:
    """Adds the pages to the admin of periods."""

    def get_urls(self) -> list:
        wrap, name = self.admin_site.admin_view, "evaluations_evaluationperiod"  # type: ignore[attr-defined]
        return [
            path("<int:pk>/standing/", wrap(self.standing_view), name=f"{name}_standing"),
            path("<int:pk>/standing/<int:project>/", wrap(self.so_far_view), name=f"{name}_so_far"),
            path("<int:pk>/trend/", wrap(self.trend_view), name=f"{name}_trend"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def _period(self, request: HttpRequest, pk: int) -> EvaluationPeriod:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        found = self.get_queryset(request).select_related("rubric", "district").filter(pk=pk).first()  # type: ignore[attr-defined]
        if found is None:
            raise Http404
        return found

    def _answer(self, request: HttpRequest, name: str, title: str, back: str, **context: Any) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": title,
            "back": back,
        }
        return TemplateResponse(request, f"admin/evaluations/{name}.html", context)

    def _open(self, request: HttpRequest, pk: int) -> EvaluationPeriod:
        period = self._period(request, pk)
        if period.state == EvaluationPeriod.State.CLOSED:
            raise Http404
        return period

    def standing_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """All projects in the user's reach as they stand today, a page at a time; by code, never ranked."""
        period = self._open(request, pk)
        day = min(business_today(period.district), period.ends_on)
        rows = ServiceProject.objects.for_user(request.user).filter(district=period.district_id)
        rows = rows.active_on(day).select_related("enterprise").order_by("code")
        page = Paginator(rows, PAGE).get_page(request.GET.get("p"))
        found = standing_so_far(period, {row.enterprise_id for row in page.object_list})
        rubric = value_of(period.rubric)
        told = []
        for row in page.object_list:
            one = found.get(row.pk)
            reached, available = reached_so_far(rubric, one.card) if one else (None, None)
            told.append(
                {
                    "project": row,
                    "total": one.card.total if one else None,
                    "reached": reached,
                    "available": available,
                    "url": reverse("admin:evaluations_evaluationperiod_so_far", args=[pk, row.pk]),
                }
            )
        back = reverse("admin:evaluations_evaluationperiod_change", args=[pk])
        title = gettext("Standing so far (provisional)") + f" · {period}"
        return self._answer(
            request, "standing", title, back, rows=told, page_obj=page, period=period, day=day
        )

    def so_far_view(self, request: HttpRequest, pk: int, project: int) -> HttpResponse:
        """One project line by line, with what points are lost for so far."""
        period = self._open(request, pk)
        row = (
            ServiceProject.objects.for_user(request.user)
            .filter(pk=project, district=period.district_id)
            .first()
        )
        found = standing_so_far(period, [row.enterprise_id]).get(row.pk) if row else None
        if row is None or found is None:
            raise Http404
        rubric, parameters = value_of(period.rubric), parameters_so_far(period, [row.enterprise_id])
        away = distance_of(rubric, found.subject, found.card, quarter_numbers(period))
        gains = {gain.item: gain.gain for gain in away.gains}
        lines = []
        for item, line in zip(rubric.items, found.card.lines, strict=True):
            indicator, losses = indicator_or_none(item.source), []
            if indicator is not None and lost_points(item, line.points) > 0:
                facts = evidence_so_far(period, [row.enterprise_id], row.pk, item.source, item.code)
                losses = explain_line(indicator, item, line.points, facts, parameters)
            lines.append(
                {
                    "title": item.title,
                    "points": line.points,
                    "full": item.points,
                    "gain": gains.get(item.code),
                    "losses": losses,
                }
            )
        return self._answer(
            request,
            "so_far",
            f"{row} · {period}",
            reverse("admin:evaluations_evaluationperiod_standing", args=[pk]),
            lines=lines,
            total=found.card.total,
            vetoes=vetoes_in(row.pk, parameters),
            lost=sum((line["full"] - line["points"] for line in lines if line["losses"]), Decimal(0)),
        )

    def trend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The district over the periods of the same kind: drawings, and a table beside them."""
        period = self._period(request, pk)
        points = district_trend(period.district, period.kind)
        return self._answer(
            request,
            "trend",
            gettext("Over the periods"),
            reverse("admin:evaluations_evaluationperiod_change", args=[pk]),
            points=points,
            drawings=district_charts(points),
        )
