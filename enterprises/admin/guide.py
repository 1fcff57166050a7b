"""The guide book of party building: its items, and what was done."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from enterprises.models import GuideCheck, GuideItem
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import InForce, choice_filter, row_filter


@admin.register(GuideItem)
class GuideItemAdmin(ImportExportMixin, RegisterAdmin):
    """What the guide book asks for."""

    list_display = ["title", "code", "every", "of", "place", "valid_from", "valid_to"]
    list_filter = [choice_filter("every", _("how often"), GuideItem.Every.choices), InForce]
    search_fields = ["title", "code"]
    fields = [
        "district",
        "code",
        "title",
        "explanation",
        "every",
        "of",
        "place",
        "document",
        "valid_from",
        "valid_to",
    ]


@admin.register(GuideCheck)
class GuideCheckAdmin(ReadOnly, ImportExportMixin, RegisterAdmin):
    """What was done; recorded and confirmed at the desk, or taken over by file."""

    has_district = False
    list_display = ["organisation", "item", "period", "done_on", "state", "decided_on"]
    list_select_related = ["organisation", "item"]
    list_filter = [
        choice_filter("state", _("state"), GuideCheck.State.choices),
        row_filter(GuideItem, "item", _("item of the guide book")),
    ]
    search_fields = ["organisation__name", "organisation__pinyin", "item__title", "period"]
    fields = [
        "organisation",
        "item",
        "period",
        "done_on",
        "note",
        "state",
        "decided_on",
        "decided_by",
        "reason",
    ]
