"""Months in post as the enterprises confirm them, and evidence of hires, which the finance maker decides on."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from enterprises.models import Enterprise, HireEvidence, InPostMonth
from enterprises.services.in_post import decide_evidence
from redprop.common.errors import Refused
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter, row_filter

PERSON = ["person__name", "person__pinyin", "person__code"]


@admin.register(InPostMonth)
class InPostMonthAdmin(ImportExportMixin, RegisterAdmin):
    """Who was in post on the 15th of each month."""

    has_district = False
    list_display = ["person", "enterprise", "month_name", "in_post", "left_on", "pay", "note"]
    list_select_related = ["person", "enterprise"]
    list_filter = [
        row_filter(Enterprise, "enterprise", _("enterprise")),
        "in_post",
        ("month", RangeDateFilter),
    ]
    search_fields = PERSON
    autocomplete_fields = ["person", "enterprise"]
    fields = ["person", "enterprise", "month", ("in_post", "left_on"), "pay", "note"]

    @admin.display(description=_("month"), ordering="month")
    def month_name(self, row: InPostMonth) -> str:
        return f"{row.month:%Y-%m}"


@admin.register(HireEvidence)
class HireEvidenceAdmin(ReadOnly, RegisterAdmin):
    """Contracts, insured months and diplomas: what waits comes first."""

    has_district = False
    list_display = ["person", "enterprise", "kind", "valid_from", "valid_to", "back_paid", "state", "reason"]
    list_select_related = ["person", "enterprise"]
    list_filter = [
        choice_filter("state", _("state"), HireEvidence.State.choices),
        choice_filter("kind", _("evidence"), HireEvidence.Kind.choices),
        row_filter(Enterprise, "enterprise", _("enterprise")),
    ]
    search_fields = [*PERSON, "enterprise__name", "enterprise__pinyin"]
    ordering = ["-state", "enterprise", "person", "kind"]
    fields = [
        "person",
        "enterprise",
        "kind",
        "valid_from",
        "valid_to",
        "back_paid",
        "note",
        "state",
        "reason",
    ]
    change_form_outer_before_template = "admin/enterprises/evidence.html"

    def get_urls(self) -> list:
        def page(route: str, view: Any, name: str) -> Any:
            return path(route, self.admin_site.admin_view(view), name=f"enterprises_hireevidence_{name}")

        return [
            page("<int:pk>/decide/", self.decide_view, "decide"),
            page("<int:pk>/file/", self.file_view, "file"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        waits = row is not None and row.state == HireEvidence.State.SUBMITTED
        may = waits and request.user.has_perm("enterprises.decide_hireevidence")
        extra_context = {**(extra_context or {}), "row": row, "may_decide": may}
        return super().change_view(request, object_id, form_url, extra_context)

    def _row(self, request: HttpRequest, pk: int) -> HireEvidence:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).select_related("attachment").filter(pk=pk).first()
        if row is None:
            raise Http404
        return row

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Accept or refuse; the next one that waits is shown then."""
        row = self._row(request, pk)
        if request.method != "POST" or not request.user.has_perm("enterprises.decide_hireevidence"):
            raise PermissionDenied
        back = reverse("admin:enterprises_hireevidence_change", args=[pk])
        try:
            decide_evidence(
                evidence=row,
                accept="accept" in request.POST,
                reason=request.POST.get("reason", ""),
                acting_user=request.user,
            )
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(back)
        messages.success(request, gettext("%(row)s: done.") % {"row": row})
        following = self.get_queryset(request).filter(state=HireEvidence.State.SUBMITTED).first()
        if following is not None:
            back = reverse("admin:enterprises_hireevidence_change", args=[following.pk])
        return HttpResponseRedirect(back)

    def file_view(self, request: HttpRequest, pk: int) -> Any:
        """The scan, a picture or PDF that we wrote ourselves."""
        row = self._row(request, pk)
        if row.attachment is None:
            raise Http404
        return FileResponse(row.attachment.file.open("rb"), content_type=row.attachment.content_type)
