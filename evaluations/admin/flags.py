"""Rotating flags: the dated rule, rounds with their candidates, the flags and their history, withdrawals."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter

from evaluations.admin.stepping import Step, SteppingMixin
from evaluations.models import (
    EvaluationPeriod,
    FlagCandidate,
    FlagRound,
    FlagRule,
    FlagWithdrawal,
    Release,
    RotatingFlag,
)
from evaluations.services import flag_withdrawals, flags
from redprop.accounts.roles import Role
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterForm, RegisterInline
from redprop.core.admin.filters import choice_filter, row_filter

PUBLISHERS = frozenset({Role.PUBLISHER})
PROPOSED = FlagCandidate.State.PROPOSED


@admin.register(FlagRule)
class FlagRuleAdmin(RegisterAdmin):
    """How many flags are given where. A rule that a round was held under only gets its last day."""

    list_display = [
        "title", "document", "period_kind", "area", "by_group", "flags", "min_total", "must_be_red", "valid_from", "valid_to",
    ]  # fmt: skip
    list_filter = [
        choice_filter("period_kind", _("for periods of"), FlagRule._meta.get_field("period_kind").choices)
    ]
    search_fields = ["title", "document"]
    fields = [
        "district", "title", "document", "is_sample", "period_kind", "area", "by_group", "flags", "min_total",
        "must_be_red", "valid_from", "valid_to",
    ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and obj.rounds.exists():
            return [name for name in self.fields if name not in ("valid_to", "district")]
        return []


class RoundForm(RegisterForm):
    """A new round: of which period, under which rule."""

    class Meta:
        model = FlagRound
        fields = ["period", "rule"]


class CandidateInline(ReadOnly, RegisterInline):
    """Who comes into question, by cell and place; each is decided on its own page."""

    model = FlagCandidate
    fields = ["cell_label", "position", "project", "enterprise", "points", "holds_since", "state", "remark"]
    readonly_fields = ["cell_label", "points"]
    show_change_link = True
    per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("project", "enterprise", "subdistrict")

    @admin.display(description=_("where"))
    def cell_label(self, row: FlagCandidate) -> str:
        return row.cell_label

    @admin.display(description=_("total (points)"))
    def points(self, row: FlagCandidate) -> str:
        return f"{row.total:.2f}"


@admin.register(FlagRound)
class FlagRoundAdmin(SteppingMixin, RegisterAdmin):
    """Rounds: opened after the final list, their candidates computed, each decided by the publisher."""

    has_district = False
    list_display = [
        "period",
        "rule",
        "state",
        "candidates_count",
        "flags_count",
        "opened_on",
        "closed_on",
        "closed_by",
    ]
    list_select_related = ["period", "rule", "closed_by"]
    list_filter = [choice_filter("state", _("state"), FlagRound.State.choices)]
    fields = ["period", "rule", "state", "opened_on", "closed_on", "closed_by"]
    inlines = [CandidateInline]
    steps = [
        Step(
            "close",
            _("End the round"),
            PUBLISHERS,
            lambda r: r.state == FlagRound.State.OPEN,
            lambda r: [
                gettext("Candidates behind the last flag of their place get none: %(n)s.")
                % {"n": r.candidates.filter(state=PROPOSED).count()},
                gettext("Flags of earlier rounds that were not awarded again are returned: %(n)s.")
                % {"n": flags.held_flags(r).count()},
                gettext("The public pages of flags are written anew."),
            ],
            lambda r, user, reason: flags.close_round(round_=r, acting_user=user),
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        awarded = Count("candidates", filter=Q(candidates__state="awarded"))
        return super().get_queryset(request).annotate(found=Count("candidates"), awarded=awarded)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **kwargs)
        form = super().get_form(
            request, obj, change, **{**kwargs, "form": RoundForm, "fields": RoundForm.Meta.fields}
        )
        final = Release.objects.filter(kind=Release.Kind.FINAL, state=Release.State.PUBLISHED)
        form.base_fields["period"].queryset = EvaluationPeriod.objects.for_user(request.user).filter(
            pk__in=final.values("period")
        )
        form.base_fields["rule"].queryset = FlagRule.objects.for_user(request.user)
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj is not None else RoundForm.Meta.fields

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_register(
        self, request: HttpRequest, obj: FlagRound, form: forms.ModelForm, change: bool
    ) -> None:
        made = flags.open_round(period=obj.period, rule=obj.rule, acting_user=request.user)  # type: ignore[arg-type]
        obj.pk, obj.opened_on = made.pk, made.opened_on

    @admin.display(description=_("candidates"))
    def candidates_count(self, row: Any) -> int:
        return row.found

    @admin.display(description=_("flags given"))
    def flags_count(self, row: Any) -> int:
        return row.awarded

    def panel(self, request: HttpRequest, row: FlagRound) -> dict[str, Any]:
        waiting = row.candidates.filter(state=PROPOSED, position__lte=row.rule.flags).count()
        notes = []
        if row.state == FlagRound.State.OPEN:
            notes.append(
                gettext(
                    "Expected next: the publisher awards or declines %(n)s candidates, then ends the round."
                )
                % {"n": waiting}
            )
            if not row.candidates.exists():
                notes.append(
                    gettext("Nobody meets the rule in this period. End the round; nothing is awarded.")
                )
        address = reverse("admin:evaluations_flagcandidate_changelist") + f"?round={row.pk}"
        return {
            "facts": [(_("evaluation period"), row.period), (_("state"), row.get_state_display())],
            "notes": notes,
            "links": [{"url": address, "title": _("Candidates of this round")}],
        }


@admin.register(FlagCandidate)
class FlagCandidateAdmin(ReadOnly, SteppingMixin, RegisterAdmin):
    """Candidates with the reason the rule gives; awarded or declined one by one."""

    has_district = False
    list_display = [
        "project", "enterprise", "round", "where", "position", "points", "rank", "holds_since", "state", "remark", "decided_by",
    ]  # fmt: skip
    list_select_related = [
        "project",
        "enterprise",
        "round__period",
        "round__rule",
        "subdistrict",
        "decided_by",
    ]
    list_filter = [
        row_filter(FlagRound, "round", _("round of rotating flags")),
        choice_filter("state", _("state"), FlagCandidate.State.choices),
    ]
    search_fields = [
        "project__name",
        "project__code",
        "project__pinyin",
        "enterprise__name",
        "enterprise__pinyin",
    ]
    fields = [
        "round", "project", "enterprise", "where", "position", "points", "rank", "holds_since", "state", "remark",
        "decided_by", "decided_on",
    ]  # fmt: skip
    readonly_fields = ["where", "points"]
    steps = [
        Step(
            "award",
            _("Award the flag"),
            PUBLISHERS,
            lambda c: c.state == PROPOSED and c.round.state == FlagRound.State.OPEN,
            lambda c: [
                flags.reason_of(c),
                *_passing(c),
                gettext(
                    "It is shown on the pages of the compounds and of the enterprise, under your name in the record."
                ),
            ],
            lambda c, user, reason: flags.award_flag(candidate=c, remark=reason, acting_user=user),
            reason_label=_("Remark (may stay empty)"),
        ),
        Step(
            "decline",
            _("Give it no flag"),
            PUBLISHERS,
            lambda c: c.state == PROPOSED and c.round.state == FlagRound.State.OPEN,
            lambda c: [gettext("The next candidate of %(cell)s moves up.") % {"cell": c.cell_label}],
            lambda c, user, reason: flags.decline_candidate(candidate=c, reason=reason, acting_user=user),
            reason_label=_("Reason"),
            is_plain=True,
        ),
    ]

    @admin.display(description=_("where"))
    def where(self, row: FlagCandidate) -> str:
        return row.cell_label

    @admin.display(description=_("total (points)"), ordering="total")
    def points(self, row: FlagCandidate) -> str:
        return f"{row.total:.2f}"

    def panel(self, request: HttpRequest, row: FlagCandidate) -> dict[str, Any]:
        return {"notes": [flags.reason_of(row)]}


def _passing(candidate: FlagCandidate) -> list[str]:
    last = flags.last_holder(candidate)
    if last is None:
        return [gettext("It is a new flag.")]
    if last.project_id == candidate.project_id:
        return [
            gettext("The project keeps the flag that it has held since %(day)s.") % {"day": last.awarded_on}
        ]
    return [
        gettext("It passes on from %(project)s, which has held it since %(day)s.")
        % {"project": last.project, "day": last.awarded_on}
    ]


class HangingFilter(DropdownFilter):
    """Flags that hang now, or that ended."""

    title = _("now")
    parameter_name = "now"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("held", _("hangs")), ("ended", _("ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in ("held", "ended"):
            return queryset.filter(end__isnull=self.value() == "held")
        return queryset


@admin.register(RotatingFlag)
class RotatingFlagAdmin(ReadOnly, SteppingMixin, RegisterAdmin):
    """Every flag ever awarded: who held it, from when to when, on to whom. Never changed."""

    list_display = [
        "number",
        "project",
        "enterprise",
        "where",
        "period_code",
        "awarded_on",
        "ended_on",
        "ended_by",
    ]
    list_select_related = ["project", "enterprise", "subdistrict", "end"]
    list_filter = [HangingFilter, ("awarded_on", RangeDateFilter)]
    search_fields = [
        "number",
        "project__name",
        "project__code",
        "project__pinyin",
        "enterprise__name",
        "enterprise__pinyin",
    ]
    fields = [
        "number", "project", "enterprise", "where", "period_code", "awarded_on", "awarded_by", "reason", "passed_from",
        "ended_on", "ended_by",
    ]  # fmt: skip
    readonly_fields = ["where", "ended_on", "ended_by"]

    @admin.display(description=_("where"))
    def where(self, row: RotatingFlag) -> str:
        return row.cell_label

    @admin.display(description=_("no longer hangs from"), ordering="end__ended_on")
    def ended_on(self, row: RotatingFlag) -> Any:
        return row.end.ended_on if hasattr(row, "end") else None

    @admin.display(description=_("how it ended"))
    def ended_by(self, row: RotatingFlag) -> str:
        return f"{row.end.get_reason_display()}：{row.end.words}" if hasattr(row, "end") else "–"

    def panel(self, request: HttpRequest, row: RotatingFlag) -> dict[str, Any]:
        notes = [row.reason]
        waiting = row.withdrawals.filter(state=FlagWithdrawal.State.PROPOSED)
        links = [
            {
                "url": reverse("admin:evaluations_flagwithdrawal_change", args=[one.pk]),
                "title": gettext("Proposed to be withdrawn: %(ground)s")
                % {"ground": one.get_ground_display()},
            }
            for one in waiting
        ]
        return {"notes": notes, "links": links}


@admin.register(FlagWithdrawal)
class FlagWithdrawalAdmin(ReadOnly, SteppingMixin, RegisterAdmin):
    """Withdrawals that the rule proposes after a veto or a final black; the publisher decides with reasons."""

    has_district = False
    list_display = ["flag", "ground", "what", "proposed_on", "state", "decided_by", "decided_on"]
    list_select_related = [
        "flag__project",
        "veto__project",
        "entry__project",
        "entry__enterprise",
        "decided_by",
    ]
    list_filter = [choice_filter("state", _("state"), FlagWithdrawal.State.choices)]
    search_fields = ["flag__number", "flag__project__name", "flag__project__pinyin"]
    fields = ["flag", "ground", "what", "proposed_on", "state", "decided_by", "decided_on", "result"]
    readonly_fields = ["what"]
    steps = [
        Step(
            "confirm",
            _("Withdraw the flag"),
            PUBLISHERS,
            lambda w: w.state == FlagWithdrawal.State.PROPOSED,
            lambda w: [
                gettext("%(flag)s no longer hangs from today; the reason is shown in its public history.")
                % {"flag": w.flag},
                gettext("Nothing is taken from the score, the credit or money by this."),
            ],
            lambda w, user, reason: flag_withdrawals.decide_withdrawal(
                withdrawal=w, confirm=True, result=reason, acting_user=user
            ),
            reason_label=_("Reason (published)"),
        ),
        Step(
            "dismiss",
            _("Let it hang"),
            PUBLISHERS,
            lambda w: w.state == FlagWithdrawal.State.PROPOSED,
            lambda w: [gettext("The flag stays; the same ground is not proposed again.")],
            lambda w, user, reason: flag_withdrawals.decide_withdrawal(
                withdrawal=w, confirm=False, result=reason, acting_user=user
            ),
            reason_label=_("Reason"),
            is_plain=True,
        ),
    ]

    @admin.display(description=_("what happened"))
    def what(self, row: FlagWithdrawal) -> str:
        return str(row.veto or row.entry)
