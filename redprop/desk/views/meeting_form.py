"""The form of one month's joint meeting: drafts kept as one types, versions compared, minutes filed."""

import json

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.lights import filing_deadline
from communities.models import JointMeeting
from communities.selectors import items_on
from communities.services import meetings
from communities.services.meetings import EDITABLE
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.periods import Period
from redprop.core.services.burden import record_burden
from redprop.desk.comparing import Comparison
from redprop.desk.forms import MAX_ROWS
from redprop.desk.held import held, hold, let_go
from redprop.desk.minutes import MinutesForms
from redprop.desk.owed import month_label
from redprop.desk.page import desk_page, show
from redprop.desk.views.months import month_of

ELSEWHERE = "saved-elsewhere"


@desk_page
def edit(request: HttpRequest, pk: int, month: str) -> HttpResponseBase:
    """Show the form (GET) or save, file or compare it (POST, always answered by a redirect)."""
    desk, period = request.desk, month_of(month)
    community = next((c for c in desk.communities if c.pk == pk), None)
    if community is None or period.start > desk.today:
        raise Http404
    meeting = JointMeeting.objects.filter(community=community, month=period.start).first()
    silent = request.headers.get("X-Requested-With") == "fetch"
    if meeting and meeting.state not in EDITABLE:
        if silent:
            return JsonResponse(
                {"refused": _("These minutes are filed already."), "code": "filed"}, status=409
            )
        if request.method == "POST":
            messages.warning(
                request, _("These minutes were filed in the meantime, from another page or device.")
            )
        return redirect("desk:meeting", pk=meeting.pk)
    if request.method == "POST":
        return _save(request, community, period, meeting, silent=silent)
    data, about = held(request)
    if data is not None and about.get("code") == ELSEWHERE and meeting:
        forms = _forms(request, community, period, meeting)
        comparison = Comparison(data, meeting, forms)
        return show(request, "desk/meeting_compare.html", _compared(request, comparison, period, meeting))
    forms = _forms(request, community, period, meeting, data, about.get("more", ""))
    if data is not None and not about.get("more"):
        forms.is_valid()
        if about.get("refused"):
            forms.head.add_error(None, about["refused"])
    return show(request, "desk/meeting_form.html", _context(request, community, period, meeting, forms))


def _forms(request, community, period, meeting, data=None, more: str = "") -> MinutesForms:
    return MinutesForms(
        community=community,
        month=period,
        meeting=meeting,
        user=request.user,
        today=request.desk.today,
        data=data,
        more=more,
    )


def _save(
    request: HttpRequest, community: Community, period: Period, meeting: JointMeeting | None, *, silent: bool
) -> HttpResponse:
    data, action = request.POST, request.POST.get("action", "draft")
    if action.startswith("add-"):
        return hold(request, data, request.path, more=action.removeprefix("add-"))
    if action == "merge":
        typed, _about = held(request)
        if typed is None or meeting is None:
            return redirect(request.path)
        data = Comparison(typed, meeting, _forms(request, community, period, meeting)).merged(data)
    forms = _forms(request, community, period, meeting, data)
    if not forms.is_valid():
        if silent:
            return JsonResponse({"refused": "incomplete", "code": "incomplete"}, status=422)
        return hold(request, data, request.path)
    try:
        saved = meetings.save_meeting(
            community=community,
            month=period,
            minutes=forms.minutes(),
            version=forms.version,
            acting_user=request.user,
        )
    except Refused as refused:
        if silent:
            return JsonResponse(refused.as_dict(), status=409 if refused.code == ELSEWHERE else 422)
        return hold(request, data, request.path, refused=str(refused), code=refused.code)
    if silent:
        return JsonResponse(
            {"stamp": saved.version, "masked": forms.masked, "keys": _keys_in_order(forms, saved)}
        )
    if forms.masked:
        messages.warning(
            request,
            _(
                "A phone or ID number was typed into the minutes, which are handed round. It was masked: %(texts)s"
            )
            % {"texts": "；".join(text[:60] for text in forms.masked.values())},
        )
    if action == "submit":
        try:
            meetings.submit_meeting(meeting=saved, acting_user=request.user)
        except Refused as refused:
            stamped = data.copy()
            stamped["stamp"] = str(saved.version)
            return hold(request, stamped, request.path, refused=str(refused), code=refused.code)
        record_burden(
            district=community.district,
            form="meeting",
            typed_fields=request.POST.get("burden_fields"),
            seconds=request.POST.get("burden_seconds"),
        )
        let_go(request)
        messages.success(request, _("Filed. The subdistrict now reviews it."))
        # The mark tells the page that what the device keeps has arrived.
        return redirect(f"{reverse('desk:meeting', args=[saved.pk])}?filed=1")
    let_go(request)
    messages.success(request, _("The draft is saved."))
    return redirect(f"{request.path}?saved=1")


def _keys_in_order(forms: MinutesForms, saved: JointMeeting) -> dict[str, int]:
    """The keys of promises that were typed on this page, by the field that holds them: the next draft names them."""
    rows = list(saved.commitments.order_by("pk"))
    found: dict[str, int] = {}
    for number, typed in enumerate(forms.promises.cleaned_data):
        if not typed or typed.get("DELETE") or typed.get("pk"):
            continue
        problem = forms.masked.get(f"promises-{number}-problem", typed["problem"]).strip()
        for row in rows:
            same = (f"{row.project_id}:{row.compound_id or ''}", row.problem, row.due_on)
            if same == (typed["where"], problem, typed["due_on"]) and row.pk not in found.values():
                found[f"promises-{number}-pk"] = row.pk
                break
    return found


def _context(request, community, period, meeting, forms) -> dict[str, object]:
    desk = request.desk
    due_on = meeting.due_on if meeting else filing_deadline(period, desk.calendar)
    day = meeting.held_on if meeting and meeting.held_on else min(desk.today, period.end)
    items = items_on(community, period.start, day)
    return {
        "community": community,
        "month": str(period),
        "month_label": month_label(period),
        "meeting": meeting,
        "forms": forms,
        "bound": forms.head.is_bound,
        "kept": forms.head.is_bound or "held" in request.GET,
        "items": [
            (item, desk.lights.of(item.commitment.due_on, done=bool(item.closed_on))) for item in items
        ],
        "due_on": due_on,
        "light": desk.lights.of(due_on),
        "max_rows": MAX_ROWS,
        "offered": json.dumps(forms.offered, ensure_ascii=False),
    }


def _compared(request, comparison, period, meeting) -> dict[str, object]:
    return {
        "community": meeting.community,
        "month": str(period),
        "month_label": month_label(period),
        "meeting": meeting,
        "differences": comparison.differences(),
        "held": request.GET["held"],
    }
