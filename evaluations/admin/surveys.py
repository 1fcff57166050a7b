"""Satisfaction surveys: prepared and opened here, with samples, figures and letters; household numbers as the frame."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.admin.stepping import Step, SteppingMixin
from evaluations.models import (
    EvaluationPeriod,
    HouseholdNumber,
    SurveyPrint,
    SurveyQuestion,
    SurveyRound,
    SurveySample,
)
from evaluations.services import surveys
from evaluations.services.survey_letters import KEPT, fetch_letters, request_letters
from evaluations.surveys.figures import Figure, of_sample, with_figures
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterInline
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter, row_filter

EVALUATORS = frozenset({Role.EVALUATOR})
DRAFT, OPEN = SurveyRound.State.DRAFT, SurveyRound.State.OPEN
ASKED_FOR = ["period", "opens_on", "ends_on"]


def _opening_effects(row: SurveyRound) -> list[str]:
    sizes = surveys.foreseen_sizes(row)
    population = sum(size.population for size in sizes.values())
    found = [
        gettext("%(drawn)s of %(all)s households of %(projects)s projects are drawn with the seed %(seed)s.")
        % {
            "drawn": sum(size.drawn for size in sizes.values()),
            "all": population,
            "projects": len(sizes),
            "seed": row.seed,
        },
        gettext(
            "For each project: enough answers for ±%(margin)s points at 95 %%, at least %(least)s or everybody; of 100 households %(response)s are expected to answer."
        )
        % {
            "margin": f"{row.margin:f}".rstrip("0").rstrip("."),
            "least": row.min_valid,
            "response": row.expected_response,
        },
        gettext("Questions, sizes, days and seed can no longer be changed then."),
    ]
    if sizes:
        project, size = max(sizes.items(), key=lambda item: item[1].population)
        found.insert(
            2,
            gettext(
                "Example: %(project)s has %(all)s households, needs %(needed)s answers, %(drawn)s are drawn."
            )
            % {"project": project, "all": size.population, "needed": size.needed, "drawn": size.drawn},
        )
    unknown = [str(project) for project, size in sizes.items() if not size.population]
    if unknown:
        found.append(
            gettext("Not asked, because the households of their compounds are not entered: %(projects)s.")
            % {"projects": "、".join(unknown[:10]) + (" …" if len(unknown) > 10 else "")}
        )
    return found


def _letter_effects() -> list[str]:
    return [
        gettext("Each household that has not answered gets a page with a QR code and a code to type."),
        gettext("Codes stand in the letters alone. Letters printed before become void."),
        gettext("The file is made in the background, kept for %(days)s days and then deleted.")
        % {"days": KEPT.days},
    ]


class QuestionInline(RegisterInline):
    """The questions, until the survey opens."""

    model = SurveyQuestion
    fields = ["position", "code", "text", "text_en", "counts"]
    ordering = ["position"]

    def _is_draft(self, obj: Any) -> bool:
        return obj is not None and obj.state == DRAFT

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_draft(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_draft(obj) and request.user.has_perm("evaluations.delete_surveyquestion")


@admin.register(SurveyRound)
class SurveyRoundAdmin(SteppingMixin, RegisterAdmin):
    """Surveys: the questions are edited until the survey opens, then all of it is frozen."""

    list_display = ["title", "period", "kind", "state", "opens_on", "ends_on", "min_valid"]
    list_select_related = ["period"]
    list_filter = [
        row_filter(EvaluationPeriod, "period", _("evaluation period")),
        choice_filter("state", _("state"), SurveyRound.State.choices),
        choice_filter("kind", _("kind"), SurveyRound.Kind.choices),
    ]
    search_fields = ["title"]
    fields = [
        "period",
        "kind",
        "title",
        "asked_by",
        "purpose",
        "opens_on",
        "ends_on",
        "seed",
        "margin",
        "expected_response",
        "min_valid",
        "state",
        "opened_at",
        "closed_at",
    ]
    readonly_fields = ["kind", "min_valid", "state", "opened_at", "closed_at"]
    inlines = [QuestionInline]
    steps = [
        Step(
            "open",
            _("Draw and open"),
            EVALUATORS,
            lambda r: r.state == DRAFT,
            _opening_effects,
            lambda r, user, reason: surveys.open_round(row=r, acting_user=user),
        ),
        Step(
            "letters",
            _("Make letters for all projects"),
            EVALUATORS,
            lambda r: r.state == OPEN,
            lambda r: _letter_effects(),
            lambda r, user, reason: request_letters(row=r, acting_user=user),
        ),
        Step(
            "close",
            _("Close the survey"),
            EVALUATORS,
            lambda r: r.state == OPEN,
            lambda r: [
                gettext("No answer is taken any more. It closes by itself after %(day)s.")
                % {"day": r.ends_on},
                gettext(
                    "The list of drawn households is erased %(days)s days later; counts and answers stay."
                )
                % {"days": surveys.KEPT_DAYS},
            ],
            lambda r, user, reason: surveys.close_round(row=r, acting_user=user),
            is_plain=True,
        ),
    ]

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.letters_view)
        page = path("<int:pk>/letters/<int:made>/", view, name="evaluations_surveyround_letters")
        return [page, *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj is not None else ASKED_FOR

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.readonly_fields, "period"] if obj is not None else []

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj is not None else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.state != DRAFT:
            return False
        return super().has_change_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "period":
            kwargs["queryset"] = EvaluationPeriod.objects.for_user(request.user).filter(
                state=EvaluationPeriod.State.OPEN
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def check_register(self, row: SurveyRound) -> None:
        if row.period_id:
            surveys.require_dates(row)
        for text in (row.title, row.asked_by, row.purpose):
            refuse_personal_numbers(text or "", field=gettext("text"))

    def save_register(self, request: HttpRequest, obj: SurveyRound, form: Any, change: bool) -> None:
        if change:
            obj.save()
            return
        made = surveys.prepare_round(
            period=obj.period, opens_on=obj.opens_on, ends_on=obj.ends_on, acting_user=request.user
        )
        obj.pk, obj.title = made.pk, made.title

    def panel(self, request: HttpRequest, row: SurveyRound) -> dict[str, Any]:
        if row.state == DRAFT:
            return {
                "notes": [
                    gettext(
                        "Expected next: edit the questions below, then draw and open. The dimension that counts gives the score; 4 and 5 are satisfied."
                    )
                ]
            }
        samples = with_figures(SurveySample.objects.filter(round=row).select_related("round").with_answers())
        figures = [sample.figure for sample in samples]
        drawn, valid = sum(s.drawn for s in samples), sum(f.valid for f in figures)
        facts = [
            (_("projects"), len(samples)),
            (_("households drawn"), drawn),
            (_("valid answers"), valid),
            (_("response rate"), f"{valid / drawn:.1%}" if drawn else "–"),
            (_("projects with enough answers"), f"{sum(f.enough for f in figures)} / {len(samples)}"),
        ]
        links = [
            {
                "url": reverse("admin:evaluations_surveysample_changelist") + f"?round={row.pk}",
                "title": _("Figures and letters of each project"),
            },
            {"url": reverse("desk:surveys") + f"?round={row.pk}", "title": _("Call the drawn households")},
        ]
        notes = [_next(row)]
        for made in row.prints.select_related("job", "project").order_by("-pk")[:5]:
            what = str(made.project or gettext("all projects"))
            day = f"{timezone.localtime(made.recorded_at):%Y-%m-%d %H:%M}"
            if made.file:
                links.append(
                    {
                        "url": reverse("admin:evaluations_surveyround_letters", args=[row.pk, made.pk]),
                        "title": gettext("Letters of %(day)s: %(what)s, %(count)s pages (until %(until)s)")
                        % {
                            "day": day,
                            "what": what,
                            "count": made.letters,
                            "until": f"{timezone.localtime(made.expires_at):%Y-%m-%d %H:%M}",
                        },
                    }
                )
            elif made.job is not None:
                notes.append(
                    gettext("Letters of %(day)s: %(what)s, %(state)s %(done)s / %(total)s. %(message)s")
                    % {
                        "day": day,
                        "what": what,
                        "state": made.job.get_state_display(),
                        "done": made.job.done,
                        "total": made.letters,
                        "message": made.job.message,
                    }
                )
        return {"facts": facts, "notes": notes, "links": links}

    def letters_view(self, request: HttpRequest, pk: int, made: int) -> HttpResponse:
        """Hand out a file of letters."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        found = (
            row and SurveyPrint.objects.select_related("round__district").filter(round=row, pk=made).first()
        )
        if not found:
            raise Http404
        try:
            file = fetch_letters(made=found, acting_user=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(self._address("change", pk))
        answer = FileResponse(
            file.open("rb"), as_attachment=True, filename=f"问卷信函-{found.pk}{file.suffix}"
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _next(row: SurveyRound) -> str:
    if row.state == OPEN:
        return gettext(
            "Expected next: letters are printed and delivered, households without an answer are called, until %(day)s."
        ) % {"day": row.ends_on}
    if row.kind == SurveyRound.Kind.AGAIN:
        return gettext("Expected next: the evaluator decides the undetermined entry by the second survey.")
    return gettext("The answers count when %(period)s is closed.") % {"period": row.period}


@admin.register(SurveySample)
class SurveySampleAdmin(ReadOnly, SteppingMixin, RegisterAdmin):
    """What a survey drew and got in each project: valid n, response rate, 95 % interval, channels."""

    has_district = False
    list_display = [
        "project",
        "round",
        "population",
        "drawn",
        "valid",
        "response",
        "satisfied",
        "between",
        "channels",
        "letters",
    ]
    list_select_related = ["project", "round"]
    list_filter = [row_filter(SurveyRound, "round", _("satisfaction survey"))]
    search_fields = ["project__name", "project__code", "project__pinyin"]
    fields = ["round", "project", "population", "needed", "drawn", "letters", "refused", "unreached"]
    steps = [
        Step(
            "letters",
            _("Make letters for this project"),
            EVALUATORS,
            lambda s: s.round.state == OPEN,
            lambda s: _letter_effects(),
            lambda s, user, reason: request_letters(row=s.round, project=s.project, acting_user=user),
        )
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("round__district", "project").with_answers()

    def _figure(self, row: Any) -> Figure:
        return of_sample(row)

    @admin.display(description=_("valid answers"))
    def valid(self, row: Any) -> str:
        return f"{self._figure(row).valid} / {row.needed}"

    @admin.display(description=_("response rate"))
    def response(self, row: Any) -> str:
        return self._figure(row).response_text

    @admin.display(description=_("satisfied"))
    def satisfied(self, row: Any) -> str:
        return self._figure(row).share_text

    @admin.display(description=_("confidence interval"))
    def between(self, row: Any) -> str:
        return self._figure(row).interval_text

    @admin.display(description=_("channels"))
    def channels(self, row: Any) -> str:
        return self._figure(row).channels_text

    def panel(self, request: HttpRequest, row: SurveySample) -> dict[str, Any]:
        facts = of_sample(row).facts()
        link = {
            "url": reverse("admin:evaluations_surveyround_change", args=[row.round_id]),
            "title": row.round.title,
        }
        return {"facts": facts, "links": [link]}


@admin.register(HouseholdNumber)
class HouseholdNumberAdmin(ImportExportMixin, RegisterAdmin):
    """The frame for drawing: the households of a compound by number, without any personal data."""

    has_district = False
    list_display = ["compound", "number"]
    list_select_related = ["compound"]
    search_fields = ["compound__name", "compound__pinyin", "number"]
    autocomplete_fields = ["compound"]
    fields = ["compound", "number"]
