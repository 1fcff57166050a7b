"""Credit: schemes with their grades, the ledger of events, the city's ratings, reports and tenders."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.widgets import UnfoldBooleanSwitchWidget

from enterprises.models import Enterprise
from evaluations.admin.stepping import Step, SteppingMixin
from evaluations.credit.schemes import faults_of
from evaluations.credit_paper import notice_paper, report_paper
from evaluations.models import (
    CityRating,
    CreditEvent,
    CreditEventEnd,
    CreditGrade,
    CreditReport,
    CreditScheme,
    Tender,
    TenderBid,
)
from evaluations.services import credit, credit_reports
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common import signing
from redprop.common.documents import Document, as_docx, as_pdf
from redprop.common.errors import Refused
from redprop.core.admin.base import RegisterAdmin, RegisterForm, RegisterInline, today_of
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter, row_filter

EVALUATORS = frozenset({Role.EVALUATOR})
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def paper_answer(name: str, content: bytes, kind: str, form: str) -> HttpResponse:
    """The paper as a download."""
    answer = HttpResponse(content, content_type=kind)
    answer.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.{form}")
    return answer


class PaperPages:
    """Adds `…/paper.docx` and `…/paper.pdf` to a row's page."""

    def document(self, row: Any) -> Document:
        """The paper of the row."""
        raise NotImplementedError

    def pdf(self, row: Any) -> bytes:
        """The paper as PDF; pages whose paper is signed say so here."""
        return as_pdf(self.document(row))

    def get_urls(self) -> list:
        name = f"{self.opts.app_label}_{self.opts.model_name}_paper"  # type: ignore[attr-defined]
        view = self.admin_site.admin_view(self.paper_view)  # type: ignore[attr-defined]
        return [path("<int:pk>/paper.<str:form>", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def paper_view(self, request: HttpRequest, pk: int, form: str) -> HttpResponse:
        """The paper as .docx or PDF."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()  # type: ignore[attr-defined]
        if row is None or form not in ("docx", "pdf"):
            raise Http404
        try:
            document = self.document(row)
            content, kind = (self.pdf(row), "application/pdf") if form == "pdf" else (as_docx(document), DOCX)
            return paper_answer(document.name, content, kind, form)
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(
                reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])  # type: ignore[attr-defined]
            )

    def paper_links(self, pk: int) -> list[dict[str, str]]:
        """Links to both forms."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_paper"  # type: ignore[attr-defined]
        return [
            {"url": reverse(name, args=[pk, "docx"]), "title": gettext("Download as Word")},
            {"url": reverse(name, args=[pk, "pdf"]), "title": gettext("Download as PDF")},
        ]


class GradeInline(RegisterInline):
    """Grades of a scheme."""

    model = CreditGrade
    fields = [
        "position",
        "name",
        "lower",
        "lower_included",
        "upper",
        "upper_included",
        "condition",
        "on_veto",
        "note",
    ]


@admin.register(CreditScheme)
class CreditSchemeAdmin(ImportExportMixin, RegisterAdmin):
    """Grade schemes (信用等级方案) as data. One that a report was issued by is frozen."""

    exchanged = ("credit-schemes", "credit-grades")
    list_display = ["title", "code", "document", "valid_from", "valid_to"]
    search_fields = ["code", "title", "document"]
    inlines = [GradeInline]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        used = obj is not None and CreditReport.objects.filter(scheme=obj).exists()
        return not used and super().has_change_permission(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        words = {
            "overlap": gettext("The grades %(grades)s overlap: one total would have two grades."),
            "gap": gettext("Between the grades %(grades)s a total can lie that has no grade."),
            "crossed": gettext("The bounds of the grade %(grades)s are the wrong way round."),
        }
        for fault in faults_of(credit.scheme_value(form.instance)):
            messages.warning(request, words[fault.code] % {"grades": "、".join(fault.grades)})


class CreditEventForm(RegisterForm):
    """A new event: of the enterprise, or of the manager whom the project had on that day."""

    of_manager = forms.BooleanField(
        label=_("for the project manager's own ledger"),
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text=_(
            "The manager in post at the project on the day it happened; the enterprise's ledger stays as it is."
        ),
    )

    class Meta:
        model = CreditEvent
        fields = [
            "scheme",
            "enterprise",
            "project",
            "part",
            "points",
            "title",
            "article",
            "document",
            "evidence",
            "severity",
            "vetoes",
            "happened_on",
            "starts_on",
            "ends_on",
            "rectify_by",
        ]


def _can_end(event: CreditEvent) -> bool:
    return not CreditEventEnd.objects.filter(event=event).exists()


def _end(reason: str) -> Any:
    def run(event: CreditEvent, user: User, evidence: str) -> Any:
        return credit.end_credit_event(
            event=event,
            reason=reason,
            evidence=evidence,
            ended_on=business_today(event.district),
            acting_user=user,
        )

    return run


@admin.register(CreditEvent)
class CreditEventAdmin(PaperPages, SteppingMixin, ImportExportMixin, RegisterAdmin):
    """The ledger: events are added and ended, never changed."""

    form = CreditEventForm
    list_display = [
        "number",
        "enterprise",
        "ledger",
        "part",
        "points",
        "title",
        "starts_on",
        "ends_on",
        "ended",
    ]
    list_select_related = ["enterprise", "end"]
    list_filter = [
        choice_filter("part", _("kind of information"), CreditEvent.Part.choices),
        choice_filter("severity", _("severity"), CreditEvent.Severity.choices),
        choice_filter("source", _("source"), CreditEvent.Source.choices),
        ("starts_on", RangeDateFilter),
    ]
    search_fields = ["number", "title", "enterprise__name", "enterprise__pinyin", "enterprise__uscc"]
    autocomplete_fields = ["enterprise", "project"]
    steps = (
        Step(
            "repair",
            _("Repaired after rectification"),
            EVALUATORS,
            lambda event: event.part == CreditEvent.Part.BAD and _can_end(event),
            lambda event: [gettext("The event no longer counts from today. It stays in the ledger.")],
            _end(CreditEventEnd.Reason.REPAIRED),
            reason_label=_("What shows that it was rectified"),
        ),
        Step(
            "withdraw",
            _("Withdraw: recorded wrongly"),
            EVALUATORS,
            _can_end,
            lambda event: [gettext("The event no longer counts from today. It stays in the ledger.")],
            _end(CreditEventEnd.Reason.WITHDRAWN),
            reason_label=_("What shows that it was recorded wrongly"),
        ),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = list(CreditEventForm.Meta.fields)
        return [*fields, "of_manager"] if obj is None else ["number", *fields]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    @admin.display(description=_("ledger of"))
    def ledger(self, event: CreditEvent) -> str:
        return gettext("project manager") if event.person_id else gettext("enterprise")

    @admin.display(description=_("ended"))
    def ended(self, event: CreditEvent) -> str:
        end = getattr(event, "end", None)
        return f"{end.ended_on} {end.get_reason_display()}" if end else "–"

    def check_register(self, row: CreditEvent) -> None:
        credit.check_credit_event(row)

    def save_register(self, request: HttpRequest, obj: CreditEvent, form: Any, change: bool) -> None:
        if form.cleaned_data.get("of_manager"):
            obj.person = credit.manager_on(project=obj.project, day=obj.happened_on)
        credit.record_credit_event(event=obj, acting_user=request.user)  # type: ignore[arg-type]

    def document(self, row: CreditEvent) -> Document:
        return notice_paper(row)

    def panel(self, request: HttpRequest, row: CreditEvent) -> dict[str, Any]:
        end = CreditEventEnd.objects.filter(event=row).first()
        facts = [(_("ended"), f"{end.ended_on} {end.get_reason_display()}：{end.evidence}")] if end else []
        is_bad = row.part == CreditEvent.Part.BAD
        notes = [gettext("The scoring notice is printed in three copies.")] if is_bad else []
        return {"facts": facts, "notes": notes, "links": self.paper_links(row.pk) if is_bad else []}


@admin.register(CityRating)
class CityRatingAdmin(ImportExportMixin, RegisterAdmin):
    """Grades of the city's platform, as they came in."""

    has_district = False
    list_display = ["enterprise", "grade", "score", "rated_on", "source"]
    list_select_related = ["enterprise"]
    list_filter = [
        row_filter(Enterprise, "enterprise", _("enterprise"), "enterprise"),
        ("rated_on", RangeDateFilter),
    ]
    search_fields = ["enterprise__name", "enterprise__pinyin", "enterprise__uscc"]
    autocomplete_fields = ["enterprise"]
    fields = ["enterprise", "rated_on", "grade", "score", "source"]


class CreditReportForm(RegisterForm):
    """What is needed to issue a report."""

    class Meta:
        model = CreditReport
        fields = ["enterprise", "project", "as_of", "purpose"]
        labels = {"project": _("report of the manager of this project")}
        help_texts = {
            "project": _("Empty: the report is of the enterprise. The manager's ledger is kept apart.")
        }


@admin.register(CreditReport)
class CreditReportAdmin(PaperPages, SteppingMixin, RegisterAdmin):
    """Issued credit reports: added by the button, then read and printed only."""

    form = CreditReportForm
    list_display = ["number", "enterprise", "ledger", "as_of", "total", "grade", "purpose", "issued_at"]
    list_select_related = ["enterprise", "district", "project"]
    list_filter = [
        row_filter(Enterprise, "enterprise", _("enterprise"), "enterprise"),
        ("as_of", RangeDateFilter),
    ]
    search_fields = ["number", "code", "enterprise__name", "enterprise__pinyin"]
    autocomplete_fields = ["enterprise", "project"]

    @admin.display(description=_("ledger of"))
    def ledger(self, report: CreditReport) -> str:
        if report.project is None:
            return gettext("enterprise")
        return gettext("project manager") + f"（{report.project}）"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = ["enterprise", "project", "as_of", "purpose"]
        return (
            asked
            if obj is None
            else ["number", "code", *asked, "scheme", "total", "grade", "digest", "issued_at"]
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"as_of": today_of(request), **super().get_changeform_initial_data(request)}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def save_register(self, request: HttpRequest, obj: CreditReport, form: Any, change: bool) -> None:
        issued = credit_reports.issue_credit_report(
            enterprise=obj.enterprise,
            scheme=credit.scheme_on(obj.enterprise.district, obj.as_of),
            as_of=obj.as_of,
            purpose=obj.purpose,
            manager_of=obj.project,
            acting_user=request.user,  # type: ignore[arg-type]
        )
        obj.__dict__.update(issued.__dict__)

    def document(self, row: CreditReport) -> Document:
        return report_paper(row, address=verify_address(row.code))

    def pdf(self, row: CreditReport) -> bytes:
        return credit_reports.signed_report_pdf(row, address=verify_address(row.code))

    def panel(self, request: HttpRequest, row: CreditReport) -> dict[str, Any]:
        notes = [
            gettext(
                "A report is dated evidence. It never excludes a bidder by itself; how it was used is recorded with the tender."
            )
        ]
        if not signing.can_sign():
            notes.append(gettext("No signing certificate is configured: the PDF is given out unsigned."))
        return {"notes": notes, "links": self.paper_links(row.pk)}


def verify_address(code: str) -> str:
    """The public page that says whether a report is genuine."""
    return f"{settings.SITE_ADDRESS.rstrip('/')}/credit/{code}/"


class BidInline(RegisterInline):
    """Bidders of a tender, each with its report."""

    model = TenderBid
    fields = ["enterprise", "report", "use", "won"]
    autocomplete_fields = ["enterprise", "report"]


@admin.register(Tender)
class TenderAdmin(RegisterAdmin):
    """Tenders (招投标) with their bidders, the credit report of each, how it was used, and the result."""

    list_display = ["title", "code", "buyer", "bids_on", "result"]
    list_filter = [("bids_on", RangeDateFilter)]
    search_fields = ["code", "title", "buyer"]
    fields = ["code", "title", "buyer", "bids_on", "result"]
    inlines = [BidInline]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for bid in formset.save(commit=False):
            credit_reports.check_bid(bid)
        super().save_formset(request, form, formset, change)
