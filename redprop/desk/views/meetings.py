"""Joint meetings at the desk: the board of a month, the form, the minutes and their review."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from communities.lights import Light, filing_deadline
from communities.models import Commitment, JointMeeting, MeetingAttendance
from communities.selectors import open_items
from communities.services import meetings
from communities.services.meetings import EDITABLE
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind
from redprop.desk.forms import MAX_ROWS, MinutesForms
from redprop.desk.owed import month_label
from redprop.desk.page import carry_out, desk_page, show

State = JointMeeting.State
MONTHS_SHOWN = 13


def _month(text: str) -> Period:
    try:
        month = Period.parse(text)
    except Refused as refused:
        raise Http404 from refused
    if month.kind is not PeriodKind.MONTH:
        raise Http404
    return month


@desk_page
def board(request: HttpRequest) -> HttpResponse:
    """Who has filed: the months of one community, or one month of all communities in reach."""
    desk = request.desk
    if not desk.sees_meetings:
        raise Http404
    this_month = Period.of(PeriodKind.MONTH, desk.today)
    if len(desk.communities) == 1:
        months = [this_month.shift(-i) for i in range(MONTHS_SHOWN)]
        community = desk.communities[0]
        entered = {
            m.month: m for m in JointMeeting.objects.filter(community=community, month__gte=months[-1].start)
        }
        rows = [_row(desk, community, month, entered.get(month.start)) for month in months]
        return show(request, "desk/meetings_of_community.html", {"rows": rows, "community": community})
    month = _month(request.GET["month"]) if request.GET.get("month") else this_month.preceding()
    communities = Community.objects.for_user(request.user).open_on(month.end).select_related("subdistrict")
    entered = {
        m.community_id: m for m in JointMeeting.objects.for_user(request.user).filter(month=month.start)
    }
    rows = [
        _row(desk, c, month, entered.get(c.pk)) for c in communities.order_by("subdistrict__code", "code")
    ]
    context = {
        "rows": rows,
        "month": month,
        "month_label": month_label(month),
        "earlier": month.preceding(),
        "later": month.following() if month < this_month else None,
        "due_on": filing_deadline(month, desk.calendar),
        "filed": sum(r["filed"] for r in rows),
        "on_time": sum(r["on_time"] for r in rows),
        "accepted": sum(bool(r["meeting"]) and r["meeting"].state == State.ACCEPTED for r in rows),
    }
    return show(request, "desk/meetings_of_month.html", context)


def _row(desk, community: Community, month: Period, meeting: JointMeeting | None) -> dict[str, object]:
    filed = bool(meeting and meeting.submitted_at)
    due_on = meeting.due_on if meeting else filing_deadline(month, desk.calendar)
    open_for_editing = not meeting or meeting.state in EDITABLE
    return {
        "community": community,
        "month": str(month),
        "month_label": month_label(month),
        "meeting": meeting,
        "filed": filed,
        "on_time": filed and meeting.is_on_time,
        "due_on": due_on,
        "light": None if filed else desk.lights.of(due_on),
        "edit_url": reverse("desk:meeting-edit", args=[community.pk, str(month)])
        if open_for_editing
        else None,
    }


@desk_page
def edit(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    """The form of one month: drafts are kept, also on the device; submitting files it."""
    desk, period = request.desk, _month(month)
    community = next((c for c in desk.communities if c.pk == pk), None)
    if community is None or period.start > desk.today:
        raise Http404
    meeting = JointMeeting.objects.filter(community=community, month=period.start).first()
    if meeting and meeting.state not in EDITABLE:
        return redirect("desk:meeting", pk=meeting.pk)
    action = request.POST.get("action", "draft")
    forms = MinutesForms(
        community=community,
        month=period,
        meeting=meeting,
        user=request.user,
        today=desk.today,
        data=request.POST if request.method == "POST" else None,
        more_rows=1 if action == "add" else 0,
    )
    silent = request.headers.get("X-Requested-With") == "fetch"
    if request.method == "POST" and action != "add":
        valid = forms.is_valid()
        if valid:
            try:
                saved = meetings.save_meeting(
                    community=community,
                    month=period,
                    minutes=forms.minutes(),
                    version=forms.version,
                    acting_user=request.user,
                )
                if silent:
                    return JsonResponse({"stamp": saved.version})
                if action == "submit":
                    forms.head.data = {**forms.head.data.dict(), "stamp": saved.version}
                    saved = meetings.submit_meeting(meeting=saved, acting_user=request.user)
                    messages.success(request, _("Filed. The subdistrict now reviews it."))
                    return redirect("desk:meeting", pk=saved.pk)
                messages.success(request, _("The draft is saved."))
                return redirect("desk:meeting-edit", pk=pk, month=month)
            except Refused as refused:
                if silent:
                    return JsonResponse(refused.as_dict(), status=409)
                forms.head.add_error(None, str(refused))
        elif silent:
            return JsonResponse({"refused": "incomplete"}, status=422)
    items = list(open_items(community, period.start))
    for item in items:
        item.light = desk.lights.of(item.due_on)
    due_on = meeting.due_on if meeting else filing_deadline(period, desk.calendar)
    context = {
        "community": community,
        "month": month,
        "month_label": month_label(period),
        "meeting": meeting,
        "forms": forms,
        "bound": forms.head.is_bound,
        "items": items,
        "due_on": due_on,
        "light": desk.lights.of(due_on),
        "max_rows": MAX_ROWS,
    }
    return show(request, "desk/meeting_form.html", context)


@desk_page
def minutes(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes of a meeting, as on paper, and what this user may do with them."""
    desk = request.desk
    found = JointMeeting.objects.for_user(request.user).select_related("community__subdistrict")
    meeting = get_object_or_404(found, pk=pk)
    attendance = list(meeting.attendance.select_related("project").order_by("pk"))
    promises = list(meeting.commitments.select_related("project__enterprise", "compound"))
    for promise in promises:
        promise.light = desk.lights.of(
            promise.due_on, done=promise.state in (Commitment.State.CONFIRMED, Commitment.State.EXCLUDED)
        )
    is_secretary = meeting.community_id in {c.pk for c in desk.communities}
    context = {
        "meeting": meeting,
        "month_label": month_label(meeting.month),
        "lists": [
            (label, [a.project or a.unit for a in attendance if a.kind == kind])
            for kind, label in MeetingAttendance.Kind.choices
        ],
        "promises": promises,
        "items": _still_open_then(meeting),
        "light": Light.DONE if meeting.submitted_at else desk.lights.of(meeting.due_on),
        "may_edit": is_secretary and meeting.state in EDITABLE,
        "may_review": meeting.state == State.SUBMITTED
        and meeting.community.subdistrict_id in desk.subdistrict_ids,
        "edit_url": reverse("desk:meeting-edit", args=[meeting.community_id, f"{meeting.month:%Y-%m}"]),
        "autosave_key": f"minutes-{meeting.community_id}-{meeting.month:%Y-%m}",
    }
    return show(request, "desk/meeting.html", context)


