"""Home visits, volunteers and joint projects, to read; the district's list of policies and questions, to keep."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from communities.models import (
    HelpKind,
    HomeVisit,
    JointProject,
    VisitCount,
    VisitItem,
    VolunteerActivity,
    VolunteerTeam,
)
from redprop.areas.models import Subdistrict
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterInline
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter, row_filter


@admin.register(VisitItem)
class VisitItemAdmin(RegisterAdmin):
    """What is told and asked at the door, dated."""

    list_display = ["text", "kind", "code", "place", "valid_from", "valid_to"]
    list_filter = [choice_filter("kind", _("kind"), VisitItem.Kind.choices)]
    search_fields = ["text", "code"]


class CountInline(ReadOnly, RegisterInline):
    """What was told and is needed, in homes."""

    model = VisitCount
    fields = ["item", "homes"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("item")


@admin.register(HomeVisit)
class HomeVisitAdmin(ImportExportMixin, ReadOnly, RegisterAdmin):
    """Home visits (入户走访). No resident and no door."""

    has_district = False
    list_display = ["visited_on", "community", "compound", "building", "visitor", "homes"]
    list_select_related = ["community", "compound"]
    list_filter = [
        choice_filter("visitor", _("visited by"), HomeVisit.Visitor.choices),
        row_filter(Subdistrict, "community__subdistrict", _("subdistrict"), "subdistrict"),
        ("visited_on", RangeDateFilter),
    ]
    search_fields = ["compound__name", "compound__pinyin", "community__name"]
    exclude = ["requests"]
    inlines = [CountInline]


@admin.register(VolunteerTeam)
class VolunteerTeamAdmin(ReadOnly, RegisterAdmin):
    """Volunteer teams; members are a number."""

    has_district = False
    list_display = ["name", "community", "kind", "members", "project", "founded_on", "disbanded_on"]
    list_select_related = ["community", "project"]
    list_filter = [
        choice_filter("kind", _("kind"), VolunteerTeam.Kind.choices),
        row_filter(Subdistrict, "community__subdistrict", _("subdistrict"), "subdistrict"),
    ]
    search_fields = ["name", "community__name"]


@admin.register(VolunteerActivity)
class VolunteerActivityAdmin(ReadOnly, RegisterAdmin):
    """Volunteer activities and their hours."""

    has_district = False
    list_display = ["held_on", "title", "team", "community", "kind", "participants", "hours", "firm_hours"]
    list_select_related = ["community", "team"]
    list_filter = [
        choice_filter("kind", _("kind"), HelpKind.choices),
        row_filter(Subdistrict, "community__subdistrict", _("subdistrict"), "subdistrict"),
        ("held_on", RangeDateFilter),
    ]
    search_fields = ["title", "team__name", "community__name"]


@admin.register(JointProject)
class JointProjectAdmin(ReadOnly, RegisterAdmin):
    """Joint service projects (共建项目)."""

    has_district = False
    list_display = ["title", "community", "need", "state", "proposed_on", "due_on", "homes_served"]
    list_select_related = ["community", "need"]
    list_filter = [
        choice_filter("state", _("state"), JointProject.State.choices),
        row_filter(Subdistrict, "community__subdistrict", _("subdistrict"), "subdistrict"),
        ("due_on", RangeDateFilter),
    ]
    search_fields = ["title", "community__name"]
