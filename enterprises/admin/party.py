"""Party organisations with coverage and posts, and cross-appointments."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet

from enterprises.admin.party_pages import PartyPages
from enterprises.admin.party_wizard import WizardPage
from enterprises.models import (
    CrossAppointment,
    Enterprise,
    PartyCount,
    PartyCoverage,
    PartyOrganisation,
    PartyPost,
    PartyTerm,
)
from enterprises.services.enterprises import (
    check_coverage,
    check_project_of_enterprise,
    save_party_organisation,
)
from enterprises.services.party_rules import check_organisation, check_term, check_units, elections_due
from redprop.areas.models import Subdistrict
from redprop.common.errors import Refused
from redprop.core.admin.base import DatedFormSet, DatedInline, RegisterAdmin, RegisterInline, today_of
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import DayFilter, InForce, choice_filter, row_filter


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
        if any(self.errors) or not any(form.has_changed() for form in self.forms):
            return
        rows = [form.instance for form in self.forms if form.instance.valid_from]
        shown = {row.pk for row in rows if row.pk}
        others = PartyCoverage.objects.filter(organisation=self.instance) if self.instance.pk else []
        rows += [row for row in others if row.pk not in shown]
        try:
            check_units(
                self.instance,
                [(row.enterprise_id, row.valid_from, row.valid_to) for row in rows if not row.project_id],
            )
        except Refused as refused:
            raise ValidationError(str(refused)) from refused


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
    fields = ["kind", "person", "valid_from", "valid_to", "qualified_on"]
    autocomplete_fields = ["person"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("person")


class CountInline(DatedInline):
    """Members as counted: a new count ends the one before."""

    model = PartyCount
    fields = ["valid_from", "valid_to", "full_members", "probationary_members", "activists"]


class TermFormSet(DatedFormSet):
    """Terms follow one another, each as long as the rule of its day allows."""

    def check_row(self, row: PartyTerm, form: Any) -> None:
        row.organisation = self.instance
        check_term(row)


class TermInline(DatedInline):
    """Elections: a new one ends the term before."""

    model = PartyTerm
    formset = TermFormSet
    fields = ["valid_from", "valid_to", "ends_on", "extended_to", "approval"]


class TermFilter(DayFilter):
    """Whose election is due."""

    title = _("election of the team")
    parameter_name = "term"
    conditions = [
        ("late", _("overdue"), lambda rows, day: rows.filter(elections_due(day, late=True))),
        ("soon", _("due within the reminder"), lambda rows, day: rows.filter(elections_due(day))),
    ]


@admin.register(PartyOrganisation)
class PartyOrganisationAdmin(PartyPages, WizardPage, ImportExportMixin, RegisterAdmin):
    """Party organisations among property enterprises."""

    list_before_template = "admin/enterprises/party_links.html"
    exchanged = ("party-organisations", "party-coverage", "party-counts", "party-terms")
    list_display = [
        "name",
        "code",
        "form",
        "kind",
        "secretary",
        "full_members",
        "term_due_on",
        "dissolved_on",
    ]
    list_filter = [
        choice_filter("form", _("form of establishment"), PartyOrganisation.Form.choices),
        row_filter(Enterprise, "coverage__enterprise", _("enterprise"), "enterprise"),
        TermFilter,
    ]
    search_fields = ["name", "pinyin", "code"]
    inlines = [PartyPostInline, CoverageInline, CountInline, TermInline]
    fieldsets = [
        (None, {"fields": ["district", "code", "name", "form", "kind"]}),
        (_("Dates"), {"fields": ["founded_on", "dissolved_on"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        secretaries = (
            PartyPost.objects.filter(kind=PartyPost.Kind.SECRETARY)
            .on(today_of(request))
            .select_related("person")
        )
        day = today_of(request)
        counted = PartyCount.objects.on(day).filter(organisation=OuterRef("pk")).values("full_members")
        due = (
            PartyTerm.objects.on(day)
            .filter(organisation=OuterRef("pk"))
            .values(due=Coalesce("extended_to", "ends_on"))
        )
        return (
            super()
            .get_queryset(request)
            .annotate(full_now=Subquery(counted[:1]), due_now=Subquery(due[:1]))
            .prefetch_related(Prefetch("posts", secretaries, to_attr="secretaries_now"))
        )

    @admin.display(description=_("full members"), ordering="full_now")
    def full_members(self, organisation: Any) -> Any:
        return organisation.full_now

    @admin.display(description=_("election due on"), ordering="due_now")
    def term_due_on(self, organisation: Any) -> Any:
        return organisation.due_now

    @admin.display(description=_("secretary"))
    def secretary(self, organisation: Any) -> str:
        return "、".join(post.person.name for post in organisation.secretaries_now) or "—"

    def check_register(self, row: PartyOrganisation) -> None:
        check_organisation(row)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_party_organisation(organisation=obj, acting_user=request.user)


@admin.register(PartyPost)
class PartyPostAdmin(ImportExportMixin, RegisterAdmin):
    """Posts in party organisations, as a list of their own."""

    has_district = False
    list_display = ["person", "kind", "organisation", "valid_from", "valid_to", "qualified_on"]
    list_select_related = ["person", "organisation"]
    list_filter = [choice_filter("kind", _("post"), PartyPost.Kind.choices), InForce]
    search_fields = ["person__name", "person__pinyin", "organisation__name", "organisation__pinyin"]
    autocomplete_fields = ["person", "organisation"]
    fields = ["organisation", "person", "kind", "valid_from", "valid_to", "qualified_on"]


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
