"""Keeping and removing a user's own filters of lists. The links stand above each list."""

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from redprop.common.errors import Refused
from redprop.core.admin.base import ReadOnly
from redprop.core.models import SavedFilter
from redprop.core.services.saved_filters import drop_filter, keep_filter


@admin.register(SavedFilter)
class SavedFilterAdmin(ReadOnly, ModelAdmin):
    """No list of its own: two addresses that the lists post to."""

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_urls(self) -> list:
        return [
            path("keep/", self.admin_site.admin_view(require_POST(self.keep)), name="core_savedfilter_keep"),
            path(
                "<int:pk>/drop/",
                self.admin_site.admin_view(require_POST(self.drop)),
                name="core_savedfilter_drop",
            ),
            *super().get_urls(),
        ]

    def keep(self, request: HttpRequest) -> HttpResponse:
        """Keep the posted filter and return to its list."""
        page = request.POST.get("page", "")
        back = self._list_of(page)
        try:
            kept = keep_filter(
                user=request.user,
                page=page,
                name=request.POST.get("name", ""),
                query=request.POST.get("query", ""),
            )
            messages.success(request, _("The filter “%(name)s” is kept.") % {"name": kept.name})
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(f"{back}?{request.POST.get('query', '')}")

    def drop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Remove one of the user's filters; somebody else's does not exist."""
        kept = SavedFilter.objects.for_user(request.user).filter(pk=pk).first()
        if kept is None:
            raise Http404
        drop_filter(saved_filter=kept)
        return HttpResponseRedirect(self._list_of(kept.page))

    def _list_of(self, page: str) -> str:
        for model in self.admin_site._registry:
            if model._meta.label_lower == page:
                return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        raise Http404
