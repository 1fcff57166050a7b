"""Admin pages of subsidy rules and entitlements: rules in draft are written, what is owed is only read."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from evaluations.admin.money_reports import ReportPages
from evaluations.models import Entitlement, FactorBand, SubsidyRate, SubsidyRequirement, SubsidyRule
from evaluations.services.outlooks import rule_outlook
from evaluations.services.rules import adopt_rule
from evaluations.subsidies.words import explain, plain
from redprop.areas.models import Subdistrict
from redprop.common.errors import Refused
from redprop.common.money import format_yuan
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterForm, RegisterInline
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter, row_filter


class DraftOnly:
    """Parts of a rule can be written while it is a draft."""

    plain_fields: dict[str, str] = {}

    def _is_draft(self, obj: Any) -> bool:
        return obj is None or obj.adopted_on is None

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Frozen numbers are shown without needless zeros."""
        fields = super().get_fields(request, obj)  # type: ignore[misc]
        return fields if self._is_draft(obj) else [self.plain_fields.get(name, name) for name in fields]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_draft(obj) and super().has_add_permission(request, obj)  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_draft(obj) and super().has_change_permission(request, obj)  # type: ignore[misc]


class RateInline(DraftOnly, RegisterInline):
    """Rates by class of compound, degree or list."""

    model = SubsidyRate
    fields = ["compound_class", "category", "basis", "rate", "pay_floor"]
    plain_fields = {"rate": "plain_rate"}
    readonly_fields = ["plain_rate"]

    @admin.display(description=_("rate (yuan)"))
    def plain_rate(self, row: SubsidyRate) -> str:
        return plain(row.rate)


class BandInline(DraftOnly, RegisterInline):
    """Bands of the assessment factor."""

    model = FactorBand
    fields = ["score_from", "factor"]
    plain_fields = {"score_from": "plain_score", "factor": "plain_factor"}
    readonly_fields = ["plain_score", "plain_factor"]

    @admin.display(description=_("from score"))
    def plain_score(self, row: FactorBand) -> str:
        return plain(row.score_from)

    @admin.display(description=_("factor"))
    def plain_factor(self, row: FactorBand) -> str:
        return plain(row.factor)


class RequirementInline(DraftOnly, RegisterInline):
    """Evidence and months that a person's subsidy needs."""

    model = SubsidyRequirement
    fields = ["kind", "at_least"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A requirement of a draft can be taken back."""
        return self._is_draft(obj) and request.user.has_perm("evaluations.delete_subsidyrequirement")


class SubsidyRuleForm(RegisterForm):
    """A rule, whose constraints are checked with the day of its adoption."""

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"adopted_on"}


@admin.register(SubsidyRule)
class SubsidyRuleAdmin(ImportExportMixin, RegisterAdmin):
    """Versions of the rules; an adopted one is only read."""

    form = SubsidyRuleForm

    list_display = [
        "title",
        "version",
        "benefit",
        "document",
        "fund",
        "valid_from",
        "valid_to",
        "status",
        "is_sample",
    ]
    list_select_related = ["fund"]
    list_filter = [choice_filter("benefit", _("benefit"), SubsidyRule.Benefit.choices)]
    search_fields = ["title", "document"]
    inlines = [RateInline, BandInline, RequirementInline]
    fieldsets = [
        (None, {"fields": ["district", "benefit", ("title", "version"), "document", ("fund", "payee")]}),
        (_("Dates"), {"fields": [("valid_from", "valid_to"), "reference_month"]}),
        (
            _("Decline and end"),
            {
                "fields": [
                    ("yearly_decline", "decline_floor"),
                    ("decline_from", "decline_since"),
                    ("max_months", "ends_at_collection"),
                    "deducts_diverted",
                ]
            },
        ),
    ]
    change_form_before_template = "admin/evaluations/rule_state.html"

    @admin.display(description=_("status"))
    def status(self, rule: SubsidyRule) -> str:
        return str(_("adopted on %(day)s") % {"day": rule.adopted_on} if rule.adopted_on else _("draft"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.adopted_on is None) and super().has_change_permission(request, obj)

    def get_urls(self) -> list:
        page = path(
            "<int:pk>/adopt/",
            self.admin_site.admin_view(self.adopt),
            name="evaluations_subsidyrule_adopt",
        )
        return [page, *super().get_urls()]

    def adopt(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what the rule would pay in its first year, then adopt it."""
        if not request.user.has_perm("evaluations.change_subsidyrule"):
            raise PermissionDenied
        rule = self.get_queryset(request).filter(pk=pk).first()
        if rule is None:
            raise Http404
        back = reverse("admin:evaluations_subsidyrule_change", args=[pk])
        try:
            if request.method == "POST":
                adopt_rule(rule=rule, acting_user=request.user)
                messages.success(request, _("%(rule)s is adopted.") % {"rule": rule})
                return HttpResponseRedirect(back)
            outlook = rule_outlook(rule=rule)
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(back)
        return TemplateResponse(
            request,
            "admin/evaluations/adopt_rule.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Adopt %(rule)s") % {"rule": rule},
                "rule": rule,
                "outlook": outlook,
            },
        )


@admin.register(Entitlement)
class EntitlementAdmin(ReportPages, ReadOnly, RegisterAdmin):
    """What is owed, line by line with its explanation."""

    list_before_template = "admin/evaluations/report_links.html"
    list_display = ["unit", "benefit", "subject", "enterprise", "subdistrict", "amount_yuan", "status"]
    list_select_related = ["compound", "person", "project", "enterprise", "subdistrict"]
    list_filter = [
        choice_filter("benefit", _("benefit"), SubsidyRule.Benefit.choices),
        row_filter(Subdistrict, "subdistrict", _("subdistrict")),
        ("counted_on", RangeDateFilter),
    ]
    search_fields = [
        "unit",
        "compound__name",
        "compound__pinyin",
        "person__name",
        "person__pinyin",
        "enterprise__name",
        "enterprise__pinyin",
    ]
    fieldsets = [
        (None, {"fields": ["benefit", "unit", "subject", "enterprise", "amount_yuan", "explanation"]}),
        (
            _("Inputs"),
            {
                "fields": [
                    "rule",
                    "counted_on",
                    "basis",
                    "quantity",
                    "rate",
                    "share",
                    "score",
                    "factor",
                    "deducted",
                ]
            },
        ),
        (_("Corrections"), {"fields": ["adjusts", "adjustment_number", "voided_at", "void_reason"]}),
    ]
    readonly_fields = ["subject", "amount_yuan", "explanation"]

    @admin.display(description=_("subject"))
    def subject(self, row: Entitlement) -> str:
        return str(row.compound or row.person or row.project)

    @admin.display(description=_("amount (yuan)"), ordering="amount")
    def amount_yuan(self, row: Entitlement) -> str:
        return format_yuan(row.amount)

    @admin.display(description=_("status"))
    def status(self, row: Entitlement) -> str:
        if row.voided_at:
            return str(_("voided"))
        return str(_("adjustment") if row.adjusts_id else _("due"))

    @admin.display(description=_("how it was calculated"))
    def explanation(self, row: Entitlement) -> str:
        return format_html_join("", "<p>{}</p>", ((sentence,) for sentence in explain(row)))
