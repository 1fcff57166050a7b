"""Pages of one rubric beside its form: trial run, and two versions side by side. Nothing is saved here."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from evaluations.models import EvaluationPeriod, Rubric
from evaluations.services.rubrics import require_sound, value_of
from evaluations.trials.marks_file import read_marks
from evaluations.trials.period_trial import (
    ENTERPRISE,
    PROJECT,
    PeriodTrial,
    closed_periods,
    comparison_table,
    try_on_period,
)
from evaluations.trials.table_trial import blank_table, result_table, score_table
from evaluations.trials.versions import compare, differing
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.common.tabular.writing import Table, write_table
from redprop.core.admin.import_views import FILE_TYPES
from redprop.core.downloads import download
from redprop.core.models.exports import Way
from redprop.core.services.exports import log_export
from redprop.core.services.listings import Listing

EVALUATORS = frozenset({Role.EVALUATOR})
SHOWN = 100
SHOWS = ("lists", "moved", "all")


def is_frozen(rubric: Rubric) -> bool:
    """Whether a period was closed, or is being closed, with the rubric."""
    return rubric.periods.exclude(state=EvaluationPeriod.State.OPEN).exists()


class RubricViews:
    """The two pages, for a ModelAdmin of rubrics."""

    def may_try(self, request: HttpRequest) -> bool:
        """A trial shows the whole district's results: it is for who keeps the rubrics."""
        return bool(EVALUATORS & request.user.roles)  # type: ignore[union-attr]

    def _rubric(self, request: HttpRequest, pk: int) -> Rubric:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        found = self.get_queryset(request).select_related("district").filter(pk=pk).first()  # type: ignore[attr-defined]
        if found is None:
            raise Http404
        return found

    def _rubric_page(self, request: HttpRequest, rubric: Rubric, title: str, **more: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": f"{title} · {rubric}",
            "heading": title,
            "rubric": rubric,
            "back": reverse("admin:evaluations_rubric_change", args=[rubric.pk]),
            **more,
        }

    # Versions side by side

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show two recorded rubrics side by side; the other one is chosen from a list."""
        rubric = self._rubric(request, pk)
        others = list(
            self.get_queryset(request)  # type: ignore[attr-defined]
            .filter(district=rubric.district_id)
            .exclude(pk=pk)
            .order_by("code", "-valid_from", "-pk")
        )
        others.sort(key=lambda one: one.code != rubric.code)
        chosen = request.GET.get("with", "")
        other = next((one for one in others if str(one.pk) == chosen), None) if chosen else None
        if other is None:
            earlier = [o for o in others if o.code == rubric.code and o.pk < rubric.pk]
            other = max(earlier, key=lambda one: one.pk) if earlier else (others[0] if others else None)
        refusal, sections = "", []
        if other is not None:
            try:
                sections = compare(other, rubric)
            except Refused as refused:
                refusal = str(refused)
        context = self._rubric_page(
            request,
            rubric,
            _("Versions side by side"),
            others=others,
            other=other,
            sections=sections,
            differing=differing(sections),
            refusal=refusal,
        )
        return TemplateResponse(request, "admin/evaluations/compare.html", context)

    # Trial runs

    def trial_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try the rubric on an uploaded table of marks (POST) or on a closed period (GET)."""
        rubric = self._rubric(request, pk)
        if not self.may_try(request):
            raise PermissionDenied
        context = self._rubric_page(
            request,
            rubric,
            _("Trial run"),
            periods=closed_periods(request.user, rubric),
            file_types=FILE_TYPES,
            items=list(rubric.items.order_by("position", "pk")),
        )
        try:
            if request.method == "POST":
                found = self._try_table(request, rubric, context)
            elif "period" in request.GET:
                found = self._try_period(request, rubric, context)
            else:
                found = self._blank(rubric) if request.GET.get("file") == "blank" else None
        except Refused as refused:
            found, context["refusal"] = None, str(refused)
        return found or TemplateResponse(request, "admin/evaluations/trial.html", context)

    def _blank(self, rubric: Rubric) -> HttpResponse:
        table = blank_table(value_of(rubric))
        return download(f"{table.title}.xlsx", _writes(table))

    def _try_table(
        self, request: HttpRequest, rubric: Rubric, context: dict[str, Any]
    ) -> HttpResponse | None:
        upload = request.FILES.get("file")
        if upload is None:
            raise Refused(_("Choose a file with the table of marks."), code="no-file")
        value = value_of(rubric)
        require_sound(value)
        trial = _scored(value, upload)
        if request.POST.get("as") == "xlsx":
            return self._download(request, rubric, result_table(trial), len(trial.rows))
        titles = {band.code: band.title for band in value.bands}
        ranked = sorted(trial.rows, key=lambda row: row.rank or len(trial.rows) + 1)
        context["table"] = {
            "name": upload.name,
            "count": len(trial.rows),
            "without": trial.without_total,
            "bands": [(titles[code], count) for code, count in trial.bands.items()],
            "rows": [(row, titles.get(row.card.band, "")) for row in ranked[:SHOWN]],
            "shown": SHOWN,
            "unused": "、".join(trial.unused),
            "absent": "、".join(trial.absent),
        }
        return None

    def _try_period(
        self, request: HttpRequest, rubric: Rubric, context: dict[str, Any]
    ) -> HttpResponse | None:
        period = next((p for p in context["periods"] if p.code == request.GET["period"]), None)
        if period is None:
            raise Refused(
                _("There is no closed period of this name. Choose one from the list."), code="no-period"
            )
        trial = try_on_period(rubric, period)
        if request.GET.get("file") == "xlsx":
            return self._download(request, rubric, comparison_table(trial), len(trial.rows))
        context |= _shown(request, trial)
        return None

    def _download(self, request: HttpRequest, rubric: Rubric, table: Table, count: int) -> HttpResponse:
        listing = Listing(
            "evaluations_rubric_trial", "rubrics", rubric.district, table, count, filters=str(rubric)[:200]
        )
        log_export(listing=listing, ending="xlsx", way=Way.SCREEN, acting_user=request.user)
        return download(listing.file_name("xlsx"), _writes(table))


def _writes(table: Table) -> Callable[[Path], Any]:
    return lambda out: write_table(out, table)


def _scored(value: Any, upload: UploadedFile) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(upload.name or "marks").name
        with path.open("wb") as file:
            for part in upload.chunks():
                file.write(part)
        return score_table(value, read_marks(path, value))


def _shown(request: HttpRequest, trial: PeriodTrial) -> dict[str, Any]:
    """Return what the page shows of a trial on a period."""
    shows = request.GET.get("show")
    shows = shows if shows in SHOWS else "moved"
    rows = [
        row for row in trial.rows if shows == "all" or (row.moved_list if shows == "lists" else row.moved)
    ]
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    counts = {
        "all": len(trial.rows),
        "moved": sum(row.moved for row in trial.rows),
        "lists": sum(row.moved_list for row in trial.rows),
    }
    names = {
        "lists": _("another list"),
        "moved": _("anything changed"),
        "all": _("everybody"),
    }
    return {
        "trial": trial,
        "shows": shows,
        "choices": [(name, names[name], counts[name]) for name in SHOWS],
        "page": page,
        "levels": [
            (_("projects"), trial.lists(PROJECT)),
            (_("enterprises"), trial.lists(ENTERPRISE)),
        ],
    }
