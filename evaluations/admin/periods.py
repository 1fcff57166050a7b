"""Periods with their steps (close, confirm, notice, final), and the runs that close them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Max, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.admin.period_pages import PeriodPages
from evaluations.admin.stepping import Step, SteppingMixin
from evaluations.models import (
    Colour,
    EvaluationPeriod,
    ListEntry,
    Rubric,
)
from evaluations.models.cards import ClosingChunk, ClosingRun
from evaluations.models.releases import NAMED_COLOURS
from evaluations.selectors import second_blacks
from evaluations.services import releases
from evaluations.services.period_reports import ask_report
from evaluations.services.periods import close_period, open_period, progress
from redprop.accounts.roles import Role
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterForm, RegisterInline
from redprop.core.admin.filters import choice_filter

EVALUATORS = frozenset({Role.EVALUATOR})
PUBLISHERS = frozenset({Role.PUBLISHER})
CLOSED = EvaluationPeriod.State.CLOSED


def _waiting(period: EvaluationPeriod, *states: str) -> dict[str, int]:
    rows = ListEntry.objects.filter(period=period, state__in=states, colour__in=NAMED_COLOURS)
    return dict(rows.values_list("colour").annotate(n=Count("pk")).order_by("colour"))


def _in_words(counts: dict[str, int]) -> str:
    return "、".join(f"{Colour(colour).label} {n}" for colour, n in counts.items()) or "0"


def _closing_effects(period: EvaluationPeriod) -> list[str]:
    return [
        gettext(
            "All facts of %(period)s recorded by %(cutoff)s are counted; later ones count only by correction."
        )
        % {"period": period, "cutoff": period.cutoff_on},
        gettext(
            "The rubric %(rubric)s is frozen, every project gets its scorecard, and the lists are proposed."
        )
        % {"rubric": period.rubric},
        gettext("A closed period is never opened again."),
    ]


def _confirming_effects(period: EvaluationPeriod) -> list[str]:
    return [
        gettext("You confirm under your own name: %(counts)s.")
        % {"counts": _in_words(_waiting(period, "proposed"))},
        gettext(
            "Entries that should not be on a list are struck one by one before this, under “List entries”."
        ),
    ]


def _notice_effects(period: EvaluationPeriod) -> list[str]:
    return [
        gettext("Everybody can read for %(days)s working days: %(counts)s.")
        % {"days": period.rubric.notice_workdays, "counts": _in_words(_waiting(period, "confirmed"))},
        gettext("Firms and residents may object until the last day of the notice."),
    ]


def _final_effects(period: EvaluationPeriod) -> list[str]:
    held = sum(_waiting(period, "held").values())
    return [
        gettext("Becomes final and public: %(counts)s.") % {"counts": _in_words(_waiting(period, "noticed"))},
        gettext("%(held)s entries are held by an objection; they follow in a supplement.") % {"held": held},
        gettext("What is published is never changed; mistakes are mended by a dated correction."),
    ]


def _next_steps(period: EvaluationPeriod) -> list[str]:
    """What is expected next, from whom, and by when."""
    if period.state == EvaluationPeriod.State.OPEN:
        return [
            gettext("Expected next: the evaluator closes the period after %(cutoff)s.")
            % {"cutoff": period.cutoff_on}
        ]
    if period.state != CLOSED:
        return [gettext("The period is being closed; this page shows how far it is each time it is opened.")]
    rows = ListEntry.objects.filter(period=period, colour__in=NAMED_COLOURS)
    counts = dict(rows.values_list("state").annotate(n=Count("pk")))
    notes = []
    if counts.get("proposed"):
        notes.append(
            gettext("Expected next: the evaluator confirms or strikes %(n)s entries.")
            % {"n": counts["proposed"]}
        )
    elif counts.get("confirmed"):
        notes.append(
            gettext("Expected next: the publisher puts %(n)s entries up for notice.")
            % {"n": counts["confirmed"]}
        )
    if counts.get("noticed"):
        end = rows.filter(state="noticed").aggregate(end=Max("notice_ends_on"))["end"]
        notes.append(
            gettext("Expected next: the final list of %(n)s entries, from the day after %(end)s.")
            % {"n": counts["noticed"], "end": end}
        )
    if counts.get("held"):
        notes.append(
            gettext("%(n)s entries are held until their objections are decided.") % {"n": counts["held"]}
        )
    return notes or [gettext("Everything of this period is final.")]


def _has_final(period: EvaluationPeriod) -> bool:
    return period.state == CLOSED and period.releases.filter(kind="final", state="published").exists()


def _report_effects(period: EvaluationPeriod) -> list[str]:
    return [
        gettext(
            "A Word document with figures, lists, changes against the period before, subdistricts, items, vetoes, objections, flags and money, with tables and drawings."
        ),
        gettext("A worker writes it; you are told when it is ready. Nothing is published by it."),
    ]


def _has(period: EvaluationPeriod, *states: str) -> bool:
    return period.state == CLOSED and bool(_waiting(period, *states))


class PeriodForm(RegisterForm):
    """Opening a period: which one, and under which rubric."""

    rubric = forms.ModelChoiceField(
        Rubric.objects.none(), required=False, label=_("rubric"), help_text=_("Empty: the newest in force.")
    )

    class Meta:
        model = EvaluationPeriod
        fields = ["code", "rubric"]


@admin.register(EvaluationPeriod)
class EvaluationPeriodAdmin(PeriodPages, SteppingMixin, RegisterAdmin):
    """Evaluation periods: opened here, closed and published by steps."""

    list_display = ["code", "state", "rubric", "cutoff_on", "closed_at", "closed_by"]
    list_select_related = ["rubric", "closed_by", "district"]
    list_filter = [choice_filter("state", _("state"), EvaluationPeriod.State.choices)]
    fields = ["code", "state", "starts_on", "ends_on", "cutoff_on", "rubric", "closed_at", "closed_by"]
    steps = [
        Step(
            "close",
            _("Close the period"),
            EVALUATORS,
            lambda p: p.state != CLOSED,
            _closing_effects,
            lambda p, user, reason: close_period(period=p, acting_user=user),
        ),
        Step(
            "confirm",
            _("Confirm all proposed entries"),
            EVALUATORS,
            lambda p: _has(p, "proposed"),
            _confirming_effects,
            lambda p, user, reason: releases.confirm_entries(period=p, acting_user=user),
        ),
        Step(
            "notice",
            _("Put up the public notice"),
            PUBLISHERS,
            lambda p: _has(p, "confirmed"),
            _notice_effects,
            lambda p, user, reason: releases.publish_notice(period=p, acting_user=user),
        ),
        Step(
            "finalise",
            _("Publish the final list"),
            PUBLISHERS,
            lambda p: _has(p, "noticed"),
            _final_effects,
            lambda p, user, reason: releases.finalise(period=p, acting_user=user),
        ),
        Step(
            "report",
            _("Have the report written"),
            EVALUATORS | PUBLISHERS,
            lambda p: _has_final(p),
            _report_effects,
            lambda p, user, reason: ask_report(period=p, acting_user=user),
            is_plain=True,
        ),
    ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **kwargs)
        form = super().get_form(
            request, obj, change, **{**kwargs, "form": PeriodForm, "fields": ["code", "rubric"]}
        )
        form.base_fields["rubric"].queryset = Rubric.objects.for_user(request.user)
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj is not None else ["code", "rubric"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def check_register(self, row: EvaluationPeriod) -> None:
        """Opening checks everything itself."""

    def save_register(self, request: HttpRequest, obj: EvaluationPeriod, form: Any, change: bool) -> None:
        made = open_period(
            district=obj.district,
            code=obj.code,
            rubric=form.cleaned_data.get("rubric"),
            acting_user=request.user,
        )
        obj.pk, obj.code = made.pk, made.code

    def panel(self, request: HttpRequest, row: EvaluationPeriod) -> dict[str, Any]:
        run = row.runs.order_by("-pk").first()
        facts = [(_("period"), row), (_("state"), row.get_state_display())]
        notes: list[str] = []
        if run is not None:
            found = progress(run)
            names = {stage.name.lower(): stage.label for stage in ClosingChunk.Stage}
            facts += [
                (names[name], f"{count['done']} / {count['of']}") for name, count in found["stages"].items()
            ]
            if run.message:
                notes.append(run.message)
        notes += _next_steps(row)
        twice = [str(entry.project) for entry in second_blacks(row)]
        if twice:
            notes.append(
                gettext(
                    "Black for the second time in a row: %(projects)s. Hold the interview, have the manager changed, advise the owners."
                )
                % {"projects": "、".join(twice)}
            )
        counts = dict(
            ListEntry.objects.filter(period=row, level="project")
            .values_list("colour")
            .annotate(n=Count("pk"))
            .order_by("colour")
        )
        facts += [(Colour(colour).label, n) for colour, n in counts.items()]
        own = [
            {
                "url": reverse("admin:evaluations_evaluationperiod_trend", args=[row.pk]),
                "title": _("Over the periods"),
            }
        ]
        if row.state != CLOSED:
            own.insert(
                0,
                {
                    "url": reverse("admin:evaluations_evaluationperiod_standing", args=[row.pk]),
                    "title": _("Standing so far (provisional)"),
                },
            )
        if row.reports.exists():
            own.append(
                {
                    "url": reverse("admin:evaluations_periodreport_changelist") + f"?period={row.pk}",
                    "title": _("Reports of this period"),
                }
            )
        links = [
            {
                "url": reverse("admin:evaluations_listentry_changelist") + f"?period={row.pk}",
                "title": _("List entries of this period"),
            }
        ]
        if row.state == CLOSED and EVALUATORS & request.user.roles:  # type: ignore[union-attr]
            links.append(
                {
                    "url": links[0]["url"] + "&level=project",
                    "title": _("Correct results: choose the projects in the list, then the action above it"),
                }
            )
        return {"facts": facts, "notes": notes, "links": [*(links if counts else []), *own]}


class ChunkInline(ReadOnly, RegisterInline):
    """Parts of a run and who did them."""

    model = ClosingChunk
    fields = ["stage", "number", "item", "first_project", "last_project", "is_done", "done_at", "worker"]
    per_page = 50
    ordering = ["stage", "number"]


@admin.register(ClosingRun)
class ClosingRunAdmin(ReadOnly, SteppingMixin, RegisterAdmin):
    """Runs with their progress."""

    has_district = False
    list_display = ["period", "state", "parts_done", "projects", "started_by", "started_at", "finished_at"]
    list_select_related = ["period", "started_by"]
    list_filter = [choice_filter("state", _("state"), ClosingRun.State.choices)]
    fields = ["period", "state", "projects", "started_by", "started_at", "finished_at", "message"]
    inlines = [ChunkInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        done = Count("chunks", filter=Q(chunks__is_done=True))
        return super().get_queryset(request).annotate(done=done, of=Count("chunks"))

    @admin.display(description=_("parts done"))
    def parts_done(self, run: Any) -> str:
        return f"{run.done} / {run.of}"

    def panel(self, request: HttpRequest, row: ClosingRun) -> dict[str, Any]:
        names = {stage.name.lower(): stage.label for stage in ClosingChunk.Stage}
        stages = progress(row)["stages"]
        return {"facts": [(names[name], f"{c['done']} / {c['of']}") for name, c in stages.items()]}
