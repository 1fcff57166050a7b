"""The audit trail, to read: who did what, when and why, and what each row held before and after.

A line is one statement, opening, export or sign-in; an act (a request, command or task) may have several. Shown to the
audit administrator of the district whose accounts acted, with the sealed blocks that prove it was not changed.
"""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateTimeFilter,
    TextFilter,
)

from redprop.accounts.models import AuditBlock, AuditLine, SignInEntry
from redprop.common.documents import as_docx
from redprop.core.admin.audit_words import in_words
from redprop.core.admin.base import ReadOnly, RegisterAdmin, districts_of, today_of
from redprop.core.downloads import download
from redprop.core.history import Change, changes_of_line
from redprop.core.services.audit_blocks import kept_since, unsealed
from redprop.core.services.audit_search import capacity, concerning, fact_names, titles_of_tables
from redprop.core.services.processing_record import processing_record

ACTORS = {"anonymous": _("not signed in"), "system": _("the system")}


class Whom(TextFilter):
    """Lines about one person, account, enterprise or other row, by its name or code."""

    title = _("whom it concerns")
    parameter_name = "whom"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        text = (self.value() or "").strip()
        return queryset.filter(concerning(text, user=request.user)) if text else queryset


class Where(DropdownFilter):
    """Lines of one register."""

    title = _("register")
    parameter_name = "register"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(titles_of_tables().items(), key=lambda one: one[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(register=self.value()) if self.value() else queryset


@admin.register(AuditLine)
class AuditLineAdmin(ReadOnly, RegisterAdmin):
    """Acts, newest first; one act with all rows that it changed."""

    has_district = False
    list_display = ["when", "who", "what", "rows", "why", "where_from"]
    list_filter = [("at", RangeDateTimeFilter), ("kind", ChoicesDropdownFilter), Where, Whom]
    search_fields = ["username", "reason", "page", "address", "facts"]
    search_help_text = _("account, reason, page, address or any word of the facts")
    ordering = ["-id"]
    fields = ["when", "who", "what", "rows", "why", "page", "address", "sealed", "facts_in_words", "changes"]
    readonly_fields = fields
    exported_besides = ("address", "facts_in_words", "sealed")
    list_before_template = "admin/core/audit_state.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Say above the list since when it is kept, how far it is sealed and what the last comparison found."""
        seen = (
            AuditLine.objects.filter(kind=AuditLine.Kind.DONE, reason="verify_audit").order_by("-id").first()
        )
        state = {
            "kept_since": kept_since(),
            "months": settings.AUDIT_MONTHS,
            "block": AuditBlock.objects.order_by("-number").first(),
            "unsealed": unsealed(),
            "verified": seen,
        }
        return super().changelist_view(request, {"audit": state, **(extra_context or {})})

    def get_urls(self) -> list:
        """The record of processing beside the trail."""
        view = self.admin_site.admin_view(self.processing_record)
        own = path("processing-record.docx", view, name="accounts_auditline_processing_record")
        return [own, *super().get_urls()]

    def processing_record(self, request: HttpRequest) -> HttpResponse:
        """The record of processing of personal data; it holds none itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        district = next(iter(districts_of(request)), None)
        if district is None:
            raise Http404
        document = processing_record(today=today_of(request), issuer=district.name)
        return download(f"{document.title}.docx", lambda out: out.write_bytes(as_docx(document)))  # type: ignore[return-value]

    @admin.display(description=_("time"), ordering="at")
    def when(self, line: AuditLine) -> str:
        return date_format(localtime(line.at), "DATETIME_FORMAT")

    @admin.display(description=_("who"))
    def who(self, line: AuditLine) -> str:
        if not line.username and "database" in line.facts:
            return str(_("account of the database: %(name)s") % {"name": line.facts["database"]})
        name = str(ACTORS.get(line.username, line.username or "—"))
        other, needed = capacity(line)
        if not other or needed == "own":
            return name
        if needed == "stand-in":
            return str(_("%(name)s (standing in for %(other)s)") % {"name": name, "other": other})
        return str(_("%(name)s (that day also standing in for %(other)s)") % {"name": name, "other": other})

    @admin.display(description=_("what"))
    def what(self, line: AuditLine) -> str:
        title = titles_of_tables().get(line.register, line.register)
        if line.register == SignInEntry._meta.db_table:
            title = ""
        return f"{title}：{line.get_kind_display()}" if title else str(line.get_kind_display())

    @admin.display(description=_("reason"))
    def why(self, line: AuditLine) -> str:
        if line.register == SignInEntry._meta.db_table:
            return str(dict(SignInEntry.Kind.choices).get(str(line.facts.get("kind")), line.reason))
        return in_words(line.reason or "—")

    @admin.display(description=_("page or command"))
    def where_from(self, line: AuditLine) -> str:
        return line.page or line.address or "—"

    @admin.display(description=_("sealed in block"))
    def sealed(self, line: AuditLine) -> str:
        block = AuditBlock.objects.filter(lines__overlaps=[line.pk]).first()
        return str(block.number) if block else str(_("not sealed yet"))

    @admin.display(description=_("what changed"))
    def changes(self, line: AuditLine) -> str:
        found = changes_of_line(line)
        if not found:
            return str(
                _("No former version: new rows, openings, exports and sign-ins are told by the line itself.")
            )
        return format_html(
            '<table class="audit-changes"><thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead>'
            "<tbody>{}</tbody></table>",
            _("register"),
            _("row"),
            _("before → after"),
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", (_cells(c) for c in found)),
        )

    @admin.display(description=_("facts"))
    def facts_in_words(self, line: AuditLine) -> str:
        """What the line noted besides, and the numbers of the rows."""
        parts = [f"{name}：{value}" for name, value in fact_names(line)]
        if capacity(line)[1] == "own":
            parts.append(
                _("in the person's own right, though that day also standing in for %(other)s")
                % {"other": capacity(line)[0]}
            )
        if line.concerned:
            ranges = [
                str(part.lower) if part.upper - part.lower == 1 else f"{part.lower}–{part.upper - 1}"
                for part in line.concerned[:20]
            ]
            parts.append(_("row numbers: %(numbers)s") % {"numbers": ", ".join(ranges)})
        return "；".join(parts) or "—"


@admin.register(AuditBlock)
class AuditBlockAdmin(ReadOnly, RegisterAdmin):
    """Sealed blocks: numbers and digests alone, to be compared with those that are kept elsewhere."""

    empty_why = _("The worker seals the trail every ten minutes; blocks appear here by themselves.")

    has_district = False
    list_display = ["number", "of_month", "first_at", "last_at", "count", "digest_begins", "forgotten_at"]
    search_fields = ["digest"]
    exported_besides = ("digest",)
    ordering = ["-number"]
    fields = [
        "number",
        "month",
        "sealed_at",
        "first_at",
        "last_at",
        "count",
        "body",
        "previous",
        "digest",
        "forgotten_at",
    ]
    readonly_fields = fields
    list_before_template = "admin/core/list_exports.html"

    @admin.display(description=_("month"), ordering="month")
    def of_month(self, block: AuditBlock) -> str:
        return f"{block.month:%Y-%m}"

    @admin.display(description=_("digest (first 16 digits)"))
    def digest_begins(self, block: AuditBlock) -> str:
        return block.digest[:16]


def _cells(change: Change) -> tuple[object, object, object]:
    if change.deleted:
        what: object = _("deleted")
        values = format_html_join("", "<div>{}：{}</div>", change.before)
        return change.register, change.row, format_html("{}{}", what, values)
    lines = format_html_join("", "<div>{}：{} → {}</div>", change.fields)
    return change.register, change.row, lines or _("no visible field (personal data are not shown)")
