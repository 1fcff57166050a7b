"""Inspections in the admin: item sets, inspectors' own subdistricts, the rule of the watch, plans to read.

Plans are made and drawn at the desk.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from evaluations.models import (
    InspectionItem,
    InspectionItemSet,
    InspectionPlan,
    InspectionRule,
    OwnSubdistrict,
    Scheme,
)
from evaluations.services.inspection_items import last_used
from redprop.accounts.clock import business_now
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterInline, districts_of
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter


class ItemInline(RegisterInline):
    """The items of a set; to be read once marks stand against it."""

    model = InspectionItem
    fields = ["position", "code", "title", "guidance", "full_mark"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and not (obj and last_used(obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and last_used(obj))


@admin.register(InspectionItemSet)
class InspectionItemSetAdmin(ImportExportMixin, RegisterAdmin):
    """Sets of items by scheme and class of compound; a used one only ends, the next begins the day after."""

    exchanged = ("guarantee-items",)
    list_display = ["scheme", "applies_to", "valid_from", "valid_to", "document"]
    list_filter = [
        choice_filter("scheme", _("scheme"), Scheme.choices),
        choice_filter("applies_to", _("applies to"), InspectionItemSet.AppliesTo.choices),
    ]
    fields = ["scheme", "applies_to", "document", "valid_from", "valid_to"]
    inlines = [ItemInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_readonly_fields(request, obj)
        if obj is not None and last_used(obj):
            return [*found, "scheme", "applies_to", "document", "valid_from"]
        return found

    def check_register(self, row: InspectionItemSet) -> None:
        require_end_after_use(row)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.recorded_at = business_now(obj.district)
        obj.save()


def require_end_after_use(row: InspectionItemSet) -> None:
    """Raise Refused when a set would end before a day on which it was marked against."""
    used = last_used(row) if row.pk else None
    if used and row.valid_to and row.valid_to < used:
        raise Refused(
            _("Compounds were marked against this set up to %(day)s: it ends on that day at the earliest.")
            % {"day": used},
            code="set-used",
            field="valid_to",
        )


@admin.register(OwnSubdistrict)
class OwnSubdistrictAdmin(RegisterAdmin):
    """Where an inspector comes from or lives: nothing there is given to him."""

    has_district = False
    list_display = ["user", "subdistrict", "reason", "valid_from", "valid_to"]
    list_select_related = ["user", "subdistrict"]
    list_filter = [choice_filter("reason", _("reason"), OwnSubdistrict.Reason.choices)]
    search_fields = ["user__username", "user__full_name", "subdistrict__name"]
    fields = ["user", "subdistrict", "reason", "valid_from", "valid_to"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            posted = Posting.objects.filter(role=Role.INSPECTOR, district__in=districts_of(request))
            kwargs["queryset"] = User.objects.filter(pk__in=posted.values("user")).order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(InspectionRule)
class InspectionRuleAdmin(RegisterAdmin):
    """When the watch flags marks; without any rule the sample holds."""

    list_display = [
        "valid_from",
        "valid_to",
        "least_n",
        "full_share_over",
        "mean_over",
        "spread_under",
        "agree_within",
        "document",
    ]
    fields = [
        "least_n",
        "full_share_over",
        "mean_over",
        "spread_under",
        "agree_within",
        "document",
        "valid_from",
        "valid_to",
    ]


@admin.register(InspectionPlan)
class InspectionPlanAdmin(ReadOnly, RegisterAdmin):
    """Plans and their history; they are made, drawn and confirmed at the desk."""

    has_district = False
    list_display = ["name", "period", "starts_on", "ends_on", "state", "seed", "drawn_at", "confirmed_by"]
    list_select_related = ["confirmed_by"]
    list_filter = [choice_filter("state", _("state"), InspectionPlan.State.choices)]
    search_fields = ["name", "period"]
    fields = [
        "name",
        "period",
        "starts_on",
        "ends_on",
        "frame",
        "frame_on",
        "seed",
        "sample_size",
        "sample_share",
        "second_share",
        "state",
        "drawn_at",
        "confirmed_at",
        "confirmed_by",
    ]
