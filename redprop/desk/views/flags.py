"""Rotating flags at the desk: what the own projects or area hold and held."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from evaluations.models import RotatingFlag
from redprop.common.periods import Period
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, desk_page, show

PAGE = 50


def _ended(flag: RotatingFlag) -> str:
    return flag.end.get_reason_display() if hasattr(flag, "end") else ""


@desk_list("flags")
def flags_list(desk: Desk, query: QueryDict) -> DeskList:
    """The flags of the projects in the user's reach, newest first; `now` leaves only those that hang."""
    rows = RotatingFlag.objects.for_user(desk.user)
    if query.get("now"):
        rows = rows.held()
    rows = rows.select_related("project", "enterprise", "subdistrict", "end", "passed_from__project")
    return DeskList(
        title=_("Rotating red flags"),
        rows=rows.order_by("-awarded_on", "-pk"),
        columns=[
            (_("Number"), "number"),
            (_("Service project"), "project"),
            (_("Enterprise"), "enterprise"),
            (_("Where"), "cell_label"),
            (_("Period"), lambda flag: Period.parse(flag.period_code).label),
            (_("Awarded on"), "awarded_on"),
            (_("Awarded for"), "reason"),
            (_("No longer hangs from"), lambda flag: flag.end.ended_on if hasattr(flag, "end") else None),
            (_("How it ended"), _ended),
        ],
        filters=[(_("Only those that hang now"), _("yes"))] if query.get("now") else [],
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """A page of flags."""
    rows = flags_list(request.desk, request.GET).rows
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    for flag in page.object_list:
        flag.label, flag.ended = Period.parse(flag.period_code).label, _ended(flag)
    now = "now=1&" if request.GET.get("now") else ""
    return show(request, "desk/flags.html", {"page_obj": page, "page_query": now, "now": bool(now)})
