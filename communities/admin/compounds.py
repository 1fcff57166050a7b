"""Compounds with their dated kind, class and community."""

from typing import Any

from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from communities.admin.dissolved import DissolvedPages
from communities.admin.merging import MergePages
from communities.models import (
    Compound,
    CompoundClass,
    CompoundKind,
    CompoundPlacement,
    ServiceAssignment,
)
from communities.services.compounds import save_compound
from communities.services.outlines import check_place
from communities.services.rules import (
    CompoundFacts,
    check_not_before_compound,
    check_registered_from,
)
from enterprises.models import Enterprise
from redprop.areas.models import Subdistrict
from redprop.common.errors import Refused
from redprop.core.admin.base import (
    DatedFormSet,
    DatedInline,
    ReadOnly,
    RegisterAdmin,
    RegisterForm,
    RegisterInline,
    today_of,
)
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import DayFilter, RowFilter


class AliasField(SimpleArrayField):
    """Other names, separated by 、 or a comma."""

    def prepare_value(self, value: Any) -> Any:
        return "、".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace("、", ",").replace("，", ",")
        return [part for part in super().to_python(value) if part]


class CompoundForm(RegisterForm):
    """A compound; other names in one line."""

    class Meta:
        model = Compound
        fields = "__all__"
        field_classes = {"aliases": AliasField}


class KindFormSet(DatedFormSet):
    """Kinds of one compound."""

    def check_row(self, row: Any, form: Any) -> None:
        check_not_before_compound(self.instance, row.valid_from, what=row._meta.verbose_name)


class ClassFormSet(DatedFormSet):
    """Classes of one compound."""

    def check_row(self, row: Any, form: Any) -> None:
        facts = CompoundFacts.load([self.instance.pk] if self.instance.pk else [])
        facts.check_class(self.instance, row.valid_from)


class PlacementFormSet(DatedFormSet):
    """Communities of one compound."""

    def check_row(self, row: Any, form: Any) -> None:
        check_not_before_compound(self.instance, row.valid_from, what=row._meta.verbose_name)
        if row.community.district_id != self.instance.district_id:
            raise Refused(_("The community belongs to another district."), field="community")


class KindInline(DatedInline):
    """Professional service or old compound, by date."""

    model = CompoundKind
    formset = KindFormSet
    fields = ["kind", "valid_from", "valid_to"]
    verbose_name_plural = _("kind by date")


class ClassInline(DatedInline):
    """The class of an old compound, by date."""

    model = CompoundClass
    formset = ClassFormSet
    fields = ["compound_class", "document", "valid_from", "valid_to"]
    verbose_name_plural = _("class by date (old compounds)")


class PlacementInline(DatedInline):
    """The community, by date."""

    model = CompoundPlacement
    formset = PlacementFormSet
    fields = ["community", "valid_from", "valid_to"]
    autocomplete_fields = ["community"]
    verbose_name_plural = _("community by date")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("community")


class ServedInline(ReadOnly, RegisterInline):
    """Under which contracts the compound was and is, to read."""

    model = ServiceAssignment
    fields = ["contract", "enterprise", "valid_from", "valid_to"]
    readonly_fields = ["enterprise"]
    verbose_name_plural = _("contracts by date")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return (
            super()
            .get_queryset(request)
            .select_related("contract__project__enterprise")
            .order_by("-valid_from")
        )

    @admin.display(description=_("enterprise"))
    def enterprise(self, assignment: Any) -> str:
        return str(assignment.contract.project.enterprise)


def assigned(day: Any) -> Exists:
    """Condition: some contract covers the compound on `day`."""
    return Exists(ServiceAssignment.objects.on(day).filter(compound=OuterRef("pk")))


class SubdistrictFilter(RowFilter):
    """By the subdistrict of the community that the compound belongs to today."""

    title = _("subdistrict")
    parameter_name = "subdistrict"
    model = Subdistrict

    def narrow(self, request: HttpRequest, queryset: QuerySet, pk: int) -> QuerySet:
        placed = CompoundPlacement.objects.on(today_of(request)).filter(community__subdistrict=pk)
        return queryset.filter(pk__in=placed.values("compound"))


class EnterpriseFilter(RowFilter):
    """By the enterprise that serves the compound today."""

    title = _("enterprise")
    parameter_name = "enterprise"
    model = Enterprise

    def narrow(self, request: HttpRequest, queryset: QuerySet, pk: int) -> QuerySet:
        served = ServiceAssignment.objects.on(today_of(request)).filter(contract__project__enterprise=pk)
        return queryset.filter(pk__in=served.values("compound"))


