"""Reports of periods: how far each is, and the file when it is written. Asked for on the page of the period."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.admin.stepping import SteppingMixin
from evaluations.models import EvaluationPeriod, PeriodReport
from evaluations.services.period_reports import fetch_report
from redprop.common.errors import Refused
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.filters import row_filter


@admin.register(PeriodReport)
class PeriodReportAdmin(ReadOnly, SteppingMixin, RegisterAdmin):
    """Reports with their progress and their file."""

    has_district = False
    list_display = ["title", "period", "progress", "made_at", "asked_by", "release_number"]
    list_select_related = ["period", "asked_by", "job"]
    list_filter = [row_filter(EvaluationPeriod, "period", _("evaluation period"))]
    search_fields = ["title", "release_number"]
    fields = ["title", "period", "progress", "asked_by", "made_at", "release_number"]
    readonly_fields = ["progress"]

    @admin.display(description=_("state"))
    def progress(self, row: PeriodReport) -> str:
        if row.file:
            return gettext("written, %(size)s kB") % {"size": -(-row.size // 1024)}
        if row.job is None:
            return "–"
        if row.job.is_open:
            return gettext("being written, step %(done)s of %(total)s") % {
                "done": row.job.done,
                "total": row.job.total or "–",
            }
        return f"{row.job.get_state_display()}：{row.job.message}"

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.file_view)
        return [path("<int:pk>/file/", view, name="evaluations_periodreport_file"), *super().get_urls()]

    def panel(self, request: HttpRequest, row: PeriodReport) -> dict[str, Any]:
        notes = []
        links = [
            {
                "url": reverse("admin:evaluations_evaluationperiod_change", args=[row.period_id]),
                "title": str(row.period),
            }
        ]
        if row.file:
            links.insert(
                0,
                {
                    "url": reverse("admin:evaluations_periodreport_file", args=[row.pk]),
                    "title": _("Download the report (Word)"),
                },
            )
        elif row.job is not None and row.job.is_open:
            notes.append(
                gettext("This page looks again by itself every few seconds until the report is written.")
            )
        return {"facts": [(_("state"), self.progress(row))], "links": links, "notes": notes}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        answer = super().change_view(request, object_id, form_url, extra_context)
        row = self.get_object(request, object_id)
        if row is not None and row.job is not None and row.job.is_open:
            answer.headers["Refresh"] = "3"
        return answer

    def file_view(self, request: HttpRequest, pk: int) -> Any:
        """Hand out a written report."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None:
            raise Http404
        try:
            found = fetch_report(report=row, acting_user=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(reverse("admin:evaluations_periodreport_change", args=[pk]))
        return FileResponse(found.open("rb"), as_attachment=True, filename=f"{row.title}.docx")
