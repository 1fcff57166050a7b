"""Proven findings: vetoes, deductions and the grounds for them; entered by who decides, revoked with a reason."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.widgets import UnfoldAdminFileFieldWidget

from evaluations.admin.stepping import Step, SteppingMixin
from evaluations.models import Deduction, DeductionGround, ListEntry, Veto
from evaluations.services.findings import check_finding, closed_quarter_of, revoke_finding
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.roles import Role
from redprop.core.admin.base import RegisterAdmin, RegisterForm
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter, row_filter
from redprop.core.services.attachments import PDF, PICTURE, store_attachment


class FindingForm(RegisterForm):
    """A finding with the scan or photo that shows it."""

    scan = forms.FileField(
        label=_("scan or photo"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(),
        help_text=_("PDF or picture; it is not published."),
    )


def _revoking_effects(row: Any) -> list[str]:
    period = closed_quarter_of(row)
    found = [gettext("%(what)s counts no more. It stays on record with the reason.") % {"what": row}]
    if period is None:
        found.append(gettext("Its quarter is not closed yet: nothing else is to be done."))
    else:
        found.append(
            gettext("%(period)s is closed: afterwards correct the result of the project there.")
            % {"period": period}
        )
    return found


def _is_not_counted(row: Veto | Deduction, entry: ListEntry) -> bool:
    """Whether the run that made the entry saw the finding otherwise than it stands now."""
    if isinstance(row, Veto):
        found = entry.run.subjects.filter(project=entry.project_id).values_list("vetoes", flat=True).first()
        return (row.code in (found or [])) != row.stands
    return (row.revoked_at or row.recorded_at) >= entry.run.started_at


class FindingAdmin(ImportExportMixin, SteppingMixin, RegisterAdmin):
    """A finding decided by the user who enters it."""

    form = FindingForm
    has_district = False
    list_select_related = ["project", "decided_by"]
    search_fields = ["project__name", "project__code", "project__pinyin", "evidence", "document"]
    autocomplete_fields = ["project"]
    readonly_fields = ["who_decided", "revoked_at", "revoked_by", "revoked_reason"]
    steps = (
        Step(
            "revoke",
            _("Revoke"),
            frozenset({Role.EVALUATOR}),
            lambda row: row.stands,
            _revoking_effects,
            lambda row, user, reason: revoke_finding(finding=row, reason=reason, acting_user=user),
            reason_label=_("What was wrong, and what shows it"),
        ),
    )
    first: tuple[str, ...] = ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ["evidence", "document"]
        if obj is None or self.has_change_permission(request, obj):
            shown.append("scan")
        asked = [
            (None, {"fields": [*self.first, "happened_on", "decided_on"]}),
            (_("Evidence"), {"fields": shown}),
            (_("Hearing of the firm"), {"fields": ["heard_on", "hearing"]}),
        ]
        if obj is not None:
            asked[0][1]["fields"].append("who_decided")
            if not obj.stands:
                asked.append((_("Revoked"), {"fields": ["revoked_at", "revoked_by", "revoked_reason"]}))
        return asked

    def get_urls(self) -> list:
        name = f"evaluations_{self.opts.model_name}_scan"
        return [
            path("<int:pk>/scan/", self.admin_site.admin_view(self.scan_view), name=name),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a closed period may have counted is revoked, not rewritten."""
        if obj is not None and (not obj.stands or closed_quarter_of(obj) is not None):
            return False
        return super().has_change_permission(request, obj)

    def check_register(self, row: Any) -> None:
        check_finding(row)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.decided_by = request.user
            obj.recorded_at = business_now(obj.project.district)
        if upload := form.cleaned_data.get("scan"):
            with acting(request.user, "scan of a finding"):
                obj.attachment = store_attachment(
                    district=obj.project.district,
                    upload=upload,
                    acting_user=request.user,  # type: ignore[arg-type]
                    kinds=(PICTURE, PDF),
                )
        obj.save()

    def scan_view(self, request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
        """The scan or photo of a finding."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk, attachment__isnull=False).first()
        if row is None:
            raise Http404
        file = row.attachment
        return FileResponse(
            file.file.open("rb"), as_attachment=True, filename=file.name, content_type=file.content_type
        )

    def panel(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        period = closed_quarter_of(row)
        notes, links = [], []
        if not row.stands:
            notes.append(
                gettext("Revoked on %(day)s by %(user)s: %(why)s")
                % {"day": f"{row.revoked_at:%Y-%m-%d}", "user": row.revoked_by, "why": row.revoked_reason}
            )
        elif row.heard_on is None:
            notes.append(gettext("No hearing of the firm is on record."))
        if period is not None and row.stands:
            notes.append(
                gettext(
                    "%(period)s is closed: what is written here stays. If it is wrong, revoke it, then correct the result."
                )
                % {"period": period}
            )
        if period is not None:
            entry = ListEntry.objects.filter(period=period, project=row.project_id).order_by("-pk").first()
            if entry is not None:
                if _is_not_counted(row, entry):
                    notes.append(
                        gettext(
                            "%(period)s is closed and has not counted this yet. Expected next: correct the result of the project."
                        )
                        % {"period": period}
                    )
                links.append(
                    {
                        "url": reverse("admin:evaluations_listentry_change", args=[entry.pk]),
                        "title": gettext("Result of %(project)s in %(period)s")
                        % {"project": row.project, "period": period},
                    }
                )
        if row.attachment_id:
            url = reverse(f"admin:evaluations_{self.opts.model_name}_scan", args=[row.pk])
            links.append({"url": url, "title": row.attachment.name})
        return {"notes": notes, "links": links}

    @admin.display(description=_("proven by"), ordering="decided_by")
    def who_decided(self, row: Any) -> str:
        return str(row.decided_by)

    @admin.display(description=_("stands"), boolean=True)
    def standing(self, row: Any) -> bool:
        return row.stands


@admin.register(Veto)
class VetoAdmin(FindingAdmin):
    """Proven breaches (一票否决), each with its evidence and who decided it."""

    first = ("project", "code", "severity")
    list_display = ["decided_on", "project", "code", "severity", "happened_on", "who_decided", "standing"]
    list_filter = [
        ("decided_on", RangeDateFilter),
        choice_filter("code", _("ground"), Veto.Code.choices),
        choice_filter("severity", _("severity"), Veto._meta.get_field("severity").choices),
    ]


@admin.register(Deduction)
class DeductionAdmin(FindingAdmin):
    """Events that cost points, with their evidence."""

    first = ("project", "ground", "points")
    list_display = ["happened_on", "project", "ground", "points", "decided_on", "who_decided", "standing"]
    list_select_related = ["project", "decided_by", "ground"]
    list_filter = [
        ("happened_on", RangeDateFilter),
        row_filter(DeductionGround, "ground", _("ground")),
    ]


@admin.register(DeductionGround)
class DeductionGroundAdmin(ImportExportMixin, RegisterAdmin):
    """For what points are deducted, how many at most, by which document; one that was used is ended, not rewritten."""

    list_display = ["title", "code", "points", "most", "document", "valid_from", "valid_to"]
    search_fields = ["title", "code", "document"]
    fields = ["code", "title", "points", "most", "document", "valid_from", "valid_to"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and obj.deductions.exists():
            return ["code", "title", "points", "most", "document", "valid_from"]
        return []
