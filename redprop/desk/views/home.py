"""The desk's first page: what do I owe, by when; for a district or a street, how its communities stand."""

from django.http import HttpRequest, HttpResponse

from communities.lights import filing_deadline
from redprop.desk.filing import filing_by_community, filing_by_subdistrict, last_due_month
from redprop.desk.owed import month_label, next_deadlines, owed_by, to_chase
from redprop.desk.page import Desk, desk_page, show


@desk_page
def home(request: HttpRequest) -> HttpResponse:
    """What the user owes, the most urgent first."""
    desk = request.desk
    context = {
        "owed": owed_by(desk),
        "chase": to_chase(desk),
        "deadlines": next_deadlines(desk),
        **_filing(desk),
    }
    return show(request, "desk/home.html", context)


def _filing(desk: Desk) -> dict[str, object]:
    """Who filed the last month that was due: a district by subdistrict, a subdistrict by community."""
    if not (desk.sees_district or desk.subdistrict_ids):
        return {}
    month = last_due_month(desk.today, desk.calendar)
    about = {
        "month": month,
        "month_label": month_label(month),
        "due_on": filing_deadline(month, desk.calendar),
    }
    if desk.sees_district:
        rows, total = filing_by_subdistrict(desk.user, month, overdue=True)
        return about | {"filing": rows, "total": total}
    communities, total = filing_by_community(desk.user, month)
    return about | {"communities": communities, "total": total}
