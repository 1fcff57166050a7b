"""The empty template of a register, and which registers' columns its page exports."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from redprop.common.tabular import writing
from redprop.common.tabular.declare import Register
from redprop.core.admin.exchange_base import ExchangePage, download


class ExportPages(ExchangePage):
    """The downloads beside the list itself (see `list_export`)."""

    def exchange_urls(self, name: str, wrap: Any) -> list[Any]:
        """Return the address of the template."""
        return [
            path("template/<slug:register>.xlsx", wrap(self.template_view), name=f"{name}_template"),
            *super().exchange_urls(name, wrap),
        ]

    def exported_registers(self) -> list[Register]:
        """All registers of the page."""
        return self.exchanged_registers()

    def template_view(self, request: HttpRequest, register: str) -> HttpResponse:
        """Download the empty template."""
        declared = self._register(request, register, to_import=True)
        context = self._context(request)
        return download(
            str(declared.title) + "-" + _("template") + ".xlsx",
            lambda out: writing.template(declared, context, out),
        )
