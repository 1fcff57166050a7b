"""Joint meetings at the desk: the board of a month, the minutes as paper, their review, addenda and scans."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from communities.lights import Light, filing_deadline
from communities.models import Commitment, JointMeeting, MeetingScan
from communities.paper import paper_of
from communities.selectors import owing_meeting
from communities.services import addenda, meetings
from communities.services.meetings import EDITABLE
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind
from redprop.core.services.attachments import MAX_BYTES
from redprop.desk.files import file_of, paper_answer
from redprop.desk.filing import Filing, filing_by_subdistrict
from redprop.desk.held import held, hold, let_go
from redprop.desk.lists import Cell, DeskList, desk_list
from redprop.desk.owed import month_label
from redprop.desk.page import Desk, carry_out, desk_page, show
from redprop.desk.views.months import month_of

State = JointMeeting.State
MONTHS_SHOWN = 13


@desk_page
def board(request: HttpRequest) -> HttpResponse:
    """Who has filed: the months of one community, one month by subdistrict, or one month of all communities."""
    desk = request.desk
    if not desk.sees_meetings:
        raise Http404
    if len(desk.communities) == 1:
        context = {"rows": _months_of(desk, desk.communities[0]), "community": desk.communities[0]}
        return show(request, "desk/meetings_of_community.html", context)
    month, by_subdistrict, total = _month(desk, request.GET)
    due_on = filing_deadline(month, desk.calendar)
    chosen = request.GET.get("subdistrict", "")
    context = {
        "month": month,
        "month_label": month_label(month),
        "earlier": month.preceding(),
        "later": month.following() if month < Period.of(PeriodKind.MONTH, desk.today) else None,
        "due_on": due_on,
        "subdistrict": chosen,
    }
    if len(by_subdistrict) > 1 and not chosen:
        context |= {"rows": by_subdistrict, "total": total}
        return show(request, "desk/meetings_of_district.html", context)
    rows = _communities_of(desk, month, chosen)
    context |= {
        "rows": rows,
        "place": rows[0]["community"].subdistrict if chosen and rows else None,
        "filed": sum(r["filed"] for r in rows),
        "on_time": sum(r["on_time"] for r in rows),
        "late": sum(r["filed"] and not r["on_time"] for r in rows),
        "missing": sum(not r["filed"] and due_on < desk.today for r in rows),
        "accepted": sum(bool(r["meeting"]) and r["meeting"].state == State.ACCEPTED for r in rows),
    }
    return show(request, "desk/meetings_of_month.html", context)


@desk_list("meetings")
def meetings_list(desk: Desk, query: QueryDict) -> DeskList:
    """What the board shows: months of one community, or a month of the communities in reach."""
    if not desk.sees_meetings:
        raise Http404
    columns: list[tuple[str, Cell]] = [
        (_("Month"), "month"),
        (_("Subdistrict"), "community.subdistrict"),
        (_("Community"), "community"),
        (_("State"), "meeting.get_state_display"),
        (_("To be filed by"), "due_on"),
        (_("Filed at"), "meeting.submitted_at"),
        (_("On time"), lambda row: row["on_time"] if row["filed"] else None),
    ]
    if len(desk.communities) == 1:
        return DeskList(_("Joint meetings"), _months_of(desk, desk.communities[0]), columns)
    month, _by_subdistrict, _total = _month(desk, query)
    chosen = query.get("subdistrict", "")
    rows = _communities_of(desk, month, chosen)
    place = rows[0]["community"].subdistrict if chosen and rows else ""
    return DeskList(
        _("Joint meetings"),
        rows,
        columns,
        filters=[(_("Month"), month_label(month)), (_("Subdistrict"), place)],
    )


@desk_list("meetings-by-subdistrict")
def filing_list(desk: Desk, query: QueryDict) -> DeskList:
    """Who has filed in one month, by subdistrict."""
    if not desk.sees_meetings:
        raise Http404
    month, rows, _total = _month(desk, query)
    return DeskList(
        title=_("Joint meetings by subdistrict"),
        rows=rows,
        columns=[
            (_("Subdistrict"), "name"),
            (_("Expected"), "expected"),
            (_("On time"), "on_time"),
            (_("Late"), "late"),
            (_("Missing"), "missing"),
            (_("Accepted"), "accepted"),
            (_("Returned"), "returned"),
        ],
        filters=[(_("Month"), month_label(month))],
    )


def _month(desk: Desk, query: QueryDict) -> tuple[Period, list[Filing], Filing]:
    """The month asked for (the last one unless told) and its counts by subdistrict."""
    this_month = Period.of(PeriodKind.MONTH, desk.today)
    month = month_of(query["month"]) if query.get("month") else this_month.preceding()
    overdue = filing_deadline(month, desk.calendar) < desk.today
    return month, *filing_by_subdistrict(desk.user, month, overdue=overdue)


def _months_of(desk: Desk, community: Community) -> list[dict]:
    this_month = Period.of(PeriodKind.MONTH, desk.today)
    months = [this_month.shift(-i) for i in range(MONTHS_SHOWN)]
    entered = {
        m.month: m for m in JointMeeting.objects.filter(community=community, month__gte=months[-1].start)
    }
    return [_row(desk, community, month, entered.get(month.start)) for month in months]


def _communities_of(desk: Desk, month: Period, subdistrict: str) -> list[dict]:
    communities = owing_meeting(Community.objects.for_user(desk.user), month).select_related("subdistrict")
    if subdistrict:
        communities = communities.filter(subdistrict__code=subdistrict)
    entered = {
        m.community_id: m
        for m in JointMeeting.objects.for_user(desk.user).filter(month=month.start, community__in=communities)
    }
    return [
        _row(desk, c, month, entered.get(c.pk)) for c in communities.order_by("subdistrict__code", "code")
    ]


def _row(desk: Desk, community: Community, month: Period, meeting: JointMeeting | None) -> dict:
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


def _in_reach(request: HttpRequest, pk: int) -> JointMeeting:
    found = JointMeeting.objects.for_user(request.user)
    return get_object_or_404(found.select_related("community__subdistrict", "community__district"), pk=pk)


@desk_page
def minutes(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes of a meeting, as on paper, and what this user may do with them."""
    desk, meeting = request.desk, _in_reach(request, pk)
    promises = list(meeting.commitments.select_related("project__enterprise", "compound"))
    for promise in promises:
        promise.light = desk.lights.of(
            promise.due_on, done=promise.state in (Commitment.State.CONFIRMED, Commitment.State.EXCLUDED)
        )
    is_secretary = meeting.community_id in {c.pk for c in desk.communities}
    typed, about = held(request)
    context = {
        "meeting": meeting,
        "month_label": month_label(meeting.month),
        "paper": paper_of(meeting).to_dict(),
        "promises": promises,
        "scans": list(meeting.scans.select_related("attachment")),
        "light": Light.DONE if meeting.submitted_at else desk.lights.of(meeting.due_on),
        "may_edit": is_secretary and meeting.state in EDITABLE,
        "may_add": is_secretary and meeting.state == State.ACCEPTED,
        "may_scan": is_secretary and bool(meeting.submitted_at),
        "may_review": meeting.state == State.SUBMITTED
        and meeting.community.subdistrict_id in desk.subdistrict_ids,
        "edit_url": reverse("desk:meeting-edit", args=[meeting.community_id, f"{meeting.month:%Y-%m}"]),
        "autosave_key": f"minutes-{meeting.community_id}-{meeting.month:%Y-%m}",
        "typed": typed or {},
        "refused": about.get("refused"),
        "most_bytes": MAX_BYTES,
        "most_megabytes": MAX_BYTES // 1048576,
    }
    return show(request, "desk/meeting.html", context)


