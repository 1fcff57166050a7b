"""Merges that were written, with the way to take one back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter

from communities.models import CompoundMerge
from communities.services.merges import look_at_undo, may_merge, undo_merge
from redprop.common.errors import Refused
from redprop.core.admin.base import ReadOnly, RegisterAdmin


@admin.register(CompoundMerge)
class CompoundMergeAdmin(ReadOnly, RegisterAdmin):
    """Which compounds were merged, by whom and why; the newest first."""

    has_district = False
    list_display = ["gone_compound", "kept_compound", "merged_on", "recorded_by", "reason", "state"]
    list_filter = [("merged_on", RangeDateFilter)]
    search_fields = ["gone__code", "gone__name", "kept__code", "kept__name", "reason"]
    fields = ["gone_compound", "kept_compound", "merged_on", "recorded_by", "recorded_at", "reason", "state"]
    readonly_fields = fields
    list_before_template = "admin/communities/merges_links.html"

    def get_urls(self) -> list[Any]:
        """The page of taking back in front of the usual addresses."""
        wrap = self.admin_site.admin_view
        own = path("<int:pk>/undo/", wrap(self.undo_view), name="communities_compoundmerge_undo")
        return [own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("kept", "gone")

    @admin.display(description=gettext_lazy("given up"), ordering="gone__code")
    def gone_compound(self, merge: CompoundMerge) -> str:
        return f"{merge.gone.code} {merge.gone.name}"

    @admin.display(description=gettext_lazy("kept"), ordering="kept__code")
    def kept_compound(self, merge: CompoundMerge) -> str:
        return f"{merge.kept.code} {merge.kept.name}"

    @admin.display(description=gettext_lazy("state"), ordering="undone_at")
    def state(self, merge: CompoundMerge) -> str:
        if merge.undone_at:
            return _("taken back on %(day)s") % {"day": f"{merge.undone_at:%Y-%m-%d}"}
        address = reverse("admin:communities_compoundmerge_undo", args=[merge.pk])
        return format_html('<a class="exchange-link" href="{}">{}</a>', address, _("take back"))

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what taking back does, or why it cannot be done; a POST does it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        merge = self.get_queryset(request).select_related("kept__merged_into").filter(pk=pk).first()
        if merge is None:
            raise Http404
        user: Any = request.user
        if request.method == "POST":
            if not may_merge(user):
                raise PermissionDenied
            try:
                undo_merge(merge=merge, reason=request.POST.get("reason", ""), acting_user=user)
                messages.success(
                    request, _("%(gone)s is in the register again.") % {"gone": self.gone_compound(merge)}
                )
            except Refused as refused:
                messages.error(request, str(refused))
            return HttpResponseRedirect(reverse("admin:communities_compoundmerge_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Take back a merge"),
            "merge": merge,
            "reasons": look_at_undo(merge),
            "rows": len(merge.moved.get("changes", [])),
            "may": may_merge(user),
            "merges_url": reverse("admin:communities_compoundmerge_changelist"),
        }
        return TemplateResponse(request, "admin/communities/merge_undo.html", context)
