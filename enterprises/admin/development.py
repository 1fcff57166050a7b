"""Party development, for the organisation department alone; not there at all where PARTY_DEVELOPMENT is off."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from enterprises.models import PartyStage, StageRule
from redprop.core.admin.base import RegisterAdmin
from redprop.core.admin.filters import InForce, choice_filter


class Kept:
    """Pages of this part; switched off they answer nobody."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return settings.PARTY_DEVELOPMENT and super().has_module_permission(request)  # type: ignore[misc]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return settings.PARTY_DEVELOPMENT and super().has_view_permission(request, obj)  # type: ignore[misc]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return settings.PARTY_DEVELOPMENT and super().has_add_permission(request)  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return settings.PARTY_DEVELOPMENT and super().has_change_permission(request, obj)  # type: ignore[misc]


class PartyStageAdmin(Kept, RegisterAdmin):
    """Stages on the way into the party."""

    has_district = False
    list_display = ["person", "stage", "valid_from", "valid_to"]
    list_select_related = ["person"]
    list_filter = [choice_filter("stage", _("stage"), PartyStage.Stage.choices), InForce]
    search_fields = ["person__name", "person__pinyin"]
    autocomplete_fields = ["person"]
    fields = ["person", "stage", "valid_from", "valid_to", "extension_months"]
    list_before_template = "admin/core/list_exports.html"


class StageRuleAdmin(Kept, RegisterAdmin):
    """How long each stage lasts at least, and when the next step is due."""

    list_display = ["stage", "least_months", "due_months", "remind_days", "valid_from", "valid_to"]
    list_filter = [InForce]
    fields = [
        "district",
        "stage",
        "least_months",
        "due_months",
        "remind_days",
        "document",
        "valid_from",
        "valid_to",
    ]
    list_before_template = "admin/core/list_exports.html"


if settings.PARTY_DEVELOPMENT:
    admin.site.register(PartyStage, PartyStageAdmin)
    admin.site.register(StageRule, StageRuleAdmin)