@desk_page
def paper(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The minutes as .docx or PDF."""
    meeting = _in_reach(request, pk)
    return paper_answer(request, paper_of(meeting), form, reverse("desk:meeting", args=[pk]))


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
    return _or_hold(
        request,
        lambda: meetings.return_meeting(
            meeting=meeting, reason=request.POST.get("reason", ""), acting_user=request.user
        ),
        _("Returned. The secretary sees your reason."),
        pk,
    )


@require_POST
@desk_page
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an addendum to accepted minutes."""
    meeting = _in_reach(request, pk)
    return _or_hold(
        request,
        lambda: addenda.add_addendum(
            meeting=meeting, text=request.POST.get("addendum", ""), acting_user=request.user
        ),
        _("Added. It stands below the minutes, with its date and your name."),
        pk,
    )


@require_POST
@desk_page
def add_scan(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a scan of the signed page."""
    meeting = _in_reach(request, pk)
    upload = request.FILES.get("scan")
    if upload is None:
        messages.error(request, _("Choose a photo or PDF of the signed page first."))
        return redirect("desk:meeting", pk=pk)
    return carry_out(
        request,
        lambda: addenda.add_scan(meeting=meeting, upload=upload, acting_user=request.user),
        _("The signed page is added."),
        reverse("desk:meeting", args=[pk]),
    )


def _scan(request: HttpRequest, pk: int, scan: int) -> MeetingScan:
    found = MeetingScan.objects.for_user(request.user).select_related("attachment", "meeting")
    return get_object_or_404(found, pk=scan, meeting=pk)


@desk_page
def scan(request: HttpRequest, pk: int, scan: int) -> HttpResponseBase:
    """The scan itself: a file that we wrote, a JPEG or a PDF."""
    return file_of(_scan(request, pk, scan).attachment)


@require_POST
@desk_page
def remove_scan(request: HttpRequest, pk: int, scan: int) -> HttpResponse:
    """Take a wrong scan away."""
    row = _scan(request, pk, scan)
    return carry_out(
        request,
        lambda: addenda.remove_scan(scan=row, acting_user=request.user),
        _("The scan is removed."),
        reverse("desk:meeting", args=[pk]),
    )


def _or_hold(request: HttpRequest, act, done: str, pk: int) -> HttpResponse:
    """As `carry_out`; what was typed stands in the page again when it is refused."""
    back = reverse("desk:meeting", args=[pk])
    try:
        act()
    except Refused as refused:
        return hold(request, request.POST, back, refused=str(refused))
    let_go(request, back)
    messages.success(request, done)
    return redirect(f"{back}?done=1")
