"""Residents answer the satisfaction survey by the code of their letter: no sign-in, no session, no JavaScript needed.

Chinese, or English with `?lang=en`. The same code opened again says that the household has answered.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.models import SurveyHousehold
from evaluations.services.survey_answers import (
    already_answered,
    answer_by_code,
    find_household,
    plain_code,
    require_running,
    shown_code,
)
from evaluations.surveys.questions import SCALE
from redprop.common.errors import Refused
from redprop.common.senders import sender
from redprop.public import languages, quiet
from redprop.public.frame_page import page

ENGLISH = "en"


def _language(request: HttpRequest) -> str:
    spoken = request.GET.get("lang") == ENGLISH or languages.is_english()
    return ENGLISH if spoken else "zh-hans"


def _query(request: HttpRequest, **more: str) -> str:
    """The part of the address that keeps the language, and what else is asked for."""
    given = dict(more)
    if _language(request) == ENGLISH:
        given["lang"] = ENGLISH
    return "?" + "&".join(f"{key}={value}" for key, value in given.items()) if given else ""


def _page(
    request: HttpRequest, title: str, template: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    english = _language(request) == ENGLISH
    context = {
        "english": english,
        "other_language": request.path_info + ("" if english else "?lang=en"),
        "query": _query(request),
        **context,
    }
    answer = page(title, template, context, status)
    answer.headers["Content-Language"] = ENGLISH if english else "zh-hans"
    return answer


@require_safe
def enter_code(request: HttpRequest) -> HttpResponse:
    """Where the code of a letter is typed in."""
    with override(_language(request)):
        typed = plain_code(request.GET.get("code", ""))
        if typed:
            return redirect(reverse("public:survey-answer", args=[typed]) + _query(request, by="hand"))
        return _page(request, _("Residents' survey"), "survey_entry", {})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """The questions, and one answer for the household."""
    with override(_language(request)):
        return _answer(request, plain_code(code))


def _answer(request: HttpRequest, code: str) -> HttpResponse:
    title = _("Residents' survey")
    try:
        household = _known(request, code)
    except Refused as why:
        status = 429 if why.code == "too-often" else 404
        return _page(request, title, "survey_entry", {"refused": why, "typed": shown_code(code)}, status)
    try:
        require_running(household.round)
        if household.answered:
            raise already_answered()
    except Refused as why:
        return _page(request, title, "survey_over", {"why": why, "household": household})
    refused: Refused | None = None
    if request.method == "POST":
        try:
            quiet.check_form(request, code)
            quiet.count("act", code)
            answer_by_code(code=code, marks=request.POST, typed=request.GET.get("by") == "hand")
            return redirect(reverse("public:survey-thanks") + _query(request))
        except Refused as why:
            if why.code == "already-answered":
                return _page(request, title, "survey_over", {"why": why, "household": household}, 409)
            refused = why
    english = _language(request) == ENGLISH
    questions = [
        {
            "code": question.code,
            "text": (question.text_en if english else "") or question.text,
            "counts": question.counts,
            "given": request.POST.get(question.code, ""),
        }
        for question in household.round.questions.all()
    ]
    context = {
        "household": household,
        "round": household.round,
        "questions": questions,
        "scale": SCALE,
        "refused": refused,
        "code": code,
        "form_query": _query(request, **({"by": "hand"} if request.GET.get("by") == "hand" else {})),
        "stamp": quiet.new_stamp(code),
    }
    return _page(request, household.round.title, "survey", context, quiet.status_of(refused))


def _known(request: HttpRequest, code: str) -> SurveyHousehold:
    """The household of the code; who tries many wrong ones is turned away."""
    try:
        return find_household(code)
    except Refused:
        quiet.count("wrong-code", sender(request))
        raise


@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """After the answer: nothing of it stands here."""
    with override(_language(request)):
        return _page(request, _("Thank you"), "survey_thanks", {})
