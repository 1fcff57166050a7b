"""The form of a council meeting: convened, kept as one types, compared where two typed, filed for good."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from communities.models import CouncilMeeting
from communities.selectors import compounds_of
from communities.services import councils
from redprop.common.errors import Refused
from redprop.core.services.burden import record_burden
from redprop.desk.council_forms import MOST_NEW, CouncilForms, mask_typed, typed_values
from redprop.desk.held import held, hold, let_go
from redprop.desk.page import carry_out, desk_page, show

ELSEWHERE = "saved-elsewhere"


@desk_page
def convene(request: HttpRequest) -> HttpResponse:
    """Choose compounds, day and time: that opens the draft."""
    desk = request.desk
    if not desk.communities:
        raise Http404
    communities = [(c, list(compounds_of(c, desk.today).order_by("code"))) for c in desk.communities]
    if request.method == "POST":
        chosen = request.POST.getlist("compounds")
        community = next((c for c, _rows in communities if str(c.pk) == request.POST.get("community")), None)
        if community is None:
            raise Http404
        rows = [row for c, rows in communities if c == community for row in rows if str(row.pk) in chosen]
        try:
            meeting = councils.convene_council(
                community=community,
                compounds=rows,
                held_on=_posted_day(request.POST.get("held_on", "")),
                session=request.POST.get("session", ""),
                acting_user=request.user,
            )
        except Refused as refused:
            return hold(request, request.POST, request.path, refused=str(refused))
        messages.success(request, _("The draft is open. What you type is kept."))
        return redirect("desk:council-edit", pk=meeting.pk)
    typed, about = held(request)
    context = {
        "communities": communities,
        "sessions": CouncilMeeting.Session.choices,
        "typed": typed or {"held_on": desk.today.isoformat(), "session": "evening"},
        "chosen": typed.getlist("compounds") if typed else [],
        "refused": about.get("refused"),
    }
    return show(request, "desk/council_new.html", context)


def _posted_day(text: str) -> dt.date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise Refused(_("Held on: enter a day such as 2026-10-31."), code="no-date")
    return day


@desk_page
def edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show the form (GET) or keep, file or compare it (POST, always answered by a redirect)."""
    desk = request.desk
    meeting = get_object_or_404(
        CouncilMeeting.objects.select_related("community__district", "community__subdistrict"),
        pk=pk,
        community__in=desk.communities,
    )
    silent = request.headers.get("X-Requested-With") == "fetch"
    if meeting.state != CouncilMeeting.State.DRAFT:
        if silent:
            return JsonResponse({"refused": _("This meeting is filed already."), "code": "filed"}, status=409)
        if request.method == "POST":
            messages.warning(
                request, _("This meeting was filed in the meantime, from another page or device.")
            )
        return redirect("desk:council", pk=pk)
    if request.method == "POST":
        return _save(request, meeting, silent=silent)
    data, about = held(request)
    if data is not None and about.get("code") == ELSEWHERE:
        return show(request, "desk/council_compare.html", _compared(request, meeting, data))
    forms = CouncilForms(meeting=meeting, today=desk.today, data=data, more=bool(about.get("more")))
    judged = data is not None and not about.get("more")
    if judged:
        forms.is_valid()
        if about.get("refused"):
            forms.head.add_error(None, about["refused"])
    context = {
        "meeting": meeting,
        "forms": forms,
        "judged": judged,
        "kept": data is not None,
        "quorum": councils.terms_on(meeting.community.district, meeting.held_on).needed_present(
            len(forms.representatives)
        ),
        "most_new": MOST_NEW,
        "is_ahead": meeting.held_on > desk.today,
    }
    return show(request, "desk/council_form.html", context)


