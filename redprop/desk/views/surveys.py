"""Satisfaction surveys at the desk: who is still to be called, and answers entered for a drawn household.

For the staff that calls: the district's evaluators and inspectors, and the clerk of a subdistrict in the own one.
No telephone number stands here: staff use the community's own list.
"""

from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Value, When
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from evaluations.models import SurveyAnswer, SurveyHousehold, SurveyRound, SurveySample
from evaluations.services.survey_answers import CALLERS, ENTERED, enter_answer, record_call
from evaluations.surveys.figures import by_dimension, with_figures
from evaluations.surveys.questions import SCALE
from redprop.desk.held import held
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, carry_out, desk_page, show

PAGE = 50
SHOW = ("open", "answered", "closed_door", "all")
GONE = (SurveyHousehold.Outcome.REFUSED, SurveyHousehold.Outcome.UNREACHABLE)


def _may_see(desk: Desk) -> None:
    if not (desk.subdistrict_ids or desk.sees_district):
        raise Http404


def _rounds(desk: Desk, query: QueryDict) -> tuple[list[SurveyRound], SurveyRound | None]:
    """Rounds that are or were open, and the chosen one: the newest open one unless another is asked for."""
    _may_see(desk)
    rows = SurveyRound.objects.filter(district=desk.district).exclude(state=SurveyRound.State.DRAFT)
    rounds = list(rows.select_related("period").order_by("-opens_on", "-pk"))
    asked = next((row for row in rounds if str(row.pk) == query.get("round")), None)
    running = next((row for row in rounds if row.state == SurveyRound.State.OPEN), None)
    return rounds, asked or running or (rounds[0] if rounds else None)


