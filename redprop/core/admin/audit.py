"""The audit trail, to read: who acted when and why, and what each row held before and after.

A context is one request, command or task; the triggers note under it the former version of every
row it changed. Shown to the audit administrator of the district whose accounts acted.
"""

import csv
import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.history import Change, changes_of
from redprop.core.models import AuditEntry

EXPORTED_AT_MOST = 50_000


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly, RegisterAdmin):
    """Acts, newest first; one act with all rows that it changed."""

    has_district = False
    list_display = ["when", "who", "address", "reason"]
    list_filter = [("created_at", RangeDateTimeFilter)]
    search_fields = ["metadata__username", "metadata__url", "metadata__reason"]
    ordering = ["-created_at"]
    fields = ["when", "who", "address", "reason", "changes"]
    readonly_fields = fields
    list_before_template = "admin/core/audit_links.html"

    @admin.display(description=_("time"), ordering="-created_at")
    def when(self, context: Any) -> str:
        return date_format(localtime(context.created_at), "DATETIME_FORMAT")

    @admin.display(description=_("who"))
    def who(self, context: Any) -> str:
        return str(context.metadata.get("username") or "—")

    @admin.display(description=_("page or command"))
    def address(self, context: Any) -> str:
        return str(context.metadata.get("url") or "—")

    @admin.display(description=_("reason"))
    def reason(self, context: Any) -> str:
        return str(context.metadata.get("reason") or "—")

    @admin.display(description=_("what changed"))
    def changes(self, context: Any) -> str:
        found = changes_of(context.pk)
        if not found:
            return str(_("No recorded row was changed or deleted; new rows record their own author."))
        return format_html(
            '<table class="audit-changes"><thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead>'
            "<tbody>{}</tbody></table>",
            _("register"),
            _("row"),
            _("before → after"),
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", (_cells(c) for c in found)),
        )

    def get_urls(self) -> list:
        page = path("export/", self.admin_site.admin_view(self.export), name="core_auditentry_export")
        return [page, *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponse:
        """The trail as a CSV file, with the list's search and filters, newest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_changelist_instance(request).get_queryset(request)[:EXPORTED_AT_MOST]
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="audit.csv"'
        response.write("\ufeff")
        writer = csv.writer(response)
        writer.writerow([_("time"), _("who"), _("page or command"), _("reason"), _("facts")])
        for row in rows:
            facts = {k: v for k, v in row.metadata.items() if k not in ("username", "url", "reason")}
            cells = [
                f"{row.created_at:%Y-%m-%dT%H:%M:%S%z}",
                self.who(row),
                self.address(row),
                self.reason(row),
                json.dumps(facts, ensure_ascii=False, sort_keys=True),
            ]
            writer.writerow([f"'{cell}" if cell[:1] in "=+-@\t" else cell for cell in cells])
        return response


def _cells(change: Change) -> tuple[object, object, object]:
    if change.deleted:
        what: object = _("deleted")
        values = format_html_join("", "<div>{}：{}</div>", change.before)
        return change.register, change.row, format_html("{}{}", what, values)
    lines = format_html_join("", "<div>{}：{} → {}</div>", change.fields)
    return change.register, change.row, lines or _("no visible field (personal data are not shown)")
