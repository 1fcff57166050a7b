"""Files of lists: downloads of the desk's lists, the user's files made in the background, reports sent regularly."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from redprop.common.errors import Refused
from redprop.common.tabular.writing import ENDINGS
from redprop.core.downloads import send
from redprop.core.models import ExportFile, ScheduledReport
from redprop.core.models.reports import Every
from redprop.core.services import export_files, reports
from redprop.core.services.listings import AS_SHOWN, Listing, clean_query, open_listing
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, carry_out, desk_page, show

PAGE = 50


@desk_page
def export(request: HttpRequest, name: str, ending: str) -> HttpResponseBase:
    """Download a list of the desk: all rows that the page would show under its filters."""
    if ending not in ENDINGS:
        raise Http404
    try:
        listing = open_listing(user=request.user, page=f"desk:{name}", query=request.GET.urlencode())
    except Refused as refused:
        if refused.code == "no-list":
            raise Http404 from refused
        messages.error(request, str(refused))
        return redirect("desk:home")
    return send(request, listing, ending)


# Files made in the background


def _state(file: ExportFile) -> str:
    """What the user reads about a file: being made (how far), ready, over, failed."""
    if file.job is not None and file.job.is_open:
        return _("being made")
    if file.file and file.expires_at and file.expires_at > timezone.now():
        return _("ready")
    if file.job is not None and file.job.state in ("failed", "cancelled"):
        return str(file.job.get_state_display())
    return _("no longer kept")


@desk_list("exports")
def files_list(desk: Desk, query: QueryDict) -> DeskList:
    """The user's own files, the newest first."""
    return DeskList(
        title=_("My exported files"),
        rows=ExportFile.objects.for_user(desk.user).select_related("job", "report").order_by("-pk"),
        columns=[
            (_("List"), "title"),
            (_("Asked for at"), "recorded_at"),
            (_("State"), _state),
            (_("Rows"), "rows"),
            (_("Kept until"), "expires_at"),
        ],
    )


@desk_page
def files(request: HttpRequest) -> HttpResponse:
    """The user's files: how far each is, the link when it is ready."""
    page = Paginator(files_list(request.desk, request.GET).rows, PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    for file in page.object_list:
        file.words = _state(file)
        file.is_open = file.job is not None and file.job.is_open
        file.is_ready = bool(file.file and file.expires_at and file.expires_at > timezone.now())
        file.percent = (
            min(99, file.job.done * 100 // file.job.total) if file.is_open and file.job.total else 0
        )
        file.why = file.job.message if file.job is not None and file.job.state == "failed" else ""
    answer = show(request, "desk/exports.html", {"page_obj": page, "kept_days": export_files.KEPT.days})
    if any(file.is_open for file in page.object_list):
        answer.headers["Refresh"] = "4"
    return answer


def _file(request: HttpRequest, pk: int) -> ExportFile:
    return get_object_or_404(
        ExportFile.objects.for_user(request.user).select_related("job", "report", "district"), pk=pk
    )


@desk_page
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Fetch one finished file."""
    found = _file(request, pk)
    try:
        path = export_files.fetch(file=found, acting_user=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("desk:exports")
    name = f"{found.title}-{timezone.localtime(found.recorded_at):%Y%m%d}.{found.ending}"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)


@require_POST
@desk_page
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop the making of a file."""
    found = _file(request, pk)
    return carry_out(
        request,
        lambda: export_files.cancel_file(file=found, acting_user=request.user),
        _("Cancelled."),
        reverse("desk:exports"),
    )


@require_POST
@desk_page
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file away before its time."""
    found = _file(request, pk)
    return carry_out(
        request,
        lambda: export_files.remove_file(file=found, acting_user=request.user),
        _("The file is removed."),
        reverse("desk:exports"),
    )


# Reports sent regularly


@desk_list("reports")
def reports_list(desk: Desk, query: QueryDict) -> DeskList:
    """The reports that the user set up."""
    rows = ScheduledReport.objects.for_user(desk.user).annotate(people=Count("recipients"))
    return DeskList(
        title=_("Scheduled reports"),
        rows=rows.order_by("-pk"),
        columns=[
            (_("Report"), "title"),
            (_("Filters"), "filters"),
            (_("How often"), "get_every_display"),
            (_("Recipients"), "people"),
            (_("Next on"), lambda row: None if row.is_paused else row.next_on),
            (_("Last on"), "last_on"),
            (_("Paused"), "is_paused"),
        ],
    )


@desk_page
def scheduled(request: HttpRequest) -> HttpResponse:
    """The user's reports: what is sent to whom, when next; pause, go on, delete."""
    rows = reports_list(request.desk, request.GET).rows.prefetch_related("recipients")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return show(request, "desk/reports.html", {"page_obj": page})


@desk_page
def new_report(request: HttpRequest) -> HttpResponseBase:
    """Choose how often a list is sent, and to whom; the list comes from the page it was opened on."""
    asked = request.POST if request.method == "POST" else request.GET
    page, register = asked.get("page", ""), asked.get("register") or AS_SHOWN
    query = clean_query(asked.get("query", ""))
    try:
        listing = open_listing(user=request.user, page=page, register=register, query=query)
    except (Refused, PermissionDenied) as refused:
        raise Http404 from refused
    known = reports.candidates(page=page, acting_user=request.user)
    chosen = set(asked.getlist("recipients")) if request.method == "POST" else {str(request.user.pk)}
    if request.method == "POST":
        try:
            report = reports.set_up(
                page=page,
                register=register,
                query=query,
                ending=asked.get("ending", ""),
                every=asked.get("every", ""),
                recipients=[user for user in known if str(user.pk) in chosen],
                title=asked.get("title", ""),
                acting_user=request.user,
            )
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(
                request,
                _("Set up. It is sent for the first time on %(day)s.")
                % {"day": date_format(report.next_on, "Y-m-d")},
            )
            return redirect("desk:reports")
    return show(
        request,
        "desk/report_new.html",
        {**_form(listing, asked), "known": [(user, str(user.pk) in chosen) for user in known]},
    )


def _form(listing: Listing, asked: QueryDict) -> dict[str, object]:
    return {
        "listing": listing,
        "title": asked.get("title") or listing.title,
        "every": asked.get("every", Every.MONTH),
        "choices": Every.choices,
        "ending": asked.get("ending", "xlsx"),
    }


@require_POST
@desk_page
def change_report(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Pause a report, let it go on, or delete it."""
    report = get_object_or_404(ScheduledReport.objects.for_user(request.user), pk=pk)
    acts = {
        "pause": (
            lambda: reports.pause(report=report, paused=True, acting_user=request.user),
            _("Paused. Nothing is sent until you let it go on."),
        ),
        "resume": (
            lambda: reports.pause(report=report, paused=False, acting_user=request.user),
            _("It goes on."),
        ),
        "delete": (lambda: reports.delete(report=report, acting_user=request.user), _("Deleted.")),
    }
    if step not in acts:
        raise Http404
    act, done = acts[step]
    return carry_out(request, act, done, reverse("desk:reports"))
