"""The burden of each form, for the district: how often it was sent, what was typed, how long it took. No person."""

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from redprop.core.models import FormBurden
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, desk_page, show

MONTHS = 12
FORMS = {
    "meeting": gettext_lazy("Joint meeting"),
    "council": gettext_lazy("Council meeting"),
    "visit": gettext_lazy("Home visit"),
}
"""Names of the forms that report their burden; others show their code."""


@desk_list("burden")
def burden_list(desk: Desk, query: QueryDict) -> DeskList:
    """The last twelve months, by form and month; district staff only."""
    if not desk.sees_district:
        raise Http404
    since = (desk.today.replace(day=1) - dt.timedelta(days=31 * (MONTHS - 1))).replace(day=1)
    rows = [
        {
            "form": FORMS.get(row.form, row.form),
            "month": f"{row.month:%Y-%m}",
            "times": row.times,
            "typed": row.typed_fields,
            "fields": _mean(row.typed_fields, row.times),
            "minutes": _mean(row.seconds, row.times * 60),
            "hours": _mean(row.seconds, 3600),
        }
        for row in FormBurden.objects.filter(district=desk.district, month__gte=since, times__gt=0)
    ]
    return DeskList(
        title=_("Burden of the forms"),
        rows=rows,
        columns=[
            (_("Form"), "form"),
            (_("Month"), "month"),
            (_("Times sent"), "times"),
            (_("Typed fields each"), "fields"),
            (_("Minutes each"), "minutes"),
            (_("Hours together"), "hours"),
        ],
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The table of the last twelve months."""
    rows = burden_list(request.desk, request.GET).rows
    return show(request, "desk/burden.html", {"rows": rows, "title": _("Burden of the forms")})


def _mean(total: int, count: int) -> str:
    return f"{total / count:.1f}" if count else "–"
