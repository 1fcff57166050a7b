"""The grid, to read: its cells with area and cover, and the shifts, which also come in and go out as files."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from communities.models import GridArea, GridCell, GridMode, GridShift
from redprop.areas.models import Subdistrict
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterInline
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import row_filter

STREET = row_filter(Subdistrict, "community__subdistrict", _("subdistrict"), "subdistrict")


class AreaInline(ReadOnly, RegisterInline):
    """What the cell takes in."""

    model = GridArea
    fields = ["compound", "buildings", "valid_from", "valid_to"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("compound")


class ModeInline(ReadOnly, RegisterInline):
    """How the cell was covered."""

    model = GridMode
    fields = ["hours", "starts", "only_workdays", "project", "valid_from", "valid_to"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("project")


@admin.register(GridCell)
class GridCellAdmin(ReadOnly, RegisterAdmin):
    """Grid cells (网格)."""

    has_district = False
    list_display = ["code", "name", "community", "opened_on", "closed_on"]
    list_select_related = ["community"]
    list_filter = [STREET]
    search_fields = ["name", "code", "community__name"]
    inlines = [AreaInline, ModeInline]


@admin.register(GridShift)
class GridShiftAdmin(ImportExportMixin, ReadOnly, RegisterAdmin):
    """Shifts of the grid's rosters."""

    has_district = False
    list_display = ["starts_at", "ends_at", "cell", "community", "worker", "stands_in_for"]
    list_select_related = ["cell", "community", "worker", "stands_in_for"]
    list_filter = [STREET, ("starts_at", RangeDateTimeFilter)]
    search_fields = ["cell__name", "cell__code", "community__name"]
