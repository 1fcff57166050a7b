"""Advisers' visits, and the district's rules of party organisations as dated data."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from enterprises.models import AdviserVisit, Enterprise, PartyOrganisation, PartyRule, TeamStandard
from enterprises.services.party_work import check_rule, check_visit
from redprop.core.admin.base import RegisterAdmin
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import InForce, choice_filter, row_filter


@admin.register(AdviserVisit)
class AdviserVisitAdmin(ImportExportMixin, RegisterAdmin):
    """Visits of party-building advisers."""

    has_district = False
    list_display = ["visited_on", "organisation", "enterprise", "person", "subject"]
    list_select_related = ["organisation", "enterprise", "person"]
    list_filter = [row_filter(Enterprise, "enterprise", _("enterprise")), ("visited_on", RangeDateFilter)]
    search_fields = ["enterprise__name", "enterprise__pinyin", "organisation__name", "person__name"]
    autocomplete_fields = ["organisation", "enterprise", "person"]
    fields = ["organisation", "enterprise", "person", "visited_on", "subject"]

    def check_register(self, row: AdviserVisit) -> None:
        check_visit(row)


@admin.register(PartyRule)
class PartyRuleAdmin(RegisterAdmin):
    """The numbers by which party organisations are measured."""

    list_display = [
        "valid_from",
        "valid_to",
        "document",
        "branch_min",
        "joint_max_units",
        "adviser_max_units",
    ]
    list_filter = [InForce]
    list_before_template = "admin/core/list_exports.html"
    fieldsets = [
        (None, {"fields": ["district", "valid_from", "valid_to", "document"]}),
        (
            _("Members"),
            {
                "fields": [
                    "branch_min",
                    "branch_committee_min",
                    "branch_max",
                    "general_branch_min",
                    "committee_min",
                ]
            },
        ),
        (_("Units"), {"fields": ["joint_max_units", "adviser_max_units", "adviser_visits_month"]}),
        (_("Terms"), {"fields": ["branch_term_years", "committee_term_years", "remind_months"]}),
        (_("Evaluation"), {"fields": ["first_load_until"]}),
    ]

    def check_register(self, row: PartyRule) -> None:
        check_rule(row)


@admin.register(TeamStandard)
class TeamStandardAdmin(RegisterAdmin):
    """The posts that a leadership team must have."""

    list_display = ["type_name", "post", "members_from", "valid_from", "valid_to"]
    list_filter = [choice_filter("kind", _("type"), PartyOrganisation.Kind.choices), InForce]
    fields = ["district", "kind", "post", "members_from", "valid_from", "valid_to"]
    list_before_template = "admin/core/list_exports.html"

    @admin.display(description=_("type"), ordering="kind")
    def type_name(self, row: Any) -> str:
        return str(row.get_kind_display() or _("advisers' groups"))
