"""Meetings, commitments and residents' requests, to read: they are written at the desk, or taken over from ledgers by file."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from communities.models import (
    Commitment,
    CommitmentStep,
    JointMeeting,
    MeetingAddendum,
    MeetingAttendance,
    MeetingProblem,
    RequestStep,
    ResidentRequest,
    Urgency,
)
from enterprises.models import Enterprise
from redprop.areas.models import Subdistrict
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterInline
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import DayFilter, choice_filter, row_filter


class AttendanceInline(ReadOnly, RegisterInline):
    """Who attended."""

    model = MeetingAttendance
    fields = ["project", "unit", "kind"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("project")


class PromiseInline(ReadOnly, RegisterInline):
    """What was promised at the meeting."""

    model = Commitment
    fields = ["project", "problem", "promise", "due_on", "state"]
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("project")


class ProblemInline(ReadOnly, RegisterInline):
    """Residents' problems that the meeting dealt with."""

    model = MeetingProblem
    fields = ["compound", "category", "text", "request", "commitment"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("compound", "request", "commitment")


class AddendumInline(ReadOnly, RegisterInline):
    """Addenda to the accepted minutes."""

    model = MeetingAddendum
    fields = ["number", "added_on", "text", "recorded_by"]
    readonly_fields = ["recorded_by"]


@admin.register(JointMeeting)
class JointMeetingAdmin(ImportExportMixin, ReadOnly, RegisterAdmin):
    """Joint meetings (联席会), one per community and month."""

    has_district = False
    list_display = ["community", "month_name", "state", "held_on", "due_on", "submitted_at"]
    list_select_related = ["community"]
    list_filter = [
        choice_filter("state", _("state"), JointMeeting.State.choices),
        row_filter(Subdistrict, "community__subdistrict", _("subdistrict"), "subdistrict"),
        ("month", RangeDateFilter),
    ]
    search_fields = ["community__name", "community__pinyin", "community__code"]
    inlines = [AttendanceInline, ProblemInline, PromiseInline, AddendumInline]
    exclude = ["version"]

    @admin.display(description=_("month"), ordering="month")
    def month_name(self, meeting: JointMeeting) -> str:
        return f"{meeting.month:%Y-%m}"


class StepInline(ReadOnly, RegisterInline):
    """What happened to the promise, step by step."""

    model = CommitmentStep
    fields = ["at", "kind", "text", "recorded_by"]
    readonly_fields = ["recorded_by"]


class Overdue(DayFilter):
    """Open promises by their due date."""

    title = _("due")
    parameter_name = "due"
    conditions = [
        ("open", _("open"), lambda rows, day: rows.open()),
        ("overdue", _("overdue"), lambda rows, day: rows.open().filter(due_on__lt=day)),
    ]


@admin.register(Commitment)
class CommitmentAdmin(ImportExportMixin, ReadOnly, RegisterAdmin):
    """Commitments (承诺事项)."""

    has_district = False
    list_display = ["problem", "project", "compound", "made_on", "due_on", "state", "times_reopened"]
    list_select_related = ["project", "compound"]
    list_filter = [
        Overdue,
        choice_filter("state", _("state"), Commitment.State.choices),
        row_filter(Enterprise, "project__enterprise", _("enterprise"), "enterprise"),
        row_filter(Subdistrict, "meeting__community__subdistrict", _("subdistrict"), "subdistrict"),
        ("due_on", RangeDateFilter),
    ]
    search_fields = ["problem", "promise", "project__name", "project__pinyin", "compound__pinyin"]
    inlines = [StepInline]


class RequestStepInline(ReadOnly, RegisterInline):
    """What happened to the request, step by step."""

    model = RequestStep
    fields = ["at", "kind", "by", "text", "recorded_by"]
    readonly_fields = ["recorded_by"]


class OpenRequests(DayFilter):
    """Requests that wait for an answer, by their due date."""

    title = _("due")
    parameter_name = "due"
    conditions = [
        ("open", _("open"), lambda rows, day: rows.filter(state__in=OPEN)),
        ("overdue", _("overdue"), lambda rows, day: rows.filter(state__in=OPEN, due_on__lt=day)),
    ]


OPEN = [ResidentRequest.State.RECEIVED, ResidentRequest.State.ASSIGNED, ResidentRequest.State.REOPENED]


@admin.register(ResidentRequest)
class ResidentRequestAdmin(ImportExportMixin, ReadOnly, RegisterAdmin):
    """Residents' requests (居民诉求). No resident is named."""

    has_district = False
    list_display = [
        "code",
        "compound",
        "category",
        "urgency",
        "received_on",
        "due_on",
        "answered_on",
        "state",
    ]
    list_select_related = ["compound"]
    list_filter = [
        OpenRequests,
        choice_filter("state", _("state"), ResidentRequest.State.choices),
        choice_filter("category", _("category"), ResidentRequest.Category.choices),
        choice_filter("urgency", _("urgency"), Urgency.choices),
        choice_filter("source", _("source"), ResidentRequest.Source.choices),
        ("received_on", RangeDateFilter),
    ]
    search_fields = ["code", "compound__name", "compound__pinyin"]
    inlines = [RequestStepInline]