@desk_list("surveys")
def surveys_list(desk: Desk, query: QueryDict) -> DeskList:
    """The samples of one survey in the user's area, with valid n, response rate and interval."""
    _all, chosen = _rounds(desk, query)
    rows = (
        SurveySample.objects.for_user(desk.user).select_related("round", "project__enterprise").with_answers()
    )
    return DeskList(
        title=_("Satisfaction survey"),
        rows=rows.filter(round=chosen).order_by("project__code") if chosen else rows.none(),
        columns=[
            (_("Survey"), "round"),
            (_("Service project"), "project"),
            (_("Enterprise"), "project.enterprise"),
            (_("Households"), "population"),
            (_("Drawn"), "drawn"),
            (_("Answers needed"), "needed"),
            (_("Valid answers"), "figure.valid"),
            (_("Response rate"), "figure.response_text"),
            (_("Satisfied"), "figure.share_text"),
            (_("confidence interval"), "figure.interval_text"),
            (_("Channels"), "figure.channels_text"),
        ],
        filters=[(_("Survey"), chosen or "")],
        prepare=with_figures,
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """Projects of one survey: how many answers there are, and where to call."""
    rounds, chosen = _rounds(request.desk, request.GET)
    found = surveys_list(request.desk, request.GET)
    page = Paginator(found.rows, PAGE).get_page(request.GET.get("page"))
    page.object_list = with_figures(list(page.object_list))
    context = {
        "page_obj": page,
        "rounds": rounds,
        "chosen": chosen,
        "page_query": f"round={chosen.pk}&" if chosen else "",
    }
    return show(request, "desk/surveys.html", context)


def _sample(desk: Desk, pk: int) -> SurveySample:
    _may_see(desk)
    rows = (
        SurveySample.objects.for_user(desk.user).select_related("round", "project__enterprise").with_answers()
    )
    return get_object_or_404(rows, pk=pk)


def _show_of(query: QueryDict) -> str:
    return query.get("show") if query.get("show") in SHOW else "open"


@desk_list("survey-households")
def households_list(desk: Desk, query: QueryDict) -> DeskList:
    """Drawn households of one sample (`of`), those to be called first unless others are asked for (`show`)."""
    of = query.get("of", "")
    if not of.isdecimal() or len(of) > 18:
        raise Http404
    sample, wanted = _sample(desk, int(of)), _show_of(query)
    rows = SurveyHousehold.objects.for_user(desk.user).filter(
        round=sample.round_id, project=sample.project_id
    )
    if wanted == "open":
        rows = rows.filter(answered=False).exclude(outcome__in=GONE)
    elif wanted == "answered":
        rows = rows.filter(answered=True)
    elif wanted == "closed_door":
        rows = rows.filter(answered=False, outcome__in=GONE)
    fewest = Case(When(outcome="later", then=Value(0)), default=Value(1), output_field=IntegerField())
    return DeskList(
        title=_("Drawn households: %(project)s") % {"project": sample.project},
        rows=rows.select_related("compound").order_by(fewest, "calls", "place"),
        columns=[
            (_("Compound"), "compound"),
            (_("Household"), "number"),
            (_("Has answered"), lambda row: _("yes") if row.answered else _("no")),
            (_("Calls"), "calls"),
            (_("Last call"), "get_outcome_display"),
            (_("Last called on"), "called_on"),
        ],
        filters=[(_("Survey"), sample.round), (_("Service project"), sample.project)],
    )


@desk_page
def sample(request: HttpRequest, pk: int) -> HttpResponse:
    """The drawn households of a project, those to be called first."""
    found = _sample(request.desk, pk)
    with_figures([found])
    query = request.GET.copy()
    query["of"] = str(pk)
    wanted = _show_of(query)
    rows = households_list(request.desk, query).rows
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    running = found.round.state == SurveyRound.State.OPEN and request.desk.today <= found.round.ends_on
    context = {
        "sample": found,
        "page_obj": page,
        "show": wanted,
        "choices": [
            ("open", _("To be called")),
            ("answered", _("Have answered")),
            ("closed_door", _("Declined or not there")),
            ("all", _("All")),
        ],
        "may_enter": running and bool({*CALLERS} & set(request.user.roles)),
        "dimensions": by_dimension([found]),
        "page_query": f"show={wanted}&",
    }
    return show(request, "desk/survey.html", context)


def _household(request: HttpRequest, pk: int) -> tuple[SurveyHousehold, SurveySample]:
    _may_see(request.desk)
    rows = SurveyHousehold.objects.for_user(request.user).select_related(
        "round__district", "round__period", "project__enterprise", "compound"
    )
    household = get_object_or_404(rows, pk=pk)
    return household, get_object_or_404(SurveySample, round=household.round_id, project=household.project_id)


@desk_page
def household(request: HttpRequest, pk: int) -> HttpResponse:
    """One drawn household: the questions to be read out, and how the call ended."""
    found, of = _household(request, pk)
    data, _about = held(request)
    typed = data or {}
    context = {
        "household": found,
        "sample": of,
        "round": found.round,
        "questions": [
            {"code": q.code, "text": q.text, "counts": q.counts, "given": typed.get(q.code, "")}
            for q in found.round.questions.all()
        ],
        "scale": SCALE,
        "channels": [(channel.value, channel.label) for channel in ENTERED],
        "channel": typed.get("channel", SurveyAnswer.Channel.PHONE),
        "outcomes": SurveyHousehold.Outcome.choices,
        "may_enter": not found.answered
        and found.round.state == SurveyRound.State.OPEN
        and request.desk.today <= found.round.ends_on,
    }
    return show(request, "desk/survey_household.html", context)


@require_POST
@desk_page
def enter(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter the household's answer."""
    found, _sample_of = _household(request, pk)
    back = reverse("desk:survey-household", args=[pk])
    return carry_out(
        request,
        lambda: enter_answer(
            household=found,
            channel=request.POST.get("channel", ""),
            marks=request.POST,
            acting_user=request.user,
        ),
        _("Entered. The answer counts and can no longer be changed."),
        back,
        holding="survey",
    )


@require_POST
@desk_page
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a call without an answer, and go on with the list."""
    found, of = _household(request, pk)
    return carry_out(
        request,
        lambda: record_call(
            household=found, outcome=request.POST.get("outcome", ""), acting_user=request.user
        ),
        _("Recorded: %(household)s.") % {"household": found},
        reverse("desk:survey", args=[of.pk]),
    )
