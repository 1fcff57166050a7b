"""List entries: struck, corrected, confirmed one by one."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.admin.corrections import CorrectingMixin, correct_address
from evaluations.admin.entry_life import life_of
from evaluations.admin.stepping import Step, SteppingMixin
from evaluations.models import (
    Colour,
    EvaluationPeriod,
    Level,
    ListEntry,
    Place,
)
from evaluations.models.severity import MOST_MONTHS, Severity
from evaluations.services import corrections, releases
from evaluations.services.severity import set_severity
from evaluations.services.surveys import open_second_survey
from evaluations.words import reason_text
from redprop.accounts.roles import Role
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.filters import choice_filter, row_filter


class WithTotal:
    """Shows a total with two places, numbers under each other."""

    @admin.display(description=_("total (points)"), ordering="total")
    def total_points(self, row: Any) -> str:
        return "–" if row.total is None else f"{row.total:.2f}"


EVALUATORS = frozenset({Role.EVALUATOR})


@admin.register(ListEntry)
class ListEntryAdmin(CorrectingMixin, WithTotal, ReadOnly, SteppingMixin, RegisterAdmin):
    """Entries of the lists in work: confirmed together on the period's page, struck and corrected here."""

    has_district = False
    list_display = [
        "subject",
        "level",
        "period",
        "rank",
        "ranked",
        "total_points",
        "colour",
        "state",
        "notice_ends_on",
    ]
    list_select_related = ["project", "enterprise", "period"]
    list_filter = [
        row_filter(EvaluationPeriod, "period", _("evaluation period")),
        choice_filter("colour", _("list"), Colour.choices),
        choice_filter("state", _("state"), ListEntry.State.choices),
        choice_filter("level", _("level"), Level.choices),
        choice_filter("place", _("ranking"), Place.choices),
    ]
    search_fields = [
        "project__name",
        "project__pinyin",
        "project__code",
        "enterprise__name",
        "enterprise__pinyin",
    ]
    fields = [
        "period",
        "project",
        "enterprise",
        "total_points",
        "band",
        "place",
        "rank",
        "ranked",
        "colour",
        "severity",
        "state",
        "remark",
        "confirmed_by",
        "confirmed_at",
        "notice_starts_on",
        "notice_ends_on",
    ]
    steps = [
        Step(
            "strike",
            _("Strike from the list"),
            EVALUATORS,
            lambda e: e.is_named and e.state in (ListEntry.State.PROPOSED, ListEntry.State.CONFIRMED),
            lambda e: [
                gettext(
                    "%(entry)s leaves the list before its notice. The reason is published with the result."
                )
                % {"entry": e}
            ],
            lambda e, user, reason: releases.strike_entry(entry=e, reason=reason, acting_user=user),
            reason_label=_("Reason (published)"),
            is_plain=True,
        ),
        *(
            Step(
                f"severity-{severity}",
                _("Severity: %(severity)s") % {"severity": severity.label},
                EVALUATORS,
                lambda e, severity=severity: (
                    e.colour in (Colour.BLACK, Colour.WATCH)
                    and e.severity != severity
                    and e.state in (ListEntry.State.PROPOSED, ListEntry.State.CONFIRMED)
                ),
                lambda e, severity=severity: [
                    gettext("%(entry)s is shown in public for at most %(months)s months after it is final.")
                    % {"entry": e, "months": MOST_MONTHS[severity]}
                ],
                lambda e, user, reason, severity=severity: set_severity(
                    entry=e, severity=severity, reason=reason, acting_user=user
                ),
                reason_label=_("Reason"),
            )
            for severity in Severity
        ),
        Step(
            "again",
            _("Open the second survey"),
            EVALUATORS,
            lambda e: (
                e.colour == Colour.UNDETERMINED
                and e.project_id is not None
                and e.state != ListEntry.State.WITHDRAWN
                and not hasattr(e, "second_survey")
            ),
            lambda e: [
                gettext("Households of %(project)s that have not answered are drawn and asked at once.")
                % {"project": e.project},
                gettext("The second survey is due by %(day)s.")
                % {"day": corrections.resurvey_due_on(e.period) or "–"},
                gettext("Its answers are pooled with those of %(period)s and count for no other period.")
                % {"period": e.period},
            ],
            lambda e, user, reason: open_second_survey(entry=e, acting_user=user),
        ),
        Step(
            "pool",
            _("Decide by the second survey"),
            EVALUATORS,
            lambda e: (
                e.colour == Colour.UNDETERMINED
                and e.project_id is not None
                and e.state != ListEntry.State.WITHDRAWN
            ),
            lambda e: [
                gettext(
                    "The answers of both surveys are pooled. Still undetermined goes to key supervision."
                ),
                gettext("The second survey is due by %(day)s.")
                % {"day": corrections.resurvey_due_on(e.period) or "–"},
            ],
            lambda e, user, reason: corrections.resolve_undetermined(entry=e, acting_user=user),
        ),
        Step(
            "confirm",
            _("Confirm"),
            EVALUATORS,
            lambda e: e.is_named and e.state == ListEntry.State.PROPOSED,
            lambda e: [gettext("You confirm %(entry)s under your own name.") % {"entry": e}],
            lambda e, user, reason: releases.confirm_entries(
                period=e.period, entries=[e.pk], acting_user=user
            ),
        ),
    ]

    @admin.display(description=_("project or enterprise"), ordering="project__pinyin")
    def subject(self, entry: ListEntry) -> str:
        return str(entry.project or entry.enterprise)

    readonly_fields = ["total_points"]
    ordering = ["-period__ends_on", "-level", "rank", "pk"]

    def panel(self, request: HttpRequest, row: ListEntry) -> dict[str, Any]:
        links: list[dict[str, Any]] = []
        notes = [reason_text(reason) for reason in row.reasons] or [gettext("No list rule applies.")]
        if row.colour == Colour.UNDETERMINED:
            due = corrections.resurvey_due_on(row.period)
            notes.append(gettext("To be surveyed again by %(day)s, answers pooled.") % {"day": due or "–"})
            again = getattr(row, "second_survey", None)
            if again is not None:
                url = reverse("admin:evaluations_surveyround_change", args=[again.pk])
                links.append({"url": url, "title": again.title})
        for reply in row.replies.filter(replaced_at__isnull=True):
            notes.append(gettext("Reply of the enterprise: %(text)s") % {"text": reply.text})
        may_correct = EVALUATORS & request.user.roles  # type: ignore[union-attr]
        over = (ListEntry.State.WITHDRAWN, ListEntry.State.EXPIRED, ListEntry.State.REPAIRED)
        if may_correct and row.project_id is not None and row.state not in over:
            links.append(
                {
                    "url": correct_address(row.period_id, [row.project_id]),
                    "title": _("Correct the result (preview first)"),
                }
            )
        return {"notes": notes, "links": links, "tables": life_of(row)}