class KindFilter(DayFilter):
    """By today's kind."""

    title = _("kind")
    parameter_name = "kind"
    conditions = [
        (value, label, lambda rows, day, value=value: rows.of_kind(value, day))
        for value, label in CompoundKind.Kind.choices
    ]


class ClassFilter(DayFilter):
    """By today's class."""

    title = _("class")
    parameter_name = "class"
    conditions = [
        (
            str(value),
            label,
            lambda rows, day, value=value: rows.filter(
                Exists(CompoundClass.objects.on(day).filter(compound=OuterRef("pk"), compound_class=value))
            ),
        )
        for value, label in CompoundClass.Class.choices
    ] + [
        (
            "none",
            _("old, without a class"),
            lambda rows, day: rows.of_kind(CompoundKind.Kind.OLD, day).filter(
                ~Exists(CompoundClass.objects.on(day).filter(compound=OuterRef("pk")))
            ),
        )
    ]


class ToDoFilter(DayFilter):
    """What needs somebody's attention."""

    title = _("to do")
    parameter_name = "todo"
    conditions = [
        ("unplaced", _("to be placed in a community"), lambda rows, day: rows.unplaced(day)),
        (
            "no-contract",
            _("without a contract"),
            lambda rows, day: rows.registered_on(day).filter(~assigned(day)),
        ),
        ("no-place", _("without a place on the map"), lambda rows, day: rows.filter(datum="")),
        (
            "no-households",
            _("without the number of households"),
            lambda rows, day: rows.filter(households=None),
        ),
    ]


@admin.register(Compound)
class CompoundAdmin(DissolvedPages, MergePages, ImportExportMixin, RegisterAdmin):
    """Residential compounds: the programme's main register."""

    exchanged = ("compounds", "compound-classes")
    list_before_template = "admin/communities/compounds_links.html"
    form = CompoundForm
    list_display = ["name", "code", "kind_now", "class_now", "community_now", "served_by", "households"]
    list_filter = [SubdistrictFilter, KindFilter, ClassFilter, EnterpriseFilter, ToDoFilter]
    search_fields = ["name", "pinyin", "code", "address"]
    inlines = [KindInline, ClassInline, PlacementInline, ServedInline]
    readonly_fields = ["former_codes"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "district",
                    "code",
                    "name",
                    "aliases",
                    "former_codes",
                    "registered_from",
                    "retired_on",
                ]
            },
        ),
        (_("Size"), {"fields": [("households", "residents"), ("buildings", "floor_area"), "year_built"]}),
        (_("Place"), {"fields": ["address", ("longitude", "latitude"), "datum"]}),
        (
            _("Condition survey"),
            {
                "fields": [
                    ("building_condition", "road_condition"),
                    ("wiring_condition", "greening_condition"),
                    "surveyed_on",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        day = today_of(request)
        serving = (
            ServiceAssignment.objects.on(day)
            .filter(compound=OuterRef("pk"))
            .values("contract__project__enterprise__name")[:1]
        )
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                Prefetch("kinds", CompoundKind.objects.on(day), to_attr="kinds_now"),
                Prefetch("classes", CompoundClass.objects.on(day), to_attr="classes_now"),
                Prefetch(
                    "placements",
                    CompoundPlacement.objects.on(day).select_related("community__subdistrict"),
                    to_attr="placements_now",
                ),
            )
            .annotate(serving=Subquery(serving))
        )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "aliases":
            kwargs["widget"] = UnfoldAdminTextInputWidget()
            kwargs["help_text"] = _("Separate several names with 、")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("merged from"))
    def former_codes(self, compound: Any) -> str:
        if not compound.pk:
            return "—"
        return "、".join(f"{one.code} {one.name}" for one in compound.merged_from.order_by("code")) or "—"

    @admin.display(description=_("kind"))
    def kind_now(self, compound: Any) -> str:
        return compound.kinds_now[0].get_kind_display() if compound.kinds_now else "—"

    @admin.display(description=_("class"))
    def class_now(self, compound: Any) -> str:
        return compound.classes_now[0].get_compound_class_display() if compound.classes_now else "—"

    @admin.display(description=_("community"))
    def community_now(self, compound: Any) -> str:
        if not compound.placements_now:
            return str(_("to be placed"))
        community = compound.placements_now[0].community
        return f"{community.subdistrict.name} {community.name}"

    @admin.display(description=_("served by"), ordering="serving")
    def served_by(self, compound: Any) -> str:
        return compound.serving or "—"

    def check_register(self, row: Compound) -> None:
        check_registered_from(row)
        check_place(row)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_compound(compound=obj, acting_user=request.user)
