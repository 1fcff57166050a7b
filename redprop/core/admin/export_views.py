"""Downloads on a register's page: the list with its filters, and the empty template."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from redprop.common.tabular import writing
from redprop.core.admin.base import districts_of
from redprop.core.admin.exchange_base import ExchangePage, download


class ExportPages(ExchangePage):
    """The downloads."""

    def exchange_urls(self, name: str, wrap: Any) -> list[Any]:
        """Return the addresses of template and export."""
        return [
            path("template/<slug:register>.xlsx", wrap(self.template_view), name=f"{name}_template"),
            path("export/<slug:register>.<slug:ending>", wrap(self.export_view), name=f"{name}_export"),
            *super().exchange_urls(name, wrap),
        ]

    def export_view(self, request: HttpRequest, register: str, ending: str) -> HttpResponse:
        """Download the register; of the page's own register only the rows that the list shows."""
        declared = self._register(request, register, to_import=False)
        if ending not in ("xlsx", "csv"):
            raise Http404
        districts = districts_of(request)
        context = self._context(request, districts[0])
        rows = declared.rows(context)
        if declared.model is self.model:  # type: ignore[attr-defined]
            shown = self.get_changelist_instance(request).get_queryset(request)  # type: ignore[attr-defined]
            rows = rows.filter(pk__in=shown.order_by().values("pk"))
        name = f"{declared.title}-{context.day:%Y%m%d}.{ending}"
        return download(name, lambda out: writing.export(declared, context, out, rows))

    def template_view(self, request: HttpRequest, register: str) -> HttpResponse:
        """Download the empty template."""
        declared = self._register(request, register, to_import=True)
        context = self._context(request)
        return download(
            str(declared.title) + "-" + _("template") + ".xlsx",
            lambda out: writing.template(declared, context, out),
        )
