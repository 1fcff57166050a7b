"""Service contracts with the compounds under them, and market rounds."""

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from communities.models import MarketRound, ServiceAssignment, ServiceContract
from communities.services.contracts import check_market_round, save_contract
from communities.services.rules import AssignmentRules, check_contract
from enterprises.models import Enterprise
from redprop.areas.models import Subdistrict
from redprop.common.errors import Refused
from redprop.core.admin.base import DatedFormSet, DatedInline, RegisterAdmin, number_of
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import DayFilter, choice_filter, row_filter

SOON = dt.timedelta(days=60)
AREA = "assignments__compound__placements__community__subdistrict"


class AssignmentFormSet(DatedFormSet):
    """Compounds under one contract: a blank last day means until the contract ends."""

    apart_by = ("compound_id",)
    ends_open_rows = False

    def clean(self) -> None:
        for form in self.forms:
            if form.is_valid() and (form.has_changed() or form.instance.pk) and not form.instance.valid_to:
                form.instance.valid_to = self.instance.valid_to
        self.rules: AssignmentRules | None = None
        super().clean()

    def check_row(self, row: Any, form: Any) -> None:
        if self.rules is None:
            self.rules = AssignmentRules.load(
                {f.instance.compound_id for f in self.forms if f.instance.compound_id}
            )
        self.rules.check(
            contract=self.instance,
            compound=row.compound,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            ignore=row.pk,
            ignore_contract=self.instance.pk is not None,
        )


class AssignmentInline(DatedInline):
    """The compounds under the contract."""

    model = ServiceAssignment
    formset = AssignmentFormSet
    fields = ["compound", "valid_from", "valid_to"]
    autocomplete_fields = ["compound"]
    verbose_name_plural = _("compounds under this contract")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("compound")


class ContractEnd(DayFilter):
    """Which contracts need to be renewed."""

    title = _("end of the contract")
    parameter_name = "end"
    conditions = [
        (
            "soon",
            _("ends within 60 days"),
            lambda rows, day: rows.filter(valid_to__gte=day, valid_to__lte=day + SOON),
        ),
        ("now", _("in force today"), lambda rows, day: rows.filter(pk__in=_in_force(day))),
        ("over", _("has ended"), lambda rows, day: rows.filter(valid_to__lt=day)),
    ]


def _in_force(day: dt.date) -> QuerySet:
    return ServiceContract.objects.filter(valid_from__lte=day).exclude(valid_to__lt=day).values("pk")


@admin.register(ServiceContract)
class ServiceContractAdmin(ImportExportMixin, RegisterAdmin):
    """Contracts: with owners, with a community, or a trusteeship."""

    exchanged = ("contracts", "assignments")
    list_display = ["number", "project", "enterprise", "kind", "compounds", "valid_from", "valid_to"]
    list_select_related = ["project__enterprise"]
    list_filter = [
        ContractEnd,
        choice_filter("kind", _("kind"), ServiceContract.Kind.choices),
        row_filter(Enterprise, "project__enterprise", _("enterprise"), "enterprise"),
        row_filter(Subdistrict, AREA, _("subdistrict"), "subdistrict"),
        ("valid_to", RangeDateFilter),
    ]
    search_fields = ["number", "project__name", "project__pinyin", "project__enterprise__pinyin"]
    autocomplete_fields = ["project"]
    inlines = [AssignmentInline]
    fieldsets = [
        (None, {"fields": ["district", "number", "project", "kind"]}),
        (_("Dates"), {"fields": ["signed_on", ("valid_from", "valid_to")]}),
        (_("Content"), {"fields": ["scope", "monthly_fee"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(covered=number_of(ServiceAssignment, "contract"))

    @admin.display(description=_("enterprise"), ordering="project__enterprise__pinyin")
    def enterprise(self, contract: Any) -> str:
        return str(contract.project.enterprise)

    @admin.display(description=_("number of compounds"), ordering="covered")
    def compounds(self, contract: Any) -> int:
        return contract.covered

    def check_register(self, row: ServiceContract) -> None:
        check_contract(row)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_contract(contract=obj, acting_user=request.user)


@admin.register(MarketRound)
class MarketRoundAdmin(ImportExportMixin, RegisterAdmin):
    """Old compounds offered to the market (市场优先、公益托底)."""

    list_display = ["compound", "opened_on", "closed_on", "outcome", "taker", "document"]
    list_select_related = ["compound", "taker"]
    list_filter = [
        choice_filter("outcome", _("outcome"), MarketRound.Outcome.choices),
        row_filter(
            Subdistrict, "compound__placements__community__subdistrict", _("subdistrict"), "subdistrict"
        ),
        ("opened_on", RangeDateFilter),
    ]
    search_fields = ["compound__name", "compound__pinyin", "compound__code", "document"]
    autocomplete_fields = ["compound", "taker"]
    fields = ["district", "compound", "document", ("opened_on", "closed_on"), "outcome", "taker"]

    def check_register(self, row: MarketRound) -> None:
        if row.compound.district_id != row.district_id:
            raise Refused(_("The compound belongs to another district."), field="compound")
        check_market_round(row)
