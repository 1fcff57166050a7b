"""Holidays and reported figures, and what ran: import batches and jobs (to read)."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter

from redprop.common.tabular import declare
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter
from redprop.core.admin.year_plan import YearPlanPages
from redprop.core.figures import FIGURES
from redprop.core.models import Holiday, ImportBatch, Job, ReportedFigure
from redprop.core.services.imports import may_import


@admin.register(Holiday)
class HolidayAdmin(YearPlanPages, ImportExportMixin, RegisterAdmin):
    """Days off and working weekends; a whole year is planned on a page of its own."""

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


class RegisterFilter(DropdownFilter):
    """Imports into one register, of those the user may import into."""

    title = _("register")
    parameter_name = "register"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(one.name, one.title) for one in importable(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(register=self.value()) if self.value() else queryset


class UploaderFilter(DropdownFilter):
    """Imports of one person."""

    title = _("uploaded by")
    parameter_name = "recorded_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = ImportBatch.objects.for_user(request.user).order_by("recorded_by").distinct()
        return [(name, name) for name in names.values_list("recorded_by", flat=True)[:300] if name]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(recorded_by=self.value()) if self.value() else queryset


def importable(request: HttpRequest) -> list[declare.Register]:
    """The registers that the user may import into."""
    return [one for one in declare.registers() if may_import(request.user, one)]  # type: ignore[arg-type]


def page_of(register_name: str) -> Any:
    """The admin page that imports into a register, or None."""
    for page in admin.site._registry.values():
        if isinstance(page, ImportExportMixin) and any(
            one.name == register_name for one in page.exchanged_registers()
        ):
            return page
    return None


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnly, RegisterAdmin):
    """Every file that came in and what it did; each has its page below its register."""

    list_display = [
        "number",
        "recorded_at",
        "register_title",
        "file_name",
        "state",
        "rows",
        "new",
        "changed",
        "unchanged",
        "refused",
        "recorded_by",
        "written_at",
    ]
    list_filter = [
        RegisterFilter,
        UploaderFilter,
        choice_filter("state", _("state"), ImportBatch.State.choices),
        ("recorded_at", RangeDateFilter),
    ]
    search_fields = ["register", "file_name", "recorded_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        names = [one.name for one in importable(request)]
        return super().get_queryset(request).filter(register__in=names)

    @admin.display(description=_("number"), ordering="pk")
    def number(self, row: ImportBatch) -> int:
        return row.pk

    @admin.display(description=_("register"), ordering="register")
    def register_title(self, row: ImportBatch) -> str:
        return next((str(one.title) for one in declare.registers() if one.name == row.register), row.register)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the import's page, which shows its rows and what can be done with it."""
        self._must_reach(request, object_id)
        row = self.get_object(request, unquote(object_id))
        page = page_of(row.register)
        if page is None:
            raise Http404
        return HttpResponseRedirect(page._url("preview", row.register, row.pk))


@admin.register(Job)
class JobAdmin(ReadOnly, RegisterAdmin):
    """Background work with its progress."""

    list_display = ["recorded_at", "kind", "state", "done", "total", "message", "recorded_by"]
    list_filter = [choice_filter("state", _("state"), Job.State.choices)]
    search_fields = ["kind", "recorded_by"]
    exclude = ["arguments"]
