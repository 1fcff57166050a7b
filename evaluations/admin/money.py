"""Admin pages of funds: ceilings are written, movements are only read."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from evaluations.models import (
    Fund,
    FundMovement,
    FundYear,
)
from redprop.common.money import format_yuan
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterInline
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter


class FundYearForm(forms.ModelForm):
    """A ceiling that is not lower than what is committed already."""

    def clean_ceiling(self) -> Decimal:
        ceiling = self.cleaned_data["ceiling"]
        if self.instance.pk and ceiling < self.instance.committed:
            raise forms.ValidationError(
                _("%(committed)s are committed already. The ceiling cannot be lower than that.")
                % {"committed": format_yuan(self.instance.committed)}
            )
        return ceiling


class FundYearInline(RegisterInline):
    """Ceilings by year; committed and paid follow the approvals."""

    model = FundYear
    form = FundYearForm
    fields = ["year", "ceiling", "committed_yuan", "paid_yuan", "free_yuan", "document"]
    readonly_fields = ["committed_yuan", "paid_yuan", "free_yuan"]

    @admin.display(description=_("committed (yuan)"))
    def committed_yuan(self, year: FundYear) -> str:
        return format_yuan(year.committed)

    @admin.display(description=_("paid (yuan)"))
    def paid_yuan(self, year: FundYear) -> str:
        return format_yuan(year.paid)

    @admin.display(description=_("free (yuan)"))
    def free_yuan(self, year: FundYear) -> str:
        return format_yuan(year.free) if year.pk else "–"


@admin.register(Fund)
class FundAdmin(ImportExportMixin, RegisterAdmin):
    """Funds with their yearly ceilings."""

    list_display = ["code", "name", "notice_days", "document"]
    search_fields = ["code", "name", "document"]
    fields = ["district", "code", "name", "document", "notice_days", ("sample_share", "sample_minimum")]
    inlines = [FundYearInline]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Write only what the form shows: what is committed may have moved since the page was read."""
        for year in formset.save(commit=False):
            if year._state.adding:
                year.recorded_by = request.user.username
                year.save()
            else:
                year.save(update_fields=["year", "ceiling", "document"])
        formset.save_m2m()


@admin.register(FundMovement)
class FundMovementAdmin(ReadOnly, RegisterAdmin):
    """Every commitment and payment of a fund."""

    has_district = False
    list_display = ["at", "fund_year", "kind", "amount_yuan", "batch", "recorded_by"]
    list_select_related = ["fund_year__fund", "batch"]
    list_filter = [choice_filter("kind", _("kind"), FundMovement.Kind.choices), ("at", RangeDateFilter)]
    search_fields = ["batch__number"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return FundMovement.objects.filter(fund_year__in=FundYear.objects.for_user(request.user))

    @admin.display(description=_("amount (yuan)"), ordering="amount")
    def amount_yuan(self, movement: FundMovement) -> str:
        return format_yuan(movement.amount)