def _save(request: HttpRequest, meeting: CouncilMeeting, *, silent: bool) -> HttpResponse:
    data, action = request.POST.copy(), request.POST.get("action", "draft")
    if action == "add-new":
        return hold(request, data, request.path, more="new")
    if action == "merge":
        typed, _about = held(request)
        if typed is None:
            return redirect(request.path)
        data = _merged(typed, meeting, request.POST)
    typed, masked = mask_typed(typed_values(data))
    for name, text in masked.items():
        data[name] = text
    stamp = data.get("stamp", "")
    try:
        saved = councils.save_council(
            meeting=meeting,
            typed=typed,
            held_on=_day_or_none(data.get("held_on", "")),
            session=data.get("session", "") if data.get("session") in CouncilMeeting.Session.values else "",
            version=int(stamp) if stamp.isdigit() else 0,
            acting_user=request.user,
        )
    except Refused as refused:
        if silent:
            return JsonResponse(refused.as_dict(), status=409 if refused.code == ELSEWHERE else 422)
        return hold(request, data, request.path, refused=str(refused), code=refused.code)
    if silent:
        return JsonResponse({"stamp": saved.version, "masked": masked, "keys": {}})
    if masked:
        messages.warning(
            request,
            _(
                "A phone or ID number was typed; resolutions are published. It was masked: %(texts)s. Check it, "
                "then file."
            )
            % {"texts": "；".join(text[:60] for text in masked.values())},
        )
    if action != "submit" or masked:
        let_go(request)
        if not masked:
            messages.success(request, _("The draft is saved."))
        return redirect(f"{request.path}?saved=1")
    return _file(request, saved, data)


def _file(request: HttpRequest, meeting: CouncilMeeting, data: QueryDict) -> HttpResponse:
    data["stamp"] = str(meeting.version)
    forms = CouncilForms(meeting=meeting, today=request.desk.today, data=data)
    if not forms.is_valid():
        return hold(request, data, request.path)
    try:
        councils.file_council(
            meeting=meeting, minutes=forms.minutes(), version=meeting.version, acting_user=request.user
        )
    except Refused as refused:
        return hold(request, data, request.path, refused=str(refused), code=refused.code)
    record_burden(
        district=meeting.community.district,
        form="council",
        typed_fields=request.POST.get("burden_fields"),
        seconds=request.POST.get("burden_seconds"),
    )
    let_go(request)
    messages.success(
        request,
        _("Filed. The resolutions appear on the public pages of the compounds within a quarter of an hour."),
    )
    return redirect(f"{reverse('desk:council', args=[meeting.pk])}?filed=1")


@require_POST
@desk_page
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a draft away."""
    meeting = get_object_or_404(CouncilMeeting, pk=pk, community__in=request.desk.communities)
    return carry_out(
        request,
        lambda: councils.drop_council(meeting=meeting, acting_user=request.user),
        _("The draft is taken away."),
        reverse("desk:councils"),
    )


def _day_or_none(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _text(value: Any) -> str:
    return "、".join(value) if isinstance(value, list) else str(value or "").strip()


def _different(typed: dict[str, Any], draft: dict[str, Any]) -> list[str]:
    names = [n for n in dict.fromkeys([*draft, *typed]) if not n.endswith(("_FORMS",))]
    return [n for n in names if _text(typed.get(n)) != _text(draft.get(n))]


def _compared(request: HttpRequest, meeting: CouncilMeeting, data: QueryDict) -> dict[str, object]:
    """Both versions, field by field; nothing is decided by itself."""
    typed = typed_values(data)
    labels = CouncilForms(meeting=meeting, today=request.desk.today).labels()
    labels |= CouncilForms(meeting=meeting, today=request.desk.today, data=data).labels()

    def shown(name: str, value: Any) -> str:
        choices = labels.get(name, ("", {}))[1]
        values = value if isinstance(value, list) else [value]
        return "、".join(choices.get(str(v), str(v)) for v in values if v not in (None, "")) or _("empty")

    rows = [
        {
            "key": name,
            "label": labels.get(name, (name, {}))[0],
            "mine": shown(name, typed.get(name)),
            "theirs": shown(name, meeting.draft.get(name)),
        }
        for name in _different(typed, meeting.draft)
    ]
    return {"meeting": meeting, "differences": rows, "held": request.GET["held"]}


def _merged(typed: QueryDict, meeting: CouncilMeeting, choices: QueryDict) -> QueryDict:
    """What was typed here, with the saved side where it was chosen."""
    data = typed.copy()
    for name in _different(typed_values(typed), meeting.draft):
        if choices.get(name) == "theirs":
            value = meeting.draft.get(name, "")
            data.setlist(name, value if isinstance(value, list) else [str(value)])
    counts = [str(d.get("new-TOTAL_FORMS", "0")) for d in (typed, meeting.draft)]
    data["new-TOTAL_FORMS"] = str(max(int(c) if c.isdigit() else 0 for c in counts))
    data["stamp"] = str(meeting.version)
    return data
