"""Holidays and reported figures, and what ran: import batches and jobs (to read)."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterInline
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter
from redprop.core.figures import FIGURES
from redprop.core.models import Holiday, ImportBatch, ImportRow, Job, ReportedFigure


@admin.register(Holiday)
class HolidayAdmin(ImportExportMixin, RegisterAdmin):
    """Days off and working weekends."""

    list_display = ["day", "is_workday", "name"]
    list_filter = [("day", RangeDateFilter), "is_workday"]
    search_fields = ["name"]
    fields = ["district", "day", "is_workday", "name"]

    def has_delete_permission(self, request: HttpRequest, obj: Holiday | None = None) -> bool:
        return False


@admin.register(ReportedFigure)
class ReportedFigureAdmin(ImportExportMixin, RegisterAdmin):
    """Figures reported elsewhere, which the registers must add up to."""

    list_display = ["on", "figure", "value", "source"]
    list_filter = [("on", RangeDateFilter)]
    search_fields = ["code", "source"]
    fields = ["district", "on", "code", "value", "source"]

    @admin.display(description=_("figure"), ordering="code")
    def figure(self, row: ReportedFigure) -> str:
        known = FIGURES.get(row.code)
        return str(known.title) if known else row.code


class RowInline(ReadOnly, RegisterInline):
    """Refused rows of a batch, fifty to a page."""

    model = ImportRow
    fields = ["number", "outcome", "key", "errors", "changes"]
    per_page = 50
    ordering = ["number"]


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnly, RegisterAdmin):
    """Every file that came in and what it did."""

    list_display = [
        "recorded_at",
        "register",
        "file_name",
        "state",
        "rows",
        "new",
        "changed",
        "refused",
        "recorded_by",
    ]
    list_filter = [choice_filter("state", _("state"), ImportBatch.State.choices)]
    search_fields = ["register", "file_name", "recorded_by"]
    exclude = ["mapping", "options", "file"]
    inlines = [RowInline]


@admin.register(Job)
class JobAdmin(ReadOnly, RegisterAdmin):
    """Background work with its progress."""

    list_display = ["recorded_at", "kind", "state", "done", "total", "message", "recorded_by"]
    list_filter = [choice_filter("state", _("state"), Job.State.choices)]
    search_fields = ["kind", "recorded_by"]
    exclude = ["arguments"]
