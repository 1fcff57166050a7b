"""Supervision orders, exclusions and requests for more time, to read; the rules of orders, to keep."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from communities.models import Colour, Exclusion, ExtensionRequest, SupervisionOrder, SupervisionRule
from enterprises.models import Enterprise
from redprop.areas.models import Subdistrict
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.filters import choice_filter, row_filter

STREET = row_filter(
    Subdistrict, "commitment__meeting__community__subdistrict", _("subdistrict"), "subdistrict"
)


@admin.register(SupervisionOrder)
class SupervisionOrderAdmin(ReadOnly, RegisterAdmin):
    """Supervision orders (督办单)."""

    has_district = False
    list_display = [
        "number_shown",
        "colour",
        "level",
        "commitment",
        "project",
        "issued_on",
        "due_on",
        "replied_at",
    ]
    list_select_related = ["commitment__project"]
    list_filter = [
        choice_filter("colour", _("colour of the order"), Colour.choices),
        row_filter(Enterprise, "commitment__project__enterprise", _("enterprise"), "enterprise"),
        STREET,
        ("issued_on", RangeDateFilter),
    ]
    search_fields = ["commitment__problem", "commitment__project__name", "commitment__project__pinyin"]

    @admin.display(description=_("order number"), ordering="serial")
    def number_shown(self, order: SupervisionOrder) -> str:
        return order.number

    @admin.display(description=_("service project"), ordering="commitment__project__pinyin")
    def project(self, order: SupervisionOrder) -> str:
        return str(order.commitment.project)


@admin.register(SupervisionRule)
class SupervisionRuleAdmin(RegisterAdmin):
    """When an order of which colour is issued, and how high it goes; without any rule the sample holds."""

    list_display = ["colour", "workdays", "level", "valid_from", "valid_to", "document"]
    list_filter = [choice_filter("colour", _("colour of the order"), Colour.choices)]


@admin.register(ExtensionRequest)
class ExtensionRequestAdmin(ReadOnly, RegisterAdmin):
    """More time that enterprises asked for."""

    has_district = False
    list_display = [
        "commitment",
        "project",
        "wanted_until",
        "state",
        "recorded_at",
        "decided_at",
        "decided_by",
    ]
    list_select_related = ["commitment__project"]
    list_filter = [choice_filter("state", _("state"), ExtensionRequest.State.choices), STREET]
    search_fields = ["commitment__problem", "commitment__project__name", "commitment__project__pinyin"]

    @admin.display(description=_("service project"), ordering="commitment__project__pinyin")
    def project(self, extension: ExtensionRequest) -> str:
        return str(extension.commitment.project)


@admin.register(Exclusion)
class ExclusionAdmin(ReadOnly, RegisterAdmin):
    """What was left out of scoring, why, and who asked and signed."""

    has_district = False
    list_display = ["commitment", "request", "reason", "state", "asked_by", "decided_by", "decided_at"]
    list_select_related = ["commitment", "request", "asked_by", "decided_by"]
    list_filter = [
        choice_filter("state", _("state"), Exclusion.State.choices),
        choice_filter("reason", _("reason code"), Exclusion.Reason.choices),
        STREET,
    ]
    search_fields = ["commitment__problem", "request__code", "explanation"]