def _still_open_then(meeting: JointMeeting) -> list[Commitment]:
    """Promises of earlier meetings that were not confirmed when this one was held."""
    day = meeting.held_on or meeting.month
    rows = Commitment.objects.filter(
        meeting__community=meeting.community_id, meeting__month__lt=meeting.month
    ).select_related("project")
    return [
        c
        for c in rows.exclude(state=Commitment.State.EXCLUDED)
        .exclude(confirmed_at__date__lt=day)
        .order_by("due_on", "pk")
    ]


def _in_reach(request: HttpRequest, pk: int) -> JointMeeting:
    return get_object_or_404(JointMeeting.objects.for_user(request.user), pk=pk)


@require_POST
@desk_page
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """File a saved draft without opening its form."""
    meeting = _in_reach(request, pk)
    return carry_out(
        request,
        lambda: meetings.submit_meeting(meeting=meeting, acting_user=request.user),
        _("Filed. The subdistrict now reviews it."),
        reverse("desk:meeting", args=[pk]),
    )


@require_POST
@desk_page
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept the minutes."""
    meeting = _in_reach(request, pk)
    return carry_out(
        request,
        lambda: meetings.accept_meeting(meeting=meeting, acting_user=request.user),
        _("Accepted. The meeting counts from now on."),
        reverse("desk:meeting", args=[pk]),
    )


@require_POST
@desk_page
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the minutes with a reason."""
    meeting = _in_reach(request, pk)
    return carry_out(
        request,
        lambda: meetings.return_meeting(
            meeting=meeting, reason=request.POST.get("reason", ""), acting_user=request.user
        ),
        _("Returned. The secretary sees your reason."),
        reverse("desk:meeting", args=[pk]),
    )
