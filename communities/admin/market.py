"""The way of old compounds to the market: fees, what is collected, diverted income, and hand-overs with inspection."""

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from communities.models import FeeCollection, HandOver, HandOverState, IncomeDiversion, ResidentFee
from communities.services import market
from redprop.areas.models import Subdistrict
from redprop.common.errors import Refused
from redprop.core.admin.base import RegisterAdmin, today_of
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import InForce, choice_filter, row_filter

PLACE = "compound__placements__community__subdistrict"
SEARCH = ["compound__name", "compound__pinyin", "compound__code"]


class OfCompoundAdmin(ImportExportMixin, RegisterAdmin):
    """A register of facts of compounds."""

    has_district = False
    list_select_related = ["compound"]
    search_fields = SEARCH
    autocomplete_fields = ["compound"]
    list_before_template = "admin/communities/market_links.html"


@admin.register(ResidentFee)
class ResidentFeeAdmin(OfCompoundAdmin):
    """What residents agreed to pay and what is charged, by day."""

    list_display = ["compound", "agreed_fee", "charged_fee", "document", "valid_from", "valid_to"]
    list_filter = [row_filter(Subdistrict, PLACE, _("subdistrict"), "subdistrict"), InForce]
    fields = ["compound", ("agreed_fee", "charged_fee"), "document", ("valid_from", "valid_to")]


@admin.register(FeeCollection)
class FeeCollectionAdmin(OfCompoundAdmin):
    """Fees due and collected by quarter, and other income."""

    list_display = ["compound", "quarter_name", "due", "collected", "share", "other_income"]
    list_filter = [
        row_filter(Subdistrict, PLACE, _("subdistrict"), "subdistrict"),
        ("quarter", RangeDateFilter),
    ]
    fields = ["compound", "quarter", ("due", "collected"), "other_income"]

    @admin.display(description=_("quarter"), ordering="quarter")
    def quarter_name(self, row: FeeCollection) -> str:
        return str(row.period)

    @admin.display(description=_("collection rate"))
    def share(self, row: FeeCollection) -> str:
        return "–" if row.rate is None else f"{row.rate * 100:.1f} %"


@admin.register(IncomeDiversion)
class IncomeDiversionAdmin(OfCompoundAdmin):
    """Diverted income, taken off the subsidy month by month."""

    list_display = ["compound", "found_on", "amount", "deduct_from", "deduct_months", "document"]
    list_filter = [
        row_filter(Subdistrict, PLACE, _("subdistrict"), "subdistrict"),
        ("found_on", RangeDateFilter),
    ]
    fields = ["compound", ("found_on", "amount"), ("deduct_from", "deduct_months"), "document", "reason"]


@admin.register(HandOver)
class HandOverAdmin(RegisterAdmin):
    """Compounds on their way from trusteeship to a market enterprise."""

    list_display = ["compound", "contract", "planned_for", "state", "inspected_on", "handed_over_on"]
    list_select_related = ["compound", "contract"]
    list_filter = [
        choice_filter("state", _("state"), HandOverState.choices),
        row_filter(Subdistrict, PLACE, _("subdistrict"), "subdistrict"),
        ("planned_for", RangeDateFilter),
    ]
    search_fields = [*SEARCH, "contract__number", "document"]
    autocomplete_fields = ["compound", "contract"]
    fields = ["district", "compound", "contract", ("planned_for", "document"), "note"]
    list_before_template = "admin/communities/market_links.html"
    change_form_outer_before_template = "admin/communities/hand_over.html"

    def check_register(self, row: HandOver) -> None:
        if row._state.adding:
            market.check_hand_over(row)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A hand-over moves by its steps alone."""
        return obj is None and super().has_change_permission(request, obj)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        market.plan_hand_over(hand_over=obj, acting_user=request.user)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is not None:
            extra_context = {
                **(extra_context or {}),
                "row": row,
                "items": list(row.items.order_by("number")),
                "today": today_of(request),
                "is_open": row.state in ("planned", "to_mend", "inspected"),
                "may_step": request.user.has_perm("communities.change_handover"),
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.step_view)
        return [
            path("<int:pk>/step/<slug:name>/", view, name="communities_handover_step"),
            *super().get_urls(),
        ]

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Record the inspection, the hand-over or its end."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None or name not in ("inspect", "finish", "cancel"):
            raise Http404
        if request.method != "POST" or not request.user.has_perm("communities.change_handover"):
            raise PermissionDenied
        try:
            self._step(request, row, name)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, gettext("%(row)s: done.") % {"row": row})
        return HttpResponseRedirect(reverse("admin:communities_handover_change", args=[pk]))

    def _step(self, request: HttpRequest, row: HandOver, name: str) -> None:
        if name == "cancel":
            market.cancel_hand_over(
                hand_over=row, reason=request.POST.get("reason", ""), acting_user=request.user
            )
            return
        day = _day(request.POST.get("day", ""))
        if name == "finish":
            market.finish_hand_over(hand_over=row, handed_over_on=day, acting_user=request.user)
            return
        findings = {}
        for item in row.items.all():
            said = request.POST.get(f"item-{item.pk}")
            if said in ("yes", "no"):
                findings[item.pk] = market.Finding(said == "yes", request.POST.get(f"note-{item.pk}", ""))
        market.inspect_hand_over(hand_over=row, inspected_on=day, findings=findings, acting_user=request.user)


def _day(text: str) -> dt.date:
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise Refused(gettext("“%(text)s” is no date. Write it as 2026-10-20.") % {"text": text[:20]})
    return found
