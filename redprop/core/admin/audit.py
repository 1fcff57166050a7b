"""The audit trail, to read: who acted when and why, and what each row held before and after.

A context is one request, command or task; the triggers note under it the former version of every
row it changed. Shown to the audit administrator of the district whose accounts acted.
"""

import json
from typing import Any

from django.contrib import admin
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.history import Change, changes_of
from redprop.core.models import AuditEntry

ACTORS = {"anonymous": _("not signed in"), "system": _("the system")}

ACTS = {
    "public files written": _("public files written"),
    "demo data": _("demo data"),
    "key rotation": _("key rotation"),
    "prepare subsidies": _("prepare subsidies"),
    "first review": _("first review"),
    "second review": _("second review"),
    "notice": _("publish the notice of"),
    "approve": _("approve"),
    "export": _("export"),
    "adopt": _("adopt"),
    "end": _("end"),
    "sample subsidy rules": _("sample subsidy rules"),
    "rubric": _("rubric"),
    "undo of import": _("undo of import"),
    "display ended": _("display ended"),
    "open": _("open the period"),
    "close": _("close the period"),
    "compute entitlements": _("compute entitlements"),
    "confirm entries of": _("confirm entries of"),
    "finalise": _("finalise"),
    "file objection": _("file objection"),
    "record request": _("record request"),
    "answer request": _("answer request"),
    "join request to commitment": _("join request to commitment"),
    "said by the resident": _("said by the resident"),
    "save joint meeting": _("save joint meeting"),
    "submit joint meeting": _("submit joint meeting"),
    "accept joint meeting": _("accept joint meeting"),
    "answer commitment": _("answer commitment"),
    "confirm commitment": _("confirm commitment"),
}
"""The acts that the services name themselves, by the words they start with."""


def in_words(reason: str) -> str:
    """A reason in the reader's language: what a service named itself is translated, what a person typed stays."""
    words = reason.split(" ")
    for length in range(len(words), 0, -1):
        act = ACTS.get(" ".join(words[:length]))
        if act is not None and (length > 1 or len(words) in (2, 3)):
            return " ".join([str(act), *words[length:]])
    return reason


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
    exported_besides = ("facts",)

    @admin.display(description=_("time"), ordering="-created_at")
    def when(self, context: Any) -> str:
        return date_format(localtime(context.created_at), "DATETIME_FORMAT")

    @admin.display(description=_("who"))
    def who(self, context: Any) -> str:
        name = str(context.metadata.get("username") or "—")
        return str(ACTORS.get(name, name))

    @admin.display(description=_("page or command"))
    def address(self, context: Any) -> str:
        return str(context.metadata.get("url") or "—")

    @admin.display(description=_("reason"))
    def reason(self, context: Any) -> str:
        return in_words(str(context.metadata.get("reason") or "—"))

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

    @admin.display(description=_("facts"))
    def facts(self, context: Any) -> str:
        """What the act noted of itself, for the export."""
        facts = {k: v for k, v in context.metadata.items() if k not in ("username", "url", "reason")}
        return json.dumps(facts, ensure_ascii=False, sort_keys=True)


def _cells(change: Change) -> tuple[object, object, object]:
    if change.deleted:
        what: object = _("deleted")
        values = format_html_join("", "<div>{}：{}</div>", change.before)
        return change.register, change.row, format_html("{}{}", what, values)
    lines = format_html_join("", "<div>{}：{} → {}</div>", change.fields)
    return change.register, change.row, lines or _("no visible field (personal data are not shown)")
