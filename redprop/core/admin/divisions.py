"""The recorded changes of the official divisions, and the editions taken over."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from redprop.areas.models import District, DivisionChange, DivisionEdition, Subdistrict
from redprop.areas.services.changes import link_changes
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter, row_filter


@admin.register(DivisionChange)
class DivisionChangeAdmin(ImportExportMixin, RegisterAdmin):
    """History of the divisions. A row added here moves nothing: it says what happened."""

    list_display = ["on", "change", "old", "new", "subdistrict", "document"]
    list_select_related = ["subdistrict"]
    list_filter = [
        choice_filter("change", _("kind of change"), DivisionChange.Change.choices),
        choice_filter("level", _("level"), DivisionChange.Level.choices),
        row_filter(Subdistrict, "subdistrict", _("subdistrict")),
        ("on", RangeDateFilter),
    ]
    search_fields = ["old_code", "old_name", "new_code", "new_name", "document"]
    fields = [
        "district",
        ("level", "change"),
        ("from_as_of", "on"),
        ("old_code", "old_name"),
        ("new_code", "new_name"),
        "document",
        "community",
        "successor",
    ]
    readonly_fields = ["community", "successor"]

    @admin.display(description=_("before"), ordering="old_name")
    def old(self, change: DivisionChange) -> str:
        return f"{change.old_name} {change.old_code}".strip() or "—"

    @admin.display(description=_("after"), ordering="new_name")
    def new(self, change: DivisionChange) -> str:
        return f"{change.new_name} {change.new_code}".strip() or "—"

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.save()
        link_changes(District.objects.get(pk=obj.district_id))


@admin.register(DivisionEdition)
class DivisionEditionAdmin(ReadOnly, RegisterAdmin):
    """Editions taken over, with their day."""

    list_display = ["as_of", "label", "communities", "recorded_at", "recorded_by"]
    search_fields = ["label"]
