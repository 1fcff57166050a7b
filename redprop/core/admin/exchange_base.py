"""What the pages of import and export share: which registers, whose rights, the strip above the list.

Import pages live in `import_views`, downloads in `export_views`; `exchange` joins them for a register's page.
Everything is checked again by the services.
"""

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from redprop.areas.models import District
from redprop.common.tabular import declare
from redprop.common.tabular.declare import Context, Register
from redprop.core.admin.base import districts_of
from redprop.core.admin.listing import page_path
from redprop.core.downloads import download
from redprop.core.services import imports
from redprop.core.services.listings import clean_query


class ExchangePage:
    """Rights, addresses and frame of the pages; each kind of page adds its own with `exchange_urls`."""

    exchanged: tuple[str, ...] = ()
    list_before_template = "admin/core/exchange_links.html"

    # Which registers, for whom

    def exchanged_registers(self) -> list[Register]:
        """Return the registers of this page."""
        if self.exchanged:
            return [declare.get(name) for name in self.exchanged]
        found = declare.for_model(self.model)  # type: ignore[attr-defined]
        return [found] if found else []

    def exchange_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return what the strip above the list offers this user."""
        links = []
        for register in self.exchanged_registers():
            may_see = request.user.has_perm(permission_name(register, "view"))
            may_import = imports.may_import(request.user, register)  # type: ignore[arg-type]
            if may_see or may_import:
                own = page_path(register, self.model) is not None  # type: ignore[attr-defined]
                query = clean_query(request.GET.urlencode()) if own else ""
                links.append(
                    {
                        "register": register,
                        "history": history_url(register) if may_import else "",
                        "import": self._url("import", register.name) if may_import else "",
                        "template": self._url("template", register.name) if may_import else "",
                        "xlsx": self._url("export", register.name, "xlsx") + (f"?{query}" if query else ""),
                        "csv": self._url("export", register.name, "csv") + (f"?{query}" if query else ""),
                        "report": report_url(self.model, register.name, query),  # type: ignore[attr-defined]
                    }
                )
        return links

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list with the strip of links."""
        more = {"exchange_links": self.exchange_links(request), **(extra_context or {})}
        return super().changelist_view(request, more)  # type: ignore[misc,no-any-return]

    def _url(self, what: str, *arguments: Any) -> str:
        meta = self.model._meta  # type: ignore[attr-defined]
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_{what}", args=arguments)

    def exchange_urls(self, name: str, wrap: Any) -> list[Any]:
        """Return the addresses of this kind of pages; `name` is the model's prefix of their names."""
        return []

    def get_urls(self) -> list[Any]:
        """Return the addresses of import and export in front of the usual ones."""
        meta = self.model._meta  # type: ignore[attr-defined]
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        own = self.exchange_urls(f"{meta.app_label}_{meta.model_name}", wrap)
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def _register(self, request: HttpRequest, name: str, *, to_import: bool) -> Register:
        register = next((one for one in self.exchanged_registers() if one.name == name), None)
        if register is None:
            raise Http404
        allowed = (
            imports.may_import(request.user, register)  # type: ignore[arg-type]
            if to_import
            else request.user.has_perm(permission_name(register, "view"))
        )
        if not allowed or not districts_of(request):
            raise PermissionDenied
        return register

    def _context(self, request: HttpRequest, district: District | None = None, **options: Any) -> Context:
        return imports.context_for(
            district=district or districts_of(request)[0],
            acting_user=request.user,  # type: ignore[arg-type]
            **options,
        )

    def _page(self, request: HttpRequest, template: str, register: Register, **more: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "register": register,
            "title": _("Import %(register)s") % {"register": register.title},
            "list_url": self._url("changelist"),
            "import_url": self._url("import", register.name),
            "template_url": self._url("template", register.name),
            "history_url": history_url(register),
            **more,
        }
        return TemplateResponse(request, template, context)


__all__ = ["ExchangePage", "download", "history_url", "permission_name"]


def history_url(register: Register) -> str:
    """Return the address of the list of earlier imports into a register."""
    return reverse("admin:core_importbatch_changelist") + f"?register={register.name}"


def permission_name(register: Register, action: str) -> str:
    meta = register.model._meta
    return f"{meta.app_label}.{action}_{meta.model_name}"


def report_url(model: Any, register: str, query: str) -> str:
    """Return where a list is set up to be sent regularly."""
    page = f"admin:{model._meta.label_lower}"
    return f"{reverse('desk:report-new')}?{urlencode({'page': page, 'register': register, 'query': query})}"
