"""Scorecards: lines, what each lost point was lost for, the way to the next band, totals over the periods."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.admin.lists import WithTotal
from evaluations.admin.stepping import SteppingMixin
from evaluations.explaining import distance_of_card, losses_of_card, vetoes_of_card
from evaluations.indicators import Lost
from evaluations.models import EvaluationPeriod, Scorecard
from evaluations.scoring.distance import Distance
from evaluations.selectors import card_lines, line_evidence
from evaluations.surveys.figures import of_card
from evaluations.trend_charts import trend_chart
from evaluations.trends import project_trend
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.filters import row_filter

AT_ONCE = 6
"""How many lost facts stand beside a line."""


@admin.register(Scorecard)
class ScorecardAdmin(WithTotal, ReadOnly, SteppingMixin, RegisterAdmin):
    """Scorecards: one line for each item, and for each line the facts it was computed from."""

    has_district = False
    list_display = ["project", "enterprise", "period", "total_points", "band", "satisfaction_valid"]
    list_select_related = ["project", "enterprise", "run__period"]
    list_filter = [row_filter(EvaluationPeriod, "run__period", _("evaluation period"), "period")]
    search_fields = ["project__name", "project__code", "project__pinyin", "enterprise__name"]
    fields = ["project", "enterprise", "total_points", "band", "satisfaction_valid"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("run__period__rubric", "run__period__district")

    @admin.display(description=_("evaluation period"), ordering="run__period")
    def period(self, card: Scorecard) -> str:
        return str(card.run.period)

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.facts_view)
        page = path("<int:pk>/facts/<slug:item>/", view, name="evaluations_scorecard_facts")
        return [page, *super().get_urls()]

    readonly_fields = ["total_points"]

    def panel(self, request: HttpRequest, row: Scorecard) -> dict[str, Any]:
        lines, found = [], card_lines(row)
        losses = losses_of_card(row, {line.item: line.points for line in found})
        away = distance_of_card(row)
        gains = {gain.item: gain.gain for gain in away.gains}
        for line in found:
            url = reverse("admin:evaluations_scorecard_facts", args=[row.pk, line.item])
            shown = {
                name: _plain(getattr(line, name))
                for name in ("points", "full", "numerator", "denominator", "n")
            }
            shown["gain"] = _plain(gains.get(line.item))
            lost = losses.get(line.item, [])
            shown_lost = [
                {"lost": one.lost, "points": one.points, "url": _opened(one.lost)} for one in lost[:AT_ONCE]
            ]
            more = {"losses": shown_lost, "more": max(0, len(lost) - AT_ONCE)}
            lines.append({"url": url, "title": line.title, "rule": line.rule, **shown, **more})
        facts = [
            (_("evaluation period"), row.run.period),
            (_("total (points)"), _plain(row.total)),
            (_("band"), row.band),
        ]
        satisfaction = of_card(row.run, row.project_id)
        if satisfaction is not None:
            facts += satisfaction.facts()
        titles = {line.item: line.title for line in found}
        trend = project_trend(row.run.period.district, row.project_id, row.run.period.kind)
        return {
            "facts": facts,
            "lines": lines,
            "notes": [*_vetoes(row), *_targets(away, titles)],
            "trend": trend,
            "drawing": trend_chart(str(row.project), trend, row.run.period.rubric),
        }

    def facts_view(self, request: HttpRequest, pk: int, item: str) -> HttpResponse:
        """Where a line comes from: the rows it counted."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        card = self.get_queryset(request).filter(pk=pk).first()
        if card is None or not card.run.period.rubric.items.filter(code=item).exists():
            raise Http404
        indicator, found = line_evidence(card.run, card.project_id, item)
        kind = apps.get_model(indicator.model)._meta
        facts = [
            {
                "day": fact.day,
                "label": fact.label,
                "numerator": _plain(fact.numerator),
                "denominator": _plain(fact.denominator),
                "source_id": fact.source_id,
                "kind": kind.verbose_name,
                "url": _row_address(kind, fact.source_id),
            }
            for fact in found
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{indicator.title} · {card.project}",
            "card": card,
            "explanation": indicator.explanation,
            "facts": facts,
            "losses": _losses(card, item),
            "back": reverse("admin:evaluations_scorecard_change", args=[pk]),
        }
        return TemplateResponse(request, "admin/evaluations/facts.html", context)


def _losses(card: Scorecard, item: str) -> list[dict[str, Any]]:
    points = {line.item: line.points for line in card_lines(card)}
    found = losses_of_card(card, points, item).get(item, [])
    return [{"lost": one.lost, "points": one.points, "url": _opened(one.lost)} for one in found]


def _opened(lost: Lost) -> str:
    """The admin page of the row behind a loss, where it has one."""
    if not lost.model or lost.source_id is None:
        return ""
    return _row_address(apps.get_model(lost.model)._meta, lost.source_id)


def _vetoes(card: Scorecard) -> list[str]:
    return [
        gettext("Veto: %(ground)s, happened on %(day)s, decided on %(decided)s. %(evidence)s")
        % {
            "ground": veto.get_code_display(),
            "day": veto.happened_on,
            "decided": veto.decided_on,
            "evidence": veto.evidence,
        }
        for veto in vetoes_of_card(card)
    ]


def _targets(away: Distance, titles: dict[str, str]) -> list[str]:
    names = {
        "black": gettext("out of the limit of the black list"),
        "watch": gettext("out of key supervision"),
        "red": gettext("the points of the red list"),
    }
    found = []
    for target in away.targets:
        name = names.get(target.kind) or gettext("band “%(title)s”") % {"title": target.title}
        words = {
            "name": name,
            "bound": _plain(target.bound),
            "needed": f"{target.needed:.2f}",
            "lines": "、".join(titles.get(code, code) for code in target.lines),
        }
        found.append(
            gettext(
                "To %(name)s (%(bound)s points) %(needed)s points are missing; full marks in %(lines)s would reach it."
            )
            % words
            if target.lines
            else gettext(
                "To %(name)s (%(bound)s points) %(needed)s points are missing; the lines together do not reach it."
            )
            % words
        )
    return found


def _row_address(kind: Any, pk: int | None) -> str:
    try:
        return reverse(f"admin:{kind.app_label}_{kind.model_name}_change", args=[pk])
    except NoReverseMatch:
        return ""


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    text = f"{value:f}" if hasattr(value, "as_tuple") else str(value)
    return text.rstrip("0").rstrip(".") if "." in text and text.endswith("00") else text
