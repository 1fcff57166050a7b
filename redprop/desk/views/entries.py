"""Entries of the published lists at the desk: where one stands, the enterprise's reply beside it, its rectification."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from evaluations.models import NAMED_COLOURS, Colour, ListEntry, Rectification, Scorecard
from evaluations.services.corrections import resurvey_due_on
from evaluations.services.display import ADVERSE, repairable_from
from evaluations.services.rectification import report_rectification
from evaluations.services.replies import LONGEST, PUBLIC, add_reply, take_back_reply
from evaluations.words import reason_text
from redprop.desk.files import file_of
from redprop.desk.held import held
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, carry_out, desk_page, show

PAGE = 50
State = ListEntry.State
SHOWN = (*PUBLIC, State.EXPIRED, State.REPAIRED, State.WITHDRAWN)
"""Entries that are or were public under their name."""

COLOURS = (*NAMED_COLOURS, Colour.UNDETERMINED)


def entries_for(desk: Desk) -> QuerySet[ListEntry]:
    """Return the published entries the user may see; those whose display has ended only to firm and district."""
    rows = ListEntry.objects.for_user(desk.user).filter(colour__in=COLOURS, state__in=SHOWN)
    if not (desk.enterprises or desk.sees_district):
        rows = rows.filter(state__in=PUBLIC)
    return rows.select_related("period__district", "project", "enterprise")


def subject_of(entry: ListEntry) -> str:
    """The project, or the enterprise of an entry of the enterprise list."""
    return str(entry.project or entry.enterprise)


@desk_list("entries")
def entries_list(desk: Desk, query: QueryDict) -> DeskList:
    """Entries by period, the newest first; one list alone when `colour` names it."""
    colour = query.get("colour", "")
    rows = entries_for(desk).order_by("-period__ends_on", "level", "rank", "pk")
    if colour in COLOURS:
        rows = rows.filter(colour=colour)
    return DeskList(
        title=_("Entries on the lists"),
        rows=rows,
        columns=[
            (_("Period"), "period"),
            (_("Project or enterprise"), subject_of),
            (_("Enterprise"), "enterprise"),
            (_("Result"), "get_colour_display"),
            (_("State"), "get_state_display"),
            (_("Rank"), "rank"),
            (_("Total (points)"), "total"),
        ],
        filters=[(_("Result"), Colour(colour).label if colour in COLOURS else "")],
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """A page of the entries."""
    found = entries_list(request.desk, request.GET)
    colour = request.GET.get("colour", "")
    context = {
        "page_obj": Paginator(found.rows, PAGE).get_page(request.GET.get("page")),
        "colours": [(c.value, c.label) for c in COLOURS],
        "colour": colour if colour in COLOURS else "",
        "page_query": f"colour={colour}&" if colour in COLOURS else "",
    }
    return show(request, "desk/entries.html", context)


@desk_page
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: result, reasons, replies."""
    entry = get_object_or_404(entries_for(request.desk), pk=pk)
    is_contact = entry.enterprise_id in {e.pk for e in request.desk.enterprises}
    replies = list(entry.replies.all())
    standing = next((r for r in replies if r.replaced_at is None), None)
    data, about = held(request)
    typed = data.get("text", "") if data and about.get("step") == f"entry-{pk}-reply" else ""
    context = {
        "entry": entry,
        "subject": subject_of(entry),
        "reasons": [reason_text(reason) for reason in entry.reasons],
        "card": Scorecard.objects.filter(run=entry.run_id, project=entry.project_id).first(),
        "standing": standing,
        "older": [r for r in replies if r is not standing],
        "may_reply": is_contact and entry.state in PUBLIC and entry.is_named,
        "reply_text": typed or (standing.text if standing else ""),
        "longest": LONGEST,
        "is_contact": is_contact,
        "resurvey_due": resurvey_due_on(entry.period) if entry.colour == Colour.UNDETERMINED else None,
        "follow_ups": list(entry.follow_ups.all()),
        "rectifications": list(entry.rectifications.all()),
        "may_report": is_contact
        and entry.state == State.FINAL
        and entry.colour in ADVERSE
        and not entry.rectifications.exclude(state=Rectification.State.FAILED).exists(),
        "repairable_from": repairable_from(entry) if entry.colour in ADVERSE else None,
        "rectify_text": data.get("text", "") if data and about.get("step") == f"entry-{pk}-rectify" else "",
    }
    return show(request, "desk/entry.html", context)


@require_POST
@desk_page
def act(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Take one step on an entry."""
    entry = get_object_or_404(entries_for(request.desk), pk=pk)
    text = request.POST.get("text", "")
    steps = {
        "reply": (
            lambda: add_reply(entry=entry, text=text, acting_user=request.user),
            _("Saved. The reply stands beside the entry when the public pages are written next."),
        ),
        "take-back": (
            lambda: take_back_reply(entry=entry, acting_user=request.user),
            _("Taken back. It leaves the public pages when they are written next."),
        ),
        "rectify": (
            lambda: report_rectification(
                entry=entry, text=text, upload=request.FILES.get("file"), acting_user=request.user
            ),
            _("Reported. An inspector looks again; the result appears on this page."),
        ),
    }
    if step not in steps:
        raise Http404
    call, done = steps[step]
    return carry_out(
        request, call, done, reverse("desk:entry", args=[pk]), holding=f"entry-{pk}-{step}" if text else ""
    )


@desk_page
def evidence(request: HttpRequest, pk: int, report: int) -> HttpResponseBase:
    """The file sent with a report of rectification."""
    entry = get_object_or_404(entries_for(request.desk), pk=pk)
    row = get_object_or_404(entry.rectifications.filter(evidence__isnull=False), pk=report)
    return file_of(row.evidence)
