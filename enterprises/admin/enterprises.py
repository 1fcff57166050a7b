"""Enterprises with branches and contacts, and their service projects."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise, EnterpriseContact, ServiceProject
from enterprises.services.enterprises import check_enterprise, check_project, save_enterprise, save_project
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterInline, number_of
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import DayFilter, choice_filter, row_filter


class BranchInline(ReadOnly, RegisterInline):
    """Branches, to read: each has its own page."""

    model = Enterprise
    fk_name = "head"
    fields = ["name", "uscc", "registered_from", "left_on"]
    verbose_name_plural = _("branches")
    show_change_link = True


class ContactInline(RegisterInline):
    """Who answers for the enterprise at the desk."""

    model = EnterpriseContact
    fields = ["user", "valid_from", "valid_to"]
    autocomplete_fields = ["user"]


class EnterpriseState(DayFilter):
    """In the district, or gone."""

    title = _("state")
    parameter_name = "state"
    conditions = [
        ("here", _("in the district"), lambda rows, day: rows.exclude(left_on__lte=day)),
        ("left", _("has left"), lambda rows, day: rows.filter(left_on__lte=day)),
    ]


@admin.register(Enterprise)
class EnterpriseAdmin(ImportExportMixin, RegisterAdmin):
    """Property enterprises, known by their credit code."""

    list_display = ["name", "uscc", "kind", "project_count", "work_phone", "left_on"]
    list_filter = [choice_filter("kind", _("kind"), Enterprise.Kind.choices), EnterpriseState]
    search_fields = ["name", "short_name", "pinyin", "uscc"]
    autocomplete_fields = ["head"]
    inlines = [BranchInline, ContactInline]
    fieldsets = [
        (None, {"fields": ["district", "uscc", "name", "short_name", "kind", "head"]}),
        (_("Address and dates"), {"fields": ["address", "work_phone", "registered_from", "left_on"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(projects_all=number_of(ServiceProject, "enterprise"))

    @admin.display(description=_("projects"), ordering="projects_all")
    def project_count(self, enterprise: Any) -> int:
        return enterprise.projects_all

    def check_register(self, row: Enterprise) -> None:
        check_enterprise(row)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_enterprise(enterprise=obj, acting_user=request.user)


class ProjectState(DayFilter):
    """Running or ended projects."""

    title = _("state")
    parameter_name = "state"
    conditions = [
        ("running", _("running"), lambda rows, day: rows.active_on(day)),
        ("ended", _("ended"), lambda rows, day: rows.filter(ended_on__lt=day)),
    ]


@admin.register(ServiceProject)
class ServiceProjectAdmin(ImportExportMixin, RegisterAdmin):
    """Service projects: what the lists rank."""

    list_display = ["name", "code", "enterprise", "started_on", "ended_on", "work_phone"]
    list_select_related = ["enterprise"]
    list_filter = [row_filter(Enterprise, "enterprise", _("enterprise")), ProjectState]
    search_fields = ["name", "pinyin", "code", "enterprise__name", "enterprise__pinyin"]
    autocomplete_fields = ["enterprise"]
    fields = ["district", "enterprise", "code", "name", "started_on", "ended_on", "work_phone"]

    def check_register(self, row: ServiceProject) -> None:
        check_project(row)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_project(project=obj, acting_user=request.user)
