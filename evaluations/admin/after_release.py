"""What follows a published entry: replies of enterprises, the follow-ups of a second black in a row, rectifications."""

from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.admin.stepping import Step, SteppingMixin
from evaluations.models import EntryReply, EvaluationPeriod, FollowUp, Rectification
from evaluations.services import follow_ups
from evaluations.services.display import repairable_from
from evaluations.services.rectification import decide_rectification, found_after
from redprop.accounts.roles import Role
from redprop.core.admin.base import ReadOnly, RegisterAdmin, today_of
from redprop.core.admin.filters import choice_filter, row_filter


@admin.register(EntryReply)
class EntryReplyAdmin(ReadOnly, RegisterAdmin):
    """What enterprises say beside their published entries; written at their own desk, kept when it is replaced."""

    has_district = False
    list_display = ["entry", "period", "text", "recorded_at", "replaced_at"]
    list_select_related = ["entry__project", "entry__enterprise", "entry__period"]
    list_filter = [row_filter(EvaluationPeriod, "entry__period", _("evaluation period"), "period")]
    search_fields = ["entry__project__name", "entry__project__code", "entry__enterprise__name", "text"]
    fields = ["entry", "text", "recorded_by", "recorded_at", "replaced_at"]

    @admin.display(description=_("evaluation period"), ordering="entry__period")
    def period(self, row: EntryReply) -> str:
        return str(row.entry.period)


@admin.register(FollowUp)
class FollowUpAdmin(ReadOnly, SteppingMixin, RegisterAdmin):
    """Interviews, changes of managers and advice to owners, each with its due day; done with evidence."""

    has_district = False
    list_display = ["project", "kind", "period", "due_on", "standing", "done_on", "done_by"]
    list_select_related = ["entry__project", "entry__enterprise", "entry__period", "done_by"]
    list_filter = [
        choice_filter("state", _("state"), FollowUp.State.choices),
        choice_filter("kind", _("kind"), FollowUp.Kind.choices),
        row_filter(EvaluationPeriod, "entry__period", _("evaluation period"), "period"),
    ]
    search_fields = ["entry__project__name", "entry__project__code", "entry__project__pinyin"]
    fields = ["entry", "kind", "opened_on", "due_on", "state", "done_on", "evidence", "done_by"]
    steps = [
        Step(
            "finish",
            _("Done"),
            frozenset({Role.EVALUATOR, Role.SUBDISTRICT_CLERK}),
            lambda row: row.state == FollowUp.State.OPEN,
            lambda row: [
                gettext("You record that this was carried out: %(what)s.") % {"what": row},
                gettext("It was due on %(day)s.") % {"day": row.due_on},
            ],
            lambda row, user, reason: follow_ups.finish_follow_up(
                follow_up=row, evidence=reason, acting_user=user
            ),
            reason_label=_("Evidence: what was done, when, which document shows it"),
        )
    ]

    ordering = ["-due_on", "pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        late = Q(state=FollowUp.State.OPEN, due_on__lt=today_of(request))
        return super().get_queryset(request).annotate(is_late=ExpressionWrapper(late, BooleanField()))

    @admin.display(description=_("state"), ordering="state")
    def standing(self, row: Any) -> str:
        if row.is_late:
            return gettext("overdue since %(day)s") % {"day": row.due_on}
        return row.get_state_display()

    def panel(self, request: HttpRequest, row: FollowUp) -> dict[str, Any]:
        if row.state != FollowUp.State.OPEN:
            return {}
        words = {
            FollowUp.Kind.INTERVIEW: gettext(
                "Interview the head of the firm and the project manager; record what was agreed."
            ),
            FollowUp.Kind.MANAGER: gettext(
                "The firm changes the project manager. The new one must stand in the register first."
            ),
            FollowUp.Kind.ADVICE: gettext(
                "Tell the owners' committee and the community in writing what the list says and what they may do."
            ),
        }
        notes = [
            words[FollowUp.Kind(row.kind)],
            gettext("Expected next: done with its evidence by %(day)s.") % {"day": row.due_on},
        ]
        return {"notes": notes}

    @admin.display(description=_("service project"), ordering="entry__project__pinyin")
    def project(self, row: FollowUp) -> str:
        return str(row.entry.project)

    @admin.display(description=_("evaluation period"), ordering="entry__period")
    def period(self, row: FollowUp) -> str:
        return str(row.entry.period)


@admin.register(Rectification)
class RectificationAdmin(ReadOnly, SteppingMixin, RegisterAdmin):
    """Faults reported as put right: re-inspected, then decided with reasons; passed ones repair the entry."""

    has_district = False
    list_display = ["entry", "reported_on", "due_on", "state", "decided_on", "decided_by", "repaired_on"]
    list_select_related = ["entry__project", "entry__enterprise", "decided_by"]
    list_filter = [choice_filter("state", _("state"), Rectification.State.choices)]
    search_fields = ["entry__project__name", "entry__project__code", "entry__enterprise__name", "text"]
    fields = [
        "entry",
        "text",
        "reported_on",
        "due_on",
        "state",
        "inspection",
        "decided_by",
        "decided_on",
        "result",
        "repaired_on",
    ]
    steps = [
        Step(
            "pass",
            _("Put right"),
            frozenset({Role.EVALUATOR}),
            lambda row: row.state == Rectification.State.REPORTED,
            lambda row: [
                gettext("The re-inspection found the fault put right."),
                gettext(
                    "The entry leaves the public pages once it was shown for the least time of its severity (%(severity)s)."
                )
                % {"severity": row.entry.get_severity_display()},
            ],
            lambda row, user, reason: decide_rectification(
                rectification=row, passed=True, result=reason, acting_user=user
            ),
            reason_label=_("Written reasons"),
        ),
        Step(
            "fail",
            _("Not put right"),
            frozenset({Role.EVALUATOR}),
            lambda row: row.state == Rectification.State.REPORTED,
            lambda row: [gettext("The entry stays; the enterprise may report again.")],
            lambda row, user, reason: decide_rectification(
                rectification=row, passed=False, result=reason, acting_user=user
            ),
            reason_label=_("Written reasons"),
            is_plain=True,
        ),
    ]

    def panel(self, request: HttpRequest, row: Rectification) -> dict[str, Any]:
        seen = row.inspection or found_after(row)
        facts = [(_("re-inspection"), str(seen) if seen else gettext("not yet"))]
        if row.state == Rectification.State.REPORTED:
            if seen is None:
                told = gettext("Expected next: an inspector inspects the project again by %(day)s.")
            else:
                told = gettext("Expected next: an evaluator who did not inspect decides by %(day)s.")
            notes = [told % {"day": row.due_on}]
        elif row.state == Rectification.State.FAILED:
            notes = [gettext("The entry stays; the enterprise may report again.")]
        elif row.repaired_on:
            notes = [
                gettext("The entry left the public pages on %(day)s; only a tombstone stays.")
                % {"day": row.repaired_on}
            ]
        else:
            notes = [
                gettext("The entry leaves the public pages on %(day)s, after the least time of its severity.")
                % {"day": repairable_from(row.entry) or "–"}
            ]
        return {"facts": facts, "notes": notes}
