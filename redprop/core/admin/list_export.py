"""The download of a list, on every page of the admin: its rows as filtered, found and sorted.

Comma-separated files are streamed; workbooks of any size are made in the request.
"""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse

from redprop.common.errors import Refused
from redprop.common.tabular import writing
from redprop.common.tabular.declare import Register
from redprop.core.downloads import send
from redprop.core.services.listings import open_listing


class ListExportPages:
    """Adds the export to a page of the admin; every `RegisterAdmin` has it."""

    exported_besides: tuple[str, ...] = ()
    """Fields that an export shows beside the list's columns."""

    def exported_registers(self) -> list[Register]:
        """The registers whose own columns can be exported here, beside the list as shown."""
        return []

    def get_urls(self) -> list[Any]:
        """The export in front of the usual addresses."""
        meta = self.model._meta  # type: ignore[attr-defined]
        view = self.admin_site.admin_view(self.export_view)  # type: ignore[attr-defined]
        name = f"{meta.app_label}_{meta.model_name}_export"
        own = path("export/<slug:register>.<slug:ending>", view, name=name)
        return [own, *super().get_urls()]  # type: ignore[misc]

    def export_view(self, request: HttpRequest, register: str, ending: str) -> HttpResponse:
        """Download the list; of the page's own rows only those that it shows."""
        if ending not in writing.ENDINGS:
            raise Http404
        meta = self.model._meta  # type: ignore[attr-defined]
        try:
            listing = open_listing(
                user=request.user,  # type: ignore[arg-type]
                page=f"admin:{meta.label_lower}",
                register=register,
                query=request.GET.urlencode(),
            )
        except Refused as refused:
            if refused.code == "no-list":
                raise Http404 from refused
            messages.error(request, str(refused))
            return HttpResponseRedirect(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"))
        return send(request, listing, ending)
