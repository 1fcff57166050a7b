"""The council in the admin, to read: it is written at the desk, or taken over from paper by file. No person is named."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from communities.models import CouncilFollowUp, CouncilMeeting, CouncilResolution, CouncilRule, CouncilTopic
from redprop.areas.models import Subdistrict
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterInline
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter, row_filter


class ResolutionInline(ReadOnly, RegisterInline):
    """What was resolved."""

    model = CouncilResolution
    fields = [
        "number",
        "topic",
        "text",
        "votes_for",
        "votes_against",
        "votes_abstained",
        "passed",
        "withdrawn",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("topic")


@admin.register(CouncilMeeting)
class CouncilMeetingAdmin(ImportExportMixin, ReadOnly, RegisterAdmin):
    """Council meetings (议事会) that are filed."""

    has_district = False
    list_display = ["held_on", "session", "community", "in_office", "present", "quorum", "filed_at"]
    list_select_related = ["community"]
    list_filter = [
        row_filter(Subdistrict, "community__subdistrict", _("subdistrict"), "subdistrict"),
        ("held_on", RangeDateFilter),
    ]
    search_fields = ["community__name", "community__pinyin", "community__code"]
    fields = [
        "community",
        "held_on",
        "session",
        "place",
        "chair",
        "recorder",
        "in_office",
        "present",
        "quorum",
        "filed_at",
        "filed_by",
    ]
    inlines = [ResolutionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(state=CouncilMeeting.State.FILED)


@admin.register(CouncilResolution)
class CouncilResolutionAdmin(ReadOnly, RegisterAdmin):
    """Resolutions, corrections and withdrawals, each a row of its own."""

    has_district = False
    list_display = [
        "topic",
        "meeting",
        "compound",
        "votes_for",
        "votes_against",
        "votes_abstained",
        "passed",
        "withdrawn",
    ]
    list_select_related = ["topic", "meeting__community", "compound"]
    list_filter = [
        row_filter(Subdistrict, "meeting__community__subdistrict", _("subdistrict"), "subdistrict"),
        ("dated", RangeDateFilter),
    ]
    search_fields = ["topic__title", "text", "meeting__community__name", "meeting__community__pinyin"]


@admin.register(CouncilTopic)
class CouncilTopicAdmin(ReadOnly, RegisterAdmin):
    """Topics proposed, and what became of them."""

    has_district = False
    list_display = ["title", "community", "compound", "proposer", "proposed_on", "state"]
    list_select_related = ["community", "compound"]
    list_filter = [
        choice_filter("state", _("state"), CouncilTopic.State.choices),
        choice_filter("proposer", _("proposed by"), CouncilTopic.Proposer.choices),
        row_filter(Subdistrict, "community__subdistrict", _("subdistrict"), "subdistrict"),
    ]
    search_fields = ["title", "community__name", "community__pinyin"]


@admin.register(CouncilFollowUp)
class CouncilFollowUpAdmin(ReadOnly, RegisterAdmin):
    """What follows from resolutions."""

    has_district = False
    list_display = ["what", "kind", "responsible", "project", "due_on", "state"]
    list_select_related = ["project"]
    list_filter = [
        choice_filter("state", _("state"), CouncilFollowUp.State.choices),
        choice_filter("kind", _("kind"), CouncilFollowUp.Kind.choices),
        ("due_on", RangeDateFilter),
    ]
    search_fields = ["what", "resolution__topic__title"]


@admin.register(CouncilRule)
class CouncilRuleAdmin(RegisterAdmin):
    """Quorum and majority from a day to a day; without any rule the sample holds (two thirds, more than half)."""

    list_display = [
        "valid_from",
        "valid_to",
        "quorum_numerator",
        "quorum_denominator",
        "majority_numerator",
        "majority_denominator",
        "document",
    ]
