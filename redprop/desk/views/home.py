"""The desk's first page: what do I owe, by when."""

from django.http import HttpRequest, HttpResponse

from redprop.desk.owed import owed_by, to_chase
from redprop.desk.page import desk_page, show


@desk_page
def home(request: HttpRequest) -> HttpResponse:
    """What the user owes, the most urgent first."""
    return show(request, "desk/home.html", {"owed": owed_by(request.desk), "chase": to_chase(request.desk)})
