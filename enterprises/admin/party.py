"""Party organisations with coverage and posts, and cross-appointments."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.forms import PaginationInlineFormSet

from enterprises.models import (
    CrossAppointment,
    Enterprise,
    PartyCoverage,
    PartyOrganisation,
    PartyPost,
    PartyStage,
)
from enterprises.services.enterprises import (
    check_coverage,
    check_project_of_enterprise,
    save_party_organisation,
)
from redprop.areas.models import Subdistrict
from redprop.common.errors import Refused
from redprop.core.admin.base import DatedFormSet, DatedInline, RegisterAdmin, RegisterInline, today_of
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import InForce, choice_filter, row_filter


class CoverageFormSet(PaginationInlineFormSet):
    """Coverage rows; each project must belong to its enterprise."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            if form.is_valid() and form.has_changed():
                try:
                    check_coverage(form.instance)
                except Refused as refused:
                    form.add_error("project" if "project" in form.fields else None, str(refused))


class CoverageInline(RegisterInline):
    """Which enterprises and projects the organisation covers."""

    model = PartyCoverage
    formset = CoverageFormSet
    fields = ["enterprise", "project", "valid_from", "valid_to"]
    autocomplete_fields = ["enterprise", "project"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("enterprise", "project")


class PartyPostFormSet(DatedFormSet):
    """One secretary at a time; other posts side by side, but nobody twice in one."""

    def key_of(self, row: PartyPost) -> tuple:
        return (row.kind,) if row.kind == PartyPost.Kind.SECRETARY else (row.kind, row.person_id)


class PartyPostInline(DatedInline):
    """The leadership team: a new secretary ends the term of the one before."""

    model = PartyPost
    formset = PartyPostFormSet
    fields = ["kind", "person", "valid_from", "valid_to"]
    autocomplete_fields = ["person"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("person")


@admin.register(PartyOrganisation)
class PartyOrganisationAdmin(ImportExportMixin, RegisterAdmin):
    """Party organisations among property enterprises."""

    exchanged = ("party-organisations", "party-coverage")
    list_display = ["name", "code", "form", "kind", "secretary", "full_members", "term_ends_on"]
    list_filter = [
        choice_filter("form", _("form"), PartyOrganisation.Form.choices),
        row_filter(Enterprise, "coverage__enterprise", _("enterprise"), "enterprise"),
        ("term_ends_on", RangeDateFilter),
    ]
    search_fields = ["name", "pinyin", "code"]
    inlines = [PartyPostInline, CoverageInline]
    fieldsets = [
        (None, {"fields": ["district", "code", "name", "form", "kind"]}),
        (_("Dates"), {"fields": ["founded_on", "term_ends_on", "dissolved_on"]}),
        (_("Members"), {"fields": ["full_members", "probationary_members", "activists"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        secretaries = (
            PartyPost.objects.filter(kind=PartyPost.Kind.SECRETARY)
            .on(today_of(request))
            .select_related("person")
        )
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("posts", secretaries, to_attr="secretaries_now"))
        )

    @admin.display(description=_("secretary"))
    def secretary(self, organisation: Any) -> str:
        return "、".join(post.person.name for post in organisation.secretaries_now) or "—"

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_party_organisation(organisation=obj, acting_user=request.user)


@admin.register(PartyPost)
class PartyPostAdmin(ImportExportMixin, RegisterAdmin):
    """Posts in party organisations, as a list of their own."""

    has_district = False
    list_display = ["person", "kind", "organisation", "valid_from", "valid_to"]
    list_select_related = ["person", "organisation"]
    list_filter = [choice_filter("kind", _("post"), PartyPost.Kind.choices), InForce]
    search_fields = ["person__name", "person__pinyin", "organisation__name", "organisation__pinyin"]
    autocomplete_fields = ["person", "organisation"]
    fields = ["organisation", "person", "kind", "valid_from", "valid_to"]


@admin.register(CrossAppointment)
class CrossAppointmentAdmin(ImportExportMixin, RegisterAdmin):
    """Posts held across (双向进入、交叉任职)."""

    has_district = False
    list_display = ["person", "direction", "body", "enterprise", "community", "valid_from", "valid_to"]
    list_select_related = ["person", "enterprise", "community"]
    list_filter = [
        row_filter(Subdistrict, "community__subdistrict", _("subdistrict"), "subdistrict"),
        row_filter(Enterprise, "enterprise", _("enterprise")),
        choice_filter("direction", _("direction"), CrossAppointment.Direction.choices),
        InForce,
    ]
    search_fields = ["person__name", "person__pinyin", "enterprise__name", "enterprise__pinyin"]
    autocomplete_fields = ["person", "enterprise", "project", "community"]
    fields = ["person", "direction", "body", "enterprise", "project", "community", "valid_from", "valid_to"]

    def check_register(self, row: CrossAppointment) -> None:
        check_project_of_enterprise(row)


@admin.register(PartyStage)
class PartyStageAdmin(RegisterAdmin):
    """Stages on the way into the party; for the organisation department alone."""

    has_district = False
    list_display = ["person", "stage", "valid_from", "valid_to"]
    list_select_related = ["person"]
    list_filter = [choice_filter("stage", _("stage"), PartyStage.Stage.choices), InForce]
    search_fields = ["person__name", "person__pinyin"]
    autocomplete_fields = ["person"]
    fields = ["person", "stage", "valid_from", "valid_to"]
    list_before_template = "admin/core/list_exports.html"
