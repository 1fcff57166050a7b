"""What left the portal: the log of exports (for the audit administrator), and one's own files made in the background."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.filters import choice_filter
from redprop.core.models import ExportLog
from redprop.core.models.exports import Way


@admin.register(ExportLog)
class ExportLogAdmin(ReadOnly, RegisterAdmin):
    """Who took which list out of the portal, with which filters, when."""

    has_district = False
    list_display = ["recorded_at", "user", "title", "filters", "rows", "ending", "way"]
    list_select_related = ["user"]
    list_filter = [("recorded_at", RangeDateTimeFilter), choice_filter("way", _("how"), Way.choices)]
    search_fields = ["user__username", "user__full_name", "title", "filters"]
    fields = [
        "recorded_at",
        "user",
        "title",
        "register",
        "filters",
        "query",
        "rows",
        "ending",
        "way",
    ]
